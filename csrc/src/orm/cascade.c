/* Cascades: which instances an operation on one reaches through its relations. Depth first, parents before children, an
 * explicit stack, so that chains of any length do. */
#include "orm/orm.h"

typedef struct frame { /* an instance whose relations are being followed */
    cm_inst *inst;
    size_t relation; /* next one */
    cm_objs members; /* of the relation before; held */
    size_t member;   /* next one */
} frame;
typedef struct frames {
    frame *v;
    size_t n, cap;
} frames;

bool cm_inst__is_orphan(const cm_inst *inst) {
    const cm_state *s = inst->state;
    for (size_t i = 0; s && i < s->nparents; i++)
        if (s->parents[i].orphans && !s->parents[i].parent) return true;
    return false;
}

cm_status cm_relation__members(cm_ctx *cx, cm_inst *inst, const cm_relation *r, bool load, cm_objs *out) {
    void *value = cm_inst__peek(cx, inst, r->attr);
    cm_status st = CM_OK;
    if (value) cm__retain(cx, value);
    else if (load && inst->session && (inst->flags & CM_INST_KEY)) {
        cm_session *s = inst->session;
        s->no_raise++;
        st = cm_inst_load(cx, inst, r->attr, true, &value);
        s->no_raise--;
    }
    if (!st && value && r->uselist) {
        st = cm__host(cx)->coll_members(cx, value, out);
    } else if (!st && value && !cm__is_none(cx, value)) {
        st = cm_objs_add(cx, out, value);
        if (!st) value = NULL;
    }
    if (value) cm__release(cx, value);
    return st;
}

/* save-update also follows what was removed. */
static cm_status add_departed(cm_ctx *cx, cm_inst *inst, const cm_relation *r, cm_objs *out) {
    void *was = cm_inst__committed(inst, r->attr);
    const cm_coll_state *c = cm_inst__coll_state(inst, r->attr);
    cm_status st = CM_OK;
    if (was && was != CM_UNSET && !cm__is_none(cx, was)) st = cm_objs__hold(cx, out, was);
    for (size_t i = 0; c && !st && i < c->before.n; i++) st = cm_objs__hold(cx, out, c->before.v[i]);
    return st;
}

/* Members of a collection that is never loaded, as far as they are known: those that the next flush adds. */
static cm_status add_queued(cm_ctx *cx, cm_inst *inst, const cm_relation *r, cm_objs *out) {
    const cm_coll_state *c = cm_inst__coll_state(inst, r->attr);
    cm_status st = CM_OK;
    for (size_t i = 0; c && !st && i < c->added.n; i++) st = cm_objs__hold(cx, out, c->added.v[i]);
    return st;
}

static cm_status members_of(cm_ctx *cx, cm_inst *inst, const cm_relation *r, uint32_t bit, cm_objs *out) {
    bool load = bit == CM_CASCADE_DELETE && !r->passive_deletes;
    cm_status st = cm_relation__members(cx, inst, r, load, out);
    if (!st && bit == CM_CASCADE_SAVE_UPDATE && inst->state) st = add_departed(cx, inst, r, out);
    if (!st && r->lazy == CM_LAZY_WRITE_ONLY) st = add_queued(cx, inst, r, out);
    return st;
}

static cm_status check_class(cm_ctx *cx, const cm_relation *r, const cm_inst *child) {
    if (cm_mapper__isa(child->mapper, r->target)) return CM_OK;
    return cm__fail(cx, CM_E_ARGUMENT, "Attribute '%s' on class '%s' doesn't handle objects of type '%s'", cm_str_text(r->attr->key),
                    cm_str_text(r->parent->name), cm_str_text(child->mapper->name));
}

static cm_status push(cm_ctx *cx, frames *stack, cm_inst *inst) {
    if (inst->mapper->nrelations == 0) return CM_OK;
    cm_status st = cm__grow(cx, &stack->v, &stack->cap, stack->n + 1, sizeof *stack->v);
    if (!st) stack->v[stack->n++] = (frame){.inst = inst};
    return st;
}

/* What expires leaves new instances alone that are not its own. */
static bool passes_over(const cm_relation *r, uint32_t bit, const cm_inst *child) {
    return bit == CM_CASCADE_REFRESH_EXPIRE && !(r->cascade & CM_CASCADE_DELETE_ORPHAN) && !(child->flags & CM_INST_KEY);
}

/* Leaves in a relation's members those nobody has met yet. All of them count as met before the first is followed: siblings come
 * before what they reach, and are not listed below one another. */
static cm_status keep_unmet(cm_ctx *cx, cm_cascade *c, const cm_relation *r, uint32_t bit, const cm_session *stop_in, cm_objs *members) {
    cm_status st = CM_OK;
    size_t kept = 0;
    for (size_t i = 0; i < members->n; i++) {
        void *member = members->v[i];
        cm_inst *child = st ? NULL : cm__host(cx)->object_inst(cx, member);
        bool skip = !child || passes_over(r, bit, child) || cm_map__get(&c->seen, cm__ptr_key(child)) ||
                    (stop_in && cm_session__has(stop_in, child));
        members->v[i] = NULL;
        if (!skip) st = check_class(cx, r, child);
        if (!skip && !st) st = cm_map__put(cx, &c->seen, cm__ptr_key(child), child);
        if (skip || st) cm__release(cx, member);
        else members->v[kept++] = member;
    }
    members->n = kept;
    return st;
}

/* The next relation of a frame that cascades and holds something; false: the frame is finished. */
static cm_status next_relation(cm_ctx *cx, cm_cascade *c, frame *f, uint32_t bit, const cm_session *stop_in, bool *more) {
    const cm_mapper *m = f->inst->mapper;
    cm_status st = CM_OK;
    cm_objs__release(cx, &f->members);
    f->member = 0;
    while (!st && f->members.n == 0 && f->relation < m->nrelations) {
        const cm_relation *r = m->relations[f->relation++];
        if (!(r->cascade & bit) || r->viewonly) continue;
        st = members_of(cx, f->inst, r, bit, &f->members);
        if (!st) st = keep_unmet(cx, c, r, bit, stop_in, &f->members);
    }
    *more = f->members.n > 0;
    return st;
}

cm_status cm_cascade__collect(cm_ctx *cx, cm_cascade *c, cm_inst *inst, uint32_t bit, const cm_session *stop_in) {
    frames stack = {0};
    cm_status st = cm_map__put(cx, &c->seen, cm__ptr_key(inst), inst);
    if (!st) st = push(cx, &stack, inst);
    while (!st && stack.n > 0) {
        frame *f = &stack.v[stack.n - 1];
        if (f->member < f->members.n) {
            void *member = f->members.v[f->member++];
            cm_inst *child = cm__host(cx)->object_inst(cx, member);
            st = cm_objs__hold(cx, &c->found, member);
            if (!st && child) st = push(cx, &stack, child); /* may move the stack */
            continue;
        }
        bool more = false;
        st = next_relation(cx, c, f, bit, stop_in, &more);
        if (!more && !st) {
            cm_objs_free(cx, &f->members);
            stack.n--;
        }
    }
    for (size_t i = 0; i < stack.n; i++) cm_objs__release(cx, &stack.v[i].members);
    cm__free(cx, stack.v);
    return st;
}

void cm_cascade__dispose(cm_ctx *cx, cm_cascade *c) {
    cm_objs__release(cx, &c->found);
    cm_map__dispose(cx, &c->seen);
}
