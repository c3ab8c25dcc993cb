/* INSERT, UPDATE, DELETE, and the statements of the unit of work.
 *
 *   INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING id
 *   INSERT INTO t (a) SELECT ...        INSERT INTO t DEFAULT VALUES
 *   UPDATE t SET a=?, b=(t.b + ?) FROM u WHERE ...        DELETE FROM t WHERE ... */
#include "sql/compiler.h"

static cm_status write_prefixes(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, CM_SEG_PREFIX, &count);
    return cm_compiler__pieces(c, items, count, 0);
}

/* The one table that is written. A class that reads several writes the one it adds to those of its base. */
static cm_node *target_of(const cm_node *n) {
    cm_node *target = n->u.n.kid;
    if (target->kind != CM_N_ENTITY) return target;
    target = cm_sql__from(target);
    while (target->kind == CM_N_JOIN) target = cm_sql__from(target->u.k.kid[target->flags & CM_FLAG_OUTER ? 0 : 1]);
    return target;
}

static cm_status write_target(cm_compiler *c, cm_node *n) {
    cm_node *target = target_of(n);
    cm_status st = cm__from_table(c->cx, target, &c->table);
    if (st) return st;
    if (c->table) cm_table_retain(c->table);
    return cm_compiler__from(c, target);
}

static cm_node *extra_of(cm_node *n, int kind) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, CM_SEG_EXTRA, &count);
    for (size_t i = 0; i < count; i++) {
        bool conflict = items[i]->kind == CM_N_ON_CONFLICT, hint = items[i]->kind == CM_N_PREFIX;
        if (kind == CM_N_ON_CONFLICT ? conflict : !conflict && !hint) return items[i];
    }
    return NULL;
}

/* ---- INSERT */

static cm_status write_names(cm_compiler *c, const cm_sets *sets) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < sets->n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__set_name(c, &sets->v[i]);
    }
    return st;
}

static cm_status write_row(cm_compiler *c, const cm_sets *sets, long row) {
    cm_status st = CM_OK;
    cm_out(c, row > 0 ? ", (" : "(");
    for (size_t i = 0; !st && i < sets->n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__set_value(c, &sets->v[i], row);
    }
    cm_out(c, ")");
    return st;
}

/* ---- INSERT of arrays */

