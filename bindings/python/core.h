/* Shared by all files of the extension: layouts, module state, contexts, errors. What a room shows to the rooms above it stands in
 * the room's own header (schema/schema.h, expr/expr.h, engine/engine.h, orm/orm.h, json/json.h), named cmpy_noun_verb; a room
 * includes the headers of rooms below it alone (tests/lint/test_layers.py). */
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
    X(decimal_type) X(uuid_type) X(uuid_new) X(json_dumps) X(json_loads) X(enum_type)                                \
    X(str_empty) X(empty_tuple)

/* Interned names: the fields str_NAME of the state. */
#define CMPY_STATE_NAMES(X)                                                                                         \
    X(__clause_element__) X(__dict__) X(_collection) X(_core_serial) X(_default) X(_execution_options) X(_extra_criteria) X(_key)           \
    X(_sa_instance_state) X(inherit_cache)

typedef enum cmpy_hook_id {
#define CMPY_HOOK(name, home) CMPY_HOOK_##name,
#include "python/hooks.def"
#undef CMPY_HOOK
    CMPY_HOOK_MAX
} cmpy_hook_id;

/* What rooms below the ORM ask of it; mapper.c and session.c put them in when the module is made. */
typedef struct cmpy_orm_doors {
    cm_node *(*entity)(PyTypeObject *type);    /* borrowed: the ENTITY of a mapped class that is built; NULL: something else */
    bool (*is_mapped)(PyTypeObject *type);
    int (*enter)(cm_session *s);               /* takes the session's turn; -1 + IllegalStateChangeError */
    void (*leave)(cm_session *s);
} cmpy_orm_doors;

typedef struct cmpy_state {
    cm_ctx *cx;                     /* for what cannot block */
    PyTypeObject *kind_class[CM_N_MAX]; /* class objects of a kind are made from (borrowed from op_class / registry dict) */
    PyTypeObject *op_class[CM_OP_MAX];  /* overrides kind_class where set (BINARY, UNARY, ... by operator) */
    PyObject *registered;           /* list keeping the classes above alive */
#define X(field) PyObject *field;
    CMPY_STATE_OBJECTS(X)
#undef X
#define X(name) PyObject *str_##name;
    CMPY_STATE_NAMES(X)
#undef X
    PyObject *hooks[CMPY_HOOK_MAX]; /* NULL: not registered (yet) */
    cm_ctx *free_cx[16];            /* idle contexts for blocking operations */
    int nfree_cx;
    destructor node_dealloc;        /* of every class of nodes but those that define one */
    cmpy_orm_doors orm;
    PyObject *constructing;         /* instance whose __init__ runs, its listeners told already; borrowed */
} cmpy_state;
extern cmpy_state *cmpy_st;         /* context.c; set at import; destructors get no argument */
static inline cm_ctx *cmpy_cx(void) { return cmpy_st->cx; }
int cmpy_node_seal(PyObject *self); /* expr/make.c: an empty object of a user's class becomes a HOST node */
static inline int cmpy_is_node(PyObject *o) {
    return Py_TYPE(o)->tp_dealloc == cmpy_st->node_dealloc || PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Node);
}

/* ---- context.c */
cm_ctx *cmpy_cx_take(void);         /* a context of one's own for an operation that may let other threads run; NULL + MemoryError */
void cmpy_cx_give(cm_ctx *cx);

/* ---- hooks.c */
int cmpy_hooks_setup(PyObject *m);
/* Borrowed: what the package registered, its home imported where it has one. NULL without an exception: nothing was registered, and it
 * has no home. Where nothing else than what is there counts, read cmpy_st->hooks. */
PyObject *cmpy_hook(cmpy_hook_id id);
PyObject *cmpy_dict_find(PyObject *dict, const char *name); /* borrowed; NULL: not there, or an exception */

/* ---- host.c, for module.c */
extern const cm_host cmpy_host;

/* ---- count.c: takes the place of allocator and host where CORMORANT_COUNT is set; _core.counted() */
void cmpy_count_setup(cm_ctx_options *options);
PyObject *cmpy_counted(PyObject *m, PyObject *unused);

/* ---- errors.c */
/* Raises what the context says (or leaves the exception that CM_E_HOST speaks of), clears the context, answers NULL. */
PyObject *cmpy_raise(cm_ctx *cx, cm_status st);
int cmpy_raise_int(cm_ctx *cx, cm_status st); /* the same, -1 */
PyObject *cmpy_failure(cm_ctx *cx, cm_status st); /* new reference: the exception that cmpy_raise would set; the context keeps its error */
/* warnings.warn(message, category), as whoever put another function in its place has it: -1 when it raised. */
int cmpy_warn(const char *category, const char *format, ...);
/* The UTF-8 of a string for those who read it to its NUL; NULL and an exception: it is none, or has one inside. what: "a label of an Enum". */
const char *cmpy_c_string(PyObject *text, const char *what);
/* Raises cormorant.exc.NAME(message). */
void cmpy_raise_exc(const char *name, const char *format, ...);
PyObject *cmpy_exc_class(const char *name); /* borrowed: a class of cormorant.exc, cormorant.orm.exc or builtins */
#define CMPY_TRY(cx, call)                                                                                          \
    do {                                                                                                            \
        cm_status cmpy_st_ = (call);                                                                                \
        if (cmpy_st_ != CM_OK) return cmpy_raise((cx), cmpy_st_);                                                   \
    } while (0)

/* ---- site.c: entries of cm_host */
void cmpy_call_site(cm_ctx *cx, void **code, int *at);
void cmpy_call_site_text(cm_ctx *cx, uint64_t thread, void *code, int at, void (*write)(void *user, const char *p, size_t n), void *user);

#endif
