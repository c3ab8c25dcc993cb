/* What SQLite's result codes mean: one table, as data. An extended code that is not listed counts as its primary code
 * (the low byte). Statuses follow Python's sqlite3 module, whose classes programs catch. `retryable`: the same transaction
 * run again may succeed. */
#include "driver/sqlite_int.h"

#include <string.h>

#define C(code, status, retryable)                                                                                                         \
    { code, #code, status, retryable }
static const sqlite_error_info table[] = {
    C(SQLITE_CONSTRAINT_CHECK, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_COMMITHOOK, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_DATATYPE, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_FOREIGNKEY, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_FUNCTION, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_NOTNULL, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_PINNED, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_PRIMARYKEY, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_ROWID, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_TRIGGER, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_UNIQUE, CM_E_INTEGRITY, false),
    C(SQLITE_CONSTRAINT_VTAB, CM_E_INTEGRITY, false),
    C(SQLITE_BUSY_RECOVERY, CM_E_OPERATIONAL, true),
    C(SQLITE_BUSY_SNAPSHOT, CM_E_OPERATIONAL, true),
    C(SQLITE_BUSY_TIMEOUT, CM_E_OPERATIONAL, true),
    C(SQLITE_LOCKED_SHAREDCACHE, CM_E_OPERATIONAL, true),
    C(SQLITE_LOCKED_VTAB, CM_E_OPERATIONAL, true),
    C(SQLITE_ABORT_ROLLBACK, CM_E_OPERATIONAL, true),
    C(SQLITE_READONLY_CANTLOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_READONLY_DBMOVED, CM_E_OPERATIONAL, false),
    C(SQLITE_READONLY_DIRECTORY, CM_E_OPERATIONAL, false),
    C(SQLITE_READONLY_RECOVERY, CM_E_OPERATIONAL, false),
    C(SQLITE_READONLY_ROLLBACK, CM_E_OPERATIONAL, false),
    C(SQLITE_CANTOPEN_DIRTYWAL, CM_E_OPERATIONAL, false),
    C(SQLITE_CANTOPEN_FULLPATH, CM_E_OPERATIONAL, false),
    C(SQLITE_CANTOPEN_ISDIR, CM_E_OPERATIONAL, false),
    C(SQLITE_CANTOPEN_SYMLINK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_ACCESS, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_BLOCKED, CM_E_OPERATIONAL, true),
    C(SQLITE_IOERR_CHECKRESERVEDLOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_CLOSE, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_DELETE, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_DELETE_NOENT, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_DIR_FSYNC, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_FSTAT, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_FSYNC, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_LOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_NOMEM, CM_E_NOMEM, false),
    C(SQLITE_IOERR_RDLOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_READ, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_SHMLOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_SHMMAP, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_SHMOPEN, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_SHMSIZE, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_SHORT_READ, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_TRUNCATE, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_UNLOCK, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR_WRITE, CM_E_OPERATIONAL, false),
    C(SQLITE_CORRUPT_INDEX, CM_E_DB, false),
    C(SQLITE_CORRUPT_SEQUENCE, CM_E_DB, false),
    C(SQLITE_CORRUPT_VTAB, CM_E_DB, false),
    C(SQLITE_ERROR_MISSING_COLLSEQ, CM_E_OPERATIONAL, false),
    C(SQLITE_ERROR_RETRY, CM_E_OPERATIONAL, false),
    C(SQLITE_ERROR_SNAPSHOT, CM_E_OPERATIONAL, false),
    C(SQLITE_AUTH_USER, CM_E_DB, false),
    /* primary codes */
    C(SQLITE_ERROR, CM_E_OPERATIONAL, false),
    C(SQLITE_INTERNAL, CM_E_INTERNAL, false),
    C(SQLITE_PERM, CM_E_OPERATIONAL, false),
    C(SQLITE_ABORT, CM_E_OPERATIONAL, false),
    C(SQLITE_BUSY, CM_E_OPERATIONAL, true),
    C(SQLITE_LOCKED, CM_E_OPERATIONAL, true),
    C(SQLITE_NOMEM, CM_E_NOMEM, false),
    C(SQLITE_READONLY, CM_E_OPERATIONAL, false),
    C(SQLITE_INTERRUPT, CM_E_OPERATIONAL, false),
    C(SQLITE_IOERR, CM_E_OPERATIONAL, false),
    C(SQLITE_CORRUPT, CM_E_DB, false),
    C(SQLITE_NOTFOUND, CM_E_INTERNAL, false),
    C(SQLITE_FULL, CM_E_OPERATIONAL, false),
    C(SQLITE_CANTOPEN, CM_E_OPERATIONAL, false),
    C(SQLITE_PROTOCOL, CM_E_OPERATIONAL, true),
    C(SQLITE_EMPTY, CM_E_OPERATIONAL, false),
    C(SQLITE_SCHEMA, CM_E_OPERATIONAL, true),
    C(SQLITE_TOOBIG, CM_E_DATA, false),
    C(SQLITE_CONSTRAINT, CM_E_INTEGRITY, false),
    C(SQLITE_MISMATCH, CM_E_INTEGRITY, false),
    C(SQLITE_MISUSE, CM_E_INTERFACE, false),
    C(SQLITE_NOLFS, CM_E_DB, false),
    C(SQLITE_AUTH, CM_E_DB, false),
    C(SQLITE_FORMAT, CM_E_DB, false),
    C(SQLITE_RANGE, CM_E_INTERFACE, false),
    C(SQLITE_NOTADB, CM_E_DB, false),
};
#undef C
static const sqlite_error_info unknown = {0, "SQLITE_UNKNOWN", CM_E_DB, false};

static const sqlite_error_info *find(int code) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code) return &table[i];
    return NULL;
}

const sqlite_error_info *cm_sqlite__error_info(int extended_code) {
    const sqlite_error_info *info = find(extended_code);
    if (!info) info = find(extended_code & 0xff);
    return info ? info : &unknown;
}

const char *cm_sqlite__constraint_name(int extended_code, const char *message) {
    static const char middle[] = " constraint failed: ";
    if ((extended_code & 0xff) != SQLITE_CONSTRAINT) return NULL;
    const char *p = strstr(message, middle);
    return p && p[sizeof middle - 1] ? p + sizeof middle - 1 : NULL;
}
