/* ON CONFLICT of SQLite and PostgreSQL.
 *
 *   ON CONFLICT (id) WHERE id > 3 DO UPDATE SET name = excluded.name WHERE users.name != ? */
#include "sql/compiler.h"

/* Index elements: columns without their table, expressions in parentheses where they are operations. */
static cm_status write_elements(cm_compiler *c, cm_node *n) {
    size_t count, nwhere;
    cm_node *const *elements = cm_node_segment(n, 0, &count), *const *where = cm_node_segment(n, 1, &nwhere);
    bool bare = c->bare_columns, literals = c->literals;
    cm_status st = CM_OK;
    if (!count) return CM_OK;
    c->bare_columns = true;
    cm_out(c, "(");
    for (size_t i = 0; !st && i < count; i++) {
        if (i) cm_out(c, ", ");
        st = elements[i]->kind == CM_N_LABEL_REF ? cm_compiler__str(c, elements[i]->u.n.name, 0)
                                                 : cm_compiler__operand(c, elements[i], CM_OP_COMMA);
    }
    cm_out(c, ")");
    if (!st && nwhere) {
        cm_out(c, " WHERE ");
        c->literals = c->literals || c->rq->for_execution; /* a parameter could not be matched with the predicate of an index */
        st = cm_compiler__conditions(c, where, nwhere);
    }
    c->bare_columns = bare;
    c->literals = literals;
    return st;
}

static cm_status write_target(cm_compiler *c, cm_node *n) {
    size_t count;
    cm_node_segment(n, 0, &count);
    if (!n->u.n.name) {
        if (count) cm_out(c, " ");
        return write_elements(c, n);
    }
    cm_out(c, " ON CONSTRAINT ");
    return cm_compiler__str(c, n->u.n.name, 0);
}

static cm_status write_assignment(cm_compiler *c, cm_node *assign, cm_table *table) {
    cm_node *target = cm__node_unalias(assign->u.k.kid[0]), *value = assign->u.k.kid[1];
    cm_set set = {.node = target};
    const char *name = target->kind == CM_N_LABEL_REF && target->u.n.name ? cm_str_text(target->u.n.name) : cm_expr__name(target);
    cm_column *column = table && name ? cm_table_find_column(table, name) : NULL;
    cm_status st = cm_compiler__set_name(c, &set);
    cm_out(c, " = ");
    if (st) return st;
    cm_node *plain = cm__node_unalias(value);
    if (plain->kind == CM_N_BIND && (!plain->u.bind.name || (plain->flags & CM_FLAG_UNIQUE))) {
        const char *label = cm_compiler__anon(c, cm__ptr_key(plain), "param", 5);
        return label ? cm_compiler__bind_value(c, plain, label, column ? column->type : NULL) : CM_E_NOMEM;
    }
    return cm_compiler__operand(c, value, CM_AGAINST_NONE);
}

cm_status cm_compiler__conflict_sets(cm_compiler *c, cm_node *n, cm_table *table) {
    size_t count;
    cm_node *const *sets = cm_node_segment(n, 2, &count);
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < count; i++) {
        if (i) cm_out(c, ", ");
        st = write_assignment(c, sets[i], table);
    }
    return st;
}

cm_status cm_compiler__on_conflict(cm_compiler *c, cm_node *n, cm_table *table) {
    size_t nwhere;
    cm_node *const *where = cm_node_segment(n, 3, &nwhere);
    cm_status st = CM_OK;
    if (c->d->node && c->d->node(c, n, &st)) return st;
    if (!cm_has(c, CM_F_ON_CONFLICT) || n->op == CM_OP_DUPLICATE_KEY)
        return cm__fail(c->cx, CM_E_UNSUPPORTED, "%s has no %s", c->d->name,
                        n->op == CM_OP_DUPLICATE_KEY ? "ON DUPLICATE KEY" : "ON CONFLICT");
    cm_out(c, " ON CONFLICT");
    st = write_target(c, n);
    if (st || n->op == CM_OP_DO_NOTHING) {
        cm_out(c, " DO NOTHING");
        return st;
    }
    cm_out(c, " DO UPDATE SET ");
    st = cm_compiler__conflict_sets(c, n, table);
    if (st || !nwhere) return st;
    cm_out(c, " WHERE ");
    return cm_compiler__conditions(c, where, nwhere);
}
