/* Engines: what a URL and options become. Making one connects nowhere. */
#include "engine/engine_int.h"

#include <string.h>

static void free_pairs(cm_ctx *cx, char **pairs) {
    for (size_t i = 0; pairs && pairs[i]; i++) cm__free(cx, pairs[i]);
    cm__free(cx, pairs);
}

static size_t count_pairs(const char *const *pairs) {
    size_t n = 0;
    while (pairs && pairs[n]) n += 2;
    return n;
}

/* The URL's query, then connect_args, which win: copies. */
static cm_status copy_args(cm_ctx *cx, const char *const *query, const char *const *args, char ***out) {
    size_t nquery = count_pairs(query), nargs = count_pairs(args);
    char **v = cm__alloc(cx, (nquery + nargs + 1) * sizeof *v);
    *out = v;
    if (!v) return CM_E_NOMEM;
    for (size_t i = 0; i < nquery + nargs; i++) {
        const char *from = i < nquery ? query[i] : args[i - nquery];
        v[i] = cm__strdup(cx, from ? from : "");
        if (!v[i]) return CM_E_NOMEM;
    }
    return CM_OK;
}

static cm_status check_options(cm_ctx *cx, const cm_engine_options *o) {
    if (o->version != 1) return cm__fail(cx, CM_E_ARGUMENT, "engine options of version %u are unknown", o->version);
    if (!o->url) return cm__fail(cx, CM_E_ARGUMENT, "an engine needs a database URL");
    if (o->pool_size < 0) return cm__fail(cx, CM_E_ARGUMENT, "pool_size must not be negative");
    if (!(o->pool_timeout_s >= 0 && o->pool_timeout_s < 1e9))
        return cm__fail(cx, CM_E_ARGUMENT, "pool_timeout must be a number of seconds");
    if (!(o->pool_recycle_s < 1e12)) return cm__fail(cx, CM_E_ARGUMENT, "pool_recycle must be a number of seconds");
    return CM_OK;
}

/* Driver and dialect by the URL's backend, unless they were given. */
static cm_status choose(cm_ctx *cx, cm_engine *e) {
    const cm_engine_options *o = &e->options;
    const char *backend = e->url->backend;
    e->driver = o->driver ? o->driver : cm_driver_find(backend);
    if (!e->driver) return cm__fail(cx, CM_E_ARGUMENT, "Can't load plugin: no driver for the database %s is built in or loaded", backend);
    e->dialect = o->dialect ? o->dialect : cm_dialect_find(backend);
    if (!e->dialect) e->dialect = cm_dialect_find(e->driver->name);
    return e->dialect ? CM_OK : cm__fail(cx, CM_E_ARGUMENT, "Can't load plugin: there is no dialect named %s", backend);
}

static cm_status fill(cm_ctx *cx, cm_engine *e, const cm_engine_options *o) {
    cm_status st = cm_url_parse(cx, o->url, &e->url);
    if (st) return st;
    e->options = *o;
    e->options.url = NULL;
    e->options.connect_args = NULL;
    if ((st = choose(cx, e))) return st;
    if ((st = cm_url_format(cx, e->url, true, &e->url_text))) return st;
    if ((st = copy_args(cx, e->url->query, o->connect_args, &e->args))) return st;
    if (e->driver->configure && (st = e->driver->configure(cx, e->url, (const char *const *)e->args))) return st;
    bool in_memory = e->driver->in_memory && e->driver->in_memory(e->url);
    if ((st = cm_pool__init(cx, &e->pool, o, in_memory))) return st;
    return cm_plans__init(cx, &e->plans, o->plan_cache);
}

cm_status cm_engine_new(cm_ctx *cx, const cm_engine_options *options, cm_engine **out) {
    *out = NULL;
    cm_status st = check_options(cx, options);
    if (st) return st;
    cm_engine *e = cm__alloc(cx, sizeof *e);
    if (!e) return CM_E_NOMEM;
    e->refs = 1;
    e->env = cx->env;
    cm__count(cx, CM_COUNT_ENGINE, 1);
    st = fill(cx, e, options);
    if (st) {
        cm_engine_release(cx, e);
        return st;
    }
    *out = e;
    return CM_OK;
}

void cm_engine_retain(cm_engine *engine) { __atomic_fetch_add(&engine->refs, 1, __ATOMIC_RELAXED); }

void cm_engine_release(cm_ctx *cx, cm_engine *e) {
    if (!e || __atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (e->pool.isolated) cm_engine_restore(cx, e);
    cm_pool__dispose(cx, &e->pool);
    cm_plans__dispose(cx, &e->plans);
    if (e->host_dialect) cm__host(cx)->release(cx, e->host_dialect);
    free_pairs(cx, e->args);
    cm_url_free(cx, e->url);
    cm__free(cx, e->url_text);
    cm__free(cx, e);
    cm__count(cx, CM_COUNT_ENGINE, -1);
}

void cm_engine_dispose(cm_ctx *cx, cm_engine *engine) {
    cm_pool__close_idle(cx, &engine->pool);
    cm_plans__clear(cx, &engine->plans);
}

/* ---- what hosts ask */

const char *cm_engine_url(const cm_engine *engine) { return engine->url_text; }
const char *cm_engine_driver_name(const cm_engine *engine) { return engine->driver->name; }
const cm_dialect *cm_engine_dialect(const cm_engine *engine) { return engine->dialect; }
int cm_engine_server_version(const cm_engine *engine) { return engine->server_version; }

void cm_engine_set_echo(cm_engine *engine, void (*echo)(void *user, const char *sql, size_t n, const char *params), void *user) {
    engine->options.echo = echo;
    engine->options.echo_user = user;
}

void cm_engine_set_transact(cm_engine *engine, cm_status (*told)(cm_ctx *, void *, cm_conn *, cm_transact, const char *), void *user) {
    engine->transact_user = user;
    engine->transact = told;
}

void cm_engine_set_watcher(cm_engine *engine, cm_status (*watch)(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event),
                           void *user) {
    engine->watch_user = user;
    engine->watch = watch;
}

void cm_engine_set_host_dialect(cm_ctx *cx, cm_engine *engine, void *object) {
    if (object) cm__host(cx)->retain(cx, object);
    if (engine->host_dialect) cm__host(cx)->release(cx, engine->host_dialect);
    engine->host_dialect = object;
}

void cm_engine_plan_stats(cm_engine *engine, cm_plan_stats *out) {
    cm_plan_cache *p = &engine->plans;
    cm_os *os = &engine->env->os;
    os->mutex_lock(os->user, p->lock);
    *out = (cm_plan_stats){p->n, p->hits, p->misses, p->compiles};
    os->mutex_unlock(os->user, p->lock);
}

void cm_engine_pool_status(const cm_engine *engine, int *idle, int *in_use) {
    const cm_pool *p = &engine->pool;
    cm_os *os = &engine->env->os;
    int resting = 0;
    os->mutex_lock(os->user, p->lock);
    for (const cm_link *link = p->first; link; link = link->next) resting += link->users == 0;
    *idle = resting;
    *in_use = p->nopen - resting;
    os->mutex_unlock(os->user, p->lock);
}

void cm_engine_pool_limits(const cm_engine *engine, cm_pool_kind *kind, int *size, int *max_overflow) {
    *kind = engine->pool.kind;
    *size = engine->pool.size;
    *max_overflow = engine->pool.max_overflow;
}
