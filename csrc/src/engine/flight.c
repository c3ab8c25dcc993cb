/* Flights: the only place where statements run.
 *
 * For each set of values: bind, step, hand out rows, report, reset. What may block runs with the host left: preparing,
 * BEGIN, and the first step of a flight (every first step of a set where each statement commits by itself). The other steps
 * run with the host held, for leaving costs more than a row does; every CLOCK_ROWS of them the clock is read, and after
 * SLICE_US the host's lock is offered to others. A single long step is the driver's business.
 *
 * A failure leaves the connection as the database has it: the statement reset, the transaction state read back. */
#include "engine/flight_int.h"

#include <string.h>

enum { CLOCK_ROWS = 64, SLICE_US = 5000 };

/* ---- start and end */

cm_status cm_run__check_count(const cm_run *r) {
    size_t wanted = r->link->driver->nparams(r->stmt->d), given = r->flight->stmt->nparams;
    if (wanted == given) return CM_OK;
    cm_status st =
        cm__fail(r->cx, CM_E_PROGRAMMING,
                 "Incorrect number of bindings supplied. The current statement uses %zu, and there are %zu supplied.", wanted, given);
    cm__fail_sql(r->cx, r->flight->stmt->sql, r->flight->stmt->nsql);
    return st;
}

void cm_run__init(cm_ctx *cx, cm_run *r, cm_conn *conn, cm_flight *flight) {
    memset(r, 0, offsetof(cm_run, small));
    r->cx = cx;
    r->conn = conn;
    r->link = conn->link;
    r->flight = flight;
    r->changed = -1;
    r->fault = SIZE_MAX;
}

cm_status cm_run__start(cm_run *r) {
    const cm_compiled *c = r->flight->stmt;
    cm_arena__init(&r->scratch, r->cx);
    cm_status st = cm_stmt__get(r->cx, r->link, c, r->ahead, &r->stmt);
    if (!st) st = cm_run__check_count(r);
    if (st) return st;
    r->nvalues = c->nparams;
    r->values = r->small;
    if (r->nvalues > CM_SMALL_VALUES) r->values = cm__alloc(r->cx, r->nvalues * sizeof *r->values);
    return r->values ? CM_OK : CM_E_NOMEM;
}

/* Room for a row; the number of columns is known after the first step only, which may have prepared the text again. */
static cm_status make_row(cm_run *r) {
    size_t n = r->link->driver->ncolumns(r->stmt->d), used = r->values == r->small ? r->nvalues : 0;
    if (r->raw && n <= r->nraw) return CM_OK;
    if (r->raw && (r->raw < r->small || r->raw >= r->small + CM_SMALL_VALUES)) cm__free(r->cx, r->raw);
    r->nraw = n;
    r->raw = used + n <= CM_SMALL_VALUES ? r->small + used : cm__alloc(r->cx, n * sizeof *r->raw);
    return r->raw ? CM_OK : CM_E_NOMEM;
}

void cm_run__finish(cm_run *r) {
    cm_stmt__give(r->cx, r->link, r->stmt);
    for (size_t i = 0; i < r->changed_to.n; i++) cm__host(r->cx)->release(r->cx, r->changed_to.v[i]);
    cm_objs_free(r->cx, &r->changed_to);
    if (r->kept) cm_arena__dispose(&r->sets);
    else if (r->values != r->small) cm__free(r->cx, r->values);
    if (r->raw < r->small || r->raw >= r->small + CM_SMALL_VALUES) cm__free(r->cx, r->raw);
    cm_arena__dispose(&r->scratch);
}

/* Copies the driver's failure, with the statement. */
cm_status cm_run__driver_failed(cm_run *r, cm_status st) {
    r->link->driver->error(r->cx, r->link->d, r->flight->stmt->sql, r->flight->stmt->nsql);
    cm__fail(r->cx, st, "%s", cm_status_text(st)); /* when the driver had nothing to say */
    if (r->cx->err.disconnected) cm_link__lost(r->cx, r->conn->engine, r->link);
    if (st == CM_E_INTEGRITY && r->stmt) r->flight->kept = r->link->driver->changes(r->stmt->d);
    return st;
}

