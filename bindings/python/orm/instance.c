/* Instances of mapped classes.
 *
 * `_core.Instance` is the base of declarative classes. Its objects carry the core's header (cm_inst) and, at their tail,
 * one slot per mapped attribute; `slot_offset` and `nslots` of the header say where. Slots are grown onto a class when its
 * mapper is built (cmpy_instance_prepare), before its first instance exists.
 *
 * Touching `__dict__` promotes an instance once to the dict store: loaded values move into the dictionary, which is the
 * truth from then on (CM_INST_DICT). Plain classes mapped imperatively are born with the dict store; their header lies in
 * the InstanceState that their dictionary holds (CMPY_INST_EMBEDDED).
 *
 * Instances are left out of the cyclic collector until a value is stored that could be part of a cycle. */
#include "python/orm/orm.h"

/* One of `__slots__` in the class's own body: the collector must see what it holds. */
static bool is_own_slot(PyTypeObject *type, PyObject *name) {
    PyObject *found = _PyType_Lookup(type, name);
    return found && Py_IS_TYPE(found, &PyMemberDescr_Type);
}

static PyObject *Instance_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
static int Instance_init(PyObject *self, PyObject *args, PyObject *kwargs);
static int Instance_setattro(PyObject *o, PyObject *name, PyObject *value);

struct cmpy_ctor_entry {
    PyObject *name; /* borrowed from the attribute's host record; NULL: empty */
    const cm_attr *attr;
};

/* ---- finding things */

static PyObject *state_name(void) {
    static PyObject *name;
    if (!name) name = PyUnicode_InternFromString("_sa_instance_state");
    return name;
}

static inline bool is_slot_instance(PyObject *o) { return PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->Instance); }

cm_inst *cmpy_object_inst(cm_ctx *cx, void *object) {
    PyObject *o = object;
    (void)cx;
    if (is_slot_instance(o)) {
        cm_inst *inst = &((cmpy_instance *)o)->inst;
        return inst->mapper ? inst : NULL;
    }
    bool failing = PyErr_Occurred() != NULL; /* that exception is not ours to clear */
    cmpy_mapper *m = cmpy_mapper_of(Py_TYPE(o));
    if (!m || !m->core) return NULL;
    PyObject *dict = PyObject_GenericGetDict(o, NULL);
    if (!dict) {
        if (!failing) PyErr_Clear();
        return NULL;
    }
    PyObject *state = PyDict_GetItemWithError(dict, state_name());
    cm_inst *inst = NULL;
    if (state && PyObject_TypeCheck(state, (PyTypeObject *)cmpy_st->InstanceState)) {
        inst = &((cmpy_inst_state *)state)->inst;
    } else {
        /* born without __init__ of ours (object.__new__): make its state now */
        PyObject *made = cmpy_state_new(o, m);
        if (made) inst = &((cmpy_inst_state *)made)->inst;
        Py_XDECREF(made);
    }
    Py_DECREF(dict);
    if (!failing) PyErr_Clear();
    return inst && inst->mapper ? inst : NULL;
}

/* Proxies hand on what they are asked, so they answer the state of the instance behind them. Only objects that answer attributes
 * in a way of their own are asked. */
