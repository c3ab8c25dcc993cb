/* The plain C host: what a C program uses when it brings no runtime of its own.
 *
 * Values are cm_obj: reference counted, atomic counts, one of
 *   value     any cm_value; slices are copied behind the header
 *   list      fixed sequence of objects (IN lists)
 *   map       names to objects (parameters of a statement)
 *   function  a callback that makes a value (column defaults)
 *   instance  a mapped instance: cm_inst, then its slots
 *   coll      collection of a relationship: members and who owns them
 * Nodes are malloc'd with a count in front. Releasing a deep tree uses a pending list in the context, not the C stack.
 */
#include "base/ctx.h"

#include <stdio.h>
#include <string.h>

typedef enum obj_kind { OBJ_VALUE, OBJ_LIST, OBJ_MAP, OBJ_FUNC, OBJ_INST, OBJ_COLL } obj_kind;

struct cm_obj {
    int64_t refs; /* atomic; the null object's is never touched */
    obj_kind kind;
};
typedef struct obj_value {
    cm_obj head;
    cm_value v;
} obj_value; /* slice bytes follow */
typedef struct obj_list {
    cm_obj head;
    size_t n;
    void *v[];
} obj_list; /* items retained */
typedef struct obj_map {
    cm_obj head;
    size_t n;
    void **v;
    char **keys;
} obj_map;
typedef struct obj_func {
    cm_obj head;
    cm_obj_fn fn;
    void *user;
} obj_func;
typedef struct obj_inst {
    cm_obj head;
    cm_inst inst;
} obj_inst; /* slots follow */
typedef struct obj_coll {
    cm_obj head;
    cm_inst *owner;
    const cm_attr *attr;
    cm_objs items;
} obj_coll; /* owner borrowed */
typedef struct plain_node {
    int64_t refs;
    cm_node n;
} plain_node;

static obj_value null_object = {{1, OBJ_VALUE}, {CM_NULL, 0, {0}}};

/* ---- objects */

static void *obj_alloc(cm_ctx *cx, obj_kind kind, size_t size) {
    cm_obj *o = cm__alloc(cx, size);
    if (!o) return NULL;
    o->refs = 1;
    o->kind = kind;
    return o;
}

cm_obj *cm_obj_null(void) { return &null_object.head; }

/* A list of new objects. */
static cm_obj *list_of_values(cm_ctx *cx, const cm_value *value) {
    size_t n = value->u.list.n;
    obj_list *o = obj_alloc(cx, OBJ_LIST, sizeof *o + n * sizeof *o->v);
    for (size_t i = 0; o && i < n; i++) {
        cm_obj *item = cm_obj_value(cx, &value->u.list.items[i]);
        if (!item) {
            cm_obj_release(cx, &o->head);
            return NULL;
        }
        o->v[o->n++] = item;
    }
    return o ? &o->head : NULL;
}

cm_obj *cm_obj_value(cm_ctx *cx, const cm_value *value) {
    bool slice = cm_value_is_slice(value);
    if (value->kind == CM_NULL) return cm_obj_null();
    if (value->kind == CM_LIST) return list_of_values(cx, value);
    if (slice && value->u.s.n > SIZE_MAX - sizeof(obj_value) - 1) {
        cm__nomem(cx);
        return NULL;
    }
    obj_value *o = obj_alloc(cx, OBJ_VALUE, sizeof *o + (slice ? value->u.s.n + 1 : 0));
    if (!o) return NULL;
    o->v = *value;
    if (slice) {
        char *bytes = (char *)(o + 1);
        if (value->u.s.n) memcpy(bytes, value->u.s.p, value->u.s.n);
        o->v.u.s.p = bytes;
    }
    return &o->head;
}

