/* The type codec: raw driver values -> the kind of value a type's host representation is made from. One record per
 * cm_type_kind. It speaks the storage forms that SQLite files have (and that SQLAlchemy writes there):
 *
 *   DATE, TIME, DATETIME   ISO text                        BOOLEAN   0, 1; any other value by its truth
 *   INTERVAL               a moment relative to 1970       UUID      32 hexadecimal digits, with or without dashes
 *   NUMERIC                REAL, INTEGER or decimal text -> digits with as many decimals as the type says, or 10
 *
 * Drivers with types of their own answer these kinds at once; such values pass. NULL always passes. */
#include "schema/schema.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SCALE 10 /* decimals of a numeric that does not say */
#define SHOWN         80 /* bytes of a bad text that a message quotes */

static int shown(const cm_value *v) { return (int)(v->u.s.n < SHOWN ? v->u.s.n : SHOWN); }

static cm_status not_text(cm_ctx *cx, const cm_value *v, const char *what) {
    if (v->kind == CM_INT)
        return cm__fail(cx, CM_E_TYPE, "%s is kept as text, but the database holds the number %lld", what, (long long)v->u.i);
    return cm__fail(cx, CM_E_TYPE, "%s is kept as text, but the database holds something else", what);
}

/* ---- moments */

static cm_status decode_civil(cm_ctx *cx, cm_value *v, cm_value_kind kind, const char *what) {
    cm_civil t;
    if (v->kind == CM_NULL || v->kind == kind) return CM_OK;
    if (v->kind != CM_TEXT) return not_text(cx, v, what);
    if (!cm_civil_parse(v->u.s.p, v->u.s.n, kind, &t))
        return cm__fail(cx, CM_E_DECODE, "Invalid isoformat string: '%.*s'", shown(v), v->u.s.p);
    v->kind = (uint8_t)kind;
    v->u.t = t;
    return CM_OK;
}

static cm_status decode_date(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)type;
    (void)scratch;
    return decode_civil(cx, v, CM_DATE, "a date");
}

/* MySQL's TIME is a duration: one within a day is a time of day, any other stays what it is. */
static cm_status decode_time(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)type;
    (void)scratch;
    if (v->kind == CM_INTERVAL) {
        int64_t us = v->u.i;
        if (us < 0 || us >= 86400000000) return CM_OK;
        v->kind = CM_TIME;
        v->u.t = (cm_civil){.hour = (uint8_t)(us / 3600000000), .minute = (uint8_t)(us / 60000000 % 60)};
        v->u.t.second = (uint8_t)(us / 1000000 % 60);
        v->u.t.micro = (uint32_t)(us % 1000000);
        return CM_OK;
    }
    return decode_civil(cx, v, CM_TIME, "a time");
}

static cm_status decode_datetime(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)type;
    (void)scratch;
    return decode_civil(cx, v, CM_DATETIME, "a date and time");
}

static cm_status decode_interval(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    if (v->kind == CM_INTERVAL) return CM_OK;
    cm_status st = decode_datetime(cx, type, v, scratch);
    if (st || v->kind == CM_NULL) return st;
    cm_civil t = v->u.t;
    int64_t seconds = cm_civil_days(&t) * 86400 + t.hour * 3600 + t.minute * 60 + t.second - t.offset_s;
    v->kind = CM_INTERVAL;
    v->u.i = seconds * 1000000 + t.micro;
    return CM_OK;
}

/* ---- numbers */

/* The decimal point of printf and strtod is the locale's. */
static void make_point(char *text) {
    char *p = text;
    while (*p == '-' || (*p >= '0' && *p <= '9')) p++;
    if (!*p) return;
    char *rest = p;
    while (*rest && (*rest < '0' || *rest > '9')) rest++;
    *p = '.';
    memmove(p + 1, rest, strlen(rest) + 1);
}

static cm_status set_digits(cm_value *v, const char *text) {
    v->kind = CM_DECIMAL;
    v->ascii = 1;
    v->u.s.p = text;
    v->u.s.n = text ? strlen(text) : 0;
    return text ? CM_OK : CM_E_NOMEM;
}

/* A decimal of `scale` digits after the point from the number of its smallest units. */
static void write_units(uint64_t units, bool negative, int scale, char *out) {
    char reversed[24], *at = out;
    int n = 0;
    for (; units || n <= scale; units /= 10) reversed[n++] = (char)('0' + units % 10);
    if (negative) *at++ = '-';
    while (n) {
        *at++ = reversed[--n];
        if (n == scale && n) *at++ = '.';
    }
    *at = '\0';
}

