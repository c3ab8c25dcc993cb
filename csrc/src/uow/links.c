/* Rows of secondary tables (many-to-many): collected from the changes of both sides, each link once, then deleted and inserted
 * as two flights per table. */
#include "uow/uow.h"

#include <string.h>

/* ---- collecting */

/* One word for (parent, child) of a secondary table, the same from either side. */
static uint64_t link_word(const cm_relation *r, const cm_inst *parent, const cm_inst *child) {
    return cm__mix(cm__ptr_key(parent)) + cm__mix(cm__ptr_key(child)) + cm__mix(r->secondary->id);
}

static bool same_link(const cm_link_row *l, const cm_relation *r, const cm_inst *parent, const cm_inst *child, bool add) {
    if (l->add != add || l->relation->secondary != r->secondary) return false;
    if (l->relation->origin == r->origin) return l->parent == parent && l->child == child;
    const cm_attr *back = r->back;
    bool reverse = back && back->relation && back->relation->origin == l->relation->origin;
    return reverse && l->parent == child && l->child == parent;
}

static cm_status add_link(cm_ctx *cx, cm_uow *u, const cm_relation *r, cm_inst *parent, cm_inst *child, bool add) {
    uint64_t word = link_word(r, parent, child) + add;
    for (const cm_link_row *l; (l = cm_map__get(&u->link_keys, word)); word++)
        if (same_link(l, r, parent, child, add)) return CM_OK;
    cm_link_row *l = cm_arena__alloc(&u->arena, sizeof *l);
    if (!l) return CM_E_NOMEM;
    *l = (cm_link_row){r, parent, child, add, NULL};
    cm_status st = cm_map__put(cx, &u->link_keys, word, l);
    if (!st) st = cm_uow__hold(cx, u, child);
    if (st) return st;
    *u->links_end = l;
    u->links_end = &l->next;
    u->nlinks++;
    return CM_OK;
}

static cm_status add_links(cm_ctx *cx, cm_uow *u, const cm_relation *r, cm_inst *parent, const cm_objs *list, bool add) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < list->n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, list->v[i]);
        if (!child) continue;
        if (cm_session__has(u->session, child)) st = add_link(cx, u, r, parent, child, add);
        else if (!(child->flags & CM_INST_DELETED)) st = cm_uow__warn_absent(cx, r, child, add ? "add" : "delete");
    }
    return st;
}

static cm_status collect(cm_ctx *cx, cm_uow *u, const cm_uow_row *row, const cm_relation *r) {
    cm_inst *inst = row->inst;
    bool gone = row->action == CM_ROW_DELETE;
    cm_history h;
    if (gone ? r->passive_deletes == 2 : !cm_inst__touched(cx, inst, r)) return CM_OK;
    if (gone && !r->passive_deletes) {
        cm_objs members = {0};
        cm_status st = cm_relation__members(cx, inst, r, true, &members);
        cm_objs__release(cx, &members);
        if (st) return st;
    }
    cm_status st = cm_inst__history(cx, inst, r->attr, &h);
    if (st) return st;
    st = add_links(cx, u, r, inst, &h.deleted, false);
    if (!st && gone) st = add_links(cx, u, r, inst, &h.unchanged, false);
    if (!st && !gone) st = add_links(cx, u, r, inst, &h.added, true);
    cm_history__dispose(cx, &h);
    return st;
}

cm_status cm_links__collect(cm_ctx *cx, cm_uow *u) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->nrows; i++) {
        const cm_mapper *m = u->rows[i]->inst->mapper;
        for (size_t k = 0; !st && k < m->nrelations; k++) {
            const cm_relation *r = m->relations[k];
            if (r->direction != CM_MANY_TO_MANY || r->viewonly || u->rows[i]->action < CM_ROW_SAVE) continue;
            st = collect(cx, u, u->rows[i], r);
        }
    }
    return st;
}

/* ---- writing */

typedef struct link_flight { /* arena */
    cm_flight flight;
    cm_dml_shape *shape;
    cm_link_row **rows;
    cm_objs made; /* values of defaults */
    int64_t matched;
    bool add;
} link_flight;

/* Value of a column of the secondary table: the parent's key, the child's, or a default. */
static cm_status link_value(cm_ctx *cx, link_flight *f, const cm_link_row *l, const cm_param *p, cm_arena *scratch, cm_value *out) {
    const cm_dml_shape *shape = f->shape;
    const cm_column *column = shape->columns[p->ordinal];
    const cm_relation *r = l->relation;
    const cm_column *from = NULL;
    void *value = NULL;
    for (size_t i = 0; !from && i < r->npairs; i++)
        if (r->target_columns[i] == column) from = r->parent_columns[i];
    cm_inst *inst = from ? l->parent : l->child;
    for (size_t i = 0; !from && i < r->nsecondary_pairs; i++)
        if (r->secondary_columns[i] == column) from = r->secondary_target_columns[i];
    if (!from) return cm_uow__default(cx, shape, column, p->type, NULL, &f->made, scratch, out);
    cm_status st = cm_sync__column_value(cx, inst, from, &value);
    return st ? st : cm_uow__encode(cx, shape, column, p->type, value, scratch, out);
}

