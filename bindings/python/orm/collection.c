/* Collections of relationships: InstrumentedList and InstrumentedSet, whose mutators tell the core before they change
 * anything, and the collection entries of the host seam. Classes of users and dictionaries are written in Python
 * (cormorant.orm.collections); the seam reaches them through the hooks coll_new, coll_add, coll_remove, coll_members.
 *
 * A collection knows its owner by a weak reference, so that a parent and its children die without the collector. */
#include "python/orm/orm.h"

typedef struct coll_link {         /* follows the list or set */
    PyObject *dict, *weak, *owner; /* owner: weak reference, NULL for a collection in nobody's hands */
    const cm_attr *attr;
    bool in_session; /* its owner was in a session when it was made: changes are to be written */
} coll_link;
typedef struct inst_list {
    PyListObject list;
    coll_link link;
} inst_list;
typedef struct inst_set {
    PySetObject set;
    coll_link link;
} inst_set;

static inline bool is_list(PyObject *o) { return PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->InstrumentedList); }
static inline bool is_set(PyObject *o) { return PyObject_TypeCheck(o, (PyTypeObject *)cmpy_st->InstrumentedSet); }
static coll_link *link_of(PyObject *o) { return is_list(o) ? &((inst_list *)o)->link : &((inst_set *)o)->link; }

/* ---- events */

/* Tells the core that a member comes or goes. 0, or -1 with an exception: then nothing may be changed. */
static int announce(cm_inst *owner, const cm_attr *attr, PyObject *member, bool append) {
    cm_session *session = owner->session;
    if (session && cmpy_session_enter(session) < 0) return -1;
    cm_ctx *cx = cmpy_cx_take();
    int result = -1;
    if (cx) {
        cm_status st = append ? cm_inst_coll_append(cx, owner, attr, member, NULL) : cm_inst_coll_remove(cx, owner, attr, member, NULL);
        result = st ? cmpy_raise_int(cx, st) : 0;
        cmpy_cx_give(cx);
    }
    if (session) cmpy_session_leave(session);
    return result;
}

/* The owner is gone: a change that its session would have written must not be lost in silence. */
static int ownerless(const coll_link *l) {
    if (!l->owner || !l->in_session) return 0;
    PyObject *name = cmpy_attr_info(l->attr)->name;
    cmpy_raise_exc("ObjectDereferencedError",
                   "Can't emit change event for attribute '%U' - its parent object has been garbage collected; keep a reference to it",
                   name);
    return -1;
}

static int fire(PyObject *coll, PyObject *member, bool append) {
    coll_link *l = link_of(coll);
    PyObject *owner = l->owner ? cmpy_weak_get(l->owner) : NULL;
    cm_inst *inst = owner ? cmpy_object_inst(cmpy_cx(), owner) : NULL;
    if (!inst) return ownerless(l);
    Py_INCREF(owner);
    int result = announce(inst, l->attr, member, append);
    Py_DECREF(owner);
    return result;
}

static int fire_all(PyObject *coll, PyObject *members, bool append) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++)
        if (fire(coll, PyList_GET_ITEM(members, i), append) < 0) return -1;
    return 0;
}

/* ---- lists */

static PyObject *List_append(PyObject *self, PyObject *given) {
    PyObject *member = cmpy_stood_for(given);
    bool done = member && fire(self, member, true) == 0 && PyList_Append(self, member) == 0;
    Py_XDECREF(member);
    return done ? Py_NewRef(Py_None) : NULL;
}

/* A list of new members, with instances in the place of proxies. */
static int resolve(PyObject *members) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++) {
        PyObject *real = cmpy_stood_for(PyList_GET_ITEM(members, i));
        if (!real || PyList_SetItem(members, i, real) < 0) return -1;
    }
    return 0;
}

/* Replaces self[low:high] by what `members` (a list) holds: removals first, then additions. */
static int list_replace(PyObject *self, Py_ssize_t low, Py_ssize_t high, PyObject *members) {
    PyObject *gone = PyList_GetSlice(self, low, high);
    int st = gone ? fire_all(self, gone, false) : -1;
    if (!st && members) st = resolve(members);
    if (!st && members) st = fire_all(self, members, true);
    if (!st) st = PyList_SetSlice(self, low, high, members);
    Py_XDECREF(gone);
    return st;
}

