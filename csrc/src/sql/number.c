/* $1, $2, ...: numbers of placeholders, given when the whole text is there, because WITH clauses are spliced in ahead of what was
 * written before them. Until then a placeholder is one control character. %s and %(name)s are written here, too, where they can
 * be told from percent signs that mean themselves.
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

/* Styles whose placeholders begin with a percent sign: all others are doubled, as the drivers that read such text halve them. */
static bool is_percent(cm_param_style style) { return style == CM_PARAM_FORMAT || style == CM_PARAM_PYFORMAT; }

static void write_mark(cm_buf *b, cm_param_style style, uint32_t number, const cm_param *p) {
    switch (style) {
    case CM_PARAM_FORMAT: cm_buf__puts(b, "%s"); return;
    case CM_PARAM_PYFORMAT: cm_buf__printf(b, "%%(%s)s", cm_str_text(p->name)); return;
    case CM_PARAM_NUMERIC: cm_buf__printf(b, ":%u", number); return;
    default: cm_buf__printf(b, "$%u", number);
    }
}

/* Which parameter each placeholder is, in text order, counted from one. */
static size_t list_marks(const cm_compiler *c, uint32_t *numbers) {
    size_t n = 0;
    for (size_t i = 0; i < c->nparams; i++)
        if (is_numbered(&c->params[i])) numbers[n++] = (uint32_t)i + 1;
    return n;
}

cm_status cm_compiler__number(cm_compiler *c) {
    cm_param_style style = c->rq->params ? c->rq->params : c->d->params;
    bool percent = is_percent(style);
    if (style == CM_PARAM_NAMED || style == CM_PARAM_QMARK || (!percent && !c->nparams)) return CM_OK;
    uint32_t *numbers = cm_arena__alloc(&c->arena, (c->nparams + 1) * sizeof *numbers);
    if (!numbers) return CM_E_NOMEM;
    size_t nmarks = percent ? list_marks(c, numbers) : choose_numbers(c, numbers), mark = 0, from = 0;
    cm_buf text;
    cm_buf__init(&text, c->cx);
    for (size_t i = 0; i < c->b.n; i++) {
        bool marked = c->b.p[i] == CM_PLACEHOLDER && mark < nmarks;
        if (!marked && !(percent && c->b.p[i] == '%')) continue;
        cm_buf__add(&text, c->b.p + from, i - from);
        if (!marked) cm_buf__puts(&text, "%%");
        else write_mark(&text, style, numbers[mark], &c->params[numbers[mark] - 1]);
        mark += marked;
        from = i + 1;
    }
    cm_buf__add(&text, c->b.p + from, c->b.n - from);
    cm_buf__dispose(&c->b);
    c->b = text;
    return text.failed ? CM_E_NOMEM : CM_OK;
}
