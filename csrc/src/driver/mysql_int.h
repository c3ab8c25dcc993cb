/* visible to: driver */
/* The structures of the driver of MariaDB and MySQL and what its files share.
 *
 *   mysql.c          connections: opening, questions about the server        mysql_tx.c   transactions
 *   mysql_options.c  URL and connect_args -> options of the library
 *   mysql_wire.c     the one place that waits; one call per kind of command
 *   mysql_stmt.c     prepare, bind, step, rows
 *   mysql_message.c  sets of values as messages: one, or many on one wait
 *   mysql_encode.c   values -> parameters            mysql_decode.c   columns -> values, binary and text
 *   mysql_text.c     statements with their values written into them: rows of an INSERT on MySQL
 *   mysql_stream.c   rows in parts
 *   mysql_errors.c   table: error number -> status, flags
 *
 * The session runs with autocommit off while a transaction is wanted, so that BEGIN costs nothing: the server begins with the
 * first statement. Messages that execute a statement are written here, straight from the values, and handed to the library
 * (MYSQL_STMT.request_buffer); rows are read here from where the library stored them, for a call and a copy per column would
 * cost more than the rest. The library's non-blocking calls are used throughout: cm_mysql__wait is the only place that
 * waits, with the host left. */
#ifndef CM_MYSQL_INT_H
#define CM_MYSQL_INT_H

#include "driver/scan.h"

#include <mysql.h>

enum { MYSQL_BINARY_CHARSET = 63 };

struct cm_dconn {
    MYSQL *my;
    const cm_url *url; const char *const *options; /* the engine's; for the connection that cancels */
    bool mariadb;                /* takes arrays of parameters, answers keys with RETURNING; else MySQL */
    bool begun;                  /* a transaction is wanted or under way */
    bool ran, wrote;             /* a statement ran since it was begun; one that may have changed rows */
    bool nest, saved;            /* inside a transaction that isolates tests; begin's savepoint was made in it */
    bool poisoned;               /* a lock was waited for in vain: earlier statements are still in the transaction */
    bool dead;                   /* the server hung up */
    bool ending;                 /* ROLLBACK was sent; its answer is read before anything else is */
    int server_version;          /* 101119 for MariaDB 10.11.19, 80036 for MySQL 8.0.36 */
    size_t max_packet;           /* bytes of the longest message */
    int64_t key_step;            /* between generated keys of one INSERT; 0: to be asked */
    char *level;                 /* owned: isolation level of the session as it was; NULL while it is */
    cm_ctx *cx;                  /* of the operation under way */
    struct cm_dstmt *ahead;      /* sets of it were sent ahead and not all stepped */
    int64_t insert_id;
    cm_status interrupted;       /* the host stopped the wait */
    cm_status status;            /* the last failure: its status, CM_OK none */
    bool retryable;
    unsigned errnum;
    char sqlstate[6];
    char constraint[128];
    char message[CM_ERROR_TEXT];
};

typedef struct my_column my_column;
/* The value at p, of whose row `end` is the end; answers what follows, NULL if it goes beyond.
 * Numbers look at no end: whoever reads what a server wrote makes sure of their bytes. */
typedef const char *(*my_decoder)(my_column *col, const char *p, const char *end, cm_value *out);
struct my_column {
    my_decoder decode;
    uint8_t type;                /* enum_field_types */
    uint8_t width;               /* bytes of the shortest value */
    bool is_unsigned, binary;    /* binary: bytes, not text */
    char digits[24];             /* of a number over INT64_MAX */
};

/* Consecutive sets that travel as one message. */
typedef struct my_part {
    char *message; size_t n, cap; /* owned */
    size_t nsets;
    enum { MY_ONE, MY_ARRAY, MY_TEXT } form; /* one set; many (COM_STMT_BULK_EXECUTE); rows of one statement (COM_QUERY) */
} my_part;

