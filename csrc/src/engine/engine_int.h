/* visible to: engine */
/* Structures of the engine room, bottom up.
 *
 *   cm_stmt    a prepared statement in the cache of its link                      stmt_cache.c
 *   cm_link    a physical connection: driver connection + statement cache         link.c
 *   cm_pool    links at rest, and the right to open more                          pool.c
 *   cm_conn    a link in somebody's hands: transaction state, open cursors        conn.c
 *   cm_engine  dialect + driver + options + pool + plan cache                     engine.c
 *
 * A link serves one thread at a time. Links of databases that live in memory are shared by all connections of the engine:
 * those have a lock, taken for each operation by the thread that runs it (again and again by the same thread), and one
 * writer at a time: a connection of another thread that wants to write waits until the writer's transaction is over, as it
 * would for a file; one of the same thread joins it, for waiting would be for ever. */
#ifndef CM_ENGINE_INT_H
#define CM_ENGINE_INT_H

#include "driver/driver.h"
#include "engine/engine.h"

typedef struct cm_stmt {
    cm_dstmt *d;
    uint64_t key;                  /* compiled id, or hash of the text */
    char *sql; size_t nsql;        /* text of statements found by text; NULL for compiled ones */
    uint8_t kind;                  /* cm_stmt_kind */
    bool cached;
    unsigned users;                /* flights and cursors that run it; several only where all are sent ahead */
    bool ahead;                    /* they are */
    struct cm_stmt *newer, *older; /* LRU list of the cache */
} cm_stmt;

typedef struct cm_stmt_cache {
    cm_map by_key;
    cm_stmt *newest, *oldest;
    size_t n, max;
} cm_stmt_cache;

enum { CM_LAST_SQL = 64 };

typedef struct cm_link {
    const cm_driver *driver;
    cm_dconn *d;
    cm_stmt_cache stmts;
    int64_t opened_us;
    unsigned forks;                /* cm_link__forks() when it was opened: children of that process must not touch it */
    uint64_t generation;           /* of the pool when it was opened; older ones are not kept */
    uint64_t thread;               /* SingletonThread: whose it is */
    bool dead;                     /* not to be used again */
    int users;                     /* connections that hold it */
    int64_t taken_us; uint64_t holder; /* of links in use: since when, by which thread */
    void *site; int site_at;       /* where in the program (cm_host.call_site); owned, or NULL */
    uint64_t last_sql[CM_LAST_SQL / 8]; /* the statement run last, its first bytes; atomic words */
    struct cm_link *next_held, *prev_held; /* the pool's list of links in use */
    struct cm_link *next, *prev;   /* in the pool's list */
    cm_face *face;                 /* host object that stands for it, or NULL */
    void *lock;                    /* shared links: mutex of what follows; NULL: serves one connection */
    uint64_t owner; int depth;     /* thread in an operation, and how deep */
    cm_conn *writer;               /* whose transaction is open, or NULL */
    uint64_t writer_thread;
    uint64_t tx;                   /* number of the transaction; starts at 1, grows when one ends */
} cm_link;

/* link.c. open: leaves the host. owns: *out by caller, cm_link__close. */
cm_status cm_link__open(cm_ctx *cx, cm_engine *engine, bool shared, cm_link **out);
void cm_link__close(cm_ctx *cx, cm_link *link); /* NULL is fine; a link of another process is forgotten, not closed */
unsigned cm_link__forks(void);                  /* forks that lie between this process and the one that loaded the library */
bool cm_link__foreign(const cm_link *link);     /* opened by another process (before a fork) */
void cm_link__lock(cm_ctx *cx, cm_link *link);  /* around each operation; nothing to do for links of one connection */
void cm_link__unlock(cm_ctx *cx, cm_link *link);
/* A shared link's right to write for conn; waits for another thread's transaction. fails: CM_E_OPERATIONAL (locked). */
cm_status cm_link__claim(cm_ctx *cx, cm_link *link, cm_conn *conn);
/* The server hung up: the link is not used again, and idle ones opened before are looked upon as gone too. */
void cm_link__lost(cm_ctx *cx, cm_engine *engine, cm_link *link);
void cm_link__settle(cm_ctx *cx, cm_link *link); /* after what may have ended a transaction: lets the next writer go on */

