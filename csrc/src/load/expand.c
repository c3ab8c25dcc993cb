/* expand.c: an ORM statement becomes a plain one.
 *
 *   select(User).join(User.orders).where(Order.total > 5).options(joinedload(User.address)).limit(3)
 *   columns   User -> users.id, users.name ...          each entity's attributes, minus deferred ones   (here)
 *   joins     User.orders -> users JOIN orders ON ...                                                   (joins.c)
 *   criteria  type IN (...), with_loader_criteria                                                       (criteria.c)
 *   eager     LEFT OUTER JOIN addresses AS addresses_1, around a subquery where LIMIT demands it         (eager.c)
 *
 * This runs once per shape of statement: the result is compiled into a plan, together with the row plan that says how
 * its columns become instances (rowplan.c). Parameters keep their BIND nodes, which is how the plan finds their values in
 * the next statement of that shape. Nodes made on the way are kept by the expansion and released with it.
 */
#include "load/load.h"

#include <string.h>

cm_status cm_expansion__keep(cm_expansion *x, cm_node *take_node) {
    cm_status st = cm_objs_add(x->cx, &x->kept, take_node);
    if (st) cm_node_release(x->cx, take_node);
    return st;
}

static void expansion_dispose(cm_expansion *x) {
    cm_objs *lists[] = {&x->columns, &x->froms,         &x->where,       &x->order_by,   &x->sources,
                        &x->joined,  &x->eager_columns, &x->eager_order, &x->eager_froms};
    for (size_t i = 0; i < x->kept.n; i++) cm_node_release(x->cx, x->kept.v[i]);
    cm_objs_free(x->cx, &x->kept);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) cm_objs_free(x->cx, lists[i]);
    cm__free(x->cx, x->eager);
    cm__free(x->cx, x->items);
    for (cm_load_entity *e = x->first; e; e = e->next) {
        cm__free(x->cx, e->columns);
        cm__free(x->cx, e->follows);
    }
}

static cm_status add_all(cm_ctx *cx, cm_objs *list, cm_node *const *v, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = cm_objs_add(cx, list, v[i]);
    return st;
}

/* ---- entities */

/* A column that is selected already (the key of a follow-up) is read from there. */
static cm_status add_column(cm_expansion *x, cm_load_entity *e, cm_node *take_expr, uint32_t *pos) {
    cm_objs *list = e->secondary ? &x->eager_columns : &x->columns;
    cm_status st = cm_expansion__keep(x, take_expr);
    if (st) return st;
    for (size_t i = 0; i < e->first_column; i++) {
        if (!cm_node__same_column(list->v[i], take_expr)) continue;
        *pos = (uint32_t)i;
        return CM_OK;
    }
    *pos = (uint32_t)list->n;
    return cm_objs_add(x->cx, list, take_expr);
}

static cm_status read_expr(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, cm_node *take_expr) {
    uint32_t pos = 0;
    cm_status st = add_column(x, e, take_expr, &pos);
    if (!st) st = cm__grow(x->cx, &e->columns, &e->cap, e->n + 1u, sizeof *e->columns);
    if (!st) e->columns[e->n++] = (struct cm_load_column){attr, pos};
    return st;
}

static cm_status read_attr(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, cm_node *given) {
    cm_node *expr = NULL;
    cm_status st = given ? cm_entity__adapt(x->cx, e->entity, given, &expr) : cm_entity__attr_expr(x->cx, e->entity, attr, &expr);
    return st ? st : read_expr(x, e, attr, expr);
}

static uint32_t position_of(const cm_load_entity *e, const cm_attr *attr) {
    for (uint32_t i = 0; i < e->n; i++)
        if (e->columns[i].attr == attr || (attr->column && e->columns[i].attr->column == attr->column)) return e->columns[i].pos;
    return CM_NOWHERE;
}

/* Position of an attribute that must be there: read without being stored when options deferred it. */
static cm_status require_position(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, uint32_t *pos) {
    cm_node *expr = NULL;
    *pos = position_of(e, attr);
    if (*pos != CM_NOWHERE) return CM_OK;
    cm_status st = cm_entity__attr_expr(x->cx, e->entity, attr, &expr);
    return st ? st : add_column(x, e, expr, pos);
}

