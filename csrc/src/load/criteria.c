/* criteria.c: conditions that belong to an entity wherever it is read.
 *
 * A class that shares its parent's table reads only rows of its own kind: type IN ('engineer', 'senior engineer').
 * with_loader_criteria() adds conditions of the program's. Entities of the FROM list get them in WHERE, joined ones in
 * their ON, so that an outer join stays one.
 */
#include "load/load.h"

/* A class without a table of its own inside a hierarchy. */
static bool shares_table(const cm_mapper *m) {
    return m->inherits && !m->concrete && m->polymorphic_on && m->ntables == m->inherits->ntables;
}

static cm_status add_identities(cm_ctx *cx, const cm_mapper *m, const cm_type *type, cm_objs *out) {
    cm_status st = CM_OK;
    if (m->polymorphic_identity) {
        cm_node *bind = NULL;
        st = cm_expr_bind(cx, m->polymorphic_identity, type, &bind);
        if (!st) st = cm_objs_add(cx, out, bind);
        if (st) cm_node_release(cx, bind);
    }
    for (size_t i = 0; i < m->nchildren && !st; i++)
        if (!m->children[i]->concrete) st = add_identities(cx, m->children[i], type, out);
    return st;
}

static cm_status in_list(cm_ctx *cx, cm_node *left, const cm_objs *items, cm_node **out) {
    cm_node *const *const segments[1] = {(cm_node *const *)(void *)items->v};
    const size_t counts[1] = {items->n};
    cm_node_spec spec = {.kind = CM_N_TUPLE, .op = CM_OP_COMMA, .segments = segments, .counts = counts};
    cm_node *tuple = NULL;
    cm_status st = cm_node_make(cx, &spec, &tuple);
    if (!st) st = cm_expr_binary(cx, CM_OP_IN, left, tuple, out);
    cm_node_release(cx, tuple);
    return st;
}

/* type IN (identities of the class and those below it) */
static cm_status single_table(cm_expansion *x, const cm_node *entity, cm_objs *out) {
    cm_mapper *m = cm_entity__mapper(entity);
    cm_objs identities = {0};
    cm_node *column = NULL, *condition = NULL;
    if (!shares_table(m)) return CM_OK;
    cm_status st = add_identities(x->cx, m, m->polymorphic_on->type, &identities);
    if (!st && identities.n) {
        st = cm_entity__attr_expr(x->cx, entity, m->polymorphic_on, &column);
        if (!st) st = in_list(x->cx, column, &identities, &condition);
        if (!st) st = cm_expansion__keep(x, condition);
        if (!st) st = cm_objs_add(x->cx, out, condition);
    }
    cm_node_release(x->cx, column);
    for (size_t i = 0; i < identities.n; i++) cm_node_release(x->cx, identities.v[i]);
    cm_objs_free(x->cx, &identities);
    return st;
}

/* Aliases and subclasses of the class that was named are spoken of where the criteria include aliases, and where they are
 * loaded eagerly. */
static bool speaks_for(const cm_node *criteria, const cm_node *entity, bool eager) {
    const cm_node *named = criteria->u.k.kid[0];
    if (!named || !criteria->u.k.kid[1]) return false;
    if (eager && (criteria->flags & CM_FLAG_AT_ONCE)) return false;
    if (named == entity) return true;
    if (named->flags & CM_FLAG_ALIASED) return named->id == entity->id;
    const cm_mapper *m = cm_entity__mapper(entity);
    if (!cm_mapper__isa(m, cm_entity__mapper(named))) return false;
    if (eager || (criteria->flags & CM_FLAG_INCLUDE_ALIASES)) return true;
    return !(entity->flags & CM_FLAG_ALIASED) && m == cm_entity__mapper(named);
}

bool cm_opts__have_criteria(const cm_node *stmt) {
    size_t n = 0;
    cm_node *const *options = cm_node_segment(stmt, CM_SEG_OPTIONS, &n);
    for (size_t i = 0; i < n; i++)
        if (options[i]->kind == CM_N_CRITERIA) return true;
    return false;
}

cm_status cm_expansion__criteria(cm_expansion *x, const cm_node *entity, bool eager, cm_objs *out) {
    cm_status st = single_table(x, entity, out);
    for (size_t i = 0; i < x->opts.n && !st; i++) {
        cm_node *option = x->opts.v[i], *adapted = NULL;
        if (option->kind != CM_N_CRITERIA || !speaks_for(option, entity, eager)) continue;
        st = cm_entity__adapt(x->cx, entity, option->u.k.kid[1], &adapted);
        if (!st) st = cm_expansion__keep(x, adapted);
        if (!st) st = cm_objs_add(x->cx, out, adapted);
    }
    return st;
}

static bool listed(const cm_objs *list, const void *item) {
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == item) return true;
    return false;
}

cm_status cm_expansion__where_criteria(cm_expansion *x) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->sources.n && !st; i++)
        if (!listed(&x->joined, x->sources.v[i])) st = cm_expansion__criteria(x, x->sources.v[i], false, &x->where);
    return st;
}
