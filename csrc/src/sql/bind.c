/* Parameters: their names, the lists of IN, and values written into the text. */
#include "sql/compiler.h"

/* Two parameters may share a name only when both were given it by hand. */
static cm_status take_name(cm_compiler *c, cm_node *bind, const char *name, bool unique) {
    size_t n = strlen(name);
    void *other = cm_strmap__get(&c->taken, name, n);
    if (other == bind) return CM_OK;
    if (other == c)
        return cm__fail(c->cx, CM_E_COMPILE,
                        "bindparam() name '%s' is reserved for automatic usage in the VALUES or SET clause of this "
                        "insert/update statement.   Please use a name other than column name when using bindparam() with insert() "
                        "or update() (for example, 'b_%s').",
                        name, name);
    if (other && (unique || (((cm_node *)other)->flags & CM_FLAG_UNIQUE) || !((cm_node *)other)->u.bind.name))
        return cm__fail(c->cx, CM_E_COMPILE, "Bind parameter '%s' conflicts with unique bind parameter of the same name", name);
    return other ? CM_OK : cm_strmap__put(c->cx, &c->taken, name, n, bind);
}

/* A name for parameters after that of a column: what would have to be escaped becomes underscores, of which none stay at the ends. */
static const char *clean_key(cm_compiler *c, const char *name) {
    char *p = cm_arena__copy(&c->arena, name, strlen(name));
    size_t to = 0;
    if (!p) return NULL;
    for (size_t i = 0; p[i]; i++) {
        bool odd = strchr("%() $.[]:", p[i]) != NULL;
        if (odd && to && p[to - 1] == '_') continue;
        if (to || (!odd && p[i] != '_')) p[to++] = odd ? '_' : p[i];
    }
    while (to && p[to - 1] == '_') to--;
    p[to] = '\0';
    return to ? p : "param";
}

cm_status cm_compiler__bind_name(cm_compiler *c, cm_node *bind, const char **out) {
    const cm_str *s = bind->u.bind.name;
    uint64_t id = cm__mix(cm__ptr_key(bind) + 1);
    bool unique = !s || (bind->flags & CM_FLAG_UNIQUE);
    const char *name = cm_map__get(&c->names, id);
    *out = name;
    if (name) return CM_OK;
    if (!unique) {
        name = cm_str_text(s);
    } else {
        const char *seed = s ? cm_str_text(s) : c->hint ? c->hint : "param";
        if (!(seed = clean_key(c, seed)) || !(name = cm_compiler__anon(c, cm__ptr_key(bind), seed, strlen(seed)))) return CM_E_NOMEM;
    }
    cm_status st = take_name(c, bind, name, unique);
    if (st) return st;
    *out = name;
    return cm_map__put(c->cx, &c->names, id, (void *)(uintptr_t)name);
}

/* Fills in where the value of a BIND comes from. */
static cm_param source_of(cm_compiler *c, cm_node *bind) {
    cm_param p = {.source = CM_SRC_BIND, .ordinal = UINT32_MAX, .type = bind->type, .node = bind};
    uintptr_t at = (uintptr_t)cm_map__get(&c->ordinals, cm__ptr_key(bind));
    cm_column *column = cm_map__get(&c->defaults, cm__ptr_key(bind));
    if (column) return (cm_param){.source = CM_SRC_DEFAULT, .ordinal = UINT32_MAX, .type = column->type, .column = column};
    if (at) {
        p.ordinal = (uint32_t)(at - 1);
        if (c->rq->for_execution) p.node = NULL; /* a cached plan holds no value of one execution */
    }
    return p;
}

static bool writes_values(const cm_compiler *c, const cm_node *bind) {
    if (c->rq->literal_binds || c->literals) return true;
    return (bind->flags & CM_FLAG_LITERAL_EXECUTE) && (c->rq->for_execution || c->rq->render_postcompile);
}

static cm_status write_postcompile(cm_compiler *c, cm_node *bind, const char *name) {
    cm_param p = source_of(c, bind);
    p.expanding = true;
    cm_status st = cm_compiler__place(c, &p, name);
    if (!st) cm_buf__printf(&c->b, "__[POSTCOMPILE_%s]", name);
    return st;
}

