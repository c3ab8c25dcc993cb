/* cormorant.h: the public interface of libcormorant.
 *
 * A program that embeds Cormorant includes this header alone; whoever supplies a seam (allocator, clock, host
 * runtime, driver, dialect) also includes cormorant_ext.h. The contract of a function is written here, once.
 *
 * Reading a contract
 *   owns:    owned (you free it), borrowed until EVENT, retained (reference counted), arena (dies with the operation)
 *   fails:   the statuses beside CM_E_NOMEM and CM_E_HOST, which anything that returns cm_status may answer
 *   thread:  what may be called at the same time; unmarked functions follow their first argument
 *
 * Contexts. Everything that can fail takes a cm_ctx first and leaves details of a failure in it (cm_ctx_error).
 * A context serves one thread at a time; contexts made by cm_ctx_child share allocator, host and counters.
 *
 * Host values. A `void *` named `obj` or `value` is a value of the host runtime (an object in a scripting runtime, a cm_obj in
 * plain C). NULL never stands for SQL NULL: the host's own null object does (cm_host.none).
 */
#ifndef CORMORANT_H
#define CORMORANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CM_API __attribute__((visibility("default")))
#define CM_VERSION_STRING "0.1.0"

/* ---- Statuses ------------------------------------------------------------------------------------------- */

/* X(name, value, exception, text). `exception` is the class of cormorant.exc / cormorant.orm.exc that a host raises. */
#define CM_STATUS_LIST(X)                                                                                           \
    X(CM_OK, 0, "", "success")                                                                                      \
    X(CM_E_NOMEM, 1, "MemoryError", "out of memory")                                                                \
    X(CM_E_HOST, 2, "", "the host already holds an exception")                                                      \
    X(CM_E_MISUSE, 3, "InvalidRequestError", "a function was called against its contract")                          \
    X(CM_E_ARGUMENT, 4, "ArgumentError", "an argument is not acceptable")                                           \
    X(CM_E_INVALID_REQUEST, 5, "InvalidRequestError", "the object is not in a state for this")                      \
    X(CM_E_NOT_FOUND, 6, "NoSuchColumnError", "the name is unknown")                                                \
    X(CM_E_COMPILE, 7, "CompileError", "the statement cannot be turned into SQL")                                   \
    X(CM_E_UNSUPPORTED, 8, "UnsupportedCompilationError", "this database or this version has no such feature")      \
    X(CM_E_VALUE, 9, "StatementError", "a value does not fit the type of its column")                               \
    X(CM_E_NO_RESULT, 10, "NoResultFound", "no row was found when one was required")                                \
    X(CM_E_MULTIPLE, 11, "MultipleResultsFound", "several rows were found when one was required")                   \
    X(CM_E_CLOSED, 12, "ResourceClosedError", "the object is closed")                                               \
    X(CM_E_NO_FOREIGN_KEYS, 13, "NoForeignKeysError", "no foreign key joins the two")                               \
    X(CM_E_AMBIGUOUS_FK, 14, "AmbiguousForeignKeysError", "several foreign keys join the two")                      \
    X(CM_E_CIRCULAR, 15, "CircularDependencyError", "the rows depend on each other in a circle")                    \
    X(CM_E_DETACHED, 16, "DetachedInstanceError", "the instance belongs to no session")                             \
    X(CM_E_STALE, 17, "StaleDataError", "fewer rows were changed than expected")                                    \
    X(CM_E_FLUSH, 18, "FlushError", "the objects cannot be flushed as they are")                                    \
    X(CM_E_PENDING_ROLLBACK, 19, "PendingRollbackError", "the transaction must be rolled back first")               \
    X(CM_E_DELETED, 20, "ObjectDeletedError", "the row of the instance is gone")                                    \
    X(CM_E_TIMEOUT, 21, "TimeoutError", "waited too long")                                                          \
    X(CM_E_BUSY, 22, "IllegalStateChangeError", "another thread or operation is using this object")                 \
    X(CM_E_OVERFLOW, 23, "OverflowError", "a number is too large")                                                  \
    X(CM_E_AMBIGUOUS_COLUMN, 24, "AmbiguousColumnError", "the name means several columns")                          \
    X(CM_E_TYPE, 25, "TypeError", "a value of the wrong kind was given")                                            \
    X(CM_E_NO_TABLE, 26, "NoReferencedTableError", "a foreign key names an unknown table")                          \
    X(CM_E_UNMAPPED, 27, "UnmappedInstanceError", "the object is not mapped")                                       \
    X(CM_E_MISSING_BIND, 28, "StatementError", "a value is required for a bind parameter")                          \
    X(CM_E_NO_GREENLET, 29, "MissingGreenlet", "asynchronous input or output was needed here")                      \
    X(CM_E_RAISE_LOAD, 30, "InvalidRequestError", "the attribute must not be loaded lazily")                        \
    X(CM_E_NO_REF_COLUMN, 31, "NoReferencedColumnError", "a foreign key names an unknown column")                   \
    X(CM_E_UNBOUND, 32, "UnboundExecutionError", "no engine is bound")                                              \
    X(CM_E_UNEVALUATABLE, 33, "UnevaluatableError", "the criteria cannot be evaluated in memory")                   \
    X(CM_E_DEPENDENCY, 35, "AssertionError", "a row would lose a key that it cannot be without")                    \
    X(CM_E_CHECKED_OUT, 36, "AssertionError", "the only connection of the pool is in use")                          \
    X(CM_E_IDENTIFIER, 37, "IdentifierError", "a name is longer than the database takes")                          \
    X(CM_E_DECODE, 34, "ValueError", "a value in the database does not have the form of its type")                  \
    /* What the database said. */                                                                                   \
    X(CM_E_DB, 64, "DatabaseError", "the database reported an error")                                               \
    X(CM_E_INTEGRITY, 65, "IntegrityError", "a constraint was violated")                                            \
    X(CM_E_OPERATIONAL, 66, "OperationalError", "the database could not do it")                                     \
    X(CM_E_PROGRAMMING, 67, "ProgrammingError", "the statement is wrong")                                           \
    X(CM_E_DATA, 68, "DataError", "the data are not acceptable")                                                    \
    X(CM_E_INTERNAL, 69, "InternalError", "the database failed inside")                                             \
    X(CM_E_INTERFACE, 70, "InterfaceError", "the driver was misused")                                               \
    X(CM_E_DB_UNSUPPORTED, 71, "NotSupportedError", "the database does not support this")                           \
    X(CM_E_OUTCOME_UNKNOWN, 72, "CommitOutcomeUnknown", "the connection died while committing")

typedef enum cm_status {
#define CM_X(name, value, exception, text) name = value,
    CM_STATUS_LIST(CM_X)
#undef CM_X
        CM_STATUS_MAX = 255
} cm_status;

/* Name ("CM_E_INTEGRITY"), sentence and exception class name of a status. Static storage; never NULL. thread: any. */
CM_API const char *cm_status_name(cm_status st);
CM_API const char *cm_status_text(cm_status st);
CM_API const char *cm_status_exception(cm_status st);
CM_API const char *cm_version(void);

/* ---- Opaque types ---------------------------------------------------------------------------------------- */

