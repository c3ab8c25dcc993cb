/* Hooks: functions and classes of the package that the extension calls, by number (hooks.def); and reading dictionaries by a name
 * without losing what goes wrong on the way, as PyDict_GetItemString() does. */
#include "python/core.h"

static const struct hook_info {
    const char *name, *home;
} infos[] = {
#define CMPY_HOOK(name, home) {#name, home},
#include "python/hooks.def"
#undef CMPY_HOOK
};

PyObject *cmpy_hook(cmpy_hook_id id) {
    if (cmpy_st->hooks[id] || !infos[id].home) return cmpy_st->hooks[id];
    PyObject *module = PyImport_ImportModule(infos[id].home);
    if (!module) return NULL;
    Py_DECREF(module);
    if (!cmpy_st->hooks[id]) PyErr_Format(PyExc_SystemError, "%s does not register %s", infos[id].home, infos[id].name);
    return cmpy_st->hooks[id];
}

static PyObject *core_register_hook(PyObject *m, PyObject *args) {
    (void)m;
    const char *name;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "sO:register_hook", &name, &callable)) return NULL;
    for (int id = 0; id < CMPY_HOOK_MAX; id++) {
        if (strcmp(infos[id].name, name)) continue;
        Py_XSETREF(cmpy_st->hooks[id], Py_NewRef(callable));
        Py_RETURN_NONE;
    }
    return PyErr_Format(PyExc_ValueError, "there is no hook named %s", name);
}

PyObject *cmpy_dict_find(PyObject *dict, const char *name) {
    PyObject *key = PyUnicode_InternFromString(name), *found = key ? PyDict_GetItemWithError(dict, key) : NULL;
    Py_XDECREF(key);
    return found;
}

static PyMethodDef functions[] = {
    {"register_hook", core_register_hook, METH_VARARGS,
     "register_hook($module, name, callable, /)\n--\n\nTells the core which Python function or class does `name`, one of hooks.def."},
    {NULL, NULL, 0, NULL},
};

int cmpy_hooks_setup(PyObject *m) { return PyModule_AddFunctions(m, functions); }
