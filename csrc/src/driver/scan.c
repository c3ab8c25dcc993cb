/* A look at SQL text before it is sent: where its first statement ends, which placeholders it has, what its first word says
 * of transactions. Strings, quoted names, dollar quotes and comments are passed over, as the style says they are written.
 * Compiled into each network driver. */
#include "driver/scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct scanner {
    const cm_scan_style *style;
    const char *p;
    size_t n, at;
    char *out;
    size_t nout; /* text with native placeholders */
    size_t nparams;
    bool raw, format, unnamed; /* format: %s or %(x)s was met; unnamed: the first */
    bool whole;                /* semicolons do not end the statement */
    char *names;
    size_t nnames; /* ":x\0:y\0", in order of first use */
    size_t nnamed;
} scanner;

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || (c & 0x80); }

/* End of a string or name in quotes that begins at `at`; backslashes escape in E'...' strings. */
static size_t quoted_end(const scanner *s, size_t at, bool backslash) {
    char quote = s->p[at++];
    while (at < s->n) {
        if (backslash && s->p[at] == '\\') at++;
        else if (s->p[at] == quote && (at + 1 >= s->n || s->p[at + 1] != quote)) return at + 1;
        else if (s->p[at] == quote) at++;
        at++;
    }
    return s->n;
}

static size_t comment_end(const scanner *s, size_t at) {
    int depth = 0;
    for (; at < s->n; at++) {
        bool opens = s->p[at] == '/' && at + 1 < s->n && s->p[at + 1] == '*';
        if (opens && (depth == 0 || s->style->nested)) depth++, at++;
        else if (s->p[at] == '*' && at + 1 < s->n && s->p[at + 1] == '/' && (at++, --depth == 0)) return at + 1;
    }
    return s->n;
}

/* $tag$ ... $tag$; answers `at` where no dollar quote begins. */
static size_t dollar_end(const scanner *s, size_t at) {
    size_t end = at + 1;
    if (end < s->n && isdigit((unsigned char)s->p[end])) return at;
    while (end < s->n && is_word(s->p[end])) end++;
    if (end >= s->n || s->p[end] != '$') return at;
    size_t tag = end + 1 - at;
    for (size_t i = end + 1; i + tag <= s->n; i++)
        if (memcmp(s->p + i, s->p + at, tag) == 0) return i + tag;
    return s->n;
}

static bool starts_line_comment(const scanner *s, size_t at) {
    if (s->p[at] == '#') return s->style->backslash;
    if (s->p[at] != '-' || at + 1 >= s->n || s->p[at + 1] != '-') return false;
    return !s->style->backslash || at + 2 >= s->n || (unsigned char)s->p[at + 2] <= ' '; /* 5--3 is arithmetic there */
}

/* End of what is passed over at `at`, or `at`. */
static size_t passed(const scanner *s, size_t at) {
    char c = s->p[at];
    bool starts = at == 0 || !is_word(s->p[at - 1]), all = s->style->backslash;
    if (c == '\'') return quoted_end(s, at, all || (at > 0 && (s->p[at - 1] | 32) == 'e' && (at == 1 || !is_word(s->p[at - 2]))));
    if (c == '"') return quoted_end(s, at, all);
    if (c == '`' && all) return quoted_end(s, at, false);
    if (starts_line_comment(s, at)) {
        while (at < s->n && s->p[at] != '\n') at++;
        return at;
    }
    if (c == '/' && at + 1 < s->n && s->p[at + 1] == '*') return comment_end(s, at);
    return c == '$' && starts && s->style->numbered ? dollar_end(s, at) : at;
}

static void put(scanner *s, const char *p, size_t n) {
    memcpy(s->out + s->nout, p, n);
    s->nout += n;
}

static void put_placeholder(scanner *s, size_t number) {
    if (!s->style->numbered) {
        put(s, "?", 1);
        return;
    }
    char text[24], *to = text + sizeof text;
    do *--to = (char)('0' + number % 10);
    while (number /= 10);
    *--to = '$';
    put(s, to, (size_t)(text + sizeof text - to));
}

