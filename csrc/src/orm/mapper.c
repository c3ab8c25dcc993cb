/* Mappers: a class mapped to tables.
 *
 *   cm_mapper ─ attrs[]       slot i of an instance is attrs[i]; beyond nslots values live in the host's dictionary
 *             ─ by_key        name -> cm_attr          by_column   cm_column -> cm_attr (every column of an attribute)
 *             ─ columns[t]    what table t stores, in table order
 *             ─ relations[]   borrowed targets
 *
 * A subclass has attributes of its own for everything it inherits: same key, its own slot. An attribute added to a base
 * later (relationships come when all classes are known) is handed down to the subclasses; a relation handed down keeps
 * `origin`, so that both sides of a backref find each other whatever class the instance is of.
 *
 * Attributes and relations live as long as their mapper, a mapper as long as its class and its subclasses.
 */
#include "orm/orm.h"

#include <string.h>

/* ---- looking up */

/* What a concrete class has in place of an attribute of its base: the attribute of that name. */
static cm_attr *concrete_attr(const cm_mapper *m, const cm_column *column) {
    const cm_attr *inherited = m->inherits ? cm_mapper__column_attr(m->inherits, column) : NULL;
    cm_attr *own = inherited ? cm_strmap__get(&m->by_key, cm_str_text(inherited->key), inherited->key->n) : NULL;
    return own && own->kind != CM_ATTR_RELATION ? own : NULL;
}

cm_attr *cm_mapper__column_attr(const cm_mapper *m, const cm_column *column) {
    cm_attr *found = cm_map__get(&m->by_column, cm__ptr_key(column));
    return found || !m->concrete ? found : concrete_attr(m, column);
}

const cm_attr *cm_mapper__own_attr(const cm_mapper *m, const cm_attr *attr) {
    if (attr->mapper == m) return attr;
    return cm_strmap__get(&m->by_key, cm_str_text(attr->key), attr->key->n);
}

const cm_attr *cm_mapper_find_attr(const cm_mapper *m, const char *key) { return cm_strmap__get(&m->by_key, key, strlen(key)); }

bool cm_mapper__isa(const cm_mapper *m, const cm_mapper *base) {
    while (m && m != base) m = m->inherits;
    return m != NULL;
}

const cm_mapper *cm_mapper__by_identity(cm_ctx *cx, const cm_mapper *root, void *identity, cm_status *st) {
    const cm_type *type = root->polymorphic_on ? root->polymorphic_on->type : NULL;
    *st = CM_OK;
    if (root->polymorphic_identity) {
        bool same = false;
        *st = cm__host(cx)->equal(cx, type, root->polymorphic_identity, identity, &same);
        if (*st) return NULL;
        if (same) return root;
    }
    for (size_t i = 0; i < root->nchildren; i++) {
        const cm_mapper *found = cm_mapper__by_identity(cx, root->children[i], identity, st);
        if (found || *st) return found;
    }
    return NULL;
}

cm_node *cm_mapper_entity(const cm_mapper *m) { return m->entity; }
size_t cm_mapper_nattrs(const cm_mapper *m) { return m->nattrs; }
const cm_attr *cm_mapper_attr(const cm_mapper *m, size_t i) { return i < m->nattrs ? m->attrs[i] : NULL; }
uint16_t cm_mapper_nslots(const cm_mapper *m) { return (uint16_t)m->nslots; }
uint16_t cm_mapper_settle_slots(cm_mapper *m) {
    if (m->nattrs <= UINT16_MAX / 2) m->nslots = m->nattrs;
    return (uint16_t)m->nslots;
}
void *cm_mapper_host_class(const cm_mapper *m) { return m->host_class; }
void cm_mapper_set_events(cm_mapper *m, uint64_t mask) { m->events = mask; }

void cm_attr_set_events(const cm_attr *attr, uint64_t mask) {
    cm_attr *a = attr->mapper->attrs[attr->slot]; /* the mapper's own, writable pointer to the same attribute */
    a->events = mask;
    a->hooked = mask || a->relation || (a->flags & CM_ATTR_ACTIVE_HISTORY);
}

