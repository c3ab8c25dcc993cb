/* What is sent to execute a prepared statement: one set of values, or many.
 *
 * Sets sent ahead are gathered into parts. Where the server takes arrays, a part holds all sets that fit into one message and
 * give each parameter the same type; else a part is one set. The first part travels with sync, the others when the sets before
 * them are stepped: a failure leaves the rest unsent. */
#include "driver/mysql_int.h"

#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 4, ARRAY_HEAD = 6, UNSETTLED = 0xffff, SEND_TYPES = 128, HAS_NULL = 1 };

static void put16(char *to, unsigned v) {
    to[0] = (char)(v & 0xff);
    to[1] = (char)(v >> 8 & 0xff);
}
static unsigned get16(const char *p) { return (uint8_t)p[0] | (unsigned)(uint8_t)p[1] << 8; }

static size_t one_size(const cm_dstmt *s) {
    return ID_BYTES + 5 + (s->nparams ? (s->nparams + 7) / 8 + 1 + 2 * s->nparams + s->nvalues : 0);
}

/* statement (4), flags, repetitions (4), NULLs (a bit each), types follow, types (2 each), values */
static void write_one(const cm_dstmt *s, char *to) {
    memset(to, 0, one_size(s) - s->nvalues);
    to[ID_BYTES + 1] = 1;
    if (!s->nparams) return;
    char *nulls = to + ID_BYTES + 5, *types = nulls + (s->nparams + 7) / 8;
    *types++ = 1;
    for (size_t i = 0; i < s->nparams; i++) {
        put16(types + 2 * i, s->types[i]);
        if (s->types[i] == MYSQL_TYPE_NULL) nulls[i / 8] = (char)(nulls[i / 8] | 1 << (i & 7));
    }
    if (s->nvalues) memcpy(types + 2 * s->nparams, s->values, s->nvalues);
}

char *cm_mysql__message(cm_dstmt *s, size_t *n) {
    *n = one_size(s);
    char *message = malloc(*n);
    if (message) write_one(s, message);
    return message;
}

/* ---- parts */

static char *part_room(cm_ctx *cx, my_part *part, size_t n) {
    if (part->n + n > part->cap) {
        size_t cap = part->n + n < 1024 ? 1024 : (part->n + n) * 2;
        char *grown = cm__alloc(cx, cap);
        if (!grown) return NULL;
        if (part->n) memcpy(grown, part->message, part->n);
        cm__free(cx, part->message);
        part->message = grown;
        part->cap = cap;
    }
    char *to = part->message + part->n;
    part->n += n;
    return to;
}

static my_part *new_part(cm_ctx *cx, cm_dstmt *s) {
    if (s->nparts == s->parts_cap) {
        size_t cap = s->parts_cap ? 2 * s->parts_cap : 4;
        my_part *grown = cm__alloc(cx, cap * sizeof *grown);
        if (!grown) return NULL;
        if (s->nparts) memcpy(grown, s->parts, s->nparts * sizeof *grown);
        cm__free(cx, s->parts);
        s->parts = grown;
        s->parts_cap = cap;
    }
    s->parts[s->nparts] = (my_part){.array = s->conn->mariadb && s->changes_rows && s->nparams > 0};
    return &s->parts[s->nparts++];
}

/* statement (4), flags (2), types (2 each); then per set and parameter: NULL or not, value */
static bool begin_array(cm_ctx *cx, const cm_dstmt *s, my_part *part) {
    char *to = part_room(cx, part, ARRAY_HEAD + 2 * s->nparams);
    if (!to) return false;
    memset(to, 0, ARRAY_HEAD);
    put16(to + ID_BYTES, SEND_TYPES);
    memset(to + ARRAY_HEAD, 0xff, 2 * s->nparams);
    return true;
}

static bool joins(const cm_dstmt *s, const my_part *part) {
    if (!part->array || part->n + s->nvalues + s->nparams > s->conn->max_packet) return false;
    for (size_t i = 0; i < s->nparams; i++) {
        unsigned type = get16(part->message + ARRAY_HEAD + 2 * i);
        if (type != UNSETTLED && s->types[i] != MYSQL_TYPE_NULL && type != s->types[i]) return false;
    }
    return true;
}

