/* Shared by the ORM files of the binding (mapper, instance, state, attribute, collection, session). */
#ifndef CMPY_ORM_H
#define CMPY_ORM_H

#include "python/engine/engine.h"

/* What hangs on cm_attr.host: the interned name, and the class whose instances keep the value in a slot. */
typedef struct cmpy_attr_host {
    PyObject *name;
    PyTypeObject *type; /* borrowed; NULL: dict store, go the long way */
    cm_node *node;      /* the ATTR node this was made for; kept by cmpy_mapper.nodes */
    PyObject *fallback; /* value of an attribute nobody set (a dataclass's default), borrowed like factory; NULL: None */
    PyObject *factory;  /* collection class of a relationship, borrowed from the node's dictionary; NULL: list */
    bool fresh;         /* values of a loaded instance are nobody else's until they are handed out: cm_type_is_fresh */
} cmpy_attr_host;

typedef struct cmpy_mapper {
    PyObject_HEAD PyObject *dict, *weak;
    cm_mapper *core;        /* NULL until built */
    PyTypeObject *cls;      /* the mapped class; the class keeps the mapper in __mapper__ */
    PyObject *nodes;        /* list: the InstrumentedAttribute objects that the core borrows */
    cmpy_attr_host **hosts; /* one per attribute of core, owned */
    size_t nhosts;
    uint16_t slot_offset; /* from the start of cm_inst */
    uint16_t nslots;
    bool slot_store;
    bool placed;                  /* slot_offset and nslots are known: the first instance was asked for */
    bool fast;                    /* the vectorcall constructor may be used for type version `version` */
    unsigned int version;         /* tp_version_tag for which `ctor` holds */
    struct cmpy_ctor_entry *ctor; /* open addressing by the address of the interned name */
    size_t ctor_mask;
} cmpy_mapper;

typedef struct cmpy_inst_state { /* InstanceState */
    PyObject_HEAD PyObject *dict, *weak;
    PyObject *ref; /* weak reference to the instance, or NULL */
    PyTypeObject *cls;
    cm_inst inst; /* the header of a dict-store instance; unused (mapper NULL) for slot classes */
} cmpy_inst_state;
#define CMPY_INST_EMBEDDED CM_INST_HOST /* cm_inst.flags: the header lies in an InstanceState */

/* instance.c */
PyObject *cmpy_stood_for(PyObject *obj);   /* new reference: the instance that a proxy (flask_login.current_user) stands for, or obj */
cm_inst *cmpy_inst_require(PyObject *obj); /* borrowed; NULL + UnmappedInstanceError */
PyObject *cmpy_inst_dict(PyObject *obj);   /* borrowed: the dictionary of an instance, made when missing */
int cmpy_inst_traverse(const cm_inst *inst, visitproc visit, void *arg); /* what its history holds */
static inline void cmpy_track(PyObject *obj) {
    if (!PyObject_GC_IsTracked(obj)) PyObject_GC_Track(obj);
}
int cmpy_install_constructor(PyTypeObject *cls);
Py_ssize_t cmpy_instance_prepare(PyTypeObject *cls, size_t nslots); /* makes room; answers slot_offset, or -1 + exception */
PyObject *cmpy_instance_raw(PyTypeObject *type, cmpy_mapper *m); /* a new, empty slot-store instance */
int cmpy_instance_setup(PyObject *m);
/* entries of cm_host */
cm_status cmpy_inst_alloc(cm_ctx *cx, cm_mapper *m, cm_inst **out);
void *cmpy_inst_object(cm_inst *inst);
cm_inst *cmpy_object_inst(cm_ctx *cx, void *object);
void *cmpy_dict_get(cm_ctx *cx, cm_inst *inst, const cm_attr *attr);
cm_status cmpy_dict_set(cm_ctx *cx, cm_inst *inst, const cm_attr *attr, void *value);
void cmpy_value_stored(cm_ctx *cx, cm_inst *inst, const cm_type *type, void *value);
/* defaults.c: entries of cm_host */
cm_status cmpy_call_default(cm_ctx *cx, void *value, cm_mapper *mapper, cm_inst *inst, void **out);
cm_status cmpy_next_version(cm_ctx *cx, void *generator, void *current, void **out);
/* attribute.c */
int cmpy_attribute_setup(PyObject *m);
/* state.c */
PyObject *cmpy_state_of(PyObject *obj);                  /* new reference: InstanceState of a mapped instance; NULL + exception */
PyObject *cmpy_state_new(PyObject *obj, cmpy_mapper *m); /* embedded state of a dict-store instance, put into its dictionary */
int cmpy_state_setup(PyObject *m);
/* mapper.c */
cmpy_mapper *cmpy_mapper_of(PyTypeObject *type);           /* borrowed; NULL without exception: not mapped */
int cmpy_mapper_place(cmpy_mapper *m);                     /* lays out the slots of instances, unless that is done; -1 + exception */
cmpy_mapper *cmpy_mapper_arg(PyObject *arg);               /* borrowed: mapper of a Mapper, class or entity; NULL + exception */
const cm_attr *cmpy_attr_arg(cm_mapper *m, PyObject *key); /* NULL + exception */
int cmpy_mapper_setup(PyObject *m);
static inline cmpy_attr_host *cmpy_attr_info(const cm_attr *a) { return (cmpy_attr_host *)a->host; }
/* The value of an attribute leaves its instance: who has it may make a cycle of it. */
static inline void cmpy_hands_out(const cm_inst *inst, const cm_attr *a) {
    const cmpy_attr_host *h = cmpy_attr_info(a);
    if (h && h->fresh && !(inst->flags & CMPY_INST_EMBEDDED)) cmpy_track(CMPY_INST_OBJECT(inst));
}
/* session.c: one operation at a time in a session; the second thread waits. 0, or -1 + IllegalStateChangeError. */
int cmpy_session_enter(cm_session *s);
void cmpy_session_leave(cm_session *s);
int cmpy_session_setup(PyObject *m);
/* entries of cm_host */
cm_status cmpy_event(cm_ctx *cx, cm_event ev, cm_session *s, cm_inst *inst, const cm_attr *attr, void **arg);
cm_status cmpy_implicit_load(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_inst *inst, const cm_attr *attr, cm_node *stmt,
                             cm_node **out, cm_objs *rows);
cm_status cmpy_session_opened(cm_ctx *cx, cm_session *s, cm_conn *conn);
cm_status cmpy_session_bind(cm_ctx *cx, cm_session *s, cm_mapper *m, cm_node *stmt, cm_engine **out);
/* collection.c */
int cmpy_collection_setup(PyObject *m);
/* entries of cm_host */
cm_status cmpy_coll_new(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void **out);
cm_status cmpy_coll_add(cm_ctx *cx, void *coll, void *const *members, size_t n);
cm_status cmpy_coll_remove(cm_ctx *cx, void *coll, void *member);
cm_status cmpy_coll_members(cm_ctx *cx, void *coll, cm_objs *out);
cm_status cmpy_coll_adopt(cm_ctx *cx, cm_inst *owner, const cm_attr *attr, void *value, void **out);
PyObject *cmpy_objs_list(cm_ctx *cx, cm_objs *objs, bool owned); /* list of what objs holds; frees objs */

#endif
