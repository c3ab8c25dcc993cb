/* SELECT, clause by clause.
 *
 *   SELECT DISTINCT a, b \nFROM t \nWHERE x GROUP BY a \nHAVING y ORDER BY b\n LIMIT :p OFFSET :q FOR UPDATE
 *
 * The FROM list is settled before anything is written, because the columns clause may hold subqueries that correlate to
 * it; the columns clause is written first all the same, for parameters are numbered in text order. */
#include "sql/compiler.h"
#include "sql/text.h"

cm_status cm_compiler__pieces(cm_compiler *c, cm_node *const *texts, size_t n, uint32_t flag) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        size_t at = c->b.n;
        if ((texts[i]->flags & CM_FLAG_SUFFIX) == flag) st = cm_compiler__expr(c, texts[i]);
        if (c->b.n > at) cm_out(c, " ");
    }
    return st;
}

static cm_status write_texts(cm_compiler *c, cm_node *n, int segment, const char *before) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, segment, &count);
    if (count) cm_out(c, before);
    return cm_compiler__pieces(c, items, count, 0);
}

static cm_status write_distinct(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *on = cm_node_segment(n, CM_SEG_DISTINCT, &count);
    if (!count && !(n->flags & CM_FLAG_DISTINCT)) return CM_OK;
    cm_out(c, "DISTINCT ");
    if (!count || !cm_has(c, CM_F_DISTINCT_ON)) return CM_OK;
    cm_out(c, "ON (");
    cm_status st = cm_compiler__list(c, on, count, CM_AGAINST_ALL);
    cm_out(c, ") ");
    return st;
}

/* ---- GROUP BY, ORDER BY */

/* The label an ORDER BY item speaks of: itself, or what its ASC, DESC, NULLS stand after. */
static cm_node *ordered_label(cm_node *n) {
    while (n->kind == CM_N_UNARY && cm__ops[n->op].postfix) n = n->u.k.kid[0];
    return n->kind == CM_N_LABEL && n->u.n.name && !(n->flags & CM_FLAG_OWN_NAME) ? n : NULL;
}

static bool is_selected(const cm_level *level, const cm_node *label) {
    for (size_t i = 0; level && i < level->ncolumns; i++) {
        const cm_node *column = cm__node_unalias(level->columns[i]);
        if (column == label) return true;
        if (column->kind == CM_N_LABEL && column->u.n.name && strcmp(cm_str_text(column->u.n.name), cm_str_text(label->u.n.name)) == 0 &&
            cm_compiler__same(column->u.n.kid, label->u.n.kid))
            return true;
    }
    return false;
}

static cm_status write_modifiers(cm_compiler *c, cm_node *n) {
    if (n->kind != CM_N_UNARY) return CM_OK;
    cm_status st = write_modifiers(c, n->u.k.kid[0]);
    bool nulls = n->op == CM_OP_NULLS_FIRST || n->op == CM_OP_NULLS_LAST;
    if (!nulls || cm_has(c, CM_F_NULLS_ORDER)) cm_out(c, cm__ops[n->op].sql);
    return st;
}

/* ORDER BY foo DESC, where foo labels a selected column. */
static cm_status write_ordered(cm_compiler *c, cm_node *n) {
    cm_node *label = ordered_label(n);
    if (!label || !is_selected(c->level, label)) return cm_compiler__operand(c, n, CM_OP_COMMA);
    bool first;
    cm_status st = CM_OK;
    if (cm_compiler__sorts_nulls(c, n, &first)) {
        st = cm_compiler__label(c, cm_str_text(label->u.n.name), label->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
        cm_out(c, first ? " IS NULL DESC, " : " IS NULL, ");
    }
    if (!st) st = cm_compiler__label(c, cm_str_text(label->u.n.name), label->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
    return st ? st : write_modifiers(c, n);
}

cm_status cm_compiler__order_by(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, CM_SEG_ORDER_BY, &count);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < count; i++) {
        cm_out(c, i ? ", " : " ORDER BY ");
        st = write_ordered(c, items[i]);
    }
    return st;
}

static cm_status write_group_by(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, CM_SEG_GROUP_BY, &count);
    if (!count) return CM_OK;
    cm_out(c, " GROUP BY ");
    return cm_compiler__list(c, items, count, CM_OP_COMMA);
}

/* ---- LIMIT, FOR UPDATE */

static cm_node *only_of(cm_node *n, int segment) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, segment, &count);
    return count ? items[0] : NULL;
}

