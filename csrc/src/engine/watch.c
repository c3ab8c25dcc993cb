/* watch.c: those who see statements run: the log (echo) and watchers, who may put other text and other values in their place.
 *
 * A statement with many sets is shown whole: all of its sets are bound before the first one runs, kept, and run from there. What
 * nobody watches is bound set by set.
 */
#include "engine/flight_int.h"

static void write_text(void *user, const char *p, size_t n) { cm_buf__add(user, p, n); }

static cm_status describe_value(cm_run *r, cm_buf *b, const cm_value *v) {
    const cm_host *host = cm__host(r->cx);
    void *obj = NULL;
    cm_status st = host->decode(r->cx, cm_type_basic(r->cx, CM_T_NULL), v, &obj);
    if (st) return st;
    host->describe(r->cx, obj, write_text, b);
    host->release(r->cx, obj);
    return CM_OK;
}

/* (1, 'x') for the first set of values; the others are counted. */
static cm_status echo(cm_run *r) {
    const cm_engine_options *o = &r->conn->engine->options;
    const cm_compiled *c = r->flight->stmt;
    cm_buf b;
    char *text = NULL;
    cm_status st = CM_OK;
    cm_buf__init(&b, r->cx);
    cm_buf__putc(&b, '(');
    for (size_t i = 0; i < r->nvalues && !st; i++) {
        if (i) cm_buf__puts(&b, ", ");
        st = describe_value(r, &b, &r->values[i]);
    }
    cm_buf__puts(&b, r->nvalues == 1 ? ",)" : ")");
    if (r->flight->nsets > 1) cm_buf__printf(&b, " and %zu more sets", r->flight->nsets - 1);
    if (!st) st = cm_buf__take(&b, &text, NULL);
    if (!st) o->echo(o->echo_user, c->sql, c->nsql, r->nvalues ? text : NULL);
    cm__free(r->cx, text);
    cm_buf__dispose(&b);
    return st;
}

/* Runs other text in the place of the statement. It is prepared for this time alone, as it may tell of this time alone. */
static cm_status take_text(cm_run *r, const cm_statement_change *change) {
    cm_compiled other = *r->flight->stmt;
    cm_stmt *stmt = NULL;
    other.sql = change->sql;
    other.nsql = change->nsql;
    if (other.id) other.id = UINT64_MAX;
    other.flags |= CM_C_DDL;
    cm_status st = cm_stmt__get(r->cx, r->link, &other, r->ahead, &stmt);
    if (st) return st;
    cm_stmt__give(r->cx, r->link, r->stmt);
    r->stmt = stmt;
    return cm_run__check_count(r);
}

/* A watcher's values in the place of those of a set. */
static cm_status take_set(cm_run *r, void *values, cm_value *out, cm_arena *scratch) {
    const cm_host *host = cm__host(r->cx);
    cm_objs given = {0};
    cm_status st = host->sequence(r->cx, values, &given);
    if (!st && given.n != r->nvalues)
        st = cm__fail(r->cx, CM_E_PROGRAMMING, "an event answered %zu parameters for a statement that takes %zu", given.n, r->nvalues);
    for (size_t i = 0; i < r->nvalues && !st; i++) st = host->encode(r->cx, cm_type_basic(r->cx, CM_T_NULL), given.v[i], scratch, &out[i]);
    for (size_t i = 0; i < given.n && !st; i++) { /* slices point into them */
        st = cm_objs_add(r->cx, &r->changed_to, given.v[i]);
        if (!st) given.v[i] = NULL;
    }
    for (size_t i = 0; i < given.n; i++)
        if (given.v[i]) host->release(r->cx, given.v[i]);
    cm_objs_free(r->cx, &given);
    return st;
}

