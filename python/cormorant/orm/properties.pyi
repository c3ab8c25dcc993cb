"""Types of column attributes and of the functions that declare them."""

import typing as t

from .. import exc as exc
from ..sql.nodes import SQLCoreOperations, _Type
from ..sql.schema import Column, SchemaConst, SchemaItem
from .base import Mapped
from .interfaces import MapperProperty, StrategizedProperty

_T = t.TypeVar("_T")

class ColumnProperty(StrategizedProperty):
    group: str | None
    deferred: bool
    raiseload: bool
    active_history: bool
    strategy_key: tuple[tuple[str, t.Any], ...]
    def __init__(
        self, column: t.Any, *additional_columns: t.Any, group: str | None = None, deferred: bool = False, raiseload: bool = False,
        comparator_factory: t.Any = None, active_history: bool = False, expire_on_flush: bool = True,
        info: dict[t.Any, t.Any] | None = None, doc: str | None = None, **dataclass_options: t.Any,
    ) -> None: ...
    @property
    def columns(self) -> list[t.Any]: ...
    @property
    def expression(self) -> t.Any: ...
    @property
    def is_expression(self) -> bool: ...
    @property
    def columns_to_assign(self) -> list[tuple[Column[t.Any], int]]: ...
    def definition(self, mapper: t.Any) -> tuple[t.Any, ...]: ...
    def copy(self) -> ColumnProperty: ...

class MappedSQLExpression(ColumnProperty, Mapped[_T]): ...

class MappedColumn(Mapped[_T]):
    column: Column[_T]
    deferred: bool
    deferred_group: str | None
    deferred_raiseload: bool | None
    active_history: bool
    sort_order: int
    use_existing_column: bool
    def __init__(self, *args: t.Any, **kw: t.Any) -> None: ...
    @property
    def foreign_keys(self) -> t.Any: ...
    def as_property(self, column: t.Any) -> ColumnProperty: ...
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...

class SynonymProperty(MapperProperty):
    def __init__(
        self, name: str, map_column: bool | None = None, descriptor: t.Any = None, comparator_factory: t.Any = None,
        info: dict[t.Any, t.Any] | None = None, doc: str | None = None, **dataclass_options: t.Any,
    ) -> None: ...
    @property
    def columns(self) -> t.Any: ...

class Synonym(SynonymProperty, Mapped[_T]): ...

def mapped_column(
    __name_pos: str | _Type[t.Any] | SchemaItem | None = None, __type_pos: _Type[t.Any] | SchemaItem | None = None, *args: SchemaItem,
    init: bool = ..., repr: bool = ..., default: t.Any | None = ..., default_factory: t.Callable[[], t.Any] = ..., compare: bool = ...,
    kw_only: bool = ..., hash: bool | None = ..., nullable: bool | SchemaConst | None = ..., primary_key: bool | None = False,
    deferred: bool = ..., deferred_group: str | None = None, deferred_raiseload: bool | None = None, use_existing_column: bool = False,
    name: str | None = None, type_: _Type[t.Any] | None = None, autoincrement: bool | t.Literal["auto", "ignore_fk"] = "auto",
    doc: str | None = None, key: str | None = None, index: bool | None = None, unique: bool | None = None,
    info: dict[t.Any, t.Any] | None = None, onupdate: t.Any = None, insert_default: t.Any = ..., server_default: t.Any = None,
    server_onupdate: t.Any = None, active_history: bool = False, quote: bool | None = None, system: bool = False,
    comment: str | None = None, sort_order: int = ..., dataclass_metadata: t.Mapping[t.Any, t.Any] | None = ..., **kw: t.Any,
) -> MappedColumn[t.Any]: ...
@t.overload
def column_property(column: SQLCoreOperations[_T], *additional_columns: t.Any, **kw: t.Any) -> MappedSQLExpression[_T]: ...
@t.overload
def column_property(column: t.Any, *additional_columns: t.Any, **kw: t.Any) -> MappedSQLExpression[t.Any]: ...
@t.overload
def deferred(
    column: SQLCoreOperations[_T], *additional_columns: t.Any, group: str | None = None, raiseload: bool = False, **kw: t.Any
) -> MappedSQLExpression[_T]: ...
@t.overload
def deferred(
    column: t.Any, *additional_columns: t.Any, group: str | None = None, raiseload: bool = False, **kw: t.Any
) -> MappedSQLExpression[t.Any]: ...
def query_expression(default_expr: t.Any = None, **kw: t.Any) -> MappedSQLExpression[t.Any]: ...
def synonym(name: str, **kw: t.Any) -> Synonym[t.Any]: ...
