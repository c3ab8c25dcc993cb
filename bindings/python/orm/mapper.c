/* Mapper: the Python face of cm_mapper.
 *
 * The package (cormorant.orm.mapper) collects what a class declares and hands it over in two steps, both as dictionaries
 * with the names of cm_mapper_def and cm_relation_def: _build() when the class is first used, _add_relation() once the
 * targets exist. InstrumentedAttribute objects exist from the declaration on; _build completes them (entity, attribute). */
#include "python/orm/orm.h"

/* ---- finding mappers and attributes */

cmpy_mapper *cmpy_mapper_of(PyTypeObject *type) {
    static unsigned int last_tag; /* a version tag belongs to one type for ever, in one state of its dictionary */
    static cmpy_mapper *last;
    static PyObject *name;
    if (type->tp_version_tag && type->tp_version_tag == last_tag) return last;
    if (!name && !(name = PyUnicode_InternFromString("__mapper__"))) return NULL;
    PyObject *m = _PyType_Lookup(type, name);
    if (!m || !PyObject_TypeCheck(m, (PyTypeObject *)cmpy_st->Mapper)) return NULL;
    last = (cmpy_mapper *)m;
    last_tag = type->tp_version_tag;
    return last;
}

cmpy_mapper *cmpy_mapper_arg(PyObject *arg) {
    cmpy_mapper *m = NULL;
    if (cmpy_ready(arg) < 0) return NULL;
    if (PyObject_TypeCheck(arg, (PyTypeObject *)cmpy_st->Mapper)) m = (cmpy_mapper *)arg;
    else if (PyType_Check(arg)) m = cmpy_mapper_of((PyTypeObject *)arg);
    else if (cmpy_is_node(arg) && CMPY_NODE(arg)->kind == CM_N_ENTITY)
        m = cmpy_mapper_of(cm_mapper_host_class(CMPY_NODE(arg)->u.attr.attr));
    if (m && m->core) return m;
    if (PyType_Check(arg)) cmpy_raise_exc("UnmappedClassError", "%s", ((PyTypeObject *)arg)->tp_name);
    else cmpy_raise_exc("ArgumentError", "a mapped class was expected, got an object of type %s", Py_TYPE(arg)->tp_name);
    return NULL;
}

const cm_attr *cmpy_attr_arg(cm_mapper *m, PyObject *key) {
    if (cmpy_is_node(key) && CMPY_NODE(key)->kind == CM_N_ATTR && CMPY_NODE(key)->u.attr.attr) {
        const cm_attr *a = CMPY_NODE(key)->u.attr.attr;
        if (a->mapper == m) return a;
        a = cm_mapper_find_attr(m, cm_str_text(a->key));
        if (a) return a;
    }
    const char *name = PyUnicode_Check(key) ? cmpy_c_string(key, "the name of an attribute") : NULL;
    const cm_attr *a = name ? cm_mapper_find_attr(m, name) : NULL;
    if (a || PyErr_Occurred()) return a;
    PyTypeObject *cls = cm_mapper_host_class(m);
    if (name) cmpy_raise_exc("InvalidRequestError", "Mapper '%s' has no property '%s'", cls ? cls->tp_name : "?", name);
    else PyErr_Format(PyExc_TypeError, "the name of an attribute was expected, got %R", key);
    return NULL;
}

/* ---- reading definitions: borrowed items; missing ones and None answer NULL */

static PyObject *item(PyObject *dict, const char *key) {
    PyObject *v = cmpy_dict_find(dict, key);
    return v == Py_None ? NULL : v;
}

static bool item_bool(PyObject *dict, const char *key) { return item(dict, key) == Py_True; }

static int item_int(PyObject *dict, const char *key, int fallback) {
    PyObject *v = item(dict, key);
    return v && PyLong_Check(v) ? (int)PyLong_AsLong(v) : fallback;
}

static const char *item_text(PyObject *dict, const char *key) {
    PyObject *v = item(dict, key);
    return v && PyUnicode_Check(v) ? cmpy_c_string(v, "the name of an attribute") : NULL;
}

static cm_node *item_node(PyObject *dict, const char *key) {
    PyObject *v = item(dict, key);
    return v && cmpy_is_node(v) ? CMPY_NODE(v) : NULL;
}

