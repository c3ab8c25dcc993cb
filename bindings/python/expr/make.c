/* Generic construction from Python: make, init, generative copies, equality, adaption, walking, pickling.
 *
 * make() answers a new node; init() fills an object that a class call made, once. Both take the parts of cm_node_spec
 * and refuse children that are not nodes: coercion is the caller's business (coerce.c).
 */
#include "python/expr/expr.h"

enum { SEGMENTS_MAX = CM_SEG_MAX };

/* Arguments of make() and init(), gathered for cm_node_make. */
typedef struct spec_args {
    cm_node_spec spec;
    cm_node *const *segment[SEGMENTS_MAX];
    size_t count[SEGMENTS_MAX];
    PyObject *sequence[SEGMENTS_MAX]; /* owned tuples behind `segment` */
    cm_node **items[SEGMENTS_MAX];    /* owned arrays */
    PyObject *kids;                   /* owned tuple behind spec.kid */
} spec_args;

static void spec_dispose(spec_args *a) {
    Py_XDECREF(a->kids);
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        Py_XDECREF(a->sequence[i]);
        PyMem_Free(a->items[i]);
    }
}

static int node_of(PyObject *o, cm_node **out) {
    *out = NULL;
    if (o == Py_None) return 0;
    if (!cmpy_is_node(o)) {
        PyErr_Format(PyExc_TypeError, "an expression node is expected, got %R", o);
        return -1;
    }
    if (!CMPY_NODE(o)->kind) {
        PyErr_Format(PyExc_TypeError, "%s.__init__() was not called", Py_TYPE(o)->tp_name);
        return -1;
    }
    *out = CMPY_NODE(o);
    return 0;
}

/* A sequence of nodes as an array; the tuple that keeps them goes to *keep. */
static int nodes_of(PyObject *sequence, PyObject **keep, cm_node ***items, size_t *count) {
    *keep = PySequence_Tuple(sequence);
    if (!*keep) return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(*keep);
    *items = PyMem_New(cm_node *, n ? n : 1);
    if (!*items) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        if (node_of(PyTuple_GET_ITEM(*keep, i), &(*items)[i]) < 0) return -1;
    *count = (size_t)n;
    return 0;
}

static int spec_segments(spec_args *a, PyObject *segs) {
    if (!segs) return 0;
    PyObject *outer = PySequence_Tuple(segs);
    if (!outer) return -1;
    int st = 0;
    Py_ssize_t n = PyTuple_GET_SIZE(outer);
    const cm_kind_info *info = cm_kind_get_info(a->spec.kind);
    if (n > info->nsegments) {
        PyErr_Format(PyExc_ValueError, "a %s has %d lists, %zd were given", info->role, info->nsegments, n);
        st = -1;
    }
    for (Py_ssize_t i = 0; !st && i < n; i++) {
        PyObject *one = PyTuple_GET_ITEM(outer, i);
        if (one == Py_None) continue;
        st = nodes_of(one, &a->sequence[i], &a->items[i], &a->count[i]);
        a->segment[i] = a->items[i];
    }
    if (n) {
        a->spec.segments = a->segment;
        a->spec.counts = a->count;
    }
    Py_DECREF(outer);
    return st;
}

static int spec_kids(spec_args *a, PyObject *kids) {
    if (!kids) return 0;
    a->kids = PySequence_Tuple(kids);
    if (!a->kids) return -1;
    int st = PyTuple_GET_SIZE(a->kids) > 3 ? -1 : 0;
    if (st) PyErr_SetString(PyExc_ValueError, "a node has at most three children");
    for (Py_ssize_t i = 0; !st && i < PyTuple_GET_SIZE(a->kids); i++) st = node_of(PyTuple_GET_ITEM(a->kids, i), &a->spec.kid[i]);
    return st;
}

