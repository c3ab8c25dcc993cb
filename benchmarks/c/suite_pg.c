/* `suite_pg URL`: the eleven operations of benchmarks/python/peers on libpq alone. Orders: orders.h.
 * Prepared statements, binary results, and a pipeline wherever a program may send the next statement before it has an answer. */
#include "orders.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAMETERS (REST + 4)
#define AHEAD 256 /* statements in a pipeline between two looks at their answers */

static PGconn *db;
static double seconds;
static size_t units;
static char *kept; /* rows of the timed part: nothing is read in vain */
static size_t used, room;

static _Noreturn void die(const char *what) {
    fprintf(stderr, "benchmarks/c: %s: %s", what, PQerrorMessage(db));
    exit(1);
}

static void done(PGresult *r) {
    ExecStatusType st = PQresultStatus(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK && st != PGRES_PIPELINE_SYNC && st != PGRES_COPY_IN) die("a statement failed");
    PQclear(r);
}

static void prepare(const char *format, const char *a, const char *b, const char *c) {
    char sql[8192];
    snprintf(sql, sizeof sql, format, a, b, c);
    done(PQprepare(db, "s", sql, 0, NULL));
}

static void forget(void) { done(PQexec(db, "DEALLOCATE ALL")); }

/* Copies every value of a result. */
static size_t keep(PGresult *r) {
    int rows = PQntuples(r), columns = PQnfields(r);
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < columns; k++) {
            int n = PQgetlength(r, i, k);
            if (used + (size_t)n > room) {
                room = (used + (size_t)n) * 2;
                kept = realloc(kept, room);
                if (!kept) die("no memory");
            }
            memcpy(kept + used, PQgetvalue(r, i, k), (size_t)n);
            used += (size_t)n;
        }
    done(r);
    return (size_t)rows;
}

/* ---- writing */

/* Sends n statements of one kind, each with its parameters, and takes their answers in blocks. */
static void pipeline(int n, const char *const *(*values)(const order *, int), const order *o, int nparameters, bool begin) {
    if (begin) done(PQexec(db, "BEGIN"));
    if (!PQenterPipelineMode(db)) die("pipeline");
    for (int i = 0; i < n;) {
        int upto = i + AHEAD < n ? i + AHEAD : n, sent = upto - i;
        for (; i < upto; i++)
            if (!PQsendQueryPrepared(db, "s", nparameters, values(o, i), NULL, NULL, 0)) die("send");
        PQpipelineSync(db);
        for (int k = 0; k < sent; k++) {
            done(PQgetResult(db));
            PQgetResult(db);
        }
        done(PQgetResult(db));
    }
    PQexitPipelineMode(db);
    if (begin) done(PQexec(db, "COMMIT"));
}

static char stamp[32];
static void stamp_now(void) {
    time_t t = time(NULL);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", gmtime(&t));
}

static const char *const *new_row(const order *o, int i) {
    static const char *values[PARAMETERS];
    values[0] = stamp, values[1] = o->rows[i].level, values[2] = o->rows[i].text;
    for (int k = 0; k < o->nrest; k++) values[3 + k] = o->rest[k];
    return values;
}

