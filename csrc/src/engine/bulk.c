/* Many sets of one statement as a few: flights whose statement has a form that takes arrays (cm_flight.bulk).
 *
 *   INSERT INTO t (a, b) VALUES ($1, $2) RETURNING id             for each of n rows
 *   INSERT INTO t (a, b) SELECT ... FROM unnest($1, $2) ...       for up to PART_SETS of them, PART_BYTES of values
 *
 * The maker of the flight sees no difference: its `bind`, `row` and `done` are called for each set, in their order. Rows are
 * sorted by the key that the database made for them, because an answer promises no order. Those of a loose flight (`loose`) are
 * handed on as they come.
 *
 * A server does not say which row of many it refused. Each part stands behind a savepoint: rows of a part that was refused are
 * tried one after the other from there, until the one at fault is known, if the maker asks for it (`over`). */
#include "engine/flight_int.h"

#include <stdlib.h>
#include <string.h>

enum { PART_SETS = CM_SIZE(4096, 5), PART_BYTES = 4 << 20 };

static const char save_sql[] = "SAVEPOINT cm_rows", release_sql[] = "RELEASE SAVEPOINT cm_rows",
                  back_sql[] = "ROLLBACK TO SAVEPOINT cm_rows";

typedef struct bulk { /* lives until its last part is over */
    cm_conn *conn;
    cm_flight *flight;
    size_t parts, fault; /* under way, and one for the sender; set that failed */
    cm_status st;
} bulk;

typedef struct part {
    cm_flight flight; /* of one set: the arrays */
    bulk *whole;
    size_t first, n;
    cm_value *arrays; /* nparams lists; until they are sent */
    cm_arena values;  /* what they point to */
    cm_arena answers;
    cm_value **rows; /* in answers */
    size_t nrows, ncolumns;
} part;

/* ---- gathering values */

static size_t size_of(const cm_value *v) { return 16 + (cm_value_is_slice(v) ? v->u.s.n : 0); }

static cm_status make_arrays(part *p, size_t nparams, size_t most) {
    p->arrays = cm_arena__alloc(&p->values, nparams * sizeof *p->arrays);
    cm_value *items = cm_arena__alloc(&p->values, nparams * most * sizeof *items);
    if (!p->arrays || !items) return CM_E_NOMEM;
    for (size_t i = 0; i < nparams; i++) {
        p->arrays[i].kind = CM_LIST;
        p->arrays[i].u.list.items = items + i * most;
    }
    return CM_OK;
}

/* Values of as many sets as a part may have; they stay where the flight's binder put them, or move to the part. */
static cm_status gather(cm_ctx *cx, part *p) {
    cm_flight *f = p->whole->flight;
    size_t nparams = f->stmt->nparams, left = f->nsets - p->first, most = left < PART_SETS ? left : PART_SETS, bytes = 0;
    cm_status st = make_arrays(p, nparams, most);
    cm_value *set = st ? NULL : cm_arena__alloc(&p->values, nparams * sizeof *set);
    if (!set) return cm__nomem(cx);
    while (!st && p->n < most && bytes < PART_BYTES) {
        st = f->bind(cx, f, p->first + p->n, set, &p->values);
        if (!st && p->values.failed) st = cm__nomem(cx);
        for (size_t i = 0; !st && i < nparams; i++) {
            bytes += size_of(&set[i]);
            p->arrays[i].u.list.items[p->n] = set[i];
        }
        p->n += !st;
    }
    for (size_t i = 0; i < nparams; i++) p->arrays[i].u.list.n = p->n;
    if (st) p->whole->fault = p->first + p->n;
    return st;
}

/* ---- who was at fault */

static cm_status drop_row(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, size_t n) {
    (void)cx, (void)flight, (void)set, (void)values, (void)n;
    return CM_OK;
}

typedef struct trial {
    const part *part;
    size_t set;
} trial;

static cm_status bind_trial(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, cm_arena *scratch) {
    const trial *t = flight->user;
    cm_flight *f = t->part->whole->flight;
    (void)set;
    return f->bind(cx, f, t->set, values, scratch);
}

