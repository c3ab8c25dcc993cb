/* Adaption: the one way trees are rewritten. A FROM element is replaced by another, and the columns of the old one become
 * PROXYs of the new:
 *
 *   users.id = addresses.user_id   with {addresses -> a1}     users.id = a1.user_id
 *   User.id, ENTITY(User)          with {User -> aliased}     attribute of the alias: its expression adapted, its entity replaced
 *
 * Post-order over an explicit stack, with a memo: a node that occurs twice is rewritten once, what did not change is
 * shared with the old tree, binds are never copied. A column that the new element lacks stays as it is.
 *
 * An ALIAS of a table is a different thing from the table, so its inside is left alone. */
#include "expr/lineage.h"

#include <string.h>

#define LEAVE ((uintptr_t)1) /* stack entry: the parts are done */

typedef struct adapter {
    const cm_adapt *map;
    cm_map exact;   /* node -> replacement */
    cm_map columns; /* serial of a COLUMN -> replacement */
    cm_map owners;  /* FROM element -> element that has its columns now */
    cm_map memo;    /* node -> what became of it; itself when nothing did */
    cm_objs made;   /* nodes that the memo owns */
    cm_objs stack;
} adapter;

static cm_node *unwrap_entity(cm_node *n) {
    while (n && n->kind == CM_N_ENTITY) n = n->u.attr.expr;
    return n;
}

/* ---- the map */

/* The columns of `from`, and of all tables a join is made of, belong to `to`. */
static cm_status add_owner(cm_ctx *cx, adapter *a, cm_node *from, cm_node *to) {
    cm_objs joins = {0};
    cm_status st = cm_objs_add(cx, &joins, unwrap_entity(from));
    while (!st && joins.n) {
        cm_node *n = joins.v[--joins.n];
        if (!n || cm_map__get(&a->owners, cm__ptr_key(n))) continue;
        st = cm_map__put(cx, &a->owners, cm__ptr_key(n), to);
        if (n->kind != CM_N_JOIN) continue;
        for (int i = 0; i < 2 && !st; i++) st = cm_objs_add(cx, &joins, unwrap_entity(n->u.k.kid[i]));
    }
    cm_objs_free(cx, &joins);
    return st;
}

static cm_status prepare(cm_ctx *cx, adapter *a) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < a->map->n && !st; i++) {
        cm_node *from = a->map->from[i], *to = a->map->to[i];
        cm_table *table = NULL;
        if (!from || !to) return cm__fail(cx, CM_E_ARGUMENT, "an element to adapt is missing");
        if (cm_map__get(&a->exact, cm__ptr_key(from))) continue; /* the first one counts */
        st = cm_map__put(cx, &a->exact, cm__ptr_key(from), to);
        if (!st) st = cm__from_table(cx, to, &table); /* its columns are known once it is frozen */
        if (st) return st;
        if (from->kind == CM_N_COLUMN) st = cm_map__put(cx, &a->columns, from->id, to);
        else if (cm__kinds[from->kind].from) st = add_owner(cx, a, from, unwrap_entity(to));
    }
    return st;
}

/* ---- rewriting */

static cm_status remember(cm_ctx *cx, adapter *a, cm_node *n, cm_node *becomes) {
    return cm_map__put(cx, &a->memo, cm__ptr_key(n), becomes);
}

/* The same for a node made here, which the memo owns from now on (also on failure). */
static cm_status remember_made(cm_ctx *cx, adapter *a, cm_node *n, cm_node *take_made) {
    cm_status st = cm_objs_add(cx, &a->made, take_made);
    if (st) {
        cm_node_release(cx, take_made);
        return st;
    }
    return remember(cx, a, n, take_made);
}

static cm_node *became(const adapter *a, cm_node *n) {
    cm_node *found = n ? cm_map__get(&a->memo, cm__ptr_key(n)) : NULL;
    return found ? found : n;
}

/* The column's counterpart in `owner`, if it has one. */
static cm_status reown(cm_ctx *cx, adapter *a, cm_node *n, cm_node *owner, bool *done) {
    cm_node *made = NULL;
    size_t i = 0;
    cm_status st = CM_OK;
    if (a->map->rebuilt && n->kind == CM_N_PROXY) st = cm_proxy__position(cx, n, &i, done);
    if (!st && !*done) st = cm_from__find(cx, owner, n, &i, done);
    if (!st && *done) st = cm_from_proxy(cx, owner, i, &made);
    return st || !made ? st : remember_made(cx, a, n, made);
}

/* What is decided without looking at the parts. */
static cm_status decide(cm_ctx *cx, adapter *a, cm_node *n, bool *done) {
    cm_node *found = NULL;
    if (a->map->replace) {
        cm_status st = a->map->replace(cx, a->map->user, n, &found);
        if (st) return st;
        *done = found != NULL;
        if (found) return remember_made(cx, a, n, found);
    }
    found = cm_map__get(&a->exact, cm__ptr_key(n));
    if (!found && n->kind == CM_N_COLUMN) found = cm_map__get(&a->columns, n->id);
    if (found) {
        *done = true;
        return remember(cx, a, n, found);
    }
    if ((n->kind == CM_N_COLUMN || n->kind == CM_N_PROXY) && n->u.col.table) {
        cm_node *owner = cm_map__get(&a->owners, cm__ptr_key(unwrap_entity(n->u.col.table)));
        if (owner) return reown(cx, a, n, owner, done);
    }
    if (n->kind == CM_N_ALIAS && n->u.n.kid && unwrap_entity(n->u.n.kid)->kind == CM_N_TABLE) *done = true;
    return CM_OK;
}

