/* Anything -> node, by role: what a program may write in a place of a statement.
 *
 * Values become parameters typed like the expression they stand beside, where the two fit: a value of another family keeps
 * its own type, but text beside a number, date or UUID column takes the column's, so that what forms and URLs hand in is
 * converted (or refused) by the column. Objects that are no node are asked for __clause_element__().
 */
#include "python/expr/expr.h"

/* ---- small builders */

static cm_node *made(cm_status st, cm_node *const *n) {
    if (st == CM_OK) return *n;
    cmpy_raise(cmpy_cx(), st);
    return NULL;
}

cm_node *cmpy_bind(PyObject *value, const cm_type *type, cm_str *name, uint32_t flags) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = CM_N_BIND, .flags = flags | CM_FLAG_UNIQUE, .type = type, .value = value};
    cm_status st = cm_node_make(cmpy_cx(), &spec, &n);
    if (st == CM_OK && name) n->u.bind.name = cm_str_retain(name); /* nobody has seen the node yet */
    return made(st, &n);
}

cm_node *cmpy_const(int kind) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = kind};
    return made(cm_node_make(cmpy_cx(), &spec, &n), &n);
}

cm_node *cmpy_text_node(int kind, const char *p, size_t size, const cm_type *type) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = kind, .name = p, .name_n = size, .type = type};
    return made(cm_node_make(cmpy_cx(), &spec, &n), &n);
}

static cm_node *wrap(int kind, int op, cm_node *kid) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = kind, .op = op, .kid = {kid, NULL, NULL}};
    return made(cm_node_make(cmpy_cx(), &spec, &n), &n);
}

static cm_node *keep(cm_node *n) {
    Py_INCREF(CMPY_NODE_OBJECT(n));
    return n;
}

void cmpy_nodes_init(cmpy_nodes *list) {
    list->v = list->inside;
    list->n = 0;
    list->cap = sizeof list->inside / sizeof list->inside[0];
}

int cmpy_nodes_add(cmpy_nodes *list, cm_node *take_node) {
    if (!take_node) return -1;
    if (list->n == list->cap) {
        size_t cap = list->cap * 2;
        cm_node **v = PyMem_New(cm_node *, cap);
        if (!v) {
            cmpy_node_drop(take_node);
            PyErr_NoMemory();
            return -1;
        }
        memcpy(v, list->v, list->n * sizeof *v);
        if (list->v != list->inside) PyMem_Free(list->v);
        list->v = v;
        list->cap = cap;
    }
    list->v[list->n++] = take_node;
    return 0;
}

void cmpy_nodes_dispose(cmpy_nodes *list) {
    for (size_t i = 0; i < list->n; i++) cmpy_node_drop(list->v[i]);
    if (list->v != list->inside) PyMem_Free(list->v);
    list->n = 0;
}

/* ---- finding the node of an object */

static bool is_plain_value(PyObject *o) {
    return PyLong_CheckExact(o) || PyUnicode_CheckExact(o) || o == Py_None || PyBool_Check(o) || PyFloat_CheckExact(o) ||
           PyList_CheckExact(o) || PyTuple_CheckExact(o) || PyBytes_CheckExact(o) || PyDict_CheckExact(o);
}

cm_node *cmpy_find_node(PyObject *obj) {
    cm_node *entity = PyType_Check(obj) ? cmpy_st->orm.entity((PyTypeObject *)obj) : NULL; /* what its __clause_element__() would answer */
    if (entity) return keep(entity);
    PyObject *o = Py_NewRef(obj);
    for (int depth = 0; depth < 32; depth++) {
        if (cmpy_is_node(o)) {
            if (!CMPY_NODE(o)->kind && cmpy_node_seal(o) < 0) break;
            return CMPY_NODE(o); /* the reference goes along */
        }
        if (is_plain_value(o) || (cmpy_st->Instance && PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Instance))) break;
        PyObject *method = PyObject_GetAttr(o, cmpy_st->str___clause_element__);
        if (!method) {
            if (PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
            break;
        }
        PyObject *next = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        Py_SETREF(o, next);
        if (!o) return NULL;
    }
    Py_DECREF(o);
    return NULL;
}