static PyObject *List_extend(PyObject *self, PyObject *iterable) {
    PyObject *members = PySequence_List(iterable);
    int st = members ? list_replace(self, PyList_GET_SIZE(self), PyList_GET_SIZE(self), members) : -1;
    Py_XDECREF(members);
    if (st < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *List_iadd(PyObject *self, PyObject *iterable) {
    PyObject *r = List_extend(self, iterable);
    if (!r) return NULL;
    Py_DECREF(r);
    return Py_NewRef(self);
}

static PyObject *List_insert(PyObject *self, PyObject *args) {
    Py_ssize_t at;
    PyObject *given, *member;
    if (!PyArg_ParseTuple(args, "nO", &at, &given) || !(member = cmpy_stood_for(given))) return NULL;
    bool done = fire(self, member, true) == 0;
    if (at < 0) at += PyList_GET_SIZE(self);
    done = done && PyList_Insert(self, at < 0 ? 0 : at, member) == 0;
    Py_DECREF(member);
    return done ? Py_NewRef(Py_None) : NULL;
}

static PyObject *List_remove(PyObject *self, PyObject *member) {
    Py_ssize_t at = PySequence_Index(self, member);
    if (at < 0) {
        if (PyErr_ExceptionMatches(PyExc_ValueError)) PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
        return NULL;
    }
    if (list_replace(self, at, at + 1, NULL) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *List_pop(PyObject *self, PyObject *args) {
    Py_ssize_t at = -1, n = PyList_GET_SIZE(self);
    if (!PyArg_ParseTuple(args, "|n", &at)) return NULL;
    if (at < 0) at += n;
    if (at < 0 || at >= n) {
        PyErr_SetString(PyExc_IndexError, n ? "pop index out of range" : "pop from empty list");
        return NULL;
    }
    PyObject *member = Py_NewRef(PyList_GET_ITEM(self, at));
    if (list_replace(self, at, at + 1, NULL) < 0) Py_CLEAR(member);
    return member;
}

static PyObject *List_clear(PyObject *self, PyObject *unused) {
    (void)unused;
    if (list_replace(self, 0, PyList_GET_SIZE(self), NULL) < 0) return NULL;
    Py_RETURN_NONE;
}

/* Slices with a step: members are exchanged one by one. */
static int set_stepped(PyObject *self, PyObject *index, PyObject *value) {
    PyObject *before = PySequence_List(self), *after = before ? PySequence_List(self) : NULL;
    int st = after ? (value ? PyObject_SetItem(after, index, value) : PyObject_DelItem(after, index)) : -1;
    if (!st) st = list_replace(self, 0, PyList_GET_SIZE(self), after);
    Py_XDECREF(before);
    Py_XDECREF(after);
    return st;
}

static int List_setitem(PyObject *self, PyObject *index, PyObject *value) {
    Py_ssize_t start, stop, step, n = PyList_GET_SIZE(self);
    if (PySlice_Check(index)) {
        if (PySlice_Unpack(index, &start, &stop, &step) < 0) return -1;
        PySlice_AdjustIndices(n, &start, &stop, step);
        if (step != 1) return set_stepped(self, index, value);
        PyObject *members = value ? PySequence_List(value) : NULL;
        if (value && !members) return -1;
        int st = list_replace(self, start, stop < start ? start : stop, members);
        Py_XDECREF(members);
        return st;
    }
    Py_ssize_t at = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (at == -1 && PyErr_Occurred()) return -1;
    if (at < 0) at += n;
    if (at < 0 || at >= n) {
        PyErr_SetString(PyExc_IndexError, "list assignment index out of range");
        return -1;
    }
    if (!value) return list_replace(self, at, at + 1, NULL);
    PyObject *one = PyList_New(1);
    if (!one) return -1;
    PyList_SET_ITEM(one, 0, Py_NewRef(value));
    int st = list_replace(self, at, at + 1, one);
    Py_DECREF(one);
    return st;
}

/* ---- sets */

/* A member that is there already: who listens is told. */
static int fire_again(PyObject *coll, PyObject *member) {
    const coll_link *l = link_of(coll);
    if (!l->owner || !(l->attr->events >> CM_EV_ATTR_APPEND_AGAIN & 1)) return 0;
    PyObject *owner = cmpy_weak_get(l->owner);
    cm_inst *inst = owner ? cmpy_object_inst(cmpy_cx(), owner) : NULL;
    void *told = member;
    return inst && cmpy_event(cmpy_cx(), CM_EV_ATTR_APPEND_AGAIN, inst->session, inst, l->attr, &told) ? -1 : 0;
}

static PyObject *Set_add(PyObject *self, PyObject *given) {
    PyObject *member = cmpy_stood_for(given);
    int has = member ? PySet_Contains(self, member) : -1;
    bool done = (has > 0 && fire_again(self, member) == 0) || (has == 0 && fire(self, member, true) == 0 && PySet_Add(self, member) == 0);
    Py_XDECREF(member);
    return done ? Py_NewRef(Py_None) : NULL;
}

static PyObject *Set_discard(PyObject *self, PyObject *member) {
    int has = PySet_Contains(self, member);
    if (has < 0 || (has && (fire(self, member, false) < 0 || PySet_Discard(self, member) < 0))) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Set_remove(PyObject *self, PyObject *member) {
    int has = PySet_Contains(self, member);
    if (!has) PyErr_SetObject(PyExc_KeyError, member);
    return has == 1 ? Set_discard(self, member) : NULL;
}

static PyObject *Set_pop(PyObject *self, PyObject *unused) {
    PyObject *it = PyObject_GetIter(self), *member = it ? PyIter_Next(it) : NULL;
    (void)unused;
    Py_XDECREF(it);
    if (!member) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_KeyError, "pop from an empty set");
        return NULL;
    }
    PyObject *r = Set_discard(self, member);
    if (!r) Py_CLEAR(member);
    Py_XDECREF(r);
    return member;
}

/* Makes the set hold exactly what `wanted` holds (a plain set, taken). */
static PyObject *set_become(PyObject *self, PyObject *take_wanted) {
    PyObject *gone = take_wanted ? PyNumber_Subtract(self, take_wanted) : NULL;
    PyObject *come = gone ? PyNumber_Subtract(take_wanted, self) : NULL;
    PyObject *v, *it = come ? PyObject_GetIter(gone) : NULL;
    while (it && (v = PyIter_Next(it))) {
        if (fire(self, v, false) == 0) PySet_Discard(self, v);
        Py_DECREF(v);
        if (PyErr_Occurred()) break;
    }
    Py_XDECREF(it);
    it = come && !PyErr_Occurred() ? PyObject_GetIter(come) : NULL;
    while (it && (v = PyIter_Next(it))) {
        if (fire(self, v, true) == 0) PySet_Add(self, v);
        Py_DECREF(v);
        if (PyErr_Occurred()) break;
    }
    Py_XDECREF(it);
    Py_XDECREF(gone);
    Py_XDECREF(come);
    Py_XDECREF(take_wanted);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* What a plain set becomes by calling a method of set on a copy of self. */
static PyObject *set_through(PyObject *self, const char *method, PyObject *args) {
    PyObject *copy = PySet_New(self), *fn = copy ? PyObject_GetAttrString(copy, method) : NULL;
    PyObject *r = fn ? PyObject_CallObject(fn, args) : NULL;
    Py_XDECREF(fn);
    if (!r) Py_CLEAR(copy);
    Py_XDECREF(r);
    return copy ? set_become(self, copy) : NULL;
}

static PyObject *Set_update(PyObject *self, PyObject *args) { return set_through(self, "update", args); }
static PyObject *Set_difference_update(PyObject *self, PyObject *args) { return set_through(self, "difference_update", args); }
static PyObject *Set_intersection_update(PyObject *self, PyObject *args) { return set_through(self, "intersection_update", args); }
static PyObject *Set_symmetric_update(PyObject *self, PyObject *args) { return set_through(self, "symmetric_difference_update", args); }

static PyObject *Set_clear(PyObject *self, PyObject *unused) {
    (void)unused;
    return set_become(self, PySet_New(NULL));
}

static PyObject *set_in_place(PyObject *self, PyObject *other, const char *method) {
    if (!PyAnySet_Check(other)) Py_RETURN_NOTIMPLEMENTED;
    PyObject *args = PyTuple_Pack(1, other), *r = args ? set_through(self, method, args) : NULL;
    Py_XDECREF(args);
    if (!r) return NULL;
    Py_DECREF(r);
    return Py_NewRef(self);
}

static PyObject *Set_ior(PyObject *self, PyObject *o) { return set_in_place(self, o, "update"); }
static PyObject *Set_isub(PyObject *self, PyObject *o) { return set_in_place(self, o, "difference_update"); }
static PyObject *Set_iand(PyObject *self, PyObject *o) { return set_in_place(self, o, "intersection_update"); }
static PyObject *Set_ixor(PyObject *self, PyObject *o) { return set_in_place(self, o, "symmetric_difference_update"); }

/* ---- the seam */

PyObject *cmpy_objs_list(cm_ctx *cx, cm_objs *objs, bool owned) {
    PyObject *list = PyList_New((Py_ssize_t)objs->n);
    for (size_t i = 0; i < objs->n; i++) {
        PyObject *o = objs->v[i];
        if (list) PyList_SET_ITEM(list, (Py_ssize_t)i, owned ? o : Py_NewRef(o));
        else if (owned) Py_DECREF(o);
    }
    cm_objs_free(cx, objs);
    return list;
}

static cm_status adopt(PyObject *coll, PyObject *owner, const cm_attr *attr) {
    coll_link *l = link_of(coll);
    const cm_inst *inst = cmpy_object_inst(cmpy_cx(), owner);
    l->attr = attr;
    l->in_session = inst && inst->session;
    Py_XSETREF(l->owner, PyWeakref_NewRef(owner, NULL));
    return l->owner ? CM_OK : CM_E_HOST;
}

cm_status cmpy_coll_new(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **out) {
    PyObject *factory = attr->host ? cmpy_attr_info(attr)->factory : NULL, *obj = cmpy_inst_object(owner), *coll;
    *out = NULL;
    PyTypeObject *list = (PyTypeObject *)cmpy_st->InstrumentedList;
    if (!factory || factory == (PyObject *)&PyList_Type) coll = list->tp_alloc(list, 0); /* all zero is an empty list */
    else if (factory == (PyObject *)&PySet_Type) coll = PyObject_CallNoArgs(cmpy_st->InstrumentedSet);
    else {
        PyObject *hook = cmpy_hook(CMPY_HOOK_coll_new);
        coll = hook ? PyObject_CallFunctionObjArgs(hook, obj, cmpy_attr_info(attr)->name, factory, NULL) : NULL;
    }
    cm_status st = !coll ? CM_E_HOST : is_list(coll) || is_set(coll) ? adopt(coll, obj, attr) : CM_OK;
    void *made = coll;
    if (!st && (attr->events >> CM_EV_ATTR_INIT_COLLECTION & 1))
        st = cmpy_event(cx, CM_EV_ATTR_INIT_COLLECTION, owner->session, owner, attr, &made);
    if (st) Py_XDECREF(coll);
    else *out = coll;
    return st;
}

static cm_status call_hook(cmpy_hook_id id, void *coll, void *member) {
    PyObject *hook = cmpy_hook(id);
    PyObject *r = hook ? PyObject_CallFunctionObjArgs(hook, coll, member, NULL) : NULL;
    Py_XDECREF(r);
    return r ? CM_OK : CM_E_HOST;
}

/* A list that was never in use gets room for its members and no more. */
static cm_status add_to_list(PyListObject *list, void *const *members, size_t n) {
#ifndef Py_GIL_DISABLED
    PyObject **items = list->ob_item || n < 2 ? NULL : PyMem_New(PyObject *, n);
    for (size_t i = 0; items && i < n; i++) items[i] = Py_NewRef(members[i]);
    if (items) {
        list->ob_item = items;
        list->allocated = (Py_ssize_t)n;
        Py_SET_SIZE(list, (Py_ssize_t)n);
        return CM_OK;
    }
#endif
    for (size_t i = 0; i < n; i++)
        if (PyList_Append((PyObject *)list, members[i]) < 0) return CM_E_HOST;
    return CM_OK;
}

cm_status cmpy_coll_add(cm_ctx *cx, void *coll, void *const *members, size_t n) {
    cm_status st = CM_OK;
    (void)cx;
    if (is_list(coll)) return add_to_list(coll, members, n);
    for (size_t i = 0; i < n && !st; i++) {
        if (is_set(coll)) st = PySet_Add(coll, members[i]) < 0 ? CM_E_HOST : CM_OK;
        else st = call_hook(CMPY_HOOK_coll_add, coll, members[i]);
    }
    return st;
}

cm_status cmpy_coll_remove(cm_ctx *cx, void *coll, void *member) {
    (void)cx;
    if (is_set(coll)) return PySet_Discard(coll, member) < 0 ? CM_E_HOST : CM_OK;
    if (!is_list(coll)) return call_hook(CMPY_HOOK_coll_remove, coll, member);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(coll); i++)
        if (PyList_GET_ITEM(coll, i) == member) return PyList_SetSlice(coll, i, i + 1, NULL) < 0 ? CM_E_HOST : CM_OK;
    return CM_OK;
}

static cm_status add_members(cm_ctx *cx, PyObject *iterable, cm_objs *out) {
    PyObject *it = PyObject_GetIter(iterable), *v;
    cm_status st = CM_OK;
    if (!it) return CM_E_HOST;
    while (!st && (v = PyIter_Next(it))) {
        PyObject *real = cmpy_stood_for(v);
        Py_DECREF(v);
        st = real ? cm_objs_add(cx, out, real) : CM_E_HOST;
        if (st) Py_XDECREF(real);
    }
    Py_DECREF(it);
    return st ? st : PyErr_Occurred() ? CM_E_HOST : CM_OK;
}

cm_status cmpy_coll_members(cm_ctx *cx, void *coll, cm_objs *out) {
    if (PyList_Check((PyObject *)coll) || PyAnySet_Check((PyObject *)coll)) return add_members(cx, coll, out);
    PyObject *hook = cmpy_hook(CMPY_HOOK_coll_members);
    PyObject *members = hook ? PyObject_CallOneArg(hook, coll) : NULL;
    cm_status st = members ? add_members(cx, members, out) : CM_E_HOST;
    Py_XDECREF(members);
    return st;
}

static cm_status incompatible(PyObject *value, const char *like) {
    PyErr_Format(PyExc_TypeError, "Incompatible collection type: %s is not %s-like", value == Py_None ? "None" : Py_TYPE(value)->tp_name,
                 like);
    return CM_E_HOST;
}

cm_status cmpy_coll_adopt(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *value, void **out) {
    PyObject *factory = attr->host ? cmpy_attr_info(attr)->factory : NULL, *members = value;
    *out = NULL;
    if (!factory || factory == (PyObject *)&PyList_Type) {
        if (!PyList_Check(members)) return incompatible(value, "list");
    } else if (factory == (PyObject *)&PySet_Type) {
        if (!PyAnySet_Check(members)) return incompatible(value, "set");
    } else {
        PyObject *hook = cmpy_hook(CMPY_HOOK_coll_accept);
        members = hook ? PyObject_CallFunctionObjArgs(hook, factory, value, NULL) : NULL; /* the members of any acceptable value */
        if (!members) return CM_E_HOST;
    }
    PyObject *it = PyObject_GetIter(members), *v;
    cm_status st = it ? cmpy_coll_new(cx, owner, attr, out) : CM_E_HOST;
    while (!st && (v = PyIter_Next(it))) {
        st = cmpy_coll_add(cx, *out, (void *const[]){v}, 1);
        Py_DECREF(v);
    }
    if (!st && PyErr_Occurred()) st = CM_E_HOST;
    Py_XDECREF(it);
    if (members != value) Py_DECREF(members);
    if (st && *out) {
        Py_DECREF((PyObject *)*out);
        *out = NULL;
    }
    return st;
}

/* ---- functions for collections written in Python */

static PyObject *announce_from_python(PyObject *args, bool append) {
    PyObject *owner, *key, *member;
    if (!PyArg_ParseTuple(args, "OOO", &owner, &key, &member)) return NULL;
    cm_inst *inst = cmpy_inst_require(owner);
    const cm_attr *a = inst ? cmpy_attr_arg(inst->mapper, key) : NULL;
    if (!a || announce(inst, a, member, append) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *coll_append(PyObject *module, PyObject *args) {
    (void)module;
    return announce_from_python(args, true);
}

static PyObject *coll_remove(PyObject *module, PyObject *args) {
    (void)module;
    return announce_from_python(args, false);
}

static PyObject *coll_owner(PyObject *module, PyObject *coll) {
    (void)module;
    coll_link *l = is_list(coll) || is_set(coll) ? link_of(coll) : NULL;
    PyObject *owner = l && l->owner ? cmpy_weak_get(l->owner) : NULL;
    if (!owner) Py_RETURN_NONE;
    return Py_BuildValue("(OO)", owner, cmpy_attr_info(l->attr)->name);
}

/* ---- the types */

static int link_traverse(coll_link *l, visitproc visit, void *arg) {
    Py_VISIT(l->dict);
    Py_VISIT(l->owner);
    return 0;
}

static void link_dispose(PyObject *o) {
    coll_link *l = link_of(o);
    if (l->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(l->dict);
    Py_CLEAR(l->owner);
}

#define COLLECTION(Name, Base)                                                                                                             \
    static int Name##_traverse(PyObject *o, visitproc visit, void *arg) {                                                                  \
        Py_VISIT(Py_TYPE(o));                                                                                                              \
        int st = link_traverse(link_of(o), visit, arg);                                                                                    \
        return st ? st : Base.tp_traverse(o, visit, arg);                                                                                  \
    }                                                                                                                                      \
    static int Name##_tp_clear(PyObject *o) {                                                                                              \
        Py_CLEAR(link_of(o)->dict);                                                                                                        \
        return Base.tp_clear(o);                                                                                                           \
    }                                                                                                                                      \
    static void Name##_dealloc(PyObject *o) {                                                                                              \
        PyTypeObject *type = Py_TYPE(o);                                                                                                   \
        PyObject_GC_UnTrack(o);                                                                                                            \
        link_dispose(o);                                                                                                                   \
        Base.tp_dealloc(o);                                                                                                                \
        Py_DECREF(type);                                                                                                                   \
    }
COLLECTION(List, PyList_Type)
COLLECTION(Set, PySet_Type)

static PyGetSetDef coll_getset[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}, {NULL}};

static PyMethodDef list_methods[] = {
    {"append", List_append, METH_O, "append($self, object, /)\n--\n\nAdds an object at the end."},
    {"extend", List_extend, METH_O, "extend($self, iterable, /)\n--\n\nAdds several objects."},
    {"insert", List_insert, METH_VARARGS, "insert($self, index, object, /)\n--\n\nAdds an object before index."},
    {"remove", List_remove, METH_O, "remove($self, value, /)\n--\n\nTakes the first equal object out."},
    {"pop", List_pop, METH_VARARGS, "pop($self, index=-1, /)\n--\n\nTakes out and answers an object."},
    {"clear", List_clear, METH_NOARGS, "clear($self, /)\n--\n\nTakes out all objects."},
    {NULL}};
static PyMemberDef list_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(inst_list, link.dict), READONLY, NULL},
                                     {"__weaklistoffset__", T_PYSSIZET, offsetof(inst_list, link.weak), READONLY, NULL},
                                     {NULL}};