static int read_table(PyObject *o, cm_table **out) {
    if (!cmpy_is_node(o) || CMPY_NODE(o)->kind != CM_N_TABLE) {
        PyErr_Format(PyExc_TypeError, "a Table was expected, got %R", o);
        return -1;
    }
    cm_status st = cmpy_table_freeze(cmpy_cx(), CMPY_NODE(o), out);
    return st ? cmpy_raise_int(cmpy_cx(), st) : 0;
}

/* The frozen column behind a Column object. */
static int read_column(PyObject *o, cm_column **out) {
    cm_table *table;
    if (!cmpy_is_node(o) || CMPY_NODE(o)->kind != CM_N_COLUMN || !CMPY_NODE(o)->u.col.table) {
        PyErr_Format(PyExc_TypeError, "a Column of a Table was expected, got %R", o);
        return -1;
    }
    cm_node *n = CMPY_NODE(o);
    if (read_table(CMPY_NODE_OBJECT(n->u.col.table), &table) < 0) return -1;
    *out = cm_table_find_column(table, cm_str_text(n->u.col.name));
    if (*out) return 0;
    cmpy_raise_exc("ArgumentError", "Table '%s' has no column '%s'", cm_table_name(table), cm_str_text(n->u.col.name));
    return -1;
}

/* Columns of a tuple or list, into an array freed by the caller with PyMem_Free. */
static int read_columns(PyObject *seq, cm_column ***out, size_t *n) {
    *out = NULL;
    *n = 0;
    if (!seq) return 0;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(seq);
    *out = PyMem_Calloc((size_t)count + 1, sizeof **out);
    if (!*out) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (read_column(PySequence_Fast_GET_ITEM(seq, i), &(*out)[i]) < 0) return -1;
    *n = (size_t)count;
    return 0;
}

/* ---- attributes */

static int adopt_node(cmpy_mapper *m, cmpy_attr_host *h, cm_node *n) {
    PyObject *node = CMPY_NODE_OBJECT(n), *dict = ((cmpy_node *)node)->dict;
    h->node = n;
    h->factory = dict ? PyDict_GetItemWithError(dict, cmpy_st->str__collection) : NULL;
    if (h->factory == Py_None) h->factory = NULL;
    h->fallback = dict ? PyDict_GetItemWithError(dict, cmpy_st->str__default) : NULL;
    return PyErr_Occurred() ? -1 : PyList_Append(m->nodes, node);
}

/* Gives an attribute its host record and completes its node. The list `nodes` keeps what the core borrows. */
static int adopt_attr(cmpy_mapper *m, const cm_attr *attr) {
    cm_attr *a = (cm_attr *)(uintptr_t)attr; /* `host` is ours to write */
    cm_node *n = a->node;
    if (!n->u.attr.attr) n->u.attr.attr = a;
    if (!n->u.attr.entity) {
        n->u.attr.entity = cm_mapper_entity(m->core);
        cm_node_retain(cmpy_cx(), n->u.attr.entity);
    }
    if (a->type && n->type != a->type) {
        cm_type_retain(cmpy_cx(), a->type);
        if (n->type) cm_type_release(cmpy_cx(), n->type);
        n->type = a->type;
    }
    cmpy_attr_host *h = a->host;
    if (h && h->node == n) return 0;
    if (h) return adopt_node(m, h, n); /* an inherited relationship got its own node */
    h = PyMem_Calloc(1, sizeof *h);
    cmpy_attr_host **grown = h ? PyMem_Realloc(m->hosts, (m->nhosts + 1) * sizeof *grown) : NULL;
    if (grown) m->hosts = grown;
    if (h) h->name = PyUnicode_InternFromString(cm_str_text(a->key));
    if (!grown || !h->name) {
        PyMem_Free(h);
        if (!PyErr_Occurred()) PyErr_NoMemory();
        return -1;
    }
    h->type = m->slot_store ? m->cls : NULL;
    h->fresh = a->type && cm_type_is_fresh(a->type);
    m->hosts[m->nhosts++] = h;
    a->host = h;
    m->version = 0; /* the constructor's table is rebuilt */
    return adopt_node(m, h, n);
}

