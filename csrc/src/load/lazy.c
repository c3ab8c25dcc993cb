/* lazy.c: an attribute is read that has no value yet.
 *
 *   column        expired: the whole row again; deferred: that column, or its group
 *   relationship  many-to-one by get: the identity map, then one row; else one SELECT by the parent's key
 *
 * A relationship keeps its statement, SELECT ... WHERE ? = addresses.user_id, and runs it with the keys at hand. Options
 * the instance was loaded with speak first. Instances without identity have nothing to load: an empty collection, or None.
 */
#include "load/load.h"

#include <stdio.h>

static cm_status answer(cm_ctx *cx, void *value, void **out) {
    cm__host(cx)->retain(cx, value);
    *out = value;
    return CM_OK;
}

static cm_status detached(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, const char *operation) {
    char text[192];
    return cm__fail(cx, CM_E_DETACHED, "Parent instance %s is not bound to a Session; %s operation of attribute '%s' cannot proceed",
                    cm_inst__place(cx, inst, text, sizeof text), operation, cm_str_text(attr->key));
}

/* What was never set: None, or what a listener makes of it. */
static cm_status never_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    void *value = cm__none(cx);
    if (!(attr->events >> CM_EV_ATTR_INIT_SCALAR & 1)) return answer(cx, value, out);
    cm_status st = cm__host(cx)->event(cx, CM_EV_ATTR_INIT_SCALAR, inst->session, inst, attr, &value);
    if (st || value == cm__none(cx)) return st ? st : answer(cx, value, out);
    *out = value;
    return CM_OK;
}

/* ---- columns */

static cm_status gone(cm_ctx *cx, cm_inst *inst) {
    char text[192];
    return cm__fail(cx, CM_E_DELETED, "Instance '%s' has been deleted, or its row is otherwise not present.",
                    cm_inst__place(cx, inst, text, sizeof text));
}

static cm_status read_again(cm_ctx *cx, cm_inst *inst, const cm_attr *const *attrs, size_t n) {
    bool found = false;
    cm_status st = cm_session__autoflush(cx, inst->session);
    if (!st) st = cm_load__refresh(cx, inst->session, inst, attrs, n, &found);
    return st || found ? st : gone(cx, inst);
}

static bool same_group(const cm_attr *a, const cm_attr *b) {
    if (!a->group || !b->group) return false;
    const char *p = a->group, *q = b->group;
    while (*p && *p == *q) p++, q++;
    return *p == *q;
}

/* Attributes read together with one that was not loaded with its row: its deferred group, or, where the row was read as
 * one of a base class, the rest of it. */
static bool comes_with(const cm_inst *inst, const cm_attr *wanted, const cm_attr *other, cm_opts level) {
    if (other == wanted) return true;
    if (other->kind == CM_ATTR_RELATION) return false;
    if (wanted->flags & CM_ATTR_DEFERRED) return same_group(wanted, other);
    if (!inst->mapper->inherits || !wanted->column || (other->flags & CM_ATTR_DEFERRED)) return false;
    return !cm_opts__column(level, other).deferred;
}

static cm_status load_deferred(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    const cm_opts level = cm_inst__opts(inst);
    const cm_attr **attrs = cm__alloc(cx, inst->mapper->nattrs * sizeof *attrs);
    size_t n = 0;
    if (!attrs) return CM_E_NOMEM;
    for (size_t i = 0; i < inst->mapper->nattrs; i++) {
        const cm_attr *other = inst->mapper->attrs[i];
        if (comes_with(inst, attr, other, level) && !cm_inst__peek(cx, inst, other)) attrs[n++] = other;
    }
    cm_status st = read_again(cx, inst, attrs, n);
    cm__free(cx, attrs);
    return st;
}

