/* The SQLite driver: options, opening, transactions, errors. Statements: sqlite_stmt.c; waiting: sqlite_wait.c.
 *
 * What programs expect of SQLite here: opening writes nothing; reads outside a transaction take no lasting lock, for the
 * engine sends BEGIN before the first write only; foreign keys, journal mode and the kind of BEGIN are as the file and the
 * library have them unless an option says otherwise:
 *   timeout=SECONDS          wait for locks, 5
 *   foreign_keys=1           PRAGMA foreign_keys
 *   journal_mode=wal         PRAGMA journal_mode (the file keeps it)
 *   synchronous=normal       PRAGMA synchronous
 *   begin=deferred|immediate|exclusive|read    which BEGIN; read: before reads as well
 *   isolation_level=...      Python's name for it: DEFERRED, IMMEDIATE, EXCLUSIVE, or AUTOCOMMIT / None for none at all
 *   uri=true                 the database is a SQLite URI; other query arguments are handed on to it
 *   check_same_thread, cached_statements, detect_types=0    accepted, without meaning here
 * Connections are opened without SQLite's own mutex: a cm_conn serves one thread at a time, and the engine locks shared ones. */
#include "driver/sqlite_int.h"
#include "base/buf.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_BUSY_MS = 5000 };

/* ---- errors */

cm_status cm_sqlite__fail(cm_dconn *c, int code, cm_status st, const char *message) {
    size_t n = strlen(message);
    if (n >= sizeof c->message) n = sizeof c->message - 1;
    memcpy(c->message, message, n);
    c->message[n] = '\0';
    c->code = code;
    c->status = st;
    return st;
}

cm_status cm_sqlite__failed(cm_dconn *c, int code) {
    int extended = c->db ? sqlite3_extended_errcode(c->db) : code;
    if ((extended & 0xff) == (code & 0xff)) code = extended;
    cm_status st = cm_sqlite__error_info(code)->status;
    if (c->interrupted) { /* a handler stopped the step on the host's word */
        st = c->interrupted;
        c->interrupted = CM_OK;
    }
    return cm_sqlite__fail(c, code, st, c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(code));
}

static void report_error(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n) {
    if (c->status == CM_OK) return;
    if (c->status == CM_E_NOMEM) {
        cm__nomem(cx);
    } else if (cx->err.status == CM_OK) {
        const sqlite_error_info *info = cm_sqlite__error_info(c->code);
        cm__fail(cx, c->status, "%s", c->message);
        if (c->status != CM_E_HOST) {
            cm__fail_code(cx, c->code, info->name, cm_sqlite__constraint_name(c->code, c->message));
            cx->err.retryable = info->retryable;
        }
        if (sql) cm__fail_sql(cx, sql, n);
    }
    c->status = CM_OK;
}

/* ---- options */

static const char *const known_options[] = {"timeout",         "foreign_keys", "journal_mode",      "synchronous",       "begin",
                                            "isolation_level", "uri",          "check_same_thread", "cached_statements", "detect_types"};

static bool is_known(const char *name) {
    for (size_t i = 0; i < sizeof known_options / sizeof *known_options; i++)
        if (strcmp(known_options[i], name) == 0) return true;
    return false;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (cm_option__is(text, *words)) return true;
    return false;
}

static bool wants_uri(const char *const *options) {
    bool on = false;
    return cm_option__bool(cm_option__find(options, "uri"), &on) && on;
}

/* SQL of the transaction start that the options ask for. False: a word that means none. */
static bool begin_of(const char *const *options, const char **sql, bool *reads) {
    static const struct {
        const char *word, *sql;
        bool reads;
    } table[] = {{"deferred", "BEGIN", false},
                 {"immediate", "BEGIN IMMEDIATE", false},
                 {"exclusive", "BEGIN EXCLUSIVE", false},
                 {"read", "BEGIN", true},
                 {"", "BEGIN", false},
                 {"none", NULL, false},
                 {"autocommit", NULL, false},
                 {"serializable", "BEGIN", false}};
    const char *word = cm_option__find(options, "begin");
    if (!word) word = cm_option__find(options, "isolation_level");
    *sql = "BEGIN";
    *reads = false;
    if (!word) return true;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (cm_option__is(word, table[i].word)) {
            *sql = table[i].sql;
            *reads = table[i].reads;
            return true;
        }
    return false;
}

