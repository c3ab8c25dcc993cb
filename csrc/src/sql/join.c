/* Joins: select().join() steps turned into JOIN elements, and ON clauses found by foreign keys. */
#include "sql/compiler.h"

/* ---- columns of FROM elements, down to the table columns they come from */

/* The table column an expression stands for, through labels, attributes and subqueries; NULL: none. */
static cm_column *base_column(const cm_node *n) {
    for (int i = 0; n && i < 1000; i++) {
        switch (n->kind) {
        case CM_N_ATTR: n = n->u.attr.expr; break;
        case CM_N_LABEL: n = n->u.n.kid; break;
        case CM_N_PROXY: n = n->u.col.ref; break;
        case CM_N_COLUMN: return n->u.col.table ? n->u.col.ref : NULL;
        default: return NULL;
        }
    }
    return NULL;
}

typedef struct source {
    cm_node *node;     /* the column as written: COLUMN or PROXY; borrowed from the compiler */
    cm_column *column; /* the table column behind it */
} source;
typedef struct sources {
    source *v;
    size_t n, cap;
} sources;

static cm_status add_sources(cm_compiler *c, cm_node *from, sources *out) {
    from = cm_sql__from(from);
    cm_table *table = NULL;
    cm_status st = CM_OK;
    if (from->kind == CM_N_JOIN) {
        st = cm_compiler__enter(c);
        if (st) return st;
        st = add_sources(c, from->u.k.kid[0], out);
        if (!st) st = add_sources(c, from->u.k.kid[1], out);
        c->depth--;
        return st;
    }
    if (from->kind == CM_N_TABLE) st = cm__from_table(c->cx, from, &table); /* frozen on the way */
    cm_node *element;
    for (size_t i = 0; !st && cm_from_column(from, i, NULL, &element); i++) {
        cm_column *column = base_column(element);
        cm_node *node = element;
        if (!column) continue;
        if (from->kind != CM_N_TABLE) {
            st = cm_from_proxy(c->cx, from, i, &node);
            if (!st) st = cm_compiler__keep(c, node);
        }
        if (!st) st = cm__grow(c->cx, &out->v, &out->cap, out->n + 1, sizeof *out->v);
        if (!st) out->v[out->n++] = (source){node, column};
    }
    return st;
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : (!a || !*a) && (!b || !*b); }

/* The column of `in` that a foreign key column refers to. */
static cm_node *referent(const cm_constraint_def *fk, size_t k, const sources *in) {
    for (size_t i = 0; i < in->n; i++) {
        const cm_column *col = in->v[i].column;
        const cm_table *t = col->table;
        if (t && strcmp(cm_str_text(t->name), fk->ref_table) == 0 && same_text(t->schema ? cm_str_text(t->schema) : NULL, fk->ref_schema) &&
            strcmp(cm_str_text(col->name), fk->ref_columns[k]) == 0)
            return in->v[i].node;
    }
    return NULL;
}

typedef struct match {
    const cm_constraint_def *fk;
    size_t first, n;
} match; /* pairs of one constraint */
typedef struct matches {
    match *v;
    size_t n, cap;
    cm_pair *pairs;
    size_t npairs, pairs_cap;
} matches;

static cm_status add_pair(cm_compiler *c, matches *m, const cm_constraint_def *fk, cm_node *to, cm_node *from) {
    if (!m->n || m->v[m->n - 1].fk != fk) {
        for (size_t i = 0; i < m->n; i++)
            if (m->v[i].fk == fk) return CM_OK; /* the same key through another alias: the first one counts */
        cm_status st = cm__grow(c->cx, &m->v, &m->cap, m->n + 1, sizeof *m->v);
        if (st) return st;
        m->v[m->n++] = (match){fk, m->npairs, 0};
    }
    cm_status st = cm__grow(c->cx, &m->pairs, &m->pairs_cap, m->npairs + 1, sizeof *m->pairs);
    if (st) return st;
    m->pairs[m->npairs++] = (cm_pair){to, from};
    m->v[m->n - 1].n++;
    return CM_OK;
}

/* Foreign keys of columns of `from` that lead to columns of `to`, constraint by constraint. */
static cm_status scan(cm_compiler *c, const sources *from, const sources *to, matches *m) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < from->n; i++) {
        const cm_column *first = from->v[i].column;
        const cm_table *t = first->table;
        for (size_t k = 0; !st && t && k < t->nconstraints; k++) {
            const cm_constraint_def *fk = &t->constraints[k];
            if (fk->kind != CM_CON_FOREIGN_KEY || !fk->ncolumns || strcmp(fk->columns[0], cm_str_text(first->name)) != 0) continue;
            for (size_t j = 0; !st && j < fk->ncolumns; j++) {
                cm_node *target = referent(fk, j, to), *own = NULL;
                for (size_t x = i; !own && x < from->n; x++)
                    if (from->v[x].column->table == t && strcmp(cm_str_text(from->v[x].column->name), fk->columns[j]) == 0)
                        own = from->v[x].node;
                for (size_t x = 0; !own && x < i; x++)
                    if (from->v[x].column->table == t && strcmp(cm_str_text(from->v[x].column->name), fk->columns[j]) == 0)
                        own = from->v[x].node;
                if (target && own) st = add_pair(c, m, fk, target, own);
            }
        }
    }
    return st;
}

