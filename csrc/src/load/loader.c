/* loader.c: rows become instances. The hot path of reading.
 *
 * For each entity of a row: read its key, look into the identity map, and on a miss have the host make an instance whose
 * slots are filled by one decode_row call, straight from the driver's values. Instances that are there already are left
 * as they are, but for what they have not loaded (expired, deferred) and under populate_existing.
 *
 * Nothing is allocated per row beyond the instance, its values and room in the result; only integer keys are hashed, and
 * the seam is crossed for inst_alloc, decode_row and the reference of what is found. Rows of anything else than one
 * entity take the general way: groups in order (parents first), then outputs, then what is joined to whom (collect.c).
 */
#include "load/load.h"

#include <string.h>

/* ---- values of an instance */

static cm_status run_codec(cm_load_run *run, const cm_type *type, cm_value *value) {
    if (value->kind == CM_NULL) return CM_OK;
    return cm_codec__get(type)->decode(run->cx, type, value, &run->codec);
}

/* Values that may be part of reference cycles: the host begins to watch the instance. */
static void track(cm_load_run *run, const cm_shape *s, cm_inst *inst, void **stored) {
    for (uint32_t i = 0; i < s->ntracked; i++) run->host->value_stored(run->cx, inst, s->types[s->tracked[i]], stored[s->tracked[i]]);
}

/* Names what could not be read, and answers st. */
static cm_status bad_attr(cm_load_run *run, const cm_shape *s, size_t i, cm_status st) {
    if (st && i < s->n) cm__fail_subject(run->cx, "%s.%s", cm_str_text(s->mapper->name), cm_str_text(s->attrs[i]->key));
    return st;
}

static cm_status bad_output(cm_load_run *run, size_t i, cm_status st) {
    const cm_row_plan *p = run->plan;
    if (st && p->names && i < p->noutputs && p->names[i]) cm__fail_subject(run->cx, "%s", cm_str_text(p->names[i]));
    return st;
}

static bool same_identity(const cm_value *a, const cm_value *b) {
    if (a->kind != b->kind) return false;
    if (a->kind == CM_TEXT) return a->u.s.n == b->u.s.n && memcmp(a->u.s.p, b->u.s.p, a->u.s.n) == 0;
    return (a->kind == CM_INT || a->kind == CM_BOOL) && a->u.i == b->u.i;
}

/* Decodes a row that spells the polymorphic identity as its class does: one object for it stands in all instances of the run. */
static cm_status decode_sharing(cm_load_run *run, const cm_shape *s, cm_value *in, void **out) {
    void **word = &run->words[s->word_at];
    const cm_value spelled = in[s->word];
    if (*word) in[s->word] = (cm_value){.kind = CM_MADE, .u.made = *word};
    cm_status st = run->host->decode_row(run->cx, s->types, in, s->n, out);
    in[s->word] = spelled;
    if (!st && !*word) run->host->retain(run->cx, *word = out[s->word]);
    return st;
}

/* All attributes of a new instance. */
static cm_status fill_new(cm_load_run *run, const cm_shape *s, cm_inst *inst, cm_value *values) {
    cm_value *in = run->raw;
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < s->ncodec && !st; i++)
        st = bad_attr(run, s, s->codec[i], run_codec(run, s->types[s->codec[i]], &values[s->pos[s->codec[i]]]));
    if (st || !s->n) return st;
    if (s->first_pos != CM_NOWHERE) in = values + s->first_pos;
    else
        for (uint32_t i = 0; i < s->n; i++) run->raw[i] = values[s->pos[i]];
    if (s->first_slot != CM_NOWHERE && !(inst->flags & CM_INST_DICT) && s->first_slot + s->n <= inst->nslots) {
        void **slots = cm_inst_slots(inst) + s->first_slot;
        if (s->word != CM_NOWHERE && same_identity(&in[s->word], &s->identity)) st = decode_sharing(run, s, in, slots);
        else st = run->host->decode_row(run->cx, s->types, in, s->n, slots);
        if (!st && s->ntracked) track(run, s, inst, slots);
        return bad_attr(run, s, cm__bad_value(run->cx), st);
    }
    st = run->host->decode_row(run->cx, s->types, in, s->n, run->decoded);
    if (st) return bad_attr(run, s, cm__bad_value(run->cx), st);
    for (uint32_t i = 0; i < s->n && !st; i++) {
        st = cm_inst__store_take(run->cx, inst, s->attrs[i], run->decoded[i]);
        if (st)
            while (++i < s->n) run->host->release(run->cx, run->decoded[i]);
    }
    return st;
}

