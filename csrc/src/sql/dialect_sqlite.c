/* SQLite. */
#include "sql/ddl.h"

#include <strings.h>

static const char *const reserved[] = {
    "add",       "after",      "all",           "alter",     "analyze",      "and",          "as",
    "asc",       "attach",     "autoincrement", "before",    "begin",        "between",      "by",
    "cascade",   "case",       "cast",          "check",     "collate",      "column",       "commit",
    "conflict",  "constraint", "create",        "cross",     "current_date", "current_time", "current_timestamp",
    "database",  "default",    "deferrable",    "deferred",  "delete",       "desc",         "detach",
    "distinct",  "drop",       "each",          "else",      "end",          "escape",       "except",
    "exclusive", "exists",     "explain",       "fail",      "false",        "for",          "foreign",
    "from",      "full",       "glob",          "group",     "having",       "if",           "ignore",
    "immediate", "in",         "index",         "indexed",   "initially",    "inner",        "insert",
    "instead",   "intersect",  "into",          "is",        "isnull",       "join",         "key",
    "left",      "like",       "limit",         "match",     "natural",      "not",          "notnull",
    "null",      "of",         "offset",        "on",        "or",           "order",        "outer",
    "plan",      "pragma",     "primary",       "query",     "raise",        "references",   "reindex",
    "rename",    "replace",    "restrict",      "right",     "rollback",     "row",          "select",
    "set",       "table",      "temp",          "temporary", "then",         "to",           "transaction",
    "trigger",   "true",       "union",         "unique",    "update",       "using",        "vacuum",
    "values",    "view",       "virtual",       "when",      "where"};

static cm_status write_type(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast) {
    if (type->def.kind == CM_T_ARRAY) return cm__fail(cx, CM_E_UNSUPPORTED, "SQLite has no type for an ARRAY");
    return cm_sql__type(cx, b, &cm__dialect_sqlite, type, for_cast);
}

static cm_status write_literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v) {
    (void)cx;
    return cm_sql__literal(b, type, v, true, false);
}

static void write_empty_in(cm_buf *b, uint32_t width) {
    cm_buf__puts(b, "SELECT 1");
    for (uint32_t i = 1; i < width; i++) cm_buf__puts(b, ", 1");
    cm_buf__puts(b, " FROM (SELECT 1");
    for (uint32_t i = 1; i < width; i++) cm_buf__puts(b, ", 1");
    cm_buf__puts(b, ") WHERE 1!=1");
}

/* LIMIT and OFFSET always come together, so that one text serves with and without an offset of zero. */
static cm_status limit_after(cm_compiler *c, cm_node *n, const char *sql) {
    size_t nlimit, noffset;
    cm_node *const *limit = cm_node_segment(n, CM_SEG_LIMIT, &nlimit), *const *offset = cm_node_segment(n, CM_SEG_OFFSET, &noffset);
    cm_out(c, sql);
    cm_status st = nlimit ? cm_compiler__expr(c, limit[0]) : cm_compiler__constant(c, -1);
    if (st) return st;
    cm_out(c, " OFFSET ");
    return noffset ? cm_compiler__expr(c, offset[0]) : cm_compiler__constant(c, 0);
}

static cm_status write_limit(cm_compiler *c, cm_node *n) { return limit_after(c, n, "\n LIMIT "); }

/* Since 3.47 SQLite plans with the value of the parameter that is all of LIMIT, and prepares the statement again whenever it
 * is bound. With a sign in front the statement stays prepared. */
static cm_status write_signed_limit(cm_compiler *c, cm_node *n) { return limit_after(c, n, "\n LIMIT +"); }

/* ---- operators */

static cm_status infix(cm_compiler *c, cm_node *n, const char *sql, const char *before, const char *after) {
    const char *hint = c->hint;
    c->hint = cm_compiler__hint_of(n->u.k.kid[1]);
    cm_status st = cm_compiler__operand(c, n->u.k.kid[0], n->op);
    cm_out(c, sql);
    cm_out(c, before);
    c->hint = cm_compiler__hint_of(n->u.k.kid[0]);
    if (!st) st = cm_compiler__operand(c, n->u.k.kid[1], n->op);
    cm_out(c, after);
    c->hint = hint;
    return st;
}

