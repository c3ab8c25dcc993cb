/* Shapes: the statements of flushes, compiled once per class, table, set of columns and dialect, and kept on the mapper.
 *
 * The columns of a statement are a mark per table column (left out, a placeholder, an SQL expression). Shapes whose expressions
 * belong to one row (`user.n = User.n + 1`) are made for it and freed with it. The cache is bounded: beyond the bound shapes
 * are made and freed like those.
 */
#include "uow/uow.h"

#include <string.h>

enum { SHAPES_MAX = 512, BUCKETS = 64 };

typedef struct flush_cache {
    void *mutex;
    size_t n;
    cm_dml_shape *buckets[BUCKETS];
} flush_cache;

cm_status cm_uow__mapper_init(cm_ctx *cx, cm_mapper *m) {
    flush_cache *c = cm__alloc(cx, sizeof *c);
    if (!c) return CM_E_NOMEM;
    c->mutex = cx->env->os.mutex_new(cx->env->os.user);
    if (!c->mutex) {
        cm__free(cx, c);
        return cm__nomem(cx);
    }
    m->flush_cache = c;
    return CM_OK;
}

static void shape_free(cm_ctx *cx, cm_dml_shape *s) {
    if (!s) return;
    cm_compiled_free(cx, s->stmt);
    cm_compiled_free(cx, s->bulk);
    cm_schema_map__release(cx, s->schemas);
    cm__free(cx, s->marks);
    cm__free(cx, s->columns);
    cm__free(cx, s->attrs);
    cm__free(cx, s->returning);
    cm__free(cx, s);
}

void cm_uow__mapper_free(cm_ctx *cx, cm_mapper *m) {
    flush_cache *c = m->flush_cache;
    if (!c) return;
    for (size_t b = 0; b < BUCKETS; b++) {
        while (c->buckets[b]) {
            cm_dml_shape *s = c->buckets[b];
            c->buckets[b] = s->next;
            shape_free(cx, s);
        }
    }
    cx->env->os.mutex_free(cx->env->os.user, c->mutex);
    cm__free(cx, c);
    m->flush_cache = NULL;
}

void cm_shape__done(cm_ctx *cx, cm_dml_shape *s) {
    if (s && !s->cached) shape_free(cx, s);
}

/* ---- the cache */

static uint64_t request_hash(const cm_shape_request *q) {
    const cm_dialect *dialect = cm_engine__dialect(cm_conn__engine(q->conn));
    uint64_t h =
        cm__hash_bytes(q->marks, q->table->ncolumns, q->table->id + (uint64_t)q->kind * 0x9E3779B97F4A7C15u + cm__ptr_key(dialect));
    for (size_t i = 0; i < q->nwhere; i++) h = cm__mix(h + q->where[i]->id);
    for (size_t i = 0; i < q->nreturning; i++) h = cm__mix(h ^ q->returning[i]->id);
    return h;
}

static bool same_columns(const cm_column *const *a, size_t na, cm_column *const *b, size_t nb) {
    return na == nb && (na == 0 || memcmp(a, b, na * sizeof *a) == 0);
}

static bool matches(const cm_dml_shape *s, const cm_shape_request *q, uint64_t hash) {
    const cm_engine *engine = cm_conn__engine(q->conn);
    return s->hash == hash && s->kind == q->kind && s->table == q->table && s->dialect == cm_engine__dialect(engine) &&
           s->host_dialect == cm_engine__host_dialect(engine) && cm_schema_map__same(s->schemas, cm_conn__schemas(q->conn)) &&
           memcmp(s->marks, q->marks, q->table->ncolumns) == 0 && same_columns(s->columns + s->nset, s->nwhere, q->where, q->nwhere) &&
           same_columns(s->returning, s->nreturning, q->returning, q->nreturning);
}

static cm_dml_shape *find(const flush_cache *c, const cm_shape_request *q, uint64_t hash) {
    cm_dml_shape *s = c->buckets[hash % BUCKETS];
    while (s && !matches(s, q, hash)) s = s->next;
    return s;
}

/* ---- making */

static bool is_set(const cm_shape_request *q, size_t i) { return q->kind != CM_N_DELETE && q->marks[i] != CM_COL_OUT; }

static cm_node *set_expression(const cm_shape_request *q, const cm_column *c) {
    if (q->marks[c->index] != CM_COL_SQL) return NULL;
    if (q->sql && q->sql[c->index]) return q->sql[c->index];
    return q->kind == CM_N_INSERT ? cm_column__insert_sql(c, true) : c->update_default_sql;
}

/* IDENTITY (INCREMENT BY -1) */
static bool counts_down(const cm_table *t, const cm_column *column) {
    const char *name = cm_str_text(column->name);
    for (size_t i = 0; i < t->noptions; i++) {
        const cm_ddl_option *o = &t->options[i];
        if (o->value.text && strncmp(o->name, "identity ", 9) == 0 && strcmp(o->name + 9, name) == 0)
            return strstr(o->value.text, "INCREMENT BY -") || strstr(o->value.text, " CYCLE");
    }
    return false;
}

/* Answers of many rows are told apart by a key that grows with them. */
static bool find_key(cm_dml_shape *s) {
    s->key_at = -1;
    if (s->kind != CM_N_INSERT) return false;
    for (size_t i = 0; i < s->nreturning; i++)
        if (s->returning[i] == s->table->autoincrement && s->marks[s->returning[i]->index] == CM_COL_OUT &&
            !counts_down(s->table, s->returning[i]))
            s->key_at = (int)i;
    return s->nreturning == 0 || s->key_at >= 0;
}

