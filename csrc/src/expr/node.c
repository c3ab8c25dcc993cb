/* Expression nodes: making, copying and taking apart, by the layouts of cormorant_ops.def.
 *
 * A node is its host object: cm_host.node_alloc answers storage, the host counts references and calls cm_node_dispose
 * from its destructor. So everything that can fail is done before node_alloc; once there is a node it is filled in one
 * go, its children are retained in at most two calls of the seam, and it never changes again. The one exception is a
 * copy, which its maker may still change before cm_host.node_ready.
 *
 * Who holds what (cm_node_dispose is the mirror of it):
 *   K  kids                       N  name, kid, block and its nodes        B  value, name
 *   A  expr, entity               C  name; PROXY: FROM and element; TABLE: its cm_table, unless the table owns the node
 * A COLUMN's table and cm_column are borrowed: the table owns its columns, and each side forgets the other when it goes. */
#include "expr/expr.h"

#include <string.h>

static cm_status alloc_failed(cm_ctx *cx) { return cx->err.status == CM_OK ? cm__nomem(cx) : cx->err.status; }

static void retain_nodes(cm_ctx *cx, cm_node *const *v, size_t n) { cm__host(cx)->nodes_retain(cx, v, n); }
static void release_nodes(cm_ctx *cx, cm_node *const *v, size_t n) { cm__host(cx)->nodes_release(cx, v, n); }

void cm_node_retain(cm_ctx *cx, cm_node *node) {
    if (node) retain_nodes(cx, &node, 1);
}

void cm_node_release(cm_ctx *cx, cm_node *node) {
    if (node) release_nodes(cx, &node, 1);
}

/* ---- blocks */

static size_t block_size(size_t nseg, size_t n) {
    return ((sizeof(cm_block) + nseg * sizeof(uint32_t) + 7) & ~(size_t)7) + n * sizeof(cm_node *);
}

static cm_status block_new(cm_ctx *cx, size_t nseg, size_t n, cm_block **out) {
    if (n > UINT32_MAX) return cm__fail(cx, CM_E_ARGUMENT, "%zu items are too many for one expression", n);
    cm_block *b = cm_mem(cx, NULL, block_size(nseg, n));
    if (!b) return CM_E_NOMEM;
    b->nseg = (uint32_t)nseg;
    b->n = (uint32_t)n;
    *out = b;
    return CM_OK;
}

/* Block of the lists of a spec; NULL when all are empty. */
static cm_status block_from_spec(cm_ctx *cx, const cm_node_spec *spec, size_t nsegments, cm_block **out) {
    size_t nseg = 0, n = 0;
    *out = NULL;
    if (!spec->counts) return CM_OK;
    for (size_t i = 0; i < nsegments; i++) {
        if (spec->counts[i]) nseg = i + 1;
        n += spec->counts[i];
    }
    if (!nseg) return CM_OK;
    cm_status st = block_new(cx, nseg, n, out);
    if (st) return st;
    uint32_t *ends = cm_block_ends(*out), at = 0;
    cm_node **nodes = cm_block_nodes(*out);
    for (size_t i = 0; i < nseg; i++) {
        if (spec->counts[i]) memcpy(nodes + at, spec->segments[i], spec->counts[i] * sizeof *nodes);
        ends[i] = at += (uint32_t)spec->counts[i];
    }
    return CM_OK;
}

