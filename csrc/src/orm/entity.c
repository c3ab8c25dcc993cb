/* entity.c: ENTITY nodes, what they read, and how an expression over a class's tables looks through them.
 *
 *   Person                       people                                   its own tables
 *   aliased(Person)              people AS people_1                       an alias of each
 *   with_polymorphic(...)        people LEFT OUTER JOIN engineers         tables of subclasses, too; aliases of them (flat), or
 *                                (SELECT ...) AS anon_1                   one subquery that stands for them all
 *   a class read from a union    (SELECT ... UNION ALL ...) AS pjoin      the same, for the class itself
 *
 * cm_entity__adapt is the one place where columns of tables become columns of what stands for them.
 */
#include "orm/orm.h"

#include <string.h>

static cm_mapper *mapper_of(const cm_node *entity) { return (cm_mapper *)(uintptr_t)entity->u.attr.attr; }

cm_status cm_from__leaves(cm_ctx *cx, cm_node *from, cm_objs *out) {
    if (from->kind != CM_N_JOIN) return cm_objs_add(cx, out, from);
    cm_status st = cm_from__leaves(cx, from->u.k.kid[0], out);
    return st ? st : cm_from__leaves(cx, from->u.k.kid[1], out);
}

/* ---- expressions through an entity */

/* Everything a class and its subclasses are read from on their own: what one subquery may stand for. */
static cm_status sources(cm_ctx *cx, const cm_mapper *m, cm_objs *out) {
    cm_status st = cm_from__leaves(cx, m->from, out);
    for (size_t i = 0; i < m->nchildren && !st; i++) st = sources(cx, m->children[i], out);
    return st;
}

static bool known(const cm_objs *list, const cm_node *node) {
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == node) return true;
    return false;
}

static cm_status replace(cm_ctx *cx, cm_node *what, cm_node *with, cm_objs *from, cm_objs *to) {
    if (known(from, what)) return CM_OK;
    cm_status st = cm_objs_add(cx, from, what);
    return st ? st : cm_objs_add(cx, to, with);
}

/* What in the FROM element stands for which table: an ALIAS for its own, a subquery for all that have nothing nearer. */
static cm_status replacements(cm_ctx *cx, const cm_node *entity, cm_objs *from, cm_objs *to) {
    const cm_mapper *m = mapper_of(entity);
    cm_objs parts = {0}, stood_for = {0};
    cm_node *whole = NULL, *read = m->entity->u.attr.expr;
    cm_status st = cm_from__leaves(cx, entity->u.attr.expr, &parts);
    if (!st && parts.n == 1 && m->from->kind == CM_N_ALIAS) st = replace(cx, m->from, parts.v[0], from, to);
    for (size_t i = 0; i < parts.n && !st; i++) {
        cm_node *part = parts.v[i];
        if (part->kind == CM_N_TABLE) st = replace(cx, part, part, from, to); /* itself, whatever else is an alias of it */
        else if (part->kind == CM_N_ALIAS && part->u.n.kid->kind == CM_N_TABLE) st = replace(cx, part->u.n.kid, part, from, to);
        else if (!whole) whole = part;
    }
    if (!st && whole) st = sources(cx, m, &stood_for);
    if (!st && whole && read->kind != CM_N_JOIN) st = cm_objs_add(cx, &stood_for, read);
    if (!st && whole) st = cm_objs_add(cx, &stood_for, whole); /* its inside is left alone */
    for (size_t i = 0; i < stood_for.n && !st; i++) st = replace(cx, stood_for.v[i], whole, from, to);
    cm_objs_free(cx, &parts);
    cm_objs_free(cx, &stood_for);
    return st;
}

