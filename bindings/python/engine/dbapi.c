/* _core.DbapiConnection: a physical connection as PEP 249 sees one. `cormorant.dbapi` writes Connection and Cursor on it.
 *
 * One face exists for each physical connection (cm_conn_link_face), made when somebody asks; the engine keeps it as long as
 * the connection is open, so that what a `connect` listener set (isolation_level, row_factory) stays. When the pool closes the
 * connection the face learns it, and every further call raises ProgrammingError.
 *
 * Statements run to their end and their rows are kept: cursors of this face are for PRAGMAs, migrations and other programs'
 * libraries, not for speed. Errors are those of PEP 249, not the wrapped ones of cormorant.exc. */
#include "python/engine/engine.h"

#include <string.h>

typedef struct cmpy_dbapi {
    PyObject_HEAD cm_face face; /* holder is NULL when the connection is gone */
    cm_dconn *d;
    const cm_driver *driver;
    PyObject *facade; /* weak reference to the Python object around it, or NULL */
} cmpy_dbapi;

/* ---- errors */

/* Raises the database interface's own exception in the place of the wrapped one that is set. */
static void unwrap(void) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *orig = PyObject_GetAttrString(value, "orig");
    if (!orig) PyErr_Clear();
    if (orig && orig != Py_None && PyExceptionInstance_Check(orig)) {
        PyException_SetCause(orig, NULL);
        PyErr_SetObject((PyObject *)Py_TYPE(orig), orig);
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    } else {
        PyErr_Restore(type, value, trace);
    }
    Py_XDECREF(orig);
}

static PyObject *fail(cm_ctx *cx, cm_status st) {
    cmpy_raise(cx, st);
    unwrap();
    return NULL;
}

/* Raises an exception of the driver's own PEP 249 module. */
static void raise_dbapi(const cmpy_dbapi *self, const char *name, const char *format, ...) {
    char path[80] = "cormorant.dbapi";
    PyErr_Clear();
    if (self->driver->network) PyOS_snprintf(path, sizeof path, "cormorant.dialects.%s.dbapi", self->driver->name);
    PyObject *module = PyImport_ImportModule(path), *cls = module ? PyObject_GetAttrString(module, name) : NULL;
    va_list args;
    va_start(args, format);
    if (cls) PyErr_FormatV(cls, format, args);
    va_end(args);
    Py_XDECREF(cls);
    Py_XDECREF(module);
}

static int is_open(cmpy_dbapi *self) {
    if (self->face.holder) return 1;
    raise_dbapi(self, "ProgrammingError", "Cannot operate on a closed database.");
    return 0;
}

/* ---- running */

typedef struct run_state {
    cmpy_dbapi *self;
    cm_ctx *cx;
    const char *sql;
    size_t n;
    cm_dstmt *stmt;
    cm_arena *scratch; /* the context's encodings live here */
    PyObject *rows, *names, *types;
    int64_t changed;
} run_state;

static cm_status database_failure(run_state *r, cm_status st) {
    r->self->driver->error(r->cx, r->self->d, r->sql, r->n);
    return st;
}

static cm_status wrong_count(const run_state *r, size_t wanted, size_t given) {
    raise_dbapi(r->self, "ProgrammingError",
                "Incorrect number of bindings supplied. The current statement uses %d, and there are %d supplied.", (int)wanted,
                (int)given);
    return CM_E_HOST;
}

/* Value of the i-th parameter of a set: new reference, NULL with an exception. */
static PyObject *parameter(run_state *r, PyObject *set, size_t i) {
    const char *name = r->self->driver->param_name(r->stmt, i);
    if (PyDict_Check(set) || (PyMapping_Check(set) && !PySequence_Check(set))) {
        if (!name || !name[0] || name[0] == '?') {
            raise_dbapi(r->self, "ProgrammingError", "Binding %d has no name, but you supplied a dictionary (which has only names).",
                        (int)i + 1);
            return NULL;
        }
        PyObject *value = PyMapping_GetItemString(set, name + 1);
        if (!value && PyErr_ExceptionMatches(PyExc_KeyError))
            raise_dbapi(r->self, "ProgrammingError", "You did not supply a value for binding parameter :%s.", name + 1);
        return value;
    }
    return PySequence_GetItem(set, (Py_ssize_t)i);
}

