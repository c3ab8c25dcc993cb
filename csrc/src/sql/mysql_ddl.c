/* Definitions of MySQL and MariaDB: columns, options of tables, words of indexes.
 *
 *   CREATE TABLE t (id INTEGER NOT NULL AUTO_INCREMENT, ...) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x'
 *   CREATE FULLTEXT INDEX i ON t (name(10)) WITH PARSER ngram
 *
 * Values of options are words, numbers or literals; how a table is parted is SQL of the author's. */
#include "sql/mysql.h"

#include <strings.h>

/* ---- columns */

static bool begins(const char *p, size_t n, const char *word) {
    size_t length = strlen(word);
    return n >= length && strncasecmp(p, word, length) == 0;
}

/* now(6), current_timestamp(3) */
static bool is_moment(const char *p, size_t n) {
    size_t at = begins(p, n, "now(") ? 4 : begins(p, n, "current_timestamp(") ? 18 : 0, digits = at;
    while (digits < n && p[digits] >= '0' && p[digits] <= '9') digits++;
    return at && digits > at && digits + 1 == n && p[digits] == ')';
}

static bool is_word_char(char ch) {
    return ch == '_' || (unsigned char)(ch - '0') < 10 || (unsigned char)((ch | 32) - 'a') < 26 || (unsigned char)ch >= 0x80;
}

/* Expressions stand in parentheses; literals, words and moments with their ON UPDATE do not. */
static bool is_expression(const char *p, size_t n) {
    bool plain = true;
    for (size_t i = 0; i < n; i++) {
        plain = plain && is_word_char(p[i]);
        if (begins(p + i, n - i, " on update")) return false;
    }
    return !plain && !strchr("'\"(", p[0]) && !is_moment(p, n);
}

static cm_status write_default(cm_compiler *c, const cm_column *column) {
    cm_out(c, " DEFAULT ");
    size_t at = c->b.n;
    cm_status st = cm_ddl__sql(c, &column->server_default);
    if (st || c->b.failed || c->b.n == at || !is_expression(c->b.p + at, c->b.n - at)) return st;
    cm_buf__insert(&c->b, at, "(", 1);
    cm_out(c, ")");
    return st;
}

/* name TYPE GENERATED ... NOT NULL COMMENT 'x' AUTO_INCREMENT | DEFAULT x */
cm_status cm_mysql__column(cm_compiler *c, const cm_column *column) {
    const cm_table *t = column->table;
    cm_status st = cm_ddl__column_name(c, column);
    cm_out(c, " ");
    size_t at = c->b.n;
    if (!st) st = cm_ddl__type(c, column);
    bool stamp = cm_mysql__mentions(c, at, "TIMESTAMP"), required = cm_ddl__required(column);
    if (!st) st = cm_ddl__computed(c, column);
    if (required) cm_out(c, " NOT NULL");
    else if (stamp) cm_out(c, " NULL");
    if (column->comment) {
        cm_out(c, " COMMENT ");
        cm_mysql__string(&c->b, column->comment, strlen(column->comment));
    }
    if (st) return st;
    if (cm_ddl__has(&column->server_default)) return write_default(c, column);
    if (t && column == t->autoincrement) cm_out(c, " AUTO_INCREMENT");
    return st;
}

/* ---- options of tables */

enum { TEXT = 1, SPACED = 2, BARE = 4, RAW = 8, TABLES = 16 }; /* a literal, "A B" for A_B, no "=", SQL as it is, (a, b) */

static const struct {
    const char *name;
    int how;
} options[] = {{"comment", TEXT},
               {"compression", TEXT},
               {"connection", TEXT},
               {"data_directory", TEXT | SPACED},
               {"encryption", TEXT},
               {"engine_attribute", TEXT},
               {"index_directory", TEXT | SPACED},
               {"password", TEXT},
               {"secondary_engine_attribute", TEXT},
               {"default_charset", SPACED},
               {"default_character_set", SPACED | BARE},
               {"character_set", SPACED | BARE},
               {"default_collate", SPACED},
               {"collate", BARE},
               {"tablespace", BARE},
               {"union", TABLES},
               {"partition_by", RAW | SPACED | BARE},
               {"partitions", RAW | BARE},
               {"subpartition_by", RAW | SPACED | BARE},
               {"subpartitions", RAW | BARE}};

/* "default charset", as it is read from a database, is default_charset. */
static bool is_named(const char *given, const char *name) {
    while (*given && (*given == *name || (*given | 32) == *name || (*given == ' ' && *name == '_'))) given++, name++;
    return !*given && !*name;
}

