/* What setting, appending and removing of related instances causes, in this order:
 *
 *   1. the host's listeners (validators), which may replace the value
 *   2. history: the instance joins its session's changed list
 *   3. who holds whom (delete-orphan, single_parent)
 *   4. the other instance follows into the session (save-update), or a pending orphan leaves it
 *   5. the other side of the relation (backref) is kept in step
 *
 * Step 5 causes the same on the other side. A chain ends where it began: every event carries its initiator, the relation and
 * operation that started it, and a backref that would repeat it does nothing. Only the initiator's own relation takes
 * instances into a session: a backref never does.
 */
#include "orm/orm.h"

typedef struct link_event { /* one instance joins or leaves a relation of another */
    cm_inst *inst;
    const cm_relation *r;
    cm_initiator by;
} link_event;

static cm_status set_scalar(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value, cm_initiator by, const void *only_if);
static cm_status append_back(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, cm_initiator by);
static cm_status remove_back(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, cm_initiator by);

static bool tracks_parents(const cm_relation *r) { return (r->cascade & CM_CASCADE_DELETE_ORPHAN) || r->single_parent; }

static cm_initiator started_by(cm_initiator by, const cm_relation *r, cm_link_op op) { return by.relation ? by : (cm_initiator){r, op}; }

/* The mapped instance behind a value; NULL for the null object. */
static cm_status related(cm_ctx *cx, const cm_relation *r, void *value, cm_inst **out) {
    *out = cm__is_none(cx, value) ? NULL : cm__host(cx)->object_inst(cx, value);
    if (*out || (cm__is_none(cx, value) && !r->uselist)) return CM_OK;
    cm__fail(cx, CM_E_UNMAPPED, "relationship %s.%s takes mapped instances of class %s only", cm_str_text(r->parent->name),
             cm_str_text(r->attr->key), cm_str_text(r->target->name));
    return CM_E_UNMAPPED;
}

static cm_status listen(cm_ctx *cx, cm_event ev, const link_event *e, void **value) {
    if (!(e->r->attr->events >> ev & 1)) return CM_OK;
    return cm__host(cx)->event(cx, ev, e->inst->session, e->inst, e->r->attr, value);
}

/* ---- joining */

static cm_status check_single_parent(cm_ctx *cx, const cm_relation *r, cm_inst *child, const cm_inst *parent) {
    if (!r->single_parent || !cm_inst__has_parent(child, r, false)) return CM_OK;
    for (size_t i = 0; i < child->state->nparents; i++)
        if (child->state->parents[i].relation == r->origin && child->state->parents[i].parent == parent) return CM_OK;
    char text[128];
    return cm__fail(
        cx, CM_E_INVALID_REQUEST,
        "Instance %s is already associated with an instance of %s via its %s.%s attribute, and is only allowed a single parent.",
        cm_inst__text(child, text, sizeof text), cm_str_text(r->parent->name), cm_str_text(r->parent->name), cm_str_text(r->attr->key));
}

static bool started_here(const link_event *e) { return !e->by.relation || e->by.relation->origin == e->r->origin; }

static cm_status follow_into_session(cm_ctx *cx, const link_event *e, cm_inst *child) {
    cm_session *s = e->inst->session;
    bool own = started_here(e);
    if (!s || !own || e->r->viewonly || !(e->r->cascade & CM_CASCADE_SAVE_UPDATE) || cm_session__has(s, child)) return CM_OK;
    return cm_session__take(cx, s, child);
}

/* Steps 3 and 4 for an instance that joins. */
static cm_status joins(cm_ctx *cx, const link_event *e, cm_inst *child) {
    cm_status st = CM_OK;
    if (tracks_parents(e->r)) {
        if (started_here(e))
            st = check_single_parent(cx, e->r, child, e->inst); /* a backref moves the child on: its old parent is about to let go */
        if (!st) st = cm_inst__set_parent(cx, child, e->r, e->inst);
    }
    return st ? st : follow_into_session(cx, e, child);
}

