/* visible to: uow */
/* A flush: plan.c (which rows), order.c (in which order), run.c (as flights). */
#ifndef CM_UOW_H
#define CM_UOW_H

#include "orm/orm.h"

/* ---- a flush: plan.c makes it, run.c carries it out */
typedef enum cm_row_action {
    CM_ROW_NONE = 0,
    CM_ROW_LINK = 1,
    CM_ROW_SAVE = 2,
    CM_ROW_DELETE = 3
} cm_row_action; /* LINK: keys are copied, nothing is written */
enum {
    CM_ROW_EXPANDED = 1u << 0, /* its relations were looked at for `action` */
    CM_ROW_INSERT = 1u << 1,   /* no row yet */
    CM_ROW_SWITCH = 1u << 2,   /* pending, takes over the row of a deleted instance: UPDATE */
    CM_ROW_REPLACED = 1u << 3, /* deleted, its row is taken over: no DELETE */
    CM_ROW_WRITTEN = 1u << 4,  /* a statement ran for it */
    CM_ROW_HAS_ID = 1u << 5,   /* id is its integer key */
    CM_ROW_READ = 1u << 6      /* deleted: what its relations hold was read together with others */
};
typedef struct cm_uow_row {
    cm_inst *inst; /* held by the flush */
    struct cm_uow_group *group;
    uint32_t flags;
    uint8_t action;
    uint32_t level; /* depth among rows of a cycle; 0 elsewhere */
    uint32_t order; /* of registration */
    int64_t id;
} cm_uow_row;
typedef struct cm_uow_group { /* rows of the mappers that share a root */
    cm_mapper *root;
    cm_uow_row **rows;
    size_t nrows, rows_cap;
    cm_mapper **mappers;
    size_t nmappers, mappers_cap; /* classes present */
    size_t saves, deletes;
    uint32_t index;           /* in cm_uow.groups, once ordered */
    uint32_t component, rank; /* strongly connected component; rank: place of that component in the order of saving */
    bool cyclic;              /* rows depend on rows of the same component */
} cm_uow_group;
typedef struct cm_uow_step {
    cm_uow_group *group;
    cm_uow_row **rows;
    size_t n;
} cm_uow_step;                   /* rows without order among them but their own */
typedef struct cm_link_row {     /* a row of a secondary table */
    const cm_relation *relation; /* as seen from parent */
    cm_inst *parent, *child;     /* held by the flush */
    bool add, written;
    struct cm_link_row *next;
} cm_link_row;
typedef struct cm_post_row { /* a row that gets its foreign key by an UPDATE of its own (post_update) */
    cm_inst *inst;
    const cm_relation *relation; /* whose columns on inst are written */
    struct cm_post_row *next;
} cm_post_row;
typedef struct cm_referrer { /* a row whose many-to-one holds a row of which the key changed */
    cm_inst *inst;
    const cm_relation *relation;
    struct cm_referrer *next;
} cm_referrer;
typedef struct cm_rekeyed {
    cm_inst *inst;
    struct cm_rekeyed *next;
} cm_rekeyed;
typedef struct cm_uow {
    cm_ctx *cx;
    cm_session *session;
    cm_arena arena;
    cm_map by_inst; /* cm__ptr_key(inst) -> row, persistent instances */
    cm_uow_row **by_new;
    size_t nby_new; /* pending ones by their place in new_list */
    cm_uow_row **rows;
    size_t nrows, rows_cap; /* in order of registration */
    cm_uow_group **groups;
    size_t ngroups, groups_cap;
    cm_objs held; /* other instances the plan points to */
    cm_uow_step *saves;
    size_t nsaves, saves_cap;
    cm_uow_step *deletes;
    size_t ndeletes, deletes_cap;
    cm_link_row *links, **links_end;
    size_t nlinks;
    cm_map link_keys; /* hash of (parent, child, secondary) -> cm_link_row: each side of a backref once */
    cm_post_row *posts;
    struct cm_rekeyed *rekeyed; /* rows whose key changed; arena */
    bool rekeyed_more;          /* since referrers were looked for */
    cm_referrer *referrers;
    cm_map carried;  /* cm__ptr_key(inst) -> bits of its key that the database changed with the key of a parent (ON UPDATE CASCADE) */
    uint8_t *edges;  /* edges[a * ngroups + b]: rows of a are saved before those of b, which take their keys */
    cm_conn **conns; /* connections that flights were sent on */
    size_t nconns, conns_cap;
    size_t landed; /* saves whose flights landed; those between here and .. */
    size_t sent;   /* .. here are on their way */
    bool awaits;   /* keys or defaults made by the database are on their way back */
} cm_uow;
/* plan.c */
cm_status cm_uow__plan(cm_ctx *cx, cm_uow *u, cm_session *s); /* zeroed u; dispose also after failure */
void cm_uow__dispose(cm_ctx *cx, cm_uow *u);
cm_uow_row *cm_uow__find(const cm_uow *u, const cm_inst *inst); /* NULL: not in this flush */
cm_status cm_uow__hold(cm_ctx *cx, cm_uow *u, cm_inst *inst);
cm_status cm_uow__warn_absent(cm_ctx *cx, const cm_relation *r, const cm_inst *child, const char *operation);
/* Net change of the columns of an instance with a key that the other side of a relation refers to: of its parent, of its target
 * for many-to-one. */
