/* Expressions: dispatch by kind, parentheses, columns, conditions.
 *
 * Parentheses follow one rule: an operand that is itself an operation is grouped when its operator binds as loosely as
 * the one around it, or looser, unless both are the same associative operator. */
#include "sql/compiler.h"
#include "sql/text.h"

enum { PRECEDENCE_LIMIT = 100 };

static bool is_modifier(int op) { return op == CM_OP_ASC || op == CM_OP_DESC || op == CM_OP_NULLS_FIRST || op == CM_OP_NULLS_LAST; }

/* What names and types pass through without changing the text's shape. */
static cm_node *skip_wrappers(const cm_node *n) {
    for (;;) {
        if (n->kind == CM_N_ATTR && n->u.attr.expr) n = n->u.attr.expr;
        else if (n->kind == CM_N_LABEL && n->u.n.kid) n = n->u.n.kid;
        else if (n->kind == CM_N_TYPE_COERCE && n->u.k.kid[0]) n = n->u.k.kid[0];
        else return (cm_node *)(uintptr_t)n;
    }
}

/* Precedence of an operation; false: not an operation, never grouped. */
static bool precedence_of(const cm_node *n, int *out) {
    switch (n->kind) {
    case CM_N_BINARY:
        *out = n->op == CM_OP_CUSTOM && n->u.k.kid[2] ? (int8_t)(n->u.k.kid[2]->flags & 0xff) : cm__ops[n->op].precedence;
        return true;
    case CM_N_UNARY: *out = cm__ops[n->op].precedence; return !is_modifier(n->op);
    case CM_N_BOOL:
    case CM_N_LIST: *out = cm__ops[n->op].precedence; return true;
    case CM_N_INDEX: *out = 15; return true;
    case CM_N_FILTER:
    case CM_N_WITHIN_GROUP: *out = 6; return true;
    case CM_N_COLLATE: *out = 4; return true;
    case CM_N_EXISTS: *out = 0; return true;
    default: return false;
    }
}

static int precedence_around(int against) {
    switch (against) {
    case CM_AGAINST_BOOL: return -10;
    case CM_AGAINST_COLLATE: return 4;
    case CM_AGAINST_ALL: return PRECEDENCE_LIMIT;
    default: break;
    }
    int p = cm__ops[against].precedence;
    return p == -PRECEDENCE_LIMIT ? PRECEDENCE_LIMIT : p;
}

bool cm_compiler__grouped(const cm_compiler *c, const cm_node *n, int against) {
    int inner;
    (void)c;
    n = skip_wrappers(n);
    if (n->kind == CM_N_TEXT) return against >= 0 && against != CM_OP_AND && against != CM_OP_OR && against != CM_OP_COMMA;
    if (!precedence_of(n, &inner)) return against == CM_OP_ANY || against == CM_OP_ALL;
    if (against == CM_AGAINST_NONE) return true;
    if ((n->kind == CM_N_BINARY || n->kind == CM_N_BOOL) && n->op == against && cm__ops[against].associative) return false;
    return inner <= precedence_around(against);
}

static bool wants_condition(int against) {
    return against == CM_AGAINST_BOOL || against == CM_OP_AND || against == CM_OP_OR || against == CM_OP_NOT;
}

/* A boolean that is no comparison stands as `x = 1` where the database has no boolean values. */
bool cm_compiler__bare_boolean(const cm_compiler *c, const cm_node *n) {
    int unused;
    if (cm_has(c, CM_F_BOOLEAN) || !n->type || n->type->def.kind != CM_T_BOOLEAN) return false;
    switch (n->kind) {
    case CM_N_GROUPING:
    case CM_N_TEXT:
    case CM_N_UNARY:
    case CM_N_ANY_ALL:
    case CM_N_HOST: return false;
    default: return !precedence_of(n, &unused);
    }
}

cm_status cm_compiler__operand(cm_compiler *c, cm_node *n, int against) {
    cm_node *inner = skip_wrappers(n);
    if (wants_condition(against)) {
        if (inner->kind == CM_N_TRUE_ || inner->kind == CM_N_FALSE_) {
            bool yes = inner->kind == CM_N_TRUE_;
            cm_out(c, cm_has(c, CM_F_BOOLEAN) ? (yes ? "true" : "false") : (yes ? "1 = 1" : "0 = 1"));
            return CM_OK;
        }
        if (cm_compiler__bare_boolean(c, inner)) {
            cm_status st = cm_compiler__expr(c, n);
            cm_out(c, against == CM_OP_NOT ? " = 0" : " = 1");
            return st;
        }
    }
    if (!cm_compiler__grouped(c, n, against)) return cm_compiler__expr(c, n);
    cm_out(c, "(");
    cm_status st = cm_compiler__expr(c, n);
    cm_out(c, ")");
    return st;
}

