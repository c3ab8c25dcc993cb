/* schema room: interned types, frozen tables, their order, the codec. */
#include "harness.h"

#include "schema/schema.h"
#include <math.h>
#include <pthread.h>

/* ---- types */

Test(schema, equal_types_are_the_same_pointer) {
    OOM_LOOP(cx) {
        const cm_type *a = NULL, *b = NULL, *c = NULL, *basic = NULL;
        cm_type_def numeric = {.kind = CM_T_NUMERIC, .flags = CM_TYPE_AS_DECIMAL, .length = -1, .precision = 10, .scale = 2};
        OOM_TRY(cm_type_get(cx, &numeric, &a));
        numeric.length = 0; /* means nothing for a numeric */
        OOM_TRY(cm_type_get(cx, &numeric, &b));
        numeric.scale = 3;
        OOM_TRY(cm_type_get(cx, &numeric, &c));
        cr_assert_eq(a, b);
        cr_assert_neq(a, c);
        cr_assert_neq(cm_type_serial(a), cm_type_serial(c));
        cm_type_def integer = {.kind = CM_T_INTEGER};
        OOM_TRY(cm_type_get(cx, &integer, &basic));
        cr_assert_eq(basic, cm_type_basic(cx, CM_T_INTEGER));
    OOM_DONE:
        cm_type_release(cx, a);
        cm_type_release(cx, b);
        cm_type_release(cx, c);
    }
}

Test(schema, words_of_an_enumeration_are_copied_and_told_apart) {
    OOM_LOOP(cx) {
        const cm_type *a = NULL, *b = NULL, *c = NULL;
        char word[] = "red";
        const char *first[] = {word, "green"}, *second[] = {"redgreen", ""};
        cm_type_def def = {.kind = CM_T_ENUM, .length = -1, .precision = -1, .scale = -1, .name = "colour", .labels = first, .nlabels = 2};
        OOM_TRY(cm_type_get(cx, &def, &a));
        word[0] = 'b';
        OOM_TRY(cm_type_get(cx, &def, &b));
        def.labels = second;
        OOM_TRY(cm_type_get(cx, &def, &c));
        cr_assert_str_eq(cm_type_get_def(a)->labels[0], "red");
        cr_assert_str_eq(cm_type_get_def(b)->labels[0], "bed");
        cr_assert_neq(a, b);
        cr_assert_neq(b, c);
    OOM_DONE:
        cm_type_release(cx, a);
        cm_type_release(cx, b);
        cm_type_release(cx, c);
    }
}

Test(schema, types_with_a_host_object_go_with_their_last_reference) {
    OOM_LOOP(cx) {
        const cm_type *a = NULL, *b = NULL, *list = NULL;
        cm_obj *host = cm_obj_int(cx, 7);
        OOM_NULL(host);
        cm_type_def def = {.kind = CM_T_STRING, .flags = CM_TYPE_HOST, .item = cm_type_basic(cx, CM_T_TEXT), .host = host};
        OOM_TRY(cm_type_get(cx, &def, &a));
        OOM_TRY(cm_type_get(cx, &def, &b));
        cr_assert_eq(a, b);
        cm_type_def array = {.kind = CM_T_ARRAY, .item = a};
        OOM_TRY(cm_type_get(cx, &array, &list));
        cm_type_release(cx, a);
        cm_type_release(cx, b);
        a = b = NULL;
        cr_assert_eq(cm_type_get_def(list)->item->def.host, host);
        uint64_t old = cm_type_serial(cm_type_get_def(list)->item);
        cm_type_release(cx, list);
        list = NULL;
        OOM_TRY(cm_type_get(cx, &def, &a));
        cr_assert_neq(cm_type_serial(a), old); /* serials are never used again */
    OOM_DONE:
        cm_type_release(cx, a);
        cm_type_release(cx, b);
        cm_type_release(cx, list);
        cm_obj_release(cx, host);
    }
}

