/* Plans by structural key: a hash table over the words of the key, least recently used plans go first, under one mutex.
 *
 * The words are hashed once, after they were gathered, and compared in full: two plans never meet. A plan is counted: the
 * cache holds one reference, whoever runs it another, so that eviction and dispose() need not wait for anybody. */
#include "engine/engine_int.h"

#include <string.h>

static uint64_t hash_key(const cm_keybuf *key) {
    uint64_t h = key->n;
    for (size_t i = 0; i < key->n; i++) h = (h ^ key->words[i]) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
    return cm__mix(h);
}

static void lock(cm_env *env, cm_plan_cache *p) { env->os.mutex_lock(env->os.user, p->lock); }
static void unlock(cm_env *env, cm_plan_cache *p) { env->os.mutex_unlock(env->os.user, p->lock); }

cm_status cm_plans__init(cm_ctx *cx, cm_plan_cache *p, size_t max) {
    p->max = max;
    p->lock = cx->env->os.mutex_new(cx->env->os.user);
    return p->lock ? CM_OK : cm__nomem(cx);
}

void cm_plans__dispose(cm_ctx *cx, cm_plan_cache *p) {
    if (!p->lock) return;
    cm_plans__clear(cx, p);
    cm__free(cx, p->buckets);
    cx->env->os.mutex_free(cx->env->os.user, p->lock);
    p->lock = NULL;
}

void cm_plan__release(cm_ctx *cx, cm_plan *plan) {
    if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (plan->extra && plan->extra_free) plan->extra_free(cx, plan->extra);
    cm_compiled_free(cx, plan->compiled);
    cm__free(cx, plan->key);
    cm__free(cx, plan);
    cm__count(cx, CM_COUNT_PLAN, -1);
}

/* ---- table and list; the mutex is held */

static void unlink_plan(cm_plan_cache *p, cm_plan *plan) {
    *(plan->newer ? &plan->newer->older : &p->newest) = plan->older;
    *(plan->older ? &plan->older->newer : &p->oldest) = plan->newer;
    plan->newer = plan->older = NULL;
}

static void push_newest(cm_plan_cache *p, cm_plan *plan) {
    plan->older = p->newest;
    *(p->newest ? &p->newest->newer : &p->oldest) = plan;
    p->newest = plan;
}

static cm_plan *find(const cm_plan_cache *p, uint64_t hash, const cm_keybuf *key) {
    cm_plan *plan = p->nbuckets ? p->buckets[hash & (p->nbuckets - 1)] : NULL;
    while (plan && !(plan->hash == hash && plan->nkey == key->n && memcmp(plan->key, key->words, key->n * sizeof *key->words) == 0))
        plan = plan->next;
    return plan;
}

static void insert(cm_plan_cache *p, cm_plan *plan) {
    cm_plan **bucket = &p->buckets[plan->hash & (p->nbuckets - 1)];
    plan->next = *bucket;
    *bucket = plan;
}

static cm_status grow(cm_ctx *cx, cm_plan_cache *p) {
    if (p->n < p->nbuckets) return CM_OK;
    size_t want = p->nbuckets ? p->nbuckets * 2 : CM_SIZE(64, 2);
    cm_plan **buckets = cm__alloc(cx, want * sizeof *buckets);
    if (!buckets) return CM_E_NOMEM;
    cm__free(cx, p->buckets);
    p->buckets = buckets;
    p->nbuckets = want;
    for (cm_plan *plan = p->newest; plan; plan = plan->older) insert(p, plan);
    return CM_OK;
}

/* Takes a plan out of table and list; its reference is the caller's now. */
static void take_out(cm_plan_cache *p, cm_plan *plan) {
    cm_plan **at = &p->buckets[plan->hash & (p->nbuckets - 1)];
    while (*at != plan) at = &(*at)->next;
    *at = plan->next;
    unlink_plan(p, plan);
    p->n--;
}

/* ---- the face */

cm_plan *cm_plan__find(cm_engine *engine, const cm_keybuf *key) {
    cm_plan_cache *p = &engine->plans;
    uint64_t hash = hash_key(key);
    lock(engine->env, p);
    cm_plan *plan = find(p, hash, key);
    if (plan) {
        if (plan != p->newest) {
            unlink_plan(p, plan);
            push_newest(p, plan);
        }
        __atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
        p->hits++;
    } else {
        p->misses++;
    }
    unlock(engine->env, p);
    return plan;
}