static int spec_parse(PyObject *args, PyObject *kwargs, spec_args *a) {
    static char *names[] = {"kind", "op", "flags", "type", "name", "value", "kids", "segs", "cls", "attr", NULL};
    PyObject *type = NULL, *value = NULL, *kids = NULL, *segs = NULL, *cls = NULL, *attr = NULL;
    unsigned flags = 0;
    const char *name = NULL;
    Py_ssize_t name_n = 0;
    memset(a, 0, sizeof *a);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|iIOz#OOOOO", names, &a->spec.kind, &a->spec.op, &flags, &type, &name, &name_n, &value,
                                     &kids, &segs, &cls, &attr))
        return -1;
    if (!cm_kind_get_info(a->spec.kind)) {
        PyErr_Format(PyExc_ValueError, "%d is no kind of node", a->spec.kind);
        return -1;
    }
    a->spec.flags = flags;
    a->spec.name = name;
    a->spec.name_n = (size_t)name_n;
    a->spec.value = value;
    if (cls && cls != Py_None) a->spec.cls = cls;
    if (attr && attr != Py_None && !(a->spec.attr = PyCapsule_GetPointer(attr, PyCapsule_GetName(attr)))) return -1;
    if (type && type != Py_None && !(a->spec.type = cmpy_type_get(type))) return -1;
    if (spec_kids(a, kids) < 0) return -1;
    return spec_segments(a, segs);
}

static PyObject *core_make(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    spec_args a;
    PyObject *result = NULL;
    cm_node *n = NULL;
    if (spec_parse(args, kwargs, &a) == 0) {
        cm_status st = cm_node_make(cmpy_cx(), &a.spec, &n);
        result = st ? cmpy_raise(cmpy_cx(), st) : cmpy_from_node(n);
    }
    spec_dispose(&a);
    return result;
}

/* Fills an empty object: builds the node beside it and moves its contents over. */
static int fill_object(PyObject *self, cm_node_spec *spec) {
    cm_node *n = NULL;
    spec->cls = NULL;
    cm_status st = cm_node_make(cmpy_cx(), spec, &n);
    if (st) return cmpy_raise_int(cmpy_cx(), st);
    *CMPY_NODE(self) = *n;
    memset(n, 0, sizeof *n);
    Py_DECREF(CMPY_NODE_OBJECT(n));
    cmpy_node_ready(cmpy_cx(), CMPY_NODE(self));
    return 0;
}

static PyObject *core_init(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    if (PyTuple_GET_SIZE(args) < 1 || !cmpy_is_node(PyTuple_GET_ITEM(args, 0))) {
        PyErr_SetString(PyExc_TypeError, "init(node, kind, ...): the node to fill is missing");
        return NULL;
    }
    PyObject *self = PyTuple_GET_ITEM(args, 0);
    if (CMPY_NODE(self)->kind) {
        PyErr_Format(PyExc_TypeError, "%s was built already; nodes are immutable", Py_TYPE(self)->tp_name);
        return NULL;
    }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args)), *result = NULL;
    if (!rest) return NULL;
    spec_args a;
    if (spec_parse(rest, kwargs, &a) == 0 && fill_object(self, &a.spec) == 0) result = Py_NewRef(Py_None);
    spec_dispose(&a);
    Py_DECREF(rest);
    return result;
}

/* A construct of a user whose __init__ did not call ours: becomes a HOST node of the type its class says, once. */
int cmpy_node_seal(PyObject *self) {
    PyObject *name = PyObject_GetAttrString(self, "name");
    if (!name) PyErr_Clear();
    PyObject *type = PyObject_GetAttr(self, cmpy_str_type);
    cm_node_spec spec = {.kind = CM_N_HOST};
    int st = -1;
    if (type && (spec.type = cmpy_type_get(type))) {
        Py_ssize_t n = 0;
        spec.name = name && PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &n) : NULL;
        spec.name_n = (size_t)n;
        st = PyErr_Occurred() ? -1 : fill_object(self, &spec);
    }
    Py_XDECREF(type);
    Py_XDECREF(name);
    return st;
}

/* ---- generative copies */

static PyObject *Node_with(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"set", "clear", NULL};
    unsigned set = 0, clear = 0;
    cm_node *n = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|II", names, &set, &clear)) return NULL;
    CMPY_TRY(cmpy_cx(), cm_node_with_flags(cmpy_cx(), CMPY_NODE(self), set, clear, &n));
    return cmpy_from_node(n);
}

typedef cm_status (*segment_step)(cm_ctx *, cm_node *, int, cm_node *const *, size_t, cm_node **);

