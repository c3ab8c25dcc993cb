/* _core.Node: an expression node that is its own Python object.
 *
 * Layout: PyObject_HEAD, cm_node, weak references, __dict__ (core.h). All node classes, also those written in Python with
 * empty __slots__, have this one size, share a free list and mix freely as bases. The kind lives in the node, never in
 * its class: a class is what isinstance() asks about, register_kind() says which class the nodes of a kind get.
 *
 * Collection: nodes are built from the leaves up and immutable afterwards, so a cycle always passes through something
 * mutable (a __dict__, a list); traverse shows the children, clear drops the __dict__ alone, as tuples do. A node with
 * cleared children would be a trap for finalizers. Binds of values that cannot be part of a cycle stay untracked.
 *
 * Deep trees: past DEALLOC_DEPTH nested deallocations the nodes are put on a list, which the outermost one takes apart.
 */
#include "python/expr/expr.h"

enum { FREE_NODES_MAX = 2048, DEALLOC_DEPTH = 50 };

/* Guarded by the GIL. Free and pending nodes are linked through u.k.kid[0]. */
static struct {
    cmpy_node *free, *pending;
    int nfree, depth;
    bool draining;
} pool;

static inline cmpy_node *link_of(cmpy_node *o) { return (cmpy_node *)(void *)o->n.u.k.kid[0]; }
static inline void set_link(cmpy_node *o, cmpy_node *next) { o->n.u.k.kid[0] = (cm_node *)(void *)next; }

/* ---- allocation */

static cmpy_node *new_object(PyTypeObject *type) {
    cmpy_node *o;
    if (type->tp_basicsize != (Py_ssize_t)sizeof(cmpy_node)) {
        o = (cmpy_node *)type->tp_alloc(type, 0); /* a subclass with slots of its own; zeroed and tracked */
        if (o && PyObject_GC_IsTracked((PyObject *)o)) PyObject_GC_UnTrack(o);
        return o;
    }
    if (pool.free) {
        o = pool.free;
        pool.free = link_of(o);
        pool.nfree--;
        PyObject_Init((PyObject *)o, type);
    } else {
        o = PyObject_GC_New(cmpy_node, type);
        if (!o) return NULL;
    }
    memset(&o->n, 0, sizeof o->n);
    o->weak = o->dict = NULL;
    return o;
}

cm_node *cmpy_node_alloc(cm_ctx *cx, int kind, void *cls) {
    (void)cx;
    PyTypeObject *type = cls ? (PyTypeObject *)cls : kind >= 0 && kind < CM_N_MAX ? cmpy_st->kind_class[kind] : NULL;
    if (!type) type = (PyTypeObject *)cmpy_st->Node;
    cmpy_node *o = new_object(type);
    if (!o) PyErr_Clear(); /* the core reports CM_E_NOMEM */
    return o ? &o->n : NULL;
}

static bool needs_tracking(const cmpy_node *o) {
    const cm_node *n = &o->n;
    if (n->kind != CM_N_BIND || o->dict) return true;
    PyObject *value = n->u.bind.value;
    return value && PyType_IS_GC(Py_TYPE(value));
}

/* All fields are set: the class of its operator, the mark of its compile hook, the collector. */
void cmpy_node_ready(cm_ctx *cx, cm_node *n) {
    (void)cx;
    PyObject *o = CMPY_NODE_OBJECT(n);
    PyTypeObject *by_op = n->op < CM_OP_MAX ? cmpy_st->op_class[n->op] : NULL;
    if (by_op && Py_TYPE(o) == cmpy_st->kind_class[n->kind]) {
        PyTypeObject *old = Py_TYPE(o);
        Py_SET_TYPE(o, (PyTypeObject *)Py_NewRef((PyObject *)by_op));
        Py_DECREF(old);
    }
    if (cmpy_hooked_classes && PySet_Contains(cmpy_hooked_classes, (PyObject *)Py_TYPE(o)) == 1) n->flags |= CM_FLAG_HOST_COMPILE;
    if (needs_tracking((cmpy_node *)o) && !PyObject_GC_IsTracked(o)) PyObject_GC_Track(o);
}

