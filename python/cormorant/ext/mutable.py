"""Values that tell the attribute they belong to when they change in place: `mapped_column(MutableDict.as_mutable(JSON))`.

A mutable value knows its parents: the instances that hold it, and under which attribute. Values come to know them when they are
set, loaded or refreshed. What is set or loaded is first made a mutable value by `coerce()`.
"""

from __future__ import annotations

import functools
import typing as t
import weakref

from .. import _core, event
from ..orm.attributes import flag_modified
from ..orm.base import NO_VALUE
from ..orm.mapper import Mapper
from ..sql.schema import Column
from ..sql.type_api import to_instance

_KT = t.TypeVar("_KT")
_VT = t.TypeVar("_VT")
_T = t.TypeVar("_T")


class _Parents:
    """Instances (held weakly, by identity) and the attribute under which each holds a value."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: t.Dict[int, t.Tuple[t.Any, str]] = {}

    def add(self, instance: t.Any, key: str) -> None:
        number, held = id(instance), self._held
        self._held[number] = weakref.ref(instance, lambda _: held.pop(number, None)), key

    def drop(self, instance: t.Any) -> None:
        self._held.pop(id(instance), None)

    def instances(self) -> t.List[t.Tuple[t.Any, str]]:
        found = [(held(), key) for held, key in list(self._held.values())]
        return [(instance, key) for instance, key in found if instance is not None]

    def items(self) -> t.List[t.Tuple[t.Any, str]]:
        """The states of the instances, and keys."""
        return [(_core.inst_state(instance), key) for instance, key in self.instances()]

    def keys(self) -> t.List[t.Any]:
        return [state for state, _ in self.items()]

    __iter__ = lambda self: iter(self.keys())  # noqa: E731

    def __len__(self) -> int:
        return len(self.instances())

    def __setitem__(self, state: t.Any, key: str) -> None:
        self.add(state.obj(), key)

    def pop(self, state: t.Any, *default: t.Any) -> t.Any:
        found = self._held.pop(id(state.obj()), None)
        if found is not None:
            return found[1]
        if default:
            return default[0]
        raise KeyError(state)


class MutableBase:
    """What Mutable and MutableComposite have in common."""

    @functools.cached_property
    def _parents(self) -> _Parents:
        return _Parents()

    @classmethod
    def coerce(cls, key: str, value: t.Any) -> t.Any:
        """The value as one of this class; None for None. fails: ValueError for what cannot be one."""
        if value is None:
            return None
        raise ValueError(f"Attribute '{key}' does not accept objects of type {type(value)}")

    @classmethod
    def _listen_on_attribute(cls, attribute: t.Any, coerce: bool, parent_cls: t.Any) -> None:
        key = attribute.key
        if parent_cls is not attribute.class_:
            return

        def load(target: t.Any, *args: t.Any) -> None:
            value = _core.inst_peek(target, key, NO_VALUE)
            if value is NO_VALUE or value is None:
                return
            if coerce and not isinstance(value, cls):
                value = cls.coerce(key, value)
                _core.inst_set_committed(target, key, value)
            value._parents.add(target, key)

        def set_(target: t.Any, value: t.Any, oldvalue: t.Any, initiator: t.Any) -> t.Any:
            if value is oldvalue:
                return value
            if not isinstance(value, cls):
                value = cls.coerce(key, value)
            if value is not None:
                value._parents.add(target, key)
            if isinstance(oldvalue, cls):
                oldvalue._parents.drop(target)
            return value

        for name in ("load", "refresh", "unpickle"):
            event.listen(parent_cls, name, load, propagate=True)
        for name, generator in (("after_insert", "default"), ("after_update", "onupdate")):  # a flush made the value
            if getattr(attribute.property.columns[0], generator, None) is not None:
                event.listen(parent_cls, name, lambda mapper, connection, target: load(target), propagate=True)
        event.listen(attribute, "set", set_, retval=True, propagate=True)


class Mutable(MutableBase):
    """Base of mutable values of one column. Subclasses call `changed()` in whatever changes them."""

    def changed(self) -> None:
        """Tells the instances that hold the value that the next flush writes it."""
        for instance, key in self._parents.instances():
            flag_modified(instance, key)

    @classmethod
    def associate_with_attribute(cls, attribute: t.Any) -> None:
        """Makes the values of one attribute mutable."""
        cls._listen_on_attribute(attribute, True, attribute.class_)

    @classmethod
    def associate_with(cls, sqltype: t.Any) -> None:
        """Makes the values of all columns of a type class mutable, in classes that are mapped from now on."""
        cls._associate(lambda column: isinstance(column.type, sqltype))

    @classmethod
    def as_mutable(cls, sqltype: t.Any) -> t.Any:
        """A type whose columns have mutable values."""
        made = to_instance(sqltype)
        cls._associate(lambda column: column.type is made, once=True)
        return made

    @classmethod
    def _associate(cls, fits: t.Callable[[t.Any], bool], once: bool = False) -> None:
        seen: "weakref.WeakSet[t.Any]" = weakref.WeakSet()

        def configured(mapper: t.Any, class_: type) -> None:
            for prop in mapper.column_attrs:
                column = prop.columns[0]
                if not isinstance(column, Column) or not fits(column) or once and column in seen:
                    continue
                if once:  # subclasses inherit the listeners of the class that has the column
                    seen.add(column)
                cls.associate_with_attribute(getattr(class_, prop.key))

        event.listen(Mapper, "mapper_configured", configured)


class MutableComposite(MutableBase):
    """Base of mutable values of several columns (`composite()`)."""

    def changed(self) -> None:
        """Writes the value's parts to the attributes of the instances that hold it."""
        for state, key in self._parents.items():
            prop = state.mapper.get_property(key)
            prop.write(state.obj(), self)


