/* InstrumentedAttribute: one object that is the class's expression (an ATTR node: `User.name == "x"`) and the data
 * descriptor of its instances (`user.name`).
 *
 * Reading: a slot that is not NULL is the value. Everything else (dictionary store, expired, deferred, lazy) goes the long
 * way. Writing: plain columns of instances in slots are stored here after the core kept the old value; relationships and
 * attributes with listeners go through cm_inst_set. */
#include "python/expr/expr.h"
#include "python/orm/orm.h"

static inline const cm_attr *attr_of(PyObject *self) { return CMPY_NODE(self)->u.attr.attr; }

/* The attribute as the instance's own class has it: descriptors of a base class meet instances of subclasses. */
static const cm_attr *own_attr(const cm_attr *a, const cm_inst *inst) {
    if (a->mapper == inst->mapper) return a;
    const cm_attr *own = cm_mapper_find_attr(inst->mapper, cm_str_text(a->key));
    return own ? own : a;
}

/* Finds instance and attribute; NULL + exception. */
static cm_inst *prepare(PyObject *self, PyObject *obj, const cm_attr **attr) {
    if (cmpy_ready_of(obj) < 0) return NULL;
    const cm_attr *a = attr_of(self);
    cm_inst *inst = a ? cmpy_object_inst(cmpy_cx(), obj) : NULL;
    if (inst) {
        *attr = own_attr(a, inst);
        return inst;
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_AttributeError, "'%s' object has no mapped state for attribute '%s'", Py_TYPE(obj)->tp_name,
                     a ? cm_str_text(a->key) : "?");
    return NULL;
}

/* Runs SQL on behalf of an instance: in its session's turn, with a context of its own. */
static PyObject *load(PyObject *obj, cm_inst *inst, const cm_attr *a) {
    void *value = NULL;
    cm_session *session = inst->session;
    if (session && cmpy_session_enter(session) < 0) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    cm_status st = CM_E_HOST;
    Py_INCREF(obj);
    if (cx) st = cm_inst_load(cx, inst, a, true, &value);
    PyObject *result = !cx ? NULL : st ? cmpy_raise(cx, st) : (PyObject *)value;
    if (cx) cmpy_cx_give(cx);
    if (session) cmpy_session_leave(session);
    Py_DECREF(obj);
    return result;
}

static PyObject *get_slowly(PyObject *self, PyObject *obj) {
    const cm_attr *a;
    cm_inst *inst = prepare(self, obj, &a);
    if (!inst) return NULL;
    if (!(inst->flags & CM_INST_DICT) && a->slot < inst->nslots) {
        PyObject *v = cm_inst_slots(inst)[a->slot];
        if (v) {
            cmpy_hands_out(inst, a);
            return Py_NewRef(v);
        }
    } else {
        PyObject *v = cmpy_dict_get(cmpy_cx(), inst, a);
        if (v) return Py_NewRef(v);
    }
    const cmpy_attr_host *h = cmpy_attr_info(a);
    if (h && h->fallback && !(inst->flags & CM_INST_KEY)) return Py_NewRef(h->fallback);
    return load(obj, inst, a);
}

static PyObject *Attribute_get(PyObject *self, PyObject *obj, PyObject *type) {
    (void)type;
    if (!obj || obj == Py_None) return Py_NewRef(self);
    const cm_attr *a = attr_of(self);
    const cmpy_attr_host *h = a ? cmpy_attr_info(a) : NULL;
    if (h && Py_TYPE(obj) == h->type) {
        cm_inst *inst = &((cmpy_instance *)obj)->inst;
        if (a->slot < inst->nslots) {
            PyObject *v = cm_inst_slots(inst)[a->slot];
            if (v) {
                if (h->fresh) cmpy_track(obj);
                return Py_NewRef(v);
            }
        }
    }
    return get_slowly(self, obj);
}

