/* options.c: which loader option speaks for which attribute.
 *
 * Options of a statement form trees: joinedload(User.orders).selectinload(Order.items) is an OPTION on User.orders with
 * another one in its first segment. A "level" (cm_opts) is the list of options in force for one entity: those of the
 * statement that start at it, or those below the relationship it was reached through, and whatever speaks for every
 * entity (an unbound wildcard, loader criteria). The last option that names an attribute wins, and any name beats a
 * wildcard. Levels are arrays in the operation's arena; nothing is retained.
 */
#include "load/load.h"

#include <string.h>

static bool same_text(const cm_str *a, const cm_str *b) {
    return a == b || (a && b && a->n == b->n && memcmp(cm_str_text(a), cm_str_text(b), a->n) == 0);
}

/* The same attribute, also when one of the two was named on a parent or child class. */
static bool same_attr(const cm_attr *a, const cm_attr *b) {
    if (a == b) return true;
    if (!same_text(a->key, b->key)) return false;
    return cm_mapper__isa(a->mapper, b->mapper) || cm_mapper__isa(b->mapper, a->mapper);
}

static const cm_node *named_attr(const cm_node *kid) {
    if (kid && kid->kind == CM_N_OF_TYPE) kid = kid->u.k.kid[0];
    return kid && kid->kind == CM_N_ATTR ? kid : NULL;
}

static cm_node *option_target(const cm_node *option) { return option->kind == CM_N_OPTION ? option->u.n.kid : NULL; }

static bool names_attr(const cm_node *option, const cm_attr *attr) {
    const cm_node *named = named_attr(option_target(option));
    return named && named->u.attr.attr && same_attr(named->u.attr.attr, attr);
}

cm_opts cm_opts__of_statement(const cm_node *stmt) {
    cm_opts all = {NULL, 0, 0};
    if (stmt->kind == CM_N_FROM_STATEMENT) all.v = cm_node_segment(stmt, 1, &all.n);
    else if (stmt->kind == CM_N_SELECT) all.v = cm_node_segment(stmt, CM_SEG_OPTIONS, &all.n);
    return all;
}

/* ---- levels */

typedef struct level {
    cm_node **v;
    size_t n, cap;
    cm_arena *arena;
} level;

static cm_status level_add(cm_ctx *cx, level *l, cm_node *option) {
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : CM_SIZE(8, 1);
        cm_node **v = cm_arena__alloc(l->arena, cap * sizeof *v);
        if (!v) return cm__nomem(cx);
        if (l->n) memcpy(v, l->v, l->n * sizeof *v);
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = option;
    return CM_OK;
}

static cm_status level_add_all(cm_ctx *cx, level *l, cm_node *const *v, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = level_add(cx, l, v[i]);
    return st;
}

/* Criteria, and what only the program itself looks at: they hold at every level, and come first in it. */
static bool goes_along(const cm_node *option) { return option->kind == CM_N_CRITERIA || option->op == CM_OP_LOAD_USER; }

/* Speaks for every entity of a statement: what goes along, and wildcards bound to none. */
static bool is_universal(const cm_node *option) { return goes_along(option) || ((option->flags & CM_FLAG_WILDCARD) && !option->u.n.kid); }

static bool same_entity(const cm_node *named, const cm_node *entity) {
    if (!named || !entity) return false;
    if (named == entity) return true;
    if ((named->flags | entity->flags) & CM_FLAG_ALIASED)
        return named->id == entity->id && (named->flags & entity->flags & CM_FLAG_ALIASED);
    const cm_mapper *a = cm_entity__mapper(named), *b = cm_entity__mapper(entity);
    return cm_mapper__isa(a, b) || cm_mapper__isa(b, a);
}

const cm_node *cm_opts__start(const cm_node *option) {
    const cm_node *kid = option_target(option);
    if (kid && kid->kind == CM_N_ENTITY) return kid;
    const cm_node *named = named_attr(kid);
    if (named) return named->u.attr.entity;
    size_t n = 0;
    cm_node *const *items = cm_node_segment(option, 1, &n);
    if (option->op == CM_OP_LOAD_ONLY && n && items[0]->kind == CM_N_ATTR) return items[0]->u.attr.entity;
    return NULL;
}

