/* fit.c: options of a program's statement that speak for none of its entities. Looked at when a plan is made, so a statement that
 * is run again costs nothing. */
#include "load/load.h"

#include <stdio.h>

static const char *option_name(int op) {
    static const struct {
        int op;
        const char *name;
    } names[] = {{CM_OP_LOAD_JOINED, "joinedload"},
                 {CM_OP_LOAD_SELECTIN, "selectinload"},
                 {CM_OP_LOAD_SUBQUERY, "subqueryload"},
                 {CM_OP_LOAD_LAZY, "lazyload"},
                 {CM_OP_LOAD_IMMEDIATE, "immediateload"},
                 {CM_OP_LOAD_NOLOAD, "noload"},
                 {CM_OP_LOAD_RAISE, "raiseload"},
                 {CM_OP_LOAD_DEFAULT, "defaultload"},
                 {CM_OP_LOAD_DEFER, "defer"},
                 {CM_OP_LOAD_UNDEFER, "undefer"},
                 {CM_OP_LOAD_ONLY, "load_only"},
                 {CM_OP_LOAD_CONTAINS_EAGER, "contains_eager"},
                 {CM_OP_LOAD_WITH_EXPRESSION, "with_expression"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].op == op) return names[i].name;
    return "Load";
}

static const char *entity_text(const cm_node *entity, char *buffer, size_t n) {
    const char *name = cm_str_text(cm_entity__mapper(entity)->name);
    snprintf(buffer, n, entity->flags & CM_FLAG_ALIASED ? "aliased(%s)" : "%s", name);
    return buffer;
}

/* "joinedload(User.orders)" */
static const char *option_text(const cm_node *option, const cm_node *entity, char *buffer, size_t n) {
    char owner[128];
    const cm_node *named = option->u.n.kid;
    size_t items = 0;
    cm_node *const *attrs = cm_node_segment(option, 1, &items);
    if (!named && items) named = attrs[0];
    if (named && named->kind == CM_N_OF_TYPE) named = named->u.k.kid[0];
    const cm_attr *attr = named && named->kind == CM_N_ATTR ? named->u.attr.attr : NULL;
    snprintf(buffer, n, "%s(%s%s%s)", option_name(option->op), entity_text(entity, owner, sizeof owner), attr ? "." : "",
             attr ? cm_str_text(attr->key) : "");
    return buffer;
}

/* Classes of one hierarchy stand for each other; aliases for themselves alone. */
static bool speaks_for(const cm_node *start, const cm_node *entity) {
    if (start == entity) return true;
    if ((start->flags | entity->flags) & CM_FLAG_ALIASED)
        return start->id == entity->id && (start->flags & entity->flags & CM_FLAG_ALIASED);
    return cm_entity__mapper(start)->root == cm_entity__mapper(entity)->root;
}

static cm_status check(const cm_expansion *x, const cm_node *option) {
    const cm_node *start = option->kind == CM_N_OPTION ? cm_opts__start(option) : NULL, *first = NULL;
    char what[320], whose[128], other[128];
    if (!start) return CM_OK;
    for (size_t i = 0; i < x->nitems; i++) {
        const cm_node *entity = x->items[i].entity ? x->items[i].entity->entity : NULL;
        if (entity && speaks_for(start, entity)) return CM_OK;
        if (!first) first = entity;
    }
    option_text(option, start, what, sizeof what);
    if (!first)
        return cm__fail(x->cx, CM_E_ARGUMENT, "Query has only expression-based entities; attribute loader option %s can't be applied here.",
                        what);
    return cm__fail(x->cx, CM_E_ARGUMENT,
                    "Mapped class %s referenced in option %s does not apply to any of the root entities in this query, e.g. %s: name each "
                    "relationship on the way to it, starting at a class that the query selects.",
                    entity_text(start, whose, sizeof whose), what, entity_text(first, other, sizeof other));
}

cm_status cm_expansion__check_options(const cm_expansion *x) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->opts.n && !st; i++) st = check(x, x->opts.v[i]);
    return st;
}
