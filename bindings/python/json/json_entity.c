/* JSON of mapped instances: an object of the attributes that the caller chose.
 *
 * A scope is one list of choices (`only`, or the list of a nested `{User.posts: [...]}`). What a class is written with in a
 * scope is its shape, worked out when the first instance of the class is met: the fields in order, each with its key as
 * text. Reading a field is then a look into a slot.
 *
 * What is not loaded is an error that says how to load it, never a statement; an instance inside itself is left out. */
#include "python/json/json.h"
#include "python/expr/expr.h"

typedef struct field {
    const cm_attr *attr;    /* NULL: read by name (hybrids, properties) */
    PyObject *name;         /* owned: the attribute */
    PyObject *title;        /* owned: what it is called in the object */
    cmpy_json_name key;     /* owned text */
    cmpy_json_scope *below; /* choices of what it leads to */
} field;

typedef struct shape {
    PyTypeObject *type; /* retained */
    field *fields;
    size_t n;
    struct shape *next;
} shape;

struct cmpy_json_scope {
    PyObject *only; /* borrowed from the argument of the call */
    shape *shapes;
    cmpy_json_scope *next; /* of the call */
};

/* ---- scopes */

static cmpy_json_scope *scope_new(cmpy_json *j, PyObject *only) {
    cmpy_json_scope *s = PyMem_Calloc(1, sizeof *s);
    if (!s) return (cmpy_json_scope *)PyErr_NoMemory();
    s->only = only;
    s->next = j->scopes;
    return j->scopes = s;
}

static void shape_free(shape *s) {
    for (size_t i = 0; i < s->n; i++) {
        Py_DECREF(s->fields[i].name);
        Py_DECREF(s->fields[i].title);
        PyMem_Free((void *)(uintptr_t)s->fields[i].key.p);
    }
    PyMem_Free(s->fields);
    Py_DECREF((PyObject *)s->type);
    PyMem_Free(s);
}

void cmpy_json_scopes_free(cmpy_json_scope *s) {
    for (cmpy_json_scope *next; s; s = next) {
        next = s->next;
        for (shape *sh = s->shapes, *after; sh; sh = after) {
            after = sh->next;
            shape_free(sh);
        }
        PyMem_Free(s);
    }
}

/* ---- checking the argument */

static const cm_attr *attr_of(PyObject *choice) {
    return cmpy_is_node(choice) && CMPY_NODE(choice)->kind == CM_N_ATTR ? CMPY_NODE(choice)->u.attr.attr : NULL;
}

/* `User.name.label("title")`: the attribute under another key. */
static const cm_attr *labelled(PyObject *choice) {
    if (!cmpy_is_node(choice) || CMPY_NODE(choice)->kind != CM_N_LABEL || !CMPY_NODE(choice)->u.n.name) return NULL;
    const cm_node *n = CMPY_NODE(choice)->u.n.kid;
    return n && n->kind == CM_N_ATTR ? n->u.attr.attr : NULL;
}

static int check_choices(PyObject *only);

static int check_nested(PyObject *dict) {
    PyObject *key, *value;
    for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &key, &value);) {
        const cm_attr *a = attr_of(key);
        if (!a || a->kind != CM_ATTR_RELATION) {
            PyErr_Format(PyExc_TypeError, "only: the keys of nested choices are relationships, as in {User.posts: [Post.id]}; got %R", key);
            return -1;
        }
        if (check_choices(value) < 0) return -1;
    }
    return 0;
}

static int check_choices(PyObject *only) {
    if (!PyList_Check(only) && !PyTuple_Check(only)) {
        PyErr_Format(PyExc_TypeError, "only: a list of attributes was expected, got %R", only);
        return -1;
    }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(only); i++) {
        PyObject *choice = PySequence_Fast_GET_ITEM(only, i);
        if (PyUnicode_Check(choice) || attr_of(choice) || labelled(choice)) continue;
        if (PyDict_Check(choice)) {
            if (check_nested(choice) < 0) return -1;
            continue;
        }
        PyErr_Format(PyExc_TypeError,
                     "only: %R is no attribute that can be chosen; choose columns and relationships (User.id, {User.posts: [...]}), "
                     "hybrids and properties by name (\"full_name\")",
                     choice);
        return -1;
    }
    return 0;
}

