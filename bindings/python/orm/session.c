/* Session: the operations that programs run all the time, in C; the package (cormorant.orm.session) adds the rest.
 *
 * One operation at a time: a second thread waits for the one under way (cmpy_session_enter), because other threads run
 * while a statement does. What the fast paths do not know (parameters, options, listeners, statements that are not plain
 * SELECTs) goes to a method of the package: _execute_general, _get_general. */
#include "python/engine/engine.h"
#include "python/expr/expr.h"
#include "python/orm/orm.h"

#include <time.h>

typedef struct cmpy_session {
    PyObject_HEAD PyObject *dict, *weak;
    cm_session *core;
    PyObject *bind;      /* the Engine, or NULL */
    PyObject *chosen;    /* Engine asked for last; borrowed from the session's binds */
    char ask_bind;       /* get_bind must be asked: overridden, or binds by class */
    char listened;       /* somebody listens to do_orm_execute */
    char optioned;       /* has execution options, which its connections are to have */
    unsigned long owner; /* thread of the operation under way */
    int depth;
    bool warned;
} cmpy_session;

#define WAIT_SECONDS 30

/* ---- turns */

static int wait_for_turn(cmpy_session *s) {
    if (!s->warned) {
        s->warned = true;
        if (PyErr_WarnEx(PyExc_RuntimeWarning,
                         "A Session is used by two threads at the same time; the second one waits. Give each thread a session of "
                         "its own: scoped_session(sessionmaker(...))",
                         1) < 0)
            return -1;
    }
    for (int i = 0; i < WAIT_SECONDS * 1000 && s->depth; i++) {
        const struct timespec millisecond = {0, 1000000};
        Py_BEGIN_ALLOW_THREADS nanosleep(&millisecond, NULL);
        Py_END_ALLOW_THREADS if (PyErr_CheckSignals() < 0) return -1;
    }
    if (!s->depth) return 0;
    cmpy_raise_exc("IllegalStateChangeError",
                   "Another thread has been using this Session for %d seconds; a Session serves one thread at a time: use "
                   "scoped_session",
                   WAIT_SECONDS);
    return -1;
}

static int enter(cmpy_session *s) {
    unsigned long me = PyThread_get_thread_ident();
    if (s->depth && s->owner != me && wait_for_turn(s) < 0) return -1;
    s->owner = me;
    s->depth++;
    return 0;
}

int cmpy_session_enter(cm_session *core) {
    cmpy_session *s = cm_session_host(core);
    if (!s) return 0;
    if (enter(s) < 0) return -1;
    Py_INCREF(s); /* the program may let go of it meanwhile */
    return 0;
}

void cmpy_session_leave(cm_session *core) {
    cmpy_session *s = cm_session_host(core);
    if (!s) return;
    s->depth--;
    Py_DECREF(s);
}

/* Begins an operation: a context of its own, and the session's turn. NULL + exception. */
static cm_ctx *begin(cmpy_session *s) {
    if (!s->core) {
        cmpy_raise_exc("InvalidRequestError", "%s.__init__() of the base class was not called", Py_TYPE(s)->tp_name);
        return NULL;
    }
    if (enter(s) < 0) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) s->depth--;
    else Py_INCREF(s);
    return cx;
}

/* Ends it: raises what went wrong. 0 or -1. */
static int end(cmpy_session *s, cm_ctx *cx, cm_status st) {
    int result = st ? cmpy_raise_int(cx, st) : 0;
    cmpy_cx_give(cx);
    s->depth--;
    Py_DECREF(s);
    return result;
}

static PyObject *end_none(cmpy_session *s, cm_ctx *cx, cm_status st) { return end(s, cx, st) < 0 ? NULL : Py_NewRef(Py_None); }

/* ---- one instance */

typedef cm_status (*inst_step)(cm_ctx *, cm_session *, cm_inst *);

static PyObject *with_instance(PyObject *self, PyObject *obj, inst_step step) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *real = cmpy_ready_of(obj) < 0 ? NULL : cmpy_stood_for(obj), *result = NULL;
    cm_inst *inst = real ? cmpy_inst_require(real) : NULL;
    cm_ctx *cx = inst ? begin(s) : NULL;
    if (cx) result = end_none(s, cx, step(cx, s->core, inst));
    Py_XDECREF(real);
    return result;
}

static PyObject *Session_add_one(PyObject *self, PyObject *obj) { return with_instance(self, obj, cm_session_add); }
static PyObject *Session_delete(PyObject *self, PyObject *obj) { return with_instance(self, obj, cm_session_delete); }
static PyObject *Session_expunge(PyObject *self, PyObject *obj) { return with_instance(self, obj, cm_session_expunge); }
static PyObject *Session_row_deleted(PyObject *self, PyObject *obj) { return with_instance(self, obj, cm_session_row_deleted); }