/* Whether the old value of a relation is read when it is set, or by the flush, or need not be known. */
static void remember_old(cm_relation *r, bool active) {
    r->active_history = active || (r->direction == CM_MANY_TO_ONE && (r->cascade & CM_CASCADE_DELETE_ORPHAN));
    r->deferred_history = !r->active_history && !r->uselist && (r->direction != CM_MANY_TO_ONE || !r->use_get);
}

void cm_attr_set_active_history(const cm_attr *attr, bool on) {
    cm_attr *a = attr->mapper->attrs[attr->slot];
    a->flags = on ? a->flags | CM_ATTR_ACTIVE_HISTORY : a->flags & ~(uint32_t)CM_ATTR_ACTIVE_HISTORY;
    a->hooked = on || a->events || a->relation;
    if (a->relation) remember_old(a->relation, on);
}

/* ---- releasing */

static void release_value(cm_ctx *cx, void *value) {
    if (value) cm__host(cx)->release(cx, value);
}

static void relation_free(cm_ctx *cx, cm_relation *r) {
    if (!r) return;
    cm_load__relation_free(cx, r);
    cm_node_release(cx, r->entity);
    cm_node_release(cx, r->primaryjoin);
    cm_node_release(cx, r->secondaryjoin);
    cm_node_release(cx, r->lazy_stmt);
    for (size_t i = 0; i < r->norder_by; i++) cm_node_release(cx, r->order_by[i]);
    cm__free(cx, r->order_by);
    cm__free(cx, r->parent_columns);
    cm__free(cx, r->target_columns);
    cm__free(cx, r->secondary_columns);
    cm__free(cx, r->secondary_target_columns);
    for (size_t i = 0; i < r->ntables; i++) cm_table_release(cx, r->tables[i]); /* after the nodes that mention their columns */
    cm__free(cx, r->tables);
    if (r->secondary) cm_table_release(cx, r->secondary);
    release_value(cx, r->collection_class);
    cm__free(cx, r);
}

static void forget_child(cm_mapper *parent, const cm_mapper *child) {
    for (size_t i = 0; parent && i < parent->nchildren; i++) {
        if (parent->children[i] != child) continue;
        memmove(&parent->children[i], &parent->children[i + 1], (parent->nchildren - i - 1) * sizeof *parent->children);
        parent->nchildren--;
        return;
    }
}

static void free_attrs(cm_ctx *cx, cm_mapper *m) {
    for (size_t i = 0; i < m->nattrs; i++) {
        cm_str_release(cx, m->attrs[i]->key);
        cm__free(cx, (char *)(uintptr_t)m->attrs[i]->group);
        cm__free(cx, m->attrs[i]);
    }
    for (size_t i = 0; i < m->own_nodes.n; i++) cm_node_release(cx, m->own_nodes.v[i]);
    cm_objs_free(cx, &m->own_nodes);
    cm__free(cx, m->attrs);
    cm_strmap__dispose(cx, &m->by_key);
    cm_map__dispose(cx, &m->by_column);
}

static void mapper_free(cm_ctx *cx, cm_mapper *m) {
    cx->env->generation++; /* plans that name it must not be found again */
    cm_load__mapper_free(cx, m);
    cm_uow__mapper_free(cx, m);
    forget_child(m->inherits, m);
    for (size_t i = 0; i < m->nrelations; i++) relation_free(cx, m->relations[i]);
    cm__free(cx, m->relations);
    cm_node_release(cx, m->entity);
    cm_node_release(cx, m->from);
    cm_node_release(cx, m->union_type);
    free_attrs(cx, m);
    for (size_t i = 0; i < m->ntables; i++) {
        if (m->columns) cm__free(cx, m->columns[i]);
        cm_table_release(cx, m->tables[i]);
    }
    cm__free(cx, m->columns);
    cm__free(cx, m->ncolumns);
    cm__free(cx, m->tables);
    cm__free(cx, m->primary_key);
    cm__free(cx, m->children);
    release_value(cx, m->polymorphic_identity);
    release_value(cx, m->version_generator);
    cm_str_release(cx, m->name);
    cm_mapper *parent = m->inherits;
    cm__free(cx, m);
    cm__count(cx, CM_COUNT_MAPPER, -1);
    if (parent) cm_mapper_release(cx, parent);
}

/* ---- what is held, for collectors: the mirror of releasing */

