/* visible to: load */
/* The read side of the ORM, for its own files.
 *
 *   statement --expand--> plain SQL tree + row plan --compile--> plan (cached in the engine)
 *   rows --loader--> instances in the identity map --follow--> further statements for selectin and its like
 *
 * options.c  which loader option speaks for which attribute     froms.c   entities, aliases, join conditions
 * joins.c    join() steps -> FROM                               nested.c  ORM constructs inside subqueries
 * criteria.c single-table and with_loader_criteria conditions   expand.c  a statement as a whole
 * eager.c    joined eager loading, wrapping                     rowplan.c positions, slots, types
 * load.c     a statement's way to its rows; loader.c rows -> instances; collect.c rows -> joined relationships
 * follow.c   selectin, subquery, immediate                      lazy.c get.c  one attribute, one instance
 * implicit.c those three, where a listener is told first        unions.c  subclasses inside the union of their base
 */
#ifndef CM_LOAD_H
#define CM_LOAD_H

#include "orm/orm.h"

/* ---- options.c: loader options in force at one place of the tree of entities (a "level"). */
typedef struct cm_opts {
    cm_node *const *v;               /* OPTION and CRITERIA nodes; borrowed from the statement or instance */
    size_t n;
    size_t nuniversal;               /* the first of them speak for every entity: they hold at deeper levels too */
} cm_opts;
/* What the options say about a relationship. */
typedef struct cm_rel_opt {
    cm_lazy lazy;
    bool contains_eager, inner, sql_only, explicit_; /* explicit_: an option named it, rather than the mapping */
    cm_node *option;                 /* the OPTION that decided, or NULL */
    cm_node *of_type;                /* ENTITY given by of_type() or alias=, or NULL */
    cm_node *const *criteria;        /* conditions of and_() */
    size_t ncriteria;
} cm_rel_opt;
/* What they say about a column attribute. */
typedef struct cm_col_opt {
    bool deferred, raise;
    cm_node *expr;                   /* with_expression, or NULL */
} cm_col_opt;
cm_opts cm_opts__of_statement(const cm_node *stmt);
/* Those that start at an entity of the statement. */
cm_status cm_opts__for_entity(cm_ctx *cx, cm_arena *a, cm_opts all, const cm_node *entity, cm_opts *out);
/* Those below a relationship: the level of its target. */
cm_status cm_opts__below(cm_ctx *cx, cm_arena *a, cm_opts level, const cm_attr *attr, cm_opts *out);
cm_rel_opt cm_opts__relation(cm_opts level, const cm_attr *attr);
/* ENTITY that a loader reads for a relationship: an alias or polymorphic entity of its class that of_type() gave, else the
 * class itself. of_type(Subclass) loads no fewer members: the discriminator picks their classes. */
cm_node *cm_rel_opt__target(const cm_rel_opt *said, const cm_relation *r);
cm_col_opt cm_opts__column(cm_opts level, const cm_attr *attr);
/* ENTITY an option of a statement starts from; NULL when it does not say. */
const cm_node *cm_opts__start(const cm_node *option);
/* True when later loads of an instance must remember this level. */
bool cm_opts__sticky(cm_opts level);
/* Whether an option of a level is over with the statement that brought it. */
bool cm_opts__passing(const cm_node *option);
/* Options remembered by an instance; criteria among them hold at deeper levels, too. */
cm_opts cm_inst__opts(const cm_inst *inst);

/* ---- rowplan.c */
#define CM_NOWHERE UINT32_MAX

/* How a row becomes an instance of one class. */
typedef struct cm_shape {
    cm_mapper *mapper;
    uint32_t n;                      /* column attributes read */
    const cm_attr **attrs;
    uint32_t *pos;                   /* their positions in the row */
    const cm_type **types;           /* retained by the compiled statement's columns or the tables */
    uint32_t first_slot;             /* attrs fill slots first_slot.. in order; CM_NOWHERE: they do not */
    uint32_t first_pos;              /* positions first_pos.. in order; CM_NOWHERE: they are not a run */
    uint32_t ncodec; uint32_t *codec;     /* indexes of attrs whose raw value the type codec must change first */
    uint32_t ntracked; uint32_t *tracked; /* indexes of attrs whose values may form cycles */
    bool partial;                    /* some column attributes of the class are not read */
    cm_value identity;               /* polymorphic identity as the database holds it */
    uint32_t word, word_at;          /* attr that reads it as text, and its place in cm_load_run.words; CM_NOWHERE: none does */
} cm_shape;

