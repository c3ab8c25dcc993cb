/* Carrying out a flush: the plan's steps one after the other, each a few flights.
 *
 *   nulls for children that stay  ->  saves, step by step (keys in, events, UPDATEs, INSERTs, keys out)
 *   ->  post-updates  ->  secondary rows  ->  post-updates of rows that go  ->  deletes, step by step
 *
 * Flights are sent in this order and land together, as late as can be: before a step that takes keys of rows on their way, and
 * where the program's code is told that a row was written. A dependency level so costs one wait on a network.
 *
 * The program's code (events, defaults, validators) runs between statements of a step, never inside a flight but for defaults of
 * columns no attribute maps. Rows hold their instances, so nothing it does takes one away.
 */
#include "uow/uow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cm_status row_event(cm_ctx *cx, cm_uow *u, cm_event ev, cm_inst *inst) {
    void *none = NULL;
    if (!(inst->mapper->events >> ev & 1)) return CM_OK;
    return cm__host(cx)->event(cx, ev, u->session, inst, NULL, &none);
}

/* ---- row switch: a new instance with the key of one deleted in the same flush takes its row over */

static cm_status key_of_new(cm_ctx *cx, cm_inst *inst, void **key, bool *complete) {
    const cm_mapper *m = inst->mapper;
    *complete = true;
    for (size_t i = 0; i < m->nprimary_key; i++) {
        key[i] = cm_inst__peek(cx, inst, m->primary_key[i]);
        if (!key[i] || cm__is_none(cx, key[i])) *complete = false;
    }
    return CM_OK;
}

static cm_status switch_row(cm_ctx *cx, cm_uow *u, cm_uow_row *row) {
    const cm_mapper *m = row->inst->mapper;
    void **key = cm_arena__alloc(&u->arena, m->nprimary_key * sizeof *key);
    cm_inst *other = NULL;
    bool complete = false;
    if (!key) return CM_E_NOMEM;
    cm_status st = key_of_new(cx, row->inst, key, &complete);
    if (st || !complete) return st;
    st = cm_idmap__find(cx, u->session->idmap, m->root, key, m->nprimary_key, &other);
    cm_uow_row *gone = other ? cm_uow__find(u, other) : NULL;
    if (st || !gone || gone->action != CM_ROW_DELETE || other->mapper != m) return st;
    gone->flags |= CM_ROW_REPLACED;
    row->flags |= CM_ROW_SWITCH;
    return CM_OK;
}

/* ---- saves */

static int by_key(const void *a, const void *b) {
    int64_t x = (*(cm_uow_row *const *)a)->inst->key.i, y = (*(cm_uow_row *const *)b)->inst->key.i;
    return x < y ? -1 : x > y;
}

/* Rows to update in the order of their integer keys, so that two sessions lock them alike. */
static void sort_by_key(cm_uow_row **rows, size_t n) {
    bool sorted = true;
    for (size_t i = 0; i < n; i++)
        if (rows[i]->inst->flags & CM_INST_KEY_HEAP) return;
    for (size_t i = 1; i < n && sorted; i++) sorted = rows[i - 1]->inst->key.i <= rows[i]->inst->key.i;
    if (!sorted) qsort(rows, n, sizeof(cm_uow_row *), by_key);
}

typedef cm_status (*write_fn)(cm_ctx *cx, cm_uow *u, size_t depth, cm_uow_row **rows, size_t n);

/* Calls f for each table of the rows' classes, with the rows that have it; base tables first, or last. */
static cm_status each_table(cm_ctx *cx, cm_uow *u, cm_uow_row **rows, size_t n, bool base_first, write_fn f) {
    size_t deepest = 0;
    bool one_class = true;
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->inst->mapper->ntables > deepest) deepest = rows[i]->inst->mapper->ntables;
        one_class = one_class && rows[i]->inst->mapper == rows[0]->inst->mapper;
    }
    cm_uow_row **some = one_class ? NULL : cm_arena__alloc(&u->arena, n * sizeof(cm_uow_row *));
    cm_status st = one_class || some ? CM_OK : CM_E_NOMEM;
    for (size_t k = 0; !st && k < deepest; k++) {
        size_t depth = base_first ? k : deepest - 1 - k;
        if (one_class) {
            st = f(cx, u, depth, rows, n);
            continue;
        }
        for (size_t i = 0; !st && i < n; i++) { /* each table at this depth once, with its rows in order */
            const cm_mapper *m = rows[i]->inst->mapper;
            size_t count = 0;
            bool seen = m->ntables <= depth;
            for (size_t j = 0; j < i && !seen; j++)
                seen = rows[j]->inst->mapper->ntables > depth && rows[j]->inst->mapper->tables[depth] == m->tables[depth];
            for (size_t j = i; j < n && !seen; j++)
                if (rows[j]->inst->mapper->ntables > depth && rows[j]->inst->mapper->tables[depth] == m->tables[depth])
                    some[count++] = rows[j];
            if (!seen) st = f(cx, u, depth, some, count);
        }
    }
    return st;
}

