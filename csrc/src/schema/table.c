/* Frozen tables: what an author described in a cm_table_def, checked, copied and never changed again.
 *
 * A table owns its columns; columns and TABLE node point to each other without counting:
 *
 *   cm_table --node--> TABLE node --ref--> cm_table      made by the table: it owns the node, the node borrows it
 *                                                        made by the author: the node holds a reference, the table borrows it
 *   cm_column --node--> COLUMN node --ref--> cm_column   both borrowed; whoever goes first makes the other forget it
 *
 * Strings and arrays live in the table's region. */
#include "schema/schema.h"

#include <string.h>
#include <strings.h>

/* ---- copying; the region is sticky, so that only the end has to be checked */

static void *array(cm_table *t, size_t n, size_t item) {
    size_t bytes;
    if (__builtin_mul_overflow(n ? n : 1, item, &bytes)) bytes = SIZE_MAX;
    return cm_arena__alloc(&t->memory, bytes);
}

static char *keep(cm_table *t, const char *s) { return s ? cm_arena__copy(&t->memory, s, strlen(s)) : NULL; }

static const char *const *keep_all(cm_table *t, const char *const *v, size_t n) {
    const char **copy = v ? array(t, n, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < n; i++) copy[i] = keep(t, v[i]);
    return copy;
}

static cm_sql keep_sql(cm_table *t, cm_sql sql) { return (cm_sql){keep(t, sql.text), sql.expr}; }

static cm_ddl_option *keep_options(cm_table *t, const cm_ddl_option *v, size_t n) {
    cm_ddl_option *copy = n ? array(t, n, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < n; i++) copy[i] = (cm_ddl_option){keep(t, v[i].dialect), keep(t, v[i].name), keep_sql(t, v[i].value)};
    return copy;
}

/* ---- columns */

static cm_status column_node(cm_ctx *cx, cm_table *t, cm_column *c, const cm_column_def *def) {
    if (!def->node) {
        cm_node_spec spec = {.kind = CM_N_COLUMN,
                             .type = c->type,
                             .name = cm_str_text(c->name),
                             .name_n = c->name->n,
                             .kid = {t->node, NULL, NULL},
                             .ref = c};
        c->owns_node = true;
        return cm_node_make(cx, &spec, &c->node);
    }
    c->node = def->node;
    c->node->u.col.table = t->node;
    c->node->u.col.ref = c;
    if (!c->node->id) c->node->id = cm_serial(cx);
    if (c->node->type != c->type) {
        cm_type_retain(cx, c->type);
        cm_type_release(cx, c->node->type);
        c->node->type = c->type;
    }
    return CM_OK;
}

static cm_status add_column(cm_ctx *cx, cm_table *t, const cm_column_def *def) {
    cm_column *c = &t->columns[t->ncolumns];
    if (!def->name) return cm__fail(cx, CM_E_ARGUMENT, "a column of table \"%s\" has no name", cm_table_name(t));
    const char *key = def->key ? def->key : def->name;
    c->table = t;
    c->index = (uint32_t)t->ncolumns++;
    c->flags = def->flags;
    c->type = def->type ? def->type : cm_type_basic(cx, CM_T_NULL);
    cm_type_retain(cx, c->type);
    c->name = cm_str_new(cx, def->name, strlen(def->name));
    if (!c->name) return cx->err.status;
    c->key = strcmp(key, def->name) == 0 ? cm_str_retain(c->name) : cm_str_new(cx, key, strlen(key));
    if (!c->key) return cx->err.status;
    if (cm_strmap__get(&t->by_name, def->name, c->name->n) || cm_strmap__get(&t->by_key, key, c->key->n))
        return cm__fail(cx, CM_E_ARGUMENT, "table \"%s\" has two columns named \"%s\"", cm_table_name(t), key);
    cm_status st = cm_strmap__put(cx, &t->by_name, cm_str_text(c->name), c->name->n, c);
    if (!st) st = cm_strmap__put(cx, &t->by_key, cm_str_text(c->key), c->key->n, c);
    if (!st) st = column_node(cx, t, c, def);
    if (st) return st;
    c->id = c->node->id;
    c->insert_default = def->insert_default;
    c->update_default = def->update_default;
    if (c->insert_default) cm__host(cx)->retain(cx, c->insert_default);
    if (c->update_default) cm__host(cx)->retain(cx, c->update_default);
    c->insert_default_sql = def->insert_default_sql;
    c->update_default_sql = def->update_default_sql;
    cm_node_retain(cx, c->insert_default_sql);
    cm_node_retain(cx, c->update_default_sql);
    c->server_default = keep_sql(t, def->server_default);
    c->computed = keep_sql(t, def->computed);
    c->comment = keep(t, def->comment);
    c->check_name = keep(t, def->check_name);
    return CM_OK;
}

