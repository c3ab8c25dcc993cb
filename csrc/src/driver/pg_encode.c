/* Values into parameters. The column's type chooses the OID, as a cast in the SQL would; a value that has no binary form for it
 * goes as text and the server reads it. Places of unknown type (OID 0) are left to the server's inference. */
#include "driver/pg_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- which type */

Oid cm_pg__oid_of_value(const cm_value *v) {
    switch ((cm_value_kind)v->kind) {
    case CM_INT: return v->u.i >= INT32_MIN && v->u.i <= INT32_MAX ? PG_INT4 : PG_INT8;
    case CM_DOUBLE: return PG_FLOAT8;
    case CM_BOOL: return PG_BOOL;
    case CM_BLOB: return PG_BYTEA;
    case CM_DECIMAL: return PG_NUMERIC;
    case CM_DATE: return PG_DATE;
    case CM_TIME: return v->u.t.has_offset ? PG_TIMETZ : PG_TIME;
    case CM_DATETIME: return v->u.t.has_offset ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    case CM_INTERVAL: return PG_INTERVAL;
    case CM_UUID: return PG_UUID;
    case CM_JSON: return PG_JSON;
    default: return 0;
    }
}

static bool spelled(const cm_type_def *d, const char *const *words) {
    for (; *words; words++)
        if (strcasecmp(d->spelling, *words) == 0) return true;
    return false;
}

static Oid oid_of_text(const cm_type_def *d) {
    static const char *const known[] = {"VARCHAR", "CHAR", "NVARCHAR", "NCHAR", "TEXT", "CLOB", NULL};
    if ((d->flags & CM_TYPE_SPELLED) || (d->spelling && !spelled(d, known))) return 0; /* CITEXT, INET, ...: the server knows */
    return d->kind == CM_T_TEXT ? PG_TEXT : PG_VARCHAR;
}

static Oid oid_of_type(const cm_type_def *d) {
    static const char *const jsonb[] = {"JSONB", NULL};
    bool zone = (d->flags & CM_TYPE_TIMEZONE) != 0;
    switch (d->kind) {
    case CM_T_SMALLINT: return PG_INT2;
    case CM_T_INTEGER: return PG_INT4;
    case CM_T_BIGINT: return PG_INT8;
    case CM_T_NUMERIC: return PG_NUMERIC;
    case CM_T_FLOAT:
    case CM_T_DOUBLE: return PG_FLOAT8;
    case CM_T_STRING:
    case CM_T_TEXT: return oid_of_text(d);
    case CM_T_BOOLEAN: return PG_BOOL;
    case CM_T_DATE: return PG_DATE;
    case CM_T_TIME: return zone ? PG_TIMETZ : PG_TIME;
    case CM_T_DATETIME: return zone ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    case CM_T_INTERVAL: return PG_INTERVAL;
    case CM_T_BLOB: return PG_BYTEA;
    case CM_T_JSON: return d->spelling && spelled(d, jsonb) ? PG_JSONB : PG_JSON;
    case CM_T_ENUM: return d->flags & CM_TYPE_NATIVE ? 0 : PG_VARCHAR;
    case CM_T_UUID: return d->flags & CM_TYPE_NATIVE ? PG_UUID : PG_VARCHAR;
    default: return 0;
    }
}

/* Items keep to the letter of their type: unlike single values, arrays of other types are not compared. */
static Oid oid_of_item(const cm_type_def *d) {
    static const char *const real[] = {"REAL", "FLOAT4", NULL}, *const fixed[] = {"CHAR", "NCHAR", NULL};
    if (d->kind == CM_T_FLOAT && d->spelling && spelled(d, real)) return PG_FLOAT4;
    if (d->kind == CM_T_STRING && d->spelling && spelled(d, fixed)) return PG_BPCHAR;
    return oid_of_type(d);
}

static const cm_type_def *storage_of(const cm_type *type) {
    const cm_type_def *d = type ? cm_type_get_def(type) : NULL;
    while (d && (d->flags & CM_TYPE_HOST) && d->item) d = cm_type_get_def(d->item);
    return d && d->kind != CM_T_NULL && !((d->flags & CM_TYPE_HOST) && !d->item) ? d : NULL;
}

