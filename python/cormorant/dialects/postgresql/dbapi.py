"""PEP 249 names of the built-in PostgreSQL driver: the classes of `error.orig`.

They are subclasses of those in `cormorant.dbapi`, so that a handler for either catches them; `sqlstate` (also `pgcode`), `diag` and
`constraint_name` tell what the server said.
"""

from __future__ import annotations

from ... import dbapi as _base
from ...dbapi import (
    BINARY, DATETIME, NUMBER, ROWID, STRING, Binary, Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks, Warning,  # noqa: A004
)

__all__ = [
    "BINARY", "Binary", "DATETIME", "DataError", "DatabaseError", "Date", "DateFromTicks", "Diagnostics", "Error", "IntegrityError",
    "InterfaceError", "InternalError", "NUMBER", "NotSupportedError", "OperationalError", "ProgrammingError", "ROWID", "STRING", "Time",
    "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "paramstyle", "threadsafety",
]  # fmt: skip

apilevel = "2.0"
threadsafety = 1
paramstyle = "pyformat"


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
