"""Databases: what is spelled otherwise on each of them."""

from __future__ import annotations

import functools
import typing as t

__all__ = ["dialect_object", "sqlite"]

_KNOWN = ("sqlite", "postgresql", "mysql")


@functools.cache
def dialect_object(name: str) -> t.Any:
    """The dialect of that name with its defaults; for "default", one that belongs to no database."""
    if name == "sqlite":
        from .sqlite import dialect

        return dialect()
    from ..engine.default import DefaultDialect

    made = DefaultDialect()
    made.name = name
    return made


def __getattr__(name: str) -> t.Any:
    if name in _KNOWN:
        import importlib

        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as e:
            raise AttributeError(f"cormorant.dialects.{name} is not there yet") from e
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
