/* Arrays, both ways and in both forms.
 *
 * binary   dimensions, "has nulls", item type, {items, lower bound} per dimension, then {length, bytes} per item; -1 is NULL
 * text     {1,NULL,"a b",{2}}: parameters whose item type has no number here (native enums: the server knows), and the first
 *          run of a statement */
#include "driver/pg_int.h"

#include <stdio.h>
#include <string.h>

enum { DIMENSIONS_MAX = 6, HEAD_BYTES = 12, DIMENSION_BYTES = 8 };

static uint32_t get32(const char *p) {
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static void put32(char *p, uint32_t v) {
    for (int i = 3; i >= 0; i--, v >>= 8) p[i] = (char)(v & 0xff);
}

/* ---- shape of a list */

typedef struct shape {
    size_t sizes[DIMENSIONS_MAX];
    int dimensions;
    bool nulls, empty, fractions;
    Oid item; /* what the values are, where the type does not say; 0: text for the server to read */
    bool met; /* a value was met */
} shape;

static Oid wider(Oid a, Oid b) {
    static const Oid ladder[] = {PG_INT4, PG_INT8, PG_NUMERIC, PG_FLOAT8};
    int at_a = -1, at_b = -1;
    for (int i = 0; i < 4; i++) {
        if (ladder[i] == a) at_a = i;
        if (ladder[i] == b) at_b = i;
    }
    if (a == b) return a;
    return at_a < 0 || at_b < 0 ? 0 : ladder[at_a > at_b ? at_a : at_b];
}

static void measure(const cm_value *list, shape *out) {
    const cm_value *v = list;
    *out = (shape){0};
    while (v->kind == CM_LIST && out->dimensions < DIMENSIONS_MAX) {
        out->sizes[out->dimensions++] = v->u.list.n;
        if (v->u.list.n == 0) {
            out->empty = true;
            return;
        }
        v = v->u.list.items;
    }
}

/* All lists of a level have one length, and values stand on the last level only. */
static bool is_even(const cm_value *v, shape *sh, int level) {
    if (level == sh->dimensions) {
        if (v->kind == CM_LIST) return false;
        if (v->kind == CM_NULL) {
            sh->nulls = true;
        } else {
            Oid type = cm_pg__oid_of_value(v);
            sh->item = sh->met ? wider(sh->item, type) : type;
            sh->met = true;
            sh->fractions = sh->fractions || v->kind == CM_DOUBLE;
        }
        return true;
    }
    if (v->kind != CM_LIST || v->u.list.n != sh->sizes[level]) return false;
    for (size_t i = 0; i < v->u.list.n; i++)
        if (!is_even(&v->u.list.items[i], sh, level + 1)) return false;
    return true;
}

/* ---- parameters */

static cm_status put_item(cm_ctx *cx, cm_dstmt *s, Oid item, const cm_value *v, bool *known) {
    char *head = cm_pg__room(cx, s, 4);
    if (!head) return CM_E_NOMEM;
    if (v->kind == CM_NULL) {
        put32(head, UINT32_MAX);
        return CM_OK;
    }
    size_t begin = s->ntext;
    cm_status st = cm_pg__put_binary(cx, s, item, v, known);
    put32(s->text + begin - 4, (uint32_t)(s->ntext - begin));
    return st;
}

static cm_status put_items(cm_ctx *cx, cm_dstmt *s, Oid item, const cm_value *v, bool *known) {
    cm_status st = CM_OK;
    if (v->kind != CM_LIST) return put_item(cx, s, item, v, known);
    for (size_t i = 0; i < v->u.list.n && !st && *known; i++) st = put_items(cx, s, item, &v->u.list.items[i], known);
    return st;
}

/* *known false: a value has no binary form; what was written is to be forgotten. */
static cm_status put_binary(cm_ctx *cx, cm_dstmt *s, Oid item, const shape *sh, const cm_value *v, bool *known) {
    int dimensions = sh->empty ? 0 : sh->dimensions;
    char *head = cm_pg__room(cx, s, HEAD_BYTES + (size_t)dimensions * DIMENSION_BYTES);
    if (!head) return CM_E_NOMEM;
    put32(head, (uint32_t)dimensions);
    put32(head + 4, sh->nulls);
    put32(head + 8, item);
    for (int i = 0; i < dimensions; i++) {
        put32(head + HEAD_BYTES + i * DIMENSION_BYTES, (uint32_t)sh->sizes[i]);
        put32(head + HEAD_BYTES + i * DIMENSION_BYTES + 4, 1);
    }
    *known = true;
    return dimensions ? put_items(cx, s, item, v, known) : CM_OK;
}

static cm_status put_bytes(cm_ctx *cx, cm_dstmt *s, const char *p, size_t n) {
    char *to = cm_pg__room(cx, s, n);
    if (to && n) memcpy(to, p, n);
    return to ? CM_OK : CM_E_NOMEM;
}

/* "a \"b\"", "\\x0102" */
static cm_status put_quoted(cm_ctx *cx, cm_dstmt *s, const cm_value *v) {
    static const char digits[] = "0123456789abcdef";
    char small[64];
    bool slice = cm_value_is_slice(v);
    size_t n = slice ? v->u.s.n : (size_t)cm_pg__format_scalar(v, small, sizeof small), used = 0;
    const char *p = slice ? v->u.s.p : small;
    char *to = cm_pg__room(cx, s, 2 * n + 8);
    if (!to) return CM_E_NOMEM;
    to[used++] = '"';
    if (v->kind == CM_BLOB) {
        memcpy(to + used, "\\\\x", 3);
        used += 3;
    }
    for (size_t i = 0; i < n; i++) {
        if (v->kind == CM_BLOB) {
            to[used++] = digits[(uint8_t)p[i] >> 4];
            to[used++] = digits[(uint8_t)p[i] & 15];
            continue;
        }
        if (p[i] == '"' || p[i] == '\\') to[used++] = '\\';
        to[used++] = p[i];
    }
    to[used++] = '"';
    s->ntext -= 2 * n + 8 - used;
    return CM_OK;
}

static cm_status put_text(cm_ctx *cx, cm_dstmt *s, const cm_value *v) {
    if (v->kind == CM_NULL) return put_bytes(cx, s, "NULL", 4);
    if (v->kind != CM_LIST) {
        cm_status st = cm_pg__check_value(s, 0, v);
        return st ? st : put_quoted(cx, s, v);
    }
    cm_status st = put_bytes(cx, s, "{", 1);
    for (size_t i = 0; i < v->u.list.n && !st; i++) {
        if (i) st = put_bytes(cx, s, ",", 1);
        if (!st) st = put_text(cx, s, &v->u.list.items[i]);
    }
    return st ? st : put_bytes(cx, s, "}", 1);
}

cm_status cm_pg__encode_array(cm_ctx *cx, cm_dstmt *s, size_t i, Oid item, const cm_value *v) {
    shape sh;
    size_t begin = s->ntext;
    bool known = false;
    cm_status st = CM_OK;
    measure(v, &sh);
    if (!sh.empty && !is_even(v, &sh, 0))
        return cm_pg__fail(s->conn, CM_E_DATA, "22P02", "the lists inside of an array must all have one length");
    if (!item) item = sh.item;
    if (sh.fractions && (item == PG_INT2 || item == PG_INT4 || item == PG_INT8)) item = PG_FLOAT8; /* 5.5 looked for among integers */
    s->oids[i] = cm_pg__array_of(item);
    s->formats[i] = 1;
    if (s->oids[i]) st = put_binary(cx, s, item, &sh, v, &known);
    if (!st && !known) {
        s->ntext = begin;
        s->formats[i] = 0;
        st = sh.empty ? put_bytes(cx, s, "{}", 2) : put_text(cx, s, v);
        s->lengths[i] = (int)(s->ntext - begin);
        if (!st) st = put_bytes(cx, s, "", 1);
    }
    if (s->ntext - begin > INT32_MAX - 16)
        st = cm_pg__fail(s->conn, CM_E_DATA, "54000", "a value is longer than a message to the server may be");
    if (known) s->lengths[i] = (int)(s->ntext - begin);
    s->offsets[i] = begin + 1;
    return st;
}

/* ---- columns, binary */

typedef struct array_reader {
    cm_dstmt *s;
    const char *p, *end;
    uint32_t sizes[DIMENSIONS_MAX];
    int dimensions, least;
    Oid item;
    pg_decoder decode;
} array_reader;

static bool read_head(array_reader *r) {
    uint64_t total = 1;
    bool known;
    if (r->end - r->p < HEAD_BYTES) return false;
    uint32_t dimensions = get32(r->p);
    r->item = get32(r->p + 8);
    r->p += HEAD_BYTES;
    if (dimensions > DIMENSIONS_MAX || r->end - r->p < (long)dimensions * DIMENSION_BYTES) return false;
    r->dimensions = (int)dimensions;
    for (uint32_t i = 0; i < dimensions; i++, r->p += DIMENSION_BYTES) {
        r->sizes[i] = get32(r->p);
        total *= r->sizes[i];
        if (total > (uint64_t)(r->end - r->p) / 4) return false; /* each item has a length at least */
    }
    Oid base = cm_pg__base_of(r->s->conn, r->item);
    r->decode = cm_pg__binary_decoder(base, &known);
    r->least = cm_pg__least_bytes(base);
    r->s->reading = base;
    return true;
}

static bool read_item(array_reader *r, cm_value *out) {
    if (r->end - r->p < 4) return false;
    uint32_t n = get32(r->p);
    r->p += 4;
    out->kind = CM_NULL;
    if (n == UINT32_MAX) return true;
    if (n > (uint64_t)(r->end - r->p) || (int)n < r->least) return false;
    if (r->decode) r->decode(r->s, r->p, (int)n, out);
    else *out = (cm_value){.kind = CM_TEXT, .u.s = {r->p, n}};
    r->p += n;
    return true;
}

static bool read_level(array_reader *r, int level, cm_value *out) {
    if (level == r->dimensions) return read_item(r, out);
    size_t n = r->sizes[level];
    cm_value *items = cm_pg__scratch(r->s, (n ? n : 1) * sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < n; i++)
        if (!read_level(r, level + 1, &items[i])) return false;
    *out = (cm_value){.kind = CM_LIST, .u.list = {items, n}};
    return true;
}

void cm_pg__decode_array(cm_dstmt *s, const char *p, int n, cm_value *out) {
    array_reader r = {.s = s, .p = p, .end = p + n};
    bool ok = read_head(&r);
    if (ok && r.dimensions == 0) {
        static cm_value none;
        *out = (cm_value){.kind = CM_LIST, .u.list = {&none, 0}};
        return;
    }
    if (ok && read_level(&r, 0, out)) return;
    cm_pg__bad_value(s, out, "the server sent an array that cannot be read", NULL, 0);
}

/* ---- columns, text */

static void read_words(cm_dstmt *s, pg_decoder decode, cm_value *list) {
    for (size_t i = 0; i < list->u.list.n; i++) {
        cm_value *v = &list->u.list.items[i];
        if (v->kind == CM_LIST) read_words(s, decode, v);
        else if (v->kind == CM_TEXT && decode) decode(s, v->u.s.p, (int)v->u.s.n, v);
    }
}

void cm_pg__text_array(cm_dstmt *s, const char *p, int n, cm_value *out) {
    cm_arena *scratch = cm_pg__scratch_arena(s);
    Oid item = cm_pg__item_of(s->conn, s->reading);
    if (!scratch || cm_list_parse(s->conn->cx, scratch, p, (size_t)n, ',', out)) {
        cm_pg__bad_value(s, out, "the server sent an array that cannot be read", p, n);
        return;
    }
    read_words(s, cm_pg__text_decoder(cm_pg__base_of(s->conn, item)), out);
}
