/* Transactions of a session: the outermost level and the savepoints inside it.
 *
 * A level remembers what its flushes did, so that rollback can undo it in memory:
 *   inserted rows   CM_INST_NEW_ROW on the instance; for savepoints also a list
 *   changed rows    savepoints list them; the outermost level expires everything anyway
 *   deleted rows    listed
 *   changed keys    the old keys
 * Connections join the outermost level when a statement first needs them, savepoints when a statement first runs inside.
 * A failed flush rolls the innermost level back at once and leaves it inactive: only rollback() works then.
 */
#include "orm/orm.h"

#include <stdio.h>
#include <string.h>

/* ---- levels */

static void tx_free(cm_ctx *cx, cm_transaction *t) {
    if (!t) return;
    for (size_t i = 0; i < t->news.n; i++) { /* those that left the session: nothing is remembered of them any more */
        cm_inst *inst = cm__host(cx)->object_inst(cx, t->news.v[i]);
        if (inst && !inst->session) inst->flags &= ~(uint32_t)CM_INST_NEW_ROW;
    }
    cm_objs__release(cx, &t->news);
    cm_objs__release(cx, &t->dirty);
    cm_objs__release(cx, &t->deleted);
    for (size_t i = 0; i < t->nswitches; i++) {
        if (t->switches[i].heap) cm_key__free(cx, t->switches[i].ptr);
        cm_inst_release(cx, t->switches[i].inst);
    }
    cm__free(cx, t->switches);
    cm__free(cx, t->saved);
    cm__free(cx, t->reason);
    cm__free(cx, t);
}

static void pop(cm_ctx *cx, cm_session *s) {
    cm_transaction *t = s->tx;
    s->tx = t->parent;
    tx_free(cx, t);
}

size_t cm_session_depth(const cm_session *s) {
    size_t n = 0;
    for (const cm_transaction *t = s->tx; t; t = t->parent) n++;
    return n;
}

struct cm_changing cm_session__hold(cm_session *s, const char *method) {
    struct cm_changing outer = s->changing;
    s->changing = (struct cm_changing){method, cm_session_depth(s) + 1};
    return outer;
}

cm_status cm_session__change(cm_ctx *cx, cm_session *s, const char *method, size_t level, struct cm_changing *outer) {
    const char *busy = s->changing.method;
    s->cx = cx;
    if (busy && level < s->changing.level)
        return cm__fail(cx, CM_E_BUSY, "Method '%s' can't be called here; method '%s' is already in progress", method, busy);
    *outer = s->changing;
    cm_session__hold(s, method);
    return CM_OK;
}

void cm_session_set_within(cm_session *s, size_t level) { s->within = level; }
size_t cm_session_within(const cm_session *s) { return s->within; }

/* The transaction of a block ended inside the block: what came after would be no part of it. */
static cm_status require_block(cm_ctx *cx, const cm_session *s) {
    if (s->within <= cm_session_depth(s)) return CM_OK;
    return cm__fail(cx, CM_E_INVALID_REQUEST,
                    "Can't operate on closed transaction inside context manager.  Please complete the context manager before emitting "
                    "further commands.");
}

static cm_status push(cm_ctx *cx, cm_session *s, bool nested) {
    cm_status st = s->within ? require_block(cx, s) : CM_OK;
    cm_transaction *t = st ? NULL : cm__alloc(cx, sizeof *t);
    if (!t) return st ? st : CM_E_NOMEM;
    t->nested = nested;
    t->parent = s->tx;
    if (nested) snprintf(t->name, sizeof t->name, "cm_savepoint_%llu", (unsigned long long)++s->savepoints);
    s->tx = t;
    struct cm_changing outer = cm_session__hold(s, "begin()");
    st = cm_session__event(cx, s, CM_EV_TRANSACTION_CREATE, NULL);
    s->changing = outer;
    if (st && s->tx == t) pop(cx, s);
    return st;
}

bool cm_session_is_active(const cm_session *s) { return !s->tx || !s->tx->inactive; }

