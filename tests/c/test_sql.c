/* sql room: statements as text, exactly; parameters in text order; names, quotes, literals; deep trees; DDL. */
#include "harness.h"

#include "sql/sql.h"

/* Two tables and builders whose first failure sticks (w->st): a test builds freely and checks once. */
typedef struct world {
    cm_ctx *cx;
    cm_status st;
    cm_table *users, *items;
    cm_node *u, *id, *name, *flag, *i, *iid, *user_id;
    cm_node **held;
    size_t n, cap;
} world;

static cm_table *make_table(world *w, const cm_table_def *def) {
    cm_table *t = NULL;
    if (!w->st) w->st = cm_table_new(w->cx, def, &t);
    return t;
}

static void open_world(cm_ctx *cx, world *w) {
    static const char *const id[] = {"id"}, *const user_id[] = {"user_id"};
    memset(w, 0, sizeof *w);
    w->cx = cx;
    cm_type_def varchar = {.kind = CM_T_STRING, .length = 50, .precision = -1, .scale = -1};
    const cm_type *text = NULL;
    w->st = cm_type_get(cx, &varchar, &text);
    if (w->st) return;
    cm_column_def users[] = {{.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY | CM_COL_NOT_NULL},
                             {.name = "name", .type = text},
                             {.name = "flag", .type = cm_type_basic(cx, CM_T_BOOLEAN)}};
    cm_column_def items[] = {{.name = "id", .type = cm_type_basic(cx, CM_T_INTEGER), .flags = CM_COL_PRIMARY_KEY | CM_COL_NOT_NULL},
                             {.name = "user_id", .type = cm_type_basic(cx, CM_T_INTEGER), .server_default = {"0"}}};
    cm_constraint_def pk = {.kind = CM_CON_PRIMARY_KEY, .columns = id, .ncolumns = 1, .deferrable = -1};
    cm_constraint_def keys[] = {pk, {.kind = CM_CON_FOREIGN_KEY, .columns = user_id, .ncolumns = 1, .ref_table = "users", .ref_columns = id,
                                     .on_delete = "cascade", .deferrable = -1}};
    static const cm_ddl_option where = {"sqlite", "where", {"user_id > 0"}};
    cm_index_def index = {.name = "ix_user", .unique = true, .columns = user_id, .ncolumns = 1, .options = &where, .noptions = 1};
    cm_table_def u = {.version = 1, .name = "users", .columns = users, .ncolumns = 3, .constraints = &pk, .nconstraints = 1};
    cm_table_def i = {.version = 1, .name = "items", .columns = items, .ncolumns = 2, .constraints = keys, .nconstraints = 2,
                      .indexes = &index, .nindexes = 1};
    w->users = make_table(w, &u);
    w->items = make_table(w, &i);
    cm_type_release(cx, text);
    if (w->st) return;
    w->u = cm_table_node(w->users);
    w->i = cm_table_node(w->items);
    w->id = w->users->columns[0].node;
    w->name = w->users->columns[1].node;
    w->flag = w->users->columns[2].node;
    w->iid = w->items->columns[0].node;
    w->user_id = w->items->columns[1].node;
}

static void close_world(world *w) {
    while (w->n) cm_node_release(w->cx, w->held[--w->n]);
    if (w->held) cm_mem(w->cx, w->held, 0);
    if (w->users) cm_table_release(w->cx, w->users);
    if (w->items) cm_table_release(w->cx, w->items);
}

/* made: where the builder put its node; its reference is taken. */
static cm_node *hold(world *w, cm_status st, cm_node **made) {
    cm_node *take = st ? NULL : *made;
    if (!st) st = cm__grow(w->cx, &w->held, &w->cap, w->n + 1, sizeof *w->held);
    if (st) {
        cm_node_release(w->cx, take);
        if (!w->st) w->st = st;
        return NULL;
    }
    return w->held[w->n++] = take;
}

static cm_node *make(world *w, const cm_node_spec *spec) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_node_make(w->cx, spec, &n), &n);
}

static cm_node *value(world *w, cm_obj *take_obj) {
    cm_node *n = NULL;
    if (!take_obj && !w->st) w->st = CM_E_NOMEM;
    cm_node *made = w->st ? NULL : hold(w, cm_expr_bind(w->cx, take_obj, NULL, &n), &n);
    if (take_obj) cm_obj_release(w->cx, take_obj);
    return made;
}
static cm_node *num(world *w, int64_t i) { return value(w, cm_obj_int(w->cx, i)); }
static cm_node *str(world *w, const char *p) { return value(w, cm_obj_text(w->cx, p)); }

