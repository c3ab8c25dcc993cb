/* MySQL and MariaDB. One body of functions; what the two servers do not share is in their features. */
#include "sql/mysql.h"

#include <strings.h>

static cm_status beside(cm_compiler *c, cm_node *n, const cm_node *other, int against) {
    const char *hint = c->hint;
    c->hint = cm_compiler__hint_of(other);
    cm_status st = cm_compiler__operand(c, n, against);
    c->hint = hint;
    return st;
}

/* before a between b after */
static cm_status write_around(cm_compiler *c, cm_node *n, int against, const char *before, const char *between, const char *after) {
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    cm_out(c, before);
    cm_status st = beside(c, left, right, against);
    cm_out(c, between);
    if (!st) st = beside(c, right, left, against);
    cm_out(c, after);
    return st;
}

static const cm_str *text_of(const cm_node *n) { return n && n->kind == CM_N_PREFIX ? n->u.n.name : NULL; }

/* CONCAT('(?', 'i', ')', pattern): how MariaDB is told flags */
static cm_status write_pattern(cm_compiler *c, cm_node *pattern, const cm_str *flags) {
    if (!flags || !cm_has(c, CM_F_REGEXP_INLINE)) return cm_compiler__operand(c, pattern, CM_OP_COMMA);
    cm_out(c, "CONCAT('(?', ");
    cm_mysql__string(&c->b, cm_str_text(flags), flags->n);
    cm_out(c, ", ')', ");
    cm_status st = cm_compiler__operand(c, pattern, CM_OP_COMMA);
    cm_out(c, ")");
    return st;
}

/* x REGEXP pattern; with flags on MySQL: REGEXP_LIKE(x, pattern, 'i') */
static cm_status write_regexp(cm_compiler *c, cm_node *n, bool negated) {
    const cm_str *flags = text_of(n->u.k.kid[2]);
    if (!flags) return write_around(c, n, n->op, "", negated ? " NOT REGEXP " : " REGEXP ", "");
    bool function = !cm_has(c, CM_F_REGEXP_INLINE);
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    if (function) cm_out(c, negated ? "NOT REGEXP_LIKE(" : "REGEXP_LIKE(");
    cm_status st = beside(c, left, right, function ? CM_OP_COMMA : n->op);
    cm_out(c, function ? ", " : negated ? " NOT REGEXP " : " REGEXP ");
    const char *hint = c->hint;
    c->hint = cm_compiler__hint_of(left);
    if (!st) st = write_pattern(c, right, flags);
    c->hint = hint;
    if (!function) return st;
    cm_out(c, ", ");
    cm_mysql__string(&c->b, cm_str_text(flags), flags->n);
    cm_out(c, ")");
    return st;
}

/* REGEXP_REPLACE(x, pattern, replacement); flags inside of the pattern on MariaDB, as position, occurrence, flags on MySQL */
static cm_status write_regexp_replace(cm_compiler *c, cm_node *n) {
    const cm_str *flags = text_of(n->u.k.kid[2]);
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    size_t count = 1;
    cm_node *const *parts = right->kind == CM_N_LIST ? cm_node_segment(right, 0, &count) : &right;
    const char *hint = c->hint;
    cm_out(c, "REGEXP_REPLACE(");
    cm_status st = cm_compiler__operand(c, left, CM_OP_COMMA);
    c->hint = cm_compiler__hint_of(left);
    for (size_t i = 0; !st && i < count; i++) {
        cm_out(c, ", ");
        st = i ? cm_compiler__operand(c, parts[i], CM_OP_COMMA) : write_pattern(c, parts[i], flags);
    }
    c->hint = hint;
    if (flags && !cm_has(c, CM_F_REGEXP_INLINE)) {
        cm_out(c, ", 1, 0, ");
        cm_mysql__string(&c->b, cm_str_text(flags), flags->n);
    }
    cm_out(c, ")");
    return st;
}

