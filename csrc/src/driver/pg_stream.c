/* Rows in parts: a cursor of the server's, read so many rows at a time, while other statements run in between.
 *
 * DECLARE and the first FETCH travel together, each further part is one wait. Cursors live as long as their transaction: outside
 * of one, and for statements that change rows, all rows are read at once as usual. CLOSE goes with the next message. */
#include "driver/pg_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool has_word(const char *sql, const char *word) {
    size_t n = strlen(word);
    for (const char *p = sql; *p; p++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)p[i]) == word[i]) i++;
        if (i == n && (p == sql || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n])) return true;
    }
    return false;
}

/* Words inside of strings count too: such a statement is read at once, which is never wrong. */
bool cm_pg__may_stream(const char *word, const char *sql) {
    static const char *const changes[] = {"insert", "update", "delete", "merge", "into"};
    bool reads = strcmp(word, "select") == 0 || strcmp(word, "values") == 0 || strcmp(word, "table") == 0;
    if (reads) return !has_word(sql, "into");
    if (strcmp(word, "with") != 0) return false;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (has_word(sql, changes[i])) return false;
    return true;
}

void cm_pg__stream(cm_dstmt *s, size_t rows) { s->part = rows; }

bool cm_pg__streams(const cm_dstmt *s) {
    const cm_dconn *c = s->conn;
    return s->part && s->can_stream && !s->queued && (c->begin_due || (!c->ending && PQtransactionStatus(c->pg) == PQTRANS_INTRANS));
}

static cm_status queue_fetch(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    char sql[80];
    cm_status st = cm_pg__reserve(cx, c);
    if (st) return st;
    snprintf(sql, sizeof sql, "FETCH FORWARD %zu FROM cm_%llu", s->part, (unsigned long long)s->portal);
    if (!PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, cm_pg__answers_binary(s))) return cm_pg__lost(c);
    cm_pg__queued(c);
    return CM_OK;
}

static cm_status take_part(cm_ctx *cx, cm_dstmt *s, cm_status st, PGresult **out) {
    cm_dconn *c = s->conn;
    if (!st) st = cm_pg__send_sync(cx, c);
    if (!st) st = cm_pg__reply(cx, c, out);
    st = cm_pg__finish(cx, c, st);
    if (!st) return CM_OK;
    PQclear(*out);
    *out = NULL;
    s->portal = 0; /* the transaction failed, and the cursor with it */
    return st;
}

static cm_status queue_declare(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    size_t room = strlen(s->sql) + 64;
    char *sql = cm__alloc(cx, room);
    if (!sql) return cm_pg__fail(c, CM_E_NOMEM, "", "out of memory");
    s->portal = ++c->names;
    s->portal_tx = c->tx;
    snprintf(sql, room, "DECLARE cm_%llu NO SCROLL CURSOR FOR %s", (unsigned long long)s->portal, s->sql);
    int sent = PQsendQueryParams(c->pg, sql, (int)s->nparams, s->oids, s->values, s->lengths, s->formats, 0);
    cm__free(cx, sql);
    if (!sent) return cm_pg__lost(c);
    c->prefix++;
    return CM_OK;
}

cm_status cm_pg__open_portal(cm_ctx *cx, cm_dstmt *s, PGresult **out) {
    cm_dconn *c = s->conn;
    cm_pg__place_values(s);
    cm_status st = cm_pg__prologue(cx, c, false);
    if (!st) st = queue_declare(cx, s);
    if (!st) st = queue_fetch(cx, s);
    return take_part(cx, s, st, out);
}

cm_status cm_pg__next_part(cm_ctx *cx, cm_dstmt *s, PGresult **out) {
    cm_dconn *c = s->conn;
    bool left = cx->left;
    if (c->executions) return cm_pg__fail(c, CM_E_INTERFACE, "", "rows cannot be fetched while statements are on their way to the server");
    if (!left) cm__leave(cx);
    cm_status st = cm_pg__prologue(cx, c, false);
    if (!st) st = queue_fetch(cx, s);
    st = take_part(cx, s, st, out);
    if (!left) cm__enter(cx);
    return st;
}
