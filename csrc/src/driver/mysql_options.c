/* URL and connect_args into what the library connects with. Names of the usual drivers are known (mysqlclient, PyMySQL,
 * MariaDB Connector); what has no meaning here is refused by name. */
#include "driver/mysql_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum kind { TEXT, SECONDS, SWITCH, ONLY_OFF, ONLY_UTF8, LEVEL, AUTOCOMMIT, PORT, SIZE, IGNORED } kind;

static const struct {
    const char *name;
    uint8_t kind;
    int option; /* of the library; -1: read by this driver */
} known[] = {{"host", TEXT, -1},
             {"user", TEXT, -1},
             {"username", TEXT, -1},
             {"password", TEXT, -1},
             {"passwd", TEXT, -1},
             {"database", TEXT, -1},
             {"db", TEXT, -1},
             {"port", PORT, -1},
             {"unix_socket", TEXT, -1},
             {"socket", TEXT, -1},
             {"connect_timeout", SECONDS, MYSQL_OPT_CONNECT_TIMEOUT},
             {"read_timeout", SECONDS, MYSQL_OPT_READ_TIMEOUT},
             {"write_timeout", SECONDS, MYSQL_OPT_WRITE_TIMEOUT},
             {"compress", SWITCH, MYSQL_OPT_COMPRESS},
             {"bind_address", TEXT, MYSQL_OPT_BIND},
             {"ssl", SWITCH, MYSQL_OPT_SSL_ENFORCE},
             {"tls", SWITCH, MYSQL_OPT_SSL_ENFORCE},
             {"ssl_ca", TEXT, MYSQL_OPT_SSL_CA},
             {"ssl_capath", TEXT, MYSQL_OPT_SSL_CAPATH},
             {"ssl_cert", TEXT, MYSQL_OPT_SSL_CERT},
             {"ssl_key", TEXT, MYSQL_OPT_SSL_KEY},
             {"ssl_cipher", TEXT, MYSQL_OPT_SSL_CIPHER},
             {"ssl_crl", TEXT, MYSQL_OPT_SSL_CRL},
             {"ssl_verify_cert", SWITCH, MYSQL_OPT_SSL_VERIFY_SERVER_CERT},
             {"ssl_check_hostname", SWITCH, MYSQL_OPT_SSL_VERIFY_SERVER_CERT},
             {"ssl_verify_identity", SWITCH, MYSQL_OPT_SSL_VERIFY_SERVER_CERT},
             {"tls_version", TEXT, MARIADB_OPT_TLS_VERSION},
             {"plugin_dir", TEXT, MYSQL_PLUGIN_DIR},
             {"auth_plugin", TEXT, MYSQL_DEFAULT_AUTH},
             {"default_auth", TEXT, MYSQL_DEFAULT_AUTH},
             {"read_default_file", TEXT, MYSQL_READ_DEFAULT_FILE},
             {"read_default_group", TEXT, MYSQL_READ_DEFAULT_GROUP},
             {"program_name", TEXT, -1},
             {"max_allowed_packet", SIZE, MYSQL_OPT_MAX_ALLOWED_PACKET},
             {"sql_mode", TEXT, -1},
             {"init_command", TEXT, -1},
             {"charset", ONLY_UTF8, -1},
             {"collation", TEXT, -1},
             {"use_unicode", IGNORED, -1},
             {"binary_prefix", IGNORED, -1},
             {"check_same_thread", IGNORED, -1},
             {"autocommit", AUTOCOMMIT, -1},
             {"isolation_level", LEVEL, -1},
             {"local_infile", ONLY_OFF, -1},
             {"multi_statements", ONLY_OFF, -1}};

static int find(const char *name) {
    for (int i = 0; i < (int)(sizeof known / sizeof *known); i++)
        if (strcmp(known[i].name, name) == 0) return i;
    return -1;
}

const char *cm_mysql__level(const char *word) {
    static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "READ UNCOMMITTED"};
    for (size_t i = 0; word && i < sizeof levels / sizeof *levels; i++) {
        const char *p = word, *q = levels[i];
        while (*p && *q && (((*p == '_' || *p == '-') && *q == ' ') || (*p & ~32) == (*q & ~32))) p++, q++;
        if (!*p && !*q) return levels[i];
    }
    return NULL;
}

