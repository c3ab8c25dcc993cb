"""inspect(): what is known of an object. Modules register how with `_inspects`."""

from __future__ import annotations

import typing as t

from . import exc
from ._core import Node

__all__ = ["Inspectable", "inspect"]

_registry: dict[type, t.Any] = {}
_F = t.TypeVar("_F", bound=t.Callable[..., t.Any])


class Inspectable:
    """Objects that inspect() knows."""

    __slots__ = ()


def _inspects(*types: type) -> t.Callable[[_F], _F]:
    """Registers a function that answers inspect() for objects of some classes (and their subclasses)."""

    def register(function: _F) -> _F:
        for cls in types:
            _registry[cls] = function
        return function

    return register


def _self_inspects(cls: type) -> type:
    """Registers a class whose objects answer themselves."""
    _registry[cls] = True
    return cls


def inspect(subject: t.Any, raiseerr: bool = True) -> t.Any:
    """An Inspector for engines and connections, the mapper of a mapped class, the state of an instance, ...

    :raises NoInspectionAvailable: nothing is known of such an object (None without raiseerr).
    """
    for cls in type(subject).__mro__:
        found = _registry.get(cls)
        if found is None:
            continue
        if found is True:
            return subject
        answer = found(subject)
        if answer is not None:
            return answer
    if raiseerr:
        raise exc.NoInspectionAvailable(f"No inspection system is available for object of type {type(subject)}")
    return None


_self_inspects(Node)