cm_status cm_compiler__list(cm_compiler *c, cm_node *const *items, size_t n, int against) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        if (i) cm_out(c, ", ");
        st = against == CM_AGAINST_ALL ? cm_compiler__expr(c, items[i]) : cm_compiler__operand(c, items[i], against);
    }
    return st;
}

/* ---- AND, OR */

typedef struct bool_frame {
    cm_node *const *items;
    size_t n, i;
} bool_frame;

/* Members of nested AND in AND (OR in OR) stand side by side; any depth. */
static cm_status write_flat(cm_compiler *c, cm_node *n, bool *any) {
    bool_frame *stack = NULL;
    size_t depth = 0, cap = 0;
    int op = n->op;
    cm_status st = CM_OK;
    for (cm_node *next = n; !st;) {
        if (next && next->kind == CM_N_BOOL && next->op == op) {
            st = cm__grow(c->cx, &stack, &cap, depth + 1, sizeof *stack);
            if (st) break;
            stack[depth].items = cm_node_segment(next, 0, &stack[depth].n);
            stack[depth++].i = 0;
        } else if (next) {
            if (*any) cm_out(c, cm__ops[op].sql);
            *any = true;
            st = cm_compiler__operand(c, next, op);
        }
        while (depth && stack[depth - 1].i == stack[depth - 1].n) depth--;
        if (!depth) break;
        next = stack[depth - 1].items[stack[depth - 1].i++];
    }
    cm__free(c->cx, stack);
    return st;
}

cm_status cm_compiler__bool(cm_compiler *c, cm_node *n) {
    bool any = false;
    return write_flat(c, n, &any);
}

/* WHERE a AND b: constants fold, a single condition is no operand of AND. */
cm_status cm_compiler__conditions(cm_compiler *c, cm_node *const *items, size_t n) {
    size_t count = 0;
    cm_node *last = NULL;
    for (size_t i = 0; i < n; i++) {
        int kind = skip_wrappers(items[i])->kind;
        if (kind == CM_N_FALSE_) return cm_compiler__operand(c, items[i], CM_AGAINST_BOOL);
        if (kind == CM_N_TRUE_ && (count || i + 1 < n)) continue;
        last = items[i];
        count++;
    }
    if (count == 1) return cm_compiler__operand(c, last, CM_AGAINST_BOOL);
    bool any = false;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        if (skip_wrappers(items[i])->kind == CM_N_TRUE_) continue;
        if (items[i]->kind == CM_N_BOOL && items[i]->op == CM_OP_AND) {
            st = write_flat(c, items[i], &any);
            continue;
        }
        if (any) cm_out(c, " AND ");
        any = true;
        st = cm_compiler__operand(c, items[i], CM_OP_AND);
    }
    return st;
}

/* ---- columns */

/* The name of the FROM element a column belongs to, and a dot. */
static cm_status write_owner(cm_compiler *c, cm_node *from) {
    uint32_t flags = 0;
    cm_status st = CM_OK;
    if (from->kind == CM_N_TABLE) {
        st = cm_compiler__table(c, from);
    } else {
        const char *name = cm_compiler__from_name(c, from, &flags);
        if (!name) return c->arena.failed ? CM_E_NOMEM : CM_OK;
        st = cm_compiler__name(c, name, strlen(name), flags);
    }
    cm_out(c, ".");
    return st;
}

