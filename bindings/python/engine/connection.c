/* _core.Connection: a connection checked out of an engine. `cormorant.engine.Connection` stands on it and adds what is not
 * called for every statement: transaction objects, options, events.
 *
 * execute() is the hot one: a statement node and its parameters go straight to the core, which begins a transaction on the
 * way. Everything unusual (`slow` is set, keyword arguments, objects that are no plain statement) goes to the package's
 * `_execute_general`.
 *
 * While the core works, other threads may run; `busy` and `depth` keep them from using or closing this connection. */
#include "python/engine/engine.h"

#include <pythread.h>

static PyObject *str_execute_general;

static cm_conn *conn_of(cmpy_conn *self) { return self->conn && (!self->borrowed || self->face.holder) ? self->conn : NULL; }

int cmpy_connection_enter(cmpy_conn *self) {
    unsigned long me = PyThread_get_thread_ident();
    if (!conn_of(self)) {
        cmpy_raise_exc("ResourceClosedError", "This Connection is closed");
        return -1;
    }
    if (self->depth && self->busy != me) {
        cmpy_raise_exc("InvalidRequestError", "This Connection is in use by another thread; a connection serves one thread at a time");
        return -1;
    }
    self->busy = me;
    self->depth++;
    return 0;
}

void cmpy_connection_leave(cmpy_conn *self) { self->depth--; }

/* A context for one operation on an entered connection; on failure it is left again. */
static cm_ctx *begin_work(cmpy_conn *self) {
    if (cmpy_connection_enter(self) < 0) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) cmpy_connection_leave(self);
    return cx;
}

static PyObject *end_work(cmpy_conn *self, cm_ctx *cx, cm_status st) {
    PyObject *answer = st ? cmpy_raise(cx, st) : Py_NewRef(Py_None);
    cmpy_cx_give(cx);
    cmpy_connection_leave(self);
    return answer;
}

/* ---- life */

static PyObject *connection_class(void) {
    PyObject *cls = cmpy_st->hooks[CMPY_HOOK_Connection];
    return cls ? cls : cmpy_st->Connection;
}

static void take_face(cmpy_conn *self) {
    cm_face **slot = cm_conn_face(self->conn);
    *slot = &self->face;
    self->face.holder = slot;
}

static void drop_face(cmpy_conn *self) {
    if (self->face.holder) *self->face.holder = NULL;
    self->face.holder = NULL;
}

PyObject *cmpy_connection_borrow(cm_conn *conn, PyObject *keep) {
    cm_face *face = *cm_conn_face(conn);
    if (face) return Py_NewRef((PyObject *)((char *)face - offsetof(cmpy_conn, face)));
    PyTypeObject *type = (PyTypeObject *)connection_class();
    cmpy_conn *self = (cmpy_conn *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->conn = conn;
    self->borrowed = true;
    self->keep = Py_XNewRef(keep);
    if (keep && PyObject_TypeCheck(keep, (PyTypeObject *)cmpy_st->Engine)) self->engine = Py_NewRef(keep);
    take_face(self);
    return (PyObject *)self;
}

/* Connection(engine): takes a connection out of the pool. */
static PyObject *connection_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)kwargs;
    PyObject *engine;
    if (!PyArg_ParseTuple(args, "O:Connection", &engine)) return NULL;
    cm_engine *core = cmpy_engine_get(engine);
    if (!core) return NULL;
    cmpy_conn *self = (cmpy_conn *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->engine = Py_NewRef(engine);
    cm_ctx *cx = cmpy_cx_take();
    cm_status st = cx ? cm_engine_connect(cx, core, &self->conn) : CM_E_HOST;
    if (cx) {
        if (st) cmpy_raise(cx, st);
        cmpy_cx_give(cx);
    }
    if (st) Py_CLEAR(self);
    else take_face(self);
    return (PyObject *)self;
}

static int connection_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_conn *self = (cmpy_conn *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->engine);
    Py_VISIT(self->keep);
    Py_VISIT(self->dict);
    return 0;
}

static int connection_clear(PyObject *o) {
    Py_CLEAR(((cmpy_conn *)o)->dict);
    return 0;
}

static void give_back(cmpy_conn *self) {
    cm_conn *conn = self->conn;
    self->conn = NULL;
    drop_face(self);
    if (!conn || self->borrowed) return;
    cm_ctx *cx = cmpy_cx_take();
    cm_conn_close(cx ? cx : cmpy_cx(), conn);
    if (cx) cmpy_cx_give(cx);
}