/* A relationship that rows of this statement do not fill, to be loaded by a further one. */
typedef struct cm_follow {
    const cm_attr *attr;
    cm_lazy lazy;
    bool explicit_;                  /* asked for by an option */
} cm_follow;

/* One entity of a row. Group 0.. in an order where parents come before what is joined to them. */
typedef struct cm_group {
    cm_mapper *mapper;
    cm_node *entity;                 /* ENTITY of an aliased class, retained; NULL for plain classes */
    uint32_t nkey; uint32_t *key_pos; const cm_type **key_types;
    bool int_key;
    uint32_t discriminator;          /* position, or CM_NOWHERE */
    const cm_type *discriminator_type;
    uint32_t nshapes; cm_shape *shapes; /* the group's own class first, then its descendants */
    int parent;                      /* group it is joined to, or -1 */
    const cm_attr *via;              /* relationship of the parent that it fills */
    bool output;                     /* stands in the result itself */
    bool of_union;                   /* each class may have keys of its own */
    uint32_t nfollows; cm_follow *follows;
    bool sticky;                     /* instances remember their options */
    bool polymorphic;                /* columns of subclasses are read by further statements */
} cm_group;

typedef struct cm_output {
    uint32_t group;                  /* CM_NOWHERE: a plain value */
    uint32_t pos; const cm_type *type;
} cm_output;

typedef struct cm_row_plan {
    cm_arena arena;                  /* everything below lives here */
    uint32_t ngroups; cm_group *groups;
    uint32_t noutputs; cm_output *outputs; cm_str **names;
    uint32_t ncolumns; const cm_type **types;
    uint32_t ncodec; uint32_t *codec; /* positions of plain values the codec must change */
    uint32_t nwords;
    bool values_only;                /* no entity: rows are decoded whole */
    bool needs_unique, has_follows, has_sticky;
    bool proxy_names;                /* functions are called by their name, other expressions _no_label, like things _1, _2 */
} cm_row_plan;
void cm_row_plan__free(cm_ctx *cx, void *plan);

/* ---- expand.c: what is known of an entity while its statement is taken apart. */
typedef struct cm_load_entity {
    cm_mapper *mapper;
    cm_node *entity;                 /* ENTITY */
    cm_node *union_type;             /* what tells the class of a row of a union; NULL: it reads none */
    cm_opts opts;
    struct cm_load_entity *parent;
    const cm_attr *via;
    uint32_t first_column;           /* columns selected before it */
    bool output, secondary;          /* secondary: its columns follow those of the statement (joined eagerly) */
    bool outer;                      /* reached through an outer join */
    uint32_t depth;
    uint32_t n; size_t cap; struct cm_load_column { const cm_attr *attr; uint32_t pos; } *columns;
    uint32_t discriminator;
    uint32_t nkey; uint32_t key_pos[16];
    uint32_t nfollows; size_t follows_cap; cm_follow *follows;
    struct cm_load_entity *next;     /* in order of groups */
    uint32_t index;
} cm_load_entity;

typedef struct cm_eager_join {
    cm_node *right, *on;             /* kept by the expansion */
    uint32_t flags;                  /* CM_FLAG_OUTER or 0 */
    cm_node *left;                   /* FROM of the statement's entity it hangs from */
} cm_eager_join;

typedef struct cm_expansion {
    cm_ctx *cx;
    cm_arena *arena;
    cm_node *stmt;                   /* with nested statements already plain */
    cm_opts opts;
    cm_objs kept;                    /* nodes made on the way; released at the end */
    cm_objs columns, froms, where, order_by;   /* borrowed nodes */
    cm_objs sources, joined;         /* ENTITYs of columns and FROM; those among them that join() brought, with their criteria */
    cm_mapper *const *path; size_t npath; /* classes a follow-up came through: default eager loading does not go in circles */
    cm_objs eager_columns, eager_order, eager_froms;
    cm_eager_join *eager; size_t neager, eager_cap;
    bool multi_row;                  /* a collection is joined */
    cm_load_entity *first, *last; uint32_t nentities;
    struct cm_load_item { cm_load_entity *entity; uint32_t pos; cm_str *name; } *items; size_t nitems, items_cap;
    bool want_eager;
    bool dynamic;                    /* columns are known to the database alone (text, *) */
} cm_expansion;
/* Keeps a node until the expansion ends; takes the reference, also on failure. */
cm_status cm_expansion__keep(cm_expansion *x, cm_node *take_node);
/* Answers an entity's place in the expansion, with its columns and what hangs from it added. */
cm_status cm_expansion__entity(cm_expansion *x, cm_node *entity, cm_load_entity *parent, const cm_attr *via, cm_opts opts,
                               bool secondary, cm_load_entity **out);