cm_status cm_compiler__column_ref(cm_compiler *c, cm_node *n) {
    cm_node *from = n->u.col.table ? cm_sql__from(n->u.col.table) : NULL;
    const char *inner = NULL; /* name inside of a subquery: made up before the name of the subquery is */
    cm_status st = CM_OK;
    if (n->kind == CM_N_PROXY && !n->u.col.ref && from && from->kind == CM_N_TABLE_FUNC) { /* the function's value: its alias alone */
        uint32_t flags = 0;
        const char *name = cm_compiler__from_name(c, from, &flags);
        return name ? cm_compiler__name(c, name, strlen(name), flags) : CM_E_NOMEM;
    }
    if (n->kind == CM_N_PROXY && n->u.col.ref && from &&
        (from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE || from->kind == CM_N_ALIAS)) {
        inner = cm_compiler__proxy_name(c, n);
        if (!inner) return CM_E_NOMEM;
    }
    if (from && !c->bare_columns) st = write_owner(c, from);
    if (st || inner) return st ? st : cm_compiler__label(c, inner, 0);
    if (!n->u.col.name) return cm__fail(c->cx, CM_E_COMPILE, "a column without a name cannot be written");
    return cm_compiler__str(c, n->u.col.name, n->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
}

static cm_status write_attr(cm_compiler *c, cm_node *n) {
    if (n->u.attr.expr) return cm_compiler__expr(c, n->u.attr.expr);
    const cm_attr *attr = n->u.attr.attr;
    return cm__fail(c->cx, CM_E_COMPILE, "relationship '%s' cannot be written as a column",
                    attr && attr->key ? cm_str_text(attr->key) : "?");
}

/* EXTRACT(year FROM x): fields come from a closed list. */
static cm_status write_extract(cm_compiler *c, cm_node *n) {
    static const char *const fields[] = {"month",           "day",    "year",    "second",  "hour",         "doy",          "minute",
                                         "quarter",         "dow",    "week",    "epoch",   "milliseconds", "microseconds", "timezone_hour",
                                         "timezone_minute", "isodow", "isoyear", "century", "decade",       "millennium",   "timezone",
                                         "julian",          NULL};
    const char *field = n->u.n.name ? cm_str_text(n->u.n.name) : "";
    for (size_t i = 0; fields[i]; i++) {
        if (strcmp(fields[i], field) != 0) continue;
        cm_out(c, "EXTRACT(");
        cm_out(c, field);
        cm_out(c, " FROM ");
        cm_status st = cm_compiler__operand(c, n->u.n.kid, CM_OP_CAST);
        cm_out(c, ")");
        return st;
    }
    return cm__fail(c->cx, CM_E_COMPILE, "%s is not a valid extract argument.", field);
}

static cm_status write_cast(cm_compiler *c, cm_node *n) {
    cm_out(c, n->op == CM_OP_TRY_CAST ? "TRY_CAST(" : "CAST(");
    cm_status st = cm_compiler__expr(c, n->u.k.kid[0]);
    if (st) return st;
    cm_out(c, " AS ");
    st = cm_compiler__spell(c, n->type ? n->type : cm_type_basic(c->cx, CM_T_NULL), true);
    cm_out(c, ")");
    return st;
}

static cm_status write_star(cm_compiler *c, cm_node *n) {
    uint32_t flags = 0;
    const char *of = n->u.k.kid[0] ? cm_compiler__from_name(c, cm_sql__from(n->u.k.kid[0]), &flags) : NULL;
    if (of) {
        cm_status st = cm_compiler__name(c, of, strlen(of), flags);
        if (st) return st;
        cm_out(c, ".");
    }
    cm_out(c, "*");
    return CM_OK;
}

static cm_status write_wrapped(cm_compiler *c, const char *before, cm_node *n, const char *after) {
    cm_out(c, before);
    cm_status st = cm_compiler__expr(c, n);
    cm_out(c, after);
    return st;
}

static cm_status write_named_list(cm_compiler *c, cm_node *n, const char *before, const char *after) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, 0, &count);
    cm_out(c, before);
    cm_status st = cm_compiler__list(c, items, count, CM_OP_COMMA);
    cm_out(c, after);
    return st;
}

static cm_status write_collate(cm_compiler *c, cm_node *n) {
    cm_status st = cm_compiler__operand(c, n->u.n.kid, CM_AGAINST_COLLATE);
    if (st) return st;
    cm_out(c, " COLLATE ");
    return n->u.n.name ? cm_compiler__str(c, n->u.n.name, n->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE))
                       : cm__fail(c->cx, CM_E_COMPILE, "COLLATE needs the name of a collation");
}

static cm_status write_exists(cm_compiler *c, cm_node *n) {
    cm_out(c, "EXISTS ");
    return cm_compiler__subquery(c, n->u.k.kid[0]);
}

static cm_status write_any(cm_compiler *c, cm_node *n) {
    cm_node *kid = n->u.k.kid[0];
    cm_out(c, n->op == CM_OP_ALL ? "ALL " : "ANY ");
    if (kid->kind == CM_N_SCALAR_SUBQUERY || kid->kind == CM_N_SELECT || kid->kind == CM_N_COMPOUND) return cm_compiler__subquery(c, kid);
    return kid->kind == CM_N_GROUPING ? cm_compiler__expr(c, kid) : write_wrapped(c, "(", kid, ")");
}

static cm_status unsupported(cm_compiler *c, const cm_node *n) {
    return cm__fail(c->cx, CM_E_UNSUPPORTED, "the %s dialect cannot render a %s", c->d->name, cm__kinds[n->kind].role);
}

/* Subscripts are spelled by dialects alone. */
static cm_status write_index(cm_compiler *c, cm_node *n) {
    cm_status st = CM_OK;
    return c->d->op && c->d->op(c, n, &st) ? st : unsupported(c, n);
}

