/* Database URLs: backend[+driver]://[user[:password]@][host][:port][/database][?name=value&...].
 *
 * A parsed URL is one block: the cm_url, its query pairs, and one byte area that takes every string (decoding never makes
 * text longer). The user ends at the first `:` or `@` and the password at the first `@` after it, so a `/` may stand in a
 * password, an `@` only as %40. A stray `%` stays as it is. Nothing but sqlite's own file can hold control characters, so
 * NUL (which ends the text anyway) and newlines are refused everywhere. */
#include "driver/driver.h"
#include "base/buf.h"

#include <ctype.h>
#include <string.h>

typedef struct owned_url {
    cm_url url;
    char *database;      /* of cm_url_set_database, or NULL */
    char *next;          /* free part of the byte area */
    const char *pairs[]; /* then the byte area */
} owned_url;

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Stores p[0..n) and a NUL; decode undoes %XX, plus makes '+' a space (query). *bad: the text would hold a NUL. */
static const char *keep(owned_url *u, const char *p, size_t n, bool decode, bool plus, bool *bad) {
    char *start = u->next, *to = start;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (decode && c == '%' && i + 2 < n && hex_digit(p[i + 1]) >= 0 && hex_digit(p[i + 2]) >= 0) {
            c = (char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == '\0') *bad = true;
        *to++ = c;
    }
    *to++ = '\0';
    u->next = to;
    return start;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Scheme up to "://"; NULL: there is none. */
static const char *scheme_end(const char *text) {
    const char *p = text;
    while (is_name(*p) || (*p == '+' && p > text)) p++;
    return p > text && strncmp(p, "://", 3) == 0 ? p : NULL;
}

static void take_scheme(owned_url *u, const char *text, const char *end, bool *bad) {
    const char *plus = memchr(text, '+', (size_t)(end - text));
    u->url.backend = keep(u, text, (size_t)((plus ? plus : end) - text), false, false, bad);
    if (plus) u->url.driver = keep(u, plus + 1, (size_t)(end - plus - 1), false, false, bad);
}

/* user[:password]@ in front of p; answers what follows. */
static const char *take_user(owned_url *u, const char *p, const char *end, bool *bad) {
    const char *name_end = p;
    while (name_end < end && *name_end != ':' && *name_end != '@' && *name_end != '/') name_end++;
    if (name_end == end || *name_end == '/') return p;
    const char *at = *name_end == '@' ? name_end : memchr(name_end, '@', (size_t)(end - name_end));
    if (!at) return p;
    u->url.user = keep(u, p, (size_t)(name_end - p), true, false, bad);
    if (*name_end == ':') u->url.password = keep(u, name_end + 1, (size_t)(at - name_end - 1), true, false, bad);
    return at + 1;
}

/* host or [host], then :port. False: the port is no number. */
static bool take_host(owned_url *u, const char **at, const char *end, bool *bad) {
    const char *p = *at, *close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
    const char *host = close ? p + 1 : p, *host_end = close;
    if (!close)
        for (host_end = p; host_end < end && *host_end != ':' && *host_end != '/' && *host_end != '?';) host_end++;
    p = close ? close + 1 : host_end;
    if (host_end > host) u->url.host = keep(u, host, (size_t)(host_end - host), true, false, bad);
    if (p < end && *p == ':') {
        const char *port = ++p;
        while (p < end && isdigit((unsigned char)*p)) p++;
        if (p - port > 5 || (p < end && *p != '/' && *p != '?')) return false;
        if (p > port) u->url.port = keep(u, port, (size_t)(p - port), false, false, bad);
    }
    *at = p;
    return true;
}

static void take_query(owned_url *u, const char *p, const char *end, bool *bad) {
    size_t n = 0;
    while (p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        if (!stop) stop = end;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        if (equals && stop > equals + 1) { /* blank values are dropped, as form data are read */
            u->pairs[n++] = keep(u, p, (size_t)(equals - p), true, true, bad);
            u->pairs[n++] = keep(u, equals + 1, (size_t)(stop - equals - 1), true, true, bad);
        }
        p = stop < end ? stop + 1 : end;
    }
    u->pairs[n] = NULL;
}

static cm_status take_apart(cm_ctx *cx, owned_url *u, const char *text) {
    const char *p = scheme_end(text), *end = text + strlen(text);
    bool bad = false;
    if (!p) return cm__fail(cx, CM_E_ARGUMENT, "Could not parse a database URL from the given string");
    take_scheme(u, text, p, &bad);
    const char *question = strchr(p + 3, '?');
    p = take_user(u, p + 3, question ? question : end, &bad);
    const char *stop = question ? question : end;
    if (!take_host(u, &p, stop, &bad)) return cm__fail(cx, CM_E_ARGUMENT, "the port of the database URL is not a number");
    if (p < stop && *p != '/') return cm__fail(cx, CM_E_ARGUMENT, "Could not parse a database URL from the given string");
    if (p < stop) {
        u->url.raw_database = keep(u, p + 1, (size_t)(stop - p - 1), false, false, &bad);
        u->url.database = keep(u, p + 1, (size_t)(stop - p - 1), true, false, &bad);
    }
    if (question) take_query(u, question + 1, end, &bad);
    if (bad) return cm__fail(cx, CM_E_ARGUMENT, "a NUL character in the database URL");
    return CM_OK;
}

cm_status cm_url_parse(cm_ctx *cx, const char *text, cm_url **out) {
    size_t n = strlen(text), npairs = 2, bytes;
    *out = NULL;
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < ' ') return cm__fail(cx, CM_E_ARGUMENT, "a control character in the database URL");
        if (*p == '&') npairs += 2;
    }
    /* every part is at most itself, its NUL stands on a delimiter; the database is kept twice */
    if (__builtin_mul_overflow(n + 16, 2, &bytes)) return cm__nomem(cx);
    owned_url *u = cm__alloc(cx, sizeof *u + (npairs + 1) * sizeof *u->pairs + bytes + npairs);
    if (!u) return CM_E_NOMEM;
    u->url.query = u->pairs;
    u->next = (char *)(u->pairs + npairs + 1);
    cm_status st = take_apart(cx, u, text);
    if (st) {
        cm__free(cx, u);
        return st;
    }
    *out = &u->url;
    return CM_OK;
}