static cm_status compile_bulk(cm_ctx *cx, cm_dml_request dml, cm_dml_shape *s) {
    dml.arrays = true;
    cm_status st = cm_sql__dml(cx, &dml, &s->bulk);
    bool alike = !st && s->bulk && s->bulk->nparams == s->stmt->nparams;
    for (size_t i = 0; alike && i < s->stmt->nparams; i++) alike = s->bulk->params[i].source == CM_SRC_SET;
    if (alike) return CM_OK;
    cm_compiled_free(cx, s->bulk);
    s->bulk = NULL;
    return st;
}

static cm_status compile(cm_ctx *cx, const cm_shape_request *q, cm_dml_shape *s) {
    size_t n = q->table->ncolumns;
    cm_node **sql = cm__alloc(cx, n * sizeof(cm_node *));
    cm_column **set = cm__alloc(cx, n * sizeof(cm_column *));
    const cm_schema_map *schemas = cm_conn__schemas(q->conn);
    cm_dml_request dml = {.dialect = s->dialect,
                          .host_dialect = cm_engine__host_dialect(cm_conn__engine(q->conn)),
                          .schema_map = schemas ? schemas->pairs : NULL,
                          .table = q->table,
                          .kind = q->kind,
                          .set = set,
                          .set_sql = sql,
                          .where = q->where,
                          .nwhere = q->nwhere,
                          .returning = q->returning,
                          .nreturning = q->nreturning,
                          .nrows = 1};
    cm_status st = sql && set ? CM_OK : CM_E_NOMEM;
    for (size_t i = 0; i < n && !st; i++) {
        if (!is_set(q, i)) {
            if (q->kind == CM_N_INSERT) st = cm_sql__check_key(cx, q->table, &q->table->columns[i]);
            continue;
        }
        set[dml.nset] = &q->table->columns[i];
        sql[dml.nset++] = set_expression(q, &q->table->columns[i]);
    }
    if (!st) st = cm_sql__dml(cx, &dml, &s->stmt);
    if (!st && find_key(s)) st = compile_bulk(cx, dml, s);
    cm__free(cx, sql);
    cm__free(cx, set);
    return st;
}

static bool type_calls(const cm_type *type) {
    return type && ((type->def.flags & CM_TYPE_HOST) || type->def.kind == CM_T_JSON || type_calls(type->def.item));
}

/* Whether binding runs the program's code: types and defaults that it wrote. */
static bool binding_calls(const cm_dml_shape *s) {
    for (size_t i = 0; i < s->stmt->nparams; i++) {
        const cm_param *p = &s->stmt->params[i];
        if (p->source != CM_SRC_SET || !s->attrs[p->ordinal] || type_calls(p->type)) return true;
    }
    return false;
}

static cm_status make(cm_ctx *cx, const cm_shape_request *q, uint64_t hash, cm_dml_shape **out) {
    size_t n = q->table->ncolumns;
    cm_dml_shape *s = cm__alloc(cx, sizeof *s);
    if (!s) return CM_E_NOMEM;
    *s = (cm_dml_shape){.hash = hash, .kind = q->kind, .table = q->table, .nwhere = q->nwhere, .nreturning = q->nreturning};
    s->dialect = cm_engine__dialect(cm_conn__engine(q->conn));
    s->host_dialect = cm_engine__host_dialect(cm_conn__engine(q->conn));
    s->schemas = cm_schema_map__retain(cm_conn__schemas(q->conn));
    s->marks = cm__alloc(cx, n);
    s->columns = cm__alloc(cx, (n + q->nwhere) * sizeof *s->columns);
    s->attrs = cm__alloc(cx, (n + q->nwhere) * sizeof *s->attrs);
    s->returning = cm__alloc(cx, q->nreturning * sizeof *s->returning);
    cm_status st = s->marks && s->columns && s->attrs && s->returning ? CM_OK : CM_E_NOMEM;
    if (!st) {
        memcpy(s->marks, q->marks, n);
        for (size_t i = 0; i < n; i++)
            if (is_set(q, i) && q->marks[i] == CM_COL_PARAM) s->columns[s->nset++] = &q->table->columns[i];
        for (size_t i = 0; i < q->nwhere; i++) s->columns[s->nset + i] = q->where[i];
        for (size_t i = 0; i < s->nset + s->nwhere; i++) s->attrs[i] = cm_mapper__column_attr(q->mapper, s->columns[i]);
        for (size_t i = 0; i < q->nreturning; i++) s->returning[i] = q->returning[i];
        st = compile(cx, q, s);
    }
    if (!st) s->calls = binding_calls(s);
    if (!st) *out = s;
    else shape_free(cx, s);
    return st;
}

cm_status cm_shape__get(cm_ctx *cx, const cm_shape_request *q, cm_dml_shape **out) {
    flush_cache *c = q->mapper->flush_cache;
    const cm_os *os = &cx->env->os;
    uint64_t hash = request_hash(q);
    bool own = false;
    for (size_t i = 0; q->sql && i < q->table->ncolumns; i++) own = own || q->sql[i];
    if (own) return make(cx, q, hash, out);
    os->mutex_lock(os->user, c->mutex);
    *out = find(c, q, hash);
    os->mutex_unlock(os->user, c->mutex);
    if (*out) return CM_OK;
    cm_dml_shape *made = NULL;
    cm_status st = make(cx, q, hash, &made); /* may run the host's compile hooks: not under the mutex */
    if (st) return st;
    os->mutex_lock(os->user, c->mutex);
    cm_dml_shape *other = find(c, q, hash);
    if (!other && c->n < SHAPES_MAX) {
        made->cached = true;
        made->next = c->buckets[hash % BUCKETS];
        c->buckets[hash % BUCKETS] = made;
        c->n++;
    }
    os->mutex_unlock(os->user, c->mutex);
    *out = other ? other : made;
    if (other) shape_free(cx, made);
    return CM_OK;
}
