/* get.c: one instance by its key: session.get, refresh, and reading again what expired.
 *
 * Each mapper keeps one statement, select(Entity).where(pk = ?), whose keys are BIND nodes without values; a get is a look
 * into the identity map, else a plan lookup and a flight. Expired instances are read by the same statement: what they
 * still hold is left alone, what they lack is filled in.
 */
#include "load/load.h"

#include <stdio.h>

const char *cm_inst__place(cm_ctx *cx, cm_inst *inst, char *buffer, size_t n) {
    snprintf(buffer, n, "<%s at 0x%llx>", cm_str_text(inst->mapper->name), (unsigned long long)(uintptr_t)cm__host(cx)->inst_object(inst));
    return buffer;
}

void cm_keyed__free(cm_ctx *cx, cm_keyed_stmt *k) {
    if (!k) return;
    cm_node_release(cx, k->stmt);
    cm_objs_free(cx, &k->binds);
    cm_objs_free(cx, &k->columns);
    cm_key_part__dispose(cx, &k->part);
    cm__free(cx, k);
}

void cm_load__mapper_free(cm_ctx *cx, cm_mapper *m) {
    cm_keyed__free(cx, m->load_cache);
    m->load_cache = NULL;
}

cm_node *cm_load__cached(const void *load_cache) { return load_cache ? ((const cm_keyed_stmt *)load_cache)->stmt : NULL; }

/* pk = ? for one key attribute */
static cm_status key_term(cm_ctx *cx, const cm_attr *attr, cm_keyed_stmt *k, cm_node **out) {
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED | CM_FLAG_UNIQUE, .type = attr->type, .name = "pk", .name_n = 2};
    cm_node *bind = NULL;
    cm_status st = cm_node_make(cx, &spec, &bind);
    if (!st) st = cm_expr_binary(cx, CM_OP_EQ, attr->node, bind, out);
    if (!st) st = cm_objs_add(cx, &k->binds, bind);
    if (!st) st = cm_objs_add(cx, &k->columns, attr->column);
    cm_node_release(cx, bind);
    return st;
}

static cm_status build_get(cm_ctx *cx, cm_mapper *m, cm_keyed_stmt *k) {
    cm_node *terms[16] = {0}, *select = NULL;
    cm_status st = CM_OK;
    if (m->nprimary_key > 16) return cm__fail(cx, CM_E_UNSUPPORTED, "the primary key of %s has more than 16 columns", cm_str_text(m->name));
    for (size_t i = 0; i < m->nprimary_key && !st; i++) st = key_term(cx, m->primary_key[i], k, &terms[i]);
    if (!st) st = cm_select(cx, &m->entity, 1, &select);
    if (!st) st = cm_node_append(cx, select, CM_SEG_WHERE, terms, m->nprimary_key, &k->stmt);
    cm_node_release(cx, select);
    for (size_t i = 0; i < m->nprimary_key; i++) cm_node_release(cx, terms[i]);
    return st;
}

cm_status cm_load__get_stmt(cm_ctx *cx, cm_mapper *m, cm_keyed_stmt **out) {
    cm_status st = CM_OK;
    *out = m->load_cache;
    if (*out) return CM_OK;
    cm_keyed_stmt *k = cm__alloc(cx, sizeof *k);
    if (!k) return CM_E_NOMEM;
    st = build_get(cx, m, k);
    if (st) cm_keyed__free(cx, k);
    else *out = m->load_cache = k;
    return st;
}

cm_status cm_load__with_options(cm_ctx *cx, cm_node *stmt, cm_opts options, cm_node **out) {
    if (options.n) return cm_node_append(cx, stmt, CM_SEG_OPTIONS, options.v, options.n, out);
    cm_node_retain(cx, *out = stmt);
    return CM_OK;
}

/* Runs the mapper's statement for one key; q: all but statement and keys. *out: a new reference, NULL when there is no such row. */
static cm_status load_by_key(cm_ctx *cx, cm_session *s, const cm_load_request *q, void *const *key, cm_opts options, cm_inst **out) {
    cm_mapper *m = q->mapper;
    cm_keyed_stmt *k = NULL;
    cm_node *stmt = NULL;
    cm_objs rows = {0};
    *out = NULL;
    cm_status st = cm_load__get_stmt(cx, m, &k);
    if (!st) st = cm_load__with_options(cx, k->stmt, options, &stmt);
    if (!st) {
        cm_key_part *part = stmt == k->stmt ? &k->part : NULL;
        const cm_load_keys keys = {.binds = (cm_node *const *)(void *)k->binds.v, .values = key, .n = k->binds.n, .part = part};
        cm_load_request complete = *q;
        complete.stmt = stmt;
        complete.keys = &keys;
        st = cm_load__run(cx, s, &complete, &rows, NULL, NULL);
    }
    for (size_t i = 0; !st && i < rows.n && !*out; i++) {
        cm_inst *inst = rows.v[i] == cm__none(cx) ? NULL : cm__host(cx)->object_inst(cx, rows.v[i]);
        if (!inst || (rows.n > 1 && inst->mapper->root != m->root)) continue; /* a concrete subclass may have the same key */
        *out = inst;
        rows.v[i] = NULL; /* the reference moves */
    }
    cm_load__release(cx, &rows);
    cm_node_release(cx, stmt);
    return st;
}

