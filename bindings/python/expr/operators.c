/* _core.Operators(Node): Python's operators and the column methods that programs call often.
 *
 * An operator asks, in this order: the node itself where it answers operators (CM_FLAG_HOST_COMPARE, relationship
 * attributes: `self._operate(op, other, reverse)`), the type where it has a comparator of its own (CM_TYPE_COMPARATOR:
 * `type._operate(op, left, right)`), the core. Either of the first two may answer NotImplemented to leave it to the next.
 */
#include "python/expr/expr.h"

static PyObject *str_operate, *str_negation_clause;

static PyObject *given(cm_status st, cm_node *const *n) { return st == CM_OK ? cmpy_from_node(*n) : cmpy_raise(cmpy_cx(), st); }

/* Arguments of a fast method by name or position. Absent ones stay as they were in out. */
int cmpy_fast_args(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *const *names, int nnames,
                   int required, PyObject **out) {
    if (nargs > nnames) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d arguments (%zd given)", method, nnames, nargs);
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) out[i] = args[i];
    Py_ssize_t nkw = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t k = 0; k < nkw; k++) {
        PyObject *key = PyTuple_GET_ITEM(kwnames, k);
        int i = 0;
        while (i < nnames && PyUnicode_CompareWithASCIIString(key, names[i]) != 0) i++;
        if (i == nnames || i < nargs) {
            PyErr_Format(PyExc_TypeError,
                         i == nnames ? "%s() got an unexpected keyword argument '%U'" : "%s() got multiple values for argument '%U'",
                         method, key);
            return -1;
        }
        out[i] = args[nargs + k];
    }
    for (int i = 0; i < required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%s'", method, names[i]);
            return -1;
        }
    return 0;
}

/* ---- asking others first */

static inline bool node_answers(const cm_node *n) { return (n->flags & CM_FLAG_HOST_COMPARE) || (n->kind == CM_N_ATTR && !n->u.attr.expr); }

/* New reference, or NULL: exception set, or nobody answered. */
static PyObject *ask(int op, PyObject *self, PyObject *other, bool reversed) {
    cm_node *n = CMPY_NODE(self);
    PyObject *answer = NULL, *number = PyLong_FromLong(op);
    if (!number) return NULL;
    if (node_answers(n)) {
        PyObject *args[4] = {self, number, other ? other : Py_None, reversed ? Py_True : Py_False};
        answer = PyObject_VectorcallMethod(str_operate, args, 4, NULL);
    } else if (!reversed) {
        PyObject *args[4] = {(PyObject *)cm_type_get_def(n->type)->host, number, self, other ? other : Py_None};
        if (args[0]) answer = PyObject_VectorcallMethod(str_operate, args, 4, NULL);
    }
    Py_DECREF(number);
    if (answer == Py_NotImplemented) Py_CLEAR(answer);
    return answer;
}

static inline bool others_first(const cm_node *n) {
    return node_answers(n) || (n->type && (cm_type_get_def(n->type)->flags & CM_TYPE_COMPARATOR));
}

PyObject *cmpy_operate(int op, PyObject *self, PyObject *other, bool reversed) {
    if (!CMPY_NODE(self)->kind && cmpy_node_seal(self) < 0) return NULL;
    if (others_first(CMPY_NODE(self))) {
        PyObject *answer = ask(op, self, other, reversed);
        if (answer || PyErr_Occurred()) return answer;
    }
    return cmpy_operate_plain(op, self, other, reversed);
}

/* ---- building */

static PyObject *not_supported(PyObject *self, const char *name) {
    (void)self;
    PyErr_Format(PyExc_NotImplementedError, "Operator '%s' is not supported on this expression", name);
    return NULL;
}

static cm_node *make_binary(int op, uint32_t flags, cm_node *left, cm_node *right, cm_node *third) {
    cm_node *n = NULL;
    cm_node_spec spec = {.kind = CM_N_BINARY, .op = op, .flags = flags, .kid = {left, right, third}};
    cm_status st = cm_node_make(cmpy_cx(), &spec, &n);
    if (st) cmpy_raise(cmpy_cx(), st);
    return n;
}

