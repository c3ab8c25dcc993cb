/* _core.Row: a tuple that knows the names of its columns.
 *
 * The names live in a RowMeta that all rows of a result share. It sits in one hidden item after the last: the object is
 * allocated with n + 1 items and its size set to n, so that everything a tuple does works and costs what it costs there.
 * Rows whose values cannot form cycles are not tracked by the collector.
 *
 * Attribute access looks among the names first, then at the methods; names that the class needs for itself (`_mapping`,
 * `_fields`, `t`, `tuple`, ...) are left out of the names when the RowMeta is made, `count` and `index` are not. */
#include "python/engine/engine.h"

#include <string.h>

PyTypeObject *cmpy_row_meta_type;
static PyTypeObject *row_type;

/* ---- RowMeta */

static bool is_reserved(PyObject *name) {
    static const char *const reserved[] = {"_mapping", "_fields", "_asdict", "_tuple", "_t", "t", "tuple", "_to_tuple_instance", NULL};
    if (!PyUnicode_IS_ASCII(name)) return false;
    const char *text = PyUnicode_DATA(name);
    if (text[0] == '_' && text[1] == '_') return true;
    for (int i = 0; reserved[i]; i++)
        if (!strcmp(reserved[i], text)) return true;
    return false;
}

static PyObject *attributes_of(cmpy_row_meta *meta) {
    PyObject *attributes = Py_NewRef(meta->index);
    for (Py_ssize_t i = 0; i < meta->n; i++) {
        PyObject *key = PyTuple_GET_ITEM(meta->keys, i);
        if (!is_reserved(key)) continue;
        if (attributes == meta->index) Py_SETREF(attributes, PyDict_Copy(meta->index));
        if (!attributes) return NULL;
        if (PyDict_Contains(attributes, key) == 1 && PyDict_DelItem(attributes, key) < 0) Py_CLEAR(attributes);
        if (!attributes) return NULL;
    }
    return attributes;
}

cmpy_row_meta *cmpy_row_meta_new(PyObject *keys, const uint64_t *ids) {
    cmpy_row_meta *meta = (cmpy_row_meta *)cmpy_row_meta_type->tp_alloc(cmpy_row_meta_type, 0);
    if (!meta) return NULL;
    meta->keys = Py_NewRef(keys);
    meta->n = PyTuple_GET_SIZE(keys);
    meta->index = PyDict_New();
    meta->ids = PyMem_Calloc((size_t)meta->n + 1, sizeof *meta->ids);
    if (!meta->index || !meta->ids) goto failed;
    if (ids) memcpy(meta->ids, ids, (size_t)meta->n * sizeof *ids);
    for (Py_ssize_t i = 0; i < meta->n; i++) {
        PyObject *key = PyTuple_GET_ITEM(keys, i);
        PyObject *number = PyLong_FromSsize_t(PyDict_GetItemWithError(meta->index, key) ? -1 : i);
        int st = number ? PyDict_SetItem(meta->index, key, number) : -1;
        Py_XDECREF(number);
        if (st < 0) goto failed;
    }
    meta->attributes = attributes_of(meta);
    if (meta->attributes) return meta;
failed:
    if (!PyErr_Occurred()) PyErr_NoMemory();
    Py_DECREF(meta);
    return NULL;
}

static void meta_dealloc(PyObject *o) {
    cmpy_row_meta *meta = (cmpy_row_meta *)o;
    PyTypeObject *type = Py_TYPE(o);
    Py_XDECREF(meta->keys);
    Py_XDECREF(meta->index);
    Py_XDECREF(meta->attributes);
    PyMem_Free(meta->ids);
    type->tp_free(o);
    Py_DECREF(type);
}

static uint64_t hash_text(uint64_t hash, const char *p) {
    while (p && *p) hash = (hash ^ (unsigned char)*p++) * 1099511628211u;
    return (hash ^ 0xff) * 1099511628211u;
}

static const cm_node *column_behind(const cm_node *n) {
    while (n && ((n->kind == CM_N_ATTR && n->u.attr.expr) || n->kind == CM_N_LABEL)) n = n->kind == CM_N_ATTR ? n->u.attr.expr : n->u.n.kid;
    return n && (n->kind == CM_N_COLUMN || n->kind == CM_N_PROXY) ? n : NULL;
}