static PyType_Slot list_slots[] = {{Py_tp_doc, "The list of a relationship."},
                                   {Py_tp_methods, list_methods},
                                   {Py_tp_members, list_members},
                                   {Py_tp_getset, coll_getset},
                                   {Py_tp_traverse, List_traverse},
                                   {Py_tp_clear, List_tp_clear},
                                   {Py_tp_dealloc, List_dealloc},
                                   {Py_mp_ass_subscript, List_setitem},
                                   {Py_sq_inplace_concat, List_iadd},
                                   {0, NULL}};
static PyType_Spec list_spec = {"cormorant.orm.collections.InstrumentedList", sizeof(inst_list), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, list_slots};

static PyMethodDef set_methods[] = {
    {"add", Set_add, METH_O, "add($self, object, /)\n--\n\nAdds an object."},
    {"discard", Set_discard, METH_O, "discard($self, object, /)\n--\n\nTakes an object out if it is there."},
    {"remove", Set_remove, METH_O, "remove($self, object, /)\n--\n\nTakes an object out."},
    {"pop", Set_pop, METH_NOARGS, "pop($self, /)\n--\n\nTakes out and answers any object."},
    {"clear", Set_clear, METH_NOARGS, "clear($self, /)\n--\n\nTakes out all objects."},
    {"update", Set_update, METH_VARARGS, "update($self, /, *others)\n--\n\nAdds objects of the others."},
    {"difference_update", Set_difference_update, METH_VARARGS,
     "difference_update($self, /, *others)\n--\n\nTakes objects of the others out."},
    {"intersection_update", Set_intersection_update, METH_VARARGS, "intersection_update($self, /, *others)\n--\n\nKeeps common objects."},
    {"symmetric_difference_update", Set_symmetric_update, METH_VARARGS,
     "symmetric_difference_update($self, other, /)\n--\n\nKeeps objects that are in one only."},
    {NULL}};