static cm_status refuse_ended(cm_ctx *cx, const cm_session *s) {
    if (s->tx->over)
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "This session is in 'committed' state; no further SQL can be emitted within this transaction.");
    return cm__fail(
        cx, CM_E_PENDING_ROLLBACK,
        "This Session's transaction has been rolled back due to a previous exception during flush. To begin a new transaction with "
        "this Session, first issue Session.rollback(). Original exception was: %s",
        s->tx->reason ? s->tx->reason : "unknown");
}

cm_status cm_session__autobegin(cm_ctx *cx, cm_session *s) {
    if (s->tx) return CM_OK;
    if (!s->autobegin)
        return cm__fail(cx, CM_E_INVALID_REQUEST,
                        "Autobegin is disabled on this Session; please call session.begin() to start a new transaction");
    return push(cx, s, false);
}

cm_status cm_session__ready(cm_ctx *cx, cm_session *s) {
    if (s->tx && (s->tx->inactive || s->tx->over)) return refuse_ended(cx, s);
    if (s->tx) return s->within ? require_block(cx, s) : CM_OK;
    return cm_session__autobegin(cx, s);
}

cm_status cm_session_begin(cm_ctx *cx, cm_session *s) {
    s->cx = cx;
    if (s->tx) return cm__fail(cx, CM_E_INVALID_REQUEST, "A transaction is already begun on this Session.");
    return push(cx, s, false);
}

cm_status cm_session_begin_nested(cm_ctx *cx, cm_session *s) {
    s->cx = cx;
    cm_status st = s->tx ? cm_session__ready(cx, s) : push(cx, s, false);
    if (!st && !s->flushing) st = cm_session_flush(cx, s);
    return st ? st : push(cx, s, true);
}

/* ---- connections */

static cm_status engine_for(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_node *stmt, cm_engine **out) {
    *out = NULL;
    if (cm__host(cx)->session_bind) {
        cm_status st = cm__host(cx)->session_bind(cx, s, mapper, stmt, out);
        if (st || *out) return st;
    }
    *out = s->engine;
    if (*out) return CM_OK;
    if (mapper)
        return cm__fail(cx, CM_E_UNBOUND, "Could not locate a bind configured on mapper %s or this Session.", cm_str_text(mapper->name));
    return cm__fail(cx, CM_E_UNBOUND, "Could not locate a bind configured on SQL expression or this Session.");
}

#define JOIN_NAME "cm_session"

void cm_session_join(cm_session *s, cm_engine *engine, cm_conn *conn, cm_join_mode mode) {
    if (conn) cm_conn__join(conn);
    if (s->guest) cm_conn__part(s->cx, s->guest);
    s->guest_engine = conn ? engine : NULL;
    s->guest = conn;
    s->join_mode = mode;
}

/* The caller's connection: begun where it is in no transaction, else joined as its mode says. */
static cm_status join_guest(cm_ctx *cx, cm_session *s, struct cm_session_conn *c) {
    cm_status st = CM_OK;
    c->conn = s->guest;
    c->joined = CM_JOINED_BEGUN;
    if (!cm_conn_in_transaction(c->conn)) {
        st = cm_conn_begin(cx, c->conn);
    } else if (s->join_mode != CM_JOIN_CONTROL) {
        c->joined = s->join_mode == CM_JOIN_SAVEPOINT ? CM_JOINED_SAVEPOINT : CM_JOINED_ROLLBACK_ONLY;
        if (c->joined == CM_JOINED_SAVEPOINT) st = cm_conn_savepoint(cx, c->conn, JOIN_NAME, 0);
    }
    if (!st) cm_conn__join(c->conn);
    return st;
}

static cm_status commit_connection(cm_ctx *cx, const struct cm_session_conn *c) {
    if (c->joined == CM_JOINED_SAVEPOINT) return cm_conn_savepoint(cx, c->conn, JOIN_NAME, 1);
    return c->joined == CM_JOINED_ROLLBACK_ONLY ? CM_OK : cm_conn_commit(cx, c->conn);
}

