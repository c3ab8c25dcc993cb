/* INSERTs of a flush.
 *
 * Every row is prepared in the order of session.add: version, polymorphic identity and defaults are written into the instance,
 * and each table column gets a mark: a placeholder, an SQL expression, or left out for the database to fill. Rows in a row with
 * equal marks are one flight, their values encoded straight from the instance; a key made by the database comes back with the
 * row's `done`, without RETURNING where the database tells the last key.
 */
#include "uow/uow.h"

#include <string.h>

typedef struct insert {
    cm_uow *u;
    cm_table *table;
    size_t depth;          /* 0: the base table */
    cm_mapper *mapper;     /* of the rows at hand ... */
    const cm_attr **attrs; /* ... and its attribute per table column; arena */
    uint8_t *marks, *next; /* of the batch; of the row being prepared */
    cm_node **sql;         /* the row's own expressions; held */
    bool own_sql;
    const cm_dialect *dialect;
    cm_conn *conn;
} insert;

typedef struct insert_flight { /* arena */
    cm_flight flight;
    cm_dml_shape *shape;
    cm_uow_row **rows;
    cm_objs made;             /* defaults of unmapped columns, alive until their set is done */
    bool generated;           /* the database makes the key, told by id */
    const cm_attr **computed; /* of columns that the database computes, and does not return */
    size_t ncomputed;
} insert_flight;

/* ---- values */

cm_status cm_uow__encode(cm_ctx *cx, const cm_dml_shape *shape, const cm_column *column, const cm_type *type, void *value,
                         cm_arena *scratch, cm_value *out) {
    const cm_type_def *d = &type->def;
    bool null =
        !value || (cm__is_none(cx, value) && !(d->kind == CM_T_JSON && !(d->flags & CM_TYPE_NONE_IS_NULL)) && !(d->flags & CM_TYPE_HOST));
    if (null) {
        out->kind = CM_NULL;
        return CM_OK;
    }
    if (shape->calls) cm__retain(cx, value);
    cm_status st = cm__host(cx)->encode(cx, type, value, scratch, out);
    if (!st && shape->calls) st = cm_value_keep(scratch, out);
    if (shape->calls) cm__release(cx, value);
    if (st) cm__fail_subject(cx, "%s.%s", cm_str_text(column->table->name), cm_str_text(column->name));
    return st;
}

/* A value that goes before its encoding does: what it points at moves to scratch. */
static cm_status encode_and_release(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out) {
    cm_status st = cm__host(cx)->encode(cx, type, value, scratch, out);
    if (!st) st = cm_value_keep(scratch, out);
    cm__release(cx, value);
    return st;
}

cm_status cm_uow__bind_extra(cm_ctx *cx, const cm_param *p, cm_arena *scratch, cm_value *out) {
    bool plain = p->source == CM_SRC_BIND && p->node && !p->expanding && !(p->node->flags & CM_FLAG_REQUIRED);
    if (!plain)
        return cm__fail(cx, CM_E_UNSUPPORTED, "an SQL expression with parameters given at execution cannot be a column's value in a flush");
    if (!(p->node->flags & CM_FLAG_CALLABLE)) return cm__host(cx)->encode(cx, p->type, p->node->u.bind.value, scratch, out);
    void *value = NULL;
    cm_status st = cm__host(cx)->call_default(cx, p->node->u.bind.value, NULL, NULL, &value);
    return st ? st : encode_and_release(cx, p->type, value, scratch, out);
}

cm_status cm_uow__default(cm_ctx *cx, const cm_dml_shape *shape, const cm_column *c, const cm_type *type, cm_inst *inst, cm_objs *made,
                          cm_arena *scratch, cm_value *out) {
    void *value = NULL;
    cm_status st = cm__host(cx)->call_default(cx, c->insert_default, inst ? inst->mapper : NULL, inst, &value);
    if (!st) st = cm_objs_add(cx, made, value);
    if (st) {
        if (value) cm__release(cx, value);
        return st;
    }
    return cm_uow__encode(cx, shape, c, type, value, scratch, out);
}