void cmpy_nodes_retain(cm_ctx *cx, cm_node *const *v, size_t n) {
    (void)cx;
    for (size_t i = 0; i < n; i++)
        if (v[i]) Py_INCREF(CMPY_NODE_OBJECT(v[i]));
}

void cmpy_nodes_release(cm_ctx *cx, cm_node *const *v, size_t n) {
    (void)cx;
    for (size_t i = 0; i < n; i++)
        if (v[i]) Py_DECREF(CMPY_NODE_OBJECT(v[i]));
}

void *cmpy_node_class(cm_ctx *cx, const cm_node *n) {
    (void)cx;
    return Py_TYPE(CMPY_NODE_OBJECT(n));
}

/* The copy of a __dict__ leaves out what was worked out from the original: everything kept under "_memo". */
static int copy_dict(cmpy_node *from, cmpy_node *to) {
    if (!from->dict || PyDict_GET_SIZE(from->dict) == 0) return 0;
    PyObject *copy = PyDict_Copy(from->dict);
    if (!copy) return -1;
    if (PyDict_GetItemWithError(copy, cmpy_str_memo) && PyDict_DelItem(copy, cmpy_str_memo) < 0) {
        Py_DECREF(copy);
        return -1;
    }
    Py_XSETREF(to->dict, copy);
    return 0;
}

/* Slots that Python subclasses add are object pointers after the fixed part. */
static void copy_slots(cmpy_node *from, cmpy_node *to) {
    Py_ssize_t size = Py_TYPE(from)->tp_basicsize;
    for (Py_ssize_t at = (Py_ssize_t)sizeof(cmpy_node); at + (Py_ssize_t)sizeof(PyObject *) <= size; at += sizeof(PyObject *)) {
        PyObject **source = (PyObject **)(void *)((char *)from + at), **target = (PyObject **)(void *)((char *)to + at);
        Py_XINCREF(*source);
        Py_XSETREF(*target, *source);
    }
}

cm_status cmpy_node_copied(cm_ctx *cx, const cm_node *from, cm_node *to) {
    (void)cx;
    cmpy_node *source = (cmpy_node *)CMPY_NODE_OBJECT(from), *target = (cmpy_node *)CMPY_NODE_OBJECT(to);
    if (copy_dict(source, target) < 0) return CM_E_HOST;
    if (Py_TYPE(source) == Py_TYPE(target)) copy_slots(source, target);
    return CM_OK;
}

/* ---- destruction and collection */

static void free_node(cmpy_node *o) {
    PyTypeObject *type = Py_TYPE(o);
    if (o->n.kind) cm_node_dispose(cmpy_cx(), &o->n);
    Py_CLEAR(o->dict);
    if (type->tp_basicsize == (Py_ssize_t)sizeof(cmpy_node) && pool.nfree < FREE_NODES_MAX && !PyObject_GC_IsFinalized((PyObject *)o)) {
        set_link(o, pool.free);
        pool.free = o;
        pool.nfree++;
    } else {
        type->tp_free(o);
    }
    Py_DECREF(type);
}

static void drain_pending(void) {
    pool.draining = true;
    while (pool.pending) {
        cmpy_node *o = pool.pending;
        /* The link took the place of a child, which was parked in the weak reference word. */
        pool.pending = link_of(o);
        o->n.u.k.kid[0] = (cm_node *)(void *)o->weak;
        o->weak = NULL;
        free_node(o);
    }
    pool.draining = false;
}

