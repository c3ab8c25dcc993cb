/* Arrays into parameters: binary where every item has a binary form, else a literal that the server reads.
 *
 *   binary   ndim, has NULLs, OID of the items, (length, lower bound) per dimension, then (bytes or -1, value) per item
 *   literal  {"a","b \"c\"",NULL}   {{"1","2"},{"3","4"}}
 */
#include "driver/pg_int.h"

#include <string.h>

enum { DIMENSIONS_MAX = 6 };

typedef struct array {
    cm_ctx *cx;
    cm_dstmt *s;
    Oid item;
    int ndims;
    uint32_t dims[DIMENSIONS_MAX];
    bool nulls, binary;
} array;

static Oid array_oid(Oid item) {
    static const Oid pairs[][2] = {{PG_BOOL, 1000},   {PG_BYTEA, 1001},  {PG_CHAR, 1002},        {PG_NAME, 1003},     {PG_INT2, 1005},
                                   {PG_INT4, 1007},   {PG_TEXT, 1009},   {PG_BPCHAR, 1014},      {PG_VARCHAR, 1015},  {PG_INT8, 1016},
                                   {PG_FLOAT4, 1021}, {PG_FLOAT8, 1022}, {PG_OID, 1028},         {PG_JSON, 199},      {PG_TIMESTAMP, 1115},
                                   {PG_DATE, 1182},   {PG_TIME, 1183},   {PG_TIMESTAMPTZ, 1185}, {PG_INTERVAL, 1187}, {PG_NUMERIC, 1231},
                                   {PG_TIMETZ, 1270}, {PG_UUID, 2951},   {PG_JSONB, 3807}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] == item) return pairs[i][1];
    return 0;
}

/* ---- looking through the items */

static cm_status look_at(array *a, const cm_value *v, const cm_type *type) {
    char small[PG_SCALAR_BYTES];
    const char *p;
    if (v->kind == CM_NULL) {
        a->nulls = true;
        return CM_OK;
    }
    Oid oid = cm_pg__oid(type, v);
    if (!a->item || (a->item == PG_INT4 && oid == PG_INT8)) a->item = oid; /* without a type the values choose */
    if (v->kind == CM_DOUBLE && (a->item == PG_INT2 || a->item == PG_INT4 || a->item == PG_INT8)) a->item = PG_FLOAT8;
    if (a->binary && cm_pg__binary(a->item, v, small, &p) < 0) a->binary = false;
    cm_status st = cm_pg__check_slice(a->s, v);
    return st ? st : cm_pg__check_range(a->s, a->item, v);
}

/* Dimensions, and whether all items agree. Arrays of arrays must be boxes. */
static cm_status measure(array *a, const cm_value *v, const cm_type *type, int depth) {
    cm_status st = CM_OK;
    if (depth == DIMENSIONS_MAX) return cm_pg__fail(a->s->conn, CM_E_DATA, "54000", "an array has more than six dimensions");
    if (v->u.list.n > INT32_MAX) return cm_pg__fail(a->s->conn, CM_E_DATA, "54000", "an array has too many items");
    if (depth == a->ndims) a->dims[a->ndims++] = (uint32_t)v->u.list.n;
    bool boxed = a->dims[depth] == v->u.list.n;
    for (size_t i = 0; !st && boxed && i < v->u.list.n; i++) {
        const cm_value *item = &v->u.list.items[i];
        if (item->kind == CM_LIST) {
            boxed = i == 0 || depth + 1 < a->ndims;
            if (boxed) st = measure(a, item, type, depth + 1);
        } else {
            boxed = depth + 1 == a->ndims;
            if (boxed) st = look_at(a, item, type);
        }
    }
    if (!st && !boxed)
        st = cm_pg__fail(a->s->conn, CM_E_DATA, "2202E", "multidimensional arrays must have array expressions with matching dimensions");
    return st;
}

/* ---- writing, at the end of s->text */

static bool put(array *a, const char *p, size_t n) {
    char *to = cm_pg__room(a->cx, a->s, n);
    if (to && n) memcpy(to, p, n);
    a->s->ntext += to ? n : 0;
    return to != NULL;
}

