/* visible to: engine orm */
/* Engines, connections, plans, results and flights. */
#ifndef CM_ENGINE_H
#define CM_ENGINE_H

#include "sql/sql.h"

/* A compiled statement under its structural key, shared between threads. Holds no host object but retained types and
 * the nodes its constant binds come from. */
typedef struct cm_plan {
    int64_t refs;            /* atomic */
    uint64_t hash;
    uint64_t *key; size_t nkey;
    cm_compiled *compiled;
    void *extra;             /* the ORM's row plan, or NULL */
    void (*extra_free)(cm_ctx *cx, void *extra);
    struct cm_plan *next, *newer, *older; /* bucket chain, LRU list; under the cache's mutex */
} cm_plan;
typedef struct cm_plan_cache cm_plan_cache;
/* owns: retained (cm_plan__release); NULL: not there. thread: any. */
cm_plan *cm_plan__find(cm_engine *engine, const cm_keybuf *key);
/* Takes over *plan's reference to the caller's; the cache keeps one of its own. Beyond the bound the oldest goes. */
cm_status cm_plan__add(cm_ctx *cx, cm_engine *engine, const cm_keybuf *key, cm_compiled *take_compiled, void *take_extra,
                       void (*extra_free)(cm_ctx *, void *), cm_plan **out);
void cm_plan__release(cm_ctx *cx, cm_plan *plan);

/* A unit of I/O: one statement, one or many sets of values, and what happens with what comes back. The ORM makes flights
 * and takes results; only the engine runs them. */
typedef struct cm_flight {
    const cm_compiled *stmt;
    size_t nsets;
    /* Fills values[0..stmt->nparams) for one set. Slices live until the set is done; scratch is reset between sets. */
    cm_status (*bind)(cm_ctx *cx, struct cm_flight *f, size_t set, cm_value *values, cm_arena *scratch);
    /* One row, decoded to nothing yet: raw driver values, valid during the call. NULL: rows are an error of the maker. */
    cm_status (*row)(cm_ctx *cx, struct cm_flight *f, size_t set, cm_value *values, size_t n);
    /* After each set. rows: changed rows, or -1. id: last generated key. NULL: nobody cares. */
    cm_status (*done)(cm_ctx *cx, struct cm_flight *f, size_t set, int64_t rows, int64_t id);
    void *user;
    /* Once, after the first step: how many columns there are and what the database calls them. NULL: nobody cares. */
    cm_status (*columns)(cm_ctx *cx, struct cm_flight *f, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt);
    /* Once, at the end, whatever became of it; answers st, or a failure of its own. set: at fault, SIZE_MAX: none of this
     * flight. NULL: nobody cares. */
    cm_status (*over)(cm_ctx *cx, struct cm_flight *f, size_t set, cm_status st);
    int64_t kept;            /* told to `over`: rows that the refused statement wrote all the same (ON CONFLICT FAIL), or -1 */
    cm_node *shown_as;       /* what its statement was made from, for watchers; borrowed. NULL: nothing that has a node */
    size_t part;             /* cm_conn__open: rows a server is asked for at a time; 0: as the driver has it */
    /* The same for many sets at once, or NULL: its parameters take a list of the values of stmt's. key_at: column of its
     * answer by whose order rows belong to their sets; -1: it answers none. */
    const cm_compiled *bulk;
    int key_at;
    bool loose;              /* rows need not be as many as sets, nor each be known for its set's: those of many sets come with the
                                first, and `done` is told once for all of them. What `bind` made lives until the flight is over */
} cm_flight;
/* Runs a flight: prepares (cache by stmt->id), begins the transaction if one is due, binds, steps, resets. GIL policy here.
 * On failure SQL is added to the error and the connection's transaction state is read back from the database. */