/* A row switch updates: everything the new instance holds counts as changed, and the key is the old row's. */
static cm_status become_update(cm_ctx *cx, cm_uow *u, cm_uow_row *row) {
    cm_inst *inst = row->inst;
    const cm_mapper *m = inst->mapper;
    void **key = cm_arena__alloc(&u->arena, m->nprimary_key * sizeof *key);
    bool complete = false;
    if (!key) return CM_E_NOMEM;
    cm_status st = key_of_new(cx, inst, key, &complete);
    if (st) return st;
    cm_session__unpend(cx, u->session, inst); /* the row still holds it */
    st = cm_map__put(cx, &u->by_inst, cm__ptr_key(inst), row);
    if (!st) st = cm_inst__set_key(cx, inst, key, m->nprimary_key);
    for (size_t t = 0; !st && t < m->ntables; t++) {
        for (size_t i = 0; !st && i < m->ncolumns[t]; i++) {
            const cm_attr *a = m->columns[t][i].attr;
            if (a->primary_key) continue;
            if (!cm_inst__peek(cx, inst, a)) st = cm_inst__store(cx, inst, a, cm__none(cx));
            if (!st) st = cm_inst_changing(cx, inst, a, NULL);
        }
    }
    return st;
}

static cm_status save_events(cm_ctx *cx, cm_uow *u, cm_uow_row **rows, size_t n, cm_event ev) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) st = row_event(cx, u, ev, rows[i]->inst);
    return st;
}

/* ---- flights on their way */

cm_uow_row **cm_uow__copy_rows(cm_uow *u, cm_uow_row *const *rows, size_t n) {
    cm_uow_row **copy = cm_arena__alloc(&u->arena, n * sizeof *copy);
    if (copy) memcpy(copy, rows, n * sizeof *copy);
    return copy;
}

void cm_uow__blame(cm_ctx *cx, cm_inst *inst) {
    char text[160];
    snprintf(text, sizeof text, "<%s at %p>", cm_str_text(inst->mapper->name), cm__object(cx, inst));
    cm__fail_object(cx, text);
}

cm_status cm_uow__depart(cm_ctx *cx, cm_uow *u, cm_conn *conn, cm_flight *flight) {
    size_t i = 0;
    while (i < u->nconns && u->conns[i] != conn) i++;
    if (i == u->nconns) {
        cm_status st = cm__grow(cx, &u->conns, &u->conns_cap, i + 1, sizeof(cm_conn *));
        if (st) return flight->over(cx, flight, SIZE_MAX, st);
        u->conns[u->nconns++] = conn;
    }
    return cm_conn__depart(cx, conn, flight);
}

cm_status cm_uow__land(cm_ctx *cx, cm_uow *u) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->nconns; i++) st = cm_conn__land(cx, u->conns[i]);
    u->awaits = false;
    return st;
}

void cm_uow__scrap(cm_ctx *cx, cm_uow *u) {
    for (size_t i = 0; i < u->nconns; i++) cm_conn__scrap(cx, u->conns[i]);
}

/* What a step sent, and what is left to do when it landed. */
typedef struct sent_step {
    cm_uow_row **inserts, **updates;
    size_t ninserts, nupdates;
    bool awaits; /* keys made by the database; else children have theirs already */
} sent_step;

static cm_status save_landed(cm_ctx *cx, cm_uow *u, const cm_uow_step *step, const sent_step *s) {
    cm_status st = save_events(cx, u, s->updates, s->nupdates, CM_EV_AFTER_UPDATE);
    if (!st) st = save_events(cx, u, s->inserts, s->ninserts, CM_EV_AFTER_INSERT);
    return st || !s->awaits ? st : cm_sync__after_save(cx, u, step);
}

/* All saves sent so far have landed. */
static cm_status land_saves(cm_ctx *cx, cm_uow *u, const sent_step *steps) {
    cm_status st = u->landed < u->sent ? cm_uow__land(cx, u) : CM_OK;
    for (; !st && u->landed < u->sent; u->landed++) st = save_landed(cx, u, &u->saves[u->landed], &steps[u->landed]);
    return st;
}

/* Whether rows of a group take keys from rows on their way, or give them. */
static bool needs_sent(const cm_uow *u, const sent_step *steps, const cm_uow_group *group) {
    for (size_t i = u->landed; i < u->sent; i++) {
        const cm_uow_group *before = u->saves[i].group;
        if (!steps[i].awaits) continue;
        if (u->edges[before->index * u->ngroups + group->index] || u->edges[group->index * u->ngroups + before->index]) return true;
    }
    return false;
}

static bool tells(cm_uow_row *const *rows, size_t n, cm_event ev) {
    for (size_t i = 0; i < n; i++)
        if (rows[i]->inst->mapper->events >> ev & 1) return true;
    return false;
}

static bool tells_after(const sent_step *s) {
    return tells(s->updates, s->nupdates, CM_EV_AFTER_UPDATE) || tells(s->inserts, s->ninserts, CM_EV_AFTER_INSERT);
}

