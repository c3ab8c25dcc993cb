/* InstanceState: what `inspect(obj)` answers, and the functions that look into an instance (`_core.inst_*`).
 *
 * For slot-store instances it is a view: a weak reference to the instance, whose header it looks into. For dict-store
 * instances it holds the header itself; the instance's dictionary keeps it under "_sa_instance_state".
 * The package subclasses the type in cormorant.orm.state and names the subclass by the hook "instance_state". */
#include "python/orm/orm.h"

static PyObject *state_class(void) {
    PyObject *cls = cmpy_st->hooks[CMPY_HOOK_instance_state];
    return cls ? cls : cmpy_st->InstanceState;
}

static cmpy_inst_state *make_state(PyObject *obj) {
    PyTypeObject *cls = (PyTypeObject *)state_class();
    cmpy_inst_state *s = (cmpy_inst_state *)cls->tp_alloc(cls, 0);
    if (!s) return NULL;
    s->cls = (PyTypeObject *)Py_NewRef(Py_TYPE(obj));
    s->ref = PyWeakref_NewRef(obj, NULL);
    if (s->ref) return s;
    Py_DECREF(s);
    return NULL;
}

PyObject *cmpy_state_new(PyObject *obj, cmpy_mapper *m) {
    cmpy_inst_state *s = make_state(obj);
    if (!s) return NULL;
    cm_mapper_retain(m->core);
    cm_inst_init(cmpy_cx(), &s->inst, m->core, (uint16_t)sizeof(cm_inst), 0);
    s->inst.flags |= CM_INST_DICT | CMPY_INST_EMBEDDED;
    PyObject *dict = cmpy_inst_dict(obj);
    if (!dict || PyDict_SetItem(dict, cmpy_st->str__sa_instance_state, (PyObject *)s) < 0) Py_CLEAR(s);
    return (PyObject *)s;
}

PyObject *cmpy_state_of(PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    if (!inst) return NULL;
    obj = cmpy_inst_object(inst); /* not the proxy that stands for it */
    if (inst->flags & CMPY_INST_EMBEDDED) return Py_NewRef((PyObject *)((char *)inst - offsetof(cmpy_inst_state, inst)));
    PyObject *dict = cmpy_inst_dict(obj);
    if (!dict) return NULL;
    PyObject *state = PyDict_GetItemWithError(dict, cmpy_st->str__sa_instance_state);
    if (state && PyObject_TypeCheck(state, (PyTypeObject *)cmpy_st->InstanceState) && cmpy_weak_get(((cmpy_inst_state *)state)->ref) == obj)
        return Py_NewRef(state);
    if (!state && PyErr_Occurred()) return NULL;
    state = (PyObject *)make_state(obj);
    if (state && PyDict_SetItem(dict, cmpy_st->str__sa_instance_state, state) < 0) Py_CLEAR(state);
    return state;
}

/* ---- the type */

static int State_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_inst_state *s = (cmpy_inst_state *)o;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(s->dict);
    Py_VISIT(s->ref);
    Py_VISIT(s->cls);
    return cmpy_inst_traverse(&s->inst, visit, arg);
}

static int State_clear(PyObject *o) {
    Py_CLEAR(((cmpy_inst_state *)o)->dict);
    return 0;
}