/* Steps 3 and 4 for an instance that leaves. */
static cm_status leaves(cm_ctx *cx, const link_event *e, cm_inst *child) {
    if (!tracks_parents(e->r)) return CM_OK;
    cm_status st = cm_inst__drop_parent(cx, child, e->r, e->inst);
    if (st || !(e->r->cascade & CM_CASCADE_DELETE_ORPHAN) || !cm_inst__is_orphan(child)) return st;
    if (e->inst->session && e->inst->session == child->session && (child->flags & CM_INST_PENDING))
        return cm_session_expunge(cx, child->session, child);
    child->state->orphaned = true; /* the next flush forgets it, unless it is added again */
    return CM_OK;
}

/* ---- backrefs */

/* The other side's attribute on the class of `other`, unless the event came from there with that operation. */
static const cm_attr *back_attr(const cm_relation *r, const cm_inst *other, cm_initiator by, cm_link_op op) {
    if (!r->back || r->viewonly) return NULL;
    const cm_attr *back = cm_mapper__own_attr(other->mapper, r->back);
    if (!back || !back->relation || back->relation->viewonly) return NULL;
    bool echo = by.relation == back->relation && (by.op == op || by.op == CM_LINK_SET);
    return echo ? NULL : back;
}

static cm_status link_back(cm_ctx *cx, const link_event *e, cm_link_op op, cm_inst *other) {
    cm_initiator by = started_by(e->by, e->r, op);
    const cm_attr *back = back_attr(e->r, other, by, CM_LINK_APPEND);
    void *self = cm__object(cx, e->inst);
    if (!back || !self) return CM_OK;
    return back->uselist ? append_back(cx, other, back, self, by) : set_scalar(cx, other, back, self, by, NULL);
}

static cm_status unlink_back(cm_ctx *cx, const link_event *e, cm_link_op op, cm_inst *other) {
    cm_initiator by = started_by(e->by, e->r, op);
    const cm_attr *back = back_attr(e->r, other, by, CM_LINK_REMOVE);
    void *self = cm__object(cx, e->inst);
    if (!back || !self) return CM_OK;
    if (op == CM_LINK_SET) by = (cm_initiator){e->r, op}; /* a chain of its own: it ends at this attribute, which is not stored yet */
    return back->uselist ? remove_back(cx, other, back, self, by) : set_scalar(cx, other, back, cm__none(cx), by, self);
}

/* ---- collections: events for one member; the container is changed by the caller */

static cm_status append_event(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **member, cm_initiator by) {
    link_event e = {owner, attr->relation, by};
    cm_inst *child = NULL;
    cm_status st = cm_session__while_writing(cx, owner->session, "collection append");
    if (!st) st = listen(cx, CM_EV_ATTR_APPEND, &e, member);
    if (!st) st = related(cx, e.r, *member, &child);
    if (!st && cm_inst__peek(cx, owner, attr)) st = cm_inst__keep_coll(cx, owner, attr);
    if (!st) st = cm_inst__modified(cx, owner);
    if (!st) st = joins(cx, &e, child);
    if (!st) st = link_back(cx, &e, CM_LINK_APPEND, child);
    return st;
}

/* Whether a list holds a member more than once: then taking one out leaves the other side as it is. */
static cm_status holds_twice(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, const void *member, bool *out) {
    void *coll = cm_inst__peek(cx, owner, attr);
    cm_objs members = {0};
    size_t n = 0;
    cm_status st = coll ? cm__host(cx)->coll_members(cx, coll, &members) : CM_OK;
    for (size_t i = 0; i < members.n; i++) n += members.v[i] == member;
    cm_objs__release(cx, &members);
    *out = n > 1;
    return st;
}

static cm_status remove_event(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member, cm_initiator by) {
    link_event e = {owner, attr->relation, by};
    void *told = member;
    cm_inst *child = cm__is_none(cx, member) ? NULL : cm__host(cx)->object_inst(cx, member);
    cm_status st = cm_session__while_writing(cx, owner->session, "collection remove");
    if (!st) st = listen(cx, CM_EV_ATTR_REMOVE, &e, &told);
    if (told != member) cm__release(cx, told);
    if (!st && cm_inst__peek(cx, owner, attr)) st = cm_inst__keep_coll(cx, owner, attr);
    if (!st) st = cm_inst__mark_touched(cx, owner, attr);
    if (!st) st = cm_inst__modified(cx, owner);
    if (!st && child) st = leaves(cx, &e, child);
    if (!st && child) st = unlink_back(cx, &e, CM_LINK_REMOVE, child);
    return st;
}

