/* text("SELECT ... :name"): SQL written by people, with a parameter node for each name in it. */
#include "expr/expr.h"

#include <string.h>

typedef struct params {
    cm_ctx *cx;
    cm_objs nodes;
    cm_strmap known;
} params;

/* One BIND per name, however often it occurs. Its name keeps the map's key alive. */
static cm_status add_param(void *user, const char *name, size_t n) {
    params *p = user;
    cm_node *bind = NULL;
    if (cm_strmap__get(&p->known, name, n)) return CM_OK;
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = CM_FLAG_REQUIRED, .name = name, .name_n = n};
    cm_status st = cm_node_make(p->cx, &spec, &bind);
    if (st) return st;
    st = cm_objs_add(p->cx, &p->nodes, bind);
    if (st) {
        cm_node_release(p->cx, bind);
        return st;
    }
    return cm_strmap__put(p->cx, &p->known, cm_str_text(bind->u.bind.name), n, bind);
}

cm_status cm_expr_text(cm_ctx *cx, const char *sql, cm_node **out) {
    params p = {.cx = cx};
    size_t n = strlen(sql);
    *out = NULL;
    cm_status st = cm_text_params(cx, sql, n, add_param, &p);
    if (!st) {
        cm_node *const *segments[2] = {(cm_node *const *)(void *)p.nodes.v, NULL};
        size_t counts[2] = {p.nodes.n, 0};
        cm_node_spec spec = {.kind = CM_N_TEXT, .name = sql, .name_n = n, .segments = segments, .counts = counts};
        st = cm_node_make(cx, &spec, out);
    }
    cm__host(cx)->nodes_release(cx, (cm_node *const *)(void *)p.nodes.v, p.nodes.n);
    cm_objs_free(cx, &p.nodes);
    cm_strmap__dispose(cx, &p.known);
    return st;
}
