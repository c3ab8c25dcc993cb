/* driver room: URLs, options, and the SQLite driver below the engine. */
#define _GNU_SOURCE
#include "harness.h"

#include "driver/sqlite_int.h"

#include <unistd.h>

/* ---- URLs */

static const struct { const char *text, *backend, *driver, *user, *password, *host, *port, *database; } urls[] = {
    {"sqlite://", "sqlite", NULL, NULL, NULL, NULL, NULL, NULL},
    {"sqlite:///", "sqlite", NULL, NULL, NULL, NULL, NULL, ""},
    {"sqlite:///:memory:", "sqlite", NULL, NULL, NULL, NULL, NULL, ":memory:"},
    {"sqlite:///a%20b.db", "sqlite", NULL, NULL, NULL, NULL, NULL, "a b.db"},
    {"sqlite:////abs/x.db", "sqlite", NULL, NULL, NULL, NULL, NULL, "/abs/x.db"},
    {"sqlite+aiosqlite:///a%zz.db", "sqlite", "aiosqlite", NULL, NULL, NULL, NULL, "a%zz.db"},
    {"sqlite:///C:\\a\\b.db", "sqlite", NULL, NULL, NULL, NULL, NULL, "C:\\a\\b.db"},
    {"postgresql+psycopg2://u:p@h:5432/db", "postgresql", "psycopg2", "u", "p", "h", "5432", "db"},
    {"postgresql://%75:p%40ss@h/db", "postgresql", NULL, "u", "p@ss", "h", NULL, "db"},
    {"postgresql://u:p/w@h/db", "postgresql", NULL, "u", "p/w", "h", NULL, "db"},
    {"postgresql://u:@[::1]:5/d", "postgresql", NULL, "u", "", "::1", "5", "d"},
    {"mysql://h", "mysql", NULL, NULL, NULL, "h", NULL, NULL},
};

static void same(const char *a, const char *b, const char *url) { cr_assert((!a && !b) || (a && b && strcmp(a, b) == 0), "%s: %s is not %s", url, a ? a : "NULL", b ? b : "NULL"); }

Test(driver, urls_are_taken_apart) {
    OOM_LOOP(cx) {
        cm_url *u = NULL;
        char *text = NULL;
        for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
            OOM_TRY(cm_url_parse(cx, urls[i].text, &u));
            same(u->backend, urls[i].backend, urls[i].text);
            same(u->driver, urls[i].driver, urls[i].text);
            same(u->user, urls[i].user, urls[i].text);
            same(u->password, urls[i].password, urls[i].text);
            same(u->host, urls[i].host, urls[i].text);
            same(u->port, urls[i].port, urls[i].text);
            same(u->database, urls[i].database, urls[i].text);
            cm_url_free(cx, u);
            u = NULL;
        }
        OOM_TRY(cm_url_parse(cx, "postgresql://me:se%23cret@h:1/d?a=1+2&b=%26&c=", &u));
        cr_assert_str_eq(u->query[1], "1 2");
        cr_assert_str_eq(u->query[3], "&");
        cr_assert_null(u->query[4]);
        OOM_TRY(cm_url_format(cx, u, true, &text));
        cr_assert_str_eq(text, "postgresql://me:***@h:1/d?a=1%202&b=%26");
        OOM_TRY(cm_url_set_database(cx, u, "other"));
        cr_assert_str_eq(u->database, "other");
    OOM_DONE:
        cm_mem(cx, text, 0);
        cm_url_free(cx, u);
    }
}

Test(driver, what_is_no_url_is_refused) {
    static const char *const bad[] = {"", "sqlite", "sqlite:x", "sqlite:/x", "://", "a-b://x", "+x://", "mysql://h:port/d", "mysql://h:123456/d",
                                      "sqlite:///a\nb", "sqlite:///a%00b", "mysql://[::1", "postgresql://h[x]y/d:"};
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    for (size_t i = 0; i < sizeof bad / sizeof *bad - 2; i++) {
        cm_url *u = NULL;
        cr_assert_eq(cm_url_parse(cx, bad[i], &u), CM_E_ARGUMENT, "%s", bad[i]);
        cr_assert_null(u);
        cm_ctx_clear(cx);
    }
    for (size_t i = sizeof bad / sizeof *bad - 2; i < sizeof bad / sizeof *bad; i++) { /* no crash, whatever they mean */
        cm_url *u = NULL;
        cm_url_parse(cx, bad[i], &u);
        cm_url_free(cx, u);
        cm_ctx_clear(cx);
    }
    test_ctx_end(&l);
}

/* ---- options */

