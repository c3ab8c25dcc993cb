/* textual.c: select(User).from_statement(...): the program's own statement, read as entities.
 *
 * What its columns are is known when it runs: each attribute is found by the column it was selected from (a SELECT, or
 * text().columns(User.id, ...)), else by its name, plain or as table_column. The row plan is made anew for each run.
 */
#include "load/load.h"

#include <stdio.h>
#include <string.h>

typedef struct textual {
    cm_load_run *run;
    cm_node *stmt;       /* FROM_STATEMENT */
    void *const *params; /* a mapping for each set */
    size_t nsets;
    const cm_compiled *compiled;
    cm_row_plan *plan; /* made when the columns are known */
} textual;

typedef struct result_columns {
    const textual *t;
    cm_node *const *declared;
    size_t ndeclared; /* text().columns() */
    const char *(*name)(cm_dstmt *, size_t);
    cm_dstmt *stmt;
    size_t n;
} result_columns;

static bool is_named(const char *name, const cm_attr *attr) {
    char qualified[512];
    if (!name) return false;
    if (!attr->column) return strcmp(name, cm_str_text(attr->key)) == 0;
    const char *column = cm_str_text(attr->column->name);
    if (strcmp(name, column) == 0) return true;
    snprintf(qualified, sizeof qualified, "%s_%s", cm_table_name(attr->column->table), column);
    return strcmp(name, qualified) == 0;
}

static const cm_node *selected_as(const result_columns *c, size_t i) {
    if (i < c->ndeclared) return c->declared[i];
    return i < c->t->compiled->ncolumns ? c->t->compiled->columns[i].node : NULL;
}

static uint32_t find_column(const result_columns *c, const cm_attr *attr, cm_node *expr) {
    for (size_t i = 0; i < c->n; i++) {
        const cm_node *node = selected_as(c, i);
        if (node && node->kind == CM_N_LABEL) node = node->u.n.kid;
        if (node && cm_node__same_column(node, expr)) return (uint32_t)i;
    }
    for (size_t i = 0; i < c->n; i++)
        if (is_named(c->name(c->stmt, i), attr)) return (uint32_t)i;
    return CM_NOWHERE;
}

static cm_status find_attr(cm_expansion *x, const result_columns *c, const cm_load_entity *e, const cm_attr *attr, uint32_t *pos) {
    cm_node *expr = NULL;
    *pos = CM_NOWHERE;
    if (attr->kind == CM_ATTR_RELATION) return CM_OK;
    cm_status st = cm_entity__attr_expr(x->cx, e->entity, attr, &expr);
    if (!st) *pos = find_column(c, attr, expr);
    cm_node_release(x->cx, expr);
    return st;
}

static cm_status read_entity(cm_expansion *x, const result_columns *c, cm_node *entity) {
    cm_load_entity *e = cm_arena__alloc(x->arena, sizeof *e);
    if (!e) return cm__nomem(x->cx);
    const cm_mapper *m = cm_entity__mapper(entity);
    cm_status st = cm_opts__for_entity(x->cx, x->arena, x->opts, entity, &e->opts);
    *e = (cm_load_entity){.mapper = cm_entity__mapper(entity),
                          .entity = entity,
                          .opts = e->opts,
                          .output = true,
                          .discriminator = CM_NOWHERE,
                          .index = x->nentities++};
    if (x->last) x->last->next = e;
    else x->first = e;
    x->last = e;
    for (size_t i = 0; i < m->nattrs && !st; i++) {
        uint32_t pos;
        st = find_attr(x, c, e, m->attrs[i], &pos);
        if (st || pos == CM_NOWHERE) continue;
        st = cm__grow(x->cx, &e->columns, &e->cap, e->n + 1u, sizeof *e->columns);
        if (!st) e->columns[e->n++] = (struct cm_load_column){m->attrs[i], pos};
        if (m->attrs[i] == m->polymorphic_on && m->nchildren) e->discriminator = pos;
    }
    for (size_t i = 0; i < m->nprimary_key && !st && i < 16; i++) {
        st = find_attr(x, c, e, m->primary_key[i], &e->key_pos[i]);
        if (!st && e->key_pos[i] == CM_NOWHERE)
            st = cm__fail(x->cx, CM_E_NOT_FOUND, "Could not locate column in row for column '%s'", cm_str_text(m->primary_key[i]->key));
        e->nkey++;
    }
    if (!st) st = cm_expansion__relations(x, e);
    if (!st) st = cm__grow(x->cx, &x->items, &x->items_cap, x->nitems + 1, sizeof *x->items);
    if (!st) x->items[x->nitems++] = (struct cm_load_item){e, CM_NOWHERE, m->name};
    return st;
}

static cm_status read_value(cm_expansion *x, const result_columns *c, cm_node *node) {
    const cm_attr *attr = node->kind == CM_N_ATTR ? node->u.attr.attr : NULL;
    const cm_str *name = attr ? attr->key : node->kind == CM_N_COLUMN ? node->u.col.name : node->kind == CM_N_LABEL ? node->u.n.name : NULL;
    uint32_t pos = attr ? find_column(c, attr, node) : CM_NOWHERE;
    for (size_t i = 0; i < c->n && pos == CM_NOWHERE && name; i++) {
        const char *called = c->name(c->stmt, i);
        if (called && strcmp(called, cm_str_text(name)) == 0) pos = (uint32_t)i;
    }
    if (pos == CM_NOWHERE)
        return cm__fail(x->cx, CM_E_NOT_FOUND, "Could not locate column in row for column '%s'", name ? cm_str_text(name) : "?");
    cm_status st = cm__grow(x->cx, &x->items, &x->items_cap, x->nitems + 1, sizeof *x->items);
    if (!st) x->items[x->nitems++] = (struct cm_load_item){NULL, pos, (cm_str *)(uintptr_t)name};
    return st;
}

