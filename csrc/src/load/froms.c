/* froms.c: entities, their FROM elements, and the conditions that join them.
 *
 * A condition of a relationship is written over plain columns. Here it is moved to the entities at hand: each COLUMN
 * goes to the parent's side, the target's side or the secondary table, and is replaced by the same column as that
 * entity sees it. Every rewriting is cm_node_adapt with a `replace` callback; this file only decides who owns a column.
 */
#include "load/load.h"

#include <string.h>

cm_status cm_node__join(cm_ctx *cx, cm_node *left, cm_node *right, cm_node *on, uint32_t flags, cm_node **out) {
    cm_node_spec spec = {.kind = CM_N_JOIN, .flags = flags & (CM_FLAG_OUTER | CM_FLAG_FULL), .kid = {left, right, on}};
    return cm_node_make(cx, &spec, out);
}

cm_status cm_node__and(cm_ctx *cx, cm_node *const *v, size_t n, cm_node **out) {
    cm_objs terms = {0};
    cm_status st = CM_OK;
    *out = NULL;
    for (size_t i = 0; i < n && !st; i++)
        if (v[i]) st = cm_objs_add(cx, &terms, v[i]);
    if (!st && terms.n) st = cm_expr_all_of(cx, CM_OP_AND, (cm_node *const *)(void *)terms.v, terms.n, out);
    cm_objs_free(cx, &terms);
    return st;
}

bool cm_node__same_column(const cm_node *a, const cm_node *b) {
    a = cm__node_unalias((cm_node *)(uintptr_t)a);
    b = cm__node_unalias((cm_node *)(uintptr_t)b);
    if (a == b) return true;
    if (a->kind != b->kind) return false;
    if (a->kind == CM_N_COLUMN) return a->id && a->id == b->id;
    return a->kind == CM_N_PROXY && a->u.col.table == b->u.col.table && a->u.col.ref && a->u.col.ref == b->u.col.ref && a->id == b->id;
}

static bool has_part(const cm_node *from, const cm_node *part) {
    if (from->kind == CM_N_ENTITY) from = cm_entity__from(from);
    if (from == part) return true;
    if (from->kind == CM_N_TABLE && part->kind == CM_N_TABLE) return from->id == part->id;
    if (from->kind != CM_N_JOIN) return false;
    return has_part(from->u.k.kid[0], part) || has_part(from->u.k.kid[1], part);
}

/* The FROM element itself, one inside its joins, or a join of such ones: a subclass inside a base that reads its tables along. */
bool cm_from__contains(const cm_node *from, const cm_node *part) {
    if (has_part(from, part)) return true;
    if (part->kind != CM_N_JOIN || from->kind != CM_N_JOIN) return false;
    return cm_from__contains(from, part->u.k.kid[0]) && cm_from__contains(from, part->u.k.kid[1]);
}

/* ---- columns through an entity */

cm_status cm_entity__column(cm_ctx *cx, const cm_node *entity, const cm_column *column, cm_node **out) {
    return cm_entity__adapt(cx, entity, column->node, out);
}

cm_status cm_entity__attr_expr(cm_ctx *cx, const cm_node *entity, const cm_attr *attr, cm_node **out) {
    return cm_entity__adapt(cx, entity, cm_attr__own_expr(attr), out);
}

cm_status cm_entity__alias(cm_ctx *cx, cm_mapper *mapper, cm_node **out) { return cm_mapper_alias(cx, mapper, NULL, NULL, NULL, out); }

/* ---- conditions of relationships */

typedef struct sides {
    const cm_relation *r;
    const cm_node *parent, *target; /* ENTITYs; parent NULL: columns become binds */
    cm_node *secondary;             /* FROM standing for the secondary table */
    bool in_secondaryjoin;
    cm_objs *binds, *columns; /* with parent NULL */
} sides;

static bool has_table(const cm_mapper *m, const cm_table *t) {
    for (size_t i = 0; i < m->ntables; i++)
        if (m->tables[i] == t) return true;
    return false;
}

