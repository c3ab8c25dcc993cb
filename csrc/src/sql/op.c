/* Operators: infix chains without recursion, and those that have a shape of their own. */
#include "sql/compiler.h"

const char *cm_compiler__hint_of(const cm_node *n) {
    n = cm__node_unalias((cm_node *)(uintptr_t)n);
    switch (n->kind) {
    case CM_N_COLUMN: {
        const cm_column *col = n->u.col.table ? n->u.col.ref : NULL;
        return col && col->key ? cm_str_text(col->key) : n->u.col.name ? cm_str_text(n->u.col.name) : NULL;
    }
    case CM_N_PROXY: return n->u.col.name ? cm_str_text(n->u.col.name) : NULL;
    case CM_N_LITERAL_COLUMN: return n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    case CM_N_FUNC: return cm_compiler__func_label(n);
    default: return NULL;
    }
}

/* An operand next to `other`, which lends its name to a nameless parameter. */
static cm_status operand_beside(cm_compiler *c, cm_node *n, const cm_node *other, int against) {
    const char *hint = c->hint;
    c->hint = cm_compiler__hint_of(other);
    cm_status st = cm_compiler__operand(c, n, against);
    c->hint = hint;
    return st;
}

static cm_status infix(cm_compiler *c, cm_node *n, const char *sql) {
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    cm_status st = operand_beside(c, left, right, n->op);
    if (st) return st;
    cm_out(c, sql);
    return operand_beside(c, right, left, n->op);
}

/* ---- LIKE and its family */

static cm_status lowered(cm_compiler *c, cm_node *n, const cm_node *other, int against, bool lower) {
    if (lower) cm_out(c, "lower(");
    cm_status st = operand_beside(c, n, other, against);
    if (lower) cm_out(c, ")");
    return st;
}

/* x LIKE y ESCAPE '/'; affixes: '%' || y || '%'. */
static cm_status write_like(cm_compiler *c, cm_node *n, bool negated, bool lower, bool before, bool after) {
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1], *escape = n->u.k.kid[2];
    bool affix = before || after, ilike = lower && cm_has(c, CM_F_ILIKE);
    lower = lower && !ilike;
    const cm_node *plain = cm__node_unalias(right);
    int against = !affix ? n->op : !lower && plain->kind == CM_N_BINARY && plain->op == CM_OP_CONCAT ? CM_OP_CONCAT : CM_AGAINST_ALL;
    cm_status st = lowered(c, left, right, affix ? CM_AGAINST_ALL : n->op, lower);
    if (st) return st;
    bool function = affix && cm_has(c, CM_F_CONCAT_FUNC);
    if (negated) cm_out(c, " NOT");
    cm_out(c, ilike ? " ILIKE " : " LIKE ");
    if (function) cm_out(c, "concat(");
    if (before) cm_out(c, function ? "'%', " : "'%' || ");
    st = lowered(c, right, left, function ? CM_OP_COMMA : against, lower);
    if (after) cm_out(c, function ? ", '%'" : " || '%'");
    if (function) cm_out(c, ")");
    if (st || !escape) return st;
    cm_out(c, " ESCAPE ");
    if (escape->kind != CM_N_PREFIX || !escape->u.n.name) return cm_compiler__expr(c, escape);
    cm_compiler__string(c, cm_str_text(escape->u.n.name), escape->u.n.name->n);
    return CM_OK;
}

/* ---- IN, BETWEEN */

static cm_status write_in(cm_compiler *c, cm_node *n) {
    cm_node *left = n->u.k.kid[0], *right = cm__node_unalias(n->u.k.kid[1]);
    const char *hint = c->hint;
    size_t count;
    cm_status st = cm_compiler__operand(c, left, n->op);
    if (st) return st;
    if (right->kind != CM_N_BIND) cm_out(c, cm__ops[n->op].sql);
    c->hint = cm_compiler__hint_of(left);
    switch (right->kind) {
    case CM_N_BIND: st = cm_compiler__in_list(c, right, left, n->op); break;
    case CM_N_LIST:
    case CM_N_TUPLE: {
        cm_node *const *items = cm_node_segment(right, 0, &count);
        cm_out(c, "(");
        for (size_t i = 0; !st && i < count; i++) {
            if (i) cm_out(c, ", ");
            st = cm_compiler__operand(c, items[i], CM_OP_COMMA);
        }
        cm_out(c, ")");
        break;
    }
    case CM_N_TEXT:
    case CM_N_LITERAL_COLUMN:
    case CM_N_PREFIX:
        cm_out(c, "(");
        st = cm_compiler__expr(c, right);
        cm_out(c, ")");
        break;
    default: st = cm_compiler__operand(c, right, n->op);
    }
    c->hint = hint;
    return st;
}