static PyObject *change_segment(PyObject *self, PyObject *args, segment_step step) {
    int segment;
    PyObject *sequence, *keep = NULL, *result = NULL;
    cm_node **items = NULL, *n = NULL;
    size_t count = 0;
    if (!PyArg_ParseTuple(args, "iO", &segment, &sequence)) return NULL;
    if (nodes_of(sequence, &keep, &items, &count) == 0) {
        cm_status st = step(cmpy_cx(), CMPY_NODE(self), segment, items, count, &n);
        result = st ? cmpy_raise(cmpy_cx(), st) : cmpy_from_node(n);
    }
    Py_XDECREF(keep);
    PyMem_Free(items);
    return result;
}

static PyObject *Node_append(PyObject *self, PyObject *args) { return change_segment(self, args, cm_node_append); }
static PyObject *Node_replace(PyObject *self, PyObject *args) { return change_segment(self, args, cm_node_replace); }

static PyObject *Node_copy(PyObject *self, PyObject *unused) {
    (void)unused;
    cm_node *n = NULL;
    if (!CMPY_NODE(self)->kind) {
        PyErr_SetString(PyExc_TypeError, "the node is empty");
        return NULL;
    }
    /* an attribute gets what it stands for when its class is configured, its copies would not */
    if (CMPY_NODE(self)->kind == CM_N_ATTR && !CMPY_NODE(self)->u.attr.attr && cmpy_ready(self) < 0) return NULL;
    CMPY_TRY(cmpy_cx(), cm_node_with_flags(cmpy_cx(), CMPY_NODE(self), 0, 0, &n));
    return cmpy_from_node(n);
}

static PyObject *Node_equals(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"other", "values", NULL};
    PyObject *other;
    int values = 1;
    bool same = false;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p", names, &other, &values)) return NULL;
    if (self == other) Py_RETURN_TRUE;
    if (!cmpy_is_node(other) || !CMPY_NODE(other)->kind || !CMPY_NODE(self)->kind) Py_RETURN_FALSE;
    CMPY_TRY(cmpy_cx(), cm_node_equal(cmpy_cx(), CMPY_NODE(self), CMPY_NODE(other), values, &same));
    return PyBool_FromLong(same);
}

/* ---- pickling */

static PyObject *segments_of(cm_node *n) {
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    int count = info->layout == CM_LAYOUT_N ? info->nsegments : 0;
    PyObject *result = PyTuple_New(count);
    for (int i = 0; result && i < count; i++) {
        PyObject *one = cmpy_node_segment(n, i);
        if (!one) Py_CLEAR(result);
        else PyTuple_SET_ITEM(result, i, one);
    }
    return result;
}

static PyObject *saved_dict(PyObject *self) {
    PyObject *dict = ((cmpy_node *)self)->dict;
    if (!dict) return Py_NewRef(Py_None);
    PyObject *copy = PyDict_Copy(dict);
    if (copy && PyDict_GetItemWithError(copy, cmpy_str_memo) && PyDict_DelItem(copy, cmpy_str_memo) < 0) Py_CLEAR(copy);
    return copy;
}

static PyObject *Node_reduce(PyObject *self, PyObject *unused) {
    (void)unused;
    cm_node *n = CMPY_NODE(self);
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    if (!info || info->layout == CM_LAYOUT_A || n->kind == CM_N_DDL) {
        PyErr_Format(PyExc_TypeError, "cannot pickle '%s' object", Py_TYPE(self)->tp_name);
        return NULL;
    }
    PyObject *restore = NULL, *type = NULL, *name = NULL, *value = NULL, *kids = NULL, *segs = NULL, *dict = NULL, *result = NULL;
    PyObject *core = PyImport_ImportModule("cormorant._core");
    if (!core) return NULL;
    restore = PyObject_GetAttrString(core, "_restore");
    type = n->type ? cmpy_type_object(n->type) : Py_NewRef(Py_None);
    name = PyObject_GetAttrString(self, "_name");
    value = n->kind == CM_N_BIND && !n->u.bind.value ? Py_NewRef(Py_None) : PyObject_GetAttrString(self, "_value");
    kids = n->kind == CM_N_COLUMN ? PyTuple_New(0) : PyObject_GetAttrString(self, "_kids"); /* a column finds its table in its state */
    segs = segments_of(n);
    dict = saved_dict(self);
    if (restore && type && name && value && kids && segs && dict)
        result = Py_BuildValue("O(OiiIOOOiOO)O", restore, Py_TYPE(self), n->kind, n->op, n->flags & ~(unsigned)CM_FLAG_HOST_COMPILE, type,
                               name, value, n->kind == CM_N_BIND && n->u.bind.value != NULL, kids, segs, dict);
    Py_DECREF(core);
    Py_XDECREF(restore);
    Py_XDECREF(type);
    Py_XDECREF(name);
    Py_XDECREF(value);
    Py_XDECREF(kids);
    Py_XDECREF(segs);
    Py_XDECREF(dict);
    return result;
}

