"""Instrumented attributes and the functions that look at or change attributes of instances."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from ..sql.elements import ClauseElement, SQLCoreOperations
from .base import (
    ATTR_EMPTY, ATTR_WAS_SET, NEVER_SET, NO_VALUE, PASSIVE_NO_FETCH, PASSIVE_NO_INITIALIZE, PASSIVE_NO_RESULT, PASSIVE_OFF, Mapped,
    PassiveFlag, _mapper_or_none, instance_dict, instance_state, manager_of_class,
)
from ..util import symbol
from .own_attributes import ScalarAttributeImpl, register_attribute


class QueryableAttribute(_core.InstrumentedAttribute, ClauseElement, SQLCoreOperations):
    """An attribute of a mapped class: an expression on the class, a value on its instances."""

    __slots__ = ()
    __class_getitem__ = classmethod(types.GenericAlias)
    is_attribute = True
    is_clause_element = True
    is_selectable = is_aliased_class = is_instance = is_mapper = is_bundle = is_property = False

    def _find_property(self) -> t.Any:
        """The MapperProperty behind the attribute."""
        from .configure import configure_registries

        mapper = _mapper_or_none(self.class_)
        if mapper is not None:
            configure_registries({mapper.registry})
        return self.prop

    @property
    def prop(self) -> t.Any:
        found = self.__dict__.get("_prop")
        if found is None and self._mapper is not None:
            found = self._mapper._props.get(self.key)
        return found

    @property
    def parent(self) -> t.Any:
        entity = self._entity
        if entity is not None and entity._flags & _core.FLAG_ALIASED:
            return entity.__dict__.get("_insp", self._mapper)
        return self.__dict__.get("_parent") or self._mapper

    _parententity = parent

    @property
    def class_(self) -> t.Any:
        mapper = self._mapper
        return self.__dict__.get("_class") or (mapper.class_ if mapper is not None else None)

    @property
    def expression(self) -> t.Any:
        """The column expression."""
        expr = self._expr
        return self if expr is None else expr

    @property
    def name(self) -> t.Any:
        expr = self._expr
        return self.key if expr is None else getattr(expr, "name", self.key)

    @property
    def type(self) -> t.Any:
        expr = self._expr
        if expr is not None and hasattr(expr, "type"):
            return expr.type
        return self._type

    @property
    def comparator(self) -> "QueryableAttribute":
        return self

    @property
    def impl(self) -> "QueryableAttribute":
        return self

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        prop = self.prop
        return {} if prop is None else t.cast("t.Dict[t.Any, t.Any]", prop.info)

    @property
    def active_history(self) -> bool:
        """Whether the old value is read from the database when another is set; may be switched on at any time."""
        return bool(getattr(self.prop, "active_history", False))

    @active_history.setter
    def active_history(self, on: bool) -> None:
        mapper = self._mapper or self.__dict__["_parent"]
        for each in mapper.self_and_descendants:
            each._props[self.key].active_history = on
            if each._built and self.key in each._keys:
                each._set_active_history(self.key, on)

    @property
    def adapter(self) -> None:
        return None

    def __clause_element__(self) -> t.Any:
        return self

    def adapt_to_entity(self, adapt_to_entity: t.Any) -> t.Any:
        return getattr(adapt_to_entity.entity, self.key)

    def get_history(self, instance: t.Any, passive: t.Any = PASSIVE_OFF) -> "History":
        return get_history(instance, self.key, passive)

    @property
    def columns(self) -> t.List[t.Any]:
        return t.cast("t.List[t.Any]", self.prop.columns)

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__"):
            raise AttributeError(name)
        expr = self._expr
        if expr is not None:
            try:
                return getattr(expr, name)
            except AttributeError:
                pass
        raise AttributeError(
            f"Neither '{type(self).__name__}' object nor 'Comparator' object associated with {self} has an attribute '{name}'"
        )

    def __str__(self) -> str:
        cls = self.class_
        return f"{cls.__name__ if cls is not None else '?'}.{self.key}"

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} {self}>"

    property = property(_find_property)  # the name hides the builtin: last in the class


class InstrumentedAttribute(QueryableAttribute):
    """The QueryableAttribute that a mapped class carries."""

    __slots__ = ()

    @property
    def __doc__(self) -> t.Any:  # type: ignore[override]
        return getattr(self.prop, "doc", None)


_core.register_kind(_core.K_ATTR, InstrumentedAttribute)


class AttributeEventToken:
    """What listeners get as `initiator`: the attribute, and what happens to it (`op`)."""

    __slots__ = ("impl", "op", "parent_token")

    def __init__(self, attribute_impl: t.Any, op: str) -> None:
        self.impl = self.parent_token = attribute_impl
        self.op = op

    @property
    def key(self) -> str:
        return t.cast(str, self.impl.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AttributeEventToken) and other.impl is self.impl and other.op is self.op

    def __hash__(self) -> int:
        return hash((id(self.impl), self.op))


Event = AttributeEvent = AttributeEventToken
OP_APPEND, OP_REMOVE, OP_REPLACE = symbol("APPEND"), symbol("REMOVE"), symbol("REPLACE")
OP_BULK_REPLACE, OP_MODIFIED = symbol("BULK_REPLACE"), symbol("MODIFIED")


class History(t.NamedTuple):
    """Values added, unchanged and deleted since the instance was loaded or flushed."""

    added: t.Sequence[t.Any]
    unchanged: t.Sequence[t.Any]
    deleted: t.Sequence[t.Any]

    def __bool__(self) -> bool:
        return self != HISTORY_BLANK

    def empty(self) -> bool:
        return not (self.added or self.deleted) and not self.unchanged

    def sum(self) -> t.Sequence[t.Any]:
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> t.Sequence[t.Any]:
        return [*self.added, *self.unchanged]

    def non_added(self) -> t.Sequence[t.Any]:
        return [*self.unchanged, *self.deleted]

    def has_changes(self) -> bool:
        return bool(self.added or self.deleted)


HISTORY_BLANK = History((), (), ())


def get_history(obj: t.Any, key: str, passive: t.Any = PASSIVE_OFF) -> History:
    """The history of one attribute; an unloaded one is loaded first where `passive` allows it."""
    if isinstance(obj, _core.InstanceState):
        obj = obj.obj()
    prop = instance_state(obj).mapper._props.get(key)
    if hasattr(prop, "composite_class"):
        return t.cast(History, prop.get_history(obj))
    if passive & PassiveFlag.SQL_OK and passive & PassiveFlag.CALLABLES_OK and _core.inst_peek(obj, key, NO_VALUE) is NO_VALUE:
        if _core.inst_status(obj) in (1, 2):
            getattr(obj, key)
    if not passive & PassiveFlag.INCLUDE_PENDING_MUTATIONS and getattr(prop, "uselist", False) and _core.inst_status(obj) > 1:
        if _core.inst_peek(obj, key, NO_VALUE) is NO_VALUE:  # what waits for it to be read is no history yet
            return HISTORY_BLANK
    added, unchanged, deleted = _core.inst_history(obj, key)
    if not (added or unchanged or deleted):
        return HISTORY_BLANK
    return History(added or (), unchanged or (), deleted or ())


def set_attribute(instance: t.Any, key: str, value: t.Any, initiator: t.Any = None) -> None:
    """`instance.key = value`, whatever `__setattr__` the class has."""
    _descriptor(instance, key).__set__(instance, value)


def get_attribute(instance: t.Any, key: str) -> t.Any:
    return _descriptor(instance, key).__get__(instance, type(instance))


def del_attribute(instance: t.Any, key: str) -> None:
    _descriptor(instance, key).__delete__(instance)


def _descriptor(instance: t.Any, key: str) -> t.Any:
    _core.inst_state(instance)
    for cls in type(instance).__mro__:
        if key in cls.__dict__:
            return cls.__dict__[key]
    raise exc.InvalidRequestError(f"Class {type(instance).__name__} has no attribute '{key}'")


def set_committed_value(instance: t.Any, key: str, value: t.Any) -> None:
    """Sets a value as if it had been loaded: without history or events."""
    _core.inst_set_committed(instance, key, value)


def flag_modified(instance: t.Any, key: str) -> None:
    """Marks an attribute as changed, so that the next flush writes it."""
    if _core.inst_peek(instance, key, NO_VALUE) is NO_VALUE:
        raise exc.InvalidRequestError(f"Can't flag attribute '{key}' modified; it's not present in the object state")
    from .events import fire_modified

    fire_modified(instance, key)
    _core.inst_flag_modified(instance, key)


def flag_dirty(instance: t.Any) -> None:
    """Marks an instance as changed, without naming an attribute."""
    _core.inst_flag_modified(instance)


def init_collection(obj: t.Any, key: str) -> t.Any:
    """Gives an attribute a new empty collection, without events."""
    from .collections import collection_adapter

    _core.inst_set_committed(obj, key, _empty_for(obj, key))
    return collection_adapter(getattr(obj, key))


def _empty_for(obj: t.Any, key: str) -> t.Any:
    factory = instance_state(obj).mapper._props[key]._collection_factory() or list
    return factory()


_ScalarAttributeImpl, _register_attribute = ScalarAttributeImpl, register_attribute


__all__ = [
    "ATTR_EMPTY", "AttributeEvent", "AttributeEventToken", "ATTR_WAS_SET", "Event", "HISTORY_BLANK", "History", "InstrumentedAttribute", "Mapped",
    "NEVER_SET", "NO_VALUE", "OP_APPEND", "OP_BULK_REPLACE", "OP_MODIFIED", "OP_REMOVE", "OP_REPLACE",
    "PASSIVE_NO_FETCH", "PASSIVE_NO_INITIALIZE", "PASSIVE_NO_RESULT", "PASSIVE_OFF", "QueryableAttribute", "ScalarAttributeImpl", "del_attribute",
    "flag_dirty", "flag_modified", "get_attribute", "get_history", "init_collection", "instance_dict", "instance_state",
    "manager_of_class", "register_attribute", "set_attribute", "set_committed_value",
]
