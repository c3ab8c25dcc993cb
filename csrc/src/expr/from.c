/* FROM elements: which columns they offer, under which names, and the PROXY nodes that stand for those columns outside.
 *
 *   element                 its columns                            PROXY of column i
 *   TABLE                   COLUMNs                                the COLUMN itself
 *   ALIAS of x              those of x                             alias.name
 *   SUBQUERY, CTE           items of the select list               anon_1.name
 *   VALUES, TABLE_FUNC      their COLUMNs                          name.column
 *   JOIN                    left ones, then right ones             -
 *   ENTITY                  those of its FROM element; in a select  through its FROM element
 *                           list: the mapped ones
 *
 * Keys are what people write (`subq.c.key`); SQL names may differ from them (Column("sql_name", key="k")). */
#include "expr/lineage.h"

#include <stdio.h>
#include <string.h>

static const cm_node *unwrap_entity(const cm_node *n) {
    while (n && n->kind == CM_N_ENTITY) n = n->u.attr.expr;
    return n;
}

const char *cm_expr__name(const cm_node *n) {
    switch (n->kind) {
    case CM_N_LABEL: return n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    case CM_N_COLUMN:
    case CM_N_PROXY: return n->u.col.name ? cm_str_text(n->u.col.name) : NULL;
    case CM_N_ATTR: return n->u.attr.expr ? cm_expr__name(n->u.attr.expr) : NULL;
    case CM_N_LITERAL_COLUMN: return n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    default: return NULL;
    }
}

/* Name under which a column of a select list is found by people; anonymous ones have that of their function or column. */
static const char *key_of(const cm_node *n) {
    switch (n->kind) {
    case CM_N_COLUMN: return n->u.col.ref ? cm_str_text(((const cm_column *)n->u.col.ref)->key) : cm_expr__name(n);
    case CM_N_ATTR: return n->u.attr.attr ? cm_str_text(((const cm_attr *)n->u.attr.attr)->key) : cm_expr__name(n);
    case CM_N_FUNC: return n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    case CM_N_BIND: return n->u.bind.name && !(n->flags & CM_FLAG_UNIQUE) ? cm_str_text(n->u.bind.name) : NULL;
    case CM_N_CAST:
    case CM_N_TYPE_COERCE: return n->u.k.kid[0] ? cm_expr__name(n->u.k.kid[0]) : NULL;
    default: return cm_expr__name(n);
    }
}

/* ---- the i-th column. Each function answers true when it found it, else takes its own columns off *i. */

typedef struct found {
    size_t i;
    cm_shown shown;
} found;

static bool nth_of_from(const cm_node *from, found *f);

static bool nth_element(cm_node *n, found *f) {
    if (f->i--) return false;
    f->shown = (cm_shown){.key = key_of(n), .element = n};
    return true;
}

/* Mapped columns under the columns' own keys, column properties under theirs. */
static bool nth_of_entity(const cm_node *entity, found *f) {
    const cm_mapper *m = entity->u.attr.attr;
    for (size_t k = 0, n = cm_mapper_nattrs(m); k < n; k++) {
        const cm_attr *a = cm_mapper_attr(m, k);
        if (a->kind == CM_ATTR_RELATION || f->i--) continue;
        const bool column = a->kind == CM_ATTR_COLUMN;
        f->shown = (cm_shown){.element = column ? cm_column_node(a->column) : a->node};
        f->shown.key = column ? key_of(f->shown.element) : cm_str_text(a->key);
        if (column && (entity->flags & CM_FLAG_ALIASED)) f->shown.through = entity;
        return true;
    }
    return false;
}

/* The columns of FROM elements that are named whole, each known by the one it belongs to. */
static bool nth_of_whole(const cm_node *from, found *f) {
    from = unwrap_entity(from);
    while (from && from->kind == CM_N_JOIN) { /* recursion as deep as joins lean to the left */
        if (nth_of_whole(from->u.k.kid[0], f)) return true;
        from = unwrap_entity(from->u.k.kid[1]);
    }
    const size_t at = f->i;
    if (!nth_of_from(from, f)) return false;
    f->shown.through = from->kind == CM_N_TABLE ? NULL : from;
    f->shown.at = at;
    return true;
}

