/* History: what an attribute was when it was loaded or flushed, against what it is.
 *
 * Column values compare with cm_host.equal, related instances and members of collections by identity. A collection's
 * members are copied before their first change, so loading one costs nothing here. Changes that backrefs make to a collection
 * nobody has loaded are queued and applied when it is (cm_inst__store_loaded_coll).
 */
#include "orm/orm.h"

#include <string.h>

cm_coll_state *cm_inst__coll_state(const cm_inst *inst, const cm_attr *attr) {
    cm_coll_state *c = inst->state ? inst->state->colls : NULL;
    while (c && c->attr != attr) c = c->next;
    return c;
}

static cm_status coll_state(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_coll_state **out) {
    cm_state *s = NULL;
    *out = cm_inst__coll_state(inst, attr);
    if (*out) return CM_OK;
    cm_status st = cm_inst__state(cx, inst, &s);
    if (st) return st;
    cm_coll_state *c = cm__alloc(cx, sizeof *c);
    if (!c) return CM_E_NOMEM;
    c->attr = attr;
    c->next = s->colls;
    s->colls = c;
    *out = c;
    return CM_OK;
}

cm_status cm_inst__keep_coll(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    if (!(inst->flags & CM_INST_KEY) || cm_inst__coll_state(inst, attr)) return CM_OK;
    void *coll = cm_inst__peek(cx, inst, attr);
    cm_objs members = {0};
    cm_coll_state *c = NULL;
    cm_status st = coll ? cm__host(cx)->coll_members(cx, coll, &members) : CM_OK;
    if (!st) st = coll_state(cx, inst, attr, &c);
    if (!st && !c->before.v) {
        c->before = members;
        members = (cm_objs){0};
    }
    cm_objs__release(cx, &members);
    return st;
}

static bool take_out(cm_ctx *cx, cm_objs *list, void *obj) {
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i] != obj) continue;
        memmove(&list->v[i], &list->v[i + 1], (list->n - i - 1) * sizeof *list->v);
        list->n--;
        cm__release(cx, obj);
        return true;
    }
    return false;
}

cm_status cm_inst__coll_queue(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *member, bool add) {
    cm_coll_state *c = NULL;
    cm_status st = coll_state(cx, inst, attr, &c);
    if (st) return st;
    c->queued = true;
    cm__retain(cx, member); /* the queue it leaves may have been the last to hold it */
    if (add) {
        /* what is put back was in it; collections that are never loaded take the program's word, and write both */
        if (cm_relation__never_loaded(attr->relation) || !take_out(cx, &c->removed, member)) st = cm_objs__hold(cx, &c->added, member);
    } else if (!take_out(cx, &c->added, member)) {
        st = cm_objs__hold(cx, &c->removed, member);
    }
    if (!st) cm__host(cx)->value_stored(cx, inst, NULL, member);
    cm__release(cx, member);
    return st;
}

static int visit_all(const cm_objs *list, int (*visit)(void *user, void *value), void *user) {
    int answer = 0;
    for (size_t i = 0; !answer && i < list->n; i++)
        if (list->v[i]) answer = visit(user, list->v[i]);
    return answer;
}

int cm_inst_visit(const cm_inst *inst, int (*visit)(void *user, void *value), void *user) {
    const cm_state *s = inst->state;
    int answer = 0;
    for (size_t i = 0; s && !answer && i < s->ncommitted; i++)
        if (s->committed[i] && s->committed[i] != CM_UNSET) answer = visit(user, s->committed[i]);
    for (const cm_coll_state *c = s ? s->colls : NULL; c && !answer; c = c->next) {
        answer = visit_all(&c->before, visit, user);
        if (!answer) answer = visit_all(&c->added, visit, user);
        if (!answer) answer = visit_all(&c->removed, visit, user);
    }
    return answer;
}

void *cm_inst__committed(const cm_inst *inst, const cm_attr *attr) {
    const cm_state *s = inst->state;
    return s && attr->slot < s->ncommitted ? s->committed[attr->slot] : NULL;
}