/* The value as SQL; callables are asked. */
static cm_status write_literal(cm_compiler *c, const cm_type *type, const cm_node *bind) {
    const cm_host *host = cm__host(c->cx);
    void *value = NULL;
    if (!(bind->flags & CM_FLAG_CALLABLE)) return cm_compiler__literal(c, type, bind->u.bind.value);
    cm_status st = host->call_default(c->cx, bind->u.bind.value, NULL, NULL, &value);
    if (st) return st;
    st = cm_compiler__literal(c, type, value);
    host->release(c->cx, value);
    return st;
}

cm_status cm_compiler__bind(cm_compiler *c, cm_node *bind) {
    const char *name = NULL;
    if (bind == c->wrapped && c->wrapped_param) return cm_compiler__place(c, c->wrapped_param, c->wrapped_name);
    if (bind == c->wrapped) return cm_compiler__plain_literal(c, bind->type, bind->u.bind.value);
    if (bind->flags & CM_FLAG_EXPANDING) {
        if (cm_compiler__takes_array(c, bind)) c->flags |= CM_C_UNCACHEABLE; /* its length is not in the key */
        return cm_compiler__bind_list(c, bind, NULL, CM_OP_IN);
    }
    if (writes_values(c, bind)) {
        if (!(bind->flags & CM_FLAG_LITERAL_EXECUTE)) c->flags |= CM_C_UNCACHEABLE;
        if (bind->u.bind.value) return write_literal(c, bind->type, bind);
        if (!(bind->flags & CM_FLAG_REQUIRED)) {
            cm_out(c, "NULL");
            return CM_OK;
        }
        cm_status found = cm_compiler__bind_name(c, bind, &name);
        return found ? found : cm__fail(c->cx, CM_E_COMPILE, "Bind parameter '%s' without a renderable value not allowed here.", name);
    }
    cm_status st = cm_compiler__bind_name(c, bind, &name);
    if (st) return st;
    if (bind->flags & CM_FLAG_LITERAL_EXECUTE) return write_postcompile(c, bind, name);
    cm_param p = source_of(c, bind);
    return cm_compiler__place(c, &p, name);
}

cm_status cm_compiler__bind_value(cm_compiler *c, cm_node *bind, const char *name, const cm_type *type) {
    const cm_type *own = bind->type;
    bool plain = !bind->u.bind.name || (bind->flags & CM_FLAG_UNIQUE);
    if (own && own->def.kind != CM_T_NULL) type = own;
    if (writes_values(c, bind) && bind->u.bind.value) return write_literal(c, type, bind);
    if (!plain || (bind->flags & (CM_FLAG_LITERAL_EXECUTE | CM_FLAG_EXPANDING))) return cm_compiler__bind(c, bind);
    if (c->inner_change && !(name = cm_compiler__anon(c, cm__ptr_key(bind), "param", 5))) return CM_E_NOMEM;
    cm_status st = take_name(c, bind, name, true);
    if (st) return st;
    cm_param p = source_of(c, bind);
    p.type = type;
    return cm_compiler__place(c, &p, name);
}

/* ---- lists */

/* Width of a tuple on the left of IN; 0: single values. */
static uint32_t tuple_width(const cm_node *left) {
    size_t n = 0;
    if (left && left->kind == CM_N_GROUPING) left = left->u.k.kid[0];
    if (!left || left->kind != CM_N_TUPLE) return 0;
    cm_node_segment(left, 0, &n);
    return (uint32_t)n;
}

static cm_status write_empty(cm_compiler *c, uint32_t width, int op) {
    if (c->d->empty_in) {
        c->d->empty_in(&c->b, width ? width : 1);
        return CM_OK;
    }
    if (width) {
        cm_out(c, "(");
        for (uint32_t i = 0; i < width; i++) cm_out(c, i ? ", NULL" : "NULL");
        cm_out(c, ")");
    } else {
        cm_out(c, "NULL");
    }
    cm_out(c, op == CM_OP_NOT_IN ? ") OR (1 = 1" : ") AND (1 != 1");
    return CM_OK;
}

