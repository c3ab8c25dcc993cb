/* visible to: driver */
/* The structures of the PostgreSQL driver and what its files share.
 *
 *   pg.c          connections: opening, transactions, questions about the server
 *   pg_options.c  URL and connect_args -> conninfo
 *   pg_wire.c     the conversation: what is queued, the one place that waits, replies in their order
 *   pg_stmt.c     prepare, bind, step, rows
 *   pg_encode.c, pg_array.c   values -> parameters          pg_decode.c, pg_text.c   columns -> values, binary and text
 *   pg_errors.c   table: SQLSTATE -> status, flags
 *
 * The connection stays in libpq's pipeline mode. Commands are queued (BEGIN, Parse, Execute, ...) and end in one Sync; then
 * replies are read in the same order. So BEGIN and Parse cost no wait of their own: they travel with the statement that
 * needed them. libpq is used non-blocking throughout: cm_pg__wait is the only place that waits, with the host left. */
#ifndef CM_PG_INT_H
#define CM_PG_INT_H

#include "driver/scan.h"

#include <libpq-fe.h>

enum { PG_NAME_BYTES = 24, PG_SCALAR_BYTES = 16, PG_TEXT_BYTES = 64, PG_PARAMS_MAX = 65535 };

/* OIDs of the types this driver has a binary form for; fixed in every PostgreSQL. */
enum {
    PG_BOOL = 16, PG_BYTEA = 17, PG_CHAR = 18, PG_NAME = 19, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_TEXT = 25, PG_OID = 26,
    PG_JSON = 114, PG_FLOAT4 = 700, PG_FLOAT8 = 701, PG_UNKNOWN = 705, PG_BPCHAR = 1042, PG_VARCHAR = 1043, PG_DATE = 1082, PG_TIME = 1083,
    PG_TIMESTAMP = 1114, PG_TIMESTAMPTZ = 1184, PG_INTERVAL = 1186, PG_TIMETZ = 1266, PG_NUMERIC = 1700, PG_UUID = 2950, PG_JSONB = 3802
};

struct cm_dconn {
    PGconn *pg;
    char *begin_sql;             /* owned: "BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE" */
    bool begin_due;              /* BEGIN goes out with the next statement */
    bool unnamed;                /* no named statements (behind a pooler of transactions) */
    bool dead;                   /* the server hung up */
    bool ending;                 /* ROLLBACK was sent; its answer is read before anything else is */
    unsigned prefix;             /* commands queued ahead of the executions whose replies are to come */
    unsigned executions;         /* executions queued whose replies are to come */
    bool synced;                 /* Sync was sent after them */
    bool prefix_failed;          /* the failure came before the execution: nothing was prepared */
    PGresult **ahead; size_t nahead, ahead_at, ahead_cap; /* replies of executions sent ahead, not stepped yet */
    cm_ctx *cx;                  /* of the operation under way */
    uint64_t names;              /* statements named so far */
    uint64_t *closing; size_t nclosing, closing_cap; /* names to DEALLOCATE when it costs no wait */
    int server_version;
    cm_status interrupted;       /* the host stopped the wait */
    int cancelled;               /* atomic: cm_driver.cancel was called */
    cm_status status;            /* the last failure: its status, CM_OK none */
    bool retryable, stale_plan;
    char sqlstate[6];
    char constraint[128];
    char message[CM_ERROR_TEXT];
};

typedef struct pg_column {
    Oid type;
    bool binary;
    void (*decode)(struct cm_dstmt *s, const char *p, int n, cm_value *out); /* NULL: text as it is */
} pg_column;

struct cm_dstmt {
    cm_dconn *conn;
    char *sql;                   /* owned; placeholders are $1, $2, ... */
    char *names_text; const char **names; /* of %(name)s placeholders, ":name"; or NULL */
    size_t nparams;
    uint8_t kind;                /* cm_stmt_kind */
    uint64_t name;               /* of the server's statement; 0: not prepared */
    bool described, binary_ok;   /* columns are known; all of them have a binary form */
    bool wants_scratch;          /* some column is decoded into scratch */
    bool blank;                  /* the text held no statement */
    /* parameters of the run */
    Oid *oids, *declared;        /* wanted now; as prepared */
    const char **values; int *lengths, *formats;
    char *scalars;               /* nparams * PG_SCALAR_BYTES */
    char *text; size_t ntext, text_cap; size_t *offsets; /* text forms; offsets[i] + 1 into text, 0: elsewhere */
    /* result */
    PGresult *res;
    int row, nrows;
    bool queued;                 /* sent ahead (cm_driver.send): step takes replies from conn->ahead */
    bool running;
    pg_column *columns; size_t ncolumns, columns_cap;
    cm_status bad_row;           /* a value of the row could not be read; the next step reports it */
    char *scratch; size_t nscratch, scratch_cap; /* decoded forms of the row */
};