cm_obj *cm_obj_int(cm_ctx *cx, int64_t i) { return cm_obj_value(cx, &(cm_value){.kind = CM_INT, .u.i = i}); }
cm_obj *cm_obj_double(cm_ctx *cx, double d) { return cm_obj_value(cx, &(cm_value){.kind = CM_DOUBLE, .u.d = d}); }
cm_obj *cm_obj_bool(cm_ctx *cx, bool b) { return cm_obj_value(cx, &(cm_value){.kind = CM_BOOL, .u.i = b}); }
cm_obj *cm_obj_text(cm_ctx *cx, const char *p) { return cm_obj_value(cx, &(cm_value){.kind = CM_TEXT, .u.s = {p, strlen(p)}}); }
cm_obj *cm_obj_blob(cm_ctx *cx, const void *p, size_t n) { return cm_obj_value(cx, &(cm_value){.kind = CM_BLOB, .u.s = {p, n}}); }

cm_obj *cm_obj_list(cm_ctx *cx, void *const *items, size_t n) {
    obj_list *o = obj_alloc(cx, OBJ_LIST, sizeof *o + n * sizeof *o->v);
    if (!o) return NULL;
    o->n = n;
    for (size_t i = 0; i < n; i++) o->v[i] = cm_obj_retain(items[i]);
    return &o->head;
}

cm_obj *cm_obj_map(cm_ctx *cx, const char *const *keys, void *const *values, size_t n) {
    obj_map *o = obj_alloc(cx, OBJ_MAP, sizeof *o);
    if (!o) return NULL;
    o->v = cm__alloc(cx, n * sizeof *o->v);
    o->keys = cm__alloc(cx, n * sizeof *o->keys);
    for (size_t i = 0; o->v && o->keys && i < n; i++) {
        o->keys[i] = cm__strdup(cx, keys[i]);
        if (!o->keys[i]) break;
        o->v[i] = cm_obj_retain(values[i]);
        o->n++;
    }
    if (o->n == n && o->v && o->keys) return &o->head;
    cm_obj_release(cx, &o->head);
    return NULL;
}

cm_obj *cm_obj_function(cm_ctx *cx, cm_obj_fn fn, void *user) {
    obj_func *o = obj_alloc(cx, OBJ_FUNC, sizeof *o);
    if (!o) return NULL;
    o->fn = fn;
    o->user = user;
    return &o->head;
}

cm_obj *cm_obj_retain(cm_obj *obj) {
    if (obj && obj != &null_object.head) __atomic_fetch_add(&obj->refs, 1, __ATOMIC_RELAXED);
    return obj;
}

static void obj_destroy(cm_ctx *cx, cm_obj *obj) {
    switch (obj->kind) {
    case OBJ_LIST:
        for (size_t i = 0; i < ((obj_list *)obj)->n; i++) cm_obj_release(cx, ((obj_list *)obj)->v[i]);
        break;
    case OBJ_MAP: {
        obj_map *m = (obj_map *)obj;
        for (size_t i = 0; i < m->n; i++) {
            cm_obj_release(cx, m->v[i]);
            cm__free(cx, m->keys[i]);
        }
        cm__free(cx, m->v);
        cm__free(cx, m->keys);
        break;
    }
    case OBJ_INST: cm_inst_dispose(cx, &((obj_inst *)obj)->inst); break;
    case OBJ_COLL: {
        obj_coll *c = (obj_coll *)obj;
        for (size_t i = 0; i < c->items.n; i++) cm_obj_release(cx, c->items.v[i]);
        cm_objs_free(cx, &c->items);
        break;
    }
    case OBJ_VALUE:
    case OBJ_FUNC: break;
    }
    cm__free(cx, obj);
}

void cm_obj_release(cm_ctx *cx, cm_obj *obj) {
    if (!obj || obj == &null_object.head) return;
    if (__atomic_sub_fetch(&obj->refs, 1, __ATOMIC_ACQ_REL) == 0) obj_destroy(cx, obj);
}

const cm_value *cm_obj_get(const cm_obj *obj) { return obj && obj->kind == OBJ_VALUE ? &((const obj_value *)obj)->v : &null_object.v; }