/* Adopts what is new: attributes of this mapper that the core added by itself, too. */
static int adopt_attrs(cmpy_mapper *m) {
    for (size_t i = 0, n = cm_mapper_nattrs(m->core); i < n; i++)
        if (adopt_attr(m, cm_mapper_attr(m->core, i)) < 0) return -1;
    return 0;
}

/* (key, columns, expr, flags, group, node) */
static int read_attr(PyObject *t, cm_attr_def *def, cm_column ***columns) {
    PyObject *cols, *expr, *node;
    unsigned int flags;
    if (!PyTuple_Check(t) || !PyArg_ParseTuple(t, "sOOIzO", &def->key, &cols, &expr, &flags, &def->group, &node)) return -1;
    def->flags = flags;
    def->node = cmpy_is_node(node) ? CMPY_NODE(node) : NULL;
    if (expr != Py_None && cmpy_is_node(expr)) def->expr = CMPY_NODE(expr);
    if (read_columns(cols, columns, &def->ncolumns) < 0) return -1;
    def->columns = *columns;
    return 0;
}

/* ---- building */

typedef struct build {
    cm_attr_def *attrs;
    size_t nattrs;
    cm_column ***columns;
    cm_table **tables;
    const char **keys;
} build;

static void build_dispose(build *b) {
    for (size_t i = 0; b->columns && i < b->nattrs; i++) PyMem_Free(b->columns[i]);
    PyMem_Free(b->columns);
    PyMem_Free(b->attrs);
    PyMem_Free(b->tables);
    PyMem_Free(b->keys);
}

static int build_read(build *b, PyObject *d, cm_mapper_def *def) {
    PyObject *attrs = item(d, "attrs"), *tables = item(d, "tables"), *keys = item(d, "primary_key");
    size_t n = attrs ? (size_t)PySequence_Fast_GET_SIZE(attrs) : 0;
    def->ntables = tables ? (size_t)PySequence_Fast_GET_SIZE(tables) : 0;
    def->nprimary_key = keys ? (size_t)PySequence_Fast_GET_SIZE(keys) : 0;
    b->attrs = PyMem_Calloc(n + 1, sizeof *b->attrs);
    b->columns = PyMem_Calloc(n + 1, sizeof *b->columns);
    b->tables = PyMem_Calloc(def->ntables + 1, sizeof *b->tables);
    b->keys = PyMem_Calloc(def->nprimary_key + 1, sizeof *b->keys);
    if (!b->attrs || !b->columns || !b->tables || !b->keys) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < def->ntables; i++)
        if (read_table(PySequence_Fast_GET_ITEM(tables, (Py_ssize_t)i), &b->tables[i]) < 0) return -1;
    for (; b->nattrs < n; b->nattrs++)
        if (read_attr(PySequence_Fast_GET_ITEM(attrs, (Py_ssize_t)b->nattrs), &b->attrs[b->nattrs], &b->columns[b->nattrs]) < 0) {
            b->nattrs++;
            return -1;
        }
    for (size_t i = 0; i < def->nprimary_key; i++)
        if (!(b->keys[i] = cmpy_c_string(PySequence_Fast_GET_ITEM(keys, (Py_ssize_t)i), "the name of an attribute"))) return -1;
    def->attrs = b->attrs;
    def->nattrs = n;
    def->tables = b->tables;
    def->primary_key = b->keys;
    return 0;
}

/* Room for the slots at the tail of the class's instances, when the first one is made: all attributes are known by then. */
int cmpy_mapper_place(cmpy_mapper *m) {
    if (m->placed || !m->slot_store) return 0;
    const uint16_t n = cm_mapper_settle_slots(m->core);
    const Py_ssize_t offset = cmpy_instance_prepare(m->cls, n);
    if (offset < 0) return -1;
    m->slot_offset = (uint16_t)offset;
    m->nslots = n;
    m->placed = true;
    return 0;
}

static int choose_store(cmpy_mapper *m, PyObject *d) {
    m->slot_store = PyType_IsSubtype(m->cls, (PyTypeObject *)cmpy_st->Instance) && !item_bool(d, "dict_store");
    return m->slot_store ? cmpy_install_constructor(m->cls) : 0;
}