/* A value that the driver refuses: whose it was to be. */
static void bind_failed(cm_run *r, size_t i, cm_status st) {
    const cm_param *p = r->flight->stmt->params ? &r->flight->stmt->params[i] : NULL;
    cm_run__driver_failed(r, st);
    if (p && p->column && p->column->table)
        cm__fail_subject(r->cx, "%s.%s", cm_str_text(p->column->table->name), cm_str_text(p->column->name));
    else if (p && p->name) cm__fail_subject(r->cx, "%s", cm_str_text(p->name));
}

cm_status cm_run__give_values(cm_run *r) {
    const cm_compiled *c = r->flight->stmt;
    cm_status st = CM_OK;
    for (size_t i = 0; i < r->nvalues && !st; i++) {
        st = r->link->driver->bind(r->cx, r->stmt->d, i, &r->values[i], c->params ? c->params[i].type : NULL);
        if (st) bind_failed(r, i, st);
    }
    return st;
}

/* ---- steps */

cm_status cm_run__bind(cm_run *r, size_t set) {
    const cm_flight *f = r->flight;
    const cm_driver *driver = r->link->driver;
    if (r->nvalues == 0) return CM_OK;
    if (r->kept) {
        r->values = r->kept + set * r->nvalues;
        return cm_run__give_values(r);
    }
    if (r->scratch.page) cm_arena__reset(&r->scratch);
    const char *outer = cm_ctx_set_driver(r->cx, driver->name);
    cm_status st = f->bind ? f->bind(r->cx, r->flight, set, r->values, &r->scratch)
                           : cm__fail(r->cx, CM_E_MISUSE, "the statement has values and nobody to give them");
    cm_ctx_set_driver(r->cx, outer);
    if (!st && r->scratch.failed) st = cm__nomem(r->cx);
    if (!st && r->conn->closed) st = cm__fail(r->cx, CM_E_CLOSED, "This Connection is closed"); /* by a type that made a value */
    return st ? st : cm_run__give_values(r);
}

/* BEGIN where it is due, and the first step. Answers a cm_step; 0: failed. */
static int first_step(cm_run *r, size_t set, cm_status *st) {
    const cm_driver *driver = r->link->driver;
    cm_conn *conn = r->conn;
    cm_stmt_kind kind = (cm_stmt_kind)r->stmt->kind;
    bool leave = driver->blocking && (set == 0 || (driver->network && !r->ahead) || (kind != CM_STMT_READ && !r->in_transaction));
    int step = 0;
    if (leave) cm__leave(r->cx);
    *st = cm_conn__begin_due(r->cx, conn, kind);
    bool begun = *st == CM_OK;
    if (begun) {
        r->in_transaction = driver->in_transaction(r->link->d);
        step = driver->step(r->cx, r->stmt->d, st);
    }
    if (leave) cm__enter(r->cx);
    if (begun && step == 0) cm_run__driver_failed(r, *st);
    return step;
}

/* Lets others have the host's lock when this slice is over, and looks for signals. */
cm_status cm_run__tick(cm_run *r) {
    if (++r->ticks < CLOCK_ROWS) return CM_OK;
    int64_t now = cm__now_us(r->cx);
    r->ticks = 0;
    if (!r->slice_us) r->slice_us = now;
    if (now - r->slice_us < SLICE_US) return CM_OK;
    cm__leave(r->cx);
    cm__enter(r->cx);
    r->slice_us = cm__now_us(r->cx);
    return cm__host(r->cx)->check(r->cx);
}

static cm_status next_step(cm_run *r, int *step) {
    cm_status st = cm_run__tick(r);
    if (st) return st;
    *step = r->link->driver->step(r->cx, r->stmt->d, &st);
    return *step ? CM_OK : cm_run__driver_failed(r, st);
}

static cm_status run_rows(cm_run *r, size_t set, int step) {
    cm_flight *f = r->flight;
    const cm_driver *driver = r->link->driver;
    if (step != CM_STEP_ROW) return CM_OK;
    cm_status st = f->row ? make_row(r) : cm__fail(r->cx, CM_E_MISUSE, "a statement answered rows where none were expected");
    if (st) return st;
    size_t n = driver->ncolumns(r->stmt->d);
    while (!st && step == CM_STEP_ROW) {
        driver->row(r->stmt->d, 0, n, r->raw);
        st = f->row(r->cx, f, set, r->raw, n);
        if (!st) st = next_step(r, &step);
    }
    return st;
}

