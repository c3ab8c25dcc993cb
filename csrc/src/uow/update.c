/* UPDATEs of a flush: only columns whose value really changed, WHERE by the key (and version) the database has, rows of equal
 * shape as one flight. Column defaults for UPDATE take part when anything else does. The number of rows matched is checked. */
#include "uow/uow.h"

#include <string.h>

typedef struct update {
    cm_uow *u;
    cm_table *table;
    size_t depth;
    cm_mapper *mapper;
    const cm_attr **attrs; /* per table column; arena */
    uint8_t *marks, *next;
    cm_node **sql;
    bool own_sql;
    cm_column **where;
    size_t nwhere; /* key columns, then the version; arena */
    bool posting;  /* after all saves */
    cm_conn *conn;
} update;

typedef struct update_flight { /* arena */
    cm_flight flight;
    const cm_uow *u;
    bool posting;
    cm_dml_shape *shape;
    cm_uow_row **rows;
    int64_t matched;
    const cm_attr **computed; /* of columns that the database computes */
    size_t ncomputed;
} update_flight;

/* ---- WHERE, also of DELETE */

/* Position of an attribute in the identity key, or -1. */
static int key_position(const cm_mapper *m, const cm_attr *a) {
    for (size_t i = 0; i < m->nprimary_key; i++)
        if (m->primary_key[i] == a) return (int)i;
    return -1;
}

cm_status cm_uow__where_value(cm_ctx *cx, const cm_uow *u, const cm_dml_shape *shape, cm_inst *inst, const cm_param *p, bool rekeyed,
                              cm_arena *scratch, cm_value *out) {
    const cm_column *column = shape->columns[p->ordinal];
    const cm_mapper *m = inst->mapper;
    const cm_attr *a = cm_mapper__column_attr(m, column);
    int at = a ? key_position(m, a) : -1;
    if (at >= 0 && (inst->flags & CM_INST_KEY)) {
        void *now = rekeyed || cm_sync__carried(u, inst, a) ? cm_inst__peek(cx, inst, a) : NULL;
        if (now) return cm_uow__encode(cx, shape, column, p->type, now, scratch, out);
        if (inst->flags & CM_INST_KEY_HEAP) return cm_uow__encode(cx, shape, column, p->type, inst->key.ptr->v[at], scratch, out);
        out->kind = CM_INT;
        out->u.i = inst->key.i;
        return CM_OK;
    }
    void *value = a ? cm_inst__committed(inst, a) : NULL;
    cm_status st = value && value != CM_UNSET ? CM_OK : cm_sync__column_value(cx, inst, column, &value);
    return st ? st : cm_uow__encode(cx, shape, column, p->type, value, scratch, out);
}

static cm_status check_updated(cm_ctx *cx, const cm_table *table, int64_t matched, size_t expected) {
    if (matched == (int64_t)expected) return CM_OK;
    return cm__fail(cx, CM_E_STALE, "UPDATE statement on table '%s' expected to update %zu row(s); %lld were matched.",
                    cm_str_text(table->name), expected, (long long)matched);
}

/* ---- preparing a row */

static bool any_change(cm_ctx *cx, cm_inst *inst, cm_status *st) {
    const cm_mapper *m = inst->mapper;
    for (size_t t = 0; t < m->ntables; t++)
        for (size_t i = 0; i < m->ncolumns[t]; i++)
            if (cm_inst__net_changed(cx, inst, m->columns[t][i].attr, st) || *st) return !*st;
    return false;
}

static bool version_here(const update *up) {
    return up->mapper->version && cm_mapper__column_attr(up->mapper, up->mapper->version->column) &&
           up->mapper->version->column->table == up->table;
}

static bool advances(const update *up) { return version_here(up) && !up->mapper->version_given; }

/* The next version goes into the instance; its committed one stays for WHERE. */
static cm_status advance_version(cm_ctx *cx, update *up, cm_inst *inst) {
    const cm_attr *a = up->mapper->version;
    void *now = NULL, *next = NULL;
    cm_status st = cm_sync__column_value(cx, inst, a->column, &now); /* loads it */
    if (st) return st;
    void *was = cm_inst__committed(inst, a);
    if (was && was != CM_UNSET) now = was;
    cm__retain(cx, now);
    st = cm__host(cx)->next_version(cx, up->mapper->version_generator, cm__is_none(cx, now) ? NULL : now, &next);
    if (!st) st = cm_inst_changing(cx, inst, a, cm_inst__peek(cx, inst, a));
    cm__release(cx, now);
    if (!st) return cm_inst__store_take(cx, inst, a, next);
    if (next) cm__release(cx, next);
    return st;
}

