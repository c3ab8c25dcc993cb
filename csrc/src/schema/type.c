/* SQL types, interned: equal descriptions are the same pointer, so that types compare by address and enter plan keys as
 * one serial number.
 *
 * Two families. The types without arguments are static, one per kind, shared by every environment: cm_type_basic never
 * fails. All others live in the environment's table under a canonical byte string of their description. Those that hold
 * a host object are counted and leave the table with their last reference; the rest stay until the environment ends.
 *
 * The table has a mutex of its own, because engines of several threads meet here. An entry is one allocation: the
 * type, its key, the labels and all strings. */
#include "schema/schema.h"
#include "base/buf.h"

#include <string.h>

#define IMMORTAL (-1) /* cm_type.refs of types that nobody counts */

typedef struct type_entry {
    struct cm_type type;
    size_t nkey;
    const char *key;
} type_entry;

struct cm_type_table {
    cm_strmap by_key; /* canonical bytes -> type_entry */
    void *mutex;
};

/* ---- the types without arguments */

/* Flags of a basic type are those its Python class has when called without arguments. */
#define BASIC_FLAGS(kind) ((kind) == CM_T_NUMERIC ? CM_TYPE_AS_DECIMAL : (kind) == CM_T_UUID || (kind) == CM_T_ENUM ? CM_TYPE_NATIVE : 0u)
/* What a host decodes from these kinds may be a container of its own making. */
#define IS_ATOMIC(kind, value_kind) ((value_kind) != CM_JSON && ((value_kind) != CM_NULL || (kind) == CM_T_NULL))
#define IS_FRESH(value_kind)        ((value_kind) == CM_JSON)

static const struct cm_type basics[] = {
#define CM_X(name, value, visit, value_kind)                                                                                               \
    [value] = {{name, BASIC_FLAGS(name), -1, -1, -1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL},                                         \
               UINT64_MAX - (value), /* serials of cm_serial count upwards from 1 */                                                       \
               IMMORTAL,                                                                                                                   \
               IS_ATOMIC(name, value_kind),                                                                                                \
               IS_FRESH(value_kind)},
    CM_TYPE_LIST(CM_X)
#undef CM_X
};
#define NBASICS (sizeof basics / sizeof *basics)

const cm_type *cm_type_basic(cm_ctx *cx, cm_type_kind kind) {
    (void)cx;
    return &basics[(size_t)kind < NBASICS ? (size_t)kind : (size_t)CM_T_NULL];
}

const cm_type_def *cm_type_get_def(const cm_type *type) { return &type->def; }
uint64_t cm_type_serial(const cm_type *type) { return type->serial; }
bool cm_type_is_fresh(const cm_type *type) { return type->fresh; }

/* ---- checking and normalising a description */

static bool has_length(cm_type_kind k) {
    return k == CM_T_ARRAY || k == CM_T_STRING || k == CM_T_TEXT || k == CM_T_BLOB || k == CM_T_ENUM || k == CM_T_USER;
}
static bool has_precision(cm_type_kind k) {
    return k == CM_T_NUMERIC || k == CM_T_FLOAT || k == CM_T_DOUBLE || k == CM_T_TIME || k == CM_T_DATETIME || k == CM_T_INTERVAL ||
           k == CM_T_USER;
}
static bool has_scale(cm_type_kind k) { return k == CM_T_NUMERIC || k == CM_T_FLOAT || k == CM_T_DOUBLE || k == CM_T_USER; }

enum { ASKS_HOST = CM_TYPE_HOST | CM_TYPE_COMPARATOR | CM_TYPE_VARIES | CM_TYPE_SPELLED | CM_TYPE_BIND_EXPR | CM_TYPE_COLUMN_EXPR };

/* Letters, digits, underscore and the characters of `extra`; not empty. */
static bool is_word(const char *p, const char *extra) {
    if (!*p) return false;
    for (; *p; p++) {
        bool alnum = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
        if (!alnum && !strchr(extra, *p)) return false;
    }
    return true;
}