/* The values of a set are in place: runs it. */
cm_status cm_run__bound(cm_run *r, size_t set) {
    const cm_driver *driver = r->link->driver;
    cm_flight *f = r->flight;
    cm_status st = CM_OK;
    int step = first_step(r, set, &st);
    if (!st && set == 0 && f->columns) st = f->columns(r->cx, f, driver->ncolumns(r->stmt->d), driver->column_name, r->stmt->d);
    if (!st) st = run_rows(r, set, step);
    if (st) return st;
    int64_t changes = driver->changes(r->stmt->d);
    r->changed = changes < 0 ? changes : (r->changed > 0 ? r->changed : 0) + changes;
    if (f->done) st = f->done(r->cx, f, set, changes, driver->last_insert_id(r->link->d));
    driver->reset(r->stmt->d, set + 1 < f->nsets || r->stmt->users > 1);
    return st;
}

static cm_status run_set(cm_run *r, size_t set) {
    cm_status st = set == 0 ? cm_run__show(r) : CM_OK;
    if (!st) st = cm_run__bind(r, set);
    if (!st && set == 0) st = cm_run__announce(r);
    if (!st && set > 0) st = cm_run__tick(r);
    return st ? st : cm_run__bound(r, set);
}

/* Transaction state after a statement, as the database has it. */
void cm_run__read_back(cm_run *r, cm_status st) {
    cm_conn *conn = r->conn;
    cm_link *link = r->link;
    bool now = link->driver->in_transaction(link->d);
    if (st && r->in_transaction && !now && conn->begun && !conn->autocommit) conn->lost = true;
    if (!link->lock) return;
    if (now && !link->writer) { /* a BEGIN written by hand */
        link->writer = conn;
        link->writer_thread = link->owner;
        conn->tx = link->tx;
    }
    cm_link__settle(r->cx, link);
}

cm_status cm_run__sets(cm_run *r, size_t *set) {
    cm_status st = CM_OK;
    for (*set = 0; !st && *set < r->flight->nsets;) {
        st = run_set(r, *set);
        *set += !st;
    }
    return st;
}

cm_status cm_run__over(cm_run *r, size_t set, cm_status st) {
    if ((r->watched || st) && st != CM_E_HOST) { /* a statement that could not be prepared was not announced */
        cm_status told = cm_run__tell(r, true, st);
        if (!st || told == CM_E_HOST) st = told; /* who was told of a failure may put another in its place */
    }
    cm_run__finish(r);
    cm_run__read_back(r, st);
    return r->flight->over ? r->flight->over(r->cx, r->flight, set, st) : st;
}

static cm_status run_here(cm_ctx *cx, cm_conn *conn, cm_flight *flight) {
    cm_run r;
    size_t set = 0;
    cm_run__init(cx, &r, conn, flight);
    cm_link__lock(cx, r.link);
    cm_status st = cm_run__start(&r);
    if (!st) st = cm_run__sets(&r, &set);
    st = cm_run__over(&r, set, st);
    cm_link__unlock(cx, r.link);
    return st;
}

cm_status cm_conn__fly(cm_ctx *cx, cm_conn *conn, cm_flight *flight) {
    cm_status st = flight->nsets ? cm_conn__ready(cx, conn) : CM_OK;
    if (st || !flight->nsets) return flight->over ? flight->over(cx, flight, 0, st) : st;
    cm_conn__enter(conn);
    if (flight->nsets == 1 || !cm_conn__may_depart(conn)) st = run_here(cx, conn, flight);
    else if (!(st = cm_conn__send(cx, conn, flight))) st = cm_conn__land(cx, conn);
    cm_conn__leave(cx, conn);
    return st;
}

/* ---- cursors: the same, pulled */

struct cm_cursor {
    cm_run run;
    cm_flight flight;
    cm_arena own; /* the row handed out last: what is called to decode it may end the connection */
    int step;     /* of the row not handed out yet; CM_STEP_DONE at the end */
    bool open;
    cm_cursor *next; /* in the connection's list */
};

static void finish_cursor(cm_ctx *cx, cm_cursor *c, cm_status st) {
    cm_link__lock(cx, c->run.link);
    if (c->run.stmt) c->run.changed = c->run.link->driver->changes(c->run.stmt->d);
    if (c->run.watched && st != CM_E_HOST) cm_run__tell(&c->run, true, st);
    cm_run__finish(&c->run);
    cm_run__read_back(&c->run, st);
    cm_link__unlock(cx, c->run.link);
}