/* What tells the column behind what was selected from others: the serial of a table's column. Those of aliases and subqueries have
 * none that lasts (a plan outlives the alias it was made for): the names of both stand in, marked, and may be ambiguous.
 * 0 for expressions. */
#define BY_NAMES ((uint64_t)1 << 63)
static uint64_t column_id(const cm_node *n) {
    n = column_behind(n);
    if (!n || n->kind == CM_N_COLUMN) return n ? n->id : 0;
    const cm_node *from = n->u.col.table;
    bool named = from && cm_kind_get_info(from->kind)->layout == CM_LAYOUT_N && from->u.n.name;
    uint64_t hash = hash_text(14695981039346656037u, named ? cm_str_text(from->u.n.name) : NULL);
    return hash_text(hash, n->u.col.name ? cm_str_text(n->u.col.name) : NULL) | BY_NAMES;
}

/* A column with a key of its own is found by that, too, where no column has it for its name: t.c.k, labelled t_name, as t_k. */
static int add_key(cmpy_row_meta *meta, Py_ssize_t i, const cm_node *n) {
    n = column_behind(n);
    const char *name = n && n->kind == CM_N_COLUMN && n->u.col.ref && n->u.col.name ? cm_str_text(n->u.col.name) : NULL;
    if (!name) return 0;
    Py_ssize_t size, tail = (Py_ssize_t)strlen(name);
    const char *shown = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(meta->keys, i), &size);
    PyObject *key = shown ? PyObject_GetAttrString(CMPY_NODE_OBJECT(n), "key") : NULL;
    if (!key) return -1;
    int st = 0;
    if (PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, name) && size >= tail && !strcmp(shown + size - tail, name)) {
        PyObject *prefix = PyUnicode_DecodeUTF8(shown, size - tail, "replace"), *whole = prefix ? PyUnicode_Concat(prefix, key) : NULL;
        PyObject *known = whole ? PyDict_GetItemWithError(meta->index, whole) : NULL;
        bool other = known && PyLong_AsSsize_t(known) >= 0; /* a column's name, which comes first */
        for (Py_ssize_t k = 0; other && k < meta->n; k++) other = PyUnicode_Compare(PyTuple_GET_ITEM(meta->keys, k), whole) != 0;
        PyObject *number = whole ? PyLong_FromSsize_t(other ? -1 : i) : NULL;
        st = !number ? -1 : known && !other ? 0 : PyDict_SetItem(meta->index, whole, number);
        Py_XDECREF(number);
        Py_XDECREF(whole);
        Py_XDECREF(prefix);
    }
    Py_DECREF(key);
    return st;
}

static PyObject *text_of(const char *p) {
    PyObject *s = PyUnicode_DecodeUTF8(p, (Py_ssize_t)strlen(p), "replace");
    if (s) PyUnicode_InternInPlace(&s);
    return s;
}

/* Metas of recent results: the next run of the same statement finds its own again. Entries are compared by content. */
#define META_CACHE 64
static cmpy_row_meta *meta_cache[META_CACHE];

static bool meta_matches(const cmpy_row_meta *meta, const cm_result *result, Py_ssize_t n) {
    if (!meta || meta->n != n) return false;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = PyTuple_GET_ITEM(meta->keys, i);
        if (!PyUnicode_IS_ASCII(key) || strcmp(PyUnicode_DATA(key), cm_result_column_name(result, (size_t)i))) return false;
        if (meta->ids[i] != column_id(cm_result_column_node(result, (size_t)i))) return false;
    }
    return true;
}

