/* The plan of a flush: which rows are written.
 *
 * It begins with what the session knows to be new, changed or marked for deletion, and follows relations from there: children
 * taken out of a collection are nulled or deleted, children of a deleted parent likewise, children of a changed key get the new
 * one. Whatever that registers is followed in turn. Order comes in order.c.
 *
 * Following a relation may load it and so run SQL and the program's code: rows are reached by index, never by a pointer into
 * u->rows kept over such a call. (Rows themselves lie in the arena and stay.)
 */
#include "uow/uow.h"

#include <stdio.h>
#include <string.h>

cm_uow_row *cm_uow__find(const cm_uow *u, const cm_inst *inst) {
    if (inst->flags & CM_INST_PENDING)
        return inst->session == u->session && (size_t)inst->key.i < u->nby_new ? u->by_new[inst->key.i] : NULL;
    return cm_map__get(&u->by_inst, cm__ptr_key(inst));
}

cm_status cm_uow__hold(cm_ctx *cx, cm_uow *u, cm_inst *inst) { return cm_objs__hold(cx, &u->held, cm__object(cx, inst)); }

cm_status cm_uow__warn_absent(cm_ctx *cx, const cm_relation *r, const cm_inst *child, const char *operation) {
    char text[256];
    snprintf(text, sizeof text, "Object of type <%s> not in session, %s operation along '%s.%s' will not proceed",
             cm_str_text(child->mapper->name), operation, cm_str_text(r->parent->name), cm_str_text(r->attr->key));
    return cm__host(cx)->warn(cx, "SAWarning", text);
}

static bool changed(cm_ctx *cx, cm_inst *inst, cm_column *const *columns, size_t n, cm_status *st) {
    *st = CM_OK;
    if (!(inst->flags & CM_INST_KEY) || !inst->state || !inst->state->committed) return false;
    for (size_t i = 0; i < n; i++) {
        const cm_attr *a = cm_mapper__column_attr(inst->mapper, columns[i]);
        if (a && cm_inst__net_changed(cx, inst, a, st)) return true;
        if (*st) return false;
    }
    return false;
}

bool cm_uow__keys_changed(cm_ctx *cx, cm_inst *inst, const cm_relation *r, cm_status *st) {
    return changed(cx, inst, r->direction == CM_MANY_TO_ONE ? r->target_columns : r->parent_columns, r->npairs, st);
}

/* ---- registering */

static cm_status group_of(cm_ctx *cx, cm_uow *u, cm_mapper *mapper, cm_uow_group **out) {
    cm_uow_group *g = NULL;
    for (size_t i = u->ngroups; i-- > 0 && !g;)
        if (u->groups[i]->root == mapper->root) g = u->groups[i];
    if (!g) {
        cm_status st = cm__grow(cx, &u->groups, &u->groups_cap, u->ngroups + 1, sizeof *u->groups);
        if (st) return st;
        g = cm_arena__alloc(&u->arena, sizeof *g);
        if (!g) return CM_E_NOMEM;
        g->root = mapper->root;
        u->groups[u->ngroups++] = g;
    }
    *out = g;
    for (size_t i = 0; i < g->nmappers; i++)
        if (g->mappers[i] == mapper) return CM_OK;
    cm_status st = cm__grow(cx, &g->mappers, &g->mappers_cap, g->nmappers + 1, sizeof *g->mappers);
    if (!st) g->mappers[g->nmappers++] = mapper;
    return st;
}