typedef struct cm_ctx cm_ctx;         /* error state + reference to allocator, host, clock, counters */
typedef struct cm_str cm_str;         /* immutable counted string */
typedef struct cm_arena cm_arena;     /* region allocator */
typedef struct cm_type cm_type;       /* an SQL type, interned */
typedef struct cm_metadata cm_metadata; /* set of tables, for ordering and DDL */
typedef struct cm_table cm_table;     /* frozen table */
typedef struct cm_column cm_column;   /* frozen column */
typedef struct cm_node cm_node;       /* expression node; is its own host object */
typedef struct cm_compiled cm_compiled; /* SQL text + bind plan + columns */
typedef struct cm_engine cm_engine;   /* dialect + driver + pool + plan cache */
typedef struct cm_conn cm_conn;       /* a connection checked out of an engine */
typedef struct cm_result cm_result;   /* rows of an executed statement */
typedef struct cm_mapper cm_mapper;   /* a class mapped to tables */
typedef struct cm_attr cm_attr;       /* a mapped attribute */
typedef struct cm_inst cm_inst;       /* the core's part of a mapped instance */
typedef struct cm_session cm_session; /* identity map + unit of work + transaction */
typedef struct cm_host cm_host;
typedef struct cm_alloc cm_alloc;
typedef struct cm_os cm_os;
typedef struct cm_driver cm_driver;
typedef struct cm_dialect cm_dialect;

/* ---- Contexts and errors --------------------------------------------------------------------------------- */

/* Details of the first failure since cm_ctx_clear. Pointers are borrowed until the next failing call or clear. */
typedef struct cm_error {
    cm_status status;
    int code;                 /* the database's own number: SQLite extended code, errno of MariaDB; 0 if none */
    char sqlstate[6];         /* five characters and NUL; empty if none */
    bool disconnected;        /* the connection is gone and was invalidated */
    bool retryable;           /* running the whole transaction again may succeed */
    const char *message;      /* one sentence */
    const char *code_name;    /* "SQLITE_CONSTRAINT_UNIQUE", or NULL */
    const char *constraint;   /* name of the violated constraint where the database tells, or NULL */
    const char *sql;          /* the statement, or NULL */
    const char *subject;      /* the column, attribute or class at fault, or NULL */
    const char *object;       /* the instance whose row was being written, or NULL */
    const char *note;         /* what was going on when it happened ("raised as a result of ..."), static, or NULL */
} cm_error;

typedef struct cm_ctx_options {
    const cm_alloc *alloc;    /* NULL: malloc */
    const cm_os *os;          /* NULL: the operating system's clock, random and mutexes */
    const cm_host *host;      /* NULL: the plain C host */
    void *host_data;          /* handed to nobody by the core; cm_ctx_host_data reads it */
} cm_ctx_options;

/* Makes a context with its own environment. owns: caller, cm_ctx_free. fails: CM_E_NOMEM (then *out is NULL). */
CM_API cm_status cm_ctx_new(const cm_ctx_options *options, cm_ctx **out);
/* Makes a context that shares the environment of cx, for another thread or operation. owns: caller. */
CM_API cm_status cm_ctx_child(cm_ctx *cx, cm_ctx **out);
/* Frees a context (NULL is fine); the environment goes with its last context. */
CM_API void cm_ctx_free(cm_ctx *cx);
CM_API void *cm_ctx_host_data(const cm_ctx *cx);
/* While a default of a Core INSERT or UPDATE is asked for (cm_host.call_default): the values the row has from its caller and
 * from the defaults before this one, by column; the host's none for defaults to come. Each borrowed during the call. Nothing
 * at other times. */
CM_API cm_status cm_ctx_row_values(cm_ctx *cx, cm_status (*each)(void *user, const cm_column *column, void *value), void *user);
/* The connection that statement runs on. owns: borrowed during the call; NULL at other times. */
CM_API cm_conn *cm_ctx_row_conn(const cm_ctx *cx);
/* The first failure since the last clear; status CM_OK if none. owns: borrowed until the next failure or clear. */
CM_API const cm_error *cm_ctx_error(const cm_ctx *cx);
CM_API void cm_ctx_clear(cm_ctx *cx);

/* Live objects of each kind, for leak tests; a new environment starts at zero everywhere. */
typedef enum cm_counter {
    CM_COUNT_NODE = 0, CM_COUNT_TABLE = 1, CM_COUNT_ENGINE = 2, CM_COUNT_CONN = 3, CM_COUNT_STMT = 4,
    CM_COUNT_RESULT = 5, CM_COUNT_PLAN = 6, CM_COUNT_MAPPER = 7, CM_COUNT_INST = 8, CM_COUNT_STATE = 9,
    CM_COUNT_SESSION = 10, CM_COUNT_ARENA = 11, CM_COUNT_COMPILED = 12, CM_COUNT_MAX = 13
} cm_counter;
CM_API int64_t cm_ctx_count(const cm_ctx *cx, cm_counter which);
CM_API const char *cm_counter_name(cm_counter which);

/* ---- Values ---------------------------------------------------------------------------------------------- */

typedef enum cm_value_kind {
    CM_NULL = 0, CM_INT = 1, CM_DOUBLE = 2, CM_BOOL = 3, CM_TEXT = 4, CM_BLOB = 5, CM_DECIMAL = 6, /* digits, as text */
    CM_DATE = 7, CM_TIME = 8, CM_DATETIME = 9, CM_INTERVAL = 10, /* microseconds in u.i */
    CM_UUID = 11, CM_JSON = 12,                                  /* as text */
    CM_LIST = 13,                                                /* values of an ARRAY; lists of lists where it has dimensions */
    CM_MADE = 14                                                 /* decoded before: u.made; in rows that a host decodes, nowhere else */
} cm_value_kind;

/* A calendar moment as people write it. */
typedef struct cm_civil {
    int16_t year;             /* 1..9999 */
    uint8_t month, day, hour, minute, second;
    uint8_t has_offset;       /* offset_s is meaningful */
    uint32_t micro;           /* 0..999999 */
    int32_t offset_s;         /* seconds east of UTC */
} cm_civil;

enum { CM_WHOLE = 2 };

/* A value between host and database. Text, decimal, blob and JSON are slices, lists are arrays of values; all borrowed as
 * their producer says. */
typedef struct cm_value {
    uint8_t kind;             /* cm_value_kind */
    uint8_t ascii;            /* text: known to be pure ASCII. CM_DECIMAL: CM_WHOLE, an integer that int64_t cannot hold */
    union {
        int64_t i;
        double d;
        struct { const char *p; size_t n; } s;
        cm_civil t;
        uint8_t uuid[16];
        struct { struct cm_value *items; size_t n; } list;
        void *made;           /* the host's value, borrowed */
    } u;
} cm_value;

/* ---- Types ----------------------------------------------------------------------------------------------- */

/* X(name, value, visit name, value kind the host sees) */
#define CM_TYPE_LIST(X)                                                                                             \
    X(CM_T_NULL, 0, "NULL", CM_NULL)                                                                                \
    X(CM_T_SMALLINT, 1, "SMALLINT", CM_INT)                                                                         \
    X(CM_T_INTEGER, 2, "INTEGER", CM_INT)                                                                           \
    X(CM_T_BIGINT, 3, "BIGINT", CM_INT)                                                                             \
    X(CM_T_NUMERIC, 4, "NUMERIC", CM_DECIMAL)                                                                       \
    X(CM_T_FLOAT, 5, "FLOAT", CM_DOUBLE)                                                                            \
    X(CM_T_DOUBLE, 6, "DOUBLE", CM_DOUBLE)                                                                          \
    X(CM_T_STRING, 7, "VARCHAR", CM_TEXT)                                                                           \
    X(CM_T_TEXT, 8, "TEXT", CM_TEXT)                                                                                \
    X(CM_T_BOOLEAN, 9, "BOOLEAN", CM_BOOL)                                                                          \
    X(CM_T_DATE, 10, "DATE", CM_DATE)                                                                               \
    X(CM_T_TIME, 11, "TIME", CM_TIME)                                                                               \
    X(CM_T_DATETIME, 12, "DATETIME", CM_DATETIME)                                                                   \
    X(CM_T_INTERVAL, 13, "INTERVAL", CM_INTERVAL)                                                                   \
    X(CM_T_BLOB, 14, "BLOB", CM_BLOB)                                                                               \
    X(CM_T_JSON, 15, "JSON", CM_JSON)                                                                               \
    X(CM_T_ENUM, 16, "ENUM", CM_TEXT)                                                                               \
    X(CM_T_UUID, 17, "UUID", CM_UUID)                                                                               \
    X(CM_T_ARRAY, 18, "ARRAY", CM_NULL)                                                                             \
    X(CM_T_TUPLE, 19, "TUPLE", CM_NULL)                                                                             \
    X(CM_T_TABLE, 20, "TABLE", CM_NULL)                                                                             \
    X(CM_T_USER, 21, "USER", CM_NULL) /* spelled by the host; values pass as the driver gives them */

