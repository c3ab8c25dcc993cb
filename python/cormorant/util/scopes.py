"""Registries of one object per scope."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, Generic, TypeVar

_T = TypeVar("_T")


class ScopedRegistry(Generic[_T]):
    """One object per scope, made on first use."""

    def __init__(self, createfunc: Callable[[], _T], scopefunc: Callable[[], Any]) -> None:
        self.createfunc, self.scopefunc = createfunc, scopefunc
        self.registry: Dict[Any, _T] = {}

    def __call__(self) -> _T:
        key = self.scopefunc()
        try:
            return self.registry[key]
        except KeyError:
            return self.registry.setdefault(key, self.createfunc())

    def has(self) -> bool:
        return self.scopefunc() in self.registry

    def set(self, obj: _T) -> None:
        self.registry[self.scopefunc()] = obj

    def clear(self) -> None:
        self.registry.pop(self.scopefunc(), None)


class ThreadLocalRegistry(ScopedRegistry[_T]):
    """One object per thread."""

    def __init__(self, createfunc: Callable[[], _T]) -> None:
        self.createfunc = createfunc
        self.registry = threading.local()  # type: ignore[assignment]

    def __call__(self) -> _T:
        try:
            return self.registry.value  # type: ignore[attr-defined, no-any-return]
        except AttributeError:
            value = self.registry.value = self.createfunc()  # type: ignore[attr-defined]
            return value

    def has(self) -> bool:
        return hasattr(self.registry, "value")

    def set(self, obj: _T) -> None:
        self.registry.value = obj  # type: ignore[attr-defined]

    def clear(self) -> None:
        self.registry.__dict__.pop("value", None)


__all__ = ["ScopedRegistry", "ThreadLocalRegistry"]
