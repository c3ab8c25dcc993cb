/* expr room: building, copying, walking, keys, adaption, FROM elements. */
#include "harness.h"

#include "expr/expr.h"

/* Two tables to build over, and a list of references that ends with the test. */
typedef struct world {
    cm_ctx *cx;
    cm_table *users, *items;
    cm_node *u, *uid, *name, *i, *iid, *user_id; /* borrowed from the tables */
    cm_node *held[64];
    size_t n;
} world;

static cm_status open_world(cm_ctx *cx, world *w) {
    memset(w, 0, sizeof *w);
    w->cx = cx;
    cm_column_def users[] = {{.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY},
                             {.name = "name", .key = "login", .type = cm_type_basic(cx, CM_T_STRING)}};
    cm_column_def items[] = {{.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY},
                             {.name = "user_id", .type = cm_type_basic(cx, CM_T_INTEGER)}};
    cm_table_def u = {.version = 1, .name = "users", .columns = users, .ncolumns = 2};
    cm_table_def i = {.version = 1, .name = "items", .columns = items, .ncolumns = 2};
    cm_status st = cm_table_new(cx, &u, &w->users);
    if (!st) st = cm_table_new(cx, &i, &w->items);
    if (st) return st;
    w->u = cm_table_node(w->users);
    w->i = cm_table_node(w->items);
    w->uid = cm_table_column(w->users, 0)->node;
    w->name = cm_table_column(w->users, 1)->node;
    w->iid = cm_table_column(w->items, 0)->node;
    w->user_id = cm_table_column(w->items, 1)->node;
    return CM_OK;
}

static void close_world(world *w) {
    while (w->n) cm_node_release(w->cx, w->held[--w->n]);
    cm_table_release(w->cx, w->users);
    cm_table_release(w->cx, w->items);
}

static cm_status hold(world *w, cm_status st, cm_node *const *made) {
    if (!st) w->held[w->n++] = *made;
    return st;
}

static cm_status number(world *w, int64_t i, cm_node **out) {
    cm_obj *o = cm_obj_int(w->cx, i);
    if (!o) return CM_E_NOMEM;
    cm_status st = cm_expr_bind(w->cx, o, NULL, out);
    cm_obj_release(w->cx, o);
    return hold(w, st, out);
}

static cm_status numbers(world *w, int n, uint32_t flags, cm_node **out) {
    void *v[40] = {0};
    cm_obj *list = NULL;
    cm_status st = CM_OK;
    for (int i = 0; i < n && !st; i++)
        if (!(v[i] = cm_obj_int(w->cx, i))) st = CM_E_NOMEM;
    if (!st && !(list = cm_obj_list(w->cx, v, (size_t)n))) st = CM_E_NOMEM;
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_UNIQUE | CM_FLAG_EXPANDING | flags, .type = cm_type_basic(w->cx, CM_T_INTEGER), .value = list};
    if (!st) st = cm_node_make(w->cx, &spec, out);
    for (int i = 0; i < n; i++)
        if (v[i]) cm_obj_release(w->cx, v[i]);
    if (list) cm_obj_release(w->cx, list);
    return hold(w, st, out);
}

static cm_status binary(world *w, int op, cm_node *l, cm_node *r, cm_node **out) {
    return hold(w, cm_expr_binary(w->cx, op, l, r, out), out);
}

static cm_status make(world *w, const cm_node_spec *spec, cm_node **out) {
    return hold(w, cm_node_make(w->cx, spec, out), out);
}

static cm_status alias(world *w, int kind, cm_node *of, cm_node **out) {
    return make(w, &(cm_node_spec){.kind = kind, .op = CM_OP_ALIAS, .kid = {of, NULL, NULL}}, out);
}

static cm_status proxy(world *w, cm_node *from, size_t i, cm_node **out) {
    return hold(w, cm_from_proxy(w->cx, from, i, out), out);
}

static cm_status query(world *w, cm_node *const *columns, size_t n, cm_node *where, cm_node **out) {
    cm_status st = hold(w, cm_select(w->cx, columns, n, out), out);
    if (st || !where) return st;
    return hold(w, cm_node_append(w->cx, *out, CM_SEG_WHERE, &where, 1, out), out);
}

/* ---- the node table */

Test(expr, the_node_table_is_whole) {
    cr_assert_eq(sizeof(cm_node), 48);
    cr_assert_eq(cm_kind_get_info(CM_N_SELECT)->nsegments, CM_SEG_MAX);
    cr_assert(cm_kind_get_info(CM_N_ALIAS)->identity && cm_kind_get_info(CM_N_ALIAS)->from);
    cr_assert_not(cm_kind_get_info(CM_N_FRAME)->expression);
    cr_assert_null(cm_kind_get_info(0));
    cr_assert_null(cm_kind_get_info(95));
    cr_assert_null(cm_kind_get_info(1000));
    cr_assert(cm_op_get_info(CM_OP_AND)->associative && cm_op_get_info(CM_OP_AND)->comparison);
    cr_assert(cm_op_get_info(CM_OP_DESC)->postfix && !cm_op_get_info(CM_OP_ADD)->comparison);
    for (int op = 0; op < CM_OP_MAX; op++)
        if (cm_op_negate(op) != CM_OP_NONE) cr_assert_eq(cm_op_negate(cm_op_negate(op)), op);
}

