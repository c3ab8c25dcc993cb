/* JSON text: the buffer, strings, numbers, dates. */
#include "python/json/json.h"

#include <datetime.h>
#include <math.h>
#include <string.h>

int cmpy_json_text_setup(void) {
    PyDateTime_IMPORT;
    return PyDateTimeAPI ? 0 : -1;
}

int cmpy_json_grow(cmpy_json *j, size_t n) {
    size_t size = j->size ? j->size : 1024;
    while (size - j->n < n) {
        if (size > (size_t)PY_SSIZE_T_MAX / 2) {
            PyErr_NoMemory();
            return -1;
        }
        size *= 2;
    }
    char *p = PyMem_Realloc(j->p, size);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    j->p = p;
    j->size = size;
    return 0;
}

/* ---- strings */

static const char hex[] = "0123456789abcdef";

static char *put_u(char *p, Py_UCS4 c) {
    *p++ = '\\', *p++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *p++ = hex[c >> shift & 15];
    return p;
}

/* A character that may need an escape; at most 12 bytes. */
static char *put_escaped(char *p, Py_UCS4 c, bool ascii) {
    switch (c) {
    case '"': *p++ = '\\', *p++ = '"'; return p;
    case '\\': *p++ = '\\', *p++ = '\\'; return p;
    case '\n': *p++ = '\\', *p++ = 'n'; return p;
    case '\r': *p++ = '\\', *p++ = 'r'; return p;
    case '\t': *p++ = '\\', *p++ = 't'; return p;
    case '\b': *p++ = '\\', *p++ = 'b'; return p;
    case '\f': *p++ = '\\', *p++ = 'f'; return p;
    default: break;
    }
    if (c < 0x20 || (ascii && c == 0x7f)) return put_u(p, c);
    if (c < 0x80) {
        *p++ = (char)c;
        return p;
    }
    if (ascii) return c < 0x10000 ? put_u(p, c) : put_u(put_u(p, 0xd800 + ((c - 0x10000) >> 10)), 0xdc00 + ((c - 0x10000) & 0x3ff));
    if (c < 0x800) {
        *p++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *p++ = (char)(0xe0 | c >> 12);
        } else {
            *p++ = (char)(0xf0 | c >> 18);
            *p++ = (char)(0x80 | (c >> 12 & 63));
        }
        *p++ = (char)(0x80 | (c >> 6 & 63));
    }
    *p++ = (char)(0x80 | (c & 63));
    return p;
}

/* Whether one of eight characters is below 32, a quote, a backslash or 127. */
static inline uint64_t any_special(uint64_t w) {
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    const uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\', del = w ^ ones * 0x7f;
    return ((w - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones)) & ~w & high;
}

/* How many of the n characters from p on can be copied as they are. */
static size_t clean_run(const Py_UCS1 *p, size_t n) {
    size_t i = 0;
    for (uint64_t w; i + 8 <= n; i += 8) {
        memcpy(&w, p + i, 8);
        if (any_special(w)) break;
    }
    while (i < n && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f) i++;
    return i;
}

static int put_ascii(cmpy_json *j, const Py_UCS1 *s, size_t n) {
    if (cmpy_json_room(j, n + 2) < 0) return -1;
    j->p[j->n++] = '"';
    for (size_t i = 0; i < n;) {
        size_t run = clean_run(s + i, n - i);
        if (cmpy_json_put(j, (const char *)s + i, run) < 0) return -1;
        i += run;
        if (i == n) break;
        if (cmpy_json_room(j, 12) < 0) return -1;
        j->n = (size_t)(put_escaped(j->p + j->n, s[i++], j->ascii) - j->p);
    }
    return cmpy_json_put(j, "\"", 1);
}

static int surrogate(PyObject *s) {
    PyObject *encoded = PyUnicode_AsUTF8String(s); /* says which, and where */
    Py_XDECREF(encoded);
    return -1;
}