static cm_status rollback_connection(cm_ctx *cx, const struct cm_session_conn *c) {
    if (c->joined == CM_JOINED_OWN) return cm_conn__let_go(cx, c->conn);
    return c->joined == CM_JOINED_SAVEPOINT ? cm_conn_savepoint(cx, c->conn, JOIN_NAME, 2) : cm_conn_rollback(cx, c->conn);
}

/* A name that nobody else has. */
static cm_status name_transaction(cm_ctx *cx, cm_conn *conn) {
    const cm_os *os = &cx->env->os;
    char xid[48];
    snprintf(xid, sizeof xid, "cm_%016llx%016llx", (unsigned long long)os->random(os->user), (unsigned long long)os->random(os->user));
    return cm_conn_two_phase(cx, conn, xid);
}

static cm_status join_connection(cm_ctx *cx, cm_session *s, cm_engine *engine, size_t *at) {
    for (*at = 0; *at < s->nconns; ++*at)
        if (s->conns[*at].engine == engine) return CM_OK;
    struct cm_session_conn c = {engine, NULL, CM_JOINED_OWN};
    cm_status st = cm__grow(cx, &s->conns, &s->conns_cap, s->nconns + 1, sizeof *s->conns);
    if (!st && s->guest && s->guest_engine == engine) {
        st = join_guest(cx, s, &c);
    } else {
        if (!st) st = cm_engine_connect(cx, engine, &c.conn);
        if (!st && cm__host(cx)->session_opened) st = cm__host(cx)->session_opened(cx, s, c.conn);
        if (!st) st = cm_conn_begin(cx, c.conn);
        if (!st && s->two_phase) st = name_transaction(cx, c.conn);
        if (st) cm_conn_close(cx, c.conn);
    }
    if (st) return st;
    cm_engine_retain(engine);
    *at = s->nconns;
    s->conns[s->nconns++] = c;
    struct cm_changing outer = cm_session__hold(s, "connection()");
    st = cm_session__event(cx, s, CM_EV_AFTER_BEGIN, NULL);
    s->changing = outer;
    return st;
}

/* Sends the savepoints that a connection has not seen, outermost first. */
static cm_status join_savepoints(cm_ctx *cx, cm_session *s, cm_transaction *t, size_t at) {
    if (!t || !t->nested) return CM_OK;
    if (at < t->nsaved && t->saved[at]) return CM_OK; /* then those outside were sent, too */
    cm_status st = join_savepoints(cx, s, t->parent, at);
    if (!st && at >= t->nsaved) {
        bool *grown = cm_mem(cx, t->saved, (at + 1) * sizeof *grown);
        if (!grown) return CM_E_NOMEM;
        memset(grown + t->nsaved, 0, (at + 1 - t->nsaved) * sizeof *grown);
        t->saved = grown;
        t->nsaved = at + 1;
    }
    if (!st) st = cm_conn_savepoint(cx, s->conns[at].conn, t->name, 0);
    if (!st) t->saved[at] = true;
    return st;
}

cm_status cm_session__conn(cm_ctx *cx, cm_session *s, cm_mapper *mapper, cm_node *stmt, cm_conn **out) {
    cm_engine *engine = NULL;
    size_t at = 0;
    *out = NULL;
    cm_status st = cm_session__ready(cx, s);
    if (!st) st = engine_for(cx, s, mapper, stmt, &engine);
    if (!st) st = join_connection(cx, s, engine, &at);
    if (!st) st = join_savepoints(cx, s, s->tx, at);
    if (!st) *out = s->conns[at].conn;
    return st;
}

/* Gives the connections back to their pools. */
static void leave_connections(cm_ctx *cx, cm_session *s) {
    while (s->nconns > 0) {
        struct cm_session_conn c = s->conns[--s->nconns];
        if (c.joined == CM_JOINED_OWN && cm_conn__told(c.conn) && cm_conn_in_transaction(c.conn)) cm_conn_rollback(cx, c.conn);
        if (c.joined == CM_JOINED_OWN) cm_conn_close(cx, c.conn);
        else cm_conn__part(cx, c.conn);
        cm_engine_release(cx, c.engine);
    }
}