static PyObject *index_node(PyObject *self, PyObject *key) {
    const cm_node *left = CMPY_NODE(self);
    cm_type_kind kind = left->type ? cm_type_get_def(left->type)->kind : CM_T_NULL;
    if (kind != CM_T_JSON && kind != CM_T_ARRAY) return not_supported(self, "getitem");
    PyObject *hook = cmpy_hook(CMPY_HOOK_index);
    return hook ? PyObject_CallFunctionObjArgs(hook, self, key, NULL) : NULL;
}

static PyObject *in_node(int op, PyObject *self, PyObject *other) {
    cm_node *right = cmpy_coerce_in(other, CMPY_NODE(self));
    cm_node *n = right ? make_binary(op, 0, CMPY_NODE(self), right, NULL) : NULL;
    cmpy_node_drop(right);
    return cmpy_from_node(n);
}

/* A condition may bring its own opposite (collection.contains(member)): NOT answers that. */
static PyObject *unary_node(int op, PyObject *self) {
    cm_node *n = NULL;
    PyObject *dict = ((cmpy_node *)self)->dict;
    if (op == CM_OP_NOT && dict) {
        PyObject *opposite = PyDict_GetItemWithError(dict, str_negation_clause);
        if (opposite || PyErr_Occurred()) return Py_XNewRef(opposite);
    }
    return given(cm_expr_unary(cmpy_cx(), op, CMPY_NODE(self), &n), &n);
}

/* `a < b` is `b > a`. */
static int mirrored(int op) {
    switch (op) {
    case CM_OP_LT: return CM_OP_GT;
    case CM_OP_LE: return CM_OP_GE;
    case CM_OP_GT: return CM_OP_LT;
    case CM_OP_GE: return CM_OP_LE;
    default: return op;
    }
}

PyObject *cmpy_operate_plain(int op, PyObject *self, PyObject *other, bool reversed) {
    cm_node *n = NULL, *right;
    if (!CMPY_NODE(self)->kind && cmpy_node_seal(self) < 0) return NULL;
    if (!other) return unary_node(op, self);
    if (op == CM_OP_IN || op == CM_OP_NOT_IN) return in_node(op, self, other);
    if (op == CM_OP_JSON_INDEX || op == CM_OP_ARRAY_INDEX) return index_node(self, other);
    if (CMPY_NODE(self)->kind == CM_N_ANY_ALL && op >= CM_OP_EQ && op <= CM_OP_GE) { /* ANY and ALL stand on the right */
        op = mirrored(op);
        reversed = true;
    }
    right = cmpy_coerce_operand(other, CMPY_NODE(self), op);
    if (!right) return NULL;
    cm_status st =
        reversed ? cm_expr_binary(cmpy_cx(), op, right, CMPY_NODE(self), &n) : cm_expr_binary(cmpy_cx(), op, CMPY_NODE(self), right, &n);
    cmpy_node_drop(right);
    return given(st, &n);
}

PyObject *cmpy_negate(PyObject *self) { return cmpy_operate(CM_OP_NOT, self, NULL, false); }

cm_node *cmpy_all_of(int op, cm_node *const *items, size_t n) {
    cm_node *out = NULL;
    if (n == 0) return cmpy_const(op == CM_OP_AND ? CM_N_TRUE_ : CM_N_FALSE_);
    cm_status st = cm_expr_all_of(cmpy_cx(), op, items, n, &out);
    if (st) cmpy_raise(cmpy_cx(), st);
    return out;
}

/* ---- number, comparison and item protocol */

static PyObject *op_compare(PyObject *self, PyObject *other, int which);

static inline bool has_operators(PyObject *o) {
    return Py_TYPE(o)->tp_richcompare == op_compare || PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Operators);
}

static PyObject *binary_slot(int op, PyObject *left, PyObject *right) {
    if (has_operators(left)) return cmpy_operate(op, left, right, false);
    return cmpy_operate(op, right, left, true);
}