int cmpy_json_choose(cmpy_json *j, PyObject *only) {
    if (only == Py_None) return 0;
    if (cmpy_ready(only) < 0 || check_choices(only) < 0) return -1;
    j->scope = scope_new(j, only);
    return j->scope ? 0 : -1;
}

/* ---- shapes */

/* The attribute as the class of the instance has it; NULL: it is of another class. */
static const cm_attr *own_attr(const cm_attr *a, PyTypeObject *type, cm_mapper *m) {
    PyTypeObject *cls = a ? cm_mapper_host_class(a->mapper) : NULL;
    if (!cls || !PyType_IsSubtype(type, cls)) return NULL;
    return a->mapper == m ? a : cm_mapper_find_attr(m, cm_str_text(a->key));
}

/* 1: the key is there already, for the same attribute; -1: for another. */
static int is_there(const shape *s, const cm_attr *a, PyObject *name, PyObject *title) {
    for (size_t i = 0; i < s->n; i++) {
        if (PyUnicode_Compare(s->fields[i].title, title) != 0) continue;
        if (s->fields[i].attr == a && PyUnicode_Compare(s->fields[i].name, name) == 0) return 1;
        PyErr_Format(PyExc_TypeError, "only: two attributes of class %s are to be called %R", s->type->tp_name, title);
        return -1;
    }
    return 0;
}

static int add_field(cmpy_json *j, shape *s, const cm_attr *a, PyObject *name, PyObject *title, cmpy_json_scope *below) {
    cmpy_json_name text;
    int there = is_there(s, a, name, title);
    if (there) return there < 0 ? -1 : 0;
    field *fields = PyMem_Realloc(s->fields, (s->n + 1) * sizeof *fields);
    if (!fields) {
        PyErr_NoMemory();
        return -1;
    }
    s->fields = fields;
    if (cmpy_json_key(j, title, &text) < 0) return -1;
    size_t at = s->n;
    for (; j->sort && at > 0 && PyUnicode_Compare(title, fields[at - 1].title) < 0; at--) fields[at] = fields[at - 1];
    fields[at] = (field){.attr = a, .name = Py_NewRef(name), .title = Py_NewRef(title), .key = text, .below = below};
    s->n++;
    return 0;
}

static int add_named(cmpy_json *j, shape *s, cm_mapper *m, PyObject *name) {
    PyObject *found = _PyType_Lookup(s->type, name);
    if (!found) {
        PyErr_Format(PyExc_AttributeError, "only: class %s has no attribute %R", s->type->tp_name, name);
        return -1;
    }
    const cm_attr *a = own_attr(attr_of(found), s->type, m);
    const char *text = a ? NULL : cmpy_c_string(name, "the name of an attribute");
    if (text && (a = cm_mapper_find_attr(m, text)) && a->kind != CM_ATTR_RELATION) a = NULL; /* of those, see is_query */
    return PyErr_Occurred() ? -1 : add_field(j, s, a, name, name, j->scope);
}

static int add_nested(cmpy_json *j, shape *s, cm_mapper *m, PyObject *dict) {
    PyObject *key, *value;
    for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &key, &value);) {
        const cm_attr *a = own_attr(attr_of(key), s->type, m);
        cmpy_json_scope *below = a ? scope_new(j, value) : NULL;
        if (!a) continue;
        if (!below || add_field(j, s, a, cmpy_attr_info(a)->name, cmpy_attr_info(a)->name, below) < 0) return -1;
    }
    return 0;
}

static int add_labelled(cmpy_json *j, shape *s, cm_mapper *m, PyObject *choice) {
    const cm_attr *a = own_attr(labelled(choice), s->type, m);
    if (!a) return 0;
    const cm_str *label = CMPY_NODE(choice)->u.n.name;
    PyObject *key = PyUnicode_FromString(cm_str_text(label));
    int st = key ? add_field(j, s, a, cmpy_attr_info(a)->name, key, j->scope) : -1;
    Py_XDECREF(key);
    return st;
}