void cm_uow__expire_column(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    cm_inst__forget(cx, inst, attr);
    cm_inst__store_take(cx, inst, attr, NULL);
    inst->flags |= CM_INST_EXPIRED;
}

/* ---- preparing a row */

/* The database fills it when the statement does not name it. */
static bool filled_by_database(const insert *in, const cm_column *c) {
    if (c->flags & (CM_COL_SERVER_DEFAULT | CM_COL_COMPUTED | CM_COL_IDENTITY)) return true;
    return c == in->table->autoincrement && in->depth == 0;
}

static bool explicit_null(cm_ctx *cx, const cm_column *c, const void *value) { /* JSON null is a value */
    return value && cm__is_none(cx, value) && c->type->def.kind == CM_T_JSON && !(c->type->def.flags & CM_TYPE_NONE_IS_NULL);
}

static cm_status apply_default(cm_ctx *cx, const insert *in, cm_inst *inst, const cm_column *c, const cm_attr *a) {
    void *value = NULL;
    cm_status st = cm__host(cx)->call_default(cx, c->insert_default, in->mapper, inst, &value);
    return st ? st : cm_inst__store_take(cx, inst, a, value);
}

/* What stands for a column that the instance has no value for: its default, NULL, or nothing. */
static uint8_t mark_without_value(cm_ctx *cx, const insert *in, const cm_column *c, const cm_attr *a, const void *value) {
    if (c->insert_default || explicit_null(cx, c, value)) return CM_COL_PARAM;
    if (cm_column__insert_sql(c, (in->dialect->features & CM_F_SEQUENCES) != 0)) return CM_COL_SQL;
    return a && !filled_by_database(in, c) && !(c->flags & CM_COL_PRIMARY_KEY) ? CM_COL_PARAM : CM_COL_OUT;
}

/* A value nobody gave is written as NULL and known as such: reading it later asks no database. */
static cm_status know_null(cm_ctx *cx, cm_inst *inst, const cm_column *c, const cm_attr *a) {
    bool plain = c->type->def.kind != CM_T_JSON && !(c->type->def.flags & CM_TYPE_HOST);
    return plain ? cm_inst__store(cx, inst, a, cm__none(cx)) : CM_OK;
}

static cm_status mark_column(cm_ctx *cx, insert *in, cm_inst *inst, size_t i) {
    const cm_column *c = &in->table->columns[i];
    const cm_attr *a = in->attrs[i];
    void *value = a ? cm_inst__peek(cx, inst, a) : NULL;
    if (value && !cm__is_none(cx, value)) {
        in->sql[i] = cm_uow__value_node(cx, value);
        in->own_sql = in->own_sql || in->sql[i];
        in->next[i] = in->sql[i] ? CM_COL_SQL : CM_COL_PARAM;
        return CM_OK;
    }
    in->next[i] = mark_without_value(cx, in, c, a, value);
    bool fill = a && c->insert_default && in->next[i] == CM_COL_PARAM && !explicit_null(cx, c, value);
    if (fill) return apply_default(cx, in, inst, c, a);
    return a && !value && in->next[i] == CM_COL_PARAM ? know_null(cx, inst, c, a) : CM_OK;
}

/* What is written into an instance before its first row: class and version. */
static cm_status complete_instance(cm_ctx *cx, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    cm_status st = CM_OK;
    if (m->polymorphic_on && m->polymorphic_identity && m->polymorphic_on->kind == CM_ATTR_COLUMN) {
        void *now = cm_inst__peek(cx, inst, m->polymorphic_on);
        if (!now || cm__is_none(cx, now)) st = cm_inst__store(cx, inst, m->polymorphic_on, m->polymorphic_identity);
    }
    if (!st && m->version && !m->version_given) {
        void *now = cm_inst__peek(cx, inst, m->version), *first = NULL;
        if (now && !cm__is_none(cx, now)) return CM_OK;
        st = cm__host(cx)->next_version(cx, m->version_generator, NULL, &first);
        if (!st) st = cm_inst__store_take(cx, inst, m->version, first);
    }
    return st;
}