/* ---- building */

Test(expr, operators_know_their_result) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    static const struct { int op; cm_type_kind left, right, result; } rows[] = {
        {CM_OP_EQ, CM_T_STRING, CM_T_STRING, CM_T_BOOLEAN}, {CM_OP_ADD, CM_T_INTEGER, CM_T_NUMERIC, CM_T_NUMERIC},
        {CM_OP_ADD, CM_T_INTEGER, CM_T_STRING, CM_T_INTEGER}, {CM_OP_DIV, CM_T_INTEGER, CM_T_INTEGER, CM_T_NUMERIC},
        {CM_OP_FLOORDIV, CM_T_INTEGER, CM_T_INTEGER, CM_T_INTEGER}, {CM_OP_MUL, CM_T_FLOAT, CM_T_INTEGER, CM_T_FLOAT},
        {CM_OP_SUB, CM_T_DATETIME, CM_T_DATETIME, CM_T_INTERVAL}, {CM_OP_SUB, CM_T_DATE, CM_T_DATE, CM_T_INTEGER},
        {CM_OP_ADD, CM_T_INTERVAL, CM_T_DATE, CM_T_DATETIME}, {CM_OP_ADD, CM_T_NULL, CM_T_FLOAT, CM_T_FLOAT},
        {CM_OP_SUB, CM_T_NULL, CM_T_FLOAT, CM_T_NULL}, {CM_OP_CONCAT, CM_T_STRING, CM_T_NULL, CM_T_STRING},
        {CM_OP_NEG, CM_T_NUMERIC, CM_T_NULL, CM_T_NUMERIC}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cm_type *t = cm_op_result_type(cx, rows[i].op, cm_type_basic(cx, rows[i].left), cm_type_basic(cx, rows[i].right));
        cr_assert_eq(t->def.kind, rows[i].result, "row %zu", i);
    }
    test_ctx_end(&l);
}

Test(expr, comparing_with_null_is_is_null) {
    OOM_LOOP(cx) {
        world w;
        cm_node *null, *e, *t;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_NULL_}, &null));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_TRUE_}, &t));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, null, &e));
        cr_assert(e->op == CM_OP_IS && e->type == cm_type_basic(cx, CM_T_BOOLEAN));
        OOM_TRY(binary(&w, CM_OP_NE, w.uid, null, &e));
        cr_assert_eq(e->op, CM_OP_IS_NOT);
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, t, &e));
        cr_assert_eq(e->op, CM_OP_EQ);
        cr_assert_eq(cm_expr_binary(cx, CM_OP_LT, w.uid, null, &e), CM_E_ARGUMENT);
        cm_ctx_clear(cx);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, parameters_take_the_type_of_the_other_side) {
    OOM_LOOP(cx) {
        world w;
        cm_node *p = NULL, *e;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(hold(&w, cm_expr_param(cx, "who", NULL, &p), &p));
        OOM_TRY(binary(&w, CM_OP_EQ, w.name, p, &e));
        cr_assert_eq(p->type->def.kind, CM_T_NULL);
        cr_assert_eq(e->u.k.kid[1]->type, w.name->type);
        cr_assert_eq(e->u.k.kid[0], w.name);
        OOM_TRY(binary(&w, CM_OP_ADD, w.name, p, &e));
        cr_assert_eq(e->op, CM_OP_CONCAT);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, conditions_are_flat) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *b, *ab = NULL, *abc = NULL, *t, *f, *out = NULL;
        size_t n;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_TRUE_}, &t));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_FALSE_}, &f));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.iid, &a));
        OOM_TRY(binary(&w, CM_OP_GT, w.uid, w.user_id, &b));
        OOM_TRY(binary(&w, CM_OP_AND, a, b, &ab));
        cm_node *more[] = {ab, t, a};
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_AND, more, 3, &abc), &abc));
        cr_assert_eq(cm_node_segment(abc, 0, &n)[2], a);
        cr_assert_eq(n, 3);
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_OR, &ab, 1, &out), &out));
        cr_assert_eq(out, ab);
        cm_node *decided[] = {a, t};
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_OR, decided, 2, &out), &out));
        cr_assert_eq(out, t);
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_OR, &f, 1, &out), &out));
        cr_assert_eq(out, f);
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_OR, NULL, 0, &out), &out));
        cr_assert(cm_expr_is_empty(out)); /* no condition: others skip it */
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, not_turns_comparisons_round) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *b, *ab, *n = NULL, *m = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(binary(&w, CM_OP_LT, w.uid, w.iid, &a));
        OOM_TRY(hold(&w, cm_expr_unary(cx, CM_OP_NOT, a, &n), &n));
        cr_assert(n->kind == CM_N_BINARY && n->op == CM_OP_GE && n->u.k.kid[0] == w.uid);
        OOM_TRY(hold(&w, cm_expr_unary(cx, CM_OP_NOT, w.uid, &n), &n));
        cr_assert(n->kind == CM_N_UNARY && n->op == CM_OP_NOT);
        OOM_TRY(hold(&w, cm_expr_unary(cx, CM_OP_NOT, n, &m), &m));
        cr_assert_eq(m, w.uid);
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.iid, &b));
        OOM_TRY(binary(&w, CM_OP_OR, a, b, &ab));
        OOM_TRY(hold(&w, cm_expr_unary(cx, CM_OP_NOT, ab, &n), &n));
        cr_assert(n->op == CM_OP_NOT && n->u.k.kid[0] == ab);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, functions_know_their_type) {
    OOM_LOOP(cx) {
        world w;
        cm_node *n = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(hold(&w, cm_expr_func(cx, "COUNT", &w.name, 1, NULL, &n), &n));
        cr_assert_eq(n->type->def.kind, CM_T_INTEGER);
        OOM_TRY(hold(&w, cm_expr_func(cx, "max", &w.name, 1, NULL, &n), &n));
        cr_assert_eq(n->type, w.name->type);
        OOM_TRY(hold(&w, cm_expr_func(cx, "maxi", &w.name, 1, NULL, &n), &n));
        cr_assert_eq(n->type->def.kind, CM_T_NULL);
        OOM_TRY(hold(&w, cm_expr_label(cx, "x", w.name, &n), &n));
        cr_assert_eq(n->type, w.name->type);
    OOM_DONE:
        close_world(&w);
    }
}

