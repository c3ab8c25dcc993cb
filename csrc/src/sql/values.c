/* What an INSERT or UPDATE writes into which column: values of the statement, of the caller's mapping, defaults. */
#include "sql/compiler.h"

static cm_node *assigned_column(cm_node *assign) { return cm__node_unalias(assign->u.k.kid[0]); }

static cm_node *find_assigned(cm_node *const *assigns, size_t n, const cm_column *column) {
    for (size_t i = 0; i < n; i++) {
        const cm_node *target = assigned_column(assigns[i]);
        if (target->kind == CM_N_COLUMN && (target->id ? target->id == column->id : target->u.col.ref == column))
            return assigns[i]->u.k.kid[1];
        if (target->kind == CM_N_LABEL_REF && target->u.n.name && strcmp(cm_str_text(target->u.n.name), cm_str_text(column->key)) == 0)
            return assigns[i]->u.k.kid[1];
    }
    return NULL;
}

static bool is_named(const cm_compiler *c, const char *key) {
    for (size_t i = 0; i < c->rq->nnames; i++)
        if (strcmp(c->rq->names[i], key) == 0) return true;
    return false;
}

/* str(insert(users)): all columns, as they would come from the caller. */
static bool takes_all(const cm_compiler *c, size_t nassigns) { return !c->rq->for_execution && !c->rq->nnames && !nassigns; }

static void add_default(const cm_compiler *c, const cm_column *column, bool update, cm_set *set, bool *there) {
    set->expr = update ? column->update_default_sql : cm_column__insert_sql(column, cm_has(c, CM_F_SEQUENCES));
    set->source = CM_SRC_DEFAULT;
    set->update_default = update;
    *there = set->expr || (update ? column->update_default : column->insert_default);
}

cm_status cm_sql__check_key(cm_ctx *cx, const cm_table *table, const cm_column *column) {
    const uint32_t filled = CM_COL_SERVER_DEFAULT | CM_COL_COMPUTED | CM_COL_IDENTITY;
    const uint32_t need = CM_COL_PRIMARY_KEY | CM_COL_NOT_NULL;
    char text[512];
    if ((column->flags & need) != need || (column->flags & filled) || column == table->autoincrement) return CM_OK;
    snprintf(text, sizeof text,
             "Column '%.100s.%.100s' is marked as a member of the primary key, and the INSERT has no value for it: it has no default "
             "here or in the database, and is not one that the database counts (autoincrement=True).  Keys are usually not NULL.",
             cm_str_text(table->name), cm_str_text(column->name));
    return cm__host(cx)->warn(cx, "SAWarning", text);
}

/* Every ASSIGN must have met a column of the table. */
static cm_status check_consumed(cm_compiler *c, cm_table *table, cm_node *const *assigns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const cm_node *target = assigned_column(assigns[i]);
        const char *name = target->kind == CM_N_COLUMN      ? cm_expr__name(target)
                           : target->kind == CM_N_LABEL_REF ? cm_str_text(target->u.n.name)
                                                            : NULL;
        bool found = false;
        for (size_t k = 0; !found && k < table->ncolumns; k++) found = find_assigned(&assigns[i], 1, &table->columns[k]) != NULL;
        if (!found) return cm__fail(c->cx, CM_E_COMPILE, "Unconsumed column names: %s", name ? name : "?");
    }
    return CM_OK;
}

/* A table() clause has no definition: columns are those assigned, in their order. */
static cm_status free_sets(cm_compiler *c, cm_node *const *assigns, size_t n, cm_sets *out) {
    out->v = cm_arena__alloc(&c->arena, (n + c->rq->nnames + 1) * sizeof *out->v);
    if (!out->v) return CM_E_NOMEM;
    for (size_t i = 0; i < n; i++) out->v[out->n++] = (cm_set){.node = assigned_column(assigns[i]), .expr = assigns[i]->u.k.kid[1]};
    return CM_OK;
}

/* ordered_values(): what was assigned comes first, in the order given. */
static void order_as_given(cm_sets *sets, cm_node *const *assigns, size_t n) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = at; k < sets->n; k++) {
            if (sets->v[k].expr != assigns[i]->u.k.kid[1]) continue;
            cm_set moved = sets->v[k];
            memmove(sets->v + at + 1, sets->v + at, (k - at) * sizeof *sets->v);
            sets->v[at++] = moved;
            break;
        }
    }
}

