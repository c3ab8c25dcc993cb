/* visible to: driver */
/* The two structures of the SQLite driver and what its files share.
 *
 *   sqlite.c         open, options, transactions, errors of a connection
 *   sqlite_stmt.c    prepare, bind, step, read rows: the hot loop
 *   sqlite_wait.c    busy handler, progress handler, cancellation: everything about time and the host's lock
 *   sqlite_errors.c  table: extended code -> name, status, flags; constraint name out of a message */
#ifndef CM_SQLITE_INT_H
#define CM_SQLITE_INT_H

#include "driver/driver.h"

#include <sqlite3.h>

enum { SQLITE_FORM_BYTES = 48 }; /* longest text form of a date and time, with its NUL */

struct cm_dconn {
    sqlite3 *db;
    cm_ctx *cx;                  /* of the operation under way: the handlers below need it */
    sqlite3_stmt *begin, *commit, *rollback; /* prepared on first use */
    const char *begin_sql;       /* "BEGIN", "BEGIN IMMEDIATE", ...; NULL: never, every statement commits itself; static */
    bool begin_reads, dqs;       /* dqs: what SQLITE_DBCONFIG_DQS_* is set to now */
    bool cache_set;              /* the page cache got its size */
    enum { NEST_NONE, NEST_IDLE, NEST_BEGUN } nest; /* a transaction is around all others; begun: one is open inside, a savepoint */
    int busy_ms;
    int64_t waited_us;           /* busy handler: since the lock was first found taken */
    int64_t held_us;             /* progress handler: since when this step holds the host; 0 not known yet */
    int64_t checked_us;          /* when signals were last looked for; 0 not in this step */
    cm_status interrupted;       /* why a handler stopped the step, or CM_OK */
    int cancelled;               /* atomic: cm_driver.cancel was called */
    int code;                    /* extended code of the last failure, 0 none */
    cm_status status;            /* its status */
    char message[CM_ERROR_TEXT];
};

struct cm_dstmt {
    cm_dconn *conn;
    sqlite3_stmt *s;             /* NULL: the text held no statement (blank, comment) */
    bool text;                   /* CM_PREPARE_TEXT: double-quoted strings allowed */
    bool running;                /* stepped since the last reset */
    bool row_failed;             /* memory ran out while a row was read; the next step reports it */
    bool fresh;                  /* no step since the last reset: switches are set before the first one */
    uint8_t kind;                /* cm_stmt_kind */
    int nparams;
    char *forms;                 /* nparams * SQLITE_FORM_BYTES, for values bound as text made here; NULL until needed */
};

/* sqlite_errors.c */
typedef struct sqlite_error_info {
    int code;
    const char *name;
    cm_status status;
    bool retryable;
} sqlite_error_info;
const sqlite_error_info *cm_sqlite__error_info(int extended_code); /* never NULL */
/* "UNIQUE constraint failed: users.name" -> "users.name". owns: borrowed from message. NULL: it names none. */
const char *cm_sqlite__constraint_name(int extended_code, const char *message);

/* sqlite.c: records the database's failure in the connection and answers its status. */
cm_status cm_sqlite__failed(cm_dconn *c, int code);
cm_status cm_sqlite__fail(cm_dconn *c, int code, cm_status st, const char *message);
void cm_sqlite__set_dqs(cm_dconn *c, bool on);

/* sqlite_wait.c */
void cm_sqlite__install_handlers(cm_dconn *c);
static inline void cm_sqlite__enter_step(cm_ctx *cx, cm_dconn *c) {
    c->cx = cx;
    c->held_us = c->checked_us = 0;
}

/* sqlite_stmt.c: the statement part of the driver. */
cm_status cm_sqlite__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out);
void cm_sqlite__finalize(cm_ctx *cx, cm_dstmt *s);
size_t cm_sqlite__nparams(cm_dstmt *s);
const char *cm_sqlite__param_name(cm_dstmt *s, size_t i);
cm_status cm_sqlite__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type);
int cm_sqlite__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure);
size_t cm_sqlite__ncolumns(cm_dstmt *s);
const char *cm_sqlite__column_name(cm_dstmt *s, size_t i);
const char *cm_sqlite__column_decltype(cm_dstmt *s, size_t i);
void cm_sqlite__row(cm_dstmt *s, size_t first, size_t n, cm_value *out);
void cm_sqlite__reset(cm_dstmt *s, bool again);
int64_t cm_sqlite__changes(cm_dstmt *s);
cm_stmt_kind cm_sqlite__kind(cm_dstmt *s);
#endif
