/* polymorphic.c: the columns that subclasses add, read for all rows of a base class at once (selectin_polymorphic(),
 * polymorphic_load="selectin").
 *
 *   SELECT ... FROM people JOIN managers ON ... WHERE people.id IN (?, ?, ...)      one statement per subclass and 500 rows
 *
 * The rows meet their instances in the identity map, which take what they lack. Keys of several columns are read row by row.
 */
#include "load/load.h"

enum { BATCH = 500 };

static bool wanted_by_option(cm_opts opts, const cm_mapper *m) {
    for (size_t i = 0; i < opts.n; i++) {
        size_t n = 0;
        if (opts.v[i]->kind != CM_N_OPTION || opts.v[i]->op != CM_OP_LOAD_SELECTIN_POLYMORPHIC) continue;
        cm_node *const *classes = cm_node_segment(opts.v[i], 1, &n);
        for (size_t c = 0; c < n; c++)
            if (classes[c]->kind == CM_N_ENTITY && cm_entity__mapper(classes[c]) == m) return true;
    }
    return false;
}

bool cm_poly__wanted(cm_opts opts, const cm_mapper *m) { return m->selectin_load || wanted_by_option(opts, m); }

bool cm_poly__any(cm_opts opts, const cm_mapper *m) {
    for (size_t i = 0; i < m->nchildren; i++)
        if (cm_poly__wanted(opts, m->children[i]) || cm_poly__any(opts, m->children[i])) return true;
    return false;
}

/* WHERE pk IN (n binds) for one subclass. */
typedef struct batch {
    cm_node *stmt;
    cm_objs binds;
} batch;

static void batch_dispose(cm_ctx *cx, batch *b) {
    cm_node_release(cx, b->stmt);
    for (size_t i = 0; i < b->binds.n; i++) cm_node_release(cx, b->binds.v[i]);
    cm_objs_free(cx, &b->binds);
}

static cm_status batch_binds(cm_ctx *cx, const cm_attr *key, size_t n, batch *b) {
    const cm_node_spec spec = {
        .kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED | CM_FLAG_UNIQUE, .type = key->type, .name = "primary_keys", .name_n = 12};
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        cm_node *bind = NULL;
        st = cm_node_make(cx, &spec, &bind);
        if (!st && (st = cm_objs_add(cx, &b->binds, bind))) cm_node_release(cx, bind);
    }
    return st;
}

static cm_status batch_build(cm_ctx *cx, cm_mapper *m, size_t n, cm_opts options, batch *b) {
    cm_node *tuple = NULL, *condition = NULL, *select = NULL, *filtered = NULL;
    cm_status st = batch_binds(cx, m->primary_key[0], n, b);
    cm_node *const *const segments[1] = {(cm_node *const *)(void *)b->binds.v};
    const size_t counts[1] = {b->binds.n};
    const cm_node_spec spec = {.kind = CM_N_TUPLE, .op = CM_OP_COMMA, .segments = segments, .counts = counts};
    if (!st) st = cm_node_make(cx, &spec, &tuple);
    if (!st) st = cm_expr_binary(cx, CM_OP_IN, m->primary_key[0]->node, tuple, &condition);
    if (!st) st = cm_select(cx, &m->entity, 1, &select);
    if (!st) st = cm_node_append(cx, select, CM_SEG_WHERE, &condition, 1, &filtered);
    if (!st) st = cm_load__with_options(cx, filtered, options, &b->stmt);
    cm_node_release(cx, tuple);
    cm_node_release(cx, condition);
    cm_node_release(cx, select);
    cm_node_release(cx, filtered);
    return st;
}

static cm_status ignore_row(cm_load_run *run, void *user, const cm_value *row, cm_inst *inst) {
    (void)run;
    (void)user;
    (void)row;
    (void)inst;
    return CM_OK;
}

static size_t power_of_two(size_t n) {
    size_t size = 1;
    while (size < n) size *= 2;
    return size;
}

/* Keys of instances, the last repeated to fill up: batches of one size share a plan. */
static cm_status run_batch(cm_load_run *run, cm_mapper *m, cm_inst *const *insts, size_t n, cm_opts options) {
    const size_t size = power_of_two(n);
    cm_mapper *const path[1] = {m};
    batch b = {0};
    void **values = cm__alloc(run->cx, size * sizeof *values);
    if (!values) return CM_E_NOMEM;
    cm_status st = batch_build(run->cx, m, size, options, &b);
    size_t read = 0;
    for (; read < n && !st; read++) st = cm_inst__key_values(run->cx, insts[read], &values[read]);
    for (size_t i = n; i < size && !st; i++) values[i] = values[n - 1];
    if (!st) {
        const cm_load_keys keys = {.binds = (cm_node *const *)(void *)b.binds.v, .values = values, .n = size};
        const cm_load_request q = {
            .stmt = b.stmt, .mapper = m, .keys = &keys, .sink = ignore_row, .path = path, .npath = 1, .implicit = true};
        st = cm_load__run(run->cx, run->s, &q, NULL, NULL, NULL);
    }
    for (size_t i = 0; i < read; i++)
        if (values[i]) run->host->release(run->cx, values[i]);
    cm__free(run->cx, values);
    batch_dispose(run->cx, &b);
    return st;
}

static cm_status run_singly(cm_load_run *run, const cm_objs *insts) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < insts->n && !st; i++) {
        bool found = false;
        st = cm_load__refresh(run->cx, run->s, insts->v[i], NULL, 0, &found);
    }
    return st;
}

/* Instances of a class, or of its subclasses that nobody asked for, whose columns are not all there. */
static cm_status gather(cm_load_run *run, const cm_objs *loaded, const cm_mapper *m, cm_opts opts, cm_objs *out) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < loaded->n && !st; i++) {
        cm_inst *inst = run->host->object_inst(run->cx, loaded->v[i]);
        const cm_mapper *own = inst ? inst->mapper : NULL;
        while (own && own != m && !cm_poly__wanted(opts, own)) own = own->inherits;
        if (own == m && (inst->flags & CM_INST_PARTIAL)) st = cm_objs_add(run->cx, out, inst);
    }
    return st;
}

static cm_status load_class(cm_load_run *run, uint32_t group, cm_mapper *m) {
    const cm_opts opts = run->opts[group];
    cm_objs insts = {0};
    cm_status st = CM_OK;
    if (cm_poly__wanted(opts, m)) st = gather(run, &run->loaded[group], m, opts, &insts);
    if (!st && m->nprimary_key != 1) st = run_singly(run, &insts);
    for (size_t at = 0; at < insts.n && !st && m->nprimary_key == 1; at += BATCH) {
        const size_t n = insts.n - at < BATCH ? insts.n - at : BATCH;
        st = run_batch(run, m, (cm_inst *const *)(void *)(insts.v + at), n, opts);
    }
    cm_objs_free(run->cx, &insts);
    for (size_t i = 0; i < m->nchildren && !st; i++) st = load_class(run, group, m->children[i]);
    return st;
}

cm_status cm_poly__all(cm_load_run *run) {
    cm_status st = CM_OK;
    for (uint32_t g = 0; g < run->plan->ngroups && !st; g++) {
        cm_mapper *m = run->plan->groups[g].mapper;
        if (!run->plan->groups[g].polymorphic || !run->loaded[g].n) continue;
        for (size_t i = 0; i < m->nchildren && !st; i++) st = load_class(run, g, m->children[i]);
    }
    return st;
}