/* MATCH (a) AGAINST (b IN BOOLEAN MODE) */
static cm_status write_match(cm_compiler *c, cm_node *n, bool negated) {
    const cm_str *mode = text_of(n->u.k.kid[2]);
    cm_node *left = n->u.k.kid[0], *right = n->u.k.kid[1];
    size_t count = 1;
    cm_node *const *columns = left->kind == CM_N_TUPLE || left->kind == CM_N_LIST ? cm_node_segment(left, 0, &count) : &left;
    cm_out(c, negated ? "NOT MATCH (" : "MATCH (");
    cm_status st = cm_compiler__list(c, columns, count, CM_OP_COMMA);
    cm_out(c, ") AGAINST (");
    if (!st) st = beside(c, right, left, CM_OP_COMMA);
    if (mode) cm_buf__add(&c->b, cm_str_text(mode), mode->n);
    else cm_out(c, " IN BOOLEAN MODE");
    cm_out(c, ")");
    return st;
}

static bool write_op(cm_compiler *c, cm_node *n, cm_status *st) {
    switch (n->op) {
    case CM_OP_IS_DISTINCT: *st = write_around(c, n, n->op, "NOT (", " <=> ", ")"); return true;
    case CM_OP_IS_NOT_DISTINCT: *st = write_around(c, n, n->op, "", " <=> ", ""); return true;
    case CM_OP_REGEXP_MATCH: *st = write_regexp(c, n, false); return true;
    case CM_OP_NOT_REGEXP_MATCH: *st = write_regexp(c, n, true); return true;
    case CM_OP_REGEXP_REPLACE: *st = write_regexp_replace(c, n); return true;
    case CM_OP_MATCH: *st = write_match(c, n, false); return true;
    case CM_OP_NOT_MATCH: *st = write_match(c, n, true); return true;
    case CM_OP_DIV: *st = write_around(c, n, n->op, "", " / ", ""); return true;
    case CM_OP_FLOORDIV: *st = write_around(c, n, n->op, "FLOOR(", " / ", ")"); return true;
    default: return false;
    }
}

/* ---- functions, EXTRACT, JSON, CAST */

/* group_concat(x ORDER BY y SEPARATOR ', '): the separator must be a literal */
static cm_status write_group_concat(cm_compiler *c, cm_node *const *args, size_t n, cm_node *const *order, size_t norder) {
    bool literals = c->literals;
    cm_out(c, "group_concat(");
    cm_status st = n ? cm_compiler__expr(c, args[0]) : cm__fail(c->cx, CM_E_COMPILE, "aggregate_strings() has no expression");
    if (norder) cm_out(c, " ORDER BY ");
    if (!st) st = cm_compiler__list(c, order, norder, CM_AGAINST_ALL);
    cm_out(c, " SEPARATOR ");
    c->literals = true;
    if (!st && n > 1) st = cm_compiler__expr(c, args[1]);
    c->literals = literals;
    cm_out(c, ")");
    return st;
}

static bool write_func(cm_compiler *c, cm_node *n, cm_status *st) {
    static const struct {
        const char *name, *sql;
    } spellings[] = {{"random", "rand("}, {"sysdate", "SYSDATE("}, {"user", "USER("}, {"session_user", "SESSION_USER("}};
    size_t count;
    const char *name = cm_str_text(n->u.n.name), *hint = c->hint;
    cm_node *const *args = cm_node_segment(n, 0, &count);
    if (strcasecmp(name, "aggregate_strings") == 0) {
        *st = write_group_concat(c, args, count, NULL, 0);
        return true;
    }
    if (strcasecmp(name, "rollup") == 0) {
        *st = cm_compiler__list(c, args, count, CM_OP_COMMA);
        cm_out(c, " WITH ROLLUP");
        return true;
    }
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (strcasecmp(spellings[i].name, name) != 0) continue;
        cm_out(c, spellings[i].sql);
        c->hint = cm_compiler__func_label(n);
        *st = cm_compiler__list(c, args, count, CM_OP_COMMA);
        c->hint = hint;
        cm_out(c, ")");
        return true;
    }
    return false;
}

