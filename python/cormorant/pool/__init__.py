"""Pools of connections."""

from .base import (
    AssertionPool,
    AsyncAdaptedQueuePool,
    ConnectionPoolEntry,
    ManagesConnection,
    NullPool,
    Pool,
    PoolProxiedConnection,
    PoolResetState,
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
    "PoolResetState", "QueuePool", "SingletonThreadPool", "StaticPool", "_ConnectionFairy", "_ConnectionRecord", "reset_commit", "reset_none", "reset_rollback",
]  # fmt: skip
