/* Builders of expressions and statements, and the rules that SQL expressions follow when they are built: result types,
 * AND / OR flattening, negation, comparison with NULL. Every builder ends in cm_node_make.
 *
 * Nothing is parenthesised here: the compiler does that from the operators' precedence. */
#include "expr/expr.h"

#include <string.h>
#include <strings.h>

/* ---- result types */

typedef enum family { F_OTHER, F_NULL, F_INT, F_NUMERIC, F_FLOAT, F_TEXT, F_DATE, F_TIME, F_DATETIME, F_INTERVAL } family;

static family family_of(const cm_type *t) {
    switch (t ? t->def.kind : CM_T_NULL) {
    case CM_T_NULL: return F_NULL;
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BIGINT: return F_INT;
    case CM_T_NUMERIC: return F_NUMERIC;
    case CM_T_FLOAT:
    case CM_T_DOUBLE: return F_FLOAT;
    case CM_T_STRING:
    case CM_T_TEXT:
    case CM_T_ENUM: return F_TEXT;
    case CM_T_DATE: return F_DATE;
    case CM_T_TIME: return F_TIME;
    case CM_T_DATETIME: return F_DATETIME;
    case CM_T_INTERVAL: return F_INTERVAL;
    default: return F_OTHER;
    }
}

/* Where the result is not simply of the left side's type: the right side's (-1) or a kind of its own. */
static const struct {
    uint8_t op, left, right;
    int8_t result;
} arithmetic[] = {{CM_OP_ADD, F_INT, F_DATE, -1},
                  {CM_OP_ADD, F_INT, F_NUMERIC, -1},
                  {CM_OP_ADD, F_INT, F_FLOAT, -1},
                  {CM_OP_SUB, F_INT, F_NUMERIC, -1},
                  {CM_OP_SUB, F_INT, F_FLOAT, -1},
                  {CM_OP_MUL, F_INT, F_INTERVAL, -1},
                  {CM_OP_MUL, F_INT, F_NUMERIC, -1},
                  {CM_OP_MUL, F_INT, F_FLOAT, -1},
                  {CM_OP_DIV, F_INT, F_INT, CM_T_NUMERIC},
                  {CM_OP_DIV, F_INT, F_NUMERIC, -1},
                  {CM_OP_DIV, F_INT, F_FLOAT, -1},
                  {CM_OP_FLOORDIV, F_INT, F_NUMERIC, -1},
                  {CM_OP_MUL, F_NUMERIC, F_INTERVAL, -1},
                  {CM_OP_MUL, F_FLOAT, F_INTERVAL, -1},
                  {CM_OP_SUB, F_DATETIME, F_DATETIME, CM_T_INTERVAL},
                  {CM_OP_ADD, F_DATE, F_INTERVAL, CM_T_DATETIME},
                  {CM_OP_ADD, F_DATE, F_TIME, CM_T_DATETIME},
                  {CM_OP_SUB, F_DATE, F_DATE, CM_T_INTEGER},
                  {CM_OP_SUB, F_DATE, F_INTERVAL, CM_T_DATETIME},
                  {CM_OP_SUB, F_DATE, F_DATETIME, CM_T_INTERVAL},
                  {CM_OP_ADD, F_TIME, F_DATE, CM_T_DATETIME},
                  {CM_OP_SUB, F_TIME, F_TIME, CM_T_INTERVAL},
                  {CM_OP_ADD, F_INTERVAL, F_DATE, CM_T_DATETIME},
                  {CM_OP_ADD, F_INTERVAL, F_DATETIME, -1},
                  {CM_OP_ADD, F_INTERVAL, F_TIME, -1}};

const cm_type *cm_op_result_type(cm_ctx *cx, int op, const cm_type *left, const cm_type *right) {
    const cm_op_info *info = cm_op_get_info(op);
    if (info && info->comparison) return cm_type_basic(cx, CM_T_BOOLEAN);
    family l = family_of(left), r = family_of(right);
    if (op == CM_OP_ARRAY_INDEX && left && left->def.item) return left->def.item;
    if (l == F_NULL && r != F_NULL && (op == CM_OP_ADD || op == CM_OP_MUL || op == CM_OP_CONCAT)) {
        const cm_type *swap = left;
        left = right;
        right = swap;
        r = l;
        l = family_of(left);
    }
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
        if (arithmetic[i].op != op || arithmetic[i].left != l || arithmetic[i].right != r) continue;
        return arithmetic[i].result < 0 ? right : cm_type_basic(cx, (cm_type_kind)arithmetic[i].result);
    }
    return left ? left : cm_type_basic(cx, CM_T_NULL);
}

