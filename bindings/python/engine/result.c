/* _core.Result: the rows of a statement, and the views of them.
 *
 * A base result owns a cm_result, or reads rows from a Python iterator (frozen, merged and asynchronous results). Views
 * (scalars(), mappings(), columns()) are results too: they share the base and say what becomes of a row:
 *     VIEW_ROWS a Row, VIEW_SCALARS one value of it, VIEW_MAPPINGS a RowMapping
 * The package names the classes (hooks "Result", "ScalarResult", "MappingResult"); all have the layout below. What is
 * called once per result and not per row (freeze, merge, partitions, keys) is written in Python on top.
 *
 * Rows are fetched in bulk: values lie in the core's array and move, with their references, into rows and lists. */
#include "python/engine/engine.h"

#include <string.h>

enum { VIEW_ROWS = 0, VIEW_SCALARS = 1, VIEW_MAPPINGS = 2 };

typedef struct cmpy_result {
    PyObject_HEAD cm_result *result; /* base: the core's result; NULL when closed or without one */
    PyObject *keep;                  /* base: what must outlive it (connection, session) */
    PyObject *source;                /* base: iterator over rows made in Python, or NULL */
    PyObject *statement;             /* base: what was executed, or NULL */
    PyObject *base;                  /* view: the base result */
    cmpy_row_meta *meta;             /* names; NULL when there are no rows */
    PyObject *picked;                /* tuple of positions in the base's rows, or NULL: all */
    PyObject *unique;                /* NULL: rows as they come; None: by value; else a callable answering what must be unique */
    PyObject *seen;                  /* set of what unique rows were met */
    Py_ssize_t yield_per;            /* rows of one partition; 0: unsaid */
    int view;
    Py_ssize_t scalar; /* VIEW_SCALARS: position */
    bool returns_rows, hard_closed, exhausted;
    bool reading; /* a row is on its way: code of the program may run, and closing waits */
    long long rowcount, lastrowid;
    PyObject *dict, *weak;
} cmpy_result;

static PyTypeObject *result_type;

static cmpy_result *base_of(cmpy_result *self) { return self->base ? (cmpy_result *)self->base : self; }

/* ---- life */

static void drop_core(cmpy_result *self) {
    cm_result *result = self->result;
    if (!result || self->reading) return;
    self->result = NULL;
    cm_ctx *cx = cmpy_cx_take();
    cm_result_free(cx ? cx : cmpy_cx(), result);
    if (cx) cmpy_cx_give(cx);
}

static int result_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_result *self = (cmpy_result *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->keep);
    Py_VISIT(self->source);
    Py_VISIT(self->statement);
    Py_VISIT(self->base);
    Py_VISIT(self->unique);
    Py_VISIT(self->seen);
    Py_VISIT(self->dict);
    return 0;
}

static int result_clear(PyObject *o) {
    cmpy_result *self = (cmpy_result *)o;
    Py_CLEAR(self->source);
    Py_CLEAR(self->unique);
    Py_CLEAR(self->seen);
    Py_CLEAR(self->dict);
    return 0;
}