static cm_node *list(world *w, int n) {
    void *v[40] = {0};
    cm_obj *all = NULL;
    for (int i = 0; i < n && !w->st; i++)
        if (!(v[i] = cm_obj_int(w->cx, i))) w->st = CM_E_NOMEM;
    if (!w->st && !(all = cm_obj_list(w->cx, v, (size_t)n))) w->st = CM_E_NOMEM;
    cm_node *made = make(w, &(cm_node_spec){.kind = CM_N_BIND, .flags = CM_FLAG_UNIQUE | CM_FLAG_EXPANDING, .type = cm_type_basic(w->cx, CM_T_INTEGER), .value = all});
    for (int i = 0; i < n; i++)
        if (v[i]) cm_obj_release(w->cx, v[i]);
    if (all) cm_obj_release(w->cx, all);
    return made;
}

static cm_node *bin(world *w, int op, cm_node *l, cm_node *r) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_expr_binary(w->cx, op, l, r, &n), &n);
}
static cm_node *un(world *w, int op, cm_node *x) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_expr_unary(w->cx, op, x, &n), &n);
}
static cm_node *func(world *w, const char *name, cm_node *arg) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_expr_func(w->cx, name, &arg, arg != NULL, NULL, &n), &n);
}
static cm_node *label(world *w, const char *name, cm_node *x) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_expr_label(w->cx, name, x, &n), &n);
}
static cm_node *text(world *w, const char *sql) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_expr_text(w->cx, sql, &n), &n);
}
static cm_node *sel(world *w, cm_node *a, cm_node *b) {
    cm_node *columns[] = {a, b}, *n = NULL;
    return w->st ? NULL : hold(w, cm_select(w->cx, columns, b ? 2 : 1, &n), &n);
}
static cm_node *with(world *w, cm_node *s, int segment, cm_node *item) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_node_append(w->cx, s, segment, &item, 1, &n), &n);
}
static cm_node *with_flags(world *w, cm_node *s, uint32_t flags) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_node_with_flags(w->cx, s, flags, 0, &n), &n);
}
static cm_node *wrap(world *w, int kind, const char *name, cm_node *kid) {
    return make(w, &(cm_node_spec){.kind = kind, .op = CM_OP_ALIAS, .name = name, .name_n = name ? strlen(name) : 0, .kid = {kid, NULL, NULL}});
}
static cm_node *column_of(world *w, cm_node *from, size_t i) {
    cm_node *n = NULL;
    return w->st ? NULL : hold(w, cm_from_proxy(w->cx, from, i, &n), &n);
}
static cm_node *step(world *w, cm_node *target, cm_node *on, uint32_t flags) {
    return make(w, &(cm_node_spec){.kind = CM_N_SETUP_JOIN, .flags = flags, .kid = {target, on, NULL}});
}

/* Compiles for reading and compares; `expected` NULL: the text is not looked at. */
static void check(world *w, cm_node *stmt, const cm_dialect *d, const char *expected, int line) {
    cm_compiled *c = NULL;
    cm_compile_options o = {.dialect = d};
    size_t n;
    if (!w->st) w->st = cm_compile(w->cx, stmt, &o, &c);
    if (!w->st) cr_assert_str_eq(cm_compiled_sql(c, &n), expected, "line %d:\n  %s\nis not\n  %s", line, cm_compiled_sql(c, &n), expected);
    cm_compiled_free(w->cx, c);
}
#define SQL(stmt, expected) check(&w, (stmt), NULL, (expected), __LINE__)
#define LITE(stmt, expected) check(&w, (stmt), cm_dialect_find("sqlite"), (expected), __LINE__)

/* A body over a fresh world, repeated with each allocation failing. */
#define WORLD_TEST(what)                                                                                            \
    static void body_##what(world *wp);                                                                             \
    Test(sql, what) {                                                                                               \
        OOM_LOOP(cx) {                                                                                              \
            world fresh;                                                                                            \
            open_world(cx, &fresh);                                                                                 \
            if (!fresh.st) body_##what(&fresh);                                                                     \
            OOM_TRY(fresh.st);                                                                                      \
        OOM_DONE:                                                                                                   \
            close_world(&fresh);                                                                                    \
        }                                                                                                           \
    }                                                                                                               \
    static void body_##what(world *wp)
