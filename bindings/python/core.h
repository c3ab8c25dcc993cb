/* Shared by the files of the extension: layouts, module state, and what crosses files (cmpy_noun_verb). */
#ifndef CMPY_CORE_H
#define CMPY_CORE_H

#include "python/compat.h"

#include "cormorant.h"
#include "cormorant_ext.h"

/* ---- layouts */
typedef struct cmpy_node {
    PyObject_HEAD
    cm_node n;
    PyObject *weak, *dict;
} cmpy_node;
#define CMPY_NODE(o) (&((cmpy_node *)(o))->n)
#define CMPY_NODE_OBJECT(node) ((PyObject *)((char *)(node)-offsetof(cmpy_node, n)))

typedef struct cmpy_instance { /* followed by whatever __slots__ of subclasses add, then by the mapped slots */
    PyObject_HEAD
    PyObject *dict, *weak;
    cm_inst inst;
} cmpy_instance;
#define CMPY_INST_OBJECT(i) ((PyObject *)((char *)(i)-offsetof(cmpy_instance, inst))) /* slot store only; see cmpy_inst_object */

typedef struct cmpy_type { /* _core.TypeEngine */
    PyObject_HEAD
    const cm_type *type;  /* retained; NULL until first used */
    PyObject *weak, *dict;
} cmpy_type;

/* ---- module state: X(field) are PyObject * visited and cleared with the module */
#define CMPY_STATE_OBJECTS(X)                                                                                       \
    X(Node) X(Operators) X(SelectBase) X(InstrumentedAttribute) X(TypeEngine) X(Compiled)                            \
    X(Engine) X(Connection) X(Result) X(Row) X(DbapiConnection) X(DbapiCursor)                                       \
    X(Mapper) X(Instance) X(InstanceState) X(Session) X(InstrumentedList) X(InstrumentedSet) X(InstrumentedDict)     \
    X(types_by_serial)     /* dict: serial -> TypeEngine object first seen with it */                                \
    X(literal_types)       /* dict: Python class -> TypeEngine object */                                             \
    X(exc) X(orm_exc)      /* modules cormorant.exc, cormorant.orm.exc; NULL until first needed */                   \
    X(dont_set)            /* what attributes ignore when it is set (_core.register_ignored), or NULL */              \
    X(hooks)               /* dict: name -> Python callable registered by the package (_core.register_hook) */       \
    X(decimal_type) X(uuid_type) X(uuid_new) X(json_dumps) X(json_loads) X(enum_type)                                \
    X(str_clause_element) X(str_empty) X(empty_tuple)

typedef struct cmpy_state {
    cm_ctx *cx;                     /* for what cannot block */
    PyTypeObject *kind_class[CM_N_MAX]; /* class objects of a kind are made from (borrowed from op_class / registry dict) */
    PyTypeObject *op_class[CM_OP_MAX];  /* overrides kind_class where set (BINARY, UNARY, ... by operator) */
    PyObject *registered;           /* list keeping the classes above alive */
#define X(field) PyObject *field;
    CMPY_STATE_OBJECTS(X)
#undef X
    cm_ctx *free_cx[16];            /* idle contexts for blocking operations */
    int nfree_cx;
    PyObject *constructing;         /* instance whose __init__ runs, its listeners told already; borrowed */
} cmpy_state;
extern cmpy_state *cmpy_st;         /* set at import; destructors get no argument */
static inline cm_ctx *cmpy_cx(void) { return cmpy_st->cx; }
cm_ctx *cmpy_cx_take(void);         /* a context of one's own for an operation that may let other threads run; NULL + MemoryError */
void cmpy_cx_give(cm_ctx *cx);

/* ---- count.c: takes the place of allocator and host where CORMORANT_COUNT is set; _core.counted() */
void cmpy_count_setup(cm_ctx_options *options);
PyObject *cmpy_counted(PyObject *m, PyObject *unused);