static void result_dealloc(PyObject *o) {
    cmpy_result *self = (cmpy_result *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (self->weak) PyObject_ClearWeakRefs(o);
    drop_core(self);
    result_clear(o);
    Py_XDECREF(self->keep);
    Py_XDECREF(self->statement);
    Py_XDECREF(self->base);
    Py_XDECREF((PyObject *)self->meta);
    Py_XDECREF(self->picked);
    type->tp_free(o);
    Py_DECREF(type);
}

static cmpy_result *result_alloc(cmpy_hook_id hook) {
    PyTypeObject *cls = (PyTypeObject *)cmpy_hook(hook);
    return cls ? (cmpy_result *)cls->tp_alloc(cls, 0) : NULL;
}

PyObject *cmpy_result_of(cm_result *take_result, PyObject *keep, PyObject *stmt) {
    cmpy_result *self = result_alloc(CMPY_HOOK_Result);
    if (!self) {
        cm_result_free(cmpy_cx(), take_result);
        return NULL;
    }
    self->result = take_result;
    self->keep = Py_XNewRef(keep);
    self->statement = Py_XNewRef(stmt);
    self->returns_rows = cm_result_returns_rows(take_result);
    self->rowcount = cm_result_rowcount(take_result);
    self->lastrowid = cm_result_lastrowid(take_result);
    if (self->returns_rows && !(self->meta = cmpy_row_meta_of(take_result))) Py_CLEAR(self);
    return (PyObject *)self;
}

PyObject *cmpy_result_new(cm_result *take_result, PyObject *keep) { return cmpy_result_of(take_result, keep, NULL); }

/* Result(meta, iterable): rows made in Python. */
static PyObject *result_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)kwargs;
    PyObject *meta = NULL, *rows = NULL;
    if (!PyArg_ParseTuple(args, "|OO", &meta, &rows)) return NULL;
    cmpy_result *self = (cmpy_result *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->rowcount = -1;
    if (meta && PyObject_TypeCheck(meta, cmpy_row_meta_type)) {
        self->meta = (cmpy_row_meta *)Py_NewRef(meta);
        self->returns_rows = true;
        if (rows && !(self->source = PyObject_GetIter(rows))) Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* ---- raw rows of the base */

static int no_rows(cmpy_result *base) {
    if (base->returns_rows && base->hard_closed) cmpy_raise_exc("ResourceClosedError", "This result object is closed.");
    else cmpy_raise_exc("ResourceClosedError", "This result object does not return rows. It has been closed automatically.");
    return -1;
}

/* Unbuffered rows end: the cursor goes, the result answers "no more rows" from now on. */
static void end_of_rows(cmpy_result *base) {
    base->exhausted = true;
    if (base->result) base->rowcount = cm_result_rowcount(base->result);
    Py_CLEAR(base->source);
}

/* 1: the values of a row (new references) are in v; 0: no more; -1: exception. */
static int fetch_values(cmpy_result *base, PyObject **v) {
    if (!base->returns_rows || base->hard_closed) return no_rows(base);
    if (base->exhausted) return 0;
    if (base->reading) {
        cmpy_raise_exc("InvalidRequestError", "A row of this result is being read: its code cannot read another one");
        return -1;
    }
    if (base->result) {
        bool more = false;
        cm_session *session = cm_result_session(base->result); /* further rows are loaded in its turn */
        if (session && cmpy_st->orm.enter(session) < 0) return -1;
        cm_ctx *cx = cmpy_cx_take();
        base->reading = true;
        cm_status st = cx ? cm_result_next(cx, base->result, (void **)v, &more) : CM_E_HOST;
        base->reading = false;
        int answer = !cx ? -1 : st ? cmpy_raise_int(cx, st) : more;
        if (cx) cmpy_cx_give(cx);
        if (base->exhausted) drop_core(base); /* closed meanwhile */
        if (session) cmpy_st->orm.leave(session);
        if (answer == 0) end_of_rows(base);
        return answer;
    }
    PyObject *source = Py_XNewRef(base->source), *row = source ? PyIter_Next(source) : NULL; /* which may close this result */
    Py_XDECREF(source);
    if (!row) {
        if (PyErr_Occurred()) return -1;
        end_of_rows(base);
        return 0;
    }
    PyObject *items = PySequence_Fast(row, "a row must be a sequence");
    Py_DECREF(row);
    if (!items) return -1;
    int answer = PySequence_Fast_GET_SIZE(items) == base->meta->n ? 1 : -1;
    if (answer < 0) PyErr_Format(PyExc_ValueError, "a row of %zd values for %zd columns", PySequence_Fast_GET_SIZE(items), base->meta->n);
    for (Py_ssize_t i = 0; answer > 0 && i < base->meta->n; i++) v[i] = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
    Py_DECREF(items);
    return answer;
}

static PyObject *mapping_of(PyObject *take_row) {
    PyObject *hook = cmpy_hook(CMPY_HOOK_RowMapping);
    PyObject *mapping = hook ? PyObject_CallOneArg(hook, take_row) : NULL;
    Py_DECREF(take_row);
    return mapping;
}

/* A row of some of the base's columns. */
static PyObject *picked_row(cmpy_result *self, PyObject *take_row) {
    PyObject *row = cmpy_row_new(self->meta);
    for (Py_ssize_t i = 0; row && i < self->meta->n; i++) {
        Py_ssize_t from = PyLong_AsSsize_t(PyTuple_GET_ITEM(self->picked, i));
        PyTuple_SET_ITEM(row, i, Py_NewRef(PyTuple_GET_ITEM(take_row, from)));
    }
    if (row) cmpy_row_done(row);
    Py_DECREF(take_row);
    return row;
}

/* What a view makes of a row; consumes it. */
static PyObject *view_of(cmpy_result *self, PyObject *take_row) {
    PyObject *row = self->picked ? picked_row(self, take_row) : take_row;
    if (!row) return NULL;
    switch (self->view) {
    case VIEW_SCALARS: {
        PyObject *value = Py_NewRef(PyTuple_GET_ITEM(row, self->scalar));
        Py_DECREF(row);
        return value;
    }
    case VIEW_MAPPINGS: return mapping_of(row);
    default: return row;
    }
}

/* The next row of the base as a Row; NULL with an exception, or without: no more. */
static PyObject *next_row(cmpy_result *base) {
    if (!base->meta) {
        no_rows(base);
        return NULL;
    }
    PyObject *row = cmpy_row_new(base->meta);
    int more = row ? fetch_values(base, ((PyTupleObject *)row)->ob_item) : -1;
    if (more <= 0) {
        Py_XDECREF(row);
        return NULL;
    }
    cmpy_row_done(row);
    return row;
}

/* ---- uniqueness */

/* What makes an item equal to another: mapped instances by identity, everything else by value. New reference. */
static PyObject *identity_of(PyObject *item) {
    if (cmpy_st->orm.is_mapped(Py_TYPE(item))) return PyLong_FromVoidPtr(item);
    if (!PyTuple_Check(item)) return Py_NewRef(item);
    PyObject *key = PyTuple_New(PyTuple_GET_SIZE(item));
    for (Py_ssize_t i = 0; key && i < PyTuple_GET_SIZE(item); i++) {
        PyObject *part = identity_of(PyTuple_GET_ITEM(item, i));
        if (part) PyTuple_SET_ITEM(key, i, part);
        else Py_CLEAR(key);
    }
    return key;
}

/* 1: met for the first time, 0: a repetition, -1: exception. Mappings are told apart by their rows. */
static int is_new(cmpy_result *self, PyObject *item) {
    PyObject *row = self->view == VIEW_MAPPINGS ? PyObject_GetAttrString(item, "_row") : Py_NewRef(item), *key = NULL;
    if (row) key = self->unique != Py_None ? PyObject_CallOneArg(self->unique, row) : identity_of(row);
    Py_XDECREF(row);
    if (!key) return -1;
    int known = PySet_Contains(self->seen, key);
    if (known == 0) known = PySet_Add(self->seen, key) < 0 ? -1 : 0;
    Py_DECREF(key);
    return known < 0 ? -1 : !known;
}

static int check_unique(cmpy_result *self) {
    cmpy_result *base = base_of(self);
    if (self->unique || !base->result || !cm_result_needs_unique(base->result)) return 0;
    cmpy_raise_exc("InvalidRequestError", "The unique() method must be invoked on this Result, as it contains results that need to be "
                                          "deduplicated: rows of joined eager loads against collections");
    return -1;
}

/* The next item of a view; NULL with an exception, or without: no more. */
static PyObject *next_item(cmpy_result *self) {
    for (;;) {
        PyObject *row = next_row(base_of(self)), *item = row ? view_of(self, row) : NULL;
        if (!item || !self->unique) return item;
        int fresh = is_new(self, item);
        if (fresh > 0) return item;
        Py_DECREF(item);
        if (fresh < 0) return NULL;
    }
}

/* ---- many rows */

/* All values of a one-column result, moved from the core's array into a list. */
static PyObject *all_scalars(cmpy_result *base) {
    Py_ssize_t n = (Py_ssize_t)cm_result_buffered(base->result);
    size_t got = 0;
    PyObject *list = PyList_New(n);
    if (!list || !n) {
        if (list) end_of_rows(base);
        return list;
    }
    cm_status st = cm_result_fetch(cmpy_cx(), base->result, (void **)((PyListObject *)list)->ob_item, (size_t)n, &got);
    if (st) {
        Py_DECREF(list);
        return cmpy_raise(cmpy_cx(), st);
    }
    end_of_rows(base);
    return list;
}

enum { CHUNK = 256 };

/* Moves values of fetched rows into Rows of the list; answers how many it made. */
static size_t make_rows(cmpy_result *base, PyObject *list, Py_ssize_t at, void **values, size_t n) {
    const size_t width = (size_t)base->meta->n;
    for (size_t i = 0; i < n; i++) {
        PyObject *row = cmpy_row_new(base->meta);
        if (!row) return i;
        memcpy(((PyTupleObject *)row)->ob_item, values + i * width, width * sizeof *values);
        cmpy_row_done(row);
        PyList_SET_ITEM(list, at + (Py_ssize_t)i, row);
    }
    return n;
}

static PyObject *all_rows(cmpy_result *base) {
    Py_ssize_t n = (Py_ssize_t)cm_result_buffered(base->result), i = 0;
    const size_t width = (size_t)base->meta->n;
    PyObject *list = PyList_New(n);
    void *small[CHUNK], **values = width <= CHUNK ? small : PyMem_Malloc(width * sizeof *values);
    cm_ctx *cx = cmpy_cx();
    cm_status st = values ? CM_OK : CM_E_NOMEM;
    while (list && !st && i < n) {
        size_t got = 0;
        st = cm_result_fetch(cx, base->result, values, width <= CHUNK ? CHUNK / width : 1, &got);
        if (!st && !got) break;
        const size_t made = st ? 0 : make_rows(base, list, i, values, got);
        if (made < got) st = CM_E_HOST;
        for (size_t v = made * width; v < got * width; v++) Py_DECREF((PyObject *)values[v]);
        i += (Py_ssize_t)made;
    }
    if (values != small) PyMem_Free(values);
    if (st) {
        Py_XDECREF(list);
        return cmpy_raise(cx, st);
    }
    if (list && i < n && PyList_SetSlice(list, i, n, NULL) < 0) Py_CLEAR(list); /* a finalizer took the others */
    if (list) end_of_rows(base);
    return list;
}

/* Drops the repetitions from a list. Rows of joined collections repeat the object of the row before them. */
static PyObject *only_new(cmpy_result *self, PyObject *take_list) {
    PyObject **items = take_list ? ((PyListObject *)take_list)->ob_item : NULL, *before = NULL;
    Py_ssize_t n = take_list ? PyList_GET_SIZE(take_list) : 0, kept = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = items[i];
        const int fresh = item == before ? 0 : is_new(self, item);
        before = item;
        if (fresh < 0) {
            Py_DECREF(take_list);
            return NULL;
        }
        items[i] = NULL;
        if (fresh) items[kept++] = item;
        else Py_DECREF(item);
    }
    if (kept < n && PyList_SetSlice(take_list, kept, n, NULL) < 0) Py_CLEAR(take_list);
    return take_list;
}

/* At most `most` items (all: -1) as a list. */
static PyObject *fetch_list(cmpy_result *self, Py_ssize_t most) {
    cmpy_result *base = base_of(self);
    if (check_unique(self) < 0) return NULL;
    if (most < 0 && base->result && !base->hard_closed && !base->exhausted && cm_result_buffered(base->result) && !self->picked) {
        if (self->view == VIEW_SCALARS && base->meta->n == 1) {
            if (!self->unique) return all_scalars(base);
            if (self->unique == Py_None) return only_new(self, all_scalars(base));
        }
        if (self->view == VIEW_ROWS && !self->unique) return all_rows(base);
    }
    PyObject *list = PyList_New(0);
    while (list && most != 0) {
        PyObject *item = next_item(self);
        if (!item) break;
        int st = PyList_Append(list, item);
        Py_DECREF(item);
        if (st < 0) Py_CLEAR(list);
        if (most > 0) most--;
    }
    if (PyErr_Occurred()) Py_CLEAR(list);
    return list;
}

static void close_soft(cmpy_result *base) {
    base->exhausted = true;
    drop_core(base);
    Py_CLEAR(base->source);
}

static void close_hard(cmpy_result *base) {
    close_soft(base);
    base->hard_closed = true;
}

/* ---- one row. scalar: answer its first column. */

enum { ONLY_NONE = 1, ONLY_MANY = 2 }; /* what raises: no row, several rows */

static PyObject *first_value(PyObject *take_item) {
    PyObject *value = NULL;
    if (PyTuple_Check(take_item)) value = Py_NewRef(PyTuple_GET_ITEM(take_item, 0));
    Py_DECREF(take_item);
    return value;
}

static PyObject *one_item(cmpy_result *self, int raises, bool scalar) {
    cmpy_result *base = base_of(self);
    if ((raises & ONLY_MANY) && check_unique(self) < 0) return NULL;
    PyObject *item = next_item(self);
    if (!item) {
        if (PyErr_Occurred()) return NULL;
        close_hard(base);
        if (!(raises & ONLY_NONE)) Py_RETURN_NONE;
        cmpy_raise_exc("NoResultFound", "No row was found when one was required");
        return NULL;
    }
    if (raises & ONLY_MANY) {
        PyObject *another = self->unique ? next_item(self) : next_row(base);
        if (another || PyErr_Occurred()) {
            if (another) {
                const char *text = raises & ONLY_NONE ? "Multiple rows were found when exactly one was required"
                                                      : "Multiple rows were found when one or none was required";
                cmpy_raise_exc("MultipleResultsFound", "%s", text);
            }
            Py_XDECREF(another);
            Py_DECREF(item);
            close_hard(base);
            return NULL;
        }
    }
    close_hard(base);
    return scalar ? first_value(item) : item;
}

static PyObject *Result_first(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, 0, false);
}
static PyObject *Result_one(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, ONLY_NONE | ONLY_MANY, false);
}
static PyObject *Result_one_or_none(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, ONLY_MANY, false);
}
static PyObject *Result_scalar(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, 0, true);
}
static PyObject *Result_scalar_one(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, ONLY_NONE | ONLY_MANY, true);
}
static PyObject *Result_scalar_one_or_none(PyObject *o, PyObject *u) {
    (void)u;
    return one_item((cmpy_result *)o, ONLY_MANY, true);
}