/* Whether a column of a relationship's condition is the target's. */
static bool is_remote(const sides *s, const cm_node *node, const cm_column *column) {
    if (s->r->entity) return !has_table(s->r->parent, column->table);
    if (s->in_secondaryjoin) return true;
    if (s->r->secondary) return !has_table(s->r->parent, column->table);
    if (s->r->self_referential || has_table(s->r->parent, column->table)) {
        if (has_table(s->r->target, column->table)) return (node->flags & CM_FLAG_REMOTE) != 0;
        return false;
    }
    return true;
}

/* The bind that stands for a column of the parent, one for each column. */
static cm_status parent_bind(cm_ctx *cx, sides *s, cm_column *column, cm_node **out) {
    for (size_t i = 0; i < s->columns->n; i++) {
        if (s->columns->v[i] != column) continue;
        cm_node_retain(cx, *out = s->binds->v[i]);
        return CM_OK;
    }
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED | CM_FLAG_UNIQUE, .type = column->type, .name = "param", .name_n = 5};
    cm_status st = cm_node_make(cx, &spec, out);
    if (!st) st = cm_objs_add(cx, s->columns, column);
    if (!st) st = cm_objs_add(cx, s->binds, *out); /* borrowed: the condition holds it */
    if (st) {
        cm_node_release(cx, *out);
        *out = NULL;
    }
    return st;
}

static cm_status secondary_column(cm_ctx *cx, const sides *s, cm_node *node, cm_node **out) {
    cm_node *table = s->r->secondary->node;
    if (s->secondary == table) {
        cm_node_retain(cx, *out = node);
        return CM_OK;
    }
    cm_adapt map = {.n = 1, .from = &table, .to = &s->secondary};
    return cm_node_adapt(cx, node, &map, out);
}

/* The parent's table where a subquery of the condition names it, in correlate(). */
static bool names_parent(const sides *s, const cm_node *node) {
    if (!s->parent || !(s->parent->flags & CM_FLAG_ALIASED) || s->r->self_referential) return false;
    if (node->kind == CM_N_ENTITY) return !(node->flags & CM_FLAG_ALIASED) && cm_entity__mapper(node) == s->r->parent;
    return node->kind == CM_N_TABLE && node->u.col.ref && has_table(s->r->parent, node->u.col.ref);
}

static cm_status to_side(cm_ctx *cx, void *user, cm_node *node, cm_node **out) {
    sides *s = user;
    *out = NULL;
    if (names_parent(s, node)) {
        if (node->kind == CM_N_TABLE) return cm_entity__adapt(cx, s->parent, node, out);
        cm_node_retain(cx, *out = (cm_node *)(uintptr_t)s->parent);
        return CM_OK;
    }
    cm_node *plain = cm__node_unalias(node);
    if (plain->kind == CM_N_PROXY && s->r->entity) { /* of the alias, whose inside is left alone */
        cm_node_retain(cx, *out = plain);
        return CM_OK;
    }
    if (plain->kind != CM_N_COLUMN || !plain->u.col.ref) return CM_OK;
    cm_column *column = plain->u.col.ref;
    if (s->r->secondary && column->table == s->r->secondary) return secondary_column(cx, s, column->node, out);
    if (is_remote(s, plain, column)) return cm_entity__column(cx, s->target, column, out);
    if (s->parent) return cm_entity__column(cx, s->parent, column, out);
    return parent_bind(cx, s, column, out);
}

/* Conditions spelled by key pairs, for relationships defined without a full condition. */
static cm_status from_pairs(cm_ctx *cx, sides *s, cm_column *const *left, cm_column *const *right, size_t n, bool right_remote,
                            cm_node **out) {
    cm_objs terms = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        cm_node *l = NULL, *r = NULL, *term = NULL;
        cm_column *local = right_remote ? left[i] : NULL;
        if (local && s->parent) st = cm_entity__column(cx, s->parent, local, &l);
        else if (local) st = parent_bind(cx, s, local, &l);
        else st = secondary_column(cx, s, left[i]->node, &l);
        if (!st && s->r->secondary && right_remote) st = secondary_column(cx, s, right[i]->node, &r);
        else if (!st) st = cm_entity__column(cx, s->target, right[i], &r);
        const bool target_first = s->r->direction == CM_MANY_TO_ONE; /* the referenced key stands on the left */
        if (!st) st = cm_expr_binary(cx, CM_OP_EQ, target_first ? r : l, target_first ? l : r, &term);
        if (!st) st = cm_objs_add(cx, &terms, term);
        if (st) cm_node_release(cx, term);
        cm_node_release(cx, l);
        cm_node_release(cx, r);
    }
    if (!st) st = cm_node__and(cx, (cm_node *const *)(void *)terms.v, terms.n, out);
    for (size_t i = 0; i < terms.n; i++) cm_node_release(cx, terms.v[i]);
    cm_objs_free(cx, &terms);
    return st;
}