/* The same for all that were shown. */
static cm_status take_values(cm_run *r, void *values) {
    const cm_host *host = cm__host(r->cx);
    cm_objs sets = {0};
    if (!r->kept) return take_set(r, values, r->values, &r->scratch);
    cm_status st = host->sequence(r->cx, values, &sets);
    if (!st && sets.n != r->flight->nsets)
        st = cm__fail(r->cx, CM_E_PROGRAMMING, "an event answered %zu sets of parameters for a statement that runs with %zu", sets.n,
                      r->flight->nsets);
    for (size_t i = 0; i < sets.n && !st; i++) st = take_set(r, sets.v[i], r->kept + i * r->nvalues, &r->sets);
    for (size_t i = 0; i < sets.n; i++) host->release(r->cx, sets.v[i]);
    cm_objs_free(r->cx, &sets);
    return st;
}

static cm_status take_change(cm_run *r, cm_statement_change *change) {
    cm_status st = change->values ? take_values(r, change->values) : CM_OK;
    if (!st && change->sql) st = take_text(r, change);
    if (!st) st = cm_run__give_values(r);
    cm__free(r->cx, change->sql);
    if (change->values) cm__host(r->cx)->release(r->cx, change->values);
    return st;
}

cm_status cm_run__tell(cm_run *r, bool after, cm_status status) {
    cm_engine *engine = r->conn->engine;
    if (!engine->watch) return CM_OK;
    const cm_compiled *c = r->flight->stmt;
    bool announced = !after || r->watched;
    cm_statement_change change = {0};
    cm_statement_event e = {after,
                            status,
                            c->sql,
                            c->nsql,
                            r->kept ? r->kept : r->values,
                            announced ? r->nvalues : 0,
                            announced ? r->flight->nsets : 0,
                            r->kept != NULL,
                            c,
                            r->flight->shown_as,
                            after ? r->changed : -1,
                            after ? NULL : &change};
    r->watched = !after;
    cm_status st = engine->watch(r->cx, engine->watch_user, r->conn, &e);
    return st || (!change.sql && !change.values) ? st : take_change(r, &change);
}

cm_status cm_run__announce(cm_run *r) {
    if (r->conn->engine->options.echo) {
        cm_status st = echo(r);
        if (st) return st;
    }
    cm_status st = cm_run__tell(r, false, CM_OK);
    /* The end is told with the values, too, which their binder lets go before. */
    for (size_t i = 0; r->watched && !r->kept && i < r->nvalues && !st; i++) st = cm_value_keep(&r->scratch, &r->values[i]);
    return st;
}

/* Binds a set for good: what its binder holds may go when another set is done. */
static cm_status keep_set(cm_run *r, size_t set) {
    cm_value *values = r->kept + set * r->nvalues;
    cm_status st = r->flight->bind ? r->flight->bind(r->cx, r->flight, set, values, &r->scratch)
                                   : cm__fail(r->cx, CM_E_MISUSE, "the statement has values and nobody to give them");
    if (!st && r->scratch.failed) st = CM_E_NOMEM;
    for (size_t i = 0; i < r->nvalues && !st; i++) st = cm_value_keep(&r->sets, &values[i]);
    if (r->scratch.page) cm_arena__reset(&r->scratch);
    return st == CM_E_NOMEM ? cm__nomem(r->cx) : st;
}

cm_status cm_run__show(cm_run *r) {
    const size_t nsets = r->flight->nsets;
    if (!r->conn->engine->watch || nsets < 2 || !r->nvalues || r->kept) return CM_OK;
    cm_arena__init(&r->sets, r->cx);
    cm_value *kept = cm_arena__alloc(&r->sets, nsets * r->nvalues * sizeof *kept);
    if (!kept) {
        cm_arena__dispose(&r->sets);
        return cm__nomem(r->cx);
    }
    if (r->values != r->small) cm__free(r->cx, r->values);
    r->values = r->kept = kept;
    const char *outer = cm_ctx_set_driver(r->cx, r->link->driver->name);
    cm_status st = CM_OK;
    for (size_t i = 0; i < nsets && !st; i++) st = keep_set(r, i);
    cm_ctx_set_driver(r->cx, outer);
    return st;
}
