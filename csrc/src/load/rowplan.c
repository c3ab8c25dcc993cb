/* rowplan.c: what the columns of a statement mean, as flat arrays that the loader walks for every row.
 *
 *   group   one entity of a row: where its key is, what it hangs from, what follows it
 *   shape   one class a row of the group may turn out to be (the discriminator picks): position -> slot
 *
 * A plan holds no host object: mappers and attributes are borrowed from classes. A plan outlives its classes only unused,
 * because the serials in its key are never given out again. Everything lies in one region.
 */
#include "load/load.h"

#include <stdio.h>
#include <string.h>

void cm_row_plan__free(cm_ctx *cx, void *plan) {
    cm_row_plan *p = plan;
    if (!p) return;
    for (uint32_t i = 0; i < p->ngroups; i++) cm_node_release(cx, p->groups[i].entity);
    for (uint32_t i = 0; p->names && i < p->noutputs; i++) cm_str_release(cx, p->names[i]);
    p->arena.cx = cx;
    cm_arena__dispose(&p->arena);
    cm__free(cx, p);
}

static void *reserve(cm_row_plan *p, size_t n, size_t size) { return cm_arena__alloc(&p->arena, n ? n * size : size); }

/* Position in the row: columns of eager joins follow those of the statement. */
static uint32_t in_row(const cm_expansion *x, const cm_load_entity *e, uint32_t pos) {
    return e->secondary ? pos + (uint32_t)x->columns.n : pos;
}

/* ---- shapes */

/* The attribute under which a class knows what was read for the group, or NULL when it has none. */
static const cm_attr *attr_of_class(const cm_mapper *m, const cm_attr *read) {
    if (!cm_mapper__isa(m, read->mapper)) return NULL;
    return cm_mapper__own_attr(m, read);
}

static bool is_run(const uint32_t *v, uint32_t n) {
    for (uint32_t i = 1; i < n; i++)
        if (v[i] != v[0] + i) return false;
    return n > 0;
}

static uint32_t count_columns(const cm_mapper *m) {
    uint32_t n = 0;
    for (size_t i = 0; i < m->nattrs; i++) n += m->attrs[i]->kind != CM_ATTR_RELATION;
    return n;
}

/* Remembers which attributes need the codec, and which values may be part of reference cycles. */
static void sort_out_types(cm_shape *s) {
    for (uint32_t i = 0; i < s->n; i++) {
        const cm_type *type = s->types[i];
        if (!cm_codec__is_plain(type)) s->codec[s->ncodec++] = i;
        if (!type->atomic && !type->fresh) s->tracked[s->ntracked++] = i;
    }
}

static const cm_type *discriminator_type(const cm_load_entity *e) {
    return e->union_type ? e->union_type->type : e->mapper->polymorphic_on ? e->mapper->polymorphic_on->type : NULL;
}

static cm_status encode_identity(cm_ctx *cx, cm_row_plan *p, const cm_type *type, const cm_mapper *m, cm_value *out) {
    cm_arena scratch;
    out->kind = CM_NULL;
    if (!type || !m->polymorphic_identity) return CM_OK;
    cm_arena__init(&scratch, cx);
    cm_status st = cm__host(cx)->encode(cx, type, m->polymorphic_identity, &scratch, out);
    if (!st && out->kind == CM_TEXT) {
        out->u.s.p = cm_arena__copy(&p->arena, out->u.s.p, out->u.s.n);
        if (!out->u.s.p) st = cm__nomem(cx);
    }
    cm_arena__dispose(&scratch);
    return st;
}

static cm_status build_shape(cm_expansion *x, cm_row_plan *p, const cm_load_entity *e, cm_mapper *m, cm_shape *s) {
    const size_t n = e->n;
    s->mapper = m;
    s->attrs = reserve(p, n, sizeof *s->attrs);
    s->pos = reserve(p, n, sizeof *s->pos);
    s->types = reserve(p, n, sizeof *s->types);
    s->codec = reserve(p, n, sizeof *s->codec);
    s->tracked = reserve(p, n, sizeof *s->tracked);
    uint32_t *slots = cm_arena__alloc(x->arena, (n + 1) * sizeof *slots);
    if (!s->attrs || !s->pos || !s->types || !s->codec || !s->tracked || !slots) return cm__nomem(x->cx);
    for (size_t i = 0; i < n; i++) {
        const cm_attr *attr = attr_of_class(m, e->columns[i].attr);
        if (!attr) continue;
        slots[s->n] = attr->slot;
        s->attrs[s->n] = attr;
        s->pos[s->n] = in_row(x, e, e->columns[i].pos);
        s->types[s->n++] = attr->type ? attr->type : cm_type_basic(x->cx, CM_T_NULL);
    }
    const bool in_slots = is_run(slots, s->n) && slots[0] + s->n <= m->nslots;
    s->first_slot = in_slots ? slots[0] : CM_NOWHERE;
    s->first_pos = is_run(s->pos, s->n) ? s->pos[0] : CM_NOWHERE;
    s->partial = s->n < count_columns(m);
    sort_out_types(s);
    return encode_identity(x->cx, p, discriminator_type(e), m, &s->identity);
}

