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

#endif
