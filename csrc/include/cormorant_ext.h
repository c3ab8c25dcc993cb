/* cormorant_ext.h: for those who implement a seam: allocator, operating system, host runtime, driver, dialect.
 *
 * It shows the layouts that a host must know to place core objects inside its own: cm_node inside every expression
 * object, cm_inst inside every mapped instance. Everything else stays opaque. See csrc/README.md, "Seams".
 */
#ifndef CORMORANT_EXT_H
#define CORMORANT_EXT_H

#include "cormorant.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cm_compiler cm_compiler; /* a compilation under way */

/* ---- Allocator ------------------------------------------------------------------------------------------- */

/* One function: p NULL allocates, n 0 frees (answers NULL), else resizes. Answers NULL when there is no memory, and then
 * leaves p as it was. thread: must be callable from any thread. */
struct cm_alloc {
    void *(*mem)(void *user, void *p, size_t n);
    void *user;
};
CM_API void *cm_mem(cm_ctx *cx, void *p, size_t n);      /* records CM_E_NOMEM in cx when it answers NULL for n > 0 */

/* ---- Operating system ------------------------------------------------------------------------------------ */

struct cm_os {
    int64_t (*now_us)(void *user);                        /* monotonic, microseconds */
    void (*sleep_us)(void *user, int64_t us);
    uint64_t (*random)(void *user);
    void *(*mutex_new)(void *user);
    void (*mutex_free)(void *user, void *mutex);
    void (*mutex_lock)(void *user, void *mutex);
    void (*mutex_unlock)(void *user, void *mutex);
    /* Waits until somebody wakes `mutex` or the deadline (now_us scale, -1 none) passes; mutex is held by the caller and
     * again on return. False: the deadline passed. */
    bool (*mutex_wait)(void *user, void *mutex, int64_t deadline_us);
    void (*mutex_wake)(void *user, void *mutex, bool all);
    uint64_t (*thread_id)(void *user);
    void *user;
};

/* ---- Node layout ----------------------------------------------------------------------------------------- */

typedef enum cm_node_kind {
#define CM_KIND(name, value, layout, nkids, nsegments, flags, role) CM_N_##name = value,
#include "cormorant_ops.def"
#undef CM_KIND
        CM_N_MAX = 96
} cm_node_kind;

enum {
#define CM_SEGMENT(name, value) CM_SEG_##name = value,
#include "cormorant_ops.def"
#undef CM_SEGMENT
    CM_SEG_MAX = 20
};

typedef enum cm_op {
#define CM_OPERATOR(name, value, sql, precedence, flags) CM_OP_##name = value,
#include "cormorant_ops.def"
#undef CM_OPERATOR
        CM_OP_MAX = 160
} cm_op;

enum { /* cm_node.flags; the same bit may mean different things for different kinds */
    CM_FLAG_QUOTE = 1u << 0,         /* names: always quote */
    CM_FLAG_NO_QUOTE = 1u << 1,      /* names: never quote (conv, quoted_name(quote=False)); a raw door */
    CM_FLAG_REMOTE = 1u << 2,        /* COLUMN copy on the remote side of a primaryjoin */
    CM_FLAG_FOREIGN = 1u << 3,       /* COLUMN copy marked foreign() */
    CM_FLAG_DISTINCT = 1u << 4,      /* SELECT DISTINCT */
    CM_FLAG_OUTER = 1u << 5,         /* JOIN, SETUP_JOIN */
    CM_FLAG_FULL = 1u << 6,
    CM_FLAG_INNER = 1u << 5,         /* OPTION joinedload(innerjoin=True) */
    CM_FLAG_EXPANDING = 1u << 7,     /* BIND: the value is a sequence, one placeholder per item (IN) */
    CM_FLAG_LITERAL_EXECUTE = 1u << 8, /* BIND: value is part of the SQL text and of the key */
    CM_FLAG_REQUIRED = 1u << 9,      /* BIND: a value must come at execution; `value` is NULL */
    CM_FLAG_UNIQUE = 1u << 10,       /* BIND: name is a prefix, made unique when compiled */
    CM_FLAG_CALLABLE = 1u << 11,     /* BIND: value is a host callable asked at execution */
    CM_FLAG_ALIASED = 1u << 12,      /* ENTITY made by aliased() */
    CM_FLAG_POLYMORPHIC = 1u << 13,  /* ENTITY made by with_polymorphic(): also what subclasses keep in its own table */
    CM_FLAG_RECURSIVE = 1u << 12,    /* CTE */
    CM_FLAG_OWN_NAME = 1u << 12,     /* LABEL of a computed attribute: names the column, but ORDER BY repeats the expression */
    CM_FLAG_NESTING = 1u << 13, CM_FLAG_MATERIALIZED = 1u << 14, CM_FLAG_NOT_MATERIALIZED = 1u << 15,
    CM_FLAG_READ = 1u << 12, CM_FLAG_NOWAIT = 1u << 13, CM_FLAG_SKIP_LOCKED = 1u << 14, CM_FLAG_KEY_SHARE = 1u << 15, /* FOR_UPDATE */
    CM_FLAG_NO_PARENS = 1u << 12,    /* FUNC */
    CM_FLAG_SUFFIX = 1u << 12,       /* PREFIX, HOST: text that stands after a CTE, not before it */
    CM_FLAG_SYMMETRIC = 1u << 12,    /* BETWEEN */
    CM_FLAG_ORDINALITY = 1u << 12, CM_FLAG_DERIVED = 1u << 13, CM_FLAG_DERIVED_TYPES = 1u << 14, /* TABLE_FUNC */
    CM_FLAG_CORRELATE_NONE = 1u << 12, /* SELECT.correlate(None) */
    CM_FLAG_USE_LABELS = 1u << 13,   /* SELECT: label style tablename_plus_col */
    CM_FLAG_NO_LABELS = 1u << 14,    /* SELECT: label style none */
    CM_FLAG_MULTI_ROW = 1u << 13,    /* INSERT: VALUES holds TUPLEs of ASSIGNs */
    CM_FLAG_ORDERED = 1u << 13,      /* UPDATE: SET in the order of the ASSIGNs, not of the table */
    CM_FLAG_INLINE = 1u << 14,       /* INSERT: do not ask for generated keys */
    CM_FLAG_FROM_SELECT = 1u << 15,  /* INSERT: COLUMNS + select in EXTRA */
    CM_FLAG_NO_DEFAULTS = 1u << 16,  /* INSERT from select without defaults */
    CM_FLAG_RETURN_DEFAULTS = 1u << 17,
    CM_FLAG_FETCH = 1u << 18,        /* SELECT: LIMIT segment is fetch(); */
    CM_FLAG_WITH_TIES = 1u << 19, CM_FLAG_PERCENT = 1u << 20,
    CM_FLAG_POPULATE_EXISTING = 1u << 21, /* SELECT: what is loaded overwrites what instances hold */
    CM_FLAG_CORRELATE_ALL = 1u << 22, /* SELECT.correlate_except(None) */
    CM_FLAG_WILDCARD = 1u << 12,     /* OPTION on all attributes ("*") */
    CM_FLAG_SQL_ONLY = 1u << 13, CM_FLAG_RAISE = 1u << 14, CM_FLAG_INCLUDE_ALIASES = 1u << 15,
    CM_FLAG_AT_ONCE = 1u << 16,      /* CRITERIA, LOAD_USER: not for what is loaded later, nor for joined eager loading */
    CM_FLAG_COMPARISON = 1u << 16,   /* CUSTOM operator answers boolean */
    CM_FLAG_HOST_COMPARE = 1u << 24, /* cached by the host: operators need host dispatch */
    CM_FLAG_HOST_COMPILE = 1u << 25, /* FUNC or other core kind whose class has a compile hook (@compiles) */
    CM_FLAG_HOST_USER = 1u << 28     /* bits 28..31 belong to the host */
};

