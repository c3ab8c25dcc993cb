/* Python functions inside SQLite: what `connect` listeners add to a connection (create_function, create_collation,
 * create_aggregate). SQLite calls them while a statement runs, perhaps with the host left, so each takes the GIL. */
#include "python/engine/engine.h"

#include <sqlite3.h>
#include <string.h>

static PyObject *value_object(sqlite3_value *v) {
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return PyLong_FromLongLong(sqlite3_value_int64(v));
    case SQLITE_FLOAT: return PyFloat_FromDouble(sqlite3_value_double(v));
    case SQLITE_TEXT: return PyUnicode_FromStringAndSize((const char *)sqlite3_value_text(v), sqlite3_value_bytes(v));
    case SQLITE_BLOB: return PyBytes_FromStringAndSize(sqlite3_value_blob(v), sqlite3_value_bytes(v));
    default: return Py_NewRef(Py_None);
    }
}

static PyObject *arguments(int n, sqlite3_value **v) {
    PyObject *args = PyTuple_New(n);
    for (int i = 0; args && i < n; i++) {
        PyObject *value = value_object(v[i]);
        if (value) PyTuple_SET_ITEM(args, i, value);
        else Py_CLEAR(args);
    }
    return args;
}

/* Hands a Python value to SQLite; what it cannot take, and exceptions, become an SQL error. take_value may be NULL. */
static void set_result(sqlite3_context *context, PyObject *take_value, const char *failure) {
    PyObject *v = take_value;
    Py_ssize_t n;
    if (v == Py_None) sqlite3_result_null(context);
    else if (v && PyLong_Check(v)) {
        long long i = PyLong_AsLongLong(v);
        if (i != -1 || !PyErr_Occurred()) sqlite3_result_int64(context, i);
    } else if (v && PyFloat_Check(v)) sqlite3_result_double(context, PyFloat_AS_DOUBLE(v));
    else if (v && PyUnicode_Check(v)) {
        const char *text = PyUnicode_AsUTF8AndSize(v, &n);
        if (text) sqlite3_result_text64(context, text, (sqlite3_uint64)n, SQLITE_TRANSIENT, SQLITE_UTF8);
    } else if (v && PyBytes_Check(v))
        sqlite3_result_blob64(context, PyBytes_AS_STRING(v), (sqlite3_uint64)PyBytes_GET_SIZE(v), SQLITE_TRANSIENT);
    else if (v) PyErr_SetString(PyExc_TypeError, "a value that SQLite knows was expected");
    if (PyErr_Occurred() || !v) {
        PyErr_Clear();
        sqlite3_result_error(context, failure, -1);
    }
    Py_XDECREF(v);
}

static void call_function(sqlite3_context *context, int n, sqlite3_value **v) {
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *args = arguments(n, v), *answer = args ? PyObject_CallObject(sqlite3_user_data(context), args) : NULL;
    Py_XDECREF(args);
    set_result(context, answer, "user-defined function raised exception");
    PyGILState_Release(gil);
}

static void step_aggregate(sqlite3_context *context, int n, sqlite3_value **v) {
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject **self = sqlite3_aggregate_context(context, sizeof *self), *args = NULL, *answer = NULL, *method = NULL;
    if (self && !*self) *self = PyObject_CallNoArgs(sqlite3_user_data(context));
    if (self && *self && (args = arguments(n, v)) && (method = PyObject_GetAttrString(*self, "step")))
        answer = PyObject_CallObject(method, args);
    if (!answer) {
        PyErr_Clear();
        sqlite3_result_error(context, "user-defined aggregate's 'step' method raised error", -1);
    }
    Py_XDECREF(answer);
    Py_XDECREF(method);
    Py_XDECREF(args);
    PyGILState_Release(gil);
}

static void end_aggregate(sqlite3_context *context) {
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject **self = sqlite3_aggregate_context(context, 0);
    if (self && *self) {
        set_result(context, PyObject_CallMethod(*self, "finalize", NULL), "user-defined aggregate's 'finalize' method raised error");
        Py_CLEAR(*self);
    }
    PyGILState_Release(gil);
}

static int call_collation(void *user, int na, const void *a, int nb, const void *b) {
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *answer = PyObject_CallFunction(user, "s#s#", a, (Py_ssize_t)na, b, (Py_ssize_t)nb);
    long order = answer ? PyLong_AsLong(answer) : 0;
    Py_XDECREF(answer);
    PyErr_Clear();
    PyGILState_Release(gil);
    return order < 0 ? -1 : order > 0;
}

static void drop_object(void *user) {
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_XDECREF((PyObject *)user);
    PyGILState_Release(gil);
}

static PyObject *outcome(sqlite3 *db, int rc) {
    if (rc == SQLITE_OK) Py_RETURN_NONE;
    cmpy_raise_exc("OperationalError", "%s", sqlite3_errmsg(db));
    return NULL;
}

static PyObject *create_function(PyObject *m, PyObject *args) {
    (void)m;
    Py_ssize_t address;
    const char *name;
    int n, deterministic, aggregate;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "nsiOpp", &address, &name, &n, &callable, &deterministic, &aggregate)) return NULL;
    sqlite3 *db = (sqlite3 *)address;
    int flags = SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0);
    if (callable == Py_None) return outcome(db, sqlite3_create_function_v2(db, name, n, flags, NULL, NULL, NULL, NULL, NULL));
    Py_INCREF(callable); /* SQLite calls drop_object also when it refuses */
    return outcome(db, sqlite3_create_function_v2(db, name, n, flags, callable, aggregate ? NULL : call_function,
                                                  aggregate ? step_aggregate : NULL, aggregate ? end_aggregate : NULL, drop_object));
}

/* SQLite reads x REGEXP y as regexp(y, x), and has no such function. */
int cmpy_sqlite_greet(void *native) {
    PyObject *regexp = cmpy_st->hooks[CMPY_HOOK_sqlite_regexp];
    if (!regexp) return 0;
    Py_INCREF(regexp);
    PyObject *done = outcome(native, sqlite3_create_function_v2(native, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, regexp,
                                                                call_function, NULL, NULL, drop_object));
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static PyObject *create_collation(PyObject *m, PyObject *args) {
    (void)m;
    Py_ssize_t address;
    const char *name;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "nsO", &address, &name, &callable)) return NULL;
    sqlite3 *db = (sqlite3 *)address;
    if (callable == Py_None) return outcome(db, sqlite3_create_collation_v2(db, name, SQLITE_UTF8, NULL, NULL, NULL));
    Py_INCREF(callable);
    int rc = sqlite3_create_collation_v2(db, name, SQLITE_UTF8, callable, call_collation, drop_object);
    if (rc) Py_DECREF(callable); /* here SQLite does not */
    return outcome(db, rc);
}

static PyMethodDef functions[] = {
    {"sqlite_create_function", create_function, METH_VARARGS,
     "sqlite_create_function($module, handle, name, narg, callable, deterministic, aggregate, /)\n--\n\nAdds a function to a connection."},
    {"sqlite_create_collation", create_collation, METH_VARARGS,
     "sqlite_create_collation($module, handle, name, callable, /)\n--\n\nAdds a collation to a connection."},
    {NULL, NULL, 0, NULL},
};

int cmpy_dbapi_sqlite_setup(PyObject *m) { return PyModule_AddFunctions(m, functions); }
