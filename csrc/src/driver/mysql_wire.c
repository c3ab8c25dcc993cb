/* The conversation with the server: each command is begun, and its socket waited for, in one place. */
#include "driver/mysql_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { SLICE_MS = 100 }; /* how often a wait looks for signals */

static uint64_t waits; /* atomic */

uint64_t cm_mysql__waits(void) { return __atomic_load_n(&waits, __ATOMIC_RELAXED); }

static void count_turn(void) { __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED); }

/* Signals and cancellation of the host; it is entered for that. */
static cm_status look(cm_ctx *cx, const cm_dconn *c) {
    if (!cx->left || c->interrupted) return CM_OK;
    cm__enter(cx);
    cm_status st = cm__host(cx)->check ? cm__host(cx)->check(cx) : CM_OK;
    cm__leave(cx);
    return st;
}

/* The host wants to stop: the server is told, and its answer (an error, most likely) is waited for as usual. While connecting
 * there is nobody to tell: answers false. */
static bool interrupt(cm_dconn *c, cm_status st) {
    c->interrupted = st;
    if (!mysql_thread_id(c->my)) return false;
    cm_mysql__cancel(c);
    return true;
}

/* Waits for what the library asks for (MYSQL_WAIT_*) and answers what came. */
static int wait_for(cm_ctx *cx, cm_dconn *c, int want) {
    struct pollfd fd = {.fd = mysql_get_socket(c->my)};
    int64_t deadline = want & MYSQL_WAIT_TIMEOUT ? cm__now_us(cx) + (int64_t)mysql_get_timeout_value_ms(c->my) * 1000 : -1;
    if (want & MYSQL_WAIT_READ) fd.events |= POLLIN;
    if (want & MYSQL_WAIT_WRITE) fd.events |= POLLOUT;
    if (want & MYSQL_WAIT_EXCEPT) fd.events |= POLLPRI;
    for (;;) {
        int n = poll(&fd, 1, SLICE_MS);
        if (n > 0) {
            int came = (fd.revents & POLLIN ? MYSQL_WAIT_READ : 0) | (fd.revents & POLLOUT ? MYSQL_WAIT_WRITE : 0) |
                       (fd.revents & POLLPRI ? MYSQL_WAIT_EXCEPT : 0);
            return came & want ? came & want : want & ~MYSQL_WAIT_TIMEOUT; /* hung up: reading says so */
        }
        if (n < 0 && errno != EINTR) return want & ~MYSQL_WAIT_TIMEOUT;
        cm_status st = look(cx, c);
        if (st && !interrupt(c, st)) return MYSQL_WAIT_TIMEOUT;
        if (deadline >= 0 && cm__now_us(cx) >= deadline) return MYSQL_WAIT_TIMEOUT;
    }
}

/* What the host wanted comes before what the server said of it. */
static cm_status settle(cm_dconn *c, cm_status st) {
    if (!c->interrupted) return st;
    st = c->status = c->interrupted;
    c->interrupted = CM_OK;
    return st;
}

cm_status cm_mysql__connect(cm_ctx *cx, cm_dconn *c, const my_target *to) {
    MYSQL *done = NULL;
    unsigned long flags = CLIENT_FOUND_ROWS | CLIENT_MULTI_RESULTS;
    int want = mysql_real_connect_start(&done, c->my, to->host, to->user, to->password, to->database, to->port, to->socket, flags);
    while (want) want = mysql_real_connect_cont(&done, c->my, wait_for(cx, c, want));
    return settle(c, done ? CM_OK : cm_mysql__failed(c));
}

void cm_mysql__hang_up(cm_dconn *c) {
    const my_socket fd = mysql_get_socket(c->my);
    c->dead = true;
    if (fd != MARIADB_INVALID_SOCKET) shutdown(fd, SHUT_RDWR);
}

/* The answer to a command that was sent and not waited for; it interests nobody. */
static cm_status pass_ending(cm_ctx *cx, cm_dconn *c) {
    my_bool failed = 0;
    if (!c->ending) return CM_OK;
    c->ending = false;
    int want = mysql_read_query_result_start(&failed, c->my);
    while (want) want = mysql_read_query_result_cont(&failed, c->my, wait_for(cx, c, want));
    return failed ? cm_mysql__failed(c) : CM_OK;
}

cm_status cm_mysql__ready(cm_ctx *cx, cm_dconn *c) {
    c->cx = cx;
    c->status = CM_OK; /* of an operation that nobody asked the outcome of */
    if (c->dead) return cm_mysql__fail(c, CM_E_OPERATIONAL, 2006, "the connection to the server is closed");
    return settle(c, pass_ending(cx, c));
}

