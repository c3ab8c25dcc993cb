/* Many sets of one INSERT as statements of many rows, where each statement costs more than its rows do: on servers that take
 * arrays those of bulk.c, and with drivers that send nothing ahead these. Where somebody listens to cursors, an INSERT that answers no rows stays one statement with many sets.
 *
 *   INSERT INTO t (a, b) VALUES (?, ?) RETURNING id                         for each of n rows
 *   INSERT INTO t (a, b) VALUES (?, ?), (?, ?), ... x 64 RETURNING id       for 64 of them (fewer of wide ones), then 8, then one
 *
 * The maker of the flight sees no difference but in the numbers `row` gets: its `bind` is called for each row, `done` for each
 * statement. Whether a statement can be written so is seen by its parameters: with k rows it has k times as many, for all of
 * them stand in the row. Rows of a statement that was refused are tried one after the other, so that those before the one at
 * fault are written and the failure tells of that one alone; a statement that keeps them by itself (ON CONFLICT FAIL) is not. */
#include "engine/engine_int.h"

enum { MOST_ROWS = CM_SIZE(64, 4), SOME_ROWS = CM_SIZE(8, 2), MOST_PARAMS = 999 };

typedef struct batch {
    cm_flight *whole;
    size_t first, nrows; /* of the sets of the whole; of a statement */
    size_t fault;        /* set of the whole that the refused statement began with */
    bool kept;           /* the refused statement wrote some of its rows */
} batch;

static cm_status bind_rows(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, cm_arena *scratch) {
    const batch *b = f->user;
    cm_status st = CM_OK;
    for (size_t i = 0; i < b->nrows && !st; i++)
        st = b->whole->bind(cx, b->whole, b->first + set * b->nrows + i, values + i * b->whole->stmt->nparams, scratch);
    return st;
}

static cm_status hand_row(cm_ctx *cx, cm_flight *f, size_t set, cm_value *values, size_t n) {
    const batch *b = f->user;
    return b->whole->row(cx, b->whole, b->first + set * b->nrows, values, n);
}

static cm_status tell_columns(cm_ctx *cx, cm_flight *f, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt) {
    const batch *b = f->user;
    return b->whole->columns(cx, b->whole, n, name, stmt);
}

static cm_status tell_done(cm_ctx *cx, cm_flight *f, size_t set, int64_t rows, int64_t id) {
    const batch *b = f->user;
    return b->whole->done(cx, b->whole, b->first + set * b->nrows, rows, id);
}

static cm_status see_fault(cm_ctx *cx, cm_flight *f, size_t set, cm_status st) {
    batch *b = f->user;
    (void)cx;
    b->fault = b->first + set * b->nrows;
    b->kept = f->kept > 0;
    return st;
}

/* nsets statements of b->nrows rows. */
static cm_status fly(cm_ctx *cx, cm_conn *conn, batch *b, const cm_compiled *stmt, size_t nsets) {
    cm_flight *whole = b->whole;
    cm_flight flight = {.stmt = stmt,
                        .nsets = nsets,
                        .bind = bind_rows,
                        .row = whole->row ? hand_row : NULL,
                        .done = tell_done,
                        .over = see_fault,
                        .columns = whole->columns && b->first == 0 ? tell_columns : NULL,
                        .user = b,
                        .shown_as = whole->shown_as};
    return cm_conn__fly(cx, conn, &flight);
}

/* The statements of many rows among those that are left; *b moves behind them. */
static cm_status fly_many(cm_ctx *cx, cm_conn *conn, cm_node *stmt, const cm_plan_terms *terms, size_t nrows, batch *b) {
    const cm_flight *whole = b->whole;
    const size_t nsets = nrows > 1 ? (whole->nsets - b->first) / nrows : 0;
    if (!nsets || nrows * whole->stmt->nparams > MOST_PARAMS) return CM_OK;
    const cm_plan_terms many = {terms->names, terms->nnames, nrows, false};
    cm_keybuf key = {0};
    cm_plan *plan = NULL;
    cm_status st = cm_conn__plan(cx, conn, stmt, &key, &many, &plan);
    if (!st && plan->compiled->nparams == nrows * whole->stmt->nparams) {
        b->nrows = nrows;
        st = fly(cx, conn, b, plan->compiled, nsets);
        b->first = st ? b->fault : b->first + nsets * nrows;
    }
    cm_plan__release(cx, plan);
    cm_key__dispose(cx, &key);
    return st;
}

/* Every value is one of a row. */
static bool takes_rows(const cm_compiled *arrays, const cm_compiled *stmt) {
    bool takes = (arrays->flags & CM_C_ARRAYS) && arrays->nparams == stmt->nparams;
    for (size_t i = 0; takes && i < arrays->nparams; i++)
        takes = (arrays->params[i].source == CM_SRC_KEY || arrays->params[i].source == CM_SRC_DEFAULT) &&
                arrays->params[i].column == stmt->params[i].column;
    return takes;
}

/* On a server: the rows as arrays (bulk.c), where the statement can take them. */
static cm_status fly_arrays(cm_ctx *cx, cm_conn *conn, cm_node *stmt, const cm_plan_terms *terms, cm_flight *flight) {
    const cm_plan_terms arrays = {terms->names, terms->nnames, 0, true};
    cm_keybuf key = {0};
    cm_plan *plan = NULL;
    cm_status st = cm_conn__plan(cx, conn, stmt, &key, &arrays, &plan);
    if (!st && takes_rows(plan->compiled, flight->stmt)) {
        flight->bulk = plan->compiled;
        flight->loose = true;
    }
    if (!st) st = cm_conn__fly(cx, conn, flight);
    flight->bulk = NULL;
    cm_plan__release(cx, plan);
    cm_key__dispose(cx, &key);
    return st;
}

cm_status cm_conn__fly_rows(cm_ctx *cx, cm_conn *conn, cm_node *stmt, const cm_plan_terms *terms, cm_flight *flight) {
    const bool many = stmt->kind == CM_N_INSERT && flight->nsets >= SOME_ROWS && flight->stmt->nparams;
    if (many && cm_bulk__pays(conn, flight->nsets)) return fly_arrays(cx, conn, stmt, terms, flight);
    const bool fits = many && !conn->link->driver->send && (conn->engine->dialect->features & CM_F_MULTI_VALUES);
    const bool told = conn->engine->watch && !(flight->stmt->flags & CM_C_RETURNS_ROWS);
    if (!fits || told) return cm_conn__fly(cx, conn, flight);
    const size_t room = MOST_PARAMS / flight->stmt->nparams, sizes[] = {room < MOST_ROWS ? room : MOST_ROWS, SOME_ROWS};
    batch b = {.whole = flight, .nrows = 1};
    cm_status st = CM_OK;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !st; i++) st = fly_many(cx, conn, stmt, terms, sizes[i], &b);
    if (st == CM_E_INTEGRITY && !conn->lost && !b.kept) {
        cm_ctx_clear(cx);
        st = CM_OK;
    }
    b.nrows = 1;
    return st || b.first == flight->nsets ? st : fly(cx, conn, &b, flight->stmt, flight->nsets - b.first);
}