static void copy_rows(const order *o) {
    char sql[2048];
    snprintf(sql, sizeof sql, "COPY %s (%s) FROM STDIN", o->table, strchr(o->columns, ',') + 1);
    done(PQexec(db, sql));
    for (int i = 0; i < o->n; i++) {
        const char *const *values = new_row(o, i);
        char text[LINE * 2];
        size_t at = 0;
        for (int k = 0; k < o->ncolumns - 1; k++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%c", values[k] ? values[k] : "\\N", k == o->ncolumns - 2 ? '\n' : '\t');
        if (PQputCopyData(db, text, (int)at) != 1) die("copy");
    }
    if (PQputCopyEnd(db, NULL) != 1) die("copy");
    done(PQgetResult(db));
    PQgetResult(db);
}

static void insert(const order *o) {
    char marks[REST * 5 + 32] = "$1";
    for (int i = 2; i < o->ncolumns; i++) sprintf(marks + strlen(marks), ",$%d", i);
    prepare("INSERT INTO %s (%s) VALUES (%s)", o->table, strchr(o->columns, ',') + 1, marks);
    double started = now();
    stamp_now();
    if (o->letter == 'A')
        for (int i = 0; i < o->n; i++) done(PQexecPrepared(db, "s", o->ncolumns - 1, new_row(o, i), NULL, NULL, 1));
    else if (o->letter == 'B') pipeline(o->n, new_row, o, o->ncolumns - 1, true);
    else copy_rows(o);
    seconds = now() - started, units = (size_t)o->n;
}

static PGresult *old;
static const char *const *changed_row(const order *o, int i) {
    static const char *values[3];
    static char level[16], text[128];
    values[0] = PQgetvalue(old, i, 0);
    snprintf(level, sizeof level, "%d", 60 - atoi(PQgetvalue(old, i, 1)));
    values[1] = level, values[2] = text;
    if (o->letter == 'I') snprintf(text, sizeof text, "%s Update", PQgetvalue(old, i, 2));
    return values;
}

static void change(const order *o) {
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT id, level, text FROM %s", o->table);
    old = PQexec(db, sql);
    if (o->letter == 'K') prepare("DELETE FROM %s WHERE id = $1%s%s", o->table, "", "");
    else prepare("UPDATE %s SET level = $2%s WHERE id = $1%s", o->table, o->letter == 'I' ? ", text = $3" : "", "");
    double started = now();
    pipeline(PQntuples(old), changed_row, o, o->letter == 'K' ? 1 : o->letter == 'I' ? 3 : 2, true);
    seconds = now() - started, units = (size_t)PQntuples(old);
    PQclear(old);
}

/* ---- reading */

/* One query; the timed ones are binary and kept, the one for the answer is text and printed by the caller. */
static PGresult *ask(int a, int b, int nparameters, int format) {
    char first[16], second[16];
    const char *values[2] = {first, second};
    snprintf(first, sizeof first, "%d", a);
    snprintf(second, sizeof second, "%d", b);
    return PQexecPrepared(db, "s", nparameters, values, NULL, NULL, format);
}

static void print(PGresult *r) {
    for (int i = 0; i < PQntuples(r); i++) {
        for (int k = 0; k < PQnfields(r); k++) {
            putchar(k ? ',' : '[');
            Oid type = PQftype(r, k);
            bool number = type == 20 || type == 21 || type == 23 || type == 701 || type == 1700;
            if (PQgetisnull(r, i, k)) fputs("null", stdout);
            else if (number) fputs(PQgetvalue(r, i, k), stdout);
            else print_text(PQgetvalue(r, i, k), PQgetlength(r, i, k));
        }
        puts("]");
    }
    done(r);
}

static void filter_large(const order *o) {
    prepare("SELECT %s FROM %s WHERE level = $1%s", o->columns, o->table, "");
    double started = now();
    units = 0;
    for (int k = 0; k < TIMES; k++) {
        used = 0;
        for (int i = 0; i < 5; i++) units += keep(ask(levels[i], 0, 1, 1));
    }
    seconds = now() - started;
    answer(seconds, units, units / TIMES);
    for (int i = 0; i < 5; i++) print(ask(levels[i], 0, 1, 0));
}

static void many(const order *o) {
    int nparameters = o->letter == 'E' ? 2 : 1;
    prepare("SELECT %s FROM %s WHERE %s", o->columns, o->table, o->letter == 'E' ? "level = $1 LIMIT 20 OFFSET $2" : "id = $1");
    double started = now();
    units = used = 0;
    for (int i = 0; i < o->n; i++) units += keep(ask(o->numbers[i * 2], o->numbers[i * 2 + 1], nparameters, 1));
    seconds = now() - started;
    answer(seconds, units, units);
    for (int i = 0; i < o->n; i++) print(ask(o->numbers[i * 2], o->numbers[i * 2 + 1], nparameters, 0));
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    db = PQconnectdb(argv[1]);
    if (PQstatus(db) != CONNECTION_OK) die("connect");
    order o;
    while (order_read(&o)) {
        bool writes = strchr("ABCIJK", o.letter) != NULL;
        if (strchr("ABC", o.letter)) insert(&o);
        else if (writes) change(&o);
        else if (strchr("EF", o.letter)) many(&o);
        else filter_large(&o);
        if (writes) answer(seconds, units, 0);
        fflush(stdout);
        forget();
        order_free(&o);
    }
    free(kept);
    PQfinish(db);
    return 0;
}
