/* The order of a flush.
 *
 * Classes (groups of rows that share a root mapper) depend on each other through relations: who holds the foreign key is saved
 * after, and deleted before. Strongly connected components are found by Tarjan's algorithm (1972) and taken in dependency
 * order, ties in the order of their tables' foreign keys, then of registration.
 * Inside a component that depends on itself (self-references, classes that refer to each other) the rows themselves are
 * ordered: each gets a level one deeper than what it needs, and a level is one step. Rows that need each other are an error;
 * relations with post_update order nothing.
 */
#include "uow/uow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- groups */

typedef struct graph {
    cm_uow *u;
    size_t n;
    uint8_t *edge;                 /* edge[a * n + b]: a is saved before b */
    uint32_t *index, *low, *stack; /* Tarjan */
    uint32_t next, depth, components;
    bool *on_stack;
} graph;

static int group_index(const cm_uow *u, const cm_mapper *root) {
    for (size_t i = 0; i < u->ngroups; i++)
        if (u->groups[i]->root == root) return (int)i;
    return -1;
}

static void add_edges(graph *g, size_t at) {
    const cm_uow_group *group = g->u->groups[at];
    for (size_t m = 0; m < group->nmappers; m++) {
        for (size_t k = 0; k < group->mappers[m]->nrelations; k++) {
            const cm_relation *r = group->mappers[m]->relations[k];
            int other = group_index(g->u, r->target->root);
            if (other < 0 || r->viewonly || r->post_update || r->direction == CM_MANY_TO_MANY) continue;
            size_t first = r->direction == CM_ONE_TO_MANY ? at : (size_t)other,
                   second = r->direction == CM_ONE_TO_MANY ? (size_t)other : at;
            g->edge[first * g->n + second] = 1;
        }
    }
}

static void connect(graph *g, uint32_t v) {
    g->index[v] = g->low[v] = ++g->next;
    g->stack[g->depth++] = v;
    g->on_stack[v] = true;
    for (uint32_t w = 0; w < g->n; w++) {
        if (!g->edge[v * g->n + w]) continue;
        if (!g->index[w]) {
            connect(g, w); /* as deep as there are classes */
            if (g->low[w] < g->low[v]) g->low[v] = g->low[w];
        } else if (g->on_stack[w] && g->index[w] < g->low[v]) {
            g->low[v] = g->index[w];
        }
    }
    if (g->low[v] != g->index[v]) return;
    size_t members = 0;
    for (uint32_t w = UINT32_MAX; w != v; members++) {
        w = g->stack[--g->depth];
        g->on_stack[w] = false;
        g->u->groups[w]->component = g->components;
    }
    for (size_t w = 0; w < g->n; w++)
        if (g->u->groups[w]->component == g->components && g->index[w]) g->u->groups[w]->cyclic = members > 1 || g->edge[w * g->n + w];
    g->components++;
}

/* Whether a component waits for one that has no rank yet. */
static bool must_wait(const graph *g, uint32_t component) {
    for (size_t b = 0; b < g->n; b++) {
        if (g->u->groups[b]->component != component) continue;
        for (size_t a = 0; a < g->n; a++)
            if (g->edge[a * g->n + b] && g->u->groups[a]->component != component && g->u->groups[a]->rank == UINT32_MAX) return true;
    }
    return false;
}

static void rank_components(graph *g) {
    for (size_t i = 0; i < g->n; i++) g->u->groups[i]->rank = UINT32_MAX;
    for (uint32_t rank = 0; rank < g->components; rank++) {
        size_t i = 0;
        while (i < g->n && (g->u->groups[i]->rank != UINT32_MAX || must_wait(g, g->u->groups[i]->component))) i++;
        if (i == g->n) return; /* cannot be: components have no cycle */
        uint32_t component = g->u->groups[i]->component;
        for (size_t k = i; k < g->n; k++)
            if (g->u->groups[k]->component == component) g->u->groups[k]->rank = rank;
    }
}