static PyObject *Result_all(PyObject *o, PyObject *unused) {
    (void)unused;
    return fetch_list((cmpy_result *)o, -1);
}

static PyObject *Result_fetchone(PyObject *o, PyObject *unused) {
    (void)unused;
    if (check_unique((cmpy_result *)o) < 0) return NULL;
    PyObject *item = next_item((cmpy_result *)o);
    if (!item && !PyErr_Occurred()) Py_RETURN_NONE;
    return item;
}

static PyObject *Result_fetchmany(PyObject *o, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"size", NULL};
    PyObject *size = Py_None;
    cmpy_result *self = (cmpy_result *)o;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:fetchmany", names, &size)) return NULL;
    Py_ssize_t n = size != Py_None ? PyLong_AsSsize_t(size) : self->yield_per ? self->yield_per : base_of(self)->result ? 1 : -1;
    if (n == -1 && PyErr_Occurred()) return NULL;
    return fetch_list(self, n);
}

static PyObject *result_iter(PyObject *o) {
    cmpy_result *base = base_of((cmpy_result *)o);
    if (!base->returns_rows || base->hard_closed) {
        no_rows(base);
        return NULL;
    }
    return check_unique((cmpy_result *)o) < 0 ? NULL : Py_NewRef(o);
}

static PyObject *result_next(PyObject *o) { return next_item((cmpy_result *)o); }

