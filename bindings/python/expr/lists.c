/* Lists given at execution: `x IN :list` is spelled with as many placeholders as its value has items, so the value has to be in
 * the statement by the time its plan is looked for. */
#include "python/expr/expr.h"

static cm_status find_list(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    (void)cx;
    (void)descend;
    if (node->kind == CM_N_BIND && (node->flags & CM_FLAG_EXPANDING) && !(node->flags & CM_FLAG_UNIQUE)) *(bool *)user = true;
    return CM_OK;
}

PyObject *cmpy_fill_lists(PyObject *stmt, void *const *params, size_t nparams) {
    bool found = false;
    if (nparams == 1 && CMPY_NODE(stmt)->kind != CM_N_INSERT) {
        cm_status st = cm_node_walk(cmpy_cx(), CMPY_NODE(stmt), find_list, &found);
        if (st) return cmpy_raise(cmpy_cx(), st);
    }
    if (found && PyMapping_Check((PyObject *)params[0])) return PyObject_CallMethod(stmt, "params", "O", (PyObject *)params[0]);
    return Py_NewRef(stmt);
}