typedef enum cm_type_kind {
#define CM_X(name, value, visit, kind) name = value,
    CM_TYPE_LIST(CM_X)
#undef CM_X
        CM_T_MAX = 63
} cm_type_kind;

enum {
    CM_TYPE_TIMEZONE = 1u << 0,   /* DATETIME/TIME with time zone */
    CM_TYPE_AS_DECIMAL = 1u << 1, /* NUMERIC/FLOAT answer decimals; without it doubles */
    CM_TYPE_NATIVE = 1u << 2,     /* ENUM/UUID/BOOLEAN: use the database's own type where it has one */
    CM_TYPE_CHECK = 1u << 3,      /* ENUM/BOOLEAN: create a CHECK constraint where not native */
    CM_TYPE_HOST = 1u << 4,       /* host object `host` encodes and decodes (TypeDecorator, PickleType, Enum classes) */
    CM_TYPE_COMPARATOR = 1u << 5, /* operators on it must be asked of the host first */
    CM_TYPE_NO_CACHE = 1u << 6,   /* statements using it may not be cached (cache_ok false) */
    CM_TYPE_FIXED = 1u << 7,      /* CHAR / BINARY instead of VARCHAR / VARBINARY */
    CM_TYPE_NONE_IS_NULL = 1u << 8, /* JSON: None is SQL NULL rather than 'null' */
    CM_TYPE_UUID_TEXT = 1u << 9,  /* UUID(as_uuid=False): the host sees text */
    CM_TYPE_VARIES = 1u << 10,    /* the host says by which type a dialect stores it (cm_host.type_for) */
    CM_TYPE_SPELLED = 1u << 11,   /* the host spells it in DDL and CAST (cm_host.type_spell) */
    CM_TYPE_BIND_EXPR = 1u << 12, /* the host puts an expression around its parameters (cm_host.type_wrap) */
    CM_TYPE_COLUMN_EXPR = 1u << 13, /* and around columns that a SELECT or RETURNING answers */
    CM_TYPE_AS_TUPLE = 1u << 14,  /* ARRAY: the host sees tuples instead of lists */
    CM_TYPE_EXISTS = 1u << 15,    /* ENUM: tables neither create nor drop it */
    CM_TYPE_BIND_CAST = 1u << 16  /* its placeholders say what they are: $1::TYPE */
};

/* Everything that tells one type from another. Strings are copied. */
typedef struct cm_type_def {
    cm_type_kind kind;
    uint32_t flags;
    int32_t length;               /* characters or bytes; -1 none */
    int32_t precision;            /* digits (numeric), seconds fraction (time); -1 none */
    int32_t scale;                /* digits after the point; -1 none */
    const char *spelling;         /* exact SQL name to use ("NVARCHAR", "CLOB", "SMALLINT UNSIGNED"), or NULL for the dialect's */
    const char *collation;        /* or NULL */
    const char *name;             /* ENUM: name of the type or constraint; or NULL */
    const char *schema;           /* ENUM: where a type of its own lies; NULL: where the database looks first */
    const char *const *labels;    /* ENUM: the words, nlabels of them */
    size_t nlabels;
    const cm_type *item;          /* ARRAY item; impl of a CM_TYPE_HOST type where it has one; or NULL */
    void *host;                   /* host object for CM_T_USER and flags that ask the host (CM_TYPE_HOST, COMPARATOR, VARIES, ...); or NULL */
} cm_type_def;

/* The type described by def: equal descriptions give the same pointer. Types without `host` live as long as the
 * environment; types with it are reference counted. owns: retained (cm_type_release); fails: CM_E_ARGUMENT
 * (bad length, a spelling or collation that is not a word). thread: any. */
CM_API cm_status cm_type_get(cm_ctx *cx, const cm_type_def *def, const cm_type **out);
/* A type without arguments, never fails for the kinds of CM_TYPE_LIST. owns: borrowed until the environment ends. */
CM_API const cm_type *cm_type_basic(cm_ctx *cx, cm_type_kind kind);
CM_API void cm_type_retain(cm_ctx *cx, const cm_type *type);
CM_API void cm_type_release(cm_ctx *cx, const cm_type *type);
CM_API const cm_type_def *cm_type_get_def(const cm_type *type);
CM_API uint64_t cm_type_serial(const cm_type *type);
CM_API bool cm_type_is_fresh(const cm_type *type);               /* what is read is a new container that nobody else has (JSON) */

/* ---- Tables ---------------------------------------------------------------------------------------------- */

enum {
    CM_COL_PRIMARY_KEY = 1u << 0, CM_COL_NOT_NULL = 1u << 1, CM_COL_UNIQUE = 1u << 2,
    CM_COL_AUTOINCREMENT = 1u << 3,     /* the database makes the key when none is given */
    CM_COL_AUTOINCREMENT_WORD = 1u << 4, /* SQLite: spell AUTOINCREMENT */
    CM_COL_SERVER_DEFAULT = 1u << 5,    /* the database fills it in (DEFAULT, trigger) */
    CM_COL_SERVER_ONUPDATE = 1u << 6,   /* the database changes it on UPDATE */
    CM_COL_COMPUTED = 1u << 7, CM_COL_PERSISTED = 1u << 8, CM_COL_IDENTITY = 1u << 9,
    CM_COL_IDENTITY_ALWAYS = 1u << 10, CM_COL_QUOTE = 1u << 11, CM_COL_NO_QUOTE = 1u << 12,
    CM_COL_SYSTEM = 1u << 14,           /* the database has it of itself: CREATE TABLE leaves it out */
    CM_COL_NULL_SET = 1u << 13 /* nullability was written out; spell NULL where the dialect needs it */
};

/* SQL inside a definition: text that is written as it is, or an expression that is compiled for the database that the definition
 * is made in, without table names and with its values spelled out. expr is borrowed: the table's author keeps it alive. Both
 * NULL: there is none. */
typedef struct cm_sql {
    const char *text;
    cm_node *expr;
} cm_sql;

/* What one dialect wants said of a table or an index; other dialects do not look at it.
 * Tables: "suffix", after the closing parenthesis; MySQL's and MariaDB's options by their name ("engine", ...), as text.
 * PostgreSQL's "identity <column>", what stands in parentheses after IDENTITY.
 * Indexes: "where", the condition of a partial index; PostgreSQL's "name", "method", "end" and "member <n>", words at these places; MySQL's and MariaDB's "prefix", "using", "with_parser", "length", "length <column>". */
typedef struct cm_ddl_option {
    const char *dialect, *name;
    cm_sql value;
} cm_ddl_option;

typedef struct cm_column_def {
    const char *name;
    const char *key;              /* name in statements' parameter dictionaries; NULL: name */
    const cm_type *type;
    uint32_t flags;
    cm_node *node;                /* its COLUMN node; borrowed: the table's author keeps it alive. NULL: the table makes one */
    void *insert_default;         /* host value or callable (host decides), or NULL; retained */
    cm_node *insert_default_sql;  /* expression, or NULL; retained */
    void *update_default;         /* the same for UPDATE */
    cm_node *update_default_sql;
    cm_sql server_default;        /* after DEFAULT */
    cm_sql computed;              /* of a generated column */
    const char *comment;
    const char *check_name;       /* of the CHECK that its type asks for; NULL: the type's own */
} cm_column_def;

