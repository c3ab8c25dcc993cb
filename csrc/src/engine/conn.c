/* Connections: a link in somebody's hands, and its transaction.
 *
 * A transaction begins twice: logically with cm_conn_begin, in the database with the first statement that asks for it (its
 * kind: cm_conn__begin_due). Whether the database is in a transaction is never remembered but asked. When it gave up a
 * transaction by itself after an error (disk full, deadlock), the connection is `lost` until rollback: going on would
 * commit half of the work. */
#include "engine/engine_int.h"

#include <string.h>

const cm_dialect *cm_engine__dialect(const cm_engine *engine) { return engine->dialect; }
bool cm_engine__lints(const cm_engine *engine) { return !engine->options.no_linting; }
void *cm_engine__host_dialect(const cm_engine *engine) { return engine->host_dialect; }
cm_engine *cm_conn__engine(const cm_conn *conn) { return conn->engine; }
cm_engine *cm_conn_engine(const cm_conn *conn) { return conn->engine; }

/* ---- opening and closing */

cm_status cm_engine_connect(cm_ctx *cx, cm_engine *engine, cm_conn **out) {
    *out = NULL;
    cm_conn *conn = cm__alloc(cx, sizeof *conn);
    if (!conn) return CM_E_NOMEM;
    cm_status st = cm_pool__take(cx, engine, &conn->link);
    if (st) {
        cm__free(cx, conn);
        return st;
    }
    cm_engine_retain(engine);
    conn->engine = engine;
    cm__count(cx, CM_COUNT_CONN, 1);
    *out = conn;
    return CM_OK;
}

/* The transaction open in the database is this connection's to end. */
static bool owns_transaction(const cm_conn *conn) {
    const cm_link *link = conn->link;
    return !cm_link__foreign(link) && link->driver->in_transaction(link->d) && (!link->lock || conn->tx == link->tx);
}

/* Rolls back without a word: whoever closes cannot be told, and a link that cannot be rolled back is not used again. */
static void clean(cm_ctx *cx, cm_conn *conn) {
    cm_link *link = conn->link;
    cm_link__lock(cx, link);
    cm_cursor__abandon_all(cx, conn);
    cm_conn__scrap(cx, conn);
    if (!link->dead && owns_transaction(conn)) {
        cm_status (*end)(cm_ctx *, cm_dconn *) = link->driver->let_go ? link->driver->let_go : link->driver->rollback;
        cm__leave(cx);
        if (end(cx, link->d) && link->driver->in_transaction(link->d)) link->dead = true;
        cm__enter(cx);
    }
    if (conn->isolation_set && !link->dead && link->driver->set_isolation(cx, link->d, NULL)) link->dead = true;
    cm_link__settle(cx, link);
    if (link->writer == conn) link->writer = NULL;
    cm_link__unlock(cx, link);
}

static void detach(cm_ctx *cx, cm_conn *conn) {
    if (!conn->link) return;
    if (!cm_link__foreign(conn->link)) clean(cx, conn);
    cm_two_phase__forget(cx, conn);
    cm_pool__give(cx, conn->engine, conn->link);
    conn->link = NULL;
    conn->begun = conn->lost = conn->autocommit = conn->isolation_set = false;
    conn->tx = 0;
}

/* When nobody speaks of it any more. */
static void discard(cm_ctx *cx, cm_conn *conn) {
    if (!conn->closed || conn->guests || conn->flying) return;
    cm_key__dispose(cx, &conn->key);
    cm_schema_map__release(cx, conn->schemas);
    cm_engine *engine = conn->engine;
    cm__free(cx, conn);
    cm__count(cx, CM_COUNT_CONN, -1);
    cm_engine_release(cx, engine);
}

void cm_conn_close(cm_ctx *cx, cm_conn *conn) {
    if (!conn) return;
    if (conn->face) conn->face->holder = NULL;
    conn->face = NULL;
    conn->closed = true;
    if (conn->flying) return; /* by the program's code that a statement calls: the end of the statement */
    detach(cx, conn);
    discard(cx, conn);
}

void cm_conn__enter(cm_conn *conn) { conn->flying++; }

void cm_conn__leave(cm_ctx *cx, cm_conn *conn) {
    if (--conn->flying || !conn->closed) return;
    detach(cx, conn);
    discard(cx, conn);
}

void cm_conn__join(cm_conn *conn) { conn->guests++; }

void cm_conn__part(cm_ctx *cx, cm_conn *conn) {
    conn->guests--;
    discard(cx, conn);
}

cm_status cm_conn__greet(cm_ctx *cx, cm_engine *engine, cm_link *link) {
    cm_conn conn = {.engine = engine, .link = link};
    cm_status st = engine->options.on_connect(cx, engine->options.on_connect_user, &conn);
    cm_cursor__abandon_all(cx, &conn);
    cm_key__dispose(cx, &conn.key);
    if (conn.face) conn.face->holder = NULL;
    if (link->writer == &conn) link->writer = NULL;
    return st;
}

