/* What reads bytes of people and servers, fed with any bytes (libFuzzer): it must answer or refuse, and agree with itself.
 *
 *   make fuzz                      each target for FUZZ_SECONDS
 *   build/fuzz/url FILE            runs one input again
 *
 * TARGET is chosen when this is compiled: url, text, scan, list, civil or codec. */
#include "cormorant_ext.h"
#include "driver/scan.h"
#include "schema/schema.h"
#include "sql/text.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                                                \
    do {                                                                                                                           \
        if (!(what)) __builtin_trap();                                                                                             \
    } while (0)

static cm_ctx *cx;

/* ---- database URLs: what is written out reads back as the same */

static void fuzz_url(const char *p, size_t n) {
    char *text = malloc(n + 1), *once = NULL, *twice = NULL;
    cm_url *url = NULL, *again = NULL;
    memcpy(text, p, n);
    text[n] = '\0';
    if (cm_url_parse(cx, text, &url) == CM_OK && cm_url_format(cx, url, false, &once) == CM_OK) {
        CHECK(cm_url_parse(cx, once, &again) == CM_OK);
        CHECK(cm_url_format(cx, again, false, &twice) == CM_OK);
        CHECK(strcmp(once, twice) == 0);
    }
    cm_mem(cx, once, 0);
    cm_mem(cx, twice, 0);
    cm_url_free(cx, url);
    cm_url_free(cx, again);
    free(text);
}

/* ---- text(): the pieces are the text, but for the colons of parameters and the backslashes before colons */

typedef struct pieces {
    const char *p, *end, *at;
} pieces;

static cm_status piece(void *user, bool name, const char *p, size_t n) {
    pieces *whole = user;
    CHECK(p >= whole->at && p + n <= whole->end);
    CHECK(p - whole->at <= 1); /* one character between two pieces at most */
    if (p > whole->at) CHECK(*whole->at == (name ? ':' : '\\'));
    whole->at = p + n;
    return CM_OK;
}

static void fuzz_text(const char *p, size_t n) {
    pieces whole = {p, p + n, p};
    CHECK(cm_text__scan(p, n, piece, &whole) == CM_OK);
    CHECK(whole.end - whole.at <= 1);
}

/* ---- SQL that network drivers look at before they send it */

static void fuzz_scan(const char *p, size_t n) {
    static const cm_scan_word words[] = {{"select", CM_STMT_READ, false}, {"create", CM_STMT_WRITE, true}, {NULL, CM_STMT_WRITE, false}};
    static const cm_scan_style styles[] = {{.numbered = true, .nested = true, .words = words}, {.backslash = true, .words = words}};
    if (n < 2) return;
    const cm_scan_style *style = &styles[p[0] & 1];
    cm_scan scan = {0};
    const char *what = NULL;
    if (cm_scan__sql(cx, style, p + 2, n - 2, (uint32_t)p[1] & 7, &scan, &what) == CM_OK) {
        CHECK(scan.used <= n - 2);
        size_t marks = 0, at = 0, from, to;
        while (!style->numbered && (at = cm_scan__mark(style, scan.sql, scan.nsql, at)) < scan.nsql) marks++, at++;
        if (!style->numbered && !(p[1] & CM_PREPARE_RAW)) CHECK(marks == scan.nparams);
        if (cm_scan__row(style, scan.sql, scan.nsql, &from, &to)) CHECK(from < to && to <= scan.nsql);
    }
    cm_mem(cx, scan.sql, 0);
    cm_mem(cx, scan.names_text, 0);
    cm_mem(cx, (void *)(uintptr_t)scan.names, 0);
}

/* ---- values */

static void fuzz_list(const char *p, size_t n) {
    cm_arena *arena = NULL;
    cm_value v;
    CHECK(cm_arena_new(cx, &arena) == CM_OK);
    if (cm_list_parse(cx, arena, p, n, ',', &v) == CM_OK) CHECK(v.kind == CM_LIST && cm_value_keep(arena, &v) == CM_OK);
    cm_arena_free(cx, arena);
}

static void fuzz_civil(const char *p, size_t n) {
    static const cm_value_kind kinds[] = {CM_DATE, CM_TIME, CM_DATETIME};
    char text[40];
    for (int i = 0; i < 3; i++) {
        cm_civil t, again;
        if (!cm_civil_parse(p, n, kinds[i], &t)) continue;
        size_t length = cm_civil_format(&t, kinds[i], true, text);
        CHECK(length < sizeof text && cm_civil_parse(text, length, kinds[i], &again));
        CHECK(t.micro == again.micro && t.second == again.second && t.day == again.day && t.year == again.year);
    }
}

static void fuzz_codec(const char *p, size_t n) {
    static const cm_value_kind kinds[] = {CM_TEXT, CM_BLOB, CM_INT, CM_DOUBLE, CM_DECIMAL};
    if (n < 10) return;
    const cm_type *type = cm_type_basic(cx, (cm_type_kind)((uint8_t)p[0] % CM_T_ARRAY));
    cm_value v = {.kind = (uint8_t)kinds[(uint8_t)p[1] % 5], .u.s = {p + 2, n - 2}};
    cm_arena *arena = NULL;
    CHECK(type && cm_arena_new(cx, &arena) == CM_OK);
    if (v.kind == CM_INT || v.kind == CM_DOUBLE) memcpy(&v.u, p + 2, 8);
    (void)cm_codec__get(type)->decode(cx, type, &v, arena);
    cm_arena_free(cx, arena);
}

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return cm_ctx_new(&(cm_ctx_options){0}, &cx) == CM_OK ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    JOIN(fuzz_, TARGET)((const char *)p, n);
    cm_ctx_clear(cx);
    return 0;
}