static bool write_aggregate(cm_compiler *c, cm_node *n, cm_status *st) {
    size_t count, norder;
    cm_node *func = n->u.n.kid, *const *order = cm_node_segment(n, 0, &norder);
    if (func->kind != CM_N_FUNC || strcasecmp(cm_str_text(func->u.n.name), "aggregate_strings") != 0) return false;
    cm_node *const *args = cm_node_segment(func, 0, &count);
    *st = write_group_concat(c, args, count, order, norder);
    return true;
}

/* Fields that EXTRACT does not know here have functions of their own. */
static bool write_extract(cm_compiler *c, cm_node *n, cm_status *st) {
    static const struct {
        const char *field, *before, *after;
    } fields[] = {{"dow", "(DAYOFWEEK(", ") - 1)"},
                  {"doy", "DAYOFYEAR(", ")"},
                  {"epoch", "UNIX_TIMESTAMP(", ")"},
                  {"isodow", "(WEEKDAY(", ") + 1)"},
                  {"microseconds", "EXTRACT(microsecond FROM ", ")"},
                  {"milliseconds", "EXTRACT(millisecond FROM ", ")"}};
    const char *field = n->u.n.name ? cm_str_text(n->u.n.name) : "";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].field, field) != 0) continue;
        cm_out(c, fields[i].before);
        *st = cm_compiler__operand(c, n->u.n.kid, CM_OP_COMMA);
        cm_out(c, fields[i].after);
        return true;
    }
    return false;
}

/* head JSON_EXTRACT(doc, path) tail */
static cm_status write_json_extract(cm_compiler *c, cm_node *n, const char *head, const char *tail) {
    const char *hint = c->hint;
    cm_out(c, head);
    cm_out(c, "JSON_EXTRACT(");
    cm_status st = cm_compiler__expr(c, n->u.k.kid[0]);
    cm_out(c, ", ");
    c->hint = cm_compiler__hint_of(n->u.k.kid[0]);
    if (!st) st = cm_compiler__expr(c, n->u.k.kid[1]);
    c->hint = hint;
    cm_out(c, ")");
    cm_out(c, tail);
    return st;
}

/* As a plain value: CASE JSON_EXTRACT(doc, path) WHEN 'null' THEN NULL ELSE CAST(JSON_EXTRACT(doc, path) AS ...) END */
static bool write_index(cm_compiler *c, cm_node *n, cm_status *st) {
    const cm_type_def *d = n->type ? &n->type->def : NULL;
    const char *head = " ELSE ", *tail = "";
    char decimal[64];
    if (n->op == CM_OP_ARRAY_INDEX) return false;
    if (!d || d->kind == CM_T_JSON) {
        *st = write_json_extract(c, n, "", "");
        return true;
    }
    *st = write_json_extract(c, n, "CASE ", " WHEN 'null' THEN NULL");
    switch (d->kind) {
    case CM_T_BOOLEAN: cm_out(c, " WHEN true THEN true ELSE false END"); return true;
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BIGINT:
        head = " ELSE CAST(";
        tail = " AS SIGNED INTEGER)";
        break;
    case CM_T_NUMERIC:
    case CM_T_FLOAT:
    case CM_T_DOUBLE:
        tail = "+0.0000000000000000000000";
        if (d->precision < 0 || d->scale < 0) break;
        snprintf(decimal, sizeof decimal, " AS DECIMAL(%d, %d))", (int)d->precision, (int)d->scale);
        head = " ELSE CAST(";
        tail = decimal;
        break;
    case CM_T_STRING:
    case CM_T_TEXT:
        head = " ELSE JSON_UNQUOTE(";
        tail = ")";
        break;
    default: break;
    }
    if (!*st) *st = write_json_extract(c, n, head, tail);
    cm_out(c, " END");
    return true;
}

/* A number as a truth value: CAST knows no BOOL. */
static bool write_bool_cast(cm_compiler *c, cm_node *n, cm_status *st) {
    if (!n->type || n->type->def.kind != CM_T_BOOLEAN) return false;
    cm_out(c, "(");
    *st = cm_compiler__operand(c, n->u.k.kid[0], CM_OP_NE);
    cm_out(c, " != 0)");
    return true;
}