/* ---- types of values */

typedef enum affinity {
    A_NULL,
    A_INT,
    A_NUMERIC,
    A_FLOAT,
    A_TEXT,
    A_BOOL,
    A_DATE,
    A_TIME,
    A_DATETIME,
    A_INTERVAL,
    A_BLOB,
    A_UUID,
    A_OTHER
} affinity;

static affinity affinity_of(const cm_type *type) {
    switch (type ? cm_type_get_def(type)->kind : CM_T_NULL) {
    case CM_T_NULL: return A_NULL;
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BIGINT: return A_INT;
    case CM_T_NUMERIC: return A_NUMERIC;
    case CM_T_FLOAT:
    case CM_T_DOUBLE: return A_FLOAT;
    case CM_T_STRING:
    case CM_T_TEXT:
    case CM_T_ENUM: return A_TEXT;
    case CM_T_BOOLEAN: return A_BOOL;
    case CM_T_DATE: return A_DATE;
    case CM_T_TIME: return A_TIME;
    case CM_T_DATETIME: return A_DATETIME;
    case CM_T_INTERVAL: return A_INTERVAL;
    case CM_T_BLOB: return A_BLOB;
    case CM_T_UUID: return A_UUID;
    default: return A_OTHER;
    }
}

static bool is_like(int op) { return (op >= CM_OP_LIKE && op <= CM_OP_NOT_ILIKE) || (op >= CM_OP_CONTAINS && op <= CM_OP_NOT_MATCH); }

/* Types written in Python say themselves what they are compared with. */
static const cm_type *ask_type(PyObject *host, PyObject *value, int op) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_compared_type];
    if (!hook) return cmpy_type_get(host);
    PyObject *type = PyObject_CallFunction(hook, "OiO", host, op, value);
    if (!type) return NULL;
    const cm_type *found = cmpy_type_get(type);
    Py_DECREF(type); /* kept by the cache of types, or by `host` itself */
    return found;
}

const cm_type *cmpy_operand_type(PyObject *value, const cm_type *left, int op) {
    const cm_type *own = cmpy_literal_type(value);
    if (!left) return own;
    const cm_type_def *def = cm_type_get_def(left);
    if (((def->flags & (CM_TYPE_HOST | CM_TYPE_BIND_EXPR)) || def->kind == CM_T_USER) && def->host) return ask_type(def->host, value, op);
    affinity a = affinity_of(left), b = affinity_of(own);
    if (b == A_NULL || (a == b && !(is_like(op) && def->kind == CM_T_ENUM))) return left;
    bool compares = op >= CM_OP_EQ && op <= CM_OP_NOT_BETWEEN && !is_like(op);
    /* Text beside a date is the database's to compare; beside numbers and keys it is converted, or refused, here. */
    bool moment = a == A_DATE || a == A_TIME || a == A_DATETIME || a == A_INTERVAL;
    if (compares && b == A_TEXT && !moment && a != A_NULL && a != A_OTHER && a != A_BLOB) return left;
    if (compares && a == A_TEXT && (b == A_INT || b == A_FLOAT) && !PyBool_Check(value)) return left;
    if (compares && a == A_FLOAT && (b == A_NUMERIC || b == A_INT)) return left;
    if (compares && a == A_NUMERIC && b == A_FLOAT) return left;
    return own;
}

cm_str *cmpy_bind_name(const cm_node *left) {
    while (left && (left->kind == CM_N_ATTR || (left->kind == CM_N_LABEL && (left->flags & CM_FLAG_OWN_NAME))))
        left = left->kind == CM_N_ATTR ? left->u.attr.expr : left->u.n.kid;
    if (!left) return NULL;
    if (left->kind == CM_N_COLUMN || left->kind == CM_N_PROXY) return left->u.col.name;
    if (left->kind == CM_N_FUNC && left->u.n.name && !memchr(cm_str_text(left->u.n.name), '.', left->u.n.name->n)) return left->u.n.name;
    return NULL;
}

/* ---- expressions */