/* aliased(alias, subquery): the columns of the alias, as the subquery shows them. */
static cm_status adapt_over(cm_ctx *cx, const cm_node *entity, const cm_node *over, cm_node *expr, cm_node **out) {
    cm_objs from = {0}, to = {0};
    cm_node *inner = NULL;
    cm_status st = cm_entity__adapt(cx, over, expr, &inner);
    if (!st) st = cm_from__leaves(cx, over->u.attr.expr, &from);
    for (size_t i = 0; i < from.n && !st; i++) st = cm_objs_add(cx, &to, entity->u.attr.expr);
    const cm_adapt map = {.n = from.n, .from = (cm_node *const *)(void *)from.v, .to = (cm_node *const *)(void *)to.v};
    if (!st) st = cm_node_adapt(cx, inner, &map, out);
    cm_node_release(cx, inner);
    cm_objs_free(cx, &from);
    cm_objs_free(cx, &to);
    return st;
}

cm_status cm_entity__adapt(cm_ctx *cx, const cm_node *entity, cm_node *expr, cm_node **out) {
    cm_objs from = {0}, to = {0};
    cm_status st = CM_OK;
    *out = NULL;
    const cm_node *over = entity->u.attr.entity;
    if (over && over->kind == CM_N_ENTITY) return adapt_over(cx, entity, over, expr, out);
    if ((entity->flags & CM_FLAG_ALIASED) || mapper_of(entity)->reads_apart) st = replacements(cx, entity, &from, &to);
    cm_adapt map = {.n = from.n, .from = (cm_node *const *)(void *)from.v, .to = (cm_node *const *)(void *)to.v};
    if (!st && from.n) st = cm_node_adapt(cx, expr, &map, out);
    else if (!st) cm_node_retain(cx, *out = expr);
    cm_objs_free(cx, &from);
    cm_objs_free(cx, &to);
    return st;
}

cm_node *cm_entity__discriminator(const cm_node *entity) {
    cm_node *given = entity->u.attr.entity;
    return given && given->kind != CM_N_ENTITY ? given : mapper_of(entity)->union_type;
}

cm_node *cm_attr__own_expr(const cm_attr *attr) {
    return attr->column && attr->mapper->reads_apart ? attr->column->node : cm__node_unalias(attr->node);
}

/* ---- reading subclasses along */

/* The attributes of a class that something else stands for are columns of that. */
static cm_status reown_attrs(cm_ctx *cx, cm_mapper *m) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < m->nattrs && !st; i++) {
        cm_node *node = m->attrs[i]->node, *adapted = NULL;
        if (!node || node->kind != CM_N_ATTR || !node->u.attr.expr) continue;
        st = cm_entity__adapt(cx, m->entity, m->attrs[i]->column ? m->attrs[i]->column->node : node->u.attr.expr, &adapted);
        if (st) break;
        cm_node_release(cx, node->u.attr.expr);
        node->u.attr.expr = adapted;
    }
    return st;
}

cm_status cm_mapper_set_reading(cm_ctx *cx, cm_mapper *m, cm_node *from, cm_node *discriminator) {
    cm_node *before = m->entity->u.attr.expr;
    cx->env->generation++;
    cm_load__mapper_free(cx, m);
    cm_node_retain(cx, from);
    m->entity->u.attr.expr = from;
    cm_node_release(cx, before);
    cm_node_release(cx, m->union_type);
    if ((m->union_type = discriminator)) cm_node_retain(cx, discriminator);
    m->reads_apart = from->kind != CM_N_JOIN && from != m->from;
    return m->reads_apart ? reown_attrs(cx, m) : CM_OK;
}

/* ---- aliased entities */

