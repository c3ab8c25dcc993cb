/* Counts for tests/budgets: the core's allocations, Python's, and the calls through the host seam that may happen per row, value
 * or member. They are counted only where CORMORANT_COUNT is set when the module is imported: then the allocator and the vtable
 * that the core gets are those of this file, and Python's object allocator is wrapped. Otherwise nothing here is in the way. */
#include "python/core.h"

#include <stdlib.h>

/* X(entry, parameters, arguments) for entries that answer a status, V for those that answer nothing. */
#define COUNTED_ENTRIES(X, V)                                                                                                              \
    V(retain, (cm_ctx * cx, void *value), (cx, value))                                                                                     \
    V(release, (cm_ctx * cx, void *value), (cx, value))                                                                                    \
    V(leave, (cm_ctx * cx), (cx))                                                                                                          \
    X(encode, (cm_ctx * cx, const cm_type *type, void *value, cm_arena *scratch, cm_value *out), (cx, type, value, scratch, out))          \
    X(decode, (cm_ctx * cx, const cm_type *type, const cm_value *value, void **out), (cx, type, value, out))                               \
    X(decode_row, (cm_ctx * cx, const cm_type *const *types, const cm_value *in, size_t n, void **out), (cx, types, in, n, out))           \
    X(equal, (cm_ctx * cx, const cm_type *type, void *a, void *b, bool *out), (cx, type, a, b, out))                                       \
    X(hash, (cm_ctx * cx, void *value, uint64_t *out), (cx, value, out))                                                                   \
    X(sequence, (cm_ctx * cx, void *value, cm_objs *out), (cx, value, out))                                                                \
    X(mapping_get, (cm_ctx * cx, void *mapping, const char *key, size_t n, void **out), (cx, mapping, key, n, out))                        \
    X(call_default, (cm_ctx * cx, void *value, cm_mapper *mapper, cm_inst *inst, void **out), (cx, value, mapper, inst, out))              \
    X(inst_alloc, (cm_ctx * cx, cm_mapper * mapper, cm_inst * *out), (cx, mapper, out))                                                    \
    X(coll_new, (cm_ctx * cx, cm_inst * owner, const cm_attr *attr, void **out), (cx, owner, attr, out))                                   \
    X(coll_add, (cm_ctx * cx, void *coll, void *const *members, size_t n), (cx, coll, members, n))                                         \
    X(coll_members, (cm_ctx * cx, void *coll, cm_objs *out), (cx, coll, out))                                                              \
    X(event, (cm_ctx * cx, cm_event event, cm_session * session, cm_inst * inst, const cm_attr *attr, void **arg),                         \
      (cx, event, session, inst, attr, arg))

enum counted {
    COUNT_ALLOCATIONS,
    COUNT_PYTHON_ALLOCATIONS,
#define ENTRY(name, parameters, arguments) COUNT_##name,
    COUNTED_ENTRIES(ENTRY, ENTRY)
#undef ENTRY
        COUNTED
};

static const char *const names[COUNTED] = {"allocations", "python_allocations",
#define ENTRY(name, parameters, arguments) #name,
                                           COUNTED_ENTRIES(ENTRY, ENTRY)
#undef ENTRY
};

static int64_t counts[COUNTED];
static bool counting;

static inline void count(enum counted which) { __atomic_fetch_add(&counts[which], 1, __ATOMIC_RELAXED); }

static void *counted_mem(void *user, void *p, size_t n) {
    (void)user;
    if (n == 0) {
        free(p);
        return NULL;
    }
    count(COUNT_ALLOCATIONS);
    return realloc(p, n);
}

/* ---- Python's objects: every request, new or larger; what free lists hand out again is no allocation */

static PyMemAllocatorEx object_memory;

static void *counted_malloc(void *user, size_t n) {
    (void)user;
    count(COUNT_PYTHON_ALLOCATIONS);
    return object_memory.malloc(object_memory.ctx, n);
}

static void *counted_calloc(void *user, size_t n, size_t size) {
    (void)user;
    count(COUNT_PYTHON_ALLOCATIONS);
    return object_memory.calloc(object_memory.ctx, n, size);
}

static void *counted_realloc(void *user, void *p, size_t n) {
    (void)user;
    count(COUNT_PYTHON_ALLOCATIONS);
    return object_memory.realloc(object_memory.ctx, p, n);
}

static void counted_free(void *user, void *p) {
    (void)user;
    object_memory.free(object_memory.ctx, p);
}

/* ---- the host */

static const cm_host *counted_host;

#define STATUS(name, parameters, arguments)                                                                                                \
    static cm_status counted_##name parameters {                                                                                           \
        count(COUNT_##name);                                                                                                               \
        return counted_host->name arguments;                                                                                               \
    }
#define NOTHING(name, parameters, arguments)                                                                                               \
    static void counted_##name parameters {                                                                                                \
        count(COUNT_##name);                                                                                                               \
        counted_host->name arguments;                                                                                                      \
    }
COUNTED_ENTRIES(STATUS, NOTHING)

void cmpy_count_setup(cm_ctx_options *options) {
    static cm_alloc alloc = {counted_mem, NULL};
    static cm_host host;
    counting = getenv("CORMORANT_COUNT") != NULL;
    if (!counting) return;
    counted_host = options->host;
    host = *counted_host;
#define ENTRY(name, parameters, arguments) host.name = counted_##name;
    COUNTED_ENTRIES(ENTRY, ENTRY)
#undef ENTRY
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &object_memory);
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &(PyMemAllocatorEx){NULL, counted_malloc, counted_calloc, counted_realloc, counted_free});
    options->alloc = &alloc;
    options->host = &host;
}

PyObject *cmpy_counted(PyObject *m, PyObject *unused) {
    (void)m;
    (void)unused;
    if (!counting) {
        PyErr_SetString(PyExc_RuntimeError, "nothing is counted: CORMORANT_COUNT was not set when cormorant was imported");
        return NULL;
    }
    PyObject *result = PyDict_New();
    for (int i = 0; result && i < COUNTED; i++) {
        PyObject *value = PyLong_FromLongLong(__atomic_load_n(&counts[i], __ATOMIC_RELAXED));
        if (!value || PyDict_SetItemString(result, names[i], value) < 0) Py_CLEAR(result);
        Py_XDECREF(value);
    }
    return result;
}
