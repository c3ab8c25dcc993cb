/* The orders that benchmarks/python/peers/climit.py gives to the suites, one per line:
 *     LETTER TABLE N COLUMN,COLUMN,...
 * and after it, for inserts, a line `kind<TAB>value` for each column after the fourth and N lines `level<TAB>text`; for small
 * queries (E) N lines `level offset`; for gets (F) N lines `key`. The answer: `seconds units rows`, then each row as a JSON array. */
#ifndef BENCH_ORDERS_H
#define BENCH_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

#define TIMES 10 /* D, G, H: so often over all levels */
#define LINE 4096
#define REST 64  /* columns after the fourth */

typedef struct row {
    char level[8], text[64];
} row;

typedef struct order {
    char letter, table[32], columns[1024];
    int n, ncolumns;
    int nrest;               /* values of the columns after the fourth, as text; NULL for NULL; kinds i d t n */
    char *rest[REST], kind[REST];
    row *rows;               /* A B C: n of them */
    int *numbers;            /* E: level, offset; F: key, 0 */
} order;

static const int levels[] = {10, 20, 30, 40, 50};

double now(void);                       /* seconds; of processor time where BENCH_CPU is set */
bool order_read(order *o);              /* the next one, or false at the end of input */
void order_free(order *o);
void answer(double seconds, size_t units, size_t rows); /* the first line of an answer */
void print_text(const char *p, int n);  /* as JSON */

#endif