static int visit_relation(const cm_relation *r, int (*visit)(void *user, cm_node *node, void *value), void *user) {
    cm_node *const held[] = {cm_load__cached(r->load_cache), r->entity, r->primaryjoin, r->secondaryjoin, r->lazy_stmt};
    int stop = r->collection_class ? visit(user, NULL, r->collection_class) : 0;
    for (size_t i = 0; !stop && i < sizeof held / sizeof *held; i++)
        if (held[i]) stop = visit(user, held[i], NULL);
    for (size_t i = 0; !stop && i < r->norder_by; i++) stop = visit(user, r->order_by[i], NULL);
    return stop;
}

int cm_mapper_visit(const cm_mapper *m, int (*visit)(void *user, cm_node *node, void *value), void *user) {
    cm_node *const held[] = {cm_load__cached(m->load_cache), m->entity, m->from, m->union_type};
    void *const values[] = {m->polymorphic_identity, m->version_generator};
    int stop = 0;
    for (size_t i = 0; !stop && i < sizeof held / sizeof *held; i++)
        if (held[i]) stop = visit(user, held[i], NULL);
    for (size_t i = 0; !stop && i < sizeof values / sizeof *values; i++)
        if (values[i]) stop = visit(user, NULL, values[i]);
    for (size_t i = 0; !stop && i < m->own_nodes.n; i++) stop = visit(user, m->own_nodes.v[i], NULL);
    for (size_t i = 0; !stop && i < m->nrelations; i++) stop = visit_relation(m->relations[i], visit, user);
    return stop;
}

void cm_mapper_retain(cm_mapper *m) { cm__add_held(m->host, &m->refs, 1); }

void cm_mapper_release(cm_ctx *cx, cm_mapper *m) {
    if (m && cm__add_held(m->host, &m->refs, -1) == 0) mapper_free(cx, m);
}

/* ---- attributes */

/* The attribute's ATTR node: the host's, or one the mapper makes and owns. */
static cm_status attr_node(cm_ctx *cx, cm_mapper *m, cm_attr *a, cm_node *given, cm_node *expr) {
    a->node = given;
    if (given) return CM_OK;
    cm_status st = cm__grow(cx, &m->own_nodes.v, &m->own_nodes.cap, m->own_nodes.n + 1, sizeof *m->own_nodes.v);
    if (st) return st;
    cm_node_spec spec = {.kind = CM_N_ATTR, .type = a->type, .kid = {expr, m->entity, NULL}, .attr = a};
    st = cm_node_make(cx, &spec, &a->node);
    if (!st) m->own_nodes.v[m->own_nodes.n++] = a->node;
    return st;
}

/* A new attribute at the end of attrs[]. It stays listed even when a later step fails, and goes with the mapper. */
static cm_status attr_new(cm_ctx *cx, cm_mapper *m, const char *key, uint8_t kind, cm_attr **out) {
    cx->env->generation++; /* plans made before do not know the attribute */
    if (cm_mapper_find_attr(m, key)) return cm__fail(cx, CM_E_ARGUMENT, "class %s maps attribute \"%s\" twice", cm_str_text(m->name), key);
    if (m->nattrs >= UINT16_MAX) return cm__fail(cx, CM_E_ARGUMENT, "class %s has too many attributes", cm_str_text(m->name));
    cm_status st = cm__grow(cx, &m->attrs, &m->attrs_cap, m->nattrs + 1, sizeof *m->attrs);
    if (st) return st;
    cm_attr *a = cm__alloc(cx, sizeof *a);
    if (!a) return CM_E_NOMEM;
    a->key = cm_str_new(cx, key, strlen(key));
    if (!a->key) {
        cm__free(cx, a);
        return CM_E_NOMEM;
    }
    a->kind = kind;
    a->slot = (uint16_t)m->nattrs;
    a->id = cm_serial(cx);
    a->mapper = m;
    m->attrs[m->nattrs++] = a;
    *out = a;
    return cm_strmap__put(cx, &m->by_key, cm_str_text(a->key), a->key->n, a);
}

static int table_index(const cm_mapper *m, const cm_table *t) {
    for (size_t i = 0; i < m->ntables; i++)
        if (m->tables[i] == t) return (int)i;
    return -1;
}

/* Tables do not change once they are in use: one that gets further columns is described anew, and a class that was mapped to the former
 * description would neither write them nor know them for its own. */
