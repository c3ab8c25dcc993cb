/* What the extensions that hold one driver each share: taking the core's kit and registering the driver. */
#ifndef CMPY_DRIVER_MODULE_H
#define CMPY_DRIVER_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "driver/kit_client.h"

/* Registers the driver with the core that `cormorant._core._driver_kit` hands over. 0, or -1 with ImportError. */
static int register_driver(const char *module, const char *backend, const cm_driver *driver) {
    PyObject *core = PyImport_ImportModule("cormorant._core"), *capsule = NULL;
    int st = -1;
    if (core) capsule = PyObject_GetAttrString(core, "_driver_kit");
    const cm_driver_kit *kit = capsule ? PyCapsule_GetPointer(capsule, "cormorant._core._driver_kit") : NULL;
    cm_ctx *cx = kit ? PyCapsule_GetContext(capsule) : NULL;
    if (kit && !cm_kit__use(kit)) PyErr_Format(PyExc_ImportError, "%s and cormorant._core are of different builds", module);
    else if (kit && cm_kit__register(cx, backend, driver) != CM_OK)
        PyErr_Format(PyExc_ImportError, "the driver of %s could not be registered", backend);
    else if (kit) st = 0;
    Py_XDECREF(capsule);
    Py_XDECREF(core);
    return st;
}
#endif