/* Groups in the order of their tables' foreign keys: the order that wins where relations say nothing. */
static cm_status sort_by_tables(cm_ctx *cx, cm_uow *u) {
    cm_table **tables = cm_arena__alloc(&u->arena, u->ngroups * 2 * sizeof *tables), **sorted = tables + u->ngroups;
    cm_uow_group **to = cm_arena__alloc(&u->arena, u->ngroups * sizeof *to);
    size_t n = 0, done = 0, cycles = 0;
    if (!tables || !to) return CM_E_NOMEM;
    for (size_t i = 0; i < u->ngroups; i++) {
        bool seen = u->groups[i]->root->ntables == 0;
        for (size_t k = 0; k < n && !seen; k++) seen = tables[k] == u->groups[i]->root->tables[0];
        if (!seen) tables[n++] = u->groups[i]->root->tables[0];
    }
    cm_status st = n ? cm_tables_sort(cx, tables, n, sorted, &cycles) : CM_OK;
    if (st) return st;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < u->ngroups; i++)
            if (u->groups[i]->root->ntables && u->groups[i]->root->tables[0] == sorted[k]) to[done++] = u->groups[i];
    for (size_t i = 0; i < u->ngroups; i++)
        if (!u->groups[i]->root->ntables) to[done++] = u->groups[i];
    memcpy(u->groups, to, u->ngroups * sizeof *to);
    return CM_OK;
}

static cm_status rank_groups(cm_ctx *cx, cm_uow *u) {
    size_t n = u->ngroups;
    graph g = {.u = u, .n = n};
    cm_status st = n > 1 ? sort_by_tables(cx, u) : CM_OK;
    if (st) return st;
    g.edge = cm_arena__alloc(&u->arena, n * n + 1);
    g.index = cm_arena__alloc(&u->arena, n * 3 * sizeof *g.index + 1);
    g.on_stack = cm_arena__alloc(&u->arena, n * sizeof *g.on_stack + 1);
    if (!g.edge || !g.index || !g.on_stack) return CM_E_NOMEM;
    u->edges = g.edge;
    g.low = g.index + n;
    g.stack = g.low + n;
    for (size_t i = 0; i < n; i++) {
        u->groups[i]->component = UINT32_MAX;
        u->groups[i]->index = (uint32_t)i;
        add_edges(&g, i);
    }
    for (uint32_t i = 0; i < n; i++)
        if (!g.index[i]) connect(&g, i);
    rank_components(&g);
    return CM_OK;
}

/* ---- rows of a component that depends on itself */

typedef struct row_edge {
    cm_uow_row *first, *second;
} row_edge;
typedef struct row_graph {
    cm_uow *u;
    uint32_t component;
    cm_row_action action; /* CM_ROW_SAVE or CM_ROW_DELETE */
    row_edge *edges;
    size_t n, cap;
} row_graph;

static cm_status add_row_edge(cm_ctx *cx, row_graph *g, cm_uow_row *first, cm_uow_row *second) {
    cm_status st = cm__grow(cx, &g->edges, &g->cap, g->n + 1, sizeof *g->edges);
    if (!st) g->edges[g->n++] = (row_edge){first, second};
    return st;
}

/* A related row in the same component and action: the holder of the foreign key is saved second, deleted first. */
static cm_status relate_rows(cm_ctx *cx, row_graph *g, cm_uow_row *row, const cm_relation *r, cm_inst *other) {
    cm_uow_row *o = cm_uow__find(g->u, other);
    if (!o || o->action != g->action || o->group->component != g->component) return CM_OK;
    cm_uow_row *referred = r->direction == CM_ONE_TO_MANY ? row : o, *holder = r->direction == CM_ONE_TO_MANY ? o : row;
    if (g->action == CM_ROW_DELETE) return referred == holder ? CM_OK : add_row_edge(cx, g, holder, referred);
    bool first = (referred->flags & CM_ROW_INSERT) != 0;
    cm_status st = CM_OK;
    if (!first && referred != holder) first = cm_uow__keys_changed(cx, referred->inst, r, &st);
    return first && !st ? add_row_edge(cx, g, referred, holder) : st;
}