static cm_status try_options(cm_ctx *cx, const char *url, const char *const *options) {
    const cm_driver *d = cm_driver_find("sqlite");
    cm_url *u = NULL;
    cr_assert_eq(cm_url_parse(cx, url, &u), CM_OK);
    cm_status st = d->configure(cx, u, options ? options : u->query);
    cm_url_free(cx, u);
    cm_ctx_clear(cx);
    return st;
}

Test(driver, sqlite_options_are_checked) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cr_assert_eq(try_options(cx, "sqlite:///x?timeout=3&foreign_keys=on&journal_mode=wal&begin=read", NULL), CM_OK);
    cr_assert_eq(try_options(cx, "sqlite:///x?timeout=abc", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite:///x?journal_mode=wal;drop", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite:///x?begin=later", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite:///x?mode=ro", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite:///file:x?mode=ro&uri=true", NULL), CM_OK);
    cr_assert_eq(try_options(cx, "sqlite:///file:x", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite://user@/x", NULL), CM_E_ARGUMENT);
    cr_assert_eq(try_options(cx, "sqlite://host/x", NULL), CM_E_ARGUMENT);
    const char *const unknown[] = {"colour", "red", NULL};
    cr_assert_eq(try_options(cx, "sqlite:///x", unknown), CM_E_ARGUMENT);
    test_ctx_end(&l);
}

Test(driver, memory_databases_are_known) {
    static const struct { const char *url; bool memory; } rows[] = {
        {"sqlite://", true}, {"sqlite:///", true}, {"sqlite:///:memory:", true}, {"sqlite:///file::memory:?uri=true", true},
        {"sqlite:///file:a?mode=memory&uri=true", true}, {"sqlite:///a.db", false}, {"sqlite:///file:a?mode=ro&uri=true", false}};
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cm_url *u = NULL;
        cr_assert_eq(cm_url_parse(cx, rows[i].url, &u), CM_OK);
        cr_assert_eq(cm_driver_find("sqlite")->in_memory(u), rows[i].memory, "%s", rows[i].url);
        cm_url_free(cx, u);
    }
    test_ctx_end(&l);
}

/* ---- statements */

static cm_status open_url(cm_ctx *cx, const char *url, cm_dconn **out) {
    const cm_driver *d = cm_driver_find("sqlite");
    cm_url *u = NULL;
    *out = NULL;
    cm_status st = cm_url_parse(cx, url, &u);
    if (st) return st;
    st = d->configure(cx, u, u->query);
    if (!st) st = d->connect(cx, u, u->query, out);
    if (st && *out) {
        d->error(cx, *out, NULL, 0);
        d->close(cx, *out);
        *out = NULL;
    }
    cm_url_free(cx, u);
    return st;
}

static cm_status prepare(cm_ctx *cx, cm_dconn *c, const char *sql, uint32_t flags, cm_dstmt **out) {
    cm_status st = cm_sqlite__prepare(cx, c, sql, strlen(sql), flags, NULL, out);
    if (st) cm__driver_sqlite.error(cx, c, sql, strlen(sql));
    return st;
}

/* Runs to the end; failures land in cx. */
static cm_status run(cm_ctx *cx, cm_dconn *c, const char *sql) {
    cm_dstmt *s = NULL;
    cm_status st = prepare(cx, c, sql, 0, &s);
    int step = CM_STEP_ROW;
    while (!st && step == CM_STEP_ROW) step = cm_sqlite__step(cx, s, &st);
    if (st) cm__driver_sqlite.error(cx, c, sql, strlen(sql));
    cm_sqlite__finalize(cx, s);
    return st;
}

static void value_text(cm_value *v, cm_value_kind kind, const char *p) { *v = (cm_value){.kind = (uint8_t)kind, .u.s = {p, strlen(p)}}; }

Test(driver, values_take_the_forms_of_the_reference) {
    OOM_LOOP(cx) {
        cm_dconn *c = NULL;
        cm_dstmt *s = NULL;
        cm_status failure = CM_OK;
        cm_value in[9] = {{0}}, out[9];
        cm_civil t = {.year = 2024, .month = 2, .day = 29, .hour = 13, .minute = 37, .micro = 5, .has_offset = 1, .offset_s = 3600};
        OOM_TRY(open_url(cx, "sqlite://", &c));
        OOM_TRY(prepare(cx, c, "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", 0, &s));
        in[0] = (cm_value){.kind = CM_BOOL, .u.i = 1};
        in[1] = (cm_value){.kind = CM_DATE, .u.t = t};
        in[2] = (cm_value){.kind = CM_DATETIME, .u.t = t};
        in[3] = (cm_value){.kind = CM_INTERVAL, .u.i = -1};
        in[4] = (cm_value){.kind = CM_UUID, .u.uuid = {0xAB, 1}};
        value_text(&in[5], CM_DECIMAL, "12.50");
        value_text(&in[6], CM_DECIMAL, "12345678901234567890.1");
        value_text(&in[7], CM_TEXT, "gr\xC3\xBC\xC3\x9F");
        for (size_t i = 0; i < 9; i++)
            if ((failure = cm_sqlite__bind(cx, s, i, &in[i], cm_type_basic(cx, i == 1 ? CM_T_DATE : CM_T_DATETIME)))) {
                cm__driver_sqlite.error(cx, c, NULL, 0);
                OOM_TRY(failure);
            }
        cr_assert_eq(cm_sqlite__step(cx, s, &failure), CM_STEP_ROW);
        cm_sqlite__row(s, 0, 9, out);
        cr_assert(out[0].kind == CM_INT && out[0].u.i == 1);
        cr_assert_str_eq(out[1].u.s.p, "2024-02-29");
        cr_assert_str_eq(out[2].u.s.p, "2024-02-29 13:37:00.000005");
        cr_assert_str_eq(out[3].u.s.p, "1969-12-31 23:59:59.999999");
        cr_assert_str_eq(out[4].u.s.p, "ab010000000000000000000000000000");
        cr_assert(out[5].kind == CM_DOUBLE && out[5].u.d == 12.5);
        cr_assert_str_eq(out[6].u.s.p, "12345678901234567890.1");
        cr_assert(out[7].kind == CM_TEXT && !out[7].ascii && out[1].ascii);
        cr_assert_eq(out[8].kind, CM_NULL);
    OOM_DONE:
        cm_sqlite__finalize(cx, s);
        cm__driver_sqlite.close(cx, c);
    }
}

Test(driver, statements_are_told_apart) {
    static const struct { const char *sql; cm_stmt_kind kind; } rows[] = {
        {"SELECT 1", CM_STMT_READ}, {"  -- note\n select 1", CM_STMT_READ}, {"/* x */ VALUES (1)", CM_STMT_READ},
        {"WITH a AS (SELECT 1) SELECT * FROM a", CM_STMT_READ}, {"INSERT INTO t VALUES (1)", CM_STMT_WRITE},
        {"with a(b) as (select 2) insert into t select b from a", CM_STMT_WRITE}, {"replace into t values (1)", CM_STMT_WRITE},
        {"UPDATE t SET x=1", CM_STMT_WRITE}, {"DELETE FROM t", CM_STMT_WRITE}, {"CREATE TABLE u (x)", CM_STMT_OTHER},
        {"PRAGMA foreign_keys", CM_STMT_OTHER}, {"BEGIN", CM_STMT_OTHER}, {"VACUUM", CM_STMT_OTHER},
        {"EXPLAIN INSERT INTO t VALUES (1)", CM_STMT_READ}, {"", CM_STMT_READ}, {"-- nothing", CM_STMT_READ}};
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_dconn *c = NULL;
    cr_assert_eq(open_url(cx, "sqlite://", &c), CM_OK);
    cr_assert_eq(run(cx, c, "CREATE TABLE t (x)"), CM_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cm_dstmt *s = NULL;
        cr_assert_eq(prepare(cx, c, rows[i].sql, 0, &s), CM_OK, "%s", rows[i].sql);
        cr_assert_eq(cm_sqlite__kind(s), rows[i].kind, "%s", rows[i].sql);
        cm_sqlite__finalize(cx, s);
    }
    cm__driver_sqlite.close(cx, c);
    test_ctx_end(&l);
}

Test(driver, errors_carry_class_code_and_constraint) {
    static const struct { const char *sql; cm_status st; const char *code, *constraint; } rows[] = {
        {"INSERT INTO t VALUES (1, 'a')", CM_E_INTEGRITY, "SQLITE_CONSTRAINT_PRIMARYKEY", "t.id"},
        {"INSERT INTO t VALUES (2, 'a')", CM_E_INTEGRITY, "SQLITE_CONSTRAINT_UNIQUE", "t.name"},
        {"INSERT INTO t VALUES (3, NULL)", CM_E_INTEGRITY, "SQLITE_CONSTRAINT_NOTNULL", "t.name"},
        {"INSERT INTO t VALUES (4, 'bad')", CM_E_INTEGRITY, "SQLITE_CONSTRAINT_CHECK", "good"},
        {"INSERT INTO u VALUES (99)", CM_E_INTEGRITY, "SQLITE_CONSTRAINT_FOREIGNKEY", NULL},
        {"INSERT INTO t VALUES ('x', 'b')", CM_E_INTEGRITY, "SQLITE_MISMATCH", NULL},
        {"SELECT * FROM nowhere", CM_E_OPERATIONAL, "SQLITE_ERROR", NULL},
        {"SELEC 1", CM_E_OPERATIONAL, "SQLITE_ERROR", NULL},
        {"SELECT \"nosuch\"", CM_E_OPERATIONAL, "SQLITE_ERROR", NULL}};
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_dconn *c = NULL;
    cm_dstmt *s = NULL;
    cr_assert_eq(open_url(cx, "sqlite://?foreign_keys=1", &c), CM_OK);
    cr_assert_eq(run(cx, c, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CONSTRAINT good CHECK (name <> 'bad'))"), CM_OK);
    cr_assert_eq(run(cx, c, "CREATE TABLE u (t_id INTEGER REFERENCES t (id))"), CM_OK);
    cr_assert_eq(run(cx, c, "INSERT INTO t VALUES (1, 'a')"), CM_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(run(cx, c, rows[i].sql), rows[i].st, "%s", rows[i].sql);
        const cm_error *e = cm_ctx_error(cx);
        cr_assert_str_eq(e->code_name, rows[i].code, "%s: %s", rows[i].sql, e->message);
        same(e->constraint, rows[i].constraint, rows[i].sql);
        cr_assert_str_eq(e->sql, rows[i].sql);
        cm_ctx_clear(cx);
    }
    cr_assert_eq(prepare(cx, c, "SELECT \"nosuch\"", CM_PREPARE_TEXT, &s), CM_OK); /* user's text: SQLite's leniency stays */
    cm_sqlite__finalize(cx, s);
    cr_assert_eq(cm_sqlite__prepare(cx, c, "SELECT '\0'", 11, 0, NULL, &s), CM_E_PROGRAMMING);
    cm__driver_sqlite.close(cx, c);
    cr_assert_eq(open_url(cx, "sqlite:////nowhere/at/all.db", &c), CM_E_OPERATIONAL);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "unable to open database file");
    test_ctx_end(&l);
}

Test(driver, a_locked_file_is_waited_for_and_then_reported) {
    char url[128], path[64];
    snprintf(path, sizeof path, P_tmpdir "/cm_driver_%d.db", (int)getpid());
    snprintf(url, sizeof url, "sqlite:///%s?timeout=0.05", path);
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_dconn *a = NULL, *b = NULL;
    bool found;
    cr_assert_eq(open_url(cx, url, &a), CM_OK);
    cr_assert_eq(open_url(cx, url, &b), CM_OK);
    cr_assert_eq(run(cx, a, "CREATE TABLE t (x)"), CM_OK);
    cr_assert_eq(cm__driver_sqlite.has_table(cx, b, NULL, "T", &found), CM_OK);
    cr_assert(found);
    cr_assert_eq(cm__driver_sqlite.has_table(cx, b, "main", "nothing", &found), CM_OK);
    cr_assert_not(found);
    cr_assert_eq(cm__driver_sqlite.begin(cx, a, "IMMEDIATE"), CM_OK);
    int64_t before = cm__now_us(cx);
    cr_assert_eq(run(cx, b, "INSERT INTO t VALUES (1)"), CM_E_OPERATIONAL);
    cr_assert_geq(cm__now_us(cx) - before, 50000);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "database is locked");
    cr_assert(cm_ctx_error(cx)->retryable);
    cm_ctx_clear(cx);
    cr_assert_eq(cm__driver_sqlite.rollback(cx, a), CM_OK);
    cr_assert_eq(run(cx, b, "INSERT INTO t VALUES (1)"), CM_OK);
    cm__driver_sqlite.close(cx, a);
    cm__driver_sqlite.close(cx, b);
    unlink(path);
    test_ctx_end(&l);
}

static cm_status refuse(cm_ctx *cx) { return cm__fail(cx, CM_E_HOST, "interrupted"); }

Test(driver, a_long_step_listens_to_the_host) {
    static cm_host host;
    cm_ctx_options options = {.host = &host};
    cm_ctx *cx = NULL;
    cm_dconn *c = NULL;
    host = *cm_host_plain();
    host.check = refuse;
    cr_assert_eq(cm_ctx_new(&options, &cx), CM_OK);
    cr_assert_eq(open_url(cx, "sqlite://", &c), CM_OK);
    cr_assert_eq(run(cx, c, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"), CM_E_HOST);
    cm__driver_sqlite.close(cx, c);
    cm_ctx_free(cx);
}
