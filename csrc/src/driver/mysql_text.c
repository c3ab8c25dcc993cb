/* Statements with their values written into them, as literals: what the server prepares not at all, or takes no values for
 * (KILL ?, SHOW ... LIKE ?), or sees no equal expressions in while values are unknown (ONLY_FULL_GROUP_BY on MySQL); and rows of
 * an INSERT as one statement where the server takes no arrays.
 *
 * No literal depends on sql_mode or the session's character set: a string with a backslash in it is written in hexadecimal. */
#include "driver/mysql_int.h"

#include <stdio.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static cm_status put(cm_ctx *cx, my_part *to, const char *p, size_t n) {
    char *room = cm_mysql__part_room(cx, to, n);
    if (room && n) memcpy(room, p, n);
    return room ? CM_OK : CM_E_NOMEM;
}

static cm_status put_text(cm_ctx *cx, my_part *to, const char *text) { return put(cx, to, text, strlen(text)); }

/* ---- literals */

static cm_status put_hex(cm_ctx *cx, my_part *to, const char *p, size_t n) {
    char *room = cm_mysql__part_room(cx, to, 2 * n + 3);
    if (!room) return CM_E_NOMEM;
    *room++ = 'x';
    *room++ = '\'';
    for (size_t i = 0; i < n; i++) {
        *room++ = hex[(uint8_t)p[i] >> 4];
        *room++ = hex[(uint8_t)p[i] & 15];
    }
    *room = '\'';
    return CM_OK;
}

static cm_status put_string(cm_ctx *cx, my_part *to, bool bytes, const char *p, size_t n) {
    size_t quotes = 0;
    for (size_t i = 0; i < n; i++) quotes += p[i] == '\'';
    bool plain = !n || !memchr(p, '\\', n);
    cm_status st = bytes ? put_text(cx, to, "_binary ") : plain ? CM_OK : put_text(cx, to, "_utf8mb4 ");
    if (st || !plain) return st ? st : put_hex(cx, to, p, n);
    char *room = cm_mysql__part_room(cx, to, n + quotes + 2);
    if (!room) return CM_E_NOMEM;
    *room++ = '\'';
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\'') *room++ = '\'';
        *room++ = p[i];
    }
    *room = '\'';
    return CM_OK;
}

/* What an exponent makes a binary number of is written as text. */
static cm_status put_decimal(cm_ctx *cx, my_part *to, const char *p, size_t n) {
    bool plain = n > 0;
    for (size_t i = 0; i < n; i++) plain = plain && ((p[i] >= '0' && p[i] <= '9') || p[i] == '.' || (i == 0 && p[i] == '-'));
    return plain ? put(cx, to, p, n) : put_string(cx, to, false, p, n);
}

static cm_status put_double(cm_ctx *cx, my_part *to, double d) {
    char text[48];
    snprintf(text, sizeof text, "%.17g", d);
    cm_status st = put_text(cx, to, text);
    return st || strchr(text, 'e') ? st : put_text(cx, to, "e0");
}

static cm_status put_moment(cm_ctx *cx, my_part *to, const cm_value *v) {
    bool clock = v->kind == CM_DATETIME;
    char text[48];
    size_t n = cm_civil_format(&v->u.t, (cm_value_kind)v->kind, clock, text);
    cm_status st = put_text(cx, to, clock ? "TIMESTAMP" : "DATE");
    return st ? st : put_string(cx, to, false, text, n);
}

static cm_status put_duration(cm_ctx *cx, my_part *to, int64_t us) {
    uint64_t left = us < 0 ? (uint64_t)0 - (uint64_t)us : (uint64_t)us;
    char text[64];
    snprintf(text, sizeof text, "TIME'%s%02llu:%02u:%02u.%06u'", us < 0 ? "-" : "", (unsigned long long)(left / 3600000000u),
             (unsigned)(left / 60000000u % 60), (unsigned)(left / 1000000u % 60), (unsigned)(left % 1000000u));
    return put_text(cx, to, text);
}

/* Parameter i, which begins at `from` of the wire form. */
static cm_status put_literal(cm_ctx *cx, const cm_dstmt *s, size_t i, size_t from, my_part *to) {
    MYSQL_FIELD field = {.type = (enum enum_field_types)s->types[i]};
    my_column column = {.type = (uint8_t)field.type, .binary = field.type == MYSQL_TYPE_BLOB};
    cm_value v = {.kind = CM_NULL};
    char text[32];
    if (field.type == MYSQL_TYPE_NULL) return put_text(cx, to, "NULL");
    cm_mysql__decoder (&field)(&column, s->values + from, s->values + s->ends[i], &v);
    switch ((cm_value_kind)v.kind) {
    case CM_INT: snprintf(text, sizeof text, "%lld", (long long)v.u.i); return put_text(cx, to, text);
    case CM_DOUBLE: return put_double(cx, to, v.u.d);
    case CM_DECIMAL: return put_decimal(cx, to, v.u.s.p, v.u.s.n);
    case CM_DATE:
    case CM_DATETIME: return put_moment(cx, to, &v);
    case CM_INTERVAL: return put_duration(cx, to, v.u.i);
    default: return put_string(cx, to, v.kind == CM_BLOB, v.u.s.p, v.u.s.n);
    }
}

/* ---- statements */

/* sql[at, end) with the parameters from *i on in place of its placeholders */
static cm_status fill(cm_ctx *cx, const cm_dstmt *s, size_t at, size_t end, size_t *i, my_part *to) {
    cm_status st = CM_OK;
    while (!st && at < end) {
        size_t mark = cm_scan__mark(&cm_mysql__style, s->sql, end, at);
        st = put(cx, to, s->sql + at, mark - at);
        if (!st && mark < end && *i < s->nparams) {
            st = put_literal(cx, s, *i, *i ? s->ends[*i - 1] : 0, to);
            ++*i;
        }
        at = mark + 1;
    }
    return st;
}

cm_status cm_mysql__fill(cm_ctx *cx, const cm_dstmt *s, my_part *to) {
    size_t i = 0;
    return fill(cx, s, 0, s->nsql, &i, to);
}

bool cm_mysql__rows_as_text(cm_dstmt *s) {
    if (s->conn->mariadb || !s->inserts) return false;
    if (!s->row_end && !cm_scan__row(&cm_mysql__style, s->sql, s->nsql, &s->row_at, &s->row_end)) s->inserts = false;
    return s->inserts;
}

cm_status cm_mysql__add_row(cm_ctx *cx, const cm_dstmt *s, my_part *to) {
    size_t i = 0;
    cm_status st = to->n ? put_text(cx, to, ", ") : put(cx, to, s->sql, s->row_at);
    return st ? st : fill(cx, s, s->row_at, s->row_end, &i, to);
}

/* What a row may come to at most. */
size_t cm_mysql__row_size(const cm_dstmt *s) { return s->nsql + 2 * s->nvalues + 48 * s->nparams; }

cm_status cm_mysql__end_rows(cm_ctx *cx, const cm_dstmt *s, my_part *to) { return put(cx, to, s->sql + s->row_end, s->nsql - s->row_end); }
