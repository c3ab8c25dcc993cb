/* Expression side of the extension: what node.c, make.c, operators.c, coerce.c, select.c and compiled.c share. */
#ifndef CMPY_EXPR_H
#define CMPY_EXPR_H

#include "python/schema/schema.h"

/* node.c */
PyObject *cmpy_from_node(cm_node *take_node);      /* the node's object; NULL passes */
extern PyObject *cmpy_hooked_classes;              /* set of classes with a compile hook, or NULL */
extern PyObject *cmpy_str_type, *cmpy_str_memo;    /* "type", "_memo" */
PyObject *cmpy_node_or_none(cm_node *n);           /* new reference */
const cm_str *cmpy_node_name(const cm_node *n);    /* borrowed; NULL: none */
PyObject *cmpy_node_segment(cm_node *n, int segment); /* new tuple */
PyObject *cmpy_node_subtype(PyObject *m, PyType_Spec *spec, PyObject *base);
void cmpy_node_adopt_class(PyTypeObject *type);
typedef struct cmpy_visitor { /* what the collector asks for, as `user` of the core's visits */
    visitproc visit;
    void *arg;
} cmpy_visitor;
int cmpy_visit_value(void *user, void *value);
int cmpy_node_setup(PyObject *m);
/* entries of cm_host */
cm_node *cmpy_node_alloc(cm_ctx *cx, int kind, void *cls);
void cmpy_node_ready(cm_ctx *cx, cm_node *n);
void cmpy_nodes_retain(cm_ctx *cx, cm_node *const *v, size_t n);
void cmpy_nodes_release(cm_ctx *cx, cm_node *const *v, size_t n);
void *cmpy_node_class(cm_ctx *cx, const cm_node *n);
cm_status cmpy_node_copied(cm_ctx *cx, const cm_node *from, cm_node *to);
uint64_t cmpy_node_class_id(cm_ctx *cx, const cm_node *n);

/* make.c: the generic builder, pickling, adaption */
int cmpy_make_setup(PyObject *m);

/* coerce.c */
typedef enum cmpy_role {
    CMPY_EXPR = 0, CMPY_COLUMNS = 1, CMPY_FROM = 2, CMPY_WHERE = 3, CMPY_ORDER = 4, CMPY_GROUP = 5, CMPY_JOIN = 6, CMPY_STATEMENT = 7,
    CMPY_LIMIT = 8, CMPY_DML_COLUMN = 9
} cmpy_role;
cm_node *cmpy_coerce(PyObject *obj, cmpy_role role, const cm_type *type); /* new reference; NULL + exception */
/* The node of an object that has one: itself, what __clause_element__ answers, a construct of a user sealed on first use.
 * New reference; NULL without an exception: it has none. */
cm_node *cmpy_find_node(PyObject *obj);
/* A value as the other side of an operator: typed like `left` where that fits, named like its column. New reference. */
cm_node *cmpy_coerce_operand(PyObject *obj, const cm_node *left, int op);
/* The right side of IN: a select, a list of expressions, or one expanding parameter. New reference. */
cm_node *cmpy_coerce_in(PyObject *obj, const cm_node *left);
cm_node *cmpy_bind(PyObject *value, const cm_type *type, cm_str *name, uint32_t flags); /* name borrowed, or NULL; made unique */
const cm_type *cmpy_operand_type(PyObject *value, const cm_type *left, int op); /* borrowed; NULL + exception */
cm_node *cmpy_const(int kind);                     /* NULL_, TRUE_, FALSE_: new reference */
cm_node *cmpy_text_node(int kind, const char *p, size_t n, const cm_type *type); /* a node that is a name alone */
cm_str *cmpy_bind_name(const cm_node *left);       /* borrowed: name parameters get from the expression they are compared with, or NULL */
/* Growing array of owned nodes for building segments. */
typedef struct cmpy_nodes { cm_node **v, *inside[8]; size_t n, cap; } cmpy_nodes;
void cmpy_nodes_init(cmpy_nodes *list);
int cmpy_nodes_add(cmpy_nodes *list, cm_node *take_node); /* -1 with an exception; NULL node: passes its exception on */
void cmpy_nodes_dispose(cmpy_nodes *list);
int cmpy_coerce_setup(PyObject *m);
/* entries of cm_host */
cm_status cmpy_type_wrap(cm_ctx *cx, const cm_type *type, cm_node *value, bool column, cm_node **out);
cm_node *cmpy_value_node(cm_ctx *cx, void *value);

/* functions.c */
int cmpy_functions_setup(PyObject *m);

/* operators.c */
int cmpy_operators_setup(PyObject *m);
int cmpy_fast_args(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *const *names, int nnames,
                   int required, PyObject **out); /* -1 + TypeError; absent arguments leave out[i] as it was */
/* left OP right as Python means it: asks comparators of types and attributes first. other may be NULL (unary). */
PyObject *cmpy_operate(int op, PyObject *self, PyObject *other, bool reversed);
/* The same without asking anybody. */
PyObject *cmpy_operate_plain(int op, PyObject *self, PyObject *other, bool reversed);
PyObject *cmpy_negate(PyObject *self);
/* AND / OR with constants folded; NULL + exception. No condition at all answers true / false. */
cm_node *cmpy_all_of(int op, cm_node *const *items, size_t n);

/* select.c */
int cmpy_select_setup(PyObject *m);

/* lists.c: the statement with the lists that one set of parameters gives it; itself when there are none. owns: caller */
PyObject *cmpy_fill_lists(PyObject *stmt, void *const *params, size_t nparams);

/* compiled.c */
cm_status cmpy_node_compile(cm_ctx *cx, cm_node *n, cm_compiler *c); /* entry of cm_host */
int cmpy_schema_pairs(PyObject *map, const char ***out); /* a dictionary or None as pairs (PyMem_Free); -1: exception */
int cmpy_compiled_setup(PyObject *m);

/* ready.c: mappers declared since the last statement are completed before one is compiled or run */
extern int cmpy_orm_pending;                           /* mappers wait to be configured */
/* Configures those that a class, mapper, statement, or a collection of them speaks of; 0, or -1 with an exception. */
int cmpy_configure(PyObject *about);
static inline int cmpy_ready(PyObject *about) { return cmpy_orm_pending ? cmpy_configure(about) : 0; }
static inline int cmpy_ready_of(PyObject *instance) { return cmpy_ready((PyObject *)Py_TYPE(instance)); }
int cmpy_configure_for(cm_node *stmt);                 /* the same when the statement speaks of mapped classes */
static inline int cmpy_ready_for(cm_node *stmt) { return cmpy_orm_pending ? cmpy_configure_for(stmt) : 0; }

static inline void cmpy_node_drop(cm_node *n) {
    if (n) Py_DECREF(CMPY_NODE_OBJECT(n));
}

#endif
