/* CREATE and DROP of tables and indexes, in the layout people know:
 *
 *   \nCREATE TABLE users (\n\tid INTEGER NOT NULL, \n\tname VARCHAR(50), \n\tPRIMARY KEY (id)\n)\n\n
 *
 * Keywords of constraints come from closed lists. SQL of the author's (CHECK, DEFAULT, expressions of indexes) is text that is
 * written as it is, or an expression compiled for the dialect at hand. */
#include "sql/ddl.h"

#include <strings.h>

/* A keyword in its proper spelling; NULL when it is not in the list. */
static const char *keyword(const char *word, const char *const *list) {
    for (; *list; list++)
        if (strcasecmp(word, *list) == 0) return *list;
    return NULL;
}

static cm_status write_clause(cm_compiler *c, const char *head, const char *word, const char *const *list) {
    if (!word) return CM_OK;
    const char *known = keyword(word, list);
    if (!known) return cm__fail(c->cx, CM_E_COMPILE, "Unexpected SQL phrase: '%s'", word);
    cm_out(c, head);
    cm_out(c, known);
    return CM_OK;
}

static cm_status write_names(cm_compiler *c, const cm_table *t, const char *const *names, size_t n) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        const cm_column *column = t ? cm_table_find_column(t, names[i]) : NULL;
        if (i) cm_out(c, ", ");
        st = column ? cm_ddl__column_name(c, column) : cm_compiler__cname(c, names[i]);
    }
    return st;
}

cm_status cm_ddl__column_name(cm_compiler *c, const cm_column *column) {
    uint32_t flags = column->flags & CM_COL_QUOTE ? CM_FLAG_QUOTE : column->flags & CM_COL_NO_QUOTE ? CM_FLAG_NO_QUOTE : 0;
    return cm_compiler__str(c, column->name, flags);
}

static cm_status write_table_name(cm_compiler *c, const cm_table *t, bool schema) {
    cm_status st = schema ? cm_compiler__schema_of(c, t->schema ? cm_str_text(t->schema) : NULL) : CM_OK;
    return st ? st : cm_compiler__str(c, t->name, t->node ? t->node->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE) : 0);
}

/* ---- columns */

cm_status cm_ddl__type(cm_compiler *c, const cm_column *column) {
    if (column->type && column->type->def.kind == CM_T_NULL && !column->type->def.spelling && !(column->type->def.flags & CM_TYPE_SPELLED))
        return cm__fail(c->cx, CM_E_COMPILE,
                        "(in table '%s', column '%s'): Can't generate DDL for NullType(); did you forget to specify "
                        "a type on this Column?",
                        cm_str_text(column->table->name), cm_str_text(column->name));
    char why[200];
    cm_status st = cm_compiler__spell(c, column->type, false);
    if (st == CM_E_HOST)
        cm__fail_subject(c->cx, "(in table '%s', column '%s')", cm_str_text(column->table->name), cm_str_text(column->name));
    if (st != CM_E_COMPILE && st != CM_E_UNSUPPORTED) return st;
    snprintf(why, sizeof why, "%s", cm_ctx_error(c->cx)->message);
    cm_ctx_clear(c->cx);
    return cm__fail(c->cx, CM_E_COMPILE, "(in table '%s', column '%s'): %s", cm_str_text(column->table->name), cm_str_text(column->name),
                    why);
}

cm_status cm_ddl__sql(cm_compiler *c, const cm_sql *sql) {
    bool bare = c->bare_columns, literals = c->literals;
    if (!sql->expr) {
        cm_out(c, sql->text ? sql->text : "");
        return CM_OK;
    }
    c->bare_columns = c->literals = true;
    cm_status st = cm_compiler__expr(c, sql->expr);
    c->bare_columns = bare;
    c->literals = literals;
    return st;
}

static bool is_value(const cm_node *n) {
    return n->kind == CM_N_TEXT || n->kind == CM_N_BIND || n->kind == CM_N_NULL_ || n->kind == CM_N_TRUE_ || n->kind == CM_N_FALSE_ ||
           n->kind == CM_N_LITERAL_COLUMN;
}