/* Numbers of everyday size without printf: below 2^48 the product with the power of ten is off by less than 1/32, so that
 * one further than that from a half rounds as the exact number does. */
static bool small_units(double d, int scale, uint64_t *out) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
    if (scale < 0 || scale >= (int)(sizeof powers / sizeof *powers)) return false;
    double product = fabs(d) * powers[scale];
    if (!(product < 281474976710656.0)) return false;
    double whole = floor(product), rest = product - whole;
    if (rest > 0.4375 && rest < 0.5625) return false;
    *out = (uint64_t)whole + (rest > 0.5);
    return true;
}

static cm_status digits_of_double(cm_value *v, int scale, cm_arena *scratch) {
    double d = v->u.d;
    uint64_t units;
    if (isnan(d)) return set_digits(v, "NaN");
    if (isinf(d)) return set_digits(v, d < 0 ? "-Infinity" : "Infinity");
    if (small_units(d, scale, &units)) {
        char *text = cm_arena__alloc(scratch, 32);
        if (!text) return CM_E_NOMEM;
        write_units(units, signbit(d), scale, text);
        return set_digits(v, text);
    }
    int n = snprintf(NULL, 0, "%.*f", scale, d);
    char *text = cm_arena__alloc(scratch, (size_t)n + 1);
    if (!text) return CM_E_NOMEM;
    snprintf(text, (size_t)n + 1, "%.*f", scale, d);
    make_point(text);
    return set_digits(v, text);
}

/* Exact, unlike a detour by way of double. */
static cm_status digits_of_int(cm_value *v, int scale, cm_arena *scratch) {
    char *text = cm_arena__alloc(scratch, 24 + (size_t)scale);
    if (!text) return CM_E_NOMEM;
    int n = snprintf(text, 24, "%lld", (long long)v->u.i);
    if (scale > 0) {
        text[n++] = '.';
        memset(text + n, '0', (size_t)scale);
    }
    return set_digits(v, text);
}

/* An optional sign, digits with at most one point among them, an optional exponent. */
static bool is_decimal(const char *p, size_t n) {
    const char *end = p + n;
    size_t digits = 0;
    bool point = false;
    if (p < end && (*p == '-' || *p == '+')) p++;
    for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && !point)); p++) {
        if (*p == '.') point = true;
        else digits++;
    }
    if (!digits || p == end) return digits > 0;
    if (*p++ != 'e' && p[-1] != 'E') return false;
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (p == end) return false;
    while (p < end && *p >= '0' && *p <= '9') p++;
    return p == end;
}

static cm_status not_decimal(cm_ctx *cx, const cm_value *v) {
    return cm__fail(cx, CM_E_DECODE, "'%.*s' is not a decimal number", shown(v), v->u.s.p);
}

static cm_status decode_decimal(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    int scale = type->def.scale >= 0 ? type->def.scale : DEFAULT_SCALE;
    switch (v->kind) {
    case CM_DOUBLE: return digits_of_double(v, scale, scratch);
    case CM_INT:
    case CM_BOOL: return digits_of_int(v, scale, scratch);
    case CM_TEXT:
        if (!is_decimal(v->u.s.p, v->u.s.n)) return not_decimal(cx, v);
        v->kind = CM_DECIMAL;
        return CM_OK;
    default: return CM_OK;
    }
}

static cm_status double_of_text(cm_ctx *cx, cm_value *v, cm_arena *scratch) {
    const char *point = localeconv()->decimal_point;
    size_t n = v->u.s.n, np = strlen(point);
    if (!is_decimal(v->u.s.p, n)) return not_decimal(cx, v);
    char *text = cm_arena__alloc(scratch, n + np + 1);
    if (!text) return CM_E_NOMEM;
    const char *dot = memchr(v->u.s.p, '.', n);
    size_t head = dot ? (size_t)(dot - v->u.s.p) : n;
    memcpy(text, v->u.s.p, head);
    if (dot) {
        memcpy(text + head, point, np);
        memcpy(text + head + np, dot + 1, n - head - 1);
    }
    v->kind = CM_DOUBLE;
    v->u.d = strtod(text, NULL);
    return CM_OK;
}

