/* visible to: sql */
/* A compilation under way. compiler.c drives it and owns names and parameters; expr.c, op.c, func.c write expressions,
 * select.c, columns.c, from.c, join.c, compound.c, cte.c queries, dml.c, values.c the statements that change rows.
 *
 * Text goes to `b`, which is sticky about memory; a placeholder is written by cm_compiler__bind or cm_compiler__place,
 * which note where its value comes from, so `params` is always in text order. What must be written ahead of text that
 * exists already (WITH clauses) is compiled into a buffer of its own and spliced in (cte.c). */
#ifndef CM_SQL_COMPILER_H
#define CM_SQL_COMPILER_H

#include "sql/sql.h"

#include <stdio.h>
#include <string.h>

enum { CM_DEPTH_MAX = 800 };   /* nested emissions; chains of operators do not nest. 10 KiB of stack each at most */
enum { CM_CAST_OWN = 0, CM_CAST_TEXT = 1, CM_CAST_NONE = 2, CM_CAST_COUNT = 3 }; /* placeholders: to their type, TEXT, not at all, INTEGER */

/* One SELECT, UPDATE or DELETE being written: what its subqueries may correlate to. Lives on the C stack. */
typedef struct cm_level {
    struct cm_level *up;
    cm_node *stmt;
    cm_objs own;               /* FROM elements of this level, joins and all they join; borrowed */
    cm_node *const *columns;   /* expanded columns clause, for ORDER BY labels; NULL where labels mean nothing */
    size_t ncolumns;
    cm_objs *froms;            /* FROM elements displayed, for label references; may be NULL */
    bool top;                  /* the whole statement */
    bool compound;             /* a set operation: its ORDER BY names columns of the result */
    bool in_columns;           /* the columns clause is being written: labels mean nothing yet */
} cm_level;

/* A common table expression met in the statement, compiled apart. */
typedef struct cm_cte {
    cm_node *node;             /* borrowed: the CTE whose text this is; a restatement replaces it */
    const char *name;          /* arena */
    char *sql; size_t nsql;    /* owned; "name AS (...)" */
    cm_param *params; size_t nparams; /* owned */
    bool done;
    cm_level *nesting;         /* level a NESTING one belongs to; NULL: the whole statement */
} cm_cte;

struct cm_compiler {
    cm_ctx *cx;
    const cm_compile_request *rq;
    const cm_dialect *d;
    cm_buf b;
    cm_param *params; size_t nparams, params_cap;
    cm_out_column *columns; size_t ncolumns, columns_cap;
    cm_arena arena;            /* names, lists of columns */
    cm_objs owned;             /* nodes made on the way, released at the end */
    cm_map ordinals;           /* BIND -> position in the key + 1 */
    cm_map defaults;           /* BIND made for a column default -> its column */
    cm_map names;              /* identity of an anonymous thing -> its name (arena) */
    cm_strmap counters;        /* "users" -> last number given out */
    cm_strmap taken;           /* parameter names: BIND, or the compiler itself for columns of INSERT and UPDATE */
    cm_level *level;           /* innermost; NULL outside of queries */
    cm_cte *ctes; size_t nctes, ctes_cap;
    const char *hint;          /* name for parameters that have none: the column they are compared with */
    uint32_t flags;            /* CM_C_* so far */
    cm_table *table;           /* target of INSERT, UPDATE, DELETE; retained */
    int depth;
    bool inner_change;         /* an INSERT, UPDATE or DELETE inside of a CTE: its values have no names of columns */
    uint8_t bind_cast;         /* CM_CAST_*: keys of documents, LIMIT and OFFSET have casts of their own */
    bool bare_columns;         /* RETURNING of dialects that want no table names; conflict targets */
    bool no_keys;              /* CREATE TABLE: foreign keys are added later */
    bool literals;             /* values are written out (DDL, index predicates) */
    cm_node *wrapped;          /* BIND that stands for wrapped_param in the expression a type puts around it; NULL: none */
    const cm_param *wrapped_param; /* NULL: its value is written out */
    const char *wrapped_name;
    cm_node *hooked;           /* query that the host writes at the moment, and how it is to be written; NULL: none */
    const struct cm_select_how *hooked_how;
};

static inline void cm_out(cm_compiler *c, const char *text) { cm_buf__puts(&c->b, text); }
static inline bool cm_has(const cm_compiler *c, uint64_t feature) { return (c->d->features & feature) != 0; }

