/* Contexts, allocation through them, and the one error record. See ctx.h. */
#include "base/ctx.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const cm_os cm__os_default;

static void *default_mem(void *user, void *p, size_t n) {
    (void)user;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

const char *cm_version(void) { return CM_VERSION_STRING; }

const char *cm_status_name(cm_status st) {
    switch (st) {
#define CM_X(name, value, exception, text)                                                                                                 \
    case name: return #name;
        CM_STATUS_LIST(CM_X)
#undef CM_X
    default: return "CM_E_UNKNOWN";
    }
}

const char *cm_status_text(cm_status st) {
    switch (st) {
#define CM_X(name, value, exception, text)                                                                                                 \
    case name: return text;
        CM_STATUS_LIST(CM_X)
#undef CM_X
    default: return "an unknown status";
    }
}

const char *cm_status_exception(cm_status st) {
    switch (st) {
#define CM_X(name, value, exception, text)                                                                                                 \
    case name: return exception;
        CM_STATUS_LIST(CM_X)
#undef CM_X
    default: return "SQLAlchemyError";
    }
}

const char *cm_counter_name(cm_counter which) {
    static const char *const names[CM_COUNT_MAX] = {"node",   "table", "engine", "conn",    "stmt",  "result",  "plan",
                                                    "mapper", "inst",  "state",  "session", "arena", "compiled"};
    return (unsigned)which < CM_COUNT_MAX ? names[which] : "unknown";
}

int64_t cm_ctx_count(const cm_ctx *cx, cm_counter which) {
    return (unsigned)which < CM_COUNT_MAX ? __atomic_load_n(&cx->env->count[which], __ATOMIC_RELAXED) : 0;
}

cm_status cm_ctx__new(const cm_ctx_options *o, const cm_host *host, cm_ctx **out) {
    cm_alloc alloc = o->alloc ? *o->alloc : (cm_alloc){default_mem, NULL};
    *out = NULL;
    cm_env *env = alloc.mem(alloc.user, NULL, sizeof *env);
    if (!env) return CM_E_NOMEM;
    memset(env, 0, sizeof *env);
    cm_ctx *cx = alloc.mem(alloc.user, NULL, sizeof *cx);
    if (!cx) {
        alloc.mem(alloc.user, env, 0);
        return CM_E_NOMEM;
    }
    memset(cx, 0, sizeof *cx);
    env->alloc = alloc;
    env->os = o->os ? *o->os : cm__os_default;
    env->host = host;
    env->host_data = o->host_data;
    env->refs = 1;
    cx->env = env;
    *out = cx;
    return CM_OK;
}

cm_status cm_ctx_child(cm_ctx *cx, cm_ctx **out) {
    *out = NULL;
    cm_ctx *child = cm__alloc(cx, sizeof *child);
    if (!child) return CM_E_NOMEM;
    child->env = cx->env;
    __atomic_fetch_add(&cx->env->refs, 1, __ATOMIC_RELAXED);
    *out = child;
    return CM_OK;
}

void cm_ctx_free(cm_ctx *cx) {
    if (!cx) return;
    cm_env *env = cx->env;
    cm__free(cx, cx->sql_copy);
    cm__env_mem(env, cx, 0);
    if (__atomic_sub_fetch(&env->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (env->types_free) env->types_free(env);
    cm_alloc alloc = env->alloc;
    alloc.mem(alloc.user, env, 0);
}

void *cm_ctx_host_data(const cm_ctx *cx) { return cx->env->host_data; }
void cm_ctx_leave(cm_ctx *cx) { cm__leave(cx); }
void cm_ctx_enter(cm_ctx *cx) { cm__enter(cx); }
const char *cm_ctx_driver(const cm_ctx *cx) { return cx->driver; }
const char *cm_ctx_set_driver(cm_ctx *cx, const char *name) {
    const char *before = cx->driver;
    cx->driver = name;
    return before;
}
const cm_host *cm_ctx_host(const cm_ctx *cx) { return cx->env->host; }
const cm_error *cm_ctx_error(const cm_ctx *cx) { return &cx->err; }

void cm_ctx_clear(cm_ctx *cx) {
    if (cx->err.status == CM_OK) return;
    cm__free(cx, cx->sql_copy);
    cx->sql_copy = NULL;
    memset(&cx->err, 0, sizeof cx->err);
}

/* ---- memory */

void *cm__env_mem(cm_env *env, void *p, size_t n) { return env->alloc.mem(env->alloc.user, p, n); }

void *cm_mem(cm_ctx *cx, void *p, size_t n) {
    void *q = cm__env_mem(cx->env, p, n);
    if (!q && n > 0) cm__nomem(cx);
    return q;
}

void *cm__alloc(cm_ctx *cx, size_t n) {
    void *p = cm_mem(cx, NULL, n ? n : 1);
    if (p) memset(p, 0, n);
    return p;
}

void cm__free(cm_ctx *cx, void *p) {
    if (p) cm__env_mem(cx->env, p, 0);
}

cm_status cm__grow(cm_ctx *cx, void *address, size_t *cap, size_t need, size_t item) {
    if (need <= *cap) return CM_OK;
    size_t want = *cap ? *cap * 2 : CM_SIZE(8, 1), bytes;
    if (want < need) want = need;
    if (__builtin_mul_overflow(want, item, &bytes)) return cm__nomem(cx);
    void *old, *grown;
    memcpy(&old, address, sizeof old);
    grown = cm_mem(cx, old, bytes);
    if (!grown) return CM_E_NOMEM;
    memcpy(address, &grown, sizeof grown);
    *cap = want;
    return CM_OK;
}

char *cm__strdup(cm_ctx *cx, const char *p) {
    if (!p) return NULL;
    size_t n = strlen(p) + 1;
    char *q = cm_mem(cx, NULL, n);
    if (q) memcpy(q, p, n);
    return q;
}

cm_str *cm_str_new(cm_ctx *cx, const char *p, size_t n) {
    if (n > UINT32_MAX - sizeof(cm_str) - 1) {
        cm__fail(cx, CM_E_ARGUMENT, "a name of %zu bytes is too long", n);
        return NULL;
    }
    cm_str *s = cm_mem(cx, NULL, sizeof *s + n + 1);
    if (!s) return NULL;
    s->refs = 1;
    s->n = (uint32_t)n;
    char *text = (char *)(s + 1);
    if (n) memcpy(text, p, n);
    text[n] = '\0';
    return s;
}

cm_str *cm_str_retain(cm_str *s) {
    if (s) s->refs++;
    return s;
}

void cm_str_release(cm_ctx *cx, cm_str *s) {
    if (s && --s->refs == 0) cm__free(cx, s);
}

cm_status cm_objs_add(cm_ctx *cx, cm_objs *list, void *obj) {
    cm_status st = cm__grow(cx, &list->v, &list->cap, list->n + 1, sizeof *list->v);
    if (st) return st;
    list->v[list->n++] = obj;
    return CM_OK;
}

void cm_objs_free(cm_ctx *cx, cm_objs *list) {
    cm__free(cx, list->v);
    list->v = NULL;
    list->n = list->cap = 0;
}

uint64_t cm_serial(cm_ctx *cx) { return __atomic_add_fetch(&cx->env->serial, 1, __ATOMIC_RELAXED); }

void *cm__none(cm_ctx *cx) {
    if (!cx->env->none) cx->env->none = cx->env->host->none(cx);
    return cx->env->none;
}

/* ---- errors */

static void copy_text(char *to, size_t cap, const char *from) {
    size_t n = strlen(from);
    if (n >= cap) {
        memcpy(to, from, cap - 4);
        memcpy(to + cap - 4, "...", 4);
    } else {
        memcpy(to, from, n + 1);
    }
}

cm_status cm__fail(cm_ctx *cx, cm_status st, const char *format, ...) {
    if (cx->err.status != CM_OK) return st;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(cx->message, sizeof cx->message, format, ap);
    va_end(ap);
    if (n >= (int)sizeof cx->message) memcpy(cx->message + sizeof cx->message - 4, "...", 4);
    cx->err.status = st;
    cx->err.message = cx->message;
    return st;
}

cm_status cm__nomem(cm_ctx *cx) {
    if (cx->err.status == CM_OK) {
        cx->err.status = CM_E_NOMEM;
        cx->err.message = "out of memory";
    }
    return CM_E_NOMEM;
}

void cm__fail_sql(cm_ctx *cx, const char *sql, size_t n) {
    if (cx->err.status == CM_OK || cx->err.sql) return;
    char *copy = cm__env_mem(cx->env, NULL, n + 1);
    if (!copy) return; /* the message still stands */
    memcpy(copy, sql, n);
    copy[n] = '\0';
    cx->sql_copy = copy;
    cx->err.sql = copy;
}

void cm__fail_subject(cm_ctx *cx, const char *format, ...) {
    if (cx->err.subject) return;
    if (cx->err.status == CM_OK) cx->err.status = CM_E_HOST; /* the host holds its exception; only the subject is ours */
    va_list ap;
    va_start(ap, format);
    vsnprintf(cx->subject, sizeof cx->subject, format, ap);
    va_end(ap);
    cx->err.subject = cx->subject;
}

void cm__fail_object(cm_ctx *cx, const char *text) {
    if (cx->err.status == CM_OK || cx->err.object) return;
    copy_text(cx->object, sizeof cx->object, text);
    cx->err.object = cx->object;
}

cm_status cm_bad_value(cm_ctx *cx, size_t position, const char *message) {
    cx->bad_value = position;
    return message ? cm__fail(cx, CM_E_OPERATIONAL, "%s", message) : CM_E_HOST;
}

void cm__fail_code(cm_ctx *cx, int code, const char *code_name, const char *constraint) {
    if (cx->err.status == CM_OK || cx->err.code) return;
    cx->err.code = code;
    if (code_name) {
        copy_text(cx->code_name, sizeof cx->code_name, code_name);
        cx->err.code_name = cx->code_name;
    }
    if (constraint) {
        copy_text(cx->constraint, sizeof cx->constraint, constraint);
        cx->err.constraint = cx->constraint;
    }
}

void cm__fail_move(cm_ctx *to, cm_ctx *from) {
    const cm_error *e = &from->err;
    if (to != from && e->status != CM_OK && to->err.status == CM_OK) {
        cm__fail(to, e->status, "%s", e->message ? e->message : cm_status_text(e->status));
        to->err.disconnected = e->disconnected;
        to->err.retryable = e->retryable;
        memcpy(to->err.sqlstate, e->sqlstate, sizeof e->sqlstate);
        cm__fail_code(to, e->code, e->code_name, e->constraint);
        if (e->sql) cm__fail_sql(to, e->sql, strlen(e->sql));
        if (e->subject) cm__fail_subject(to, "%s", e->subject);
        if (e->object) cm__fail_object(to, e->object);
    }
    if (to != from) cm_ctx_clear(from);
}
