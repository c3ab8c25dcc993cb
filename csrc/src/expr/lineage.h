/* visible to: expr */
/* Where the columns of FROM elements come from (from.c, lineage.c). */
#ifndef CM_LINEAGE_H
#define CM_LINEAGE_H

#include "expr/expr.h"

/* A column of a FROM element. */
typedef struct cm_shown {
    const char *key;        /* what people call it; may be NULL */
    cm_node *element;       /* what it shows; borrowed */
    const cm_node *through; /* aliased ENTITY, or FROM element but a TABLE, that the columns clause or join names whole: it is a
                               column of that one; NULL: the element says by itself whose it is */
    size_t at;              /* which column of a `through` that is no ENTITY */
} cm_shown;
/* False past the end. */
bool cm_from__nth(const cm_node *from, size_t i, cm_shown *out);
/* The FROM element whose column is shown, and which one of it; *from NULL: the element says it. fails: CM_E_NOMEM. */
cm_status cm_shown__source(cm_ctx *cx, const cm_shown *shown, const cm_node **from, size_t *at);
/* The element as a column of that: a PROXY where it is one. owns: *out retained. fails: CM_E_NOMEM. */
cm_status cm_shown__element(cm_ctx *cx, const cm_shown *shown, cm_node **out);
/* Which column of its FROM a PROXY is. fails: CM_E_NOMEM. */
cm_status cm_proxy__position(cm_ctx *cx, const cm_node *proxy, size_t *out, bool *found);
/* Which column of `from` stands for the column: of several the one that comes from the same alias of its table, then the one with the
 * fewest FROM elements in between; else the one with its key. fails: CM_E_NOMEM. */
cm_status cm_from__find(cm_ctx *cx, const cm_node *from, const cm_node *column, size_t *out, bool *found);

#endif
