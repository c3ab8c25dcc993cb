/* Literals, types, casts and column definitions of MySQL and MariaDB. */
#include "sql/mysql.h"

#include <strings.h>

/* A backslash escapes in string literals of a server whose sql_mode has no NO_BACKSLASH_ESCAPES; the driver sees to that. */
void cm_mysql__string(cm_buf *b, const char *p, size_t n) {
    cm_buf__putc(b, '\'');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\'' || p[i] == '\\') cm_buf__putc(b, p[i]);
        cm_buf__putc(b, p[i]);
    }
    cm_buf__putc(b, '\'');
}

static void write_bytes(cm_buf *b, const char *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    cm_buf__puts(b, "x'");
    for (size_t i = 0; i < n; i++) {
        cm_buf__putc(b, digits[(uint8_t)p[i] >> 4]);
        cm_buf__putc(b, digits[(uint8_t)p[i] & 15]);
    }
    cm_buf__putc(b, '\'');
}

cm_status cm_mysql__literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v) {
    (void)cx;
    switch (v->kind) {
    case CM_TEXT:
        if (memchr(v->u.s.p, '\0', v->u.s.n)) return CM_E_COMPILE;
        cm_mysql__string(b, v->u.s.p, v->u.s.n);
        return CM_OK;
    case CM_BLOB: write_bytes(b, v->u.s.p, v->u.s.n); return CM_OK;
    default: return cm_sql__literal(b, type, v, false, true);
    }
}

static cm_status needs_length(cm_ctx *cx, const cm_type_def *d) {
    return cm__fail(cx, CM_E_COMPILE, "%s requires a length on dialect mysql", d->spelling ? d->spelling : "VARCHAR");
}

/* NATIONAL VARCHAR(20) COLLATE x */
static cm_status write_national(cm_ctx *cx, cm_buf *b, const cm_type_def *d, const char *word) {
    cm_buf__puts(b, word);
    if (d->length >= 0) cm_buf__printf(b, "(%d)", (int)d->length);
    if (!d->collation) return CM_OK;
    cm_buf__puts(b, " COLLATE ");
    return cm_sql__quote(cx, b, &cm__dialect_mysql, d->collation, strlen(d->collation), 0);
}

static void write_enum(cm_buf *b, const cm_type_def *d) {
    cm_buf__puts(b, "ENUM(");
    for (size_t i = 0; i < d->nlabels; i++) {
        if (i) cm_buf__putc(b, ',');
        cm_mysql__string(b, d->labels[i], strlen(d->labels[i]));
    }
    cm_buf__putc(b, ')');
}

static bool is_spelled(const cm_type_def *d, const char *word) { return d->spelling && strcasecmp(d->spelling, word) == 0; }

static cm_status write_type_of(cm_ctx *cx, cm_buf *b, const cm_type *type, bool uuid) {
    const cm_type_def *d = &type->def;
    switch (d->kind) {
    case CM_T_BOOLEAN: cm_buf__puts(b, "BOOL"); return CM_OK;
    case CM_T_STRING:
        if (is_spelled(d, "NCHAR")) return write_national(cx, b, d, "NATIONAL CHAR");
        if (d->length < 0 && !(d->flags & CM_TYPE_FIXED) && (!d->spelling || is_spelled(d, "VARCHAR") || is_spelled(d, "NVARCHAR")))
            return needs_length(cx, d);
        if (is_spelled(d, "NVARCHAR")) return write_national(cx, b, d, "NATIONAL VARCHAR");
        break;
    case CM_T_FLOAT:
        if (d->spelling) break;
        cm_buf__puts(b, "FLOAT");
        if (d->precision >= 0) cm_buf__printf(b, "(%d)", (int)d->precision);
        return CM_OK;
    case CM_T_BLOB:
        if (is_spelled(d, "VARBINARY") && d->length < 0) return needs_length(cx, d);
        if (d->spelling || d->length < 0) break;
        cm_buf__printf(b, "BLOB(%d)", (int)d->length);
        return CM_OK;
    case CM_T_UUID:
        if (!uuid || !(d->flags & CM_TYPE_NATIVE)) break;
        cm_buf__puts(b, "UUID");
        return CM_OK;
    case CM_T_ENUM:
        if (!(d->flags & CM_TYPE_NATIVE)) break;
        write_enum(b, d);
        return CM_OK;
    case CM_T_ARRAY: return cm__fail(cx, CM_E_UNSUPPORTED, "MySQL and MariaDB have no type for an ARRAY");
    default: break;
    }
    return cm_sql__type(cx, b, &cm__dialect_mysql, type, false);
}

