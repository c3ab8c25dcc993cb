/* Values on their way to the database: Python object -> cm_value, by the kind of the column's type.
 *
 * Lenient and lossless: what the database itself would convert without loss is converted here (decimal text for a
 * number, a number for a text column, bool for Integer); what cannot be is refused before anything is sent, as a
 * StatementError around the builtin exception, the way the reference reports it. Slices in the answer are borrowed from
 * the value or lie in the scratch arena. CM_TYPE_HOST types are asked first (`TypeEngine._bind`), then their item type
 * encodes what they answered.
 *
 * The other direction is decode.c. Host callbacks about values that are not per column (sequence, mapping, hash, default)
 * stand at the end. */
#include "python/schema/schema.h"

#include <datetime.h>
#include <string.h>

static cm_status encode_as(cm_ctx *cx, const cm_type *type, PyObject *v, cm_arena *scratch, cm_value *out);

static PyObject *str_bind, *str_compare_values;

static PyObject *import_once(PyObject **slot, const char *module, const char *name) {
    if (*slot) return *slot;
    PyObject *m = PyImport_ImportModule(module);
    if (!m) return NULL;
    *slot = PyObject_GetAttrString(m, name);
    Py_DECREF(m);
    return *slot;
}

int cmpy_values_setup(void) {
    PyDateTime_IMPORT;
    str_bind = PyUnicode_InternFromString("_bind");
    str_compare_values = PyUnicode_InternFromString("compare_values");
    return PyDateTimeAPI && str_bind && str_compare_values && import_once(&cmpy_st->enum_type, "enum", "Enum") ? 0 : -1;
}

PyObject *cmpy_decimal_type(void) { return import_once(&cmpy_st->decimal_type, "decimal", "Decimal"); }
PyObject *cmpy_uuid_type(void) { return import_once(&cmpy_st->uuid_type, "uuid", "UUID"); }
PyObject *cmpy_json_dumps(void) { return import_once(&cmpy_st->json_dumps, "json", "dumps"); }
PyObject *cmpy_json_loads(void) { return import_once(&cmpy_st->json_loads, "json", "loads"); }

/* ---- refusals */

/* Turns the pending exception into StatementError("(module.Class) text") around it. Overflows, the package's own errors
 * and exceptions marked DontWrapMixin pass as they are. Answers CM_E_HOST. */
static bool is_driver_overflow(PyObject *value) {
    if (!PyObject_IsInstance(value, PyExc_OverflowError)) return false;
    PyObject *text = PyObject_Str(value);
    const char *p = text ? PyUnicode_AsUTF8(text) : NULL;
    bool conversion = p && strcmp(p, "int too large to convert to float") == 0;
    if (!p) PyErr_Clear();
    Py_XDECREF(text);
    return !conversion;
}

cm_status cmpy_wrap_pending(void) {
    PyObject *type = NULL, *value = NULL, *trace = NULL, *text = NULL, *module = NULL, *wrapped = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace) PyException_SetTraceback(value, trace);
    PyObject *statement_error = cmpy_exc_class("StatementError"), *base = cmpy_exc_class("SQLAlchemyError");
    PyObject *dont_wrap = cmpy_exc_class("DontWrapMixin");
    if (!statement_error || !base || !dont_wrap || !PyObject_IsInstance(value, PyExc_Exception) || PyObject_IsInstance(value, base) ||
        PyObject_IsInstance(value, dont_wrap) || is_driver_overflow(value) || PyObject_IsInstance(value, PyExc_MemoryError)) {
        PyErr_Clear();
        PyErr_Restore(type, value, trace);
        return CM_E_HOST;
    }
    module = PyObject_GetAttrString((PyObject *)Py_TYPE(value), "__module__");
    if (module) text = PyUnicode_FromFormat("(%U.%s) %S", module, Py_TYPE(value)->tp_name, value);
    if (text) wrapped = PyObject_CallFunction(statement_error, "OOOO", text, Py_None, Py_None, value);
    if (wrapped) {
        PyException_SetCause(wrapped, Py_NewRef(value));
        PyErr_SetObject((PyObject *)Py_TYPE(wrapped), wrapped);
    }
    Py_XDECREF(wrapped);
    Py_XDECREF(text);
    Py_XDECREF(module);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return CM_E_HOST;
}

