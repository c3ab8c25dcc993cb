/* eager.c: relationships loaded together with their parents, in the same statement.
 *
 *   SELECT users.id, users.name, addresses_1.id, addresses_1.email
 *   FROM users LEFT OUTER JOIN addresses AS addresses_1 ON users.id = addresses_1.user_id
 *
 * LIMIT, OFFSET, DISTINCT and GROUP BY speak of parents, not of joined rows: then the statement becomes a subquery and
 * the joins stand around it.
 *
 *   SELECT anon_1.id, anon_1.name, addresses_1.id, ...
 *   FROM (SELECT users.id AS id, users.name AS name FROM users LIMIT ?) AS anon_1 LEFT OUTER JOIN addresses AS addresses_1 ON ...
 *
 * contains_eager() adds no join: it reads the relationship from an entity that the statement has already.
 */
#include "load/load.h"

#include <string.h>

/* ---- what hangs from an entity */

/* Loading by default stops where a class comes around again, or at the relationship's join_depth. Joins count what is in
 * their own statement, follow-ups all statements before it, too. */
static bool goes_in_circles(const cm_expansion *x, const cm_load_entity *e, const cm_attr *attr, bool joined) {
    const cm_relation *r = attr->relation;
    const size_t before = joined ? 0 : x->npath;
    if (r->join_depth) return before + e->depth + 1 > (size_t)r->join_depth;
    for (; e; e = e->parent)
        if (e->mapper == r->target) return true;
    for (size_t i = 0; i < before; i++)
        if (x->path[i] == r->target) return true;
    return false;
}

static cm_status add_follow(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, const cm_rel_opt *said) {
    cm_status st = cm__grow(x->cx, &e->follows, &e->follows_cap, e->nfollows + 1u, sizeof *e->follows);
    if (!st) e->follows[e->nfollows++] = (cm_follow){attr, said->lazy, said->explicit_};
    return st;
}

/* The entity that contains_eager() reads: what it names, or the relationship's own class. */
static cm_status contained_entity(cm_expansion *x, const cm_attr *attr, cm_node *named, cm_node **out) {
    *out = named ? named : cm_relation__entity(attr->relation);
    if ((*out)->kind == CM_N_ENTITY) return CM_OK;
    cm_node *made = NULL;
    cm_status st = cm_mapper_alias(x->cx, attr->relation->target, NULL, named, NULL, &made);
    if (!st) st = cm_expansion__keep(x, made);
    *out = made;
    return st;
}

static cm_status contain(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, const cm_rel_opt *said) {
    cm_node *entity = NULL;
    cm_load_entity *child = NULL;
    cm_opts below = {NULL, 0, 0};
    cm_status st = contained_entity(x, attr, said->of_type, &entity);
    if (!st) st = cm_opts__below(x->cx, x->arena, e->opts, attr, &below);
    if (!st) st = cm_expansion__entity(x, entity, e, attr, below, e->secondary, &child);
    if (!st) child->outer = true;
    return st;
}

static bool is_followed(cm_lazy lazy) { return lazy == CM_LAZY_SELECTIN || lazy == CM_LAZY_SUBQUERY || lazy == CM_LAZY_IMMEDIATE; }

static bool reads_class(const cm_load_entity *e, const cm_mapper *child) {
    for (uint32_t i = 0; i < e->n; i++)
        if (e->columns[i].attr->mapper == child) return true;
    return false;
}

/* Whether a relationship of a subclass is loaded along with the rows of its base: as its mapping says only where the columns of
 * the subclass are read, too. */
static bool is_due(const cm_load_entity *e, const cm_mapper *child, const cm_rel_opt *said) {
    return is_followed(said->lazy) && (said->explicit_ || said->lazy == CM_LAZY_IMMEDIATE || reads_class(e, child));
}

