/* Sessions: which instances they hold and in which state.
 *
 *   new_list      pending, in order of add          CM_INST_PENDING      held
 *   idmap         persistent, by key                CM_INST_PERSISTENT   weak
 *   dirty_list    persistent with changes           CM_INST_MODIFIED     held
 *   deleted_list  deleted by the next flush         CM_INST_DELETING     held
 *   tx->deleted   deleted, not committed            CM_INST_DELETED      held
 *
 * Transactions are in transaction.c, the flush in uow_*.c. Host events run the program's code: no pointer into a list
 * survives one.
 */
#include "orm/orm.h"

#include <stdio.h>
#include <string.h>

/* ---- events */

cm_status cm_session__event(cm_ctx *cx, cm_session *s, cm_event ev, cm_inst *inst) {
    if (!(s->events >> ev & 1)) return CM_OK;
    void *none = NULL;
    return cm__host(cx)->event(cx, ev, s, inst, NULL, &none);
}

void cm_session_set_events(cm_session *s, uint64_t mask) { s->events = mask; }

/* ---- lists */

static void remove_from(cm_ctx *cx, cm_objs *list, void *obj) {
    for (size_t i = list->n; i-- > 0;) {
        if (list->v[i] != obj) continue;
        memmove(&list->v[i], &list->v[i + 1], (list->n - i - 1) * sizeof *list->v);
        list->n--;
        cm__release(cx, obj);
        return;
    }
}

cm_status cm_session__dirty(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    void *object = cm__object(cx, inst);
    if (!object) return CM_OK;
    cm_status st = s->tx ? CM_OK : cm_session__autobegin(cx, s);
    return st ? st : cm_objs__hold(cx, &s->dirty_list, object);
}

void cm_session__undirty(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (!(inst->flags & CM_INST_MODIFIED)) return;
    inst->flags &= ~(uint32_t)CM_INST_MODIFIED;
    remove_from(cx, &s->dirty_list, cm__object(cx, inst));
}

void cm_session__unpend(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    size_t at = (size_t)inst->key.i;
    void *object = s->new_list.v[at];
    s->new_list.v[at] = NULL;
    inst->flags &= ~(uint32_t)CM_INST_PENDING;
    inst->key.i = 0;
    if (--s->nnew == 0 && !s->flushing) s->new_list.n = 0;
    cm__release(cx, object);
}

void cm_session__undelete(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (!(inst->flags & CM_INST_DELETING)) return;
    inst->flags &= ~(uint32_t)CM_INST_DELETING;
    remove_from(cx, &s->deleted_list, cm__object(cx, inst));
}

bool cm_session__clean(const cm_session *s) { return s->nnew == 0 && s->dirty_list.n == 0 && s->deleted_list.n == 0; }

cm_status cm_session__identities(cm_ctx *cx, cm_session *s, cm_objs *out) {
    cm_inst *inst;
    cm_status st = CM_OK;
    cm_idmap_iter i = {0};
    while (!st && cm_idmap__next(s->idmap, &i, &inst)) {
        void *object = cm__object(cx, inst);
        if (object) st = cm_objs__hold(cx, out, object);
    }
    return st;
}

/* ---- attaching */

static cm_status refuse_other_session(cm_ctx *cx, const cm_session *s, cm_inst *inst) {
    char text[128];
    if (!inst->session || inst->session == s) return CM_OK;
    return cm__fail(cx, CM_E_INVALID_REQUEST, "Object '%s' is already attached to session '%llu' (this is '%llu')",
                    cm_inst__text(inst, text, sizeof text), (unsigned long long)inst->session->id, (unsigned long long)s->id);
}

static cm_status make_pending(cm_ctx *cx, cm_session *s, cm_inst *inst, void *object) {
    cm_status st = cm_session__event(cx, s, CM_EV_BEFORE_ATTACH, inst);
    if (st || (inst->flags & CM_INST_PENDING)) return st;
    st = cm_objs__hold(cx, &s->new_list, object);
    if (st) return st;
    inst->session = s;
    inst->flags |= CM_INST_PENDING;
    inst->key.i = (int64_t)(s->new_list.n - 1);
    s->nnew++;
    st = cm_session__event(cx, s, CM_EV_AFTER_ATTACH, inst);
    return st ? st : cm_session__event(cx, s, CM_EV_TRANSIENT_TO_PENDING, inst);
}

