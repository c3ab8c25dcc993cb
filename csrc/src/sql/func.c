/* Functions, windows and CASE. */
#include "sql/compiler.h"

#include <strings.h>

const char *cm_compiler__func_label(const cm_node *n) {
    if (!n->u.n.name) return NULL;
    const char *name = cm_str_text(n->u.n.name), *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* Words of standard SQL that take no parentheses, with the spelling they get. */
static const struct {
    const char *name, *sql;
} words[] = {{"current_date", "CURRENT_DATE"}, {"current_time", "CURRENT_TIME"}, {"current_timestamp", "CURRENT_TIMESTAMP"},
             {"current_user", "CURRENT_USER"}, {"localtime", "LOCALTIME"},       {"localtimestamp", "LOCALTIMESTAMP"},
             {"session_user", "SESSION_USER"}, {"sysdate", "sysdate"},           {"user", "USER"}};
static const struct {
    const char *name, *sql;
} spellings[] = {
    {"coalesce", "coalesce"}, {"random", "random"}, {"cube", "CUBE"}, {"rollup", "ROLLUP"}, {"grouping_sets", "GROUPING SETS"}};

/* Parts between dots; anything but a plain word is quoted, so a name can never bring SQL along. */
static cm_status write_name(cm_compiler *c, const char *name, uint32_t flags) {
    for (;;) {
        const char *dot = strchr(name, '.');
        size_t n = dot ? (size_t)(dot - name) : strlen(name);
        bool plain = n > 0 && !(name[0] >= '0' && name[0] <= '9') && name[0] != '$';
        for (size_t i = 0; plain && i < n; i++)
            plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$", name[i]) != NULL;
        uint32_t how = flags & (CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE);
        cm_status st = cm_compiler__name(c, name, n, how ? how : plain ? CM_FLAG_NO_QUOTE : CM_FLAG_QUOTE);
        if (st || !dot) return st;
        cm_out(c, ".");
        name = dot + 1;
    }
}

static cm_status write_args(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *args = cm_node_segment(n, 0, &count);
    const char *hint = c->hint;
    c->hint = cm_compiler__func_label(n);
    cm_out(c, "(");
    if (count == 0 && c->hint && strcasecmp(c->hint, "count") == 0) cm_out(c, "*");
    cm_status st = cm_compiler__list(c, args, count, CM_OP_COMMA);
    cm_out(c, ")");
    c->hint = hint;
    return st;
}

cm_status cm_compiler__func(cm_compiler *c, cm_node *n) {
    cm_status st = CM_OK;
    size_t count;
    const char *name = n->u.n.name ? cm_str_text(n->u.n.name) : NULL;
    if (!name || !*name) return cm__fail(c->cx, CM_E_COMPILE, "a function has no name");
    if (c->d->func && c->d->func(c, n, &st)) return st;
    cm_node_segment(n, 0, &count);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i].name, name) != 0) continue;
        cm_out(c, words[i].sql);
        return count ? write_args(c, n) : CM_OK;
    }
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (strcasecmp(spellings[i].name, name) != 0) continue;
        cm_out(c, spellings[i].sql);
        return write_args(c, n);
    }
    st = write_name(c, name, n->flags);
    if (st || ((n->flags & CM_FLAG_NO_PARENS) && !count)) return st;
    return write_args(c, n);
}

/* ---- windows */

static const char *frame_unit(const cm_node *frame) {
    static const char *const units[] = {"ROWS", "RANGE", "GROUPS"};
    for (size_t i = 0; frame->u.n.name && i < 3; i++)
        if (strcasecmp(units[i], cm_str_text(frame->u.n.name)) == 0) return units[i];
    return NULL;
}

static cm_status write_bound(cm_compiler *c, cm_node *bound) {
    switch (bound->op) {
    case CM_OP_UNBOUNDED_PRECEDING:
    case CM_OP_CURRENT_ROW:
    case CM_OP_UNBOUNDED_FOLLOWING: cm_out(c, cm__ops[bound->op].sql); return CM_OK;
    case CM_OP_PRECEDING:
    case CM_OP_FOLLOWING: {
        bool literals = c->literals;
        c->literals = literals || cm_has(c, CM_F_FRAME_LITERALS);
        cm_status st = cm_compiler__expr(c, bound->u.k.kid[0]);
        c->literals = literals;
        cm_out(c, cm__ops[bound->op].sql);
        return st;
    }
    default: return cm__fail(c->cx, CM_E_COMPILE, "a window frame has an unknown bound");
    }
}

