/* PostgreSQL statements: prepare, bind, step, rows.
 *
 * prepare asks the server nothing: Parse travels with the first execution, which asks for text and so learns the columns;
 * from then on rows come in binary where every column has such a form. A plan that went stale (ALTER TABLE, DISCARD) is made
 * again, once and at once outside of a transaction, for the next run inside of one. */
#include "driver/pg_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- prepare */

/* Everything belongs in a transaction but what speaks of transactions itself. */
static const cm_scan_word words[] = {
    {"begin", CM_STMT_OTHER},    {"start", CM_STMT_OTHER},  {"commit", CM_STMT_OTHER}, {"end", CM_STMT_OTHER},   {"abort", CM_STMT_OTHER},
    {"rollback", CM_STMT_OTHER}, {"select", CM_STMT_READ},  {"table", CM_STMT_READ},   {"values", CM_STMT_READ}, {"show", CM_STMT_READ},
    {"fetch", CM_STMT_READ},     {"explain", CM_STMT_READ}, {NULL, CM_STMT_WRITE}};
static const cm_scan_style style = {.numbered = true, .nested = true, .words = words};

static cm_status make_params(cm_ctx *cx, cm_dstmt *s) {
    size_t n = s->nparams;
    if (!n) return CM_OK;
    s->oids = cm__alloc(cx, 2 * n * sizeof *s->oids);
    s->values = cm__alloc(cx, n * sizeof *s->values);
    s->lengths = cm__alloc(cx, 2 * n * sizeof *s->lengths);
    s->scalars = cm__alloc(cx, n * PG_SCALAR_BYTES);
    s->offsets = cm__alloc(cx, n * sizeof *s->offsets);
    if (!s->oids || !s->values || !s->lengths || !s->scalars || !s->offsets) return CM_E_NOMEM;
    s->declared = s->oids + n;
    s->formats = s->lengths + n;
    return CM_OK;
}

static bool is_utility(const char *word) {
    static const char *const words[] = {"select", "insert", "update", "delete",  "merge", "with",
                                        "values", "table",  "show",   "explain", "fetch"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0) return false;
    return true;
}

cm_status cm_pg__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out) {
    cm_scan scan;
    const char *what = "";
    *out = NULL;
    if (n > INT32_MAX / 8) return cm_pg__fail(c, CM_E_DATA, "54000", "the statement is too long");
    if (memchr(sql, '\0', n)) return cm_pg__fail(c, CM_E_PROGRAMMING, "42601", "the query contains a null character");
    cm_status st = cm_scan__sql(cx, &style, sql, n, flags, &scan, &what);
    if (st) return cm_pg__fail(c, st, "42601", st == CM_E_NOMEM ? "out of memory" : what);
    cm_dstmt *s = cm__alloc(cx, sizeof *s);
    if (!s) {
        cm__free(cx, scan.sql);
        cm__free(cx, scan.names_text);
        cm__free(cx, (void *)(uintptr_t)scan.names);
        return cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    }
    cm__count(cx, CM_COUNT_STMT, 1);
    *s = (cm_dstmt){.conn = c,
                    .sql = scan.sql,
                    .names_text = scan.names_text,
                    .names = scan.names,
                    .nparams = scan.nparams,
                    .kind = (uint8_t)scan.kind,
                    .utility = is_utility(scan.word),
                    .rolls_back = strcmp(scan.word, "rollback") == 0,
                    .can_stream = cm_pg__may_stream(scan.word, scan.sql),
                    .blank = scan.blank};
    if (used) *used = scan.used;
    st = make_params(cx, s);
    if (st) {
        cm_pg__finalize(cx, s);
        return cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    }
    *out = s;
    return CM_OK;
}

/* What the server keeps goes with the next message that is sent anyway; without memory for that it stays until the end. */
static void close_later(cm_ctx *cx, cm_dconn *c, uint64_t name) {
    if (c->nclosing == c->closing_cap) {
        size_t cap = c->closing_cap ? 2 * c->closing_cap : 16;
        uint64_t *grown = cm__alloc(cx, cap * sizeof *grown);
        if (!grown) return;
        if (c->nclosing) memcpy(grown, c->closing, c->nclosing * sizeof *grown);
        cm__free(cx, c->closing);
        c->closing = grown;
        c->closing_cap = cap;
    }
    c->closing[c->nclosing++] = name;
}

static void close_name(cm_ctx *cx, cm_dstmt *s) {
    if (s->name) close_later(cx, s->conn, s->name);
    s->name = 0;
}

