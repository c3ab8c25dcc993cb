"""Names about cache keys that libraries import; plans are found in C."""

from __future__ import annotations

import types
import typing as t

from .visitors import HasTraverseInternals
from .vocabulary import InternalTraversal

__all__ = ["CacheKey", "HasCacheKey", "HasTraverseInternals", "InternalTraversal", "MemoizedHasCacheKey"]


class CacheKey(t.NamedTuple):
    """Names what two statements share when they share a plan. Plans are found in C; this is for programs that look."""

    key: tuple[t.Any, ...]
    bindparams: t.Sequence[t.Any]
    params: t.Mapping[str, t.Any] = types.MappingProxyType({})


class HasCacheKey:
    """Something that says with `inherit_cache = True` that its SQL depends on its parts alone."""

    __slots__ = ()
    inherit_cache: bool | None = None


MemoizedHasCacheKey = HasCacheKey