/* An alias of what a class reads: of its table, or of each table of its join with the conditions re-pointed. */
static cm_status alias_from(cm_ctx *cx, cm_node *from, const char *name, cm_node **out) {
    cm_objs leaves = {0}, aliases = {0};
    cm_status st = cm_from__leaves(cx, from, &leaves);
    for (size_t i = 0; !st && i < leaves.n; i++) {
        cm_node *alias = NULL;
        cm_node *leaf = leaves.v[i];
        const char *called = leaves.n == 1 ? name : NULL;
        const bool subquery = leaf->kind == CM_N_SUBQUERY || leaf->kind == CM_N_ALIAS; /* the same again, not an alias of an alias */
        cm_node_spec spec = {.kind = subquery ? leaf->kind : CM_N_ALIAS,
                             .op = CM_OP_ALIAS,
                             .name = called,
                             .name_n = called ? strlen(called) : 0,
                             .kid = {subquery ? leaf->u.n.kid : leaf, NULL, NULL}};
        st = cm_node_make(cx, &spec, &alias);
        if (!st) st = cm_objs_add(cx, &aliases, alias);
        if (st) cm_node_release(cx, alias);
    }
    if (!st && leaves.n == 1) {
        *out = aliases.v[0];
        cm_node_retain(cx, *out);
    } else if (!st) {
        cm_adapt map = {.n = leaves.n, .from = (cm_node *const *)(void *)leaves.v, .to = (cm_node *const *)(void *)aliases.v};
        st = cm_node_adapt(cx, from, &map, out);
    }
    for (size_t i = 0; i < aliases.n; i++) cm_node_release(cx, aliases.v[i]);
    cm_objs_free(cx, &aliases);
    cm_objs_free(cx, &leaves);
    return st;
}

cm_status cm_mapper_alias(cm_ctx *cx, cm_mapper *m, const char *name, cm_node *from, cm_node *over, cm_node **out) {
    cm_node *made = NULL;
    cm_status st = CM_OK;
    *out = NULL;
    if (!from) st = alias_from(cx, m->entity->u.attr.expr, name, &made);
    if (!st) {
        cm_node_spec spec = {
            .kind = CM_N_ENTITY, .flags = CM_FLAG_ALIASED, .kid = {from ? from : made, from ? over : NULL, NULL}, .attr = m};
        st = cm_node_make(cx, &spec, out);
    }
    cm_node_release(cx, made);
    return st;
}

cm_status cm_entity__again(cm_ctx *cx, const cm_node *entity, cm_node **out) {
    cm_node *from = NULL, *told = NULL;
    cm_status st = alias_from(cx, entity->u.attr.expr, NULL, &from);
    const cm_adapt map = {.n = 1, .from = (cm_node *const *)&entity->u.attr.expr, .to = &from}; /* a discriminator is read from it, too */
    if (!st) st = cm_node_adapt(cx, entity->u.attr.entity, &map, &told);
    if (!st) st = cm_mapper_alias(cx, (cm_mapper *)(uintptr_t)entity->u.attr.attr, NULL, from, told, out);
    cm_node_release(cx, told);
    cm_node_release(cx, from);
    return st;
}

cm_status cm_entity_attr(cm_ctx *cx, cm_node *entity, const cm_attr *attr, cm_node **out) {
    const cm_mapper *m = entity->u.attr.attr;
    const cm_attr *own = cm_mapper__own_attr(m, attr);
    *out = NULL;
    /* an attribute of a subclass, asked of an entity that loads subclasses too: its own, or one that is another column there (the key) */
    if (!own ||
        (own->kind == CM_ATTR_COLUMN && cm_mapper__isa(attr->mapper, m) && cm__node_unalias(own->node) != cm__node_unalias(attr->node)))
        own = attr;
    if (!(entity->flags & CM_FLAG_ALIASED) && own->mapper->entity == entity) {
        *out = own->node;
        cm_node_retain(cx, *out);
        return CM_OK;
    }
    const bool aliased = (entity->flags & CM_FLAG_ALIASED) != 0;
    cm_node *expr = aliased ? cm_attr__own_expr(own) : cm__node_unalias(own->node), *adapted = NULL;
    cm_status st = CM_OK;
    if (own->kind == CM_ATTR_RELATION) expr = NULL;
    if (expr && aliased) st = cm_entity__adapt(cx, entity, expr, &adapted);
    if (!st) {
        cm_node_spec spec = {.kind = CM_N_ATTR, .type = own->type, .kid = {adapted ? adapted : expr, entity, NULL}, .attr = own};
        st = cm_node_make(cx, &spec, out);
    }
    cm_node_release(cx, adapted);
    return st;
}
