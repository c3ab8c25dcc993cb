/* Transactions of PostgreSQL connections.
 *
 * A transaction begins with the message that carries its first statement (cm_pg__prologue): begin only notes that it is due.
 * Inside a transaction that nest() began, begin, commit and rollback speak of a savepoint; statements outside of it
 * (AUTOCOMMIT) have a savepoint each, since a failure would end the transaction around them. */
#include "driver/pg_int.h"

#include <stdio.h>
#include <string.h>

#define NESTED    "cormorant_isolated"
#define STATEMENT "cormorant_statement"

/* ---- how transactions begin */

/* BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE */
static cm_status make_begin(cm_ctx *cx, cm_dconn *c) {
    const char *level = c->level ? c->level : c->default_level;
    char sql[128];
    snprintf(sql, sizeof sql, "BEGIN%s%s%s%s", level ? " ISOLATION LEVEL " : "", level ? level : "",
             c->read_only < 0 ? ""
             : c->read_only   ? " READ ONLY"
                              : " READ WRITE",
             c->deferrable < 0 ? ""
             : c->deferrable   ? " DEFERRABLE"
                               : " NOT DEFERRABLE");
    char *made = cm__strdup(cx, sql);
    if (!made) return cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    cm__free(cx, c->begin_sql);
    c->begin_sql = made;
    return CM_OK;
}

cm_status cm_pg__set_isolation(cm_ctx *cx, cm_dconn *c, const char *level) {
    const char *known = cm_pg__level(level);
    if (level && !known)
        return cm_pg__fail(c, CM_E_ARGUMENT, "",
                           "PostgreSQL knows the isolation levels READ UNCOMMITTED, READ COMMITTED, REPEATABLE READ, "
                           "SERIALIZABLE and AUTOCOMMIT");
    c->level = known;
    if (!level) c->read_only = c->deferrable = -1;
    return make_begin(cx, c);
}

cm_status cm_pg__set_option(cm_ctx *cx, cm_dconn *c, const char *name, bool value) {
    if (strcmp(name, "readonly") == 0) c->read_only = value;
    else if (strcmp(name, "deferrable") == 0) c->deferrable = value;
    else return cm_pg__fail(c, CM_E_ARGUMENT, "", "PostgreSQL connections have the options readonly and deferrable");
    return make_begin(cx, c);
}

/* ---- the transaction around all others, in tests */

static cm_status outer_is_there(cm_dconn *c) {
    if (c->dead || PQtransactionStatus(c->pg) != PQTRANS_IDLE) return CM_OK;
    return cm_pg__fail(c, CM_E_INVALID_REQUEST, "",
                       "the transaction around all others, which isolates the test, was ended by a COMMIT or ROLLBACK statement");
}

cm_status cm_pg__nest(cm_ctx *cx, cm_dconn *c, bool on) {
    cm_status st = CM_OK;
    if (on) st = cm_pg__run(cx, c, "BEGIN", 0, NULL, NULL);
    else if (!c->dead && PQtransactionStatus(c->pg) != PQTRANS_IDLE) st = cm_pg__run(cx, c, "ROLLBACK", 0, NULL, NULL);
    if (!st) c->nest = on ? PG_NEST_IDLE : PG_NEST_NONE;
    c->begin_due = c->statement_saved = false;
    return st;
}

cm_status cm_pg__queue_nested(cm_ctx *cx, cm_dconn *c) {
    cm_status st = outer_is_there(c);
    (void)cx;
    if (st) return st;
    if (c->begin_due) {
        c->begin_due = false;
        c->nest = PG_NEST_BEGUN;
        return cm_pg__queue(c, "SAVEPOINT " NESTED);
    }
    if (c->nest == PG_NEST_BEGUN || c->ending_nested) return CM_OK;
    st = c->statement_saved ? cm_pg__queue(c, "RELEASE " STATEMENT) : CM_OK;
    c->statement_saved = true;
    return st ? st : cm_pg__queue(c, "SAVEPOINT " STATEMENT);
}

/* A statement outside of the savepoint failed: the transaction around goes on as if it had not been. */
void cm_pg__mend_nested(cm_ctx *cx, cm_dconn *c) {
    if (c->nest != PG_NEST_IDLE || !c->statement_saved || c->ending_nested || PQtransactionStatus(c->pg) != PQTRANS_INERROR) return;
    pg_failure kept = c->failure;
    bool prefix_failed = c->prefix_failed;
    c->ending_nested = true;
    cm_pg__run(cx, c, "ROLLBACK TO " STATEMENT, 0, NULL, NULL);
    c->ending_nested = false;
    c->failure = kept;
    c->prefix_failed = prefix_failed;
}

static cm_status end_nested(cm_ctx *cx, cm_dconn *c, bool commit) {
    cm_status st = outer_is_there(c);
    bool failed = PQtransactionStatus(c->pg) == PQTRANS_INERROR;
    if (st) return st;
    c->tx++;
    c->ending_nested = true;
    if (failed || !commit) st = cm_pg__run(cx, c, "ROLLBACK TO " NESTED, 0, NULL, NULL);
    if (!st) st = cm_pg__run(cx, c, "RELEASE " NESTED, 0, NULL, NULL);
    c->ending_nested = false;
    if (!st) c->nest = PG_NEST_IDLE;
    if (!st && failed && commit)
        st = cm_pg__fail(c, CM_E_INTERNAL, "25P02",
                         "the transaction was rolled back instead of committed, because one of its statements had failed");
    return st;
}

