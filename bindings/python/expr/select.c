/* _core.SelectBase(Node), select(), and the generative methods that programs call for every statement.
 *
 * Methods come in groups that the package's classes take over (add_methods): "rows" for all that answers rows,
 * "generative" for SELECT and set operations, "select" for SELECT alone, "where" for everything with a WHERE clause, "executable" for all statements. Each answers a
 * copy; a statement is never changed, whoever holds it.
 */
#include "python/expr/expr.h"

static PyObject *str_execution_options, *str_populate_existing;

static PyObject *given(cm_status st, cm_node *const *n) { return st == CM_OK ? cmpy_from_node(*n) : cmpy_raise(cmpy_cx(), st); }

/* ---- segments */

static int add_all(cmpy_nodes *list, PyObject *const *args, Py_ssize_t nargs, cmpy_role role);

/* select(users.c), select(users.c["id", "name"]): 1 when it was such a collection. */
static int add_collection(cmpy_nodes *list, PyObject *obj) {
    if (PyType_Check(obj) || cmpy_is_node(obj)) return 0;
    PyObject *cls = cmpy_st->hooks[CMPY_HOOK_ColumnCollection];
    int is = cls ? PyObject_IsInstance(obj, cls) : 0;
    if (is <= 0) return is;
    PyObject *columns = PySequence_Fast(obj, "a collection of columns is no sequence");
    if (!columns) return -1;
    int st = add_all(list, PySequence_Fast_ITEMS(columns), PySequence_Fast_GET_SIZE(columns), CMPY_COLUMNS);
    Py_DECREF(columns);
    return st < 0 ? -1 : 1;
}

static int add_all(cmpy_nodes *list, PyObject *const *args, Py_ssize_t nargs, cmpy_role role) {
    for (Py_ssize_t i = 0; i < nargs; i++) {
        int many = role == CMPY_COLUMNS ? add_collection(list, args[i]) : 0;
        if (many < 0 || (!many && cmpy_nodes_add(list, cmpy_coerce(args[i], role, NULL)) < 0)) return -1;
    }
    return 0;
}

/* and_() of nothing is no condition. */
static void drop_empty(cmpy_nodes *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (cm_expr_is_empty(list->v[i])) cmpy_node_drop(list->v[i]);
        else list->v[kept++] = list->v[i];
    }
    list->n = kept;
}

static PyObject *append_all(PyObject *self, int segment, PyObject *const *args, Py_ssize_t nargs, cmpy_role role) {
    cmpy_nodes list;
    cm_node *n = NULL;
    PyObject *result = NULL;
    cmpy_nodes_init(&list);
    const bool complete = add_all(&list, args, nargs, role) == 0;
    if (role == CMPY_WHERE) drop_empty(&list);
    if (complete) result = given(cm_node_append(cmpy_cx(), CMPY_NODE(self), segment, list.v, list.n, &n), &n);
    cmpy_nodes_dispose(&list);
    return result;
}

static PyObject *replace_with(PyObject *self, int segment, cm_node *const *items, size_t count) {
    cm_node *n = NULL;
    return given(cm_node_replace(cmpy_cx(), CMPY_NODE(self), segment, items, count, &n), &n);
}

/* order_by(), group_by(): a single None takes away what was there. */
static PyObject *append_or_reset(PyObject *self, int segment, PyObject *const *args, Py_ssize_t nargs, cmpy_role role) {
    if (nargs == 1 && (args[0] == Py_None || args[0] == Py_False)) return replace_with(self, segment, NULL, 0);
    return append_all(self, segment, args, nargs, role);
}

static PyObject *Select_where(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    return append_all(self, CM_SEG_WHERE, args, nargs, CMPY_WHERE);
}
static PyObject *Select_having(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    return append_all(self, CM_SEG_HAVING, args, nargs, CMPY_WHERE);
}
static PyObject *Select_order_by(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    return append_or_reset(self, CM_SEG_ORDER_BY, args, nargs, CMPY_ORDER);
}
/* All column attributes of an entity. */
static int add_entity(cmpy_nodes *list, cm_node *entity) {
    cm_mapper *m = (cm_mapper *)(uintptr_t)entity->u.attr.attr;
    for (size_t i = 0; i < cm_mapper_nattrs(m); i++) {
        cm_node *attr = NULL;
        cm_status st = cm_entity_attr(cmpy_cx(), entity, cm_mapper_attr(m, i), &attr);
        if (st) {
            cmpy_raise(cmpy_cx(), st);
            return -1;
        }
        const cm_node *column = attr->u.attr.expr;
        if (!column || (column->kind != CM_N_COLUMN && column->kind != CM_N_PROXY)) cmpy_node_drop(attr);
        else if (cmpy_nodes_add(list, attr) < 0) return -1;
    }
    return 0;
}

