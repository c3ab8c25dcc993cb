/* _core.TypeEngine: the base of every Python type object, and the bridge to the core's interned cm_type.
 *
 * A Python type describes itself once, on first use, through `_cm_def()`:
 *     (kind, flags, length, precision, scale, spelling, collation, name, labels, item[, schema])
 * None stands for "none" in every place. Types that only Python understands carry TYPE_HOST; then the object itself is
 * the cm_type's host object and its `_bind`, `_result` and `compare_values` are asked for every value. */
#include "python/schema/schema.h"

#include <string.h>

static PyObject *str_cm_def, *str_default;

/* ---- description -> cm_type */

/* An int field of the description: None gives -1. */
static int field_int(PyObject *def, Py_ssize_t i, int32_t *out) {
    PyObject *v = PyTuple_GET_ITEM(def, i);
    if (v == Py_None) {
        *out = -1;
        return 0;
    }
    long n = PyLong_AsLong(v);
    if (n == -1 && PyErr_Occurred()) return -1;
    if (n < INT32_MIN || n > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "an argument of a type is too large");
        return -1;
    }
    *out = (int32_t)n;
    return 0;
}

static int field_text(PyObject *def, Py_ssize_t i, const char **out) {
    PyObject *v = PyTuple_GET_ITEM(def, i);
    *out = NULL;
    if (v == Py_None) return 0;
    *out = cmpy_c_string(v, "a name");
    return *out ? 0 : -1;
}

static const char **labels_array(PyObject *labels, size_t *n) {
    *n = (size_t)PyTuple_GET_SIZE(labels);
    const char **v = PyMem_Calloc(*n + 1, sizeof *v);
    if (!v) PyErr_NoMemory();
    for (size_t i = 0; v && i < *n; i++) {
        if ((v[i] = cmpy_c_string(PyTuple_GET_ITEM(labels, (Py_ssize_t)i), "a label of an Enum"))) continue;
        PyMem_Free(v);
        v = NULL;
    }
    return v;
}

static int read_def(PyObject *self, PyObject *tuple, cm_type_def *def, const char ***labels) {
    int32_t kind, flags;
    if (!PyTuple_Check(tuple) || (PyTuple_GET_SIZE(tuple) != 10 && PyTuple_GET_SIZE(tuple) != 11)) {
        PyErr_Format(PyExc_TypeError, "%s._cm_def() must answer a tuple of ten or eleven", Py_TYPE(self)->tp_name);
        return -1;
    }
    if (field_int(tuple, 0, &kind) || field_int(tuple, 1, &flags) || field_int(tuple, 2, &def->length) ||
        field_int(tuple, 3, &def->precision) || field_int(tuple, 4, &def->scale) || field_text(tuple, 5, &def->spelling) ||
        field_text(tuple, 6, &def->collation) || field_text(tuple, 7, &def->name) ||
        (PyTuple_GET_SIZE(tuple) == 11 && field_text(tuple, 10, &def->schema)))
        return -1;
    def->kind = (cm_type_kind)kind;
    def->flags = (uint32_t)flags;
    if (PyTuple_GET_ITEM(tuple, 8) != Py_None) {
        if (!PyTuple_Check(PyTuple_GET_ITEM(tuple, 8))) {
            PyErr_SetString(PyExc_TypeError, "the labels of a type must be a tuple");
            return -1;
        }
        *labels = labels_array(PyTuple_GET_ITEM(tuple, 8), &def->nlabels);
        if (!*labels) return -1;
        def->labels = *labels;
    }
    if (PyTuple_GET_ITEM(tuple, 9) != Py_None && !(def->item = cmpy_type_get(PyTuple_GET_ITEM(tuple, 9)))) return -1;
    const uint32_t asks = CM_TYPE_HOST | CM_TYPE_COMPARATOR | CM_TYPE_VARIES | CM_TYPE_SPELLED | CM_TYPE_BIND_EXPR | CM_TYPE_COLUMN_EXPR;
    if ((def->flags & asks) || def->kind == CM_T_USER) def->host = self;
    return 0;
}