static cm_status check(cm_ctx *cx, const cm_type_def *d) {
    if ((size_t)d->kind >= NBASICS) return cm__fail(cx, CM_E_ARGUMENT, "there is no type of kind %d", (int)d->kind);
    if (d->length < -1 || d->precision < -1 || d->scale < -1)
        return cm__fail(cx, CM_E_ARGUMENT, "length, precision and scale of a type cannot be negative");
    if (d->spelling && !is_word(d->spelling, " (),")) return cm__fail(cx, CM_E_ARGUMENT, "\"%s\" is not the name of a type", d->spelling);
    if (d->collation && !is_word(d->collation, ".-@"))
        return cm__fail(cx, CM_E_ARGUMENT, "\"%s\" is not the name of a collation", d->collation);
    for (size_t i = 0; i < d->nlabels; i++)
        if (!d->labels[i]) return cm__fail(cx, CM_E_ARGUMENT, "a word of an enumeration is missing");
    if (((d->flags & ASKS_HOST) || d->kind == CM_T_USER) && !d->host)
        return cm__fail(cx, CM_E_ARGUMENT, "a type that the host encodes or spells needs its host object");
    if (d->kind == CM_T_ARRAY && !d->item) return cm__fail(cx, CM_E_ARGUMENT, "an array needs the type of its items");
    return CM_OK;
}

/* Fields that mean nothing for a kind are -1, so that a zeroed description and a careful one are the same type. */
static cm_type_def normalise(const cm_type_def *def) {
    cm_type_def d = *def;
    if (!has_length(d.kind) || d.length == 0) d.length = -1;
    if (!has_precision(d.kind) || (has_scale(d.kind) && d.precision == 0)) d.precision = -1;
    if (!has_scale(d.kind)) d.scale = -1;
    if (d.nlabels == 0) d.labels = NULL;
    return d;
}

static bool same_as_basic(const cm_type_def *d) {
    const cm_type_def *b = &basics[d->kind].def;
    return d->flags == b->flags && d->length == -1 && d->precision == -1 && d->scale == -1 && !d->spelling && !d->collation && !d->name &&
           !d->schema && !d->nlabels && !d->item && !d->host;
}

/* ---- the table */

static void add_string(cm_buf *b, const char *s) {
    uint64_t n = s ? strlen(s) + 1 : 0;
    cm_buf__add(b, (const char *)&n, sizeof n);
    if (s) cm_buf__add(b, s, (size_t)n);
}

/* Canonical bytes: fixed fields, then strings with their lengths. Host objects by address: the entry holds them. */
static void add_key(cm_buf *b, const cm_type_def *d) {
    uint64_t fixed[] = {(uint64_t)d->kind,      d->flags,           (uint32_t)d->length,
                        (uint32_t)d->precision, (uint32_t)d->scale, d->item ? d->item->serial : 0,
                        cm__ptr_key(d->host),   d->nlabels};
    cm_buf__add(b, (const char *)fixed, sizeof fixed);
    add_string(b, d->spelling);
    add_string(b, d->collation);
    add_string(b, d->name);
    add_string(b, d->schema);
    for (size_t i = 0; i < d->nlabels; i++) add_string(b, d->labels[i]);
}

static size_t room_for(const char *s) { return s ? strlen(s) + 1 : 0; }

static const char *put_string(char **at, const char *s) {
    if (!s) return NULL;
    size_t n = strlen(s) + 1;
    char *copy = memcpy(*at, s, n);
    *at += n;
    return copy;
}

/* A copy of the description in one block with its key. */
static cm_status entry_new(cm_ctx *cx, const cm_type_def *d, const cm_buf *key, type_entry **out) {
    size_t bytes = sizeof(type_entry) + d->nlabels * sizeof(char *) + key->n;
    bytes += room_for(d->spelling) + room_for(d->collation) + room_for(d->name) + room_for(d->schema);
    for (size_t i = 0; i < d->nlabels; i++) bytes += room_for(d->labels[i]);
    type_entry *e = cm__alloc(cx, bytes);
    if (!e) return CM_E_NOMEM;
    const char **labels = (const char **)(void *)(e + 1);
    char *at = (char *)(labels + d->nlabels);
    e->key = memcpy(at, key->p, key->n);
    e->nkey = key->n;
    at += key->n;
    e->type.def = *d;
    e->type.def.spelling = put_string(&at, d->spelling);
    e->type.def.collation = put_string(&at, d->collation);
    e->type.def.name = put_string(&at, d->name);
    e->type.def.schema = put_string(&at, d->schema);
    for (size_t i = 0; i < d->nlabels; i++) labels[i] = put_string(&at, d->labels[i]);
    e->type.def.labels = d->nlabels ? labels : NULL;
    e->type.serial = cm_serial(cx);
    e->type.atomic = basics[d->kind].atomic && !(d->flags & CM_TYPE_HOST);
    e->type.fresh = basics[d->kind].fresh && !(d->flags & CM_TYPE_HOST);
    e->type.refs = d->host || (d->item && d->item->refs != IMMORTAL) ? 1 : IMMORTAL;
    *out = e;
    return CM_OK;
}