static cm_status check_description(cm_ctx *cx, const cm_mapper *m, const cm_column *column) {
    const cm_table *now = column->table;
    for (size_t i = 0; i < m->ntables; i++)
        if (m->tables[i]->node == now->node && !cm_table_find_column(m->tables[i], cm_str_text(column->name)))
            return cm__fail(
                cx, CM_E_INVALID_REQUEST,
                "table '%s' got further columns (class %s) after its classes were in use: add columns, and subclasses that bring "
                "some, before the first use of the classes that share the table",
                cm_str_text(now->name), cm_str_text(m->name));
    return CM_OK;
}

/* Enters a column of an attribute under its table, in table order. */
static cm_status map_column(cm_ctx *cx, cm_mapper *m, cm_attr *a, cm_column *column) {
    int t = table_index(m, column->table);
    cm_status st = t < 0 && column->table ? check_description(cx, m, column) : CM_OK;
    if (!st) st = cm_map__put(cx, &m->by_column, cm__ptr_key(column), a);
    if (st || t < 0) return st; /* a column of a selectable that is no table of the class: read only */
    cm_mapped_column *grown = cm_mem(cx, m->columns[t], (m->ncolumns[t] + 1) * sizeof *grown);
    if (!grown) return CM_E_NOMEM;
    m->columns[t] = grown;
    size_t i = m->ncolumns[t]++;
    for (; i > 0 && grown[i - 1].column->index > column->index; i--) grown[i] = grown[i - 1];
    grown[i] = (cm_mapped_column){a, column};
    return CM_OK;
}

static cm_status add_attr(cm_ctx *cx, cm_mapper *m, const cm_attr_def *def, cm_attr **out) {
    cm_attr *a = NULL;
    cm_status st = attr_new(cx, m, def->key, def->ncolumns ? CM_ATTR_COLUMN : CM_ATTR_EXPR, &a);
    if (st) return st;
    a->flags = def->flags;
    a->hooked = (def->flags & CM_ATTR_ACTIVE_HISTORY) != 0;
    a->column = def->ncolumns ? def->columns[0] : NULL;
    a->type = a->column ? a->column->type : def->expr ? def->expr->type : NULL;
    for (size_t i = 0; i < def->ncolumns; i++) {
        st = map_column(cx, m, a, def->columns[i]);
        if (st) return st;
    }
    *out = a;
    if (def->group && !(a->group = cm__strdup(cx, def->group))) return CM_E_NOMEM;
    return attr_node(cx, m, a, def->node, a->column ? a->column->node : def->expr);
}

cm_status cm_mapper_add_attr(cm_ctx *cx, cm_mapper *m, const cm_attr_def *def, const cm_attr **out) {
    cm_attr *a = NULL;
    cm_status st = add_attr(cx, m, def, &a);
    cm_attr_def inherited = *def;
    inherited.node = NULL;
    for (size_t i = 0; !st && i < m->nchildren; i++)
        if (!m->children[i]->concrete && !cm_mapper_find_attr(m->children[i], def->key))
            st = cm_mapper_add_attr(cx, m->children[i], &inherited, NULL);
    if (out) *out = a;
    return st;
}

/* ---- relations */

static cm_status copy_columns(cm_ctx *cx, cm_column *const *from, size_t n, cm_column ***out) {
    if (n == 0) return CM_OK;
    *out = cm__alloc(cx, n * sizeof **out);
    if (!*out) return CM_E_NOMEM;
    memcpy(*out, from, n * sizeof **out);
    return CM_OK;
}

/* A many-to-one over exactly the target's primary key may be looked up in the identity map. */
static bool targets_primary_key(const cm_relation *r) {
    const cm_mapper *t = r->target;
    if (r->entity || r->direction != CM_MANY_TO_ONE || !r->simple_equality || r->npairs != t->nprimary_key) return false;
    for (size_t i = 0; i < r->npairs; i++) {
        bool found = false;
        for (size_t k = 0; k < t->nprimary_key; k++) found = found || cm_mapper__column_attr(t, r->target_columns[i]) == t->primary_key[k];
        if (!found) return false;
    }
    return true;
}

