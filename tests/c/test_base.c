/* base room: buffers, regions, maps, civil time, UTF-8, errors. */
#include "harness.h"

#include "base/buf.h"
#include "base/map.h"

Test(base, buffer_grows_and_inserts) {
    OOM_LOOP(cx) {
        cm_buf b;
        char *p = NULL;
        cm_buf__init(&b, cx);
        for (int i = 0; i < 100; i++) cm_buf__printf(&b, "%d,", i);
        cm_buf__insert(&b, 0, "head ", 5);
        size_t n = 0;
        OOM_TRY(cm_buf__take(&b, &p, &n));
        cr_assert_eq(n, 295);
        cr_assert_eq(strncmp(p, "head 0,1,2,", 11), 0);
    OOM_DONE:
        cm_buf__dispose(&b);
        cm__free(cx, p);
    }
}

Test(base, region_keeps_pieces_apart) {
    OOM_LOOP(cx) {
        cm_arena a;
        char *piece[50] = {0};
        cm_arena__init(&a, cx);
        for (int i = 0; i < 50; i++) {
            piece[i] = cm_arena__alloc(&a, (size_t)i * 7 + 1);
            OOM_NULL(piece[i]);
            memset(piece[i], i, (size_t)i * 7 + 1);
        }
        for (int i = 0; i < 50; i++) cr_assert_eq(piece[i][i * 7], (char)i);
    OOM_DONE:
        cm_arena__dispose(&a);
    }
}

Test(base, map_survives_growth_removal_and_strides) {
    OOM_LOOP(cx) {
        cm_map m = {0};
        static int value[400];
        for (uint64_t i = 0; i < 400; i++) OOM_TRY(cm_map__put(cx, &m, i << 22, &value[i]));
        for (uint64_t i = 0; i < 400; i += 2) cr_assert_eq(cm_map__remove(&m, i << 22), &value[i]);
        for (uint64_t i = 0; i < 400; i++) cr_assert_eq(cm_map__get(&m, i << 22), i % 2 ? (void *)&value[i] : NULL);
        cr_assert_eq(m.used, 200);
    OOM_DONE:
        cm_map__dispose(cx, &m);
    }
}

Test(base, string_map_replaces_and_forgets) {
    OOM_LOOP(cx) {
        cm_strmap m = {0};
        static char keys[100][8];
        static int value[100], other;
        for (int i = 0; i < 100; i++) {
            snprintf(keys[i], sizeof keys[i], "k%d", i);
            OOM_TRY(cm_strmap__put(cx, &m, keys[i], strlen(keys[i]), &value[i]));
        }
        OOM_TRY(cm_strmap__put(cx, &m, "k7", 2, &other));
        cr_assert_eq(cm_strmap__get(&m, "k7", 2), &other);
        cm_strmap__remove(&m, "k8", 2);
        cr_assert_null(cm_strmap__get(&m, "k8", 2));
        cr_assert_eq(cm_strmap__get(&m, "k99", 3), &value[99]);
        cr_assert_eq(m.used, 99);
    OOM_DONE:
        cm_strmap__dispose(cx, &m);
    }
}

