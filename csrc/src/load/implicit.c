/* implicit.c: loads that the program did not ask for itself, told to those who listen (CM_EV_IMPLICIT_LOAD).
 *
 * A lazy load, a refresh or a follow-up keeps one statement whose keys are BINDs without values. A listener is shown a copy with
 * the values inside, which stands for itself: it may be changed, run, or used as the key of a cache. What the listener answers
 * is run with everything else of the request as it was; or it answers the rows, and nothing is run.
 */
#include "load/load.h"

/* Values of the keys as host objects. owns: *value a new reference. */
static cm_status key_value(cm_ctx *cx, const cm_load_keys *keys, size_t i, void **value) {
    const cm_node *bind = keys->binds[i];
    if (keys->raw) return cm__host(cx)->decode(cx, bind->type, &keys->raw[i], value);
    cm__host(cx)->retain(cx, *value = keys->values[i]);
    return CM_OK;
}

static cm_status value_binds(cm_ctx *cx, const cm_load_keys *keys, cm_objs *binds) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < keys->n && !st; i++) {
        cm_node *bind = NULL;
        void *value = NULL;
        st = key_value(cx, keys, i, &value);
        if (!st) st = cm_expr_bind(cx, value, keys->binds[i]->type, &bind);
        if (value) cm__host(cx)->release(cx, value);
        if (!st && (st = cm_objs_add(cx, binds, bind))) cm_node_release(cx, bind);
    }
    return st;
}

/* The statement with the keys' values in place of its empty BINDs. */
static cm_status complete(cm_ctx *cx, const cm_load_request *q, cm_node **out) {
    cm_objs binds = {0};
    cm_status st = CM_OK;
    if (q->keys) st = value_binds(cx, q->keys, &binds);
    const cm_adapt map = {.from = q->keys ? q->keys->binds : NULL, .to = (cm_node *const *)(void *)binds.v, .n = binds.n};
    if (!st) st = cm_node_adapt(cx, q->stmt, &map, out);
    for (size_t i = 0; i < binds.n; i++) cm_node_release(cx, binds.v[i]);
    cm_objs_free(cx, &binds);
    return st;
}

/* ---- rows that a listener answered */

/* One row into the sink: key values as the database would have them, then the entity. */
static cm_status sink_row(cm_load_run *run, cm_node *const *columns, size_t n, void *const *row, cm_value *raw, cm_arena *scratch) {
    cm_status st = CM_OK;
    for (size_t i = 0; i + 1 < n && !st; i++) st = run->host->encode(run->cx, columns[i]->type, row[i], scratch, &raw[i]);
    cm_inst *inst = st || row[n - 1] == cm__none(run->cx) ? NULL : run->host->object_inst(run->cx, row[n - 1]);
    return st ? st : run->request->sink(run, run->request->sink_user, raw, inst);
}

static cm_status sink_rows(cm_ctx *cx, cm_session *s, const cm_load_request *q, cm_node *const *columns, size_t n, const cm_objs *rows) {
    cm_load_run run = {.cx = cx, .s = s, .host = cm__host(cx), .request = q};
    cm_status st = CM_OK;
    cm_load__begin(&run);
    cm_value *raw = cm_arena__alloc(&run.arena, n * sizeof *raw);
    if (!raw) st = cm__nomem(cx);
    for (size_t at = 0; at + n <= rows->n && !st; at += n) st = sink_row(&run, columns, n, rows->v + at, raw, &run.codec);
    cm_load__dispose(&run);
    return st;
}

static cm_status take_rows(cm_ctx *cx, cm_session *s, const cm_load_request *q, cm_objs *rows, cm_objs *out, size_t *nrows) {
    size_t n = 0;
    cm_node *const *columns = cm_node_segment(q->stmt, CM_SEG_COLUMNS, &n);
    if (rows->n % n) return cm__fail(cx, CM_E_INVALID_REQUEST, "a listener answered rows that have not %zu columns", n);
    if (nrows) *nrows = rows->n / n;
    if (q->sink) return sink_rows(cx, s, q, columns, n, rows);
    if (out) {
        *out = *rows;
        *rows = (cm_objs){0};
    }
    return CM_OK;
}

/* A listener may add conditions, options and order, but the rows are read as they were to be. */
static cm_status check_answer(cm_ctx *cx, const cm_node *stmt, const cm_node *answer) {
    size_t n = 0, nanswer = 0;
    cm_node *const *columns = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    cm_node *const *answered = answer->kind == CM_N_SELECT ? cm_node_segment(answer, CM_SEG_COLUMNS, &nanswer) : NULL;
    bool same = n == nanswer;
    for (size_t i = 0; i < n && same; i++) same = columns[i] == answered[i];
    if (same) return CM_OK;
    return cm__fail(cx, CM_E_INVALID_REQUEST,
                    "a listener put a statement with other columns in the place of one that loads attributes: it may add conditions, order "
                    "and options, or answer a result");
}

cm_status cm_load__tell(cm_ctx *cx, cm_session *s, const cm_load_request *q, cm_objs *out, size_t *nrows, cm_plan **plan) {
    cm_load_request now = *q;
    cm_node *stmt = NULL, *answer = NULL;
    cm_objs rows = {0};
    cm_status st = complete(cx, q, &stmt);
    if (!st) st = cm__host(cx)->implicit_load(cx, s, q->mapper, q->owner, q->via, stmt, &answer, &rows);
    if (!st && answer) st = check_answer(cx, stmt, answer);
    if (!st && answer) {
        now.stmt = answer;
        now.keys = NULL;
        st = cm_load__fly(cx, s, &now, out, nrows, plan);
    } else if (!st) {
        now.stmt = stmt;
        st = take_rows(cx, s, &now, &rows, out, nrows);
    }
    cm_load__release(cx, &rows);
    cm_node_release(cx, answer);
    cm_node_release(cx, stmt);
    return st;
}
