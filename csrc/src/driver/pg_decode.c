/* Columns in binary form -> values. */
#include "driver/pg_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t get16(const char *p) { return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]); }
static uint32_t get32(const char *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static uint64_t get64(const char *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }

cm_arena *cm_pg__scratch_arena(cm_dstmt *s) {
    if (!s->scratch && cm_arena_new(s->conn->cx, &s->scratch)) s->bad_row = CM_E_NOMEM;
    return s->scratch;
}

void *cm_pg__scratch(cm_dstmt *s, size_t n) {
    cm_arena *arena = cm_pg__scratch_arena(s);
    void *p = arena ? cm_arena_alloc(arena, n) : NULL;
    if (!p) s->bad_row = CM_E_NOMEM;
    return p;
}

void cm_pg__bad_value(cm_dstmt *s, cm_value *out, const char *what, const char *p, int n) {
    char message[200];
    out->kind = CM_NULL;
    if (s->bad_row) return;
    snprintf(message, sizeof message, p ? "%s: '%.*s'" : "%s", what, p ? (n < 80 ? n : 80) : 0, p);
    s->bad_row = cm_pg__fail(s->conn, CM_E_DATA, "22008", message);
}

static void set_int(cm_value *out, int64_t i) {
    out->kind = CM_INT;
    out->u.i = i;
}

static void decode_bool(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    out->kind = CM_BOOL;
    out->u.i = *p != 0;
}
static void decode_int2(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    set_int(out, (int16_t)get16(p));
}
static void decode_int4(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    set_int(out, (int32_t)get32(p));
}
static void decode_int8(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    set_int(out, (int64_t)get64(p));
}
static void decode_oid(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    set_int(out, get32(p));
}

static void decode_float8(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    uint64_t bits = get64(p);
    out->kind = CM_DOUBLE;
    memcpy(&out->u.d, &bits, 8);
}

/* The decimal that float4 prints as: 0.1, not 0.10000000149. */
static void decode_float4(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    uint32_t bits = get32(p);
    float f;
    char text[40];
    memcpy(&f, &bits, 4);
    out->kind = CM_DOUBLE;
    out->u.d = (double)f;
    if (!isfinite(f)) return;
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f) break;
    }
    out->u.d = strtod(text, NULL);
}

static void decode_blob(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s;
    out->kind = CM_BLOB;
    out->u.s.p = p;
    out->u.s.n = (size_t)n;
}

static void decode_json(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s;
    out->kind = CM_JSON;
    out->u.s.p = p;
    out->u.s.n = (size_t)n;
}
static void decode_jsonb(cm_dstmt *s, const char *p, int n, cm_value *out) { decode_json(s, p + 1, n - 1, out); }

static void decode_uuid(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)s, (void)n;
    out->kind = CM_UUID;
    memcpy(out->u.uuid, p, 16);
}

/* ---- moments */

static void set_clock(cm_civil *t, int64_t us) {
    t->hour = (uint8_t)(us / 3600000000);
    t->minute = (uint8_t)(us / 60000000 % 60);
    t->second = (uint8_t)(us / 1000000 % 60);
    t->micro = (uint32_t)(us % 1000000);
}

/* Years 1 to 9999 are dates; what lies outside (and infinity) is told, not bent. */
static bool set_day(cm_dstmt *s, int64_t days, cm_value *out) {
    if (days < -719162 || days > 2932896) {
        cm_pg__bad_value(s, out, "a date or time outside of the years 1 to 9999 cannot be read", NULL, 0);
        return false;
    }
    cm_civil_of_days(days, &out->u.t);
    return true;
}

void cm_pg__moment(cm_dstmt *s, int64_t us, bool zone, cm_value *out) {
    int64_t day = 86400000000, days = us / day, rest = us % day;
    if (rest < 0) {
        rest += day;
        days--;
    }
    memset(&out->u.t, 0, sizeof out->u.t);
    out->kind = CM_DATETIME;
    out->u.t.has_offset = zone;
    if (set_day(s, days + PG_EPOCH_DAYS, out)) set_clock(&out->u.t, rest);
}