PyObject *cmpy_stood_for(PyObject *obj) {
    if (Py_TYPE(obj)->tp_getattro == PyObject_GenericGetAttr || PyType_Check(obj) || is_slot_instance(obj) || cmpy_mapper_of(Py_TYPE(obj)))
        return Py_NewRef(obj);
    PyObject *real = NULL, *state = PyObject_GetAttr(obj, state_name());
    if (state && PyObject_TypeCheck(state, (PyTypeObject *)cmpy_st->InstanceState)) real = PyObject_CallMethod(state, "obj", NULL);
    if (!state && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
    Py_XDECREF(state);
    if (real == Py_None) Py_CLEAR(real); /* it is gone already */
    if (!real && !PyErr_Occurred()) real = Py_NewRef(obj);
    return real;
}

/* The instance behind a proxy, held by somebody else than the proxy's answer. */
static cm_inst *inst_behind(PyObject *obj) {
    PyObject *real = cmpy_stood_for(obj);
    cm_inst *inst = real && real != obj && Py_REFCNT(real) > 1 ? cmpy_object_inst(cmpy_cx(), real) : NULL;
    Py_XDECREF(real);
    return inst;
}

cm_inst *cmpy_inst_require(PyObject *obj) {
    if (cmpy_ready_of(obj) < 0) return NULL; /* a class with a __new__ of its own has instances before its mapper is complete */
    cm_inst *inst = cmpy_object_inst(cmpy_cx(), obj);
    if (inst || (inst = inst_behind(obj)) || PyErr_Occurred()) return inst;
    if (PyType_Check(obj) && cmpy_mapper_of((PyTypeObject *)obj))
        cmpy_raise_exc("UnmappedInstanceError",
                       "Class '%s' is mapped, but this is the class and not an instance of it. Was a class passed where "
                       "an instance was required?",
                       ((PyTypeObject *)obj)->tp_name);
    else {
        PyObject *module = PyObject_GetAttrString((PyObject *)Py_TYPE(obj), "__module__");
        const char *prefix = module && PyUnicode_Check(module) ? PyUnicode_AsUTF8(module) : NULL;
        PyErr_Clear();
        cmpy_raise_exc("UnmappedInstanceError", "Class '%s.%s' is not mapped", prefix ? prefix : "builtins", Py_TYPE(obj)->tp_name);
        Py_XDECREF(module);
    }
    return NULL;
}

void *cmpy_inst_object(cm_inst *inst) {
    if (inst->flags & CMPY_INST_EMBEDDED) {
        cmpy_inst_state *s = (cmpy_inst_state *)((char *)inst - offsetof(cmpy_inst_state, inst));
        return cmpy_weak_get(s->ref);
    }
    PyObject *o = CMPY_INST_OBJECT(inst);
    return Py_REFCNT(o) > 0 ? o : NULL;
}

PyObject *cmpy_inst_dict(PyObject *obj) {
    if (is_slot_instance(obj)) {
        cmpy_instance *self = (cmpy_instance *)obj;
        if (!self->dict) self->dict = PyDict_New();
        return self->dict;
    }
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    Py_XDECREF(dict); /* the instance keeps it */
    return dict;
}

void cmpy_value_stored(cm_ctx *cx, cm_inst *inst, const cm_type *type, void *value) {
    (void)cx;
    (void)type;
    if (!(inst->flags & CMPY_INST_EMBEDDED) && cmpy_value_may_cycle(value)) cmpy_track(CMPY_INST_OBJECT(inst));
}

/* ---- dict store, and late attributes of slot instances */

void *cmpy_dict_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr) {
    cmpy_attr_host *h = cmpy_attr_info(attr);
    PyObject *obj = cmpy_inst_object(inst), *dict, *v;
    (void)cx;
    if (!obj || !h) return NULL;
    if (!(inst->flags & CMPY_INST_EMBEDDED) && !((cmpy_instance *)obj)->dict) return NULL;
    dict = cmpy_inst_dict(obj);
    v = dict ? PyDict_GetItem(dict, h->name) : NULL; /* keeps an exception under way */
    return v;
}

cm_status cmpy_dict_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value) {
    cmpy_attr_host *h = cmpy_attr_info(attr);
    PyObject *obj = cmpy_inst_object(inst), *dict;
    (void)cx;
    if (!obj || !h) return CM_OK;
    if (!value && !(inst->flags & CMPY_INST_EMBEDDED) && !((cmpy_instance *)obj)->dict) return CM_OK;
    dict = cmpy_inst_dict(obj);
    if (!dict) return CM_E_HOST;
    if (value) {
        if (PyDict_SetItem(dict, h->name, value) < 0) return CM_E_HOST;
        if (!(inst->flags & CMPY_INST_EMBEDDED)) cmpy_track(obj);
        return CM_OK;
    }
    return PyDict_GetItem(dict, h->name) && PyDict_DelItem(dict, h->name) < 0 ? CM_E_HOST : CM_OK;
}