/* Text whose length the column checks: CHAR and VARCHAR by any name, words of an enumeration. */
static bool is_plain_text(const cm_type_def *d) {
    static const char *const words[] = {"CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "TEXT", "CLOB", NULL};
    bool text = d->kind == CM_T_STRING || d->kind == CM_T_TEXT || (d->kind == CM_T_ENUM && !(d->flags & CM_TYPE_NATIVE));
    bool known = !d->spelling;
    for (size_t i = 0; !known && words[i]; i++) known = strcmp(d->spelling, words[i]) == 0;
    return text && known;
}

static cm_status type_without_size(cm_compiler *c, const cm_type *type, const cm_type **out) {
    cm_type_def d = type->def;
    d.length = d.precision = d.scale = -1;
    return cm_type_get(c->cx, &d, out);
}

/* CAST($1 AS NUMERIC[]): without length and scale, which the column checks and a cast would cut. */
cm_status cm_compiler__array(cm_compiler *c, const cm_param *p, const char *name) {
    const cm_type *stored = NULL, *bare = NULL;
    cm_status st = cm_compiler__type_for(c, p->type, &stored);
    const cm_type *storage = stored;
    while (!st && (storage->def.flags & CM_TYPE_HOST) && storage->def.item) storage = storage->def.item;
    bool text = !st && is_plain_text(&storage->def);
    cm_out(c, "CAST(");
    if (!st) st = cm_compiler__place(c, p, name);
    cm_out(c, " AS ");
    if (text) cm_out(c, "TEXT");
    else if (!st) st = type_without_size(c, storage, &bare);
    if (!st && bare) st = cm_compiler__spell(c, bare, true);
    cm_out(c, "[])");
    cm_type_release(c->cx, bare);
    cm_type_release(c->cx, stored);
    return st;
}

/* INSERT INTO t (a, b, c) SELECT p.v1, p.v2, now() FROM unnest(CAST($1 AS INTEGER[]), CAST($2 AS TEXT[])) WITH ORDINALITY
 * AS p(v1, v2, n) ORDER BY p.n: keys are made in the order of the rows. */
static cm_status write_unnest(cm_compiler *c, const cm_sets *sets) {
    uint32_t n = 0;
    cm_status st = CM_OK;
    c->flags |= CM_C_ARRAYS;
    cm_out(c, ") SELECT ");
    for (size_t i = 0; !st && i < sets->n; i++) {
        if (i) cm_out(c, ", ");
        if (sets->v[i].expr) st = cm_compiler__operand(c, sets->v[i].expr, CM_AGAINST_NONE);
        else cm_buf__printf(&c->b, "p.v%u", (unsigned)++n);
    }
    cm_out(c, " FROM unnest(");
    n = 0;
    for (size_t i = 0; !st && i < sets->n; i++) {
        const cm_set *set = &sets->v[i];
        if (set->expr) continue;
        if (n) cm_out(c, ", ");
        const uint32_t ordinal = set->source == CM_SRC_SET ? n : UINT32_MAX;
        cm_param p = {.source = set->source,
                      .ordinal = ordinal,
                      .update_default = set->update_default,
                      .type = set->column->type,
                      .column = set->column};
        st = cm_compiler__array(c, &p, cm_str_text(set->column->key));
        n++;
    }
    cm_out(c, ") WITH ORDINALITY AS p(");
    for (uint32_t i = 1; i <= n; i++) cm_buf__printf(&c->b, "v%u, ", (unsigned)i);
    cm_out(c, "n) ORDER BY p.n");
    return st;
}

cm_status cm_compiler__fits_unnest(cm_compiler *c, const cm_type *type, bool *fits) {
    const cm_type *stored = NULL;
    cm_status st = cm_compiler__type_for(c, type, &stored);
    if (st) return st;
    const cm_type *t = stored;
    while ((t->def.flags & CM_TYPE_HOST) && t->def.item) t = t->def.item;
    bool known = t->def.kind >= CM_T_SMALLINT && t->def.kind <= CM_T_UUID;
    if (t->def.spelling && !is_plain_text(&t->def)) known = known && !strpbrk(t->def.spelling, "(") && !strstr(t->def.spelling, "BIT");
    *fits = known && !((t->def.flags | stored->def.flags) & (CM_TYPE_BIND_EXPR | CM_TYPE_SPELLED));
    cm_type_release(c->cx, stored);
    return CM_OK;
}

/* Whether the values of many rows can be arrays: those that are placeholders of their own, and there is one. */
static cm_status fit_arrays(cm_compiler *c, const cm_sets *sets, bool *fits) {
    cm_status st = CM_OK;
    size_t n = 0;
    *fits = cm_has(c, CM_F_UNNEST);
    for (size_t i = 0; !st && *fits && i < sets->n; i++) {
        const cm_set *set = &sets->v[i];
        if (set->expr) {
            *fits = cm__node_unalias(set->expr)->kind != CM_N_BIND;
        } else {
            *fits = set->column != NULL;
            if (*fits) st = cm_compiler__fits_unnest(c, set->column->type, fits);
            n++;
        }
    }
    *fits = *fits && n > 0;
    return st;
}

/* A row that meets one of its own statement would be refused by DO UPDATE: those stay statements of their own. */
static cm_status want_arrays(cm_compiler *c, cm_node *n, const cm_sets *sets, bool *arrays) {
    const cm_node *conflict = extra_of(n, CM_N_ON_CONFLICT);
    *arrays = c->rq->arrays && !c->inner_change && (!conflict || conflict->op == CM_OP_DO_NOTHING);
    return *arrays ? fit_arrays(c, sets, arrays) : CM_OK;
}

/* ---- INSERT of values */

static cm_status write_single(cm_compiler *c, cm_node *n) {
    size_t nassigns, nrows = c->rq->nrows ? c->rq->nrows : 1;
    cm_sets sets;
    cm_node *const *assigns = cm_node_segment(n, CM_SEG_VALUES, &nassigns);
    bool arrays = false;
    cm_status st = cm_compiler__sets(c, n, c->table, assigns, nassigns, &sets);
    if (!st) st = want_arrays(c, n, &sets, &arrays);
    if (st) return st;
    cm_out(c, " ");
    if (!sets.n) {
        cm_out(c, c->d->insert_default_values);
        return CM_OK;
    }
    cm_out(c, "(");
    st = write_names(c, &sets);
    if (arrays) return st ? st : write_unnest(c, &sets);
    cm_out(c, ") VALUES ");
    for (size_t i = 0; i < nrows && !st; i++) {
        if (i) cm_out(c, ", ");
        st = write_row(c, &sets, -1);
    }
    return st;
}

/* All rows have the columns of the first; a later row that lacks one takes its default. */
static cm_status write_rows(cm_compiler *c, cm_node *n) {
    size_t nrows, nassigns;
    cm_node *const *rows = cm_node_segment(n, CM_SEG_VALUES, &nrows);
    cm_status st = CM_OK;
    c->flags |= CM_C_MULTI_VALUES;
    if (!cm_has(c, CM_F_MULTI_VALUES))
        return cm__fail(c->cx, CM_E_UNSUPPORTED, "The '%s' dialect does not support in-place multirow inserts.", c->d->name);
    size_t first = 0;
    for (size_t i = 0; !st && i < nrows; i++) {
        cm_sets sets;
        cm_node *const *assigns = cm_node_segment(rows[i], 0, &nassigns);
        st = cm_compiler__sets(c, n, c->table, assigns, nassigns, &sets);
        if (st) break;
        if (i == 0) {
            first = sets.n;
            cm_out(c, " (");
            st = write_names(c, &sets);
            cm_out(c, ") VALUES ");
        } else if (sets.n != first) {
            return cm__fail(c->cx, CM_E_COMPILE, "row %zu of a multi-row INSERT has not the columns of the first row", i);
        }
        if (!st) st = write_row(c, &sets, (long)i);
    }
    return st;
}

/* The select of INSERT ... SELECT with the defaults of columns that it does not fill added to its columns. */
static cm_status with_defaults(cm_compiler *c, cm_node *select, const cm_sets *sets, cm_node **out) {
    *out = select;
    for (size_t i = 0; i < sets->n; i++) {
        cm_node *item = sets->v[i].expr, *bind = NULL, *longer = NULL;
        cm_status st = CM_OK;
        if (!item) {
            cm_node_spec spec = {.kind = CM_N_BIND,
                                 .type = sets->v[i].column->type,
                                 .name = cm_str_text(sets->v[i].column->key),
                                 .name_n = sets->v[i].column->key->n,
                                 .value = cm__none(c->cx)};
            st = cm_node_make(c->cx, &spec, &bind);
            if (!st) st = cm_compiler__keep(c, bind);
            if (!st) st = cm_map__put(c->cx, &c->defaults, cm__ptr_key(bind), sets->v[i].column);
            item = bind;
        }
        if (!st) st = cm_node_append(c->cx, *out, CM_SEG_COLUMNS, &item, 1, &longer);
        if (!st) st = cm_compiler__keep(c, longer);
        if (st) return st;
        *out = longer;
    }
    return CM_OK;
}

static cm_status write_from_select(cm_compiler *c, cm_node *n) {
    static const cm_select_how how = {0};
    size_t count;
    cm_sets sets = {NULL, 0};
    cm_node *select = extra_of(n, CM_N_SELECT), *const *columns = cm_node_segment(n, CM_SEG_COLUMNS, &count);
    cm_status st = CM_OK;
    size_t text_at, param_at;
    if (!select) return cm__fail(c->cx, CM_E_COMPILE, "INSERT from a select has no select");
    if (!(n->flags & CM_FLAG_NO_DEFAULTS)) st = cm_compiler__default_sets(c, c->table, columns, count, &sets);
    if (!st && sets.n && select->kind != CM_N_SELECT)
        st = cm__fail(c->cx, CM_E_COMPILE,
                      "an INSERT from a %s leaves the default of column \"%s\" no place: give from_select() its subquery(), or "
                      "include_defaults=False",
                      cm__kinds[select->kind].role, cm_str_text(sets.v[0].column->name));
    if (st) return st;
    cm_out(c, " (");
    for (size_t i = 0; !st && i < count; i++) {
        cm_set set = {.node = cm__node_unalias(columns[i])};
        if (i) cm_out(c, ", ");
        st = cm_compiler__set_name(c, &set);
    }
    if (count && sets.n) cm_out(c, ", ");
    if (!st) st = write_names(c, &sets);
    if (!st) st = with_defaults(c, select, &sets, &select);
    cm_out(c, ") ");
    text_at = c->b.n;
    param_at = c->nparams;
    if (!st) st = cm_compiler__query(c, select, &how);
    return st || !cm_has(c, CM_F_CTE_AFTER_INSERT) ? st : cm_compiler__with(c, NULL, text_at, param_at);
}

static bool is_given(const cm_compiler *c, const cm_column *column) {
    for (size_t i = 0; i < c->nparams; i++)
        if (c->params[i].column == column) return true;
    return false;
}

/* An INSERT of one row answers the key columns that its caller did not give, but for the one that the database tells anyway. */
static cm_status write_key_returning(cm_compiler *c, const cm_node *n) {
    const cm_table *t = c->table;
    size_t count = 0;
    if (!t || !cm_has(c, CM_F_RETURNING) || !c->d->tells_keys || (n->flags & CM_FLAG_INLINE)) return CM_OK;
    if (c->rq->literal_binds && cm_has(c, CM_F_LASTROWID)) return CM_OK; /* shown, and what was given is no parameter */
    cm_node **columns = cm_arena__alloc(&c->arena, (t->nprimary_key + 1) * sizeof *columns);
    if (!columns) return CM_E_NOMEM;
    for (size_t i = 0; i < t->nprimary_key; i++)
        if (!is_given(c, t->primary_key[i]) && !(cm_has(c, CM_F_LASTROWID) && t->primary_key[i] == t->autoincrement))
            columns[count++] = t->primary_key[i]->node;
    if (count) c->flags |= CM_C_TELLS_KEY;
    return cm_compiler__returning(c, columns, count, true);
}

static cm_status write_insert(cm_compiler *c, cm_node *n, bool top) {
    size_t nvalues, nreturning;
    cm_node *const *values = cm_node_segment(n, CM_SEG_VALUES, &nvalues), *const *returning =
                                                                              cm_node_segment(n, CM_SEG_RETURNING, &nreturning);
    cm_node *conflict = extra_of(n, CM_N_ON_CONFLICT);
    if (top) c->flags |= CM_C_INSERT;
    cm_out(c, "INSERT ");
    cm_status st = write_prefixes(c, n);
    cm_out(c, "INTO ");
    if (!st) st = write_target(c, n);
    if (st) return st;
    bool single = false;
    if ((n->flags & CM_FLAG_FROM_SELECT) || extra_of(n, CM_N_SELECT)) st = write_from_select(c, n);
    else if ((n->flags & CM_FLAG_MULTI_ROW) || (nvalues && values[0]->kind == CM_N_TUPLE)) st = write_rows(c, n);
    else st = (single = true, write_single(c, n));
    if (!st && conflict) st = cm_compiler__on_conflict(c, conflict, c->table);
    if (!st && single && top && !nreturning && c->rq->nrows < 2 && !c->rq->arrays) return write_key_returning(c, n);
    return st ? st : cm_compiler__returning(c, returning, nreturning, top);
}

/* ---- UPDATE, DELETE */

/* An attribute of a class that reads several tables mentions the one its column is in. */
static cm_status open_attr(cm_ctx *cx, void *user, cm_node *n, cm_node **out) {
    (void)user;
    *out = NULL;
    if (n->kind == CM_N_ATTR && n->u.attr.entity && n->u.attr.expr && cm_sql__from(n->u.attr.entity)->kind == CM_N_JOIN)
        cm_node_retain(cx, *out = n->u.attr.expr);
    return CM_OK;
}

static cm_status froms_of_condition(cm_compiler *c, cm_node *condition, cm_objs *out) {
    const cm_adapt map = {.replace = open_attr};
    cm_node *plain = NULL;
    cm_status st = cm_node_adapt(c->cx, condition, &map, &plain);
    if (!st) st = cm_compiler__froms_of(c, plain, out);
    cm_node_release(c->cx, plain);
    return st;
}

/* Tables beside the target: named ones and those the criteria mention. */
static cm_status other_froms(cm_compiler *c, cm_node *n, cm_level *level, cm_objs *out) {
    size_t count;
    cm_objs all = {0};
    cm_node *target = target_of(n), *const *items = cm_node_segment(n, CM_SEG_FROM, &count);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < count; i++) st = cm_compiler__froms_of(c, items[i], &all);
    items = cm_node_segment(n, CM_SEG_WHERE, &count);
    for (size_t i = 0; !st && i < count; i++) st = froms_of_condition(c, items[i], &all);
    if (!st) st = cm_compiler__from_parts(c, target, &level->own);
    for (size_t i = 0; !st && i < all.n; i++) {
        cm_node *from = all.v[i];
        if (cm_sql__has_from(&level->own, from)) continue;
        st = cm_objs_add(c->cx, out, from);
        if (!st) st = cm_compiler__from_parts(c, from, &level->own);
    }
    cm_objs_free(c->cx, &all);
    return st;
}