static cm_node *scalar_of(cm_node *take_select, bool warn) {
    if (warn) {
        if (cmpy_warn("SAWarning", "implicitly coercing SELECT object to scalar subquery; please use the .scalar_subquery() method to "
                                   "produce a scalar subquery.") < 0) {
            cmpy_node_drop(take_select);
            return NULL;
        }
    }
    cm_node *n = wrap(CM_N_SCALAR_SUBQUERY, 0, take_select);
    cmpy_node_drop(take_select);
    return n;
}

static cm_node *refuse(PyObject *obj, cm_node *take_node, const char *expected) {
    cmpy_raise_exc("ArgumentError", "%s expected, got %R.", expected, obj);
    cmpy_node_drop(take_node);
    return NULL;
}

/* A node where a column expression must stand. */
static cm_node *expression_of(PyObject *obj, cm_node *take_node, const char *expected) {
    const cm_kind_info *info = cm_kind_get_info(take_node->kind);
    if (take_node->kind == CM_N_SELECT || take_node->kind == CM_N_COMPOUND) return scalar_of(take_node, true);
    if (take_node->kind == CM_N_SUBQUERY && take_node->u.n.kid) {
        cm_node *select = keep(take_node->u.n.kid);
        cmpy_node_drop(take_node);
        return scalar_of(select, true);
    }
    if (info->expression || take_node->kind == CM_N_PREFIX) return take_node;
    return refuse(obj, take_node, expected);
}

static cm_node *constant_of(PyObject *obj) { return cmpy_const(obj == Py_None ? CM_N_NULL_ : obj == Py_True ? CM_N_TRUE_ : CM_N_FALSE_); }

static cm_node *value_of(PyObject *obj, const cm_type *type) {
    if (obj == Py_None) return cmpy_const(CM_N_NULL_);
    const cm_type *found = type && affinity_of(type) != A_NULL ? cmpy_operand_type(obj, type, CM_OP_NONE) : cmpy_literal_type(obj);
    return found ? cmpy_bind(obj, found, NULL, 0) : NULL;
}

/* Comparisons in which True and False are words; < and its kin, which the core then refuses, among them. */
static bool takes_constants(int op) {
    return op == CM_OP_EQ || op == CM_OP_NE || op == CM_OP_LT || op == CM_OP_LE || op == CM_OP_GT || op == CM_OP_GE || op == CM_OP_IS ||
           op == CM_OP_IS_NOT || op == CM_OP_IS_DISTINCT || op == CM_OP_IS_NOT_DISTINCT;
}

/* (a, b) > (1, 2): each value typed like its column. */
static cm_node *tuple_like(PyObject *values, const cm_node *left, int op) {
    cmpy_nodes list;
    cm_node *n = NULL;
    size_t width;
    cm_node *const *columns = cm_node_segment(left, 0, &width);
    cmpy_nodes_init(&list);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); i++) {
        const cm_node *column = (size_t)i < width ? columns[i] : NULL;
        if (cmpy_nodes_add(&list, cmpy_coerce_operand(PyTuple_GET_ITEM(values, i), column, op)) < 0) goto done;
    }
    cm_node *const *segment = list.v;
    cm_node_spec spec = {.kind = CM_N_TUPLE, .op = left->op, .type = left->type, .segments = &segment, .counts = &list.n};
    n = made(cm_node_make(cmpy_cx(), &spec, &n), &n);
done:
    cmpy_nodes_dispose(&list);
    return n;
}

cm_node *cmpy_coerce_operand(PyObject *obj, const cm_node *left, int op) {
    if (obj == Py_None || (PyBool_Check(obj) && takes_constants(op))) return constant_of(obj);
    cm_node *n = is_plain_value(obj) ? NULL : cmpy_find_node(obj);
    if (n) return expression_of(obj, n, "SQL expression element or literal value");
    if (PyErr_Occurred()) return NULL;
    if (left && left->kind == CM_N_TUPLE && PyTuple_Check(obj)) return tuple_like(obj, left, op);
    const cm_type *type = cmpy_operand_type(obj, left ? left->type : NULL, op);
    return type ? cmpy_bind(obj, type, cmpy_bind_name(left), 0) : NULL;
}

/* ---- the right side of IN */