/* Is an attribute read with its entity? Expressions without SQL (query_expression) are read only when given one. */
static bool is_read(const cm_load_entity *e, const cm_attr *attr, cm_node **given) {
    cm_col_opt said = cm_opts__column(e->opts, attr);
    *given = said.expr;
    if (attr->kind == CM_ATTR_RELATION || said.deferred) return false;
    return attr->column || said.expr || (attr->node && attr->node->u.attr.expr);
}

static bool from_has_table(const cm_node *from, const cm_table *table) {
    if (from->kind == CM_N_JOIN) return from_has_table(from->u.k.kid[0], table) || from_has_table(from->u.k.kid[1], table);
    if (from->kind == CM_N_ALIAS && from->u.n.kid->kind == CM_N_TABLE) from = from->u.n.kid;
    return from->kind == CM_N_TABLE && from->u.col.ref == table;
}

static bool has_own(const cm_mapper *m, const cm_table *table) {
    for (size_t i = 0; i < m->ntables; i++)
        if (m->tables[i] == table) return true;
    return false;
}

/* A union that subclasses are read from shows their columns by name: its first SELECT may have NULL there. */
static bool reads_union(const cm_load_entity *e) {
    const cm_node *from = cm_entity__from(e->entity);
    if (e->union_type) return true;
    if (!e->mapper->reads_apart && !(e->entity->flags & CM_FLAG_POLYMORPHIC)) return false;
    while (from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE) from = from->u.n.kid;
    return from->kind == CM_N_COMPOUND;
}

/* Reads a column if what stands for the tables has it: that one, not another of its name. */
static cm_status read_if_there(cm_expansion *x, cm_load_entity *e, const cm_attr *attr, cm_node *given) {
    cm_node *expr = NULL;
    cm_status st = cm_entity__adapt(x->cx, e->entity, attr->column->node, &expr);
    if (st) return st;
    const bool same = reads_union(e) || cm_expr__stands_for(expr, attr->column->node);
    if (same && expr != attr->column->node && !given) return read_expr(x, e, attr, expr);
    const bool there =
        !same ? given != NULL : expr != attr->column->node || from_has_table(cm_entity__from(e->entity), attr->column->table);
    cm_node_release(x->cx, expr);
    return there ? read_attr(x, e, attr, given) : CM_OK;
}

/* Attributes that only subclasses have, where the entity reads their tables too (with_polymorphic). A class that is not said to
 * be read along has them for itself, even in the table of its base. */
static cm_status read_subclasses(cm_expansion *x, cm_load_entity *e, const cm_mapper *m) {
    cm_status st = CM_OK;
    for (size_t c = 0; c < m->nchildren && !st; c++) {
        const cm_mapper *child = m->children[c];
        if (child->concrete && !e->union_type) continue;
        for (size_t i = 0; i < child->nattrs && !st; i++) {
            const cm_attr *attr = child->attrs[i];
            cm_node *given = NULL;
            if (attr->kind != CM_ATTR_COLUMN || !attr->column || position_of(e, attr) != CM_NOWHERE) continue;
            if (child->concrete && cm_mapper_find_attr(e->mapper, cm_str_text(attr->key))) continue;
            if (!child->inline_load && !(e->entity->flags & CM_FLAG_POLYMORPHIC) && has_own(e->mapper, attr->column->table)) continue;
            if (is_read(e, attr, &given)) st = read_if_there(x, e, attr, given);
        }
        if (!st) st = read_subclasses(x, e, child);
    }
    return st;
}

static cm_status read_columns(cm_expansion *x, cm_load_entity *e) {
    const cm_mapper *m = e->mapper;
    cm_status st = CM_OK;
    for (size_t i = 0; i < m->nattrs && !st; i++) {
        cm_node *given = NULL;
        if (is_read(e, m->attrs[i], &given)) st = read_attr(x, e, m->attrs[i], given);
    }
    if (!st && m->nprimary_key > sizeof e->key_pos / sizeof *e->key_pos)
        st = cm__fail(x->cx, CM_E_UNSUPPORTED, "the primary key of %s has %zu columns; 16 are supported", cm_str_text(m->name),
                      m->nprimary_key);
    for (size_t i = 0; i < m->nprimary_key && !st; i++) st = require_position(x, e, m->primary_key[i], &e->key_pos[i]);
    e->nkey = (uint32_t)m->nprimary_key;
    e->discriminator = CM_NOWHERE;
    if (!st && e->union_type) {
        cm_node *expr = NULL;
        st = cm_entity__adapt(x->cx, e->entity, e->union_type, &expr);
        if (!st) st = add_column(x, e, expr, &e->discriminator);
    } else if (!st && m->polymorphic_on && m->nchildren) {
        st = require_position(x, e, m->polymorphic_on, &e->discriminator);
    }
    if (!st && m->nchildren) st = read_subclasses(x, e, m);
    return st;
}

