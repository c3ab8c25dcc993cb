/* Types that the host sees as text, from their binary form: addresses, bits, words of text search, ranges. The text is the
 * server's own. */
#include "driver/pg_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static uint16_t get16(const char *p) { return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]); }
static uint32_t get32(const char *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

static void set_text(cm_value *out, const char *p, size_t n, bool ascii) {
    out->kind = CM_TEXT;
    out->ascii = ascii;
    out->u.s.p = p;
    out->u.s.n = n;
}

static void cut_short(cm_dstmt *s, cm_value *out) { cm_pg__bad_value(s, out, "the server sent a value that is cut short", NULL, 0); }

/* ---- addresses */

/* 10.0.0.1, 10.0.0.0/8, ::1/128 (a cidr always tells its bits) */
void cm_pg__decode_inet(cm_dstmt *s, const char *p, int n, cm_value *out) {
    enum { SERVER_INET = 2, TEXT_BYTES = 64 };
    bool v4 = p[0] == SERVER_INET;
    int bits = (uint8_t)p[1], most = v4 ? 32 : 128;
    char *text = cm_pg__scratch(s, TEXT_BYTES);
    out->kind = CM_NULL;
    if (n < 4 + most / 8) {
        cut_short(s, out);
        return;
    }
    if (!text || !inet_ntop(v4 ? AF_INET : AF_INET6, p + 4, text, TEXT_BYTES)) return;
    size_t length = strlen(text);
    if (bits != most || p[2]) length += (size_t)snprintf(text + length, TEXT_BYTES - length, "/%d", bits);
    set_text(out, text, length, true);
}

/* 08:00:2b:01:02:03, of six or eight bytes */
void cm_pg__decode_mac(cm_dstmt *s, const char *p, int n, cm_value *out) {
    char *text = cm_pg__scratch(s, (size_t)n * 3 + 1);
    out->kind = CM_NULL;
    for (int i = 0; text && i < n; i++) snprintf(text + 3 * i, 4, i + 1 < n ? "%02x:" : "%02x", (uint8_t)p[i]);
    if (text) set_text(out, text, n ? (size_t)n * 3 - 1 : 0, true);
}

/* ---- bits */

void cm_pg__decode_bits(cm_dstmt *s, const char *p, int n, cm_value *out) {
    size_t count = get32(p);
    out->kind = CM_NULL;
    if (count > (size_t)(n - 4) * 8) {
        cut_short(s, out);
        return;
    }
    char *text = cm_pg__scratch(s, count + 1);
    for (size_t i = 0; text && i < count; i++) text[i] = (uint8_t)p[4 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
    if (text) set_text(out, text, count, true);
}

/* ---- text search */

/* 'a':1A,2 'it''s' */
void cm_pg__decode_tsvector(cm_dstmt *s, const char *p, int n, cm_value *out) {
    const char *end = p + n;
    uint32_t words = get32(p);
    char *text = cm_pg__scratch(s, (size_t)n * 4 + 16), *to = text; /* two bytes of a place become ":16383A" */
    out->kind = CM_NULL;
    if (!text) return;
    p += 4;
    for (uint32_t i = 0; i < words; i++) {
        const char *stop = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;
        if (!stop || end - stop < 3 || end - stop - 3 < 2 * (long)get16(stop + 1)) {
            cut_short(s, out);
            return;
        }
        if (i) *to++ = ' ';
        *to++ = '\'';
        for (; p < stop; p++) {
            if (*p == '\'' || *p == '\\') *to++ = *p;
            *to++ = *p;
        }
        *to++ = '\'';
        int places = get16(p + 1);
        p += 3;
        for (int k = 0; k < places; k++, p += 2) {
            uint16_t place = get16(p);
            to += sprintf(to, "%c%d", k ? ',' : ':', place & 0x3fff);
            if (place >> 14) *to++ = "DCBA"[place >> 14];
        }
    }
    set_text(out, text, (size_t)(to - text), false);
}

/* ---- ranges */

enum { RANGE_EMPTY = 1, LOWER_INCLUSIVE = 2, UPPER_INCLUSIVE = 4, LOWER_INFINITE = 8, UPPER_INFINITE = 16, BOUND_BYTES = 64 };

typedef struct text_out {
    char *p;
    size_t n, cap;
} text_out;

static void put(text_out *t, const char *p, size_t n) {
    if (t->n + n > t->cap) return;
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

/* 2024-01-01 00:00:00.5+00: no zeros at the end of the fraction, no minutes of the offset (it is UTC). */
static size_t trim_moment(char *p, size_t n, const cm_value *v) {
    size_t zone = v->u.t.has_offset ? 6 : 0, end = n - zone;
    while (v->u.t.micro && p[end - 1] == '0') end--;
    if (zone) memmove(p + end, p + n - zone, 3);
    return end + (zone ? 3 : 0);
}

static size_t format_bound(const cm_value *v, char *out) {
    if (v->kind != CM_DATETIME) return (size_t)cm_pg__format_scalar(v, out, BOUND_BYTES);
    return trim_moment(out, cm_civil_format(&v->u.t, CM_DATETIME, v->u.t.micro != 0, out), v);
}

/* One bound, as its type writes it; what holds a space is quoted. Answers the bytes read, or -1. */
static int write_bound(cm_dstmt *s, text_out *t, Oid type, const char *p, int n) {
    bool known;
    cm_value v = {0};
    char small[BOUND_BYTES];
    if (n < 4 || (int)get32(p) < 0 || (int)get32(p) > n - 4) return -1;
    int length = (int)get32(p), least = cm_pg__least_bytes(type);
    pg_decoder decode = cm_pg__binary_decoder(type, &known);
    if (!decode || length < least) return -1;
    decode(s, p + 4, length, &v);
    if (s->bad_row) return -1;
    if (v.kind == CM_DECIMAL) {
        put(t, v.u.s.p, v.u.s.n);
    } else {
        size_t size = format_bound(&v, small);
        bool quote = memchr(small, ' ', size) != NULL;
        if (quote) put(t, "\"", 1);
        put(t, small, size);
        if (quote) put(t, "\"", 1);
    }
    return length + 4;
}

/* [1,10) */
static bool write_range(cm_dstmt *s, text_out *t, Oid type, const char *p, int n) {
    int at = 1;
    if (n < 1) return false;
    uint8_t flags = (uint8_t)*p;
    if (flags & RANGE_EMPTY) {
        put(t, "empty", 5);
        return true;
    }
    put(t, flags & LOWER_INCLUSIVE ? "[" : "(", 1);
    for (int i = 0; i < 2; i++) {
        bool infinite = (flags & (i ? UPPER_INFINITE : LOWER_INFINITE)) != 0;
        if (i) put(t, ",", 1);
        int used = infinite ? 0 : write_bound(s, t, type, p + at, n - at);
        if (used < 0) return false;
        at += used;
    }
    put(t, flags & UPPER_INCLUSIVE ? "]" : ")", 1);
    return true;
}

static Oid bound_type(Oid range) {
    switch (range) {
    case PG_INT4RANGE:
    case PG_INT4MULTIRANGE: return PG_INT4;
    case PG_INT8RANGE:
    case PG_INT8MULTIRANGE: return PG_INT8;
    case PG_NUMRANGE:
    case PG_NUMMULTIRANGE: return PG_NUMERIC;
    case PG_DATERANGE:
    case PG_DATEMULTIRANGE: return PG_DATE;
    case PG_TSRANGE:
    case PG_TSMULTIRANGE: return PG_TIMESTAMP;
    default: return PG_TIMESTAMPTZ;
    }
}

/* Room for the text of n bytes of ranges: numerics are the longest, four digits for two bytes, or a scale of 16383 for none. */
static bool make_room(cm_dstmt *s, text_out *t, Oid type, int n, uint32_t ranges) {
    t->cap = (size_t)n * 8 + (size_t)ranges * (8 + 2 * (type == PG_NUMERIC ? 16384 : BOUND_BYTES)) + 8;
    t->p = cm_pg__scratch(s, t->cap);
    return t->p != NULL;
}

void cm_pg__decode_range(cm_dstmt *s, const char *p, int n, cm_value *out) {
    text_out t = {0};
    Oid type = bound_type(s->reading);
    out->kind = CM_NULL;
    if (!make_room(s, &t, type, n, 1)) return;
    if (write_range(s, &t, type, p, n)) set_text(out, t.p, t.n, true);
    else cut_short(s, out);
}

/* {[1,2),[3,4)} */
void cm_pg__decode_multirange(cm_dstmt *s, const char *p, int n, cm_value *out) {
    text_out t = {0};
    Oid type = bound_type(s->reading);
    uint32_t count = get32(p);
    int at = 4;
    out->kind = CM_NULL;
    if (count > (uint32_t)n / 5) {
        cut_short(s, out);
        return;
    }
    if (!make_room(s, &t, type, n, count)) return;
    put(&t, "{", 1);
    for (uint32_t i = 0; i < count; i++) {
        int length = n - at >= 4 ? (int)get32(p + at) : -1;
        if (i) put(&t, ",", 1);
        if (length < 0 || length > n - at - 4 || !write_range(s, &t, type, p + at + 4, length)) {
            cut_short(s, out);
            return;
        }
        at += 4 + length;
    }
    put(&t, "}", 1);
    set_text(out, t.p, t.n, true);
}