/* ---- segments */

Test(expr, segments_grow_are_replaced_and_emptied) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *s0, *s1 = NULL, *s2 = NULL, *s3 = NULL;
        size_t n;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.iid, &a));
        cm_node *columns[] = {w.uid, w.name};
        OOM_TRY(query(&w, columns, 2, a, &s0));
        OOM_TRY(hold(&w, cm_node_append(cx, s0, CM_SEG_ORDER_BY, columns, 2, &s1), &s1));
        OOM_TRY(hold(&w, cm_node_append(cx, s1, CM_SEG_WHERE, &a, 1, &s2), &s2));
        cr_assert_eq(cm_node_segment(s2, CM_SEG_WHERE, &n)[1], a);
        cr_assert_eq(n, 2);
        cr_assert_eq(cm_node_segment(s2, CM_SEG_ORDER_BY, &n)[1], w.name);
        cr_assert_eq(n, 2);
        cr_assert_null(cm_node_segment(s0, CM_SEG_ORDER_BY, &n));
        OOM_TRY(hold(&w, cm_node_replace(cx, s2, CM_SEG_COLUMNS, &w.iid, 1, &s3), &s3));
        cr_assert_eq(cm_node_segment(s3, CM_SEG_COLUMNS, &n)[0], w.iid);
        cr_assert_eq(n, 1);
        cr_assert_eq(cm_node_segment(s3, CM_SEG_WHERE, &n)[0], a);
        OOM_TRY(hold(&w, cm_node_replace(cx, s3, CM_SEG_ORDER_BY, NULL, 0, &s3), &s3));
        cr_assert_null(cm_node_segment(s3, CM_SEG_ORDER_BY, &n));
        cr_assert_eq(s3->u.n.block->nseg, CM_SEG_WHERE + 1);
        cr_assert_eq(cm_node_segment(s3, CM_SEG_WHERE, &n)[1], a);
        OOM_TRY(hold(&w, cm_node_replace(cx, s3, CM_SEG_WHERE, NULL, 0, &s3), &s3));
        OOM_TRY(hold(&w, cm_node_replace(cx, s3, CM_SEG_COLUMNS, NULL, 0, &s3), &s3));
        cr_assert_null(s3->u.n.block);
        cr_assert_eq(cm_node_append(cx, a, CM_SEG_WHERE, &a, 1, &s3), CM_E_ARGUMENT);
        cm_ctx_clear(cx);
    OOM_DONE:
        close_world(&w);
    }
}

/* ---- keys */

static cm_status keys_equal(world *w, cm_node *a, cm_node *b, bool *out) { return cm_node_equal(w->cx, a, b, false, out); }