static cm_status load_column(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out) {
    const bool expired = (inst->flags & CM_INST_EXPIRED) != 0;
    cm_status st = CM_OK;
    if (!allow_sql) return CM_OK;
    if (!(inst->flags & CM_INST_KEY) && (!expired || inst->session)) return never_set(cx, inst, attr, out);
    if (!inst->session) {
        char text[192];
        if (!expired) return detached(cx, inst, attr, "deferred load");
        return cm__fail(cx, CM_E_DETACHED, "Instance %s is not bound to a Session; attribute refresh operation cannot proceed",
                        cm_inst__place(cx, inst, text, sizeof text));
    }
    const cm_col_opt said = cm_opts__column(cm_inst__opts(inst), attr);
    if (said.deferred && said.raise)
        return cm__fail(cx, CM_E_RAISE_LOAD, "'%s.%s' is not available due to raiseload=True", cm_str_text(attr->mapper->name),
                        cm_str_text(attr->key));
    if (expired) st = read_again(cx, inst, NULL, 0);
    void *value = st ? NULL : cm_inst__peek(cx, inst, attr);
    if (!st && !value) {
        st = load_deferred(cx, inst, attr);
        value = st ? NULL : cm_inst__peek(cx, inst, attr);
    }
    return st ? st : answer(cx, value ? value : cm__none(cx), out);
}

/* ---- the statement of a relationship */

void cm_load__relation_free(cm_ctx *cx, cm_relation *r) {
    cm_keyed__free(cx, r->load_cache);
    r->load_cache = NULL;
}

/* Members know the way back without a join: their parent is in the identity map. */
static cm_status leave_back_alone(cm_ctx *cx, const cm_relation *r, cm_keyed_stmt *k) {
    cm_node *option = NULL, *with = NULL;
    if (!r->back || !r->back->relation->use_get || r->back->relation->lazy == CM_LAZY_SELECT) return CM_OK;
    const cm_node_spec spec = {.kind = CM_N_OPTION, .op = CM_OP_LOAD_LAZY, .kid = {r->back->node, NULL, NULL}};
    cm_status st = cm_node_make(cx, &spec, &option);
    if (!st) st = cm_node_append(cx, k->stmt, CM_SEG_OPTIONS, &option, 1, &with);
    cm_node_release(cx, option);
    if (st) return st;
    cm_node_release(cx, k->stmt);
    k->stmt = with;
    return CM_OK;
}

static cm_status build_lazy(cm_ctx *cx, cm_relation *r, cm_node *target, const cm_rel_opt *said, cm_keyed_stmt *k) {
    cm_objs where = {0}, order = {0};
    cm_node *on = NULL, *select = NULL, *filtered = NULL;
    cm_status st = cm_relation__lazy_on(cx, r, target, &on, &k->binds, &k->columns);
    if (!st && on) st = cm_objs_add(cx, &where, on);
    if (!st) on = NULL; /* moved */
    for (size_t i = 0; i < said->ncriteria && !st; i++) {
        cm_node *adapted = NULL;
        st = cm_relation__adapt(cx, r, target, said->criteria[i], &adapted);
        if (!st && (st = cm_objs_add(cx, &where, adapted))) cm_node_release(cx, adapted);
    }
    if (!st) st = cm_select(cx, &target, 1, &select);
    if (!st) st = cm_node_append(cx, select, CM_SEG_WHERE, (cm_node *const *)(void *)where.v, where.n, &filtered);
    for (size_t i = 0; i < r->norder_by && !st; i++) {
        cm_node *by = NULL;
        st = cm_relation__adapt(cx, r, target, r->order_by[i], &by);
        if (!st && (st = cm_objs_add(cx, &order, by))) cm_node_release(cx, by);
    }
    if (!st && order.n) st = cm_node_append(cx, filtered, CM_SEG_ORDER_BY, (cm_node *const *)(void *)order.v, order.n, &k->stmt);
    else if (!st) cm_node_retain(cx, k->stmt = filtered);
    if (!st) st = leave_back_alone(cx, r, k);
    cm_node_release(cx, on);
    cm_node_release(cx, select);
    cm_node_release(cx, filtered);
    for (size_t i = 0; i < where.n; i++) cm_node_release(cx, where.v[i]);
    for (size_t i = 0; i < order.n; i++) cm_node_release(cx, order.v[i]);
    cm_objs_free(cx, &where);
    cm_objs_free(cx, &order);
    return st;
}