/* ---- the seam */

bool cm_pg__in_transaction(cm_dconn *c) {
    if (c->begin_due) return true;
    if (c->ending || c->nest == PG_NEST_IDLE) return false;
    PGTransactionStatusType now = PQtransactionStatus(c->pg);
    return now == PQTRANS_INTRANS || now == PQTRANS_INERROR || now == PQTRANS_ACTIVE;
}

bool cm_pg__begin_reads(cm_dconn *c) {
    (void)c;
    return true;
}

cm_status cm_pg__begin(cm_ctx *cx, cm_dconn *c, const char *mode) {
    (void)cx, (void)mode;
    if (!cm_pg__in_transaction(c)) c->begin_due = true;
    return CM_OK;
}

/* The server answers COMMIT of a failed transaction with ROLLBACK: work was lost, which is told. */
static cm_status check_committed(cm_dconn *c, const PGresult *res) {
    if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)res), "ROLLBACK") != 0) return CM_OK;
    return cm_pg__fail(c, CM_E_INTERNAL, "25P02",
                       "the transaction was rolled back instead of committed, because one of its statements had failed");
}

cm_status cm_pg__commit(cm_ctx *cx, cm_dconn *c) {
    PGresult *res = NULL;
    if (c->begin_due) { /* nothing was sent */
        c->begin_due = false;
        return CM_OK;
    }
    if (c->nest) return end_nested(cx, c, true);
    bool alive = !c->dead && !cm_pg__hung_up(c);
    cm_status st = cm_pg__run(cx, c, "COMMIT", 0, NULL, &res);
    if (!st) st = check_committed(c, res);
    else if (alive && c->dead) { /* COMMIT was sent, and its outcome not heard of */ st = c->failure.status = CM_E_OUTCOME_UNKNOWN;
        snprintf(c->failure.message, sizeof c->failure.message,
                 "the connection was lost while committing: whether the transaction was committed is unknown");
    }
    PQclear(res);
    return st;
}

cm_status cm_pg__rollback(cm_ctx *cx, cm_dconn *c) {
    if (c->begin_due) {
        c->begin_due = false;
        return CM_OK;
    }
    cm_pg__drop_ahead(c);
    return c->nest ? end_nested(cx, c, false) : cm_pg__run(cx, c, "ROLLBACK", 0, NULL, NULL);
}

cm_status cm_pg__let_go(cm_ctx *cx, cm_dconn *c) {
    if (c->begin_due || c->nest) return cm_pg__rollback(cx, c);
    size_t wonders = c->nwonders;
    c->nwonders = 0; /* nobody will read what the catalogue says */
    cm_status st = cm_pg__prologue(cx, c, false);
    c->nwonders = wonders;
    if (!st && !PQsendQueryParams(c->pg, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0)) st = cm_pg__lost(c);
    if (!st && (!PQpipelineSync(c->pg) || PQflush(c->pg) < 0)) st = cm_pg__lost(c);
    c->ending = !st;
    c->prefix = 0; /* DEALLOCATEs that went along are passed over with it */
    return st;
}

/* ---- two phases */

static cm_status run_named(cm_ctx *cx, cm_dconn *c, const char *verb, const char *quoted, PGresult **res) {
    enum { XID_ROOM = 512 };
    char sql[XID_ROOM + 32];
    size_t closing = c->nclosing, wonders = c->nwonders;
    if (strlen(quoted) >= XID_ROOM)
        return cm_pg__fail(c, CM_E_PROGRAMMING, "42602", "the name of a prepared transaction has 199 bytes at most");
    snprintf(sql, sizeof sql, "%s %s", verb, quoted);
    c->nclosing = c->nwonders = 0; /* COMMIT PREPARED has to be alone in its message */
    cm_status st = cm_pg__run(cx, c, sql, 0, NULL, res);
    c->nclosing = closing;
    c->nwonders = wonders;
    return st;
}

cm_status cm_pg__two_phase(cm_ctx *cx, cm_dconn *c, cm_two_phase what, const char *xid) {
    static const char *const verbs[] = {"PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED"};
    PGresult *res = NULL;
    if (c->nest) return cm_pg__fail(c, CM_E_DB_UNSUPPORTED, "0A000", "an isolated engine has no transactions in two phases");
    bool alive = !c->dead && !cm_pg__hung_up(c);
    char *quoted = PQescapeLiteral(c->pg, xid, strlen(xid));
    if (!quoted) return cm_pg__fail(c, CM_E_DATA, "22021", "the name of a prepared transaction is not UTF-8");
    cm_status st = run_named(cx, c, verbs[what], quoted, &res);
    PQfreemem(quoted);
    if (!st && what == CM_TWO_PREPARE) st = check_committed(c, res);
    else if (st && alive && c->dead && what != CM_TWO_ROLLBACK) {
        st = c->failure.status = CM_E_OUTCOME_UNKNOWN;
        snprintf(c->failure.message, sizeof c->failure.message,
                 "the connection was lost during %s: whether it was done is unknown; pg_prepared_xacts tells", verbs[what]);
    }
    PQclear(res);
    return st;
}