static PyObject *op_add(PyObject *a, PyObject *b) { return binary_slot(CM_OP_ADD, a, b); }
static PyObject *op_sub(PyObject *a, PyObject *b) { return binary_slot(CM_OP_SUB, a, b); }
static PyObject *op_mul(PyObject *a, PyObject *b) { return binary_slot(CM_OP_MUL, a, b); }
static PyObject *op_div(PyObject *a, PyObject *b) { return binary_slot(CM_OP_DIV, a, b); }
static PyObject *op_floordiv(PyObject *a, PyObject *b) { return binary_slot(CM_OP_FLOORDIV, a, b); }
static PyObject *op_mod(PyObject *a, PyObject *b) { return binary_slot(CM_OP_MOD, a, b); }
static PyObject *op_pow(PyObject *a, PyObject *b, PyObject *mod) {
    (void)mod;
    return binary_slot(CM_OP_POW, a, b);
}
/* << and >> mean something to types that say so (networks, ranges); for integers there are bitwise_lshift() and its like. */
static PyObject *shift_slot(int op, const char *name, PyObject *a, PyObject *b) {
    if (!has_operators(a)) return not_supported(b, name);
    PyObject *answer = others_first(CMPY_NODE(a)) ? ask(op, a, b, false) : NULL;
    return answer || PyErr_Occurred() ? answer : not_supported(a, name);
}

static PyObject *op_shl(PyObject *a, PyObject *b) { return shift_slot(CM_OP_SHL, "lshift", a, b); }
static PyObject *op_shr(PyObject *a, PyObject *b) { return shift_slot(CM_OP_SHR, "rshift", a, b); }
static PyObject *op_neg(PyObject *a) { return cmpy_operate(CM_OP_NEG, a, NULL, false); }
static PyObject *op_invert(PyObject *a) { return cmpy_negate(a); }
static PyObject *op_matmul(PyObject *a, PyObject *b) {
    (void)b;
    return not_supported(a, "matmul");
}
static PyObject *op_getitem(PyObject *a, PyObject *key) { return cmpy_operate(CM_OP_JSON_INDEX, a, key, false); }

static PyObject *logical(int op, PyObject *left, PyObject *right) {
    PyObject *result = NULL;
    cm_node *v[2] = {cmpy_coerce(left, CMPY_WHERE, NULL), NULL};
    if (v[0]) v[1] = cmpy_coerce(right, CMPY_WHERE, NULL);
    if (v[1]) result = cmpy_from_node(cmpy_all_of(op, v, 2));
    cmpy_node_drop(v[0]);
    cmpy_node_drop(v[1]);
    return result;
}

static PyObject *op_and(PyObject *a, PyObject *b) {
    PyObject *node = has_operators(a) ? a : b;
    return node_answers(CMPY_NODE(node)) ? cmpy_operate(CM_OP_AND, node, node == a ? b : a, node != a) : logical(CM_OP_AND, a, b);
}
static PyObject *op_or(PyObject *a, PyObject *b) {
    PyObject *node = has_operators(a) ? a : b;
    return node_answers(CMPY_NODE(node)) ? cmpy_operate(CM_OP_OR, node, node == a ? b : a, node != a) : logical(CM_OP_OR, a, b);
}

static PyObject *op_compare(PyObject *self, PyObject *other, int which) {
    static const int ops[] = {
        [Py_LT] = CM_OP_LT, [Py_LE] = CM_OP_LE, [Py_EQ] = CM_OP_EQ, [Py_NE] = CM_OP_NE, [Py_GT] = CM_OP_GT, [Py_GE] = CM_OP_GE};
    return cmpy_operate(ops[which], self, other, false);
}

static Py_hash_t op_hash(PyObject *self) { return _Py_HashPointer(self); }

/* `a == b` and `a != b` of columns answer identity when Python asks for their truth, so that `in` and dictionaries work. */
static int op_bool(PyObject *self) {
    cm_node *n = CMPY_NODE(self);
    if (n->kind == CM_N_BINARY && n->op == CM_OP_EQ) return n->u.k.kid[0] == n->u.k.kid[1];
    if (n->kind == CM_N_BINARY && n->op == CM_OP_NE) return n->u.k.kid[0] != n->u.k.kid[1];
    PyErr_SetString(PyExc_TypeError, "Boolean value of this clause is not defined");
    return -1;
}

