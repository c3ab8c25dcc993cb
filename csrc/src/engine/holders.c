/* Who holds the links of a pool: what a pool that is empty for too long tells.
 *
 * For each link in use: thread, how long, where in the program it was taken (cm_host.call_site, links of servers only, where
 * taking one costs a wait anyway) and its last statement, whose first bytes each run leaves in the link. */
#include "engine/engine_int.h"

#include <string.h>

enum { TOLD_MAX = 8 };

void cm_holder__took(cm_ctx *cx, cm_pool *p, cm_link *link) {
    const cm_host *host = cm__host(cx);
    const cm_os *os = &cx->env->os;
    link->taken_us = cm__now_us(cx);
    link->holder = os->thread_id(os->user);
    if (host->call_site && link->driver->network) host->call_site(cx, &link->site, &link->site_at);
    os->mutex_lock(os->user, p->lock);
    link->prev_held = NULL;
    link->next_held = p->held;
    if (p->held) p->held->prev_held = link;
    p->held = link;
    os->mutex_unlock(os->user, p->lock);
}

void cm_holder__gave(cm_ctx *cx, cm_pool *p, cm_link *link) {
    const cm_os *os = &cx->env->os;
    void *site = link->site;
    os->mutex_lock(os->user, p->lock);
    if (link->prev_held) link->prev_held->next_held = link->next_held;
    else if (p->held == link) p->held = link->next_held;
    if (link->next_held) link->next_held->prev_held = link->prev_held;
    link->next_held = link->prev_held = NULL;
    link->site = NULL;
    os->mutex_unlock(os->user, p->lock);
    if (site) cm__host(cx)->release(cx, site);
}

/* Word by word, since another thread may be reading. */
void cm_holder__ran(cm_link *link, const char *sql, size_t n) {
    uint64_t words[CM_LAST_SQL / 8] = {0};
    size_t used = n < CM_LAST_SQL - 1 ? n : CM_LAST_SQL - 1;
    memcpy(words, sql, used);
    for (size_t i = 0; i <= used / 8; i++) __atomic_store_n(&link->last_sql[i], words[i], __ATOMIC_RELAXED);
}

typedef struct holder {
    uint64_t thread;
    int64_t us;
    void *site;
    int site_at;
    uint64_t sql[CM_LAST_SQL / 8];
} holder;

/* A copy is taken under the mutex, and told without it: the host is asked. */
static size_t copy_holders(cm_ctx *cx, const cm_pool *p, holder *out, size_t *more) {
    const cm_os *os = &cx->env->os;
    size_t n = 0;
    *more = 0;
    os->mutex_lock(os->user, p->lock);
    for (const cm_link *link = p->held; link; link = link->next_held) {
        if (n == TOLD_MAX) {
            ++*more;
            continue;
        }
        out[n] = (holder){.thread = link->holder, .us = link->taken_us, .site = link->site, .site_at = link->site_at};
        for (size_t i = 0; i < CM_LAST_SQL / 8; i++) out[n].sql[i] = __atomic_load_n(&link->last_sql[i], __ATOMIC_RELAXED);
        if (link->site) cm__host(cx)->retain(cx, link->site);
        n++;
    }
    os->mutex_unlock(os->user, p->lock);
    return n;
}

static void write_text(void *user, const char *p, size_t n) { cm_buf__add(user, p, n); }

/* On one line: what is no printable ASCII or UTF-8 becomes a space. */
static void write_sql(cm_buf *b, const char *sql) {
    size_t n = strlen(sql); /* the last byte is never written */
    for (size_t i = 0; i < n; i++) cm_buf__putc(b, (unsigned char)sql[i] < ' ' ? ' ' : sql[i]);
    if (n == CM_LAST_SQL - 1) cm_buf__puts(b, "...");
}

void cm_holder__tell(cm_ctx *cx, const cm_pool *p, cm_buf *b) {
    holder holders[TOLD_MAX];
    size_t more, n = copy_holders(cx, p, holders, &more);
    const cm_host *host = cm__host(cx);
    int64_t now = cm__now_us(cx);
    for (size_t i = 0; i < n; i++) {
        const holder *h = &holders[i];
        cm_buf__printf(b, "\n  held for %.1f s by ", (double)(now - h->us) / 1e6);
        if (host->call_site_text) host->call_site_text(cx, h->thread, h->site, h->site_at, write_text, b);
        else cm_buf__printf(b, "thread %llu", (unsigned long long)h->thread);
        if (*(const char *)h->sql) {
            cm_buf__puts(b, ": ");
            write_sql(b, (const char *)h->sql);
        }
        if (h->site) host->release(cx, h->site);
    }
    if (more) cm_buf__printf(b, "\n  and %zu more", more);
}
