/* follow.c: relationships loaded by further statements, once all rows of a load are there (selectin and its like).
 *
 *   parents without the attribute -> their distinct keys -> one statement per 500 keys -> children by key -> stored
 *
 *   one-to-many    SELECT addresses.user_id, addresses.id, ... FROM addresses WHERE addresses.user_id IN (?, ?, ...)
 *   many-to-many   SELECT user_role.user_id, roles.id, ... FROM user_role JOIN roles ON ... WHERE user_role.user_id IN (...)
 *   by get         SELECT companies.id, ... WHERE companies.id IN (...), for those the identity map does not have
 *   anything else  SELECT users_1.id, things.id, ... FROM users AS users_1 JOIN things ON ... WHERE users_1.id IN (...)
 *
 * subqueryload and immediateload are loaded this way too: the same objects by fewer statements. The statement is an ORM
 * select with the options below the relationship, so whatever those ask for follows in turn. Its keys are parameters
 * without values, and their number is a power of two: every batch of one size shares a plan, the last key fills up.
 */
#include "load/load.h"

#include <string.h>

enum { MAX_KEYS = 16, BATCH = 500 };

/* One distinct key and what belongs to it. */
typedef struct entry {
    void *const *values; /* host values, held by the parents' attributes or owned by the set */
    int64_t i;
    uint32_t next;    /* entry of equal hash, index + 1 */
    cm_objs children; /* a reference each */
} entry;

typedef struct follow {
    cm_load_run *run;
    cm_ctx *cx;
    const cm_attr *attr;
    const cm_relation *r;
    cm_rel_opt said;
    cm_opts below;
    cm_node *target;        /* ENTITY that is read */
    bool by_get, by_parent; /* by_parent: through an alias of the parent */
    bool repeats;           /* rows come once for each joined member */
    bool ints;              /* all keys are integers: hashed and bound as they are */
    uint32_t nkey;
    cm_column *const *key_columns; /* of the parent: where its values are */
    const cm_type *key_types[MAX_KEYS];
    cm_objs parents; /* cm_inst *; borrowed from the run */
    uint32_t *key_of;
    size_t key_of_cap; /* per parent: entry, or CM_NOWHERE */
    entry *entries;
    size_t n, cap;
    cm_map index;
    cm_objs held; /* key values made here; a reference each */
    entry *last;  /* of the row before, where keys are integers */
} follow;

static void follow_dispose(follow *f) {
    for (size_t i = 0; i < f->n; i++) cm_load__release(f->cx, &f->entries[i].children);
    cm__free(f->cx, f->entries);
    cm__free(f->cx, f->key_of);
    cm_objs_free(f->cx, &f->parents);
    cm_map__dispose(f->cx, &f->index);
    cm_load__release(f->cx, &f->held);
}

/* ---- keys */

static cm_status hash_key(follow *f, void *const *values, uint64_t *out) {
    uint64_t hash = 0, part = 0;
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < f->nkey && !st; i++) {
        st = f->run->host->hash(f->cx, values[i], &part);
        hash = cm__mix(hash * 31 + part);
    }
    *out = hash ? hash : 1;
    return st;
}

static cm_status same_key(follow *f, const entry *e, void *const *values, bool *out) {
    *out = true;
    for (uint32_t i = 0; i < f->nkey && *out; i++) {
        if (e->values[i] == values[i]) continue;
        cm_status st = f->run->host->equal(f->cx, f->key_types[i], e->values[i], values[i], out);
        if (st) return st;
    }
    return CM_OK;
}

static cm_status find_entry(follow *f, void *const *values, int64_t i, uint64_t *hash, entry **out) {
    *out = NULL;
    *hash = (uint64_t)i;
    cm_status st = f->ints ? CM_OK : hash_key(f, values, hash);
    if (st) return st;
    uintptr_t at = (uintptr_t)cm_map__get(&f->index, *hash);
    if (f->ints) {
        *out = at ? &f->entries[at - 1] : NULL;
        return CM_OK;
    }
    while (at && !st) {
        bool same = false;
        entry *e = &f->entries[at - 1];
        st = same_key(f, e, values, &same);
        if (same) {
            *out = e;
            break;
        }
        at = e->next;
    }
    return st;
}