static PyObject *Session_add(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    /* _warn is what SQLAlchemy's own callers pass */
    Py_ssize_t nkw = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    if (nargs + nkw == 1 && (nargs || PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "instance") == 0))
        return Session_add_one(self, args[0]);
    PyErr_Format(PyExc_TypeError, "add() takes one instance (%zd arguments were given)", nargs + nkw);
    return NULL;
}

static PyObject *Session_add_all(PyObject *self, PyObject *iterable) {
    PyObject *it = PyObject_GetIter(iterable), *obj;
    while (it && (obj = PyIter_Next(it))) {
        PyObject *r = Session_add_one(self, obj);
        Py_DECREF(obj);
        if (!r) break;
        Py_DECREF(r);
    }
    Py_XDECREF(it);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

typedef cm_status (*attrs_step)(cm_ctx *, cm_session *, cm_inst *, const cm_attr *const *, size_t);

/* (instance, names=None): expire and refresh. */
static PyObject *with_attributes(PyObject *self, PyObject *args, attrs_step step) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *obj, *names = Py_None, *seq = NULL, *result = NULL, *real;
    const cm_attr **attrs = NULL;
    size_t n = 0;
    if (!PyArg_ParseTuple(args, "O|O", &obj, &names) || cmpy_ready_of(obj) < 0 || !(real = cmpy_stood_for(obj))) return NULL;
    cm_inst *inst = cmpy_inst_require(real);
    if (!inst) goto done;
    if (names != Py_None) {
        seq = PySequence_Fast(names, "attribute_names must be a sequence of names");
        n = seq ? (size_t)PySequence_Fast_GET_SIZE(seq) : 0;
        attrs = seq ? PyMem_Calloc(n + 1, sizeof *attrs) : NULL;
        if (!attrs) goto done;
        for (size_t i = 0; i < n; i++)
            if (!(attrs[i] = cmpy_attr_arg(inst->mapper, PySequence_Fast_GET_ITEM(seq, (Py_ssize_t)i)))) goto done;
    }
    cm_ctx *cx = begin(s);
    if (cx) result = end_none(s, cx, step(cx, s->core, inst, attrs, n));
done:
    PyMem_Free(attrs);
    Py_XDECREF(seq);
    Py_DECREF(real);
    return result;
}

static PyObject *Session_expire(PyObject *self, PyObject *args) { return with_attributes(self, args, cm_session_expire); }
static PyObject *Session_refresh(PyObject *self, PyObject *args) { return with_attributes(self, args, cm_session_refresh); }

static PyObject *Session_contains(PyObject *self, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    if (!inst) return NULL;
    bool in = inst->session == ((cmpy_session *)self)->core && inst->session && cm_inst_get_status(inst) != CM_DELETED;
    return PyBool_FromLong(in);
}

/* ---- the whole session */

typedef cm_status (*session_step)(cm_ctx *, cm_session *);

static PyObject *with_session(PyObject *self, session_step step) {
    cmpy_session *s = (cmpy_session *)self;
    cm_ctx *cx = begin(s);
    return cx ? end_none(s, cx, step(cx, s->core)) : NULL;
}

static cm_status commit_all(cm_ctx *cx, cm_session *s) { return cm_session_commit_to(cx, s, 1); }
static cm_status rollback_all(cm_ctx *cx, cm_session *s) { return cm_session_rollback_to(cx, s, 1); }

/* (level): ends the levels down to that one. */
static PyObject *end_levels(PyObject *self, PyObject *level, cm_status (*step)(cm_ctx *, cm_session *, size_t)) {
    size_t n = PyLong_AsSize_t(level);
    cm_ctx *cx = n == (size_t)-1 && PyErr_Occurred() ? NULL : begin((cmpy_session *)self);
    return cx ? end_none((cmpy_session *)self, cx, step(cx, ((cmpy_session *)self)->core, n)) : NULL;
}

static PyObject *Session_flush_all(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_flush);
}
static PyObject *Session_commit(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, commit_all);
}
static PyObject *Session_rollback(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, rollback_all);
}
static PyObject *Session_begin_root(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_begin);
}
static PyObject *Session_begin_savepoint(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_begin_nested);
}
static PyObject *Session_commit_to(PyObject *self, PyObject *level) { return end_levels(self, level, cm_session_commit_to); }
static PyObject *Session_prepare_commit(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_prepare_commit);
}
static PyObject *Session_rollback_to(PyObject *self, PyObject *level) { return end_levels(self, level, cm_session_rollback_to); }
static PyObject *Session_close_all(PyObject *self, PyObject *unused) {
    (void)unused;
    return ((cmpy_session *)self)->core ? with_session(self, cm_session_close) : Py_NewRef(Py_None);
}

static PyObject *Session_depth(PyObject *self, void *unused) {
    cm_session *core = ((cmpy_session *)self)->core;
    (void)unused;
    return PyLong_FromSize_t(core ? cm_session_depth(core) : 0);
}