static void drop_sql(cm_ctx *cx, insert *in) {
    for (size_t i = 0; in->own_sql && i < in->table->ncolumns; i++) {
        cm_node_release(cx, in->sql[i]);
        in->sql[i] = NULL;
    }
    in->own_sql = false;
}

static void use_mapper(insert *in, cm_mapper *m) {
    in->mapper = m;
    for (size_t i = 0; i < in->table->ncolumns; i++) in->attrs[i] = cm_mapper__column_attr(m, &in->table->columns[i]);
}

static cm_status prepare(cm_ctx *cx, insert *in, cm_inst *inst) {
    cm_status st = in->depth == 0 ? complete_instance(cx, inst) : CM_OK;
    for (size_t i = 0; !st && i < in->table->ncolumns; i++) st = mark_column(cx, in, inst, i);
    return st;
}

/* ---- a flight */

static cm_status bind_insert(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, cm_arena *scratch) {
    insert_flight *f = flight->user;
    const cm_compiled *stmt = flight->stmt;
    cm_inst *inst = f->rows[set]->inst;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < stmt->nparams; i++) {
        const cm_param *p = &stmt->params[i];
        const cm_column *c = p->source == CM_SRC_SET ? f->shape->columns[p->ordinal] : NULL;
        if (!c) st = cm_uow__bind_extra(cx, p, scratch, &values[i]);
        else if (f->shape->attrs[p->ordinal])
            st = cm_uow__encode(cx, f->shape, c, p->type, cm_inst__peek(cx, inst, f->shape->attrs[p->ordinal]), scratch, &values[i]);
        else st = cm_uow__default(cx, f->shape, c, p->type, inst, &f->made, scratch, &values[i]);
    }
    return st;
}

static cm_status insert_row(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *raw, size_t n) {
    const insert_flight *f = flight->user;
    cm_inst *inst = f->rows[set]->inst;
    cm_arena scratch;
    cm_status st = CM_OK;
    cm_arena__init(&scratch, cx);
    for (size_t i = 0; !st && i < n && i < f->shape->nreturning; i++) {
        const cm_attr *a = cm_mapper__column_attr(inst->mapper, f->shape->returning[i]);
        void *value = NULL;
        const cm_type *type = f->shape->stmt->columns[i].type;
        st = cm_row__decode(cx, &type, &raw[i], 1, &scratch, &value);
        if (!st && a) st = cm_inst__store_take(cx, inst, a, value);
        else if (!st) cm__release(cx, value);
    }
    cm_arena__dispose(&scratch);
    return st;
}

static cm_status insert_done(cm_ctx *cx, cm_flight *flight, size_t set, int64_t rows, int64_t id) {
    insert_flight *f = flight->user;
    cm_uow_row *row = f->rows[set];
    (void)rows;
    row->flags |= CM_ROW_WRITTEN;
    for (size_t i = 0; i < f->made.n; i++) cm__release(cx, f->made.v[i]);
    f->made.n = 0;
    if (!f->generated) return CM_OK;
    const cm_column *c = f->shape->table->autoincrement;
    cm_value v = {.kind = CM_INT, .u.i = id};
    void *value = NULL;
    cm_status st = cm__host(cx)->decode(cx, c->type, &v, &value);
    if (!st) st = cm_inst__store_take(cx, row->inst, cm_mapper__column_attr(row->inst->mapper, c), value);
    row->id = id;
    if (row->inst->mapper->int_key) row->flags |= CM_ROW_HAS_ID;
    return st;
}

