"""The pool of an engine, and PEP 249 connections as it hands them out.

The pool itself is in the core; these classes are its face: `engine.pool.status()`, events, and choosing one by class in
`create_engine(poolclass=...)`.
"""

from __future__ import annotations

import typing as t
import weakref

from .. import exc

__all__ = [
    "AssertionPool", "AsyncAdaptedQueuePool", "ConnectionPoolEntry", "ManagesConnection", "NullPool", "Pool", "PoolProxiedConnection",
    "QueuePool", "SingletonThreadPool", "StaticPool", "_ConnectionFairy", "_ConnectionRecord", "reset_commit", "reset_none", "reset_rollback",
]  # fmt: skip

reset_rollback, reset_commit, reset_none = "rollback", "commit", None


class Pool:
    """The connections that an engine keeps open."""

    _engine: t.Any = None

    def __init__(self, creator: t.Any = None, **kwargs: t.Any) -> None:
        raise NotImplementedError(
            f"{type(self).__name__}(creator) is not supported: pools belong to engines; use "
            f"create_engine(poolclass={type(self).__name__})"
        )

    @classmethod
    def of(cls, engine: t.Any) -> Pool:
        """The face of an engine's pool, of the class that its kind has."""
        kind = engine._pool_status()[2]
        made = object.__new__((QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool)[kind])
        made._engine = weakref.ref(engine)
        return made

    @property
    def engine(self) -> t.Any:
        found = self._engine()
        if found is None:
            raise exc.InvalidRequestError("the engine of this pool is gone")
        return found

    @property
    def echo(self) -> t.Any:
        return self.engine.echo

    @property
    def logging_name(self) -> str | None:
        return t.cast("str | None", self.engine.logging_name)

    def connect(self) -> PoolProxiedConnection:
        return t.cast("PoolProxiedConnection", self.engine.raw_connection())

    def dispose(self) -> None:
        self.engine.dispose()

    def recreate(self) -> Pool:
        return self

    def _counts(self) -> tuple[int, int, int, int]:
        idle, in_use, _, size, overflow = self.engine._pool_status()
        return idle, in_use, size, overflow

    def size(self) -> int:
        return self._counts()[2]

    def checkedin(self) -> int:
        return self._counts()[0]

    def checkedout(self) -> int:
        return self._counts()[1]

    def overflow(self) -> int:
        idle, in_use, size, _ = self._counts()
        return idle + in_use - size

    def timeout(self) -> float:
        return 30.0

    def status(self) -> str:
        return f"Pool size: {self.size()}  Connections in pool: {self.checkedin()} Current Overflow: {self.overflow()} Current Checked out connections: {self.checkedout()}"

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} {self.status()}>"


class QueuePool(Pool):
    """Keeps up to pool_size connections, opens max_overflow more, then waits."""


class AsyncAdaptedQueuePool(QueuePool):
    """The same for asynchronous engines."""


class NullPool(Pool):
    """Keeps none: every checkout opens a connection."""

    def status(self) -> str:
        return "NullPool"


class StaticPool(Pool):
    """One connection for everybody."""

    def status(self) -> str:
        return "StaticPool"


class SingletonThreadPool(Pool):
    """One connection for each thread."""

    def status(self) -> str:
        return f"SingletonThreadPool id:{id(self)} size: {self._counts()[0] + self._counts()[1]}"


class AssertionPool(Pool):
    """One connection, and an AssertionError that tells who has it for whoever wants a second: a net for tests."""

    def status(self) -> str:
        return "AssertionPool"


class PoolResetState(t.NamedTuple):
    """Why a connection is being reset."""

    transaction_was_reset: bool = False
    terminate_only: bool = False
    asyncio_safe: bool = True


class ManagesConnection:
    """Something that holds a PEP 249 connection."""

    dbapi_connection: t.Any

    @property
    def driver_connection(self) -> t.Any:
        return self.dbapi_connection


class ConnectionPoolEntry(ManagesConnection):
    """A place in the pool."""


class _ConnectionRecord(ConnectionPoolEntry):
    """A physical connection as `connect` listeners see it."""

    in_use = True
    starttime = 0.0
    fresh = False

    def __init__(self, dbapi_connection: t.Any) -> None:
        self.dbapi_connection = dbapi_connection

    @property
    def connection(self) -> t.Any:
        return self.dbapi_connection

    @property
    def info(self) -> dict[t.Any, t.Any]:
        return t.cast("dict[t.Any, t.Any]", self.dbapi_connection._info)

    record_info = info

    def close(self) -> None:
        raise exc.InvalidRequestError("connections of a pool are closed by the pool; use invalidate()")

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        raise exc.InvalidRequestError("use Connection.invalidate()")


class PoolProxiedConnection(ManagesConnection):
    """A PEP 249 connection checked out of a pool: close() gives it back."""

    _sa_proxied = True

    def __init__(self, connection: t.Any, owns: bool) -> None:
        self._connection = connection
        self._owns = owns

    @property
    def dbapi_connection(self) -> t.Any:
        if self._connection is None or self._connection.closed:
            return None
        return self._connection.dialect.dbapi.facade(self._connection)

    @property
    def connection(self) -> t.Any:
        return self.dbapi_connection

    @property
    def _connection_record(self) -> t.Any:
        found = self.dbapi_connection
        return None if found is None else _ConnectionRecord(found)

    @property
    def info(self) -> dict[t.Any, t.Any]:
        return t.cast("dict[t.Any, t.Any]", self._require()._info)

    record_info = info

    @property
    def is_valid(self) -> bool:
        return self._connection is not None and not self._connection.closed and not self._connection.invalidated

    @property
    def is_detached(self) -> bool:
        return False

    def _require(self) -> t.Any:
        found = self.dbapi_connection
        if found is None:
            raise exc.InvalidRequestError("This connection is closed")
        return found

    def cursor(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return self._require().cursor(*args, **kwargs)

    def commit(self) -> None:
        self._require().commit()

    def rollback(self) -> None:
        self._require().rollback()

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        if self._connection is not None:
            self._connection._invalidate()
            self.close()

    def detach(self) -> None:
        raise NotImplementedError("detach() is not supported: physical connections stay with their pool; invalidate() drops one")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self._owns:
            connection.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc_info: t.Any) -> None:
        self.close()

    def __getattr__(self, key: str) -> t.Any:
        return getattr(self._require(), key)

    def __bool__(self) -> bool:
        return True


_ConnectionFairy = PoolProxiedConnection