static cm_status write_where(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *where = cm_node_segment(n, CM_SEG_WHERE, &count);
    if (!count) return CM_OK;
    cm_out(c, " WHERE ");
    return cm_compiler__conditions(c, where, count);
}

/* LIMIT n of an UPDATE or DELETE */
static cm_status write_dml_limit(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *limit = cm_node_segment(n, CM_SEG_LIMIT, &count);
    if (!count || (limit[0]->kind == CM_N_PREFIX && !cm_has(c, CM_F_DML_LIMIT))) return CM_OK; /* an option of other databases */
    if (!cm_has(c, CM_F_DML_LIMIT)) return cm__fail(c->cx, CM_E_UNSUPPORTED, "%s has no LIMIT of UPDATE and DELETE", c->d->name);
    cm_out(c, " LIMIT ");
    return cm_compiler__expr(c, limit[0]);
}

/* The target of a change of several tables, as columns name it: its alias, or itself. */
static cm_status write_target_name(cm_compiler *c, cm_node *n) {
    cm_node *target = cm_sql__from(n->u.n.kid);
    if (target->kind == CM_N_TABLE) return cm_compiler__table(c, target);
    if (target->kind != CM_N_ALIAS && c->table) return cm_compiler__table(c, c->table->node); /* an entity of several tables */
    uint32_t flags = 0;
    const char *name = cm_compiler__from_name(c, target, &flags);
    return name ? cm_compiler__name(c, name, strlen(name), flags) : CM_E_NOMEM;
}

