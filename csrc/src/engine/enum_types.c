/* Types that columns bring along: an Enum is a type of its own where the database has such. Created before the tables that use
 * it; tables may share them, so they go only when it is said, and no column has them. */
#include "engine/engine_int.h"

/* The native enum behind a column's type, through decorators and arrays; NULL: none. */
static const cm_type *native_enum(const cm_type *type) {
    while (type) {
        const cm_type_def *d = cm_type_get_def(type);
        if (d->kind == CM_T_ENUM && (d->flags & CM_TYPE_NATIVE) && d->name && d->nlabels) return d->flags & CM_TYPE_EXISTS ? NULL : type;
        if (!d->item || !((d->flags & CM_TYPE_HOST) || d->kind == CM_T_ARRAY)) return NULL;
        type = d->item;
    }
    return NULL;
}

static bool has_enums(const cm_conn *conn) { return (conn->engine->dialect->features & CM_F_NAMED_TYPES) && conn->link->driver->has_type; }

static cm_status ask(cm_ctx *cx, cm_conn *conn, const cm_type *type, bool unused, bool *out) {
    cm_link *link = conn->link;
    const cm_type_def *def = cm_type_get_def(type);
    cm__leave(cx);
    cm_status st = link->driver->has_type(cx, link->d, cm_conn__schema(conn, def->schema), def->name, unused, out);
    cm__enter(cx);
    if (st) link->driver->error(cx, link->d, NULL, 0);
    return st;
}

static cm_status settle(cm_ctx *cx, cm_conn *conn, const cm_type *type, bool drop) {
    cm_compiled *c = NULL;
    bool found = false;
    cm_status st = ask(cx, conn, type, drop, &found);
    if (st || found != drop) return st;
    st = cm_sql__ddl_enum(cx, conn->engine->dialect, conn->schemas ? conn->schemas->pairs : NULL, type, drop, &c);
    if (st) return st;
    st = cm_conn__run_text(cx, conn, c->sql, c->nsql);
    cm_compiled_free(cx, c);
    return st;
}

cm_status cm_enum__settle(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n, bool drop) {
    cm_status st = CM_OK;
    if (!has_enums(conn)) return CM_OK;
    for (size_t i = 0; i < n && !st; i++) {
        for (size_t k = 0; k < tables[i]->ncolumns && !st; k++) {
            const cm_type *type = native_enum(tables[i]->columns[k].type);
            if (type) st = settle(cx, conn, type, drop);
        }
    }
    return st;
}

cm_status cm_conn_drop_types(cm_ctx *cx, cm_conn *conn, cm_table *const *tables, size_t n) {
    return cm_enum__settle(cx, conn, tables, n, true);
}