/* Immutable counted string. Bytes follow; NUL-terminated for convenience. */
struct cm_str {
    uint32_t refs;
    uint32_t n;
};
static inline const char *cm_str_text(const cm_str *s) { return (const char *)(s + 1); } /* n bytes and a NUL */
/* owns: retained. fails: NULL without memory (recorded in cx). thread: counts are not atomic; host's lock. */
CM_API cm_str *cm_str_new(cm_ctx *cx, const char *p, size_t n);
CM_API cm_str *cm_str_retain(cm_str *s); /* NULL is fine */
CM_API void cm_str_release(cm_ctx *cx, cm_str *s);

/* Lists of a node: nseg end offsets (cumulative), then the children of all segments in order. Never shared by two nodes. */
typedef struct cm_block {
    uint32_t nseg, n; /* then nseg cumulative ends (uint32_t), padded to 8 bytes, then cm_node *[n]. Empty segments at the end
                         are left out (nseg may be less than the kind's): read through cm_node_segment */
} cm_block;
static inline uint32_t *cm_block_ends(const cm_block *b) { return (uint32_t *)(uintptr_t)(b + 1); }
static inline cm_node **cm_block_nodes(const cm_block *b) {
    return (cm_node **)(void *)((char *)(uintptr_t)b + ((sizeof(cm_block) + b->nseg * sizeof(uint32_t) + 7) & ~(size_t)7));
}

struct cm_node {               /* 48 bytes on 64-bit machines, every kind */
    uint16_t kind, op;
    uint32_t flags;
    uint64_t id;               /* serial of tables, columns, identity kinds; never reused; 0 for others. Copies of a COLUMN or
                                  ENTITY keep it; those of other identity kinds are new things. PROXY: which column of its
                                  FROM, from 1; 0: to be found by element and name */
    const cm_type *type;       /* result type; retained. NULL where there is none */
    union {
        struct { cm_node *kid[3]; } k;
        struct { cm_str *name; cm_node *kid; cm_block *block; } n;
        struct { void *value; cm_str *name; uint64_t unused; } bind;
        struct { cm_str *name; cm_node *table; void *ref; } col; /* COLUMN of a TABLE: table is borrowed (the table owns its
                                                                    columns), ref = cm_column* or NULL. PROXY: table retained,
                                                                    ref = element retained or NULL. TABLE: table NULL, ref = cm_table* retained or NULL */
        struct { cm_node *expr, *entity; const void *attr; } attr; /* expr, entity retained (ENTITY: entity = `over` of cm_mapper_alias); attr borrowed:
                                                                    kept alive by the entity's host class */
    } u;
};

typedef enum cm_layout { CM_LAYOUT_NONE = 0, CM_LAYOUT_K = 1, CM_LAYOUT_N = 2, CM_LAYOUT_B = 3, CM_LAYOUT_C = 4, CM_LAYOUT_A = 5 } cm_layout;
typedef struct cm_kind_info {
    const char *name, *role;
    uint8_t layout, nkids, nsegments;
    bool identity, statement, from, expression;
} cm_kind_info;
CM_API const cm_kind_info *cm_kind_get_info(int kind);       /* static; NULL for unknown kinds */
typedef struct cm_op_info {
    const char *name, *sql;
    int8_t precedence;
    bool comparison, associative, left_type, bitwise, postfix, dialect;
} cm_op_info;
CM_API const cm_op_info *cm_op_get_info(int op);             /* static; NULL for unknown operators */
CM_API int cm_op_negate(int op);                             /* EQ -> NE, IN -> NOT_IN, ...; CM_OP_NONE if there is none */

/* Children in layout order: at most max pointers (borrowed, some may be NULL) to v; answers how many there are. */
CM_API size_t cm_node_children(const cm_node *n, cm_node **v, size_t max);
/* Items of a segment; NULL and 0 where the node has none. Borrowed until the node goes. */
CM_API cm_node *const *cm_node_segment(const cm_node *n, int segment, size_t *count);

/* Generic builder that every other builder ends in. */
typedef struct cm_node_spec {
    int kind, op;
    uint32_t flags;
    const cm_type *type;
    const char *name; size_t name_n;       /* layouts N, B, C; NULL: none */
    void *value;                           /* layout B */
    cm_node *kid[3];                       /* K; N: kid[0]; C (PROXY, COLUMN): kid[0] = table, kid[1] = ref element; A: expr, entity */
    const void *attr;                      /* A */
    void *ref;                             /* C: cm_column* or cm_table* */
    cm_node *const *const *segments;       /* nsegments arrays ... */
    const size_t *counts;                  /* ... and their lengths; NULL: all empty */
    void *cls;                             /* host class to make it from, or NULL: the host's default for the kind */
} cm_node_spec;
/* owns: *out retained. Children, type and value are retained; the name is copied. */
CM_API cm_status cm_node_make(cm_ctx *cx, const cm_node_spec *spec, cm_node **out);
/* Releases what a node holds (children, type, name, value, block) without freeing the node: for the host's destructor. */
CM_API void cm_node_dispose(cm_ctx *cx, cm_node *n);
/* A copy with the same class; shares children. Then changed by the caller before cm_host.node_ready. */
CM_API cm_status cm_node_copy(cm_ctx *cx, const cm_node *from, cm_node **out);
/* Copy with flags set and cleared. */
CM_API cm_status cm_node_with_flags(cm_ctx *cx, const cm_node *from, uint32_t set, uint32_t clear, cm_node **out);
/* A new serial number. */
CM_API uint64_t cm_serial(cm_ctx *cx);
/* Structural equality as plan keys see it, bound values compared with cm_host.equal. */
CM_API cm_status cm_node_equal(cm_ctx *cx, cm_node *a, cm_node *b, bool with_values, bool *out);
/* Result type of a binary operator over two types. Borrowed. */
CM_API const cm_type *cm_op_result_type(cm_ctx *cx, int op, const cm_type *left, const cm_type *right);
/* Adaption: the one way trees are rewritten. `from` is replaced by `to`, and columns of `from` by what `column` answers. */
typedef struct cm_adapt {
    size_t n;
    cm_node *const *from;     /* FROM elements, ENTITYs or column expressions to replace */
    cm_node *const *to;       /* replacement; FROM -> FROM re-points columns to PROXYs of it */
    /* Optional: asked for every node first; *out NULL: go on with the tables above. */
    cm_status (*replace)(cm_ctx *cx, void *user, cm_node *node, cm_node **out);
    void *user;
    bool rebuilt;             /* each `to` was made from its `from`: its columns are the same ones, in the same order */
} cm_adapt;
/* (tree, map) -> tree: unchanged parts are shared, shared parts stay shared. owns: *out retained. */
CM_API cm_status cm_node_adapt(cm_ctx *cx, cm_node *tree, const cm_adapt *map, cm_node **out);
/* Visits every node once, children first or parents first; visit answers CM_OK to go on, any other status stops and is
 * returned. *descend (parents first only) may be set false to skip the children. Iterative: any depth. */
