/* visible to: schema expr sql engine orm host */
/* Types, frozen tables and the type codec. */
#ifndef CM_SCHEMA_H
#define CM_SCHEMA_H

#include "base/buf.h"
#include "base/map.h"

struct cm_type {
    cm_type_def def;      /* strings and labels owned */
    uint64_t serial;
    int64_t refs;         /* types with a host object; others are immortal (refs < 0) */
    bool atomic;          /* its values can never be part of a reference cycle */
    bool fresh;           /* nor can those just read, which nobody else has: containers that the host itself makes of data */
};

struct cm_column {
    cm_str *name, *key;
    const cm_type *type;  /* retained */
    uint32_t flags;       /* CM_COL_* */
    uint32_t index;       /* position in the table */
    uint64_t id;          /* serial of its node */
    cm_table *table;      /* borrowed */
    cm_node *node;        /* COLUMN; borrowed from the host's author or owned (owns_node) */
    bool owns_node;
    void *insert_default, *update_default;          /* host values, retained, or NULL */
    cm_node *insert_default_sql, *update_default_sql; /* retained, or NULL */
    cm_sql server_default, computed;                /* texts owned, expressions borrowed */
    char *comment, *check_name;
};

struct cm_table {
    int64_t refs;
    uint64_t id;
    cm_str *name, *schema;          /* schema may be NULL */
    char *comment;
    cm_ddl_option *options; size_t noptions;
    char **prefixes; size_t nprefixes;
    cm_column *columns; size_t ncolumns;
    cm_strmap by_name, by_key;      /* cm_column * */
    cm_constraint_def *constraints; size_t nconstraints; /* strings owned; the primary key first when there is one */
    cm_index_def *indexes; size_t nindexes;
    cm_column **primary_key; size_t nprimary_key;
    cm_column *autoincrement;       /* the integer key that the database makes, or NULL */
    cm_node *node;                  /* TABLE; borrowed or owned */
    bool owns_node;
    cm_arena memory;                /* strings and arrays above */
};

/* The expression of an INSERT for a column without a value. A sequence is none where the database has no sequences. */
static inline cm_node *cm_column__insert_sql(const cm_column *column, bool sequences) {
    cm_node *sql = column->insert_default_sql;
    return sql && sql->kind == CM_N_SEQUENCE && !sequences ? NULL : sql;
}

/* The type codec: one record per cm_type_kind. */
typedef struct cm_codec {
    cm_type_kind kind;
    const char *name;
    /* Raw value of a driver -> the kind the host decodes (text -> date, 0/1 -> bool, double -> decimal digits ...).
     * scratch holds new text. fails: CM_E_DECODE with the text at fault, CM_E_TYPE. Values that already have the kind pass;
     * so do those of other kinds where the type does not care (an integer in a VARCHAR column). */
    cm_status (*decode)(cm_ctx *cx, const cm_type *type, cm_value *value, cm_arena *scratch);
} cm_codec;
const cm_codec *cm_codec__get(const cm_type *type);
/* True when decode has nothing to do for values of these kinds, so that the loader can skip it. */
bool cm_codec__is_plain(const cm_type *type);

#endif
