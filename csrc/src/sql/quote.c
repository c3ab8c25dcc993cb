/* The one function through which identifiers become SQL text, and what tells whether they need quotes. */
#include "sql/sql.h"

#include <string.h>

static bool is_letter(char ch) { return (unsigned char)(ch - 'a') < 26 || ch == '_'; }
static bool is_digit(char ch) { return (unsigned char)(ch - '0') < 10 || ch == '$'; }

static bool is_reserved(const cm_dialect *d, const char *name, size_t n) {
    size_t low = 0, high = d->nreserved;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *word = d->reserved[middle];
        int order = *name != *word ? (unsigned char)*name - (unsigned char)*word : strncmp(name, word, n);
        if (order == 0 && word[n]) order = -1;
        if (order == 0) return true;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return false;
}

/* Plain are words of a-z, 0-9, _ and $ that begin with a letter or _; anything else keeps its exact spelling by quotes. */
static bool is_plain(const char *name, size_t n) {
    if (n == 0 || !is_letter(name[0])) return false;
    for (size_t i = 1; i < n; i++)
        if (!is_letter(name[i]) && !is_digit(name[i])) return false;
    return true;
}

cm_status cm_sql__quote(cm_ctx *cx, cm_buf *b, const cm_dialect *d, const char *name, size_t n, uint32_t flags) {
    bool force = flags & CM_FLAG_QUOTE;
    if ((flags & CM_FLAG_NO_QUOTE) || (!force && is_plain(name, n) && !is_reserved(d, name, n))) {
        cm_buf__add(b, name, n);
        return CM_OK;
    }
    if (memchr(name, '\0', n)) return cm__fail(cx, CM_E_ARGUMENT, "an identifier contains a NUL character");
    if (!cm_utf8_valid(name, n, NULL)) return cm__fail(cx, CM_E_ARGUMENT, "an identifier is not valid UTF-8");
    cm_buf__putc(b, d->quote_open);
    for (size_t i = 0; i < n; i++) {
        cm_buf__putc(b, name[i]);
        if (name[i] == d->quote_close) cm_buf__putc(b, name[i]);
    }
    cm_buf__putc(b, d->quote_close);
    return CM_OK;
}