bool cm_uow__keys_changed(cm_ctx *cx, cm_inst *inst, const cm_relation *r, cm_status *st);
/* order.c: groups and cycles -> steps */
cm_status cm_uow__order(cm_ctx *cx, cm_uow *u);
/* run.c */
cm_status cm_uow__run(cm_ctx *cx, cm_uow *u);
/* flush.c: states after success */
cm_status cm_uow__finish(cm_ctx *cx, cm_uow *u);

/* ---- sync.c: keys travel between related rows */
cm_status cm_sync__begin(cm_ctx *cx, cm_uow *u);                                /* children of parents that go, and of rows that exist */
cm_status cm_sync__before_save(cm_ctx *cx, cm_uow *u, const cm_uow_step *step); /* many-to-one: into these rows */
cm_status cm_sync__after_save(cm_ctx *cx, cm_uow *u, const cm_uow_step *step);  /* one-to-many: out of rows just inserted */
cm_status cm_sync__post(cm_ctx *cx, cm_uow *u, bool deletes);                   /* post_update: fills u->posts */
/* Whether the database changed that attribute of an instance's key with the key of a parent. */
bool cm_sync__carried(const cm_uow *u, const cm_inst *inst, const cm_attr *attr);
/* Value of a mapped column of an instance, loaded when it is not there; borrowed from the instance. */
cm_status cm_sync__column_value(cm_ctx *cx, cm_inst *inst, const cm_column *column, void **out);

/* ---- links.c: rows of secondary tables */
cm_status cm_links__collect(cm_ctx *cx, cm_uow *u);
cm_status cm_links__write(cm_ctx *cx, cm_uow *u);