cm_status cm_inst__committed_value(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    const cm_mapper *m = inst->mapper;
    void *was = cm_inst__committed(inst, attr), *key[16];
    *out = was && was != CM_UNSET ? was : NULL;
    if (*out) cm__retain(cx, *out);
    if (was != CM_UNSET || !attr->primary_key || m->nprimary_key > sizeof key / sizeof *key) return CM_OK;
    cm_status st = cm_inst__key_values(cx, inst, key);
    for (size_t i = 0; !st && i < m->nprimary_key; i++) {
        if (m->primary_key[i] == attr) *out = key[i];
        else cm__release(cx, key[i]);
    }
    return st;
}

bool cm_inst__touched(cm_ctx *cx, cm_inst *inst, const cm_relation *r) {
    if (!(inst->flags & CM_INST_KEY) && cm_inst__peek(cx, inst, r->attr)) return true;
    if (r->uselist) return cm_inst__coll_state(inst, r->attr) != NULL; /* queued only: the collection is never loaded */
    return (inst->flags & CM_INST_KEY) && cm_inst__committed(inst, r->attr);
}

/* ---- parents */

static cm_parent_link *parent_link(const cm_inst *child, const cm_relation *r) {
    const cm_state *s = child->state;
    for (size_t i = 0; s && i < s->nparents; i++)
        if (s->parents[i].relation == r->origin) return &s->parents[i];
    return NULL;
}

cm_status cm_inst__set_parent(cm_ctx *cx, cm_inst *child, const cm_relation *r, const cm_inst *parent) {
    cm_parent_link *l = parent_link(child, r);
    if (!l) {
        cm_state *s = NULL;
        cm_status st = cm_inst__state(cx, child, &s);
        if (!st) st = cm__grow(cx, &s->parents, &s->parents_cap, s->nparents + 1, sizeof *s->parents);
        if (st) return st;
        l = &s->parents[s->nparents++];
        l->relation = r->origin;
        l->orphans = (r->cascade & CM_CASCADE_DELETE_ORPHAN) != 0;
    }
    l->parent = parent;
    return CM_OK;
}

cm_status cm_inst__drop_parent(cm_ctx *cx, cm_inst *child, const cm_relation *r, const cm_inst *parent) {
    cm_parent_link *l = parent_link(child, r);
    if (l && l->parent && l->parent != parent) return CM_OK; /* somebody else holds it by now */
    return cm_inst__set_parent(cx, child, r, NULL);
}

bool cm_inst__has_parent(const cm_inst *child, const cm_relation *r, bool unknown) {
    const cm_parent_link *l = parent_link(child, r);
    return l ? l->parent != NULL : unknown;
}

/* ---- net changes */

static bool by_identity(const cm_attr *attr) { return attr->relation != NULL; }

/* Whether two values of an attribute are the same to the database. */
static cm_status same_value(cm_ctx *cx, const cm_attr *attr, void *a, void *b, bool *out) {
    *out = a == b;
    if (*out || by_identity(attr) || cm__is_none(cx, a) || cm__is_none(cx, b)) return CM_OK;
    return cm__host(cx)->equal(cx, attr->type, a, b, out);
}

bool cm_inst__net_changed(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_status *st) {
    void *was = cm_inst__committed(inst, attr), *now;
    bool same = false;
    *st = CM_OK;
    if (!was) return false;
    now = cm_inst__peek(cx, inst, attr);
    if (was != CM_UNSET) cm__retain(cx, was); /* comparing runs the host's code */
    else if ((*st = cm_inst__committed_value(cx, inst, attr, &was))) return false;
    if (!was || !now) {
        if (was) cm__release(cx, was);
        return now != was;
    }
    cm__retain(cx, now);
    *st = same_value(cx, attr, was, now, &same);
    cm__release(cx, now);
    cm__release(cx, was);
    return !*st && !same;
}

void cm_history__dispose(cm_ctx *cx, cm_history *h) {
    cm_objs__release(cx, &h->added);
    cm_objs__release(cx, &h->unchanged);
    cm_objs__release(cx, &h->deleted);
}