/* Number of a name: where placeholders have numbers, each name is one parameter, wherever it stands. */
static size_t number_of(scanner *s, const char *p, size_t n) {
    size_t i = 0;
    for (const char *at = s->names; s->style->numbered && i < s->nnamed; i++, at += strlen(at) + 1)
        if (strlen(at) == n + 1 && memcmp(at + 1, p, n) == 0) return i + 1;
    s->names[s->nnames++] = ':';
    memcpy(s->names + s->nnames, p, n);
    s->nnames += n;
    s->names[s->nnames++] = '\0';
    return ++s->nnamed;
}

/* %s, %(name)s; false: not one. */
static bool take_format(scanner *s) {
    size_t at = s->at + 1;
    if (!s->raw || at >= s->n) return false;
    if (s->p[at] == 's' && (at + 1 >= s->n || !is_word(s->p[at + 1]))) {
        put_placeholder(s, ++s->nparams);
        s->at = at + 1;
        s->unnamed = true;
    } else if (s->p[at] == '(') {
        const char *end = memchr(s->p + at, ')', s->n - at);
        if (!end || end + 1 >= s->p + s->n || end[1] != 's') return false;
        size_t number = number_of(s, s->p + at + 1, (size_t)(end - s->p) - at - 1);
        put_placeholder(s, number);
        if (number > s->nparams) s->nparams = number;
        s->at = (size_t)(end - s->p) + 2;
    } else {
        return false;
    }
    return s->format = true;
}

static void take_dollar(scanner *s) {
    size_t number = 0, at = s->at + 1;
    while (at < s->n && isdigit((unsigned char)s->p[at]) && number <= CM_SCAN_PARAMS_MAX) number = number * 10 + (size_t)(s->p[at++] - '0');
    if (number > s->nparams) s->nparams = number;
    put(s, s->p + s->at, (at > s->at + 1 ? at : s->at + 1) - s->at);
    s->at = at > s->at + 1 ? at : s->at + 1;
}

static void walk(scanner *s) {
    while (s->at < s->n) {
        size_t end = passed(s, s->at);
        char c = s->p[s->at];
        if (end > s->at) {
            put(s, s->p + s->at, end - s->at);
            s->at = end;
        } else if (c == ';' && !s->whole) {
            return;
        } else if (c == '$' && s->style->numbered) {
            take_dollar(s);
        } else if (c == '?' && !s->style->numbered && !s->raw) {
            s->nparams++;
            put(s, &c, 1);
            s->at++;
        } else if (c != '%' || !take_format(s)) {
            put(s, &c, 1);
            s->at++;
        }
    }
}

/* Where %s may stand, a literal percent sign is written twice. */
static void fold_percents(scanner *s) {
    size_t to = 0;
    for (size_t i = 0; i < s->nout; i++) {
        s->out[to++] = s->out[i];
        if (s->out[i] == '%' && i + 1 < s->nout && s->out[i + 1] == '%') i++;
    }
    s->nout = to;
}

static bool is_one_of(char c, const char *set) { return c && strchr(set, c); }

/* Past blanks, comments and the characters of `also`. */
static size_t skip_blank(const scanner *s, size_t at, const char *also) {
    while (at < s->n && (isspace((unsigned char)s->p[at]) || is_one_of(s->p[at], also) || is_one_of(s->p[at], "-/#"))) {
        size_t end = passed(s, at);
        if (end == at && is_one_of(s->p[at], "-/#")) break;
        at = end > at ? end : at + 1;
    }
    return at;
}

/* Everything belongs in a transaction but what speaks of transactions itself. */
static void classify(scanner *s, cm_scan *out) {
    char *word = out->word;
    size_t at = skip_blank(s, 0, "(;"), n = 0;
    while (at + n < s->n && n < sizeof out->word - 1 && isalpha((unsigned char)s->p[at + n])) {
        word[n] = (char)tolower((unsigned char)s->p[at + n]);
        n++;
    }
    out->kind = CM_STMT_WRITE;
    out->blank = at >= s->n;
    for (const cm_scan_word *known = s->style->words; known->word; known++)
        if (strcmp(word, known->word) == 0) {
            out->kind = known->kind;
            s->whole = known->whole;
        }
}

