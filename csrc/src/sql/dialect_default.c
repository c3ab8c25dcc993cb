/* The default dialect: standard SQL as people want to read it when no database is named. It can spell everything. */
#include "sql/compiler.h"

static const char *const reserved[] = {"all",
                                       "analyse",
                                       "analyze",
                                       "and",
                                       "any",
                                       "array",
                                       "as",
                                       "asc",
                                       "asymmetric",
                                       "authorization",
                                       "between",
                                       "binary",
                                       "both",
                                       "case",
                                       "cast",
                                       "check",
                                       "collate",
                                       "column",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "current_date",
                                       "current_role",
                                       "current_time",
                                       "current_timestamp",
                                       "current_user",
                                       "default",
                                       "deferrable",
                                       "desc",
                                       "distinct",
                                       "do",
                                       "else",
                                       "end",
                                       "except",
                                       "false",
                                       "for",
                                       "foreign",
                                       "freeze",
                                       "from",
                                       "full",
                                       "grant",
                                       "group",
                                       "having",
                                       "ilike",
                                       "in",
                                       "initially",
                                       "inner",
                                       "intersect",
                                       "into",
                                       "is",
                                       "isnull",
                                       "join",
                                       "leading",
                                       "left",
                                       "like",
                                       "limit",
                                       "localtime",
                                       "localtimestamp",
                                       "natural",
                                       "new",
                                       "not",
                                       "notnull",
                                       "null",
                                       "off",
                                       "offset",
                                       "old",
                                       "on",
                                       "only",
                                       "or",
                                       "order",
                                       "outer",
                                       "overlaps",
                                       "placing",
                                       "primary",
                                       "references",
                                       "right",
                                       "select",
                                       "session_user",
                                       "set",
                                       "similar",
                                       "some",
                                       "symmetric",
                                       "table",
                                       "then",
                                       "to",
                                       "trailing",
                                       "true",
                                       "union",
                                       "unique",
                                       "user",
                                       "using",
                                       "verbose",
                                       "when",
                                       "where"};

static cm_status write_type(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast) {
    return cm_sql__type(cx, b, &cm__dialect_default, type, for_cast);
}

static cm_status write_literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v) {
    (void)cx;
    return cm_sql__literal(b, type, v, false, true);
}

static bool write_op(cm_compiler *c, cm_node *n, cm_status *st) {
    static const char arrow[] = " <regexp> ", not_arrow[] = " <not regexp> ";
    if (n->op != CM_OP_REGEXP_MATCH && n->op != CM_OP_NOT_REGEXP_MATCH && n->op != CM_OP_REGEXP_REPLACE) return false;
    const char *hint = c->hint;
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    bool replace = n->op == CM_OP_REGEXP_REPLACE;
    if (replace) cm_out(c, "<regexp replace>(");
    c->hint = cm_compiler__hint_of(right);
    *st = cm_compiler__operand(c, left, n->op);
    cm_out(c, replace ? ", " : n->op == CM_OP_REGEXP_MATCH ? arrow : not_arrow);
    c->hint = cm_compiler__hint_of(left);
    size_t count;
    cm_node *const *parts = right->kind == CM_N_LIST ? cm_node_segment(right, 0, &count) : NULL;
    if (!*st && parts) *st = cm_compiler__list(c, parts, count, CM_OP_COMMA);
    else if (!*st) *st = cm_compiler__operand(c, right, n->op);
    if (replace) cm_out(c, ")");
    c->hint = hint;
    return true;
}

/* doc[:key], list[:from:to] */
static cm_status write_index(cm_compiler *c, cm_node *n) {
    cm_node *key = n->u.k.kid[1], *of = n->u.k.kid[0];
    cm_status st = of->kind == CM_N_INDEX ? cm_compiler__expr(c, of) : cm_compiler__operand(c, of, CM_OP_JSON_INDEX);
    cm_out(c, "[");
    for (int i = 0; !st && key->kind == CM_N_SLICE && i < 3; i++) {
        if (i == 1 || (i && key->u.k.kid[i])) cm_out(c, ":");
        if (key->u.k.kid[i]) st = cm_compiler__expr(c, key->u.k.kid[i]);
    }
    if (!st && key->kind != CM_N_SLICE) st = cm_compiler__expr(c, key);
    cm_out(c, "]");
    return st;
}

static bool write_node(cm_compiler *c, cm_node *n, cm_status *st) {
    if (n->kind != CM_N_INDEX) return false;
    *st = write_index(c, n);
    return true;
}

/* clang-format off */
#define STANDARD(name_, features_)                                                                                                         \
    {                                                                                                                                      \
        .name = name_, .quote_open = '"', .quote_close = '"', .params = CM_PARAM_NAMED, .features = features_, .max_identifier = 9999,     \
        .reserved = reserved, .nreserved = sizeof reserved / sizeof *reserved, .node = write_node, .op = write_op, .type = write_type,     \
        .literal = write_literal, .insert_default_values = "() VALUES ()", .delete_using = " , ",                                          \
    }
/* clang-format on */
enum {
    FEATURES = CM_F_RETURNING | CM_F_FOR_UPDATE | CM_F_ALTER_FK | CM_F_SCHEMAS | CM_F_CTE_DML | CM_F_LATERAL | CM_F_MULTI_VALUES |
               CM_F_UPDATE_FROM | CM_F_NULLS_ORDER | CM_F_SEQUENCES | CM_F_ON_CONFLICT | CM_F_ROW_VALUES | CM_F_IDENTITY
};

const cm_dialect cm__dialect_default = STANDARD("default", FEATURES | CM_F_CHANGE_RETURNING | CM_F_BOOLEAN);
/* A database about which nothing is known: it may have no boolean values. */
static const cm_dialect standard = STANDARD("standard", FEATURES | CM_F_CHANGE_RETURNING);

const cm_dialect *cm_dialect_default(void) { return &cm__dialect_default; }

const cm_dialect *cm_dialect_find(const char *name) {
    static const cm_dialect *const all[] = {&cm__dialect_default, &cm__dialect_sqlite,  &cm__dialect_postgresql,
                                            &cm__dialect_mysql,   &cm__dialect_mariadb, &standard};
    for (size_t i = 0; name && i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}
