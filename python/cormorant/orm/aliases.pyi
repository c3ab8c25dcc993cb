"""Types of aliases. An alias of a class is, to a type checker, that class."""

import typing as t

from ..sql.fromclause import FromClause, Join
from .base import InspectionAttr
from .mapper import Mapper

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

class ORMJoin(Join): ...

def join(left: t.Any, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> t.Any: ...
def outerjoin(left: t.Any, right: t.Any, onclause: t.Any = None, full: bool = False) -> t.Any: ...
