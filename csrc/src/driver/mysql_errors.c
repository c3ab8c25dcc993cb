/* What error numbers mean: one table, as data. A number that is not listed counts by its SQLSTATE's class, then as the usual
 * drivers do: OperationalError. `retryable`: the same transaction run again may succeed. */
#include "driver/mysql_int.h"

#include <string.h>

enum { UNKNOWN = 2000 }; /* what clients say that have no number for it */

static const my_error_info table[] = {
    {1022, CM_E_INTEGRITY, false, false}, /* duplicate key */
    {1048, CM_E_INTEGRITY, false, false}, /* NULL in a column that takes none */
    {1062, CM_E_INTEGRITY, false, false}, /* duplicate entry */
    {1169, CM_E_INTEGRITY, false, false},      {1215, CM_E_INTEGRITY, false, false},
    {1216, CM_E_INTEGRITY, false, false},      {1217, CM_E_INTEGRITY, false, false},
    {1364, CM_E_INTEGRITY, false, false},                                            /* no default */
    {1451, CM_E_INTEGRITY, false, false},      {1452, CM_E_INTEGRITY, false, false}, /* foreign keys */
    {1557, CM_E_INTEGRITY, false, false},      {1761, CM_E_INTEGRITY, false, false},
    {1762, CM_E_INTEGRITY, false, false},      {1859, CM_E_INTEGRITY, false, false},
    {3819, CM_E_INTEGRITY, false, false},                                       /* CHECK, MySQL */
    {4025, CM_E_INTEGRITY, false, false},                                       /* CHECK, MariaDB */
    {1263, CM_E_DATA, false, false},           {1264, CM_E_DATA, false, false}, /* out of range */
    {1265, CM_E_DATA, false, false},           {1292, CM_E_DATA, false, false},
    {1366, CM_E_DATA, false, false},           {1367, CM_E_DATA, false, false},
    {1406, CM_E_DATA, false, false}, /* too long */
    {1411, CM_E_DATA, false, false},           {1416, CM_E_DATA, false, false},
    {1441, CM_E_DATA, false, false},           {1690, CM_E_DATA, false, false},
    {1365, CM_E_DATA, false, false},           {3140, CM_E_DATA, false, false},
    {1007, CM_E_PROGRAMMING, false, false},    {1008, CM_E_OPERATIONAL, false, false},
    {1049, CM_E_OPERATIONAL, false, false},    {1054, CM_E_OPERATIONAL, false, false}, /* unknown column, as the usual drivers have it */
    {1064, CM_E_PROGRAMMING, false, false},    {1102, CM_E_PROGRAMMING, false, false},
    {1103, CM_E_PROGRAMMING, false, false},    {1110, CM_E_PROGRAMMING, false, false},
    {1113, CM_E_PROGRAMMING, false, false},    {1146, CM_E_PROGRAMMING, false, false},
    {1149, CM_E_PROGRAMMING, false, false},    {1111, CM_E_PROGRAMMING, false, false},
    {1112, CM_E_PROGRAMMING, false, false},    {1196, CM_E_DB_UNSUPPORTED, false, false},
    {1235, CM_E_DB_UNSUPPORTED, false, false}, {1286, CM_E_DB_UNSUPPORTED, false, false},
    {1040, CM_E_OPERATIONAL, false, true},                                             /* too many connections */
    {1203, CM_E_OPERATIONAL, false, true},                                             /* ... of this user */
    {1205, CM_E_OPERATIONAL, false, true},                                             /* a lock was waited for in vain */
    {1213, CM_E_OPERATIONAL, false, true},                                             /* deadlock */
    {1317, CM_E_OPERATIONAL, false, false},                                            /* KILL QUERY */
    {3024, CM_E_OPERATIONAL, false, false},    {1969, CM_E_OPERATIONAL, false, false}, /* the statement took too long */
    {3572, CM_E_OPERATIONAL, false, true},                                             /* NOWAIT */
    {1047, CM_E_OPERATIONAL, true, true},                                              /* Galera: not ready */
    {1053, CM_E_OPERATIONAL, true, true},                                              /* the server is being stopped */
    {1079, CM_E_OPERATIONAL, true, true},      {1080, CM_E_OPERATIONAL, true, true},
    {1153, CM_E_OPERATIONAL, true, false}, /* the message is longer than the server takes: it hangs up */
    {1158, CM_E_OPERATIONAL, true, true},      {1159, CM_E_OPERATIONAL, true, true},
    {1160, CM_E_OPERATIONAL, true, true},      {1161, CM_E_OPERATIONAL, true, true},
    {1184, CM_E_OPERATIONAL, true, true},      {1927, CM_E_OPERATIONAL, true, true}, /* KILL */
    {4031, CM_E_OPERATIONAL, true, true},                                            /* idle for too long */
    {2002, CM_E_OPERATIONAL, false, true},     {2003, CM_E_OPERATIONAL, false, true},
    {2005, CM_E_OPERATIONAL, false, false},    {2006, CM_E_OPERATIONAL, true, true},
    {2008, CM_E_NOMEM, false, false},          {2012, CM_E_OPERATIONAL, true, true},
    {2013, CM_E_OPERATIONAL, true, true},      {2014, CM_E_PROGRAMMING, true, false},
    {2026, CM_E_OPERATIONAL, true, false},     {2027, CM_E_OPERATIONAL, true, false},
    {2045, CM_E_OPERATIONAL, true, true},      {2055, CM_E_OPERATIONAL, true, true},
    {5014, CM_E_OPERATIONAL, true, true},
};
static const my_error_info by_state[] = {{0, CM_E_INTEGRITY, false, false},   {0, CM_E_DATA, false, false},
                                         {0, CM_E_PROGRAMMING, false, false}, {0, CM_E_DB_UNSUPPORTED, false, false},
                                         {0, CM_E_OPERATIONAL, false, true},  {0, CM_E_OPERATIONAL, false, false}};