static const cm_type *item_type(cm_node *bind, cm_node *left, uint32_t width, uint32_t i) {
    size_t n = 0;
    if (!width) return bind->type;
    if (left->kind == CM_N_GROUPING) left = left->u.k.kid[0];
    return cm_node_segment(left, 0, &n)[i]->type;
}

static void open_row(cm_compiler *c, uint32_t width, uint32_t i) {
    if (width && i % width == 0) cm_out(c, i ? "), (" : "(");
    else if (i) cm_out(c, ", ");
}

static cm_status write_placeholders(cm_compiler *c, cm_node *bind, cm_node *left, const char *name, uint32_t rows, uint32_t width) {
    uint32_t total = rows * (width ? width : 1);
    size_t room = strlen(name) + 32;
    char *item = cm_arena__alloc(&c->arena, room);
    if (!item) return CM_E_NOMEM;
    for (uint32_t i = 0; i < total; i++) {
        cm_param p = source_of(c, bind);
        p.expanding = true;
        p.item = i;
        p.count = total;
        p.width = width;
        p.type = item_type(bind, left, width, width ? i % width : 0);
        if (width) snprintf(item, room, "%s_%u_%u", name, (unsigned)(i / width + 1), (unsigned)(i % width + 1));
        else snprintf(item, room, "%s_%u", name, (unsigned)(i + 1));
        open_row(c, width, i);
        cm_status st = cm_compiler__place(c, &p, item);
        if (st) return st;
    }
    if (width) cm_out(c, ")");
    return CM_OK;
}

static cm_status write_row(cm_compiler *c, cm_node *bind, cm_node *left, void *row, uint32_t width, uint32_t at) {
    const cm_host *host = cm__host(c->cx);
    cm_objs values = {0};
    cm_status st = host->sequence(c->cx, row, &values);
    if (!st && values.n != width)
        st = cm__fail(c->cx, CM_E_ARGUMENT, "a tuple of %u values was expected in IN, not one of %zu", (unsigned)width, values.n);
    for (uint32_t i = 0; !st && i < width; i++) {
        open_row(c, width, at * width + i);
        st = cm_compiler__literal(c, item_type(bind, left, width, i), values.v[i]);
    }
    for (size_t i = 0; i < values.n; i++) host->release(c->cx, values.v[i]);
    cm_objs_free(c->cx, &values);
    return st;
}

static cm_status write_items(cm_compiler *c, cm_node *bind, cm_node *left, uint32_t width) {
    const cm_host *host = cm__host(c->cx);
    cm_objs items = {0};
    cm_status st = host->sequence(c->cx, bind->u.bind.value, &items);
    for (size_t i = 0; !st && i < items.n; i++) {
        if (!width && i) cm_out(c, ", ");
        st = width ? write_row(c, bind, left, items.v[i], width, (uint32_t)i) : cm_compiler__literal(c, bind->type, items.v[i]);
    }
    if (!st && width && items.n) cm_out(c, ")");
    for (size_t i = 0; i < items.n; i++) host->release(c->cx, items.v[i]);
    cm_objs_free(c->cx, &items);
    return st;
}

/* Number of items of a list: the key has it by the next power of two, so that lists of like size share a plan. */
static cm_status list_size(cm_compiler *c, cm_node *bind, size_t *out) {
    const cm_host *host = cm__host(c->cx);
    cm_objs items = {0};
    *out = 0;
    if (!bind->u.bind.value) return CM_OK;
    if (host->sequence_size) return host->sequence_size(c->cx, bind->u.bind.value, out);
    cm_status st = host->sequence(c->cx, bind->u.bind.value, &items);
    *out = items.n;
    for (size_t i = 0; i < items.n; i++) host->release(c->cx, items.v[i]);
    cm_objs_free(c->cx, &items);
    return st;
}