static const cm_type *make_type(cmpy_type *self) {
    PyObject *tuple = PyObject_CallMethodNoArgs((PyObject *)self, str_cm_def);
    if (!tuple) return NULL;
    cm_type_def def = {0};
    const char **labels = NULL;
    const cm_type *type = NULL;
    if (read_def((PyObject *)self, tuple, &def, &labels) == 0) {
        cm_status st = cm_type_get(cmpy_cx(), &def, &type);
        if (st != CM_OK) cmpy_raise(cmpy_cx(), st);
    }
    PyMem_Free(labels);
    Py_DECREF(tuple);
    return type;
}

/* Remembers which Python object first stood for a type, so that nodes made by the core answer it again. */
static int remember(PyObject *self, const cm_type *type) {
    if (cm_type_get_def(type)->host) return 0;
    PyObject *serial = PyLong_FromUnsignedLongLong(cm_type_serial(type));
    int st = serial && PyDict_SetDefault(cmpy_st->types_by_serial, serial, self) ? 0 : -1;
    Py_XDECREF(serial);
    return st;
}

static const cm_type *type_of_object(cmpy_type *self) {
    if (self->type) return self->type;
    const cm_type *type = make_type(self);
    if (!type) return NULL;
    if (remember((PyObject *)self, type) < 0) {
        cm_type_release(cmpy_cx(), type);
        return NULL;
    }
    if (self->type) cm_type_release(cmpy_cx(), type); /* made meanwhile, by what _cm_def called */
    else self->type = type;
    return self->type;
}

/* A type learned something of itself (the schema it lies in): it is described anew. What was made with it keeps the old one. */
static PyObject *forget_type(PyObject *m, PyObject *type) {
    (void)m;
    if (!PyObject_TypeCheck(type, (PyTypeObject *)cmpy_st->TypeEngine)) {
        PyErr_Format(PyExc_TypeError, "an SQL type was expected, not %R", type);
        return NULL;
    }
    cmpy_type *self = (cmpy_type *)type;
    const cm_type *old = self->type;
    self->type = NULL;
    if (old) cm_type_release(cmpy_cx(), old);
    Py_RETURN_NONE;
}

/* The instance that a class without arguments stands for: made once and kept by the class. Borrowed. */
static PyObject *default_instance(PyObject *cls) {
    PyObject *own = PyDict_GetItemWithError(((PyTypeObject *)cls)->tp_dict, str_default);
    if (own || PyErr_Occurred()) return own;
    PyObject *made = PyObject_CallNoArgs(cls);
    if (!made) return NULL;
    int st = PyObject_SetAttr(cls, str_default, made);
    Py_DECREF(made);
    return st < 0 ? NULL : made;
}

const cm_type *cmpy_type_get(PyObject *type) {
    if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, (PyTypeObject *)cmpy_st->TypeEngine)) {
        type = default_instance(type);
        if (!type) return NULL;
    }
    if (!PyObject_TypeCheck(type, (PyTypeObject *)cmpy_st->TypeEngine)) {
        PyErr_Format(PyExc_TypeError, "an SQL type was expected, not %R", type);
        return NULL;
    }
    return type_of_object((cmpy_type *)type);
}

/* ---- cm_type -> object */

static PyObject *none_or_int(int32_t n) { return n < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(n); }
static PyObject *none_or_text(const char *s) { return s ? PyUnicode_FromString(s) : Py_NewRef(Py_None); }

static PyObject *labels_tuple(const cm_type_def *def) {
    PyObject *labels = PyTuple_New((Py_ssize_t)def->nlabels);
    for (size_t i = 0; labels && i < def->nlabels; i++) {
        PyObject *label = PyUnicode_FromString(def->labels[i]);
        if (label) PyTuple_SET_ITEM(labels, (Py_ssize_t)i, label);
        else Py_CLEAR(labels);
    }
    return labels;
}

