/* The compilation itself: its life, names for what has none, placeholders, and the entry points of sql.h and
 * cormorant.h. See compiler.h for who writes what. */
#include "sql/compiler.h"

static cm_status number_binds(cm_compiler *c) {
    const cm_keybuf *key = c->rq->key;
    for (size_t i = 0; key && i < key->nbinds; i++) {
        uint64_t id = cm__ptr_key(key->binds[i]);
        if (cm_map__get(&c->ordinals, id)) continue;
        cm_status st = cm_map__put(c->cx, &c->ordinals, id, (void *)(uintptr_t)(i + 1));
        if (st) return st;
    }
    return CM_OK;
}

cm_status cm_compiler__init(cm_compiler *c, cm_ctx *cx, const cm_compile_request *rq) {
    memset(c, 0, sizeof *c);
    c->cx = cx;
    c->rq = rq;
    c->d = rq->dialect ? rq->dialect : &cm__dialect_default;
    cm_buf__init(&c->b, cx);
    cm_arena__init(&c->arena, cx);
    return number_binds(c);
}

static void dispose_params(cm_ctx *cx, cm_param *params, size_t n) {
    for (size_t i = 0; i < n; i++) {
        cm_str_release(cx, params[i].name);
        if (params[i].type) cm_type_release(cx, params[i].type);
        cm_node_release(cx, params[i].node);
    }
    cm__free(cx, params);
}

static void dispose_columns(cm_ctx *cx, cm_out_column *columns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        cm_str_release(cx, columns[i].name);
        if (columns[i].type) cm_type_release(cx, columns[i].type);
        cm_node_release(cx, columns[i].node);
    }
    cm__free(cx, columns);
}

void cm_compiler__dispose(cm_compiler *c) {
    cm_ctx *cx = c->cx;
    dispose_params(cx, c->params, c->nparams);
    dispose_columns(cx, c->columns, c->ncolumns);
    for (size_t i = 0; i < c->nctes; i++) {
        cm__free(cx, c->ctes[i].sql);
        dispose_params(cx, c->ctes[i].params, c->ctes[i].nparams);
    }
    cm__free(cx, c->ctes);
    if (c->owned.n) cm__host(cx)->nodes_release(cx, (cm_node *const *)(void *)c->owned.v, c->owned.n);
    cm_objs_free(cx, &c->owned);
    cm_map__dispose(cx, &c->ordinals);
    cm_map__dispose(cx, &c->defaults);
    cm_map__dispose(cx, &c->names);
    cm_strmap__dispose(cx, &c->counters);
    cm_strmap__dispose(cx, &c->taken);
    if (c->table) cm_table_release(cx, c->table);
    cm_buf__dispose(&c->b);
    cm_arena__dispose(&c->arena);
}

static bool refers_to_binds(const cm_compiler *c) {
    for (size_t i = 0; i < c->nparams; i++)
        if (c->params[i].source == CM_SRC_BIND) return true;
    return false;
}

cm_status cm_compiler__finish(cm_compiler *c, cm_node *stmt, cm_compiled **out) {
    cm_ctx *cx = c->cx;
    cm_compiled *done = NULL;
    *out = NULL;
    cm_status st = c->b.failed || c->arena.failed ? CM_E_NOMEM : cm_compiler__number(c);
    if (st) return st;
    done = cm__alloc(cx, sizeof *done);
    if (!done) return CM_E_NOMEM;
    st = cm_buf__take(&c->b, &done->sql, &done->nsql);
    if (st) {
        cm__free(cx, done);
        return st;
    }
    cm__count(cx, CM_COUNT_COMPILED, 1);
    done->id = cm_serial(cx);
    done->flags = c->flags;
    if (stmt && !c->rq->key && refers_to_binds(c)) {
        cm_node_retain(cx, stmt);
        done->stmt = stmt;
    }
    done->params = c->params;
    done->nparams = c->nparams;
    done->columns = c->columns;
    done->ncolumns = c->ncolumns;
    done->table = c->table;
    c->params = NULL;
    c->columns = NULL;
    c->table = NULL;
    c->nparams = c->ncolumns = 0;
    *out = done;
    return CM_OK;
}

