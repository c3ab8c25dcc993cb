"""Types of aliases, bundles and their relatives. An alias of a class is, to a type checker, that class."""

import typing as t

from ..sql.fromclause import FromClause
from ..sql.nodes import ColumnElement
from . import exc as orm_exc
from .base import InspectionAttr, object_mapper as object_mapper, object_state as object_state
from .mapper import Mapper

_T = t.TypeVar("_T")
_O = t.TypeVar("_O", bound=t.Any)
_From = t.TypeVar("_From", bound=FromClause)

class AliasedInsp(InspectionAttr, t.Generic[_O]):
    entity: type[_O]
    mapper: Mapper[_O]
    name: str | None
    def __init__(self, entity: AliasedClass[_O], mapper: Mapper[_O], node: t.Any, name: str | None) -> None: ...
    @property
    def class_(self) -> type[_O]: ...
    @property
    def selectable(self) -> FromClause: ...

class AliasedClass(t.Generic[_O]):
    def __init__(
        self, mapped_class_or_ac: type[_O] | Mapper[_O] | AliasedClass[_O], alias: t.Any = None, name: str | None = None,
        flat: bool = False, adapt_on_names: bool = False, **kw: t.Any,
    ) -> None: ...
    def __getattr__(self, key: str) -> t.Any: ...

@t.overload
def aliased(
    element: type[_O] | Mapper[_O], alias: t.Any = None, name: str | None = None, flat: bool = False, adapt_on_names: bool = False
) -> type[_O]: ...
@t.overload
def aliased(
    element: _From, alias: None = None, name: str | None = None, flat: bool = False, adapt_on_names: bool = False
) -> _From: ...
@t.overload
def aliased(
    element: AliasedClass[_O], alias: t.Any = None, name: str | None = None, flat: bool = False, adapt_on_names: bool = False
) -> AliasedClass[_O]: ...
def with_polymorphic(base: t.Any, classes: t.Any, *args: t.Any, **kw: t.Any) -> AliasedClass[t.Any]: ...
def polymorphic_union(*args: t.Any, **kw: t.Any) -> t.Any: ...

class Bundle(InspectionAttr, t.Generic[_T]):
    name: str
    single_entity: bool
    c: t.Any
    columns: t.Any
    def __init__(self, name: str, *exprs: t.Any, single_entity: bool | None = None, **kw: t.Any) -> None: ...
    def label(self, name: str) -> t.Self: ...
    def create_row_processor(
        self, query: t.Any, procs: t.Sequence[t.Callable[[t.Any], t.Any]], labels: t.Sequence[str]
    ) -> t.Callable[[t.Any], _T]: ...

class DictBundle(Bundle[dict[str, t.Any]]): ...

def with_loader_criteria(
    entity_or_base: t.Any, where_criteria: ColumnElement[bool] | t.Callable[[t.Any], ColumnElement[bool]], loader_only: bool = False,
    include_aliases: bool = False, propagate_to_loaders: bool = True, track_closure_variables: bool = True,
) -> t.Any: ...
def with_parent(instance: object, prop: t.Any, from_entity: t.Any = None) -> ColumnElement[bool]: ...
def identity_key(*args: t.Any, instance: t.Any = None, row: t.Any = None, identity_token: t.Any = None) -> tuple[t.Any, ...]: ...
def was_deleted(object_: object) -> bool: ...
def join(left: t.Any, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> t.Any: ...
def outerjoin(left: t.Any, right: t.Any, onclause: t.Any = None, full: bool = False) -> t.Any: ...