static cm_status row_new(cm_ctx *cx, cm_uow *u, cm_inst *inst, cm_uow_row **out) {
    cm_uow_row *row = cm_arena__alloc(&u->arena, sizeof *row);
    cm_status st = row ? cm__grow(cx, &u->rows, &u->rows_cap, u->nrows + 1, sizeof *u->rows) : CM_E_NOMEM;
    const cm_uow_row *last = u->nrows ? u->rows[u->nrows - 1] : NULL;
    if (st) return st;
    row->inst = inst;
    row->order = (uint32_t)u->nrows;
    if (last && last->inst->mapper == inst->mapper) row->group = last->group;
    else st = group_of(cx, u, inst->mapper, &row->group);
    if (st) return st;
    if (inst->flags & CM_INST_PENDING) u->by_new[inst->key.i] = row;
    else st = cm_map__put(cx, &u->by_inst, cm__ptr_key(inst), row);
    if (st) return st;
    cm__retain(cx, cm__object(cx, inst));
    u->rows[u->nrows++] = row;
    *out = row;
    return CM_OK;
}

/* A row that goes is read before, when nothing of it is known: its values outlive it in the program. */
static cm_status read_expired(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    bool found = false;
    if (!(inst->flags & CM_INST_EXPIRED) || cm_inst__peek(cx, inst, inst->mapper->primary_key[0])) return CM_OK;
    return cm_load__refresh(cx, u->session, inst, NULL, 0, &found);
}

/* Enters an instance of this session with at least that action; a stronger one has its relations looked at again. */
static cm_status enter(cm_ctx *cx, cm_uow *u, cm_inst *inst, cm_row_action action) {
    cm_uow_row *row = cm_uow__find(u, inst);
    if (!row) {
        if ((inst->flags & CM_INST_PENDING) && (size_t)inst->key.i >= u->nby_new) return CM_OK; /* added while flushing: next time */
        cm_status st = row_new(cx, u, inst, &row);
        if (st) return st;
        if (inst->flags & CM_INST_PENDING) row->flags |= CM_ROW_INSERT;
        if (action == CM_ROW_DELETE) st = read_expired(cx, u, inst);
        if (st) return st;
    }
    if (row->action >= action) return CM_OK;
    row->action = (uint8_t)action;
    row->flags &= ~(uint32_t)CM_ROW_EXPANDED;
    return CM_OK;
}

/* Deletes an instance nobody holds any more, with what its own cascades reach. */
static cm_status enter_orphan(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    cm_cascade c = {0};
    if (inst->session != u->session || !(inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    cm_status st = enter(cx, u, inst, CM_ROW_DELETE);
    if (!st) st = cm_cascade__collect(cx, &c, inst, CM_CASCADE_DELETE, NULL);
    for (size_t i = 0; !st && i < c.found.n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, c.found.v[i]);
        if (child && child->session == u->session && (child->flags & CM_INST_PERSISTENT)) st = enter(cx, u, child, CM_ROW_DELETE);
    }
    cm_cascade__dispose(cx, &c);
    return st;
}

/* ---- following relations */

typedef struct step_args {
    cm_uow *u;
    cm_uow_row *row;
    const cm_relation *r;
} step_args;
typedef cm_status (*each_child)(cm_ctx *cx, const step_args *a, cm_inst *child);

static cm_status for_each(cm_ctx *cx, const step_args *a, const cm_objs *list, each_child f) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < list->n; i++) {
        cm_inst *child = cm__is_none(cx, list->v[i]) ? NULL : cm__host(cx)->object_inst(cx, list->v[i]);
        if (child) st = f(cx, a, child);
    }
    return st;
}

static cm_status child_joined(cm_ctx *cx, const step_args *a, cm_inst *child) {
    char text[128];
    if (!cm_mapper__isa(child->mapper, a->r->target))
        return cm__fail(cx, CM_E_FLUSH,
                        "Attempting to flush an item of type %s as a member of collection \"%s.%s\". Expected an object of type %s or a "
                        "polymorphic subclass of this type.",
                        cm_inst__text(child, text, sizeof text), cm_str_text(a->r->parent->name), cm_str_text(a->r->attr->key),
                        cm_str_text(a->r->target->name));
    if (!cm_session__has(a->u->session, child)) {
        return child->flags & CM_INST_DELETED ? CM_OK : cm_uow__warn_absent(cx, a->r, child, "add");
    }
    cm_uow_row *row = cm_uow__find(a->u, child);
    if (row && row->action == CM_ROW_DELETE) { /* put into a collection and deleted: the collection wins, the next flush deletes it */
        row->action = CM_ROW_SAVE;
        row->flags &= ~(uint32_t)CM_ROW_EXPANDED;
    }
    return enter(cx, a->u, child, CM_ROW_SAVE);
}