/* ROWS BETWEEN :p PRECEDING AND CURRENT ROW */
static cm_status write_frame(cm_compiler *c, cm_node *frame) {
    size_t count;
    const char *unit = frame_unit(frame);
    cm_node *const *bounds = cm_node_segment(frame, 0, &count);
    if (!unit || count != 2) return cm__fail(c->cx, CM_E_COMPILE, "a window frame needs ROWS, RANGE or GROUPS and two bounds");
    cm_out(c, unit);
    cm_out(c, " BETWEEN ");
    cm_status st = write_bound(c, bounds[0]);
    if (st) return st;
    cm_out(c, " AND ");
    st = write_bound(c, bounds[1]);
    if (st || !frame->op) return st;
    static const char *const exclude[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS"};
    if (frame->op >= sizeof exclude / sizeof *exclude) return cm__fail(c->cx, CM_E_COMPILE, "a window frame excludes nothing known");
    cm_out(c, exclude[frame->op]);
    return CM_OK;
}

static cm_status write_window(cm_compiler *c, cm_node *n) {
    static const char *const heads[] = {"PARTITION BY ", "ORDER BY "};
    bool any = false;
    cm_status st = CM_OK;
    cm_out(c, " OVER (");
    for (int segment = 0; !st && segment < 3; segment++) {
        size_t count;
        cm_node *const *items = cm_node_segment(n, segment, &count);
        if (!count) continue;
        if (any) cm_out(c, " ");
        any = true;
        if (segment == 2) {
            st = write_frame(c, items[0]);
        } else {
            cm_out(c, heads[segment]);
            st = cm_compiler__list(c, items, count, CM_AGAINST_ALL);
        }
    }
    cm_out(c, ")");
    return st;
}

/* f(x ORDER BY y): the ORDER BY goes inside of the function's parentheses. */
static cm_status write_aggregate_order(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node *const *items = cm_node_segment(n, 0, &count);
    cm_status st = cm_compiler__expr(c, n->u.n.kid);
    if (st || c->b.failed) return st;
    if (!c->b.n || c->b.p[c->b.n - 1] != ')') return cm__fail(c->cx, CM_E_COMPILE, "only a function can have an ORDER BY inside");
    c->b.n--;
    cm_out(c, " ORDER BY ");
    st = cm_compiler__list(c, items, count, CM_AGAINST_ALL);
    cm_out(c, ")");
    return st;
}

cm_status cm_compiler__over(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_status st;
    switch (n->kind) {
    case CM_N_OVER: st = cm_compiler__expr(c, n->u.n.kid); return st ? st : write_window(c, n);
    case CM_N_FILTER:
        st = cm_compiler__expr(c, n->u.k.kid[0]);
        cm_out(c, " FILTER (WHERE ");
        if (!st) st = cm_compiler__expr(c, n->u.k.kid[1]);
        cm_out(c, ")");
        return st;
    case CM_N_WITHIN_GROUP: {
        cm_node *const *items = cm_node_segment(n, 0, &count);
        st = cm_compiler__expr(c, n->u.n.kid);
        cm_out(c, " WITHIN GROUP (ORDER BY ");
        if (!st) st = cm_compiler__list(c, items, count, CM_AGAINST_ALL);
        cm_out(c, ")");
        return st;
    }
    default: return write_aggregate_order(c, n);
    }
}

/* CASE x WHEN a THEN b ELSE c END */
cm_status cm_compiler__case(cm_compiler *c, cm_node *n) {
    size_t nvalue, nwhens, nelse;
    cm_node *const *value = cm_node_segment(n, 0, &nvalue), *const *whens = cm_node_segment(n, 1, &nwhens),
                   *const *other = cm_node_segment(n, 2, &nelse);
    cm_status st = CM_OK;
    cm_out(c, "CASE");
    if (nvalue) {
        cm_out(c, " ");
        st = cm_compiler__expr(c, value[0]);
    }
    for (size_t i = 0; !st && i + 1 < nwhens; i += 2) {
        cm_out(c, " WHEN ");
        st = cm_compiler__operand(c, whens[i], CM_AGAINST_NONE);
        cm_out(c, " THEN ");
        if (!st) st = cm_compiler__expr(c, whens[i + 1]);
    }
    if (!st && nelse) {
        cm_out(c, " ELSE ");
        st = cm_compiler__expr(c, other[0]);
    }
    cm_out(c, " END");
    return st;
}