cm_status cm_ddl__default(cm_compiler *c, const cm_column *column, bool guarded) {
    const cm_sql *sql = &column->server_default;
    if (!cm_ddl__has(sql)) return CM_OK;
    guarded = guarded && sql->expr && !is_value(sql->expr);
    cm_out(c, guarded ? " DEFAULT (" : " DEFAULT ");
    cm_status st = cm_ddl__sql(c, sql);
    if (guarded) cm_out(c, ")");
    return st;
}

cm_status cm_ddl__computed(cm_compiler *c, const cm_column *column) {
    if (!cm_ddl__has(&column->computed)) return CM_OK;
    cm_out(c, " GENERATED ALWAYS AS (");
    cm_status st = cm_ddl__sql(c, &column->computed);
    cm_out(c, ")");
    if (column->flags & CM_COL_PERSISTED) cm_out(c, " STORED");
    return st;
}

const cm_sql *cm_ddl__option(const cm_compiler *c, const cm_ddl_option *options, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(options[i].dialect, c->d->name) == 0 && strcmp(options[i].name, name) == 0) return &options[i].value;
    return NULL;
}

bool cm_ddl__required(const cm_column *column) {
    return (column->flags & (CM_COL_NOT_NULL | CM_COL_PRIMARY_KEY)) && !(column->flags & CM_COL_NULL_SET);
}

/* name TYPE DEFAULT x GENERATED ... NOT NULL */
static cm_status write_column(cm_compiler *c, const cm_column *column) {
    bool identity = (column->flags & CM_COL_IDENTITY) && cm_has(c, CM_F_IDENTITY);
    cm_status st = cm_ddl__column_name(c, column);
    cm_out(c, " ");
    if (!st) st = cm_ddl__type(c, column);
    if (!st) st = cm_ddl__default(c, column, false);
    if (!st) st = cm_ddl__computed(c, column);
    if (identity) cm_out(c, column->flags & CM_COL_IDENTITY_ALWAYS ? " GENERATED ALWAYS AS IDENTITY" : " GENERATED BY DEFAULT AS IDENTITY");
    else if (cm_ddl__required(column)) cm_out(c, " NOT NULL");
    return st;
}

/* ---- constraints */

/* Longer names would be cut by the server, and not be found under their own. */
static cm_status check_length(cm_compiler *c, const char *name) {
    if (strlen(name) <= c->d->max_identifier) return CM_OK;
    return cm__fail(c->cx, CM_E_IDENTIFIER, "Identifier '%s' exceeds maximum length of %zu characters", name, c->d->max_identifier);
}

/* The name of a constraint or index: made-up ones come with a shorter form where they are too long. */
static cm_status write_own_name(cm_compiler *c, const cm_ddl_option *options, size_t n, const char *name) {
    const cm_sql *shorter = cm_ddl__option(c, options, n, "short");
    cm_status st = shorter ? CM_OK : check_length(c, name);
    return st ? st : cm_compiler__cname(c, shorter ? shorter->text : name);
}

static cm_status write_constraint_name(cm_compiler *c, const cm_constraint_def *k) {
    if (!k->name) return CM_OK;
    cm_out(c, "CONSTRAINT ");
    cm_status st = write_own_name(c, k->options, k->noptions, k->name);
    cm_out(c, " ");
    return st;
}

/* What the dialect wants said at a place of a constraint. */
static cm_status write_constraint_words(cm_compiler *c, const cm_constraint_def *k, const char *place) {
    const cm_sql *words = cm_ddl__option(c, k->options, k->noptions, place);
    return words ? cm_ddl__sql(c, words) : CM_OK;
}

/* ON DELETE SET NULL (a): an action for some of the columns, which only databases that it was meant for understand. */
static cm_status write_delete_columns(cm_compiler *c, const cm_constraint_def *k) {
    bool meant = false;
    for (size_t i = 0; i < k->noptions; i++) meant = meant || strcmp(k->options[i].name, "delete") == 0;
    if (meant && !cm_ddl__option(c, k->options, k->noptions, "delete"))
        return cm__fail(c->cx, CM_E_COMPILE, "Unexpected SQL phrase: %s has no columns after ON DELETE %s", c->d->name, k->on_delete);
    return write_constraint_words(c, k, "delete");
}