void cm_compiled_free(cm_ctx *cx, cm_compiled *compiled) {
    if (!compiled) return;
    dispose_params(cx, compiled->params, compiled->nparams);
    dispose_columns(cx, compiled->columns, compiled->ncolumns);
    if (compiled->table) cm_table_release(cx, compiled->table);
    cm_node_release(cx, compiled->stmt);
    cm__free(cx, compiled->sql);
    cm__free(cx, compiled);
    cm__count(cx, CM_COUNT_COMPILED, -1);
}

const char *cm_compiled_sql(const cm_compiled *compiled, size_t *n) {
    if (n) *n = compiled->nsql;
    return compiled->sql;
}

bool cm_compiled_param(const cm_compiled *compiled, size_t i, const char **name, cm_node **bind) {
    if (i >= compiled->nparams) return false;
    if (name) *name = compiled->params[i].name ? cm_str_text(compiled->params[i].name) : "";
    if (bind) *bind = compiled->params[i].node;
    return true;
}

int cm_compiled_target(const cm_compiled *c, cm_node **table, size_t *nwhere) {
    *table = c->table ? c->table->node : NULL;
    *nwhere = c->nwhere;
    return c->flags & CM_C_INSERT ? CM_N_INSERT : c->flags & CM_C_UPDATE ? CM_N_UPDATE : c->flags & CM_C_DELETE ? CM_N_DELETE : 0;
}

const cm_column *cm_compiled_column(const cm_compiled *c, size_t i) { return c->params && i < c->nparams ? c->params[i].column : NULL; }

/* ---- names */

uint64_t cm_compiler__identity(const cm_node *n) {
    n = cm__node_unalias((cm_node *)(uintptr_t)n);
    if (n->kind == CM_N_COLUMN && n->id) return cm__mix(n->id);
    if (n->kind == CM_N_PROXY && n->u.col.table) {
        const cm_str *s = n->u.col.name;
        if (!s) return n->u.col.ref ? cm__mix(cm__ptr_key(n->u.col.ref) ^ cm__ptr_key(n->u.col.table)) : cm__ptr_key(n);
        return cm__hash_bytes(cm_str_text(s), s->n, cm__ptr_key(n->u.col.table));
    }
    return cm__ptr_key(n);
}

bool cm_compiler__same(const cm_node *a, const cm_node *b) { return a == b || cm_compiler__identity(a) == cm_compiler__identity(b); }

/* Characters that would make an anonymous name need quotes become underscores. */
static char *clean_seed(cm_compiler *c, const char *seed, size_t n) {
    char *p = cm_arena__copy(&c->arena, seed, n);
    size_t to = 0;
    if (!p) return NULL;
    for (size_t i = 0; i < n; i++) {
        bool odd = strchr("%() $", p[i]) != NULL;
        if (odd && to && p[to - 1] == '_') continue;
        p[to++] = odd ? '_' : p[i];
    }
    while (n != to && to && p[to - 1] == '_') to--;
    p[to] = '\0';
    return p;
}

/* How much of a name leaves room for its number, whole characters only. */
static size_t fitting(const cm_compiler *c, const char *name, size_t n) {
    size_t room = c->d->max_identifier > 16 ? c->d->max_identifier - 8 : 8;
    if (n <= room) return n;
    while (room && ((unsigned char)name[room] & 0xC0) == 0x80) room--;
    return room;
}

static const char *new_name(cm_compiler *c, uint64_t key, const char *seed, size_t n) {
    char *clean = clean_seed(c, seed, n);
    if (!clean) return NULL;
    n = fitting(c, clean, strlen(clean));
    clean[n] = '\0'; /* numbered by what is left: names stay apart */
    uintptr_t count = (uintptr_t)cm_strmap__get(&c->counters, clean, n) + 1;
    if (cm_strmap__put(c->cx, &c->counters, clean, n, (void *)count)) return NULL;
    char *name = cm_arena__alloc(&c->arena, n + 24);
    if (!name) return NULL;
    memcpy(name, clean, n);
    name[n] = '_';
    name[n + 1 + cm__decimal(name + n + 1, count)] = '\0';
    return cm_map__put(c->cx, &c->names, key, name) ? NULL : name;
}

const char *cm_compiler__anon(cm_compiler *c, uint64_t identity, const char *seed, size_t n) {
    uint64_t key = cm__hash_bytes(seed, n, cm__mix(identity)); /* mixed: short seeds differ in few bits, as addresses do */
    const char *name = cm_map__get(&c->names, key);
    if (!name) name = new_name(c, key, seed, n);
    if (!name) c->arena.failed = true; /* callers look there when a name is missing */
    return name;
}