static int op_contains(PyObject *self, PyObject *other) {
    (void)other;
    not_supported(self, "contains");
    return -1;
}

/* ---- methods with one argument, or none */

#define METHOD_ONE(name, op)                                                                                                               \
    static PyObject *name(PyObject *self, PyObject *other) { return cmpy_operate(op, self, other, false); }
METHOD_ONE(Operators_in, CM_OP_IN)
METHOD_ONE(Operators_not_in, CM_OP_NOT_IN)
METHOD_ONE(Operators_is, CM_OP_IS)
METHOD_ONE(Operators_is_not, CM_OP_IS_NOT)
METHOD_ONE(Operators_is_distinct, CM_OP_IS_DISTINCT)
METHOD_ONE(Operators_is_not_distinct, CM_OP_IS_NOT_DISTINCT)
METHOD_ONE(Operators_concat, CM_OP_CONCAT)
METHOD_ONE(Operators_bit_and, CM_OP_BIT_AND)
METHOD_ONE(Operators_bit_or, CM_OP_BIT_OR)
METHOD_ONE(Operators_bit_xor, CM_OP_BIT_XOR)
METHOD_ONE(Operators_shl, CM_OP_SHL)
METHOD_ONE(Operators_shr, CM_OP_SHR)
#undef METHOD_ONE
#define METHOD_NONE(name, op)                                                                                                              \
    static PyObject *name(PyObject *self, PyObject *unused) {                                                                              \
        (void)unused;                                                                                                                      \
        return cmpy_operate(op, self, NULL, false);                                                                                        \
    }
METHOD_NONE(Operators_asc, CM_OP_ASC)
METHOD_NONE(Operators_desc, CM_OP_DESC)
METHOD_NONE(Operators_nulls_first, CM_OP_NULLS_FIRST)
METHOD_NONE(Operators_nulls_last, CM_OP_NULLS_LAST)
METHOD_NONE(Operators_distinct, CM_OP_DISTINCT)
METHOD_NONE(Operators_bit_not, CM_OP_BIT_NOT)
#undef METHOD_NONE

static PyObject *Operators_label(PyObject *self, PyObject *name) {
    cm_node *n = NULL, *child = cmpy_coerce(self, CMPY_EXPR, NULL);
    if (!child) return NULL;
    PyObject *text = name == Py_None ? NULL : PyObject_Str(name);
    Py_ssize_t size = 0;
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    PyObject *result = NULL;
    if (p && strlen(p) != (size_t)size) cmpy_raise_exc("ArgumentError", "The label %R contains a NUL character", text);
    else if (name == Py_None || p) result = given(cm_expr_label(cmpy_cx(), p, child, &n), &n);
    Py_XDECREF(text);
    cmpy_node_drop(child);
    return result;
}

/* ---- the like family: an optional third child holds the escape character */

static cm_node *text_of(PyObject *text) {
    Py_ssize_t size;
    const char *p = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    if (!p) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "a string is expected, got %R", text);
        return NULL;
    }
    return cmpy_text_node(CM_N_PREFIX, p, (size_t)size, NULL);
}

static PyObject *with_escape(int op, PyObject *self, PyObject *other, PyObject *escape) {
    if (!escape || escape == Py_None) return cmpy_operate(op, self, other, false);
    cm_node *right = cmpy_coerce_operand(other, CMPY_NODE(self), op), *third = right ? text_of(escape) : NULL;
    cm_node *n = third ? make_binary(op, 0, CMPY_NODE(self), right, third) : NULL;
    cmpy_node_drop(right);
    cmpy_node_drop(third);
    return cmpy_from_node(n);
}

static PyObject *like_method(const char *method, int op, PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"other", "escape"};
    PyObject *v[2] = {NULL, NULL};
    if (cmpy_fast_args(method, args, nargs, kwnames, names, 2, 1, v) < 0) return NULL;
    return with_escape(op, self, v[0], v[1]);
}