static PyObject *Session_within(PyObject *self, void *unused) {
    cm_session *core = ((cmpy_session *)self)->core;
    (void)unused;
    return PyLong_FromSize_t(core ? cm_session_within(core) : 0);
}

static int Session_set_within(PyObject *self, PyObject *value, void *unused) {
    cm_session *core = ((cmpy_session *)self)->core;
    size_t level = value ? PyLong_AsSize_t(value) : 0;
    (void)unused;
    if (PyErr_Occurred()) return -1;
    if (core) cm_session_set_within(core, level);
    return 0;
}

static PyObject *Session_is_active(PyObject *self, void *unused) {
    cm_session *core = ((cmpy_session *)self)->core;
    (void)unused;
    return PyBool_FromLong(!core || cm_session_is_active(core));
}

static PyObject *Session_expunge_all(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_expunge_all);
}

static PyObject *Session_expire_all(PyObject *self, PyObject *unused) {
    (void)unused;
    return with_session(self, cm_session_expire_all);
}

static PyObject *Session_is_modified(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *obj;
    int collections = 1;
    bool modified = false;
    if (!PyArg_ParseTuple(args, "O|p", &obj, &collections)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    cm_ctx *cx = inst ? begin(s) : NULL;
    if (!cx || end(s, cx, cm_session_is_modified(cx, s->core, inst, collections, &modified)) < 0) return NULL;
    return PyBool_FromLong(modified);
}

static PyObject *Session_list(PyObject *self, PyObject *which) {
    cmpy_session *s = (cmpy_session *)self;
    cm_objs objs = {0};
    long set = PyLong_AsLong(which);
    if (set == -1 && PyErr_Occurred()) return NULL;
    if (!s->core) return PyList_New(0);
    CMPY_TRY(cmpy_cx(), cm_session_list(cmpy_cx(), s->core, (cm_session_set)set, &objs));
    return cmpy_objs_list(cmpy_cx(), &objs, true);
}

static PyObject *Session_configure(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    int autoflush, expire, two_phase = 0;
    if (!PyArg_ParseTuple(args, "pp|p", &autoflush, &expire, &two_phase)) return NULL;
    if (s->core) {
        cm_session_set_autoflush(s->core, autoflush);
        cm_session_set_expire_on_commit(s->core, expire);
        cm_session_set_two_phase(s->core, two_phase);
    }
    Py_RETURN_NONE;
}

/* _without_raise(flag): whether relationships with lazy="raise" are read all the same; calls come in pairs. */
static PyObject *Session_without_raise(PyObject *self, PyObject *flag) {
    if (((cmpy_session *)self)->core) cm_session_without_raise(((cmpy_session *)self)->core, flag == Py_True);
    Py_RETURN_NONE;
}

static PyObject *Session_events(PyObject *self, PyObject *mask) {
    unsigned long long bits = PyLong_AsUnsignedLongLong(mask);
    if (PyErr_Occurred()) return NULL;
    if (((cmpy_session *)self)->core) cm_session_set_events(((cmpy_session *)self)->core, bits);
    Py_RETURN_NONE;
}

/* ---- get */

static PyObject *inst_result(cm_inst *inst) {
    return inst ? cmpy_inst_object(inst) : Py_NewRef(Py_None); /* the reference was handed to us */
}

/* Primary key values of an argument: the items of a list or tuple, or the one value. Borrowed from the argument, or for a list,
 * which code of the program that runs meanwhile may change, from its copy. */
typedef struct key_values {
    void *const *v;
    size_t n;
    PyObject *one, *copy;
} key_values;

static int read_key(PyObject *arg, key_values *out) {
    *out = (key_values){.one = arg, .n = 1};
    out->v = (void *const *)(void *)&out->one;
    if (PyList_Check(arg)) {
        if (!(out->copy = PyList_AsTuple(arg))) return -1;
        arg = out->copy;
    }
    if (!PyTuple_Check(arg)) return 0;
    out->n = (size_t)PyTuple_GET_SIZE(arg);
    out->v = (void *const *)&PyTuple_GET_ITEM(arg, 0);
    return 0;
}

/* The instance of an integer key that the session holds and nothing has to be read for, or NULL. Needs neither turn nor context:
 * nothing waits, and nothing fails. */
static cm_inst *held(const cmpy_session *s, const cmpy_mapper *m, PyObject *key) {
    int overflow;
    if (!s->core || s->depth || !PyLong_CheckExact(key)) return NULL;
    long long value = PyLong_AsLongLongAndOverflow(key, &overflow);
    return overflow ? NULL : cm_session_held(cmpy_cx(), s->core, m->core, value);
}

/* Whether a part of the key is text that spells no value of its column, as one from a URL may: it is the key of no row. A failure
 * that the context and the interpreter already hold is forgotten then, else kept. */
static bool spells_no_key(cm_ctx *cx, const cmpy_mapper *m, void *const *values, size_t n) {
    PyObject *cls, *value, *trace;
    cm_arena *scratch = NULL;
    PyErr_Fetch(&cls, &value, &trace);
    cm_status st = cm_arena_new(cx, &scratch);
    for (size_t i = 0; i < n && !st; i++) {
        const cm_type *type = cm_mapper_primary_key(m->core, i)->type;
        cm_value encoded;
        if (PyUnicode_Check((PyObject *)values[i]) && !(cm_type_get_def(type)->flags & CM_TYPE_HOST))
            st = cmpy_encode(cx, type, values[i], scratch, &encoded);
    }
    cm_arena_free(cx, scratch);
    if (st != CM_E_HOST) PyErr_Restore(cls, value, trace);
    else {
        PyErr_Clear();
        cm_ctx_clear(cx);
        Py_XDECREF(cls);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    }
    return st == CM_E_HOST;
}

static PyObject *fetch_values(cmpy_session *s, cmpy_mapper *m, const key_values *key, PyObject *options, int populate) {
    cm_inst *inst = NULL;
    if (key->n != cm_mapper_nprimary_key(m->core)) {
        cmpy_raise_exc("InvalidRequestError",
                       "Incorrect number of values in identifier to formulate primary key for session.get(); "
                       "%s has %zd primary key columns, %zd values were given",
                       m->cls->tp_name, cm_mapper_nprimary_key(m->core), key->n);
        return NULL;
    }
    cm_ctx *cx = begin(s);
    if (!cx) return NULL;
    cm_status st;
    if (!options && !populate) st = cm_session_get(cx, s->core, m->core, key->v, key->n, &inst);
    else {
        size_t nopt = options ? (size_t)PyTuple_GET_SIZE(options) : 0;
        cm_node **nodes = PyMem_Calloc(nopt + 1, sizeof *nodes);
        for (size_t i = 0; nodes && i < nopt; i++) nodes[i] = CMPY_NODE(PyTuple_GET_ITEM(options, (Py_ssize_t)i));
        st = nodes ? cm_session_get_with(cx, s->core, m->core, key->v, key->n, nodes, nopt, populate, &inst) : CM_E_NOMEM;
        PyMem_Free(nodes);
    }
    if (st == CM_E_HOST && spells_no_key(cx, m, key->v, key->n)) st = CM_OK;
    return end(s, cx, st) < 0 ? NULL : inst_result(inst);
}

/* _names_no_row(mapper, key): whether get() of the key answers None without asking. */
static PyObject *Session_names_no_row(PyObject *self, PyObject *args) {
    PyObject *entity, *ident;
    key_values key;
    if (!PyArg_ParseTuple(args, "OO", &entity, &ident)) return NULL;
    cmpy_mapper *m = cmpy_mapper_arg(entity);
    if (!m || read_key(ident, &key) < 0) return NULL;
    bool none = key.n == cm_mapper_nprimary_key(m->core) && spells_no_key(cmpy_cx(), m, key.v, key.n);
    Py_XDECREF(key.copy);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(none);
}

static PyObject *fetch(cmpy_session *s, cmpy_mapper *m, PyObject *ident, PyObject *options, int populate) {
    key_values key;
    cm_inst *inst = options || populate ? NULL : held(s, m, ident);
    if (inst) return Py_NewRef(cmpy_inst_object(inst));
    PyObject *found = read_key(ident, &key) < 0 ? NULL : fetch_values(s, m, &key, options, populate);
    Py_XDECREF(key.copy);
    return found;
}

static PyObject *call_method(PyObject *self, const char *name, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    PyObject *method = PyObject_GetAttrString(self, name);
    PyObject *r = method ? PyObject_Vectorcall(method, args, (size_t)nargs, kwnames) : NULL;
    Py_XDECREF(method);
    return r;
}

/* get(entity, ident): the rest of its arguments are the package's. */
static bool has_none(PyObject *key) {
    if (!PyTuple_Check(key)) return key == Py_None;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++)
        if (PyTuple_GET_ITEM(key, i) == Py_None) return true;
    return false;
}

