/* Executing Core statements: plan, flight, buffered result. */
#include "engine/engine_int.h"

#include <stdlib.h>
#include <string.h>

typedef struct execution {
    cm_result *result; /* first: result.c's callbacks find it there */
    void *const *params;
    cm_bind_env env;
} execution;

/* ---- names of the caller's parameters */

typedef struct name_list {
    cm_arena arena;
    cm_ctx *cx;
    const char **v;
    size_t n, cap;
} name_list;

static cm_status add_name(void *user, const char *key, size_t n) {
    name_list *list = user;
    cm_status st = cm__grow(list->cx, &list->v, &list->cap, list->n + 1, sizeof *list->v);
    if (st) return st;
    const char *copy = cm_arena__copy(&list->arena, key, n);
    if (!copy) return CM_E_NOMEM;
    list->v[list->n++] = copy;
    return CM_OK;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The keys of the first set decide which columns an INSERT or UPDATE writes; sorted, for one plan whatever their order. */
static cm_status collect_names(cm_ctx *cx, const cm_node *stmt, void *const *params, size_t nparams, name_list *list) {
    cm_arena__init(&list->arena, cx);
    list->cx = cx;
    if (nparams == 0 || !params || !params[0] || (stmt->kind != CM_N_INSERT && stmt->kind != CM_N_UPDATE)) return CM_OK;
    cm_status st = cm__host(cx)->mapping_keys(cx, params[0], add_name, list);
    if (!st && list->n > 1) qsort(list->v, list->n, sizeof *list->v, compare_names);
    return st;
}

static void free_names(cm_ctx *cx, name_list *list) {
    cm_arena__dispose(&list->arena);
    cm__free(cx, list->v);
}

/* ---- the flight */

static cm_status bind_set(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    execution *e = f->user;
    cm_bind__release(cx, &e->env);
    e->env.mapping = e->params ? e->params[set] : NULL;
    e->env.group = set;
    return cm_bind__values(cx, f->stmt, &e->env, values, scratch);
}

/* Room for the values a single row writes; several rows have no single key to tell. */
static cm_status want_given(cm_ctx *cx, execution *e, const cm_compiled *c, size_t nsets) {
    if (nsets != 1 || !(c->flags & (CM_C_INSERT | CM_C_UPDATE)) || (c->flags & CM_C_MULTI_VALUES)) return CM_OK;
    e->result->given = cm__alloc(cx, (c->nparams ? c->nparams : 1) * sizeof *e->result->given);
    e->env.given = e->result->given;
    return e->env.given ? CM_OK : CM_E_NOMEM;
}

/* From borrowed to retained; on failure none is kept. */
static void keep_given(cm_ctx *cx, execution *e, const cm_compiled *c, bool keep) {
    if (!e->env.given) return;
    for (size_t i = 0; i < c->nparams; i++) {
        if (!keep) e->env.given[i] = NULL;
        else if (e->env.given[i]) cm__host(cx)->retain(cx, e->env.given[i]);
    }
}

static cm_status run(cm_ctx *cx, cm_conn *conn, cm_plan *plan, execution *e, size_t nsets) {
    const cm_compiled *c = plan->compiled;
    cm_status st = cm_result__new(cx, plan, &e->result);
    if (!st) st = want_given(cx, e, c, nsets);
    if (st) return st;
    cm_flight flight = {.stmt = c,
                        .nsets = nsets,
                        .bind = bind_set,
                        .row = cm_result__row,
                        .done = cm_result__done,
                        .user = e,
                        .columns = cm_result__columns};
    st = cm_conn__fly(cx, conn, &flight);
    keep_given(cx, e, c, st == CM_OK);
    cm_bind__release(cx, &e->env);
    return st;
}

cm_status cm_conn_execute(cm_ctx *cx, cm_conn *conn, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    name_list names = {0};
    cm_plan *plan = NULL;
    execution e = {.params = nparams ? params : NULL};
    *out = NULL;
    cm_status st = cm_conn__ready(cx, conn);
    if (st) return st;
    cm_keybuf key = cm_conn__take_key(conn);
    st = collect_names(cx, stmt, params, nparams, &names);
    if (!st) st = cm_conn__plan(cx, conn, stmt, &key, names.v, names.n, &plan);
    e.env.key = &key;
    if (!st) st = run(cx, conn, plan, &e, nparams ? nparams : 1);
    if (!st) {
        *out = e.result;
        e.result = NULL;
    }
    cm_result_free(cx, e.result);
    cm_plan__release(cx, plan);
    free_names(cx, &names);
    cm_conn__give_key(cx, conn, &key);
    return st;
}