/* Moves every loaded value into the dictionary, which is the truth from now on. */
static int promote(cmpy_instance *self) {
    cm_inst *inst = &self->inst;
    if (!cmpy_inst_dict((PyObject *)self)) return -1;
    if (!inst->mapper || (inst->flags & CM_INST_DICT)) return 0;
    PyObject *state = cmpy_state_of((PyObject *)self); /* puts itself into the dictionary */
    if (!state) return -1;
    Py_DECREF(state);
    void **slots = cm_inst_slots(inst);
    for (size_t i = 0; i < inst->nslots; i++) {
        if (!slots[i]) continue;
        const cm_attr *a = cm_mapper_attr(inst->mapper, i);
        if (!a || !a->host) continue;
        if (PyDict_SetItem(self->dict, cmpy_attr_info(a)->name, slots[i]) < 0) return -1;
    }
    inst->flags |= CM_INST_DICT;
    for (size_t i = 0; i < inst->nslots; i++) {
        PyObject *v = slots[i];
        slots[i] = NULL;
        Py_XDECREF(v);
    }
    cmpy_track((PyObject *)self);
    return 0;
}

/* ---- making instances */

PyObject *cmpy_instance_raw(PyTypeObject *type, cmpy_mapper *m) {
    cmpy_instance *self = PyObject_GC_New(cmpy_instance, type);
    if (!self) return NULL;
    memset(&self->dict, 0, (size_t)type->tp_basicsize - offsetof(cmpy_instance, dict));
    if (m && m->core) {
        cm_mapper_retain(m->core);
        cm_inst_init(cmpy_cx(), &self->inst, m->core, m->slot_offset, m->nslots);
    }
    return (PyObject *)self;
}

/* An unmapped subclass of a mapped class is as large as the class it extends. */
static void ensure_size(PyTypeObject *type, cmpy_mapper *m) {
    Py_ssize_t need = (Py_ssize_t)(offsetof(cmpy_instance, inst) + m->slot_offset + m->nslots * sizeof(void *));
    if (type->tp_basicsize < need) type->tp_basicsize = need;
}

/* What the core writes into an instance that the program makes: the polymorphic identity of its class. */
static PyObject *constructed(PyObject *take_self, const cmpy_mapper *m) {
    if (!take_self || !m) return take_self;
    cm_status st = cm_inst_constructed(cmpy_cx(), &((cmpy_instance *)take_self)->inst);
    if (!st) return take_self;
    Py_DECREF(take_self);
    return cmpy_raise(cmpy_cx(), st);
}

static PyObject *Instance_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args;
    (void)kwargs;
    if (cmpy_ready((PyObject *)type) < 0) return NULL;
    cmpy_mapper *m = cmpy_mapper_of(type);
    if (m && !m->core) {
        cmpy_raise_exc("InvalidRequestError", "The mapper of class %s is not configured", type->tp_name);
        return NULL;
    }
    if (m && cmpy_mapper_place(m) < 0) return NULL;
    if (m && m->cls != type) ensure_size(type, m);
    PyObject *self = constructed(cmpy_instance_raw(type, m), m);
    if (self && type->tp_basicsize > (Py_ssize_t)sizeof(cmpy_instance) && (!m || m->cls != type)) cmpy_track(self);
    return self;
}

static int invalid_keyword(PyTypeObject *type, PyObject *key) {
    PyErr_Format(PyExc_TypeError, "%R is an invalid keyword argument for %s", key, type->tp_name);
    return -1;
}

/* Names that a form or a JSON body must not reach: the machinery of the class, whatever it is called. */
static bool is_machinery(PyTypeObject *type, PyObject *key) {
    static const char *const names[] = {"metadata", "registry", "query", "query_class", NULL};
    if (!PyUnicode_GET_LENGTH(key)) return false;
    if (PyUnicode_READ_CHAR(key, 0) == '_') {
        const char *text = PyUnicode_AsUTF8(key);
        if (!text) PyErr_Clear();
        return !text || !strncmp(text, "__", 2) || !strncmp(text, "_sa_", 4);
    }
    PyObject *found = _PyType_Lookup(type, key);
    if (found && Py_TYPE(found)->tp_descr_set) return false;
    for (size_t i = 0; names[i]; i++)
        if (PyUnicode_CompareWithASCIIString(key, names[i]) == 0) return true;
    return false;
}

