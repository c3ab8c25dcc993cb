/* The PostgreSQL driver: opening, questions about the server, the seam. See pg_int.h for the map of its files.
 *
 * The session is asked for ISO dates, the interval style that pg_text.c reads and exact floats, whatever the server's
 * configuration says. */
#include "driver/pg_int.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening and closing */

static bool is_off(const char *value) { return value && (cm_option__is(value, "none") || strcmp(value, "0") == 0); }

static cm_status apply_options(cm_ctx *cx, cm_dconn *c, const char *const *options) {
    c->unnamed = is_off(cm_option__find(options, "prepare_threshold")) ||
                 is_off(cm_option__find(options, "prepared_statement_cache_size")) ||
                 is_off(cm_option__find(options, "statement_cache_size"));
    c->default_level = cm_pg__level(cm_option__find(options, "isolation_level"));
    return cm_pg__set_isolation(cx, c, NULL);
}

/* As long as connecting may take, or five seconds. */
static int64_t ping_time(const char *const *options) {
    const char *text = cm_option__find(options, "connect_timeout");
    double seconds;
    return cm_option__number(text, &seconds) && seconds > 0 ? (int64_t)(seconds * 1e6) : 5000000;
}

/* libpq's own timeout is for its blocking calls only. Per host, as there. */
static int64_t connect_deadline(cm_ctx *cx, const cm_dconn *c, const char *const *options) {
    const char *text = cm_option__find(options, "connect_timeout"), *hosts = PQhost(c->pg);
    double seconds;
    int nhosts = 1;
    if (!text) text = cm_option__find(options, "timeout");
    if (!cm_option__number(text, &seconds) || seconds <= 0) return -1;
    for (; hosts && *hosts; hosts++) nhosts += *hosts == ',';
    return cm__now_us(cx) + (int64_t)(seconds * 1e6) * nhosts;
}

static cm_status connecting(cm_ctx *cx, cm_dconn *c, int64_t deadline_us) {
    for (;;) {
        PostgresPollingStatusType want = PQconnectPoll(c->pg);
        if (want == PGRES_POLLING_OK) return CM_OK;
        if (want == PGRES_POLLING_FAILED) return cm_pg__fail(c, CM_E_OPERATIONAL, "08001", PQerrorMessage(c->pg));
        cm_status st = cm_pg__poll(cx, c, want == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us);
        if (st == CM_E_TIMEOUT) return cm_pg__fail(c, CM_E_OPERATIONAL, "08001", "connection timeout expired");
        if (st) return cm_pg__fail(c, st, "", "the connection attempt was interrupted");
    }
}

static void ignore_notice(void *user, const PGresult *res) { (void)user, (void)res; }

static cm_status settle(cm_ctx *cx, cm_dconn *c) {
    static const char sql[] = "SELECT set_config('datestyle', 'ISO, MDY', false), set_config('intervalstyle', 'postgres', false), "
                              "set_config('extra_float_digits', '1', false), set_config('bytea_output', 'hex', false)";
    c->server_version = PQserverVersion(c->pg);
    if (c->server_version < 100000) return cm_pg__fail(c, CM_E_DB_UNSUPPORTED, "0A000", "PostgreSQL 10 or newer is needed");
    if (PQsetnonblocking(c->pg, 1) || !PQenterPipelineMode(c->pg)) return cm_pg__fail(c, CM_E_INTERFACE, "", PQerrorMessage(c->pg));
    return cm_pg__run(cx, c, sql, 0, NULL, NULL);
}

static cm_status open_server(cm_ctx *cx, const cm_url *url, const char *const *options, cm_dconn **out) {
    const char **keys = NULL, **values = NULL;
    cm_dconn *c = cm__alloc(cx, sizeof *c);
    *out = c;
    if (!c) return CM_E_NOMEM;
    c->deadline_us = -1;
    c->ping_us = ping_time(options);
    cm_status st = apply_options(cx, c, options);
    if (!st) st = cm_pg__conninfo(cx, url, options, &keys, &values);
    if (st) return cm_pg__fail(c, st, "", "out of memory");
    c->pg = PQconnectStartParams(keys, values, 0);
    if (!c->pg) st = cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    else if (PQstatus(c->pg) == CONNECTION_BAD) st = cm_pg__fail(c, CM_E_OPERATIONAL, "08001", PQerrorMessage(c->pg));
    if (!st) PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    int64_t deadline = st ? -1 : connect_deadline(cx, c, options);
    if (!st) st = connecting(cx, c, deadline);
    cm__free(cx, (void *)(uintptr_t)keys);
    c->deadline_us = deadline;
    if (!st) st = settle(cx, c);
    c->deadline_us = -1;
    return st;
}