static cm_status check_value(cm_ctx *cx, const char *name, const char *value) {
    static const char *const journals[] = {"delete", "truncate", "persist", "memory", "wal", "off", NULL};
    static const char *const syncs[] = {"off", "normal", "full", "extra", "0", "1", "2", "3", NULL};
    bool ok = true, on;
    double number;
    if (strcmp(name, "timeout") == 0) ok = cm_option__number(value, &number) && number >= 0 && number < 1e6;
    else if (strcmp(name, "foreign_keys") == 0 || strcmp(name, "uri") == 0) ok = cm_option__bool(value, &on);
    else if (strcmp(name, "journal_mode") == 0) ok = is_one_of(value, journals);
    else if (strcmp(name, "synchronous") == 0) ok = is_one_of(value, syncs);
    else if (strcmp(name, "detect_types") == 0) ok = strcmp(value, "0") == 0;
    if (!ok) return cm__fail(cx, CM_E_ARGUMENT, "Invalid value %s for the SQLite option %s", value, name);
    return CM_OK;
}

static cm_status check_options(cm_ctx *cx, const cm_url *url, const char *const *options) {
    bool uri = wants_uri(options), reads;
    const char *sql;
    for (size_t i = 0; options && options[i]; i += 2) {
        if (is_known(options[i])) {
            cm_status st = check_value(cx, options[i], options[i + 1]);
            if (st) return st;
        } else if (!cm_option__find(url->query, options[i])) {
            return cm__fail(cx, CM_E_ARGUMENT, "%s is not an option of SQLite connections", options[i]);
        } else if (!uri) {
            return cm__fail(cx, CM_E_ARGUMENT,
                            "the query argument %s of the URL is not an option of SQLite connections; arguments of a SQLite URI need "
                            "uri=true in the URL as well",
                            options[i]);
        }
    }
    if (!begin_of(options, &sql, &reads)) return cm__fail(cx, CM_E_ARGUMENT, "begin must be deferred, immediate, exclusive or read");
    return CM_OK;
}

static bool begins_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static bool in_memory(const cm_url *url) {
    const char *database = url->database;
    if (!database || !*database || strcmp(database, ":memory:") == 0 || begins_with(database, "file::memory:")) return true;
    const char *mode = cm_option__find(url->query, "mode"), *vfs = cm_option__find(url->query, "vfs");
    if ((mode && strcmp(mode, "memory") == 0) || (vfs && strcmp(vfs, "memdb") == 0)) return true;
    return begins_with(database, "file:") && strstr(database, "mode=memory");
}

/* A relative path means the directory the engine was made in, wherever the program goes later. */
static cm_status make_absolute(cm_ctx *cx, cm_url *url) {
    char cwd[4096], *path = NULL;
    if (!getcwd(cwd, sizeof cwd)) return CM_OK; /* a directory that is gone: opening will say so */
    cm_buf b;
    cm_buf__init(&b, cx);
    cm_buf__printf(&b, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, url->database);
    cm_status st = cm_buf__take(&b, &path, NULL);
    if (!st) st = cm_url_set_database(cx, url, path);
    cm__free(cx, path);
    cm_buf__dispose(&b);
    return st;
}

static cm_status configure(cm_ctx *cx, cm_url *url, const char *const *options) {
    if (url->user || url->password || url->host || url->port)
        return cm__fail(cx, CM_E_ARGUMENT,
                        "Invalid SQLite URL: a file has no user, host or port. Valid forms are sqlite:///:memory: (or sqlite://), "
                        "sqlite:///relative/path/to/file.db and sqlite:////absolute/path/to/file.db");
    cm_status st = check_options(cx, url, options);
    if (st || !url->database) return st;
    bool uri = wants_uri(options);
    if (begins_with(url->database, "file:") && !uri)
        return cm__fail(cx, CM_E_ARGUMENT, "Invalid SQLite URL: %s is a SQLite URI, which needs uri=true in the URL", url->database);
    if (uri || in_memory(url) || url->database[0] == '/') return CM_OK;
    return make_absolute(cx, url);
}

