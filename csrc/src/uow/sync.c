/* Keys travel between related rows: from the side that has the key to the side that holds the foreign key.
 *
 *   at the beginning         children taken out, or left by a parent that goes, lose its key; children of rows that exist
 *                            take theirs
 *   before a step of saves   many-to-one: its rows take the keys of their targets, which are saved by now
 *   after it                 one-to-many: children of rows just inserted take their keys
 *   after all saves          post_update relations: the same, written by an UPDATE of their own
 *
 * A key is taken away only from a child that still carries that parent's: whoever gave it another meanwhile wins.
 */
#include "uow/uow.h"

#include <string.h>

/* ---- values */

static cm_status unmapped(cm_ctx *cx, const cm_mapper *m, const cm_column *column) {
    return cm__fail(cx, CM_E_FLUSH,
                    "Can't execute sync rule for column '%s.%s'; class %s does not map this column. Try using an explicit "
                    "`foreign_keys` collection which does not include it (or use a viewonly=True relation).",
                    column->table ? cm_str_text(column->table->name) : "", cm_str_text(column->name), cm_str_text(m->name));
}

/* An unloaded integer key is known without asking the database. */
static cm_status restore_key(cm_ctx *cx, cm_inst *inst, const cm_attr *a, void **out) {
    void *value = NULL;
    cm_status st = cm_inst__key_values(cx, inst, &value);
    if (!st) st = cm_inst__store_take(cx, inst, a, value);
    *out = cm_inst__peek(cx, inst, a);
    return st;
}

cm_status cm_sync__column_value(cm_ctx *cx, cm_inst *inst, const cm_column *column, void **out) {
    const cm_attr *a = cm_mapper__column_attr(inst->mapper, column);
    void *loaded = NULL;
    if (!a) return unmapped(cx, inst->mapper, column);
    *out = cm_inst__peek(cx, inst, a);
    if (*out) return CM_OK;
    if (!(inst->flags & CM_INST_KEY)) {
        *out = cm__none(cx);
        return CM_OK;
    }
    if (a->primary_key && a == inst->mapper->primary_key[0] && !(inst->flags & CM_INST_KEY_HEAP)) return restore_key(cx, inst, a, out);
    cm_status st = cm_inst_load(cx, inst, a, true, &loaded);
    if (loaded) cm__release(cx, loaded); /* the instance holds it */
    *out = cm_inst__peek(cx, inst, a);
    if (!st && !*out) *out = cm__none(cx);
    return st;
}

static cm_status store_key(cm_ctx *cx, cm_inst *inst, const cm_attr *a, void *value) {
    void *now = cm_inst__peek(cx, inst, a);
    if (now == value) return CM_OK;
    cm_status st = cm_inst_changing(cx, inst, a, now);
    return st ? st : cm_inst__store(cx, inst, a, value);
}

/* `to` takes the key of `from`. */
static cm_status populate(cm_ctx *cx, cm_inst *from, cm_column *const *from_columns, cm_inst *to, cm_column *const *to_columns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        void *value = NULL;
        const cm_attr *a = cm_mapper__column_attr(to->mapper, to_columns[i]);
        if (!a) return unmapped(cx, to->mapper, to_columns[i]);
        cm_status st = cm_sync__column_value(cx, from, from_columns[i], &value);
        if (st) return st;
        cm__retain(cx, value);
        st = store_key(cx, to, a, value);
        cm__release(cx, value);
        if (st) return st;
    }
    return CM_OK;
}

/* Whether `child` still carries the key of `parent`, or nobody knows. */
static cm_status carries_key(cm_ctx *cx, cm_inst *parent, const cm_relation *r, cm_inst *child, bool *out) {
    *out = true;
    for (size_t i = 0; *out && i < r->npairs; i++) {
        const cm_attr *a = cm_mapper__column_attr(child->mapper, r->target_columns[i]),
                      *key = cm_mapper__column_attr(parent->mapper, r->parent_columns[i]);
        void *mine = a ? cm_inst__peek(cx, child, a) : NULL, *theirs = key ? cm_inst__peek(cx, parent, key) : NULL;
        if (!mine || !theirs || mine == theirs || cm__is_none(cx, mine) || cm_inst__committed(parent, key)) continue;
        cm__retain(cx, mine);
        cm__retain(cx, theirs);
        cm_status st = cm__host(cx)->equal(cx, a->type, mine, theirs, out);
        cm__release(cx, mine);
        cm__release(cx, theirs);
        if (st) return st;
    }
    return CM_OK;
}

