"""Events of engines, connections, pools and dialects.

Nothing is paid for while nobody listens: `refresh` looks who does and switches the extension's hooks accordingly.
"""

from __future__ import annotations

import threading
import typing as t
import weakref

from .. import exc, log
from ..event.registry import Family, add_family, heard, listeners_of, positional_count
from ..pool.base import Pool, PoolProxiedConnection, PoolResetState
from ..sql.constructors import text
from .base import Connection, Engine, all_engines
from .result import null_result
from .transactions import TRANSACTIONS

__all__ = ["ConnectionEvents", "DialectEvents", "PoolEvents", "PoolResetState", "refresh"]


class _EngineFamily(Family):
    def changed(self, key: t.Any, identifier: str, propagate: bool) -> None:
        for engine in list(all_engines):
            refresh(engine)


class ConnectionEvents(_EngineFamily):
    """Of `Engine` and `Connection`."""

    events = {
        "before_execute": ("conn", "clauseelement", "multiparams", "params", "execution_options"),
        "after_execute": ("conn", "clauseelement", "multiparams", "params", "execution_options", "result"),
        "before_cursor_execute": ("conn", "cursor", "statement", "parameters", "context", "executemany"),
        "after_cursor_execute": ("conn", "cursor", "statement", "parameters", "context", "executemany"),
        "engine_connect": ("conn",),
        "set_connection_execution_options": ("conn", "opts"),
        "set_engine_execution_options": ("engine", "opts"),
        "engine_disposed": ("engine",),
        "begin": ("conn",),
        "commit": ("conn",),
        "rollback": ("conn",),
        "savepoint": ("conn", "name"),
        "rollback_savepoint": ("conn", "name", "context"),
        "release_savepoint": ("conn", "name", "context"),
        "begin_twophase": ("conn", "xid"),
        "prepare_twophase": ("conn", "xid"),
        "rollback_twophase": ("conn", "xid", "is_prepared"),
        "commit_twophase": ("conn", "xid", "is_prepared"),
    }

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if isinstance(target, Connection):
            return target.engine
        if isinstance(target, Engine):
            return target
        return Engine if isinstance(target, type) and issubclass(target, (Engine, Connection)) else None

    def adapt(self, target: t.Any, key: t.Any, identifier: str, fn: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        if identifier == "engine_connect":
            if positional_count(fn) == 2:  # as before 2.0: (conn, branch)
                return lambda conn: fn(conn, False)
        if identifier in ("before_execute", "after_execute"):
            full = len(self.events[identifier])
            if positional_count(fn) == full - 1:  # as before 1.4: without execution_options
                return (lambda c, e, m, p, o: fn(c, e, m, p)) if identifier == "before_execute" else (lambda c, e, m, p, o, r: fn(c, e, m, p, r))
        return fn


class DialectEvents(_EngineFamily):
    """Of `Engine`, about the work of its dialect."""

    events = {"handle_error": ("context",), "do_connect": ("dialect", "conn_rec", "cargs", "cparams")}
    retval = ("handle_error",)
    _absent = ("do_execute", "do_executemany", "do_execute_no_params", "do_setinputsizes")

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if identifier in self._absent or identifier == "do_connect":
            if isinstance(target, Engine) or target is Engine:
                raise NotImplementedError(f"event {identifier!r} is not supported: the driver is built in")
            return None
        if identifier not in self.events:
            return None
        return target if isinstance(target, Engine) or (isinstance(target, type) and issubclass(target, Engine)) else None


class PoolEvents(_EngineFamily):
    """Of `Pool` and `Engine`."""

    events = {
        "connect": ("dbapi_connection", "connection_record"),
        "first_connect": ("dbapi_connection", "connection_record"),
        "checkout": ("dbapi_connection", "connection_record", "connection_proxy"),
        "checkin": ("dbapi_connection", "connection_record"),
        "reset": ("dbapi_connection", "connection_record", "reset_state"),
        "invalidate": ("dbapi_connection", "connection_record", "exception"),
        "soft_invalidate": ("dbapi_connection", "connection_record", "exception"),
        "close": ("dbapi_connection", "connection_record"),
        "detach": ("dbapi_connection", "connection_record"),
        "close_detached": ("dbapi_connection",),
    }

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if isinstance(target, (Engine, Pool)):
            return target
        if isinstance(target, type):
            return target if issubclass(target, (Engine, Pool)) else None
        return None


_NAMES = frozenset({*ConnectionEvents.events, *DialectEvents.events, *PoolEvents.events})
_CURSOR = ("before_cursor_execute", "after_cursor_execute")
_CONNECT = ("connect", "first_connect")
_WATCHED = {*_CURSOR, "handle_error", "before_execute", "after_execute"}
# What only Engine.connect(), close() and transaction objects look at; everything else needs execute() to take the long way.
_NOT_SLOW = {*_CURSOR, *TRANSACTIONS, *_CONNECT, "checkout", "checkin", "engine_connect", "engine_disposed", "set_engine_execution_options", "reset", "close"}


def refresh(engine: t.Any) -> None:
    """Who listens to this engine, and what that switches on."""
    names = _NAMES & heard(engine) | heard(engine.pool).intersection(PoolEvents.events)
    engine._listening = names
    engine._slow = bool(names - _NOT_SLOW)
    engine._tell()
    everything = frozenset().union(*(one._listening for one in engine._family()))
    first = engine._first
    first._set_watch(_Watcher(first) if everything & _WATCHED else None)
    first._set_on_connect(_Greeter(first) if everything.intersection(_CONNECT) else None)


class _Greeter:
    """Hands every new physical connection to `connect` listeners."""

    def __init__(self, engine: t.Any) -> None:
        self.engine = weakref.ref(engine)
        self.greeted = False

    def __call__(self, connection: t.Any) -> None:
        engine = self.engine()
        if engine is None:
            return
        proxied = PoolProxiedConnection(connection, owns=False)
        names = ("first_connect", "connect") if not engine.__dict__.get("_greeted") else ("connect",)
        engine.__dict__["_greeted"] = True
        for name in names:
            for target in (engine, engine.pool):
                for listener in listeners_of(target, name):
                    listener.call(proxied.dbapi_connection, proxied._connection_record)
        log.pool_debug(engine, "Created new connection")


class _Watcher:
    """Tells cursor events of every statement, whoever runs it."""

    def __init__(self, engine: t.Any) -> None:
        self.engine = weakref.ref(engine)
        self.contexts: dict[int, list[t.Any]] = {}

    def __call__(
        self, connection: t.Any, after: bool, failed: Exception | None, statement: str, parameters: tuple[t.Any, ...], nsets: int, rowcount: int
    ) -> tuple[str, t.Any] | None:
        if self.engine() is None:
            return None
        engine = connection.engine
        from .default import DefaultExecutionContext, EventCursor

        contexts = self.contexts.setdefault(threading.get_ident(), [])
        if not after:
            if connection._borrowed and not connection._told:
                _tell_of_session(engine, "before_execute", connection, statement, parameters)
            cursor = EventCursor()
            context = DefaultExecutionContext(connection, statement, parameters=parameters, cursor=cursor, executemany=nsets > 1)
            contexts.append(context)
            sent, values = statement, parameters
            for listener in listeners_of(engine, "before_cursor_execute"):
                answer = listener.call(connection, cursor, sent, values, context, nsets > 1)
                if listener.retval:
                    sent, values = _checked_change(listener.fn, answer)
            same = tuple(values) == parameters
            if sent is statement and same:
                return None
            context.statement, context.parameters = sent, [values]
            return sent, None if same else values
        announced = nsets > 0  # not what the database refused to prepare
        context = contexts.pop() if contexts and announced else DefaultExecutionContext(connection, statement, parameters=parameters)
        if failed is not None:
            if connection._borrowed:  # of a session; a program's connection hands its errors over by itself
                connection._handle_error(failed, statement, parameters)
            return None
        context.cursor.rowcount = rowcount
        for listener in listeners_of(engine, "after_cursor_execute"):
            listener.call(connection, context.cursor, context.statement or statement, parameters, context, nsets > 1)
        if connection._borrowed and not connection._told:
            _tell_of_session(engine, "after_execute", connection, statement, parameters, null_result())
        return None


def _tell_of_session(engine: t.Any, event: str, connection: t.Any, statement: str, parameters: tuple[t.Any, ...], *result: t.Any) -> None:
    """What a session sends (flush, queries, lazy loads) is told as text: it was compiled before, perhaps long ago."""
    listeners = listeners_of(engine, event)
    if not listeners:
        return
    element = text(statement.replace(":", "\\:"))
    for listener in listeners:
        answer = listener.call(connection, element, [], {f"param_{i}": value for i, value in enumerate(parameters, 1)}, connection._options, *result)
        if listener.retval and event == "before_execute" and answer is not None and answer[0] is not element:
            raise exc.InvalidRequestError(
                f"before_execute cannot replace the statements of sessions, as {getattr(listener.fn, '__name__', listener.fn)!r} does; "
                "do_orm_execute can, and before_cursor_execute with retval=True"
            )


def _checked_change(fn: t.Any, answer: t.Any) -> tuple[str, t.Any]:
    """What a listener with retval=True puts in the place of a statement."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[0], str) or not isinstance(answer[1], (tuple, list)):
        name = getattr(fn, "__name__", repr(fn))
        raise exc.InvalidRequestError(
            f"{name}() listens to before_cursor_execute with retval=True: it must answer (statement, parameters), not {answer!r}"
        )
    return answer


add_family(ConnectionEvents())
add_family(DialectEvents())
add_family(PoolEvents())
