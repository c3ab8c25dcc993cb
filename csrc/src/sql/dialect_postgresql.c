/* PostgreSQL. */
#include "sql/ddl.h"

#include <stdlib.h>
#include <strings.h>

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
                                       "binary",
                                       "both",
                                       "case",
                                       "cast",
                                       "check",
                                       "collate",
                                       "collation",
                                       "column",
                                       "concurrently",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "current_catalog",
                                       "current_date",
                                       "current_role",
                                       "current_schema",
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
                                       "fetch",
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
                                       "lateral",
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
                                       "over",
                                       "overlaps",
                                       "placing",
                                       "primary",
                                       "references",
                                       "returning",
                                       "right",
                                       "select",
                                       "session_user",
                                       "similar",
                                       "some",
                                       "symmetric",
                                       "table",
                                       "tablesample",
                                       "then",
                                       "to",
                                       "trailing",
                                       "true",
                                       "union",
                                       "unique",
                                       "user",
                                       "using",
                                       "variadic",
                                       "verbose",
                                       "when",
                                       "where",
                                       "window",
                                       "with"};

/* ---- types */

/* TIMESTAMP(3) WITH TIME ZONE */
static void write_moment(cm_buf *b, const cm_type_def *d, const char *word) {
    cm_buf__puts(b, word);
    if (d->precision >= 0) cm_buf__printf(b, "(%d)", (int)d->precision);
    cm_buf__puts(b, d->flags & CM_TYPE_TIMEZONE ? " WITH TIME ZONE" : " WITHOUT TIME ZONE");
}

static bool is_spelled(const cm_type_def *d, const char *word) { return !d->spelling || strcasecmp(d->spelling, word) == 0; }

static cm_status write_type(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast) {
    const cm_type_def *d = &type->def;
    switch (d->kind) {
    case CM_T_DATETIME:
        if (!is_spelled(d, "TIMESTAMP")) break;
        write_moment(b, d, "TIMESTAMP");
        return CM_OK;
    case CM_T_TIME:
        if (!is_spelled(d, "TIME")) break;
        write_moment(b, d, "TIME");
        return CM_OK;
    case CM_T_INTERVAL:
        if (d->spelling) break;
        cm_buf__puts(b, "INTERVAL");
        if (d->precision >= 0) cm_buf__printf(b, "(%d)", (int)d->precision);
        return CM_OK;
    case CM_T_BLOB:
        if (d->spelling) break;
        cm_buf__puts(b, "BYTEA");
        return CM_OK;
    case CM_T_DOUBLE:
        if (!is_spelled(d, "DOUBLE")) break;
        cm_buf__puts(b, "DOUBLE PRECISION");
        return CM_OK;
    case CM_T_FLOAT:
        if (d->spelling) break;
        cm_buf__puts(b, "FLOAT");
        if (d->precision >= 0) cm_buf__printf(b, "(%d)", (int)d->precision);
        return CM_OK;
    case CM_T_UUID:
        if (!(d->flags & CM_TYPE_NATIVE)) break;
        cm_buf__puts(b, "UUID");
        return CM_OK;
    default: break;
    }
    return cm_sql__type(cx, b, &cm__dialect_postgresql, type, for_cast);
}

static void write_bytes(cm_buf *b, const cm_value *v) {
    static const char digits[] = "0123456789abcdef";
    cm_buf__puts(b, "'\\x");
    for (size_t i = 0; i < v->u.s.n; i++) {
        cm_buf__putc(b, digits[(uint8_t)v->u.s.p[i] >> 4]);
        cm_buf__putc(b, digits[(uint8_t)v->u.s.p[i] & 15]);
    }
    cm_buf__putc(b, '\'');
}

static cm_status write_literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v);