/* What a row is related to, as far as it can be in this flush. A row's parents are: those of it that go have been read. */
static cm_status members_here(cm_ctx *cx, const row_graph *g, cm_inst *inst, const cm_relation *r, cm_objs *out) {
    bool load = g->action == CM_ROW_DELETE && !r->passive_deletes;
    void *value = NULL;
    if (!load || r->direction != CM_MANY_TO_ONE || cm_inst__peek(cx, inst, r->attr)) return cm_relation__members(cx, inst, r, load, out);
    cm_status st = cm_inst_load(cx, inst, r->attr, false, &value);
    if (!st && value && !cm__is_none(cx, value)) st = cm_objs__hold(cx, out, value);
    else if (!st && value) st = cm_inst__store_take(cx, inst, r->attr, NULL); /* nobody asked: it stays unread */
    if (value) cm__release(cx, value);
    return st;
}

static cm_status row_edges(cm_ctx *cx, row_graph *g, cm_uow_row *row) {
    const cm_mapper *m = row->inst->mapper;
    cm_status st = CM_OK;
    for (size_t k = 0; !st && k < m->nrelations; k++) {
        const cm_relation *r = m->relations[k];
        cm_objs members = {0};
        int other = group_index(g->u, r->target->root);
        if (r->viewonly || r->post_update || r->direction == CM_MANY_TO_MANY || other < 0 || g->u->groups[other]->component != g->component)
            continue;
        st = members_here(cx, g, row->inst, r, &members);
        for (size_t i = 0; !st && i < members.n; i++) {
            cm_inst *inst = cm__host(cx)->object_inst(cx, members.v[i]);
            if (inst) st = relate_rows(cx, g, row, r, inst);
        }
        cm_objs__release(cx, &members);
    }
    return st;
}

static cm_status circular(cm_ctx *cx, const row_graph *g, const uint32_t *waiting) {
    char text[128], names[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < g->u->nrows && used + 140 < sizeof names; i++) {
        if (!waiting[i]) continue;
        if (used) used += (size_t)snprintf(names + used, sizeof names - used, ", ");
        used += (size_t)snprintf(names + used, sizeof names - used, "%s", cm_inst__text(g->u->rows[i]->inst, text, sizeof text));
    }
    return cm__fail(
        cx, CM_E_CIRCULAR,
        "Circular dependency detected. (%s) These rows need each other; post_update=True on one relationship breaks the circle.", names);
}

static int by_first(const void *a, const void *b) {
    uint32_t x = ((const row_edge *)a)->first->order, y = ((const row_edge *)b)->first->order;
    return x < y ? -1 : x > y;
}

/* Kahn's algorithm over the rows: a row's level is one deeper than the deepest it waits for. */
static cm_status assign_levels(cm_ctx *cx, row_graph *g) {
    cm_uow *u = g->u;
    uint32_t *waiting = cm__alloc(cx, u->nrows * sizeof *waiting);
    size_t *begin = cm__alloc(cx, (u->nrows + 1) * sizeof *begin);
    cm_uow_row **queue = cm__alloc(cx, (u->nrows + 1) * sizeof(cm_uow_row *));
    size_t head = 0, tail = 0, members = 0;
    cm_status st = waiting && begin && queue ? CM_OK : CM_E_NOMEM;
    if (st) goto done;
    qsort(g->edges, g->n, sizeof *g->edges, by_first);
    for (size_t i = 0; i < g->n; i++) {
        waiting[g->edges[i].second->order]++;
        begin[g->edges[i].first->order + 1]++;
    }
    for (size_t i = 0; i < u->nrows; i++) {
        begin[i + 1] += begin[i];
        if (u->rows[i]->group->component != g->component || u->rows[i]->action != g->action) continue;
        members++;
        if (!waiting[i]) queue[tail++] = u->rows[i];
    }
    while (head < tail) {
        const cm_uow_row *row = queue[head++];
        for (size_t e = begin[row->order]; e < begin[row->order + 1]; e++) {
            cm_uow_row *second = g->edges[e].second;
            if (second->level <= row->level) second->level = row->level + 1;
            if (--waiting[second->order] == 0) queue[tail++] = second;
        }
    }
    if (tail < members) st = circular(cx, g, waiting);
done:
    cm__free(cx, waiting);
    cm__free(cx, begin);
    cm__free(cx, queue);
    return st;
}

