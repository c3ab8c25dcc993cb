/* Columns -> values: the binary form of prepared statements, and the text that direct statements answer.
 *
 * TIME is a duration (it may be negative and over 24 hours), as the usual drivers have it; the type of the column makes a time
 * of day of it. Dates of zeros, which old tables hold, are NULL. */
#include "driver/mysql_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t get_number(const char *p, int bytes) {
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--) v = v << 8 | (uint8_t)p[i];
    return v;
}

/* The length before a value, which ends before `end`: what follows it, NULL if it does not. */
static const char *get_length(const char *p, const char *end, size_t *n) {
    uint8_t first = (uint8_t)*p++;
    *n = first;
    if (first >= 251) {
        int bytes = first == 252 ? 2 : first == 253 ? 3 : 8;
        if (end - p < bytes) return NULL;
        *n = (size_t)get_number(p, bytes);
        p += bytes;
    }
    return *n <= (size_t)(end - p) ? p : NULL;
}

static void bad_value(cm_dstmt *s, cm_value *out, const char *what) {
    out->kind = CM_NULL;
    if (!s->bad_row) s->bad_row = cm_mysql__fail(s->conn, CM_E_DATA, 0, what);
}

static void set_int(cm_value *out, int64_t i) {
    out->kind = CM_INT;
    out->u.i = i;
}

static void set_slice(cm_value *out, cm_value_kind kind, const char *p, size_t n) {
    out->kind = (uint8_t)kind;
    out->ascii = kind == CM_DECIMAL;
    out->u.s.p = p;
    out->u.s.n = n;
}

/* ---- numbers */

static const char *decode_tiny(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)end;
    set_int(out, col->is_unsigned ? (uint8_t)*p : (int8_t)*p);
    return p + 1;
}
static const char *decode_short(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)end;
    uint16_t v = (uint16_t)get_number(p, 2);
    set_int(out, col->is_unsigned ? v : (int16_t)v);
    return p + 2;
}
static const char *decode_long(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)end;
    uint32_t v;
    memcpy(&v, p, 4);
    set_int(out, col->is_unsigned ? (int64_t)v : (int32_t)v);
    return p + 4;
}
static void set_unsigned(my_column *col, uint64_t v, cm_value *out) {
    if (v <= INT64_MAX) {
        set_int(out, (int64_t)v);
        return;
    }
    int n = snprintf(col->digits, sizeof col->digits, "%llu", (unsigned long long)v);
    set_slice(out, CM_DECIMAL, col->digits, (size_t)n);
    out->ascii = CM_WHOLE;
}

static const char *decode_longlong(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)end;
    uint64_t v;
    memcpy(&v, p, 8);
    if (col->is_unsigned) set_unsigned(col, v, out);
    else set_int(out, (int64_t)v);
    return p + 8;
}

static const char *decode_double(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)col, (void)end;
    out->kind = CM_DOUBLE;
    memcpy(&out->u.d, p, 8);
    return p + 8;
}

/* The decimal that a FLOAT prints as: 0.1, not 0.10000000149. */
static const char *decode_float(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)col, (void)end;
    float f;
    char text[40];
    memcpy(&f, p, 4);
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f) break;
    }
    out->kind = CM_DOUBLE;
    out->u.d = strtod(text, NULL);
    return p + 4;
}

static const char *decode_decimal(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)col;
    size_t n;
    if (!(p = get_length(p, end, &n))) return NULL;
    set_slice(out, CM_DECIMAL, p, n);
    return p + n;
}

/* ---- text and bytes */

static const char *decode_slice(my_column *col, const char *p, const char *end, cm_value *out) {
    size_t n;
    if (!(p = get_length(p, end, &n))) return NULL;
    set_slice(out, col->binary ? CM_BLOB : CM_TEXT, p, n);
    return p + n;
}

/* ---- moments */

static void set_moment(cm_value *out, bool clock, const cm_civil *t) {
    bool zero = !t->year || !t->month || !t->day;
    out->kind = (uint8_t)(zero ? CM_NULL : clock ? CM_DATETIME : CM_DATE);
    out->u.t = *t;
}

static const char *decode_moment(my_column *col, const char *p, const char *end, cm_value *out) {
    size_t n;
    if (!(p = get_length(p, end, &n))) return NULL;
    cm_civil t = {0};
    if (n >= 4) {
        t.year = (int16_t)get_number(p, 2);
        t.month = (uint8_t)p[2];
        t.day = (uint8_t)p[3];
    }
    if (n >= 7) {
        t.hour = (uint8_t)p[4];
        t.minute = (uint8_t)p[5];
        t.second = (uint8_t)p[6];
    }
    if (n >= 11) t.micro = (uint32_t)get_number(p + 7, 4);
    set_moment(out, col->type != MYSQL_TYPE_DATE && col->type != MYSQL_TYPE_NEWDATE, &t);
    return p + n;
}