static cm_node *in_expressions(PyObject *items, const cm_node *left) {
    cmpy_nodes list;
    cm_node *n = NULL;
    cmpy_nodes_init(&list);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++)
        if (cmpy_nodes_add(&list, cmpy_coerce_operand(PyList_GET_ITEM(items, i), left, CM_OP_IN)) < 0) goto done;
    cm_node *const *segment = list.v;
    cm_node_spec spec = {.kind = CM_N_LIST, .op = CM_OP_COMMA, .segments = &segment, .counts = &list.n};
    n = made(cm_node_make(cmpy_cx(), &spec, &n), &n);
done:
    cmpy_nodes_dispose(&list);
    return n;
}

static bool holds_expressions(PyObject *items) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *o = PyList_GET_ITEM(items, i);
        if (cmpy_is_node(o)) return true;
        if (is_plain_value(o)) continue;
        cm_node *n = cmpy_find_node(o);
        if (n) {
            cmpy_node_drop(n);
            return true;
        }
        PyErr_Clear();
    }
    return false;
}

static cm_node *in_values(PyObject *items, const cm_node *left) {
    if (holds_expressions(items)) return in_expressions(items, left);
    const cm_type *type = left->type;
    Py_ssize_t first = 0; /* the first value that is not None tells the type */
    while (first < PyList_GET_SIZE(items) && PyList_GET_ITEM(items, first) == Py_None) first++;
    if (left->kind == CM_N_TUPLE) type = cm_type_basic(cmpy_cx(), CM_T_TUPLE);
    else if (first < PyList_GET_SIZE(items) && !(type = cmpy_operand_type(PyList_GET_ITEM(items, first), left->type, CM_OP_IN)))
        return NULL;
    return cmpy_bind(items, type, cmpy_bind_name(left), CM_FLAG_EXPANDING);
}

static cm_node *in_refused(PyObject *obj, cm_node *take_node) {
    return refuse(obj, take_node, "IN expression list, SELECT construct, or bound parameter object");
}

static cm_node *in_node(PyObject *obj, cm_node *take_node) {
    cm_node *n = NULL;
    switch (take_node->kind) {
    case CM_N_SELECT:
    case CM_N_COMPOUND:
    case CM_N_LIST:
    case CM_N_TUPLE:
    case CM_N_TEXT:
    case CM_N_FUNC:
    case CM_N_HOST:
    case CM_N_LITERAL_COLUMN:
    case CM_N_GROUPING:
    case CM_N_PREFIX: return take_node;
    case CM_N_VALUES: n = wrap(CM_N_SCALAR_SUBQUERY, 0, take_node); break; /* an expression: no FROM of the statement */
    case CM_N_SCALAR_SUBQUERY:
        if (take_node->u.k.kid[0]->kind == CM_N_VALUES) return take_node;
        n = keep(take_node->u.k.kid[0]);
        break;
    case CM_N_BIND:
        if (take_node->flags & CM_FLAG_EXPANDING) return take_node;
        if (cm_node_with_flags(cmpy_cx(), take_node, CM_FLAG_EXPANDING, 0, &n) != CM_OK) PyErr_NoMemory();
        break;
    case CM_N_TABLE:
    case CM_N_ALIAS:
    case CM_N_SUBQUERY:
    case CM_N_CTE:
    case CM_N_ENTITY:
    case CM_N_JOIN:
        if (cmpy_warn("SAWarning", "Coercing %s object into a select() for use in IN(); please pass a select() construct explicitly",
                      Py_TYPE(obj)->tp_name) < 0)
            break;
        if (cm_select(cmpy_cx(), &take_node, 1, &n) != CM_OK) PyErr_NoMemory();
        break;
    default: return in_refused(obj, take_node);
    }
    cmpy_node_drop(take_node);
    return n;
}

cm_node *cmpy_coerce_in(PyObject *obj, const cm_node *left) {
    cm_node *n = is_plain_value(obj) ? NULL : cmpy_find_node(obj);
    if (n) return in_node(obj, n);
    if (PyErr_Occurred()) return NULL;
    if (PyUnicode_Check(obj) || PyBytes_Check(obj) || PyType_Check(obj)) return in_refused(obj, NULL);
    PyObject *items = PySequence_List(obj); /* a copy: the caller's list may change */
    if (!items) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) return NULL;
        PyErr_Clear();
        return in_refused(obj, NULL);
    }
    n = in_values(items, left);
    Py_DECREF(items);
    return n;
}