static bool nth_of_list(cm_node *const *items, size_t n, found *f) {
    for (size_t k = 0; k < n; k++) {
        cm_node *item = items[k];
        size_t inner;
        if (item->kind == CM_N_ENTITY) {
            if (nth_of_entity(item, f)) return true;
        } else if (item->kind == CM_N_BUNDLE) {
            cm_node *const *columns = cm_node_segment(item, 0, &inner);
            if (nth_of_list(columns, inner, f)) return true;
        } else if (cm__kinds[item->kind].from && !cm__kinds[item->kind].expression && !cm__kinds[item->kind].statement) {
            if (nth_of_whole(item, f)) return true;
        } else if (nth_element(item, f)) {
            return true;
        }
    }
    return false;
}

static bool nth_of_segment(const cm_node *n, int segment, found *f) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, segment, &count);
    return nth_of_list(items, count, f);
}

static bool nth_of_table(const cm_node *n, found *f) {
    cm_table *t = n->u.col.ref;
    size_t count = t ? t->ncolumns : 0;
    if (f->i >= count) {
        f->i -= count;
        return false;
    }
    f->shown = (cm_shown){.key = cm_str_text(t->columns[f->i].key), .element = t->columns[f->i].node};
    return true;
}

/* The first select of a set operation, where n is one. */
static const cm_node *first_select(const cm_node *n) {
    size_t count;
    while (n && (n->kind == CM_N_COMPOUND || n->kind == CM_N_GROUPING)) {
        cm_node *const *selects = n->kind == CM_N_COMPOUND ? cm_node_segment(n, CM_SEG_COLUMNS, &count) : n->u.k.kid;
        n = selects ? selects[0] : NULL;
    }
    return n;
}

static bool nth_of_from(const cm_node *from, found *f) {
    for (;;) {
        from = unwrap_entity(first_select(from));
        switch (from ? from->kind : 0) {
        case CM_N_TABLE: return nth_of_table(from, f);
        case CM_N_ALIAS:
        case CM_N_SUBQUERY:
        case CM_N_CTE: from = from->u.n.kid; break;
        case CM_N_VALUES:
        case CM_N_TABLE_FUNC: return nth_of_segment(from, 0, f);
        case CM_N_SELECT: return nth_of_segment(from, CM_SEG_COLUMNS, f);
        case CM_N_INSERT:
        case CM_N_UPDATE:
        case CM_N_DELETE: return nth_of_segment(from, CM_SEG_RETURNING, f);
        case CM_N_TEXT: return nth_of_segment(from, 1, f);
        case CM_N_FUNC: return nth_element((cm_node *)(uintptr_t)from, f);
        case CM_N_JOIN: return nth_of_whole(from, f);
        default: return false;
        }
    }
}

bool cm_from__nth(const cm_node *from, size_t i, cm_shown *out) {
    found f = {.i = i};
    if (!nth_of_from(from, &f)) return false;
    *out = f.shown;
    return true;
}

bool cm_from_column(const cm_node *from, size_t i, const char **key, cm_node **element) {
    cm_shown shown;
    if (!cm_from__nth(from, i, &shown)) return false;
    if (key) *key = shown.key;
    if (element) *element = shown.element;
    return true;
}

/* ---- names */

static cm_status unique_name(cm_ctx *cx, cm_arena *arena, cm_strmap *taken, const char *base, const char **out) {
    size_t room = strlen(base) + 24, n = strlen(base);
    const char *name = base;
    for (unsigned k = 1; cm_strmap__get(taken, name, n); k++) {
        char *numbered = cm_arena__alloc(arena, room);
        if (!numbered) return CM_E_NOMEM;
        n = (size_t)snprintf(numbered, room, "%s_%u", base, k);
        name = numbered;
    }
    *out = name;
    return cm_strmap__put(cx, taken, name, n, (void *)(uintptr_t)name);
}