/* ---- what flushes did */

cm_status cm_tx__note_new(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    inst->flags |= CM_INST_NEW_ROW;
    s->tx->inserted++;
    return s->tx->nested ? cm_objs__hold(cx, &s->tx->news, cm__object(cx, inst)) : CM_OK;
}

cm_status cm_tx__note_dirty(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    return s->tx->nested ? cm_objs__hold(cx, &s->tx->dirty, cm__object(cx, inst)) : CM_OK;
}

cm_status cm_tx__note_deleted(cm_ctx *cx, cm_session *s, cm_inst *inst) { return cm_objs__hold(cx, &s->tx->deleted, cm__object(cx, inst)); }

cm_status cm_tx__note_switch(cm_ctx *cx, cm_session *s, cm_inst *inst) {
    cm_transaction *t = s->tx;
    for (size_t i = 0; i < t->nswitches; i++)
        if (t->switches[i].inst == inst) return CM_OK;
    cm_status st = cm__grow(cx, &t->switches, &t->switches_cap, t->nswitches + 1, sizeof *t->switches);
    if (st) return st;
    cm_key_switch *k = &t->switches[t->nswitches++];
    cm__retain(cx, cm__object(cx, inst));
    *k = (cm_key_switch){.inst = inst, .heap = (inst->flags & CM_INST_KEY_HEAP) != 0};
    if (k->heap) {
        k->ptr = inst->key.ptr; /* moves here; the caller gives the instance a new one */
        inst->flags &= ~(uint32_t)CM_INST_KEY_HEAP;
    } else {
        k->i = inst->key.i;
    }
    return CM_OK;
}

/* ---- undoing in memory */

/* All leave the identity map before the first comes back: one may have the key that another had before. */
static void restore_keys(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    for (size_t i = 0; i < t->nswitches; i++) {
        const cm_inst *inst = t->switches[i].inst;
        if (inst->session == s && (inst->flags & CM_INST_PERSISTENT)) cm_idmap__remove(s->idmap, t->switches[i].inst);
    }
    for (size_t i = 0; i < t->nswitches; i++) {
        cm_key_switch *k = &t->switches[i];
        if (!(k->inst->flags & CM_INST_KEY)) continue;
        bool here = k->inst->session == s && (k->inst->flags & CM_INST_PERSISTENT);
        cm_inst__clear_key(cx, k->inst);
        k->inst->flags |= CM_INST_KEY | (k->heap ? CM_INST_KEY_HEAP : 0);
        if (k->heap) k->inst->key.ptr = k->ptr;
        else k->inst->key.i = k->i;
        k->heap = false;
        if (here && cm_idmap__add(cx, s->idmap, k->inst)) cm_session__detach(cx, s, k->inst, false);
    }
}

/* New instances of a savepoint are marked while it is undone; those of the outermost level are all there are. */
static void mark_new(cm_ctx *cx, const cm_transaction *t, bool on) {
    for (size_t i = 0; i < t->news.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, t->news.v[i]);
        if (inst && on) inst->flags |= CM_INST_IN_FLUSH;
        else if (inst) inst->flags &= ~(uint32_t)CM_INST_IN_FLUSH;
    }
}

static bool is_new_here(const cm_transaction *t, const cm_inst *inst) {
    return (inst->flags & CM_INST_NEW_ROW) && (!t->nested || (inst->flags & CM_INST_IN_FLUSH));
}