static cm_status add_key(follow *f, void *const *values, int64_t i, uint32_t *out) {
    entry *e = NULL;
    uint64_t hash = 0;
    cm_status st = find_entry(f, values, i, &hash, &e);
    if (!st && !e) {
        st = cm__grow(f->cx, &f->entries, &f->cap, f->n + 1, sizeof *f->entries);
        if (st) return st;
        e = &f->entries[f->n++];
        *e = (entry){.values = values, .i = i, .next = (uint32_t)(uintptr_t)cm_map__get(&f->index, hash)};
        st = cm_map__put(f->cx, &f->index, hash, (void *)(uintptr_t)f->n);
    }
    if (!st) *out = (uint32_t)(e - f->entries);
    return st;
}

/* Values of the parent's key columns: borrowed from its attributes, or loaded. *null: one of them is NULL. */
static cm_status read_key(follow *f, cm_inst *parent, void ***out, bool *null) {
    void **values = cm_arena__alloc(&f->run->arena, f->nkey * sizeof *values);
    if (!values) return cm__nomem(f->cx);
    *null = false;
    for (uint32_t i = 0; i < f->nkey; i++) {
        const cm_attr *attr = cm_mapper__column_attr(parent->mapper, f->key_columns[i]);
        if (!attr)
            return cm__fail(f->cx, CM_E_INVALID_REQUEST, "column \"%s\" of relationship %s.%s is not mapped",
                            cm_column_name(f->key_columns[i]), cm_str_text(f->attr->mapper->name), cm_str_text(f->attr->key));
        cm_status st = cm_load__attr(f->cx, parent, attr, true, &values[i]);
        if (!st && (st = cm_objs_add(f->cx, &f->held, values[i]))) f->run->host->release(f->cx, values[i]);
        if (st) return st;
        *null |= values[i] == cm__none(f->cx);
    }
    *out = values;
    return CM_OK;
}

static cm_status gather_int_keys(follow *f) {
    cm_status st = CM_OK;
    for (size_t p = 0; p < f->parents.n && !st; p++) st = add_key(f, NULL, ((cm_inst *)f->parents.v[p])->key.i, &f->key_of[p]);
    return st;
}

static cm_status gather_keys(follow *f) {
    cm_status st = cm__grow(f->cx, &f->key_of, &f->key_of_cap, f->parents.n + 1, sizeof *f->key_of);
    if (!st && f->ints) return gather_int_keys(f);
    for (size_t p = 0; p < f->parents.n && !st; p++) {
        void **values = NULL;
        bool null = false;
        f->key_of[p] = CM_NOWHERE;
        st = read_key(f, f->parents.v[p], &values, &null);
        if (!st && !null) st = add_key(f, values, 0, &f->key_of[p]);
    }
    return st;
}

/* ---- the statement */

typedef struct keyed { /* a statement for `n` keys */
    cm_node *stmt;
    cm_objs binds; /* n * nkey, in the order of the walk; held by the statement */
    size_t n;
} keyed;

static void keyed_dispose(cm_ctx *cx, keyed *k) {
    cm_node_release(cx, k->stmt);
    cm_objs_free(cx, &k->binds);
    *k = (keyed){0};
}

static cm_status add_bind(follow *f, keyed *k, const cm_type *type, cm_node **out) {
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED | CM_FLAG_UNIQUE, .type = type, .name = "primary_keys", .name_n = 12};
    cm_status st = cm_node_make(f->cx, &spec, out);
    if (!st && (st = cm_objs_add(f->cx, &k->binds, *out))) {
        cm_node_release(f->cx, *out);
        *out = NULL;
    }
    return st;
}

static void release_nodes(cm_ctx *cx, cm_objs *list) {
    for (size_t i = 0; i < list->n; i++) cm_node_release(cx, list->v[i]);
    cm_objs_free(cx, list);
}

/* Adds a node to a list that holds it; takes the reference. */
static cm_status take(cm_ctx *cx, cm_objs *list, cm_node *take_node) {
    cm_status st = cm_objs_add(cx, list, take_node);
    if (st) cm_node_release(cx, take_node);
    return st;
}