static int set_keyword(PyObject *self, PyObject *key, PyObject *value) {
    PyTypeObject *type = Py_TYPE(self);
    if (is_machinery(type, key)) return invalid_keyword(type, key);
    if (!_PyType_Lookup(type, key) && !PyObject_HasAttr((PyObject *)type, key)) return invalid_keyword(type, key);
    return PyObject_SetAttr(self, key, value);
}

/* Listeners of "init" are told before __init__ of the class, or here where it was made another way. */
static int fire_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_init], *r;
    if (!hook || cmpy_st->constructing == self) return 0;
    r = PyObject_CallFunctionObjArgs(hook, self, args ? args : Py_None, kwargs ? kwargs : Py_None, NULL);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

static int Instance_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    if (PyTuple_GET_SIZE(args)) {
        PyErr_Format(PyExc_TypeError, "%s.__init__() takes 1 positional argument but %zd were given", Py_TYPE(self)->tp_name,
                     PyTuple_GET_SIZE(args) + 1);
        return -1;
    }
    if (fire_init(self, args, kwargs) < 0) return -1;
    while (kwargs && PyDict_Next(kwargs, &pos, &key, &value))
        if (set_keyword(self, key, value) < 0) return -1;
    return 0;
}

/* ---- the fast constructor */

static size_t name_slot(PyObject *name, size_t mask) { return ((uintptr_t)name >> 4 ^ (uintptr_t)name >> 12) & mask; }

/* Builds the table keyword -> attribute for the class as it is now. Attributes that were replaced on the class, or that
 * are not plain columns, are left out: they are set the long way. */
static int build_constructor(cmpy_mapper *m) {
    PyTypeObject *type = m->cls;
    size_t n = cm_mapper_nattrs(m->core), size = 8;
    while (size < n * 2) size *= 2;
    struct cmpy_ctor_entry *table = PyMem_Calloc(size, sizeof *table);
    if (!table) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const cm_attr *a = cm_mapper_attr(m->core, i);
        cmpy_attr_host *h = cmpy_attr_info(a);
        if (!h || !h->type || a->kind != CM_ATTR_COLUMN || a->slot >= m->nslots) continue;
        if (_PyType_Lookup(type, h->name) != CMPY_NODE_OBJECT(a->node)) continue;
        size_t at = name_slot(h->name, size - 1);
        while (table[at].name) at = (at + 1) & (size - 1);
        table[at].name = h->name;
        table[at].attr = a;
    }
    PyMem_Free(m->ctor);
    m->ctor = table;
    m->ctor_mask = size - 1;
    m->fast = m->slot_store && type->tp_init == Instance_init && type->tp_new == Instance_new && type->tp_setattro == Instance_setattro &&
              Py_TYPE(type)->tp_call == PyType_Type.tp_call && !cmpy_st->hooks[CMPY_HOOK_init];
    m->version = type->tp_version_tag;
    return 0;
}

static const cm_attr *find_keyword(const cmpy_mapper *m, PyObject *name) {
    size_t at = name_slot(name, m->ctor_mask);
    for (; m->ctor[at].name; at = (at + 1) & m->ctor_mask)
        if (m->ctor[at].name == name) return m->ctor[at].attr;
    return NULL;
}

