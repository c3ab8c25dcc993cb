/* Statements of MariaDB and MySQL: prepare, bind, step, rows.
 *
 * A statement is prepared by the server when it runs for the first time; what has no parameters and is no query (DDL, SET) goes
 * as text. A statement that the server wants prepared again is, at once, for it did not run. */
#include "driver/mysql_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything belongs in a transaction but what speaks of transactions itself, what ends them (DDL), and the session's affairs. */
static const cm_scan_word words[] = {{"begin", CM_STMT_OTHER, true}, {"start", CM_STMT_OTHER},    {"commit", CM_STMT_OTHER},
                                     {"rollback", CM_STMT_OTHER},    {"xa", CM_STMT_OTHER},       {"set", CM_STMT_OTHER},
                                     {"use", CM_STMT_OTHER},         {"kill", CM_STMT_OTHER},     {"create", CM_STMT_OTHER, true},
                                     {"alter", CM_STMT_OTHER, true}, {"drop", CM_STMT_OTHER},     {"truncate", CM_STMT_OTHER},
                                     {"rename", CM_STMT_OTHER},      {"grant", CM_STMT_OTHER},    {"revoke", CM_STMT_OTHER},
                                     {"analyze", CM_STMT_OTHER},     {"optimize", CM_STMT_OTHER}, {"repair", CM_STMT_OTHER},
                                     {"check", CM_STMT_OTHER},       {"flush", CM_STMT_OTHER},    {"lock", CM_STMT_OTHER},
                                     {"unlock", CM_STMT_OTHER},      {"install", CM_STMT_OTHER},  {"uninstall", CM_STMT_OTHER},
                                     {"select", CM_STMT_READ},       {"values", CM_STMT_READ},    {"table", CM_STMT_READ},
                                     {"show", CM_STMT_READ},         {"desc", CM_STMT_READ},      {"explain", CM_STMT_READ},
                                     {"describe", CM_STMT_READ},     {"help", CM_STMT_READ},      {NULL, CM_STMT_WRITE}};
const cm_scan_style cm_mysql__style = {.backslash = true, .words = words};

static bool is_one_of(const char *word, const char *const *list) {
    for (; *list; list++)
        if (strcmp(word, *list) == 0) return true;
    return false;
}

/* ---- prepare */

static void take_scan(cm_dstmt *s, const cm_scan *scan) {
    static const char *const changing[] = {"insert", "update", "delete", "replace", NULL};
    static const char *const committing[] = {"create", "alter", "drop", "truncate", "rename", "grant", "revoke", "lock", NULL};
    static const char *const streaming[] = {"select", "with", "values", "table", NULL};
    static const char *const unprepared[] = {"savepoint", "release", NULL};
    s->sql = scan->sql;
    s->nsql = scan->nsql;
    s->names_text = scan->names_text;
    s->names = scan->names;
    s->nparams = scan->nparams;
    s->kind = (uint8_t)scan->kind;
    s->blank = scan->blank;
    s->changes_rows = is_one_of(scan->word, changing);
    s->inserts = strcmp(scan->word, "insert") == 0 || strcmp(scan->word, "replace") == 0;
    s->can_stream = is_one_of(scan->word, streaming);
    s->sets = strcmp(scan->word, "set") == 0;
    s->rolls_back = strcmp(scan->word, "rollback") == 0;
    s->commits = is_one_of(scan->word, committing);
    s->direct = !s->nparams && (scan->kind == CM_STMT_OTHER || is_one_of(scan->word, unprepared));
}

cm_status cm_mysql__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out) {
    cm_scan scan;
    const char *what = "";
    *out = NULL;
    if (n > INT32_MAX / 8) return cm_mysql__fail(c, CM_E_DATA, 1153, "the statement is too long");
    cm_status st = cm_scan__sql(cx, &cm_mysql__style, sql, n, flags, &scan, &what);
    if (st) return cm_mysql__fail(c, st, 0, st == CM_E_NOMEM ? "out of memory" : what);
    cm_dstmt *s = cm__alloc(cx, sizeof *s);
    if (!s) {
        cm__free(cx, scan.sql);
        cm__free(cx, scan.names_text);
        cm__free(cx, (void *)(uintptr_t)scan.names);
        return cm_mysql__nomem(c);
    }
    cm__count(cx, CM_COUNT_STMT, 1);
    s->conn = c;
    take_scan(s, &scan);
    if (used) *used = scan.used;
    if (s->nparams) {
        s->types = cm__alloc(cx, s->nparams * sizeof *s->types);
        s->ends = cm__alloc(cx, s->nparams * sizeof *s->ends);
        if (!s->types || !s->ends) {
            cm_mysql__finalize(cx, s);
            return cm_mysql__nomem(c);
        }
    }
    *out = s;
    return CM_OK;
}

