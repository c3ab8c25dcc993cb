/* FROM elements: which a SELECT shows, and how each is written.
 *
 * A SELECT shows what select_from() names, then what its columns and its WHERE mention, each once. An element inside of a
 * join that is shown is hidden, and one that an enclosing statement shows already is correlated away: by itself in a scalar
 * subquery or EXISTS, never in a subquery that stands in FROM (unless LATERAL), and only as long as something is left. */
#include "sql/compiler.h"
#include "sql/text.h"

cm_node *cm_sql__from(cm_node *n) {
    while (n && n->kind == CM_N_ENTITY && n->u.attr.expr) n = n->u.attr.expr;
    return n;
}

bool cm_sql__same_from(const cm_node *a, const cm_node *b) {
    return a == b || (a->kind == CM_N_TABLE && b->kind == CM_N_TABLE && a->id && a->id == b->id);
}

bool cm_sql__has_from(const cm_objs *list, const cm_node *from) {
    for (size_t i = 0; i < list->n; i++)
        if (cm_sql__same_from(list->v[i], from)) return true;
    return false;
}

static cm_status add_from(cm_compiler *c, cm_objs *list, cm_node *from) {
    from = cm_sql__from(from);
    return cm_sql__has_from(list, from) ? CM_OK : cm_objs_add(c->cx, list, from);
}

static bool is_from(const cm_node *n) { return cm__kinds[n->kind].from && !cm__kinds[n->kind].expression && !cm__kinds[n->kind].statement; }

cm_status cm_compiler__froms_of(cm_compiler *c, cm_node *expr, cm_objs *out) {
    cm_objs found = {0};
    if (expr->kind == CM_N_ATTR && expr->u.attr.entity) return add_from(c, out, expr->u.attr.entity);
    if (expr->kind == CM_N_COLUMN || expr->kind == CM_N_PROXY) return expr->u.col.table ? add_from(c, out, expr->u.col.table) : CM_OK;
    if (is_from(expr)) return add_from(c, out, expr);
    cm_status st = cm__expr_froms(c->cx, expr, &found);
    for (size_t i = 0; !st && i < found.n; i++) st = add_from(c, out, found.v[i]);
    cm_objs_free(c->cx, &found);
    return st;
}

cm_status cm_compiler__from_parts(cm_compiler *c, cm_node *from, cm_objs *out) {
    from = cm_sql__from(from);
    cm_status st = add_from(c, out, from);
    while (!st && from->kind == CM_N_JOIN) {
        st = cm_compiler__enter(c);
        if (st) return st;
        st = cm_compiler__from_parts(c, from->u.k.kid[1], out);
        c->depth--;
        from = cm_sql__from(from->u.k.kid[0]);
        if (!st) st = add_from(c, out, from);
    }
    return st;
}

/* ---- which ones a SELECT shows */

static cm_status gather(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, cm_objs *froms) {
    size_t n;
    cm_node *const *items = cm_node_segment(select, CM_SEG_FROM, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) st = add_from(c, froms, items[i]);
    if (!st) st = cm_compiler__joins(c, select, columns, ncolumns, froms);
    for (size_t i = 0; !st && i < ncolumns; i++) st = cm_compiler__froms_of(c, columns[i], froms);
    items = cm_node_segment(select, CM_SEG_COLUMNS, &n); /* entities that map no column of their own */
    for (size_t i = 0; !st && i < n; i++)
        if (is_from(items[i])) st = add_from(c, froms, items[i]);
    items = cm_node_segment(select, CM_SEG_WHERE, &n);
    for (size_t i = 0; !st && i < n; i++) st = cm_compiler__froms_of(c, items[i], froms);
    return st;
}

/* Removes from `froms` what `gone` tells. */
static void drop(cm_objs *froms, bool (*gone)(void *user, const cm_node *from), void *user) {
    size_t kept = 0;
    for (size_t i = 0; i < froms->n; i++)
        if (!gone(user, froms->v[i])) froms->v[kept++] = froms->v[i];
    froms->n = kept;
}

static bool is_hidden(void *hidden, const cm_node *from) { return cm_sql__has_from(hidden, from); }