/* A block like `old` (NULL: empty) in which one segment is followed by, or replaced with, other items. */
static cm_status block_splice(cm_ctx *cx, const cm_block *old, size_t segment, cm_node *const *items, size_t n, bool replace,
                              cm_block **out) {
    size_t old_nseg = old ? old->nseg : 0, old_n = old ? old->n : 0;
    size_t first = segment < old_nseg && segment ? cm_block_ends(old)[segment - 1] : segment ? old_n : 0;
    size_t last = segment < old_nseg ? cm_block_ends(old)[segment] : old_n;
    size_t keep = replace ? first : last, tail = old_n - last, nseg = old_nseg;
    if (n && nseg <= segment) nseg = segment + 1;
    *out = NULL;
    if (!nseg || !(keep + n + tail)) return CM_OK;
    cm_status st = block_new(cx, nseg, keep + n + tail, out);
    if (st) return st;
    uint32_t *ends = cm_block_ends(*out);
    cm_node **nodes = cm_block_nodes(*out);
    for (size_t i = 0; i < nseg; i++) {
        size_t end = i < old_nseg ? cm_block_ends(old)[i] : old_n;
        ends[i] = (uint32_t)(i < segment ? end : end + (keep - last) + n);
    }
    if (keep) memcpy(nodes, cm_block_nodes(old), keep * sizeof *nodes);
    if (n) memcpy(nodes + keep, items, n * sizeof *nodes);
    if (tail) memcpy(nodes + keep + n, cm_block_nodes(old) + last, tail * sizeof *nodes);
    while ((*out)->nseg > 1 && ends[(*out)->nseg - 2] == ends[(*out)->nseg - 1]) { /* the end was emptied */
        cm_block *b = *out;
        memmove((char *)b + block_size(b->nseg - 1, 0), cm_block_nodes(b), b->n * sizeof *nodes);
        b->nseg--;
    }
    return CM_OK;
}

/* ---- making */

static bool has_serial(const cm_kind_info *info, int kind) { return info->identity || kind == CM_N_COLUMN || kind == CM_N_TABLE; }

/* What the parts of a new node are, gathered before there is a node. */
typedef struct parts {
    cm_str *name;
    cm_block *block;
} parts;

static cm_status gather(cm_ctx *cx, const cm_node_spec *spec, const cm_kind_info *info, parts *p) {
    cm_status st = CM_OK;
    if (spec->name) {
        if (memchr(spec->name, '\0', spec->name_n)) return cm__fail(cx, CM_E_ARGUMENT, "a name or SQL text contains a NUL character");
        p->name = cm_str_new(cx, spec->name, spec->name_n);
        if (!p->name) return cx->err.status;
    }
    if (info->layout == CM_LAYOUT_N) st = block_from_spec(cx, spec, info->nsegments, &p->block);
    if (st) cm_str_release(cx, p->name);
    return st;
}

static void fill_col(cm_ctx *cx, cm_node *n, const cm_node_spec *spec) {
    n->u.col.table = spec->kid[0];
    n->u.col.ref = spec->ref;
    if (n->kind == CM_N_PROXY) {
        n->u.col.ref = spec->kid[1];
        retain_nodes(cx, spec->kid, 2);
    } else if (n->kind == CM_N_TABLE && spec->ref) {
        cm_table_retain(spec->ref);
    }
}

/* Fills the layout's part and takes references; p's go to the node. Cannot fail. */
static void fill(cm_ctx *cx, cm_node *n, const cm_node_spec *spec, const cm_kind_info *info, const parts *p) {
    switch (info->layout) {
    case CM_LAYOUT_K:
        memcpy(n->u.k.kid, spec->kid, sizeof n->u.k.kid);
        if (info->nkids) retain_nodes(cx, spec->kid, info->nkids);
        break;
    case CM_LAYOUT_N:
        n->u.n.name = p->name;
        n->u.n.block = p->block;
        if (info->nkids) {
            n->u.n.kid = spec->kid[0];
            cm_node_retain(cx, spec->kid[0]);
        }
        if (p->block) retain_nodes(cx, cm_block_nodes(p->block), p->block->n);
        break;
    case CM_LAYOUT_B:
        n->u.bind.name = p->name;
        n->u.bind.value = spec->value;
        if (spec->value) cm__host(cx)->retain(cx, spec->value);
        break;
    case CM_LAYOUT_C:
        n->u.col.name = p->name;
        fill_col(cx, n, spec);
        break;
    default:
        n->u.attr.expr = spec->kid[0];
        n->u.attr.entity = spec->kid[1];
        n->u.attr.attr = spec->attr;
        retain_nodes(cx, spec->kid, 2);
    }
}