const char *cm_compiler__join(cm_compiler *c, const char *a, const char *between, const char *b) {
    const size_t na = strlen(a), nbetween = strlen(between), nb = strlen(b);
    char *p = cm_arena__alloc(&c->arena, na + nbetween + nb + 1);
    if (!p) return NULL;
    memcpy(p, a, na);
    memcpy(p + na, between, nbetween);
    memcpy(p + na + nbetween, b, nb + 1);
    return p;
}

cm_status cm_compiler__keep(cm_compiler *c, cm_node *take_node) {
    cm_status st = cm_objs_add(c->cx, &c->owned, take_node);
    if (st) cm_node_release(c->cx, take_node);
    return st;
}

cm_status cm_compiler__name(cm_compiler *c, const char *name, size_t n, uint32_t flags) {
    return cm_sql__quote(c->cx, &c->b, c->d, name, n, flags);
}

/* A name that is cut would not be told from another with the same beginning: it is cut here, and numbered by what it was. */
cm_status cm_compiler__label(cm_compiler *c, const char *name, uint32_t flags) {
    size_t n = strlen(name), max = c->d->max_identifier;
    if (n <= max) return cm_compiler__name(c, name, n, flags);
    size_t room = fitting(c, name, n) - 1; /* a letter less than made-up names leave: _1234abcd */
    while (room && ((unsigned char)name[room] & 0xC0) == 0x80) room--;
    char *cut = cm_arena__alloc(&c->arena, room + 16);
    if (!cut) return CM_E_NOMEM;
    snprintf(cut, room + 16, "%.*s_%08x", (int)room, name, (unsigned)cm__hash_bytes(name, n, 0));
    return cm_compiler__name(c, cut, strlen(cut), flags);
}

cm_status cm_compiler__str(cm_compiler *c, const cm_str *name, uint32_t flags) {
    return cm_compiler__name(c, cm_str_text(name), name->n, flags);
}

cm_status cm_compiler__enter(cm_compiler *c) {
    if (c->depth >= CM_DEPTH_MAX) return cm__fail(c->cx, CM_E_COMPILE, "the statement is nested more than %d levels deep", CM_DEPTH_MAX);
    c->depth++;
    return CM_OK;
}

/* ---- placeholders */

static void write_placeholder(cm_compiler *c, const char *name) {
    cm_param_style style = c->rq->params ? c->rq->params : c->d->params;
    switch (style) {
    case CM_PARAM_NAMED:
        cm_buf__putc(&c->b, ':');
        cm_out(c, name);
        return;
    case CM_PARAM_QMARK: cm_buf__putc(&c->b, '?'); return;
    default: cm_buf__putc(&c->b, CM_PLACEHOLDER); /* number.c */
    }
}

cm_status cm_compiler__place(cm_compiler *c, const cm_param *p, const char *name) {
    const cm_type *type = NULL;
    bool wrapped = false;
    cm_status st = cm_compiler__wrap_param(c, p, name, &wrapped);
    if (st || wrapped) return st;
    st = cm__grow(c->cx, &c->params, &c->params_cap, c->nparams + 1, sizeof *c->params);
    if (!st) st = cm_compiler__type_for(c, p->type, &type);
    if (st) return st;
    cm_param *to = &c->params[c->nparams];
    *to = *p;
    to->type = type;
    to->name = cm_str_new(c->cx, name, strlen(name));
    if (!to->name) {
        cm_type_release(c->cx, type);
        return CM_E_NOMEM;
    }
    if (to->node) cm_node_retain(c->cx, to->node);
    c->nparams++;
    if (p->expanding && !p->count) return CM_OK; /* a list not spelled out: its text is the caller's */
    write_placeholder(c, name);
    return c->rq->bind_casts || (type && (type->def.flags & CM_TYPE_BIND_CAST)) ? cm_compiler__bind_cast(c, type) : CM_OK;
}

cm_status cm_compiler__constant(cm_compiler *c, int64_t value) {
    const cm_type *type = cm_type_basic(c->cx, CM_T_INTEGER);
    cm_value v = {.kind = CM_INT, .u = {.i = value}};
    void *obj = NULL;
    cm_node *bind = NULL;
    cm_status st = cm__host(c->cx)->decode(c->cx, type, &v, &obj);
    if (st) return st;
    st = cm_expr_bind(c->cx, obj, type, &bind);
    cm__host(c->cx)->release(c->cx, obj);
    if (st) return st;
    st = cm_compiler__keep(c, bind);
    return st ? st : cm_compiler__bind(c, bind);
}