/* Whether the id that the driver tells of each row is the way to learn generated keys: not where many rows go on one wait and
 * RETURNING tells all of theirs. */
static bool key_is_last_id(const insert *in, bool can_return) {
    const cm_driver *driver = NULL;
    if (!(in->dialect->features & CM_F_LASTROWID)) return false;
    cm_conn_driver(in->conn, &driver);
    return !can_return || !driver->send;
}

/* Columns that the database computes and the program may read: RETURNING where there is one. */
static cm_status choose_returning(cm_ctx *cx, const insert *in, cm_column **out, size_t *n, bool *generated) {
    bool can = (in->dialect->features & CM_F_RETURNING) != 0, last_id = key_is_last_id(in, can);
    *generated = false;
    *n = 0;
    for (size_t i = 0; i < in->table->ncolumns; i++) {
        cm_column *c = &in->table->columns[i];
        if (!in->attrs[i] || in->marks[i] == CM_COL_PARAM) continue;
        bool computed = in->marks[i] == CM_COL_SQL || filled_by_database(in, c);
        bool key = (c->flags & CM_COL_PRIMARY_KEY) && computed;
        if (key && c == in->table->autoincrement && in->marks[i] == CM_COL_OUT && last_id) {
            *generated = true;
            continue;
        }
        if (key && !can)
            return cm__fail(cx, CM_E_UNSUPPORTED, "primary key column '%s.%s' is computed by the database, which cannot tell its value",
                            cm_str_text(in->table->name), cm_str_text(c->name));
        if (can && computed) out[(*n)++] = c;
    }
    return CM_OK;
}

/* Attributes whose columns the database computes, unless they come back. */
static cm_status find_computed(const insert *in, insert_flight *f) {
    f->computed = cm_arena__alloc(&in->u->arena, in->table->ncolumns * sizeof *f->computed);
    if (!f->computed) return CM_E_NOMEM;
    for (size_t i = 0; i < in->table->ncolumns; i++) {
        const cm_column *c = &in->table->columns[i];
        bool computed =
            in->marks[i] == CM_COL_SQL || (in->marks[i] == CM_COL_OUT && filled_by_database(in, c) && c != in->table->autoincrement);
        bool returned = false;
        for (size_t k = 0; k < f->shape->nreturning; k++) returned = returned || f->shape->returning[k] == c;
        if (in->attrs[i] && computed && !returned) f->computed[f->ncomputed++] = in->attrs[i];
    }
    return CM_OK;
}

/* A flight that failed leaves no keys of rows that will be taken back. */
static void forget_generated(cm_ctx *cx, const insert_flight *f) {
    for (size_t i = 0; i < f->flight.nsets && (f->rows[i]->flags & CM_ROW_WRITTEN); i++)
        cm_inst__store_take(cx, f->rows[i]->inst, cm_mapper__column_attr(f->rows[i]->inst->mapper, f->shape->table->autoincrement), NULL);
}

static cm_status insert_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    insert_flight *f = flight->user;
    for (size_t i = 0; !st && i < f->ncomputed; i++)
        for (size_t r = 0; r < flight->nsets; r++) cm_uow__expire_column(cx, f->rows[r]->inst, f->computed[i]);
    if (st && f->generated) forget_generated(cx, f);
    if (st && set < flight->nsets) cm_uow__blame(cx, f->rows[set]->inst);
    cm_objs__release(cx, &f->made);
    cm_shape__done(cx, f->shape);
    return st;
}