cmpy_row_meta *cmpy_row_meta_of(const cm_result *result) {
    Py_ssize_t n = (Py_ssize_t)cm_result_ncolumns(result);
    uint64_t hash = (uint64_t)n, few[16], *ids = few;
    for (Py_ssize_t i = 0; i < n; i++) hash = hash * 31 + (uint64_t)(uintptr_t)cm_result_column_name(result, (size_t)i);
    cmpy_row_meta **slot = &meta_cache[(hash >> 4) % META_CACHE], *meta = NULL;
    if (meta_matches(*slot, result, n)) return (cmpy_row_meta *)Py_NewRef((PyObject *)*slot);
    if (n > 16 && !(ids = PyMem_Calloc((size_t)n, sizeof *ids))) return (cmpy_row_meta *)PyErr_NoMemory();
    PyObject *keys = PyTuple_New(n);
    for (Py_ssize_t i = 0; keys && i < n; i++) {
        PyObject *key = text_of(cm_result_column_name(result, (size_t)i));
        if (!key) Py_CLEAR(keys);
        else PyTuple_SET_ITEM(keys, i, key);
        ids[i] = column_id(cm_result_column_node(result, (size_t)i));
    }
    if (keys) meta = cmpy_row_meta_new(keys, ids);
    Py_XDECREF(keys);
    for (Py_ssize_t i = 0; meta && i < n; i++)
        if (add_key(meta, i, cm_result_column_node(result, (size_t)i)) < 0) Py_CLEAR(meta);
    if (ids != few) PyMem_Free(ids);
    if (meta) {
        cmpy_row_meta *old = *slot;
        *slot = (cmpy_row_meta *)Py_NewRef((PyObject *)meta);
        Py_XDECREF((PyObject *)old);
    }
    return meta;
}

static Py_ssize_t no_such(PyObject *key) {
    PyObject *text = PyObject_Str(key);
    if (text) cmpy_raise_exc("NoSuchColumnError", "Could not locate column in row for column '%U'", text);
    Py_XDECREF(text);
    return -1;
}

static Py_ssize_t ambiguous(PyObject *key) {
    PyObject *text = PyObject_Str(key);
    if (text) cmpy_raise_exc("InvalidRequestError", "Ambiguous column name '%U' in result set column descriptions", text);
    Py_XDECREF(text);
    return -1;
}

static Py_ssize_t find_name(cmpy_row_meta *meta, PyObject *key) {
    PyObject *number = PyDict_GetItemWithError(meta->index, key);
    if (!number) return PyErr_Occurred() ? -1 : no_such(key);
    Py_ssize_t i = PyLong_AsSsize_t(number);
    return i < 0 ? ambiguous(key) : i;
}

static Py_ssize_t find_node(cmpy_row_meta *meta, PyObject *key) {
    const cm_node *n = CMPY_NODE(key);
    uint64_t id = column_id(n);
    Py_ssize_t same = -1;
    for (Py_ssize_t i = 0; id && i < meta->n; i++) {
        if (meta->ids[i] != id) continue;
        if (!(id & BY_NAMES)) return i;
        if (same >= 0) return ambiguous(key);
        same = i;
    }
    if (same >= 0) return same;
    PyObject *name = PyObject_GetAttrString(key, "key");
    if (!name || !PyUnicode_Check(name)) {
        PyErr_Clear();
        Py_XSETREF(name, PyObject_GetAttrString(key, "name"));
    }
    if (!name || !PyUnicode_Check(name)) {
        PyErr_Clear();
        Py_XDECREF(name);
        return no_such(key);
    }
    PyObject *number = PyDict_GetItemWithError(meta->index, name);
    Py_ssize_t i = number ? PyLong_AsSsize_t(number) : -1;
    bool other_column = i >= 0 && id && meta->ids[i] && !((id ^ meta->ids[i]) & BY_NAMES); /* of that name, but of another table */
    Py_DECREF(name);
    return i < 0 || other_column ? no_such(key) : i;
}

Py_ssize_t cmpy_row_find(cmpy_row_meta *meta, PyObject *key) {
    if (PyUnicode_Check(key)) return find_name(meta, key);
    if (PyLong_Check(key)) {
        Py_ssize_t i = PyLong_AsSsize_t(key);
        if (i == -1 && PyErr_Occurred()) return -1;
        if (i < 0) i += meta->n;
        if (i >= 0 && i < meta->n) return i;
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return -1;
    }
    if (cmpy_is_node(key)) return find_node(meta, key);
    if (PyObject_HasAttrString(key, "__clause_element__")) {
        PyObject *element = PyObject_CallMethod(key, "__clause_element__", NULL);
        Py_ssize_t i = element && element != key ? cmpy_row_find(meta, element) : -1;
        if (!element || element != key) {
            if (i < 0 && element && PyType_Check(key)) { /* a mapped class: its rows are named after it */
                PyErr_Clear();
                PyObject *name = PyObject_GetAttrString(key, "__name__");
                i = name ? find_name(meta, name) : -1;
                Py_XDECREF(name);
            }
            Py_XDECREF(element);
            return i;
        }
        Py_DECREF(element);
    }
    return no_such(key);
}