/* A pattern's own % and _ (and the escape character) made literal. */
static PyObject *escape_pattern(PyObject *pattern, PyObject *escape) {
    PyObject *text = Py_NewRef(pattern);
    PyObject *special[3] = {escape, PyUnicode_FromString("%"), PyUnicode_FromString("_")};
    for (int i = 0; text && special[1] && special[2] && i < 3; i++) {
        if (i > 0 && PyUnicode_Compare(special[i], escape) == 0) continue;
        PyObject *to = PyUnicode_Concat(escape, special[i]);
        Py_SETREF(text, to ? PyUnicode_Replace(text, special[i], to, -1) : NULL);
        Py_XDECREF(to);
    }
    Py_XDECREF(special[1]);
    Py_XDECREF(special[2]);
    return text;
}

/* contains(x, autoescape=False, escape=None) and relatives. */
static PyObject *affix_method(const char *method, int op, PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"other", "autoescape", "escape"};
    PyObject *v[3] = {NULL, NULL, NULL};
    if (cmpy_fast_args(method, args, nargs, kwnames, names, 3, 1, v) < 0) return NULL;
    int automatic = v[1] && v[1] != Py_None ? PyObject_IsTrue(v[1]) : 0;
    if (automatic <= 0) return automatic < 0 ? NULL : with_escape(op, self, v[0], v[2]);
    if (!PyUnicode_Check(v[0])) {
        PyErr_SetString(PyExc_TypeError, "String value expected when autoescape=True");
        return NULL;
    }
    PyObject *escape = v[2] && v[2] != Py_None ? Py_NewRef(v[2]) : PyUnicode_FromString("/");
    PyObject *pattern = escape ? escape_pattern(v[0], escape) : NULL;
    PyObject *result = pattern ? with_escape(op, self, pattern, escape) : NULL;
    Py_XDECREF(pattern);
    Py_XDECREF(escape);
    return result;
}