typedef cm_status (*cm_visit)(cm_ctx *cx, void *user, cm_node *node, bool *descend);
CM_API cm_status cm_node_walk(cm_ctx *cx, cm_node *tree, cm_visit visit, void *user);
/* The i-th column a FROM element or select offers: the element itself (borrowed) and its key. False past the end. */
CM_API bool cm_from_column(const cm_node *from, size_t i, const char **key, cm_node **element);
/* The same element as a column of what it belongs to: where the columns clause names an alias or subquery whole, a PROXY of that. owns:
 * *out retained. fails: CM_E_NOMEM, CM_E_ARGUMENT past the end. */
CM_API cm_status cm_from_element(cm_ctx *cx, const cm_node *from, size_t i, cm_node **out);
/* The PROXY for that column of an ALIAS, SUBQUERY, CTE, VALUES (a new reference). */
CM_API cm_status cm_from_proxy(cm_ctx *cx, cm_node *from, size_t i, cm_node **out);

typedef struct cm_objs { void **v; size_t n, cap; } cm_objs;    /* growable array of host values */

/* ---- Instance layout ------------------------------------------------------------------------------------- */

enum { /* cm_inst.flags */
    CM_INST_DICT = 1u << 0,        /* values are in the host's dictionary (cm_host.dict_*), not in slots */
    CM_INST_PENDING = 1u << 1, CM_INST_PERSISTENT = 1u << 2, CM_INST_DELETED = 1u << 3, /* none: transient or, with KEY, detached */
    CM_INST_KEY = 1u << 4,         /* has an identity key */
    CM_INST_MODIFIED = 1u << 5,    /* in the session's list of changed instances */
    CM_INST_EXPIRED = 1u << 6,     /* unloaded column attributes are to be read again */
    CM_INST_KEY_HEAP = 1u << 7,    /* key.ptr instead of key.i */
    CM_INST_IN_FLUSH = 1u << 8, CM_INST_HELD = 1u << 9, /* the session holds a host reference */
    CM_INST_PARTIAL = 1u << 10,    /* some column attributes were not selected (defer, load_only) */
    CM_INST_DELETING = 1u << 11,   /* session.delete(): the next flush deletes its row */
    CM_INST_NEW_ROW = 1u << 12,    /* its row was inserted by the transaction under way */
    CM_INST_STALE = 1u << 13,      /* expired whole, and neither read nor written since: who looks it up by its key reads it again */
    CM_INST_HOST = 1u << 24        /* bits 24..31 belong to the host */
};

struct cm_inst {                   /* 40 bytes; slots lie slot_offset bytes after its start */
    cm_mapper *mapper;             /* borrowed from the class */
    cm_session *session;           /* NULL when in none */
    struct cm_state *state;        /* committed values, identity key objects, ...; NULL until needed */
    union { int64_t i; struct cm_key *ptr; } key; /* identity key: the integer itself, or composite/text keys */
    uint32_t flags;
    uint16_t nslots;               /* attributes with a slot; later ones live in the host's dictionary */
    uint16_t slot_offset;
};
static inline void **cm_inst_slots(const cm_inst *inst) { return (void **)(void *)((char *)(uintptr_t)inst + inst->slot_offset); }

typedef enum cm_attr_kind { CM_ATTR_COLUMN = 0, CM_ATTR_EXPR = 1, CM_ATTR_RELATION = 2 } cm_attr_kind;
struct cm_attr {                   /* read-only for hosts */
    uint8_t kind;                  /* cm_attr_kind */
    bool primary_key, uselist, hooked; /* hooked: setting must go through cm_inst_set (relations, events, active history) */
    uint16_t slot;
    uint32_t flags;                /* CM_ATTR_* */
    uint64_t id;                   /* serial, enters plan keys */
    cm_str *key;
    const cm_type *type;           /* NULL for relationships */
    cm_mapper *mapper;
    cm_column *column;             /* first column, or NULL */
    struct cm_relation *relation;  /* or NULL */
    const char *group;             /* deferred group, or NULL; owned */
    uint64_t events;               /* bits of CM_EV_ATTR_*: somebody listens */
    cm_node *node;                 /* ATTR node; borrowed from the host (the class keeps it) */
    void *host;                    /* the host's own, e.g. interned name; not touched by the core */
};
/* What the host's constructor calls for storage it made: fills the header. thread: host's lock. */
CM_API void cm_inst_init(cm_ctx *cx, cm_inst *inst, cm_mapper *mapper, uint16_t slot_offset, uint16_t nslots);
/* What the host's constructor calls for an instance made by the program (not by a loader), before the program's own
 * initialiser: writes the polymorphic identity of its class. cm_inst_new does it by itself. */
CM_API cm_status cm_inst_constructed(cm_ctx *cx, cm_inst *inst);
/* What the host's destructor calls: leaves the identity map (by pointer), drops state and slots. The host calls it
 * before it clears weak references. */
CM_API void cm_inst_dispose(cm_ctx *cx, cm_inst *inst);
/* Shows every host value that the instance's history holds, beside its slots: for a host that collects cycles. visit answers 0
 * to go on; anything else ends the visit and is answered. */
CM_API int cm_inst_visit(const cm_inst *inst, int (*visit)(void *user, void *value), void *user);
/* The same for the defaults of the column behind a COLUMN node: shown by the column's own node alone, so that each is seen once. */
CM_API int cm_node_visit_defaults(const cm_node *node, int (*visit)(void *user, void *value), void *user);
/* Records that a plain column attribute changes from old (NULL: unset) to a new value, before it is stored: keeps the
 * committed value, puts the instance in its session's changed list. For hosts that store into slots themselves. */
CM_API cm_status cm_inst_changing(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *old);
/* cm_inst_coll_append for hosts whose listeners may replace the member: then *member is a new reference to the one to put
 * into the container. */
CM_API cm_status cm_inst_coll_appending(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **member, const cm_attr *initiator);
/* Loads what is unloaded and answers the value; the slow half of attribute access. */
CM_API cm_status cm_inst_load(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out);
CM_API uint16_t cm_mapper_nslots(const cm_mapper *mapper);
/* The host lays out the instances of a class: as many slots as there are attributes by now, which it answers. thread: host held. */
CM_API uint16_t cm_mapper_settle_slots(cm_mapper *mapper);
CM_API void *cm_mapper_host_class(const cm_mapper *mapper);
/* Shows every reference that the mapper itself holds to a node or, with node NULL, to a host value: for a host that collects
 * cycles. visit answers 0 to go on; anything else ends the visit and is answered. */