static void copy_relation_options(cm_relation *r, const cm_relation_def *def) {
    r->target = def->target;
    r->direction = def->direction;
    r->back = def->back;
    r->cascade = def->cascade;
    r->lazy = def->lazy;
    r->uselist = def->uselist;
    r->viewonly = def->viewonly;
    r->post_update = def->post_update;
    r->single_parent = def->single_parent;
    r->innerjoin = def->innerjoin;
    r->simple_equality = def->simple_equality;
    r->passive_deletes = def->passive_deletes;
    r->passive_updates = def->passive_updates;
    r->load_on_pending = def->load_on_pending;
    r->join_depth = def->join_depth;
    r->batch_size = def->batch_size;
}

/* The conditions mention columns of the target's tables, and may outlive the target. */
static cm_status retain_tables(cm_ctx *cx, cm_relation *r) {
    const cm_mapper *t = r->target;
    if (t->ntables == 0) return CM_OK;
    r->tables = cm__alloc(cx, t->ntables * sizeof(cm_table *));
    if (!r->tables) return CM_E_NOMEM;
    for (; r->ntables < t->ntables; r->ntables++) {
        r->tables[r->ntables] = t->tables[r->ntables];
        cm_table_retain(t->tables[r->ntables]);
    }
    return CM_OK;
}

static cm_status relation_fill(cm_ctx *cx, cm_relation *r, const cm_relation_def *def) {
    copy_relation_options(r, def);
    cm_status st = copy_columns(cx, def->parent_columns, def->npairs, &r->parent_columns);
    if (!st) st = copy_columns(cx, def->target_columns, def->npairs, &r->target_columns);
    if (!st) st = copy_columns(cx, def->secondary_columns, def->nsecondary_pairs, &r->secondary_columns);
    if (!st) st = copy_columns(cx, def->secondary_target_columns, def->nsecondary_pairs, &r->secondary_target_columns);
    if (!st) st = retain_tables(cx, r);
    if (st) return st;
    r->npairs = def->npairs;
    r->nsecondary_pairs = def->nsecondary_pairs;
    if ((r->secondary = def->secondary)) cm_table_retain(r->secondary);
    if ((r->entity = def->entity)) cm_node_retain(cx, r->entity);
    if ((r->primaryjoin = def->primaryjoin)) cm_node_retain(cx, r->primaryjoin);
    if ((r->secondaryjoin = def->secondaryjoin)) cm_node_retain(cx, r->secondaryjoin);
    if ((r->collection_class = def->collection_class)) cm__host(cx)->retain(cx, r->collection_class);
    if (def->norder_by) {
        r->order_by = cm__alloc(cx, def->norder_by * sizeof *r->order_by);
        if (!r->order_by) return CM_E_NOMEM;
        for (; r->norder_by < def->norder_by; r->norder_by++) {
            r->order_by[r->norder_by] = def->order_by[r->norder_by];
            cm_node_retain(cx, r->order_by[r->norder_by]);
        }
    }
    r->use_get = !r->uselist && targets_primary_key(r);
    remember_old(r, def->active_history);
    r->self_referential = r->target->root == r->parent->root;
    return CM_OK;
}

/* A relation and its copies on the subclasses of m learn their other side when they do not know it yet. */
static void set_back(const cm_mapper *m, const cm_relation *origin, const cm_attr *back) {
    for (size_t i = 0; i < m->nrelations; i++)
        if (m->relations[i]->origin == origin && !m->relations[i]->back) m->relations[i]->back = back;
    for (size_t i = 0; i < m->nchildren; i++) set_back(m->children[i], origin, back);
}

/* The relation of r's other side learns about r. */
static void link_back(cm_relation *r) {
    if (!r->back || !r->back->relation || r->origin != r) return;
    const cm_relation *other = r->back->relation->origin;
    set_back(other->parent, other, r->attr);
}

static cm_status add_relation(cm_ctx *cx, cm_mapper *m, const cm_relation_def *def, const cm_relation *origin, cm_attr **out) {
    cm_attr *a = NULL;
    cm_status st = cm__grow(cx, &m->relations, &m->relations_cap, m->nrelations + 1, sizeof *m->relations);
    if (!st) st = attr_new(cx, m, def->key, CM_ATTR_RELATION, &a);
    if (st) return st;
    a->uselist = def->uselist;
    a->hooked = true;
    cm_relation *r = cm__alloc(cx, sizeof *r);
    if (!r) return CM_E_NOMEM;
    r->attr = a;
    r->parent = m;
    r->origin = origin ? origin : r;
    m->relations[m->nrelations++] = r;
    a->relation = r;
    st = relation_fill(cx, r, def);
    if (!st) st = attr_node(cx, m, a, def->node, NULL);
    if (!st) link_back(r);
    *out = a;
    return st;
}

