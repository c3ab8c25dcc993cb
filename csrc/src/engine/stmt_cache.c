/* Prepared statements of a physical connection: least recently used ones go first.
 *
 * Compiled statements are found by their serial number, SQL text by its hash and then by itself; neither compares or hashes
 * the SQL of a compiled statement. A statement that is running is busy: whoever wants it meanwhile gets one of his own,
 * which is not kept. */
#include "engine/engine_int.h"

#include <string.h>

static void unlink_stmt(cm_stmt_cache *c, cm_stmt *s) {
    *(s->newer ? &s->newer->older : &c->newest) = s->older;
    *(s->older ? &s->older->newer : &c->oldest) = s->newer;
    s->newer = s->older = NULL;
}

static void push_newest(cm_stmt_cache *c, cm_stmt *s) {
    s->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = s;
    c->newest = s;
}

static void free_stmt(cm_ctx *cx, cm_link *link, cm_stmt *s) {
    if (!s) return;
    if (s->d) link->driver->finalize(cx, s->d);
    cm__free(cx, s->sql);
    cm__free(cx, s);
}

static void forget(cm_ctx *cx, cm_link *link, cm_stmt *s) {
    cm_stmt_cache *c = &link->stmts;
    cm_map__remove(&c->by_key, s->key);
    unlink_stmt(c, s);
    c->n--;
    s->cached = false;
    if (!s->users) free_stmt(cx, link, s);
}

static uint64_t key_of(const cm_compiled *c) {
    return c->id ? c->id : cm__hash_bytes(c->sql, c->nsql, 0x7465787400000000u | c->flags) | 1ull << 63;
}

/* Prepares with the host left. */
static cm_status prepare(cm_ctx *cx, cm_link *link, const cm_compiled *c, cm_stmt *s) {
    size_t used = c->nsql;
    uint32_t flags = (c->flags & CM_C_TEXT ? CM_PREPARE_TEXT : 0) | (c->id ? 0 : CM_PREPARE_RAW | CM_PREPARE_PERCENTS);
    cm__leave(cx);
    cm_status st = link->driver->prepare(cx, link->d, c->sql, c->nsql, flags, &used, &s->d);
    cm__enter(cx);
    if (st) {
        link->driver->error(cx, link->d, c->sql, c->nsql);
        return st;
    }
    if (used < c->nsql) {
        st = cm__fail(cx, CM_E_PROGRAMMING, "You can only execute one statement at a time.");
        cm__fail_sql(cx, c->sql, c->nsql);
        return st;
    }
    s->kind = (uint8_t)link->driver->kind(s->d);
    return CM_OK;
}

/* Keeps a new statement for the next time; without memory for that it is simply not kept. */
static cm_status keep(cm_ctx *cx, cm_link *link, const cm_compiled *c, cm_stmt *s) {
    cm_stmt_cache *cache = &link->stmts;
    if (!c->id) {
        s->sql = cm_mem(cx, NULL, c->nsql + 1);
        if (!s->sql) return CM_E_NOMEM;
        memcpy(s->sql, c->sql, c->nsql);
        s->nsql = c->nsql;
    }
    cm_status st = cm_map__put(cx, &cache->by_key, s->key, s);
    if (st) return st;
    s->cached = true;
    push_newest(cache, s);
    if (++cache->n > cache->max) {
        cm_stmt *old = cache->oldest;
        while (old && (old->users || old == s)) old = old->newer;
        if (old) forget(cx, link, old);
    }
    return CM_OK;
}

cm_status cm_stmt__get(cm_ctx *cx, cm_link *link, const cm_compiled *c, bool ahead, cm_stmt **out) {
    cm_stmt_cache *cache = &link->stmts;
    uint64_t key = key_of(c);
    cm_stmt *s = cm_map__get(&cache->by_key, key);
    cm_holder__ran(link, c->sql, c->nsql);
    bool taken = s != NULL;
    *out = NULL;
    if (s && (!s->users || (ahead && s->ahead)) && (c->id || (s->nsql == c->nsql && memcmp(s->sql, c->sql, c->nsql) == 0))) {
        if (s != cache->newest) {
            unlink_stmt(cache, s);
            push_newest(cache, s);
        }
        s->users++;
        s->ahead = ahead;
        *out = s;
        return CM_OK;
    }
    s = cm__alloc(cx, sizeof *s);
    if (!s) return CM_E_NOMEM;
    s->key = key;
    cm_status st = prepare(cx, link, c, s);
    if (!st && !taken && cache->max > 0 && !(c->flags & CM_C_DDL)) st = keep(cx, link, c, s);
    if (st) {
        free_stmt(cx, link, s);
        return st;
    }
    s->users = 1;
    s->ahead = ahead;
    *out = s;
    return CM_OK;
}

void cm_stmt__give(cm_ctx *cx, cm_link *link, cm_stmt *s) {
    if (!s || --s->users) return;
    link->driver->reset(s->d, false);
    if (!s->cached) free_stmt(cx, link, s);
}

void cm_stmt__clear(cm_ctx *cx, cm_link *link) {
    while (link->stmts.oldest) forget(cx, link, link->stmts.oldest);
    cm_map__dispose(cx, &link->stmts.by_key);
}