/* ---- get */

static cm_status wrong_count(cm_ctx *cx, const cm_mapper *m) {
    char names[512];
    size_t at = 0;
    names[0] = 0;
    for (size_t i = 0; i < m->nprimary_key && at + 1 < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s'%s'", i ? ", " : "", cm_str_text(m->primary_key[i]->key));
    return cm__fail(cx, CM_E_INVALID_REQUEST,
                    "Incorrect number of values in identifier to formulate primary key for session.get(); primary key columns are %s",
                    names);
}

/* What the identity map has: read again when it expired. *gone: it is there, but its row is not, or it is of another class. */
static cm_status from_identity_map(cm_ctx *cx, cm_session *s, cm_mapper *m, void *const *key, size_t n, cm_inst **out, bool *gone) {
    const cm_host *host = cm__host(cx);
    cm_inst *inst = NULL;
    bool found = true;
    *gone = false;
    cm_status st = cm_idmap__find(cx, s->idmap, m->root, key, n, &inst);
    if (st || !inst) return st;
    if (!cm_mapper__isa(inst->mapper, m)) {
        *gone = true;
        return CM_OK;
    }
    void *object = host->inst_object(inst);
    host->retain(cx, object);
    if (inst->flags & CM_INST_STALE) st = cm_session__autoflush(cx, s);
    if (!st && (inst->flags & CM_INST_STALE)) st = cm_load__refresh(cx, s, inst, NULL, 0, &found);
    if (!st && found) {
        *out = inst;
        return CM_OK;
    }
    *gone = !st;
    host->release(cx, object);
    return st;
}

cm_inst *cm_session_held(cm_ctx *cx, cm_session *s, const cm_mapper *m, int64_t key) {
    if (!m->int_key) return NULL;
    cm_inst *inst = cm_idmap__find_int(cx, s->idmap, m->root, key);
    return inst && !(inst->flags & CM_INST_STALE) && cm_mapper__isa(inst->mapper, m) ? inst : NULL;
}

cm_status cm_load__get(cm_ctx *cx, cm_session *s, cm_mapper *m, void *const *key, size_t n, cm_node *const *options, size_t noptions,
                       bool populate_existing, cm_inst **out) {
    const cm_opts given = {options, noptions, 0};
    const cm_load_request q = {.mapper = m, .populate_existing = populate_existing};
    bool gone = false;
    cm_status st = CM_OK;
    *out = NULL;
    s->cx = cx;
    if (n != m->nprimary_key) return wrong_count(cx, m);
    if (!populate_existing) st = from_identity_map(cx, s, m, key, n, out, &gone);
    if (st || *out || gone) return st;
    for (size_t i = 0; i < n; i++)
        if (key[i] == cm__none(cx)) return CM_OK;
    st = cm_session__autoflush(cx, s);
    return st ? st : load_by_key(cx, s, &q, key, given, out);
}

cm_status cm_load__get_below(cm_ctx *cx, cm_session *s, const cm_load_request *q, void *const *key, size_t n, cm_opts options,
                             cm_inst **out) {
    bool gone = false;
    *out = NULL;
    cm_status st = from_identity_map(cx, s, q->mapper, key, n, out, &gone);
    if (st || *out || gone) return st;
    st = cm_session__autoflush(cx, s);
    return st ? st : load_by_key(cx, s, q, key, options, out);
}

cm_status cm_session_get(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n, cm_inst **out) {
    return cm_load__get(cx, s, mapper, key, n, NULL, 0, false, out);
}

cm_status cm_session_get_with(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n, cm_node *const *options,
                              size_t noptions, bool populate, cm_inst **out) {
    return cm_load__get(cx, s, mapper, key, n, options, noptions, populate, out);
}

/* ---- refresh */

/* load_only(attrs) and no eager loading: exactly those columns. */
static cm_status only_options(cm_ctx *cx, const cm_attr *const *attrs, size_t n, cm_objs *out) {
    cm_objs nodes = {0};
    cm_node *only = NULL, *lazy = NULL;
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++)
        if (attrs[i]->kind != CM_ATTR_RELATION) st = cm_objs_add(cx, &nodes, attrs[i]->node);
    if (!st && nodes.n) {
        cm_node *const *const segments[2] = {NULL, (cm_node *const *)(void *)nodes.v};
        const size_t counts[2] = {0, nodes.n};
        const cm_node_spec wanted = {.kind = CM_N_OPTION, .op = CM_OP_LOAD_ONLY, .segments = segments, .counts = counts};
        const cm_node_spec others = {.kind = CM_N_OPTION, .op = CM_OP_LOAD_LAZY, .flags = CM_FLAG_WILDCARD};
        st = cm_node_make(cx, &wanted, &only);
        if (!st) st = cm_node_make(cx, &others, &lazy);
        if (!st) st = cm_objs_add(cx, out, only);
        if (!st) only = NULL, st = cm_objs_add(cx, out, lazy);
        if (!st) lazy = NULL;
    }
    cm_node_release(cx, only);
    cm_node_release(cx, lazy);
    cm_objs_free(cx, &nodes);
    return st;
}

