/* Executing SQL text as it is, in the driver's own parameter style: exec_driver_sql, the DBAPI face, savepoints. */
#include "engine/engine_int.h"

#include <string.h>

typedef struct text_run {
    cm_result *result; /* first: result.c's callbacks find it there */
    cm_link *link;
    void *const *sets; /* host sequences or mappings; or the values of the only set */
    enum { VALUES, SEQUENCES, MAPPINGS } form;
    const char *const *names; /* MAPPINGS: of each parameter, without its prefix */
    cm_objs held;
} text_run;

cm_compiled cm_conn__text(const char *sql, size_t n, size_t nparams) {
    return (cm_compiled){.sql = (char *)(uintptr_t)sql, .nsql = n, .flags = CM_C_TEXT, .nparams = nparams};
}

static void release_held(cm_ctx *cx, text_run *t) {
    for (size_t i = 0; i < t->held.n; i++) cm__host(cx)->release(cx, t->held.v[i]);
    cm_objs_free(cx, &t->held);
}

static cm_status encode(cm_ctx *cx, void *value, cm_arena *scratch, cm_value *out) {
    return cm__host(cx)->encode(cx, cm_type_basic(cx, CM_T_NULL), value, scratch, out);
}

static cm_status bind_sequence(cm_ctx *cx, text_run *t, void *set, size_t n, cm_value *values, cm_arena *scratch) {
    cm_status st = cm__host(cx)->sequence(cx, set, &t->held);
    if (!st && t->held.n != n)
        st = cm__fail(cx, CM_E_PROGRAMMING,
                      "Incorrect number of bindings supplied. The current statement uses %zu, and there are %zu supplied.", n, t->held.n);
    for (size_t i = 0; i < n && !st; i++) st = encode(cx, t->held.v[i], scratch, &values[i]);
    return st;
}

static cm_status bind_mapping(cm_ctx *cx, text_run *t, void *set, size_t n, cm_value *values, cm_arena *scratch) {
    for (size_t i = 0; i < n; i++) {
        void *value = NULL;
        cm_status st = cm__host(cx)->mapping_get(cx, set, t->names[i], strlen(t->names[i]), &value);
        if (!st && !value) st = cm__fail(cx, CM_E_PROGRAMMING, "You did not supply a value for binding parameter :%s.", t->names[i]);
        if (st) return st;
        st = cm_objs_add(cx, &t->held, value);
        if (st) cm__host(cx)->release(cx, value);
        if (!st) st = encode(cx, value, scratch, &values[i]);
        if (st) {
            cm__fail_subject(cx, "%s", t->names[i]);
            return st;
        }
    }
    return CM_OK;
}

static cm_status bind_text(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    text_run *t = f->user;
    size_t n = f->stmt->nparams;
    cm_status st = CM_OK;
    release_held(cx, t);
    switch (t->form) {
    case SEQUENCES: return bind_sequence(cx, t, t->sets[set], n, values, scratch);
    case MAPPINGS: return bind_mapping(cx, t, t->sets[set], n, values, scratch);
    case VALUES:
        for (size_t i = 0; i < n && !st; i++) st = encode(cx, t->sets[i], scratch, &values[i]);
    }
    return st;
}

static cm_status run(cm_ctx *cx, cm_conn *conn, const cm_compiled *c, text_run *t, size_t nsets, cm_result **out) {
    cm_status st = cm_result__new(cx, NULL, &t->result);
    if (st) return st;
    cm_flight flight = {.stmt = c,
                        .nsets = nsets,
                        .bind = bind_text,
                        .row = cm_result__row,
                        .done = cm_result__done,
                        .user = t,
                        .columns = cm_result__columns};
    st = cm_conn__fly(cx, conn, &flight);
    release_held(cx, t);
    if (st) {
        cm_result_free(cx, t->result);
        return st;
    }
    *out = t->result;
    return CM_OK;
}