cm_status cm_opts__for_entity(cm_ctx *cx, cm_arena *a, cm_opts all, const cm_node *entity, cm_opts *out) {
    level l = {.arena = a};
    cm_status st = CM_OK;
    for (size_t i = 0; i < all.n && !st; i++)
        if (goes_along(all.v[i])) st = level_add(cx, &l, all.v[i]);
    for (size_t i = 0; i < all.n && !st; i++)
        if (is_universal(all.v[i]) && !goes_along(all.v[i])) st = level_add(cx, &l, all.v[i]);
    const size_t nuniversal = l.n;
    for (size_t i = 0; i < all.n && !st; i++) {
        cm_node *option = all.v[i];
        const cm_node *start = cm_opts__start(option);
        if (is_universal(option) || (start && !same_entity(start, entity))) continue;
        size_t n = 0;
        cm_node *const *below = cm_node_segment(option, 0, &n);
        if (option->op == CM_OP_LOAD_ENTITY) st = level_add_all(cx, &l, below, n);
        else st = level_add(cx, &l, option);
    }
    *out = (cm_opts){l.v, l.n, nuniversal};
    return st;
}

cm_status cm_opts__below(cm_ctx *cx, cm_arena *a, cm_opts from, const cm_attr *attr, cm_opts *out) {
    level l = {.arena = a};
    cm_status st = level_add_all(cx, &l, from.v, from.nuniversal);
    for (size_t i = from.nuniversal; i < from.n && !st; i++) {
        if (!names_attr(from.v[i], attr)) continue;
        size_t n = 0;
        cm_node *const *below = cm_node_segment(from.v[i], 0, &n);
        st = level_add_all(cx, &l, below, n);
    }
    *out = (cm_opts){l.v, l.n, from.nuniversal};
    return st;
}

/* ---- questions */

static bool is_relation_option(int op) { return (op >= CM_OP_LOAD_JOINED && op <= CM_OP_LOAD_CONTAINS_EAGER); }

static cm_lazy lazy_of(const cm_node *option) {
    switch (option->op) {
    case CM_OP_LOAD_JOINED:
    case CM_OP_LOAD_CONTAINS_EAGER: return CM_LAZY_JOINED;
    case CM_OP_LOAD_SELECTIN: return CM_LAZY_SELECTIN;
    case CM_OP_LOAD_SUBQUERY: return CM_LAZY_SUBQUERY;
    case CM_OP_LOAD_RAISE: return option->flags & CM_FLAG_SQL_ONLY ? CM_LAZY_RAISE_ON_SQL : CM_LAZY_RAISE;
    case CM_OP_LOAD_NOLOAD: return CM_LAZY_NOLOAD;
    case CM_OP_LOAD_IMMEDIATE: return CM_LAZY_IMMEDIATE;
    default: return CM_LAZY_SELECT;
    }
}

/* contains_eager(..., alias=x) and of_type(x): the entity to read instead of the relationship's target. */
static void read_relation_option(cm_node *option, cm_rel_opt *out) {
    cm_node *kid = option->u.n.kid;
    out->option = option;
    out->explicit_ = true;
    out->contains_eager = option->op == CM_OP_LOAD_CONTAINS_EAGER;
    out->inner = (option->flags & CM_FLAG_INNER) != 0;
    out->of_type = kid && kid->kind == CM_N_OF_TYPE ? kid->u.k.kid[1] : NULL;
    out->criteria = cm_node_segment(option, 1, &out->ncriteria);
    if (out->contains_eager && out->ncriteria) {
        out->of_type = out->criteria[0];
        out->ncriteria = 0;
    }
    out->lazy = lazy_of(option);
}

cm_rel_opt cm_opts__relation(cm_opts from, const cm_attr *attr) {
    cm_rel_opt out = {.lazy = attr->relation->lazy, .inner = attr->relation->innerjoin};
    cm_node *wildcard = NULL;
    for (size_t i = from.n; i-- > 0;) {
        cm_node *option = from.v[i];
        if (option->kind != CM_N_OPTION || !is_relation_option(option->op)) continue;
        if (option->flags & CM_FLAG_WILDCARD) {
            if (!wildcard) wildcard = option;
        } else if (names_attr(option, attr)) {
            read_relation_option(option, &out);
            return out;
        }
    }
    if (wildcard && out.lazy != CM_LAZY_DYNAMIC && out.lazy != CM_LAZY_WRITE_ONLY) {
        out.lazy = lazy_of(wildcard);
        out.option = wildcard;
    }
    return out;
}

cm_node *cm_rel_opt__target(const cm_rel_opt *said, const cm_relation *r) {
    cm_node *given = said->of_type;
    return given && given->kind == CM_N_ENTITY && cm_entity__mapper(given) == r->target ? given : cm_relation__entity(r);
}

static bool lists_attr(const cm_node *option, const cm_attr *attr) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(option, 1, &n);
    for (size_t i = 0; i < n; i++)
        if (items[i]->kind == CM_N_ATTR && same_attr(items[i]->u.attr.attr, attr)) return true;
    return false;
}

