/* visible to: orm load uow */
/* What is mapped and what a session holds: mapper.c relation.c cascade.c state.c history.c idmap.c session.c transaction.c
 * inspect.c. Reading is the room load/, flushing the room uow/; both know these structures and not each other. */
#ifndef CM_ORM_H
#define CM_ORM_H

#include "engine/engine.h"

/* ---- small helpers */
static inline void *cm__object(cm_ctx *cx, cm_inst *inst) { return cm__host(cx)->inst_object(inst); }
static inline void cm__retain(cm_ctx *cx, void *value) { cm__host(cx)->retain(cx, value); }
static inline void cm__release(cm_ctx *cx, void *value) { cm__host(cx)->release(cx, value); }
static inline bool cm__is_none(cm_ctx *cx, const void *value) { return value == cm__none(cx); }
void cm_objs__release(cm_ctx *cx, cm_objs *list);              /* releases every item that is not NULL, then frees the array */
cm_status cm_objs__hold(cm_ctx *cx, cm_objs *list, void *obj); /* adds and retains */

/* ---- mapper.c */
typedef struct cm_relation {
    cm_attr *attr;                    /* its attribute on the parent */
    const struct cm_relation *origin; /* the relation it is a copy of, on the class that defined it; itself there */
    cm_mapper *parent, *target;       /* borrowed (classes keep their mappers; targets are configured together) */
    cm_direction direction;
    size_t npairs;
    cm_column **parent_columns, **target_columns; /* MANY_TO_MANY: target_columns are the secondary's */
    cm_table *secondary;                          /* retained */
    cm_table **tables;
    size_t ntables; /* the target's; retained */
    size_t nsecondary_pairs;
    cm_column **secondary_columns, **secondary_target_columns;
    cm_node *entity; /* aliased ENTITY that is read for the target, or NULL */
    cm_node *primaryjoin, *secondaryjoin;
    cm_node **order_by;
    size_t norder_by;
    const cm_attr *back;
    uint32_t cascade;
    cm_lazy lazy;
    bool uselist, viewonly, post_update, single_parent, innerjoin, active_history, simple_equality, passive_updates, load_on_pending;
    bool deferred_history; /* a scalar whose old value the flush reads, unless it was known when it was set */
    bool self_referential; /* parent and target share a table */
    bool use_get;          /* MANY_TO_ONE whose target columns are the target's primary key */
    int passive_deletes, join_depth;
    uint32_t batch_size;
    void *collection_class;
    cm_node *lazy_stmt; /* cached SELECT of the lazy loader, built on first use; read side */
    void *load_cache;   /* read side's own, freed by cm_load__relation_free */
} cm_relation;

typedef struct cm_mapped_column { /* an attribute's column in one of the mapper's tables */
    cm_attr *attr;
    cm_column *column;
} cm_mapped_column;

