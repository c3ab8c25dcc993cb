"""PostgreSQL: what the package must know of it beside the core's dialect and driver."""

from __future__ import annotations

import typing as t

from ... import exc
from ...engine.default import DefaultDialect
from ...sql.compiler import TypeCompiler
from ...sql.type_api import type_compilers
from .reflection import ischema_names

__all__ = ["PGDialect", "PGDialect_psycopg", "PGTypeCompiler", "dialect", "ischema_names"]

_LEVELS = ("SERIALIZABLE", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT")


def _json_index(value: t.Any) -> t.Any:
    """A key or position as it is; a path as an array: {a,0}."""
    if isinstance(value, (str, int)):
        return value
    return "{" + ",".join(str(p) if isinstance(p, int) else '"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in value) + "}"


class PGTypeCompiler(TypeCompiler):
    """Programs give it `visit_NAME(compiler, type)` for types whose `__visit_name__` is NAME."""


type_compilers.append(PGTypeCompiler)


class PGDialect(DefaultDialect):
    """PostgreSQL through libpq, in the extension `cormorant._pg`."""

    name = "postgresql"
    _json_index = staticmethod(_json_index)
    driver = "psycopg"
    paramstyle = "pyformat"
    max_identifier_length = 63
    default_isolation_level = "READ COMMITTED"
    default_schema_name = "public"
    supports_comments = True
    supports_default_values = True
    supports_empty_insert = False
    supports_identity_columns = True
    supports_multivalues_insert = True
    supports_native_boolean = True
    supports_native_enum = True
    supports_native_uuid = True
    supports_schemas = True
    supports_sequences = True
    insert_returning = update_returning = delete_returning = True
    full_returning = True

    @classmethod
    def load_driver(cls) -> None:
        """Makes the driver known to the core. fails: NoSuchModuleError, naming what to install."""
        try:
            from ... import _pg  # noqa: F401 - importing registers it
        except ImportError as e:
            found = "libpq.so" in str(e)
            hint = "apt-get install libpq5" if found else "apt-get install libpq-dev, then build cormorant again"
            raise exc.NoSuchModuleError(
                f"PostgreSQL needs the library libpq, which {'was not found' if found else 'was not there when cormorant was built'}. On Debian: {hint}"
            ) from e

    @property
    def dbapi(self) -> t.Any:
        from . import dbapi

        return dbapi

    loaded_dbapi = dbapi

    @classmethod
    def import_dbapi(cls) -> t.Any:
        from . import dbapi

        return dbapi

    def reflection(self, connection: t.Any) -> t.Any:
        from .reflection import PGReflection  # only programs that ask need it

        return PGReflection(connection)

    @property
    def server_version_info(self) -> tuple[int, ...] | None:  # type: ignore[override]
        number = self._server_number()
        return (number // 10000, number % 10000) if number else None

    def do_recover_twophase(self, connection: t.Any) -> list[t.Any]:
        found = connection.exec_driver_sql("SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared")
        return t.cast("list[t.Any]", found.scalars().all())

    def get_isolation_level_values(self, dbapi_connection: t.Any) -> t.Sequence[str]:
        return _LEVELS

    def get_default_isolation_level(self, dbapi_conn: t.Any) -> str:
        return "READ COMMITTED"

    def is_disconnect(self, e: t.Any, connection: t.Any, cursor: t.Any) -> bool:
        return isinstance(e, exc.DBAPIError) and e.connection_invalidated


class PGDialect_psycopg(PGDialect):  # noqa: N801 - the name of the API
    """The dialect under the name that error messages use."""


dialect = PGDialect_psycopg