static void State_dealloc(PyObject *o) {
    cmpy_inst_state *s = (cmpy_inst_state *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (s->inst.mapper) {
        cm_mapper *mapper = s->inst.mapper;
        cm_inst_dispose(cmpy_cx(), &s->inst);
        cm_mapper_release(cmpy_cx(), mapper);
    }
    if (s->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(s->dict);
    Py_CLEAR(s->ref);
    Py_CLEAR(s->cls);
    type->tp_free(o);
    Py_DECREF(type);
}

static PyObject *State_obj(PyObject *o, PyObject *unused) {
    PyObject *obj = cmpy_weak_get(((cmpy_inst_state *)o)->ref);
    (void)unused;
    return Py_NewRef(obj ? obj : Py_None);
}

/* New references of the identity key, as a tuple; None for instances without one. */
static PyObject *identity_tuple(cm_inst *inst) {
    if (!inst || !(inst->flags & CM_INST_KEY)) Py_RETURN_NONE;
    size_t n = cm_mapper_nprimary_key(inst->mapper);
    void *values[32];
    if (n > 32) {
        PyErr_SetString(PyExc_ValueError, "a primary key has more than 32 columns");
        return NULL;
    }
    CMPY_TRY(cmpy_cx(), cm_inst_identity(cmpy_cx(), inst, values));
    PyObject *out = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; i < n; i++) {
        if (out) PyTuple_SET_ITEM(out, (Py_ssize_t)i, values[i]);
        else Py_DECREF((PyObject *)values[i]);
    }
    return out;
}

static PyObject *State_identity_values(PyObject *o, PyObject *unused) {
    PyObject *obj = cmpy_weak_get(((cmpy_inst_state *)o)->ref);
    (void)unused;
    return identity_tuple(obj ? cmpy_object_inst(cmpy_cx(), obj) : NULL);
}

static PyObject *give_identity(PyObject *obj, PyObject *values) {
    cm_inst *inst = cmpy_inst_require(obj);
    if (!inst) return NULL;
    PyObject *seq = PySequence_Tuple(values);
    if (!seq) return NULL;
    cm_status st = CM_OK;
    if (!(inst->flags & CM_INST_KEY))
        st = cm_inst_set_identity(cmpy_cx(), inst, (void *const *)&PyTuple_GET_ITEM(seq, 0), (size_t)PyTuple_GET_SIZE(seq));
    Py_DECREF(seq);
    CMPY_TRY(cmpy_cx(), st);
    Py_RETURN_NONE;
}

static PyObject *State_give_identity(PyObject *o, PyObject *args) {
    PyObject *obj, *values;
    (void)o;
    return PyArg_ParseTuple(args, "OO", &obj, &values) ? give_identity(obj, values) : NULL;
}

static PyObject *State_cls(PyObject *o, void *unused) {
    (void)unused;
    return Py_NewRef(((cmpy_inst_state *)o)->cls);
}

/* Pickles as: instance and identity; the values travel in the instance's own dictionary. */
static PyObject *State_reduce(PyObject *o, PyObject *protocol) {
    PyObject *obj = State_obj(o, NULL), *key = State_identity_values(o, NULL), *out = NULL;
    (void)protocol;
    PyObject *module = key ? PyImport_ImportModule("cormorant._core") : NULL;
    PyObject *fn = module ? PyObject_GetAttrString(module, "inst_restore") : NULL;
    if (fn) out = Py_BuildValue("(O(OO))", fn, obj, key);
    Py_XDECREF(fn);
    Py_XDECREF(module);
    Py_XDECREF(key);
    Py_DECREF(obj);
    return out;
}

/* ---- functions over instances */

static PyObject *inst_restore(PyObject *module, PyObject *args) {
    PyObject *obj, *key;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &obj, &key)) return NULL;
    if (obj == Py_None) Py_RETURN_NONE;
    if (cmpy_ready_of(obj) < 0) return NULL;
    if (key != Py_None) {
        PyObject *r = give_identity(obj, key);
        if (!r) return NULL;
        Py_DECREF(r);
    }
    return cmpy_state_of(obj);
}

static PyObject *inst_status(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    return inst ? PyLong_FromLong(cm_inst_get_status(inst)) : NULL;
}

static PyObject *inst_flags(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    return inst ? PyLong_FromUnsignedLong(inst->flags) : NULL;
}

static PyObject *inst_identity(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    return inst ? identity_tuple(inst) : NULL;
}

static PyObject *inst_session(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    if (!inst) return NULL;
    PyObject *s = inst->session ? cm_session_host(inst->session) : NULL;
    return Py_NewRef(s ? s : Py_None);
}

static PyObject *inst_is_mapped(PyObject *module, PyObject *obj) {
    (void)module;
    if (cmpy_ready_of(obj) < 0) return NULL;
    PyObject *real = cmpy_stood_for(obj);
    bool mapped = real && cmpy_object_inst(cmpy_cx(), real);
    Py_XDECREF(real);
    return real ? PyBool_FromLong(mapped) : NULL;
}

/* Loaded values by attribute name; nothing is loaded or promoted. */
static PyObject *inst_loaded(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    if (!inst) return NULL;
    PyObject *out = PyDict_New();
    if (!out) return NULL;
    for (size_t i = 0, n = cm_mapper_nattrs(inst->mapper); i < n; i++) {
        const cm_attr *a = cm_mapper_attr(inst->mapper, i);
        PyObject *v = cm_inst_peek(cmpy_cx(), inst, a);
        cmpy_hands_out(inst, a);
        if (v && a->host && PyDict_SetItem(out, cmpy_attr_info(a)->name, v) < 0) {
            Py_DECREF(out);
            return NULL;
        }
    }
    return out;
}

static PyObject *inst_peek(PyObject *module, PyObject *args) {
    PyObject *obj, *key, *missing = Py_None;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO|O", &obj, &key, &missing)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a) return NULL;
    PyObject *v = cm_inst_peek(cmpy_cx(), inst, a);
    cmpy_hands_out(inst, a);
    return Py_NewRef(v ? v : missing);
}

