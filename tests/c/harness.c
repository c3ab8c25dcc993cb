/* See harness.h. The allocator counts blocks; a leak, or a live-object counter that is not zero, fails the test. */
#include "harness.h"

#include <stdlib.h>

/* Each block carries its size in front; growing always moves, so that a stale pointer shows under a sanitizer. */
static void *counting_mem(void *user, void *p, size_t n) {
    oom_loop *l = user;
    size_t *old = p ? (size_t *)p - 2 : NULL;
    if (n == 0) {
        if (!old) return NULL;
        l->live--;
        memset(p, 0xDD, *old);
        free(old);
        return NULL;
    }
    l->count++;
    if (l->fail_at && (l->forever ? l->count >= l->fail_at : l->count == l->fail_at)) {
        l->failed = true;
        return NULL;
    }
    size_t *block = malloc(n + 2 * sizeof(size_t));
    if (!block) abort();
    *block = n;
    memset(block + 2, 0xA5, n);
    if (old) {
        memcpy(block + 2, p, *old < n ? *old : n);
        memset(p, 0xDD, *old);
        free(old);
    } else {
        l->live++;
    }
    return block + 2;
}

static bool open_context(oom_loop *l) {
    cm_alloc alloc = {counting_mem, l};
    cm_ctx_options options = {&alloc, NULL, NULL, NULL};
    l->count = 0;
    l->failed = false;
    return cm_ctx_new(&options, &l->cx) == CM_OK;
}

static void close_context(oom_loop *l) {
    for (int i = 0; i < CM_COUNT_MAX; i++)
        cr_assert_eq(cm_ctx_count(l->cx, (cm_counter)i), 0, "%s:%d: %ld live %s(s) at the end (allocation %ld failed)", l->file,
                     l->line, (long)cm_ctx_count(l->cx, (cm_counter)i), cm_counter_name((cm_counter)i), l->fail_at);
    cm_ctx_free(l->cx);
    l->cx = NULL;
    cr_assert_eq(l->live, 0, "%s:%d: %ld blocks leaked (allocation %ld failed)", l->file, l->line, l->live, l->fail_at);
}

void oom_begin(oom_loop *l, const char *file, int line) {
    memset(l, 0, sizeof *l);
    l->file = file;
    l->line = line;
}

/* phase 0: not started; 1: with memory; 2: one allocation fails; 3: all fail from there on */
bool oom_next(oom_loop *l) {
    if (l->phase > 0) {
        bool failed = l->failed;
        if (l->cx) close_context(l);
        if (getenv("CM_NO_OOM")) return false;
        if (l->phase >= 2 && !failed) {
            if (l->phase == 3) return false;
            l->phase = 3;
            l->forever = true;
            l->fail_at = 0;
        }
        if (l->phase == 1) l->phase = 2;
        l->fail_at++;
    } else {
        l->phase = 1;
    }
    while (!open_context(l)) {
        cr_assert_eq(l->live, 0, "cm_ctx_new leaks");
        l->fail_at++;
    }
    return true;
}

void oom_check(oom_loop *l, cm_status st, const char *what, int line) {
    const cm_error *e = cm_ctx_error(l->cx);
    cr_assert_fail("line %d: %s answered %s: %s", line, what, cm_status_name(st), e->message ? e->message : "");
}

cm_ctx *test_ctx(oom_loop *l) {
    oom_begin(l, "test", 0);
    cr_assert(open_context(l));
    return l->cx;
}

void test_ctx_end(oom_loop *l) { close_context(l); }