/* stmt_cache.c. get: a statement not in use by anybody, or (ahead) by flights sent ahead only. fails: what the database says, CM_E_PROGRAMMING. */
cm_status cm_stmt__get(cm_ctx *cx, cm_link *link, const cm_compiled *c, bool ahead, cm_stmt **out);
void cm_stmt__give(cm_ctx *cx, cm_link *link, cm_stmt *stmt); /* resets it; NULL is fine */
void cm_stmt__clear(cm_ctx *cx, cm_link *link);

/* pool.c */
typedef struct cm_pool {
    cm_pool_kind kind;
    bool lifo, pre_ping;
    int size, max_overflow;
    int64_t timeout_us, recycle_us; /* recycle -1: never */
    void *lock;
    cm_link *first, *last;         /* idle links (Static, SingletonThread: all of them), oldest first */
    int nidle, nopen;              /* nidle: links in the list; nopen: idle, in use and being opened */
    int nopening;                  /* shared links being opened */
    unsigned forks;                /* cm_link__forks() when it began */
    uint64_t generation;
    cm_link *held;                 /* links in use of a queue */
    cm_link *isolated;             /* the one link that is handed out (isolate.c), or NULL */
} cm_pool;
/* holders.c */
void cm_holder__took(cm_ctx *cx, cm_pool *pool, cm_link *link);
void cm_holder__gave(cm_ctx *cx, cm_pool *pool, cm_link *link);
void cm_holder__ran(cm_link *link, const char *sql, size_t n);
void cm_holder__tell(cm_ctx *cx, const cm_pool *pool, cm_buf *b); /* a line for each link in use */

cm_status cm_pool__init(cm_ctx *cx, cm_pool *pool, const cm_engine_options *o, bool in_memory);
void cm_pool__dispose(cm_ctx *cx, cm_pool *pool);  /* with its lock */
void cm_pool__close_idle(cm_ctx *cx, cm_pool *pool);
cm_status cm_pool__take(cm_ctx *cx, cm_engine *engine, cm_link **out);
void cm_pool__distrust(cm_ctx *cx, cm_pool *pool);  /* idle links are closed instead of being taken */
void cm_pool__give(cm_ctx *cx, cm_engine *engine, cm_link *link);

/* plan_cache.c */
struct cm_plan_cache {
    void *lock;
    cm_plan **buckets; size_t nbuckets; /* a power of two, or 0 */
    cm_plan *newest, *oldest;
    size_t n, max;
    uint64_t hits, misses, compiles;
};
cm_status cm_plans__init(cm_ctx *cx, cm_plan_cache *plans, size_t max);
void cm_plans__clear(cm_ctx *cx, cm_plan_cache *plans);
void cm_plans__dispose(cm_ctx *cx, cm_plan_cache *plans);

struct cm_engine {
    int64_t refs;                  /* atomic */
    cm_env *env;
    cm_engine_options options;     /* strings replaced by the copies below */
    char *url_text;                /* password hidden */
    cm_url *url;
    char **args;                   /* pairs of the URL's query and connect_args, NULL ends; owned */
    const cm_driver *driver;
    const cm_dialect *dialect;
    cm_pool pool;
    cm_plan_cache plans;
    int server_version;            /* of the first connection; 0 unknown */
    cm_status (*watch)(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event);
    void *watch_user;
    cm_status (*transact)(cm_ctx *cx, void *user, cm_conn *conn, cm_transact what, const char *name);
    void *transact_user;
    void *host_dialect;            /* retained host object types are asked of (cm_compile_request), or NULL */
};