/* Relationships that only subclasses have are loaded by further statements, whatever they ask for. */
static cm_status follow_subclasses(cm_expansion *x, cm_load_entity *e, const cm_mapper *m) {
    cm_status st = CM_OK;
    for (size_t c = 0; c < m->nchildren && !st; c++) {
        const cm_mapper *child = m->children[c];
        for (size_t i = 0; i < child->nrelations && !st; i++) {
            const cm_attr *attr = child->relations[i]->attr;
            if (cm_mapper__own_attr(m, attr)) continue;
            cm_rel_opt said = cm_opts__relation(e->opts, attr);
            if (said.lazy == CM_LAZY_JOINED) said.lazy = CM_LAZY_SELECTIN;
            if (is_due(e, child, &said) && (said.explicit_ || !goes_in_circles(x, e, attr, false))) st = add_follow(x, e, attr, &said);
        }
        if (!st) st = follow_subclasses(x, e, child);
    }
    return st;
}

static bool is_eager(cm_lazy lazy) { return lazy == CM_LAZY_JOINED || is_followed(lazy); }

cm_status cm_expansion__relations(cm_expansion *x, cm_load_entity *e) {
    const cm_mapper *m = e->mapper;
    cm_status st = CM_OK;
    if (!x->want_eager) return CM_OK;
    for (size_t i = 0; i < m->nrelations && !st; i++) {
        const cm_attr *attr = m->relations[i]->attr;
        cm_rel_opt said = cm_opts__relation(e->opts, attr);
        if (attr->relation->lazy == CM_LAZY_WRITE_ONLY && (said.contains_eager || is_eager(said.lazy)))
            return cm__fail(x->cx, CM_E_INVALID_REQUEST, "'%s.%s' does not support object population - eager loading cannot be applied.",
                            cm_str_text(m->name), cm_str_text(attr->key));
        if (said.contains_eager) st = contain(x, e, attr, &said);
        else if (is_followed(said.lazy) && (said.explicit_ || !goes_in_circles(x, e, attr, false))) st = add_follow(x, e, attr, &said);
    }
    return st ? st : follow_subclasses(x, e, m);
}

/* ---- joining */

/* The FROM element of the statement that an eager join extends. */
static cm_node *root_from(const cm_load_entity *e) {
    while (e->secondary) e = e->parent;
    return cm_entity__from(e->entity);
}

static cm_status keep_all(cm_expansion *x, cm_node *const *take, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < n; i++) {
        if (!take[i]) continue;
        if (st) cm_node_release(x->cx, take[i]);
        else st = cm_expansion__keep(x, take[i]);
    }
    return st;
}

/* ON with what belongs to the target wherever it is read, and the option's own conditions. Kept. */
static cm_status joined_on(cm_expansion *x, const cm_relation *r, cm_node *on, const cm_node *target, const cm_rel_opt *said,
                           cm_node **out) {
    cm_objs terms = {0};
    cm_status st = cm_objs_add(x->cx, &terms, on);
    if (!st) st = cm_expansion__criteria(x, target, true, &terms);
    for (size_t i = 0; i < said->ncriteria && !st; i++) {
        cm_node *adapted = NULL;
        st = cm_relation__adapt(x->cx, r, target, said->criteria[i], &adapted);
        if (!st) st = cm_expansion__keep(x, adapted);
        if (!st) st = cm_objs_add(x->cx, &terms, adapted);
    }
    if (!st) st = cm_node__and(x->cx, (cm_node *const *)(void *)terms.v, terms.n, out);
    if (!st) st = cm_expansion__keep(x, *out);
    cm_objs_free(x->cx, &terms);
    return st;
}

static cm_status add_order(cm_expansion *x, const cm_relation *r, const cm_node *target, cm_node *secondary) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < r->norder_by && !st; i++) {
        cm_node *by = NULL, *moved = NULL;
        st = cm_relation__adapt(x->cx, r, target, r->order_by[i], &by);
        if (!st && secondary) {
            cm_adapt map = {.n = 1, .from = &r->secondary->node, .to = &secondary};
            st = cm_node_adapt(x->cx, by, &map, &moved);
            cm_node_release(x->cx, by);
            by = moved;
        }
        if (!st) st = cm_expansion__keep(x, by);
        if (!st) st = cm_objs_add(x->cx, &x->eager_order, by);
    }
    return st;
}