static PyMemberDef set_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(inst_set, link.dict), READONLY, NULL},
                                    {"__weaklistoffset__", T_PYSSIZET, offsetof(inst_set, link.weak), READONLY, NULL},
                                    {NULL}};
static PyType_Slot set_slots[] = {{Py_tp_doc, "The set of a relationship."},
                                  {Py_tp_methods, set_methods},
                                  {Py_tp_members, set_members},
                                  {Py_tp_getset, coll_getset},
                                  {Py_tp_traverse, Set_traverse},
                                  {Py_tp_clear, Set_tp_clear},
                                  {Py_tp_dealloc, Set_dealloc},
                                  {Py_nb_inplace_or, Set_ior},
                                  {Py_nb_inplace_subtract, Set_isub},
                                  {Py_nb_inplace_and, Set_iand},
                                  {Py_nb_inplace_xor, Set_ixor},
                                  {0, NULL}};
static PyType_Spec set_spec = {"cormorant.orm.collections.InstrumentedSet", sizeof(inst_set), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, set_slots};

static PyMethodDef functions[] = {
    {"coll_append", coll_append, METH_VARARGS, "coll_append(owner, key, member, /)\n--\n\nTells that a member comes."},
    {"coll_remove", coll_remove, METH_VARARGS, "coll_remove(owner, key, member, /)\n--\n\nTells that a member goes."},
    {"coll_owner", coll_owner, METH_O, "coll_owner(coll, /)\n--\n\n(owner, key) of a list or set, or None."},
    {NULL}};

static PyObject *make_type(PyObject *m, PyType_Spec *spec, PyTypeObject *base, const char *name) {
    PyObject *type = PyType_FromModuleAndSpec(m, spec, (PyObject *)base);
    if (type && PyModule_AddObjectRef(m, name, type) < 0) Py_CLEAR(type);
    return type;
}

int cmpy_collection_setup(PyObject *m) {
    cmpy_st->InstrumentedList = make_type(m, &list_spec, &PyList_Type, "InstrumentedList");
    cmpy_st->InstrumentedSet = make_type(m, &set_spec, &PySet_Type, "InstrumentedSet");
    return cmpy_st->InstrumentedList && cmpy_st->InstrumentedSet ? PyModule_AddFunctions(m, functions) : -1;
}