/* ---- errors.c */
/* Raises what the context says (or leaves the exception that CM_E_HOST speaks of), clears the context, answers NULL. */
PyObject *cmpy_raise(cm_ctx *cx, cm_status st);
/* lists.c: the statement with the lists that one set of parameters gives it; itself when there are none. owns: caller */
PyObject *cmpy_fill_lists(PyObject *stmt, void *const *params, size_t nparams);
int cmpy_raise_int(cm_ctx *cx, cm_status st); /* the same, -1 */
/* warnings.warn(message, category), as whoever put another function in its place has it: -1 when it raised. */
int cmpy_warn(const char *category, const char *format, ...);
/* Raises cormorant.exc.NAME(message). */
void cmpy_raise_exc(const char *name, const char *format, ...);
PyObject *cmpy_exc_class(const char *name); /* borrowed: a class of cormorant.exc, cormorant.orm.exc or builtins */
#define CMPY_TRY(cx, call)                                                                                          \
    do {                                                                                                            \
        cm_status cmpy_st_ = (call);                                                                                \
        if (cmpy_st_ != CM_OK) return cmpy_raise((cx), cmpy_st_);                                                   \
    } while (0)

/* ---- host.c assembles the vtable from these */
extern const cm_host cmpy_host;
/* site.c */
void cmpy_call_site(cm_ctx *cx, void **code, int *at);
void cmpy_call_site_text(cm_ctx *cx, uint64_t thread, void *code, int at, void (*write)(void *user, const char *p, size_t n), void *user);
/* convert.c */
cm_status cmpy_encode(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out);
cm_status cmpy_decode(cm_ctx *cx, const cm_type *type, const cm_value *value, void **out);
cm_status cmpy_decode_row(cm_ctx *cx, const cm_type *const *types, const cm_value *in, size_t n, void **out);
cm_status cmpy_equal(cm_ctx *cx, const cm_type *type, void *a, void *b, bool *out);
cm_status cmpy_hash(cm_ctx *cx, void *value, uint64_t *out);
cm_status cmpy_sequence(cm_ctx *cx, void *value, cm_objs *out);
cm_status cmpy_mapping_get(cm_ctx *cx, void *mapping, const char *key, size_t n, void **out);
cm_status cmpy_mapping_keys(cm_ctx *cx, void *mapping, cm_status (*each)(void *user, const char *key, size_t n), void *user);
cm_status cmpy_call_default(cm_ctx *cx, void *value, cm_mapper *mapper, cm_inst *inst, void **out);
cm_status cmpy_next_version(cm_ctx *cx, void *generator, void *current, void **out);
void cmpy_describe(cm_ctx *cx, void *value, void (*write)(void *user, const char *p, size_t n), void *user);
/* node.c */
cm_node *cmpy_node_alloc(cm_ctx *cx, int kind, void *cls);
void cmpy_node_ready(cm_ctx *cx, cm_node *n);
void cmpy_nodes_retain(cm_ctx *cx, cm_node *const *v, size_t n);
void cmpy_nodes_release(cm_ctx *cx, cm_node *const *v, size_t n);
void *cmpy_node_class(cm_ctx *cx, const cm_node *n);
cm_status cmpy_node_copied(cm_ctx *cx, const cm_node *from, cm_node *to);
uint64_t cmpy_node_class_id(cm_ctx *cx, const cm_node *n);
cm_status cmpy_node_compile(cm_ctx *cx, cm_node *n, cm_compiler *c); /* compiled.c */
cm_status cmpy_table_freeze(cm_ctx *cx, cm_node *table, cm_table **out); /* table.c */
/* instance.c */
cm_status cmpy_inst_alloc(cm_ctx *cx, cm_mapper *m, cm_inst **out);
void *cmpy_inst_object(cm_inst *inst);
cm_inst *cmpy_object_inst(cm_ctx *cx, void *object);
void *cmpy_dict_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
cm_status cmpy_dict_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value);
void cmpy_value_stored(cm_ctx *cx, cm_inst *inst, const cm_type *type, void *value);
/* collection.c */
cm_status cmpy_coll_new(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **out);
cm_status cmpy_coll_add(cm_ctx *cx, void *coll, void *member);
cm_status cmpy_coll_remove(cm_ctx *cx, void *coll, void *member);
cm_status cmpy_coll_members(cm_ctx *cx, void *coll, cm_objs *out);
cm_status cmpy_coll_adopt(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *value, void **out);
/* session.c */
cm_status cmpy_event(cm_ctx *cx, cm_event ev, cm_session *s, cm_inst *inst, const cm_attr *attr, void **arg);
int cmpy_schema_pairs(PyObject *map, const char ***out); /* a dictionary or None as pairs (PyMem_Free); -1: exception */
cm_status cmpy_session_opened(cm_ctx *cx, cm_session *s, cm_conn *conn);
cm_status cmpy_session_bind(cm_ctx *cx, cm_session *s, cm_mapper *m, cm_node *stmt, cm_engine **out);