/* Hands a relation down to the subclasses that have no attribute of that name. */
static cm_status inherit_relation(cm_ctx *cx, cm_mapper *m, const cm_relation_def *def, const cm_relation *origin) {
    cm_relation_def inherited = *def;
    cm_status st = CM_OK;
    inherited.node = NULL;
    for (size_t i = 0; !st && i < m->nchildren; i++) {
        cm_mapper *child = m->children[i];
        cm_attr *a = NULL;
        if (child->concrete || cm_mapper_find_attr(child, def->key)) continue;
        st = add_relation(cx, child, &inherited, origin, &a);
        if (!st) st = inherit_relation(cx, child, &inherited, origin);
    }
    return st;
}

/* A subclass's own attribute object for a relation it inherits: the host brings its node, the definition stays. */
static bool adopt_inherited(const cm_mapper *m, const cm_relation_def *def, const cm_attr **out) {
    cm_attr *a = cm_strmap__get(&m->by_key, def->key, strlen(def->key));
    if (!a || !a->relation || a->relation->origin == a->relation) return false;
    if (def->node) a->node = def->node;
    if (out) *out = a;
    return true;
}

cm_status cm_mapper_add_relation(cm_ctx *cx, cm_mapper *m, const cm_relation_def *def, const cm_attr **out) {
    cm_attr *a = NULL;
    if (adopt_inherited(m, def, out)) return CM_OK;
    if (!def->target) return cm__fail(cx, CM_E_ARGUMENT, "relationship %s.%s has no target", cm_str_text(m->name), def->key);
    cm_status st = add_relation(cx, m, def, NULL, &a);
    if (!st) st = inherit_relation(cx, m, def, a->relation);
    if (out) *out = a;
    return st;
}

/* The definition of a relation again, to hand it to a class mapped later. */
static cm_relation_def relation_def(const cm_relation *r) {
    return (cm_relation_def){.key = cm_str_text(r->attr->key),
                             .target = r->target,
                             .entity = r->entity,
                             .direction = r->direction,
                             .npairs = r->npairs,
                             .parent_columns = r->parent_columns,
                             .target_columns = r->target_columns,
                             .secondary = r->secondary,
                             .nsecondary_pairs = r->nsecondary_pairs,
                             .secondary_columns = r->secondary_columns,
                             .secondary_target_columns = r->secondary_target_columns,
                             .primaryjoin = r->primaryjoin,
                             .secondaryjoin = r->secondaryjoin,
                             .order_by = r->order_by,
                             .norder_by = r->norder_by,
                             .back = r->back,
                             .cascade = r->cascade,
                             .lazy = r->lazy,
                             .uselist = r->uselist,
                             .viewonly = r->viewonly,
                             .post_update = r->post_update,
                             .single_parent = r->single_parent,
                             .innerjoin = r->innerjoin,
                             .active_history = r->active_history,
                             .simple_equality = r->simple_equality,
                             .passive_deletes = r->passive_deletes,
                             .passive_updates = r->passive_updates,
                             .load_on_pending = r->load_on_pending,
                             .join_depth = r->join_depth,
                             .batch_size = r->batch_size,
                             .collection_class = r->collection_class};
}

static cm_status inherit_relations(cm_ctx *cx, cm_mapper *m) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && m->inherits && !m->concrete && i < m->inherits->nrelations; i++) {
        const cm_relation *r = m->inherits->relations[i];
        cm_relation_def def = relation_def(r);
        cm_attr *a = NULL;
        if (!cm_mapper_find_attr(m, def.key)) st = add_relation(cx, m, &def, r->origin, &a);
    }
    return st;
}

/* ---- making a mapper */