static PyObject *Session_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    if (nargs != 2 || kwnames || ((cmpy_session *)self)->listened || PyDict_Check(args[1]) || has_none(args[1]) || !PyType_Check(args[0]))
        return call_method(self, "_get_general", args, nargs, kwnames);
    cmpy_mapper *m = cmpy_mapper_arg(args[0]);
    return m ? fetch((cmpy_session *)self, m, args[1], NULL, 0) : NULL;
}

/* _get(mapper, key, options, populate) */
static PyObject *Session_get_with(PyObject *self, PyObject *args) {
    PyObject *entity, *key, *options;
    int populate;
    if (!PyArg_ParseTuple(args, "OOO!p", &entity, &key, &PyTuple_Type, &options, &populate)) return NULL;
    cmpy_mapper *m = cmpy_mapper_arg(entity);
    return m ? fetch((cmpy_session *)self, m, key, options, populate) : NULL;
}

static PyObject *Session_find(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *entity, *ident;
    key_values key;
    cm_inst *inst = NULL;
    if (!PyArg_ParseTuple(args, "OO", &entity, &ident)) return NULL;
    cmpy_mapper *m = cmpy_mapper_arg(entity);
    if (!m || !s->core || read_key(ident, &key) < 0) return NULL;
    cm_status st = cm_session_find(cmpy_cx(), s->core, m->core, key.v, key.n, &inst);
    Py_XDECREF(key.copy);
    CMPY_TRY(cmpy_cx(), st);
    return inst_result(inst);
}