static cm_status write_reference(cm_compiler *c, const cm_table *t, const cm_constraint_def *k) {
    static const char *const actions[] = {"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION", NULL};
    static const char *const matches[] = {"FULL", "PARTIAL", "SIMPLE", NULL};
    cm_out(c, "FOREIGN KEY(");
    cm_status st = write_names(c, t, k->columns, k->ncolumns);
    cm_out(c, ") REFERENCES ");
    if (!st && !cm_has(c, CM_F_LOCAL_FK)) st = cm_compiler__schema_of(c, k->ref_schema);
    if (!st) st = cm_compiler__cname(c, k->ref_table);
    cm_out(c, " (");
    if (!st) st = write_names(c, NULL, k->ref_columns, k->ncolumns);
    cm_out(c, ")");
    if (k->match && cm_has(c, CM_F_NO_MATCH))
        return cm__fail(c->cx, CM_E_COMPILE, "%s ignores the 'MATCH' keyword and the ON UPDATE/ON DELETE clauses after it", c->d->name);
    if (!st) st = write_clause(c, " MATCH ", k->match, matches);
    if (!st) st = write_clause(c, " ON DELETE ", k->on_delete, actions);
    if (!st) st = write_delete_columns(c, k);
    return st ? st : write_clause(c, " ON UPDATE ", k->on_update, actions);
}

static cm_status write_deferral(cm_compiler *c, const cm_constraint_def *k) {
    static const char *const times[] = {"DEFERRED", "IMMEDIATE", NULL};
    if (k->deferrable >= 0) cm_out(c, k->deferrable ? " DEFERRABLE" : " NOT DEFERRABLE");
    return write_clause(c, " INITIALLY ", k->initially, times);
}

static cm_status write_constraint(cm_compiler *c, const cm_table *t, const cm_constraint_def *k) {
    cm_status st = write_constraint_name(c, k);
    if (st) return st;
    switch (k->kind) {
    case CM_CON_PRIMARY_KEY:
    case CM_CON_UNIQUE:
        cm_out(c, k->kind == CM_CON_UNIQUE ? "UNIQUE " : "PRIMARY KEY ");
        st = write_constraint_words(c, k, "kind");
        cm_out(c, "(");
        if (!st) st = write_names(c, t, k->columns, k->ncolumns);
        cm_out(c, ")");
        if (!st) st = write_constraint_words(c, k, "columns");
        break;
    case CM_CON_FOREIGN_KEY: st = write_reference(c, t, k); break;
    case CM_CON_CHECK:
        cm_out(c, "CHECK (");
        st = cm_ddl__sql(c, &k->check);
        cm_out(c, ")");
        break;
    case CM_CON_EXCLUDE:
        if (!cm_has(c, CM_F_EXCLUDE)) return cm__fail(c->cx, CM_E_COMPILE, "%s has no exclusion constraints", c->d->name);
        cm_out(c, "EXCLUDE ");
        st = cm_ddl__sql(c, &k->check);
        break;
    }
    if (!st) st = write_deferral(c, k);
    return st ? st : write_constraint_words(c, k, "end");
}

/* CHECK (b IN (0, 1)), CHECK (e IN ('x', 'y')) of types that ask for it and have no type of their own here. */
static bool wants_check(const cm_compiler *c, const cm_column *column) {
    const cm_type_def *def = &column->type->def;
    if (!(def->flags & CM_TYPE_CHECK)) return false;
    if (def->kind == CM_T_BOOLEAN) return !cm_has(c, CM_F_BOOLEAN);
    return def->kind == CM_T_ENUM && !(cm_has(c, CM_F_NATIVE_ENUM) && (def->flags & CM_TYPE_NATIVE));
}

