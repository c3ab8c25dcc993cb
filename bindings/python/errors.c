/* Statuses of the core -> Python exceptions; the one place.
 *
 * The class comes from CM_STATUS_LIST and is looked up in cormorant.exc, cormorant.orm.exc and the builtins. What the
 * database said (CM_E_DB and above) is wrapped as the reference wraps it: `orig` is an exception of cormorant.dbapi with
 * the database's own codes, the outer one carries statement and parameters. A failure that the host itself reported
 * (CM_E_HOST) is the exception that is set already.
 */
#include "python/core.h"

static PyObject *import_once(PyObject **slot, const char *name) {
    if (!*slot) *slot = PyImport_ImportModule(name);
    return *slot;
}

PyObject *cmpy_exc_class(const char *name) {
    PyObject **modules[] = {&cmpy_st->exc, &cmpy_st->orm_exc};
    static const char *const names[] = {"cormorant.exc", "cormorant.orm.exc"};
    for (int i = 0; i < 2; i++) {
        PyObject *module = import_once(modules[i], names[i]);
        if (!module) return NULL;
        PyObject *cls = PyObject_GetAttrString(module, name);
        if (cls) {
            Py_DECREF(cls); /* the module keeps it */
            return cls;
        }
        PyErr_Clear();
    }
    PyObject *builtin = cmpy_dict_find(PyEval_GetBuiltins(), name);
    if (!builtin && !PyErr_Occurred()) PyErr_Format(PyExc_SystemError, "cormorant has no exception class %s", name);
    return builtin;
}

const char *cmpy_c_string(PyObject *text, const char *what) {
    Py_ssize_t n;
    const char *p = PyUnicode_AsUTF8AndSize(text, &n);
    if (!p || strlen(p) == (size_t)n) return p;
    PyErr_Format(PyExc_ValueError, "%s contains a NUL character: %R", what, text);
    return NULL;
}

int cmpy_warn(const char *category, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *message = PyUnicode_FromFormatV(format, args), *cls = message ? cmpy_exc_class(category) : NULL;
    va_end(args);
    PyObject *module = cls ? PyImport_ImportModule("warnings") : NULL;
    PyObject *answer = module ? PyObject_CallMethod(module, "warn", "OO", message, cls) : NULL;
    Py_XDECREF(message);
    Py_XDECREF(module);
    Py_XDECREF(answer);
    return answer ? 0 : -1;
}

void cmpy_raise_exc(const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *text = PyUnicode_FromFormatV(format, args), *cls = text ? cmpy_exc_class(name) : NULL;
    va_end(args);
    PyObject *exc = cls ? PyObject_CallOneArg(cls, text) : NULL;
    if (exc) PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
    Py_XDECREF(exc);
    Py_XDECREF(text);
}

static PyObject *text_or_none(const char *p) {
    return p && *p ? PyUnicode_DecodeUTF8(p, (Py_ssize_t)strlen(p), "replace") : Py_NewRef(Py_None);
}

static int set_text(PyObject *o, const char *name, const char *text) {
    PyObject *value = text_or_none(text);
    int st = value ? PyObject_SetAttrString(o, name, value) : -1;
    Py_XDECREF(value);
    return st;
}

/* The PEP 249 module that would have raised it. Codes of SQLite have names, those of MySQL have none, PostgreSQL has SQLSTATEs. */
static const char *dbapi_module(const cm_error *e) {
    if (e->code && !e->code_name) return "cormorant.dialects.mysql.dbapi";
    return *e->sqlstate ? "cormorant.dialects.postgresql.dbapi" : "cormorant.dbapi";
}

static int set_codes(PyObject *exc, const cm_error *e) {
    PyObject *code = e->code_name ? PyLong_FromLong(e->code) : NULL;
    int st = e->code_name && (!code || PyObject_SetAttrString(exc, "sqlite_errorcode", code) < 0) ? -1 : 0;
    Py_XDECREF(code);
    if (!st && e->code_name) st = set_text(exc, "sqlite_errorname", e->code_name);
    if (!st) st = set_text(exc, "sqlstate", e->sqlstate);
    if (!st && !e->code) st = set_text(exc, "pgcode", e->sqlstate);
    return st ? st : set_text(exc, "constraint_name", e->constraint);
}