struct cm_mapper {
    int64_t refs;
    uint64_t id; /* serial */
    cm_str *name;
    cm_mapper *inherits, *root; /* inherits retained; root borrowed (self when none) */
    bool concrete, eager_defaults, confirm_deleted_rows, batch, selectin_load, inline_load, version_given, writes_keys;
    cm_table **tables;
    size_t ntables; /* base first; retained */
    cm_mapped_column **columns;
    size_t *ncolumns;       /* per table: its mapped columns */
    cm_node *from, *entity; /* FROM element of its own tables; ENTITY node, which may read more (owned) */
    bool reads_apart;       /* the entity reads something that stands for its tables: a union, a subquery */
    cm_node *union_type;    /* of a union with concrete subclasses: the class of a row; NULL where there is none (owned) */
    cm_attr **attrs;
    size_t nattrs, attrs_cap; /* slot i is attrs[i] while i < nslots */
    size_t nslots;
    cm_strmap by_key;
    cm_map by_column;  /* cm__ptr_key(cm_column *) -> cm_attr * */
    cm_objs own_nodes; /* ATTR nodes the mapper made itself */
    cm_attr **primary_key;
    size_t nprimary_key;
    bool int_key; /* one integer primary key: keys are cm_inst.key.i */
    cm_attr *polymorphic_on, *version;
    void *polymorphic_identity, *version_generator;
    cm_mapper **children;
    size_t nchildren, children_cap; /* borrowed direct sub-mappers */
    uint64_t events;                /* bit mask of cm_event */
    void *host_class;               /* borrowed */
    const cm_host *host;            /* of the context that made it */
    cm_relation **relations;
    size_t nrelations, relations_cap;
    void *load_cache;  /* read side's own (get statement ...), freed by cm_load__mapper_free */
    void *flush_cache; /* write side's own (compiled DML by column set), freed by cm_uow__mapper_free */
};
bool cm_mapper__isa(const cm_mapper *m, const cm_mapper *base);               /* same or inherits from */
cm_attr *cm_mapper__column_attr(const cm_mapper *m, const cm_column *column); /* attribute of a column, or NULL */
/* The same attribute on the mapper of an instance: attributes of a base class are met as copies by its subclasses. NULL when
 * the instance's class has none of that name. */
const cm_attr *cm_mapper__own_attr(const cm_mapper *m, const cm_attr *attr);
const cm_mapper *cm_mapper__by_identity(cm_ctx *cx, const cm_mapper *root, void *identity,
                                        cm_status *st); /* polymorphic child, NULL unknown */

/* ---- entity.c */
/* The FROM elements at the leaves of a tree of joins, left to right. */
cm_status cm_from__leaves(cm_ctx *cx, cm_node *from, cm_objs *out);
/* Another alias of what an entity reads. owns: retained. */
cm_status cm_entity__again(cm_ctx *cx, const cm_node *entity, cm_node **out);
/* An expression over the tables of a class, as seen through an entity of it. owns: retained. */
cm_status cm_entity__adapt(cm_ctx *cx, const cm_node *entity, cm_node *expr, cm_node **out);
/* What tells the class of a row of the union that an entity reads: as with_polymorphic() was given it, else its mapper's; or NULL.
 * Borrowed. */
cm_node *cm_entity__discriminator(const cm_node *entity);
/* The expression of an attribute over the tables of its class, even where that reads something else. Borrowed. */
cm_node *cm_attr__own_expr(const cm_attr *attr);

/* ---- idmap.c: identity map. Weak: entries are removed by cm_inst_dispose. */
struct cm_key { /* composite or non-integer key; heap */
    uint64_t hash;
    uint32_t n;
    void *v[]; /* host values, retained, normalised */
};
typedef struct cm_idmap cm_idmap; /* open addressing over (root mapper, key); integer keys need no allocation */
cm_status cm_idmap__new(cm_ctx *cx, cm_idmap **out);
void cm_idmap__free(cm_ctx *cx, cm_idmap *m);
cm_inst *cm_idmap__find_int(cm_ctx *cx, cm_idmap *m, const cm_mapper *root, int64_t key); /* borrowed; NULL: absent or being destroyed */
cm_status cm_idmap__find(cm_ctx *cx, cm_idmap *m, const cm_mapper *root, void *const *key, size_t n, cm_inst **out);
cm_status cm_idmap__add(cm_ctx *cx, cm_idmap *m, cm_inst *inst); /* inst has its key; fails: CM_E_INVALID_REQUEST another instance has it */
/* The same for a key that was looked for in vain; puts: what cm_idmap__puts said then. It is looked for again if others came in since. */
cm_status cm_idmap__add_absent(cm_ctx *cx, cm_idmap *m, cm_inst *inst, uint64_t puts);
uint64_t cm_idmap__puts(const cm_idmap *m);
void cm_idmap__remove(cm_idmap *m, cm_inst *inst); /* by pointer; fine when absent */
/* Walks the map in any order, from a zeroed iterator. The map may change meanwhile: when its entries had to move the walk
 * begins again, so what is done to an instance must bear doing twice. */