size_t cm_obj_size(const cm_obj *obj) {
    if (obj->kind == OBJ_LIST) return ((const obj_list *)obj)->n;
    return obj->kind == OBJ_COLL ? ((const obj_coll *)obj)->items.n : 0;
}

cm_obj *cm_obj_item(const cm_obj *obj, size_t i) {
    if (i >= cm_obj_size(obj)) return NULL;
    return obj->kind == OBJ_LIST ? ((const obj_list *)obj)->v[i] : ((const obj_coll *)obj)->items.v[i];
}

cm_status cm_obj_append(cm_ctx *cx, cm_obj *coll, cm_obj *member) {
    if (coll->kind != OBJ_COLL) return cm__fail(cx, CM_E_TYPE, "this object is no collection");
    obj_coll *c = (obj_coll *)coll;
    if (c->owner) {
        cm_status st = cm_inst_coll_append(cx, c->owner, c->attr, member, NULL);
        if (st) return st;
    }
    return cm_ctx_host(cx)->coll_add(cx, coll, (void *const[]){member}, 1);
}

cm_status cm_obj_remove(cm_ctx *cx, cm_obj *coll, cm_obj *member) {
    if (coll->kind != OBJ_COLL) return cm__fail(cx, CM_E_TYPE, "this object is no collection");
    obj_coll *c = (obj_coll *)coll;
    if (c->owner) {
        cm_status st = cm_inst_coll_remove(cx, c->owner, c->attr, member, NULL);
        if (st) return st;
    }
    return cm_ctx_host(cx)->coll_remove(cx, coll, member);
}

/* ---- values */

static void *plain_none(cm_ctx *cx) {
    (void)cx;
    return &null_object;
}
static void plain_retain(cm_ctx *cx, void *value) {
    (void)cx;
    cm_obj_retain(value);
}
static void plain_release(cm_ctx *cx, void *value) { cm_obj_release(cx, value); }

static cm_status refuse(cm_ctx *cx, const cm_type *type, const cm_value *v) {
    static const char *const kinds[] = {"NULL", "integer", "double",   "boolean",  "text", "blob", "decimal",
                                        "date", "time",    "datetime", "interval", "uuid", "json", "list"};
    static const char *const types[] = {
#define CM_X(name, value, visit, kind) [value] = visit,
        CM_TYPE_LIST(CM_X)
#undef CM_X
    };
    cm_type_kind k = cm_type_get_def(type)->kind;
    return cm__fail(cx, CM_E_VALUE, "a value of kind %s does not fit type %s", v->kind <= CM_LIST ? kinds[v->kind] : "unknown",
                    (size_t)k < sizeof types / sizeof *types && types[k] ? types[k] : "unknown");
}

/* The kind of value a type wants; CM_NULL: any. */
static cm_value_kind wanted(const cm_type *type) {
    switch (cm_type_get_def(type)->kind) {
#define CM_X(name, value, visit, kind)                                                                                                     \
    case name: return kind;
        CM_TYPE_LIST(CM_X)
#undef CM_X
    default: return CM_NULL;
    }
}

static cm_status plain_encode(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out);

static cm_status encode_list(cm_ctx *cx, const cm_type *type, const cm_obj *list, cm_arena *scratch, cm_value *out) {
    size_t n = cm_obj_size(list);
    cm_value *items = cm_arena_alloc(scratch, (n ? n : 1) * sizeof *items);
    cm_status st = items ? CM_OK : CM_E_NOMEM;
    for (size_t i = 0; i < n && !st; i++) {
        cm_obj *item = cm_obj_item(list, i);
        st = plain_encode(cx, item->kind == OBJ_LIST ? type : cm_type_get_def(type)->item, item, scratch, &items[i]);
    }
    *out = (cm_value){.kind = CM_LIST, .u.list = {items, n}};
    return st;
}