/* GROUP BY of a class is by all its columns. */
static int add_grouping(cmpy_nodes *list, PyObject *arg) {
    cm_node *n = cmpy_is_node(arg) || PyUnicode_Check(arg) ? NULL : cmpy_find_node(arg);
    if (!n && PyErr_Occurred()) return -1;
    const bool entity = n && n->kind == CM_N_ENTITY;
    int st = entity ? add_entity(list, n) : cmpy_nodes_add(list, cmpy_coerce(arg, CMPY_GROUP, NULL));
    cmpy_node_drop(n);
    return st;
}

static PyObject *Select_group_by(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    cmpy_nodes list;
    cm_node *n = NULL;
    PyObject *result = NULL;
    int st = 0;
    if (nargs == 1 && (args[0] == Py_None || args[0] == Py_False)) return replace_with(self, CM_SEG_GROUP_BY, NULL, 0);
    cmpy_nodes_init(&list);
    for (Py_ssize_t i = 0; i < nargs && st == 0; i++) st = add_grouping(&list, args[i]);
    if (st == 0) result = given(cm_node_append(cmpy_cx(), CMPY_NODE(self), CM_SEG_GROUP_BY, list.v, list.n, &n), &n);
    cmpy_nodes_dispose(&list);
    return result;
}
static PyObject *Select_add_columns(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    return append_all(self, CM_SEG_COLUMNS, args, nargs, CMPY_COLUMNS);
}
static PyObject *Select_select_from(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    return append_all(self, CM_SEG_FROM, args, nargs, CMPY_FROM);
}

static PyObject *Select_distinct(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    cm_node *n = NULL;
    CMPY_TRY(cmpy_cx(), cm_node_with_flags(cmpy_cx(), CMPY_NODE(self), CM_FLAG_DISTINCT, 0, &n));
    if (nargs == 0) return cmpy_from_node(n);
    if (cmpy_warn("SADeprecationWarning", "Passing expression to ``distinct`` to generate a DISTINCT ON clause is deprecated. Use "
                                          "instead the ``postgresql.distinct_on`` function as an extension.") < 0) {
        cmpy_node_drop(n);
        return NULL;
    }
    PyObject *result = append_all(CMPY_NODE_OBJECT(n), CM_SEG_DISTINCT, args, nargs, CMPY_ORDER);
    cmpy_node_drop(n);
    return result;
}

static PyObject *set_count(PyObject *self, int segment, PyObject *count) {
    if (count == Py_None) return replace_with(self, segment, NULL, 0);
    cm_node *n = cmpy_coerce(count, CMPY_LIMIT, NULL);
    if (!n) return NULL;
    PyObject *result = replace_with(self, segment, &n, 1);
    cmpy_node_drop(n);
    return result;
}

static PyObject *Select_offset(PyObject *self, PyObject *offset) { return set_count(self, CM_SEG_OFFSET, offset); }

static PyObject *Select_limit(PyObject *self, PyObject *limit) {
    if (!(CMPY_NODE(self)->flags & CM_FLAG_FETCH)) return set_count(self, CM_SEG_LIMIT, limit);
    cm_node *n = NULL;
    CMPY_TRY(cmpy_cx(), cm_node_with_flags(cmpy_cx(), CMPY_NODE(self), 0, CM_FLAG_FETCH | CM_FLAG_WITH_TIES | CM_FLAG_PERCENT, &n));
    PyObject *result = set_count(CMPY_NODE_OBJECT(n), CM_SEG_LIMIT, limit);
    cmpy_node_drop(n);
    return result;
}

/* ---- joins */