/* ---- binary forms; false: there is none for that value */

static void put32(char *p, uint32_t v) {
    for (int i = 3; i >= 0; i--, v >>= 8) p[i] = (char)(v & 0xff);
}
static void put64(char *p, uint64_t v) {
    put32(p, (uint32_t)(v >> 32));
    put32(p + 4, (uint32_t)v);
}

static int64_t time_us(const cm_civil *t) { return ((t->hour * 60 + t->minute) * 60 + (int64_t)t->second) * 1000000 + t->micro; }
static int64_t datetime_us(const cm_civil *t) {
    int64_t seconds = (cm_civil_days(t) - PG_EPOCH_DAYS) * 86400 - (t->has_offset ? t->offset_s : 0);
    return seconds * 1000000 + time_us(t);
}

static int put_double(char *p, double d) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    put64(p, bits);
    return 8;
}

static int put_int(char *p, Oid oid, const cm_value *v) {
    bool small = oid == PG_INT2;
    if (v->kind != CM_INT && v->kind != CM_BOOL) return 0;
    int64_t i = v->u.i;
    if (oid == PG_INT8) {
        put64(p, (uint64_t)i);
        return 8;
    }
    if (small) {
        p[0] = (char)(i >> 8 & 0xff);
        p[1] = (char)(i & 0xff);
        return 2;
    }
    put32(p, (uint32_t)i);
    return 4;
}

static int put_interval(char *p, int64_t us) {
    int64_t day = 86400000000, days = us / day;
    put64(p, (uint64_t)(us - days * day));
    put32(p + 8, (uint32_t)days);
    put32(p + 12, 0);
    return 16;
}

/* Bytes written to p (PG_SCALAR_BYTES), 0: no binary form. */
static int put_scalar(char *p, Oid oid, const cm_value *v) {
    switch (oid) {
    case PG_INT2:
    case PG_INT4:
    case PG_INT8: return put_int(p, oid, v);
    case PG_BOOL:
        if (v->kind != CM_BOOL && v->kind != CM_INT) return 0;
        *p = v->u.i != 0;
        return 1;
    case PG_FLOAT4: {
        if (v->kind != CM_DOUBLE && v->kind != CM_INT) return 0;
        float f = v->kind == CM_DOUBLE ? (float)v->u.d : (float)v->u.i;
        uint32_t bits;
        memcpy(&bits, &f, 4);
        put32(p, bits);
        return 4;
    }
    case PG_FLOAT8:
        if (v->kind == CM_DOUBLE) return put_double(p, v->u.d);
        return v->kind == CM_INT ? put_double(p, (double)v->u.i) : 0;
    case PG_DATE:
        if (v->kind != CM_DATE) return 0;
        put32(p, (uint32_t)(cm_civil_days(&v->u.t) - PG_EPOCH_DAYS));
        return 4;
    case PG_TIME:
        if (v->kind != CM_TIME) return 0;
        put64(p, (uint64_t)time_us(&v->u.t));
        return 8;
    case PG_TIMETZ:
        if (v->kind != CM_TIME || !v->u.t.has_offset) return 0;
        put64(p, (uint64_t)time_us(&v->u.t));
        put32(p + 8, (uint32_t)-v->u.t.offset_s);
        return 12;
    case PG_TIMESTAMP: {
        if (v->kind != CM_DATETIME) return 0;
        cm_civil t = v->u.t;
        t.has_offset = 0;
        put64(p, (uint64_t)datetime_us(&t));
        return 8;
    }
    case PG_TIMESTAMPTZ:
        if (v->kind != CM_DATETIME || !v->u.t.has_offset) return 0; /* naive: the session's time zone decides */
        put64(p, (uint64_t)datetime_us(&v->u.t));
        return 8;
    case PG_INTERVAL: return v->kind == CM_INTERVAL ? put_interval(p, v->u.i) : 0;
    case PG_UUID:
        if (v->kind != CM_UUID) return 0;
        memcpy(p, v->u.uuid, 16);
        return 16;
    default: return 0;
    }
}

/* ---- text forms */