static cm_status refuse(PyObject *cls, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyErr_FormatV(cls, format, ap);
    va_end(ap);
    return CM_E_HOST;
}

/* A kind of object no database takes: the database interface's own ProgrammingError, wrapped as execution wraps it. */
static cm_status refuse_kind(cm_ctx *cx, PyObject *v) {
    PyObject *module = NULL, *cls = NULL, *orig = NULL, *exc = NULL;
    PyObject *wrapper = cmpy_exc_class("ProgrammingError");
    const char *driver = cx ? cm_ctx_driver(cx) : NULL;
    char path[80] = "cormorant.dbapi";
    if (driver && strcmp(driver, "sqlite") != 0) PyOS_snprintf(path, sizeof path, "cormorant.dialects.%s.dbapi", driver);
    if (wrapper && (module = PyImport_ImportModule(path))) cls = PyObject_GetAttrString(module, "ProgrammingError");
    if (cls) {
        PyObject *text = PyUnicode_FromFormat("Error binding parameter: type '%s' is not supported", Py_TYPE(v)->tp_name);
        if (text) orig = PyObject_CallOneArg(cls, text);
        Py_XDECREF(text);
    }
    if (orig) exc = PyObject_CallFunction(wrapper, "OOO", Py_None, Py_None, orig);
    if (exc) PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
    Py_XDECREF(exc);
    Py_XDECREF(orig);
    Py_XDECREF(cls);
    Py_XDECREF(module);
    return CM_E_HOST;
}

/* ---- small pieces */

static cm_status set_text(PyObject *s, cm_value *out) {
    Py_ssize_t n;
    const char *p = PyUnicode_AsUTF8AndSize(s, &n);
    if (!p) return CM_E_HOST;
    out->kind = CM_TEXT;
    out->ascii = PyUnicode_IS_ASCII(s);
    out->u.s.p = p;
    out->u.s.n = (size_t)n;
    return CM_OK;
}

/* Text made on the way: copied into scratch, since the object that holds it goes. take_s: consumed, NULL passes. */
static cm_status set_made_text(PyObject *take_s, cm_arena *scratch, cm_value *out) {
    if (!take_s) return CM_E_HOST;
    cm_status st =
        PyUnicode_Check(take_s) ? set_text(take_s, out) : refuse(PyExc_TypeError, "text was expected, not %s", Py_TYPE(take_s)->tp_name);
    if (st == CM_OK) {
        char *copy = cm_arena_alloc(scratch, out->u.s.n + 1);
        if (!copy) st = CM_E_NOMEM;
        else {
            memcpy(copy, out->u.s.p, out->u.s.n);
            out->u.s.p = copy;
        }
    }
    Py_DECREF(take_s);
    return st;
}

static bool for_sqlite(const cm_ctx *cx) {
    const char *driver = cx ? cm_ctx_driver(cx) : NULL;
    return !driver || strcmp(driver, "sqlite") == 0;
}

/* More than 64 bits are digits for a server, which may have a place for them; SQLite has none. */
static cm_status set_int(cm_ctx *cx, PyObject *v, cm_arena *scratch, cm_value *out) {
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(v, &overflow);
    if (overflow && for_sqlite(cx)) return refuse(PyExc_OverflowError, "Python int too large to convert to SQLite INTEGER");
    if (overflow) {
        cm_status st = set_made_text(PyObject_Str(v), scratch, out);
        out->kind = CM_DECIMAL;
        return st;
    }
    if (i == -1 && PyErr_Occurred()) return CM_E_HOST;
    out->kind = CM_INT;
    out->u.i = i;
    return CM_OK;
}

static cm_status set_double(double d, cm_value *out) {
    out->kind = CM_DOUBLE;
    out->u.d = d;
    return CM_OK;
}