/* Functions whose result type is known; CM_T_MAX: that of the first argument. */
static const struct {
    const char *name;
    cm_type_kind type;
} functions[] = {{"count", CM_T_INTEGER},
                 {"max", CM_T_MAX},
                 {"min", CM_T_MAX},
                 {"sum", CM_T_MAX},
                 {"coalesce", CM_T_MAX},
                 {"pow", CM_T_MAX},
                 {"now", CM_T_DATETIME},
                 {"concat", CM_T_STRING},
                 {"char_length", CM_T_INTEGER},
                 {"aggregate_strings", CM_T_STRING},
                 {"rank", CM_T_INTEGER},
                 {"dense_rank", CM_T_INTEGER},
                 {"percent_rank", CM_T_NUMERIC},
                 {"cume_dist", CM_T_NUMERIC},
                 {"current_date", CM_T_DATE},
                 {"current_time", CM_T_TIME},
                 {"current_timestamp", CM_T_DATETIME},
                 {"current_user", CM_T_STRING},
                 {"session_user", CM_T_STRING},
                 {"user", CM_T_STRING},
                 {"localtime", CM_T_DATETIME},
                 {"localtimestamp", CM_T_DATETIME},
                 {"sysdate", CM_T_DATETIME}};

static const cm_type *function_type(cm_ctx *cx, const cm_node_spec *s) {
    for (size_t i = 0; s->name && i < sizeof functions / sizeof *functions; i++) {
        if (strncasecmp(functions[i].name, s->name, s->name_n) != 0 || functions[i].name[s->name_n]) continue;
        if (functions[i].type != CM_T_MAX) return cm_type_basic(cx, functions[i].type);
        return s->counts && s->counts[0] ? s->segments[0][0]->type : NULL;
    }
    return NULL;
}

static const cm_type *item_type(const cm_node_spec *s, size_t segment, size_t i) {
    return s->counts && s->counts[segment] > i ? s->segments[segment][i]->type : NULL;
}

static const cm_type *select_type(const cm_node *select) {
    size_t n = 0;
    cm_node *const *items = select ? cm_node_segment(select, CM_SEG_COLUMNS, &n) : NULL;
    while (n && items[0]->kind == CM_N_SELECT) items = cm_node_segment(items[0], CM_SEG_COLUMNS, &n); /* set operation */
    return n ? items[0]->type : NULL;
}

/* Type that follows from the parts, or NULL where nothing follows. */
static const cm_type *deduce(cm_ctx *cx, const cm_node_spec *s) {
    const cm_node *kid = s->kid[0];
    switch (s->kind) {
    case CM_N_TRUE_:
    case CM_N_FALSE_:
    case CM_N_BOOL:
    case CM_N_EXISTS: return cm_type_basic(cx, CM_T_BOOLEAN);
    case CM_N_EXTRACT: return cm_type_basic(cx, CM_T_INTEGER);
    case CM_N_BINARY: return cm_op_result_type(cx, s->op, kid ? kid->type : NULL, s->kid[1] ? s->kid[1]->type : NULL);
    case CM_N_INDEX: return cm_op_result_type(cx, s->op, kid ? kid->type : NULL, NULL);
    case CM_N_UNARY:
        if (s->op >= 0 && s->op < CM_OP_MAX && cm__ops[s->op].comparison) return cm_type_basic(cx, CM_T_BOOLEAN);
        return kid ? kid->type : NULL;
    case CM_N_LABEL:
    case CM_N_GROUPING:
    case CM_N_OVER:
    case CM_N_FILTER:
    case CM_N_WITHIN_GROUP:
    case CM_N_AGG_ORDER_BY:
    case CM_N_COLLATE:
    case CM_N_ATTR:
    case CM_N_OF_TYPE: return kid ? kid->type : NULL;
    case CM_N_SCALAR_SUBQUERY:
        if (kid && kid->kind == CM_N_VALUES) return NULL; /* said by who makes it */
        return select_type(kid);
    case CM_N_ANY_ALL:
        if (kid && kid->kind == CM_N_SCALAR_SUBQUERY) return kid->type;
        return kid && kid->type ? (kid->type->def.item ? kid->type->def.item : kid->type) : select_type(kid);
    case CM_N_CASE: {
        for (size_t i = s->counts ? s->counts[1] : 0; i > 1; i -= 2) { /* (condition, value) pairs; NULL says nothing */
            const cm_type *then = item_type(s, 1, i - 1);
            if (then && then->def.kind != CM_T_NULL) return then;
        }
        return item_type(s, 2, 0);
    }
    case CM_N_PROXY: return s->kid[1] ? s->kid[1]->type : NULL;
    case CM_N_FUNC: return function_type(cx, s);
    default: return NULL;
    }
}

