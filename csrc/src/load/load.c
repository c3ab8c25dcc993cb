/* load.c: a statement's way to its rows.
 *
 *   key -> plan (found, or expanded and compiled now) -> flight -> rows (loader.c) -> collections -> follow-ups
 *
 * A plan is shared by everything of the same shape, whatever its values. Loads that are repeated with other keys (get,
 * lazy loads, selectin) keep one statement whose keys are BIND nodes without values; the request says what stands for them.
 */
#include "load/load.h"

#include <string.h>

void cm_load__release(cm_ctx *cx, cm_objs *list) {
    const cm_host *host = cm__host(cx);
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i]) host->release(cx, list->v[i]);
    cm_objs_free(cx, list);
}

cm_status cm_load__unique(cm_ctx *cx, cm_objs *list) {
    cm_map seen = {0};
    size_t kept = 0;
    cm_status st = CM_OK;
    for (size_t i = 0; i < list->n; i++) {
        void *object = list->v[i];
        const bool repeated = !st && cm_map__get(&seen, cm__ptr_key(object));
        if (repeated) cm__host(cx)->release(cx, object);
        else list->v[kept++] = object;
        if (!st && !repeated) st = cm_map__put(cx, &seen, cm__ptr_key(object), object);
    }
    list->n = kept;
    cm_map__dispose(cx, &seen);
    return st;
}

/* ---- plans */

static cm_status add_session_words(cm_ctx *cx, cm_keybuf *key, const cm_load_request *q) {
    cm_status st = cm_key__word(cx, key, cx->env->generation);
    if (!st) st = cm_key__word(cx, key, q->npath);
    for (size_t i = 0; i < q->npath && !st; i++) st = cm_key__word(cx, key, q->path[i]->id);
    return st;
}

static cm_status compile(cm_ctx *cx, cm_conn *conn, const cm_load_request *q, const cm_keybuf *key, cm_plan **out) {
    const cm_expand_request expand = {
        .stmt = q->stmt, .eager = true, .path = q->path, .npath = q->npath, .program = !q->keys && !q->implicit};
    cm_engine *engine = cm_conn__engine(conn);
    const cm_schema_map *schemas = cm_conn__schemas(conn);
    cm_compile_request request = {.dialect = cm_engine__dialect(engine),
                                  .key = key,
                                  .params = CM_PARAM_DIALECT,
                                  .render_postcompile = true,
                                  .for_execution = true,
                                  .lints = cm_engine__lints(engine),
                                  .host_dialect = cm_engine__host_dialect(engine),
                                  .schema_map = schemas ? schemas->pairs : NULL};
    cm_node *plain = NULL;
    cm_row_plan *rows = NULL;
    cm_compiled *compiled = NULL;
    cm_status st = cm_expand__select(cx, &expand, &plain, &rows);
    if (!st) st = cm_sql__compile(cx, plain, &request, &compiled);
    if (!st) st = cm_row_plan__finish(cx, rows, compiled);
    if (!st) {
        st = cm_plan__add(cx, engine, key, compiled, rows, cm_row_plan__free, out);
        compiled = NULL;
        rows = NULL;
    }
    cm_node_release(cx, plain);
    cm_row_plan__free(cx, rows);
    cm_compiled_free(cx, compiled);
    return st;
}

cm_status cm_load__plan(cm_ctx *cx, cm_conn *conn, const cm_load_request *q, cm_keybuf *key, cm_plan **out) {
    key->whole_lists = (cm_engine__dialect(cm_conn__engine(conn))->features & CM_F_ARRAY_IN) != 0;
    cm_status st = add_session_words(cx, key, q);
    if (!st) st = q->keys && q->keys->part ? cm_key__add_again(cx, key, q->stmt, q->keys->part) : cm_key__add(cx, key, q->stmt);
    if (!st) st = cm_schema_map__key(cx, key, cm_conn__schemas(conn));
    if (st) return st;
    if (!key->uncacheable && (*out = cm_plan__find(cm_conn__engine(conn), key))) return CM_OK;
    return compile(cx, conn, q, key, out);
}

/* ---- binding */

