/* Types, tables and values: type.c, table.c, convert.c (host -> database), decode.c (database -> host), array.c. */
#ifndef CMPY_SCHEMA_H
#define CMPY_SCHEMA_H

#include "python/core.h"

/* ---- type.c */
const cm_type *cmpy_type_get(PyObject *type);          /* borrowed cm_type of a TypeEngine object or class; NULL + TypeError */
PyObject *cmpy_type_object(const cm_type *type);       /* new reference: the TypeEngine object of a cm_type; None for NULL */
const cm_type *cmpy_literal_type(PyObject *value);     /* borrowed: type of a bare Python value; CM_T_NULL when unknown */
int cmpy_type_setup(PyObject *m);
/* entries of cm_host */
cm_status cmpy_type_for(cm_ctx *cx, const cm_type *type, const cm_dialect *dialect, void *host_dialect, const cm_type **out);
cm_status cmpy_type_spell(cm_ctx *cx, const cm_type *type, cm_compiler *c);

/* ---- table.c */
cm_status cmpy_table_freeze(cm_ctx *cx, cm_node *table, cm_table **out); /* entry of cm_host */
int cmpy_table_setup(PyObject *m);

/* ---- convert.c */
/* The exception under way, raised by the program's own code about a value, as a StatementError around it; what is an error of ours already stays. */
cm_status cmpy_wrap_pending(void);
/* Whether a value may be part of a reference cycle, so that the collector has to see who holds it. */
bool cmpy_value_may_cycle(PyObject *value);
/* ---- convert.c and decode.c: entries of cm_host */
cm_status cmpy_encode(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out);
cm_status cmpy_decode(cm_ctx *cx, const cm_type *type, const cm_value *value, void **out);
cm_status cmpy_decode_row(cm_ctx *cx, const cm_type *const *types, const cm_value *in, size_t n, void **out);
cm_status cmpy_equal(cm_ctx *cx, const cm_type *type, void *a, void *b, bool *out);
cm_status cmpy_hash(cm_ctx *cx, void *value, uint64_t *out);
cm_status cmpy_sequence(cm_ctx *cx, void *value, cm_objs *out);
cm_status cmpy_mapping_get(cm_ctx *cx, void *mapping, const char *key, size_t n, void **out);
cm_status cmpy_mapping_keys(cm_ctx *cx, void *mapping, cm_status (*each)(void *user, const char *key, size_t n), void *user);
void cmpy_describe(cm_ctx *cx, void *value, void (*write)(void *user, const char *p, size_t n), void *user);

/* Classes and functions of the standard library, imported on first use. Borrowed; NULL + exception. */
PyObject *cmpy_decimal_type(void);
PyObject *cmpy_uuid_type(void);
PyObject *cmpy_json_dumps(void);
PyObject *cmpy_json_loads(void);
int cmpy_values_setup(void); /* the datetime C interface, for the file that includes it */
int cmpy_decode_setup(void);

/* A short ASCII-or-not string as a Python string, from a small cache of recent names (parameter names repeat for every
 * row). New reference. */
PyObject *cmpy_name(const char *p, size_t n);

/* Values of ARRAY types, and lists in places of unknown type (def NULL). array.c. */
cm_status cmpy_encode_array(cm_ctx *cx, const cm_type_def *def, PyObject *v, cm_arena *scratch, cm_value *out);
PyObject *cmpy_decode_array(const cm_type_def *def, const cm_value *v);

/* The TypeEngine object behind a CM_TYPE_HOST type; borrowed. */
static inline PyObject *cmpy_host_type(const cm_type_def *def) { return (PyObject *)def->host; }

#endif