typedef enum cm_constraint_kind { CM_CON_PRIMARY_KEY = 0, CM_CON_FOREIGN_KEY = 1, CM_CON_UNIQUE = 2, CM_CON_CHECK = 3,
    CM_CON_EXCLUDE = 4 } cm_constraint_kind;

typedef struct cm_constraint_def {
    cm_constraint_kind kind;
    const char *name;             /* or NULL */
    const char *const *columns;   /* names of the table's own columns; ncolumns of them */
    size_t ncolumns;
    const char *ref_schema;       /* FOREIGN KEY: the table and columns meant */
    const char *ref_table;
    const char *const *ref_columns;
    const char *on_delete;        /* CASCADE, SET NULL, SET DEFAULT, RESTRICT, NO ACTION (any case), or NULL */
    const char *on_update;
    const char *initially;        /* DEFERRED, IMMEDIATE, or NULL */
    const char *match;            /* FULL, PARTIAL, SIMPLE, or NULL */
    int deferrable;               /* -1 unsaid, 0, 1 */
    bool use_alter;               /* added after all tables exist; does not order tables */
    cm_sql check;                 /* CHECK; what stands after EXCLUDE */
    const cm_ddl_option *options; size_t noptions; /* words of a dialect: "kind" after UNIQUE, "columns" after the columns, "end" */
} cm_constraint_def;

typedef struct cm_index_def {
    const char *name;
    bool unique;
    const char *const *columns;   /* names of columns; what is said of expressions does not count */
    const cm_sql *exprs;          /* expressions instead of columns, where they are not empty; NULL: all are columns */
    size_t ncolumns;
    const cm_ddl_option *options; size_t noptions;
} cm_index_def;

typedef struct cm_table_def {
    uint32_t version;             /* 1 */
    const char *name, *schema;    /* schema may be NULL */
    const char *comment;
    const char *const *prefixes;  /* "TEMPORARY" ... */
    size_t nprefixes;
    const cm_ddl_option *options; size_t noptions;
    const cm_column_def *columns;     size_t ncolumns;
    const cm_constraint_def *constraints; size_t nconstraints;
    const cm_index_def *indexes;      size_t nindexes;
    cm_node *node;                /* its TABLE node; borrowed. NULL: the table makes one */
} cm_table_def;

/* Builds a frozen table. Strings are copied. owns: caller, cm_table_release; def->node gets a reference of its own.
 * fails: CM_E_ARGUMENT (a column named twice, a constraint over an unknown column), CM_E_COMPILE (a bad keyword). */
CM_API cm_status cm_table_new(cm_ctx *cx, const cm_table_def *def, cm_table **out);
CM_API void cm_table_retain(cm_table *table);
CM_API void cm_table_release(cm_ctx *cx, cm_table *table);
CM_API const char *cm_table_name(const cm_table *table);
CM_API cm_node *cm_table_node(const cm_table *table);              /* borrowed until the table goes */
CM_API size_t cm_table_ncolumns(const cm_table *table);
CM_API cm_column *cm_table_column(const cm_table *table, size_t i); /* borrowed until the table goes */
/* Column of that name, or NULL. */
CM_API cm_column *cm_table_find_column(const cm_table *table, const char *name);
CM_API const char *cm_column_name(const cm_column *column);
CM_API cm_node *cm_column_node(const cm_column *column);           /* borrowed until the table goes */

/* Orders tables so that each comes after those its foreign keys name (Kahn's algorithm, ties by position in `tables`).
 * Foreign keys inside a cycle, and those with use_alter, are answered in `deferred`: the number of tables that belong
 * to a cycle; those come last, in their given order. fails: CM_E_NO_TABLE is never raised here: keys to tables outside
 * the array do not order anything. */
CM_API cm_status cm_tables_sort(cm_ctx *cx, cm_table *const *tables, size_t n, cm_table **sorted, size_t *in_cycles);

/* ---- Statements as text ---------------------------------------------------------------------------------- */

/* Compiled form of a statement, for people: `str(stmt)`, `stmt.compile()`. */
typedef enum cm_param_style { CM_PARAM_DIALECT = 0, CM_PARAM_NAMED = 1, CM_PARAM_QMARK = 2, CM_PARAM_DOLLAR = 3, CM_PARAM_FORMAT = 4, CM_PARAM_PYFORMAT = 5, CM_PARAM_NUMERIC = 6 } cm_param_style;
typedef struct cm_compile_options {
    const cm_dialect *dialect;    /* NULL: the default dialect */
    cm_param_style params;
    bool literal_binds;           /* values as quoted literals, for reading only; never executed */
    bool render_postcompile;      /* IN lists spelled out instead of __[POSTCOMPILE_x] */
    bool bind_casts;              /* PostgreSQL: placeholders say their type, x::INTEGER */
    const char *const *schema_map; /* pairs (from, to), NULL ends; "" is no schema. NULL: none */
} cm_compile_options;

/* Compiles a statement or fragment. owns: caller, cm_compiled_free. fails: CM_E_COMPILE, CM_E_UNSUPPORTED, ... */
CM_API cm_status cm_compile(cm_ctx *cx, cm_node *stmt, const cm_compile_options *options, cm_compiled **out);
CM_API void cm_compiled_free(cm_ctx *cx, cm_compiled *compiled);
CM_API const char *cm_compiled_sql(const cm_compiled *compiled, size_t *n);
/* The i-th placeholder in text order: its name, its BIND node (borrowed). False past the end. */
CM_API bool cm_compiled_param(const cm_compiled *compiled, size_t i, const char **name, cm_node **bind);
/* Of an INSERT, UPDATE or DELETE: its kind (CM_N_...), with the TABLE it writes to (borrowed; NULL: none) and, in a flush, how many
 * of its last placeholders are keys of WHERE; else 0. */
CM_API int cm_compiled_target(const cm_compiled *compiled, cm_node **table, size_t *nwhere);
/* The column that the i-th placeholder belongs to (borrowed), NULL: none. */
CM_API const cm_column *cm_compiled_column(const cm_compiled *compiled, size_t i);
/* Writes the tree of a node for people, one node a line. */
CM_API cm_status cm_expr_dump(cm_ctx *cx, const cm_node *node, void (*write)(void *user, const char *p, size_t n), void *user);
CM_API const cm_dialect *cm_dialect_default(void);
/* By name: "sqlite", "postgresql", "mysql", "mariadb", "default", "standard" (a database of which nothing is known: it may
 * have no boolean values); NULL where there is none. */
CM_API const cm_dialect *cm_dialect_find(const char *name);
/* DDL text. kind 0 CREATE TABLE, 1 DROP TABLE. One statement without terminator. owns: caller, cm_compiled_free. */
CM_API cm_status cm_ddl_table(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, int kind, bool if_exists_clause, cm_compiled **out);
/* kind 0 CREATE INDEX, 1 DROP INDEX of the i-th index of a table. */
/* "name TYPE ...": the i-th column as CREATE TABLE has it. */
CM_API cm_status cm_ddl_column(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, size_t i, cm_compiled **out);
/* ALTER TABLE t ADD a constraint, which need not be among those of the table. */
CM_API cm_status cm_ddl_add_constraint(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, const cm_constraint_def *constraint,
                                       cm_compiled **out);