/* Whether the key of the base table carries that of a subclass along (ON UPDATE CASCADE). */
static bool follows_base(const cm_mapper *m, const cm_table *table) { return table != m->tables[0] && !m->writes_keys; }

static cm_status mark_changes(cm_ctx *cx, update *up, cm_inst *inst, bool *any) {
    cm_status st = CM_OK;
    *any = false;
    memset(up->next, CM_COL_OUT, up->table->ncolumns);
    for (size_t i = 0; i < up->table->ncolumns; i++) {
        const cm_attr *a = up->attrs[i];
        if (!a || !cm_inst__committed(inst, a) || (a == up->mapper->version && advances(up))) continue;
        if (a->primary_key && (follows_base(up->mapper, up->table) || cm_sync__carried(up->u, inst, a))) continue;
        if (up->table->columns[i].flags & CM_COL_COMPUTED) continue;
        if (!cm_inst__net_changed(cx, inst, a, &st)) {
            if (st) return st;
            continue;
        }
        void *value = cm_inst__peek(cx, inst, a);
        up->sql[i] = value && !cm__is_none(cx, value) ? cm_uow__value_node(cx, value) : NULL;
        up->own_sql = up->own_sql || up->sql[i];
        up->next[i] = up->sql[i] ? CM_COL_SQL : CM_COL_PARAM;
        *any = true;
    }
    return st;
}

static cm_status mark_defaults(cm_ctx *cx, update *up, cm_inst *inst) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < up->table->ncolumns; i++) {
        const cm_column *c = &up->table->columns[i];
        if (up->next[i] != CM_COL_OUT || (up->attrs[i] && up->attrs[i]->primary_key)) continue;
        if (c->update_default_sql) up->next[i] = CM_COL_SQL;
        if (!c->update_default || !up->attrs[i]) continue;
        void *value = NULL;
        st = cm__host(cx)->call_default(cx, c->update_default, up->mapper, inst, &value);
        if (!st) st = cm_inst_changing(cx, inst, up->attrs[i], cm_inst__peek(cx, inst, up->attrs[i]));
        if (!st) st = cm_inst__store_take(cx, inst, up->attrs[i], value);
        else if (value) cm__release(cx, value);
        up->next[i] = CM_COL_PARAM;
    }
    return st;
}

static cm_status prepare(cm_ctx *cx, update *up, cm_inst *inst, bool *any) {
    cm_status st = mark_changes(cx, up, inst, any);
    bool version = !st && advances(up) && (*any || any_change(cx, inst, &st));
    if (!st && *any) st = mark_defaults(cx, up, inst);
    if (!st && version) {
        st = advance_version(cx, up, inst);
        up->next[up->mapper->version->column->index] = CM_COL_PARAM;
        *any = true;
    }
    return st;
}

/* ---- a flight */

/* Whether a row has its changed key when the statement comes to it. */
static bool has_new_key(const update_flight *f, const cm_inst *inst) {
    if (follows_base(inst->mapper, f->shape->table)) return true;
    const cm_uow_row *row = f->posting ? cm_uow__find(f->u, inst) : NULL;
    return row && row->action == CM_ROW_SAVE;
}

static cm_status bind_update(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, cm_arena *scratch) {
    const update_flight *f = flight->user;
    const cm_compiled *stmt = flight->stmt;
    cm_inst *inst = f->rows[set]->inst;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < stmt->nparams; i++) {
        const cm_param *p = &stmt->params[i];
        if (p->source != CM_SRC_SET) st = cm_uow__bind_extra(cx, p, scratch, &values[i]);
        else if (p->ordinal >= f->shape->nset)
            st = cm_uow__where_value(cx, f->u, f->shape, inst, p, has_new_key(f, inst), scratch, &values[i]);
        else
            st = cm_uow__encode(cx, f->shape, f->shape->columns[p->ordinal], p->type, cm_inst__peek(cx, inst, f->shape->attrs[p->ordinal]),
                                scratch, &values[i]);
    }
    return st;
}

static cm_status update_done(cm_ctx *cx, cm_flight *flight, size_t set, int64_t rows, int64_t id) {
    update_flight *f = flight->user;
    (void)cx;
    (void)id;
    f->rows[set]->flags |= CM_ROW_WRITTEN;
    if (rows > 0) f->matched += rows;
    return CM_OK;
}