Test(expr, keys_hold_structure_not_values) {
    OOM_LOOP(cx) {
        world w;
        cm_node *five, *six, *a, *b, *c, *s, *t, *r;
        bool same;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(number(&w, 5, &five));
        OOM_TRY(number(&w, 6, &six));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, five, &a));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, six, &b));
        OOM_TRY(binary(&w, CM_OP_EQ, w.iid, six, &c));
        OOM_TRY(query(&w, &w.name, 1, a, &s));
        OOM_TRY(query(&w, &w.name, 1, b, &t));
        OOM_TRY(query(&w, &w.name, 1, c, &r));
        OOM_TRY(keys_equal(&w, s, t, &same));
        cr_assert(same);
        OOM_TRY(cm_node_equal(cx, s, t, true, &same));
        cr_assert_not(same);
        OOM_TRY(keys_equal(&w, s, r, &same));
        cr_assert_not(same);
        OOM_TRY(cm_node_equal(cx, s, s, true, &same));
        cr_assert(same);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, a_bind_that_repeats_is_not_two_binds) {
    OOM_LOOP(cx) {
        world w;
        cm_node *five, *six, *twice, *two;
        cm_keybuf key = {0};
        bool same;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(number(&w, 5, &five));
        OOM_TRY(number(&w, 6, &six));
        OOM_TRY(binary(&w, CM_OP_ADD, five, five, &twice));
        OOM_TRY(binary(&w, CM_OP_ADD, five, six, &two));
        OOM_TRY(keys_equal(&w, twice, two, &same));
        cr_assert_not(same);
        OOM_TRY(cm_key__add(cx, &key, twice));
        cr_assert_eq(key.nbinds, 1);
        cm_key__reset(&key);
        OOM_TRY(cm_key__add(cx, &key, two));
        cr_assert(key.nbinds == 2 && key.binds[1] == six);
    OOM_DONE:
        cm_key__dispose(cx, &key);
        close_world(&w);
    }
}

Test(expr, aliases_enter_by_order_of_appearance) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *b, *c, *d, *pa, *pb, *pc, *pd, *e, *f, *g;
        bool same;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &a));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &b));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &c));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &d));
        OOM_TRY(proxy(&w, a, 0, &pa));
        OOM_TRY(proxy(&w, b, 0, &pb));
        OOM_TRY(proxy(&w, c, 0, &pc));
        OOM_TRY(proxy(&w, d, 0, &pd));
        OOM_TRY(binary(&w, CM_OP_EQ, pa, pb, &e));
        OOM_TRY(binary(&w, CM_OP_EQ, pc, pd, &f));
        OOM_TRY(binary(&w, CM_OP_EQ, pa, pa, &g));
        OOM_TRY(keys_equal(&w, e, f, &same));
        cr_assert(same); /* fresh aliases in the same roles */
        OOM_TRY(keys_equal(&w, e, g, &same));
        cr_assert_not(same);
        cm_node *ab[] = {pa, e}, *ba[] = {pb, e}, *s, *t;
        OOM_TRY(query(&w, ab, 2, NULL, &s));
        OOM_TRY(query(&w, ba, 2, NULL, &t));
        OOM_TRY(keys_equal(&w, s, t, &same));
        cr_assert_not(same); /* the same aliases with swapped roles */
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, lists_enter_by_the_power_of_two_above_their_length) {
    OOM_LOOP(cx) {
        world w;
        static const struct { int a, b; bool same; } rows[] = {{0, 0, true}, {0, 1, false}, {1, 2, false}, {3, 4, true}, {4, 5, false}, {5, 8, true}, {17, 32, true}};
        OOM_TRY(open_world(cx, &w));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            cm_node *a, *b;
            bool same;
            OOM_TRY(numbers(&w, rows[i].a, 0, &a));
            OOM_TRY(numbers(&w, rows[i].b, 0, &b));
            OOM_TRY(keys_equal(&w, a, b, &same));
            cr_assert_eq(same, rows[i].same, "row %zu", i);
        }
        cm_node *a, *b;
        bool same;
        OOM_TRY(numbers(&w, 3, CM_FLAG_LITERAL_EXECUTE, &a));
        OOM_TRY(numbers(&w, 4, CM_FLAG_LITERAL_EXECUTE, &b));
        OOM_TRY(keys_equal(&w, a, b, &same));
        cr_assert_not(same); /* those values are part of the text */
        OOM_TRY(numbers(&w, 3, CM_FLAG_LITERAL_EXECUTE, &b));
        OOM_TRY(keys_equal(&w, a, b, &same));
        cr_assert(same);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, names_and_limits_make_a_difference) {
    OOM_LOOP(cx) {
        world w;
        cm_node *five, *six, *s, *t = NULL, *r = NULL, *x = NULL, *y = NULL;
        bool same;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(number(&w, 5, &five));
        OOM_TRY(number(&w, 6, &six));
        OOM_TRY(query(&w, &w.name, 1, NULL, &s));
        OOM_TRY(hold(&w, cm_node_replace(cx, s, CM_SEG_LIMIT, &five, 1, &t), &t));
        OOM_TRY(hold(&w, cm_node_replace(cx, s, CM_SEG_LIMIT, &six, 1, &r), &r));
        OOM_TRY(keys_equal(&w, t, r, &same));
        cr_assert(same);
        OOM_TRY(keys_equal(&w, t, s, &same));
        cr_assert_not(same);
        OOM_TRY(hold(&w, cm_node_replace(cx, s, CM_SEG_OFFSET, &five, 1, &r), &r));
        OOM_TRY(keys_equal(&w, t, r, &same));
        cr_assert_not(same);
        OOM_TRY(hold(&w, cm_expr_label(cx, "x", w.uid, &x), &x));
        OOM_TRY(hold(&w, cm_expr_label(cx, "y", w.uid, &y), &y));
        OOM_TRY(keys_equal(&w, x, y, &same));
        cr_assert_not(same);
        OOM_TRY(hold(&w, cm_expr_param(cx, "x", NULL, &x), &x));
        OOM_TRY(hold(&w, cm_expr_param(cx, "y", NULL, &y), &y));
        OOM_TRY(keys_equal(&w, x, y, &same));
        cr_assert_not(same);
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_COLUMN, .name = "c", .name_n = 1}, &x));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_COLUMN, .name = "c", .name_n = 1}, &y));
        OOM_TRY(keys_equal(&w, x, y, &same));
        cr_assert(same); /* free columns are their name */
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, what_may_not_be_cached_says_so) {
    OOM_LOOP(cx) {
        world w;
        const cm_type *type = NULL;
        cm_keybuf key = {0};
        cm_node *host, *bind = NULL;
        cm_obj *one = cm_obj_int(cx, 1);
        memset(&w, 0, sizeof w);
        OOM_NULL(one);
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_HOST, .name = "thing", .name_n = 5}, &host));
        OOM_TRY(cm_key__add(cx, &key, host));
        cr_assert(key.uncacheable);
        cm_type_def def = {.kind = CM_T_STRING, .flags = CM_TYPE_HOST | CM_TYPE_NO_CACHE, .host = one};
        OOM_TRY(cm_type_get(cx, &def, &type));
        cm_key__reset(&key);
        OOM_TRY(hold(&w, cm_expr_bind(cx, one, type, &bind), &bind));
        OOM_TRY(cm_key__add(cx, &key, bind));
        cr_assert(key.uncacheable);
        cm_key__reset(&key);
        OOM_TRY(cm_key__add(cx, &key, w.uid));
        cr_assert_not(key.uncacheable);
    OOM_DONE:
        cm_key__dispose(cx, &key);
        if (w.cx) close_world(&w);
        cm_type_release(cx, type);
        if (one) cm_obj_release(cx, one);
    }
}

