/* Plan keys: a statement as a flat array of words, and the binds met on the way. Two statements with equal words compile
 * to the same SQL, whatever their bound values.
 *
 * A node is a head word, then what its kind adds, then its parts in layout order (depth first):
 *
 *   head    kind | op << 8 | which parts follow << 16 | flags << 32
 *   type    serial number of its interned description, unless it is boolean or that of the first part
 *   K       parts that are not NULL            N   name, (segments, items), (segment, length) of each filled one, parts
 *   BIND    type; its place in `binds` is its number. Expanding: length rounded up to a power of two
 *   COLUMN  serial. Free: name                 TABLE   serial. table() clauses: name
 *   PROXY   its FROM, then name                ENTITY  serial of its mapper's own ENTITY
 *   ATTR    serial of the attribute, its entity
 *
 * Serials are never reused, so a key cannot match by accident of memory. Things with identity (aliases, subqueries, CTEs,
 * aliased entities) and repeated binds enter once; later they are the number of their first appearance. That tells
 * `a JOIN a` from `a JOIN b`, and nothing is walked twice through them. Iterative: trees may be of any depth. */
#include "expr/lineage.h"

#include <string.h>

enum { /* third byte of a head word */
       HAS_KID0 = 1,
       HAS_KID1 = 2,
       HAS_KID2 = 4,
       HAS_NAME = 8,
       HAS_BLOCK = 16,
       HAS_TYPE = 32,
       TYPE_OF_KID = 64,
       IS_BACK = 128
};
#define KEY_FLAGS 0x0EFFFFFFu    /* the others are the host's own notes */
#define SCAN_MAX  CM_SIZE(16, 2) /* positions are found by looking through so many, then by a map */

static inline uint64_t head_word(const cm_node *n, unsigned parts) {
    return (uint64_t)n->kind | (uint64_t)n->op << 8 | (uint64_t)parts << 16 | (uint64_t)(n->flags & KEY_FLAGS) << 32;
}

/* ---- room */

static cm_status reserve(cm_ctx *cx, cm_keybuf *key, size_t more) {
    if (key->n + more <= key->cap) return CM_OK;
    return cm__grow(cx, &key->words, &key->cap, key->n + more + CM_SIZE(56, 0), sizeof *key->words);
}
static inline void put(cm_keybuf *key, uint64_t word) { key->words[key->n++] = word; }

cm_status cm_key__word(cm_ctx *cx, cm_keybuf *key, uint64_t word) {
    cm_status st = reserve(cx, key, 1);
    if (!st) put(key, word);
    return st;
}

/* Length, then the bytes; NULL is not the empty string. */
cm_status cm_key__bytes(cm_ctx *cx, cm_keybuf *key, const char *p, size_t n) {
    size_t words = (n + 7) / 8;
    cm_status st = reserve(cx, key, words + 1);
    if (st) return st;
    put(key, p ? n + 1 : 0);
    if (!words || !p) return CM_OK;
    key->words[key->n + words - 1] = 0;
    memcpy(key->words + key->n, p, n);
    key->n += words;
    return CM_OK;
}

static cm_status put_name(cm_ctx *cx, cm_keybuf *key, const cm_str *name) { return cm_key__bytes(cx, key, cm_str_text(name), name->n); }

/* ---- the stack of what is still to be written */

typedef struct todo {
    cm_node **v;
    size_t n, cap;
} todo;

static cm_status push(cm_ctx *cx, todo *t, cm_node *const *v, size_t n) {
    if (t->n + n > t->cap) {
        cm_status st = cm__grow(cx, &t->v, &t->cap, t->n + n + CM_SIZE(24, 0), sizeof *t->v);
        if (st) return st;
    }
    while (n--)
        if (v[n]) t->v[t->n++] = v[n];
    return CM_OK;
}

/* ---- things that enter once */