static cm_initiator public_initiator(const cm_attr *attr, cm_link_op op) {
    return attr && attr->relation ? (cm_initiator){attr->relation, attr->uselist ? op : CM_LINK_SET} : (cm_initiator){NULL, CM_LINK_NONE};
}

static cm_status own_collection(cm_ctx *cx, const cm_inst *owner, const cm_attr *attr, const cm_attr **out) {
    *out = cm_mapper__own_attr(owner->mapper, attr);
    if (*out && (*out)->relation) return CM_OK;
    return cm__fail(cx, CM_E_ARGUMENT, "class %s has no relationship \"%s\"", cm_str_text(owner->mapper->name), cm_str_text(attr->key));
}

cm_status cm_inst_coll_appending(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **member, const cm_attr *initiator) {
    const cm_attr *own;
    void *given = *member;
    cm_status st = own_collection(cx, owner, attr, &own);
    if (!st) st = append_event(cx, owner, own, member, public_initiator(initiator, CM_LINK_APPEND));
    if (!st && !cm_inst__peek(cx, owner, own)) st = cm_inst__coll_queue(cx, owner, own, *member, true);
    if (st && *member != given) {
        cm__release(cx, *member);
        *member = given;
    }
    return st;
}

cm_status cm_inst_coll_append(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member, const cm_attr *initiator) {
    void *told = member;
    cm_status st = cm_inst_coll_appending(cx, owner, attr, &told, initiator);
    if (told != member) cm__release(cx, told);
    return st;
}

cm_status cm_inst_coll_remove(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member, const cm_attr *initiator) {
    const cm_attr *own;
    bool twice = false;
    cm_status st = own_collection(cx, owner, attr, &own);
    if (!st && own->relation->back) st = holds_twice(cx, owner, own, member, &twice);
    if (!st && twice) st = cm_inst__keep_coll(cx, owner, own);
    if (!st && twice) return cm_inst__modified(cx, owner);
    if (!st) st = remove_event(cx, owner, own, member, public_initiator(initiator, CM_LINK_REMOVE));
    if (!st && !cm_inst__peek(cx, owner, own)) st = cm_inst__coll_queue(cx, owner, own, member, false);
    return st;
}

/* A collection that must be there: made empty for an instance without a row; NULL where it would have to be read. */
static cm_status present_coll(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    *out = cm_inst__peek(cx, inst, attr);
    if (*out) {
        cm__retain(cx, *out);
        return CM_OK;
    }
    if (inst->flags & CM_INST_KEY || cm_relation__never_loaded(attr->relation)) return CM_OK;
    cm_status st = cm__host(cx)->coll_new(cx, inst, attr, out);
    if (!st) st = cm_inst__store(cx, inst, attr, *out);
    if (st && *out) {
        cm__release(cx, *out);
        *out = NULL;
    }
    return st;
}

static cm_status append_back(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, cm_initiator by) {
    void *coll = NULL, *told = member;
    cm_status st = present_coll(cx, inst, attr, &coll);
    if (!st) st = append_event(cx, inst, attr, &told, by);
    if (!st && coll) st = cm__host(cx)->coll_add(cx, coll, &told, 1);
    else if (!st) st = cm_inst__coll_queue(cx, inst, attr, told, true);
    if (told != member) cm__release(cx, told);
    if (coll) cm__release(cx, coll);
    return st;
}

static cm_status remove_back(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, cm_initiator by) {
    void *coll = cm_inst__peek(cx, inst, attr);
    if (coll) cm__retain(cx, coll);
    else if (!(inst->flags & CM_INST_KEY)) return CM_OK;
    cm_status st = remove_event(cx, inst, attr, member, by);
    if (!st && coll) st = cm__host(cx)->coll_remove(cx, coll, member);
    else if (!st) st = cm_inst__coll_queue(cx, inst, attr, member, false);
    if (coll) cm__release(cx, coll);
    return st;
}