/* ---- opening and closing */

static void uri_escape(cm_buf *b, const char *text) {
    for (; *text; text++) {
        if (strchr("%?#&", *text)) cm_buf__printf(b, "%%%02X", (unsigned char)*text);
        else cm_buf__putc(b, *text);
    }
}

/* Name to open: a path, or file:path?arg=value&... with the URL's own arguments left out. */
static cm_status file_name(cm_ctx *cx, const cm_url *url, bool uri, char **out) {
    cm_buf b;
    cm_buf__init(&b, cx);
    if (!url->database || !*url->database) {
        cm_buf__puts(&b, ":memory:");
    } else if (!uri) {
        cm_buf__puts(&b, url->database);
    } else {
        char join = strchr(url->database, '?') ? '&' : '?';
        if (!begins_with(url->database, "file:")) cm_buf__puts(&b, "file:");
        cm_buf__puts(&b, url->database);
        for (size_t i = 0; url->query && url->query[i]; i += 2) {
            if (is_known(url->query[i])) continue;
            cm_buf__putc(&b, join);
            uri_escape(&b, url->query[i]);
            cm_buf__putc(&b, '=');
            uri_escape(&b, url->query[i + 1]);
            join = '&';
        }
    }
    cm_status st = cm_buf__take(&b, out, NULL);
    cm_buf__dispose(&b);
    return st;
}

static cm_status run_sql(cm_dconn *c, const char *sql) {
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? CM_OK : cm_sqlite__failed(c, rc);
}

static cm_status run_pragma(cm_dconn *c, const char *name, const char *value) {
    char sql[64];
    if (!value) return CM_OK;
    snprintf(sql, sizeof sql, "PRAGMA %s=%.16s", name, value); /* a word from check_value's lists */
    return run_sql(c, sql);
}

static cm_status apply_options(cm_dconn *c, const char *const *options) {
    double seconds;
    c->busy_ms = cm_option__number(cm_option__find(options, "timeout"), &seconds) ? (int)(seconds * 1000) : DEFAULT_BUSY_MS;
    begin_of(options, &c->begin_sql, &c->begin_reads);
    cm_status st = run_pragma(c, "foreign_keys", cm_option__find(options, "foreign_keys"));
    if (!st) st = run_pragma(c, "journal_mode", cm_option__find(options, "journal_mode"));
    if (!st) st = run_pragma(c, "synchronous", cm_option__find(options, "synchronous"));
    return st;
}

static void configure_library(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused when the program uses SQLite already: no harm */
    sqlite3_initialize();
}

/* The file as written exists, the percent-decoded one does not: a URL from before decoding became the rule. */
static bool means_raw_name(const cm_url *url, const char *name) {
    return url->raw_database && strchr(url->raw_database, '%') && access(name, F_OK) != 0 && access(url->raw_database, F_OK) == 0;
}

static cm_status open_file(cm_ctx *cx, cm_dconn *c, const cm_url *url, const char *const *options) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool uri = wants_uri(options);
    char *name = NULL;
    pthread_once(&once, configure_library);
#ifdef SQLITE_OPEN_EXRESCODE
    flags |= SQLITE_OPEN_EXRESCODE;
#endif
    if (uri) flags |= SQLITE_OPEN_URI;
    cm_status st = file_name(cx, url, uri, &name);
    if (st) return cm_sqlite__fail(c, SQLITE_NOMEM, CM_E_NOMEM, "out of memory");
    if (!uri && !in_memory(url) && means_raw_name(url, name)) {
        st = cm_sqlite__fail(c, SQLITE_CANTOPEN, CM_E_OPERATIONAL,
                             "unable to open database file: names in URLs are percent-decoded, and only the file with the undecoded name "
                             "exists; write each % of its name as %25");
    } else {
        int rc = sqlite3_open_v2(name, &c->db, flags, NULL);
        if (rc != SQLITE_OK) st = cm_sqlite__failed(c, rc);
    }
    cm__free(cx, name);
    return st;
}