cm_status cm_conn_execute_sql(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n, void *const *values, size_t nvalues, cm_result **out) {
    cm_compiled c = cm_conn__text(sql, n, nvalues);
    text_run t = {.sets = values, .form = VALUES};
    *out = NULL;
    return run(cx, conn, &c, &t, 1, out);
}

/* What the prepared statement says of its parameters: how many, and their names (copied) where mappings will be read. */
static cm_status learn_params(cm_ctx *cx, cm_conn *conn, cm_compiled *c, bool mappings, cm_arena *arena, const char ***names) {
    cm_link *link = conn->link;
    cm_stmt *stmt = NULL;
    cm_link__lock(cx, link);
    cm_status st = cm_stmt__get(cx, link, c, false, &stmt);
    if (st) goto done;
    c->nparams = link->driver->nparams(stmt->d);
    if (!mappings || c->nparams == 0) goto done;
    const char **v = cm_arena__alloc(arena, c->nparams * sizeof *v);
    for (size_t i = 0; v && i < c->nparams; i++) {
        const char *name = link->driver->param_name(stmt->d, i);
        if (!name || !name[0] || name[0] == '?') {
            st = cm__fail(cx, CM_E_PROGRAMMING, "Binding %zu has no name, but you supplied a dictionary (which has only names).", i + 1);
            goto done;
        }
        v[i] = cm_arena__copy(arena, name + 1, strlen(name + 1));
    }
    *names = v;
    if (arena->failed) st = CM_E_NOMEM;
done:
    cm_stmt__give(cx, link, stmt);
    cm_link__unlock(cx, link);
    return st;
}

cm_status cm_conn_execute_driver(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n, void *const *sets, size_t nsets, bool mappings,
                                 cm_result **out) {
    cm_compiled c = cm_conn__text(sql, n, 0);
    text_run t = {.sets = sets, .form = nsets == 0 ? VALUES : mappings ? MAPPINGS : SEQUENCES};
    cm_arena arena;
    const char **names = NULL;
    *out = NULL;
    cm_status st = cm_conn__ready(cx, conn);
    if (st) return st;
    cm_arena__init(&arena, cx);
    if (nsets > 0) st = learn_params(cx, conn, &c, mappings, &arena, &names);
    t.names = names;
    if (!st && nsets > 0 && !mappings && c.nparams == 0) { /* values for nothing are a mistake worth telling */
        cm_objs first = {0};
        st = cm__host(cx)->sequence(cx, sets[0], &first);
        for (size_t i = 0; i < first.n; i++) cm__host(cx)->release(cx, first.v[i]);
        if (!st && first.n)
            st = cm__fail(cx, CM_E_PROGRAMMING,
                          "Incorrect number of bindings supplied. The current statement uses 0, and there are %zu supplied.", first.n);
        cm_objs_free(cx, &first);
    }
    if (!st) st = run(cx, conn, &c, &t, nsets ? nsets : 1, out);
    cm_arena__dispose(&arena);
    return st;
}

static cm_status drop_row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, size_t n) {
    (void)cx, (void)f, (void)set, (void)values, (void)n;
    return CM_OK;
}

cm_status cm_conn__run_text(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n) {
    cm_compiled c = cm_conn__text(sql, n, 0);
    cm_flight flight = {.stmt = &c, .nsets = 1, .row = drop_row};
    return cm_conn__fly(cx, conn, &flight);
}

cm_status cm_conn_execute_script(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n) {
    cm_status st = cm_conn__ready(cx, conn);
    while (!st && n > 0) {
        const cm_driver *driver = conn->link->driver;
        cm_dstmt *probe = NULL;
        size_t used = n;
        cm_link__lock(cx, conn->link);
        cm__leave(cx);
        st = driver->prepare(cx, conn->link->d, sql, n, CM_PREPARE_TEXT, &used, &probe);
        cm__enter(cx);
        if (st) driver->error(cx, conn->link->d, sql, n);
        driver->finalize(cx, probe);
        cm_link__unlock(cx, conn->link);
        if (!st) st = cm_conn__run_text(cx, conn, sql, used);
        sql += used;
        n -= used;
    }
    return st;
}
