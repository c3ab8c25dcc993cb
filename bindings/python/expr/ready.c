/* Mappers that were declared since the last statement: the hook `configure` of the package completes them. */
#include "python/expr/expr.h"

int cmpy_orm_pending;

int cmpy_configure(PyObject *about) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_configure], *r;
    if (!hook) return 0;
    r = PyObject_CallOneArg(hook, about);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

static cm_status find_mapped(cm_ctx *cx, void *found, cm_node *node, bool *descend) {
    (void)cx;
    (void)descend;
    if (node->kind == CM_N_ATTR || node->kind == CM_N_ENTITY) *(bool *)found = true;
    return CM_OK;
}

int cmpy_configure_for(cm_node *stmt) {
    bool found = false;
    cm_status st = cm_node_walk(cmpy_cx(), stmt, find_mapped, &found);
    if (st) return cmpy_raise_int(cmpy_cx(), st);
    return found ? cmpy_configure(CMPY_NODE_OBJECT(stmt)) : 0;
}