static void close_portal(cm_ctx *cx, cm_dstmt *s) {
    if (s->portal && s->portal_tx == s->conn->tx) close_later(cx, s->conn, s->portal | PG_PORTAL);
    s->portal = 0;
}

void cm_pg__finalize(cm_ctx *cx, cm_dstmt *s) {
    if (!s) return;
    close_name(cx, s);
    PQclear(s->res);
    cm__free(cx, s->sql);
    cm__free(cx, s->names_text);
    cm__free(cx, (void *)(uintptr_t)s->names);
    cm__free(cx, s->oids);
    cm__free(cx, (void *)(uintptr_t)s->values);
    cm__free(cx, s->lengths);
    cm__free(cx, s->scalars);
    cm__free(cx, s->offsets);
    cm__free(cx, s->text);
    cm__free(cx, s->columns);
    cm_arena_free(cx, s->scratch);
    cm__free(cx, s);
    cm__count(cx, CM_COUNT_STMT, -1);
}

size_t cm_pg__nparams(cm_dstmt *s) { return s->nparams; }
const char *cm_pg__param_name(cm_dstmt *s, size_t i) { return s->names ? s->names[i] : NULL; }
cm_stmt_kind cm_pg__kind(cm_dstmt *s) { return (cm_stmt_kind)s->kind; }

cm_status cm_pg__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    return cm_pg__encode(cx, s, i, v, type);
}

/* ---- sending */

/* Prepared for other types than the values at hand have (untyped parameters only). */
static bool is_prepared_otherwise(const cm_dstmt *s) {
    for (size_t i = 0; i < s->nparams; i++)
        if (s->values[i] && s->declared[i] != s->oids[i]) return true;
    return false;
}

static cm_status broken(cm_dconn *c) {
    return PQstatus(c->pg) == CONNECTION_BAD ? cm_pg__lost(c) : cm_pg__fail(c, CM_E_INTERFACE, "", PQerrorMessage(c->pg));
}

static cm_status send_prepare(cm_dstmt *s, char *name) {
    cm_dconn *c = s->conn;
    if (!s->name) {
        s->name = ++c->names;
        snprintf(name, PG_NAME_BYTES, "cm_%llu", (unsigned long long)s->name);
        if (!PQsendPrepare(c->pg, name, s->sql, (int)s->nparams, s->oids)) return broken(c);
        if (s->nparams) memcpy(s->declared, s->oids, s->nparams * sizeof *s->oids);
        s->described = false;
        s->unsure = true;
        c->prefix++;
        return CM_OK;
    }
    snprintf(name, PG_NAME_BYTES, "cm_%llu", (unsigned long long)s->name);
    return CM_OK;
}

void cm_pg__place_values(cm_dstmt *s) {
    for (size_t i = 0; i < s->nparams; i++)
        if (s->offsets[i]) s->values[i] = s->text + s->offsets[i] - 1;
}

static cm_status queue_execution(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    char name[PG_NAME_BYTES];
    cm_pg__place_values(s);
    if (s->name && is_prepared_otherwise(s)) close_name(cx, s);
    cm_status st = c->executions ? CM_OK : cm_pg__prologue(cx, c, s->utility);
    if (s->rolls_back) c->tx++;
    if (!st) st = cm_pg__reserve(cx, c);
    if (!st && !c->unnamed) st = send_prepare(s, name);
    if (st) return st;
    int n = (int)s->nparams, binary = cm_pg__answers_binary(s);
    int sent = c->unnamed ? PQsendQueryParams(c->pg, s->sql, n, s->oids, s->values, s->lengths, s->formats, binary)
                          : PQsendQueryPrepared(c->pg, name, n, s->values, s->lengths, s->formats, binary);
    if (!sent) return broken(c);
    s->ntext = 0;
    cm_pg__queued(c);
    return CM_OK;
}

void cm_pg__drop_ahead(cm_dconn *c) {
    while (c->ahead_at < c->nahead) PQclear(c->ahead[c->ahead_at++]);
    c->ahead_at = c->nahead = 0;
}

cm_status cm_pg__send(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    if (!c->executions) cm_pg__drop_ahead(c);
    cm_status st = queue_execution(cx, s);
    s->queued += !st;
    return st;
}

static cm_status make_ahead(cm_ctx *cx, cm_dconn *c) {
    if (c->executions <= c->ahead_cap) return CM_OK;
    cm__free(cx, c->ahead);
    c->ahead = cm__alloc(cx, c->executions * sizeof *c->ahead);
    c->ahead_cap = c->ahead ? c->executions : 0;
    return c->ahead ? CM_OK : cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
}