/* Attributes of an instance that is there already: those without value, or all. */
static cm_status fill_existing(cm_load_run *run, const cm_shape *s, cm_inst *inst, cm_value *values, bool all) {
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < s->n && !st; i++) {
        void *value = NULL;
        cm_value *raw = &values[s->pos[i]];
        if (!all && cm_inst__peek(run->cx, inst, s->attrs[i])) continue;
        st = run_codec(run, s->types[i], raw);
        if (!st) st = run->host->decode(run->cx, s->types[i], raw, &value);
        st = bad_attr(run, s, i, st);
        if (!st) st = cm_inst__store_take(run->cx, inst, s->attrs[i], value);
    }
    return st;
}

/* Flags of an instance after its attributes were read: whether anything of its class is still unread. */
static void note_filled(cm_load_run *run, const cm_shape *s, cm_inst *inst) {
    inst->flags &= ~(uint32_t)(CM_INST_EXPIRED | CM_INST_STALE | CM_INST_PARTIAL);
    if (!s->partial) return;
    for (size_t i = 0; i < inst->mapper->nattrs; i++) {
        const cm_attr *attr = inst->mapper->attrs[i];
        if (attr->kind == CM_ATTR_RELATION || cm_inst__peek(run->cx, inst, attr)) continue;
        inst->flags |= CM_INST_PARTIAL;
        return;
    }
}

static cm_status tell(cm_load_run *run, cm_inst *inst, cm_event event) {
    void *arg = NULL;
    if (!(inst->mapper->events & (UINT64_C(1) << event))) return CM_OK;
    return run->host->event(run->cx, event, run->s, inst, NULL, &arg);
}

/* ---- finding and making */

static cm_status unknown_identity(cm_load_run *run, const cm_group *g, const cm_value *v) {
    const char *name = cm_str_text(g->mapper->name);
    if (v->kind == CM_TEXT)
        return cm__fail(run->cx, CM_E_INVALID_REQUEST, "No such polymorphic_identity '%.*s' is defined for %s", (int)v->u.s.n, v->u.s.p,
                        name);
    return cm__fail(run->cx, CM_E_INVALID_REQUEST, "No such polymorphic_identity %lld is defined for %s", (long long)v->u.i, name);
}

/* Discriminators that the database spells otherwise than the host encodes them (padded, typed): the host compares. */
static cm_status compare_identity(cm_load_run *run, const cm_group *g, cm_value *v, const cm_shape **out) {
    void *value = NULL;
    cm_status st = run_codec(run, g->discriminator_type, v);
    if (!st) st = run->host->decode(run->cx, g->discriminator_type, v, &value);
    if (st) return st;
    const cm_mapper *m = cm_mapper__by_identity(run->cx, g->mapper, value, &st);
    run->host->release(run->cx, value);
    for (uint32_t i = 0; m && i < g->nshapes; i++)
        if (g->shapes[i].mapper == m) *out = &g->shapes[i];
    return st || *out ? st : unknown_identity(run, g, v);
}

/* The class a row of a hierarchy belongs to. */
static cm_status pick_shape(cm_load_run *run, const cm_group *g, cm_value *values, const cm_shape **out) {
    *out = &g->shapes[0];
    if (g->discriminator == CM_NOWHERE) return CM_OK;
    cm_value *v = &values[g->discriminator];
    if (v->kind == CM_NULL) return CM_OK;
    for (uint32_t i = 0; i < g->nshapes; i++) {
        if (!same_identity(v, &g->shapes[i].identity)) continue;
        *out = &g->shapes[i];
        return CM_OK;
    }
    *out = NULL;
    return compare_identity(run, g, v, out);
}

