/* Tables and columns: the Python objects are authored freely, then frozen into a cm_table on first use.
 *
 * A `Table` is a TABLE node, a `Column` a COLUMN node; both are made by `_core.make`. While they are authored, this file
 * alone changes them: a column gets its name, its type and the link to its table here. `table._freeze_def()` answers
 *     (name, schema, comment, prefixes, options, columns, constraints, indexes)
 *     column:     (node, name, key, type, flags, default, default_sql, onupdate, onupdate_sql, server_default, computed, comment, check_name)
 *     constraint: (kind, name, columns, ref_schema, ref_table, ref_columns, ondelete, onupdate, initially, match, deferrable,
 *                  use_alter, check, options)
 *     index:      (name, unique, columns, expressions or None, options)
 *     option:     (dialect, name, SQL); server_default, computed, check and expressions are SQL, too: a text, or an expression
 *                 that the author keeps alive, compiled for the database that the definition is made in
 * The frozen table hangs at the node (u.col.ref); `thaw_table` drops it when the table changes, and those who use the old
 * one (plans, mappers) keep it alive by their own reference. */
#include "python/schema/schema.h"

#include <string.h>

/* Memory of one freeze: pieces freed together. */
typedef struct pool_piece {
    struct pool_piece *next;
} pool_piece;
typedef struct pool {
    pool_piece *pieces;
} pool;

static void *pool_alloc(pool *p, size_t count, size_t size) {
    pool_piece *piece = PyMem_Calloc(1, sizeof *piece + (count ? count : 1) * size);
    if (!piece) {
        PyErr_NoMemory();
        return NULL;
    }
    piece->next = p->pieces;
    p->pieces = piece;
    return piece + 1;
}

static void pool_free(pool *p) {
    while (p->pieces) {
        pool_piece *next = p->pieces->next;
        PyMem_Free(p->pieces);
        p->pieces = next;
    }
}

/* ---- reading tuples; every reader answers -1 with an exception */

static int expect_tuple(PyObject *o, Py_ssize_t n, const char *what) {
    if (PyTuple_Check(o) && (n < 0 || PyTuple_GET_SIZE(o) == n)) return 0;
    PyErr_Format(PyExc_TypeError, "the description of a table has a bad %s", what);
    return -1;
}

static int read_text(PyObject *tuple, Py_ssize_t i, const char **out) {
    PyObject *v = PyTuple_GET_ITEM(tuple, i);
    *out = v == Py_None ? NULL : cmpy_c_string(v, "a name");
    return *out || v == Py_None ? 0 : -1;
}

static int read_texts(pool *p, PyObject *tuple, Py_ssize_t i, const char *const **out, size_t *n) {
    PyObject *list = PyTuple_GET_ITEM(tuple, i);
    if (expect_tuple(list, -1, "list of names") < 0) return -1;
    const char **v = pool_alloc(p, (size_t)PyTuple_GET_SIZE(list), sizeof *v);
    if (!v) return -1;
    *n = (size_t)PyTuple_GET_SIZE(list);
    *out = v;
    for (size_t k = 0; k < *n; k++)
        if (read_text(list, (Py_ssize_t)k, &v[k]) < 0) return -1;
    return 0;
}

static int read_sql(PyObject *tuple, Py_ssize_t i, cm_sql *out) {
    PyObject *v = PyTuple_GET_ITEM(tuple, i);
    if (!cmpy_is_node(v)) return read_text(tuple, i, &out->text);
    if (!CMPY_NODE(v)->kind && cmpy_node_seal(v) < 0) return -1;
    out->expr = CMPY_NODE(v);
    return 0;
}

