"""The collections that instances answer for association proxies: views of a relationship's list, set or dictionary whose items
are one attribute of its members.

A view holds its instance, not the collection: it always shows the current one. Adding a value makes a member with the proxy's
creator; everything that only reads is done on a plain copy.
"""

from __future__ import annotations

import typing as t
from collections.abc import ItemsView, MutableMapping, MutableSequence, MutableSet, ValuesView

from .. import exc

_T = t.TypeVar("_T")


class _lazy_collection(t.Generic[_T]):  # noqa: N801 - the name of the API
    """A relationship's collection of one instance, looked up whenever it is called."""

    __slots__ = ("parent", "target")

    def __init__(self, obj: t.Any, target: str) -> None:
        self.parent, self.target = obj, target

    def __call__(self) -> t.Any:
        return getattr(self.parent, self.target)

    def __getstate__(self) -> t.Dict[str, t.Any]:
        return {"obj": self.parent, "target": self.target}

    def __setstate__(self, state: t.Mapping[str, t.Any]) -> None:
        self.parent, self.target = state["obj"], state["target"]


def collection_kind(collection: t.Any) -> t.Any:
    """list, set or dict: what a collection is, or acts like. fails: InvalidRequestError."""
    emulates = getattr(collection, "__emulates__", None)
    for kind in (list, set, dict):
        if isinstance(collection, kind) or emulates is not None and issubclass(emulates, kind):
            return kind
    for method, kind in (("append", list), ("add", set), ("set", dict)):
        if hasattr(collection, method):
            return kind
    raise exc.InvalidRequestError(f"lazy collection factory did not return a valid collection type, got {type(collection)}")


class _AssociationCollection(t.Generic[_T]):
    """What the three views have in common."""

    def __init__(self, lazy_collection: t.Any, creator: t.Any, getter: t.Any, setter: t.Any, parent: t.Any) -> None:
        self.lazy_collection, self.parent = lazy_collection, parent
        self.creator, self.getter, self.setter = creator, getter, setter

    @property
    def col(self) -> t.Any:
        """The relationship's collection."""
        return self.lazy_collection()

    def _is_view_of(self, other: t.Any) -> bool:
        """Whether another view shows the same collection."""
        return isinstance(other, _AssociationCollection) and other.parent.parent is self.parent.parent and other.col is self.col

    def _plain(self) -> t.Any:
        raise NotImplementedError(type(self).__name__)

    def _get(self, member: t.Any) -> t.Any:
        return self.getter(member)

    def __len__(self) -> int:
        return len(self.col)

    def __bool__(self) -> bool:
        return bool(self.col)

    def __getstate__(self) -> t.Dict[str, t.Any]:
        return {"owner": self.parent.owning_class, "proxy": _name_of(self.parent), "lazy_collection": self.lazy_collection}

    def __setstate__(self, state: t.Mapping[str, t.Any]) -> None:
        self.parent, self.lazy_collection = getattr(state["owner"], state["proxy"]), state["lazy_collection"]
        self.parent._inflate(self)

    def __eq__(self, other: object) -> bool:
        return bool(self._plain() == _plain_of(other))

    def __ne__(self, other: object) -> bool:
        return bool(self._plain() != _plain_of(other))

    def __repr__(self) -> str:
        return repr(self._plain())

    def copy(self) -> t.Any:
        return self._plain()

    def clear(self) -> None:
        self.col.clear()

    __hash__ = None  # type: ignore[assignment]


def _name_of(instance: t.Any) -> str:
    for base in instance.owning_class.__mro__:
        for name, value in base.__dict__.items():
            if value is instance.parent:
                return t.cast(str, name)
    raise exc.InvalidRequestError(f"{instance!r} is not an attribute of {instance.owning_class.__name__}")


def _plain_of(other: t.Any) -> t.Any:
    return other._plain() if isinstance(other, _AssociationCollection) else other