/* Results after the first (of CALL) are read and dropped, whatever form their rows have. */
static cm_status drop_more(cm_ctx *cx, cm_dconn *c) {
    while (mysql_more_results(c->my)) {
        int failed = 0, want = mysql_next_result_start(&failed, c->my);
        while (want) want = mysql_next_result_cont(&failed, c->my, wait_for(cx, c, want));
        if (failed > 0) return cm_mysql__failed(c);
        MYSQL_RES *res = mysql_use_result(c->my);
        want = res ? mysql_free_result_start(res) : 0;
        while (want) want = mysql_free_result_cont(res, wait_for(cx, c, want));
    }
    return CM_OK;
}

static cm_status take_result(cm_ctx *cx, cm_dconn *c, MYSQL_RES **out) {
    MYSQL_RES *res = NULL;
    int want = mysql_store_result_start(&res, c->my);
    while (want) want = mysql_store_result_cont(&res, c->my, wait_for(cx, c, want));
    if (!res && mysql_errno(c->my)) return cm_mysql__failed(c);
    cm_status st = drop_more(cx, c);
    if (out && !st) *out = res;
    else mysql_free_result(res);
    return st;
}

cm_status cm_mysql__query(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, MYSQL_RES **out) {
    int failed = 0;
    if (out) *out = NULL;
    count_turn();
    int want = mysql_real_query_start(&failed, c->my, sql, n);
    while (want) want = mysql_real_query_cont(&failed, c->my, wait_for(cx, c, want));
    return settle(c, failed ? cm_mysql__failed(c) : take_result(cx, c, out));
}

cm_status cm_mysql__send(cm_ctx *cx, cm_dconn *c, const char *sql) {
    int failed = 0, want = mysql_send_query_start(&failed, c->my, sql, (unsigned long)__builtin_strlen(sql));
    while (want) want = mysql_send_query_cont(&failed, c->my, wait_for(cx, c, want));
    c->ending = !failed;
    return settle(c, failed ? cm_mysql__failed(c) : CM_OK);
}

cm_status cm_mysql__ping(cm_ctx *cx, cm_dconn *c) {
    int failed = 0;
    count_turn();
    int want = mysql_ping_start(&failed, c->my);
    while (want) want = mysql_ping_cont(&failed, c->my, wait_for(cx, c, want));
    return settle(c, failed ? cm_mysql__failed(c) : CM_OK);
}

cm_status cm_mysql__stmt_prepare(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st, const char *sql, size_t n) {
    int failed = 0;
    count_turn();
    int want = mysql_stmt_prepare_start(&failed, st, sql, n);
    while (want) want = mysql_stmt_prepare_cont(&failed, st, wait_for(cx, c, want));
    return settle(c, failed ? cm_mysql__stmt_failed(c, st) : CM_OK);
}

static cm_status store_rows(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st) {
    int failed = 0, want = mysql_stmt_store_result_start(&failed, st);
    while (want) want = mysql_stmt_store_result_cont(&failed, st, wait_for(cx, c, want));
    if (failed) return cm_mysql__stmt_failed(c, st);
    return drop_more(cx, c);
}

cm_status cm_mysql__stmt_execute(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st, char *take_message, size_t n) {
    int failed = 0;
    count_turn();
    free(st->request_buffer);
    st->request_buffer = (unsigned char *)take_message;
    st->request_length = n;
    int want = mysql_stmt_execute_start(&failed, st);
    while (want) want = mysql_stmt_execute_cont(&failed, st, wait_for(cx, c, want));
    cm_status status = failed ? cm_mysql__stmt_failed(c, st) : CM_OK;
    bool stored = st->state != MYSQL_STMT_WAITING_USE_OR_STORE; /* by the library, when it asked for a cursor in vain */
    if (!status && mysql_stmt_field_count(st) && !st->cursor_exists) status = stored ? drop_more(cx, c) : store_rows(cx, c, st);
    return settle(c, status);
}

/* The library steps to the first row, and is made to forget that it has the others. */
cm_status cm_mysql__stmt_fetch(cm_ctx *cx, cm_dconn *c, MYSQL_STMT *st) {
    int failed = 0;
    count_turn();
    st->result_cursor = NULL;
    int want = mysql_stmt_fetch_start(&failed, st);
    while (want) want = mysql_stmt_fetch_cont(&failed, st, wait_for(cx, c, want));
    if (failed == MYSQL_NO_DATA) st->result.data = NULL;
    return settle(c, failed == 1 ? cm_mysql__stmt_failed(c, st) : CM_OK);
}