/* ---- shape.c: compiled DML by column set */
enum { CM_COL_OUT = 0, CM_COL_PARAM = 1, CM_COL_SQL = 2 };
typedef struct cm_dml_shape {
    struct cm_dml_shape *next;
    uint64_t hash;
    int kind; /* CM_N_INSERT, CM_N_UPDATE, CM_N_DELETE */
    const cm_dialect *dialect;
    const void *host_dialect; /* of the engine; compared only */
    cm_schema_map *schemas;   /* retained, or NULL */
    cm_table *table;          /* borrowed from the mapper or relation */
    bool cached;
    bool calls;     /* binding its values runs the program's code, which may change what was bound already: slices are copied */
    uint8_t *marks; /* per table column: CM_COL_* */
    const cm_column **columns;
    const cm_attr **attrs; /* placeholders in order: set columns, then where columns; attrs NULL: unmapped */
    size_t nset, nwhere;
    const cm_column **returning;
    size_t nreturning;
    cm_compiled *stmt;
    cm_compiled *bulk; /* INSERT: the same for many rows, by arrays; NULL: there is none */
    int key_at;        /* of bulk, in its answer: the key that the database makes in the order of the rows; -1: it answers nothing */
} cm_dml_shape;
typedef struct cm_shape_request {
    cm_mapper *mapper;
    cm_table *table;
    int kind;
    const cm_conn *conn;  /* its dialect, types and schemas are what the statement is written for */
    const uint8_t *marks; /* table->ncolumns of CM_COL_* */
    cm_node *const *sql;  /* per table column: the row's own expression of a CM_COL_SQL column; NULL: columns' defaults */
    cm_column *const *where;
    size_t nwhere;
    cm_column *const *returning;
    size_t nreturning;
} cm_shape_request;
/* owns: cm_shape__done with the same mapper. thread: any. */
cm_status cm_shape__get(cm_ctx *cx, const cm_shape_request *request, cm_dml_shape **out);
void cm_shape__done(cm_ctx *cx, cm_dml_shape *shape);

/* ---- insert.c, update.c, delete.c: rows of one table, in order, as flights of equal shape */
cm_status cm_uow__insert(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n);
cm_status cm_uow__update(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n);
cm_status cm_uow__post_update(cm_ctx *cx, cm_uow *u);
cm_status cm_uow__delete(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n);
/* Sends a flight of the arena's; it lands with those before it (cm_uow__land), where the driver can. */
cm_status cm_uow__depart(cm_ctx *cx, cm_uow *u, cm_conn *conn, cm_flight *flight);
cm_status cm_uow__land(cm_ctx *cx, cm_uow *u);
void cm_uow__scrap(cm_ctx *cx, cm_uow *u);                                    /* after a failure: nothing is under way any more */
cm_uow_row **cm_uow__copy_rows(cm_uow *u, cm_uow_row *const *rows, size_t n); /* arena; NULL: no memory */
void cm_uow__blame(cm_ctx *cx, cm_inst *inst);                                /* whose row could not be written, for the error */
/* Encodes a value for a column by the type its statement has for it; NULL and the null object are SQL NULL, except where the type says otherwise. */
cm_status cm_uow__encode(cm_ctx *cx, const cm_dml_shape *shape, const cm_column *column, const cm_type *type, void *value,
                         cm_arena *scratch, cm_value *out);
/* Value of a column by its default of the host, for a row that no attribute keeps it in. inst: whose row it is, or NULL. made: where the
 * value is kept alive until the statement ran. */
cm_status cm_uow__default(cm_ctx *cx, const cm_dml_shape *shape, const cm_column *c, const cm_type *type, cm_inst *inst, cm_objs *made,
                          cm_arena *scratch, cm_value *out);
/* Value of a key (or version) attribute as the database has it. rekeyed: the row has its changed key by now. */
cm_status cm_uow__where_value(cm_ctx *cx, const cm_uow *u, const cm_dml_shape *shape, cm_inst *inst, const cm_param *p, bool rekeyed,
                              cm_arena *scratch, cm_value *out);
/* Fills the params of a statement that are not CM_SRC_SET: binds of SQL expressions. */
cm_status cm_uow__bind_extra(cm_ctx *cx, const cm_param *p, cm_arena *scratch, cm_value *out);
/* The SQL expression assigned to an attribute: a new reference, or NULL. */
static inline cm_node *cm_uow__value_node(cm_ctx *cx, void *value) {
    return cm__host(cx)->value_node ? cm__host(cx)->value_node(cx, value) : NULL;
}
/* The database computed these columns: attributes are unloaded, to be read when somebody asks. */
void cm_uow__expire_column(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
#endif
