"""The SQLite dialect as programs see it: its name and how it writes placeholders. SQL itself is written in C."""

from __future__ import annotations

from ...engine.default import DefaultDialect

__all__ = ["SQLiteDialect", "dialect"]


class SQLiteDialect(DefaultDialect):
    """SQLite."""

    name = "sqlite"
    driver = "pysqlite"
    default_paramstyle = "qmark"
    paramstyle = "qmark"
    supports_alter = False
    supports_sequences = False
    supports_native_boolean = False
    supports_default_values = True
    max_identifier_length = 9999
    insert_returning = update_returning = delete_returning = True


dialect = SQLiteDialect
