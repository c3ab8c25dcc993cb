/* orm, read side: statements become entities, relationships are loaded one way or another, what expired is read again. */
#include "orm_world.h"

#include "orm/orm.h"

/* ---- a world with rows */

static const char *const rows[] = {
    "INSERT INTO author VALUES (1, 'Ann', 'ann@x', 1), (2, 'Bob', 'bob@x', 1), (3, 'Cid', NULL, 1)",
    "INSERT INTO book VALUES (10, 'Alpha', 1, 100), (11, 'Beta', 1, 200), (12, 'Gamma', 2, 300), (13, 'Delta', NULL, 50)",
    "INSERT INTO tag VALUES (1, 'red'), (2, 'blue')",
    "INSERT INTO book_tag VALUES (10, 1), (10, 2), (11, 2), (12, 1)",
    "INSERT INTO node VALUES (1, 'root', NULL), (2, 'left', 1), (3, 'right', 1), (4, 'leaf', 2)",
    "INSERT INTO person VALUES (1, 'person', 'Pat'), (2, 'worker', 'Wes'), (3, 'worker', 'Win')",
    "INSERT INTO worker VALUES (2, 70), (3, 80)",
};

static cm_status sql(world *w, const char *text) {
    cm_conn *conn = NULL;
    cm_result *r = NULL;
    cm_status st = cm_session_connection(w->cx, w->s, NULL, NULL, &conn);
    if (!st) st = cm_conn_execute_sql(w->cx, conn, text, strlen(text), NULL, 0, &r);
    cm_result_free(w->cx, r);
    return st;
}

/* Closes it. The plain host counts references only, so instances that hold each other must let go first. */
static void close_world(world *w) {
    cm_inst *known;
    cm_idmap_iter at = {0};
    while (w->s && cm_idmap__next(w->s->idmap, &at, &known)) {
        if (known->flags & CM_INST_EXPIRED) continue;
        cm_inst__expire(w->cx, known, NULL, 0);
        at.at = 0; /* others may have gone with what it held */
    }
    world_close(w);
}

static int statements;

static cm_status watch(cm_ctx *cx, void *user, cm_conn *conn, const cm_statement_event *event) {
    (void)cx, (void)user, (void)conn;
    if (!event->after) {
        statements++;
        if (getenv("CM_TEST_SQL")) fprintf(stderr, "%.*s\n", (int)event->nsql, event->sql);
    }
    return CM_OK;
}

static cm_status open_world(cm_ctx *cx, world *w) {
    cm_status st = world_open(cx, w, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !st; i++) st = sql(w, rows[i]);
    if (!st) st = cm_session_commit(cx, w->s);
    if (!st) cm_engine_set_watcher(w->engine, watch, NULL);
    statements = 0;
    return st;
}

/* ---- statements */

typedef struct query {
    cm_node *stmt;
    cm_node *option;
} query;

static void query_free(cm_ctx *cx, query *q) {
    cm_node_release(cx, q->stmt);
    cm_node_release(cx, q->option);
    *q = (query){0};
}

static cm_status start(world *w, query *q, cm_mapper *m) {
    cm_node *entity = cm_mapper_entity(m);
    return cm_select(w->cx, &entity, 1, &q->stmt);
}

/* Replaces the statement by one with an item more; takes the item. */
static cm_status add(world *w, query *q, int segment, cm_node *take_item) {
    cm_node *next = NULL;
    if (!take_item) return CM_E_NOMEM;
    cm_status st = cm_node_append(w->cx, q->stmt, segment, &take_item, 1, &next);
    cm_node_release(w->cx, take_item);
    if (st) return st;
    cm_node_release(w->cx, q->stmt);
    q->stmt = next;
    return CM_OK;
}

static cm_status where_int(world *w, query *q, const cm_attr *attr, int op, int64_t value) {
    cm_obj *o = cm_obj_int(w->cx, value);
    cm_node *bind = NULL, *condition = NULL;
    cm_status st = o ? cm_expr_bind(w->cx, o, attr->type, &bind) : CM_E_NOMEM;
    if (!st) st = cm_expr_binary(w->cx, op, attr->node, bind, &condition);
    cm_obj_release(w->cx, o);
    cm_node_release(w->cx, bind);
    return st ? st : add(w, q, CM_SEG_WHERE, condition);
}

