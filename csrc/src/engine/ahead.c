/* Flights sent ahead: on drivers that can queue executions, one wait for many sets and many flights.
 *
 *   depart(a)  depart(b)  ...   bound and sent, in order          land   one wait; then rows and `done` of a, of b, ...
 *
 * What departed lands with cm_conn__land, or before anything else that runs on the connection (cm_conn__ready): whoever reads
 * sees what was written. A transaction must hold them together, for a failure stops all that were sent after it. A flight
 * whose values ask the database is sent up to there, lands, and goes on. Where somebody watches statements nothing is sent
 * ahead: each is told before and after it ran. */
#include "engine/flight_int.h"

enum {
    AHEAD_SETS = CM_SIZE(8192, 3) /* sets whose replies wait in memory */
};

bool cm_conn__may_depart(const cm_conn *conn) {
    if (!conn->link || !conn->link->driver->send) return false;
    bool free_now = !conn->landing && !conn->sending && !conn->cursors && !conn->link->lock; /* shared links take turns */
    return free_now && conn->begun && !conn->autocommit && !conn->engine->watch;
}

static void append(cm_conn *conn, cm_run *r) {
    cm_run **at = &conn->ahead;
    while (*at) at = &(*at)->next;
    *at = r;
}

static cm_status end(cm_ctx *cx, cm_run *r, size_t set, cm_status st) {
    r->cx = r->scratch.cx = cx;
    st = cm_run__over(r, set, st);
    cm__free(cx, r);
    return st;
}

static cm_status sync_link(cm_ctx *cx, cm_conn *conn) {
    cm_link *link = conn->link;
    conn->nahead = 0;
    cm__leave(cx);
    cm_status st = link->driver->sync(cx, link->d);
    cm__enter(cx);
    return st;
}

/* Ends all flights under way but the one being sent, which its sender ends. */
static cm_status give_up(cm_ctx *cx, cm_conn *conn, cm_status st) {
    cm_run *run = conn->ahead;
    bool landing = conn->landing;
    conn->landing = true;
    if (conn->nahead && !conn->link->dead && !cm_link__foreign(conn->link)) sync_link(cx, conn); /* the replies interest nobody */
    conn->ahead = NULL;
    for (cm_run *next; run; run = next) {
        next = run->next;
        if (run == conn->sending) conn->ahead = run;
        else st = end(cx, run, run->fault, st);
    }
    conn->landing = landing;
    return st;
}

static cm_status step_sent(cm_ctx *cx, cm_run *r) {
    cm_status st = CM_OK;
    r->cx = r->scratch.cx = cx;
    while (!st && r->stepped < r->sent) {
        st = cm_run__bound(r, r->stepped);
        r->stepped += !st;
    }
    if (st) r->fault = r->stepped;
    return st;
}

/* One wait, and what came of it. The last flight may be on its way still. */
static cm_status land(cm_ctx *cx, cm_conn *conn) {
    cm_run *first = conn->ahead;
    cm_status st = CM_OK;
    conn->landing = true;
    if (conn->nahead && (st = sync_link(cx, conn))) {
        first->cx = cx;
        first->fault = first->stepped;
        st = cm_run__driver_failed(first, st);
    }
    while (!st && (first = conn->ahead)) {
        st = step_sent(cx, first);
        if (st || first == conn->sending) break;
        conn->ahead = first->next;
        st = end(cx, first, SIZE_MAX, CM_OK);
    }
    if (st) st = give_up(cx, conn, st);
    conn->landing = false;
    return st;
}

cm_status cm_conn__land(cm_ctx *cx, cm_conn *conn) { return conn->ahead && !conn->landing ? land(cx, conn) : CM_OK; }

void cm_conn__scrap(cm_ctx *cx, cm_conn *conn) {
    if (conn->ahead && !conn->landing) give_up(cx, conn, CM_E_OPERATIONAL);
}

static cm_status send_set(cm_ctx *cx, cm_run *r) {
    cm_conn *conn = r->conn;
    r->cx = r->scratch.cx = cx; /* values that ask the database land what was sent, in another context */
    cm_status st = r->sent ? cm_run__tick(r) : CM_OK;
    if (!st) st = cm_run__bind(r, r->sent);
    if (!st && r->sent == 0) st = cm_run__announce(r);
    if (!st && r->sent == 0) st = cm_conn__begin_due(cx, conn, (cm_stmt_kind)r->stmt->kind);
    if (!st && (st = r->link->driver->send(cx, r->stmt->d))) cm_run__driver_failed(r, st);
    if (st) {
        r->fault = r->sent;
        return st;
    }
    r->sent++;
    return ++conn->nahead < AHEAD_SETS ? CM_OK : land(cx, conn);
}

static cm_status send_all(cm_ctx *cx, cm_run *r) {
    cm_status st = cm_run__start(r);
    if (st) r->fault = 0;
    if (!st && r->stmt->kind != CM_STMT_WRITE) r->ahead = false; /* rows of many SELECTs are not kept waiting */
    while (!st && r->ahead && r->sent < r->flight->nsets) st = send_set(cx, r);
    return st;
}

/* Takes a flight that is not to be sent ahead, and runs it after all others. */
static cm_status run_alone(cm_ctx *cx, cm_run *r) {
    cm_conn *conn = r->conn;
    cm_run **at = &conn->ahead;
    size_t set = 0;
    while (*at != r) at = &(*at)->next;
    *at = NULL;
    cm_status st = cm_conn__land(cx, conn);
    if (!st) st = cm_run__sets(r, &set);
    return end(cx, r, set, st);
}

cm_status cm_conn__send(cm_ctx *cx, cm_conn *conn, cm_flight *flight) {
    if (flight->bulk && flight->nsets >= CM_BULK_SETS) return cm_bulk__send(cx, conn, flight);
    cm_run *r = cm__alloc(cx, sizeof *r);
    if (!r) return flight->over ? flight->over(cx, flight, 0, CM_E_NOMEM) : CM_E_NOMEM;
    cm_run__init(cx, r, conn, flight);
    r->ahead = true;
    append(conn, r);
    conn->sending = r;
    cm_status st = send_all(cx, r);
    conn->sending = NULL;
    r->cx = r->scratch.cx = cx;
    if (st) return give_up(cx, conn, st);
    return r->ahead ? CM_OK : run_alone(cx, r);
}

cm_status cm_conn__depart(cm_ctx *cx, cm_conn *conn, cm_flight *flight) {
    cm_status st = flight->nsets ? cm_conn__usable(cx, conn) : CM_OK;
    if (st || !flight->nsets) return flight->over ? flight->over(cx, flight, 0, st) : st;
    if (!conn->link->driver->pipelines || !cm_conn__may_depart(conn)) return cm_conn__fly(cx, conn, flight);
    return cm_conn__send(cx, conn, flight);
}