static cm_status write_check(cm_compiler *c, const cm_column *column) {
    const cm_type_def *def = &column->type->def;
    const cm_constraint_def named = {.name = column->check_name ? column->check_name : def->name};
    cm_status st = write_constraint_name(c, &named);
    cm_out(c, "CHECK (");
    if (!st) st = cm_ddl__column_name(c, column);
    cm_out(c, " IN (");
    if (def->kind == CM_T_BOOLEAN) cm_out(c, "0, 1");
    for (size_t i = 0; def->kind == CM_T_ENUM && i < def->nlabels; i++) {
        if (i) cm_out(c, ", ");
        cm_compiler__string(c, def->labels[i], strlen(def->labels[i]));
    }
    cm_out(c, "))");
    return st;
}

static cm_status write_checks(cm_compiler *c, const cm_table *t, bool *any) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < t->ncolumns; i++) {
        if (!wants_check(c, &t->columns[i])) continue;
        cm_out(c, *any ? ", \n\t" : "\n\t");
        *any = true;
        st = write_check(c, &t->columns[i]);
    }
    return st;
}

static bool is_left_out(const cm_compiler *c, const cm_table *t, const cm_constraint_def *k) {
    if (k->kind == CM_CON_PRIMARY_KEY) return k->ncolumns == 0 || cm_ddl__inline_key(c, t);
    if (k->kind != CM_CON_FOREIGN_KEY) return false;
    if ((k->use_alter || c->no_keys) && cm_has(c, CM_F_ALTER_FK)) return true;
    const char *schema = cm_compiler__schema(c, t->schema ? cm_str_text(t->schema) : NULL), *other = cm_compiler__schema(c, k->ref_schema);
    return cm_has(c, CM_F_LOCAL_FK) && strcmp(schema ? schema : "", other ? other : "") != 0;
}

static cm_status write_constraints(cm_compiler *c, const cm_table *t, bool any) {
    bool checked = false;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < t->nconstraints; i++) {
        const cm_constraint_def *k = &t->constraints[i];
        if (k->kind == CM_CON_FOREIGN_KEY && !checked) {
            st = write_checks(c, t, &any);
            checked = true;
        }
        if (st || is_left_out(c, t, k)) continue;
        cm_out(c, any ? ", \n\t" : "\n\t");
        any = true;
        st = write_constraint(c, t, k);
    }
    return st || checked ? st : write_checks(c, t, &any);
}

bool cm_ddl__inline_key(const cm_compiler *c, const cm_table *t) {
    if (!cm_has(c, CM_F_LASTROWID) || t->nprimary_key != 1 || !(t->primary_key[0]->flags & CM_COL_AUTOINCREMENT_WORD)) return false;
    int kind = t->primary_key[0]->type->def.kind;
    return kind == CM_T_INTEGER || kind == CM_T_SMALLINT || kind == CM_T_BIGINT;
}

/* ---- statements */

static cm_status create_table(cm_compiler *c, const cm_table *t, bool guarded) {
    cm_status st = CM_OK;
    cm_out(c, "\nCREATE ");
    for (size_t i = 0; i < t->nprefixes; i++) {
        cm_out(c, t->prefixes[i]);
        cm_out(c, " ");
    }
    cm_out(c, guarded ? "TABLE IF NOT EXISTS " : "TABLE ");
    st = check_length(c, cm_str_text(t->name));
    if (!st) st = write_table_name(c, t, true);
    cm_out(c, " (");
    bool any = false;
    for (size_t i = 0; !st && i < t->ncolumns; i++) {
        if (t->columns[i].flags & CM_COL_SYSTEM) continue;
        cm_out(c, any ? ", \n\t" : "\n\t");
        any = true;
        st = check_length(c, cm_str_text(t->columns[i].name));
        if (st) break;
        st = c->d->column ? c->d->column(c, &t->columns[i]) : write_column(c, &t->columns[i]);
    }
    if (!st) st = write_constraints(c, t, any);
    cm_out(c, "\n)");
    const cm_sql *suffix = cm_ddl__option(c, t->options, t->noptions, "suffix");
    if (suffix) cm_out(c, "\n ");
    if (!st && suffix) st = cm_ddl__sql(c, suffix);
    if (!st && c->d->table_end) st = c->d->table_end(c, t);
    cm_out(c, "\n\n");
    return st;
}

