/* create_all and drop_all: tables in dependency order, their indexes after them.
 *
 * On databases that add foreign keys by ALTER, keys of cycles are added last; SQLite names tables that do not exist
 * yet without complaint, so there they stay in CREATE TABLE. Where no transaction is open, the whole runs in one of its
 * own and is committed: half a schema helps nobody, and one sync is cheaper than one per table. */
#include "engine/engine_int.h"

#include <string.h>

cm_status cm_conn_has_table(cm_ctx *cx, cm_conn *conn, const char *schema, const char *name, bool *out) {
    *out = false;
    cm_status st = cm_conn__ready(cx, conn);
    if (st) return st;
    cm_link *link = conn->link;
    cm_link__lock(cx, link);
    cm__leave(cx);
    st = link->driver->has_table(cx, link->d, schema, name, out);
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, NULL, 0);
    cm_link__unlock(cx, link);
    return st;
}

static cm_status run_ddl(cm_ctx *cx, cm_conn *conn, cm_compiled *take_compiled) {
    cm_flight flight = {.stmt = take_compiled, .nsets = 1};
    cm_status st = cm_conn__fly(cx, conn, &flight);
    cm_compiled_free(cx, take_compiled);
    return st;
}

static const char *const *schemas_of(const cm_conn *conn) { return conn->schemas ? conn->schemas->pairs : NULL; }

static cm_status table_exists(cm_ctx *cx, cm_conn *conn, const cm_table *table, bool *out) {
    const char *schema = cm_conn__schema(conn, table->schema ? cm_str_text(table->schema) : NULL);
    return cm_conn_has_table(cx, conn, schema, cm_str_text(table->name), out);
}

static cm_status comment_on(cm_ctx *cx, cm_conn *conn, const cm_table *table, const cm_column *column) {
    cm_compiled *c = NULL;
    cm_status st = cm_sql__ddl_comment(cx, conn->engine->dialect, schemas_of(conn), table, column, &c);
    return st ? st : run_ddl(cx, conn, c);
}

static cm_status add_comments(cm_ctx *cx, cm_conn *conn, const cm_table *table) {
    cm_status st = CM_OK;
    if (!(conn->engine->dialect->features & CM_F_COMMENT_ON)) return CM_OK;
    if (table->comment) st = comment_on(cx, conn, table, NULL);
    for (size_t i = 0; i < table->ncolumns && !st; i++)
        if (table->columns[i].comment) st = comment_on(cx, conn, table, &table->columns[i]);
    return st;
}

/* bare: foreign keys are added later. */
static cm_status create_one(cm_ctx *cx, cm_conn *conn, cm_table *table, bool checkfirst, bool bare) {
    const cm_dialect *dialect = conn->engine->dialect;
    cm_compiled *c = NULL;
    bool exists = false;
    cm_status st = checkfirst ? table_exists(cx, conn, table, &exists) : CM_OK;
    if (st || exists) return st;
    st = bare ? cm_sql__ddl_bare_table(cx, dialect, schemas_of(conn), table, &c)
              : cm_sql__ddl_table(cx, dialect, schemas_of(conn), table, 0, false, &c);
    if (!st) st = run_ddl(cx, conn, c);
    for (size_t i = 0; i < table->nindexes && !st; i++) {
        st = cm_sql__ddl_index(cx, dialect, schemas_of(conn), table, i, 0, false, &c);
        if (!st) st = run_ddl(cx, conn, c);
    }
    return st ? st : add_comments(cx, conn, table);
}

static cm_status drop_one(cm_ctx *cx, cm_conn *conn, cm_table *table, bool checkfirst) {
    cm_compiled *c = NULL;
    bool exists = true;
    cm_status st = checkfirst ? table_exists(cx, conn, table, &exists) : CM_OK;
    if (st || !exists) return st;
    st = cm_sql__ddl_table(cx, conn->engine->dialect, schemas_of(conn), table, 1, false, &c);
    return st ? st : run_ddl(cx, conn, c);
}

/* BEGIN of our own, where the connection is in no transaction yet. *ours: it is to be ended here. A transaction that the caller
 * began and that nothing was sent in yet begins now, where the driver has reads begin one too: with SQLite's usual rule it does not. */
static cm_status begin_ours(cm_ctx *cx, cm_conn *conn, bool *ours) {
    cm_link *link = conn->link;
    if (conn->begun && link->driver->begin_reads(link->d)) return cm_conn__begin_due(cx, conn, CM_STMT_READ);
    if (conn->autocommit || link->driver->in_transaction(link->d)) return CM_OK;
    cm_status st = cm_link__claim(cx, link, conn);
    if (st) return st;
    cm__leave(cx);
    st = link->driver->begin(cx, link->d, "IMMEDIATE");
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, "BEGIN IMMEDIATE", 15);
    *ours = st == CM_OK;
    return st;
}