/* Pending instances, and those whose rows this level inserted, are transient again. */
static void restore_new(cm_ctx *cx, cm_session *s, const cm_transaction *t) {
    cm_idmap_iter at = {0};
    cm_inst *inst;
    while (cm_idmap__next(s->idmap, &at, &inst))
        if (is_new_here(t, inst)) cm_session__detach(cx, s, inst, true);
    for (size_t i = 0; i < t->news.n; i++) { /* expunged meanwhile */
        inst = cm__host(cx)->object_inst(cx, t->news.v[i]);
        if (!inst || inst->session || !is_new_here(t, inst)) continue;
        cm_inst__lose_row(cx, inst);
    }
    for (size_t i = 0; i < s->new_list.n; i++) {
        inst = s->new_list.v[i] ? cm__host(cx)->object_inst(cx, s->new_list.v[i]) : NULL;
        if (inst) cm_session__detach(cx, s, inst, true);
    }
}

/* What an instance holds is read again when it is asked for. */
static void forget_changes(cm_ctx *cx, cm_inst *inst) {
    inst->flags &= ~(uint32_t)CM_INST_MODIFIED;
    cm_inst__expire(cx, inst, NULL, 0);
}

static void revive(cm_ctx *cx, cm_session *s, const cm_transaction *t, cm_inst *inst) {
    if (is_new_here(t, inst)) {
        cm_session__detach(cx, s, inst, true);
        return;
    }
    inst->flags &= ~(uint32_t)CM_INST_DELETED;
    if (cm_idmap__add(cx, s->idmap, inst)) {
        cm_session__detach(cx, s, inst, false);
        return;
    }
    inst->flags |= CM_INST_PERSISTENT;
    if (inst->state && (inst->state->committed || inst->state->colls)) forget_changes(cx, inst);
    cm_session__event(cx, s, CM_EV_DELETED_TO_PERSISTENT, inst);
}

/* Deleted instances are persistent again; those that were also inserted here are transient. */
static void restore_deleted(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    for (size_t i = 0; i < t->deleted.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, t->deleted.v[i]);
        if (inst && inst->session == s && (inst->flags & CM_INST_DELETED)) revive(cx, s, t, inst);
    }
    cm_objs marked = s->deleted_list;
    s->deleted_list = (cm_objs){0};
    for (size_t i = 0; i < marked.n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, marked.v[i]);
        if (inst) inst->flags &= ~(uint32_t)CM_INST_DELETING;
    }
    cm_objs__release(cx, &marked);
}

static void expire_list(cm_ctx *cx, const cm_objs *list) {
    for (size_t i = 0; i < list->n; i++) {
        cm_inst *inst = cm__host(cx)->object_inst(cx, list->v[i]);
        if (inst && (inst->flags & CM_INST_KEY)) forget_changes(cx, inst);
    }
}

static void expire_everything(cm_ctx *cx, cm_session *s) {
    cm_idmap_iter at = {0};
    cm_inst *inst;
    while (cm_idmap__next(s->idmap, &at, &inst)) cm_inst__expire(cx, inst, NULL, 0);
}

/* What the database took back is read again: everything, or for a savepoint what changed inside it. */
static void expire_changed(cm_ctx *cx, cm_session *s, const cm_transaction *t) {
    cm_objs changed = s->dirty_list;
    s->dirty_list = (cm_objs){0};
    expire_list(cx, &changed);
    if (t->nested) expire_list(cx, &t->dirty);
    else expire_everything(cx, s);
    cm_objs__release(cx, &changed);
}

/* Memory as it was when level t began. Needs no memory itself. */
static void restore(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    mark_new(cx, t, true);
    restore_new(cx, s, t); /* first: a new row may have the key that another had before */
    restore_keys(cx, s, t);
    restore_deleted(cx, s, t);
    expire_changed(cx, s, t);
    mark_new(cx, t, false);
}

/* What the program changed after level t had been undone. */
static void discard(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    restore_new(cx, s, t);
    restore_deleted(cx, s, t);
    expire_changed(cx, s, t);
}

/* ---- ending */

static cm_status rollback_database(cm_ctx *cx, cm_session *s, const cm_transaction *t) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < s->nconns; i++) {
        cm_status one = CM_OK;
        if (!t->nested) one = rollback_connection(cx, &s->conns[i]);
        else if (i < t->nsaved && t->saved[i]) one = cm_conn_savepoint(cx, s->conns[i].conn, t->name, 2);
        if (!st) st = one;
    }
    return st;
}