static cm_status drop_table(cm_compiler *c, const cm_table *t, bool guarded) {
    cm_out(c, guarded ? "\nDROP TABLE IF EXISTS " : "\nDROP TABLE ");
    return write_table_name(c, t, true);
}

/* SQLite puts the schema before the index, others before the table. */
static cm_status write_index_name(cm_compiler *c, const cm_table *t, const cm_index_def *index, bool schema) {
    cm_status st = schema ? cm_compiler__schema_of(c, t->schema ? cm_str_text(t->schema) : NULL) : CM_OK;
    return st ? st : write_own_name(c, index->options, index->noptions, index->name);
}

static cm_status write_index_words(cm_compiler *c, const cm_index_def *index, cm_index_place place, size_t i) {
    return c->d->index ? c->d->index(c, index, place, i) : CM_OK;
}

static cm_status write_index_expr(cm_compiler *c, const cm_sql *sql) {
    const cm_node *expr = sql->expr && sql->expr->kind == CM_N_LABEL ? sql->expr->u.n.kid : sql->expr;
    int kind = expr ? expr->kind : CM_N_TEXT;
    bool grouped = kind == CM_N_BINARY && cm_has(c, CM_F_GROUPED_OPERATORS);
    grouped =
        grouped || (cm_has(c, CM_F_GROUPED_INDEX) && (kind == CM_N_BINARY || kind == CM_N_FUNC || kind == CM_N_CASE || kind == CM_N_CAST));
    if (grouped) cm_out(c, "(");
    cm_status st = cm_ddl__sql(c, sql);
    if (grouped) cm_out(c, ")");
    return st;
}

static cm_status create_index(cm_compiler *c, const cm_table *t, const cm_index_def *index, bool guarded) {
    bool local = cm_has(c, CM_F_LOCAL_FK);
    cm_out(c, index->unique ? "CREATE UNIQUE " : "CREATE ");
    cm_status st = write_index_words(c, index, CM_INDEX_KIND, 0);
    cm_out(c, "INDEX ");
    if (!st) st = write_index_words(c, index, CM_INDEX_NAME, 0);
    if (guarded) cm_out(c, "IF NOT EXISTS ");
    if (!st) st = write_index_name(c, t, index, local);
    cm_out(c, " ON ");
    if (!st) st = write_table_name(c, t, !local);
    if (!st) st = write_index_words(c, index, CM_INDEX_METHOD, 0);
    cm_out(c, " (");
    for (size_t i = 0; !st && i < index->ncolumns; i++) {
        if (i) cm_out(c, ", ");
        bool expr = index->exprs && cm_ddl__has(&index->exprs[i]);
        st = expr ? write_index_expr(c, &index->exprs[i]) : write_names(c, t, &index->columns[i], 1);
        if (!st) st = write_index_words(c, index, CM_INDEX_MEMBER, i);
    }
    cm_out(c, ")");
    if (!st) st = write_index_words(c, index, CM_INDEX_END, 0);
    const cm_sql *where = cm_ddl__option(c, index->options, index->noptions, "where");
    if (where) cm_out(c, " WHERE ");
    if (!st && where) st = cm_ddl__sql(c, where);
    return st;
}

static cm_status drop_index(cm_compiler *c, const cm_table *t, const cm_index_def *index, bool guarded) {
    bool of_table = cm_has(c, CM_F_INDEX_OF_TABLE);
    cm_out(c, "\nDROP INDEX ");
    cm_status st = write_index_words(c, index, CM_INDEX_NAME, 0);
    if (guarded) cm_out(c, "IF EXISTS ");
    if (!st) st = write_index_name(c, t, index, !of_table);
    if (st || !of_table) return st;
    cm_out(c, " ON ");
    return write_table_name(c, t, true);
}

typedef struct job {
    cm_table *table;
    const cm_index_def *index;
    int kind;
    bool guarded;
    const char *const *schema_map;
} job;