CM_API int cm_mapper_visit(const cm_mapper *mapper, int (*visit)(void *user, cm_node *node, void *value), void *user);

/* ---- Looking into instances and sessions (orm/inspect.c) -------------------------------------------------- */
/* What inspect(), session views and the attribute functions of a host need. Nothing here runs SQL unless it says so. */

/* Value of an attribute as it is: borrowed until it changes, NULL when unloaded. No events, no loading. */
CM_API void *cm_inst_peek(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
typedef struct cm_changes { cm_objs added, unchanged, deleted; } cm_changes; /* borrowed host values */
/* History of an attribute since it was loaded or flushed. owns: caller, cm_changes_dispose. */
CM_API cm_status cm_inst_history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_changes *out);
CM_API void cm_changes_dispose(cm_ctx *cx, cm_changes *changes);
/* Number of primary key values of a mapper, and those of an instance with CM_INST_KEY (new references in out[0..n)). */
CM_API size_t cm_mapper_nprimary_key(const cm_mapper *mapper);
CM_API const cm_attr *cm_mapper_primary_key(const cm_mapper *mapper, size_t i);
CM_API cm_status cm_inst_identity(cm_ctx *cx, cm_inst *inst, void **out);
/* Gives a transient instance an identity (detached), or takes it away together with its history (transient).
 * fails: CM_E_INVALID_REQUEST when it is in a session. */