static void dispose_column(cm_ctx *cx, cm_column *c) {
    if (c->node && c->node->u.col.ref == c) {
        c->node->u.col.ref = NULL;
        if (c->owns_node || c->table->owns_node) c->node->u.col.table = NULL; /* else the author's link: a changed table is frozen anew */
    }
    if (c->owns_node) cm_node_release(cx, c->node);
    if (c->insert_default) cm__host(cx)->release(cx, c->insert_default);
    if (c->update_default) cm__host(cx)->release(cx, c->update_default);
    cm_node_release(cx, c->insert_default_sql);
    cm_node_release(cx, c->update_default_sql);
    cm_type_release(cx, c->type);
    cm_str_release(cx, c->name);
    cm_str_release(cx, c->key);
}

/* ---- constraints and indexes */

/* The keyword in its one spelling, or NULL with a failure. */
static cm_status keyword(cm_ctx *cx, const char *clause, const char *given, const char *const *allowed, const char **out) {
    *out = NULL;
    if (!given) return CM_OK;
    for (; *allowed; allowed++) {
        if (strcasecmp(*allowed, given) != 0) continue;
        *out = *allowed;
        return CM_OK;
    }
    return cm__fail(cx, CM_E_COMPILE, "Unexpected SQL phrase: \"%s\" is not an action that %s knows", given, clause);
}

static cm_status foreign_key_words(cm_ctx *cx, const cm_constraint_def *def, cm_constraint_def *c) {
    static const char *const actions[] = {"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION", NULL};
    static const char *const matches[] = {"FULL", "PARTIAL", "SIMPLE", NULL};
    cm_status st = keyword(cx, "ON DELETE", def->on_delete, actions, &c->on_delete);
    if (!st) st = keyword(cx, "ON UPDATE", def->on_update, actions, &c->on_update);
    if (!st) st = keyword(cx, "MATCH", def->match, matches, &c->match);
    return st;
}

static bool is_given(const cm_sql *sql) { return sql->text || sql->expr; }

static cm_status check_columns(cm_ctx *cx, const cm_table *t, const char *const *columns, size_t n, const cm_sql *exprs) {
    for (size_t i = 0; i < n; i++) {
        if (exprs && is_given(&exprs[i])) continue;
        if (!cm_table_find_column(t, columns[i]))
            return cm__fail(cx, CM_E_ARGUMENT, "table \"%s\" has no column \"%s\" for a constraint or index", cm_table_name(t), columns[i]);
    }
    return CM_OK;
}

static cm_status add_constraint(cm_ctx *cx, cm_table *t, const cm_constraint_def *def, cm_constraint_def *c) {
    static const char *const times[] = {"DEFERRED", "IMMEDIATE", NULL};
    cm_status st = check_columns(cx, t, def->columns, def->ncolumns, NULL);
    *c = *def;
    if (!st) st = foreign_key_words(cx, def, c);
    if (!st) st = keyword(cx, "INITIALLY", def->initially, times, &c->initially);
    if (st) return st;
    if (def->kind == CM_CON_FOREIGN_KEY && (!def->ref_table || (!def->ref_columns && def->ncolumns)))
        return cm__fail(cx, CM_E_ARGUMENT, "a foreign key of table \"%s\" names no table or no columns", cm_table_name(t));
    if (def->kind == CM_CON_CHECK && !is_given(&def->check))
        return cm__fail(cx, CM_E_ARGUMENT, "a check constraint of table \"%s\" has no condition", cm_table_name(t));
    c->name = keep(t, def->name);
    c->columns = keep_all(t, def->columns, def->ncolumns);
    c->ref_schema = keep(t, def->ref_schema);
    c->ref_table = keep(t, def->ref_table);
    c->ref_columns = keep_all(t, def->ref_columns, def->ncolumns);
    c->check = keep_sql(t, def->check);
    c->options = keep_options(t, def->options, def->noptions);
    c->noptions = def->noptions;
    return CM_OK;
}

