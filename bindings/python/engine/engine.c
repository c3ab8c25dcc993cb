/* _core.Engine: dialect, driver, pool and plan cache behind one URL. `cormorant.engine.Engine` stands on it.
 *
 * What listens costs nothing while nobody does: echo, statement watcher and connect hook are set in the core only when the
 * package asks for them. */
#include "python/engine/engine.h"

#include <string.h>

cm_engine *cmpy_engine_get(PyObject *engine) {
    if (PyObject_TypeCheck(engine, (PyTypeObject *)cmpy_st->Engine) && ((cmpy_engine *)engine)->engine)
        return ((cmpy_engine *)engine)->engine;
    PyErr_Format(PyExc_TypeError, "an Engine was expected, not %R", engine);
    return NULL;
}

/* ---- what the core tells us */

static cm_status on_connect(cm_ctx *cx, void *user, cm_conn *conn) {
    cmpy_engine *self = user;
    const cm_driver *driver = NULL;
    cm_dconn *link = cm_conn_driver(conn, &driver);
    (void)cx;
    if (driver && driver->wants_regexp && cmpy_sqlite_greet(driver->native(link)) < 0) return CM_E_HOST;
    if (!self->on_connect) return CM_OK;
    PyObject *hook = Py_NewRef(self->on_connect), *connection = cmpy_connection_borrow(conn, (PyObject *)self);
    PyObject *answer = connection ? PyObject_CallOneArg(hook, connection) : NULL;
    Py_XDECREF(connection);
    Py_DECREF(hook);
    Py_XDECREF(answer);
    return answer ? CM_OK : CM_E_HOST;
}

static void on_echo(void *user, const char *sql, size_t n, const char *params) {
    cmpy_engine *self = user;
    PyObject *text = PyUnicode_DecodeUTF8(sql, (Py_ssize_t)n, "replace");
    PyObject *values = params ? PyUnicode_DecodeUTF8(params, (Py_ssize_t)strlen(params), "replace") : Py_NewRef(Py_None);
    PyObject *answer = text && values && self->echo ? PyObject_CallFunctionObjArgs(self->echo, text, values, NULL) : NULL;
    if (!answer && PyErr_Occurred()) PyErr_WriteUnraisable((PyObject *)self);
    Py_XDECREF(answer);
    Py_XDECREF(values);
    Py_XDECREF(text);
}

static PyObject *values_tuple(cm_ctx *cx, const cm_value *values, size_t n) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; tuple && i < n; i++) {
        void *value = NULL;
        if (cmpy_decode(cx, NULL, &values[i], &value) != CM_OK) Py_CLEAR(tuple);
        else PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, value);
    }
    return tuple;
}

/* (sql, parameters) in the place of what is about to run; parameters None: as they were. */
static cm_status take_change(cm_ctx *cx, PyObject *answer, PyObject *sql, cm_statement_change *change) {
    PyObject *text, *values;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(answer, "UO:watch", &text, &values)) return CM_E_HOST;
    if (text != sql) {
        const char *p = PyUnicode_AsUTF8AndSize(text, &n);
        if (!p) return CM_E_HOST;
        if (!(change->sql = cm_mem(cx, NULL, (size_t)n + 1))) return CM_E_NOMEM;
        memcpy(change->sql, p, (size_t)n + 1);
        change->nsql = (size_t)n;
    }
    if (values != Py_None) change->values = Py_NewRef(values);
    return CM_OK;
}

/* What was executed: (the statement or None, kind of a change or 0, its table or None, names of the columns that its parameters
 * belong to, how many of the last ones are a flush's WHERE). */