cm_status cm_expansion__entity(cm_expansion *x, cm_node *entity, cm_load_entity *parent, const cm_attr *via, cm_opts opts, bool secondary,
                               cm_load_entity **out) {
    cm_load_entity *e = cm_arena__alloc(x->arena, sizeof *e);
    if (!e) return cm__nomem(x->cx);
    e->mapper = cm_entity__mapper(entity);
    e->entity = entity;
    e->union_type = cm_entity__discriminator(entity);
    e->opts = opts;
    e->parent = parent;
    e->via = via;
    e->secondary = secondary;
    e->first_column = (uint32_t)(secondary ? 0 : x->columns.n);
    e->depth = parent ? parent->depth + 1 : 0;
    e->index = x->nentities++;
    if (x->last) x->last->next = e;
    else x->first = e;
    x->last = e;
    *out = e;
    cm_status st = read_columns(x, e);
    return st ? st : cm_expansion__relations(x, e);
}

/* ---- what is selected */

static cm_status add_item(cm_expansion *x, cm_load_entity *entity, uint32_t pos, const cm_str *name) {
    cm_status st = cm__grow(x->cx, &x->items, &x->items_cap, x->nitems + 1, sizeof *x->items);
    if (!st) x->items[x->nitems++] = (struct cm_load_item){entity, pos, (cm_str *)(uintptr_t)name};
    return st;
}

static cm_status select_value(cm_expansion *x, cm_node *node, const cm_str *name) {
    cm_status st = add_item(x, NULL, (uint32_t)x->columns.n, name);
    return st ? st : cm_objs_add(x->cx, &x->columns, node);
}

static cm_status select_entity(cm_expansion *x, cm_node *entity) {
    cm_load_entity *e = NULL;
    cm_opts opts = {NULL, 0, 0};
    cm_status st = cm_opts__for_entity(x->cx, x->arena, x->opts, entity, &opts);
    if (!st) st = cm_expansion__entity(x, entity, NULL, NULL, opts, false, &e);
    if (!st) st = cm_objs_add(x->cx, &x->sources, entity);
    if (st) return st;
    e->output = true;
    cm_node *from = cm_entity__from(entity);
    const bool named = (entity->flags & CM_FLAG_ALIASED) && from->kind != CM_N_TABLE && from->kind != CM_N_JOIN && from->u.n.name;
    return add_item(x, e, CM_NOWHERE, named ? from->u.n.name : e->mapper->name);
}

static cm_status select_attr(cm_expansion *x, cm_node *node) {
    const cm_attr *attr = node->u.attr.attr;
    if (!attr || attr->kind == CM_ATTR_RELATION || !node->u.attr.expr)
        return cm__fail(x->cx, CM_E_ARGUMENT, "relationship \"%s\" cannot be selected: select its class and join",
                        attr ? cm_str_text(attr->key) : "?");
    cm_status st = node->u.attr.entity ? cm_objs_add(x->cx, &x->sources, node->u.attr.entity) : CM_OK;
    return st ? st : select_value(x, node, attr->key);
}

/* Every column of a table, alias, subquery or join in the columns clause. */
static cm_status select_from_columns(cm_expansion *x, cm_node *from) {
    cm_node *element;
    if (from->kind == CM_N_ENTITY) from = cm_entity__from(from);
    if (from->kind == CM_N_JOIN) {
        cm_status joined = select_from_columns(x, from->u.k.kid[0]);
        return joined ? joined : select_from_columns(x, from->u.k.kid[1]);
    }
    cm_status st = cm__from_freeze(x->cx, from);
    for (size_t i = 0; !st && cm_from_column(from, i, NULL, &element); i++) {
        cm_node *column = NULL;
        if (element->kind == CM_N_TEXT) continue; /* nobody knows its columns */
        st = cm_from_proxy(x->cx, from, i, &column);
        if (!st) st = cm_expansion__keep(x, column);
        if (!st) st = select_value(x, column, NULL);
    }
    return st;
}