/* Further conditions of a relationship (User.orders.and_(...)) join the ON of a step. 0, or -1 and an exception. */
static int add_extra_criteria(PyObject *attr, cm_node **on) {
    PyObject *dict = attr && cmpy_is_node(attr) ? ((cmpy_node *)attr)->dict : NULL;
    PyObject *extra = dict ? PyDict_GetItemWithError(dict, cmpy_st->str__extra_criteria) : NULL;
    cm_node *items[64], *joined = NULL;
    size_t n = 0;
    if (!extra || !PyTuple_Check(extra)) return PyErr_Occurred() ? -1 : 0;
    if (*on) items[n++] = *on;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(extra) && n < 64; i++) items[n++] = CMPY_NODE(PyTuple_GET_ITEM(extra, i));
    cm_status st = cm_expr_all_of(cmpy_cx(), CM_OP_AND, items, n, &joined);
    if (st) return cmpy_raise_int(cmpy_cx(), st);
    cmpy_node_drop(*on);
    *on = joined;
    return 0;
}

/* The ON of a step: a condition, or a relationship, whose of_type() says once more what is joined. New; NULL + exception. */
static cm_node *join_condition(PyObject *on) {
    if (cmpy_is_node(on) && CMPY_NODE(on)->kind == CM_N_OF_TYPE) {
        Py_INCREF(on);
        return CMPY_NODE(on);
    }
    return cmpy_coerce(on, CMPY_WHERE, NULL);
}

static PyObject *add_join(PyObject *self, PyObject *target, PyObject *on, PyObject *left, uint32_t flags) {
    cm_node *kid[3] = {NULL, NULL, NULL}, *step = NULL, *n = NULL;
    PyObject *result = NULL;
    if (!(kid[0] = cmpy_coerce(target, CMPY_JOIN, NULL))) goto done;
    if (on && on != Py_None && !(kid[1] = join_condition(on))) goto done;
    if (left && left != Py_None && !(kid[2] = cmpy_coerce(left, CMPY_FROM, NULL))) goto done;
    if (add_extra_criteria(on, &kid[1]) < 0 || add_extra_criteria(target, &kid[1]) < 0) goto done;
    cm_node_spec spec = {.kind = CM_N_SETUP_JOIN, .flags = flags, .kid = {kid[0], kid[1], kid[2]}};
    cm_status st = cm_node_make(cmpy_cx(), &spec, &step);
    if (st == CM_OK) st = cm_node_append(cmpy_cx(), CMPY_NODE(self), CM_SEG_JOINS, &step, 1, &n);
    result = given(st, &n);
done:
    cmpy_node_drop(step);
    for (int i = 0; i < 3; i++) cmpy_node_drop(kid[i]);
    return result;
}

/* -1: exception */
static int join_flags(PyObject *outer, PyObject *full, uint32_t *flags) {
    int is_outer = outer ? PyObject_IsTrue(outer) : 0, is_full = full ? PyObject_IsTrue(full) : 0;
    if (is_outer < 0 || is_full < 0) return -1;
    *flags |= (is_outer ? CM_FLAG_OUTER : 0) | (is_full ? CM_FLAG_FULL : 0);
    return 0;
}

static PyObject *join_method(const char *method, uint32_t flags, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames) {
    static const char *const names[] = {"target", "onclause", "isouter", "full"};
    PyObject *v[4] = {NULL, NULL, NULL, NULL};
    if (cmpy_fast_args(method, args, nargs, kwnames, names, 4, 1, v) < 0 || join_flags(v[2], v[3], &flags) < 0) return NULL;
    return add_join(self, v[0], v[1], NULL, flags);
}

static PyObject *Select_join(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return join_method("join", 0, self, args, nargs, kwnames);
}
static PyObject *Select_outerjoin(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return join_method("outerjoin", CM_FLAG_OUTER, self, args, nargs, kwnames);
}

static PyObject *join_from_method(const char *method, uint32_t flags, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *kwnames) {
    static const char *const names[] = {"from_", "target", "onclause", "isouter", "full"};
    PyObject *v[5] = {NULL, NULL, NULL, NULL, NULL};
    if (cmpy_fast_args(method, args, nargs, kwnames, names, 5, 2, v) < 0 || join_flags(v[3], v[4], &flags) < 0) return NULL;
    return add_join(self, v[1], v[2], v[0], flags);
}