static cm_status write_count(cm_compiler *c, const char *before, cm_node *count, const char *after) {
    uint8_t outer = c->bind_cast;
    c->bind_cast = CM_CAST_COUNT;
    cm_out(c, before);
    cm_status st = cm_compiler__expr(c, count);
    cm_out(c, after);
    c->bind_cast = outer;
    return st;
}

/* \n OFFSET :o ROWS\n FETCH FIRST :n ROWS ONLY */
static cm_status write_fetch(cm_compiler *c, cm_node *n, cm_node *limit, cm_node *offset) {
    bool grouped = cm_has(c, CM_F_GROUPED_FETCH);
    cm_status st = offset ? write_count(c, grouped ? "\n OFFSET (" : "\n OFFSET ", offset, grouped ? ") ROWS" : " ROWS") : CM_OK;
    if (!st) st = write_count(c, grouped ? "\n FETCH FIRST (" : "\n FETCH FIRST ", limit, grouped ? ")" : "");
    if (n->flags & CM_FLAG_PERCENT) cm_out(c, " PERCENT");
    cm_out(c, n->flags & CM_FLAG_WITH_TIES ? " ROWS WITH TIES" : " ROWS ONLY");
    return st;
}

cm_status cm_compiler__limit(cm_compiler *c, cm_node *n) {
    cm_node *limit = only_of(n, CM_SEG_LIMIT), *offset = only_of(n, CM_SEG_OFFSET);
    if (!limit && !offset) return CM_OK;
    if (limit && (n->flags & CM_FLAG_FETCH)) return write_fetch(c, n, limit, offset);
    if (c->d->limit) return c->d->limit(c, n);
    cm_status st = limit ? write_count(c, "\n LIMIT ", limit, "") : CM_OK;
    if (!limit) cm_out(c, cm_has(c, CM_F_LIMIT_ALL) ? "\n LIMIT ALL" : "\n LIMIT -1");
    return st || !offset ? st : write_count(c, " OFFSET ", offset, "");
}

cm_status cm_compiler__lock_of(cm_compiler *c, cm_node *const *of, size_t n) {
    cm_objs froms = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) st = cm_compiler__froms_of(c, of[i], &froms);
    for (size_t i = 0; !st && i < froms.n; i++) {
        uint32_t flags = 0;
        const char *name = cm_compiler__from_name(c, froms.v[i], &flags);
        cm_out(c, i ? ", " : " OF ");
        st = name ? cm_compiler__name(c, name, strlen(name), flags)
                  : cm__fail(c->cx, CM_E_COMPILE, "FOR UPDATE OF something without a name");
    }
    cm_objs_free(c->cx, &froms);
    return st;
}

cm_status cm_compiler__for_update(cm_compiler *c, cm_node *n) {
    cm_node *lock = only_of(n, CM_SEG_FOR_UPDATE);
    if (!lock) return CM_OK;
    c->flags |= CM_C_FOR_UPDATE;
    if (!cm_has(c, CM_F_FOR_UPDATE)) return CM_OK;
    cm_status st = CM_OK;
    if (c->d->node && c->d->node(c, lock, &st)) return st;
    cm_out(c, " FOR UPDATE");
    return CM_OK;
}

/* ---- the whole */

static cm_status write_tail(cm_compiler *c, cm_node *n) {
    size_t nwhere, nhaving;
    cm_node *const *where = cm_node_segment(n, CM_SEG_WHERE, &nwhere), *const *having = cm_node_segment(n, CM_SEG_HAVING, &nhaving);
    cm_status st = CM_OK;
    if (nwhere) {
        cm_out(c, " \nWHERE ");
        st = cm_compiler__conditions(c, where, nwhere);
    }
    if (!st) st = write_group_by(c, n);
    if (!st && nhaving) {
        cm_out(c, " \nHAVING ");
        st = cm_compiler__conditions(c, having, nhaving);
    }
    if (!st) st = cm_compiler__order_by(c, n);
    if (!st) st = cm_compiler__limit(c, n);
    if (!st) st = cm_compiler__for_update(c, n);
    return st ? st : write_texts(c, n, CM_SEG_SUFFIX, " ");
}

static cm_status write_select(cm_compiler *c, cm_node *n, cm_level *level, const cm_objs *froms, const cm_select_how *how) {
    cm_out(c, "SELECT ");
    cm_status st = write_texts(c, n, CM_SEG_PREFIX, "");
    if (!st) st = write_distinct(c, n);
    if (!st) st = cm_compiler__columns(c, n, level->columns, level->ncolumns, how);
    level->in_columns = false;
    if (!st && froms->n) {
        cm_out(c, " \nFROM ");
        st = cm_compiler__from_list(c, froms);
    } else if (!st && cm_has(c, CM_F_DUAL)) {
        size_t nwhere;
        cm_node_segment(n, CM_SEG_WHERE, &nwhere);
        if (nwhere) cm_out(c, " FROM DUAL");
    }
    return st ? st : write_tail(c, n);
}