/* _forget_rows(): the rows were nobody's business but ours. */
static PyObject *Result_forget_rows(PyObject *o, PyObject *unused) {
    cmpy_result *base = base_of((cmpy_result *)o);
    (void)unused;
    base->returns_rows = false;
    Py_RETURN_NONE;
}

/* ---- views */

/* Positions in a view's rows as positions in its base's. */
static PyObject *picked_of(cmpy_result *self, PyObject *picked) {
    if (picked == Py_None || !self->picked) return Py_XNewRef(picked == Py_None ? self->picked : picked);
    if (!PyTuple_Check(picked)) return PyErr_Format(PyExc_TypeError, "a tuple of positions was expected");
    PyObject *made = PyTuple_New(PyTuple_GET_SIZE(picked));
    for (Py_ssize_t k = 0; made && k < PyTuple_GET_SIZE(picked); k++) {
        Py_ssize_t i = PyLong_AsSsize_t(PyTuple_GET_ITEM(picked, k));
        if (i < 0 || i >= PyTuple_GET_SIZE(self->picked)) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "no such column");
            Py_CLEAR(made);
        } else PyTuple_SET_ITEM(made, k, Py_NewRef(PyTuple_GET_ITEM(self->picked, i)));
    }
    return made;
}

/* _view(kind, scalar, picked): another way to see the rows of the same base. */
static PyObject *Result_view(PyObject *o, PyObject *args) {
    static const cmpy_hook_id hooks[] = {CMPY_HOOK_Result, CMPY_HOOK_ScalarResult, CMPY_HOOK_MappingResult};
    cmpy_result *self = (cmpy_result *)o, *base = base_of(self);
    int view;
    Py_ssize_t scalar = 0;
    PyObject *picked = Py_None;
    if (!PyArg_ParseTuple(args, "i|nO:_view", &view, &scalar, &picked)) return NULL;
    if (view < 0 || view > VIEW_MAPPINGS) return PyErr_Format(PyExc_ValueError, "there is no view %d", view);
    if (!base->returns_rows) {
        no_rows(base);
        return NULL;
    }
    cmpy_result *made = result_alloc(hooks[view]);
    if (!made) return NULL;
    made->base = Py_NewRef((PyObject *)base);
    made->view = view;
    made->scalar = scalar;
    made->returns_rows = true;
    made->yield_per = self->yield_per;
    made->picked = picked_of(self, picked);
    if (picked == Py_None) made->meta = (cmpy_row_meta *)Py_NewRef((PyObject *)self->meta);
    else if (made->picked) made->meta = (cmpy_row_meta *)PyObject_CallMethod((PyObject *)base->meta, "pick", "(O)", made->picked);
    if (made->meta && self->unique) {
        made->unique = Py_NewRef(self->unique);
        made->seen = PySet_New(NULL);
    }
    if (!made->meta || scalar < 0 || scalar >= made->meta->n) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "no such column");
        Py_CLEAR(made);
    }
    return (PyObject *)made;
}

