/* DELETEs of a flush: by the key (and version) the database has, subclass tables first, rows of a class as one flight. */
#include "uow/uow.h"

#include <stdio.h>

typedef struct delete_flight { /* arena */
    cm_flight flight;
    cm_uow *u;
    cm_dml_shape *shape;
    cm_uow_row **rows;
    int64_t matched;
    const cm_mapper *mapper;
    bool version; /* the version is part of WHERE */
} delete_flight;

static cm_status bind_delete(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, cm_arena *scratch) {
    const delete_flight *f = flight->user;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < flight->stmt->nparams; i++)
        st = cm_uow__where_value(cx, f->u, f->shape, f->rows[set]->inst, &flight->stmt->params[i], false, scratch, &values[i]);
    return st;
}

static cm_status delete_done(cm_ctx *cx, cm_flight *flight, size_t set, int64_t rows, int64_t id) {
    delete_flight *f = flight->user;
    (void)cx;
    (void)id;
    f->rows[set]->flags |= CM_ROW_WRITTEN;
    if (rows > 0) f->matched += rows;
    return CM_OK;
}

/* A row already gone is worth a warning; with a version it means that somebody else changed it. */
static cm_status check_deleted(cm_ctx *cx, const cm_mapper *m, const cm_table *table, int64_t matched, size_t n, bool version) {
    char text[512];
    if (matched == (int64_t)n || (!version && !m->confirm_deleted_rows)) return CM_OK;
    snprintf(
        text, sizeof text,
        "DELETE statement on table '%s' expected to delete %zu row(s); %lld were matched.  Please set confirm_deleted_rows=False within "
        "the mapper configuration to prevent this warning.",
        cm_str_text(table->name), n, (long long)matched);
    if (version) return cm__fail(cx, CM_E_STALE, "%s", text);
    return cm__host(cx)->warn(cx, "SAWarning", text);
}

static cm_status delete_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    delete_flight *f = flight->user;
    if (!st) st = check_deleted(cx, f->mapper, f->shape->table, f->matched, flight->nsets, f->version);
    if (st && set < flight->nsets) cm_uow__blame(cx, f->rows[set]->inst);
    cm_shape__done(cx, f->shape);
    return st;
}

static cm_status fly(cm_ctx *cx, cm_uow *u, cm_mapper *m, cm_table *table, cm_uow_row **rows, size_t n) {
    uint8_t *marks = cm_arena__alloc(&u->arena, table->ncolumns);
    cm_column **where = cm_arena__alloc(&u->arena, (table->ncolumns + m->nprimary_key + 1) * sizeof(cm_column *));
    bool version = m->version && m->version->column->table == table;
    delete_flight *f = cm_arena__alloc(&u->arena, sizeof *f);
    cm_conn *conn = NULL;
    size_t nwhere = 0;
    if (!marks || !where || !f) return CM_E_NOMEM;
    for (size_t i = 0; i < table->nprimary_key; i++) where[nwhere++] = table->primary_key[i];
    for (size_t i = 0; table->nprimary_key == 0 && i < m->nprimary_key; i++)
        if (m->primary_key[i]->column && m->primary_key[i]->column->table == table) where[nwhere++] = m->primary_key[i]->column;
    if (version) where[nwhere++] = m->version->column;
    cm_status st = cm_session__conn(cx, u->session, m, table->node, &conn);
    if (st) return st;
    cm_shape_request q = {.mapper = m, .table = table, .kind = CM_N_DELETE, .conn = conn, .marks = marks, .where = where, .nwhere = nwhere};
    *f = (delete_flight){.u = u, .rows = cm_uow__copy_rows(u, rows, n), .mapper = m, .version = version};
    st = f->rows ? cm_shape__get(cx, &q, &f->shape) : CM_E_NOMEM;
    if (st) return st;
    f->flight = (cm_flight){.stmt = f->shape->stmt, .nsets = n, .bind = bind_delete, .done = delete_done, .user = f, .over = delete_over};
    return cm_uow__depart(cx, u, conn, &f->flight);
}

/* Rows of several classes of a hierarchy go in one statement from the tables that they share. */
static bool together(const cm_mapper *a, const cm_mapper *b, size_t depth) {
    return a == b || (a->root == b->root && a->tables[depth] == b->tables[depth] && a->confirm_deleted_rows == b->confirm_deleted_rows);
}

cm_status cm_uow__delete(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n) {
    cm_status st = CM_OK;
    for (size_t begin = 0, i = 0; !st && i < n; begin = i) {
        cm_mapper *m = rows[begin]->inst->mapper;
        while (i < n && together(rows[i]->inst->mapper, m, depth)) i++;
        st = fly(cx, u, m, m->tables[depth], rows + begin, i - begin);
    }
    return st;
}
