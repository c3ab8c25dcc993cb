/* visible to: every room */
/* Growable byte buffer and region allocator. Both are sticky: append freely, check once at the end. */
#ifndef CM_BASE_BUF_H
#define CM_BASE_BUF_H

#include "base/ctx.h"

typedef struct cm_buf {
    cm_ctx *cx;
    char *p;          /* not NUL-terminated until cm_buf__take */
    size_t n, cap;
    bool failed;      /* an append did not fit in memory; all later ones are ignored */
} cm_buf;
void cm_buf__init(cm_buf *b, cm_ctx *cx);
void cm_buf__dispose(cm_buf *b);
void cm_buf__add(cm_buf *b, const char *p, size_t n);
void cm_buf__puts(cm_buf *b, const char *s);
size_t cm__decimal(char *to, uint64_t n); /* the digits of a number, at most 20, without an end; how many */
void cm_buf__putc(cm_buf *b, char c);
void cm_buf__printf(cm_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Inserts at a position, for text whose prefix is known late. */
void cm_buf__insert(cm_buf *b, size_t at, const char *p, size_t n);
/* Hands over the NUL-terminated bytes; the buffer is empty again. owns: caller, cm__free. fails: CM_E_NOMEM. */
cm_status cm_buf__take(cm_buf *b, char **p, size_t *n);

/* Region: pieces are freed together. */
struct cm_arena {
    cm_ctx *cx;
    struct cm_arena_page *page;
    size_t used;      /* bytes of the first page in use */
    bool failed;
};
void cm_arena__init(cm_arena *a, cm_ctx *cx);
void cm_arena__dispose(cm_arena *a);
void cm_arena__reset(cm_arena *a); /* keeps one page */
void *cm_arena__alloc(cm_arena *a, size_t n); /* zeroed, 8-byte aligned; NULL when memory ran out (sticky) */
char *cm_arena__copy(cm_arena *a, const char *p, size_t n); /* with a NUL */

#endif