/* Goes on from the savepoint in a context of its own, so that the failure told is the first one. */
static size_t find_fault(cm_ctx *cx, const part *p) {
    const bulk *whole = p->whole;
    cm_conn *conn = whole->conn;
    trial t = {p, p->first};
    cm_flight one = {.stmt = whole->flight->stmt, .nsets = 1, .bind = bind_trial, .row = drop_row, .user = &t};
    cm_ctx *own = NULL;
    bool landing = conn->landing;
    conn->landing = true; /* nothing is sent ahead meanwhile */
    cm_status st = conn->link->dead ? CM_E_CLOSED : cm_ctx_child(cx, &own);
    if (!st) st = cm_conn__run_text(own, conn, back_sql, sizeof back_sql - 1);
    if (st) t.set = p->first + p->n;
    for (; t.set < p->first + p->n; t.set++)
        if (cm_conn__fly(own, conn, &one)) break;
    conn->landing = landing;
    cm_ctx_free(own);
    return t.set < p->first + p->n ? t.set : SIZE_MAX;
}

/* ---- the flight of a part */

static cm_status bind_part(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, cm_arena *scratch) {
    const part *p = flight->user;
    (void)cx, (void)set, (void)scratch;
    memcpy(values, p->arrays, flight->stmt->nparams * sizeof *values);
    return CM_OK;
}

static cm_status keep_row(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, size_t n) {
    part *p = flight->user;
    (void)set;
    if (!p->rows) p->rows = cm_arena__alloc(&p->answers, p->n * sizeof *p->rows);
    cm_value *row = cm_arena__alloc(&p->answers, n * sizeof *row);
    if (!p->rows || !row) return cm__nomem(cx);
    memcpy(row, values, n * sizeof *row);
    for (size_t i = 0; i < n; i++)
        if (cm_value_keep(&p->answers, &row[i])) return cm__nomem(cx);
    if (p->nrows < p->n) p->rows[p->nrows] = row;
    p->nrows++;
    p->ncolumns = n;
    return CM_OK;
}

static int64_t key_of(const part *p, size_t row) { return p->rows[row][p->whole->flight->key_at].u.i; }

typedef struct keyed_row {
    int64_t key;
    cm_value *row;
} keyed_row;

static int by_key(const void *a, const void *b) {
    int64_t x = ((const keyed_row *)a)->key, y = ((const keyed_row *)b)->key;
    return x < y ? -1 : x > y;
}

static cm_status sort_rows(cm_ctx *cx, part *p) {
    bool sorted = true;
    for (size_t i = 1; i < p->nrows && sorted; i++) sorted = key_of(p, i - 1) < key_of(p, i);
    if (sorted) return CM_OK;
    keyed_row *keyed = cm_arena__alloc(&p->answers, p->nrows * sizeof *keyed);
    if (!keyed) return cm__nomem(cx);
    for (size_t i = 0; i < p->nrows; i++) keyed[i] = (keyed_row){key_of(p, i), p->rows[i]};
    qsort(keyed, p->nrows, sizeof *keyed, by_key);
    for (size_t i = 0; i < p->nrows; i++) p->rows[i] = keyed[i].row;
    return CM_OK;
}

static cm_status part_done(cm_ctx *cx, cm_flight *flight, size_t set, int64_t rows, int64_t id) {
    part *p = flight->user;
    cm_flight *f = p->whole->flight;
    bool answers = f->key_at >= 0;
    cm_status st = CM_OK;
    (void)set, (void)id;
    if ((answers ? (int64_t)p->nrows : rows) != (int64_t)p->n)
        return cm__fail(cx, CM_E_FLUSH, "an INSERT of %zu rows wrote %lld: a trigger or rule of the database may have kept the others",
                        p->n, (long long)(answers ? (int64_t)p->nrows : rows));
    if (answers) st = sort_rows(cx, p);
    for (size_t i = 0; !st && i < p->n; i++) {
        if (answers) st = f->row(cx, f, p->first + i, p->rows[i], p->ncolumns);
        if (!st && f->done) st = f->done(cx, f, p->first + i, 1, 0);
    }
    return st;
}

static cm_status hand_row(cm_ctx *cx, cm_flight *flight, size_t set, cm_value *values, size_t n) {
    const part *p = flight->user;
    cm_flight *f = p->whole->flight;
    (void)set;
    return f->row(cx, f, p->first, values, n);
}

static cm_status hand_done(cm_ctx *cx, cm_flight *flight, size_t set, int64_t rows, int64_t id) {
    const part *p = flight->user;
    cm_flight *f = p->whole->flight;
    (void)set;
    return f->done ? f->done(cx, f, p->first, rows, id) : CM_OK;
}

static cm_status tell_columns(cm_ctx *cx, cm_flight *flight, size_t n, const char *(*name)(cm_dstmt *, size_t), cm_dstmt *stmt) {
    const part *p = flight->user;
    cm_flight *f = p->whole->flight;
    return f->columns(cx, f, n, name, stmt);
}