static int fill_shape(cmpy_json *j, shape *s, cm_mapper *m) {
    PyObject *only = j->scope->only;
    int st = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(only) && !st; i++) {
        PyObject *choice = PySequence_Fast_GET_ITEM(only, i);
        if (PyUnicode_Check(choice)) {
            st = add_named(j, s, m, choice);
        } else if (PyDict_Check(choice)) {
            st = add_nested(j, s, m, choice);
        } else if (labelled(choice)) {
            st = add_labelled(j, s, m, choice);
        } else {
            const cm_attr *a = own_attr(attr_of(choice), s->type, m);
            if (a) st = add_field(j, s, a, cmpy_attr_info(a)->name, cmpy_attr_info(a)->name, j->scope);
        }
    }
    return st;
}

static shape *shape_of(cmpy_json *j, PyTypeObject *type, cm_mapper *m) {
    for (shape *s = j->scope->shapes; s; s = s->next)
        if (s->type == type) return s;
    shape *s = PyMem_Calloc(1, sizeof *s);
    if (!s) return (shape *)PyErr_NoMemory();
    s->type = (PyTypeObject *)Py_NewRef((PyObject *)type);
    if (fill_shape(j, s, m) < 0) {
        shape_free(s);
        return NULL;
    }
    s->next = j->scope->shapes;
    return j->scope->shapes = s;
}

/* ---- reading */

/* lazy="dynamic" and "write_only": what the class has is no attribute, but a descriptor that makes queries. */
static bool is_query(const cm_inst *inst, const cm_attr *a) {
    PyObject *found = _PyType_Lookup(cm_mapper_host_class(inst->mapper), cmpy_attr_info(a)->name);
    return found && a->kind == CM_ATTR_RELATION && !attr_of(found);
}

static int not_loaded(const cm_inst *inst, const cm_attr *a) {
    const char *cls = ((PyTypeObject *)cm_mapper_host_class(inst->mapper))->tp_name, *key = cm_str_text(a->key);
    if (is_query(inst, a))
        cmpy_raise_exc("InvalidRequestError",
                       "%s.%s cannot be written to JSON: it is a query and holds nothing. Run it, and write what it answers", cls, key);
    else if (inst->flags & CM_INST_EXPIRED)
        cmpy_raise_exc("InvalidRequestError",
                       "%s.%s cannot be written to JSON: the instance is expired (a commit or rollback does that), and nothing is loaded "
                       "here by accident. Call session.refresh(instance) first, query again, or pass load=True",
                       cls, key);
    else if (a->kind == CM_ATTR_RELATION)
        cmpy_raise_exc("InvalidRequestError",
                       "%s.%s cannot be written to JSON: it is not loaded, and nothing is loaded here by accident. Load it with the query, "
                       ".options(selectinload(%s.%s)), or pass load=True",
                       cls, key, cls, key);
    else
        cmpy_raise_exc("InvalidRequestError",
                       "%s.%s cannot be written to JSON: it is not loaded, and nothing is loaded here by accident. Load it with the query, "
                       ".options(undefer(%s.%s)), or pass load=True",
                       cls, key, cls, key);
    return -1;
}

/* A many-to-one whose target the session holds costs no statement. NULL without exception: it would. */
static PyObject *load_quietly(PyObject *o, cm_inst *inst, const cm_attr *a) {
    void *value = NULL;
    cm_session *session = inst->session;
    if (!session || a->kind != CM_ATTR_RELATION) return NULL;
    if (cmpy_session_enter(session) < 0) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    Py_INCREF(o);
    cm_status st = cx ? cm_inst_load(cx, inst, a, false, &value) : CM_E_HOST;
    if (cx && st) cmpy_raise_int(cx, st);
    if (cx) cmpy_cx_give(cx);
    cmpy_session_leave(session);
    Py_DECREF(o);
    return value;
}