static PyObject *Mapper_build(PyObject *self, PyObject *d) {
    cmpy_mapper *m = (cmpy_mapper *)self;
    build b = {0};
    cm_mapper_def def = {.version = 1};
    PyObject *result = NULL, *up, *cls;
    if (m->core) Py_RETURN_NONE;
    if (!PyDict_Check(d) || !(cls = item(d, "cls")) || !PyType_Check(cls)) {
        PyErr_SetString(PyExc_TypeError, "the definition of a mapper must be a dictionary that names its class");
        return NULL;
    }
    Py_XSETREF(m->cls, (PyTypeObject *)Py_NewRef(cls));
    if (build_read(&b, d, &def) < 0) goto done;
    up = item(d, "inherits");
    def.name = m->cls->tp_name;
    def.inherits = up ? ((cmpy_mapper *)up)->core : NULL;
    def.concrete = item_bool(d, "concrete");
    def.from = item_node(d, "from_");
    def.polymorphic_on = item_text(d, "polymorphic_on");
    def.polymorphic_identity = item(d, "polymorphic_identity");
    def.version_attr = item_text(d, "version_attr");
    def.version_generator = item(d, "version_generator");
    def.eager_defaults = item_bool(d, "eager_defaults");
    def.confirm_deleted_rows = item(d, "confirm_deleted_rows") != Py_False;
    def.batch = item(d, "batch") != Py_False;
    def.selectin_load = item_bool(d, "selectin_load");
    def.inline_load = item_bool(d, "inline_load");
    def.version_given = item_bool(d, "version_given");
    def.writes_keys = item_bool(d, "writes_keys");
    def.host_class = m->cls;
    if (PyErr_Occurred()) goto done; /* reading the definition */
    cm_status st = cm_mapper_new(cmpy_cx(), &def, &m->core);
    if (st) {
        cmpy_raise(cmpy_cx(), st);
        goto done;
    }
    if (choose_store(m, d) < 0 || adopt_attrs(m) < 0) goto done;
    PyType_Modified(m->cls);
    result = Py_NewRef(Py_None);
done:
    build_dispose(&b);
    return result;
}

static cmpy_mapper *built(PyObject *self) {
    cmpy_mapper *m = (cmpy_mapper *)self;
    if (m->core) return m;
    cmpy_raise_exc("InvalidRequestError", "the mapper of class %s is not built yet", m->cls ? m->cls->tp_name : "?");
    return NULL;
}

static PyObject *Mapper_add_attr(PyObject *self, PyObject *t) {
    cmpy_mapper *m = built(self);
    cm_attr_def def = {0};
    cm_column **columns = NULL;
    if (!m) return NULL;
    int failed = read_attr(t, &def, &columns) < 0;
    cm_status st = failed ? CM_OK : cm_mapper_add_attr(cmpy_cx(), m->core, &def, NULL);
    PyMem_Free(columns);
    if (failed) return NULL;
    CMPY_TRY(cmpy_cx(), st);
    if (adopt_attrs(m) < 0) return NULL;
    Py_RETURN_NONE;
}

/* ---- relations */

typedef struct relation_read {
    cm_column **parent, **target, **secondary, **secondary_target;
    cm_node **order_by;
} relation_read;

static void relation_dispose(relation_read *r) {
    PyMem_Free(r->parent);
    PyMem_Free(r->target);
    PyMem_Free(r->secondary);
    PyMem_Free(r->secondary_target);
    PyMem_Free(r->order_by);
}

static int read_order(PyObject *seq, cm_relation_def *def, relation_read *r) {
    if (!seq) return 0;
    Py_ssize_t n = PySequence_Fast_GET_SIZE(seq);
    r->order_by = PyMem_Calloc((size_t)n + 1, sizeof *r->order_by);
    if (!r->order_by) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *o = PySequence_Fast_GET_ITEM(seq, i);
        if (!cmpy_is_node(o)) {
            PyErr_Format(PyExc_TypeError, "order_by takes expressions, not %R", o);
            return -1;
        }
        r->order_by[i] = CMPY_NODE(o);
    }
    def->order_by = r->order_by;
    def->norder_by = (size_t)n;
    return 0;
}

