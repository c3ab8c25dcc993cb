"""Types of tables and columns."""
# pyright: reportIncompatibleMethodOverride=false

import enum
import typing as t

from .collections import ReadOnlyColumnCollection
from .constraints import (
    CheckConstraint as CheckConstraint, ColumnCollectionConstraint as ColumnCollectionConstraint,
    ColumnCollectionMixin as ColumnCollectionMixin, Constraint as Constraint, ForeignKey as ForeignKey,
    ForeignKeyConstraint as ForeignKeyConstraint, ForeignKeyTarget as ForeignKeyTarget, Index as Index,
    PrimaryKeyConstraint as PrimaryKeyConstraint, UniqueConstraint as UniqueConstraint,
)
from .defaults import (
    CallableColumnDefault as CallableColumnDefault, ColumnDefault as ColumnDefault,
    ColumnElementColumnDefault as ColumnElementColumnDefault, Computed as Computed, DefaultClause as DefaultClause,
    DefaultGenerator as DefaultGenerator, FetchedValue as FetchedValue, Identity as Identity,
    ScalarElementColumnDefault as ScalarElementColumnDefault, Sequence as Sequence,
)
from .items import (
    DialectKWArgs as DialectKWArgs, HasConditionalDDL as HasConditionalDDL, SchemaItem as SchemaItem, conv as conv,
    quoted_name as quoted_name,
)
from .nodes import ColumnClause, _Type
from .fromclause import TableClause

_T = t.TypeVar("_T")
_O = t.TypeVar("_O")
_Columns: t.TypeAlias = ReadOnlyColumnCollection[str, Column[t.Any]]

class SchemaConst(enum.Enum):
    RETAIN_SCHEMA = 1
    BLANK_SCHEMA = 2
    NULL_UNSPECIFIED = 3

RETAIN_SCHEMA: t.Final = SchemaConst.RETAIN_SCHEMA
BLANK_SCHEMA: t.Final = SchemaConst.BLANK_SCHEMA
NULL_UNSPECIFIED: t.Final = SchemaConst.NULL_UNSPECIFIED

class Column(ColumnClause[_T], DialectKWArgs, SchemaItem):
    name: str
    key: str
    primary_key: bool
    nullable: bool
    index: bool | None
    unique: bool | None
    system: bool
    doc: str | None
    comment: str | None
    autoincrement: bool | t.Literal["auto", "ignore_fk"]
    constraints: set[Constraint]
    foreign_keys: set[ForeignKey]
    computed: Computed | None
    identity: Identity | None
    def __init__(
        self, __name_pos: str | _Type[_T] | SchemaItem | None = None, __type_pos: _Type[_T] | SchemaItem | None = None,
        *args: SchemaItem, name: str | None = None, type_: _Type[_T] | None = None,
        autoincrement: bool | t.Literal["auto", "ignore_fk"] = "auto", default: t.Any = ..., insert_default: t.Any = ...,
        doc: str | None = None, key: str | None = None, index: bool | None = None, unique: bool | None = None,
        info: dict[t.Any, t.Any] | None = None, nullable: bool | SchemaConst | None = ..., onupdate: t.Any = None,
        primary_key: bool = False, server_default: t.Any = None, server_onupdate: t.Any = None, quote: bool | None = None,
        system: bool = False, comment: str | None = None, insert_sentinel: bool = False, _omit_from_statements: bool = False,
        _proxies: t.Any = None, **dialect_kwargs: t.Any,
    ) -> None: ...
    @property
    def quote(self) -> bool | None: ...
    def references(self, column: Column[t.Any]) -> bool: ...
    def append_foreign_key(self, fk: ForeignKey) -> None: ...
    def copy(self, **kwargs: t.Any) -> Column[_T]: ...

class Table(TableClause, DialectKWArgs, HasConditionalDDL, SchemaItem):
    metadata: MetaData
    constraints: set[Constraint]
    indexes: set[Index]
    foreign_keys: set[ForeignKey]
    comment: str | None
    def __init__(self, name: str, metadata: MetaData, *args: SchemaItem, **kwargs: t.Any) -> None: ...
    @property
    def key(self) -> str: ...
    @property
    def fullname(self) -> str: ...
    @property
    def primary_key(self) -> PrimaryKeyConstraint: ...
    @property
    def c(self) -> _Columns: ...
    @property
    def columns(self) -> _Columns: ...
    @property
    def exported_columns(self) -> _Columns: ...
    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]: ...
    @property
    def autoincrement_column(self) -> Column[int] | None: ...
    def append_column(self, c: Column[t.Any], *, replace_existing: bool = False, **kw: t.Any) -> None: ...
    def append_constraint(self, constraint: Constraint | Index) -> None: ...
    def add_is_dependent_on(self, table: Table) -> None: ...
    def set_creator_ddl(self, ddl: t.Any) -> None: ...
    def set_dropper_ddl(self, ddl: t.Any) -> None: ...
    def create(self, bind: t.Any, checkfirst: t.Any = False) -> None: ...
    def drop(self, bind: t.Any, checkfirst: t.Any = False) -> None: ...
    def to_metadata(
        self, metadata: MetaData, schema: t.Any = ..., referred_schema_fn: t.Any = None, name: str | None = None
    ) -> Table: ...
    def tometadata(
        self, metadata: MetaData, schema: t.Any = ..., referred_schema_fn: t.Any = None, name: str | None = None
    ) -> Table: ...

class MetaData(HasConditionalDDL, SchemaItem):
    tables: t.Mapping[str, Table]
    schema: str | None
    naming_convention: t.Mapping[t.Any, t.Any]
    def __init__(
        self, schema: str | None = None, quote_schema: bool | None = None, naming_convention: t.Mapping[t.Any, t.Any] | None = None,
        info: dict[t.Any, t.Any] | None = None,
    ) -> None: ...
    @property
    def schemas(self) -> set[str]: ...
    def get_schema_objects(self, kind: type[_O], *, schema: t.Any = ...) -> t.Sequence[_O]: ...
    def get_schema_object_by_name(self, kind: type[_O], name: str, *, schema: t.Any = ...) -> _O | None: ...
    def __contains__(self, table_or_key: object) -> bool: ...
    def clear(self) -> None: ...
    def remove(self, table: Table) -> None: ...
    @property
    def sorted_tables(self) -> list[Table]: ...
    def create_all(self, bind: t.Any, tables: t.Sequence[Table] | None = None, checkfirst: t.Any = True) -> None: ...
    def drop_all(self, bind: t.Any, tables: t.Sequence[Table] | None = None, checkfirst: t.Any = True) -> None: ...
    def reflect(
        self, bind: t.Any, schema: str | None = None, views: bool = False, only: t.Any = None, extend_existing: bool = False,
        autoload_replace: bool = True, resolve_fks: bool = True, **dialect_kwargs: t.Any,
    ) -> None: ...

def insert_sentinel(
    name: str | None = None, type_: _Type[_T] | None = None, *, default: t.Any = None, omit_from_statements: bool = True
) -> Column[t.Any]: ...