static int how_of(const char *name) {
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (is_named(name, options[i].name)) return options[i].how;
    return 0;
}

/* Where an option stands: character sets before their collation, partitions at the end. */
static int place_of(const char *name) {
    static const char *const late[] = {"collate", "comment", "partition_by", "partitions", "subpartition_by", "subpartitions"};
    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        if (is_named(name, late[i])) return (int)i + 1;
    return 0;
}

enum { PLACES = 7, COMMENT_PLACE = 2 };

static bool is_made_of(const char *p, const char *more) {
    if (!*p) return false;
    for (; *p; p++)
        if (!is_word_char(*p) && !strchr(more, *p)) return false;
    return true;
}

static cm_status write_option(cm_compiler *c, const cm_ddl_option *o) {
    int how = how_of(o->name);
    const char *value = o->value.text ? o->value.text : "";
    if (!is_made_of(o->name, " ") || (!(how & (TEXT | RAW)) && !is_made_of(value, how & TABLES ? "(), `." : ".+-")))
        return cm__fail(c->cx, CM_E_COMPILE, "Unexpected SQL phrase: %s_%s='%s'", o->dialect, o->name, value);
    cm_out(c, " ");
    for (const char *p = o->name; *p; p++) {
        unsigned char ch = (unsigned char)*p;
        cm_buf__putc(&c->b, ch == '_' && (how & SPACED) ? ' ' : (unsigned char)(ch - 'a') < 26 ? (char)(ch - 32) : (char)ch);
    }
    cm_out(c, how & BARE ? " " : "=");
    if (how & TEXT) cm_mysql__string(&c->b, value, strlen(value));
    else cm_out(c, value);
    return CM_OK;
}

cm_status cm_mysql__table_end(cm_compiler *c, const cm_table *t) {
    cm_status st = CM_OK;
    for (int place = 0; place < PLACES; place++) {
        for (size_t i = 0; !st && i < t->noptions; i++) {
            const cm_ddl_option *o = &t->options[i];
            if (strcmp(o->dialect, c->d->name) != 0 || place_of(o->name) != place || (place == COMMENT_PLACE && t->comment)) continue;
            st = write_option(c, o);
        }
        if (place != COMMENT_PLACE || !t->comment) continue;
        cm_ddl_option comment = {c->d->name, "comment", {t->comment, NULL}};
        if (!st) st = write_option(c, &comment);
    }
    return st;
}

/* ---- indexes */

/* MariaDB takes some of MySQL's options for its own. */
static const char *index_option(const cm_compiler *c, const cm_index_def *index, const char *name, bool shared) {
    const cm_sql *found = cm_ddl__option(c, index->options, index->noptions, name);
    for (size_t i = 0; !found && shared && i < index->noptions; i++)
        if (strcmp(index->options[i].dialect, "mysql") == 0 && strcmp(index->options[i].name, name) == 0) found = &index->options[i].value;
    return found ? found->text : NULL;
}

static cm_status write_word(cm_compiler *c, const char *before, const char *word, const char *after) {
    for (const char *p = word; p && *p; p++)
        if ((unsigned char)((*p | 32) - 'a') >= 26 && *p != '_') return cm__fail(c->cx, CM_E_COMPILE, "Unexpected SQL phrase: '%s'", word);
    if (!word || !*word) return CM_OK;
    cm_out(c, before);
    cm_out(c, word);
    cm_out(c, after);
    return CM_OK;
}

/* (10) after a column of which only the beginning is indexed */
static cm_status write_length(cm_compiler *c, const cm_index_def *index, size_t i) {
    char name[300];
    snprintf(name, sizeof name, "length %s", index->columns[i]);
    const char *length = index_option(c, index, name, false);
    if (!length) length = index_option(c, index, "length", false);
    if (length) cm_buf__printf(&c->b, "(%s)", length);
    return CM_OK;
}

cm_status cm_mysql__index(cm_compiler *c, const cm_index_def *index, cm_index_place place, size_t i) {
    cm_status st;
    switch (place) {
    case CM_INDEX_KIND: return write_word(c, "", index_option(c, index, "prefix", false), " ");
    case CM_INDEX_MEMBER: return write_length(c, index, i);
    case CM_INDEX_END:
        st = write_word(c, " WITH PARSER ", index_option(c, index, "with_parser", true), "");
        return st ? st : write_word(c, " USING ", index_option(c, index, "using", true), "");
    default: return CM_OK;
    }
}
