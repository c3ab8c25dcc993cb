"""Databases behind a network: their drivers are extensions of their own, loaded when a URL asks for them."""

from __future__ import annotations

import importlib
import typing as t

from .. import exc
from ..engine.default import DefaultDialect

__all__ = ["ServerDialect"]

_LEVELS = ("SERIALIZABLE", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT")


class ServerDialect(DefaultDialect):
    """What such dialects share. Subclasses name their driver and its library.

    :cvar _title: the database, in the sentence that says what is missing.
    :cvar _extension: the module of the driver in this package.
    :cvar _library, _runtime, _headers: the C library, and the Debian packages of it and of its headers.
    :cvar _folder: where `dbapi`, the PEP 249 names, lies.
    """

    _title: t.ClassVar[str]
    _extension: t.ClassVar[str]
    _library: t.ClassVar[str]
    _runtime: t.ClassVar[str]
    _headers: t.ClassVar[str]
    _folder: t.ClassVar[str]

    @classmethod
    def load_driver(cls) -> None:
        """Makes the driver known to the core. fails: NoSuchModuleError, naming what to install."""
        try:
            importlib.import_module(f"cormorant.{cls._extension}")  # which registers it
        except ImportError as e:
            found = f"{cls._library}.so" in str(e)
            hint = f"apt-get install {cls._runtime}" if found else f"apt-get install {cls._headers}, then build cormorant again"
            raise exc.NoSuchModuleError(
                f"{cls._title} the library {cls._library}, which {'was not found' if found else 'was not there when cormorant was built'}. On Debian: {hint}"
            ) from e

    @property
    def dbapi(self) -> t.Any:
        return self.import_dbapi()

    loaded_dbapi = dbapi

    @classmethod
    def import_dbapi(cls) -> t.Any:
        return importlib.import_module(f"{__package__}.{cls._folder}.dbapi")

    def get_isolation_level_values(self, dbapi_connection: t.Any) -> t.Sequence[str]:
        return _LEVELS

    def is_disconnect(self, e: t.Any, connection: t.Any, cursor: t.Any) -> bool:
        return isinstance(e, exc.DBAPIError) and e.connection_invalidated