/* A condition inside one table says nothing about sides when it is the key pairs and no more: those say it. */
static cm_status primary_on(cm_ctx *cx, sides *s, cm_node **out) {
    const cm_relation *r = s->r;
    cm_adapt map = {.replace = to_side, .user = s};
    s->in_secondaryjoin = false;
    if (!r->primaryjoin || (r->self_referential && r->simple_equality && !r->secondary))
        return from_pairs(cx, s, r->parent_columns, r->target_columns, r->npairs, true, out);
    return cm_node_adapt(cx, r->primaryjoin, &map, out);
}

static cm_status secondary_on(cm_ctx *cx, sides *s, cm_node **out) {
    const cm_relation *r = s->r;
    cm_adapt map = {.replace = to_side, .user = s};
    s->in_secondaryjoin = true;
    if (!r->secondaryjoin) return from_pairs(cx, s, r->secondary_columns, r->secondary_target_columns, r->nsecondary_pairs, false, out);
    return cm_node_adapt(cx, r->secondaryjoin, &map, out);
}

/* A condition over what one alias reads, over what another alias of the same reads. */
static cm_status move_alias(cm_ctx *cx, const cm_node *from, const cm_node *to, cm_node **condition) {
    cm_objs old = {0}, new_ = {0};
    cm_node *moved = NULL;
    cm_status st = cm_from__leaves(cx, cm_entity__from(from), &old);
    if (!st) st = cm_from__leaves(cx, cm_entity__from(to), &new_);
    const cm_adapt map = {.n = old.n, .from = (cm_node *const *)(void *)old.v, .to = (cm_node *const *)(void *)new_.v};
    if (!st && old.n == new_.n) st = cm_node_adapt(cx, *condition, &map, &moved);
    if (!st && moved) {
        cm_node_release(cx, *condition);
        *condition = moved;
    }
    cm_objs_free(cx, &old);
    cm_objs_free(cx, &new_);
    return st;
}

cm_status cm_relation__adapt(cm_ctx *cx, const cm_relation *r, const cm_node *target, cm_node *expr, cm_node **out) {
    if (!r->entity) return cm_entity__adapt(cx, target, expr, out);
    cm_node_retain(cx, *out = expr);
    cm_status st = target == r->entity ? CM_OK : move_alias(cx, r->entity, target, out);
    if (!st) return CM_OK;
    cm_node_release(cx, *out);
    *out = NULL;
    return st;
}

cm_status cm_relation__on(cm_ctx *cx, const cm_relation *r, const cm_node *parent, const cm_node *target, cm_node *secondary,
                          cm_node **primary, cm_node **second) {
    const bool moves = r->entity && target != r->entity && cm_entity__mapper(target) == r->target;
    sides s = {.r = r, .parent = parent, .target = moves ? r->entity : target, .secondary = secondary};
    *primary = *second = NULL;
    cm_status st = primary_on(cx, &s, primary);
    if (!st && moves) st = move_alias(cx, r->entity, target, primary);
    if (!st && r->secondary) st = secondary_on(cx, &s, second);
    if (st) {
        cm_node_release(cx, *primary);
        *primary = NULL;
    }
    return st;
}

cm_status cm_relation__lazy_on(cm_ctx *cx, const cm_relation *r, const cm_node *target, cm_node **on, cm_objs *binds, cm_objs *columns) {
    sides s = {.r = r, .target = target, .secondary = r->secondary ? r->secondary->node : NULL, .binds = binds, .columns = columns};
    cm_node *both[2] = {NULL, NULL};
    *on = NULL;
    cm_status st = primary_on(cx, &s, &both[0]);
    if (!st && r->secondary) st = secondary_on(cx, &s, &both[1]);
    if (!st) st = cm_node__and(cx, both, 2, on);
    cm_node_release(cx, both[0]);
    cm_node_release(cx, both[1]);
    return st;
}
