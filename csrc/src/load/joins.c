/* joins.c: the steps of select().join() become the FROM list.
 *
 * A step names its target three ways: a relationship (target and condition follow from it), an entity or table with a
 * condition, or one alone (the foreign key between it and something already there decides). The left side is what the
 * step says, the class the relationship belongs to, or the only thing in FROM that the target can be joined to.
 */
#include "load/load.h"

#include <stdio.h>
#include <string.h>

typedef struct step {
    cm_node *target; /* FROM element joined */
    cm_node *entity; /* its ENTITY, or NULL for tables */
    cm_node *left;   /* FROM element on the left, or NULL: to be found */
    cm_node *left_entity;
    const cm_attr *relation; /* relationship joined along, or NULL */
    cm_node *on;             /* given condition, or NULL */
    cm_node *const *further;
    size_t nfurther; /* conditions that came with a relationship: relationship.and_() */
    uint32_t flags;
} step;

static cm_node *as_from(cm_node *n) { return n && n->kind == CM_N_ENTITY ? cm_entity__from(n) : n; }

/* A relationship in the place of target or condition. */
static const cm_node *relation_of(const cm_node *n) {
    if (n && n->kind == CM_N_OF_TYPE) n = n->u.k.kid[0];
    if (!n || n->kind != CM_N_ATTR) return NULL;
    const cm_attr *attr = n->u.attr.attr;
    return attr && attr->kind == CM_ATTR_RELATION ? n : NULL;
}

/* relationship AND condition AND ...: answers the relationship and keeps the rest. */
static cm_node *open_condition(cm_node *on, step *s) {
    size_t n = 0;
    cm_node *const *terms = on && on->kind == CM_N_BOOL && on->op == CM_OP_AND ? cm_node_segment(on, 0, &n) : NULL;
    if (!n || !relation_of(terms[0])) return on;
    s->further = terms + 1;
    s->nfurther = n - 1;
    return terms[0];
}

/* The alias a relationship leads to, as the statement has it: with its inside made plain. */
static cm_node *as_named(const cm_expansion *x, cm_node *entity) {
    for (size_t i = 0; i < x->sources.n && (entity->flags & CM_FLAG_ALIASED); i++) {
        cm_node *source = x->sources.v[i];
        if (source->id && source->id == entity->id) return source;
    }
    return entity;
}

static cm_status read_step(cm_expansion *x, const cm_node *join, step *s) {
    cm_node *target = join->u.k.kid[0], *on = open_condition(join->u.k.kid[1], s), *left = join->u.k.kid[2];
    const cm_node *relation = relation_of(target);
    s->flags = join->flags & (CM_FLAG_OUTER | CM_FLAG_FULL);
    s->left = as_from(left);
    s->left_entity = left && left->kind == CM_N_ENTITY ? left : NULL;
    if (relation) {
        s->entity = target->kind == CM_N_OF_TYPE ? target->u.k.kid[1] : NULL;
        s->on = on;
    } else {
        s->entity = target->kind == CM_N_ENTITY ? target : NULL;
        relation = relation_of(on);
        if (!relation) s->on = on;
        else if (on->kind == CM_N_OF_TYPE && !s->entity) s->entity = on->u.k.kid[1];
    }
    if (relation) {
        s->relation = relation->u.attr.attr;
        s->left_entity = relation->u.attr.entity;
        if (!s->left_entity)
            return cm__fail(x->cx, CM_E_ARGUMENT, "relationship \"%s\" belongs to no class here", cm_str_text(s->relation->key));
        s->left = cm_entity__from(s->left_entity);
        if (relation_of(target) && !s->entity) s->entity = as_named(x, cm_relation__entity(s->relation->relation));
    }
    s->target = s->entity ? cm_entity__from(s->entity) : as_from(target);
    return CM_OK;
}

/* ---- finding the left side */

static cm_status tables_of(cm_ctx *cx, cm_node *from, cm_objs *out) {
    if (from->kind == CM_N_JOIN) {
        cm_status st = tables_of(cx, from->u.k.kid[0], out);
        return st ? st : tables_of(cx, from->u.k.kid[1], out);
    }
    cm_table *table = NULL;
    cm_status st = cm__from_table(cx, from, &table);
    return st || !table ? st : cm_objs_add(cx, out, table);
}

static bool names_table(const cm_table *from, const cm_table *to) {
    for (size_t i = 0; i < from->nconstraints; i++) {
        const cm_constraint_def *c = &from->constraints[i];
        if (c->kind != CM_CON_FOREIGN_KEY || strcmp(c->ref_table, cm_str_text(to->name)) != 0) continue;
        const char *schema = to->schema ? cm_str_text(to->schema) : "";
        if (strcmp(c->ref_schema ? c->ref_schema : "", schema) == 0) return true;
    }
    return false;
}