static cm_status bind_set(run_state *r, PyObject *set, PyObject *held) {
    const cm_driver *d = r->self->driver;
    size_t n = d->nparams(r->stmt);
    if (!set) return n ? wrong_count(r, n, 0) : CM_OK;
    if (!PyDict_Check(set)) {
        Py_ssize_t given = PySequence_Size(set);
        if (given < 0) return CM_E_HOST;
        if ((size_t)given != n) return wrong_count(r, n, (size_t)given);
    }
    for (size_t i = 0; i < n; i++) {
        cm_value v = {0};
        PyObject *value = parameter(r, set, i);
        if (!value || PyList_Append(held, value) < 0) {
            Py_XDECREF(value);
            return CM_E_HOST;
        }
        Py_DECREF(value);
        cm_status st = cmpy_encode(r->cx, NULL, value, r->scratch, &v);
        if (!st) st = d->bind(r->cx, r->stmt, i, &v, NULL);
        if (st) return st == CM_E_HOST || st == CM_E_NOMEM ? st : database_failure(r, st);
    }
    return CM_OK;
}

static cm_status take_row(run_state *r, size_t n) {
    cm_value few[32], *values = n <= 32 ? few : PyMem_Malloc(n * sizeof *values);
    if (!values) return CM_E_NOMEM;
    PyObject *row = PyTuple_New((Py_ssize_t)n);
    r->self->driver->row(r->stmt, 0, n, values);
    for (size_t i = 0; row && i < n; i++) {
        void *value = NULL;
        if (cmpy_decode(r->cx, NULL, &values[i], &value) == CM_OK) PyTuple_SET_ITEM(row, (Py_ssize_t)i, value);
        else Py_CLEAR(row);
    }
    if (values != few) PyMem_Free(values);
    int st = row ? PyList_Append(r->rows, row) : -1;
    Py_XDECREF(row);
    return st < 0 ? CM_E_HOST : CM_OK;
}

/* The first step runs the statement: with the host left where that may take long. */
static int step_once(run_state *r, bool first, cm_status *st) {
    const cm_driver *d = r->self->driver;
    bool leave = first && d->network;
    if (leave) cm_ctx_leave(r->cx);
    int step = d->step(r->cx, r->stmt, st);
    if (leave) cm_ctx_enter(r->cx);
    return step;
}

static cm_status step_all(run_state *r) {
    const cm_driver *d = r->self->driver;
    for (bool first = true;; first = false) {
        cm_status st = CM_OK;
        int step = step_once(r, first, &st);
        if (step == CM_STEP_DONE) return CM_OK;
        if (step != CM_STEP_ROW) return database_failure(r, st ? st : CM_E_DB);
        st = take_row(r, d->ncolumns(r->stmt));
        if (st) return st;
    }
}

/* Of servers the number of the type; SQLite's columns have none. */
static PyObject *type_code(const run_state *r, size_t i) {
    const cm_driver *d = r->self->driver;
    const char *text = d->network ? d->column_decltype(r->stmt, i) : NULL;
    if (!text || *text < '0' || *text > '9') return Py_NewRef(Py_None);
    return PyLong_FromString(text, NULL, 10);
}

static cm_status name_columns(run_state *r) {
    size_t n = r->self->driver->ncolumns(r->stmt);
    if (!n) return CM_OK;
    r->names = PyTuple_New((Py_ssize_t)n);
    r->types = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; r->names && r->types && i < n; i++) {
        PyObject *name = PyUnicode_FromString(r->self->driver->column_name(r->stmt, i)), *type = type_code(r, i);
        if (!name || !type) {
            Py_XDECREF(name);
            Py_XDECREF(type);
            return CM_E_HOST;
        }
        PyTuple_SET_ITEM(r->names, (Py_ssize_t)i, name);
        PyTuple_SET_ITEM(r->types, (Py_ssize_t)i, type);
    }
    return r->names && r->types ? CM_OK : CM_E_HOST;
}

static cm_status begin_if_due(run_state *r, bool autobegin) {
    const cm_driver *d = r->self->driver;
    cm_stmt_kind kind = d->kind(r->stmt);
    bool due = kind == CM_STMT_WRITE || (kind == CM_STMT_READ && d->network && d->begin_reads(r->self->d));
    if (!autobegin || !due || d->in_transaction(r->self->d)) return CM_OK;
    cm_status st = d->begin(r->cx, r->self->d, NULL);
    return st ? database_failure(r, st) : CM_OK;
}