cm_status cm_node_make(cm_ctx *cx, const cm_node_spec *spec, cm_node **out) {
    const cm_kind_info *info = cm_kind_get_info(spec->kind);
    const cm_type *type = spec->type;
    parts p = {NULL, NULL};
    *out = NULL;
    if (!info) return cm__fail(cx, CM_E_ARGUMENT, "there is no expression of kind %d", spec->kind);
    cm_status st = spec->name || spec->counts ? gather(cx, spec, info, &p) : CM_OK;
    if (st) return st;
    if (!type && info->expression) type = cm_expr__type(cx, spec);
    cm_node *n = cm__host(cx)->node_alloc(cx, spec->kind, spec->cls);
    if (!n) {
        cm_str_release(cx, p.name);
        cm__free(cx, p.block);
        return alloc_failed(cx);
    }
    n->kind = (uint16_t)spec->kind;
    n->op = (uint16_t)spec->op;
    n->flags = spec->flags;
    n->id = has_serial(info, spec->kind) ? cm_serial(cx) : 0;
    n->type = type;
    cm_type_retain(cx, type);
    fill(cx, n, spec, info, &p);
    cm__host(cx)->node_ready(cx, n);
    *out = n;
    return CM_OK;
}

static void dispose_col(cm_ctx *cx, cm_node *n) {
    if (n->kind == CM_N_PROXY) {
        cm_node *held[2] = {n->u.col.table, n->u.col.ref};
        release_nodes(cx, held, 2);
    } else if (n->kind == CM_N_TABLE) {
        cm_table *t = n->u.col.ref;
        if (t && !(t->owns_node && t->node == n)) cm_table_release(cx, t);
    } else if (n->u.col.ref) {
        cm_column *c = n->u.col.ref;
        if (c->node == n) c->node = NULL;
    }
}

void cm_node_dispose(cm_ctx *cx, cm_node *n) {
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    if (!info) return; /* allocated, never filled */
    switch (info->layout) {
    case CM_LAYOUT_K:
        if (info->nkids) release_nodes(cx, n->u.k.kid, info->nkids);
        break;
    case CM_LAYOUT_N:
        cm_str_release(cx, n->u.n.name);
        cm_node_release(cx, n->u.n.kid);
        if (n->u.n.block) {
            release_nodes(cx, cm_block_nodes(n->u.n.block), n->u.n.block->n);
            cm__free(cx, n->u.n.block);
        }
        break;
    case CM_LAYOUT_B:
        cm_str_release(cx, n->u.bind.name);
        if (n->u.bind.value) cm__host(cx)->release(cx, n->u.bind.value);
        break;
    case CM_LAYOUT_C:
        cm_str_release(cx, n->u.col.name);
        dispose_col(cx, n);
        break;
    default: {
        cm_node *held[2] = {n->u.attr.expr, n->u.attr.entity};
        release_nodes(cx, held, 2);
    }
    }
    cm_type_release(cx, n->type);
    n->kind = 0;
    n->type = NULL;
}

/* ---- copying */

/* Copies everything but a block, which the caller hands over (taken, also on failure). Not ready yet. */
static cm_status copy_with_block(cm_ctx *cx, const cm_node *from, cm_block *take_block, cm_node **out) {
    const cm_host *host = cm__host(cx);
    const cm_kind_info *info = &cm__kinds[from->kind];
    cm_node_spec spec = {.kind = from->kind};
    parts p = {NULL, take_block};
    cm_node *n = host->node_alloc(cx, from->kind, host->node_class(cx, from));
    *out = NULL;
    if (!n) {
        cm__free(cx, take_block);
        return alloc_failed(cx);
    }
    cm_node *kids[3] = {0};
    if (info->layout == CM_LAYOUT_K) memcpy(spec.kid, from->u.k.kid, sizeof spec.kid);
    if (info->layout == CM_LAYOUT_N) kids[0] = from->u.n.kid, p.name = from->u.n.name;
    if (info->layout == CM_LAYOUT_B) spec.value = from->u.bind.value, p.name = from->u.bind.name;
    if (info->layout == CM_LAYOUT_A) kids[0] = from->u.attr.expr, kids[1] = from->u.attr.entity, spec.attr = from->u.attr.attr;
    if (info->layout == CM_LAYOUT_C) {
        p.name = from->u.col.name;
        kids[0] = from->u.col.table;
        spec.ref = from->u.col.ref;
        kids[1] = from->kind == CM_N_PROXY ? from->u.col.ref : NULL;
    }
    if (info->layout != CM_LAYOUT_K) memcpy(spec.kid, kids, sizeof kids);
    cm_str_retain(p.name);
    n->kind = from->kind;
    n->op = from->op;
    n->flags = from->flags;
    n->id = info->identity && from->kind != CM_N_ENTITY ? cm_serial(cx) : from->id;
    n->type = from->type;
    cm_type_retain(cx, n->type);
    fill(cx, n, &spec, info, &p);
    cm_status st = host->node_copied(cx, from, n);
    if (st) {
        cm_node_release(cx, n);
        return st;
    }
    *out = n;
    return CM_OK;
}