static void close_server(cm_ctx *cx, cm_dconn *c) {
    if (!c) return;
    cm_pg__drop_ahead(c);
    PQfinish(c->pg);
    cm__free(cx, c->begin_sql);
    cm__free(cx, c->closing);
    cm__free(cx, c->kinds);
    cm__free(cx, c->leads);
    cm__free(cx, c->ahead);
    cm__free(cx, c);
}

/* Has the server hung up? What it sent meanwhile says so; and then it is asked, for a half-open socket looks alive. */
static bool is_alive(cm_ctx *cx, cm_dconn *c) {
    if (c->dead || !PQconsumeInput(c->pg)) return false;
    c->deadline_us = cm__now_us(cx) + c->ping_us;
    bool alive = cm_pg__run(cx, c, "SELECT 1", 0, NULL, NULL) == CM_OK;
    c->deadline_us = -1;
    c->failure.status = CM_OK;
    return alive;
}

/* ---- questions */

static cm_status ask(cm_ctx *cx, cm_dconn *c, const char *sql, int n, const char *const *values, bool *out) {
    PGresult *res = NULL;
    cm_status st = cm_pg__run(cx, c, sql, n, values, &res);
    *out = !st && PQntuples(res) > 0;
    PQclear(res);
    return st;
}

static cm_status has_table(cm_ctx *cx, cm_dconn *c, const char *schema, const char *name, bool *out) {
    const char *values[] = {name, schema};
    return ask(cx, c,
               "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1 AND "
               "c.relkind IN ('r', 'p', 'f', 'v', 'm') AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) "
               "ELSE n.nspname = $2 END",
               2, values, out);
}

static cm_status has_type(cm_ctx *cx, cm_dconn *c, const char *schema, const char *name, bool unused, bool *out) {
    const char *values[] = {name, schema, unused ? "t" : "f"};
    return ask(
        cx, c,
        "SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = $1 AND "
        "CASE WHEN $2::text IS NULL THEN pg_catalog.pg_type_is_visible(t.oid) ELSE n.nspname = $2 END AND NOT ($3::bool AND EXISTS "
        "(SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class r ON r.oid = a.attrelid WHERE a.atttypid IN (t.oid, t.typarray) "
        "AND NOT a.attisdropped AND r.relkind <> 'i'))",
        3, values, out);
}

static int64_t last_insert_id(cm_dconn *c) {
    (void)c;
    return 0; /* keys come back by RETURNING */
}

static void cancel(cm_dconn *c) {
    char text[256];
    PGcancel *request = PQgetCancel(c->pg);
    __atomic_store_n(&c->cancelled, 1, __ATOMIC_RELAXED);
    if (request) PQcancel(request, text, sizeof text);
    PQfreeCancel(request);
}

static int limit(cm_dconn *c, int which) {
    (void)c;
    if (which == CM_LIMIT_BUSY_MS) return 5000; /* connections that share one, in tests: as long as SQLite waits */
    return which == CM_LIMIT_PARAMS ? CM_SCAN_PARAMS_MAX : -1;
}

static int server_version(cm_dconn *c) { return c->server_version; }
static void *native(cm_dconn *c) { return c->pg; }
static bool in_memory(const cm_url *url) {
    (void)url;
    return false;
}

const cm_driver cm__driver_pg = {.version = 1,
                                 .name = "postgresql",
                                 .blocking = true,
                                 .network = true,
                                 .pipelines = true,
                                 .stream = cm_pg__stream,
                                 .two_phase = cm_pg__two_phase,
                                 .configure = cm_pg__configure,
                                 .in_memory = in_memory,
                                 .connect = open_server,
                                 .close = close_server,
                                 .alive = is_alive,
                                 .prepare = cm_pg__prepare,
                                 .finalize = cm_pg__finalize,
                                 .nparams = cm_pg__nparams,
                                 .param_name = cm_pg__param_name,
                                 .bind = cm_pg__bind,
                                 .step = cm_pg__step,
                                 .ncolumns = cm_pg__ncolumns,
                                 .column_name = cm_pg__column_name,
                                 .column_decltype = cm_pg__column_decltype,
                                 .row = cm_pg__row,
                                 .reset = cm_pg__reset,
                                 .changes = cm_pg__changes,
                                 .last_insert_id = last_insert_id,
                                 .kind = cm_pg__kind,
                                 .begin_reads = cm_pg__begin_reads,
                                 .begin = cm_pg__begin,
                                 .commit = cm_pg__commit,
                                 .rollback = cm_pg__rollback,
                                 .in_transaction = cm_pg__in_transaction,
                                 .cancel = cancel,
                                 .error = cm_pg__report,
                                 .limit = limit,
                                 .server_version = server_version,
                                 .set_isolation = cm_pg__set_isolation,
                                 .has_table = has_table,
                                 .native = native,
                                 .send = cm_pg__send,
                                 .sync = cm_pg__sync,
                                 .let_go = cm_pg__let_go,
                                 .has_type = has_type,
                                 .nest = cm_pg__nest,
                                 .set_option = cm_pg__set_option};
