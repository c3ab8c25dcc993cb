/* Drivers by the name a URL begins with, and the reading of their options. SQLite is built in; network drivers add
 * themselves when their library is loaded, before engines are made. */
#include "driver/driver.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DRIVERS = 16 };

typedef struct entry {
    char backend[32];
    const cm_driver *driver;
} entry;
static entry registered[MAX_DRIVERS];
static int nregistered; /* written by cm_driver_register only */

const cm_driver *cm_driver_find(const char *backend) {
    if (!backend) return NULL;
    int n = __atomic_load_n(&nregistered, __ATOMIC_ACQUIRE);
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(registered[i].backend, backend) == 0) return registered[i].driver;
    return strcmp(backend, "sqlite") == 0 ? &cm__driver_sqlite : NULL;
}

cm_status cm_driver_register(cm_ctx *cx, const char *backend, const cm_driver *driver) {
    if (!backend || !driver || driver->version != 1)
        return cm__fail(cx, CM_E_ARGUMENT, "a driver needs a name and version 1 of the driver interface");
    if (strlen(backend) >= sizeof registered->backend) return cm__fail(cx, CM_E_ARGUMENT, "the driver name %s is too long", backend);
    int n = nregistered;
    for (int i = 0; i < n; i++)
        if (strcmp(registered[i].backend, backend) == 0) {
            registered[i].driver = driver;
            return CM_OK;
        }
    if (n == MAX_DRIVERS) return cm__fail(cx, CM_E_ARGUMENT, "no room for the driver %s: %d are registered", backend, n);
    strcpy(registered[n].backend, backend);
    registered[n].driver = driver;
    __atomic_store_n(&nregistered, n + 1, __ATOMIC_RELEASE);
    return CM_OK;
}

/* ---- options */

bool cm_option__is(const char *text, const char *word) {
    if (!text) return false;
    while (*text && tolower((unsigned char)*text) == *word) text++, word++;
    return !*text && !*word;
}

const char *cm_option__find(const char *const *options, const char *name) {
    const char *found = NULL;
    if (!options) return NULL;
    for (; options[0]; options += 2)
        if (strcmp(options[0], name) == 0) found = options[1];
    return found;
}

bool cm_option__bool(const char *text, bool *out) {
    static const char *const yes[] = {"1", "true", "on", "yes"}, *const no[] = {"0", "false", "off", "no"};
    for (size_t i = 0; i < 4; i++) {
        if (cm_option__is(text, yes[i])) {
            *out = true;
            return true;
        }
        if (cm_option__is(text, no[i])) {
            *out = false;
            return true;
        }
    }
    return false;
}

bool cm_option__number(const char *text, double *out) {
    char *end;
    if (!text || !*text || isspace((unsigned char)*text)) return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}