static cm_status clear(cm_ctx *cx, cm_inst *inst, cm_column *const *columns, size_t n, const cm_column *because) {
    for (size_t i = 0; i < n; i++) {
        const cm_attr *a = cm_mapper__column_attr(inst->mapper, columns[i]);
        char text[128];
        if (!a) return unmapped(cx, inst->mapper, columns[i]);
        const void *now = cm_inst__peek(cx, inst, a);
        if (a->primary_key && (now ? !cm__is_none(cx, now) : inst->flags & CM_INST_KEY))
            return cm__fail(cx, CM_E_DEPENDENCY,
                            "Dependency rule on column '%s.%s' tried to blank-out primary key column '%s.%s' on instance '%s'",
                            cm_str_text(because->table->name), cm_str_text(because->name), cm_str_text(columns[i]->table->name),
                            cm_str_text(columns[i]->name), cm_inst__text(inst, text, sizeof text));
        cm_status st = store_key(cx, inst, a, cm__none(cx));
        if (st) return st;
    }
    return CM_OK;
}

/* ---- one relation of one row */

typedef struct sync {
    cm_uow *u;
    cm_inst *inst;
    const cm_relation *r;
    cm_history h;
} sync;

static cm_inst *inst_at(cm_ctx *cx, const cm_objs *list, size_t i) {
    return cm__is_none(cx, list->v[i]) ? NULL : cm__host(cx)->object_inst(cx, list->v[i]);
}

static bool deleting(const cm_uow *u, const cm_inst *inst) {
    const cm_uow_row *row = cm_uow__find(u, inst);
    return row && row->action == CM_ROW_DELETE;
}

/* many-to-one: the row takes its target's key, or none. */
static cm_status sync_target(cm_ctx *cx, const sync *s) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->h.added.n; i++) {
        cm_inst *target = inst_at(cx, &s->h.added, i);
        if (!target) {
            st = clear(cx, s->inst, s->r->parent_columns, s->r->npairs, s->r->target_columns[0]);
        } else if (!cm_session__has(s->u->session, target)) {
            st = cm_uow__warn_absent(cx, s->r, target, "add");
        } else {
            st = populate(cx, target, s->r->target_columns, s->inst, s->r->parent_columns, s->r->npairs);
        }
    }
    return st;
}

/* Whether a child taken out says that another holds it by now. */
static bool held_by_another(cm_ctx *cx, const sync *s, cm_inst *child) {
    if (s->r->cascade & CM_CASCADE_DELETE_ORPHAN) return cm_inst__has_parent(child, s->r, false);
    const cm_attr *back = s->r->back ? cm_mapper__own_attr(child->mapper, s->r->back) : NULL;
    const void *parent = back && !back->uselist ? cm_inst__peek(cx, child, back) : NULL;
    return parent && !cm__is_none(cx, parent) && parent != cm__object(cx, s->inst);
}

static cm_status sync_left(cm_ctx *cx, const sync *s, const cm_objs *left) {
    cm_status st = CM_OK;
    if (s->r->passive_deletes == 2) return CM_OK; /* what refers to a parent is the database's business */
    for (size_t i = 0; !st && i < left->n; i++) {
        cm_inst *child = inst_at(cx, left, i);
        bool carries = false;
        if (!child || child->session != s->u->session || !(child->flags & (CM_INST_PERSISTENT | CM_INST_PENDING)) || deleting(s->u, child))
            continue;
        if (held_by_another(cx, s, child)) continue;
        st = carries_key(cx, s->inst, s->r, child, &carries);
        if (!st && carries) st = clear(cx, child, s->r->target_columns, s->r->npairs, s->r->parent_columns[0]);
    }
    return st;
}

