"""The types themselves; on other databases each behaves like the general type it is derived from."""

from __future__ import annotations

import typing as t

from ...sql.sqltypes import (
    BIGINT, BINARY, CHAR, DATE, DATETIME, DECIMAL, FLOAT, INTEGER, NCHAR, NUMERIC, NVARCHAR, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
    VARBINARY, VARCHAR, Boolean, DateTime, Integer, LargeBinary, Numeric, Text, Uuid,
)  # fmt: skip

__all__ = [
    "BIGINT", "BINARY", "BIT", "CHAR", "DATE", "DATETIME", "DATETIME2", "DATETIMEOFFSET", "DECIMAL", "FLOAT", "IMAGE", "INTEGER", "MONEY",
    "NCHAR", "NTEXT", "NUMERIC", "NVARCHAR", "REAL", "ROWVERSION", "SMALLDATETIME", "SMALLINT", "SMALLMONEY", "TEXT", "TIME", "TIMESTAMP",
    "TINYINT", "UNIQUEIDENTIFIER", "VARBINARY", "VARCHAR", "XML",
]  # fmt: skip


class BIT(Boolean):
    """The SQL type BIT: 1 or 0."""

    __visit_name__ = "BIT"
    _spelling = "BIT"


class TINYINT(Integer):
    """The SQL type TINYINT: 0 to 255."""

    __visit_name__ = "TINYINT"
    _spelling = "TINYINT"


class MONEY(Numeric[t.Any]):
    """The SQL type MONEY."""

    __visit_name__ = "MONEY"
    _spelling = "MONEY"


class SMALLMONEY(Numeric[t.Any]):
    """The SQL type SMALLMONEY."""

    __visit_name__ = "SMALLMONEY"
    _spelling = "SMALLMONEY"


class DATETIME2(DateTime):
    """The SQL type DATETIME2."""

    __visit_name__ = "DATETIME2"
    _spelling = "DATETIME2"


class DATETIMEOFFSET(DateTime):
    """The SQL type DATETIMEOFFSET: with a time zone."""

    __visit_name__ = "DATETIMEOFFSET"
    _spelling = "DATETIMEOFFSET"


class SMALLDATETIME(DateTime):
    """The SQL type SMALLDATETIME: whole minutes."""

    __visit_name__ = "SMALLDATETIME"
    _spelling = "SMALLDATETIME"


class NTEXT(Text):
    """The SQL type NTEXT."""

    __visit_name__ = "NTEXT"
    _spelling = "NTEXT"


class XML(Text):
    """The SQL type XML."""

    __visit_name__ = "XML"
    _spelling = "XML"


class IMAGE(LargeBinary):
    """The SQL type IMAGE: bytes."""

    __visit_name__ = "IMAGE"
    _spelling = "IMAGE"


class ROWVERSION(LargeBinary):
    """The SQL type ROWVERSION: bytes that the database changes with the row."""

    __visit_name__ = "ROWVERSION"
    _spelling = "ROWVERSION"


class UNIQUEIDENTIFIER(Uuid):
    """The SQL type UNIQUEIDENTIFIER."""

    __visit_name__ = "UNIQUEIDENTIFIER"
    _spelling = "UNIQUEIDENTIFIER"