static bool put32(array *a, uint32_t v) {
    const char bytes[4] = {(char)(v >> 24), (char)(v >> 16 & 255), (char)(v >> 8 & 255), (char)(v & 255)};
    return put(a, bytes, 4);
}

static bool put_head(array *a) {
    bool ok = put32(a, (uint32_t)a->ndims) && put32(a, a->nulls) && put32(a, a->item);
    for (int i = 0; ok && i < a->ndims; i++) ok = put32(a, a->dims[i]) && put32(a, 1);
    return ok;
}

static bool put_items(array *a, const cm_value *v) {
    char small[PG_SCALAR_BYTES];
    bool ok = true;
    for (size_t i = 0; ok && i < v->u.list.n; i++) {
        const cm_value *item = &v->u.list.items[i];
        const char *p = small;
        if (item->kind == CM_LIST) {
            ok = put_items(a, item);
            continue;
        }
        int n = item->kind == CM_NULL ? -1 : cm_pg__binary(a->item, item, small, &p);
        ok = put32(a, (uint32_t)n) && (n <= 0 || put(a, p, (size_t)n));
    }
    return ok;
}

static bool put_quoted(array *a, const char *p, size_t n) {
    bool ok = put(a, "\"", 1);
    for (size_t from = 0, i = 0; ok && i <= n; i++) {
        if (i < n && p[i] != '"' && p[i] != '\\') continue;
        ok = put(a, p + from, i - from) && (i == n || put(a, "\\", 1));
        from = i;
    }
    return ok && put(a, "\"", 1);
}

/* "\\x00ff" */
static bool put_blob(array *a, const cm_value *v) {
    static const char digits[] = "0123456789abcdef";
    bool ok = put(a, "\"\\\\x", 4);
    for (size_t i = 0; ok && i < v->u.s.n; i++) {
        const char hex[2] = {digits[(uint8_t)v->u.s.p[i] >> 4], digits[(uint8_t)v->u.s.p[i] & 15]};
        ok = put(a, hex, 2);
    }
    return ok && put(a, "\"", 1);
}

static bool put_literal(array *a, const cm_value *v) {
    char small[PG_TEXT_BYTES];
    const char *p;
    bool ok = put(a, "{", 1);
    for (size_t i = 0; ok && i < v->u.list.n; i++) {
        const cm_value *item = &v->u.list.items[i];
        if (i) ok = put(a, ",", 1);
        if (!ok) break;
        if (item->kind == CM_LIST) ok = put_literal(a, item);
        else if (item->kind == CM_NULL) ok = put(a, "NULL", 4);
        else if (item->kind == CM_BLOB) ok = put_blob(a, item);
        else {
            size_t n = cm_pg__text(item, small, &p);
            ok = put_quoted(a, p, n);
        }
    }
    return ok && put(a, "}", 1);
}

cm_status cm_pg__encode_array(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    array a = {.cx = cx, .s = s, .item = cm_pg__oid(type, v), .binary = true};
    size_t start = s->ntext;
    cm_status st = measure(&a, v, type, 0);
    if (st) return st;
    for (int k = 0; k < a.ndims; k++)
        if (!a.dims[k]) a.ndims = 0; /* {} whatever its dimensions */
    a.binary = a.binary && a.item && array_oid(a.item) && a.ndims;
    const cm_value none = {.kind = CM_LIST};
    bool ok = a.binary ? put_head(&a) && put_items(&a, v) : put_literal(&a, a.ndims ? v : &none) && put(&a, "", 1);
    if (!ok) return CM_E_NOMEM;
    if (s->ntext - start > INT32_MAX)
        return cm_pg__fail(s->conn, CM_E_DATA, "54000", "a value is longer than a message to the server may be");
    s->oids[i] = array_oid(a.item);
    s->offsets[i] = start + 1;
    s->formats[i] = a.binary;
    s->lengths[i] = (int)(s->ntext - start);
    return CM_OK;
}