#define w (*wp)

WORLD_TEST(select_clauses) {
    SQL(sel(&w, w.u, NULL), "SELECT users.id, users.name, users.flag \nFROM users");
    SQL(sel(&w, w.id, w.iid), "SELECT users.id, items.id AS id_1 \nFROM users, items");
    SQL(with_flags(&w, sel(&w, w.id, w.iid), CM_FLAG_USE_LABELS), "SELECT users.id AS users_id, items.id AS items_id \nFROM users, items");
    SQL(sel(&w, w.id, w.id), "SELECT users.id, users.id AS id__1 \nFROM users");
    SQL(sel(&w, func(&w, "count", NULL), func(&w, "count", w.id)), "SELECT count(*) AS count_1, count(users.id) AS count_2 \nFROM users");
    SQL(sel(&w, label(&w, "x", w.id), bin(&w, CM_OP_ADD, w.id, num(&w, 1))), "SELECT users.id AS x, users.id + :id_1 AS anon_1 \nFROM users");
    cm_node *s = sel(&w, w.id, NULL);
    s = with(&w, s, CM_SEG_WHERE, bin(&w, CM_OP_EQ, w.id, num(&w, 1)));
    s = with(&w, s, CM_SEG_WHERE, bin(&w, CM_OP_NE, w.name, str(&w, "x")));
    s = with(&w, s, CM_SEG_GROUP_BY, w.id);
    s = with(&w, s, CM_SEG_HAVING, bin(&w, CM_OP_GT, func(&w, "count", w.id), num(&w, 2)));
    s = with(&w, s, CM_SEG_ORDER_BY, un(&w, CM_OP_DESC, w.name));
    s = with(&w, s, CM_SEG_LIMIT, num(&w, 5));
    SQL(s, "SELECT users.id \nFROM users \nWHERE users.id = :id_1 AND users.name != :name_1 GROUP BY users.id "
           "\nHAVING count(users.id) > :count_1 ORDER BY users.name DESC\n LIMIT :param_1");
    LITE(s, "SELECT users.id \nFROM users \nWHERE users.id = ? AND users.name != ? GROUP BY users.id "
            "\nHAVING count(users.id) > ? ORDER BY users.name DESC\n LIMIT ? OFFSET ?");
    const cm_dialect *old = cm_dialect_find("sqlite"), *since_3_47 = old->for_server(3047000);
    cr_assert_eq(old->for_server(3046001), old);
    check(&w, with(&w, sel(&w, w.id, NULL), CM_SEG_LIMIT, num(&w, 5)), since_3_47, "SELECT users.id \nFROM users\n LIMIT +? OFFSET ?", __LINE__);
    check(&w, with(&w, sel(&w, w.id, NULL), CM_SEG_OFFSET, num(&w, 3)), since_3_47, "SELECT users.id \nFROM users\n LIMIT +? OFFSET ?", __LINE__);
    SQL(with(&w, sel(&w, w.id, NULL), CM_SEG_OFFSET, num(&w, 3)), "SELECT users.id \nFROM users\n LIMIT -1 OFFSET :param_1");
    SQL(with_flags(&w, sel(&w, w.id, NULL), CM_FLAG_DISTINCT), "SELECT DISTINCT users.id \nFROM users");
}