static cm_status write_update(cm_compiler *c, cm_node *n, const cm_objs *others) {
    size_t nassigns;
    cm_sets sets;
    cm_node *const *assigns = cm_node_segment(n, CM_SEG_VALUES, &nassigns);
    bool listed = others->n && cm_has(c, CM_F_UPDATE_LIST);
    bool join = cm_has(c, CM_F_UPDATE_LIST) && cm_sql__from(n->u.n.kid)->kind == CM_N_JOIN;
    cm_out(c, "UPDATE ");
    cm_status st = write_prefixes(c, n);
    if (!st) st = write_target(c, n);
    if (listed) cm_out(c, ", ");
    if (!st && listed) st = cm_compiler__from_list(c, others);
    if (!st) st = cm_compiler__sets(c, n, c->table, assigns, nassigns, &sets);
    cm_out(c, " SET ");
    for (size_t i = 0; !st && i < sets.n; i++) {
        if (i) cm_out(c, ", ");
        cm_node *owner = join && sets.v[i].node && sets.v[i].node->kind == CM_N_COLUMN ? sets.v[i].node->u.col.table : NULL;
        if (owner) st = cm_compiler__table(c, owner);
        else if (listed) st = write_target_name(c, n);
        if (owner || listed) cm_out(c, ".");
        if (!st) st = cm_compiler__set_name(c, &sets.v[i]);
        cm_out(c, "=");
        if (!st) st = cm_compiler__set_value(c, &sets.v[i], -1);
    }
    if (st || !others->n || listed) return st ? st : write_where(c, n);
    if (!cm_has(c, CM_F_UPDATE_FROM))
        return cm__fail(c->cx, CM_E_UNSUPPORTED, "This backend does not support multiple-table criteria within UPDATE");
    cm_out(c, " FROM ");
    st = cm_compiler__from_list(c, others);
    return st ? st : write_where(c, n);
}