static cm_status scan_both(cm_compiler *c, cm_node *left, cm_node *right, matches *m) {
    sources l = {0}, r = {0};
    cm_status st = add_sources(c, left, &l);
    if (!st) st = add_sources(c, right, &r);
    if (!st) st = scan(c, &r, &l, m);
    if (!st && cm_sql__from(left) != cm_sql__from(right)) st = scan(c, &l, &r, m);
    cm__free(c->cx, l.v);
    cm__free(c->cx, r.v);
    return st;
}

/* Several constraints that say the same are one. */
static bool ambiguous(const matches *m) {
    for (size_t i = 1; i < m->n; i++) {
        if (m->v[i].n != m->v[0].n) return true;
        for (size_t k = 0; k < m->v[0].n; k++) {
            const cm_pair *a = &m->pairs[m->v[0].first + k], *b = &m->pairs[m->v[i].first + k];
            if (!cm_compiler__same(a->left, b->left) || !cm_compiler__same(a->right, b->right)) return true;
        }
    }
    return false;
}

/* The nearest table of the left side first, then all of it. */
static cm_status find_matches(cm_compiler *c, cm_node *left, cm_node *right, matches *m) {
    cm_node *from = cm_sql__from(left);
    if (from->kind == CM_N_JOIN) {
        cm_status st = scan_both(c, from->u.k.kid[1], right, m);
        if (st || m->n) return st;
    }
    return scan_both(c, left, right, m);
}

static const char *describe(cm_compiler *c, cm_node *from) {
    from = cm_sql__from(from);
    if (from->kind == CM_N_JOIN) {
        const char *left = describe(c, from->u.k.kid[0]);
        return left ? cm_compiler__join(c, "Join object on ", left, "") : NULL;
    }
    const char *name = cm_compiler__from_name(c, from, NULL);
    return name ? name : cm__kinds[from->kind].role;
}

static cm_status describe_failure(cm_compiler *c, cm_node *left, cm_node *right, bool none) {
    const char *a = describe(c, left), *b = describe(c, right);
    if (!a || !b) return CM_E_NOMEM;
    if (none) return cm__fail(c->cx, CM_E_NO_FOREIGN_KEYS, "Can't find any foreign key relationships between '%s' and '%s'.", a, b);
    return cm__fail(c->cx, CM_E_AMBIGUOUS_FK,
                    "Can't determine join between '%s' and '%s'; tables have more than one foreign key "
                    "constraint relationship between them. Please specify the 'onclause' of this join explicitly.",
                    a, b);
}

cm_status cm_compiler__join_pairs(cm_compiler *c, cm_node *left, cm_node *right, cm_pair **out, size_t *n) {
    matches m = {0};
    *out = NULL;
    *n = 0;
    cm_status st = find_matches(c, left, right, &m);
    if (!st && (!m.n || ambiguous(&m))) st = describe_failure(c, left, right, !m.n);
    if (!st) {
        *n = m.v[0].n;
        *out = cm_arena__alloc(&c->arena, *n * sizeof **out);
        if (*out) memcpy(*out, m.pairs + m.v[0].first, *n * sizeof **out);
        else st = CM_E_NOMEM;
    }
    cm__free(c->cx, m.v);
    cm__free(c->cx, m.pairs);
    return st;
}

/* ---- select().join() */

static cm_status can_join(cm_compiler *c, cm_node *left, cm_node *right, bool *out) {
    matches m = {0};
    cm_status st = find_matches(c, left, right, &m);
    *out = m.n > 0;
    cm__free(c->cx, m.v);
    cm__free(c->cx, m.pairs);
    return st;
}

/* Are all FROM elements of an ON clause among those two? */
static cm_status covers(cm_compiler *c, cm_node *left, cm_node *right, cm_node *on, bool *out) {
    cm_objs needed = {0}, have = {0};
    cm_status st = cm_compiler__froms_of(c, on, &needed);
    if (!st) st = cm_compiler__from_parts(c, left, &have);
    if (!st) st = cm_compiler__from_parts(c, right, &have);
    *out = needed.n > 0;
    for (size_t i = 0; i < needed.n; i++)
        if (!cm_sql__has_from(&have, needed.v[i])) *out = false;
    cm_objs_free(c->cx, &needed);
    cm_objs_free(c->cx, &have);
    return st;
}