static cm_status child_left(cm_ctx *cx, const step_args *a, cm_inst *child) {
    if (child->session != a->u->session || !(child->flags & CM_INST_PERSISTENT)) return CM_OK;
    if (a->r->cascade & CM_CASCADE_DELETE_ORPHAN) return cm_inst__has_parent(child, a->r, false) ? CM_OK : enter_orphan(cx, a->u, child);
    return a->r->direction == CM_ONE_TO_MANY ? enter(cx, a->u, child, CM_ROW_SAVE) : CM_OK;
}

static cm_status child_stays(cm_ctx *cx, const step_args *a, cm_inst *child) { /* its parent is deleted */
    if (child->session != a->u->session || !(child->flags & (CM_INST_PERSISTENT | CM_INST_PENDING))) return CM_OK;
    return enter(cx, a->u, child, CM_ROW_SAVE);
}

static cm_status child_rekeyed(cm_ctx *cx, const step_args *a, cm_inst *child) {
    if (!cm_session__has(a->u->session, child)) return CM_OK;
    return enter(cx, a->u, child, a->r->passive_updates ? CM_ROW_LINK : CM_ROW_SAVE);
}

static cm_status follow_rekeyed(cm_ctx *cx, const step_args *a) {
    cm_status st = CM_OK;
    cm_objs members = {0};
    if (a->r->direction != CM_ONE_TO_MANY || !cm_uow__keys_changed(cx, a->row->inst, a->r, &st)) return st;
    st = cm_relation__members(cx, a->row->inst, a->r, !a->r->passive_updates, &members);
    if (!st) st = for_each(cx, a, &members, child_rekeyed);
    cm_objs__release(cx, &members);
    return st;
}

static cm_status follow_saved(cm_ctx *cx, const step_args *a) {
    cm_history h;
    cm_status st = follow_rekeyed(cx, a);
    if (st || !cm_inst__touched(cx, a->row->inst, a->r)) return st;
    st = cm_inst__learn_before(cx, a->row->inst, a->r);
    if (!st) st = cm_inst__history(cx, a->row->inst, a->r->attr, &h);
    if (st) return st;
    if (a->r->direction == CM_ONE_TO_MANY) st = for_each(cx, a, &h.added, child_joined);
    if (!st && (a->r->direction == CM_ONE_TO_MANY || (a->r->cascade & CM_CASCADE_DELETE_ORPHAN)))
        st = for_each(cx, a, &h.deleted, child_left);
    cm_history__dispose(cx, &h);
    return st;
}

static cm_status child_goes_too(cm_ctx *cx, const step_args *a, cm_inst *child) { return enter_orphan(cx, a->u, child); }

/* What a deleted row refers to and takes along, whatever was said of it after delete(). */
static cm_status follow_upwards(cm_ctx *cx, const step_args *a) {
    cm_objs members = {0};
    cm_status st = cm_relation__members(cx, a->row->inst, a->r, !a->r->passive_deletes, &members);
    if (!st) st = for_each(cx, a, &members, child_goes_too);
    cm_objs__release(cx, &members);
    return st;
}

/* post_update takes the foreign key away before the row goes: what it led to is looked up before, where no statement is needed. */
static cm_status keep_target(cm_ctx *cx, const step_args *a) {
    void *target = NULL;
    cm_status st = cm_inst_load(cx, a->row->inst, a->r->attr, false, &target);
    if (target) cm__release(cx, target);
    return st;
}