struct cm_dstmt {
    cm_dconn *conn;
    char *sql; size_t nsql;      /* owned; placeholders are ? */
    char *names_text; const char **names; /* of %(name)s placeholders, ":name"; or NULL */
    size_t nparams;
    uint8_t kind;                /* cm_stmt_kind */
    bool blank;                  /* the text held no statement */
    bool direct;                 /* goes as text, unprepared */
    bool changes_rows;           /* INSERT, UPDATE, DELETE, REPLACE: takes arrays */
    bool inserts;                /* INSERT, REPLACE; on MySQL: of one row, which may be written several times */
    bool can_stream;             /* a query that a cursor may be opened for */
    bool no_arrays;              /* the server said so */
    bool sets;                   /* SET */
    bool filled;                 /* goes as text with its values in it: the server does not prepare it */
    size_t row_at, row_end;      /* of an INSERT: where its row stands in sql; 0: not looked for */
    bool rolls_back;             /* ROLLBACK, perhaps TO SAVEPOINT */
    bool commits;                /* DDL: the server commits what was done before */
    MYSQL_STMT *st;              /* NULL: not prepared */
    /* parameters of the set at hand, in wire form */
    uint16_t *types;             /* per parameter: enum_field_types */
    size_t *ends;                /* per parameter: where its value ends in `values` */
    char *values; size_t nvalues, values_cap;
    /* sets sent ahead (cm_driver.send) */
    bool queued;
    my_part *parts; size_t nparts, parts_cap;
    bool one_each;               /* each set of the part has a row or a change of its own */
    size_t part, set;            /* stepped now: a part, and the number of its sets that are done or under way */
    /* result */
    size_t stream;               /* rows that are wanted at a time; 0: all */
    bool on_server;              /* a cursor is open and has more rows */
    bool running;
    MYSQL_RES *text; MYSQL_ROW text_row; unsigned long *text_lengths; /* of a direct statement */
    MYSQL_ROWS *rows, *row;      /* the one handed out next; now */
    size_t rows_left;            /* that belong to the set at hand */
    int64_t affected;
    const MYSQL_FIELD *fields;   /* borrowed from st or text */
    my_column *columns; size_t ncolumns, columns_cap;
    cm_status bad_row;           /* a value of the row could not be read; the next step reports it */
};

/* mysql_errors.c */
typedef struct my_error_info {
    unsigned errnum;
    cm_status status;
    bool disconnected, retryable;
} my_error_info;
const my_error_info *cm_mysql__error_info(unsigned errnum, const char *sqlstate); /* never NULL */
/* Record a failure in the connection and answer its status; the first one counts. errnum 0: none of the server's. */
cm_status cm_mysql__fail(cm_dconn *c, cm_status st, unsigned errnum, const char *message);
cm_status cm_mysql__nomem(cm_dconn *c);
cm_status cm_mysql__failed(cm_dconn *c);                           /* what the library says of the connection */
cm_status cm_mysql__stmt_failed(cm_dconn *c, MYSQL_STMT *st);      /* ... of a statement */
void cm_mysql__report(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n);

/* mysql_options.c */
cm_status cm_mysql__configure(cm_ctx *cx, cm_url *url, const char *const *options);
void cm_mysql__apply(MYSQL *my, const cm_url *url, const char *const *options);
typedef struct my_target {
    const char *host, *user, *password, *database, *socket;
    unsigned port;
} my_target;
my_target cm_mysql__target(const cm_url *url, const char *const *options);
bool cm_mysql__wants_tls(const char *const *options);              /* some option asks for encryption */
const char *cm_mysql__level(const char *word);                     /* "REPEATABLE READ" of any spelling; NULL: none */

/* mysql_wire.c: each call waits until its answer is there. fails: what the server says, recorded in the connection. */
uint64_t cm_mysql__waits(void);  /* turns, each of which some connection waits for: what tests of performance count. thread: any */
cm_status cm_mysql__connect(cm_ctx *cx, cm_dconn *c, const my_target *to);
cm_status cm_mysql__ready(cm_ctx *cx, cm_dconn *c);                /* reads what is outstanding; clears the last failure */
cm_status cm_mysql__query(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, MYSQL_RES **out); /* out NULL: rows are dropped */
cm_status cm_mysql__send(cm_ctx *cx, cm_dconn *c, const char *sql); /* its answer is read by the next ready */
cm_status cm_mysql__ping(cm_ctx *cx, cm_dconn *c);
void cm_mysql__hang_up(cm_dconn *c); /* ends a conversation that cannot go on; nothing waits */
cm_status cm_mysql__stmt_prepare(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st, const char *sql, size_t n);
cm_status cm_mysql__stmt_execute(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st, char *take_message, size_t n); /* rows are stored, but a cursor's */
cm_status cm_mysql__stmt_fetch(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st); /* the next rows of its cursor: st->result.data */