static const my_error_info *by_class(const char *sqlstate) {
    static const char classes[][3] = {"23", "22", "42", "0A", "40"};
    size_t n = sizeof classes / sizeof *classes, i = 0;
    while (i < n && strncmp(classes[i], sqlstate, 2) != 0) i++;
    return &by_state[i];
}

const my_error_info *cm_mysql__error_info(unsigned errnum, const char *sqlstate) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].errnum == errnum) return &table[i];
    return by_class(sqlstate);
}

static void copy(char *to, size_t cap, const char *from, size_t n) {
    if (n >= cap) n = cap - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

cm_status cm_mysql__fail(cm_dconn *c, cm_status st, unsigned errnum, const char *message) {
    if (c->status) return c->status; /* the first failure is the one that matters */
    c->status = st;
    c->errnum = errnum ? errnum : UNKNOWN;
    c->retryable = errnum && cm_mysql__error_info(errnum, "")->retryable;
    c->constraint[0] = '\0';
    strcpy(c->sqlstate, "HY000");
    copy(c->message, sizeof c->message, message, strlen(message));
    return st;
}

cm_status cm_mysql__nomem(cm_dconn *c) { return cm_mysql__fail(c, CM_E_NOMEM, 0, "out of memory"); }

/* The name between `before` and a quote, as messages of the server have it. */
static bool take_name(cm_dconn *c, const char *before) {
    const char *at = strstr(c->message, before), *end;
    if (!at) return false;
    at += strlen(before);
    char quote = at[-1];
    for (end = at; *end && *end != quote; end++) continue;
    copy(c->constraint, sizeof c->constraint, at, (size_t)(end - at));
    return true;
}

/* Duplicate entry 'x' for key 't.uq_name'; CONSTRAINT `fk` FOREIGN KEY; CONSTRAINT `ck` failed; Check constraint 'ck' */
static void find_constraint(cm_dconn *c) {
    switch (c->errnum) {
    case 1062: {
        if (!take_name(c, "for key '")) return;
        char *dot = strchr(c->constraint, '.'); /* MySQL puts the table in front */
        if (dot && !c->mariadb) memmove(c->constraint, dot + 1, strlen(dot));
        return;
    }
    case 1451:
    case 1452:
    case 4025: take_name(c, "CONSTRAINT `"); return;
    case 3819: take_name(c, "constraint '"); return;
    default: return;
    }
}

static cm_status server_failed(cm_dconn *c, unsigned errnum, const char *sqlstate, const char *message) {
    const my_error_info *info = cm_mysql__error_info(errnum, sqlstate);
    if (info->disconnected) c->dead = true;
    if (c->status) return c->status;
    cm_mysql__fail(c, info->status, errnum, message);
    c->retryable = info->retryable;
    copy(c->sqlstate, sizeof c->sqlstate, sqlstate, strlen(sqlstate));
    find_constraint(c);
    if (errnum == 1213) { /* the server gave up all of the transaction; its answer to an error does not say so */
        c->begun = c->ran = c->wrote = false;
        c->my->server_status &= ~(unsigned)SERVER_STATUS_IN_TRANS;
    }
    if (errnum == 1205) c->poisoned = c->begun; /* ... of the statement only */
    return c->status;
}

cm_status cm_mysql__failed(cm_dconn *c) { return server_failed(c, mysql_errno(c->my), mysql_sqlstate(c->my), mysql_error(c->my)); }

cm_status cm_mysql__stmt_failed(cm_dconn *c, MYSQL_STMT *st) {
    if (!mysql_stmt_errno(st)) return cm_mysql__failed(c);
    return server_failed(c, mysql_stmt_errno(st), mysql_stmt_sqlstate(st), mysql_stmt_error(st));
}

void cm_mysql__report(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n) {
    cm_status st = c->status;
    c->status = CM_OK;
    if (st == CM_E_NOMEM) {
        cm__nomem(cx);
    } else if (st && cx->err.status == CM_OK) {
        cm__fail(cx, st, "%s", c->message);
        if (st < CM_E_DB) return;
        cm__fail_code(cx, (int)c->errnum, NULL, *c->constraint ? c->constraint : NULL);
        memcpy(cx->err.sqlstate, c->sqlstate, sizeof c->sqlstate);
        cx->err.disconnected = c->dead;
        cx->err.retryable = c->retryable;
        if (sql) cm__fail_sql(cx, sql, n);
    }
}