static cm_status sync_joined(cm_ctx *cx, const sync *s, const cm_objs *joined) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < joined->n; i++) {
        cm_inst *child = inst_at(cx, joined, i);
        if (!child || !cm_session__has(s->u->session, child) || deleting(s->u, child)) continue;
        st = populate(cx, s->inst, s->r->parent_columns, child, s->r->target_columns, s->r->npairs);
    }
    return st;
}

bool cm_sync__carried(const cm_uow *u, const cm_inst *inst, const cm_attr *attr) {
    const uintptr_t bits = u->carried.used ? (uintptr_t)cm_map__get(&u->carried, cm__ptr_key(inst)) : 0;
    for (size_t i = 0; bits >> i; i++)
        if ((bits >> i & 1) && inst->mapper->primary_key[i] == attr) return true;
    return false;
}

/* What children have of a parent's key in their own changes in the database with it. */
static cm_status note_carried(cm_ctx *cx, cm_uow *u, const cm_inst *child, cm_column *const *columns, size_t n) {
    if (!(child->flags & CM_INST_KEY)) return CM_OK;
    uintptr_t bits = (uintptr_t)cm_map__get(&u->carried, cm__ptr_key(child));
    const uintptr_t before = bits;
    for (size_t k = 0; k < n; k++) {
        const cm_attr *a = cm_mapper__column_attr(child->mapper, columns[k]);
        for (size_t at = 0; a && a->primary_key && at < child->mapper->nprimary_key && at < 8 * sizeof bits; at++)
            if (child->mapper->primary_key[at] == a) bits |= (uintptr_t)1 << at;
    }
    return bits == before ? CM_OK : cm_map__put(cx, &u->carried, cm__ptr_key(child), (void *)bits);
}

/* Children of a row whose own key changes. */
static cm_status sync_rekeyed(cm_ctx *cx, const sync *s) {
    cm_status st = CM_OK;
    cm_objs members = {0};
    if (!cm_uow__keys_changed(cx, s->inst, s->r, &st)) return st;
    st = cm_relation__members(cx, s->inst, s->r, false, &members);
    if (!st) st = sync_joined(cx, s, &members);
    for (size_t i = 0; !st && s->r->passive_updates && i < members.n; i++) {
        const cm_inst *child = inst_at(cx, &members, i);
        if (child && cm_session__has(s->u->session, child)) st = note_carried(cx, s->u, child, s->r->target_columns, s->r->npairs);
    }
    cm_objs__release(cx, &members);
    return st;
}

typedef cm_status (*sync_fn)(cm_ctx *cx, const sync *s);

static cm_status children_left(cm_ctx *cx, const sync *s) { return sync_left(cx, s, &s->h.deleted); }
static cm_status children_joined(cm_ctx *cx, const sync *s) { return sync_joined(cx, s, &s->h.added); }

/* Runs f with the history of every relation of a row that has the direction and holds something. */
static cm_status each_relation(cm_ctx *cx, cm_uow *u, cm_inst *inst, cm_direction direction, bool post, sync_fn f) {
    const cm_mapper *m = inst->mapper;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < m->nrelations; i++) {
        sync s = {u, inst, m->relations[i], {{0}, {0}, {0}}};
        if (s.r->direction != direction || s.r->viewonly || s.r->post_update != post) continue;
        if (direction == CM_ONE_TO_MANY && f == children_joined) st = sync_rekeyed(cx, &s);
        if (st || !cm_inst__touched(cx, inst, s.r)) continue;
        st = cm_inst__history(cx, inst, s.r->attr, &s.h);
        if (!st) st = f(cx, &s);
        cm_history__dispose(cx, &s.h);
    }
    return st;
}

/* ---- moments of a flush */

cm_status cm_sync__before_save(cm_ctx *cx, cm_uow *u, const cm_uow_step *step) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < step->n; i++) st = each_relation(cx, u, step->rows[i]->inst, CM_MANY_TO_ONE, false, sync_target);
    return st;
}

