/* `suite FILE`: the eleven operations of benchmarks/python/peers on the SQLite library alone.
 * Reads orders `LETTER TABLE N COLUMNS [...]` and their numbers from standard input (peers/climit.py writes them), answers
 * `seconds units rows` and the rows. New rows are given as JSON-free lines: level, then text; defaults come with the table. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMES 10
#define LINE 4096

typedef struct order {
    char letter, table[32], columns[1024], marks[512];
    int n;
} order;

static const int levels[] = {10, 20, 30, 40, 50};
static sqlite3 *db;
static store found;
static double seconds;
static size_t units;

static void line(char *into) {
    if (!fgets(into, LINE, stdin)) exit(0);
    into[strcspn(into, "\n")] = 0;
}

/* ---- writing: rows come as lines before the clock starts */

typedef struct row {
    int level;
    char text[64];
} row;

static row *read_rows(int n) {
    row *rows = calloc((size_t)n, sizeof *rows);
    char text[LINE];
    for (int i = 0; i < n; i++) {
        line(text);
        char *tab = strchr(text, '\t');
        if (!rows || !tab) die("rows", NULL);
        *tab = 0;
        rows[i].level = atoi(text);
        snprintf(rows[i].text, sizeof rows[i].text, "%s", tab + 1);
    }
    return rows;
}

/* The columns after the first four are given by lines `kind<TAB>value`, bound once: bindings outlive a reset. */
static void bind_rest(sqlite3_stmt *stmt, int from) {
    char text[LINE];
    for (int i = from; i <= sqlite3_bind_parameter_count(stmt); i++) {
        line(text);
        const char *value = text + 2;
        if (*text == 'i') sqlite3_bind_int64(stmt, i, atoll(value));
        else if (*text == 'd') sqlite3_bind_double(stmt, i, atof(value));
        else if (*text == 't') sqlite3_bind_text(stmt, i, value, -1, SQLITE_TRANSIENT);
        else sqlite3_bind_null(stmt, i);
    }
}

static void insert(const order *o) {
    sqlite3_stmt *stmt = prepare(db, "INSERT INTO %s (%s) VALUES (%s)", o->table, strchr(o->columns, ',') + 1, strchr(o->marks, ',') + 1);
    bind_rest(stmt, 4);
    row *rows = read_rows(o->n);
    double started = now();
    if (o->letter != 'A') run(db, "BEGIN");
    for (int i = 0; i < o->n; i++) {
        char stamp[32];
        time_t t = time(NULL);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S.000000", gmtime(&t));
        sqlite3_bind_text(stmt, 1, stamp, 26, SQLITE_STATIC);
        sqlite3_bind_int(stmt, 2, rows[i].level);
        sqlite3_bind_text(stmt, 3, rows[i].text, -1, SQLITE_STATIC);
        step_done(stmt);
    }
    if (o->letter != 'A') run(db, "COMMIT");
    seconds = now() - started, units = (size_t)o->n;
    sqlite3_finalize(stmt);
    free(rows);
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

/* ---- reading */

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

/* E: lines `level offset`; F: lines `key`. */
static void many(const order *o) {
    int pairs = o->letter == 'E', *asked = calloc((size_t)o->n * 2, sizeof *asked);
    char text[LINE];
    for (int i = 0; asked && i < o->n; i++) {
        line(text);
        sscanf(text, "%d %d", &asked[i * 2], &asked[i * 2 + 1]);
    }
    if (!asked) die("numbers", NULL);
    sqlite3_stmt *stmt = prepare(db, "SELECT %s FROM %s WHERE %s", o->columns, o->table, pairs ? "level = ?1 LIMIT 20 OFFSET ?2" : "id = ?1");
    double started = now();
    units = 0;
    for (int i = 0; i < o->n; i++) {
        sqlite3_bind_int(stmt, 1, asked[i * 2]);
        if (pairs) sqlite3_bind_int(stmt, 2, asked[i * 2 + 1]);
        units += store_rows(&found, stmt);
    }
    seconds = now() - started;
    sqlite3_finalize(stmt);
    free(asked);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    db = open_db(argv[1], NULL);
    char text[LINE];
    for (;;) {
        order o = {0};
        line(text);
        if (sscanf(text, "%c %31s %d %1023s", &o.letter, o.table, &o.n, o.columns) != 4) die("an order that is none", NULL);
        size_t at = 0;
        for (const char *p = o.columns; p; p = strchr(p + 1, ',')) at += (size_t)snprintf(o.marks + at, sizeof o.marks - at, "%s?", at ? "," : "");
        store_clear(&found);
        if (strchr("ABC", o.letter)) insert(&o);
        else if (strchr("IJK", o.letter)) change(&o);
        else if (strchr("EF", o.letter)) many(&o);
        else filter_large(&o);
        printf("%.9f %zu %zu\n", seconds, units, found.columns && found.n ? found.n / (size_t)found.columns : 0);
        store_print(&found);
        fflush(stdout);
    }
}