CM_API cm_status cm_ddl_index(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, size_t i, int kind, bool if_exists_clause, cm_compiled **out);
/* Spelling of a type in DDL. owns: caller. */
CM_API cm_status cm_ddl_type(cm_ctx *cx, const cm_dialect *dialect, const cm_type *type, cm_compiled **out);
/* An identifier, quoted where the dialect needs it (force: always). fails: CM_E_ARGUMENT (NUL, invalid UTF-8). owns: caller. */
CM_API cm_status cm_quote_identifier(cm_ctx *cx, const cm_dialect *dialect, const char *name, bool force, cm_compiled **out);
/* Names of `:name` parameters of a text() string, in order of appearance, each called back once; `sql` is scanned with
 * the rules of COMPATIBILITY (quotes, comments, casts and dollar quotes hide colons; `\:` is a colon). */
CM_API cm_status cm_text_params(cm_ctx *cx, const char *sql, size_t n, cm_status (*found)(void *user, const char *name, size_t n), void *user);

/* ---- Engines and connections ----------------------------------------------------------------------------- */

typedef enum cm_pool_kind { CM_POOL_QUEUE = 0, CM_POOL_NULL = 1, CM_POOL_STATIC = 2, CM_POOL_SINGLETON_THREAD = 3, CM_POOL_ASSERTION = 4 } cm_pool_kind;

typedef struct cm_engine_options {
    uint32_t version;             /* 1 */
    const char *url;
    cm_pool_kind pool;            /* with pool_set; else chosen by the URL */
    bool pool_set;
    int pool_size;                /* kept connections; 5 */
    int max_overflow;             /* beyond pool_size; 10; -1 no limit */
    double pool_timeout_s;        /* 30 */
    double pool_recycle_s;        /* -1 never */
    bool pool_pre_ping, pool_lifo;
    size_t plan_cache;            /* plans kept; 500; 0: none */
    size_t stmt_cache;            /* prepared statements kept per connection; 128 */
    const char *const *connect_args; /* pairs name, value; NULL ends */
    const cm_driver *driver;      /* NULL: by the URL */
    const cm_dialect *dialect;    /* NULL: by the URL */
    /* Called for every statement before it runs when echo is wanted; `params` is formatted text or NULL. */
    void (*echo)(void *user, const char *sql, size_t n, const char *params);
    void *echo_user;
    /* Called when a physical connection was opened, before anybody uses it. */
    cm_status (*on_connect)(cm_ctx *cx, void *user, cm_conn *conn);
    void *on_connect_user;
    bool no_linting;              /* true: FROM elements that nothing connects are no cause for a warning */
} cm_engine_options;
#define CM_ENGINE_OPTIONS_INIT {1, NULL, CM_POOL_QUEUE, false, 5, 10, 30.0, -1.0, false, false, 500, 128, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false}

/* Makes an engine; connects nowhere. owns: caller, cm_engine_release. fails: CM_E_ARGUMENT (URL, options). thread: engines
 * may be used by any number of threads, each with its own context. */
CM_API cm_status cm_engine_new(cm_ctx *cx, const cm_engine_options *options, cm_engine **out);
CM_API void cm_engine_retain(cm_engine *engine);
CM_API void cm_engine_release(cm_ctx *cx, cm_engine *engine);
/* Closes idle connections; those in use close when given back. Plans are dropped. */
CM_API void cm_engine_dispose(cm_ctx *cx, cm_engine *engine);
/* From now until cm_engine_restore all connections of the engine share one, inside one transaction that is rolled back at
 * the end: what they begin, commit and roll back meanwhile are savepoints. For tests.
 * fails: CM_E_INVALID_REQUEST (isolated already, connections in use), CM_E_DB_UNSUPPORTED. thread: one at a time. */
CM_API cm_status cm_engine_isolate(cm_ctx *cx, cm_engine *engine);
CM_API cm_status cm_engine_restore(cm_ctx *cx, cm_engine *engine);

/* Takes a connection out of the pool, opening one if needed. owns: caller, cm_conn_close.
 * fails: CM_E_TIMEOUT (names pool and sizes), CM_E_OPERATIONAL, ... thread: the connection serves one thread at a time. */
CM_API cm_status cm_engine_connect(cm_ctx *cx, cm_engine *engine, cm_conn **out);
/* Gives a connection back: an open transaction is rolled back. NULL is fine. */
CM_API void cm_conn_close(cm_ctx *cx, cm_conn *conn);
/* Transactions. begin is lazy: the database hears of it with the first statement that writes (SQLite) or runs (servers). */
CM_API cm_status cm_conn_begin(cm_ctx *cx, cm_conn *conn);
CM_API cm_status cm_conn_commit(cm_ctx *cx, cm_conn *conn);
CM_API cm_status cm_conn_rollback(cm_ctx *cx, cm_conn *conn);
CM_API bool cm_conn_in_transaction(const cm_conn *conn);
/* Savepoints by name (quoted by the callee). kind 0 SAVEPOINT, 1 RELEASE, 2 ROLLBACK TO. */
CM_API cm_status cm_conn_savepoint(cm_ctx *cx, cm_conn *conn, const char *name, int kind);
/* Executes a statement. params: NULL, or nparams host mappings (several: executemany). owns: *out by caller,
 * cm_result_free; *out may be NULL-rowed (cm_result_returns_rows false). fails: anything the database says. */
CM_API cm_status cm_conn_execute(cm_ctx *cx, cm_conn *conn, cm_node *stmt, void *const *params, size_t nparams, cm_result **out);
/* The same for SQL text as it is, with positional values. */
CM_API cm_status cm_conn_execute_sql(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n, void *const *values, size_t nvalues, cm_result **out);
/* SQL text in the driver's own parameter style, once per set; sets are host sequences, or mappings for named parameters. */
CM_API cm_status cm_conn_execute_driver(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n, void *const *sets, size_t nsets, bool mappings, cm_result **out);
/* Runs several statements of SQL text, one after the other, without values; rows are dropped. */
CM_API cm_status cm_conn_execute_script(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n);
/* Executes a statement whose rows are fetched as they are asked for: the result holds the connection's statement open
 * until it is freed, read to its end, or the connection is closed. part: rows that a server is asked for at a time, 0: 1000. */
CM_API cm_status cm_conn_stream(cm_ctx *cx, cm_conn *conn, cm_node *stmt, void *params, size_t part, cm_result **out);
/* create_all / drop_all: tables in dependency order, foreign keys of cycles by ALTER where the database has it,
 * indexes after their table. checkfirst: leave existing (or missing) tables alone. */
CM_API cm_status cm_conn_create_tables(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool checkfirst);
CM_API cm_status cm_conn_drop_tables(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool checkfirst);
/* Drops the types of their own that columns of these tables had (ENUM), those that no column has any more. */
CM_API cm_status cm_conn_drop_types(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n);
CM_API cm_status cm_conn_has_table(cm_ctx *cx, cm_conn *conn, const char *schema, const char *name, bool *out);

/* What a watcher may put in the place of a statement that is about to run. */
typedef struct cm_statement_change {
    char *sql; size_t nsql;       /* other text with as many placeholders, of cm_mem and given away; NULL: as it was */
    void *values;                 /* a sequence of the host's for the only set of parameters, of such sequences where all were shown, retained; NULL: as they were */
} cm_statement_change;
/* What happens to a statement, for watchers: told before and after it runs. Pointers are borrowed during the call. */
typedef struct cm_statement_event {
    bool after;                   /* false: about to run; true: ran, or failed with `status` */
    cm_status status;
    const char *sql; size_t nsql;
    const cm_value *values;       /* of the first set of parameters; nvalues of them. whole: of all sets, one after the other */
    size_t nvalues, nsets;
    bool whole;
    const cm_compiled *compiled;  /* what runs */
    cm_node *statement;           /* what it was made from, or NULL (a flush's, which cm_compiled_target tells of) */
    int64_t rowcount;             /* after: rows changed, or -1 */
    cm_statement_change *change;  /* before: to be filled; else NULL */
} cm_statement_event;
/* Watches every statement of an engine, whoever runs it (connections, sessions, flushes); NULL ends it. Costs nothing
 * while nobody watches. A watcher that fails stops the statement. thread: set while no statement runs. */