static void node_dealloc(PyObject *self) {
    cmpy_node *o = (cmpy_node *)self;
    if (Py_TYPE(self)->tp_finalize && PyObject_CallFinalizerFromDealloc(self) < 0) return; /* a user's __del__ brought it back */
    PyObject_GC_UnTrack(self);
    if (o->weak) PyObject_ClearWeakRefs(self);
    if (pool.depth >= DEALLOC_DEPTH && Py_TYPE(self)->tp_dealloc == node_dealloc) {
        o->weak = (PyObject *)(void *)o->n.u.k.kid[0];
        set_link(o, pool.pending);
        pool.pending = o;
        return;
    }
    pool.depth++;
    free_node(o);
    if (pool.depth == 1 && !pool.draining) drain_pending();
    pool.depth--;
}

int cmpy_visit_value(void *user, void *value) {
    const cmpy_visitor *v = user;
    return v->visit((PyObject *)value, v->arg);
}

static int visit_children(const cm_node *n, visitproc visit, void *arg) {
#define VISIT_NODE(child)                                                                                                                  \
    do {                                                                                                                                   \
        if (child) Py_VISIT(CMPY_NODE_OBJECT(child));                                                                                      \
    } while (0)
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    switch (info ? info->layout : CM_LAYOUT_NONE) {
    case CM_LAYOUT_K:
        for (int i = 0; i < info->nkids; i++) VISIT_NODE(n->u.k.kid[i]);
        break;
    case CM_LAYOUT_N:
        VISIT_NODE(n->u.n.kid);
        if (n->u.n.block) {
            cm_node **items = cm_block_nodes(n->u.n.block);
            for (uint32_t i = 0; i < n->u.n.block->n; i++) VISIT_NODE(items[i]);
        }
        break;
    case CM_LAYOUT_B: Py_VISIT((PyObject *)n->u.bind.value); break;
    case CM_LAYOUT_C: {
        cmpy_visitor v = {visit, arg};
        if (n->kind != CM_N_PROXY) return cm_node_visit_defaults(n, cmpy_visit_value, &v);
        VISIT_NODE(n->u.col.table);
        VISIT_NODE((cm_node *)n->u.col.ref);
        break;
    }
    case CM_LAYOUT_A:
        VISIT_NODE(n->u.attr.expr);
        VISIT_NODE(n->u.attr.entity);
        break;
    default: break;
    }
#undef VISIT_NODE
    return 0;
}

static int node_traverse(PyObject *self, visitproc visit, void *arg) {
    cmpy_node *o = (cmpy_node *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(o->dict);
    return o->n.kind ? visit_children(&o->n, visit, arg) : 0;
}

static int node_clear(PyObject *self) {
    Py_CLEAR(((cmpy_node *)self)->dict);
    return 0;
}

/* An object made by calling a class: empty until __init__ fills it (see _core.init). */
static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args;
    (void)kwargs;
    cmpy_node *o = new_object(type);
    if (o) PyObject_GC_Track(o);
    return (PyObject *)o;
}

/* ---- generic access */

PyObject *cmpy_from_node(cm_node *take_node) { return take_node ? CMPY_NODE_OBJECT(take_node) : NULL; }

PyObject *cmpy_node_or_none(cm_node *n) { return Py_NewRef(n ? CMPY_NODE_OBJECT(n) : Py_None); }

const cm_str *cmpy_node_name(const cm_node *n) {
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    switch (info ? info->layout : CM_LAYOUT_NONE) {
    case CM_LAYOUT_N: return n->u.n.name;
    case CM_LAYOUT_B: return n->u.bind.name;
    case CM_LAYOUT_C: return n->u.col.name;
    default: return NULL;
    }
}

static PyObject *Node_kind(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromLong(CMPY_NODE(self)->kind);
}
static PyObject *Node_op(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromLong(CMPY_NODE(self)->op);
}
static PyObject *Node_flags(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromUnsignedLong(CMPY_NODE(self)->flags);
}
static PyObject *Node_id(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(CMPY_NODE(self)->id);
}