WORLD_TEST(operators) {
    cm_node *sum = bin(&w, CM_OP_ADD, w.id, num(&w, 1));
    SQL(bin(&w, CM_OP_MUL, sum, num(&w, 2)), "(users.id + :id_1) * :param_1");
    SQL(bin(&w, CM_OP_SUB, w.id, bin(&w, CM_OP_SUB, w.id, num(&w, 1))), "users.id - (users.id - :id_1)");
    SQL(un(&w, CM_OP_NEG, sum), "-(users.id + :id_1)");
    SQL(bin(&w, CM_OP_DIV, w.id, num(&w, 2)), "users.id / CAST(:id_1 AS NUMERIC)");
    LITE(bin(&w, CM_OP_DIV, w.id, num(&w, 2)), "users.id / (? + 0.0)");
    SQL(bin(&w, CM_OP_ADD, w.name, str(&w, "x")), "users.name || :name_1");
    SQL(bin(&w, CM_OP_CONTAINS, w.name, str(&w, "x")), "users.name LIKE '%' || :name_1 || '%'");
    SQL(with(&w, sel(&w, w.id, NULL), CM_SEG_WHERE, bin(&w, CM_OP_ISTARTSWITH, w.name, str(&w, "x"))),
        "SELECT users.id \nFROM users \nWHERE (lower(users.name) LIKE lower(:name_1) || '%')");
    SQL(bin(&w, CM_OP_ILIKE, w.name, str(&w, "x")), "lower(users.name) LIKE lower(:name_1)");
    LITE(bin(&w, CM_OP_IS_DISTINCT, w.name, str(&w, "x")), "users.name IS NOT ?");
    LITE(bin(&w, CM_OP_BIT_XOR, w.id, num(&w, 3)), "((users.id | ?) - (users.id & ?))");
    cm_node *a = bin(&w, CM_OP_EQ, w.id, num(&w, 1)), *b = bin(&w, CM_OP_EQ, w.id, num(&w, 2)), *either = bin(&w, CM_OP_OR, a, b);
    SQL(bin(&w, CM_OP_AND, either, a), "(users.id = :id_1 OR users.id = :id_2) AND users.id = :id_1");
    SQL(un(&w, CM_OP_NOT, either), "NOT (users.id = :id_1 OR users.id = :id_2)");
    LITE(bin(&w, CM_OP_AND, w.flag, a), "users.flag = 1 AND users.id = ?");
    LITE(un(&w, CM_OP_NOT, w.flag), "users.flag = 0");
    SQL(un(&w, CM_OP_NOT, w.flag), "NOT users.flag");
    SQL(func(&w, "my.odd name", w.id), "my.\"odd name\"(users.id)");
}

WORLD_TEST(in_lists) {
    cm_node *in = bin(&w, CM_OP_IN, w.id, list(&w, 3)), *none = bin(&w, CM_OP_IN, w.id, list(&w, 0));
    SQL(in, "users.id IN (__[POSTCOMPILE_id_1])");
    SQL(bin(&w, CM_OP_NOT_IN, w.id, list(&w, 1)), "(users.id NOT IN (__[POSTCOMPILE_id_1]))");
    cm_compiled *c = NULL;
    cm_compile_options spelled = {.render_postcompile = true}, literal = {.literal_binds = true};
    if (!w.st) w.st = cm_compile(w.cx, in, &spelled, &c);
    if (!w.st) cr_assert_str_eq(c->sql, "users.id IN (:id_1_1, :id_1_2, :id_1_3)");
    cm_compiled_free(w.cx, c);
    c = NULL;
    if (!w.st) w.st = cm_compile(w.cx, none, &spelled, &c);
    if (!w.st) cr_assert_str_eq(c->sql, "users.id IN (NULL) AND (1 != 1)");
    cm_compiled_free(w.cx, c);
    c = NULL;
    if (!w.st) w.st = cm_compile(w.cx, in, &literal, &c);
    if (!w.st) cr_assert_str_eq(c->sql, "users.id IN (0, 1, 2)");
    cm_compiled_free(w.cx, c);
}

WORLD_TEST(execution) {
    cm_keybuf key = {0};
    cm_compiled *c = NULL;
    cm_node *s = with(&w, sel(&w, w.id, NULL), CM_SEG_WHERE, bin(&w, CM_OP_EQ, w.name, str(&w, "x")));
    s = with(&w, s, CM_SEG_WHERE, bin(&w, CM_OP_IN, w.id, list(&w, 3)));
    s = with(&w, s, CM_SEG_LIMIT, num(&w, 9));
    if (!w.st) w.st = cm_key__add(w.cx, &key, s);
    cm_compile_request rq = {.dialect = cm_dialect_find("sqlite"), .key = &key, .for_execution = true};
    if (!w.st) w.st = cm_sql__compile(w.cx, s, &rq, &c);
    if (!w.st) {
        cr_assert_str_eq(c->sql, "SELECT users.id \nFROM users \nWHERE users.name = ? AND users.id IN (?, ?, ?, ?)\n LIMIT ? OFFSET ?");
        cr_assert_eq(c->nparams, 7);
        cr_assert_eq(c->flags, CM_C_SELECT | CM_C_RETURNS_ROWS);
        for (size_t i = 0; i < 6; i++) cr_assert_null(c->params[i].node); /* no value of this execution stays */
        cr_assert_eq(key.binds[c->params[0].ordinal]->type->def.kind, CM_T_STRING);
        cr_assert(c->params[1].expanding && c->params[1].count == 4 && c->params[4].item == 3);
        cr_assert_eq(c->params[6].ordinal, UINT32_MAX);
        cr_assert_not_null(c->params[6].node);
        cr_assert_eq(c->ncolumns, 1);
        cr_assert_str_eq(cm_str_text(c->columns[0].name), "id");
        cr_assert_null(c->stmt);
    }
    cm_compiled_free(w.cx, c);
    cm_key__dispose(w.cx, &key);
}

