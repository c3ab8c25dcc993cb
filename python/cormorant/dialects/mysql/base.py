"""MySQL and MariaDB: what the package must know of them beside the core's dialects and driver."""

from __future__ import annotations

import typing as t

from ... import exc
from ...sql.ddl import CreateColumn
from .._server import ServerDialect

__all__ = ["MySQLDialect", "dialect"]

_OLD_NAMES = {"MSString": "VARCHAR", "MSBigInteger": "BIGINT", "MSSmallInteger": "SMALLINT", "MSTinyInteger": "TINYINT", "MSMediumInteger": "MEDIUMINT"}  # others are MS and the type's


class MySQLDialect(ServerDialect):
    """MySQL, or MariaDB under MySQL's name, through the extension `cormorant._mysql`."""

    name = "mysql"
    driver = "mysqldb"
    paramstyle = "format"
    _title = "MySQL and MariaDB need"
    _extension, _folder = "_mysql", "mysql"
    _library, _runtime, _headers = "libmariadb", "libmariadb3", "libmariadb-dev"
    max_identifier_length = 255
    max_index_name_length = 64
    max_constraint_name_length = 64
    default_isolation_level = "REPEATABLE READ"
    supports_comments = True
    supports_default_values = False
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_native_boolean = False
    supports_native_enum = True
    supports_schemas = True
    supports_native_decimal = True
    postfetch_lastrowid = True
    cte_follows_insert = True
    inline_comments = True
    no_cycle = " NOCYCLE"
    _said: tuple[int, ...] | None = None  # the version, by a program

    def __init__(self, *args: t.Any, is_mariadb: bool | None = None, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._maria = is_mariadb

    @property
    def server_version_info(self) -> tuple[int, ...] | None:  # type: ignore[override]
        number = self._server_number()
        return (number // 10000, number // 100 % 100, number % 100) if number else self._said

    @server_version_info.setter
    def server_version_info(self, version: tuple[int, ...]) -> None:
        self._said = version

    @property
    def is_mariadb(self) -> bool:
        """Known once a connection was made, or by the URL, or as it was given; MySQL counts 8 and 9."""
        return (self.server_version_info or (0,)) >= (10,) if self._maria is None or self._server_number() else self._maria

    # what MariaDB has under either name
    insert_returning = delete_returning = supports_native_uuid = supports_sequences = is_mariadb

    def reflection(self, connection: t.Any) -> t.Any:
        from .reflection import MySQLReflection  # only programs that ask need it

        return MySQLReflection(connection)

    # ---- definitions

    def string_literal(self, text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def drop_constraint(self, constraint: t.Any) -> tuple[str, str]:
        kind = constraint.__visit_name__
        if kind == "primary_key_constraint":
            return "PRIMARY KEY", ""
        words = {"foreign_key_constraint": "FOREIGN KEY", "unique_constraint": "INDEX"}
        return words.get(kind, "CONSTRAINT" if self.is_mariadb else "CHECK"), self.identifier_preparer.quote(constraint.name)

    def comment_on(self, what: str, element: t.Any, where: str, text: str | None) -> str:
        """Comments belong to the definition of their column, which is written anew."""
        if what == "TABLE":
            return f"ALTER TABLE {where} COMMENT {self.string_literal(text or '')}"
        if what != "COLUMN":
            raise exc.CompileError(f"{self.name} has no comments of a {what}")
        kept, element.comment = element.comment, text
        element.table._changed()
        try:
            names = self.identifier_preparer
            return f"ALTER TABLE {names.format_table(element.table)} CHANGE {names.format_column(element)} {CreateColumn(element).compile(dialect=self)}"
        finally:
            element.comment = kept
            element.table._changed()

    # ---- connections

    def get_default_isolation_level(self, dbapi_conn: t.Any) -> str:
        return "REPEATABLE READ"


dialect = MySQLDialect


def __getattr__(name: str) -> t.Any:
    """Types under the names that they also have here: INTEGER, MSInteger, MSBigInteger."""
    from ... import types as generic
    from . import types

    word = _OLD_NAMES.get(name) or (name[2:].upper() if name.startswith("MS") else name)
    for place in (types, generic):
        if word.isupper() and hasattr(place, word):
            return getattr(place, word)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