cm_status cm_conn__usable(cm_ctx *cx, cm_conn *conn) {
    if (!conn->link || conn->closed) return cm__fail(cx, CM_E_CLOSED, "This Connection is closed");
    const bool foreign = cm_link__foreign(conn->link);
    if ((conn->link->dead || foreign) && !conn->begun) { /* a new one takes its place */
        detach(cx, conn);
        return cm_pool__take(cx, conn->engine, &conn->link);
    }
    if (foreign)
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "This connection belongs to the process that this one was forked from, and so does its transaction; after "
                        "rollback() another connection is opened here");
    if (conn->prepared)
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "This session is in 'prepared' state; no further SQL can be emitted within this transaction.");
    if (conn->link->dead || conn->lost)
        return cm__fail(cx, CM_E_PENDING_ROLLBACK,
                        "Can't go on until the invalid transaction is rolled back: the database gave it up after an error");
    return CM_OK;
}

cm_status cm_conn__ready(cm_ctx *cx, cm_conn *conn) {
    cm_status st = cm_conn__usable(cx, conn);
    return st ? st : cm_conn__land(cx, conn);
}

void cm_conn_invalidate(cm_conn *conn) {
    if (conn->link) conn->link->dead = true;
}

bool cm_conn_invalidated(const cm_conn *conn) { return conn->link && conn->link->dead; }

cm_face **cm_conn_face(cm_conn *conn) { return &conn->face; }
cm_face **cm_conn_link_face(cm_conn *conn) { return conn->link ? &conn->link->face : NULL; }

void cm_conn_cancel(cm_conn *conn) {
    if (conn->link) conn->link->driver->cancel(conn->link->d);
}

cm_dconn *cm_conn_driver(cm_conn *conn, const cm_driver **driver) {
    if (driver) *driver = conn->engine->driver;
    return conn->link ? conn->link->d : NULL;
}

/* ---- transactions */

bool cm_conn_in_transaction(const cm_conn *conn) { return conn->begun; }
bool cm_conn_begun(const cm_conn *conn) { return conn->begun && conn->link && !conn->link->dead && owns_transaction(conn); }
bool cm_conn_autocommit(const cm_conn *conn) { return conn->autocommit; }

static cm_status tell(cm_ctx *cx, cm_conn *conn, cm_transact what, const char *name) {
    const cm_engine *e = conn->engine;
    return e->transact ? e->transact(cx, e->transact_user, conn, what, name) : CM_OK;
}

cm_status cm_conn_begin(cm_ctx *cx, cm_conn *conn) {
    cm_status st = cm_conn__ready(cx, conn);
    if (st || conn->begun) return st;
    conn->begun = true; /* before listeners hear of it: one may run a BEGIN of its own */
    st = tell(cx, conn, CM_TX_BEGIN, NULL);
    if (st) conn->begun = false;
    return st;
}

cm_status cm_conn__begin_due(cm_ctx *cx, cm_conn *conn, cm_stmt_kind kind) {
    cm_link *link = conn->link;
    const cm_driver *driver = link->driver;
    if (kind != CM_STMT_WRITE && !(kind == CM_STMT_READ && conn->begun && driver->begin_reads(link->d))) return CM_OK;
    if (link->lock && kind == CM_STMT_WRITE) {
        cm_status st = cm_link__claim(cx, link, conn);
        if (st) return st;
    }
    if (!conn->begun || conn->autocommit || driver->in_transaction(link->d)) return CM_OK;
    cm_status st = driver->begin(cx, link->d, NULL);
    if (st) driver->error(cx, link->d, "BEGIN", 5);
    return st;
}

/* Calls commit or rollback of the driver with the host left. */
static cm_status end_transaction(cm_ctx *cx, cm_conn *conn, cm_status (*end)(cm_ctx *, cm_dconn *), const char *sql) {
    cm_link *link = conn->link;
    cm__leave(cx);
    cm_status st = end(cx, link->d);
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, sql, strlen(sql));
    if (st && cx->err.disconnected) cm_link__lost(cx, conn->engine, link);
    return st;
}

cm_status cm_conn_commit(cm_ctx *cx, cm_conn *conn) {
    if (!conn->begun && conn->link) return CM_OK;
    cm_status st = conn->prepared ? CM_OK : cm_conn__ready(cx, conn);
    if (!st) st = tell(cx, conn, CM_TX_COMMIT, NULL);
    if (st) return st;
    cm_link *link = conn->link;
    cm_link__lock(cx, link);
    if (conn->prepared) st = cm_two_phase__end(cx, conn, true);
    else if (owns_transaction(conn)) st = end_transaction(cx, conn, link->driver->commit, "COMMIT");
    if (!st) {
        cm_two_phase__forget(cx, conn);
        conn->begun = false;
        conn->tx = 0;
    } else if (!link->driver->in_transaction(link->d)) {
        conn->lost = true;
    }
    cm_link__settle(cx, link);
    cm_link__unlock(cx, link);
    return st;
}