static void drop_result(cm_dstmt *s) {
    mysql_free_result(s->text);
    s->text = NULL;
    s->rows = s->row = NULL;
    s->rows_left = 0;
    s->ncolumns = 0;
}

static void close_prepared(cm_dstmt *s) {
    s->on_server = false;
    /* Results that a server promised and nobody asked for: the library would wait for them, for as long as it likes. */
    if (s->st && mysql_stmt_more_results(s->st)) cm_mysql__hang_up(s->conn);
    if (s->st) mysql_stmt_close(s->st); /* the server is told and answers nothing */
    s->st = NULL;
}

void cm_mysql__finalize(cm_ctx *cx, cm_dstmt *s) {
    if (!s) return;
    if (s->conn->ahead == s) s->conn->ahead = NULL;
    drop_result(s);
    close_prepared(s);
    cm_mysql__drop_parts(cx, s);
    cm__free(cx, s->parts);
    cm__free(cx, s->sql);
    cm__free(cx, s->names_text);
    cm__free(cx, (void *)(uintptr_t)s->names);
    cm__free(cx, s->types);
    cm__free(cx, s->ends);
    cm__free(cx, s->values);
    cm__free(cx, s->columns);
    cm__free(cx, s);
    cm__count(cx, CM_COUNT_STMT, -1);
}

size_t cm_mysql__nparams(cm_dstmt *s) { return s->nparams; }
const char *cm_mysql__param_name(cm_dstmt *s, size_t i) { return s->names ? s->names[i] : NULL; }
cm_stmt_kind cm_mysql__kind(cm_dstmt *s) { return (cm_stmt_kind)s->kind; }

cm_status cm_mysql__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    return cm_mysql__encode(cx, s, i, v, type);
}

/* ---- running */

static cm_status make_prepared(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    if (s->st) return CM_OK;
    s->st = mysql_stmt_init(c->my);
    if (!s->st) return cm_mysql__nomem(c);
    cm_status st = cm_mysql__stmt_prepare(cx, c, s->st, s->sql, s->nsql);
    if (!st && mysql_stmt_param_count(s->st) != s->nparams)
        st = cm_mysql__fail(c, CM_E_PROGRAMMING, 0, "the statement has another number of placeholders than the server sees in it");
    if (!st && mysql_stmt_bind_param(s->st, NULL)) st = cm_mysql__stmt_failed(c, s->st);
    if (st) close_prepared(s);
    return st;
}

/* Types of the columns, and who reads them. */
static cm_status describe(cm_ctx *cx, cm_dstmt *s, const MYSQL_FIELD *fields, size_t n) {
    if (n > s->columns_cap) {
        cm__free(cx, s->columns);
        s->columns = cm__alloc(cx, n * sizeof *s->columns);
        s->columns_cap = s->columns ? n : 0;
        if (!s->columns) return cm_mysql__nomem(s->conn);
    }
    for (size_t i = 0; i < n; i++)
        s->columns[i] = (my_column){.decode = cm_mysql__decoder(&fields[i]),
                                    .width = cm_mysql__width(cm_mysql__decoder(&fields[i])),
                                    .type = (uint8_t)fields[i].type,
                                    .is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0,
                                    .binary = fields[i].charsetnr == MYSQL_BINARY_CHARSET && fields[i].type != MYSQL_TYPE_JSON};
    s->fields = fields;
    s->ncolumns = n;
    return CM_OK;
}

