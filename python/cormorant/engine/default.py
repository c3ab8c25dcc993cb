"""What dialects share, and the execution context that listeners are handed."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..inspection import inspect
from ..sql.identifiers import IdentifierPreparer
from ..sql.type_api import to_instance
from .interfaces import Dialect, ExecutionContext

_WITHOUT_EFFECT = {  # as in create_engine()
    "implicit_returning", "insertmanyvalues_page_size", "label_length", "max_identifier_length", "skip_autocommit_rollback",
    "use_insertmanyvalues",
}  # fmt: skip

__all__ = ["DefaultDialect", "DefaultExecutionContext", "EventCursor"]


class EventCursor:
    """The cursor that cursor events are told of: there is none, but it knows the number of rows."""

    rowcount = -1
    lastrowid = None
    description = None
    arraysize = 1


class DefaultExecutionContext(ExecutionContext):
    """One execution of a statement."""

    def __init__(
        self, connection: t.Any, statement: t.Any, parameters: t.Any = None, cursor: t.Any = None, executemany: bool = False, result: t.Any = None
    ) -> None:
        self.root_connection = self.connection = connection
        self.engine = getattr(connection, "engine", None)
        self.dialect = self.engine.dialect if self.engine is not None else None
        self.statement = statement if isinstance(statement, str) else None
        self.invoked_statement = None if isinstance(statement, str) else statement
        self.parameters = [] if parameters is None else parameters if isinstance(parameters, list) else [parameters]
        self.compiled_parameters = self.parameters
        self.cursor = cursor if cursor is not None else EventCursor()
        self.executemany = executemany
        self.result = result
        self.compiled = None
        self.execution_options: t.Mapping[str, t.Any] = getattr(connection, "_options", {})
        word = (self.statement or "").lstrip()[:6].upper()
        self.isinsert, self.isupdate, self.isdelete = word == "INSERT", word == "UPDATE", word == "DELETE"
        self.is_text = self.invoked_statement is None
        self.current_parameters: t.Mapping[str, t.Any] | None = None
        self._announced: t.Any = None  # what before_execute was told of a session's statement

    @property
    def rowcount(self) -> int:
        return t.cast("int", self.cursor.rowcount)

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> t.Mapping[str, t.Any]:
        if self.current_parameters is None:
            raise exc.InvalidRequestError("get_current_parameters() can only be invoked in the context of a Python side column default function")
        return self.current_parameters


class DefaultDialect(Dialect):
    """A database in general: what is compiled without one."""

    name = "default"
    driver = "default"
    paramstyle = "named"
    _bind_casts = False
    positional = False
    max_identifier_length = 9999
    default_isolation_level = None
    default_schema_name: str | None = None
    supports_alter = True
    supports_comments = False
    supports_default_values = False
    supports_empty_insert = True
    supports_identity_columns = False
    supports_multivalues_insert = False
    supports_native_boolean = False
    supports_native_enum = False
    supports_native_uuid = False
    supports_sane_multi_rowcount = True
    supports_sane_rowcount = True
    supports_schemas = False
    supports_sequences = False
    no_cycle = " NO CYCLE"
    supports_statement_cache = True
    insert_returning = update_returning = delete_returning = False
    full_returning = False
    insert_executemany_returning = update_executemany_returning = delete_executemany_returning = False
    postfetch_lastrowid = False
    supports_constraint_comments = False
    supports_default_metavalue = True
    supports_for_update_of = False
    supports_is_distinct_from = True
    supports_native_decimal = False
    supports_server_side_cursors = False
    supports_simple_order_by_label = True
    supports_views = True
    cte_follows_insert = False
    inline_comments = False
    max_constraint_name_length: int | None = None
    max_index_name_length: int | None = None
    requires_name_normalize = False
    tuple_in_values = False
    is_async = False
    server_version_info: tuple[int, ...] | None = None
    _engine: t.Any = None  # weak reference to the engine it belongs to
    dbapi_exception_translation_map: t.Mapping[str, str] = {}
    _json_serializer: t.Any = None
    _json_deserializer: t.Any = None

    def __init__(
        self,
        paramstyle: str | None = None,
        isolation_level: str | None = None,
        dbapi: t.Any = None,
        supports_native_boolean: bool | None = None,
        **kwargs: t.Any,
    ) -> None:
        if paramstyle is not None:
            self.paramstyle = paramstyle
        self.positional = self.paramstyle in ("qmark", "format", "numeric", "numeric_dollar")
        self._given_dbapi = dbapi
        if supports_native_boolean is not None and self.name != "default":
            raise exc.ArgumentError(f"supports_native_boolean= is for the default dialect; {self.name} is known to have them or not")
        self.supports_native_boolean = self.supports_native_boolean if supports_native_boolean is None else supports_native_boolean
        for ignored in _WITHOUT_EFFECT & kwargs.keys():
            del kwargs[ignored]
        if kwargs:
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {next(iter(kwargs))!r}")

    def _server_number(self) -> int:
        """The version of the server as one number (101119), once an engine has met it; 0 before."""
        engine = self._engine() if self._engine is not None else None
        return 0 if engine is None else int(engine._server_version)

    def named_type_ddl(self, type_: t.Any, drop: bool) -> t.Any:
        """What creates or drops a type that is an object of the database; None: here it is none."""
        return None

    @property
    def dbapi(self) -> t.Any:
        return self._given_dbapi

    loaded_dbapi = dbapi

    @classmethod
    def load_driver(cls) -> None:
        """Makes a driver that lives in an extension of its own known to the core."""

    @classmethod
    def import_dbapi(cls) -> t.Any:
        raise exc.NoDBAPILoaded(f"dialect {cls.name} has no database interface")

    preparer = IdentifierPreparer

    @property
    def identifier_preparer(self) -> IdentifierPreparer:
        return IdentifierPreparer(self)

    @property
    def dialect_description(self) -> str:
        return f"{self.name}+{self.driver}"

    def do_recover_twophase(self, connection: t.Any) -> list[t.Any]:
        raise exc.NotSupportedError(None, None, NotImplementedError(f"{self.name} has no transactions in two phases"))

    def get_isolation_level_values(self, dbapi_connection: t.Any) -> t.Sequence[str]:
        raise NotImplementedError(f"dialect {self.name} has no isolation levels")

    # ---- what definitions ask: SQL text of their parts

    def string_literal(self, text: str) -> str:
        """A string as SQL text."""
        return "'" + text.replace("'", "''") + "'"

    def drop_constraint(self, constraint: t.Any) -> tuple[str, str]:
        """What ALTER TABLE drops a constraint as: a word, and its quoted name."""
        return "CONSTRAINT", self.identifier_preparer.quote(constraint.name)

    def comment_on(self, what: str, element: t.Any, where: str, text: str | None) -> str:
        """The statement that gives a TABLE, COLUMN or CONSTRAINT a comment, or takes it away."""
        return f"COMMENT ON {what} {where} IS {'NULL' if text is None else self.string_literal(text)}"

    def type_descriptor(self, typeobj: t.Any) -> t.Any:
        return to_instance(typeobj)

    def has_table(self, connection: t.Any, table_name: str, schema: str | None = None, **kw: t.Any) -> bool:
        return bool(connection._has_table(table_name, schema))

    def reflection(self, connection: t.Any) -> t.Any:
        """What reads the definitions of this database, over a connection."""
        raise NotImplementedError(f"reflection of {self.name} is not supported")

    def has_index(self, connection: t.Any, table_name: str, index_name: str, schema: str | None = None, **kw: t.Any) -> bool:
        return bool(inspect(connection).has_index(table_name, index_name, schema))

    def normalize_name(self, name: str) -> str:
        return name

    denormalize_name = normalize_name

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__}>"


_OF_SCHEMAS = ("get_schema_names", "get_table_names", "get_view_names", "get_materialized_view_names", "get_temp_table_names",
               "get_temp_view_names", "get_sequence_names", "has_multi_table", "has_sequence", "has_schema", "get_view_definition")  # fmt: skip
_OF_TABLES = ("get_columns", "get_pk_constraint", "get_foreign_keys", "get_indexes", "get_unique_constraints", "get_check_constraints",
              "get_table_comment", "get_table_options")  # fmt: skip


def _reading(name: str) -> t.Any:
    """The dialect's own form of what an Inspector is asked."""

    def read(self: DefaultDialect, connection: t.Any, *args: t.Any, **kw: t.Any) -> t.Any:
        kw.pop("info_cache", None)
        return getattr(inspect(connection), name)(*args, **kw)

    read.__name__ = name
    return read


for _name in (*_OF_SCHEMAS, *_OF_TABLES):
    if not hasattr(DefaultDialect, _name):
        setattr(DefaultDialect, _name, _reading(_name))
