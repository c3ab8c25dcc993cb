/* bundle.c: bundles in the columns clause. Their columns are read side by side; here each run of values becomes one value,
 * made by the host, inner bundles first.
 *
 *   select(A.id, Bundle("p", A.x, A.y))     rows 1, 2, 3  ->  1, <host's value of 2, 3>
 */
#include "load/load.h"

#include <string.h>

bool cm_bundle__present(const cm_node *stmt) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    for (size_t i = 0; i < n; i++)
        if (items[i]->kind == CM_N_BUNDLE) return true;
    return false;
}

/* How many values an item of the columns clause has in a row. */
static size_t width(const cm_node *item) {
    size_t n = 0, total = 0;
    if (item->kind == CM_N_BUNDLE) {
        cm_node *const *parts = cm_node_segment(item, 0, &n);
        for (size_t i = 0; i < n; i++) total += width(parts[i]);
        return total;
    }
    if (item->kind == CM_N_ENTITY || !cm__kinds[item->kind].from || cm__kinds[item->kind].expression) return 1;
    if (item->kind == CM_N_JOIN) return width(item->u.k.kid[0]) + width(item->u.k.kid[1]);
    cm_node *element;
    while (cm_from_column(item, n, NULL, &element)) n++;
    return n;
}

/* Takes the values of a bundle from *at on; *out: a new reference. Released values are NULL afterwards. */
static cm_status fold(cm_ctx *cx, cm_node *bundle, void ***at, void **out) {
    const cm_host *host = cm__host(cx);
    size_t n = 0, filled = 0;
    cm_node *const *parts = cm_node_segment(bundle, 0, &n);
    void **values = cm__alloc(cx, (width(bundle) + 1) * sizeof *values);
    cm_status st = values ? CM_OK : CM_E_NOMEM;
    for (size_t i = 0; i < n && !st; i++) {
        if (parts[i]->kind == CM_N_BUNDLE) {
            st = fold(cx, parts[i], at, &values[filled]);
            filled += !st;
            continue;
        }
        for (size_t k = width(parts[i]); k > 0; k--, (*at)++) {
            values[filled++] = **at;
            **at = NULL; /* moved */
        }
    }
    if (!st && !host->bundle_value) st = cm__fail(cx, CM_E_UNSUPPORTED, "this host has no bundles");
    if (!st) st = host->bundle_value(cx, bundle, values, filled, out);
    for (size_t i = 0; i < filled; i++)
        if (values[i]) host->release(cx, values[i]);
    cm__free(cx, values);
    return st;
}

static cm_status fold_row(cm_ctx *cx, cm_node *const *items, size_t n, void **row, void **out) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        if (items[i]->kind == CM_N_BUNDLE) {
            void *value = NULL;
            st = fold(cx, items[i], &row, &value);
            if (!st) *out++ = value; /* what stood there was moved */
            continue;
        }
        for (size_t k = width(items[i]); k > 0; k--) {
            void *value = *row;
            *row++ = NULL;
            *out++ = value;
        }
    }
    return st;
}

/* Names of what is left: bundles have their own. */
static size_t name_outputs(cm_node *const *items, size_t n, cm_str *const *names, cm_str **out) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t w = width(items[i]);
        if (items[i]->kind == CM_N_BUNDLE) out[made++] = items[i]->u.n.name;
        else
            for (size_t k = 0; k < w; k++) out[made++] = names[k];
        names += w;
    }
    return made;
}

cm_status cm_bundle__fold_rows(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, size_t nrows, cm_objs *values) {
    size_t n = 0, done = 0, left = 0;
    cm_node *const *items = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; i < n; i++) left += items[i]->kind == CM_N_BUNDLE ? 1 : width(items[i]);
    for (size_t row = 0; row < nrows && !st; row++) {
        st = fold_row(cx, items, n, &values->v[row * p->noutputs], &values->v[done]);
        done += st ? 0 : left;
    }
    if (!st) values->n = done;
    return st;
}

cm_status cm_bundle__result(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, size_t nrows, cm_objs *values, cm_result **out) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    cm_str **names = cm__alloc(cx, (p->noutputs + 1) * sizeof *names);
    if (!names) return CM_E_NOMEM;
    cm_status st = cm_bundle__fold_rows(cx, stmt, p, nrows, values);
    if (!st) st = cm_result__from_values(cx, name_outputs(items, n, p->names, names), names, values, out);
    cm__free(cx, names);
    return st;
}

cm_status cm_bundle__named(cm_ctx *cx, const cm_node *stmt, const cm_row_plan *p, const cm_row_source *source, cm_result **out) {
    size_t n = 0;
    cm_node *const *items = cm_node_segment(stmt, CM_SEG_COLUMNS, &n);
    if (!cm_bundle__present(stmt)) return cm_result__from_source(cx, p->noutputs, p->names, source, out);
    cm_str **names = cm__alloc(cx, (p->noutputs + 1) * sizeof *names);
    if (!names) return CM_E_NOMEM;
    cm_status st = cm_result__from_source(cx, name_outputs(items, n, p->names, names), names, source, out);
    cm__free(cx, names);
    return st;
}
