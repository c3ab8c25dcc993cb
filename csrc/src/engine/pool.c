/* The pool: idle links and the right to open more. One implementation for all drivers.
 *
 *   Queue            up to size links are kept, max_overflow more may be open for a while; whoever finds none waits
 *   Null             a link per connection
 *   Static           one link for everybody (databases in memory), shared under its lock
 *   SingletonThread  one link per thread
 *   Assertion        a queue of one link; whoever wants it while it is in use is told who has it
 *
 * The mutex guards lists and counts only; links are opened and closed outside it, with the host left where they block.
 * After a fork the child forgets what it inherited and starts afresh: files' locks and sockets belong to the parent. */
#include "engine/engine_int.h"

static void lock(cm_ctx *cx, cm_pool *p) { cx->env->os.mutex_lock(cx->env->os.user, p->lock); }
static void unlock(cm_ctx *cx, cm_pool *p) { cx->env->os.mutex_unlock(cx->env->os.user, p->lock); }
static void wake(cm_ctx *cx, cm_pool *p) { cx->env->os.mutex_wake(cx->env->os.user, p->lock, false); }

cm_status cm_pool__init(cm_ctx *cx, cm_pool *p, const cm_engine_options *o, bool in_memory) {
    p->kind = o->pool_set ? o->pool : in_memory ? CM_POOL_STATIC : CM_POOL_QUEUE;
    if (in_memory && (p->kind == CM_POOL_QUEUE || p->kind == CM_POOL_SINGLETON_THREAD)) p->kind = CM_POOL_STATIC; /* one database for all */
    p->lifo = o->pool_lifo;
    p->pre_ping = o->pool_pre_ping;
    p->size = p->kind == CM_POOL_ASSERTION ? 1 : o->pool_size;
    p->max_overflow = p->kind == CM_POOL_ASSERTION ? 0 : o->max_overflow;
    p->timeout_us = (int64_t)(o->pool_timeout_s * 1e6);
    p->recycle_us = o->pool_recycle_s < 0 ? -1 : (int64_t)(o->pool_recycle_s * 1e6);
    p->forks = cm_link__forks();
    p->lock = cx->env->os.mutex_new(cx->env->os.user);
    return p->lock ? CM_OK : cm__nomem(cx);
}

void cm_pool__dispose(cm_ctx *cx, cm_pool *p) {
    if (!p->lock) return;
    cm_pool__close_idle(cx, p);
    cx->env->os.mutex_free(cx->env->os.user, p->lock);
    p->lock = NULL;
}

/* ---- lists; the mutex is held */

static void push(cm_pool *p, cm_link *link) {
    link->prev = p->last;
    link->next = NULL;
    *(p->last ? &p->last->next : &p->first) = link;
    p->last = link;
    p->nidle++;
}

static void pull(cm_pool *p, cm_link *link) {
    *(link->prev ? &link->prev->next : &p->first) = link->next;
    *(link->next ? &link->next->prev : &p->last) = link->prev;
    link->next = link->prev = NULL;
    p->nidle--;
}

/* A child of fork: nothing inherited is touched. A thread of the parent may have held the old mutex, so it gets a new one. */
static cm_status start_afresh(cm_ctx *cx, cm_pool *p) {
    void *fresh = cx->env->os.mutex_new(cx->env->os.user);
    if (!fresh) return cm__nomem(cx);
    p->lock = fresh;
    p->first = p->last = p->held = NULL;
    p->nidle = p->nopen = p->nopening = 0;
    p->generation++;
    p->forks = cm_link__forks();
    return CM_OK;
}

static bool is_queue(const cm_pool *p) { return p->kind == CM_POOL_QUEUE || p->kind == CM_POOL_ASSERTION; }
static bool keeps_shared(const cm_pool *p) { return p->kind == CM_POOL_STATIC || p->kind == CM_POOL_SINGLETON_THREAD; }

/* ---- opening */

