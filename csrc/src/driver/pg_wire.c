/* The conversation with the server: commands queued up to a Sync, replies read in their order, one place that waits. */
#include "driver/pg_int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { SLICE_MS = 100 }; /* how often a wait looks for signals */

static uint64_t waits; /* atomic */

uint64_t cm_pg__waits(void) { return __atomic_load_n(&waits, __ATOMIC_RELAXED); }

static void stop_running(cm_dconn *c) {
    char text[256];
    PGcancel *cancel = PQgetCancel(c->pg);
    if (cancel) PQcancel(cancel, text, sizeof text);
    PQfreeCancel(cancel);
}

/* Signals and cancellation of the host; it is entered for that. */
static cm_status look(cm_ctx *cx, const cm_dconn *c) {
    if (!cx->left || c->interrupted) return CM_OK;
    cm__enter(cx);
    cm_status st = cm__host(cx)->check ? cm__host(cx)->check(cx) : CM_OK;
    cm__leave(cx);
    return st;
}

cm_status cm_pg__poll(cm_ctx *cx, cm_dconn *c, short events, int64_t deadline_us) {
    struct pollfd fd = {.fd = PQsocket(c->pg), .events = events};
    for (;;) {
        int n = poll(&fd, 1, SLICE_MS);
        if (n > 0 || (n < 0 && errno != EINTR)) return CM_OK;
        cm_status st = look(cx, c);
        if (st) return st;
        if (deadline_us >= 0 && cm__now_us(cx) >= deadline_us) return CM_E_TIMEOUT;
    }
}

bool cm_pg__hung_up(cm_dconn *c) {
    struct pollfd fd = {.fd = PQsocket(c->pg), .events = POLLIN};
    if (c->ending || poll(&fd, 1, 0) <= 0) return false;
    return !PQconsumeInput(c->pg) || PQisBusy(c->pg) < 0 || PQstatus(c->pg) == CONNECTION_BAD;
}

/* The host wants to stop: the server is told, and its answer (an error, most likely) is waited for as usual. */
static void interrupt(cm_dconn *c, cm_status st) {
    c->interrupted = st;
    c->deadline_us = cm__now_us(c->cx) + PG_GRACE_US;
    stop_running(c);
}

/* No answer within the time that the wait was given: the server, or the way to it, is taken for gone. */
static cm_status lost_in_silence(cm_dconn *c) {
    c->dead = true;
    c->deadline_us = -1;
    return cm_pg__fail(c, CM_E_OPERATIONAL, "08006", "the server did not answer in time; the connection is given up");
}

cm_status cm_pg__wait(cm_ctx *cx, cm_dconn *c) {
    for (;;) {
        int unsent = PQflush(c->pg);
        if (unsent < 0) return cm_pg__lost(c);
        if (!PQisBusy(c->pg)) return CM_OK;
        cm_status st = cm_pg__poll(cx, c, (short)(POLLIN | (unsent ? POLLOUT : 0)), c->deadline_us);
        if (st == CM_E_TIMEOUT) return lost_in_silence(c);
        if (st) interrupt(c, st);
        else if (!PQconsumeInput(c->pg)) return cm_pg__lost(c);
    }
}

static cm_status queued(cm_dconn *c, int sent) {
    if (!sent) return PQstatus(c->pg) == CONNECTION_BAD ? cm_pg__lost(c) : cm_pg__fail(c, CM_E_INTERFACE, "", PQerrorMessage(c->pg));
    c->prefix++;
    return CM_OK;
}

cm_status cm_pg__queue(cm_dconn *c, const char *sql) { return queued(c, PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0)); }

cm_status cm_pg__prologue(cm_ctx *cx, cm_dconn *c, bool alone) {
    cm_status st = CM_OK;
    bool begins = c->begin_due;
    c->cx = cx;
    if (begins) c->tx++;
    c->failure.status = CM_OK; /* of an operation that nobody asked the outcome of */
    c->prefix_failed = c->failure.stale_plan = false;
    if (c->dead) return cm_pg__fail(c, CM_E_OPERATIONAL, "08003", "the connection to the server is closed");
    if (c->nest) {
        st = cm_pg__queue_nested(cx, c);
    } else if (c->begin_due) {
        st = cm_pg__queue(c, c->begin_sql);
        c->begin_due = false;
    }
    if (st) return st;
    if (alone && !c->prefix && !cm_pg__in_transaction(c)) return CM_OK;
    if ((!c->nclosing && !c->nwonders) || (!c->ending && PQtransactionStatus(c->pg) == PQTRANS_INERROR)) return st;
    for (size_t i = 0; !st && i < c->nclosing; i++) {
        char sql[64];
        bool portal = (c->closing[i] & PG_PORTAL) != 0;
        if (portal && (begins || !cm_pg__in_transaction(c))) continue; /* gone with its transaction */
        snprintf(sql, sizeof sql, "%s cm_%llu", portal ? "CLOSE" : "DEALLOCATE", (unsigned long long)(c->closing[i] & ~PG_PORTAL));
        st = cm_pg__queue(c, sql);
    }
    c->nclosing = 0;
    return !st && c->nwonders ? cm_pg__queue_types(cx, c) : st;
}

