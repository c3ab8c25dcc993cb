/* visible to: sql engine orm */
/* Compiled statements and the compiler's entry points. */
#ifndef CM_SQL_H
#define CM_SQL_H

#include "expr/expr.h"

/* Where a placeholder's value comes from. */
typedef enum cm_param_source {
    CM_SRC_BIND = 0,     /* BIND node number `ordinal` of the statement's key walk (or `node` itself when ordinal is UINT32_MAX) */
    CM_SRC_KEY = 1,      /* the caller's mapping, under `name` (INSERT/UPDATE values given at execution) */
    CM_SRC_DEFAULT = 2,  /* the column's insert or update default, from the host */
    CM_SRC_SET = 3       /* the flight's own binder fills it (unit of work): position `ordinal` */
} cm_param_source;

typedef struct cm_param {
    uint8_t source;
    bool expanding;          /* IN list: this is item `item` of `count` placeholders of the same BIND */
    bool whole;              /* IN list: all of it, as one array of `type` */
    bool update_default;     /* CM_SRC_DEFAULT: update_default rather than insert_default */
    uint32_t ordinal, item, count;
    uint32_t width;          /* IN list of tuples: values of one item; item and count number single values. Else 0 */
    const cm_type *type;     /* retained */
    cm_str *name;            /* retained: parameter name for people and errors */
    cm_node *node;           /* the BIND, retained; NULL for other sources */
    cm_column *column;       /* borrowed from the table (which `tables` retains), or NULL */
} cm_param;

typedef struct cm_out_column {
    cm_str *name;            /* name in the result: label, column name, or anonymous "anon_1" */
    const cm_type *type;     /* retained */
    cm_node *node;           /* what was selected; retained by the compiled statement */
} cm_out_column;

enum { /* cm_compiled.flags */
    CM_C_RETURNS_ROWS = 1u << 0, CM_C_INSERT = 1u << 1, CM_C_UPDATE = 1u << 2, CM_C_DELETE = 1u << 3, CM_C_DDL = 1u << 4,
    CM_C_TEXT = 1u << 5,          /* user-written SQL: prepare with CM_PREPARE_TEXT */
    CM_C_SELECT = 1u << 6, CM_C_FOR_UPDATE = 1u << 7,
    CM_C_MULTI_VALUES = 1u << 8,
    CM_C_AUTOCOMMIT_DDL = 1u << 9,
    CM_C_TELLS_KEY = 1u << 11,    /* INSERT of one row whose RETURNING was added for the generated key: rows are not the caller's */
    CM_C_UNCACHEABLE = 1u << 10,  /* values that the key leaves out are part of the text */
    CM_C_ARRAYS = 1u << 12        /* INSERT whose placeholders take the values of many rows */
};

struct cm_compiled {
    uint64_t id;             /* serial: key of the connection's prepared statement cache */
    char *sql; size_t nsql;
    uint32_t flags;
    cm_param *params; size_t nparams;
    cm_out_column *columns; size_t ncolumns;
    cm_table *table;         /* INSERT/UPDATE/DELETE target, retained; else NULL */
    size_t nwhere;           /* of a flush's UPDATE or DELETE: so many of the last params are its WHERE */
    cm_node *stmt;           /* retained while params refer into it; NULL when nothing does */
};

/* Compiles for execution. key: binds in key walk order (NULL: binds are numbered as met and kept by node).
 * names: parameter names the caller's mapping will hold for INSERT/UPDATE (nnames; 0: those of the statement alone). */
typedef struct cm_compile_request {
    const cm_dialect *dialect;
    const cm_keybuf *key;
    const char *const *names; size_t nnames;
    size_t nrows;            /* INSERT of one row: so many of it; 0: one. Where the statement is another, nothing */
    bool arrays;             /* the same with placeholders that take the values of all rows, as one array each: where the dialect,
                                the types and the statement allow it, which CM_C_ARRAYS tells */
    cm_param_style params;
    bool literal_binds, render_postcompile, bind_casts, for_execution;
    bool lints;              /* warn of FROM elements that nothing connects */
    const char *const *schema_map;
    void *host_dialect;      /* the host's own dialect object, borrowed, where types must be asked of it; else NULL */
} cm_compile_request;
cm_status cm_sql__compile(cm_ctx *cx, cm_node *stmt, const cm_compile_request *request, cm_compiled **out);

/* Statements of the unit of work, whose values come from the flight's binder in the order given.
 *   INSERT INTO t (c0, c1) VALUES (?, ?) [, (?, ?) x nrows] [RETURNING r0]; ncolumns == 0: DEFAULT VALUES
 *   UPDATE t SET c0=?, c1=? WHERE k0 = ? AND k1 = ?  (set columns, then where columns; sql expressions compiled in)
 *   DELETE FROM t WHERE k0 = ? AND k1 = ? */
