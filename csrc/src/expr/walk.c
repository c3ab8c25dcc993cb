/* The walker: every pass over a tree is a callback of it. Iterative, with its stack on the heap, because trees may be a
 * million nodes deep; a node that occurs several times is visited once. */
#include "expr/expr.h"

/* A stack entry with this bit asks for the node to be left, not entered. */
#define LEAVE ((uintptr_t)1)

static cm_status push(cm_ctx *cx, cm_objs *stack, cm_node *n) { return n ? cm_objs_add(cx, stack, n) : CM_OK; }

static cm_status push_backwards(cm_ctx *cx, cm_objs *stack, cm_node *const *v, size_t n) {
    cm_status st = CM_OK;
    while (n-- && !st) st = push(cx, stack, v[n]);
    return st;
}

cm_status cm_node__push_parts(cm_ctx *cx, cm_objs *stack, const cm_node *n) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    cm_status st = CM_OK;
    switch (info->layout) {
    case CM_LAYOUT_K: return push_backwards(cx, stack, n->u.k.kid, info->nkids);
    case CM_LAYOUT_N:
        if (n->u.n.block) st = push_backwards(cx, stack, cm_block_nodes(n->u.n.block), n->u.n.block->n);
        return st ? st : push(cx, stack, n->u.n.kid);
    case CM_LAYOUT_A: st = push(cx, stack, n->u.attr.entity); return st ? st : push(cx, stack, n->u.attr.expr);
    case CM_LAYOUT_C: return n->kind == CM_N_PROXY ? push(cx, stack, n->u.col.table) : CM_OK;
    default: return CM_OK;
    }
}

static bool is_leaf(const cm_node *n) {
    uint8_t layout = cm__kinds[n->kind].layout;
    return layout == CM_LAYOUT_B || (layout == CM_LAYOUT_C && n->kind != CM_N_PROXY);
}

static cm_status enter(cm_ctx *cx, cm_objs *stack, cm_node *n, cm_visit pre, cm_visit post, void *user) {
    bool descend = true;
    cm_status st = pre ? pre(cx, user, n, &descend) : CM_OK;
    if (!st && post) st = cm_objs_add(cx, stack, (void *)((uintptr_t)n | LEAVE));
    if (!st && descend) st = cm_node__push_parts(cx, stack, n);
    return st;
}

cm_status cm_node__walk2(cm_ctx *cx, cm_node *tree, cm_visit pre, cm_visit post, void *user) {
    cm_objs stack = {0};
    cm_map visited = {0};
    bool unused = true;
    cm_status st = push(cx, &stack, tree);
    while (!st && stack.n) {
        uintptr_t top = (uintptr_t)stack.v[--stack.n];
        cm_node *n = (cm_node *)(top & ~LEAVE);
        if (top & LEAVE) {
            st = post(cx, user, n, &unused);
        } else if (!cm_map__get(&visited, cm__ptr_key(n))) {
            bool alone = n == tree && is_leaf(n);
            st = alone ? CM_OK : cm_map__put(cx, &visited, cm__ptr_key(n), n);
            if (!st) st = enter(cx, &stack, n, pre, post, user);
        }
    }
    cm_map__dispose(cx, &visited);
    cm_objs_free(cx, &stack);
    return st;
}

cm_status cm_node_walk(cm_ctx *cx, cm_node *tree, cm_visit visit, void *user) { return cm_node__walk2(cx, tree, visit, NULL, user); }