/* Whether a join among the other FROM elements has the target in it. */
static cm_status is_joined(cm_compiler *c, cm_node *target, const cm_objs *others, bool *out) {
    cm_objs parts = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < others->n; i++) st = cm_compiler__from_parts(c, others->v[i], &parts);
    *out = cm_sql__has_from(&parts, cm_sql__from(target));
    cm_objs_free(c->cx, &parts);
    return st;
}

static cm_status write_delete(cm_compiler *c, cm_node *n, const cm_objs *others) {
    bool joined = false;
    cm_out(c, "DELETE ");
    cm_status st = write_prefixes(c, n);
    cm_out(c, "FROM ");
    bool listed = cm_has(c, CM_F_UPDATE_LIST) && (others->n || cm_sql__from(n->u.n.kid)->kind == CM_N_ALIAS);
    if (!st && listed) st = write_target_name(c, n);
    else if (!st) st = write_target(c, n);
    if (st || (!others->n && !listed)) return st ? st : write_where(c, n);
    if (!c->d->delete_using)
        return cm__fail(c->cx, CM_E_UNSUPPORTED, "This backend does not support multiple-table criteria within DELETE");
    cm_out(c, c->d->delete_using);
    if (listed) st = is_joined(c, n->u.n.kid, others, &joined);
    if (!st && listed && !joined) st = write_target(c, n);
    if (listed && !joined && others->n) cm_out(c, ", ");
    if (!st) st = cm_compiler__from_list(c, others);
    return st ? st : write_where(c, n);
}

