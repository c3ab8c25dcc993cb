/* The ordinary binder: host values into the placeholders of a compiled statement.
 *
 * Where a value comes from is written in the placeholder (cm_param.source): a BIND of the statement, the caller's mapping,
 * or a default of the column. Whatever reference is made on the way is held in the environment until the set is done,
 * because text and blobs are bound where they lie. */
#include "engine/engine_int.h"

#include <string.h>

void cm_bind__release(cm_ctx *cx, cm_bind_env *env) {
    const cm_host *host = cm__host(cx);
    for (size_t i = 0; i < env->held.n; i++) host->release(cx, env->held.v[i]);
    env->held.n = 0;
    env->items_of = NULL;
    cm_objs_free(cx, &env->held);
}

/* Keeps a new reference; without memory it is released again. */
static cm_status hold(cm_ctx *cx, cm_bind_env *env, void *take_value) {
    cm_status st = cm_objs_add(cx, &env->held, take_value);
    if (st) cm__host(cx)->release(cx, take_value);
    return st;
}

static const char *name_of(const cm_param *p) {
    if (p->name) return cm_str_text(p->name);
    return p->column ? cm_str_text(p->column->key ? p->column->key : p->column->name) : "?";
}

static cm_status missing(cm_ctx *cx, const cm_bind_env *env, const cm_param *p) {
    cm_status st = env->group ? cm__fail(cx, CM_E_MISSING_BIND, "A value is required for bind parameter '%s', in parameter group %zu",
                                         name_of(p), env->group)
                              : cm__fail(cx, CM_E_MISSING_BIND, "A value is required for bind parameter '%s'", name_of(p));
    cm__fail_subject(cx, "%s", name_of(p));
    return st;
}

/* Value of a name in the caller's mapping: borrowed (held), NULL when absent. */
static cm_status from_mapping(cm_ctx *cx, cm_bind_env *env, const cm_str *name, void **out) {
    *out = NULL;
    if (!env->mapping || !name) return CM_OK;
    cm_status st = cm__host(cx)->mapping_get(cx, env->mapping, cm_str_text(name), name->n, out);
    if (st || !*out) return st;
    return hold(cx, env, *out);
}

static cm_status bind_node(cm_ctx *cx, const cm_bind_env *env, const cm_param *p, cm_node **out) {
    *out = p->node;
    if (p->ordinal == UINT32_MAX) return CM_OK;
    if (!env->key || p->ordinal >= env->key->nbinds) return cm__fail(cx, CM_E_MISUSE, "the statement has no bind number %u", p->ordinal);
    *out = env->key->binds[p->ordinal];
    return CM_OK;
}

/* Host value of a BIND: the caller's for its name, else its own; callables are asked. The name of an item of a list is not
 * the caller's: another parameter may have it. */
static cm_status value_of_bind(cm_ctx *cx, cm_bind_env *env, const cm_param *p, const cm_node *node, void **out) {
    cm_status st = from_mapping(cx, env, p->expanding ? NULL : p->name, out);
    if (st || *out) return st;
    if (node->u.bind.name && node->u.bind.name != p->name && !(node->flags & CM_FLAG_UNIQUE)) { /* unique: its name is the statement's */
        st = from_mapping(cx, env, node->u.bind.name, out);
        if (st || *out) return st;
    }
    if (node->flags & CM_FLAG_CALLABLE) {
        st = cm__host(cx)->call_default(cx, node->u.bind.value, NULL, NULL, out);
        return st ? st : hold(cx, env, *out);
    }
    if ((node->flags & CM_FLAG_REQUIRED) || !node->u.bind.value) return missing(cx, env, p);
    *out = node->u.bind.value;
    return CM_OK;
}

/* Holds the items of a list, which are new references already. *n: how many there are. */
static cm_status hold_items(cm_ctx *cx, cm_bind_env *env, void *list, size_t *n) {
    cm_objs items = {0};
    cm_status st = cm__host(cx)->sequence(cx, list, &items);
    *n = items.n;
    for (size_t i = 0; i < items.n; i++) {
        if (!st) st = hold(cx, env, items.v[i]);
        else cm__host(cx)->release(cx, items.v[i]);
    }
    cm_objs_free(cx, &items);
    return st;
}