static cm_status make_persistent(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    char text[128];
    if (inst->flags & CM_INST_DELETED)
        return cm__fail(
            cx, CM_E_INVALID_REQUEST,
            "Instance '%s' has been deleted.  Use the make_transient() function to send this object back to the transient state.",
            cm_inst__text(inst, text, sizeof text));
    cm_status st = cm_session__event(cx, s, CM_EV_BEFORE_ATTACH, inst);
    if (!st) st = cm_idmap__add(cx, s->idmap, inst);
    if (st) return st;
    inst->session = s;
    inst->flags |= CM_INST_PERSISTENT;
    if (inst->flags & CM_INST_MODIFIED) {
        inst->flags &= ~(uint32_t)CM_INST_MODIFIED;
        st = cm_inst__modified(cx, inst);
    }
    if (!st) st = cm_session__event(cx, s, CM_EV_AFTER_ATTACH, inst);
    return st ? st : cm_session__event(cx, s, CM_EV_DETACHED_TO_PERSISTENT, inst);
}

/* Takes one instance into the session, whatever its state. */
static cm_status attach(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (cm_session__has(s, inst)) {
        cm_session__undelete(cx, s, inst);
        return CM_OK;
    }
    cm_status st = refuse_other_session(cx, s, inst);
    void *object = cm__object(cx, inst);
    if (st || !object) return st;
    cm__retain(cx, object);
    st = inst->flags & CM_INST_KEY ? make_persistent(cx, s, inst) : make_pending(cx, s, inst, object);
    cm__release(cx, object);
    return st;
}

cm_status cm_session__attach_loaded(cm_ctx *cx, cm_session *s, cm_inst *inst, uint64_t puts) {
    cm_status st = cm_idmap__add_absent(cx, s->idmap, inst, puts);
    if (st) return st;
    inst->session = s;
    inst->flags |= CM_INST_PERSISTENT;
    return cm_session__event(cx, s, CM_EV_LOADED_AS_PERSISTENT, inst);
}

/* Whether any relation that cascades saves holds something: most new instances hold nothing yet. */
static bool may_cascade(cm_ctx *cx, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    for (size_t i = 0; i < m->nrelations; i++)
        if ((m->relations[i]->cascade & CM_CASCADE_SAVE_UPDATE) && cm_inst__peek(cx, inst, m->relations[i]->attr)) return true;
    return inst->state && inst->state->colls;
}

cm_status cm_session__while_writing(cm_ctx *cx, const cm_session *s, const char *operation) {
    char text[256];
    if (!s || !s->writing) return CM_OK;
    snprintf(text, sizeof text,
             "Usage of the '%s' operation is not currently supported within the execution stage of the flush process. Results may not be "
             "consistent.  Consider using alternative event listeners or connection-level operations instead.",
             operation);
    return cm__host(cx)->warn(cx, "SAWarning", text);
}

cm_status cm_session_add(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_status st = cm_session__while_writing(cx, s, "Session.add()");
    return st ? st : cm_session__take(cx, s, inst);
}

cm_status cm_session__take(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_cascade c = {0};
    s->cx = cx;
    cm_status st = s->tx ? CM_OK : cm_session__autobegin(cx, s);
    if (inst->state) inst->state->orphaned = false; /* asked for by name: it comes without a parent, too */
    if (!st) st = attach(cx, s, inst);
    if (st || !may_cascade(cx, inst)) return st;
    st = cm_cascade__collect(cx, &c, inst, CM_CASCADE_SAVE_UPDATE, s);
    for (size_t i = 0; !st && i < c.found.n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, c.found.v[i]);
        if (child) st = attach(cx, s, child);
    }
    cm_cascade__dispose(cx, &c);
    return st;
}

/* ---- detaching */

static cm_event detach_event(uint32_t was, bool transient) {
    if (was & CM_INST_PENDING) return CM_EV_PENDING_TO_TRANSIENT;
    if (was & CM_INST_DELETED) return CM_EV_DELETED_TO_DETACHED;
    return transient ? CM_EV_PERSISTENT_TO_TRANSIENT : CM_EV_PERSISTENT_TO_DETACHED;
}