static cm_status plain_encode(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out) {
    const cm_obj *o = value;
    const cm_type_def *d = type ? cm_type_get_def(type) : NULL;
    if (o->kind == OBJ_LIST && d && d->kind == CM_T_ARRAY) return encode_list(cx, type, o, scratch, out);
    if (o->kind != OBJ_VALUE) return cm__fail(cx, CM_E_TYPE, "an instance or collection cannot be a bound value");
    *out = ((const obj_value *)o)->v;
    if (out->kind == CM_NULL || !type) return CM_OK;
    if (cm_type_get_def(type)->flags & CM_TYPE_HOST) return cm__fail(cx, CM_E_UNSUPPORTED, "the plain C host has no types of its own");
    cm_value_kind want = wanted(type);
    if (want == CM_NULL || out->kind == want) return CM_OK;
    if (want == CM_INT && out->kind == CM_BOOL) out->kind = CM_INT;
    else if (want == CM_BOOL && out->kind == CM_INT && (out->u.i == 0 || out->u.i == 1)) out->kind = CM_BOOL;
    else if (want == CM_DOUBLE && out->kind == CM_INT) *out = (cm_value){.kind = CM_DOUBLE, .u.d = (double)out->u.i};
    else if (want == CM_DECIMAL && (out->kind == CM_INT || out->kind == CM_DOUBLE)) return CM_OK;
    else if ((want == CM_DECIMAL || want == CM_JSON) && out->kind == CM_TEXT) out->kind = (uint8_t)want;
    else if ((want == CM_DATE || want == CM_TIME || want == CM_DATETIME) && out->kind == CM_TEXT) {
        cm_civil t;
        if (!cm_civil_parse(out->u.s.p, out->u.s.n, want, &t)) return refuse(cx, type, out);
        *out = (cm_value){.kind = (uint8_t)want, .u.t = t};
    } else return refuse(cx, type, out);
    return CM_OK;
}

static cm_status plain_decode(cm_ctx *cx, const cm_type *type, const cm_value *value, void **out) {
    (void)type;
    *out = value->kind == CM_MADE ? value->u.made : cm_obj_value(cx, value);
    if (value->kind == CM_MADE) cm_obj_retain(*out);
    return *out ? CM_OK : CM_E_NOMEM;
}

static cm_status plain_decode_row(cm_ctx *cx, const cm_type *const *types, const cm_value *in, size_t n, void **out) {
    for (size_t i = 0; i < n; i++) {
        cm_status st = plain_decode(cx, types[i], &in[i], &out[i]);
        if (st) {
            (void)cm_bad_value(cx, i, NULL);
            while (i > 0) {
                cm_obj_release(cx, out[--i]);
                out[i] = NULL;
            }
            return st;
        }
    }
    return CM_OK;
}

static bool value_equal(const cm_value *a, const cm_value *b) {
    if (a->kind != b->kind)
        return (a->kind == CM_INT && b->kind == CM_DOUBLE && (double)a->u.i == b->u.d) ||
               (a->kind == CM_DOUBLE && b->kind == CM_INT && a->u.d == (double)b->u.i);
    switch (a->kind) {
    case CM_NULL: return true;
    case CM_DOUBLE: return a->u.d == b->u.d;
    case CM_TEXT:
    case CM_BLOB:
    case CM_DECIMAL:
    case CM_JSON: return a->u.s.n == b->u.s.n && memcmp(a->u.s.p, b->u.s.p, a->u.s.n) == 0;
    case CM_DATE:
    case CM_TIME:
    case CM_DATETIME: {
        const cm_civil *x = &a->u.t, *y = &b->u.t;
        return x->year == y->year && x->month == y->month && x->day == y->day && x->hour == y->hour && x->minute == y->minute &&
               x->second == y->second && x->micro == y->micro && x->has_offset == y->has_offset && x->offset_s == y->offset_s;
    }
    case CM_UUID: return memcmp(a->u.uuid, b->u.uuid, 16) == 0;
    default: return a->u.i == b->u.i;
    }
}

static cm_status plain_equal(cm_ctx *cx, const cm_type *type, void *a, void *b, bool *out) {
    (void)cx;
    (void)type;
    const cm_obj *x = a, *y = b;
    *out = a == b || (x->kind == OBJ_VALUE && y->kind == OBJ_VALUE && value_equal(cm_obj_get(x), cm_obj_get(y)));
    return CM_OK;
}