Test(schema, spellings_are_words) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    static const struct { const char *spelling, *collation; int length; bool ok; } rows[] = {
        {"SMALLINT UNSIGNED", NULL, -1, true}, {"NUMERIC(10, 2)", NULL, -1, true}, {"TEXT); DROP TABLE x; --", NULL, -1, false},
        {"", NULL, -1, false}, {"a'b", NULL, -1, false}, {NULL, "NOCASE", -1, true}, {NULL, "en_US.utf8", -1, true},
        {NULL, "a\"b", -1, false}, {NULL, NULL, -2, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cm_type *t = NULL;
        cm_type_def def = {.kind = CM_T_STRING, .length = rows[i].length, .spelling = rows[i].spelling, .collation = rows[i].collation};
        cr_assert_eq(cm_type_get(cx, &def, &t), rows[i].ok ? CM_OK : CM_E_ARGUMENT, "row %zu", i);
        cm_ctx_clear(cx);
        cm_type_release(cx, t);
    }
    test_ctx_end(&l);
}

static void *intern_many(void *user) {
    cm_ctx *cx = user;
    for (int i = 0; i < 2000; i++) {
        const cm_type *t = NULL;
        cm_type_def def = {.kind = CM_T_STRING, .length = 1 + i % 50, .precision = -1, .scale = -1};
        if (cm_type_get(cx, &def, &t)) return cx;
        cm_type_release(cx, t);
    }
    return NULL;
}

Test(schema, types_may_be_asked_for_by_several_threads) {
    cm_ctx *cx = NULL, *child[3];
    pthread_t thread[3];
    cr_assert_eq(cm_ctx_new(NULL, &cx), CM_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(cm_ctx_child(cx, &child[i]), CM_OK);
        pthread_create(&thread[i], NULL, intern_many, child[i]);
    }
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        cr_assert_null(failed);
        cm_ctx_free(child[i]);
    }
    cm_ctx_free(cx);
}

/* ---- tables */

static cm_status make_table(cm_ctx *cx, const char *name, const char *const *references, size_t n, bool use_alter, cm_table **out) {
    static const char *const id[] = {"id"}, *const ref[] = {"ref"};
    cm_column_def columns[] = {
        {.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY | CM_COL_AUTOINCREMENT},
        {.name = "ref", .type = cm_type_basic(cx, CM_T_INTEGER)}};
    cm_constraint_def keys[4] = {0};
    for (size_t i = 0; i < n; i++)
        keys[i] = (cm_constraint_def){.kind = CM_CON_FOREIGN_KEY, .columns = ref, .ncolumns = 1, .ref_table = references[i],
                                      .ref_columns = id, .deferrable = -1, .use_alter = use_alter};
    cm_table_def def = {.version = 1, .name = name, .columns = columns, .ncolumns = 2, .constraints = keys, .nconstraints = n};
    return cm_table_new(cx, &def, out);
}