void cm_inst__lose_row(cm_ctx *cx, cm_inst *inst) {
    if (!(inst->flags & CM_INST_STALE)) inst->flags &= ~(uint32_t)CM_INST_EXPIRED; /* else all was lost: reading it says so */
    cm_inst__commit_all(cx, inst);
    cm_inst__clear_key(cx, inst);
    inst->flags &= ~(uint32_t)(CM_INST_NEW_ROW | CM_INST_PARTIAL | CM_INST_DELETED);
}

static void keep_failure(cm_ctx *cx, cm_session *s) {
    void *failure = cm__set_aside(cx);
    if (!s->failure) s->failure = failure;
    else if (failure) cm__release(cx, failure);
}

cm_status cm_session__tell(cm_ctx *cx, cm_session *s, cm_status st) {
    void *failure = s->failure;
    s->failure = NULL;
    if (!failure) return st;
    if (st) {
        cm__release(cx, failure);
        return st;
    }
    cm__put_back(cx, failure);
    return CM_E_HOST;
}

void cm_session__detach(cm_ctx *cx, cm_session *s, cm_inst *inst, bool transient) {
    uint32_t was = inst->flags;
    void *object = cm__object(cx, inst);
    if (!object) return;
    cm__retain(cx, object);
    if (was & CM_INST_PENDING) cm_session__unpend(cx, s, inst);
    if (was & CM_INST_PERSISTENT) cm_idmap__remove(s->idmap, inst);
    cm_session__undelete(cx, s, inst);
    bool modified = was & CM_INST_MODIFIED;
    cm_session__undirty(cx, s, inst);
    inst->flags &= ~(uint32_t)(CM_INST_PERSISTENT | CM_INST_NEW_ROW | CM_INST_IN_FLUSH);
    inst->session = NULL;
    if (transient && (was & (CM_INST_PERSISTENT | CM_INST_DELETED))) {
        cm_inst__lose_row(cx, inst);
    } else if (modified && (inst->flags & CM_INST_KEY)) {
        inst->flags |= CM_INST_MODIFIED; /* it is written when it comes back */
    }
    if (cm_session__event(cx, s, detach_event(was, transient), inst)) keep_failure(cx, s);
    cm__release(cx, object);
}

/* Instances deleted by the transaction leave its record, too. */
static void forget_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    void *object = cm__object(cx, inst);
    for (cm_transaction *t = s->tx; t; t = t->parent) remove_from(cx, &t->deleted, object);
}

static bool lists(const cm_objs *list, const void *obj) {
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == obj) return true;
    return false;
}

/* Savepoints list what was inserted inside them; of the outermost level's rows, those whose instances left the session. */
static cm_status remember_new(cm_ctx *cx, cm_transaction *t, void *object) {
    while (t->nested && !lists(&t->news, object)) t = t->parent;
    return t->nested ? CM_OK : cm_objs__hold(cx, &t->news, object);
}

/* A row inserted by this transaction is remembered: rollback makes its instance transient all the same. */
static cm_status expunge_one(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (inst->session != s) return CM_OK;
    void *object = cm__object(cx, inst);
    bool new_row = (inst->flags & CM_INST_NEW_ROW) && s->tx;
    cm_status st = new_row ? remember_new(cx, s->tx, object) : CM_OK;
    if (st) return st;
    cm__retain(cx, object);
    if (inst->flags & CM_INST_DELETED) forget_deleted(cx, s, inst);
    cm_session__detach(cx, s, inst, false);
    if (new_row) inst->flags |= CM_INST_NEW_ROW;
    cm__release(cx, object);
    return CM_OK;
}

cm_status cm_session_expunge(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_cascade c = {0};
    char text[128];
    s->cx = cx;
    if (inst->session != s)
        return cm__fail(cx, CM_E_INVALID_REQUEST, "Instance %s is not present in this Session", cm_inst__text(inst, text, sizeof text));
    cm_status st = cm_cascade__collect(cx, &c, inst, CM_CASCADE_EXPUNGE, NULL);
    if (!st) st = expunge_one(cx, s, inst);
    for (size_t i = 0; !st && i < c.found.n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, c.found.v[i]);
        if (child) st = expunge_one(cx, s, child);
    }
    cm_cascade__dispose(cx, &c);
    return cm_session__tell(cx, s, st);
}