/* The exception a PEP 249 module would have raised. */
static PyObject *dbapi_exception(const cm_error *e, const char *name) {
    PyObject *module = PyImport_ImportModule(dbapi_module(e));
    if (!module) return NULL;
    PyObject *cls = PyObject_GetAttrString(module, name), *exc = NULL;
    Py_DECREF(module);
    if (!cls) {
        PyErr_Clear();
        return PyObject_CallFunction(PyExc_Exception, "s", e->message);
    }
    PyObject *message =
        e->subject && *e->subject ? PyUnicode_FromFormat("%s (column or parameter: %s)", e->message, e->subject) : text_or_none(e->message);
    bool numbered = e->code && !e->code_name;
    if (message) exc = numbered ? PyObject_CallFunction(cls, "iO", e->code, message) : PyObject_CallOneArg(cls, message);
    if (exc && set_codes(exc, e) < 0) Py_CLEAR(exc);
    Py_XDECREF(message);
    Py_DECREF(cls);
    return exc;
}

/* IntegrityError(statement, params, orig, connection_invalidated=...) */
static PyObject *database_error(PyObject *cls, const cm_error *e, const char *name) {
    PyObject *orig = dbapi_exception(e, name), *sql = NULL, *exc = NULL;
    if (!orig) return NULL;
    sql = text_or_none(e->sql);
    PyObject *args = sql ? Py_BuildValue("(OOO)", sql, Py_None, orig) : NULL;
    PyObject *kwargs =
        args ? Py_BuildValue("{s:O,s:O}", "hide_parameters", Py_True, "connection_invalidated", e->disconnected ? Py_True : Py_False)
             : NULL;
    if (kwargs) exc = PyObject_Call(cls, args, kwargs);
    if (exc) {
        PyObject *retry = e->retryable ? Py_True : Py_False;
        if (PyObject_SetAttrString(exc, "retryable", retry) < 0) PyErr_Clear();
        PyException_SetCause(exc, Py_NewRef(orig));
    }
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(sql);
    Py_DECREF(orig);
    return exc;
}

/* StatementError(message, statement, params, orig): a value that does not fit, or is missing. */
static PyObject *statement_error(PyObject *cls, const cm_error *e, cm_status st) {
    PyObject *plain = st == CM_E_MISSING_BIND ? cmpy_exc_class("InvalidRequestError") : PyExc_ValueError;
    if (!plain) return NULL;
    PyObject *text = text_or_none(e->message), *sql = text_or_none(e->sql), *orig = NULL, *exc = NULL, *message = NULL;
    if (text && sql && (orig = PyObject_CallOneArg(plain, text))) {
        message =
            PyUnicode_FromFormat("(%s) %U", st == CM_E_MISSING_BIND ? "cormorant.exc.InvalidRequestError" : "builtins.ValueError", text);
        if (message) exc = PyObject_CallFunction(cls, "OOOO", message, sql, Py_None, orig);
        if (exc) PyException_SetCause(exc, Py_NewRef(orig));
    }
    Py_XDECREF(message);
    Py_XDECREF(orig);
    Py_XDECREF(sql);
    Py_XDECREF(text);
    return exc;
}

/* Classes whose constructors want more than a sentence. */
static PyObject *plain_error(PyObject *cls, const cm_error *e, const char *name) {
    PyObject *text = text_or_none(e->message), *exc = NULL;
    if (!text) return NULL;
    if (!strcmp(name, "NoReferencedTableError")) exc = PyObject_CallFunction(cls, "Oz", text, e->subject);
    else if (!strcmp(name, "NoReferencedColumnError")) exc = PyObject_CallFunction(cls, "Ozz", text, NULL, e->subject);
    else if (!strcmp(name, "CircularDependencyError")) exc = PyObject_CallFunction(cls, "O[][]", text);
    else if (!strcmp(name, "ObjectDeletedError") || !strcmp(name, "UnmappedInstanceError"))
        exc = PyObject_CallFunction(cls, "OO", Py_None, text);
    else exc = PyObject_CallOneArg(cls, text);
    Py_DECREF(text);
    return exc;
}

static PyObject *build_exception(const cm_error *e, cm_status st) {
    const char *name = cm_status_exception(st);
    PyObject *cls = cmpy_exc_class(name);
    if (!cls) return NULL;
    if (st >= CM_E_DB) return database_error(cls, e, st == CM_E_OUTCOME_UNKNOWN ? "OperationalError" : name);
    if (st == CM_E_VALUE || st == CM_E_MISSING_BIND) return statement_error(cls, e, st);
    return plain_error(cls, e, name);
}

