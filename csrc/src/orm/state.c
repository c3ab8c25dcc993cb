/* Instances: where values lie, and what changes.
 *
 * cm_inst__peek and cm_inst__store are the only doors to values, whatever the store: a slot behind the header, or the host's
 * dictionary (CM_INST_DICT, or an attribute younger than the instance). They know no events and no history.
 * An instance without an identity key keeps no history: all it holds is new. One with a key keeps, per changed attribute, the
 * value before the first change (cm_state.committed) and, per changed collection, its members before (cm_state.colls).
 */
#include "orm/orm.h"

#include <stdio.h>
#include <string.h>

char cm__unset_marker;

void cm_objs__release(cm_ctx *cx, cm_objs *list) {
    cm_objs taken = *list; /* releasing may run code that looks at the list */
    *list = (cm_objs){0};
    for (size_t i = 0; i < taken.n; i++)
        if (taken.v[i]) cm__release(cx, taken.v[i]);
    cm_objs_free(cx, &taken);
}

cm_status cm_objs__hold(cm_ctx *cx, cm_objs *list, void *obj) {
    cm_status st = cm_objs_add(cx, list, obj);
    if (!st) cm__retain(cx, obj);
    return st;
}

/* ---- life */

void cm_inst_init(cm_ctx *cx, cm_inst *inst, cm_mapper *mapper, uint16_t slot_offset, uint16_t nslots) {
    inst->mapper = mapper;
    inst->session = NULL;
    inst->state = NULL;
    inst->key.i = 0;
    inst->flags &= ~(CM_INST_HOST - 1u); /* the host's bits stay */
    inst->nslots = nslots;
    inst->slot_offset = slot_offset;
    cm__add_held(cm__host(cx), &cx->env->count[CM_COUNT_INST], 1);
}

cm_status cm_inst_constructed(cm_ctx *cx, cm_inst *inst) {
    const cm_mapper *m = inst->mapper;
    if (!m->polymorphic_on || !m->polymorphic_identity || m->polymorphic_on->kind != CM_ATTR_COLUMN) return CM_OK;
    return cm_inst__store(cx, inst, m->polymorphic_on, m->polymorphic_identity);
}

cm_status cm_inst_new(cm_ctx *cx, cm_mapper *mapper, cm_inst **out) {
    cm_status st = cm__host(cx)->inst_alloc(cx, mapper, out);
    if (!st) st = cm_inst_constructed(cx, *out);
    if (st && *out) {
        cm_inst_release(cx, *out);
        *out = NULL;
    }
    return st;
}

void *cm_inst_object(cm_inst *inst) { /* no context here: hosts that need one have their own way */
    return inst->mapper->host->inst_object(inst);
}

void cm_inst_release(cm_ctx *cx, cm_inst *inst) {
    if (inst) cm__release(cx, cm__object(cx, inst));
}

static void colls_free(cm_ctx *cx, cm_coll_state *c) {
    while (c) {
        cm_coll_state *next = c->next;
        cm_objs__release(cx, &c->before);
        cm_objs__release(cx, &c->added);
        cm_objs__release(cx, &c->removed);
        cm__free(cx, c);
        c = next;
    }
}

static void committed_free(cm_ctx *cx, void **committed, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (committed[i] && committed[i] != CM_UNSET) cm__release(cx, committed[i]);
    cm__free(cx, committed);
}

static void state_free(cm_ctx *cx, cm_state *s) {
    if (!s) return;
    committed_free(cx, s->committed, s->ncommitted);
    colls_free(cx, s->colls);
    cm__free(cx, s->parents);
    for (size_t i = 0; i < s->noptions; i++) cm_node_release(cx, s->options[i]);
    cm__free(cx, s->options);
    cm__free(cx, s);
    cm__count(cx, CM_COUNT_STATE, -1);
}

void cm_inst_dispose(cm_ctx *cx, cm_inst *inst) {
    if (inst->session && (inst->flags & CM_INST_PERSISTENT)) cm_idmap__remove(inst->session->idmap, inst);
    inst->session = NULL;
    void **slots = cm_inst_slots(inst);
    for (uint16_t i = 0; i < inst->nslots; i++) {
        void *old = slots[i];
        slots[i] = NULL;
        if (old) cm__release(cx, old);
    }
    cm_state *state = inst->state;
    inst->state = NULL;
    state_free(cx, state);
    if (inst->flags & CM_INST_KEY) cm_inst__clear_key(cx, inst);
    inst->flags &= CM_INST_DICT | ~(CM_INST_HOST - 1u);
    cm__add_held(cm__host(cx), &cx->env->count[CM_COUNT_INST], -1);
}

cm_inst_status cm_inst_get_status(const cm_inst *inst) {
    if (inst->flags & CM_INST_PENDING) return CM_PENDING;
    if (inst->flags & CM_INST_PERSISTENT) return CM_PERSISTENT;
    if (inst->flags & CM_INST_DELETED) return inst->session ? CM_DELETED : CM_DETACHED;
    return inst->flags & CM_INST_KEY ? CM_DETACHED : CM_TRANSIENT;
}