WORLD_TEST(froms) {
    cm_node *alias = wrap(&w, CM_N_ALIAS, NULL, w.u), *aid = column_of(&w, alias, 0);
    SQL(with(&w, sel(&w, aid, w.id), CM_SEG_WHERE, bin(&w, CM_OP_EQ, aid, w.id)),
        "SELECT users_1.id, users.id AS id_1 \nFROM users AS users_1, users \nWHERE users_1.id = users.id");
    SQL(with(&w, sel(&w, w.id, NULL), CM_SEG_JOINS, step(&w, w.i, NULL, 0)), "SELECT users.id \nFROM users JOIN items ON users.id = items.user_id");
    SQL(with(&w, sel(&w, w.id, w.iid), CM_SEG_JOINS, step(&w, w.i, bin(&w, CM_OP_EQ, w.id, w.user_id), CM_FLAG_OUTER)),
        "SELECT users.id, items.id AS id_1 \nFROM users LEFT OUTER JOIN items ON users.id = items.user_id");
    cm_node *count = with(&w, sel(&w, func(&w, "count", w.iid), NULL), CM_SEG_WHERE, bin(&w, CM_OP_EQ, w.user_id, w.id));
    cm_node *scalar = make(&w, &(cm_node_spec){.kind = CM_N_SCALAR_SUBQUERY, .kid = {count, NULL, NULL}});
    SQL(sel(&w, w.id, scalar), "SELECT users.id, (SELECT count(items.id) AS count_1 \nFROM items \nWHERE items.user_id = users.id) AS anon_1 \nFROM users");
    cm_node *sub = wrap(&w, CM_N_SUBQUERY, NULL, sel(&w, w.user_id, label(&w, "n", func(&w, "count", NULL))));
    SQL(sel(&w, sub, NULL), "SELECT anon_1.user_id, anon_1.n \nFROM (SELECT items.user_id AS user_id, count(*) AS n \nFROM items) AS anon_1");
    cm_node *cte = wrap(&w, CM_N_CTE, "big", with(&w, sel(&w, w.id, NULL), CM_SEG_WHERE, bin(&w, CM_OP_GT, w.id, num(&w, 5))));
    LITE(with(&w, sel(&w, cte, NULL), CM_SEG_WHERE, bin(&w, CM_OP_LT, column_of(&w, cte, 0), num(&w, 9))),
         "WITH big AS \n(SELECT users.id AS id \nFROM users \nWHERE users.id > ?)\n SELECT big.id \nFROM big \nWHERE big.id < ?");
    cm_node *selects[] = {sel(&w, w.id, NULL), sel(&w, w.iid, NULL)}, *const *segments[] = {selects};
    size_t counts[20] = {2};
    cm_node *const *all[20] = {segments[0]};
    SQL(make(&w, &(cm_node_spec){.kind = CM_N_COMPOUND, .op = CM_OP_UNION, .segments = all, .counts = counts}),
        "SELECT users.id \nFROM users UNION SELECT items.id \nFROM items");
}

static cm_node *assign(world *wp, cm_node *column, cm_node *to) {
    return make(wp, &(cm_node_spec){.kind = CM_N_ASSIGN, .kid = {column, to, NULL}});
}