static cm_status add_eager_froms(cm_expansion *x, cm_node *from) {
    if (from->kind != CM_N_JOIN) return cm_objs_add(x->cx, &x->eager_froms, from);
    cm_status st = add_eager_froms(x, from->u.k.kid[0]);
    return st ? st : add_eager_froms(x, from->u.k.kid[1]);
}

/* LEFT OUTER JOIN addresses AS addresses_1 ON ..., or LEFT OUTER JOIN (secondary AS s_1 JOIN targets AS targets_1 ON ...) ON ... */
static cm_status add_join(cm_expansion *x, cm_load_entity *e, const cm_relation *r, cm_node *target, cm_node *secondary,
                          const cm_rel_opt *said, bool inner) {
    cm_node *primary = NULL, *second = NULL, *on = NULL, *right = cm_entity__from(target);
    cm_status st = cm_relation__on(x->cx, r, e->entity, target, secondary, &primary, &second);
    if (st) return st;
    st = keep_all(x, (cm_node *const[]){primary, second}, 2);
    if (!st) st = joined_on(x, r, second ? second : primary, target, said, &on);
    if (!st && secondary) {
        st = cm_node__join(x->cx, secondary, right, on, 0, &right);
        if (!st) st = cm_expansion__keep(x, right);
        on = primary;
    }
    if (!st) st = cm__grow(x->cx, &x->eager, &x->eager_cap, x->neager + 1, sizeof *x->eager);
    if (!st) x->eager[x->neager++] = (cm_eager_join){.right = right, .on = on, .flags = inner ? 0 : CM_FLAG_OUTER, .left = root_from(e)};
    return st ? st : add_eager_froms(x, right);
}

static cm_status join_relation(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, const cm_rel_opt *said) {
    const cm_relation *r = attr->relation;
    cm_node *target = NULL, *secondary = NULL;
    cm_load_entity *child = NULL;
    cm_opts below = {NULL, 0, 0};
    const bool inner = said->inner && !e->outer;
    cm_status st = r->entity ? cm_entity__again(x->cx, r->entity, &target) : cm_entity__alias(x->cx, r->target, &target);
    if (!st) st = cm_expansion__keep(x, target);
    if (!st && r->secondary) {
        cm_node_spec spec = {.kind = CM_N_ALIAS, .op = CM_OP_ALIAS, .kid = {r->secondary->node, NULL, NULL}};
        st = cm_node_make(x->cx, &spec, &secondary);
        if (!st) st = cm_expansion__keep(x, secondary);
    }
    if (!st) st = add_join(x, e, r, target, secondary, said, inner);
    if (!st) st = cm_opts__below(x->cx, x->arena, e->opts, attr, &below);
    if (!st) st = add_order(x, r, target, secondary);
    if (!st) st = cm_expansion__entity(x, target, e, attr, below, true, &child);
    if (!st) child->outer = !inner;
    if (attr->uselist) x->multi_row = true;
    return st;
}

cm_status cm_expansion__eager(cm_expansion *x) {
    cm_status st = CM_OK;
    for (cm_load_entity *e = x->first; e && !st; e = e->next) { /* the list grows with what is joined */
        const cm_mapper *m = e->mapper;
        for (size_t i = 0; i < m->nrelations && !st; i++) {
            const cm_attr *attr = m->relations[i]->attr;
            cm_rel_opt said = cm_opts__relation(e->opts, attr);
            if (said.lazy != CM_LAZY_JOINED || said.contains_eager) continue;
            if (said.explicit_ || !goes_in_circles(x, e, attr, true)) st = join_relation(x, e, attr, &said);
        }
    }
    return st;
}

/* ---- wrapping */

bool cm_expansion__must_wrap(const cm_expansion *x) {
    size_t limit = 0, offset = 0, distinct = 0, group = 0;
    if (!x->neager) return false;
    cm_node_segment(x->stmt, CM_SEG_LIMIT, &limit);
    cm_node_segment(x->stmt, CM_SEG_OFFSET, &offset);
    cm_node_segment(x->stmt, CM_SEG_DISTINCT, &distinct);
    cm_node_segment(x->stmt, CM_SEG_GROUP_BY, &group);
    return ((limit || offset) && x->multi_row) || distinct || group || (x->stmt->flags & CM_FLAG_DISTINCT);
}