static PyObject *Select_join_from(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return join_from_method("join_from", 0, self, args, nargs, kwnames);
}
static PyObject *Select_outerjoin_from(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    return join_from_method("outerjoin_from", CM_FLAG_OUTER, self, args, nargs, kwnames);
}

/* ---- filter_by: names are looked up in what the statement selects from */

/* The class of the only entity of a statement: the common case. Borrowed, or NULL. */
static PyObject *only_class(cm_node *n) {
    size_t count = 0, others = 0;
    cm_node *const *columns = cm_node_segment(n, CM_SEG_COLUMNS, &count), *entity = NULL;
    if (n->kind == CM_N_SELECT) {
        cm_node_segment(n, CM_SEG_JOINS, &others);
        if (others) return NULL;
        cm_node_segment(n, CM_SEG_FROM, &others);
        if (others || count != 1) return NULL;
        entity = columns[0];
    } else {
        entity = n->u.n.kid; /* UPDATE, DELETE: conditions may name further tables */
        cm_node_segment(n, CM_SEG_FROM, &others);
        cm_node_segment(n, CM_SEG_WHERE, &count);
        if (others || count) return NULL;
    }
    if (!entity || entity->kind != CM_N_ENTITY || (entity->flags & CM_FLAG_ALIASED) || !entity->u.attr.attr) return NULL;
    return cm_mapper_host_class((const cm_mapper *)entity->u.attr.attr);
}

static PyObject *filter_attribute(PyObject *self, PyObject *cls, PyObject *key) {
    if (cls) {
        PyObject *attribute = PyObject_GetAttr(cls, key);
        if (attribute || !PyErr_ExceptionMatches(PyExc_AttributeError)) return attribute;
        PyErr_Clear();
    }
    PyObject *hook = cmpy_hook(CMPY_HOOK_filter_by);
    return hook ? PyObject_CallFunctionObjArgs(hook, self, key, NULL) : NULL;
}

static cm_node *equality(PyObject *self, PyObject *cls, PyObject *key, PyObject *value) {
    PyObject *attribute = filter_attribute(self, cls, key), *condition = NULL;
    if (attribute) condition = PyObject_RichCompare(attribute, value, Py_EQ);
    if (condition && PyBool_Check(condition)) { /* of the class, but nothing that SQL knows of */
        cmpy_raise_exc("InvalidRequestError", "Entity namespace for \"%s\" has no property \"%U\"",
                       cls ? ((PyTypeObject *)cls)->tp_name : "the statement", key);
        Py_CLEAR(condition);
    }
    cm_node *n = condition ? cmpy_coerce(condition, CMPY_WHERE, NULL) : NULL;
    Py_XDECREF(condition);
    Py_XDECREF(attribute);
    return n;
}

static PyObject *Select_filter_by(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    if (nargs) {
        PyErr_Format(PyExc_TypeError, "filter_by() takes keyword arguments only, got %R", args[0]);
        return NULL;
    }
    PyObject *cls = only_class(CMPY_NODE(self)), *result = NULL;
    cmpy_nodes list;
    cm_node *n = NULL;
    cmpy_nodes_init(&list);
    Py_ssize_t count = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (cmpy_nodes_add(&list, equality(self, cls, PyTuple_GET_ITEM(kwnames, i), args[i])) < 0) goto done;
    result = given(cm_node_append(cmpy_cx(), CMPY_NODE(self), CM_SEG_WHERE, list.v, list.n, &n), &n);
done:
    cmpy_nodes_dispose(&list);
    return result;
}

/* ---- from a statement to an expression or FROM element */

static PyObject *wrap(PyObject *self, int kind, int op, uint32_t flags, PyObject *name) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = kind, .op = op, .flags = flags, .kid = {CMPY_NODE(self), NULL, NULL}};
    PyObject *text = name && name != Py_None ? PyObject_Str(name) : NULL;
    if (name && name != Py_None && !text) return NULL;
    if (text) {
        Py_ssize_t size = 0;
        spec.name = PyUnicode_AsUTF8AndSize(text, &size);
        spec.name_n = (size_t)size;
    }
    PyObject *result = text && !spec.name ? NULL : given(cm_node_make(cmpy_cx(), &spec, &n), &n);
    Py_XDECREF(text);
    return result;
}