static cm_status take_names(cm_ctx *cx, scanner *s, cm_scan *out) {
    if (!s->nnamed) return CM_OK;
    out->names = cm__alloc(cx, s->nnamed * sizeof *out->names);
    if (!out->names) return CM_E_NOMEM;
    const char *at = s->names;
    for (size_t i = 0; i < s->nnamed; i++, at += strlen(at) + 1) out->names[i] = at;
    out->names_text = s->names;
    s->names = NULL;
    return CM_OK;
}

cm_status cm_scan__sql(cm_ctx *cx, const cm_scan_style *style, const char *sql, size_t n, uint32_t flags, cm_scan *out, const char **what) {
    scanner s = {.style = style, .p = sql, .n = n, .raw = (flags & CM_PREPARE_RAW) != 0};
    cm_status st = CM_OK;
    memset(out, 0, sizeof *out);
    s.out = cm__alloc(cx, n * 4 + 1); /* "%s" may become "$65535" */
    if (s.raw) s.names = cm__alloc(cx, n + 2);
    if (!s.out || (s.raw && !s.names)) st = CM_E_NOMEM;
    if (!st) {
        classify(&s, out);
        walk(&s);
        if (s.format || (flags & CM_PREPARE_PERCENTS)) fold_percents(&s);
        out->used = skip_blank(&s, s.at, ";");
        if (out->used < n && s.at == out->used) out->used = n;
        out->nparams = s.nparams;
        if (s.nparams > CM_SCAN_PARAMS_MAX) {
            *what = "a statement takes 65535 parameters at most";
            st = CM_E_PROGRAMMING;
        }
        if (s.nnamed && s.unnamed) {
            *what = "a statement has placeholders %s or %(name)s, not both";
            st = CM_E_PROGRAMMING;
        }
    }
    if (!st) st = take_names(cx, &s, out);
    if (!st) {
        out->sql = s.out;
        out->nsql = s.nout;
        s.out[s.nout] = '\0';
        s.out = NULL;
    }
    cm__free(cx, s.out);
    cm__free(cx, s.names);
    return st;
}

/* ---- text that was scanned */

/* Past what is passed over at `at`, or the next character. */
static size_t next(const scanner *s, size_t at) {
    size_t end = passed(s, at);
    return end > at ? end : at + 1;
}

size_t cm_scan__mark(const cm_scan_style *style, const char *p, size_t n, size_t at) {
    scanner s = {.style = style, .p = p, .n = n};
    while (at < n && (p[at] != '?' || passed(&s, at) > at)) at = next(&s, at);
    return at < n ? at : n;
}

/* Where the word stands outside of parentheses, and what follows it; 0: nowhere. */
static size_t after_word(const scanner *s, const char *word, size_t length) {
    int depth = 0;
    for (size_t at = 0; at + length < s->n; at = next(s, at)) {
        depth += (s->p[at] == '(') - (s->p[at] == ')');
        if (depth || strncasecmp(s->p + at, word, length) != 0 || is_word(s->p[at + length])) continue;
        if (at && !is_word(s->p[at - 1])) return at + length;
    }
    return 0;
}

static size_t group_end(const scanner *s, size_t at) {
    int depth = 0;
    for (; at < s->n; at = next(s, at)) {
        depth += (s->p[at] == '(') - (s->p[at] == ')');
        if (!depth) return at + 1;
    }
    return 0;
}

bool cm_scan__row(const cm_scan_style *style, const char *p, size_t n, size_t *from, size_t *to) {
    scanner s = {.style = style, .p = p, .n = n};
    size_t word = after_word(&s, "values", 6);
    if (!word) return false;
    *from = skip_blank(&s, word, "");
    if (*from >= n || p[*from] != '(') return false;
    *to = group_end(&s, *from);
    if (!*to || cm_scan__mark(style, p, *from, 0) < *from || cm_scan__mark(style, p, n, *to) < n) return false;
    size_t after = skip_blank(&s, *to, "");
    return after >= n || p[after] != ',';
}