typedef struct cm_idmap_iter {
    size_t at;
    uint64_t moves;
} cm_idmap_iter;
bool cm_idmap__next(cm_idmap *m, cm_idmap_iter *i, cm_inst **inst);
size_t cm_idmap__size(const cm_idmap *m);
/* Gives an instance its identity key from host values (integer fast path inside). */
cm_status cm_inst__set_key(cm_ctx *cx, cm_inst *inst, void *const *key, size_t n);
/* Key as host values (new references) into out[0..npk). */
cm_status cm_inst__key_values(cm_ctx *cx, cm_inst *inst, void **out);
void cm_inst__clear_key(cm_ctx *cx, cm_inst *inst);
void cm_key__free(cm_ctx *cx, struct cm_key *key);

/* ---- state.c: values and history. */
typedef struct cm_coll_state { /* a collection that changed since it was loaded or flushed */
    struct cm_coll_state *next;
    const cm_attr *attr;
    bool queued;            /* not loaded: backrefs queue what to add and remove until it is */
    cm_objs before;         /* members before the first change; held */
    cm_objs added, removed; /* queued; held */
} cm_coll_state;
typedef struct cm_parent_link {  /* who holds an instance, for relations with delete-orphan or single_parent */
    const cm_relation *relation; /* origin */
    bool orphans;                /* the relation deletes orphans */
    const cm_inst *parent;       /* NULL: it was taken away. Compared, never followed: parents may be gone */
} cm_parent_link;
typedef struct cm_state { /* allocated when an instance first needs it */
    void **committed;
    size_t ncommitted; /* by slot: NULL unchanged; CM_UNSET had no value; else the retained value before the change */
    cm_coll_state *colls;
    cm_parent_link *parents;
    size_t nparents, parents_cap;
    bool orphaned; /* lost its parent while in no session: the next flush forgets it */
    cm_node **options;
    size_t noptions; /* loader options the instance was loaded with, for its lazy loads; retained */
    void *host;      /* the host's own (InstanceState), not touched */
} cm_state;
extern char cm__unset_marker;
#define CM_UNSET ((void *)&cm__unset_marker)
cm_status cm_inst__state(cm_ctx *cx, cm_inst *inst, cm_state **out); /* makes it when missing */
/* The accessor pair, whatever store: borrowed value or NULL (unloaded). store retains value; NULL unloads. No events, no history. */
void *cm_inst__peek(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
cm_status cm_inst__store(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value);
cm_status cm_inst__store_take(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *take_value); /* loader: moves the reference */
/* Stores a collection just loaded. members: what it holds (borrowed; NULL: the host is asked when somebody needs to know).
 * What backrefs queued meanwhile is added and removed, which makes the collection changed. */
cm_status cm_inst__store_loaded_coll(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *take_coll, cm_objs *members);
/* Keeps the members of a loaded collection of an instance with a key before their first change; nothing when kept already. */
cm_status cm_inst__keep_coll(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
/* A collection of an instance without a row was emptied by the program, rather than never filled: it stays as it is when the
 * row is inserted. */
cm_status cm_inst__mark_touched(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
/* What a collection was before it changed, or is queued to become; NULL: unchanged. make: makes an empty one. */
cm_coll_state *cm_inst__coll_state(const cm_inst *inst, const cm_attr *attr);
static inline bool cm_relation__never_loaded(const cm_relation *r) { return r->lazy == CM_LAZY_DYNAMIC || r->lazy == CM_LAZY_WRITE_ONLY; }
/* Whether a relation holds anything that a flush must look at: anything at all in a new instance, changes in others. */
bool cm_inst__touched(cm_ctx *cx, cm_inst *inst, const cm_relation *r);
cm_status cm_inst__coll_queue(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, bool add);
/* Value before the change: NULL unchanged, CM_UNSET, or borrowed. */
void *cm_inst__committed(const cm_inst *inst, const cm_attr *attr);
/* The same for a changed attribute, or NULL: a new reference; parts of the identity key are known even when they were unloaded. */
cm_status cm_inst__committed_value(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out);
/* Parents of delete-orphan and single_parent relations. */
cm_status cm_inst__set_parent(cm_ctx *cx, cm_inst *child, const cm_relation *r, const cm_inst *parent);
cm_status cm_inst__drop_parent(cm_ctx *cx, cm_inst *child, const cm_relation *r, const cm_inst *parent);
/* Whether somebody holds child by that relation; unknown: the answer when nothing was recorded. */
bool cm_inst__has_parent(const cm_inst *child, const cm_relation *r, bool unknown);
/* Marks changed: joins the session's changed list. */
cm_status cm_inst__modified(cm_ctx *cx, cm_inst *inst);
const char *cm_inst__text(cm_inst *inst, char *buffer, size_t n); /* "<Book id=3>" for messages */
/* History of an attribute: host values, held by the history. fails: what cm_host.equal and coll_members say. */
typedef struct cm_history {
    cm_objs added, unchanged, deleted;
} cm_history;
cm_status cm_inst__history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_history *out);
/* Reads the value before of a scalar relation that was set without anybody knowing it (deferred_history). */
cm_status cm_inst__learn_before(cm_ctx *cx, cm_inst *inst, const cm_relation *r);
void cm_history__dispose(cm_ctx *cx, cm_history *h);
bool cm_inst__net_changed(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_status *st);
void cm_inst__commit_all(cm_ctx *cx, cm_inst *inst);                                    /* forgets history: now is committed */
void cm_inst__forget(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);                   /* the history of one attribute */
void cm_inst__expire(cm_ctx *cx, cm_inst *inst, const cm_attr *const *attrs, size_t n); /* n == 0: everything loaded */

/* ---- session */
typedef enum cm_joined { CM_JOINED_OWN = 0, CM_JOINED_BEGUN = 1, CM_JOINED_ROLLBACK_ONLY = 2, CM_JOINED_SAVEPOINT = 3 } cm_joined;
struct cm_session {
    cm_ctx *cx;        /* of the thread at work; set by every entry */
    uint64_t id;       /* serial, for messages */
    cm_engine *engine; /* retained or NULL */
    bool autoflush, expire_on_commit, autobegin, flushing, closed_for_good;
    size_t within;       /* level that a block of the host stands for, 0: none */
    bool writing;        /* a flush has made its plan: what changes from here on may be missed */
    struct cm_changing { /* the method under way that ends a transaction, or must not see one end; NULL: none */
        const char *method;
        size_t level; /* the outermost one that may still end */
    } changing;
    void *failure; /* the first exception of a listener where nobody could be told at once (cm_session__detach); owned, or NULL */
    void *host_session;
    uint64_t events;
    cm_idmap *idmap;
    cm_objs new_list;          /* pending instances in order of add, each held; NULL where one left. A pending instance's
                                       key.i is its position here */
    size_t nnew;               /* those not NULL */
    cm_objs dirty_list;        /* persistent instances with CM_INST_MODIFIED; each held */
    cm_objs deleted_list;      /* marked for deletion; each held */
    struct cm_transaction *tx; /* innermost, NULL when none begun */
    struct cm_session_conn {
        cm_engine *engine;
        cm_conn *conn;
        uint8_t joined; /* cm_joined */
    } * conns;
    size_t nconns, conns_cap; /* of the root transaction */
    int no_autoflush;         /* depth of no_autoflush blocks */
    int no_raise;             /* > 0: what a deletion reaches is read, whatever lazy="raise" says */
    cm_engine *guest_engine;  /* cm_session_join: statements for this engine run on guest; borrowed, and joined */
    cm_conn *guest;
    cm_join_mode join_mode;
    int committed_keys;  /* > 0: lazy loads look by keys as the database has them (flush, value before a change) */
    uint64_t savepoints; /* begun so far, for their names */
    bool two_phase;      /* transactions are prepared on all connections before any is committed */
};
cm_status cm_session__conn(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_node *stmt, cm_conn **out); /* begins, asks session_bind */
cm_status cm_session__autoflush(cm_ctx *cx, cm_session *s);
/* loader: instance with key becomes persistent; puts: of the identity map when it did not have the key. */
cm_status cm_session__attach_loaded(cm_ctx *cx, cm_session *s, cm_inst *inst, uint64_t puts);
cm_status cm_session__event(cm_ctx *cx, cm_session *s, cm_event ev, cm_inst *inst); /* cheap when nobody listens */

/* ---- relation.c: what set, append and remove of relationships cause */
typedef enum cm_link_op { CM_LINK_NONE = 0, CM_LINK_SET = 1, CM_LINK_APPEND = 2, CM_LINK_REMOVE = 3 } cm_link_op;
typedef struct cm_initiator {    /* where a chain of events began */
    const cm_relation *relation; /* as the class that began it has it */
    cm_link_op op;
} cm_initiator;
cm_status cm_relation__set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value); /* scalar or whole collection */
cm_status cm_relation__clear(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);            /* del */

/* ---- cascade.c */
typedef struct cm_cascade { /* instances found, each once, in order of discovery; held */
    cm_objs found;
    cm_map seen;
} cm_cascade;
/* Adds what `inst` reaches through relations with the cascade bit (CM_CASCADE_*), itself not included. stop_in: instances
 * already in that session are not followed (save-update). Loads for CM_CASCADE_DELETE unless passive_deletes. */
cm_status cm_cascade__collect(cm_ctx *cx, cm_cascade *c, cm_inst *inst, uint32_t bit, const cm_session *stop_in);
void cm_cascade__dispose(cm_ctx *cx, cm_cascade *c);
/* An instance of a class with delete-orphan parents that lacks one of them. */
bool cm_inst__is_orphan(const cm_inst *inst);
/* Related instances as they are now: host objects held in out. load: read them when they are not loaded. */
cm_status cm_relation__members(cm_ctx *cx, cm_inst *inst, const cm_relation *r, bool load, cm_objs *out);

/* ---- session.c */
static inline bool cm_session__has(const cm_session *s, const cm_inst *inst) {
    return inst->session == s && (inst->flags & (CM_INST_PENDING | CM_INST_PERSISTENT));
}
cm_status cm_session__dirty(cm_ctx *cx, cm_session *s, cm_inst *inst); /* joins the changed list */
void cm_session__undirty(cm_ctx *cx, cm_session *s, cm_inst *inst);    /* leaves it */
void cm_session__unpend(cm_ctx *cx, cm_session *s, cm_inst *inst);     /* leaves the pending list: key.i is free again */
void cm_session__undelete(cm_ctx *cx, cm_session *s, cm_inst *inst);   /* is no longer marked for deletion */
bool cm_session__clean(const cm_session *s);
cm_status cm_session__take(cm_ctx *cx, cm_session *s, cm_inst *inst); /* adds an instance with what its cascades reach */
/* A listener changes something while a flush is writing: a warning names the operation. s may be NULL. */
cm_status cm_session__while_writing(cm_ctx *cx, const cm_session *s, const char *operation);
/* Takes an instance out of the session. transient: its identity goes too. What its listeners raise is kept (cm_session__tell). */
void cm_session__detach(cm_ctx *cx, cm_session *s, cm_inst *inst, bool transient);
cm_status cm_session__tell(cm_ctx *cx, cm_session *s, cm_status st);       /* st, or else the exception that was kept */
void cm_inst__lose_row(cm_ctx *cx, cm_inst *inst);                         /* its row was rolled back: no key, no history */
cm_status cm_session__identities(cm_ctx *cx, cm_session *s, cm_objs *out); /* all of the identity map, held */

/* ---- transaction.c */
typedef struct cm_key_switch {
    cm_inst *inst;
    int64_t i;
    struct cm_key *ptr;
    bool heap;
} cm_key_switch; /* inst held; ptr owned */
typedef struct cm_transaction {
    struct cm_transaction *parent;
    bool nested, inactive; /* inactive: rolled back by a failed flush; waits for rollback() */
    bool over;             /* committed: only its listeners still have to hear of it */
    char name[24];         /* savepoint */
    bool *saved;
    size_t nsaved;       /* per connection of the session: this level's savepoint was sent */
    size_t inserted;     /* instances that became persistent at this level */
    cm_objs news, dirty; /* nested levels: instances written here; held */
    cm_objs deleted;     /* instances deleted here; held */
    cm_key_switch *switches;
    size_t nswitches, switches_cap;
    char *reason; /* inactive: the failure that caused it */
} cm_transaction;
/* Begins the outermost level when there is none. fails: CM_E_INVALID_REQUEST (autobegin off), CM_E_PENDING_ROLLBACK. */
cm_status cm_session__autobegin(cm_ctx *cx, cm_session *s);
cm_status cm_session__ready(cm_ctx *cx, cm_session *s); /* the same, and no failed flush waits for rollback() */
/* What a flush did, for the day it is rolled back. */
cm_status cm_tx__note_new(cm_ctx *cx, cm_session *s, cm_inst *inst);
cm_status cm_tx__note_dirty(cm_ctx *cx, cm_session *s, cm_inst *inst);
cm_status cm_tx__note_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst);
cm_status cm_tx__note_switch(cm_ctx *cx, cm_session *s, cm_inst *inst); /* before the key changes */
/* After a failed flush: rolls the innermost level back and leaves it waiting for rollback(). Keeps the context's error. */
void cm_tx__fail(cm_ctx *cx, cm_session *s);
cm_status cm_tx__abandon(cm_ctx *cx, cm_session *s); /* rolls back everything without restoring instances */
/* The program's code runs inside of what ends transactions, and of flushes: until that is over, no method may end a level that was
 * there before it. Begins a method that ends `level`; *outer is what was under way, to be restored by the caller.
 * fails: CM_E_BUSY. */