static int set_slowly(PyObject *self, PyObject *obj, PyObject *value) {
    const cm_attr *a;
    cm_inst *inst = prepare(self, obj, &a);
    if (!inst) return -1;
    if (!value && !(inst->flags & (CM_INST_KEY | CM_INST_EXPIRED)) && !cm_inst_peek(cmpy_cx(), inst, a)) {
        PyErr_Format(PyExc_AttributeError, "%s.%s object does not have a value", Py_TYPE(obj)->tp_name, cm_str_text(a->key));
        return -1;
    }
    cm_session *session = inst->session;
    if (session && cmpy_session_enter(session) < 0) return -1;
    cm_ctx *cx = cmpy_cx_take();
    if (!cx) {
        if (session) cmpy_session_leave(session);
        return -1;
    }
    Py_INCREF(obj);
    PyObject *real = value && a->kind == CM_ATTR_RELATION ? cmpy_stood_for(value) : Py_XNewRef(value);
    cm_status st = value && !real ? CM_E_HOST : value ? cm_inst_set(cx, inst, a, real) : cm_inst_del(cx, inst, a);
    int result = st ? cmpy_raise_int(cx, st) : 0;
    Py_XDECREF(real);
    cmpy_cx_give(cx);
    if (session) cmpy_session_leave(session);
    Py_DECREF(obj);
    return result;
}

static int Attribute_set(PyObject *self, PyObject *obj, PyObject *value) {
    const cm_attr *a = attr_of(self);
    const cmpy_attr_host *h = a ? cmpy_attr_info(a) : NULL;
    if (value && value == cmpy_st->dont_set) return 0; /* default argument of a dataclass's constructor */
    if (!value || !h || Py_TYPE(obj) != h->type || a->hooked || a->kind != CM_ATTR_COLUMN) return set_slowly(self, obj, value);
    cm_inst *inst = &((cmpy_instance *)obj)->inst;
    if ((inst->flags & CM_INST_DICT) || a->slot >= inst->nslots || cmpy_is_node(value)) return set_slowly(self, obj, value);
    void **slot = &cm_inst_slots(inst)[a->slot];
    if (inst->flags & CM_INST_KEY) {
        cm_status st = cm_inst_changing(cmpy_cx(), inst, a, *slot);
        if (st) return cmpy_raise_int(cmpy_cx(), st);
    }
    if (PyType_IS_GC(Py_TYPE(value)) && cmpy_value_may_cycle(value)) cmpy_track(obj);
    PyObject *old = *slot;
    *slot = Py_NewRef(value);
    Py_XDECREF(old);
    return 0;
}

/* attribute(cls, key, expr=None, attributes=None) -> InstrumentedAttribute. Its mapper completes it. */
static PyObject *make_attribute(PyObject *module, PyObject *args) {
    PyTypeObject *cls;
    PyObject *expr = Py_None, *extra = Py_None;
    cm_node *out = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!|OO", &PyType_Type, &cls, &expr, &extra)) return NULL;
    cm_node_spec spec = {.kind = CM_N_ATTR, .cls = cls};
    if (expr != Py_None) {
        if (!cmpy_is_node(expr)) {
            PyErr_Format(PyExc_TypeError, "an expression was expected, got %R", expr);
            return NULL;
        }
        spec.kid[0] = CMPY_NODE(expr);
        spec.type = CMPY_NODE(expr)->type;
    }
    CMPY_TRY(cmpy_cx(), cm_node_make(cmpy_cx(), &spec, &out));
    PyObject *self = cmpy_from_node(out);
    if (extra == Py_None) return self;
    PyObject **dict = &((cmpy_node *)self)->dict;
    if (!*dict) *dict = PyDict_New();
    if (*dict && PyDict_Update(*dict, extra) == 0) return self;
    Py_DECREF(self);
    return NULL;
}

/* attribute_reset(attr, expr): a declared attribute gets its column expression before its mapper is built. */
static PyObject *set_expression(PyObject *self, PyObject *expr) {
    cm_node *n = CMPY_NODE(self);
    if (n->u.attr.attr || !cmpy_is_node(expr)) {
        PyErr_SetString(PyExc_TypeError, "the expression of this attribute is settled");
        return NULL;
    }
    cm_node *old = n->u.attr.expr;
    n->u.attr.expr = CMPY_NODE(expr);
    cm_node_retain(cmpy_cx(), n->u.attr.expr);
    if (old) cm_node_release(cmpy_cx(), old);
    if (n->u.attr.expr->type) {
        cm_type_retain(cmpy_cx(), n->u.attr.expr->type);
        if (n->type) cm_type_release(cmpy_cx(), n->type);
        n->type = n->u.attr.expr->type;
    }
    Py_RETURN_NONE;
}