static cm_status write_job(cm_compiler *c, const job *j) {
    if (j->index && !j->index->name) return cm__fail(c->cx, CM_E_COMPILE, "CREATE INDEX requires that the index have a name");
    if (j->index) return j->kind ? drop_index(c, j->table, j->index, j->guarded) : create_index(c, j->table, j->index, j->guarded);
    return j->kind ? drop_table(c, j->table, j->guarded) : create_table(c, j->table, j->guarded);
}

static cm_status run(cm_ctx *cx, const cm_dialect *dialect, const job *j, cm_compiled **out) {
    cm_compile_request rq = {.dialect = dialect, .schema_map = j->schema_map};
    cm_compiler c;
    *out = NULL;
    if (j->kind < 0 || j->kind > 1) return cm__fail(cx, CM_E_ARGUMENT, "DDL creates (0) or drops (1), it does not do %d", j->kind);
    cm_status st = cm_compiler__init(&c, cx, &rq);
    c.flags = CM_C_DDL;
    if (!st) st = write_job(&c, j);
    if (!st) st = cm_compiler__finish(&c, NULL, out);
    cm_compiler__dispose(&c);
    return st;
}

cm_status cm_sql__ddl_table(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, int kind, bool guarded,
                            cm_compiled **out) {
    return run(cx, dialect, &(job){table, NULL, kind, guarded, schema_map}, out);
}

cm_status cm_sql__ddl_index(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, size_t i, int kind,
                            bool guarded, cm_compiled **out) {
    *out = NULL;
    if (i >= table->nindexes) return cm__fail(cx, CM_E_ARGUMENT, "table '%s' has no index number %zu", cm_str_text(table->name), i);
    return run(cx, dialect, &(job){table, &table->indexes[i], kind, guarded, schema_map}, out);
}

cm_status cm_ddl_table(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, int kind, bool if_exists_clause, cm_compiled **out) {
    return cm_sql__ddl_table(cx, dialect, NULL, table, kind, if_exists_clause, out);
}

cm_status cm_ddl_index(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, size_t i, int kind, bool if_exists_clause,
                       cm_compiled **out) {
    return cm_sql__ddl_index(cx, dialect, NULL, table, i, kind, if_exists_clause, out);
}

/* One statement that `write` writes. */
static cm_status compile_with(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map,
                              cm_status (*write)(cm_compiler *c, const void *what), const void *what, cm_compiled **out) {
    cm_compile_request rq = {.dialect = dialect, .schema_map = schema_map};
    cm_compiler c;
    *out = NULL;
    cm_status st = cm_compiler__init(&c, cx, &rq);
    c.flags = CM_C_DDL;
    if (!st) st = write(&c, what);
    if (!st) st = cm_compiler__finish(&c, NULL, out);
    cm_compiler__dispose(&c);
    return st;
}

static cm_status write_create_enum(cm_compiler *c, const void *what) {
    const cm_type_def *d = what;
    cm_out(c, "CREATE TYPE ");
    cm_status st = cm_compiler__type_name(c, d);
    cm_out(c, " AS ENUM (");
    for (size_t i = 0; i < d->nlabels; i++) {
        if (i) cm_out(c, ", ");
        cm_sql__string(&c->b, d->labels[i], strlen(d->labels[i]));
    }
    cm_out(c, ")");
    return st;
}

static cm_status write_column_alone(cm_compiler *c, const void *column) {
    return c->d->column ? c->d->column(c, column) : write_column(c, column);
}

cm_status cm_ddl_column(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, size_t i, cm_compiled **out) {
    *out = NULL;
    if (i >= table->ncolumns) return cm__fail(cx, CM_E_ARGUMENT, "table '%s' has no column number %zu", cm_str_text(table->name), i);
    return compile_with(cx, dialect, NULL, write_column_alone, &table->columns[i], out);
}

static cm_status write_drop_enum(cm_compiler *c, const void *what) {
    cm_out(c, "DROP TYPE ");
    return cm_compiler__type_name(c, what);
}

cm_status cm_sql__ddl_enum(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, const cm_type *type, bool drop,
                           cm_compiled **out) {
    return compile_with(cx, dialect, schema_map, drop ? write_drop_enum : write_create_enum, &type->def, out);
}