#define TEXT_METHOD(cname, pyname, op, how)                                                                                                \
    static PyObject *cname(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {                                   \
        return how(pyname, op, self, args, nargs, kwnames);                                                                                \
    }
TEXT_METHOD(Operators_like, "like", CM_OP_LIKE, like_method)
TEXT_METHOD(Operators_not_like, "not_like", CM_OP_NOT_LIKE, like_method)
TEXT_METHOD(Operators_ilike, "ilike", CM_OP_ILIKE, like_method)
TEXT_METHOD(Operators_not_ilike, "not_ilike", CM_OP_NOT_ILIKE, like_method)
TEXT_METHOD(Operators_contains, "contains", CM_OP_CONTAINS, affix_method)
TEXT_METHOD(Operators_startswith, "startswith", CM_OP_STARTSWITH, affix_method)
TEXT_METHOD(Operators_endswith, "endswith", CM_OP_ENDSWITH, affix_method)
TEXT_METHOD(Operators_icontains, "icontains", CM_OP_ICONTAINS, affix_method)
TEXT_METHOD(Operators_istartswith, "istartswith", CM_OP_ISTARTSWITH, affix_method)
TEXT_METHOD(Operators_iendswith, "iendswith", CM_OP_IENDSWITH, affix_method)
#undef TEXT_METHOD

static PyObject *Operators_between(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    static const char *const names[] = {"cleft", "cright", "symmetric"};
    PyObject *v[3] = {NULL, NULL, NULL};
    cm_node *bounds[2] = {NULL, NULL}, *list = NULL, *n = NULL;
    if (cmpy_fast_args("between", args, nargs, kwnames, names, 3, 2, v) < 0) return NULL;
    int symmetric = v[2] ? PyObject_IsTrue(v[2]) : 0;
    if (symmetric < 0 || (!CMPY_NODE(self)->kind && cmpy_node_seal(self) < 0)) return NULL;
    bounds[0] = cmpy_coerce_operand(v[0], CMPY_NODE(self), CM_OP_BETWEEN);
    if (bounds[0]) bounds[1] = cmpy_coerce_operand(v[1], CMPY_NODE(self), CM_OP_BETWEEN);
    if (bounds[1]) {
        cm_node *const *segment = bounds;
        size_t count = 2;
        cm_node_spec spec = {.kind = CM_N_LIST, .op = CM_OP_AND, .segments = &segment, .counts = &count};
        cm_status st = cm_node_make(cmpy_cx(), &spec, &list);
        if (st) cmpy_raise(cmpy_cx(), st);
    }
    if (list) n = make_binary(CM_OP_BETWEEN, symmetric ? CM_FLAG_SYMMETRIC : 0, CMPY_NODE(self), list, NULL);
    cmpy_node_drop(list);
    cmpy_node_drop(bounds[0]);
    cmpy_node_drop(bounds[1]);
    return cmpy_from_node(n);
}

/* ---- module functions */

static int warn_empty(const char *name, int op) {
    const char *neutral = op == CM_OP_AND ? "true" : "false", *constant = op == CM_OP_AND ? "True" : "False";
    return cmpy_warn("SADeprecationWarning",
                     "Invoking %s() without arguments is deprecated, and will be disallowed in a future release.   For an empty "
                     "%s() construct, use '%s(%s(), *args)' or '%s(%s, *args)'.",
                     name, name, name, neutral, name, constant);
}

/* and_() and or_() of nothing: no condition, which leaves a statement as it is. */
static cm_node *no_condition(int op) {
    cm_node *out = NULL;
    cm_status st = cm_expr_all_of(cmpy_cx(), op, NULL, 0, &out);
    if (st) cmpy_raise(cmpy_cx(), st);
    return out;
}

static PyObject *conjunction(int op, const char *name, PyObject *const *args, Py_ssize_t nargs) {
    cmpy_nodes list;
    PyObject *result = NULL;
    cmpy_nodes_init(&list);
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (PyGen_CheckExact(args[i]) || PyList_CheckExact(args[i])) {
            cmpy_raise_exc("ArgumentError", "%s() takes conditions, not a list of them; did you mean %s(*conditions)?", name, name);
            goto done;
        }
        if (cmpy_nodes_add(&list, cmpy_coerce(args[i], CMPY_WHERE, NULL)) < 0) goto done;
    }
    if (nargs == 0 && warn_empty(name, op) < 0) goto done;
    result = cmpy_from_node(nargs ? cmpy_all_of(op, list.v, list.n) : no_condition(op));
done:
    cmpy_nodes_dispose(&list);
    return result;
}

static PyObject *core_and(PyObject *m, PyObject *const *args, Py_ssize_t nargs) {
    (void)m;
    return conjunction(CM_OP_AND, "and_", args, nargs);
}
static PyObject *core_or(PyObject *m, PyObject *const *args, Py_ssize_t nargs) {
    (void)m;
    return conjunction(CM_OP_OR, "or_", args, nargs);
}

static PyObject *core_not(PyObject *m, PyObject *arg) {
    (void)m;
    cm_node *n = cmpy_coerce(arg, CMPY_WHERE, NULL);
    if (!n) return NULL;
    PyObject *result = cm_expr_is_empty(n) ? Py_NewRef(CMPY_NODE_OBJECT(n)) : cmpy_negate(CMPY_NODE_OBJECT(n));
    cmpy_node_drop(n);
    return result;
}

/* operate(op, left, right=<unset>, reverse=False): what the core alone makes of an operator. */
static PyObject *core_operate(PyObject *m, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    (void)m;
    static const char *const names[] = {"op", "left", "right", "reverse"};
    PyObject *v[4] = {NULL, NULL, NULL, Py_False};
    if (cmpy_fast_args("operate", args, nargs, kwnames, names, 4, 2, v) < 0) return NULL;
    long op = PyLong_AsLong(v[0]);
    if (op == -1 && PyErr_Occurred()) return NULL;
    cm_node *left = cmpy_coerce(v[1], CMPY_EXPR, NULL);
    if (!left) return NULL;
    PyObject *result = cmpy_operate_plain((int)op, CMPY_NODE_OBJECT(left), v[2], v[3] == Py_True);
    cmpy_node_drop(left);
    return result;
}

