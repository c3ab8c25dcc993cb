/* The columns clause: what a SELECT or RETURNING lists, and which names its columns get.
 *
 *   SELECT users.id, addresses.id AS id_1, users.id AS id__1, count(*) AS count_1, users.id + :id_2 AS anon_1
 *
 * A second column of a name is told apart by a number, the same column again by a number of its own; expressions without
 * a name get one made from their function, or "anon". In a FROM subquery plain columns are named too. */
#include "sql/compiler.h"

typedef struct naming {
    const char *label;    /* must be written: AS label; NULL: no need */
    const char *fallback; /* written when the expression needs a name; NULL: one is made up then, not before, because
                               numbers are given out in text order */
} naming;

/* ---- FROM elements become their columns */

static cm_status add_item(cm_compiler *c, cm_objs *list, cm_node *take_node, bool owned) {
    cm_status st = owned ? cm_compiler__keep(c, take_node) : CM_OK;
    return st ? st : cm_objs_add(c->cx, list, take_node);
}

static cm_status add_columns_of(cm_compiler *c, cm_node *from, cm_objs *list) {
    cm_node *element;
    cm_status st = CM_OK;
    from = cm_sql__from(from);
    if (from->kind == CM_N_JOIN) {
        st = cm_compiler__enter(c);
        if (st) return st;
        st = add_columns_of(c, from->u.k.kid[0], list);
        if (!st) st = add_columns_of(c, from->u.k.kid[1], list);
        c->depth--;
        return st;
    }
    st = cm__from_freeze(c->cx, from);
    for (size_t i = 0; !st && cm_from_column(from, i, NULL, &element); i++) {
        cm_node *column = NULL;
        if (element->kind == CM_N_TEXT) continue; /* nobody knows its columns */
        st = cm_from_proxy(c->cx, from, i, &column);
        if (!st) st = add_item(c, list, column, true);
    }
    return st;
}

/* The column of an aliased FROM element that stands for a table's column; the column itself where the table is not aliased. */
static cm_status add_mapped(cm_compiler *c, cm_node *from, cm_column *column, cm_objs *list) {
    const char *key;
    if (from->kind == CM_N_TABLE || from->kind == CM_N_JOIN) return add_item(c, list, cm_column_node(column), false);
    for (size_t i = 0; cm_from_column(from, i, &key, NULL); i++) {
        if (!key || strcmp(key, cm_str_text(column->key)) != 0) continue;
        cm_node *proxy = NULL;
        cm_status st = cm_from_proxy(c->cx, from, i, &proxy);
        return st ? st : add_item(c, list, proxy, true);
    }
    return CM_OK;
}

static cm_status add_entity(cm_compiler *c, cm_node *entity, cm_objs *list) {
    const cm_mapper *m = entity->u.attr.attr;
    cm_status st = CM_OK;
    if (!m) return add_columns_of(c, entity, list);
    for (size_t i = 0; !st && i < cm_mapper_nattrs(m); i++) {
        const cm_attr *a = cm_mapper_attr(m, i);
        if (a->kind == CM_ATTR_COLUMN) st = add_mapped(c, cm_sql__from(entity), a->column, list);
        else if (a->kind == CM_ATTR_EXPR) st = add_item(c, list, a->node, false);
    }
    return st;
}

static cm_status add_items(cm_compiler *c, cm_node *const *items, size_t n, cm_objs *list) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        const cm_kind_info *info = &cm__kinds[items[i]->kind];
        size_t inner;
        if (items[i]->kind == CM_N_ENTITY) {
            st = add_entity(c, items[i], list);
        } else if (items[i]->kind == CM_N_BUNDLE) {
            cm_node *const *parts = cm_node_segment(items[i], 0, &inner);
            st = add_items(c, parts, inner, list);
        } else if (info->from && !info->expression && !info->statement) {
            st = add_columns_of(c, items[i], list);
        } else {
            st = add_item(c, list, items[i], false);
        }
    }
    return st;
}

cm_status cm_compiler__expand(cm_compiler *c, cm_node *const *items, size_t n, cm_node ***out, size_t *count) {
    cm_objs list = {0};
    cm_status st = add_items(c, items, n, &list);
    *count = list.n;
    *out = st ? NULL : cm_arena__alloc(&c->arena, (list.n ? list.n : 1) * sizeof **out);
    if (!st && !*out) st = CM_E_NOMEM;
    if (!st && list.n) memcpy(*out, list.v, list.n * sizeof **out);
    cm_objs_free(c->cx, &list);
    return st;
}

