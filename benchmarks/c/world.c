/* `world FILE SCENARIO [ARGUMENTS]`: scenarios of benchmarks/python/everyday on the SQLite library alone, run twice, the second time counts.
 * Prints `seconds units answer`; the answer is JSON and the same that the other contenders give. */
#include "kit.h"
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM "id, name, email, price, created"
#define N 10000

static sqlite3 *db;
static store found;
static double seconds;
static size_t units;
static char result[256];

static const cell *last_cell(int column) { return &found.cells[found.n - (size_t)(found.columns - column)]; }

static void answer_count_and_first(size_t n) { snprintf(result, sizeof result, "[%zu, %lld]", n, (long long)last_cell(0)->u.i); }

/* A float as Python's JSON writes it. */
static const char *number(double d) {
    static char text[40];
    snprintf(text, sizeof text, "%.17g", d);
    if (!strpbrk(text, ".e")) strcat(text, ".0");
    return text;
}

static double one_number(const char *sql) {
    sqlite3_stmt *stmt = prepare(db, "%s", sql);
    if (sqlite3_step(stmt) != SQLITE_ROW) die(sql, db);
    double d = sqlite3_column_double(stmt, 0);
    sqlite3_finalize(stmt);
    return d;
}

/* ---- reading */

/* Rows of a table; typed ones are decoded to nothing more than their columns. */
static void load(const char *table, int n, int repeat) {
    sqlite3_stmt *stmt = prepare(db, "SELECT %s FROM %s LIMIT %d", strcmp(table, "wide") && strcmp(table, "typed") ? ITEM : "*", table, n);
    double started = now();
    size_t rows = 0;
    for (int i = 0; i < repeat; i++) {
        store_clear(&found);
        rows = store_rows(&found, stmt);
    }
    seconds = now() - started, units = rows * (size_t)repeat;
    answer_count_and_first(rows);
    sqlite3_finalize(stmt);
}

static void columns(const char *which) {
    sqlite3_stmt *stmt = prepare(db, "SELECT %s FROM item", which);
    store_clear(&found);
    double started = now();
    units = store_rows(&found, stmt);
    seconds = now() - started;
    if (last_cell(0)->type == SQLITE_INTEGER) answer_count_and_first(units);
    else snprintf(result, sizeof result, "[%zu, \"%.*s\"]", units, last_cell(0)->n, found.bytes + last_cell(0)->u.at);
    sqlite3_finalize(stmt);
}

static void get(int in_transaction) {
    sqlite3_stmt *stmt = prepare(db, "SELECT " ITEM " FROM item WHERE id = ?");
    store_clear(&found);
    if (in_transaction) run(db, "BEGIN; UPDATE tag SET name = 'x' WHERE id = -1");
    double started = now();
    for (int i = 1; i <= 1000; i++) {
        sqlite3_bind_int(stmt, 1, i * 37 % 9000 + 1);
        store_rows(&found, stmt);
    }
    seconds = now() - started, units = 1000;
    if (in_transaction) run(db, "ROLLBACK");
    snprintf(result, sizeof result, "\"%.*s\"", last_cell(1)->n, found.bytes + last_cell(1)->u.at);
    sqlite3_finalize(stmt);
}

/* ---- relations: parents, then their children, joined to their parents by position */

static void answer_children(size_t children) { snprintf(result, sizeof result, "[%zu, %lld]", children, (long long)last_cell(0)->u.i); }

static void selectinload(void) {
    sqlite3_stmt *parents = prepare(db, "SELECT id, name FROM parent ORDER BY id");
    char in[500 * 2 + 1] = "?";
    for (int i = 1; i < 500; i++) strcat(in, ",?");
    sqlite3_stmt *children = prepare(db, "SELECT id, parent_id, text FROM child WHERE parent_id IN (%s)", in);
    store all = {0};
    store_clear(&found);
    double started = now();
    size_t n = store_rows(&all, parents), rows = 0;
    for (size_t i = 0; i < n; i += 500) {
        for (size_t k = 0; k < 500; k++) sqlite3_bind_int64(children, (int)k + 1, i + k < n ? all.cells[(i + k) * 2].u.i : -1);
        rows += store_rows(&found, children);
    }
    seconds = now() - started, units = n + rows;
    answer_children(rows);
    sqlite3_finalize(parents);
    sqlite3_finalize(children);
    store_free(&all);
}

static void joinedload(void) {
    sqlite3_stmt *stmt = prepare(db, "SELECT c.id, c.parent_id, c.text, p.id, p.name FROM parent p LEFT JOIN child c ON c.parent_id = p.id ORDER BY p.id");
    store_clear(&found);
    double started = now();
    size_t rows = store_rows(&found, stmt), parents = 0;
    sqlite3_int64 id = -1;
    for (size_t i = 0; i < rows; i++) {
        parents += found.cells[i * 5 + 3].u.i != id;
        id = found.cells[i * 5 + 3].u.i;
    }
    seconds = now() - started, units = rows + parents;
    answer_children(rows);
    sqlite3_finalize(stmt);
}