static cm_status connect_file(cm_ctx *cx, const cm_url *url, const char *const *options, cm_dconn **out) {
    cm_dconn *c = cm__alloc(cx, sizeof *c);
    *out = c;
    if (!c) return CM_E_NOMEM;
    c->dqs = true; /* the library's default; set_dqs makes sure once */
    cm_sqlite__enter_step(cx, c);
    cm_status st = open_file(cx, c, url, options);
    if (st) return st;
    sqlite3_extended_result_codes(c->db, 1);
    c->busy_ms = DEFAULT_BUSY_MS;
    cm_sqlite__install_handlers(c);
    c->dqs = false;
    cm_sqlite__set_dqs(c, true);
    return apply_options(c, options);
}

static void close_file(cm_ctx *cx, cm_dconn *c) {
    if (!c) return;
    c->cx = cx;
    sqlite3_finalize(c->begin);
    sqlite3_finalize(c->commit);
    sqlite3_finalize(c->rollback);
    sqlite3_close_v2(c->db);
    cm__free(cx, c);
}

void cm_sqlite__set_dqs(cm_dconn *c, bool on) {
    if (c->dqs == on) return;
    c->dqs = on;
#ifdef SQLITE_DBCONFIG_DQS_DML
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, (int)on, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, (int)on, NULL);
#endif
}

/* ---- transactions */

static cm_status run_prepared(cm_ctx *cx, cm_dconn *c, sqlite3_stmt **slot, const char *sql) {
    cm_sqlite__enter_step(cx, c);
    int rc = SQLITE_OK;
    if (!*slot) rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(*slot);
    cm_status st = rc == SQLITE_DONE ? CM_OK : cm_sqlite__failed(c, rc);
    if (*slot) sqlite3_reset(*slot);
    return st;
}

/* Inside the transaction that nest() began. */
static cm_status run_nested(cm_ctx *cx, cm_dconn *c, const char *sql, int then) {
    cm_sqlite__enter_step(cx, c);
    if (sqlite3_get_autocommit(c->db))
        return cm_sqlite__fail(c, 0, CM_E_INVALID_REQUEST,
                               "the transaction around all others, which isolates the test, was ended by a COMMIT or ROLLBACK statement");
    cm_status st = run_sql(c, sql);
    if (!st) c->nest = then;
    return st;
}

static cm_status nest(cm_ctx *cx, cm_dconn *c, bool on) {
    cm_sqlite__enter_step(cx, c);
    cm_status st = on ? run_sql(c, "BEGIN IMMEDIATE") : sqlite3_get_autocommit(c->db) ? CM_OK : run_sql(c, "ROLLBACK");
    if (!st) c->nest = on ? NEST_IDLE : NEST_NONE;
    return st;
}

static cm_status begin(cm_ctx *cx, cm_dconn *c, const char *mode) {
    if (c->nest) return run_nested(cx, c, "SAVEPOINT cormorant_isolated", NEST_BEGUN);
    if (mode) {
        char sql[32];
        cm_sqlite__enter_step(cx, c);
        snprintf(sql, sizeof sql, "BEGIN %.16s", mode);
        return run_sql(c, sql);
    }
    return c->begin_sql ? run_prepared(cx, c, &c->begin, c->begin_sql) : CM_OK;
}

static cm_status commit(cm_ctx *cx, cm_dconn *c) {
    if (c->nest) return run_nested(cx, c, "RELEASE cormorant_isolated", NEST_IDLE);
    return run_prepared(cx, c, &c->commit, "COMMIT");
}

static cm_status rollback(cm_ctx *cx, cm_dconn *c) {
    if (c->nest) return run_nested(cx, c, "ROLLBACK TO cormorant_isolated; RELEASE cormorant_isolated", NEST_IDLE);
    return run_prepared(cx, c, &c->rollback, "ROLLBACK");
}

static bool in_transaction(cm_dconn *c) { return !sqlite3_get_autocommit(c->db) && c->nest != NEST_IDLE; }
static bool begin_reads(cm_dconn *c) { return c->begin_reads; }

