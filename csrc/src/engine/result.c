/* Results: rows as host values, row after row in one array, or pulled from a cursor.
 *
 * A column's type comes from the compiled statement: by position where it names as many columns as came back, else by name
 * (text() with .columns(), literal columns that hold several); the others decode by what the database sent. */
#include "engine/engine_int.h"

#include <string.h>

struct cm_stream {
    cm_cursor *cursor;
    cm_node *stmt; /* retained: its values are bound where they lie */
    void *params;  /* retained, or NULL */
    cm_bind_env env;
};

cm_status cm_result__new(cm_ctx *cx, cm_plan *plan, cm_result **out) {
    cm_result *r = cm__alloc(cx, sizeof *r);
    *out = r;
    if (!r) return CM_E_NOMEM;
    if (plan) __atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
    r->plan = plan;
    r->rowcount = -1;
    cm_arena__init(&r->scratch, cx);
    cm__count(cx, CM_COUNT_RESULT, 1);
    return CM_OK;
}

static void close_stream(cm_ctx *cx, cm_result *r) {
    struct cm_stream *s = r->stream;
    if (!s) return;
    cm_cursor__close(cx, s->cursor);
    cm_bind__release(cx, &s->env);
    if (s->params) cm__host(cx)->release(cx, s->params);
    if (s->stmt) cm_node_release(cx, s->stmt);
    cm__free(cx, s);
    r->stream = NULL;
}

static void close_source(cm_ctx *cx, cm_result *r) {
    if (r->source.fill) r->source.close(cx, r->source.user);
    r->source = (cm_row_source){0};
}

void cm_result_free(cm_ctx *cx, cm_result *r) {
    if (!r) return;
    const cm_host *host = cm__host(cx);
    close_stream(cx, r);
    close_source(cx, r);
    for (size_t i = 0; i < r->kept; i++) host->release(cx, r->values[i]);
    for (size_t i = r->pos; i < r->nvalues; i++) host->release(cx, r->values[i]);
    for (size_t i = 0; r->given && i < r->plan->compiled->nparams; i++)
        if (r->given[i]) host->release(cx, r->given[i]);
    for (size_t i = 0; r->columns && i < r->ncolumns; i++) cm_str_release(cx, r->columns[i].name);
    cm__free(cx, r->values);
    cm__free(cx, r->given);
    cm__free(cx, r->columns);
    cm__free(cx, r->types);
    r->scratch.cx = cx;
    cm_arena__dispose(&r->scratch);
    cm_plan__release(cx, r->plan);
    cm__free(cx, r);
    cm__count(cx, CM_COUNT_RESULT, -1);
}

/* ---- columns */

static cm_status make_columns(cm_ctx *cx, cm_result *r, size_t n) {
    r->columns = cm__alloc(cx, n * sizeof *r->columns);
    r->types = cm__alloc(cx, n * sizeof *r->types);
    if (!r->columns || !r->types) return CM_E_NOMEM;
    r->ncolumns = n;
    r->returns_rows = n > 0;
    return CM_OK;
}

static const cm_out_column *declared_column(const cm_compiled *c, size_t i, size_t n, const char *name) {
    if (!c) return NULL;
    if (c->ncolumns == n) return &c->columns[i];
    for (size_t k = 0; name && k < c->ncolumns; k++)
        if (strcmp(cm_str_text(c->columns[k].name), name) == 0) return &c->columns[k];
    return NULL;
}

static bool tells_key(const cm_result *r) { return r->plan && (r->plan->compiled->flags & CM_C_TELLS_KEY); }

cm_status cm_result__columns(cm_ctx *cx, cm_flight *f, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt) {
    cm_result *r = *(cm_result **)f->user;
    const cm_compiled *c = r->plan ? r->plan->compiled : NULL;
    r->described = true;
    if (n == 0) return CM_OK;
    cm_status st = make_columns(cx, r, n);
    if (st) return st;
    bool own_names = c && c->ncolumns == n && !(c->flags & CM_C_TEXT); /* those of the statement, not of the database */
    for (size_t i = 0; i < n; i++) {
        const char *text = own_names ? NULL : name(stmt, i);
        const cm_out_column *declared = declared_column(c, i, n, text);
        cm_result_column *column = &r->columns[i];
        column->name = own_names ? cm_str_retain(declared->name) : cm_str_new(cx, text, strlen(text));
        if (!column->name) return CM_E_NOMEM;
        column->node = declared ? declared->node : NULL;
        r->types[i] = declared && declared->type ? declared->type : cm_type_basic(cx, CM_T_NULL);
        column->codec = cm_codec__is_plain(r->types[i]) ? NULL : cm_codec__get(r->types[i]);
    }
    if (tells_key(r)) r->returns_rows = false;
    return CM_OK;
}

/* ---- rows */

cm_status cm_row__decode(cm_ctx *cx, const cm_type *const *types, cm_value *raw, size_t n, cm_arena *scratch, void **out) {
    for (size_t i = 0; i < n; i++) {
        if (raw[i].kind == CM_NULL || cm_codec__is_plain(types[i])) continue;
        cm_status st = cm_codec__get(types[i])->decode(cx, types[i], &raw[i], scratch);
        if (st) return st;
    }
    return cm__host(cx)->decode_row(cx, types, raw, n, out);
}

