/* Looking into instances and sessions: the public face of state, history and the session's sets. */
#include "orm/orm.h"

void *cm_inst_peek(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) { return cm_inst__peek(cx, inst, attr); }

cm_status cm_inst_history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_changes *out) {
    cm_history h = {0};
    cm_status st = attr->relation ? cm_inst__learn_before(cx, inst, attr->relation) : CM_OK;
    if (!st) st = cm_inst__history(cx, inst, attr, &h);
    *out = st ? (cm_changes){0} : (cm_changes){h.added, h.unchanged, h.deleted};
    return st;
}

void cm_changes_dispose(cm_ctx *cx, cm_changes *c) {
    cm_objs__release(cx, &c->added);
    cm_objs__release(cx, &c->unchanged);
    cm_objs__release(cx, &c->deleted);
}

size_t cm_mapper_nprimary_key(const cm_mapper *m) { return m->nprimary_key; }
const cm_attr *cm_mapper_primary_key(const cm_mapper *m, size_t i) { return i < m->nprimary_key ? m->primary_key[i] : NULL; }
cm_status cm_inst_identity(cm_ctx *cx, cm_inst *inst, void **out) { return cm_inst__key_values(cx, inst, out); }

static cm_status refuse_in_session(cm_ctx *cx, cm_inst *inst) {
    char text[128];
    if (!inst->session) return CM_OK;
    return cm__fail(cx, CM_E_INVALID_REQUEST, "Instance %s is in a session; expunge it first", cm_inst__text(inst, text, sizeof text));
}

cm_status cm_inst_set_identity(cm_ctx *cx, cm_inst *inst, void *const *key, size_t n) {
    cm_status st = refuse_in_session(cx, inst);
    return st ? st : cm_inst__set_key(cx, inst, key, n);
}

cm_status cm_inst_make_transient(cm_ctx *cx, cm_inst *inst) {
    cm_status st = refuse_in_session(cx, inst);
    if (st) return st;
    cm_inst__commit_all(cx, inst);
    cm_inst__clear_key(cx, inst);
    inst->flags &= ~(uint32_t)(CM_INST_DELETED | CM_INST_EXPIRED | CM_INST_STALE | CM_INST_PARTIAL | CM_INST_NEW_ROW);
    return CM_OK;
}

cm_status cm_inst_store_committed(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    if (!value) {
        cm_inst__expire(cx, inst, &attr, 1);
        return CM_OK;
    }
    cm_inst__forget(cx, inst, attr);
    cm__retain(cx, value);
    return attr->uselist ? cm_inst__store_loaded_coll(cx, inst, attr, value, NULL) : cm_inst__store_take(cx, inst, attr, value);
}

cm_status cm_inst_flag_modified(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    char text[128];
    if (!attr) return cm_inst__modified(cx, inst);
    if (!cm_inst__peek(cx, inst, attr))
        return cm__fail(cx, CM_E_INVALID_REQUEST, "Can't flag attribute '%s' modified; it's not present in the object state of %s",
                        cm_str_text(attr->key), cm_inst__text(inst, text, sizeof text));
    cm_inst__forget(cx, inst, attr);
    return cm_inst_changing(cx, inst, attr, NULL); /* no value before: written whatever it is */
}

void cm_inst_commit_all(cm_ctx *cx, cm_inst *inst) { cm_inst__commit_all(cx, inst); }
void cm_inst_expire(cm_ctx *cx, cm_inst *inst, const cm_attr *const *attrs, size_t n) { cm_inst__expire(cx, inst, attrs, n); }

cm_status cm_inst_cascade(cm_ctx *cx, cm_inst *inst, uint32_t cascade, cm_objs *out) {
    cm_cascade c = {0};
    cm_status st = cm_cascade__collect(cx, &c, inst, cascade, NULL);
    for (size_t i = 0; !st && i < c.found.n; i++) st = cm_objs__hold(cx, out, c.found.v[i]);
    cm_cascade__dispose(cx, &c);
    return st;
}

/* ---- sessions */

void *cm_session_host(const cm_session *s) { return s->host_session; }
void cm_session_set_autoflush(cm_session *s, bool on) { s->autoflush = on; }
void cm_session_set_expire_on_commit(cm_session *s, bool on) { s->expire_on_commit = on; }

/* session.dirty: changed, not on their way out. */
static cm_status list_dirty(cm_ctx *cx, const cm_session *s, cm_objs *out) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->dirty_list.n; i++) {
        const cm_inst *inst = cm__host(cx)->object_inst(cx, s->dirty_list.v[i]);
        if (inst && inst->session == s && !(inst->flags & CM_INST_DELETING)) st = cm_objs__hold(cx, out, s->dirty_list.v[i]);
    }
    return st;
}

cm_status cm_session_list(cm_ctx *cx, cm_session *s, cm_session_set which, cm_objs *out) {
    const cm_objs *list = which == CM_SET_NEW ? &s->new_list : &s->deleted_list;
    cm_status st = CM_OK;
    s->cx = cx;
    if (which == CM_SET_IDENTITY) return cm_session__identities(cx, s, out);
    if (which == CM_SET_DIRTY) return list_dirty(cx, s, out);
    for (size_t i = 0; !st && i < list->n; i++)
        if (list->v[i]) st = cm_objs__hold(cx, out, list->v[i]);
    return st;
}

cm_status cm_session_find(cm_ctx *cx, cm_session *s, cm_mapper *mapper, void *const *key, size_t n, cm_inst **out) {
    s->cx = cx;
    cm_status st = cm_idmap__find(cx, s->idmap, mapper->root, key, n, out);
    if (!st && *out) cm__retain(cx, cm__object(cx, *out));
    return st;
}

cm_status cm_session_connection(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_node *stmt, cm_conn **out) {
    s->cx = cx;
    return cm_session__conn(cx, s, mapper, stmt, out);
}

/* Members that came from their own side to a collection nobody has read are no change of its owner: a flush does not ask it. */
static bool is_waiting(cm_ctx *cx, cm_inst *inst, const cm_attr *collection) {
    return (inst->flags & CM_INST_KEY) && !cm_inst__peek(cx, inst, collection);
}

cm_status cm_session_is_modified(cm_ctx *cx, cm_session *s, cm_inst *inst, bool collections, bool *out) {
    const cm_mapper *m = inst->mapper;
    cm_status st = CM_OK;
    s->cx = cx;
    *out = false;
    if ((inst->flags & CM_INST_KEY) && !(inst->flags & CM_INST_MODIFIED)) return CM_OK;
    for (size_t i = 0; !st && !*out && i < m->nattrs; i++) {
        cm_history h;
        if (m->attrs[i]->uselist && (!collections || is_waiting(cx, inst, m->attrs[i]))) continue;
        st = cm_inst__history(cx, inst, m->attrs[i], &h);
        if (st) break;
        *out = h.added.n > 0 || h.deleted.n > 0;
        cm_history__dispose(cx, &h);
    }
    return st;
}