cm_status cm_conn__fly(cm_ctx *cx, cm_conn *conn, cm_flight *flight);
/* The same without waiting, where the driver can and a transaction is there: the flight is sent, and lands by cm_conn__land or
 * before anything else runs on the connection, after those sent before it. It must stay until `over`. A failure ends all
 * that are under way. */
cm_status cm_conn__depart(cm_ctx *cx, cm_conn *conn, cm_flight *flight);
cm_status cm_conn__land(cm_ctx *cx, cm_conn *conn);
void cm_conn__scrap(cm_ctx *cx, cm_conn *conn); /* gives up what is under way */
/* A flight of one set whose rows are pulled instead of pushed (streams, yield_per). owns: *out by caller. */
typedef struct cm_cursor cm_cursor;
cm_status cm_conn__open(cm_ctx *cx, cm_conn *conn, cm_flight *flight, cm_cursor **out);
cm_status cm_cursor__next(cm_ctx *cx, cm_cursor *cursor, const cm_value **values, bool *more);
const char *cm_cursor__column_name(const cm_cursor *cursor, size_t i); /* as the database says; NULL past the end */
void cm_cursor__close(cm_ctx *cx, cm_cursor *cursor);

/* Fills values from a statement's binds, the caller's mapping and column defaults: the ordinary binder. Start with {key,
 * mapping} and zeros; cm_bind__release when the set is done (or before the next), as slices point into what is held. */
typedef struct cm_bind_env {
    const cm_keybuf *key;    /* binds of the statement at hand, by ordinal */
    void *mapping;           /* host mapping of this set, or NULL */
    size_t group;            /* number of the set, for messages */
    void **given;            /* out: borrowed host value of every param (NULL for items of lists); NULL: not wanted */
    cm_conn *conn;           /* the statement runs on, for defaults that ask; or NULL */
    cm_objs held;            /* references that keep the values alive */
    const void *items_of; size_t items_at, nitems, width; /* IN list expanded last: a slice of held, rows of width */
} cm_bind_env;
cm_status cm_bind__values(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, cm_value *values, cm_arena *scratch);
void cm_bind__release(cm_ctx *cx, cm_bind_env *env);
/* Parameter i alone: for binders that fill some parameters themselves (loaders know the keys). */
cm_status cm_bind__value(cm_ctx *cx, const cm_compiled *c, cm_bind_env *env, size_t i, cm_value *out, cm_arena *scratch);
/* Decodes raw row values: codec, then one host call. out: new references. */
cm_status cm_row__decode(cm_ctx *cx, const cm_type *const *types, cm_value *raw, size_t n, cm_arena *scratch, void **out);

/* What a plan is made for, beside its statement. */
typedef struct cm_plan_terms {
    const char *const *names; size_t nnames; /* keys of the caller's mapping, for INSERT and UPDATE */
    size_t nrows;            /* INSERT: rows of VALUES; 0: one */
    bool arrays;             /* INSERT: the values of many rows as one array each, where that can be (CM_C_ARRAYS) */
} cm_plan_terms;
/* Keys of the first of a caller's mappings, which decide which columns an INSERT or UPDATE writes; sorted, for one plan whatever
 * their order. None for other statements. owns: *names until cm_names__dispose, also on failure. */
typedef struct cm_names {
    cm_arena arena;
    const char **v; size_t n, cap;
} cm_names;
cm_status cm_names__collect(cm_ctx *cx, const cm_node *stmt, void *const *params, size_t nparams, cm_names *names);
void cm_names__dispose(cm_ctx *cx, cm_names *names);
/* The plan of a statement as Core runs it: found by its key or compiled now. key: zeroed or reset; filled, so that binds can
 * be read from it. terms: NULL: none. owns: *out retained. */
cm_status cm_conn__plan(cm_ctx *cx, cm_conn *conn, cm_node *stmt, cm_keybuf *key, const cm_plan_terms *terms, cm_plan **out);
/* cm_conn__fly of an ordinary statement, whose plan was made on these terms; sets of an INSERT go many rows at a time where that
 * pays. bind: what it made lives until `done`, where there is a `bulk` until the flight is over. */