/* ORM statement -> plain statement (*out retained) and, where plan is not NULL, its row plan without types. */
typedef struct cm_expand_request {
    cm_node *stmt;
    bool eager;                      /* join eager relationships and follow the rest; false inside subqueries */
    bool program;                    /* the program's own: its options must fit its entities */
    bool shallow;                    /* nested statements are plain already */
    cm_mapper *const *path; size_t npath;
} cm_expand_request;
cm_status cm_expand__select(cm_ctx *cx, const cm_expand_request *request, cm_node **out, cm_row_plan **plan);
cm_status cm_row_plan__build(cm_expansion *x, cm_row_plan **out);
/* Completes a plan with the types and names of the compiled statement. */
cm_status cm_row_plan__finish(cm_ctx *cx, cm_row_plan *plan, const cm_compiled *compiled);

/* ---- froms.c */
cm_status cm_node__join(cm_ctx *cx, cm_node *left, cm_node *right, cm_node *on, uint32_t flags, cm_node **out);
cm_status cm_node__and(cm_ctx *cx, cm_node *const *v, size_t n, cm_node **out); /* NULLs are skipped; none: *out NULL */
/* An ENTITY over fresh anonymous aliases of the mapper's tables. */
cm_status cm_entity__alias(cm_ctx *cx, cm_mapper *mapper, cm_node **out);
/* Where a statement reads a class from a union that stands for its subclasses, too, their attributes are columns of the union.
 * *stmt: exchanged for the statement that says so. */
cm_status cm_stmt__see_unions(cm_ctx *cx, cm_node **stmt);
static inline cm_mapper *cm_entity__mapper(const cm_node *entity) { return (cm_mapper *)(uintptr_t)entity->u.attr.attr; }
static inline cm_node *cm_entity__from(const cm_node *entity) { return entity->u.attr.expr; }
/* What is read for the target of a relationship. */
static inline cm_node *cm_relation__entity(const cm_relation *r) { return r->entity ? r->entity : r->target->entity; }
/* The expression of a table's column as seen through an entity. owns: retained. */
cm_status cm_entity__column(cm_ctx *cx, const cm_node *entity, const cm_column *column, cm_node **out);
cm_status cm_entity__attr_expr(cm_ctx *cx, const cm_node *entity, const cm_attr *attr, cm_node **out);
/* An expression over the target's columns, as the entity read for it sees them. owns: retained. */
cm_status cm_relation__adapt(cm_ctx *cx, const cm_relation *r, const cm_node *target, cm_node *expr, cm_node **out);
/* Conditions of a relationship between two entities; secondary: FROM element standing for the secondary table, or NULL.
 * *secondary_on is NULL without a secondary. owns: retained. */
cm_status cm_relation__on(cm_ctx *cx, const cm_relation *r, const cm_node *parent, const cm_node *target, cm_node *secondary,
                          cm_node **primary_on, cm_node **secondary_on);
/* The relationship's condition with the parent's columns as binds of the given values' nodes: binds[i] stands for the i-th
 * distinct parent column, columns[i]. */
cm_status cm_relation__lazy_on(cm_ctx *cx, const cm_relation *r, const cm_node *target, cm_node **on, cm_objs *binds, cm_objs *columns);
bool cm_from__contains(const cm_node *from, const cm_node *part);
bool cm_node__same_column(const cm_node *a, const cm_node *b);

/* ---- joins.c, criteria.c, eager.c, nested.c */
cm_status cm_expansion__joins(cm_expansion *x);
/* Conditions that belong to an entity wherever it is read: its place in a single-table hierarchy, loader criteria. eager: its
 * alias was made here, not by the program. */