WORLD_TEST(changes) {
    cm_node *insert = NULL, *update = NULL, *delete = NULL;
    if (!w.st) insert = hold(&w, cm_insert(w.cx, w.users, &insert), &insert);
    if (!w.st) update = hold(&w, cm_update(w.cx, w.users, &update), &update);
    if (!w.st) delete = hold(&w, cm_delete(w.cx, w.users, &delete), &delete);
    SQL(insert, "INSERT INTO users (id, name, flag) VALUES (:id, :name, :flag)");
    LITE(with(&w, with(&w, insert, CM_SEG_VALUES, assign(&w, w.name, str(&w, "x"))), CM_SEG_RETURNING, w.id),
         "INSERT INTO users (name) VALUES (?) RETURNING id");
    cm_node *sum = bin(&w, CM_OP_ADD, w.name, str(&w, "x"));
    SQL(with(&w, with(&w, update, CM_SEG_VALUES, assign(&w, w.name, sum)), CM_SEG_WHERE, bin(&w, CM_OP_EQ, w.id, num(&w, 1))),
        "UPDATE users SET name=(users.name || :name_1) WHERE users.id = :id_1");
    SQL(with(&w, delete, CM_SEG_WHERE, bin(&w, CM_OP_EQ, w.id, num(&w, 1))), "DELETE FROM users WHERE users.id = :id_1");
    const char *names[] = {"name", "id"};
    cm_compiled *c = NULL;
    cm_compile_request rq = {.dialect = cm_dialect_find("sqlite"), .for_execution = true, .names = names, .nnames = 2};
    if (!w.st) w.st = cm_sql__compile(w.cx, insert, &rq, &c);
    if (!w.st) {
        cr_assert_str_eq(c->sql, "INSERT INTO users (id, name) VALUES (?, ?)");
        cr_assert_eq(c->params[1].source, CM_SRC_KEY);
        cr_assert_str_eq(cm_str_text(c->params[1].name), "name");
        cr_assert_eq(c->table, w.users);
    }
    cm_compiled_free(w.cx, c);
    c = NULL;
    cm_column *set[] = {cm_table_column(w.users, 1)}, *where[] = {cm_table_column(w.users, 0)};
    cm_dml_request dml = {.dialect = cm_dialect_find("sqlite"), .table = w.users, .kind = CM_N_UPDATE, .set = set, .nset = 1, .where = where, .nwhere = 1};
    if (!w.st) w.st = cm_sql__dml(w.cx, &dml, &c);
    if (!w.st) cr_assert_str_eq(c->sql, "UPDATE users SET name=? WHERE users.id = ?");
    if (!w.st) cm_compiled_free(w.cx, c);
}

static void check_ddl(world *wp, cm_status st, cm_compiled **c, const char *expected) {
    if (!w.st) w.st = st;
    if (!w.st) cr_assert_str_eq((*c)->sql, expected);
    cm_compiled_free(w.cx, *c);
    *c = NULL;
}

WORLD_TEST(ddl) {
    cm_compiled *c = NULL;
    const cm_dialect *lite = cm_dialect_find("sqlite");
    check_ddl(&w, cm_ddl_table(w.cx, lite, w.items, 0, false, &c), &c,
              "\nCREATE TABLE items (\n\tid INTEGER NOT NULL, \n\tuser_id INTEGER DEFAULT 0, \n\tPRIMARY KEY (id), "
              "\n\tFOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE\n)\n\n");
    if (w.st) return;
    check_ddl(&w, cm_ddl_table(w.cx, lite, w.users, 1, true, &c), &c, "\nDROP TABLE IF EXISTS users");
    if (w.st) return;
    check_ddl(&w, cm_ddl_index(w.cx, lite, w.items, 0, 0, false, &c), &c, "CREATE UNIQUE INDEX ix_user ON items (user_id) WHERE user_id > 0");
}

WORLD_TEST(text_parameters) {
    LITE(text(&w, "SELECT :x, ':y', a::int, -- :z\n \\:w, :x"), "SELECT ?, ':y', a::int, -- :z\n :w, ?");
    SQL(with(&w, sel(&w, w.id, NULL), CM_SEG_WHERE, text(&w, "id = :who")), "SELECT users.id \nFROM users \nWHERE id = :who");
}

WORLD_TEST(schema_map) {
    static const char *const map[] = {"", "tenant", NULL};
    cm_compile_options o = {.schema_map = map};
    cm_compiled *c = NULL;
    cm_node *s = sel(&w, w.id, NULL);
    if (!w.st) w.st = cm_compile(w.cx, s, &o, &c);
    if (!w.st) cr_assert_str_eq(c->sql, "SELECT tenant.users.id \nFROM tenant.users");
    cm_compiled_free(w.cx, c);
}

#undef w

/* ---- failures */

static void fails(world *wp, cm_node *stmt, const cm_compile_options *o, cm_status expected, const char *part) {
    cm_compiled *c = NULL;
    cr_assert_eq(cm_compile(wp->cx, stmt, o, &c), expected, "%s", cm_ctx_error(wp->cx)->message ? cm_ctx_error(wp->cx)->message : "succeeded");
    cr_assert_not_null(strstr(cm_ctx_error(wp->cx)->message, part), "%s", cm_ctx_error(wp->cx)->message);
    cr_assert_null(c);
    cm_ctx_clear(wp->cx);
}