cm_status cm_compiler__select(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    size_t nitems, text_at = c->b.n, param_at = c->nparams;
    cm_node *const *items = cm_node_segment(n, CM_SEG_COLUMNS, &nitems), **columns = NULL;
    cm_level level = {.up = c->level, .stmt = n, .in_columns = true, .top = how->top && !how->member};
    cm_objs froms = {0};
    cm_status st = cm_compiler__enter(c);
    if (st) return st;
    bool bare = c->bare_columns;
    c->bare_columns = false;
    st = cm_compiler__expand(c, items, nitems, &columns, &level.ncolumns);
    if (!st) st = cm_compiler__collect(c, n, columns, level.ncolumns, how, &froms);
    for (size_t i = 0; !st && i < froms.n; i++) st = cm_compiler__from_parts(c, froms.v[i], &level.own);
    level.columns = columns;
    level.froms = &froms;
    c->level = &level;
    if (!st) st = cm_compiler__add_ctes(c, n);
    if (!st) st = write_select(c, n, &level, &froms, how);
    if (!st) st = cm_compiler__lint(c, n, &froms, "SELECT");
    if (!st) st = cm_compiler__with(c, &level, text_at, param_at);
    c->level = level.up;
    c->bare_columns = bare;
    cm_objs_free(c->cx, &level.own);
    cm_objs_free(c->cx, &froms);
    c->depth--;
    return st;
}

/* Text that answers rows: its columns are those of text().columns(). */
static cm_status write_text_query(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    size_t count;
    cm_node *const *columns = cm_node_segment(n, 1, &count);
    cm_status st = cm_compiler__text(c, n);
    if (how->top) c->flags |= CM_C_TEXT;
    for (size_t i = 0; !st && how->top && i < count; i++) {
        const char *name = cm_expr__name(columns[i]);
        st = cm_compiler__column(c, name ? name : "", columns[i]);
    }
    return st;
}

cm_status cm_compiler__query(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    if (!(n->flags & CM_FLAG_HOST_COMPILE) || !cm__host(c->cx)->node_compile) return cm_compiler__plain_query(c, n, how);
    cm_node *outer = c->hooked;
    const cm_select_how *outer_how = c->hooked_how;
    c->hooked = n;
    c->hooked_how = how;
    cm_status st = cm__host(c->cx)->node_compile(c->cx, n, c);
    c->hooked = outer;
    c->hooked_how = outer_how;
    return st;
}

cm_status cm_compiler__plain_query(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    size_t text_at = c->b.n, param_at = c->nparams;
    cm_status st;
    switch (n->kind) {
    case CM_N_SELECT:
        if (how->top) c->flags |= CM_C_SELECT | CM_C_RETURNS_ROWS;
        st = cm_compiler__select(c, n, how);
        break;
    case CM_N_COMPOUND:
        if (how->top) c->flags |= CM_C_SELECT | CM_C_RETURNS_ROWS;
        st = cm_compiler__compound(c, n, how);
        break;
    case CM_N_TEXT: st = write_text_query(c, n, how); break;
    case CM_N_INSERT:
    case CM_N_UPDATE:
    case CM_N_DELETE: st = cm_compiler__dml(c, n, how->top); break;
    case CM_N_SCALAR_SUBQUERY:
    case CM_N_GROUPING: return cm_compiler__query(c, n->u.k.kid[0], how);
    case CM_N_FROM_STATEMENT: return cm_compiler__query(c, n->u.n.kid, how);
    default: return cm_compiler__expr(c, n);
    }
    return st || !how->top ? st : cm_compiler__with(c, NULL, text_at, param_at);
}

cm_status cm_compiler__subquery(cm_compiler *c, cm_node *n) {
    static const cm_select_how scalar = {0};
    while (n->kind == CM_N_SCALAR_SUBQUERY || n->kind == CM_N_GROUPING) n = n->u.k.kid[0];
    if (n->kind == CM_N_SUBQUERY) n = n->u.n.kid;
    cm_out(c, "(");
    cm_status st = n->kind == CM_N_VALUES ? cm_compiler__values_cte(c, n, false) : cm_compiler__query(c, n, &scalar);
    cm_out(c, ")");
    return st;
}
