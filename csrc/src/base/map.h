/* visible to: every room */
/* Hash tables. cm_map: 64-bit keys to pointers, open addressing with perturbation (as CPython's dict: fine for dense
 * and for strided keys alike). cm_strmap: byte strings to pointers. Neither owns its values. */
#ifndef CM_BASE_MAP_H
#define CM_BASE_MAP_H

#include "base/ctx.h"

typedef struct cm_map { struct cm_map_entry *e; size_t cap, used, filled; } cm_map; /* zero-initialised is empty */
struct cm_map_entry { uint64_t key; void *value; uint8_t state; }; /* state 0 free, 1 used, 2 deleted */
void *cm_map__get(const cm_map *m, uint64_t key);                   /* NULL: absent */
cm_status cm_map__put(cm_ctx *cx, cm_map *m, uint64_t key, void *value); /* value != NULL; replaces */
void *cm_map__remove(cm_map *m, uint64_t key);
bool cm_map__next(const cm_map *m, size_t *i, uint64_t *key, void **value); /* *i starts at 0 */
void cm_map__dispose(cm_ctx *cx, cm_map *m);
static inline uint64_t cm__ptr_key(const void *p) { return (uint64_t)(uintptr_t)p; }

typedef struct cm_strmap { struct cm_strmap_entry *e; size_t cap, used, filled; } cm_strmap;
struct cm_strmap_entry { const char *key; size_t n; uint64_t hash; void *value; };
/* Keys are borrowed: they must live as long as the entry. */
void *cm_strmap__get(const cm_strmap *m, const char *key, size_t n);
cm_status cm_strmap__put(cm_ctx *cx, cm_strmap *m, const char *key, size_t n, void *value);
void cm_strmap__remove(cm_strmap *m, const char *key, size_t n);
void cm_strmap__dispose(cm_ctx *cx, cm_strmap *m);

uint64_t cm__hash_bytes(const void *p, size_t n, uint64_t seed); /* wyhash-style mixing; not cryptographic; seeded per process for string keys */
uint64_t cm__mix(uint64_t x);                                    /* finaliser of splitmix64 (Steele, Lea, Flood 2014) */
#endif
