/* Values into the wire form of parameters. The value chooses the type, but text columns are compared with text: a number beside
 * one would make the server compare numbers, and 0 match every word. */
#include "driver/mysql_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *room(cm_ctx *cx, cm_dstmt *s, size_t n) {
    size_t need = s->nvalues + n;
    if (need > s->values_cap) {
        size_t cap = need < 256 ? 256 : need * 2;
        char *grown = cm__alloc(cx, cap);
        if (!grown) return NULL;
        if (s->nvalues) memcpy(grown, s->values, s->nvalues);
        cm__free(cx, s->values);
        s->values = grown;
        s->values_cap = cap;
    }
    char *to = s->values + s->nvalues;
    s->nvalues = need;
    return to;
}

static char *put_number(char *to, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++, v >>= 8) *to++ = (char)(v & 0xff);
    return to;
}

char *cm_mysql__put_length(char *to, size_t n) {
    if (n < 251) return put_number(to, n, 1);
    int bytes = n < 1u << 16 ? 2 : n < 1u << 24 ? 3 : 8;
    *to++ = (char)(bytes == 2 ? 252 : bytes == 3 ? 253 : 254);
    return put_number(to, n, bytes);
}

static cm_status put(cm_ctx *cx, cm_dstmt *s, size_t i, int type, const void *p, size_t n) {
    char *to = room(cx, s, n);
    if (!to) return cm_mysql__nomem(s->conn);
    s->types[i] = (uint16_t)type;
    memcpy(to, p, n);
    return CM_OK;
}

static cm_status put_slice(cm_ctx *cx, cm_dstmt *s, size_t i, int type, const char *p, size_t n) {
    char head[9];
    size_t nhead = (size_t)(cm_mysql__put_length(head, n) - head);
    char *to = room(cx, s, nhead + n);
    if (!to) return cm_mysql__nomem(s->conn);
    s->types[i] = (uint16_t)type;
    memcpy(to, head, nhead);
    if (n) memcpy(to + nhead, p, n);
    return CM_OK;
}

static cm_status put_int(cm_ctx *cx, cm_dstmt *s, size_t i, int64_t v) {
    char text[8];
    put_number(text, (uint64_t)v, 8);
    return put(cx, s, i, MYSQL_TYPE_LONGLONG, text, 8);
}

static cm_status put_double(cm_ctx *cx, cm_dstmt *s, size_t i, double d) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (d != d || d - d != 0) return cm_mysql__fail(s->conn, CM_E_PROGRAMMING, 0, "MySQL has no NaN and no infinite numbers");
    char text[8];
    put_number(text, bits, 8);
    return put(cx, s, i, MYSQL_TYPE_DOUBLE, text, 8);
}

/* Length, then as much as is not zero: year (2), month, day; hour, minute, second; microseconds (4). */
static cm_status put_moment(cm_ctx *cx, cm_dstmt *s, size_t i, int type, const cm_civil *t) {
    char text[12], *to = text + 1;
    bool clock = type == MYSQL_TYPE_DATETIME;
    to = put_number(to, (uint64_t)t->year, 2);
    *to++ = (char)t->month;
    *to++ = (char)t->day;
    if (clock && (t->hour || t->minute || t->second || t->micro)) {
        *to++ = (char)t->hour;
        *to++ = (char)t->minute;
        *to++ = (char)t->second;
        if (t->micro) to = put_number(to, t->micro, 4);
    }
    text[0] = (char)(to - text - 1);
    return put(cx, s, i, type, text, (size_t)(to - text));
}

/* Length, sign, days (4), hour, minute, second, microseconds (4). */
static cm_status put_duration(cm_ctx *cx, cm_dstmt *s, size_t i, int64_t us) {
    char text[13], *to = text + 1;
    uint64_t left = us < 0 ? (uint64_t)0 - (uint64_t)us : (uint64_t)us;
    *to++ = us < 0;
    to = put_number(to, left / 86400000000u, 4);
    *to++ = (char)(left / 3600000000u % 24);
    *to++ = (char)(left / 60000000u % 60);
    *to++ = (char)(left / 1000000u % 60);
    if (left % 1000000u) to = put_number(to, left % 1000000u, 4);
    text[0] = (char)(to - text - 1);
    return put(cx, s, i, MYSQL_TYPE_TIME, text, (size_t)(to - text));
}

static int64_t clock_us(const cm_civil *t) { return ((t->hour * 60 + t->minute) * 60 + (int64_t)t->second) * 1000000 + t->micro; }