/* A plan nobody else knows. Takes compiled and extra, also on failure. */
static cm_status make_plan(cm_ctx *cx, const cm_keybuf *key, cm_compiled *take_compiled, void *take_extra,
                           void (*extra_free)(cm_ctx *, void *), cm_plan **out) {
    cm_plan *plan = cm__alloc(cx, sizeof *plan);
    if (plan) plan->key = cm_mem(cx, NULL, (key->n ? key->n : 1) * sizeof *key->words);
    if (!plan || !plan->key) {
        if (take_extra && extra_free) extra_free(cx, take_extra);
        cm_compiled_free(cx, take_compiled);
        cm__free(cx, plan);
        return CM_E_NOMEM;
    }
    memcpy(plan->key, key->words, key->n * sizeof *key->words);
    plan->nkey = key->n;
    plan->hash = hash_key(key);
    plan->refs = 1;
    plan->compiled = take_compiled;
    plan->extra = take_extra;
    plan->extra_free = extra_free;
    cm__count(cx, CM_COUNT_PLAN, 1);
    *out = plan;
    return CM_OK;
}

cm_status cm_plan__add(cm_ctx *cx, cm_engine *engine, const cm_keybuf *key, cm_compiled *take_compiled, void *take_extra,
                       void (*extra_free)(cm_ctx *, void *), cm_plan **out) {
    cm_plan_cache *p = &engine->plans;
    cm_plan *plan = NULL, *old = NULL;
    *out = NULL;
    cm_status st = make_plan(cx, key, take_compiled, take_extra, extra_free, &plan);
    if (st) return st;
    lock(engine->env, p);
    p->compiles++;
    if (p->max > 0 && !key->uncacheable && !(plan->compiled->flags & CM_C_UNCACHEABLE) &&
        !find(p, plan->hash, key)) { /* else another thread was first: both are right */
        st = grow(cx, p);
        if (!st) {
            insert(p, plan);
            push_newest(p, plan);
            plan->refs++;
            if (++p->n > p->max) take_out(p, old = p->oldest);
        }
    }
    unlock(engine->env, p);
    cm_plan__release(cx, old);
    if (st) {
        cm_plan__release(cx, plan);
        return st;
    }
    *out = plan;
    return CM_OK;
}

void cm_plans__clear(cm_ctx *cx, cm_plan_cache *p) {
    lock(cx->env, p);
    cm_plan *plan = p->newest;
    p->newest = p->oldest = NULL;
    p->n = 0;
    if (p->nbuckets) memset(p->buckets, 0, p->nbuckets * sizeof *p->buckets);
    unlock(cx->env, p);
    while (plan) {
        cm_plan *older = plan->older;
        plan->next = plan->newer = plan->older = NULL;
        cm_plan__release(cx, plan);
        plan = older;
    }
}

cm_keybuf cm_conn__take_key(cm_conn *conn) {
    cm_keybuf key = conn->key;
    memset(&conn->key, 0, sizeof conn->key);
    cm_key__reset(&key);
    return key;
}

void cm_conn__give_key(cm_ctx *cx, cm_conn *conn, cm_keybuf *take_key) {
    cm_key__dispose(cx, &conn->key);
    conn->key = *take_key;
    memset(take_key, 0, sizeof *take_key);
}

cm_status cm_conn__plan(cm_ctx *cx, cm_conn *conn, cm_node *stmt, cm_keybuf *key, const cm_plan_terms *terms, cm_plan **out) {
    static const cm_plan_terms none = {0};
    const cm_plan_terms *t = terms ? terms : &none;
    cm_engine *engine = conn->engine;
    cm_compiled *compiled = NULL;
    *out = NULL;
    key->whole_lists = (engine->dialect->features & CM_F_ARRAY_IN) != 0;
    cm_status st = cm_key__add(cx, key, stmt);
    if (!st) st = cm_key__word(cx, key, t->nnames | (uint64_t)t->nrows << 32 | (uint64_t)t->arrays << 63);
    for (size_t i = 0; i < t->nnames && !st; i++) st = cm_key__bytes(cx, key, t->names[i], strlen(t->names[i]));
    if (st) return st;
    st = cm_schema_map__key(cx, key, conn->schemas);
    if (st) return st;
    if (!key->uncacheable && (*out = cm_plan__find(engine, key))) return CM_OK;
    cm_compile_request request = {.dialect = engine->dialect,
                                  .key = key,
                                  .names = t->names,
                                  .nnames = t->nnames,
                                  .nrows = t->nrows,
                                  .arrays = t->arrays,
                                  .params = CM_PARAM_DIALECT,
                                  .render_postcompile = true,
                                  .for_execution = true,
                                  .lints = !engine->options.no_linting,
                                  .host_dialect = engine->host_dialect,
                                  .schema_map = conn->schemas ? conn->schemas->pairs : NULL};
    st = cm_sql__compile(cx, stmt, &request, &compiled);
    return st ? st : cm_plan__add(cx, engine, key, compiled, NULL, NULL, out);
}
