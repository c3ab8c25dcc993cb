"""Databases: what is spelled otherwise on each of them."""

from __future__ import annotations

import functools
import typing as t

__all__ = ["mssql", "mysql", "oracle", "postgresql", "sqlite"]

_KNOWN = ("sqlite", "postgresql", "mysql", "mssql", "oracle")
_ELSEWHERE = {"mariadb": "mysql.mariadb"}


@functools.cache
def dialect_object(name: str) -> t.Any:
    """The dialect of that name with its defaults; "default" and "standard" belong to no database, and the first has boolean values."""
    if name in ("sqlite", "postgresql", "mysql", "mariadb"):
        return find(name)()
    from ..engine.default import DefaultDialect

    if name == "standard":
        return DefaultDialect()
    made = DefaultDialect(supports_native_boolean=True)
    made.name = name
    return made


class _Registry:
    """Dialects that programs add."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str]] = {}

    def register(self, name: str, modulepath: str, objname: str) -> None:
        self._found[name] = (modulepath, objname)

    def load(self, name: str) -> t.Any:
        return find(name.split(".")[0].split("+")[0])


registry = _Registry()


def find(name: str) -> t.Any:
    """The class of a dialect by the name that URLs use. fails: NoSuchModuleError."""
    import importlib

    from .. import exc

    module, attribute = registry._found.get(name, (f"{__name__}.{_ELSEWHERE.get(name, name)}", "dialect"))
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as e:
        raise exc.NoSuchModuleError(f"Can't load plugin: sqlalchemy.dialects:{name}") from e


def find_driver(name: str, driver: str) -> t.Any:
    """The dialect with the texts of one driver; None where they are those of the built-in one."""
    import importlib

    if name != "postgresql" or driver not in ("psycopg", "psycopg2", "asyncpg"):
        return None
    return importlib.import_module(f"{__name__}.{name}.{driver}").dialect


def __getattr__(name: str) -> t.Any:
    if name in _KNOWN:
        import importlib

        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as e:
            raise AttributeError(f"cormorant.dialects.{name} is not there yet") from e
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
