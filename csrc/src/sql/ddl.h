/* visible to: sql */
/* Pieces of DDL that dialects put together in their own order. */
#ifndef CM_SQL_DDL_H
#define CM_SQL_DDL_H

#include "sql/compiler.h"

cm_status cm_ddl__column_name(cm_compiler *c, const cm_column *column);
cm_status cm_ddl__type(cm_compiler *c, const cm_column *column);
void cm_ddl__computed(cm_compiler *c, const cm_column *column); /* GENERATED ALWAYS AS (...) */
/* Is the primary key written with its column (SQLite's AUTOINCREMENT wants that)? */
bool cm_ddl__inline_key(const cm_compiler *c, const cm_table *t);

#endif