/* ---- scalars */

/* Value before a change; loads it when it must be known. *old NULL: unknown. Held. */
static cm_status value_before(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **old) {
    cm_session *s = inst->session;
    *old = cm_inst__peek(cx, inst, attr);
    if (*old) {
        cm__retain(cx, *old);
        return CM_OK;
    }
    if (!s && attr->relation->active_history && (inst->flags & CM_INST_KEY)) return cm_inst_load(cx, inst, attr, true, old); /* refuses */
    if (!s || !(inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    s->no_autoflush += !attr->uselist; /* a whole collection is read with what waits to be written */
    s->committed_keys++;
    cm_status st = cm_inst_load(cx, inst, attr, attr->relation->active_history && !attr->relation->viewonly, old);
    s->committed_keys--;
    s->no_autoflush -= !attr->uselist;
    if (st == CM_E_RAISE_LOAD) {
        cm_ctx_clear(cx);
        st = CM_OK;
    }
    return st;
}

/* only_if: change nothing unless this is the value now, or nobody knows (a backref takes back what it once set). */
static cm_status set_scalar(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value, cm_initiator by, const void *only_if) {
    link_event e = {inst, attr->relation, by};
    cm_inst *child = NULL, *before = NULL;
    void *old = NULL, *given = value;
    cm_status st = cm_session__while_writing(cx, inst->session,
                                             cm__is_none(cx, value) && !by.relation ? "related attribute delete" : "related attribute set");
    if (!st) st = value_before(cx, inst, attr, &old);
    if (!st && only_if && old != only_if && (old || !(inst->flags & CM_INST_KEY))) goto done;
    if (!st) st = listen(cx, CM_EV_ATTR_SET, &e, &value);
    if (!st) st = related(cx, e.r, value, &child);
    if (!st && old == value) st = cm_inst_changing(cx, inst, attr, old); /* counts as touched, changes nothing */
    if (st || old == value) goto done;
    if (old && !cm__is_none(cx, old)) before = cm__host(cx)->object_inst(cx, old);
    st = cm_inst_changing(cx, inst, attr, old);
    if (!st && child) st = joins(cx, &e, child);
    if (!st && before) st = leaves(cx, &e, before); /* an orphan may take this instance out of the session */
    if (!st && before) st = unlink_back(cx, &e, CM_LINK_SET, before);
    if (!st && child) st = link_back(cx, &e, CM_LINK_SET, child);
    if (!st) st = cm_inst__store(cx, inst, attr, value); /* until now the old one stands: what expunges reach through it */
done:
    if (value != given) cm__release(cx, value);
    if (old) cm__release(cx, old);
    return st;
}

/* ---- whole collections */

/* Members by pointer, for collections of any size. */
static cm_status index_members(cm_ctx *cx, const cm_objs *list, cm_map *out) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < list->n; i++) st = cm_map__put(cx, out, cm__ptr_key(list->v[i]), list->v[i]);
    return st;
}

/* A collection in which listeners replaced members. */
static cm_status rebuild(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, const cm_objs *members, void **coll) {
    void *made = NULL;
    cm_status st = cm__host(cx)->coll_new(cx, inst, attr, &made);
    if (!st) st = cm__host(cx)->coll_add(cx, made, members->v, members->n);
    if (st) {
        if (made) cm__release(cx, made);
        return st;
    }
    cm__release(cx, *coll);
    *coll = made;
    return CM_OK;
}

/* A member that stays follows into the session all the same. */
static cm_status stays(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *member) {
    link_event e = {owner, attr->relation, {attr->relation, CM_LINK_APPEND}};
    cm_inst *child = cm__host(cx)->object_inst(cx, member);
    return child ? follow_into_session(cx, &e, child) : CM_OK;
}