Test(schema, a_table_keeps_what_it_was_told) {
    OOM_LOOP(cx) {
        cm_table *t = NULL;
        cm_obj *zero = cm_obj_int(cx, 0);
        OOM_NULL(zero);
        static const char *const email[] = {"email"}, *const owner[] = {"owner_id"}, *const id[] = {"id"}, *const expr[] = {"email", "lower(email)"};
        static const cm_sql exprs[] = {{NULL}, {"lower(email)"}};
        cm_column_def columns[] = {
            {.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY | CM_COL_AUTOINCREMENT},
            {.name = "email", .key = "mail", .type = cm_type_basic(cx, CM_T_STRING), .server_default = {"'x'"}},
            {.name = "owner_id", .type = cm_type_basic(cx, CM_T_INTEGER), .insert_default = zero}};
        cm_constraint_def constraints[] = {
            {.kind = CM_CON_UNIQUE, .name = "uq", .columns = email, .ncolumns = 1},
            {.kind = CM_CON_FOREIGN_KEY, .columns = owner, .ncolumns = 1, .ref_table = "owners", .ref_columns = id, .on_delete = "set null"}};
        cm_index_def index = {.name = "ix", .unique = true, .columns = expr, .exprs = exprs, .ncolumns = 2};
        cm_table_def def = {.version = 1, .name = "users", .schema = "main", .columns = columns, .ncolumns = 3, .constraints = constraints,
                            .nconstraints = 2, .indexes = &index, .nindexes = 1};
        OOM_TRY(cm_table_new(cx, &def, &t));
        cr_assert_eq(t->nprimary_key, 1);
        cr_assert_eq(t->autoincrement, cm_table_column(t, 0));
        cr_assert_eq(t->nconstraints, 3);
        cr_assert_eq(t->constraints[0].kind, CM_CON_PRIMARY_KEY);
        cr_assert_str_eq(t->constraints[2].on_delete, "SET NULL");
        cm_column *mail = cm_table_find_column(t, "email");
        cr_assert_eq(mail, cm_strmap__get(&t->by_key, "mail", 4));
        cr_assert_null(cm_table_find_column(t, "mail"));
        cr_assert_eq(cm_column_node(mail)->u.col.ref, mail);
        cr_assert_eq(cm_column_node(mail)->u.col.table, cm_table_node(t));
        cr_assert_eq(mail->id, mail->node->id);
        cr_assert_str_eq(mail->server_default.text, "'x'");
        cr_assert(t->indexes[0].exprs[1].text);
    OOM_DONE:
        cm_table_release(cx, t);
        cm_obj_release(cx, zero);
    }
}

Test(schema, bad_tables_are_refused) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    static const char *const nope[] = {"nope"}, *const id[] = {"id"};
    cm_column_def twice[] = {{.name = "id"}, {.name = "id"}};
    cm_constraint_def unknown = {.kind = CM_CON_UNIQUE, .columns = nope, .ncolumns = 1};
    cm_constraint_def keyword = {.kind = CM_CON_FOREIGN_KEY, .columns = id, .ncolumns = 1, .ref_table = "t", .ref_columns = id, .on_delete = "EXPLODE"};
    const struct { size_t ncolumns; cm_constraint_def *con; cm_status status; const char *says; } rows[] = {
        {2, NULL, CM_E_ARGUMENT, "two columns named \"id\""}, {1, &unknown, CM_E_ARGUMENT, "no column \"nope\""}, {1, &keyword, CM_E_COMPILE, "EXPLODE"}};
    for (size_t i = 0; i < 3; i++) {
        cm_table *t = NULL;
        cm_table_def def = {.version = 1, .name = "t", .columns = twice, .ncolumns = rows[i].ncolumns, .constraints = rows[i].con, .nconstraints = rows[i].con ? 1 : 0};
        cr_assert_eq(cm_table_new(cx, &def, &t), rows[i].status);
        cr_assert_not_null(strstr(cm_ctx_error(cx)->message, rows[i].says), "%s", cm_ctx_error(cx)->message);
        cr_assert_null(t);
        cm_ctx_clear(cx);
    }
    test_ctx_end(&l);
}

Test(schema, nodes_made_by_the_author_and_the_table_forget_each_other) {
    OOM_LOOP(cx) {
        cm_node *table = NULL, *column = NULL;
        cm_table *t = NULL;
        cm_node_spec spec = {.kind = CM_N_TABLE, .name = "t", .name_n = 1};
        OOM_TRY(cm_node_make(cx, &spec, &table));
        spec = (cm_node_spec){.kind = CM_N_COLUMN, .name = "c", .name_n = 1};
        OOM_TRY(cm_node_make(cx, &spec, &column));
        cm_column_def c = {.name = "c", .type = cm_type_basic(cx, CM_T_DATE), .node = column};
        cm_table_def def = {.version = 1, .name = "t", .columns = &c, .ncolumns = 1, .node = table};
        OOM_TRY(cm_table_new(cx, &def, &t));
        cr_assert_eq(table->u.col.ref, t);
        cr_assert_eq(column->type, cm_type_basic(cx, CM_T_DATE));
        cm_table_release(cx, t); /* the TABLE node keeps it */
        t = NULL;
        cr_assert_eq(((cm_column *)column->u.col.ref)->node, column);
        cm_node_release(cx, table);
        table = NULL;
        cr_assert_null(column->u.col.ref);
    OOM_DONE:
        cm_table_release(cx, t);
        cm_node_release(cx, column);
        cm_node_release(cx, table);
    }
}