/* Takes a list apart into a slice of held; a list of tuples into their parts, row after row. */
static cm_status expand(cm_ctx *cx, cm_bind_env *env, void *list, bool tuples) {
    size_t rows, at = env->held.n, width;
    cm_status st = hold_items(cx, env, list, &rows);
    env->width = 1;
    env->items_at = at;
    env->nitems = rows;
    if (st || !tuples) return st;
    env->items_at = env->held.n;
    for (size_t i = 0; i < rows && !st; i++) {
        st = hold_items(cx, env, env->held.v[at + i], &width);
        if (!st && width == 0) st = cm__fail(cx, CM_E_VALUE, "an empty tuple in a list of tuples");
        if (!st && i > 0 && width != env->width)
            st = cm__fail(cx, CM_E_VALUE, "tuples of %zu and of %zu values in one list", env->width, width);
        env->width = width;
    }
    env->nitems = env->held.n - env->items_at;
    return st;
}

static cm_status take_apart(cm_ctx *cx, cm_bind_env *env, const cm_param *p, const cm_node *node) {
    void *list = NULL;
    if (env->items_of == node) return CM_OK;
    cm_status st = value_of_bind(cx, env, p, node, &list);
    if (!st) st = expand(cx, env, list, p->width > 0);
    if (!st) env->items_of = node;
    return st;
}

/* Item `item` of an IN list, which was padded to `count` by repeating its last; tuples (a, b) IN (...) count each part. */
static cm_status item_of_list(cm_ctx *cx, cm_bind_env *env, const cm_param *p, const cm_node *node, void **out) {
    cm_status st = take_apart(cx, env, p, node);
    if (st) return st;
    if (env->nitems == 0) return cm__fail(cx, CM_E_VALUE, "the list for bind parameter '%s' became empty", name_of(p));
    size_t row = p->item / env->width, last = env->nitems / env->width - 1;
    *out = env->held.v[env->items_at + (row < last ? row : last) * env->width + p->item % env->width];
    return CM_OK;
}

/* What cm_ctx_row_values shows of the row at hand. */
struct cm_bind_row {
    const cm_compiled *compiled;
    cm_bind_env *env;
    size_t at; /* the parameter that is being filled */
};

static cm_status default_of(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, const cm_param *p, void **out) {
    struct cm_bind_row row = {c, env, (size_t)(p - c->params)};
    const struct cm_bind_row *outer = cx->row;
    const cm_column *column = p->column;
    void *value = !column ? NULL : p->update_default ? column->update_default : column->insert_default;
    if (!value) return cm__fail(cx, CM_E_MISUSE, "the column of parameter '%s' has no default", name_of(p));
    cx->row = &row;
    cm_status st = cm__host(cx)->call_default(cx, value, NULL, NULL, out);
    cx->row = outer;
    return st ? st : hold(cx, env, *out);
}

static cm_status resolve(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, const cm_param *p, void **out) {
    cm_node *node = NULL;
    cm_status st;
    switch ((cm_param_source)p->source) {
    case CM_SRC_BIND:
        st = bind_node(cx, env, p, &node);
        if (st) return st;
        return p->expanding ? item_of_list(cx, env, p, node, out) : value_of_bind(cx, env, p, node, out);
    case CM_SRC_KEY: st = from_mapping(cx, env, p->name, out); return st || *out ? st : missing(cx, env, p);
    case CM_SRC_DEFAULT: return default_of(cx, c, env, p, out);
    case CM_SRC_SET: break;
    }
    return cm__fail(cx, CM_E_MISUSE, "parameter '%s' is filled by the unit of work only", name_of(p));
}

/* Place of a column among those of a row of VALUES: every row names the same ones in the same order. */
static size_t place(const cm_compiled *c, const cm_column *column) {
    size_t i = 0;
    while (c->params[i].column != column) i++;
    return i;
}

