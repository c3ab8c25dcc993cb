/* The other side of kit.c, linked into a driver's own library: the core's functions under their usual names, each a call
 * through the kit. A driver is written once, and linked with the core or beside it. */
#include "driver/kit_client.h"

#include <stdarg.h>
#include <stdio.h>

static const cm_driver_kit *kit; /* set once, before the driver is registered */

bool cm_kit__use(const cm_driver_kit *given) {
    if (!given || given->version != 1) return false;
    kit = given;
    return true;
}

cm_status cm_kit__register(cm_ctx *cx, const char *backend, const cm_driver *driver) { return kit->driver_register(cx, backend, driver); }

void *cm__alloc(cm_ctx *cx, size_t n) { return kit->alloc(cx, n); }
void cm__free(cm_ctx *cx, void *p) { kit->release(cx, p); }
char *cm__strdup(cm_ctx *cx, const char *p) { return kit->strdup(cx, p); }
cm_status cm__nomem(cm_ctx *cx) { return kit->nomem(cx); }
void cm__fail_sql(cm_ctx *cx, const char *sql, size_t n) { kit->fail_sql(cx, sql, n); }
void cm__fail_code(cm_ctx *cx, int code, const char *name, const char *constraint) { kit->fail_code(cx, code, name, constraint); }
const char *cm_option__find(const char *const *options, const char *name) { return kit->option_find(options, name); }
bool cm_option__bool(const char *text, bool *out) { return kit->option_bool(text, out); }
bool cm_option__number(const char *text, double *out) { return kit->option_number(text, out); }
bool cm_option__is(const char *text, const char *word) { return kit->option_is(text, word); }
const cm_type_def *cm_type_get_def(const cm_type *type) { return kit->type_def(type); }
bool cm_civil_parse(const char *p, size_t n, cm_value_kind kind, cm_civil *out) { return kit->civil_parse(p, n, kind, out); }
cm_status cm_arena_new(cm_ctx *cx, cm_arena **out) { return kit->arena_new(cx, out); }
void *cm_arena_alloc(cm_arena *arena, size_t n) { return kit->arena_alloc(arena, n); }
void cm_arena_reset(cm_ctx *cx, cm_arena *arena) { kit->arena_reset(cx, arena); }
void cm_arena_free(cm_ctx *cx, cm_arena *arena) { kit->arena_free(cx, arena); }
cm_status cm_list_parse(cm_ctx *cx, cm_arena *arena, const char *p, size_t n, char delimiter, cm_value *out) {
    return kit->list_parse(cx, arena, p, n, delimiter, out);
}
bool cm_value_is_slice(const cm_value *v) { return kit->value_is_slice(v); }
size_t cm_civil_format(const cm_civil *t, cm_value_kind kind, bool micro, char *out) { return kit->civil_format(t, kind, micro, out); }
int64_t cm_civil_days(const cm_civil *t) { return kit->civil_days(t); }
void cm_civil_of_days(int64_t days, cm_civil *t) { kit->civil_of_days(days, t); }

cm_status cm__fail(cm_ctx *cx, cm_status st, const char *format, ...) {
    char text[CM_ERROR_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return kit->fail(cx, st, "%s", text);
}
