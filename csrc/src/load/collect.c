/* collect.c: rows of joined relationships become values of their parents.
 *
 * A collector belongs to a group that hangs from another one. For each parent seen in this load it holds the collection
 * under construction (members once each, in order of rows) or, for a scalar, whether it was set. Parents whose
 * attribute was loaded before are left alone. Collections are stored when all rows are there.
 */
#include "load/load.h"

#include <stdio.h>

typedef struct pending { /* one parent */
    cm_inst *parent;     /* held, so that its address stays its own */
    void *coll;          /* collection being filled (a reference); NULL: scalar, or nothing to do */
    void *last;          /* member added last; borrowed from the collection */
    cm_map seen;         /* the first nseen members, once one of many is to be looked up */
    size_t nseen;
    cm_objs members; /* borrowed */
    bool skip, warned;
} pending;

/* Most parents and members were made by the row that names them first: they cannot have been met before. Only for the others
 * are maps filled, with what has come since they were last asked. */
typedef struct cm_collector {
    cm_map by_parent; /* cm__ptr_key(parent) -> pending, of the first nmapped */
    size_t nmapped;
    pending **v;
    size_t n, cap;
    pending *last;
} collector;

static cm_status warn_several(cm_load_run *run, const cm_attr *attr, pending *p) {
    char text[256];
    if (p->warned) return CM_OK;
    p->warned = true;
    snprintf(text, sizeof text, "Multiple rows returned with uselist=False for eagerly-loaded attribute '%s.%s' ",
             cm_str_text(attr->mapper->name), cm_str_text(attr->key));
    return run->host->warn(run->cx, "SAWarning", text);
}

/* First sight of a parent: is its attribute to be filled? */
static cm_status begin(cm_load_run *run, collector *c, const cm_attr *attr, cm_inst *parent, pending **out) {
    pending *p = cm_arena__alloc(&run->arena, sizeof *p);
    if (!p) return cm__nomem(run->cx);
    cm_status st = cm__grow(run->cx, &c->v, &c->cap, c->n + 1, sizeof *c->v);
    if (st) return st;
    p->parent = parent;
    cm_inst__keep(run, parent);
    c->v[c->n++] = p;
    p->skip = cm_inst__peek(run->cx, parent, attr) != NULL;
    if (!p->skip && attr->uselist) st = run->host->coll_new(run->cx, parent, attr, &p->coll);
    *out = p;
    return st;
}

/* What is known of a parent that may have been met before; NULL: nothing. */
static cm_status known_parent(cm_load_run *run, collector *c, cm_inst *parent, pending **out) {
    cm_status st = CM_OK;
    for (; c->nmapped < c->n && !st; c->nmapped += !st)
        st = cm_map__put(run->cx, &c->by_parent, cm__ptr_key(c->v[c->nmapped]->parent), c->v[c->nmapped]);
    *out = st ? NULL : cm_map__get(&c->by_parent, cm__ptr_key(parent));
    return st;
}

static cm_status find(cm_load_run *run, collector *c, const cm_attr *attr, uint32_t group, pending **out, bool *first) {
    cm_inst *parent = run->row[group];
    cm_status st = CM_OK;
    *first = false;
    *out = c->last;
    if (c->last && c->last->parent == parent) return CM_OK;
    *out = NULL;
    if (run->fresh[group] != CM_FRESH_MADE) st = known_parent(run, c, parent, out);
    if (!st && !*out) {
        *first = true;
        st = begin(run, c, attr, parent, out);
    }
    if (!st) c->last = *out;
    return st;
}

enum { FEW = 8 };

/* Whether a member was there before. */
static cm_status is_repeated(cm_load_run *run, pending *p, void *member, bool *out) {
    cm_status st = CM_OK;
    *out = p->last == member;
    for (size_t i = 0; !*out && i < p->members.n && p->members.n <= FEW; i++) *out = p->members.v[i] == member;
    if (*out || p->members.n <= FEW) return CM_OK;
    for (; p->nseen < p->members.n && !st; p->nseen += !st) st = cm_map__put(run->cx, &p->seen, cm__ptr_key(p->members.v[p->nseen]), p);
    *out = !st && cm_map__get(&p->seen, cm__ptr_key(member)) != NULL;
    return st;
}

static cm_status add_member(cm_load_run *run, pending *p, uint32_t group) {
    void *object = cm_inst__object(run, run->row[group]);
    bool repeated = false;
    cm_status st = run->fresh[group] == CM_FRESH_MADE ? CM_OK : is_repeated(run, p, object, &repeated);
    if (!st && !repeated) st = cm_objs_add(run->cx, &p->members, object);
    if (st || repeated) return st;
    p->last = object;
    return run->host->coll_add(run->cx, p->coll, &object, 1);
}

static cm_status set_scalar(cm_load_run *run, pending *p, const cm_attr *attr, cm_inst *child, bool first) {
    void *object = child ? cm_inst__object(run, child) : cm__none(run->cx);
    if (first) {
        p->last = object;
        return cm_inst__store(run->cx, p->parent, attr, object);
    }
    return object == p->last ? CM_OK : warn_several(run, attr, p);
}

cm_status cm_collect__row(cm_load_run *run, uint32_t group) {
    const cm_group *g = &run->plan->groups[group];
    cm_inst *parent = run->row[g->parent], *child = run->row[group];
    const cm_attr *attr = cm_mapper__own_attr(parent->mapper, g->via);
    collector *c = &run->collectors[group];
    pending *p = NULL;
    bool first = false;
    if (!attr) return CM_OK;
    cm_status st = find(run, c, attr, (uint32_t)g->parent, &p, &first);
    if (st || p->skip) return st;
    if (!attr->uselist) return set_scalar(run, p, attr, child, first);
    return child ? add_member(run, p, group) : CM_OK;
}

cm_status cm_collect__finish(cm_load_run *run) {
    cm_status st = CM_OK;
    for (uint32_t g = 0; run->collectors && g < run->plan->ngroups && !st; g++) {
        collector *c = &run->collectors[g];
        for (size_t i = 0; i < c->n && !st; i++) {
            pending *p = c->v[i];
            void *coll = p->coll;
            if (!coll) continue;
            p->coll = NULL;
            const cm_attr *attr = cm_mapper__own_attr(p->parent->mapper, run->plan->groups[g].via);
            if (cm_inst__peek(run->cx, p->parent, attr)) run->host->release(run->cx, coll); /* an event handler was faster */
            else st = cm_inst__store_loaded_coll(run->cx, p->parent, attr, coll, &p->members);
        }
    }
    return st;
}

void cm_collect__dispose(cm_load_run *run) {
    for (uint32_t g = 0; run->collectors && g < run->plan->ngroups; g++) {
        collector *c = &run->collectors[g];
        for (size_t i = 0; i < c->n; i++) {
            pending *p = c->v[i];
            if (p->coll) run->host->release(run->cx, p->coll);
            cm_inst__drop(run, p->parent);
            cm_map__dispose(run->cx, &p->seen);
            cm_objs_free(run->cx, &p->members);
        }
        cm__free(run->cx, c->v);
        cm_map__dispose(run->cx, &c->by_parent);
    }
}

cm_status cm_collect__init(cm_load_run *run) {
    const size_t n = run->plan->ngroups;
    bool any = false;
    for (size_t i = 0; i < n; i++) any |= run->plan->groups[i].parent >= 0;
    if (!any) return CM_OK;
    run->collectors = cm_arena__alloc(&run->arena, n * sizeof *run->collectors);
    return run->collectors ? CM_OK : cm__nomem(run->cx);
}