static PyObject *shown(const cm_statement_event *e) {
    cm_node *table = NULL;
    size_t nwhere = 0;
    const int kind = cm_compiled_target(e->compiled, &table, &nwhere);
    PyObject *names = PyTuple_New((Py_ssize_t)e->nvalues);
    for (size_t i = 0; names && i < e->nvalues; i++) {
        const cm_column *column = cm_compiled_column(e->compiled, i);
        PyObject *name = column ? PyUnicode_FromString(cm_column_name(column)) : Py_NewRef(Py_None);
        if (!name) Py_CLEAR(names);
        else PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    PyObject *result = names ? Py_BuildValue("(OiOOn)", e->statement ? CMPY_NODE_OBJECT(e->statement) : Py_None, kind,
                                             table ? CMPY_NODE_OBJECT(table) : Py_None, names, (Py_ssize_t)nwhere)
                             : NULL;
    Py_XDECREF(names);
    return result;
}

/* Values of the parameters: a tuple, or a list of them where all sets are shown. */
static PyObject *values_of(cm_ctx *cx, const cm_statement_event *e) {
    if (!e->whole) return values_tuple(cx, e->values, e->nvalues);
    PyObject *list = PyList_New((Py_ssize_t)e->nsets);
    for (size_t i = 0; list && i < e->nsets; i++) {
        PyObject *set = values_tuple(cx, e->values + i * e->nvalues, e->nvalues);
        if (!set) Py_CLEAR(list);
        else PyList_SET_ITEM(list, (Py_ssize_t)i, set);
    }
    return list;
}

/* watch(connection, after, the exception or None, sql, values, number of sets, rowcount, what was executed) */
static cm_status on_statement(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *e) {
    cmpy_engine *self = user;
    if (!self->watch) return CM_OK;
    PyObject *hook = Py_NewRef(self->watch), *answer = NULL;
    PyObject *connection = cmpy_connection_borrow(conn, (PyObject *)self);
    PyObject *values = connection ? values_of(cx, e) : NULL, *what = values ? shown(e) : NULL;
    PyObject *sql = what ? PyUnicode_DecodeUTF8(e->sql, (Py_ssize_t)e->nsql, "replace") : NULL;
    PyObject *failure =
        sql && e->status && e->status != CM_E_HOST && e->status != CM_E_NOMEM ? cmpy_failure(cx, e->status) : Py_NewRef(Py_None);
    if (sql && failure)
        answer = PyObject_CallFunction(hook, "OOOOOnLO", connection, e->after ? Py_True : Py_False, failure, sql, values,
                                       (Py_ssize_t)e->nsets, (long long)e->rowcount, what);
    cm_status st = !answer ? CM_E_HOST : answer != Py_None && e->change ? take_change(cx, answer, sql, e->change) : CM_OK;
    Py_XDECREF(failure);
    Py_XDECREF(sql);
    Py_XDECREF(what);
    Py_XDECREF(values);
    Py_XDECREF(connection);
    Py_DECREF(hook);
    Py_XDECREF(answer);
    return st;
}

/* transact(connection, what, name of the savepoint or None) */
static cm_status on_transact(cm_ctx *cx, void *user, cm_conn *conn, cm_transact what, const char *name) {
    cmpy_engine *self = user;
    (void)cx;
    if (!self->transact) return CM_OK;
    PyObject *hook = Py_NewRef(self->transact), *connection = cmpy_connection_borrow(conn, (PyObject *)self);
    PyObject *answer = connection ? PyObject_CallFunction(hook, "Oiz", connection, (int)what, name) : NULL;
    Py_XDECREF(connection);
    Py_DECREF(hook);
    Py_XDECREF(answer);
    return answer ? CM_OK : CM_E_HOST;
}

/* ---- construction */

/* connect_args as pairs of text; numbers and booleans are written as databases read them. */
static const char **pairs_of(PyObject *dict, PyObject *keep) {
    Py_ssize_t n = dict && dict != Py_None ? PyDict_GET_SIZE(dict) : 0, at = 0, i = 0;
    PyObject *key, *value;
    const char **v = PyMem_Calloc((size_t)n * 2 + 1, sizeof *v);
    if (!v) PyErr_NoMemory();
    while (v && n && PyDict_Next(dict, &at, &key, &value)) {
        PyObject *text = value == Py_True ? PyUnicode_FromString("1") : value == Py_False ? PyUnicode_FromString("0") : PyObject_Str(value);
        int st = text ? PyList_Append(keep, text) : -1;
        Py_XDECREF(text);
        if (st < 0 || !(v[i++] = cmpy_c_string(key, "a name in connect_args")) ||
            !(v[i++] = cmpy_c_string(text, "a value in connect_args"))) {
            PyMem_Free(v);
            return NULL;
        }
    }
    return v;
}

static PyObject *option(PyObject *options, const char *name) {
    PyObject *v = cmpy_dict_find(options, name);
    return v == Py_None ? NULL : v;
}
static void read_double(PyObject *options, const char *name, double *out) {
    PyObject *v = option(options, name);
    if (v) *out = PyFloat_AsDouble(v);
}
static void read_int(PyObject *options, const char *name, int *out) {
    PyObject *v = option(options, name);
    if (v) *out = (int)PyLong_AsLong(v);
}
static void read_size(PyObject *options, const char *name, size_t *out) {
    PyObject *v = option(options, name);
    if (v) *out = PyLong_AsSize_t(v);
}
static bool read_bool(PyObject *options, const char *name) {
    PyObject *v = option(options, name);
    return v && PyObject_IsTrue(v) == 1;
}

static int read_options(PyObject *options, cm_engine_options *o) {
    int kind = -1;
    read_int(options, "pool", &kind);
    o->pool_set = kind >= 0;
    if (o->pool_set) o->pool = (cm_pool_kind)kind;
    read_int(options, "pool_size", &o->pool_size);
    read_int(options, "max_overflow", &o->max_overflow);
    read_double(options, "pool_timeout", &o->pool_timeout_s);
    read_double(options, "pool_recycle", &o->pool_recycle_s);
    read_size(options, "plan_cache", &o->plan_cache);
    read_size(options, "stmt_cache", &o->stmt_cache);
    o->pool_pre_ping = read_bool(options, "pool_pre_ping");
    o->pool_lifo = read_bool(options, "pool_lifo");
    o->no_linting = read_bool(options, "no_linting");
    return PyErr_Occurred() ? -1 : 0;
}

/* Engine(url text, options) */
static PyObject *engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)kwargs;
    const char *url;
    PyObject *options, *keep = NULL;
    const char **pairs = NULL;
    cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
    if (!PyArg_ParseTuple(args, "sO!:Engine", &url, &PyDict_Type, &options)) return NULL;
    cmpy_engine *self = (cmpy_engine *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    o.url = url;
    o.on_connect = on_connect;
    o.on_connect_user = self;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx || read_options(options, &o) < 0 || !(keep = PyList_New(0)) || !(self->faces = PyList_New(0)) ||
        !(pairs = pairs_of(option(options, "connect_args"), keep)) || PyErr_Occurred())
        goto failed;
    o.connect_args = pairs;
    cm_status st = cm_engine_new(cx, &o, &self->engine);
    if (st) {
        cmpy_raise(cx, st);
        goto failed;
    }
    goto done;
