/* Tables in order of their foreign keys: Kahn's algorithm, the lowest position first among those that are free, so that
 * the order is the given one wherever foreign keys leave a choice. */
#include "schema/schema.h"

#include <string.h>

typedef struct sorter {
    cm_table *const *tables;
    size_t n;
    cm_strmap by_name; /* "schema\0name" -> &waits[i] */
    char **names;      /* the keys of by_name */
    size_t *waits;     /* tables that must come first and have not */
    size_t *edges;     /* pairs (first, then) */
    size_t nedges, edges_cap;
    size_t *heap, nheap; /* free positions, smallest on top */
} sorter;

static cm_status add_name(cm_ctx *cx, sorter *s, size_t i) {
    const cm_table *t = s->tables[i];
    size_t ns = t->schema ? t->schema->n : 0, n = ns + 1 + t->name->n;
    char *key = cm__alloc(cx, n);
    if (!key) return CM_E_NOMEM;
    s->names[i] = key;
    if (ns) memcpy(key, cm_str_text(t->schema), ns);
    memcpy(key + ns + 1, cm_str_text(t->name), t->name->n);
    return cm_strmap__put(cx, &s->by_name, key, n, &s->waits[i]);
}

/* Position of the table a foreign key names, or n. */
static cm_status find_target(cm_ctx *cx, sorter *s, const cm_constraint_def *c, size_t *out) {
    size_t ns = c->ref_schema ? strlen(c->ref_schema) : 0, nt = strlen(c->ref_table);
    char *key = cm__alloc(cx, ns + 1 + nt);
    if (!key) return CM_E_NOMEM;
    if (ns) memcpy(key, c->ref_schema, ns);
    memcpy(key + ns + 1, c->ref_table, nt);
    size_t *found = cm_strmap__get(&s->by_name, key, ns + 1 + nt);
    cm__free(cx, key);
    *out = found ? (size_t)(found - s->waits) : s->n;
    return CM_OK;
}

static cm_status add_edges(cm_ctx *cx, sorter *s, size_t i) {
    const cm_table *t = s->tables[i];
    for (size_t k = 0; k < t->nconstraints; k++) {
        const cm_constraint_def *c = &t->constraints[k];
        size_t target;
        if (c->kind != CM_CON_FOREIGN_KEY || c->use_alter) continue;
        cm_status st = find_target(cx, s, c, &target);
        if (!st && (target == s->n || target == i)) continue;
        if (!st) st = cm__grow(cx, &s->edges, &s->edges_cap, s->nedges + 2, sizeof *s->edges);
        if (st) return st;
        s->edges[s->nedges++] = target;
        s->edges[s->nedges++] = i;
        s->waits[i]++;
    }
    return CM_OK;
}

static void heap_push(sorter *s, size_t v) {
    size_t i = s->nheap++;
    for (; i > 0 && s->heap[(i - 1) / 2] > v; i = (i - 1) / 2) s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = v;
}

static size_t heap_pop(sorter *s) {
    size_t top = s->heap[0], v = s->heap[--s->nheap], i = 0;
    for (size_t child = 1; child < s->nheap; child = 2 * i + 1) {
        if (child + 1 < s->nheap && s->heap[child + 1] < s->heap[child]) child++;
        if (s->heap[child] >= v) break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = v;
    return top;
}

static void run(sorter *s, cm_table **sorted, size_t *in_cycles) {
    size_t done = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!s->waits[i]) heap_push(s, i);
    while (s->nheap) {
        size_t i = heap_pop(s);
        sorted[done++] = s->tables[i];
        s->waits[i] = SIZE_MAX; /* placed */
        for (size_t e = 0; e < s->nedges; e += 2)
            if (s->edges[e] == i && --s->waits[s->edges[e + 1]] == 0) heap_push(s, s->edges[e + 1]);
    }
    *in_cycles = s->n - done;
    for (size_t i = 0; i < s->n; i++)
        if (s->waits[i] != SIZE_MAX) sorted[done++] = s->tables[i];
}

cm_status cm_tables_sort(cm_ctx *cx, cm_table *const *tables, size_t n, cm_table **sorted, size_t *in_cycles) {
    sorter s = {.tables = tables, .n = n};
    cm_status st = CM_E_NOMEM;
    s.names = cm__alloc(cx, n * sizeof *s.names);
    s.waits = cm__alloc(cx, n * sizeof *s.waits);
    s.heap = cm__alloc(cx, n * sizeof *s.heap);
    if (!s.names || !s.waits || !s.heap) goto done;
    st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) st = add_name(cx, &s, i);
    for (size_t i = 0; i < n && !st; i++) st = add_edges(cx, &s, i);
    if (!st) run(&s, sorted, in_cycles);
done:
    for (size_t i = 0; s.names && i < n; i++) cm__free(cx, s.names[i]);
    cm_strmap__dispose(cx, &s.by_name);
    cm__free(cx, s.names);
    cm__free(cx, s.waits);
    cm__free(cx, s.heap);
    cm__free(cx, s.edges);
    return st;
}
