/* The default operating system seam: POSIX monotonic clock, getrandom, pthread mutex + condition. */
#define _GNU_SOURCE
#include "base/ctx.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

typedef struct os_mutex {
    pthread_mutex_t m;
    pthread_cond_t c;
} os_mutex;

static int64_t now_us(void *user) {
    (void)user;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_us(void *user, int64_t us) {
    (void)user;
    struct timespec t = {us / 1000000, (us % 1000000) * 1000};
    nanosleep(&t, NULL);
}

static uint64_t random_u64(void *user) {
    (void)user;
    uint64_t x = 0;
    if (getrandom(&x, sizeof x, 0) != (ssize_t)sizeof x) x = (uint64_t)now_us(NULL) * 0x9E3779B97F4A7C15u;
    return x;
}

static void *mutex_new(void *user) {
    (void)user;
    os_mutex *m = malloc(sizeof *m);
    if (!m) return NULL;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&m->m, NULL);
    pthread_cond_init(&m->c, &attr);
    pthread_condattr_destroy(&attr);
    return m;
}

static void mutex_free(void *user, void *mutex) {
    (void)user;
    if (!mutex) return;
    os_mutex *m = mutex;
    pthread_cond_destroy(&m->c);
    pthread_mutex_destroy(&m->m);
    free(m);
}

static void mutex_lock(void *user, void *mutex) {
    (void)user;
    pthread_mutex_lock(&((os_mutex *)mutex)->m);
}

static void mutex_unlock(void *user, void *mutex) {
    (void)user;
    pthread_mutex_unlock(&((os_mutex *)mutex)->m);
}

static bool mutex_wait(void *user, void *mutex, int64_t deadline_us) {
    (void)user;
    os_mutex *m = mutex;
    if (deadline_us < 0) {
        pthread_cond_wait(&m->c, &m->m);
        return true;
    }
    struct timespec t = {deadline_us / 1000000, (deadline_us % 1000000) * 1000};
    return pthread_cond_timedwait(&m->c, &m->m, &t) == 0;
}

static void mutex_wake(void *user, void *mutex, bool all) {
    (void)user;
    os_mutex *m = mutex;
    if (all) pthread_cond_broadcast(&m->c);
    else pthread_cond_signal(&m->c);
}

static uint64_t thread_id(void *user) {
    (void)user;
    return (uint64_t)pthread_self();
}

extern const cm_os cm__os_default;
const cm_os cm__os_default = {now_us,       sleep_us,   random_u64, mutex_new, mutex_free, mutex_lock,
                              mutex_unlock, mutex_wait, mutex_wake, thread_id, NULL};