cm_status cm_session_expunge_all(cm_ctx *cx, cm_session *s) {
    cm_objs all = {0};
    s->cx = cx;
    cm_status st = cm_session__identities(cx, s, &all);
    for (size_t i = 0; !st && i < s->new_list.n; i++)
        if (s->new_list.v[i]) st = cm_objs__hold(cx, &all, s->new_list.v[i]);
    for (size_t i = 0; !st && i < all.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, all.v[i]);
        if (inst) st = expunge_one(cx, s, inst);
    }
    cm_objs__release(cx, &all);
    return cm_session__tell(cx, s, st);
}

/* ---- deleting */

static cm_status mark_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    if (inst->flags & (CM_INST_DELETING | CM_INST_DELETED)) return CM_OK;
    void *object = cm__object(cx, inst);
    cm_status st = refuse_other_session(cx, s, inst);
    if (!st && !cm_session__has(s, inst)) st = make_persistent(cx, s, inst);
    if (!st) st = cm_objs__hold(cx, &s->deleted_list, object);
    if (!st) inst->flags |= CM_INST_DELETING;
    return st;
}

cm_status cm_session_delete(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_cascade c = {0};
    char text[128];
    s->cx = cx;
    cm_status st = cm_session__while_writing(cx, s, "Session.delete()");
    if (st) return st;
    if (!(inst->flags & CM_INST_KEY))
        return cm__fail(cx, CM_E_INVALID_REQUEST, "Instance '%s' is not persisted", cm_inst__text(inst, text, sizeof text));
    if (!s->tx) st = cm_session__autobegin(cx, s);
    if (!inst->session) inst->flags &= ~(uint32_t)CM_INST_DELETED; /* deleted once more: the flush will not find its row */
    if (!st) st = refuse_other_session(cx, s, inst);
    if (st || (inst->flags & (CM_INST_DELETING | CM_INST_DELETED))) return st;
    if (!cm_session__has(s, inst)) st = make_persistent(cx, s, inst);
    if (!st) st = cm_cascade__collect(cx, &c, inst, CM_CASCADE_DELETE, NULL); /* loads what is to go, too */
    if (!st) st = mark_deleted(cx, s, inst);
    for (size_t i = 0; !st && i < c.found.n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, c.found.v[i]);
        if (child && (child->flags & CM_INST_KEY)) st = mark_deleted(cx, s, child);
    }
    cm_cascade__dispose(cx, &c);
    return st;
}

/* ---- expiring and refreshing */