/* The statement, kept by the relationship unless an option changed it. */
static cm_status lazy_stmt(cm_ctx *cx, cm_relation *r, const cm_rel_opt *said, cm_keyed_stmt **out, bool *owned) {
    cm_node *target = cm_rel_opt__target(said, r);
    *owned = said->ncriteria > 0 || target != cm_relation__entity(r);
    *out = *owned ? NULL : r->load_cache;
    if (*out) return CM_OK;
    cm_keyed_stmt *k = cm__alloc(cx, sizeof *k);
    if (!k) return CM_E_NOMEM;
    cm_status st = build_lazy(cx, r, target, said, k);
    if (st) {
        cm_keyed__free(cx, k);
        return st;
    }
    if (!*owned) r->load_cache = k;
    *out = k;
    return CM_OK;
}

/* The value the database has, of a key that is not loaded from the identity. NULL: not known so. */
static cm_status committed_value(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    const cm_mapper *m = inst->mapper;
    void *key[16];
    cm_status st = cm_inst__committed_value(cx, inst, attr, out);
    if (!st && !*out && cm_inst__committed(inst, attr) == CM_UNSET) return answer(cx, cm__none(cx), out); /* nobody knows it any more */
    if (st || *out || !attr->primary_key || m->nprimary_key > 16 || cm_inst__peek(cx, inst, attr)) return st;
    st = cm_inst__key_values(cx, inst, key);
    for (size_t i = 0; !st && i < m->nprimary_key; i++) {
        if (m->primary_key[i] == attr) *out = key[i];
        else cm__release(cx, key[i]);
    }
    return st;
}

/* Values of the parent's columns (new references in out). *all, *any: how many are NULL. */
static cm_status parent_values(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_column *const *columns, size_t n, bool allow_sql,
                               void **out, bool *missing, bool *any_null) {
    *missing = *any_null = false;
    for (size_t i = 0; i < n; i++) {
        const cm_attr *key = cm_mapper__column_attr(inst->mapper, columns[i]);
        if (!key)
            return cm__fail(cx, CM_E_INVALID_REQUEST, "Can't execute lazy load of '%s.%s': column \"%s\" is not mapped",
                            cm_str_text(inst->mapper->name), cm_str_text(attr->key), cm_column_name(columns[i]));
        cm_status st = CM_OK;
        if (inst->session && inst->session->committed_keys) st = committed_value(cx, inst, key, &out[i]);
        if (!st && !out[i]) st = cm_load__attr(cx, inst, key, allow_sql, &out[i]);
        if (st) return st;
        *missing |= !out[i];
        *any_null |= out[i] == cm__none(cx);
    }
    return CM_OK;
}

/* ---- loading a relationship */

typedef struct lazy {
    cm_ctx *cx;
    cm_inst *inst;
    const cm_attr *attr; /* of the instance's own class */
    cm_relation *r;
    cm_rel_opt said;
    cm_opts below;
    bool allow_sql;
    cm_arena arena;
} lazy;

static cm_status empty(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    void *coll = NULL;
    if (!attr->uselist) return never_set(cx, inst, attr, out);
    cm_objs none = {0};
    cm_status st = cm__host(cx)->coll_new(cx, inst, attr, &coll);
    if (st) return st;
    st = cm_inst__store_loaded_coll(cx, inst, attr, coll, &none);
    if (st) return st;
    coll = cm_inst__peek(cx, inst, attr);
    return coll ? answer(cx, coll, out) : CM_OK;
}

static cm_status must_not_load(const lazy *l) {
    return cm__fail(l->cx, CM_E_RAISE_LOAD, "'%s.%s' is not available due to lazy='%s'", cm_str_text(l->attr->mapper->name),
                    cm_str_text(l->attr->key), l->said.lazy == CM_LAZY_RAISE ? "raise" : "raise_on_sql");
}