cm_status cm_expansion__criteria(cm_expansion *x, const cm_node *entity, bool eager, cm_objs *out);
cm_status cm_expansion__where_criteria(cm_expansion *x);
bool cm_opts__have_criteria(const cm_node *stmt); /* with_loader_criteria() among a statement's options */
cm_status cm_expansion__relations(cm_expansion *x, cm_load_entity *e);
cm_status cm_expansion__eager(cm_expansion *x);                     /* adds what is joined, in all depths */
cm_status cm_expansion__wrapped(cm_expansion *x, cm_node **out);    /* statement with joins around a subquery */
bool cm_expansion__must_wrap(const cm_expansion *x);
cm_status cm_expansion__statement(cm_expansion *x, const cm_objs *columns, const cm_objs *froms, const cm_objs *order_by, cm_node **out);
cm_status cm_nested__expand(cm_ctx *cx, cm_node *stmt, cm_node **out); /* *out retained; stmt itself when nothing is nested */

/* ---- loader.c: running a plan. */
typedef struct cm_load_run cm_load_run;
/* Rows of a follow-up: raw values of the plain columns, and the entity's instance (NULL: none), which the sink may retain. */
typedef cm_status (*cm_load_sink)(cm_load_run *run, void *user, const cm_value *row, cm_inst *inst);
/* Values for BIND nodes of a statement that is used again and again. */
typedef struct cm_load_keys {
    cm_node *const *binds;           /* in the order of the key walk */
    void *const *values;             /* host values; NULL: raw is used */
    const cm_value *raw;
    size_t n;
    cm_key_part *part;               /* of the statement, where it is kept; or NULL */
} cm_load_keys;
typedef struct cm_load_request {
    cm_node *stmt;                   /* ORM SELECT */
    void *mapping;                   /* values of named parameters, or NULL */
    cm_mapper *mapper;               /* for the choice of an engine; may be NULL */
    const cm_load_keys *keys;
    bool populate_existing;
    cm_load_sink sink; void *sink_user; /* NULL: rows go to `values` */
    cm_mapper *const *path; size_t npath; /* classes this follow-up came through */
    bool implicit;                   /* not the program's own; for those who are told of it: */
    cm_inst *owner; const cm_attr *via; /* whose attribute it is or that is read again; the relationship. NULL: none */
    bool lazily;                     /* one attribute was asked for: what instances lack that are there already is not followed */
} cm_load_request;
/* What a row did to the instance of a group. */
enum cm_fresh { CM_FRESH_NOT = 0, CM_FRESH_OVERWRITTEN = 1, CM_FRESH_MADE = 2 };
/* Everything about a load that is not in its plan. */
struct cm_load_run {
    cm_ctx *cx;
    cm_session *s;
    const cm_host *host;
    const cm_load_request *request;
    const cm_compiled *compiled;
    const cm_row_plan *plan;
    cm_arena arena;                  /* dies with the run */
    cm_arena codec;                  /* text the codec makes for a row */
    cm_bind_env env;
    uint32_t *key_of_param;          /* per parameter: key value that fills it, or CM_NOWHERE; NULL without keys */
    cm_inst **row;                   /* per group: instance of the row at hand; a reference each */
    uint8_t *fresh;                  /* per group: cm_fresh, of this row */
    cm_value *raw; void **decoded;   /* room for one row */
    void **words;                    /* per shape with one: its polymorphic identity, shared by its instances; a reference each */
    struct cm_collector *collectors; /* per group */
    cm_objs *loaded;                 /* per group with follow-ups: host objects to follow; a reference each */
    cm_opts *opts;                   /* per group, when follow-ups or memory need them */
    cm_map overwritten;              /* with populate_existing: instances done already */
    cm_objs out;                     /* flat rows; a reference each */
    size_t nrows;
};
/* Runs a request. out: flat rows (owned references; the caller releases what it does not hand on); plan: retained, NULL where a
 * listener answered the rows of an implicit request. Either may be NULL, as may nrows. */
cm_status cm_load__run(cm_ctx *cx, cm_session *s, const cm_load_request *request, cm_objs *out, size_t *nrows, cm_plan **plan);
/* implicit.c: the same for an implicit request when somebody listens: they see its statement, and may put another in its place
 * or answer its rows, which then come without a plan. */
