/* Identity map: (root mapper, primary key) -> instance, one of each.
 *
 * Open addressing over 16-byte entries; the stored word is the key's hash, so a probe reads an instance only when it is
 * probably the one. Dense integer keys lie side by side; a perturbation (as in CPython's dict) spreads strided ones.
 * The map is weak: cm_inst_dispose removes an instance by pointer, and an instance being destroyed counts as absent.
 */
#include "orm/orm.h"

#include <string.h>

typedef struct entry {
    uint64_t hash;
    cm_inst *inst;
} entry; /* inst NULL: free; GRAVE: removed */
struct cm_idmap {
    entry *e;
    size_t cap, used, filled;
    uint64_t moves; /* times the entries moved */
    uint64_t puts;  /* instances that ever came in */
};
#define GRAVE ((cm_inst *)(void *)&grave_mark)
static char grave_mark;

cm_status cm_idmap__new(cm_ctx *cx, cm_idmap **out) {
    *out = cm__alloc(cx, sizeof **out);
    return *out ? CM_OK : CM_E_NOMEM;
}

void cm_idmap__free(cm_ctx *cx, cm_idmap *m) {
    if (!m) return;
    cm__free(cx, m->e);
    cm__free(cx, m);
}

size_t cm_idmap__size(const cm_idmap *m) { return m->used; }

static inline uint64_t int_hash(const cm_mapper *root, int64_t key) { return (uint64_t)key + root->id * 0x9E3779B97F4A7C15u; }

static uint64_t inst_hash(const cm_inst *inst) {
    const cm_mapper *root = inst->mapper->root;
    return inst->flags & CM_INST_KEY_HEAP ? inst->key.ptr->hash ^ root->id * 0x9E3779B97F4A7C15u : int_hash(root, inst->key.i);
}

/* Steps through the entries a hash may be in. */
typedef struct probe {
    size_t i, mask;
    uint64_t perturb;
} probe;
static inline probe probe_begin(const cm_idmap *m, uint64_t hash) { return (probe){(size_t)hash & (m->cap - 1), m->cap - 1, hash}; }
static inline void probe_next(probe *p) {
    p->perturb = cm__mix(p->perturb + 1);
    p->i = (p->i * 5 + (size_t)p->perturb + 1) & p->mask;
}

static inline bool alive(cm_ctx *cx, cm_inst *inst) { return cm__object(cx, inst) != NULL; }

cm_inst *cm_idmap__find_int(cm_ctx *cx, cm_idmap *m, const cm_mapper *root, int64_t key) {
    uint64_t hash = int_hash(root, key);
    if (!m->cap) return NULL;
    for (probe p = probe_begin(m, hash); m->e[p.i].inst; probe_next(&p)) {
        const entry *e = &m->e[p.i];
        if (e->hash != hash || e->inst == GRAVE) continue;
        cm_inst *inst = e->inst;
        if (inst->key.i == key && !(inst->flags & CM_INST_KEY_HEAP) && inst->mapper->root == root && alive(cx, inst)) return inst;
    }
    return NULL;
}

/* Makes room; false without memory, and then the map is as it was. */
static bool grow(cm_ctx *cx, cm_idmap *m) {
    cm_idmap grown = {.cap = CM_SIZE(64, 4), .moves = m->moves + 1, .puts = m->puts};
    while (grown.cap < (m->used + 1) * 2) grown.cap *= 2;
    grown.e = cm__env_mem(cx->env, NULL, grown.cap * sizeof *grown.e);
    if (!grown.e) return false;
    memset(grown.e, 0, grown.cap * sizeof *grown.e);
    for (size_t i = 0; i < m->cap; i++) {
        if (!m->e[i].inst || m->e[i].inst == GRAVE) continue;
        probe p = probe_begin(&grown, m->e[i].hash);
        while (grown.e[p.i].inst) probe_next(&p);
        grown.e[p.i] = m->e[i];
    }
    grown.used = grown.filled = m->used;
    cm__free(cx, m->e);
    *m = grown;
    return true;
}