/* Which parameter takes which key value. Keys' binds stand side by side in the walk. */
static cm_status map_keys(cm_load_run *run, const cm_keybuf *key) {
    const cm_load_keys *keys = run->request->keys;
    const cm_compiled *c = run->compiled;
    if (!keys || !c->nparams) return CM_OK;
    run->key_of_param = cm_arena__alloc(&run->arena, c->nparams * sizeof *run->key_of_param);
    if (!run->key_of_param) return cm__nomem(run->cx);
    for (size_t i = 0; i < c->nparams; i++) {
        const cm_param *p = &c->params[i];
        run->key_of_param[i] = CM_NOWHERE;
        if (p->source != CM_SRC_BIND) continue;
        const cm_node *bind = p->ordinal != UINT32_MAX && p->ordinal < key->nbinds ? key->binds[p->ordinal] : p->node;
        size_t guess = i < keys->n ? i : keys->n - 1; /* parameters mostly come in the keys' order */
        for (size_t k = 0; k < keys->n; k++) {
            size_t at = (guess + k) % keys->n;
            if (keys->binds[at] != bind) continue;
            run->key_of_param[i] = (uint32_t)at;
            break;
        }
    }
    return CM_OK;
}

static cm_status bind_values(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    cm_load_run *run = f->user;
    const cm_load_keys *keys = run->request->keys;
    cm_status st = CM_OK;
    (void)set;
    if (!run->key_of_param) return cm_bind__values(cx, f->stmt, &run->env, values, scratch);
    for (size_t i = 0; i < f->stmt->nparams && !st; i++) {
        const uint32_t k = run->key_of_param[i];
        const cm_type *type = f->stmt->params[i].type;
        if (k == CM_NOWHERE) st = cm_bind__value(cx, f->stmt, &run->env, i, &values[i], scratch);
        else if (keys->raw) values[i] = keys->raw[k];
        else st = run->host->encode(cx, type ? type : cm_type_basic(cx, CM_T_NULL), keys->values[k], scratch, &values[i]);
    }
    return st;
}

/* ---- running */

static cm_status on_row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, size_t n) {
    (void)cx;
    (void)set;
    return cm_load__row(f->user, values, n);
}

/* Options in force for each group, for instances that remember them and for follow-ups. */
static cm_status resolve_options(cm_load_run *run) {
    const cm_row_plan *p = run->plan;
    const cm_opts all = cm_opts__of_statement(run->request->stmt);
    cm_status st = CM_OK;
    if (!p->has_sticky && !p->has_follows) return CM_OK;
    run->opts = cm_arena__alloc(&run->arena, p->ngroups * sizeof *run->opts);
    if (!run->opts) return cm__nomem(run->cx);
    for (uint32_t i = 0; i < p->ngroups && !st; i++) {
        const cm_group *g = &p->groups[i];
        if (g->parent >= 0) st = cm_opts__below(run->cx, &run->arena, run->opts[g->parent], g->via, &run->opts[i]);
        else st = cm_opts__for_entity(run->cx, &run->arena, all, g->entity ? g->entity : g->mapper->entity, &run->opts[i]);
    }
    return st;
}

static uint32_t widest_row(const cm_row_plan *p) {
    uint32_t n = 1;
    for (uint32_t g = 0; g < p->ngroups; g++)
        for (uint32_t s = 0; s < p->groups[g].nshapes; s++)
            if (p->groups[g].shapes[s].n > n) n = p->groups[g].shapes[s].n;
    return n;
}

void cm_load__begin(cm_load_run *run) {
    cm_arena__init(&run->arena, run->cx);
    cm_arena__init(&run->codec, run->cx);
}

cm_status cm_load__prepare(cm_load_run *run) {
    const size_t groups = run->plan->ngroups ? run->plan->ngroups : 1, width = widest_row(run->plan);
    run->row = cm_arena__alloc(&run->arena, groups * sizeof *run->row);
    run->fresh = cm_arena__alloc(&run->arena, groups * sizeof *run->fresh);
    run->raw = cm_arena__alloc(&run->arena, width * sizeof *run->raw);
    run->decoded = cm_arena__alloc(&run->arena, width * sizeof *run->decoded);
    if (run->plan->nwords) run->words = cm_arena__alloc(&run->arena, run->plan->nwords * sizeof *run->words);
    if (run->plan->has_follows) run->loaded = cm_arena__alloc(&run->arena, groups * sizeof *run->loaded);
    if (run->plan->nwords && !run->words) return cm__nomem(run->cx);
    if (!run->row || !run->fresh || !run->raw || !run->decoded || (run->plan->has_follows && !run->loaded)) return cm__nomem(run->cx);
    cm_status st = cm_collect__init(run);
    return st ? st : resolve_options(run);
}

