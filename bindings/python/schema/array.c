/* Values of ARRAY types: lists of Python objects <-> CM_LIST. Items are converted one by one by the item's type.
 *
 * How deep a list goes is what the type says (dimensions), else what it holds: an item that is a list or tuple is one more
 * dimension. Other iterables (sets, generators) are taken as lists of items. */
#include "python/schema/schema.h"

enum { DIMENSIONS_MAX = 6 };

typedef struct encoding {
    cm_ctx *cx;
    const cm_type *item;
    cm_arena *scratch;
    int depth;
} encoding;

static bool is_list(PyObject *v) { return PyList_Check(v) || PyTuple_Check(v); }

static cm_status too_deep(void) {
    PyErr_Format(PyExc_ValueError, "an array has %d dimensions at most", DIMENSIONS_MAX);
    return CM_E_HOST;
}

/* dimensions: of this list; -1: as it is. */
static cm_status encode_items(encoding *e, PyObject *list, int dimensions, cm_value *out) {
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    bool nested = dimensions > 1 || (dimensions < 0 && n > 0 && is_list(PySequence_Fast_GET_ITEM(list, 0)));
    cm_value *items = cm_arena_alloc(e->scratch, (size_t)(n ? n : 1) * sizeof *items);
    cm_status st = items ? CM_OK : CM_E_NOMEM;
    if (!st && ++e->depth > DIMENSIONS_MAX) st = too_deep();
    for (Py_ssize_t i = 0; i < n && !st; i++) {
        if (i >= PySequence_Fast_GET_SIZE(list)) { /* an item's conversion may run Python */
            PyErr_SetString(PyExc_RuntimeError, "the list changed while it was converted");
            return CM_E_HOST;
        }
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(list, i));
        if (nested && is_list(item)) st = encode_items(e, item, dimensions < 0 ? -1 : dimensions - 1, &items[i]);
        else st = cmpy_encode(e->cx, e->item, item, e->scratch, &items[i]);
        if (!st && Py_REFCNT(item) == 1) st = cm_value_keep(e->scratch, &items[i]); /* nobody else holds it */
        Py_DECREF(item);
    }
    e->depth--;
    *out = (cm_value){.kind = CM_LIST, .u.list = {items, (size_t)n}};
    return st;
}

cm_status cmpy_encode_array(cm_ctx *cx, const cm_type_def *def, PyObject *v, cm_arena *scratch, cm_value *out) {
    bool array = def && def->kind == CM_T_ARRAY;
    encoding e = {.cx = cx, .item = array ? def->item : NULL, .scratch = scratch};
    if (PyUnicode_Check(v) || PyBytes_Check(v) || PyDict_Check(v)) {
        PyErr_Format(PyExc_TypeError, "a list of values was expected for an ARRAY, not %s", Py_TYPE(v)->tp_name);
        return CM_E_HOST;
    }
    PyObject *list = is_list(v) ? Py_NewRef(v) : PySequence_Tuple(v);
    if (!list) return CM_E_HOST;
    cm_status st = encode_items(&e, list, array && def->length > 0 ? def->length : -1, out);
    if (!st && list != v) st = cm_value_keep(scratch, out);
    Py_DECREF(list);
    return st;
}

PyObject *cmpy_decode_array(const cm_type_def *def, const cm_value *v) {
    bool array = def && def->kind == CM_T_ARRAY, tuple = array && (def->flags & CM_TYPE_AS_TUPLE);
    Py_ssize_t n = (Py_ssize_t)v->u.list.n;
    PyObject *list = tuple ? PyTuple_New(n) : PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        const cm_value *item = &v->u.list.items[i];
        void *made = NULL;
        if (item->kind == CM_LIST) made = cmpy_decode_array(def, item);
        else if (cmpy_decode(NULL, array ? def->item : NULL, item, &made) != CM_OK) made = NULL;
        if (!made) Py_CLEAR(list);
        else if (tuple) PyTuple_SET_ITEM(list, i, made);
        else PyList_SET_ITEM(list, i, made);
    }
    return list;
}