failed:
    Py_CLEAR(self);
done:
    if (cx) cmpy_cx_give(cx);
    PyMem_Free(pairs);
    Py_XDECREF(keep);
    return (PyObject *)self;
}

static int engine_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_engine *self = (cmpy_engine *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->on_connect);
    Py_VISIT(self->watch);
    Py_VISIT(self->transact);
    Py_VISIT(self->echo);
    Py_VISIT(self->faces);
    Py_VISIT(self->first);
    Py_VISIT(self->dict);
    return 0;
}

static int engine_clear(PyObject *o) {
    cmpy_engine *self = (cmpy_engine *)o;
    Py_CLEAR(self->on_connect);
    Py_CLEAR(self->watch);
    Py_CLEAR(self->transact);
    Py_CLEAR(self->echo);
    Py_CLEAR(self->faces);
    Py_CLEAR(self->dict);
    return 0;
}

static void engine_dealloc(PyObject *o) {
    cmpy_engine *self = (cmpy_engine *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (self->weak) PyObject_ClearWeakRefs(o);
    if (self->engine) { /* sessions may keep the core's engine a little longer: it must not call us any more */
        if (!self->first) {
            cm_engine_set_watcher(self->engine, NULL, NULL);
            cm_engine_set_transact(self->engine, NULL, NULL);
            cm_engine_set_echo(self->engine, NULL, NULL);
        }
        cm_ctx *cx = cmpy_cx_take();
        cm_engine_release(cx ? cx : cmpy_cx(), self->engine);
        if (cx) cmpy_cx_give(cx);
    }
    engine_clear(o);
    Py_XDECREF(self->first);
    type->tp_free(o);
    Py_DECREF(type);
}

/* ---- methods */

static PyObject *engine_dispose(PyObject *o, PyObject *unused) {
    (void)unused;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) return NULL;
    cm_engine_dispose(cx, ((cmpy_engine *)o)->engine);
    cmpy_cx_give(cx);
    Py_RETURN_NONE;
}