/* mysql_encode.c: appends the wire form of a value to s->values. */
cm_status cm_mysql__encode(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
char *cm_mysql__put_length(char *to, size_t n);                    /* at most 9 bytes; answers where it ends */

/* mysql_text.c */
cm_status cm_mysql__fill(cm_ctx *cx, const cm_dstmt *s, my_part *to);      /* all of the statement, with the set at hand */
bool cm_mysql__rows_as_text(cm_dstmt *s);                          /* an INSERT whose row may be repeated, on a server that takes no arrays */
cm_status cm_mysql__add_row(cm_ctx *cx, const cm_dstmt *s, my_part *to);   /* the row of the set at hand; before the first, what precedes it */
size_t cm_mysql__row_size(const cm_dstmt *s);                      /* that it may come to, at most */
cm_status cm_mysql__end_rows(cm_ctx *cx, const cm_dstmt *s, my_part *to);  /* what follows the rows */

/* mysql_stream.c */
void cm_mysql__stream(cm_dstmt *s, size_t rows);
bool cm_mysql__streams(const cm_dstmt *s);
cm_status cm_mysql__first_part(cm_ctx *cx, cm_dstmt *s);           /* after it was run; s->rows are there */
cm_status cm_mysql__next_part(cm_ctx *cx, cm_dstmt *s);            /* s->on_server: there is one, perhaps of no rows */

/* mysql_decode.c */
my_decoder cm_mysql__decoder(const MYSQL_FIELD *field);
uint8_t cm_mysql__width(my_decoder decoder);
void cm_mysql__binary_values(cm_dstmt *s, size_t first, size_t n, cm_value *out); /* of the row at hand */
void cm_mysql__text_value(cm_dstmt *s, my_column *col, const char *p, size_t n, cm_value *out);

/* mysql_stmt.c */
extern const cm_scan_style cm_mysql__style;
cm_status cm_mysql__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out);
void cm_mysql__finalize(cm_ctx *cx, cm_dstmt *s);
size_t cm_mysql__nparams(cm_dstmt *s);
const char *cm_mysql__param_name(cm_dstmt *s, size_t i);
cm_status cm_mysql__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
int cm_mysql__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure);
size_t cm_mysql__ncolumns(cm_dstmt *s);
const char *cm_mysql__column_name(cm_dstmt *s, size_t i);
const char *cm_mysql__column_decltype(cm_dstmt *s, size_t i);
void cm_mysql__row(cm_dstmt *s, size_t first, size_t n, cm_value *out);
void cm_mysql__reset(cm_dstmt *s, bool again);
int64_t cm_mysql__changes(cm_dstmt *s);
cm_stmt_kind cm_mysql__kind(cm_dstmt *s);
/* Runs the statement, which is prepared first where it is not; part NULL: with the set at hand. The result becomes current. */
cm_status cm_mysql__run(cm_ctx *cx, cm_dstmt *s, const my_part *part);

/* mysql_message.c: what is sent to execute a statement */
char *cm_mysql__part_room(cm_ctx *cx, my_part *part, size_t n);    /* n more bytes of its message; NULL without memory */
char *cm_mysql__message(cm_dstmt *s, size_t *n);                   /* of the set at hand; malloc'd; NULL without memory */
cm_status cm_mysql__send_set(cm_ctx *cx, cm_dstmt *s);
cm_status cm_mysql__sync(cm_ctx *cx, cm_dconn *c);
cm_status cm_mysql__next_set(cm_ctx *cx, cm_dstmt *s);             /* the result of the next set sent ahead becomes current */
void cm_mysql__drop_parts(cm_ctx *cx, cm_dstmt *s);

/* mysql_tx.c */
bool cm_mysql__in_transaction(cm_dconn *c);
cm_status cm_mysql__want_transaction(cm_ctx *cx, cm_dconn *c, const cm_dstmt *s); /* the session as the statement needs it */
cm_status cm_mysql__begin(cm_ctx *cx, cm_dconn *c, const char *mode);
cm_status cm_mysql__commit(cm_ctx *cx, cm_dconn *c);
cm_status cm_mysql__rollback(cm_ctx *cx, cm_dconn *c);
cm_status cm_mysql__let_go(cm_ctx *cx, cm_dconn *c);
cm_status cm_mysql__nest(cm_ctx *cx, cm_dconn *c, bool on);

/* mysql.c */
cm_status cm_mysql__keep_escapes(cm_ctx *cx, cm_dconn *c);         /* fails where the session was told not to know backslashes, and ends that */
cm_status cm_mysql__ask_key_step(cm_ctx *cx, cm_dconn *c);         /* fills in c->key_step where it is not known */
void cm_mysql__cancel(cm_dconn *c);

extern const cm_driver cm__driver_mysql;
#endif
