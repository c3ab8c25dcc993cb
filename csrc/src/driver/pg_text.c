/* Columns in text form -> values: the first run of a statement, whose types are not known yet, and rows that hold a type without
 * a binary form here. Types that are not listed stay text. */
#include "driver/pg_int.h"

#include <stdlib.h>
#include <string.h>

static void text_bool(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    out->kind = CM_BOOL;
    out->u.i = *p == 't';
}

static void text_int(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    out->kind = CM_INT;
    out->u.i = strtoll(p, NULL, 10);
}

static void text_double(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    out->kind = CM_DOUBLE;
    out->u.d = strtod(p, NULL);
}

static void text_decimal(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s;
    out->kind = CM_DECIMAL;
    out->ascii = 1;
    out->u.s.p = p;
    out->u.s.n = (size_t)n;
}

static void text_json(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s;
    out->kind = CM_JSON;
    out->u.s.p = p;
    out->u.s.n = (size_t)n;
}

static int hex(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static void text_blob(cm_dstmt *s, const char *p, int n, cm_value *out) { /* \x0102 */
    size_t bytes = n >= 2 ? (size_t)(n - 2) / 2 : 0;
    char *to = cm_pg__scratch(s, bytes + 1);
    out->kind = to ? CM_BLOB : CM_NULL;
    for (size_t i = 0; to && i < bytes; i++) to[i] = (char)(hex(p[2 + 2 * i]) << 4 | hex(p[3 + 2 * i]));
    out->u.s.p = to;
    out->u.s.n = bytes;
}

static void text_uuid(cm_dstmt *s, const char *p, int n, cm_value *out) {
    int digits = 0;
    (void)s;
    out->kind = CM_UUID;
    memset(out->u.uuid, 0, 16);
    for (int i = 0; i < n && digits < 32; i++) {
        if (p[i] == '-') continue;
        out->u.uuid[digits / 2] = (uint8_t)(out->u.uuid[digits / 2] << 4 | hex(p[i]));
        digits++;
    }
}

static void text_civil(cm_dstmt *s, const char *p, int n, cm_value *out, cm_value_kind kind) {
    cm_civil t;
    if (!cm_civil_parse(p, (size_t)n, kind, &t)) {
        cm_pg__bad_value(s, out, "a date or time outside of the years 1 to 9999 cannot be read", p, n);
        return;
    }
    out->kind = (uint8_t)kind;
    out->u.t = t;
}

static void text_date(cm_dstmt *s, const char *p, int n, cm_value *out) { text_civil(s, p, n, out, CM_DATE); }
static void text_time(cm_dstmt *s, const char *p, int n, cm_value *out) { text_civil(s, p, n, out, CM_TIME); }
static void text_timestamp(cm_dstmt *s, const char *p, int n, cm_value *out) { text_civil(s, p, n, out, CM_DATETIME); }

/* Moments are answered in UTC, as the binary form has them, whatever the session's time zone writes. */
static void text_timestamptz(cm_dstmt *s, const char *p, int n, cm_value *out) {
    text_civil(s, p, n, out, CM_DATETIME);
    if (out->kind != CM_DATETIME) return;
    const cm_civil *t = &out->u.t;
    int64_t seconds = (cm_civil_days(t) - PG_EPOCH_DAYS) * 86400 + (t->hour * 60 + t->minute) * 60 + (int64_t)t->second - t->offset_s;
    cm_pg__moment(s, seconds * 1000000 + t->micro, true, out);
}

/* -04:05:06.7 */
static int64_t clock_us(const char *p) {
    bool minus = *p == '-';
    char *end;
    if (*p == '-' || *p == '+') p++;
    int64_t us = strtoll(p, &end, 10) * 3600;
    if (*end == ':') us += strtoll(end + 1, &end, 10) * 60;
    if (*end == ':') us += strtoll(end + 1, &end, 10);
    us *= 1000000;
    if (*end == '.') {
        int64_t unit = 100000;
        for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10) us += (*end - '0') * unit;
    }
    return minus ? -us : us;
}

/* 1 year 2 mons -3 days 04:05:06.7 (IntervalStyle postgres, which the connection asks for) */
static void text_interval(cm_dstmt *s, const char *p, int n, cm_value *out) {
    int64_t months = 0, days = 0, us = 0;
    const char *end = p + n;
    while (p < end) {
        char *rest;
        long long count = strtoll(p, &rest, 10);
        if (*rest == ':') {
            us = clock_us(p);
            break;
        }
        while (*rest == ' ') rest++;
        if (*rest == 'y') months += count * 12;
        else if (*rest == 'm') months += count;
        else if (*rest == 'd') days += count;
        while (rest < end && *rest != ' ') rest++;
        p = rest + 1;
    }
    cm_pg__interval(s, months, days, us, out);
}

pg_decoder cm_pg__text_decoder(Oid type) {
    switch (type) {
    case PG_BOOL: return text_bool;
    case PG_BYTEA: return text_blob;
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
    case PG_OID: return text_int;
    case PG_FLOAT4:
    case PG_FLOAT8: return text_double;
    case PG_NUMERIC: return text_decimal;
    case PG_DATE: return text_date;
    case PG_TIME:
    case PG_TIMETZ: return text_time;
    case PG_TIMESTAMP: return text_timestamp;
    case PG_TIMESTAMPTZ: return text_timestamptz;
    case PG_INTERVAL: return text_interval;
    case PG_UUID: return text_uuid;
    case PG_JSON:
    case PG_JSONB: return text_json;
    default: return NULL;
    }
}
