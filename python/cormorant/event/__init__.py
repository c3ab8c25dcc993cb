"""Listening to what happens: `@event.listens_for(Engine, "connect")`."""

from __future__ import annotations

from enum import Enum
from typing import Any, Callable, TypeVar

from . import schema as _schema  # noqa: F401  (its events are known from the start)
from .registry import contains, listen as _listen, remove

_F = TypeVar("_F", bound=Callable[..., Any])


class _Marker(Enum):
    CANCEL = 1
    NO_RETVAL = 2


CANCEL = _Marker.CANCEL
NO_RETVAL = _Marker.NO_RETVAL


def listen(target: Any, identifier: str, fn: Callable[..., Any], *args: Any, **kw: Any) -> None:
    """Calls `fn` at the event `identifier` of `target`.

    :param propagate: also for subclasses of a mapped class.
    :param insert: before the functions that listen already.
    :param named: arguments by name.
    :param once: only the first time.
    :param retval: what the function answers counts.
    :raises InvalidRequestError: the target has no such event.
    """
    _load_families()
    _listen(target, identifier, fn, *args, **kw)


def listens_for(target: Any, identifier: str, *args: Any, **kw: Any) -> Callable[[_F], _F]:
    """`listen` as a decorator."""

    def decorate(fn: _F) -> _F:
        listen(target, identifier, fn, *args, **kw)
        return fn

    return decorate


def _load_families() -> None:
    """Families live beside what they speak of; engines and mappers bring theirs when first listened to."""
    from ..engine import events as _engine_events  # noqa: F401
    from ..orm import events as _orm_events  # noqa: F401


__all__ = ["CANCEL", "NO_RETVAL", "contains", "listen", "listens_for", "remove"]
