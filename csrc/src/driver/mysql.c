/* The driver of MariaDB and MySQL: opening, isolation levels, questions about the server. See mysql_int.h for the map of its
 * files. A session is made strict, and asked whether it is. */
#include "driver/mysql_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cm_status run(cm_ctx *cx, cm_dconn *c, const char *sql) { return cm_mysql__query(cx, c, sql, strlen(sql), NULL); }

/* The one row of an answer: at most `max` columns into `out`, borrowed from *take_res, which the caller frees. */
static cm_status ask_row(cm_ctx *cx, cm_dconn *c, const char *sql, size_t max, const char **out, MYSQL_RES **take_res) {
    cm_status st = cm_mysql__query(cx, c, sql, strlen(sql), take_res);
    MYSQL_ROW row = st || !*take_res ? NULL : mysql_fetch_row(*take_res);
    for (size_t i = 0; i < max; i++) out[i] = row && i < mysql_num_fields(*take_res) && row[i] ? row[i] : "";
    return st;
}

/* ---- opening and closing */

static cm_status set_modes(cm_ctx *cx, cm_dconn *c) {
    char sql[1024];
    const char *mode = cm_option__find(c->options, "sql_mode"), *collation = cm_option__find(c->options, "collation");
    const char *init = cm_option__find(c->options, "init_command");
    cm_status st = CM_OK;
    if (mode) snprintf(sql, sizeof sql, "SET SESSION sql_mode = '%s,STRICT_TRANS_TABLES'", mode);
    else
        snprintf(sql, sizeof sql, "SET SESSION sql_mode = REPLACE(CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'), 'NO_BACKSLASH_ESCAPES', '')");
    if (collation) {
        size_t n = strlen(sql);
        snprintf(sql + n, sizeof sql - n, ", collation_connection = '%s'", collation);
    }
    st = run(cx, c, sql);
    return st || !init ? st : run(cx, c, init);
}

cm_status cm_mysql__ask_key_step(cm_ctx *cx, cm_dconn *c) {
    const char *step = "";
    MYSQL_RES *res = NULL;
    cm_status st = c->key_step ? CM_OK : ask_row(cx, c, "SELECT @@auto_increment_increment", 1, &step, &res);
    if (!st && !c->key_step) c->key_step = strtoll(step, NULL, 10);
    mysql_free_result(res);
    return st;
}

/* Literals of statements are written with escapes, and text is scanned for them. */
cm_status cm_mysql__keep_escapes(cm_ctx *cx, cm_dconn *c) {
    if (!(c->my->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES)) return CM_OK;
    cm_status st = run(cx, c, "SET SESSION sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')");
    return st ? st
              : cm_mysql__fail(c, CM_E_DB_UNSUPPORTED, 0,
                               "the sql_mode NO_BACKSLASH_ESCAPES was taken back: strings are written with escapes here");
}

static cm_status verify(cm_ctx *cx, cm_dconn *c) {
    const char *facts[4];
    MYSQL_RES *res = NULL;
    cm_status st =
        ask_row(cx, c, "SELECT @@sql_mode, @@max_allowed_packet, @@character_set_client, @@auto_increment_increment", 4, facts, &res);
    c->key_step = strtoll(facts[3], NULL, 10);
    c->max_packet = strtoul(facts[1], NULL, 10);
    if (!st && !strstr(facts[0], "STRICT_TRANS_TABLES") && !strstr(facts[0], "STRICT_ALL_TABLES"))
        st = cm_mysql__fail(c, CM_E_INTERFACE, 0, "the server refuses the strict sql_mode, without which it would change values silently");
    if (!st && strcmp(facts[2], "utf8mb4") != 0) st = cm_mysql__fail(c, CM_E_INTERFACE, 0, "the server refuses the character set utf8mb4");
    mysql_free_result(res);
    return st ? st : cm_mysql__keep_escapes(cx, c);
}

static cm_status set_isolation(cm_ctx *cx, cm_dconn *c, const char *level);