static void lazy(int in_transaction) {
    sqlite3_stmt *parents = prepare(db, "SELECT id, name FROM parent LIMIT 300"), *children = prepare(db, "SELECT id, parent_id, text FROM child WHERE parent_id = ?");
    store all = {0};
    if (in_transaction) run(db, "BEGIN; UPDATE tag SET name = 'x' WHERE id = -1");
    size_t n = store_rows(&all, parents), rows = 0;
    store_clear(&found);
    double started = now();
    for (size_t i = 0; i < n; i++) {
        sqlite3_bind_int64(children, 1, all.cells[i * 2].u.i);
        rows += store_rows(&found, children);
    }
    seconds = now() - started, units = n;
    if (in_transaction) run(db, "ROLLBACK");
    snprintf(result, sizeof result, "%zu", rows);
    sqlite3_finalize(parents);
    sqlite3_finalize(children);
    store_free(&all);
}

/* ---- writing */

static int text_of(char *into, size_t room, const char *format, int i) { return snprintf(into, room, format, i); }

static void insert_rows(int with_key) {
    sqlite3_stmt *stmt = prepare(db, "INSERT INTO item (name, email, price, created%s) VALUES (?, ?, ?, ?%s)", with_key ? ", id" : "", with_key ? ", ?" : "");
    for (int i = 1; i <= N; i++) {
        char name[40], email[40], created[64];
        sqlite3_bind_text(stmt, 1, name, text_of(name, sizeof name, "name %d", i), SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, email, text_of(email, sizeof email, "user%d@example.com", i), SQLITE_STATIC);
        sqlite3_bind_double(stmt, 3, i * 0.25);
        int n = snprintf(created, sizeof created, "2024-01-01 %02d:%02d:%02d.000000", i / 3600, i / 60 % 60, i % 60);
        sqlite3_bind_text(stmt, 4, created, n, SQLITE_STATIC);
        if (with_key) sqlite3_bind_int(stmt, 5, i);
        step_done(stmt);
    }
    sqlite3_finalize(stmt);
}

static void insert(void) {
    double started = now();
    run(db, "BEGIN");
    insert_rows(0);
    run(db, "COMMIT");
    seconds = now() - started, units = N;
    double n = one_number("SELECT count(*) FROM item");
    snprintf(result, sizeof result, "[%.0f, %s]", n, number(one_number("SELECT sum(price) FROM item")));
}

static void change(const char *sql, int price) {
    run(db, "BEGIN; DELETE FROM item");
    insert_rows(1);
    run(db, "COMMIT");
    sqlite3_stmt *stmt = prepare(db, "%s", sql);
    double started = now();
    run(db, "BEGIN");
    for (int i = 1; i <= N; i++) {
        sqlite3_bind_int(stmt, 1, i);
        if (price) sqlite3_bind_double(stmt, 2, i * 0.25 + 1);
        step_done(stmt);
    }
    run(db, "COMMIT");
    seconds = now() - started, units = N;
    sqlite3_finalize(stmt);
    snprintf(result, sizeof result, "%s", price ? number(one_number("SELECT sum(price) FROM item")) : "0");
}

static int once(int argc, char **argv) {
    const char *what = argv[2];
    int argument = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(what, "load") == 0 && argc == 6) load(argv[3], atoi(argv[4]), atoi(argv[5]));
    else if (strcmp(what, "tuples") == 0) columns("id, name, email, price");
    else if (strcmp(what, "scalars") == 0) columns("name");
    else if (strcmp(what, "get") == 0) get(argument);
    else if (strcmp(what, "selectinload") == 0) selectinload();
    else if (strcmp(what, "joinedload") == 0) joinedload();
    else if (strcmp(what, "lazy") == 0) lazy(argument);
    else if (strcmp(what, "insert") == 0) insert();
    else if (strcmp(what, "update") == 0) change("UPDATE item SET price = ?2 WHERE id = ?1", 1);
    else if (strcmp(what, "delete") == 0) change("DELETE FROM item WHERE id = ?1", 0);
    else return 0;
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    db = open_db(argv[1], NULL);
    if (strcmp(argv[1], ":memory:") == 0)
        run(db, "CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR(80), email VARCHAR(120), price FLOAT, created DATETIME, PRIMARY KEY (id))");
    for (int i = 0; i < 2; i++)
        if (!once(argc, argv)) {
            fprintf(stderr, "benchmarks/c: no scenario %s\n", argv[2]);
            return 2;
        }
    printf("%.9f %zu %s\n", seconds, units, result);
    store_free(&found);
    sqlite3_close(db);
    return 0;
}