static cm_status add_tables(cm_ctx *cx, cm_mapper *m, const cm_mapper_def *def) {
    const cm_mapper *parent = def->concrete ? NULL : def->inherits;
    size_t inherited = parent ? parent->ntables : 0, n = inherited + def->ntables;
    if (n == 0) return def->from ? CM_OK : cm__fail(cx, CM_E_ARGUMENT, "class %s has no table", def->name);
    m->tables = cm__alloc(cx, n * sizeof *m->tables);
    m->columns = cm__alloc(cx, n * sizeof *m->columns);
    m->ncolumns = cm__alloc(cx, n * sizeof *m->ncolumns);
    if (!m->tables || !m->columns || !m->ncolumns) return CM_E_NOMEM;
    for (; m->ntables < n; m->ntables++) {
        m->tables[m->ntables] = m->ntables < inherited ? parent->tables[m->ntables] : def->tables[m->ntables - inherited];
        cm_table_retain(m->tables[m->ntables]);
    }
    return CM_OK;
}

/* base.id = child.id AND ...: the columns that share an attribute join a table to those before it. */
static cm_status join_condition(cm_ctx *cx, const cm_mapper_def *def, const cm_mapper *m, size_t t, cm_node **out) {
    cm_objs terms = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < def->nattrs; i++) {
        cm_column *mine = NULL, *before = NULL;
        for (size_t c = 0; c < def->attrs[i].ncolumns; c++) {
            cm_column *column = def->attrs[i].columns[c];
            int at = table_index(m, column->table);
            if (at == (int)t) mine = column;
            else if (at >= 0 && at < (int)t && !before) before = column;
        }
        cm_node *term = NULL;
        if (!mine || !before) continue;
        st = cm_expr_binary(cx, CM_OP_EQ, before->node, mine->node, &term);
        if (!st) st = cm_objs_add(cx, &terms, term);
        if (st) cm_node_release(cx, term);
    }
    if (!st && terms.n == 0)
        st = cm__fail(cx, CM_E_ARGUMENT, "table \"%s\" of class %s is not joined to its base table by any attribute",
                      cm_table_name(m->tables[t]), def->name);
    if (!st) st = cm_expr_all_of(cx, CM_OP_AND, (cm_node *const *)(void *)terms.v, terms.n, out);
    for (size_t i = 0; i < terms.n; i++) cm_node_release(cx, terms.v[i]);
    cm_objs_free(cx, &terms);
    return st;
}

/* What the class reads: the given FROM, or its tables joined base first. */
static cm_status make_from(cm_ctx *cx, cm_mapper *m, const cm_mapper_def *def) {
    m->from = def->from ? def->from : m->tables[0]->node;
    cm_node_retain(cx, m->from);
    cm_status st = CM_OK;
    for (size_t t = 1; !def->from && !st && t < m->ntables; t++) {
        cm_node *on = NULL, *join = NULL;
        st = join_condition(cx, def, m, t, &on);
        cm_node_spec spec = {.kind = CM_N_JOIN, .kid = {m->from, m->tables[t]->node, on}};
        if (!st) st = cm_node_make(cx, &spec, &join);
        cm_node_release(cx, on);
        if (st) break;
        cm_node_release(cx, m->from);
        m->from = join;
    }
    if (st) return st;
    cm_node_spec entity = {.kind = CM_N_ENTITY, .kid = {m->from, NULL, NULL}, .attr = m};
    return cm_node_make(cx, &entity, &m->entity);
}

static cm_status find_named(cm_ctx *cx, const cm_mapper *m, const char *key, cm_attr **out) {
    *out = cm_strmap__get(&m->by_key, key, strlen(key));
    if (*out && (*out)->kind != CM_ATTR_RELATION) return CM_OK;
    return cm__fail(cx, CM_E_ARGUMENT, "class %s has no column attribute \"%s\"", cm_str_text(m->name), key);
}

static bool integer_kind(const cm_type *type) {
    const cm_type_def *d = type ? &type->def : NULL;
    return d && (d->kind == CM_T_INTEGER || d->kind == CM_T_BIGINT || d->kind == CM_T_SMALLINT) && !(d->flags & CM_TYPE_HOST);
}