/* ---- roles */

/* select(1): the number as it is. */
static cm_node *number_of(PyObject *obj) {
    Py_ssize_t n = 0;
    PyObject *text = PyObject_Str(obj);
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    cm_node *node = p ? cmpy_text_node(CM_N_LITERAL_COLUMN, p, (size_t)n, cmpy_literal_type(obj)) : NULL;
    Py_XDECREF(text);
    return node;
}

static cm_node *coerce_columns(PyObject *obj, cm_node *n) {
    if (n) {
        const cm_kind_info *info = cm_kind_get_info(n->kind);
        if (n->kind == CM_N_SELECT || n->kind == CM_N_COMPOUND) return scalar_of(n, true);
        if (info->expression || info->from || n->kind == CM_N_BUNDLE || n->kind == CM_N_OF_TYPE) return n;
        return refuse(obj, n, "Column expression, FROM clause, or other columns clause element");
    }
    if (obj == Py_None || PyBool_Check(obj)) return constant_of(obj);
    if (PyLong_Check(obj) || PyFloat_Check(obj)) return number_of(obj);
    if (PyUnicode_Check(obj)) {
        if (!PyUnicode_CompareWithASCIIString(obj, "*")) return cmpy_text_node(CM_N_TEXT, "*", 1, NULL);
        cmpy_raise_exc("ArgumentError",
                       "Textual column expression %R should be explicitly declared with text(%R), or use column(%R) for more specificity",
                       obj, obj, obj);
        return NULL;
    }
    if (PyList_Check(obj) || PyTuple_Check(obj)) {
        cmpy_raise_exc("ArgumentError",
                       "Column expression, FROM clause, or other columns clause element expected, got %R. Did you mean to say select(*%R)?",
                       obj, obj);
        return NULL;
    }
    return refuse(obj, NULL, "Column expression, FROM clause, or other columns clause element");
}

static cm_node *coerce_from(PyObject *obj, cm_node *n) {
    static const char *const expected = "FROM expression, such as a Table or alias() object";
    if (!n) return refuse(obj, NULL, expected);
    const cm_kind_info *info = cm_kind_get_info(n->kind);
    if (n->kind == CM_N_SELECT || n->kind == CM_N_COMPOUND) {
        cm_node *subquery = wrap(CM_N_SUBQUERY, 0, n);
        cmpy_node_drop(n);
        return subquery;
    }
    if (info->from || n->kind == CM_N_TEXT || n->kind == CM_N_OF_TYPE) return n;
    return refuse(obj, n, expected);
}

static cm_node *coerce_join(PyObject *obj, cm_node *n) {
    if (n && (n->kind == CM_N_ATTR || n->kind == CM_N_OF_TYPE || n->kind == CM_N_TEXT)) return n;
    if (n && n->kind != CM_N_SELECT && n->kind != CM_N_COMPOUND && !cm_kind_get_info(n->kind)->from)
        return refuse(obj, n, "Join target, typically a FROM expression, or ORM relationship attribute");
    return n ? coerce_from(obj, n) : refuse(obj, NULL, "Join target, typically a FROM expression, or ORM relationship attribute");
}

static cm_node *coerce_where(PyObject *obj, cm_node *n) {
    static const char *const expected = "SQL expression for WHERE/HAVING role";
    if (n) {
        if (n->kind == CM_N_CRITERIA) return n;
        return expression_of(obj, n, expected);
    }
    if (obj == Py_None || PyBool_Check(obj)) return constant_of(obj);
    if (PyUnicode_Check(obj)) {
        cmpy_raise_exc("ArgumentError", "Textual SQL expression %R should be explicitly declared as text(%R)", obj, obj);
        return NULL;
    }
    return refuse(obj, NULL, expected);
}