static cm_status store_scalar(const lazy *l, void *value, void **out) {
    cm_status st = cm_inst__store(l->cx, l->inst, l->attr, value);
    return st ? st : answer(l->cx, value, out);
}

static cm_status store_rows(const lazy *l, cm_objs *rows, void **out) {
    const cm_host *host = cm__host(l->cx);
    void *coll = NULL;
    if (!l->attr->uselist) {
        if (rows->n > 1) {
            char text[256];
            snprintf(text, sizeof text, "Multiple rows returned with uselist=False for lazily-loaded attribute '%s.%s' ",
                     cm_str_text(l->attr->mapper->name), cm_str_text(l->attr->key));
            cm_status st = host->warn(l->cx, "SAWarning", text);
            if (st) return st;
        }
        return store_scalar(l, rows->n ? rows->v[0] : cm__none(l->cx), out);
    }
    cm_status st = host->coll_new(l->cx, l->inst, l->attr, &coll);
    if (!st && rows->n) st = host->coll_add(l->cx, coll, rows->v, rows->n);
    if (!st) {
        st = cm_inst__store_loaded_coll(l->cx, l->inst, l->attr, coll, rows);
        coll = NULL;
    }
    if (coll) host->release(l->cx, coll);
    coll = st ? NULL : cm_inst__peek(l->cx, l->inst, l->attr);
    return st || !coll ? st : answer(l->cx, coll, out);
}

/* Those who look for too many lazy loads hear of this one. A flush loads what it must. */
static cm_status tell(const lazy *l) {
    cm_session *s = l->inst->session;
    if (!(s->events & (UINT64_C(1) << CM_EV_LAZY_LOAD)) || s->flushing) return CM_OK;
    return cm__host(l->cx)->event(l->cx, CM_EV_LAZY_LOAD, s, l->inst, l->attr, NULL);
}

/* By the parent's key: SELECT ... WHERE ? = addresses.user_id */
static cm_status run_statement(lazy *l, cm_keyed_stmt *k, void *const *values, void **out) {
    cm_node *stmt = NULL;
    cm_plan *plan = NULL;
    cm_objs rows = {0};
    cm_session *s = l->inst->session;
    cm_status st = tell(l);
    if (!st) st = cm_session__autoflush(l->cx, s);
    if (!st) st = cm_load__with_options(l->cx, k->stmt, l->below, &stmt);
    if (!st) {
        cm_key_part *part = stmt == k->stmt ? &k->part : NULL;
        const cm_load_keys keys = {.binds = (cm_node *const *)(void *)k->binds.v, .values = values, .n = k->binds.n, .part = part};
        cm_mapper *const path[1] = {l->inst->mapper};
        const cm_load_request q = {.stmt = stmt,
                                   .mapper = l->r->target,
                                   .keys = k->binds.n ? &keys : NULL,
                                   .path = path,
                                   .npath = 1,
                                   .implicit = true,
                                   .owner = l->inst,
                                   .via = l->attr,
                                   .lazily = true};
        st = cm_load__run(l->cx, s, &q, &rows, NULL, &plan);
    }
    if (!st && plan && ((const cm_row_plan *)plan->extra)->needs_unique) st = cm_load__unique(l->cx, &rows);
    if (!st) st = store_rows(l, &rows, out);
    cm_load__release(l->cx, &rows);
    cm_plan__release(l->cx, plan);
    cm_node_release(l->cx, stmt);
    return st;
}

static void release_values(cm_ctx *cx, void **values, size_t n) {
    for (size_t i = 0; values && i < n; i++)
        if (values[i]) cm__host(cx)->release(cx, values[i]);
}