PyObject *cmpy_type_object(const cm_type *type) {
    if (!type) return Py_NewRef(Py_None);
    const cm_type_def *def = cm_type_get_def(type);
    if (def->host) return Py_NewRef((PyObject *)def->host);
    PyObject *serial = PyLong_FromUnsignedLongLong(cm_type_serial(type));
    if (!serial) return NULL;
    PyObject *known = PyDict_GetItemWithError(cmpy_st->types_by_serial, serial);
    if (known || PyErr_Occurred()) {
        Py_DECREF(serial);
        return Py_XNewRef(known);
    }
    PyObject *hook = cmpy_hook(CMPY_HOOK_make_type);
    PyObject *item = cmpy_type_object(def->item), *labels = labels_tuple(def), *made = NULL;
    if (hook && item && labels)
        made = PyObject_CallFunction(hook, "iINNNNNNOO", (int)def->kind, def->flags, none_or_int(def->length), none_or_int(def->precision),
                                     none_or_int(def->scale), none_or_text(def->spelling), none_or_text(def->collation),
                                     none_or_text(def->name), labels, item);
    else if (!PyErr_Occurred()) made = Py_NewRef(Py_None);
    if (made && made != Py_None && PyObject_TypeCheck(made, (PyTypeObject *)cmpy_st->TypeEngine)) {
        cmpy_type *o = (cmpy_type *)made;
        if (!o->type) {
            o->type = type;
            cm_type_retain(cmpy_cx(), type);
        }
        if (PyDict_SetItem(cmpy_st->types_by_serial, serial, made) < 0) Py_CLEAR(made);
    }
    Py_XDECREF(labels);
    Py_XDECREF(item);
    Py_DECREF(serial);
    return made;
}

const cm_type *cmpy_literal_type(PyObject *value) {
    PyObject *found = PyDict_GetItemWithError(cmpy_st->literal_types, (PyObject *)Py_TYPE(value));
    PyObject *mro = Py_TYPE(value)->tp_mro;
    for (Py_ssize_t i = 1; !found && mro && i < PyTuple_GET_SIZE(mro); i++)
        found = PyDict_GetItemWithError(cmpy_st->literal_types, PyTuple_GET_ITEM(mro, i));
    const cm_type *type = found ? cmpy_type_get(found) : NULL;
    if (type) return type;
    PyErr_Clear();
    return cm_type_basic(cmpy_cx(), CM_T_NULL);
}

/* ---- what the compiler asks of types */

/* type._stored_on(dialect name, dialect object or None) -> the type object that stores the values there */
cm_status cmpy_type_for(cm_ctx *cx, const cm_type *type, const cm_dialect *dialect, void *host_dialect, const cm_type **out) {
    PyObject *self = cmpy_type_object(type);
    PyObject *stored =
        self ? PyObject_CallMethod(self, "_stored_on", "sO", cm_dialect_name(dialect), host_dialect ? host_dialect : Py_None) : NULL;
    const cm_type *found = stored ? cmpy_type_get(stored) : NULL;
    if (found) cm_type_retain(cx, *out = found);
    Py_XDECREF(stored);
    Py_XDECREF(self);
    return found ? CM_OK : CM_E_HOST;
}

/* type._spell_on(dialect name) -> text */
cm_status cmpy_type_spell(cm_ctx *cx, const cm_type *type, cm_compiler *c) {
    (void)cx;
    PyObject *text = PyObject_CallMethod(cmpy_host_type(cm_type_get_def(type)), "_spell_on", "s", cm_dialect_name(cm_compiler_dialect(c)));
    Py_ssize_t n;
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (p) cm_compiler_write(c, p, (size_t)n);
    Py_XDECREF(text);
    return p ? CM_OK : CM_E_HOST;
}

/* ---- the Python type */

static int TypeEngine_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_type *self = (cmpy_type *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->dict);
    return 0;
}

