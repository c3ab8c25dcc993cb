/* $1, $2, ...: numbers of placeholders, given when the whole text is there, because WITH clauses are spliced in ahead of what was
 * written before them. Until then a placeholder is one control character.
 *
 * A parameter that stands in two places (a column expression repeated by GROUP BY) is one number: the server takes
 * expressions for equal only when their parameters are. */
#include "sql/compiler.h"

enum { COMPARED_MAX = 256 }; /* statements with more parameters than this are VALUES lists: nothing repeats */

static bool is_numbered(const cm_param *p) { return !p->expanding || p->count; }

static bool is_repeated(const cm_param *a, const cm_param *b) {
    if (a->source != CM_SRC_BIND || b->source != CM_SRC_BIND || a->expanding || b->expanding) return false;
    if (a->type != b->type || a->column != b->column || !a->type || a->type->def.kind == CM_T_NULL) return false;
    return a->ordinal == b->ordinal && a->node == b->node && (a->ordinal != UINT32_MAX || a->node);
}

static size_t find_earlier(const cm_param *params, size_t n, const cm_param *p) {
    for (size_t i = 0; n <= COMPARED_MAX && i < n; i++)
        if (is_repeated(&params[i], p)) return i;
    return n;
}

/* Number of each placeholder in text order; the params that stay are moved together. */
static size_t choose_numbers(cm_compiler *c, uint32_t *numbers) {
    size_t kept = 0, nmarks = 0;
    for (size_t i = 0; i < c->nparams; i++) {
        cm_param p = c->params[i];
        size_t at = find_earlier(c->params, kept, &p);
        if (is_numbered(&p)) numbers[nmarks++] = (uint32_t)at + 1;
        if (at == kept) {
            c->params[kept++] = p;
            continue;
        }
        cm_str_release(c->cx, p.name);
        if (p.type) cm_type_release(c->cx, p.type);
        cm_node_release(c->cx, p.node);
    }
    c->nparams = kept;
    return nmarks;
}

cm_status cm_compiler__number(cm_compiler *c) {
    if ((c->rq->params ? c->rq->params : c->d->params) != CM_PARAM_DOLLAR || !c->nparams) return CM_OK;
    uint32_t *numbers = cm_arena__alloc(&c->arena, c->nparams * sizeof *numbers);
    if (!numbers) return CM_E_NOMEM;
    size_t nmarks = choose_numbers(c, numbers), mark = 0, from = 0;
    cm_buf text;
    cm_buf__init(&text, c->cx);
    for (size_t i = 0; i < c->b.n; i++) {
        if (c->b.p[i] != CM_PLACEHOLDER || mark == nmarks) continue;
        cm_buf__add(&text, c->b.p + from, i - from);
        cm_buf__printf(&text, "$%u", numbers[mark++]);
        from = i + 1;
    }
    cm_buf__add(&text, c->b.p + from, c->b.n - from);
    cm_buf__dispose(&c->b);
    c->b = text;
    return text.failed ? CM_E_NOMEM : CM_OK;
}