static cm_status settle(cm_ctx *cx, cm_dconn *c) {
    const char *level = cm_mysql__level(cm_option__find(c->options, "isolation_level"));
    if (cm_mysql__wants_tls(c->options) && !mysql_get_ssl_cipher(c->my)) /* the library goes on without where the server has none */
        return cm_mysql__fail(c, CM_E_OPERATIONAL, 2026, "TLS was asked for, and the server does not offer it");
    c->mariadb = mariadb_connection(c->my) != 0;
    c->server_version = (int)mysql_get_server_version(c->my);
    if (c->server_version < (c->mariadb ? 100500 : 50700))
        return cm_mysql__fail(c, CM_E_DB_UNSUPPORTED, 0, "MariaDB 10.5, MySQL 5.7 or newer is needed");
    cm_status st = set_modes(cx, c);
    if (!st) st = verify(cx, c);
    if (!st && level) st = set_isolation(cx, c, level);
    return st;
}

static cm_status open_server(cm_ctx *cx, const cm_url *url, const char *const *options, cm_dconn **out) {
    cm_dconn *c = cm__alloc(cx, sizeof *c);
    *out = c;
    if (!c) return CM_E_NOMEM;
    c->url = url;
    c->options = options;
    c->cx = cx;
    c->my = mysql_init(NULL);
    if (!c->my) return cm_mysql__nomem(c);
    cm_mysql__apply(c->my, url, options);
    my_target to = cm_mysql__target(url, options);
    cm_status st = cm_mysql__connect(cx, c, &to);
    return st ? st : settle(cx, c);
}

static void close_server(cm_ctx *cx, cm_dconn *c) {
    if (!c) return;
    if (c->my) mysql_close(c->my);
    cm__free(cx, c->level);
    cm__free(cx, c);
}

/* A half-open socket looks alive: the server is asked. */
static bool is_alive(cm_ctx *cx, cm_dconn *c) {
    bool alive = cm_mysql__ready(cx, c) == CM_OK && cm_mysql__ping(cx, c) == CM_OK;
    c->status = CM_OK;
    return alive;
}

/* KILL QUERY over a connection of its own, made as this one was. */
void cm_mysql__cancel(cm_dconn *c) {
    MYSQL *my = mysql_init(NULL);
    my_target to = cm_mysql__target(c->url, c->options);
    unsigned seconds = 5;
    char sql[64];
    if (!my) return;
    cm_mysql__apply(my, c->url, c->options);
    mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    snprintf(sql, sizeof sql, "KILL QUERY %lu", mysql_thread_id(c->my));
    if (mysql_real_connect(my, to.host, to.user, to.password, NULL, to.port, to.socket, 0)) mysql_query(my, sql);
    mysql_close(my);
}

/* ---- isolation levels */

static bool begin_reads(cm_dconn *c) {
    (void)c;
    return true;
}

/* What the session had before the first change, to go back to. */
static cm_status keep_level(cm_ctx *cx, cm_dconn *c) {
    const char *old = c->mariadb ? "SELECT @@tx_isolation" : "SELECT @@transaction_isolation", *now = NULL;
    MYSQL_RES *res = NULL;
    if (c->level) return CM_OK;
    cm_status st = ask_row(cx, c, old, 1, &now, &res);
    if (!st) {
        c->level = cm__strdup(cx, cm_mysql__level(now) ? cm_mysql__level(now) : "REPEATABLE READ");
        if (!c->level) st = cm_mysql__nomem(c);
    }
    mysql_free_result(res);
    return st;
}

static cm_status set_isolation(cm_ctx *cx, cm_dconn *c, const char *level) {
    const char *known = cm_mysql__level(level);
    char sql[80];
    if (level && !known)
        return cm_mysql__fail(c, CM_E_ARGUMENT, 0,
                              "MySQL knows the isolation levels READ UNCOMMITTED, READ COMMITTED, REPEATABLE READ, SERIALIZABLE and "
                              "AUTOCOMMIT");
    if (!level && !c->level) return CM_OK;
    cm_status st = cm_mysql__ready(cx, c);
    if (!st) st = keep_level(cx, c);
    if (st) return st;
    snprintf(sql, sizeof sql, "SET SESSION TRANSACTION ISOLATION LEVEL %s", known ? known : c->level);
    return run(cx, c, sql);
}