/* (x NOT IN (...)): the form of the empty list has an OR in it. */
static cm_status write_not_in(cm_compiler *c, cm_node *n) {
    cm_out(c, "(");
    cm_status st = write_in(c, n);
    cm_out(c, ")");
    return st;
}

static cm_status write_between(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *left = n->u.k.kid[0], *const *ends = cm_node_segment(n->u.k.kid[1], 0, &count);
    if (n->u.k.kid[1]->kind != CM_N_LIST || count != 2) return cm__fail(c->cx, CM_E_COMPILE, "BETWEEN needs two bounds");
    cm_status st = operand_beside(c, left, ends[0], n->op);
    if (st) return st;
    cm_out(c, cm__ops[n->op].sql);
    if (n->flags & CM_FLAG_SYMMETRIC) cm_out(c, "SYMMETRIC ");
    st = operand_beside(c, ends[0], left, CM_OP_BETWEEN);
    if (st) return st;
    cm_out(c, " AND ");
    return operand_beside(c, ends[1], left, CM_OP_BETWEEN);
}

/* ---- arithmetic of its own kind */

static int kind_of(const cm_node *n) { return n->type ? (int)n->type->def.kind : CM_T_NULL; }
static bool is_integer(int kind) { return kind == CM_T_INTEGER || kind == CM_T_SMALLINT || kind == CM_T_BIGINT; }

/* x / CAST(y AS NUMERIC): division that is not cut to whole numbers. */
static cm_status write_division(cm_compiler *c, cm_node *n) {
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    int kind = kind_of(right);
    bool keep = kind == CM_T_NUMERIC || kind == CM_T_FLOAT || kind == CM_T_DOUBLE;
    cm_status st = operand_beside(c, left, right, n->op);
    if (st) return st;
    cm_out(c, " / CAST(");
    st = operand_beside(c, right, left, n->op);
    if (st) return st;
    cm_out(c, " AS ");
    st = cm_compiler__spell(c, keep ? right->type : cm_type_basic(c->cx, CM_T_NUMERIC), true);
    cm_out(c, ")");
    return st;
}

static cm_status write_floor_division(cm_compiler *c, cm_node *n) {
    bool whole = is_integer(kind_of(n->u.k.kid[0])) && is_integer(kind_of(n->u.k.kid[1]));
    if (!whole) cm_out(c, "FLOOR(");
    cm_status st = infix(c, n, " / ");
    if (!whole) cm_out(c, ")");
    return st;
}

static cm_status write_power(cm_compiler *c, cm_node *n) {
    const char *hint = c->hint;
    cm_out(c, "pow(");
    c->hint = "pow";
    cm_status st = cm_compiler__operand(c, n->u.k.kid[0], CM_OP_COMMA);
    cm_out(c, ", ");
    if (!st) st = cm_compiler__operand(c, n->u.k.kid[1], CM_OP_COMMA);
    cm_out(c, ")");
    c->hint = hint;
    return st;
}

static cm_status write_custom(cm_compiler *c, cm_node *n) {
    const cm_node *text = n->u.k.kid[2];
    if (!text || text->kind != CM_N_PREFIX || !text->u.n.name) return cm__fail(c->cx, CM_E_COMPILE, "a custom operator has no text");
    int precedence = (int8_t)(text->flags & 0xff);
    for (int i = 0; i < 2; i++) {
        cm_node *kid = n->u.k.kid[i], *inner = cm__node_unalias(kid);
        const char *hint = c->hint;
        int inner_precedence = inner->kind == CM_N_BINARY && inner->op == CM_OP_CUSTOM && inner->u.k.kid[2]
                                   ? (int8_t)(inner->u.k.kid[2]->flags & 0xff)
                                   : cm__ops[inner->op].precedence;
        bool operation = inner->kind == CM_N_BINARY || inner->kind == CM_N_BOOL, group = operation && inner_precedence <= precedence;
        if (i) {
            cm_out(c, " ");
            cm_buf__add(&c->b, cm_str_text(text->u.n.name), text->u.n.name->n);
            cm_out(c, " ");
        }
        c->hint = cm_compiler__hint_of(n->u.k.kid[1 - i]);
        if (group) cm_out(c, "(");
        cm_status st = cm_compiler__expr(c, kid);
        if (group) cm_out(c, ")");
        c->hint = hint;
        if (st) return st;
    }
    return CM_OK;
}

