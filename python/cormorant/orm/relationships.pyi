"""Types of relationships. The annotation of the attribute says what `relationship()` answers."""

import typing as t

from ..sql.nodes import ColumnElement
from .base import DynamicMapped, Mapped, RelationshipDirection, WriteOnlyMapped
from .interfaces import MapperProperty, StrategizedProperty
from .joins import foreign as foreign, remote as remote
from .mapper import Mapper

_T = t.TypeVar("_T")
_T_co = t.TypeVar("_T_co", bound=t.Any, covariant=True)
_Columns: t.TypeAlias = t.Any

class CascadeOptions(frozenset[str]):
    save_update: bool
    delete: bool
    refresh_expire: bool
    merge: bool
    expunge: bool
    delete_orphan: bool
    def __new__(cls, value_list: t.Iterable[str] | str | None) -> CascadeOptions: ...
    @property
    def bits(self) -> int: ...
    @classmethod
    def from_string(cls, arg: str) -> CascadeOptions: ...

class RelationshipProperty(StrategizedProperty, t.Generic[_T_co]):
    is_relationship: bool
    direction: RelationshipDirection
    mapper: Mapper[t.Any]
    entity: t.Any
    argument: t.Any
    secondary: t.Any
    primaryjoin: ColumnElement[bool]
    secondaryjoin: ColumnElement[bool] | None
    uselist: bool | None
    collection_class: t.Any
    back_populates: str | None
    backref: t.Any
    cascade: CascadeOptions
    lazy: t.Any
    viewonly: bool
    post_update: bool
    passive_deletes: bool | t.Literal["all"]
    passive_updates: bool
    active_history: bool
    single_parent: bool
    innerjoin: bool | str
    join_depth: int | None
    strategy_key: tuple[tuple[str, t.Any], ...]
    def __init__(self, argument: t.Any = None, secondary: t.Any = None, **options: t.Any) -> None: ...
    def take_annotation(self, annotation: t.Any, cls: type, name: str) -> None: ...
    def for_subclass(self, mapper: t.Any) -> MapperProperty: ...
    def resolve(self) -> None: ...
    def definition(self, mapper: t.Any) -> dict[str, t.Any]: ...
    @property
    def remote_side(self) -> set[t.Any]: ...
    @property
    def local_remote_pairs(self) -> list[tuple[t.Any, t.Any]]: ...
    @property
    def synchronize_pairs(self) -> list[tuple[t.Any, t.Any]]: ...
    @property
    def local_columns(self) -> set[t.Any]: ...
    @property
    def order_by(self) -> t.Any: ...
    @property
    def target(self) -> t.Any: ...
    def members(self, value: t.Any) -> list[t.Any]: ...

class Relationship(RelationshipProperty[_T_co], Mapped[_T_co]): ...

@t.type_check_only
class _RelationshipDeclared(Relationship[_T_co], DynamicMapped[_T_co], WriteOnlyMapped[_T_co]):
    """What fits every annotation: `Mapped`, `DynamicMapped`, `WriteOnlyMapped`."""

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any: ...

def relationship(
    argument: t.Any = None, secondary: t.Any = None, *, uselist: bool | None = None,
    collection_class: type[t.Collection[t.Any]] | t.Callable[[], t.Collection[t.Any]] | None = None, primaryjoin: t.Any = None,
    secondaryjoin: t.Any = None, back_populates: str | t.Callable[[], t.Any] | None = None, order_by: t.Any = False,
    backref: str | tuple[str, t.Mapping[str, t.Any]] | None = None, overlaps: str | None = None, post_update: bool = False,
    cascade: str = ..., viewonly: bool = False, init: bool = ..., repr: bool = ..., default: t.Any = ...,
    default_factory: t.Callable[[], t.Any] = ..., compare: bool = ..., kw_only: bool = ..., hash: bool | None = ...,
    lazy: (
        t.Literal[
            "select", "joined", "selectin", "subquery", "raise", "raise_on_sql", "noload", "immediate", "write_only", "dynamic", True, False
        ] | None
    ) = "select",
    passive_deletes: t.Literal["all"] | bool = False, passive_updates: bool = True, active_history: bool = False,
    enable_typechecks: bool = True, foreign_keys: _Columns = None, remote_side: _Columns = None, join_depth: int | None = None,
    comparator_factory: t.Any = None, single_parent: bool = False, innerjoin: bool | str = False, distinct_target_key: bool | None = None,
    load_on_pending: bool = False, query_class: t.Any = None, info: dict[t.Any, t.Any] | None = None, omit_join: bool | None = None,
    sync_backref: bool | None = None, doc: str | None = None, bake_queries: bool = True, cascade_backrefs: bool = False,
    dataclass_metadata: t.Mapping[t.Any, t.Any] | None = ...,
) -> _RelationshipDeclared[t.Any]: ...
def backref(name: str, **kwargs: t.Any) -> tuple[str, dict[str, t.Any]]: ...
def dynamic_loader(argument: t.Any = None, **kw: t.Any) -> RelationshipProperty[t.Any]: ...
def relation(argument: t.Any = None, **kw: t.Any) -> _RelationshipDeclared[t.Any]: ...
