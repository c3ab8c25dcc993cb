/* Values on their way from the database: cm_value -> Python object. decode_row is the hottest function of the project.
 *
 * The kind of the value decides (the core's codec has already turned raw driver values into the kind of the column's
 * type); the type is only looked at for what the kind cannot tell: host types, decimals asked of a float, UUIDs as text,
 * words of an Enum. Objects are made straight from the driver's bytes, with no value in between. */
#include "python/schema/schema.h"

#include <datetime.h>
#include <string.h>

static PyObject *str_result, *str_words;

int cmpy_decode_setup(void) {
    PyDateTime_IMPORT;
    str_result = PyUnicode_InternFromString("_result");
    str_words = PyUnicode_InternFromString("_words");
    return PyDateTimeAPI && str_result && str_words ? 0 : -1;
}

static inline bool all_ascii(const char *p, size_t n) {
    uint64_t word, high = 0;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        high |= word;
    }
    for (; n; p++, n--) high |= (unsigned char)*p;
    return !(high & 0x8080808080808080u);
}

static inline PyObject *text_object(const char *p, size_t n, bool ascii) {
    if (n > 1 && (ascii || all_ascii(p, n))) {
        PyObject *s = PyUnicode_New((Py_ssize_t)n, 127);
        if (s) memcpy(PyUnicode_1BYTE_DATA(s), p, n);
        return s;
    }
    return PyUnicode_DecodeUTF8(p, (Py_ssize_t)n, NULL); /* shares the empty and the one-letter strings */
}

static PyObject *zone_object(const cm_civil *t) {
    if (!t->has_offset) return Py_NewRef(Py_None);
    if (!t->offset_s) return Py_NewRef(PyDateTime_TimeZone_UTC);
    PyObject *delta = PyDelta_FromDSU(0, t->offset_s, 0);
    if (!delta) return NULL;
    PyObject *zone = PyTimeZone_FromOffset(delta);
    Py_DECREF(delta);
    return zone;
}

static PyObject *datetime_object(const cm_civil *t) {
    PyObject *zone = zone_object(t);
    if (!zone) return NULL;
    PyObject *o = PyDateTimeAPI->DateTime_FromDateAndTime(t->year, t->month, t->day, t->hour, t->minute, t->second, (int)t->micro, zone,
                                                          PyDateTimeAPI->DateTimeType);
    Py_DECREF(zone);
    return o;
}

static PyObject *time_object(const cm_civil *t) {
    PyObject *zone = zone_object(t);
    if (!zone) return NULL;
    PyObject *o = PyDateTimeAPI->Time_FromTime(t->hour, t->minute, t->second, (int)t->micro, zone, PyDateTimeAPI->TimeType);
    Py_DECREF(zone);
    return o;
}

static PyObject *interval_object(int64_t micros) {
    int64_t seconds = micros / 1000000, rest = micros % 1000000;
    if (rest < 0) {
        rest += 1000000;
        seconds--;
    }
    return PyDelta_FromDSU((int)(seconds / 86400), (int)(seconds % 86400), (int)rest);
}

static PyObject *decimal_object(PyObject *take_text) {
    PyObject *cls = cmpy_decimal_type(), *o = NULL;
    if (take_text && cls) o = PyObject_CallOneArg(cls, take_text);
    Py_XDECREF(take_text);
    return o;
}

/* What a UUID is made of: its class, the descriptors of its two fields, and what the class puts into the second. */
static struct {
    PyTypeObject *cls;
    PyObject *number, *is_safe, *unknown;
} uuid;