static cm_status too_long(cm_dconn *c) {
    return cm_mysql__fail(c, CM_E_OPERATIONAL, 1153, "Got a packet bigger than 'max_allowed_packet' bytes: it was not sent");
}

static cm_status run_text(cm_ctx *cx, cm_dstmt *s, const char *sql, size_t n) {
    cm_dconn *c = s->conn;
    cm_status st = n < c->max_packet ? cm_mysql__query(cx, c, sql, n, &s->text) : too_long(c);
    if (st) return st;
    if (s->rolls_back) c->poisoned = false;
    s->affected = (int64_t)mysql_affected_rows(c->my);
    c->insert_id = (int64_t)mysql_insert_id(c->my);
    return s->text ? describe(cx, s, mysql_fetch_fields(s->text), mysql_num_fields(s->text)) : CM_OK;
}

static cm_status run_filled(cm_ctx *cx, cm_dstmt *s) {
    my_part text = {0};
    cm_status st = cm_mysql__fill(cx, s, &text) ? cm_mysql__nomem(s->conn) : run_text(cx, s, text.message, text.n);
    cm__free(cx, text.message);
    return st;
}

static cm_status run_prepared(cm_ctx *cx, cm_dstmt *s, const my_part *part) {
    cm_dconn *c = s->conn;
    cm_status st = make_prepared(cx, s);
    unsigned array = part && part->form == MY_ARRAY ? (unsigned)part->nsets : 0;
    size_t n = part ? part->n : 0;
    if (st) return st;
    char *message = part ? malloc(n) : cm_mysql__message(s, &n);
    if (!message) return cm_mysql__nomem(c);
    if (part) memcpy(message, part->message, n);
    for (int i = 0; i < 4; i++) message[i] = (char)(s->st->stmt_id >> 8 * i & 0xff);
    if (n >= c->max_packet) {
        free(message);
        return too_long(c);
    }
    mysql_stmt_attr_set(s->st, STMT_ATTR_ARRAY_SIZE, &array);
    s->st->flags = cm_mysql__streams(s) ? CURSOR_TYPE_READ_ONLY : CURSOR_TYPE_NO_CURSOR;
    s->st->prefetch_rows = s->stream;
    st = cm_mysql__stmt_execute(cx, c, s->st, message, n);
    if (st && mysql_stmt_field_count(s->st)) close_prepared(s); /* it failed among its rows: the library would wait for more of them */
    if (st) return st;
    s->affected = (int64_t)mysql_stmt_affected_rows(s->st);
    c->insert_id = (int64_t)mysql_stmt_insert_id(s->st);
    st = cm_mysql__first_part(cx, s);
    if (st) close_prepared(s);
    return st ? st : describe(cx, s, s->st->fields, mysql_stmt_field_count(s->st));
}

/* The server forgot the statement, or wants it prepared again; or its columns changed, which matters to queries only. */
static bool is_stale(const cm_dstmt *s) {
    unsigned e = s->conn->errnum;
    return e == 1615 || e == 1243 || e == 2030 || (e == 2057 && s->kind == CM_STMT_READ);
}

/* The server commits what was done so far: ROLLBACK will not take it back. */
static cm_status warn_of_commit(cm_ctx *cx, cm_dstmt *s) {
    char text[200];
    bool left = cx->left;
    s->conn->wrote = false;
    snprintf(text, sizeof text, "MySQL and MariaDB commit the changes of this transaction before they run: %.60s", s->sql);
    if (left) cm__enter(cx);
    cm_status st = cm__host(cx)->warn(cx, "SAWarning", text);
    if (left) cm__leave(cx);
    return st;
}

/* The server prepares no such statement, takes no values where they stand, or calls expressions unlike that are alike with their
 * values in them. Nothing ran. */
static bool wants_text(const cm_dstmt *s) {
    static const unsigned errors[] = {1055, 1064, 1295, 3065, 6413};
    for (size_t i = 0; !s->st && i < sizeof errors / sizeof *errors; i++)
        if (s->conn->errnum == errors[i]) return s->nparams || errors[i] == 1295;
    return false;
}