/* ((dialect, name, SQL), ...) */
static int read_options(pool *p, PyObject *tuple, Py_ssize_t i, const cm_ddl_option **out, size_t *n) {
    PyObject *list = PyTuple_GET_ITEM(tuple, i);
    if (expect_tuple(list, -1, "list of options") < 0) return -1;
    cm_ddl_option *v = pool_alloc(p, (size_t)PyTuple_GET_SIZE(list), sizeof *v);
    if (!v) return -1;
    *n = (size_t)PyTuple_GET_SIZE(list);
    *out = v;
    for (size_t k = 0; k < *n; k++) {
        PyObject *item = PyTuple_GET_ITEM(list, (Py_ssize_t)k);
        if (expect_tuple(item, 3, "option") < 0 || read_text(item, 0, &v[k].dialect) < 0 || read_text(item, 1, &v[k].name) < 0 ||
            read_sql(item, 2, &v[k].value) < 0)
            return -1;
    }
    return 0;
}

static int read_long(PyObject *tuple, Py_ssize_t i, long *out) {
    *out = PyLong_AsLong(PyTuple_GET_ITEM(tuple, i));
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

static int read_node(PyObject *tuple, Py_ssize_t i, cm_node **out) {
    PyObject *v = PyTuple_GET_ITEM(tuple, i);
    *out = NULL;
    if (v == Py_None) return 0;
    if (!cmpy_is_node(v)) {
        PyErr_Format(PyExc_TypeError, "an SQL expression was expected, not %R", v);
        return -1;
    }
    if (!CMPY_NODE(v)->kind && cmpy_node_seal(v) < 0) return -1;
    *out = CMPY_NODE(v);
    return 0;
}

static void *value_or_null(PyObject *tuple, Py_ssize_t i) {
    PyObject *v = PyTuple_GET_ITEM(tuple, i);
    return v == Py_None ? NULL : v;
}

static int read_column(PyObject *t, cm_column_def *out) {
    long flags;
    if (expect_tuple(t, 13, "column") < 0 || read_node(t, 0, &out->node) < 0 || read_text(t, 1, &out->name) < 0 ||
        read_text(t, 2, &out->key) < 0 || read_long(t, 4, &flags) < 0 || read_node(t, 6, &out->insert_default_sql) < 0 ||
        read_node(t, 8, &out->update_default_sql) < 0 || read_sql(t, 9, &out->server_default) < 0 || read_sql(t, 10, &out->computed) < 0 ||
        read_text(t, 11, &out->comment) < 0 || read_text(t, 12, &out->check_name) < 0)
        return -1;
    out->type = cmpy_type_get(PyTuple_GET_ITEM(t, 3));
    out->flags = (uint32_t)flags;
    out->insert_default = value_or_null(t, 5);
    out->update_default = value_or_null(t, 7);
    return out->type ? 0 : -1;
}

static int read_constraint(pool *p, PyObject *t, cm_constraint_def *out) {
    long kind, deferrable;
    size_t nref;
    if (expect_tuple(t, 14, "constraint") < 0 || read_long(t, 0, &kind) < 0 || read_text(t, 1, &out->name) < 0 ||
        read_texts(p, t, 2, &out->columns, &out->ncolumns) < 0 || read_text(t, 3, &out->ref_schema) < 0 ||
        read_text(t, 4, &out->ref_table) < 0 || read_texts(p, t, 5, &out->ref_columns, &nref) < 0 || read_text(t, 6, &out->on_delete) < 0 ||
        read_text(t, 7, &out->on_update) < 0 || read_text(t, 8, &out->initially) < 0 || read_text(t, 9, &out->match) < 0 ||
        read_long(t, 10, &deferrable) < 0 || read_sql(t, 12, &out->check) < 0 || read_options(p, t, 13, &out->options, &out->noptions) < 0)
        return -1;
    if (kind == CM_CON_FOREIGN_KEY && nref != out->ncolumns) return expect_tuple(Py_None, 0, "foreign key");
    if (kind != CM_CON_FOREIGN_KEY) out->ref_columns = NULL;
    out->kind = (cm_constraint_kind)kind;
    out->deferrable = (int)deferrable;
    out->use_alter = PyTuple_GET_ITEM(t, 11) == Py_True;
    return 0;
}

static int read_index(pool *p, PyObject *t, cm_index_def *out) {
    if (expect_tuple(t, 5, "index") < 0 || read_text(t, 0, &out->name) < 0 || read_texts(p, t, 2, &out->columns, &out->ncolumns) < 0 ||
        read_options(p, t, 4, &out->options, &out->noptions) < 0)
        return -1;
    out->unique = PyTuple_GET_ITEM(t, 1) == Py_True;
    PyObject *expr = PyTuple_GET_ITEM(t, 3);
    if (expr == Py_None) return 0;
    if (expect_tuple(expr, (Py_ssize_t)out->ncolumns, "index") < 0) return -1;
    cm_sql *exprs = pool_alloc(p, out->ncolumns, sizeof *exprs);
    if (!exprs) return -1;
    for (size_t i = 0; i < out->ncolumns; i++)
        if (read_sql(expr, (Py_ssize_t)i, &exprs[i]) < 0) return -1;
    out->exprs = exprs;
    return 0;
}

static int read_items(pool *p, PyObject *t, cm_table_def *out) {
    PyObject *columns = PyTuple_GET_ITEM(t, 5), *constraints = PyTuple_GET_ITEM(t, 6), *indexes = PyTuple_GET_ITEM(t, 7);
    if (expect_tuple(columns, -1, "list of columns") < 0 || expect_tuple(constraints, -1, "list of constraints") < 0 ||
        expect_tuple(indexes, -1, "list of indexes") < 0)
        return -1;
    out->ncolumns = (size_t)PyTuple_GET_SIZE(columns);
    out->nconstraints = (size_t)PyTuple_GET_SIZE(constraints);
    out->nindexes = (size_t)PyTuple_GET_SIZE(indexes);
    cm_column_def *c = pool_alloc(p, out->ncolumns, sizeof *c);
    cm_constraint_def *k = pool_alloc(p, out->nconstraints, sizeof *k);
    cm_index_def *x = pool_alloc(p, out->nindexes, sizeof *x);
    if (!c || !k || !x) return -1;
    out->columns = c;
    out->constraints = k;
    out->indexes = x;
    for (size_t i = 0; i < out->ncolumns; i++)
        if (read_column(PyTuple_GET_ITEM(columns, (Py_ssize_t)i), &c[i]) < 0) return -1;
    for (size_t i = 0; i < out->nconstraints; i++)
        if (read_constraint(p, PyTuple_GET_ITEM(constraints, (Py_ssize_t)i), &k[i]) < 0) return -1;
    for (size_t i = 0; i < out->nindexes; i++)
        if (read_index(p, PyTuple_GET_ITEM(indexes, (Py_ssize_t)i), &x[i]) < 0) return -1;
    return 0;
}

static int read_table(pool *p, PyObject *t, cm_table_def *out) {
    return expect_tuple(t, 8, "shape") < 0 || read_text(t, 0, &out->name) < 0 || read_text(t, 1, &out->schema) < 0 ||
                   read_text(t, 2, &out->comment) < 0 || read_texts(p, t, 3, &out->prefixes, &out->nprefixes) < 0 ||
                   read_options(p, t, 4, &out->options, &out->noptions) < 0
               ? -1
               : read_items(p, t, out);
}

/* ---- freezing */

cm_status cmpy_table_freeze(cm_ctx *cx, cm_node *table, cm_table **out) {
    pool memory = {NULL};
    cm_table_def def = {.version = 1, .node = table};
    PyObject *shape = NULL;
    cm_status st = CM_E_HOST;
    if (table->u.col.ref) {
        *out = table->u.col.ref;
        return CM_OK;
    }
    PyObject *object = CMPY_NODE_OBJECT(table);
    if (!PyObject_HasAttrString(object, "_freeze_def")) {
        cmpy_raise_exc("InvalidRequestError", "%R is no Table with columns and keys; a Table is needed here", object);
        return CM_E_HOST;
    }
    shape = PyObject_CallMethod(object, "_freeze_def", NULL);
    if (!shape || read_table(&memory, shape, &def) < 0) goto done;
    if (table->u.col.ref) { /* frozen meanwhile, by what _freeze_def called */
        *out = table->u.col.ref;
        st = CM_OK;
        goto done;
    }
    st = cm_table_new(cx, &def, out);
    if (st == CM_OK) cm_table_release(cx, *out); /* the node holds one of its own, which cm_node_dispose releases */
done:
    pool_free(&memory);
    Py_XDECREF(shape);
    return st;
}

static cm_node *node_argument(PyObject *o, int kind) {
    if (cmpy_is_node(o) && CMPY_NODE(o)->kind == kind) return CMPY_NODE(o);
    PyErr_Format(PyExc_TypeError, "a %s was expected, not %R", cm_kind_get_info(kind)->name, o);
    return NULL;
}

static PyObject *freeze_table(PyObject *m, PyObject *o) {
    (void)m;
    cm_table *table = NULL;
    cm_node *node = node_argument(o, CM_N_TABLE);
    if (!node) return NULL;
    CMPY_TRY(cmpy_cx(), cmpy_table_freeze(cmpy_cx(), node, &table));
    Py_RETURN_NONE;
}

static PyObject *thaw_table(PyObject *m, PyObject *o) {
    (void)m;
    cm_node *node = node_argument(o, CM_N_TABLE);
    if (!node) return NULL;
    cm_table *table = node->u.col.ref;
    node->u.col.ref = NULL;
    if (table) cm_table_release(cmpy_cx(), table);
    Py_RETURN_NONE;
}

/* ---- columns under construction */

static PyObject *attach_column(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *column, *table;
    if (!PyArg_ParseTuple(args, "OO:attach_column", &column, &table)) return NULL;
    cm_node *c = node_argument(column, CM_N_COLUMN), *t = c ? node_argument(table, CM_N_TABLE) : NULL;
    if (!t) return NULL;
    if (c->u.col.table && c->u.col.table != t) {
        cmpy_raise_exc("ArgumentError", "Column object %R is already attached to a table", column);
        return NULL;
    }
    c->u.col.table = t; /* borrowed: the column's __dict__ keeps its table */
    Py_RETURN_NONE;
}

/* name_column(node, name, flags): names a COLUMN or TABLE node; flags are FLAG_QUOTE, FLAG_NO_QUOTE or 0. */
static PyObject *name_node(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object;
    const char *name;
    Py_ssize_t n;
    unsigned int flags = 0;
    if (!PyArg_ParseTuple(args, "Oz#|I:name_node", &object, &name, &n, &flags)) return NULL;
    if (!cmpy_is_node(object) || (CMPY_NODE(object)->kind != CM_N_COLUMN && CMPY_NODE(object)->kind != CM_N_TABLE)) {
        PyErr_SetString(PyExc_TypeError, "only a table or a column can be named");
        return NULL;
    }
    cm_node *node = CMPY_NODE(object);
    cm_str *s = NULL;
    if (name && !(s = cm_str_new(cmpy_cx(), name, (size_t)n))) return cmpy_raise(cmpy_cx(), CM_E_NOMEM);
    cm_str_release(cmpy_cx(), node->u.col.name);
    node->u.col.name = s;
    node->flags = (node->flags & ~(uint32_t)(CM_FLAG_QUOTE | CM_FLAG_NO_QUOTE)) | flags;
    Py_RETURN_NONE;
}

static PyObject *type_column(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *column, *type;
    if (!PyArg_ParseTuple(args, "OO:type_column", &column, &type)) return NULL;
    cm_node *node = node_argument(column, CM_N_COLUMN);
    const cm_type *t = node ? cmpy_type_get(type) : NULL;
    if (!t) return NULL;
    cm_type_retain(cmpy_cx(), t);
    cm_type_release(cmpy_cx(), node->type);
    node->type = t;
    node->flags &= ~(uint32_t)CM_FLAG_HOST_COMPARE;
    Py_RETURN_NONE;
}

/* ---- DDL */

static PyObject *compiled_text(cm_compiled *take_compiled) {
    size_t n;
    const char *sql = cm_compiled_sql(take_compiled, &n);
    PyObject *text = PyUnicode_FromStringAndSize(sql, (Py_ssize_t)n);
    cm_compiled_free(cmpy_cx(), take_compiled);
    return text;
}

static const cm_dialect *dialect_argument(const char *name) {
    const cm_dialect *d = name ? cm_dialect_find(name) : cm_dialect_default();
    if (!d) cmpy_raise_exc("NoSuchModuleError", "Can't load plugin: sqlalchemy.dialects:%s", name);
    return d;
}

/* table_ddl(table, kind, if_exists, dialect_name) */
static PyObject *table_ddl(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object;
    int kind, check = 0;
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "Oi|pz:table_ddl", &object, &kind, &check, &name)) return NULL;
    cm_node *node = node_argument(object, CM_N_TABLE);
    const cm_dialect *d = node ? dialect_argument(name) : NULL;
    cm_table *table;
    cm_compiled *compiled;
    if (!d) return NULL;
    CMPY_TRY(cmpy_cx(), cmpy_table_freeze(cmpy_cx(), node, &table));
    CMPY_TRY(cmpy_cx(), cm_ddl_table(cmpy_cx(), d, table, kind, check, &compiled));
    return compiled_text(compiled);
}