static PyObject *SelectBase_subquery(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"name", "flat"};
    PyObject *v[2] = {NULL, NULL};
    if (cmpy_fast_args("subquery", args, nargs, kwnames, names, 2, 0, v) < 0) return NULL;
    return wrap(self, CM_N_SUBQUERY, CM_OP_ALIAS, 0, v[0]);
}

static PyObject *SelectBase_lateral(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"name"};
    PyObject *v[1] = {NULL};
    if (cmpy_fast_args("lateral", args, nargs, kwnames, names, 1, 0, v) < 0) return NULL;
    return wrap(self, CM_N_SUBQUERY, CM_OP_LATERAL, 0, v[0]);
}

static PyObject *SelectBase_cte(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"name", "recursive", "nesting"};
    PyObject *v[3] = {NULL, NULL, NULL};
    if (cmpy_fast_args("cte", args, nargs, kwnames, names, 3, 0, v) < 0) return NULL;
    int recursive = v[1] ? PyObject_IsTrue(v[1]) : 0, nesting = v[2] ? PyObject_IsTrue(v[2]) : 0;
    if (recursive < 0 || nesting < 0) return NULL;
    return wrap(self, CM_N_CTE, 0, (recursive ? CM_FLAG_RECURSIVE : 0) | (nesting ? CM_FLAG_NESTING : 0), v[0]);
}

static PyObject *SelectBase_scalar_subquery(PyObject *self, PyObject *unused) {
    (void)unused;
    return wrap(self, CM_N_SCALAR_SUBQUERY, 0, 0, NULL);
}

static PyObject *SelectBase_exists(PyObject *self, PyObject *unused) {
    (void)unused;
    return wrap(self, CM_N_EXISTS, 0, 0, NULL);
}

static PyObject *SelectBase_label(PyObject *self, PyObject *name) {
    PyObject *scalar = wrap(self, CM_N_SCALAR_SUBQUERY, 0, 0, NULL), *result = NULL;
    if (scalar) result = wrap(scalar, CM_N_LABEL, 0, 0, name);
    Py_XDECREF(scalar);
    return result;
}

/* ---- all statements */

/* Criteria of a mixin are a list of those of its classes. Consumes the option. */
static int add_option(cmpy_nodes *list, cm_node *take_option) {
    size_t n = 0;
    cm_node *const *items = take_option->kind == CM_N_LIST ? cm_node_segment(take_option, 0, &n) : NULL;
    if (take_option->kind != CM_N_LIST || (n && items[0]->kind != CM_N_CRITERIA)) return cmpy_nodes_add(list, take_option);
    int failed = 0;
    for (size_t i = 0; i < n && !failed; i++) {
        Py_INCREF(CMPY_NODE_OBJECT(items[i]));
        failed = cmpy_nodes_add(list, items[i]) < 0;
    }
    cmpy_node_drop(take_option);
    return failed ? -1 : 0;
}

static PyObject *Executable_options(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    cmpy_nodes list;
    cm_node *n = NULL;
    PyObject *result = NULL;
    cmpy_nodes_init(&list);
    for (Py_ssize_t i = 0; i < nargs; i++) {
        cm_node *option = cmpy_find_node(args[i]);
        if (!option || (option->kind != CM_N_OPTION && option->kind != CM_N_CRITERIA && option->kind != CM_N_LIST)) {
            if (!PyErr_Occurred()) cmpy_raise_exc("ArgumentError", "ExecutableOption Core expression expected, got %R.", args[i]);
            cmpy_node_drop(option);
            goto done;
        }
        if (add_option(&list, option) < 0) goto done;
    }
    int segment = CMPY_NODE(self)->kind == CM_N_FROM_STATEMENT ? 1 : CM_SEG_OPTIONS;
    result = given(cm_node_append(cmpy_cx(), CMPY_NODE(self), segment, list.v, list.n, &n), &n);
done:
    cmpy_nodes_dispose(&list);
    return result;
}