static cm_status set_primary_key(cm_ctx *cx, cm_mapper *m, const cm_mapper_def *def) {
    const cm_table *base = m->ntables ? m->tables[0] : NULL;
    size_t n = def->nprimary_key ? def->nprimary_key : base ? base->nprimary_key : 0;
    if (n == 0)
        return cm__fail(cx, CM_E_ARGUMENT, "Mapper %s could not assemble any primary key columns for mapped table '%s'", def->name,
                        base ? cm_str_text(base->name) : "");
    m->primary_key = cm__alloc(cx, n * sizeof *m->primary_key);
    if (!m->primary_key) return CM_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        cm_attr *a = NULL;
        cm_status st = CM_OK;
        if (def->nprimary_key) st = find_named(cx, m, def->primary_key[i], &a);
        else if (!(a = cm_mapper__column_attr(m, base->primary_key[i])))
            st = cm__fail(cx, CM_E_ARGUMENT, "primary key column \"%s\" of table \"%s\" is not mapped by class %s",
                          cm_str_text(base->primary_key[i]->name), cm_str_text(base->name), def->name);
        if (st) return st;
        a->primary_key = true;
        m->primary_key[m->nprimary_key++] = a;
    }
    m->int_key = n == 1 && integer_kind(m->primary_key[0]->type);
    return CM_OK;
}

static cm_status set_named_attrs(cm_ctx *cx, cm_mapper *m, const cm_mapper_def *def) {
    cm_status st = CM_OK;
    if (def->polymorphic_on) st = find_named(cx, m, def->polymorphic_on, &m->polymorphic_on);
    else if (m->inherits && m->inherits->polymorphic_on && !m->concrete)
        m->polymorphic_on = cm_strmap__get(&m->by_key, cm_str_text(m->inherits->polymorphic_on->key), m->inherits->polymorphic_on->key->n);
    if (!st && def->version_attr) st = find_named(cx, m, def->version_attr, &m->version);
    return st;
}

static void retain_value(cm_ctx *cx, void *value, void **out) {
    if (value) cm__host(cx)->retain(cx, value);
    *out = value;
}

static cm_status mapper_fill(cm_ctx *cx, cm_mapper *m, const cm_mapper_def *def) {
    m->name = cm_str_new(cx, def->name, strlen(def->name));
    if (!m->name) return CM_E_NOMEM;
    m->id = cm_serial(cx);
    cx->env->generation++; /* a new subclass changes what its bases read */
    m->concrete = def->concrete;
    m->eager_defaults = def->eager_defaults;
    m->confirm_deleted_rows = def->confirm_deleted_rows;
    m->selectin_load = def->selectin_load;
    m->inline_load = def->inline_load;
    m->version_given = def->version_given;
    m->writes_keys = def->writes_keys;
    m->batch = def->batch;
    m->host_class = def->host_class;
    retain_value(cx, def->polymorphic_identity, &m->polymorphic_identity);
    retain_value(cx, def->version_generator, &m->version_generator);
    if ((m->inherits = def->inherits)) cm_mapper_retain(m->inherits);
    m->root = m->inherits && !m->concrete ? m->inherits->root : m;
    cm_status st = add_tables(cx, m, def);
    if (!st) st = make_from(cx, m, def);
    for (size_t i = 0; !st && i < def->nattrs; i++) {
        cm_attr *a = NULL;
        st = add_attr(cx, m, &def->attrs[i], &a);
    }
    if (!st) st = set_primary_key(cx, m, def);
    if (!st) st = set_named_attrs(cx, m, def);
    if (!st) st = inherit_relations(cx, m);
    if (st) return st;
    m->nslots = m->nattrs + def->reserve_slots;
    if (m->nslots > UINT16_MAX / 2) m->nslots = m->nattrs;
    return cm_uow__mapper_init(cx, m);
}

cm_status cm_mapper_new(cm_ctx *cx, const cm_mapper_def *def, cm_mapper **out) {
    cm_mapper *parent = def->inherits;
    *out = NULL;
    if (def->version != 1 || !def->name) return cm__fail(cx, CM_E_MISUSE, "this is no mapper definition of version 1");
    cm_mapper *m = cm__alloc(cx, sizeof *m);
    if (!m) return CM_E_NOMEM;
    m->refs = 1;
    m->host = cm__host(cx);
    cm__count(cx, CM_COUNT_MAPPER, 1);
    cm_status st = mapper_fill(cx, m, def);
    if (!st && parent) {
        st = cm__grow(cx, &parent->children, &parent->children_cap, parent->nchildren + 1, sizeof *parent->children);
        if (!st) parent->children[parent->nchildren++] = m;
    }
    if (!st) {
        *out = m;
        m = NULL;
    }
    cm_mapper_release(cx, m);
    return st;
}
