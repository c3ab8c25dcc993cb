/* Byte buffer and region allocator. See buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cm_buf__init(cm_buf *b, cm_ctx *cx) {
    memset(b, 0, sizeof *b);
    b->cx = cx;
}

void cm_buf__dispose(cm_buf *b) {
    if (b->cx) cm__free(b->cx, b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

static bool reserve(cm_buf *b, size_t more) {
    if (b->failed) return false;
    size_t need;
    if (__builtin_add_overflow(b->n, more, &need)) {
        b->failed = true;
        cm__nomem(b->cx);
        return false;
    }
    if (need <= b->cap) return true;
    size_t cap = b->cap ? b->cap * 2 : CM_SIZE(256, 8);
    if (cap < need) cap = need;
    char *p = cm_mem(b->cx, b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void cm_buf__add(cm_buf *b, const char *p, size_t n) {
    if (n == 0 || !reserve(b, n)) return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void cm_buf__puts(cm_buf *b, const char *s) { cm_buf__add(b, s, strlen(s)); }
void cm_buf__putc(cm_buf *b, char c) { cm_buf__add(b, &c, 1); }

size_t cm__decimal(char *to, uint64_t n) {
    char digits[20];
    size_t count = 0;
    do digits[count++] = (char)('0' + n % 10);
    while (n /= 10);
    for (size_t i = 0; i < count; i++) to[i] = digits[count - 1 - i];
    return count;
}

void cm_buf__printf(cm_buf *b, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0 || !reserve(b, (size_t)n + 1)) return;
    va_start(ap, format);
    vsnprintf(b->p + b->n, (size_t)n + 1, format, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void cm_buf__insert(cm_buf *b, size_t at, const char *p, size_t n) {
    if (n == 0 || !reserve(b, n)) return;
    memmove(b->p + at + n, b->p + at, b->n - at);
    memcpy(b->p + at, p, n);
    b->n += n;
}

cm_status cm_buf__take(cm_buf *b, char **p, size_t *n) {
    *p = NULL;
    if (n) *n = 0;
    if (!reserve(b, 1)) return CM_E_NOMEM;
    b->p[b->n] = '\0';
    *p = b->p;
    if (n) *n = b->n;
    b->p = NULL;
    b->n = b->cap = 0;
    return CM_OK;
}

/* ---- region */

struct cm_arena_page {
    struct cm_arena_page *next;
    size_t cap; /* bytes behind the header */
};

void cm_arena__init(cm_arena *a, cm_ctx *cx) {
    memset(a, 0, sizeof *a);
    a->cx = cx;
    cm__count(cx, CM_COUNT_ARENA, 1);
}

static void free_pages(cm_arena *a, struct cm_arena_page *page) {
    while (page) {
        struct cm_arena_page *next = page->next;
        cm__free(a->cx, page);
        page = next;
    }
}

void cm_arena__dispose(cm_arena *a) {
    if (!a->cx) return;
    free_pages(a, a->page);
    cm__count(a->cx, CM_COUNT_ARENA, -1);
    memset(a, 0, sizeof *a);
}

void cm_arena__reset(cm_arena *a) {
    if (a->page) {
        free_pages(a, a->page->next);
        a->page->next = NULL;
    }
    a->used = 0;
    a->failed = false;
}

void *cm_arena__alloc(cm_arena *a, size_t n) {
    size_t rounded;
    if (a->failed) return NULL;
    if (__builtin_add_overflow(n, 7, &rounded)) goto fail;
    rounded &= ~(size_t)7;
    if (!a->page || a->page->cap - a->used < rounded) {
        /* the first page is one that malloc has at hand (glibc: up to 1032 bytes), for most regions are small */
        size_t cap = (a->page ? CM_SIZE(4096, 64) : CM_SIZE(1024, 64)) - sizeof(struct cm_arena_page), bytes;
        if (cap < rounded) cap = rounded;
        if (__builtin_add_overflow(cap, sizeof(struct cm_arena_page), &bytes)) goto fail;
        struct cm_arena_page *page = cm_mem(a->cx, NULL, bytes);
        if (!page) goto fail;
        page->next = a->page;
        page->cap = cap;
        a->page = page;
        a->used = 0;
    }
    void *p = (char *)(a->page + 1) + a->used;
    a->used += rounded;
    memset(p, 0, rounded);
    return p;
fail:
    a->failed = true;
    cm__nomem(a->cx);
    return NULL;
}

char *cm_arena__copy(cm_arena *a, const char *p, size_t n) {
    char *q = cm_arena__alloc(a, n + 1);
    if (q && n) memcpy(q, p, n);
    return q;
}

void *cm_arena_alloc(cm_arena *a, size_t n) { return cm_arena__alloc(a, n); }

cm_status cm_arena_new(cm_ctx *cx, cm_arena **out) {
    cm_arena *a = cm__alloc(cx, sizeof *a);
    *out = a;
    if (!a) return CM_E_NOMEM;
    cm_arena__init(a, cx);
    return CM_OK;
}

void cm_arena_free(cm_ctx *cx, cm_arena *a) {
    if (!a) return;
    a->cx = cx;
    cm_arena__dispose(a);
    cm__free(cx, a);
}

void cm_arena_reset(cm_ctx *cx, cm_arena *a) {
    a->cx = cx;
    cm_arena__reset(a);
    a->failed = false;
}