static cm_status run_set(run_state *r, PyObject *set) {
    PyObject *held = PyList_New(0);
    cm_status st = held ? bind_set(r, set, held) : CM_E_HOST;
    if (!st) st = step_all(r);
    if (!st && !r->names) st = name_columns(r);
    if (!st) {
        bool counts = r->self->driver->network || r->self->driver->kind(r->stmt) == CM_STMT_WRITE;
        int64_t changes = counts ? r->self->driver->changes(r->stmt) : -1;
        if (changes >= 0) r->changed = (r->changed < 0 ? 0 : r->changed) + changes;
    }
    r->self->driver->reset(r->stmt, false);
    Py_XDECREF(held);
    return st;
}

/* run(sql, sets, autobegin) -> (names or None, type codes or None, rows, rowcount, lastrowid). sets: list of sequences or mappings, or None. */
static PyObject *Dbapi_run(PyObject *o, PyObject *args) {
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    PyObject *sets, *answer = NULL;
    int autobegin;
    Py_ssize_t n;
    size_t used;
    run_state r = {.self = self, .changed = -1};
    if (!PyArg_ParseTuple(args, "s#Op:run", &r.sql, &n, &sets, &autobegin) || !is_open(self)) return NULL;
    r.n = used = (size_t)n;
    r.cx = cmpy_cx_take();
    r.rows = PyList_New(0);
    if (r.cx) cm_ctx_set_driver(r.cx, self->driver->name);
    cm_status st = !r.cx || !r.rows ? CM_E_HOST : cm_arena_new(r.cx, &r.scratch);
    if (!st && (st = self->driver->prepare(r.cx, self->d, r.sql, r.n, CM_PREPARE_TEXT | CM_PREPARE_RAW, &used, &r.stmt)))
        st = database_failure(&r, st);
    for (size_t i = used; !st && i < r.n; i++)
        if (!strchr(" \t\r\n;", r.sql[i])) {
            raise_dbapi(self, "ProgrammingError", "You can only execute one statement at a time.");
            st = CM_E_HOST;
        }
    if (!st && r.stmt) {
        st = begin_if_due(&r, autobegin);
        if (sets == Py_None) st = st ? st : run_set(&r, NULL);
        for (Py_ssize_t i = 0; !st && sets != Py_None && i < PyList_GET_SIZE(sets); i++) st = run_set(&r, PyList_GET_ITEM(sets, i));
    }
    if (r.stmt) self->driver->finalize(r.cx, r.stmt);
    if (!st)
        answer = Py_BuildValue("(OOOLL)", r.names ? r.names : Py_None, r.types ? r.types : Py_None, r.rows, (long long)r.changed,
                               (long long)self->driver->last_insert_id(self->d));
    else if (r.cx) fail(r.cx, st);
    if (r.cx) cm_arena_free(r.cx, r.scratch);
    if (r.cx) cm_ctx_set_driver(r.cx, NULL);
    if (r.cx) cmpy_cx_give(r.cx);
    Py_XDECREF(r.types);
    Py_XDECREF(r.names);
    Py_XDECREF(r.rows);
    return answer;
}

/* ---- transactions */

static PyObject *end(PyObject *o, cm_status (*call)(const cm_driver *, cm_ctx *, cm_dconn *), const char *sql) {
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    if (!is_open(self)) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) return NULL;
    cm_ctx_leave(cx);
    cm_status st = call(self->driver, cx, self->d);
    cm_ctx_enter(cx);
    if (st) {
        self->driver->error(cx, self->d, sql, strlen(sql));
        fail(cx, st);
    }
    cmpy_cx_give(cx);
    if (st) return NULL;
    Py_RETURN_NONE;
}
static cm_status commit(const cm_driver *driver, cm_ctx *cx, cm_dconn *d) {
    return driver->in_transaction(d) ? driver->commit(cx, d) : CM_OK;
}
static cm_status rollback(const cm_driver *driver, cm_ctx *cx, cm_dconn *d) {
    return driver->in_transaction(d) ? driver->rollback(cx, d) : CM_OK;
}
static PyObject *Dbapi_commit(PyObject *o, PyObject *u) {
    (void)u;
    return end(o, commit, "COMMIT");
}
static PyObject *Dbapi_rollback(PyObject *o, PyObject *u) {
    (void)u;
    return end(o, rollback, "ROLLBACK");
}