/* Undoes level t, which stays. */
static cm_status undo(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    cm_status st = rollback_database(cx, s, t);
    t->inactive = true;
    cm_status told = cm_session__event(cx, s, CM_EV_AFTER_ROLLBACK, NULL);
    restore(cx, s, t);
    return st ? st : told;
}

/* The level at hand goes, and its listeners hear of it: from then on the program may begin another. */
static cm_status end_level(cm_ctx *cx, cm_session *s, struct cm_changing outer) {
    if (!s->tx->nested) leave_connections(cx, s);
    pop(cx, s);
    s->changing = outer;
    cm_status st = cm_session__event(cx, s, CM_EV_TRANSACTION_END, NULL);
    return cm_session__tell(cx, s, st);
}

/* The level with that number; 1 is the outermost. */
static cm_transaction *level_at(const cm_session *s, size_t level) {
    cm_transaction *t = s->tx;
    for (size_t n = cm_session_depth(s); n > level; n--) t = t->parent;
    return t;
}

static cm_status rollback_level(cm_ctx *cx, cm_session *s, size_t level) {
    struct cm_changing outer;
    cm_status st = cm_session__change(cx, s, "rollback()", level, &outer), told;
    if (st) return st;
    cm_transaction *t = level_at(s, level);
    while (s->tx != t) { /* begun by listeners while those inside of it ended */
        if (!s->tx->inactive) restore(cx, s, s->tx);
        pop(cx, s);
    }
    st = t->inactive ? CM_OK : undo(cx, s, t);
    void *failure = st ? cm__set_aside(cx) : NULL;
    if (!cm_session__clean(s)) discard(cx, s, t);
    told = end_level(cx, s, outer);
    if (!st && !(st = told)) return cm_session__event(cx, s, CM_EV_AFTER_SOFT_ROLLBACK, NULL);
    if (failure) cm__put_back(cx, failure);
    return st;
}

cm_status cm_session_rollback_to(cm_ctx *cx, cm_session *s, size_t level) {
    cm_status st = CM_OK;
    for (size_t n = cm_session_depth(s); !st && n >= level && n > 0; n--)
        if (n <= cm_session_depth(s)) st = rollback_level(cx, s, n);
    return st;
}

cm_status cm_session_rollback(cm_ctx *cx, cm_session *s) { return cm_session_rollback_to(cx, s, cm_session_depth(s)); }

/* The failure as people will read it again: "(sqlite3.IntegrityError) UNIQUE ...", with the statement. */
static char *describe_failure(cm_ctx *cx, const cm_session *s) {
    const cm_error *e = cm_ctx_error(cx);
    const char *name = s->nconns ? cm_dialect_name(cm_engine__dialect(s->conns[0].engine)) : "database";
    char class_name[64] = "";
    if (e->status == CM_OK) return cm__strdup(cx, "an exception of the program");
    if (strcmp(name, "sqlite") == 0) name = "sqlite3"; /* as the module is called whose exception this would be */
    if (e->status >= CM_E_DB) snprintf(class_name, sizeof class_name, "(%s.%s) ", name, cm_status_exception(e->status));
    size_t n = strlen(class_name) + (e->message ? strlen(e->message) : 0) + (e->sql ? strlen(e->sql) : 0) + 16;
    char *text = cm__env_mem(cx->env, NULL, n);
    if (text) snprintf(text, n, e->sql ? "%s%s\n[SQL: %s]" : "%s%s", class_name, e->message ? e->message : "", e->sql);
    return text;
}

void cm_tx__fail(cm_ctx *cx, cm_session *s) {
    cm_transaction *t = s->tx;
    if (!t || t->inactive) return;
    t->reason = describe_failure(cx, s);
    void *failure = cm__set_aside(cx);
    struct cm_changing outer = cm_session__hold(s, "rollback()");
    undo(cx, s, t); /* the failure that led here stays the first */
    s->changing = outer;
    cm_session__tell(cx, s, CM_E_HOST);
    cm__put_back(cx, failure);
}

