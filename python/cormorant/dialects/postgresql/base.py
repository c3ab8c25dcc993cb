"""PostgreSQL: what the package must know of it beside the core's dialect and driver."""

from __future__ import annotations

import typing as t

from ...sql.compiler import TypeCompiler
from ...sql.type_api import type_compilers
from .._server import ServerDialect
from .reflection import ischema_names

__all__ = ["PGDialect", "PGDialect_psycopg", "PGTypeCompiler", "dialect", "ischema_names"]

def _json_index(value: t.Any) -> t.Any:
    """A key or position as it is; a path as an array: {a,0}."""
    if isinstance(value, (str, int)):
        return value
    return "{" + ",".join(str(p) if isinstance(p, int) else '"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in value) + "}"


class PGTypeCompiler(TypeCompiler):
    """Programs give it `visit_NAME(compiler, type)` for types whose `__visit_name__` is NAME."""


type_compilers.append(PGTypeCompiler)


class PGDialect(ServerDialect):
    """PostgreSQL through libpq, in the extension `cormorant._pg`."""

    name = "postgresql"
    _json_index = staticmethod(_json_index)
    driver = "psycopg"
    paramstyle = "pyformat"
    _bind_casts = True  # in texts that are asked for, as psycopg writes them
    _title = "PostgreSQL needs"
    _extension, _folder = "_pg", "postgresql"
    _library, _runtime, _headers = "libpq", "libpq5", "libpq-dev"
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
    insert_executemany_returning = True
    supports_constraint_comments = True
    supports_server_side_cursors = True

    def reflection(self, connection: t.Any) -> t.Any:
        from .reflection import PGReflection  # only programs that ask need it

        return PGReflection(connection)

    def named_type_ddl(self, type_: t.Any, drop: bool) -> t.Any:
        from .named_types import named_type_ddl

        return named_type_ddl(type_, drop)

    def has_type(self, connection: t.Any, type_name: str, schema: str | None = None, **kw: t.Any) -> bool:
        """Whether a schema, or else those that are looked into, have a type of that name."""
        return self.reflection(connection).has_type(type_name, schema)  # type: ignore[no-any-return]

    def has_sequence(self, connection: t.Any, sequence_name: str, schema: str | None = None, **kw: t.Any) -> bool:
        """The same of a sequence."""
        return sequence_name in self.reflection(connection).sequence_names(schema)

    @property
    def server_version_info(self) -> tuple[int, ...] | None:  # type: ignore[override]
        number = self._server_number()
        return (number // 10000, number % 10000) if number else None

    def do_recover_twophase(self, connection: t.Any) -> list[t.Any]:
        found = connection.exec_driver_sql("SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared")
        return t.cast("list[t.Any]", found.scalars().all())

    def get_default_isolation_level(self, dbapi_conn: t.Any) -> str:
        return "READ COMMITTED"



class PGDialect_psycopg(PGDialect):  # noqa: N801 - the name of the API
    """The dialect under the name that error messages use."""


dialect = PGDialect_psycopg