cm_status cm_compiler__sets(cm_compiler *c, cm_node *stmt, cm_table *table, cm_node *const *assigns, size_t nassigns, cm_sets *out) {
    bool update = stmt->kind == CM_N_UPDATE, all = takes_all(c, nassigns);
    *out = (cm_sets){NULL, 0};
    if (!table) return free_sets(c, assigns, nassigns, out);
    out->v = cm_arena__alloc(&c->arena, (table->ncolumns + 1) * sizeof *out->v);
    if (!out->v) return CM_E_NOMEM;
    for (size_t i = 0; i < table->ncolumns; i++) {
        cm_column *column = &table->columns[i];
        const char *key = cm_str_text(column->key);
        cm_set set = {.column = column, .node = column->node, .expr = find_assigned(assigns, nassigns, column), .source = CM_SRC_KEY};
        bool there = set.expr != NULL;
        if (!there && (all || is_named(c, key))) {
            there = !(all && (column->flags & CM_COL_COMPUTED));
            cm_status st = cm_strmap__put(c->cx, &c->taken, key, strlen(key), c);
            if (st) return st;
        } else if (!there) {
            add_default(c, column, update, &set, &there);
            cm_status st = update || there ? CM_OK : cm_sql__check_key(c->cx, table, column);
            if (st) return st;
        }
        if (there) out->v[out->n++] = set;
    }
    if (update && (stmt->flags & CM_FLAG_ORDERED)) order_as_given(out, assigns, nassigns);
    return check_consumed(c, table, assigns, nassigns);
}

cm_status cm_compiler__default_sets(cm_compiler *c, cm_table *table, cm_node *const *given, size_t ngiven, cm_sets *out) {
    *out = (cm_sets){NULL, 0};
    if (!table) return CM_OK;
    out->v = cm_arena__alloc(&c->arena, (table->ncolumns + 1) * sizeof *out->v);
    if (!out->v) return CM_E_NOMEM;
    for (size_t i = 0; i < table->ncolumns; i++) {
        cm_column *column = &table->columns[i];
        cm_set set = {.column = column, .node = column->node};
        bool there = false, named = false;
        for (size_t k = 0; !named && k < ngiven; k++) named = cm__node_unalias(given[k])->id == column->id;
        if (!named) add_default(c, column, false, &set, &there);
        if (there) out->v[out->n++] = set;
    }
    return CM_OK;
}

cm_status cm_compiler__set_name(cm_compiler *c, const cm_set *set) {
    const cm_node *n = set->node;
    if (n->kind == CM_N_LABEL_REF && n->u.n.name) return cm_compiler__str(c, n->u.n.name, 0);
    const char *name = cm_expr__name(n);
    if (!name) return cm__fail(c->cx, CM_E_COMPILE, "a column without a name cannot be assigned");
    return cm_compiler__name(c, name, strlen(name), n->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
}

static const char *numbered(cm_compiler *c, const char *key, long row) {
    char number[32];
    snprintf(number, sizeof number, "%ld", row);
    return cm_compiler__join(c, key, "_m", number);
}

/* created for the first row, created_m1 for the next; what the caller gives is key_m0 from the first on. */
cm_status cm_compiler__set_value(cm_compiler *c, const cm_set *set, long row) {
    const char *key = set->column ? cm_str_text(set->column->key) : cm_expr__name(set->node);
    const cm_type *type = set->column ? set->column->type : set->node->type;
    if (!key) return cm__fail(c->cx, CM_E_COMPILE, "a column without a name cannot be assigned");
    if (set->expr) {
        cm_node *expr = cm__node_unalias(set->expr);
        if (expr->kind == CM_N_BIND) {
            const char *name = row < 0 ? key : numbered(c, key, row);
            size_t before = c->nparams;
            cm_status st = name ? cm_compiler__bind_value(c, expr, name, type) : CM_E_NOMEM;
            if (!st && c->nparams == before + 1)
                c->params[before].column = set->column; /* whose value it is: inserted keys, defaults that look */
            return st;
        }
        return cm_compiler__operand(c, set->expr, CM_AGAINST_NONE);
    }
    cm_param p = {.source = set->source, .ordinal = UINT32_MAX, .update_default = set->update_default, .type = type, .column = set->column};
    const char *name = row > 0 ? numbered(c, key, row) : key;
    return name ? cm_compiler__place(c, &p, name) : CM_E_NOMEM;
}
