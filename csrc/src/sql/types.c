/* Types that the host knows more of than their description says: which type stores them on a dialect, how they are spelled,
 * what stands around their parameters and columns.
 *
 *   INSERT INTO t (place) VALUES (ST_GeomFromText(?))      SELECT ST_AsText(t.place) AS place FROM t
 *
 * All of it happens while compiling: plans hold the types that were found, so rows and values pay nothing. */
#include "sql/compiler.h"

static const cm_type_def *def_of(const cm_type *type) { return type ? &type->def : NULL; }

cm_status cm_compiler__type_for(cm_compiler *c, const cm_type *type, const cm_type **out) {
    const cm_type_def *def = def_of(type);
    const cm_host *host = cm__host(c->cx);
    *out = type;
    bool ask = def && ((def->flags & CM_TYPE_VARIES) || (c->rq->host_dialect && def->kind == CM_T_JSON));
    if (ask && host->type_for) return host->type_for(c->cx, type, c->d, c->rq->host_dialect, out);
    if (type) cm_type_retain(c->cx, type);
    return CM_OK;
}

cm_status cm_compiler__type_name(cm_compiler *c, const cm_type_def *def) {
    cm_status st = cm_compiler__schema_of(c, def->schema);
    return st ? st : cm_compiler__cname(c, def->name);
}

/* item[], item[][] */
static cm_status spell_array(cm_compiler *c, const cm_type_def *def, bool for_cast) {
    cm_status st = cm_compiler__spell(c, def->item, for_cast);
    for (int32_t i = 0; i < (def->length > 1 ? def->length : 1); i++) cm_out(c, "[]");
    return st;
}

/* Types that are objects of the database lie in schemas, which the dialect's table does not know. */
static cm_status spell_stored(cm_compiler *c, const cm_type *stored, bool for_cast) {
    const cm_type_def *def = &stored->def;
    if (def->kind == CM_T_ENUM && (def->flags & CM_TYPE_NATIVE) && def->name && cm_has(c, CM_F_NAMED_TYPES))
        return cm_compiler__type_name(c, def);
    if (def->kind == CM_T_ARRAY && def->item && !def->spelling && cm_has(c, CM_F_ARRAY_IN)) return spell_array(c, def, for_cast);
    return c->d->type(c->cx, &c->b, stored, for_cast);
}

cm_status cm_compiler__spell(cm_compiler *c, const cm_type *type, bool for_cast) {
    const cm_host *host = cm__host(c->cx);
    const cm_type *stored = NULL;
    cm_status st = cm_compiler__type_for(c, type, &stored);
    if (st) return st;
    if (stored && for_cast && c->d->cast_type) st = c->d->cast_type(c, stored);
    else if (stored && (stored->def.flags & CM_TYPE_SPELLED) && host->type_spell) st = host->type_spell(c->cx, stored, c);
    else st = spell_stored(c, stored, for_cast);
    cm_type_release(c->cx, stored);
    return st;
}

/* Text has no length there, which would cut it; what is spelled by its own name is left to the server. */
cm_status cm_compiler__bind_cast(cm_compiler *c, const cm_type *type) {
    while (type && (type->def.flags & CM_TYPE_HOST) && type->def.item) type = type->def.item;
    const cm_type_def *def = def_of(type);
    if (def && (def->flags & CM_TYPE_BIND_CAST)) {
        cm_out(c, "::");
        return cm_compiler__spell(c, type, false);
    }
    if (!def || c->bind_cast == CM_CAST_NONE || (def->flags & (CM_TYPE_SPELLED | CM_TYPE_BIND_EXPR))) return CM_OK;
    switch (def->kind) {
    case CM_T_STRING:
    case CM_T_TEXT: cm_out(c, c->bind_cast == CM_CAST_TEXT ? "::TEXT" : "::VARCHAR"); return CM_OK;
    case CM_T_BIGINT:
        if (c->bind_cast != CM_CAST_COUNT) break;
        cm_out(c, "::INTEGER");
        return CM_OK;
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BOOLEAN:
    case CM_T_DATE:
    case CM_T_TIME:
    case CM_T_DATETIME:
    case CM_T_INTERVAL:
    case CM_T_ARRAY: break;
    default: return CM_OK;
    }
    cm_out(c, "::");
    return cm_compiler__spell(c, type, false);
}