/* One wait for all that was sent. The replies before a failure are kept; the failure waits for the step it belongs to. */
cm_status cm_pg__sync(cm_ctx *cx, cm_dconn *c) {
    cm_status st = make_ahead(cx, c);
    if (!st) st = cm_pg__send_sync(cx, c);
    while (!st && c->executions) {
        PGresult *res = NULL;
        st = cm_pg__reply(cx, c, &res);
        if (!st) c->ahead[c->nahead++] = res;
    }
    cm_status end = cm_pg__finish(cx, c, st);
    return st && !c->nahead ? end : CM_OK;
}

/* ---- results */

static cm_status make_columns(cm_ctx *cx, cm_dstmt *s, size_t n) {
    if (n <= s->columns_cap) return CM_OK;
    cm__free(cx, s->columns);
    s->columns = cm__alloc(cx, n * sizeof *s->columns);
    s->columns_cap = s->columns ? n : 0;
    return s->columns ? CM_OK : cm_pg__fail(s->conn, CM_E_NOMEM, "", "out of memory");
}

/* Types of the columns, and who reads them. */
static cm_status describe(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    size_t n = (size_t)PQnfields(s->res);
    bool binary = n > 0 && PQfformat(s->res, 0) == 1;
    bool same = s->described && n == s->ncolumns && !c->unnamed && s->learned == c->learned; /* DDL would have made the plan stale */
    if (same && (n == 0 || s->columns[0].binary == binary)) return CM_OK;
    cm_status st = make_columns(cx, s, n);
    if (st) return st;
    s->ncolumns = n;
    s->binary_ok = true;
    s->learned = c->learned;
    for (size_t i = 0; i < n; i++)
        if (!cm_pg__reader(c, PQftype(s->res, (int)i), binary, &s->columns[i])) s->binary_ok = false;
    s->described = s->binary_ok || !binary; /* a type that changed meanwhile: text the next time */
    if (s->described) return CM_OK;
    return cm_pg__fail(c, CM_E_OPERATIONAL, "0A000", "the types of the columns changed; run the statement again");
}

/* The catalogue was asked of types that the statement has: may it answer in binary now? */
bool cm_pg__answers_binary(cm_dstmt *s) {
    pg_column column;
    if (!s->described || s->binary_ok || s->learned == s->conn->learned) return s->described && s->binary_ok;
    s->binary_ok = true;
    s->learned = s->conn->learned;
    for (size_t i = 0; i < s->ncolumns; i++)
        if (!cm_pg__reader(s->conn, s->columns[i].type, false, &column)) s->binary_ok = false;
        else s->columns[i].decode = column.decode;
    return s->binary_ok;
}

static uint64_t binary_results; /* atomic */

uint64_t cm_pg__binary_results(void) { return __atomic_load_n(&binary_results, __ATOMIC_RELAXED); }

static cm_status take_result(cm_ctx *cx, cm_dstmt *s, PGresult *take_res) {
    s->res = take_res;
    s->row = -1;
    s->nrows = PQntuples(take_res);
    if (PQbinaryTuples(take_res)) __atomic_fetch_add(&binary_results, 1, __ATOMIC_RELAXED);
    return describe(cx, s);
}

static cm_status run_once(cm_ctx *cx, cm_dstmt *s, PGresult **res) {
    cm_dconn *c = s->conn;
    cm_status st = queue_execution(cx, s);
    if (!st) st = cm_pg__send_sync(cx, c);
    if (!st) st = cm_pg__reply(cx, c, res);
    cm_status end = cm_pg__finish(cx, c, st);
    if (end && *res) {
        PQclear(*res);
        *res = NULL;
    }
    if (end && (c->prefix_failed || c->dead)) s->name = 0;
    s->unsure = false;
    return end;
}

/* A stale plan: made again at once where nothing is lost by it. */
static cm_status run(cm_ctx *cx, cm_dstmt *s, PGresult **res) {
    cm_dconn *c = s->conn;
    bool alone = !c->begin_due && (c->ending || PQtransactionStatus(c->pg) == PQTRANS_IDLE);
    cm_status st = run_once(cx, s, res);
    if (!st || !c->failure.stale_plan || c->unnamed) return st;
    if (strcmp(c->failure.sqlstate, "26000") == 0) s->name = 0;
    else close_name(cx, s);
    if (!alone) return st;
    c->failure.status = CM_OK;
    return run_once(cx, s, res);
}