/* Items of a by membership in b: those in it to `in`, the others to `out`. */
static cm_status partition(cm_ctx *cx, const cm_objs *a, const cm_objs *b, cm_objs *in, cm_objs *out) {
    cm_map members = {0};
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < b->n; i++) st = cm_map__put(cx, &members, cm__ptr_key(b->v[i]), b->v[i]);
    for (size_t i = 0; !st && i < a->n; i++) {
        cm_objs *to = cm_map__get(&members, cm__ptr_key(a->v[i])) ? in : out;
        if (to) st = cm_objs__hold(cx, to, a->v[i]);
    }
    cm_map__dispose(cx, &members);
    return st;
}

static cm_status hold_all(cm_ctx *cx, cm_objs *to, const cm_objs *from) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < from->n; i++) st = cm_objs__hold(cx, to, from->v[i]);
    return st;
}

static cm_status coll_history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_history *out) {
    void *coll = cm_inst__peek(cx, inst, attr);
    cm_coll_state *c = cm_inst__coll_state(inst, attr);
    cm_objs now = {0};
    cm_status st = CM_OK;
    if (!coll) {
        if (c) st = hold_all(cx, &out->added, &c->added);
        if (c && !st) st = hold_all(cx, &out->deleted, &c->removed);
        return st;
    }
    cm__retain(cx, coll);
    st = cm__host(cx)->coll_members(cx, coll, &now);
    cm__release(cx, coll);
    c = cm_inst__coll_state(inst, attr);
    if (!st && !(inst->flags & CM_INST_KEY)) {
        out->added = now;
        now = (cm_objs){0};
    } else if (!st && !c) {
        out->unchanged = now;
        now = (cm_objs){0};
    } else if (!st) {
        st = partition(cx, &now, &c->before, &out->unchanged, &out->added);
        if (!st) st = partition(cx, &c->before, &now, NULL, &out->deleted);
    }
    cm_objs__release(cx, &now);
    return st;
}

static cm_status scalar_history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_history *out) {
    void *now = cm_inst__peek(cx, inst, attr), *was = cm_inst__committed(inst, attr);
    if (!(inst->flags & CM_INST_KEY)) return now ? cm_objs__hold(cx, &out->added, now) : CM_OK;
    if (!was) return now ? cm_objs__hold(cx, &out->unchanged, now) : CM_OK;
    cm_status st = CM_OK;
    bool changed = cm_inst__net_changed(cx, inst, attr, &st);
    now = cm_inst__peek(cx, inst, attr);
    was = cm_inst__committed(inst, attr);
    if (st) return st;
    if (!changed) return now ? cm_objs__hold(cx, &out->unchanged, now) : CM_OK;
    if (now) st = cm_objs__hold(cx, &out->added, now);
    if (!st && was && was != CM_UNSET) st = cm_objs__hold(cx, &out->deleted, was);
    return st;
}

cm_status cm_inst__history(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, cm_history *out) {
    *out = (cm_history){0};
    const cm_attr *own = cm_mapper__own_attr(inst->mapper, attr);
    if (!own) return CM_OK;
    cm_status st = own->uselist ? coll_history(cx, inst, own, out) : scalar_history(cx, inst, own, out);
    if (st) cm_history__dispose(cx, out);
    return st;
}

cm_status cm_inst__learn_before(cm_ctx *cx, cm_inst *inst, const cm_relation *r) {
    const cm_attr *attr = cm_mapper__own_attr(inst->mapper, r->attr);
    void *now, *was = NULL;
    if (!attr || !r->deferred_history || !inst->session || !(inst->flags & CM_INST_PERSISTENT) ||
        cm_inst__committed(inst, attr) != CM_UNSET)
        return CM_OK;
    if ((now = cm_inst__peek(cx, inst, attr))) cm__retain(cx, now);
    cm_session *s = inst->session;
    s->no_autoflush++;
    s->committed_keys++;
    cm_status st = cm_inst__store_take(cx, inst, attr, NULL);
    if (!st) st = cm_inst_load(cx, inst, attr, true, &was);
    cm_status restored = cm_inst__store_take(cx, inst, attr, now);
    s->committed_keys--;
    s->no_autoflush--;
    if (was && cm_inst__committed(inst, attr) == CM_UNSET) {
        inst->state->committed[attr->slot] = was;
        was = NULL;
    }
    if (was) cm__release(cx, was);
    return st ? st : restored;
}
