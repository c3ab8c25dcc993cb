"""Types of bundles and of the functions beside them."""

import typing as t

from ..sql.nodes import ColumnElement
from . import exc as orm_exc
from .aliases import (
    AliasedClass as AliasedClass, AliasedInsp as AliasedInsp, aliased as aliased, join as join, outerjoin as outerjoin,
    polymorphic_union as polymorphic_union, with_polymorphic as with_polymorphic,
)
from .base import InspectionAttr, object_mapper as object_mapper, object_state as object_state

_T = t.TypeVar("_T")

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