static cm_status plain_hash(cm_ctx *cx, void *value, uint64_t *out) {
    const cm_obj *o = value;
    if (o->kind != OBJ_VALUE) return cm__fail(cx, CM_E_TYPE, "an instance cannot be part of a key");
    const cm_value *v = cm_obj_get(o);
    const char *p = (const char *)&v->u.i;
    size_t n = sizeof v->u.i;
    if (v->kind == CM_TEXT || v->kind == CM_BLOB || v->kind == CM_DECIMAL || v->kind == CM_JSON) {
        p = v->u.s.p;
        n = v->u.s.n;
    } else if (v->kind == CM_UUID) {
        p = (const char *)v->u.uuid;
        n = 16;
    } else if (v->kind == CM_DATE || v->kind == CM_TIME || v->kind == CM_DATETIME) {
        *out = (((uint64_t)v->u.t.year * 12 + v->u.t.month) * 31 + v->u.t.day) * 86400 + v->u.t.hour * 3600u + v->u.t.minute * 60u +
               v->u.t.second;
        *out = *out * 1000003u + v->u.t.micro;
        return CM_OK;
    }
    uint64_t h = 14695981039346656037u; /* FNV-1a (Fowler, Noll, Vo 1991) */
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    *out = h;
    return CM_OK;
}

static cm_status plain_sequence(cm_ctx *cx, void *value, cm_objs *out) {
    cm_obj *o = value;
    if (o->kind != OBJ_LIST && o->kind != OBJ_COLL) return cm__fail(cx, CM_E_TYPE, "a list of values is needed here");
    for (size_t i = 0; i < cm_obj_size(o); i++) {
        cm_obj *item = cm_obj_item(o, i);
        cm_status st = cm_objs_add(cx, out, item);
        if (st) return st;
        cm_obj_retain(item);
    }
    return CM_OK;
}

static cm_status plain_sequence_size(cm_ctx *cx, void *value, size_t *out) {
    cm_obj *o = value;
    if (o->kind != OBJ_LIST && o->kind != OBJ_COLL) return cm__fail(cx, CM_E_TYPE, "a list of values is needed here");
    *out = cm_obj_size(o);
    return CM_OK;
}

/* Type of a bare value: that of its kind. */
static cm_status plain_value_type(cm_ctx *cx, void *value, const cm_type **out) {
    static const cm_type_kind types[] = {
        [CM_NULL] = CM_T_NULL,   [CM_INT] = CM_T_INTEGER,       [CM_DOUBLE] = CM_T_FLOAT,      [CM_BOOL] = CM_T_BOOLEAN,
        [CM_TEXT] = CM_T_STRING, [CM_BLOB] = CM_T_BLOB,         [CM_DECIMAL] = CM_T_NUMERIC,   [CM_DATE] = CM_T_DATE,
        [CM_TIME] = CM_T_TIME,   [CM_DATETIME] = CM_T_DATETIME, [CM_INTERVAL] = CM_T_INTERVAL, [CM_UUID] = CM_T_UUID,
        [CM_JSON] = CM_T_JSON,   [CM_LIST] = CM_T_ARRAY};
    cm_obj *o = value;
    *out = cm_type_basic(cx, o->kind == OBJ_VALUE ? types[cm_obj_get(o)->kind] : CM_T_NULL);
    return CM_OK;
}

static cm_status plain_mapping_get(cm_ctx *cx, void *mapping, const char *key, size_t n, void **out) {
    obj_map *m = mapping;
    *out = NULL;
    if (m->head.kind != OBJ_MAP) return cm__fail(cx, CM_E_TYPE, "parameters must be a map");
    for (size_t i = 0; i < m->n; i++)
        if (strlen(m->keys[i]) == n && memcmp(m->keys[i], key, n) == 0) {
            *out = cm_obj_retain(m->v[i]);
            break;
        }
    return CM_OK;
}

