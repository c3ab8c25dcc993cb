/* SQLite statements: prepare, bind, step, read rows.
 *
 * This is the hot loop of every load and flush: nothing here allocates per row, text and blobs are bound without a copy
 * (they stay valid until reset), and each column of a row is looked up once (sqlite3_column_value; connections are opened
 * without a mutex and serve one thread at a time, which makes reading the value itself safe).
 *
 * Values are stored in the forms that SQLAlchemy's SQLite dialect uses, so that files can go back and forth. */
#include "driver/sqlite_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- prepare */

/* Length of blanks and comments at the start of SQL text. */
static size_t skip_blank(const char *p, size_t n) {
    size_t i = 0;
    while (i < n) {
        if (isspace((unsigned char)p[i])) {
            i++;
        } else if (i + 1 < n && p[i] == '-' && p[i + 1] == '-') {
            while (i < n && p[i] != '\n') i++;
        } else if (i + 1 < n && p[i] == '/' && p[i + 1] == '*') {
            i += 2;
            while (i + 1 < n && !(p[i] == '*' && p[i + 1] == '/')) i++;
            i = i + 2 < n ? i + 2 : n;
        } else {
            break;
        }
    }
    return i;
}

/* Writes of rows belong in a transaction; schema changes, pragmas and the like run as they are, as with Python's sqlite3. */
static cm_stmt_kind kind_of(sqlite3_stmt *s, const char *sql, size_t n) {
    static const char *const words[] = {"insert", "update", "delete", "replace", "with"};
    if (!s || sqlite3_stmt_isexplain(s)) return CM_STMT_READ;
    size_t at = skip_blank(sql, n), len = 0;
    char word[8] = "";
    while (at + len < n && len < sizeof word - 1 && isalpha((unsigned char)sql[at + len])) {
        word[len] = (char)tolower((unsigned char)sql[at + len]);
        len++;
    }
    bool readonly = sqlite3_stmt_readonly(s) != 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) return readonly ? CM_STMT_READ : CM_STMT_WRITE;
    return readonly && (strcmp(word, "select") == 0 || strcmp(word, "values") == 0) ? CM_STMT_READ : CM_STMT_OTHER;
}

/* 32 MB of pages where SQLite's default is 2 MB: random gets in a larger file stop reading it again and again. After the
 * first statement, when the schema is known, so that connecting reads nothing; a PRAGMA of the user's comes later and wins. */
static void size_cache(cm_dconn *c) {
    if (c->cache_set) return;
    c->cache_set = true;
    sqlite3_exec(c->db, "PRAGMA cache_size=-32768", NULL, NULL, NULL); /* a wish: nothing depends on it */
}

cm_status cm_sqlite__prepare(cm_ctx *cx, cm_dconn *c, const char *sql, size_t n, uint32_t flags, size_t *used, cm_dstmt **out) {
    const char *tail = NULL;
    *out = NULL;
    if (n > INT32_MAX) return cm_sqlite__fail(c, SQLITE_TOOBIG, CM_E_DATA, "query string is too large");
    if (memchr(sql, '\0', n)) return cm_sqlite__fail(c, SQLITE_MISUSE, CM_E_PROGRAMMING, "the query contains a null character");
    cm_dstmt *s = cm__alloc(cx, sizeof *s);
    if (!s) return cm_sqlite__fail(c, SQLITE_NOMEM, CM_E_NOMEM, "out of memory");
    s->conn = c;
    s->text = (flags & CM_PREPARE_TEXT) != 0;
    s->fresh = true;
    cm_sqlite__enter_step(cx, c);
    cm_sqlite__set_dqs(c, s->text);
    int rc = sqlite3_prepare_v3(c->db, sql, (int)n, SQLITE_PREPARE_PERSISTENT, &s->s, &tail);
    if (rc != SQLITE_OK) {
        cm_status st = cm_sqlite__failed(c, rc);
        cm__free(cx, s);
        return st;
    }
    size_cache(c);
    size_t end = tail ? (size_t)(tail - sql) : n;
    if (used) *used = s->s ? end + skip_blank(sql + end, n - end) : n;
    s->kind = (uint8_t)kind_of(s->s, sql, n);
    s->nparams = s->s ? sqlite3_bind_parameter_count(s->s) : 0;
    cm__count(cx, CM_COUNT_STMT, 1);
    *out = s;
    return CM_OK;
}

void cm_sqlite__finalize(cm_ctx *cx, cm_dstmt *s) {
    if (!s) return;
    sqlite3_finalize(s->s);
    cm__free(cx, s->forms);
    cm__free(cx, s);
    cm__count(cx, CM_COUNT_STMT, -1);
}

