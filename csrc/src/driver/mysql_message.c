/* What is sent to execute a prepared statement: one set of values, or many.
 *
 * Sets sent ahead are gathered into parts. Where the server takes arrays, a part holds all sets that fit into one message and
 * give each parameter the same type; where it takes none, the rows of an INSERT are one statement (mysql_text.c); else a part is
 * one set. The first part travels with sync, the others when the sets before
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

/* statement (4), cursor, repetitions (4), NULLs (a bit each), types follow, types (2 each), values */
static void write_one(const cm_dstmt *s, char *to) {
    memset(to, 0, one_size(s) - s->nvalues);
    to[ID_BYTES] = cm_mysql__streams(s) ? CURSOR_TYPE_READ_ONLY : CURSOR_TYPE_NO_CURSOR;
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

char *cm_mysql__part_room(cm_ctx *cx, my_part *part, size_t n) {
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
    bool array = s->conn->mariadb && s->changes_rows && !s->no_arrays && s->nparams > 0;
    s->parts[s->nparts] = (my_part){.form = array ? MY_ARRAY : cm_mysql__rows_as_text(s) ? MY_TEXT : MY_ONE};
    return &s->parts[s->nparts++];
}

/* statement (4), flags (2), types (2 each); then per set and parameter: NULL or not, value */
static bool begin_array(cm_ctx *cx, const cm_dstmt *s, my_part *part) {
    char *to = cm_mysql__part_room(cx, part, ARRAY_HEAD + 2 * s->nparams);
    if (!to) return false;
    memset(to, 0, ARRAY_HEAD);
    put16(to + ID_BYTES, SEND_TYPES);
    memset(to + ARRAY_HEAD, 0xff, 2 * s->nparams);
    return true;
}

static bool joins(const cm_dstmt *s, const my_part *part) {
    if (part->form == MY_TEXT) return part->n + cm_mysql__row_size(s) < s->conn->max_packet;
    if (part->form == MY_ONE || part->n + s->nvalues + s->nparams > s->conn->max_packet) return false;
    for (size_t i = 0; i < s->nparams; i++) {
        unsigned type = get16(part->message + ARRAY_HEAD + 2 * i);
        if (type != UNSETTLED && s->types[i] != MYSQL_TYPE_NULL && type != s->types[i]) return false;
    }
    return true;
}

static bool add_to_array(cm_ctx *cx, const cm_dstmt *s, my_part *part) {
    char *to = cm_mysql__part_room(cx, part, s->nvalues + s->nparams);
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

static cm_status add_one(cm_ctx *cx, cm_dstmt *s, my_part *part) {
    char *to = part ? cm_mysql__part_room(cx, part, one_size(s)) : NULL;
    if (!to) return cm_mysql__nomem(s->conn);
    write_one(s, to);
    part->nsets = 1;
    return CM_OK;
}

cm_status cm_mysql__send_set(cm_ctx *cx, cm_dstmt *s) {
    cm_dconn *c = s->conn;
    if (c->ahead != s || s->part == s->nparts) cm_mysql__drop_parts(cx, s);
    c->ahead = s;
    s->queued = true;
    my_part *part = s->nparts ? &s->parts[s->nparts - 1] : NULL;
    bool fresh = !part || !joins(s, part);
    if (fresh) part = new_part(cx, s);
    if (!part || (fresh && part->form == MY_ARRAY && !begin_array(cx, s, part))) return cm_mysql__nomem(c);
    if (part->form == MY_ONE) return add_one(cx, s, part);
    part->nsets++;
    bool added = part->form == MY_ARRAY ? add_to_array(cx, s, part) : !cm_mysql__add_row(cx, s, part);
    return added ? CM_OK : cm_mysql__nomem(c);
}

void cm_mysql__drop_parts(cm_ctx *cx, cm_dstmt *s) {
    for (size_t i = 0; i < s->nparts; i++) cm__free(cx, s->parts[i].message);
    s->nparts = s->part = s->set = 0;
}

/* Parameters that were NULL in every set still need a type. */
static void settle_types(const cm_dstmt *s, my_part *part) {
    for (size_t i = 0; part->form == MY_ARRAY && i < s->nparams; i++)
        if (get16(part->message + ARRAY_HEAD + 2 * i) == UNSETTLED) put16(part->message + ARRAY_HEAD + 2 * i, MYSQL_TYPE_STRING);
}

/* ---- statements that take no arrays after all */

/* A set of an array becomes the one at hand again; answers what follows it. Its values have been there before: there is room. */
static const char *load_set(cm_dstmt *s, const my_part *part, const char *p) {
    s->nvalues = 0;
    for (size_t i = 0; i < s->nparams; i++) {
        bool null = *p++ == HAS_NULL;
        MYSQL_FIELD field = {.type = (enum enum_field_types)(null ? MYSQL_TYPE_NULL : get16(part->message + ARRAY_HEAD + 2 * i))};
        my_column column = {.type = (uint8_t)field.type};
        cm_value v;
        const char *end = null ? p : cm_mysql__decoder(&field)(&column, p, part->message + part->n, &v);
        s->types[i] = (uint16_t)field.type;
        if (end > p) memcpy(s->values + s->nvalues, p, (size_t)(end - p));
        s->ends[i] = s->nvalues += (size_t)(end - p);
        p = end;
    }
    return p;
}

/* INSERT ... SELECT, DELETE of several tables: what is left goes set by set. */
static cm_status split(cm_ctx *cx, cm_dstmt *s) {
    my_part *arrays = s->parts;
    size_t n = s->nparts, first = s->part;
    cm_status st = CM_OK;
    s->parts = NULL;
    s->nparts = s->parts_cap = s->part = 0;
    s->no_arrays = true;
    for (size_t i = 0; i < n; i++) {
        const char *p = arrays[i].message + ARRAY_HEAD + 2 * s->nparams;
        for (size_t set = 0; i >= first && !st && set < arrays[i].nsets; set++) {
            p = load_set(s, &arrays[i], p);
            st = add_one(cx, s, new_part(cx, s));
        }
        cm__free(cx, arrays[i].message);
    }
    cm__free(cx, arrays);
    return st;
}

static cm_status run_part(cm_ctx *cx, cm_dstmt *s) {
    my_part *part = &s->parts[s->part];
    settle_types(s, part);
    s->set = 0;
    if (part->form == MY_TEXT && cm_mysql__end_rows(cx, s, part)) return cm_mysql__nomem(s->conn);
    if (part->form == MY_TEXT && part->nsets > 1 && cm_mysql__ask_key_step(cx, s->conn)) return s->conn->status;
    cm_status st = cm_mysql__run(cx, s, part);
    if (!st || part->form != MY_ARRAY || s->conn->errnum != 1295) return st;
    s->conn->status = CM_OK;
    st = split(cx, s);
    return st ? st : cm_mysql__run(cx, s, s->parts);
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

/* Where every set was answered with one row, or changed one, each has its own; else the first has them all, and the count of rows
 * changed. Generated keys of rows that went as one statement follow each other. */
cm_status cm_mysql__next_set(cm_ctx *cx, cm_dstmt *s) {
    cm_status st = CM_OK;
    if (s->part < s->nparts && s->set == s->parts[s->part].nsets) st = run_next_part(cx, s);
    if (st || s->part >= s->nparts) return st;
    const my_part *part = &s->parts[s->part];
    cm_dconn *c = s->conn;
    bool text = part->form == MY_TEXT, first = s->set++ == 0;
    if (first && text) s->one_each = s->affected == (int64_t)part->nsets;
    else if (first) s->one_each = s->ncolumns && s->st && s->st->result.rows == part->nsets;
    if (s->one_each) s->rows_left = 1, s->affected = 1;
    else if (!first) s->rows_left = 0, s->affected = s->affected < 0 ? s->affected : 0;
    if (text && !first && c->insert_id) c->insert_id += c->key_step;
    if (s->set == part->nsets && s->part + 1 == s->nparts) s->part = s->nparts; /* all are done */
    return CM_OK;
}