static void connection_dealloc(PyObject *o) {
    cmpy_conn *self = (cmpy_conn *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (self->weak) PyObject_ClearWeakRefs(o);
    give_back(self);
    Py_CLEAR(self->dict);
    Py_XDECREF(self->engine);
    Py_XDECREF(self->keep);
    type->tp_free(o);
    Py_DECREF(type);
}

static PyObject *Connection_close(PyObject *o, PyObject *unused) {
    (void)unused;
    cmpy_conn *self = (cmpy_conn *)o;
    if (self->depth) {
        cmpy_raise_exc("IllegalStateChangeError", "This Connection cannot be closed while a statement runs on it");
        return NULL;
    }
    give_back(self);
    Py_RETURN_NONE;
}

/* ---- executing */

/* Parameters as the core takes them: none, one mapping, or several. The array borrows from `params`, or from `held`. */
typedef struct sets {
    void *const *v;
    size_t n;
    void *one;
    PyObject *held; /* a list as it was: code of the program that runs meanwhile may change it; owned, or NULL */
} sets;

static int read_sets(PyObject *params, sets *out) {
    *out = (sets){0};
    if (!params || params == Py_None) return 0;
    if (PyDict_Check(params)) {
        out->one = params;
        out->n = 1;
        out->v = &out->one;
        return 0;
    }
    if (PyList_Check(params) || PyTuple_Check(params)) {
        if (!(out->held = PySequence_Tuple(params))) return -1;
        out->n = (size_t)PyTuple_GET_SIZE(out->held);
        out->v = (void *const *)&PyTuple_GET_ITEM(out->held, 0);
        for (size_t i = 0; i < out->n; i++) {
            if (PyDict_Check((PyObject *)out->v[i]) || PyMapping_Check((PyObject *)out->v[i])) continue;
            cmpy_raise_exc("ArgumentError", "List argument must consist only of dictionaries");
            Py_CLEAR(out->held);
            return -1;
        }
        return 0;
    }
    if (PyMapping_Check(params) && !PyUnicode_Check(params) && !PyBytes_Check(params)) {
        out->one = params;
        out->n = 1;
        out->v = &out->one;
        return 0;
    }
    cmpy_raise_exc("ArgumentError", "mapping or list expected for parameters");
    return -1;
}

/* Adds statement and parameters to the error that is set, where it has room for them. */
static void annotate(cmpy_conn *self, PyObject *stmt, PyObject *params) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_annotate_error], *type, *value, *trace;
    if (!hook) return;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *answer = PyObject_CallFunctionObjArgs(hook, (PyObject *)self, value, stmt, params ? params : Py_None, NULL);
    if (!answer) PyErr_Clear();
    Py_XDECREF(answer);
    PyErr_Restore(type, value, trace);
}

/* Runs a statement node inside the connection's transaction, which begins with it. */
static PyObject *run(cmpy_conn *self, PyObject *stmt, PyObject *params) {
    sets s;
    cm_result *result = NULL;
    cm_node *node = CMPY_NODE(stmt);
    if (read_sets(params, &s) < 0) return NULL;
    if (params && params != Py_None && !s.n && (node->kind == CM_N_INSERT || node->kind == CM_N_UPDATE || node->kind == CM_N_DELETE)) {
        cmpy_raise_exc("ArgumentError",
                       "an empty list of parameters was given; it would write a row of defaults. Leave it out, or do not execute");
        Py_XDECREF(s.held);
        return NULL;
    }
    PyObject *filled = cmpy_fill_lists(stmt, s.v, s.n);
    cm_ctx *cx = !filled || cmpy_ready_for(node) < 0 ? NULL : begin_work(self);
    if (!cx) {
        Py_XDECREF(s.held);
        Py_XDECREF(filled);
        return NULL;
    }
    cm_status st = cm_conn_in_transaction(self->conn) ? CM_OK : cm_conn_begin(cx, self->conn);
    if (!st) st = cm_conn_execute(cx, self->conn, CMPY_NODE(filled), s.v, s.n, &result);
    Py_XDECREF(s.held);
    if (st) cmpy_raise(cx, st);
    cmpy_cx_give(cx);
    cmpy_connection_leave(self);
    PyObject *answer = st ? NULL : cmpy_result_of(result, (PyObject *)self, filled);
    Py_DECREF(filled);
    if (!st) return answer;
    annotate(self, stmt, params);
    return NULL;
}