static cm_status order(world *w, query *q, const cm_attr *attr) {
    cm_node_retain(w->cx, attr->node);
    return add(w, q, CM_SEG_ORDER_BY, attr->node);
}

static cm_status limit(world *w, query *q, int64_t n) {
    cm_obj *o = cm_obj_int(w->cx, n);
    cm_node *bind = NULL;
    cm_status st = o ? cm_expr_bind(w->cx, o, cm_type_basic(w->cx, CM_T_INTEGER), &bind) : CM_E_NOMEM;
    cm_obj_release(w->cx, o);
    return st ? st : add(w, q, CM_SEG_LIMIT, bind);
}

/* An option on a relationship, with one below it (retained, may be NULL). */
static cm_status make_option(world *w, int op, const cm_attr *attr, cm_node *below, cm_node **out) {
    cm_node *const *const segments[2] = {&below, NULL};
    const size_t counts[2] = {below ? 1 : 0, 0};
    cm_node_spec spec = {.kind = CM_N_OPTION, .op = op, .kid = {attr->node, NULL, NULL}, .segments = segments, .counts = counts};
    return cm_node_make(w->cx, &spec, out);
}

static cm_status option(world *w, query *q, int op, const cm_attr *attr, int below_op, const cm_attr *below) {
    cm_node *inner = NULL, *outer = NULL;
    cm_status st = below ? make_option(w, below_op, below, NULL, &inner) : CM_OK;
    if (!st) st = make_option(w, op, attr, inner, &outer);
    cm_node_release(w->cx, inner);
    return st ? st : add(w, q, CM_SEG_OPTIONS, outer);
}

static cm_status join(world *w, query *q, const cm_attr *attr, uint32_t flags) {
    cm_node *step = NULL;
    cm_node_spec spec = {.kind = CM_N_SETUP_JOIN, .flags = flags, .kid = {attr->node, NULL, NULL}};
    cm_status st = cm_node_make(w->cx, &spec, &step);
    return st ? st : add(w, q, CM_SEG_JOINS, step);
}

/* ---- results */

enum { MAX = 32 };
typedef struct found {
    void *v[MAX];
    size_t n;
} found;

static void found_free(world *w, found *f) {
    for (size_t i = 0; i < f->n; i++) cm_obj_release(w->cx, f->v[i]);
    f->n = 0;
}

/* Every value of every row, in order. */
static cm_status run(world *w, const query *q, found *f) {
    cm_result *r = NULL;
    bool more = true;
    f->n = 0;
    cm_status st = cm_session_execute(w->cx, w->s, q->stmt, NULL, 0, &r);
    while (!st && more) {
        st = cm_result_next(w->cx, r, f->v + f->n, &more);
        if (!st && more) f->n += cm_result_ncolumns(r);
    }
    cm_result_free(w->cx, r);
    return st;
}

static cm_inst *inst(world *w, void *value) { return cm_ctx_host(w->cx)->object_inst(w->cx, value); }

static const char *text(world *w, cm_inst *i, const cm_attr *attr) {
    const cm_obj *o = cm_inst_peek(w->cx, i, attr);
    const cm_value *v = o ? cm_obj_get(o) : NULL;
    return !v ? "(unloaded)" : v->kind == CM_TEXT ? v->u.s.p : "(null)";
}

/* Names of a loaded collection, joined by commas. */
static const char *members(world *w, cm_inst *owner, const cm_attr *attr, const cm_attr *name) {
    static char out[256];
    const cm_obj *coll = cm_inst_peek(w->cx, owner, attr);
    out[0] = 0;
    if (!coll) return "(unloaded)";
    for (size_t i = 0; i < cm_obj_size(coll); i++) {
        cm_inst *member = inst(w, cm_obj_item(coll, i));
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? "," : "", text(w, member, name));
    }
    return out;
}

/* ---- entities */