static int find_uuid(void) {
    PyObject *cls = cmpy_uuid_type(), *module = cls ? PyImport_ImportModule("uuid") : NULL;
    PyObject *safe = module ? PyObject_GetAttrString(module, "SafeUUID") : NULL;
    if (safe && !uuid.unknown) uuid.unknown = PyObject_GetAttrString(safe, "unknown");
    if (safe && !uuid.number) uuid.number = PyObject_GetAttrString(cls, "int");
    if (safe && !uuid.is_safe) uuid.is_safe = PyObject_GetAttrString(cls, "is_safe");
    Py_XDECREF(safe);
    Py_XDECREF(module);
    if (!uuid.unknown || !uuid.number || !uuid.is_safe) return -1;
    if (!Py_TYPE(uuid.number)->tp_descr_set || !Py_TYPE(uuid.is_safe)->tp_descr_set) {
        PyErr_SetString(PyExc_SystemError, "uuid.UUID keeps its fields otherwise than this extension knows");
        return -1;
    }
    uuid.cls = (PyTypeObject *)cls;
    return 0;
}

/* A uuid.UUID without its constructor's parsing: its two fields are set as the class itself sets them. */
static PyObject *uuid_object(const uint8_t *p) {
    if (!uuid.cls && find_uuid() < 0) return NULL;
    PyObject *n = cmpy_int_of_bytes(p), *o = n ? uuid.cls->tp_alloc(uuid.cls, 0) : NULL;
    if (o && (Py_TYPE(uuid.number)->tp_descr_set(uuid.number, o, n) < 0 ||
              Py_TYPE(uuid.is_safe)->tp_descr_set(uuid.is_safe, o, uuid.unknown) < 0))
        Py_CLEAR(o);
    if (o && PyType_IS_GC(uuid.cls)) PyObject_GC_UnTrack(o); /* a number and an enum's member make no cycle */
    Py_XDECREF(n);
    return o;
}

static PyObject *uuid_text(const uint8_t *p) {
    static const char digits[] = "0123456789abcdef";
    char text[36], *at = text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = digits[p[i] >> 4];
        *at++ = digits[p[i] & 15];
    }
    return PyUnicode_FromStringAndSize(text, 36);
}

/* The scanner of a JSONDecoder: json.loads without its wrappers. (text, 0) -> (object, end). Borrowed; NULL + exception. */
static PyObject *json_scanner(void) {
    static PyObject *scanner;
    if (!scanner) {
        PyObject *module = PyImport_ImportModule("json"), *decoder = module ? PyObject_CallMethod(module, "JSONDecoder", NULL) : NULL;
        if (decoder) scanner = PyObject_GetAttrString(decoder, "scan_once");
        Py_XDECREF(decoder);
        Py_XDECREF(module);
    }
    return scanner;
}

/* Text that is one value and nothing else, as databases and programs write it. NULL without exception: ask json.loads. */
static PyObject *json_scan(PyObject *text) {
    PyObject *scanner = json_scanner(), *zero = scanner ? PyLong_FromLong(0) : NULL, *args[2] = {text, zero}, *o = NULL;
    PyObject *answer = zero ? PyObject_Vectorcall(scanner, args, 2, NULL) : NULL;
    if (answer && PyLong_AsSsize_t(PyTuple_GET_ITEM(answer, 1)) == PyUnicode_GET_LENGTH(text)) o = Py_NewRef(PyTuple_GET_ITEM(answer, 0));
    else if (!answer && (PyErr_ExceptionMatches(PyExc_StopIteration) || PyErr_ExceptionMatches(PyExc_ValueError))) PyErr_Clear();
    Py_XDECREF(answer);
    Py_XDECREF(zero);
    return o;
}

static PyObject *json_object(const cm_value *v) {
    PyObject *loads = cmpy_json_loads(), *text = loads ? text_object(v->u.s.p, v->u.s.n, v->ascii) : NULL;
    PyObject *o = text ? json_scan(text) : NULL;
    if (text && !o && !PyErr_Occurred()) o = PyObject_CallOneArg(loads, text);
    Py_XDECREF(text);
    return o;
}