/* The instance remembers the options it was loaded with, for what it loads later. */
static cm_status remember_options(cm_load_run *run, uint32_t g, cm_inst *inst) {
    cm_state *state = NULL;
    const cm_opts opts = run->opts[g];
    cm_status st = cm_inst__state(run->cx, inst, &state);
    if (st) return st;
    cm_node **kept = cm__alloc(run->cx, opts.n * sizeof *kept);
    if (!kept) return CM_E_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < opts.n; i++)
        if (!cm_opts__passing(opts.v[i])) kept[n++] = opts.v[i];
    run->host->nodes_retain(run->cx, kept, n);
    if (state->noptions) run->host->nodes_release(run->cx, state->options, state->noptions);
    cm__free(run->cx, state->options);
    state->options = kept;
    state->noptions = n;
    return CM_OK;
}

/* A key read from a row: the integer itself, or decoded values (references). */
typedef struct row_key {
    bool is_int, is_null;
    uint64_t puts; /* of the identity map, when it did not have it */
    int64_t i;
    void *values[16];
} row_key;

static void key_dispose(cm_load_run *run, const cm_group *g, row_key *k) {
    for (uint32_t i = 0; !k->is_int && i < g->nkey; i++)
        if (k->values[i]) run->host->release(run->cx, k->values[i]);
}

static cm_status decode_key(cm_load_run *run, const cm_group *g, cm_value *values, row_key *k) {
    cm_status st = CM_OK;
    memset(k->values, 0, g->nkey * sizeof *k->values);
    for (uint32_t i = 0; i < g->nkey && !st; i++) {
        cm_value *v = &values[g->key_pos[i]];
        if (v->kind == CM_NULL) k->is_null = true;
        if (!cm_codec__is_plain(g->key_types[i])) st = run_codec(run, g->key_types[i], v);
        if (!st) st = run->host->decode(run->cx, g->key_types[i], v, &k->values[i]);
    }
    if (st) key_dispose(run, g, k);
    return st;
}

static cm_status make_instance(cm_load_run *run, uint32_t group, cm_value *values, const row_key *k, cm_inst **out) {
    const cm_group *g = &run->plan->groups[group];
    const cm_shape *shape = &g->shapes[0];
    cm_inst *inst = NULL;
    cm_status st = g->discriminator == CM_NOWHERE ? CM_OK : pick_shape(run, g, values, &shape);
    if (!st) st = run->host->inst_alloc(run->cx, shape->mapper, &inst);
    if (st) return st;
    st = fill_new(run, shape, inst, values);
    if (k->is_int) {
        inst->key.i = k->i;
        inst->flags |= CM_INST_KEY;
    } else if (!st) {
        st = cm_inst__set_key(run->cx, inst, k->values, g->nkey);
    }
    if (!st) st = cm_session__attach_loaded(run->cx, run->s, inst, k->puts);
    if (shape->partial) inst->flags |= CM_INST_PARTIAL;
    if (!st && g->sticky) st = remember_options(run, group, inst);
    if (!st && run->request->populate_existing) st = cm_map__put(run->cx, &run->overwritten, cm__ptr_key(inst), inst); /* this row did */
    if (!st) st = tell(run, inst, CM_EV_LOAD);
    if (st) cm_inst__drop(run, inst);
    else *out = inst;
    return st;
}

static bool must_overwrite(cm_load_run *run, cm_inst *inst, cm_status *st) {
    const cm_load_request *q = run->request;
    if (!q->populate_existing || cm_map__get(&run->overwritten, cm__ptr_key(inst))) return false;
    *st = cm_map__put(run->cx, &run->overwritten, cm__ptr_key(inst), inst);
    if (!*st) cm_inst__expire(run->cx, inst, NULL, 0);
    return !*st;
}

