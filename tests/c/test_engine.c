/* engine room: connections, transactions, pool, caches, results; then Core statements through plans and flights. */
#define _GNU_SOURCE
#include "harness.h"

#include "engine/engine_int.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static char file_path[64], file_url[128];

static void make_file(void) {
    static int n;
    snprintf(file_path, sizeof file_path, P_tmpdir "/cm_engine_%d_%d.db", (int)getpid(), n++);
    snprintf(file_url, sizeof file_url, "sqlite:///%s?timeout=0.1", file_path);
    unlink(file_path);
}

static void drop_file(void) { unlink(file_path); }

static cm_status open_engine(cm_ctx *cx, const char *url, cm_engine **out) {
    cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
    o.url = url;
    o.stmt_cache = 4;
    return cm_engine_new(cx, &o, out);
}

static cm_status sql(cm_ctx *cx, cm_conn *conn, const char *text) {
    cm_result *r = NULL;
    cm_status st = cm_conn_execute_sql(cx, conn, text, strlen(text), NULL, 0, &r);
    cm_result_free(cx, r);
    return st;
}

/* The first value of the first row as an integer; -1: no row. */
static cm_status number(cm_ctx *cx, cm_conn *conn, const char *text, int64_t *out) {
    cm_result *r = NULL;
    void *v[8] = {0};
    bool more = false;
    cm_status st = cm_conn_execute_sql(cx, conn, text, strlen(text), NULL, 0, &r);
    *out = -1;
    if (!st) st = cm_result_next(cx, r, v, &more);
    if (!st && more) *out = cm_obj_get(v[0])->u.i;
    for (size_t i = 0; more && i < cm_result_ncolumns(r); i++) cm_obj_release(cx, v[i]);
    cm_result_free(cx, r);
    return st;
}

static int64_t count(cm_ctx *cx, cm_conn *conn) {
    int64_t n = -2;
    cr_assert_eq(number(cx, conn, "SELECT count(*) FROM t", &n), CM_OK, "%s", cm_ctx_error(cx)->message);
    return n;
}

Test(engine, text_runs_with_values_and_answers_rows) {
    OOM_LOOP(cx) {
        cm_engine *e = NULL;
        cm_conn *c = NULL;
        cm_result *r = NULL;
        void *values[3] = {0}, *row[3] = {0};
        bool more = false;
        OOM_TRY(open_engine(cx, "sqlite://", &e));
        OOM_TRY(cm_engine_connect(cx, e, &c));
        OOM_TRY(sql(cx, c, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price REAL)"));
        OOM_NULL(values[0] = cm_obj_int(cx, 7));
        OOM_NULL(values[1] = cm_obj_text(cx, "caf\xC3\xA9"));
        OOM_NULL(values[2] = cm_obj_double(cx, 2.5));
        OOM_TRY(cm_conn_execute_sql(cx, c, "INSERT INTO t VALUES (?, ?, ?)", 30, values, 3, &r));
        cr_assert_eq(cm_result_rowcount(r), 1);
        cr_assert_eq(cm_result_lastrowid(r), 7);
        cr_assert_not(cm_result_returns_rows(r));
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(cm_conn_execute_sql(cx, c, "SELECT price, name, id AS key FROM t", 36, NULL, 0, &r));
        cr_assert_eq(cm_result_ncolumns(r), 3);
        cr_assert_str_eq(cm_result_column_name(r, 2), "key");
        cr_assert_eq(cm_result_buffered(r), 1);
        OOM_TRY(cm_result_next(cx, r, row, &more));
        cr_assert(more && cm_obj_get(row[0])->u.d == 2.5);
        cr_assert_eq(strncmp(cm_obj_get(row[1])->u.s.p, "caf\xC3\xA9", 5), 0);
        cr_assert_eq(cm_obj_get(row[2])->u.i, 7);
        OOM_TRY(cm_result_next(cx, r, row + 0, &more));
        cr_assert_not(more);
    OOM_DONE:
        for (int i = 0; i < 3; i++) {
            cm_obj_release(cx, values[i]);
            cm_obj_release(cx, row[i]);
        }
        cm_result_free(cx, r);
        cm_conn_close(cx, c);
        cm_engine_release(cx, e);
    }
}

Test(engine, begin_comes_before_the_first_write_only) {
    make_file();
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *a = NULL, *b = NULL;
    cr_assert_eq(open_engine(cx, file_url, &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &a), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &b), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, a), CM_OK);
    cr_assert_eq(sql(cx, a, "CREATE TABLE t (x)"), CM_OK); /* commits by itself, as with Python's sqlite3 */
    cr_assert_eq(count(cx, a), 0);
    cr_assert(cm_conn_in_transaction(a) && !cm_conn_begun(a));
    cr_assert_eq(cm_conn_begin(cx, b), CM_OK);
    cr_assert_eq(sql(cx, b, "INSERT INTO t VALUES (1)"), CM_OK);
    cr_assert(cm_conn_begun(b));
    cr_assert_eq(count(cx, a), 0);
    cr_assert_eq(cm_conn_commit(cx, b), CM_OK);
    cr_assert_eq(count(cx, a), 1); /* reads hold nothing and see what was committed a moment ago */
    cr_assert_eq(sql(cx, a, "INSERT INTO t VALUES (2)"), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, b), CM_OK);
    cr_assert_eq(sql(cx, b, "INSERT INTO t VALUES (3)"), CM_E_OPERATIONAL);
    cr_assert_str_eq(cm_ctx_error(cx)->code_name, "SQLITE_BUSY");
    cm_ctx_clear(cx);
    cr_assert_eq(cm_conn_rollback(cx, a), CM_OK);
    cr_assert_eq(count(cx, b), 1);
    cr_assert_eq(sql(cx, b, "INSERT INTO t VALUES (3)"), CM_OK);
    cm_conn_close(cx, b); /* rolls back */
    cr_assert_eq(count(cx, a), 1);
    cr_assert_eq(cm_conn_set_isolation(cx, a, "AUTOCOMMIT"), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, a), CM_OK);
    cr_assert_eq(sql(cx, a, "INSERT INTO t VALUES (4)"), CM_OK);
    cr_assert_eq(cm_conn_rollback(cx, a), CM_OK);
    cr_assert_eq(count(cx, a), 2);
    cm_conn_close(cx, a);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
    drop_file();
}