static cm_status decode_number(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    if (type->def.flags & CM_TYPE_AS_DECIMAL) return decode_decimal(cx, type, v, scratch);
    if (v->kind == CM_INT) {
        v->kind = CM_DOUBLE;
        v->u.d = (double)v->u.i;
        return CM_OK;
    }
    return v->kind == CM_DECIMAL ? double_of_text(cx, v, scratch) : CM_OK;
}

static cm_status decode_boolean(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)cx;
    (void)type;
    (void)scratch;
    bool truth;
    switch (v->kind) {
    case CM_INT: truth = v->u.i != 0; break;
    case CM_DOUBLE: truth = v->u.d != 0; break;
    case CM_TEXT:
    case CM_BLOB: truth = v->u.s.n != 0; break;
    default: return CM_OK;
    }
    v->kind = CM_BOOL;
    v->u.i = truth;
    return CM_OK;
}

/* ---- others */

/* Values of the hexadecimal digits, with a bit that only they have. */
enum { HEX = 0x10 };
#define HEX_LETTERS(a) [a] = HEX | 10, [a + 1] = HEX | 11, [a + 2] = HEX | 12, [a + 3] = HEX | 13, [a + 4] = HEX | 14, [a + 5] = HEX | 15
static const uint8_t hex_digits[256] = {
    ['0'] = HEX,     ['1'] = HEX | 1, ['2'] = HEX | 2, ['3'] = HEX | 3, ['4'] = HEX | 4,  ['5'] = HEX | 5,
    ['6'] = HEX | 6, ['7'] = HEX | 7, ['8'] = HEX | 8, ['9'] = HEX | 9, HEX_LETTERS('a'), HEX_LETTERS('A')};

/* 32 digits and nothing else, as every writer of such columns writes them. */
static bool parse_digits(const char *p, uint8_t *out) {
    unsigned all = HEX;
    for (size_t i = 0; i < 16; i++) {
        const unsigned high = hex_digits[(unsigned char)p[2 * i]], low = hex_digits[(unsigned char)p[2 * i + 1]];
        all &= high & low;
        out[i] = (uint8_t)(high << 4 | (low & 15));
    }
    return all;
}

static bool parse_uuid(const char *p, size_t n, uint8_t *out) {
    size_t digits = 0;
    if (n == 32 && parse_digits(p, out)) return true;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '-') continue;
        uint8_t d = hex_digits[(unsigned char)p[i]];
        if (!d || digits == 32) return false;
        if (digits % 2) out[digits / 2] |= d & 15;
        else out[digits / 2] = (uint8_t)(d << 4);
        digits++;
    }
    return digits == 32;
}

static cm_status decode_uuid(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    uint8_t uuid[16];
    (void)type;
    (void)scratch;
    if (v->kind == CM_NULL || v->kind == CM_UUID) return CM_OK;
    if (v->kind == CM_BLOB && v->u.s.n == sizeof uuid) {
        memcpy(uuid, v->u.s.p, sizeof uuid);
    } else if (v->kind != CM_TEXT) {
        return not_text(cx, v, "a UUID");
    } else if (!parse_uuid(v->u.s.p, v->u.s.n, uuid)) {
        return cm__fail(cx, CM_E_DECODE, "badly formed hexadecimal UUID string: '%.*s'", shown(v), v->u.s.p);
    }
    v->kind = CM_UUID;
    memcpy(v->u.uuid, uuid, sizeof uuid);
    return CM_OK;
}

/* Text is JSON; SQLite keeps JSON numbers as numbers, which are what they say. */
static cm_status decode_json(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)cx;
    (void)type;
    (void)scratch;
    if (v->kind == CM_TEXT) v->kind = CM_JSON;
    return CM_OK;
}

static cm_status pass(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    (void)cx;
    (void)type;
    (void)v;
    (void)scratch;
    return CM_OK;
}

/* An item of an array that the driver knows as text only: the word of a number or a truth. */
static void read_word(const cm_type *item, cm_value *v) {
    char text[32];
    if (v->u.s.n == 0 || v->u.s.n >= sizeof text) return;
    memcpy(text, v->u.s.p, v->u.s.n);
    text[v->u.s.n] = '\0';
    char *end = text;
    if (item->def.kind == CM_T_BOOLEAN) {
        *v = (cm_value){.kind = CM_BOOL, .u.i = *text == 't'};
    } else if (item->def.kind >= CM_T_SMALLINT && item->def.kind <= CM_T_BIGINT) {
        int64_t i = strtoll(text, &end, 10);
        if (*end == '\0') *v = (cm_value){.kind = CM_INT, .u.i = i};
    } else if (item->def.kind >= CM_T_NUMERIC && item->def.kind <= CM_T_DOUBLE) {
        v->kind = CM_DECIMAL;
    }
}