cm_status cm_conn__fly_rows(cm_ctx *cx, cm_conn *conn, cm_node *stmt, const cm_plan_terms *terms, cm_flight *flight);
/* The connection's buffer for a key, empty, for one statement: a statement that runs inside another one starts with its own.
 * give_key puts it back (or another in its place) while the connection is there. */
cm_keybuf cm_conn__take_key(cm_conn *conn);
void cm_conn__give_key(cm_ctx *cx, cm_conn *conn, cm_keybuf *take_key);

/* cm_conn_rollback for a connection that is given back next: where the driver can, the answer is not waited for. */
cm_status cm_conn__let_go(cm_ctx *cx, cm_conn *conn);
const cm_dialect *cm_engine__dialect(const cm_engine *engine);
bool cm_engine__lints(const cm_engine *engine);
void *cm_engine__host_dialect(const cm_engine *engine); /* borrowed; NULL: none */
cm_engine *cm_conn__engine(const cm_conn *conn);
/* A session joins a connection that somebody else closes, and parts from it: until then it answers CM_E_CLOSED. */
/* Around a statement and whatever uses the connection after it: a connection that is closed in between goes at the last leave. */
void cm_conn__enter(cm_conn *conn);
void cm_conn__leave(cm_ctx *cx, cm_conn *conn);
void cm_conn__join(cm_conn *conn);
void cm_conn__part(cm_ctx *cx, cm_conn *conn);
bool cm_conn__told(const cm_conn *conn); /* somebody listens to its transactions */

/* Schemas that stand for others in the statements of a connection: pairs of names, "" for none, NULL ends. Counted. */
typedef struct cm_schema_map {
    int64_t refs;            /* atomic */
    size_t n;                /* names, both of each pair */
    const char *pairs[];     /* the bytes follow */
} cm_schema_map;
cm_status cm_schema_map__new(cm_ctx *cx, const char *const *pairs, cm_schema_map **out);
cm_schema_map *cm_schema_map__retain(cm_schema_map *map); /* NULL is fine */
void cm_schema_map__release(cm_ctx *cx, cm_schema_map *map);
bool cm_schema_map__same(const cm_schema_map *a, const cm_schema_map *b);
/* Words for a plan key; nothing for NULL. */
cm_status cm_schema_map__key(cm_ctx *cx, cm_keybuf *key, const cm_schema_map *map);
const char *cm_conn__schema(const cm_conn *conn, const char *schema); /* as the map has it; NULL: none */
cm_schema_map *cm_conn__schemas(const cm_conn *conn);                 /* borrowed until it is set anew; NULL: none */
/* Results built by others (the ORM): rows are host values, ncolumns each. owns: *out by caller; take_values moves on success. */
/* Joined collections repeat their parents: the reader of the result must make rows unique (cm_result_needs_unique). */
void cm_result__keep_rows(cm_result *result); /* instances handed out one by one live as long as the result */
void cm_result__set_needs_unique(cm_result *result, bool needs);
cm_status cm_result__from_values(cm_ctx *cx, size_t ncolumns, cm_str *const *names, cm_objs *take_values, cm_result **out);
/* A result whose rows come in chunks from elsewhere. fill: takes the place of *out with flat rows (references), and says whether
 * there may be more. close: ends the source, once. The result owns user. */
typedef struct cm_row_source {
    cm_status (*fill)(cm_ctx *cx, void *user, cm_objs *out, bool *more);
    void (*close)(cm_ctx *cx, void *user);
    void *user;
    cm_session *session;     /* whose turn a fill takes, for the host; or NULL */
} cm_row_source;
cm_status cm_result__from_source(cm_ctx *cx, size_t ncolumns, cm_str *const *names, const cm_row_source *source, cm_result **out);
#endif
