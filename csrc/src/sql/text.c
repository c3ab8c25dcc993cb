/* Scanner for SQL text written by people: finds `:name` parameters, and what a colon inside of quotes, comments, casts
 * and dollar quotes is. `\:` is a colon. */
#include "sql/compiler.h"
#include "sql/text.h"

static bool is_word(unsigned char ch) {
    return ch == '_' || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch >= 0x80;
}

/* End of a quoted stretch that begins at i: doubled quotes belong to it. */
static size_t skip_quoted(const char *p, size_t n, size_t i) {
    char quote = p[i];
    for (i++; i < n; i++) {
        if (p[i] != quote) continue;
        if (i + 1 < n && p[i + 1] == quote) i++;
        else return i + 1;
    }
    return n;
}

static size_t skip_comment(const char *p, size_t n, size_t i) {
    if (p[i] == '-') {
        while (i < n && p[i] != '\n') i++;
        return i;
    }
    for (i += 2; i + 1 < n; i++)
        if (p[i] == '*' && p[i + 1] == '/') return i + 2;
    return n;
}

/* End of $tag$ ... $tag$ that begins at i; i when it is none. */
static size_t skip_dollar(const char *p, size_t n, size_t i) {
    size_t tag = i + 1;
    if (i && (is_word((unsigned char)p[i - 1]) || p[i - 1] == '$')) return i;
    if (tag < n && p[tag] >= '0' && p[tag] <= '9') return i;
    while (tag < n && is_word((unsigned char)p[tag])) tag++;
    if (tag >= n || p[tag] != '$') return i;
    size_t length = tag + 1 - i;
    for (size_t at = tag + 1; at + length <= n; at++)
        if (memcmp(p + at, p + i, length) == 0) return at + length;
    return i;
}

/* End of a stretch that holds no parameters; i when none begins there. */
static size_t skip(const char *p, size_t n, size_t i) {
    switch (p[i]) {
    case '\'':
    case '"':
    case '`': return skip_quoted(p, n, i);
    case '-': return i + 1 < n && p[i + 1] == '-' ? skip_comment(p, n, i) : i;
    case '/': return i + 1 < n && p[i + 1] == '*' ? skip_comment(p, n, i) : i;
    case '$': return skip_dollar(p, n, i);
    default: return i;
    }
}

/* Length of the word of a parameter whose colon is at i; 0: the colon is something else. */
static size_t parameter(const char *p, size_t n, size_t i) {
    size_t end = i + 1;
    if (i && (p[i - 1] == ':' || is_word((unsigned char)p[i - 1]))) return 0;
    while (end < n && is_word((unsigned char)p[end])) end++;
    if (end == i + 1 || (end < n && p[end] == ':' && !(end + 1 < n && p[end + 1] == ':'))) return 0;
    return end - i - 1;
}

cm_status cm_text__scan(const char *p, size_t n, cm_status (*piece)(void *user, bool name, const char *p, size_t n), void *user) {
    size_t start = 0, i = 0;
    while (i < n) {
        size_t after = skip(p, n, i), name;
        cm_status st = CM_OK;
        if (after > i) { /* what is quoted may have been escaped, too */
            for (; !st && i < after; i++) {
                if (p[i] != '\\' || i + 1 >= after || p[i + 1] != ':') continue;
                if (i > start) st = piece(user, false, p + start, i - start);
                start = i + 1;
            }
            if (st) return st;
            continue;
        }
        if (p[i] == '\\' && i + 1 < n && p[i + 1] == ':') { /* the backslash goes, its colon stays text */
            if (i > start) st = piece(user, false, p + start, i - start);
            start = i + 1;
            for (i += 2; i < n && (is_word((unsigned char)p[i]) || p[i] == ':');) i++;
        } else if (p[i] == ':' && (name = parameter(p, n, i))) {
            if (i > start) st = piece(user, false, p + start, i - start);
            if (!st) st = piece(user, true, p + i + 1, name);
            start = i += name + 1;
        } else {
            for (i++; i < n && p[i] == ':' && p[i - 1] == ':';) i++; /* :: */
        }
        if (st) return st;
    }
    return n > start ? piece(user, false, p + start, n - start) : CM_OK;
}

typedef struct finder {
    cm_ctx *cx;
    cm_strmap seen;
    cm_status (*found)(void *user, const char *name, size_t n);
    void *user;
} finder;

static cm_status find_piece(void *user, bool name, const char *p, size_t n) {
    finder *f = user;
    if (!name || cm_strmap__get(&f->seen, p, n)) return CM_OK;
    cm_status st = cm_strmap__put(f->cx, &f->seen, p, n, f);
    return st ? st : f->found(f->user, p, n);
}

cm_status cm_text_params(cm_ctx *cx, const char *sql, size_t n, cm_status (*found)(void *user, const char *name, size_t n), void *user) {
    finder f = {cx, {0}, found, user};
    cm_status st = cm_text__scan(sql, n, find_piece, &f);
    cm_strmap__dispose(cx, &f.seen);
    return st;
}

/* ---- a TEXT node in a statement */

typedef struct writer {
    cm_compiler *c;
    cm_node *const *binds;
    size_t nbinds;
} writer;

static cm_status write_piece(void *user, bool name, const char *p, size_t n) {
    writer *w = user;
    if (!name) {
        cm_buf__add(&w->c->b, p, n);
        return CM_OK;
    }
    for (size_t i = 0; i < w->nbinds; i++) {
        const cm_str *s = w->binds[i]->u.bind.name;
        if (!s || s->n != n || memcmp(cm_str_text(s), p, n) != 0) continue;
        if (w->binds[i]->flags & CM_FLAG_EXPANDING) return cm_compiler__bind_list(w->c, w->binds[i], NULL, CM_OP_IN);
        return cm_compiler__bind(w->c, w->binds[i]);
    }
    return cm__fail(w->c->cx, CM_E_COMPILE, "text() has no parameter named '%.*s'", (int)n, p);
}

cm_status cm_compiler__text(cm_compiler *c, cm_node *n) {
    writer w = {c, NULL, 0};
    const cm_str *sql = n->u.n.name;
    w.binds = cm_node_segment(n, 0, &w.nbinds);
    return sql ? cm_text__scan(cm_str_text(sql), sql->n, write_piece, &w) : CM_OK;
}