struct cm_conn {
    cm_engine *engine;             /* retained */
    cm_link *link;                 /* NULL once closed */
    size_t guests;                 /* sessions that joined it: it outlives being closed while there are any */
    size_t flying;                 /* statements under way: it outlives being closed by what they call */
    bool closed;
    bool begun;                    /* cm_conn_begin was called */
    bool autocommit;               /* isolation level AUTOCOMMIT: the database hears of no transaction */
    bool isolation_set;            /* the link has another isolation level than its default */
    uint64_t tx;                   /* shared links: transaction this connection takes part in; 0 none */
    bool lost;                     /* the database gave the transaction up after an error; only rollback helps */
    cm_cursor *cursors;            /* open ones */
    cm_keybuf key;                 /* reused from statement to statement */
    cm_face *face;                 /* host object that stands for it, or NULL */
    cm_schema_map *schemas;        /* owned, or NULL */
    char *xid;                     /* owned: of a transaction in two phases, or NULL */
    bool prepared;                 /* its first phase is over */
    struct cm_run *ahead;          /* flights sent and not landed, in order (ahead.c) */
    struct cm_run *sending;        /* the last of them, while it is being sent */
    size_t nahead;                 /* sets sent since the last wait */
    bool landing;
};
cm_status cm_conn__usable(cm_ctx *cx, cm_conn *conn); /* fails: CM_E_CLOSED, CM_E_PENDING_ROLLBACK */
cm_status cm_conn__ready(cm_ctx *cx, cm_conn *conn);  /* the same, and nothing is under way any more */
cm_status cm_conn__send(cm_ctx *cx, cm_conn *conn, cm_flight *flight); /* cm_conn__depart of a flight that may */
cm_status cm_bulk__send(cm_ctx *cx, cm_conn *conn, cm_flight *flight); /* the same by flight->bulk, in parts */
bool cm_bulk__pays(const cm_conn *conn, size_t nsets); /* a statement that takes so many sets as arrays is worth to be made */
enum { CM_BULK_SETS = CM_SIZE(16, 4) };               /* from here on arrays pay */
bool cm_conn__may_depart(const cm_conn *conn);        /* a flight can be sent ahead, before any other that is not */
/* Sends BEGIN if a statement of that kind asks for it; called with the host left. */
cm_status cm_conn__begin_due(cm_ctx *cx, cm_conn *conn, cm_stmt_kind kind);
/* two_phase.c */
void cm_two_phase__forget(cm_ctx *cx, cm_conn *conn);
cm_status cm_two_phase__end(cm_ctx *cx, cm_conn *conn, bool commit); /* of a prepared transaction */
/* Wraps a link for on_connect; borrowed engine and link. */
cm_status cm_conn__greet(cm_ctx *cx, cm_engine *engine, cm_link *link);
/* Runs SQL that has neither values nor rows worth reading. */
cm_status cm_conn__run_text(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n);
/* enum_types.c: creates the native enums of tables that are not there, or drops those no column has any more. */
cm_status cm_enum__settle(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool drop);
/* Compiled form of SQL text, on the caller's stack; sql must outlive it. */
cm_compiled cm_conn__text(const char *sql, size_t n, size_t nparams);
/* flight.c: closes what a connection left open. */
void cm_cursor__abandon_all(cm_ctx *cx, cm_conn *conn);
/* Rows changed by a cursor that was read to its end, or -1. */
int64_t cm_cursor__changes(const cm_cursor *cursor);

/* result.c */
typedef struct cm_result_column {
    cm_str *name;                  /* retained */
    const cm_codec *codec;         /* NULL: raw values need none */
    cm_node *node;                 /* borrowed from the plan, or NULL */
} cm_result_column;
struct cm_result {
    cm_plan *plan;                 /* retained, or NULL for SQL text */
    size_t ncolumns;
    cm_result_column *columns;
    const cm_type **types;         /* borrowed from the plan or the environment */
    bool returns_rows, described;
    bool keeps; size_t kept;       /* rows pulled in parts stay alive with the result: values[0..kept) were handed out */
    bool needs_unique;             /* rows repeat: a collection was joined in */
    void **values; size_t nvalues, cap, pos; /* rows not fetched yet: values[pos..nvalues) */
    int64_t rowcount, lastrowid;
    void **given;                  /* by parameter: host values of the single set written, retained; or NULL */
    cm_arena scratch;              /* of decoding; reset per row */
    cm_row_source source;          /* rows come in chunks; fill NULL: they do not */
    struct cm_stream *stream;      /* rows come from a cursor; NULL: they are all here */
};
cm_status cm_result__new(cm_ctx *cx, cm_plan *plan, cm_result **out); /* retains plan; NULL is fine */
/* What flights call: flight->user is the result or begins with a pointer to it. */
cm_status cm_result__columns(cm_ctx *cx, cm_flight *f, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt);
cm_status cm_result__row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *raw, size_t n);
cm_status cm_result__done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id);
#endif
