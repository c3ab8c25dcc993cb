/* Calendar values as text, and UTF-8 checking. Shared by every driver and codec. */
#include "base/ctx.h"

#include <stdio.h>
#include <string.h>

static void two(char *p, unsigned v) {
    p[0] = (char)('0' + v / 10 % 10);
    p[1] = (char)('0' + v % 10);
}

size_t cm_civil_format(const cm_civil *t, cm_value_kind kind, bool micro, char *out) {
    char *p = out;
    if (kind != CM_TIME) {
        two(p, (unsigned)t->year / 100);
        two(p + 2, (unsigned)t->year % 100);
        p[4] = '-';
        two(p + 5, t->month);
        p[7] = '-';
        two(p + 8, t->day);
        p += 10;
        if (kind == CM_DATETIME) *p++ = ' ';
    }
    if (kind != CM_DATE) {
        two(p, t->hour);
        p[2] = ':';
        two(p + 3, t->minute);
        p[5] = ':';
        two(p + 6, t->second);
        p += 8;
        if (micro) {
            *p++ = '.';
            two(p, t->micro / 10000);
            two(p + 2, t->micro / 100 % 100);
            two(p + 4, t->micro % 100);
            p += 6;
        }
        if (t->has_offset) {
            int32_t o = t->offset_s < 0 ? -t->offset_s : t->offset_s;
            *p++ = t->offset_s < 0 ? '-' : '+';
            two(p, (unsigned)o / 3600);
            p[2] = ':';
            two(p + 3, (unsigned)o / 60 % 60);
            p += 5;
            if (o % 60) {
                *p++ = ':';
                two(p, (unsigned)o % 60);
                p += 2;
            }
        }
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* n is a constant wherever it is called: no loop is left. */
static inline bool digits(const char *p, size_t n, unsigned *out) {
    unsigned v = 0, wrong = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(p[i] - '0');
        wrong |= d > 9;
        v = v * 10 + d;
    }
    *out = v;
    return !wrong;
}

static bool put_date(unsigned y, unsigned m, unsigned d, cm_civil *out) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (y < 1 || m < 1 || m > 12 || d < 1) return false;
    unsigned last = days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 1u : 0u);
    if (d > last) return false;
    out->year = (int16_t)y;
    out->month = (uint8_t)m;
    out->day = (uint8_t)d;
    return true;
}

static bool put_time(unsigned h, unsigned m, unsigned s, unsigned micro, cm_civil *out) {
    if (h > 23 || m > 59 || s > 59) return false;
    out->hour = (uint8_t)h;
    out->minute = (uint8_t)m;
    out->second = (uint8_t)s;
    out->micro = micro;
    return true;
}

/* Eight characters at once: digits where `form` has '0', its own punctuation elsewhere. Byte i of the answer is the number that
 * digits i and i + 1 spell. `most`: 0x76 for a digit, 0x7F for punctuation, which set the high bit of a byte that is wrong. */
static inline bool pairs_at(const char *p, const char form[static 8], uint64_t most, uint64_t *out) {
    uint64_t w, f;
    memcpy(&w, p, 8);
    memcpy(&f, form, 8);
    w ^= f;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    *out = w * 10 + (w >> 8);
    return !((w | (w + most)) & 0x8080808080808080u);
}

static inline unsigned byte_of(uint64_t w, int i) { return (unsigned)(w >> (8 * i)) & 0xFF; }

/* 2024-01-31 12:34:56.123456, as nearly everybody writes it. False: it may be something else. */
static bool parse_stamp(const char *p, cm_civil *out) {
    uint64_t date, time, rest;
    unsigned last;
    if (!pairs_at(p, "0000-00-", 0x7F76767F76767676u, &date) || !pairs_at(p + 8, "00 00:00", 0x76767F76767F7676u, &time) ||
        !pairs_at(p + 16, ":00.0000", 0x767676767F76767Fu, &rest) || !digits(p + 24, 2, &last))
        return false;
    return put_date(byte_of(date, 0) * 100 + byte_of(date, 2), byte_of(date, 5), byte_of(time, 0), out) &&
           put_time(byte_of(time, 3), byte_of(time, 6), byte_of(rest, 1), byte_of(rest, 4) * 10000 + byte_of(rest, 6) * 100 + last, out);
}

