"""SQLite: what the package must know of it beside the core's dialect."""

from __future__ import annotations

import re
import typing as t

from ... import _core, exc
from ...engine.default import DefaultDialect

__all__ = ["SQLiteDialect", "SQLiteDialect_pysqlite", "dialect"]


class SQLiteDialect(DefaultDialect):
    """SQLite through the library that the extension links."""

    name = "sqlite"
    driver = "pysqlite"
    paramstyle = "qmark"
    positional = True
    default_isolation_level = "SERIALIZABLE"
    default_schema_name = "main"
    supports_alter = False
    supports_default_values = True
    supports_multivalues_insert = True
    supports_schemas = True
    insert_returning = update_returning = delete_returning = True
    full_returning = True
    tuple_in_values = True
    insert_executemany_returning = update_executemany_returning = delete_executemany_returning = True
    postfetch_lastrowid = True

    @property
    def dbapi(self) -> t.Any:
        from ... import dbapi

        return dbapi

    loaded_dbapi = dbapi

    @classmethod
    def import_dbapi(cls) -> t.Any:
        from ... import dbapi

        return dbapi

    @property
    def server_version_info(self) -> tuple[int, ...]:  # type: ignore[override]
        from ...dbapi import sqlite_version_info

        return sqlite_version_info

    @property
    def dbapi_version(self) -> tuple[int, ...]:
        return self.server_version_info

    def reflection(self, connection: t.Any) -> t.Any:
        from .reflection import SQLiteReflection  # only programs that ask need it

        return SQLiteReflection(connection)

    def get_isolation_level_values(self, dbapi_connection: t.Any) -> t.Sequence[str]:
        return ("SERIALIZABLE", "READ UNCOMMITTED", "AUTOCOMMIT")

    def get_default_isolation_level(self, dbapi_conn: t.Any) -> str:
        return "SERIALIZABLE"

    def is_disconnect(self, e: t.Any, connection: t.Any, cursor: t.Any) -> bool:
        return isinstance(e, exc.DBAPIError) and e.connection_invalidated


class SQLiteDialect_pysqlite(SQLiteDialect):  # noqa: N801 - the name of the API
    """The dialect under the name that error messages use."""


dialect = SQLiteDialect_pysqlite


def _regexp(pattern: t.Any, value: t.Any) -> t.Any:
    """`value REGEXP pattern`, by Python's rules."""
    return None if pattern is None or value is None else re.search(str(pattern), str(value)) is not None


_core.register_hook("sqlite_regexp", _regexp)