typedef struct cm_dml_request {
    const cm_dialect *dialect;
    cm_table *table;
    int kind;                         /* CM_N_INSERT, CM_N_UPDATE, CM_N_DELETE */
    cm_column *const *set; cm_node *const *set_sql; size_t nset; /* set_sql[i]: expression instead of a placeholder, or NULL; may be NULL */
    cm_column *const *where; size_t nwhere;
    cm_column *const *returning; size_t nreturning;
    size_t nrows;                     /* INSERT: rows of VALUES; 1 */
    bool arrays;                      /* INSERT: each placeholder takes the values of all rows, as one array; the answer is
                                         NULL where the dialect or a type has none */
    const char *const *schema_map;
    void *host_dialect;               /* as in cm_compile_request */
} cm_dml_request;
/* Warns where an INSERT leaves out a column of the key that nothing fills. fails: CM_E_HOST, where a warning is an error. */
cm_status cm_sql__check_key(cm_ctx *cx, const cm_table *table, const cm_column *column);
cm_status cm_sql__dml(cm_ctx *cx, const cm_dml_request *request, cm_compiled **out);

/* cm_ddl_table and cm_ddl_index with schemas translated. */
cm_status cm_sql__ddl_table(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, int kind, bool guarded,
                            cm_compiled **out);
/* The comment of a table, or of a column of it, which has one (CM_F_COMMENT_ON). */
cm_status cm_sql__ddl_comment(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, const cm_table *table,
                              const cm_column *column, cm_compiled **out);
cm_status cm_sql__ddl_index(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, size_t i, int kind,
                            bool guarded, cm_compiled **out);

/* CREATE TYPE s.name AS ENUM ('a', 'b'), DROP TYPE s.name. */
cm_status cm_sql__ddl_enum(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, const cm_type *type, bool drop,
                           cm_compiled **out);
/* CREATE TABLE without its foreign keys, and ALTER TABLE t ADD for the i-th constraint: tables that refer to each other. */
cm_status cm_sql__ddl_bare_table(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, cm_compiled **out);
cm_status cm_sql__ddl_add_key(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, size_t i, cm_compiled **out);
/* DROP TABLE a, b, c: in one statement, whatever refers to what. */
cm_status cm_sql__ddl_drop_tables(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *const *tables, size_t n,
                                  cm_compiled **out);

/* Places in CREATE <kind> INDEX i ON t <method> (a <member>, b <member>) <end>. */
typedef enum cm_index_place { CM_INDEX_KIND, CM_INDEX_NAME, CM_INDEX_METHOD, CM_INDEX_MEMBER, CM_INDEX_END } cm_index_place;

