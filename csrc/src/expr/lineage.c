/* Lineage: where a column of a FROM element comes from, through every FROM element in between.
 *
 *   a1, a2 = aliased(A), aliased(A)        s.name    (s, 1) -> (a1, 1) -> a.name
 *   s = select(a1, a2).subquery()          s.name_1  (s, 3) -> (a2, 1) -> a.name
 *   select(A.name.label("n")).subquery()   s.n       (s, 0) -> label n -> a.name
 *
 * A column of one FROM element stands for a column of another when both end at the same one. Of several it is the one that has most
 * in common on the way there, so that a2.name is s.name_1; then the one with the shortest way, so that a column of the table itself
 * is that of the nearest alias, whatever the columns clause names first. */
#include "expr/lineage.h"

#include <string.h>

typedef struct step {
    const cm_node *node; /* FROM element whose column it is; LABEL, or expression at the end; NULL: the column with the serial `at` */
    uint64_t at;
} step;

typedef struct lineage {
    step *v;
    size_t n, cap;
} lineage;

static const cm_node *unwrap_entity(const cm_node *n) {
    while (n && n->kind == CM_N_ENTITY) n = n->u.attr.expr;
    return n;
}

static bool derives(const cm_node *from) {
    return from && (from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE);
}

static cm_status add_step(cm_ctx *cx, lineage *l, const cm_node *node, uint64_t at) {
    cm_status st = cm__grow(cx, &l->v, &l->cap, l->n + 1, sizeof *l->v);
    if (!st) l->v[l->n++] = (step){node, at};
    return st;
}

static bool same_step(const step *a, const step *b) { return a->node == b->node && a->at == b->at; }

/* The end of a way: a column of a table, or an expression. */
static step end_at(const cm_node *n) { return n->kind == CM_N_COLUMN && n->id ? (step){NULL, n->id} : (step){n, 0}; }

/* Where the way of an element ends, without the way. */
static step end_of(const cm_node *n) {
    for (;;) {
        const cm_node *next = n->kind == CM_N_LABEL   ? n->u.n.kid
                              : n->kind == CM_N_ATTR  ? n->u.attr.expr
                              : n->kind == CM_N_PROXY ? n->u.col.ref
                                                      : NULL;
        if (!next) return end_at(n);
        n = next;
    }
}

bool cm_expr__stands_for(cm_node *element, const cm_node *column) {
    const step a = end_of(element), b = end_of(column);
    return same_step(&a, &b);
}

/* ---- positions */

cm_status cm_proxy__position(cm_ctx *cx, const cm_node *proxy, size_t *out, bool *found) {
    const char **names = NULL, *name = proxy->u.col.name ? cm_str_text(proxy->u.col.name) : NULL;
    cm_node *element = NULL;
    cm_arena arena;
    size_t n = 0;
    *found = proxy->id != 0;
    if (proxy->id) *out = proxy->id - 1;
    for (size_t i = 0; !*found && !name && cm_from_column(proxy->u.col.table, i, NULL, &element); i++)
        if ((*found = element == proxy->u.col.ref)) *out = i;
    if (*found || !name) return CM_OK;
    cm_arena__init(&arena, cx);
    cm_status st = cm_from__names(cx, proxy->u.col.table, &arena, &names, &n);
    for (size_t i = 0; i < n && !st && !*found; i++)
        if ((*found = names[i] && strcmp(names[i], name) == 0)) *out = i;
    cm_arena__dispose(&arena);
    return st;
}

/* ---- ways */

static cm_status find_of(cm_ctx *cx, const cm_node *from, const lineage *target, size_t *out, bool *found);
static cm_status trace(cm_ctx *cx, const cm_shown *start, lineage *l);

/* What an entity reads a table from: an alias of it, else the one that stands for all that have no alias. */
static void source_of(const cm_node *from, const cm_table *table, const cm_node **alias, const cm_node **whole) {
    from = unwrap_entity(from);
    for (; from->kind == CM_N_JOIN; from = unwrap_entity(from->u.k.kid[1])) source_of(from->u.k.kid[0], table, alias, whole);
    const cm_node *of = from->kind == CM_N_ALIAS ? unwrap_entity(from->u.n.kid) : NULL;
    if (of && of->kind == CM_N_TABLE) {
        if (!*alias && of->u.col.ref == table) *alias = from;
    } else if (!*whole && derives(from)) {
        *whole = from;
    }
}

/* The column of a table, as an aliased entity reads it: of which FROM element, and which one there. *from NULL: it does not. */
static cm_status through_entity(cm_ctx *cx, const cm_node *entity, cm_node *column, const cm_node **from, size_t *at) {
    const cm_column *c = column->u.col.ref;
    const cm_node *alias = NULL, *whole = NULL, *over = entity->u.attr.entity;
    lineage target = {0};
    bool found = false;
    *from = NULL;
    if (!c) return CM_OK;
    source_of(entity, c->table, &alias, &whole);
    if (alias) {
        *from = alias;
        *at = (size_t)(c - c->table->columns);
        return CM_OK;
    }
    if (!whole) return CM_OK;
    const cm_shown start = {.element = column,
                            .through = over && over->kind == CM_N_ENTITY && (over->flags & CM_FLAG_ALIASED) ? over : NULL};
    cm_status st = trace(cx, &start, &target);
    if (!st) st = find_of(cx, whole, &target, at, &found);
    if (found) *from = whole;
    cm__free(cx, target.v);
    return st;
}