/* ---- compiler.c */
cm_status cm_compiler__init(cm_compiler *c, cm_ctx *cx, const cm_compile_request *rq);
void cm_compiler__dispose(cm_compiler *c);
/* Moves what was written into a new compiled statement. */
cm_status cm_compiler__finish(cm_compiler *c, cm_node *stmt, cm_compiled **out);
/* A name for an anonymous thing: seed_1, seed_2, ...; the same for the same identity. Arena; NULL without memory. */
const char *cm_compiler__anon(cm_compiler *c, uint64_t identity, const char *seed, size_t n);
/* Text in the arena, from pieces. NULL without memory. */
const char *cm_compiler__join(cm_compiler *c, const char *a, const char *between, const char *b);
/* Keeps a node alive until the end of the compilation; takes the reference, also on failure. */
cm_status cm_compiler__keep(cm_compiler *c, cm_node *take_node);
/* Writes an identifier. flags: CM_FLAG_QUOTE, CM_FLAG_NO_QUOTE. */
cm_status cm_compiler__name(cm_compiler *c, const char *name, size_t n, uint32_t flags);
static inline cm_status cm_compiler__cname(cm_compiler *c, const char *name) { return cm_compiler__name(c, name, strlen(name), 0); }
cm_status cm_compiler__str(cm_compiler *c, const cm_str *name, uint32_t flags);
cm_status cm_compiler__label(cm_compiler *c, const char *name, uint32_t flags); /* of a column that is answered, cut where it is too long */
/* Writes a placeholder for a parameter whose name, type, node and column are borrowed. name NUL-terminated. */
cm_status cm_compiler__place(cm_compiler *c, const cm_param *p, const char *name);
/* The same for a value that belongs to the SQL text, not to the caller (LIMIT -1). */
cm_status cm_compiler__constant(cm_compiler *c, int64_t value);
/* Result column. node borrowed. */
cm_status cm_compiler__column(cm_compiler *c, const char *name, cm_node *node);
/* Counts nesting; CM_E_COMPILE beyond the limit. Each success is followed by depth--. */
cm_status cm_compiler__enter(cm_compiler *c);
uint64_t cm_compiler__identity(const cm_node *n);       /* of columns: equal for equal columns */
bool cm_compiler__same(const cm_node *a, const cm_node *b);

/* ---- number.c */
enum { CM_PLACEHOLDER = 1 };   /* stands for a numbered placeholder until the text is complete */
cm_status cm_compiler__number(cm_compiler *c);

/* ---- bind.c */
cm_status cm_compiler__bind(cm_compiler *c, cm_node *bind);
/* A value assigned to a column: a nameless parameter is called as its column is, and takes its type. */
cm_status cm_compiler__bind_value(cm_compiler *c, cm_node *bind, const char *name, const cm_type *type);
/* Right side of IN for a parameter that holds a list: __[POSTCOMPILE_x], items, or the form of the empty list. */
cm_status cm_compiler__bind_list(cm_compiler *c, cm_node *bind, cm_node *left, int op);
cm_status cm_compiler__in_list(cm_compiler *c, cm_node *bind, cm_node *left, int op); /* with the word IN */
bool cm_compiler__takes_array(const cm_compiler *c, const cm_node *bind); /* a list that goes as one array, most likely */
/* Name of a parameter, made up for nameless ones. Arena. */
cm_status cm_compiler__bind_name(cm_compiler *c, cm_node *bind, const char **out);
/* A value as SQL text, by its type. fails: CM_E_COMPILE with value and type where there is no such text. */
cm_status cm_compiler__literal(cm_compiler *c, const cm_type *type, void *value);
cm_status cm_compiler__plain_literal(cm_compiler *c, const cm_type *type, void *value); /* without what the type puts around it */

/* ---- types.c */
/* The type that stores the values on this dialect. owns: *out retained. */
cm_status cm_compiler__type_for(cm_compiler *c, const cm_type *type, const cm_type **out);
/* Writes the name of a type. */
cm_status cm_compiler__spell(cm_compiler *c, const cm_type *type, bool for_cast);
cm_status cm_compiler__type_name(cm_compiler *c, const cm_type_def *def); /* schema.name of an ENUM that is an object */
/* Writes ::TYPE after a placeholder, where the usual drivers do. */
cm_status cm_compiler__bind_cast(cm_compiler *c, const cm_type *type);
/* What a type puts around its parameters and columns. *done false: nothing, and nothing is written. */
cm_status cm_compiler__wrap_param(cm_compiler *c, const cm_param *p, const char *name, bool *done);
cm_status cm_compiler__wrap_literal(cm_compiler *c, const cm_type *type, void *value, bool *done);
cm_status cm_compiler__wrap_column(cm_compiler *c, cm_node *n, bool *done);

/* ---- literal.c */
void cm_sql__string(cm_buf *b, const char *p, size_t n);  /* 'it''s' */
cm_status cm_sql__literal(cm_buf *b, const cm_type *type, const cm_value *v, bool micro, bool boolean_words);
/* A string literal as the dialect writes it. */
static inline void cm_compiler__string(cm_compiler *c, const char *p, size_t n) { (c->d->string ? c->d->string : cm_sql__string)(&c->b, p, n); }