cm_status cm_sync__after_save(cm_ctx *cx, cm_uow *u, const cm_uow_step *step) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < step->n; i++)
        if (step->rows[i]->flags & CM_ROW_INSERT) st = each_relation(cx, u, step->rows[i]->inst, CM_ONE_TO_MANY, false, children_joined);
    return st;
}

/* Children of a deleted row that are neither deleted nor held by another. */
static cm_status orphan_children(cm_ctx *cx, cm_uow *u, cm_inst *inst, const cm_relation *r) {
    sync s = {u, inst, r, {{0}, {0}, {0}}};
    if (r->direction != CM_ONE_TO_MANY || r->viewonly || r->post_update || r->passive_deletes == 2 || (r->cascade & CM_CASCADE_DELETE))
        return CM_OK;
    cm_status st = cm_inst__history(cx, inst, r->attr, &s.h);
    if (!st) st = sync_left(cx, &s, &s.h.unchanged);
    if (!st) st = sync_left(cx, &s, &s.h.deleted);
    cm_history__dispose(cx, &s.h);
    return st;
}

/* Children of rows whose key is known already: first those taken out, then those put in. */
static cm_status sync_known_parents(cm_ctx *cx, cm_uow *u, sync_fn f) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->nrows; i++) {
        const cm_uow_row *row = u->rows[i];
        if (row->action == CM_ROW_SAVE && !(row->flags & CM_ROW_INSERT)) st = each_relation(cx, u, row->inst, CM_ONE_TO_MANY, false, f);
    }
    return st;
}

/* Rows that refer to one whose key changed take its new one. */
static cm_status sync_referrers(cm_ctx *cx, cm_uow *u) {
    cm_status st = CM_OK;
    for (const cm_referrer *f = u->referrers; !st && f; f = f->next) {
        const cm_relation *r = f->relation;
        void *object = cm_inst__peek(cx, f->inst, r->attr);
        cm_inst *target = object && !cm__is_none(cx, object) ? cm__host(cx)->object_inst(cx, object) : NULL;
        if (!target || deleting(u, f->inst) || !cm_session__has(u->session, target)) continue;
        st = populate(cx, target, r->target_columns, f->inst, r->parent_columns, r->npairs);
        if (!st && r->passive_updates) st = note_carried(cx, u, f->inst, r->parent_columns, r->npairs);
    }
    return st;
}

cm_status cm_sync__begin(cm_ctx *cx, cm_uow *u) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->ndeletes; i++) {
        for (size_t k = 0; !st && k < u->deletes[i].n; k++) {
            cm_inst *inst = u->deletes[i].rows[k]->inst;
            for (size_t r = 0; !st && r < inst->mapper->nrelations; r++) st = orphan_children(cx, u, inst, inst->mapper->relations[r]);
        }
    }
    if (!st) st = sync_known_parents(cx, u, children_left);
    if (!st) st = sync_known_parents(cx, u, children_joined);
    return st ? st : sync_referrers(cx, u);
}

/* ---- post_update */

/* Whether there is anything to write: a changed foreign key, or one that a new row did not have yet. */
static bool posts_anything(cm_ctx *cx, cm_inst *inst, const cm_relation *r, cm_status *st) {
    cm_column *const *columns = r->direction == CM_MANY_TO_ONE ? r->parent_columns : r->target_columns;
    for (size_t i = 0; !*st && i < r->npairs; i++) {
        const cm_attr *a = cm_mapper__column_attr(inst->mapper, columns[i]);
        void *now = a ? cm_inst__peek(cx, inst, a) : NULL;
        if (a && (inst->flags & CM_INST_KEY ? cm_inst__net_changed(cx, inst, a, st) : now && !cm__is_none(cx, now))) return true;
    }
    return false;
}

static cm_status add_post(cm_ctx *cx, cm_uow *u, cm_inst *inst, const cm_relation *r) {
    cm_status st = CM_OK;
    if (!posts_anything(cx, inst, r, &st)) return st;
    cm_post_row *p = cm_arena__alloc(&u->arena, sizeof *p);
    if (!p) return CM_E_NOMEM;
    *p = (cm_post_row){inst, r, u->posts};
    u->posts = p;
    return cm_uow__hold(cx, u, inst);
}