static cm_status roll_back(cm_ctx *cx, cm_conn *conn, cm_status (*end)(cm_ctx *, cm_dconn *)) {
    if (!conn->link) return cm__fail(cx, CM_E_CLOSED, "This Connection is closed");
    cm_link *link = conn->link;
    cm_status st = conn->begun ? tell(cx, conn, CM_TX_ROLLBACK, NULL) : CM_OK;
    if (st) return st;
    cm_conn__scrap(cx, conn);
    if (cm_link__foreign(link)) { /* nothing is said to the database: the transaction is the parent's */
        conn->begun = conn->lost = conn->prepared = false;
        conn->tx = 0;
        return CM_OK;
    }
    cm_link__lock(cx, link);
    if (conn->prepared) {
        st = cm_two_phase__end(cx, conn, false);
    } else if (!link->dead && conn->begun && owns_transaction(conn)) {
        st = end_transaction(cx, conn, end, "ROLLBACK");
        if (st && link->driver->in_transaction(link->d)) link->dead = true;
    }
    cm_two_phase__forget(cx, conn);
    conn->begun = conn->lost = false;
    conn->tx = 0;
    cm_link__settle(cx, link);
    cm_link__unlock(cx, link);
    return st;
}

cm_status cm_conn_rollback(cm_ctx *cx, cm_conn *conn) { return roll_back(cx, conn, conn->engine->driver->rollback); }

cm_status cm_conn__let_go(cm_ctx *cx, cm_conn *conn) {
    const cm_driver *driver = conn->engine->driver;
    return roll_back(cx, conn, driver->let_go ? driver->let_go : driver->rollback);
}

/* What transactions are like is said before one begins. */
static cm_status ready_to_set(cm_ctx *cx, cm_conn *conn, const char *what) {
    cm_status st = cm_conn__ready(cx, conn);
    if (!st && conn->begun && owns_transaction(conn))
        st = cm__fail(cx, CM_E_INVALID_REQUEST,
                      "This connection has already begun a transaction; %s may not be altered until rollback() or commit() is called.",
                      what);
    return st;
}

cm_status cm_conn_set_option(cm_ctx *cx, cm_conn *conn, const char *name, bool value) {
    cm_status st = ready_to_set(cx, conn, name);
    if (st) return st;
    cm_link *link = conn->link;
    if (!link->driver->set_option) return cm__fail(cx, CM_E_DB_UNSUPPORTED, "the %s driver has no option %s", link->driver->name, name);
    cm_link__lock(cx, link);
    st = link->driver->set_option(cx, link->d, name, value);
    if (st) link->driver->error(cx, link->d, NULL, 0);
    cm_link__unlock(cx, link);
    conn->isolation_set = true;
    return st;
}

cm_status cm_conn_set_isolation(cm_ctx *cx, cm_conn *conn, const char *level) {
    cm_status st = ready_to_set(cx, conn, "isolation level");
    if (st) return st;
    cm_link *link = conn->link;
    if (cm_option__is(level, "autocommit")) {
        conn->autocommit = true;
        return CM_OK;
    }
    cm_link__lock(cx, link);
    st = link->driver->set_isolation(cx, link->d, level);
    if (st) link->driver->error(cx, link->d, NULL, 0);
    cm_link__unlock(cx, link);
    if (st) return st;
    conn->autocommit = false;
    conn->isolation_set = level != NULL;
    return CM_OK;
}

bool cm_conn__told(const cm_conn *conn) { return conn->engine->transact != NULL; }

/* SAVEPOINT "name", RELEASE SAVEPOINT "name", ROLLBACK TO SAVEPOINT "name"; the transaction around it begins with it. */
cm_status cm_conn_savepoint(cm_ctx *cx, cm_conn *conn, const char *name, int kind) {
    static const char *const verbs[] = {"SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT "};
    cm_buf b;
    cm_buf__init(&b, cx);
    cm_status st = (unsigned)kind < 3 ? cm_conn__ready(cx, conn) : cm__fail(cx, CM_E_MISUSE, "savepoint kind %d is unknown", kind);
    if (!st) st = tell(cx, conn, (cm_transact)(CM_TX_SAVEPOINT + kind), name);
    if (st) goto done;
    cm_buf__puts(&b, verbs[kind]);
    st = cm_sql__quote(cx, &b, conn->engine->dialect, name, strlen(name), 0);
    if (!st && b.failed) st = CM_E_NOMEM;
    if (!st && kind == 0) {
        cm_link__lock(cx, conn->link);
        cm__leave(cx);
        st = cm_conn__begin_due(cx, conn, CM_STMT_WRITE);
        cm__enter(cx);
        cm_link__unlock(cx, conn->link);
    }
    if (!st) st = cm_conn__run_text(cx, conn, b.p, b.n);
done:
    cm_buf__dispose(&b);
    return st;
}
