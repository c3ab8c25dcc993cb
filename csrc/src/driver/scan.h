/* visible to: driver */
/* SQL text of programs, looked at before a network driver sends it. */
#ifndef CM_SCAN_H
#define CM_SCAN_H

#include "driver/driver.h"

enum { CM_SCAN_PARAMS_MAX = 65535 };

typedef struct cm_scan_word {
    const char *word;            /* the first of a statement, in lower case; NULL ends */
    cm_stmt_kind kind;
    bool whole;                  /* semicolons inside may belong to it: bodies of procedures */
} cm_scan_word;

/* How a database writes strings, comments and placeholders. */
typedef struct cm_scan_style {
    bool numbered;               /* placeholders are $1, $2, and $tag$ quotes; else ? */
    bool backslash;              /* MySQL: \\ escapes in every string, names in `backticks`, # comments */
    bool nested;                 /* comments nest */
    const cm_scan_word *words;   /* statements that are no CM_STMT_WRITE */
} cm_scan_style;

typedef struct cm_scan {
    char *sql; size_t nsql;      /* owned: with native placeholders */
    char *names_text; const char **names; /* owned: of %(name)s placeholders, ":name"; one per parameter */
    size_t nparams, used;        /* used: bytes of the first statement */
    cm_stmt_kind kind;
    char word[16];               /* the first, in lower case */
    bool blank;                  /* there is no statement */
} cm_scan;
/* flags: CM_PREPARE_*. fails: CM_E_NOMEM, CM_E_PROGRAMMING with *what. */
cm_status cm_scan__sql(cm_ctx *cx, const cm_scan_style *style, const char *sql, size_t n, uint32_t flags, cm_scan *out, const char **what);
/* Of text that was scanned: where the next ? stands in p[at, n); n: there is none. */
size_t cm_scan__mark(const cm_scan_style *style, const char *p, size_t n, size_t at);
/* The row (...) of an INSERT ... VALUES (...), which may be written several times; false: it is not that, or has placeholders elsewhere. */
bool cm_scan__row(const cm_scan_style *style, const char *p, size_t n, size_t *from, size_t *to);
#endif