static cm_status order_rows(cm_ctx *cx, cm_uow *u, uint32_t component, cm_row_action action, uint32_t *deepest) {
    row_graph g = {.u = u, .component = component, .action = action};
    cm_status st = CM_OK;
    *deepest = 0;
    for (size_t i = 0; !st && i < u->nrows; i++)
        if (u->rows[i]->group->component == component && u->rows[i]->action == action) st = row_edges(cx, &g, u->rows[i]);
    if (!st && g.n) st = assign_levels(cx, &g);
    for (size_t i = 0; !st && g.n && i < u->nrows; i++)
        if (u->rows[i]->group->component == component && u->rows[i]->action == action && u->rows[i]->level > *deepest)
            *deepest = u->rows[i]->level;
    cm__free(cx, g.edges);
    return st;
}

/* ---- steps */

static cm_status add_step(cm_ctx *cx, cm_uow *u, cm_uow_group *group, cm_row_action action, uint32_t level) {
    bool saves = action == CM_ROW_SAVE;
    size_t n = 0;
    cm_uow_row **rows = cm__alloc(cx, group->nrows * sizeof(cm_uow_row *));
    cm_status st = !rows   ? CM_E_NOMEM
                   : saves ? cm__grow(cx, &u->saves, &u->saves_cap, u->nsaves + 1, sizeof *u->saves)
                           : cm__grow(cx, &u->deletes, &u->deletes_cap, u->ndeletes + 1, sizeof *u->deletes);
    for (size_t i = 0; !st && i < group->nrows; i++)
        if (group->rows[i]->action == action && group->rows[i]->level == level) rows[n++] = group->rows[i];
    if (st || n == 0) {
        cm__free(cx, rows);
        return st;
    }
    cm_uow_step step = {group, rows, n};
    if (saves) u->saves[u->nsaves++] = step;
    else u->deletes[u->ndeletes++] = step;
    return CM_OK;
}

/* Steps of the groups that share a rank; forward for saves, backward for deletes. */
static cm_status add_steps(cm_ctx *cx, cm_uow *u, uint32_t rank, cm_row_action action) {
    uint32_t deepest = 0;
    cm_status st = CM_OK;
    const cm_uow_group *any = NULL;
    for (size_t i = 0; i < u->ngroups && !any; i++)
        if (u->groups[i]->rank == rank) any = u->groups[i];
    if (any && any->cyclic) st = order_rows(cx, u, any->component, action, &deepest);
    for (uint32_t level = 0; !st && level <= deepest; level++)
        for (size_t i = 0; !st && i < u->ngroups; i++)
            if (u->groups[i]->rank == rank && (action == CM_ROW_SAVE ? u->groups[i]->saves : u->groups[i]->deletes))
                st = add_step(cx, u, u->groups[i], action, level);
    return st;
}

static cm_status fill_groups(cm_ctx *cx, cm_uow *u) {
    for (size_t i = 0; i < u->nrows; i++) {
        cm_uow_group *g = u->rows[i]->group;
        cm_status st = cm__grow(cx, &g->rows, &g->rows_cap, g->nrows + 1, sizeof *g->rows);
        if (st) return st;
        g->rows[g->nrows++] = u->rows[i];
        g->saves += u->rows[i]->action == CM_ROW_SAVE;
        g->deletes += u->rows[i]->action == CM_ROW_DELETE;
    }
    return CM_OK;
}

cm_status cm_uow__order(cm_ctx *cx, cm_uow *u) {
    uint32_t ranks = 0;
    cm_status st = fill_groups(cx, u);
    if (!st) st = rank_groups(cx, u);
    for (size_t i = 0; i < u->ngroups; i++)
        if (u->groups[i]->rank >= ranks) ranks = u->groups[i]->rank + 1;
    for (uint32_t rank = 0; !st && rank < ranks; rank++) st = add_steps(cx, u, rank, CM_ROW_SAVE);
    for (uint32_t rank = ranks; !st && rank-- > 0;) st = add_steps(cx, u, rank, CM_ROW_DELETE);
    return st;
}