static void set_date_fields(PyObject *v, cm_value *out) {
    memset(&out->u.t, 0, sizeof out->u.t);
    out->u.t.year = (int16_t)PyDateTime_GET_YEAR(v);
    out->u.t.month = (uint8_t)PyDateTime_GET_MONTH(v);
    out->u.t.day = (uint8_t)PyDateTime_GET_DAY(v);
}

/* Offset of an aware datetime or time; naive ones keep none. */
static cm_status set_offset(PyObject *v, cm_value *out) {
    PyObject *delta = PyObject_CallMethod(v, "utcoffset", NULL);
    if (!delta) return CM_E_HOST;
    if (delta != Py_None) {
        out->u.t.has_offset = 1;
        out->u.t.offset_s = PyDateTime_DELTA_GET_DAYS(delta) * 86400 + PyDateTime_DELTA_GET_SECONDS(delta);
    }
    Py_DECREF(delta);
    return CM_OK;
}

static cm_status set_datetime(PyObject *v, bool zone, cm_value *out) {
    set_date_fields(v, out);
    out->kind = CM_DATETIME;
    out->u.t.hour = (uint8_t)PyDateTime_DATE_GET_HOUR(v);
    out->u.t.minute = (uint8_t)PyDateTime_DATE_GET_MINUTE(v);
    out->u.t.second = (uint8_t)PyDateTime_DATE_GET_SECOND(v);
    out->u.t.micro = (uint32_t)PyDateTime_DATE_GET_MICROSECOND(v);
    return zone ? set_offset(v, out) : CM_OK;
}

static cm_status set_time(PyObject *v, bool zone, cm_value *out) {
    memset(&out->u.t, 0, sizeof out->u.t);
    out->kind = CM_TIME;
    out->u.t.hour = (uint8_t)PyDateTime_TIME_GET_HOUR(v);
    out->u.t.minute = (uint8_t)PyDateTime_TIME_GET_MINUTE(v);
    out->u.t.second = (uint8_t)PyDateTime_TIME_GET_SECOND(v);
    out->u.t.micro = (uint32_t)PyDateTime_TIME_GET_MICROSECOND(v);
    return zone ? set_offset(v, out) : CM_OK;
}

static cm_status set_interval(PyObject *v, cm_value *out) {
    int64_t s = (int64_t)PyDateTime_DELTA_GET_DAYS(v) * 86400 + PyDateTime_DELTA_GET_SECONDS(v);
    out->kind = CM_INTERVAL;
    out->u.i = s * 1000000 + PyDateTime_DELTA_GET_MICROSECONDS(v);
    return CM_OK;
}