static cm_status plain_mapping_keys(cm_ctx *cx, void *mapping, cm_status (*each)(void *user, const char *key, size_t n), void *user) {
    obj_map *m = mapping;
    if (m->head.kind != OBJ_MAP) return cm__fail(cx, CM_E_TYPE, "parameters must be a map");
    for (size_t i = 0; i < m->n; i++) {
        cm_status st = each(user, m->keys[i], strlen(m->keys[i]));
        if (st) return st;
    }
    return CM_OK;
}

static cm_status plain_call_default(cm_ctx *cx, void *value, cm_mapper *mapper, cm_inst *inst, void **out) {
    (void)mapper;
    (void)inst;
    cm_obj *o = value;
    if (o->kind == OBJ_FUNC) return ((obj_func *)o)->fn(cx, ((obj_func *)o)->user, (cm_obj **)out);
    *out = cm_obj_retain(o);
    return CM_OK;
}

static cm_status plain_next_version(cm_ctx *cx, void *generator, void *current, void **out) {
    cm_obj *g = generator;
    if (g && g->kind == OBJ_FUNC) return ((obj_func *)g)->fn(cx, ((obj_func *)g)->user, (cm_obj **)out);
    *out = cm_obj_int(cx, current ? cm_obj_get(current)->u.i + 1 : 1);
    return *out ? CM_OK : CM_E_NOMEM;
}

static void plain_describe(cm_ctx *cx, void *value, void (*write)(void *user, const char *p, size_t n), void *user) {
    (void)cx;
    const cm_value *v = cm_obj_get(value);
    char text[64];
    size_t n;
    switch (v->kind) {
    case CM_NULL: write(user, "NULL", 4); return;
    case CM_TEXT:
    case CM_DECIMAL:
    case CM_JSON:
        write(user, "'", 1);
        write(user, v->u.s.p, v->u.s.n);
        write(user, "'", 1);
        return;
    case CM_DOUBLE: n = (size_t)snprintf(text, sizeof text, "%.17g", v->u.d); break;
    case CM_BLOB: n = (size_t)snprintf(text, sizeof text, "<%zu bytes>", v->u.s.n); break;
    case CM_DATE:
    case CM_TIME:
    case CM_DATETIME: n = cm_civil_format(&v->u.t, (cm_value_kind)v->kind, true, text); break;
    case CM_UUID: n = (size_t)snprintf(text, sizeof text, "<uuid>"); break;
    default: n = (size_t)snprintf(text, sizeof text, "%lld", (long long)v->u.i);
    }
    write(user, text, n);
}

/* ---- nodes */

#define PLAIN_NODE(node) ((plain_node *)(void *)((char *)(node)-offsetof(plain_node, n)))

static cm_node *plain_node_alloc(cm_ctx *cx, int kind, void *cls) {
    (void)kind;
    (void)cls;
    plain_node *p = cm__alloc(cx, sizeof *p);
    if (!p) return NULL;
    p->refs = 1;
    cm__count(cx, CM_COUNT_NODE, 1);
    return &p->n;
}

static void plain_node_ready(cm_ctx *cx, cm_node *n) {
    (void)cx;
    (void)n;
}

static void plain_nodes_retain(cm_ctx *cx, cm_node *const *v, size_t n) {
    (void)cx;
    for (size_t i = 0; i < n; i++)
        if (v[i]) __atomic_fetch_add(&PLAIN_NODE(v[i])->refs, 1, __ATOMIC_RELAXED);
}

/* Nodes whose count reached zero wait in cx->pending (linked through id) and are taken apart by the outermost call. */
static void plain_nodes_release(cm_ctx *cx, cm_node *const *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!v[i] || __atomic_sub_fetch(&PLAIN_NODE(v[i])->refs, 1, __ATOMIC_ACQ_REL) > 0) continue;
        v[i]->id = (uint64_t)(uintptr_t)cx->pending;
        cx->pending = v[i];
    }
    if (cx->draining) return;
    cx->draining = true;
    while (cx->pending) {
        cm_node *dead = cx->pending;
        cx->pending = (cm_node *)(uintptr_t)dead->id;
        cm_node_dispose(cx, dead);
        cm__free(cx, PLAIN_NODE(dead));
        cm__count(cx, CM_COUNT_NODE, -1);
    }
    cx->draining = false;
}