/* column_ddl(table, i, dialect_name) */
static PyObject *column_ddl(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object;
    Py_ssize_t i;
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "On|z:column_ddl", &object, &i, &name)) return NULL;
    cm_node *node = node_argument(object, CM_N_TABLE);
    const cm_dialect *d = node ? dialect_argument(name) : NULL;
    cm_table *table;
    cm_compiled *compiled;
    if (!d) return NULL;
    CMPY_TRY(cmpy_cx(), cmpy_table_freeze(cmpy_cx(), node, &table));
    CMPY_TRY(cmpy_cx(), cm_ddl_column(cmpy_cx(), d, table, (size_t)i, &compiled));
    return compiled_text(compiled);
}

/* constraint_ddl(table, description, dialect_name) */
static PyObject *constraint_ddl(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object, *description, *text = NULL;
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "OO|z:constraint_ddl", &object, &description, &name)) return NULL;
    cm_node *node = node_argument(object, CM_N_TABLE);
    const cm_dialect *d = node ? dialect_argument(name) : NULL;
    cm_constraint_def k = {0};
    cm_table *table;
    cm_compiled *compiled;
    pool p = {0};
    if (!d) return NULL;
    CMPY_TRY(cmpy_cx(), cmpy_table_freeze(cmpy_cx(), node, &table));
    if (read_constraint(&p, description, &k) == 0) {
        cm_status st = cm_ddl_add_constraint(cmpy_cx(), d, table, &k, &compiled);
        text = st ? cmpy_raise(cmpy_cx(), st) : compiled_text(compiled);
    }
    pool_free(&p);
    return text;
}