/* True for what decimal.Decimal and SQL both read as a number: -12.50, 1e-3. Spaces around are allowed, as databases do. */
static bool is_number_text(const char *p, size_t n, bool *integral) {
    size_t i = 0, digits = 0;
    *integral = true;
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\n' || p[n - 1] == '\t' || p[n - 1] == '\r')) n--;
    while (i < n && (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r')) i++;
    if (i < n && (p[i] == '-' || p[i] == '+')) i++;
    for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) digits++;
    if (i < n && p[i] == '.') {
        *integral = false;
        for (i++; i < n && p[i] >= '0' && p[i] <= '9'; i++) digits++;
    }
    if (!digits) return false;
    if (i < n && (p[i] == 'e' || p[i] == 'E')) {
        *integral = false;
        if (++i < n && (p[i] == '-' || p[i] == '+')) i++;
        if (i == n) return false;
        while (i < n && p[i] >= '0' && p[i] <= '9') i++;
    }
    return i == n;
}

static bool is_decimal(PyObject *v) {
    PyObject *cls = cmpy_st->decimal_type;
    if (!cls) { /* nobody made one through us; look whether the module is there at all */
        if (strcmp(Py_TYPE(v)->tp_name, "decimal.Decimal") && strcmp(Py_TYPE(v)->tp_name, "Decimal")) return false;
        cls = cmpy_decimal_type();
        if (!cls) {
            PyErr_Clear();
            return false;
        }
    }
    return PyObject_TypeCheck(v, (PyTypeObject *)cls);
}

static bool is_uuid(PyObject *v) {
    if (strcmp(Py_TYPE(v)->tp_name, "UUID") && !cmpy_st->uuid_type) return false;
    PyObject *cls = cmpy_uuid_type();
    if (!cls) {
        PyErr_Clear();
        return false;
    }
    return PyObject_TypeCheck(v, (PyTypeObject *)cls);
}

bool cmpy_value_may_cycle(PyObject *value) {
    PyTypeObject *t = Py_TYPE(value);
    if (!PyType_IS_GC(t) || PyObject_TypeCheck(value, (PyTypeObject *)cmpy_st->enum_type)) return false;
    return !is_uuid(value) || (PyObject *)t != cmpy_st->uuid_type; /* subclasses have a dictionary */
}

/* An object with __index__ (numpy integers) as an int; new reference or NULL without exception. */
static PyObject *as_index(PyObject *v) {
    if (!PyIndex_Check(v)) return NULL;
    PyObject *i = PyNumber_Index(v);
    if (!i) PyErr_Clear();
    return i;
}

/* An object with __float__ (numpy floats); false without exception when it is none. */
static bool as_float(PyObject *v, double *out) {
    if (!Py_TYPE(v)->tp_as_number || !Py_TYPE(v)->tp_as_number->nb_float) return false;
    *out = PyFloat_AsDouble(v);
    if (*out == -1.0 && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return true;
}

/* ---- one function per family of types */

static cm_status encode_integer(cm_ctx *cx, PyObject *v, cm_arena *scratch, cm_value *out) {
    if (PyLong_Check(v)) return set_int(cx, v, scratch, out);
    if (PyUnicode_Check(v)) {
        bool integral;
        Py_ssize_t n;
        const char *p = PyUnicode_AsUTF8AndSize(v, &n);
        if (!p) return CM_E_HOST;
        if (!is_number_text(p, (size_t)n, &integral)) return refuse(PyExc_ValueError, "invalid value for an integer column: %R", v);
        PyObject *number = integral ? PyLong_FromUnicodeObject(v, 10) : PyFloat_FromString(v);
        if (!number) return CM_E_HOST;
        cm_status st = encode_integer(cx, number, scratch, out);
        Py_DECREF(number);
        return st;
    }
    if (PyFloat_Check(v)) {
        double d = PyFloat_AS_DOUBLE(v);
        if (d >= -9007199254740992.0 && d <= 9007199254740992.0 && d == (double)(int64_t)d) {
            out->kind = CM_INT;
            out->u.i = (int64_t)d;
            return CM_OK;
        }
        return set_double(d, out);
    }
    if (is_decimal(v)) {
        PyObject *f = PyNumber_Float(v);
        if (!f) return CM_E_HOST;
        cm_status st = encode_integer(cx, f, scratch, out);
        Py_DECREF(f);
        return st;
    }
    PyObject *i = as_index(v);
    if (!i) return refuse_kind(cx, v);
    cm_status st = set_int(cx, i, scratch, out);
    Py_DECREF(i);
    return st;
}

static cm_status encode_number(const cm_type_def *def, PyObject *v, cm_arena *scratch, cm_value *out) {
    bool exact = def->kind == CM_T_NUMERIC;
    if (PyFloat_Check(v)) return set_double(PyFloat_AS_DOUBLE(v), out);
    if (PyLong_Check(v)) {
        if (!exact) {
            double d = PyLong_AsDouble(v);
            return d == -1.0 && PyErr_Occurred() ? CM_E_HOST : set_double(d, out);
        }
        int overflow;
        long long i = PyLong_AsLongLongAndOverflow(v, &overflow);
        if (!overflow) {
            out->kind = CM_INT;
            out->u.i = i;
            return CM_OK;
        }
        cm_status st = set_made_text(PyObject_Str(v), scratch, out);
        out->kind = CM_DECIMAL;
        return st;
    }
    if (PyUnicode_Check(v)) {
        bool integral;
        Py_ssize_t n;
        const char *p = PyUnicode_AsUTF8AndSize(v, &n);
        if (!p) return CM_E_HOST;
        if (!is_number_text(p, (size_t)n, &integral)) return refuse(PyExc_ValueError, "could not convert string to float: %R", v);
        if (exact) {
            cm_status st = set_made_text(PyObject_CallMethod(v, "strip", NULL), scratch, out);
            out->kind = CM_DECIMAL;
            return st;
        }
        PyObject *f = PyFloat_FromString(v);
        if (!f) return CM_E_HOST;
        set_double(PyFloat_AS_DOUBLE(f), out);
        Py_DECREF(f);
        return CM_OK;
    }
    if (exact && is_decimal(v)) {
        cm_status st = set_made_text(PyObject_Str(v), scratch, out);
        out->kind = CM_DECIMAL;
        return st;
    }
    double d;
    return as_float(v, &d) ? set_double(d, out) : refuse(PyExc_TypeError, "must be a real number, not %s", Py_TYPE(v)->tp_name);
}

static cm_status set_buffer(PyObject *v, cm_arena *scratch, cm_value *out) {
    Py_buffer view;
    if (PyObject_GetBuffer(v, &view, PyBUF_SIMPLE) < 0) return CM_E_HOST;
    char *copy = cm_arena_alloc(scratch, (size_t)view.len + 1);
    if (copy) memcpy(copy, view.buf, (size_t)view.len);
    out->kind = CM_BLOB;
    out->u.s.p = copy;
    out->u.s.n = (size_t)view.len;
    PyBuffer_Release(&view);
    return copy ? CM_OK : CM_E_NOMEM;
}

static cm_status encode_blob(PyObject *v, cm_arena *scratch, cm_value *out) {
    if (PyBytes_Check(v)) {
        out->kind = CM_BLOB;
        out->u.s.p = PyBytes_AS_STRING(v);
        out->u.s.n = (size_t)PyBytes_GET_SIZE(v);
        return CM_OK;
    }
    if (PyObject_CheckBuffer(v)) return set_buffer(v, scratch, out);
    return refuse(PyExc_TypeError, "memoryview: a bytes-like object is required, not '%s'", Py_TYPE(v)->tp_name);
}

static cm_status encode_text(cm_ctx *cx, PyObject *v, cm_arena *scratch, cm_value *out) {
    if (PyUnicode_Check(v)) return set_text(v, out);
    if (PyBool_Check(v)) return set_made_text(PyUnicode_FromString(v == Py_True ? "1" : "0"), scratch, out);
    if (PyLong_Check(v) || PyFloat_Check(v)) return set_made_text(PyObject_Str(v), scratch, out);
    if (PyBytes_Check(v) || PyObject_CheckBuffer(v)) return encode_blob(v, scratch, out);
    if (PyDateTime_Check(v)) return set_made_text(PyObject_CallMethod(v, "isoformat", "s", " "), scratch, out);
    if (PyDate_Check(v)) return set_made_text(PyObject_CallMethod(v, "isoformat", NULL), scratch, out);
    return refuse_kind(cx, v);
}

static cm_status encode_boolean(PyObject *v, cm_value *out) {
    out->kind = CM_BOOL;
    if (PyBool_Check(v)) {
        out->u.i = v == Py_True;
        return CM_OK;
    }
    double d;
    if (PyUnicode_Check(v) || PyBytes_Check(v) || !as_float(v, &d)) return refuse(PyExc_TypeError, "Not a boolean value: %R", v);
    if (d != 0.0 && d != 1.0) return refuse(PyExc_ValueError, "Value %S is not None, True, or False", v);
    out->u.i = d == 1.0;
    return CM_OK;
}

static cm_status encode_uuid(PyObject *v, cm_arena *scratch, cm_value *out) {
    PyObject *made = NULL, *bytes = NULL;
    cm_status st = CM_E_HOST;
    if (PyUnicode_Check(v)) {
        PyObject *cls = cmpy_uuid_type();
        if (!cls || !(made = PyObject_CallOneArg(cls, v))) goto done;
        v = made;
    } else if (!is_uuid(v)) {
        refuse(PyExc_AttributeError, "'%s' object has no attribute 'hex'", Py_TYPE(v)->tp_name);
        goto done;
    }
    bytes = PyObject_GetAttrString(v, "bytes");
    if (!bytes || !PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != 16) goto done;
    out->kind = CM_UUID;
    memcpy(out->u.uuid, PyBytes_AS_STRING(bytes), 16);
    st = CM_OK;
done:
    (void)scratch;
    Py_XDECREF(bytes);
    Py_XDECREF(made);
    return st;
}

static cm_status encode_json(PyObject *v, cm_arena *scratch, cm_value *out) {
    PyObject *null = cmpy_st->hooks[CMPY_HOOK_json_null], *dumps = cmpy_json_dumps();
    if (!dumps) return CM_E_HOST;
    if (v == null || v == Py_None) {
        *out = (cm_value){.kind = CM_JSON, .ascii = 1, .u.s = {"null", 4}};
        return CM_OK;
    }
    cm_status st = set_made_text(PyObject_CallOneArg(dumps, v), scratch, out);
    if (st == CM_OK) out->kind = CM_JSON;
    return st;
}

/* Servers read moments from text themselves; SQLite would keep whatever it is given. */
static cm_status encode_moment(cm_ctx *cx, const cm_type_def *def, PyObject *v, cm_value *out) {
    bool zone = def->flags & CM_TYPE_TIMEZONE;
    const char *whose = for_sqlite(cx) ? "SQLite " : "";
    if (!*whose && PyUnicode_Check(v)) return set_text(v, out);
    switch (def->kind) {
    case CM_T_DATE:
        if (!PyDate_Check(v)) return refuse(PyExc_TypeError, "%sDate type only accepts Python date objects as input.", whose);
        set_date_fields(v, out);
        out->kind = CM_DATE;
        return CM_OK;
    case CM_T_TIME:
        if (!PyTime_Check(v)) return refuse(PyExc_TypeError, "%sTime type only accepts Python time objects as input.", whose);
        return set_time(v, zone, out);
    case CM_T_INTERVAL:
        if (!PyDelta_Check(v))
            return refuse(PyExc_TypeError, "Interval type only accepts Python timedelta objects as input, not %s", Py_TYPE(v)->tp_name);
        return set_interval(v, out);
    default:
        if (PyDateTime_Check(v)) return set_datetime(v, zone, out);
        if (!PyDate_Check(v))
            return refuse(PyExc_TypeError, "%sDateTime type only accepts Python datetime and date objects as input.", whose);
        set_date_fields(v, out);
        out->kind = CM_DATETIME;
        return CM_OK;
    }
}

/* A value for a place of unknown type: what it is decides. */
static cm_status encode_free(cm_ctx *cx, PyObject *v, cm_arena *scratch, cm_value *out) {
    if (PyUnicode_Check(v)) return set_text(v, out);
    if (PyBool_Check(v)) return encode_boolean(v, out);
    if (PyLong_Check(v)) return set_int(cx, v, scratch, out);
    if (PyFloat_Check(v)) return set_double(PyFloat_AS_DOUBLE(v), out);
    if (PyBytes_Check(v)) return encode_blob(v, scratch, out);
    if (PyDateTime_Check(v)) return set_datetime(v, true, out);
    if (PyDate_Check(v)) {
        set_date_fields(v, out);
        out->kind = CM_DATE;
        return CM_OK;
    }
    if (PyTime_Check(v)) return set_time(v, true, out);
    if (PyDelta_Check(v)) return set_interval(v, out);
    if (is_decimal(v)) {
        cm_status st = set_made_text(PyObject_Str(v), scratch, out);
        out->kind = CM_DECIMAL;
        return st;
    }
    if (is_uuid(v)) return encode_uuid(v, scratch, out);
    if (PyList_Check(v)) return cmpy_encode_array(cx, NULL, v, scratch, out);
    if (PyObject_CheckBuffer(v)) return set_buffer(v, scratch, out);
    double d;
    PyObject *i = as_index(v);
    if (i) {
        cm_status st = set_int(cx, i, scratch, out);
        Py_DECREF(i);
        return st;
    }
    return as_float(v, &d) ? set_double(d, out) : refuse_kind(cx, v);
}

static cm_status encode_host(cm_ctx *cx, const cm_type_def *def, PyObject *v, cm_arena *scratch, cm_value *out) {
    PyObject *bound = PyObject_CallMethodOneArg(cmpy_host_type(def), str_bind, v);
    if (!bound) return CM_E_HOST;
    cm_status st;
    if (bound == Py_None && !(def->item && cm_type_get_def(def->item)->kind == CM_T_JSON)) {
        out->kind = CM_NULL;
        st = CM_OK;
    } else if (def->item) {
        st = encode_as(cx, def->item, bound, scratch, out);
    } else {
        st = encode_free(cx, bound, scratch, out);
    }
    if (st == CM_OK && bound != v) st = cm_value_keep(scratch, out); /* `bound` may hold what the answer points at, and it goes */
    Py_DECREF(bound);
    return st;
}

static cm_status encode_as(cm_ctx *cx, const cm_type *type, PyObject *v, cm_arena *scratch, cm_value *out) {
    const cm_type_def *def = type ? cm_type_get_def(type) : NULL;
    if (!def) return encode_free(cx, v, scratch, out);
    if (def->flags & CM_TYPE_HOST) return encode_host(cx, def, v, scratch, out);
    switch (def->kind) {
    case CM_T_SMALLINT:
    case CM_T_INTEGER:
    case CM_T_BIGINT: return encode_integer(cx, v, scratch, out);
    case CM_T_NUMERIC:
    case CM_T_FLOAT:
    case CM_T_DOUBLE: return encode_number(def, v, scratch, out);
    case CM_T_STRING:
    case CM_T_TEXT:
    case CM_T_ENUM: return encode_text(cx, v, scratch, out);
    case CM_T_BOOLEAN: return encode_boolean(v, out);
    case CM_T_DATE:
    case CM_T_TIME:
    case CM_T_DATETIME:
    case CM_T_INTERVAL: return encode_moment(cx, def, v, out);
    case CM_T_BLOB: return encode_blob(v, scratch, out);
    case CM_T_JSON: return encode_json(v, scratch, out);
    case CM_T_UUID: return encode_uuid(v, scratch, out);
    case CM_T_ARRAY: return cmpy_encode_array(cx, def, v, scratch, out);
    default: return encode_free(cx, v, scratch, out);
    }
}

cm_status cmpy_encode(cm_ctx *cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out) {
    PyObject *v = value;
    out->ascii = 0;
    out->u.s.p = NULL;
    out->u.s.n = 0;
    if (v == Py_None) {
        const cm_type_def *def = type ? cm_type_get_def(type) : NULL;
        bool null = !def || (!(def->flags & CM_TYPE_HOST) && (def->kind != CM_T_JSON || (def->flags & CM_TYPE_NONE_IS_NULL)));
        if (null) {
            out->kind = CM_NULL;
            return CM_OK;
        }
    }
    cm_status st = encode_as(cx, type, v, scratch, out);
    return st == CM_E_HOST ? cmpy_wrap_pending() : st;
}

/* ---- other questions the core asks about values */

cm_status cmpy_equal(cm_ctx *cx, const cm_type *type, void *a, void *b, bool *out) {
    (void)cx;
    if (a == b) {
        *out = true;
        return CM_OK;
    }
    const cm_type_def *def = type ? cm_type_get_def(type) : NULL;
    int same;
    if (def && (def->flags & CM_TYPE_HOST)) {
        PyObject *answer = PyObject_CallMethodObjArgs(cmpy_host_type(def), str_compare_values, a, b, NULL);
        same = answer ? PyObject_IsTrue(answer) : -1;
        Py_XDECREF(answer);
    } else {
        same = PyObject_RichCompareBool(a, b, Py_EQ);
    }
    if (same < 0) return CM_E_HOST;
    *out = same;
    return CM_OK;
}

cm_status cmpy_hash(cm_ctx *cx, void *value, uint64_t *out) {
    (void)cx;
    Py_hash_t h = PyObject_Hash(value);
    if (h == -1 && PyErr_Occurred()) return CM_E_HOST;
    *out = (uint64_t)h;
    return CM_OK;
}

cm_status cmpy_sequence(cm_ctx *cx, void *value, cm_objs *out) {
    PyObject *items = PySequence_Fast(value, "a list of values was expected");
    if (!items) return CM_E_HOST;
    cm_status st = CM_OK;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items) && st == CM_OK; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        st = cm_objs_add(cx, out, item);
        if (st == CM_OK) Py_INCREF(item);
    }
    Py_DECREF(items);
    return st;
}