static PyObject *with_engine(PyObject *o, cm_status (*call)(cm_ctx *, cm_engine *)) {
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) return NULL;
    cm_status st = call(cx, ((cmpy_engine *)o)->engine);
    PyObject *answer = st ? cmpy_raise(cx, st) : Py_NewRef(Py_None);
    cmpy_cx_give(cx);
    return answer;
}

static PyObject *engine_isolate(PyObject *o, PyObject *unused) {
    (void)unused;
    return with_engine(o, cm_engine_isolate);
}

static PyObject *engine_restore(PyObject *o, PyObject *unused) {
    (void)unused;
    return with_engine(o, cm_engine_restore);
}

static PyObject *set_hook(PyObject **slot, PyObject *hook) {
    Py_XSETREF(*slot, hook == Py_None ? NULL : Py_NewRef(hook));
    Py_RETURN_NONE;
}

static PyObject *engine_set_echo(PyObject *o, PyObject *hook) {
    cmpy_engine *self = (cmpy_engine *)o;
    cm_engine_set_echo(self->engine, hook == Py_None ? NULL : on_echo, self);
    return set_hook(&self->echo, hook);
}

static PyObject *engine_set_watch(PyObject *o, PyObject *hook) {
    cmpy_engine *self = (cmpy_engine *)o;
    cm_engine_set_watcher(self->engine, hook == Py_None ? NULL : on_statement, self);
    return set_hook(&self->watch, hook);
}

static PyObject *engine_set_on_connect(PyObject *o, PyObject *hook) { return set_hook(&((cmpy_engine *)o)->on_connect, hook); }

static PyObject *engine_set_host_dialect(PyObject *o, PyObject *dialect) {
    cm_engine_set_host_dialect(cmpy_cx(), ((cmpy_engine *)o)->engine, dialect == Py_None ? NULL : dialect);
    Py_RETURN_NONE;
}

static PyObject *engine_set_prepares(PyObject *o, PyObject *flag) {
    int yes = PyObject_IsTrue(flag);
    if (yes < 0) return NULL;
    ((cmpy_engine *)o)->prepares = yes;
    Py_RETURN_NONE;
}

static PyObject *engine_set_transact(PyObject *o, PyObject *hook) {
    cmpy_engine *self = (cmpy_engine *)o;
    cm_engine_set_transact(self->engine, hook == Py_None ? NULL : on_transact, self);
    return set_hook(&self->transact, hook);
}

static PyObject *engine_pool_status(PyObject *o, PyObject *unused) {
    (void)unused;
    int idle, in_use, size, overflow;
    cm_pool_kind kind;
    cm_engine_pool_status(((cmpy_engine *)o)->engine, &idle, &in_use);
    cm_engine_pool_limits(((cmpy_engine *)o)->engine, &kind, &size, &overflow);
    return Py_BuildValue("(iiiii)", idle, in_use, (int)kind, size, overflow);
}

