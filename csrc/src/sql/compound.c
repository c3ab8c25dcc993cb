/* UNION and its kin, and VALUES as a table. */
#include "sql/compiler.h"

static cm_status write_member(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    size_t norder = 0, nlimit = 0, noffset = 0;
    if (n->kind == CM_N_GROUPING || n->kind == CM_N_SCALAR_SUBQUERY || n->kind == CM_N_SUBQUERY)
        n = n->kind == CM_N_SUBQUERY ? n->u.n.kid : n->u.k.kid[0];
    cm_node_segment(n, CM_SEG_ORDER_BY, &norder);
    cm_node_segment(n, CM_SEG_LIMIT, &nlimit);
    cm_node_segment(n, CM_SEG_OFFSET, &noffset);
    bool group = n->kind == CM_N_COMPOUND || norder || nlimit || noffset;
    if (group) cm_out(c, "(");
    cm_status st = n->kind == CM_N_COMPOUND ? cm_compiler__compound(c, n, how)
                   : n->kind == CM_N_SELECT ? cm_compiler__select(c, n, how)
                                            : cm_compiler__query(c, n, how);
    if (group) cm_out(c, ")");
    return st;
}

/* Columns of the result, which ORDER BY may name: those of the first select. */
static cm_status result_columns(cm_compiler *c, cm_node *n, cm_level *level) {
    size_t count;
    cm_node *const *items;
    cm_node **columns = NULL;
    while (n->kind == CM_N_COMPOUND || n->kind == CM_N_GROUPING) {
        items = n->kind == CM_N_COMPOUND ? cm_node_segment(n, CM_SEG_COLUMNS, &count) : n->u.k.kid;
        n = items[0];
    }
    if (n->kind != CM_N_SELECT) return CM_OK;
    items = cm_node_segment(n, CM_SEG_COLUMNS, &count);
    cm_status st = cm_compiler__expand(c, items, count, &columns, &level->ncolumns);
    level->columns = columns;
    return st;
}

static cm_status write_group_by(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, CM_SEG_GROUP_BY, &count);
    if (!count) return CM_OK;
    cm_out(c, " GROUP BY ");
    return cm_compiler__list(c, items, count, CM_OP_COMMA);
}

/* SELECT ... UNION SELECT ... ORDER BY id */
cm_status cm_compiler__compound(cm_compiler *c, cm_node *n, const cm_select_how *how) {
    size_t count;
    cm_node *const *selects = cm_node_segment(n, CM_SEG_COLUMNS, &count);
    cm_level level = {.up = c->level, .stmt = n, .compound = true}, *outer = c->level;
    if (count < 1) return cm__fail(c->cx, CM_E_COMPILE, "a set operation needs selects");
    cm_status st = cm_compiler__enter(c);
    if (st) return st;
    st = cm_compiler__add_ctes(c, n);
    for (size_t i = 0; !st && i < count; i++) {
        cm_select_how member = *how;
        member.top = how->top && i == 0;
        member.member = true;
        if (i) {
            cm_out(c, " ");
            cm_out(c, cm__ops[n->op].sql);
            cm_out(c, " ");
        }
        st = write_member(c, selects[i], &member);
    }
    if (!st) st = result_columns(c, n, &level);
    if (outer) level.own = outer->own; /* subqueries in its ORDER BY correlate as the set operation itself would */
    c->level = &level;
    if (!st) st = write_group_by(c, n);
    if (!st) st = cm_compiler__order_by(c, n);
    if (!st) st = cm_compiler__limit(c, n);
    if (!st) st = cm_compiler__for_update(c, n);
    c->level = outer;
    c->depth--;
    return st;
}

static cm_status write_rows(cm_compiler *c, cm_node *const *rows, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__expr(c, rows[i]);
    }
    return st;
}

/* (SELECT :p AS id, :q AS n UNION ALL SELECT :r, :s) AS v */
static cm_status write_values_union(cm_compiler *c, cm_node *n, const char *name, uint32_t flags) {
    size_t ncolumns, nrows, width;
    cm_node *const *columns = cm_node_segment(n, 0, &ncolumns), *const *rows = cm_node_segment(n, 1, &nrows);
    cm_status st = CM_OK;
    cm_out(c, n->op == CM_OP_LATERAL ? "LATERAL (" : "(");
    for (size_t i = 0; !st && i < nrows; i++) {
        cm_node *const *items = cm_node_segment(rows[i], 0, &width);
        cm_out(c, i ? " UNION ALL SELECT " : "SELECT ");
        for (size_t k = 0; !st && k < width; k++) {
            if (k) cm_out(c, ", ");
            st = cm_compiler__operand(c, items[k], CM_OP_COMMA);
            const char *column = !i && k < ncolumns ? cm_expr__name(columns[k]) : NULL;
            if (column) cm_out(c, " AS ");
            if (!st && column) st = cm_compiler__cname(c, column);
        }
    }
    cm_out(c, ")");
    if (st || !name) return st;
    cm_out(c, " AS ");
    return cm_compiler__name(c, name, strlen(name), flags);
}

/* (VALUES (:p, :q), (:r, :s)) AS v (id, n) */
/* (a, b) */
static cm_status write_value_names(cm_compiler *c, cm_node *n) {
    size_t ncolumns;
    cm_node *const *columns = cm_node_segment(n, 0, &ncolumns);
    cm_status st = CM_OK;
    cm_out(c, "(");
    for (size_t i = 0; !st && i < ncolumns; i++) {
        if (i) cm_out(c, ", ");
        const char *column = cm_expr__name(columns[i]);
        st = column ? cm_compiler__cname(c, column) : cm__fail(c->cx, CM_E_COMPILE, "a column of VALUES has no name");
    }
    cm_out(c, ")");
    return st;
}

cm_status cm_compiler__values_cte(cm_compiler *c, cm_node *n, bool names) {
    size_t nrows;
    cm_node *const *rows = cm_node_segment(n, 1, &nrows);
    bool as_union = cm_has(c, CM_F_VALUES_UNION); /* which names its columns itself */
    if (names) return as_union ? CM_OK : write_value_names(c, n);
    if (as_union) return write_values_union(c, n, NULL, 0);
    cm_out(c, "VALUES ");
    return write_rows(c, rows, nrows);
}

cm_status cm_compiler__values(cm_compiler *c, cm_node *n) {
    size_t nrows;
    uint32_t flags = 0;
    cm_node *const *rows = cm_node_segment(n, 1, &nrows);
    const char *name = cm_compiler__from_name(c, n, &flags);
    if (cm_has(c, CM_F_VALUES_UNION)) return write_values_union(c, n, name, flags);
    cm_out(c, n->op == CM_OP_LATERAL ? "LATERAL (VALUES " : "(VALUES ");
    cm_status st = write_rows(c, rows, nrows);
    cm_out(c, ")");
    if (st || !name) return st;
    cm_out(c, " AS ");
    st = cm_compiler__name(c, name, strlen(name), flags);
    cm_out(c, " ");
    return st ? st : write_value_names(c, n);
}