static cm_status follow_deleted(cm_ctx *cx, const step_args *a) {
    cm_history h;
    cm_objs members = {0};
    bool nulls = a->r->direction == CM_ONE_TO_MANY && !(a->r->cascade & CM_CASCADE_DELETE);
    if (a->r->passive_deletes == 2 || a->r->direction == CM_MANY_TO_MANY) return CM_OK;
    if (a->r->direction == CM_MANY_TO_ONE && (a->r->post_update || (a->r->cascade & CM_CASCADE_DELETE))) {
        cm_status up = a->r->cascade & CM_CASCADE_DELETE ? follow_upwards(cx, a) : keep_target(cx, a);
        if (up) return up;
    }
    if (a->r->direction == CM_MANY_TO_ONE && !(a->r->cascade & CM_CASCADE_DELETE_ORPHAN)) return CM_OK;
    cm_status st = cm_relation__members(cx, a->row->inst, a->r, !a->r->passive_deletes, &members); /* loads */
    cm_objs__release(cx, &members);
    if (!st) st = cm_inst__learn_before(cx, a->row->inst, a->r);
    if (!st) st = cm_inst__history(cx, a->row->inst, a->r->attr, &h);
    if (st) return st;
    st = for_each(cx, a, &h.deleted, child_left);
    if (!st && nulls) st = for_each(cx, a, &h.unchanged, child_stays);
    cm_history__dispose(cx, &h);
    return st;
}

/* ---- collections of what is deleted, read for many at once: enough of them that few statements beat one for each */

enum { MANY_DELETED = CM_SIZE(8, 2) };

static bool reads_deleted(const cm_relation *r) { return r->uselist && !r->viewonly && !r->passive_deletes && r->lazy < CM_LAZY_RAISE; }

/* A row of the class that goes, of which nothing is known but its own columns: no change, no option, no collection. */
static bool is_bare(const cm_uow_row *row, const cm_mapper *m) {
    return row->action == CM_ROW_DELETE && row->inst->mapper == m && !(row->flags & CM_ROW_EXPANDED) && !row->inst->state &&
           !(row->inst->flags & CM_INST_EXPIRED);
}

/* How many there are from the first on; each row is counted once. */
static size_t count_bare(cm_uow *u, size_t first, const cm_mapper *m) {
    size_t n = 0;
    for (size_t i = first; i < u->nrows; i++) {
        if (u->rows[i]->inst->mapper == m) u->rows[i]->flags |= CM_ROW_READ;
        n += is_bare(u->rows[i], m);
    }
    return n;
}

static cm_status read_deleted(cm_ctx *cx, cm_uow *u, size_t first) {
    const cm_mapper *m = u->rows[first]->inst->mapper;
    cm_objs owners = {0}; /* the rows hold them */
    cm_status st = CM_OK;
    size_t r = 0;
    while (r < m->nrelations && !reads_deleted(m->relations[r])) r++;
    if (r == m->nrelations || count_bare(u, first, m) < MANY_DELETED) return CM_OK;
    for (size_t i = first; !st && i < u->nrows; i++)
        if (is_bare(u->rows[i], m)) st = cm_objs_add(cx, &owners, cm__object(cx, u->rows[i]->inst));
    for (; !st && r < m->nrelations; r++)
        if (reads_deleted(m->relations[r])) st = cm_load__relation(cx, u->session, m->relations[r]->attr, &owners);
    cm_objs_free(cx, &owners);
    return st;
}

/* ---- who refers to a row whose key changed: found by looking at everything in the session, where no collection of the other side tells */

static bool looks_for_changed_keys(cm_ctx *cx, const cm_uow *u, const cm_relation *r, cm_status *st) {
    if (r->direction != CM_MANY_TO_ONE || r->viewonly) return false;
    if (r->back && (r->passive_updates || (r->back->relation && !r->back->relation->passive_updates))) return false;
    for (const cm_rekeyed *k = u->rekeyed; k && !*st; k = k->next)
        if (cm_mapper__isa(k->inst->mapper, r->target) && cm_uow__keys_changed(cx, k->inst, r, st)) return true;
    return false;
}

