/* `_core.json_bytes`: the one way in. What Flask has to do with it is in cormorant.flask.json. */
#include "python/json/json.h"

static int name_arg(PyObject *text, cmpy_json_name *out) {
    Py_ssize_t n;
    if (text == Py_None) return 0;
    out->p = PyUnicode_AsUTF8AndSize(text, &n);
    out->n = (size_t)n;
    return out->p ? 0 : -1;
}

static PyObject *json_bytes(PyObject *module, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"", "", "only", "load", "ascii", "sort", "plain", "strict", "indent", "comma", "colon", NULL};
    PyObject *value, *only = Py_None, *indent = Py_None, *comma = NULL, *colon = NULL, *out = NULL;
    int load = 0, ascii = 1, sort = 0, plain = 0, strict = 1;
    cmpy_json j = {.comma = {",", 1}, .colon = {":", 1}};
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$OpppppOUU:json_bytes", names, &value, &j.other, &only, &load, &ascii, &sort, &plain,
                                     &strict, &indent, &comma, &colon))
        return NULL;
    j.ascii = ascii, j.sort = sort, j.plain = plain, j.load = load, j.strict = strict;
    if ((comma && name_arg(comma, &j.comma) < 0) || (colon && name_arg(colon, &j.colon) < 0) || name_arg(indent, &j.indent) < 0)
        return NULL;
    if (cmpy_json_choose(&j, only) == 0 && cmpy_json_value(&j, value) == 0) out = PyBytes_FromStringAndSize(j.p, (Py_ssize_t)j.n);
    cmpy_json_scopes_free(j.scopes);
    cmpy_json_rows_free(j.rows);
    PyMem_Free(j.p);
    return out;
}

static PyMethodDef functions[] = {
    {"json_bytes", (PyCFunction)(void (*)(void))json_bytes, METH_VARARGS | METH_KEYWORDS,
     "json_bytes($module, value, other, /, *, only=None, load=False, ascii=True, sort=False, plain=False, strict=True, indent=None, "
     "comma=',', colon=':')\n--\n\nA value as JSON in UTF-8; `other` is asked for what is no JSON by itself."},
    {NULL, NULL, 0, NULL},
};

int cmpy_json_setup(PyObject *m) { return cmpy_json_text_setup() < 0 ? -1 : PyModule_AddFunctions(m, functions); }