void cm_url_free(cm_ctx *cx, cm_url *url) {
    if (!url) return;
    owned_url *u = (owned_url *)(void *)url;
    cm__free(cx, u->database);
    cm__free(cx, u);
}

cm_status cm_url_set_database(cm_ctx *cx, cm_url *url, const char *database) {
    owned_url *u = (owned_url *)(void *)url;
    char *copy = cm__strdup(cx, database);
    if (database && !copy) return CM_E_NOMEM;
    cm__free(cx, u->database);
    u->database = copy;
    url->database = copy;
    return CM_OK;
}

/* ---- writing */

static void put_encoded(cm_buf *b, const char *text, const char *safe) {
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (isalnum(c) || strchr("_.-~", c) || strchr(safe, c)) cm_buf__putc(b, *p);
        else cm_buf__printf(b, "%%%02X", c);
    }
}

/* A host, in brackets where it has colons; what would end it is encoded. */
static void put_host(cm_buf *b, const char *host) {
    const bool brackets = strchr(host, ':') != NULL;
    if (brackets) cm_buf__putc(b, '[');
    for (const char *p = host; *p; p++)
        if ((unsigned char)*p < ' ' || strchr("@/?[]%&", *p)) cm_buf__printf(b, "%%%02X", (unsigned char)*p);
        else cm_buf__putc(b, *p);
    if (brackets) cm_buf__putc(b, ']');
}

cm_status cm_url_format(cm_ctx *cx, const cm_url *url, bool hide_password, char **out) {
    cm_buf b;
    cm_buf__init(&b, cx);
    cm_buf__puts(&b, url->backend);
    if (url->driver) cm_buf__printf(&b, "+%s", url->driver);
    cm_buf__puts(&b, "://");
    if (url->user) {
        put_encoded(&b, url->user, " +");
        if (url->password) cm_buf__putc(&b, ':');
        if (url->password && hide_password) cm_buf__puts(&b, "***");
        if (url->password && !hide_password) put_encoded(&b, url->password, " +");
        cm_buf__putc(&b, '@');
    }
    if (url->host) put_host(&b, url->host);
    if (url->port) cm_buf__printf(&b, ":%s", url->port);
    if (url->database) {
        cm_buf__putc(&b, '/');
        put_encoded(&b, url->database, " +/");
    }
    for (size_t i = 0; url->query && url->query[i]; i += 2) {
        cm_buf__putc(&b, i ? '&' : '?');
        put_encoded(&b, url->query[i], "");
        cm_buf__putc(&b, '=');
        put_encoded(&b, url->query[i + 1], "");
    }
    cm_status st = cm_buf__take(&b, out, NULL);
    cm_buf__dispose(&b);
    return st;
}