Test(engine, savepoints_nest) {
    OOM_LOOP(cx) {
        cm_engine *e = NULL;
        cm_conn *c = NULL;
        int64_t n = 0;
        OOM_TRY(open_engine(cx, "sqlite://", &e));
        OOM_TRY(cm_engine_connect(cx, e, &c));
        OOM_TRY(sql(cx, c, "CREATE TABLE t (x)"));
        OOM_TRY(cm_conn_begin(cx, c));
        OOM_TRY(cm_conn_savepoint(cx, c, "one", 0));
        cr_assert(cm_conn_begun(c));
        OOM_TRY(sql(cx, c, "INSERT INTO t VALUES (1)"));
        OOM_TRY(cm_conn_savepoint(cx, c, "two", 0));
        OOM_TRY(sql(cx, c, "INSERT INTO t VALUES (2)"));
        OOM_TRY(cm_conn_savepoint(cx, c, "two", 2));
        OOM_TRY(cm_conn_savepoint(cx, c, "one", 1));
        OOM_TRY(cm_conn_commit(cx, c));
        OOM_TRY(number(cx, c, "SELECT count(*) FROM t", &n));
        cr_assert_eq(n, 1);
    OOM_DONE:
        cm_conn_close(cx, c);
        cm_engine_release(cx, e);
    }
}

Test(engine, errors_say_what_went_wrong) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *c = NULL;
    cm_result *r = NULL;
    void *one = cm_obj_int(cx, 1);
    cr_assert_eq(open_engine(cx, "oracle://h/d", &e), CM_E_ARGUMENT);
    cm_ctx_clear(cx);
    cr_assert_eq(open_engine(cx, "sqlite://", &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(sql(cx, c, "SELECT 1; SELECT 2"), CM_E_PROGRAMMING);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "You can only execute one statement at a time.");
    cm_ctx_clear(cx);
    cr_assert_eq(sql(cx, c, "SELECT 1;  -- and nothing"), CM_OK);
    cr_assert_eq(sql(cx, c, ""), CM_OK);
    cr_assert_eq(cm_conn_execute_sql(cx, c, "SELECT ?, ?", 11, &one, 1, &r), CM_E_PROGRAMMING);
    cr_assert_null(r);
    cm_ctx_clear(cx);
    cr_assert_eq(sql(cx, c, "SELECT * FROM missing"), CM_E_OPERATIONAL);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "no such table: missing");
    cr_assert_str_eq(cm_ctx_error(cx)->sql, "SELECT * FROM missing");
    cm_ctx_clear(cx);
    cm_obj_release(cx, one);
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
}