/* ---- names */

static bool is_named_column(const cm_node *n) {
    n = cm__node_unalias((cm_node *)(uintptr_t)n);
    return n->kind == CM_N_COLUMN || n->kind == CM_N_PROXY || n->kind == CM_N_LITERAL_COLUMN;
}

/* The name an expression has by itself; NULL: none. */
static const char *own_name(cm_compiler *c, cm_node *n) {
    n = cm__node_unalias(n);
    switch (n->kind) {
    case CM_N_COLUMN: return n->u.col.name ? cm_str_text(n->u.col.name) : NULL;
    case CM_N_PROXY: return cm_compiler__proxy_name(c, n);
    case CM_N_LITERAL_COLUMN:
    case CM_N_LABEL: return n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    default: return NULL;
    }
}

/* The name made up for an expression: id_1, count_1, anon_1. */
static const char *made_name(cm_compiler *c, cm_node *n) {
    uint64_t id = cm_compiler__identity(n);
    n = cm__node_unalias(n);
    const char *seed = own_name(c, n);
    switch (n->kind) {
    case CM_N_FUNC: seed = cm_compiler__func_label(n); break;
    case CM_N_WITHIN_GROUP:
        if (n->u.n.kid && n->u.n.kid->kind == CM_N_FUNC) seed = cm_compiler__func_label(n->u.n.kid);
        break;
    case CM_N_LABEL:
        if (!n->u.n.name && n->u.n.kid) {
            cm_node *kid = cm__node_unalias(n->u.n.kid);
            seed = kid->kind == CM_N_FUNC ? cm_compiler__func_label(kid) : own_name(c, kid);
        }
        break;
    case CM_N_UNARY: /* users.flag = 0 AS flag */
        if (n->op == CM_OP_NOT && cm_compiler__bare_boolean(c, cm__node_unalias(n->u.k.kid[0])) && own_name(c, n->u.k.kid[0]))
            return own_name(c, n->u.k.kid[0]);
        break;
    case CM_N_CAST:
    case CM_N_TYPE_COERCE: {
        cm_node *kid = n->u.k.kid[0];
        const char *name = own_name(c, kid);
        if (name) return name;
        if (kid->kind != CM_N_TEXT) return made_name(c, kid);
        break;
    }
    default: break;
    }
    if (!seed) seed = "anon";
    return cm_compiler__anon(c, id, seed, strlen(seed));
}

/* tablename_columnname, as the label style asks; NULL: the expression has no such name. */
static const char *qualified_name(cm_compiler *c, cm_node *n) {
    n = cm__node_unalias(n);
    const char *name = own_name(c, n);
    if (!name || (n->kind != CM_N_COLUMN && n->kind != CM_N_PROXY) || !n->u.col.table) return name;
    cm_node *from = cm_sql__from(n->u.col.table);
    const char *of = cm_compiler__from_name(c, from, NULL);
    cm_table *table = from->kind == CM_N_TABLE ? from->u.col.ref : NULL;
    if (table && table->schema && of) {
        char *schema = cm_arena__copy(&c->arena, cm_str_text(table->schema), table->schema->n);
        for (char *p = schema; p && *p; p++)
            if (*p == '.') *p = '_';
        of = schema ? cm_compiler__join(c, schema, "_", of) : NULL;
    }
    return of ? cm_compiler__join(c, of, "_", name) : name;
}

/* The same column for the second time: id__1 */
static const char *repeated_name(cm_compiler *c, cm_node *n, bool qualified, uint64_t nth) {
    const char *name = qualified ? qualified_name(c, n) : own_name(c, n);
    if (!name && n->kind == CM_N_FUNC) name = cm_compiler__func_label(n);
    if (!name && (n->kind == CM_N_CAST || n->kind == CM_N_TYPE_COERCE)) name = own_name(c, n->u.k.kid[0]);
    const char *seed = name ? cm_compiler__join(c, name, "_", "") : "anon_";
    return seed ? cm_compiler__anon(c, cm__mix(cm_compiler__identity(n) + (nth << 48)), seed, strlen(seed)) : NULL;
}

typedef struct namer {
    cm_strmap names; /* name -> the node that has it */
    cm_map seen;     /* identities of expressions without a name */
    uint64_t repeats;
    bool qualified, plain;
} namer;