Test(expr, many_identities_are_found_again) {
    OOM_LOOP(cx) {
        world w;
        cm_node *p[20], *list[40], *s, *t;
        cm_keybuf key = {0};
        bool same;
        OOM_TRY(open_world(cx, &w));
        for (int k = 0; k < 20; k++) {
            cm_node *a;
            OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &a));
            OOM_TRY(proxy(&w, a, 0, &p[k]));
            list[k] = list[39 - k] = p[k];
        }
        OOM_TRY(query(&w, list, 40, NULL, &s));
        OOM_TRY(query(&w, list, 40, NULL, &t));
        OOM_TRY(keys_equal(&w, s, t, &same));
        cr_assert(same);
        OOM_TRY(cm_key__add(cx, &key, s));
        cr_assert_eq(key.nseen, 20);
        size_t n = key.n;
        cm_key__reset(&key);
        OOM_TRY(cm_key__add(cx, &key, s));
        cr_assert(key.nseen == 20 && key.n == n);
    OOM_DONE:
        cm_key__dispose(cx, &key);
        close_world(&w);
    }
}

/* ---- depth */

static cm_status count_nodes(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    (void)cx;
    (void)n;
    (void)descend;
    ++*(size_t *)user;
    return CM_OK;
}

Test(expr, trees_may_be_a_million_deep) {
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    world w;
    cm_keybuf key = {0};
    cm_node *one, *top, *changed = NULL;
    size_t nodes = 0;
    cr_assert_eq(open_world(cx, &w), CM_OK);
    cr_assert_eq(number(&w, 1, &one), CM_OK);
    cm_node_retain(cx, top = w.uid);
    for (int i = 0; i < 1000000; i++) {
        cm_node *sum = NULL;
        cr_assert_eq(cm_expr_binary(cx, CM_OP_ADD, top, one, &sum), CM_OK);
        cm_node_release(cx, top);
        top = sum;
    }
    cr_assert_eq(cm_key__add(cx, &key, top), CM_OK);
    cr_assert_eq(key.nbinds, 1);
    cm_key__dispose(cx, &key);
    cr_assert_eq(cm_node_walk(cx, top, count_nodes, &nodes), CM_OK);
    cr_assert_eq(nodes, 1000002);
    cm_adapt map = {1, &w.uid, &w.iid, NULL, NULL};
    cr_assert_eq(cm_node_adapt(cx, top, &map, &changed), CM_OK);
    cr_assert_neq(changed, top);
    cm_node_release(cx, changed);
    cm_node_release(cx, top);
    close_world(&w);
    test_ctx_end(&l);
}