/* ---- execute */

static PyObject *run(cmpy_session *s, cm_node *stmt, void *const *params, size_t nparams) {
    cm_result *result = NULL;
    PyObject *filled = cmpy_fill_lists(CMPY_NODE_OBJECT(stmt), params, nparams), *answer = NULL;
    cm_ctx *cx = !filled || cmpy_ready_for(stmt) < 0 ? NULL : begin(s);
    if (cx && end(s, cx, cm_session_execute(cx, s->core, CMPY_NODE(filled), params, nparams, &result)) == 0)
        answer = cmpy_result_of(result, (PyObject *)s, filled);
    Py_XDECREF(filled);
    return answer;
}

/* _prepare(statement): its plan is found or compiled, nothing runs. */
static PyObject *Session_prepare(PyObject *self, PyObject *stmt) {
    cmpy_session *s = (cmpy_session *)self;
    if (!cmpy_is_node(stmt)) return PyErr_Format(PyExc_TypeError, "_prepare() takes a statement, not %R", stmt);
    cm_ctx *cx = cmpy_ready_for(CMPY_NODE(stmt)) < 0 ? NULL : begin(s);
    return cx ? end_none(s, cx, cm_session_prepare(cx, s->core, CMPY_NODE(stmt))) : NULL;
}

/* _run(statement, [mapping, ...] or None) -> Result */
static PyObject *Session_run(PyObject *self, PyObject *args) {
    PyObject *stmt, *params = Py_None;
    if (!PyArg_ParseTuple(args, "O!|O", cmpy_st->Node, &stmt, &params)) return NULL;
    if (params == Py_None) return run((cmpy_session *)self, CMPY_NODE(stmt), NULL, 0);
    if (!PyList_Check(params)) {
        PyErr_SetString(PyExc_TypeError, "parameters must be a list of mappings");
        return NULL;
    }
    PyObject *rows = PyList_AsTuple(params); /* code of the program that runs meanwhile may change the list */
    if (!rows) return NULL;
    PyObject *result =
        run((cmpy_session *)self, CMPY_NODE(stmt), (void *const *)&PyTuple_GET_ITEM(rows, 0), (size_t)PyTuple_GET_SIZE(rows));
    Py_DECREF(rows);
    return result;
}

/* _stream(statement, mapping or None, chunk, must) -> Result whose rows are loaded in chunks */
static PyObject *Session_stream(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *stmt, *params;
    Py_ssize_t chunk;
    int must;
    cm_result *result = NULL;
    if (!PyArg_ParseTuple(args, "O!Onp", cmpy_st->Node, &stmt, &params, &chunk, &must)) return NULL;
    cm_ctx *cx = cmpy_ready_for(CMPY_NODE(stmt)) < 0 ? NULL : begin(s);
    if (!cx) return NULL;
    void *mapping = params == Py_None ? NULL : params;
    if (end(s, cx, cm_session_stream(cx, s->core, CMPY_NODE(stmt), mapping, chunk < 1 ? 1 : (size_t)chunk, must, &result)) < 0) return NULL;
    return cmpy_result_of(result, self, stmt);
}

/* 1: a SELECT with nothing else given; 0: something for Python to look at; -1 and an exception. */
static int plain_select(cmpy_session *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    if (nargs < 1 || nargs > 2 || kwnames || s->listened || s->optioned || !cmpy_is_node(args[0])) return 0;
    if (nargs == 2 && args[1] != Py_None) return 0;
    if (CMPY_NODE(args[0])->kind != CM_N_SELECT) return 0;
    PyObject *dict = ((cmpy_node *)args[0])->dict; /* execution options are kept there */
    if (!dict) return 1;
    return PyDict_GetItemWithError(dict, cmpy_st->str__execution_options) ? 0 : PyErr_Occurred() ? -1 : 1;
}

static PyObject *Session_execute(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    cmpy_session *s = (cmpy_session *)self;
    int plain = plain_select(s, args, nargs, kwnames);
    if (plain > 0) return run(s, CMPY_NODE(args[0]), NULL, 0);
    return plain < 0 ? NULL : call_method(self, "_execute_general", args, nargs, kwnames);
}