cm_status cm_pg__reserve(cm_ctx *cx, cm_dconn *c) {
    if (!c->executions) c->nleads = 0;
    if (c->nleads < c->leads_cap) return CM_OK;
    size_t cap = c->leads_cap ? 2 * c->leads_cap : 16;
    unsigned *grown = cm__alloc(cx, cap * sizeof *grown);
    if (!grown) return cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    if (c->nleads) memcpy(grown, c->leads, c->nleads * sizeof *grown);
    cm__free(cx, c->leads);
    c->leads = grown;
    c->leads_cap = cap;
    return CM_OK;
}

void cm_pg__queued(cm_dconn *c) {
    c->leads[c->nleads++] = c->prefix;
    c->prefix = 0;
    c->executions++;
}

cm_status cm_pg__send_sync(cm_ctx *cx, cm_dconn *c) {
    (void)cx;
    if (!PQpipelineSync(c->pg)) return cm_pg__lost(c);
    __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED);
    c->synced = true;
    return CM_OK;
}

/* The results of one command; libpq ends them with NULL. The last one is kept. */
static cm_status read_command(cm_ctx *cx, cm_dconn *c, PGresult **out) {
    PGresult *kept = NULL;
    for (;;) {
        cm_status st = cm_pg__wait(cx, c);
        PGresult *res = st ? NULL : PQgetResult(c->pg);
        if (!res) {
            *out = kept;
            return st ? st : kept ? CM_OK : cm_pg__lost(c);
        }
        PQclear(kept);
        kept = res;
        if (PQresultStatus(res) == PGRES_PIPELINE_SYNC || PQstatus(c->pg) == CONNECTION_BAD) {
            *out = kept;
            return CM_OK;
        }
    }
}

static cm_status check(cm_dconn *c, const PGresult *res) {
    switch (PQresultStatus(res)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC: return CM_OK;
    case PGRES_PIPELINE_ABORTED:
        return c->failure.status ? c->failure.status : CM_E_OPERATIONAL; /* an earlier command failed and told why */
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: return cm_pg__fail(c, CM_E_DB_UNSUPPORTED, "0A000", "COPY is not supported by the built-in driver");
    default: return cm_pg__result_failed(c, res);
    }
}

/* The answer to the ROLLBACK of the last user comes first; it interests nobody. */
static cm_status pass_ending(cm_ctx *cx, cm_dconn *c) {
    bool last = !c->ending;
    cm_status st = CM_OK;
    while (!last && !st) {
        PGresult *res = NULL;
        st = read_command(cx, c, &res);
        last = !st && (PQresultStatus(res) == PGRES_PIPELINE_SYNC || PQstatus(c->pg) == CONNECTION_BAD);
        PQclear(res);
    }
    c->ending = false;
    return st ? st : PQstatus(c->pg) == CONNECTION_BAD ? cm_pg__lost(c) : CM_OK;
}

cm_status cm_pg__reply(cm_ctx *cx, cm_dconn *c, PGresult **out) {
    PGresult *res = NULL;
    *out = NULL;
    cm_status st = pass_ending(cx, c);
    unsigned *lead = c->executions ? &c->leads[c->nleads - c->executions] : &c->prefix;
    while (!st && *lead) {
        st = read_command(cx, c, &res);
        --*lead;
        if (!st) st = check(c, res);
        if (!st && c->types_in && --c->types_in == 0) cm_pg__take_types(cx, c, res);
        PQclear(res);
    }
    c->prefix_failed = st != CM_OK;
    if (st) return st;
    st = read_command(cx, c, &res);
    if (c->executions) c->executions--;
    if (!st) st = check(c, res);
    if (st) PQclear(res);
    else *out = res;
    return st;
}

cm_status cm_pg__finish(cm_ctx *cx, cm_dconn *c, cm_status st) {
    cm_status passed = pass_ending(cx, c);
    if (!st) st = passed;
    if (!c->synced && (c->prefix || c->executions) && !c->dead && cm_pg__send_sync(cx, c)) st = st ? st : c->failure.status;
    while (c->synced && !c->dead) {
        PGresult *res = NULL;
        cm_status read = read_command(cx, c, &res);
        bool last = !read && PQresultStatus(res) == PGRES_PIPELINE_SYNC;
        if (!read) read = check(c, res);
        PQclear(res);
        if (!st) st = read;
        if (last || PQstatus(c->pg) == CONNECTION_BAD) break;
    }
    if (PQstatus(c->pg) == CONNECTION_BAD) c->dead = true;
    c->prefix = c->executions = c->types_in = 0;
    c->synced = false;
    if (c->interrupted) {
        st = c->failure.status = c->interrupted;
        c->interrupted = CM_OK;
        c->deadline_us = -1;
    }
    if (st && c->nest) cm_pg__mend_nested(cx, c);
    return st;
}

cm_status cm_pg__run(cm_ctx *cx, cm_dconn *c, const char *sql, int nvalues, const char *const *values, PGresult **out) {
    PGresult *res = NULL;
    cm_status st = cm_pg__prologue(cx, c, false);
    if (!st) st = cm_pg__reserve(cx, c);
    if (!st && !PQsendQueryParams(c->pg, sql, nvalues, NULL, values, NULL, NULL, 0)) st = cm_pg__lost(c);
    if (!st) cm_pg__queued(c);
    if (!st) st = cm_pg__send_sync(cx, c);
    if (!st) st = cm_pg__reply(cx, c, &res);
    st = cm_pg__finish(cx, c, st);
    if (out && !st) *out = res;
    else PQclear(res);
    return st;
}