static cm_status open_counted(cm_ctx *cx, cm_engine *engine, cm_link **out) {
    cm_pool *p = &engine->pool;
    uint64_t generation = p->generation;
    cm_status st = cm_link__open(cx, engine, keeps_shared(p), out);
    if (st) {
        lock(cx, p);
        p->nopen--;
        wake(cx, p);
        unlock(cx, p);
        return st;
    }
    (*out)->generation = generation;
    (*out)->users = 1;
    return CM_OK;
}

static void close_counted(cm_ctx *cx, cm_pool *p, cm_link *link) {
    cm_link__close(cx, link);
    lock(cx, p);
    p->nopen--;
    wake(cx, p);
    unlock(cx, p);
}

/* ---- queue */

static cm_status refused(cm_ctx *cx, const cm_pool *p) {
    cm_buf b;
    cm_buf__init(&b, cx);
    cm_holder__tell(cx, p, &b);
    cm_status st =
        p->kind == CM_POOL_ASSERTION
            ? cm__fail(cx, CM_E_CHECKED_OUT, "connection is already checked out%.*s", (int)b.n, b.p ? b.p : "")
            : cm__fail(cx, CM_E_TIMEOUT, "QueuePool limit of size %d overflow %d reached, connection timed out, timeout %.2f%.*s", p->size,
                       p->max_overflow, (double)p->timeout_us / 1e6, (int)b.n, b.p ? b.p : "");
    cm_buf__dispose(&b);
    return st;
}

static bool may_open(const cm_pool *p) { return p->size == 0 || p->max_overflow < 0 || p->nopen < p->size + p->max_overflow; }

/* Waits with the host left until a link is idle or one more may be opened. False: the time is over. The mutex is held. */
static bool wait_turn(cm_ctx *cx, cm_pool *p) {
    int64_t deadline = -1;
    bool ok = true;
    while (ok && !p->first && !may_open(p)) {
        if (deadline < 0) deadline = cm__now_us(cx) + p->timeout_us;
        ok = cx->env->os.mutex_wait(cx->env->os.user, p->lock, deadline);
    }
    return ok || p->first || may_open(p);
}

static bool is_stale(cm_ctx *cx, const cm_pool *p, cm_link *link) {
    if (link->dead || link->generation != p->generation) return true;
    if (p->recycle_us >= 0 && cm__now_us(cx) - link->opened_us > p->recycle_us) return true;
    if (!p->pre_ping) return false;
    cm__leave(cx);
    bool alive = link->driver->alive(cx, link->d);
    cm__enter(cx);
    return !alive;
}

static cm_status take_queued(cm_ctx *cx, cm_engine *engine, cm_link **out) {
    cm_pool *p = &engine->pool;
    for (;;) {
        lock(cx, p);
        if (!p->first && !may_open(p)) {
            unlock(cx, p);
            if (p->kind == CM_POOL_ASSERTION) return refused(cx, p);
            cm__leave(cx);
            lock(cx, p);
            bool ok = wait_turn(cx, p);
            unlock(cx, p);
            cm__enter(cx);
            if (!ok) return refused(cx, p);
            lock(cx, p);
            if (!p->first && !may_open(p)) { /* somebody was quicker */
                unlock(cx, p);
                continue;
            }
        }
        cm_link *link = p->lifo ? p->last : p->first;
        if (link) {
            pull(p, link);
        } else {
            p->nopen++;
        }
        unlock(cx, p);
        if (!link) return open_counted(cx, engine, out);
        if (!is_stale(cx, p, link)) {
            link->users = 1;
            *out = link;
            return CM_OK;
        }
        close_counted(cx, p, link);
    }
}

static void give_queued(cm_ctx *cx, cm_pool *p, cm_link *link) {
    link->users = 0;
    bool keep = !link->dead && link->generation == p->generation && is_queue(p);
    if (keep) {
        lock(cx, p);
        keep = p->size == 0 || p->nidle < p->size;
        if (keep) push(p, link);
        if (keep) wake(cx, p);
        unlock(cx, p);
    }
    if (!keep) close_counted(cx, p, link);
}

void cm_pool__distrust(cm_ctx *cx, cm_pool *p) {
    if (!is_queue(p)) return;
    lock(cx, p);
    p->generation++;
    unlock(cx, p);
}

/* ---- shared links: the list holds all of them, in use or not */