cm_status cm_compiler__column(cm_compiler *c, const char *name, cm_node *node) {
    cm_status st = cm__grow(c->cx, &c->columns, &c->columns_cap, c->ncolumns + 1, sizeof *c->columns);
    if (st) return st;
    cm_out_column *to = &c->columns[c->ncolumns];
    memset(to, 0, sizeof *to);
    st = cm_compiler__type_for(c, node->type ? node->type : cm_type_basic(c->cx, CM_T_NULL), &to->type);
    if (st) return st;
    to->name = cm_str_new(c->cx, name, strlen(name));
    if (!to->name) {
        cm_type_release(c->cx, to->type);
        return CM_E_NOMEM;
    }
    cm_node_retain(c->cx, node);
    to->node = node;
    c->ncolumns++;
    return CM_OK;
}

/* ---- entry points */

static cm_status compile_statement(cm_compiler *c, cm_node *stmt) {
    static const cm_select_how top = {.top = true};
    const cm_kind_info *info = &cm__kinds[stmt->kind];
    if (stmt->kind == CM_N_FROM_STATEMENT) stmt = stmt->u.n.kid;
    while (!c->rq->for_execution && (stmt->kind == CM_N_SUBQUERY || stmt->kind == CM_N_CTE)) stmt = stmt->u.n.kid; /* shown alone */
    switch (stmt->kind) {
    case CM_N_SELECT:
    case CM_N_COMPOUND:
    case CM_N_TEXT:
    case CM_N_INSERT:
    case CM_N_UPDATE:
    case CM_N_DELETE: return cm_compiler__query(c, stmt, &top);
    case CM_N_DDL:
        c->flags |= CM_C_DDL;
        if (!cm__host(c->cx)->node_compile) break;
        return cm__host(c->cx)->node_compile(c->cx, stmt, c);
    case CM_N_HOST: return cm_compiler__expr(c, stmt);
    default: break;
    }
    if (c->rq->for_execution && !info->statement)
        return cm__fail(c->cx, CM_E_COMPILE, "a %s is not a statement that can be executed", info->role);
    cm_status st = info->from && stmt->kind != CM_N_FUNC ? cm_compiler__from(c, stmt) : cm_compiler__expr(c, stmt);
    return st ? st : cm_compiler__with(c, NULL, 0, 0);
}

cm_status cm_sql__compile(cm_ctx *cx, cm_node *stmt, const cm_compile_request *request, cm_compiled **out) {
    cm_compiler c;
    *out = NULL;
    if (!stmt) return cm__fail(cx, CM_E_MISUSE, "there is no statement to compile");
    cm_status st = cm_compiler__init(&c, cx, request);
    if (!st) st = compile_statement(&c, stmt);
    if (!st) st = cm_compiler__finish(&c, stmt, out);
    cm_compiler__dispose(&c);
    return st;
}

cm_status cm_compile(cm_ctx *cx, cm_node *stmt, const cm_compile_options *options, cm_compiled **out) {
    cm_compile_request rq = {0};
    if (options) {
        rq.dialect = options->dialect;
        rq.params = options->params;
        rq.literal_binds = options->literal_binds;
        rq.render_postcompile = options->render_postcompile;
        rq.bind_casts = options->bind_casts;
        rq.schema_map = options->schema_map;
    }
    return cm_sql__compile(cx, stmt, &rq, out);
}

void cm_compiler_write(cm_compiler *c, const char *p, size_t n) { cm_buf__add(&c->b, p, n); }
cm_status cm_compiler_node(cm_compiler *c, cm_node *node) {
    const cm_kind_info *info = &cm__kinds[node->kind];
    if (info->statement && node->kind != CM_N_HOST && node->kind != CM_N_TEXT) {
        static const cm_select_how plain = {0};
        return cm_compiler__query(c, node, &plain);
    }
    return info->from && !info->expression ? cm_compiler__from(c, node) : cm_compiler__expr(c, node);
}
const cm_dialect *cm_compiler_dialect(const cm_compiler *c) { return c->d; }
const char *cm_dialect_name(const cm_dialect *d) { return d->name; }