char *cm_pg__room(cm_ctx *cx, cm_dstmt *s, size_t n) {
    size_t need = s->ntext + n;
    if (need > s->text_cap || !s->text) {
        size_t cap = need < 256 ? 256 : need * 2;
        char *grown = cm__alloc(cx, cap);
        if (!grown) {
            cm_pg__fail(s->conn, CM_E_NOMEM, "", "out of memory");
            return NULL;
        }
        if (s->ntext) memcpy(grown, s->text, s->ntext);
        cm__free(cx, s->text);
        s->text = grown;
        s->text_cap = cap;
    }
    char *to = s->text + s->ntext;
    s->ntext = need;
    return to;
}

/* The shortest decimal that reads back as the same number. */
static int format_double(double d, char *out, size_t cap) {
    if (isnan(d)) return snprintf(out, cap, "NaN");
    if (isinf(d)) return snprintf(out, cap, d < 0 ? "-Infinity" : "Infinity");
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(out, cap, "%.*g", digits, d);
        if (strtod(out, NULL) == d) break;
    }
    for (char *p = out; *p; p++)
        if (*p == ',') *p = '.'; /* the locale's point */
    return n;
}

static int format_uuid(const uint8_t *uuid, char *out) {
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[2 * i] = hex[uuid[i] >> 4];
        out[2 * i + 1] = hex[uuid[i] & 15];
    }
    out[32] = '\0';
    return 32;
}

int cm_pg__format_scalar(const cm_value *v, char *out, size_t cap) {
    switch ((cm_value_kind)v->kind) {
    case CM_INT: return snprintf(out, cap, "%lld", (long long)v->u.i);
    case CM_BOOL: return snprintf(out, cap, "%s", v->u.i ? "true" : "false");
    case CM_DOUBLE: return format_double(v->u.d, out, cap);
    case CM_DATE:
    case CM_TIME:
    case CM_DATETIME: return (int)cm_civil_format(&v->u.t, (cm_value_kind)v->kind, true, out);
    case CM_INTERVAL: return snprintf(out, cap, "%lld microseconds", (long long)v->u.i);
    case CM_UUID: return format_uuid(v->u.uuid, out);
    default: return 0;
    }
}

static cm_status put_bytes(cm_ctx *cx, cm_dstmt *s, const char *p, size_t n) {
    char *to = cm_pg__room(cx, s, n);
    if (to && n) memcpy(to, p, n);
    return to ? CM_OK : CM_E_NOMEM;
}

static cm_status as_text(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v) {
    char small[64];
    bool slice = cm_value_is_slice(v);
    size_t n = slice ? v->u.s.n : (size_t)cm_pg__format_scalar(v, small, sizeof small), begin = s->ntext;
    cm_status st = put_bytes(cx, s, slice ? v->u.s.p : small, n);
    if (!st) st = put_bytes(cx, s, "", 1);
    s->offsets[i] = begin + 1;
    s->formats[i] = 0;
    s->lengths[i] = (int)n;
    return st;
}

/* Bytes that are the value's binary form already. */
static bool goes_raw(Oid oid, const cm_value *v) {
    if (v->kind == CM_BLOB) return oid == PG_BYTEA;
    return (v->kind == CM_TEXT || v->kind == CM_JSON) && (oid == PG_TEXT || oid == PG_VARCHAR || oid == PG_BPCHAR || oid == PG_JSON);
}

static cm_status check_slice(cm_dstmt *s, const cm_value *v) {
    if (!cm_value_is_slice(v)) return CM_OK;
    if (v->u.s.n > INT32_MAX - 16) return cm_pg__fail(s->conn, CM_E_DATA, "54000", "a value is longer than a message to the server may be");
    if (v->kind != CM_BLOB && memchr(v->u.s.p, '\0', v->u.s.n))
        return cm_pg__fail(s->conn, CM_E_DATA, "22021", "PostgreSQL text fields cannot contain NUL (0x00) bytes");
    return CM_OK;
}