/* The options stay in the __dict__; populate_existing is a flag too, because plans depend on it. */
static PyObject *Executable_execution_options(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    if (nargs) {
        PyErr_SetString(PyExc_TypeError, "execution_options() takes keyword arguments only");
        return NULL;
    }
    cmpy_node *old = (cmpy_node *)self;
    PyObject *known = old->dict ? PyDict_GetItemWithError(old->dict, str_execution_options) : NULL, *options = PyDict_New();
    if (!options || (known && PyDict_Update(options, known) < 0)) goto failed;
    uint32_t set = 0, clear = 0;
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *key = PyTuple_GET_ITEM(kwnames, i);
        if (PyDict_SetItem(options, key, args[i]) < 0) goto failed;
        if (PyUnicode_Compare(key, str_populate_existing) == 0) *(PyObject_IsTrue(args[i]) > 0 ? &set : &clear) = CM_FLAG_POPULATE_EXISTING;
    }
    bool select = old->n.kind == CM_N_SELECT || old->n.kind == CM_N_FROM_STATEMENT;
    cm_node *n = NULL;
    cm_status st = cm_node_with_flags(cmpy_cx(), &old->n, select ? set : 0, select ? clear : 0, &n);
    if (st) {
        cmpy_raise(cmpy_cx(), st);
        goto failed;
    }
    PyObject *copy = CMPY_NODE_OBJECT(n);
    int set_ok = PyObject_SetAttr(copy, str_execution_options, options);
    Py_DECREF(options);
    if (set_ok < 0) Py_CLEAR(copy);
    return copy;
failed:
    Py_XDECREF(options);
    return NULL;
}

/* ---- select() */

static PyObject *core_select(PyObject *m, PyObject *const *args, Py_ssize_t nargs) {
    (void)m;
    cmpy_nodes list;
    cm_node *n = NULL;
    PyObject *result = NULL;
    cmpy_nodes_init(&list);
    if (add_all(&list, args, nargs, CMPY_COLUMNS) == 0) result = given(cm_select(cmpy_cx(), list.v, list.n, &n), &n);
    cmpy_nodes_dispose(&list);
    return result;
}

#define LIST(f) (PyCFunction)(void (*)(void)) f, METH_FASTCALL
#define FAST(f) (PyCFunction)(void (*)(void)) f, METH_FASTCALL | METH_KEYWORDS