static cm_status note(cm_ctx *cx, cm_node ***list, size_t *n, size_t *cap, cm_map *at, cm_node *node) {
    if (*n == *cap) {
        cm_status st = cm__grow(cx, list, cap, *n + 1, sizeof **list);
        if (st) return st;
    }
    (*list)[(*n)++] = node;
    if (*n <= SCAN_MAX) return CM_OK;
    for (size_t i = at->used; i < *n; i++) { /* all of them when the map begins */
        cm_status st = cm_map__put(cx, at, cm__ptr_key((*list)[i]), (void *)(uintptr_t)(i + 1));
        if (st) return st;
    }
    return CM_OK;
}

/* Position + 1 of a node in the list, 0 when it is new. */
static size_t position(cm_node *const *list, size_t n, const cm_map *at, const cm_node *node) {
    if (n > SCAN_MAX) return (size_t)(uintptr_t)cm_map__get(at, cm__ptr_key(node));
    for (size_t i = 0; i < n; i++)
        if (list[i] == node) return i + 1;
    return 0;
}

/* ---- types */

static inline void check_type(cm_keybuf *key, const cm_type *type) {
    if (type && (type->def.flags & CM_TYPE_NO_CACHE)) key->uncacheable = true;
}

/* Which of the type parts a node needs; `kid` is its first part. */
static inline unsigned type_part(cm_ctx *cx, cm_keybuf *key, const cm_node *n, const cm_node *kid) {
    if (!n->type || n->type == cm_type_basic(cx, CM_T_BOOLEAN)) return 0;
    if (kid && kid->type == n->type) return TYPE_OF_KID;
    check_type(key, n->type);
    return HAS_TYPE;
}

/* ---- one function per layout. Room for eight words is there. */

static cm_status add_kids(cm_ctx *cx, cm_keybuf *key, todo *t, cm_node *n) {
    cm_node *const *kid = n->u.k.kid;
    unsigned parts = type_part(cx, key, n, kid[0]);
    parts |= (kid[0] ? HAS_KID0 : 0u) | (kid[1] ? HAS_KID1 : 0u) | (kid[2] ? HAS_KID2 : 0u);
    put(key, head_word(n, parts));
    if (parts & HAS_TYPE) put(key, n->type->serial);
    return push(cx, t, kid, 3);
}

static cm_status put_block(cm_ctx *cx, cm_keybuf *key, const cm_block *b) {
    const uint32_t *ends = cm_block_ends(b);
    cm_status st = reserve(cx, key, b->nseg + 1u);
    if (st) return st;
    put(key, (uint64_t)b->nseg << 32 | b->n);
    for (uint32_t i = 0, start = 0; i < b->nseg; start = ends[i++])
        if (ends[i] != start) put(key, (uint64_t)i << 32 | (ends[i] - start));
    return CM_OK;
}

/* HOST constructs, and core kinds with a compile hook: their class is part of the key, if it may be cached at all. */
static void put_host_class(cm_ctx *cx, cm_keybuf *key, const cm_node *n) {
    const cm_host *host = cm__host(cx);
    uint64_t id = host->node_class_id ? host->node_class_id(cx, n) : 0;
    if (!id) key->uncacheable = true;
    put(key, id ? id : cm__ptr_key(n));
}

/* Length of an IN list as plans see it: 0, or the next power of two. */
static cm_status list_bucket(cm_ctx *cx, void *value, uint64_t *out) {
    const cm_host *host = cm__host(cx);
    size_t n = 0, bucket = 1;
    cm_status st = CM_OK;
    if (host->sequence_size) {
        st = host->sequence_size(cx, value, &n);
    } else {
        cm_objs items = {0};
        st = host->sequence(cx, value, &items);
        n = items.n;
        for (size_t i = 0; i < items.n; i++) host->release(cx, items.v[i]);
        cm_objs_free(cx, &items);
    }
    while (bucket < n) bucket *= 2;
    *out = n ? bucket : 0;
    return st;
}