/* An instance that is there: takes what it lacks, or everything when it is to be overwritten. */
static cm_status meet_instance(cm_load_run *run, uint32_t group, cm_value *values, cm_inst *inst) {
    const cm_group *g = &run->plan->groups[group];
    const cm_shape *shape = NULL;
    cm_status st = CM_OK;
    const bool overwrite = must_overwrite(run, inst, &st);
    if (st || (!overwrite && !(inst->flags & (CM_INST_EXPIRED | CM_INST_PARTIAL)))) return st;
    for (uint32_t i = 0; i < g->nshapes && !shape; i++)
        if (g->shapes[i].mapper == inst->mapper) shape = &g->shapes[i];
    if (!shape) return CM_OK;
    const bool was_expired = overwrite || (inst->flags & CM_INST_EXPIRED);
    run->fresh[group] = was_expired ? CM_FRESH_OVERWRITTEN : CM_FRESH_NOT;
    st = fill_existing(run, shape, inst, values, overwrite);
    note_filled(run, shape, inst);
    if (!st && g->sticky && inst != run->request->owner) st = remember_options(run, group, inst); /* what is read again keeps its own */
    return st || !was_expired ? st : tell(run, inst, CM_EV_REFRESH);
}

/* The instance of a group in this row: run->row[group], with a reference. */
static cm_status load_group(cm_load_run *run, uint32_t group, cm_value *values) {
    const cm_group *g = &run->plan->groups[group];
    const cm_value *first = &values[g->key_pos[0]];
    const cm_mapper *root = g->mapper->root;
    row_key k;
    cm_inst *inst = NULL;
    cm_status st = CM_OK;
    k.is_int = g->int_key && first->kind == CM_INT;
    k.is_null = first->kind == CM_NULL && g->nkey == 1;
    run->row[group] = NULL;
    run->fresh[group] = CM_FRESH_NOT;
    if (k.is_null) return CM_OK;
    if (g->of_union) { /* each class has keys of its own */
        const cm_shape *shape = NULL;
        st = pick_shape(run, g, values, &shape);
        if (st) return st;
        root = shape->mapper->root;
    }
    if (k.is_int) {
        k.i = first->u.i;
        inst = cm_idmap__find_int(run->cx, run->s->idmap, root, k.i);
    } else {
        st = decode_key(run, g, values, &k);
        if (!st && !k.is_null) st = cm_idmap__find(run->cx, run->s->idmap, root, k.values, g->nkey, &inst);
        if (st) return st;
    }
    k.puts = cm_idmap__puts(run->s->idmap);
    if (inst) {
        cm_inst__keep(run, inst);
        run->row[group] = inst;
        st = meet_instance(run, group, values, inst);
    } else if (!k.is_null) {
        st = make_instance(run, group, values, &k, &run->row[group]);
        run->fresh[group] = CM_FRESH_MADE;
    }
    key_dispose(run, g, &k);
    return st;
}

/* ---- rows */

static cm_status add_out(cm_load_run *run, void *take_value) {
    cm_objs *out = &run->out;
    if (out->n == out->cap) {
        cm_status st = cm__grow(run->cx, &out->v, &out->cap, out->n + 1, sizeof *out->v);
        if (st) {
            run->host->release(run->cx, take_value);
            return st;
        }
    }
    out->v[out->n++] = take_value;
    return CM_OK;
}

/* Whether an instance is to be looked at after the rows: it is new, or something that follows is not loaded. */
static bool wants_follow(const cm_load_run *run, const cm_group *g, uint32_t group, cm_inst *inst) {
    if (run->request->lazily) return run->fresh[group] == CM_FRESH_MADE;
    if (run->fresh[group] != CM_FRESH_NOT) return true;
    if (g->polymorphic && (inst->flags & CM_INST_PARTIAL)) return true;
    for (uint32_t i = 0; i < g->nfollows; i++) {
        const cm_attr *own = cm_mapper__own_attr(inst->mapper, g->follows[i].attr);
        if (own && !cm_inst__peek(run->cx, inst, own)) return true;
    }
    return false;
}

static cm_status note_follow(cm_load_run *run, uint32_t group) {
    const cm_group *g = &run->plan->groups[group];
    cm_inst *inst = run->row[group];
    if (!wants_follow(run, g, group, inst)) return CM_OK;
    void *object = cm_inst__object(run, inst);
    cm_status st = cm_objs_add(run->cx, &run->loaded[group], object);
    if (!st) run->host->retain(run->cx, object);
    return st;
}

static cm_status output_value(cm_load_run *run, const cm_output *o, cm_value *values) {
    void *value = NULL;
    cm_status st = run_codec(run, o->type, &values[o->pos]);
    if (!st) st = run->host->decode(run->cx, o->type, &values[o->pos], &value);
    return st ? st : add_out(run, value);
}