static cm_status decode(cm_ctx *cx, cm_result *r, cm_value *raw, void **out) {
    if (r->scratch.page) cm_arena__reset(&r->scratch);
    r->scratch.cx = cx;
    for (size_t i = 0; i < r->ncolumns; i++) {
        const cm_result_column *column = &r->columns[i];
        if (!column->codec || raw[i].kind == CM_NULL) continue;
        cm_status st = column->codec->decode(cx, r->types[i], &raw[i], &r->scratch);
        if (st) {
            cm__fail_subject(cx, "%s", cm_str_text(column->name));
            return st;
        }
    }
    cm_status st = cm__host(cx)->decode_row(cx, r->types, raw, r->ncolumns, out);
    if (st && cm__bad_value(cx) < r->ncolumns) cm__fail_subject(cx, "%s", cm_str_text(r->columns[cm__bad_value(cx)].name));
    return st;
}

cm_status cm_result__row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *raw, size_t n) {
    cm_result *r = *(cm_result **)f->user;
    (void)set;
    if (f->nsets > 1 && tells_key(r)) return CM_OK;
    if (n != r->ncolumns) return cm__fail(cx, CM_E_OPERATIONAL, "the number of columns changed while rows were read");
    cm_status st = cm__grow(cx, &r->values, &r->cap, r->nvalues + n, sizeof *r->values);
    if (!st) st = decode(cx, r, raw, r->values + r->nvalues);
    if (!st) r->nvalues += n;
    return st;
}

cm_status cm_result__done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id) {
    cm_result *r = *(cm_result **)f->user;
    (void)cx;
    (void)set;
    if (rows >= 0) r->rowcount = (r->rowcount > 0 ? r->rowcount : 0) + rows;
    r->lastrowid = f->nsets == 1 ? id : 0;
    return CM_OK;
}

static cm_status fetch_streamed(cm_ctx *cx, cm_result *r, void **values, size_t max, size_t *n) {
    const cm_value *raw = NULL;
    bool more = true;
    while (r->stream && *n < max && more) {
        cm_status st = cm_cursor__next(cx, r->stream->cursor, &raw, &more);
        if (!st && more) st = decode(cx, r, (cm_value *)(uintptr_t)raw, values + *n * r->ncolumns);
        if (st) {
            for (size_t i = 0; i < *n * r->ncolumns; i++) {
                cm__host(cx)->release(cx, values[i]);
                values[i] = NULL;
            }
            *n = 0;
            return st;
        }
        if (more) ++*n;
    }
    if (!more) {
        r->rowcount = cm_cursor__changes(r->stream->cursor);
        close_stream(cx, r);
    }
    return CM_OK;
}

static cm_status next_chunk(cm_ctx *cx, cm_result *r) {
    cm_objs rows = {0};
    bool more = false;
    cm_status st = r->source.fill(cx, r->source.user, &rows, &more);
    if (st || !more) close_source(cx, r);
    if (st) return st;
    cm__free(cx, r->values);
    r->values = rows.v;
    r->nvalues = rows.n;
    r->cap = rows.cap;
    r->pos = 0;
    return CM_OK;
}

cm_status cm_result_fetch(cm_ctx *cx, cm_result *r, void **values, size_t max, size_t *n) {
    *n = 0;
    if (!r->returns_rows) return cm__fail(cx, CM_E_CLOSED, "This result object does not return rows. It has been closed automatically.");
    if (r->stream) return fetch_streamed(cx, r, values, max, n);
    while (r->pos == r->nvalues && r->source.fill) {
        cm_status st = next_chunk(cx, r);
        if (st) return st;
    }
    size_t rows = (r->nvalues - r->pos) / r->ncolumns;
    if (rows > max) rows = max;
    if (rows) memcpy(values, r->values + r->pos, rows * r->ncolumns * sizeof *values);
    if (r->keeps && rows * r->ncolumns < r->nvalues - r->pos) {
        for (size_t i = 0; i < rows * r->ncolumns; i++) cm__host(cx)->retain(cx, values[i]);
        r->kept = r->pos + rows * r->ncolumns;
    }
    r->pos += rows * r->ncolumns;
    *n = rows;
    return CM_OK;
}

cm_status cm_result_next(cm_ctx *cx, cm_result *r, void **values, bool *more) {
    size_t n = 0;
    cm_status st = cm_result_fetch(cx, r, values, 1, &n);
    *more = n == 1;
    return st;
}

size_t cm_result_buffered(const cm_result *r) {
    return r->ncolumns && !r->stream && !r->source.fill ? (r->nvalues - r->pos) / r->ncolumns : 0;
}
void cm_result__keep_rows(cm_result *r) { r->keeps = true; }
void cm_result__set_needs_unique(cm_result *r, bool needs) { r->needs_unique = needs; }
bool cm_result_needs_unique(const cm_result *r) { return r->needs_unique; }