Test(base, civil_text_round_trips) {
    static const struct { const char *text; cm_value_kind kind; bool ok; } rows[] = {
        {"2024-02-29", CM_DATE, true}, {"2023-02-29", CM_DATE, false}, {"0000-01-01", CM_DATE, false}, {"13:37:59.123456", CM_TIME, true},
        {"24:00:00", CM_TIME, false}, {"2024-02-29 13:37:59.000001", CM_DATETIME, true}, {"2024-13-01 00:00:00.000000", CM_DATETIME, false},
        {"abc", CM_DATE, false}, {"", CM_DATETIME, false}, {"1999-12-31 23:59:59.999999+05:30", CM_DATETIME, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cm_civil t;
        char out[48];
        bool ok = cm_civil_parse(rows[i].text, strlen(rows[i].text), rows[i].kind, &t);
        cr_assert_eq(ok, rows[i].ok, "%s", rows[i].text);
        if (!ok) continue;
        cm_civil_format(&t, rows[i].kind, true, out);
        cr_assert_str_eq(out, rows[i].text);
    }
}

/* What a date and time of 26 characters is, said the long way. */
static bool is_stamp(const char *p, cm_civil *out) {
    int y, mo, d, h, mi, s, us, end = 0;
    static const char form[] = "dddd-dd-dd dd:dd:dd.dddddd";
    for (int i = 0; i < 26; i++)
        if (form[i] == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != form[i] && !(i == 10 && p[i] == 'T') && !(i == 19 && p[i] == ',')) return false;
    if (sscanf(p, "%4d-%2d-%2d%*c%2d:%2d:%2d%*c%6d%n", &y, &mo, &d, &h, &mi, &s, &us, &end) != 7 || end != 26) return false;
    if (y < 1 || mo < 1 || mo > 12 || d < 1 || d > (mo == 2 ? 28 + (y % 4 == 0) : mo == 4 || mo == 6 || mo == 9 || mo == 11 ? 30 : 31)) return false;
    *out = (cm_civil){.year = (int16_t)y, .month = (uint8_t)mo, .day = (uint8_t)d, .hour = (uint8_t)h, .minute = (uint8_t)mi, .second = (uint8_t)s};
    out->micro = (uint32_t)us;
    return h < 24 && mi < 60 && s < 60;
}

/* Every byte in every place of some: eight characters are read at once, and none may hide behind its neighbour. Left out are the
 * signs of offsets, which make other forms of the same length. */
Test(base, every_wrong_character_of_a_moment_is_seen) {
    static const char *const moments[] = {"2024-02-28 23:59:59.999999", "2023-10-19 13:37:05.000000", "1999-12-31 00:00:00.123456"};
    for (size_t m = 0; m < sizeof moments / sizeof *moments; m++)
        for (int at = 0; at < 26; at++)
            for (int ch = 1; ch < 256; ch++) {
                char text[27];
                cm_civil t, wanted = {0};
                memcpy(text, moments[m], sizeof text);
                text[at] = (char)ch;
                if (at > 18 && strchr("+-Zz", ch)) continue;
                const bool ok = is_stamp(text, &wanted);
                cr_assert_eq(cm_civil_parse(text, 26, CM_DATETIME, &t), ok, "%s, character %d", text, at);
                if (ok) cr_assert_eq(memcmp(&t, &wanted, sizeof t), 0, "%s", text);
            }
}

Test(base, lists_are_read_and_kept) {
    OOM_LOOP(cx) {
        static const char text[] = "[0:1]={{1,\"a \\\"b\\\\,}\"},{NULL,\"NULL\"}}", *const bad[] = {"", "1", "{", "{1", "{1,2}}", "{{1}", "{{{{{{{1}}}}}}}"};
        cm_arena a, kept;
        cm_value v = {0};
        cm_arena__init(&a, cx);
        cm_arena__init(&kept, cx);
        OOM_TRY(cm_list_parse(cx, &a, text, sizeof text - 1, ',', &v));
        OOM_TRY(cm_value_keep(&kept, &v));
        cm_arena__reset(&a);
        cr_assert(v.kind == CM_LIST && v.u.list.n == 2);
        const cm_value *one = v.u.list.items[0].u.list.items, *two = v.u.list.items[1].u.list.items;
        cr_assert(one[0].kind == CM_TEXT && one[0].u.s.n == 1 && one[0].u.s.p[0] == '1');
        cr_assert(one[1].u.s.n == 7 && memcmp(one[1].u.s.p, "a \"b\\,}", 7) == 0);
        cr_assert(two[0].kind == CM_NULL && two[1].kind == CM_TEXT && two[1].u.s.n == 4);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            cm_status st = cm_list_parse(cx, &a, bad[i], strlen(bad[i]), ',', &v);
            if (st == CM_E_NOMEM) goto OOM_DONE;
            cr_assert_eq(st, CM_E_DECODE, "%s", bad[i]);
            cm_ctx_clear(cx);
        }
    OOM_DONE:
        cm_arena__dispose(&a);
        cm_arena__dispose(&kept);
    }
}

Test(base, utf8_is_checked_strictly) {
    bool ascii;
    cr_assert(cm_utf8_valid("plain ascii text", 16, &ascii) && ascii);
    cr_assert(cm_utf8_valid("rom\xC3\xA1n \xF0\x9F\x90\xA6", 11, &ascii) && !ascii);
    cr_assert_not(cm_utf8_valid("\xC0\xAF", 2, NULL));     /* overlong */
    cr_assert_not(cm_utf8_valid("\xED\xA0\x80", 3, NULL)); /* surrogate */
    cr_assert_not(cm_utf8_valid("\xF4\x90\x80\x80", 4, NULL));
    cr_assert_not(cm_utf8_valid("abc\xE2\x82", 5, NULL));  /* truncated */
}

Test(base, first_error_wins) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cr_assert_eq(cm__fail(cx, CM_E_ARGUMENT, "no %s", "column"), CM_E_ARGUMENT);
    cm__fail_sql(cx, "SELECT 1", 8);
    cm__fail(cx, CM_E_COMPILE, "later");
    cr_assert_str_eq(cm_ctx_error(cx)->message, "no column");
    cr_assert_str_eq(cm_ctx_error(cx)->sql, "SELECT 1");
    cm_ctx_clear(cx);
    cr_assert_eq(cm_ctx_error(cx)->status, CM_OK);
    test_ctx_end(&l);
}
