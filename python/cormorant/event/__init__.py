"""Listening to what happens: `@event.listens_for(Engine, "connect")`."""

from __future__ import annotations

from enum import Enum
from typing import Any, Callable, TypeVar

from .registry import contains, listen, remove

_F = TypeVar("_F", bound=Callable[..., Any])


class _Marker(Enum):
    CANCEL = 1
    NO_RETVAL = 2


CANCEL = _Marker.CANCEL
NO_RETVAL = _Marker.NO_RETVAL


def listens_for(target: Any, identifier: str, *args: Any, **kw: Any) -> Callable[[_F], _F]:
    """`listen` as a decorator."""

    def decorate(fn: _F) -> _F:
        listen(target, identifier, fn, *args, **kw)
        return fn

    return decorate


__all__ = ["CANCEL", "NO_RETVAL", "contains", "listen", "listens_for", "remove"]