/* Notes who has a name; *who is whoever had it first. */
static cm_status claim(cm_compiler *c, namer *s, const char *name, cm_node *n, cm_node **who) {
    size_t length = strlen(name);
    *who = cm_strmap__get(&s->names, name, length);
    return *who ? CM_OK : cm_strmap__put(c->cx, &s->names, name, length, n);
}

/* CAST(users.id AS TEXT) is called id, unless something else is. */
static cm_status name_nameless(cm_compiler *c, namer *s, cm_node *n, naming *out) {
    uint64_t id = cm_compiler__identity(n);
    bool wrapper = n->kind == CM_N_CAST || n->kind == CM_N_TYPE_COERCE;
    const char *borrowed = wrapper ? own_name(c, n->u.k.kid[0]) : NULL;
    bool repeated = cm_map__get(&s->seen, id) != NULL || (borrowed && cm_strmap__get(&s->names, borrowed, strlen(borrowed)));
    if (repeated) {
        out->fallback = repeated_name(c, n, s->qualified, s->repeats++);
        return out->fallback ? CM_OK : CM_E_NOMEM;
    }
    cm_status st = cm_map__put(c->cx, &s->seen, id, n);
    return st || !borrowed ? st : cm_strmap__put(c->cx, &s->names, borrowed, strlen(borrowed), n);
}

static cm_status name_column(cm_compiler *c, namer *s, cm_node *n, naming *out) {
    cm_node *who;
    *out = (naming){NULL, NULL};
    if (n->kind == CM_N_TEXT || n->kind == CM_N_STAR) return CM_OK;
    const char *name = s->plain ? NULL : s->qualified ? qualified_name(c, n) : own_name(c, n);
    if (name && s->qualified && cm__node_unalias(n)->kind != CM_N_LABEL) out->label = name;
    out->fallback = name;
    if (!name) return s->plain ? CM_OK : name_nameless(c, s, n, out);
    cm_status st = claim(c, s, name, n, &who);
    if (st || !who) return st;
    if (cm_compiler__same(who, n)) {
        out->label = repeated_name(c, n, s->qualified, s->repeats++);
    } else {
        uint64_t id = cm_compiler__identity(n);
        out->label = cm_compiler__anon(c, id, name, strlen(name));
        if (out->label) st = claim(c, s, out->label, n, &who);
        if (!st && out->label && who) out->label = repeated_name(c, n, s->qualified, s->repeats++);
    }
    out->fallback = out->label;
    return out->label ? st : CM_E_NOMEM;
}

static namer start_naming(const cm_node *stmt) {
    namer s = {{0}, {0}, 0, false, false};
    if (stmt && stmt->kind == CM_N_SELECT) {
        s.qualified = stmt->flags & CM_FLAG_USE_LABELS;
        s.plain = stmt->flags & CM_FLAG_NO_LABELS;
    }
    return s;
}

static void dispose_naming(cm_compiler *c, namer *s) {
    cm_strmap__dispose(c->cx, &s->names);
    cm_map__dispose(c->cx, &s->seen);
}

/* Does an expression get AS fallback? */
static bool wants_label(const cm_compiler *c, cm_node *n, bool as_from) {
    n = cm__node_unalias(n);
    switch (n->kind) {
    case CM_N_TEXT:
    case CM_N_STAR:
    case CM_N_LITERAL_COLUMN: return false;
    case CM_N_COLUMN: return as_from && n->u.col.table;
    case CM_N_PROXY: return as_from;
    case CM_N_UNARY:
        if (as_from || !is_named_column(n->u.k.kid[0])) return true;
        return n->op == CM_OP_NOT && cm_compiler__bare_boolean(c, cm__node_unalias(n->u.k.kid[0]));
    default: return true;
    }
}

/* ---- writing */

/* Name of a result column that is written without AS. */
static const char *bare_name(cm_compiler *c, cm_node *n) {
    n = cm__node_unalias(n);
    while (n->kind == CM_N_UNARY && is_named_column(n->u.k.kid[0])) n = cm__node_unalias(n->u.k.kid[0]);
    if (n->kind == CM_N_TEXT && n->u.n.name) return cm_str_text(n->u.n.name);
    if (n->kind == CM_N_STAR) return "*";
    const char *name = own_name(c, n);
    return name ? name : made_name(c, n);
}