static PyObject *inst_history(PyObject *module, PyObject *args) {
    PyObject *obj, *key, *added, *unchanged, *deleted;
    cm_changes c = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &obj, &key)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a) return NULL;
    cmpy_hands_out(inst, a);
    cm_status st = cm_inst_history(cmpy_cx(), inst, a, &c);
    if (st) {
        cm_changes_dispose(cmpy_cx(), &c);
        return cmpy_raise(cmpy_cx(), st);
    }
    added = cmpy_objs_list(cmpy_cx(), &c.added, true);
    unchanged = cmpy_objs_list(cmpy_cx(), &c.unchanged, true);
    deleted = cmpy_objs_list(cmpy_cx(), &c.deleted, true);
    cm_changes_dispose(cmpy_cx(), &c);
    if (added && unchanged && deleted) return Py_BuildValue("(NNN)", added, unchanged, deleted);
    Py_XDECREF(added);
    Py_XDECREF(unchanged);
    Py_XDECREF(deleted);
    return NULL;
}

static PyObject *inst_set_committed(PyObject *module, PyObject *args) {
    PyObject *obj, *key, *value;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOO", &obj, &key, &value)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a) return NULL;
    void *coll = NULL;
    if (a->uselist) CMPY_TRY(cmpy_cx(), cmpy_coll_adopt(cmpy_cx(), inst, a, value, &coll));
    cm_status st = cm_inst_store_committed(cmpy_cx(), inst, a, coll ? coll : value);
    if (!st) cmpy_value_stored(cmpy_cx(), inst, a->type, coll ? coll : value);
    Py_XDECREF((PyObject *)coll);
    CMPY_TRY(cmpy_cx(), st);
    Py_RETURN_NONE;
}

static PyObject *inst_unload(PyObject *module, PyObject *args) {
    PyObject *obj, *key;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &obj, &key)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a) return NULL;
    cm_inst_expire(cmpy_cx(), inst, &a, 1);
    Py_RETURN_NONE;
}

/* Members of collections that are not loaded: the session's turn is taken, because cascades may run. */
static PyObject *change_members(PyObject *args, cm_status (*change)(cm_ctx *, cm_inst *, const cm_attr *, void *, const cm_attr *)) {
    PyObject *obj, *key, *member;
    if (!PyArg_ParseTuple(args, "OOO", &obj, &key, &member)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a) return NULL;
    cm_session *session = inst->session;
    if (session && cmpy_session_enter(session) < 0) return NULL;
    cm_ctx *cx = cmpy_cx_take();
    cm_status st = cx ? change(cx, inst, a, member, NULL) : CM_E_HOST;
    PyObject *result = !cx ? NULL : st ? cmpy_raise(cx, st) : Py_NewRef(Py_None);
    if (cx) cmpy_cx_give(cx);
    if (session) cmpy_session_leave(session);
    return result;
}

static PyObject *inst_coll_append(PyObject *module, PyObject *args) {
    (void)module;
    return change_members(args, cm_inst_coll_append);
}

static PyObject *inst_coll_remove(PyObject *module, PyObject *args) {
    (void)module;
    return change_members(args, cm_inst_coll_remove);
}

static PyObject *inst_flag_modified(PyObject *module, PyObject *args) {
    PyObject *obj, *key = Py_None;
    const cm_attr *a = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "O|O", &obj, &key)) return NULL;
    cm_inst *inst = cmpy_inst_require(obj);
    if (!inst) return NULL;
    if (key != Py_None && !(a = cmpy_attr_arg(inst->mapper, key))) return NULL;
    CMPY_TRY(cmpy_cx(), cm_inst_flag_modified(cmpy_cx(), inst, a));
    Py_RETURN_NONE;
}

static PyObject *inst_make_transient(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    if (!inst) return NULL;
    CMPY_TRY(cmpy_cx(), cm_inst_make_transient(cmpy_cx(), inst));
    Py_RETURN_NONE;
}

static PyObject *inst_set_identity(PyObject *module, PyObject *args) {
    PyObject *obj, *key;
    (void)module;
    return PyArg_ParseTuple(args, "OO", &obj, &key) ? give_identity(obj, key) : NULL;
}

static PyObject *inst_commit_all(PyObject *module, PyObject *obj) {
    cm_inst *inst = cmpy_inst_require(obj);
    (void)module;
    if (!inst) return NULL;
    cm_inst_commit_all(cmpy_cx(), inst);
    Py_RETURN_NONE;
}

