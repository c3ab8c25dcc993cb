/* visible to: every room */
/* Context and environment: what is passed first everywhere. The environment is shared by all contexts of a program
 * (allocator, host, clock, counters, type table, serials); a context adds the error of one line of work. */
#ifndef CM_BASE_CTX_H
#define CM_BASE_CTX_H

#include "cormorant_ext.h"

#define CM_ERROR_TEXT 1024 /* bytes of an error message kept; longer ones end in "..." */

typedef struct cm_env {
    cm_alloc alloc;
    cm_os os;
    const cm_host *host;
    void *host_data;
    uint64_t serial;                 /* last serial handed out */
    uint64_t generation;             /* counts changes to mapped classes: part of every plan key of the ORM */
    int64_t refs;                    /* contexts alive; atomic */
    int64_t count[CM_COUNT_MAX];     /* live objects; atomic */
    struct cm_type_table *types;     /* schema room's intern table; freed by types_free */
    void (*types_free)(struct cm_env *env);
    void *none;                      /* cached host null object */
} cm_env;

struct cm_ctx {
    cm_env *env;
    cm_error err;                    /* err.status CM_OK: none. Strings point into the buffers below or sql_copy */
    char message[CM_ERROR_TEXT];
    char constraint[128], subject[160], object[160], code_name[64];
    char *sql_copy;                  /* owned copy of err.sql */
    const struct cm_bind_row *row;   /* row whose default is being asked for (engine/bind.c), or NULL */
    cm_arena *scratch;               /* reusable arena of the innermost operation, or NULL */
    cm_node *pending;                /* plain C host: nodes to take apart, linked through id */
    bool draining;
    size_t bad_value;                /* position in its row of what the host could not make (cm_bad_value) */
    const char *driver;              /* whose parameters are being encoded; static, or NULL */
    bool left;                       /* the host is left: no host object may be touched (cm__leave, cm__enter) */
};

/* The only two doors of a blocking stretch. Between them drivers may run and memory may be asked for, no host object touched. */
static inline void cm__leave(cm_ctx *cx) {
    cx->left = true;
    cx->env->host->leave(cx);
}
static inline void cm__enter(cm_ctx *cx) {
    cx->env->host->enter(cx);
    cx->left = false;
}

/* What cm_ctx_new (host room, which knows the default host) ends in. */
cm_status cm_ctx__new(const cm_ctx_options *options, const cm_host *host, cm_ctx **out);

/* Allocation through the context's environment. alloc: zeroed n bytes. grow: doubles a growable array when n == *cap.
 * fails: NULL / CM_E_NOMEM, recorded. */
void *cm__alloc(cm_ctx *cx, size_t n);
void cm__free(cm_ctx *cx, void *p);
cm_status cm__grow(cm_ctx *cx, void *array_of_pointers_address, size_t *cap, size_t need, size_t item);
char *cm__strdup(cm_ctx *cx, const char *p); /* NULL gives NULL without failing */
void *cm__env_mem(cm_env *env, void *p, size_t n);
static inline void cm__count(cm_ctx *cx, cm_counter which, int delta) {
    __atomic_fetch_add(&cx->env->count[which], delta, __ATOMIC_RELAXED);
}
/* Adds to a number that is touched with the host held only, and answers the sum: under a lock of the host's, the processor needs none. */
static inline int64_t cm__add_held(const cm_host *host, int64_t *n, int64_t delta) {
    if (!host->locked) return __atomic_add_fetch(n, delta, __ATOMIC_ACQ_REL);
    const int64_t sum = __atomic_load_n(n, __ATOMIC_RELAXED) + delta;
    __atomic_store_n(n, sum, __ATOMIC_RELAXED);
    return sum;
}

/* Records the first failure and answers it: `return cm__fail(cx, CM_E_COMPILE, "no column %s", name);`. Later failures
 * are ignored until cm_ctx_clear. The format knows what printf knows. */
cm_status cm__fail(cm_ctx *cx, cm_status st, const char *format, ...) __attribute__((format(printf, 3, 4)));
cm_status cm__nomem(cm_ctx *cx);
/* Adds details to a failure just recorded; nothing when there is none or the detail is known. */
void cm__fail_sql(cm_ctx *cx, const char *sql, size_t n);
void cm__fail_object(cm_ctx *cx, const char *text);
void cm__fail_subject(cm_ctx *cx, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cm__fail_code(cm_ctx *cx, int code, const char *code_name, const char *constraint);
/* After decode_row failed: the position of the value at fault. */
static inline size_t cm__bad_value(cm_ctx *cx) { return cx->bad_value; }
/* Moves the failure of one context to another (first wins). */
void cm__fail_move(cm_ctx *to, cm_ctx *from);

static inline int64_t cm__now_us(cm_ctx *cx) { return cx->env->os.now_us(cx->env->os.user); }
static inline const cm_host *cm__host(cm_ctx *cx) { return cx->env->host; }
/* Around cleaning up, so that what it calls in the host does not lose the failure that led there. */
static inline void *cm__set_aside(cm_ctx *cx) { return cm__host(cx)->set_aside ? cm__host(cx)->set_aside(cx) : NULL; }
static inline void cm__put_back(cm_ctx *cx, void *failure) {
    if (failure) cm__host(cx)->put_back(cx, failure);
}
void *cm__none(cm_ctx *cx); /* the host's null object, borrowed */

#ifdef CM_DEBUG
#include <assert.h>
#define CM_ASSERT(x) assert(x)
#else
#define CM_ASSERT(x) ((void)0)
#endif

/* Sizes that a test build makes tiny, so that every growth path runs. */
#ifdef CM_TINY
#define CM_SIZE(normal, tiny) (tiny)
#else
#define CM_SIZE(normal, tiny) (normal)
#endif

#endif
