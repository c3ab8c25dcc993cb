/* unions.c: classes that are read from a union of their subclasses' tables (with_polymorphic=("*", polymorphic_union(...))).
 *
 *   select(Employee).where(Engineer.skill == "c")       FROM (... UNION ALL ...) AS pjoin WHERE pjoin.skill = 'c'
 *
 * The union stands for the subclasses, too: where a statement reads the base and does not name a subclass by itself, attributes
 * of the subclass are columns of the union. Inside of other statements they stay what they are.
 */
#include "load/load.h"

typedef struct unions {
    const cm_node *stmt;
    cm_objs read;  /* mappers that the statement reads from unions */
    cm_objs named; /* other ENTITYs that it reads by themselves */
} unions;

static bool is_plain(const cm_node *entity) { return entity && entity->kind == CM_N_ENTITY && !(entity->flags & CM_FLAG_ALIASED); }

/* The entity that a part of a statement reads; *whole: itself, not one of its attributes. */
static cm_node *entity_of(const cm_node *part, bool *whole) {
    *whole = part->kind == CM_N_ENTITY;
    if (*whole) return (cm_node *)(uintptr_t)part;
    const cm_attr *attr = part->kind == CM_N_ATTR ? part->u.attr.attr : NULL;
    if (!attr || attr->kind != CM_ATTR_RELATION) return attr ? part->u.attr.entity : NULL;
    *whole = true;
    return cm_relation__entity(attr->relation);
}

static cm_status note(cm_ctx *cx, unions *u, const cm_node *part) {
    bool whole = false;
    cm_node *entity = part ? entity_of(part, &whole) : NULL;
    if (!is_plain(entity)) return CM_OK;
    cm_mapper *m = cm_entity__mapper(entity);
    if (m->reads_apart && m->nchildren) return cm_objs_add(cx, &u->read, m);
    return whole ? cm_objs_add(cx, &u->named, entity) : CM_OK;
}

static cm_status look(cm_ctx *cx, unions *u) {
    static const int looked_at[] = {CM_SEG_COLUMNS, CM_SEG_FROM};
    cm_status st = CM_OK;
    size_t n = 0;
    for (size_t s = 0; s < sizeof looked_at / sizeof *looked_at; s++) {
        cm_node *const *items = cm_node_segment(u->stmt, looked_at[s], &n);
        for (size_t i = 0; i < n && !st; i++) st = note(cx, u, items[i]);
    }
    cm_node *const *joins = cm_node_segment(u->stmt, CM_SEG_JOINS, &n);
    for (size_t i = 0; i < 3 * n && !st; i++) st = note(cx, u, joins[i / 3]->u.k.kid[i % 3]);
    return st;
}

/* The class whose union a subclass is read from; NULL: it is named by itself, or nothing reads it. */
static const cm_mapper *reader_of(const unions *u, const cm_node *entity) {
    const cm_mapper *m = cm_entity__mapper(entity);
    for (size_t i = 0; i < u->named.n; i++)
        if (u->named.v[i] == entity) return NULL;
    for (size_t i = 0; i < u->read.n; i++)
        if (u->read.v[i] != m && cm_mapper__isa(m, u->read.v[i])) return u->read.v[i];
    return NULL;
}

static cm_status to_union(cm_ctx *cx, void *user, cm_node *node, cm_node **out) {
    const unions *u = user;
    *out = NULL;
    if (node != u->stmt && (cm__kinds[node->kind].statement || node->kind == CM_N_OPTION || node->kind == CM_N_CRITERIA)) {
        cm_node_retain(cx, *out = node);
        return CM_OK;
    }
    const cm_attr *attr = node->kind == CM_N_ATTR && is_plain(node->u.attr.entity) ? node->u.attr.attr : NULL;
    if (!attr || attr->kind != CM_ATTR_COLUMN || !attr->column) return CM_OK;
    const cm_mapper *reader = reader_of(u, node->u.attr.entity);
    if (!reader) return CM_OK;
    cm_status st = cm_entity__adapt(cx, reader->entity, attr->column->node, out);
    if (st || *out != attr->column->node) return st;
    cm_node_release(cx, *out);
    *out = NULL; /* the union has no such column */
    return CM_OK;
}

cm_status cm_stmt__see_unions(cm_ctx *cx, cm_node **stmt) {
    unions u = {.stmt = *stmt};
    cm_node *made = NULL;
    cm_status st = look(cx, &u);
    const cm_adapt map = {.replace = to_union, .user = &u};
    if (!st && u.read.n) st = cm_node_adapt(cx, *stmt, &map, &made);
    if (made) {
        cm_node_release(cx, *stmt);
        *stmt = made;
    }
    cm_objs_free(cx, &u.read);
    cm_objs_free(cx, &u.named);
    return st;
}