bool cm_expr__fits_array(const cm_type *type) {
    if (!type) return true;
    cm_type_kind kind = type->def.kind;
    bool scalar = kind != CM_T_JSON && kind != CM_T_ARRAY && kind != CM_T_TABLE; /* tuples: one array for each of their parts */
    return scalar && !(type->def.flags & CM_TYPE_BIND_EXPR);
}

static bool is_spelled_list(const cm_node *n) {
    return n && n->kind == CM_N_BIND && (n->flags & CM_FLAG_EXPANDING) && !(n->flags & (CM_FLAG_LITERAL_EXECUTE | CM_FLAG_CALLABLE)) &&
           n->u.bind.value;
}

/* Lists in text() are spelled out whatever the database. */
static cm_status put_text_lists(cm_ctx *cx, cm_keybuf *key, const cm_block *b) {
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < b->n && !st; i++) {
        const cm_node *n = cm_block_nodes(b)[i];
        uint64_t bucket = 0;
        if (!is_spelled_list(n)) continue;
        st = list_bucket(cx, n->u.bind.value, &bucket);
        if (!st) st = cm_key__word(cx, key, bucket);
    }
    return st;
}

static cm_status add_named(cm_ctx *cx, cm_keybuf *key, todo *t, cm_node *n) {
    cm_block *b = n->u.n.block;
    cm_node *kid = n->u.n.kid;
    unsigned parts = type_part(cx, key, n, kid);
    cm_status st = CM_OK;
    parts |= (kid ? HAS_KID0 : 0u) | (n->u.n.name ? HAS_NAME : 0u) | (b ? HAS_BLOCK : 0u);
    put(key, head_word(n, parts));
    if (parts & HAS_TYPE) put(key, n->type->serial);
    if (n->kind == CM_N_HOST || n->kind == CM_N_DDL || (n->kind == CM_N_FUNC && (n->flags & CM_FLAG_HOST_COMPILE)))
        put_host_class(cx, key, n);
    if (n->u.n.name) st = put_name(cx, key, n->u.n.name);
    if (!b) return st ? st : push(cx, t, &kid, 1);
    if (!st) st = put_block(cx, key, b);
    if (!st && n->kind == CM_N_TEXT && key->whole_lists) st = put_text_lists(cx, key, b);
    if (!st) st = push(cx, t, cm_block_nodes(b), b->n);
    return st ? st : push(cx, t, &kid, 1);
}

static cm_status put_value(cm_ctx *cx, cm_keybuf *key, const cm_value *v) {
    cm_status st = cm_key__word(cx, key, v->kind);
    if (st || v->kind != CM_LIST) {
        if (st) return st;
        return cm_value_is_slice(v) ? cm_key__bytes(cx, key, v->u.s.p, v->u.s.n) : cm_key__bytes(cx, key, (const char *)&v->u, sizeof v->u);
    }
    st = cm_key__word(cx, key, v->u.list.n);
    for (size_t i = 0; i < v->u.list.n && !st; i++) st = put_value(cx, key, &v->u.list.items[i]);
    return st;
}

/* A value that becomes SQL text is part of the key. */
static cm_status put_literal(cm_ctx *cx, cm_keybuf *key, const cm_node *n, void *value) {
    cm_arena scratch;
    cm_value v;
    memset(&v, 0, sizeof v); /* padding too: it may enter the key */
    cm_arena__init(&scratch, cx);
    cm_status st = cm__host(cx)->encode(cx, n->type, value, &scratch, &v);
    if (!st) st = put_value(cx, key, &v);
    cm_arena__dispose(&scratch);
    return st;
}

