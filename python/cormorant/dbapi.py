"""PEP 249: the face of the built-in SQLite driver, for `connect` listeners, `raw_connection()` and other libraries.

The connection passes `isinstance(c, sqlite3.Connection)`: it is an instance of a subclass of it that never opened anything;
every method speaks to the connection of the engine's pool instead. Exceptions are those of the sqlite3 module itself, where Python
has it, so that `except sqlite3.IntegrityError` works on `error.orig` too.
"""

from __future__ import annotations

import datetime as _dt
import time as _time
import typing as t

from . import _core
from .engine import pep249 as _pep249

try:
    import sqlite3 as _sqlite3

    from sqlite3 import (
        DatabaseError,
        DataError,
        Error,
        IntegrityError,
        InterfaceError,
        InternalError,
        NotSupportedError,
        OperationalError,
        ProgrammingError,
        Row,
        Warning,  # noqa: A004 - the name of PEP 249
        sqlite_version,
        sqlite_version_info,
    )

    _ConnectionBase: t.Any = _sqlite3.Connection
except ImportError as _e:  # a Python built without the sqlite3 module
    raise ImportError("cormorant.dbapi needs the sqlite3 module of the standard library") from _e

__all__ = [
    "BINARY", "Binary", "Connection", "Cursor", "DATETIME", "DataError", "DatabaseError", "Date", "DateFromTicks", "Error",
    "IntegrityError", "InterfaceError", "InternalError", "NUMBER", "NotSupportedError", "OperationalError", "ProgrammingError", "ROWID",
    "Row", "STRING", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "connect", "facade",
    "paramstyle", "sqlite_version", "sqlite_version_info", "threadsafety",
]  # fmt: skip

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

Date = _dt.date
Time = _dt.time
Timestamp = _dt.datetime
Binary = memoryview
STRING, BINARY, NUMBER, DATETIME, ROWID = str, bytes, float, _dt.datetime, int


def DateFromTicks(ticks: float) -> _dt.date:  # noqa: N802 - the name of PEP 249
    return _dt.date(*_time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> _dt.time:  # noqa: N802
    return _dt.time(*_time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> _dt.datetime:  # noqa: N802
    return _dt.datetime(*_time.localtime(ticks)[:6])


class Cursor(_pep249.Cursor):
    """Executes statements of a connection and hands out their rows."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.row_factory = connection.row_factory

    def executescript(self, sql_script: str) -> t.Self:
        self._check()
        self._forget()
        self.connection.commit()
        for statement in _split(sql_script):
            self.connection._core_connection().run(statement, None, False)
        return self


def _split(script: str) -> t.Iterator[str]:
    """The statements of a script, one by one."""
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if _sqlite3.complete_statement(pending):
            if pending.strip(" \t\r\n;"):
                yield pending
            pending = ""
    if pending.strip(" \t\r\n;"):
        yield pending.rstrip(";")


class Connection(_pep249.Connection, _ConnectionBase):  # type: ignore[misc]
    """A physical connection of a pool. Made by the pool; `facade()` answers it."""

    cursor_class = Cursor
    ProgrammingError = ProgrammingError  # sqlite3.Connection's own looks at a connection that was never opened

    @classmethod
    def _state(cls) -> dict[str, t.Any]:
        return {"_isolation": "", "_row_factory": None, "_text_factory": str}

    def _autobegin(self) -> bool:
        return self.isolation_level is not None

    # sqlite3.Connection keeps these in C, where nothing was opened
    @property
    def isolation_level(self) -> t.Any:  # type: ignore[override]
        return self.__dict__["_isolation"]

    @isolation_level.setter
    def isolation_level(self, value: t.Any) -> None:
        if value is not None and (not isinstance(value, str) or value.upper() not in ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE")):
            raise ValueError("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")
        self.__dict__["_isolation"] = value

    @property
    def row_factory(self) -> t.Any:  # type: ignore[override]
        return self.__dict__["_row_factory"]

    @row_factory.setter
    def row_factory(self, value: t.Any) -> None:
        self.__dict__["_row_factory"] = value

    @property
    def text_factory(self) -> t.Any:  # type: ignore[override]
        return self.__dict__["_text_factory"]

    @text_factory.setter
    def text_factory(self, value: t.Any) -> None:
        if value is not str:
            raise NotSupportedError("text_factory is not supported: text is str")

    @property
    def in_transaction(self) -> bool:  # type: ignore[override]
        return t.cast("bool", self._core_connection().in_transaction)

    @property
    def total_changes(self) -> int:  # type: ignore[override]
        return t.cast("int", self.execute("SELECT total_changes()").fetchone()[0])

    def cursor(self, factory: t.Any = Cursor) -> t.Any:
        made = super().cursor()
        return made if factory in (None, Cursor) else factory(self)

    def executemany(self, sql: str, parameters: t.Iterable[t.Any]) -> t.Any:  # type: ignore[override]
        return self.cursor().executemany(sql, parameters)

    def executescript(self, sql_script: str) -> t.Any:  # type: ignore[override]
        return self.cursor().executescript(sql_script)

    def interrupt(self) -> None:
        self.cancel()

    def create_function(self, name: str, narg: int, func: t.Any, *, deterministic: bool = False) -> None:  # type: ignore[override]
        _core.sqlite_create_function(self._core_connection().native, name, narg, func, deterministic, False)

    def create_collation(self, name: str, callable: t.Any, /) -> None:  # type: ignore[override]  # noqa: A002
        _core.sqlite_create_collation(self._core_connection().native, name, callable)

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: t.Any) -> None:  # type: ignore[override]
        _core.sqlite_create_function(self._core_connection().native, name, n_arg, aggregate_class, False, True)

    def iterdump(self, **kwargs: t.Any) -> t.Iterator[str]:
        from sqlite3.dump import _iterdump

        return t.cast("t.Iterator[str]", _iterdump(self, **kwargs))

    def backup(self, target: t.Any, **kwargs: t.Any) -> None:  # type: ignore[override]
        """Copies the database into another connection of this module, or of sqlite3."""
        for line in self.iterdump():
            if line not in ("BEGIN TRANSACTION;", "COMMIT;"):
                target.execute(line)
        target.commit()

    def __call__(self, sql: str) -> t.Any:
        raise NotSupportedError("prepared statement objects are not supported")


def _unsupported(name: str) -> t.Any:
    def method(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        raise NotSupportedError(f"Connection.{name}() is not supported")

    method.__name__ = name
    return method


for _name in (
    "blobopen", "create_window_function", "deserialize", "enable_load_extension", "getlimit", "load_extension", "serialize",
    "set_authorizer", "set_progress_handler", "set_trace_callback", "setlimit", "getconfig", "setconfig",
):  # fmt: skip
    if hasattr(_ConnectionBase, _name):
        setattr(Connection, _name, _unsupported(_name))


def facade(connection: t.Any) -> Connection:
    """The PEP 249 connection under a `cormorant.Connection`."""
    return t.cast("Connection", _pep249.facade(connection, Connection))


def connect(database: str, **kwargs: t.Any) -> t.Any:
    """A connection of its own, outside any engine of the program."""
    from .engine import URL, create_engine
    from .pool import NullPool

    engine = create_engine(URL.create("sqlite", database=database), poolclass=NullPool, connect_args=kwargs)
    return engine.raw_connection()