static cm_status flush_all(cm_ctx *cx, cm_session *s) {
    cm_status st = CM_OK;
    for (int i = 0; !st && !s->flushing && !cm_session__clean(s); i++) {
        if (i == 100)
            return cm__fail(
                cx, CM_E_FLUSH,
                "Over 100 subsequent flushes have occurred within session.commit() - is an after_flush() hook creating new objects?");
        st = cm_session_flush(cx, s);
    }
    return st;
}

static void move_list(cm_ctx *cx, cm_objs *from, cm_objs *to, cm_status *st) {
    for (size_t i = 0; !*st && i < from->n; i++) {
        if (from->v[i]) *st = cm_objs_add(cx, to, from->v[i]);
        if (!*st) from->v[i] = NULL;
    }
    cm_objs__release(cx, from);
}

/* What a released savepoint did belongs to the level around it. */
static cm_status hand_up(cm_ctx *cx, cm_transaction *t) {
    cm_transaction *up = t->parent;
    cm_status st = CM_OK;
    up->inserted += t->inserted;
    move_list(cx, &t->deleted, &up->deleted, &st);
    for (size_t i = 0; !up->nested && i < t->news.n; i++) { /* the outermost level lists only those that left the session */
        const cm_inst *inst = cm__host(cx)->object_inst(cx, t->news.v[i]);
        if (!inst || !inst->session) continue;
        cm__release(cx, t->news.v[i]);
        t->news.v[i] = NULL;
    }
    move_list(cx, &t->news, &up->news, &st);
    if (up->nested) move_list(cx, &t->dirty, &up->dirty, &st);
    for (size_t i = 0; !st && i < t->nswitches; i++) {
        bool known = false;
        for (size_t k = 0; k < up->nswitches; k++) known = known || up->switches[k].inst == t->switches[i].inst;
        if (known) continue;
        st = cm__grow(cx, &up->switches, &up->switches_cap, up->nswitches + 1, sizeof *up->switches);
        if (st) break;
        up->switches[up->nswitches++] = t->switches[i];
        cm__retain(cx, cm__object(cx, t->switches[i].inst));
        t->switches[i].heap = false;
    }
    return st;
}

static cm_status release_savepoint(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->nconns; i++)
        if (i < t->nsaved && t->saved[i]) st = cm_conn_savepoint(cx, s->conns[i].conn, t->name, 1);
    return st ? st : hand_up(cx, t);
}

/* After COMMIT: instances are expired, deleted ones leave. */
static void settle(cm_ctx *cx, cm_session *s, cm_transaction *t) {
    cm_objs gone = t->deleted;
    cm_idmap_iter at = {0};
    cm_inst *inst;
    t->deleted = (cm_objs){0};
    while ((s->expire_on_commit || t->inserted) && cm_idmap__next(s->idmap, &at, &inst)) {
        inst->flags &= ~(uint32_t)CM_INST_NEW_ROW;
        if (s->expire_on_commit) cm_inst__expire(cx, inst, NULL, 0);
    }
    for (size_t i = 0; i < gone.n; i++) {
        inst = cm__host(cx)->object_inst(cx, gone.v[i]);
        if (inst && inst->session == s && (inst->flags & CM_INST_DELETED)) cm_session__detach(cx, s, inst, false);
    }
    cm_objs__release(cx, &gone);
}

static cm_status prepare_database(cm_ctx *cx, cm_session *s) {
    cm_status st = CM_OK;
    for (size_t i = 0; !st && i < s->nconns; i++)
        if (cm_conn_xid(s->conns[i].conn)) st = cm_conn_prepare(cx, s->conns[i].conn);
    return st;
}

static cm_status commit_database(cm_ctx *cx, cm_session *s) {
    cm_status st = s->two_phase ? prepare_database(cx, s) : CM_OK;
    for (size_t i = 0; !st && i < s->nconns; i++) st = commit_connection(cx, &s->conns[i]);
    return st;
}