static bool parts_changed(const adapter *a, cm_node *n) {
    const cm_kind_info *info = &cm__kinds[n->kind];
    bool changed = false;
    switch (info->layout) {
    case CM_LAYOUT_K:
        for (int i = 0; i < info->nkids; i++) changed |= became(a, n->u.k.kid[i]) != n->u.k.kid[i];
        return changed;
    case CM_LAYOUT_N:
        changed = became(a, n->u.n.kid) != n->u.n.kid;
        for (uint32_t i = 0; n->u.n.block && i < n->u.n.block->n && !changed; i++)
            changed = became(a, cm_block_nodes(n->u.n.block)[i]) != cm_block_nodes(n->u.n.block)[i];
        return changed;
    case CM_LAYOUT_A: return became(a, n->u.attr.expr) != n->u.attr.expr || became(a, n->u.attr.entity) != n->u.attr.entity;
    default: return n->kind == CM_N_PROXY && became(a, n->u.col.table) != n->u.col.table;
    }
}

static void exchange(cm_ctx *cx, const adapter *a, cm_node **slot) {
    cm_node *old = *slot, *now = became(a, old);
    if (now == old) return;
    cm_node_retain(cx, now);
    *slot = now;
    cm_node_release(cx, old);
}

static void exchange_parts(cm_ctx *cx, const adapter *a, cm_node *copy) {
    const cm_kind_info *info = &cm__kinds[copy->kind];
    switch (info->layout) {
    case CM_LAYOUT_K:
        for (int i = 0; i < info->nkids; i++) exchange(cx, a, &copy->u.k.kid[i]);
        break;
    case CM_LAYOUT_N:
        exchange(cx, a, &copy->u.n.kid);
        for (uint32_t i = 0; copy->u.n.block && i < copy->u.n.block->n; i++) exchange(cx, a, &cm_block_nodes(copy->u.n.block)[i]);
        break;
    default:
        exchange(cx, a, &copy->u.attr.expr);
        exchange(cx, a, &copy->u.attr.entity);
        if (copy->kind != CM_N_ENTITY) break;
        if (!(copy->flags & CM_FLAG_ALIASED)) copy->id = cm_serial(cx); /* an alias stays the alias it is */
        copy->flags |= CM_FLAG_ALIASED;                                 /* reads something else than its mapper does */
    }
}

/* A PROXY whose FROM was rewritten shows the same column of the new one. */
static cm_status rebuild_proxy(cm_ctx *cx, adapter *a, cm_node *n) {
    cm_node *owner = became(a, n->u.col.table), *made = NULL;
    size_t i = 0;
    bool found = false;
    cm_status st = cm_proxy__position(cx, n, &i, &found);
    if (!st && !found) st = cm_from__find(cx, owner, n, &i, &found);
    if (!st && !found) return remember(cx, a, n, n);
    if (!st) st = cm_from_proxy(cx, owner, i, &made);
    return st ? st : remember_made(cx, a, n, made);
}

static cm_status rebuild(cm_ctx *cx, adapter *a, cm_node *n) {
    cm_node *copy = NULL;
    if (!parts_changed(a, n)) return remember(cx, a, n, n);
    if (n->kind == CM_N_PROXY) return rebuild_proxy(cx, a, n);
    cm_status st = cm_node_copy(cx, n, &copy);
    if (st) return st;
    exchange_parts(cx, a, copy);
    cm__host(cx)->node_ready(cx, copy);
    return remember_made(cx, a, n, copy);
}

static cm_status enter(cm_ctx *cx, adapter *a, cm_node *n) {
    bool done = false;
    cm_status st = decide(cx, a, n, &done);
    if (st || (done && cm_map__get(&a->memo, cm__ptr_key(n)))) return st;
    uint8_t layout = cm__kinds[n->kind].layout;
    if (done || layout == CM_LAYOUT_B || (layout == CM_LAYOUT_C && n->kind != CM_N_PROXY)) return remember(cx, a, n, n);
    st = cm_objs_add(cx, &a->stack, (void *)((uintptr_t)n | LEAVE));
    return st ? st : cm_node__push_parts(cx, &a->stack, n);
}

static cm_status run(cm_ctx *cx, adapter *a, cm_node *tree) {
    cm_status st = cm_objs_add(cx, &a->stack, tree);
    while (!st && a->stack.n) {
        uintptr_t top = (uintptr_t)a->stack.v[--a->stack.n];
        cm_node *n = (cm_node *)(top & ~LEAVE);
        if (cm_map__get(&a->memo, cm__ptr_key(n))) continue;
        st = top & LEAVE ? rebuild(cx, a, n) : enter(cx, a, n);
    }
    return st;
}

cm_status cm_node_adapt(cm_ctx *cx, cm_node *tree, const cm_adapt *map, cm_node **out) {
    adapter a = {.map = map};
    *out = NULL;
    if (!tree) return CM_OK;
    cm_status st = prepare(cx, &a);
    if (!st) st = run(cx, &a, tree);
    if (!st) {
        *out = became(&a, tree);
        cm_node_retain(cx, *out);
    }
    cm__host(cx)->nodes_release(cx, (cm_node *const *)(void *)a.made.v, a.made.n);
    cm_objs_free(cx, &a.made);
    cm_objs_free(cx, &a.stack);
    cm_map__dispose(cx, &a.exact);
    cm_map__dispose(cx, &a.columns);
    cm_map__dispose(cx, &a.owners);
    cm_map__dispose(cx, &a.memo);
    return st;
}