static cm_status post_target(cm_ctx *cx, const sync *s) {
    cm_status st = sync_target(cx, s);
    return !st && (s->h.added.n || s->h.deleted.n) ? add_post(cx, s->u, s->inst, s->r) : st;
}

/* Whether the child's own side of the relation, which changed too, has the child written. */
static bool posted_by_itself(cm_ctx *cx, const sync *s, cm_inst *child) {
    const cm_attr *back = s->r->back ? cm_mapper__own_attr(child->mapper, s->r->back) : NULL;
    const cm_uow_row *row = cm_uow__find(s->u, child);
    return back && back->relation && back->relation->post_update && row && row->action == CM_ROW_SAVE &&
           cm_inst__touched(cx, child, back->relation);
}

static cm_status post_children(cm_ctx *cx, const sync *s) {
    cm_status st = sync_left(cx, s, &s->h.deleted);
    if (!st) st = sync_joined(cx, s, &s->h.added);
    for (int which = 0; which < 2; which++) {
        const cm_objs *list = which ? &s->h.deleted : &s->h.added;
        for (size_t i = 0; !st && i < list->n; i++) {
            cm_inst *child = inst_at(cx, list, i);
            if (!child || !cm_session__has(s->u->session, child) || deleting(s->u, child) || posted_by_itself(cx, s, child)) continue;
            st = add_post(cx, s->u, child, s->r);
        }
    }
    return st;
}

/* Whether a row's foreign key holds anything, or nobody knows. */
static bool refers(cm_ctx *cx, cm_inst *inst, const cm_relation *r) {
    for (size_t i = 0; i < r->npairs; i++) {
        const cm_attr *a = cm_mapper__column_attr(inst->mapper, r->parent_columns[i]);
        void *now = a ? cm_inst__peek(cx, inst, a) : NULL;
        if (!now || !cm__is_none(cx, now) || cm_inst__committed(inst, a)) return true;
    }
    return false;
}

/* A row that goes first lets go of those it refers to, and those that refer to it let go of it. */
static cm_status post_deleted(cm_ctx *cx, cm_uow *u, cm_inst *inst, const cm_relation *r) {
    if (!r->post_update || r->viewonly || r->passive_deletes == 2) return CM_OK;
    if (r->direction == CM_MANY_TO_ONE) {
        if (!refers(cx, inst, r)) return CM_OK;
        cm_status st = clear(cx, inst, r->parent_columns, r->npairs, r->target_columns[0]);
        return st ? st : add_post(cx, u, inst, r);
    }
    if (r->direction != CM_ONE_TO_MANY) return CM_OK;
    sync s = {u, inst, r, {{0}, {0}, {0}}};
    cm_status st = cm_inst__history(cx, inst, r->attr, &s.h);
    for (size_t i = 0; !st && i < s.h.unchanged.n; i++) {
        cm_inst *child = inst_at(cx, &s.h.unchanged, i);
        if (!child || !cm_session__has(u->session, child)) continue;
        st = clear(cx, child, r->target_columns, r->npairs, r->parent_columns[0]);
        if (!st) st = add_post(cx, u, child, r);
    }
    cm_history__dispose(cx, &s.h);
    return st;
}

cm_status cm_sync__post(cm_ctx *cx, cm_uow *u, bool deletes) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->nrows; i++) {
        cm_uow_row *row = u->rows[i];
        if (!deletes && row->action == CM_ROW_SAVE) {
            st = each_relation(cx, u, row->inst, CM_MANY_TO_ONE, true, post_target);
            if (!st) st = each_relation(cx, u, row->inst, CM_ONE_TO_MANY, true, post_children);
        } else if (deletes && row->action == CM_ROW_DELETE) {
            for (size_t r = 0; !st && r < row->inst->mapper->nrelations; r++)
                st = post_deleted(cx, u, row->inst, row->inst->mapper->relations[r]);
        }
    }
    return st;
}