cm_status cm_load__end(cm_load_run *run) {
    cm_status st = cm_collect__finish(run);
    if (!st && run->plan->has_follows) st = cm_poly__all(run);
    return st || !run->plan->has_follows ? st : cm_follow__all(run);
}

void cm_load__dispose(cm_load_run *run) {
    if (run->plan) {
        cm_collect__dispose(run);
        for (uint32_t i = 0; run->words && i < run->plan->nwords; i++)
            if (run->words[i]) run->host->release(run->cx, run->words[i]);
        for (uint32_t i = 0; run->loaded && i < run->plan->ngroups; i++) cm_load__release(run->cx, &run->loaded[i]);
    }
    cm_load__release(run->cx, &run->out);
    cm_map__dispose(run->cx, &run->overwritten);
    cm_bind__release(run->cx, &run->env);
    cm_arena__dispose(&run->codec);
    cm_arena__dispose(&run->arena);
}

static cm_status fly(cm_load_run *run, cm_conn *conn, const cm_plan *plan, const cm_keybuf *key) {
    cm_flight flight = {
        .stmt = plan->compiled, .nsets = 1, .bind = bind_values, .row = on_row, .user = run, .shown_as = run->request->stmt};
    run->compiled = plan->compiled;
    run->plan = plan->extra;
    run->env = (cm_bind_env){.key = key, .mapping = run->request->mapping, .conn = conn};
    cm_status st = cm_load__prepare(run);
    if (!st) st = map_keys(run, key);
    return st ? st : cm_conn__fly(run->cx, conn, &flight);
}

static cm_status plan_and_fly(cm_load_run *run, cm_conn *conn, cm_plan **plan) {
    cm_keybuf key = cm_conn__take_key(conn);
    cm_conn__enter(conn);
    cm_status st = cm_load__plan(run->cx, conn, run->request, &key, plan);
    if (!st) st = fly(run, conn, *plan, &key);
    run->env.key = NULL;
    cm_conn__give_key(run->cx, conn, &key);
    cm_conn__leave(run->cx, conn);
    return st;
}

cm_status cm_load__fly(cm_ctx *cx, cm_session *s, const cm_load_request *q, cm_objs *out, size_t *nrows, cm_plan **plan) {
    cm_load_run run = {.cx = cx, .s = s, .host = cm__host(cx), .request = q};
    cm_plan *found = NULL;
    cm_conn *conn = NULL;
    cm_load__begin(&run);
    cm_status st = cm_session__conn(cx, s, q->mapper, q->stmt, &conn);
    if (!st) st = plan_and_fly(&run, conn, &found);
    if (!st) st = cm_load__end(&run);
    if (!st && out) {
        *out = run.out;
        run.out = (cm_objs){0};
    }
    if (nrows) *nrows = run.nrows;
    cm_load__dispose(&run);
    if (!st && plan) *plan = found;
    else cm_plan__release(cx, found);
    return st;
}

cm_status cm_load__run(cm_ctx *cx, cm_session *s, const cm_load_request *q, cm_objs *out, size_t *nrows, cm_plan **plan) {
    const bool told = q->implicit && (s->events >> CM_EV_IMPLICIT_LOAD & 1);
    return told ? cm_load__tell(cx, s, q, out, nrows, plan) : cm_load__fly(cx, s, q, out, nrows, plan);
}

/* ---- statements of the program */

cm_mapper *cm_load__first_mapper(const cm_node *stmt) {
    static const int where[] = {CM_SEG_COLUMNS, CM_SEG_FROM};
    for (size_t s = 0; s < sizeof where / sizeof *where; s++) {
        size_t n = 0;
        cm_node *const *items = cm_node_segment(stmt, where[s], &n);
        for (size_t i = 0; i < n; i++) {
            if (items[i]->kind == CM_N_ENTITY) return cm_entity__mapper(items[i]);
            if (items[i]->kind == CM_N_ATTR && items[i]->u.attr.entity) return cm_entity__mapper(items[i]->u.attr.entity);
        }
    }
    return NULL;
}