static PyObject *Result_scalars(PyObject *o, PyObject *const *args, Py_ssize_t nargs) {
    cmpy_result *self = (cmpy_result *)o;
    Py_ssize_t i = 0;
    if (nargs > 1) return PyErr_Format(PyExc_TypeError, "scalars() takes one column");
    if (!self->returns_rows || !self->meta) {
        no_rows(base_of(self));
        return NULL;
    }
    if (nargs == 1 && (i = cmpy_row_find(self->meta, args[0])) < 0) return NULL;
    PyObject *positions = Py_BuildValue("(in)", VIEW_SCALARS, i), *view = positions ? Result_view(o, positions) : NULL;
    Py_XDECREF(positions);
    return view;
}

static PyObject *Result_unique(PyObject *o, PyObject *const *args, Py_ssize_t nargs) {
    cmpy_result *self = (cmpy_result *)o;
    if (nargs > 1) return PyErr_Format(PyExc_TypeError, "unique() takes one strategy");
    if (!self->seen && !(self->seen = PySet_New(NULL))) return NULL;
    Py_XSETREF(self->unique, Py_NewRef(nargs ? args[0] : Py_None));
    return Py_NewRef(o);
}

static PyObject *Result_set_yield_per(PyObject *o, PyObject *n) {
    Py_ssize_t size = PyLong_AsSsize_t(n);
    if (size == -1 && PyErr_Occurred()) return NULL;
    ((cmpy_result *)o)->yield_per = size;
    return Py_NewRef(o);
}