static bool is_plain(PyObject *stmt) {
    if (!cmpy_is_node(stmt)) return false;
    switch (CMPY_NODE(stmt)->kind) {
    case CM_N_SELECT:
    case CM_N_COMPOUND:
    case CM_N_INSERT:
    case CM_N_UPDATE:
    case CM_N_DELETE:
    case CM_N_TEXT:
    case CM_N_FROM_STATEMENT: return true;
    default: return false;
    }
}

static int blocked(cmpy_conn *self) {
    if (!self->blocked) return 0;
    cmpy_raise_exc("InvalidRequestError",
                   "Can't operate on closed transaction inside context manager.  Please complete the context manager "
                   "before emitting further commands.");
    return -1;
}

static PyObject *Connection_execute(PyObject *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    cmpy_conn *self = (cmpy_conn *)o;
    if (blocked(self) < 0) return NULL;
    if (!kwnames && !self->slow && (nargs == 1 || nargs == 2) && is_plain(args[0]) && !((cmpy_node *)args[0])->dict)
        return run(self, args[0], nargs == 2 ? args[1] : NULL);
    PyObject *method = PyObject_GetAttr(o, str_execute_general);
    PyObject *result = method ? PyObject_Vectorcall(method, args, (size_t)nargs, kwnames) : NULL;
    Py_XDECREF(method);
    return result;
}

static PyObject *call_and_close(PyObject *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *method) {
    PyObject *result = Connection_execute(o, args, nargs, kwnames);
    PyObject *answer = result ? PyObject_CallMethod(result, method, NULL) : NULL;
    Py_XDECREF(result);
    return answer;
}
static PyObject *Connection_scalar(PyObject *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return call_and_close(o, args, nargs, kwnames, "scalar");
}
static PyObject *Connection_scalars(PyObject *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return call_and_close(o, args, nargs, kwnames, "scalars");
}

/* _run(statement node, parameters): execute() without its questions. */
static PyObject *Connection_run(PyObject *o, PyObject *args) {
    PyObject *stmt, *params = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:_run", &stmt, &params)) return NULL;
    if (!cmpy_is_node(stmt)) return PyErr_Format(PyExc_TypeError, "a statement was expected, not %R", stmt);
    return run((cmpy_conn *)o, stmt, params);
}

/* _stream(statement node, mapping or None, part): rows come as they are asked for, of a server so many at a time. */
static PyObject *Connection_stream(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    PyObject *stmt, *params = Py_None;
    cm_result *result = NULL;
    Py_ssize_t part = 0;
    if (!PyArg_ParseTuple(args, "O|On:_stream", &stmt, &params, &part)) return NULL;
    if (!cmpy_is_node(stmt)) return PyErr_Format(PyExc_TypeError, "a statement was expected, not %R", stmt);
    cm_ctx *cx = begin_work(self);
    if (!cx) return NULL;
    cm_status st = cm_conn_in_transaction(self->conn) ? CM_OK : cm_conn_begin(cx, self->conn);
    if (!st) st = cm_conn_stream(cx, self->conn, CMPY_NODE(stmt), params == Py_None ? NULL : params, part > 0 ? (size_t)part : 0, &result);
    if (st) cmpy_raise(cx, st);
    cmpy_cx_give(cx);
    cmpy_connection_leave(self);
    if (!st) return cmpy_result_of(result, o, stmt);
    annotate(self, stmt, params);
    return NULL;
}

/* _run_text(sql, sets, mappings, autobegin): SQL as it is. sets: list of sequences, or of mappings. */
static PyObject *Connection_run_text(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    PyObject *sql, *list;
    int mappings, autobegin;
    cm_result *result = NULL;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "UO!pp:_run_text", &sql, &PyList_Type, &list, &mappings, &autobegin)) return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(sql, &n);
    cm_ctx *cx = text ? begin_work(self) : NULL;
    if (!cx) return NULL;
    cm_status st = !autobegin || cm_conn_in_transaction(self->conn) ? CM_OK : cm_conn_begin(cx, self->conn);
    if (!st)
        st = cm_conn_execute_driver(cx, self->conn, text, (size_t)n, (void *const *)((PyListObject *)list)->ob_item,
                                    (size_t)PyList_GET_SIZE(list), mappings, &result);
    if (st) cmpy_raise(cx, st);
    cmpy_cx_give(cx);
    cmpy_connection_leave(self);
    if (!st) return cmpy_result_of(result, o, NULL);
    annotate(self, sql, list);
    return NULL;
}

