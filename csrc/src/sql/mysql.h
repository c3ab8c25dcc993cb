/* visible to: sql */
/* What the files of the MySQL and MariaDB dialects share. */
#ifndef CM_SQL_MYSQL_H
#define CM_SQL_MYSQL_H

#include "sql/ddl.h"

enum { CM_MYSQL_WORDS = 299 };
extern const char *const cm_mysql__words[CM_MYSQL_WORDS];

void cm_mysql__string(cm_buf *b, const char *p, size_t n); /* 'it''s', 'a\\\\b' */
cm_status cm_mysql__literal(cm_ctx *cx, cm_buf *b, const cm_type *type, const cm_value *v);
cm_status cm_mysql__type(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast);
cm_status cm_mysql__type_uuid(cm_ctx *cx, cm_buf *b, const cm_type *type, bool for_cast); /* servers with a type UUID */
cm_status cm_mysql__cast_type(cm_compiler *c, const cm_type *type);
/* Does a word stand in the text from there on? */
bool cm_mysql__mentions(const cm_compiler *c, size_t at, const char *word);
cm_status cm_mysql__column(cm_compiler *c, const cm_column *column);
cm_status cm_mysql__table_end(cm_compiler *c, const cm_table *t);
cm_status cm_mysql__index(cm_compiler *c, const cm_index_def *index, cm_index_place place, size_t i);

#endif