static PyObject *inst_state(PyObject *module, PyObject *obj) {
    (void)module;
    return cmpy_state_of(obj);
}

static PyMethodDef state_methods[] = {{"obj", State_obj, METH_NOARGS, "obj($self, /)\n--\n\nThe instance, or None when it is gone."},
                                      {"_identity_values", State_identity_values, METH_NOARGS, NULL},
                                      {"_give_identity", State_give_identity, METH_VARARGS, NULL},
                                      {"__reduce_ex__", State_reduce, METH_O, NULL},
                                      {NULL}};
static PyGetSetDef state_getset[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                     {"class_", State_cls, NULL, "The mapped class.", NULL},
                                     {NULL}};
static PyMemberDef state_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(cmpy_inst_state, dict), READONLY, NULL},
                                      {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_inst_state, weak), READONLY, NULL},
                                      {NULL}};
static PyType_Slot state_slots[] = {{Py_tp_doc, "What is known about a mapped instance."},
                                    {Py_tp_dealloc, State_dealloc},
                                    {Py_tp_traverse, State_traverse},
                                    {Py_tp_clear, State_clear},
                                    {Py_tp_methods, state_methods},
                                    {Py_tp_getset, state_getset},
                                    {Py_tp_members, state_members},
                                    {0, NULL}};
static PyType_Spec state_spec = {"cormorant._core.InstanceState", sizeof(cmpy_inst_state), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 state_slots};

static PyMethodDef functions[] = {
    {"inst_state", inst_state, METH_O, "inst_state(obj, /)\n--\n\nThe InstanceState of a mapped instance."},
    {"inst_status", inst_status, METH_O, "inst_status(obj, /)\n--\n\n0 transient, 1 pending, 2 persistent, 3 deleted, 4 detached."},
    {"inst_flags", inst_flags, METH_O, "inst_flags(obj, /)\n--\n\nThe CM_INST_* bits of an instance."},
    {"inst_identity", inst_identity, METH_O, "inst_identity(obj, /)\n--\n\nPrimary key values, or None."},
    {"inst_session", inst_session, METH_O, "inst_session(obj, /)\n--\n\nThe session an instance is in, or None."},
    {"inst_is_mapped", inst_is_mapped, METH_O, "inst_is_mapped(obj, /)\n--\n\nWhether the object is a mapped instance."},
    {"inst_loaded", inst_loaded, METH_O, "inst_loaded(obj, /)\n--\n\nDictionary of the loaded values."},
    {"inst_peek", inst_peek, METH_VARARGS, "inst_peek(obj, key, missing=None, /)\n--\n\nA value as it is, without loading."},
    {"inst_history", inst_history, METH_VARARGS, "inst_history(obj, key, /)\n--\n\nLists (added, unchanged, deleted)."},
    {"inst_set_committed", inst_set_committed, METH_VARARGS, "inst_set_committed(obj, key, value, /)\n--\n\nSets a value without history."},
    {"inst_unload", inst_unload, METH_VARARGS, "inst_unload(obj, key, /)\n--\n\nForgets a loaded value."},
    {"inst_coll_append", inst_coll_append, METH_VARARGS,
     "inst_coll_append(obj, key, member, /)\n--\n\nAdds to a collection without loading it."},
    {"inst_coll_remove", inst_coll_remove, METH_VARARGS,
     "inst_coll_remove(obj, key, member, /)\n--\n\nTakes out of a collection without loading it."},
    {"inst_flag_modified", inst_flag_modified, METH_VARARGS, "inst_flag_modified(obj, key=None, /)\n--\n\nMarks as changed."},
    {"inst_make_transient", inst_make_transient, METH_O, "inst_make_transient(obj, /)\n--\n\nTakes the identity away."},
    {"inst_set_identity", inst_set_identity, METH_VARARGS, "inst_set_identity(obj, key, /)\n--\n\nMakes a transient instance detached."},
    {"inst_commit_all", inst_commit_all, METH_O, "inst_commit_all(obj, /)\n--\n\nForgets the history."},
    {"inst_restore", inst_restore, METH_VARARGS, "inst_restore(obj, key, /)\n--\n\nRebuilds the state of an unpickled instance."},
    {NULL}};

int cmpy_state_setup(PyObject *m) {
    cmpy_st->InstanceState = PyType_FromModuleAndSpec(m, &state_spec, NULL);
    if (!cmpy_st->InstanceState) return -1;
    if (PyModule_AddObjectRef(m, "InstanceState", cmpy_st->InstanceState) < 0) return -1;
    return PyModule_AddFunctions(m, functions);
}