typedef struct wrap {
    cm_expansion *x;
    cm_objs inner;   /* columns of the subquery */
    cm_objs plain;   /* what each of them is in the statement's own terms */
    cm_objs proxies; /* how each is called from outside */
} wrap;

static cm_node *unordered(cm_node *by) {
    while (by->kind == CM_N_UNARY && by->op >= CM_OP_ASC && by->op <= CM_OP_NULLS_LAST) by = by->u.k.kid[0];
    return by;
}

static bool has_name(const cm_node *n) {
    n = cm__node_unalias((cm_node *)(uintptr_t)n);
    return n->kind == CM_N_COLUMN || n->kind == CM_N_PROXY || n->kind == CM_N_LABEL;
}

static size_t find_inner(const wrap *w, const cm_node *node) {
    for (size_t i = 0; i < w->plain.n; i++) {
        const cm_node *known = w->plain.v[i];
        if (cm_node__same_column(known, node)) return i;
        if (known->kind == CM_N_LABEL && known->u.n.kid == node) return i;
    }
    return SIZE_MAX;
}

static cm_status add_inner(wrap *w, cm_node *plain) {
    cm_node *column = plain;
    cm_status st = CM_OK;
    if (!has_name(plain)) {
        cm_node_spec spec = {.kind = CM_N_LABEL, .type = plain->type, .kid = {plain, NULL, NULL}};
        st = cm_node_make(w->x->cx, &spec, &column);
        if (!st) st = cm_expansion__keep(w->x, column);
    }
    if (!st) st = cm_objs_add(w->x->cx, &w->plain, plain);
    return st ? st : cm_objs_add(w->x->cx, &w->inner, column);
}

/* Columns of the statement that a condition outside of the subquery needs. */
static cm_status add_needed(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    wrap *w = user;
    (void)cx;
    if (node->kind != CM_N_COLUMN && node->kind != CM_N_PROXY) return CM_OK;
    *descend = false;
    for (size_t i = 0; node->kind == CM_N_PROXY && i < w->x->eager_froms.n; i++)
        if (w->x->eager_froms.v[i] == node->u.col.table) return CM_OK;
    return find_inner(w, node) == SIZE_MAX ? add_inner(w, node) : CM_OK;
}

static cm_status gather_inner(wrap *w) {
    cm_expansion *x = w->x;
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->columns.n && !st; i++) st = add_inner(w, x->columns.v[i]);
    for (size_t i = 0; i < x->order_by.n && !st; i++) {
        cm_node *by = unordered(x->order_by.v[i]);
        if (by->kind != CM_N_LABEL_REF && find_inner(w, by) == SIZE_MAX) st = add_inner(w, by);
    }
    for (size_t i = 0; i < x->neager && !st; i++) st = cm_node_walk(x->cx, x->eager[i].on, add_needed, w);
    return st;
}

static bool called(const cm_node *n, const cm_str *name) {
    const cm_node *column = cm__node_unalias((cm_node *)(uintptr_t)n);
    const cm_str *own = n->kind == CM_N_LABEL                                       ? n->u.n.name
                        : column->kind == CM_N_COLUMN || column->kind == CM_N_PROXY ? column->u.col.name
                                                                                    : NULL;
    return own && name && own->n == name->n && memcmp(cm_str_text(own), cm_str_text(name), own->n) == 0;
}

static cm_status to_proxy(cm_ctx *cx, void *user, cm_node *node, cm_node **out) {
    const wrap *w = user;
    size_t at = SIZE_MAX;
    *out = NULL;
    if (node->kind == CM_N_LABEL_REF) {
        for (size_t i = 0; i < w->inner.n && at == SIZE_MAX; i++)
            if (called(w->inner.v[i], node->u.n.name)) at = i;
    } else {
        at = find_inner(w, node);
    }
    if (at != SIZE_MAX) cm_node_retain(cx, *out = w->proxies.v[at]);
    return CM_OK;
}