/* A transaction that the database gave up (here: a full disk) cannot be committed in half. */
Test(engine, a_lost_transaction_must_be_rolled_back) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *c = NULL;
    int64_t n;
    cr_assert_eq(open_engine(cx, "sqlite://", &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(sql(cx, c, "CREATE TABLE t (x)"), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, c), CM_OK);
    cr_assert_eq(sql(cx, c, "INSERT INTO t VALUES (1)"), CM_OK);
    cr_assert_eq(number(cx, c, "PRAGMA max_page_count=5", &n), CM_OK);
    cr_assert_eq(sql(cx, c, "INSERT OR ROLLBACK INTO t VALUES (zeroblob(1000000))"), CM_E_OPERATIONAL);
    cr_assert_str_eq(cm_ctx_error(cx)->code_name, "SQLITE_FULL");
    cm_ctx_clear(cx);
    if (!cm_conn_begun(c)) {
        cr_assert_eq(sql(cx, c, "INSERT INTO t VALUES (2)"), CM_E_PENDING_ROLLBACK);
        cm_ctx_clear(cx);
        cr_assert_eq(cm_conn_commit(cx, c), CM_E_PENDING_ROLLBACK);
        cm_ctx_clear(cx);
    }
    cr_assert_eq(cm_conn_rollback(cx, c), CM_OK);
    cr_assert_eq(count(cx, c), 0);
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
}

Test(engine, statements_are_prepared_once_and_bounded) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *c = NULL;
    int64_t n;
    cr_assert_eq(open_engine(cx, "sqlite://", &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    for (int i = 0; i < 30; i++) {
        char text[32];
        snprintf(text, sizeof text, "SELECT %d", i % 10);
        cr_assert_eq(number(cx, c, text, &n), CM_OK);
        cr_assert_eq(n, i % 10);
        cr_assert_leq(cm_ctx_count(cx, CM_COUNT_STMT), 4);
    }
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
}

/* ---- pool */

Test(engine, the_pool_is_bounded_and_says_so) {
    make_file();
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
    cm_engine *e = NULL;
    cm_conn *c[4] = {0};
    int idle, in_use;
    o.url = file_url;
    o.pool_size = 2;
    o.max_overflow = 1;
    o.pool_timeout_s = 0.05;
    cr_assert_eq(cm_engine_new(cx, &o, &e), CM_OK);
    cr_assert_neq(access(file_path, F_OK), 0); /* nothing was opened yet */
    for (int i = 0; i < 3; i++) cr_assert_eq(cm_engine_connect(cx, e, &c[i]), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c[3]), CM_E_TIMEOUT);
    const char *message = cm_ctx_error(cx)->message,
               said[] = "QueuePool limit of size 2 overflow 1 reached, connection timed out, timeout 0.05\n";
    int told = 0;
    cr_assert_eq(strncmp(message, said, sizeof said - 1), 0, "%s", message);
    for (const char *at = message; (at = strstr(at, "held for ")); at++) told++;
    cr_assert_eq(told, 3);
    cm_ctx_clear(cx);
    cm_engine_pool_status(e, &idle, &in_use);
    cr_assert(idle == 0 && in_use == 3);
    for (int i = 0; i < 3; i++) cm_conn_close(cx, c[i]);
    cm_engine_pool_status(e, &idle, &in_use);
    cr_assert(idle == 2 && in_use == 0);
    cr_assert_eq(cm_engine_connect(cx, e, &c[0]), CM_OK);
    cm_engine_dispose(cx, e);
    cm_engine_pool_status(e, &idle, &in_use);
    cr_assert(idle == 0 && in_use == 1);
    cm_conn_close(cx, c[0]); /* of before dispose: closed, not kept */
    cm_engine_pool_status(e, &idle, &in_use);
    cr_assert(idle == 0 && in_use == 0);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
    drop_file();
}

typedef struct worker {
    cm_ctx *cx;
    cm_engine *engine;
    int failures;
} worker;

static void *insert_often(void *arg) {
    worker *w = arg;
    for (int i = 0; i < 50; i++) {
        cm_conn *c = NULL;
        cm_status st = cm_engine_connect(w->cx, w->engine, &c);
        if (!st) st = cm_conn_begin(w->cx, c);
        if (!st) st = sql(w->cx, c, "INSERT INTO t VALUES (1)");
        if (!st) st = cm_conn_commit(w->cx, c);
        if (st) w->failures++;
        cm_ctx_clear(w->cx);
        cm_conn_close(w->cx, c);
    }
    return NULL;
}