const cm_type *cm_expr__type(cm_ctx *cx, const cm_node_spec *spec) {
    const cm_type *type = deduce(cx, spec);
    return type ? type : cm_type_basic(cx, CM_T_NULL);
}

/* ---- leaves */

cm_status cm_expr_bind(cm_ctx *cx, void *value, const cm_type *type, cm_node **out) {
    const cm_type *found = NULL; /* retained */
    *out = NULL;
    if (!type && cm__host(cx)->value_type) {
        cm_status st = cm__host(cx)->value_type(cx, value, &found);
        if (st) return st;
    }
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_UNIQUE, .type = type ? type : found, .value = value};
    cm_status st = cm_node_make(cx, &spec, out);
    cm_type_release(cx, found);
    return st;
}

cm_status cm_expr_param(cm_ctx *cx, const char *name, const cm_type *type, cm_node **out) {
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED, .type = type, .name = name, .name_n = strlen(name)};
    return cm_node_make(cx, &spec, out);
}

/* ---- operators */

static cm_status check_operand(cm_ctx *cx, int op, const cm_node *n) {
    if (!n) return cm__fail(cx, CM_E_ARGUMENT, "an operand of %s is missing", cm__ops[op].name);
    const cm_kind_info *info = &cm__kinds[n->kind];
    if (info->expression || info->statement || info->from || n->kind == CM_N_PREFIX) return CM_OK;
    return cm__fail(cx, CM_E_ARGUMENT, "a %s cannot be an operand of %s", info->role, cm__ops[op].name);
}

static bool is_constant(const cm_node *n) { return n->kind == CM_N_NULL_ || n->kind == CM_N_TRUE_ || n->kind == CM_N_FALSE_; }

/* x = NULL is x IS NULL; only = and != know what to do with the constants. */
static cm_status compare_constant(cm_ctx *cx, int *op, const cm_node *left, const cm_node *right) {
    if (!is_constant(right) || *op < CM_OP_EQ || *op > CM_OP_MATCH || left->kind == CM_N_ANY_ALL) return CM_OK;
    switch (*op) {
    case CM_OP_EQ: *op = right->kind == CM_N_NULL_ ? CM_OP_IS : CM_OP_EQ; return CM_OK;
    case CM_OP_NE: *op = right->kind == CM_N_NULL_ ? CM_OP_IS_NOT : CM_OP_NE; return CM_OK;
    case CM_OP_IS:
    case CM_OP_IS_NOT:
    case CM_OP_IS_DISTINCT:
    case CM_OP_IS_NOT_DISTINCT: return CM_OK;
    default:
        return cm__fail(cx, CM_E_ARGUMENT,
                        "Only '=', '!=', 'is_()', 'is_not()', 'is_distinct_from()', 'is_not_distinct_from()' operators can be "
                        "used with None/True/False");
    }
}

/* A parameter without a type takes that of the other side. Answers a new reference. */
static cm_status typed_operand(cm_ctx *cx, cm_node *n, const cm_node *other, cm_node **out) {
    if (n->kind != CM_N_BIND || family_of(n->type) != F_NULL || family_of(other->type) == F_NULL) {
        cm_node_retain(cx, n);
        *out = n;
        return CM_OK;
    }
    cm_status st = cm_node_copy(cx, n, out);
    if (st) return st;
    cm_type_retain(cx, other->type);
    cm_type_release(cx, (*out)->type);
    (*out)->type = other->type;
    cm__host(cx)->node_ready(cx, *out);
    return CM_OK;
}

static bool untyped_bind(const cm_node *n) { return n->kind == CM_N_BIND && family_of(n->type) == F_NULL; }

