"""Types of association proxies: the annotation says what an instance answers."""

# pyright: reportIncompatibleMethodOverride=false

import typing as t

from ..orm.base import InspectionAttrExtensionType, InspectionAttrInfo, ORMDescriptor, SQLORMOperations
from ..sql.nodes import ColumnElement
from .associationcollection import (
    _AssociationCollection as _AssociationCollection, _AssociationDict as _AssociationDict, _AssociationList as _AssociationList,
    _AssociationSet as _AssociationSet,
)

_T = t.TypeVar("_T")

class AssociationProxyExtensionType(InspectionAttrExtensionType):
    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"

ASSOCIATION_PROXY: t.Final = AssociationProxyExtensionType.ASSOCIATION_PROXY

def association_proxy(
    target_collection: str, attr: str, *, creator: t.Callable[..., t.Any] | None = None, getset_factory: t.Any = None,
    proxy_factory: t.Any = None, proxy_bulk_set: t.Any = None, info: dict[t.Any, t.Any] | None = None,
    cascade_scalar_deletes: bool = False, create_on_none_assignment: bool = False, init: bool = ..., repr: bool = ...,
    default: t.Any = ..., default_factory: t.Callable[[], t.Any] = ..., compare: bool = ..., kw_only: bool = ..., hash: bool | None = ...,
    dataclass_metadata: t.Mapping[t.Any, t.Any] | None = ...,
) -> AssociationProxy[t.Any]: ...

class AssociationProxy(InspectionAttrInfo, ORMDescriptor[_T]):
    key: str
    target_collection: str
    value_attr: str
    creator: t.Callable[..., t.Any] | None
    getset_factory: t.Any
    proxy_factory: t.Any
    proxy_bulk_set: t.Any
    cascade_scalar_deletes: bool
    create_on_none_assignment: bool
    def __init__(self, target_collection: str, attr: str, **options: t.Any) -> None: ...
    @t.overload
    def __get__(self, instance: t.Any, owner: None) -> t.Self: ...
    @t.overload
    def __get__(self, instance: None, owner: type) -> AssociationProxyInstance[_T]: ...
    @t.overload
    def __get__(self, instance: object, owner: type) -> _T: ...
    def __set__(self, instance: object, values: _T) -> None: ...
    def __delete__(self, instance: object) -> None: ...
    def for_class(self, class_: type, obj: object | None = None) -> AssociationProxyInstance[_T]: ...

class AssociationProxyInstance(SQLORMOperations[_T]):
    parent: AssociationProxy[_T]
    owning_class: type
    target_class: type
    value_attr: str
    def __init__(
        self, parent: AssociationProxy[_T], owning_class: type, target_class: type, value_attr: str, entity: t.Any = None
    ) -> None: ...
    @classmethod
    def for_proxy(
        cls, parent: AssociationProxy[_T], owning_class: type, parent_instance: t.Any, entity: t.Any = None
    ) -> AssociationProxyInstance[_T]: ...
    @property
    def local_attr(self) -> t.Any: ...
    @property
    def remote_attr(self) -> t.Any: ...
    @property
    def attr(self) -> tuple[t.Any, t.Any]: ...
    @property
    def scalar(self) -> bool: ...
    @property
    def info(self) -> dict[t.Any, t.Any]: ...
    def get(self, obj: t.Any) -> t.Any: ...
    def set(self, obj: t.Any, values: t.Any) -> None: ...
    def delete(self, obj: t.Any) -> None: ...
    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> ColumnElement[bool]: ...
    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> ColumnElement[bool]: ...

class AmbiguousAssociationProxyInstance(AssociationProxyInstance[_T]): ...
class ObjectAssociationProxyInstance(AssociationProxyInstance[_T]): ...
class AliasedAssociationProxyInstance(ObjectAssociationProxyInstance[_T]): ...
class ColumnAssociationProxyInstance(AssociationProxyInstance[_T]): ...
