"""MySQL and MariaDB: what statements and definitions can be made for; there is no driver yet."""

from __future__ import annotations

import typing as t

from ... import exc
from ...engine.default import DefaultDialect

__all__ = ["MySQLDialect", "dialect"]


class MySQLDialect(DefaultDialect):
    """MySQL. Types and constructs can be used in models; connecting needs a driver, which is not there yet."""

    name = "mysql"
    driver = "mysqldb"
    paramstyle = "format"
    max_identifier_length = 64
    supports_comments = True
    supports_native_enum = True
    supports_multivalues_insert = True

    @classmethod
    def load_driver(cls) -> None:
        raise exc.NoSuchModuleError("there is no driver for MySQL and MariaDB yet")


dialect = MySQLDialect