cm_status cm_inst__state(cm_ctx *cx, cm_inst *inst, cm_state **out) {
    if (!inst->state) {
        inst->state = cm__alloc(cx, sizeof *inst->state);
        if (!inst->state) return CM_E_NOMEM;
        cm__count(cx, CM_COUNT_STATE, 1);
    }
    *out = inst->state;
    return CM_OK;
}

const char *cm_inst__text(cm_inst *inst, char *buffer, size_t n) {
    snprintf(buffer, n, "<%s at %p>", cm_str_text(inst->mapper->name), (void *)inst);
    return buffer;
}

/* ---- the accessor pair */

/* The slot of an attribute; NULL: the value is in the host's dictionary, or *attr NULL: the class has no such attribute. */
static inline void **slot_of(const cm_inst *inst, const cm_attr **attr) {
    if ((*attr)->mapper != inst->mapper) {
        *attr = cm_mapper__own_attr(inst->mapper, *attr);
        if (!*attr) return NULL;
    }
    if ((inst->flags & CM_INST_DICT) || (*attr)->slot >= inst->nslots) return NULL;
    return &cm_inst_slots(inst)[(*attr)->slot];
}

void *cm_inst__peek(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    void **slot = slot_of(inst, &attr);
    if (slot) return *slot;
    return attr ? cm__host(cx)->dict_get(cx, inst, attr) : NULL;
}

cm_status cm_inst__store_take(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    void **slot = slot_of(inst, &attr);
    if (!slot) {
        cm_status st = attr ? cm__host(cx)->dict_set(cx, inst, attr, value) : CM_OK;
        if (value) cm__release(cx, value);
        return st;
    }
    void *old = *slot;
    *slot = value;
    if (value && !(attr->type && attr->type->atomic)) cm__host(cx)->value_stored(cx, inst, attr->type, value);
    if (old) cm__release(cx, old);
    return CM_OK;
}

cm_status cm_inst__store(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    if (value) cm__retain(cx, value);
    return cm_inst__store_take(cx, inst, attr, value);
}

cm_status cm_inst__store_loaded_coll(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *take_coll, cm_objs *members) {
    attr = cm_mapper__own_attr(inst->mapper, attr);
    cm_coll_state *c = attr ? cm_inst__coll_state(inst, attr) : NULL;
    if (!c || !c->queued) return attr ? cm_inst__store_take(cx, inst, attr, take_coll) : (cm__release(cx, take_coll), CM_OK);
    cm_objs before = {0};
    cm_status st = CM_OK;
    if (!members) st = cm__host(cx)->coll_members(cx, take_coll, &before);
    for (size_t i = 0; members && !st && i < members->n; i++) st = cm_objs__hold(cx, &before, members->v[i]);
    for (size_t i = 0; !st && i < c->added.n; i++) {
        bool there = false;
        for (size_t k = 0; k < before.n && !there; k++) there = before.v[k] == c->added.v[i];
        if (!there) st = cm__host(cx)->coll_add(cx, take_coll, &c->added.v[i], 1);
    }
    for (size_t i = 0; !st && i < c->removed.n; i++) st = cm__host(cx)->coll_remove(cx, take_coll, c->removed.v[i]);
    if (!st) {
        c->queued = false;
        c->before = before;
        before = (cm_objs){0};
        cm_objs__release(cx, &c->added);
        cm_objs__release(cx, &c->removed);
        return cm_inst__store_take(cx, inst, attr, take_coll);
    }
    cm_objs__release(cx, &before);
    cm__release(cx, take_coll);
    return st;
}

/* ---- changing */

cm_status cm_inst__modified(cm_ctx *cx, cm_inst *inst) {
    if (!(inst->flags & CM_INST_KEY) || (inst->flags & (CM_INST_MODIFIED | CM_INST_DELETED))) return CM_OK;
    if (inst->session) {
        cm_status st = cm_session__dirty(cx, inst->session, inst);
        if (st) return st;
    }
    inst->flags |= CM_INST_MODIFIED;
    return CM_OK;
}

static cm_status keep_committed(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *old) {
    cm_state *s = NULL;
    cm_status st = cm_inst__state(cx, inst, &s);
    if (st) return st;
    if (attr->slot >= s->ncommitted) {
        size_t n = inst->mapper->nattrs;
        void **grown = cm_mem(cx, s->committed, n * sizeof *grown);
        if (!grown) return CM_E_NOMEM;
        memset(grown + s->ncommitted, 0, (n - s->ncommitted) * sizeof *grown);
        s->committed = grown;
        s->ncommitted = n;
    }
    if (s->committed[attr->slot]) return CM_OK;
    if (old) cm__retain(cx, old);
    s->committed[attr->slot] = old ? old : CM_UNSET;
    if (old && !(attr->type && attr->type->atomic)) cm__host(cx)->value_stored(cx, inst, attr->type, old);
    return CM_OK;
}

cm_status cm_inst__mark_touched(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    return inst->flags & CM_INST_KEY ? CM_OK : keep_committed(cx, inst, attr, NULL);
}