Test(sql, refusals) {
    oom_loop l;
    world w;
    open_world(test_ctx(&l), &w);
    fails(&w, with(&w, sel(&w, w.id, NULL), CM_SEG_ORDER_BY, make(&w, &(cm_node_spec){.kind = CM_N_LABEL_REF, .name = "nope", .name_n = 4})), NULL,
          CM_E_COMPILE, "Can't resolve label reference");
    fails(&w, make(&w, &(cm_node_spec){.kind = CM_N_EXTRACT, .name = "year; DROP", .name_n = 10, .kid = {w.id, NULL, NULL}}), NULL, CM_E_COMPILE,
          "not a valid extract argument");
    cm_node *other = wrap(&w, CM_N_ALIAS, "other", w.u);
    fails(&w, with(&w, sel(&w, w.id, NULL), CM_SEG_JOINS, step(&w, other, NULL, 0)), NULL, CM_E_INVALID_REQUEST, "Don't know how to join");
    fails(&w, make(&w, &(cm_node_spec){.kind = CM_N_JOIN, .kid = {w.u, other, NULL}}), NULL, CM_E_NO_FOREIGN_KEYS,
          "Can't find any foreign key relationships between 'users' and 'other'.");
    cm_node *update = NULL;
    cr_assert_eq(cm_update(w.cx, w.users, &update), CM_OK);
    hold(&w, CM_OK, &update);
    fails(&w, with(&w, update, CM_SEG_VALUES, assign(&w, w.user_id, num(&w, 1))), NULL, CM_E_COMPILE, "Unconsumed column names: user_id");
    cr_assert_eq(w.st, CM_OK);
    close_world(&w);
    test_ctx_end(&l);
}

/* Long chains are written without nesting; deep nesting is refused, not a crash. */
Test(sql, depth) {
    oom_loop l;
    world w;
    cm_compiled *c = NULL;
    open_world(test_ctx(&l), &w);
    cm_node *sum = w.id, *any = bin(&w, CM_OP_EQ, w.id, num(&w, 1)), *deep = w.id;
    for (int i = 0; i < 20000; i++) sum = bin(&w, CM_OP_ADD, sum, w.id);
    cr_assert_eq(cm_compile(w.cx, sum, NULL, &c), CM_OK);
    cr_assert_eq(c->nsql, 8 + 20000 * 11);
    cm_compiled_free(w.cx, c);
    cm_node *many[10000];
    for (size_t i = 0; i < 10000; i++) many[i] = any;
    cm_node *all = NULL;
    cr_assert_eq(cm_expr_all_of(w.cx, CM_OP_OR, many, 10000, &all), CM_OK);
    cr_assert_eq(cm_compile(w.cx, all, NULL, &c), CM_OK);
    cm_compiled_free(w.cx, c);
    cm_node_release(w.cx, all);
    for (int i = 0; i < 5000; i++) deep = make(&w, &(cm_node_spec){.kind = CM_N_GROUPING, .kid = {deep, NULL, NULL}});
    cr_assert_eq(w.st, CM_OK);
    fails(&w, deep, NULL, CM_E_COMPILE, "nested more than");
    close_world(&w);
    test_ctx_end(&l);
}

static void quoted(cm_ctx *cx, const char *name, bool force, const char *expected) {
    cm_compiled *c = NULL;
    cr_assert_eq(cm_quote_identifier(cx, NULL, name, force, &c), CM_OK);
    cr_assert_str_eq(c->sql, expected);
    cm_compiled_free(cx, c);
}

Test(sql, identifiers) {
    oom_loop l;
    cm_compiled *c = NULL;
    cm_ctx *cx = test_ctx(&l);
    quoted(cx, "plain_1", false, "plain_1");
    quoted(cx, "plain", true, "\"plain\"");
    quoted(cx, "Mixed", false, "\"Mixed\"");
    quoted(cx, "order", false, "\"order\"");
    quoted(cx, "1st", false, "\"1st\"");
    quoted(cx, "a\"b", false, "\"a\"\"b\"");
    cr_assert_eq(cm_quote_identifier(cx, NULL, "bad\xff", false, &c), CM_E_ARGUMENT);
    cm_ctx_clear(cx);
    test_ctx_end(&l);
}