size_t cm_sqlite__nparams(cm_dstmt *s) { return (size_t)s->nparams; }
const char *cm_sqlite__param_name(cm_dstmt *s, size_t i) { return s->s ? sqlite3_bind_parameter_name(s->s, (int)i + 1) : NULL; }
cm_stmt_kind cm_sqlite__kind(cm_dstmt *s) { return (cm_stmt_kind)s->kind; }

/* ---- bind */

/* Decimal digits as the number SQLite keeps, or as text where a double would lose digits. */
static int bind_decimal(sqlite3_stmt *s, int at, const char *p, size_t n) {
    char text[64];
    size_t digits = 0;
    for (size_t i = 0; i < n; i++)
        if (isdigit((unsigned char)p[i]) && (digits || p[i] != '0')) digits++;
        else if (p[i] == 'e' || p[i] == 'E') break;
    if (digits > 15 || n >= sizeof text) return sqlite3_bind_text(s, at, p, (int)n, SQLITE_STATIC);
    memcpy(text, p, n);
    text[n] = '\0';
    char *end;
    double d = strtod(text, &end);
    if (*end || end == text) return sqlite3_bind_text(s, at, p, (int)n, SQLITE_STATIC);
    return sqlite3_bind_double(s, at, d);
}

/* 1970-01-01 plus microseconds: how an interval is kept where there is no type for it. */
static cm_civil civil_of_interval(int64_t us) {
    int64_t day_us = 86400000000, days = us / day_us, rest = us % day_us;
    if (rest < 0) {
        rest += day_us;
        days--;
    }
    cm_civil t = {0};
    cm_civil_of_days(days, &t);
    t.hour = (uint8_t)(rest / 3600000000);
    t.minute = (uint8_t)(rest / 60000000 % 60);
    t.second = (uint8_t)(rest / 1000000 % 60);
    t.micro = (uint32_t)(rest % 1000000);
    return t;
}

static size_t uuid_text(const uint8_t *uuid, char *out) {
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[2 * i] = hex[uuid[i] >> 4];
        out[2 * i + 1] = hex[uuid[i] & 15];
    }
    return 32;
}

/* Text form of a value that SQLite has no type for. A column keeps six digits of fraction and no offset, as SQLAlchemy's
 * storage format does; a value bound without a type keeps what it says, as Python's sqlite3 adapts it. */
static size_t format_value(const cm_value *v, const cm_type *type, char *out) {
    bool untyped = !type || cm_type_get_def(type)->kind == CM_T_NULL;
    if (v->kind == CM_UUID) return uuid_text(v->u.uuid, out);
    cm_civil t = v->kind == CM_INTERVAL ? civil_of_interval(v->u.i) : v->u.t;
    if (!untyped) t.has_offset = 0;
    return cm_civil_format(&t, v->kind == CM_INTERVAL ? CM_DATETIME : (cm_value_kind)v->kind, !untyped || t.micro, out);
}

static int bind_form(cm_ctx *cx, cm_dstmt *s, int at, const cm_value *v, const cm_type *type) {
    if (!s->forms) s->forms = cm__alloc(cx, (size_t)s->nparams * SQLITE_FORM_BYTES);
    if (!s->forms) return SQLITE_NOMEM;
    char *form = s->forms + (size_t)(at - 1) * SQLITE_FORM_BYTES;
    return sqlite3_bind_text(s->s, at, form, (int)format_value(v, type, form), SQLITE_STATIC);
}

cm_status cm_sqlite__bind(cm_ctx *cx, cm_dstmt *s, size_t i, const cm_value *v, const cm_type *type) {
    int at = (int)i + 1, rc = SQLITE_OK;
    switch ((cm_value_kind)v->kind) {
    case CM_NULL: rc = sqlite3_bind_null(s->s, at); break;
    case CM_INT: rc = sqlite3_bind_int64(s->s, at, v->u.i); break;
    case CM_BOOL: rc = sqlite3_bind_int64(s->s, at, v->u.i != 0); break;
    case CM_DOUBLE: rc = sqlite3_bind_double(s->s, at, v->u.d); break;
    case CM_TEXT:
    case CM_JSON: rc = sqlite3_bind_text64(s->s, at, v->u.s.p ? v->u.s.p : "", v->u.s.n, SQLITE_STATIC, SQLITE_UTF8); break;
    case CM_BLOB: rc = sqlite3_bind_blob64(s->s, at, v->u.s.p ? v->u.s.p : "", v->u.s.n, SQLITE_STATIC); break;
    case CM_DECIMAL: rc = bind_decimal(s->s, at, v->u.s.p, v->u.s.n); break;
    case CM_DATE:
    case CM_TIME:
    case CM_DATETIME:
    case CM_INTERVAL:
    case CM_UUID: rc = bind_form(cx, s, at, v, type); break;
    case CM_MADE:
    case CM_LIST: return cm_sqlite__fail(s->conn, 0, CM_E_PROGRAMMING, "Error binding parameter: type 'list' is not supported");
    }
    return rc == SQLITE_OK ? CM_OK : cm_sqlite__failed(s->conn, rc);
}

