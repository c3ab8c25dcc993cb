/* Common table expressions. Each is compiled when it is first met, into a buffer of its own with parameters of its own;
 * where the statement ends, the WITH clause is put in front of it.
 *
 *   WITH RECURSIVE big AS \n(SELECT ...), \nr(n) AS \n(SELECT ...)\n SELECT ... */
#include "sql/compiler.h"

/* add_cte(nest_here=True) makes a copy that differs in a flag. */
static bool is_same(const cm_node *a, const cm_node *b) {
    return a == b || (a->u.n.kid == b->u.n.kid && (a->flags ^ b->flags) == CM_FLAG_NESTING);
}

/* Does `n` restate `old` (recursive().union(...)), directly or further back? */
static bool restates(const cm_node *n, const cm_node *old) {
    size_t count;
    while (n && !is_same(n, old)) {
        cm_node *const *base = cm_node_segment(n, 0, &count);
        n = count ? base[0] : NULL;
    }
    return n != NULL;
}

/* Where a nesting CTE is written: before the statement that mentions it. At the top that is where all are written. */
static cm_level *place_of(const cm_compiler *c, const cm_node *cte) {
    return cte->flags & CM_FLAG_NESTING && c->level && !c->level->top ? c->level : NULL;
}

/* The CTE of that name: itself wherever it is written; another one only if both are written in one place. */
static cm_cte *find_cte(cm_compiler *c, const cm_node *cte, const char *name) {
    cm_cte *other = NULL;
    for (size_t i = 0; i < c->nctes; i++) {
        cm_cte *known = &c->ctes[i];
        if (strcmp(known->name, name) != 0) continue;
        if (restates(known->node, cte) || restates(cte, known->node)) return known;
        if (known->nesting == place_of(c, cte)) other = known;
    }
    return other;
}

static cm_status write_column_list(cm_compiler *c, cm_node *cte) {
    const char **names;
    size_t n;
    if (!cm__kinds[cte->u.n.kid->kind].statement) return CM_OK;
    cm_status st = cm_compiler__column_names(c, cte->u.n.kid, &names, &n);
    cm_out(c, "(");
    for (size_t i = 0; !st && i < n; i++) {
        if (i) cm_out(c, ", ");
        st = cm_compiler__label(c, names[i], 0);
    }
    cm_out(c, ")");
    return st;
}

/* name[(columns)] AS [MATERIALIZED] \n(body) */
static cm_status write_definition(cm_compiler *c, cm_node *cte, const char *name) {
    static const cm_select_how how = {.as_from = true};
    size_t n;
    cm_status st = cm_compiler__name(c, name, strlen(name), cte->flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE));
    bool values = cte->u.n.kid->kind == CM_N_VALUES;
    if (!st && (cte->flags & CM_FLAG_RECURSIVE)) st = write_column_list(c, cte);
    if (!st && values) st = cm_compiler__values_cte(c, cte->u.n.kid, true);
    if (st) return st;
    cm_out(c, " AS ");
    if (cte->flags & CM_FLAG_MATERIALIZED) cm_out(c, "MATERIALIZED ");
    if (cte->flags & CM_FLAG_NOT_MATERIALIZED) cm_out(c, "NOT MATERIALIZED ");
    cm_node *const *texts = cm_node_segment(cte, 1, &n);
    st = cm_compiler__pieces(c, texts, n, 0);
    cm_out(c, "\n(");
    if (!st) st = values ? cm_compiler__values_cte(c, cte->u.n.kid, false) : cm_compiler__query(c, cte->u.n.kid, &how);
    cm_out(c, ")");
    bool suffix = n && (texts[n - 1]->flags & CM_FLAG_SUFFIX);
    if (suffix) cm_out(c, " ");
    return st || !suffix ? st : cm_compiler__pieces(c, texts, n, CM_FLAG_SUFFIX);
}

/* Compiles the definition aside and stores it with entry number `at` (entries may move meanwhile). */
static cm_status define(cm_compiler *c, cm_node *cte, size_t at) {
    cm_buf text = c->b;
    cm_param *params = c->params;
    size_t nparams = c->nparams, cap = c->params_cap;
    cm_level *level = c->level;
    const char *name = c->ctes[at].name;
    bool bare = c->bare_columns;
    cm_buf__init(&c->b, c->cx);
    c->params = NULL;
    c->nparams = c->params_cap = 0;
    c->bare_columns = false;
    if (!(cte->flags & CM_FLAG_NESTING)) c->level = NULL;
    cm_status st = write_definition(c, cte, name);
    cm_cte *entry = &c->ctes[at];
    if (!st) st = cm_buf__take(&c->b, &entry->sql, &entry->nsql);
    entry->params = c->params;
    entry->nparams = c->nparams;
    entry->done = true;
    cm_buf__dispose(&c->b);
    c->b = text;
    c->params = params;
    c->nparams = nparams;
    c->params_cap = cap;
    c->level = level;
    c->bare_columns = bare;
    /* what it uses was noted after it, but must stand before it */
    cm_cte made = c->ctes[at];
    memmove(&c->ctes[at], &c->ctes[at + 1], (c->nctes - at - 1) * sizeof *c->ctes);
    c->ctes[c->nctes - 1] = made;
    return st;
}