static PyObject *meta_find(PyObject *o, PyObject *key) {
    Py_ssize_t i = cmpy_row_find((cmpy_row_meta *)o, key);
    return i < 0 ? NULL : PyLong_FromSsize_t(i);
}

/* The same names for some of the columns. */
static PyObject *meta_pick(PyObject *o, PyObject *indexes) {
    cmpy_row_meta *self = (cmpy_row_meta *)o, *made = NULL;
    if (!PyTuple_Check(indexes)) return PyErr_Format(PyExc_TypeError, "a tuple of positions was expected");
    Py_ssize_t n = PyTuple_GET_SIZE(indexes);
    PyObject *keys = PyTuple_New(n);
    uint64_t *ids = PyMem_Calloc((size_t)n + 1, sizeof *ids);
    if (!ids) PyErr_NoMemory();
    for (Py_ssize_t k = 0; keys && ids && k < n; k++) {
        Py_ssize_t i = PyLong_AsSsize_t(PyTuple_GET_ITEM(indexes, k));
        if (i < 0 || i >= self->n) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "no such column");
            Py_CLEAR(keys);
            break;
        }
        PyTuple_SET_ITEM(keys, k, Py_NewRef(PyTuple_GET_ITEM(self->keys, i)));
        ids[k] = self->ids[i];
    }
    if (keys && ids) made = cmpy_row_meta_new(keys, ids);
    PyMem_Free(ids);
    Py_XDECREF(keys);
    return (PyObject *)made;
}

static PyObject *meta_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)type, (void)kwargs;
    PyObject *names, *keys;
    if (!PyArg_ParseTuple(args, "O:RowMeta", &names) || !(keys = PySequence_Tuple(names))) return NULL;
    cmpy_row_meta *meta = NULL;
    Py_ssize_t i = 0, n = PyTuple_GET_SIZE(keys);
    while (i < n && PyUnicode_Check(PyTuple_GET_ITEM(keys, i))) i++;
    if (i < n) PyErr_Format(PyExc_TypeError, "names of columns are strings, not %R", PyTuple_GET_ITEM(keys, i));
    else meta = cmpy_row_meta_new(keys, NULL);
    Py_DECREF(keys);
    return (PyObject *)meta;
}

/* meta.row(values) -> Row */
static PyObject *meta_row(PyObject *o, PyObject *values) {
    cmpy_row_meta *meta = (cmpy_row_meta *)o;
    PyObject *items = PySequence_Fast(values, "the values of a row must be a sequence");
    if (!items) return NULL;
    PyObject *row = NULL;
    if (PySequence_Fast_GET_SIZE(items) != meta->n)
        PyErr_Format(PyExc_ValueError, "%zd values for a row of %zd columns", PySequence_Fast_GET_SIZE(items), meta->n);
    else if ((row = cmpy_row_new(meta))) {
        for (Py_ssize_t i = 0; i < meta->n; i++) PyTuple_SET_ITEM(row, i, Py_NewRef(PySequence_Fast_GET_ITEM(items, i)));
        cmpy_row_done(row);
    }
    Py_DECREF(items);
    return row;
}

static PyObject *meta_reduce(PyObject *o, PyObject *unused) {
    (void)unused;
    return Py_BuildValue("O(O)", Py_TYPE(o), ((cmpy_row_meta *)o)->keys);
}