/* users_id, where the label style of the select asks for it and the table has a name. */
static cm_status labelled_name(cm_arena *arena, const cm_node *select, const cm_node *element, const cm_node *source, const char **name) {
    const cm_node *column = cm__node_unalias((cm_node *)(uintptr_t)element);
    if (!select || select->kind != CM_N_SELECT || !(select->flags & CM_FLAG_USE_LABELS)) return CM_OK;
    if (column->kind != CM_N_COLUMN && column->kind != CM_N_PROXY) return CM_OK;
    const cm_node *from = source ? source : unwrap_entity(column->u.col.table);
    const cm_str *of = !from                                                                               ? NULL
                       : from->kind == CM_N_TABLE                                                          ? from->u.col.name
                       : from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE ? from->u.n.name
                                                                                                           : NULL;
    if (!of || !*name) return CM_OK;
    size_t room = of->n + strlen(*name) + 2;
    char *text = cm_arena__alloc(arena, room);
    if (!text) return CM_E_NOMEM;
    snprintf(text, room, "%s_%s", cm_str_text(of), *name);
    *name = text;
    return CM_OK;
}

static const cm_node *select_below(const cm_node *from) {
    while (from && (from->kind == CM_N_ALIAS || from->kind == CM_N_SUBQUERY || from->kind == CM_N_CTE)) from = unwrap_entity(from->u.n.kid);
    return first_select(from);
}

/* A cast is called as what it casts. */
static const char *offered_name(const cm_node *element) {
    const char *name = cm_expr__name(element);
    if (name || (element->kind != CM_N_CAST && element->kind != CM_N_TYPE_COERCE) || !element->u.k.kid[0]) return name;
    return cm_expr__name(element->u.k.kid[0]);
}

/* Plain aliases of tables have unique names by themselves. */
static bool names_are_unique(const cm_node *from) {
    while (from->kind == CM_N_ALIAS) from = unwrap_entity(from->u.n.kid);
    return from->kind == CM_N_TABLE || from->kind == CM_N_VALUES || from->kind == CM_N_TABLE_FUNC;
}

/* Names of the source looked at last: columns of one follow each other. */
typedef struct source_names {
    const cm_node *from;
    const char **names;
} source_names;

/* What a column is called by itself: where it is one of a FROM element named whole, as there. */
static cm_status own_name(cm_ctx *cx, cm_arena *arena, const cm_node *select, const cm_shown *shown, source_names *known,
                          const char **name) {
    const cm_node *source = NULL;
    size_t at, n;
    *name = offered_name(shown->element);
    cm_status st = cm_shown__source(cx, shown, &source, &at);
    if (!st && source && !names_are_unique(source)) {
        if (known->from != source) st = cm_from__names(cx, source, arena, &known->names, &n);
        if (st) return st;
        known->from = source;
        *name = known->names[at];
    }
    return st || !*name ? st : labelled_name(arena, select, shown->element, source, name);
}

cm_status cm_from__names(cm_ctx *cx, const cm_node *from, cm_arena *arena, const char ***names, size_t *n) {
    const cm_node *select = select_below(from);
    source_names known = {0};
    cm_strmap taken = {0};
    cm_shown shown;
    cm_status st = CM_OK;
    size_t count = 0;
    while (cm_from_column(from, count, NULL, NULL)) count++;
    *n = count;
    *names = cm_arena__alloc(arena, (count ? count : 1) * sizeof **names);
    if (!*names) return CM_E_NOMEM;
    for (size_t i = 0; i < count && !st; i++) {
        const char *base = NULL;
        cm_from__nth(from, i, &shown);
        st = own_name(cx, arena, select, &shown, &known, &base);
        if (base && !st) st = unique_name(cx, arena, &taken, base, &(*names)[i]);
    }
    cm_strmap__dispose(cx, &taken);
    return st;
}