Test(orm_read, entities_and_identity) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0}, again = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 3);
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_name), "Ann");
        cr_assert_str_eq(text(&w, inst(&w, f.v[2]), w.author_email), "(null)");
        cr_assert_eq(cm_inst_get_status(inst(&w, f.v[0])), CM_PERSISTENT);
        OOM_TRY(sql(&w, "UPDATE author SET name = 'Zoe' WHERE id = 1"));
        OOM_TRY(run(&w, &q, &again));
        cr_assert_eq(again.v[0], f.v[0], "the same key is the same object");
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_name), "Ann", "what is loaded is not overwritten");
        OOM_DONE:
        found_free(&w, &f);
        found_free(&w, &again);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, where_limit_and_columns) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        cm_node *columns[2] = {w.book_title->node, w.book_pages->node};
        OOM_TRY(cm_select(cx, columns, 2, &q.stmt));
        OOM_TRY(where_int(&w, &q, w.book_pages, CM_OP_GT, 60));
        OOM_TRY(order(&w, &q, w.book_id));
        OOM_TRY(limit(&w, &q, 2));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 4);
        cr_assert_str_eq(cm_obj_get(f.v[0])->u.s.p, "Alpha");
        cr_assert_eq(cm_obj_get(f.v[3])->u.i, 200);
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, get_uses_the_identity_map) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL, *none = NULL;
        cm_obj *key = NULL, *absent = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_NULL(key = cm_obj_int(cx, 2));
        OOM_NULL(absent = cm_obj_int(cx, 99));
        OOM_TRY(cm_session_get(cx, w.s, w.author, (void *[]){key}, 1, &a));
        cr_assert_not_null(a);
        cr_assert_str_eq(text(&w, a, w.author_name), "Bob");
        cr_assert_eq(statements, 1);
        OOM_TRY(cm_session_get(cx, w.s, w.author, (void *[]){key}, 1, &b));
        cr_assert_eq(a, b);
        cr_assert_eq(statements, 1);
        OOM_TRY(cm_session_get(cx, w.s, w.author, (void *[]){absent}, 1, &none));
        cr_assert_null(none);
        OOM_DONE:
        cm_inst_release(cx, a);
        cm_inst_release(cx, b);
        cm_obj_release(cx, key);
        cm_obj_release(cx, absent);
        close_world(&w);
    }
}

Test(orm_read, expired_instances_are_read_again) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL;
        cm_obj *key = NULL, *name = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_NULL(key = cm_obj_int(cx, 1));
        OOM_TRY(cm_session_get(cx, w.s, w.author, (void *[]){key}, 1, &a));
        OOM_TRY(sql(&w, "UPDATE author SET name = 'Zoe' WHERE id = 1"));
        OOM_TRY(cm_session_expire(cx, w.s, a, NULL, 0));
        cr_assert_str_eq(text(&w, a, w.author_name), "(unloaded)");
        statements = 0;
        OOM_TRY(cm_inst_get(cx, a, w.author_name, (void **)&name));
        cr_assert_str_eq(cm_obj_get(name)->u.s.p, "Zoe");
        cr_assert_str_eq(text(&w, a, w.author_email), "ann@x");
        cr_assert_eq(statements, 1, "one statement reads all of it");
        OOM_DONE:
        cm_obj_release(cx, name);
        cm_obj_release(cx, key);
        cm_inst_release(cx, a);
        close_world(&w);
    }
}

Test(orm_read, a_row_that_is_gone) {
    world w;
    oom_loop l;
    cm_ctx *cx = test_ctx(&l);
    cm_inst *a = NULL;
    cm_obj *key = cm_obj_int(cx, 1), *name = NULL;
    cr_assert_eq(open_world(cx, &w), CM_OK);
    cr_assert_eq(cm_session_get(cx, w.s, w.author, (void *[]){key}, 1, &a), CM_OK);
    cr_assert_eq(sql(&w, "DELETE FROM author WHERE id = 1"), CM_OK);
    cr_assert_eq(cm_session_expire(cx, w.s, a, NULL, 0), CM_OK);
    cr_assert_eq(cm_inst_get(cx, a, w.author_name, (void **)&name), CM_E_DELETED);
    cm_ctx_clear(cx);
    cm_inst_release(cx, a);
    cm_obj_release(cx, key);
    close_world(&w);
    test_ctx_end(&l);
}

/* ---- lazy loads */

