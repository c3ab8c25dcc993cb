/* numeric in binary: digits to the base 10000, a weight, a sign, a scale. Decimal text <-> that, exactly. */
#include "driver/pg_int.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_INF = 0xD000,
    NUMERIC_MINUS_INF = 0xF000,
    HEAD_BYTES = 8,
    MOST_BEFORE_POINT = 131072,
    MOST_AFTER_POINT = 16383
};

static uint16_t get16(const char *p) { return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]); }
static void put16(char *p, unsigned v) {
    p[0] = (char)(v >> 8 & 0xff);
    p[1] = (char)(v & 0xff);
}

/* ---- text -> numeric */

typedef struct decimal {
    const char *p, *end, *point; /* digits and at most one point; point NULL: none */
    long before, after;          /* digits before the point, once the exponent is applied; after it */
    bool negative;
} decimal;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* -12.50, 1E+30, .5; false: not a number, or one with more digits than numeric has. */
static bool read_decimal(const char *p, size_t n, decimal *out) {
    const char *end = p + n;
    long exponent = 0, digits = 0;
    *out = (decimal){.negative = n && *p == '-'};
    if (n && (*p == '-' || *p == '+')) p++;
    out->p = p;
    for (; p < end && (is_digit(*p) || (*p == '.' && !out->point)); p++) {
        if (*p == '.') out->point = p;
        else digits++;
    }
    out->end = p;
    if (!digits) return false;
    if (p < end && (*p | 32) == 'e') {
        bool minus = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end) return false;
        for (; p < end && is_digit(*p); p++)
            if (exponent < 1000000) exponent = exponent * 10 + (*p - '0');
        if (minus) exponent = -exponent;
    }
    out->before = (out->point ? (long)(out->point - out->p) : digits) + exponent;
    out->after = digits - out->before > 0 ? digits - out->before : 0;
    return p == end;
}

/* Digit at a place: 0 is the one left of the point, -1 the one right of it. */
static int digit_at(const decimal *d, long place) {
    long i = d->before - 1 - place;
    if (i < 0) return 0;
    const char *p = d->p + i;
    if (d->point && p >= d->point) p++;
    return p < d->end ? *p - '0' : 0;
}

static int group_at(const decimal *d, long group) { /* weight of the group */
    int value = 0;
    for (int i = 3; i >= 0; i--) value = value * 10 + digit_at(d, group * 4 + i);
    return value;
}

static int special(const char *p, size_t n) {
    static const struct {
        const char *word;
        int sign;
    } words[] = {{"NaN", NUMERIC_NAN},       {"Infinity", NUMERIC_INF},        {"inf", NUMERIC_INF},
                 {"+Infinity", NUMERIC_INF}, {"-Infinity", NUMERIC_MINUS_INF}, {"-inf", NUMERIC_MINUS_INF},
                 {"-NaN", NUMERIC_NAN}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && strncasecmp(words[i].word, p, n) == 0) return words[i].sign;
    return 0;
}

static cm_status put_head(cm_ctx *cx, cm_dstmt *s, int ndigits, long weight, int sign, long scale) {
    char *p = cm_pg__room(cx, s, HEAD_BYTES);
    if (!p) return CM_E_NOMEM;
    put16(p, (unsigned)ndigits);
    put16(p + 2, (unsigned)weight & 0xffff);
    put16(p + 4, (unsigned)sign);
    put16(p + 6, (unsigned)scale);
    return CM_OK;
}

cm_status cm_pg__put_numeric(cm_ctx *cx, cm_dstmt *s, const char *p, size_t n, bool *known) {
    decimal d;
    int sign = special(p, n);
    *known = true;
    if (sign) return put_head(cx, s, 0, 0, sign, 0);
    *known = read_decimal(p, n, &d);
    if (!*known) return CM_OK;
    if (d.before > MOST_BEFORE_POINT || d.after > MOST_AFTER_POINT)
        return cm_pg__fail(s->conn, CM_E_DATA, "22003", "value overflows numeric format");
    long first = d.before > 0 ? (d.before - 1) / 4 : -1, last = -((d.after + 3) / 4);
    while (first >= last && group_at(&d, first) == 0) first--;
    while (last <= first && group_at(&d, last) == 0) last++;
    long count = first >= last ? first - last + 1 : 0;
    cm_status st = put_head(cx, s, (int)count, count ? first : 0, d.negative && count ? NUMERIC_NEGATIVE : 0, d.after);
    for (long group = first; count && !st && group >= last; group--) {
        char *to = cm_pg__room(cx, s, 2);
        if (to) put16(to, (unsigned)group_at(&d, group));
        else st = CM_E_NOMEM;
    }
    return st;
}

/* ---- numeric -> text */

static void set_decimal(cm_value *out, const char *p, size_t n) {
    out->kind = CM_DECIMAL;
    out->ascii = 1;
    out->u.s.p = p;
    out->u.s.n = n;
}

static char *put_group(char *to, int group, int digits) {
    static const int tens[] = {1, 10, 100, 1000};
    for (int i = 3; i >= 4 - digits; i--) *to++ = (char)('0' + group / tens[i] % 10);
    return to;
}

void cm_pg__decode_numeric(cm_dstmt *s, const char *p, int n, cm_value *out) {
    int ndigits = get16(p), weight = (int16_t)get16(p + 2), sign = get16(p + 4), scale = get16(p + 6);
    out->kind = CM_NULL;
    if (sign == NUMERIC_NAN || sign == NUMERIC_INF || sign == NUMERIC_MINUS_INF) {
        const char *word = sign == NUMERIC_NAN ? "NaN" : sign == NUMERIC_INF ? "Infinity" : "-Infinity";
        set_decimal(out, word, strlen(word));
        return;
    }
    if (n < HEAD_BYTES + 2 * ndigits) {
        cm_pg__bad_value(s, out, "the server sent a numeric that is cut short", NULL, 0);
        return;
    }
    char *text = cm_pg__scratch(s, (size_t)(weight > 0 ? weight + 1 : 1) * 4 + (size_t)scale + HEAD_BYTES), *to = text;
    if (!text) return;
#define GROUP(i) ((i) >= 0 && (i) < ndigits ? get16(p + HEAD_BYTES + 2 * (i)) % 10000 : 0)
    if (sign == NUMERIC_NEGATIVE) *to++ = '-';
    if (weight < 0) *to++ = '0';
    for (int i = 0; i <= weight; i++) {
        int group = GROUP(i), digits = 4;
        if (i == 0) digits = group > 999 ? 4 : group > 99 ? 3 : group > 9 ? 2 : 1;
        for (int k = digits - 1; k >= 0; k--, group /= 10) to[k] = (char)('0' + group % 10);
        to += digits;
    }
    if (scale) *to++ = '.';
    for (int i = weight + 1, left = scale; left > 0; i++, left -= 4) to = put_group(to, GROUP(i), left < 4 ? left : 4);
#undef GROUP
    set_decimal(out, text, (size_t)(to - text));
}