/* Tells of transactions of all connections, just before they begin, end, or set and leave a savepoint (whose name is told). What
 * the callback answers ends the call. */
typedef enum cm_transact {
    CM_TX_BEGIN = 0, CM_TX_COMMIT = 1, CM_TX_ROLLBACK = 2, CM_TX_SAVEPOINT = 3, CM_TX_RELEASE = 4, CM_TX_ROLLBACK_TO = 5
} cm_transact;
CM_API void cm_engine_set_transact(cm_engine *engine, cm_status (*told)(cm_ctx *cx, void *user, cm_conn *conn, cm_transact what, const char *name), void *user);
CM_API void cm_engine_set_watcher(cm_engine *engine, cm_status (*watch)(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event), void *user);
/* True when statements run in a transaction that cm_conn_begin opened AND the database has been told of it. */
CM_API bool cm_conn_begun(const cm_conn *conn);
/* Marks the physical connection as not to be used again: cm_conn_close closes it. */
CM_API void cm_conn_invalidate(cm_conn *conn);
/* Connections of the pool: idle ones, those in use. */
CM_API void cm_engine_pool_status(const cm_engine *engine, int *idle, int *in_use);
/* Name of the pool's class and its bounds, for `engine.pool` and messages. */
CM_API void cm_engine_pool_limits(const cm_engine *engine, cm_pool_kind *kind, int *size, int *max_overflow);
CM_API const char *cm_engine_url(const cm_engine *engine);          /* password as ***; borrowed until the engine goes */
CM_API const char *cm_engine_driver_name(const cm_engine *engine);  /* "sqlite" */
CM_API const cm_dialect *cm_engine_dialect(const cm_engine *engine);
CM_API int cm_engine_server_version(const cm_engine *engine);       /* 3040001, ...; 0 before the first connection */
CM_API void cm_engine_set_echo(cm_engine *engine, void (*echo)(void *user, const char *sql, size_t n, const char *params), void *user);
typedef struct cm_plan_stats { size_t plans; uint64_t hits, misses, compiles; } cm_plan_stats;
CM_API void cm_engine_plan_stats(cm_engine *engine, cm_plan_stats *out);
CM_API cm_engine *cm_conn_engine(const cm_conn *conn);              /* borrowed until the connection is freed */
/* "AUTOCOMMIT" (every statement by itself), another level the database knows, or NULL: its default. Holds until the
 * connection is closed. fails: CM_E_INVALID_REQUEST inside a transaction, CM_E_ARGUMENT. */
/* Transactions in two phases. two_phase: the transaction about to begin (or begun, before its first statement) will be prepared
 * under that name. prepare: it is, and takes no further statement; commit and rollback then speak of the prepared one. fails:
 * CM_E_DB_UNSUPPORTED where the driver has none. finish_prepared: ends one that some other connection prepared. */
CM_API cm_status cm_conn_two_phase(cm_ctx *cx, cm_conn *conn, const char *xid);
CM_API cm_status cm_conn_prepare(cm_ctx *cx, cm_conn *conn);
CM_API bool cm_conn_prepared(const cm_conn *conn);
CM_API const char *cm_conn_xid(const cm_conn *conn);              /* borrowed until the transaction ends; NULL: none */
CM_API cm_status cm_conn_finish_prepared(cm_ctx *cx, cm_conn *conn, const char *xid, bool commit);
/* A switch of the transactions to come, until the connection is closed: "readonly", "deferrable". fails: CM_E_ARGUMENT,
 * CM_E_DB_UNSUPPORTED where the driver has none. */
CM_API cm_status cm_conn_set_option(cm_ctx *cx, cm_conn *conn, const char *name, bool value);
CM_API cm_status cm_conn_set_isolation(cm_ctx *cx, cm_conn *conn, const char *level);
CM_API bool cm_conn_autocommit(const cm_conn *conn);
CM_API bool cm_conn_invalidated(const cm_conn *conn);               /* lost or given up: a new begin takes another one */
/* A host object that stands for a connection: `holder` is where the core keeps it, NULL once the core's object is gone.
 * The host sets both ends (*slot = face; face->holder = slot) and, when its object goes first, *face->holder = NULL. */
typedef struct cm_face { struct cm_face **holder; } cm_face;
CM_API cm_face **cm_conn_face(cm_conn *conn);      /* slot of the connection */
CM_API cm_face **cm_conn_link_face(cm_conn *conn); /* slot of the physical connection; NULL when there is none */
CM_API void cm_conn_cancel(cm_conn *conn);                          /* stops the running statement; thread: any */

CM_API void cm_result_free(cm_ctx *cx, cm_result *result);
/* What the i-th column was selected from; borrowed until the result goes; NULL for SQL text. */
CM_API cm_node *cm_result_column_node(const cm_result *result, size_t i);
/* Rows known to be there without asking the database again (buffered results), or 0. */
CM_API size_t cm_result_buffered(const cm_result *result);
/* Up to max rows at once, row after row, into values[0..max * ncolumns): owned host values. *n: rows fetched; fewer than
 * max only at the end. */
CM_API cm_status cm_result_fetch(cm_ctx *cx, cm_result *result, void **values, size_t max, size_t *n);
/* Value of a primary key column of the single row inserted (given, made by a default, or generated), as the database takes
 * it; a new reference; the host's null object when unknown. */
CM_API cm_status cm_result_inserted_key(cm_ctx *cx, cm_result *result, const cm_column *column, void **out);
/* Value the single row of an INSERT or UPDATE gave to a column, defaults of the host included: a new reference; NULL when
 * the statement gave none. */
CM_API cm_status cm_result_given(cm_ctx *cx, cm_result *result, const cm_column *column, void **out);
/* True when rows repeat because a collection was joined in: callers drop repetitions (Result.unique()). */
CM_API bool cm_result_needs_unique(const cm_result *result);
CM_API bool cm_result_returns_rows(const cm_result *result);
CM_API size_t cm_result_ncolumns(const cm_result *result);
CM_API const char *cm_result_column_name(const cm_result *result, size_t i);
/* Rows changed (INSERT, UPDATE, DELETE), or -1. */
CM_API int64_t cm_result_rowcount(const cm_result *result);
/* Key made by the database for the only row inserted; 0 if none. */
CM_API int64_t cm_result_lastrowid(const cm_result *result);
/* Next row into values[0..ncolumns): owned host values, released by the caller. *more is false past the last row. */
CM_API cm_status cm_result_next(cm_ctx *cx, cm_result *result, void **values, bool *more);

/* ---- Building expressions from C -------------------------------------------------------------------------- */
/* Hosts with operators of their own (Python) use these too. Every builder answers a new reference (retained) in *out
 * and retains what it is given. fails: CM_E_ARGUMENT when a child cannot stand where it is put. */

