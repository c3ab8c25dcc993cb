/* Transactions in two phases: prepared under a name (xid), which outlives the connection and even the server, then committed
 * or rolled back by that name, here or by whoever recovers it. The driver has the words (cm_driver.two_phase). */
#include "engine/engine_int.h"

#include <string.h>

static cm_status supported(cm_ctx *cx, const cm_conn *conn) {
    const cm_driver *driver = conn->engine->driver;
    if (driver->two_phase) return CM_OK;
    return cm__fail(cx, CM_E_DB_UNSUPPORTED, "the %s driver has no transactions in two phases", driver->name);
}

static cm_status call(cm_ctx *cx, cm_conn *conn, cm_two_phase what, const char *xid) {
    static const char *const words[] = {"PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED"};
    cm_link *link = conn->link;
    cm_link__lock(cx, link);
    cm__leave(cx);
    cm_status st = link->driver->two_phase(cx, link->d, what, xid);
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, words[what], strlen(words[what]));
    if (st && cx->err.disconnected) cm_link__lost(cx, conn->engine, link);
    cm_link__unlock(cx, link);
    return st;
}

void cm_two_phase__forget(cm_ctx *cx, cm_conn *conn) {
    cm__free(cx, conn->xid);
    conn->xid = NULL;
    conn->prepared = false;
}

cm_status cm_conn_two_phase(cm_ctx *cx, cm_conn *conn, const char *xid) {
    cm_status st = supported(cx, conn);
    if (!st) st = cm_conn__ready(cx, conn);
    if (st) return st;
    if (conn->link->driver->in_transaction(conn->link->d) || conn->autocommit)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "a transaction in two phases cannot be begun inside of another one, or in AUTOCOMMIT");
    char *copy = cm__strdup(cx, xid);
    if (!copy) return CM_E_NOMEM;
    cm_two_phase__forget(cx, conn);
    conn->xid = copy;
    return CM_OK;
}

bool cm_conn_prepared(const cm_conn *conn) { return conn->prepared; }
const char *cm_conn_xid(const cm_conn *conn) { return conn->xid; }

cm_status cm_conn_prepare(cm_ctx *cx, cm_conn *conn) {
    if (!conn->xid || !conn->begun)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "'twophase' mode was not begun on this connection: there is nothing to prepare");
    if (conn->prepared) return CM_OK;
    cm_status st = cm_conn__ready(cx, conn);
    if (!st) st = call(cx, conn, CM_TWO_PREPARE, conn->xid);
    if (!st) conn->prepared = true;
    else if (!conn->link->driver->in_transaction(conn->link->d)) conn->lost = true;
    return st;
}

cm_status cm_two_phase__end(cm_ctx *cx, cm_conn *conn, bool commit) {
    if (conn->link->dead) /* it stays prepared: cm_conn_finish_prepared */
        return cm__fail(cx, CM_E_OUTCOME_UNKNOWN, "the connection was lost; the transaction '%s' is prepared, and waits to be recovered",
                        conn->xid);
    return call(cx, conn, commit ? CM_TWO_COMMIT : CM_TWO_ROLLBACK, conn->xid);
}

cm_status cm_conn_finish_prepared(cm_ctx *cx, cm_conn *conn, const char *xid, bool commit) {
    cm_status st = supported(cx, conn);
    if (!st) st = cm_conn__ready(cx, conn);
    if (!st && conn->link->driver->in_transaction(conn->link->d))
        st = cm__fail(cx, CM_E_INVALID_REQUEST, "a prepared transaction cannot be finished inside of another one; end that first");
    return st ? st : call(cx, conn, commit ? CM_TWO_COMMIT : CM_TWO_ROLLBACK, xid);
}