static PyMethodDef meta_methods[] = {
    {"find", meta_find, METH_O, "find($self, key, /)\n--\n\nPosition of a column given by name, position or expression."},
    {"pick", meta_pick, METH_O, "pick($self, indexes, /)\n--\n\nThe names of some of the columns."},
    {"row", meta_row, METH_O, "row($self, values, /)\n--\n\nA row of these columns."},
    {"__reduce__", meta_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyMemberDef meta_members[] = {
    {"keys", T_OBJECT, offsetof(cmpy_row_meta, keys), READONLY, "Names of the columns."},
    {"index", T_OBJECT, offsetof(cmpy_row_meta, index), READONLY, "Positions by name."},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot meta_slots[] = {
    {Py_tp_doc, "Names of the columns of a result."},
    {Py_tp_new, meta_new},
    {Py_tp_dealloc, meta_dealloc},
    {Py_tp_methods, meta_methods},
    {Py_tp_members, meta_members},
    {0, NULL},
};
static PyType_Spec meta_spec = {"cormorant._core.RowMeta", sizeof(cmpy_row_meta), 0, Py_TPFLAGS_DEFAULT, meta_slots};

/* ---- Row */

/* The item past the last column: what the columns are called. */
#define ROW_META(o)           ((cmpy_row_meta *)(void *)((PyTupleObject *)(o))->ob_item[Py_SIZE(o)])
#define ROW_SET_META(o, meta) (((PyTupleObject *)(o))->ob_item[Py_SIZE(o)] = (PyObject *)(meta))

cmpy_row_meta *cmpy_row_get_meta(PyObject *row) { return ROW_META(row); }

PyObject *cmpy_row_new(cmpy_row_meta *meta) {
    PyTupleObject *row = PyObject_GC_NewVar(PyTupleObject, row_type, meta->n + 1);
    if (!row) return NULL;
    Py_SET_SIZE(row, meta->n);
    memset(row->ob_item, 0, (size_t)meta->n * sizeof(PyObject *));
    row->ob_item[meta->n] = Py_NewRef((PyObject *)meta);
    return (PyObject *)row;
}

void cmpy_row_done(PyObject *row) {
    for (Py_ssize_t i = 0; i < Py_SIZE(row); i++) {
        PyObject *v = PyTuple_GET_ITEM(row, i);
        if (v && PyType_IS_GC(Py_TYPE(v)) && !PyType_CheckExact(v) && cmpy_value_may_cycle(v)) {
            PyObject_GC_Track(row);
            return;
        }
    }
}

static void row_destroy(PyObject *o) {
    PyTypeObject *type = Py_TYPE(o);
    for (Py_ssize_t i = 0, n = Py_SIZE(o); i <= n; i++) Py_XDECREF(((PyTupleObject *)o)->ob_item[i]);
    PyObject_GC_Del(o);
    Py_DECREF(type);
}

static void row_dealloc(PyObject *o) {
    if (!PyObject_GC_IsTracked(o)) { /* it holds plain values only: no chain hangs from it */
        row_destroy(o);
        return;
    }
    PyObject_GC_UnTrack(o);
    Py_TRASHCAN_BEGIN(o, row_dealloc);
    row_destroy(o);
    Py_TRASHCAN_END;
}

static int row_traverse(PyObject *o, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(o));
    for (Py_ssize_t i = 0; i <= Py_SIZE(o); i++) Py_VISIT(((PyTupleObject *)o)->ob_item[i]);
    return 0;
}

static PyObject *row_getattro(PyObject *o, PyObject *name) {
    PyObject *number = PyDict_GetItemWithError(ROW_META(o)->attributes, name);
    if (number) {
        Py_ssize_t i = PyLong_AsSsize_t(number);
        if (i >= 0) return Py_NewRef(PyTuple_GET_ITEM(o, i));
        find_name(ROW_META(o), name); /* says that it is ambiguous */
        return NULL;
    }
    PyObject *found = PyObject_GenericGetAttr(o, name);
    if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Format(PyExc_AttributeError, "Could not locate column in row for column '%U'", name);
    }
    return found;
}

static int row_setattro(PyObject *o, PyObject *name, PyObject *value) {
    (void)o, (void)name;
    PyErr_SetString(PyExc_AttributeError, value ? "can't set attribute" : "can't delete attribute");
    return -1;
}

static PyObject *row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)type, (void)kwargs;
    PyObject *meta, *values;
    if (!PyArg_ParseTuple(args, "O!O:Row", cmpy_row_meta_type, &meta, &values)) return NULL;
    return meta_row(meta, values);
}

