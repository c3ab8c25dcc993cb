/* Engine side of the extension: what engine.c, connection.c, result.c, row.c and dbapi.c share. */
#ifndef CMPY_ENGINE_H
#define CMPY_ENGINE_H

#include "python/expr/expr.h"

typedef struct cmpy_engine { /* _core.Engine */
    PyObject_HEAD
    cm_engine *engine;
    PyObject *on_connect;    /* callable(dbapi connection), or NULL */
    PyObject *watch;         /* callable(after, sql, values, nsets, rowcount, failed), or NULL */
    PyObject *echo;          /* callable(sql, parameters), or NULL */
    PyObject *faces;         /* list: PEP 249 connections of the physical connections that are open */
    PyObject *first;         /* the engine this one was made from by execution_options(), or NULL */
    bool prepares;           /* options or listeners want to see the connections that sessions take */
    PyObject *transact;      /* told of BEGIN, COMMIT and their kin, or NULL */
    PyObject *dict, *weak;
} cmpy_engine;

typedef struct cmpy_conn { /* _core.Connection */
    PyObject_HEAD
    cm_conn *conn;           /* NULL: closed */
    cm_face face;            /* follows conn: holder is NULL when it is gone */
    bool borrowed;           /* somebody else (keep) owns and ends it */
    PyObject *engine;        /* cmpy_engine */
    PyObject *keep;
    unsigned long busy;      /* thread at work in the core, or 0 */
    int depth;               /* statements running inside each other */
    bool slow;               /* somebody listens, or options change what execute() does: the package's method runs */
    bool blocked;            /* the transaction of a `with` block ended inside it */
    PyObject *dict, *weak;
} cmpy_conn;

/* engine.c */
cm_engine *cmpy_engine_get(PyObject *engine);          /* borrowed; NULL + TypeError */
int cmpy_engine_setup(PyObject *m);
/* result.c */
PyObject *cmpy_result_new(cm_result *take_result, PyObject *keep); /* keep: object that must outlive it, or NULL */
int cmpy_result_setup(PyObject *m);
PyObject *cmpy_result_of(cm_result *take_result, PyObject *keep, PyObject *stmt); /* stmt: the statement, or NULL */
/* row.c */
typedef struct cmpy_row_meta { /* names of a row's columns, shared by all rows of a result */
    PyObject_HEAD
    PyObject *keys;          /* tuple of str */
    PyObject *index;         /* dict: str -> int; -1 for ambiguous names */
    PyObject *attributes;    /* the same without names that Row needs for itself; usually the same object */
    Py_ssize_t n;
    uint64_t *ids;           /* serials of the columns selected; 0 where there is none */
} cmpy_row_meta;
extern PyTypeObject *cmpy_row_meta_type;
int cmpy_row_setup(PyObject *m);
int cmpy_row_mapping_setup(PyObject *m);
cmpy_row_meta *cmpy_row_meta_of(const cm_result *result);                 /* new reference, from a small cache */
cmpy_row_meta *cmpy_row_meta_new(PyObject *keys, const uint64_t *ids);    /* keys: tuple; ids may be NULL */
/* An empty row whose n items are to be filled in (PyTuple_SET_ITEM), then cmpy_row_done. NULL + exception. */
PyObject *cmpy_row_new(cmpy_row_meta *meta);
void cmpy_row_done(PyObject *row);                                        /* all items are set: the collector may see it */
cmpy_row_meta *cmpy_row_get_meta(PyObject *row);                          /* borrowed */
/* Position a key (int, str, column) stands for; -1 with an exception. */
Py_ssize_t cmpy_row_find(cmpy_row_meta *meta, PyObject *key);
/* connection.c */
PyObject *cmpy_connection_borrow(cm_conn *conn, PyObject *keep); /* Connection over one that somebody else (keep) owns and ends */
int cmpy_connection_setup(PyObject *m);
int cmpy_connection_enter(cmpy_conn *self);  /* -1 + exception: closed, or another thread is at work */
void cmpy_connection_leave(cmpy_conn *self);
/* dbapi_sqlite.c */
int cmpy_dbapi_sqlite_setup(PyObject *m);
int cmpy_sqlite_greet(void *native); /* gives a new sqlite3 * what SQL needs of Python; -1 with an exception */
/* dbapi.c */
int cmpy_dbapi_setup(PyObject *m);
PyObject *cmpy_dbapi_face(cmpy_conn *self); /* the PEP 249 connection of the physical connection in use; new reference */

#endif