/* Classes whose attributes stand inside an expression of the columns clause: func.count(User.id) reads users, too. */
static cm_status note_source(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    cm_expansion *x = user;
    const bool attr = node->kind == CM_N_ATTR;
    if (attr || cm__kinds[node->kind].statement || cm__kinds[node->kind].from) *descend = node->kind == CM_N_FUNC;
    return attr && node->u.attr.entity ? cm_objs_add(cx, &x->sources, node->u.attr.entity) : CM_OK;
}

/* Classes that only a condition mentions are read like others: criteria speak of them. */
static cm_status note_mentioned(cm_ctx *cx, void *user, cm_node *node, bool *descend) {
    cm_expansion *x = user;
    if (cm__kinds[node->kind].statement || cm__kinds[node->kind].from)
        *descend = cm__kinds[node->kind].expression && node->kind == CM_N_FUNC;
    if (node->kind != CM_N_ATTR || !node->u.attr.entity) return CM_OK;
    *descend = false;
    for (size_t i = 0; i < x->sources.n; i++)
        if (x->sources.v[i] == node->u.attr.entity) return CM_OK;
    return cm_objs_add(cx, &x->sources, node->u.attr.entity);
}

static cm_status select_item(cm_expansion *x, cm_node *node) {
    size_t n = 0;
    cm_node *const *parts;
    cm_status st = CM_OK;
    switch (node->kind) {
    case CM_N_ENTITY: return select_entity(x, node);
    case CM_N_ATTR: return select_attr(x, node);
    case CM_N_TABLE:
    case CM_N_ALIAS:
    case CM_N_SUBQUERY:
    case CM_N_CTE:
    case CM_N_VALUES:
    case CM_N_TABLE_FUNC: return select_from_columns(x, node);
    case CM_N_JOIN: st = cm_objs_add(x->cx, &x->froms, node); return st ? st : select_from_columns(x, node);
    case CM_N_BUNDLE: /* its columns stand side by side; the host makes one value of them */
        parts = cm_node_segment(node, 0, &n);
        for (size_t i = 0; i < n && !st; i++) st = select_item(x, parts[i]);
        return st;
    case CM_N_STAR:
    case CM_N_TEXT: x->dynamic = true; break;
    default: break;
    }
    if (!x->dynamic) st = cm_node_walk(x->cx, node, note_source, x);
    return st ? st : select_value(x, node, NULL);
}

/* ---- FROM */

static bool in_froms(const cm_expansion *x, const cm_node *from) {
    for (size_t i = 0; i < x->froms.n; i++)
        if (cm_from__contains(x->froms.v[i], from)) return true;
    return false;
}

static cm_status read_from(cm_expansion *x) {
    size_t n = 0;
    cm_node *const *from = cm_node_segment(x->stmt, CM_SEG_FROM, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        if (from[i]->kind == CM_N_ENTITY) st = cm_objs_add(x->cx, &x->sources, from[i]);
        if (!st) st = cm_objs_add(x->cx, &x->froms, from[i]->kind == CM_N_ENTITY ? cm_entity__from(from[i]) : from[i]);
    }
    return st;
}

/* Classes that read a join must say so: their columns alone would name only some of its tables. */
static cm_status add_joined_classes(cm_expansion *x) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->sources.n && !st; i++) {
        cm_node *from = cm_entity__from(x->sources.v[i]);
        if (from->kind == CM_N_JOIN && !in_froms(x, from)) st = cm_objs_add(x->cx, &x->froms, from);
    }
    return st;
}

/* ---- the plain statement */

cm_status cm_expansion__statement(cm_expansion *x, const cm_objs *columns, const cm_objs *froms, const cm_objs *order_by, cm_node **out) {
    cm_node *const *segments[CM_SEG_MAX];
    size_t counts[CM_SEG_MAX];
    for (int i = 0; i < CM_SEG_MAX; i++) segments[i] = cm_node_segment(x->stmt, i, &counts[i]);
    const struct {
        int segment;
        const cm_objs *list;
    } replaced[] = {{CM_SEG_COLUMNS, columns},   {CM_SEG_FROM, froms}, {CM_SEG_WHERE, &x->where},
                    {CM_SEG_ORDER_BY, order_by}, {CM_SEG_JOINS, NULL}, {CM_SEG_OPTIONS, NULL}};
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
        segments[replaced[i].segment] = replaced[i].list ? (cm_node *const *)(void *)replaced[i].list->v : NULL;
        counts[replaced[i].segment] = replaced[i].list ? replaced[i].list->n : 0;
    }
    cm_node_spec spec = {.kind = CM_N_SELECT,
                         .op = x->stmt->op,
                         .flags = x->stmt->flags & ~(uint32_t)CM_FLAG_HOST_COMPILE,
                         .segments = segments,
                         .counts = counts};
    return cm_node_make(x->cx, &spec, out);
}