/* The first execution without a reply is the one that failed, unless its Parse did. */
static cm_status fail_ahead(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    if (!c->prefix_failed && !c->dead) s->unsure = false;
    if (c->failure.stale_plan && strcmp(c->failure.sqlstate, "26000") != 0) close_name(cx, s);
    else if (c->failure.stale_plan) s->name = 0;
    return c->failure.status ? c->failure.status : cm_pg__fail(c, CM_E_INTERNAL, "", "a reply of the server is missing");
}

static cm_status begin_run(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    PGresult *res = NULL;
    cm_status st = CM_OK;
    s->running = true;
    c->cx = cx;
    if (s->queued) {
        if (c->ahead_at == c->nahead) return fail_ahead(cx, s);
        res = c->ahead[c->ahead_at++];
        s->queued--;
        s->unsure = false;
    } else if (c->executions) {
        return cm_pg__fail(c, CM_E_INTERFACE, "", "a statement cannot run while others are on their way to the server");
    } else {
        __atomic_store_n(&c->cancelled, 0, __ATOMIC_RELAXED);
        st = cm_pg__streams(s) ? cm_pg__open_portal(cx, s, &res) : run(cx, s, &res);
    }
    return st ? st : take_result(cx, s, res);
}

/* At the end of a part: the next one. A part that is not full is the last. */
static cm_status turn_part(cm_ctx *cx, cm_dstmt *s) {
    PGresult *res = NULL;
    if ((size_t)s->nrows < s->part) {
        close_portal(cx, s);
        return CM_OK;
    }
    cm_status st = cm_pg__next_part(cx, s, &res);
    if (st) return st;
    PQclear(s->res);
    return take_result(cx, s, res);
}

int cm_pg__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure) {
    cm_status st = CM_OK;
    s->conn->cx = cx;
    if (s->blank) return CM_STEP_DONE;
    if (!s->running) st = begin_run(cx, s);
    if (!st) st = s->bad_row;
    if (!st && s->portal && s->row + 1 == s->nrows) st = turn_part(cx, s);
    if (!st && ++s->row < s->nrows) {
        if (s->scratch) cm_arena_reset(cx, s->scratch);
        return CM_STEP_ROW;
    }
    *failure = st;
    return st ? 0 : CM_STEP_DONE;
}

size_t cm_pg__ncolumns(cm_dstmt *s) { return s->res ? (size_t)PQnfields(s->res) : 0; }
const char *cm_pg__column_name(cm_dstmt *s, size_t i) {
    const char *name = s->res ? PQfname(s->res, (int)i) : NULL;
    return name ? name : "";
}
/* The number of its type, as digits: until the next question. */
const char *cm_pg__column_decltype(cm_dstmt *s, size_t i) {
    if (!s->res) return NULL;
    snprintf(s->type_code, sizeof s->type_code, "%u", PQftype(s->res, (int)i));
    return s->type_code;
}

void cm_pg__row(cm_dstmt *s, size_t first, size_t n, cm_value *out) {
    for (size_t i = first; i < first + n; i++, out++) {
        const pg_column *col = &s->columns[i];
        out->ascii = 0;
        if (PQgetisnull(s->res, s->row, (int)i)) {
            out->kind = CM_NULL;
            continue;
        }
        const char *p = PQgetvalue(s->res, s->row, (int)i);
        int length = PQgetlength(s->res, s->row, (int)i);
        if (col->decode && length >= col->least) {
            s->reading = col->type;
            col->decode(s, p, length, out);
        } else if (col->decode) {
            cm_pg__bad_value(s, out, "the server sent a value that is cut short", NULL, 0);
        } else {
            out->kind = CM_TEXT;
            out->u.s.p = p;
            out->u.s.n = (size_t)length;
        }
    }
}

void cm_pg__reset(cm_dstmt *s, bool again) {
    PQclear(s->res);
    s->res = NULL;
    s->ntext = 0;
    s->bad_row = CM_OK;
    s->running = false;
    if (again) return;
    close_portal(s->conn->cx, s);
    s->part = 0;
    if (s->unsure) s->name = 0;
    s->unsure = false;
    s->queued = 0;
}

int64_t cm_pg__changes(cm_dstmt *s) {
    const char *count = s->res ? PQcmdTuples(s->res) : "";
    return *count ? strtoll(count, NULL, 10) : -1;
}