#define NAME_CACHE 256
static PyObject *name_cache[NAME_CACHE]; /* by address of the bytes; contents are compared, so reuse of memory is harmless */

PyObject *cmpy_name(const char *p, size_t n) {
    PyObject **slot = &name_cache[((uintptr_t)p >> 3) % NAME_CACHE];
    PyObject *s = *slot;
    if (s && (size_t)PyUnicode_GET_LENGTH(s) == n && PyUnicode_IS_ASCII(s) && !memcmp(PyUnicode_DATA(s), p, n)) return Py_NewRef(s);
    s = PyUnicode_DecodeUTF8(p, (Py_ssize_t)n, NULL);
    if (!s) return NULL;
    PyUnicode_InternInPlace(&s);
    Py_XSETREF(*slot, Py_NewRef(s));
    return s;
}

cm_status cmpy_mapping_get(cm_ctx *cx, void *mapping, const char *key, size_t n, void **out) {
    (void)cx;
    PyObject *name = cmpy_name(key, n), *value;
    if (!name) return CM_E_HOST;
    if (PyDict_Check(mapping)) {
        value = Py_XNewRef(PyDict_GetItemWithError(mapping, name));
    } else {
        value = PyObject_GetItem(mapping, name);
        if (!value && PyErr_ExceptionMatches(PyExc_KeyError)) PyErr_Clear();
    }
    Py_DECREF(name);
    *out = value;
    return !value && PyErr_Occurred() ? CM_E_HOST : CM_OK;
}

