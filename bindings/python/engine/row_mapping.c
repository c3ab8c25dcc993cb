/* BaseRowMapping: a row seen as a mapping, for what is asked per row. The package's RowMapping adds the rest of the protocol.
 *
 * Not watched by the collector while its row is not: rows of plain values are in no cycle. */
#include "python/engine/engine.h"

typedef struct cmpy_row_mapping {
    PyObject_HEAD PyObject *row;
} cmpy_row_mapping;

static PyObject *mapping_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *row;
    if (kwargs && PyDict_GET_SIZE(kwargs)) return PyErr_Format(PyExc_TypeError, "%s() takes no keyword arguments", type->tp_name);
    if (!PyArg_ParseTuple(args, "O!:RowMapping", cmpy_st->Row, &row)) return NULL;
    cmpy_row_mapping *self = (cmpy_row_mapping *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->row = Py_NewRef(row);
    if (!PyObject_GC_IsTracked(row)) PyObject_GC_UnTrack(self);
    return (PyObject *)self;
}

static void mapping_dealloc(PyObject *o) {
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    Py_XDECREF(((cmpy_row_mapping *)o)->row);
    type->tp_free(o);
    Py_DECREF(type);
}

static int mapping_traverse(PyObject *o, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(((cmpy_row_mapping *)o)->row);
    return 0;
}

static PyObject *mapping_item(PyObject *o, PyObject *key) {
    PyObject *row = ((cmpy_row_mapping *)o)->row;
    if (PyLong_Check(key)) {
        cmpy_raise_exc("NoSuchColumnError", "Could not locate column in row for column '%S'", key);
        return NULL;
    }
    Py_ssize_t i = cmpy_row_find(cmpy_row_get_meta(row), key);
    return i < 0 ? NULL : Py_NewRef(PyTuple_GET_ITEM(row, i));
}

static Py_ssize_t mapping_length(PyObject *o) { return PyTuple_GET_SIZE(((cmpy_row_mapping *)o)->row); }

static PyObject *mapping_iter(PyObject *o) { return PyObject_GetIter(cmpy_row_get_meta(((cmpy_row_mapping *)o)->row)->keys); }

static PyMemberDef mapping_members[] = {
    {"_row", T_OBJECT_EX, offsetof(cmpy_row_mapping, row), READONLY, "The row."},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot mapping_slots[] = {
    {Py_tp_doc, "A row by column."},    {Py_tp_new, mapping_new},         {Py_tp_dealloc, mapping_dealloc},
    {Py_tp_traverse, mapping_traverse}, {Py_tp_iter, mapping_iter},       {Py_mp_subscript, mapping_item},
    {Py_mp_length, mapping_length},     {Py_tp_members, mapping_members}, {0, NULL},
};
static PyType_Spec mapping_spec = {"cormorant._core.BaseRowMapping", sizeof(cmpy_row_mapping), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, mapping_slots};

int cmpy_row_mapping_setup(PyObject *m) {
    PyObject *type = PyType_FromModuleAndSpec(m, &mapping_spec, NULL);
    int st = type ? PyModule_AddObjectRef(m, "BaseRowMapping", type) : -1;
    Py_XDECREF(type);
    return st;
}