static cm_status write_column(cm_compiler *c, cm_node *n, const naming *as, const cm_select_how *how) {
    const char *label = as->label;
    cm_node *inner = cm__node_unalias(n);
    uint32_t flags = 0;
    if (inner->kind == CM_N_TUPLE)
        return cm__fail(c->cx, CM_E_COMPILE,
                        "Most backends don't support SELECTing from a tuple() object.  If this is an ORM query, "
                        "consider using the Bundle object.");
    if (inner->kind == CM_N_LABEL) {
        label = inner->u.n.name ? cm_str_text(inner->u.n.name) : made_name(c, inner);
        flags = inner->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE);
    } else if (!label && wants_label(c, n, how->as_from)) {
        label = as->fallback ? as->fallback : made_name(c, n);
    }
    if (c->arena.failed) return CM_E_NOMEM;
    bool wrapped = false;
    cm_status st = how->top ? cm_compiler__wrap_column(c, n, &wrapped) : CM_OK;
    if (!st && !wrapped) st = cm_compiler__expr(c, n);
    if (!st && wrapped && !label) label = bare_name(c, n);
    if (!st && label) {
        cm_out(c, " AS ");
        st = cm_compiler__label(c, label, flags);
    }
    if (st || !how->top) return st;
    if (!label) label = bare_name(c, n);
    return label ? cm_compiler__column(c, label, n) : CM_E_NOMEM;
}

/* Two labels of a name in a subquery: from outside nobody could tell them apart. */
static cm_status clashing_label(cm_compiler *c, cm_node *n) {
    return cm__fail(c->cx, CM_E_INVALID_REQUEST,
                    "Label name %s is being renamed to an anonymous label due to disambiguation which is not "
                    "supported right now.  Please use unique names for explicit labels.",
                    own_name(c, n));
}

cm_status cm_compiler__columns(cm_compiler *c, cm_node *stmt, cm_node *const *items, size_t n, const cm_select_how *how) {
    namer s = start_naming(stmt);
    cm_status st = CM_OK;
    naming *names = cm_arena__alloc(&c->arena, (n ? n : 1) * sizeof *names);
    if (!names) st = CM_E_NOMEM;
    for (size_t i = 0; !st && i < n; i++) {
        st = name_column(c, &s, items[i], &names[i]);
        if (!st && how->as_from && names[i].label && cm__node_unalias(items[i])->kind == CM_N_LABEL) st = clashing_label(c, items[i]);
        if (i) cm_out(c, ", ");
        if (!st) st = write_column(c, items[i], &names[i], how);
    }
    dispose_naming(c, &s);
    return st;
}

cm_status cm_compiler__returning(cm_compiler *c, cm_node *const *items, size_t n, bool top) {
    const cm_select_how how = {.top = top};
    cm_node **columns;
    size_t count;
    bool bare = c->bare_columns;
    if (!n) return CM_OK;
    bool change = c->level && c->level->stmt->kind == CM_N_UPDATE;
    if (!cm_has(c, change ? CM_F_CHANGE_RETURNING : CM_F_RETURNING))
        return cm__fail(c->cx, CM_E_UNSUPPORTED, "%s has no RETURNING%s", c->d->name, change ? " for UPDATE" : "");
    cm_status st = cm_compiler__expand(c, items, n, &columns, &count);
    if (st) return st;
    cm_out(c, " RETURNING ");
    c->bare_columns = c->d->bare_returning;
    st = cm_compiler__columns(c, NULL, columns, count, &how);
    c->bare_columns = bare;
    c->flags |= CM_C_RETURNS_ROWS;
    return st;
}

/* ---- names seen from outside */

static cm_node *first_query(cm_node *query) {
    size_t n;
    while (query && (query->kind == CM_N_COMPOUND || query->kind == CM_N_GROUPING)) {
        cm_node *const *selects = query->kind == CM_N_COMPOUND ? cm_node_segment(query, CM_SEG_COLUMNS, &n) : query->u.k.kid;
        query = selects ? selects[0] : NULL;
    }
    return query;
}

