/* JSON out of Python objects, entities, rows and results: what json.c, json_text.c, json_value.c and json_entity.c share.
 *
 * The text is the one that `json.dumps` of the standard library makes with the same settings, byte for byte. */
#ifndef CMPY_JSON_H
#define CMPY_JSON_H

#include "python/orm/orm.h"

typedef struct cmpy_json_path { /* what is being written, innermost first; lies on the C stack */
    PyObject *object;
    struct cmpy_json_path *up;
} cmpy_json_path;

typedef struct cmpy_json_name { const char *p; size_t n; } cmpy_json_name; /* a key with its quotes and separator */

typedef struct cmpy_json_scope cmpy_json_scope; /* json_entity.c: a list of choices */
typedef struct cmpy_json_rows cmpy_json_rows;   /* json_value.c: names of the rows written last */

typedef struct cmpy_json { /* one call */
    char *p; /* the text so far; owned */
    size_t n, size;
    bool ascii;              /* \u escapes for what is not ASCII */
    bool sort;               /* keys in order */
    bool plain;              /* dates, Decimal and UUID are written here; else `other` is asked */
    bool load;               /* what is not loaded is loaded; else it is an error */
    bool strict;             /* lone surrogates are an error; else they are written as three bytes */
    cmpy_json_name comma, colon, indent; /* indent.p NULL: all on one line. Borrowed from arguments */
    size_t level;
    PyObject *other;         /* callable(object) -> something that can be written; borrowed */
    cmpy_json_path *path;
    cmpy_json_scope *scope;  /* choices at hand; NULL: none */
    cmpy_json_scope *scopes; /* all of this call; owned */
    cmpy_json_rows *rows;    /* owned */
} cmpy_json;

/* All answer 0, or -1 with an exception. */

/* json_text.c: bytes, strings, numbers, dates */
int cmpy_json_grow(cmpy_json *j, size_t n);
int cmpy_json_str(cmpy_json *j, PyObject *s);
int cmpy_json_int(cmpy_json *j, PyObject *o);      /* int and its subclasses, as int writes them */
int cmpy_json_float(cmpy_json *j, double v);
int cmpy_json_http_date(cmpy_json *j, PyObject *o, bool *done); /* dates and naive datetimes; not done for others */
int cmpy_json_text_setup(void);
static inline int cmpy_json_room(cmpy_json *j, size_t n) { return j->size - j->n >= n ? 0 : cmpy_json_grow(j, n); }
static inline int cmpy_json_put(cmpy_json *j, const char *p, size_t n) {
    if (cmpy_json_room(j, n) < 0) return -1;
    memcpy(j->p + j->n, p, n);
    j->n += n;
    return 0;
}

/* json_value.c: anything; lists, dictionaries, rows and results */
int cmpy_json_value(cmpy_json *j, PyObject *o);
int cmpy_json_open(cmpy_json *j, char bracket);           /* '[' or '{' */
int cmpy_json_next(cmpy_json *j, bool first);             /* between items */
int cmpy_json_close(cmpy_json *j, char bracket, bool empty);
bool cmpy_json_under_way(const cmpy_json *j, const PyObject *o);
int cmpy_json_enter(cmpy_json *j, cmpy_json_path *step, PyObject *o); /* ValueError: circular */
void cmpy_json_leave(cmpy_json *j);
/* A key as text of its own, quoted, with the separator. owns: out->p by caller, PyMem_Free. */
int cmpy_json_key(cmpy_json *j, PyObject *key, cmpy_json_name *out);
void cmpy_json_rows_free(cmpy_json_rows *rows);

/* json_entity.c: mapped instances, by the choices of `only` */
int cmpy_json_choose(cmpy_json *j, PyObject *only);       /* checks the list and makes it the scope */
/* *done stays false where nothing of its class is chosen. */
int cmpy_json_entity(cmpy_json *j, PyObject *o, cm_inst *inst, bool *done);
void cmpy_json_scopes_free(cmpy_json_scope *scopes);

/* json.c */
int cmpy_json_setup(PyObject *m);

#endif