static cm_node *coerce_order(PyObject *obj, cm_node *n, const char *expected) {
    if (n && n->kind == CM_N_BUNDLE) return n; /* its columns */
    if (n) return n->kind == CM_N_ENTITY ? refuse(obj, n, expected) : expression_of(obj, n, expected);
    if (PyUnicode_Check(obj)) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(obj, &size);
        return text ? cmpy_text_node(CM_N_LABEL_REF, text, (size_t)size, NULL) : NULL;
    }
    if (obj == Py_None || PyBool_Check(obj)) return constant_of(obj);
    return refuse(obj, NULL, expected);
}

/* Row counts: whole numbers, also written as text; a Python object with __index__ or __int__. */
static cm_node *coerce_limit(PyObject *obj, cm_node *n) {
    if (n) return expression_of(obj, n, "LIMIT/OFFSET expression");
    PyObject *number = PyNumber_Long(obj);
    if (!number) {
        PyErr_Clear();
        return refuse(obj, NULL, "A whole number or SQL expression for LIMIT/OFFSET");
    }
    cm_node *bind = cmpy_bind(number, cm_type_basic(cmpy_cx(), CM_T_BIGINT), NULL, 0);
    Py_DECREF(number);
    return bind;
}

static cm_node *coerce_statement(PyObject *obj, cm_node *n) {
    if (n && cm_kind_get_info(n->kind)->statement) return n;
    if (n && n->kind == CM_N_FUNC) { /* executed, a function is what a SELECT of it answers */
        cm_node *made = NULL;
        cm_status st = cm_select(cmpy_cx(), &n, 1, &made);
        cmpy_node_drop(n);
        if (st) cmpy_raise(cmpy_cx(), st);
        return st ? NULL : made;
    }
    PyObject *cls = cmpy_exc_class("ObjectNotExecutableError");
    if (cls) PyErr_SetObject(cls, obj);
    cmpy_node_drop(n);
    return NULL;
}

static cm_node *coerce_dml_column(PyObject *obj, cm_node *n) {
    if (n && (n->kind == CM_N_COLUMN || n->kind == CM_N_ATTR || n->kind == CM_N_PROXY)) return n;
    return refuse(obj, n, "SQL column or mapped attribute");
}

cm_node *cmpy_coerce(PyObject *obj, cmpy_role role, const cm_type *type) {
    cm_node *n = is_plain_value(obj) ? NULL : cmpy_find_node(obj);
    if (!n && PyErr_Occurred()) return NULL;
    switch (role) {
    case CMPY_EXPR: return n ? expression_of(obj, n, "SQL expression element or literal value") : value_of(obj, type);
    case CMPY_COLUMNS: return coerce_columns(obj, n);
    case CMPY_FROM: return coerce_from(obj, n);
    case CMPY_WHERE: return coerce_where(obj, n);
    case CMPY_ORDER: return coerce_order(obj, n, "SQL expression for ORDER BY role");
    case CMPY_GROUP: return coerce_order(obj, n, "SQL expression for GROUP BY role");
    case CMPY_JOIN: return coerce_join(obj, n);
    case CMPY_STATEMENT: return coerce_statement(obj, n);
    case CMPY_LIMIT: return coerce_limit(obj, n);
    case CMPY_DML_COLUMN: return coerce_dml_column(obj, n);
    }
    return refuse(obj, n, "A known role");
}

/* ---- Python */

static PyObject *core_coerce(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    static char *names[] = {"obj", "role", "type", NULL};
    PyObject *obj, *type = Py_None;
    int role;
    const cm_type *known = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Oi|O", names, &obj, &role, &type)) return NULL;
    if (type != Py_None && !(known = cmpy_type_get(type))) return NULL;
    return cmpy_from_node(cmpy_coerce(obj, (cmpy_role)role, known));
}

static PyObject *core_coerce_operand(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *obj, *left;
    int op;
    if (!PyArg_ParseTuple(args, "OO!i", &obj, cmpy_st->Node, &left, &op)) return NULL;
    return cmpy_from_node(cmpy_coerce_operand(obj, CMPY_NODE(left), op));
}

