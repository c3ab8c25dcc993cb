"""Pools of connections."""

import typing as _t

from .base import (
    AssertionPool,
    AsyncAdaptedQueuePool,
    ConnectionPoolEntry,
    ManagesConnection,
    NullPool,
    Pool,
    PoolProxiedConnection,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
    _ConnectionFairy,
    _ConnectionRecord,
    reset_commit,
    reset_none,
    reset_rollback,
)

__all__ = [
    "AssertionPool", "AsyncAdaptedQueuePool", "ConnectionPoolEntry", "ManagesConnection", "NullPool", "Pool", "PoolProxiedConnection",
    "QueuePool", "SingletonThreadPool", "StaticPool", "_ConnectionFairy", "_ConnectionRecord", "reset_commit", "reset_none", "reset_rollback",
]  # fmt: skip


def __getattr__(name: str) -> _t.Any:
    if name == "PoolResetState":  # lives with the events, which look at pools
        from ..engine.events import PoolResetState

        return PoolResetState
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
