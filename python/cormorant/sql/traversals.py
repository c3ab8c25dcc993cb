"""Names about cache keys that libraries import; plans are found in C."""

from __future__ import annotations

from .nodes import CacheKey
from .visitors import HasTraverseInternals
from .vocabulary import InternalTraversal

__all__ = ["CacheKey", "HasCacheKey", "HasTraverseInternals", "InternalTraversal", "MemoizedHasCacheKey"]


class HasCacheKey:
    """Something that says with `inherit_cache = True` that its SQL depends on its parts alone."""

    __slots__ = ()
    inherit_cache: bool | None = None


MemoizedHasCacheKey = HasCacheKey