/* Values as parameters of a function: named after it. */
static PyObject *core_coerce_arguments(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *values;
    const char *name;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "O!z#", &PyTuple_Type, &values, &name, &size)) return NULL;
    cm_str *text = name ? cm_str_new(cmpy_cx(), name, (size_t)size) : NULL;
    PyObject *result = PyTuple_New(PyTuple_GET_SIZE(values));
    for (Py_ssize_t i = 0; result && i < PyTuple_GET_SIZE(values); i++) {
        cm_node *n = cmpy_coerce(PyTuple_GET_ITEM(values, i), CMPY_EXPR, NULL);
        if (!n) {
            Py_CLEAR(result);
            break;
        }
        if (text && n->kind == CM_N_BIND && !n->u.bind.name && Py_REFCNT(CMPY_NODE_OBJECT(n)) == 1) n->u.bind.name = cm_str_retain(text);
        PyTuple_SET_ITEM(result, i, CMPY_NODE_OBJECT(n));
    }
    cm_str_release(cmpy_cx(), text);
    return result;
}

static PyObject *core_find_node(PyObject *m, PyObject *obj) {
    (void)m;
    cm_node *n = cmpy_find_node(obj);
    if (n || PyErr_Occurred()) return cmpy_from_node(n);
    Py_RETURN_NONE;
}

static PyMethodDef module_functions[] = {
    {"coerce", (PyCFunction)(void (*)(void))core_coerce, METH_VARARGS | METH_KEYWORDS,
     "coerce($module, obj, role, type=None)\n--\n\nThe node an object stands for in a place of a statement (ROLE_...)."},
    {"coerce_operand", core_coerce_operand, METH_VARARGS,
     "coerce_operand($module, obj, left, op, /)\n--\n\nA value as the other side of an operator on `left`."},
    {"coerce_arguments", core_coerce_arguments, METH_VARARGS,
     "coerce_arguments($module, values, name, /)\n--\n\nArguments of a function as nodes; parameters are named after it."},
    {"find_node", core_find_node, METH_O, "find_node($module, obj, /)\n--\n\nThe node of an object that has one, or None."},
    {NULL, NULL, 0, NULL},
};

/* Expressions assigned to attributes; asked for every value that is flushed, so a miss must be cheap. */
cm_node *cmpy_value_node(cm_ctx *cx, void *value) {
    (void)cx;
    if (!cmpy_is_node(value) && !_PyType_Lookup(Py_TYPE((PyObject *)value), cmpy_st->str___clause_element__)) return NULL;
    cm_node *n = cmpy_find_node(value);
    if (!n) PyErr_Clear();
    return n;
}

/* type.bind_expression(parameter), type.column_expression(column): None leaves it as it is */
cm_status cmpy_type_wrap(cm_ctx *cx, const cm_type *type, cm_node *value, bool column, cm_node **out) {
    (void)cx;
    *out = NULL;
    PyObject *made = PyObject_CallMethod(cmpy_host_type(cm_type_get_def(type)), column ? "column_expression" : "bind_expression", "O",
                                         CMPY_NODE_OBJECT(value));
    if (!made) return CM_E_HOST;
    if (made != Py_None) *out = cmpy_coerce(made, CMPY_EXPR, NULL);
    bool failed = made != Py_None && !*out;
    Py_DECREF(made);
    return failed ? CM_E_HOST : CM_OK;
}

int cmpy_coerce_setup(PyObject *m) {
    static const struct {
        const char *name;
        int value;
    } roles[] = {
        {"ROLE_EXPR", CMPY_EXPR},   {"ROLE_COLUMNS", CMPY_COLUMNS},       {"ROLE_FROM", CMPY_FROM}, {"ROLE_WHERE", CMPY_WHERE},
        {"ROLE_ORDER", CMPY_ORDER}, {"ROLE_GROUP", CMPY_GROUP},           {"ROLE_JOIN", CMPY_JOIN}, {"ROLE_STATEMENT", CMPY_STATEMENT},
        {"ROLE_LIMIT", CMPY_LIMIT}, {"ROLE_DML_COLUMN", CMPY_DML_COLUMN},
    };
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (PyModule_AddIntConstant(m, roles[i].name, roles[i].value) < 0) return -1;
    return PyModule_AddFunctions(m, module_functions);
}