bool cm_result_returns_rows(const cm_result *r) { return r->returns_rows; }
size_t cm_result_ncolumns(const cm_result *r) { return r->ncolumns; }
const char *cm_result_column_name(const cm_result *r, size_t i) { return i < r->ncolumns ? cm_str_text(r->columns[i].name) : NULL; }
cm_node *cm_result_column_node(const cm_result *r, size_t i) { return i < r->ncolumns ? r->columns[i].node : NULL; }
int64_t cm_result_rowcount(const cm_result *r) { return r->rowcount; }
int64_t cm_result_lastrowid(const cm_result *r) { return r->lastrowid; }

/* ---- what was written */

cm_status cm_result_given(cm_ctx *cx, cm_result *r, const cm_column *column, void **out) {
    *out = NULL;
    for (size_t i = 0; r->given && i < r->plan->compiled->nparams; i++)
        if (r->given[i] && r->plan->compiled->params[i].column == column) {
            cm__host(cx)->retain(cx, *out = r->given[i]);
            return CM_OK;
        }
    return CM_OK;
}

cm_status cm_result_inserted_key(cm_ctx *cx, cm_result *r, const cm_column *column, void **out) {
    const cm_compiled *c = r->plan ? r->plan->compiled : NULL;
    *out = NULL;
    if (!c || !(c->flags & CM_C_INSERT) || !r->given)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "Statement is not an insert() of a single row: there is no inserted primary key");
    cm_status st = cm_result_given(cx, r, column, out);
    if (st || (*out && *out != cm__none(cx))) return st;
    if (*out) cm__host(cx)->release(cx, *out);
    *out = NULL;
    for (size_t i = 0; tells_key(r) && i < r->nvalues; i++)
        if (r->columns[i].node == column->node) {
            cm__host(cx)->retain(cx, *out = r->values[i]);
            return CM_OK;
        }
    if (column == c->table->autoincrement && r->lastrowid) {
        cm_value id = {.kind = CM_INT, .u.i = r->lastrowid};
        return cm__host(cx)->decode(cx, column->type, &id, out);
    }
    cm__host(cx)->retain(cx, *out = cm__none(cx));
    return CM_OK;
}

/* ---- results made elsewhere */

cm_status cm_result__from_values(cm_ctx *cx, size_t ncolumns, cm_str *const *names, cm_objs *take_values, cm_result **out) {
    cm_result *r = NULL;
    *out = NULL;
    cm_status st = cm_result__new(cx, NULL, &r);
    if (!st) st = make_columns(cx, r, ncolumns);
    if (st) {
        cm_result_free(cx, r);
        return st;
    }
    for (size_t i = 0; i < ncolumns; i++) {
        r->columns[i].name = cm_str_retain(names[i]);
        r->types[i] = cm_type_basic(cx, CM_T_NULL);
    }
    r->described = true;
    r->values = take_values->v;
    r->nvalues = take_values->n;
    r->cap = take_values->cap;
    *take_values = (cm_objs){0};
    *out = r;
    return CM_OK;
}

cm_status cm_result__from_source(cm_ctx *cx, size_t ncolumns, cm_str *const *names, const cm_row_source *source, cm_result **out) {
    cm_objs none = {0};
    cm_status st = cm_result__from_values(cx, ncolumns, names, &none, out);
    if (!st) (*out)->source = *source;
    return st;
}

cm_session *cm_result_session(const cm_result *r) { return r->source.session; }

/* ---- streams */

static cm_status bind_stream(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    cm_result *r = *(cm_result **)f->user;
    (void)set;
    return cm_bind__values(cx, r->plan->compiled, &r->stream->env, values, scratch);
}

cm_status cm_conn_stream(cm_ctx *cx, cm_conn *conn, cm_node *stmt, void *params, size_t part, cm_result **out) {
    cm_keybuf key = {0};
    cm_plan *plan = NULL;
    cm_result *r = NULL;
    *out = NULL;
    cm_status st = cm_conn__ready(cx, conn);
    if (!st) st = cm_conn__plan(cx, conn, stmt, &key, NULL, &plan);
    if (!st) st = cm_result__new(cx, plan, &r);
    if (st) goto done;
    r->stream = cm__alloc(cx, sizeof *r->stream);
    if (!r->stream) {
        st = CM_E_NOMEM;
        goto done;
    }
    cm_node_retain(cx, r->stream->stmt = stmt);
    if (params) cm__host(cx)->retain(cx, r->stream->params = params);
    r->stream->env.key = &key;
    r->stream->env.mapping = params;
    cm_flight flight = {
        .stmt = plan->compiled, .nsets = 1, .bind = bind_stream, .user = &r, .columns = cm_result__columns, .part = part ? part : 1000};
    st = cm_conn__open(cx, conn, &flight, &r->stream->cursor);
    if (st) goto done;
    r->stream->env.key = NULL;
    *out = r;
    r = NULL;
done:
    cm_result_free(cx, r);
    cm_plan__release(cx, plan);
    cm_key__dispose(cx, &key);
    return st;
}
