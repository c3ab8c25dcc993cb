/* Values that nobody gave: Python defaults of columns, and the next version of a row. */
#include "python/orm/orm.h"

static cm_status add_row_value(void *user, const cm_column *column, void *value) {
    const char *name = cm_column_name(column);
    PyObject *key = cmpy_name(name, strlen(name));
    int st = key ? PyDict_SetItem(user, key, value) : -1;
    Py_XDECREF(key);
    return st < 0 ? CM_E_HOST : CM_OK;
}

/* Calls a default that was marked by the package as wanting a context: it gets the instance, or the row's values and the
 * connection. */
static cm_status call_with_context(cm_ctx *cx, PyObject *function, cm_inst *inst, void **out) {
    PyObject *subject = inst ? Py_XNewRef((PyObject *)cmpy_inst_object(inst)) : PyDict_New();
    cm_conn *conn = inst ? NULL : cm_ctx_row_conn(cx);
    PyObject *connection = conn ? cmpy_connection_borrow(conn, NULL) : Py_NewRef(Py_None);
    cm_status st = !subject || !connection ? CM_E_HOST : inst ? CM_OK : cm_ctx_row_values(cx, add_row_value, subject);
    *out = st ? NULL : PyObject_CallFunctionObjArgs(function, subject, connection, NULL);
    Py_XDECREF(subject);
    Py_XDECREF(connection);
    return st ? st : *out ? CM_OK : cmpy_wrap_pending();
}

cm_status cmpy_call_default(cm_ctx *cx, void *value, cm_mapper *mapper, cm_inst *inst, void **out) {
    (void)mapper;
    PyObject *v = value, *hook;
    if (!PyCallable_Check(v)) {
        *out = Py_NewRef(v);
        return CM_OK;
    }
    if ((hook = cmpy_st->hooks[CMPY_HOOK_ContextDefault]) && Py_TYPE(v) == (PyTypeObject *)hook) return call_with_context(cx, v, inst, out);
    *out = PyObject_CallNoArgs(v);
    return *out ? CM_OK : cmpy_wrap_pending();
}

cm_status cmpy_next_version(cm_ctx *cx, void *generator, void *current, void **out) {
    (void)cx;
    if (!generator) { /* counts from one */
        PyObject *one = PyLong_FromLong(1);
        *out = one && current ? PyNumber_Add(current, one) : Py_XNewRef(one);
        Py_XDECREF(one);
    } else {
        *out = PyObject_CallOneArg(generator, current ? current : Py_None);
    }
    return *out ? CM_OK : CM_E_HOST;
}