static void shut(cm_ctx *cx, cm_cursor *c, cm_status st) {
    if (!c->open) return;
    c->open = false;
    c->run.cx = cx;
    c->run.scratch.cx = cx;
    if (!cm_link__foreign(c->run.link)) finish_cursor(cx, c, st); /* else the parent reads it, and its memory stays */
    cm_cursor **at = &c->run.conn->cursors;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
}

static cm_status open_cursor(cm_cursor *c) {
    const cm_driver *driver = c->run.link->driver;
    cm_status st = cm_run__start(&c->run);
    if (!st && driver->stream && c->flight.part) driver->stream(c->run.stmt->d, c->flight.part);
    if (!st) st = cm_run__bind(&c->run, 0);
    if (!st) st = cm_run__announce(&c->run);
    if (!st) c->step = first_step(&c->run, 0, &st);
    if (!st) st = make_row(&c->run);
    if (!st && c->flight.columns)
        st = c->flight.columns(c->run.cx, &c->flight, c->run.nraw, c->run.link->driver->column_name, c->run.stmt->d);
    return st;
}

cm_status cm_conn__open(cm_ctx *cx, cm_conn *conn, cm_flight *flight, cm_cursor **out) {
    *out = NULL;
    cm_status st = cm_conn__ready(cx, conn);
    if (st) return st;
    cm_cursor *c = cm__alloc(cx, sizeof *c);
    if (!c) return CM_E_NOMEM;
    c->flight = *flight;
    cm_run__init(cx, &c->run, conn, &c->flight);
    cm_arena__init(&c->own, cx);
    c->open = true;
    c->next = conn->cursors;
    conn->cursors = c;
    cm_conn__enter(conn);
    cm_link__lock(cx, c->run.link);
    st = open_cursor(c);
    cm_link__unlock(cx, c->run.link);
    if (st) {
        shut(cx, c, st);
        cm_cursor__close(cx, c);
    } else {
        *out = c;
    }
    cm_conn__leave(cx, conn);
    return st;
}

static cm_status hand_out(cm_ctx *cx, cm_cursor *c, const cm_value **values) {
    cm_run *r = &c->run;
    r->link->driver->row(r->stmt->d, 0, r->nraw, r->raw);
    c->own.cx = cx;
    cm_arena__reset(&c->own);
    cm_value *row = cm_arena__alloc(&c->own, (r->nraw ? r->nraw : 1) * sizeof *row);
    if (!row) return cm__nomem(cx);
    if (r->nraw) memcpy(row, r->raw, r->nraw * sizeof *row);
    for (size_t i = 0; i < r->nraw; i++)
        if (cm_value_keep(&c->own, &row[i])) return cm__nomem(cx);
    *values = row;
    return CM_OK;
}

cm_status cm_cursor__next(cm_ctx *cx, cm_cursor *c, const cm_value **values, bool *more) {
    *more = false;
    if (c->open && cm_link__foreign(c->run.link)) shut(cx, c, CM_E_CLOSED);
    if (!c->open) return c->step == CM_STEP_DONE ? CM_OK : cm__fail(cx, CM_E_CLOSED, "This result object is closed.");
    cm_run *r = &c->run;
    cm_status st = CM_OK;
    r->cx = cx;
    r->scratch.cx = cx;
    cm_link__lock(cx, r->link);
    if (c->step == 0) st = next_step(r, &c->step); /* the row handed out last is done with now */
    if (!st && c->step == CM_STEP_ROW) {
        st = hand_out(cx, c, values);
        *more = !st;
        c->step = 0;
    }
    cm_link__unlock(cx, r->link);
    if (st || !*more) shut(cx, c, st);
    return st;
}

void cm_cursor__close(cm_ctx *cx, cm_cursor *c) {
    if (!c) return;
    shut(cx, c, CM_OK);
    cm_arena__dispose(&c->own);
    cm__free(cx, c);
}

void cm_cursor__abandon_all(cm_ctx *cx, cm_conn *conn) {
    while (conn->cursors) shut(cx, conn->cursors, CM_OK);
}

int64_t cm_cursor__changes(const cm_cursor *c) { return c->run.changed; }