/* A column whose state names its table belongs to it. */
static int attach_restored(cmpy_node *column) {
    static const char *const names[] = {"_table", "table"};
    for (int i = 0; i < 2; i++) {
        PyObject *table = cmpy_dict_find(column->dict, names[i]);
        if (!table && PyErr_Occurred()) return -1;
        if (!table || !cmpy_is_node(table) || CMPY_NODE(table)->kind != CM_N_TABLE) continue;
        column->n.u.col.table = CMPY_NODE(table); /* borrowed: the __dict__ keeps it */
        break;
    }
    return 0;
}

static PyObject *Node_setstate(PyObject *self, PyObject *state) {
    cmpy_node *o = (cmpy_node *)self;
    if (state == Py_None) Py_RETURN_NONE;
    if (!PyDict_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "the state of a node is a dictionary");
        return NULL;
    }
    if (!o->dict && !(o->dict = PyDict_New())) return NULL;
    if (PyDict_Update(o->dict, state) < 0) return NULL;
    if (o->n.kind == CM_N_COLUMN && attach_restored(o) < 0) return NULL;
    if (!PyObject_GC_IsTracked(self)) PyObject_GC_Track(self);
    Py_RETURN_NONE;
}

static PyObject *core_restore(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *cls, *type, *name, *value, *kids, *segs;
    int kind, op, has_value;
    unsigned flags;
    if (!PyArg_ParseTuple(args, "O!iiIOOOiOO", &PyType_Type, &cls, &kind, &op, &flags, &type, &name, &value, &has_value, &kids, &segs))
        return NULL;
    PyObject *call = Py_BuildValue("(iiI)", kind, op, flags);
    PyObject *options = Py_BuildValue("{sOsOsOsOsO}", "type", type, "name", name, "kids", kids, "segs", segs, "cls", cls);
    PyObject *result = NULL;
    if (call && options && (!has_value || PyDict_SetItemString(options, "value", value) == 0)) result = core_make(NULL, call, options);
    Py_XDECREF(call);
    Py_XDECREF(options);
    return result;
}

/* ---- adaption and walking */

typedef struct replacer {
    PyObject *function; /* node -> node or None */
} replacer;

static cm_status call_replacer(cm_ctx *cx, void *user, cm_node *node, cm_node **out) {
    (void)cx;
    *out = NULL;
    PyObject *answer = PyObject_CallOneArg(((replacer *)user)->function, CMPY_NODE_OBJECT(node));
    if (!answer) return CM_E_HOST;
    if (answer == Py_None) {
        Py_DECREF(answer);
        return CM_OK;
    }
    cm_node *n = cmpy_find_node(answer);
    Py_DECREF(answer);
    if (!n) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "the replacement must be an expression or None");
        return CM_E_HOST;
    }
    *out = n;
    return CM_OK;
}

static PyObject *core_adapt(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    static char *names[] = {"tree", "from_", "to", "replace", NULL};
    PyObject *tree, *from, *to, *replace = NULL, *keep[2] = {NULL, NULL}, *result = NULL;
    cm_node **items[2] = {NULL, NULL}, *n = NULL;
    size_t count[2] = {0, 0};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OO|O", names, cmpy_st->Node, &tree, &from, &to, &replace)) return NULL;
    replacer user = {replace};
    if (nodes_of(from, &keep[0], &items[0], &count[0]) < 0 || nodes_of(to, &keep[1], &items[1], &count[1]) < 0) goto done;
    if (count[0] != count[1]) {
        PyErr_SetString(PyExc_ValueError, "as many replacements as things to replace are expected");
        goto done;
    }
    cm_adapt map = {count[0], items[0], items[1], replace && replace != Py_None ? call_replacer : NULL, &user};
    cm_status st = cm_node_adapt(cmpy_cx(), CMPY_NODE(tree), &map, &n);
    result = st ? cmpy_raise(cmpy_cx(), st) : cmpy_from_node(n);
done:
    for (int i = 0; i < 2; i++) {
        Py_XDECREF(keep[i]);
        PyMem_Free(items[i]);
    }
    return result;
}