static cm_status write_change(cm_compiler *c, cm_node *n, cm_level *level, bool top) {
    size_t nreturning;
    cm_node *const *returning = cm_node_segment(n, CM_SEG_RETURNING, &nreturning);
    cm_objs others = {0};
    if (top) c->flags |= n->kind == CM_N_UPDATE ? CM_C_UPDATE : CM_C_DELETE;
    cm_status st = other_froms(c, n, level, &others);
    if (!st) st = n->kind == CM_N_UPDATE ? write_update(c, n, &others) : write_delete(c, n, &others);
    if (!st) st = write_dml_limit(c, n);
    if (!st) st = cm_compiler__returning(c, returning, nreturning, top);
    if (!st && others.n) st = cm_objs_add(c->cx, &others, target_of(n));
    if (!st) st = cm_compiler__lint(c, n, &others, n->kind == CM_N_UPDATE ? "UPDATE" : "DELETE");
    cm_objs_free(c->cx, &others);
    return st;
}

/* What the caller's mapping holds must be columns or parameters. Beside values of its own, an UPDATE ignores the rest. */
static cm_status check_names(cm_compiler *c, cm_node *n) {
    size_t nassigns;
    cm_node_segment(n, CM_SEG_VALUES, &nassigns);
    for (size_t i = 0; i < c->rq->nnames && (n->kind == CM_N_INSERT || (n->kind == CM_N_UPDATE && !nassigns)); i++) {
        const char *name = c->rq->names[i];
        if (!cm_strmap__get(&c->taken, name, strlen(name))) return cm__fail(c->cx, CM_E_COMPILE, "Unconsumed column names: %s", name);
    }
    return CM_OK;
}