/* The key that column flags describe, where no constraint spells it out. */
static void primary_key_from_flags(cm_table *t, cm_constraint_def *c) {
    const char **names = array(t, t->ncolumns, sizeof *names);
    *c = (cm_constraint_def){.kind = CM_CON_PRIMARY_KEY, .columns = names, .deferrable = -1};
    for (size_t i = 0; names && i < t->ncolumns; i++)
        if (t->columns[i].flags & CM_COL_PRIMARY_KEY) names[c->ncolumns++] = cm_str_text(t->columns[i].name);
}

static const cm_constraint_def *find_primary_key(const cm_table_def *def) {
    for (size_t i = 0; i < def->nconstraints; i++)
        if (def->constraints[i].kind == CM_CON_PRIMARY_KEY && def->constraints[i].ncolumns) return &def->constraints[i];
    return NULL;
}

static bool has_key_flags(const cm_table *t) {
    for (size_t i = 0; i < t->ncolumns; i++)
        if (t->columns[i].flags & CM_COL_PRIMARY_KEY) return true;
    return false;
}

static void set_primary_key(cm_table *t, const cm_constraint_def *key) {
    t->primary_key = array(t, key->ncolumns, sizeof *t->primary_key);
    for (size_t i = 0; t->primary_key && i < key->ncolumns; i++) {
        cm_column *c = cm_table_find_column(t, key->columns[i]);
        c->flags |= CM_COL_PRIMARY_KEY | CM_COL_NOT_NULL;
        t->primary_key[t->nprimary_key++] = c;
        if ((c->flags & CM_COL_AUTOINCREMENT) && !t->autoincrement) t->autoincrement = c;
    }
}

static cm_status add_constraints(cm_ctx *cx, cm_table *t, const cm_table_def *def) {
    const cm_constraint_def *key = find_primary_key(def);
    t->constraints = array(t, def->nconstraints + 1, sizeof *t->constraints);
    if (!t->constraints) return CM_E_NOMEM;
    if (key) {
        cm_status st = add_constraint(cx, t, key, &t->constraints[t->nconstraints++]);
        if (st) return st;
    } else if (has_key_flags(t)) {
        primary_key_from_flags(t, &t->constraints[t->nconstraints++]);
    }
    if (t->memory.failed) return CM_E_NOMEM;
    if (t->nconstraints) set_primary_key(t, &t->constraints[0]);
    for (size_t i = 0; i < def->nconstraints; i++) {
        if (def->constraints[i].kind == CM_CON_PRIMARY_KEY) continue;
        cm_status st = add_constraint(cx, t, &def->constraints[i], &t->constraints[t->nconstraints++]);
        if (st) return st;
    }
    return CM_OK;
}

static cm_status add_indexes(cm_ctx *cx, cm_table *t, const cm_table_def *def) {
    t->indexes = array(t, def->nindexes, sizeof *t->indexes);
    for (size_t i = 0; t->indexes && i < def->nindexes; i++) {
        const cm_index_def *from = &def->indexes[i];
        cm_index_def *to = &t->indexes[t->nindexes++];
        cm_status st = check_columns(cx, t, from->columns, from->ncolumns, from->exprs);
        if (st) return st;
        if (!from->name) return cm__fail(cx, CM_E_ARGUMENT, "an index of table \"%s\" has no name", cm_table_name(t));
        *to = *from;
        to->name = keep(t, from->name);
        to->columns = keep_all(t, from->columns, from->ncolumns);
        to->options = keep_options(t, from->options, from->noptions);
        if (!from->exprs) continue;
        cm_sql *exprs = array(t, from->ncolumns, sizeof *exprs);
        for (size_t k = 0; exprs && k < from->ncolumns; k++) exprs[k] = keep_sql(t, from->exprs[k]);
        to->exprs = exprs;
    }
    return CM_OK;
}

/* ---- tables */

static cm_status table_node(cm_ctx *cx, cm_table *t, const cm_table_def *def) {
    cm_node_spec spec = {.kind = CM_N_TABLE, .name = cm_str_text(t->name), .name_n = t->name->n};
    cm_status st = CM_OK;
    if (def->node) {
        t->node = def->node;
        if (!t->node->id) t->node->id = cm_serial(cx);
    } else {
        st = cm_node_make(cx, &spec, &t->node);
        if (st) return st;
        t->owns_node = true;
        t->node->u.col.ref = t;
    }
    t->id = t->node->id;
    return st;
}

