/* Flushing a session: plan, run, and the states of instances afterwards. */
#include "uow/uow.h"

#include <stdio.h>
#include <string.h>

/* ---- states after success */

static cm_status key_from_values(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    void **key = cm_arena__alloc(&u->arena, m->nprimary_key * sizeof *key);
    char text[128];
    size_t nulls = 0;
    if (!key) return CM_E_NOMEM;
    for (size_t i = 0; i < m->nprimary_key; i++) {
        key[i] = cm_inst__peek(cx, inst, m->primary_key[i]);
        if (!key[i]) key[i] = cm__none(cx);
        nulls += cm__is_none(cx, key[i]);
    }
    if (nulls == m->nprimary_key)
        return cm__fail(
            cx, CM_E_FLUSH,
            "Instance %s has a NULL identity key: neither the program nor the database gave its primary key a value.  A key that the "
            "database makes needs a column that does so (an integer, Identity() or a server_default), in the table and in the mapping.",
            cm_inst__text(inst, text, sizeof text));
    return cm_inst__set_key(cx, inst, key, m->nprimary_key);
}

static cm_status enter_identity_map(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_status st = cm_idmap__add(cx, s->idmap, inst);
    if (!st) inst->flags |= CM_INST_PERSISTENT;
    return st;
}

/* Collections that were only looked at while there was no row are read when they are looked at again. */
static cm_status unload_empty(cm_ctx *cx, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < m->nrelations; i++) {
        const cm_relation *r = m->relations[i];
        void *coll = r->uselist ? cm_inst__peek(cx, inst, r->attr) : NULL;
        cm_objs members = {0};
        if (!coll || cm_inst__committed(inst, r->attr)) continue;
        st = cm__host(cx)->coll_members(cx, coll, &members);
        if (!st && members.n == 0) st = cm_inst__store_take(cx, inst, r->attr, NULL);
        cm_objs__release(cx, &members);
    }
    return st;
}

static cm_status finish_inserted(cm_ctx *cx, cm_uow *u, cm_uow_row *row) {
    cm_session *s = u->session;
    cm_inst *inst = row->inst;
    cm_status st = CM_OK;
    if (inst->session != s) return CM_OK; /* expunged by a listener */
    if (inst->flags & CM_INST_PENDING) cm_session__unpend(cx, s, inst);
    if (row->flags & CM_ROW_HAS_ID) {
        inst->key.i = row->id;
        inst->flags |= CM_INST_KEY;
    } else if (!(inst->flags & CM_INST_KEY)) {
        st = key_from_values(cx, u, inst);
    }
    if (st) return st;
    st = unload_empty(cx, inst);
    if (st) return st;
    cm_inst__commit_all(cx, inst);
    st = enter_identity_map(cx, s, inst);
    if (!st) st = cm_tx__note_new(cx, s, inst);
    return st ? st : cm_session__event(cx, s, CM_EV_PENDING_TO_PERSISTENT, inst);
}

/* Parts of the key that are unloaded did not change: they are known from the key there was. */
static cm_status complete_key(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    void **was = cm_arena__alloc(&u->arena, m->nprimary_key * sizeof *was);
    cm_status st = was ? cm_inst__key_values(cx, inst, was) : CM_E_NOMEM;
    if (st) return st;
    for (size_t i = 0; i < m->nprimary_key; i++) {
        if (!st && !cm_inst__peek(cx, inst, m->primary_key[i])) st = cm_inst__store(cx, inst, m->primary_key[i], was[i]);
        cm__release(cx, was[i]);
    }
    return st;
}

static cm_status switch_key(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    cm_status st = complete_key(cx, u, inst);
    if (st) return st;
    cm_idmap__remove(u->session->idmap, inst);
    st = cm_tx__note_switch(cx, u->session, inst);
    if (!st) st = key_from_values(cx, u, inst);
    if (!st) st = cm_idmap__add(cx, u->session->idmap, inst);
    if (st) inst->flags &= ~(uint32_t)CM_INST_PERSISTENT;
    return st;
}