/* column IN (?, ?, ...) */
static cm_status in_condition(follow *f, keyed *k, cm_node *column, cm_node **out) {
    cm_objs binds = {0};
    cm_node *tuple = NULL;
    cm_status st = CM_OK;
    for (size_t i = 0; i < k->n && !st; i++) {
        cm_node *bind = NULL;
        st = add_bind(f, k, column->type, &bind);
        if (!st) st = take(f->cx, &binds, bind);
    }
    cm_node *const *const segments[1] = {(cm_node *const *)(void *)binds.v};
    const size_t counts[1] = {binds.n};
    cm_node_spec spec = {.kind = CM_N_TUPLE, .op = CM_OP_COMMA, .segments = segments, .counts = counts};
    if (!st) st = cm_node_make(f->cx, &spec, &tuple);
    if (!st) st = cm_expr_binary(f->cx, CM_OP_IN, column, tuple, out);
    cm_node_release(f->cx, tuple);
    release_nodes(f->cx, &binds);
    return st;
}

/* (a = ? AND b = ?) OR (a = ? AND b = ?) ... */
static cm_status or_condition(follow *f, keyed *k, const cm_objs *columns, cm_node **out) {
    cm_objs rows = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; i < k->n && !st; i++) {
        cm_objs terms = {0};
        cm_node *row = NULL;
        for (size_t c = 0; c < columns->n && !st; c++) {
            cm_node *bind = NULL, *term = NULL, *column = columns->v[c];
            st = add_bind(f, k, column->type, &bind);
            if (!st) st = cm_expr_binary(f->cx, CM_OP_EQ, column, bind, &term);
            if (!st) st = take(f->cx, &terms, term);
            cm_node_release(f->cx, bind);
        }
        if (!st) st = cm_node__and(f->cx, (cm_node *const *)(void *)terms.v, terms.n, &row);
        if (!st) st = take(f->cx, &rows, row);
        release_nodes(f->cx, &terms);
    }
    if (!st) st = cm_expr_all_of(f->cx, CM_OP_OR, (cm_node *const *)(void *)rows.v, rows.n, out);
    release_nodes(f->cx, &rows);
    return st;
}

typedef struct parts { /* of the statement; nodes held */
    cm_objs columns, from, where, order;
} parts;

/* FROM users AS users_1 JOIN things ON ...: for conditions that are no plain equality. */
static cm_status through_parent(follow *f, parts *p, cm_objs *keys) {
    const cm_relation *r = f->r;
    cm_node *parent = NULL, *primary = NULL, *second = NULL, *join = NULL, *inner = NULL;
    cm_status st = cm_entity__alias(f->cx, r->parent, &parent);
    if (!st) st = cm_relation__on(f->cx, r, parent, f->target, r->secondary ? r->secondary->node : NULL, &primary, &second);
    if (!st && second) {
        st = cm_node__join(f->cx, cm_entity__from(parent), r->secondary->node, primary, 0, &inner);
        if (!st) st = cm_node__join(f->cx, inner, cm_entity__from(f->target), second, 0, &join);
    } else if (!st) {
        st = cm_node__join(f->cx, cm_entity__from(parent), cm_entity__from(f->target), primary, 0, &join);
    }
    if (!st) st = take(f->cx, &p->from, join);
    for (uint32_t i = 0; i < f->nkey && !st; i++) {
        cm_node *column = NULL;
        st = cm_entity__column(f->cx, parent, f->key_columns[i], &column);
        if (!st) st = take(f->cx, keys, column);
    }
    cm_node_release(f->cx, parent);
    cm_node_release(f->cx, primary);
    cm_node_release(f->cx, second);
    cm_node_release(f->cx, inner);
    return st;
}

/* FROM user_role JOIN roles ON roles.id = user_role.role_id */
static cm_status through_secondary(follow *f, parts *p) {
    cm_node *primary = NULL, *second = NULL, *join = NULL;
    cm_status st = cm_relation__on(f->cx, f->r, f->r->parent->entity, f->target, f->r->secondary->node, &primary, &second);
    if (!st) st = cm_node__join(f->cx, f->r->secondary->node, cm_entity__from(f->target), second, 0, &join);
    if (!st) st = take(f->cx, &p->from, join);
    cm_node_release(f->cx, primary);
    cm_node_release(f->cx, second);
    return st;
}

