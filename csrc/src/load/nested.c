/* nested.c: ORM constructs inside subqueries.
 *
 * select(User).join(...).subquery() inside another statement is an ORM statement too: entities in its columns, joins along
 * relationships, single-table criteria. Innermost first, each such SELECT is made plain; whatever has identity and
 * contains one (SUBQUERY, CTE, an aliased entity over one) is rebuilt once and remembered, so that all who refer to it
 * refer to the same new one. Runs when a statement is expanded, that is once per shape.
 */
#include "load/load.h"

typedef struct nested {
    cm_node *root;
    cm_objs from, to; /* rebuilt nodes; `to` is owned */
} nested;

static bool is_orm(const cm_node *n) {
    if (n->kind == CM_N_OF_TYPE) return true;
    return n->kind == CM_N_ENTITY || n->kind == CM_N_ATTR || n->kind == CM_N_BUNDLE;
}

/* Whether a SELECT says something that only the ORM understands. */
static bool needs_orm(const cm_node *select) {
    static const int looked_at[] = {CM_SEG_COLUMNS, CM_SEG_FROM};
    size_t n = 0;
    for (size_t s = 0; s < sizeof looked_at / sizeof *looked_at; s++) {
        cm_node *const *items = cm_node_segment(select, looked_at[s], &n);
        for (size_t i = 0; i < n; i++)
            if (is_orm(items[i]) || (items[i]->kind == CM_N_LABEL && is_orm(items[i]->u.n.kid))) return true;
    }
    cm_node *const *joins = cm_node_segment(select, CM_SEG_JOINS, &n);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            if (joins[i]->u.k.kid[k] && is_orm(joins[i]->u.k.kid[k])) return true;
    return false;
}

static cm_status adapted(cm_ctx *cx, const nested *nn, cm_node *node, cm_node **out) {
    cm_adapt map = {.n = nn->from.n, .from = (cm_node *const *)(void *)nn->from.v, .to = (cm_node *const *)(void *)nn->to.v};
    if (nn->from.n) return cm_node_adapt(cx, node, &map, out);
    cm_node_retain(cx, *out = node);
    return CM_OK;
}

/* Remembers a rebuilt node; takes the reference. */
static cm_status remember(cm_ctx *cx, nested *nn, cm_node *node, cm_node *take_made) {
    if (node == take_made) {
        cm_node_release(cx, take_made);
        return CM_OK;
    }
    cm_status st = cm_objs_add(cx, &nn->to, take_made);
    if (st) cm_node_release(cx, take_made);
    else if ((st = cm_objs_add(cx, &nn->from, node))) cm_node_release(cx, nn->to.v[--nn->to.n]);
    return st;
}

static cm_status leave(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    nested *nn = user;
    cm_node *made = NULL, *plain = NULL;
    (void)descend;
    if (node == nn->root) return CM_OK;
    const bool expand = node->kind == CM_N_SELECT && needs_orm(node);
    const bool carries = nn->from.n && cm__kinds[node->kind].identity;
    if (!expand && !carries) return CM_OK;
    cm_status st = adapted(cx, nn, node, &made);
    if (!st && expand) {
        const cm_expand_request request = {.stmt = made, .shallow = true};
        st = cm_expand__select(cx, &request, &plain, NULL);
        cm_node_release(cx, made);
        made = plain;
    }
    return st ? st : remember(cx, nn, node, made);
}

static cm_status enter(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    (void)cx;
    (void)user;
    /* what entities and attributes stand for is reached through their FROM elements */
    if (node->kind == CM_N_OPTION) *descend = false;
    return CM_OK;
}

cm_status cm_nested__expand(cm_ctx *cx, cm_node *stmt, cm_node **out) {
    nested nn = {.root = stmt};
    *out = NULL;
    cm_status st = cm_node__walk2(cx, stmt, enter, leave, &nn);
    if (!st) st = adapted(cx, &nn, stmt, out);
    for (size_t i = 0; i < nn.to.n; i++) cm_node_release(cx, nn.to.v[i]);
    cm_objs_free(cx, &nn.to);
    cm_objs_free(cx, &nn.from);
    return st;
}