/* Growing is a wish, not a need, while an entry stays free: putting instances back after a rollback must not fail. */
static cm_status place(cm_ctx *cx, cm_idmap *m, uint64_t hash, cm_inst *inst) {
    bool crowded = (m->filled + 1) * 3 >= m->cap * 2;
    if (crowded && !grow(cx, m) && m->filled + 1 >= m->cap && m->used == m->filled) return cm__nomem(cx);
    probe p = probe_begin(m, hash);
    while (m->e[p.i].inst && m->e[p.i].inst != GRAVE) probe_next(&p);
    if (!m->e[p.i].inst) m->filled++;
    m->e[p.i] = (entry){hash, inst};
    m->used++;
    m->puts++;
    return CM_OK;
}

void cm_idmap__remove(cm_idmap *m, cm_inst *inst) {
    if (!m->cap) return;
    uint64_t hash = inst_hash(inst);
    for (probe p = probe_begin(m, hash); m->e[p.i].inst; probe_next(&p)) {
        if (m->e[p.i].inst != inst) continue;
        m->e[p.i].inst = GRAVE;
        if (!--m->used && m->filled * 4 >= m->cap) { /* nothing but graves: what comes next need not look behind them */
            memset(m->e, 0, m->cap * sizeof *m->e);
            m->filled = 0;
        }
        return;
    }
}

bool cm_idmap__next(cm_idmap *m, cm_idmap_iter *i, cm_inst **inst) {
    if (i->moves != m->moves) *i = (cm_idmap_iter){0, m->moves};
    while (i->at < m->cap) {
        cm_inst *found = m->e[i->at++].inst;
        if (!found || found == GRAVE) continue;
        *inst = found;
        return true;
    }
    return false;
}

/* ---- keys of several parts, or not integers */

static void key_free(cm_ctx *cx, struct cm_key *key) {
    if (!key) return;
    for (uint32_t i = 0; i < key->n; i++) cm__release(cx, key->v[i]);
    cm__free(cx, key);
}

static cm_status key_new(cm_ctx *cx, void *const *v, size_t n, struct cm_key **out) {
    *out = NULL;
    struct cm_key *key = cm__alloc(cx, sizeof *key + n * sizeof *key->v);
    if (!key) return CM_E_NOMEM;
    cm_status st = CM_OK;
    for (size_t i = 0; i < n; i++) {
        uint64_t h = 0;
        key->v[i] = v[i];
        cm__retain(cx, v[i]);
        key->n++;
        st = cm__host(cx)->hash(cx, v[i], &h);
        if (st) break;
        key->hash = cm__mix(key->hash * 31 + h);
    }
    if (!st) *out = key;
    else key_free(cx, key);
    return st;
}

static cm_status key_equal(cm_ctx *cx, const cm_mapper *root, const struct cm_key *a, const struct cm_key *b, bool *out) {
    *out = a->n == b->n && a->hash == b->hash;
    for (uint32_t i = 0; *out && i < a->n; i++) {
        const cm_type *type = i < root->nprimary_key ? root->primary_key[i]->type : NULL;
        cm_status st = a->v[i] == b->v[i] ? CM_OK : cm__host(cx)->equal(cx, type, a->v[i], b->v[i], out);
        if (st) return st;
    }
    return CM_OK;
}

/* Compares against every candidate of the hash. Comparing runs the host's code, which may change the map: then it starts
 * again. */
static cm_status find_heap(cm_ctx *cx, cm_idmap *m, const cm_mapper *root, const struct cm_key *key, cm_inst **out) {
    uint64_t hash = key->hash ^ root->id * 0x9E3779B97F4A7C15u;
    *out = NULL;
again:
    if (!m->cap) return CM_OK;
    for (probe p = probe_begin(m, hash); m->e[p.i].inst; probe_next(&p)) {
        cm_inst *inst = m->e[p.i].inst;
        const entry *array = m->e;
        size_t cap = m->cap;
        if (m->e[p.i].hash != hash || inst == GRAVE || !(inst->flags & CM_INST_KEY_HEAP)) continue;
        void *object = inst->mapper->root == root ? cm__object(cx, inst) : NULL;
        if (!object) continue;
        bool same = false;
        cm__retain(cx, object);
        cm_status st = key_equal(cx, root, inst->key.ptr, key, &same);
        bool moved = m->e != array || m->cap != cap || m->e[p.i].inst != inst;
        if (same && !moved) *out = inst;
        cm__release(cx, object);
        if (st || *out) return st;
        if (moved) goto again;
    }
    return CM_OK;
}