/* ARRAY[1, 2], ARRAY[ARRAY[1], ARRAY[2]] */
static cm_status write_list(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v) {
    const cm_type *item = type && type->def.kind == CM_T_ARRAY && type->def.item ? type->def.item : type;
    cm_status st = CM_OK;
    cm_buf__puts(b, v->u.list.n ? "ARRAY[" : "'{}'");
    for (size_t i = 0; i < v->u.list.n && !st; i++) {
        if (i) cm_buf__puts(b, ", ");
        st = write_literal(cx, b, v->u.list.items[i].kind == CM_LIST ? type : item, &v->u.list.items[i]);
    }
    if (v->u.list.n) cm_buf__puts(b, "]");
    return st;
}

static cm_status write_literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v) {
    if (v->kind == CM_JSON) {
        cm_sql__string(b, v->u.s.p, v->u.s.n);
        return CM_OK;
    }
    if (v->kind == CM_BLOB) {
        write_bytes(b, v);
        return CM_OK;
    }
    if (v->kind == CM_LIST) return write_list(cx, b, type, v);
    if (v->kind == CM_INTERVAL) {
        cm_buf__printf(b, "make_interval(secs=>%lld.%06lld)", (long long)(v->u.i / 1000000), (long long)llabs(v->u.i % 1000000));
        return CM_OK;
    }
    return cm_sql__literal(b, type, v, false, true);
}

/* ---- operators */

static cm_status operand(cm_compiler *c, cm_node *n, const cm_node *beside, int against) {
    const char *hint = c->hint;
    c->hint = cm_compiler__hint_of(beside);
    cm_status st = cm_compiler__operand(c, n, against);
    c->hint = hint;
    return st;
}

static cm_status infix(cm_compiler *c, cm_node *n, const char *sql) {
    cm_status st = operand(c, n->u.k.kid[0], n->u.k.kid[1], n->op);
    cm_out(c, sql);
    return st ? st : operand(c, n->u.k.kid[1], n->u.k.kid[0], n->op);
}

static const cm_str *text_of(const cm_node *n) { return n && n->kind == CM_N_PREFIX ? n->u.n.name : NULL; }

/* x ~ y, x ~* y; other flags go into the pattern: x ~ CONCAT('(?', 'ix', ')', y) */
static cm_status write_regexp(cm_compiler *c, cm_node *n, bool negated) {
    const cm_str *flags = text_of(n->u.k.kid[2]);
    bool insensitive = flags && flags->n == 1 && *cm_str_text(flags) == 'i', inside = flags && !insensitive;
    cm_status st = operand(c, n->u.k.kid[0], n->u.k.kid[1], n->op);
    cm_out(c, negated ? " !~" : " ~");
    cm_out(c, insensitive ? "* " : " ");
    if (inside) {
        cm_out(c, "CONCAT('(?', ");
        cm_sql__string(&c->b, cm_str_text(flags), flags->n);
        cm_out(c, ", ')', ");
    }
    if (!st) st = operand(c, n->u.k.kid[1], n->u.k.kid[0], inside ? CM_OP_COMMA : n->op);
    if (inside) cm_out(c, ")");
    return st;
}

/* REGEXP_REPLACE(x, pattern, replacement, 'flags') */
static cm_status write_regexp_replace(cm_compiler *c, cm_node *n) {
    const cm_str *flags = text_of(n->u.k.kid[2]);
    cm_node *right = n->u.k.kid[1];
    size_t count = 1;
    cm_node *const *parts = right->kind == CM_N_LIST ? cm_node_segment(right, 0, &count) : &right;
    cm_out(c, "REGEXP_REPLACE(");
    cm_status st = cm_compiler__operand(c, n->u.k.kid[0], CM_OP_COMMA);
    cm_out(c, ", ");
    if (!st) st = cm_compiler__list(c, parts, count, CM_OP_COMMA);
    if (flags) {
        cm_out(c, ", ");
        cm_sql__string(&c->b, cm_str_text(flags), flags->n);
    }
    cm_out(c, ")");
    return st;
}