/* A bound value of the given type (NULL: deduced by the host from the value). The value is retained. */
CM_API cm_status cm_expr_bind(cm_ctx *cx, void *value, const cm_type *type, cm_node **out);
/* A named parameter whose value comes at execution. name is copied. */
CM_API cm_status cm_expr_param(cm_ctx *cx, const char *name, const cm_type *type, cm_node **out);
/* left OP right. op is a CM_OP_ of ops.def; the result type follows from the operands (expr/build.c). */
CM_API cm_status cm_expr_binary(cm_ctx *cx, int op, cm_node *left, cm_node *right, cm_node **out);
CM_API cm_status cm_expr_unary(cm_ctx *cx, int op, cm_node *child, cm_node **out);
/* AND / OR of n conditions: flattened, n == 1 answers the child itself, n == 0 no condition at all, which others skip. */
CM_API cm_status cm_expr_all_of(cm_ctx *cx, int op, cm_node *const *items, size_t n, cm_node **out);
CM_API bool cm_expr_is_empty(const cm_node *n); /* a condition made of none */
CM_API cm_status cm_expr_func(cm_ctx *cx, const char *name, cm_node *const *args, size_t n, const cm_type *type, cm_node **out);
CM_API cm_status cm_expr_label(cm_ctx *cx, const char *name, cm_node *child, cm_node **out);
CM_API cm_status cm_expr_text(cm_ctx *cx, const char *sql, cm_node **out);
/* A select of columns, entities and labels. FROM is deduced from them. */
CM_API cm_status cm_select(cm_ctx *cx, cm_node *const *columns, size_t n, cm_node **out);
/* A copy of a SELECT (or other block node) with items added to, or replacing, one segment (CM_SEG_ of ops.def). */
CM_API cm_status cm_node_append(cm_ctx *cx, cm_node *node, int segment, cm_node *const *items, size_t n, cm_node **out);
CM_API cm_status cm_node_replace(cm_ctx *cx, cm_node *node, int segment, cm_node *const *items, size_t n, cm_node **out);
CM_API cm_status cm_insert(cm_ctx *cx, cm_table *table, cm_node **out);
CM_API cm_status cm_update(cm_ctx *cx, cm_table *table, cm_node **out);
CM_API cm_status cm_delete(cm_ctx *cx, cm_table *table, cm_node **out);
CM_API void cm_node_retain(cm_ctx *cx, cm_node *node);
CM_API void cm_node_release(cm_ctx *cx, cm_node *node);

/* ---- Mapping ---------------------------------------------------------------------------------------------- */

enum { /* cascades of a relationship */
    CM_CASCADE_SAVE_UPDATE = 1, CM_CASCADE_MERGE = 2, CM_CASCADE_DELETE = 4, CM_CASCADE_DELETE_ORPHAN = 8,
    CM_CASCADE_EXPUNGE = 16, CM_CASCADE_REFRESH_EXPIRE = 32
};
typedef enum cm_direction { CM_ONE_TO_MANY = 0, CM_MANY_TO_ONE = 1, CM_MANY_TO_MANY = 2 } cm_direction;
typedef enum cm_lazy {
    CM_LAZY_SELECT = 0, CM_LAZY_JOINED = 1, CM_LAZY_SELECTIN = 2, CM_LAZY_SUBQUERY = 3, CM_LAZY_IMMEDIATE = 4, CM_LAZY_RAISE = 5,
    CM_LAZY_RAISE_ON_SQL = 6, CM_LAZY_NOLOAD = 7, CM_LAZY_DYNAMIC = 8, CM_LAZY_WRITE_ONLY = 9
} cm_lazy;

enum { /* cm_attr_def.flags */
    CM_ATTR_DEFERRED = 1u << 0, CM_ATTR_RAISELOAD = 1u << 1, CM_ATTR_READ_ONLY = 1u << 2, CM_ATTR_EAGER_DEFAULT = 1u << 3,
    CM_ATTR_ACTIVE_HISTORY = 1u << 4
};

/* A column or SQL expression as an attribute. */
typedef struct cm_attr_def {
    const char *key;
    cm_column *const *columns;    /* one column per table that has it (joined inheritance: child first); ncolumns of them */
    size_t ncolumns;              /* 0: expr says it */
    cm_node *expr;                /* column_property expression; retained. NULL for columns */
    uint32_t flags;
    const char *group;            /* deferred group, or NULL */
    cm_node *node;                /* the ATTR node (InstrumentedAttribute) made by the host, borrowed; NULL: the mapper makes one */
} cm_attr_def;

typedef struct cm_relation_def {
    const char *key;
    cm_mapper *target;
    cm_node *entity;              /* aliased ENTITY of the target that is read in its place (viewonly), or NULL; retained. The
                                     conditions are over its columns then */
    cm_direction direction;
    size_t npairs;                /* ONE_TO_MANY, MANY_TO_ONE: (parent column, target column) that carry the key */
    cm_column *const *parent_columns, *const *target_columns;
    cm_table *secondary;          /* MANY_TO_MANY: pairs above are (parent column, secondary column) ... */
    size_t nsecondary_pairs;      /* ... and these are (secondary column, target column) */
    cm_column *const *secondary_columns, *const *secondary_target_columns;
    cm_node *primaryjoin, *secondaryjoin; /* full conditions over plain columns; retained. remote side columns, where parent
                                     and target share a table, are marked by CM_FLAG_REMOTE COLUMN copies */
    cm_node *const *order_by; size_t norder_by; /* retained */
    const cm_attr *back;          /* the other side, or NULL (set by either side's definition) */
    uint32_t cascade;
    cm_lazy lazy;
    bool uselist, viewonly, post_update, single_parent, innerjoin, active_history, simple_equality; /* simple_equality: primaryjoin
                                     is exactly the pairs: many-to-one may use the identity map, selectin needs no parent join */
    int passive_deletes;          /* 0 load and handle, 1 leave unloaded ones to the database, 2 'all' */
    bool passive_updates;
    bool load_on_pending;         /* pending instances read it by the keys they have, without a flush */
    int join_depth;               /* self-referential eager loading; 0 none */
    uint32_t batch_size;          /* keys per selectin statement; 0: 500 */
    void *collection_class;       /* host's factory, or NULL: list; retained */
    cm_node *node;                /* ATTR node made by the host, borrowed; NULL: the mapper makes one */
} cm_relation_def;

typedef struct cm_mapper_def {
    uint32_t version;             /* 1 */
    const char *name;             /* class name, for messages */
    cm_mapper *inherits;          /* or NULL; retained */
    bool concrete;
    cm_table *const *tables;      /* own tables added to the parent's, base first; none for single-table children */
    size_t ntables;
    cm_node *from;                /* FROM element the class reads (table or join), or NULL: joined tables; retained */
    const cm_attr_def *attrs;     size_t nattrs;   /* including inherited ones, in the parent's order first */
    const char *const *primary_key; size_t nprimary_key; /* attribute keys; 0: the base table's primary key */
    const char *polymorphic_on;   /* attribute key or NULL */
    void *polymorphic_identity;   /* host value or NULL; retained */
    const char *version_attr;     /* attribute key or NULL */
    void *version_generator;      /* host callable; NULL: +1; retained */
    bool eager_defaults, confirm_deleted_rows, batch;
    bool version_given;           /* the program or the database makes versions; the flush only compares them */
    bool writes_keys;             /* a changed key is written into tables of subclasses, too; else the database carries it along */
    void *host_class;             /* borrowed: the class owns its mapper */
    uint32_t reserve_slots;       /* slots for attributes that come later (relationships, late columns) */
    bool selectin_load;           /* reading a base class reads this one's own columns, too, by one more statement */
    bool inline_load;             /* ... in the same statement (cm_mapper_set_reading() joins its table, where it has one) */
} cm_mapper_def;

/* Builds a mapper over plain columns; relationships follow with cm_mapper_add_relation once their targets exist.
 * owns: caller (the class), cm_mapper_release. fails: CM_E_ARGUMENT (no primary key, unknown attribute).
 * thread: mappers may be read by any thread once the first statement used them. */
