#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double now(void) {
    struct timespec t;
    clock_gettime(getenv("BENCH_CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *must(void *p) {
    if (p) return p;
    fputs("benchmarks/c: no memory\n", stderr);
    exit(1);
}

static bool line(char *into) {
    if (!fgets(into, LINE, stdin)) return false;
    into[strcspn(into, "\n")] = 0;
    return true;
}

static void read_rest(order *o) {
    char text[LINE];
    for (o->nrest = 0; o->nrest < o->ncolumns - 4 && o->nrest < REST && line(text); o->nrest++) {
        o->kind[o->nrest] = text[0];
        o->rest[o->nrest] = text[0] == 'n' ? NULL : must(strdup(text + 2));
    }
}

static void read_rows(order *o) {
    char text[LINE];
    o->rows = must(calloc((size_t)o->n + 1, sizeof *o->rows));
    for (int i = 0; i < o->n && line(text); i++) {
        char *tab = must(strchr(text, '\t'));
        *tab = 0;
        snprintf(o->rows[i].level, sizeof o->rows[i].level, "%.7s", text);
        snprintf(o->rows[i].text, sizeof o->rows[i].text, "%.63s", tab + 1);
    }
}

bool order_read(order *o) {
    char text[LINE];
    memset(o, 0, sizeof *o);
    if (!line(text)) return false;
    if (sscanf(text, "%c %31s %d %1023s", &o->letter, o->table, &o->n, o->columns) != 4) {
        fprintf(stderr, "benchmarks/c: no order: %s\n", text);
        exit(1);
    }
    for (const char *p = o->columns; p; p = strchr(p + 1, ',')) o->ncolumns++;
    if (strchr("ABC", o->letter)) {
        read_rest(o);
        read_rows(o);
    } else if (strchr("EF", o->letter)) {
        o->numbers = must(calloc((size_t)o->n * 2 + 1, sizeof *o->numbers));
        for (int i = 0; i < o->n && line(text); i++) sscanf(text, "%d %d", &o->numbers[i * 2], &o->numbers[i * 2 + 1]);
    }
    return true;
}

void order_free(order *o) {
    for (int i = 0; i < o->nrest; i++) free(o->rest[i]);
    free(o->rows);
    free(o->numbers);
}

void answer(double seconds, size_t units, size_t rows) { printf("%.9f %zu %zu\n", seconds, units, rows); }

void print_text(const char *p, int n) {
    putchar('"');
    for (int i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < 0x20) printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}
