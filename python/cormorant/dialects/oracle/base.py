"""The types themselves; on other databases each behaves like the general type it is derived from."""

from __future__ import annotations

import typing as t

from ...sql.sqltypes import (
    BLOB, CHAR, CLOB, DOUBLE_PRECISION, FLOAT, NCHAR, NVARCHAR, REAL, TIMESTAMP, VARCHAR, DateTime, Float, LargeBinary, Numeric, Text,
)  # fmt: skip

__all__ = [
    "BINARY_DOUBLE", "BINARY_FLOAT", "BLOB", "CHAR", "CLOB", "DATE", "DOUBLE_PRECISION", "FLOAT", "LONG", "NCHAR", "NCLOB", "NUMBER",
    "NVARCHAR", "NVARCHAR2", "RAW", "REAL", "TIMESTAMP", "VARCHAR", "VARCHAR2",
]  # fmt: skip


class NUMBER(Numeric[t.Any]):
    """The SQL type NUMBER."""

    __visit_name__ = "NUMBER"
    _spelling = "NUMBER"


class DATE(DateTime):
    """The SQL type DATE, which has a time of day here."""

    __visit_name__ = "DATE"
    _spelling = "DATE"


class RAW(LargeBinary):
    """The SQL type RAW: bytes up to a length."""

    __visit_name__ = "RAW"
    _spelling = "RAW"


class LONG(Text):
    """The SQL type LONG."""

    __visit_name__ = "LONG"
    _spelling = "LONG"


class NCLOB(Text):
    """The SQL type NCLOB."""

    __visit_name__ = "NCLOB"
    _spelling = "NCLOB"


class VARCHAR2(VARCHAR):
    """The SQL type VARCHAR2."""

    __visit_name__ = "VARCHAR2"
    _spelling = "VARCHAR2"


class NVARCHAR2(NVARCHAR):
    """The SQL type NVARCHAR2."""

    __visit_name__ = "NVARCHAR2"
    _spelling = "NVARCHAR2"


class BINARY_FLOAT(Float[t.Any]):  # noqa: N801 - the name of the type
    """The SQL type BINARY_FLOAT."""

    __visit_name__ = "BINARY_FLOAT"
    _spelling = "BINARY_FLOAT"


class BINARY_DOUBLE(Float[t.Any]):  # noqa: N801 - the name of the type
    """The SQL type BINARY_DOUBLE."""

    __visit_name__ = "BINARY_DOUBLE"
    _spelling = "BINARY_DOUBLE"