static cm_status add_visited(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    (void)cx;
    (void)descend;
    return PyList_Append(user, CMPY_NODE_OBJECT(node)) < 0 ? CM_E_HOST : CM_OK;
}

static PyObject *core_walk(PyObject *m, PyObject *tree) {
    (void)m;
    cm_node *n;
    if (node_of(tree, &n) < 0) return NULL;
    PyObject *list = PyList_New(0);
    if (!list || !n) return list;
    cm_status st = cm_node_walk(cmpy_cx(), n, add_visited, list);
    if (st == CM_OK) return list;
    Py_DECREF(list);
    return cmpy_raise(cmpy_cx(), st);
}

static PyObject *core_children(PyObject *m, PyObject *tree) {
    (void)m;
    cm_node *n;
    if (node_of(tree, &n) < 0) return NULL;
    size_t count = n ? cm_node_children(n, NULL, 0) : 0;
    cm_node **v = PyMem_New(cm_node *, count ? count : 1);
    PyObject *list = v ? PyList_New(0) : PyErr_NoMemory();
    if (list && count) cm_node_children(n, v, count);
    for (size_t i = 0; list && i < count; i++)
        if (v[i] && PyList_Append(list, CMPY_NODE_OBJECT(v[i])) < 0) Py_CLEAR(list);
    PyMem_Free(v);
    return list;
}

static void append_text(void *user, const char *p, size_t n) {
    PyObject *piece = PyUnicode_DecodeUTF8(p, (Py_ssize_t)n, "replace");
    if (piece) PyList_Append(user, piece);
    Py_XDECREF(piece);
}

static PyObject *core_dump(PyObject *m, PyObject *node) {
    (void)m;
    cm_node *n;
    if (node_of(node, &n) < 0) return NULL;
    PyObject *pieces = PyList_New(0), *result = NULL;
    if (!pieces) return NULL;
    cm_status st = n ? cm_expr_dump(cmpy_cx(), n, append_text, pieces) : CM_OK;
    if (st) cmpy_raise(cmpy_cx(), st);
    else result = PyUnicode_Join(cmpy_st->str_empty, pieces);
    Py_DECREF(pieces);
    return result;
}

/* An attribute has its key once its mapper is built. */
static cm_status build_mapper_of(PyObject *attribute) {
    PyObject *mapper = PyObject_GetAttrString(attribute, "parent");
    PyObject *done = mapper ? PyObject_CallMethod(mapper, "_ensure_built", NULL) : NULL;
    Py_XDECREF(mapper);
    Py_XDECREF(done);
    return done ? CM_OK : CM_E_HOST;
}

/* Tables below an element must be frozen, and mappers built, before their columns can be counted. */
static cm_status freeze_visited(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    cm_table *table;
    (void)user;
    (void)descend;
    if (node->kind == CM_N_ATTR && !node->u.attr.attr) return build_mapper_of(CMPY_NODE_OBJECT(node));
    if (node->kind != CM_N_TABLE || node->u.col.ref || !PyObject_HasAttrString(CMPY_NODE_OBJECT(node), "_freeze_def")) return CM_OK;
    return cmpy_table_freeze(cx, node, &table);
}

/* The column of a FROM element that a columns clause names whole is the one that programs see there. */
static PyObject *own_column(cm_node *take_proxy) {
    PyObject *columns = PyObject_GetAttrString(CMPY_NODE_OBJECT(take_proxy->u.col.table), "c");
    PyObject *found = columns ? PySequence_GetItem(columns, (Py_ssize_t)take_proxy->id - 1) : NULL;
    Py_XDECREF(columns);
    cm_node_release(cmpy_cx(), take_proxy);
    return found;
}