/* pg_errors.c */
typedef struct pg_error_info {
    const char *sqlstate;        /* five characters, or the two of a class */
    cm_status status;
    bool disconnected, retryable;
} pg_error_info;
const pg_error_info *cm_pg__error_info(const char *sqlstate); /* never NULL */
/* Record a failure in the connection and answer its status. */
cm_status cm_pg__fail(cm_dconn *c, cm_status st, const char *sqlstate, const char *message);
cm_status cm_pg__result_failed(cm_dconn *c, const PGresult *res);
cm_status cm_pg__lost(cm_dconn *c);      /* what libpq says of a broken connection */
void cm_pg__report(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n);

/* pg_options.c */
cm_status cm_pg__configure(cm_ctx *cx, cm_url *url, const char *const *options);
/* Arrays for PQconnectStartParams; strings borrowed from url and options, the arrays owned (cm__free). */
cm_status cm_pg__conninfo(cm_ctx *cx, const cm_url *url, const char *const *options, const char ***keys, const char ***values);
const char *cm_pg__level(const char *word); /* "REPEATABLE READ" of any spelling; NULL: none */

/* pg_wire.c */
cm_status cm_pg__poll(cm_ctx *cx, cm_dconn *c, short events, int64_t deadline_us); /* fails: CM_E_TIMEOUT, the host's */
uint64_t cm_pg__waits(void);             /* turns, each of which some connection waits for: what tests of performance count. thread: any */
cm_status cm_pg__wait(cm_ctx *cx, cm_dconn *c);                    /* until a reply can be read without waiting */
cm_status cm_pg__prologue(cm_ctx *cx, cm_dconn *c);                /* queues BEGIN and DEALLOCATEs that are due */
cm_status cm_pg__send_sync(cm_ctx *cx, cm_dconn *c);
cm_status cm_pg__reply(cm_ctx *cx, cm_dconn *c, PGresult **out);   /* of the next command; prefix first. owns: *out by caller */
cm_status cm_pg__finish(cm_ctx *cx, cm_dconn *c, cm_status st);    /* reads on to the Sync; first failure wins */
/* A statement without rows worth keeping, at once. values are text. */
cm_status cm_pg__run(cm_ctx *cx, cm_dconn *c, const char *sql, int nvalues, const char *const *values, PGresult **out);

/* pg_encode.c */
cm_status cm_pg__encode(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
cm_status cm_pg__check_slice(cm_dstmt *s, const cm_value *v); /* length; no NUL in text */
cm_status cm_pg__check_range(cm_dstmt *s, Oid oid, const cm_value *v); /* whole numbers that the type cannot hold */
Oid cm_pg__oid(const cm_type *type, const cm_value *v);       /* what the value goes as; of an array: its items; 0: the server knows */
/* Bytes of the binary form, -1: none. *p: into small (PG_SCALAR_BYTES) or where the value lies. */
int cm_pg__binary(Oid oid, const cm_value *v, char *small, const char **p);
size_t cm_pg__text(const cm_value *v, char *small, const char **p); /* the same for text; small: PG_TEXT_BYTES */
char *cm_pg__room(cm_ctx *cx, cm_dstmt *s, size_t n);        /* n bytes at s->text + s->ntext, not taken yet; NULL: no memory (recorded) */
/* pg_array.c */
cm_status cm_pg__encode_array(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);

/* pg_decode.c, pg_text.c */
typedef void (*pg_decoder)(cm_dstmt *s, const char *p, int n, cm_value *out);
pg_decoder cm_pg__binary_decoder(Oid type, bool *known);
pg_decoder cm_pg__text_decoder(Oid type);
void cm_pg__bad_value(cm_dstmt *s, cm_value *out, const char *what, const char *p, int n); /* p NULL: not text */
char *cm_pg__scratch(cm_dstmt *s, size_t n); /* until the next row; NULL without memory (recorded) */
void cm_pg__moment(cm_dstmt *s, int64_t us, bool zone, cm_value *out); /* us since 2000-01-01 */
enum { PG_EPOCH_DAYS = 10957 }; /* 1970-01-01 to 2000-01-01 */

/* pg_stmt.c */
cm_status cm_pg__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out);
void cm_pg__finalize(cm_ctx *cx, cm_dstmt *s);
size_t cm_pg__nparams(cm_dstmt *s);
const char *cm_pg__param_name(cm_dstmt *s, size_t i);
cm_status cm_pg__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
cm_status cm_pg__send(cm_ctx *cx, cm_dstmt *s);
cm_status cm_pg__sync(cm_ctx *cx, cm_dconn *c);
int cm_pg__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure);
size_t cm_pg__ncolumns(cm_dstmt *s);
const char *cm_pg__column_name(cm_dstmt *s, size_t i);
const char *cm_pg__column_decltype(cm_dstmt *s, size_t i);
void cm_pg__row(cm_dstmt *s, size_t first, size_t n, cm_value *out);
void cm_pg__reset(cm_dstmt *s, bool again);
int64_t cm_pg__changes(cm_dstmt *s);
cm_stmt_kind cm_pg__kind(cm_dstmt *s);

extern const cm_driver cm__driver_pg;
#endif