/* ---- step and rows */

int cm_sqlite__step(cm_ctx *cx, cm_dstmt *s, cm_status *failure) {
    cm_dconn *c = s->conn;
    if (!s->s) return CM_STEP_DONE;
    if (s->fresh) { /* the text may be prepared again inside this step, when the schema has changed */
        cm_sqlite__set_dqs(c, s->text);
        __atomic_store_n(&c->cancelled, 0, __ATOMIC_RELAXED);
        s->fresh = false;
        s->running = true;
    }
    if (s->row_failed) {
        *failure = cm_sqlite__fail(c, SQLITE_NOMEM, CM_E_NOMEM, "out of memory");
        return 0;
    }
    cm_sqlite__enter_step(cx, c);
    int rc = sqlite3_step(s->s);
    if (rc == SQLITE_ROW) return CM_STEP_ROW;
    if (rc == SQLITE_DONE) return CM_STEP_DONE;
    *failure = cm_sqlite__failed(c, rc);
    return 0;
}

size_t cm_sqlite__ncolumns(cm_dstmt *s) { return s->s ? (size_t)sqlite3_column_count(s->s) : 0; }

const char *cm_sqlite__column_name(cm_dstmt *s, size_t i) {
    const char *name = s->s ? sqlite3_column_name(s->s, (int)i) : NULL;
    return name ? name : "";
}

const char *cm_sqlite__column_decltype(cm_dstmt *s, size_t i) { return s->s ? sqlite3_column_decltype(s->s, (int)i) : NULL; }

static inline uint64_t word_at(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t half_at(const char *p) {
    uint32_t half;
    memcpy(&half, p, sizeof half);
    return half;
}

/* The last word overlaps the one before. */
static inline bool is_ascii(const char *p, size_t n) {
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) seen |= word_at(p + i);
    if (i < n && n >= 8) seen |= word_at(p + n - 8);
    else if (i < n && n >= 4) seen |= half_at(p) | half_at(p + n - 4);
    else
        for (; i < n; i++) seen |= (uint64_t)(unsigned char)p[i];
    return (seen & 0x8080808080808080u) == 0;
}

static inline void read_value(cm_dstmt *s, sqlite3_value *v, cm_value *out) {
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        out->kind = CM_INT;
        out->u.i = sqlite3_value_int64(v);
        break;
    case SQLITE_FLOAT:
        out->kind = CM_DOUBLE;
        out->u.d = sqlite3_value_double(v);
        break;
    case SQLITE_TEXT:
        out->kind = CM_TEXT;
        out->u.s.p = (const char *)sqlite3_value_text(v);
        out->u.s.n = (size_t)sqlite3_value_bytes(v);
        if (!out->u.s.p) {
            s->row_failed = true;
            out->u.s.p = "";
            out->u.s.n = 0;
        }
        out->ascii = is_ascii(out->u.s.p, out->u.s.n);
        break;
    case SQLITE_BLOB:
        out->kind = CM_BLOB;
        out->u.s.p = sqlite3_value_blob(v);
        out->u.s.n = (size_t)sqlite3_value_bytes(v);
        if (!out->u.s.p) out->u.s.p = "";
        break;
    default: out->kind = CM_NULL;
    }
}

void cm_sqlite__row(cm_dstmt *s, size_t first, size_t n, cm_value *out) {
    for (size_t i = 0; i < n; i++) read_value(s, sqlite3_column_value(s->s, (int)(first + i)), &out[i]);
}

void cm_sqlite__reset(cm_dstmt *s, bool again) {
    if (!s->s) return;
    if (s->running) sqlite3_reset(s->s);
    if (s->nparams && !again) sqlite3_clear_bindings(s->s);
    s->running = s->row_failed = false;
    s->fresh = true;
}

int64_t cm_sqlite__changes(cm_dstmt *s) {
    if (s->kind != CM_STMT_WRITE) return -1;
#if SQLITE_VERSION_NUMBER >= 3037000
    return sqlite3_changes64(s->conn->db);
#else
    return sqlite3_changes(s->conn->db);
#endif
}
