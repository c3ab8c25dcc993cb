"""Attributes that look through a relationship at an attribute of what it leads to: `association_proxy("user_keywords", "keyword")`.

AssociationProxy is the descriptor; per class it makes an AssociationProxyInstance, which knows what kind of attribute it looks
at and answers as an expression on the class. What instances answer for collections is a view (`associationcollection.py`).
"""

from __future__ import annotations

import operator
import typing as t

from .. import _core, exc
from ..orm.attributes import QueryableAttribute
from ..orm.base import InspectionAttrExtensionType, InspectionAttrInfo, ORMDescriptor, SQLORMOperations, class_mapper
from ..orm.interfaces import take_options
from ..orm.interfaces import put_attribute
from ..orm.relationships import RelationshipProperty
from ..sql import operators, or_
from .associationcollection import (
    _AssociationCollection, _AssociationDict, _AssociationList, _AssociationSet, _lazy_collection, collection_kind,
)
from .hybrid import HybridAttribute

_T = t.TypeVar("_T")


class AssociationProxyExtensionType(InspectionAttrExtensionType):
    """What `extension_type` of association proxies says."""

    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"


ASSOCIATION_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


def association_proxy(target_collection: str, attr: str, *, info: t.Optional[t.Dict[t.Any, t.Any]] = None, **options: t.Any) -> "AssociationProxy[t.Any]":
    """An attribute for the attribute `attr` of what the relationship `target_collection` leads to.

    :param creator: makes the object between from a value (from key and value for dictionaries); by default its class.
    """
    return AssociationProxy(target_collection, attr, info=info, **options)


class AssociationProxy(InspectionAttrInfo, ORMDescriptor[_T]):
    """The descriptor."""

    is_attribute = True
    extension_type = AssociationProxyExtensionType.ASSOCIATION_PROXY

    def __init__(
        self, target_collection: str, attr: str, *, creator: t.Any = None, getset_factory: t.Any = None, proxy_factory: t.Any = None,
        proxy_bulk_set: t.Any = None, info: t.Optional[t.Dict[t.Any, t.Any]] = None, cascade_scalar_deletes: bool = False,
        create_on_none_assignment: bool = False, **dataclass_options: t.Any,
    ) -> None:
        self.dataclass_options = take_options(dataclass_options)
        if dataclass_options:
            raise TypeError(f"association_proxy() got an unexpected keyword argument '{next(iter(dataclass_options))}'")
        if cascade_scalar_deletes and create_on_none_assignment:
            raise exc.ArgumentError("The cascade_scalar_deletes and create_on_none_assignment parameters are mutually exclusive.")
        self.target_collection, self.value_attr = target_collection, attr
        self.creator, self.getset_factory = creator, getset_factory
        self.proxy_factory, self.proxy_bulk_set = proxy_factory, proxy_bulk_set
        self.cascade_scalar_deletes, self.create_on_none_assignment = cascade_scalar_deletes, create_on_none_assignment
        self.key = f"_{type(self).__name__}_{target_collection}_{id(self)}"
        self._slot = self.key + "_inst"
        if info:
            self.info.update(info)

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if owner is None:
            return self
        found = self.for_class(owner, instance)
        return self if found is None else found.get(instance)

    def __set__(self, instance: t.Any, values: t.Any) -> None:
        self.for_class(type(instance), instance).set(instance, values)

    def __delete__(self, instance: t.Any) -> None:
        self.for_class(type(instance), instance).delete(instance)

    def for_class(self, class_: t.Any, obj: t.Any = None) -> t.Any:
        """The proxy as a class (or alias) has it; None for classes that are not mapped."""
        name = self._slot
        found = class_.__dict__.get(name)
        if found is None:
            found = self._instance_for(class_)
            if found is None:
                return None
            if isinstance(class_, type):
                put_attribute(class_, name, found)
        return found if found._is_canonical else found._for_object(obj)

    def _instance_for(self, class_: t.Any) -> t.Any:
        if isinstance(class_, type):
            mapper = getattr(class_, "__mapper__", None)
            return None if mapper is None else AssociationProxyInstance.for_proxy(self, class_, None)
        return AssociationProxyInstance.for_proxy(self, class_._aliased_mapper.class_, None, class_)

    def _accessors(self, collection_class: t.Any, instance: "AssociationProxyInstance[t.Any]") -> t.Tuple[t.Any, t.Any]:
        """Functions that read and write the value of a member."""
        if self.getset_factory is not None:
            return t.cast("t.Tuple[t.Any, t.Any]", self.getset_factory(collection_class, instance))
        return self._default_getset(collection_class)

    def _default_getset(self, collection_class: t.Any) -> t.Tuple[t.Any, t.Any]:
        attr = self.value_attr
        read = operator.attrgetter(attr)

        def getter(member: t.Any) -> t.Any:
            return None if member is None else read(member)

        def setter(member: t.Any, *key_and_value: t.Any) -> None:
            setattr(member, attr, key_and_value[-1])

        return getter, setter

    def __repr__(self) -> str:
        return f"AssociationProxy({self.target_collection!r}, {self.value_attr!r})"


