/* What the files about values share: convert.c (host -> database), decode.c (database -> host), type.c. */
#ifndef CMPY_VALUES_H
#define CMPY_VALUES_H

#include "python/core.h"

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
