/* Time and the host's lock in SQLite: waiting for locks, long steps, signals, cancellation.
 *
 * A step runs with the host left (the first of a statement, BEGIN, COMMIT) or held (the rows after it). SQLite calls back
 * in two places, and there the driver gives way:
 *   busy      somebody else has the lock: sleep with the host left, 1 ms at first, longer later, until busy_ms are over
 *   progress  every PROGRESS_STEPS machine steps: a step that holds the host longer than SLICE_US lets others run; and
 *             every CHECK_US the host is asked for signals, entering it where it was left
 * A failing check stops the statement; the host holds the exception then (CM_E_HOST). */
#include "driver/sqlite_int.h"

enum { PROGRESS_STEPS = 10000, SLICE_US = 5000, CHECK_US = 50000 };

/* Asks the host for signals and cancellation. False: stop. */
static bool may_go_on(cm_dconn *c, int64_t now) {
    cm_ctx *cx = c->cx;
    bool left = cx->left;
    if (left) cm__enter(cx);
    cm_status st = cx->env->host->check(cx);
    if (left) cm__leave(cx);
    c->checked_us = now;
    if (st) c->interrupted = st;
    return st == CM_OK;
}

static int on_progress(void *user) {
    cm_dconn *c = user;
    cm_ctx *cx = c->cx;
    if (__atomic_load_n(&c->cancelled, __ATOMIC_RELAXED)) return 1;
    if (!cx) return 0;
    int64_t now = cm__now_us(cx);
    if (!c->held_us) c->held_us = c->checked_us = now;
    if (!cx->left && now - c->held_us > SLICE_US) {
        cm__leave(cx);
        cm__enter(cx);
        c->held_us = now = cm__now_us(cx);
        return may_go_on(c, now) ? 0 : 1;
    }
    if (now - c->checked_us > CHECK_US) return may_go_on(c, now) ? 0 : 1;
    return 0;
}

static int on_busy(void *user, int tries) {
    static const uint8_t pause_ms[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
    cm_dconn *c = user;
    cm_ctx *cx = c->cx;
    if (tries == 0) c->waited_us = 0;
    int64_t left_us = (int64_t)c->busy_ms * 1000 - c->waited_us;
    if (!cx || left_us <= 0 || __atomic_load_n(&c->cancelled, __ATOMIC_RELAXED)) return 0;
    size_t at = (size_t)tries < sizeof pause_ms ? (size_t)tries : sizeof pause_ms - 1;
    int64_t pause_us = pause_ms[at] * 1000, begin = cm__now_us(cx);
    if (pause_us > left_us) pause_us = left_us;
    bool held = !cx->left;
    if (held) cm__leave(cx);
    cx->env->os.sleep_us(cx->env->os.user, pause_us);
    if (held) cm__enter(cx);
    int64_t now = cm__now_us(cx), slept = now - begin;
    c->waited_us += slept > pause_us ? slept : pause_us; /* an injected clock may stand still */
    if (now - c->checked_us > CHECK_US && !may_go_on(c, now)) return 0;
    return 1;
}

void cm_sqlite__install_handlers(cm_dconn *c) {
    sqlite3_busy_handler(c->db, on_busy, c);
    sqlite3_progress_handler(c->db, PROGRESS_STEPS, on_progress, c);
}
