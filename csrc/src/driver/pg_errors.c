/* What SQLSTATEs mean: one table, as data. A state that is not listed counts as its class (the first two characters).
 * Statuses are those that PEP 249 drivers of PostgreSQL raise. `retryable`: the same transaction run again may succeed. */
#include "driver/pg_int.h"

#include <string.h>

static const pg_error_info table[] = {
    {"57P01", CM_E_OPERATIONAL, true, true},  /* the server is stopped */
    {"57P02", CM_E_OPERATIONAL, true, true},  /* ... crashed */
    {"57P03", CM_E_OPERATIONAL, false, true}, /* ... is starting */
    {"57P04", CM_E_OPERATIONAL, true, false}, /* the database is gone */
    {"57P05", CM_E_OPERATIONAL, true, true},  /* idle for too long */
    {"25P03", CM_E_INTERNAL, true, true},     /* idle in a transaction for too long */
    {"25P02", CM_E_INTERNAL, false, false},   /* the transaction had failed */
    {"53300", CM_E_OPERATIONAL, false, true}, /* too many connections */
    {"55P03", CM_E_OPERATIONAL, false, true}, /* a lock was not to be had */
    {"40001", CM_E_OPERATIONAL, false, true}, /* serialization */
    {"40P01", CM_E_OPERATIONAL, false, true}, /* deadlock */
    {"08", CM_E_OPERATIONAL, true, true},     {"0A", CM_E_DB_UNSUPPORTED, false, false}, {"20", CM_E_PROGRAMMING, false, false},
    {"21", CM_E_PROGRAMMING, false, false},   {"22", CM_E_DATA, false, false},           {"23", CM_E_INTEGRITY, false, false},
    {"24", CM_E_INTERNAL, false, false},      {"25", CM_E_INTERNAL, false, false},       {"26", CM_E_OPERATIONAL, false, false},
    {"27", CM_E_OPERATIONAL, false, false},   {"28", CM_E_OPERATIONAL, false, false},    {"2B", CM_E_INTERNAL, false, false},
    {"2D", CM_E_INTERNAL, false, false},      {"2F", CM_E_INTERNAL, false, false},       {"34", CM_E_OPERATIONAL, false, false},
    {"38", CM_E_INTERNAL, false, false},      {"39", CM_E_INTERNAL, false, false},       {"3B", CM_E_INTERNAL, false, false},
    {"3D", CM_E_PROGRAMMING, false, false},   {"3F", CM_E_PROGRAMMING, false, false},    {"40", CM_E_OPERATIONAL, false, true},
    {"42", CM_E_PROGRAMMING, false, false},   {"44", CM_E_PROGRAMMING, false, false},    {"53", CM_E_OPERATIONAL, false, false},
    {"54", CM_E_OPERATIONAL, false, false},   {"55", CM_E_OPERATIONAL, false, false},    {"57", CM_E_OPERATIONAL, false, false},
    {"58", CM_E_OPERATIONAL, false, false},   {"F0", CM_E_OPERATIONAL, false, false},    {"HV", CM_E_OPERATIONAL, false, false},
    {"P0", CM_E_PROGRAMMING, false, false},   {"XX", CM_E_INTERNAL, false, false},
};
static const pg_error_info unknown = {"", CM_E_DB, false, false};

const pg_error_info *cm_pg__error_info(const char *sqlstate) {
    for (size_t i = 0; sqlstate && i < sizeof table / sizeof *table; i++)
        if (strncmp(table[i].sqlstate, sqlstate, strlen(table[i].sqlstate)) == 0) return &table[i];
    return &unknown;
}

static void copy(char *to, size_t cap, const char *from) {
    size_t n = from ? strlen(from) : 0;
    while (n && (from[n - 1] == '\n' || from[n - 1] == ' ')) n--;
    if (n >= cap) n = cap - 1;
    if (n) memcpy(to, from, n);
    to[n] = '\0';
}

cm_status cm_pg__fail(cm_dconn *c, cm_status st, const char *sqlstate, const char *message) {
    if (c->failure.status) return c->failure.status; /* the first failure is the one that matters */
    c->failure.status = st;
    c->failure.retryable = cm_pg__error_info(sqlstate)->retryable;
    c->failure.constraint[0] = '\0';
    copy(c->failure.sqlstate, sizeof c->failure.sqlstate, sqlstate);
    copy(c->failure.message, sizeof c->failure.message, message);
    return st;
}

/* "message" and, where the server says more, "DETAIL:  ..." on a line of its own, as people know it from psql. */
static void write_message(char *to, size_t cap, const PGresult *res) {
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY), *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    copy(to, cap, text ? text : PQresultErrorMessage(res));
    size_t n = strlen(to);
    if (!detail || n + 11 >= cap) return;
    memcpy(to + n, "\nDETAIL:  ", 11);
    copy(to + n + 10, cap - n - 10, detail);
}

/* Statements that are not there, or there already: other clients use the same server process. */
static void explain_pooler(char *message, size_t cap) {
    static const char hint[] = "\nHINT:  behind a pooler that hands out transactions (PgBouncer), connect with prepare_threshold=None";
    size_t n = strlen(message);
    if (n + sizeof hint <= cap) memcpy(message + n, hint, sizeof hint);
}

cm_status cm_pg__result_failed(cm_dconn *c, const PGresult *res) {
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE), *function = PQresultErrorField(res, PG_DIAG_SOURCE_FUNCTION);
    char message[CM_ERROR_TEXT];
    if (!sqlstate) return cm_pg__lost(c);
    const pg_error_info *info = cm_pg__error_info(sqlstate);
    if (c->failure.status) return c->failure.status;
    write_message(message, sizeof message, res);
    if (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0) explain_pooler(message, sizeof message);
    cm_status st = cm_pg__fail(c, info->status, sqlstate, message);
    c->failure.stale_plan = strcmp(sqlstate, "26000") == 0 || (function && strcmp(function, "RevalidateCachedQuery") == 0);
    copy(c->failure.constraint, sizeof c->failure.constraint, PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME));
    if (info->disconnected) c->dead = true;
    return st;
}

cm_status cm_pg__lost(cm_dconn *c) {
    const char *text = c->pg ? PQerrorMessage(c->pg) : "";
    c->dead = true;
    return cm_pg__fail(c, CM_E_OPERATIONAL, "08006", *text ? text : "the connection to the server was lost");
}

void cm_pg__report(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n) {
    cm_status st = c->failure.status;
    c->failure.status = CM_OK;
    if (st == CM_E_NOMEM) {
        cm__nomem(cx);
    } else if (st && cx->err.status == CM_OK) {
        cm__fail(cx, st, "%s", c->failure.message);
        cx->err.disconnected = c->dead;
        if (st < CM_E_DB) return;
        cm__fail_code(cx, 0, NULL, *c->failure.constraint ? c->failure.constraint : NULL);
        memcpy(cx->err.sqlstate, c->failure.sqlstate, sizeof c->failure.sqlstate);
        cx->err.retryable = c->failure.retryable;
        if (sql) cm__fail_sql(cx, sql, n);
    }
}