Test(schema, nodes_outlive_their_table) {
    OOM_LOOP(cx) {
        cm_table *t = NULL;
        cm_node *table = NULL, *column = NULL;
        OOM_TRY(make_table(cx, "t", NULL, 0, false, &t));
        cm_node_retain(cx, table = cm_table_node(t));
        cm_node_retain(cx, column = cm_column_node(cm_table_column(t, 0)));
        cm_table_release(cx, t);
        t = NULL;
        cr_assert_null(table->u.col.ref);
        cr_assert_null(column->u.col.ref);
        cr_assert_null(column->u.col.table);
    OOM_DONE:
        cm_table_release(cx, t);
        cm_node_release(cx, table);
        cm_node_release(cx, column);
    }
}

Test(schema, tables_follow_their_foreign_keys) {
    OOM_LOOP(cx) {
        static const char *const b[] = {"b"}, *const c_d[] = {"c", "d"}, *const self_x[] = {"c", "elsewhere"};
        cm_table *t[4] = {0}, *sorted[4] = {0};
        size_t cycles = 0;
        OOM_TRY(make_table(cx, "a", b, 1, false, &t[0]));
        OOM_TRY(make_table(cx, "b", c_d, 2, false, &t[1]));
        OOM_TRY(make_table(cx, "c", self_x, 2, false, &t[2]));
        OOM_TRY(make_table(cx, "d", NULL, 0, false, &t[3]));
        OOM_TRY(cm_tables_sort(cx, t, 4, sorted, &cycles));
        cr_assert_eq(cycles, 0);
        cr_assert(sorted[0] == t[2] && sorted[1] == t[3] && sorted[2] == t[1] && sorted[3] == t[0]);
    OOM_DONE:
        for (int i = 0; i < 4; i++) cm_table_release(cx, t[i]);
    }
}

Test(schema, cycles_come_last_and_use_alter_orders_nothing) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    static const char *const a[] = {"a"}, *const b[] = {"b"};
    cm_table *t[3] = {0}, *sorted[3];
    size_t cycles;
    cr_assert_eq(make_table(cx, "a", b, 1, false, &t[0]), CM_OK);
    cr_assert_eq(make_table(cx, "b", a, 1, false, &t[1]), CM_OK);
    cr_assert_eq(make_table(cx, "z", NULL, 0, false, &t[2]), CM_OK);
    cr_assert_eq(cm_tables_sort(cx, t, 3, sorted, &cycles), CM_OK);
    cr_assert_eq(cycles, 2);
    cr_assert(sorted[0] == t[2] && sorted[1] == t[0] && sorted[2] == t[1]);
    cm_table_release(cx, t[1]);
    cr_assert_eq(make_table(cx, "b", a, 1, true, &t[1]), CM_OK);
    cr_assert_eq(cm_tables_sort(cx, t, 3, sorted, &cycles), CM_OK);
    cr_assert(cycles == 0 && sorted[0] == t[1] && sorted[1] == t[0] && sorted[2] == t[2]);
    for (int i = 0; i < 3; i++) cm_table_release(cx, t[i]);
    test_ctx_end(&l);
}

/* ---- codec */

static cm_value text(const char *p) { return (cm_value){.kind = CM_TEXT, .u.s = {p, strlen(p)}}; }
static cm_value integer(int64_t i) { return (cm_value){.kind = CM_INT, .u.i = i}; }
static cm_value real(double d) { return (cm_value){.kind = CM_DOUBLE, .u.d = d}; }