cm_status cm_mysql__type(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast) {
    (void)for_cast;
    return write_type_of(cx, b, type, false);
}

cm_status cm_mysql__type_uuid(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast) {
    (void)for_cast;
    return write_type_of(cx, b, type, true);
}

/* Where the spelling of a type stands in the buffer; it may be the host's own (unsigned integers, character sets). */
static cm_status spelled(cm_compiler *c, const cm_type *type, size_t *at) {
    *at = c->b.n;
    return cm_compiler__spell(c, type, false);
}

bool cm_mysql__mentions(const cm_compiler *c, size_t at, const char *word) {
    size_t n = strlen(word);
    for (; !c->b.failed && at + n <= c->b.n; at++)
        if (memcmp(c->b.p + at, word, n) == 0) return true;
    return false;
}

/* CHAR(20) CHARACTER SET x: the character set of a type that names one */
static cm_status write_char(cm_compiler *c, const cm_type *type) {
    static const char charset[] = " CHARACTER SET ";
    const cm_type_def *d = &type->def;
    cm_out(c, "CHAR");
    if (d->kind == CM_T_ENUM) return CM_OK;
    if (d->length >= 0) cm_buf__printf(&c->b, "(%d)", (int)d->length);
    if (!(d->flags & CM_TYPE_SPELLED)) return CM_OK;
    size_t start = c->b.n, at;
    cm_status st = spelled(c, type, &at);
    while (!c->b.failed && at + sizeof charset <= c->b.n && memcmp(c->b.p + at, charset, sizeof charset - 1) != 0) at++;
    if (c->b.failed || at + sizeof charset > c->b.n) {
        c->b.n = start;
        return st;
    }
    size_t end = at + sizeof charset - 1;
    while (end < c->b.n && c->b.p[end] != ' ') end++;
    memmove(c->b.p + start, c->b.p + at, end - at);
    c->b.n = start + (end - at);
    return st;
}

/* CAST knows few types: SIGNED INTEGER, CHAR(20) CHARACTER SET x, DECIMAL(10, 2), DATETIME(6), ... */
cm_status cm_mysql__cast_type(cm_compiler *c, const cm_type *type) {
    const cm_type_def *d = &type->def;
    size_t at;
    cm_status st = CM_OK;
    switch (d->kind) {
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BIGINT:
        st = spelled(c, type, &at);
        bool is_unsigned = cm_mysql__mentions(c, at, "UNSIGNED");
        c->b.n = at;
        cm_out(c, is_unsigned ? "UNSIGNED INTEGER" : "SIGNED INTEGER");
        return st;
    case CM_T_NUMERIC:
        cm_out(c, "DECIMAL");
        if (d->precision < 0) return CM_OK;
        if (d->scale >= 0) cm_buf__printf(&c->b, "(%d, %d)", (int)d->precision, (int)d->scale);
        else cm_buf__printf(&c->b, "(%d)", (int)d->precision);
        return CM_OK;
    case CM_T_DATETIME:
        st = spelled(c, type, &at);
        if (!cm_mysql__mentions(c, at, "TIMESTAMP")) return st;
        c->b.n = at;
        cm_out(c, "DATETIME");
        return st;
    case CM_T_INTERVAL: cm_out(c, "DATETIME"); return CM_OK;
    case CM_T_STRING:
    case CM_T_TEXT:
    case CM_T_ENUM: return write_char(c, type);
    case CM_T_BLOB: cm_out(c, "BINARY"); return CM_OK;
    case CM_T_BOOLEAN: cm_out(c, "SIGNED INTEGER"); return CM_OK;
    case CM_T_JSON: cm_out(c, cm_has(c, CM_F_JSON_TEXT) ? "CHAR" : "JSON"); return CM_OK;
    case CM_T_UUID:
        if (cm_has(c, CM_F_NATIVE_UUID)) break;
        cm_out(c, "CHAR(32)");
        return CM_OK;
    default: break;
    }
    return spelled(c, type, &at);
}