cm_status cm_session__change(cm_ctx *cx, cm_session *s, const char *method, size_t level, struct cm_changing *outer);
/* Begins a method inside of which no level that is there may end; answers what was under way. */
struct cm_changing cm_session__hold(cm_session *s, const char *method);

/* ---- what the rooms above give to this one: load/ reads, uow/ writes */
cm_status cm_load__execute(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams,
                           cm_result **out);                                                         /* ORM-enabled select */
cm_status cm_load__attr(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, bool allow_sql, void **out); /* what cm_inst_load does */
cm_status cm_load__refresh(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n, bool *found);
cm_status cm_load__get(cm_ctx *cx, cm_session *s, cm_mapper *m, void *const *key, size_t n, cm_node *const *options, size_t noptions,
                       bool populate_existing, cm_inst **out);
/* A relationship of many instances at once, where they lack it: as selectin loads it. owners: host objects of one class. */
cm_status cm_load__relation(cm_ctx *cx, cm_session *s, const cm_attr *attr, const cm_objs *owners);
void cm_load__relation_free(cm_ctx *cx, cm_relation *r);
void cm_load__mapper_free(cm_ctx *cx, cm_mapper *m);
cm_node *cm_load__cached(const void *load_cache); /* the statement that a load_cache (NULL is fine) holds; borrowed */
cm_status cm_uow__mapper_init(cm_ctx *cx, cm_mapper *m);
void cm_uow__mapper_free(cm_ctx *cx, cm_mapper *m);
#endif