/* x @@ plainto_tsquery(y), x @@ plainto_tsquery('english', y) */
static cm_status write_match(cm_compiler *c, cm_node *n, bool negated) {
    const cm_str *config = text_of(n->u.k.kid[2]);
    if (negated) cm_out(c, "NOT ");
    cm_status st = operand(c, n->u.k.kid[0], n->u.k.kid[1], n->op);
    cm_out(c, " @@ plainto_tsquery(");
    if (config) {
        cm_sql__string(&c->b, cm_str_text(config), config->n);
        cm_out(c, ", ");
    }
    if (!st) st = operand(c, n->u.k.kid[1], n->u.k.kid[0], CM_OP_COMMA);
    cm_out(c, ")");
    return st;
}

/* x[y], x[y][z], (f(x))[y] */
static cm_status write_subscript(cm_compiler *c, cm_node *n) {
    cm_node *of = n->u.k.kid[0];
    bool plain = of->kind == CM_N_COLUMN || of->kind == CM_N_BIND || (of->kind == CM_N_INDEX && of->op == CM_OP_ARRAY_INDEX);
    bool wrap = of->kind == CM_N_FUNC;
    if (wrap) cm_out(c, "(");
    cm_status st = plain || wrap ? cm_compiler__expr(c, of) : operand(c, of, n->u.k.kid[1], n->op);
    cm_out(c, wrap ? ")[" : "[");
    cm_node *key = n->u.k.kid[1];
    for (int i = 0; !st && key->kind == CM_N_SLICE && i < 2; i++) {
        if (i) cm_out(c, ":");
        if (key->u.k.kid[i]) st = operand(c, key->u.k.kid[i], n->u.k.kid[0], CM_OP_COMMA);
    }
    if (!st && key->kind != CM_N_SLICE) st = operand(c, key, n->u.k.kid[0], CM_OP_COMMA);
    cm_out(c, "]");
    return st;
}

static cm_status document_key(cm_compiler *c, cm_node *n, const char *sql) {
    cm_status st = operand(c, n->u.k.kid[0], n->u.k.kid[1], n->op);
    uint8_t outer = c->bind_cast;
    c->bind_cast = n->op == CM_OP_JSON_PATH ? CM_CAST_NONE : CM_CAST_TEXT;
    cm_out(c, sql);
    if (!st) st = operand(c, n->u.k.kid[1], n->u.k.kid[0], n->op);
    c->bind_cast = outer;
    return st;
}

/* doc -> key, doc #> path; as a plain value: CAST(doc ->> key AS INTEGER) */
static cm_status write_json(cm_compiler *c, cm_node *n, const char *document, const char *text) {
    if (!n->type || n->type->def.kind == CM_T_JSON) return document_key(c, n, document);
    cm_out(c, "CAST(");
    cm_status st = document_key(c, n, text);
    cm_out(c, " AS ");
    if (!st) st = cm_compiler__spell(c, n->type, true);
    cm_out(c, ")");
    return st;
}

static bool write_op(cm_compiler *c, cm_node *n, cm_status *st) {
    switch (n->op) {
    case CM_OP_REGEXP_MATCH: *st = write_regexp(c, n, false); return true;
    case CM_OP_NOT_REGEXP_MATCH: *st = write_regexp(c, n, true); return true;
    case CM_OP_REGEXP_REPLACE: *st = write_regexp_replace(c, n); return true;
    case CM_OP_MATCH: *st = write_match(c, n, false); return true;
    case CM_OP_NOT_MATCH: *st = write_match(c, n, true); return true;
    case CM_OP_BIT_XOR: *st = infix(c, n, " # "); return true;
    case CM_OP_JSON_INDEX: *st = write_json(c, n, " -> ", " ->> "); return true;
    case CM_OP_JSON_PATH: *st = write_json(c, n, " #> ", " #>> "); return true;
    case CM_OP_ARRAY_INDEX: *st = write_subscript(c, n); return true;
    default: return false;
    }
}