cm_status cm_compiler__dml(cm_compiler *c, cm_node *n, bool top) {
    cm_table *outer = c->table; /* a statement inside of a CTE has a target of its own */
    bool inner = c->inner_change;
    cm_level level = {.up = c->level, .stmt = n, .top = top};
    size_t text_at = c->b.n, param_at = c->nparams;
    cm_status st = cm_compiler__enter(c);
    if (st) return st;
    c->table = NULL;
    c->inner_change = !top;
    c->level = &level;
    st = cm_compiler__add_ctes(c, n);
    if (n->kind == CM_N_INSERT) c->level = level.up; /* what it writes correlates to nothing */
    if (!st) st = n->kind == CM_N_INSERT ? write_insert(c, n, top) : write_change(c, n, &level, top);
    if (!st) st = cm_compiler__with(c, &level, text_at, param_at);
    c->level = level.up;
    cm_objs_free(c->cx, &level.own);
    if (!st && top) st = check_names(c, n);
    c->inner_change = inner;
    if (!top) {
        if (c->table) cm_table_release(c->cx, c->table);
        c->table = outer;
    } else if (outer) {
        cm_table_release(c->cx, outer);
    }
    c->depth--;
    return st;
}

/* ---- unit of work */

static cm_param param_of(cm_column *column, uint32_t *ordinal) {
    return (cm_param){.source = CM_SRC_SET, .ordinal = (*ordinal)++, .type = column->type, .column = column};
}

static cm_status place_column(cm_compiler *c, cm_column *column, uint32_t *ordinal) {
    cm_param p = param_of(column, ordinal);
    return cm_compiler__place(c, &p, cm_str_text(column->key));
}

static cm_status write_set(cm_compiler *c, const cm_dml_request *rq, size_t i, uint32_t *ordinal) {
    cm_node *sql = rq->set_sql ? rq->set_sql[i] : NULL;
    return sql ? cm_compiler__operand(c, sql, CM_AGAINST_NONE) : place_column(c, rq->set[i], ordinal);
}

