/* Executing Core statements: plan, flight, buffered result. */
#include "engine/engine_int.h"

#include <stdlib.h>
#include <string.h>

typedef struct execution {
    cm_result *result; /* first: result.c's callbacks find it there */
    void *const *params;
    size_t nsets;
    cm_bind_env env;
} execution;

/* ---- names of the caller's parameters */

static cm_status add_name(void *user, const char *key, size_t n) {
    cm_names *names = user;
    cm_status st = cm__grow(names->arena.cx, &names->v, &names->cap, names->n + 1, sizeof *names->v);
    if (st) return st;
    const char *copy = cm_arena__copy(&names->arena, key, n);
    if (!copy) return CM_E_NOMEM;
    names->v[names->n++] = copy;
    return CM_OK;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

cm_status cm_names__collect(cm_ctx *cx, const cm_node *stmt, void *const *params, size_t nparams, cm_names *names) {
    cm_arena__init(&names->arena, cx);
    if (nparams == 0 || !params || !params[0] || (stmt->kind != CM_N_INSERT && stmt->kind != CM_N_UPDATE)) return CM_OK;
    cm_status st = cm__host(cx)->mapping_keys(cx, params[0], add_name, names);
    if (!st && names->n > 1) qsort(names->v, names->n, sizeof *names->v, compare_names);
    return st;
}

void cm_names__dispose(cm_ctx *cx, cm_names *names) {
    cm_arena__dispose(&names->arena);
    cm__free(cx, names->v);
}

/* ---- the flight */

static cm_status bind_set(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    execution *e = f->user;
    e->env.mapping = e->params ? e->params[set] : NULL;
    e->env.group = set;
    e->env.items_of = NULL; /* lists are the set's own */
    return cm_bind__values(cx, f->stmt, &e->env, values, scratch);
}

static cm_status set_done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id) {
    execution *e = f->user;
    if (!e->result->given && !f->bulk) cm_bind__release(cx, &e->env);
    return cm_result__done(cx, f, set, rows, id);
}

static bool has_defaults(const cm_compiled *c) {
    for (size_t i = 0; i < c->nparams; i++)
        if (c->params[i].source == CM_SRC_DEFAULT) return true;
    return false;
}

/* Room for the values of a row: the result tells those of a single one (several have no single key to tell), and defaults may
 * ask for what those before them made. */
static cm_status want_given(cm_ctx *cx, execution *e, const cm_compiled *c, size_t nsets) {
    const bool single = nsets == 1 && !(c->flags & CM_C_MULTI_VALUES);
    if (!(c->flags & (CM_C_INSERT | CM_C_UPDATE)) || (!single && !has_defaults(c))) return CM_OK;
    e->env.given = cm__alloc(cx, (c->nparams ? c->nparams : 1) * sizeof *e->env.given);
    if (single) e->result->given = e->env.given;
    return e->env.given ? CM_OK : CM_E_NOMEM;
}

/* From borrowed to retained; on failure none is kept. */
static void keep_given(cm_ctx *cx, execution *e, const cm_compiled *c, bool keep) {
    if (!e->env.given) return;
    if (!e->result->given) cm__free(cx, e->env.given);
    for (size_t i = 0; e->result->given && i < c->nparams; i++) {
        if (!keep) e->env.given[i] = NULL;
        else if (e->env.given[i]) cm__host(cx)->retain(cx, e->env.given[i]);
    }
}

static cm_status run(cm_ctx *cx, cm_conn *conn, cm_node *stmt, const cm_plan_terms *terms, cm_plan *plan, execution *e) {
    const cm_compiled *c = plan->compiled;
    cm_status st = cm_result__new(cx, plan, &e->result);
    if (!st) st = want_given(cx, e, c, e->nsets);
    if (st) return st;
    e->env.conn = conn;
    cm_flight flight = {.stmt = c,
                        .nsets = e->nsets,
                        .bind = bind_set,
                        .row = cm_result__row,
                        .done = set_done,
                        .user = e,
                        .columns = cm_result__columns,
                        .shown_as = stmt};
    st = e->nsets > 1 ? cm_conn__fly_rows(cx, conn, stmt, terms, &flight) : cm_conn__fly(cx, conn, &flight);
    keep_given(cx, e, c, st == CM_OK);
    cm_bind__release(cx, &e->env);
    return st;
}

cm_status cm_conn_execute(cm_ctx *cx, cm_conn *conn, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    cm_names names = {0};
    cm_plan *plan = NULL;
    execution e = {.params = nparams ? params : NULL, .nsets = nparams ? nparams : 1};
    *out = NULL;
    cm_status st = cm_conn__ready(cx, conn);
    if (st) return st;
    cm_keybuf key = cm_conn__take_key(conn);
    cm_conn__enter(conn);
    st = cm_names__collect(cx, stmt, params, nparams, &names);
    const cm_plan_terms terms = {names.v, names.n, 0};
    if (!st) st = cm_conn__plan(cx, conn, stmt, &key, &terms, &plan);
    e.env.key = &key;
    if (!st) st = run(cx, conn, stmt, &terms, plan, &e);
    if (!st) {
        *out = e.result;
        e.result = NULL;
    }
    cm_result_free(cx, e.result);
    cm_plan__release(cx, plan);
    cm_names__dispose(cx, &names);
    cm_conn__give_key(cx, conn, &key);
    cm_conn__leave(cx, conn);
    return st;
}