/* ---- node.c, type.c, coerce.c */
PyObject *cmpy_from_node(cm_node *take_node);          /* the node's object; NULL passes */
const cm_type *cmpy_type_get(PyObject *type);          /* borrowed cm_type of a TypeEngine object or class; NULL + TypeError */
cm_status cmpy_type_for(cm_ctx *cx, const cm_type *type, const cm_dialect *dialect, void *host_dialect, const cm_type **out); /* host entries */
cm_status cmpy_type_spell(cm_ctx *cx, const cm_type *type, cm_compiler *c);
cm_status cmpy_type_wrap(cm_ctx *cx, const cm_type *type, cm_node *value, bool column, cm_node **out);
PyObject *cmpy_failure(cm_ctx *cx, cm_status st);           /* new reference: the exception that cmpy_raise would set; the context keeps its error */
PyObject *cmpy_type_object(const cm_type *type);       /* new reference: the TypeEngine object of a cm_type; None for NULL */
const cm_type *cmpy_literal_type(PyObject *value);     /* borrowed: type of a bare Python value; CM_T_NULL when unknown */
typedef enum cmpy_role {
    CMPY_EXPR = 0, CMPY_COLUMNS = 1, CMPY_FROM = 2, CMPY_WHERE = 3, CMPY_ORDER = 4, CMPY_GROUP = 5, CMPY_JOIN = 6, CMPY_STATEMENT = 7,
    CMPY_LIMIT = 8, CMPY_DML_COLUMN = 9
} cmpy_role;
cm_node *cmpy_coerce(PyObject *obj, cmpy_role role, const cm_type *type); /* new reference; NULL + exception */
int cmpy_is_node(PyObject *o);

/* ---- setup of each file's types and functions, called by module.c in this order */
int cmpy_node_setup(PyObject *m);
int cmpy_type_setup(PyObject *m);
int cmpy_operators_setup(PyObject *m);
int cmpy_select_setup(PyObject *m);
int cmpy_compiled_setup(PyObject *m);
int cmpy_table_setup(PyObject *m);
int cmpy_engine_setup(PyObject *m);     /* engine.c connection.c */
int cmpy_result_setup(PyObject *m);     /* result.c row.c */
int cmpy_dbapi_setup(PyObject *m);
int cmpy_instance_setup(PyObject *m);   /* instance.c state.c */
int cmpy_attribute_setup(PyObject *m);
int cmpy_collection_setup(PyObject *m);
int cmpy_mapper_setup(PyObject *m);
int cmpy_session_setup(PyObject *m);

/* ---- instance.c: mappers declared since the last statement are completed before one is compiled or run */
extern int cmpy_orm_pending;                           /* mappers wait to be configured */
int cmpy_configure(void);                              /* configures them; 0, or -1 with an exception */
static inline int cmpy_ready(void) { return cmpy_orm_pending ? cmpy_configure() : 0; }
int cmpy_configure_for(cm_node *stmt);                 /* the same when the statement speaks of mapped classes */
static inline int cmpy_ready_for(cm_node *stmt) { return cmpy_orm_pending ? cmpy_configure_for(stmt) : 0; }

/* ---- engine.c / result.c, for session.c */
cm_engine *cmpy_engine_get(PyObject *engine);          /* borrowed; NULL + TypeError */
PyObject *cmpy_connection_borrow(cm_conn *conn, PyObject *keep); /* Connection over one that somebody else (keep) owns and ends */
PyObject *cmpy_result_new(cm_result *take_result, PyObject *keep); /* keep: object that must outlive it, or NULL */

#endif