static int relation_parse(PyObject *d, cm_relation_def *def, relation_read *r) {
    PyObject *target = item(d, "target"), *secondary = item(d, "secondary");
    size_t n = 0;
    if (!target || !PyObject_TypeCheck(target, (PyTypeObject *)cmpy_st->Mapper) || !built(target)) return -1;
    def->target = ((cmpy_mapper *)target)->core;
    if (read_columns(item(d, "parent_columns"), &r->parent, &def->npairs) < 0 ||
        read_columns(item(d, "target_columns"), &r->target, &n) < 0 ||
        read_columns(item(d, "secondary_columns"), &r->secondary, &def->nsecondary_pairs) < 0 ||
        read_columns(item(d, "secondary_target_columns"), &r->secondary_target, &n) < 0 || read_order(item(d, "order_by"), def, r) < 0)
        return -1;
    if (secondary && read_table(secondary, &def->secondary) < 0) return -1;
    def->parent_columns = r->parent;
    def->target_columns = r->target;
    def->secondary_columns = r->secondary;
    def->secondary_target_columns = r->secondary_target;
    def->entity = item_node(d, "entity");
    def->primaryjoin = item_node(d, "primaryjoin");
    def->secondaryjoin = item_node(d, "secondaryjoin");
    def->key = item_text(d, "key");
    def->direction = (cm_direction)item_int(d, "direction", 0);
    def->cascade = (uint32_t)item_int(d, "cascade", 0);
    def->lazy = (cm_lazy)item_int(d, "lazy", CM_LAZY_SELECT);
    def->passive_deletes = item_int(d, "passive_deletes", 0);
    def->join_depth = item_int(d, "join_depth", 0);
    def->batch_size = (uint32_t)item_int(d, "batch_size", 0);
    def->collection_class = item(d, "collection_class");
    def->node = item_node(d, "node");
    const char *back = item_text(d, "back");
    def->back = back ? cm_mapper_find_attr(def->target, back) : NULL;
    def->uselist = item_bool(d, "uselist");
    def->viewonly = item_bool(d, "viewonly");
    def->post_update = item_bool(d, "post_update");
    def->single_parent = item_bool(d, "single_parent");
    def->innerjoin = item_bool(d, "innerjoin");
    def->active_history = item_bool(d, "active_history");
    def->load_on_pending = item_bool(d, "load_on_pending");
    def->simple_equality = item_bool(d, "simple_equality");
    def->passive_updates = item(d, "passive_updates") != Py_False;
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *Mapper_add_relation(PyObject *self, PyObject *d) {
    cmpy_mapper *m = built(self);
    cm_relation_def def = {0};
    relation_read r = {0};
    if (!m) return NULL;
    int failed = relation_parse(d, &def, &r) < 0;
    cm_status st = failed ? CM_OK : cm_mapper_add_relation(cmpy_cx(), m->core, &def, NULL);
    relation_dispose(&r);
    if (failed) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "the target of a relationship must be a Mapper");
        return NULL;
    }
    CMPY_TRY(cmpy_cx(), st);
    if (adopt_attrs(m) < 0) return NULL;
    Py_RETURN_NONE;
}

/* ---- entities */

static PyObject *Mapper_alias(PyObject *self, PyObject *args) {
    cmpy_mapper *m = built(self);
    const char *name = NULL;
    PyObject *from = Py_None, *over = Py_None;
    cm_node *out = NULL;
    if (!m || !PyArg_ParseTuple(args, "|zOO", &name, &from, &over)) return NULL;
    CMPY_TRY(cmpy_cx(), cm_mapper_alias(cmpy_cx(), m->core, name, cmpy_is_node(from) ? CMPY_NODE(from) : NULL,
                                        cmpy_is_node(over) ? CMPY_NODE(over) : NULL, &out));
    return cmpy_from_node(out);
}

static PyObject *Mapper_set_reading(PyObject *self, PyObject *args) {
    cmpy_mapper *m = built(self);
    PyObject *from, *discriminator = Py_None;
    if (!m || !PyArg_ParseTuple(args, "O!|O", cmpy_st->Node, &from, &discriminator)) return NULL;
    cm_node *type = cmpy_is_node(discriminator) ? CMPY_NODE(discriminator) : NULL;
    CMPY_TRY(cmpy_cx(), cm_mapper_set_reading(cmpy_cx(), m->core, CMPY_NODE(from), type));
    Py_RETURN_NONE;
}