/* index_ddl(table, i, kind, if_exists, dialect_name) */
static PyObject *index_ddl(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object;
    Py_ssize_t i;
    int kind, check = 0;
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "Oni|pz:index_ddl", &object, &i, &kind, &check, &name)) return NULL;
    cm_node *node = node_argument(object, CM_N_TABLE);
    const cm_dialect *d = node ? dialect_argument(name) : NULL;
    cm_table *table;
    cm_compiled *compiled;
    if (!d) return NULL;
    CMPY_TRY(cmpy_cx(), cmpy_table_freeze(cmpy_cx(), node, &table));
    CMPY_TRY(cmpy_cx(), cm_ddl_index(cmpy_cx(), d, table, (size_t)i, kind, check, &compiled));
    return compiled_text(compiled);
}

/* quote(name, force, dialect_name) */
static PyObject *quote(PyObject *m, PyObject *args) {
    (void)m;
    const char *identifier, *name = NULL;
    int force = 0;
    if (!PyArg_ParseTuple(args, "s|pz:quote", &identifier, &force, &name)) return NULL;
    const cm_dialect *d = dialect_argument(name);
    cm_compiled *compiled;
    if (!d) return NULL;
    CMPY_TRY(cmpy_cx(), cm_quote_identifier(cmpy_cx(), d, identifier, force, &compiled));
    return compiled_text(compiled);
}