cm_status cm_expr_binary(cm_ctx *cx, int op, cm_node *left, cm_node *right, cm_node **out) {
    cm_node *l = NULL, *r = NULL; /* owned where retyped */
    *out = NULL;
    if (!cm_op_get_info(op)) return cm__fail(cx, CM_E_ARGUMENT, "there is no operator number %d", op);
    cm_status st = check_operand(cx, op, left);
    if (!st) st = check_operand(cx, op, right);
    if (st) return st;
    if (op == CM_OP_AND || op == CM_OP_OR) {
        cm_node *both[2] = {left, right};
        return cm_expr_all_of(cx, op, both, 2, out);
    }
    st = compare_constant(cx, &op, left, right);
    if (st) return st;
    if (untyped_bind(left) || untyped_bind(right)) {
        st = typed_operand(cx, left, right, &l);
        if (!st) st = typed_operand(cx, right, left, &r);
        if (st) goto done;
        left = l;
        right = r;
    }
    family lf = family_of(left->type), rf = family_of(right->type);
    if (op == CM_OP_ADD && (lf == F_TEXT || rf == F_TEXT) && (lf == F_TEXT || lf == F_NULL) && (rf == F_TEXT || rf == F_NULL))
        op = CM_OP_CONCAT;
    cm_node_spec spec = {.kind = CM_N_BINARY, .op = op, .kid = {left, right, NULL}};
    st = cm_node_make(cx, &spec, out);
done:
    cm_node_release(cx, l);
    cm_node_release(cx, r);
    return st;
}

static cm_status make_unary(cm_ctx *cx, int op, cm_node *child, cm_node **out) {
    cm_node_spec spec = {.kind = CM_N_UNARY, .op = op, .kid = {child, NULL, NULL}};
    return cm_node_make(cx, &spec, out);
}

static cm_status same(cm_ctx *cx, cm_node *n, cm_node **out) {
    cm_node_retain(cx, n);
    *out = n;
    return CM_OK;
}

static cm_status make_constant(cm_ctx *cx, int kind, cm_node **out) {
    cm_node_spec spec = {.kind = kind};
    return cm_node_make(cx, &spec, out);
}

/* NOT x: comparisons turn into their opposite, constants flip, NOT NOT x is x. */
static cm_status negate(cm_ctx *cx, cm_node *n, cm_node **out) {
    while (n->kind == CM_N_LABEL && n->u.n.kid) n = n->u.n.kid;
    if (n->kind == CM_N_TRUE_) return make_constant(cx, CM_N_FALSE_, out);
    if (n->kind == CM_N_FALSE_) return make_constant(cx, CM_N_TRUE_, out);
    if (n->kind == CM_N_UNARY && n->op == CM_OP_NOT && n->u.k.kid[0]->kind != CM_N_BOOL) return same(cx, n->u.k.kid[0], out);
    int opposite = n->kind == CM_N_BINARY ? cm_op_negate(n->op) : CM_OP_NONE;
    if (opposite == CM_OP_NONE || n->u.k.kid[0]->kind == CM_N_ANY_ALL || n->u.k.kid[1]->kind == CM_N_ANY_ALL)
        return make_unary(cx, CM_OP_NOT, n, out);
    cm_status st = cm_node_copy(cx, n, out);
    if (st) return st;
    (*out)->op = (uint16_t)opposite;
    cm__host(cx)->node_ready(cx, *out);
    return CM_OK;
}

cm_status cm_expr_unary(cm_ctx *cx, int op, cm_node *child, cm_node **out) {
    *out = NULL;
    if (!cm_op_get_info(op)) return cm__fail(cx, CM_E_ARGUMENT, "there is no operator number %d", op);
    cm_status st = check_operand(cx, op, child);
    if (st) return st;
    return op == CM_OP_NOT ? negate(cx, child, out) : make_unary(cx, op, child, out);
}

bool cm_expr_is_empty(const cm_node *n) {
    size_t count = 1;
    if (n->kind == CM_N_BOOL) cm_node_segment(n, 0, &count);
    return count == 0;
}

/* Adds a condition to a flat list: members of a nested AND in an AND, nothing for a constant that changes nothing.
 * *decided: a constant that settles the whole. */
static cm_status add_condition(cm_ctx *cx, int op, cm_node *n, cm_objs *list, cm_node **neutral, cm_node **decided) {
    size_t count = 1;
    cm_node *const *items = &n;
    if (n->kind == (op == CM_OP_AND ? CM_N_TRUE_ : CM_N_FALSE_)) {
        *neutral = n;
        return CM_OK;
    }
    if (n->kind == (op == CM_OP_AND ? CM_N_FALSE_ : CM_N_TRUE_)) *decided = n;
    if (n->kind == CM_N_BOOL && (n->op == op || cm_expr_is_empty(n))) items = cm_node_segment(n, 0, &count);
    for (size_t i = 0; i < count; i++) {
        cm_status st = cm_objs_add(cx, list, items[i]);
        if (st) return st;
    }
    return CM_OK;
}

