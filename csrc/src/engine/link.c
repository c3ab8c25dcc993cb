/* Physical connections: opening, closing, and the lock of those that several connections share. See engine_int.h. */
#include "engine/engine_int.h"

#include <pthread.h>

/* The one fact that belongs to the process and to no engine. It is asked for each statement, so it is no system call. */
static unsigned forks;
static pthread_once_t watched = PTHREAD_ONCE_INIT;

static void count_fork(void) { forks++; } /* runs in the child, which has one thread then */
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

unsigned cm_link__forks(void) {
    pthread_once(&watched, watch_forks);
    return forks;
}

bool cm_link__foreign(const cm_link *link) { return link->forks != forks; }

static const cm_os *os_of(cm_ctx *cx) { return &cx->env->os; }

/* Calls the driver; what it says is copied into the context. */
static cm_status connect_driver(cm_ctx *cx, cm_engine *engine, cm_link *link) {
    cm__leave(cx);
    cm_status st = link->driver->connect(cx, engine->url, (const char *const *)engine->args, &link->d);
    cm__enter(cx);
    if (st && link->d) link->driver->error(cx, link->d, NULL, 0);
    if (st) cm__fail(cx, st, "the connection could not be opened");
    return st;
}

/* What the first connection told of the server. */
static void meet_server(cm_engine *engine, int version) {
    engine->server_version = version;
    if (version && engine->dialect->for_server) engine->dialect = engine->dialect->for_server(version);
}

cm_status cm_link__open(cm_ctx *cx, cm_engine *engine, bool shared, cm_link **out) {
    cm_link *link = cm__alloc(cx, sizeof *link);
    cm_status st = CM_E_NOMEM;
    *out = NULL;
    if (!link) return st;
    link->driver = engine->driver;
    link->stmts.max = engine->options.stmt_cache;
    link->forks = cm_link__forks();
    link->tx = 1;
    link->opened_us = cm__now_us(cx);
    link->thread = os_of(cx)->thread_id(os_of(cx)->user);
    if (shared) {
        link->lock = os_of(cx)->mutex_new(os_of(cx)->user);
        if (!link->lock) {
            cm__nomem(cx);
            goto done;
        }
    }
    st = connect_driver(cx, engine, link);
    if (st) goto done;
    if (!engine->server_version) meet_server(engine, link->driver->server_version(link->d));
    if (engine->options.on_connect) st = cm_conn__greet(cx, engine, link);
    if (st) goto done;
    *out = link;
    link = NULL;
done:
    cm_link__close(cx, link);
    return st;
}

void cm_link__close(cm_ctx *cx, cm_link *link) {
    if (!link) return;
    if (link->face) link->face->holder = NULL;
    if (cm_link__foreign(link)) return; /* the parent's: closing would speak in its name. Its memory stays, on purpose */
    cm_stmt__clear(cx, link);
    if (link->d) {
        cm__leave(cx);
        link->driver->close(cx, link->d);
        cm__enter(cx);
    }
    if (link->lock) os_of(cx)->mutex_free(os_of(cx)->user, link->lock);
    cm__free(cx, link);
}

void cm_link__lost(cm_ctx *cx, cm_engine *engine, cm_link *link) {
    if (!link->dead) cm_pool__distrust(cx, &engine->pool);
    link->dead = true;
}

/* ---- the lock of shared links */

/* Waits, with the host left and the mutex held on entry and return, until the link is free; a deadline of -1 never passes. */
static bool wait_free(cm_ctx *cx, cm_link *link, uint64_t me, int64_t deadline_us, bool for_writing) {
    const cm_os *os = os_of(cx);
    while (link->owner != 0 || (for_writing && link->writer && link->writer_thread != me))
        if (!os->mutex_wait(os->user, link->lock, deadline_us)) return link->owner == 0 && !(for_writing && link->writer);
    return true;
}

void cm_link__lock(cm_ctx *cx, cm_link *link) {
    if (!link->lock) return;
    const cm_os *os = os_of(cx);
    uint64_t me = os->thread_id(os->user);
    os->mutex_lock(os->user, link->lock);
    if (link->owner != 0 && link->owner != me) {
        os->mutex_unlock(os->user, link->lock);
        cm__leave(cx);
        os->mutex_lock(os->user, link->lock);
        wait_free(cx, link, me, -1, false);
        link->owner = me;
        os->mutex_unlock(os->user, link->lock);
        cm__enter(cx);
        link->depth = 1;
        return;
    }
    link->depth = link->owner == me ? link->depth + 1 : 1; /* a writer that waits left its own depth behind */
    link->owner = me;
    os->mutex_unlock(os->user, link->lock);
}

void cm_link__unlock(cm_ctx *cx, cm_link *link) {
    if (!link->lock || --link->depth > 0) return;
    const cm_os *os = os_of(cx);
    os->mutex_lock(os->user, link->lock);
    link->owner = 0;
    os->mutex_wake(os->user, link->lock, true);
    os->mutex_unlock(os->user, link->lock);
}

cm_status cm_link__claim(cm_ctx *cx, cm_link *link, cm_conn *conn) {
    if (!link->lock) return CM_OK;
    const cm_os *os = os_of(cx);
    uint64_t me = os->thread_id(os->user);
    bool free_now = !link->writer || link->writer == conn || link->writer_thread == me;
    if (!free_now) { /* the operation's own hold on the link is lifted meanwhile, or the writer could never end */
        int depth = link->depth;
        int64_t deadline = cm__now_us(cx) + (int64_t)link->driver->limit(link->d, CM_LIMIT_BUSY_MS) * 1000;
        bool left = cx->left;
        if (!left) cm__leave(cx);
        os->mutex_lock(os->user, link->lock);
        link->owner = 0;
        os->mutex_wake(os->user, link->lock, true);
        free_now = wait_free(cx, link, me, deadline, true);
        if (!free_now) wait_free(cx, link, me, -1, false);
        link->owner = me;
        link->depth = depth;
        os->mutex_unlock(os->user, link->lock);
        if (!left) cm__enter(cx);
    }
    if (!free_now) {
        cm_status st = cm__fail(cx, CM_E_OPERATIONAL, "database is locked");
        cx->err.retryable = true;
        return st;
    }
    if (!link->writer) link->writer = conn;
    link->writer_thread = me;
    conn->tx = link->tx;
    return CM_OK;
}

void cm_link__settle(cm_ctx *cx, cm_link *link) {
    if (!link->lock || !link->writer || link->driver->in_transaction(link->d)) return;
    const cm_os *os = os_of(cx);
    os->mutex_lock(os->user, link->lock);
    link->writer = NULL;
    link->tx++;
    os->mutex_wake(os->user, link->lock, true);
    os->mutex_unlock(os->user, link->lock);
}