/* The joins of eager loading, each on the FROM element its entity reads. */
static cm_status add_eager_joins(cm_expansion *x) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < x->neager && !st; i++) {
        const cm_eager_join *j = &x->eager[i];
        cm_node *made = NULL;
        size_t at = 0;
        while (at < x->froms.n && !cm_from__contains(x->froms.v[at], j->left)) at++;
        if (at == x->froms.n) st = cm_objs_add(x->cx, &x->froms, j->left);
        if (!st) st = cm_node__join(x->cx, x->froms.v[at], j->right, j->on, j->flags, &made);
        if (!st) st = cm_expansion__keep(x, made);
        if (!st) x->froms.v[at] = made;
    }
    return st;
}

static cm_status plain_statement(cm_expansion *x, cm_node **out) {
    if (cm_expansion__must_wrap(x)) return cm_expansion__wrapped(x, out);
    cm_objs columns = {0};
    cm_status st = add_eager_joins(x);
    if (!st) st = add_all(x->cx, &columns, (cm_node *const *)(void *)x->columns.v, x->columns.n);
    if (!st) st = add_all(x->cx, &columns, (cm_node *const *)(void *)x->eager_columns.v, x->eager_columns.n);
    if (!st) st = add_all(x->cx, &x->order_by, (cm_node *const *)(void *)x->eager_order.v, x->eager_order.n);
    if (!st) st = cm_expansion__statement(x, &columns, &x->froms, &x->order_by, out);
    cm_objs_free(x->cx, &columns);
    return st;
}

static cm_status take_apart(cm_expansion *x) {
    size_t n = 0;
    cm_node *const *columns = cm_node_segment(x->stmt, CM_SEG_COLUMNS, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = select_item(x, columns[i]);
    if (!st) st = read_from(x);
    if (!st) st = cm_expansion__joins(x);
    if (!st) st = add_joined_classes(x);
    cm_node *const *where = cm_node_segment(x->stmt, CM_SEG_WHERE, &n);
    if (!st) st = add_all(x->cx, &x->where, where, n);
    for (size_t i = 0; i < n && !st && cm_opts__have_criteria(x->stmt); i++) st = cm_node_walk(x->cx, where[i], note_mentioned, x);
    if (!st) st = cm_expansion__where_criteria(x);
    cm_node *const *order_by = cm_node_segment(x->stmt, CM_SEG_ORDER_BY, &n);
    if (!st) st = add_all(x->cx, &x->order_by, order_by, n);
    if (!st && x->want_eager) st = cm_expansion__eager(x);
    return st;
}

cm_status cm_expand__select(cm_ctx *cx, const cm_expand_request *request, cm_node **out, cm_row_plan **plan) {
    cm_arena arena;
    cm_expansion x = {.cx = cx, .arena = &arena, .want_eager = request->eager, .path = request->path, .npath = request->npath};
    cm_node *plain = NULL;
    *out = NULL;
    cm_arena__init(&arena, cx);
    cm_status st = CM_OK;
    if (request->shallow) cm_node_retain(cx, x.stmt = request->stmt);
    else st = cm_nested__expand(cx, request->stmt, &x.stmt);
    if (!st) st = cm_stmt__see_unions(cx, &x.stmt);
    if (!st) {
        x.opts = cm_opts__of_statement(x.stmt);
        st = take_apart(&x);
        if (!st && request->program && x.opts.n) st = cm_expansion__check_options(&x);
    }
    if (!st) st = plain_statement(&x, &plain);
    if (!st && plan) st = cm_row_plan__build(&x, plan);
    if (!st) {
        *out = plain;
        plain = NULL;
    }
    cm_node_release(cx, plain);
    expansion_dispose(&x);
    cm_node_release(cx, x.stmt);
    cm_arena__dispose(&arena);
    return st;
}
