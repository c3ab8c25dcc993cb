/* What every C suite uses: a context under a counting allocator, and a loop that fails each allocation in turn.
 *
 *   Test(room, thing) {
 *       OOM_LOOP(cx) {                       // runs the body again and again: first with memory, then failing allocation 1, 2, ...
 *           cm_node *n = NULL;
 *           OOM_TRY(cm_expr_bind(cx, ...));  // leaves the body cleanly when memory ran out; any other failure fails the test
 *           ...
 *           cr_assert_eq(...);
 *           OOM_DONE:
 *           cm_node_release(cx, n);          // every path releases; the harness asserts that nothing is left
 *       }
 *   }
 */
#ifndef CM_TEST_HARNESS_H
#define CM_TEST_HARNESS_H

#include "cormorant_ext.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct oom_loop {
    cm_ctx *cx;
    long fail_at;      /* allocation number that fails; 0 none */
    bool forever;      /* and all after it */
    long count;        /* allocations so far in this run */
    long live;         /* blocks alive */
    bool failed;       /* one was refused in this run */
    int phase;
    const char *file;
    int line;
} oom_loop;

void oom_begin(oom_loop *l, const char *file, int line);
bool oom_next(oom_loop *l);   /* checks the run before (no leak, all counters zero), starts the next; false: finished */
void oom_check(oom_loop *l, cm_status st, const char *what, int line);
/* A context under the counting allocator, for tests that do not loop. */
cm_ctx *test_ctx(oom_loop *l);
void test_ctx_end(oom_loop *l);

#define OOM_LOOP(cx_name)                                                                                           \
    oom_loop cx_name##_loop;                                                                                        \
    oom_begin(&cx_name##_loop, __FILE__, __LINE__);                                                                 \
    for (cm_ctx *cx_name; oom_next(&cx_name##_loop) && (cx_name = cx_name##_loop.cx, true);)
/* In an OOM_LOOP body over `cx`: on CM_E_NOMEM go to the label OOM_DONE. */
#define OOM_TRY(call)                                                                                               \
    do {                                                                                                            \
        cm_status oom_st_ = (call);                                                                                 \
        if (oom_st_ == CM_E_NOMEM && cx_loop.failed) goto OOM_DONE;                                                 \
        if (oom_st_ != CM_OK) oom_check(&cx_loop, oom_st_, #call, __LINE__);                                        \
    } while (0)
#define OOM_NULL(pointer)                                                                                           \
    do {                                                                                                            \
        if (!(pointer)) {                                                                                           \
            cr_assert(cx_loop.failed, "%s is NULL without a failed allocation", #pointer);                          \
            goto OOM_DONE;                                                                                          \
        }                                                                                                           \
    } while (0)
#endif