static void types_free(cm_env *env) {
    struct cm_type_table *t = env->types;
    for (size_t i = 0; i < t->by_key.cap; i++)
        if (t->by_key.e[i].value) cm__env_mem(env, t->by_key.e[i].value, 0);
    if (t->by_key.e) cm__env_mem(env, t->by_key.e, 0);
    env->os.mutex_free(env->os.user, t->mutex);
    cm__env_mem(env, t, 0);
    env->types = NULL;
}

/* The environment's table, made by whoever comes first. */
static cm_status table_require(cm_ctx *cx, struct cm_type_table **out) {
    cm_env *env = cx->env;
    struct cm_type_table *t = __atomic_load_n(&env->types, __ATOMIC_ACQUIRE), *other = NULL;
    if (!t) {
        t = cm__alloc(cx, sizeof *t);
        if (!t) return CM_E_NOMEM;
        t->mutex = env->os.mutex_new(env->os.user);
        if (!t->mutex) {
            cm__free(cx, t);
            return cm__nomem(cx);
        }
        __atomic_store_n(&env->types_free, types_free, __ATOMIC_RELAXED);
        if (!__atomic_compare_exchange_n(&env->types, &other, t, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            env->os.mutex_free(env->os.user, t->mutex);
            cm__free(cx, t);
            t = other;
        }
    }
    *out = t;
    return CM_OK;
}

static void lock(cm_ctx *cx, struct cm_type_table *t) { cx->env->os.mutex_lock(cx->env->os.user, t->mutex); }
static void unlock(cm_ctx *cx, struct cm_type_table *t) { cx->env->os.mutex_unlock(cx->env->os.user, t->mutex); }

/* Under the mutex: the entry of a key, counted for the caller, or a new one. */
static cm_status table_get(cm_ctx *cx, struct cm_type_table *t, const cm_type_def *d, const cm_buf *key, const cm_type **out) {
    type_entry *e = cm_strmap__get(&t->by_key, key->p, key->n);
    if (e) {
        cm_type_retain(cx, &e->type);
        *out = &e->type;
        return CM_OK;
    }
    cm_status st = entry_new(cx, d, key, &e);
    if (st) return st;
    st = cm_strmap__put(cx, &t->by_key, e->key, e->nkey, e);
    if (st) {
        cm__free(cx, e);
        return st;
    }
    if (d->host) cm__host(cx)->retain(cx, d->host);
    if (d->item) cm_type_retain(cx, d->item);
    *out = &e->type;
    return CM_OK;
}

cm_status cm_type_get(cm_ctx *cx, const cm_type_def *def, const cm_type **out) {
    cm_buf key;
    struct cm_type_table *t = NULL;
    *out = NULL;
    cm_buf__init(&key, cx);
    cm_status st = check(cx, def);
    if (st) goto done;
    cm_type_def d = normalise(def);
    if (same_as_basic(&d)) {
        *out = &basics[d.kind];
        goto done;
    }
    add_key(&key, &d);
    st = key.failed ? CM_E_NOMEM : table_require(cx, &t);
    if (st) goto done;
    lock(cx, t);
    st = table_get(cx, t, &d, &key, out);
    unlock(cx, t);
done:
    cm_buf__dispose(&key);
    return st;
}

void cm_type_retain(cm_ctx *cx, const cm_type *type) {
    (void)cx;
    if (!type || type->refs == IMMORTAL) return;
    __atomic_fetch_add(&((struct cm_type *)(uintptr_t)type)->refs, 1, __ATOMIC_RELAXED);
}

/* Drops a reference unless it is the last one, without taking the mutex. */
static bool release_shared(struct cm_type *type) {
    int64_t refs = __atomic_load_n(&type->refs, __ATOMIC_RELAXED);
    while (refs > 1)
        if (__atomic_compare_exchange_n(&type->refs, &refs, refs - 1, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return true;
    return false;
}

void cm_type_release(cm_ctx *cx, const cm_type *type) {
    if (!type || type->refs == IMMORTAL || release_shared((struct cm_type *)(uintptr_t)type)) return;
    struct cm_type_table *t = cx->env->types;
    type_entry *e = (type_entry *)(uintptr_t)type;
    lock(cx, t); /* cm_type_get may revive the entry until it has left the table */
    bool last = __atomic_sub_fetch(&e->type.refs, 1, __ATOMIC_ACQ_REL) == 0;
    if (last) cm_strmap__remove(&t->by_key, e->key, e->nkey);
    unlock(cx, t);
    if (!last) return;
    if (e->type.def.host) cm__host(cx)->release(cx, e->type.def.host);
    cm_type_release(cx, e->type.def.item);
    cm__free(cx, e);
}
