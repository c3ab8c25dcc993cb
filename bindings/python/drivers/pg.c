/* cormorant._pg: the PostgreSQL driver in an extension of its own, so that only those who use it need libpq.
 *
 * Importing it registers the driver with the core that `cormorant._core._driver_kit` hands over. It holds no Python type and
 * no second copy of the core. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "driver/kit_client.h"
#include "driver/pg_int.h"

static int register_driver(PyObject *m) {
    PyObject *core = PyImport_ImportModule("cormorant._core"), *capsule = NULL;
    int st = -1;
    if (core) capsule = PyObject_GetAttrString(core, "_driver_kit");
    const cm_driver_kit *kit = capsule ? PyCapsule_GetPointer(capsule, "cormorant._core._driver_kit") : NULL;
    cm_ctx *cx = kit ? PyCapsule_GetContext(capsule) : NULL;
    if (kit && !cm_kit__use(kit)) PyErr_SetString(PyExc_ImportError, "cormorant._pg and cormorant._core are of different builds");
    else if (kit && cm_kit__register(cx, "postgresql", &cm__driver_pg) != CM_OK)
        PyErr_SetString(PyExc_ImportError, "the PostgreSQL driver could not be registered");
    else if (kit) st = PyModule_AddIntConstant(m, "libpq_version", PQlibVersion());
    Py_XDECREF(capsule);
    Py_XDECREF(core);
    return st;
}

static PyObject *count_waits(PyObject *m, PyObject *unused) {
    (void)m, (void)unused;
    return PyLong_FromUnsignedLongLong(cm_pg__waits());
}

static PyMethodDef methods[] = {
    {"waits", count_waits, METH_NOARGS, "waits($module, /)\n--\n\nHow often connections waited for replies of a server, so far."},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, register_driver}, {0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pg", "The PostgreSQL driver, on libpq.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__pg(void) { return PyModuleDef_Init(&module); }