/* A parameter that stands for p where the type's expression is written. */
static cm_status stand_in(cm_compiler *c, const cm_param *p, cm_node **out) {
    if (p->node && !p->expanding) {
        cm_node_retain(c->cx, *out = p->node);
        return CM_OK;
    }
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED | CM_FLAG_UNIQUE, .type = p->type};
    return cm_node_make(c->cx, &spec, out);
}

/* The type that stores the values, where it puts an expression around them; else NULL. owns: *out retained. */
static cm_status wrapping_type(cm_compiler *c, const cm_type *type, uint32_t hook, const cm_type **out) {
    *out = NULL;
    if (!type || !cm__host(c->cx)->type_wrap || !(type->def.flags & (hook | CM_TYPE_VARIES))) return CM_OK;
    cm_status st = cm_compiler__type_for(c, type, out);
    if (st || !*out || ((*out)->def.flags & hook)) return st;
    cm_type_release(c->cx, *out);
    *out = NULL;
    return CM_OK;
}

/* Writes what a type puts around a value; in it, the BIND stands for p, or where p is NULL for its own value, written out. */
static cm_status write_around(cm_compiler *c, const cm_type *type, cm_node *bind, const cm_param *p, const char *name, bool *done) {
    cm_node *around = NULL, *outer = c->wrapped;
    const cm_param *outer_param = c->wrapped_param;
    const char *outer_name = c->wrapped_name;
    cm_status st = cm__host(c->cx)->type_wrap(c->cx, type, bind, false, &around);
    if (st || !around) return st;
    *done = true;
    c->wrapped = bind;
    c->wrapped_param = p;
    c->wrapped_name = name;
    st = cm_compiler__keep(c, around);
    if (!st) st = cm_compiler__expr(c, around);
    c->wrapped = outer;
    c->wrapped_param = outer_param;
    c->wrapped_name = outer_name;
    return st;
}

cm_status cm_compiler__wrap_param(cm_compiler *c, const cm_param *p, const char *name, bool *done) {
    const cm_type *type = NULL;
    cm_node *value = NULL;
    *done = false;
    if (p == c->wrapped_param || (p->expanding && !p->count)) return CM_OK; /* already inside, or a list not spelled out */
    cm_status st = wrapping_type(c, p->type, CM_TYPE_BIND_EXPR, &type);
    if (st || !type) return st;
    st = stand_in(c, p, &value);
    if (!st) st = write_around(c, type, value, p, name, done);
    cm_type_release(c->cx, type);
    if (!value) return st;
    cm_status kept = cm_compiler__keep(c, value);
    return st ? st : kept;
}

cm_status cm_compiler__wrap_literal(cm_compiler *c, const cm_type *type, void *value, bool *done) {
    const cm_type *stored = NULL;
    cm_node *bind = NULL;
    *done = false;
    cm_status st = wrapping_type(c, type, CM_TYPE_BIND_EXPR, &stored);
    if (st || !stored) return st;
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_UNIQUE, .type = type, .value = value};
    st = cm_node_make(c->cx, &spec, &bind);
    if (!st) st = write_around(c, stored, bind, NULL, NULL, done);
    cm_type_release(c->cx, stored);
    if (!bind) return st;
    cm_status kept = cm_compiler__keep(c, bind);
    return st ? st : kept;
}

cm_status cm_compiler__wrap_column(cm_compiler *c, cm_node *n, bool *done) {
    const cm_type *type = NULL;
    cm_node *around = NULL, *inner = cm__node_unalias(n);
    *done = false;
    cm_status st = wrapping_type(c, n->type, CM_TYPE_COLUMN_EXPR, &type);
    if (st || !type) return st;
    if (inner->kind == CM_N_LABEL && inner->u.n.kid) inner = inner->u.n.kid;
    st = cm__host(c->cx)->type_wrap(c->cx, type, inner, true, &around);
    cm_type_release(c->cx, type);
    if (st || !around) return st;
    *done = true;
    st = cm_compiler__keep(c, around);
    return st ? st : cm_compiler__expr(c, around);
}
