/* `suite FILE`: the eleven operations of benchmarks/python/peers on the SQLite library alone. Orders: orders.h. */
#include "kit.h"
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *db;
static store found;
static double seconds;
static size_t units;

/* Bound once: bindings outlive a reset. */
static void bind_rest(sqlite3_stmt *stmt, const order *o) {
    for (int i = 0; i < o->nrest; i++) {
        const char *value = o->rest[i];
        if (!value) sqlite3_bind_null(stmt, 4 + i);
        else if (o->kind[i] == 'i') sqlite3_bind_int64(stmt, 4 + i, atoll(value));
        else if (o->kind[i] == 'd') sqlite3_bind_double(stmt, 4 + i, atof(value));
        else sqlite3_bind_text(stmt, 4 + i, value, -1, SQLITE_STATIC);
    }
}

static void insert(const order *o) {
    char marks[REST * 2 + 16] = "?";
    for (int i = 2; i < o->ncolumns; i++) strcat(marks, ",?");
    sqlite3_stmt *stmt = prepare(db, "INSERT INTO %s (%s) VALUES (%s)", o->table, strchr(o->columns, ',') + 1, marks);
    bind_rest(stmt, o);
    double started = now();
    if (o->letter != 'A') run(db, "BEGIN");
    for (int i = 0; i < o->n; i++) {
        char stamp[32];
        time_t t = time(NULL);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S.000000", gmtime(&t));
        sqlite3_bind_text(stmt, 1, stamp, 26, SQLITE_STATIC);
        sqlite3_bind_int(stmt, 2, atoi(o->rows[i].level));
        sqlite3_bind_text(stmt, 3, o->rows[i].text, -1, SQLITE_STATIC);
        step_done(stmt);
    }
    if (o->letter != 'A') run(db, "COMMIT");
    seconds = now() - started, units = (size_t)o->n;
    sqlite3_finalize(stmt);
}

static void change(const order *o) {
    sqlite3_stmt *all = prepare(db, "SELECT id, level, text FROM %s", o->table), *stmt;
    store old = {0};
    size_t n = store_rows(&old, all);
    if (o->letter == 'K') stmt = prepare(db, "DELETE FROM %s WHERE id = ?1", o->table);
    else stmt = prepare(db, "UPDATE %s SET level = ?2%s WHERE id = ?1", o->table, o->letter == 'I' ? ", text = ?3" : "");
    double started = now();
    run(db, "BEGIN");
    for (size_t i = 0; i < n; i++) {
        const cell *c = &old.cells[i * 3];
        char text[128];
        sqlite3_bind_int64(stmt, 1, c[0].u.i);
        if (o->letter != 'K') sqlite3_bind_int64(stmt, 2, 60 - c[1].u.i);
        if (o->letter == 'I') {
            int len = snprintf(text, sizeof text, "%.*s Update", c[2].n, old.bytes + c[2].u.at);
            sqlite3_bind_text(stmt, 3, text, len, SQLITE_STATIC);
        }
        step_done(stmt);
    }
    run(db, "COMMIT");
    seconds = now() - started, units = n;
    sqlite3_finalize(all);
    sqlite3_finalize(stmt);
    store_free(&old);
}

static void filter_large(const order *o) {
    sqlite3_stmt *stmt = prepare(db, "SELECT %s FROM %s WHERE level = ?", o->columns, o->table);
    double started = now();
    units = 0;
    for (int k = 0; k < TIMES; k++) {
        store_clear(&found);
        for (int i = 0; i < 5; i++) {
            sqlite3_bind_int(stmt, 1, levels[i]);
            units += store_rows(&found, stmt);
        }
    }
    seconds = now() - started;
    sqlite3_finalize(stmt);
}

static void many(const order *o) {
    bool pairs = o->letter == 'E';
    sqlite3_stmt *stmt = prepare(db, "SELECT %s FROM %s WHERE %s", o->columns, o->table, pairs ? "level = ?1 LIMIT 20 OFFSET ?2" : "id = ?1");
    double started = now();
    units = 0;
    for (int i = 0; i < o->n; i++) {
        sqlite3_bind_int(stmt, 1, o->numbers[i * 2]);
        if (pairs) sqlite3_bind_int(stmt, 2, o->numbers[i * 2 + 1]);
        units += store_rows(&found, stmt);
    }
    seconds = now() - started;
    sqlite3_finalize(stmt);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    db = open_db(argv[1], NULL);
    order o;
    while (order_read(&o)) {
        store_clear(&found);
        if (strchr("ABC", o.letter)) insert(&o);
        else if (strchr("IJK", o.letter)) change(&o);
        else if (strchr("EF", o.letter)) many(&o);
        else filter_large(&o);
        answer(seconds, units, found.n ? found.n / (size_t)found.columns : 0);
        store_print(&found);
        fflush(stdout);
        order_free(&o);
    }
    store_free(&found);
    sqlite3_close(db);
    return 0;
}