static cm_status refresh_columns(cm_ctx *cx, cm_session *s, cm_inst *inst, cm_opts options, bool *found) {
    void *key[16] = {0};
    cm_inst *loaded = NULL;
    const cm_load_request q = {.mapper = inst->mapper, .implicit = true, .owner = inst};
    const size_t n = inst->mapper->nprimary_key;
    cm_status st =
        n > 16 ? cm__fail(cx, CM_E_UNSUPPORTED, "the primary key of %s has more than 16 columns", cm_str_text(inst->mapper->name)) : CM_OK;
    if (!st) st = cm_inst__key_values(cx, inst, key);
    inst->flags |= CM_INST_EXPIRED; /* whatever is unloaded is to be filled */
    if (!st) st = load_by_key(cx, s, &q, key, options, &loaded);
    *found = loaded == inst;
    if (loaded) cm__host(cx)->release(cx, cm__host(cx)->inst_object(loaded));
    for (size_t i = 0; i < n && i < 16; i++)
        if (key[i]) cm__host(cx)->release(cx, key[i]);
    return st;
}

/* A row is read again as mapped: options were for the statement. Criteria go with the instance, but for those of its own class:
 * it is there, whatever they say. */
static cm_status criteria_of_others(cm_ctx *cx, const cm_inst *inst, cm_objs *out) {
    const cm_opts opts = cm_inst__opts(inst);
    cm_status st = CM_OK;
    for (size_t i = 0; i < opts.nuniversal && !st; i++) {
        const cm_node *named = opts.v[i]->kind == CM_N_CRITERIA ? opts.v[i]->u.k.kid[0] : NULL;
        const cm_mapper *m = named ? cm_entity__mapper(named) : NULL;
        if (m && !cm_mapper__isa(m, inst->mapper) && !cm_mapper__isa(inst->mapper, m)) st = cm_objs_add(cx, out, opts.v[i]);
    }
    return st;
}

static bool names_columns(const cm_attr *const *attrs, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (attrs[i]->kind != CM_ATTR_RELATION) return true;
    return false;
}

cm_status cm_load__refresh(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n, bool *found) {
    cm_objs only = {0};
    cm_status st = CM_OK;
    *found = true;
    s->cx = cx;
    if (n == 0) {
        st = criteria_of_others(cx, inst, &only);
        if (!st) st = refresh_columns(cx, s, inst, (cm_opts){(cm_node *const *)(void *)only.v, only.n, only.n}, found);
        cm_objs_free(cx, &only);
        return st;
    }
    if (names_columns(attrs, n)) {
        const uint32_t was_expired = inst->flags & CM_INST_EXPIRED;
        st = only_options(cx, attrs, n, &only);
        if (!st) st = refresh_columns(cx, s, inst, (cm_opts){(cm_node *const *)(void *)only.v, only.n, 0}, found);
        inst->flags |= was_expired;
        for (size_t i = 0; i < only.n; i++) cm_node_release(cx, only.v[i]);
        cm_objs_free(cx, &only);
    }
    for (size_t i = 0; i < n && !st && *found; i++) { /* relationships are read only when they are named */
        void *value = NULL;
        if (attrs[i]->kind != CM_ATTR_RELATION) continue;
        st = cm_load__attr(cx, inst, attrs[i], true, &value);
        if (!st && value) cm__host(cx)->release(cx, value);
    }
    return st;
}