/* A word of an Enum of plain strings: one that is not among its labels is data the program does not know. */
static PyObject *enum_word(const cm_type_def *def, const cm_value *v) {
    for (size_t i = 0; i < def->nlabels; i++) {
        if (strlen(def->labels[i]) == v->u.s.n && !memcmp(def->labels[i], v->u.s.p, v->u.s.n))
            return text_object(v->u.s.p, v->u.s.n, v->ascii);
    }
    PyObject *text = text_object(v->u.s.p, v->u.s.n, v->ascii);
    if (text)
        PyErr_Format(PyExc_LookupError, "%R is not among the defined enum values. Enum name: %s.", text, def->name ? def->name : "None");
    Py_XDECREF(text);
    return NULL;
}

/* A BIGINT UNSIGNED of MySQL over 2**63 - 1. */
static PyObject *whole_object(const cm_value *v) {
    PyObject *text = text_object(v->u.s.p, v->u.s.n, true), *number = text ? PyLong_FromUnicodeObject(text, 10) : NULL;
    Py_XDECREF(text);
    return number;
}

static PyObject *raw_object(const cm_value *v) {
    switch ((cm_value_kind)v->kind) {
    case CM_NULL: return Py_NewRef(Py_None);
    case CM_INT: return PyLong_FromLongLong(v->u.i);
    case CM_DOUBLE: return PyFloat_FromDouble(v->u.d);
    case CM_BOOL: return PyBool_FromLong(v->u.i != 0);
    case CM_TEXT: return text_object(v->u.s.p, v->u.s.n, v->ascii);
    case CM_BLOB: return PyBytes_FromStringAndSize(v->u.s.p, (Py_ssize_t)v->u.s.n);
    case CM_DECIMAL: return v->ascii == CM_WHOLE ? whole_object(v) : decimal_object(text_object(v->u.s.p, v->u.s.n, true));
    case CM_DATE: return PyDateTimeAPI->Date_FromDate(v->u.t.year, v->u.t.month, v->u.t.day, PyDateTimeAPI->DateType);
    case CM_TIME: return time_object(&v->u.t);
    case CM_DATETIME: return datetime_object(&v->u.t);
    case CM_INTERVAL: return interval_object(v->u.i);
    case CM_UUID: return uuid_object(v->u.uuid);
    case CM_JSON: return json_object(v);
    case CM_LIST: return cmpy_decode_array(NULL, v);
    case CM_MADE: return Py_NewRef((PyObject *)v->u.made);
    }
    PyErr_Format(PyExc_SystemError, "value of unknown kind %d", v->kind);
    return NULL;
}

/* Number whose type asks for another class than its value has. */
static PyObject *number_object(const cm_type_def *def, const cm_value *v) {
    bool as_decimal = def->flags & CM_TYPE_AS_DECIMAL;
    if (as_decimal && v->kind == CM_INT) return decimal_object(PyUnicode_FromFormat("%lld", (long long)v->u.i));
    if (as_decimal && v->kind == CM_DOUBLE) {
        PyObject *f = PyFloat_FromDouble(v->u.d), *text = f ? PyObject_Repr(f) : NULL;
        Py_XDECREF(f);
        return decimal_object(text);
    }
    if (as_decimal && v->kind == CM_DECIMAL) return decimal_object(text_object(v->u.s.p, v->u.s.n, true));
    if (!as_decimal && v->kind == CM_INT) return PyFloat_FromDouble((double)v->u.i);
    if (!as_decimal && v->kind == CM_DECIMAL) {
        PyObject *text = text_object(v->u.s.p, v->u.s.n, true), *f = text ? PyFloat_FromString(text) : NULL;
        Py_XDECREF(text);
        return f;
    }
    return raw_object(v);
}

/* What the item type says, without asking the host. */
static PyObject *typed_object(const cm_type_def *def, const cm_value *v) {
    if (v->kind == CM_NULL) return Py_NewRef(Py_None);
    switch (def->kind) {
    case CM_T_NUMERIC:
    case CM_T_FLOAT:
    case CM_T_DOUBLE: return number_object(def, v);
    case CM_T_UUID: return v->kind == CM_UUID && (def->flags & CM_TYPE_UUID_TEXT) ? uuid_text(v->u.uuid) : raw_object(v);
    case CM_T_ARRAY: return v->kind == CM_LIST ? cmpy_decode_array(def, v) : raw_object(v);
    case CM_T_ENUM: return v->kind == CM_TEXT && !(def->flags & CM_TYPE_HOST) ? enum_word(def, v) : raw_object(v);
    default: return raw_object(v);
    }
}