/* What type.__call__ does, with listeners told before __init__ and of its failure. */
static PyObject *construct_told(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *given = kwargs ? Py_NewRef(kwargs) : PyDict_New(), *self = given ? type->tp_new(type, args, given) : NULL;
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_init_failure], *before = cmpy_st->constructing;
    int st = !self ? -1 : !PyObject_TypeCheck(self, type) ? 0 : fire_init(self, args, given);
    if (!st && PyObject_TypeCheck(self, type)) {
        cmpy_st->constructing = self;
        st = Py_TYPE(self)->tp_init(self, args, PyDict_GET_SIZE(given) ? given : NULL);
        cmpy_st->constructing = before;
        if (st < 0 && hook) {
            PyObject *kind, *value, *trace;
            PyErr_Fetch(&kind, &value, &trace);
            PyObject *r = PyObject_CallFunctionObjArgs(hook, self, args, given, NULL);
            if (r) PyErr_Restore(kind, value, trace);
            Py_XDECREF(r);
        }
    }
    if (st < 0) Py_CLEAR(self);
    Py_XDECREF(given);
    return self;
}

static PyObject *construct_slowly(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
    PyObject *tuple = PyTuple_New(nargs), *kwargs = NULL, *result = NULL;
    if (!tuple) return NULL;
    for (Py_ssize_t i = 0; i < nargs; i++) PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    if (kwnames && PyTuple_GET_SIZE(kwnames)) {
        kwargs = PyDict_New();
        if (!kwargs) goto done;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++)
            if (PyDict_SetItem(kwargs, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) < 0) goto done;
    }
    if (cmpy_st->hooks[CMPY_HOOK_init]) result = construct_told((PyTypeObject *)type, tuple, kwargs);
    else result = Py_TYPE(type)->tp_call(type, tuple, kwargs);
done:
    Py_DECREF(tuple);
    Py_XDECREF(kwargs);
    return result;
}

/* User(name="x", ...) while __init__ and __new__ are ours: plain columns go straight into their slots. */
static PyObject *construct(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    PyTypeObject *type = (PyTypeObject *)callable;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (cmpy_ready((PyObject *)type) < 0) return NULL;
    cmpy_mapper *m = cmpy_mapper_of(type);
    if (!m || m->cls != type || !m->core || nargs) return construct_slowly(callable, args, nargs, kwnames);
    if (m->version != type->tp_version_tag || !m->version)
        if (cmpy_mapper_place(m) < 0 || build_constructor(m) < 0) return NULL;
    if (!m->fast) return construct_slowly(callable, args, nargs, kwnames);
    PyObject *self = constructed(cmpy_instance_raw(type, m), m);
    if (!self) return NULL;
    void **slots = cm_inst_slots(&((cmpy_instance *)self)->inst);
    for (Py_ssize_t i = 0, n = kwnames ? PyTuple_GET_SIZE(kwnames) : 0; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i), *value = args[i];
        const cm_attr *a = find_keyword(m, name);
        if (a && !a->hooked && !(((cmpy_instance *)self)->inst.flags & CM_INST_DICT)) {
            if (PyType_IS_GC(Py_TYPE(value)) && cmpy_value_may_cycle(value)) cmpy_track(self);
            PyObject *old = slots[a->slot];
            slots[a->slot] = Py_NewRef(value);
            Py_XDECREF(old);
        } else if (set_keyword(self, name, value) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return self;
}

int cmpy_install_constructor(PyTypeObject *cls) {
    PyTypeObject *meta = Py_TYPE(cls);
    if (meta->tp_call != PyType_Type.tp_call) return 0;
    meta->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL; /* metaclasses written in Python lack it before 3.12 */
    meta->tp_vectorcall_offset = PyType_Type.tp_vectorcall_offset;
    cls->tp_vectorcall = construct;
    return 0;
}

cm_status cmpy_inst_alloc(cm_ctx *cx, cm_mapper *mapper, cm_inst **out) {
    PyTypeObject *cls = cm_mapper_host_class(mapper);
    cmpy_mapper *m = cmpy_mapper_of(cls);
    (void)cx;
    PyObject *obj;
    if (m && m->slot_store && cls->tp_new == Instance_new) {
        obj = m->placed || cmpy_mapper_place(m) == 0 ? cmpy_instance_raw(cls, m) : NULL;
        if (!obj) return CM_E_HOST;
        *out = &((cmpy_instance *)obj)->inst;
        return CM_OK;
    }
    obj = cls->tp_new(cls, cmpy_st->empty_tuple, NULL);
    if (!obj) return CM_E_HOST;
    *out = cmpy_object_inst(cx, obj);
    if (*out) return CM_OK;
    Py_DECREF(obj);
    if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "%s.__new__ answered an object that is not mapped", cls->tp_name);
    return CM_E_HOST;
}