static PyMethodDef where_methods[] = {
    {"where", LIST(Select_where), "where($self, /, *whereclause)\n--\n\nA copy with conditions added, joined by AND."},
    {"filter", LIST(Select_where), "filter($self, /, *criteria)\n--\n\nThe same as where()."},
    {"filter_by", FAST(Select_filter_by), "filter_by($self, /, **kwargs)\n--\n\nA copy with `attribute == value` conditions added."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef select_methods[] = {
    {"having", LIST(Select_having), "having($self, /, *having)\n--\n\nA copy with conditions on groups added."},
    {"distinct", LIST(Select_distinct), "distinct($self, /, *expr)\n--\n\nA copy with DISTINCT (ON the expressions)."},
    {"add_columns", LIST(Select_add_columns), "add_columns($self, /, *entities)\n--\n\nA copy that selects more."},
    {"select_from", LIST(Select_select_from), "select_from($self, /, *froms)\n--\n\nA copy with FROM elements added."},
    {"join", FAST(Select_join), "join($self, target, onclause=None, isouter=False, full=False)\n--\n\nA copy with a join."},
    {"outerjoin", FAST(Select_outerjoin),
     "outerjoin($self, target, onclause=None, isouter=True, full=False)\n--\n\nA copy with a LEFT OUTER JOIN."},
    {"join_from", FAST(Select_join_from),
     "join_from($self, from_, target, onclause=None, isouter=False, full=False)\n--\n\nA copy with a join whose left side is said."},
    {"outerjoin_from", FAST(Select_outerjoin_from),
     "outerjoin_from($self, from_, target, onclause=None, isouter=True, full=False)\n--\n\njoin_from() as a LEFT OUTER JOIN."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef generative_methods[] = {
    {"order_by", LIST(Select_order_by), "order_by($self, /, *clauses)\n--\n\nA copy ordered by more; None takes the order away."},
    {"group_by", LIST(Select_group_by), "group_by($self, /, *clauses)\n--\n\nA copy grouped by more; None takes the groups away."},
    {"limit", Select_limit, METH_O, "limit($self, limit, /)\n--\n\nA copy that answers at most so many rows; None: all."},
    {"offset", Select_offset, METH_O, "offset($self, offset, /)\n--\n\nA copy that leaves out the first rows."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef rows_methods[] = {
    {"subquery", FAST(SelectBase_subquery), "subquery($self, name=None)\n--\n\nThe statement as a FROM element."},
    {"alias", FAST(SelectBase_subquery), "alias($self, name=None, flat=False)\n--\n\nThe same as subquery()."},
    {"lateral", FAST(SelectBase_lateral), "lateral($self, name=None)\n--\n\nThe statement as a LATERAL FROM element."},
    {"cte", FAST(SelectBase_cte),
     "cte($self, name=None, recursive=False, nesting=False)\n--\n\nThe statement as a common table expression."},
    {"scalar_subquery", SelectBase_scalar_subquery, METH_NOARGS, "scalar_subquery($self, /)\n--\n\nThe statement as an expression."},
    {"as_scalar", SelectBase_scalar_subquery, METH_NOARGS, "as_scalar($self, /)\n--\n\nOlder name of scalar_subquery()."},
    {"exists", SelectBase_exists, METH_NOARGS, "exists($self, /)\n--\n\n`EXISTS (...)`."},
    {"label", SelectBase_label, METH_O, "label($self, name, /)\n--\n\nThe statement as a labelled expression."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef executable_methods[] = {
    {"options", LIST(Executable_options), "options($self, /, *options)\n--\n\nA copy with loader options."},
    {"execution_options", FAST(Executable_execution_options),
     "execution_options($self, /, **kw)\n--\n\nA copy with options for its execution."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef cte_methods[] = {
    {"cte", FAST(SelectBase_cte),
     "cte($self, name=None, recursive=False, nesting=False)\n--\n\nThe statement as a common table expression."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    PyMethodDef *methods;
} groups[] = {
    {"where", where_methods}, {"select", select_methods},         {"generative", generative_methods},
    {"rows", rows_methods},   {"executable", executable_methods}, {"cte", cte_methods},
};

/* add_methods(cls, group): the class gets the C methods of a group as its own. */
static PyObject *core_add_methods(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *cls;
    const char *group;
    if (!PyArg_ParseTuple(args, "O!s", &PyType_Type, &cls, &group)) return NULL;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, group) != 0) continue;
        for (PyMethodDef *def = groups[i].methods; def->ml_name; def++) {
            PyObject *method = PyDescr_NewMethod((PyTypeObject *)cls, def);
            int st = method ? PyObject_SetAttrString(cls, def->ml_name, method) : -1;
            Py_XDECREF(method);
            if (st < 0) return NULL;
        }
        Py_RETURN_NONE;
    }
    PyErr_Format(PyExc_ValueError, "there is no group of methods called %s", group);
    return NULL;
}

static PyMethodDef module_functions[] = {
    {"select", LIST(core_select), "select($module, /, *entities)\n--\n\nA SELECT of columns, tables and mapped classes."},
    {"add_methods", core_add_methods, METH_VARARGS, "add_methods($module, cls, group, /)\n--\n\nGives a class the C methods of a group."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_doc, "A statement that answers rows."}, {0, NULL}};
static PyType_Spec spec = {"cormorant._core.SelectBase", sizeof(cmpy_node), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int cmpy_select_setup(PyObject *m) {
    str_execution_options = PyUnicode_InternFromString("_execution_options");
    str_populate_existing = PyUnicode_InternFromString("populate_existing");
    if (!str_execution_options || !str_populate_existing) return -1;
    cmpy_st->SelectBase = cmpy_node_subtype(m, &spec, cmpy_st->Node);
    if (!cmpy_st->SelectBase || PyModule_AddObjectRef(m, "SelectBase", cmpy_st->SelectBase) < 0) return -1;
    return PyModule_AddFunctions(m, module_functions) < 0 ? -1 : cmpy_functions_setup(m);
}