static cm_status write_column_name(cm_compiler *c, const cm_column *column) {
    return cm_compiler__str(c, column->name, column->node->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
}

static cm_status flat_sets(cm_compiler *c, const cm_dml_request *rq, cm_sets *out) {
    out->n = rq->nset;
    out->v = cm_arena__alloc(&c->arena, (rq->nset + 1) * sizeof *out->v);
    if (!out->v) return CM_E_NOMEM;
    for (size_t i = 0; i < rq->nset; i++)
        out->v[i] =
            (cm_set){.column = rq->set[i], .node = rq->set[i]->node, .expr = rq->set_sql ? rq->set_sql[i] : NULL, .source = CM_SRC_SET};
    return CM_OK;
}

static cm_status write_flat_insert(cm_compiler *c, const cm_dml_request *rq, const cm_sets *arrays) {
    uint32_t ordinal = 0;
    size_t nrows = rq->nrows ? rq->nrows : 1;
    cm_out(c, "INSERT INTO ");
    cm_status st = cm_compiler__table(c, rq->table->node);
    cm_out(c, " ");
    if (!rq->nset) {
        cm_out(c, c->d->insert_default_values);
        return st;
    }
    cm_out(c, "(");
    for (size_t i = 0; !st && i < rq->nset; i++) {
        if (i) cm_out(c, ", ");
        st = write_column_name(c, rq->set[i]);
    }
    if (arrays) return st ? st : write_unnest(c, arrays);
    cm_out(c, ") VALUES ");
    for (size_t row = 0; !st && row < nrows; row++) {
        cm_out(c, row ? ", (" : "(");
        for (size_t i = 0; !st && i < rq->nset; i++) {
            if (i) cm_out(c, ", ");
            st = write_set(c, rq, i, &ordinal);
        }
        cm_out(c, ")");
    }
    return st;
}

static cm_status write_flat_change(cm_compiler *c, const cm_dml_request *rq) {
    uint32_t ordinal = 0;
    bool update = rq->kind == CM_N_UPDATE;
    cm_out(c, update ? "UPDATE " : "DELETE FROM ");
    cm_status st = cm_compiler__table(c, rq->table->node);
    if (update) cm_out(c, " SET ");
    for (size_t i = 0; !st && update && i < rq->nset; i++) {
        if (i) cm_out(c, ", ");
        st = write_column_name(c, rq->set[i]);
        cm_out(c, "=");
        if (!st) st = write_set(c, rq, i, &ordinal);
    }
    for (size_t i = 0; !st && i < rq->nwhere; i++) {
        cm_out(c, i ? " AND " : " WHERE ");
        st = cm_compiler__column_ref(c, rq->where[i]->node);
        cm_out(c, " = ");
        if (!st) st = place_column(c, rq->where[i], &ordinal);
    }
    return st;
}

static cm_status write_flat_returning(cm_compiler *c, const cm_dml_request *rq) {
    if (!rq->nreturning) return CM_OK;
    cm_node **columns = cm_arena__alloc(&c->arena, rq->nreturning * sizeof *columns);
    if (!columns) return CM_E_NOMEM;
    for (size_t i = 0; i < rq->nreturning; i++) columns[i] = rq->returning[i]->node;
    return cm_compiler__returning(c, columns, rq->nreturning, true);
}

cm_status cm_sql__dml(cm_ctx *cx, const cm_dml_request *request, cm_compiled **out) {
    cm_compile_request rq = {
        .dialect = request->dialect, .for_execution = true, .schema_map = request->schema_map, .host_dialect = request->host_dialect};
    cm_compiler c;
    *out = NULL;
    cm_status st = cm_compiler__init(&c, cx, &rq);
    bool insert = request->kind == CM_N_INSERT;
    c.flags = insert ? CM_C_INSERT : request->kind == CM_N_UPDATE ? CM_C_UPDATE : CM_C_DELETE;
    if (insert && request->nrows > 1) c.flags |= CM_C_MULTI_VALUES;
    cm_table_retain(request->table);
    c.table = request->table;
    bool fits = true;
    cm_sets sets = {NULL, 0};
    if (!st && request->arrays) st = flat_sets(&c, request, &sets);
    if (!st && request->arrays) st = fit_arrays(&c, &sets, &fits);
    if (!st && fits) st = insert ? write_flat_insert(&c, request, request->arrays ? &sets : NULL) : write_flat_change(&c, request);
    if (!st && fits) st = write_flat_returning(&c, request);
    if (!st && fits) st = cm_compiler__finish(&c, NULL, out);
    if (*out) (*out)->nwhere = request->nwhere;
    cm_compiler__dispose(&c);
    return st;
}