/* ---- the type */

static void drop(cmpy_instance *self) {
    cm_mapper *mapper = self->inst.mapper;
    if (!mapper) return;
    cm_inst_dispose(cmpy_cx(), &self->inst);
    self->inst.mapper = NULL;
    self->inst.nslots = 0;
    self->inst.session = NULL;
    cm_mapper_release(cmpy_cx(), mapper);
}

static void destroy(PyObject *o) {
    cmpy_instance *self = (cmpy_instance *)o;
    PyTypeObject *type = Py_TYPE(o);
    drop(self);
    if (self->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(self->dict);
    PyObject_GC_Del(o);
    Py_DECREF(type);
}

static void Instance_dealloc(PyObject *o) {
    PyTypeObject *type = Py_TYPE(o);
    if (type->tp_finalize && PyObject_CallFinalizerFromDealloc(o) < 0) return;
    if (!PyObject_GC_IsTracked(o)) { /* it holds no other instance: no chain hangs from it */
        destroy(o);
        return;
    }
    PyObject_GC_UnTrack(o);
    Py_TRASHCAN_BEGIN(o, Instance_dealloc);
    destroy(o);
    Py_TRASHCAN_END;
}

/* Python gives a class a deallocator that looks for what the class added to its base. A mapped class that added nothing that has
 * to be let go (`__slots__`) has that of its base. */
static void own_dealloc(PyTypeObject *cls) {
    const PyTypeObject *base = (PyTypeObject *)cmpy_st->Instance;
    for (const PyTypeObject *t = cls; t != base; t = t->tp_base)
        if (!t || Py_SIZE(t) || t->tp_dictoffset != base->tp_dictoffset || t->tp_weaklistoffset != base->tp_weaklistoffset ||
            (t->tp_dealloc != cls->tp_dealloc && t->tp_dealloc != base->tp_dealloc))
            return;
    cls->tp_dealloc = base->tp_dealloc;
}

/* Attributes that are not mapped go to the dictionary, through which a cycle may run. */
static int Instance_setattro(PyObject *o, PyObject *name, PyObject *value) {
    if (PyObject_GenericSetAttr(o, name, value) < 0) return -1;
    if (((cmpy_instance *)o)->dict || (value && PyObject_IS_GC(value) && is_own_slot(Py_TYPE(o), name))) cmpy_track(o);
    return 0;
}

int cmpy_inst_traverse(const cm_inst *inst, visitproc visit, void *arg) {
    cmpy_visitor v = {visit, arg};
    return inst->mapper && inst->state ? cm_inst_visit(inst, cmpy_visit_value, &v) : 0;
}

static int Instance_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_instance *self = (cmpy_instance *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->dict);
    if (self->inst.mapper) {
        void **slots = cm_inst_slots(&self->inst);
        for (size_t i = 0; i < self->inst.nslots; i++) Py_VISIT((PyObject *)slots[i]);
    }
    return cmpy_inst_traverse(&self->inst, visit, arg);
}

static int Instance_clear(PyObject *o) {
    drop((cmpy_instance *)o);
    Py_CLEAR(((cmpy_instance *)o)->dict);
    return 0;
}

static PyObject *get_dict(PyObject *o, void *unused) {
    (void)unused;
    if (promote((cmpy_instance *)o) < 0) return NULL;
    return Py_NewRef(((cmpy_instance *)o)->dict);
}

static int set_dict(PyObject *o, PyObject *value, void *unused) {
    cmpy_instance *self = (cmpy_instance *)o;
    (void)unused;
    if (!value || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__dict__ must be set to a dictionary");
        return -1;
    }
    if (promote(self) < 0) return -1;
    Py_INCREF(value);
    Py_SETREF(self->dict, value);
    return 0;
}

