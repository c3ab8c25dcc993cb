/* visible to: sql */
/* Pieces of DDL that dialects put together in their own order. */
#ifndef CM_SQL_DDL_H
#define CM_SQL_DDL_H

#include "sql/compiler.h"

cm_status cm_ddl__column_name(cm_compiler *c, const cm_column *column);
cm_status cm_ddl__type(cm_compiler *c, const cm_column *column);
cm_status cm_ddl__sql(cm_compiler *c, const cm_sql *sql);
static inline bool cm_ddl__has(const cm_sql *sql) { return sql->text || sql->expr; }
/* DEFAULT ..., where the column has one. guarded: expressions that are more than a value stand in parentheses. */
cm_status cm_ddl__default(cm_compiler *c, const cm_column *column);
cm_status cm_ddl__computed(cm_compiler *c, const cm_column *column); /* GENERATED ALWAYS AS (...) */
/* What the dialect at hand wants said; NULL: nothing. */
const cm_sql *cm_ddl__option(const cm_compiler *c, const cm_ddl_option *options, size_t n, const char *name);
bool cm_ddl__required(const cm_column *column); /* NOT NULL? Keys are, unless nullability was written out */
/* Is the primary key written with its column (SQLite's AUTOINCREMENT wants that)? */
bool cm_ddl__inline_key(const cm_compiler *c, const cm_table *t);

#endif