static PyObject *then(PyObject *take_result, const char *method) {
    PyObject *r = take_result ? PyObject_CallMethod(take_result, method, NULL) : NULL;
    Py_XDECREF(take_result);
    return r;
}

static PyObject *Session_scalars(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return then(call_method(self, "execute", args, nargs, kwnames), "scalars");
}

static PyObject *Session_scalar(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return then(call_method(self, "execute", args, nargs, kwnames), "scalar");
}

/* ---- connections */

static PyObject *Session_connection(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *mapper = Py_None, *stmt = Py_None;
    cm_conn *conn = NULL;
    if (!PyArg_ParseTuple(args, "|OO", &mapper, &stmt)) return NULL;
    cmpy_mapper *m = mapper == Py_None ? NULL : cmpy_mapper_arg(mapper);
    if (mapper != Py_None && !m) return NULL;
    cm_ctx *cx = begin(s);
    if (!cx) return NULL;
    cm_status st = cm_session_connection(cx, s->core, m ? m->core : NULL, cmpy_is_node(stmt) ? CMPY_NODE(stmt) : NULL, &conn);
    return end(s, cx, st) < 0 ? NULL : cmpy_connection_borrow(conn, self);
}

/* _join(engine, connection or None, mode): statements for the engine run on the caller's connection, kept in __dict__. */
static PyObject *Session_join(PyObject *self, PyObject *args) {
    PyObject *engine, *connection;
    int mode;
    if (!PyArg_ParseTuple(args, "OOi", &engine, &connection, &mode)) return NULL;
    cm_engine *e = cmpy_engine_get(engine);
    if (!e) return NULL;
    if (connection != Py_None && !PyObject_TypeCheck(connection, (PyTypeObject *)cmpy_st->Connection)) {
        PyErr_Format(PyExc_TypeError, "a Connection was expected, not %R", connection);
        return NULL;
    }
    cm_conn *conn = connection == Py_None ? NULL : ((cmpy_conn *)connection)->conn;
    if (connection != Py_None && !conn) {
        cmpy_raise_exc("ResourceClosedError", "This Connection is closed");
        return NULL;
    }
    cm_session_join(((cmpy_session *)self)->core, e, conn, (cm_join_mode)mode);
    Py_RETURN_NONE;
}

/* ---- callbacks of the core */

cm_status cmpy_session_bind(cm_ctx *cx, cm_session *core, cm_mapper *mapper, cm_node *stmt, cm_engine **out) {
    cmpy_session *s = cm_session_host(core);
    (void)cx;
    PyObject *bind = s->bind ? Py_NewRef(s->bind) : NULL;
    if (s->ask_bind || !bind) {
        cmpy_mapper *m = mapper ? cmpy_mapper_of(cm_mapper_host_class(mapper)) : NULL;
        Py_XDECREF(bind);
        bind =
            PyObject_CallMethod((PyObject *)s, "_choose_bind", "OO", m ? (PyObject *)m : Py_None, stmt ? CMPY_NODE_OBJECT(stmt) : Py_None);
    }
    *out = bind ? cmpy_engine_get(bind) : NULL;
    s->chosen = bind;
    Py_XDECREF(bind); /* the engine is kept by the session's binds */
    return *out ? CM_OK : CM_E_HOST;
}

static cm_status tell_opened(PyObject *who, PyObject *connection) {
    PyObject *answer = connection ? PyObject_CallMethod(who, "_session_opened", "O", connection) : NULL;
    Py_XDECREF(answer);
    return answer ? CM_OK : CM_E_HOST;
}

/* Engines and sessions with options, and engines with listeners, want to see the connections that sessions take:
 * _session_opened(connection). The session keeps it, and with it what it was given. */
cm_status cmpy_session_opened(cm_ctx *cx, cm_session *core, cm_conn *conn) {
    cmpy_session *s = cm_session_host(core);
    (void)cx;
    bool engine = s->chosen && PyObject_TypeCheck(s->chosen, (PyTypeObject *)cmpy_st->Engine);
    bool prepares = engine && ((cmpy_engine *)s->chosen)->prepares;
    if (!engine || (!prepares && !s->optioned)) return CM_OK;
    PyObject *connection = cmpy_connection_borrow(conn, s->chosen);
    cm_status st = prepares ? tell_opened(s->chosen, connection) : connection ? CM_OK : CM_E_HOST;
    if (!st) st = tell_opened((PyObject *)s, connection);
    Py_XDECREF(connection);
    return st;
}