static PyObject *get_state(PyObject *o, void *unused) {
    (void)unused;
    return cmpy_state_of(o);
}

/* A dictionary of what is loaded, without promoting: for copy and pickle. */
/* Listeners of the event "pickle" may change what goes into the pickle; takes the state. */
static PyObject *fire_pickle(PyObject *o, PyObject *take_state) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_pickle];
    PyObject *r = hook ? PyObject_CallFunctionObjArgs(hook, o, take_state, NULL) : Py_NewRef(Py_None);
    if (!r) Py_CLEAR(take_state);
    Py_XDECREF(r);
    return take_state;
}

static PyObject *Instance_getstate(PyObject *o, PyObject *unused) {
    cmpy_instance *self = (cmpy_instance *)o;
    (void)unused;
    PyObject *state = self->inst.mapper ? cmpy_state_of(o) : NULL;
    if (!state && self->inst.mapper) return NULL;
    PyObject *out = self->dict ? PyDict_Copy(self->dict) : PyDict_New();
    if (out && state && PyDict_SetItem(out, state_name(), state) < 0) Py_CLEAR(out);
    Py_XDECREF(state);
    if (!out || !self->inst.mapper) return out;
    cmpy_track(o); /* values are handed out */
    void **slots = cm_inst_slots(&self->inst);
    for (size_t i = 0; i < self->inst.nslots; i++) {
        const cm_attr *a = slots[i] ? cm_mapper_attr(self->inst.mapper, i) : NULL;
        if (a && a->host && PyDict_SetItem(out, cmpy_attr_info(a)->name, slots[i]) < 0) {
            Py_DECREF(out);
            return NULL;
        }
    }
    return fire_pickle(o, out);
}