static cm_status key_expressions(follow *f, parts *p, cm_objs *keys) {
    const cm_relation *r = f->r;
    cm_status st = CM_OK;
    if (f->by_parent) return through_parent(f, p, keys);
    if (r->secondary) st = through_secondary(f, p);
    for (uint32_t i = 0; i < f->nkey && !st; i++) {
        cm_node *column = NULL;
        if (r->secondary) cm_node_retain(f->cx, column = r->target_columns[i]->node);
        else if (f->by_get) st = cm_entity__attr_expr(f->cx, f->target, r->target->primary_key[i], &column);
        else st = cm_entity__column(f->cx, f->target, r->target_columns[i], &column);
        if (!st) st = take(f->cx, keys, column);
    }
    return st;
}

static cm_status fill_parts(follow *f, keyed *k, parts *p) {
    cm_objs keys = {0};
    cm_node *condition = NULL;
    cm_status st = key_expressions(f, p, &keys);
    for (size_t i = 0; i < keys.n && !st; i++) {
        cm_node_retain(f->cx, keys.v[i]);
        st = take(f->cx, &p->columns, keys.v[i]);
    }
    if (!st) {
        cm_node_retain(f->cx, f->target);
        st = take(f->cx, &p->columns, f->target);
    }
    if (!st) st = f->nkey == 1 ? in_condition(f, k, keys.v[0], &condition) : or_condition(f, k, &keys, &condition);
    if (!st) st = take(f->cx, &p->where, condition);
    release_nodes(f->cx, &keys);
    for (size_t i = 0; i < f->said.ncriteria && !st; i++) {
        cm_node *adapted = NULL;
        st = cm_relation__adapt(f->cx, f->r, f->target, f->said.criteria[i], &adapted);
        if (!st) st = take(f->cx, &p->where, adapted);
    }
    for (size_t i = 0; i < f->r->norder_by && !st && f->attr->uselist; i++) {
        cm_node *by = NULL;
        st = cm_relation__adapt(f->cx, f->r, f->target, f->r->order_by[i], &by);
        if (!st) st = take(f->cx, &p->order, by);
    }
    return st;
}

static cm_status build(follow *f, size_t n, keyed *k) {
    parts p = {0};
    k->n = n;
    cm_status st = fill_parts(f, k, &p);
    if (!st) {
        cm_node *const *segments[CM_SEG_MAX] = {0};
        size_t counts[CM_SEG_MAX] = {0};
        const struct {
            int segment;
            const cm_objs *list;
        } used[] = {{CM_SEG_COLUMNS, &p.columns}, {CM_SEG_FROM, &p.from}, {CM_SEG_WHERE, &p.where}, {CM_SEG_ORDER_BY, &p.order}};
        for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
            segments[used[i].segment] = (cm_node *const *)(void *)used[i].list->v;
            counts[used[i].segment] = used[i].list->n;
        }
        segments[CM_SEG_OPTIONS] = f->below.v;
        counts[CM_SEG_OPTIONS] = f->below.n;
        cm_node_spec spec = {.kind = CM_N_SELECT, .segments = segments, .counts = counts};
        st = cm_node_make(f->cx, &spec, &k->stmt);
    }
    release_nodes(f->cx, &p.columns);
    release_nodes(f->cx, &p.from);
    release_nodes(f->cx, &p.where);
    release_nodes(f->cx, &p.order);
    return st;
}

/* ---- running it */

/* Rows of one parent most often come together. */
static entry *entry_of_integer(follow *f, int64_t i) {
    if (f->last && f->last->i == i) return f->last;
    uintptr_t at = (uintptr_t)cm_map__get(&f->index, (uint64_t)i);
    return f->last = at ? &f->entries[at - 1] : NULL;
}

/* Key of a row, read like the parents' keys were. */
static cm_status entry_of_row(follow *f, const cm_value *row, entry **out) {
    void *values[MAX_KEYS] = {0};
    uint64_t hash;
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < f->nkey && !st; i++) {
        cm_value v = row[i];
        if (!cm_codec__is_plain(f->key_types[i]) && v.kind != CM_NULL)
            st = cm_codec__get(f->key_types[i])->decode(f->cx, f->key_types[i], &v, &f->run->codec);
        if (!st) st = f->run->host->decode(f->cx, f->key_types[i], &v, &values[i]);
    }
    if (!st) st = find_entry(f, values, 0, &hash, out);
    for (uint32_t i = 0; i < f->nkey; i++)
        if (values[i]) f->run->host->release(f->cx, values[i]);
    return st;
}