cm_status cm_node_copy(cm_ctx *cx, const cm_node *from, cm_node **out) {
    cm_block *block = NULL, *old = cm__kinds[from->kind].layout == CM_LAYOUT_N ? from->u.n.block : NULL;
    *out = NULL;
    if (old) {
        cm_status st = block_new(cx, old->nseg, old->n, &block);
        if (st) return st;
        memcpy(block, old, block_size(old->nseg, old->n));
    }
    return copy_with_block(cx, from, block, out);
}

cm_status cm_node_with_flags(cm_ctx *cx, const cm_node *from, uint32_t set, uint32_t clear, cm_node **out) {
    cm_status st = cm_node_copy(cx, from, out);
    if (st) return st;
    (*out)->flags = ((*out)->flags & ~clear) | set;
    cm__host(cx)->node_ready(cx, *out);
    return CM_OK;
}

static cm_status splice(cm_ctx *cx, const cm_node *node, int segment, cm_node *const *items, size_t n, bool replace, cm_node **out) {
    const cm_kind_info *info = &cm__kinds[node->kind];
    cm_block *block = NULL;
    *out = NULL;
    if (info->layout != CM_LAYOUT_N || segment < 0 || segment >= info->nsegments)
        return cm__fail(cx, CM_E_ARGUMENT, "a %s has no list number %d", info->role, segment);
    for (size_t i = 0; i < n; i++)
        if (!items[i]) return cm__fail(cx, CM_E_ARGUMENT, "an item for a list of a %s is missing", info->role);
    cm_status st = block_splice(cx, node->u.n.block, (size_t)segment, items, n, replace, &block);
    if (!st) st = copy_with_block(cx, node, block, out);
    if (!st) cm__host(cx)->node_ready(cx, *out);
    return st;
}

cm_status cm_node_append(cm_ctx *cx, cm_node *node, int segment, cm_node *const *items, size_t n, cm_node **out) {
    return splice(cx, node, segment, items, n, false, out);
}

cm_status cm_node_replace(cm_ctx *cx, cm_node *node, int segment, cm_node *const *items, size_t n, cm_node **out) {
    return splice(cx, node, segment, items, n, true, out);
}

/* ---- looking */

static size_t hand_out(cm_node *const *from, size_t n, cm_node **v, size_t max, size_t at) {
    for (size_t i = 0; i < n && at + i < max; i++) v[at + i] = from[i];
    return at + n;
}

size_t cm_node_children(const cm_node *n, cm_node **v, size_t max) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    size_t count = 0;
    switch (info->layout) {
    case CM_LAYOUT_K: return hand_out(n->u.k.kid, info->nkids, v, max, 0);
    case CM_LAYOUT_N:
        if (info->nkids) count = hand_out(&n->u.n.kid, 1, v, max, 0);
        if (n->u.n.block) count = hand_out(cm_block_nodes(n->u.n.block), n->u.n.block->n, v, max, count);
        return count;
    case CM_LAYOUT_A: {
        cm_node *held[2] = {n->u.attr.expr, n->u.attr.entity};
        return hand_out(held, 2, v, max, 0);
    }
    case CM_LAYOUT_C:
        if (n->kind == CM_N_PROXY) {
            cm_node *held[2] = {n->u.col.table, n->u.col.ref};
            return hand_out(held, 2, v, max, 0);
        }
        return 0;
    default: return 0;
    }
}

cm_node *const *cm_node_segment(const cm_node *n, int segment, size_t *count) {
    const cm_block *b = cm__kinds[n->kind].layout == CM_LAYOUT_N ? n->u.n.block : NULL;
    *count = 0;
    if (!b || segment < 0 || (uint32_t)segment >= b->nseg) return NULL;
    uint32_t first = segment ? cm_block_ends(b)[segment - 1] : 0;
    *count = cm_block_ends(b)[segment] - first;
    return *count ? cm_block_nodes(b) + first : NULL;
}