static cm_status load_by_statement(lazy *l, void **out) {
    cm_keyed_stmt *k = NULL;
    bool owned = false, missing = false, any_null = false;
    if (!l->allow_sql) return CM_OK;
    if (l->said.lazy == CM_LAZY_RAISE_ON_SQL) return must_not_load(l);
    cm_status st = lazy_stmt(l->cx, l->r, &l->said, &k, &owned);
    if (st) return st;
    const size_t n = k->columns.n;
    void **values = cm_arena__alloc(&l->arena, (n + 1) * sizeof *values);
    if (!values) st = cm__nomem(l->cx);
    if (!st) st = parent_values(l->cx, l->inst, l->attr, (cm_column *const *)(void *)k->columns.v, n, true, values, &missing, &any_null);
    if (!st && any_null && l->r->simple_equality)
        st = l->attr->uselist ? empty(l->cx, l->inst, l->attr, out) : store_scalar(l, cm__none(l->cx), out);
    else if (!st) st = run_statement(l, k, values, out);
    release_values(l->cx, values, n);
    if (owned) cm_keyed__free(l->cx, k);
    return st;
}

/* Position of a pair's target column in the target's primary key. */
static size_t key_position(const cm_relation *r, size_t pair) {
    for (size_t k = 0; k < r->target->nprimary_key; k++)
        if (cm_mapper__column_attr(r->target, r->target_columns[pair]) == r->target->primary_key[k]) return k;
    return pair;
}

static cm_status get_target(lazy *l, void *const *key, size_t n, void **out) {
    cm_session *s = l->inst->session;
    cm_inst *found = NULL;
    cm_status st = cm_idmap__find(l->cx, s->idmap, l->r->target->root, key, n, &found);
    if (st) return st;
    if (found && cm_mapper__isa(found->mapper, l->r->target) && !(found->flags & CM_INST_STALE))
        return store_scalar(l, cm__host(l->cx)->inst_object(found), out);
    if (!l->allow_sql) return CM_OK;
    if (l->said.lazy == CM_LAZY_RAISE_ON_SQL) return must_not_load(l);
    found = NULL;
    cm_mapper *const path[1] = {l->inst->mapper};
    const cm_load_request q = {.mapper = l->r->target, .path = path, .npath = 1, .implicit = true, .owner = l->inst, .via = l->attr};
    st = tell(l);
    if (!st) st = cm_load__get_below(l->cx, s, &q, key, n, l->below, &found);
    if (st) return st;
    void *object = found ? cm__host(l->cx)->inst_object(found) : cm__none(l->cx);
    st = store_scalar(l, object, out);
    if (found) cm__host(l->cx)->release(l->cx, object);
    return st;
}

static cm_status load_by_get(lazy *l, void **out) {
    const cm_relation *r = l->r;
    const size_t n = r->npairs;
    bool missing = false, any_null = false;
    void **values = cm_arena__alloc(&l->arena, n * sizeof *values), **key = cm_arena__alloc(&l->arena, n * sizeof *key);
    if (!values || !key) return cm__nomem(l->cx);
    cm_status st = parent_values(l->cx, l->inst, l->attr, r->parent_columns, n, l->allow_sql, values, &missing, &any_null);
    for (size_t i = 0; i < n; i++) key[key_position(r, i)] = values[i];
    if (!st && !missing) st = any_null ? store_scalar(l, cm__none(l->cx), out) : get_target(l, key, n, out);
    release_values(l->cx, values, n);
    return st;
}

/* Reading an expired row may bring the relation along (lazy="joined" or "selectin"). *out stays NULL when it did not. */
static cm_status read_expired_row(lazy *l, void **out) {
    const cm_attr *key = cm_mapper__column_attr(l->inst->mapper, l->r->parent_columns[0]);
    void *value = NULL;
    if (!l->allow_sql || !(l->inst->flags & CM_INST_EXPIRED) || l->inst->session->committed_keys) return CM_OK;
    if (!key || cm_inst__peek(l->cx, l->inst, key)) return CM_OK;
    cm_status st = cm_load__attr(l->cx, l->inst, key, true, &value);
    if (value) cm__host(l->cx)->release(l->cx, value);
    if (!st && (*out = cm_inst__peek(l->cx, l->inst, l->attr))) cm__host(l->cx)->retain(l->cx, *out);
    return st;
}

