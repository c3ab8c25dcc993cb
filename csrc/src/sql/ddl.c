/* CREATE and DROP of tables and indexes, types and identifiers on their own. Text only: running it is the engine's.
 *
 *     CREATE TABLE [IF NOT EXISTS] s.t (
 *     	id INTEGER NOT NULL,
 *     	name VARCHAR(80) DEFAULT 'x',
 *     	PRIMARY KEY (id),
 *     	CONSTRAINT fk FOREIGN KEY(a) REFERENCES o (id) ON DELETE CASCADE
 *     )
 */
#include "sql/compiler.h"

static cm_status start(cm_compiler *c, cm_compile_request *rq, cm_ctx *cx, const cm_dialect *dialect) {
    *rq = (cm_compile_request){.dialect = dialect ? dialect : &cm__dialect_default};
    cm_status st = cm_compiler__init(c, cx, rq);
    c->flags |= CM_C_DDL;
    return st;
}

static cm_status finish(cm_compiler *c, cm_status st, cm_compiled **out) {
    *out = NULL;
    if (!st) st = cm_compiler__finish(c, NULL, out);
    cm_compiler__dispose(c);
    return st;
}

static cm_status qualified(cm_compiler *c, const char *schema, const char *name) {
    cm_status st = CM_OK;
    if (schema && *schema) {
        st = cm_compiler__cname(c, schema);
        cm_out(c, ".");
    }
    return st ? st : cm_compiler__cname(c, name);
}

static const char *schema_of(const cm_table *t) { return t->schema ? cm_str_text(t->schema) : NULL; }

/* (a, b) */
static cm_status names(cm_compiler *c, const char *const *v, size_t n) {
    cm_status st = CM_OK;
    cm_out(c, "(");
    for (size_t i = 0; !st && i < n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__cname(c, v[i]);
    }
    cm_out(c, ")");
    return st;
}

/* The words of a keyword argument, upper case, from a closed list. */
static cm_status keyword(cm_compiler *c, const char *what, const char *given, const char *const *known) {
    char word[24];
    size_t n = strlen(given);
    for (size_t i = 0; i < n && i < sizeof word - 1; i++) word[i] = (char)(given[i] >= 'a' && given[i] <= 'z' ? given[i] - 32 : given[i]);
    word[n < sizeof word ? n : sizeof word - 1] = '\0';
    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], word) == 0) {
            cm_out(c, known[i]);
            return CM_OK;
        }
    return cm__fail(c->cx, CM_E_COMPILE, "unexpected SQL phrase for %s: '%s'", what, given);
}

static cm_status references(cm_compiler *c, const cm_constraint_def *k) {
    static const char *const actions[] = {"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION", NULL};
    static const char *const matches[] = {"FULL", "PARTIAL", "SIMPLE", NULL};
    cm_out(c, " REFERENCES ");
    cm_status st = qualified(c, k->ref_schema, k->ref_table);
    cm_out(c, " ");
    if (!st) st = names(c, k->ref_columns, k->ncolumns);
    if (!st && k->match) {
        cm_out(c, " MATCH ");
        st = keyword(c, "match", k->match, matches);
    }
    if (!st && k->on_delete) {
        cm_out(c, " ON DELETE ");
        st = keyword(c, "ondelete", k->on_delete, actions);
    }
    if (!st && k->on_update) {
        cm_out(c, " ON UPDATE ");
        st = keyword(c, "onupdate", k->on_update, actions);
    }
    return st;
}

static cm_status deferral(cm_compiler *c, const cm_constraint_def *k) {
    static const char *const moments[] = {"DEFERRED", "IMMEDIATE", NULL};
    if (k->deferrable >= 0) cm_out(c, k->deferrable ? " DEFERRABLE" : " NOT DEFERRABLE");
    if (!k->initially) return CM_OK;
    cm_out(c, " INITIALLY ");
    return keyword(c, "initially", k->initially, moments);
}