static PyObject *Dbapi_interrupt(PyObject *o, PyObject *u) {
    (void)u;
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    if (!is_open(self)) return NULL;
    self->driver->cancel(self->d);
    Py_RETURN_NONE;
}

static PyObject *get_in_transaction(PyObject *o, void *u) {
    (void)u;
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    return is_open(self) ? PyBool_FromLong(self->driver->in_transaction(self->d)) : NULL;
}
static PyObject *get_closed(PyObject *o, void *u) {
    (void)u;
    return PyBool_FromLong(!((cmpy_dbapi *)o)->face.holder);
}
/* Address of the database library's own handle, for the parts of this extension that speak to it. */
static PyObject *get_native(PyObject *o, void *u) {
    (void)u;
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    return is_open(self) ? PyLong_FromVoidPtr(self->driver->native(self->d)) : NULL;
}

/* ---- life */

static PyTypeObject *dbapi_type;

PyObject *cmpy_dbapi_face(cmpy_conn *connection) {
    cm_face **slot = connection->conn ? cm_conn_link_face(connection->conn) : NULL;
    if (!slot) {
        cmpy_raise_exc("ResourceClosedError", "This Connection is closed");
        return NULL;
    }
    if (*slot) return Py_NewRef((PyObject *)((char *)*slot - offsetof(cmpy_dbapi, face)));
    cmpy_dbapi *self = (cmpy_dbapi *)dbapi_type->tp_alloc(dbapi_type, 0);
    if (!self) return NULL;
    self->d = cm_conn_driver(connection->conn, &self->driver);
    *slot = &self->face;
    self->face.holder = slot;
    return (PyObject *)self;
}

static void dbapi_dealloc(PyObject *o) {
    cmpy_dbapi *self = (cmpy_dbapi *)o;
    PyTypeObject *type = Py_TYPE(o);
    if (self->face.holder) *self->face.holder = NULL;
    Py_XDECREF(self->facade);
    type->tp_free(o);
    Py_DECREF(type);
}

static PyMethodDef Dbapi_methods[] = {
    {"run", Dbapi_run, METH_VARARGS, "run($self, sql, sets, autobegin, /)\n--\n\nRuns one statement, once per set of parameters."},
    {"commit", Dbapi_commit, METH_NOARGS, "commit($self, /)\n--\n\nCommits the open transaction, if there is one."},
    {"rollback", Dbapi_rollback, METH_NOARGS, "rollback($self, /)\n--\n\nRolls the open transaction back, if there is one."},
    {"interrupt", Dbapi_interrupt, METH_NOARGS, "interrupt($self, /)\n--\n\nStops what runs now."},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef Dbapi_getset[] = {
    {"in_transaction", get_in_transaction, NULL, NULL, NULL},
    {"closed", get_closed, NULL, NULL, NULL},
    {"native", get_native, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef Dbapi_members[] = {
    {"facade", T_OBJECT, offsetof(cmpy_dbapi, facade), 0, "Weak reference to the object the package put around this one."},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot Dbapi_slots[] = {
    {Py_tp_doc, "A physical connection, for the PEP 249 face."},
    {Py_tp_dealloc, dbapi_dealloc},
    {Py_tp_methods, Dbapi_methods},
    {Py_tp_getset, Dbapi_getset},
    {Py_tp_members, Dbapi_members},
    {0, NULL},
};
static PyType_Spec Dbapi_spec = {"cormorant._core.DbapiConnection", sizeof(cmpy_dbapi), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, Dbapi_slots};

int cmpy_dbapi_setup(PyObject *m) {
    cmpy_st->DbapiConnection = PyType_FromModuleAndSpec(m, &Dbapi_spec, NULL);
    if (!cmpy_st->DbapiConnection) return -1;
    dbapi_type = (PyTypeObject *)cmpy_st->DbapiConnection;
    if (cmpy_dbapi_sqlite_setup(m) < 0) return -1;
    return PyModule_AddObjectRef(m, "DbapiConnection", cmpy_st->DbapiConnection);
}