/* Intervals are kept as moments relative to 1970; beside TIME they are durations. */
static cm_status put_interval(cm_ctx *cx, cm_dstmt *s, size_t i, int64_t us, const cm_type_def *d) {
    int64_t day = 86400000000, days = us / day, rest = us % day;
    cm_civil t = {0};
    if (!d || d->kind != CM_T_INTERVAL) return put_duration(cx, s, i, us);
    if (rest < 0) rest += day, days--;
    if (days < -719162 || days > 2932896) return cm_mysql__fail(s->conn, CM_E_DATA, 1264, "an interval is too long for a DATETIME column");
    cm_civil_of_days(days, &t);
    t.hour = (uint8_t)(rest / 3600000000);
    t.minute = (uint8_t)(rest / 60000000 % 60);
    t.second = (uint8_t)(rest / 1000000 % 60);
    t.micro = (uint32_t)(rest % 1000000);
    return put_moment(cx, s, i, MYSQL_TYPE_DATETIME, &t);
}

static cm_status put_uuid(cm_ctx *cx, cm_dstmt *s, size_t i, const uint8_t *uuid) {
    static const char hex[] = "0123456789abcdef";
    char text[32];
    for (int k = 0; k < 16; k++) {
        text[2 * k] = hex[uuid[k] >> 4];
        text[2 * k + 1] = hex[uuid[k] & 15];
    }
    return put_slice(cx, s, i, MYSQL_TYPE_STRING, text, 32);
}

/* ---- what the column asks for */

static const cm_type_def *storage_of(const cm_type *type) {
    const cm_type_def *d = type ? cm_type_get_def(type) : NULL;
    while (d && (d->flags & CM_TYPE_HOST) && d->item) d = cm_type_get_def(d->item);
    return d && d->kind != CM_T_NULL && !((d->flags & CM_TYPE_HOST) && !d->item) ? d : NULL;
}

static bool wants_text(const cm_type_def *d) { return d && (d->kind == CM_T_STRING || d->kind == CM_T_TEXT || d->kind == CM_T_ENUM); }

static cm_status number_as_text(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v) {
    char text[40];
    int n = v->kind == CM_DOUBLE ? snprintf(text, sizeof text, "%.17g", v->u.d) : snprintf(text, sizeof text, "%lld", (long long)v->u.i);
    return put_slice(cx, s, i, MYSQL_TYPE_STRING, text, (size_t)n);
}

static cm_status put_value(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type_def *d) {
    char byte = (char)v->u.i;
    switch ((cm_value_kind)v->kind) {
    case CM_NULL: s->types[i] = MYSQL_TYPE_NULL; return CM_OK;
    case CM_INT: return wants_text(d) ? number_as_text(cx, s, i, v) : put_int(cx, s, i, v->u.i);
    case CM_BOOL: return wants_text(d) ? number_as_text(cx, s, i, v) : put(cx, s, i, MYSQL_TYPE_TINY, &byte, 1);
    case CM_DOUBLE: return wants_text(d) ? number_as_text(cx, s, i, v) : put_double(cx, s, i, v->u.d);
    case CM_TEXT:
    case CM_JSON: return put_slice(cx, s, i, MYSQL_TYPE_STRING, v->u.s.p, v->u.s.n);
    case CM_DECIMAL: return put_slice(cx, s, i, wants_text(d) ? MYSQL_TYPE_STRING : MYSQL_TYPE_NEWDECIMAL, v->u.s.p, v->u.s.n);
    case CM_BLOB: return put_slice(cx, s, i, MYSQL_TYPE_BLOB, v->u.s.p, v->u.s.n);
    case CM_DATE: return put_moment(cx, s, i, MYSQL_TYPE_DATE, &v->u.t);
    case CM_DATETIME: return put_moment(cx, s, i, MYSQL_TYPE_DATETIME, &v->u.t);
    case CM_TIME: return put_duration(cx, s, i, clock_us(&v->u.t));
    case CM_INTERVAL: return put_interval(cx, s, i, v->u.i, d);
    case CM_UUID: return put_uuid(cx, s, i, v->u.uuid);
    case CM_LIST:
    case CM_MADE: break;
    }
    return cm_mysql__fail(s->conn, CM_E_DB_UNSUPPORTED, 0, "MySQL has no arrays");
}

cm_status cm_mysql__encode(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    if (i == 0) s->nvalues = 0;
    cm_status st = put_value(cx, s, i, v, storage_of(type));
    s->ends[i] = s->nvalues;
    return st;
}