static void decode_date(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)n;
    memset(&out->u.t, 0, sizeof out->u.t);
    out->kind = CM_DATE;
    set_day(s, (int64_t)(int32_t)get32(p) + PG_EPOCH_DAYS, out);
}

static void decode_time(cm_dstmt *s, const char *p, int n, cm_value *out) {
    int64_t us = (int64_t)get64(p);
    memset(&out->u.t, 0, sizeof out->u.t);
    out->kind = CM_TIME;
    if (us >= 86400000000) {
        cm_pg__bad_value(s, out, "the time 24:00 cannot be read", NULL, 0);
        return;
    }
    set_clock(&out->u.t, us);
    if (n < 12) return;
    out->u.t.has_offset = 1;
    out->u.t.offset_s = -(int32_t)get32(p + 8);
}

static void decode_timestamp(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)n;
    cm_pg__moment(s, (int64_t)get64(p), false, out);
}
static void decode_timestamptz(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)n;
    cm_pg__moment(s, (int64_t)get64(p), true, out);
}

/* Months count 30 days, years 365, as other drivers have it. */
void cm_pg__interval(cm_dstmt *s, int64_t months, int64_t days, int64_t us, cm_value *out) {
    int64_t whole;
    out->kind = CM_INTERVAL;
    days += months / 12 * 365 + months % 12 * 30;
    if (__builtin_mul_overflow(days, INT64_C(86400000000), &whole) || __builtin_add_overflow(whole, us, &out->u.i))
        cm_pg__bad_value(s, out, "an interval of more than 292,000 years cannot be read", NULL, 0);
}

static void decode_interval(cm_dstmt *s, const char *p, int n, cm_value *out) {
    (void)n;
    cm_pg__interval(s, (int32_t)get32(p + 12), (int32_t)get32(p + 8), (int64_t)get64(p), out);
}

pg_decoder cm_pg__binary_decoder(Oid type, bool *known) {
    *known = true;
    switch (type) {
    case PG_BOOL: return decode_bool;
    case PG_BYTEA: return decode_blob;
    case PG_INT2: return decode_int2;
    case PG_INT4: return decode_int4;
    case PG_INT8: return decode_int8;
    case PG_OID: return decode_oid;
    case PG_FLOAT4: return decode_float4;
    case PG_FLOAT8: return decode_float8;
    case PG_NUMERIC: return cm_pg__decode_numeric;
    case PG_DATE: return decode_date;
    case PG_TIME:
    case PG_TIMETZ: return decode_time;
    case PG_TIMESTAMP: return decode_timestamp;
    case PG_TIMESTAMPTZ: return decode_timestamptz;
    case PG_INTERVAL: return decode_interval;
    case PG_UUID: return decode_uuid;
    case PG_JSON: return decode_json;
    case PG_JSONB: return decode_jsonb;
    case PG_INET:
    case PG_CIDR: return cm_pg__decode_inet;
    case PG_MACADDR:
    case PG_MACADDR8: return cm_pg__decode_mac;
    case PG_BIT:
    case PG_VARBIT: return cm_pg__decode_bits;
    case PG_TSVECTOR: return cm_pg__decode_tsvector;
    case PG_INT4RANGE:
    case PG_INT8RANGE:
    case PG_NUMRANGE:
    case PG_DATERANGE:
    case PG_TSRANGE:
    case PG_TSTZRANGE: return cm_pg__decode_range;
    case PG_INT4MULTIRANGE:
    case PG_INT8MULTIRANGE:
    case PG_NUMMULTIRANGE:
    case PG_DATEMULTIRANGE:
    case PG_TSMULTIRANGE:
    case PG_TSTZMULTIRANGE: return cm_pg__decode_multirange;
    case PG_TEXT:
    case PG_XML:
    case PG_VARCHAR:
    case PG_BPCHAR:
    case PG_NAME:
    case PG_CHAR:
    case PG_UNKNOWN: return NULL;
    default: *known = false; return NULL;
    }
}