/* Hands an event to the package: hook "event"(number, session, object, key, argument) -> argument. */
cm_status cmpy_event(cm_ctx *cx, cm_event ev, cm_session *core, cm_inst *inst, const cm_attr *attr, void **arg) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_event];
    PyObject *session = core ? cm_session_host(core) : NULL, *obj = inst ? cmpy_inst_object(inst) : NULL;
    (void)cx;
    if (!hook) return CM_OK;
    PyObject *value = arg && *arg ? *arg : Py_None;
    PyObject *r = PyObject_CallFunction(hook, "iOOOO", (int)ev, session ? session : Py_None, obj ? obj : Py_None,
                                        attr && attr->host ? cmpy_attr_info(attr)->name : Py_None, value);
    if (!r) return CM_E_HOST;
    bool replaces = arg &&
                    (ev == CM_EV_ATTR_SET || ev == CM_EV_ATTR_APPEND || ev == CM_EV_ATTR_BULK_REPLACE || ev == CM_EV_ATTR_INIT_SCALAR) &&
                    r != value;
    if (replaces) *arg = r; /* the reference moves to the core */
    else Py_DECREF(r);
    return CM_OK;
}

static PyObject *mapper_object(const cm_mapper *m) {
    cmpy_mapper *found = m ? cmpy_mapper_of(cm_mapper_host_class(m)) : NULL;
    return found ? (PyObject *)found : Py_None;
}

/* hook "implicit_load"(session, object or None, mapper, mapper and name of the relationship or None twice, statement) -> the
 * statement to run, or a list of the rows' values. */
cm_status cmpy_implicit_load(cm_ctx *cx, cm_session *core, cm_mapper *mapper, cm_inst *inst, const cm_attr *attr, cm_node *stmt,
                             cm_node **out, cm_objs *rows) {
    PyObject *hook = cmpy_hook(CMPY_HOOK_implicit_load), *obj = inst ? cmpy_inst_object(inst) : NULL;
    *out = NULL;
    if (!hook) return CM_E_HOST;
    PyObject *r = PyObject_CallFunctionObjArgs(hook, (PyObject *)cm_session_host(core), obj ? obj : Py_None, mapper_object(mapper),
                                               mapper_object(attr ? attr->mapper : NULL), attr ? cmpy_attr_info(attr)->name : Py_None,
                                               CMPY_NODE_OBJECT(stmt), NULL);
    if (r && cmpy_is_node(r)) {
        *out = CMPY_NODE(r); /* the reference moves to the core */
        return CM_OK;
    }
    cm_status st = r ? cmpy_sequence(cx, r, rows) : CM_E_HOST;
    Py_XDECREF(r);
    return st;
}

/* ---- the type */

static PyObject *Session_open(PyObject *self, PyObject *args) {
    cmpy_session *s = (cmpy_session *)self;
    PyObject *bind;
    int autoflush, expire, autobegin, ask;
    if (!PyArg_ParseTuple(args, "Opppp", &bind, &autoflush, &expire, &autobegin, &ask)) return NULL;
    if (s->core) Py_RETURN_NONE;
    cm_session_options options = CM_SESSION_OPTIONS_INIT;
    if (bind != Py_None && !ask && !(options.engine = cmpy_engine_get(bind))) return NULL;
    options.autoflush = autoflush;
    options.expire_on_commit = expire;
    options.autobegin = autobegin;
    options.host_session = self;
    if (bind != Py_None) Py_XSETREF(s->bind, Py_NewRef(bind));
    s->ask_bind = (char)ask;
    CMPY_TRY(cmpy_cx(), cm_session_new(cmpy_cx(), &options, &s->core));
    Py_RETURN_NONE;
}

static int Session_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_session *s = (cmpy_session *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(s->dict);
    Py_VISIT(s->bind);
    return 0;
}

static int Session_clear(PyObject *o) {
    Py_CLEAR(((cmpy_session *)o)->dict);
    return 0;
}