static PyObject *Mapper_entity_attr(PyObject *self, PyObject *args) {
    cmpy_mapper *m = built(self);
    PyObject *entity, *key;
    cm_node *out = NULL;
    if (!m || !PyArg_ParseTuple(args, "O!O", cmpy_st->Node, &entity, &key)) return NULL;
    const cm_attr *a = cmpy_attr_arg(m->core, key);
    if (!a) return NULL;
    CMPY_TRY(cmpy_cx(), cm_entity_attr(cmpy_cx(), CMPY_NODE(entity), a, &out));
    return cmpy_from_node(out);
}

static PyObject *Mapper_entity(PyObject *self, void *unused) {
    cmpy_mapper *m = built(self);
    (void)unused;
    return m ? Py_NewRef(CMPY_NODE_OBJECT(cm_mapper_entity(m->core))) : NULL;
}

static PyObject *Mapper_built(PyObject *self, void *unused) {
    (void)unused;
    return PyBool_FromLong(((cmpy_mapper *)self)->core != NULL);
}

static PyObject *Mapper_keys(PyObject *self, void *unused) {
    cmpy_mapper *m = built(self);
    PyObject *out = m ? PyList_New(0) : NULL;
    (void)unused;
    for (size_t i = 0; out && i < cm_mapper_nattrs(m->core); i++)
        if (PyList_Append(out, cmpy_attr_info(cm_mapper_attr(m->core, i))->name) < 0) Py_CLEAR(out);
    return out;
}

static PyObject *Mapper_set_events(PyObject *self, PyObject *args) {
    cmpy_mapper *m = built(self);
    unsigned long long mask;
    PyObject *key = Py_None;
    if (!m || !PyArg_ParseTuple(args, "K|O", &mask, &key)) return NULL;
    if (key == Py_None) {
        cm_mapper_set_events(m->core, mask);
        m->version = 0; /* who listens to constructors may have changed, too */
        Py_RETURN_NONE;
    }
    const cm_attr *a = cmpy_attr_arg(m->core, key);
    if (!a) return NULL;
    cm_attr_set_events(a, mask);
    Py_RETURN_NONE;
}

static PyObject *Mapper_set_active_history(PyObject *self, PyObject *args) {
    cmpy_mapper *m = built(self);
    PyObject *key;
    int on;
    if (!m || !PyArg_ParseTuple(args, "Up", &key, &on)) return NULL;
    const cm_attr *a = cmpy_attr_arg(m->core, key);
    if (!a) return NULL;
    cm_attr_set_active_history(a, on);
    Py_RETURN_NONE;
}

/* ---- the type */

struct visit {
    visitproc visit;
    void *arg;
};

static int visit_held(void *user, cm_node *node, void *value) {
    struct visit *v = user;
    return v->visit(node ? CMPY_NODE_OBJECT(node) : (PyObject *)value, v->arg);
}

/* The core's mapper lives and dies with this object, so what it holds counts as ours: the statements it keeps name the class. */
static int Mapper_traverse(PyObject *o, visitproc visit, void *arg) {
    cmpy_mapper *m = (cmpy_mapper *)o;
    int stop = m->core ? cm_mapper_visit(m->core, visit_held, &(struct visit){visit, arg}) : 0;
    if (stop) return stop;
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(m->cls);
    Py_VISIT(m->nodes);
    Py_VISIT(m->dict);
    return 0;
}

static int Mapper_clear(PyObject *o) {
    Py_CLEAR(((cmpy_mapper *)o)->dict);
    return 0;
}

static void Mapper_dealloc(PyObject *o) {
    cmpy_mapper *m = (cmpy_mapper *)o;
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    if (m->weak) PyObject_ClearWeakRefs(o);
    Py_CLEAR(m->dict);
    PyMem_Free(m->ctor);
    if (m->core) cm_mapper_release(cmpy_cx(), m->core);
    Py_CLEAR(m->nodes);
    for (size_t i = 0; i < m->nhosts; i++) {
        Py_XDECREF(m->hosts[i]->name);
        PyMem_Free(m->hosts[i]);
    }
    PyMem_Free(m->hosts);
    Py_CLEAR(m->cls);
    type->tp_free(o);
    Py_DECREF(type);
}

static PyObject *Mapper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    cmpy_mapper *m = (cmpy_mapper *)type->tp_alloc(type, 0);
    (void)args;
    (void)kwargs;
    if (m && !(m->nodes = PyList_New(0))) Py_CLEAR(m);
    return (PyObject *)m;
}