static cm_status build(cm_ctx *cx, cm_table *t, const cm_table_def *def) {
    t->name = cm_str_new(cx, def->name, strlen(def->name));
    t->schema = def->schema ? cm_str_new(cx, def->schema, strlen(def->schema)) : NULL;
    if (!t->name || (def->schema && !t->schema)) return cx->err.status;
    cm_status st = table_node(cx, t, def);
    if (st) return st;
    t->comment = keep(t, def->comment);
    t->options = keep_options(t, def->options, def->noptions);
    t->noptions = def->noptions;
    t->prefixes = (char **)(uintptr_t)keep_all(t, def->prefixes, def->nprefixes);
    t->nprefixes = def->nprefixes;
    t->columns = array(t, def->ncolumns, sizeof *t->columns);
    for (size_t i = 0; t->columns && i < def->ncolumns && !st; i++) st = add_column(cx, t, &def->columns[i]);
    if (!st && !t->memory.failed) st = add_constraints(cx, t, def);
    if (!st && !t->memory.failed) st = add_indexes(cx, t, def);
    return st ? st : t->memory.failed ? CM_E_NOMEM : CM_OK;
}

static void table_free(cm_ctx *cx, cm_table *t) {
    for (size_t i = 0; i < t->ncolumns; i++) dispose_column(cx, &t->columns[i]);
    cm_strmap__dispose(cx, &t->by_name);
    cm_strmap__dispose(cx, &t->by_key);
    if (t->owns_node && t->node) {
        t->node->u.col.ref = NULL; /* others may still hold the node */
        cm_node_release(cx, t->node);
    }
    cm_str_release(cx, t->name);
    cm_str_release(cx, t->schema);
    t->memory.cx = cx; /* the context it was made with may be gone */
    cm_arena__dispose(&t->memory);
    cm__count(cx, CM_COUNT_TABLE, -1);
    cm__free(cx, t);
}

cm_status cm_table_new(cm_ctx *cx, const cm_table_def *def, cm_table **out) {
    *out = NULL;
    if (def->version != 1) return cm__fail(cx, CM_E_ARGUMENT, "a table definition of version %u is not known", def->version);
    if (!def->name) return cm__fail(cx, CM_E_ARGUMENT, "a table needs a name");
    cm_table *t = cm__alloc(cx, sizeof *t);
    if (!t) return CM_E_NOMEM;
    t->refs = 1;
    cm_arena__init(&t->memory, cx);
    cm__count(cx, CM_COUNT_TABLE, 1);
    cm_status st = build(cx, t, def);
    if (st) {
        table_free(cx, t);
        return st;
    }
    if (def->node) {
        t->node->u.col.ref = t;
        cm_table_retain(t);
    }
    *out = t;
    return CM_OK;
}

void cm_table_retain(cm_table *table) {
    if (table) __atomic_fetch_add(&table->refs, 1, __ATOMIC_RELAXED);
}

void cm_table_release(cm_ctx *cx, cm_table *table) {
    if (table && __atomic_sub_fetch(&table->refs, 1, __ATOMIC_ACQ_REL) == 0) table_free(cx, table);
}

const char *cm_table_name(const cm_table *table) { return cm_str_text(table->name); }
cm_node *cm_table_node(const cm_table *table) { return table->node; }
size_t cm_table_ncolumns(const cm_table *table) { return table->ncolumns; }
cm_column *cm_table_column(const cm_table *table, size_t i) { return i < table->ncolumns ? &table->columns[i] : NULL; }

cm_column *cm_table_find_column(const cm_table *table, const char *name) {
    return name ? cm_strmap__get(&table->by_name, name, strlen(name)) : NULL;
}

const char *cm_column_name(const cm_column *column) { return cm_str_text(column->name); }
cm_node *cm_column_node(const cm_column *column) { return column->node; }

int cm_node_visit_defaults(const cm_node *node, int (*visit)(void *user, void *value), void *user) {
    const cm_column *c = node->kind == CM_N_COLUMN ? node->u.col.ref : NULL;
    if (!c || c->node != node) return 0;
    int answer = c->insert_default ? visit(user, c->insert_default) : 0;
    return answer || !c->update_default ? answer : visit(user, c->update_default);
}