static cm_status let_go(cm_ctx *cx, bulk *whole) {
    if (--whole->parts) return whole->st;
    cm_flight *f = whole->flight;
    cm_status st = f->over ? f->over(cx, f, whole->fault, whole->st) : whole->st;
    cm__free(cx, whole);
    return st;
}

static void part_free(cm_ctx *cx, part *p) {
    p->values.cx = p->answers.cx = cx;
    cm_arena__dispose(&p->values);
    cm_arena__dispose(&p->answers);
    cm__free(cx, p);
}

static cm_status part_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    part *p = flight->user;
    bulk *whole = p->whole;
    if ((st == CM_E_INTEGRITY || st == CM_E_DATA) && set == 0 && whole->fault == SIZE_MAX && whole->flight->over)
        whole->fault = find_fault(cx, p);
    if (st && !whole->st) whole->st = st;
    part_free(cx, p);
    return let_go(cx, whole);
}

/* ---- sending */

typedef struct command {
    cm_flight flight;
    cm_compiled text;
} command;

static cm_status command_over(cm_ctx *cx, cm_flight *flight, size_t set, cm_status st) {
    (void)set;
    cm__free(cx, flight->user);
    return st;
}

static cm_status send_command(cm_ctx *cx, cm_conn *conn, const char *sql, size_t n) {
    command *c = cm__alloc(cx, sizeof *c);
    if (!c) return CM_E_NOMEM;
    c->text = cm_conn__text(sql, n, 0);
    c->flight = (cm_flight){.stmt = &c->text, .nsets = 1, .over = command_over, .user = c, .key_at = -1};
    return cm_conn__may_depart(conn) ? cm_conn__send(cx, conn, &c->flight) : cm_conn__fly(cx, conn, &c->flight);
}

static cm_flight part_flight(part *p) {
    const cm_flight *f = p->whole->flight;
    cm_flight made = {.stmt = f->bulk, .nsets = 1, .bind = bind_part, .done = part_done, .over = part_over, .user = p, .key_at = -1};
    if (f->key_at >= 0) made.row = keep_row;
    if (f->loose) {
        made.row = f->row ? hand_row : NULL;
        made.done = hand_done;
        made.columns = f->columns && p->first == 0 ? tell_columns : NULL;
    }
    return made;
}

static cm_status send_part(cm_ctx *cx, cm_conn *conn, bulk *whole, size_t *first) {
    part *p = cm__alloc(cx, sizeof *p);
    if (!p) return CM_E_NOMEM;
    p->whole = whole;
    p->first = *first;
    cm_arena__init(&p->values, cx);
    cm_arena__init(&p->answers, cx);
    cm_status st = gather(cx, p);
    if (st) {
        part_free(cx, p);
        return st;
    }
    p->flight = part_flight(p);
    *first += p->n;
    const bool saved = whole->flight->over != NULL;
    if (saved) st = send_command(cx, conn, save_sql, sizeof save_sql - 1);
    if (st) {
        part_free(cx, p);
        return st;
    }
    whole->parts++;
    st = cm_conn__may_depart(conn) ? cm_conn__send(cx, conn, &p->flight) : cm_conn__fly(cx, conn, &p->flight);
    if (!st && conn->ahead) cm_arena__dispose(&p->values); /* sent: the driver has its own copy */
    return st || !saved ? st : send_command(cx, conn, release_sql, sizeof release_sql - 1);
}

bool cm_bulk__pays(const cm_conn *conn, size_t nsets) {
    return nsets >= CM_BULK_SETS && (conn->engine->dialect->features & CM_F_UNNEST) && cm_conn__may_depart(conn);
}

cm_status cm_bulk__send(cm_ctx *cx, cm_conn *conn, cm_flight *flight) {
    bulk *whole = cm__alloc(cx, sizeof *whole);
    cm_status st = whole ? CM_OK : CM_E_NOMEM;
    if (st) return flight->over ? flight->over(cx, flight, SIZE_MAX, st) : st;
    *whole = (bulk){.conn = conn, .flight = flight, .parts = 1, .fault = SIZE_MAX};
    for (size_t first = 0; !st && first < flight->nsets;) st = send_part(cx, conn, whole, &first);
    if (st && !whole->st) whole->st = st;
    if (st) cm_conn__scrap(cx, conn);
    return let_go(cx, whole);
}
