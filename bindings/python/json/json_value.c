/* JSON of any value: what the standard library knows, rows (objects by column name), results (arrays), and what `other`
 * makes of the rest. */
#include "python/json/json.h"

#include "python/engine/engine.h"
#include "python/schema/schema.h"

#include <string.h>

struct cmpy_json_rows {
    cmpy_row_meta *meta;   /* retained */
    Py_ssize_t *order;     /* positions in the order in which they are written */
    cmpy_json_name *names; /* in that order */
};

/* ---- brackets and what lies between */

static int new_line(cmpy_json *j) {
    if (cmpy_json_put(j, "\n", 1) < 0) return -1;
    for (size_t i = 0; i < j->level; i++)
        if (cmpy_json_put(j, j->indent.p, j->indent.n) < 0) return -1;
    return 0;
}

int cmpy_json_open(cmpy_json *j, char bracket) {
    j->level++;
    return cmpy_json_put(j, &bracket, 1);
}

int cmpy_json_next(cmpy_json *j, bool first) {
    if (!first && cmpy_json_put(j, j->comma.p, j->comma.n) < 0) return -1;
    return j->indent.p ? new_line(j) : 0;
}

int cmpy_json_close(cmpy_json *j, char bracket, bool empty) {
    j->level--;
    if (!empty && j->indent.p && new_line(j) < 0) return -1;
    return cmpy_json_put(j, &bracket, 1);
}

bool cmpy_json_under_way(const cmpy_json *j, const PyObject *o) {
    for (const cmpy_json_path *step = j->path; step; step = step->up)
        if (step->object == o) return true;
    return false;
}

int cmpy_json_enter(cmpy_json *j, cmpy_json_path *step, PyObject *o) {
    if (cmpy_json_under_way(j, o)) {
        PyErr_SetString(PyExc_ValueError, "Circular reference detected");
        return -1;
    }
    if (Py_EnterRecursiveCall(" while encoding a JSON object")) return -1;
    *step = (cmpy_json_path){o, j->path};
    j->path = step;
    return 0;
}

void cmpy_json_leave(cmpy_json *j) {
    j->path = j->path->up;
    Py_LeaveRecursiveCall();
}

/* ---- keys */

static int put_key(cmpy_json *j, PyObject *key) {
    int st;
    if (PyUnicode_Check(key)) {
        st = cmpy_json_str(j, key);
    } else if (key == Py_True || key == Py_False || key == Py_None) {
        const char *text = key == Py_True ? "\"true\"" : key == Py_False ? "\"false\"" : "\"null\"";
        st = cmpy_json_put(j, text, strlen(text));
    } else if (PyFloat_Check(key) || PyLong_Check(key)) {
        st = cmpy_json_put(j, "\"", 1);
        if (!st) st = PyLong_Check(key) ? cmpy_json_int(j, key) : cmpy_json_float(j, PyFloat_AS_DOUBLE(key));
        if (!st) st = cmpy_json_put(j, "\"", 1);
    } else {
        PyErr_Format(PyExc_TypeError, "keys must be str, int, float, bool or None, not %.100s", Py_TYPE(key)->tp_name);
        return -1;
    }
    return st < 0 ? -1 : cmpy_json_put(j, j->colon.p, j->colon.n);
}

int cmpy_json_key(cmpy_json *j, PyObject *key, cmpy_json_name *out) {
    const size_t start = j->n;
    if (put_key(j, key) < 0) return -1;
    const size_t n = j->n - start;
    char *p = PyMem_Malloc(n + 1);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(p, j->p + start, n);
    j->n = start;
    *out = (cmpy_json_name){p, n};
    return 0;
}

/* ---- lists and dictionaries */

static int put_items(cmpy_json *j, PyObject *list) {
    bool first = true;
    if (cmpy_json_open(j, '[') < 0) return -1;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); i++, first = false) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(list, i));
        int st = cmpy_json_next(j, first);
        if (!st) st = cmpy_json_value(j, item);
        Py_DECREF(item);
        if (st < 0) return -1;
    }
    return cmpy_json_close(j, ']', first);
}

static int put_list(cmpy_json *j, PyObject *o) {
    cmpy_json_path step;
    if (cmpy_json_enter(j, &step, o) < 0) return -1;
    int st = put_items(j, o);
    cmpy_json_leave(j);
    return st;
}

/* Items of a dictionary as they are now, sorted when keys are. New reference. */
static PyObject *items_of(cmpy_json *j, PyObject *o) {
    PyObject *items = PyMapping_Items(o);
    if (items && j->sort && PyList_GET_SIZE(items) > 1 && PyList_Sort(items) < 0) Py_CLEAR(items);
    return items;
}