/* Types of values: those of the attributes asked for. */
static cm_status set_types(cm_ctx *cx, cm_row_plan *p, cm_node *const *asked, size_t nasked, size_t ncolumns) {
    p->ncolumns = (uint32_t)ncolumns;
    p->types = cm_arena__alloc(&p->arena, (ncolumns + 1) * sizeof *p->types);
    p->codec = cm_arena__alloc(&p->arena, (ncolumns + 1) * sizeof *p->codec);
    if (!p->types || !p->codec) return cm__nomem(cx);
    for (size_t i = 0; i < ncolumns; i++) p->types[i] = cm_type_basic(cx, CM_T_NULL);
    for (uint32_t i = 0; i < p->noutputs && i < nasked; i++)
        p->outputs[i].type = asked[i]->type ? asked[i]->type : cm_type_basic(cx, CM_T_NULL);
    p->values_only = false; /* positions are the statement's: rows are not decoded whole */
    return CM_OK;
}

static void expansion_free(cm_expansion *x) {
    for (cm_load_entity *e = x->first; e; e = e->next) {
        cm__free(x->cx, e->columns);
        cm__free(x->cx, e->follows);
    }
    cm__free(x->cx, x->items);
}

static cm_status make_plan(textual *t, result_columns *c) {
    cm_ctx *cx = t->run->cx;
    cm_expansion x = {.cx = cx, .arena = &t->run->arena, .stmt = t->stmt, .want_eager = true, .opts = cm_opts__of_statement(t->stmt)};
    size_t n = 0;
    cm_node *const *asked = cm_node_segment(t->stmt, 0, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = asked[i]->kind == CM_N_ENTITY ? read_entity(&x, c, asked[i]) : read_value(&x, c, asked[i]);
    if (!st) st = cm_row_plan__build(&x, &t->plan);
    if (!st) st = set_types(cx, t->plan, asked, n, c->n);
    expansion_free(&x);
    t->run->plan = t->plan;
    return st ? st : cm_load__prepare(t->run);
}

static cm_status on_columns(cm_ctx *cx, cm_flight *f, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt) {
    textual *t = f->user;
    result_columns c = {.t = t, .name = name, .stmt = stmt, .n = n};
    cm_node *kid = t->stmt->u.n.kid;
    (void)cx;
    if (kid->kind == CM_N_TEXT) c.declared = cm_node_segment(kid, 1, &c.ndeclared);
    return make_plan(t, &c);
}

static cm_status on_bind(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    textual *t = f->user;
    t->run->env.mapping = t->params ? t->params[set] : NULL;
    t->run->env.group = set;
    t->run->env.items_of = NULL;
    return cm_bind__values(cx, f->stmt, &t->run->env, values, scratch);
}

static cm_status on_row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, size_t n) {
    textual *t = f->user;
    (void)cx;
    (void)set;
    return cm_load__row(t->run, values, n);
}

static cm_status on_done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id) {
    textual *t = f->user;
    (void)set, (void)rows, (void)id;
    if (!f->bulk) cm_bind__release(cx, &t->run->env);
    return CM_OK;
}

static cm_status fly(textual *t, cm_conn *conn, cm_node *plain, const cm_keybuf *key, const cm_plan_terms *terms) {
    cm_flight flight = {.stmt = t->compiled,
                        .nsets = t->nsets,
                        .bind = on_bind,
                        .row = on_row,
                        .done = on_done,
                        .columns = on_columns,
                        .user = t,
                        .shown_as = plain};
    t->run->env = (cm_bind_env){.key = key, .conn = conn};
    return cm_conn__fly_rows(t->run->cx, conn, plain, terms, &flight);
}

cm_status cm_load__from_statement(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    const cm_load_request q = {.stmt = stmt, .mapping = nparams ? params[0] : NULL};
    cm_load_run run = {.cx = cx, .s = s, .host = cm__host(cx), .request = &q};
    textual t = {.run = &run, .stmt = stmt, .params = nparams ? params : NULL, .nsets = nparams ? nparams : 1};
    cm_keybuf key = {0};
    cm_names names = {0};
    cm_plan *plan = NULL;
    cm_conn *conn = NULL;
    cm_node *plain = NULL;
    cm_load__begin(&run);
    cm_status st = cm_nested__expand(cx, stmt->u.n.kid, &plain);
    if (!st && plain->kind == CM_N_SELECT) {
        const cm_expand_request request = {.stmt = plain, .shallow = true};
        cm_node *inner = plain;
        plain = NULL;
        st = cm_expand__select(cx, &request, &plain, NULL);
        cm_node_release(cx, inner);
    }
    if (!st) st = cm_session__conn(cx, s, NULL, stmt, &conn);
    if (!st) st = cm_names__collect(cx, plain, params, nparams, &names);
    const cm_plan_terms terms = {names.v, names.n, 0};
    if (!st) st = cm_conn__plan(cx, conn, plain, &key, &terms, &plan);
    if (!st) t.compiled = plan->compiled;
    if (!st) st = fly(&t, conn, plain, &key, &terms);
    if (!st) st = cm_load__end(&run);
    if (!st) st = cm_result__from_values(cx, t.plan->noutputs, t.plan->names, &run.out, out);
    cm_load__dispose(&run);
    cm_row_plan__free(cx, t.plan);
    cm_plan__release(cx, plan);
    cm_names__dispose(cx, &names);
    cm_key__dispose(cx, &key);
    cm_node_release(cx, plain);
    return st;
}
