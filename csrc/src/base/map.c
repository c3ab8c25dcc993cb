/* Hash tables. See map.h. */
#include "base/map.h"

#include <string.h>

uint64_t cm__mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t cm__hash_bytes(const void *p, size_t n, uint64_t seed) {
    const unsigned char *s = p;
    uint64_t h = seed ^ (n * 0x9E3779B97F4A7C15u);
    while (n >= 8) {
        uint64_t w;
        memcpy(&w, s, 8);
        h = (h ^ w) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
        s += 8;
        n -= 8;
    }
    uint64_t tail = 0;
    if (n) memcpy(&tail, s, n);
    return cm__mix(h ^ tail);
}

/* Slot of key: the used one, or the first free or deleted one on its path. */
static size_t map_slot(const cm_map *m, uint64_t key) {
    size_t mask = m->cap - 1, i = (size_t)key & mask, grave = SIZE_MAX;
    if (m->e[i].state == 0 || (m->e[i].state == 1 && m->e[i].key == key)) return i;
    uint64_t perturb = cm__mix(key);
    for (;; perturb >>= 5) {
        const struct cm_map_entry *e = &m->e[i];
        if (e->state == 0) return grave != SIZE_MAX ? grave : i;
        if (e->state == 1 && e->key == key) return i;
        if (e->state == 2 && grave == SIZE_MAX) grave = i;
        i = (i * 5 + (size_t)perturb + 1) & mask;
    }
}

void *cm_map__get(const cm_map *m, uint64_t key) {
    if (!m->cap) return NULL;
    const struct cm_map_entry *e = &m->e[map_slot(m, key)];
    return e->state == 1 ? e->value : NULL;
}

static cm_status map_resize(cm_ctx *cx, cm_map *m) {
    cm_map grown = {0};
    size_t cap = CM_SIZE(16, 4);
    while (cap < m->used * 2 + 2) cap *= 2;
    grown.e = cm__alloc(cx, cap * sizeof *grown.e);
    if (!grown.e) return CM_E_NOMEM;
    grown.cap = cap;
    for (size_t i = 0; i < m->cap; i++) {
        if (m->e[i].state != 1) continue;
        grown.e[map_slot(&grown, m->e[i].key)] = m->e[i];
        grown.used++;
    }
    grown.filled = grown.used;
    cm__free(cx, m->e);
    *m = grown;
    return CM_OK;
}

cm_status cm_map__put(cm_ctx *cx, cm_map *m, uint64_t key, void *value) {
    if ((m->filled + 1) * 3 >= m->cap * 2) {
        cm_status st = map_resize(cx, m);
        if (st) return st;
    }
    struct cm_map_entry *e = &m->e[map_slot(m, key)];
    if (e->state != 1) {
        m->used++;
        if (e->state == 0) m->filled++;
    }
    *e = (struct cm_map_entry){key, value, 1};
    return CM_OK;
}

void *cm_map__remove(cm_map *m, uint64_t key) {
    if (!m->cap) return NULL;
    struct cm_map_entry *e = &m->e[map_slot(m, key)];
    if (e->state != 1) return NULL;
    void *value = e->value;
    e->state = 2;
    e->value = NULL;
    m->used--;
    return value;
}

bool cm_map__next(const cm_map *m, size_t *i, uint64_t *key, void **value) {
    for (; *i < m->cap; ++*i) {
        const struct cm_map_entry *e = &m->e[*i];
        if (e->state != 1) continue;
        if (key) *key = e->key;
        if (value) *value = e->value;
        ++*i;
        return true;
    }
    return false;
}

void cm_map__dispose(cm_ctx *cx, cm_map *m) {
    cm__free(cx, m->e);
    memset(m, 0, sizeof *m);
}

/* ---- string keys. A removed entry keeps value NULL and key != NULL as its grave. */

static size_t str_slot(const cm_strmap *m, const char *key, size_t n, uint64_t hash) {
    size_t mask = m->cap - 1, i = (size_t)hash & mask, grave = SIZE_MAX;
    for (;; i = (i + 1) & mask) {
        const struct cm_strmap_entry *e = &m->e[i];
        if (!e->key) return grave != SIZE_MAX ? grave : i;
        if (!e->value) {
            if (grave == SIZE_MAX) grave = i;
        } else if (e->hash == hash && e->n == n && memcmp(e->key, key, n) == 0) {
            return i;
        }
    }
}

void *cm_strmap__get(const cm_strmap *m, const char *key, size_t n) {
    if (!m->cap) return NULL;
    return m->e[str_slot(m, key, n, cm__hash_bytes(key, n, 0))].value;
}

cm_status cm_strmap__put(cm_ctx *cx, cm_strmap *m, const char *key, size_t n, void *value) {
    if ((m->filled + 1) * 3 >= m->cap * 2) {
        cm_strmap grown = {0};
        size_t cap = CM_SIZE(16, 4);
        while (cap < m->used * 2 + 2) cap *= 2;
        grown.e = cm__alloc(cx, cap * sizeof *grown.e);
        if (!grown.e) return CM_E_NOMEM;
        grown.cap = cap;
        for (size_t i = 0; i < m->cap; i++)
            if (m->e[i].value) {
                grown.e[str_slot(&grown, m->e[i].key, m->e[i].n, m->e[i].hash)] = m->e[i];
                grown.used++;
            }
        grown.filled = grown.used;
        cm__free(cx, m->e);
        *m = grown;
    }
    uint64_t hash = cm__hash_bytes(key, n, 0);
    struct cm_strmap_entry *e = &m->e[str_slot(m, key, n, hash)];
    if (!e->value) {
        m->used++;
        if (!e->key) m->filled++;
    }
    *e = (struct cm_strmap_entry){key, n, hash, value};
    return CM_OK;
}

void cm_strmap__remove(cm_strmap *m, const char *key, size_t n) {
    static const char grave[] = "";
    if (!m->cap) return;
    struct cm_strmap_entry *e = &m->e[str_slot(m, key, n, cm__hash_bytes(key, n, 0))];
    if (!e->value) return;
    e->key = grave; /* the caller's bytes may go */
    e->n = 0;
    e->value = NULL;
    m->used--;
}

void cm_strmap__dispose(cm_ctx *cx, cm_strmap *m) {
    cm__free(cx, m->e);
    memset(m, 0, sizeof *m);
}