/* Nothing that would end the word it is put into. */
static bool is_plain(const char *text) {
    for (; *text; text++)
        if (!(*text == '_' || *text == ',' || (*text >= '0' && *text <= '9') || ((*text | 32) >= 'a' && (*text | 32) <= 'z'))) return false;
    return true;
}

static bool fits(const char *name, kind k, const char *value) {
    double number;
    bool on;
    if (strcmp(name, "sql_mode") == 0 || strcmp(name, "collation") == 0) return is_plain(value);
    switch (k) {
    case SECONDS:
    case SIZE: return cm_option__number(value, &number) && number >= 0;
    case PORT: return cm_option__number(value, &number) && number >= 0 && number < 65536;
    case SWITCH: return cm_option__bool(value, &on);
    case ONLY_OFF: return cm_option__bool(value, &on) && !on;
    case ONLY_UTF8: return !strcasecmp(value, "utf8") || !strcasecmp(value, "utf8mb4") || !strcasecmp(value, "utf8mb3");
    case AUTOCOMMIT: return cm_option__bool(value, &on) && !on;
    case LEVEL: return cm_mysql__level(value) || cm_option__is(value, "autocommit");
    default: return true;
    }
}

cm_status cm_mysql__configure(cm_ctx *cx, cm_url *url, const char *const *options) {
    (void)url;
    for (size_t i = 0; options && options[i]; i += 2) {
        int at = find(options[i]);
        if (at < 0) return cm__fail(cx, CM_E_ARGUMENT, "%s is not an option of MySQL connections", options[i]);
        if (!fits(options[i], known[at].kind, options[i + 1]))
            return cm__fail(cx, CM_E_ARGUMENT, "Invalid value %s for the MySQL option %s", options[i + 1], options[i]);
    }
    return CM_OK;
}

static void set_option(MYSQL *my, int at, const char *value) {
    double number = 0;
    bool on = false;
    cm_option__number(value, &number);
    cm_option__bool(value, &on);
    unsigned seconds = number > 0 && number < 1 ? 1 : (unsigned)number;
    size_t size = (size_t)number;
    my_bool flag = on;
    switch ((kind)known[at].kind) {
    case SECONDS:
        if (seconds) mysql_options(my, (enum mysql_option)known[at].option, &seconds);
        return;
    case SIZE: mysql_options(my, (enum mysql_option)known[at].option, &size); return;
    case SWITCH:
        if (known[at].option == MYSQL_OPT_COMPRESS && !on) return;
        mysql_options(my, (enum mysql_option)known[at].option, &flag);
        return;
    default: mysql_options(my, (enum mysql_option)known[at].option, value); return;
    }
}

void cm_mysql__apply(MYSQL *my, const cm_url *url, const char *const *options) {
    unsigned off = 0;
    const char *program = cm_option__find(options, "program_name");
    (void)url;
    mysql_options(my, MYSQL_OPT_NONBLOCK, NULL);
    for (size_t i = 0; options && options[i]; i += 2) {
        int at = find(options[i]);
        if (at >= 0 && known[at].option >= 0) set_option(my, at, options[i + 1]);
    }
    mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options4(my, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", program ? program : "cormorant");
}

bool cm_mysql__wants_tls(const char *const *options) {
    bool on, wanted = false;
    for (size_t i = 0; options && options[i]; i += 2) {
        bool names = strncmp(options[i], "ssl", 3) == 0 || strncmp(options[i], "tls", 3) == 0;
        wanted = wanted || (names && !(cm_option__bool(options[i + 1], &on) && !on));
    }
    return wanted;
}

static const char *one_of(const char *const *options, const char *a, const char *b, const char *otherwise) {
    const char *value = cm_option__find(options, a);
    if (!value && b) value = cm_option__find(options, b);
    return value ? value : otherwise;
}

my_target cm_mysql__target(const cm_url *url, const char *const *options) {
    const char *port = one_of(options, "port", NULL, url->port);
    return (my_target){.host = one_of(options, "host", NULL, url->host && *url->host ? url->host : NULL),
                       .user = one_of(options, "user", "username", url->user),
                       .password = one_of(options, "password", "passwd", url->password),
                       .database = one_of(options, "database", "db", url->database && *url->database ? url->database : NULL),
                       .socket = one_of(options, "unix_socket", "socket", NULL),
                       .port = port ? (unsigned)strtoul(port, NULL, 10) : 0};
}