/* Threads share one database, in memory and in a file; nothing is lost, whoever must wait waits. */
static void work_in_threads(const char *url) {
    enum { THREADS = 4 };
    cm_ctx *cx = NULL;
    cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
    cm_engine *e = NULL;
    cm_conn *c = NULL;
    pthread_t threads[THREADS];
    worker workers[THREADS];
    cr_assert_eq(cm_ctx_new(NULL, &cx), CM_OK);
    o.url = url;
    o.pool_size = 2;
    o.max_overflow = 0;
    cr_assert_eq(cm_engine_new(cx, &o, &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(sql(cx, c, "CREATE TABLE t (x)"), CM_OK);
    cm_conn_close(cx, c);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){NULL, e, 0};
        cr_assert_eq(cm_ctx_child(cx, &workers[i].cx), CM_OK);
        pthread_create(&threads[i], NULL, insert_often, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(workers[i].failures, 0);
        cm_ctx_free(workers[i].cx);
    }
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(count(cx, c), THREADS * 50);
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    cr_assert_eq(cm_ctx_count(cx, CM_COUNT_CONN), 0);
    cm_ctx_free(cx);
}

Test(engine, threads_share_a_memory_database) { work_in_threads("sqlite://"); }

Test(engine, threads_share_a_file) {
    make_file();
    snprintf(file_url, sizeof file_url, "sqlite:///%s?timeout=20&synchronous=off", file_path);
    work_in_threads(file_url);
    drop_file();
}

Test(engine, connections_of_one_thread_share_a_memory_database_and_its_transaction) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *a = NULL, *b = NULL;
    cr_assert_eq(open_engine(cx, "sqlite://", &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &a), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &b), CM_OK);
    cr_assert_eq(sql(cx, a, "CREATE TABLE t (x)"), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, a), CM_OK);
    cr_assert_eq(sql(cx, a, "INSERT INTO t VALUES (1)"), CM_OK);
    cr_assert_eq(cm_conn_begin(cx, b), CM_OK);
    cr_assert_eq(count(cx, b), 1);
    cm_conn_close(cx, b); /* only read: the writer's transaction is none of its business */
    cr_assert_eq(cm_conn_commit(cx, a), CM_OK);
    cr_assert_eq(count(cx, a), 1);
    cm_conn_close(cx, a);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
}