static cm_status put_literals(cm_ctx *cx, cm_keybuf *key, const cm_node *n) {
    const cm_host *host = cm__host(cx);
    cm_objs items = {0};
    if (!(n->flags & CM_FLAG_EXPANDING)) return put_literal(cx, key, n, n->u.bind.value);
    cm_status st = host->sequence(cx, n->u.bind.value, &items);
    if (!st) st = cm_key__word(cx, key, items.n);
    for (size_t i = 0; i < items.n; i++) {
        if (!st) st = put_literal(cx, key, n, items.v[i]);
        host->release(cx, items.v[i]);
    }
    cm_objs_free(cx, &items);
    return st;
}

static cm_status add_bind(cm_ctx *cx, cm_keybuf *key, cm_node *n) {
    size_t at = position(key->binds, key->nbinds, &key->binds_at, n);
    bool known = n->u.bind.value && !(n->flags & CM_FLAG_CALLABLE);
    uint64_t bucket = 0;
    if (at) {
        put(key, head_word(n, IS_BACK));
        put(key, at - 1);
        return CM_OK;
    }
    cm_status st = note(cx, &key->binds, &key->nbinds, &key->binds_cap, &key->binds_at, n);
    if (st) return st;
    bool named = n->u.bind.name && !(n->flags & CM_FLAG_UNIQUE);
    check_type(key, n->type);
    put(key, head_word(n, named ? HAS_NAME : 0));
    put(key, n->type ? n->type->serial : 0);
    if (is_spelled_list(n) && !(key->whole_lists && cm_expr__fits_array(n->type))) {
        st = list_bucket(cx, n->u.bind.value, &bucket);
        put(key, bucket);
    }
    if (!st && named) st = put_name(cx, key, n->u.bind.name);
    if (!st && (n->flags & CM_FLAG_LITERAL_EXECUTE) && known) st = put_literals(cx, key, n);
    return st;
}

/* Builds the host's table when it has not been needed before; leaves ref NULL for table() clauses. */
static cm_status freeze(cm_ctx *cx, cm_node *table) {
    cm_table *unused = NULL;
    if (table->kind != CM_N_TABLE || table->u.col.ref) return CM_OK;
    return cm__host(cx)->table_freeze(cx, table, &unused);
}

static cm_status put_optional_name(cm_ctx *cx, cm_keybuf *key, const cm_str *name) {
    return name ? put_name(cx, key, name) : cm_key__bytes(cx, key, NULL, 0);
}

/* Which column of its FROM a PROXY without a name stands for. */
static cm_status put_element_number(cm_ctx *cx, cm_keybuf *key, const cm_node *n) {
    size_t i = 0;
    bool found;
    cm_status st = cm_proxy__position(cx, n, &i, &found);
    return st ? st : cm_key__word(cx, key, i);
}

static cm_status add_col(cm_ctx *cx, cm_keybuf *key, todo *t, cm_node *n) {
    cm_status st = CM_OK;
    if (n->kind == CM_N_PROXY) {
        put(key, head_word(n, n->u.col.name ? HAS_NAME : 0));
        st = n->u.col.name ? put_name(cx, key, n->u.col.name) : put_element_number(cx, key, n);
        return st ? st : push(cx, t, &n->u.col.table, 1);
    }
    if (!n->u.col.ref) st = freeze(cx, n->kind == CM_N_TABLE || !n->u.col.table ? n : n->u.col.table);
    if (st) return st;
    if (n->u.col.ref) {
        put(key, head_word(n, 0));
        put(key, n->id);
        return CM_OK;
    }
    check_type(key, n->type);
    put(key, head_word(n, HAS_NAME | (n->u.col.table ? HAS_KID0 : 0u)));
    put(key, n->type ? n->type->serial : 0);
    st = put_optional_name(cx, key, n->u.col.name);
    return st ? st : push(cx, t, &n->u.col.table, 1);
}