/* Parameters [*from, *to) of the row that parameter `at` belongs to: VALUES (:id_m0, :y), (:id_m1, :y_m1) */
static void row_of_values(const cm_compiled *c, size_t at, size_t *from, size_t *to) {
    const size_t here = place(c, c->params[at].column);
    size_t last = here, i = at;
    for (; i > 0; i--) {
        const cm_column *column = c->params[i - 1].column;
        if (column && place(c, column) >= last) break;
        if (column) last = place(c, column);
    }
    *from = i;
    for (last = here, i = at + 1; i < c->nparams; i++) {
        const cm_column *column = c->params[i].column;
        if (column && place(c, column) <= last) break;
        if (column) last = place(c, column);
    }
    *to = i;
}

/* What a default made is told to those after it; of those to come only that they are. */
static cm_status value_in_row(cm_ctx *cx, const struct cm_bind_row *row, size_t i, void **out) {
    const cm_param *p = &row->compiled->params[i];
    if (p->source != CM_SRC_DEFAULT) return resolve(cx, row->compiled, row->env, p, out);
    *out = row->env->given && i < row->at ? row->env->given[i] : cm__none(cx);
    return CM_OK;
}

cm_status cm_ctx_row_values(cm_ctx *cx, cm_status (*each)(void *user, const cm_column *column, void *value), void *user) {
    const struct cm_bind_row *row = cx->row;
    size_t from = 0, to = row ? row->compiled->nparams : 0;
    cm_status st = CM_OK;
    if (row && (row->compiled->flags & CM_C_MULTI_VALUES)) row_of_values(row->compiled, row->at, &from, &to);
    for (size_t i = from; i < to && !st; i++) {
        const cm_param *p = &row->compiled->params[i];
        void *value = NULL;
        if (!p->column || p->expanding || p->source == CM_SRC_SET) continue;
        st = value_in_row(cx, row, i, &value);
        if (!st) st = each(user, p->column, value);
    }
    return st;
}

cm_conn *cm_ctx_row_conn(const cm_ctx *cx) { return cx->row ? cx->row->env->conn : NULL; }

/* A list as one array of the parameter's type; of tuples, the part of each that stands at `item`. */
static cm_status encode_list(cm_ctx *cx, cm_bind_env *env, const cm_param *p, const cm_type *type, cm_value *out, cm_arena *scratch) {
    cm_node *node = NULL;
    cm_status st = bind_node(cx, env, p, &node);
    if (!st) st = take_apart(cx, env, p, node);
    if (st) return st;
    if (p->width && env->nitems && env->width != p->width)
        return cm__fail(cx, CM_E_VALUE, "a tuple of %u values was expected in IN, not one of %zu", (unsigned)p->width, env->width);
    size_t n = env->nitems / env->width;
    cm_value *items = cm_arena__alloc(scratch, (n ? n : 1) * sizeof *items);
    if (!items) return cm__nomem(cx);
    for (size_t i = 0; i < n && !st; i++)
        st = cm__host(cx)->encode(cx, type, env->held.v[env->items_at + i * env->width + p->item], scratch, &items[i]);
    out->kind = CM_LIST;
    out->u.list.items = items;
    out->u.list.n = n;
    return st;
}

cm_status cm_bind__value(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, size_t i, cm_value *out, cm_arena *scratch) {
    const cm_param *p = &c->params[i];
    const cm_type *type = p->type ? p->type : cm_type_basic(cx, CM_T_NULL);
    void *value = NULL;
    cm_status st = p->whole ? encode_list(cx, env, p, type, out, scratch) : resolve(cx, c, env, p, &value);
    if (!st && !p->whole) st = cm__host(cx)->encode(cx, type, value, scratch, out);
    if (st && p->column && p->column->table)
        cm__fail_subject(cx, "%s.%s", cm_str_text(p->column->table->name), cm_str_text(p->column->name));
    else if (st) cm__fail_subject(cx, "%s", name_of(p));
    else if (env->given) env->given[i] = p->expanding ? NULL : value;
    return st;
}

cm_status cm_bind__values(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, cm_value *values, cm_arena *scratch) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < c->nparams && !st; i++) st = cm_bind__value(cx, c, env, i, &values[i], scratch);
    return st;
}