/* Whether everything that a join consists of stands in another element, too. */
static cm_status stands_elsewhere(cm_compiler *c, const cm_objs *froms, size_t at, bool *out) {
    cm_objs parts = {0}, others = {0};
    cm_status st = cm_compiler__from_parts(c, froms->v[at], &parts);
    for (size_t i = 0; !st && i < froms->n; i++)
        if (i != at) st = cm_compiler__from_parts(c, froms->v[i], &others);
    *out = parts.n > 0;
    for (size_t i = 0; i < parts.n; i++) {
        const cm_node *part = parts.v[i];
        if (part->kind != CM_N_JOIN && !cm_sql__has_from(&others, part)) *out = false;
    }
    cm_objs_free(c->cx, &parts);
    cm_objs_free(c->cx, &others);
    return st;
}

/* A joined subclass named beside an entity that reads its table along stands for that table. The first of two stays. */
static cm_status hide_contained(cm_compiler *c, cm_objs *froms) {
    cm_status st = CM_OK;
    for (size_t i = froms->n; !st && froms->n > 1 && i-- > 1;) {
        cm_node *from = froms->v[i];
        bool elsewhere = false;
        if (from->kind == CM_N_JOIN) st = stands_elsewhere(c, froms, i, &elsewhere);
        if (!elsewhere) continue;
        for (size_t k = i; k + 1 < froms->n; k++) froms->v[k] = froms->v[k + 1];
        froms->n--;
    }
    return st;
}

static cm_status hide_joined(cm_compiler *c, cm_objs *froms) {
    cm_objs hidden = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < froms->n; i++) {
        cm_node *from = froms->v[i];
        if (from->kind != CM_N_JOIN) continue;
        st = cm_compiler__from_parts(c, from->u.k.kid[0], &hidden);
        if (!st) st = cm_compiler__from_parts(c, from->u.k.kid[1], &hidden);
    }
    if (!st && hidden.n) drop(froms, is_hidden, &hidden);
    cm_objs_free(c->cx, &hidden);
    return st ? st : hide_contained(c, froms);
}

typedef struct correlation {
    cm_level *level;     /* innermost enclosing level */
    bool skip_innermost; /* a subquery in FROM does not see its neighbours */
    bool one;            /* automatic: the innermost level alone */
    cm_node *const *only;
    size_t nonly;
    bool except;
} correlation;

static bool listed(const correlation *k, const cm_node *from) {
    for (size_t i = 0; i < k->nonly; i++)
        if (cm_sql__same_from(cm_sql__from(k->only[i]), from)) return true;
    return false;
}

static bool is_correlated(void *user, const cm_node *from) {
    correlation *k = user;
    if (k->only && listed(k, from) == k->except) return false;
    cm_level *level = k->level;
    if (level && k->skip_innermost) level = level->up;
    for (; level; level = k->one ? NULL : level->up)
        if (cm_sql__has_from(&level->own, from)) return true;
    return false;
}

static cm_status correlate(cm_compiler *c, cm_node *select, const cm_select_how *how, cm_objs *froms) {
    static cm_node *const nobody[1] = {NULL};
    size_t nonly, nexcept;
    cm_node *const *only = cm_node_segment(select, CM_SEG_CORRELATE, &nonly), *const *except = cm_node_segment(
                                                                                  select, CM_SEG_CORRELATE_EXCEPT, &nexcept);
    bool alone = how->as_from && !how->lateral;
    correlation k = {.level = c->level, .skip_innermost = alone};
    if (nonly) {
        k.only = only;
        k.nonly = nonly;
        drop(froms, is_correlated, &k);
    }
    if (nexcept || (select->flags & CM_FLAG_CORRELATE_ALL)) {
        k.only = nexcept ? except : nobody;
        k.nonly = nexcept;
        k.except = true;
        drop(froms, is_correlated, &k);
    }
    if (nonly || nexcept || (select->flags & (CM_FLAG_CORRELATE_NONE | CM_FLAG_CORRELATE_ALL)) || alone || froms->n < 2) return CM_OK;
    k = (correlation){.level = c->level, .one = true};
    drop(froms, is_correlated, &k);
    if (froms->n) return CM_OK;
    return cm__fail(c->cx, CM_E_INVALID_REQUEST,
                    "Select statement returned no FROM clauses due to auto-correlation; specify "
                    "correlate(<tables>) to control correlation manually.");
}

cm_status cm_compiler__collect(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, const cm_select_how *how,
                               cm_objs *out) {
    cm_status st = gather(c, select, columns, ncolumns, out);
    if (!st) st = hide_joined(c, out);
    return st || !c->level ? st : correlate(c, select, how, out);
}

/* ---- how they are written */

