/* URL and connect_args into what libpq connects with. libpq's own keywords pass as they are; those of the usual drivers are
 * translated, and what has no meaning here is refused by name. Several hosts: ?host=a:5432&host=b, or host=a,b. */
#include "driver/pg_int.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Options of this driver itself, and names that other drivers have for libpq's. */
static const struct {
    const char *name, *libpq; /* NULL: read by the driver, or accepted without meaning */
} translated[] = {{"database", "dbname"},
                  {"username", "user"},
                  {"timeout", "connect_timeout"},
                  {"ssl", "sslmode"},
                  {"isolation_level", NULL},
                  {"prepare_threshold", NULL},
                  {"prepared_statement_cache_size", NULL},
                  {"statement_cache_size", NULL},
                  {"autocommit", NULL},
                  {"client_encoding", NULL},
                  {"check_same_thread", NULL} /* of programs that began with SQLite */};

static bool find_translated(const char *name, const char **libpq) {
    for (size_t i = 0; i < sizeof translated / sizeof *translated; i++)
        if (strcmp(translated[i].name, name) == 0) {
            *libpq = translated[i].libpq;
            return true;
        }
    return false;
}

static bool is_libpq_option(const PQconninfoOption *known, const char *name) {
    for (; known->keyword; known++)
        if (strcmp(known->keyword, name) == 0) return true;
    return false;
}

const char *cm_pg__level(const char *word) {
    static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "READ UNCOMMITTED"};
    for (size_t i = 0; word && i < sizeof levels / sizeof *levels; i++) {
        const char *p = word, *q = levels[i];
        while (*p && *q && ((*p == '_' && *q == ' ') || (*p & ~32) == (*q & ~32))) p++, q++;
        if (!*p && !*q) return levels[i];
    }
    return NULL;
}

static cm_status check_value(cm_ctx *cx, const char *name, const char *value) {
    double number;
    bool ok = true;
    if (strcmp(name, "connect_timeout") == 0 || strcmp(name, "timeout") == 0) ok = cm_option__number(value, &number) && number >= 0;
    else if (strcmp(name, "client_encoding") == 0) ok = !strcasecmp(value, "utf8") || !strcasecmp(value, "utf-8");
    else if (strcmp(name, "isolation_level") == 0) ok = cm_pg__level(value) || cm_option__is(value, "autocommit");
    else if (strcmp(name, "autocommit") == 0) ok = cm_option__is(value, "0") || cm_option__is(value, "false");
    return ok ? CM_OK : cm__fail(cx, CM_E_ARGUMENT, "Invalid value %s for the PostgreSQL option %s", value, name);
}

cm_status cm_pg__configure(cm_ctx *cx, cm_url *url, const char *const *options) {
    PQconninfoOption *known = PQconndefaults();
    cm_status st = known ? CM_OK : cm__nomem(cx);
    const char *libpq;
    (void)url;
    for (size_t i = 0; !st && options && options[i]; i += 2) {
        bool ours = find_translated(options[i], &libpq);
        if (!ours && !is_libpq_option(known, options[i]))
            st = cm__fail(cx, CM_E_ARGUMENT, "%s is not an option of PostgreSQL connections", options[i]);
        else st = check_value(cx, options[i], options[i + 1]);
    }
    PQconninfoFree(known);
    return st;
}

typedef struct pairs {
    const char **keys, **values;
    size_t n;
} pairs;

/* The last one given wins. */
static void set(pairs *p, const char *key, const char *value) {
    size_t i = 0;
    if (!value) return;
    while (i < p->n && strcmp(p->keys[i], key) != 0) i++;
    if (i == p->n) p->n++;
    p->keys[i] = key;
    p->values[i] = value;
}

/* Several host arguments, each host or host:port, become the two lists libpq knows; an empty port is the usual
 * one. text: room for both. */
static void set_hosts(pairs *p, const char *const *options, char *text) {
    size_t n = 0, room = 1;
    for (size_t i = 0; options && options[i]; i += 2)
        if (strcmp(options[i], "host") == 0) room += strlen(options[i + 1]) + 1, n++;
    if (n == 0) return;
    char *hosts = text, *ports = text + room, *host_end = hosts, *port_end = ports;
    bool any_port = false;
    for (size_t i = 0; options[i]; i += 2) {
        if (strcmp(options[i], "host") != 0) continue;
        const char *host = options[i + 1], *colon = host[0] == '/' ? NULL : strrchr(host, ':');
        if (colon && (strchr(host, ']') > colon || strchr(host, ':') != colon)) colon = NULL; /* an IPv6 address */
        if (host_end != hosts) *host_end++ = ',', *port_end++ = ',';
        size_t length = strlen(host), before = colon ? (size_t)(colon - host) : length;
        memcpy(host_end, host, before);
        host_end += before;
        if (colon) memcpy(port_end, colon + 1, length - before - 1), port_end += length - before - 1;
        any_port = any_port || colon;
    }
    *host_end = *port_end = '\0';
    set(p, "host", hosts);
    if (any_port) set(p, "port", ports);
}

static size_t total_length(const char *const *options) {
    size_t n = 8;
    for (size_t i = 0; options && options[i]; i++) n += strlen(options[i]) + 2;
    return n;
}

cm_status cm_pg__conninfo(cm_ctx *cx, const cm_url *url, const char *const *options, const char ***keys, const char ***values) {
    size_t count = 0;
    while (options && options[count]) count += 2;
    size_t slots = count / 2 + 16, bytes = 2 * slots * sizeof(char *);
    char *block = cm__alloc(cx, bytes + 2 * total_length(options));
    if (!block) return CM_E_NOMEM;
    pairs p = {.keys = (const char **)(void *)block, .values = (const char **)(void *)block + slots};
    set(&p, "application_name", "cormorant");
    set(&p, "host", url->host && *url->host ? url->host : NULL);
    set(&p, "port", url->port);
    set(&p, "user", url->user);
    set(&p, "password", url->password);
    set(&p, "dbname", url->database && *url->database ? url->database : NULL);
    for (size_t i = 0; i < count; i += 2) {
        const char *libpq = options[i];
        if (find_translated(options[i], &libpq) && !libpq) continue;
        set(&p, libpq, options[i + 1]);
    }
    set_hosts(&p, options, block + bytes);
    set(&p, "client_encoding", "UTF8");
    *keys = p.keys;
    *values = p.values;
    return CM_OK;
}