static cm_status write_bare_table(cm_compiler *c, const void *table) {
    c->no_keys = true;
    return create_table(c, table, false);
}

cm_status cm_sql__ddl_bare_table(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, cm_compiled **out) {
    return compile_with(cx, dialect, schema_map, write_bare_table, table, out);
}

typedef struct key_of_table {
    const cm_table *table;
    const cm_constraint_def *key;
} key_of_table;

static cm_status write_add_key(cm_compiler *c, const void *what) {
    const key_of_table *k = what;
    cm_out(c, "ALTER TABLE ");
    cm_status st = write_table_name(c, k->table, true);
    cm_out(c, " ADD ");
    return st ? st : write_constraint(c, k->table, k->key);
}

/* COMMENT ON TABLE t IS 'text', COMMENT ON COLUMN t.c IS 'text' */
typedef struct comment_job {
    const cm_table *table;
    const cm_column *column; /* NULL: of the table */
} comment_job;

static cm_status write_comment(cm_compiler *c, const void *user) {
    const comment_job *j = user;
    const char *text = j->column ? j->column->comment : j->table->comment;
    cm_out(c, j->column ? "COMMENT ON COLUMN " : "COMMENT ON TABLE ");
    cm_status st = write_table_name(c, j->table, true);
    if (j->column) cm_out(c, ".");
    if (!st && j->column) st = cm_ddl__column_name(c, j->column);
    cm_out(c, " IS ");
    cm_sql__string(&c->b, text, strlen(text));
    return st;
}

cm_status cm_sql__ddl_comment(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, const cm_table *table,
                              const cm_column *column, cm_compiled **out) {
    return compile_with(cx, dialect, schema_map, write_comment, &(comment_job){table, column}, out);
}

cm_status cm_ddl_add_constraint(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, const cm_constraint_def *constraint,
                                cm_compiled **out) {
    return compile_with(cx, dialect, NULL, write_add_key, &(key_of_table){table, constraint}, out);
}

cm_status cm_sql__ddl_add_key(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *table, size_t i,
                              cm_compiled **out) {
    return compile_with(cx, dialect, schema_map, write_add_key, &(key_of_table){table, &table->constraints[i]}, out);
}

typedef struct table_list {
    cm_table *const *tables;
    size_t n;
} table_list;

static cm_status write_drop_tables(cm_compiler *c, const void *what) {
    const table_list *list = what;
    cm_status st = CM_OK;
    cm_out(c, "\nDROP TABLE ");
    for (size_t i = 0; !st && i < list->n; i++) {
        if (i) cm_out(c, ", ");
        st = write_table_name(c, list->tables[i], true);
    }
    return st;
}

cm_status cm_sql__ddl_drop_tables(cm_ctx *cx, const cm_dialect *dialect, const char *const *schema_map, cm_table *const *tables, size_t n,
                                  cm_compiled **out) {
    return compile_with(cx, dialect, schema_map, write_drop_tables, &(table_list){tables, n}, out);
}

cm_status cm_ddl_type(cm_ctx *cx, const cm_dialect *dialect, const cm_type *type, cm_compiled **out) {
    cm_compile_request rq = {.dialect = dialect};
    cm_compiler c;
    *out = NULL;
    cm_status st = cm_compiler__init(&c, cx, &rq);
    if (!st) st = cm_compiler__spell(&c, type, false);
    if (!st) st = cm_compiler__finish(&c, NULL, out);
    cm_compiler__dispose(&c);
    return st;
}

cm_status cm_quote_identifier(cm_ctx *cx, const cm_dialect *dialect, const char *name, bool force, cm_compiled **out) {
    cm_compile_request rq = {.dialect = dialect};
    cm_compiler c;
    *out = NULL;
    cm_status st = cm_compiler__init(&c, cx, &rq);
    if (!st) st = cm_compiler__name(&c, name, strlen(name), force ? CM_FLAG_QUOTE : 0);
    if (!st) st = cm_compiler__finish(&c, NULL, out);
    cm_compiler__dispose(&c);
    return st;
}