/* The member of an Enum class that a word stands for. NULL, most often without exception: the type is to be asked. */
static PyObject *known_word(const cm_type_def *def, PyObject *word) {
    PyObject *attributes = def->kind == CM_T_ENUM ? ((cmpy_type *)cmpy_host_type(def))->dict : NULL;
    PyObject *words = attributes ? PyDict_GetItemWithError(attributes, str_words) : NULL;
    return words && PyDict_Check(words) ? Py_XNewRef(PyDict_GetItemWithError(words, word)) : NULL;
}

static PyObject *host_object(const cm_type_def *def, const cm_value *v) {
    PyObject *raw;
    if (def->item && (cm_type_get_def(def->item)->flags & CM_TYPE_HOST)) raw = host_object(cm_type_get_def(def->item), v);
    else raw = typed_object(def->item ? cm_type_get_def(def->item) : def, v);
    if (!raw) return NULL;
    PyObject *o = known_word(def, raw);
    if (!o && !PyErr_Occurred()) o = PyObject_CallMethodOneArg(cmpy_host_type(def), str_result, raw);
    Py_DECREF(raw);
    return o;
}

/* Text in a typed place: most often what it says. */
static PyObject *typed_text(const cm_type_def *def, const cm_value *v) {
    if (def->kind == CM_T_ENUM) return enum_word(def, v);
    return text_object(v->u.s.p, v->u.s.n, v->ascii);
}

static inline PyObject *decode_one(const cm_type *type, const cm_value *v) {
    if (!type) return raw_object(v);
    const cm_type_def *def = cm_type_get_def(type);
    if (def->flags & CM_TYPE_HOST) return host_object(def, v);
    switch ((cm_value_kind)v->kind) {
    case CM_NULL: return Py_NewRef(Py_None);
    case CM_MADE: return Py_NewRef((PyObject *)v->u.made);
    case CM_TEXT: return def->kind < CM_T_ENUM ? text_object(v->u.s.p, v->u.s.n, v->ascii) : typed_text(def, v);
    case CM_INT:
        if (def->kind <= CM_T_BIGINT) return PyLong_FromLongLong(v->u.i);
        return typed_object(def, v);
    case CM_DATETIME: return datetime_object(&v->u.t);
    case CM_DOUBLE: return def->flags & CM_TYPE_AS_DECIMAL ? typed_object(def, v) : PyFloat_FromDouble(v->u.d);
    default: return typed_object(def, v);
    }
}

/* Whose value it is the core knows. Text in other encodings is the database's fault, not that of a program's own type. */
static cm_status bad_value(cm_ctx *cx, const cm_type *type, const cm_value *value, size_t position) {
    const bool text = value->kind == CM_TEXT && !(type && cm_type_get_def(type)->flags & CM_TYPE_HOST);
    if (!cx) return CM_E_HOST;
    if (!text || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return cm_bad_value(cx, position, NULL);
    PyErr_Clear();
    return cm_bad_value(cx, position, "text of the database that is not UTF-8");
}

cm_status cmpy_decode(cm_ctx *cx, const cm_type *type, const cm_value *value, void **out) {
    *out = decode_one(type, value);
    return *out ? CM_OK : bad_value(cx, type, value, 0);
}

cm_status cmpy_decode_row(cm_ctx *cx, const cm_type *const *types, const cm_value *in, size_t n, void **out) {
    for (size_t i = 0; i < n; i++) {
        if ((out[i] = decode_one(types[i], &in[i]))) continue;
        const cm_status st = bad_value(cx, types[i], &in[i], i);
        while (i) {
            Py_DECREF(out[--i]);
            out[i] = NULL;
        }
        return st;
    }
    return CM_OK;
}