cm_status cm_expr_all_of(cm_ctx *cx, int op, cm_node *const *items, size_t n, cm_node **out) {
    cm_objs list = {0}; /* borrowed nodes */
    cm_node *neutral = NULL, *decided = NULL;
    cm_status st = CM_OK;
    *out = NULL;
    if (op != CM_OP_AND && op != CM_OP_OR) return cm__fail(cx, CM_E_ARGUMENT, "conditions are joined by AND or OR only");
    for (size_t i = 0; i < n && !decided; i++) {
        st = check_operand(cx, op, items[i]);
        if (!st) st = add_condition(cx, op, items[i], &list, &neutral, &decided);
        if (st) goto done;
    }
    if (decided || list.n == 1) {
        st = same(cx, decided ? decided : list.v[0], out);
    } else if (list.n == 0) {
        if (neutral || n) {
            st = same(cx, neutral ? neutral : items[0], out);
        } else {
            cm_node_spec spec = {.kind = CM_N_BOOL, .op = op};
            st = cm_node_make(cx, &spec, out);
        }
    } else {
        cm_node *const *segment = (cm_node *const *)(void *)list.v;
        cm_node_spec spec = {.kind = CM_N_BOOL, .op = op, .segments = &segment, .counts = &list.n};
        st = cm_node_make(cx, &spec, out);
    }
done:
    cm_objs_free(cx, &list);
    return st;
}

/* ---- other expressions */

/* The form most kinds with a name and one list need. */
static cm_status make_named_list(cm_ctx *cx, int kind, const char *name, cm_node *kid, cm_node *const *items, size_t n, const cm_type *type,
                                 cm_node **out) {
    cm_node *const *segments[20] = {items};
    size_t counts[20] = {n};
    cm_node_spec spec = {.kind = kind, .type = type, .name = name, .name_n = name ? strlen(name) : 0, .kid = {kid, NULL, NULL}};
    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (!items[i]) return cm__fail(cx, CM_E_ARGUMENT, "an item of a %s is missing", cm__kinds[kind].role);
    if (n) {
        spec.segments = segments;
        spec.counts = counts;
    }
    return cm_node_make(cx, &spec, out);
}

cm_status cm_expr_func(cm_ctx *cx, const char *name, cm_node *const *args, size_t n, const cm_type *type, cm_node **out) {
    return make_named_list(cx, CM_N_FUNC, name, NULL, args, n, type, out);
}

cm_status cm_expr_label(cm_ctx *cx, const char *name, cm_node *child, cm_node **out) {
    *out = NULL;
    if (!child) return cm__fail(cx, CM_E_ARGUMENT, "a label needs an expression");
    return make_named_list(cx, CM_N_LABEL, name, child, NULL, 0, NULL, out);
}

/* ---- statements */

static bool selectable(const cm_node *n) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    return info->expression || info->from || n->kind == CM_N_BUNDLE || n->kind == CM_N_OF_TYPE;
}

cm_status cm_select(cm_ctx *cx, cm_node *const *columns, size_t n, cm_node **out) {
    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (columns[i] && !selectable(columns[i]))
            return cm__fail(cx, CM_E_ARGUMENT, "a %s cannot be selected", cm__kinds[columns[i]->kind].role);
    return make_named_list(cx, CM_N_SELECT, NULL, NULL, columns, n, NULL, out);
}

static cm_status make_dml(cm_ctx *cx, int kind, cm_table *table, cm_node **out) {
    return make_named_list(cx, kind, NULL, cm_table_node(table), NULL, 0, NULL, out);
}

cm_status cm_insert(cm_ctx *cx, cm_table *table, cm_node **out) { return make_dml(cx, CM_N_INSERT, table, out); }
cm_status cm_update(cm_ctx *cx, cm_table *table, cm_node **out) { return make_dml(cx, CM_N_UPDATE, table, out); }
cm_status cm_delete(cm_ctx *cx, cm_table *table, cm_node **out) { return make_dml(cx, CM_N_DELETE, table, out); }