static cm_status take_child(cm_load_run *run, void *user, const cm_value *row, cm_inst *inst) {
    follow *f = user;
    entry *e = NULL;
    f->repeats |= run->plan && run->plan->needs_unique;
    if (!inst) return CM_OK;
    cm_status st = CM_OK;
    if (!f->ints) st = entry_of_row(f, row, &e);
    else if (row->kind == CM_INT) e = entry_of_integer(f, row->u.i);
    if (st || !e) return st;
    void *object = cm_inst__object(run, inst);
    st = cm_objs_add(run->cx, &e->children, object);
    if (!st) run->host->retain(run->cx, object);
    return st;
}

static size_t next_power(size_t n) {
    size_t p = 1;
    while (p < n) p *= 2;
    return p;
}

/* Classes on the way to the relationship's target. */
static cm_status extend_path(follow *f, uint32_t group, cm_mapper ***out, size_t *n) {
    const cm_load_request *q = f->run->request;
    size_t depth = 0;
    for (int g = (int)group; g >= 0; g = f->run->plan->groups[g].parent) depth++;
    cm_mapper **path = cm_arena__alloc(&f->run->arena, (q->npath + depth) * sizeof *path);
    if (!path) return cm__nomem(f->cx);
    if (q->npath) memcpy(path, q->path, q->npath * sizeof *path);
    *n = q->npath + depth;
    size_t at = *n;
    for (int g = (int)group; g >= 0; g = f->run->plan->groups[g].parent) path[--at] = f->run->plan->groups[g].mapper;
    *out = path;
    return CM_OK;
}

/* One batch: keys first..first+n of the set. */
static cm_status run_batch(follow *f, const keyed *k, size_t first, size_t n, cm_load_request *q) {
    const size_t nbinds = k->n * f->nkey;
    cm_arena a;
    cm_arena__init(&a, f->cx);
    void **values = cm_arena__alloc(&a, nbinds * sizeof *values);
    cm_value *raw = f->ints ? cm_arena__alloc(&a, nbinds * sizeof *raw) : NULL;
    cm_status st = values && (raw || !f->ints) ? CM_OK : cm__nomem(f->cx);
    for (size_t i = 0; i < k->n && !st; i++) {
        const entry *e = &f->entries[first + (i < n ? i : n - 1)];
        if (raw) raw[i] = (cm_value){.kind = CM_INT, .u.i = e->i};
        for (uint32_t c = 0; c < f->nkey && !raw; c++) values[i * f->nkey + c] = e->values[c];
    }
    const cm_load_keys keys = {.binds = (cm_node *const *)(void *)k->binds.v, .values = values, .raw = raw, .n = nbinds};
    cm_objs out = {0};
    q->stmt = k->stmt;
    q->keys = &keys;
    if (!st) st = cm_load__run(f->cx, f->run->s, q, &out, NULL, NULL);
    for (size_t i = 0; i < out.n && !st; i++) {
        st = cm_objs_add(f->cx, &f->held, out.v[i]);
        if (!st) out.v[i] = NULL; /* moved */
    }
    cm_load__release(f->cx, &out);
    cm_arena__dispose(&a);
    return st;
}

static cm_status run_all(follow *f, uint32_t group) {
    const size_t batch = f->r->batch_size ? f->r->batch_size : BATCH;
    cm_load_request q = {.mapper = f->r->target, .populate_existing = f->run->request->populate_existing, .implicit = true, .via = f->attr};
    cm_mapper **path = NULL;
    keyed k = {0};
    cm_status st = extend_path(f, group, &path, &q.npath);
    q.path = path;
    if (!f->by_get) {
        q.sink = take_child;
        q.sink_user = f;
    }
    for (size_t at = 0; at < f->n && !st;) {
        const size_t n = f->n - at < batch ? f->n - at : batch, size = next_power(n);
        if (k.n != size) {
            keyed_dispose(f->cx, &k);
            st = build(f, size, &k);
        }
        if (!st) st = run_batch(f, &k, at, n, &q);
        at += n;
    }
    keyed_dispose(f->cx, &k);
    return st;
}

/* ---- by get: the identity map first */

static bool is_settled(const follow *f, const cm_inst *inst) {
    return inst && !(inst->flags & CM_INST_STALE) && f->below.n == 0 && !f->run->request->populate_existing;
}