/* Columns only the database knows (text, *): the engine's own path, after the ORM's part is spelled out. */
static cm_status execute_dynamic(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    const cm_expand_request expand = {.stmt = stmt};
    cm_node *plain = NULL;
    cm_conn *conn = NULL;
    cm_status st = cm_expand__select(cx, &expand, &plain, NULL);
    if (!st) st = cm_session__conn(cx, s, cm_load__first_mapper(stmt), stmt, &conn);
    if (!st) st = cm_conn_execute(cx, conn, plain, params, nparams, out);
    cm_node_release(cx, plain);
    return st;
}

static bool is_dynamic(const cm_node *stmt) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    for (size_t i = 0; i < n; i++)
        if (items[i]->kind == CM_N_TEXT || items[i]->kind == CM_N_STAR) return true;
    return false;
}

bool cm_load__is_plain(const cm_node *stmt) { return stmt->kind == CM_N_SELECT && !is_dynamic(stmt); }

static cm_status execute_select(cm_ctx *cx, cm_session *s, cm_node *stmt, void *mapping, cm_result **out) {
    const cm_load_request q = {.stmt = stmt,
                               .mapping = mapping,
                               .mapper = cm_load__first_mapper(stmt),
                               .populate_existing = (stmt->flags & CM_FLAG_POPULATE_EXISTING) != 0};
    cm_objs values = {0};
    cm_plan *plan = NULL;
    size_t nrows = 0;
    cm_status st = cm_load__run(cx, s, &q, &values, &nrows, &plan);
    if (!st) {
        const cm_row_plan *p = plan->extra;
        st = cm_bundle__present(stmt) ? cm_bundle__result(cx, stmt, p, nrows, &values, out)
                                      : cm_result__from_values(cx, p->noutputs, p->names, &values, out);
        if (!st) cm_result__set_needs_unique(*out, p->needs_unique);
        if (!st && !p->values_only) cm_result__keep_rows(*out);
    }
    cm_load__release(cx, &values);
    cm_plan__release(cx, plan);
    return st;
}

cm_status cm_session_prepare(cm_ctx *cx, cm_session *s, cm_node *stmt) {
    const cm_load_request q = {.stmt = stmt, .mapper = cm_load__first_mapper(stmt)};
    cm_keybuf key = {0};
    cm_plan *plan = NULL;
    cm_conn *conn = NULL;
    s->cx = cx;
    if (stmt->kind != CM_N_SELECT || is_dynamic(stmt))
        return cm__fail(cx, CM_E_INVALID_REQUEST, "only a SELECT of entities and columns can be prepared");
    cm_status st = cm_session__conn(cx, s, q.mapper, stmt, &conn);
    if (!st) st = cm_load__plan(cx, conn, &q, &key, &plan);
    cm_key__dispose(cx, &key);
    cm_plan__release(cx, plan);
    return st;
}

cm_status cm_load__execute(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    *out = NULL;
    if (nparams > 1 && !(stmt->kind == CM_N_FROM_STATEMENT && stmt->u.n.kid->kind == CM_N_INSERT))
        return cm__fail(cx, CM_E_INVALID_REQUEST, "a SELECT takes one set of parameters");
    if (stmt->kind == CM_N_FROM_STATEMENT) return cm_load__from_statement(cx, s, stmt, params, nparams, out);
    if (stmt->kind == CM_N_SELECT && !is_dynamic(stmt)) return execute_select(cx, s, stmt, nparams ? params[0] : NULL, out);
    if (stmt->kind == CM_N_SELECT) return execute_dynamic(cx, s, stmt, params, nparams, out);
    cm_node *plain = NULL;
    cm_conn *conn = NULL;
    cm_status st = cm_nested__expand(cx, stmt, &plain);
    if (!st) st = cm_session__conn(cx, s, NULL, stmt, &conn);
    if (!st) st = cm_conn_execute(cx, conn, plain, params, nparams, out);
    cm_node_release(cx, plain);
    return st;
}

cm_status cm_statement_expand(cm_ctx *cx, cm_node *stmt, cm_node **out) {
    const cm_expand_request request = {.stmt = stmt, .eager = true};
    *out = NULL;
    if (stmt->kind == CM_N_FROM_STATEMENT) {
        cm_node_retain(cx, *out = stmt->u.n.kid);
        return CM_OK;
    }
    return stmt->kind == CM_N_SELECT ? cm_expand__select(cx, &request, out, NULL) : cm_nested__expand(cx, stmt, out);
}
