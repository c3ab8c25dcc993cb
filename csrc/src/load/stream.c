/* stream.c: ORM rows read in chunks (yield_per, stream_results).
 *
 * The statement's cursor stays open. Each time the result runs out of rows, the next chunk is read and loaded like a small
 * result of its own: rows into instances, then whatever follows them (selectin and its like). Nothing is held but the chunk at
 * hand, so a result of any length takes the memory of one chunk and of what the program keeps.
 */
#include "load/load.h"

typedef struct load_stream {
    cm_session *s;
    cm_load_request request;
    cm_node *stmt; /* retained */
    void *mapping; /* retained, or NULL */
    cm_plan *plan;
    cm_cursor *cursor;
    cm_bind_env env; /* keeps the bound values */
    size_t chunk;
} load_stream;

static void close_stream(cm_ctx *cx, void *user) {
    load_stream *ls = user;
    if (!ls) return;
    cm_cursor__close(cx, ls->cursor);
    cm_bind__release(cx, &ls->env);
    cm_plan__release(cx, ls->plan);
    if (ls->mapping) cm__host(cx)->release(cx, ls->mapping);
    cm_node_release(cx, ls->stmt);
    cm__free(cx, ls);
}

static cm_status read_rows(load_stream *ls, cm_load_run *run, bool *more) {
    const cm_value *raw = NULL;
    cm_status st = CM_OK;
    *more = true;
    for (size_t i = 0; i < ls->chunk && *more && !st; i++) {
        st = cm_cursor__next(run->cx, ls->cursor, &raw, more);
        if (!st && *more) st = cm_load__row(run, (cm_value *)(uintptr_t)raw, run->plan->ncolumns);
    }
    return st;
}

/* What the result calls when it has no row left. */
static cm_status fill(cm_ctx *cx, void *user, cm_objs *out, bool *more) {
    load_stream *ls = user;
    cm_load_run run = {.cx = cx, .s = ls->s, .host = cm__host(cx), .request = &ls->request, .compiled = ls->plan->compiled};
    cm_load__begin(&run);
    run.plan = ls->plan->extra;
    ls->s->cx = cx;
    cm_status st = cm_load__prepare(&run);
    if (!st) st = read_rows(ls, &run, more);
    if (!st) st = cm_load__end(&run);
    if (!st && cm_bundle__present(ls->stmt)) st = cm_bundle__fold_rows(cx, ls->stmt, run.plan, run.nrows, &run.out);
    if (!st) {
        *out = run.out;
        run.out = (cm_objs){0};
    }
    cm_load__dispose(&run);
    return st;
}

static cm_status bind_stream(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    load_stream *ls = f->user;
    (void)set;
    return cm_bind__values(cx, f->stmt, &ls->env, values, scratch);
}

static cm_status open_stream(cm_ctx *cx, load_stream *ls, cm_conn *conn, const cm_keybuf *key) {
    cm_flight flight = {.stmt = ls->plan->compiled, .nsets = 1, .bind = bind_stream, .user = ls, .part = ls->chunk, .shown_as = ls->stmt};
    ls->env.key = key;
    ls->env.mapping = ls->mapping;
    cm_status st = cm_conn__open(cx, conn, &flight, &ls->cursor);
    ls->env.key = NULL;
    return st;
}

static cm_status refuse_joined(cm_ctx *cx) {
    return cm__fail(
        cx, CM_E_INVALID_REQUEST,
        "Can't use yield_per with eager loaders that require uniquing or row buffering, e.g. joinedload() against collections or "
        "subqueryload().  Consider the selectinload() strategy for better flexibility in loading objects.");
}

cm_status cm_session_stream(cm_ctx *cx, cm_session *s, cm_node *stmt, void *params, size_t chunk, bool must, cm_result **out) {
    cm_keybuf key = {0};
    cm_conn *conn = NULL;
    load_stream *ls = NULL;
    *out = NULL;
    s->cx = cx;
    if (!cm_load__is_plain(stmt)) return cm_session_execute(cx, s, stmt, &params, params ? 1 : 0, out);
    cm_status st = cm_session__autoflush(cx, s);
    if (st) return st;
    if (!(ls = cm__alloc(cx, sizeof *ls))) return CM_E_NOMEM;
    *ls = (load_stream){.s = s, .stmt = stmt, .mapping = params, .chunk = chunk ? chunk : 1};
    cm_node_retain(cx, stmt);
    if (params) cm__host(cx)->retain(cx, params);
    ls->request = (cm_load_request){.stmt = stmt,
                                    .mapping = params,
                                    .mapper = cm_load__first_mapper(stmt),
                                    .populate_existing = (stmt->flags & CM_FLAG_POPULATE_EXISTING) != 0};
    st = cm_session__conn(cx, s, ls->request.mapper, stmt, &conn);
    if (!st) st = cm_load__plan(cx, conn, &ls->request, &key, &ls->plan);
    const cm_row_plan *p = st ? NULL : ls->plan->extra;
    const bool repeats = p && p->needs_unique;
    if (repeats && must) st = refuse_joined(cx);
    if (!st && !repeats) st = open_stream(cx, ls, conn, &key);
    if (!st && !repeats) {
        const cm_row_source source = {.fill = fill, .close = close_stream, .user = ls, .session = s};
        st = cm_bundle__named(cx, stmt, p, &source, out);
        if (!st) ls = NULL; /* the result's */
    }
    cm_key__dispose(cx, &key);
    close_stream(cx, ls);
    if (!st && repeats) st = cm_load__execute(cx, s, stmt, &params, params ? 1 : 0, out);
    return st;
}