static cm_status find_computed(const update *up, update_flight *f) {
    f->computed = cm_arena__alloc(&up->u->arena, up->table->ncolumns * sizeof *f->computed);
    if (!f->computed) return CM_E_NOMEM;
    for (size_t i = 0; i < up->table->ncolumns; i++) {
        bool computed = up->marks[i] == CM_COL_SQL || (up->table->columns[i].flags & (CM_COL_SERVER_ONUPDATE | CM_COL_COMPUTED));
        if (computed && up->attrs[i]) f->computed[f->ncomputed++] = up->attrs[i];
    }
    return CM_OK;
}

static cm_status update_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    update_flight *f = flight->user;
    if (!st) st = check_updated(cx, f->shape->table, f->matched, flight->nsets);
    for (size_t i = 0; !st && i < f->ncomputed; i++)
        for (size_t r = 0; r < flight->nsets; r++) cm_uow__expire_column(cx, f->rows[r]->inst, f->computed[i]);
    if (st && set < flight->nsets) cm_uow__blame(cx, f->rows[set]->inst);
    cm_shape__done(cx, f->shape);
    return st;
}

static cm_status fly(cm_ctx *cx, update *up, cm_uow_row **rows, size_t n, bool own_sql) {
    cm_shape_request q = {.mapper = up->mapper,
                          .table = up->table,
                          .kind = CM_N_UPDATE,
                          .conn = up->conn,
                          .marks = up->marks,
                          .sql = own_sql ? up->sql : NULL,
                          .where = up->where,
                          .nwhere = up->nwhere};
    update_flight *f = cm_arena__alloc(&up->u->arena, sizeof *f);
    if (!f) return CM_E_NOMEM;
    f->u = up->u;
    f->posting = up->posting;
    f->rows = cm_uow__copy_rows(up->u, rows, n);
    cm_status st = f->rows ? find_computed(up, f) : CM_E_NOMEM;
    if (!st) st = cm_shape__get(cx, &q, &f->shape);
    if (st) return st;
    f->flight = (cm_flight){.stmt = f->shape->stmt, .nsets = n, .bind = bind_update, .done = update_done, .user = f, .over = update_over};
    return cm_uow__depart(cx, up->u, up->conn, &f->flight);
}

/* ---- batches */

static void use_mapper(update *up, cm_mapper *m) {
    up->mapper = m;
    for (size_t i = 0; i < up->table->ncolumns; i++) up->attrs[i] = cm_mapper__column_attr(m, &up->table->columns[i]);
    up->nwhere = 0;
    for (size_t i = 0; i < up->table->nprimary_key; i++) up->where[up->nwhere++] = up->table->primary_key[i];
    if (up->nwhere == 0) /* a table without a key: what the class calls its key */
        for (size_t i = 0; i < m->nprimary_key; i++)
            if (m->primary_key[i]->column && m->primary_key[i]->column->table == up->table)
                up->where[up->nwhere++] = m->primary_key[i]->column;
    if (version_here(up)) up->where[up->nwhere++] = m->version->column;
}

static cm_status update_init(cm_ctx *cx, update *up, cm_uow *u, size_t depth, cm_mapper *m) {
    *up = (update){.u = u, .depth = depth, .table = m->tables[depth]};
    size_t n = up->table->ncolumns;
    up->attrs = cm_arena__alloc(&u->arena, n * sizeof *up->attrs);
    up->marks = cm_arena__alloc(&u->arena, n);
    up->next = cm_arena__alloc(&u->arena, n);
    up->sql = cm_arena__alloc(&u->arena, n * sizeof *up->sql);
    up->where = cm_arena__alloc(&u->arena, (n + m->nprimary_key + 1) * sizeof(cm_column *));
    if (!up->attrs || !up->marks || !up->next || !up->sql || !up->where) return CM_E_NOMEM;
    use_mapper(up, m);
    cm_status st = cm_session__conn(cx, u->session, m, up->table->node, &up->conn);
    return st;
}

static void drop_sql(cm_ctx *cx, update *up) {
    for (size_t i = 0; up->own_sql && i < up->table->ncolumns; i++) {
        cm_node_release(cx, up->sql[i]);
        up->sql[i] = NULL;
    }
    up->own_sql = false;
}

static void accept(update *up) {
    uint8_t *t = up->marks;
    up->marks = up->next;
    up->next = t;
}