static cm_status fly(cm_ctx *cx, insert *in, cm_uow_row **rows, size_t n, bool own_sql) {
    cm_column **returning = cm_arena__alloc(&in->u->arena, in->table->ncolumns * sizeof(cm_column *));
    insert_flight *f = cm_arena__alloc(&in->u->arena, sizeof *f);
    cm_shape_request q = {.mapper = in->mapper,
                          .table = in->table,
                          .kind = CM_N_INSERT,
                          .conn = in->conn,
                          .marks = in->marks,
                          .sql = own_sql ? in->sql : NULL,
                          .returning = returning};
    if (!returning || !f) return CM_E_NOMEM;
    f->rows = cm_uow__copy_rows(in->u, rows, n);
    if (!f->rows) return CM_E_NOMEM;
    cm_status st = choose_returning(cx, in, returning, &q.nreturning, &f->generated);
    if (!st) st = cm_shape__get(cx, &q, &f->shape);
    if (!st && (st = find_computed(in, f))) cm_shape__done(cx, f->shape);
    if (st) return st;
    f->flight = (cm_flight){.stmt = f->shape->stmt,
                            .nsets = n,
                            .bind = bind_insert,
                            .row = f->shape->nreturning ? insert_row : NULL,
                            .done = insert_done,
                            .user = f,
                            .over = insert_over,
                            .bulk = f->shape->bulk,
                            .key_at = f->shape->key_at};
    in->u->awaits = in->u->awaits || f->generated || f->shape->nreturning;
    return cm_uow__depart(cx, in->u, in->conn, &f->flight);
}

/* ---- batches */

static cm_status insert_init(cm_ctx *cx, insert *in, cm_uow *u, size_t depth, cm_mapper *m) {
    *in = (insert){.u = u, .depth = depth, .table = m->tables[depth]};
    size_t n = in->table->ncolumns;
    in->attrs = cm_arena__alloc(&u->arena, n * sizeof *in->attrs);
    in->marks = cm_arena__alloc(&u->arena, n);
    in->next = cm_arena__alloc(&u->arena, n);
    in->sql = cm_arena__alloc(&u->arena, n * sizeof *in->sql);
    if (!in->attrs || !in->marks || !in->next || !in->sql) return CM_E_NOMEM;
    use_mapper(in, m);
    cm_status st = cm_session__conn(cx, u->session, m, in->table->node, &in->conn);
    if (!st) in->dialect = cm_engine__dialect(cm_conn__engine(in->conn));
    return st;
}

static void accept(insert *in) {
    uint8_t *t = in->marks;
    in->marks = in->next;
    in->next = t;
}

/* A batch may hold rows of several classes of a hierarchy: what they share is found by the attributes of the first. */
static cm_status fly_batch(cm_ctx *cx, insert *in, cm_uow_row **rows, size_t n) {
    cm_mapper *next = in->mapper;
    if (n == 0) return CM_OK;
    use_mapper(in, rows[0]->inst->mapper);
    cm_status st = fly(cx, in, rows, n, false);
    use_mapper(in, next);
    return st;
}

cm_status cm_uow__insert(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n) {
    insert in;
    size_t begin = 0;                                                     /* of the batch; in.marks are its marks */
    cm_status st = n && depth && u->awaits ? cm_uow__land(cx, u) : CM_OK; /* the base table's keys */
    if (!st && n) st = insert_init(cx, &in, u, depth, rows[0]->inst->mapper);
    if (st || n == 0) return st;
    for (size_t i = 0; !st && i < n; i++) {
        if (rows[i]->inst->mapper != in.mapper) use_mapper(&in, rows[i]->inst->mapper);
        st = prepare(cx, &in, rows[i]->inst);
        if (st) break;
        bool joins = begin < i && !in.own_sql && memcmp(in.marks, in.next, in.table->ncolumns) == 0;
        if (joins) continue;
        st = fly_batch(cx, &in, rows + begin, i - begin);
        begin = i;
        accept(&in);
        if (st || !in.own_sql) continue;
        st = fly(cx, &in, rows + i, 1, true); /* expressions of one row make a batch of one */
        drop_sql(cx, &in);
        begin = i + 1;
    }
    if (!st) st = fly_batch(cx, &in, rows + begin, n - begin);
    drop_sql(cx, &in);
    return st;
}