/* True when the expression of an ATTR is the one its entity gives it, so that attribute and entity say everything. */
static bool is_own_expression(const cm_node *n) {
    const cm_attr *attr = n->u.attr.attr;
    const cm_node *expr = n->u.attr.expr, *entity = n->u.attr.entity;
    if (!expr) return true;
    if (!entity) return false;
    if (!(entity->flags & CM_FLAG_ALIASED)) return attr->node && attr->node->u.attr.expr == expr;
    return expr->kind == CM_N_PROXY && expr->u.col.table == entity->u.attr.expr;
}

static cm_status add_attr(cm_ctx *cx, cm_keybuf *key, todo *t, cm_node *n) {
    cm_node *parts[2] = {NULL, n->u.attr.entity};
    if (n->kind == CM_N_ENTITY) {
        if (n->flags & CM_FLAG_ALIASED) parts[0] = n->u.attr.expr;
        put(key, head_word(n, (parts[0] ? HAS_KID0 : 0u) | (parts[1] ? HAS_KID1 : 0u)));
        put(key, parts[0] ? cm_mapper_entity(n->u.attr.attr)->id : n->id);
        return push(cx, t, parts, 2);
    }
    if (!n->u.attr.attr) return cm__fail(cx, CM_E_MISUSE, "an attribute was copied before its class was configured");
    if (!is_own_expression(n)) parts[0] = n->u.attr.expr;
    put(key, head_word(n, (parts[0] ? HAS_KID0 : 0u) | (parts[1] ? HAS_KID1 : 0u)));
    put(key, ((const cm_attr *)n->u.attr.attr)->id);
    return push(cx, t, parts, 2);
}

static inline bool has_identity(const cm_kind_info *info, const cm_node *n) {
    return info->identity && (n->kind != CM_N_ENTITY || (n->flags & CM_FLAG_ALIASED));
}

static cm_status add_node(cm_ctx *cx, cm_keybuf *key, todo *t, cm_node *n) {
    const cm_kind_info *info = &cm__kinds[n->kind < CM_N_MAX ? n->kind : 0];
    cm_status st = reserve(cx, key, 8);
    if (st) return st;
    if (has_identity(info, n)) {
        size_t at = position(key->seen, key->nseen, &key->seen_at, n);
        if (at) {
            put(key, head_word(n, IS_BACK));
            put(key, at - 1);
            return CM_OK;
        }
        st = note(cx, &key->seen, &key->nseen, &key->seen_cap, &key->seen_at, n);
        if (st) return st;
    }
    switch (info->layout) {
    case CM_LAYOUT_K: return add_kids(cx, key, t, n);
    case CM_LAYOUT_N: return add_named(cx, key, t, n);
    case CM_LAYOUT_B: return add_bind(cx, key, n);
    case CM_LAYOUT_C: return add_col(cx, key, t, n);
    case CM_LAYOUT_A: return add_attr(cx, key, t, n);
    default: return cm__fail(cx, CM_E_ARGUMENT, "a node that no longer holds an expression is part of a statement");
    }
}

cm_status cm_key__add(cm_ctx *cx, cm_keybuf *key, cm_node *stmt) {
    todo t = {key->stack, 0, key->stack_cap};
    cm_status st = push(cx, &t, &stmt, 1);
    while (!st && t.n) st = add_node(cx, key, &t, t.v[--t.n]);
    key->stack = t.v;
    key->stack_cap = t.cap;
    return st;
}

/* ---- statements that are used again */

void cm_key_part__dispose(cm_ctx *cx, cm_key_part *part) {
    cm__free(cx, part->words);
    cm__free(cx, part->binds);
    *part = (cm_key_part){0};
}

static cm_status repeat(cm_ctx *cx, cm_keybuf *key, const cm_key_part *part) {
    cm_status st = reserve(cx, key, part->n);
    if (st) return st;
    memcpy(key->words + key->n, part->words, part->n * sizeof *part->words);
    key->n += part->n;
    for (size_t i = 0; i < part->nbinds && !st; i++)
        st = note(cx, &key->binds, &key->nbinds, &key->binds_cap, &key->binds_at, part->binds[i]);
    return st;
}