cm_status cm_load__tell(cm_ctx *cx, cm_session *s, const cm_load_request *request, cm_objs *out, size_t *nrows, cm_plan **plan);
cm_status cm_load__fly(cm_ctx *cx, cm_session *s, const cm_load_request *request, cm_objs *out, size_t *nrows, cm_plan **plan); /* without telling */
/* The same in parts: begin, prepare (once the row plan is known), rows, end (collections, follow-ups), dispose. */
void cm_load__begin(cm_load_run *run);
cm_status cm_load__prepare(cm_load_run *run);
cm_status cm_load__end(cm_load_run *run);
void cm_load__dispose(cm_load_run *run);
/* One raw row into instances and values; what a flight calls. */
cm_status cm_load__row(cm_load_run *run, cm_value *values, size_t n);
static inline void *cm_inst__object(const cm_load_run *run, cm_inst *inst) { return run->host->inst_object(inst); }
static inline void cm_inst__keep(const cm_load_run *run, cm_inst *inst) { run->host->retain(run->cx, run->host->inst_object(inst)); }
static inline void cm_inst__drop(const cm_load_run *run, cm_inst *inst) {
    if (inst) run->host->release(run->cx, run->host->inst_object(inst));
}
/* Drops repetitions of the same object (rows of joined collections), keeping the first. Releases what it drops. */
cm_status cm_load__unique(cm_ctx *cx, cm_objs *list);
/* Releases and frees a list of host values. */
void cm_load__release(cm_ctx *cx, cm_objs *list);

/* ---- collect.c */
cm_status cm_collect__init(cm_load_run *run);
cm_status cm_collect__row(cm_load_run *run, uint32_t group);       /* puts run->row[group] into its parent */
cm_status cm_collect__finish(cm_load_run *run);                    /* stores collections */
void cm_collect__dispose(cm_load_run *run);

/* ---- fit.c */
/* fails: CM_E_ARGUMENT, when an option starts from an entity that is not in the columns clause. */
cm_status cm_expansion__check_options(const cm_expansion *x);

/* ---- polymorphic.c */
bool cm_poly__wanted(cm_opts opts, const cm_mapper *m);            /* the columns of this subclass are to be read at once */
bool cm_poly__any(cm_opts opts, const cm_mapper *m);               /* those of any class below it */
cm_status cm_poly__all(cm_load_run *run);

/* ---- bundle.c */
bool cm_bundle__present(const cm_node *stmt);
/* Makes one value of the values of each bundle of the statement, in place. A bundle has at least one column, so that rows do not
 * grow. */
cm_status cm_bundle__fold_rows(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, size_t nrows, cm_objs *values);
/* The same, as a result; takes the values. */
cm_status cm_bundle__result(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, size_t nrows, cm_objs *values, cm_result **out);
/* A result over a source whose rows are folded already. */
cm_status cm_bundle__named(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, const cm_row_source *source, cm_result **out);

/* ---- load.c: for streams */
/* The plan of a request; key: zeroed, filled. owns: *out retained. */
cm_status cm_load__plan(cm_ctx *cx, cm_conn *conn, const cm_load_request *q, cm_keybuf *key, cm_plan **out);
/* The class whose engine a statement runs on: that of its first entity. */
cm_mapper *cm_load__first_mapper(const cm_node *stmt);
bool cm_load__is_plain(const cm_node *stmt); /* a SELECT whose columns are known */

/* ---- follow.c */
cm_status cm_follow__all(cm_load_run *run);

/* ---- lazy.c, get.c */
/* "<User at 0x7f...>" for messages. */
const char *cm_inst__place(cm_ctx *cx, cm_inst *inst, char *buffer, size_t n);
/* A statement that is used again with other keys; freed with its owner. */
typedef struct cm_keyed_stmt {
    cm_node *stmt;                   /* retained */
    cm_objs binds;                   /* BINDs without values, in the order of the walk; held by the statement */
    cm_objs columns;                 /* cm_column * whose value each stands for */
    cm_key_part part;                /* of the statement as it is */
} cm_keyed_stmt;
void cm_keyed__free(cm_ctx *cx, cm_keyed_stmt *k);
/* select(Entity).where(pk = ?), made at first use. */
cm_status cm_load__get_stmt(cm_ctx *cx, cm_mapper *m, cm_keyed_stmt **out);
/* What a lazy many-to-one does: by key, with the options below it; q: all but statement and keys. */
cm_status cm_load__get_below(cm_ctx *cx, cm_session *s, const cm_load_request *q, void *const *key, size_t n, cm_opts options,
                             cm_inst **out);
/* A copy of a statement with loader options; *out retained. */
cm_status cm_load__with_options(cm_ctx *cx, cm_node *stmt, cm_opts options, cm_node **out);

/* ---- textual.c: from_statement() */
cm_status cm_load__from_statement(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out);
#endif