static cm_status constraint(cm_compiler *c, const cm_constraint_def *k) {
    cm_status st = CM_OK;
    if (k->name) {
        cm_out(c, "CONSTRAINT ");
        st = cm_compiler__cname(c, k->name);
        cm_out(c, " ");
    }
    if (st) return st;
    switch (k->kind) {
    case CM_CON_PRIMARY_KEY:
        cm_out(c, "PRIMARY KEY ");
        st = names(c, k->columns, k->ncolumns);
        break;
    case CM_CON_UNIQUE:
        cm_out(c, "UNIQUE ");
        st = names(c, k->columns, k->ncolumns);
        break;
    case CM_CON_CHECK:
        cm_out(c, "CHECK (");
        cm_out(c, k->check ? k->check : "");
        cm_out(c, ")");
        break;
    case CM_CON_FOREIGN_KEY:
        cm_out(c, "FOREIGN KEY");
        st = names(c, k->columns, k->ncolumns);
        if (!st) st = references(c, k);
        break;
    }
    return st ? st : deferral(c, k);
}

static cm_status column(cm_compiler *c, const cm_column *col) {
    cm_status st = cm_compiler__str(c, col->name, col->flags & CM_COL_QUOTE ? CM_FLAG_QUOTE : col->flags & CM_COL_NO_QUOTE ? CM_FLAG_NO_QUOTE : 0);
    cm_out(c, " ");
    if (!st && c->d->type) st = c->d->type(c->cx, &c->b, col->type, false);
    if (st) {
        cm__fail_subject(c->cx, "%s.%s", cm_str_text(col->table->name), cm_str_text(col->name));
        return st;
    }
    if (c->d->column) return c->d->column(c->cx, &c->b, c->d, col);
    if (col->server_default) cm_buf__printf(&c->b, " DEFAULT %s", col->server_default);
    if (col->computed) cm_buf__printf(&c->b, " GENERATED ALWAYS AS (%s)%s", col->computed, col->flags & CM_COL_PERSISTED ? " STORED" : "");
    if (col->flags & CM_COL_NOT_NULL) cm_out(c, " NOT NULL");
    return st;
}

/* CONSTRAINT name CHECK (c IN ('a', 'b')): what keeps a boolean or enum that the database has no type for. */
static cm_status type_check(cm_compiler *c, const cm_column *col) {
    const cm_type_def *type = &col->type->def;
    cm_status st = CM_OK;
    if (type->name) {
        cm_out(c, "CONSTRAINT ");
        st = cm_compiler__cname(c, type->name);
        cm_out(c, " ");
    }
    cm_out(c, "CHECK (");
    if (!st) st = cm_compiler__str(c, col->name, 0);
    cm_out(c, " IN (");
    if (type->kind == CM_T_BOOLEAN) cm_out(c, "0, 1");
    for (size_t i = 0; type->kind == CM_T_ENUM && i < type->nlabels; i++) {
        if (i) cm_out(c, ", ");
        cm_sql__string(&c->b, type->labels[i], strlen(type->labels[i]));
    }
    cm_out(c, "))");
    return st;
}

static bool needs_check(const cm_compiler *c, const cm_column *col) {
    const cm_type_def *type = &col->type->def;
    if (!(type->flags & CM_TYPE_CHECK)) return false;
    if (type->kind == CM_T_BOOLEAN) return !(c->d->features & CM_F_BOOLEAN);
    return type->kind == CM_T_ENUM && !((type->flags & CM_TYPE_NATIVE) && (c->d->features & CM_F_NATIVE_ENUM));
}

/* SQLite's AUTOINCREMENT stands behind the column, and then there is no PRIMARY KEY line. */
static bool key_is_inline(const cm_table *t) {
    return t->nprimary_key == 1 && (t->primary_key[0]->flags & CM_COL_AUTOINCREMENT_WORD);
}

static cm_status create(cm_compiler *c, const cm_table *t, bool if_not_exists) {
    cm_out(c, "\nCREATE ");
    for (size_t i = 0; i < t->nprefixes; i++) cm_buf__printf(&c->b, "%s ", t->prefixes[i]);
    cm_out(c, if_not_exists ? "TABLE IF NOT EXISTS " : "TABLE ");
    cm_status st = qualified(c, schema_of(t), cm_str_text(t->name));
    cm_out(c, " (");
    const char *between = "\n\t";
    for (size_t i = 0; !st && i < t->ncolumns; i++) {
        cm_out(c, between);
        st = column(c, &t->columns[i]);
        between = ", \n\t";
    }
    for (size_t i = 0; !st && i < t->nconstraints; i++) {
        const cm_constraint_def *k = &t->constraints[i];
        if (k->kind == CM_CON_PRIMARY_KEY && (k->ncolumns == 0 || (c->d == &cm__dialect_sqlite && key_is_inline(t)))) continue;
        if (k->kind == CM_CON_FOREIGN_KEY && k->use_alter && (c->d->features & CM_F_ALTER_FK)) continue;
        cm_out(c, between);
        st = constraint(c, k);
        between = ", \n\t";
    }
    for (size_t i = 0; !st && i < t->ncolumns; i++) {
        if (!needs_check(c, &t->columns[i])) continue;
        cm_out(c, between);
        st = type_check(c, &t->columns[i]);
    }
    cm_out(c, "\n)");
    if (t->suffix && *t->suffix) cm_buf__printf(&c->b, "\n %s", t->suffix);
    cm_out(c, "\n\n");
    return st;
}

