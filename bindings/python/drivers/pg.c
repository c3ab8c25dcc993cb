/* cormorant._pg: the PostgreSQL driver in an extension of its own, so that only those who use it need libpq.
 * Importing it registers the driver; it holds no Python type and no second copy of the core. */
#include "module.h"

#include "driver/pg_int.h"

static int exec_module(PyObject *m) {
    if (register_driver("cormorant._pg", "postgresql", &cm__driver_pg) < 0) return -1;
    return PyModule_AddIntConstant(m, "libpq_version", PQlibVersion());
}

static PyObject *count_waits(PyObject *m, PyObject *unused) {
    (void)m, (void)unused;
    return PyLong_FromUnsignedLongLong(cm_pg__waits());
}

static PyObject *count_binary(PyObject *m, PyObject *unused) {
    (void)m, (void)unused;
    return PyLong_FromUnsignedLongLong(cm_pg__binary_results());
}

static PyMethodDef methods[] = {
    {"binary_results", count_binary, METH_NOARGS, "binary_results($module, /)\n--\n\nHow many results came in binary, so far."},
    {"waits", count_waits, METH_NOARGS, "waits($module, /)\n--\n\nHow often connections waited for replies of a server, so far."},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec_module}, {0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pg", "The PostgreSQL driver, on libpq.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__pg(void) { return PyModuleDef_Init(&module); }