static const char *decode_duration(my_column *col, const char *p, const char *end, cm_value *out) {
    (void)col;
    size_t n;
    if (!(p = get_length(p, end, &n))) return NULL;
    int64_t us = 0;
    if (n >= 8) /* TIME has 34 days at most: the rest is cut */
        us = (((int64_t)get_number(p + 1, 2) * 24 + (uint8_t)p[5]) * 60 + (uint8_t)p[6]) * 60000000 + (int64_t)(uint8_t)p[7] * 1000000;
    if (n >= 12) us += (int64_t)get_number(p + 8, 4);
    out->kind = CM_INTERVAL;
    out->u.i = n && *p ? -us : us;
    return p + n;
}

my_decoder cm_mysql__decoder(const MYSQL_FIELD *field) {
    switch (field->type) {
    case MYSQL_TYPE_TINY: return decode_tiny;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR: return decode_short;
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24: return decode_long;
    case MYSQL_TYPE_LONGLONG: return decode_longlong;
    case MYSQL_TYPE_FLOAT: return decode_float;
    case MYSQL_TYPE_DOUBLE: return decode_double;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return decode_decimal;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: return decode_moment;
    case MYSQL_TYPE_TIME: return decode_duration;
    default: return decode_slice;
    }
}

uint8_t cm_mysql__width(my_decoder d) {
    return d == decode_short ? 2 : d == decode_long || d == decode_float ? 4 : d == decode_longlong || d == decode_double ? 8 : 1;
}

/* 0, then NULLs (a bit each, from the third on), then what is not NULL, one after the other. A server may lie about each length. */
void cm_mysql__binary_values(cm_dstmt *s, size_t first, size_t n, cm_value *out) {
    const char *nulls = (const char *)s->row->data + 1, *end = nulls - 1 + s->row->length, *p = nulls + (s->ncolumns + 9) / 8;
    cm_value passed;
    if (s->row->length < 1 + (s->ncolumns + 9) / 8) p = NULL;
    for (size_t i = 0; i < first + n; i++) {
        cm_value *to = i < first ? &passed : out++;
        my_column *col = &s->columns[i];
        to->ascii = 0;
        if (p && nulls[(i + 2) / 8] >> ((i + 2) & 7) & 1) {
            to->kind = CM_NULL;
            continue;
        }
        if (p) p = end - p < col->width ? NULL : col->decode(col, p, end, to);
        if (!p) bad_value(s, to, "a row of the server ends before its values do");
    }
}

/* ---- text of direct statements */

/* -12:34:56.789 */
static int64_t duration_of_text(const char *p) {
    bool minus = *p == '-';
    char *end;
    int64_t us = strtoll(minus ? p + 1 : p, &end, 10) * 3600000000, unit = 100000;
    if (*end == ':') us += strtoll(end + 1, &end, 10) * 60000000;
    if (*end == ':') us += strtoll(end + 1, &end, 10) * 1000000;
    for (p = *end == '.' ? end + 1 : ""; *p >= '0' && *p <= '9'; p++, unit /= 10) us += (*p - '0') * unit;
    return minus ? -us : us;
}

static void text_moment(cm_dstmt *s, my_column *col, const char *p, size_t n, cm_value *out) {
    bool clock = col->decode == decode_moment && col->type != MYSQL_TYPE_DATE && col->type != MYSQL_TYPE_NEWDATE;
    cm_civil t;
    if (strncmp(p, "0000", 4) == 0) out->kind = CM_NULL;
    else if (cm_civil_parse(p, n, clock ? CM_DATETIME : CM_DATE, &t)) set_moment(out, clock, &t);
    else bad_value(s, out, "a date of the server cannot be read");
}

void cm_mysql__text_value(cm_dstmt *s, my_column *col, const char *p, size_t n, cm_value *out) {
    my_decoder d = col->decode;
    if (d == decode_moment) {
        text_moment(s, col, p, n, out);
    } else if (d == decode_duration) {
        out->kind = CM_INTERVAL;
        out->u.i = duration_of_text(p);
    } else if (d == decode_float || d == decode_double) {
        out->kind = CM_DOUBLE;
        out->u.d = strtod(p, NULL);
    } else if (d == decode_decimal) {
        set_slice(out, CM_DECIMAL, p, n);
    } else if (d == decode_slice) {
        set_slice(out, col->binary ? CM_BLOB : CM_TEXT, p, n);
    } else if (d == decode_longlong && col->is_unsigned) {
        set_unsigned(col, strtoull(p, NULL, 10), out);
    } else {
        set_int(out, strtoll(p, NULL, 10));
    }
}