/* ---- dispatch */

/* What the host compiles. The key of a statement does not see the defaults of its columns, so classes are asked here, too. */
static cm_status by_host(cm_compiler *c, cm_node *n) {
    const cm_host *host = cm__host(c->cx);
    if (!host->node_compile) return unsupported(c, n);
    if (!host->node_class_id || !host->node_class_id(c->cx, n)) c->flags |= CM_C_UNCACHEABLE;
    return host->node_compile(c->cx, n, c);
}

static cm_status write_by_kind(cm_compiler *c, cm_node *n) {
    switch (n->kind) {
    case CM_N_BIND: return cm_compiler__bind(c, n);
    case CM_N_NULL_: cm_out(c, "NULL"); return CM_OK;
    case CM_N_TRUE_: cm_out(c, cm_has(c, CM_F_BOOLEAN) ? "true" : "1"); return CM_OK;
    case CM_N_FALSE_: cm_out(c, cm_has(c, CM_F_BOOLEAN) ? "false" : "0"); return CM_OK;
    case CM_N_COLUMN:
    case CM_N_PROXY: return cm_compiler__column_ref(c, n);
    case CM_N_LITERAL_COLUMN:
    case CM_N_PREFIX:
        if (n->u.n.name) cm_buf__add(&c->b, cm_str_text(n->u.n.name), n->u.n.name->n);
        return CM_OK;
    case CM_N_TEXT: return cm_compiler__text(c, n);
    case CM_N_STAR: return write_star(c, n);
    case CM_N_BINARY: return cm_compiler__binary(c, n);
    case CM_N_UNARY: return cm_compiler__unary(c, n);
    case CM_N_BOOL: return cm_compiler__bool(c, n);
    case CM_N_LIST: return write_named_list(c, n, "", "");
    case CM_N_TUPLE: return write_named_list(c, n, "(", ")");
    case CM_N_GROUPING: return write_wrapped(c, "(", n->u.k.kid[0], ")");
    case CM_N_FUNC: return cm_compiler__func(c, n);
    case CM_N_CASE: return cm_compiler__case(c, n);
    case CM_N_CAST: return write_cast(c, n);
    case CM_N_TYPE_COERCE: return cm_compiler__expr(c, n->u.k.kid[0]);
    case CM_N_LABEL: return cm_compiler__expr(c, n->u.n.kid);
    case CM_N_OVER:
    case CM_N_FILTER:
    case CM_N_WITHIN_GROUP:
    case CM_N_AGG_ORDER_BY: return cm_compiler__over(c, n);
    case CM_N_EXTRACT: return write_extract(c, n);
    case CM_N_COLLATE: return write_collate(c, n);
    case CM_N_EXISTS: return write_exists(c, n);
    case CM_N_SCALAR_SUBQUERY:
    case CM_N_SELECT:
    case CM_N_COMPOUND: return cm_compiler__subquery(c, n);
    case CM_N_ANY_ALL: return write_any(c, n);
    case CM_N_INDEX: return write_index(c, n);
    case CM_N_ATTR: return write_attr(c, n);
    case CM_N_LABEL_REF: return cm_compiler__label_ref(c, n);
    case CM_N_SUBQUERY:
    case CM_N_ALIAS:
    case CM_N_VALUES:
    case CM_N_CTE:
    case CM_N_TABLE:
    case CM_N_ENTITY:
    case CM_N_TABLE_FUNC:
    case CM_N_JOIN: return cm_compiler__from(c, n);
    case CM_N_BUNDLE: return write_named_list(c, n, "", "");
    case CM_N_HOST: break;
    default: return unsupported(c, n);
    }
    return by_host(c, n);
}

cm_status cm_compiler_default(cm_compiler *c, cm_node *n) {
    cm_status st = cm_compiler__enter(c);
    if (st) return st;
    const char *hint = c->hint;
    if (n->kind != CM_N_BIND && n->kind != CM_N_ATTR) c->hint = NULL;
    if (n == c->hooked) st = cm_compiler__plain_query(c, n, c->hooked_how);
    else if (!c->d->node || !c->d->node(c, n, &st)) st = write_by_kind(c, n);
    c->hint = hint;
    c->depth--;
    return st;
}

cm_status cm_compiler__expr(cm_compiler *c, cm_node *n) {
    if (!n) return cm__fail(c->cx, CM_E_COMPILE, "a part of the statement is missing");
    if ((n->flags & CM_FLAG_HOST_COMPILE) && cm__host(c->cx)->node_compile) return by_host(c, n);
    return cm_compiler_default(c, n);
}