static int put_pairs(cmpy_json *j, PyObject *items) {
    bool first = true;
    if (cmpy_json_open(j, '{') < 0) return -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++, first = false) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
            PyErr_SetString(PyExc_ValueError, "items must return 2-tuples");
            return -1;
        }
        if (cmpy_json_next(j, first) < 0 || put_key(j, PyTuple_GET_ITEM(pair, 0)) < 0) return -1;
        if (cmpy_json_value(j, PyTuple_GET_ITEM(pair, 1)) < 0) return -1;
    }
    return cmpy_json_close(j, '}', first);
}

/* Whether the items of a dictionary may be written as they lie: nothing to sort, or sorted already. */
static bool in_order(const cmpy_json *j, PyObject *dict) {
    PyObject *key, *value, *last = NULL;
    Py_ssize_t at = 0;
    if (!j->sort || PyDict_GET_SIZE(dict) < 2) return true;
    for (; PyDict_Next(dict, &at, &key, &value); last = key)
        if (!PyUnicode_CheckExact(key) || (last && PyUnicode_Compare(last, key) > 0)) return false;
    return true;
}

/* Without a list of items: as long as nobody changes the dictionary meanwhile. */
static int put_in_place(cmpy_json *j, PyObject *dict) {
    PyObject *key, *value;
    Py_ssize_t at = 0, n = PyDict_GET_SIZE(dict);
    bool first = true;
    if (cmpy_json_open(j, '{') < 0) return -1;
    for (; PyDict_Next(dict, &at, &key, &value); first = false) {
        Py_INCREF(key), Py_INCREF(value);
        int st = cmpy_json_next(j, first) < 0 || put_key(j, key) < 0 || cmpy_json_value(j, value) < 0 ? -1 : 0;
        Py_DECREF(key), Py_DECREF(value);
        if (!st && PyDict_GET_SIZE(dict) != n) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
            st = -1;
        }
        if (st < 0) return -1;
    }
    return cmpy_json_close(j, '}', first);
}

static int put_dict(cmpy_json *j, PyObject *o) {
    cmpy_json_path step;
    if (PyDict_GET_SIZE(o) == 0) return cmpy_json_put(j, "{}", 2);
    if (cmpy_json_enter(j, &step, o) < 0) return -1;
    int st = -1;
    if (PyDict_CheckExact(o) && in_order(j, o)) {
        st = put_in_place(j, o);
    } else {
        PyObject *items = items_of(j, o);
        if (items) st = put_pairs(j, items);
        Py_XDECREF(items);
    }
    cmpy_json_leave(j);
    return st;
}

/* ---- rows */

void cmpy_json_rows_free(cmpy_json_rows *rows) {
    if (!rows) return;
    for (Py_ssize_t i = 0; rows->names && i < rows->meta->n; i++) PyMem_Free((void *)(uintptr_t)rows->names[i].p);
    PyMem_Free(rows->names);
    PyMem_Free(rows->order);
    Py_XDECREF((PyObject *)rows->meta);
    PyMem_Free(rows);
}

static int name_twice(PyObject *name) {
    PyErr_Format(PyExc_TypeError, "two columns of the row are called %R: an object has a key once, give one of them a label()", name);
    return -1;
}

/* Positions in the order of their names. */
static int order_names(const cmpy_json *j, cmpy_json_rows *rows) {
    PyObject *keys = rows->meta->keys;
    for (Py_ssize_t i = 0; i < rows->meta->n; i++) {
        Py_ssize_t at = i;
        PyObject *name = PyTuple_GET_ITEM(keys, i);
        for (Py_ssize_t k = 0; k < i; k++)
            if (PyUnicode_Compare(name, PyTuple_GET_ITEM(keys, k)) == 0) return name_twice(name);
        for (; j->sort && at > 0 && PyUnicode_Compare(name, PyTuple_GET_ITEM(keys, rows->order[at - 1])) < 0; at--)
            rows->order[at] = rows->order[at - 1];
        rows->order[at] = i;
    }
    return 0;
}