/* Statement errors tell what was going on when the database refused. */
static void add_note(PyObject *exc, const char *note) {
    if (!note || !PyObject_HasAttrString(exc, "add_detail")) return;
    PyObject *r = PyObject_CallMethod(exc, "add_detail", "s", note);
    if (!r) PyErr_Clear();
    Py_XDECREF(r);
}

#define COLUMN_AT_FAULT "column or parameter: %s"
/* Shown under the traceback, not in the message, which programs compare. */
static void add_line(PyObject *exc, const char *format, const char *what) {
    PyObject *text = PyUnicode_FromFormat(format, what);
    PyObject *r = text ? PyObject_CallMethod(exc, "add_note", "O", text) : NULL;
    if (!r) PyErr_Clear();
    Py_XDECREF(r);
    Py_XDECREF(text);
}

/* A StatementError that a callback raised learns what only the core knows: the column at fault and the statement. */
static int complete(PyObject *exc, const cm_error *e) {
    PyObject *message = PyObject_GetAttrString(exc, "args"), *first = NULL, *args = NULL, *sql = NULL;
    int st = -1;
    if (message && PyTuple_Check(message) && PyTuple_GET_SIZE(message) > 0)
        first = PyUnicode_FromFormat("%S (column or parameter: %s)", PyTuple_GET_ITEM(message, 0), e->subject);
    if (first) args = PyTuple_Pack(1, first);
    if (args) st = PyObject_SetAttrString(exc, "args", args);
    if (!st && e->sql && (sql = text_or_none(e->sql))) st = PyObject_SetAttrString(exc, "statement", sql);
    Py_XDECREF(sql);
    Py_XDECREF(args);
    Py_XDECREF(first);
    Py_XDECREF(message);
    return st;
}

/* A type that cannot be spelled: where it stands. */
static void place_definition(PyObject *exc, const cm_error *e) {
    PyObject *text = PyUnicode_FromFormat("%s: %S", e->subject, exc), *args = text ? PyTuple_Pack(1, text) : NULL;
    if (args) PyObject_SetAttrString(exc, "args", args);
    Py_XDECREF(args);
    Py_XDECREF(text);
}

static void complete_pending(const cm_error *e) {
    PyObject *type = NULL, *value = NULL, *trace = NULL, *cls = NULL;
    if (!e || !e->subject) return;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    cls = cmpy_exc_class("StatementError");
    if (cls && value && PyObject_IsInstance(value, cls) == 1) complete(value, e);
    else if (cls && value && *e->subject == '(') place_definition(value, e);
    else if (value) add_line(value, COLUMN_AT_FAULT, e->subject);
    PyErr_Clear(); /* the failure itself is what counts */
    PyErr_Restore(type, value, trace);
}

PyObject *cmpy_failure(cm_ctx *cx, cm_status st) {
    const cm_error *seen = cm_ctx_error(cx);
    cm_error e = {.status = st, .message = cm_status_text(st)};
    if (seen && seen->status == st) e = *seen;
    return build_exception(&e, st);
}

PyObject *cmpy_raise(cm_ctx *cx, cm_status st) {
    if (st == CM_E_HOST) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "a callback failed without an exception");
        complete_pending(cm_ctx_error(cx));
    } else if (st == CM_E_NOMEM) {
        PyErr_NoMemory();
    } else {
        const cm_error *seen = cm_ctx_error(cx);
        cm_error e = {.status = st, .message = cm_status_text(st)};
        if (seen && seen->status == st) e = *seen;
        PyErr_Clear();
        PyObject *exc = build_exception(&e, st);
        if (exc) add_note(exc, e.note);
        if (exc && e.subject && PyErr_GivenExceptionMatches(exc, PyExc_ValueError)) add_line(exc, COLUMN_AT_FAULT, e.subject);
        if (exc && e.object) add_line(exc, "raised while the row of %s was being written", e.object);
        if (exc) PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
        Py_XDECREF(exc);
    }
    cm_ctx_clear(cx);
    return NULL;
}

int cmpy_raise_int(cm_ctx *cx, cm_status st) {
    cmpy_raise(cx, st);
    return -1;
}
