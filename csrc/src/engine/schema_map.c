/* schema_translate_map: names of schemas that stand for others while a connection is in somebody's hands.
 *
 * A map belongs to the text of a statement, so it enters plan keys with all its names, and flush shapes are kept by it. */
#include "engine/engine_int.h"

#include <string.h>

cm_status cm_schema_map__new(cm_ctx *cx, const char *const *pairs, cm_schema_map **out) {
    size_t n = 0, bytes = 0;
    *out = NULL;
    for (; pairs && pairs[n]; n++) bytes += strlen(pairs[n]) + 1;
    cm_schema_map *map = cm__alloc(cx, sizeof *map + (n + 1) * sizeof *map->pairs + bytes);
    if (!map) return CM_E_NOMEM;
    map->refs = 1;
    map->n = n;
    char *at = (char *)(map->pairs + n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(pairs[i]) + 1;
        map->pairs[i] = memcpy(at, pairs[i], length);
        at += length;
    }
    map->pairs[n] = NULL;
    *out = map;
    return CM_OK;
}

cm_schema_map *cm_schema_map__retain(cm_schema_map *map) {
    if (map) __atomic_fetch_add(&map->refs, 1, __ATOMIC_RELAXED);
    return map;
}

void cm_schema_map__release(cm_ctx *cx, cm_schema_map *map) {
    if (map && __atomic_sub_fetch(&map->refs, 1, __ATOMIC_ACQ_REL) == 0) cm__free(cx, map);
}

bool cm_schema_map__same(const cm_schema_map *a, const cm_schema_map *b) {
    if (a == b) return true;
    if (!a || !b || a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->pairs[i], b->pairs[i]) != 0) return false;
    return true;
}

cm_status cm_schema_map__key(cm_ctx *cx, cm_keybuf *key, const cm_schema_map *map) {
    if (!map) return CM_OK;
    cm_status st = cm_key__word(cx, key, map->n);
    for (size_t i = 0; i < map->n && !st; i++) st = cm_key__bytes(cx, key, map->pairs[i], strlen(map->pairs[i]));
    return st;
}

cm_schema_map *cm_conn__schemas(const cm_conn *conn) { return conn->schemas; }

const char *cm_conn__schema(const cm_conn *conn, const char *schema) {
    for (const char *const *pair = conn->schemas ? conn->schemas->pairs : NULL; pair && pair[0]; pair += 2)
        if (strcmp(pair[0], schema ? schema : "") == 0) return *pair[1] ? pair[1] : NULL;
    return schema;
}

cm_status cm_conn_set_schema_map(cm_ctx *cx, cm_conn *conn, const char *const *pairs) {
    cm_schema_map *map = NULL;
    cm_status st = pairs && pairs[0] ? cm_schema_map__new(cx, pairs, &map) : CM_OK;
    if (st) return st;
    cm_schema_map__release(cx, conn->schemas);
    conn->schemas = map;
    return CM_OK;
}