/* Whether a foreign key lies between the two. What is no table (a subquery) may have one: the compiler will find out. */
static cm_status can_join(cm_ctx *cx, cm_node *left, cm_node *right, bool *out) {
    cm_objs l = {0}, r = {0};
    cm_status st = tables_of(cx, left, &l);
    if (!st) st = tables_of(cx, right, &r);
    *out = !l.n || !r.n;
    for (size_t i = 0; i < l.n && !st; i++)
        for (size_t k = 0; k < r.n; k++) *out |= names_table(l.v[i], r.v[k]) || names_table(r.v[k], l.v[i]);
    cm_objs_free(cx, &l);
    cm_objs_free(cx, &r);
    return st;
}

/* Whether a condition speaks of a FROM element. */
static cm_status mentions(cm_ctx *cx, cm_node *on, cm_node *from, bool *out) {
    cm_objs froms = {0};
    cm_status st = cm__expr_froms(cx, on, &froms);
    *out = false;
    for (size_t i = 0; i < froms.n && !st; i++) *out |= cm_from__contains(from, as_from(froms.v[i]));
    cm_objs_free(cx, &froms);
    return st;
}

static cm_status no_left(cm_ctx *cx, const step *s, bool ambiguous) {
    const cm_str *name = s->entity ? cm_entity__mapper(s->entity)->name : s->target->kind == CM_N_TABLE ? s->target->u.col.name : NULL;
    if (ambiguous)
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "Can't determine which FROM clause to join from, there are multiple FROMS which can join to this entity. Please "
                        "use the .select_from() method to establish an explicit left side, as well as providing an explicit ON clause if "
                        "not present already to help resolve the ambiguity.");
    char what[200];
    if (s->entity)
        snprintf(what, sizeof what, "<Mapper at 0x%llx; %s>", (unsigned long long)(uintptr_t)cm_entity__mapper(s->entity),
                 cm_str_text(name));
    else snprintf(what, sizeof what, "%s", name ? cm_str_text(name) : "this element");
    return cm__fail(cx, CM_E_INVALID_REQUEST,
                    "Don't know how to join to %s. Please use the .select_from() method to establish an explicit left side, as well as "
                    "providing an explicit ON clause if not present already to help resolve the ambiguity.",
                    what);
}

/* Picks the FROM element that the target joins to. One candidate needs no reason; of several exactly one must fit. */
static cm_status pick(cm_expansion *x, const step *s, const cm_objs *candidates, size_t *out) {
    size_t found = 0;
    if (candidates->n == 1 && s->on) {
        *out = 0;
        return CM_OK;
    }
    for (size_t i = 0; i < candidates->n; i++) {
        bool fits = false;
        if (candidates->v[i] == s->target) continue;
        cm_status st = s->on ? mentions(x->cx, s->on, candidates->v[i], &fits) : can_join(x->cx, candidates->v[i], s->target, &fits);
        if (st) return st;
        if (!fits) continue;
        if (found++ == 0) *out = i;
    }
    if (found == 1) return CM_OK;
    if (found == 0 && s->on && candidates->n) {
        for (*out = 0; *out + 1 < candidates->n && candidates->v[*out] == s->target;) ++*out;
        return CM_OK;
    }
    return no_left(x->cx, s, found > 1);
}

/* What the columns read, for a join without a left side in a statement without select_from(). */
static cm_status implied_froms(cm_expansion *x, cm_objs *out) {
    size_t n = 0;
    cm_node *const *columns = cm_node_segment(x->stmt, CM_SEG_COLUMNS, &n);
    cm_objs found = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        cm_node *c = columns[i];
        if (c->kind == CM_N_ENTITY) st = cm_objs_add(x->cx, &found, cm_entity__from(c));
        else if (c->kind == CM_N_ATTR && c->u.attr.entity) st = cm_objs_add(x->cx, &found, cm_entity__from(c->u.attr.entity));
        else st = cm__expr_froms(x->cx, c, &found);
    }
    for (size_t i = 0; i < found.n && !st; i++) {
        cm_node *from = as_from(found.v[i]);
        bool known = false;
        for (size_t k = 0; k < out->n; k++) known |= cm_from__contains(out->v[k], from);
        if (!known) st = cm_objs_add(x->cx, out, from);
    }
    cm_objs_free(x->cx, &found);
    return st;
}

/* Index in x->froms of the left side, which is added where it is missing. */
static cm_status find_left(cm_expansion *x, step *s, size_t *out) {
    cm_status st = CM_OK;
    if (!s->left) {
        cm_objs implied = {0};
        if (!x->froms.n) st = implied_froms(x, &implied);
        const cm_objs *candidates = x->froms.n ? &x->froms : &implied;
        size_t at = 0;
        if (!st && !candidates->n) st = no_left(x->cx, s, false);
        if (!st) st = pick(x, s, candidates, &at);
        if (!st) s->left = candidates->v[at];
        cm_objs_free(x->cx, &implied);
        if (st) return st;
    }
    for (size_t i = 0; i < x->froms.n; i++) {
        if (!cm_from__contains(x->froms.v[i], s->left)) continue;
        *out = i;
        return CM_OK;
    }
    for (size_t i = 0; i < x->sources.n && s->left->kind == CM_N_JOIN; i++) { /* an entity that reads the left side along */
        cm_node *from = cm_entity__from(x->sources.v[i]);
        if (!cm_from__contains(from, s->left)) continue;
        s->left = from;
        break;
    }
    *out = x->froms.n;
    return cm_objs_add(x->cx, &x->froms, s->left);
}