static cm_status run_some_way(cm_ctx *cx, cm_dstmt *s, const my_part *part) {
    cm_dconn *c = s->conn;
    if (part && part->form == MY_TEXT) return run_text(cx, s, part->message, part->n);
    cm_status st = s->direct || s->filled ? CM_OK : run_prepared(cx, s, part);
    if (st && is_stale(s)) {
        close_prepared(s);
        c->status = CM_OK;
        st = run_prepared(cx, s, part);
    }
    if (st && !part && wants_text(s)) {
        c->status = CM_OK;
        *(s->nparams ? &s->filled : &s->direct) = true;
        st = CM_OK;
    }
    if (st) return st;
    return s->filled ? run_filled(cx, s) : s->direct ? run_text(cx, s, s->sql, s->nsql) : CM_OK;
}

cm_status cm_mysql__run(cm_ctx *cx, cm_dstmt *s, const my_part *part) {
    cm_dconn *c = s->conn;
    cm_status st = cm_mysql__ready(cx, c);
    drop_result(s);
    if (!st) st = cm_mysql__want_transaction(cx, c, s);
    if (st) return st;
    if (s->commits && c->wrote && c->begun && !c->poisoned) st = warn_of_commit(cx, s);
    if (st) return st;
    st = run_some_way(cx, s, part);
    if (s->sets) c->key_step = 0;
    if (!st && s->sets) st = cm_mysql__keep_escapes(cx, c);
    s->rows_left = SIZE_MAX;
    return st;
}

static cm_status begin_run(cm_ctx *cx, cm_dstmt *s) {
    s->running = true;
    return s->queued ? cm_mysql__next_set(cx, s) : cm_mysql__run(cx, s, NULL);
}

static bool next_row(cm_ctx *cx, cm_dstmt *s, cm_status *st) {
    if (!s->ncolumns || !s->rows_left) return false;
    if (!s->rows && s->on_server) *st = cm_mysql__next_part(cx, s);
    if (*st) return false;
    s->rows_left--;
    if (s->text) {
        s->text_row = mysql_fetch_row(s->text);
        s->text_lengths = mysql_fetch_lengths(s->text);
        return s->text_row != NULL;
    }
    s->row = s->rows;
    if (s->rows) s->rows = s->rows->next;
    return s->row != NULL;
}

int cm_mysql__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure) {
    cm_status st = CM_OK;
    if (s->blank) return CM_STEP_DONE;
    if (!s->running) st = begin_run(cx, s);
    if (!st) st = s->bad_row;
    if (!st && next_row(cx, s, &st)) return CM_STEP_ROW;
    *failure = st;
    return st ? 0 : CM_STEP_DONE;
}

size_t cm_mysql__ncolumns(cm_dstmt *s) { return s->ncolumns; }
const char *cm_mysql__column_name(cm_dstmt *s, size_t i) { return i < s->ncolumns ? s->fields[i].name : ""; }
const char *cm_mysql__column_decltype(cm_dstmt *s, size_t i) {
    (void)s, (void)i;
    return NULL;
}

static void text_values(cm_dstmt *s, size_t first, size_t n, cm_value *out) {
    for (size_t i = first; i < first + n; i++, out++) {
        out->ascii = 0;
        if (s->text_row[i]) cm_mysql__text_value(s, &s->columns[i], s->text_row[i], s->text_lengths[i], out);
        else out->kind = CM_NULL;
    }
}

void cm_mysql__row(cm_dstmt *s, size_t first, size_t n, cm_value *out) {
    if (s->text) text_values(s, first, n, out);
    else cm_mysql__binary_values(s, first, n, out);
}

void cm_mysql__reset(cm_dstmt *s, bool again) {
    s->bad_row = CM_OK;
    s->running = false;
    if (s->queued && again) return; /* rows of the sets that follow */
    drop_result(s);
    /* To close it costs no wait, to reset it would. MySQL 9.7 goes on opening a cursor when the next run asks for none. */
    if (s->on_server || (s->stream && !s->conn->mariadb)) close_prepared(s);
    s->stream = 0;
    if (s->st) mysql_stmt_free_result(s->st);
    if (!s->queued) return;
    cm_mysql__drop_parts(s->conn->cx, s);
    s->queued = false;
}

int64_t cm_mysql__changes(cm_dstmt *s) { return s->affected; }