static void *plain_node_class(cm_ctx *cx, const cm_node *n) {
    (void)cx;
    (void)n;
    return NULL;
}

static cm_status plain_node_copied(cm_ctx *cx, const cm_node *from, cm_node *to) {
    (void)cx;
    (void)from;
    (void)to;
    return CM_OK;
}

static cm_status plain_node_compile(cm_ctx *cx, cm_node *n, cm_compiler *c) {
    (void)n;
    (void)c;
    return cm__fail(cx, CM_E_UNSUPPORTED, "the plain C host has no constructs of its own");
}

static cm_status plain_table_freeze(cm_ctx *cx, cm_node *table, cm_table **out) {
    (void)cx;
    (void)table;
    *out = NULL; /* tables are made with their definition: this is a table() clause */
    return CM_OK;
}

/* ---- instances and collections */

static cm_status plain_inst_alloc(cm_ctx *cx, cm_mapper *m, cm_inst **out) {
    uint16_t n = cm_mapper_nslots(m);
    obj_inst *o = obj_alloc(cx, OBJ_INST, sizeof *o + n * sizeof(void *));
    *out = NULL;
    if (!o) return CM_E_NOMEM;
    cm_inst_init(cx, &o->inst, m, (uint16_t)(sizeof *o - offsetof(obj_inst, inst)), n);
    *out = &o->inst;
    return CM_OK;
}

static void *plain_inst_object(cm_inst *inst) {
    obj_inst *o = (obj_inst *)(void *)((char *)inst - offsetof(obj_inst, inst));
    return __atomic_load_n(&o->head.refs, __ATOMIC_RELAXED) > 0 ? o : NULL;
}

static cm_inst *plain_object_inst(cm_ctx *cx, void *object) {
    (void)cx;
    cm_obj *o = object;
    return o && o->kind == OBJ_INST ? &((obj_inst *)o)->inst : NULL;
}

/* Every instance of this host has slots for all attributes its mapper had when it was made. */
static void *plain_dict_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    (void)cx;
    (void)inst;
    (void)attr;
    return NULL;
}

static cm_status plain_dict_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    (void)inst;
    (void)value;
    return cm__fail(cx, CM_E_INVALID_REQUEST, "attribute \"%s\" was added after the instance was made", cm_str_text(attr->key));
}

static void plain_value_stored(cm_ctx *cx, cm_inst *inst, const cm_type *type, void *value) {
    (void)cx;
    (void)inst;
    (void)type;
    (void)value;
}

static cm_status plain_coll_new(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **out) {
    obj_coll *c = obj_alloc(cx, OBJ_COLL, sizeof *c);
    *out = c;
    if (!c) return CM_E_NOMEM;
    c->owner = owner;
    c->attr = attr;
    return CM_OK;
}

static cm_status plain_coll_add(cm_ctx *cx, void *coll, void *const *members, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        st = cm_objs_add(cx, &((obj_coll *)coll)->items, members[i]);
        if (!st) cm_obj_retain(members[i]);
    }
    return st;
}

static cm_status plain_coll_remove(cm_ctx *cx, void *coll, void *member) {
    cm_objs *items = &((obj_coll *)coll)->items;
    for (size_t i = 0; i < items->n; i++) {
        if (items->v[i] != member) continue;
        memmove(&items->v[i], &items->v[i + 1], (items->n - i - 1) * sizeof *items->v);
        items->n--;
        cm_obj_release(cx, member);
        return CM_OK;
    }
    return CM_OK;
}

static cm_status plain_coll_members(cm_ctx *cx, void *coll, cm_objs *out) { return plain_sequence(cx, coll, out); }