CM_API cm_status cm_inst_set_identity(cm_ctx *cx, cm_inst *inst, void *const *key, size_t n);
CM_API cm_status cm_inst_make_transient(cm_ctx *cx, cm_inst *inst);
/* Stores a value as if it had been loaded: no events, no history. NULL unloads. The value is retained. */
CM_API cm_status cm_inst_store_committed(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value);
/* Marks an attribute (NULL: the instance alone) changed, so that the next flush writes it. */
CM_API cm_status cm_inst_flag_modified(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
/* Forgets the history of a detached or transient instance: what it holds is what was loaded. */
CM_API void cm_inst_commit_all(cm_ctx *cx, cm_inst *inst);
/* Unloads attributes (n == 0: all) of an instance in no session. */
CM_API void cm_inst_expire(cm_ctx *cx, cm_inst *inst, const cm_attr *const *attrs, size_t n);

CM_API void *cm_session_host(const cm_session *session);       /* host_session of its options */
typedef enum cm_session_set { CM_SET_NEW = 0, CM_SET_DIRTY = 1, CM_SET_DELETED = 2, CM_SET_IDENTITY = 3 } cm_session_set;
/* Instances of one of the session's sets, as host objects (new references). */
CM_API cm_status cm_session_list(cm_ctx *cx, cm_session *s, cm_session_set which, cm_objs *out);
/* Levels of transaction under way: 0 none, 1 the outermost, more with savepoints. */
CM_API size_t cm_session_depth(const cm_session *s);
/* The level that a block of the host stands for, 0 none: once that level has ended, until the block does too (set it back), the
 * session neither begins another nor runs statements. fails then: CM_E_INVALID_REQUEST. */
CM_API void cm_session_set_within(cm_session *s, size_t level);
CM_API size_t cm_session_within(const cm_session *s);
/* How a session's transaction stands to that of a connection it was given, when the connection is in one already:
 * ROLLBACK_ONLY commits nothing, SAVEPOINT works inside a savepoint of its own, CONTROL commits and rolls back. */
typedef enum cm_join_mode { CM_JOIN_ROLLBACK_ONLY = 0, CM_JOIN_SAVEPOINT = 1, CM_JOIN_CONTROL = 2 } cm_join_mode;
/* Statements for that engine run on conn, which stays the caller's: borrowed until the session is freed or joined anew
 * (conn NULL: no longer). Connections of a transaction under way stay as they are. */
CM_API void cm_session_join(cm_session *s, cm_engine *engine, cm_conn *conn, cm_join_mode mode);
/* False after a failed flush, until rollback. */
/* From now until the same with false relationships are read that lazy="raise" keeps from being read. Nests. */
CM_API void cm_session_without_raise(cm_session *s, bool on);
CM_API bool cm_session_is_active(const cm_session *s);
CM_API cm_status cm_session_expunge_all(cm_ctx *cx, cm_session *s);
CM_API cm_status cm_session_expire_all(cm_ctx *cx, cm_session *s);
/* Whether an instance has net changes that a flush would write (collections: also in its collections). */
CM_API cm_status cm_session_is_modified(cm_ctx *cx, cm_session *s, cm_inst *inst, bool collections, bool *out);
/* Host objects that cascade from an instance (CM_CASCADE_*), itself not included: new references, parents first. Deleting
 * cascades run SQL. */
CM_API cm_status cm_inst_cascade(cm_ctx *cx, cm_inst *inst, uint32_t cascade, cm_objs *out);
CM_API void cm_session_set_autoflush(cm_session *s, bool on);
CM_API void cm_session_set_expire_on_commit(cm_session *s, bool on);
/* The instance with that key in the identity map: a new reference, or NULL. */
CM_API cm_status cm_session_find(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n, cm_inst **out);
/* cm_session_get with loader options; populate: read the row even when the instance is there, and overwrite. Runs SQL. */
CM_API cm_status cm_session_get_with(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n,
                                     cm_node *const *options, size_t noptions, bool populate, cm_inst **out);
/* Connection of the transaction for a mapper or statement (either may be NULL), beginning one. Borrowed until it ends. */
CM_API cm_status cm_session_connection(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_node *stmt, cm_conn **out);

/* Zeroed scratch memory for an encode call; NULL without memory. Freed with the operation. */
CM_API void *cm_arena_alloc(cm_arena *arena, size_t n);
/* A region of the host's own, for encode calls outside the engine. owns: caller, cm_arena_free (NULL is fine). */
CM_API cm_status cm_arena_new(cm_ctx *cx, cm_arena **out);
CM_API void cm_arena_free(cm_ctx *cx, cm_arena *arena);
CM_API void cm_arena_reset(cm_ctx *cx, cm_arena *arena); /* forgets what is in it; cx serves it from now on */

/* ---- Host ------------------------------------------------------------------------------------------------- */

CM_API cm_status cm_objs_add(cm_ctx *cx, cm_objs *list, void *obj); /* takes no reference */
CM_API void cm_objs_free(cm_ctx *cx, cm_objs *list);            /* frees the array, releases nothing */

typedef enum cm_event {        /* bits of cm_mapper_set_events / cm_session_set_events */
    CM_EV_BEFORE_INSERT = 0, CM_EV_AFTER_INSERT = 1, CM_EV_BEFORE_UPDATE = 2, CM_EV_AFTER_UPDATE = 3, CM_EV_BEFORE_DELETE = 4,
    CM_EV_AFTER_DELETE = 5, CM_EV_LOAD = 6, CM_EV_REFRESH = 7, CM_EV_EXPIRE = 8, CM_EV_INIT = 9,
    CM_EV_ATTR_SET = 10, CM_EV_ATTR_APPEND = 11, CM_EV_ATTR_REMOVE = 12, /* per attribute: cm_attr_set_events; may replace the value */
    CM_EV_ATTR_BULK_REPLACE = 13, CM_EV_ATTR_INIT_SCALAR = 14, /* the same: a whole collection is set; what was never set is read */
    CM_EV_ATTR_INIT_COLLECTION = 15, CM_EV_ATTR_DISPOSE_COLLECTION = 40, /* a container is made, and is let go */
    CM_EV_ATTR_APPEND_AGAIN = 41, /* a member that a set has already */
    CM_EV_BEFORE_FLUSH = 16, CM_EV_AFTER_FLUSH = 17, CM_EV_AFTER_FLUSH_POSTEXEC = 18, CM_EV_BEFORE_COMMIT = 19, CM_EV_AFTER_COMMIT = 20,
    CM_EV_AFTER_ROLLBACK = 21, CM_EV_AFTER_BEGIN = 22, CM_EV_BEFORE_ATTACH = 23, CM_EV_AFTER_ATTACH = 24, CM_EV_TRANSIENT_TO_PENDING = 25,
    CM_EV_PENDING_TO_PERSISTENT = 26, CM_EV_LOADED_AS_PERSISTENT = 27, CM_EV_PERSISTENT_TO_DELETED = 28, CM_EV_DELETED_TO_DETACHED = 29,
    CM_EV_PERSISTENT_TO_DETACHED = 30, CM_EV_PENDING_TO_TRANSIENT = 31, CM_EV_PERSISTENT_TO_TRANSIENT = 32,
    CM_EV_DELETED_TO_PERSISTENT = 33, CM_EV_DETACHED_TO_PERSISTENT = 34, CM_EV_AFTER_SOFT_ROLLBACK = 35,
    CM_EV_TRANSACTION_CREATE = 36, CM_EV_TRANSACTION_END = 37, CM_EV_REFRESH_FLUSH = 38,
    CM_EV_LAZY_LOAD = 39, /* of a session: a relationship of an instance is about to be loaded by a statement of its own */
    CM_EV_IMPLICIT_LOAD = 42 /* of a session: calls cm_host.implicit_load */
} cm_event;
CM_API void cm_mapper_set_events(cm_mapper *mapper, uint64_t mask);
CM_API void cm_session_set_events(cm_session *session, uint64_t mask);
CM_API void cm_attr_set_events(const cm_attr *attr, uint64_t mask);
CM_API void cm_attr_set_active_history(const cm_attr *attr, bool on); /* whether the old value is read when another is set */

/* For decode (position 0) and decode_row: tells which value could not be made, and, where the host holds no exception that says it,
 * what is wrong with it (one sentence; NULL otherwise). Answers the status to fail with. */
CM_API cm_status cm_bad_value(cm_ctx *cx, size_t position, const char *message);

struct cm_host {
    uint32_t version;              /* 1 */
    bool locked;                   /* the host is held by one thread at a time: what is counted there needs no lock of the processor's */
    void *(*none)(cm_ctx *);       /* the null object; borrowed */
    /* Values. encode: host value -> cm_value fit for a column of that type; slices are borrowed from the value or live
     * in scratch. decode: *out is a new reference. Both know CM_TYPE_HOST types. fails: CM_E_VALUE, CM_E_OVERFLOW. */
    void (*retain)(cm_ctx *, void *value);
    void (*release)(cm_ctx *, void *value);
    cm_status (*encode)(cm_ctx *, const cm_type *, void *value, cm_arena *scratch, cm_value *out);
    cm_status (*decode)(cm_ctx *, const cm_type *, const cm_value *value, void **out);
    /* n columns of one row at once: types[i], in[i] -> out[i] (new references); CM_MADE: a reference to the value that it holds.
     * On failure nothing is left in out, and the status is that of cm_bad_value. */
    cm_status (*decode_row)(cm_ctx *, const cm_type *const *types, const cm_value *in, size_t n, void **out);
    cm_status (*equal)(cm_ctx *, const cm_type *, void *a, void *b, bool *out);   /* net change */
    cm_status (*hash)(cm_ctx *, void *value, uint64_t *out);                      /* equal values of key types hash alike */
    cm_status (*sequence)(cm_ctx *, void *value, cm_objs *out);                   /* items of a list (new references) */
    cm_status (*mapping_get)(cm_ctx *, void *mapping, const char *key, size_t n, void **out); /* new reference, NULL: absent */
    cm_status (*mapping_keys)(cm_ctx *, void *mapping, cm_status (*each)(void *user, const char *key, size_t n), void *user);
    cm_status (*call_default)(cm_ctx *, void *value, cm_mapper *mapper, cm_inst *inst, void **out); /* value or callable -> new reference */
    cm_status (*next_version)(cm_ctx *, void *generator, void *current, void **out);
    /* Text of a value for messages and echo; appended through write. */
    void (*describe)(cm_ctx *, void *value, void (*write)(void *user, const char *p, size_t n), void *user);
    /* Nodes. node_alloc answers storage inside a new host object, zeroed but for what the host owns. */
    cm_node *(*node_alloc)(cm_ctx *, int kind, void *cls);
    void (*node_ready)(cm_ctx *, cm_node *);
    void (*nodes_retain)(cm_ctx *, cm_node *const *, size_t);   /* NULLs are skipped */
    void (*nodes_release)(cm_ctx *, cm_node *const *, size_t);
    void *(*node_class)(cm_ctx *, const cm_node *);             /* class to make a copy from */
    cm_status (*node_copied)(cm_ctx *, const cm_node *from, cm_node *to);
    /* HOST, DDL and CM_FLAG_HOST_COMPILE nodes: write their SQL with the compiler handed in (cm_compiler_* below). */
    cm_status (*node_compile)(cm_ctx *, cm_node *, cm_compiler *);
    cm_status (*table_freeze)(cm_ctx *, cm_node *table, cm_table **out); /* TABLE without ref: the host builds it; *out borrowed from the host's
                                                                   table; NULL: a table() clause, which has no definition */
    /* Instances. */
    cm_status (*inst_alloc)(cm_ctx *, cm_mapper *, cm_inst **out);  /* a new, empty instance, not through __init__ */
    void *(*inst_object)(cm_inst *);                               /* borrowed; NULL when it is being destroyed */
    cm_inst *(*object_inst)(cm_ctx *, void *object);               /* NULL: not a mapped instance */
    void *(*dict_get)(cm_ctx *, cm_inst *, const cm_attr *);       /* dict store: borrowed, NULL: absent */
    cm_status (*dict_set)(cm_ctx *, cm_inst *, const cm_attr *, void *value); /* retains; NULL deletes */
    /* A value went into a slot or the history: track the instance if it may form a cycle. Not told of new instances' values of
     * fresh types (cm_type_is_fresh): those can form one only after the host has handed them out. */
    void (*value_stored)(cm_ctx *, cm_inst *, const cm_type *, void *value);
    /* Collections. coll_add and coll_remove change the container silently, without events. */
    cm_status (*coll_new)(cm_ctx *, cm_inst *owner, const cm_attr *, void **out);
    cm_status (*coll_add)(cm_ctx *, void *coll, void *const *members, size_t n);
    cm_status (*coll_remove)(cm_ctx *, void *coll, void *member);
    cm_status (*coll_members)(cm_ctx *, void *coll, cm_objs *out);            /* new references */
    cm_status (*coll_adopt)(cm_ctx *, cm_inst *owner, const cm_attr *, void *value, void **out); /* any iterable -> collection (new reference), silently */
    /* Events: bits were set beforehand. `arg` depends on the event (see csrc/README.md, "Events"); *arg may be replaced. */
    cm_status (*event)(cm_ctx *, cm_event, cm_session *, cm_inst *, const cm_attr *, void **arg);
    /* A SELECT that the program did not ask for itself is about to run: an attribute is read, rows are followed by related ones.
     * inst: whose attribute it is, or that is read again; attr: the relationship, NULL for columns. stmt is complete, with its
     * values. Answers what to run instead, or stmt (*out, a new reference); or NULL and the rows, value by value (new
     * references). Called where CM_EV_IMPLICIT_LOAD is set. */
    cm_status (*implicit_load)(cm_ctx *, cm_session *, cm_mapper *, cm_inst *, const cm_attr *, cm_node *stmt, cm_node **out, cm_objs *rows);
    cm_status (*session_bind)(cm_ctx *, cm_session *, cm_mapper *, cm_node *stmt, cm_engine **out); /* NULL entry: the session's engine */
    cm_status (*session_opened)(cm_ctx *, cm_session *, cm_conn *); /* a session took a connection of its own; may be NULL */
    /* SQL expression assigned to a column attribute (`user.n = User.n + 1`): a new reference, or NULL for plain values. The
     * entry may be NULL. */
    cm_node *(*value_node)(cm_ctx *, void *value);
    /* One value of those of a BUNDLE's columns (borrowed); *out a new reference. NULL entry: bundles are refused. */
    cm_status (*bundle_value)(cm_ctx *, cm_node *bundle, void *const *values, size_t n, void **out);
    cm_status (*warn)(cm_ctx *, const char *category, const char *message); /* fails: CM_E_HOST, where a warning is an error */
    /* A failure of the host's own (CM_E_HOST) while the core cleans up after it: set_aside takes the pending exception away
     * (NULL: there is none), put_back makes it the pending one again, instead of what came since. Both may be NULL. */
    void *(*set_aside)(cm_ctx *);
    void (*put_back)(cm_ctx *, void *failure);
    /* Blocking. Between leave and enter no host object is touched. check: signals and cancellation; non-OK stops. */
    void (*leave)(cm_ctx *);
    void (*enter)(cm_ctx *);
    cm_status (*check)(cm_ctx *);
    /* Optional: where in the program the host is, as an object (a new reference, or NULL) and a place in it; and what a message
     * says of a thread that was there. */
    void (*call_site)(cm_ctx *, void **site, int *at);
    void (*call_site_text)(cm_ctx *, uint64_t thread, void *site, int at, void (*write)(void *user, const char *p, size_t n), void *user);
    /* Looks at values and nodes that building and keying need; each may be NULL. */
    cm_status (*value_type)(cm_ctx *, void *value, const cm_type **out);          /* type of a bare value; *out retained. NULL entry: CM_T_NULL */
    cm_status (*sequence_size)(cm_ctx *, void *value, size_t *out);               /* items of an IN list, cheaply. NULL entry: `sequence` is counted */
    uint64_t (*node_class_id)(cm_ctx *, const cm_node *);   /* serial of the class of a HOST or HOST_COMPILE node; 0 (or NULL entry): statements with it are never cached */
    /* Types that the host knows more of; each entry may be NULL. type_for: by which type a dialect stores the values of a
     * CM_TYPE_VARIES type (and of every JSON type, where the engine has a host_dialect); *out retained. type_spell: writes the
     * name of a CM_TYPE_SPELLED type. type_wrap: what stands in place of a parameter or column of a CM_TYPE_BIND_EXPR or
     * CM_TYPE_COLUMN_EXPR type; *out a new reference, or NULL: nothing does. */
    cm_status (*type_for)(cm_ctx *, const cm_type *, const cm_dialect *, void *host_dialect, const cm_type **out);
    cm_status (*type_spell)(cm_ctx *, const cm_type *, cm_compiler *);
    cm_status (*type_wrap)(cm_ctx *, const cm_type *, cm_node *value, bool column, cm_node **out);
};
/* The session that further rows of a result come through (cm_session_stream), for hosts that take turns; NULL: none. */
CM_API cm_session *cm_result_session(const cm_result *r);
CM_API const cm_host *cm_ctx_host(const cm_ctx *cx);
/* The two doors of a blocking stretch, for hosts that call drivers themselves: between them no host object is touched. */
CM_API void cm_ctx_leave(cm_ctx *cx);
CM_API void cm_ctx_enter(cm_ctx *cx);
/* Name of the driver whose parameters are being encoded ("sqlite"), NULL: nobody's. set answers the one before. */
CM_API const char *cm_ctx_driver(const cm_ctx *cx);
CM_API const char *cm_ctx_set_driver(cm_ctx *cx, const char *name);
/* The plain C host: values are cm_obj, instances and nodes are malloc'd, collections are vectors. csrc/src/host/plain.c. */
CM_API const cm_host *cm_host_plain(void);

/* Values of the plain C host. owns: each maker answers a new reference or NULL (no memory). */
typedef struct cm_obj cm_obj;
CM_API cm_obj *cm_obj_null(void);
CM_API cm_obj *cm_obj_int(cm_ctx *cx, int64_t i);
CM_API cm_obj *cm_obj_double(cm_ctx *cx, double d);
CM_API cm_obj *cm_obj_bool(cm_ctx *cx, bool b);
CM_API cm_obj *cm_obj_text(cm_ctx *cx, const char *p);
CM_API cm_obj *cm_obj_blob(cm_ctx *cx, const void *p, size_t n);
CM_API cm_obj *cm_obj_value(cm_ctx *cx, const cm_value *value);   /* any value; slices are copied */
CM_API cm_obj *cm_obj_list(cm_ctx *cx, void *const *items, size_t n);
CM_API cm_obj *cm_obj_map(cm_ctx *cx, const char *const *keys, void *const *values, size_t n);
/* A value made anew at each use: column defaults, version generators. *out is a new reference. */
typedef cm_status (*cm_obj_fn)(cm_ctx *cx, void *user, cm_obj **out);
CM_API cm_obj *cm_obj_function(cm_ctx *cx, cm_obj_fn fn, void *user);
CM_API cm_obj *cm_obj_retain(cm_obj *obj);
CM_API void cm_obj_release(cm_ctx *cx, cm_obj *obj);
CM_API const cm_value *cm_obj_get(const cm_obj *obj);             /* borrowed */
CM_API size_t cm_obj_size(const cm_obj *obj);                     /* lists and collections */
CM_API cm_obj *cm_obj_item(const cm_obj *obj, size_t i);          /* borrowed */
CM_API cm_status cm_obj_append(cm_ctx *cx, cm_obj *coll, cm_obj *member); /* user-level append to a relationship collection: with events */
CM_API cm_status cm_obj_remove(cm_ctx *cx, cm_obj *coll, cm_obj *member);

/* For cm_host.node_compile: what a construct may write. */
CM_API void cm_compiler_write(cm_compiler *c, const char *p, size_t n);         /* SQL text */
CM_API cm_status cm_compiler_node(cm_compiler *c, cm_node *node);                /* another node */
CM_API const cm_dialect *cm_compiler_dialect(const cm_compiler *c);
CM_API const char *cm_dialect_name(const cm_dialect *d);
/* Compiles a core kind the usual way, passing by the host's hook: what @compiles calls as `visit_xxx` of its parent. */
CM_API cm_status cm_compiler_default(cm_compiler *c, cm_node *node);

/* Schemas that stand for others in what the connection executes from now on: pairs of names, "" for none; NULL ends the map,
 * or takes it away. */
CM_API cm_status cm_conn_set_schema_map(cm_ctx *cx, cm_conn *conn, const char *const *pairs);
/* The host object that cm_host.type_for is handed for this engine (retained; NULL: none). Before the engine is used. */
CM_API void cm_engine_set_host_dialect(cm_ctx *cx, cm_engine *engine, void *object);

/* ---- Driver ----------------------------------------------------------------------------------------------- */

typedef struct cm_dconn cm_dconn;      /* a driver's connection */
typedef struct cm_dstmt cm_dstmt;      /* a driver's prepared statement */

typedef struct cm_url {                /* parsed; strings borrowed from the engine */
    const char *backend, *driver;      /* "sqlite", "pysqlite" or NULL */
    const char *user, *password, *host, *port, *database;
    const char *const *query;          /* pairs, NULL ends */
    const char *raw_database;          /* as written, before percent-decoding; NULL with database */
} cm_url;
/* Takes a database URL apart: `backend[+driver]://[user[:password]@][host][:port][/database][?query]`, percent-decoded.
 * owns: caller, cm_url_free. fails: CM_E_ARGUMENT (not a URL, a port that is no number, NUL or control characters). */
CM_API cm_status cm_url_parse(cm_ctx *cx, const char *text, cm_url **out);
CM_API void cm_url_free(cm_ctx *cx, cm_url *url);
/* The URL as text, the password as *** when hidden. owns: caller, cm_mem(cx, p, 0). */
CM_API cm_status cm_url_format(cm_ctx *cx, const cm_url *url, bool hide_password, char **out);
/* Gives a parsed URL another database (copied). For drivers that resolve it once, in configure. */
CM_API cm_status cm_url_set_database(cm_ctx *cx, cm_url *url, const char *database);

/* Result of a step. */
typedef enum cm_step { CM_STEP_ROW = 1, CM_STEP_DONE = 2, CM_STEP_WAIT_READ = 3, CM_STEP_WAIT_WRITE = 4 } cm_step;

/* What a prepared statement does to a transaction. */
typedef enum cm_stmt_kind {
    CM_STMT_READ = 0,                  /* changes nothing */
    CM_STMT_WRITE = 1,                 /* changes rows: belongs in a transaction */
    CM_STMT_OTHER = 2                  /* DDL, PRAGMA, BEGIN and the like: the engine opens no transaction for it */
} cm_stmt_kind;

typedef enum cm_two_phase { CM_TWO_PREPARE = 0, CM_TWO_COMMIT = 1, CM_TWO_ROLLBACK = 2 } cm_two_phase;

/* Rules for drivers: no function touches a host object while the host is left (but through cx->left aware callbacks);
 * failures are left in the connection and copied into the context by `error`; only configure reports by itself. */
struct cm_driver {
    uint32_t version;                  /* 1 */
    const char *name;                  /* "sqlite" */
    bool blocking;                     /* step may block for long: the engine leaves the host around the first step */
    bool network;                      /* the first step of every set waits for a server */
    bool pipelines;                    /* sets of several statements may be sent ahead together */
    bool wants_regexp;                 /* reads REGEXP as a function of SQLite's that it does not have; the host adds it to new links (native) */
    /* Checks URL and options (pairs, NULL ends; the URL's query comes first) when an engine is made, and may complete the
     * URL; connects nowhere. fails: CM_E_ARGUMENT. */
    cm_status (*configure)(cm_ctx *, cm_url *, const char *const *options);
    bool (*in_memory)(const cm_url *);                            /* the database lives and dies with its one connection */
    /* owns: *out by caller, close; on failure *out may be set, for `error`. */
    cm_status (*connect)(cm_ctx *, const cm_url *, const char *const *options, cm_dconn **out);
    void (*close)(cm_ctx *, cm_dconn *);
    bool (*alive)(cm_ctx *, cm_dconn *);                                    /* cheap look, for pre-ping */
    cm_status (*prepare)(cm_ctx *, cm_dconn *, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out); /* flags: CM_PREPARE_*; used: bytes of the first statement */
    void (*finalize)(cm_ctx *, cm_dstmt *);
    size_t (*nparams)(cm_dstmt *);
    const char *(*param_name)(cm_dstmt *, size_t i);              /* ":x" of native statements, or NULL */
    cm_status (*bind)(cm_ctx *, cm_dstmt *, size_t i, const cm_value *, const cm_type *); /* i from 0; slices stay valid until reset */
    int (*step)(cm_ctx *, cm_dstmt *, cm_status *failure);        /* cm_step, or 0 with *failure; called with the host left or held */
    size_t (*ncolumns)(cm_dstmt *);
    const char *(*column_name)(cm_dstmt *, size_t i);
    const char *(*column_decltype)(cm_dstmt *, size_t i);         /* or NULL */
    void (*row)(cm_dstmt *, size_t first, size_t n, cm_value *out); /* raw values of the current row; slices valid until next step or reset */
    void (*reset)(cm_dstmt *, bool again);                        /* ends the run; again: the same values are bound anew before the next step */
    int64_t (*changes)(cm_dstmt *);                               /* rows changed by the last run */
    int64_t (*last_insert_id)(cm_dconn *);
    cm_stmt_kind (*kind)(cm_dstmt *);
    bool (*begin_reads)(cm_dconn *);                              /* the user wants a transaction around reads too */
    cm_status (*begin)(cm_ctx *, cm_dconn *, const char *mode);   /* mode: "DEFERRED", "IMMEDIATE", or NULL: as configured */
    cm_status (*commit)(cm_ctx *, cm_dconn *);
    cm_status (*rollback)(cm_ctx *, cm_dconn *);
    bool (*in_transaction)(cm_dconn *);                           /* what the database itself thinks */
    void (*cancel)(cm_dconn *);                                   /* from any thread */
    void (*error)(cm_ctx *, cm_dconn *, const char *sql, size_t n); /* copies the failure of the connection into the context */
    int (*limit)(cm_dconn *, int which);                          /* CM_LIMIT_*; -1 unknown */
    int (*server_version)(cm_dconn *);                            /* 3040001, 150019, ... */
    cm_status (*set_isolation)(cm_ctx *, cm_dconn *, const char *level); /* "SERIALIZABLE", ...; NULL: the default. fails: CM_E_ARGUMENT */
    cm_status (*has_table)(cm_ctx *, cm_dconn *, const char *schema, const char *name, bool *out); /* schema may be NULL */
    void *(*native)(cm_dconn *);                                  /* sqlite3 * and the like, for the DBAPI face */
    /* Optional (NULL). on: begins a transaction inside which begin, commit, rollback and in_transaction above speak of a
     * savepoint; off: rolls it back. */
    cm_status (*nest)(cm_ctx *, cm_dconn *, bool on);
    /* Optional (NULL): many sets on one wait. send queues an execution of what is bound, without waiting; sync ends the
     * queue. Then step answers for the sets in their order: each is stepped to its end, and reset, before the next. */
    cm_status (*send)(cm_ctx *, cm_dstmt *);
    cm_status (*sync)(cm_ctx *, cm_dconn *);
    /* Optional: rolls back without waiting for the answer, which is read before the next use: connections given back. */
    cm_status (*let_go)(cm_ctx *, cm_dconn *);
    /* Optional: is there a type of that name (native enums)? unused: only when no column has it. */
    cm_status (*has_type)(cm_ctx *, cm_dconn *, const char *schema, const char *name, bool unused, bool *out);
    /* Optional: prepares the open transaction under a name, or ends one prepared under it. */
    cm_status (*two_phase)(cm_ctx *, cm_dconn *, cm_two_phase what, const char *xid);
    /* Optional: rows of the next run are asked for in parts of so many, where that is possible; until reset. */
    void (*stream)(cm_dstmt *, size_t rows);
    /* Optional: a switch of transactions to come ("readonly", "deferrable"); set_isolation(NULL) takes it back. fails: CM_E_ARGUMENT. */
    cm_status (*set_option)(cm_ctx *, cm_dconn *, const char *name, bool value);
};
enum {
    CM_PREPARE_TEXT = 1, /* the SQL was written by the user: dialect leniencies (SQLite "strings") stay on */
    CM_PREPARE_RAW = 2,  /* its placeholders are in the database interface's own style ("%s"), not the core's */
    CM_PREPARE_PERCENTS = 4 /* and percent signs in it are written twice, whether it has placeholders or not */
};
enum { CM_LIMIT_PARAMS = 0, CM_LIMIT_SQL_LENGTH = 1, CM_LIMIT_COMPOUND = 2, CM_LIMIT_BUSY_MS = 3 /* wait for locks */ };
CM_API const cm_driver *cm_driver_find(const char *backend);     /* NULL where there is none */
/* Makes a driver known (network drivers live in libraries of their own). thread: before engines are made. */
CM_API cm_status cm_driver_register(cm_ctx *cx, const char *backend, const cm_driver *driver);
CM_API cm_dconn *cm_conn_driver(cm_conn *conn, const cm_driver **driver); /* borrowed until the connection is closed */

/* ---- Encoding shared by drivers ---------------------------------------------------------------------------- */

/* Text forms of civil values: "2024-02-29 13:37:00.000000". Buffers of 40 bytes. Answers the length. */
CM_API size_t cm_civil_format(const cm_civil *t, cm_value_kind kind, bool micro, char *out);
/* Reads a text form (date, time, datetime; 'T' or space; fraction of 0..9 digits; offset). False: not one. */
CM_API bool cm_civil_parse(const char *p, size_t n, cm_value_kind kind, cm_civil *out);
/* Reads {1,NULL,"a b",{2}} (PostgreSQL's form of arrays) into a CM_LIST of texts, nulls and lists. fails: CM_E_DECODE, CM_E_NOMEM. */
CM_API cm_status cm_list_parse(cm_ctx *cx, cm_arena *arena, const char *p, size_t n, char delimiter, cm_value *out);
/* Copies what a value points at (bytes, items) into a region, so that it outlives its producer. fails: CM_E_NOMEM. */
CM_API cm_status cm_value_keep(cm_arena *arena, cm_value *value);
CM_API bool cm_value_is_slice(const cm_value *value);            /* u.s is in use */
CM_API bool cm_utf8_valid(const char *p, size_t n, bool *ascii);
/* Days since 1970-01-01 of the proleptic Gregorian calendar, and back (year, month and day are set). */
CM_API int64_t cm_civil_days(const cm_civil *t);
CM_API void cm_civil_of_days(int64_t days, cm_civil *t);

/* What a driver in a library of its own needs of the core: handed over at load time, so that there is one core only.
 * driver/kit_client.c, linked into such a library, turns it back into the functions of these names. */
typedef struct cm_driver_kit {
    uint32_t version;                  /* 1 */
    void *(*alloc)(cm_ctx *, size_t n);
    void (*release)(cm_ctx *, void *p);
    char *(*strdup)(cm_ctx *, const char *p);
    cm_status (*fail)(cm_ctx *, cm_status, const char *format, ...);
    cm_status (*nomem)(cm_ctx *);
    void (*fail_sql)(cm_ctx *, const char *sql, size_t n);
    void (*fail_code)(cm_ctx *, int code, const char *code_name, const char *constraint);
    const char *(*option_find)(const char *const *options, const char *name);
    bool (*option_bool)(const char *text, bool *out);
    bool (*option_number)(const char *text, double *out);
    bool (*option_is)(const char *text, const char *word);
    const cm_type_def *(*type_def)(const cm_type *type);
    bool (*civil_parse)(const char *p, size_t n, cm_value_kind kind, cm_civil *out);
    size_t (*civil_format)(const cm_civil *t, cm_value_kind kind, bool micro, char *out);
    int64_t (*civil_days)(const cm_civil *t);
    void (*civil_of_days)(int64_t days, cm_civil *t);
    cm_status (*driver_register)(cm_ctx *, const char *backend, const cm_driver *driver);
    cm_status (*arena_new)(cm_ctx *, cm_arena **out);
    void *(*arena_alloc)(cm_arena *, size_t n);
    void (*arena_reset)(cm_ctx *, cm_arena *);
    void (*arena_free)(cm_ctx *, cm_arena *);
    cm_status (*list_parse)(cm_ctx *, cm_arena *, const char *p, size_t n, char delimiter, cm_value *out);
    bool (*value_is_slice)(const cm_value *);
} cm_driver_kit;
CM_API const cm_driver_kit *cm_driver_kit_get(void);            /* static */

#ifdef __cplusplus
}
#endif
#endif