/* The identity of `from` (an InstanceState) is given to a copy of its instance. */
static int adopt_identity(PyObject *o, PyObject *from) {
    if (!PyObject_TypeCheck(from, (PyTypeObject *)cmpy_st->InstanceState)) return 0;
    PyObject *args = PyObject_CallMethod(from, "_identity_values", NULL);
    if (!args) return -1;
    PyObject *r = args == Py_None ? Py_NewRef(args) : PyObject_CallMethod((PyObject *)from, "_give_identity", "OO", o, args);
    Py_DECREF(args);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

static int restore_value(cmpy_instance *self, PyObject *key, PyObject *value) {
    const cm_attr *a = NULL;
    if (self->inst.mapper && PyUnicode_Check(key)) {
        const char *name = cmpy_c_string(key, "the name of an attribute");
        if (!name) return -1;
        a = cm_mapper_find_attr(self->inst.mapper, name);
    }
    if (!a) {
        PyObject *dict = cmpy_inst_dict((PyObject *)self);
        cmpy_track((PyObject *)self);
        return dict ? PyDict_SetItem(dict, key, value) : -1;
    }
    cm_status st = cm_inst_store_committed(cmpy_cx(), &self->inst, a, value);
    if (st) return cmpy_raise_int(cmpy_cx(), st);
    cmpy_value_stored(cmpy_cx(), &self->inst, a->type, value);
    return 0;
}

/* Listeners of the event "unpickle". */
static PyObject *fire_unpickle(PyObject *o, PyObject *state) {
    PyObject *hook = cmpy_st->hooks[CMPY_HOOK_unpickle];
    return hook && ((cmpy_instance *)o)->inst.mapper ? PyObject_CallFunctionObjArgs(hook, o, state, NULL) : Py_NewRef(Py_None);
}

static PyObject *Instance_setstate(PyObject *o, PyObject *state) {
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    if (!PyDict_Check(state)) {
        PyErr_Format(PyExc_TypeError, "the state of a %s must be a dictionary", Py_TYPE(o)->tp_name);
        return NULL;
    }
    while (PyDict_Next(state, &pos, &key, &value)) {
        if (PyUnicode_Check(key) && PyUnicode_Compare(key, state_name()) == 0) {
            if (adopt_identity(o, value) < 0) return NULL;
        } else if (restore_value((cmpy_instance *)o, key, value) < 0) {
            return NULL;
        }
    }
    return fire_unpickle(o, state);
}

/* Bases written in Python bring a `__dict__` entry that knows nothing of slots; ours goes before it. */
static int own_dict_entry(PyTypeObject *cls) {
    PyObject *entry = PyDict_GetItemWithError(((PyTypeObject *)cmpy_st->Instance)->tp_dict, cmpy_st->str___dict__);
    if (!entry || PyDict_SetItem(cls->tp_dict, cmpy_st->str___dict__, entry) < 0) return -1;
    PyType_Modified(cls);
    return 0;
}

Py_ssize_t cmpy_instance_prepare(PyTypeObject *cls, size_t nslots) {
    const cmpy_mapper *up = cls->tp_base ? cmpy_mapper_of(cls->tp_base) : NULL;
    Py_ssize_t at = (cls->tp_basicsize + 7) & ~(Py_ssize_t)7, end;
    if (up && up->slot_store && up->nslots && cls->tp_basicsize == cls->tp_base->tp_basicsize)
        at = (Py_ssize_t)(offsetof(cmpy_instance, inst) + up->slot_offset); /* the parent's slots, then ours */
    end = at + (Py_ssize_t)(nslots * sizeof(void *));
    if (end - (Py_ssize_t)offsetof(cmpy_instance, inst) > UINT16_MAX) {
        PyErr_Format(PyExc_TypeError, "class %s has too many mapped attributes", cls->tp_name);
        return -1;
    }
    if (end > cls->tp_basicsize) cls->tp_basicsize = end;
    if (own_dict_entry(cls) < 0) return -1;
    own_dealloc(cls);
    return at - (Py_ssize_t)offsetof(cmpy_instance, inst);
}

static PyObject *set_pending(PyObject *module, PyObject *flag) {
    (void)module;
    int on = PyObject_IsTrue(flag);
    if (on < 0) return NULL;
    cmpy_orm_pending = on;
    Py_RETURN_NONE;
}

static PyGetSetDef instance_getset[] = {
    {"__dict__", get_dict, set_dict, NULL, NULL}, {"_sa_instance_state", get_state, NULL, NULL, NULL}, {NULL}};
static PyMethodDef instance_methods[] = {
    {"__getstate__", Instance_getstate, METH_NOARGS, "__getstate__($self, /)\n--\n\nLoaded values, for copy and pickle."},
    {"__setstate__", Instance_setstate, METH_O, "__setstate__($self, state, /)\n--\n\nTakes over loaded values."},
    {NULL}};
static PyMemberDef instance_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(cmpy_instance, dict), READONLY, NULL},
                                         {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_instance, weak), READONLY, NULL},
                                         {NULL}};
static PyType_Slot instance_slots[] = {{Py_tp_doc, "Instance(**values)\n--\n\nBase of declarative mapped classes."},
                                       {Py_tp_new, Instance_new},
                                       {Py_tp_init, Instance_init},
                                       {Py_tp_dealloc, Instance_dealloc},
                                       {Py_tp_setattro, Instance_setattro},
                                       {Py_tp_traverse, Instance_traverse},
                                       {Py_tp_clear, Instance_clear},
                                       {Py_tp_getset, instance_getset},
                                       {Py_tp_methods, instance_methods},
                                       {Py_tp_members, instance_members},
                                       {0, NULL}};
static PyType_Spec instance_spec = {"cormorant._core.Instance", sizeof(cmpy_instance), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, instance_slots};
static PyMethodDef functions[] = {
    {"set_pending", set_pending, METH_O, "set_pending(flag, /)\n--\n\nSays whether mappers wait to be configured."}, {NULL}};

int cmpy_instance_setup(PyObject *m) {
    cmpy_st->Instance = PyType_FromModuleAndSpec(m, &instance_spec, NULL);
    if (!cmpy_st->Instance || !state_name()) return -1;
    if (PyModule_AddObjectRef(m, "Instance", cmpy_st->Instance) < 0) return -1;
    if (PyModule_AddFunctions(m, functions) < 0) return -1;
    return cmpy_state_setup(m);
}