static PyObject *get_expr(PyObject *self, void *unused) {
    cm_node *e = CMPY_NODE(self)->u.attr.expr;
    (void)unused;
    return Py_NewRef(e ? CMPY_NODE_OBJECT(e) : Py_None);
}

static PyObject *get_entity(PyObject *self, void *unused) {
    cm_node *e = CMPY_NODE(self)->u.attr.entity;
    (void)unused;
    return Py_NewRef(e ? CMPY_NODE_OBJECT(e) : Py_None);
}

static PyObject *get_mapped(PyObject *self, void *unused) {
    const cm_attr *a = attr_of(self);
    (void)unused;
    if (!a) Py_RETURN_NONE;
    cmpy_mapper *m = cmpy_mapper_of(cm_mapper_host_class(a->mapper));
    return Py_NewRef(m ? (PyObject *)m : Py_None);
}

static PyObject *get_key(PyObject *self, void *unused) {
    const cm_attr *a = attr_of(self);
    (void)unused;
    if (a && a->host) return Py_NewRef(cmpy_attr_info(a)->name);
    PyObject *dict = ((cmpy_node *)self)->dict;
    PyObject *key = dict ? PyDict_GetItemWithError(dict, cmpy_st->str__key) : NULL;
    return key ? Py_NewRef(key) : PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef attribute_methods[] = {{"_set_expression", set_expression, METH_O,
                                           "_set_expression($self, expr, /)\n--\n\nThe column expression, before the mapper is built."},
                                          {NULL}};
static PyGetSetDef attribute_getset[] = {{"_expr", get_expr, NULL, "The column expression, or None.", NULL},
                                         {"_entity", get_entity, NULL, "The ENTITY node, or None.", NULL},
                                         {"_mapper", get_mapped, NULL, "The Mapper, or None before it is built.", NULL},
                                         {"key", get_key, NULL, "Name of the attribute.", NULL},
                                         {NULL}};
/* An attribute is there or it is not: programs write `if not getattr(Model, name, None)`. */
static int attribute_bool(PyObject *self) {
    (void)self;
    return 1;
}

static PyType_Slot attribute_slots[] = {{Py_tp_doc, "An attribute of a mapped class: expression and descriptor."},
                                        {Py_tp_descr_get, Attribute_get},
                                        {Py_tp_descr_set, Attribute_set},
                                        {Py_nb_bool, attribute_bool},
                                        {Py_tp_methods, attribute_methods},
                                        {Py_tp_getset, attribute_getset},
                                        {0, NULL}};
static PyType_Spec attribute_spec = {"cormorant._core.InstrumentedAttribute", sizeof(cmpy_node), 0,
                                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, attribute_slots};
static PyObject *register_ignored(PyObject *module, PyObject *value) {
    (void)module;
    Py_XSETREF(cmpy_st->dont_set, Py_NewRef(value));
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"register_ignored", register_ignored, METH_O, "register_ignored(value, /)\n--\n\nThe object that attributes ignore when it is set."},
    {"attribute", make_attribute, METH_VARARGS, "attribute(cls, expr=None, values=None, /)\n--\n\nA new InstrumentedAttribute."},
    {NULL}};

int cmpy_attribute_setup(PyObject *m) {
    cmpy_st->InstrumentedAttribute = cmpy_node_subtype(m, &attribute_spec, cmpy_st->Operators);
    if (!cmpy_st->InstrumentedAttribute || PyModule_AddObjectRef(m, "InstrumentedAttribute", cmpy_st->InstrumentedAttribute) < 0) return -1;
    return PyModule_AddFunctions(m, functions);
}