static cm_status save_step(cm_ctx *cx, cm_uow *u, const cm_uow_step *step, sent_step *s) {
    cm_uow_row **inserts = cm_arena__alloc(&u->arena, step->n * 2 * sizeof(cm_uow_row *)), **updates = inserts + step->n;
    size_t ninserts = 0, nupdates = 0;
    if (!inserts) return CM_E_NOMEM;
    cm_status st = cm_sync__before_save(cx, u, step);
    for (size_t i = 0; !st && i < step->n; i++) {
        cm_uow_row *row = step->rows[i];
        if ((row->flags & CM_ROW_INSERT) && step->group->deletes) st = switch_row(cx, u, row);
        if (row->flags & CM_ROW_INSERT && !(row->flags & CM_ROW_SWITCH)) inserts[ninserts++] = row;
        else updates[nupdates++] = row;
    }
    if (!st) sort_by_key(updates, nupdates);
    for (size_t i = 0; !st && i < nupdates; i++)
        if (updates[i]->flags & CM_ROW_SWITCH) st = become_update(cx, u, updates[i]);
    if (!st) st = save_events(cx, u, updates, nupdates, CM_EV_BEFORE_UPDATE);
    if (!st) st = save_events(cx, u, inserts, ninserts, CM_EV_BEFORE_INSERT);
    if (!st && nupdates) st = each_table(cx, u, updates, nupdates, true, cm_uow__update);
    if (!st && ninserts) st = each_table(cx, u, inserts, ninserts, true, cm_uow__insert);
    *s = (sent_step){inserts, updates, ninserts, nupdates};
    return st;
}

static cm_status save_all(cm_ctx *cx, cm_uow *u, sent_step *steps) {
    cm_status st = CM_OK;
    while (!st && u->sent < u->nsaves) {
        const cm_uow_step *step = &u->saves[u->sent];
        sent_step *s = &steps[u->sent];
        if (needs_sent(u, steps, step->group)) st = land_saves(cx, u, steps);
        bool awaited = u->awaits;
        u->awaits = false;
        if (!st) st = save_step(cx, u, step, s);
        s->awaits = u->awaits;
        u->awaits = awaited || s->awaits;
        if (st) break;
        u->sent++;
        if (tells_after(s)) st = land_saves(cx, u, steps);
        if (!st && !s->awaits) st = cm_sync__after_save(cx, u, step);
    }
    return st;
}

/* Whether foreign keys are written after all saves (post_update). */
static bool has_posts(const cm_uow *u) {
    for (size_t g = 0; g < u->ngroups; g++)
        for (size_t m = 0; m < u->groups[g]->nmappers; m++)
            for (size_t r = 0; r < u->groups[g]->mappers[m]->nrelations; r++)
                if (u->groups[g]->mappers[m]->relations[r]->post_update) return true;
    return false;
}

/* ---- deletes */

static cm_status delete_step(cm_ctx *cx, cm_uow *u, const cm_uow_step *step) {
    cm_uow_row **rows = cm_arena__alloc(&u->arena, step->n * sizeof(cm_uow_row *));
    size_t n = 0;
    if (!rows) return CM_E_NOMEM;
    for (size_t i = 0; i < step->n; i++)
        if (!(step->rows[i]->flags & CM_ROW_REPLACED)) rows[n++] = step->rows[i];
    sort_by_key(rows, n);
    cm_status st = save_events(cx, u, rows, n, CM_EV_BEFORE_DELETE);
    if (!st && n) st = each_table(cx, u, rows, n, false, cm_uow__delete);
    bool told = tells(rows, n, CM_EV_AFTER_DELETE);
    if (!st && told) st = cm_uow__land(cx, u);
    return st || !told ? st : save_events(cx, u, rows, n, CM_EV_AFTER_DELETE);
}

/* ---- the whole */

cm_status cm_uow__run(cm_ctx *cx, cm_uow *u) {
    sent_step *steps = cm_arena__alloc(&u->arena, (u->nsaves + 1) * sizeof *steps);
    if (!steps) return CM_E_NOMEM;
    cm_status st = cm_sync__begin(cx, u);
    if (!st) st = save_all(cx, u, steps);
    if (!st && has_posts(u)) st = land_saves(cx, u, steps);
    if (!st) st = cm_sync__post(cx, u, false);
    if (!st) st = cm_uow__post_update(cx, u);
    if (!st) st = cm_links__collect(cx, u);
    if (!st && u->nlinks && u->awaits) st = land_saves(cx, u, steps);
    if (!st) st = cm_links__write(cx, u);
    if (!st) st = cm_sync__post(cx, u, true);
    if (!st) st = cm_uow__post_update(cx, u);
    for (size_t i = 0; !st && i < u->ndeletes; i++) st = delete_step(cx, u, &u->deletes[i]);
    if (!st) st = land_saves(cx, u, steps);
    return st ? st : cm_uow__land(cx, u);
}