static cm_status set_isolation(cm_ctx *cx, cm_dconn *c, const char *level) {
    cm_sqlite__enter_step(cx, c);
    if (!level || cm_option__is(level, "serializable")) return run_sql(c, "PRAGMA read_uncommitted=0");
    if (cm_option__is(level, "read uncommitted")) return run_sql(c, "PRAGMA read_uncommitted=1");
    return cm_sqlite__fail(c, 0, CM_E_ARGUMENT, "SQLite knows the isolation levels READ UNCOMMITTED, SERIALIZABLE and AUTOCOMMIT");
}

/* ---- the rest of the seam */

static bool alive(cm_ctx *cx, cm_dconn *c) {
    (void)cx;
    return c->db != NULL; /* a file does not hang up */
}

static int64_t last_insert_id(cm_dconn *c) { return sqlite3_last_insert_rowid(c->db); }

static void cancel(cm_dconn *c) {
    __atomic_store_n(&c->cancelled, 1, __ATOMIC_RELAXED);
    sqlite3_interrupt(c->db);
}

static int limit(cm_dconn *c, int which) {
    switch (which) {
    case CM_LIMIT_PARAMS: return sqlite3_limit(c->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1);
    case CM_LIMIT_SQL_LENGTH: return sqlite3_limit(c->db, SQLITE_LIMIT_SQL_LENGTH, -1);
    case CM_LIMIT_COMPOUND: return sqlite3_limit(c->db, SQLITE_LIMIT_COMPOUND_SELECT, -1);
    case CM_LIMIT_BUSY_MS: return c->busy_ms;
    default: return -1;
    }
}

static int server_version(cm_dconn *c) {
    (void)c;
    return sqlite3_libversion_number();
}

static cm_status has_table(cm_ctx *cx, cm_dconn *c, const char *schema, const char *name, bool *out) {
    sqlite3_stmt *s = NULL;
    const char *sql = schema
                          ? "SELECT 1 FROM pragma_database_list d CROSS JOIN pragma_table_info(?1, d.name) WHERE d.name = ?2 COLLATE NOCASE"
                          : "SELECT 1 FROM pragma_table_info(?1, 'main') UNION ALL SELECT 1 FROM pragma_table_info(?1, 'temp')";
    cm_sqlite__enter_step(cx, c);
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && schema) rc = sqlite3_bind_text(s, 2, schema, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = sqlite3_step(s);
    *out = rc == SQLITE_ROW;
    cm_status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? CM_OK : cm_sqlite__failed(c, rc);
    sqlite3_finalize(s);
    return st;
}

static void *native(cm_dconn *c) { return c->db; }

const cm_driver cm__driver_sqlite = {.version = 1,
                                     .name = "sqlite",
                                     .blocking = true,
                                     .wants_regexp = true,
                                     .configure = configure,
                                     .in_memory = in_memory,
                                     .connect = connect_file,
                                     .close = close_file,
                                     .alive = alive,
                                     .prepare = cm_sqlite__prepare,
                                     .finalize = cm_sqlite__finalize,
                                     .nparams = cm_sqlite__nparams,
                                     .param_name = cm_sqlite__param_name,
                                     .bind = cm_sqlite__bind,
                                     .step = cm_sqlite__step,
                                     .ncolumns = cm_sqlite__ncolumns,
                                     .column_name = cm_sqlite__column_name,
                                     .column_decltype = cm_sqlite__column_decltype,
                                     .row = cm_sqlite__row,
                                     .reset = cm_sqlite__reset,
                                     .changes = cm_sqlite__changes,
                                     .last_insert_id = last_insert_id,
                                     .kind = cm_sqlite__kind,
                                     .begin_reads = begin_reads,
                                     .begin = begin,
                                     .commit = commit,
                                     .rollback = rollback,
                                     .in_transaction = in_transaction,
                                     .cancel = cancel,
                                     .error = report_error,
                                     .limit = limit,
                                     .server_version = server_version,
                                     .set_isolation = set_isolation,
                                     .has_table = has_table,
                                     .native = native,
                                     .nest = nest};
