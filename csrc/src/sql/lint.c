/* lint.c: FROM elements that nothing connects, so that their rows are all combined with each other.
 *
 *   SELECT users.id, tags.id FROM users, tags               warned of
 *   SELECT ... FROM users, tags WHERE users.id = tags.user  a comparison connects what its sides mention
 *
 * Each element starts as a group of its own; joins, comparisons and what a function or LATERAL subquery in FROM mentions make
 * groups one. Looked at when a statement is compiled for execution: one that is run again costs nothing. */
#include "sql/compiler.h"

typedef struct lint {
    cm_compiler *c;
    cm_objs froms;   /* elements of this level and all they join, then those of outer levels that comparisons mention */
    size_t *group;   /* of each of them */
    size_t cap, own; /* own: elements of this level */
} lint;

static cm_status find(lint *l, cm_node *from, size_t *out) {
    from = cm_sql__from(from);
    for (*out = 0; *out < l->froms.n; ++*out)
        if (cm_sql__same_from(l->froms.v[*out], from)) return CM_OK;
    cm_status st = cm__grow(l->c->cx, &l->group, &l->cap, l->froms.n + 1, sizeof *l->group);
    if (!st) l->group[*out] = *out;
    return st ? st : cm_objs_add(l->c->cx, &l->froms, from);
}

static cm_status connect(lint *l, cm_node *a, cm_node *b) {
    size_t i = 0, k = 0;
    cm_status st = find(l, a, &i);
    if (!st) st = find(l, b, &k);
    if (st) return st;
    const size_t gone = l->group[k];
    for (size_t at = 0; at < l->froms.n; at++)
        if (l->group[at] == gone) l->group[at] = l->group[i];
    return CM_OK;
}

/* ---- what connects */

static bool compares(const cm_node *n) {
    if (n->kind != CM_N_BINARY) return false;
    if (n->op == CM_OP_CUSTOM) return n->flags & CM_FLAG_COMPARISON;
    return n->op >= CM_OP_EQ && n->op <= CM_OP_NOT_MATCH && n->op != CM_OP_REGEXP_REPLACE;
}

static cm_status connect_sides(lint *l, const cm_node *comparison) {
    cm_objs left = {0}, right = {0};
    cm_status st = cm_compiler__froms_of(l->c, comparison->u.k.kid[0], &left);
    if (!st) st = cm_compiler__froms_of(l->c, comparison->u.k.kid[1], &right);
    for (size_t i = 0; i < left.n; i++)
        for (size_t k = 0; k < right.n && !st; k++) st = connect(l, left.v[i], right.v[k]);
    cm_objs_free(l->c->cx, &left);
    cm_objs_free(l->c->cx, &right);
    return st;
}

static cm_status see_condition(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    (void)cx;
    const cm_kind_info *info = &cm__kinds[n->kind];
    *descend = !info->statement && (!info->from || n->kind == CM_N_JOIN);
    return compares(n) ? connect_sides(user, n) : CM_OK;
}

typedef struct mention {
    lint *l;
    cm_node *from;
} mention;

static cm_status see_mention(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    (void)cx;
    (void)descend;
    const mention *m = user;
    const bool column = (n->kind == CM_N_COLUMN || n->kind == CM_N_PROXY) && n->u.col.table;
    return column ? connect(m->l, m->from, n->u.col.table) : CM_OK;
}

static bool is_dependent(const cm_node *from) {
    return from->kind == CM_N_TABLE_FUNC || ((from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY) && from->op == CM_OP_LATERAL);
}

static cm_status see_element(lint *l, cm_node *from) {
    cm_objs parts = {0};
    cm_ctx *cx = l->c->cx;
    from = cm_sql__from(from);
    cm_status st = cm_compiler__from_parts(l->c, from, &parts);
    for (size_t i = 0; i < parts.n && !st; i++) {
        mention m = {l, parts.v[i]};
        st = connect(l, from, parts.v[i]);
        if (!st && is_dependent(parts.v[i])) st = cm_node_walk(cx, ((cm_node *)parts.v[i])->u.n.kid, see_mention, &m);
    }
    if (!st && from->kind == CM_N_JOIN) st = cm_node_walk(cx, from, see_condition, l);
    cm_objs_free(cx, &parts);
    return st;
}

/* ---- what is left over */

/* Functions may well stand alone: generate_series(1, 3). So may text. */
static const char *name_of(lint *l, size_t i) {
    cm_node *from = l->froms.v[i];
    if (from->kind == CM_N_JOIN || from->kind == CM_N_TABLE_FUNC || from->kind == CM_N_TEXT) return NULL;
    cm_table *table = from->kind == CM_N_TABLE ? from->u.col.ref : NULL;
    const char *name = cm_compiler__from_name(l->c, from, NULL);
    if (table && table->schema && name) return cm_compiler__join(l->c, cm_str_text(table->schema), ".", name);
    return name ? name : "(unnamed)";
}

static cm_status tell(lint *l, const char *statement) {
    cm_ctx *cx = l->c->cx;
    cm_buf text;
    const char *start = NULL, *name;
    size_t first = 0, left = 0;
    cm_buf__init(&text, cx);
    cm_buf__printf(&text, "%s statement has a cartesian product between FROM element(s) ", statement);
    for (size_t i = 0; i < l->own; i++) {
        if (!(name = name_of(l, i))) continue;
        if (!start) start = name, first = l->group[i];
        else if (l->group[i] != first) cm_buf__printf(&text, left++ ? ", \"%s\"" : "\"%s\"", name);
    }
    cm_buf__printf(&text, " and FROM element \"%s\".  Apply join condition(s) between each element to resolve.", start ? start : "");
    cm_buf__putc(&text, '\0');
    cm_status st = text.failed || l->c->arena.failed ? cm__nomem(cx) : CM_OK;
    if (!st && left) st = cm__host(cx)->warn(cx, "SAWarning", text.p);
    cm_buf__dispose(&text);
    return st;
}

cm_status cm_compiler__lint(cm_compiler *c, const cm_node *n, const cm_objs *froms, const char *statement) {
    lint l = {.c = c};
    size_t nwhere;
    cm_node *const *where = cm_node_segment(n, CM_SEG_WHERE, &nwhere);
    cm_status st = CM_OK;
    if (!c->rq->lints || froms->n < 2) return CM_OK;
    for (size_t i = 0; i < froms->n && !st; i++) {
        cm_objs parts = {0};
        st = cm_compiler__from_parts(c, froms->v[i], &parts);
        for (size_t k = 0, at; k < parts.n && !st; k++) st = find(&l, parts.v[k], &at);
        cm_objs_free(c->cx, &parts);
    }
    l.own = l.froms.n;
    for (size_t i = 0; i < froms->n && !st; i++) st = see_element(&l, froms->v[i]);
    for (size_t i = 0; i < nwhere && !st; i++) st = cm_node_walk(c->cx, where[i], see_condition, &l);
    if (!st) st = tell(&l, statement);
    cm_objs_free(c->cx, &l.froms);
    cm__free(c->cx, l.group);
    return st;
}