static uint32_t count_classes(const cm_mapper *m) {
    uint32_t n = 1;
    for (size_t i = 0; i < m->nchildren; i++) n += count_classes(m->children[i]);
    return n;
}

static cm_status build_shapes(cm_expansion *x, cm_row_plan *p, const cm_load_entity *e, cm_mapper *m, cm_group *g) {
    cm_status st = build_shape(x, p, e, m, &g->shapes[g->nshapes]);
    g->nshapes++;
    for (size_t i = 0; i < m->nchildren && !st && e->discriminator != CM_NOWHERE; i++)
        if (!m->children[i]->concrete || e->union_type) st = build_shapes(x, p, e, m->children[i], g);
    return st;
}

/* ---- groups */

static cm_status build_group(cm_expansion *x, cm_row_plan *p, const cm_load_entity *e, cm_group *g) {
    cm_mapper *m = e->mapper;
    g->mapper = m;
    if (e->entity->flags & CM_FLAG_ALIASED && !e->secondary) cm_node_retain(x->cx, g->entity = e->entity);
    g->nkey = e->nkey;
    g->key_pos = reserve(p, g->nkey, sizeof *g->key_pos);
    g->key_types = reserve(p, g->nkey, sizeof *g->key_types);
    g->shapes = reserve(p, count_classes(m), sizeof *g->shapes);
    g->follows = reserve(p, e->nfollows, sizeof *g->follows);
    if (!g->key_pos || !g->key_types || !g->shapes || !g->follows) return cm__nomem(x->cx);
    for (uint32_t i = 0; i < g->nkey; i++) {
        g->key_pos[i] = in_row(x, e, e->key_pos[i]);
        g->key_types[i] = m->primary_key[i]->type;
    }
    g->int_key = m->int_key;
    g->discriminator = e->discriminator == CM_NOWHERE ? CM_NOWHERE : in_row(x, e, e->discriminator);
    g->discriminator_type = discriminator_type(e);
    g->of_union = e->union_type != NULL;
    g->parent = e->parent ? (int)e->parent->index : -1;
    g->via = e->via;
    g->output = e->output;
    g->nfollows = e->nfollows;
    if (e->nfollows) memcpy(g->follows, e->follows, e->nfollows * sizeof *e->follows);
    g->sticky = cm_opts__sticky(e->opts);
    g->polymorphic = e->discriminator != CM_NOWHERE && cm_poly__any(e->opts, m);
    p->has_follows |= g->nfollows > 0 || g->polymorphic;
    p->has_sticky |= g->sticky;
    p->needs_unique |= e->via && e->via->uselist;
    return build_shapes(x, p, e, m, g);
}

static cm_status build_outputs(cm_expansion *x, cm_row_plan *p) {
    p->outputs = reserve(p, x->nitems, sizeof *p->outputs);
    p->names = reserve(p, x->nitems, sizeof *p->names);
    if (!p->outputs || !p->names) return cm__nomem(x->cx);
    p->noutputs = (uint32_t)x->nitems;
    p->values_only = true;
    p->proxy_names = x->sources.n && !(x->stmt->flags & CM_FLAG_USE_LABELS);
    for (size_t i = 0; i < x->nitems; i++) {
        const struct cm_load_item *item = &x->items[i];
        p->outputs[i] = (cm_output){.group = item->entity ? item->entity->index : CM_NOWHERE, .pos = item->pos};
        const cm_node *column = item->entity || item->pos >= x->columns.n ? NULL : x->columns.v[item->pos];
        const bool function = p->proxy_names && !item->name && column && column->kind == CM_N_FUNC;
        p->names[i] = cm_str_retain(function ? column->u.n.name : item->name);
        if (item->entity) p->values_only = false;
    }
    return CM_OK;
}

cm_status cm_row_plan__build(cm_expansion *x, cm_row_plan **out) {
    cm_row_plan *p = cm__alloc(x->cx, sizeof *p);
    *out = NULL;
    if (!p) return CM_E_NOMEM;
    cm_arena__init(&p->arena, x->cx);
    cm_status st = build_outputs(x, p);
    if (!st && !(p->groups = reserve(p, x->nentities, sizeof *p->groups))) st = cm__nomem(x->cx);
    for (cm_load_entity *e = x->first; e && !st; e = e->next) st = build_group(x, p, e, &p->groups[p->ngroups++]);
    if (st) cm_row_plan__free(x->cx, p);
    else *out = p;
    return st;
}