static cm_status output_entity(cm_load_run *run, uint32_t group) {
    cm_inst *inst = run->row[group];
    void *object = inst ? cm_inst__object(run, inst) : cm__none(run->cx);
    run->host->retain(run->cx, object);
    return add_out(run, object);
}

static cm_status write_outputs(cm_load_run *run, cm_value *values) {
    const cm_row_plan *p = run->plan;
    const size_t before = run->out.n;
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < p->noutputs && !st; i++) {
        const cm_output *o = &p->outputs[i];
        st = o->group == CM_NOWHERE ? bad_output(run, i, output_value(run, o, values)) : output_entity(run, o->group);
    }
    if (!st) run->nrows++;
    while (st && run->out.n > before) run->host->release(run->cx, run->out.v[--run->out.n]);
    return st;
}

static cm_status sink_row(cm_load_run *run, const cm_value *values) {
    const cm_load_request *q = run->request;
    return q->sink(run, q->sink_user, values, run->plan->ngroups ? run->row[0] : NULL);
}

static cm_status general_row(cm_load_run *run, cm_value *values) {
    const cm_row_plan *p = run->plan;
    cm_status st = CM_OK;
    uint32_t n = 0;
    for (; n < p->ngroups && !st; n++) {
        const cm_group *g = &p->groups[n];
        if (g->parent >= 0 && !run->row[g->parent]) run->row[n] = NULL;
        else st = load_group(run, n, values);
        if (!st && (g->nfollows || g->polymorphic) && run->row[n]) st = note_follow(run, n);
    }
    for (uint32_t i = 0; i < p->ngroups && !st; i++)
        if (p->groups[i].parent >= 0 && run->row[p->groups[i].parent]) st = cm_collect__row(run, i);
    if (!st) st = run->request->sink ? sink_row(run, values) : write_outputs(run, values);
    for (uint32_t i = 0; i < n; i++) {
        cm_inst__drop(run, run->row[i]);
        run->row[i] = NULL;
    }
    return st;
}

/* Rows of plain values: decoded whole, into the result. */
static cm_status value_row(cm_load_run *run, cm_value *values) {
    const cm_row_plan *p = run->plan;
    cm_objs *out = &run->out;
    cm_status st = CM_OK;
    for (uint32_t i = 0; i < p->ncodec && !st; i++)
        st = bad_output(run, p->codec[i], run_codec(run, p->types[p->codec[i]], &values[p->codec[i]]));
    if (!st && out->cap - out->n < p->noutputs) st = cm__grow(run->cx, &out->v, &out->cap, out->n + p->noutputs, sizeof *out->v);
    if (st) return st;
    st = run->host->decode_row(run->cx, p->types, values, p->noutputs, out->v + out->n);
    if (st) return bad_output(run, cm__bad_value(run->cx), st);
    out->n += p->noutputs;
    run->nrows++;
    return CM_OK;
}

/* Rows of one entity that nothing is joined to. */
static cm_status entity_row(cm_load_run *run, cm_value *values) {
    cm_status st = load_group(run, 0, values);
    cm_inst *inst = run->row[0];
    run->row[0] = NULL;
    if (st) {
        cm_inst__drop(run, inst);
        return st;
    }
    if (!inst) {
        run->host->retain(run->cx, cm__none(run->cx));
        st = add_out(run, cm__none(run->cx));
    } else {
        st = add_out(run, cm_inst__object(run, inst));
    }
    run->nrows += !st;
    return st;
}

cm_status cm_load__row(cm_load_run *run, cm_value *values, size_t n) {
    const cm_row_plan *p = run->plan;
    if (n < p->ncolumns) return cm__fail(run->cx, CM_E_MISUSE, "a row has %zu columns where %u were selected", n, p->ncolumns);
    if (run->codec.used) cm_arena__reset(&run->codec);
    if (run->request->sink) return general_row(run, values);
    if (p->values_only) return value_row(run, values);
    if (p->ngroups == 1 && p->noutputs == 1 && !p->has_follows) return entity_row(run, values);
    return general_row(run, values);
}