CM_API cm_status cm_mapper_new(cm_ctx *cx, const cm_mapper_def *def, cm_mapper **out);
/* thread: both with the host held. */
CM_API void cm_mapper_retain(cm_mapper *mapper);
CM_API void cm_mapper_release(cm_ctx *cx, cm_mapper *mapper);
CM_API cm_status cm_mapper_add_attr(cm_ctx *cx, cm_mapper *mapper, const cm_attr_def *def, const cm_attr **out);
/* Adds a relationship. Adding the second of two sides that name each other links both. out may be NULL. */
CM_API cm_status cm_mapper_add_relation(cm_ctx *cx, cm_mapper *mapper, const cm_relation_def *def, const cm_attr **out);
CM_API cm_node *cm_mapper_entity(const cm_mapper *mapper);            /* ENTITY node; borrowed until the mapper goes */
CM_API const cm_attr *cm_mapper_find_attr(const cm_mapper *mapper, const char *key); /* NULL if unknown */
CM_API size_t cm_mapper_nattrs(const cm_mapper *mapper);
CM_API const cm_attr *cm_mapper_attr(const cm_mapper *mapper, size_t i);
/* What reading the class as a whole reads from now on, in place of its own tables: those joined to tables of subclasses, or a union
 * of the tables of concrete subclasses. discriminator: expression over `from` that tells the class of a row of a union; else NULL.
 * fails: CM_E_NOMEM. thread: as cm_mapper_new. */
CM_API cm_status cm_mapper_set_reading(cm_ctx *cx, cm_mapper *mapper, cm_node *from, cm_node *discriminator);
/* An aliased entity: ENTITY node over `from` (NULL: an anonymous alias of the mapper's own). over: another ENTITY of the class, whose
 * columns `from` shows, among others of the same table perhaps; or an expression over `from`, a union, that tells the class of its rows;
 * NULL: neither. owns: retained. */
CM_API cm_status cm_mapper_alias(cm_ctx *cx, cm_mapper *mapper, const char *name, cm_node *from, cm_node *over, cm_node **out);
/* Attribute of an entity (plain or aliased) as an ATTR node. owns: retained. */
CM_API cm_status cm_entity_attr(cm_ctx *cx, cm_node *entity, const cm_attr *attr, cm_node **out);

/* ---- Instances -------------------------------------------------------------------------------------------- */

/* Makes a transient instance. owns: caller: release the host object (cm_inst_object) as the host does. */
CM_API cm_status cm_inst_new(cm_ctx *cx, cm_mapper *mapper, cm_inst **out);
CM_API void *cm_inst_object(cm_inst *inst);                           /* the host object; borrowed */
CM_API void cm_inst_release(cm_ctx *cx, cm_inst *inst);
/* Value of an attribute: loads it if it is expired, deferred or a lazy relationship. *out is a new reference; the host's
 * null object for NULL. fails: CM_E_DETACHED, CM_E_RAISE_LOAD, CM_E_DELETED, database errors. */
CM_API cm_status cm_inst_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out);
/* Sets an attribute (value is retained), with history, backrefs and cascades. */
CM_API cm_status cm_inst_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value);
CM_API cm_status cm_inst_del(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
/* Collections: what list adapters of hosts call before changing their container. `append` and `remove` do the backrefs
 * and cascades for one member; the container itself is the host's to change. initiator: attribute the event came from,
 * to stop echoes; NULL from user code. */
CM_API cm_status cm_inst_coll_append(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member, const cm_attr *initiator);
CM_API cm_status cm_inst_coll_remove(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member, const cm_attr *initiator);

typedef enum cm_inst_status { CM_TRANSIENT = 0, CM_PENDING = 1, CM_PERSISTENT = 2, CM_DELETED = 3, CM_DETACHED = 4 } cm_inst_status;
CM_API cm_inst_status cm_inst_get_status(const cm_inst *inst);

/* ---- Sessions --------------------------------------------------------------------------------------------- */

typedef struct cm_session_options {
    uint32_t version;             /* 1 */
    cm_engine *engine;            /* default bind; or NULL (host's session_bind answers); retained */
    bool autoflush, expire_on_commit, autobegin;
    void *host_session;           /* borrowed: the host object around the session, for events */
} cm_session_options;
#define CM_SESSION_OPTIONS_INIT {1, NULL, true, true, true, NULL}

/* owns: caller, cm_session_free (rolls back, detaches everything). thread: one at a time. */
CM_API cm_status cm_session_new(cm_ctx *cx, const cm_session_options *options, cm_session **out);
CM_API void cm_session_free(cm_ctx *cx, cm_session *session);
CM_API cm_status cm_session_add(cm_ctx *cx, cm_session *s, cm_inst *inst);
CM_API cm_status cm_session_delete(cm_ctx *cx, cm_session *s, cm_inst *inst);
CM_API cm_status cm_session_expunge(cm_ctx *cx, cm_session *s, cm_inst *inst);
/* A statement deleted the row of a persistent instance: it is deleted as if by a flush, and persistent again after a rollback. */
CM_API cm_status cm_session_row_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst);
CM_API cm_status cm_session_flush(cm_ctx *cx, cm_session *s);
CM_API cm_status cm_session_begin(cm_ctx *cx, cm_session *s);
CM_API cm_status cm_session_begin_nested(cm_ctx *cx, cm_session *s);
/* Two phases: every transaction is prepared on all its connections before the first is committed. prepare: the first phase alone,
 * after a flush; then only commit or rollback. */
CM_API void cm_session_set_two_phase(cm_session *s, bool on);
CM_API cm_status cm_session_prepare_commit(cm_ctx *cx, cm_session *s);
CM_API cm_status cm_session_commit(cm_ctx *cx, cm_session *s);     /* innermost level */
CM_API cm_status cm_session_rollback(cm_ctx *cx, cm_session *s);   /* innermost level */
/* The levels down to that one; 1 is the outermost. */
CM_API cm_status cm_session_commit_to(cm_ctx *cx, cm_session *s, size_t level);
CM_API cm_status cm_session_rollback_to(cm_ctx *cx, cm_session *s, size_t level);
CM_API cm_status cm_session_close(cm_ctx *cx, cm_session *s);      /* expunges all, gives the connection back; reusable */
/* Expires attributes (n == 0: all) so that the next access loads them. */
CM_API cm_status cm_session_expire(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n);
CM_API cm_status cm_session_refresh(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n);
/* The instance with that primary key (host values in the key's order), from the identity map or the database.
 * owns: *out is a new reference, NULL when there is no such row. */
CM_API cm_status cm_session_get(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n, cm_inst **out);
/* The instance of an integer primary key that the session holds and that is loaded: what cm_session_get would answer without
 * reading. Borrowed; NULL: ask cm_session_get. Never fails, needs no turn of the session while no operation is under way. */
CM_API cm_inst *cm_session_held(cm_ctx *cx, cm_session *s, const cm_mapper *mapper, int64_t key);
/* Finds the plan of a SELECT, or compiles and keeps it, without running it. */
CM_API cm_status cm_session_prepare(cm_ctx *cx, cm_session *s, cm_node *stmt);
/* Runs a statement with autoflush; rows hold entities, attributes and columns as selected. */
CM_API cm_status cm_session_execute(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out);
/* The same with rows read and loaded `chunk` at a time, as the result is read: for results that need not fit in memory. Joined
 * collections cannot be read so: with must, CM_E_INVALID_REQUEST, else they are read whole. What is no SELECT is executed as
 * usual. The result must be gone before the session is. params: one mapping, or NULL. */
CM_API cm_status cm_session_stream(cm_ctx *cx, cm_session *s, cm_node *stmt, void *params, size_t chunk, bool must, cm_result **out);
/* The plain statement that executing an ORM statement sends: entities as columns, relationship joins spelled out, eager
 * loads joined, options gone. For people (str(stmt)) and for subqueries. owns: *out retained. */
CM_API cm_status cm_statement_expand(cm_ctx *cx, cm_node *stmt, cm_node **out);
/* What a flush would do now, a line per action, for people. */
CM_API cm_status cm_flush_dump(cm_ctx *cx, cm_session *s, void (*write)(void *user, const char *p, size_t n), void *user);

#ifdef __cplusplus
}
#endif
#endif
