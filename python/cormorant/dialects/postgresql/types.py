"""Column types of PostgreSQL."""

from __future__ import annotations

import datetime as dt
import typing as t

from ... import _core
from ...sql import sqltypes
from ...sql.type_api import TypeEngine
from .._own import Own
from .bitstring import BitString

__all__ = [
    "BIT", "BYTEA", "CIDR", "CITEXT", "INET", "INTERVAL", "MACADDR", "MACADDR8", "MONEY", "OID", "REGCLASS", "REGCONFIG", "TIME", "TIMESTAMP",
    "TSQUERY", "TSVECTOR", "PGBit", "PGCidr", "PGInet", "PGInterval", "PGMacAddr", "PGMacAddr8", "PGUuid",
]  # fmt: skip

PGUuid = sqltypes.UUID


class _PGText(Own):
    """A type whose values are sent and answered as text."""

    _kind = _core.T_STRING
    _python_type = str


class INET(_PGText, TypeEngine[str]):
    """An address of a host."""

    __visit_name__ = "INET"
    _kind = _core.T_STRING


class CIDR(_PGText, TypeEngine[str]):
    """An address of a network."""

    __visit_name__ = "CIDR"
    _kind = _core.T_STRING


class MACADDR(_PGText, TypeEngine[str]):
    """An address of a network card."""

    __visit_name__ = "MACADDR"
    _kind = _core.T_STRING


class MACADDR8(_PGText, TypeEngine[str]):
    """The same with eight bytes."""

    __visit_name__ = "MACADDR8"
    _kind = _core.T_STRING


class MONEY(_PGText, TypeEngine[str]):
    """An amount of money, as text."""

    __visit_name__ = "MONEY"
    _kind = _core.T_STRING


class OID(Own, TypeEngine[int]):
    """Number of an object in the catalogue."""

    __visit_name__ = "OID"
    _kind = _core.T_BIGINT
    _python_type = int


class REGCLASS(_PGText, TypeEngine[str]):
    """Name of a relation."""

    __visit_name__ = "REGCLASS"
    _kind = _core.T_STRING


class REGCONFIG(_PGText, TypeEngine[str]):
    """Name of a configuration of text search."""

    __visit_name__ = "REGCONFIG"
    render_bind_cast = True  # functions of text search are found by it
    _kind = _core.T_STRING


class TSQUERY(_PGText, TypeEngine[str]):
    """A query of text search."""

    __visit_name__ = "TSQUERY"
    _kind = _core.T_STRING


class TSVECTOR(_PGText, TypeEngine[str]):
    """A text as text search sees it."""

    __visit_name__ = "TSVECTOR"
    _kind = _core.T_STRING


class CITEXT(Own, sqltypes.TEXT):
    """Text that is compared without regard to case."""

    __visit_name__ = "CITEXT"
    _spelling = None

    def __init__(self, length: int | None = None, collation: str | None = None) -> None:
        super().__init__(length, collation)


class BIT(_PGText, TypeEngine[str]):
    """Bits, as a BitString; text of 0 and 1 is taken, too."""

    __visit_name__ = "BIT"
    _kind = _core.T_STRING

    def __init__(self, length: int | None = None, varying: bool = False) -> None:
        self.varying = varying
        self.bits = length if varying else length or 1

    @property
    def length(self) -> int | None:
        return self.bits

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None,) * 8

    def _flags(self) -> int:
        return int(_core.TYPE_HOST)

    def _bind(self, value: t.Any) -> t.Any:
        return None if value is None else str(BitString(value))

    def _result(self, value: t.Any) -> t.Any:
        return None if value is None else BitString(value)

    def _spelled(self) -> str:
        size = f"({self.bits})" if self.bits is not None else ""
        return f"BIT VARYING{size}" if self.varying else f"BIT{size}"


PGBit, PGCidr, PGInet, PGMacAddr, PGMacAddr8 = BIT, CIDR, INET, MACADDR, MACADDR8


class BYTEA(Own, sqltypes.LargeBinary):
    """Bytes."""

    __visit_name__ = "BYTEA"


class _Moment:
    """Times with a number of digits after the second."""

    precision: int | None
    timezone: bool

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None, self.precision, None, None, None, None, None, None)


class TIMESTAMP(_Moment, sqltypes.TIMESTAMP):
    """Date and time of day."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None, self.precision, None, "TIMESTAMP", None, None, None, None)


class TIME(_Moment, sqltypes.TIME):
    """A time of day."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None, self.precision, None, "TIME", None, None, None, None)


class INTERVAL(Own, TypeEngine[dt.timedelta]):
    """A length of time."""

    __visit_name__ = "INTERVAL"
    _kind = _core.T_INTERVAL
    _python_type = dt.timedelta
    native = True

    def __init__(self, precision: int | None = None, fields: str | None = None) -> None:
        if fields is not None and not fields.replace(" ", "").isalpha():
            raise ValueError(f"fields of an INTERVAL are words, not {fields!r}")
        self.precision = precision
        self.fields = fields

    def _flags(self) -> int:
        return int(_core.TYPE_NATIVE)

    def _spelled(self) -> str:
        return "INTERVAL" + (f" {self.fields}" if self.fields else "") + (f" ({self.precision})" if self.precision is not None else "")


PGInterval = INTERVAL
