/* visible to: expr sql engine orm host */
/* Expression nodes inside the core: plan keys, walks, builders. Layout and public part: cormorant_ext.h. */
#ifndef CM_EXPR_H
#define CM_EXPR_H

#include "base/buf.h"
#include "base/map.h"
#include "schema/schema.h"

/* Words of a plan key and the binds met on the way, in walk order (the order is part of the key: compiled statements
 * name their values by position in it). Reusable between statements: reset keeps the memory. */
typedef struct cm_keybuf {
    uint64_t *words; size_t n, cap;
    cm_node **binds; size_t nbinds, binds_cap;   /* borrowed from the statement */
    cm_node **seen; size_t nseen, seen_cap;      /* identity nodes, ordinal = index */
    cm_map binds_at, seen_at;                    /* position + 1 by node, once there are many */
    bool uncacheable;                            /* a HOST node or type said that it must not be cached */
    bool whole_lists;                            /* IN lists are one array parameter: their length is not in the key. Survives reset */
    void *stack; size_t stack_cap;
} cm_keybuf;
/* Appends a statement to a key. fails: CM_E_ARGUMENT (a node that cannot be part of a statement). */
cm_status cm_key__add(cm_ctx *cx, cm_keybuf *key, cm_node *stmt);
cm_status cm_key__word(cm_ctx *cx, cm_keybuf *key, uint64_t word);
cm_status cm_key__bytes(cm_ctx *cx, cm_keybuf *key, const char *p, size_t n);
void cm_key__reset(cm_keybuf *key);
/* What a statement that is used again and again adds to a key: kept with it, it need not be walked each time. Zeroed: nothing. */
typedef struct cm_key_part {
    uint64_t *words; size_t n;
    cm_node **binds; size_t nbinds;              /* borrowed from the statement */
    uint64_t generation;                         /* of the environment, when it was walked */
} cm_key_part;
/* Like cm_key__add, where nothing but words stands in the key. The part must be the statement's own; a statement that may say
 * something else next time (things with identity, lists, what may not be cached) is walked each time. thread: host held. */
cm_status cm_key__add_again(cm_ctx *cx, cm_keybuf *key, cm_node *stmt, cm_key_part *part);
void cm_key_part__dispose(cm_ctx *cx, cm_key_part *part);
void cm_key__dispose(cm_ctx *cx, cm_keybuf *key);

/* Whether a list of values of a type can be one array parameter, as far as the type itself says (NULL: unknown type). */
bool cm_expr__fits_array(const cm_type *type);

/* The node table as arrays, by kind and operator (expr/info.c). */
extern const cm_kind_info cm__kinds[CM_N_MAX];
extern const cm_op_info cm__ops[CM_OP_MAX];
/* Result type that follows from the parts of a node to be made; borrowed. */
const cm_type *cm_expr__type(cm_ctx *cx, const cm_node_spec *spec);

static inline cm_node *cm__node_unalias(cm_node *n) { /* ATTR -> its column expression; others themselves */
    while (n && n->kind == CM_N_ATTR && n->u.attr.expr) n = n->u.attr.expr;
    return n;
}
/* The table a FROM element stands for: TABLE, ENTITY of a table, alias of one -> cm_table (frozen on the way); else NULL. */
cm_status cm__from_table(cm_ctx *cx, cm_node *from, cm_table **out);
/* Freezes the tables in a FROM element and below it: only then can its columns be counted. */
cm_status cm__from_freeze(cm_ctx *cx, cm_node *from);
/* SQL names of the columns that a FROM element or statement offers, made unique as SQLAlchemy does (id, id_1); NULL for
 * expressions without a name, which the compiler numbers (their PROXYs have no name either: look at the element).
 * arena: *names and what they point to. */
cm_status cm_from__names(cm_ctx *cx, const cm_node *from, cm_arena *arena, const char ***names, size_t *n);
/* SQL name that an element of a select list has by itself: label, column, proxy; NULL: anonymous. Borrowed. */
const char *cm_expr__name(const cm_node *element);
/* True when an element is, directly or through other FROM elements, the column. */
bool cm_expr__stands_for(cm_node *element, const cm_node *column);
/* Collects FROM elements mentioned by an expression (columns' tables, aliases, ...), each once, in order of appearance;
 * does not descend into subqueries. */
cm_status cm__expr_froms(cm_ctx *cx, cm_node *expr, cm_objs *out);
/* Iterative walk that also tells when a node is left (post), used by every pass. */
cm_status cm_node__walk2(cm_ctx *cx, cm_node *tree, cm_visit pre, cm_visit post, void *user);
/* Pushes what passes see as the parts of a node onto a stack, last one first, so that they are popped in layout order.
 * As cm_node_children without NULLs, and without the element of a PROXY: that is reached through its FROM. */
cm_status cm_node__push_parts(cm_ctx *cx, cm_objs *stack, const cm_node *n);

#endif
