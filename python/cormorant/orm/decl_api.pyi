"""Types of declarative mapping."""

import typing as t

from .. import _core
from ..sql.fromclause import FromClause
from ..sql.nodes import SQLCoreOperations
from ..sql.schema import MetaData
from .attributes import InstrumentedAttribute
from .mapper import Mapper
from .composites import composite
from .properties import mapped_column, synonym, column_property, deferred, query_expression
from .relationships import relationship

_T = t.TypeVar("_T")
_C = t.TypeVar("_C", bound=type)

class _Directive(t.Generic[_T]):
    """A setting that a mixin computes for each class."""

    def __init__(self, fn: t.Callable[..., _T]) -> None: ...
    def __get__(self, instance: object | None, owner: t.Any) -> _T: ...

class declared_attr(t.Generic[_T]):
    fget: t.Callable[..., t.Any]
    def __init__(self, fn: t.Callable[..., SQLCoreOperations[_T]], cascading: bool = False, quiet: bool = False) -> None: ...
    @t.overload
    def __get__(self, instance: None, owner: t.Any) -> InstrumentedAttribute[_T]: ...
    @t.overload
    def __get__(self, instance: object, owner: t.Any) -> _T: ...
    def __set__(self, instance: t.Any, value: t.Any) -> None: ...
    @classmethod
    def cascading(cls, fn: t.Callable[..., SQLCoreOperations[_T]]) -> declared_attr[_T]: ...
    @classmethod
    def directive(cls, fn: t.Callable[..., _T]) -> _Directive[_T]: ...

def declarative_mixin(cls: _C) -> _C: ...
def has_inherited_table(cls: type) -> bool: ...
def synonym_for(name: str, map_column: bool = False) -> t.Callable[[t.Any], t.Any]: ...

class DeclarativeAttributeIntercept(type): ...

class DeclarativeMeta(DeclarativeAttributeIntercept):
    metadata: MetaData
    registry: registry
    def __init__(cls, classname: t.Any, bases: t.Any, dict_: t.Any, **kw: t.Any) -> None: ...

class registry:
    metadata: MetaData
    constructor: t.Callable[..., None]
    type_annotation_map: dict[t.Any, t.Any]
    def __init__(
        self, *, metadata: MetaData | None = None, class_registry: t.Any = None, type_annotation_map: t.Mapping[t.Any, t.Any] | None = None,
        constructor: t.Callable[..., None] = ...,
    ) -> None: ...
    def update_type_annotation_map(self, type_annotation_map: t.Mapping[t.Any, t.Any]) -> None: ...
    @property
    def mappers(self) -> frozenset[Mapper[t.Any]]: ...
    def configure(self, cascade: bool = False) -> None: ...
    def dispose(self, cascade: bool = False) -> None: ...
    def generate_base(self, mapper: t.Any = None, cls: type = ..., name: str = "Base", metaclass: type = ...) -> t.Any: ...
    def as_declarative_base(self, **kw: t.Any) -> t.Callable[[_C], _C]: ...
    def mapped(self, cls: _C) -> _C: ...
    def map_declaratively(self, cls: type[_T]) -> Mapper[_T]: ...
    def map_imperatively(self, class_: type[_T], local_table: FromClause | None = None, **kw: t.Any) -> Mapper[_T]: ...
    @t.overload
    def mapped_as_dataclass(self, cls: type[_T], /) -> type[_T]: ...
    @t.overload
    def mapped_as_dataclass(self, cls: None = None, /, **arguments: t.Any) -> t.Callable[[type[_T]], type[_T]]: ...

def declarative_base(
    *, metadata: MetaData | None = None, mapper: t.Any = None, cls: type = ..., name: str = "Base", class_registry: t.Any = None,
    type_annotation_map: t.Mapping[t.Any, t.Any] | None = None, constructor: t.Callable[..., None] = ..., metaclass: type = ...,
) -> t.Any: ...
def as_declarative(**kw: t.Any) -> t.Callable[[_C], _C]: ...

class DeclarativeBase(_core.Instance, metaclass=DeclarativeAttributeIntercept):
    _sa_registry: t.ClassVar[registry]
    registry: t.ClassVar[registry]
    metadata: t.ClassVar[MetaData]
    __table__: t.ClassVar[FromClause]
    __mapper__: t.ClassVar[Mapper[t.Any]]
    __tablename__: t.Any
    __table_args__: t.Any
    __mapper_args__: t.Any
    type_annotation_map: t.ClassVar[t.Any]
    def __init__(self, **kw: t.Any) -> None: ...

class DeclarativeBaseNoMeta(_core.Instance):
    _sa_registry: t.ClassVar[registry]
    registry: t.ClassVar[registry]
    metadata: t.ClassVar[MetaData]
    __table__: t.ClassVar[FromClause]
    __mapper__: t.ClassVar[Mapper[t.Any]]
    __tablename__: t.Any
    __table_args__: t.Any
    __mapper_args__: t.Any
    type_annotation_map: t.ClassVar[t.Any]
    def __init__(self, **kw: t.Any) -> None: ...

@t.dataclass_transform(
    field_specifiers=(mapped_column, relationship, synonym, column_property, composite, deferred, query_expression),
)
class DCTransformDeclarative(DeclarativeAttributeIntercept): ...

@t.dataclass_transform(
    field_specifiers=(mapped_column, relationship, synonym, column_property, composite, deferred, query_expression),
)
class MappedAsDataclass(metaclass=DCTransformDeclarative):
    def __init_subclass__(
        cls, init: bool = ..., repr: bool = ..., eq: bool = ..., order: bool = ..., unsafe_hash: bool = ..., match_args: bool = ...,
        kw_only: bool = ..., dataclass_callable: t.Callable[..., type[t.Any]] = ..., **kw: t.Any,
    ) -> None: ...

@t.dataclass_transform(
    field_specifiers=(mapped_column, relationship, synonym, column_property, composite, deferred, query_expression),
)
def mapped_as_dataclass(registry: registry | type, /, **arguments: t.Any) -> t.Callable[[type[_T]], type[_T]]: ...
@t.overload
def unmapped_dataclass(cls: type[_T], /) -> type[_T]: ...
@t.overload
def unmapped_dataclass(cls: None = None, /, **arguments: t.Any) -> t.Callable[[type[_T]], type[_T]]: ...

def add_mapped_attribute(target: type, key: str, attr: t.Any) -> None: ...