static cm_status find_child(follow *f, const entry *e, cm_inst **out) {
    return cm_idmap__find(f->cx, f->run->s->idmap, f->r->target->root, e->values, f->nkey, out);
}

static cm_status hold_child(follow *f, entry *e, cm_inst *inst) {
    void *object = cm_inst__object(f->run, inst);
    cm_status st = e->children.n ? CM_OK : cm_objs_add(f->cx, &e->children, object);
    if (!st && e->children.n == 1 && e->children.v[0] == object) f->run->host->retain(f->cx, object);
    return st;
}

/* Loads the keys that nobody has yet, in a set of their own. */
static cm_status run_by_get(follow *f, uint32_t group) {
    follow missing = *f;
    cm_status st = CM_OK;
    missing.entries = NULL;
    missing.n = missing.cap = 0;
    missing.index = (cm_map){0};
    missing.held = (cm_objs){0};
    for (size_t i = 0; i < f->n && !st; i++) {
        cm_inst *inst = NULL;
        st = find_child(f, &f->entries[i], &inst);
        if (st) break;
        if (inst) st = hold_child(f, &f->entries[i], inst);
        if (st || is_settled(f, inst)) continue;
        st = cm__grow(f->cx, &missing.entries, &missing.cap, missing.n + 1, sizeof *missing.entries);
        if (!st) missing.entries[missing.n++] = (entry){.values = f->entries[i].values};
    }
    if (!st && missing.n) st = run_all(&missing, group);
    for (size_t i = 0; i < f->n && !st; i++) {
        cm_inst *inst = NULL;
        if (f->entries[i].children.n) continue;
        st = find_child(f, &f->entries[i], &inst);
        if (!st && inst) st = hold_child(f, &f->entries[i], inst);
    }
    cm__free(f->cx, missing.entries);
    cm_load__release(f->cx, &missing.held);
    return st;
}

/* ---- storing */

static cm_status store_list(follow *f, cm_inst *parent, const cm_attr *own, const cm_objs *children) {
    const cm_host *host = f->run->host;
    void *coll = NULL;
    cm_status st = host->coll_new(f->cx, parent, own, &coll);
    if (!st && children->n) st = host->coll_add(f->cx, coll, children->v, children->n);
    if (!st) return cm_inst__store_loaded_coll(f->cx, parent, own, coll, (cm_objs *)(uintptr_t)children);
    if (coll) host->release(f->cx, coll);
    return st;
}

static cm_status store(follow *f) {
    cm_objs none = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; f->repeats && i < f->n && !st; i++) st = cm_load__unique(f->cx, &f->entries[i].children);
    for (size_t p = 0; p < f->parents.n && !st; p++) {
        cm_inst *parent = f->parents.v[p];
        const cm_attr *own = cm_mapper__own_attr(parent->mapper, f->attr);
        const cm_objs *children = f->key_of[p] == CM_NOWHERE ? &none : &f->entries[f->key_of[p]].children;
        if (cm_inst__peek(f->cx, parent, own)) continue;
        if (f->attr->uselist) st = store_list(f, parent, own, children);
        else st = cm_inst__store(f->cx, parent, own, children->n ? children->v[0] : cm__none(f->cx));
    }
    return st;
}

/* ---- one relationship */

/* Parents that lack the attribute. One may come again where rows repeat it: the first time is the one that counts (store). */
static cm_status gather_parents(follow *f, const cm_objs *loaded) {
    void *last = NULL;
    cm_status st = CM_OK;
    for (size_t i = 0; i < loaded->n && !st; i++) {
        if (loaded->v[i] == last) continue;
        last = loaded->v[i];
        cm_inst *inst = f->run->host->object_inst(f->cx, last);
        const cm_attr *own = inst ? cm_mapper__own_attr(inst->mapper, f->attr) : NULL;
        if (!own || own->kind != CM_ATTR_RELATION || inst->session != f->run->s || cm_inst__peek(f->cx, inst, own)) continue;
        st = cm_objs_add(f->cx, &f->parents, inst);
    }
    return st;
}