/* ((a | b) - (a & b)): there is no ^ */
static cm_status write_xor(cm_compiler *c, cm_node *n) {
    cm_out(c, "((");
    cm_status st = infix(c, n, " | ", "", "");
    cm_out(c, ") - (");
    if (!st) st = infix(c, n, " & ", "", "");
    cm_out(c, "))");
    return st;
}

static bool write_op(cm_compiler *c, cm_node *n, cm_status *st) {
    switch (n->op) {
    case CM_OP_IS_DISTINCT: *st = infix(c, n, " IS NOT ", "", ""); return true;
    case CM_OP_IS_NOT_DISTINCT: *st = infix(c, n, " IS ", "", ""); return true;
    case CM_OP_REGEXP_MATCH: *st = infix(c, n, " REGEXP ", "", ""); return true;
    case CM_OP_NOT_REGEXP_MATCH: *st = infix(c, n, " NOT REGEXP ", "", ""); return true;
    case CM_OP_DIV: *st = infix(c, n, " / ", "(", " + 0.0)"); return true;
    case CM_OP_BIT_XOR: *st = write_xor(c, n); return true;
    default: return false;
    }
}

/* ---- functions, EXTRACT */

static bool write_func(cm_compiler *c, cm_node *n, cm_status *st) {
    size_t count;
    const char *name = cm_str_text(n->u.n.name), *as = NULL;
    cm_node *const *args = cm_node_segment(n, 0, &count);
    *st = CM_OK;
    if (strcasecmp(name, "now") == 0 && !count) {
        cm_out(c, "CURRENT_TIMESTAMP");
        return true;
    }
    if (strcasecmp(name, "localtimestamp") == 0 && !count) {
        cm_out(c, "DATETIME(CURRENT_TIMESTAMP, 'localtime')");
        return true;
    }
    if (strcasecmp(name, "char_length") == 0) as = "length(";
    if (strcasecmp(name, "aggregate_strings") == 0) as = "group_concat(";
    if (!as) return false;
    const char *hint = c->hint;
    c->hint = cm_compiler__func_label(n);
    cm_out(c, as);
    *st = cm_compiler__list(c, args, count, CM_OP_COMMA);
    cm_out(c, ")");
    c->hint = hint;
    return true;
}

/* CAST(STRFTIME('%Y', x) AS INTEGER) */
static bool write_extract(cm_compiler *c, cm_node *n, cm_status *st) {
    static const struct {
        const char *field, *format;
    } formats[] = {{"month", "%m"}, {"day", "%d"},    {"year", "%Y"},  {"second", "%S"}, {"hour", "%H"},
                   {"doy", "%j"},   {"minute", "%M"}, {"epoch", "%s"}, {"dow", "%w"},    {"week", "%W"}};
    const char *field = n->u.n.name ? cm_str_text(n->u.n.name) : "";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].field, field) != 0) continue;
        cm_out(c, "CAST(STRFTIME('");
        cm_out(c, formats[i].format);
        cm_out(c, "', ");
        *st = cm_compiler__operand(c, n->u.n.kid, CM_OP_COMMA);
        cm_out(c, ") AS INTEGER)");
        return true;
    }
    *st = cm__fail(c->cx, CM_E_COMPILE, "%s is not a valid extract argument.", field);
    return true;
}

/* JSON_QUOTE(JSON_EXTRACT(doc, '$.key')) is a document again; CAST(JSON_EXTRACT(...) AS INTEGER) a plain value. */
static bool write_index(cm_compiler *c, cm_node *n, cm_status *st) {
    if (n->op == CM_OP_ARRAY_INDEX) return false;
    bool document = !n->type || n->type->def.kind == CM_T_JSON;
    const char *hint = c->hint;
    cm_out(c, document ? "JSON_QUOTE(JSON_EXTRACT(" : "CAST(JSON_EXTRACT(");
    *st = cm_compiler__expr(c, n->u.k.kid[0]);
    cm_out(c, ", ");
    c->hint = cm_compiler__hint_of(n->u.k.kid[0]);
    if (!*st) *st = cm_compiler__expr(c, n->u.k.kid[1]);
    c->hint = hint;
    cm_out(c, document ? "))" : ") AS ");
    if (document) return true;
    if (!*st) *st = cm_compiler__spell(c, n->type, true);
    cm_out(c, ")");
    return true;
}

