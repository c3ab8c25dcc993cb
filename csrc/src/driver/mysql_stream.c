/* Rows in parts: a cursor of the server's, read so many rows at a time, while other statements run in between.
 *
 * The server makes all rows when the statement runs and keeps them in a table of its own; each part is one wait, and the client
 * holds one. Where the server opens no cursor (SHOW, one row) the rows are all here. */
#include "driver/mysql_int.h"

void cm_mysql__stream(cm_dstmt *s, size_t rows) { s->stream = rows; }

bool cm_mysql__streams(const cm_dstmt *s) { return s->stream && s->can_stream && !s->queued; }

static cm_status take_part(cm_ctx *cx, cm_dstmt *s) {
    cm_status st = cm_mysql__stmt_fetch(cx, s->conn, s->st);
    s->rows = st ? NULL : s->st->result.data;
    s->on_server = !st && !(s->st->upsert_status.server_status & SERVER_STATUS_LAST_ROW_SENT);
    if (st || s->on_server) return st;
    s->st->cursor_exists = 0; /* the server closed it: the library neither tells it so nor waits for more */
    s->st->state = MYSQL_STMT_FETCH_DONE;
    return CM_OK;
}

cm_status cm_mysql__first_part(cm_ctx *cx, cm_dstmt *s) {
    if (s->st->cursor_exists) return take_part(cx, s);
    s->rows = s->st->result.data;
    return CM_OK;
}

cm_status cm_mysql__next_part(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    bool left = cx->left;
    if (c->ahead && c->ahead->part < c->ahead->nparts)
        return cm_mysql__fail(c, CM_E_INTERFACE, 0, "rows cannot be fetched while statements are on their way to the server");
    if (!left) cm__leave(cx);
    cm_status st = cm_mysql__ready(cx, c);
    if (!st) st = take_part(cx, s);
    if (st) s->on_server = false;
    if (!left) cm__enter(cx);
    return st;
}
