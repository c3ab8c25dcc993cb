"""SQLite."""

from __future__ import annotations

import importlib
import typing as t

from ...types import (
    BLOB, BOOLEAN, CHAR, DECIMAL, FLOAT, INTEGER, JSON, NUMERIC, REAL, SMALLINT, TEXT, TIMESTAMP, VARCHAR,
)
from .dates import DATE, DATETIME, TIME

__all__ = [
    "BLOB", "BOOLEAN", "CHAR", "DATE", "DATETIME", "DECIMAL", "FLOAT", "INTEGER", "JSON", "NUMERIC", "REAL", "SMALLINT", "TEXT", "TIME",
    "TIMESTAMP", "VARCHAR", "Insert", "dialect", "insert",
]  # fmt: skip


def __getattr__(name: str) -> t.Any:
    home = {"Insert": "dml", "insert": "dml", "dialect": "base", "SQLiteDialect": "base", "base": "base", "dml": "dml"}.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{home}")  # only now: they build on tables, which build on types
    return module if name == home else getattr(module, name)