def _telling(base: type, name: str) -> t.Callable[..., t.Any]:
    """A method of a builtin container that says that it changed something."""
    plain = getattr(base, name)

    def method(self: t.Any, *args: t.Any, **kw: t.Any) -> t.Any:
        result = plain(self, *args, **kw)
        self.changed()
        return result

    method.__name__, method.__doc__ = name, plain.__doc__
    return method


def _in_place(name: str) -> t.Callable[..., t.Any]:
    def method(self: t.Any, other: t.Any) -> t.Any:
        getattr(self, name)(other)
        return self

    return method


class MutableDict(Mutable, t.Dict[_KT, _VT]):
    """A dictionary that tells when its own items change; not those of dictionaries inside it."""

    __setitem__, __delitem__ = _telling(dict, "__setitem__"), _telling(dict, "__delitem__")
    setdefault, update, pop = _telling(dict, "setdefault"), _telling(dict, "update"), _telling(dict, "pop")
    popitem, clear = _telling(dict, "popitem"), _telling(dict, "clear")
    __ior__ = _in_place("update")

    @classmethod
    def coerce(cls, key: str, value: t.Any) -> t.Any:
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, dict) else Mutable.coerce(key, value)

    def __reduce_ex__(self, protocol: t.Any) -> t.Any:
        return type(self), (dict(self),)


class MutableList(Mutable, t.List[_T]):
    """A list that tells when its own items change."""

    __setitem__, __delitem__, __imul__ = _telling(list, "__setitem__"), _telling(list, "__delitem__"), _telling(list, "__imul__")
    append, extend, insert = _telling(list, "append"), _telling(list, "extend"), _telling(list, "insert")
    pop, remove, clear = _telling(list, "pop"), _telling(list, "remove"), _telling(list, "clear")
    sort, reverse = _telling(list, "sort"), _telling(list, "reverse")
    __iadd__ = _in_place("extend")

    @classmethod
    def coerce(cls, key: str, value: t.Any) -> t.Any:
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, list) else Mutable.coerce(key, value)

    def __reduce_ex__(self, protocol: t.Any) -> t.Any:
        return type(self), (list(self),)


class MutableSet(Mutable, t.Set[_T]):
    """A set that tells when its members change."""

    add, remove, discard = _telling(set, "add"), _telling(set, "remove"), _telling(set, "discard")
    pop, clear, update = _telling(set, "pop"), _telling(set, "clear"), _telling(set, "update")
    difference_update, intersection_update = _telling(set, "difference_update"), _telling(set, "intersection_update")
    symmetric_difference_update = _telling(set, "symmetric_difference_update")
    __ior__, __isub__ = _in_place("update"), _in_place("difference_update")
    __iand__, __ixor__ = _in_place("intersection_update"), _in_place("symmetric_difference_update")

    @classmethod
    def coerce(cls, key: str, value: t.Any) -> t.Any:
        if isinstance(value, cls):
            return value
        return cls(value) if isinstance(value, set) else Mutable.coerce(key, value)

    def __reduce_ex__(self, protocol: t.Any) -> t.Any:
        return type(self), (list(self),)


__all__ = ["Mutable", "MutableBase", "MutableComposite", "MutableDict", "MutableList", "MutableSet"]