/* ---- questions */

static char *put_quoted(char *to, const char *name) {
    *to++ = '`';
    for (; *name; name++) {
        if (*name == '`') *to++ = '`';
        *to++ = *name;
    }
    *to++ = '`';
    return to;
}

/* DESCRIBE also sees temporary tables. */
static cm_status has_table(cm_ctx *cx, cm_dconn *c, const char *schema, const char *name, bool *out) {
    char *sql = cm__alloc(cx, 2 * (strlen(name) + (schema ? strlen(schema) : 0)) + 32), *to = sql;
    *out = false;
    if (!sql) return cm_mysql__nomem(c);
    to += sprintf(to, "DESCRIBE ");
    if (schema) {
        to = put_quoted(to, schema);
        *to++ = '.';
    }
    to = put_quoted(to, name);
    cm_status st = cm_mysql__ready(cx, c);
    if (!st) st = cm_mysql__query(cx, c, sql, (size_t)(to - sql), NULL);
    cm__free(cx, sql);
    *out = !st;
    if (st && (c->errnum == 1146 || c->errnum == 1049)) st = c->status = CM_OK;
    return st;
}

static int64_t last_insert_id(cm_dconn *c) { return c->insert_id; }

static int limit(cm_dconn *c, int which) {
    if (which == CM_LIMIT_SQL_LENGTH) return c->max_packet && c->max_packet < INT32_MAX ? (int)c->max_packet : INT32_MAX;
    if (which == CM_LIMIT_BUSY_MS) return 5000; /* connections that share one, in tests: as long as SQLite waits */
    return which == CM_LIMIT_PARAMS ? CM_SCAN_PARAMS_MAX : -1;
}

static int server_version(cm_dconn *c) { return c->server_version; }
static void *native(cm_dconn *c) { return c->my; }
static bool in_memory(const cm_url *url) {
    (void)url;
    return false;
}

const cm_driver cm__driver_mysql = {.version = 1,
                                    .name = "mysql",
                                    .blocking = true,
                                    .network = true,
                                    .configure = cm_mysql__configure,
                                    .in_memory = in_memory,
                                    .connect = open_server,
                                    .close = close_server,
                                    .alive = is_alive,
                                    .prepare = cm_mysql__prepare,
                                    .finalize = cm_mysql__finalize,
                                    .nparams = cm_mysql__nparams,
                                    .param_name = cm_mysql__param_name,
                                    .bind = cm_mysql__bind,
                                    .step = cm_mysql__step,
                                    .ncolumns = cm_mysql__ncolumns,
                                    .column_name = cm_mysql__column_name,
                                    .column_decltype = cm_mysql__column_decltype,
                                    .row = cm_mysql__row,
                                    .reset = cm_mysql__reset,
                                    .changes = cm_mysql__changes,
                                    .last_insert_id = last_insert_id,
                                    .kind = cm_mysql__kind,
                                    .begin_reads = begin_reads,
                                    .begin = cm_mysql__begin,
                                    .commit = cm_mysql__commit,
                                    .rollback = cm_mysql__rollback,
                                    .in_transaction = cm_mysql__in_transaction,
                                    .cancel = cm_mysql__cancel,
                                    .error = cm_mysql__report,
                                    .limit = limit,
                                    .server_version = server_version,
                                    .set_isolation = set_isolation,
                                    .has_table = has_table,
                                    .native = native,
                                    .send = cm_mysql__send_set,
                                    .sync = cm_mysql__sync,
                                    .let_go = cm_mysql__let_go,
                                    .nest = cm_mysql__nest,
                                    .stream = cm_mysql__stream};