/* The integer a host value stands for, where the mapper's key is one. */
static cm_status as_integer(cm_ctx *cx, const cm_mapper *m, void *value, bool *is, int64_t *out) {
    cm_value v;
    cm_arena scratch;
    cm_arena__init(&scratch, cx);
    cm_status st = cm__host(cx)->encode(cx, m->primary_key[0]->type, value, &scratch, &v);
    *is = !st && (v.kind == CM_INT || v.kind == CM_BOOL);
    *out = *is ? v.u.i : 0;
    cm_arena__dispose(&scratch);
    return st;
}

cm_status cm_idmap__find(cm_ctx *cx, cm_idmap *m, const cm_mapper *root, void *const *key, size_t n, cm_inst **out) {
    int64_t i;
    bool is = false;
    cm_status st = CM_OK;
    *out = NULL;
    if (root->int_key && n == 1) st = as_integer(cx, root, key[0], &is, &i);
    if (st) return st;
    if (is) {
        *out = cm_idmap__find_int(cx, m, root, i);
        return CM_OK;
    }
    struct cm_key *made = NULL;
    st = key_new(cx, key, n, &made);
    if (!st) st = find_heap(cx, m, root, made, out);
    key_free(cx, made);
    return st;
}

cm_status cm_idmap__add(cm_ctx *cx, cm_idmap *m, cm_inst *inst) {
    const cm_mapper *root = inst->mapper->root;
    cm_inst *other = NULL;
    if (inst->flags & CM_INST_KEY_HEAP) {
        cm_status st = find_heap(cx, m, root, inst->key.ptr, &other);
        if (st) return st;
    } else {
        other = cm_idmap__find_int(cx, m, root, inst->key.i);
    }
    if (other == inst) return CM_OK;
    if (other) {
        char a[128];
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "Can't attach instance %s; another instance with the same key is already present in this session.",
                        cm_inst__text(inst, a, sizeof a));
    }
    return place(cx, m, inst_hash(inst), inst);
}

uint64_t cm_idmap__puts(const cm_idmap *m) { return m->puts; }

cm_status cm_idmap__add_absent(cm_ctx *cx, cm_idmap *m, cm_inst *inst, uint64_t puts) {
    return puts == m->puts ? place(cx, m, inst_hash(inst), inst) : cm_idmap__add(cx, m, inst);
}

/* ---- the key of an instance */

void cm_inst__clear_key(cm_ctx *cx, cm_inst *inst) {
    struct cm_key *key = inst->flags & CM_INST_KEY_HEAP ? inst->key.ptr : NULL;
    inst->flags &= ~(uint32_t)(CM_INST_KEY | CM_INST_KEY_HEAP);
    inst->key.i = 0;
    key_free(cx, key);
}

void cm_key__free(cm_ctx *cx, struct cm_key *key) { key_free(cx, key); }

cm_status cm_inst__set_key(cm_ctx *cx, cm_inst *inst, void *const *key, size_t n) {
    const cm_mapper *m = inst->mapper;
    struct cm_key *made = NULL;
    bool is = false;
    int64_t i = 0;
    cm_status st = CM_OK;
    if (m->int_key && n == 1) st = as_integer(cx, m, key[0], &is, &i);
    if (!st && !is) st = key_new(cx, key, n, &made);
    if (st) return st;
    cm_inst__clear_key(cx, inst);
    inst->flags |= CM_INST_KEY;
    if (made) {
        inst->flags |= CM_INST_KEY_HEAP;
        inst->key.ptr = made;
    } else {
        inst->key.i = i;
    }
    return CM_OK;
}

cm_status cm_inst__key_values(cm_ctx *cx, cm_inst *inst, void **out) {
    if (inst->flags & CM_INST_KEY_HEAP) {
        for (uint32_t i = 0; i < inst->key.ptr->n; i++) {
            out[i] = inst->key.ptr->v[i];
            cm__retain(cx, out[i]);
        }
        return CM_OK;
    }
    cm_value v = {.kind = CM_INT, .u.i = inst->key.i};
    return cm__host(cx)->decode(cx, inst->mapper->primary_key[0]->type, &v, out);
}
