/* Where in the program a connection was taken, for the message of a pool that is empty for too long: the innermost frame
 * that is not of this package. A code object and an instruction are kept; names and lines are looked up when it is told. */
#include "python/core.h"

#include <string.h>

static PyObject *package; /* its folder with a separator at the end, or None where it has none */

/* Borrowed; NULL: not known. */
static PyObject *package_folder(void) {
    if (package) return package;
    PyObject *module = PyImport_ImportModule("cormorant"), *file = module ? PyObject_GetAttrString(module, "__file__") : NULL;
    Py_ssize_t n = file && PyUnicode_Check(file) ? PyUnicode_GET_LENGTH(file) : 0;
    Py_ssize_t slash = n ? PyUnicode_FindChar(file, '/', 0, n, -1) : -1;
    package = slash > 0 ? PyUnicode_Substring(file, 0, slash + 1) : Py_NewRef(Py_None);
    Py_XDECREF(file);
    Py_XDECREF(module);
    PyErr_Clear();
    return package;
}

static bool is_ours(PyCodeObject *code) {
    PyObject *folder = package_folder();
    return folder && folder != Py_None && PyUnicode_Tailmatch(code->co_filename, folder, 0, PY_SSIZE_T_MAX, -1) == 1;
}

void cmpy_call_site(cm_ctx *cx, void **code, int *at) {
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    (void)cx;
    *code = NULL;
    while (frame) {
        PyCodeObject *found = PyFrame_GetCode(frame);
        PyFrameObject *outer = NULL;
        if (is_ours(found)) {
            outer = PyFrame_GetBack(frame);
            Py_DECREF(found);
        } else {
            *code = found;
            *at = PyFrame_GetLasti(frame);
        }
        Py_DECREF(frame);
        frame = outer;
    }
}

/* Name of a thread, as the threading module has it. New reference, or NULL without exception. */
static PyObject *thread_name(uint64_t thread) {
    PyObject *module = PyImport_ImportModule("threading"), *all = module ? PyObject_GetAttrString(module, "_active") : NULL;
    PyObject *ident = all ? PyLong_FromUnsignedLongLong(thread) : NULL, *name = NULL;
    PyObject *found = ident && PyDict_Check(all) ? PyDict_GetItemWithError(all, ident) : NULL;
    if (found) name = PyObject_GetAttrString(found, "name");
    Py_XDECREF(ident);
    Py_XDECREF(all);
    Py_XDECREF(module);
    PyErr_Clear();
    return name;
}

void cmpy_call_site_text(cm_ctx *cx, uint64_t thread, void *code, int at, void (*write)(void *user, const char *p, size_t n), void *user) {
    PyObject *name = thread_name(thread), *text = NULL;
    (void)cx;
    if (!name) name = PyUnicode_FromFormat("thread %llu", (unsigned long long)thread);
    if (name && code) {
        PyCodeObject *c = code;
        text = PyUnicode_FromFormat("%U at %U:%d in %U", name, c->co_filename, PyCode_Addr2Line(c, at), c->co_name);
    } else {
        text = Py_XNewRef(name);
    }
    Py_ssize_t n = 0;
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (p) write(user, p, (size_t)n);
    Py_XDECREF(text);
    Py_XDECREF(name);
    PyErr_Clear();
}