/* ---- walking */

typedef struct trail { int pre, post; cm_node *order[16]; } trail;

static cm_status going_in(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    trail *t = user;
    (void)cx;
    t->pre++;
    if (n->kind == CM_N_EXISTS) *descend = false;
    return CM_OK;
}

static cm_status going_out(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    trail *t = user;
    (void)cx;
    (void)descend;
    t->order[t->post++] = n;
    return CM_OK;
}

Test(expr, the_walker_visits_once_and_leaves_children_first) {
    OOM_LOOP(cx) {
        world w;
        trail t = {0};
        cm_node *a, *s, *e, *both;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.uid, &a));
        OOM_TRY(query(&w, &w.iid, 1, NULL, &s));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_EXISTS, .kid = {s}}, &e));
        OOM_TRY(binary(&w, CM_OP_AND, a, e, &both));
        OOM_TRY(cm_node__walk2(cx, both, going_in, going_out, &t));
        cr_assert(t.pre == 4 && t.post == 4);
        cr_assert(t.order[0] == w.uid && t.order[1] == a && t.order[2] == e && t.order[3] == both);
    OOM_DONE:
        close_world(&w);
    }
}

/* ---- FROM elements */

Test(expr, from_elements_offer_their_columns) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *s, *sub, *j, *count = NULL, *label = NULL, *p, *element;
        const char *key;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &a));
        cr_assert(cm_from_column(a, 1, &key, &element));
        cr_assert_str_eq(key, "login");
        cr_assert_eq(element, w.name);
        cr_assert_not(cm_from_column(a, 2, &key, &element));
        OOM_TRY(proxy(&w, a, 1, &p));
        cr_assert_str_eq(cm_str_text(p->u.col.name), "name"); /* SQL has the column's name, not its key */
        cr_assert(p->u.col.table == a && p->u.col.ref == w.name && p->type == w.name->type);
        OOM_TRY(hold(&w, cm_expr_func(cx, "count", &w.uid, 1, NULL, &count), &count));
        OOM_TRY(hold(&w, cm_expr_label(cx, "n", w.name, &label), &label));
        cm_node *columns[] = {w.uid, w.iid, count, label};
        OOM_TRY(query(&w, columns, 4, NULL, &s));
        OOM_TRY(alias(&w, CM_N_SUBQUERY, s, &sub));
        OOM_TRY(proxy(&w, sub, 1, &p));
        cr_assert_str_eq(cm_str_text(p->u.col.name), "id_1");
        OOM_TRY(proxy(&w, sub, 2, &p));
        cr_assert(p->u.col.name == NULL && p->u.col.ref == count);
        cr_assert(cm_from_column(sub, 2, &key, NULL));
        cr_assert_str_eq(key, "count");
        OOM_TRY(proxy(&w, sub, 3, &p));
        cr_assert_str_eq(cm_str_text(p->u.col.name), "n");
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_JOIN, .kid = {w.u, sub}}, &j));
        cr_assert(cm_from_column(j, 5, &key, &element) && element == label);
        cr_assert_not(cm_from_column(j, 6, &key, &element));
        cr_assert_eq(cm_from_proxy(cx, sub, 9, &p), CM_E_ARGUMENT);
        cm_ctx_clear(cx);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, expressions_mention_from_elements) {
    OOM_LOOP(cx) {
        world w;
        cm_objs froms = {0};
        cm_node *a, *p, *e, *f, *both, *s, *x;
        cm_table *t = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.i, &a));
        OOM_TRY(proxy(&w, a, 1, &p));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, p, &e));
        OOM_TRY(query(&w, &w.iid, 1, NULL, &s));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_EXISTS, .kid = {s}}, &x));
        OOM_TRY(binary(&w, CM_OP_OR, e, x, &f));
        OOM_TRY(binary(&w, CM_OP_AND, f, e, &both));
        OOM_TRY(cm__expr_froms(cx, both, &froms));
        cr_assert(froms.n == 2 && froms.v[0] == w.u && froms.v[1] == a);
        OOM_TRY(cm__from_table(cx, a, &t));
        cr_assert_eq(t, w.items);
        OOM_TRY(cm__from_table(cx, s, &t));
        cr_assert_null(t);
    OOM_DONE:
        cm_objs_free(cx, &froms);
        close_world(&w);
    }
}

/* ---- adaption */

static cm_status adapt(world *w, cm_node *tree, cm_node *from, cm_node *to, cm_node **out) {
    cm_adapt map = {1, &from, &to, NULL, NULL};
    return hold(w, cm_node_adapt(w->cx, tree, &map, out), out);
}