static cm_status lacks(cm_compiler *c, const char *what) {
    return cm__fail(c->cx, CM_E_COMPILE, "%s dialect does not support %s", c->d->name, what);
}

/* Operators with a shape of their own; false: plain infix. */
static bool write_shaped(cm_compiler *c, cm_node *n, cm_status *st) {
    if (cm__ops[n->op].dialect && c->d->op && c->d->op(c, n, st)) return true;
    switch (n->op) {
    case CM_OP_IN: *st = write_in(c, n); return true;
    case CM_OP_NOT_IN: *st = write_not_in(c, n); return true;
    case CM_OP_BETWEEN:
    case CM_OP_NOT_BETWEEN: *st = write_between(c, n); return true;
    case CM_OP_LIKE: *st = write_like(c, n, false, false, false, false); return true;
    case CM_OP_NOT_LIKE: *st = write_like(c, n, true, false, false, false); return true;
    case CM_OP_ILIKE: *st = write_like(c, n, false, true, false, false); return true;
    case CM_OP_NOT_ILIKE: *st = write_like(c, n, true, true, false, false); return true;
    case CM_OP_CONTAINS: *st = write_like(c, n, false, false, true, true); return true;
    case CM_OP_NOT_CONTAINS: *st = write_like(c, n, true, false, true, true); return true;
    case CM_OP_STARTSWITH: *st = write_like(c, n, false, false, false, true); return true;
    case CM_OP_NOT_STARTSWITH: *st = write_like(c, n, true, false, false, true); return true;
    case CM_OP_ENDSWITH: *st = write_like(c, n, false, false, true, false); return true;
    case CM_OP_NOT_ENDSWITH: *st = write_like(c, n, true, false, true, false); return true;
    case CM_OP_ICONTAINS: *st = write_like(c, n, false, true, true, true); return true;
    case CM_OP_NOT_ICONTAINS: *st = write_like(c, n, true, true, true, true); return true;
    case CM_OP_ISTARTSWITH: *st = write_like(c, n, false, true, false, true); return true;
    case CM_OP_NOT_ISTARTSWITH: *st = write_like(c, n, true, true, false, true); return true;
    case CM_OP_IENDSWITH: *st = write_like(c, n, false, true, true, false); return true;
    case CM_OP_NOT_IENDSWITH: *st = write_like(c, n, true, true, true, false); return true;
    case CM_OP_DIV: *st = write_division(c, n); return true;
    case CM_OP_FLOORDIV: *st = write_floor_division(c, n); return true;
    case CM_OP_POW: *st = write_power(c, n); return true;
    case CM_OP_CUSTOM: *st = write_custom(c, n); return true;
    case CM_OP_REGEXP_MATCH:
    case CM_OP_NOT_REGEXP_MATCH: *st = lacks(c, "regular expressions"); return true;
    case CM_OP_REGEXP_REPLACE: *st = lacks(c, "regular expression replacements"); return true;
    default: return false;
    }
}

/* ---- plain infix: a + b + c + ... leans left and may be very long */

static bool is_plain(const cm_compiler *c, const cm_node *n) {
    if (n->op == CM_OP_CONCAT && cm_has(c, CM_F_CONCAT_FUNC)) return false;
    if (n->kind != CM_N_BINARY || (n->flags & CM_FLAG_HOST_COMPILE)) return false;
    switch (n->op) {
    case CM_OP_ADD:
    case CM_OP_SUB:
    case CM_OP_MUL:
    case CM_OP_MOD:
    case CM_OP_CONCAT:
    case CM_OP_BIT_AND:
    case CM_OP_BIT_OR:
    case CM_OP_EQ:
    case CM_OP_NE:
    case CM_OP_LT:
    case CM_OP_LE:
    case CM_OP_GT:
    case CM_OP_GE: return true;
    default: return false;
    }
}