static cm_status each_key(PyObject *key, cm_status (*each)(void *, const char *, size_t), void *user) {
    PyObject *name = PyUnicode_Check(key) ? Py_NewRef(key) : PyObject_GetAttrString(key, "key");
    if (!name || !PyUnicode_Check(name)) {
        Py_XDECREF(name);
        PyErr_Format(PyExc_TypeError, "parameter names must be strings or columns, not %s", Py_TYPE(key)->tp_name);
        return CM_E_HOST;
    }
    Py_ssize_t n;
    const char *p = PyUnicode_AsUTF8AndSize(name, &n);
    cm_status st = p ? each(user, p, (size_t)n) : CM_E_HOST;
    Py_DECREF(name);
    return st;
}

cm_status cmpy_mapping_keys(cm_ctx *cx, void *mapping, cm_status (*each)(void *user, const char *key, size_t n), void *user) {
    (void)cx;
    cm_status st = CM_OK;
    if (PyDict_Check(mapping)) {
        PyObject *key, *value;
        Py_ssize_t at = 0;
        while (st == CM_OK && PyDict_Next(mapping, &at, &key, &value)) st = each_key(key, each, user);
        return st;
    }
    PyObject *keys = PyMapping_Keys(mapping);
    if (!keys) return CM_E_HOST;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys) && st == CM_OK; i++) st = each_key(PyList_GET_ITEM(keys, i), each, user);
    Py_DECREF(keys);
    return st;
}

void cmpy_describe(cm_ctx *cx, void *value, void (*write)(void *user, const char *p, size_t n), void *user) {
    (void)cx;
    PyObject *type, *exc, *trace;
    PyErr_Fetch(&type, &exc, &trace); /* describing must not lose a failure under way */
    PyObject *text = PyObject_Repr(value);
    Py_ssize_t n = 0;
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (p) write(user, p, (size_t)n);
    else write(user, "?", 1);
    Py_XDECREF(text);
    PyErr_Clear();
    PyErr_Restore(type, exc, trace);
}