static cm_status decode_items(cm_ctx *cx, const cm_type *item, cm_value *list, cm_arena *scratch) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < list->u.list.n && !st; i++) {
        cm_value *v = &list->u.list.items[i];
        if (v->kind == CM_NULL) continue;
        if (v->kind == CM_TEXT) read_word(item, v);
        st = v->kind == CM_LIST ? decode_items(cx, item, v, scratch) : cm_codec__get(item)->decode(cx, item, v, scratch);
    }
    return st;
}

/* Lists of what the item type stores. Their text, where the driver knows no better, is taken apart here. */
static cm_status decode_array(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    if (v->kind == CM_TEXT) {
        cm_status st = cm_list_parse(cx, scratch, v->u.s.p, v->u.s.n, ',', v);
        if (st) return st;
    }
    return v->kind == CM_LIST && type->def.item ? decode_items(cx, type->def.item, v, scratch) : CM_OK;
}

/* Host types: what their implementation type stores. */
static cm_status decode_impl(cm_ctx *cx, const cm_type *type, cm_value *v, cm_arena *scratch) {
    const cm_type *item = type->def.item;
    return cm_codec__get(item)->decode(cx, item, v, scratch);
}

static const cm_codec codecs[] = {[CM_T_NULL] = {CM_T_NULL, "NULL", pass},
                                  [CM_T_SMALLINT] = {CM_T_SMALLINT, "SMALLINT", pass},
                                  [CM_T_INTEGER] = {CM_T_INTEGER, "INTEGER", pass},
                                  [CM_T_BIGINT] = {CM_T_BIGINT, "BIGINT", pass},
                                  [CM_T_NUMERIC] = {CM_T_NUMERIC, "NUMERIC", decode_number},
                                  [CM_T_FLOAT] = {CM_T_FLOAT, "FLOAT", decode_number},
                                  [CM_T_DOUBLE] = {CM_T_DOUBLE, "DOUBLE", decode_number},
                                  [CM_T_STRING] = {CM_T_STRING, "VARCHAR", pass},
                                  [CM_T_TEXT] = {CM_T_TEXT, "TEXT", pass},
                                  [CM_T_BOOLEAN] = {CM_T_BOOLEAN, "BOOLEAN", decode_boolean},
                                  [CM_T_DATE] = {CM_T_DATE, "DATE", decode_date},
                                  [CM_T_TIME] = {CM_T_TIME, "TIME", decode_time},
                                  [CM_T_DATETIME] = {CM_T_DATETIME, "DATETIME", decode_datetime},
                                  [CM_T_INTERVAL] = {CM_T_INTERVAL, "INTERVAL", decode_interval},
                                  [CM_T_BLOB] = {CM_T_BLOB, "BLOB", pass},
                                  [CM_T_JSON] = {CM_T_JSON, "JSON", decode_json},
                                  [CM_T_ENUM] = {CM_T_ENUM, "ENUM", pass},
                                  [CM_T_UUID] = {CM_T_UUID, "UUID", decode_uuid},
                                  [CM_T_ARRAY] = {CM_T_ARRAY, "ARRAY", decode_array},
                                  [CM_T_TUPLE] = {CM_T_TUPLE, "TUPLE", pass},
                                  [CM_T_TABLE] = {CM_T_TABLE, "TABLE", pass},
                                  [CM_T_USER] = {CM_T_USER, "USER", pass}};
static const cm_codec impl_codec = {CM_T_USER, "HOST", decode_impl};

static bool has_impl(const cm_type *type) { return (type->def.flags & CM_TYPE_HOST) && type->def.item; }

const cm_codec *cm_codec__get(const cm_type *type) {
    if (type && has_impl(type)) return &impl_codec;
    return &codecs[type && (size_t)type->def.kind < sizeof codecs / sizeof *codecs ? type->def.kind : CM_T_NULL];
}

bool cm_codec__is_plain(const cm_type *type) {
    while (type && has_impl(type)) type = type->def.item;
    return cm_codec__get(type)->decode == pass;
}