static cm_status require_persistent(cm_ctx *cx, const cm_session *s, cm_inst *inst) {
    char text[128];
    if (inst->session == s && (inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    return cm__fail(cx, CM_E_INVALID_REQUEST, "Instance '%s' is not persistent within this Session",
                    cm_inst__text(inst, text, sizeof text));
}

static cm_status expire_one(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n) {
    if (inst->session == s && (inst->flags & CM_INST_PENDING)) cm_session__detach(cx, s, inst, false);
    else if (inst->flags & CM_INST_KEY) cm_inst__expire(cx, inst, attrs, n);
    if (!(inst->mapper->events >> CM_EV_EXPIRE & 1)) return CM_OK;
    void *none = NULL;
    return cm__host(cx)->event(cx, CM_EV_EXPIRE, s, inst, NULL, &none);
}

cm_status cm_session_expire(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n) {
    cm_cascade c = {0};
    s->cx = cx;
    cm_status st = require_persistent(cx, s, inst);
    if (st) return st;
    if (n > 0) return cm_session__tell(cx, s, expire_one(cx, s, inst, attrs, n));
    st = cm_cascade__collect(cx, &c, inst, CM_CASCADE_REFRESH_EXPIRE, NULL);
    if (!st) st = expire_one(cx, s, inst, NULL, 0);
    for (size_t i = 0; !st && i < c.found.n; i++) {
        cm_inst *child = cm__host(cx)->object_inst(cx, c.found.v[i]);
        if (child) st = expire_one(cx, s, child, NULL, 0);
    }
    cm_cascade__dispose(cx, &c);
    return cm_session__tell(cx, s, st);
}

cm_status cm_session_expire_all(cm_ctx *cx, cm_session *s) {
    cm_objs all = {0};
    s->cx = cx;
    cm_status st = cm_session__identities(cx, s, &all);
    for (size_t i = 0; !st && i < all.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, all.v[i]);
        if (inst && inst->session == s) st = expire_one(cx, s, inst, NULL, 0);
    }
    cm_objs__release(cx, &all);
    return cm_session__tell(cx, s, st);
}

cm_status cm_session_refresh(cm_ctx *cx, cm_session *s, cm_inst *inst, const cm_attr *const *attrs, size_t n) {
    char text[128];
    bool found = false;
    s->cx = cx;
    cm_status st = require_persistent(cx, s, inst);
    if (!st) st = cm_session_expire(cx, s, inst, attrs, n);
    if (!st) st = cm_session__autoflush(cx, s); /* what was expired is not written any more */
    if (!st) st = cm_load__refresh(cx, s, inst, attrs, n, &found);
    if (!st && !found) st = cm__fail(cx, CM_E_INVALID_REQUEST, "Could not refresh instance '%s'", cm_inst__text(inst, text, sizeof text));
    return st;
}

/* ---- life */

cm_status cm_session_new(cm_ctx *cx, const cm_session_options *options, cm_session **out) {
    *out = NULL;
    if (options->version != 1) return cm__fail(cx, CM_E_MISUSE, "these are no session options of version 1");
    cm_session *s = cm__alloc(cx, sizeof *s);
    if (!s) return CM_E_NOMEM;
    cm_status st = cm_idmap__new(cx, &s->idmap);
    if (st) {
        cm__free(cx, s);
        return st;
    }
    s->cx = cx;
    s->id = cm_serial(cx);
    s->autoflush = options->autoflush;
    s->expire_on_commit = options->expire_on_commit;
    s->autobegin = options->autobegin;
    s->host_session = options->host_session;
    if ((s->engine = options->engine)) cm_engine_retain(s->engine);
    cm__count(cx, CM_COUNT_SESSION, 1);
    *out = s;
    return CM_OK;
}

/* Lets go of everything without telling the program; works without memory. */
static void let_go(cm_ctx *cx, cm_session *s) {
    cm_inst *inst;
    cm_idmap_iter at = {0};
    while (cm_idmap__next(s->idmap, &at, &inst)) {
        inst->session = NULL;
        inst->flags &= ~(uint32_t)(CM_INST_PERSISTENT | CM_INST_DELETING | CM_INST_NEW_ROW);
    }
    for (size_t i = 0; i < s->new_list.n; i++) {
        inst = s->new_list.v[i] ? cm__host(cx)->object_inst(cx, s->new_list.v[i]) : NULL;
        if (!inst) continue;
        inst->session = NULL;
        inst->flags &= ~(uint32_t)CM_INST_PENDING;
        inst->key.i = 0;
    }
    s->nnew = 0;
    cm_objs__release(cx, &s->new_list);
    cm_objs__release(cx, &s->dirty_list);
    cm_objs__release(cx, &s->deleted_list);
}

void cm_session_without_raise(cm_session *s, bool on) { s->no_raise += on ? 1 : -1; }

void cm_session_free(cm_ctx *cx, cm_session *s) {
    if (!s) return;
    s->events = 0; /* the host's session object is going */
    cm_tx__abandon(cx, s);
    if (s->failure) cm__release(cx, s->failure);
    let_go(cx, s);
    cm_idmap__free(cx, s->idmap);
    if (s->guest) cm_conn__part(cx, s->guest);
    if (s->engine) cm_engine_release(cx, s->engine);
    cm__free(cx, s->conns);
    cm__free(cx, s);
    cm__count(cx, CM_COUNT_SESSION, -1);
}

cm_status cm_session_close(cm_ctx *cx, cm_session *s) {
    struct cm_changing outer;
    cm_status st = cm_session__change(cx, s, "close()", 0, &outer), told;
    if (st) return st;
    st = cm_session_expunge_all(cx, s);
    void *failure = st ? cm__set_aside(cx) : NULL;
    told = cm_tx__abandon(cx, s);
    if (failure) cm__put_back(cx, failure);
    s->changing = outer;
    return st ? st : told;
}