/* One option's word on a column attribute. True when it names the attribute. */
static bool read_column_option(const cm_node *option, const cm_attr *attr, cm_col_opt *out) {
    const bool named = names_attr(option, attr), wild = (option->flags & CM_FLAG_WILDCARD) != 0;
    size_t n = 0;
    switch (option->op) {
    case CM_OP_LOAD_DEFER:
        if (!named && !(wild && !attr->primary_key)) return false;
        out->deferred = true;
        out->raise = (option->flags & CM_FLAG_RAISE) != 0;
        return named;
    case CM_OP_LOAD_UNDEFER:
        if (!named && !wild) return false;
        out->deferred = out->raise = false;
        return named;
    case CM_OP_LOAD_WITH_EXPRESSION:
        if (!named) return false;
        out->expr = cm_node_segment(option, 1, &n) ? *cm_node_segment(option, 1, &n) : NULL;
        out->deferred = false;
        return true;
    default: return false;
    }
}

/* load_only() of a class says nothing about what only its subclasses have. */
static bool knows_attr(const cm_node *option, const cm_attr *attr) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(option, 1, &n);
    const cm_attr *first = n && items[0]->kind == CM_N_ATTR ? items[0]->u.attr.attr : NULL;
    return !first || cm_mapper_find_attr(first->mapper, cm_str_text(attr->key));
}

/* load_only() options together: deferred unless one of them lists the attribute, or identity and class depend on it. */
static void apply_load_only(cm_opts from, const cm_attr *attr, cm_col_opt *out) {
    bool seen = false, listed = false, raise = false;
    for (size_t i = 0; i < from.n; i++) {
        const cm_node *option = from.v[i];
        if (option->kind != CM_N_OPTION || option->op != CM_OP_LOAD_ONLY || !knows_attr(option, attr)) continue;
        seen = true;
        listed |= lists_attr(option, attr);
        raise |= (option->flags & CM_FLAG_RAISE) != 0;
    }
    if (!seen) return;
    const cm_mapper *m = attr->mapper;
    const bool needed = attr->primary_key || attr == m->version || attr == m->polymorphic_on;
    out->deferred = !listed && !needed;
    out->raise = out->deferred && raise;
}

static bool in_undeferred_group(const cm_node *option, const cm_attr *attr) {
    const char *group = attr->group;
    const cm_str *name = option->u.n.name;
    return group && name && strlen(group) == name->n && memcmp(group, cm_str_text(name), name->n) == 0;
}

cm_col_opt cm_opts__column(cm_opts from, const cm_attr *attr) {
    cm_col_opt out = {.deferred = (attr->flags & CM_ATTR_DEFERRED) != 0, .raise = (attr->flags & CM_ATTR_RAISELOAD) != 0};
    if (!from.n) return out;
    apply_load_only(from, attr, &out);
    bool named = false;
    for (size_t i = 0; i < from.n; i++) {
        const cm_node *option = from.v[i];
        if (option->kind != CM_N_OPTION) continue;
        if (option->op == CM_OP_LOAD_UNDEFER_GROUP) {
            if (in_undeferred_group(option, attr)) out.deferred = out.raise = false;
            continue;
        }
        cm_col_opt said = out;
        const bool by_name = read_column_option(option, attr, &said);
        if (named && !by_name) continue; /* a wildcard does not outvote a name */
        named |= by_name;
        out = said;
    }
    return out;
}

/* Options that are used up by the load itself need no memory: what they load is there. */
static bool is_used_up(const cm_node *option) {
    switch (option->op) {
    case CM_OP_LOAD_JOINED:
    case CM_OP_LOAD_SELECTIN:
    case CM_OP_LOAD_SUBQUERY:
    case CM_OP_LOAD_IMMEDIATE:
    case CM_OP_LOAD_CONTAINS_EAGER:
    case CM_OP_LOAD_UNDEFER:
    case CM_OP_LOAD_UNDEFER_GROUP:
    case CM_OP_LOAD_WITH_EXPRESSION: return true;
    case CM_OP_LOAD_DEFER:
    case CM_OP_LOAD_ONLY: return !(option->flags & CM_FLAG_RAISE);
    default: return false;
    }
}

bool cm_opts__passing(const cm_node *option) { return goes_along(option) && (option->flags & CM_FLAG_AT_ONCE); }

bool cm_opts__sticky(cm_opts from) {
    for (size_t i = 0; i < from.n; i++)
        if (!cm_opts__passing(from.v[i]) && (from.v[i]->kind != CM_N_OPTION || !is_used_up(from.v[i]))) return true;
    return false;
}

cm_opts cm_inst__opts(const cm_inst *inst) {
    cm_opts opts = {NULL, 0, 0};
    if (!inst->state) return opts;
    opts.v = inst->state->options;
    opts.n = inst->state->noptions;
    while (opts.nuniversal < opts.n && goes_along(opts.v[opts.nuniversal])) opts.nuniversal++;
    return opts;
}