static cm_status write_chain(cm_compiler *c, cm_node *n) {
    cm_objs spine = {0}; /* outermost first */
    cm_status st = CM_OK;
    for (cm_node *at = n; !st && is_plain(c, at); at = at->u.k.kid[0]) {
        st = cm_objs_add(c->cx, &spine, at);
        if (!st && is_plain(c, at->u.k.kid[0]) && cm_compiler__grouped(c, at->u.k.kid[0], at->op)) cm_out(c, "(");
    }
    for (size_t i = spine.n; !st && i-- > 0;) {
        cm_node *at = spine.v[i], *left = at->u.k.kid[0], *right = at->u.k.kid[1];
        if (i + 1 == spine.n) st = operand_beside(c, left, right, at->op);
        if (st) break;
        if (i + 1 < spine.n && cm_compiler__grouped(c, left, at->op)) cm_out(c, ")");
        cm_out(c, cm__ops[at->op].sql);
        st = operand_beside(c, right, left, at->op);
    }
    cm_objs_free(c->cx, &spine);
    return st;
}

static bool is_concat(const cm_node *n) { return n->kind == CM_N_BINARY && n->op == CM_OP_CONCAT && !(n->flags & CM_FLAG_HOST_COMPILE); }

/* concat(a, b, c) for a || b || c */
static cm_status write_concat(cm_compiler *c, cm_node *n) {
    cm_objs spine = {0}; /* outermost first */
    cm_status st = CM_OK;
    for (cm_node *at = n; !st && is_concat(at); at = cm__node_unalias(at->u.k.kid[0])) st = cm_objs_add(c->cx, &spine, at);
    cm_out(c, "concat(");
    for (size_t i = spine.n; !st && i-- > 0;) {
        cm_node *at = spine.v[i], *left = at->u.k.kid[0], *right = at->u.k.kid[1];
        if (i + 1 == spine.n) st = operand_beside(c, left, right, CM_OP_COMMA);
        cm_out(c, ", ");
        if (!st) st = operand_beside(c, right, left, CM_OP_COMMA);
    }
    cm_out(c, ")");
    cm_objs_free(c->cx, &spine);
    return st;
}

cm_status cm_compiler__binary(cm_compiler *c, cm_node *n) {
    cm_status st = CM_OK;
    if (is_plain(c, n)) return is_plain(c, n->u.k.kid[0]) ? write_chain(c, n) : infix(c, n, cm__ops[n->op].sql);
    if (n->op == CM_OP_CONCAT && cm_has(c, CM_F_CONCAT_FUNC)) return write_concat(c, n);
    if (write_shaped(c, n, &st)) return st;
    if (!cm__ops[n->op].sql[0]) return lacks(c, cm__ops[n->op].name);
    return infix(c, n, cm__ops[n->op].sql);
}

bool cm_compiler__sorts_nulls(const cm_compiler *c, const cm_node *n, bool *first) {
    for (; n->kind == CM_N_UNARY && cm__ops[n->op].postfix; n = n->u.k.kid[0]) {
        *first = n->op == CM_OP_NULLS_FIRST;
        if (*first || n->op == CM_OP_NULLS_LAST) return !cm_has(c, CM_F_NULLS_ORDER);
    }
    return false;
}

/* x IS NULL, x DESC for x DESC NULLS LAST */
static cm_status write_nulls(cm_compiler *c, cm_node *n, bool first) {
    cm_node *inner = n;
    while (inner->kind == CM_N_UNARY && cm__ops[inner->op].postfix) inner = inner->u.k.kid[0];
    cm_status st = cm_compiler__operand(c, inner, CM_OP_IS);
    cm_out(c, first ? " IS NULL DESC, " : " IS NULL, ");
    return st ? st : cm_compiler__expr(c, n->u.k.kid[0]);
}

cm_status cm_compiler__unary(cm_compiler *c, cm_node *n) {
    cm_node *kid = n->u.k.kid[0];
    const cm_op_info *info = &cm__ops[n->op];
    cm_status st = CM_OK;
    bool first;
    if (c->d->op && info->dialect && c->d->op(c, n, &st)) return st;
    if ((n->op == CM_OP_NULLS_FIRST || n->op == CM_OP_NULLS_LAST) && cm_compiler__sorts_nulls(c, n, &first))
        return write_nulls(c, n, first);
    if (info->postfix) {
        st = kid->kind == CM_N_UNARY && cm__ops[kid->op].postfix ? cm_compiler__expr(c, kid) : cm_compiler__operand(c, kid, n->op);
        cm_out(c, info->sql);
        return st;
    }
    if (n->op == CM_OP_NOT) {
        const cm_node *inner = cm__node_unalias(kid);
        if (!cm_compiler__bare_boolean(c, inner)) cm_out(c, info->sql);
        return cm_compiler__operand(c, kid, CM_OP_NOT);
    }
    cm_out(c, info->sql);
    return cm_compiler__operand(c, kid, n->op);
}