/* The same expression in the terms of the outer statement. Kept. */
static cm_status outward(wrap *w, cm_node *node, cm_node **out) {
    cm_adapt map = {.replace = to_proxy, .user = w};
    cm_status st = cm_node_adapt(w->x->cx, node, &map, out);
    return st ? st : cm_expansion__keep(w->x, *out);
}

static cm_status make_subquery(wrap *w, cm_node **out) {
    cm_expansion *x = w->x;
    cm_node *select = NULL;
    cm_status st = cm_expansion__statement(x, &w->inner, &x->froms, &x->order_by, &select);
    if (st) return st;
    cm_node_spec spec = {.kind = CM_N_SUBQUERY, .op = CM_OP_ALIAS, .kid = {select, NULL, NULL}};
    st = cm_node_make(x->cx, &spec, out);
    cm_node_release(x->cx, select);
    if (!st) st = cm_expansion__keep(x, *out);
    for (size_t i = 0; i < w->inner.n && !st; i++) {
        cm_node *proxy = NULL;
        st = cm_from_proxy(x->cx, *out, i, &proxy);
        if (!st) st = cm_expansion__keep(x, proxy);
        if (!st) st = cm_objs_add(x->cx, &w->proxies, proxy);
    }
    return st;
}

static cm_status join_around(wrap *w, cm_node **from) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < w->x->neager && !st; i++) {
        const cm_eager_join *j = &w->x->eager[i];
        cm_node *on = NULL, *made = NULL;
        st = outward(w, j->on, &on);
        if (!st) st = cm_node__join(w->x->cx, *from, j->right, on, j->flags, &made);
        if (!st) st = cm_expansion__keep(w->x, made);
        *from = made;
    }
    return st;
}

static cm_status outer_select(wrap *w, cm_node *from, cm_node **out) {
    cm_expansion *x = w->x;
    cm_objs columns = {0}, order = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->columns.n && !st; i++) st = cm_objs_add(x->cx, &columns, w->proxies.v[i]);
    for (size_t i = 0; i < x->eager_columns.n && !st; i++) st = cm_objs_add(x->cx, &columns, x->eager_columns.v[i]);
    for (size_t i = 0; i < x->order_by.n && !st; i++) {
        cm_node *by = NULL;
        st = outward(w, x->order_by.v[i], &by);
        if (!st) st = cm_objs_add(x->cx, &order, by);
    }
    for (size_t i = 0; i < x->eager_order.n && !st; i++) st = cm_objs_add(x->cx, &order, x->eager_order.v[i]);
    if (!st) {
        size_t counts[CM_SEG_MAX] = {0};
        cm_node *const *lists[CM_SEG_MAX] = {0};
        lists[CM_SEG_COLUMNS] = (cm_node *const *)(void *)columns.v, counts[CM_SEG_COLUMNS] = columns.n;
        lists[CM_SEG_FROM] = &from, counts[CM_SEG_FROM] = 1;
        lists[CM_SEG_ORDER_BY] = (cm_node *const *)(void *)order.v, counts[CM_SEG_ORDER_BY] = order.n;
        cm_node_spec spec = {
            .kind = CM_N_SELECT, .flags = x->stmt->flags & (CM_FLAG_USE_LABELS | CM_FLAG_NO_LABELS), .segments = lists, .counts = counts};
        st = cm_node_make(x->cx, &spec, out);
    }
    cm_objs_free(x->cx, &columns);
    cm_objs_free(x->cx, &order);
    return st;
}

cm_status cm_expansion__wrapped(cm_expansion *x, cm_node **out) {
    wrap w = {.x = x};
    cm_node *from = NULL;
    cm_status st = gather_inner(&w);
    if (!st) st = make_subquery(&w, &from);
    if (!st) st = join_around(&w, &from);
    if (!st) st = outer_select(&w, from, out);
    cm_objs_free(x->cx, &w.inner);
    cm_objs_free(x->cx, &w.plain);
    cm_objs_free(x->cx, &w.proxies);
    return st;
}