Test(orm_read, lazy_collections_and_references) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        cm_obj *books = NULL, *author = NULL, *tags = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(where_int(&w, &q, w.author_id, CM_OP_EQ, 1));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 1);
        OOM_TRY(cm_inst_get(cx, inst(&w, f.v[0]), w.author_books, (void **)&books));
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.author_books, w.book_title), "Alpha,Beta");
        cr_assert_eq(statements, 2);
        cm_inst *book = inst(&w, cm_obj_item(books, 0));
        OOM_TRY(cm_inst_get(cx, book, w.book_author, (void **)&author));
        cr_assert_eq((void *)author, f.v[0]);
        cr_assert_eq(statements, 2, "the parent is in the identity map");
        OOM_TRY(cm_inst_get(cx, book, w.book_tags, (void **)&tags));
        cr_assert_eq(cm_obj_size(tags), 2);
        OOM_DONE:
        cm_obj_release(cx, books);
        cm_obj_release(cx, author);
        cm_obj_release(cx, tags);
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, loads_that_a_listener_is_told_of) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        cm_obj *books = NULL, *tags = NULL;
        OOM_TRY(open_world(cx, &w));
        cm_session_set_events(w.s, UINT64_C(1) << CM_EV_IMPLICIT_LOAD);
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(where_int(&w, &q, w.author_id, CM_OP_EQ, 1));
        OOM_TRY(run(&w, &q, &f));
        OOM_TRY(cm_inst_get(cx, inst(&w, f.v[0]), w.author_books, (void **)&books));
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.author_books, w.book_title), "Alpha,Beta");
        OOM_TRY(cm_inst_get(cx, inst(&w, cm_obj_item(books, 0)), w.book_tags, (void **)&tags));
        cr_assert_eq(cm_obj_size(tags), 2);
        OOM_TRY(cm_session_refresh(cx, w.s, inst(&w, f.v[0]), NULL, 0));
        cr_assert_eq(statements, 4);
        OOM_DONE:
        cm_obj_release(cx, books);
        cm_obj_release(cx, tags);
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, lazy_loads_that_may_not_happen) {
    world w;
    oom_loop l;
    query q = {0};
    found f = {.n = 0};
    cm_ctx *cx = test_ctx(&l);
    cm_obj *books = NULL;
    cr_assert_eq(open_world(cx, &w), CM_OK);
    cr_assert_eq(start(&w, &q, w.author), CM_OK);
    cr_assert_eq(option(&w, &q, CM_OP_LOAD_RAISE, w.author_books, 0, NULL), CM_OK);
    cr_assert_eq(run(&w, &q, &f), CM_OK);
    cr_assert_eq(cm_inst_get(cx, inst(&w, f.v[0]), w.author_books, (void **)&books), CM_E_RAISE_LOAD);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "'Author.books' is not available due to lazy='raise'");
    cm_ctx_clear(cx);
    found_free(&w, &f);
    query_free(cx, &q);
    cr_assert_eq(start(&w, &q, w.author), CM_OK);
    cr_assert_eq(run(&w, &q, &f), CM_OK);
    cr_assert_eq(cm_session_expunge(cx, w.s, inst(&w, f.v[0])), CM_OK);
    cr_assert_eq(cm_inst_get(cx, inst(&w, f.v[0]), w.author_books, (void **)&books), CM_E_DETACHED);
    cr_assert_not_null(strstr(cm_ctx_error(cx)->message, "is not bound to a Session; lazy load operation of attribute 'books' cannot proceed"));
    cm_ctx_clear(cx);
    found_free(&w, &f);
    query_free(cx, &q);
    close_world(&w);
    test_ctx_end(&l);
}

/* ---- eager loads */

static void check_books(world *w, const found *f) {
    cr_assert_str_eq(members(w, inst(w, f->v[0]), w->author_books, w->book_title), "Alpha,Beta");
    cr_assert_str_eq(members(w, inst(w, f->v[1]), w->author_books, w->book_title), "Gamma");
    cr_assert_str_eq(members(w, inst(w, f->v[2]), w->author_books, w->book_title), "");
}

