"""Dates and times of SQLite, which stores them as texts: in ISO 8601, or as the program says."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ... import exc
from ...sql import sqltypes

__all__ = ["DATE", "DATETIME", "TIME"]

_ZERO = dict.fromkeys(("year", "month", "day", "hour", "minute", "second", "microsecond"), 0)


def _parts(value: t.Any) -> dict[str, int]:
    return {name: getattr(value, name, 0) for name in _ZERO}


class _Stored:
    """What DATE, DATETIME and TIME share. Without arguments the core reads and writes them.

    :param storage_format: the text of a value, with `%(year)04d` and the like for its parts.
    :param regexp: finds the parts in a text: by the names of its groups, or in their order. Without one texts are ISO 8601.
    """

    _own: t.Any = None  # the class of those that have a format
    _storage_format: str | None = None
    _reg: t.Any = None

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
        formatted = any(x is not None and x is not False for x in (*args, *(v for k, v in kwargs.items() if k != "timezone")))
        return super().__new__(cls._own if formatted and cls._own is not None else cls)

    def __init__(self, storage_format: str | None = None, regexp: str | None = None, **kwargs: t.Any) -> None:
        super().__init__(**kwargs)
        self._reg = None if regexp is None else re.compile(regexp)
        self._storage_format = storage_format

    @property
    def format_is_text_affinity(self) -> bool:
        """Whether texts of the format stay texts in a column of the type: those of digits alone become numbers."""
        return self._storage_format is None or bool(re.search(r"[^0-9]", self._storage_format % _ZERO))


class _Formatted:
    """Values written and read by the formats of their type."""

    _own_processors = True  # which the core is to call
    _python: t.Any

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.format_is_text_affinity:  # type: ignore[attr-defined]
            self._spelling = f"{self._spelling}_CHAR"  # type: ignore[has-type]

    def _arguments(self) -> tuple[t.Any, ...]:
        return (*super()._arguments()[:-1], sqltypes.STRINGTYPE)  # type: ignore[misc]  # what the database holds

    def bind_processor(self, dialect: t.Any) -> t.Callable[[t.Any], t.Any]:
        storage_format, takes = self._storage_format, self._python  # type: ignore[attr-defined]

        def write(value: t.Any) -> t.Any:
            if value is None:
                return None
            if not isinstance(value, takes):
                raise TypeError(f"SQLite {self._python.__name__} type only accepts Python {takes.__name__} objects, not {type(value).__name__}")
            return storage_format % _parts(value) if storage_format is not None else value.isoformat()

        return write

    def result_processor(self, dialect: t.Any, coltype: t.Any) -> t.Callable[[t.Any], t.Any]:
        pattern, make = self._reg, self._python  # type: ignore[attr-defined]

        def read(value: t.Any) -> t.Any:
            if value is None:
                return None
            if pattern is None:
                return make.fromisoformat(value)
            found = pattern.match(str(value))
            if found is None:
                raise ValueError(f"Couldn't parse {make.__name__} string {value!r}: the regexp of its type does not match")
            named = found.groupdict()
            if named:
                return make(**{name: int(part or 0) for name, part in named.items()})
            return make(*(int(part or 0) for part in found.groups()))

        return read

    def literal_processor(self, dialect: t.Any) -> t.Callable[[t.Any], str]:
        write = self.bind_processor(dialect)
        return lambda value: "'" + str(write(value)).replace("'", "''") + "'"


    def __repr__(self) -> str:
        pattern = self._reg.pattern if self._reg is not None else None  # type: ignore[attr-defined]
        return f"{type(self).__bases__[1].__name__}(storage_format={self._storage_format!r}, regexp={pattern!r})"  # type: ignore[attr-defined]


class _WithTime(_Stored):
    """A type whose microseconds may be left out."""

    _whole_seconds: str

    def __init__(self, storage_format: str | None = None, regexp: str | None = None, truncate_microseconds: bool = False, **kwargs: t.Any) -> None:
        if truncate_microseconds:
            if storage_format is not None or regexp is not None:
                raise exc.ArgumentError("truncate_microseconds= has a format of its own: give it without storage_format and regexp")
            storage_format = self._whole_seconds
        super().__init__(storage_format, regexp, **kwargs)


class DATETIME(_WithTime, sqltypes.DATETIME):
    """Date and time of day."""

    _whole_seconds = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"


class DATE(_Stored, sqltypes.DATE):
    """A day."""


class TIME(_WithTime, sqltypes.TIME):
    """A time of day."""

    _whole_seconds = "%(hour)02d:%(minute)02d:%(second)02d"


class _OwnDateTime(_Formatted, DATETIME):
    _python = dt.datetime


class _OwnDate(_Formatted, DATE):
    _python = dt.date


class _OwnTime(_Formatted, TIME):
    _python = dt.time


DATETIME._own, DATE._own, TIME._own = _OwnDateTime, _OwnDate, _OwnTime