static PyObject *column_pair(const cm_node *from, size_t i) {
    cm_node *element = NULL, *shown = NULL;
    const char *key = NULL;
    cm_from_column(from, i, &key, &shown);
    CMPY_TRY(cmpy_cx(), cm_from_element(cmpy_cx(), from, i, &element));
    return Py_BuildValue("(zN)", key, element == shown || !element->id ? cmpy_from_node(element) : own_column(element));
}

/* The columns a FROM element offers: (key, element) pairs. */
static PyObject *core_from_columns(PyObject *m, PyObject *from) {
    (void)m;
    cm_node *n;
    if (node_of(from, &n) < 0) return NULL;
    if (n) CMPY_TRY(cmpy_cx(), cm_node_walk(cmpy_cx(), n, freeze_visited, NULL));
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && n && cm_from_column(n, i, NULL, NULL); i++) {
        PyObject *pair = column_pair(n, i);
        if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *core_from_proxy(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *from;
    Py_ssize_t i;
    cm_node *n = NULL;
    if (!PyArg_ParseTuple(args, "O!n", cmpy_st->Node, &from, &i)) return NULL;
    CMPY_TRY(cmpy_cx(), cm_from_proxy(cmpy_cx(), CMPY_NODE(from), (size_t)i, &n));
    return cmpy_from_node(n);
}

#define KEYWORDS(f) (PyCFunction)(void (*)(void)) f, METH_VARARGS | METH_KEYWORDS
static PyMethodDef node_methods[] = {
    {"_with", KEYWORDS(Node_with), "_with($self, set=0, clear=0)\n--\n\nA copy with flags set and cleared."},
    {"_append", Node_append, METH_VARARGS, "_append($self, segment, items, /)\n--\n\nA copy with items added to a segment."},
    {"_replace", Node_replace, METH_VARARGS, "_replace($self, segment, items, /)\n--\n\nA copy with a segment replaced."},
    {"_equals", KEYWORDS(Node_equals), "_equals($self, other, values=True)\n--\n\nWhether both are built alike."},
    {"_clone", Node_copy, METH_NOARGS, "_clone($self, /)\n--\n\nA copy that shares the children."},
    {"__copy__", Node_copy, METH_NOARGS, NULL},
    {"__reduce__", Node_reduce, METH_NOARGS, NULL},
    {"__setstate__", Node_setstate, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef module_functions[] = {
    {"make", KEYWORDS(core_make),
     "make($module, kind, op=0, flags=0, type=None, name=None, value=..., kids=(), segs=(), cls=None, attr=None)\n--\n\nA new node."},
    {"init", KEYWORDS(core_init),
     "init($module, node, kind, op=0, flags=0, type=None, name=None, value=..., kids=(), segs=())\n--\n\nFills an object that its class "
     "made, once."},
    {"adapt", KEYWORDS(core_adapt),
     "adapt($module, tree, from_, to, replace=None)\n--\n\nThe tree with each of from_ replaced by its partner in to."},
    {"walk", core_walk, METH_O, "walk($module, tree, /)\n--\n\nEvery node of a tree once, parents first."},
    {"children", core_children, METH_O, "children($module, node, /)\n--\n\nThe children of a node."},
    {"dump", core_dump, METH_O, "dump($module, node, /)\n--\n\nThe tree as text, one node a line."},
    {"from_columns", core_from_columns, METH_O,
     "from_columns($module, from_, /)\n--\n\n(key, element) of each column a FROM element offers."},
    {"from_proxy", core_from_proxy, METH_VARARGS, "from_proxy($module, from_, i, /)\n--\n\nThe i-th column of an alias or subquery."},
    {"_restore", core_restore, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int cmpy_make_setup(PyObject *m) {
    for (PyMethodDef *def = node_methods; def->ml_name; def++) {
        PyObject *method = PyDescr_NewMethod((PyTypeObject *)cmpy_st->Node, def);
        int st = method ? PyObject_SetAttrString(cmpy_st->Node, def->ml_name, method) : -1;
        Py_XDECREF(method);
        if (st < 0) return -1;
    }
    return PyModule_AddFunctions(m, module_functions);
}