static PyObject *Result_close(PyObject *o, PyObject *unused) {
    (void)unused;
    close_hard(base_of((cmpy_result *)o));
    Py_RETURN_NONE;
}

static PyObject *Result_soft_close(PyObject *o, PyObject *unused) {
    (void)unused;
    close_soft(base_of((cmpy_result *)o));
    Py_RETURN_NONE;
}

/* _written(column, generated): value the only row of an INSERT or UPDATE gave to a column; with generated also the key that
 * the database made. None when unknown. */
static PyObject *Result_written(PyObject *o, PyObject *args) {
    PyObject *column;
    int generated;
    cmpy_result *base = base_of((cmpy_result *)o);
    if (!PyArg_ParseTuple(args, "Op:_written", &column, &generated)) return NULL;
    if (!cmpy_is_node(column) || CMPY_NODE(column)->kind != CM_N_COLUMN || !CMPY_NODE(column)->u.col.ref || !base->result) Py_RETURN_NONE;
    const cm_column *c = CMPY_NODE(column)->u.col.ref;
    void *value = NULL;
    if (generated) CMPY_TRY(cmpy_cx(), cm_result_inserted_key(cmpy_cx(), base->result, c, &value));
    else CMPY_TRY(cmpy_cx(), cm_result_given(cmpy_cx(), base->result, c, &value));
    if (!value) Py_RETURN_NONE;
    return value;
}

