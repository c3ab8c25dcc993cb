/* Statements as text for people, and the way back: constructs that Python compiles (@compiles, DDL, user elements).
 *
 * compile() answers (sql, [(name, bind), ...]); python/cormorant/sql/compiler.py makes the Compiled object of it. The hook
 * "compile" answers what a construct consists of: strings, nodes (compiled in place, so that placeholders keep their
 * order), and one-tuples of a node for "the usual way, without the hook".
 */
#include "python/expr/expr.h"

static const cm_dialect *find_dialect(const char *name) {
    const cm_dialect *d = name ? cm_dialect_find(name) : cm_dialect_default();
    if (!d) cmpy_raise_exc("NoSuchModuleError", "Can't load plugin: cormorant.dialects:%s", name);
    return d;
}

static PyObject *params_of(const cm_compiled *compiled) {
    const char *name;
    cm_node *bind;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && cm_compiled_param(compiled, i, &name, &bind); i++) {
        PyObject *text = PyUnicode_FromString(name);
        PyObject *pair = text ? PyTuple_Pack(2, text, bind ? CMPY_NODE_OBJECT(bind) : Py_None) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
        Py_XDECREF(text);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *text_of(cm_compiled *take_compiled) {
    size_t n = 0;
    const char *sql = cm_compiled_sql(take_compiled, &n);
    PyObject *text = PyUnicode_DecodeUTF8(sql, (Py_ssize_t)n, "surrogateescape");
    cm_compiled_free(cmpy_cx(), take_compiled);
    return text;
}

/* schema_translate_map as pairs for the core; "" is no schema. The strings live as long as the dictionary. */
int cmpy_schema_pairs(PyObject *map, const char ***out) {
    *out = NULL;
    if (map == Py_None) return 0;
    if (!PyDict_Check(map)) {
        PyErr_SetString(PyExc_TypeError, "schema_translate_map must be a dictionary");
        return -1;
    }
    const char **pairs = PyMem_New(const char *, (size_t)PyDict_GET_SIZE(map) * 2 + 1);
    if (!pairs) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    size_t n = 0;
    while (PyDict_Next(map, &at, &key, &value)) {
        pairs[n] = key == Py_None ? "" : cmpy_c_string(key, "a name in schema_translate_map");
        pairs[n + 1] = value == Py_None ? "" : cmpy_c_string(value, "a name in schema_translate_map");
        if (!pairs[n] || !pairs[n + 1]) {
            PyMem_Free(pairs);
            return -1;
        }
        n += 2;
    }
    pairs[n] = NULL;
    *out = pairs;
    return 0;
}

/* What executing an ORM statement would send; the statement itself for everything else. New reference. */
static cm_status plain_statement(cm_node *n, cm_node **out) {
    if (cmpy_ready_for(n) < 0) return CM_E_HOST; /* relationships are known once the mappers are configured */
    if (cm_kind_get_info(n->kind)->statement && n->kind != CM_N_HOST && n->kind != CM_N_DDL && n->kind != CM_N_TEXT)
        return cm_statement_expand(cmpy_cx(), n, out);
    Py_INCREF(CMPY_NODE_OBJECT(n));
    *out = n;
    return CM_OK;
}

static PyObject *core_compile(PyObject *m, PyObject *args, PyObject *kwargs) {
    (void)m;
    static char *names[] = {"node", "dialect", "params", "literal_binds", "render_postcompile", "schema_map", "bind_casts", NULL};
    PyObject *node, *map = Py_None, *result = NULL;
    const char *dialect = NULL, **pairs = NULL;
    int style = CM_PARAM_DIALECT, literal = 0, postcompile = 0, casts = 0;
    cm_compiled *compiled = NULL;
    cm_node *n, *plain = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|zippOp", names, &node, &dialect, &style, &literal, &postcompile, &map, &casts))
        return NULL;
    cm_compile_options options = {
        .params = (cm_param_style)style, .literal_binds = literal, .render_postcompile = postcompile, .bind_casts = casts};
    if (!(options.dialect = find_dialect(dialect)) || cmpy_schema_pairs(map, &pairs) < 0) return NULL;
    options.schema_map = pairs;
    if (!(n = cmpy_find_node(node))) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "a statement or expression is expected, got %R", node);
        goto done;
    }
    if (cmpy_ready_for(n) < 0) goto done;
    cm_status st = plain_statement(n, &plain);
    if (st == CM_OK) st = cm_compile(cmpy_cx(), plain, &options, &compiled);
    if (st) {
        cmpy_raise(cmpy_cx(), st);
        goto done;
    }
    PyObject *params = params_of(compiled), *sql = text_of(compiled);
    if (params && sql) result = PyTuple_Pack(2, sql, params);
    Py_XDECREF(sql);
    Py_XDECREF(params);