/* rows[0..n) are all rows of the step; those with something to write are gathered into batches. */
cm_status cm_uow__update(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n) {
    update up;
    size_t batch = 0;
    cm_uow_row **ready = n ? cm_arena__alloc(&u->arena, n * sizeof(cm_uow_row *)) : NULL;
    if (n == 0) return CM_OK;
    cm_status st = ready ? update_init(cx, &up, u, depth, rows[0]->inst->mapper) : CM_E_NOMEM;
    if (st) return st;
    for (size_t i = 0; !st && i < n; i++) {
        bool any = false;
        if (rows[i]->inst->mapper != up.mapper) {
            if (batch) st = fly(cx, &up, ready, batch, false);
            if (st) break;
            use_mapper(&up, rows[i]->inst->mapper);
            batch = 0;
        }
        st = prepare(cx, &up, rows[i]->inst, &any);
        if (st) break;
        if (!any) continue;
        bool joins = batch && !up.own_sql && memcmp(up.marks, up.next, up.table->ncolumns) == 0;
        if (!joins && batch) {
            st = fly(cx, &up, ready, batch, false);
            batch = 0;
        }
        if (!joins) accept(&up);
        ready[batch++] = rows[i];
        if (st || !up.own_sql) continue;
        st = fly(cx, &up, ready, batch, true);
        drop_sql(cx, &up);
        batch = 0;
    }
    if (!st && batch) st = fly(cx, &up, ready, batch, false);
    drop_sql(cx, &up);
    return st;
}

/* ---- post_update: UPDATE t SET fk = ? WHERE key = ?, a row at a time in the order they were asked for */

static cm_column *const *post_columns(const cm_post_row *p) {
    return p->relation->direction == CM_MANY_TO_ONE ? p->relation->parent_columns : p->relation->target_columns;
}

static bool posted_alike(const cm_post_row *a, const cm_post_row *b) {
    bool alike = a->inst->mapper->root == b->inst->mapper->root && a->relation->npairs == b->relation->npairs &&
                 (!a->inst->mapper->version || ((a->inst->flags ^ b->inst->flags) & CM_INST_KEY) == 0); /* new rows keep their version */
    return alike && memcmp(post_columns(a), post_columns(b), a->relation->npairs * sizeof(cm_column *)) == 0;
}

/* The version a row has by now is the one before; a row of this flush keeps its first one. */
static cm_status next_post_version(cm_ctx *cx, update *up, cm_inst *inst) {
    const cm_attr *a = up->mapper->version;
    void *now = NULL;
    cm_status st = cm_sync__column_value(cx, inst, a->column, &now);
    if (st) return st;
    cm__retain(cx, now);
    cm_inst__forget(cx, inst, a);
    st = cm_inst_changing(cx, inst, a, now);
    cm__release(cx, now);
    return st ? st : advance_version(cx, up, inst);
}

/* n rows from p on that write the same columns. */
static cm_status post_some(cm_ctx *cx, cm_uow *u, const cm_post_row *p, size_t n) {
    const cm_relation *r = p->relation;
    cm_column *const *columns = post_columns(p);
    cm_mapper *m = p->inst->mapper;
    size_t depth = 0;
    update up;
    while (depth < m->ntables && m->tables[depth] != columns[0]->table) depth++;
    if (depth == m->ntables) return CM_OK;
    cm_status st = update_init(cx, &up, u, depth, m);
    if (st) return st;
    up.posting = true;
    const bool versioned = advances(&up) && (p->inst->flags & CM_INST_KEY);
    for (size_t i = 0; i < r->npairs; i++) up.marks[columns[i]->index] = CM_COL_PARAM;
    if (versioned) up.marks[m->version->column->index] = CM_COL_PARAM;
    cm_uow_row *row = cm_arena__alloc(&u->arena, n * sizeof *row), **rows = cm_arena__alloc(&u->arena, n * sizeof *rows);
    if (!row || !rows) return CM_E_NOMEM;
    for (size_t i = 0; i < n; i++, p = p->next) {
        row[i].inst = p->inst;
        rows[i] = &row[i];
        if (versioned) st = next_post_version(cx, &up, p->inst);
        if (st) return st;
    }
    st = fly(cx, &up, rows, n, false);
    for (size_t i = 0; !st && versioned && i < n; i++) cm_inst__forget(cx, rows[i]->inst, m->version); /* a DELETE goes by the new one */
    return st;
}

cm_status cm_uow__post_update(cm_ctx *cx, cm_uow *u) {
    cm_post_row *ordered = NULL;
    cm_status st = CM_OK;
    while (u->posts) { /* the list was built backwards */
        cm_post_row *p = u->posts;
        u->posts = p->next;
        p->next = ordered;
        ordered = p;
    }
    for (cm_post_row *p = ordered, *end; !st && p; p = end) {
        size_t n = 1;
        for (end = p->next; end && posted_alike(p, end); end = end->next) n++;
        st = post_some(cx, u, p, n);
    }
    return st;
}
