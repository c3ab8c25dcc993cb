/* The host seam: what the core asks of Python. This file assembles the vtable from the rooms, which have the larger entries, and
 * holds what belongs to none of them. */
#include "python/orm/orm.h"

/* The thread state of a thread that has left the interpreter, innermost first is enough: leave and enter alternate. */
static _Thread_local PyThreadState *left_state;

static void *host_none(cm_ctx *cx) {
    (void)cx;
    return Py_None;
}

static void host_retain(cm_ctx *cx, void *value) {
    (void)cx;
    Py_XINCREF((PyObject *)value);
}

static void host_release(cm_ctx *cx, void *value) {
    (void)cx;
    Py_XDECREF((PyObject *)value);
}

static void host_leave(cm_ctx *cx) {
    (void)cx;
    left_state = PyEval_SaveThread();
}

static void host_enter(cm_ctx *cx) {
    (void)cx;
    PyThreadState *state = left_state;
    left_state = NULL;
    if (state) PyEval_RestoreThread(state);
}

/* Signals: KeyboardInterrupt stops a long statement. May be asked with the host left or held. */
static cm_status host_check(cm_ctx *cx) {
    bool away = left_state != NULL;
    if (away) host_enter(cx);
    cm_status st = PyErr_CheckSignals() < 0 ? CM_E_HOST : CM_OK;
    if (away) host_leave(cx);
    return st;
}

static cm_status host_value_type(cm_ctx *cx, void *value, const cm_type **out) {
    *out = cmpy_literal_type(value);
    cm_type_retain(cx, *out);
    return CM_OK;
}

static cm_status host_sequence_size(cm_ctx *cx, void *value, size_t *out) {
    (void)cx;
    Py_ssize_t n = PyObject_Size(value);
    if (n < 0) return CM_E_HOST;
    *out = (size_t)n;
    return CM_OK;
}

static cm_status host_warn(cm_ctx *cx, const char *category, const char *message) {
    (void)cx;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const bool refused = cmpy_warn(category && *category ? category : "SAWarning", "%s", message) < 0;
    if (refused && !type) return CM_E_HOST; /* filters made it an exception */
    if (refused) PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, traceback);
    return CM_OK;
}

static void *host_set_aside(cm_ctx *cx) {
    (void)cx;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (!type) return NULL;
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace) PyException_SetTraceback(value, trace);
    Py_DECREF(type);
    Py_XDECREF(trace);
    return value;
}

static void host_put_back(cm_ctx *cx, void *failure) {
    (void)cx;
    PyObject *value = failure, *trace = PyException_GetTraceback(value);
    PyErr_Clear();
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(value)), value, trace);
}

static cm_status host_bundle_value(cm_ctx *cx, cm_node *bundle, void *const *values, size_t n, void **out) {
    (void)cx;
    PyObject *hook = cmpy_hook(CMPY_HOOK_bundle_value), *row = hook ? PyTuple_New((Py_ssize_t)n) : NULL;
    for (size_t i = 0; row && i < n; i++) PyTuple_SET_ITEM(row, (Py_ssize_t)i, Py_NewRef((PyObject *)values[i]));
    *out = row ? PyObject_CallFunctionObjArgs(hook, CMPY_NODE_OBJECT(bundle), row, NULL) : NULL;
    Py_XDECREF(row);
    return *out ? CM_OK : CM_E_HOST;
}

const cm_host cmpy_host = {
    .version = 1,
    .locked = true, /* the GIL: builds without it turn it on when they import this module */
    .none = host_none,
    .retain = host_retain,
    .release = host_release,
    .encode = cmpy_encode,
    .decode = cmpy_decode,
    .decode_row = cmpy_decode_row,
    .equal = cmpy_equal,
    .hash = cmpy_hash,
    .sequence = cmpy_sequence,
    .mapping_get = cmpy_mapping_get,
    .mapping_keys = cmpy_mapping_keys,
    .call_default = cmpy_call_default,
    .next_version = cmpy_next_version,
    .describe = cmpy_describe,
    .node_alloc = cmpy_node_alloc,
    .node_ready = cmpy_node_ready,
    .nodes_retain = cmpy_nodes_retain,
    .nodes_release = cmpy_nodes_release,
    .node_class = cmpy_node_class,
    .node_copied = cmpy_node_copied,
    .node_compile = cmpy_node_compile,
    .table_freeze = cmpy_table_freeze,
    .inst_alloc = cmpy_inst_alloc,
    .inst_object = cmpy_inst_object,
    .object_inst = cmpy_object_inst,
    .dict_get = cmpy_dict_get,
    .dict_set = cmpy_dict_set,
    .value_stored = cmpy_value_stored,
    .coll_new = cmpy_coll_new,
    .coll_add = cmpy_coll_add,
    .coll_remove = cmpy_coll_remove,
    .coll_members = cmpy_coll_members,
    .coll_adopt = cmpy_coll_adopt,
    .event = cmpy_event,
    .implicit_load = cmpy_implicit_load,
    .session_bind = cmpy_session_bind,
    .session_opened = cmpy_session_opened,
    .value_node = cmpy_value_node,
    .bundle_value = host_bundle_value,
    .warn = host_warn,
    .set_aside = host_set_aside,
    .put_back = host_put_back,
    .leave = host_leave,
    .enter = host_enter,
    .check = host_check,
    .call_site = cmpy_call_site,
    .call_site_text = cmpy_call_site_text,
    .value_type = host_value_type,
    .sequence_size = host_sequence_size,
    .node_class_id = cmpy_node_class_id,
    .type_for = cmpy_type_for,
    .type_spell = cmpy_type_spell,
    .type_wrap = cmpy_type_wrap,
};