static bool parse_date(const char *p, size_t n, cm_civil *out) {
    unsigned y, m, d;
    if (n < 10 || p[4] != '-' || p[7] != '-' || !digits(p, 4, &y) || !digits(p + 5, 2, &m) || !digits(p + 8, 2, &d)) return false;
    return put_date(y, m, d, out);
}

static bool parse_offset(const char *p, size_t n, cm_civil *out) {
    unsigned h = 0, m = 0, s = 0;
    if (n == 0) return true;
    if (n == 1 && (*p == 'Z' || *p == 'z')) {
        out->has_offset = 1;
        return true;
    }
    if ((*p != '+' && *p != '-') || n < 3 || !digits(p + 1, 2, &h)) return false;
    const char *q = p + 3, *end = p + n;
    if (q < end && *q == ':') q++;
    if (q < end) {
        if (end - q < 2 || !digits(q, 2, &m)) return false;
        q += 2;
    }
    if (q < end && *q == ':') q++;
    if (q < end) {
        if (end - q != 2 || !digits(q, 2, &s)) return false;
    }
    if (h > 23 || m > 59 || s > 59) return false;
    out->has_offset = 1;
    out->offset_s = (int32_t)(h * 3600 + m * 60 + s) * (*p == '-' ? -1 : 1);
    return true;
}

static bool parse_time(const char *p, size_t n, cm_civil *out) {
    unsigned h, m, s = 0, micro = 0;
    const char *end = p + n;
    if (n < 5 || p[2] != ':' || !digits(p, 2, &h) || !digits(p + 3, 2, &m)) return false;
    p += 5;
    if (p < end && *p == ':') {
        if (end - p < 3 || !digits(p + 1, 2, &s)) return false;
        p += 3;
        if (p < end && (*p == '.' || *p == ',')) {
            unsigned scale = 100000;
            const char *first = ++p;
            for (; p < end && *p >= '0' && *p <= '9'; p++, scale /= 10) micro += (unsigned)(*p - '0') * scale;
            if (p == first) return false;
        }
    }
    return put_time(h, m, s, micro, out) && parse_offset(p, (size_t)(end - p), out);
}

bool cm_civil_parse(const char *p, size_t n, cm_value_kind kind, cm_civil *out) {
    memset(out, 0, sizeof *out);
    if (kind == CM_DATETIME && n == 26 && parse_stamp(p, out)) return true;
    if (kind == CM_TIME) return parse_time(p, n, out);
    if (!parse_date(p, n, out)) return false;
    if (n == 10) return true;
    if (p[10] != ' ' && p[10] != 'T') return false;
    return parse_time(p + 11, n - 11, out) && (kind == CM_DATETIME || (out->hour | out->minute | out->second | out->micro) == 0);
}

int64_t cm_civil_days(const cm_civil *t) {
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = t->year, full = y - 1;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    int64_t days = full * 365 + full / 4 - full / 100 + full / 400 + before[t->month - 1] + (leap && t->month > 2) + t->day - 1;
    return days - 719162; /* 0001-01-01 to 1970-01-01 */
}

/* After Howard Hinnant's description of the algorithm. */
void cm_civil_of_days(int64_t days, cm_civil *t) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
    t->year = (int16_t)(yoe + era * 400 + (month <= 2));
    t->month = (uint8_t)month;
    t->day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
}

bool cm_utf8_valid(const char *p, size_t n, bool *ascii) {
    const unsigned char *s = (const unsigned char *)p, *end = s + n;
    bool plain = true;
    while (s < end) {
        if (end - s >= 8) {
            uint64_t w;
            memcpy(&w, s, 8);
            if (!(w & 0x8080808080808080u)) {
                s += 8;
                continue;
            }
        }
        unsigned c = *s;
        if (c < 0x80) {
            s++;
            continue;
        }
        plain = false;
        size_t need = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || (size_t)(end - s) <= need) return false;
        unsigned lo = 0x80, hi = 0xBF;
        if (c == 0xE0) lo = 0xA0;
        if (c == 0xED) hi = 0x9F;
        if (c == 0xF0) lo = 0x90;
        if (c == 0xF4) hi = 0x8F;
        if (s[1] < lo || s[1] > hi) return false;
        for (size_t i = 2; i <= need; i++)
            if ((s[i] & 0xC0) != 0x80) return false;
        s += need + 1;
    }
    if (ascii) *ascii = plain;
    return true;
}