/* What a reference holds, as far as it can be a row of this flush; nobody but the database knows that of an unloaded foreign key. */
static cm_status held_by_reference(cm_ctx *cx, cm_inst *inst, const cm_relation *r, void **out) {
    cm_status st = CM_OK;
    *out = cm_inst__peek(cx, inst, r->attr);
    if (*out || r->passive_updates) {
        if (*out) cm__retain(cx, *out);
        return CM_OK;
    }
    for (size_t i = 0; !st && i < r->npairs; i++) {
        void *value = NULL;
        st = cm_sync__column_value(cx, inst, r->parent_columns[i], &value);
    }
    return st ? st : cm_inst_load(cx, inst, r->attr, false, out);
}

static cm_status follow_reference(cm_ctx *cx, cm_uow *u, cm_inst *inst, const cm_relation *r) {
    void *object = NULL;
    cm_status st = held_by_reference(cx, inst, r, &object);
    cm_inst *target = st || !object || cm__is_none(cx, object) ? NULL : cm__host(cx)->object_inst(cx, object);
    const cm_uow_row *row = target ? cm_uow__find(u, target) : NULL;
    if (object) cm__release(cx, object);
    if (st || !row || row->action != CM_ROW_SAVE || !cm_uow__keys_changed(cx, target, r, &st)) return st;
    for (const cm_referrer *f = u->referrers; f; f = f->next)
        if (f->inst == inst && f->relation == r) return CM_OK;
    cm_referrer *f = cm_arena__alloc(&u->arena, sizeof *f);
    if (!f) return CM_E_NOMEM;
    *f = (cm_referrer){inst, r, u->referrers};
    u->referrers = f;
    return enter(cx, u, inst, r->passive_updates ? CM_ROW_LINK : CM_ROW_SAVE);
}

static cm_status find_referrers(cm_ctx *cx, cm_uow *u) {
    cm_idmap_iter at = {0};
    cm_inst *inst;
    cm_status st = CM_OK;
    while (!st && cm_idmap__next(u->session->idmap, &at, &inst)) {
        void *object = cm__object(cx, inst);
        if (!object) continue;
        cm__retain(cx, object); /* reading its columns runs the program's code */
        for (size_t i = 0; !st && i < inst->mapper->nrelations; i++)
            if (looks_for_changed_keys(cx, u, inst->mapper->relations[i], &st))
                st = follow_reference(cx, u, inst, inst->mapper->relations[i]);
        cm__release(cx, object);
    }
    return st;
}

static cm_status note_rekeyed(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    cm_status st = CM_OK;
    bool any = false;
    if (!(inst->flags & CM_INST_KEY) || !inst->state || !inst->state->committed) return CM_OK;
    for (size_t i = 0; !st && !any && i < m->nprimary_key; i++) any = cm_inst__net_changed(cx, inst, m->primary_key[i], &st);
    if (st || !any) return st;
    cm_rekeyed *k = cm_arena__alloc(&u->arena, sizeof *k);
    if (!k) return CM_E_NOMEM;
    *k = (cm_rekeyed){inst, u->rekeyed};
    u->rekeyed = k;
    u->rekeyed_more = true;
    return CM_OK;
}

static cm_status expand(cm_ctx *cx, cm_uow *u, cm_uow_row *row) {
    const cm_mapper *m = row->inst->mapper;
    cm_status st = row->action == CM_ROW_SAVE ? note_rekeyed(cx, u, row->inst) : CM_OK;
    row->flags |= CM_ROW_EXPANDED;
    for (size_t i = 0; !st && i < m->nrelations; i++) {
        step_args a = {u, row, m->relations[i]};
        if (a.r->viewonly) continue;
        if (row->action == CM_ROW_DELETE) st = follow_deleted(cx, &a);
        else if (row->action == CM_ROW_SAVE) st = follow_saved(cx, &a);
    }
    return st;
}