#define FAST(f) (PyCFunction)(void (*)(void)) f, METH_FASTCALL | METH_KEYWORDS
static PyMethodDef methods[] = {
    {"in_", Operators_in, METH_O, "in_($self, other, /)\n--\n\n`a IN (...)`: of values, a select, or a parameter."},
    {"not_in", Operators_not_in, METH_O, "not_in($self, other, /)\n--\n\n`a NOT IN (...)`."},
    {"notin_", Operators_not_in, METH_O, "notin_($self, other, /)\n--\n\nOlder name of not_in()."},
    {"is_", Operators_is, METH_O, "is_($self, other, /)\n--\n\n`a IS b`."},
    {"is_not", Operators_is_not, METH_O, "is_not($self, other, /)\n--\n\n`a IS NOT b`."},
    {"isnot", Operators_is_not, METH_O, "isnot($self, other, /)\n--\n\nOlder name of is_not()."},
    {"is_distinct_from", Operators_is_distinct, METH_O, "is_distinct_from($self, other, /)\n--\n\n`a IS DISTINCT FROM b`."},
    {"is_not_distinct_from", Operators_is_not_distinct, METH_O, "is_not_distinct_from($self, other, /)\n--\n\n`a IS NOT DISTINCT FROM b`."},
    {"isnot_distinct_from", Operators_is_not_distinct, METH_O,
     "isnot_distinct_from($self, other, /)\n--\n\nOlder name of is_not_distinct_from()."},
    {"concat", Operators_concat, METH_O, "concat($self, other, /)\n--\n\n`a || b`."},
    {"bitwise_and", Operators_bit_and, METH_O, "bitwise_and($self, other, /)\n--\n\n`a & b` on integers."},
    {"bitwise_or", Operators_bit_or, METH_O, "bitwise_or($self, other, /)\n--\n\n`a | b` on integers."},
    {"bitwise_xor", Operators_bit_xor, METH_O, "bitwise_xor($self, other, /)\n--\n\n`a ^ b` on integers."},
    {"bitwise_lshift", Operators_shl, METH_O, "bitwise_lshift($self, other, /)\n--\n\n`a << b` on integers."},
    {"bitwise_rshift", Operators_shr, METH_O, "bitwise_rshift($self, other, /)\n--\n\n`a >> b` on integers."},
    {"bitwise_not", Operators_bit_not, METH_NOARGS, "bitwise_not($self, /)\n--\n\n`~a` on integers."},
    {"asc", Operators_asc, METH_NOARGS, "asc($self, /)\n--\n\n`a ASC`, for order_by()."},
    {"desc", Operators_desc, METH_NOARGS, "desc($self, /)\n--\n\n`a DESC`, for order_by()."},
    {"nulls_first", Operators_nulls_first, METH_NOARGS, "nulls_first($self, /)\n--\n\n`a NULLS FIRST`, for order_by()."},
    {"nulls_last", Operators_nulls_last, METH_NOARGS, "nulls_last($self, /)\n--\n\n`a NULLS LAST`, for order_by()."},
    {"nullsfirst", Operators_nulls_first, METH_NOARGS, "nullsfirst($self, /)\n--\n\nOlder name of nulls_first()."},
    {"nullslast", Operators_nulls_last, METH_NOARGS, "nullslast($self, /)\n--\n\nOlder name of nulls_last()."},
    {"distinct", Operators_distinct, METH_NOARGS, "distinct($self, /)\n--\n\n`DISTINCT a`, inside an aggregate."},
    {"label", Operators_label, METH_O, "label($self, name, /)\n--\n\n`a AS name`; None makes a name."},
    {"like", FAST(Operators_like), "like($self, other, escape=None)\n--\n\n`a LIKE b`."},
    {"not_like", FAST(Operators_not_like), "not_like($self, other, escape=None)\n--\n\n`a NOT LIKE b`."},
    {"notlike", FAST(Operators_not_like), "notlike($self, other, escape=None)\n--\n\nOlder name of not_like()."},
    {"ilike", FAST(Operators_ilike), "ilike($self, other, escape=None)\n--\n\n`a LIKE b` without regard to case."},
    {"not_ilike", FAST(Operators_not_ilike), "not_ilike($self, other, escape=None)\n--\n\nThe opposite of ilike()."},
    {"notilike", FAST(Operators_not_ilike), "notilike($self, other, escape=None)\n--\n\nOlder name of not_ilike()."},
    {"contains", FAST(Operators_contains), "contains($self, other, autoescape=False, escape=None)\n--\n\n`a LIKE '%' || b || '%'`."},
    {"startswith", FAST(Operators_startswith), "startswith($self, other, autoescape=False, escape=None)\n--\n\n`a LIKE b || '%'`."},
    {"endswith", FAST(Operators_endswith), "endswith($self, other, autoescape=False, escape=None)\n--\n\n`a LIKE '%' || b`."},
    {"icontains", FAST(Operators_icontains),
     "icontains($self, other, autoescape=False, escape=None)\n--\n\ncontains() without regard to case."},
    {"istartswith", FAST(Operators_istartswith),
     "istartswith($self, other, autoescape=False, escape=None)\n--\n\nstartswith() without regard to case."},
    {"iendswith", FAST(Operators_iendswith),
     "iendswith($self, other, autoescape=False, escape=None)\n--\n\nendswith() without regard to case."},
    {"between", FAST(Operators_between), "between($self, cleft, cright, symmetric=False)\n--\n\n`a BETWEEN b AND c`."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef module_functions[] = {
    {"and_", (PyCFunction)(void (*)(void))core_and, METH_FASTCALL, "and_($module, /, *clauses)\n--\n\nAll of the conditions."},
    {"or_", (PyCFunction)(void (*)(void))core_or, METH_FASTCALL, "or_($module, /, *clauses)\n--\n\nAny of the conditions."},
    {"not_", core_not, METH_O, "not_($module, clause, /)\n--\n\nThe opposite of a condition."},
    {"operate", FAST(core_operate),
     "operate($module, op, left, right=..., reverse=False)\n--\n\nAn operator, without asking types and attributes."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "An expression with Python's operators."},
    {Py_tp_methods, methods},
    {Py_tp_richcompare, op_compare},
    {Py_tp_hash, op_hash},
    {Py_nb_bool, op_bool},
    {Py_nb_add, op_add},
    {Py_nb_subtract, op_sub},
    {Py_nb_multiply, op_mul},
    {Py_nb_true_divide, op_div},
    {Py_nb_floor_divide, op_floordiv},
    {Py_nb_remainder, op_mod},
    {Py_nb_power, op_pow},
    {Py_nb_matrix_multiply, op_matmul},
    {Py_nb_negative, op_neg},
    {Py_nb_invert, op_invert},
    {Py_nb_and, op_and},
    {Py_nb_or, op_or},
    {Py_nb_lshift, op_shl},
    {Py_nb_rshift, op_shr},
    {Py_mp_subscript, op_getitem},
    {Py_sq_contains, op_contains},
    {0, NULL},
};

static PyType_Spec spec = {
    "cormorant._core.Operators", sizeof(cmpy_node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots,
};

int cmpy_operators_setup(PyObject *m) {
    str_operate = PyUnicode_InternFromString("_operate");
    str_negation_clause = PyUnicode_InternFromString("negation_clause");
    if (!str_operate || !str_negation_clause) return -1;
    cmpy_st->Operators = cmpy_node_subtype(m, &spec, cmpy_st->Node);
    if (!cmpy_st->Operators || PyModule_AddObjectRef(m, "Operators", cmpy_st->Operators) < 0) return -1;
    /* `x[1]` must not make columns iterable; None says so to iter() and to collections.abc.Iterable alike */
    if (PyObject_SetAttrString(cmpy_st->Operators, "__iter__", Py_None) < 0) return -1;
    return PyModule_AddFunctions(m, module_functions) < 0 ? -1 : cmpy_coerce_setup(m);
}