static cm_status note(cm_compiler *c, cm_node *cte, const char *name) {
    cm_status st = cm__grow(c->cx, &c->ctes, &c->ctes_cap, c->nctes + 1, sizeof *c->ctes);
    if (st) return st;
    size_t at = c->nctes++;
    c->ctes[at] = (cm_cte){.node = cte, .name = name, .nesting = place_of(c, cte)};
    return define(c, cte, at);
}

static cm_status require_cte(cm_compiler *c, cm_node *cte, const char *name) {
    cm_cte *known = find_cte(c, cte, name);
    if (!known) return note(c, cte, name);
    if (restates(known->node, cte)) return CM_OK;
    if (!restates(cte, known->node)) return cm__fail(c->cx, CM_E_COMPILE, "Multiple, unrelated CTEs found with the same name: '%s'", name);
    if (!known->done) return CM_OK;
    cm__free(c->cx, known->sql);
    for (size_t i = 0; i < known->nparams; i++) {
        cm_str_release(c->cx, known->params[i].name);
        if (known->params[i].type) cm_type_release(c->cx, known->params[i].type);
        cm_node_release(c->cx, known->params[i].node);
    }
    cm__free(c->cx, known->params);
    known->sql = NULL;
    known->params = NULL;
    known->nparams = 0;
    known->done = false;
    known->node = cte;
    return define(c, cte, (size_t)(known - c->ctes));
}

cm_status cm_compiler__cte(cm_compiler *c, cm_node *n) {
    uint32_t flags = 0;
    const char *name = cm_compiler__from_name(c, n, &flags);
    if (!name) return CM_E_NOMEM;
    cm_status st = require_cte(c, n, name);
    return st ? st : cm_compiler__name(c, name, strlen(name), flags);
}

/* add_cte(): definitions that the statement need not mention. */
cm_status cm_compiler__add_ctes(cm_compiler *c, cm_node *stmt) {
    size_t n;
    cm_node *const *ctes = cm_node_segment(stmt, CM_SEG_CTE, &n);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < n; i++) {
        const char *name = cm_compiler__from_name(c, ctes[i], NULL);
        st = name ? require_cte(c, ctes[i], name) : CM_E_NOMEM;
    }
    return st;
}

static cm_status splice_params(cm_compiler *c, cm_cte *cte, size_t at) {
    cm_status st = cm__grow(c->cx, &c->params, &c->params_cap, c->nparams + cte->nparams, sizeof *c->params);
    if (st) return st;
    if (!cte->nparams) return CM_OK;
    memmove(c->params + at + cte->nparams, c->params + at, (c->nparams - at) * sizeof *c->params);
    memcpy(c->params + at, cte->params, cte->nparams * sizeof *c->params);
    c->nparams += cte->nparams;
    cm__free(c->cx, cte->params);
    cte->params = NULL;
    cte->nparams = 0;
    return CM_OK;
}

cm_status cm_compiler__with(cm_compiler *c, cm_level *level, size_t text_at, size_t param_at) {
    cm_buf head;
    bool recursive = false, any = false;
    size_t kept = 0;
    cm_status st = CM_OK;
    for (size_t i = 0; i < c->nctes; i++) {
        if (c->ctes[i].nesting != level || (!level && !c->ctes[i].done)) continue;
        any = true;
        recursive = recursive || (c->ctes[i].node->flags & CM_FLAG_RECURSIVE);
    }
    if (!any) return CM_OK;
    cm_buf__init(&head, c->cx);
    cm_buf__puts(&head, recursive ? "WITH RECURSIVE " : "WITH ");
    any = false;
    for (size_t i = 0; i < c->nctes; i++) {
        cm_cte *cte = &c->ctes[i];
        if (cte->nesting != level) {
            c->ctes[kept++] = *cte;
            continue;
        }
        size_t n = cte->nparams;
        if (any) cm_buf__puts(&head, ", \n");
        any = true;
        cm_buf__add(&head, cte->sql, cte->nsql);
        if (!st) st = splice_params(c, cte, param_at);
        param_at += n;
        cm__free(c->cx, cte->sql);
        if (st && cte->params) c->ctes[kept++] = (cm_cte){.name = "", .params = cte->params, .nparams = cte->nparams};
    }
    c->nctes = kept;
    cm_buf__puts(&head, "\n ");
    cm_buf__insert(&c->b, text_at, head.p, head.n);
    if (head.failed) st = CM_E_NOMEM;
    cm_buf__dispose(&head);
    return st;
}