static PyObject *read_field(const cmpy_json *j, PyObject *o, cm_inst *inst, const field *f) {
    const cm_attr *a = f->attr;
    if (!a) return PyObject_GetAttr(o, f->name);
    PyObject *v =
        !(inst->flags & CM_INST_DICT) && a->slot < inst->nslots ? cm_inst_slots(inst)[a->slot] : cmpy_dict_get(cmpy_cx(), inst, a);
    if (v) return Py_NewRef(v);
    if (j->load || !(inst->flags & CM_INST_KEY)) return PyObject_GetAttr(o, f->name); /* new instances have nothing to load */
    v = load_quietly(o, inst, a);
    if (!v && !PyErr_Occurred()) not_loaded(inst, a);
    return v;
}

/* ---- writing */

/* Members of a collection, a list in their order. New reference. */
static PyObject *members_of(PyObject *coll) {
    if (PyList_Check(coll)) return Py_NewRef(coll);
    cm_objs objs = {0};
    cm_status st = cmpy_coll_members(cmpy_cx(), coll, &objs);
    return st ? cmpy_raise(cmpy_cx(), st) : cmpy_objs_list(cmpy_cx(), &objs, true);
}

static int put_members(cmpy_json *j, PyObject *coll) {
    PyObject *members = members_of(coll);
    bool first = true;
    int st = members ? cmpy_json_open(j, '[') : -1;
    for (Py_ssize_t i = 0; !st && i < PyList_GET_SIZE(members); i++) {
        PyObject *member = PyList_GET_ITEM(members, i);
        if (cmpy_json_under_way(j, member)) continue;
        Py_INCREF(member);
        st = cmpy_json_next(j, first) < 0 ? -1 : cmpy_json_value(j, member);
        Py_DECREF(member);
        first = false;
    }
    Py_XDECREF(members);
    return st < 0 ? -1 : cmpy_json_close(j, ']', first);
}

static int put_keyed(cmpy_json *j, PyObject *dict) {
    PyObject *kept = PyDict_New(), *key, *value;
    for (Py_ssize_t at = 0; kept && PyDict_Next(dict, &at, &key, &value);)
        if (!cmpy_json_under_way(j, value) && PyDict_SetItem(kept, key, value) < 0) Py_CLEAR(kept);
    int st = kept ? cmpy_json_value(j, kept) : -1;
    Py_XDECREF(kept);
    return st;
}

static int put_field(cmpy_json *j, const field *f, PyObject *value) {
    cmpy_json_scope *scope = j->scope;
    int st = cmpy_json_put(j, f->key.p, f->key.n);
    if (st < 0) return -1;
    if (!f->attr || f->attr->kind != CM_ATTR_RELATION) return cmpy_json_value(j, value);
    j->scope = f->below;
    if (!f->attr->uselist) st = cmpy_json_value(j, value);
    else if (PyDict_Check(value)) st = put_keyed(j, value);
    else st = put_members(j, value);
    j->scope = scope;
    return st;
}

/* A key whose value is under way already is left out. */
static bool is_cut(const cmpy_json *j, const field *f, PyObject *value) {
    return f->attr && f->attr->kind == CM_ATTR_RELATION && !f->attr->uselist && cmpy_json_under_way(j, value);
}

int cmpy_json_entity(cmpy_json *j, PyObject *o, cm_inst *inst, bool *done) {
    shape *s = j->scope ? shape_of(j, Py_TYPE(o), inst->mapper) : NULL;
    if (!s) return j->scope ? -1 : 0;
    if (!s->n) return 0;
    *done = true;
    bool first = true;
    int st = cmpy_json_open(j, '{');
    for (size_t i = 0; i < s->n && !st; i++) {
        PyObject *value = read_field(j, o, inst, &s->fields[i]);
        if (!value) return -1;
        if (!is_cut(j, &s->fields[i], value)) {
            st = cmpy_json_next(j, first) < 0 ? -1 : put_field(j, &s->fields[i], value);
            first = false;
        }
        Py_DECREF(value);
    }
    return st < 0 ? -1 : cmpy_json_close(j, '}', first);
}
