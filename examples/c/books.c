/* Books in a SQLite file, from plain C: create, read, update and delete objects.
 *
 *   cc books.c $(pkg-config --cflags --libs cormorant) && ./a.out [file]
 *
 * Instances and values are counted: what cm_..._new or cm_obj_... answered is released once. Where instances hold each other
 * (an author its books, a book its author), closing the session and expiring them lets go; there is no collector in C.
 */
#include "cormorant_ext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct library {
    cm_ctx *cx;
    cm_engine *engine;
    cm_session *session;
    cm_table *authors, *books;
    cm_mapper *author, *book;
    const cm_attr *name, *author_books;                /* of Author */
    const cm_attr *title, *year, *price, *book_author; /* of Book */
} library;

/* Ends the program when something fails, with what the context knows. */
static void check(library *l, cm_status st, const char *what) {
    const cm_error *e = cm_ctx_error(l->cx);
    if (st == CM_OK) return;
    fprintf(stderr, "%s: %s: %s\n", what, cm_status_name(st), e->message ? e->message : cm_status_text(st));
    if (e->sql) fprintf(stderr, "  in: %s\n", e->sql);
    exit(EXIT_FAILURE);
}

static void *need(library *l, void *p) {
    if (!p) check(l, CM_E_NOMEM, "allocating");
    return p;
}

/* ---- tables and classes */

static void define_tables(library *l) {
    const cm_type *integer = cm_type_basic(l->cx, CM_T_INTEGER), *text = cm_type_basic(l->cx, CM_T_TEXT),
                  *real = cm_type_basic(l->cx, CM_T_DOUBLE);
    static const char *const id[] = {"id"}, *const author_id[] = {"author_id"}, *const name[] = {"name"};
    const uint32_t key = CM_COL_PRIMARY_KEY | CM_COL_AUTOINCREMENT | CM_COL_NOT_NULL;
    cm_column_def author[] = {{.name = "id", .type = integer, .flags = key}, {.name = "name", .type = text, .flags = CM_COL_NOT_NULL}};
    cm_column_def book[] = {{.name = "id", .type = integer, .flags = key},
                            {.name = "title", .type = text, .flags = CM_COL_NOT_NULL},
                            {.name = "year", .type = integer},
                            {.name = "price", .type = real},
                            {.name = "author_id", .type = integer}};
    cm_constraint_def of_author[] = {{.kind = CM_CON_PRIMARY_KEY, .columns = id, .ncolumns = 1, .deferrable = -1},
                                     {.kind = CM_CON_UNIQUE, .columns = name, .ncolumns = 1, .deferrable = -1}};
    cm_constraint_def of_book[] = {
        {.kind = CM_CON_PRIMARY_KEY, .columns = id, .ncolumns = 1, .deferrable = -1},
        {.kind = CM_CON_FOREIGN_KEY, .columns = author_id, .ncolumns = 1, .ref_table = "author", .ref_columns = id, .deferrable = -1}};
    cm_table_def authors = {.version = 1, .name = "author", .columns = author, .ncolumns = 2, .constraints = of_author, .nconstraints = 2};
    cm_table_def books = {.version = 1, .name = "book", .columns = book, .ncolumns = 5, .constraints = of_book, .nconstraints = 2};
    check(l, cm_table_new(l->cx, &authors, &l->authors), "table author");
    check(l, cm_table_new(l->cx, &books, &l->books), "table book");
}

/* A class whose attributes are the columns of a table. */
static cm_mapper *map_class(library *l, const char *name, cm_table *table) {
    cm_attr_def attrs[8];
    cm_column *columns[8];
    size_t n = cm_table_ncolumns(table);
    cm_mapper *m = NULL;
    for (size_t i = 0; i < n; i++) {
        columns[i] = cm_table_column(table, i);
        attrs[i] = (cm_attr_def){.key = cm_column_name(columns[i]), .columns = &columns[i], .ncolumns = 1};
    }
    cm_mapper_def def = {.version = 1,
                         .name = name,
                         .tables = &table,
                         .ntables = 1,
                         .attrs = attrs,
                         .nattrs = n,
                         .confirm_deleted_rows = true,
                         .reserve_slots = 2};
    check(l, cm_mapper_new(l->cx, &def, &m), name);
    return m;
}