/* Its name where the names of all must be looked at. */
static cm_status made_name(cm_ctx *cx, cm_arena *arena, const cm_node *from, size_t i, const char **name) {
    const char **names;
    size_t n;
    if (!*name || names_are_unique(from)) return CM_OK;
    cm_status st = cm_from__names(cx, from, arena, &names, &n);
    if (!st) *name = names[i];
    return st;
}

cm_status cm_from_proxy(cm_ctx *cx, cm_node *from, size_t i, cm_node **out) {
    cm_arena arena;
    cm_node *element = NULL;
    cm_table *table = NULL;
    cm_shown shown;
    *out = NULL;
    from = (cm_node *)(uintptr_t)unwrap_entity(from);
    cm_status st = cm__from_table(cx, from, &table); /* its columns are known once it is frozen */
    if (st) return st;
    if (!cm_from__nth(from, i, &shown))
        return cm__fail(cx, CM_E_ARGUMENT, "a %s has no column number %zu", from ? cm__kinds[from->kind].role : "missing FROM", i);
    st = cm_shown__element(cx, &shown, &element);
    if (st || from->kind == CM_N_TABLE || from->kind == CM_N_JOIN || from->kind == CM_N_SELECT) {
        *out = element;
        return st;
    }
    const char *name = offered_name(element);
    cm_arena__init(&arena, cx);
    st = made_name(cx, &arena, from, i, &name);
    cm_node_spec spec = {
        .kind = CM_N_PROXY, .type = element->type, .name = name, .name_n = name ? strlen(name) : 0, .kid = {from, element, NULL}};
    if (!st) st = cm_node_make(cx, &spec, out);
    if (!st) (*out)->id = i + 1;
    cm_arena__dispose(&arena);
    cm_node_release(cx, element);
    return st;
}

/* ---- FROM elements of expressions */

cm_status cm__from_table(cm_ctx *cx, cm_node *from, cm_table **out) {
    *out = NULL;
    while (from && (from->kind == CM_N_ENTITY || from->kind == CM_N_ALIAS))
        from = from->kind == CM_N_ENTITY ? from->u.attr.expr : from->u.n.kid;
    if (!from || from->kind != CM_N_TABLE) return CM_OK;
    if (!from->u.col.ref) return cm__host(cx)->table_freeze(cx, from, out);
    *out = from->u.col.ref;
    return CM_OK;
}

static cm_status freeze_table(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    cm_table *unused;
    (void)user;
    (void)descend;
    return n->kind == CM_N_TABLE ? cm__from_table(cx, n, &unused) : CM_OK;
}

cm_status cm__from_freeze(cm_ctx *cx, cm_node *from) { return cm_node_walk(cx, from, freeze_table, NULL); }

static cm_status add_from(cm_ctx *cx, cm_objs *list, const cm_node *from) {
    from = unwrap_entity(from);
    if (!from) return CM_OK;
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == from) return CM_OK;
    return cm_objs_add(cx, list, (void *)(uintptr_t)from);
}

static cm_status visit_from(cm_ctx *cx, void *user, cm_node *n, bool *descend) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    switch (n->kind) {
    case CM_N_COLUMN: return add_from(cx, user, n->u.col.table);
    case CM_N_PROXY: *descend = false; return add_from(cx, user, n->u.col.table);
    case CM_N_ATTR:
        if (!n->u.attr.entity) return CM_OK;
        *descend = false;
        return add_from(cx, user, n->u.attr.entity);
    case CM_N_TEXT:
    case CM_N_HOST: return CM_OK;
    case CM_N_SCALAR_SUBQUERY: *descend = false; return CM_OK; /* also of VALUES, which stands in FROM elsewhere */
    default:
        if (!info->from && !info->statement) return CM_OK;
        if (info->expression) return CM_OK; /* functions */
        *descend = false;
        return info->statement ? CM_OK : add_from(cx, user, n);
    }
}

cm_status cm__expr_froms(cm_ctx *cx, cm_node *expr, cm_objs *out) { return cm_node_walk(cx, expr, visit_from, out); }