static PyObject *Node_name(PyObject *self, void *unused) {
    (void)unused;
    const cm_str *name = cmpy_node_name(CMPY_NODE(self));
    if (!name) Py_RETURN_NONE;
    return PyUnicode_FromStringAndSize(cm_str_text(name), name->n);
}

static PyObject *Node_value(PyObject *self, void *unused) {
    (void)unused;
    cm_node *n = CMPY_NODE(self);
    return Py_NewRef(n->kind == CM_N_BIND && n->u.bind.value ? (PyObject *)n->u.bind.value : Py_None);
}

static PyObject *Node_kids(PyObject *self, void *unused) {
    (void)unused;
    cm_node *n = CMPY_NODE(self), *kid[3] = {NULL, NULL, NULL};
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    int count = 0;
    switch (info ? info->layout : CM_LAYOUT_NONE) {
    case CM_LAYOUT_K:
        count = info->nkids;
        memcpy(kid, n->u.k.kid, sizeof kid);
        break;
    case CM_LAYOUT_N:
        count = info->nkids;
        kid[0] = n->u.n.kid;
        break;
    case CM_LAYOUT_C:
        count = n->kind == CM_N_PROXY ? 2 : n->kind == CM_N_COLUMN ? 1 : 0;
        kid[0] = n->u.col.table;
        if (n->kind == CM_N_PROXY) kid[1] = n->u.col.ref;
        break;
    case CM_LAYOUT_A:
        count = 2;
        kid[0] = n->u.attr.expr;
        kid[1] = n->u.attr.entity;
        break;
    default: break;
    }
    PyObject *result = PyTuple_New(count);
    for (int i = 0; result && i < count; i++) PyTuple_SET_ITEM(result, i, cmpy_node_or_none(kid[i]));
    return result;
}

PyObject *cmpy_node_segment(cm_node *n, int segment) {
    size_t count = 0;
    cm_node *const *items = cm_node_segment(n, segment, &count);
    PyObject *result = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; result && i < count; i++) PyTuple_SET_ITEM(result, (Py_ssize_t)i, cmpy_node_or_none(items[i]));
    return result;
}

static PyObject *Node_seg(PyObject *self, PyObject *arg) {
    long segment = PyLong_AsLong(arg);
    if (segment == -1 && PyErr_Occurred()) return NULL;
    return cmpy_node_segment(CMPY_NODE(self), (int)segment);
}

/* The type as the author gave it (kept in the __dict__ by setting it), else the object of the node's type. */
static PyObject *Node_get_type(PyObject *self, void *unused) {
    (void)unused;
    cmpy_node *o = (cmpy_node *)self;
    if (o->dict) {
        PyObject *given = PyDict_GetItemWithError(o->dict, cmpy_str_type);
        if (given) return Py_NewRef(given);
        if (PyErr_Occurred()) return NULL;
    }
    return cmpy_type_object(o->n.type ? o->n.type : cm_type_basic(cmpy_cx(), CM_T_NULL));
}

static PyObject *Node_plain_type(PyObject *self, void *unused) {
    (void)unused;
    return cmpy_type_object(CMPY_NODE(self)->type);
}

static int dict_set(cmpy_node *o, PyObject *key, PyObject *value) {
    if (!o->dict && !(o->dict = PyDict_New())) return -1;
    if (!PyObject_GC_IsTracked((PyObject *)o)) PyObject_GC_Track(o);
    return PyDict_SetItem(o->dict, key, value);
}

