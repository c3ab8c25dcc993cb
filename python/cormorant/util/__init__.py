"""Small helpers that programs import from here; the package itself needs only `warn()`."""

from __future__ import annotations

import importlib
import sys
import typing as t
import warnings
from collections import OrderedDict as OrderedDict
from types import MappingProxyType

from .. import exc
from . import concurrency as concurrency
from .scopes import ScopedRegistry as ScopedRegistry
from .scopes import ThreadLocalRegistry as ThreadLocalRegistry

__all__ = [
    "EMPTY_DICT", "IdentitySet", "OrderedDict", "OrderedSet", "ScopedRegistry", "ThreadLocalRegistry", "classproperty", "column_dict",
    "concurrency", "immutabledict", "memoized_property", "symbol", "to_list", "to_set", "warn",
]  # fmt: skip

_T = t.TypeVar("_T")

EMPTY_DICT: t.Mapping[t.Any, t.Any] = MappingProxyType({})
column_dict = dict


class memoized_property(t.Generic[_T]):  # noqa: N801 - the name of the API
    """A property worked out once; the value then lies in the instance's dictionary."""

    def __init__(self, fget: t.Callable[..., _T], doc: str | None = None) -> None:
        self.fget = fget
        self.__doc__ = doc or fget.__doc__
        self.__name__ = fget.__name__

    def __get__(self, obj: t.Any, cls: t.Any = None) -> t.Any:
        if obj is None:
            return self
        value = obj.__dict__[self.__name__] = self.fget(obj)
        return value

    @classmethod
    def reset(cls, obj: t.Any, name: str) -> None:
        obj.__dict__.pop(name, None)


class classproperty(property):  # noqa: N801 - the name of the API
    """A property of the class itself."""

    def __get__(self, instance: t.Any, owner: t.Any = None) -> t.Any:
        return self.fget(owner) if self.fget is not None else None


class immutabledict(dict[t.Any, t.Any]):  # noqa: N801 - the name of the API
    """A dictionary that does not change; `union()` answers a larger one."""

    def _refuse(self, *args: t.Any, **kw: t.Any) -> t.NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse  # type: ignore[assignment]

    def union(self, *others: t.Mapping[t.Any, t.Any], **kw: t.Any) -> immutabledict:
        made = dict(self)
        for other in others:
            made.update(other or {})
        made.update(kw)
        return immutabledict(made)

    merge_with = union

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> t.Any:
        return immutabledict, (dict(self),)


class OrderedSet(t.Generic[_T]):
    """A set that remembers the order in which things came."""

    def __init__(self, items: t.Iterable[_T] = ()) -> None:
        self._items: dict[_T, None] = dict.fromkeys(items)

    def add(self, item: _T) -> None:
        self._items.setdefault(item)

    def remove(self, item: _T) -> None:
        del self._items[item]

    def discard(self, item: _T) -> None:
        self._items.pop(item, None)

    def update(self, *iterables: t.Iterable[_T]) -> None:
        for iterable in iterables:
            self._items.update(dict.fromkeys(iterable))

    def clear(self) -> None:
        self._items.clear()

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> t.Iterator[_T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> _T:
        return list(self._items)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderedSet) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OrderedSet({list(self)!r})"


class IdentitySet:
    """A set that compares by identity."""

    def __init__(self, items: t.Iterable[t.Any] = ()) -> None:
        self._items = {id(item): item for item in items}

    def add(self, item: t.Any) -> None:
        self._items[id(item)] = item

    def remove(self, item: t.Any) -> None:
        del self._items[id(item)]

    def discard(self, item: t.Any) -> None:
        self._items.pop(id(item), None)

    def update(self, items: t.Iterable[t.Any]) -> None:
        for item in items:
            self.add(item)

    def __contains__(self, item: object) -> bool:
        return id(item) in self._items

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(list(self._items.values()))

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentitySet) and self._items.keys() == other._items.keys()

    __hash__ = None  # type: ignore[assignment]


def symbol(name: str, doc: str | None = None, canonical: int | None = None) -> str:
    """A name that stands for itself."""
    return name


def to_list(x: t.Any, default: t.Any = None) -> t.Any:
    """A list of what may be one thing, several, or None."""
    if x is None:
        return default
    if isinstance(x, list):
        return x
    return list(x) if isinstance(x, t.Iterable) and not isinstance(x, (str, bytes)) else [x]


def to_set(x: t.Any) -> set[t.Any]:
    """The same as a set."""
    return set(to_list(x, []))


def warn(message: str, category: type[Warning] = exc.SAWarning) -> None:
    """A warning of the library, shown at the line of the program that asked for it."""
    package = __name__.split(".", 1)[0] + "."
    depth, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(package):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, category, stacklevel=depth)


def warn_deprecated(message: str) -> None:
    """A warning of what is to go away."""
    warn(message, exc.SADeprecationWarning)


def __getattr__(name: str) -> t.Any:
    if name in ("generic_repr", "get_cls_kwargs", "langhelpers", "set_creation_order"):
        module = importlib.import_module(f"{__name__}.langhelpers")
        return module if name == "langhelpers" else getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
