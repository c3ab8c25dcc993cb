/* See orm_world.h. */
#include "orm_world.h"

#define TRY(call)                                                                                                                          \
    do {                                                                                                                                   \
        cm_status try_ = (call);                                                                                                           \
        if (try_) return try_;                                                                                                             \
    } while (0)

/* ---- tables */

static const char *const ddl[] = {
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, email TEXT DEFAULT 'none', version INTEGER)",
    "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER REFERENCES author (id), pages INTEGER)",
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE TABLE book_tag (book_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, PRIMARY KEY (book_id, tag_id))",
    "CREATE TABLE node (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES node (id))",
    "CREATE TABLE person (id INTEGER PRIMARY KEY, kind TEXT, name TEXT)",
    "CREATE TABLE worker (id INTEGER PRIMARY KEY REFERENCES person (id), wage INTEGER)",
};

static cm_status count_pages(cm_ctx *cx, void *user, cm_obj **out) {
    *out = cm_obj_int(cx, 100 + ++((world *)user)->calls);
    return *out ? CM_OK : CM_E_NOMEM;
}

static cm_status make_table(world *w, const char *name, const cm_column_def *columns, size_t n, const char *const *key, size_t nkey,
                            cm_table **out) {
    cm_constraint_def pk = {.kind = CM_CON_PRIMARY_KEY, .columns = key, .ncolumns = nkey, .deferrable = -1};
    cm_table_def def = {.version = 1, .name = name, .columns = columns, .ncolumns = n, .constraints = &pk, .nconstraints = 1};
    return cm_table_new(w->cx, &def, out);
}

static cm_status make_tables(world *w) {
    const cm_type *i = cm_type_basic(w->cx, CM_T_INTEGER), *t = cm_type_basic(w->cx, CM_T_TEXT);
    static const char *const id[] = {"id"}, *const both[] = {"book_id", "tag_id"};
    uint32_t key = CM_COL_PRIMARY_KEY | CM_COL_AUTOINCREMENT | CM_COL_NOT_NULL;
    cm_obj *pages = cm_obj_function(w->cx, count_pages, w);
    if (!pages) return CM_E_NOMEM;
    cm_column_def author[] = {{.name = "id", .type = i, .flags = key},
                              {.name = "name", .type = t},
                              {.name = "email", .type = t, .flags = CM_COL_SERVER_DEFAULT, .server_default = {"'none'"}},
                              {.name = "version", .type = i}};
    cm_column_def book[] = {{.name = "id", .type = i, .flags = key},
                            {.name = "title", .type = t},
                            {.name = "author_id", .type = i},
                            {.name = "pages", .type = i, .insert_default = pages}};
    cm_column_def tag[] = {{.name = "id", .type = i, .flags = key}, {.name = "name", .type = t}};
    cm_column_def link[] = {{.name = "book_id", .type = i, .flags = CM_COL_PRIMARY_KEY},
                            {.name = "tag_id", .type = i, .flags = CM_COL_PRIMARY_KEY}};
    cm_column_def node[] = {{.name = "id", .type = i, .flags = key}, {.name = "name", .type = t}, {.name = "parent_id", .type = i}};
    cm_column_def person[] = {{.name = "id", .type = i, .flags = key}, {.name = "kind", .type = t}, {.name = "name", .type = t}};
    cm_column_def worker[] = {{.name = "id", .type = i, .flags = CM_COL_PRIMARY_KEY}, {.name = "wage", .type = i}};
    cm_status st = make_table(w, "author", author, 4, id, 1, &w->t_author);
    if (!st) st = make_table(w, "book", book, 4, id, 1, &w->t_book);
    if (!st) st = make_table(w, "tag", tag, 2, id, 1, &w->t_tag);
    if (!st) st = make_table(w, "book_tag", link, 2, both, 2, &w->t_link);
    if (!st) st = make_table(w, "node", node, 3, id, 1, &w->t_node);
    if (!st) st = make_table(w, "person", person, 3, id, 1, &w->t_person);
    if (!st) st = make_table(w, "worker", worker, 2, id, 1, &w->t_worker);
    cm_obj_release(w->cx, pages);
    return st;
}

/* ---- mappers */

static cm_column *column(cm_table *t, const char *name) { return cm_table_find_column(t, name); }