/* ---- beginning */

static cm_status enter_dirty(cm_ctx *cx, cm_uow *u) {
    cm_session *s = u->session;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->dirty_list.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, s->dirty_list.v[i]);
        if (!inst || inst->session != s || !(inst->flags & CM_INST_PERSISTENT) || (inst->flags & CM_INST_DELETING)) continue;
        st = cm_inst__is_orphan(inst) ? enter_orphan(cx, u, inst) : enter(cx, u, inst, CM_ROW_SAVE);
    }
    return st;
}

static cm_status enter_new(cm_ctx *cx, cm_uow *u) {
    cm_session *s = u->session;
    cm_status st = CM_OK;
    u->nby_new = s->new_list.n;
    u->by_new = cm__alloc(cx, u->nby_new * sizeof *u->by_new);
    if (!u->by_new) return CM_E_NOMEM;
    for (size_t i = 0; !st && i < u->nby_new; i++) {
        cm_inst *inst = s->new_list.v[i] ? cm__host(cx)->object_inst(cx, s->new_list.v[i]) : NULL;
        if (!inst) continue;
        if (inst->state && inst->state->orphaned && cm_inst__is_orphan(inst)) cm_session__detach(cx, s, inst, false);
        else st = enter(cx, u, inst, CM_ROW_SAVE);
    }
    return st;
}

static cm_status enter_deleted(cm_ctx *cx, cm_uow *u) {
    cm_session *s = u->session;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->deleted_list.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, s->deleted_list.v[i]);
        if (inst && inst->session == s && (inst->flags & CM_INST_DELETING)) st = enter(cx, u, inst, CM_ROW_DELETE);
    }
    return st;
}

cm_status cm_uow__plan(cm_ctx *cx, cm_uow *u, cm_session *s) {
    u->cx = cx;
    u->session = s;
    u->links_end = &u->links;
    cm_arena__init(&u->arena, cx);
    cm_status st = enter_new(cx, u);
    if (!st) st = enter_dirty(cx, u);
    if (!st) st = enter_deleted(cx, u);
    /* What a row registers may make an earlier row stronger: go round until nothing is left to follow. */
    for (bool again = true; !st && again;) {
        again = false;
        for (size_t i = 0; !st && i < u->nrows; i++) {
            if (u->rows[i]->flags & CM_ROW_EXPANDED) continue;
            if (u->rows[i]->action == CM_ROW_DELETE && !(u->rows[i]->flags & CM_ROW_READ)) st = read_deleted(cx, u, i);
            if (!st) st = expand(cx, u, u->rows[i]);
            again = true;
        }
        if (!st && !again && u->rekeyed_more) {
            u->rekeyed_more = false;
            again = true;
            st = find_referrers(cx, u);
        }
    }
    return st ? st : cm_uow__order(cx, u);
}

void cm_uow__dispose(cm_ctx *cx, cm_uow *u) {
    for (size_t i = 0; i < u->ngroups; i++) {
        cm__free(cx, u->groups[i]->rows);
        cm__free(cx, u->groups[i]->mappers);
    }
    for (size_t i = 0; i < u->nsaves; i++) cm__free(cx, u->saves[i].rows);
    for (size_t i = 0; i < u->ndeletes; i++) cm__free(cx, u->deletes[i].rows);
    cm__free(cx, u->groups);
    cm__free(cx, u->saves);
    cm__free(cx, u->deletes);
    cm__free(cx, u->by_new);
    cm__free(cx, u->conns);
    cm_map__dispose(cx, &u->by_inst);
    cm_map__dispose(cx, &u->link_keys);
    cm_map__dispose(cx, &u->carried);
    for (size_t i = 0; i < u->nrows; i++) cm__release(cx, cm__object(cx, u->rows[i]->inst));
    cm__free(cx, u->rows);
    cm_objs__release(cx, &u->held);
    cm_arena__dispose(&u->arena);
}