/* ---- after compiling */

/* Types as the statement has them: a dialect may store an attribute by another type than its own. */
static void finish_shape(const cm_row_plan *p, cm_shape *s) {
    bool changed = false;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->pos[i] >= p->ncolumns || s->types[i] == p->types[s->pos[i]] ||
            !(s->types[i]->def.flags & CM_TYPE_VARIES || s->types[i]->def.kind == CM_T_JSON))
            continue;
        s->types[i] = p->types[s->pos[i]];
        changed = true;
    }
    if (!changed) return;
    s->ncodec = s->ntracked = 0;
    sort_out_types(s);
}

/* A polymorphic identity that is plain text is made once for all instances of a class. */
static void find_word(cm_row_plan *p, cm_shape *s) {
    s->word = CM_NOWHERE;
    for (uint32_t i = 0; i < s->n && s->identity.kind == CM_TEXT; i++) {
        const cm_type_def *def = &s->types[i]->def;
        if (s->attrs[i] != s->mapper->polymorphic_on || (def->kind != CM_T_STRING && def->kind != CM_T_TEXT) || (def->flags & CM_TYPE_HOST))
            continue;
        s->word = i;
        s->word_at = p->nwords++;
        return;
    }
}

static void finish_group(cm_row_plan *p, cm_group *g) {
    for (uint32_t i = 0; i < g->nkey; i++)
        if (g->key_types[i] && (g->key_types[i]->def.flags & CM_TYPE_VARIES) && g->key_pos[i] < p->ncolumns)
            g->key_types[i] = p->types[g->key_pos[i]];
    for (uint32_t i = 0; i < g->nshapes; i++) {
        finish_shape(p, &g->shapes[i]);
        find_word(p, &g->shapes[i]);
    }
}

static bool called(const cm_row_plan *p, uint32_t n, const char *name) {
    for (uint32_t i = 0; i < n; i++)
        if (p->names[i] && strcmp(cm_str_text(p->names[i]), name) == 0) return true;
    return false;
}

static cm_status rename_output(cm_ctx *cx, cm_row_plan *p, uint32_t i, const char *name) {
    cm_str *made = cm_str_new(cx, name, strlen(name));
    if (!made) return CM_E_NOMEM;
    cm_str_release(cx, p->names[i]);
    p->names[i] = made;
    return CM_OK;
}

/* Names of rows of an ORM statement: what has none is _no_label, and each is there once. */
static cm_status finish_names(cm_ctx *cx, cm_row_plan *p) {
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < p->noutputs && !st; i++) {
        char text[160];
        if (p->outputs[i].group != CM_NOWHERE || !p->names[i]) continue;
        if (strncmp(cm_str_text(p->names[i]), "anon_", 5) == 0) st = rename_output(cx, p, i, "_no_label");
        const char *name = st ? "" : cm_str_text(p->names[i]);
        if (st || !called(p, i, name)) continue;
        unsigned k = 0;
        do snprintf(text, sizeof text, "%.120s_%u", name, ++k);
        while (called(p, i, text));
        st = rename_output(cx, p, i, text);
    }
    return st;
}

cm_status cm_row_plan__finish(cm_ctx *cx, cm_row_plan *p, const cm_compiled *c) {
    p->arena.cx = cx;
    p->ncolumns = (uint32_t)c->ncolumns;
    p->types = reserve(p, c->ncolumns, sizeof *p->types);
    p->codec = reserve(p, c->ncolumns, sizeof *p->codec);
    if (!p->types || !p->codec) return cm__nomem(cx);
    for (size_t i = 0; i < c->ncolumns; i++) p->types[i] = c->columns[i].type ? c->columns[i].type : cm_type_basic(cx, CM_T_NULL);
    for (uint32_t g = 0; g < p->ngroups; g++) finish_group(p, &p->groups[g]);
    for (uint32_t i = 0; i < p->noutputs; i++) {
        cm_output *o = &p->outputs[i];
        if (o->group != CM_NOWHERE) continue;
        if (o->pos >= c->ncolumns) return cm__fail(cx, CM_E_COMPILE, "column %u of the statement is missing from its SQL", o->pos + 1);
        o->type = p->types[o->pos];
        if (!cm_codec__is_plain(o->type)) p->codec[p->ncodec++] = o->pos;
        if (!p->names[i]) p->names[i] = cm_str_retain(c->columns[o->pos].name);
    }
    return p->proxy_names ? finish_names(cx, p) : CM_OK;
}