/* ---- expr.c */
enum { /* what an operand stands in, when it is no operator */
    CM_AGAINST_NONE = -1,    /* a value of its own: whatever is an operation is grouped */
    CM_AGAINST_BOOL = -2,    /* condition of WHERE and its kin */
    CM_AGAINST_COLLATE = -3,
    CM_AGAINST_ALL = -4      /* an operator that groups any operation inside */
};
cm_status cm_compiler__expr(cm_compiler *c, cm_node *n);
/* An operand of `against` (an operator or CM_AGAINST_*), in parentheses where precedence asks for them. */
cm_status cm_compiler__operand(cm_compiler *c, cm_node *n, int against);
bool cm_compiler__grouped(const cm_compiler *c, const cm_node *n, int against);
bool cm_compiler__bare_boolean(const cm_compiler *c, const cm_node *n);
/* Items with ", " between. against: an operator, or CM_AGAINST_ALL for no parentheses at all. */
cm_status cm_compiler__list(cm_compiler *c, cm_node *const *items, size_t n, int against);
/* Conditions with AND between, folded as a WHERE clause does; nothing for none. */
cm_status cm_compiler__conditions(cm_compiler *c, cm_node *const *items, size_t n);
cm_status cm_compiler__column_ref(cm_compiler *c, cm_node *n);
/* The AND/OR of a flat list. */
cm_status cm_compiler__bool(cm_compiler *c, cm_node *n);

/* ---- op.c */
cm_status cm_compiler__binary(cm_compiler *c, cm_node *n);
cm_status cm_compiler__unary(cm_compiler *c, cm_node *n);
/* Does an ORDER BY item say where NULLs go, on a dialect that cannot? Then `x IS NULL` is sorted by before it. */
bool cm_compiler__sorts_nulls(const cm_compiler *c, const cm_node *n, bool *first);
const char *cm_compiler__hint_of(const cm_node *n);      /* name parameters take from what they are compared with; NULL: none */

/* ---- func.c */
cm_status cm_compiler__func(cm_compiler *c, cm_node *n);
cm_status cm_compiler__over(cm_compiler *c, cm_node *n);
cm_status cm_compiler__case(cm_compiler *c, cm_node *n);
const char *cm_compiler__func_label(const cm_node *n);   /* last part of a dotted name */

/* ---- select.c, columns.c */
typedef struct cm_select_how {
    bool as_from;        /* a FROM element: columns are named, no automatic correlation */
    bool lateral;
    bool top;            /* answers rows to the caller: note result columns */
    bool member;         /* of a set operation */
} cm_select_how;
cm_status cm_compiler__select(cm_compiler *c, cm_node *n, const cm_select_how *how);
/* Any statement that answers rows: SELECT, COMPOUND, TEXT, DML with RETURNING. */
cm_status cm_compiler__query(cm_compiler *c, cm_node *n, const cm_select_how *how);
cm_status cm_compiler__plain_query(cm_compiler *c, cm_node *n, const cm_select_how *how); /* passing by the host's hook */
/* "(SELECT ...)" in an expression. */
cm_status cm_compiler__subquery(cm_compiler *c, cm_node *n);
cm_status cm_compiler__order_by(cm_compiler *c, cm_node *n);
cm_status cm_compiler__limit(cm_compiler *c, cm_node *n);
cm_status cm_compiler__for_update(cm_compiler *c, cm_node *n);
/* " OF a, b": the FROM elements of FOR UPDATE's targets, each once; nothing for none. */
cm_status cm_compiler__lock_of(cm_compiler *c, cm_node *const *of, size_t n);
/* Columns clause: FROM elements become their columns. *out: arena array. */
cm_status cm_compiler__expand(cm_compiler *c, cm_node *const *items, size_t n, cm_node ***out, size_t *count);
cm_status cm_compiler__columns(cm_compiler *c, cm_node *stmt, cm_node *const *items, size_t n, const cm_select_how *how);
cm_status cm_compiler__returning(cm_compiler *c, cm_node *const *items, size_t n, bool top);
/* Names a query offers for its columns, as its columns clause gives them. Arena. */
cm_status cm_compiler__column_names(cm_compiler *c, cm_node *query, const char ***out, size_t *n);
/* Name of a PROXY's column in its subquery. Arena or borrowed; NULL without memory. */
const char *cm_compiler__proxy_name(cm_compiler *c, cm_node *proxy);
cm_status cm_compiler__label_ref(cm_compiler *c, cm_node *n);