const char *cm_compiler__schema(const cm_compiler *c, const char *schema) {
    const char *const *pair = c->rq->schema_map;
    for (; pair && pair[0]; pair += 2)
        if (strcmp(pair[0], schema ? schema : "") == 0) return pair[1] && *pair[1] ? pair[1] : NULL;
    return schema && *schema ? schema : NULL;
}

cm_status cm_compiler__schema_of(cm_compiler *c, const char *schema) {
    schema = cm_compiler__schema(c, schema);
    if (!schema) return CM_OK;
    cm_status st = cm_compiler__cname(c, schema);
    cm_out(c, ".");
    return st;
}

cm_status cm_compiler__sequence(cm_compiler *c, cm_node *sequence) {
    cm_node *schema = sequence->u.n.kid;
    cm_status st = cm_compiler__schema_of(c, schema ? cm_str_text(schema->u.n.name) : NULL);
    return st ? st : cm_compiler__str(c, sequence->u.n.name, sequence->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
}

static cm_status find_schema(cm_compiler *c, cm_node *table, const char **out) {
    cm_table *def = NULL;
    cm_status st = cm__from_table(c->cx, table, &def);
    *out = cm_compiler__schema(c, def && def->schema ? cm_str_text(def->schema) : NULL);
    return st;
}

static bool same_name(const cm_node *a, const cm_node *b) {
    const cm_str *x = a->u.col.name, *y = b->u.col.name;
    return x && y && x->n == y->n && memcmp(cm_str_text(x), cm_str_text(y), x->n) == 0;
}

/* `t.x` means either table where a table t and one of a schema stand beside each other: the one without schema gets a name of
 * its own. *out: NULL: no need. */
static cm_status name_apart(cm_compiler *c, cm_node *table, const char **out) {
    const cm_level *level = c->level;
    const char *schema = NULL;
    cm_status st = CM_OK;
    *out = NULL;
    while (level && !cm_sql__has_from(&level->own, table)) level = level->up;
    if (!level || level->own.n < 2 || level->stmt->kind != CM_N_SELECT) return CM_OK;
    for (size_t i = 0; !st && i < level->own.n; i++) {
        cm_node *other = level->own.v[i];
        if (other->kind != CM_N_TABLE || other == table || !same_name(other, table)) continue;
        st = find_schema(c, table, &schema);
        if (st || schema) return st;
        st = find_schema(c, other, &schema);
        if (st || !schema) continue;
        *out = cm_compiler__anon(c, cm__ptr_key(table), cm_str_text(table->u.col.name), table->u.col.name->n);
        return *out ? CM_OK : CM_E_NOMEM;
    }
    return st;
}

static cm_status plain_table(cm_compiler *c, cm_node *table) {
    cm_table *def = NULL;
    cm_status st = cm__from_table(c->cx, table, &def);
    if (st) return st;
    st = cm_compiler__schema_of(c, def && def->schema ? cm_str_text(def->schema) : NULL);
    if (st) return st;
    if (!table->u.col.name) return cm__fail(c->cx, CM_E_COMPILE, "a table has no name");
    return cm_compiler__str(c, table->u.col.name, table->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
}

/* By the name that it has in FROM. */
cm_status cm_compiler__table(cm_compiler *c, cm_node *table) {
    const char *name;
    cm_status st = name_apart(c, table, &name);
    if (st) return st;
    return name ? cm_compiler__name(c, name, strlen(name), 0) : plain_table(c, table);
}

/* t, or t AS t_1 beside a table of that name in a schema */
static cm_status write_table(cm_compiler *c, cm_node *table) {
    const char *name = NULL;
    cm_status st = plain_table(c, table);
    if (!st) st = name_apart(c, table, &name);
    if (st || !name) return st;
    cm_out(c, " AS ");
    return cm_compiler__name(c, name, strlen(name), 0);
}

/* A CTE and what cte.union() made of it share a name, so that the recursive part finds the whole. */
static const cm_node *restated(const cm_node *from) {
    size_t n = 1;
    while (from->kind == CM_N_CTE && n) {
        cm_node *const *base = cm_node_segment(from, 0, &n);
        if (n) from = base[0];
    }
    return from;
}

const char *cm_compiler__from_name(cm_compiler *c, cm_node *from, uint32_t *flags) {
    from = cm_sql__from(from);
    if (flags) *flags = from->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE);
    switch (from->kind) {
    case CM_N_TABLE: return from->u.col.name ? cm_str_text(from->u.col.name) : NULL;
    case CM_N_ALIAS:
    case CM_N_SUBQUERY:
    case CM_N_CTE:
    case CM_N_VALUES:
    case CM_N_TABLE_FUNC: break;
    case CM_N_SELECT:
    case CM_N_COMPOUND: return cm_compiler__anon(c, cm__ptr_key(from), "anon", 4);
    default: return NULL;
    }
    if (from->u.n.name) return cm_str_text(from->u.n.name);
    if (from->kind == CM_N_VALUES) return NULL;
    const char *seed = "anon";
    const cm_node *kid = from->kind == CM_N_ALIAS ? cm_sql__from(from->u.n.kid) : NULL;
    if (kid && kid->kind == CM_N_TABLE && kid->u.col.name) seed = cm_str_text(kid->u.col.name);
    else if (kid && (kid->kind == CM_N_ALIAS || kid->kind == CM_N_CTE || kid->kind == CM_N_SUBQUERY) && kid->u.n.name)
        seed = cm_str_text(kid->u.n.name);
    return cm_compiler__anon(c, cm__ptr_key(restated(from)), seed, strlen(seed));
}

static cm_status write_as(cm_compiler *c, cm_node *from) {
    uint32_t flags = 0;
    const char *name = cm_compiler__from_name(c, from, &flags);
    if (!name) return c->arena.failed ? CM_E_NOMEM : CM_OK;
    cm_out(c, " AS ");
    return cm_compiler__name(c, name, strlen(name), flags);
}

/* f(x) WITH ORDINALITY AS name(a INTEGER, b VARCHAR) */
static cm_status write_table_func(cm_compiler *c, cm_node *from) {
    size_t n = 0;
    cm_node *const *columns = cm_node_segment(from, 0, &n);
    if (from->op == CM_OP_LATERAL) cm_out(c, "LATERAL ");
    cm_status st = cm_compiler__expr(c, from->u.n.kid);
    if (!st && from->flags & CM_FLAG_ORDINALITY) cm_out(c, " WITH ORDINALITY");
    if (!st) st = write_as(c, from);
    if (st || !(from->flags & CM_FLAG_DERIVED)) return st;
    for (size_t i = 0; !st && i < n; i++) {
        cm_out(c, i ? ", " : "(");
        st = cm_compiler__str(c, columns[i]->u.col.name, columns[i]->flags);
        if (st || !(from->flags & CM_FLAG_DERIVED_TYPES)) continue;
        cm_out(c, " ");
        st = cm_compiler__spell(c, columns[i]->type, false);
    }
    cm_out(c, ")");
    return st;
}

/* (SELECT ...) AS anon_1 */
static cm_status write_subquery(cm_compiler *c, cm_node *from, cm_node *select, bool lateral) {
    const cm_select_how how = {.as_from = true, .lateral = lateral};
    cm_status st = CM_OK;
    if (!cm_compiler__from_name(c, from, NULL)) return CM_E_NOMEM; /* outer names are given first */
    cm_out(c, lateral ? "LATERAL (" : "(");
    st = cm_compiler__query(c, select, &how);
    cm_out(c, ")");
    return st ? st : write_as(c, from);
}

/* users AS users_1 [TABLESAMPLE f(x)] */
static cm_status write_alias(cm_compiler *c, cm_node *from) {
    cm_node *kid = cm_sql__from(from->u.n.kid);
    size_t n;
    while (kid->kind == CM_N_ALIAS && kid->op == CM_OP_ALIAS) kid = cm_sql__from(kid->u.n.kid); /* the last name is the one */
    if (kid->kind == CM_N_SELECT || kid->kind == CM_N_COMPOUND) return write_subquery(c, from, kid, from->op == CM_OP_LATERAL);
    if (kid->kind == CM_N_SUBQUERY && from->op != CM_OP_TABLESAMPLE)
        return write_subquery(c, from, kid->u.n.kid, from->op == CM_OP_LATERAL);
    if (from->op == CM_OP_LATERAL) cm_out(c, "LATERAL ");
    if (kid->kind == CM_N_JOIN) cm_out(c, "(");
    cm_status st = kid->kind == CM_N_CTE     ? cm_compiler__cte(c, kid)
                   : kid->kind == CM_N_TABLE ? plain_table(c, kid)
                                             : cm_compiler__from(c, kid);
    if (kid->kind == CM_N_JOIN) cm_out(c, ")");
    if (!st) st = write_as(c, from);
    if (st || from->op != CM_OP_TABLESAMPLE) return st;
    cm_node *const *sample = cm_node_segment(from, 0, &n);
    cm_out(c, " TABLESAMPLE ");
    st = n ? cm_compiler__expr(c, sample[0]) : cm__fail(c->cx, CM_E_COMPILE, "TABLESAMPLE needs a sampling method");
    if (st || n < 2) return st;
    cm_out(c, " REPEATABLE (");
    st = cm_compiler__expr(c, sample[1]);
    cm_out(c, ")");
    return st;
}

static cm_status write_pairs(cm_compiler *c, cm_node *left, cm_node *right) {
    cm_pair *pairs = NULL;
    size_t n = 0;
    cm_status st = cm_compiler__join_pairs(c, left, right, &pairs, &n);
    for (size_t i = 0; !st && i < n; i++) {
        if (i) cm_out(c, " AND ");
        st = cm_compiler__column_ref(c, pairs[i].left);
        cm_out(c, " = ");
        if (!st) st = cm_compiler__column_ref(c, pairs[i].right);
    }
    return st;
}

/* a JOIN b ON x = y */
static cm_status write_join(cm_compiler *c, cm_node *from) {
    cm_node *left = from->u.k.kid[0], *right = cm_sql__from(from->u.k.kid[1]), *on = from->u.k.kid[2];
    cm_status st = cm_compiler__from(c, left);
    if (st) return st;
    cm_out(c, from->flags & CM_FLAG_FULL ? " FULL OUTER JOIN " : from->flags & CM_FLAG_OUTER ? " LEFT OUTER JOIN " : " JOIN ");
    if (right->kind == CM_N_JOIN) cm_out(c, "(");
    st = cm_compiler__from(c, right);
    if (right->kind == CM_N_JOIN) cm_out(c, ")");
    if (st) return st;
    cm_out(c, " ON ");
    return on ? cm_compiler__operand(c, on, CM_AGAINST_BOOL) : write_pairs(c, left, right);
}

static cm_status write_from(cm_compiler *c, cm_node *from) {
    switch (from->kind) {
    case CM_N_TABLE: return write_table(c, from);
    case CM_N_ALIAS: return write_alias(c, from);
    case CM_N_SUBQUERY: return write_subquery(c, from, from->u.n.kid, from->op == CM_OP_LATERAL);
    case CM_N_SELECT:
    case CM_N_COMPOUND: return write_subquery(c, from, from, false);
    case CM_N_CTE: return cm_compiler__cte(c, from);
    case CM_N_JOIN: return write_join(c, from);
    case CM_N_VALUES: return cm_compiler__values(c, from);
    case CM_N_TABLE_FUNC: return write_table_func(c, from);
    case CM_N_GROUPING: return cm_compiler__from(c, from->u.k.kid[0]);
    default: return cm_compiler__expr(c, from); /* functions, text, host constructs */
    }
}

/* t USE INDEX (i): what with_hint() said of it; each hint is a LIST of a FROM element and the text */
static cm_status write_hints(cm_compiler *c, cm_node *from) {
    size_t n, two;
    const cm_level *level = c->level;
    if (!cm_has(c, CM_F_HINTS) || !level || level->stmt->kind != CM_N_SELECT || (from->kind != CM_N_TABLE && from->kind != CM_N_ALIAS))
        return CM_OK;
    cm_node *const *items = cm_node_segment(level->stmt, CM_SEG_EXTRA, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        if (items[i]->kind != CM_N_LIST) continue;
        cm_node *const *hint = cm_node_segment(items[i], 0, &two);
        if (two != 2 || !cm_sql__same_from(cm_sql__from(hint[0]), from)) continue;
        size_t at = c->b.n;
        cm_out(c, " ");
        st = cm_compiler__expr(c, hint[1]);
        if (!c->b.failed && c->b.n == at + 1) c->b.n = at; /* a hint for another dialect */
    }
    return st;
}

cm_status cm_compiler__from(cm_compiler *c, cm_node *from) {
    cm_status st = cm_compiler__enter(c);
    if (st) return st;
    from = cm_sql__from(from);
    if (from->flags & CM_FLAG_HOST_COMPILE && cm__host(c->cx)->node_compile) st = cm__host(c->cx)->node_compile(c->cx, from, c);
    else if (!c->d->node || !c->d->node(c, from, &st)) st = write_from(c, from);
    if (!st) st = write_hints(c, from);
    c->depth--;
    return st;
}

cm_status cm_compiler__from_list(cm_compiler *c, const cm_objs *list) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < list->n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__from(c, list->v[i]);
    }
    return st;
}
