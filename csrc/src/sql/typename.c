/* Spelling of types as standard SQL and most databases have it. */
#include "sql/sql.h"

#include <string.h>

static void add_length(cm_buf *b, const cm_type_def *def) {
    if (def->length >= 0) cm_buf__printf(b, "(%d)", (int)def->length);
}

static void add_precision(cm_buf *b, const cm_type_def *def) {
    if (def->precision < 0) return;
    if (def->scale >= 0) cm_buf__printf(b, "(%d, %d)", (int)def->precision, (int)def->scale);
    else cm_buf__printf(b, "(%d)", (int)def->precision);
}

static int characters(const char *p) {
    int n = 0;
    for (; *p; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
    return n;
}

/* Length of the longest word of an ENUM. */
static int longest(const cm_type_def *def) {
    int most = 0;
    for (size_t i = 0; i < def->nlabels; i++) {
        int n = characters(def->labels[i]);
        if (n > most) most = n;
    }
    return def->length > most ? (int)def->length : most;
}

static void add_named(cm_buf *b, const cm_type_def *def) {
    cm_buf__puts(b, def->spelling);
    if (def->kind == CM_T_NUMERIC) add_precision(b, def);
    else if (def->kind == CM_T_STRING || def->kind == CM_T_TEXT || def->kind == CM_T_BLOB || def->kind == CM_T_USER) add_length(b, def);
}

static const char *plain_name(cm_type_kind kind) {
    switch (kind) {
    case CM_T_SMALLINT: return "SMALLINT";
    case CM_T_INTEGER: return "INTEGER";
    case CM_T_BIGINT: return "BIGINT";
    case CM_T_FLOAT: return "FLOAT";
    case CM_T_DOUBLE: return "DOUBLE";
    case CM_T_BOOLEAN: return "BOOLEAN";
    case CM_T_DATE: return "DATE";
    case CM_T_TIME: return "TIME";
    case CM_T_DATETIME:
    case CM_T_INTERVAL: return "DATETIME";
    case CM_T_BLOB: return "BLOB";
    case CM_T_JSON: return "JSON";
    case CM_T_ARRAY: return "ARRAY";
    case CM_T_NULL: return "NULL";
    case CM_T_UUID: return "CHAR(32)";
    default: return NULL;
    }
}

cm_status cm_sql__type(cm_ctx *cx, cm_buf *b, const cm_dialect *d, const cm_type *type, bool for_cast) {
    const cm_type_def *def = &type->def;
    const char *plain = plain_name(def->kind);
    (void)for_cast;
    if (def->spelling) {
        add_named(b, def);
    } else if (plain) {
        cm_buf__puts(b, plain);
    } else {
        switch (def->kind) {
        case CM_T_NUMERIC:
            cm_buf__puts(b, "NUMERIC");
            add_precision(b, def);
            break;
        case CM_T_STRING:
            cm_buf__puts(b, def->flags & CM_TYPE_FIXED ? "CHAR" : "VARCHAR");
            add_length(b, def);
            break;
        case CM_T_TEXT:
            cm_buf__puts(b, "TEXT");
            add_length(b, def);
            break;
        case CM_T_ENUM: cm_buf__printf(b, "VARCHAR(%d)", longest(def)); break;
        default: return cm__fail(cx, CM_E_UNSUPPORTED, "the %s dialect has no spelling for this type", d->name);
        }
    }
    if (!def->collation) return CM_OK;
    cm_buf__puts(b, " COLLATE ");
    return cm_sql__quote(cx, b, d, def->collation, strlen(def->collation), 0);
}
