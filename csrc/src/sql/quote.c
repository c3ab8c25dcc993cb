/* The one function through which identifiers become SQL text, and what tells whether they need quotes. */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>

static int compare_word(const void *key, const void *item) { return strcmp(key, *(const char *const *)item); }

static bool is_reserved(const cm_dialect *d, const char *name, size_t n) {
    char word[40];
    size_t count = 0;
    if (n >= sizeof word || !d->reserved) return false;
    memcpy(word, name, n);
    word[n] = '\0';
    while (d->reserved[count]) count++;
    return bsearch(word, d->reserved, count, sizeof *d->reserved, compare_word) != NULL;
}

/* Plain are words of a-z, 0-9, _ and $ that begin with a letter or _; anything else keeps its exact spelling by quotes. */
static bool is_plain(const char *name, size_t n) {
    if (n == 0 || (name[0] >= '0' && name[0] <= '9') || name[0] == '$') return false;
    for (size_t i = 0; i < n; i++) {
        char ch = name[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '$')) return false;
    }
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
