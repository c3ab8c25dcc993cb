/* A tree for people, one node a line:
 *
 *   SELECT
 *     COLUMNS
 *       COLUMN users.id #3 : INTEGER
 *     WHERE
 *       BINARY EQ : BOOLEAN
 *         COLUMN users.name #4 : VARCHAR
 *         BIND : VARCHAR
 *
 * Bound values are not shown. A thing with identity is shown once, later as its kind and number with a ^. */
#include "expr/expr.h"

#include <string.h>

typedef struct line {
    const cm_node *node;
    int segment;
    uint32_t depth;
} line; /* segment >= 0: its heading */

typedef struct dumper {
    cm_ctx *cx;
    line *stack;
    size_t n, cap;
    cm_map seen;
    cm_buf text;
} dumper;

static cm_status push(dumper *d, const cm_node *n, int segment, uint32_t depth) {
    if (!n) return CM_OK;
    cm_status st = cm__grow(d->cx, &d->stack, &d->cap, d->n + 1, sizeof *d->stack);
    if (!st) d->stack[d->n++] = (line){n, segment, depth};
    return st;
}

static const char *segment_name(int segment) {
    switch (segment) {
#define CM_SEGMENT(name, value)                                                                                                            \
    case value:                                                                                                                            \
        return #name;
#include "cormorant_ops.def"
#undef CM_SEGMENT
    default: return "ITEMS";
    }
}

static const char *type_name(const cm_type *t) {
    if (t->def.spelling) return t->def.spelling;
    switch (t->def.kind) {
#define CM_X(name, value, visit, kind)                                                                                                     \
    case name: return visit;
        CM_TYPE_LIST(CM_X)
#undef CM_X
    default: return "?";
    }
}

static const char *mapper_key(const cm_node *n) {
    return n->kind == CM_N_ATTR && n->u.attr.attr ? cm_str_text(((const cm_attr *)n->u.attr.attr)->key) : NULL;
}

static const char *name_of(const cm_node *n) {
    const cm_str *s = NULL;
    switch (cm__kinds[n->kind].layout) {
    case CM_LAYOUT_N: s = n->u.n.name; break;
    case CM_LAYOUT_B: s = n->u.bind.name; break;
    case CM_LAYOUT_C: s = n->u.col.name; break;
    default: return mapper_key(n);
    }
    return s ? cm_str_text(s) : NULL;
}

static void write_line(dumper *d, const cm_node *n, uint32_t depth, bool again) {
    cm_buf *b = &d->text;
    const char *name = name_of(n);
    for (uint32_t i = 0; i < depth; i++) cm_buf__puts(b, "  ");
    cm_buf__puts(b, cm__kinds[n->kind].name);
    if (n->op && cm_op_get_info(n->op)) cm_buf__printf(b, " %s", cm__ops[n->op].name);
    if (n->kind == CM_N_COLUMN && n->u.col.table && n->u.col.table->u.col.name)
        cm_buf__printf(b, " %s.%s", cm_str_text(n->u.col.table->u.col.name), name ? name : "");
    else if (name) cm_buf__printf(b, " %s", name);
    if (n->id) cm_buf__printf(b, " %s%llu", again ? "^" : "#", (unsigned long long)n->id);
    if (n->flags) cm_buf__printf(b, " flags=%x", n->flags);
    if (n->type) cm_buf__printf(b, " : %s", type_name(n->type));
    cm_buf__putc(b, '\n');
}

static cm_status push_segment(dumper *d, const cm_node *n, int segment, uint32_t depth) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, segment, &count);
    cm_status st = CM_OK;
    while (count-- && !st) st = push(d, items[count], -1, depth);
    return st;
}

/* Lists of statements get a heading each; those of other kinds are told apart by their order. */
static cm_status push_lists(dumper *d, const cm_node *n, uint32_t depth) {
    const cm_block *b = n->u.n.block;
    bool headings = cm__kinds[n->kind].nsegments == CM_SEG_MAX;
    cm_status st = CM_OK;
    for (int i = b ? (int)b->nseg : 0; i-- && !st;) {
        size_t count;
        cm_node_segment(n, i, &count);
        if (count) st = headings ? push(d, n, i, depth) : push_segment(d, n, i, depth);
    }
    return st;
}

static cm_status push_parts(dumper *d, const cm_node *n, uint32_t depth) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    cm_status st = CM_OK;
    switch (info->layout) {
    case CM_LAYOUT_K:
        for (int i = info->nkids; i-- && !st;) st = push(d, n->u.k.kid[i], -1, depth);
        return st;
    case CM_LAYOUT_N: st = push_lists(d, n, depth); return st ? st : push(d, n->u.n.kid, -1, depth);
    case CM_LAYOUT_A: st = push(d, n->u.attr.entity, -1, depth); return st ? st : push(d, n->u.attr.expr, -1, depth);
    default: return n->kind == CM_N_PROXY ? push(d, n->u.col.table, -1, depth) : CM_OK;
    }
}

static cm_status dump_line(dumper *d, line l) {
    if (l.segment >= 0) {
        for (uint32_t i = 0; i < l.depth; i++) cm_buf__puts(&d->text, "  ");
        cm_buf__printf(&d->text, "%s\n", segment_name(l.segment));
        return push_segment(d, l.node, l.segment, l.depth + 1);
    }
    bool identity = cm__kinds[l.node->kind].identity, again = identity && cm_map__get(&d->seen, cm__ptr_key(l.node));
    write_line(d, l.node, l.depth, again);
    if (again) return CM_OK;
    cm_status st = identity ? cm_map__put(d->cx, &d->seen, cm__ptr_key(l.node), (void *)(uintptr_t)l.node) : CM_OK;
    return st ? st : push_parts(d, l.node, l.depth + 1);
}

cm_status cm_expr_dump(cm_ctx *cx, const cm_node *node, void (*write)(void *user, const char *p, size_t n), void *user) {
    dumper d = {.cx = cx};
    cm_buf__init(&d.text, cx);
    cm_status st = push(&d, node, -1, 0);
    while (!st && d.n) {
        st = dump_line(&d, d.stack[--d.n]);
        if (!st && d.text.failed) st = CM_E_NOMEM;
        if (!st) write(user, d.text.p, d.text.n);
        d.text.n = 0;
    }
    cm_buf__dispose(&d.text);
    cm_map__dispose(cx, &d.seen);
    cm__free(cx, d.stack);
    return st;
}