cm_status cm_inst_changing(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *old) {
    if (!(inst->flags & CM_INST_KEY)) return CM_OK;
    attr = cm_mapper__own_attr(inst->mapper, attr);
    if (!attr) return CM_OK;
    cm_status st = keep_committed(cx, inst, attr, old);
    return st ? st : cm_inst__modified(cx, inst);
}

/* Reads a value that must be known before it changes. */
static cm_status load_before_change(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    void *value = NULL;
    cm_session *s = inst->session;
    if (!(attr->flags & CM_ATTR_ACTIVE_HISTORY) || !s || !(inst->flags & CM_INST_PERSISTENT)) return CM_OK;
    s->no_autoflush++;
    cm_status st = cm_inst_load(cx, inst, attr, true, &value);
    s->no_autoflush--;
    if (value) cm__release(cx, value);
    return st;
}

static cm_status set_column(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    void *given = value;
    cm_status st = CM_OK;
    if (!cm_inst__peek(cx, inst, attr)) st = load_before_change(cx, inst, attr);
    if (!st && (attr->events >> CM_EV_ATTR_SET & 1))
        st = cm__host(cx)->event(cx, CM_EV_ATTR_SET, inst->session, inst, attr, &value); /* may answer another value, with a reference */
    if (!st) st = cm_inst_changing(cx, inst, attr, cm_inst__peek(cx, inst, attr));
    if (!st) st = cm_inst__store(cx, inst, attr, value);
    if (value != given) cm__release(cx, value);
    return st;
}

cm_status cm_inst_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    const cm_attr *own = cm_mapper__own_attr(inst->mapper, attr);
    if (!own)
        return cm__fail(cx, CM_E_ARGUMENT, "class %s has no attribute \"%s\"", cm_str_text(inst->mapper->name), cm_str_text(attr->key));
    cm__retain(cx, value); /* events may drop the caller's */
    cm_status st = own->relation ? cm_relation__set(cx, inst, own, value) : set_column(cx, inst, own, value);
    cm__release(cx, value);
    return st;
}

cm_status cm_inst_del(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    const cm_attr *own = cm_mapper__own_attr(inst->mapper, attr);
    if (own && own->relation) return cm_relation__clear(cx, inst, own);
    return cm_inst_set(cx, inst, attr, cm__none(cx));
}

cm_status cm_inst_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void **out) {
    *out = cm_inst__peek(cx, inst, attr);
    if (!*out) return cm_inst_load(cx, inst, attr, true, out);
    cm__retain(cx, *out);
    return CM_OK;
}

/* ---- forgetting */

void cm_inst__commit_all(cm_ctx *cx, cm_inst *inst) {
    cm_state *s = inst->state;
    inst->flags &= ~(uint32_t)(CM_INST_MODIFIED | CM_INST_STALE);
    if (!s) return;
    void **committed = s->committed;
    cm_coll_state *colls = s->colls;
    size_t n = s->ncommitted;
    s->committed = NULL;
    s->ncommitted = 0;
    s->colls = NULL;
    committed_free(cx, committed, n);
    colls_free(cx, colls);
}

void cm_inst__forget(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    cm_state *s = inst->state;
    void *was = NULL;
    attr = cm_mapper__own_attr(inst->mapper, attr);
    if (!s || !attr) return;
    if (attr->slot < s->ncommitted) {
        was = s->committed[attr->slot];
        s->committed[attr->slot] = NULL;
    }
    for (cm_coll_state **link = &s->colls; *link; link = &(*link)->next) {
        cm_coll_state *c = *link;
        if (c->attr != attr) continue;
        *link = c->next;
        c->next = NULL;
        colls_free(cx, c);
        break;
    }
    if (was && was != CM_UNSET) cm__release(cx, was);
}

void cm_inst__expire(cm_ctx *cx, cm_inst *inst, const cm_attr *const *attrs, size_t n) {
    const cm_mapper *m = inst->mapper;
    void *object = cm__object(cx, inst);
    if (!object) return;
    cm__retain(cx, object); /* a related value may be what keeps it */
    if (n == 0) {
        if (inst->session && (inst->flags & CM_INST_MODIFIED)) cm_session__undirty(cx, inst->session, inst);
        cm_inst__commit_all(cx, inst);
        if (inst->state) inst->state->nparents = 0; /* who holds it is read again, too */
        for (size_t i = 0; i < m->nattrs; i++) cm_inst__store_take(cx, inst, m->attrs[i], NULL);
        if (inst->flags & CM_INST_KEY) inst->flags |= CM_INST_EXPIRED | CM_INST_STALE;
    }
    for (size_t i = 0; i < n; i++) {
        const cm_attr *own = cm_mapper__own_attr(m, attrs[i]);
        if (!own) continue;
        cm_inst__forget(cx, inst, own);
        cm_inst__store_take(cx, inst, own, NULL);
        if (!own->relation && (inst->flags & CM_INST_KEY)) inst->flags |= CM_INST_EXPIRED;
    }
    cm__release(cx, object);
}