static cm_status map_table(world *w, const char *name, cm_table *t, const char *version, cm_mapper **out) {
    cm_attr_def attrs[8];
    cm_column *columns[8];
    size_t n = cm_table_ncolumns(t);
    for (size_t i = 0; i < n; i++) {
        columns[i] = cm_table_column(t, i);
        attrs[i] = (cm_attr_def){.key = cm_column_name(columns[i]), .columns = &columns[i], .ncolumns = 1};
    }
    cm_mapper_def def = {.version = 1,
                         .name = name,
                         .tables = &t,
                         .ntables = 1,
                         .attrs = attrs,
                         .nattrs = n,
                         .version_attr = version,
                         .confirm_deleted_rows = true,
                         .reserve_slots = 4};
    return cm_mapper_new(w->cx, &def, out);
}

static cm_status map_people(world *w) {
    cm_column *id = column(w->t_person, "id"), *kind = column(w->t_person, "kind"), *name = column(w->t_person, "name");
    cm_column *ids[] = {column(w->t_worker, "id"), id}, *wage = column(w->t_worker, "wage");
    cm_attr_def person[] = {{.key = "id", .columns = &id, .ncolumns = 1},
                            {.key = "kind", .columns = &kind, .ncolumns = 1},
                            {.key = "name", .columns = &name, .ncolumns = 1}};
    cm_attr_def worker[] = {
        {.key = "id", .columns = ids, .ncolumns = 2}, person[1], person[2], {.key = "wage", .columns = &wage, .ncolumns = 1}};
    cm_obj *p = cm_obj_text(w->cx, "person"), *k = cm_obj_text(w->cx, "worker");
    cm_mapper_def def = {.version = 1,
                         .name = "Person",
                         .tables = &w->t_person,
                         .ntables = 1,
                         .attrs = person,
                         .nattrs = 3,
                         .polymorphic_on = "kind",
                         .polymorphic_identity = p};
    cm_status st = p && k ? cm_mapper_new(w->cx, &def, &w->person) : CM_E_NOMEM;
    if (!st) {
        cm_mapper_def sub = {.version = 1,
                             .name = "Worker",
                             .inherits = w->person,
                             .tables = &w->t_worker,
                             .ntables = 1,
                             .attrs = worker,
                             .nattrs = 4,
                             .polymorphic_identity = k};
        st = cm_mapper_new(w->cx, &sub, &w->worker);
    }
    cm_obj_release(w->cx, p);
    cm_obj_release(w->cx, k);
    return st;
}

static cm_status relate_pair(world *w, cm_mapper *one, const char *many_key, cm_column *one_column, cm_mapper *many, const char *one_key,
                             cm_column *many_column, uint32_t cascade, const cm_attr **many_attr, const cm_attr **one_attr) {
    cm_node *join = NULL;
    TRY(cm_expr_binary(w->cx, CM_OP_EQ, cm_column_node(one_column), cm_column_node(many_column), &join));
    cm_relation_def d = {.key = many_key,
                         .target = many,
                         .direction = CM_ONE_TO_MANY,
                         .npairs = 1,
                         .parent_columns = &one_column,
                         .target_columns = &many_column,
                         .primaryjoin = join,
                         .cascade = cascade,
                         .uselist = true,
                         .simple_equality = true,
                         .passive_updates = true};
    cm_status st = cm_mapper_add_relation(w->cx, one, &d, many_attr);
    cm_relation_def b = {.key = one_key,
                         .target = one,
                         .direction = CM_MANY_TO_ONE,
                         .npairs = 1,
                         .parent_columns = &many_column,
                         .target_columns = &one_column,
                         .primaryjoin = join,
                         .cascade = CM_CASCADE_SAVE_UPDATE | CM_CASCADE_MERGE,
                         .simple_equality = true,
                         .passive_updates = true};
    b.back = st ? NULL : *many_attr;
    if (!st) st = cm_mapper_add_relation(w->cx, many, &b, one_attr);
    cm_node_release(w->cx, join);
    return st;
}

