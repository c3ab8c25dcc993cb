/* The module's state, and contexts for operations that may let other threads run: the list is guarded by the GIL. */
#include "python/core.h"

cmpy_state *cmpy_st;

cm_ctx *cmpy_cx_take(void) {
    if (cmpy_st->nfree_cx > 0) return cmpy_st->free_cx[--cmpy_st->nfree_cx];
    cm_ctx *cx = NULL;
    if (cm_ctx_child(cmpy_st->cx, &cx) != CM_OK) PyErr_NoMemory();
    return cx;
}

void cmpy_cx_give(cm_ctx *cx) {
    if (!cx) return;
    cm_ctx_clear(cx);
    if (cmpy_st->nfree_cx < (int)(sizeof cmpy_st->free_cx / sizeof cmpy_st->free_cx[0])) cmpy_st->free_cx[cmpy_st->nfree_cx++] = cx;
    else cm_ctx_free(cx);
}