/* Author.books and Book.author are two sides of one thing. */
static void define_classes(library *l) {
    cm_column *id = cm_table_find_column(l->authors, "id"), *fk = cm_table_find_column(l->books, "author_id");
    cm_node *join = NULL;
    l->author = map_class(l, "Author", l->authors);
    l->book = map_class(l, "Book", l->books);
    check(l, cm_expr_binary(l->cx, CM_OP_EQ, cm_column_node(id), cm_column_node(fk), &join), "join");
    cm_relation_def many = {.key = "books",
                            .target = l->book,
                            .direction = CM_ONE_TO_MANY,
                            .npairs = 1,
                            .parent_columns = &id,
                            .target_columns = &fk,
                            .primaryjoin = join,
                            .uselist = true,
                            .simple_equality = true,
                            .passive_updates = true,
                            .cascade = CM_CASCADE_SAVE_UPDATE | CM_CASCADE_MERGE | CM_CASCADE_DELETE};
    check(l, cm_mapper_add_relation(l->cx, l->author, &many, &l->author_books), "Author.books");
    cm_relation_def one = {.key = "author",
                           .target = l->author,
                           .direction = CM_MANY_TO_ONE,
                           .npairs = 1,
                           .parent_columns = &fk,
                           .target_columns = &id,
                           .primaryjoin = join,
                           .simple_equality = true,
                           .passive_updates = true,
                           .back = l->author_books,
                           .cascade = CM_CASCADE_SAVE_UPDATE | CM_CASCADE_MERGE};
    check(l, cm_mapper_add_relation(l->cx, l->book, &one, &l->book_author), "Book.author");
    cm_node_release(l->cx, join);
    l->name = cm_mapper_find_attr(l->author, "name");
    l->title = cm_mapper_find_attr(l->book, "title");
    l->year = cm_mapper_find_attr(l->book, "year");
    l->price = cm_mapper_find_attr(l->book, "price");
}

/* ---- instances */

/* Sets an attribute and releases the value. */
static void set(library *l, cm_inst *inst, const cm_attr *attr, cm_obj *take_value) {
    check(l, cm_inst_set(l->cx, inst, attr, need(l, take_value)), "setting an attribute");
    cm_obj_release(l->cx, take_value);
}

static cm_inst *new_author(library *l, const char *name) {
    cm_inst *a = NULL;
    check(l, cm_inst_new(l->cx, l->author, &a), "new author");
    set(l, a, l->name, cm_obj_text(l->cx, name));
    return a;
}

/* A book of an author; the author's collection knows it at once, and holds it. */
static void add_book(library *l, cm_inst *author, const char *title, int year, double price) {
    cm_inst *b = NULL;
    check(l, cm_inst_new(l->cx, l->book, &b), "new book");
    set(l, b, l->title, cm_obj_text(l->cx, title));
    set(l, b, l->year, cm_obj_int(l->cx, year));
    set(l, b, l->price, cm_obj_double(l->cx, price));
    check(l, cm_inst_set(l->cx, b, l->book_author, cm_inst_object(author)), "Book.author");
    cm_inst_release(l->cx, b);
}

static const cm_value *get(library *l, cm_inst *inst, const cm_attr *attr) {
    void *value = NULL;
    check(l, cm_inst_get(l->cx, inst, attr, &value), "reading an attribute");
    cm_obj_release(l->cx, value); /* the instance holds it, too */
    return cm_obj_get(value);
}

/* ---- the four operations */

static void create(library *l) {
    cm_inst *le_guin = new_author(l, "Ursula K. Le Guin"), *lem = new_author(l, "Stanisław Lem");
    add_book(l, le_guin, "A Wizard of Earthsea", 1968, 9.5);
    add_book(l, le_guin, "The Left Hand of Darkness", 1969, 12.0);
    add_book(l, lem, "Solaris", 1961, 11.25);
    check(l, cm_session_add(l->cx, l->session, le_guin), "add"); /* and her books */
    check(l, cm_session_add(l->cx, l->session, lem), "add");
    check(l, cm_session_commit(l->cx, l->session), "commit");
    cm_inst *all[] = {le_guin, lem};
    for (size_t i = 0; i < 2; i++) {
        check(l, cm_session_expire(l->cx, l->session, all[i], NULL, 0), "expire");
        cm_inst_release(l->cx, all[i]);
    }
}

/* SELECT ... FROM book [WHERE year > after] ORDER BY year */
static cm_node *books_after(library *l, int after) {
    cm_node *entity = cm_mapper_entity(l->book), *all = NULL, *newer = NULL, *ordered = NULL, *bind = NULL, *where = NULL;
    cm_obj *year = need(l, cm_obj_int(l->cx, after));
    check(l, cm_select(l->cx, &entity, 1, &all), "select");
    check(l, cm_expr_bind(l->cx, year, l->year->type, &bind), "bind");
    check(l, cm_expr_binary(l->cx, CM_OP_GT, l->year->node, bind, &where), "where");
    check(l, cm_node_append(l->cx, all, CM_SEG_WHERE, &where, 1, &newer), "where");
    check(l, cm_node_append(l->cx, newer, CM_SEG_ORDER_BY, &l->year->node, 1, &ordered), "order by");
    cm_node *used[] = {all, bind, where, newer};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) cm_node_release(l->cx, used[i]);
    cm_obj_release(l->cx, year);
    return ordered;
}

