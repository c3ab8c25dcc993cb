/* Module init of cormorant._core: state, constants of the node table, registration calls from the package. */
#include "python/json/json.h"

/* ---- functions */

static PyObject *core_counters(PyObject *m, PyObject *unused) {
    (void)m;
    (void)unused;
    PyObject *result = PyDict_New();
    for (int i = 0; result && i < CM_COUNT_MAX; i++) {
        PyObject *value = PyLong_FromLongLong(cm_ctx_count(cmpy_cx(), (cm_counter)i));
        if (!value || PyDict_SetItemString(result, cm_counter_name((cm_counter)i), value) < 0) Py_CLEAR(result);
        Py_XDECREF(value);
    }
    return result;
}

static PyMethodDef module_functions[] = {
    {"counters", core_counters, METH_NOARGS, "counters($module, /)\n--\n\nLive objects of each kind, by name."},
    {"counted", cmpy_counted, METH_NOARGS,
     "counted($module, /)\n--\n\nThe core's allocations and its calls of the host since the import, by name; only where CORMORANT_COUNT is "
     "set."},
    {NULL, NULL, 0, NULL},
};

/* ---- constants: K_, OP_, SEG_, FLAG_ from the headers' own lists */

static const struct constant {
    const char *name;
    long value;
} constants[] = {
#define CM_KIND(name, value, layout, nkids, nsegments, flags, role) {"K_" #name, value},
#include "cormorant_ops.def"
#undef CM_KIND
#define CM_SEGMENT(name, value) {"SEG_" #name, value},
#include "cormorant_ops.def"
#undef CM_SEGMENT
#define CM_OPERATOR(name, value, sql, precedence, flags) {"OP_" #name, value},
#include "cormorant_ops.def"
#undef CM_OPERATOR
#define FLAG(name)                                                                                                                         \
    { "FLAG_" #name, (long)CM_FLAG_##name }
    FLAG(QUOTE),
    FLAG(NO_QUOTE),
    FLAG(REMOTE),
    FLAG(FOREIGN),
    FLAG(DISTINCT),
    FLAG(OUTER),
    FLAG(FULL),
    FLAG(INNER),
    FLAG(EXPANDING),
    FLAG(LITERAL_EXECUTE),
    FLAG(REQUIRED),
    FLAG(UNIQUE),
    FLAG(CALLABLE),
    FLAG(ALIASED),
    FLAG(RECURSIVE),
    FLAG(NESTING),
    FLAG(MATERIALIZED),
    FLAG(NOT_MATERIALIZED),
    FLAG(READ),
    FLAG(NOWAIT),
    FLAG(SKIP_LOCKED),
    FLAG(KEY_SHARE),
    FLAG(NO_PARENS),
    FLAG(ORDINALITY),
    FLAG(SUFFIX),
    FLAG(DERIVED),
    FLAG(DERIVED_TYPES),
    FLAG(OWN_NAME),
    FLAG(SYMMETRIC),
    FLAG(CORRELATE_NONE),
    FLAG(CORRELATE_ALL),
    FLAG(USE_LABELS),
    FLAG(NO_LABELS),
    FLAG(MULTI_ROW),
    FLAG(ORDERED),
    FLAG(INLINE),
    FLAG(FROM_SELECT),
    FLAG(NO_DEFAULTS),
    FLAG(RETURN_DEFAULTS),
    FLAG(FETCH),
    FLAG(WITH_TIES),
    FLAG(PERCENT),
    FLAG(WILDCARD),
    FLAG(SQL_ONLY),
    FLAG(RAISE),
    FLAG(POPULATE_EXISTING),
    FLAG(INCLUDE_ALIASES),
    FLAG(AT_ONCE),
    FLAG(POLYMORPHIC),
    FLAG(COMPARISON),
    FLAG(HOST_COMPARE),
    FLAG(HOST_COMPILE),
    FLAG(HOST_USER),
#undef FLAG
#define CM_X(name, value, visit, kind) {#name, value},
    CM_TYPE_LIST(CM_X)
#undef CM_X
};

static int add_constants(PyObject *m) {
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        const char *name = constants[i].name;
        if (!strncmp(name, "CM_T_", 5)) name += 3; /* T_INTEGER */
        if (PyModule_AddIntConstant(m, name, constants[i].value) < 0) return -1;
    }
    return PyModule_AddStringConstant(m, "version", cm_version());
}

/* ---- state */

static int state_init(cmpy_state *st) {
    cm_ctx_options options = {.host = &cmpy_host, .host_data = st};
    cmpy_count_setup(&options);
    if (cm_ctx_new(&options, &st->cx) != CM_OK) {
        PyErr_NoMemory();
        return -1;
    }
    st->registered = PyList_New(0);
#define X(name)                                                                                                                            \
    if (!(st->str_##name = PyUnicode_InternFromString(#name))) return -1;
    CMPY_STATE_NAMES(X)
#undef X
    st->str_empty = PyUnicode_FromString("");
    st->empty_tuple = PyTuple_New(0);
    return st->registered && st->str_empty && st->empty_tuple ? 0 : -1;
}

/* What drivers in extensions of their own need of the core. */
static int add_driver_kit(PyObject *m) {
    PyObject *capsule = PyCapsule_New((void *)(uintptr_t)cm_driver_kit_get(), "cormorant._core._driver_kit", NULL);
    int st = capsule ? PyCapsule_SetContext(capsule, cmpy_cx()) : -1;
    if (!st) st = PyModule_AddObjectRef(m, "_driver_kit", capsule);
    Py_XDECREF(capsule);
    return st;
}

static int (*const setups[])(PyObject *) = {
    cmpy_hooks_setup,      cmpy_node_setup,   cmpy_type_setup,    cmpy_operators_setup, cmpy_select_setup,   cmpy_compiled_setup,
    cmpy_table_setup,      cmpy_engine_setup, cmpy_result_setup,  cmpy_dbapi_setup,     cmpy_instance_setup, cmpy_attribute_setup,
    cmpy_collection_setup, cmpy_mapper_setup, cmpy_session_setup, cmpy_json_setup,      add_driver_kit,
};

static int core_exec(PyObject *m) {
    if (cmpy_st) {
        PyErr_SetString(PyExc_ImportError, "cormorant._core is loaded already; it serves one interpreter of a process, once");
        return -1;
    }
    cmpy_state *st = PyModule_GetState(m);
    cmpy_st = st;
    if (state_init(st) < 0 || add_constants(m) < 0 || PyModule_AddFunctions(m, module_functions) < 0) return -1;
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++)
        if (setups[i](m) < 0) return -1;
    Py_INCREF(m); /* nodes and instances may outlive sys.modules at exit, and need the state to die */
    return 0;
}

static int core_traverse(PyObject *m, visitproc visit, void *arg) {
    cmpy_state *st = PyModule_GetState(m);
    if (!st) return 0;
#define X(field) Py_VISIT(st->field);
    CMPY_STATE_OBJECTS(X)
#undef X
#define X(name) Py_VISIT(st->str_##name);
    CMPY_STATE_NAMES(X)
#undef X
    for (int i = 0; i < CMPY_HOOK_MAX; i++) Py_VISIT(st->hooks[i]);
    Py_VISIT(st->registered);
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, core_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_def = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "cormorant._core",
    .m_doc = "The C core of Cormorant.",
    .m_size = sizeof(cmpy_state),
    .m_slots = module_slots,
    .m_traverse = core_traverse,
};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module_def); }