/* x = ANY ($1), x != ALL ($1). *done false: the type that stores the items here has no arrays, and the list is spelled out. */
static cm_status write_array(cm_compiler *c, cm_node *bind, int op, bool *done) {
    const cm_type *stored = NULL;
    const char *name = NULL;
    cm_status st = cm_compiler__type_for(c, bind->type, &stored);
    *done = !st && cm_expr__fits_array(stored);
    cm_type_release(c->cx, stored);
    if (st || !*done) return st;
    cm_param p = source_of(c, bind);
    p.expanding = p.whole = true;
    p.count = 1;
    st = cm_compiler__bind_name(c, bind, &name);
    cm_out(c, op == CM_OP_NOT_IN ? " != ALL (" : " = ANY (");
    if (!st) st = cm_compiler__place(c, &p, name);
    cm_out(c, ")");
    return st;
}

/* (a, b) IN (SELECT * FROM unnest(CAST($1 AS INTEGER[]), CAST($2 AS TEXT[]))): one array for each part of the tuples */
static cm_status write_row_arrays(cm_compiler *c, cm_node *bind, cm_node *left, uint32_t width, int op, bool *done) {
    const char *name = NULL;
    char part[16];
    cm_status st = CM_OK;
    *done = cm_has(c, CM_F_UNNEST);
    for (uint32_t i = 0; !st && *done && i < width; i++) st = cm_compiler__fits_unnest(c, item_type(bind, left, width, i), done);
    if (st || !*done) return st;
    st = cm_compiler__bind_name(c, bind, &name);
    cm_out(c, cm__ops[op].sql);
    cm_out(c, "(SELECT * FROM unnest(");
    for (uint32_t i = 0; !st && i < width; i++) {
        cm_param p = source_of(c, bind);
        p.expanding = p.whole = true;
        p.count = 1;
        p.item = i;
        p.width = width;
        p.type = item_type(bind, left, width, i);
        snprintf(part, sizeof part, "_%u", (unsigned)(i + 1));
        const char *full = cm_compiler__join(c, name, "", part);
        if (i) cm_out(c, ", ");
        st = full ? cm_compiler__array(c, &p, full) : CM_E_NOMEM;
    }
    cm_out(c, "))");
    return st;
}

bool cm_compiler__takes_array(const cm_compiler *c, const cm_node *bind) {
    return cm_has(c, CM_F_ARRAY_IN) && c->rq->for_execution && !writes_values(c, bind) && cm_expr__fits_array(bind->type);
}

/* IN (...), the word included. */
cm_status cm_compiler__in_list(cm_compiler *c, cm_node *bind, cm_node *left, int op) {
    bool done = false;
    uint32_t width = tuple_width(left);
    cm_status st = !cm_compiler__takes_array(c, bind) ? CM_OK
                   : width                            ? write_row_arrays(c, bind, left, width, op, &done)
                                                      : write_array(c, bind, op, &done);
    if (st || done) return st;
    cm_out(c, cm__ops[op].sql);
    if (cm_compiler__takes_array(c, bind)) c->flags |= CM_C_UNCACHEABLE; /* its length is not in the key */
    return cm_compiler__bind_list(c, bind, left, op);
}

cm_status cm_compiler__bind_list(cm_compiler *c, cm_node *bind, cm_node *left, int op) {
    uint32_t width = tuple_width(left);
    const char *name = NULL;
    size_t n = 0;
    bool literals = writes_values(c, bind), spelled = literals || c->rq->for_execution || c->rq->render_postcompile;
    cm_status st = literals ? CM_OK : cm_compiler__bind_name(c, bind, &name);
    if (st) return st;
    cm_out(c, "(");
    if (!spelled) {
        st = write_postcompile(c, bind, name);
        cm_out(c, ")");
        return st;
    }
    st = list_size(c, bind, &n);
    if (st) return st;
    if (n > UINT32_MAX / 64) return cm__fail(c->cx, CM_E_COMPILE, "an IN list of %zu items is too long", n);
    if (n && width && cm_has(c, CM_F_TUPLE_IN_VALUES)) cm_out(c, "VALUES ");
    if (n == 0) {
        st = write_empty(c, width, op);
    } else if (literals) {
        st = write_items(c, bind, left, width);
    } else {
        uint32_t rows = (uint32_t)n;
        if (c->rq->for_execution)
            for (rows = 1; rows < n;) rows *= 2;
        st = write_placeholders(c, bind, left, name, rows, width);
    }
    cm_out(c, ")");
    return st;
}