static cm_status plain_coll_adopt(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *value, void **out) {
    cm_obj *from = value;
    *out = NULL;
    if (from->kind != OBJ_LIST && from->kind != OBJ_COLL)
        return cm__fail(cx, CM_E_TYPE, "attribute \"%s\" takes a list of instances", cm_str_text(attr->key));
    cm_status st = plain_coll_new(cx, owner, attr, out);
    for (size_t i = 0; !st && i < cm_obj_size(from); i++) st = plain_coll_add(cx, *out, (void *const[]){cm_obj_item(from, i)}, 1);
    if (st) {
        cm_obj_release(cx, *out);
        *out = NULL;
    }
    return st;
}

static cm_status plain_event(cm_ctx *cx, cm_event ev, cm_session *s, cm_inst *inst, const cm_attr *attr, void **arg) {
    (void)cx;
    (void)ev;
    (void)s;
    (void)inst;
    (void)attr;
    (void)arg;
    return CM_OK;
}

/* Nobody listens: what was to run is run. */
static cm_status plain_implicit_load(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_inst *inst, const cm_attr *attr, cm_node *stmt,
                                     cm_node **out, cm_objs *rows) {
    (void)s;
    (void)mapper;
    (void)inst;
    (void)attr;
    (void)rows;
    cm_node_retain(cx, *out = stmt);
    return CM_OK;
}

static cm_status plain_warn(cm_ctx *cx, const char *category, const char *message) {
    (void)cx;
    (void)category;
    (void)message;
    return CM_OK;
}
static void plain_leave(cm_ctx *cx) { (void)cx; }
static void plain_enter(cm_ctx *cx) { (void)cx; }
static cm_status plain_check(cm_ctx *cx) {
    (void)cx;
    return CM_OK;
}

static const cm_host plain_host = {.version = 1,
                                   .none = plain_none,
                                   .retain = plain_retain,
                                   .release = plain_release,
                                   .encode = plain_encode,
                                   .decode = plain_decode,
                                   .decode_row = plain_decode_row,
                                   .equal = plain_equal,
                                   .hash = plain_hash,
                                   .sequence = plain_sequence,
                                   .mapping_get = plain_mapping_get,
                                   .mapping_keys = plain_mapping_keys,
                                   .call_default = plain_call_default,
                                   .next_version = plain_next_version,
                                   .describe = plain_describe,
                                   .node_alloc = plain_node_alloc,
                                   .node_ready = plain_node_ready,
                                   .nodes_retain = plain_nodes_retain,
                                   .nodes_release = plain_nodes_release,
                                   .node_class = plain_node_class,
                                   .node_copied = plain_node_copied,
                                   .node_compile = plain_node_compile,
                                   .table_freeze = plain_table_freeze,
                                   .inst_alloc = plain_inst_alloc,
                                   .inst_object = plain_inst_object,
                                   .object_inst = plain_object_inst,
                                   .dict_get = plain_dict_get,
                                   .dict_set = plain_dict_set,
                                   .value_stored = plain_value_stored,
                                   .coll_new = plain_coll_new,
                                   .coll_add = plain_coll_add,
                                   .coll_remove = plain_coll_remove,
                                   .coll_members = plain_coll_members,
                                   .coll_adopt = plain_coll_adopt,
                                   .event = plain_event,
                                   .implicit_load = plain_implicit_load,
                                   .session_bind = NULL,
                                   .warn = plain_warn,
                                   .leave = plain_leave,
                                   .enter = plain_enter,
                                   .check = plain_check,
                                   .value_type = plain_value_type,
                                   .sequence_size = plain_sequence_size};

const cm_host *cm_host_plain(void) { return &plain_host; }

cm_status cm_ctx_new(const cm_ctx_options *options, cm_ctx **out) {
    static const cm_ctx_options defaults;
    const cm_ctx_options *o = options ? options : &defaults;
    return cm_ctx__new(o, o->host ? o->host : &plain_host, out);
}
