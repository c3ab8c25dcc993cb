/* engine/isolate.c: what is committed inside is rolled back, in memory and in a file, also when memory runs out. */
#define _GNU_SOURCE
#include "harness.h"

#include <unistd.h>

static cm_status sql(cm_ctx *cx, cm_conn *conn, const char *text, int64_t *number) {
    cm_result *r = NULL;
    void *v[1] = {0};
    bool more = false;
    cm_status st = cm_conn_execute_sql(cx, conn, text, strlen(text), NULL, 0, &r);
    if (!st && number) st = cm_result_next(cx, r, v, &more);
    if (!st && more) *number = cm_obj_get(v[0])->u.i;
    if (more) cm_obj_release(cx, v[0]);
    cm_result_free(cx, r);
    return st;
}

static cm_status with_connection(cm_ctx *cx, cm_engine *e, const char *text, bool commit, int64_t *number) {
    cm_conn *c = NULL;
    cm_status st = cm_engine_connect(cx, e, &c);
    if (!st) st = cm_conn_begin(cx, c);
    if (!st) st = sql(cx, c, text, number);
    if (!st) st = commit ? cm_conn_commit(cx, c) : cm_conn_rollback(cx, c);
    cm_conn_close(cx, c);
    return st;
}

static void work(const char *url, const char *path) {
    OOM_LOOP(cx) {
        cm_engine *e = NULL;
        cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
        int64_t n = 0;
        o.url = url;
        if (path) unlink(path);
        OOM_TRY(cm_engine_new(cx, &o, &e));
        OOM_TRY(with_connection(cx, e, "CREATE TABLE t (id INTEGER)", true, NULL));
        OOM_TRY(cm_engine_isolate(cx, e));
        OOM_TRY(with_connection(cx, e, "INSERT INTO t VALUES (1)", true, NULL));
        OOM_TRY(with_connection(cx, e, "INSERT INTO t VALUES (2)", false, NULL));
        OOM_TRY(with_connection(cx, e, "SELECT count(*) FROM t", false, &n));
        cr_assert_eq(n, 1);
        OOM_TRY(cm_engine_restore(cx, e));
        OOM_TRY(with_connection(cx, e, "SELECT count(*) FROM t", false, &n));
        cr_assert_eq(n, 0);
    OOM_DONE:
        cm_engine_release(cx, e);
        if (path) unlink(path);
    }
}

Test(isolate, memory) { work("sqlite://", NULL); }

Test(isolate, file) {
    char path[64], url[128];
    snprintf(path, sizeof path, P_tmpdir "/cm_isolate_%d.db", (int)getpid());
    snprintf(url, sizeof url, "sqlite:///%s", path);
    work(url, path);
}

Test(isolate, misuse_is_an_error) {
    cm_ctx *cx = NULL;
    cm_engine *e = NULL;
    cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
    const cm_ctx_options options = {.host = cm_host_plain()};
    o.url = "sqlite://";
    cr_assert_eq(cm_ctx_new(&options, &cx), CM_OK);
    cr_assert_eq(cm_engine_new(cx, &o, &e), CM_OK);
    cr_assert_eq(cm_engine_restore(cx, e), CM_E_INVALID_REQUEST);
    cm_ctx_clear(cx);
    cr_assert_eq(cm_engine_isolate(cx, e), CM_OK);
    cr_assert_eq(cm_engine_isolate(cx, e), CM_E_INVALID_REQUEST);
    cm_engine_release(cx, e); /* rolls back by itself */
    cm_ctx_free(cx);
}