/* ---- attributes */

static PyObject *get_closed(PyObject *o, void *u) {
    (void)u;
    cmpy_result *base = base_of((cmpy_result *)o);
    return PyBool_FromLong(base->hard_closed);
}
static PyObject *get_soft_closed(PyObject *o, void *u) {
    (void)u;
    cmpy_result *base = base_of((cmpy_result *)o);
    return PyBool_FromLong(base->exhausted || base->hard_closed || !base->returns_rows);
}
static PyObject *get_returns_rows(PyObject *o, void *u) {
    (void)u;
    return PyBool_FromLong(base_of((cmpy_result *)o)->returns_rows);
}
static PyObject *get_rowcount(PyObject *o, void *u) {
    (void)u;
    return PyLong_FromLongLong(base_of((cmpy_result *)o)->rowcount);
}
static PyObject *get_lastrowid(PyObject *o, void *u) {
    (void)u;
    long long id = base_of((cmpy_result *)o)->lastrowid;
    return PyLong_FromLongLong(id);
}
static PyObject *get_meta(PyObject *o, void *u) {
    (void)u;
    cmpy_result *self = (cmpy_result *)o;
    if (self->meta) return Py_NewRef((PyObject *)self->meta);
    no_rows(base_of(self));
    return NULL;
}
static PyObject *get_statement(PyObject *o, void *u) {
    (void)u;
    PyObject *stmt = base_of((cmpy_result *)o)->statement;
    return Py_NewRef(stmt ? stmt : Py_None);
}
static PyObject *get_keep(PyObject *o, void *u) {
    (void)u;
    PyObject *keep = base_of((cmpy_result *)o)->keep;
    return Py_NewRef(keep ? keep : Py_None);
}
static PyObject *get_base(PyObject *o, void *u) {
    (void)u;
    return Py_NewRef((PyObject *)base_of((cmpy_result *)o));
}
static PyObject *get_yield_per(PyObject *o, void *u) {
    (void)u;
    return PyLong_FromSsize_t(((cmpy_result *)o)->yield_per);
}
static PyObject *get_unique(PyObject *o, void *u) {
    (void)u;
    PyObject *unique = ((cmpy_result *)o)->unique; /* False: rows as they come; else what unique() was given */
    return Py_NewRef(unique ? unique : Py_False);
}
static int set_rowcount(PyObject *o, PyObject *value, void *u) {
    (void)u;
    long long n = value ? PyLong_AsLongLong(value) : -1;
    if (n == -1 && PyErr_Occurred()) return -1;
    base_of((cmpy_result *)o)->rowcount = n;
    return 0;
}