Test(expr, columns_follow_their_table_into_an_alias) {
    OOM_LOOP(cx) {
        world w;
        cm_node *a, *e, *five, *f, *both, *out;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &a));
        OOM_TRY(number(&w, 5, &five));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.user_id, &e));
        OOM_TRY(binary(&w, CM_OP_GT, w.iid, five, &f));
        cm_node *three[] = {e, f, e};
        OOM_TRY(hold(&w, cm_expr_all_of(cx, CM_OP_AND, three, 3, &both), &both));
        OOM_TRY(adapt(&w, both, w.u, a, &out));
        size_t n;
        cm_node *const *v = cm_node_segment(out, 0, &n);
        cr_assert(v[0] == v[2] && v[0] != e); /* shared before, shared after */
        cr_assert_eq(v[1], f);                /* untouched: the same node */
        cr_assert_eq(v[0]->u.k.kid[1], w.user_id);
        cm_node *p = v[0]->u.k.kid[0];
        cr_assert(p->kind == CM_N_PROXY && p->u.col.table == a && p->u.col.ref == w.uid);
        OOM_TRY(adapt(&w, f, w.u, a, &out));
        cr_assert_eq(out, f);
        OOM_TRY(adapt(&w, both, a, w.u, &out));
        cr_assert_eq(out, both);
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, columns_follow_into_subqueries_by_identity_then_key) {
    OOM_LOOP(cx) {
        world w;
        cm_node *j, *s, *sub, *label = NULL, *out, *e, *e2;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, w.user_id, &e));
        OOM_TRY(make(&w, &(cm_node_spec){.kind = CM_N_JOIN, .kid = {w.u, w.i, e}}, &j));
        OOM_TRY(hold(&w, cm_expr_label(cx, "items_id", w.iid, &label), &label));
        cm_node *columns[] = {w.uid, label};
        OOM_TRY(query(&w, columns, 2, NULL, &s));
        OOM_TRY(alias(&w, CM_N_SUBQUERY, s, &sub));
        OOM_TRY(binary(&w, CM_OP_LT, w.iid, w.uid, &e2));
        OOM_TRY(adapt(&w, e2, j, sub, &out)); /* the join's tables are meant */
        cr_assert_str_eq(cm_str_text(out->u.k.kid[0]->u.col.name), "items_id");
        cr_assert_str_eq(cm_str_text(out->u.k.kid[1]->u.col.name), "id");
        cr_assert(out->u.k.kid[1]->u.col.table == sub);
        OOM_TRY(adapt(&w, w.name, j, sub, &out));
        cr_assert_eq(out, w.name); /* not offered */
        cm_node *a, *p;
        OOM_TRY(alias(&w, CM_N_ALIAS, sub, &a));
        OOM_TRY(proxy(&w, sub, 1, &p));
        OOM_TRY(adapt(&w, p, sub, a, &out));
        cr_assert(out->u.col.table == a);
        cr_assert_str_eq(cm_str_text(out->u.col.name), "items_id");
    OOM_DONE:
        close_world(&w);
    }
}

Test(expr, subqueries_around_a_replaced_table_are_rebuilt_once) {
    OOM_LOOP(cx) {
        world w;
        cm_node *s, *sub, *p, *q, *e, *out, *other, *inner;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(query(&w, (cm_node *[]){w.uid, w.name}, 2, NULL, &s));
        OOM_TRY(alias(&w, CM_N_SUBQUERY, s, &sub));
        OOM_TRY(proxy(&w, sub, 0, &p));
        OOM_TRY(proxy(&w, sub, 1, &q));
        OOM_TRY(binary(&w, CM_OP_EQ, p, q, &e));
        OOM_TRY(alias(&w, CM_N_ALIAS, w.u, &inner));
        OOM_TRY(adapt(&w, e, w.u, inner, &out));
        other = out->u.k.kid[0]->u.col.table;
        cr_assert(other != sub && other->kind == CM_N_SUBQUERY && out->u.k.kid[1]->u.col.table == other);
        size_t n;
        cr_assert_eq(cm_node_segment(other->u.n.kid, CM_SEG_COLUMNS, &n)[0]->u.col.table, inner);
        cr_assert_eq(out->u.k.kid[0]->u.col.ref, cm_node_segment(other->u.n.kid, CM_SEG_COLUMNS, &n)[0]);
        OOM_TRY(adapt(&w, inner, w.u, sub, &out));
        cr_assert_eq(out, inner); /* an alias of the table is another thing than the table */
    OOM_DONE:
        close_world(&w);
    }
}

static cm_status replace_seven(cm_ctx *cx, void *user, cm_node *n, cm_node **out) {
    world *w = user;
    if (n->kind != CM_N_BIND) return CM_OK;
    cm_node_retain(cx, w->iid);
    *out = w->iid;
    return CM_OK;
}

Test(expr, a_callback_may_replace_anything) {
    OOM_LOOP(cx) {
        world w;
        cm_node *seven, *e, *out = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(number(&w, 7, &seven));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, seven, &e));
        cm_adapt map = {0, NULL, NULL, replace_seven, &w};
        OOM_TRY(hold(&w, cm_node_adapt(cx, e, &map, &out), &out));
        cr_assert_eq(out->u.k.kid[1], w.iid);
    OOM_DONE:
        close_world(&w);
    }
}