static cm_link *find_shared(cm_ctx *cx, const cm_pool *p) {
    uint64_t me = cx->env->os.thread_id(cx->env->os.user);
    for (cm_link *link = p->first; link; link = link->next)
        if (!link->dead && (p->kind == CM_POOL_STATIC || link->thread == me)) return link;
    return NULL;
}

/* While one thread opens the one link, the others wait for it. */
static cm_status take_shared(cm_ctx *cx, cm_engine *engine, cm_link **out) {
    cm_pool *p = &engine->pool;
    cm_link *link, *old = NULL;
    lock(cx, p);
    while (!(link = find_shared(cx, p)) && p->kind == CM_POOL_STATIC && p->nopening > 0) {
        unlock(cx, p);
        cm__leave(cx);
        lock(cx, p);
        if (p->nopening > 0) cx->env->os.mutex_wait(cx->env->os.user, p->lock, cm__now_us(cx) + 100000);
        unlock(cx, p);
        cm__enter(cx);
        lock(cx, p);
    }
    if (link) {
        link->users++;
    } else {
        p->nopen++;
        p->nopening++;
        if (p->kind == CM_POOL_SINGLETON_THREAD && p->nidle >= p->size)
            for (old = p->first; old && old->users > 0;) old = old->next;
        if (old) pull(p, old);
    }
    unlock(cx, p);
    if (old) close_counted(cx, p, old);
    *out = link;
    if (link) return CM_OK;
    cm_status st = open_counted(cx, engine, out);
    lock(cx, p);
    p->nopening--;
    if (!st) push(p, *out);
    cx->env->os.mutex_wake(cx->env->os.user, p->lock, true);
    unlock(cx, p);
    return st;
}

static void give_shared(cm_ctx *cx, cm_pool *p, cm_link *link) {
    lock(cx, p);
    bool last = --link->users == 0, listed = link->generation == p->generation;
    bool drop = last && (link->dead || !listed);
    if (drop && listed) pull(p, link);
    unlock(cx, p);
    if (drop) close_counted(cx, p, link);
}

static cm_status take_isolated(cm_ctx *cx, cm_pool *p, cm_link **out) {
    if (p->isolated->dead) return cm__fail(cx, CM_E_INVALID_REQUEST, "the connection of this isolated engine was lost");
    lock(cx, p);
    p->isolated->users++;
    unlock(cx, p);
    *out = p->isolated;
    return CM_OK;
}

/* ---- the face */

cm_status cm_pool__take(cm_ctx *cx, cm_engine *engine, cm_link **out) {
    cm_pool *p = &engine->pool;
    *out = NULL;
    if (p->forks != cm_link__forks()) {
        cm_status st = start_afresh(cx, p);
        if (st) return st;
    }
    if (p->isolated) return take_isolated(cx, p, out);
    if (keeps_shared(p)) return take_shared(cx, engine, out);
    if (is_queue(p)) {
        cm_status st = take_queued(cx, engine, out);
        if (!st) cm_holder__took(cx, p, *out);
        return st;
    }
    lock(cx, p);
    p->nopen++;
    unlock(cx, p);
    return open_counted(cx, engine, out);
}

void cm_pool__give(cm_ctx *cx, cm_engine *engine, cm_link *link) {
    if (!link || cm_link__foreign(link)) return;
    if (link->lock) give_shared(cx, &engine->pool, link);
    else {
        if (is_queue(&engine->pool)) cm_holder__gave(cx, &engine->pool, link);
        give_queued(cx, &engine->pool, link);
    }
}

void cm_pool__close_idle(cm_ctx *cx, cm_pool *p) {
    cm_link *idle = NULL;
    if (p->forks != cm_link__forks() || p->isolated) return;
    lock(cx, p);
    p->generation++;
    for (cm_link *link = p->first; link;) {
        cm_link *next = link->next;
        pull(p, link);
        if (!keeps_shared(p) || link->users == 0) {
            link->next = idle;
            idle = link;
        }
        link = next;
    }
    unlock(cx, p);
    while (idle) {
        cm_link *next = idle->next;
        idle->next = NULL;
        close_counted(cx, p, idle);
        idle = next;
    }
}