static cm_status end_ours(cm_ctx *cx, cm_conn *conn, cm_status st) {
    cm_link *link = conn->link;
    cm_status ended;
    cm__leave(cx);
    ended = st ? link->driver->rollback(cx, link->d) : link->driver->commit(cx, link->d);
    if (!st && ended) link->driver->error(cx, link->d, "COMMIT", 6);
    if (!st && ended) link->driver->rollback(cx, link->d);
    cm__enter(cx);
    conn->lost = false; /* the transaction that was given up was ours */
    cm_link__settle(cx, link);
    return st ? st : ended;
}

/* Leaves in tables[0..*n) those that there is something to do for. */
static cm_status keep_pending(cm_ctx *cx, cm_conn *conn, cm_table **tables, size_t *n, bool drop) {
    size_t kept = 0;
    cm_status st = CM_OK;
    for (size_t i = 0; i < *n && !st; i++) {
        bool exists = false;
        st = table_exists(cx, conn, tables[i], &exists);
        if (exists == drop) tables[kept++] = tables[i];
    }
    *n = kept;
    return st;
}

/* Foreign keys of tables that refer to each other in a circle, or say use_alter, come when all tables are there. */
static cm_status add_keys(cm_ctx *cx, cm_conn *conn, cm_table *table, bool all) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < table->nconstraints && !st; i++) {
        const cm_constraint_def *k = &table->constraints[i];
        cm_compiled *c = NULL;
        if (k->kind != CM_CON_FOREIGN_KEY || !(all || k->use_alter)) continue;
        st = cm_sql__ddl_add_key(cx, conn->engine->dialect, schemas_of(conn), table, i, &c);
        if (!st) st = run_ddl(cx, conn, c);
    }
    return st;
}

static bool is_altered(cm_table *const *tables, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < tables[i]->nconstraints; k++)
            if (tables[i]->constraints[k].use_alter) return true;
    return false;
}

static cm_status drop_together(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n) {
    const char *const *around = conn->engine->dialect->free_drop;
    cm_compiled *c = NULL;
    cm_status st = around ? cm_conn__run_text(cx, conn, around[0], strlen(around[0])) : CM_OK;
    if (st) return st;
    st = cm_sql__ddl_drop_tables(cx, conn->engine->dialect, schemas_of(conn), tables, n, &c);
    if (!st) st = run_ddl(cx, conn, c);
    cm_status after = around ? cm_conn__run_text(cx, conn, around[1], strlen(around[1])) : CM_OK;
    return st ? st : after;
}

typedef struct schema_job {
    cm_table *const *tables; /* sorted */
    size_t n;
    bool drop, checkfirst;
    bool circular; /* some of them refer to each other in a circle */
} schema_job;

static cm_status create_all(cm_ctx *cx, cm_conn *conn, const schema_job *j) {
    bool alter = (conn->engine->dialect->features & CM_F_ALTER_FK) != 0, bare = j->circular && alter;
    cm_status st = cm_enum__settle(cx, conn, j->tables, j->n, false);
    for (size_t i = 0; i < j->n && !st; i++) st = create_one(cx, conn, j->tables[i], j->checkfirst, bare);
    for (size_t i = 0; i < j->n && !st && alter; i++) st = add_keys(cx, conn, j->tables[i], bare);
    return st;
}

static cm_status drop_all(cm_ctx *cx, cm_conn *conn, const schema_job *j) {
    bool together = (conn->engine->dialect->features & CM_F_ALTER_FK) && (j->circular || is_altered(j->tables, j->n));
    cm_status st = together ? drop_together(cx, conn, j->tables, j->n) : CM_OK;
    for (size_t i = 0; i < j->n && !st && !together; i++) st = drop_one(cx, conn, j->tables[j->n - 1 - i], j->checkfirst);
    return st;
}

/* Tables are looked for again under the lock: another process may have been quicker. */
static cm_status run_sorted(cm_ctx *cx, cm_conn *conn, const schema_job *j) {
    bool ours = false;
    cm_status st = begin_ours(cx, conn, &ours);
    if (!st) st = j->drop ? drop_all(cx, conn, j) : create_all(cx, conn, j);
    return ours ? end_ours(cx, conn, st) : st;
}

static cm_status for_each(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool drop, bool checkfirst) {
    size_t in_cycles = 0;
    cm_status st = cm_conn__ready(cx, conn);
    if (st || n == 0) return st;
    cm_table **sorted = cm__alloc(cx, n * sizeof *sorted);
    if (!sorted) return CM_E_NOMEM;
    cm_link *link = conn->link;
    cm_link__lock(cx, link);
    st = cm_tables_sort(cx, tables, n, sorted, &in_cycles);
    if (!st && checkfirst) st = keep_pending(cx, conn, sorted, &n, drop);
    if (!st && n > 0) st = run_sorted(cx, conn, &(schema_job){sorted, n, drop, checkfirst, in_cycles > 0});
    cm_link__unlock(cx, link);
    cm__free(cx, sorted);
    return st;
}

cm_status cm_conn_create_tables(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool checkfirst) {
    return for_each(cx, conn, tables, n, false, checkfirst);
}

cm_status cm_conn_drop_tables(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool checkfirst) {
    return for_each(cx, conn, tables, n, true, checkfirst);
}