def _unwrap(target_class: type, value_attr: str) -> t.Any:
    """The proxy that an attribute is itself; None for other attributes. fails: AttributeError when there is no such attribute."""
    found = getattr(target_class, value_attr)
    return found if isinstance(found, AssociationProxyInstance) else None


class AssociationProxyInstance(SQLORMOperations[_T]):
    """An association proxy as one class has it."""

    _is_canonical = True
    _target_is_object = False
    __hash__ = object.__hash__

    def __init__(self, parent: AssociationProxy[_T], owning_class: type, target_class: type, value_attr: str, entity: t.Any = None) -> None:
        self.parent, self.key = parent, parent.key
        self.owning_class, self.target_class = owning_class, target_class
        self.target_collection, self.value_attr = parent.target_collection, value_attr
        self.collection_class: t.Any = None
        self._entity = owning_class if entity is None else entity

    @classmethod
    def for_proxy(cls, parent: AssociationProxy[_T], owning_class: type, parent_instance: t.Any, entity: t.Any = None) -> "AssociationProxyInstance[_T]":
        prop = class_mapper(owning_class).get_property(parent.target_collection)
        if not isinstance(prop, RelationshipProperty):
            raise NotImplementedError("association proxy to a non-relationship intermediary is not supported")
        return _construct(parent, owning_class, prop.mapper.class_, entity)

    # ---- what it looks at

    @property
    def _property(self) -> t.Any:
        return class_mapper(self.owning_class).get_property(self.target_collection)

    @property
    def local_attr(self) -> t.Any:
        """The relationship attribute."""
        return getattr(self._entity, self.target_collection)

    @property
    def remote_attr(self) -> t.Any:
        """The attribute that the proxy is for."""
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self) -> t.Tuple[t.Any, t.Any]:
        """Both, for `join(*User.keywords.attr)`."""
        return self.local_attr, self.remote_attr

    @property
    def scalar(self) -> bool:
        """Whether the relationship leads to one object."""
        return not self._property.uselist

    @property
    def _value_is_scalar(self) -> bool:
        return not self._property.mapper.get_property(self.value_attr).uselist

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        return self.parent.info

    # ---- instances

    def get(self, obj: t.Any) -> t.Any:
        if obj is None:
            return self
        if self.scalar:
            getter, _ = self.parent._accessors(None, self)
            return getter(getattr(obj, self.target_collection))
        return self._collection(_lazy_collection(obj, self.target_collection))

    def set(self, obj: t.Any, values: t.Any) -> None:
        if not self.scalar:
            proxy = self.get(obj)
            if proxy is not values and not (isinstance(proxy, _AssociationCollection) and proxy._is_view_of(values)):
                proxy._bulk_replace(self, values)
            return
        target = getattr(obj, self.target_collection)
        if target is not None:
            _, setter = self.parent._accessors(None, self)
            setter(target, values)
            if values is None and self.parent.cascade_scalar_deletes:
                setattr(obj, self.target_collection, None)
        elif values is not None or self.parent.create_on_none_assignment:
            setattr(obj, self.target_collection, self._creator(values))

    def delete(self, obj: t.Any) -> None:
        target = getattr(obj, self.target_collection) if self.scalar else None
        if target is not None:
            delattr(target, self.value_attr)
        delattr(obj, self.target_collection)

    @property
    def _creator(self) -> t.Any:
        return self.target_class if self.parent.creator is None else self.parent.creator

    def _collection(self, lazy: _lazy_collection) -> t.Any:
        """The view of an instance's collection."""
        kind = self.collection_class = collection_kind(lazy())
        if self.parent.proxy_factory is not None:
            return self.parent.proxy_factory(lazy, self._creator, self.value_attr, self)
        made = {list: _AssociationList, dict: _AssociationDict, set: _AssociationSet}.get(kind)
        if made is None:
            raise exc.ArgumentError(
                f'could not guess which interface to use for collection_class "{kind}" backing "{self.target_collection}"; specify a '
                "proxy_factory and proxy_bulk_set manually"
            )
        return made(lazy, self._creator, *self.parent._accessors(kind, self), self)

    def _inflate(self, proxy: t.Any) -> None:
        """Gives a view that was unpickled its functions again."""
        proxy.creator = self._creator
        proxy.getter, proxy.setter = self.parent._accessors(collection_kind(proxy.col), self)

    def _set(self, proxy: t.Any, values: t.Any) -> None:
        """Fills an empty collection."""
        if self.parent.proxy_bulk_set is not None:
            self.parent.proxy_bulk_set(proxy, values)
        elif self.collection_class is list:
            proxy.extend(values)
        elif self.collection_class in (dict, set):
            proxy.update(values)
        else:
            raise exc.ArgumentError("no proxy_bulk_set supplied for custom collection_class implementation")

    # ---- statements

    def __clause_element__(self) -> t.Any:
        raise NotImplementedError("The association proxy can't be used as a plain column expression; it only works inside of a comparison expression")

    def _exists(self, criterion: t.Any, kwargs: t.Mapping[str, t.Any], is_has: bool) -> t.Any:
        inner = _unwrap(self.target_class, self.value_attr)
        if inner is not None:
            return self.local_attr._exists(inner._exists(criterion, kwargs, is_has))
        if self._target_is_object:
            return self.local_attr._exists(self.remote_attr._exists(criterion, kwargs))
        if kwargs:
            raise exc.ArgumentError("Can't apply keyword arguments to column-targeted association proxy; use ==")
        if is_has and criterion is not None:
            raise exc.ArgumentError("Non-empty has() not allowed for column-targeted association proxy; use ==")
        return self.local_attr._exists(criterion)

    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        """Whether a member's attribute satisfies the criterion."""
        direct = _unwrap(self.target_class, self.value_attr) is None
        if direct and self.scalar and (not self._target_is_object or self._value_is_scalar):
            raise exc.InvalidRequestError("'any()' not implemented for scalar attributes. Use has().")
        return self._exists(criterion, kwargs, False)

    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        """Whether the attribute satisfies the criterion."""
        direct = _unwrap(self.target_class, self.value_attr) is None
        if direct and (not self.scalar or (self._target_is_object and not self._value_is_scalar)):
            raise exc.InvalidRequestError("'has()' not implemented for collections. Use any().")
        return self._exists(criterion, kwargs, True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.parent!r})"