static void show(const cm_value *v, char *out, size_t room) {
    char moment[40];
    switch (v->kind) {
    case CM_INT: case CM_BOOL: case CM_INTERVAL: snprintf(out, room, "%d:%lld", v->kind, (long long)v->u.i); break;
    case CM_DOUBLE: snprintf(out, room, "%d:%g", v->kind, v->u.d); break;
    case CM_DATE: case CM_TIME: case CM_DATETIME:
        cm_civil_format(&v->u.t, (cm_value_kind)v->kind, true, moment);
        snprintf(out, room, "%d:%s", v->kind, moment);
        break;
    case CM_UUID: snprintf(out, room, "%d:%02x..%02x", v->kind, v->u.uuid[0], v->u.uuid[15]); break;
    default: snprintf(out, room, "%d:%.*s", v->kind, (int)v->u.s.n, v->u.s.p);
    }
}

Test(schema, stored_values_become_those_of_their_types) {
    const struct { cm_type_kind type; uint32_t flags; int scale; cm_value in; const char *out; } rows[] = {
        {CM_T_DATE, 0, -1, text("2024-02-29"), "7:2024-02-29"},
        {CM_T_TIME, 0, -1, text("10:11"), "8:10:11:00.000000"},
        {CM_T_DATETIME, 0, -1, text("2024-01-02"), "9:2024-01-02 00:00:00.000000"},
        {CM_T_DATETIME, 0, -1, text("2024-01-02T03:04:05.5"), "9:2024-01-02 03:04:05.500000"},
        {CM_T_BOOLEAN, 0, -1, integer(0), "3:0"},
        {CM_T_BOOLEAN, 0, -1, integer(2), "3:1"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, 2, real(1.5), "6:1.50"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, 2, integer(9007199254740993), "6:9007199254740993.00"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, 0, integer(-3), "6:-3"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, -1, real(0.1), "6:0.1000000000"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, 2, text("-1.123456e5"), "6:-1.123456e5"},
        {CM_T_NUMERIC, CM_TYPE_AS_DECIMAL, 2, real(1e20), "6:100000000000000000000.00"},
        {CM_T_NUMERIC, 0, 2, integer(3), "2:3"},
        {CM_T_FLOAT, 0, -1, integer(3), "2:3"},
        {CM_T_FLOAT, 0, -1, {.kind = CM_DECIMAL, .u.s = {"2.5", 3}}, "2:2.5"},
        {CM_T_UUID, 0, -1, text("12345678123456781234567812345679"), "11:12..79"},
        {CM_T_UUID, 0, -1, text("12345678-1234-5678-1234-567812345679"), "11:12..79"},
        {CM_T_INTERVAL, 0, -1, text("1970-01-02 00:00:00.500000"), "10:86400500000"},
        {CM_T_INTERVAL, 0, -1, text("1969-12-31 00:00:00.000000"), "10:-86400000000"},
        {CM_T_INTERVAL, 0, -1, text("2024-03-01 00:00:00"), "10:1709251200000000"},
        {CM_T_JSON, 0, -1, text("[1]"), "12:[1]"},
        {CM_T_JSON, 0, -1, integer(5), "1:5"},
        {CM_T_STRING, 0, -1, integer(5), "1:5"},
        {CM_T_ENUM, 0, -1, text("a"), "4:a"}};
    OOM_LOOP(cx) {
        cm_arena scratch;
        cm_arena__init(&scratch, cx);
        const cm_type *type = NULL;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char shown[80];
            cm_value v = rows[i].in;
            cm_type_def def = {.kind = rows[i].type, .flags = rows[i].flags, .length = -1, .precision = -1, .scale = rows[i].scale};
            OOM_TRY(cm_type_get(cx, &def, &type));
            OOM_TRY(cm_codec__get(type)->decode(cx, type, &v, &scratch));
            show(&v, shown, sizeof shown);
            cr_assert_str_eq(shown, rows[i].out, "row %zu: %s, not %s", i, shown, rows[i].out);
            if (rows[i].in.kind != v.kind) cr_assert_not(cm_codec__is_plain(type));
        }
    OOM_DONE:
        cm_arena__dispose(&scratch);
    }
}