/* ---- transactions */

static PyObject *simple(PyObject *o, cm_status (*call)(cm_ctx *, cm_conn *)) {
    cmpy_conn *self = (cmpy_conn *)o;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, call(cx, self->conn)) : NULL;
}
static PyObject *Connection_begin(PyObject *o, PyObject *u) {
    (void)u;
    return simple(o, cm_conn_begin);
}
static PyObject *Connection_commit(PyObject *o, PyObject *u) {
    (void)u;
    return simple(o, cm_conn_commit);
}
static PyObject *Connection_rollback(PyObject *o, PyObject *u) {
    (void)u;
    return simple(o, cm_conn_rollback);
}

static PyObject *Connection_savepoint(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *name;
    int kind;
    if (!PyArg_ParseTuple(args, "si:_savepoint", &name, &kind)) return NULL;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, cm_conn_savepoint(cx, self->conn, name, kind)) : NULL;
}

static PyObject *Connection_set_isolation(PyObject *o, PyObject *level) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *text = level == Py_None ? NULL : cmpy_c_string(level, "an isolation level");
    if (level != Py_None && !text) return NULL;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, cm_conn_set_isolation(cx, self->conn, text)) : NULL;
}

static PyObject *Connection_two_phase(PyObject *o, PyObject *xid) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *text = cmpy_c_string(xid, "the name of a transaction");
    if (!text) return NULL;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, cm_conn_two_phase(cx, self->conn, text)) : NULL;
}

static PyObject *Connection_prepare_now(PyObject *o, PyObject *u) {
    (void)u;
    return simple(o, cm_conn_prepare);
}

static PyObject *Connection_finish_prepared(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *xid;
    int commit;
    if (!PyArg_ParseTuple(args, "sp:_finish_prepared", &xid, &commit)) return NULL;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, cm_conn_finish_prepared(cx, self->conn, xid, commit)) : NULL;
}

static PyObject *Connection_set_option(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *name;
    int value;
    if (!PyArg_ParseTuple(args, "sp:_set_option", &name, &value)) return NULL;
    cm_ctx *cx = begin_work(self);
    return cx ? end_work(self, cx, cm_conn_set_option(cx, self->conn, name, value)) : NULL;
}

static PyObject *Connection_set_schema_map(PyObject *o, PyObject *map) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char **pairs = NULL;
    if (cmpy_schema_pairs(map, &pairs) < 0) return NULL;
    cm_ctx *cx = begin_work(self);
    PyObject *answer = cx ? end_work(self, cx, cm_conn_set_schema_map(cx, self->conn, pairs)) : NULL;
    PyMem_Free(pairs);
    return answer;
}

static PyObject *Connection_invalidate(PyObject *o, PyObject *unused) {
    (void)unused;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    if (conn) cm_conn_invalidate(conn);
    Py_RETURN_NONE;
}

static PyObject *Connection_cancel(PyObject *o, PyObject *unused) {
    (void)unused;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    if (conn) cm_conn_cancel(conn);
    Py_RETURN_NONE;
}

/* ---- tables */

typedef cm_status (*tables_call)(cm_ctx *, cm_conn *, cm_table *const *, size_t, bool);