/* ---- dump */

static void collect(void *user, const char *p, size_t n) { strncat(user, p, n); }

Test(expr, a_dump_shows_the_tree) {
    OOM_LOOP(cx) {
        world w;
        char text[1024] = "";
        cm_node *five, *e, *s;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(number(&w, 5, &five));
        OOM_TRY(binary(&w, CM_OP_EQ, w.uid, five, &e));
        OOM_TRY(query(&w, &w.name, 1, e, &s));
        OOM_TRY(cm_expr_dump(cx, s, collect, text));
        cr_assert_not_null(strstr(text, "SELECT\n  COLUMNS\n    COLUMN users.name #"));
        cr_assert_not_null(strstr(text, "\n  WHERE\n    BINARY EQ : BOOLEAN\n      COLUMN users.id #"), "%s", text);
        cr_assert_not_null(strstr(text, "\n      BIND flags=400 : INTEGER\n"), "%s", text);
    OOM_DONE:
        close_world(&w);
    }
}

/* ---- mapped entities */

static cm_status map_users(world *w, cm_mapper **out) {
    cm_column *id = cm_table_column(w->users, 0), *name = cm_table_column(w->users, 1);
    cm_attr_def attrs[] = {{.key = "id", .columns = &id, .ncolumns = 1}, {.key = "name", .columns = &name, .ncolumns = 1}};
    cm_mapper_def def = {.version = 1, .name = "User", .tables = &w->users, .ntables = 1, .attrs = attrs, .nattrs = 2};
    return cm_mapper_new(w->cx, &def, out);
}

static cm_status aliased(world *w, cm_mapper *m, cm_node **entity, cm_node **attr) {
    cm_status st = hold(w, cm_mapper_alias(w->cx, m, NULL, NULL, NULL, entity), entity);
    return st ? st : hold(w, cm_entity_attr(w->cx, *entity, cm_mapper_find_attr(m, "name"), attr), attr);
}

Test(expr, attributes_follow_their_entity) {
    OOM_LOOP(cx) {
        world w;
        cm_mapper *m = NULL;
        cm_node *a, *b, *name_a, *name_b, *out, *plain, *s, *t, *sub;
        const char *key;
        bool same;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(map_users(&w, &m));
        plain = cm_mapper_find_attr(m, "name")->node;
        OOM_TRY(aliased(&w, m, &a, &name_a));
        OOM_TRY(aliased(&w, m, &b, &name_b));
        OOM_TRY(keys_equal(&w, name_a, name_b, &same));
        cr_assert(same); /* one aliased entity is like another */
        OOM_TRY(keys_equal(&w, name_a, plain, &same));
        cr_assert_not(same);
        OOM_TRY(query(&w, (cm_node *[]){name_a, name_b}, 2, NULL, &s));
        OOM_TRY(query(&w, (cm_node *[]){name_a, name_a}, 2, NULL, &t));
        OOM_TRY(keys_equal(&w, s, t, &same));
        cr_assert_not(same);
        OOM_TRY(adapt(&w, plain, cm_mapper_entity(m), a, &out));
        cr_assert(out->kind == CM_N_ATTR && out->u.attr.entity == a && out->u.attr.attr == plain->u.attr.attr);
        cr_assert(out->u.attr.expr->kind == CM_N_PROXY && out->u.attr.expr->u.col.table == a->u.attr.expr);
        OOM_TRY(keys_equal(&w, out, name_b, &same));
        cr_assert(same); /* adapted is as good as asked for */
        cm_node *entity = cm_mapper_entity(m);
        OOM_TRY(query(&w, &entity, 1, NULL, &s));
        OOM_TRY(alias(&w, CM_N_SUBQUERY, s, &sub));
        cr_assert(cm_from_column(sub, 1, &key, &out) && out == w.name);
        cr_assert_str_eq(key, "login");
        cr_assert_not(cm_from_column(sub, 2, &key, &out));
    OOM_DONE:
        while (w.n) cm_node_release(cx, w.held[--w.n]);
        cm_mapper_release(cx, m);
        close_world(&w);
    }
}

Test(expr, text_has_a_parameter_for_each_name) {
    OOM_LOOP(cx) {
        world w;
        cm_node *n;
        size_t count;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(hold(&w, cm_expr_text(cx, "SELECT :a, ':no', :b, :a, x::int", &n), &n));
        cm_node *const *binds = cm_node_segment(n, 0, &count);
        cr_assert_eq(count, 2);
        cr_assert_str_eq(cm_str_text(binds[0]->u.bind.name), "a");
        cr_assert_str_eq(cm_str_text(binds[1]->u.bind.name), "b");
        cr_assert(binds[1]->flags & CM_FLAG_REQUIRED);
    OOM_DONE:
        close_world(&w);
    }
}