Test(orm_read, selectin) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_SELECTIN, w.author_books, CM_OP_LOAD_SELECTIN, w.book_tags));
        OOM_TRY(run(&w, &q, &f));
        check_books(&w, &f);
        cr_assert_eq(statements, 3);
        const cm_obj *books = cm_inst_peek(cx, inst(&w, f.v[0]), w.author_books);
        cr_assert_str_eq(members(&w, inst(&w, cm_obj_item(books, 0)), w.book_tags, w.tag_name), "red,blue");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, selectin_of_references) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.book));
        OOM_TRY(order(&w, &q, w.book_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_SELECTIN, w.book_author, 0, NULL));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 4);
        cr_assert_eq(statements, 2);
        cr_assert_str_eq(text(&w, inst(&w, cm_inst_peek(cx, inst(&w, f.v[0]), w.book_author)), w.author_name), "Ann");
        cr_assert_eq(cm_inst_peek(cx, inst(&w, f.v[3]), w.book_author), cm_ctx_host(cx)->none(cx));
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, joined_collection) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_JOINED, w.author_books, CM_OP_LOAD_JOINED, w.book_tags));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(statements, 1);
        cr_assert_eq(f.n, 5, "a row for each book and tag, to be made unique");
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.author_books, w.book_title), "Alpha,Beta");
        cr_assert_str_eq(members(&w, inst(&w, f.v[4]), w.author_books, w.book_title), "");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, joined_collection_with_limit_is_wrapped) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_name));
        OOM_TRY(limit(&w, &q, 2));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_JOINED, w.author_books, 0, NULL));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(statements, 1);
        cr_assert_eq(f.n, 3);
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.author_books, w.book_title), "Alpha,Beta");
        cr_assert_str_eq(members(&w, inst(&w, f.v[2]), w.author_books, w.book_title), "Gamma");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, joined_reference_and_self_reference) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.node));
        OOM_TRY(order(&w, &q, w.node_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_JOINED, w.node_parent, CM_OP_LOAD_SELECTIN, w.node_children));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 4);
        cr_assert_eq(cm_inst_peek(cx, inst(&w, f.v[0]), w.node_parent), cm_ctx_host(cx)->none(cx));
        cr_assert_eq(cm_inst_peek(cx, inst(&w, f.v[3]), w.node_parent), f.v[1]);
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.node_children, w.node_name), "left,right");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, join_along_relationships_and_contains_eager) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(join(&w, &q, w.author_books, 0));
        OOM_TRY(where_int(&w, &q, w.book_pages, CM_OP_GT, 150));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_CONTAINS_EAGER, w.author_books, 0, NULL));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 2);
        cr_assert_eq(statements, 1);
        cr_assert_str_eq(members(&w, inst(&w, f.v[0]), w.author_books, w.book_title), "Beta");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, join_over_a_secondary_table) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.book));
        OOM_TRY(join(&w, &q, w.book_tags, 0));
        OOM_TRY(where_int(&w, &q, w.tag_id, CM_OP_EQ, 2));
        OOM_TRY(order(&w, &q, w.book_id));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 2);
        cr_assert_str_eq(text(&w, inst(&w, f.v[1]), w.book_title), "Beta");
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, rows_repeated_by_a_join_below_a_follow_up_count_once) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_SELECTIN, w.author_books, CM_OP_LOAD_JOINED, w.book_tags));
        OOM_TRY(run(&w, &q, &f));
        check_books(&w, &f);
        cr_assert_eq(statements, 2);
        OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, populate_existing_overwrites) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0}, again = {.n = 0};
        cm_node *fresh = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(run(&w, &q, &f));
        OOM_TRY(sql(&w, "UPDATE author SET name = 'Zoe' WHERE id = 1"));
        OOM_TRY(cm_node_with_flags(cx, q.stmt, CM_FLAG_POPULATE_EXISTING, 0, &fresh));
        cm_node_release(cx, q.stmt);
        q.stmt = fresh;
        OOM_TRY(run(&w, &q, &again));
        cr_assert_eq(again.v[0], f.v[0]);
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_name), "Zoe");
        OOM_DONE:
        found_free(&w, &f);
        found_free(&w, &again);
        query_free(cx, &q);
        close_world(&w);
    }
}

Test(orm_read, a_class_is_not_joined_to_itself) {
    world w;
    oom_loop l;
    query q = {0};
    found f = {.n = 0};
    cm_ctx *cx = test_ctx(&l);
    cr_assert_eq(open_world(cx, &w), CM_OK);
    cr_assert_eq(start(&w, &q, w.node), CM_OK);
    cr_assert_eq(join(&w, &q, w.node_children, 0), CM_OK);
    cr_assert_eq(run(&w, &q, &f), CM_E_INVALID_REQUEST);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "Can't construct a join from Mapper[Node(node)] to Mapper[Node(node)], they are the same entity");
    cm_ctx_clear(cx);
    query_free(cx, &q);
    close_world(&w);
    test_ctx_end(&l);
}