static int TypeEngine_clear(PyObject *o) {
    Py_CLEAR(((cmpy_type *)o)->dict);
    return 0;
}

static void TypeEngine_dealloc(PyObject *o) {
    cmpy_type *self = (cmpy_type *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (self->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(self->dict);
    if (self->type) cm_type_release(cmpy_cx(), self->type);
    type->tp_free(o);
    Py_DECREF(type);
}

static PyObject *TypeEngine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args;
    (void)kwargs; /* __init__ of the Python class takes them */
    return type->tp_alloc(type, 0);
}

static int TypeEngine_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    if (PyTuple_GET_SIZE(args) || (kwargs && PyDict_GET_SIZE(kwargs))) {
        PyErr_Format(PyExc_TypeError, "%s() takes no arguments", Py_TYPE(self)->tp_name);
        return -1;
    }
    return 0;
}

static PyObject *TypeEngine_serial(PyObject *self, void *closure) {
    (void)closure;
    const cm_type *type = type_of_object((cmpy_type *)self);
    return type ? PyLong_FromUnsignedLongLong(cm_type_serial(type)) : NULL;
}

static PyMemberDef TypeEngine_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_type, weak), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(cmpy_type, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyGetSetDef TypeEngine_getset[] = {
    {"_serial", TypeEngine_serial, NULL, "Number of the core's type: equal types have equal numbers.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot TypeEngine_slots[] = {
    {Py_tp_doc, "Base of all SQL types."}, {Py_tp_new, TypeEngine_new},           {Py_tp_init, TypeEngine_init},
    {Py_tp_dealloc, TypeEngine_dealloc},   {Py_tp_traverse, TypeEngine_traverse}, {Py_tp_clear, TypeEngine_clear},
    {Py_tp_members, TypeEngine_members},   {Py_tp_getset, TypeEngine_getset},     {0, NULL},
};
static PyType_Spec TypeEngine_spec = {"cormorant._core.TypeEngine", sizeof(cmpy_type), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, TypeEngine_slots};

/* ---- module functions */

static PyObject *register_literal_types(PyObject *m, PyObject *types) {
    (void)m;
    if (!PyDict_Check(types)) {
        PyErr_SetString(PyExc_TypeError, "register_literal_types() takes a dictionary of classes and types");
        return NULL;
    }
    if (PyDict_Update(cmpy_st->literal_types, types) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *literal_type(PyObject *m, PyObject *value) {
    (void)m;
    return cmpy_type_object(cmpy_literal_type(value));
}

/* type_ddl(type, dialect_name) -> str */
static PyObject *type_ddl(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *object;
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "O|z:type_ddl", &object, &name)) return NULL;
    const cm_type *type = cmpy_type_get(object);
    const cm_dialect *dialect = name ? cm_dialect_find(name) : cm_dialect_default();
    cm_compiled *compiled = NULL;
    if (!type) return NULL;
    if (!dialect) return PyErr_Format(PyExc_LookupError, "there is no dialect \"%s\"", name);
    CMPY_TRY(cmpy_cx(), cm_ddl_type(cmpy_cx(), dialect, type, &compiled));
    size_t n;
    const char *sql = cm_compiled_sql(compiled, &n);
    PyObject *text = PyUnicode_FromStringAndSize(sql, (Py_ssize_t)n);
    cm_compiled_free(cmpy_cx(), compiled);
    return text;
}

static PyObject *has_dialect(PyObject *m, PyObject *name) {
    (void)m;
    const char *text = cmpy_c_string(name, "the name of a dialect");
    return text ? PyBool_FromLong(cm_dialect_find(text) != NULL) : NULL;
}

/* set_json(dumps or None, loads or None) */
static PyObject *set_json(PyObject *m, PyObject *args) {
    (void)m;
    PyObject *dumps, *loads;
    if (!PyArg_ParseTuple(args, "OO:set_json", &dumps, &loads)) return NULL;
    if (dumps != Py_None) Py_XSETREF(cmpy_st->json_dumps, Py_NewRef(dumps));
    if (loads != Py_None) Py_XSETREF(cmpy_st->json_loads, Py_NewRef(loads));
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"set_json", set_json, METH_VARARGS,
     "set_json($module, dumps, loads, /)\n--\n\nFunctions that write and read JSON documents; None leaves one as it is."},
    {"register_literal_types", register_literal_types, METH_O,
     "register_literal_types($module, types, /)\n--\n\nSays which type a bare Python value gets, by its class."},
    {"literal_type", literal_type, METH_O, "literal_type($module, value, /)\n--\n\nThe type a bare value gets."},
    {"forget_type", forget_type, METH_O, "forget_type($module, type, /)\n--\n\nLets a type describe itself anew, because it changed."},
    {"has_dialect", has_dialect, METH_O, "has_dialect($module, name, /)\n--\n\nWhether the core writes SQL for a database."},
    {"type_ddl", type_ddl, METH_VARARGS, "type_ddl($module, type, dialect=None, /)\n--\n\nSpelling of a type in DDL."},
    {NULL, NULL, 0, NULL},
};

static int add_constants(PyObject *m) {
    static const struct {
        const char *name;
        long value;
    } constants[] = {
#define CM_X(name, value, visit, kind) {#name, value},
        CM_TYPE_LIST(CM_X)
#undef CM_X
            {"CM_TYPE_TIMEZONE", CM_TYPE_TIMEZONE},
        {"CM_TYPE_AS_DECIMAL", CM_TYPE_AS_DECIMAL},
        {"CM_TYPE_NATIVE", CM_TYPE_NATIVE},
        {"CM_TYPE_CHECK", CM_TYPE_CHECK},
        {"CM_TYPE_HOST", CM_TYPE_HOST},
        {"CM_TYPE_COMPARATOR", CM_TYPE_COMPARATOR},
        {"CM_TYPE_NO_CACHE", CM_TYPE_NO_CACHE},
        {"CM_TYPE_FIXED", CM_TYPE_FIXED},
        {"CM_TYPE_NONE_IS_NULL", CM_TYPE_NONE_IS_NULL},
        {"CM_TYPE_UUID_TEXT", CM_TYPE_UUID_TEXT},
        {"CM_TYPE_VARIES", CM_TYPE_VARIES},
        {"CM_TYPE_SPELLED", CM_TYPE_SPELLED},
        {"CM_TYPE_BIND_EXPR", CM_TYPE_BIND_EXPR},
        {"CM_TYPE_COLUMN_EXPR", CM_TYPE_COLUMN_EXPR},
        {"CM_TYPE_AS_TUPLE", CM_TYPE_AS_TUPLE},
        {"CM_TYPE_EXISTS", CM_TYPE_EXISTS},
        {"CM_TYPE_BIND_CAST", CM_TYPE_BIND_CAST},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) /* CM_T_INTEGER becomes _core.T_INTEGER */
        if (PyModule_AddIntConstant(m, constants[i].name + 3, constants[i].value) < 0) return -1;
    return 0;
}

int cmpy_type_setup(PyObject *m) {
    if (cmpy_values_setup() < 0 || cmpy_decode_setup() < 0) return -1;
    if (!(str_cm_def = PyUnicode_InternFromString("_cm_def")) || !(str_default = PyUnicode_InternFromString("_cm_default"))) return -1;
    if (!cmpy_st->types_by_serial && !(cmpy_st->types_by_serial = PyDict_New())) return -1;
    if (!cmpy_st->literal_types && !(cmpy_st->literal_types = PyDict_New())) return -1;
    if (!(cmpy_st->TypeEngine = PyType_FromModuleAndSpec(m, &TypeEngine_spec, NULL))) return -1;
    if (PyModule_AddObjectRef(m, "TypeEngine", cmpy_st->TypeEngine) < 0) return -1;
    return add_constants(m) < 0 ? -1 : PyModule_AddFunctions(m, functions);
}
