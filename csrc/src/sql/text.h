/* visible to: sql */
/* SQL text written by people. */
#ifndef CM_SQL_TEXT_H
#define CM_SQL_TEXT_H

#include "sql/sql.h"

/* Calls piece for each stretch of plain text (name false) and each parameter (name true: its word). Stops at a failure. */
cm_status cm_text__scan(const char *p, size_t n, cm_status (*piece)(void *user, bool name, const char *p, size_t n), void *user);
/* Writes a TEXT node; its parameters are in segment 0. */
cm_status cm_compiler__text(struct cm_compiler *c, cm_node *n);

#endif