/* select(Author).from_statement(text("...")): columns are found by their names. */
Test(orm_read, the_programs_own_sql) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        cm_node *sql_text = NULL, *entity = NULL;
        OOM_TRY(open_world(cx, &w));
        entity = cm_mapper_entity(w.author);
        OOM_TRY(cm_expr_text(cx, "SELECT email, id, name FROM author WHERE id > 1 ORDER BY id", &sql_text));
        cm_node *const *const segments[2] = {&entity, NULL};
        const size_t counts[2] = {1, 0};
        cm_node_spec spec = {.kind = CM_N_FROM_STATEMENT, .kid = {sql_text, NULL, NULL}, .segments = segments, .counts = counts};
        OOM_TRY(cm_node_make(cx, &spec, &q.stmt));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 2);
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_name), "Bob");
        OOM_DONE:
        cm_node_release(cx, sql_text);
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

/* ---- columns left out */

Test(orm_read, deferred_columns_are_read_when_asked_for) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        cm_obj *email = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.author));
        OOM_TRY(order(&w, &q, w.author_id));
        OOM_TRY(option(&w, &q, CM_OP_LOAD_DEFER, w.author_email, 0, NULL));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_email), "(unloaded)");
        cr_assert_str_eq(text(&w, inst(&w, f.v[0]), w.author_name), "Ann");
        OOM_TRY(cm_inst_get(cx, inst(&w, f.v[0]), w.author_email, (void **)&email));
        cr_assert_str_eq(cm_obj_get(email)->u.s.p, "ann@x");
        cr_assert_eq(statements, 2);
        OOM_DONE:
        cm_obj_release(cx, email);
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}

/* ---- inheritance */

Test(orm_read, the_discriminator_picks_the_class) {
    OOM_LOOP(cx) {
        world w;
        query q = {0}, sub = {0};
        found f = {.n = 0}, workers = {.n = 0};
        cm_obj *wage = NULL;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(start(&w, &q, w.person));
        OOM_TRY(order(&w, &q, w.person_id));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 3);
        cr_assert_eq(inst(&w, f.v[0])->mapper, w.person);
        cr_assert_eq(inst(&w, f.v[1])->mapper, w.worker);
        OOM_TRY(cm_inst_get(cx, inst(&w, f.v[1]), w.worker_wage, (void **)&wage));
        cr_assert_eq(cm_obj_get(wage)->u.i, 70);
        OOM_TRY(start(&w, &sub, w.worker));
        OOM_TRY(run(&w, &sub, &workers));
        cr_assert_eq(workers.n, 2);
        cr_assert_eq(world_int(&w, inst(&w, workers.v[1]), w.worker_wage), 80);
        OOM_DONE:
        cm_obj_release(cx, wage);
        found_free(&w, &f);
        found_free(&w, &workers);
        query_free(cx, &q);
        query_free(cx, &sub);
        close_world(&w);
    }
}

/* ---- for a flush */

/* The tags of eight books that go are read by one statement. */
Test(orm_read, collections_of_what_is_deleted_are_read_together) {
    OOM_LOOP(cx) {
        world w;
        query q = {0};
        found f = {.n = 0};
        int64_t left = -1;
        OOM_TRY(open_world(cx, &w));
        OOM_TRY(sql(&w, "INSERT INTO book VALUES (14, 'E', 1, 1), (15, 'F', 1, 1), (16, 'G', 2, 1), (17, 'H', 2, 1)"));
        OOM_TRY(sql(&w, "INSERT INTO book_tag VALUES (17, 1)"));
        OOM_TRY(start(&w, &q, w.book));
        OOM_TRY(run(&w, &q, &f));
        cr_assert_eq(f.n, 8);
        for (size_t i = 0; i < f.n; i++) OOM_TRY(cm_session_delete(cx, w.s, inst(&w, f.v[i])));
        statements = 0;
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(statements, 3, "tags; book_tag; books");
        OOM_TRY(world_query(&w, "SELECT (SELECT count(*) FROM book) + (SELECT count(*) FROM book_tag)", &left));
        cr_assert_eq(left, 0);
    OOM_DONE:
        found_free(&w, &f);
        query_free(cx, &q);
        close_world(&w);
    }
}