/* What a dialect is: tables and small functions. `static const`, one per file. */
struct cm_dialect {
    const char *name;
    char quote_open, quote_close;
    cm_param_style params;
    uint64_t features;                       /* CM_F_* */
    size_t max_identifier;
    const char *const *reserved;             /* sorted lower-case words that need quotes; nreserved of them */
    size_t nreserved;
    /* Overrides: answer true when they wrote the node. NULL: none. */
    bool (*node)(struct cm_compiler *c, cm_node *n, cm_status *st);
    bool (*op)(struct cm_compiler *c, cm_node *n, cm_status *st);
    bool (*func)(struct cm_compiler *c, cm_node *n, cm_status *st);
    /* Spelling of a type in DDL and CAST. */
    cm_status (*type)(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast);
    /* LIMIT/OFFSET clause. */
    cm_status (*limit)(struct cm_compiler *c, cm_node *select);
    /* Literal for reading (literal_binds): value is not NULL. */
    cm_status (*literal)(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *value);
    /* CREATE TABLE: what follows a column's type (AUTO_INCREMENT, PRIMARY KEY inline ...). NULL: the standard order. */
    cm_status (*column)(struct cm_compiler *c, const cm_column *column);
    /* CREATE TABLE: options after the closing parenthesis. NULL: none but "suffix". */
    cm_status (*table_end)(struct cm_compiler *c, const cm_table *table);
    /* CREATE INDEX: words of the dialect's own; i: the member written last. NULL: none. */
    cm_status (*index)(struct cm_compiler *c, const cm_index_def *index, cm_index_place place, size_t i);
    /* What stands between the parentheses of IN for an empty list of items `width` wide. NULL: the standard's. */
    void (*empty_in)(cm_buf *b, uint32_t width);
    /* Spelling of a type in CAST, where it is another than in DDL. NULL: `type`. */
    cm_status (*cast_type)(struct cm_compiler *c, const cm_type *type);
    /* A string literal. NULL: the standard's, where a backslash is a character like others. */
    void (*string)(cm_buf *b, const char *p, size_t n);
    /* The dialect of a server of that version, once a connection told it. NULL: this one. */
    const cm_dialect *(*for_server)(int version);
    const char *insert_default_values;       /* "DEFAULT VALUES" or "() VALUES ()" */
    const char *delete_using;                /* before further tables of DELETE (" USING "); NULL: there can be none */
    const char *const *free_drop;            /* statements around a DROP of tables that refer to each other; NULL: none are needed */
    bool tells_keys;                         /* INSERTs of one row get RETURNING for key columns that nothing else tells */
    bool bare_returning;                     /* RETURNING takes no table names */
};
enum {
    CM_F_RETURNING = 1u << 0, CM_F_FOR_UPDATE = 1u << 1, CM_F_ALTER_FK = 1u << 2, CM_F_SCHEMAS = 1u << 3, CM_F_CTE_DML = 1u << 4,
    CM_F_LATERAL = 1u << 5, CM_F_MULTI_VALUES = 1u << 6, CM_F_TUPLE_IN_VALUES = 1u << 7 /* (a,b) IN (VALUES (?,?)) */,
    CM_F_BOOLEAN = 1u << 8 /* true/false words */, CM_F_ARRAY_IN = 1u << 9 /* one array parameter instead of IN lists */,
    CM_F_UPDATE_FROM = 1u << 10, CM_F_NULLS_ORDER = 1u << 11, CM_F_LASTROWID = 1u << 12 /* generated keys by last_insert_id */,
    CM_F_NATIVE_ENUM = 1u << 13, CM_F_NATIVE_UUID = 1u << 14, CM_F_COMMENTS = 1u << 15, CM_F_SEQUENCES = 1u << 16,
    CM_F_ON_CONFLICT = 1u << 17, CM_F_DISTINCT_ON = 1u << 18, CM_F_ILIKE = 1u << 19, CM_F_ROW_VALUES = 1u << 20,
    CM_F_LOCAL_FK = 1u << 21 /* foreign keys cannot leave their schema, and do not name it */, CM_F_PARTIAL_INDEX = 1u << 22,
    CM_F_IDENTITY = 1u << 23 /* GENERATED ... AS IDENTITY */, CM_F_CONCAT_FUNC = 1u << 24 /* concat(a, b), not a || b */,
    CM_F_UPDATE_LIST = 1u << 25 /* UPDATE a, b SET a.x = b.y; DELETE FROM a USING a, b */,
    CM_F_CTE_AFTER_INSERT = 1u << 26 /* INSERT INTO t (a) WITH ... SELECT */, CM_F_DUAL = 1u << 27 /* WHERE needs a FROM */,
    CM_F_DML_LIMIT = 1u << 28 /* UPDATE and DELETE with LIMIT */, CM_F_INDEX_OF_TABLE = 1u << 29 /* DROP INDEX i ON t */,
    CM_F_REGEXP_INLINE = 1u << 30 /* flags stand in the pattern: (?i) */
};
#define CM_F_JSON_TEXT (UINT64_C(1) << 32) /* JSON is text with a check: nothing is cast to it */
#define CM_F_GROUPED_INDEX (UINT64_C(1) << 35) /* expressions of indexes stand in parentheses */
#define CM_F_NO_MATCH (UINT64_C(1) << 36) /* MATCH of foreign keys is refused: the server would ignore all that follows it */
#define CM_F_VALUES_UNION (UINT64_C(1) << 37) /* VALUES as a table is SELECT ... UNION ALL SELECT ... */
#define CM_F_FRAME_LITERALS (UINT64_C(1) << 38) /* no parameters in window frames */
#define CM_F_HINTS (UINT64_C(1) << 39) /* hints after tables: USE INDEX (i) */
#define CM_F_UNNEST (UINT64_C(1) << 44) /* INSERT ... SELECT FROM unnest(arrays): many rows by one array per column */
#define CM_F_GROUPED_OPERATORS (UINT64_C(1) << 45) /* operators in indexes stand in parentheses */
#define CM_F_EXCLUDE (UINT64_C(1) << 46) /* exclusion constraints */
#define CM_F_COMMENT_ON (UINT64_C(1) << 47) /* comments are statements of their own */
#define CM_F_NAMED_TYPES (UINT64_C(1) << 48) /* an ENUM is a type with a name of its own, in a schema */
#define CM_F_GROUPED_FETCH (UINT64_C(1) << 49) /* FETCH FIRST and its OFFSET take expressions in parentheses only */
#define CM_F_LIMIT_ALL (UINT64_C(1) << 50) /* no limit is ALL, not -1 */
#define CM_F_LOCK_OF (UINT64_C(1) << 34) /* FOR UPDATE OF t, FOR SHARE */
#define CM_F_CHANGE_RETURNING (UINT64_C(1) << 33) /* RETURNING of UPDATE; CM_F_RETURNING alone: INSERT and DELETE have it */
extern const cm_dialect cm__dialect_default, cm__dialect_sqlite, cm__dialect_postgresql, cm__dialect_mysql, cm__dialect_mariadb;

/* Spelling of a type as standard SQL has it, for dialects to fall back on. */
cm_status cm_sql__type(cm_ctx *cx, cm_buf *b, const cm_dialect *d, const cm_type *type, bool for_cast);
/* An identifier into a buffer, quoted where needed. */
cm_status cm_sql__quote(cm_ctx *cx, cm_buf *b, const cm_dialect *d, const char *name, size_t n, uint32_t flags /* CM_FLAG_QUOTE, CM_FLAG_NO_QUOTE */);
#endif