/* Whole numbers that the column's type cannot hold are refused here; without a type the value chose its own. */
cm_status cm_pg__check_value(cm_dstmt *s, Oid oid, const cm_value *v) {
    int64_t most = oid == PG_INT2 ? INT16_MAX : INT32_MAX;
    bool whole = oid == PG_INT2 || oid == PG_INT4 || oid == PG_INT8;
    if (whole && v->kind == CM_DECIMAL) /* more than 64 bits */
        return cm_pg__fail(s->conn, CM_E_DATA, "22003", oid == PG_INT8 ? "bigint out of range" : "integer out of range");
    if (v->kind != CM_INT || (oid != PG_INT2 && oid != PG_INT4) || (v->u.i <= most && v->u.i >= -most - 1)) return check_slice(s, v);
    return cm_pg__fail(s->conn, CM_E_DATA, "22003", oid == PG_INT2 ? "smallint out of range" : "integer out of range");
}

cm_status cm_pg__put_binary(cm_ctx *cx, cm_dstmt *s, Oid oid, const cm_value *v, bool *known) {
    char small[64];
    cm_status st = cm_pg__check_value(s, oid, v);
    int n = st ? 0 : put_scalar(small, oid, v);
    *known = true;
    if (st) return st;
    if (n) return put_bytes(cx, s, small, (size_t)n);
    if (goes_raw(oid, v)) return put_bytes(cx, s, v->u.s.p, v->u.s.n);
    if (oid == PG_NUMERIC && v->kind == CM_DECIMAL) return cm_pg__put_numeric(cx, s, v->u.s.p, v->u.s.n, known);
    if (oid == PG_NUMERIC && (v->kind == CM_INT || v->kind == CM_DOUBLE))
        return cm_pg__put_numeric(cx, s, small, (size_t)cm_pg__format_scalar(v, small, sizeof small), known);
    *known = oid == PG_JSONB && v->kind == CM_JSON; /* one byte of version, then the text */
    if (!*known) return CM_OK;
    st = put_bytes(cx, s, "\001", 1);
    return st ? st : put_bytes(cx, s, v->u.s.p, v->u.s.n);
}

/* In the text buffer: numeric, jsonb; or as text. */
static cm_status as_bytes(cm_ctx *cx, cm_dstmt *s, size_t i, Oid oid, const cm_value *v) {
    size_t begin = s->ntext;
    bool known;
    cm_status st = cm_pg__put_binary(cx, s, oid, v, &known);
    if (!st && !known) {
        s->ntext = begin;
        return as_text(cx, s, i, v);
    }
    s->offsets[i] = begin + 1;
    s->formats[i] = 1;
    s->lengths[i] = (int)(s->ntext - begin);
    return st;
}

static Oid parameter_type(const cm_type_def *d, const cm_value *v) {
    Oid oid = d ? oid_of_type(d) : cm_pg__oid_of_value(v);
    if (d && oid >= PG_INT8 && oid <= PG_INT4 && v->kind == CM_DOUBLE) return PG_FLOAT8; /* 5.5 compared with an integer column */
    return v->kind == CM_BLOB ? PG_BYTEA : oid;
}

cm_status cm_pg__encode(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    const cm_type_def *d = storage_of(type), *item = d && d->kind == CM_T_ARRAY ? storage_of(d->item) : NULL;
    if (v->kind == CM_LIST && d && d->kind != CM_T_ARRAY) item = d; /* an IN list */
    char *scalar = s->scalars + i * PG_SCALAR_BYTES;
    s->offsets[i] = 0;
    s->values[i] = NULL;
    if (v->kind == CM_LIST) {
        s->values[i] = ""; /* until the text buffer is complete: offsets */
        return cm_pg__encode_array(cx, s, i, item ? oid_of_item(item) : 0, v);
    }
    Oid oid = s->oids[i] = item ? cm_pg__array_of(oid_of_item(item)) : parameter_type(d, v);
    if (v->kind == CM_NULL) return CM_OK;
    cm_status st = cm_pg__check_value(s, oid, v);
    if (st) return st;
    s->values[i] = "";
    int n = put_scalar(scalar, oid, v);
    if (!n && !goes_raw(oid, v)) return as_bytes(cx, s, i, oid, v);
    if (n) s->values[i] = scalar;
    else if (v->u.s.p) s->values[i] = v->u.s.p;
    s->lengths[i] = n ? n : (int)v->u.s.n;
    s->formats[i] = 1;
    return CM_OK;
}