static bool add_to_array(cm_ctx *cx, const cm_dstmt *s, my_part *part) {
    char *to = part_room(cx, part, s->nvalues + s->nparams);
    size_t at = 0;
    for (size_t i = 0; to && i < s->nparams; i++) {
        bool null = s->types[i] == MYSQL_TYPE_NULL;
        *to++ = null ? HAS_NULL : 0;
        if (s->ends[i] > at) memcpy(to, s->values + at, s->ends[i] - at);
        to += s->ends[i] - at;
        at = s->ends[i];
        if (!null) put16(part->message + ARRAY_HEAD + 2 * i, s->types[i]);
    }
    return to != NULL;
}

cm_status cm_mysql__send_set(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    if (c->ahead != s || s->part == s->nparts) cm_mysql__drop_parts(cx, s);
    c->ahead = s;
    s->queued = true;
    my_part *part = s->nparts ? &s->parts[s->nparts - 1] : NULL;
    bool fresh = !part || !joins(s, part);
    if (fresh) part = new_part(cx, s);
    if (!part || (fresh && part->array && !begin_array(cx, s, part))) return cm_mysql__nomem(c);
    part->nsets++;
    if (part->array) return add_to_array(cx, s, part) ? CM_OK : cm_mysql__nomem(c);
    char *to = part_room(cx, part, one_size(s));
    if (!to) return cm_mysql__nomem(c);
    write_one(s, to);
    return CM_OK;
}

void cm_mysql__drop_parts(cm_ctx *cx, cm_dstmt *s) {
    for (size_t i = 0; i < s->nparts; i++) cm__free(cx, s->parts[i].message);
    s->nparts = s->part = s->set = 0;
}

/* Parameters that were NULL in every set still need a type. */
static void settle_types(const cm_dstmt *s, my_part *part) {
    for (size_t i = 0; part->array && i < s->nparams; i++)
        if (get16(part->message + ARRAY_HEAD + 2 * i) == UNSETTLED) put16(part->message + ARRAY_HEAD + 2 * i, MYSQL_TYPE_STRING);
}

static cm_status run_part(cm_ctx *cx, cm_dstmt *s) {
    my_part *part = &s->parts[s->part];
    settle_types(s, part);
    s->set = 0;
    return cm_mysql__run(cx, s, part);
}

cm_status cm_mysql__sync(cm_ctx *cx, cm_dconn *c) { return c->ahead && c->ahead->nparts ? run_part(cx, c->ahead) : CM_OK; }

/* Later parts are sent from here: the engine does not know that stepping may wait, so the host is left here. */
static cm_status run_next_part(cm_ctx *cx, cm_dstmt *s) {
    bool left = cx->left;
    s->part++;
    if (s->part >= s->nparts) return cm_mysql__fail(s->conn, CM_E_INTERNAL, 0, "a reply of the server is missing");
    if (!left) cm__leave(cx);
    cm_status st = run_part(cx, s);
    if (!left) cm__enter(cx);
    return st;
}

/* Where every set was answered with one row, each has its own; else the first has them all, and the count of rows changed. */
cm_status cm_mysql__next_set(cm_ctx *cx, cm_dstmt *s) {
    cm_status st = CM_OK;
    if (s->part < s->nparts && s->set == s->parts[s->part].nsets) st = run_next_part(cx, s);
    if (st || s->part >= s->nparts) return st;
    const my_part *part = &s->parts[s->part];
    bool one_each = s->ncolumns && s->st && s->st->result.rows == part->nsets;
    if (s->set++ == 0) {
        if (one_each) s->rows_left = 1;
    } else {
        s->rows_left = one_each ? 1 : 0;
        s->affected = one_each || s->affected < 0 ? s->affected : 0;
    }
    if (one_each) s->affected = 1;
    if (s->set == part->nsets && s->part + 1 == s->nparts) s->part = s->nparts; /* all are done */
    return CM_OK;
}