/* ---- joining */

/* ON of a step: the relationship's condition or the given one, then what belongs to the target wherever it is read. */
static cm_status step_on(cm_expansion *x, const step *s, cm_node *primary, cm_node **out) {
    cm_objs terms = {0};
    cm_status st = CM_OK;
    if (primary) st = cm_objs_add(x->cx, &terms, primary);
    if (!st && s->on) st = cm_objs_add(x->cx, &terms, s->on);
    for (size_t i = 0; i < s->nfurther && !st; i++) st = cm_objs_add(x->cx, &terms, s->further[i]);
    if (!st && s->entity) st = cm_expansion__criteria(x, s->entity, false, &terms);
    if (!st) st = cm_node__and(x->cx, (cm_node *const *)(void *)terms.v, terms.n, out);
    cm_objs_free(x->cx, &terms);
    return st;
}

/* left JOIN target ON ..., or over a secondary table: left JOIN secondary ON ... JOIN target ON ...; outer:
 * left LEFT OUTER JOIN (secondary JOIN target ON ...) ON ... */
static cm_status join_along(cm_expansion *x, const step *s, cm_node *left, cm_node **out) {
    const cm_relation *r = s->relation->relation;
    cm_ctx *cx = x->cx;
    cm_node *secondary = NULL, *primary = NULL, *second = NULL, *on = NULL, *inner = NULL;
    cm_status st = CM_OK;
    if (r->secondary) {
        cm_node_spec spec = {.kind = CM_N_ALIAS, .op = CM_OP_ALIAS, .kid = {r->secondary->node, NULL, NULL}};
        st = cm_node_make(cx, &spec, &secondary);
    }
    if (!st) st = cm_relation__on(cx, r, s->left_entity, s->entity, secondary, &primary, &second);
    if (!st) st = step_on(x, s, r->secondary ? second : primary, &on);
    if (!st && !r->secondary) st = cm_node__join(cx, left, s->target, on, s->flags, out);
    else if (!st && s->flags) {
        st = cm_node__join(cx, secondary, s->target, on, 0, &inner);
        if (!st) st = cm_node__join(cx, left, inner, primary, s->flags, out);
    } else if (!st) {
        st = cm_node__join(cx, left, secondary, primary, 0, &inner);
        if (!st) st = cm_node__join(cx, inner, s->target, on, 0, out);
    }
    cm_node_release(cx, secondary);
    cm_node_release(cx, primary);
    cm_node_release(cx, second);
    cm_node_release(cx, on);
    cm_node_release(cx, inner);
    return st;
}

static cm_status join_plainly(cm_expansion *x, const step *s, cm_node *left, cm_node **out) {
    cm_node *on = NULL;
    cm_status st = CM_OK;
    if (s->on) st = step_on(x, s, NULL, &on);
    if (!st) st = cm_node__join(x->cx, left, s->target, on, s->flags, out);
    cm_node_release(x->cx, on);
    if (!st && s->entity && !s->on) st = cm_expansion__criteria(x, s->entity, false, &x->where);
    return st;
}

static cm_status join_step(cm_expansion *x, const cm_node *join) {
    step s = {0};
    size_t at = 0;
    cm_node *made = NULL;
    cm_status st = read_step(x, join, &s);
    if (!st && s.relation && s.entity == s.left_entity) {
        const cm_mapper *m = cm_entity__mapper(s.entity);
        const char *name = cm_str_text(m->name), *table = m->ntables ? cm_table_name(m->tables[0]) : "";
        st = cm__fail(x->cx, CM_E_INVALID_REQUEST, "Can't construct a join from Mapper[%s(%s)] to Mapper[%s(%s)], they are the same entity",
                      name, table, name, table);
    }
    if (!st) st = find_left(x, &s, &at);
    if (st) return st;
    if (s.relation) st = join_along(x, &s, x->froms.v[at], &made);
    else st = join_plainly(x, &s, x->froms.v[at], &made);
    if (!st) st = cm_expansion__keep(x, made);
    if (!st) x->froms.v[at] = made;
    if (!st && s.entity) st = cm_objs_add(x->cx, &x->joined, s.entity);
    if (st) return st;
    for (size_t i = x->froms.n; i-- > 0;) { /* select_from(a, b).join(b): b is inside the join now */
        if (i == at || x->froms.v[i] != s.target) continue;
        memmove(&x->froms.v[i], &x->froms.v[i + 1], (x->froms.n - i - 1) * sizeof *x->froms.v);
        x->froms.n--;
        if (i < at) at--;
    }
    return CM_OK;
}

cm_status cm_expansion__joins(cm_expansion *x) {
    size_t n = 0;
    cm_node *const *joins = cm_node_segment(x->stmt, CM_SEG_JOINS, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = join_step(x, joins[i]);
    return st;
}