void cm_session_set_two_phase(cm_session *s, bool on) { s->two_phase = on; }

cm_status cm_session_prepare_commit(cm_ctx *cx, cm_session *s) {
    s->cx = cx;
    if (!s->two_phase) return cm__fail(cx, CM_E_INVALID_REQUEST, "'twophase' mode not enabled, or not root transaction; can't prepare.");
    cm_status st = cm_session__ready(cx, s);
    if (!st && s->tx->nested)
        st = cm__fail(cx, CM_E_INVALID_REQUEST, "'twophase' mode not enabled, or not root transaction; can't prepare.");
    if (!st) st = cm_session__event(cx, s, CM_EV_BEFORE_COMMIT, NULL);
    if (!st) st = flush_all(cx, s);
    if (st) return st;
    st = prepare_database(cx, s);
    if (st) cm_tx__fail(cx, s);
    return st;
}

static cm_status end_commit(cm_ctx *cx, cm_session *s, cm_transaction *t, struct cm_changing outer) {
    cm_status st = CM_OK, told;
    while (!st && s->tx != t) { /* begun by listeners meanwhile */
        st = hand_up(cx, s->tx);
        pop(cx, s);
    }
    if (!st) st = t->nested ? release_savepoint(cx, s, t) : commit_database(cx, s);
    if (st) {
        cm_tx__fail(cx, s);
        return st;
    }
    t->over = !t->nested;
    st = cm_session__event(cx, s, CM_EV_AFTER_COMMIT, NULL);
    void *failure = st ? cm__set_aside(cx) : NULL;
    if (!t->nested) settle(cx, s, t);
    told = end_level(cx, s, outer);
    if (failure) cm__put_back(cx, failure);
    return st ? st : told;
}

static cm_status commit_level(cm_ctx *cx, cm_session *s, size_t level) {
    struct cm_changing outer;
    cm_status st = cm_session__change(cx, s, "commit()", level, &outer);
    if (st) return st;
    cm_transaction *t = level_at(s, level);
    st = cm_session__ready(cx, s);
    if (!st) st = cm_session__event(cx, s, CM_EV_BEFORE_COMMIT, NULL);
    if (!st) st = flush_all(cx, s);
    if (!st) st = end_commit(cx, s, t, outer);
    s->changing = outer;
    return st;
}

cm_status cm_session_commit_to(cm_ctx *cx, cm_session *s, size_t level) {
    cm_status st = s->tx ? CM_OK : cm_session__ready(cx, s);
    for (size_t n = cm_session_depth(s); !st && n >= level && n > 0; n--)
        if (n <= cm_session_depth(s)) st = commit_level(cx, s, n);
    return st;
}

cm_status cm_session_commit(cm_ctx *cx, cm_session *s) { return cm_session_commit_to(cx, s, cm_session_depth(s)); }

cm_status cm_tx__abandon(cm_ctx *cx, cm_session *s) {
    cm_status st = CM_OK;
    for (size_t i = 0; i < s->nconns; i++)
        if (s->conns[i].joined != CM_JOINED_ROLLBACK_ONLY) rollback_connection(cx, &s->conns[i]);
    leave_connections(cx, s);
    for (size_t n = cm_session_depth(s); n > 0 && s->tx; n--) {
        if (n > cm_session_depth(s)) continue;
        cm_transaction *t = level_at(s, n);
        while (s->tx != t) pop(cx, s); /* begun by listeners meanwhile */
        cm_objs gone = t->deleted;
        t->deleted = (cm_objs){0};
        for (size_t i = 0; i < gone.n; i++) {
            cm_inst *inst = cm__host(cx)->object_inst(cx, gone.v[i]);
            if (inst && inst->session == s) cm_session__detach(cx, s, inst, false);
        }
        cm_objs__release(cx, &gone);
        cm_status told = end_level(cx, s, s->changing);
        if (told && !st) st = told;
        else if (told) cm__release(cx, cm__set_aside(cx));
    }
    return st;
}
