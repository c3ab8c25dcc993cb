"""PEP 249 connections and cursors over the built-in drivers, whichever it is: what the modules `dbapi` of the databases share.

A connection of this kind speaks to a physical connection of a pool. It is made when somebody asks for it (`raw_connection()`,
`connection.connection.dbapi_connection`, `connect` listeners) and stays the same as long as the physical connection lives.
"""

from __future__ import annotations

import typing as t
import weakref

__all__ = ["Connection", "Cursor", "TypeSet", "facade"]


class TypeSet(frozenset[int]):
    """A type object of PEP 249: equal to the type codes of all columns that are like it."""

    def __eq__(self, other: object) -> bool:
        return other in self if isinstance(other, int) else frozenset.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return frozenset.__hash__(self)


class Cursor:
    """Executes statements of a connection and hands out their rows."""

    arraysize = 1
    row_factory: t.Any = None

    def __init__(self, connection: t.Any) -> None:
        self.connection = connection
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        self.description: t.Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[t.Any] = []
        self._at = 0

    def _check(self) -> None:
        if self._closed:
            raise self.connection.ProgrammingError("Cannot operate on a closed cursor.")

    def _run(self, sql: str, sets: t.Any) -> t.Self:
        self._check()
        self._forget()
        core = self.connection._core_connection()
        names, types, self._rows, self.rowcount, lastrowid = core.run(sql, sets, self.connection._autobegin())
        if names is not None:
            self.description = tuple((name, code, None, None, None, None, None) for name, code in zip(names, types, strict=True))
        if self.rowcount >= 0:
            self.lastrowid = lastrowid
        return self

    def execute(self, sql: str, parameters: t.Any = ()) -> t.Self:
        """Runs one statement."""
        return self._run(sql, [parameters] if parameters else None)

    def executemany(self, sql: str, seq_of_parameters: t.Iterable[t.Any]) -> t.Self:
        """Runs one statement once for each set of parameters."""
        return self._run(sql, list(seq_of_parameters))

    def _made(self, row: tuple[t.Any, ...]) -> t.Any:
        factory = self.row_factory
        return row if factory is None else factory(self, row)

    def _readable(self) -> None:
        self._check()

    def fetchone(self) -> t.Any:
        self._readable()
        if self._at >= len(self._rows):
            return None
        self._at += 1
        return self._made(self._rows[self._at - 1])

    def fetchmany(self, size: int | None = None) -> list[t.Any]:
        self._readable()
        end = self._at + (self.arraysize if size is None else size)
        rows, self._at = self._rows[self._at : end], min(end, len(self._rows))
        return [self._made(row) for row in rows] if self.row_factory is not None else rows

    def fetchall(self) -> list[t.Any]:
        return self.fetchmany(len(self._rows))

    def __iter__(self) -> t.Self:
        return self

    def __next__(self) -> t.Any:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def close(self) -> None:
        self._closed = True
        self._rows = []

    def setinputsizes(self, sizes: t.Any) -> None:
        """Sizes need not be said."""

    def setoutputsize(self, size: t.Any, column: t.Any = None) -> None:
        """Sizes need not be said."""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc_info: t.Any) -> None:
        self.close()


class Connection:
    """A physical connection of a pool. Made by the pool; `facade()` answers it."""

    ProgrammingError: type[Exception]
    cursor_class: type[Cursor] = Cursor

    def __init__(self) -> None:
        raise TypeError("connections are made by engines: create_engine(url).raw_connection()")

    @classmethod
    def _around(cls, core: t.Any) -> t.Self:
        made = cls.__new__(cls)
        made.__dict__.update(_core=core, _info={}, **cls._state())
        return made

    @classmethod
    def _state(cls) -> dict[str, t.Any]:
        """What a new connection of this class knows of itself."""
        return {"autocommit": False}

    def _core_connection(self) -> t.Any:
        core = self.__dict__.get("_core")
        if core is None:
            raise self.ProgrammingError("Base Connection.__init__ not called.")
        return core

    def _autobegin(self) -> bool:
        return not self.__dict__["autocommit"]

    @property
    def closed(self) -> bool:
        return bool(self._core_connection().closed)

    def cursor(self) -> t.Any:
        self._core_connection().in_transaction  # noqa: B018 - raises when the connection is gone
        return self.cursor_class(self)

    def execute(self, sql: str, parameters: t.Any = ()) -> t.Any:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        self._core_connection().commit()

    def rollback(self) -> None:
        self._core_connection().rollback()

    def cancel(self) -> None:
        """Stops what runs now, from another thread."""
        self._core_connection().interrupt()

    def close(self) -> None:
        """The pool closes connections; what was not committed is rolled back."""
        self.rollback()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, type_: t.Any, value: t.Any, traceback: t.Any) -> None:
        self.commit() if type_ is None else self.rollback()


def facade(connection: t.Any, cls: t.Any) -> t.Any:
    """The PEP 249 connection (of class cls) under a `cormorant.Connection`: the same one as long as the physical connection lives."""
    core = connection._dbapi()
    found = core.facade() if core.facade is not None else None
    if found is None:
        found = cls._around(core)
        core.facade = weakref.ref(found)
        faces = connection.engine._faces
        faces[:] = [f for f in faces if not f._core_connection().closed]
        faces.append(found)
    return found