/* SUBSTRING(x FROM 1 FOR 2) */
static cm_status write_substring(cm_compiler *c, cm_node *const *args, size_t n) {
    static const char *const words[] = {"SUBSTRING(", " FROM ", " FOR "};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        cm_out(c, words[i]);
        st = cm_compiler__operand(c, args[i], CM_OP_COMMA);
    }
    cm_out(c, ")");
    return st;
}

static bool write_func(cm_compiler *c, cm_node *n, cm_status *st) {
    size_t count;
    const char *name = cm_str_text(n->u.n.name);
    cm_node *const *args = cm_node_segment(n, 0, &count);
    if (strcmp(name, "substring") == 0 && (count == 2 || count == 3)) {
        *st = write_substring(c, args, count);
        return true;
    }
    if (strcasecmp(name, "aggregate_strings") == 0) cm_out(c, "string_agg(");
    else if (strcmp(name, "pow") == 0) cm_out(c, "power(");
    else return false;
    *st = cm_compiler__list(c, args, count, CM_OP_COMMA);
    cm_out(c, ")");
    return true;
}

/* ---- DDL */

static const char *serial_name(const cm_type_def *d) {
    switch (d->kind) {
    case CM_T_SMALLINT: return "SMALLSERIAL";
    case CM_T_INTEGER: return "SERIAL";
    case CM_T_BIGINT: return "BIGSERIAL";
    default: return NULL;
    }
}

/* SERIAL makes a sequence and the default that reads it: also for a column read from a database, which has that default. */
static const char *serial_of(const cm_column *column) {
    const cm_table *t = column->table;
    const cm_sql *sql = &column->server_default;
    const char *from = sql->expr && sql->expr->kind == CM_N_TEXT ? cm_str_text(sql->expr->u.n.name) : sql->text;
    if ((column->flags & CM_COL_IDENTITY) || cm_column__insert_sql(column, true) || cm_ddl__has(&column->computed) ||
        t->nprimary_key != 1 || t->primary_key[0] != column)
        return NULL;
    if (cm_ddl__has(sql) ? !from || strncmp(from, "nextval('", 9) != 0 : column != t->autoincrement) return NULL;
    return serial_name(&column->type->def);
}

/* name SERIAL NOT NULL; name TYPE DEFAULT x GENERATED ... NOT NULL */
static cm_status write_column(cm_compiler *c, const cm_column *column) {
    bool identity = (column->flags & CM_COL_IDENTITY) != 0;
    const char *serial = serial_of(column);
    cm_status st = cm_ddl__column_name(c, column);
    cm_out(c, " ");
    if (!st && serial) cm_out(c, serial);
    else if (!st) st = cm_ddl__type(c, column);
    if (!st && !serial) st = cm_ddl__default(c, column);
    if (!st && cm_ddl__has(&column->computed)) {
        cm_out(c, " GENERATED ALWAYS AS (");
        st = cm_ddl__sql(c, &column->computed);
        cm_out(c, ") STORED");
    }
    if (identity) {
        char name[300];
        snprintf(name, sizeof name, "identity %s", cm_str_text(column->name));
        const cm_sql *options = cm_ddl__option(c, column->table->options, column->table->noptions, name);
        cm_out(c, column->flags & CM_COL_IDENTITY_ALWAYS ? " GENERATED ALWAYS AS IDENTITY" : " GENERATED BY DEFAULT AS IDENTITY");
        if (options) cm_buf__printf(&c->b, " (%s)", options->text);
    } else if (cm_ddl__required(column)) cm_out(c, " NOT NULL");
    return st;
}