static PyMethodDef Result_methods[] = {
    {"all", Result_all, METH_NOARGS, "all($self, /)\n--\n\nAll rows as a list."},
    {"fetchall", Result_all, METH_NOARGS, "fetchall($self, /)\n--\n\nAll rows as a list."},
    {"fetchone", Result_fetchone, METH_NOARGS, "fetchone($self, /)\n--\n\nThe next row, or None."},
    {"fetchmany", (PyCFunction)(void (*)(void))Result_fetchmany, METH_VARARGS | METH_KEYWORDS,
     "fetchmany($self, size=None)\n--\n\nThe next rows."},
    {"first", Result_first, METH_NOARGS, "first($self, /)\n--\n\nThe first row, or None; the result is closed."},
    {"one", Result_one, METH_NOARGS, "one($self, /)\n--\n\nThe only row; none or several are errors."},
    {"one_or_none", Result_one_or_none, METH_NOARGS, "one_or_none($self, /)\n--\n\nThe only row, or None; several are an error."},
    {"scalar", Result_scalar, METH_NOARGS, "scalar($self, /)\n--\n\nThe first column of the first row, or None."},
    {"scalar_one", Result_scalar_one, METH_NOARGS, "scalar_one($self, /)\n--\n\nThe first column of the only row."},
    {"scalar_one_or_none", Result_scalar_one_or_none, METH_NOARGS,
     "scalar_one_or_none($self, /)\n--\n\nThe first column of the only row, or None."},
    {"scalars", (PyCFunction)(void (*)(void))Result_scalars, METH_FASTCALL, "scalars($self, index=0, /)\n--\n\nOne column of every row."},
    {"unique", (PyCFunction)(void (*)(void))Result_unique, METH_FASTCALL, "unique($self, strategy=None, /)\n--\n\nDrops repeated rows."},
    {"close", Result_close, METH_NOARGS, "close($self, /)\n--\n\nForgets the rows that were not read."},
    {"_soft_close", Result_soft_close, METH_NOARGS, NULL},
    {"_forget_rows", Result_forget_rows, METH_NOARGS, NULL},
    {"_view", Result_view, METH_VARARGS, NULL},
    {"_set_yield_per", Result_set_yield_per, METH_O, NULL},
    {"_written", Result_written, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef Result_getset[] = {
    {"closed", get_closed, NULL, "Whether rows can still be asked for.", NULL},
    {"_soft_closed", get_soft_closed, NULL, NULL, NULL},
    {"returns_rows", get_returns_rows, NULL, "Whether the statement answers rows.", NULL},
    {"rowcount", get_rowcount, set_rowcount, "Rows changed, or -1.", NULL},
    {"lastrowid", get_lastrowid, NULL, "Key made by the database for the row inserted last.", NULL},
    {"_metadata", get_meta, NULL, NULL, NULL},
    {"_statement", get_statement, NULL, NULL, NULL},
    {"_keep", get_keep, NULL, NULL, NULL},
    {"_base", get_base, NULL, NULL, NULL},
    {"_yield_per", get_yield_per, NULL, NULL, NULL},
    {"_unique_filter", get_unique, NULL, NULL, NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef Result_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_result, weak), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(cmpy_result, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot Result_slots[] = {
    {Py_tp_doc, "Rows of an executed statement."},
    {Py_tp_new, result_new},
    {Py_tp_dealloc, result_dealloc},
    {Py_tp_traverse, result_traverse},
    {Py_tp_clear, result_clear},
    {Py_tp_iter, result_iter},
    {Py_tp_iternext, result_next},
    {Py_tp_methods, Result_methods},
    {Py_tp_getset, Result_getset},
    {Py_tp_members, Result_members},
    {0, NULL},
};
static PyType_Spec Result_spec = {"cormorant._core.Result", sizeof(cmpy_result), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, Result_slots};

int cmpy_result_setup(PyObject *m) {
    if (cmpy_row_setup(m) < 0 || cmpy_row_mapping_setup(m) < 0) return -1;
    cmpy_st->Result = PyType_FromModuleAndSpec(m, &Result_spec, NULL);
    if (!cmpy_st->Result) return -1;
    result_type = (PyTypeObject *)cmpy_st->Result;
    return PyModule_AddObjectRef(m, "Result", cmpy_st->Result);
}