static size_t list_books(library *l, int after) {
    cm_node *query = books_after(l, after);
    cm_result *rows = NULL;
    void *row = NULL;
    bool more = false;
    size_t n = 0;
    check(l, cm_session_execute(l->cx, l->session, query, NULL, 0, &rows), "select");
    check(l, cm_result_next(l->cx, rows, &row, &more), "row");
    for (; more; n++) {
        cm_inst *book = cm_ctx_host(l->cx)->object_inst(l->cx, row);
        void *author = NULL;
        check(l, cm_inst_get(l->cx, book, l->book_author, &author), "Book.author"); /* read when first asked for */
        const cm_value *title = get(l, book, l->title), *name = get(l, cm_ctx_host(l->cx)->object_inst(l->cx, author), l->name);
        printf("  %lld  %-28.*s %-20.*s %6.2f\n", (long long)get(l, book, l->year)->u.i, (int)title->u.s.n, title->u.s.p, (int)name->u.s.n,
               name->u.s.p, get(l, book, l->price)->u.d);
        cm_obj_release(l->cx, author);
        cm_obj_release(l->cx, row);
        check(l, cm_result_next(l->cx, rows, &row, &more), "row");
    }
    cm_result_free(l->cx, rows);
    cm_node_release(l->cx, query);
    return n;
}

/* The instance with that key; the caller releases it. NULL: there is no such row. */
static cm_inst *find(library *l, cm_mapper *m, int64_t id) {
    cm_inst *found = NULL;
    void *key = need(l, cm_obj_int(l->cx, id));
    check(l, cm_session_get(l->cx, l->session, m, &key, 1, &found), "get");
    cm_obj_release(l->cx, key);
    return found;
}

static void update(library *l) {
    cm_inst *b = need(l, find(l, l->book, 3));
    set(l, b, l->price, cm_obj_double(l->cx, 8.0)); /* UPDATE book SET price=? WHERE id = ?, at the next flush */
    check(l, cm_session_commit(l->cx, l->session), "commit");
    printf("Solaris now costs %.2f\n", get(l, b, l->price)->u.d);
    cm_inst_release(l->cx, b);
}

/* A name that exists is refused; the session says so until it is rolled back, and works again then. */
static void refuse_duplicate(library *l) {
    cm_inst *twice = new_author(l, "Stanisław Lem");
    check(l, cm_session_add(l->cx, l->session, twice), "add");
    cm_status st = cm_session_commit(l->cx, l->session);
    printf("a second Lem: %s (%s)\n", cm_status_exception(st), cm_ctx_error(l->cx)->message);
    if (st != CM_E_INTEGRITY) exit(EXIT_FAILURE);
    cm_ctx_clear(l->cx);
    check(l, cm_session_rollback(l->cx, l->session), "rollback");
    cm_inst_release(l->cx, twice);
}

/* Deleting an author deletes the books: that is what the cascade of Author.books says. */
static void delete_author(library *l) {
    cm_inst *le_guin = need(l, find(l, l->author, 1));
    check(l, cm_session_delete(l->cx, l->session, le_guin), "delete");
    check(l, cm_session_commit(l->cx, l->session), "commit");
    cm_inst_expire(l->cx, le_guin, NULL, 0);
    cm_inst_release(l->cx, le_guin);
}

/* ---- the program */

static void open_library(library *l, const char *file) {
    char url[512];
    cm_engine_options options = CM_ENGINE_OPTIONS_INIT;
    cm_session_options session = CM_SESSION_OPTIONS_INIT;
    cm_conn *conn = NULL;
    if (cm_ctx_new(NULL, &l->cx)) exit(EXIT_FAILURE);
    define_tables(l);
    define_classes(l);
    snprintf(url, sizeof url, "sqlite:///%s", file);
    options.url = url;
    check(l, cm_engine_new(l->cx, &options, &l->engine), "engine");
    session.engine = l->engine;
    check(l, cm_session_new(l->cx, &session, &l->session), "session");
    check(l, cm_session_connection(l->cx, l->session, l->book, NULL, &conn), "connection");
    cm_table *tables[] = {l->authors, l->books};
    check(l, cm_conn_drop_tables(l->cx, conn, tables, 2, true), "drop tables");
    check(l, cm_conn_create_tables(l->cx, conn, tables, 2, true), "create tables");
    check(l, cm_session_commit(l->cx, l->session), "commit");
}

static int close_library(library *l) {
    int64_t left = 0;
    cm_session_free(l->cx, l->session);
    cm_mapper_release(l->cx, l->author);
    cm_mapper_release(l->cx, l->book);
    cm_engine_release(l->cx, l->engine);
    cm_table_release(l->cx, l->authors);
    cm_table_release(l->cx, l->books);
    for (int i = 0; i < CM_COUNT_MAX; i++) left += cm_ctx_count(l->cx, (cm_counter)i);
    cm_ctx_free(l->cx);
    if (left) fprintf(stderr, "%lld objects were not released\n", (long long)left);
    return left ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    library l = {0};
    open_library(&l, argc > 1 ? argv[1] : ":memory:");
    create(&l);
    printf("all books:\n");
    size_t before = list_books(&l, 0);
    printf("after 1965:\n");
    list_books(&l, 1965);
    update(&l);
    refuse_duplicate(&l);
    delete_author(&l);
    printf("without Le Guin:\n");
    size_t after = list_books(&l, 0);
    if (before != 3 || after != 1) return EXIT_FAILURE;
    return close_library(&l);
}