static cm_status finish_updated(cm_ctx *cx, cm_uow *u, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    bool rekeyed = false;
    cm_status st = CM_OK;
    if (inst->session != u->session || !(inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    for (size_t i = 0; !st && !rekeyed && i < m->nprimary_key; i++) rekeyed = cm_inst__net_changed(cx, inst, m->primary_key[i], &st);
    if (!st && rekeyed) st = switch_key(cx, u, inst);
    if (!st && (inst->flags & CM_INST_MODIFIED)) st = cm_tx__note_dirty(cx, u->session, inst);
    if (!st) cm_inst__commit_all(cx, inst);
    return st;
}

static cm_status finish_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (inst->session != s) return CM_OK;
    cm_status st = cm_tx__note_deleted(cx, s, inst);
    if (st) return st;
    cm_idmap__remove(s->idmap, inst);
    inst->flags &= ~(uint32_t)(CM_INST_PERSISTENT | CM_INST_MODIFIED | CM_INST_DELETING);
    inst->flags |= CM_INST_DELETED;
    return cm_session__event(cx, s, CM_EV_PERSISTENT_TO_DELETED, inst);
}

/* Lets go of instances of a list that no longer carry its flag. Releasing runs the program's code, which may change the list:
 * every step begins from what is there. */
static void drop_unmarked(cm_ctx *cx, cm_session *s, cm_objs *list, uint32_t flag) {
    for (size_t i = 0; i < list->n;) {
        void *object = list->v[i];
        const cm_inst *inst = cm__host(cx)->object_inst(cx, object);
        if (inst && inst->session == s && (inst->flags & flag)) {
            i++;
            continue;
        }
        list->v[i] = list->v[--list->n];
        cm__release(cx, object);
    }
}

/* What the flush wrote leaves the session's lists; what the program changed meanwhile stays for the next one. */
static void compact_lists(cm_ctx *cx, cm_session *s) {
    size_t kept = 0;
    for (size_t i = 0; i < s->new_list.n; i++) {
        void *object = s->new_list.v[i];
        if (!object) continue;
        cm__host(cx)->object_inst(cx, object)->key.i = (int64_t)kept;
        s->new_list.v[kept++] = object;
    }
    s->new_list.n = kept;
    drop_unmarked(cx, s, &s->dirty_list, CM_INST_MODIFIED);
    drop_unmarked(cx, s, &s->deleted_list, CM_INST_DELETING);
}

cm_status cm_uow__finish(cm_ctx *cx, cm_uow *u) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < u->nrows; i++) /* deleted ones first: their keys may be taken over */
        if (u->rows[i]->action == CM_ROW_DELETE) st = finish_deleted(cx, u->session, u->rows[i]->inst);
    for (size_t i = 0; !st && i < u->nrows; i++) {
        cm_uow_row *row = u->rows[i];
        if (row->action == CM_ROW_DELETE) continue;
        st = row->flags & CM_ROW_INSERT ? finish_inserted(cx, u, row) : finish_updated(cx, u, row->inst);
    }
    compact_lists(cx, u->session);
    return st;
}

cm_status cm_session_row_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    s->cx = cx;
    if (inst->session != s || !(inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    cm_status st = cm_session__ready(cx, s);
    void *object = cm__object(cx, inst);
    if (st || !object) return st;
    cm__retain(cx, object); /* a list may be what keeps it */
    cm_session__undelete(cx, s, inst);
    cm_session__undirty(cx, s, inst);
    st = finish_deleted(cx, s, inst);
    cm__release(cx, object);
    return st;
}

/* ---- flush */

static cm_status flush(cm_ctx *cx, cm_session *s) {
    cm_uow u = {0};
    cm_status st = cm_session__event(cx, s, CM_EV_BEFORE_FLUSH, NULL);
    if (st || cm_session__clean(s)) return st;
    st = cm_uow__plan(cx, &u, s);
    s->writing = true;
    if (!st) st = cm_uow__run(cx, &u);
    s->writing = false;
    if (!st) st = cm_session__event(cx, s, CM_EV_AFTER_FLUSH, NULL);
    if (!st) st = cm_uow__finish(cx, &u);
    if (!st) st = cm_session__event(cx, s, CM_EV_AFTER_FLUSH_POSTEXEC, NULL);
    if (st) {
        void *failure = cm__set_aside(cx);
        cm_uow__scrap(cx, &u);
        s->flushing = false; /* rolling back is not flushing */
        cm_tx__fail(cx, s);
        cm__put_back(cx, failure);
    }
    cm_uow__dispose(cx, &u);
    return st;
}

cm_status cm_session_flush(cm_ctx *cx, cm_session *s) {
    s->cx = cx;
    if (s->flushing) return cm__fail(cx, CM_E_INVALID_REQUEST, "Session is already flushing");
    if (cm_session__clean(s)) return CM_OK;
    cm_status st = cm_session__ready(cx, s);
    if (st) return st;
    struct cm_changing outer = cm_session__hold(s, "flush()");
    s->flushing = true;
    s->committed_keys++;
    st = flush(cx, s);
    s->committed_keys--;
    s->flushing = false;
    s->changing = outer;
    return cm_session__tell(cx, s, st);
}

cm_status cm_session__autoflush(cm_ctx *cx, cm_session *s) {
    if (!s->autoflush || s->no_autoflush || s->flushing || cm_session__clean(s)) return CM_OK;
    cm_status st = cm_session_flush(cx, s);
    if (st && st == cx->err.status)
        cx->err.note = "raised as a result of Query-invoked autoflush; consider using a session.no_autoflush block if this flush is "
                       "occurring prematurely";
    return st;
}