/* ---- from.c, join.c */
cm_node *cm_sql__from(cm_node *n);                       /* ENTITY -> what it reads */
bool cm_sql__same_from(const cm_node *a, const cm_node *b);
bool cm_sql__has_from(const cm_objs *list, const cm_node *from);
cm_status cm_compiler__froms_of(cm_compiler *c, cm_node *expr, cm_objs *out); /* added once each */
cm_status cm_compiler__from_parts(cm_compiler *c, cm_node *from, cm_objs *out); /* itself and, for joins, all they join */
/* Warns of elements of a SELECT's, UPDATE's or DELETE's FROM that nothing connects (lint.c). statement: its first word. */
cm_status cm_compiler__lint(cm_compiler *c, const cm_node *n, const cm_objs *froms, const char *statement);
/* FROM list of a SELECT after joins, hiding and correlation. */
cm_status cm_compiler__collect(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns,
                               const cm_select_how *how, cm_objs *out);
cm_status cm_compiler__from(cm_compiler *c, cm_node *from);
cm_status cm_compiler__from_list(cm_compiler *c, const cm_objs *list);
/* Name by which columns of a FROM element are addressed; NULL: none (without memory too: then the arena failed). */
const char *cm_compiler__from_name(cm_compiler *c, cm_node *from, uint32_t *flags);
cm_status cm_compiler__joins(cm_compiler *c, cm_node *select, cm_node *const *columns, size_t ncolumns, cm_objs *froms);
/* Condition that joins two FROM elements by their foreign keys: pairs to compare, in text order. */
typedef struct cm_pair { cm_node *left, *right; } cm_pair;
cm_status cm_compiler__join_pairs(cm_compiler *c, cm_node *left, cm_node *right, cm_pair **out, size_t *n);
cm_status cm_compiler__table(cm_compiler *c, cm_node *table);
const char *cm_compiler__schema(const cm_compiler *c, const char *schema); /* as the schema map has it; NULL: none */
cm_status cm_compiler__sequence(cm_compiler *c, cm_node *sequence);        /* its name, with its schema */
cm_status cm_compiler__schema_of(cm_compiler *c, const char *schema);      /* writes it with its point, where there is one */

/* prefix_with(), suffix_with(): the pieces that have that flag (0 or CM_FLAG_SUFFIX) and are of this database, a space after each. */
cm_status cm_compiler__pieces(cm_compiler *c, cm_node *const *texts, size_t n, uint32_t flag);

/* ---- compound.c, cte.c */
cm_status cm_compiler__compound(cm_compiler *c, cm_node *n, const cm_select_how *how);
cm_status cm_compiler__values(cm_compiler *c, cm_node *n);
cm_status cm_compiler__values_cte(cm_compiler *c, cm_node *n, bool names); /* the rows alone, of a CTE or expression; names: the list after its name */
cm_status cm_compiler__cte(cm_compiler *c, cm_node *n); /* notes it and writes its name */
cm_status cm_compiler__add_ctes(cm_compiler *c, cm_node *stmt);
/* Splices the WITH clause of a level (NULL: the statement's) in where its text and parameters begin. */
cm_status cm_compiler__with(cm_compiler *c, cm_level *level, size_t text_at, size_t param_at);

/* ---- dml.c, values.c */
cm_status cm_compiler__dml(cm_compiler *c, cm_node *n, bool top);
/* One column of an INSERT or UPDATE and where its value comes from. */
typedef struct cm_set {
    cm_column *column;         /* NULL: a free column of a table() clause */
    cm_node *node;             /* COLUMN */
    cm_node *expr;             /* assigned by the statement; NULL: by source */
    uint8_t source;            /* CM_SRC_KEY or CM_SRC_DEFAULT; of a flush CM_SRC_SET */
    bool update_default;
} cm_set;
typedef struct cm_sets { cm_set *v; size_t n; } cm_sets; /* arena */
cm_status cm_compiler__sets(cm_compiler *c, cm_node *stmt, cm_table *table, cm_node *const *assigns, size_t nassigns, cm_sets *out);
/* Columns with defaults that INSERT FROM SELECT adds to the given ones. */
cm_status cm_compiler__default_sets(cm_compiler *c, cm_table *table, cm_node *const *given, size_t ngiven, cm_sets *out);
/* Value of one column; row: number of a multi-row INSERT, or -1. */
cm_status cm_compiler__set_value(cm_compiler *c, const cm_set *set, long row);
/* Whether many values of a type can be one array, and come out of it as they are. */
cm_status cm_compiler__fits_unnest(cm_compiler *c, const cm_type *type, bool *fits);
cm_status cm_compiler__array(cm_compiler *c, const cm_param *p, const char *name); /* CAST($1 AS INTEGER[]): a parameter of many values */
cm_status cm_compiler__set_name(cm_compiler *c, const cm_set *set);
cm_status cm_compiler__on_conflict(cm_compiler *c, cm_node *n, cm_table *table);
/* "a = 1, b = 2": the assignments of an ON_CONFLICT. */
cm_status cm_compiler__conflict_sets(cm_compiler *c, cm_node *n, cm_table *table);

#endif