static PyObject *with_tables(PyObject *o, PyObject *args, tables_call call) {
    cmpy_conn *self = (cmpy_conn *)o;
    PyObject *list;
    int check;
    if (!PyArg_ParseTuple(args, "O!p", &PyList_Type, &list, &check)) return NULL;
    Py_ssize_t n = PyList_GET_SIZE(list);
    cm_table **tables = PyMem_Calloc((size_t)n + 1, sizeof *tables);
    if (!tables) return PyErr_NoMemory();
    cm_ctx *cx = begin_work(self);
    if (!cx) {
        PyMem_Free(tables);
        return NULL;
    }
    cm_status st = cm_conn_in_transaction(self->conn) ? CM_OK : cm_conn_begin(cx, self->conn);
    for (Py_ssize_t i = 0; i < n && !st; i++) {
        PyObject *table = PyList_GET_ITEM(list, i);
        if (cmpy_is_node(table) && CMPY_NODE(table)->kind == CM_N_TABLE) st = cmpy_table_freeze(cx, CMPY_NODE(table), &tables[i]);
        else {
            PyErr_Format(PyExc_TypeError, "a Table was expected, not %R", table);
            st = CM_E_HOST;
        }
    }
    if (!st) st = call(cx, self->conn, tables, (size_t)n, check);
    PyMem_Free(tables);
    PyObject *answer = end_work(self, cx, st);
    if (!answer) annotate(self, Py_None, NULL);
    return answer;
}
static PyObject *Connection_create_tables(PyObject *o, PyObject *args) { return with_tables(o, args, cm_conn_create_tables); }
static PyObject *Connection_drop_tables(PyObject *o, PyObject *args) { return with_tables(o, args, cm_conn_drop_tables); }

static cm_status drop_types(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool check) {
    (void)check;
    return cm_conn_drop_types(cx, conn, tables, n);
}
static PyObject *Connection_drop_types(PyObject *o, PyObject *args) { return with_tables(o, args, drop_types); }

static PyObject *Connection_has_table(PyObject *o, PyObject *args) {
    cmpy_conn *self = (cmpy_conn *)o;
    const char *name, *schema = NULL;
    bool found = false;
    if (!PyArg_ParseTuple(args, "s|z:_has_table", &name, &schema)) return NULL;
    cm_ctx *cx = begin_work(self);
    if (!cx) return NULL;
    PyObject *answer = end_work(self, cx, cm_conn_has_table(cx, self->conn, schema, name, &found));
    if (!answer) return NULL;
    Py_DECREF(answer);
    return PyBool_FromLong(found);
}

static PyObject *Connection_dbapi(PyObject *o, PyObject *unused) {
    (void)unused;
    return cmpy_dbapi_face((cmpy_conn *)o);
}

/* ---- attributes */

static PyObject *get_closed(PyObject *o, void *u) {
    (void)u;
    return PyBool_FromLong(!conn_of((cmpy_conn *)o));
}
static PyObject *get_in_transaction(PyObject *o, void *u) {
    (void)u;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    return PyBool_FromLong(conn && cm_conn_in_transaction(conn));
}
static PyObject *get_begun(PyObject *o, void *u) {
    (void)u;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    return PyBool_FromLong(conn && cm_conn_begun(conn));
}
static PyObject *get_autocommit(PyObject *o, void *u) {
    (void)u;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    return PyBool_FromLong(conn && cm_conn_autocommit(conn));
}
static PyObject *get_invalidated(PyObject *o, void *u) {
    (void)u;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    return PyBool_FromLong(conn && cm_conn_invalidated(conn));
}
static PyObject *get_borrowed(PyObject *o, void *u) {
    (void)u;
    return PyBool_FromLong(((cmpy_conn *)o)->borrowed);
}
static PyObject *get_keep(PyObject *o, void *u) {
    (void)u;
    PyObject *keep = ((cmpy_conn *)o)->keep;
    return Py_NewRef(keep ? keep : Py_None);
}
static PyObject *get_engine(PyObject *o, void *u) {
    (void)u;
    PyObject *engine = ((cmpy_conn *)o)->engine;
    return Py_NewRef(engine ? engine : Py_None);
}
static PyObject *get_engine_address(PyObject *o, void *u) {
    (void)u;
    cm_conn *conn = conn_of((cmpy_conn *)o);
    return PyLong_FromVoidPtr(conn ? cm_conn_engine(conn) : NULL);
}
static int set_engine(PyObject *o, PyObject *value, void *u) {
    (void)u;
    Py_XSETREF(((cmpy_conn *)o)->engine, Py_XNewRef(value));
    return 0;
}
static PyObject *get_flag(PyObject *o, void *which) {
    cmpy_conn *self = (cmpy_conn *)o;
    return PyBool_FromLong(which ? self->blocked : self->slow);
}
static int set_flag(PyObject *o, PyObject *value, void *which) {
    cmpy_conn *self = (cmpy_conn *)o;
    int on = value ? PyObject_IsTrue(value) : 0;
    if (on < 0) return -1;
    if (which) self->blocked = on;
    else self->slow = on;
    return 0;
}