def _construct(parent: AssociationProxy[t.Any], owning_class: type, target_class: type, entity: t.Any) -> AssociationProxyInstance[t.Any]:
    """The kind of instance that fits the attribute."""
    name, attribute = parent.value_attr, None
    try:
        attribute = getattr(target_class, name)
    except AttributeError:
        pass
    except Exception as error:
        raise exc.InvalidRequestError(
            f'Association proxy received an unexpected error when trying to retrieve attribute "{target_class.__name__}.{name}" from class '
            f'"{target_class.__name__}": {error}'
        ) from error
    kind: t.Any = AmbiguousAssociationProxyInstance
    if isinstance(attribute, AssociationProxyInstance) or isinstance(attribute, QueryableAttribute) and attribute._expr is None:
        kind = ObjectAssociationProxyInstance if entity is None else AliasedAssociationProxyInstance
    elif isinstance(attribute, (QueryableAttribute, HybridAttribute)):
        kind = ColumnAssociationProxyInstance
    return t.cast("AssociationProxyInstance[t.Any]", kind(parent, owning_class, target_class, name, entity))


class AmbiguousAssociationProxyInstance(AssociationProxyInstance[_T]):
    """A proxy for an attribute that the class does not map: a subclass may, or it is one of Python's."""

    _is_canonical = False

    def _ambiguous(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        raise AttributeError(
            f"Association proxy {self.owning_class.__name__}.{self.target_collection} refers to an attribute '{self.value_attr}' that is not "
            f"directly mapped on class {self.target_class}: which class it leads to cannot be told without an instance"
        )

    __eq__ = __ne__ = any = has = _ambiguous
    __hash__ = object.__hash__

    def _for_object(self, obj: t.Any) -> AssociationProxyInstance[_T]:
        """The proxy for the class of what an instance's relationship leads to."""
        target = None if obj is None else getattr(obj, self.target_collection)
        if target is None or not _core.inst_is_mapped(target):
            return self
        mapper = _core.inst_state(target).mapper
        if not mapper.isa(self._property.mapper) or not hasattr(mapper.class_, self.value_attr):
            return self
        return _construct(self.parent, self.owning_class, mapper.class_, None)


class ObjectAssociationProxyInstance(AssociationProxyInstance[_T]):
    """A proxy for a relationship, or for another proxy."""

    _target_is_object = True

    def contains(self, other: t.Any, **kw: t.Any) -> t.Any:
        """Whether an object is among those the proxy shows."""
        inner = _unwrap(self.target_class, self.value_attr)
        if inner is not None:
            return self.local_attr._exists(inner == other if inner.scalar else inner.contains(other))
        if self.scalar and self._value_is_scalar:
            raise exc.InvalidRequestError("contains() doesn't apply to a scalar object endpoint; use ==")
        if self.scalar:
            return self.local_attr.has(self.remote_attr.contains(other))
        return self.local_attr._exists(None, {self.value_attr: other})

    def __eq__(self, obj: t.Any) -> t.Any:
        found = self.local_attr.has(**{self.value_attr: obj})
        return or_(found, self.local_attr == None) if obj is None else found  # noqa: E711

    def __ne__(self, obj: t.Any) -> t.Any:
        return self.local_attr.has(self.remote_attr != obj)

    __hash__ = object.__hash__


class AliasedAssociationProxyInstance(ObjectAssociationProxyInstance[_T]):
    """The same on an alias of the class."""


class ColumnAssociationProxyInstance(AssociationProxyInstance[_T], operators.ColumnOperators):
    """A proxy for a column attribute: operators ask whether a member's column satisfies them."""

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return self._exists(op(self.remote_attr, *other, **kwargs), {}, False)

    def __eq__(self, other: t.Any) -> t.Any:
        found = self.operate(operators.eq, other)
        return or_(found, self.local_attr == None) if other is None else found  # noqa: E711

    __hash__ = object.__hash__


__all__ = [
    "ASSOCIATION_PROXY", "AliasedAssociationProxyInstance", "AmbiguousAssociationProxyInstance", "AssociationProxy",
    "AssociationProxyExtensionType", "AssociationProxyInstance", "ColumnAssociationProxyInstance", "ObjectAssociationProxyInstance",
    "_AssociationCollection", "_AssociationDict", "_AssociationList", "_AssociationSet", "association_proxy",
]
