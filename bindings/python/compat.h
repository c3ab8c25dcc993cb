/* The only place with tests for Python versions. CPython 3.11 to 3.15. */
#ifndef CMPY_COMPAT_H
#define CMPY_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x030B0000
#error "Cormorant needs CPython 3.11 or later"
#endif

#ifndef Py_TPFLAGS_HAVE_VECTORCALL
#define Py_TPFLAGS_HAVE_VECTORCALL _Py_TPFLAGS_HAVE_VECTORCALL
#endif

/* An int from 16 bytes, the highest first. */
static inline PyObject *cmpy_int_of_bytes(const uint8_t *p) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyLong_FromUnsignedNativeBytes(p, 16, Py_ASNATIVEBYTES_BIG_ENDIAN);
#else
    return _PyLong_FromByteArray(p, 16, 0, 0);
#endif
}

/* What a weak reference refers to, borrowed from whoever keeps it alive; NULL: gone. */
static inline PyObject *cmpy_weak_get(PyObject *ref) {
    PyObject *o = NULL;
    if (!ref) return NULL;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyWeakref_GetRef(ref, &o) > 0) Py_DECREF(o);
#else
    o = PyWeakref_GetObject(ref);
    if (o == Py_None || Py_REFCNT(o) <= 0) o = NULL;
#endif
    return o;
}

#endif