cm_status cm_shown__source(cm_ctx *cx, const cm_shown *shown, const cm_node **from, size_t *at) {
    *from = shown->through;
    *at = shown->at;
    return *from && (*from)->kind == CM_N_ENTITY ? through_entity(cx, *from, shown->element, from, at) : CM_OK;
}

cm_status cm_shown__element(cm_ctx *cx, const cm_shown *shown, cm_node **out) {
    const cm_node *from = NULL;
    size_t at = 0;
    cm_status st = cm_shown__source(cx, shown, &from, &at);
    if (st || from) return st ? st : cm_from_proxy(cx, (cm_node *)(uintptr_t)from, at, out);
    cm_node_retain(cx, *out = shown->element);
    return CM_OK;
}

cm_status cm_from_element(cm_ctx *cx, const cm_node *from, size_t i, cm_node **out) {
    cm_shown shown;
    *out = NULL;
    if (cm_from__nth(from, i, &shown)) return cm_shown__element(cx, &shown, out);
    return cm__fail(cx, CM_E_ARGUMENT, "a %s has no column number %zu", from ? cm__kinds[from->kind].role : "missing FROM", i);
}

/* One step of an element that is no column of a FROM element named whole. *from: whose column it is; NULL: *next follows, or nothing. */
static cm_status step_of(cm_ctx *cx, const cm_node *n, lineage *l, const cm_node **from, size_t *at, const cm_node **next) {
    bool found = false;
    *next = NULL;
    if (n->kind == CM_N_PROXY) {
        cm_status st = cm_proxy__position(cx, n, at, &found);
        if (st || found) return *from = unwrap_entity(n->u.col.table), st;
    }
    if (n->kind == CM_N_ATTR && n->u.attr.expr) return *next = n->u.attr.expr, CM_OK;
    const step end = end_at(n);
    if (n->kind == CM_N_LABEL) *next = n->u.n.kid;
    return add_step(cx, l, end.node, end.at);
}

/* Appends the way of an element, without the FROM element that shows it. */
static cm_status trace(cm_ctx *cx, const cm_shown *start, lineage *l) {
    cm_shown shown = *start;
    cm_status st = CM_OK;
    while (!st) {
        const cm_node *from = NULL, *next = shown.element;
        size_t at = 0;
        st = cm_shown__source(cx, &shown, &from, &at);
        while (next && !from && !st) st = step_of(cx, next, l, &from, &at, &next);
        if (st || !from) break;
        st = add_step(cx, l, from, at);
        for (const cm_node *inner; !st && derives(from) && (inner = unwrap_entity(from->u.n.kid), derives(inner)); from = inner)
            st = add_step(cx, l, inner, at);
        if (!st && !cm_from__nth(from, at, &shown)) break;
    }
    return st;
}

static size_t in_common(const lineage *a, const lineage *b) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++) n += same_step(&a->v[i], &b->v[k]);
    return n;
}

/* ---- finding */

typedef struct search {
    const cm_node *from;
    const lineage *target;
    size_t at, common, steps; /* the best so far */
} search;

static cm_status weigh(cm_ctx *cx, search *s, size_t i, const cm_shown *shown) {
    lineage way = {0};
    cm_status st = trace(cx, shown, &way);
    const size_t common = in_common(&way, s->target);
    if (!st && (!s->steps || common > s->common || (common == s->common && way.n < s->steps))) {
        s->at = i;
        s->common = common;
        s->steps = way.n;
    }
    cm__free(cx, way.v);
    return st;
}

/* The column whose way has most in common with the target's. */
static cm_status find_of(cm_ctx *cx, const cm_node *from, const lineage *target, size_t *out, bool *found) {
    search s = {.from = from, .target = target};
    cm_shown shown;
    size_t candidates = 0;
    cm_status st = CM_OK;
    *found = false;
    if (!target->n) return CM_OK;
    for (size_t pass = 0; pass < 2 && !st; pass++) { /* mostly there is only one, and its way needs no look */
        for (size_t i = 0; !st && cm_from__nth(from, i, &shown); i++) {
            const step end = end_of(shown.element);
            if (!same_step(&end, &target->v[target->n - 1])) continue;
            if (pass) st = weigh(cx, &s, i, &shown);
            else if (candidates++ == 0) s.at = i;
        }
        if (candidates < 2) break;
    }
    *found = candidates > 0;
    *out = s.at;
    return st;
}

static const char *key_of(const cm_node *column) {
    const cm_column *c = column->kind == CM_N_COLUMN ? column->u.col.ref : NULL;
    return c ? cm_str_text(c->key) : cm_expr__name(column);
}

cm_status cm_from__find(cm_ctx *cx, const cm_node *from, const cm_node *column, size_t *out, bool *found) {
    const char *wanted = key_of(column);
    cm_shown shown = {.element = (cm_node *)(uintptr_t)column};
    lineage target = {0};
    cm_status st = trace(cx, &shown, &target);
    if (!st) st = find_of(cx, from, &target, out, found);
    cm__free(cx, target.v);
    for (size_t i = 0; wanted && !st && !*found && cm_from__nth(from, i, &shown); i++) {
        *found = shown.key && strcmp(shown.key, wanted) == 0;
        *out = i;
    }
    return st;
}
