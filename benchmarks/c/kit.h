/* What the SQLite programs of the benchmark share: rows kept in memory, statements that must succeed (the clock: orders.h).
 * They do with the database library alone what the scenarios ask for: the limit that no ORM can pass. */
#ifndef BENCH_KIT_H
#define BENCH_KIT_H

#include <sqlite3.h>
#include <stddef.h>

/* One value as SQLite gave it; text lies in the store's bytes. */
typedef struct cell {
    union {
        sqlite3_int64 i;
        double d;
        size_t at;
    } u;
    int type, n; /* SQLITE_INTEGER, ...; bytes of a text */
} cell;

/* Rows read by the timed part, so that nothing is read in vain and the answer can be compared. Owns its memory. */
typedef struct store {
    cell *cells;
    char *bytes;
    size_t n, cap, used, room;
    int columns;
} store;

_Noreturn void die(const char *what, sqlite3 *db);
sqlite3 *open_db(const char *path, const char *journal);      /* journal NULL: as the file says */
sqlite3_stmt *prepare(sqlite3 *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run(sqlite3 *db, const char *sql);
void step_done(sqlite3_stmt *stmt);                           /* steps a statement without rows, resets it */

void store_clear(store *s);
void store_free(store *s);
size_t store_rows(store *s, sqlite3_stmt *stmt);              /* steps to the end, keeping every column; answers how many rows */
void store_print(const store *s);                             /* each row a JSON array on a line */

#endif