Test(engine, a_child_of_fork_never_uses_what_it_inherited) {
    make_file();
    cm_ctx *cx = NULL;
    cm_engine *e = NULL;
    cm_conn *c = NULL, *idle = NULL;
    cr_assert_eq(cm_ctx_new(NULL, &cx), CM_OK);
    cr_assert_eq(open_engine(cx, file_url, &e), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(cm_engine_connect(cx, e, &idle), CM_OK);
    cr_assert_eq(sql(cx, c, "CREATE TABLE t (x)"), CM_OK);
    cm_conn_close(cx, idle);
    cr_assert_eq(cm_conn_begin(cx, c), CM_OK);
    cr_assert_eq(sql(cx, c, "INSERT INTO t VALUES (1)"), CM_OK);
    pid_t child = fork();
    if (child == 0) {
        cm_conn *mine = NULL;
        bool ok = cm_engine_connect(cx, e, &mine) == CM_OK && !cm_link__foreign(mine->link) && cm_link__foreign(c->link);
        int64_t n = -1;
        ok = ok && number(cx, mine, "SELECT count(*) FROM t", &n) == CM_OK && n == 0;
        cm_conn_close(cx, mine);
        ok = ok && sql(cx, c, "SELECT 1") == CM_E_INVALID_REQUEST;
        cm_ctx_clear(cx);
        ok = ok && cm_conn_commit(cx, c) == CM_E_INVALID_REQUEST;
        cm_ctx_clear(cx);
        cm_conn_close(cx, c); /* the parent's: forgotten, not rolled back */
        _exit(ok ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_eq(cm_conn_commit(cx, c), CM_OK);
    cr_assert_eq(count(cx, c), 1);
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    cm_ctx_free(cx);
    drop_file();
}

/* ---- text with mappings, scripts, watchers */

Test(engine, driver_text_takes_sequences_and_mappings) {
    OOM_LOOP(cx) {
        cm_engine *e = NULL;
        cm_conn *c = NULL;
        cm_result *r = NULL;
        void *v[2] = {0}, *sets[2] = {0}, *map = NULL;
        static const char *const keys[] = {"a", "b"};
        static const char script[] = "CREATE TABLE t (x, y); -- first\nCREATE INDEX i ON t (x);\n";
        static const char insert[] = "INSERT INTO t VALUES (?, ?)", named[] = "INSERT INTO t VALUES (:b, :a)";
        int64_t n = 0;
        OOM_TRY(open_engine(cx, "sqlite://", &e));
        OOM_TRY(cm_engine_connect(cx, e, &c));
        OOM_TRY(cm_conn_execute_script(cx, c, script, sizeof script - 1));
        OOM_NULL(v[0] = cm_obj_int(cx, 1));
        OOM_NULL(v[1] = cm_obj_int(cx, 2));
        OOM_NULL(sets[0] = cm_obj_list(cx, v, 2));
        OOM_NULL(sets[1] = cm_obj_list(cx, v, 2));
        OOM_NULL(map = cm_obj_map(cx, keys, v, 2));
        OOM_TRY(cm_conn_execute_driver(cx, c, insert, sizeof insert - 1, sets, 2, false, &r));
        cr_assert_eq(cm_result_rowcount(r), 2);
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(cm_conn_execute_driver(cx, c, named, sizeof named - 1, &map, 1, true, &r));
        OOM_TRY(number(cx, c, "SELECT 100 * count(*) + 10 * max(x) + min(x) FROM t", &n));
        cr_assert_eq(n, 321);
    OOM_DONE:
        cm_result_free(cx, r);
        for (int i = 0; i < 2; i++) {
            cm_obj_release(cx, v[i]);
            cm_obj_release(cx, sets[i]);
        }
        cm_obj_release(cx, map);
        cm_conn_close(cx, c);
        cm_engine_release(cx, e);
    }
}

typedef struct watch_log {
    int before, after;
    cm_status last;
    int64_t rows;
} watch_log;

static cm_status watch(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event) {
    watch_log *log = user;
    (void)cx, (void)conn;
    if (event->after) {
        log->after++;
        log->last = event->status;
        log->rows = event->rowcount;
    } else {
        log->before++;
    }
    return CM_OK;
}

/* Sends other text, and other values where there are any. */
static cm_status replace(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event) {
    static const char text[] = "SELECT ? + 1";
    (void)conn;
    if (event->after) return CM_OK;
    if (!(event->change->sql = cm_mem(cx, NULL, sizeof text))) return CM_E_NOMEM;
    memcpy(event->change->sql, text, sizeof text);
    event->change->nsql = sizeof text - 1;
    if (event->nvalues) event->change->values = cm_obj_retain(user);
    return CM_OK;
}

Test(engine, watchers_may_replace_statements) {
    OOM_LOOP(cx) {
        cm_engine *e = NULL;
        cm_conn *c = NULL;
        cm_result *r = NULL;
        void *value = NULL, *list = NULL;
        OOM_TRY(open_engine(cx, "sqlite://", &e));
        OOM_TRY(cm_engine_connect(cx, e, &c));
        OOM_NULL(value = cm_obj_int(cx, 8));
        OOM_NULL(list = cm_obj_list(cx, &value, 1));
        cm_engine_set_watcher(e, replace, list);
        OOM_TRY(cm_conn_execute_sql(cx, c, "SELECT ?", 8, &value, 1, &r));
        cm_result_free(cx, r);
        r = NULL;
        cm_status st = cm_conn_execute_sql(cx, c, "SELECT 1", 8, NULL, 0, &r);
        cr_assert(st == CM_E_PROGRAMMING || (st == CM_E_NOMEM && cx_loop.failed), "other text takes a value, and there is none");
        cm_ctx_clear(cx);
    OOM_DONE:
        if (e) cm_engine_set_watcher(e, NULL, NULL);
        cm_result_free(cx, r);
        cm_obj_release(cx, list);
        cm_obj_release(cx, value);
        cm_conn_close(cx, c);
        cm_engine_release(cx, e);
    }
}

static char echoed[128];
static void echo(void *user, const char *text, size_t n, const char *params) {
    (void)user;
    snprintf(echoed, sizeof echoed, "%.*s %s", (int)n, text, params ? params : "");
}

Test(engine, watchers_and_echo_see_every_statement) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_engine *e = NULL;
    cm_conn *c = NULL;
    cm_result *r = NULL;
    watch_log log = {0};
    void *five = cm_obj_int(cx, 5);
    cr_assert_eq(open_engine(cx, "sqlite://", &e), CM_OK);
    cm_engine_set_watcher(e, watch, &log);
    cm_engine_set_echo(e, echo, NULL);
    cr_assert_eq(cm_engine_connect(cx, e, &c), CM_OK);
    cr_assert_eq(sql(cx, c, "CREATE TABLE t (x UNIQUE)"), CM_OK);
    cr_assert_eq(cm_conn_execute_sql(cx, c, "INSERT INTO t VALUES (?)", 24, &five, 1, &r), CM_OK);
    cr_assert_str_eq(echoed, "INSERT INTO t VALUES (?) (5,)");
    cr_assert_eq(log.rows, 1);
    cm_result_free(cx, r);
    cr_assert_eq(sql(cx, c, "INSERT INTO t VALUES (5)"), CM_E_INTEGRITY);
    cr_assert(log.before == 3 && log.after == 3 && log.last == CM_E_INTEGRITY);
    cm_ctx_clear(cx);
    cm_obj_release(cx, five);
    cm_conn_close(cx, c);
    cm_engine_release(cx, e);
    test_ctx_end(&l);
}

static cm_status greet(cm_ctx *cx, void *user, cm_conn *conn) {
    ++*(int *)user;
    return sql(cx, conn, "PRAGMA foreign_keys=ON");
}

Test(engine, new_connections_are_greeted_once) {
    OOM_LOOP(cx) {
        cm_engine_options o = CM_ENGINE_OPTIONS_INIT;
        cm_engine *e = NULL;
        cm_conn *c = NULL;
        int greeted = 0;
        int64_t on = 0;
        o.url = "sqlite://";
        o.on_connect = greet;
        o.on_connect_user = &greeted;
        OOM_TRY(cm_engine_new(cx, &o, &e));
        for (int i = 0; i < 2; i++) {
            OOM_TRY(cm_engine_connect(cx, e, &c));
            OOM_TRY(number(cx, c, "PRAGMA foreign_keys", &on));
            cr_assert(on == 1 && greeted == 1);
            cm_conn_close(cx, c);
            c = NULL;
        }
    OOM_DONE:
        cm_conn_close(cx, c);
        cm_engine_release(cx, e);
    }
}

/* ---- Core statements */

typedef struct world {
    cm_engine *e;
    cm_conn *c;
    cm_table *t;
} world;

static cm_status make_world(cm_ctx *cx, world *w) {
    cm_column_def columns[] = {
        {.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY | CM_COL_NOT_NULL | CM_COL_AUTOINCREMENT},
        {.name = "name", .type = cm_type_basic(cx, CM_T_STRING)},
        {.name = "born", .type = cm_type_basic(cx, CM_T_DATE)}};
    static const char *const pk[] = {"id"}, *const indexed[] = {"name"};
    cm_constraint_def key = {.kind = CM_CON_PRIMARY_KEY, .columns = pk, .ncolumns = 1, .deferrable = -1};
    cm_index_def index = {.name = "ix_people_name", .columns = indexed, .ncolumns = 1};
    cm_table_def def = {.version = 1,
                        .name = "people",
                        .columns = columns,
                        .ncolumns = 3,
                        .constraints = &key,
                        .nconstraints = 1,
                        .indexes = &index,
                        .nindexes = 1};
    cm_status st = cm_table_new(cx, &def, &w->t);
    if (!st) st = open_engine(cx, "sqlite://", &w->e);
    if (!st) st = cm_engine_connect(cx, w->e, &w->c);
    return st ? st : cm_conn_create_tables(cx, w->c, &w->t, 1, true);
}

static void end_world(cm_ctx *cx, world *w) {
    cm_conn_close(cx, w->c);
    cm_engine_release(cx, w->e);
    cm_table_release(cx, w->t);
}

static void *person(cm_ctx *cx, const char *name) {
    static const char *const keys[] = {"name"};
    void *value = cm_obj_text(cx, name), *map = value ? cm_obj_map(cx, keys, &value, 1) : NULL;
    cm_obj_release(cx, value);
    return map;
}

static cm_node *column(world *w, const char *name) { return cm_column_node(cm_table_find_column(w->t, name)); }

Test(engine, core_inserts_answer_their_keys) {
    OOM_LOOP(cx) {
        world w = {0};
        cm_node *insert = NULL;
        cm_result *r = NULL;
        void *maps[2] = {0}, *key = NULL, *given = NULL;
        bool found = false;
        OOM_TRY(make_world(cx, &w));
        OOM_TRY(cm_conn_create_tables(cx, w.c, &w.t, 1, true)); /* is there: left alone */
        OOM_TRY(cm_insert(cx, w.t, &insert));
        OOM_NULL(maps[0] = person(cx, "Ada"));
        OOM_NULL(maps[1] = person(cx, "Bob"));
        OOM_TRY(cm_conn_begin(cx, w.c));
        OOM_TRY(cm_conn_execute(cx, w.c, insert, maps, 1, &r));
        OOM_TRY(cm_result_inserted_key(cx, r, cm_table_find_column(w.t, "id"), &key));
        cr_assert_eq(cm_obj_get(key)->u.i, 1);
        OOM_TRY(cm_result_given(cx, r, cm_table_find_column(w.t, "name"), &given));
        cr_assert_eq(strncmp(cm_obj_get(given)->u.s.p, "Ada", 3), 0);
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(cm_conn_execute(cx, w.c, insert, maps, 2, &r));
        cr_assert_eq(cm_result_rowcount(r), 2);
        OOM_TRY(cm_conn_commit(cx, w.c));
        OOM_TRY(cm_conn_drop_tables(cx, w.c, &w.t, 1, true));
        OOM_TRY(cm_conn_has_table(cx, w.c, NULL, "people", &found));
        cr_assert_not(found);
    OOM_DONE:
        cm_obj_release(cx, key);
        cm_obj_release(cx, given);
        cm_result_free(cx, r);
        for (int i = 0; i < 2; i++) cm_obj_release(cx, maps[i]);
        cm_node_release(cx, insert);
        end_world(cx, &w);
    }
}

/* Some rows at a time, then those that are left, one by one; a row that is refused leaves those before it. */
Test(engine, many_rows_are_few_statements) {
    OOM_LOOP(cx) {
        enum { N = 11 };
        world w = {0};
        cm_node *insert = NULL, *returning = NULL, *name = NULL;
        cm_result *r = NULL;
        void *maps[N + 1] = {0}, *rows[N] = {0};
        char text[16];
        size_t n = 0;
        int64_t found = 0;
        OOM_TRY(make_world(cx, &w));
        name = column(&w, "name");
        OOM_TRY(sql(cx, w.c, "CREATE UNIQUE INDEX one_name ON people (name)"));
        OOM_TRY(cm_insert(cx, w.t, &insert));
        OOM_TRY(cm_node_append(cx, insert, CM_SEG_RETURNING, &name, 1, &returning));
        for (int i = 0; i < N; i++) {
            snprintf(text, sizeof text, "p%d", i);
            OOM_NULL(maps[i] = person(cx, text));
        }
        OOM_NULL(maps[N] = person(cx, "p3"));
        OOM_TRY(cm_conn_begin(cx, w.c));
        OOM_TRY(cm_conn_execute(cx, w.c, returning, maps, N, &r));
        cr_assert_eq(cm_result_rowcount(r), N);
        OOM_TRY(cm_result_fetch(cx, r, rows, N, &n));
        for (size_t i = 0; i < n; i++) cr_assert_eq(atoi(cm_obj_get(rows[i])->u.s.p + 1), (int)i);
        cr_assert_eq(n, N);
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(sql(cx, w.c, "DELETE FROM people"));
        cm_status st = cm_conn_execute(cx, w.c, insert, maps, N + 1, &r);
        if (st != CM_E_INTEGRITY) OOM_TRY(st);
        cr_assert_eq(st, CM_E_INTEGRITY);
        cm_ctx_clear(cx);
        OOM_TRY(number(cx, w.c, "SELECT count(*) FROM people", &found));
        cr_assert_eq(found, N);
    OOM_DONE:
        for (int i = 0; i < N; i++) cm_obj_release(cx, rows[i]);
        for (int i = 0; i <= N; i++) cm_obj_release(cx, maps[i]);
        cm_result_free(cx, r);
        cm_node_release(cx, insert);
        cm_node_release(cx, returning);
        end_world(cx, &w);
    }
}

static cm_status people_named(cm_ctx *cx, world *w, const char *const *names, size_t n, cm_node **out) {
    void *texts[4] = {0}, *list = NULL;
    cm_node *bind = NULL, *in = NULL, *select = NULL, *id = column(w, "id");
    cm_status st = CM_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (!(texts[i] = cm_obj_text(cx, names[i]))) goto done;
    if (!(list = cm_obj_list(cx, texts, n))) goto done;
    cm_node_spec spec = {.kind = CM_N_BIND,
                         .flags = CM_FLAG_EXPANDING | CM_FLAG_UNIQUE,
                         .type = cm_type_basic(cx, CM_T_STRING),
                         .name = "name",
                         .name_n = 4,
                         .value = list};
    st = cm_node_make(cx, &spec, &bind);
    if (!st) st = cm_expr_binary(cx, CM_OP_IN, column(w, "name"), bind, &in);
    if (!st) st = cm_select(cx, &id, 1, &select);
    if (!st) st = cm_node_append(cx, select, CM_SEG_WHERE, &in, 1, out);
done:
    for (size_t i = 0; i < n; i++) cm_obj_release(cx, texts[i]);
    cm_obj_release(cx, list);
    cm_node_release(cx, bind);
    cm_node_release(cx, in);
    cm_node_release(cx, select);
    return st;
}

/* Lists of 3 and of 4 items are one plan; its rows come whole or as they are asked for. */
Test(engine, selects_share_a_plan_by_shape) {
    OOM_LOOP(cx) {
        static const char *const names[] = {"Ada", "Cid", "Dan", "Eve"};
        world w = {0};
        cm_node *insert = NULL, *select = NULL;
        cm_result *r = NULL;
        void *maps[3] = {0}, *rows[4] = {0};
        size_t n = 0;
        bool more = false;
        cm_plan_stats before, after;
        OOM_TRY(make_world(cx, &w));
        OOM_TRY(cm_insert(cx, w.t, &insert));
        for (int i = 0; i < 3; i++) OOM_NULL(maps[i] = person(cx, i == 0 ? "Ada" : i == 1 ? "Bob" : "Cid"));
        OOM_TRY(cm_conn_execute(cx, w.c, insert, maps, 3, &r));
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(people_named(cx, &w, names, 3, &select));
        OOM_TRY(cm_conn_execute(cx, w.c, select, NULL, 0, &r));
        cr_assert_eq(cm_result_buffered(r), 2);
        cr_assert_str_eq(cm_result_column_name(r, 0), "id");
        cm_result_free(cx, r);
        r = NULL;
        cm_node_release(cx, select);
        select = NULL;
        cm_engine_plan_stats(w.e, &before);
        OOM_TRY(people_named(cx, &w, names, 4, &select));
        OOM_TRY(cm_conn_stream(cx, w.c, select, NULL, 0, &r));
        OOM_TRY(cm_result_fetch(cx, r, rows, 4, &n));
        cr_assert(n == 2 && cm_obj_get(rows[1])->u.i == 3);
        OOM_TRY(cm_result_next(cx, r, rows + 2, &more));
        cr_assert_not(more);
        cm_engine_plan_stats(w.e, &after);
        cr_assert(after.compiles == before.compiles && after.hits == before.hits + 1);
        cm_result_free(cx, r);
        r = NULL;
        OOM_TRY(cm_conn_stream(cx, w.c, select, NULL, 0, &r)); /* left open: closing the connection ends it */
    OOM_DONE:
        for (int i = 0; i < 4; i++) cm_obj_release(cx, rows[i]);
        for (int i = 0; i < 3; i++) cm_obj_release(cx, maps[i]);
        cm_conn_close(cx, w.c);
        w.c = NULL;
        cm_result_free(cx, r);
        cm_node_release(cx, insert);
        cm_node_release(cx, select);
        end_world(cx, &w);
    }
}

Test(engine, missing_and_unfit_values_name_their_parameter) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    world w = {0};
    cm_node *insert = NULL, *param = NULL, *same_name = NULL, *select = NULL, *filtered = NULL, *id;
    cm_result *r = NULL;
    static const char *const keys[] = {"born"};
    void *text = cm_obj_text(cx, "someday"), *map, *maps[2] = {person(cx, "Ada"), NULL};
    cr_assert_eq(make_world(cx, &w), CM_OK);
    cr_assert_eq(cm_insert(cx, w.t, &insert), CM_OK);
    map = cm_obj_map(cx, keys, &text, 1);
    cm_status st = cm_conn_execute(cx, w.c, insert, &map, 1, &r);
    cr_assert(st == CM_E_VALUE || st == CM_E_TYPE, "%s", cm_status_name(st));
    cr_assert_str_eq(cm_ctx_error(cx)->subject, "people.born");
    cm_ctx_clear(cx);
    maps[1] = map;
    cr_assert_eq(cm_conn_execute(cx, w.c, insert, maps, 2, &r), CM_E_MISSING_BIND);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "A value is required for bind parameter 'name', in parameter group 1");
    cm_ctx_clear(cx);
    id = column(&w, "id");
    cr_assert_eq(cm_expr_param(cx, "who", NULL, &param), CM_OK);
    cr_assert_eq(cm_expr_binary(cx, CM_OP_EQ, column(&w, "name"), param, &same_name), CM_OK);
    cr_assert_eq(cm_select(cx, &id, 1, &select), CM_OK);
    cr_assert_eq(cm_node_append(cx, select, CM_SEG_WHERE, &same_name, 1, &filtered), CM_OK);
    cr_assert_eq(cm_conn_execute(cx, w.c, filtered, NULL, 0, &r), CM_E_MISSING_BIND);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "A value is required for bind parameter 'who'");
    cm_ctx_clear(cx);
    cm_node_release(cx, insert);
    cm_node_release(cx, param);
    cm_node_release(cx, same_name);
    cm_node_release(cx, select);
    cm_node_release(cx, filtered);
    cm_obj_release(cx, text);
    cm_obj_release(cx, map);
    cm_obj_release(cx, maps[0]);
    end_world(cx, &w);
    test_ctx_end(&l);
}