static PyObject *row_asdict(PyObject *o, PyObject *unused) {
    (void)unused;
    PyObject *d = PyDict_New();
    for (Py_ssize_t i = 0; d && i < Py_SIZE(o); i++)
        if (PyDict_SetItem(d, PyTuple_GET_ITEM(ROW_META(o)->keys, i), PyTuple_GET_ITEM(o, i)) < 0) Py_CLEAR(d);
    return d;
}

static PyObject *row_self(PyObject *o, PyObject *unused) {
    (void)unused;
    return Py_NewRef(o);
}
static PyObject *row_get_self(PyObject *o, void *unused) { return row_self(o, unused); }

static PyObject *row_fields(PyObject *o, void *unused) {
    (void)unused;
    return Py_NewRef(ROW_META(o)->keys);
}

static PyObject *row_get_meta(PyObject *o, void *unused) {
    (void)unused;
    return Py_NewRef((PyObject *)ROW_META(o));
}

static PyObject *row_mapping(PyObject *o, void *unused) {
    (void)unused;
    PyObject *hook = cmpy_hook(CMPY_HOOK_RowMapping);
    return hook ? PyObject_CallOneArg(hook, o) : NULL;
}

static PyObject *row_plain_tuple(PyObject *o, PyObject *unused) {
    (void)unused;
    return PyTuple_GetSlice(o, 0, Py_SIZE(o));
}

static PyObject *row_reduce(PyObject *o, PyObject *unused) {
    PyObject *values = row_plain_tuple(o, unused);
    return values ? Py_BuildValue("O(ON)", Py_TYPE(o), (PyObject *)ROW_META(o), values) : NULL;
}

static PyMethodDef row_methods[] = {
    {"_asdict", row_asdict, METH_NOARGS, "_asdict($self, /)\n--\n\nThe row as a dictionary."},
    {"_tuple", row_self, METH_NOARGS, "_tuple($self, /)\n--\n\nThe row itself, for type checkers."},
    {"tuple", row_self, METH_NOARGS, "tuple($self, /)\n--\n\nThe row itself, for type checkers."},
    {"_to_tuple_instance", row_plain_tuple, METH_NOARGS, "_to_tuple_instance($self, /)\n--\n\nThe values as a plain tuple."},
    {"__reduce__", row_reduce, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef row_getset[] = {
    {"_mapping", row_mapping, NULL, "The row as a mapping of column names (and columns) to values.", NULL},
    {"_fields", row_fields, NULL, "Names of the columns.", NULL},
    {"_meta", row_get_meta, NULL, NULL, NULL},
    {"_t", row_get_self, NULL, "The row itself, for type checkers.", NULL},
    {"t", row_get_self, NULL, "The row itself, for type checkers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot row_slots[] = {
    {Py_tp_doc, "A row of a result: a tuple whose items are also attributes."},
    {Py_tp_new, row_new},
    {Py_tp_dealloc, row_dealloc},
    {Py_tp_traverse, row_traverse},
    {Py_tp_getattro, row_getattro},
    {Py_tp_setattro, row_setattro},
    {Py_tp_methods, row_methods},
    {Py_tp_getset, row_getset},
    {0, NULL},
};
static PyType_Spec row_spec = {"cormorant.engine.row.Row", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, row_slots};

int cmpy_row_setup(PyObject *m) {
    cmpy_row_meta_type = (PyTypeObject *)PyType_FromModuleAndSpec(m, &meta_spec, NULL);
    if (!cmpy_row_meta_type) return -1;
    cmpy_st->Row = PyType_FromModuleAndSpec(m, &row_spec, (PyObject *)&PyTuple_Type);
    if (!cmpy_st->Row) return -1;
    row_type = (PyTypeObject *)cmpy_st->Row;
    if (PyModule_AddObjectRef(m, "RowMeta", (PyObject *)cmpy_row_meta_type) < 0) return -1;
    return PyModule_AddObjectRef(m, "Row", cmpy_st->Row);
}