static bool write_node(cm_compiler *c, cm_node *n, cm_status *st) {
    switch (n->kind) {
    case CM_N_INDEX: return write_index(c, n, st);
    case CM_N_EXTRACT: return write_extract(c, n, st);
    default: return false;
    }
}

/* ---- DDL */

/* DEFAULT takes one word or literal; anything longer only in parentheses, which its author may have written. */
static bool needs_parentheses(const char *p, size_t n) {
    size_t i = 0;
    while (i < n && strchr(" \t\n", p[i])) i++;
    if (i == n || strchr("'\"(", p[i])) return false;
    for (; i < n; i++)
        if (!((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z') && !(p[i] >= '0' && p[i] <= '9') && p[i] != '_' && !((unsigned char)p[i] & 0x80))
            return true;
    return false;
}

static cm_status write_default(cm_compiler *c, const cm_column *column) {
    static const char word[] = " DEFAULT ";
    size_t at = c->b.n + sizeof word - 1;
    cm_status st = cm_ddl__default(c, column);
    if (st || c->b.n <= at || !needs_parentheses(c->b.p + at, c->b.n - at)) return st;
    size_t n = c->b.n - at;
    cm_out(c, "()");
    if (c->b.n != at + n + 2) return CM_OK; /* out of memory: said when the text is complete */
    memmove(c->b.p + at + 1, c->b.p + at, n);
    c->b.p[at] = '(';
    return CM_OK;
}

/* ON CONFLICT ..., of a column's NOT NULL or of the table's key */
static void write_on_conflict(cm_compiler *c, const cm_table *t, const char *what, const char *column) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", what, column);
    const cm_sql *words = cm_ddl__option(c, t->options, t->noptions, name);
    if (words) cm_out(c, words->text);
}

/* name TYPE DEFAULT x NOT NULL PRIMARY KEY AUTOINCREMENT GENERATED ... */
static cm_status write_column(cm_compiler *c, const cm_column *column) {
    cm_status st = cm_ddl__column_name(c, column);
    cm_out(c, " ");
    if (!st) st = cm_ddl__type(c, column);
    if (!st) st = write_default(c, column);
    if (cm_ddl__required(column)) {
        cm_out(c, " NOT NULL");
        write_on_conflict(c, column->table, "not_null ", cm_str_text(column->name));
    }
    if (cm_ddl__inline_key(c, column->table) && column == column->table->primary_key[0]) {
        cm_out(c, " PRIMARY KEY");
        write_on_conflict(c, column->table, "primary_key", "");
        cm_out(c, " AUTOINCREMENT");
    }
    return st ? st : cm_ddl__computed(c, column);
}

#define FEATURES                                                                                                                           \
    (CM_F_RETURNING | CM_F_CHANGE_RETURNING | CM_F_CTE_DML | CM_F_MULTI_VALUES | CM_F_TUPLE_IN_VALUES | CM_F_UPDATE_FROM |                 \
     CM_F_NULLS_ORDER | CM_F_LASTROWID | CM_F_ON_CONFLICT | CM_F_ROW_VALUES | CM_F_LOCAL_FK | CM_F_PARTIAL_INDEX)
#define DIALECT(limit_)                                                                                                                    \
    {                                                                                                                                      \
        .name = "sqlite", .quote_open = '"', .quote_close = '"', .params = CM_PARAM_QMARK, .features = FEATURES, .max_identifier = 9999,   \
        .reserved = reserved, .nreserved = sizeof reserved / sizeof *reserved, .node = write_node, .op = write_op, .func = write_func,     \
        .type = write_type, .limit = limit_, .literal = write_literal, .column = write_column, .empty_in = write_empty_in,                 \
        .tells_keys = true, .insert_default_values = "DEFAULT VALUES", .bare_returning = true, .for_server = for_server                    \
    }

static const cm_dialect *for_server(int version);
const cm_dialect cm__dialect_sqlite = DIALECT(write_limit);
static const cm_dialect since_3_47 = DIALECT(write_signed_limit);

static const cm_dialect *for_server(int version) { return version >= 3047000 ? &since_3_47 : &cm__dialect_sqlite; }
