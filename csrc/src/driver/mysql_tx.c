/* Transactions of MariaDB and MySQL connections.
 *
 * Autocommit is switched off when the first transaction is wanted and stays so until a statement comes that wants none: the
 * server begins with the first statement, and COMMIT and ROLLBACK are all that transactions cost. Inside a transaction that
 * nest() began, begin, commit and rollback speak of a savepoint, and what would end it unasked (DDL) is refused. */
#include "driver/mysql_int.h"

#include <stdio.h>
#include <string.h>

#define NESTED "cormorant_isolated"

static cm_status run(cm_ctx *cx, cm_dconn *c, const char *sql) { return cm_mysql__query(cx, c, sql, strlen(sql), NULL); }

static bool server_in_transaction(const cm_dconn *c) {
    return !c->dead && !c->ending && (c->my->server_status & SERVER_STATUS_IN_TRANS) != 0;
}

bool cm_mysql__in_transaction(cm_dconn *c) { return c->begun || (!c->nest && server_in_transaction(c)); }

/* ---- the transaction around all others, in tests */

static cm_status outer_is_there(cm_dconn *c) {
    if (c->dead || server_in_transaction(c)) return CM_OK;
    return cm_mysql__fail(c, CM_E_INVALID_REQUEST, 0,
                          "the transaction around all others, which isolates the test, was ended by a COMMIT or ROLLBACK statement");
}

static cm_status want_nested(cm_ctx *cx, cm_dconn *c, const cm_dstmt *s) {
    if (s->commits)
        return cm_mysql__fail(c, CM_E_INVALID_REQUEST, 0,
                              "MySQL and MariaDB would commit the transaction that isolates the test: definitions belong before it");
    cm_status st = outer_is_there(c);
    if (st || !c->begun || c->saved) return st;
    st = run(cx, c, "SAVEPOINT " NESTED);
    c->saved = !st;
    return st;
}

cm_status cm_mysql__nest(cm_ctx *cx, cm_dconn *c, bool on) {
    cm_status st = c->dead ? CM_OK : cm_mysql__ready(cx, c);
    if (!st && on) st = run(cx, c, "SET autocommit = 0");
    if (!st && !c->dead) st = run(cx, c, on ? "START TRANSACTION" : "ROLLBACK");
    if (!st) c->nest = on;
    c->begun = c->ran = c->wrote = c->poisoned = c->saved = false;
    return st;
}

static cm_status end_nested(cm_ctx *cx, cm_dconn *c, bool commit) {
    cm_status st = c->saved ? cm_mysql__ready(cx, c) : CM_OK;
    if (!st && c->saved) st = outer_is_there(c);
    if (!st && c->saved && !commit) st = run(cx, c, "ROLLBACK TO SAVEPOINT " NESTED);
    if (!st && c->saved) st = run(cx, c, "RELEASE SAVEPOINT " NESTED);
    return st;
}

/* ---- the seam */

cm_status cm_mysql__want_transaction(cm_ctx *cx, cm_dconn *c, const cm_dstmt *s) {
    bool on = (c->my->server_status & SERVER_STATUS_AUTOCOMMIT) != 0;
    if (c->poisoned && s->kind != CM_STMT_OTHER)
        return cm_mysql__fail(c, CM_E_OPERATIONAL, 1205,
                              "a statement of this transaction gave up waiting for a lock, and what came before it is not committed: "
                              "roll back first");
    if (c->begun) c->ran = true;
    if (c->begun && s->changes_rows) c->wrote = true;
    if (c->nest && (s->commits || s->kind != CM_STMT_OTHER)) return want_nested(cx, c, s);
    if (c->nest || s->kind == CM_STMT_OTHER || on == !c->begun) return CM_OK;
    return run(cx, c, c->begun ? "SET autocommit = 0" : "SET autocommit = 1");
}

static void end_transaction(cm_dconn *c) { c->begun = c->ran = c->wrote = c->poisoned = c->saved = false; }

cm_status cm_mysql__begin(cm_ctx *cx, cm_dconn *c, const char *mode) {
    (void)cx, (void)mode;
    if (!c->begun) end_transaction(c);
    c->begun = true;
    return CM_OK;
}

/* Nothing was sent that the server would have to end. */
static bool nothing_ran(const cm_dconn *c) { return !c->ran && !server_in_transaction(c); }

static cm_status end_at_server(cm_ctx *cx, cm_dconn *c, bool commit) {
    if (c->nest) return end_nested(cx, c, commit);
    if (nothing_ran(c)) return CM_OK;
    cm_status st = cm_mysql__ready(cx, c);
    return st ? st : run(cx, c, commit ? "COMMIT" : "ROLLBACK");
}

cm_status cm_mysql__commit(cm_ctx *cx, cm_dconn *c) {
    if (c->poisoned)
        return cm_mysql__fail(c, CM_E_OPERATIONAL, 1205,
                              "the transaction cannot be committed: one of its statements gave up waiting for a lock. Roll back");
    bool alive = !c->dead;
    cm_status st = end_at_server(cx, c, true);
    if (!st) end_transaction(c);
    if (st && alive && c->dead && (c->errnum == 2006 || c->errnum == 2013)) { /* hung up without an answer */
        st = c->status = CM_E_OUTCOME_UNKNOWN;
        snprintf(c->message, sizeof c->message,
                 "the connection was lost while committing: whether the transaction was committed is unknown");
    }
    return st;
}

cm_status cm_mysql__rollback(cm_ctx *cx, cm_dconn *c) {
    cm_status st = end_at_server(cx, c, false);
    if (!st) end_transaction(c);
    return st;
}

cm_status cm_mysql__let_go(cm_ctx *cx, cm_dconn *c) {
    if (c->nest || nothing_ran(c)) return cm_mysql__rollback(cx, c);
    cm_status st = cm_mysql__ready(cx, c);
    if (!st) st = cm_mysql__send(cx, c, "ROLLBACK");
    if (!st) end_transaction(c);
    return st;
}
