/* Values that are lists: their text form {1,NULL,"a b",{2}} as databases write it, and copies of what values point at. */
#include "base/buf.h"

#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 6, SHOWN = 80 }; /* dimensions that databases have; bytes of a bad text that a message quotes */

typedef struct reader {
    const char *p, *end;
    char delimiter;
    cm_arena *arena;
} reader;

/* Past one item: quotes and inner lists are passed over. */
static const char *item_end(const reader *r, const char *p) {
    int depth = 0;
    bool quoted = false;
    for (; p < r->end; p++) {
        if (*p == '\\' && p + 1 < r->end) p++;
        else if (*p == '"') quoted = !quoted;
        else if (quoted) continue;
        else if (depth == 0 && (*p == r->delimiter || *p == '}')) return p;
        else if (*p == '{') depth++;
        else if (*p == '}') depth--;
    }
    return p;
}

static size_t count_items(const reader *r) {
    size_t n = 1;
    if (r->p < r->end && *r->p == '}') return 0;
    for (const char *p = item_end(r, r->p); p < r->end && *p == r->delimiter; p = item_end(r, p + 1)) n++;
    return n;
}

/* One item without its quotes and backslashes; the word NULL outside of quotes is none. */
static bool read_word(reader *r, cm_value *out) {
    const char *end = item_end(r, r->p);
    bool quoted = end > r->p && *r->p == '"';
    char *to = cm_arena__alloc(r->arena, (size_t)(end - r->p) + 1);
    if (!to) return false;
    size_t n = 0;
    for (const char *p = r->p; p < end; p++) {
        if (*p == '"') continue;
        if (*p == '\\' && p + 1 < end) p++;
        to[n++] = *p;
    }
    *out = (cm_value){.kind = !quoted && n == 4 && strncasecmp(to, "NULL", 4) == 0 ? CM_NULL : CM_TEXT, .u.s = {to, n}};
    r->p = end;
    return true;
}

static bool read_list(reader *r, int depth, cm_value *out) {
    if (depth == DEPTH_MAX || r->p == r->end || *r->p != '{') return false;
    r->p++;
    size_t n = count_items(r);
    cm_value *items = cm_arena__alloc(r->arena, (n ? n : 1) * sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < n; i++) {
        bool inner = r->p < r->end && *r->p == '{';
        if (!(inner ? read_list(r, depth + 1, &items[i]) : read_word(r, &items[i]))) return false;
        if (i + 1 < n && (r->p == r->end || *r->p++ != r->delimiter)) return false;
    }
    *out = (cm_value){.kind = CM_LIST, .u.list = {items, n}};
    return r->p < r->end && *r->p++ == '}';
}

cm_status cm_list_parse(cm_ctx *cx, cm_arena *arena, const char *p, size_t n, char delimiter, cm_value *out) {
    reader r = {p, p + n, delimiter, arena};
    if (n && *p == '[') { /* [0:2]={...}: bounds are not kept */
        const char *equal = memchr(p, '=', n);
        if (equal) r.p = equal + 1;
    }
    if (read_list(&r, 0, out) && r.p == r.end) return CM_OK;
    if (arena->failed) return cm__nomem(cx);
    return cm__fail(cx, CM_E_DECODE, "'%.*s' is not the text of an array", (int)(n < SHOWN ? n : SHOWN), p);
}

bool cm_value_is_slice(const cm_value *v) {
    return v->kind == CM_TEXT || v->kind == CM_BLOB || v->kind == CM_DECIMAL || v->kind == CM_JSON;
}

cm_status cm_value_keep(cm_arena *arena, cm_value *v) {
    cm_status st = CM_OK;
    if (cm_value_is_slice(v)) {
        v->u.s.p = cm_arena__copy(arena, v->u.s.p ? v->u.s.p : "", v->u.s.n);
        return v->u.s.p ? CM_OK : CM_E_NOMEM;
    }
    if (v->kind != CM_LIST) return CM_OK;
    cm_value *items = cm_arena__alloc(arena, (v->u.list.n ? v->u.list.n : 1) * sizeof *items);
    if (!items) return CM_E_NOMEM;
    if (v->u.list.n) memcpy(items, v->u.list.items, v->u.list.n * sizeof *items);
    for (size_t i = 0; i < v->u.list.n && !st; i++) st = cm_value_keep(arena, &items[i]);
    v->u.list.items = items;
    return st;
}