static cm_status bind_link(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    link_flight *state = f->user;
    const cm_compiled *stmt = f->stmt;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < stmt->nparams; i++) {
        const cm_param *p = &stmt->params[i];
        if (p->source != CM_SRC_SET) st = cm_uow__bind_extra(cx, p, scratch, &values[i]);
        else st = link_value(cx, state, state->rows[set], p, scratch, &values[i]);
    }
    return st;
}

static cm_status link_done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id) {
    (void)cx;
    (void)set;
    (void)id;
    if (rows > 0) ((link_flight *)f->user)->matched += rows;
    return CM_OK;
}

/* INSERT INTO secondary (parent columns, child columns, columns with defaults), or DELETE ... WHERE each of the keys = ? */
static cm_status link_shape(cm_ctx *cx, cm_uow *u, const cm_relation *r, bool add, const cm_conn *conn, cm_dml_shape **out) {
    size_t n = r->npairs + r->nsecondary_pairs;
    cm_column **columns = cm_arena__alloc(&u->arena, n * sizeof(cm_column *));
    uint8_t *marks = cm_arena__alloc(&u->arena, r->secondary->ncolumns);
    if (!columns || !marks) return CM_E_NOMEM;
    memcpy(columns, r->target_columns, r->npairs * sizeof *columns);
    memcpy(columns + r->npairs, r->secondary_columns, r->nsecondary_pairs * sizeof *columns);
    cm_shape_request q = {
        .mapper = r->parent, .table = r->secondary, .kind = add ? CM_N_INSERT : CM_N_DELETE, .conn = conn, .marks = marks};
    const bool sequences = (cm_engine__dialect(cm_conn__engine(conn))->features & CM_F_SEQUENCES) != 0;
    for (size_t i = 0; add && i < r->secondary->ncolumns; i++) {
        const cm_column *c = &r->secondary->columns[i];
        if (c->insert_default) marks[i] = CM_COL_PARAM;
        else if (cm_column__insert_sql(c, sequences)) marks[i] = CM_COL_SQL;
    }
    for (size_t i = 0; add && i < n; i++) marks[columns[i]->index] = CM_COL_PARAM;
    if (!add) {
        q.where = columns;
        q.nwhere = n;
    }
    return cm_shape__get(cx, &q, out);
}

static cm_status links_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    link_flight *f = flight->user;
    if (!st && !f->add && f->matched != (int64_t)flight->nsets)
        st = cm__fail(cx, CM_E_STALE, "DELETE statement on table '%s' expected to delete %zu row(s); Only %lld were matched.",
                      cm_str_text(f->shape->table->name), flight->nsets, (long long)f->matched);
    if (st && set < flight->nsets) cm_uow__blame(cx, f->rows[set]->parent);
    cm_objs__release(cx, &f->made);
    cm_shape__done(cx, f->shape);
    return st;
}

static cm_status fly_links(cm_ctx *cx, cm_uow *u, cm_link_row *const *rows, size_t n) {
    const cm_relation *r = rows[0]->relation;
    link_flight *f = cm_arena__alloc(&u->arena, sizeof *f);
    cm_conn *conn = NULL;
    if (!f) return CM_E_NOMEM;
    f->add = rows[0]->add;
    f->rows = cm_arena__alloc(&u->arena, n * sizeof(cm_link_row *));
    if (!f->rows) return CM_E_NOMEM;
    memcpy(f->rows, rows, n * sizeof(cm_link_row *));
    cm_status st = cm_session__conn(cx, u->session, r->parent, r->secondary->node, &conn);
    if (!st) st = link_shape(cx, u, r, f->add, conn, &f->shape);
    if (st) return st;
    f->flight = (cm_flight){.stmt = f->shape->stmt,
                            .nsets = n,
                            .bind = bind_link,
                            .done = link_done,
                            .user = f,
                            .over = links_over,
                            .bulk = f->shape->bulk,
                            .key_at = -1};
    return cm_uow__depart(cx, u, conn, &f->flight);
}

/* Links of one table that are written alike: of one relation, or of both sides of it. */
static bool same_flight(const cm_link_row *a, const cm_link_row *b) {
    const cm_attr *back = a->relation->back;
    if (a->add != b->add || a->relation->secondary != b->relation->secondary) return false;
    return a->relation->origin == b->relation->origin || (back && back->relation && back->relation->origin == b->relation->origin);
}

/* All links of one secondary table seen from one relation and its other side, deletions before insertions. */
cm_status cm_links__write(cm_ctx *cx, cm_uow *u) {
    cm_link_row **rows = cm_arena__alloc(&u->arena, u->nlinks * sizeof(cm_link_row *));
    cm_status st = CM_OK;
    if (u->nlinks == 0) return CM_OK;
    if (!rows) return CM_E_NOMEM;
    for (int add = 0; add < 2; add++) {
        for (cm_link_row *first = u->links; !st && first; first = first->next) {
            size_t n = 0;
            if (first->add != add || first->written) continue;
            for (cm_link_row *l = first; l; l = l->next) {
                if (!l->written && same_flight(first, l)) rows[n++] = l;
            }
            st = fly_links(cx, u, rows, n);
            for (size_t i = 0; i < n; i++) rows[i]->written = true;
        }
    }
    return st;
}