/* Append events for members that are new, remove events for those gone. members: may be replaced by listeners. */
static cm_status replace_events(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, const cm_objs *old, cm_objs *members, bool *replaced) {
    cm_map were = {0}, are = {0};
    cm_initiator by = {attr->relation, CM_LINK_APPEND};
    cm_status st = index_members(cx, old, &were);
    for (size_t i = 0; !st && i < members->n; i++) {
        void *member = members->v[i];
        if (cm_map__get(&were, cm__ptr_key(member))) {
            st = stays(cx, inst, attr, member);
            continue;
        }
        st = append_event(cx, inst, attr, &member, by);
        if (member == members->v[i]) continue;
        cm__release(cx, members->v[i]);
        members->v[i] = member;
        *replaced = true;
    }
    by.op = CM_LINK_REMOVE;
    if (!st) st = index_members(cx, members, &are);
    for (size_t i = 0; !st && i < old->n; i++)
        if (!cm_map__get(&are, cm__ptr_key(old->v[i]))) st = remove_event(cx, inst, attr, old->v[i], by);
    cm_map__dispose(cx, &were);
    cm_map__dispose(cx, &are);
    return st;
}

/* The collection that is replaced, read when it has to be: its members will be told. */
static cm_status collection_before(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **old) {
    *old = cm_inst__peek(cx, inst, attr);
    if (*old) cm__retain(cx, *old);
    else if (inst->flags & CM_INST_KEY) return cm_inst_load(cx, inst, attr, true, old); /* refuses where there is no session */
    return CM_OK;
}

static cm_status set_collection(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    const cm_host *host = cm__host(cx);
    const link_event e = {inst, attr->relation, {NULL, CM_LINK_NONE}};
    void *old = NULL, *coll = NULL, *given = value;
    cm_objs before = {0}, members = {0};
    bool replaced = false;
    cm_status st = collection_before(cx, inst, attr, &old);
    if (st || old == value) goto done;
    st = listen(cx, CM_EV_ATTR_BULK_REPLACE, &e, &value);
    if (!st && old) st = host->coll_members(cx, old, &before);
    if (!st) st = host->coll_adopt(cx, inst, attr, value, &coll);
    if (!st) st = host->coll_members(cx, coll, &members);
    for (size_t i = 0; !st && i < members.n; i++) {
        cm_inst *child;
        st = related(cx, attr->relation, members.v[i], &child);
    }
    if (!st) st = cm_inst__keep_coll(cx, inst, attr);
    if (!st && members.n == 0) st = cm_inst__mark_touched(cx, inst, attr);
    if (!st) st = replace_events(cx, inst, attr, &before, &members, &replaced);
    if (!st && replaced) st = rebuild(cx, inst, attr, &members, &coll);
    if (!st) st = cm_inst__modified(cx, inst);
    if (!st) st = cm_inst__store(cx, inst, attr, coll);
    if (!st && old) {
        void *gone = old;
        st = listen(cx, CM_EV_ATTR_DISPOSE_COLLECTION, &e, &gone);
    }
done:
    if (value != given) cm__release(cx, value);
    cm_objs__release(cx, &before);
    cm_objs__release(cx, &members);
    if (coll) cm__release(cx, coll);
    if (old) cm__release(cx, old);
    return st;
}

cm_status cm_relation__set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    cm_initiator none = {NULL, CM_LINK_NONE};
    return attr->uselist ? set_collection(cx, inst, attr, value) : set_scalar(cx, inst, attr, value, none, NULL);
}

cm_status cm_relation__clear(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    if (!attr->uselist) return cm_relation__set(cx, inst, attr, cm__none(cx));
    cm_objs members = {0};
    cm_initiator none = {NULL, CM_LINK_NONE};
    void *coll = cm_inst__peek(cx, inst, attr);
    cm_status st = CM_OK;
    if (coll) cm__retain(cx, coll);
    if (coll) st = cm__host(cx)->coll_members(cx, coll, &members);
    for (size_t i = 0; !st && i < members.n; i++) {
        st = remove_event(cx, inst, attr, members.v[i], none);
        if (!st) st = cm__host(cx)->coll_remove(cx, coll, members.v[i]);
    }
    cm_objs__release(cx, &members);
    if (coll) cm__release(cx, coll);
    return st;
}
