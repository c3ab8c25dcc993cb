"""PEP 249: the face of the built-in PostgreSQL driver, for `raw_connection()` and other libraries, and the classes of `error.orig`.

Those are subclasses of those in `cormorant.dbapi`, so that a handler for either catches them; `sqlstate` (also `pgcode`), `diag` and
`constraint_name` tell what the server said.
"""

from __future__ import annotations

import typing as t

from ... import dbapi as _base
from ...dbapi import Binary, Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks, Warning  # noqa: A004
from ...engine import pep249 as _pep249

__all__ = [
    "BINARY", "Binary", "Connection", "Cursor", "DATETIME", "DataError", "DatabaseError", "Date", "DateFromTicks", "Diagnostics", "Error",
    "IntegrityError", "InterfaceError", "InternalError", "NUMBER", "NotSupportedError", "OperationalError", "ProgrammingError", "ROWID",
    "STRING", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "connect", "facade", "paramstyle",
    "threadsafety",
]  # fmt: skip

apilevel = "2.0"
threadsafety = 1
paramstyle = "pyformat"

# Type codes are the server's numbers of types.
STRING = _pep249.TypeSet({18, 19, 25, 142, 1042, 1043})
BINARY = _pep249.TypeSet({17})
NUMBER = _pep249.TypeSet({20, 21, 23, 700, 701, 1700})
DATETIME = _pep249.TypeSet({1082, 1083, 1114, 1184, 1186, 1266})
ROWID = _pep249.TypeSet({26})


class Diagnostics:
    """What the server said of an error."""

    def __init__(self, error: Error) -> None:
        text = str(error)
        self.sqlstate = error.sqlstate
        self.constraint_name = error.constraint_name
        self.message_primary, _, detail = text.partition("\nDETAIL:  ")
        self.message_detail = detail or None


class Error(_base.Error):
    """The base of all."""

    sqlstate: str | None = None
    pgcode: str | None = None
    constraint_name: str | None = None

    @property
    def diag(self) -> Diagnostics:
        return Diagnostics(self)

    @property
    def pgerror(self) -> str:
        return str(self)


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
    """The state of the transaction does not allow it, or the server failed inside."""


class ProgrammingError(DatabaseError, _base.ProgrammingError):
    """The statement is wrong."""


class NotSupportedError(DatabaseError, _base.NotSupportedError):
    """The server does not support this."""


class Cursor(_pep249.Cursor):
    """Executes statements of a connection and hands out their rows. Parameters: `%s`, `%(name)s` or `$1`."""

    def _readable(self) -> None:
        self._check()
        if self.description is None:
            raise ProgrammingError("the last operation didn't produce a result")


class Connection(_pep249.Connection):
    """A physical connection of a pool. Made by the pool; `facade()` answers it."""

    cursor_class = Cursor
    autocommit: bool
    Warning = Warning
    Error, InterfaceError, DatabaseError, DataError, OperationalError = Error, InterfaceError, DatabaseError, DataError, OperationalError
    IntegrityError, InternalError, ProgrammingError, NotSupportedError = IntegrityError, InternalError, ProgrammingError, NotSupportedError


def facade(connection: t.Any) -> Connection:
    """The PEP 249 connection under a `cormorant.Connection`."""
    return t.cast("Connection", _pep249.facade(connection, Connection))


def connect(conninfo: str = "", **kwargs: t.Any) -> t.Any:
    """A connection of its own, outside any engine of the program. conninfo: a URL; other arguments: options of libpq."""
    from ...engine import create_engine
    from ...pool import NullPool

    return create_engine(conninfo or "postgresql://", poolclass=NullPool, connect_args=kwargs).raw_connection()