static PyMethodDef mapper_methods[] = {
    {"_build", Mapper_build, METH_O, "_build($self, definition, /)\n--\n\nMakes the core's mapper."},
    {"_add_attr", Mapper_add_attr, METH_O, "_add_attr($self, definition, /)\n--\n\nMaps one more column or expression."},
    {"_add_relation", Mapper_add_relation, METH_O, "_add_relation($self, definition, /)\n--\n\nAdds a relationship."},
    {"_alias", Mapper_alias, METH_VARARGS,
     "_alias($self, name=None, from_=None, over=None, /)\n--\n\nAn aliased ENTITY node; over: the one whose columns from_ shows."},
    {"_set_reading", Mapper_set_reading, METH_VARARGS,
     "_set_reading($self, from_, discriminator=None, /)\n--\n\nWhat the class as a whole is read from."},
    {"_entity_attr", Mapper_entity_attr, METH_VARARGS, "_entity_attr($self, entity, key, /)\n--\n\nAn attribute of an entity."},
    {"_set_active_history", Mapper_set_active_history, METH_VARARGS,
     "_set_active_history($self, key, on, /)\n--\n\nWhether the old value of an attribute is read when it is set."},
    {"_set_events", Mapper_set_events, METH_VARARGS, "_set_events($self, mask, key=None, /)\n--\n\nWhich events are wanted."},
    {NULL}};
static PyGetSetDef mapper_getset[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                      {"_entity", Mapper_entity, NULL, "The ENTITY node.", NULL},
                                      {"_built", Mapper_built, NULL, "Whether the core knows the mapper.", NULL},
                                      {"_keys", Mapper_keys, NULL, "Names of the attributes, in order.", NULL},
                                      {NULL}};
static PyMemberDef mapper_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(cmpy_mapper, dict), READONLY, NULL},
                                       {"__weaklistoffset__", T_PYSSIZET, offsetof(cmpy_mapper, weak), READONLY, NULL},
                                       {"_slot_store", T_BOOL, offsetof(cmpy_mapper, slot_store), READONLY, NULL},
                                       {NULL}};
static PyType_Slot mapper_slots[] = {{Py_tp_doc, "A class mapped to tables."},
                                     {Py_tp_new, Mapper_new},
                                     {Py_tp_dealloc, Mapper_dealloc},
                                     {Py_tp_traverse, Mapper_traverse},
                                     {Py_tp_clear, Mapper_clear},
                                     {Py_tp_methods, mapper_methods},
                                     {Py_tp_getset, mapper_getset},
                                     {Py_tp_members, mapper_members},
                                     {0, NULL}};
static PyType_Spec mapper_spec = {"cormorant._core.Mapper", sizeof(cmpy_mapper), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, mapper_slots};

/* entity_class(node) -> the mapped class of an ENTITY node */
static PyObject *entity_class(PyObject *module, PyObject *node) {
    (void)module;
    if (!cmpy_is_node(node) || CMPY_NODE(node)->kind != CM_N_ENTITY) {
        PyErr_Format(PyExc_TypeError, "an entity was expected, got %R", node);
        return NULL;
    }
    PyObject *cls = cm_mapper_host_class(CMPY_NODE(node)->u.attr.attr);
    return Py_NewRef(cls ? cls : Py_None);
}

static PyMethodDef functions[] = {{"entity_class", entity_class, METH_O, "entity_class(node, /)\n--\n\nThe mapped class of an entity."},
                                  {NULL}};

static cm_node *entity_of(PyTypeObject *type) {
    cmpy_mapper *m = cmpy_mapper_of(type);
    return m && m->core && m->cls == type ? cm_mapper_entity(m->core) : NULL;
}

static bool is_mapped(PyTypeObject *type) { return cmpy_mapper_of(type) != NULL; }

int cmpy_mapper_setup(PyObject *m) {
    cmpy_st->orm.entity = entity_of;
    cmpy_st->orm.is_mapped = is_mapped;
    cmpy_st->Mapper = PyType_FromModuleAndSpec(m, &mapper_spec, NULL);
    if (!cmpy_st->Mapper || PyModule_AddObjectRef(m, "Mapper", cmpy_st->Mapper) < 0) return -1;
    return PyModule_AddFunctions(m, functions);
}