/* Doubles of every size, ties and their neighbours among them, at every scale: the digits that printf writes. */
Test(schema, decimals_of_doubles_round_as_printf_does) {
    static const double edges[] = {0.0, -0.0, 0.5, 1.5, 2.5, 0.125, 0.375, -0.625, 1.005, 2.675, 0.045, 1e-12, -1e-12, 4.35, 1e15, 281474976710655.5, 99999999999.995};
    const size_t nedges = sizeof edges / sizeof *edges;
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_arena scratch;
    cm_arena__init(&scratch, cx);
    uint64_t random = 1;
    for (size_t i = 0; i < 60000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const int scale = (int)(random >> 40) % 13;
        double d = i < nedges * 13 ? edges[i % nedges] : ldexp((double)(int64_t)random, -(int)(random >> 58) - 20);
        if (i % 3 == 0) d = nextafter(d, i % 2 ? 1e300 : -1e300);
        char wanted[400];
        snprintf(wanted, sizeof wanted, "%.*f", i < nedges * 13 ? (int)(i / nedges) : scale, d);
        cm_type_def def = {.kind = CM_T_NUMERIC, .flags = CM_TYPE_AS_DECIMAL, .length = -1, .precision = -1};
        def.scale = i < nedges * 13 ? (int)(i / nedges) : scale;
        const cm_type *type = NULL;
        cm_value v = real(d);
        cr_assert_eq(cm_type_get(cx, &def, &type), CM_OK);
        cr_assert_eq(cm_codec__get(type)->decode(cx, type, &v, &scratch), CM_OK);
        cr_assert(v.u.s.n == strlen(wanted) && !memcmp(v.u.s.p, wanted, v.u.s.n), "%.*s, not %s", (int)v.u.s.n, v.u.s.p, wanted);
        cm_arena__reset(&scratch);
    }
    cm_arena__dispose(&scratch);
    test_ctx_end(&l);
}

Test(schema, malformed_values_are_named) {
    const struct { cm_type_kind type; cm_value in; cm_status st; const char *says; } rows[] = {
        {CM_T_DATE, text("x"), CM_E_DECODE, "Invalid isoformat string: 'x'"}, {CM_T_DATE, text("2024-13-02"), CM_E_DECODE, "2024-13-02"},
        {CM_T_DATE, text("2024-01-02 10:11:12"), CM_E_DECODE, "10:11:12"}, {CM_T_DATETIME, text("yesterday"), CM_E_DECODE, "yesterday"},
        {CM_T_TIME, integer(5), CM_E_TYPE, "5"}, {CM_T_UUID, text("zz"), CM_E_DECODE, "zz"}, {CM_T_NUMERIC, text("abc"), CM_E_DECODE, "abc"}};
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_arena scratch;
    cm_arena__init(&scratch, cx);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cm_value v = rows[i].in, null = {.kind = CM_NULL};
        const cm_type *type = cm_type_basic(cx, rows[i].type);
        cr_assert_eq(cm_codec__get(type)->decode(cx, type, &null, &scratch), CM_OK);
        cr_assert_eq(null.kind, CM_NULL);
        cr_assert_eq(cm_codec__get(type)->decode(cx, type, &v, &scratch), rows[i].st, "row %zu", i);
        cr_assert_not_null(strstr(cm_ctx_error(cx)->message, rows[i].says), "%s", cm_ctx_error(cx)->message);
        cm_ctx_clear(cx);
    }
    cm_arena__dispose(&scratch);
    test_ctx_end(&l);
}
