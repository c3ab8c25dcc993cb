/* Values as SQL text (literal_binds, DEFAULT clauses, CHECK lists): for reading and for DDL, where no parameter can stand. */
#include "sql/compiler.h"

#include <math.h>
#include <stdlib.h>

void cm_sql__string(cm_buf *b, const char *p, size_t n) {
    cm_buf__putc(b, '\'');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\'') cm_buf__putc(b, '\'');
        cm_buf__putc(b, p[i]);
    }
    cm_buf__putc(b, '\'');
}

/* The shortest decimal that reads back as the same number. */
static void write_double(cm_buf *b, double d) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d) break;
    }
    cm_buf__puts(b, text);
    if (!strpbrk(text, ".eEni")) cm_buf__puts(b, ".0");
}

static void write_hex(cm_buf *b, const uint8_t *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        cm_buf__putc(b, digits[p[i] >> 4]);
        cm_buf__putc(b, digits[p[i] & 15]);
    }
}

static cm_status write_civil(cm_buf *b, const cm_value *v, bool micro) {
    char text[40];
    size_t n = cm_civil_format(&v->u.t, (cm_value_kind)v->kind, micro || v->u.t.micro, text);
    cm_sql__string(b, text, n);
    return CM_OK;
}

static bool is_number(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!strchr("0123456789+-.eE", p[i]) || !p[i]) return false;
    return n > 0;
}

/* The common ground of dialects. micro: fractions of seconds always; boolean_words: true and false rather than 1 and 0. */
cm_status cm_sql__literal(cm_buf *b, const cm_type *type, const cm_value *v, bool micro, bool boolean_words) {
    switch (v->kind) {
    case CM_NULL: cm_buf__puts(b, "NULL"); return CM_OK;
    case CM_INT:
        if (type && type->def.kind == CM_T_BOOLEAN && boolean_words) cm_buf__puts(b, v->u.i ? "true" : "false");
        else cm_buf__printf(b, "%lld", (long long)v->u.i);
        return CM_OK;
    case CM_BOOL: cm_buf__puts(b, boolean_words ? (v->u.i ? "true" : "false") : (v->u.i ? "1" : "0")); return CM_OK;
    case CM_DOUBLE:
        if (!isfinite(v->u.d)) break;
        write_double(b, v->u.d);
        return CM_OK;
    case CM_DECIMAL:
        if (!is_number(v->u.s.p, v->u.s.n)) break;
        cm_buf__add(b, v->u.s.p, v->u.s.n);
        return CM_OK;
    case CM_TEXT:
        if (memchr(v->u.s.p, '\0', v->u.s.n)) break;
        cm_sql__string(b, v->u.s.p, v->u.s.n);
        return CM_OK;
    case CM_BLOB:
        if (memchr(v->u.s.p, '\0', v->u.s.n) || !cm_utf8_valid(v->u.s.p, v->u.s.n, NULL)) break;
        cm_sql__string(b, v->u.s.p, v->u.s.n);
        return CM_OK;
    case CM_DATE:
    case CM_TIME:
    case CM_DATETIME: return write_civil(b, v, micro);
    case CM_UUID:
        cm_buf__putc(b, '\'');
        write_hex(b, v->u.uuid, 16);
        cm_buf__putc(b, '\'');
        return CM_OK;
    default: break;
    }
    return CM_E_COMPILE; /* the caller names value and type */
}

static void add_text(void *user, const char *p, size_t n) { cm_buf__add(user, p, n); }

static cm_status unrenderable(cm_compiler *c, const cm_type *type, void *value) {
    cm_buf text;
    const char *name = "NULL";
#define CM_X(kind_name, number, visit, value_kind)                                                                                         \
    if (type && type->def.kind == kind_name) name = visit;
    CM_TYPE_LIST(CM_X)
#undef CM_X
    cm_buf__init(&text, c->cx);
    cm__host(c->cx)->describe(c->cx, value, add_text, &text);
    cm_status st = cm__fail(c->cx, CM_E_COMPILE, "No literal value renderer is available for literal value \"%.*s\" with datatype %s",
                            (int)(text.n > 200 ? 200 : text.n), text.p ? text.p : "", name);
    cm_buf__dispose(&text);
    return st;
}

cm_status cm_compiler__literal(cm_compiler *c, const cm_type *type, void *value) {
    bool done = false;
    if (value == cm__none(c->cx)) {
        cm_out(c, "NULL");
        return CM_OK;
    }
    cm_status st = cm_compiler__wrap_literal(c, type, value, &done);
    return st || done ? st : cm_compiler__plain_literal(c, type, value);
}

cm_status cm_compiler__plain_literal(cm_compiler *c, const cm_type *type, void *value) {
    const cm_host *host = cm__host(c->cx);
    cm_arena scratch;
    cm_value v = {.kind = CM_NULL};
    if (!type) type = cm_type_basic(c->cx, CM_T_NULL);
    cm_arena__init(&scratch, c->cx);
    cm_status st = host->encode(c->cx, type, value, &scratch, &v);
    if (!st) {
        size_t at = c->b.n;
        st = c->d->literal ? c->d->literal(c->cx, &c->b, type, &v) : cm_sql__literal(&c->b, type, &v, false, true);
        if (st == CM_E_COMPILE) {
            c->b.n = at;
            st = unrenderable(c, type, value);
        }
    }
    cm_arena__dispose(&scratch);
    return st;
}
