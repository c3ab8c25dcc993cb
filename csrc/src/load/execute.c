/* execute.c: session.execute(): a statement of the program, after what is pending was flushed.
 *
 * Queries go to the loader. Statements that change rows run as Core runs them, on the session's connection and inside its
 * transaction; entities in their RETURNING become instances like those of a query.
 */
#include "load/load.h"

static bool is_query(const cm_node *stmt) {
    return stmt->kind == CM_N_SELECT || stmt->kind == CM_N_COMPOUND || stmt->kind == CM_N_FROM_STATEMENT;
}

static bool is_dml(const cm_node *stmt) { return stmt->kind == CM_N_INSERT || stmt->kind == CM_N_UPDATE || stmt->kind == CM_N_DELETE; }

/* The class a statement changes; NULL for tables. */
static cm_mapper *target_mapper(const cm_node *stmt) {
    const cm_node *target = is_dml(stmt) ? stmt->u.n.kid : NULL;
    return target && target->kind == CM_N_ENTITY ? cm_entity__mapper(target) : NULL;
}

cm_status cm_session_execute(cm_ctx *cx, cm_session *s, cm_node *stmt, void *const *params, size_t nparams, cm_result **out) {
    cm_conn *conn = NULL;
    cm_node *plain = NULL;
    cm_status st = CM_OK;
    *out = NULL;
    s->cx = cx;
    st = cm_session__autoflush(cx, s);
    if (st) return st;
    if (is_query(stmt)) return cm_load__execute(cx, s, stmt, params, nparams, out);
    if (is_dml(stmt)) st = cm_nested__expand(cx, stmt, &plain);
    else cm_node_retain(cx, plain = stmt);
    if (!st) st = cm_session__conn(cx, s, target_mapper(stmt), stmt, &conn);
    if (!st) st = cm_conn_execute(cx, conn, plain, params, nparams, out);
    cm_node_release(cx, plain);
    return st;
}
