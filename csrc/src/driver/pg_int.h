/* visible to: driver */
/* The structures of the PostgreSQL driver and what its files share.
 *
 *   pg.c          connections: opening, questions about the server; the seam
 *   pg_tx.c       transactions
 *   pg_options.c  URL and connect_args -> conninfo
 *   pg_wire.c     the conversation: what is queued, the one place that waits, replies in their order
 *   pg_stmt.c     prepare, bind, step, rows
 *   pg_stream.c   rows in parts
 *   pg_encode.c   values -> parameters          pg_decode.c, pg_text.c   columns -> values, binary and text
 *   pg_numeric.c pg_array.c pg_forms.c          numeric, arrays, types that are text to the host: in detail
 *   pg_types.c    OIDs: arrays and their items, the database's own types
 *   pg_errors.c   table: SQLSTATE -> status, flags
 *
 * The connection stays in libpq's pipeline mode. Commands are queued (BEGIN, Parse, Execute, ...) and end in one Sync; then
 * replies are read in the same order. So BEGIN and Parse cost no wait of their own: they travel with the statement that
 * needed them. libpq is used non-blocking throughout: cm_pg__wait is the only place that waits, with the host left. */
#ifndef CM_PG_INT_H
#define CM_PG_INT_H

#include "driver/scan.h"

#include <libpq-fe.h>

enum { PG_GRACE_US = 2000000 }; /* how long a server may take to say that a statement was stopped */
enum { PG_NAME_BYTES = 24, PG_SCALAR_BYTES = 16, PG_PARAMS_MAX = 65535, PG_WONDERS_MAX = 16, PG_FIRST_OWN = 16384 };

/* OIDs of the types this driver has a binary form for; fixed in every PostgreSQL. */
enum {
    PG_BOOL = 16, PG_BYTEA = 17, PG_CHAR = 18, PG_NAME = 19, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_TEXT = 25, PG_OID = 26,
    PG_JSON = 114, PG_XML = 142, PG_CIDR = 650, PG_FLOAT4 = 700, PG_FLOAT8 = 701, PG_UNKNOWN = 705, PG_MACADDR8 = 774, PG_MACADDR = 829,
    PG_INET = 869, PG_BPCHAR = 1042, PG_VARCHAR = 1043, PG_DATE = 1082, PG_TIME = 1083,
    PG_TIMESTAMP = 1114, PG_TIMESTAMPTZ = 1184, PG_INTERVAL = 1186, PG_TIMETZ = 1266, PG_BIT = 1560, PG_VARBIT = 1562, PG_NUMERIC = 1700,
    PG_UUID = 2950, PG_TSVECTOR = 3614, PG_JSONB = 3802, PG_INT4RANGE = 3904, PG_NUMRANGE = 3906, PG_TSRANGE = 3908, PG_TSTZRANGE = 3910,
    PG_DATERANGE = 3912, PG_INT8RANGE = 3926, PG_INT4MULTIRANGE = 4451, PG_NUMMULTIRANGE = 4532, PG_TSMULTIRANGE = 4533,
    PG_TSTZMULTIRANGE = 4534, PG_DATEMULTIRANGE = 4535, PG_INT8MULTIRANGE = 4536
};

typedef struct pg_kind {         /* a type of the database's own */
    Oid type, item, base;        /* item: of an array, 0: none; base: whose form it has, 0: unknown */
} pg_kind;

typedef struct pg_failure {
    cm_status status;            /* CM_OK: none */
    bool retryable, stale_plan;
    char sqlstate[6];
    char constraint[128];
    char message[CM_ERROR_TEXT];
} pg_failure;

enum pg_nest { PG_NEST_NONE = 0, PG_NEST_IDLE = 1, PG_NEST_BEGUN = 2 };

struct cm_dconn {
    PGconn *pg;
    char *begin_sql;             /* owned: "BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE" */
    const char *level, *default_level; /* isolation, static; NULL: the server's default */
    int read_only, deferrable;   /* 1, 0; -1: the server's default */
    uint8_t nest;                /* pg_nest: inside a transaction around all others (tests) */
    bool statement_saved;        /* there: a statement's own savepoint is set */
    bool ending_nested;          /* there: what runs ends a savepoint */
    uint64_t tx;                 /* counts transactions begun, and rollbacks: cursors of before may be gone */
    bool begin_due;              /* BEGIN goes out with the next statement */
    bool unnamed;                /* no named statements (behind a pooler of transactions) */
    bool dead;                   /* the server hung up */
    bool ending;                 /* ROLLBACK was sent; its answer is read before anything else is */
    unsigned prefix;             /* commands queued since the last execution was */
    unsigned *leads; size_t nleads, leads_cap; /* for each execution queued: how many commands went before it */
    unsigned executions;         /* those whose replies are to come: the last ones */
    bool synced;                 /* Sync was sent after them */
    bool prefix_failed;          /* the failure came before the execution: nothing was prepared */
    PGresult **ahead; size_t nahead, ahead_at, ahead_cap; /* replies of executions sent ahead, not stepped yet */
    cm_ctx *cx;                  /* of the operation under way */
    uint64_t names;              /* statements named so far */
    uint64_t *closing; size_t nclosing, closing_cap; /* names to DEALLOCATE (PG_PORTAL: to CLOSE) when it costs no wait */
    pg_kind *kinds; size_t nkinds, kinds_cap;
    Oid wonders[PG_WONDERS_MAX]; size_t nwonders; /* types met that the catalogue is to be asked of */
    unsigned types_in;           /* the catalogue's answer is so many replies ahead; 0: not asked */
    unsigned learned;            /* answers so far */
    int server_version;
    int64_t deadline_us;         /* when a wait is given up; -1: never */
    int64_t ping_us;             /* how long a look whether the server is there may take */
    cm_status interrupted;       /* the host stopped the wait */
    int cancelled;               /* atomic: cm_driver.cancel was called */
    pg_failure failure;          /* the last one */
};