static void Session_dealloc(PyObject *o) {
    cmpy_session *s = (cmpy_session *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (s->core) {
        PyObject *type_, *value_, *trace_;
        PyErr_Fetch(&type_, &value_, &trace_);
        cm_session_set_events(s->core, 0);
        cm_session_free(cmpy_cx(), s->core);
        cm_ctx_clear(cmpy_cx());
        PyErr_Restore(type_, value_, trace_);
    }
    if (s->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(s->dict);
    Py_CLEAR(s->bind);
    type->tp_free(o);
    Py_DECREF(type);
}

#define FAST(f) (PyCFunction)(void (*)(void)) f, METH_FASTCALL | METH_KEYWORDS
static PyMethodDef session_methods[] = {
    {"_open", Session_open, METH_VARARGS, NULL},
    {"add", FAST(Session_add), "add($self, instance)\n--\n\nPuts an instance into the session."},
    {"add_all", Session_add_all, METH_O, "add_all($self, instances, /)\n--\n\nPuts several instances into the session."},
    {"expunge", Session_expunge, METH_O, "expunge($self, instance, /)\n--\n\nTakes an instance out of the session."},
    {"delete", Session_delete, METH_O, "delete($self, instance, /)\n--\n\nMarks an instance for deletion."},
    {"_expire", Session_expire, METH_VARARGS, NULL},
    {"_refresh", Session_refresh, METH_VARARGS, NULL},
    {"_contains", Session_contains, METH_O, NULL},
    {"_flush", Session_flush_all, METH_NOARGS, NULL},
    {"commit", Session_commit, METH_NOARGS, "commit($self, /)\n--\n\nFlushes and commits the transaction."},
    {"rollback", Session_rollback, METH_NOARGS, "rollback($self, /)\n--\n\nRolls the transaction back."},
    {"_begin", Session_begin_root, METH_NOARGS, NULL},
    {"_begin_nested", Session_begin_savepoint, METH_NOARGS, NULL},
    {"_prepare_commit", Session_prepare_commit, METH_NOARGS, NULL},
    {"_commit_to", Session_commit_to, METH_O, NULL},
    {"_rollback_to", Session_rollback_to, METH_O, NULL},
    {"_close", Session_close_all, METH_NOARGS, NULL},
    {"_list", Session_list, METH_O, NULL},
    {"_row_deleted", Session_row_deleted, METH_O, "_row_deleted($self, instance, /)\n--\n\nA statement deleted its row."},
    {"expunge_all", Session_expunge_all, METH_NOARGS, "expunge_all($self, /)\n--\n\nTakes all instances out of the session."},
    {"expire_all", Session_expire_all, METH_NOARGS, "expire_all($self, /)\n--\n\nForgets the loaded values of all instances."},
    {"_is_modified", Session_is_modified, METH_VARARGS, NULL},
    {"_configure", Session_configure, METH_VARARGS, NULL},
    {"_set_events", Session_events, METH_O, NULL},
    {"get", FAST(Session_get), "get($self, entity, ident, **options)\n--\n\nThe instance with that primary key, or None."},
    {"_get", Session_get_with, METH_VARARGS, NULL},
    {"_find", Session_find, METH_VARARGS, NULL},
    {"_names_no_row", Session_names_no_row, METH_VARARGS, NULL},
    {"_prepare", Session_prepare, METH_O, NULL},
    {"_run", Session_run, METH_VARARGS, NULL},
    {"_stream", Session_stream, METH_VARARGS, NULL},
    {"execute", FAST(Session_execute), "execute($self, statement, params=None, **options)\n--\n\nRuns a statement."},
    {"scalars", FAST(Session_scalars), "scalars($self, statement, params=None, **options)\n--\n\nFirst values of the rows."},
    {"scalar", FAST(Session_scalar), "scalar($self, statement, params=None, **options)\n--\n\nFirst value of the first row."},
    {"_connection", Session_connection, METH_VARARGS, NULL},
    {"_without_raise", Session_without_raise, METH_O, NULL},
    {"_join", Session_join, METH_VARARGS, NULL},
    {NULL}};
static PyGetSetDef session_getset[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                       {"_depth", Session_depth, NULL, "Levels of transaction under way.", NULL},
                                       {"_within", Session_within, Session_set_within, "The level that a block stands for; 0: none.", NULL},
                                       {"is_active", Session_is_active, NULL, "False while a failed flush waits for rollback().", NULL},
                                       {NULL}};
static PyMemberDef session_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(cmpy_session, dict), READONLY, NULL},
                                        {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_session, weak), READONLY, NULL},
                                        {"_listened", T_BOOL, offsetof(cmpy_session, listened), 0, NULL},
                                        {"_optioned", T_BOOL, offsetof(cmpy_session, optioned), 0, NULL},
                                        {"_ask_bind", T_BOOL, offsetof(cmpy_session, ask_bind), 0, NULL},
                                        {"_bind", T_OBJECT, offsetof(cmpy_session, bind), 0, NULL},
                                        {NULL}};
static PyType_Slot session_slots[] = {{Py_tp_doc, "Identity map, unit of work and transaction."},
                                      {Py_tp_dealloc, Session_dealloc},
                                      {Py_tp_traverse, Session_traverse},
                                      {Py_tp_clear, Session_clear},
                                      {Py_tp_methods, session_methods},
                                      {Py_tp_getset, session_getset},
                                      {Py_tp_members, session_members},
                                      {0, NULL}};
static PyType_Spec session_spec = {"cormorant._core.Session", sizeof(cmpy_session), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, session_slots};

int cmpy_session_setup(PyObject *m) {
    cmpy_st->orm.enter = cmpy_session_enter;
    cmpy_st->orm.leave = cmpy_session_leave;
    cmpy_st->Session = PyType_FromModuleAndSpec(m, &session_spec, NULL);
    return cmpy_st->Session ? PyModule_AddObjectRef(m, "Session", cmpy_st->Session) : -1;
}