static cm_status relate_tags(world *w) {
    cm_column *book = column(w->t_book, "id"), *tag = column(w->t_tag, "id"), *lb = column(w->t_link, "book_id"),
              *lt = column(w->t_link, "tag_id");
    cm_node *primary = NULL, *secondary = NULL;
    cm_status st = cm_expr_binary(w->cx, CM_OP_EQ, cm_column_node(book), cm_column_node(lb), &primary);
    if (!st) st = cm_expr_binary(w->cx, CM_OP_EQ, cm_column_node(tag), cm_column_node(lt), &secondary);
    cm_relation_def d = {.key = "tags",
                         .target = w->tag,
                         .direction = CM_MANY_TO_MANY,
                         .npairs = 1,
                         .parent_columns = &book,
                         .target_columns = &lb,
                         .secondary = w->t_link,
                         .nsecondary_pairs = 1,
                         .secondary_columns = &lt,
                         .secondary_target_columns = &tag,
                         .primaryjoin = primary,
                         .secondaryjoin = secondary,
                         .cascade = CM_CASCADE_SAVE_UPDATE | CM_CASCADE_MERGE,
                         .uselist = true,
                         .simple_equality = true};
    if (!st) st = cm_mapper_add_relation(w->cx, w->book, &d, &w->book_tags);
    cm_relation_def b = d;
    b.key = "books";
    b.target = w->book;
    b.parent_columns = &tag;
    b.target_columns = &lt;
    b.secondary_columns = &lb;
    b.secondary_target_columns = &book;
    b.primaryjoin = secondary;
    b.secondaryjoin = primary;
    b.back = w->book_tags;
    if (!st) st = cm_mapper_add_relation(w->cx, w->tag, &b, &w->tag_books);
    cm_node_release(w->cx, primary);
    cm_node_release(w->cx, secondary);
    return st;
}

static cm_status make_mappers(world *w, int flags) {
    uint32_t cascade = CM_CASCADE_SAVE_UPDATE | CM_CASCADE_MERGE, all = cascade | CM_CASCADE_DELETE;
    TRY(map_table(w, "Author", w->t_author, flags & WORLD_VERSIONS ? "version" : NULL, &w->author));
    TRY(map_table(w, "Book", w->t_book, NULL, &w->book));
    TRY(map_table(w, "Tag", w->t_tag, NULL, &w->tag));
    TRY(map_table(w, "Node", w->t_node, NULL, &w->node));
    TRY(map_people(w));
    TRY(relate_pair(w, w->author, "books", column(w->t_author, "id"), w->book, "author", column(w->t_book, "author_id"),
                    flags & WORLD_ORPHANS ? all | CM_CASCADE_DELETE_ORPHAN : cascade, &w->author_books, &w->book_author));
    TRY(relate_pair(w, w->node, "children", column(w->t_node, "id"), w->node, "parent", column(w->t_node, "parent_id"),
                    all | CM_CASCADE_DELETE_ORPHAN, &w->node_children, &w->node_parent));
    return relate_tags(w);
}

static void find_attrs(world *w) {
#define FIND(mapper, key) w->mapper##_##key = cm_mapper_find_attr(w->mapper, #key)
    FIND(author, id), FIND(author, name), FIND(author, email), FIND(author, version);
    FIND(book, id), FIND(book, title), FIND(book, author_id), FIND(book, pages);
    FIND(tag, id), FIND(tag, name);
    FIND(node, id), FIND(node, name), FIND(node, parent_id);
    FIND(person, id), FIND(person, kind), FIND(person, name);
    FIND(worker, id), FIND(worker, name), FIND(worker, wage);
#undef FIND
}

/* ---- opening */

cm_status world_open(cm_ctx *cx, world *w, int flags) {
    cm_engine_options options = CM_ENGINE_OPTIONS_INIT;
    cm_session_options session = CM_SESSION_OPTIONS_INIT;
    memset(w, 0, sizeof *w);
    w->cx = cx;
    options.url = "sqlite://";
    TRY(cm_engine_new(cx, &options, &w->engine));
    TRY(make_tables(w));
    TRY(make_mappers(w, flags));
    find_attrs(w);
    session.engine = w->engine;
    session.expire_on_commit = !(flags & WORLD_NO_EXPIRE);
    TRY(cm_session_new(cx, &session, &w->s));
    cm_conn *conn = NULL;
    TRY(cm_session_connection(cx, w->s, NULL, NULL, &conn));
    for (size_t i = 0; i < sizeof ddl / sizeof *ddl; i++) {
        cm_result *r = NULL;
        TRY(cm_conn_execute_sql(cx, conn, ddl[i], strlen(ddl[i]), NULL, 0, &r));
        cm_result_free(cx, r);
    }
    return cm_session_commit(cx, w->s);
}