static PyObject *engine_plan_stats(PyObject *o, PyObject *unused) {
    (void)unused;
    cm_plan_stats s;
    cm_engine_plan_stats(((cmpy_engine *)o)->engine, &s);
    return Py_BuildValue("{s:n,s:K,s:K,s:K}", "plans", (Py_ssize_t)s.plans, "hits", (unsigned long long)s.hits, "misses",
                         (unsigned long long)s.misses, "compiles", (unsigned long long)s.compiles);
}

static PyObject *engine_server_version(PyObject *o, void *unused) {
    (void)unused;
    return PyLong_FromLong(cm_engine_server_version(((cmpy_engine *)o)->engine));
}

static PyObject *engine_dialect_name(PyObject *o, void *unused) {
    (void)unused;
    return PyUnicode_FromString(cm_dialect_name(cm_engine_dialect(((cmpy_engine *)o)->engine)));
}

static PyObject *engine_address(PyObject *o, void *unused) {
    (void)unused;
    return PyLong_FromVoidPtr(((cmpy_engine *)o)->engine);
}

/* Another object for the same core engine: options of its own, listeners shared through the first. */
static PyObject *engine_share(PyObject *o, PyObject *unused) {
    (void)unused;
    cmpy_engine *self = (cmpy_engine *)o, *made = (cmpy_engine *)Py_TYPE(o)->tp_alloc(Py_TYPE(o), 0);
    if (!made) return NULL;
    made->first = Py_NewRef(self->first ? self->first : o);
    made->faces = Py_NewRef(self->faces);
    cm_engine_retain(made->engine = self->engine);
    return (PyObject *)made;
}

static PyMethodDef engine_methods[] = {
    {"_share", engine_share, METH_NOARGS, NULL},
    {"_dispose", engine_dispose, METH_NOARGS, NULL},
    {"_isolate", engine_isolate, METH_NOARGS, NULL},
    {"_restore", engine_restore, METH_NOARGS, NULL},
    {"_set_echo", engine_set_echo, METH_O, NULL},
    {"_set_prepares", engine_set_prepares, METH_O, NULL},
    {"_set_transact", engine_set_transact, METH_O, NULL},
    {"_set_host_dialect", engine_set_host_dialect, METH_O, "The dialect that is asked about JSON documents."},
    {"_set_watch", engine_set_watch, METH_O, NULL},
    {"_set_on_connect", engine_set_on_connect, METH_O, NULL},
    {"_pool_status", engine_pool_status, METH_NOARGS, "Idle connections, those in use, kind of pool, size, overflow."},
    {"_plan_stats", engine_plan_stats, METH_NOARGS, "Numbers of the plan cache."},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef engine_getset[] = {
    {"_server_version", engine_server_version, NULL, NULL, NULL},
    {"_address", engine_address, NULL, NULL, NULL},
    {"_dialect_name", engine_dialect_name, NULL, NULL, NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef engine_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_engine, weak), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(cmpy_engine, dict), READONLY, NULL},
    {"_faces", T_OBJECT, offsetof(cmpy_engine, faces), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot engine_slots[] = {
    {Py_tp_doc, "Dialect, driver, pool and plan cache behind a URL."},
    {Py_tp_new, engine_new},
    {Py_tp_dealloc, engine_dealloc},
    {Py_tp_traverse, engine_traverse},
    {Py_tp_clear, engine_clear},
    {Py_tp_methods, engine_methods},
    {Py_tp_getset, engine_getset},
    {Py_tp_members, engine_members},
    {0, NULL},
};
static PyType_Spec engine_spec = {"cormorant._core.Engine", sizeof(cmpy_engine), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, engine_slots};

int cmpy_engine_setup(PyObject *m) {
    cmpy_st->Engine = PyType_FromModuleAndSpec(m, &engine_spec, NULL);
    if (!cmpy_st->Engine || PyModule_AddObjectRef(m, "Engine", cmpy_st->Engine) < 0) return -1;
    return cmpy_connection_setup(m);
}