/* ---- statements */

/* VALUES(name): the value an INSERT wanted to write */
static bool write_inserted(cm_compiler *c, cm_node *n, cm_status *st) {
    const cm_node *from = n->u.col.table;
    if (!c->table || c->level || !from || from->kind != CM_N_ALIAS || !from->u.n.name || !n->u.col.name) return false;
    if (strcmp(cm_str_text(from->u.n.name), "inserted") != 0 || from->u.n.kid != c->table->node) return false;
    cm_out(c, "VALUES(");
    *st = cm_compiler__str(c, n->u.col.name, n->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
    cm_out(c, ")");
    return true;
}

static bool write_conflict(cm_compiler *c, cm_node *n, cm_status *st) {
    if (n->op != CM_OP_DUPLICATE_KEY) return false;
    cm_out(c, " ON DUPLICATE KEY UPDATE ");
    *st = cm_compiler__conflict_sets(c, n, c->table);
    return true;
}

/* FOR UPDATE [OF t] [NOWAIT | SKIP LOCKED]; LOCK IN SHARE MODE, which MySQL knows with options as FOR SHARE only */
static bool write_lock(cm_compiler *c, cm_node *n, cm_status *st) {
    bool options = (n->flags & (CM_FLAG_NOWAIT | CM_FLAG_SKIP_LOCKED)) != 0;
    size_t count;
    cm_node *const *of = cm_node_segment(n, 0, &count);
    bool share = cm_has(c, CM_F_LOCK_OF) && (options || count);
    cm_out(c, !(n->flags & CM_FLAG_READ) ? " FOR UPDATE" : share ? " FOR SHARE" : " LOCK IN SHARE MODE");
    *st = cm_has(c, CM_F_LOCK_OF) ? cm_compiler__lock_of(c, of, count) : CM_OK;
    if (n->flags & CM_FLAG_NOWAIT) cm_out(c, " NOWAIT");
    if (n->flags & CM_FLAG_SKIP_LOCKED) cm_out(c, " SKIP LOCKED");
    return true;
}

static bool write_node(cm_compiler *c, cm_node *n, cm_status *st) {
    *st = CM_OK;
    switch (n->kind) {
    case CM_N_TRUE_: cm_out(c, "true"); return true;
    case CM_N_FALSE_: cm_out(c, "false"); return true;
    case CM_N_INDEX: return write_index(c, n, st);
    case CM_N_EXTRACT: return write_extract(c, n, st);
    case CM_N_CAST: return write_bool_cast(c, n, st);
    case CM_N_AGG_ORDER_BY: return write_aggregate(c, n, st);
    case CM_N_PROXY: return write_inserted(c, n, st);
    case CM_N_ON_CONFLICT: return write_conflict(c, n, st);
    case CM_N_FOR_UPDATE: return write_lock(c, n, st);
    case CM_N_SEQUENCE:
        cm_out(c, "nextval(");
        *st = cm_compiler__sequence(c, n);
        cm_out(c, ")");
        return true;
    default: return false;
    }
}

/* LIMIT offset, count; an offset needs a count */
static cm_status write_limit(cm_compiler *c, cm_node *n) {
    size_t nlimit, noffset;
    cm_node *const *limit = cm_node_segment(n, CM_SEG_LIMIT, &nlimit), *const *offset = cm_node_segment(n, CM_SEG_OFFSET, &noffset);
    cm_status st = CM_OK;
    cm_out(c, "\n LIMIT ");
    if (noffset) {
        st = cm_compiler__expr(c, offset[0]);
        cm_out(c, ", ");
    }
    if (!st && nlimit) st = cm_compiler__expr(c, limit[0]);
    else if (!st) cm_out(c, "18446744073709551615");
    return st;
}

static void write_empty_in(cm_buf *b, uint32_t width) {
    cm_buf__puts(b, "SELECT ");
    for (uint32_t i = 0; i < (width ? width : 1); i++) cm_buf__printf(b, i ? ", _in_%u" : "_in_%u", (unsigned)i);
    cm_buf__puts(b, " FROM (SELECT ");
    for (uint32_t i = 0; i < (width ? width : 1); i++) cm_buf__printf(b, i ? ", 1 AS _in_%u" : "1 AS _in_%u", (unsigned)i);
    cm_buf__puts(b, ") as _empty_set WHERE 1!=1");
}

/* The server looks at foreign keys table by table, even when it drops both ends of one at once. */
static const char *const free_drop[] = {"SET @cormorant_checks = @@foreign_key_checks, foreign_key_checks = 0",
                                        "SET foreign_key_checks = @cormorant_checks"};

#define COMMON                                                                                                                             \
    (CM_F_FOR_UPDATE | CM_F_ALTER_FK | CM_F_SCHEMAS | CM_F_MULTI_VALUES | CM_F_LASTROWID | CM_F_NATIVE_ENUM | CM_F_COMMENTS |              \
     CM_F_ROW_VALUES | CM_F_CONCAT_FUNC | CM_F_UPDATE_LIST | CM_F_CTE_AFTER_INSERT | CM_F_DUAL | CM_F_DML_LIMIT | CM_F_INDEX_OF_TABLE |    \
     CM_F_GROUPED_INDEX | CM_F_NO_MATCH | CM_F_HINTS | CM_F_VALUES_UNION | CM_F_FRAME_LITERALS)
#define MARIADB (COMMON | CM_F_RETURNING | CM_F_SEQUENCES | CM_F_REGEXP_INLINE | CM_F_JSON_TEXT)
#define DIALECT(name_, features_, type_, server)                                                                                           \
    {                                                                                                                                      \
        .name = name_, .quote_open = '`', .quote_close = '`', .params = CM_PARAM_QMARK, .features = features_, .max_identifier = 255,      \
        .reserved = cm_mysql__words, .nreserved = CM_MYSQL_WORDS, .node = write_node, .op = write_op, .func = write_func, .type = type_,   \
        .cast_type = cm_mysql__cast_type, .limit = write_limit, .literal = cm_mysql__literal, .string = cm_mysql__string,                  \
        .column = cm_mysql__column, .table_end = cm_mysql__table_end, .index = cm_mysql__index, .empty_in = write_empty_in,                \
        .insert_default_values = "() VALUES ()", .delete_using = " USING ", .free_drop = free_drop, .for_server = server                   \
    }

/* The server tells what it is when the first connection is made: numbers from 10.0.0 on are MariaDB's. */
static const cm_dialect *for_mysql(int version);
static const cm_dialect *for_mariadb(int version);

const cm_dialect cm__dialect_mysql = DIALECT("mysql", COMMON | CM_F_CTE_DML | CM_F_LATERAL | CM_F_LOCK_OF, cm_mysql__type, for_mysql);
const cm_dialect cm__dialect_mariadb = DIALECT("mariadb", MARIADB | CM_F_NATIVE_UUID, cm_mysql__type_uuid, for_mariadb);
static const cm_dialect mysql_at_mariadb = DIALECT("mysql", MARIADB | CM_F_NATIVE_UUID, cm_mysql__type_uuid, for_mysql);
static const cm_dialect mysql_at_old_mariadb = DIALECT("mysql", MARIADB, cm_mysql__type, for_mysql);
static const cm_dialect old_mariadb = DIALECT("mariadb", MARIADB, cm_mysql__type, for_mariadb);

enum { MARIADB_FIRST = 100000, MARIADB_WITH_UUID = 100700 };

static const cm_dialect *for_mysql(int version) {
    if (version < MARIADB_FIRST) return &cm__dialect_mysql;
    return version < MARIADB_WITH_UUID ? &mysql_at_old_mariadb : &mysql_at_mariadb;
}

static const cm_dialect *for_mariadb(int version) { return version < MARIADB_WITH_UUID ? &old_mariadb : &cm__dialect_mariadb; }