done:
    cmpy_node_drop(plain);
    cmpy_node_drop(n);
    PyMem_Free(pairs);
    return result;
}

/* expand(statement): the plain statement that executing it would send. */
static PyObject *core_expand(PyObject *m, PyObject *arg) {
    (void)m;
    cm_node *n = cmpy_find_node(arg), *plain = NULL;
    if (!n) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "a statement is expected, got %R", arg);
        return NULL;
    }
    cm_status st = plain_statement(n, &plain);
    cmpy_node_drop(n);
    return st ? cmpy_raise(cmpy_cx(), st) : cmpy_from_node(plain);
}

static cm_status add_name(void *user, const char *p, size_t n) {
    PyObject *name = PyUnicode_FromStringAndSize(p, (Py_ssize_t)n);
    int st = name ? PyList_Append(user, name) : -1;
    Py_XDECREF(name);
    return st < 0 ? CM_E_HOST : CM_OK;
}

static PyObject *core_text_params(PyObject *m, PyObject *arg) {
    (void)m;
    Py_ssize_t n;
    const char *sql = PyUnicode_AsUTF8AndSize(arg, &n);
    PyObject *list = sql ? PyList_New(0) : NULL;
    if (!list) return NULL;
    cm_status st = cm_text_params(cmpy_cx(), sql, (size_t)n, add_name, list);
    if (st == CM_OK) return list;
    Py_DECREF(list);
    return cmpy_raise(cmpy_cx(), st);
}

/* ---- constructs that Python compiles */

static cm_status write_piece(PyObject *piece, cm_compiler *c) {
    if (PyUnicode_Check(piece)) {
        Py_ssize_t n;
        const char *p = PyUnicode_AsUTF8AndSize(piece, &n);
        if (!p) return CM_E_HOST;
        cm_compiler_write(c, p, (size_t)n);
        return CM_OK;
    }
    bool usual = PyTuple_Check(piece) && PyTuple_GET_SIZE(piece) == 1;
    cm_node *n = cmpy_find_node(usual ? PyTuple_GET_ITEM(piece, 0) : piece);
    if (!n) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "a compile hook answered %R", piece);
        return CM_E_HOST;
    }
    cm_status st = usual ? cm_compiler_default(c, n) : cm_compiler_node(c, n);
    cmpy_node_drop(n); /* the construct keeps its parts, and the statement the construct */
    return st;
}

cm_status cmpy_node_compile(cm_ctx *cx, cm_node *n, cm_compiler *c) {
    (void)cx;
    PyObject *hook = cmpy_hook(CMPY_HOOK_compile);
    PyObject *answer = hook ? PyObject_CallFunction(hook, "Os", CMPY_NODE_OBJECT(n), cm_dialect_name(cm_compiler_dialect(c))) : NULL;
    PyObject *pieces = answer ? PySequence_Fast(answer, "a compile hook answers a list") : NULL;
    Py_XDECREF(answer);
    if (!pieces) return CM_E_HOST;
    cm_status st = CM_OK;
    for (Py_ssize_t i = 0; st == CM_OK && i < PySequence_Fast_GET_SIZE(pieces); i++)
        st = write_piece(PySequence_Fast_GET_ITEM(pieces, i), c);
    Py_DECREF(pieces);
    return st;
}

static PyMethodDef module_functions[] = {
    {"compile", (PyCFunction)(void (*)(void))core_compile, METH_VARARGS | METH_KEYWORDS,
     "compile($module, node, dialect=None, params=0, literal_binds=False, render_postcompile=False, schema_map=None, "
     "bind_casts=False)\n--\n\n"
     "(sql, [(name, bind), ...]) of a statement or expression."},
    {"expand", core_expand, METH_O, "expand($module, statement, /)\n--\n\nThe statement over tables alone, as it is sent."},
    {"text_params", core_text_params, METH_O, "text_params($module, sql, /)\n--\n\nNames of the `:name` parameters of a text."},
    {NULL, NULL, 0, NULL},
};

int cmpy_compiled_setup(PyObject *m) {
    static const struct {
        const char *name;
        int value;
    } styles[] = {
        {"PARAM_DIALECT", CM_PARAM_DIALECT}, {"PARAM_NAMED", CM_PARAM_NAMED},   {"PARAM_QMARK", CM_PARAM_QMARK},
        {"PARAM_DOLLAR", CM_PARAM_DOLLAR},   {"PARAM_FORMAT", CM_PARAM_FORMAT}, {"PARAM_PYFORMAT", CM_PARAM_PYFORMAT},
        {"PARAM_NUMERIC", CM_PARAM_NUMERIC},
    };
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
        if (PyModule_AddIntConstant(m, styles[i].name, styles[i].value) < 0) return -1;
    return PyModule_AddFunctions(m, module_functions);
}