void world_close(world *w) {
    cm_mapper *mappers[] = {w->author, w->book, w->tag, w->node, w->worker, w->person};
    cm_table *tables[] = {w->t_author, w->t_book, w->t_tag, w->t_link, w->t_node, w->t_person, w->t_worker};
    cm_session_free(w->cx, w->s);
    for (size_t i = 0; i < sizeof mappers / sizeof *mappers; i++)
        if (mappers[i]) cm_mapper_release(w->cx, mappers[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i]) cm_table_release(w->cx, tables[i]);
    if (w->engine) cm_engine_release(w->cx, w->engine);
}

/* ---- instances */

void world_drop(world *w, cm_inst *inst) {
    if (!inst) return;
    cm_inst_expire(w->cx, inst, NULL, 0);
    cm_inst_release(w->cx, inst);
}

cm_status world_set_text(world *w, cm_inst *inst, const cm_attr *attr, const char *text) {
    cm_obj *o = cm_obj_text(w->cx, text);
    cm_status st = o ? cm_inst_set(w->cx, inst, attr, o) : CM_E_NOMEM;
    cm_obj_release(w->cx, o);
    return st;
}

cm_status world_set_int(world *w, cm_inst *inst, const cm_attr *attr, int64_t i) {
    cm_obj *o = cm_obj_int(w->cx, i);
    cm_status st = o ? cm_inst_set(w->cx, inst, attr, o) : CM_E_NOMEM;
    cm_obj_release(w->cx, o);
    return st;
}

cm_status world_set_inst(world *w, cm_inst *inst, const cm_attr *attr, cm_inst *value) {
    return cm_inst_set(w->cx, inst, attr, value ? cm_inst_object(value) : (void *)cm_obj_null());
}

cm_inst *world_make(world *w, cm_mapper *m, const cm_attr *attr, const char *text) {
    cm_inst *inst = NULL;
    if (cm_inst_new(w->cx, m, &inst)) return NULL;
    if (!world_set_text(w, inst, attr, text)) return inst;
    cm_inst_release(w->cx, inst);
    return NULL;
}

int64_t world_int(world *w, cm_inst *inst, const cm_attr *attr) {
    cm_obj *o = cm_inst_peek(w->cx, inst, attr);
    return o && cm_obj_get(o)->kind == CM_INT ? cm_obj_get(o)->u.i : -1;
}

cm_status world_append(world *w, cm_inst *owner, const cm_attr *attr, cm_inst *member) {
    void *coll = NULL;
    cm_status st = cm_inst_get(w->cx, owner, attr, &coll);
    if (!st) st = cm_obj_append(w->cx, coll, cm_inst_object(member));
    if (coll) cm_obj_release(w->cx, coll);
    return st;
}

cm_status world_remove(world *w, cm_inst *owner, const cm_attr *attr, cm_inst *member) {
    void *coll = NULL;
    cm_status st = cm_inst_get(w->cx, owner, attr, &coll);
    if (!st) st = cm_obj_remove(w->cx, coll, cm_inst_object(member));
    if (coll) cm_obj_release(w->cx, coll);
    return st;
}

size_t world_size(world *w, cm_inst *owner, const cm_attr *attr) {
    cm_obj *coll = cm_inst_peek(w->cx, owner, attr);
    return coll ? cm_obj_size(coll) : 0;
}

cm_status world_query(world *w, const char *sql, int64_t *out) {
    cm_conn *conn = NULL;
    cm_result *r = NULL;
    void *value = NULL;
    bool more = false;
    *out = -1;
    cm_status st = cm_session_connection(w->cx, w->s, NULL, NULL, &conn);
    if (!st) st = cm_conn_execute_sql(w->cx, conn, sql, strlen(sql), NULL, 0, &r);
    if (!st && cm_result_returns_rows(r)) st = cm_result_next(w->cx, r, &value, &more);
    if (!st && more && cm_obj_get(value)->kind == CM_INT) *out = cm_obj_get(value)->u.i;
    cm_obj_release(w->cx, value);
    cm_result_free(w->cx, r);
    return st;
}
