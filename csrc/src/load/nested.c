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

static cm_status find_attr(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    (void)cx;
    if (node->kind == CM_N_ATTR && node->u.attr.entity) *(bool *)user = true;
    if (cm__kinds[node->kind].statement || node->kind == CM_N_ATTR) *descend = false;
    return CM_OK;
}

/* Whether a SELECT reads mapped attributes anywhere, so that criteria of the statement around it may speak of it. */
static cm_status reads_attrs(cm_ctx *cx, const cm_node *select, bool *out) {
    static const int looked_at[] = {CM_SEG_COLUMNS, CM_SEG_WHERE};
    cm_status st = CM_OK;
    size_t n = 0;
    for (size_t s = 0; s < sizeof looked_at / sizeof *looked_at; s++) {
        cm_node *const *items = cm_node_segment(select, looked_at[s], &n);
        for (size_t i = 0; i < n && !*out && !st; i++) st = cm_node_walk(cx, items[i], find_attr, out);
    }
    return st;
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
    const cm_adapt map = {
        .n = nn->from.n, .from = (cm_node *const *)(void *)nn->from.v, .to = (cm_node *const *)(void *)nn->to.v, .rebuilt = true};
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

/* with_loader_criteria() of a statement speaks of what is nested in it, too. */
static cm_status under_criteria(cm_ctx *cx, const nested *nn, cm_node **stmt) {
    size_t n = 0;
    cm_node *const *options = cm_node_segment(nn->root, CM_SEG_OPTIONS, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        cm_node *with = NULL;
        if (options[i]->kind != CM_N_CRITERIA) continue;
        st = cm_node_append(cx, *stmt, CM_SEG_OPTIONS, &options[i], 1, &with);
        if (st) break;
        cm_node_release(cx, *stmt);
        *stmt = with;
    }
    return st;
}

static cm_status leave(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    nested *nn = user;
    cm_node *made = NULL, *plain = NULL;
    (void)descend;
    if (node == nn->root) return CM_OK;
    bool expand = node->kind == CM_N_SELECT && needs_orm(node);
    if (node->kind == CM_N_SELECT && !expand && cm_opts__have_criteria(nn->root)) {
        cm_status looked = reads_attrs(cx, node, &expand);
        if (looked) return looked;
    }
    const bool carries = nn->from.n && cm__kinds[node->kind].identity;
    if (!expand && !carries) return CM_OK;
    cm_status st = adapted(cx, nn, node, &made);
    if (!st && expand) st = under_criteria(cx, nn, &made);
    if (!st && expand) {
        const cm_expand_request request = {.stmt = made, .shallow = true};
        st = cm_expand__select(cx, &request, &plain, NULL);
        cm_node_release(cx, made);
        made = plain;
    }
    return st ? st : remember(cx, nn, node, made);
}

/* A class over a table, or a column of one: nothing can be nested in it. */
static bool is_plain(const cm_node *n) {
    if (n->kind == CM_N_ENTITY) return n->u.attr.expr && n->u.attr.expr->kind == CM_N_TABLE;
    return n->kind == CM_N_ATTR && n->u.attr.expr && n->u.attr.expr->kind == CM_N_COLUMN &&
           (!n->u.attr.entity || is_plain(n->u.attr.entity));
}

static cm_status enter(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    (void)cx;
    (void)user;
    /* what entities and attributes stand for is reached through their FROM elements */
    if (node->kind == CM_N_OPTION || is_plain(node)) *descend = false;
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
