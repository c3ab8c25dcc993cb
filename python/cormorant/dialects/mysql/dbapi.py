"""PEP 249 names of the built-in driver of MariaDB and MySQL: the classes of `error.orig`.

They are subclasses of those in `cormorant.dbapi`, so that a handler for either catches them. As with the usual drivers, `args` is
(error number, message); `errno`, `msg`, `sqlstate` and `constraint_name` tell the same and more.
"""

from __future__ import annotations

import typing as t

from ... import dbapi as _base
from ...dbapi import (
    BINARY, DATETIME, NUMBER, ROWID, STRING, Binary, Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks, Warning,  # noqa: A004
)
from ...engine import pep249 as _pep249

__all__ = [
    "BINARY", "Binary", "Connection", "DATETIME", "DataError", "DatabaseError", "Date", "DateFromTicks", "Error", "IntegrityError", "InterfaceError",
    "InternalError", "NUMBER", "NotSupportedError", "OperationalError", "ProgrammingError", "ROWID", "STRING", "Time", "TimeFromTicks",
    "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "facade", "paramstyle", "threadsafety",
]  # fmt: skip

apilevel = "2.0"
threadsafety = 1
paramstyle = "format"


class Error(_base.Error):
    """The base of all."""

    sqlstate: str | None = None
    constraint_name: str | None = None

    @property
    def errno(self) -> int:
        return int(self.args[0]) if self.args and isinstance(self.args[0], int) else -1

    @property
    def msg(self) -> str:
        return str(self.args[-1]) if self.args else ""


class InterfaceError(Error, _base.InterfaceError):
    """The driver was misused."""


class DatabaseError(Error, _base.DatabaseError):
    """The server reported an error."""


class DataError(DatabaseError, _base.DataError):
    """The data are not acceptable."""


class OperationalError(DatabaseError, _base.OperationalError):
    """The server could not do it."""


class IntegrityError(DatabaseError, _base.IntegrityError):
    """A constraint was violated."""


class InternalError(DatabaseError, _base.InternalError):
    """The server failed inside."""


class ProgrammingError(DatabaseError, _base.ProgrammingError):
    """The statement is wrong."""


class NotSupportedError(DatabaseError, _base.NotSupportedError):
    """The server has no such thing."""


class Connection(_pep249.Connection):
    """A physical connection of a pool. Made by the pool; `facade()` answers it."""

    autocommit: bool
    Warning = Warning
    Error, InterfaceError, DatabaseError, DataError, OperationalError = Error, InterfaceError, DatabaseError, DataError, OperationalError
    IntegrityError, InternalError, ProgrammingError, NotSupportedError = IntegrityError, InternalError, ProgrammingError, NotSupportedError


def facade(connection: t.Any) -> Connection:
    """The PEP 249 connection under a `cormorant.Connection`."""
    return t.cast("Connection", _pep249.facade(connection, Connection))