/* Names of the rows at hand; those of the last row serve again. Borrowed until the next row of another kind. */
static cmpy_json_rows *rows_of(cmpy_json *j, cmpy_row_meta *meta) {
    if (j->rows && j->rows->meta == meta) return j->rows;
    cmpy_json_rows *rows = PyMem_Calloc(1, sizeof *rows);
    if (!rows) return (cmpy_json_rows *)PyErr_NoMemory();
    rows->meta = (cmpy_row_meta *)Py_NewRef((PyObject *)meta);
    rows->order = PyMem_Calloc((size_t)meta->n + 1, sizeof *rows->order);
    rows->names = PyMem_Calloc((size_t)meta->n + 1, sizeof *rows->names);
    int st = rows->order && rows->names ? order_names(j, rows) : (PyErr_NoMemory(), -1);
    for (Py_ssize_t i = 0; i < meta->n && !st; i++) st = cmpy_json_key(j, PyTuple_GET_ITEM(meta->keys, rows->order[i]), &rows->names[i]);
    if (st < 0) {
        cmpy_json_rows_free(rows);
        return NULL;
    }
    cmpy_json_rows_free(j->rows);
    return j->rows = rows;
}

static int put_row(cmpy_json *j, PyObject *row) {
    cmpy_row_meta *meta = cmpy_row_get_meta(row);
    int st = cmpy_json_open(j, '{');
    for (Py_ssize_t i = 0; i < meta->n && !st; i++) {
        const cmpy_json_rows *rows = rows_of(j, meta); /* a value may hold rows of its own */
        st = rows && cmpy_json_next(j, i == 0) == 0 ? cmpy_json_put(j, rows->names[i].p, rows->names[i].n) : -1;
        if (!st) st = cmpy_json_value(j, PyTuple_GET_ITEM(row, rows->order[i]));
    }
    return st < 0 ? -1 : cmpy_json_close(j, '}', meta->n == 0);
}

/* ---- the rest */

static int put_text_of(cmpy_json *j, PyObject *o) {
    PyObject *text = PyObject_Str(o);
    int st = text ? cmpy_json_str(j, text) : -1;
    Py_XDECREF(text);
    return st;
}

/* What a function of `o` answers, in its place. */
static int put_answer(cmpy_json *j, PyObject *take_answer) {
    int st = take_answer ? cmpy_json_value(j, take_answer) : -1;
    Py_XDECREF(take_answer);
    return st;
}

static int put_result(cmpy_json *j, PyObject *o) {
    PyObject *rows = PySequence_List(o);
    int st = rows ? put_list(j, rows) : -1;
    Py_XDECREF(rows);
    return st;
}

static bool is_row_mapping(PyObject *o) {
    PyObject *cls = cmpy_st->hooks[CMPY_HOOK_RowMapping];
    return cls && (PyObject *)Py_TYPE(o) == cls;
}

static int put_unknown(cmpy_json *j, PyObject *o) {
    cm_inst *inst =
        PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Instance) || cmpy_mapper_of(Py_TYPE(o)) ? cmpy_object_inst(cmpy_cx(), o) : NULL;
    bool done = false;
    int st = inst ? cmpy_json_entity(j, o, inst, &done) : 0;
    if (st < 0 || done) return st;
    if (PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Result)) return put_result(j, o);
    if (is_row_mapping(o)) return put_answer(j, PyObject_GetAttrString(o, "_row"));
    return put_answer(j, PyObject_CallOneArg(j->other, o));
}

static int put_plainly(cmpy_json *j, PyObject *o, bool *done) {
    int st = cmpy_json_http_date(j, o, done);
    if (st < 0 || *done) return st;
    PyObject *decimal = cmpy_decimal_type(), *uuid = decimal ? cmpy_uuid_type() : NULL;
    if (!uuid) return -1;
    *done = (PyObject *)Py_TYPE(o) == decimal || (PyObject *)Py_TYPE(o) == uuid;
    return *done ? put_text_of(j, o) : 0;
}

int cmpy_json_value(cmpy_json *j, PyObject *o) {
    cmpy_json_path step;
    bool done = false;
    if (PyUnicode_Check(o)) return cmpy_json_str(j, o);
    if (o == Py_None) return cmpy_json_put(j, "null", 4);
    if (o == Py_True) return cmpy_json_put(j, "true", 4);
    if (o == Py_False) return cmpy_json_put(j, "false", 5);
    if (PyLong_Check(o)) return cmpy_json_int(j, o);
    if (PyFloat_Check(o)) return cmpy_json_float(j, PyFloat_AS_DOUBLE(o));
    if (PyList_Check(o)) return put_list(j, o);
    if (PyDict_Check(o)) return put_dict(j, o);
    if (PyTuple_Check(o) && (PyObject *)Py_TYPE(o) != cmpy_st->Row) return put_list(j, o);
    int st = j->plain ? put_plainly(j, o, &done) : 0;
    if (st < 0 || done) return st;
    if (cmpy_json_enter(j, &step, o) < 0) return -1;
    st = PyTuple_Check(o) ? put_row(j, o) : put_unknown(j, o);
    cmpy_json_leave(j);
    return st;
}