#define FAST(f) (PyCFunction)(void (*)(void)) f
static PyMethodDef Connection_methods[] = {
    {"execute", FAST(Connection_execute), METH_FASTCALL | METH_KEYWORDS,
     "execute($self, statement, parameters=None, *, execution_options=None)\n--\n\nExecutes a statement and answers its Result."},
    {"scalar", FAST(Connection_scalar), METH_FASTCALL | METH_KEYWORDS,
     "scalar($self, statement, parameters=None, *, execution_options=None)\n--\n\nThe first column of the first row, or None."},
    {"scalars", FAST(Connection_scalars), METH_FASTCALL | METH_KEYWORDS,
     "scalars($self, statement, parameters=None, *, execution_options=None)\n--\n\nThe first column of every row."},
    {"_run", Connection_run, METH_VARARGS, NULL},
    {"_stream", Connection_stream, METH_VARARGS, NULL},
    {"_run_text", Connection_run_text, METH_VARARGS, NULL},
    {"_begin", Connection_begin, METH_NOARGS, NULL},
    {"_commit", Connection_commit, METH_NOARGS, NULL},
    {"_rollback", Connection_rollback, METH_NOARGS, NULL},
    {"_savepoint", Connection_savepoint, METH_VARARGS, NULL},
    {"_close", Connection_close, METH_NOARGS, NULL},
    {"_set_isolation", Connection_set_isolation, METH_O, NULL},
    {"_two_phase", Connection_two_phase, METH_O, NULL},
    {"_prepare_now", Connection_prepare_now, METH_NOARGS, NULL},
    {"_finish_prepared", Connection_finish_prepared, METH_VARARGS, NULL},
    {"_set_option", Connection_set_option, METH_VARARGS, NULL},
    {"_invalidate", Connection_invalidate, METH_NOARGS, NULL},
    {"_cancel", Connection_cancel, METH_NOARGS, NULL},
    {"_set_schema_map", Connection_set_schema_map, METH_O, NULL},
    {"_create_tables", Connection_create_tables, METH_VARARGS, NULL},
    {"_drop_tables", Connection_drop_tables, METH_VARARGS, NULL},
    {"_drop_types", Connection_drop_types, METH_VARARGS, NULL},
    {"_has_table", Connection_has_table, METH_VARARGS, NULL},
    {"_dbapi", Connection_dbapi, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef Connection_getset[] = {
    {"closed", get_closed, NULL, "Whether the connection was given back.", NULL},
    {"_in_transaction", get_in_transaction, NULL, NULL, NULL},
    {"_begun", get_begun, NULL, NULL, NULL},
    {"_autocommit", get_autocommit, NULL, NULL, NULL},
    {"invalidated", get_invalidated, NULL, "Whether the connection was lost or given up.", NULL},
    {"_borrowed", get_borrowed, NULL, NULL, NULL},
    {"_keep", get_keep, NULL, NULL, NULL},
    {"_engine_address", get_engine_address, NULL, NULL, NULL},
    {"_engine", get_engine, set_engine, NULL, NULL},
    {"_slow", get_flag, set_flag, NULL, NULL},
    {"_blocked", get_flag, set_flag, NULL, (void *)1},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef Connection_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_conn, weak), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(cmpy_conn, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot Connection_slots[] = {
    {Py_tp_doc, "A connection checked out of an engine."},
    {Py_tp_new, connection_new},
    {Py_tp_dealloc, connection_dealloc},
    {Py_tp_traverse, connection_traverse},
    {Py_tp_clear, connection_clear},
    {Py_tp_methods, Connection_methods},
    {Py_tp_getset, Connection_getset},
    {Py_tp_members, Connection_members},
    {0, NULL},
};
static PyType_Spec Connection_spec = {"cormorant._core.Connection", sizeof(cmpy_conn), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, Connection_slots};

int cmpy_connection_setup(PyObject *m) {
    if (!(str_execute_general = PyUnicode_InternFromString("_execute_general"))) return -1;
    cmpy_st->Connection = PyType_FromModuleAndSpec(m, &Connection_spec, NULL);
    if (!cmpy_st->Connection) return -1;
    return PyModule_AddObjectRef(m, "Connection", cmpy_st->Connection);
}
