"""Names for what engines are made of, for annotations and isinstance()."""

from __future__ import annotations

import enum
import typing as t

__all__ = [
    "AdaptedConnection", "BindTyping", "Compiled", "Connectable", "CreateEnginePlugin", "DBAPIConnection", "DBAPICursor",
    "DBAPIModule", "DBAPIType", "Dialect", "ExceptionContext", "ExecutionContext", "ReflectedCheckConstraint", "ReflectedColumn",
    "ReflectedComputed", "ReflectedForeignKeyConstraint", "ReflectedIdentity", "ReflectedIndex", "ReflectedPrimaryKeyConstraint",
    "ReflectedTableComment", "ReflectedUniqueConstraint",
]  # fmt: skip


IsolationLevel = t.Literal["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED", "AUTOCOMMIT"]

_CoreSingleExecuteParams = _AnySingleExecuteParams = t.Mapping[str, t.Any]
_CoreMultiExecuteParams = _AnyMultiExecuteParams = t.Sequence[t.Mapping[str, t.Any]]
_CoreAnyExecuteParams = _AnyExecuteParams = t.Union[_CoreSingleExecuteParams, _CoreMultiExecuteParams]
_DBAPISingleExecuteParams = t.Union[t.Sequence[t.Any], t.Mapping[str, t.Any]]
_DBAPIMultiExecuteParams = t.Sequence[_DBAPISingleExecuteParams]
_DBAPIAnyExecuteParams = t.Union[_DBAPISingleExecuteParams, _DBAPIMultiExecuteParams]
_ExecuteOptions = _ImmutableExecuteOptions = CoreExecuteOptionsParameter = t.Mapping[str, t.Any]


class Dialect:
    """A kind of database."""

    name: str
    driver: str
    paramstyle: str
    dbapi: t.Any


class ExecutionContext:
    """One execution of a statement."""


class ExceptionContext:
    """What `handle_error` listeners are told of an error."""


class Connectable:
    """Engines and connections."""

    __slots__ = ()


ConnectionEventsTarget = Connectable


class Compiled:
    """A compiled statement."""


class AdaptedConnection:
    """A connection of an asynchronous driver behind a synchronous face; the built-in drivers need none."""


class CreateEnginePlugin:
    """Plugins of create_engine() are not supported; the name is here for isinstance()."""


class BindTyping(enum.Enum):
    NONE = 1
    SETINPUTSIZES = 2
    RENDER_CASTS = 3


class DBAPIModule(t.Protocol):
    paramstyle: str
    Error: type[Exception]


class DBAPIType(t.Protocol):
    pass


class DBAPIConnection(t.Protocol):
    def close(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def cursor(self, *args: t.Any, **kwargs: t.Any) -> DBAPICursor: ...


class DBAPICursor(t.Protocol):
    arraysize: int
    rowcount: int
    description: t.Any

    def close(self) -> None: ...
    def execute(self, operation: t.Any, parameters: t.Any = None) -> t.Any: ...
    def executemany(self, operation: t.Any, parameters: t.Any) -> t.Any: ...
    def fetchone(self) -> t.Any: ...
    def fetchmany(self, size: int = ...) -> t.Sequence[t.Any]: ...
    def fetchall(self) -> t.Sequence[t.Any]: ...


class ReflectedIdentity(t.TypedDict, total=False):
    always: bool
    start: int
    increment: int


class ReflectedComputed(t.TypedDict, total=False):
    sqltext: str
    persisted: bool


class ReflectedColumn(t.TypedDict, total=False):
    name: str
    type: t.Any
    nullable: bool
    default: str | None
    autoincrement: t.Any
    comment: str | None
    computed: ReflectedComputed
    identity: ReflectedIdentity
    dialect_options: dict[str, t.Any]


class ReflectedConstraint(t.TypedDict, total=False):
    name: str | None
    comment: str | None


class ReflectedCheckConstraint(ReflectedConstraint, total=False):
    sqltext: str
    dialect_options: dict[str, t.Any]


class ReflectedUniqueConstraint(ReflectedConstraint, total=False):
    column_names: list[str]
    duplicates_index: str | None
    dialect_options: dict[str, t.Any]


class ReflectedPrimaryKeyConstraint(ReflectedConstraint, total=False):
    constrained_columns: list[str]
    dialect_options: dict[str, t.Any]


class ReflectedForeignKeyConstraint(ReflectedConstraint, total=False):
    constrained_columns: list[str]
    referred_schema: str | None
    referred_table: str
    referred_columns: list[str]
    options: dict[str, t.Any]


class ReflectedIndex(t.TypedDict, total=False):
    name: str | None
    column_names: list[str | None]
    expressions: list[str]
    unique: bool
    duplicates_constraint: str | None
    include_columns: list[str]
    column_sorting: dict[str, tuple[str, ...]]
    dialect_options: dict[str, t.Any]


class ReflectedTableComment(t.TypedDict):
    text: str | None