static PyMethodDef functions[] = {
    {"freeze_table", freeze_table, METH_O, "freeze_table($module, table, /)\n--\n\nBuilds the core's table now rather than on first use."},
    {"thaw_table", thaw_table, METH_O, "thaw_table($module, table, /)\n--\n\nForgets the core's table, because the table changes."},
    {"attach_column", attach_column, METH_VARARGS, "attach_column($module, column, table, /)\n--\n\nLinks a column to its table, once."},
    {"name_node", name_node, METH_VARARGS, "name_node($module, node, name, flags=0, /)\n--\n\nNames a table or column under construction."},
    {"type_column", type_column, METH_VARARGS,
     "type_column($module, column, type, /)\n--\n\nSets the type of a column under construction."},
    {"table_ddl", table_ddl, METH_VARARGS,
     "table_ddl($module, table, kind, if_exists=False, dialect=None, /)\n--\n\nCREATE (0) or DROP (1) TABLE."},
    {"constraint_ddl", constraint_ddl, METH_VARARGS,
     "constraint_ddl($module, table, description, dialect=None, /)\n--\n\nALTER TABLE ... ADD a constraint, described as for freezing."},
    {"column_ddl", column_ddl, METH_VARARGS, "column_ddl($module, table, i, dialect=None, /)\n--\n\nA column as CREATE TABLE has it."},
    {"index_ddl", index_ddl, METH_VARARGS,
     "index_ddl($module, table, i, kind, if_exists=False, dialect=None, /)\n--\n\nCREATE (0) or DROP (1) INDEX."},
    {"quote", quote, METH_VARARGS, "quote($module, name, force=False, dialect=None, /)\n--\n\nAn identifier as SQL text."},
    {NULL, NULL, 0, NULL},
};