static cm_status cannot_tell(cm_compiler *c, cm_node *right, bool many) {
    const char *hint = "Please use the .select_from() method to establish an explicit left side, as well as providing an explicit "
                       "ON clause if not present already to help resolve the ambiguity.";
    if (many)
        return cm__fail(c->cx, CM_E_INVALID_REQUEST,
                        "Can't determine which FROM clause to join from, there are multiple FROMS which can "
                        "join to this entity. %s",
                        hint);
    const char *what = describe(c, right);
    return cm__fail(c->cx, CM_E_INVALID_REQUEST, "Don't know how to join to %s. %s", what ? what : "it", hint);
}

/* Which of the candidates a step without explicit left side starts from. */
static cm_status pick_left(cm_compiler *c, const cm_objs *list, cm_node *right, cm_node *on, size_t *out) {
    size_t found = 0, at = 0;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < list->n; i++) {
        bool fits = on != NULL;
        if (cm_sql__same_from(list->v[i], right)) continue;
        if (on && list->n > 1) st = covers(c, list->v[i], right, on, &fits);
        else if (!on) st = can_join(c, list->v[i], right, &fits);
        if (!fits) continue;
        if (!found++) at = i;
    }
    if (st) return st;
    if (!found && on && list->n) found = list->n;
    if (found != 1) return cannot_tell(c, right, found > 1);
    *out = at;
    return CM_OK;
}

static cm_status candidates(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, cm_objs *out) {
    size_t n;
    cm_node *const *where = cm_node_segment(select, CM_SEG_WHERE, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < ncolumns; i++) st = cm_compiler__froms_of(c, columns[i], out);
    for (size_t i = 0; !st && i < n; i++) st = cm_compiler__froms_of(c, where[i], out);
    return st;
}

/* FROM element among `froms` that is, or contains, `left`; n when there is none. */
static cm_status place_of(cm_compiler *c, const cm_objs *froms, cm_node *left, size_t *out) {
    cm_status st = CM_OK;
    for (*out = 0; !st && *out < froms->n; ++*out) {
        cm_objs parts = {0};
        st = cm_compiler__from_parts(c, froms->v[*out], &parts);
        bool there = cm_sql__has_from(&parts, left);
        cm_objs_free(c->cx, &parts);
        if (there) break;
    }
    return st;
}

/* Finds the left side of a step: *at is its place in froms, or froms->n when it is not there yet. */
static cm_status left_of(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, cm_node *step, cm_objs *froms,
                         cm_node **left, size_t *at) {
    cm_node *right = cm_sql__from(step->u.k.kid[0]), *on = step->u.k.kid[1];
    cm_objs list = {0};
    if (step->u.k.kid[2]) {
        *left = cm_sql__from(step->u.k.kid[2]);
        cm_status st = place_of(c, froms, *left, at);
        if (!st && *at < froms->n) *left = froms->v[*at];
        return st;
    }
    if (froms->n) {
        cm_status st = pick_left(c, froms, right, on, at);
        if (!st) *left = froms->v[*at];
        return st;
    }
    size_t pick = 0;
    cm_status st = candidates(c, select, columns, ncolumns, &list);
    if (!st) st = pick_left(c, &list, right, on, &pick);
    if (!st) *left = list.v[pick];
    *at = froms->n;
    cm_objs_free(c->cx, &list);
    return st;
}

static cm_status check_target(cm_compiler *c, cm_node *target) {
    if (cm__kinds[target->kind].from && target->kind != CM_N_HOST) return CM_OK;
    if (target->kind == CM_N_HOST || target->kind == CM_N_TEXT) return CM_OK;
    return cm__fail(c->cx, CM_E_COMPILE, "join() needs a table, a subquery or an entity here, not a %s", cm__kinds[target->kind].role);
}

cm_status cm_compiler__joins(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, cm_objs *froms) {
    size_t n;
    cm_node *const *steps = cm_node_segment(select, CM_SEG_JOINS, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        cm_node *left = NULL, *join = NULL;
        size_t at = froms->n;
        st = check_target(c, steps[i]->u.k.kid[0]);
        if (!st) st = left_of(c, select, columns, ncolumns, steps[i], froms, &left, &at);
        if (st) break;
        cm_node_spec spec = {.kind = CM_N_JOIN,
                             .flags = steps[i]->flags & (CM_FLAG_OUTER | CM_FLAG_FULL),
                             .kid = {left, steps[i]->u.k.kid[0], steps[i]->u.k.kid[1]}};
        st = cm_node_make(c->cx, &spec, &join);
        if (!st) st = cm_compiler__keep(c, join);
        if (!st && at < froms->n) froms->v[at] = join;
        else if (!st) st = cm_objs_add(c->cx, froms, join);
    }
    return st;
}