/* Parent columns in the order of the target's primary key, for loading by get. */
static cm_status order_for_get(follow *f) {
    const cm_relation *r = f->r;
    cm_column **ordered = cm_arena__alloc(&f->run->arena, r->npairs * sizeof *ordered);
    if (!ordered) return cm__nomem(f->cx);
    for (size_t i = 0; i < r->npairs; i++)
        for (size_t k = 0; k < r->target->nprimary_key; k++)
            if (cm_mapper__column_attr(r->target, r->target_columns[i]) == r->target->primary_key[k]) ordered[k] = r->parent_columns[i];
    f->key_columns = ordered;
    return CM_OK;
}

/* Whether with_loader_criteria() may leave out what the identity map has. */
static bool is_narrowed(const follow *f) {
    for (size_t i = 0; i < f->below.n; i++) {
        const cm_node *named = f->below.v[i]->kind == CM_N_CRITERIA ? f->below.v[i]->u.k.kid[0] : NULL;
        const cm_mapper *m = named ? cm_entity__mapper(named) : NULL;
        if (m && (cm_mapper__isa(m, f->r->target) || cm_mapper__isa(f->r->target, m))) return true;
    }
    return f->said.ncriteria > 0;
}

static cm_status choose_key(follow *f) {
    const cm_relation *r = f->r;
    const cm_mapper *m = r->parent;
    cm_status st = CM_OK;
    f->by_get = r->use_get && !is_narrowed(f) && f->target == cm_relation__entity(r);
    f->by_parent = !f->by_get && !r->simple_equality;
    if (f->by_parent) {
        cm_column **keys = cm_arena__alloc(&f->run->arena, m->nprimary_key * sizeof *keys);
        if (!keys) return cm__nomem(f->cx);
        for (size_t i = 0; i < m->nprimary_key; i++) keys[i] = m->primary_key[i]->column;
        f->key_columns = keys;
        f->nkey = (uint32_t)m->nprimary_key;
    } else {
        f->key_columns = r->parent_columns;
        f->nkey = (uint32_t)r->npairs;
        if (f->by_get) st = order_for_get(f);
    }
    if (!st && f->nkey > MAX_KEYS)
        st = cm__fail(f->cx, CM_E_UNSUPPORTED, "relationship %s.%s has more than %d key columns", cm_str_text(m->name),
                      cm_str_text(f->attr->key), MAX_KEYS);
    for (uint32_t i = 0; i < f->nkey && !st; i++) f->key_types[i] = f->key_columns[i]->type;
    f->ints = !st && !f->by_get && f->nkey == 1 && m->int_key && cm_mapper__column_attr(m, f->key_columns[0]) == m->primary_key[0];
    return st;
}

/* For the instances of one group of a row, under the options in force there; CM_NOWHERE: of no row. */
static cm_status follow_one(cm_load_run *run, uint32_t group, const cm_attr *attr, cm_opts level, const cm_objs *owners) {
    follow f = {.run = run, .cx = run->cx, .attr = attr, .r = attr->relation};
    f.said = cm_opts__relation(level, attr);
    f.target = cm_rel_opt__target(&f.said, f.r);
    cm_status st = cm_opts__below(run->cx, &run->arena, level, attr, &f.below);
    if (!st) st = choose_key(&f);
    if (!st) st = gather_parents(&f, owners);
    if (!st && f.parents.n) {
        st = gather_keys(&f);
        if (!st && f.n) st = f.by_get ? run_by_get(&f, group) : run_all(&f, group);
        if (!st) st = store(&f);
    }
    follow_dispose(&f);
    return st;
}

cm_status cm_follow__all(cm_load_run *run) {
    const cm_row_plan *p = run->plan;
    cm_status st = CM_OK;
    for (uint32_t g = 0; g < p->ngroups && !st; g++)
        for (uint32_t i = 0; i < p->groups[g].nfollows && !st; i++)
            st = follow_one(run, g, p->groups[g].follows[i].attr, run->opts[g], &run->loaded[g]);
    return st;
}

cm_status cm_load__relation(cm_ctx *cx, cm_session *s, const cm_attr *attr, const cm_objs *owners) {
    cm_mapper *path[1] = {attr->mapper};
    const cm_load_request q = {.path = path, .npath = 1};
    cm_load_run run = {.cx = cx, .s = s, .host = cm__host(cx), .request = &q};
    const cm_opts none = {0};
    cm_load__begin(&run);
    cm_status st = follow_one(&run, CM_NOWHERE, attr, none, owners);
    cm_load__dispose(&run);
    return st;
}
