/* Isolation of tests: an engine all of whose connections are one, inside a transaction that is rolled back.
 *
 * The link is a shared one, as those of databases in memory are: it has a lock, and one writer at a time (engine_int.h). For
 * a database in memory it is the link that all connections share anyway; else it is one more, which the pool's list does
 * not hold. What happens inside the transaction is the driver's: cm_driver.nest makes its transactions savepoints.
 *
 * The engine keeps the link in use until it is restored. Connections that outlive that find the link dead, or, in memory,
 * go on outside. */
#include "engine/engine_int.h"

static bool is_shared(const cm_engine *engine) { return engine->pool.kind == CM_POOL_STATIC; }

static cm_status nest(cm_ctx *cx, cm_link *link, bool on) {
    cm_link__lock(cx, link);
    cm__leave(cx);
    cm_status st = link->driver->nest(cx, link->d, on);
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, on ? "BEGIN" : "ROLLBACK", on ? 5 : 8);
    cm_link__settle(cx, link);
    cm_link__unlock(cx, link);
    return st;
}

/* A link of the pool's own where all connections share it, else a new one beside the pool's. */
static cm_status open_link(cm_ctx *cx, cm_engine *engine, cm_link **out) {
    cm_pool *p = &engine->pool;
    int idle, in_use;
    if (is_shared(engine)) {
        cm_status st = cm_pool__take(cx, engine, out);
        if (st || !(*out)->driver->in_transaction((*out)->d)) return st;
        return cm__fail(cx, CM_E_INVALID_REQUEST, "%s cannot be isolated: a transaction is open; end it first", engine->url_text);
    }
    cm_engine_pool_status(engine, &idle, &in_use);
    if (in_use > 0)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "%s cannot be isolated: %d of its connections are in use; end their transactions first",
                        engine->url_text, in_use);
    cm_status st = cm_link__open(cx, engine, true, out);
    if (st) return st;
    (*out)->users = 1;
    (*out)->generation = UINT64_MAX; /* not of the pool's list */
    cx->env->os.mutex_lock(cx->env->os.user, p->lock);
    p->nopen++;
    cx->env->os.mutex_unlock(cx->env->os.user, p->lock);
    return CM_OK;
}

cm_status cm_engine_isolate(cm_ctx *cx, cm_engine *engine) {
    cm_link *link = NULL;
    if (engine->pool.isolated) return cm__fail(cx, CM_E_INVALID_REQUEST, "%s is isolated already", engine->url_text);
    if (!engine->driver->nest)
        return cm__fail(cx, CM_E_DB_UNSUPPORTED, "the %s driver has no isolation of tests yet", engine->driver->name);
    cm_status st = open_link(cx, engine, &link);
    if (!st) st = nest(cx, link, true);
    if (!st) engine->pool.isolated = link;
    else if (link) cm_pool__give(cx, engine, link);
    return st;
}

cm_status cm_engine_restore(cm_ctx *cx, cm_engine *engine) {
    cm_link *link = engine->pool.isolated;
    if (!link) return cm__fail(cx, CM_E_INVALID_REQUEST, "%s is not isolated", engine->url_text);
    engine->pool.isolated = NULL;
    cm_status st = nest(cx, link, false);
    if (st || !is_shared(engine)) link->dead = true;
    cm_pool__give(cx, engine, link);
    return st;
}
