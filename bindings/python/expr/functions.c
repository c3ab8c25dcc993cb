/* _core.FunctionName: what `func.name` answers. Calling it makes a FUNC node, without a Python frame for functions known by
 * their name alone and for those whose class adds nothing but a name (`plain`); other classes are called.
 */
#include "python/expr/expr.h"

typedef struct function_name {
    PyObject_HEAD PyObject *dict;
    PyObject *text;    /* name as SQL has it, dots and all */
    PyObject *cls;     /* class of the result; NULL: the kind's own */
    cm_str *bind_name; /* parameters are named after the last part */
    bool plain;        /* the class needs no call */
    bool star;         /* no arguments: (*) */
} function_name;

static void function_dealloc(PyObject *self) {
    function_name *f = (function_name *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(f->dict);
    Py_CLEAR(f->text);
    Py_CLEAR(f->cls);
    cm_str_release(cmpy_cx(), f->bind_name);
    type->tp_free(self);
    Py_DECREF(type);
}

static int function_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((function_name *)self)->dict);
    Py_VISIT(((function_name *)self)->cls);
    return 0;
}

static int function_clear(PyObject *self) {
    Py_CLEAR(((function_name *)self)->dict);
    Py_CLEAR(((function_name *)self)->cls);
    return 0;
}

/* _setup(text, cls=None, plain=False, star=False) */
static PyObject *function_setup(PyObject *self, PyObject *args) {
    function_name *f = (function_name *)self;
    PyObject *text, *cls = Py_None;
    int plain = 0, star = 0;
    if (!PyArg_ParseTuple(args, "U|Opp", &text, &cls, &plain, &star)) return NULL;
    Py_ssize_t n;
    const char *p = PyUnicode_AsUTF8AndSize(text, &n);
    if (!p) return NULL;
    const char *last = strrchr(p, '.');
    cm_str *name = cm_str_new(cmpy_cx(), last ? last + 1 : p, last ? (size_t)(p + n - last - 1) : (size_t)n);
    if (!name) return cmpy_raise(cmpy_cx(), CM_E_NOMEM);
    cm_str_release(cmpy_cx(), f->bind_name);
    f->bind_name = name;
    Py_XSETREF(f->text, Py_NewRef(text));
    Py_XSETREF(f->cls, cls == Py_None ? NULL : Py_NewRef(cls));
    f->plain = plain;
    f->star = star;
    Py_RETURN_NONE;
}

/* Arguments as expressions; values among them become parameters named after the function. */
static int function_arguments(function_name *f, PyObject *args, cmpy_nodes *list) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        cm_node *n = cmpy_coerce(PyTuple_GET_ITEM(args, i), CMPY_EXPR, NULL);
        if (cmpy_nodes_add(list, n) < 0) return -1;
        if (n->kind == CM_N_BIND && !n->u.bind.name && Py_REFCNT(CMPY_NODE_OBJECT(n)) == 1) n->u.bind.name = cm_str_retain(f->bind_name);
    }
    if (list->n == 0 && f->star) {
        cm_node *star = NULL;
        cm_node_spec spec = {.kind = CM_N_STAR};
        cm_status st = cm_node_make(cmpy_cx(), &spec, &star);
        if (st) return cmpy_raise_int(cmpy_cx(), st);
        return cmpy_nodes_add(list, star);
    }
    return 0;
}

static PyObject *function_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    function_name *f = (function_name *)self;
    if (!f->text) {
        PyErr_SetString(PyExc_TypeError, "func itself is not a function; write func.name()");
        return NULL;
    }
    if (f->cls && (!f->plain || kwargs)) return PyObject_Call(f->cls, args, kwargs);
    if (kwargs && PyDict_GET_SIZE(kwargs)) { /* type_= and the like */
        PyObject *slow = PyObject_GetAttrString(self, "_call_with");
        PyObject *result = slow ? PyObject_Call(slow, args, kwargs) : NULL;
        Py_XDECREF(slow);
        return result;
    }
    cmpy_nodes list;
    cm_node *n = NULL;
    PyObject *result = NULL;
    Py_ssize_t size;
    const char *name = PyUnicode_AsUTF8AndSize(f->text, &size);
    cmpy_nodes_init(&list);
    if (name && function_arguments(f, args, &list) == 0) {
        cm_node *const *segment = list.v;
        cm_node_spec spec = {
            .kind = CM_N_FUNC, .name = name, .name_n = (size_t)size, .segments = &segment, .counts = &list.n, .cls = f->cls};
        cm_status st = cm_node_make(cmpy_cx(), &spec, &n);
        result = st ? cmpy_raise(cmpy_cx(), st) : cmpy_from_node(n);
    }
    cmpy_nodes_dispose(&list);
    return result;
}

static PyMethodDef methods[] = {
    {"_setup", function_setup, METH_VARARGS,
     "_setup($self, text, cls=None, plain=False, star=False, /)\n--\n\nSays which function is meant."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(function_name, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef getset[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A function's name; calling it makes an expression."},
    {Py_tp_dealloc, function_dealloc},
    {Py_tp_traverse, function_traverse},
    {Py_tp_clear, function_clear},
    {Py_tp_call, function_call},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, getset},
    {0, NULL},
};

static PyType_Spec spec = {
    "cormorant._core.FunctionName", sizeof(function_name), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots,
};

int cmpy_functions_setup(PyObject *m) {
    PyObject *type = PyType_FromModuleAndSpec(m, &spec, NULL);
    int st = type ? PyModule_AddObjectRef(m, "FunctionName", type) : -1;
    Py_XDECREF(type);
    return st;
}