class _AssociationSingleItem(_AssociationCollection[_T]):
    """Lists and sets: members are made from a value."""

    def _create(self, value: t.Any) -> t.Any:
        return self.creator(value)

    def __contains__(self, value: object) -> bool:
        return any(self._get(member) == value for member in self.col)

    def __iter__(self) -> t.Iterator[t.Any]:
        for member in self.col:
            yield self._get(member)

    def __lt__(self, other: t.Any) -> t.Any:
        return self._plain() < _plain_of(other)

    def __le__(self, other: t.Any) -> t.Any:
        return self._plain() <= _plain_of(other)

    def __gt__(self, other: t.Any) -> t.Any:
        return self._plain() > _plain_of(other)

    def __ge__(self, other: t.Any) -> t.Any:
        return self._plain() >= _plain_of(other)


class _AssociationList(_AssociationSingleItem[_T], MutableSequence):  # type: ignore[type-arg]
    """A list of values of members."""

    def _plain(self) -> t.List[t.Any]:
        return [self._get(member) for member in self.col]

    def _bulk_replace(self, assoc_proxy: t.Any, values: t.Iterable[t.Any]) -> None:
        self.clear()
        assoc_proxy._set(self, values)

    def __getitem__(self, index: t.Any) -> t.Any:
        found = self.col[index]
        return [self._get(member) for member in found] if isinstance(index, slice) else self._get(found)

    def __setitem__(self, index: t.Any, value: t.Any) -> None:
        if not isinstance(index, slice):
            self.setter(self.col[index], value)
            return
        places, values = range(*index.indices(len(self))), list(value)
        if places.step == 1:
            self.col[index] = [self._create(item) for item in values]
            return
        if len(values) != len(places):
            raise ValueError(f"attempt to assign sequence of size {len(values)} to extended slice of size {len(places)}")
        for place, item in zip(places, values):
            self.setter(self.col[place], item)

    def __delitem__(self, index: t.Any) -> None:
        del self.col[index]

    def append(self, value: t.Any) -> None:
        self.col.append(self._create(value))

    def insert(self, index: int, value: t.Any) -> None:
        self.col[index:index] = [self._create(value)]

    def extend(self, values: t.Iterable[t.Any]) -> None:
        for value in list(values):
            self.append(value)

    def pop(self, index: int = -1) -> t.Any:
        return self.getter(self.col.pop(index))

    def remove(self, value: t.Any) -> None:
        for place, found in enumerate(self):
            if found == value:
                del self.col[place]
                return
        raise ValueError("value not in list")

    def clear(self) -> None:
        del self.col[0 : len(self.col)]

    def count(self, value: t.Any) -> int:
        return self._plain().count(value)

    def index(self, value: t.Any, *args: t.Any) -> int:
        return self._plain().index(value, *args)

    def reverse(self) -> t.NoReturn:
        raise NotImplementedError("association lists cannot be reversed in place")

    def sort(self) -> t.NoReturn:
        raise NotImplementedError("association lists cannot be sorted in place")

    def __add__(self, other: t.Any) -> t.Any:
        return self._plain() + list(other) if hasattr(other, "__iter__") else NotImplemented

    def __radd__(self, other: t.Any) -> t.Any:
        return list(other) + self._plain() if hasattr(other, "__iter__") else NotImplemented

    def __mul__(self, n: t.Any) -> t.Any:
        return self._plain() * n if isinstance(n, int) else NotImplemented

    __rmul__ = __mul__

    def __iadd__(self, values: t.Iterable[t.Any]) -> t.Any:
        self.extend(values)
        return self

    def __imul__(self, n: t.Any) -> t.Any:
        if not isinstance(n, int):
            return NotImplemented
        if n <= 0:
            self.clear()
        else:
            self.extend(self._plain() * (n - 1))
        return self