cm_status cm_ddl_table(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, int kind, bool if_exists_clause, cm_compiled **out) {
    cm_compiler c;
    cm_compile_request rq;
    cm_status st = start(&c, &rq, cx, dialect);
    if (!st && kind == 0) {
        st = create(&c, table, if_exists_clause);
    } else if (!st) {
        cm_out(&c, if_exists_clause ? "\nDROP TABLE IF EXISTS " : "\nDROP TABLE ");
        st = qualified(&c, schema_of(table), cm_str_text(table->name));
    }
    return finish(&c, st, out);
}

static cm_status create_index(cm_compiler *c, const cm_table *t, const cm_index_def *x, bool if_not_exists) {
    cm_buf__printf(&c->b, "CREATE %sINDEX %s", x->unique ? "UNIQUE " : "", if_not_exists ? "IF NOT EXISTS " : "");
    /* SQLite names the schema before the index, others before the table. */
    bool sqlite = c->d == &cm__dialect_sqlite;
    cm_status st = qualified(c, sqlite ? schema_of(t) : NULL, x->name);
    cm_out(c, " ON ");
    if (!st) st = qualified(c, sqlite ? NULL : schema_of(t), cm_str_text(t->name));
    cm_out(c, " (");
    for (size_t i = 0; !st && i < x->ncolumns; i++) {
        if (i) cm_out(c, ", ");
        if (x->is_expr && x->is_expr[i]) cm_out(c, x->columns[i]);
        else st = cm_compiler__cname(c, x->columns[i]);
    }
    cm_out(c, ")");
    if (x->where) cm_buf__printf(&c->b, " WHERE %s", x->where);
    return st;
}

cm_status cm_ddl_index(cm_ctx *cx, const cm_dialect *dialect, cm_table *table, size_t i, int kind, bool if_exists_clause, cm_compiled **out) {
    *out = NULL;
    if (i >= table->nindexes) return cm__fail(cx, CM_E_ARGUMENT, "table \"%s\" has %zu indexes, not %zu", cm_str_text(table->name), table->nindexes, i + 1);
    const cm_index_def *x = &table->indexes[i];
    if (!x->name || !*x->name) return cm__fail(cx, CM_E_COMPILE, "CREATE INDEX requires that the index of table \"%s\" have a name", cm_str_text(table->name));
    cm_compiler c;
    cm_compile_request rq;
    cm_status st = start(&c, &rq, cx, dialect);
    if (!st && kind == 0) {
        st = create_index(&c, table, x, if_exists_clause);
    } else if (!st) {
        cm_out(&c, if_exists_clause ? "\nDROP INDEX IF EXISTS " : "\nDROP INDEX ");
        st = qualified(&c, schema_of(table), x->name);
    }
    return finish(&c, st, out);
}

cm_status cm_ddl_type(cm_ctx *cx, const cm_dialect *dialect, const cm_type *type, cm_compiled **out) {
    cm_compiler c;
    cm_compile_request rq;
    cm_status st = start(&c, &rq, cx, dialect);
    if (!st) st = c.d->type(cx, &c.b, type, false);
    return finish(&c, st, out);
}

cm_status cm_quote_identifier(cm_ctx *cx, const cm_dialect *dialect, const char *name, bool force, cm_compiled **out) {
    cm_compiler c;
    cm_compile_request rq;
    cm_status st = start(&c, &rq, cx, dialect);
    if (!st) st = cm_compiler__name(&c, name, strlen(name), force ? CM_FLAG_QUOTE : 0);
    return finish(&c, st, out);
}