static cm_status only_written(lazy *l) {
    return cm__fail(
        l->cx, CM_E_INVALID_REQUEST,
        "Attribute %s.%s can't load the existing state from the database for this operation; full iteration is not permitted.  If "
        "this is a delete operation, configure passive_deletes=True on the write-only relationship() when using "
        "WriteOnlyCollection.",
        cm_str_text(l->attr->mapper->name), cm_str_text(l->attr->key));
}

static cm_status load_persistent(lazy *l, void **out) {
    cm_status st = cm_opts__below(l->cx, &l->arena, cm_inst__opts(l->inst), l->attr, &l->below);
    if (st) return st;
    switch (l->said.lazy) {
    case CM_LAZY_RAISE: return l->allow_sql ? must_not_load(l) : CM_OK;
    case CM_LAZY_NOLOAD: return empty(l->cx, l->inst, l->attr, out);
    case CM_LAZY_WRITE_ONLY: return l->allow_sql ? only_written(l) : CM_OK;
    case CM_LAZY_DYNAMIC:
        return l->allow_sql ? cm__fail(l->cx, CM_E_INVALID_REQUEST, "'%s.%s' is a query, it holds no collection to load",
                                       cm_str_text(l->attr->mapper->name), cm_str_text(l->attr->key))
                            : CM_OK;
    default: break;
    }
    st = read_expired_row(l, out);
    if (st || *out) return st;
    if (l->r->use_get && !l->said.ncriteria && cm_rel_opt__target(&l->said, l->r) == cm_relation__entity(l->r)) return load_by_get(l, out);
    return load_by_statement(l, out);
}

/* relationship(load_on_pending=True): what is not written yet may have related rows. */
static bool loads_pending(const cm_inst *inst, const cm_attr *attr) {
    return attr->relation->load_on_pending && (inst->flags & CM_INST_PENDING) && inst->session && !inst->session->flushing;
}

static cm_status load_relation(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out) {
    if ((!(inst->flags & CM_INST_KEY) || (inst->flags & CM_INST_PENDING)) && !loads_pending(inst, attr))
        return allow_sql ? empty(cx, inst, attr, out) : CM_OK;
    lazy l = {.cx = cx, .inst = inst, .attr = attr, .r = attr->relation, .allow_sql = allow_sql};
    l.said = cm_opts__relation(cm_inst__opts(inst), attr);
    if (!inst->session) {
        if (l.said.lazy == CM_LAZY_RAISE && allow_sql) return must_not_load(&l);
        if (l.said.lazy == CM_LAZY_NOLOAD) return empty(cx, inst, attr, out);
        return allow_sql ? detached(cx, inst, attr, "lazy load") : CM_OK;
    }
    if (inst->session->no_raise && (l.said.lazy == CM_LAZY_RAISE || l.said.lazy == CM_LAZY_RAISE_ON_SQL)) l.said.lazy = CM_LAZY_SELECT;
    cm_arena__init(&l.arena, cx);
    cm_session *s = inst->session;
    const int pending = (inst->flags & CM_INST_PENDING) != 0; /* it reads as it is, and is not written for that */
    s->cx = cx;
    s->no_autoflush += pending;
    cm_status st = load_persistent(&l, out);
    s->no_autoflush -= pending;
    cm_arena__dispose(&l.arena);
    return st;
}

cm_status cm_load__attr(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out) {
    const cm_host *host = cm__host(cx);
    const cm_attr *own = cm_mapper__own_attr(inst->mapper, attr);
    *out = NULL;
    if (!own)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "%s has no attribute \"%s\"", cm_str_text(inst->mapper->name), cm_str_text(attr->key));
    void *value = cm_inst__peek(cx, inst, own);
    if (value) return answer(cx, value, out);
    void *object = host->inst_object(inst);
    if (!object) return answer(cx, cm__none(cx), out);
    host->retain(cx, object); /* loading runs the program's code */
    cm_status st =
        own->kind == CM_ATTR_RELATION ? load_relation(cx, inst, own, allow_sql, out) : load_column(cx, inst, own, allow_sql, out);
    host->release(cx, object);
    return st;
}

cm_status cm_inst_load(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out) {
    return cm_load__attr(cx, inst, attr, allow_sql, out);
}