class _AssociationDict(_AssociationCollection[_T], MutableMapping):  # type: ignore[type-arg]
    """A dictionary of values of members, under the keys of the relationship's dictionary."""

    def _plain(self) -> t.Dict[t.Any, t.Any]:
        return {key: self._get(member) for key, member in self.col.items()}

    def _create(self, key: t.Any, value: t.Any) -> t.Any:
        return self.creator(key, value)

    def _bulk_replace(self, assoc_proxy: t.Any, values: t.Mapping[t.Any, t.Any]) -> None:
        values = dict(values or {})
        for key, value in values.items():
            self[key] = value
        for key in [key for key in self if key not in values]:
            del self[key]

    def __getitem__(self, key: t.Any) -> t.Any:
        return self._get(self.col[key])

    def __setitem__(self, key: t.Any, value: t.Any) -> None:
        if key in self.col:
            self.setter(self.col[key], key, value)
        else:
            self.col[key] = self._create(key, value)

    def __delitem__(self, key: t.Any) -> None:
        del self.col[key]

    def __contains__(self, key: object) -> bool:
        return key in self.col

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self.col.keys())

    def keys(self) -> t.Any:
        return self.col.keys()

    def items(self) -> t.Any:
        return ItemsView(self)

    def values(self) -> t.Any:
        return ValuesView(self)

    def setdefault(self, key: t.Any, default: t.Any = None) -> t.Any:
        if key not in self.col:
            self.col[key] = self._create(key, default)
            return default
        return self[key]

    def pop(self, key: t.Any, *default: t.Any) -> t.Any:
        if default and key not in self.col:
            return default[0]
        return self._get(self.col.pop(key))

    def popitem(self) -> t.Tuple[t.Any, t.Any]:
        key, member = self.col.popitem()
        return key, self._get(member)

    def update(self, *args: t.Any, **kw: t.Any) -> None:
        for key, value in dict(*args, **kw).items():
            self[key] = value


_SetMethod = t.Callable[..., t.Any]


def _reading(name: str) -> _SetMethod:
    """A method of sets that changes nothing: that of a plain copy."""

    def method(self: t.Any, *others: t.Any) -> t.Any:
        return getattr(self._plain(), name)(*[_plain_of(other) for other in others])

    method.__name__ = name
    return method


def _updating(name: str) -> _SetMethod:
    """A method of sets that changes it: what a plain copy becomes by it."""

    def method(self: t.Any, *others: t.Any) -> None:
        wanted = self._plain()
        getattr(wanted, name)(*[_plain_of(other) for other in others])
        self._become(wanted)

    method.__name__ = name
    return method


def _in_place(name: str) -> _SetMethod:
    def method(self: t.Any, other: t.Any) -> t.Any:
        if not isinstance(other, (set, frozenset, _AssociationSet)):
            return NotImplemented
        getattr(self, name)(other)
        return self

    return method


class _AssociationSet(_AssociationSingleItem[_T], MutableSet):  # type: ignore[type-arg]
    """A set of values of members."""

    def _plain(self) -> t.Set[t.Any]:
        return {self._get(member) for member in self.col}

    def _become(self, wanted: t.Set[t.Any]) -> None:
        have = self._plain()
        for value in have - wanted:
            self.remove(value)
        for value in wanted - have:
            self.add(value)

    def _bulk_replace(self, assoc_proxy: t.Any, values: t.Iterable[t.Any]) -> None:
        wanted = list(values or ())
        for value in wanted:  # in their order
            self.add(value)
        for value in self._plain().difference(wanted):
            self.remove(value)

    def add(self, value: t.Any) -> None:
        if value not in self:
            self.col.add(self._create(value))

    def discard(self, value: t.Any) -> None:
        for member in self.col:
            if self._get(member) == value:
                self.col.discard(member)
                return

    def remove(self, value: t.Any) -> None:
        if value not in self:
            raise KeyError(value)
        self.discard(value)

    def pop(self) -> t.Any:
        if not self.col:
            raise KeyError("pop from an empty set")
        return self._get(self.col.pop())

    def update(self, *others: t.Iterable[t.Any]) -> None:
        for other in others:
            for value in list(other):
                self.add(value)

    union, difference, intersection = _reading("union"), _reading("difference"), _reading("intersection")
    symmetric_difference, issubset, issuperset = _reading("symmetric_difference"), _reading("issubset"), _reading("issuperset")
    __or__, __sub__, __and__, __xor__ = _reading("__or__"), _reading("__sub__"), _reading("__and__"), _reading("__xor__")
    __ror__, __rsub__, __rand__, __rxor__ = _reading("__ror__"), _reading("__rsub__"), _reading("__rand__"), _reading("__rxor__")
    difference_update, intersection_update = _updating("difference_update"), _updating("intersection_update")
    symmetric_difference_update = _updating("symmetric_difference_update")
    __ior__, __isub__ = _in_place("update"), _in_place("difference_update")
    __iand__, __ixor__ = _in_place("intersection_update"), _in_place("symmetric_difference_update")