/* Whether the words that a statement added will be the same next time. */
static bool is_constant(const cm_keybuf *key) {
    bool constant = !key->uncacheable && !key->nseen && key->nbinds > 0;
    for (size_t i = 0; i < key->nbinds; i++) constant &= !(key->binds[i]->flags & (CM_FLAG_EXPANDING | CM_FLAG_LITERAL_EXECUTE));
    return constant;
}

/* Without memory nothing is kept, and the next one walks. */
static void keep_part(cm_ctx *cx, const cm_keybuf *key, size_t first, cm_key_part *part) {
    cm_key_part made = {.n = key->n - first, .nbinds = key->nbinds, .generation = cx->env->generation};
    made.words = cm__env_mem(cx->env, NULL, made.n * sizeof *made.words);
    made.binds = made.words ? cm__env_mem(cx->env, NULL, made.nbinds * sizeof(cm_node *)) : NULL;
    if (made.binds) {
        memcpy(made.words, key->words + first, made.n * sizeof *made.words);
        memcpy(made.binds, key->binds, made.nbinds * sizeof(cm_node *));
        cm_key_part__dispose(cx, part);
        *part = made;
    } else {
        cm__free(cx, made.words);
    }
}

cm_status cm_key__add_again(cm_ctx *cx, cm_keybuf *key, cm_node *stmt, cm_key_part *part) {
    const size_t first = key->n;
    if (part->n && part->generation == cx->env->generation && !key->nbinds) return repeat(cx, key, part);
    cm_status st = cm_key__add(cx, key, stmt);
    if (!st && cm__host(cx)->locked && is_constant(key)) keep_part(cx, key, first, part);
    return st;
}

void cm_key__reset(cm_keybuf *key) {
    key->n = key->nbinds = key->nseen = 0;
    key->uncacheable = false;
    if (key->binds_at.filled) memset(key->binds_at.e, 0, key->binds_at.cap * sizeof *key->binds_at.e);
    if (key->seen_at.filled) memset(key->seen_at.e, 0, key->seen_at.cap * sizeof *key->seen_at.e);
    key->binds_at.used = key->binds_at.filled = key->seen_at.used = key->seen_at.filled = 0;
}

void cm_key__dispose(cm_ctx *cx, cm_keybuf *key) {
    cm__free(cx, key->words);
    cm__free(cx, key->binds);
    cm__free(cx, key->seen);
    cm__free(cx, key->stack);
    cm_map__dispose(cx, &key->binds_at);
    cm_map__dispose(cx, &key->seen_at);
    memset(key, 0, sizeof *key);
}

/* ---- equality */

static cm_status equal_values(cm_ctx *cx, const cm_keybuf *a, const cm_keybuf *b, bool *out) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < a->nbinds && *out && !st; i++) {
        void *x = a->binds[i]->u.bind.value, *y = b->binds[i]->u.bind.value;
        if (x == y) continue;
        if (!x || !y) *out = false;
        else st = cm__host(cx)->equal(cx, a->binds[i]->type, x, y, out);
    }
    return st;
}

cm_status cm_node_equal(cm_ctx *cx, cm_node *a, cm_node *b, bool with_values, bool *out) {
    cm_keybuf ka = {0}, kb = {0};
    *out = a == b;
    if (*out || !a || !b) return CM_OK;
    cm_status st = cm_key__add(cx, &ka, a);
    if (!st) st = cm_key__add(cx, &kb, b);
    if (st) goto done;
    *out = ka.n == kb.n && ka.nbinds == kb.nbinds && memcmp(ka.words, kb.words, ka.n * sizeof *ka.words) == 0;
    if (*out && with_values) st = equal_values(cx, &ka, &kb, out);
done:
    cm_key__dispose(cx, &ka);
    cm_key__dispose(cx, &kb);
    return st;
}