int cmpy_table_setup(PyObject *m) {
    static const struct {
        const char *name;
        long value;
    } constants[] = {
        {"COL_PRIMARY_KEY", CM_COL_PRIMARY_KEY},
        {"COL_NOT_NULL", CM_COL_NOT_NULL},
        {"COL_UNIQUE", CM_COL_UNIQUE},
        {"COL_AUTOINCREMENT", CM_COL_AUTOINCREMENT},
        {"COL_AUTOINCREMENT_WORD", CM_COL_AUTOINCREMENT_WORD},
        {"COL_SERVER_DEFAULT", CM_COL_SERVER_DEFAULT},
        {"COL_SERVER_ONUPDATE", CM_COL_SERVER_ONUPDATE},
        {"COL_COMPUTED", CM_COL_COMPUTED},
        {"COL_PERSISTED", CM_COL_PERSISTED},
        {"COL_IDENTITY", CM_COL_IDENTITY},
        {"COL_IDENTITY_ALWAYS", CM_COL_IDENTITY_ALWAYS},
        {"COL_QUOTE", CM_COL_QUOTE},
        {"COL_NO_QUOTE", CM_COL_NO_QUOTE},
        {"COL_NULL_SET", CM_COL_NULL_SET},
        {"COL_SYSTEM", CM_COL_SYSTEM},
        {"CON_PRIMARY_KEY", CM_CON_PRIMARY_KEY},
        {"CON_FOREIGN_KEY", CM_CON_FOREIGN_KEY},
        {"CON_UNIQUE", CM_CON_UNIQUE},
        {"CON_CHECK", CM_CON_CHECK},
        {"CON_EXCLUDE", CM_CON_EXCLUDE},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (PyModule_AddIntConstant(m, constants[i].name, constants[i].value) < 0) return -1;
    return PyModule_AddFunctions(m, functions);
}
