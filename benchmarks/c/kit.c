#include "kit.h"
#include "orders.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what, sqlite3 *db) {
    fprintf(stderr, "benchmarks/c: %s: %s\n", what, db ? sqlite3_errmsg(db) : "no memory");
    exit(1);
}

sqlite3 *open_db(const char *path, const char *journal) {
    sqlite3 *db;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)) die(path, db);
    sqlite3_busy_timeout(db, 5000);
    run(db, "PRAGMA cache_size = -32768"); /* what Cormorant sets */
    if (journal) sqlite3_finalize(prepare(db, "PRAGMA journal_mode = %s", journal));
    return db;
}

sqlite3_stmt *prepare(sqlite3 *db, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!sql) die("prepare", NULL);
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL)) die(sql, db);
    sqlite3_free(sql);
    return stmt;
}

void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL)) die(sql, db);
}

void step_done(sqlite3_stmt *stmt) {
    if (sqlite3_step(stmt) != SQLITE_DONE) die(sqlite3_sql(stmt), sqlite3_db_handle(stmt));
    sqlite3_reset(stmt);
}

void store_clear(store *s) { s->n = s->used = 0; }

void store_free(store *s) {
    free(s->cells);
    free(s->bytes);
    memset(s, 0, sizeof *s);
}

static void *grown(void *p, size_t *cap, size_t need, size_t item) {
    size_t want = *cap ? *cap : 4096;
    while (want < need) want *= 2;
    p = realloc(p, want * item);
    if (!p) die("rows", NULL);
    *cap = want;
    return p;
}

static void keep(store *s, sqlite3_stmt *stmt, int column) {
    cell *c = &s->cells[s->n++];
    c->type = sqlite3_column_type(stmt, column);
    if (c->type == SQLITE_INTEGER) c->u.i = sqlite3_column_int64(stmt, column);
    else if (c->type == SQLITE_FLOAT) c->u.d = sqlite3_column_double(stmt, column);
    else if (c->type != SQLITE_NULL) {
        const void *text = sqlite3_column_text(stmt, column);
        c->n = sqlite3_column_bytes(stmt, column);
        if (s->used + (size_t)c->n > s->room) s->bytes = grown(s->bytes, &s->room, s->used + (size_t)c->n, 1);
        memcpy(s->bytes + s->used, text, (size_t)c->n);
        c->u.at = s->used;
        s->used += (size_t)c->n;
    }
}

size_t store_rows(store *s, sqlite3_stmt *stmt) {
    size_t rows = 0;
    int st, columns = s->columns = sqlite3_column_count(stmt);
    while ((st = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (s->n + (size_t)columns > s->cap) s->cells = grown(s->cells, &s->cap, s->n + (size_t)columns, sizeof *s->cells);
        for (int i = 0; i < columns; i++) keep(s, stmt, i);
        rows++;
    }
    if (st != SQLITE_DONE) die(sqlite3_sql(stmt), sqlite3_db_handle(stmt));
    sqlite3_reset(stmt);
    return rows;
}

void store_print(const store *s) {
    for (size_t i = 0; i < s->n; i++) {
        const cell *c = &s->cells[i];
        putchar(i % (size_t)s->columns ? ',' : '[');
        if (c->type == SQLITE_INTEGER) printf("%lld", (long long)c->u.i);
        else if (c->type == SQLITE_FLOAT) printf("%.17g", c->u.d);
        else if (c->type == SQLITE_NULL) fputs("null", stdout);
        else print_text(s->bytes + c->u.at, c->n);
        if ((i + 1) % (size_t)s->columns == 0) puts("]");
    }
}