int cmpy_json_str(cmpy_json *j, PyObject *s) {
    size_t n = (size_t)PyUnicode_GET_LENGTH(s);
    if (PyUnicode_IS_ASCII(s)) return put_ascii(j, PyUnicode_1BYTE_DATA(s), n);
    const int kind = PyUnicode_KIND(s);
    const void *data = PyUnicode_DATA(s);
    if (n > (size_t)PY_SSIZE_T_MAX / 12 - 1 || cmpy_json_room(j, n * 12 + 2) < 0) return PyErr_Occurred() ? -1 : (PyErr_NoMemory(), -1);
    char *p = j->p + j->n;
    *p++ = '"';
    for (size_t i = 0; i < n; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (j->strict && !j->ascii && c >= 0xd800 && c < 0xe000) return surrogate(s);
        p = put_escaped(p, c, j->ascii);
    }
    *p++ = '"';
    j->n = (size_t)(p - j->p);
    return 0;
}

/* ---- numbers */

static char *put_digits(char *end, uint64_t v) {
    do *--end = (char)('0' + v % 10);
    while (v /= 10);
    return end;
}

int cmpy_json_int(cmpy_json *j, PyObject *o) {
    int overflow;
    long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow) {
        PyObject *text = PyLong_Type.tp_repr(o);
        Py_ssize_t n = 0;
        const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
        int st = p ? cmpy_json_put(j, p, (size_t)n) : -1;
        Py_XDECREF(text);
        return st;
    }
    if (v == -1 && PyErr_Occurred()) return -1;
    char buffer[24], *end = buffer + sizeof buffer, *p = put_digits(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0) *--p = '-';
    return cmpy_json_put(j, p, (size_t)(end - p));
}

/* Numbers of at most four decimals and fifteen digits: there is but one way to write them that short. */
static char *put_short_decimal(char *end, double v) {
    const double scaled = v * 10000;
    if (!(fabs(v) < 1e10) || fabs(v) < 0.001) return NULL;
    long long n = llround(scaled);
    if ((double)n / 10000 != v) return NULL;
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n, fraction = u % 10000;
    int digits = 4;
    for (; digits > 1 && fraction % 10 == 0; digits--) fraction /= 10;
    for (; digits; digits--, fraction /= 10) *--end = (char)('0' + fraction % 10);
    *--end = '.';
    end = put_digits(end, u / 10000);
    if (n < 0) *--end = '-';
    return end;
}

int cmpy_json_float(cmpy_json *j, double v) {
    char buffer[40], *end = buffer + sizeof buffer, *p = put_short_decimal(end, v);
    if (p) return cmpy_json_put(j, p, (size_t)(end - p));
    if (isnan(v)) return cmpy_json_put(j, "NaN", 3);
    if (isinf(v)) return v > 0 ? cmpy_json_put(j, "Infinity", 8) : cmpy_json_put(j, "-Infinity", 9);
    char *text = PyOS_double_to_string(v, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    int st = text ? cmpy_json_put(j, text, strlen(text)) : -1;
    PyMem_Free(text);
    return st;
}

/* ---- dates: "Mon, 01 Jan 2024 00:00:00 GMT" */

static char *put_number(char *p, int v, int width) {
    for (int i = width - 1; i >= 0; i--, v /= 10) p[i] = (char)('0' + v % 10);
    return p + width;
}

static int weekday(int year, int month, int day) { /* 0: Sunday */
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    if (month < 3) year--;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

int cmpy_json_http_date(cmpy_json *j, PyObject *o, bool *done) {
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const bool timed = PyDateTime_CheckExact(o);
    if (timed ? ((PyDateTime_DateTime *)o)->hastzinfo : !PyDate_CheckExact(o)) return 0;
    const int year = PyDateTime_GET_YEAR(o), month = PyDateTime_GET_MONTH(o), day = PyDateTime_GET_DAY(o);
    char buffer[40], *p = buffer;
    *p++ = '"';
    memcpy(p, days + 3 * weekday(year, month, day), 3);
    memcpy(p + 3, ", ", 2);
    p = put_number(p + 5, day, 2);
    *p++ = ' ';
    memcpy(p, months + 3 * (month - 1), 3);
    p += 3;
    *p++ = ' ';
    p = put_number(p, year, 4);
    *p++ = ' ';
    p = put_number(p, timed ? PyDateTime_DATE_GET_HOUR(o) : 0, 2);
    *p++ = ':';
    p = put_number(p, timed ? PyDateTime_DATE_GET_MINUTE(o) : 0, 2);
    *p++ = ':';
    p = put_number(p, timed ? PyDateTime_DATE_GET_SECOND(o) : 0, 2);
    memcpy(p, " GMT\"", 5);
    *done = true;
    return cmpy_json_put(j, buffer, (size_t)(p + 5 - buffer));
}