typedef void (*pg_decoder)(cm_dstmt *s, const char *p, int n, cm_value *out);
typedef struct pg_column {
    Oid type;                    /* whose form the values have */
    bool binary;
    int least;                   /* bytes that the decoder reads without asking */
    pg_decoder decode;           /* NULL: text as it is */
} pg_column;

struct cm_dstmt {
    cm_dconn *conn;
    char *sql;                   /* owned; placeholders are $1, $2, ... */
    char *names_text; const char **names; /* of %(name)s placeholders, ":name"; or NULL */
    size_t nparams;
    uint8_t kind;                /* cm_stmt_kind */
    bool can_stream;             /* a query that a cursor may be declared for */
    size_t part;                 /* rows are fetched so many at a time; 0: all at once */
    uint64_t portal, portal_tx;  /* number of the server's cursor, 0: none; conn->tx when it was declared */
    bool rolls_back;             /* ROLLBACK, ROLLBACK TO */
    bool utility;                /* neither a query nor a change of rows */
    uint64_t name;               /* of the server's statement; 0: not prepared */
    bool described, binary_ok;   /* columns are known; all of them have a binary form */
    unsigned learned;            /* of the connection when binary_ok was found out */
    bool blank;                  /* the text held no statement */
    /* parameters of the run */
    Oid *oids, *declared;        /* wanted now; as prepared */
    const char **values; int *lengths, *formats;
    char *scalars;               /* nparams * PG_SCALAR_BYTES */
    char *text; size_t ntext, text_cap; size_t *offsets; /* text forms; offsets[i] + 1 into text, 0: elsewhere */
    /* result */
    PGresult *res;
    int row, nrows;
    unsigned queued;             /* sent ahead (cm_driver.send): steps take as many replies from conn->ahead */
    bool unsure;                 /* its Parse is on the way: a failure before it leaves the server without it */
    bool running;
    pg_column *columns; size_t ncolumns, columns_cap;
    cm_status bad_row;           /* a value of the row could not be read; the next step reports it */
    char type_code[12];          /* of the column asked about last */
    Oid reading;                 /* type of the value being decoded */
    cm_arena *scratch;           /* decoded forms of the row; NULL: none yet */
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
uint64_t cm_pg__binary_results(void);    /* results that came in binary. thread: any */
uint64_t cm_pg__waits(void);             /* turns, each of which some connection waits for: what tests of performance count. thread: any */
bool cm_pg__hung_up(cm_dconn *c);       /* between statements: has the server ended the connection already? */
cm_status cm_pg__wait(cm_ctx *cx, cm_dconn *c);                    /* until a reply can be read without waiting */
cm_status cm_pg__queue(cm_dconn *c, const char *sql);               /* one more command of the prefix */
/* Queues BEGIN and, unless the statement must be alone outside of a transaction (VACUUM), DEALLOCATEs and questions that are due. */
cm_status cm_pg__prologue(cm_ctx *cx, cm_dconn *c, bool alone);
cm_status cm_pg__reserve(cm_ctx *cx, cm_dconn *c);                 /* room to note an execution */
void cm_pg__queued(cm_dconn *c);                                   /* an execution was queued */
cm_status cm_pg__send_sync(cm_ctx *cx, cm_dconn *c);
cm_status cm_pg__reply(cm_ctx *cx, cm_dconn *c, PGresult **out);   /* of the next command; prefix first. owns: *out by caller */
cm_status cm_pg__finish(cm_ctx *cx, cm_dconn *c, cm_status st);    /* reads on to the Sync; first failure wins */
/* A statement without rows worth keeping, at once. values are text. */
cm_status cm_pg__run(cm_ctx *cx, cm_dconn *c, const char *sql, int nvalues, const char *const *values, PGresult **out);

/* pg_tx.c: entries of the seam, and what the conversation asks inside of nest(). */
cm_status cm_pg__set_isolation(cm_ctx *cx, cm_dconn *c, const char *level);
cm_status cm_pg__set_option(cm_ctx *cx, cm_dconn *c, const char *name, bool value);
cm_status cm_pg__nest(cm_ctx *cx, cm_dconn *c, bool on);
cm_status cm_pg__queue_nested(cm_ctx *cx, cm_dconn *c);
void cm_pg__mend_nested(cm_ctx *cx, cm_dconn *c);
bool cm_pg__in_transaction(cm_dconn *c);
bool cm_pg__begin_reads(cm_dconn *c);
cm_status cm_pg__begin(cm_ctx *cx, cm_dconn *c, const char *mode);
cm_status cm_pg__commit(cm_ctx *cx, cm_dconn *c);
cm_status cm_pg__rollback(cm_ctx *cx, cm_dconn *c);
cm_status cm_pg__let_go(cm_ctx *cx, cm_dconn *c);
cm_status cm_pg__two_phase(cm_ctx *cx, cm_dconn *c, cm_two_phase what, const char *xid);

/* pg_encode.c */
cm_status cm_pg__encode(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
Oid cm_pg__oid_of_value(const cm_value *v);
char *cm_pg__room(cm_ctx *cx, cm_dstmt *s, size_t n); /* n more bytes of s->text, until the next call; NULL without memory (recorded) */
/* Appends the binary form to s->text; *known false: there is none. fails: what check_value says, CM_E_NOMEM. */
cm_status cm_pg__put_binary(cm_ctx *cx, cm_dstmt *s, Oid oid, const cm_value *v, bool *known);
cm_status cm_pg__check_value(cm_dstmt *s, Oid oid, const cm_value *v); /* fails: CM_E_DATA, for what the server could not take */
int cm_pg__format_scalar(const cm_value *v, char *out, size_t cap);

/* pg_numeric.c, pg_array.c, pg_forms.c */
cm_status cm_pg__put_numeric(cm_ctx *cx, cm_dstmt *s, const char *p, size_t n, bool *known);
cm_status cm_pg__encode_array(cm_ctx *cx, cm_dstmt *s, size_t i, Oid item, const cm_value *v); /* item 0: what the values are */
void cm_pg__decode_numeric(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_array(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__text_array(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_inet(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_mac(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_bits(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_tsvector(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_range(cm_dstmt *s, const char *p, int n, cm_value *out);
void cm_pg__decode_multirange(cm_dstmt *s, const char *p, int n, cm_value *out);

/* pg_types.c */
Oid cm_pg__array_of(Oid item);                       /* 0: none that every database has */
Oid cm_pg__item_of(const cm_dconn *c, Oid array);    /* 0: not an array, as far as is known */
Oid cm_pg__base_of(const cm_dconn *c, Oid type);     /* itself, or what a type of the database's own is made of */
int cm_pg__least_bytes(Oid type);                    /* bytes its binary decoder reads without asking */
bool cm_pg__reader(cm_dconn *c, Oid type, bool binary, pg_column *out); /* false: no binary form is known; *out reads text */
cm_status cm_pg__queue_types(cm_ctx *cx, cm_dconn *c);
void cm_pg__take_types(cm_ctx *cx, cm_dconn *c, const PGresult *res);

/* pg_decode.c, pg_text.c */
pg_decoder cm_pg__binary_decoder(Oid type, bool *known);
pg_decoder cm_pg__text_decoder(Oid type);
void cm_pg__bad_value(cm_dstmt *s, cm_value *out, const char *what, const char *p, int n); /* p NULL: not text */
void *cm_pg__scratch(cm_dstmt *s, size_t n); /* zeroed, until the next row; NULL without memory (recorded) */
cm_arena *cm_pg__scratch_arena(cm_dstmt *s); /* the same as a whole */
void cm_pg__moment(cm_dstmt *s, int64_t us, bool zone, cm_value *out); /* us since 2000-01-01 */
void cm_pg__interval(cm_dstmt *s, int64_t months, int64_t days, int64_t us, cm_value *out);
enum { PG_EPOCH_DAYS = 10957 }; /* 1970-01-01 to 2000-01-01 */

/* pg_stream.c */
#define PG_PORTAL (1ull << 63)
bool cm_pg__may_stream(const char *word, const char *sql);
void cm_pg__stream(cm_dstmt *s, size_t rows);
bool cm_pg__streams(const cm_dstmt *s);      /* now: there is a transaction for the cursor to live in */
cm_status cm_pg__open_portal(cm_ctx *cx, cm_dstmt *s, PGresult **out);
cm_status cm_pg__next_part(cm_ctx *cx, cm_dstmt *s, PGresult **out);

/* pg_stmt.c */
void cm_pg__place_values(cm_dstmt *s);       /* pointers of the parameters that lie in s->text */
bool cm_pg__answers_binary(cm_dstmt *s);
cm_status cm_pg__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out);
void cm_pg__finalize(cm_ctx *cx, cm_dstmt *s);
size_t cm_pg__nparams(cm_dstmt *s);
const char *cm_pg__param_name(cm_dstmt *s, size_t i);
cm_status cm_pg__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
cm_status cm_pg__send(cm_ctx *cx, cm_dstmt *s);
cm_status cm_pg__sync(cm_ctx *cx, cm_dconn *c);
void cm_pg__drop_ahead(cm_dconn *c);     /* replies that nobody stepped to */
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