cm_status cm_compiler__column_names(cm_compiler *c, cm_node *query, const char ***out, size_t *n) {
    size_t nitems = 0;
    cm_node **columns = NULL;
    query = first_query(query);
    int segment = query->kind == CM_N_SELECT ? CM_SEG_COLUMNS : query->kind == CM_N_TEXT ? 1 : CM_SEG_RETURNING;
    cm_node *const *items = cm_node_segment(query, segment, &nitems);
    namer s = start_naming(query);
    cm_status st = cm_compiler__expand(c, items, nitems, &columns, n);
    *out = st ? NULL : cm_arena__alloc(&c->arena, (*n ? *n : 1) * sizeof **out);
    if (!st && !*out) st = CM_E_NOMEM;
    for (size_t i = 0; !st && i < *n; i++) {
        naming as;
        cm_node *item = cm__node_unalias(columns[i]);
        st = name_column(c, &s, item, &as);
        (*out)[i] = as.label && item->kind != CM_N_LABEL ? as.label : as.fallback ? as.fallback : bare_name(c, item);
        if (item->kind == CM_N_LABEL && item->u.n.name) (*out)[i] = cm_str_text(item->u.n.name);
    }
    dispose_naming(c, &s);
    return st;
}

/* The query behind an aliased FROM element; NULL: it is a table. */
static cm_node *query_of(cm_node *from) {
    from = cm_sql__from(from);
    while (from && (from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE)) from = cm_sql__from(from->u.n.kid);
    if (!from || (!cm__kinds[from->kind].statement && from->kind != CM_N_TEXT)) return NULL;
    return from;
}

/* Column names of a subquery may carry numbers that only a compilation gives out; the position tells which is meant. */
static const char *numbered_name(cm_compiler *c, cm_node *proxy, cm_node *query) {
    const char **built, **ours;
    size_t n, count;
    const char *name = cm_str_text(proxy->u.col.name);
    if (cm_from__names(c->cx, proxy->u.col.table, &c->arena, &built, &n) || cm_compiler__column_names(c, query, &ours, &count)) {
        c->arena.failed = true;
        return NULL;
    }
    for (size_t i = 0; i < n && i < count; i++)
        if (built[i] && strcmp(built[i], name) == 0) return ours[i];
    return name;
}

const char *cm_compiler__proxy_name(cm_compiler *c, cm_node *proxy) {
    cm_node *element = proxy->u.col.ref;
    const cm_str *name = proxy->u.col.name;
    cm_node *query = element && proxy->u.col.table ? query_of(proxy->u.col.table) : NULL;
    if (!query) return name ? cm_str_text(name) : "anon";
    if (!name) return made_name(c, element);
    if (first_query(query)->flags & CM_FLAG_USE_LABELS && first_query(query)->kind == CM_N_SELECT) {
        const char *label = cm__node_unalias(element)->kind == CM_N_LABEL ? NULL : qualified_name(c, element);
        return label && strcmp(cm_expr__name(element), cm_str_text(name)) == 0 ? label : cm_str_text(name);
    }
    const char *own = cm_expr__name(element);
    if (own && strcmp(own, cm_str_text(name)) == 0) return own;
    return numbered_name(c, proxy, query);
}

/* ---- order_by("name") */

static bool named(cm_compiler *c, cm_node *n, const cm_str *name, bool made) {
    cm_node *inner = cm__node_unalias(n);
    const char *own = inner->kind == CM_N_LABEL && !inner->u.n.name ? NULL : own_name(c, n);
    if (!own && made) own = made_name(c, n);
    return own && strcmp(own, cm_str_text(name)) == 0;
}

cm_status cm_compiler__label_ref(cm_compiler *c, cm_node *n) {
    const cm_str *name = n->u.n.name;
    const cm_level *level = c->level;
    cm_node *element;
    const char *key;
    for (size_t i = 0; level && i < level->ncolumns; i++) {
        if (!named(c, level->columns[i], name, true)) continue;
        if (level->compound || cm__node_unalias(level->columns[i])->kind == CM_N_LABEL || !is_named_column(level->columns[i]))
            return cm_compiler__label(c, cm_str_text(name), 0);
        return cm_compiler__expr(c, level->columns[i]);
    }
    for (size_t f = 0; level && level->froms && f < level->froms->n; f++) {
        for (size_t i = 0; cm_from_column(level->froms->v[f], i, &key, &element); i++) {
            if (!key || strcmp(key, cm_str_text(name)) != 0) continue;
            cm_node *column = NULL;
            cm_status st = cm_from_proxy(c->cx, level->froms->v[f], i, &column);
            if (!st) st = cm_compiler__keep(c, column);
            return st ? st : cm_compiler__expr(c, column);
        }
    }
    return cm__fail(c->cx, CM_E_COMPILE,
                    "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. Textual SQL expression "
                    "'%s' should be explicitly declared as text('%s')",
                    cm_str_text(name), cm_str_text(name));
}