/* Columns get their type late (foreign keys without one), constructs of users in __init__. Everything else is immutable. */
static int Node_set_type(PyObject *self, PyObject *value, void *unused) {
    (void)unused;
    cm_node *n = CMPY_NODE(self);
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "the type of an expression cannot be deleted");
        return -1;
    }
    if (n->kind != CM_N_COLUMN && n->kind != CM_N_HOST && n->kind != CM_N_FUNC && n->kind != CM_N_BIND && n->kind != 0) {
        PyErr_Format(PyExc_AttributeError, "the type of a %s is fixed; use type_coerce()", Py_TYPE(self)->tp_name);
        return -1;
    }
    const cm_type *type = cmpy_type_get(value);
    if (!type) return -1;
    if (dict_set((cmpy_node *)self, cmpy_str_type, value) < 0) return -1;
    cm_type_retain(cmpy_cx(), type);
    if (n->type) cm_type_release(cmpy_cx(), n->type);
    n->type = type;
    return 0;
}

static PyGetSetDef Node_getset[] = {
    {"_kind", Node_kind, NULL, "Number of the node's kind (_core.K_...).", NULL},
    {"_op", Node_op, NULL, "Number of its operator (_core.OP_...).", NULL},
    {"_flags", Node_flags, NULL, "Its flags (_core.FLAG_...).", NULL},
    {"_id", Node_id, NULL, "Serial number of tables, columns and things with identity; 0 for others.", NULL},
    {"_name", Node_name, NULL, "Its name or text, or None.", NULL},
    {"_value", Node_value, NULL, "Value of a bind parameter, or None.", NULL},
    {"_kids", Node_kids, NULL, "Its children as a tuple; absent ones are None.", NULL},
    {"_type", Node_plain_type, NULL, "The type the core knows, or None.", NULL},
    {"type", Node_get_type, Node_set_type, "SQL type of the expression.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef Node_own_methods[] = {
    {"_seg", Node_seg, METH_O, "_seg($self, segment, /)\n--\n\nThe items of a segment as a tuple."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef Node_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_node, weak), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(cmpy_node, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static int Node_bool(PyObject *self) {
    (void)self;
    PyErr_SetString(PyExc_TypeError, "Boolean value of this clause is not defined");
    return -1;
}

static PyType_Slot Node_slots[] = {
    {Py_tp_doc, "An expression node of the core."},
    {Py_tp_new, node_new},
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_traverse, node_traverse},
    {Py_tp_clear, node_clear},
    {Py_tp_getset, Node_getset},
    {Py_tp_members, Node_members},
    {Py_tp_methods, Node_own_methods},
    {Py_nb_bool, Node_bool},
    {0, NULL},
};

PyType_Spec cmpy_node_spec = {
    "cormorant._core.Node", sizeof(cmpy_node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, Node_slots,
};

/* A C type on top of another node type: gets its own destructor and the same collector functions. */
PyObject *cmpy_node_subtype(PyObject *m, PyType_Spec *spec, PyObject *base) {
    PyType_Spec own = *spec;
    own.flags &= ~(unsigned)Py_TPFLAGS_HAVE_GC; /* inherited, together with traverse and clear */
    PyObject *type = PyType_FromModuleAndSpec(m, &own, base);
    if (!type) return NULL;
    cmpy_node_adopt_class((PyTypeObject *)type);
    return type;
}

/* Gives a class without slots of its own the C destructor, so that its nodes are freed without a detour. */
void cmpy_node_adopt_class(PyTypeObject *type) {
    if (type->tp_basicsize != (Py_ssize_t)sizeof(cmpy_node) || type->tp_del) return;
    type->tp_dealloc = node_dealloc;
    type->tp_traverse = node_traverse;
    type->tp_clear = node_clear;
}

/* ---- who makes what */

static int keep_class(PyObject *cls) {
    if (!cmpy_st->registered && !(cmpy_st->registered = PyList_New(0))) return -1;
    return PyList_Append(cmpy_st->registered, cls);
}

static PyObject *core_register_kind(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    static char *names[] = {"kind", "cls", "op", NULL};
    int kind, op = -1;
    PyObject *cls;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iO!|i", names, &kind, &PyType_Type, &cls, &op)) return NULL;
    if (!cm_kind_get_info(kind) || op >= CM_OP_MAX || !PyType_IsSubtype((PyTypeObject *)cls, (PyTypeObject *)cmpy_st->Node)) {
        PyErr_Format(PyExc_ValueError, "kind %d, operator %d and class %R do not go together", kind, op, cls);
        return NULL;
    }
    if (keep_class(cls) < 0) return NULL;
    cmpy_node_adopt_class((PyTypeObject *)cls);
    if (op >= 0) cmpy_st->op_class[op] = (PyTypeObject *)cls;
    else cmpy_st->kind_class[kind] = (PyTypeObject *)cls;
    Py_RETURN_NONE;
}

static PyObject *core_adopt_class(PyObject *m, PyObject *cls) {
    (void)m;
    if (!PyType_Check(cls) || !PyType_IsSubtype((PyTypeObject *)cls, (PyTypeObject *)cmpy_st->Node)) {
        PyErr_SetString(PyExc_TypeError, "a node class is expected");
        return NULL;
    }
    cmpy_node_adopt_class((PyTypeObject *)cls);
    return Py_NewRef(cls);
}

PyObject *cmpy_hooked_classes; /* set of classes with a compile hook, or NULL */

static PyObject *core_hook_compile(PyObject *m, PyObject *cls) {
    (void)m;
    if (!cmpy_hooked_classes && !(cmpy_hooked_classes = PySet_New(NULL))) return NULL;
    if (PySet_Add(cmpy_hooked_classes, cls) < 0) return NULL;
    Py_RETURN_NONE;
}

/* ---- what the core asks of node classes and values */

/* Serial of a class whose nodes may be cached: those that say `inherit_cache = True` themselves. */
uint64_t cmpy_node_class_id(cm_ctx *cx, const cm_node *n) {
    PyTypeObject *type = Py_TYPE(CMPY_NODE_OBJECT(n));
    PyObject *says = PyDict_GetItemWithError(type->tp_dict, cmpy_st->str_inherit_cache);
    if (says != Py_True && n->kind == CM_N_HOST) return 0;
    PyObject *known = PyDict_GetItemWithError(type->tp_dict, cmpy_st->str__core_serial);
    if (known) return PyLong_AsUnsignedLongLong(known);
    uint64_t serial = cm_serial(cx);
    PyObject *number = PyLong_FromUnsignedLongLong(serial);
    if (!number || PyObject_SetAttrString((PyObject *)type, "_core_serial", number) < 0) {
        PyErr_Clear();
        serial = 0;
    }
    Py_XDECREF(number);
    return serial;
}

static PyMethodDef module_functions[] = {
    {"register_kind", (PyCFunction)(void (*)(void))core_register_kind, METH_VARARGS | METH_KEYWORDS,
     "register_kind($module, kind, cls, op=-1)\n--\n\nNodes of that kind (of that operator) are made from this class."},
    {"adopt_class", core_adopt_class, METH_O, "adopt_class($module, cls, /)\n--\n\nGives a node class the core's destructor; answers it."},
    {"hook_compile", core_hook_compile, METH_O,
     "hook_compile($module, cls, /)\n--\n\nNodes of that class are compiled by the package's hook from now on."},
    {NULL, NULL, 0, NULL},
};

/* Interned names used by several files. */
PyObject *cmpy_str_type, *cmpy_str_memo;

int cmpy_node_setup(PyObject *m) {
    cmpy_st->node_dealloc = node_dealloc;
    cmpy_str_type = PyUnicode_InternFromString("type");
    cmpy_str_memo = PyUnicode_InternFromString("_memo");
    if (!cmpy_str_type || !cmpy_str_memo) return -1;
    cmpy_st->Node = PyType_FromModuleAndSpec(m, &cmpy_node_spec, NULL);
    if (!cmpy_st->Node || PyModule_AddObjectRef(m, "Node", cmpy_st->Node) < 0) return -1;
    if (PyModule_AddFunctions(m, module_functions) < 0) return -1;
    return cmpy_make_setup(m);
}
