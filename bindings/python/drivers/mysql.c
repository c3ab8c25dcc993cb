/* cormorant._mysql: the driver of MariaDB and MySQL in an extension of its own, so that only those who use it need libmariadb.
 * Importing it registers the driver; it holds no Python type and no second copy of the core. */
#include "module.h"

#include "driver/mysql_int.h"

static int exec_module(PyObject *m) {
    if (mysql_server_init(0, NULL, NULL)) {
        PyErr_SetString(PyExc_ImportError, "libmariadb could not be initialised");
        return -1;
    }
    if (register_driver("cormorant._mysql", "mysql", &cm__driver_mysql) < 0) return -1;
    if (register_driver("cormorant._mysql", "mariadb", &cm__driver_mysql) < 0) return -1;
    return PyModule_AddStringConstant(m, "client_version", mysql_get_client_info());
}

static PyObject *count_waits(PyObject *m, PyObject *unused) {
    (void)m, (void)unused;
    return PyLong_FromUnsignedLongLong(cm_mysql__waits());
}

static PyMethodDef methods[] = {
    {"waits", count_waits, METH_NOARGS, "waits($module, /)\n--\n\nHow often connections waited for replies of a server, so far."},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec_module}, {0, NULL}};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_mysql", "The driver of MariaDB and MySQL, on libmariadb.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__mysql(void) { return PyModuleDef_Init(&module); }