/* FOR UPDATE | NO KEY UPDATE | SHARE | KEY SHARE [OF t] [NOWAIT | SKIP LOCKED] */
static cm_status write_lock(cm_compiler *c, cm_node *n) {
    static const char *const strengths[] = {" FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE", " FOR KEY SHARE"};
    size_t count;
    cm_node *const *of = cm_node_segment(n, 0, &count);
    cm_out(c, strengths[(n->flags & CM_FLAG_READ ? 2 : 0) + (n->flags & CM_FLAG_KEY_SHARE ? 1 : 0)]);
    cm_status st = cm_compiler__lock_of(c, of, count);
    if (n->flags & CM_FLAG_NOWAIT) cm_out(c, " NOWAIT");
    if (n->flags & CM_FLAG_SKIP_LOCKED) cm_out(c, " SKIP LOCKED");
    return st;
}

/* nextval('"Some".numbers'): the name is a string, in which quotes stand as they would outside of it */
static cm_status write_next_value(cm_compiler *c, cm_node *n) {
    cm_buf text = c->b;
    cm_buf__init(&c->b, c->cx);
    cm_status st = cm_compiler__sequence(c, n);
    cm_buf name = c->b;
    c->b = text;
    cm_out(c, "nextval(");
    if (!st && name.failed) st = CM_E_NOMEM;
    if (!st) cm_sql__string(&c->b, name.p, name.n);
    cm_out(c, ")");
    cm_buf__dispose(&name);
    return st;
}

static bool write_node(cm_compiler *c, cm_node *n, cm_status *st) {
    if (n->kind == CM_N_FOR_UPDATE) *st = write_lock(c, n);
    else if (n->kind == CM_N_SEQUENCE) *st = write_next_value(c, n);
    else return false;
    return true;
}

/* CREATE INDEX CONCURRENTLY i ON t USING gin (data jsonb_path_ops) INCLUDE (a) NULLS NOT DISTINCT WITH (fillfactor = 50) */
static cm_status write_index_words(cm_compiler *c, const cm_index_def *index, cm_index_place place, size_t i) {
    static const char *const names[] = {[CM_INDEX_NAME] = "name", [CM_INDEX_METHOD] = "method", [CM_INDEX_END] = "end"};
    char member[32];
    snprintf(member, sizeof member, "member %zu", i);
    const char *name = place == CM_INDEX_MEMBER ? member : names[place];
    const cm_sql *words = name ? cm_ddl__option(c, index->options, index->noptions, name) : NULL;
    return words ? cm_ddl__sql(c, words) : CM_OK;
}

const cm_dialect cm__dialect_postgresql = {
    .name = "postgresql",
    .quote_open = '"',
    .quote_close = '"',
    .params = CM_PARAM_DOLLAR,
    .features = CM_F_RETURNING | CM_F_CHANGE_RETURNING | CM_F_FOR_UPDATE | CM_F_ALTER_FK | CM_F_SCHEMAS | CM_F_CTE_DML | CM_F_LATERAL |
                CM_F_MULTI_VALUES | CM_F_BOOLEAN | CM_F_UPDATE_FROM | CM_F_NULLS_ORDER | CM_F_NATIVE_ENUM | CM_F_NATIVE_UUID |
                CM_F_COMMENTS | CM_F_SEQUENCES | CM_F_ON_CONFLICT | CM_F_DISTINCT_ON | CM_F_ILIKE | CM_F_ROW_VALUES | CM_F_PARTIAL_INDEX |
                CM_F_IDENTITY | CM_F_ARRAY_IN | CM_F_UNNEST | CM_F_GROUPED_OPERATORS | CM_F_COMMENT_ON | CM_F_EXCLUDE | CM_F_NAMED_TYPES |
                CM_F_GROUPED_FETCH | CM_F_LIMIT_ALL,
    .max_identifier = 63,
    .reserved = reserved,
    .nreserved = sizeof reserved / sizeof *reserved,
    .node = write_node,
    .op = write_op,
    .func = write_func,
    .type = write_type,
    .literal = write_literal,
    .column = write_column,
    .index = write_index_words,
    .insert_default_values = "DEFAULT VALUES",
    .delete_using = " USING ",
    .tells_keys = true,
};
