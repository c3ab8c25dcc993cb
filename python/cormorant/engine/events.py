"""Events of engines, connections, pools and dialects.

Nothing is paid for while nobody listens: `refresh` looks who does and switches the extension's hooks accordingly.
"""

from __future__ import annotations

import threading
import typing as t
import weakref

from .. import _core, exc, log
from ..event.registry import Family, add_family, heard, listeners_of, positional_count
from ..pool.base import Pool, PoolProxiedConnection, PoolResetState
from ..sql.constructors import bindparam, text
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
        self, connection: t.Any, after: bool, failed: Exception | None, statement: str, parameters: t.Any, nsets: int, rowcount: int,
        executed: tuple[t.Any, ...],
    ) -> tuple[str, t.Any] | None:
        if self.engine() is None:
            return None
        engine = connection.engine
        from .default import DefaultExecutionContext, EventCursor

        if nsets > 1 and not parameters:
            parameters = [()] * nsets
        contexts = self.contexts.setdefault(threading.get_ident(), [])
        if not after:
            element = _tell_before(engine, connection, statement, parameters, executed) if connection._borrowed and not connection._told else None
            cursor = EventCursor()
            context = DefaultExecutionContext(connection, statement, parameters=parameters, cursor=cursor, executemany=nsets > 1)
            context.invoked_statement = executed[0] if element is None else element[0]
            context._announced = element
            contexts.append(context)
            sent, values = statement, parameters
            for listener in listeners_of(engine, "before_cursor_execute"):
                answer = listener.call(connection, cursor, sent, values, context, nsets > 1)
                if listener.retval:
                    sent, values = _checked_change(listener.fn, answer)
            same = values is parameters or tuple(values) == tuple(parameters)
            if sent is statement and same:
                return None
            context.statement, context.parameters = sent, list(values) if nsets > 1 else [values]
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
        if context._announced is not None:
            for listener in listeners_of(engine, "after_execute"):
                listener.call(connection, *context._announced, connection._options, null_result())
        return None


def _tell_before(engine: t.Any, connection: t.Any, sql: str, parameters: t.Any, executed: tuple[t.Any, ...]) -> t.Any:
    """before_execute of what a session sends (flush, queries, lazy loads): the construct, several sets of parameters, a single one.
    They cannot be replaced, for what runs was compiled before; None where nobody listens."""
    listeners = listeners_of(engine, "before_execute")
    if not listeners and "after_execute" not in engine._listening:
        return None
    element, sets = _construct(sql, parameters if isinstance(parameters, list) else [parameters], *executed)
    told = (element, sets, {}) if len(sets) > 1 else (element, [], sets[0] if sets else {})
    for listener in listeners:
        answer = listener.call(connection, *told, connection._options)
        if listener.retval and answer is not None and answer[0] is not element:
            raise exc.InvalidRequestError(
                f"before_execute cannot replace the statements of sessions, as {getattr(listener.fn, '__name__', listener.fn)!r} does; "
                "do_orm_execute can, and before_cursor_execute with retval=True"
            )
    return told


def _construct(
    sql: str, values: list[t.Any], statement: t.Any, kind: int, table: t.Any, names: tuple[str | None, ...], nwhere: int
) -> tuple[t.Any, list[dict[str, t.Any]]]:
    """What was compiled, and its parameters by name, set by set."""
    if not kind or table is None:
        if statement is not None and statement._kind != _core.K_TEXT:
            return statement, []
        element = text(sql.replace(":", "\\:")) if statement is None else statement
        return element, [{f"param_{i}": value for i, value in enumerate(one, 1)} for one in values if one]
    columns = {column.name: column for column in table.c}
    found = [columns.get(name) for name in names]
    keys = [f"param_{i}" if column is None else column.key for i, column in enumerate(found, 1)]
    first = len(keys) - nwhere
    if kind == _core.K_UPDATE:
        keys[first:] = [f"{table.name}_{key}" for key in keys[first:]]
    if kind == _core.K_INSERT and len(set(keys)) < len(keys):  # rows side by side
        width = keys.index(keys[0], 1) if keys[0] in keys[1:] else len(keys)
        values = [one[at : at + width] for one in values for at in range(0, len(one), width)]
    sets = [dict(zip(keys, one)) for one in values]
    if statement is not None:
        return statement, sets if kind == _core.K_INSERT else []
    if kind == _core.K_INSERT:
        return table.insert(), sets
    change = table.update() if kind == _core.K_UPDATE else table.delete()
    return change.where(*[column == bindparam(key, type_=column.type) for column, key in zip(found[first:], keys[first:]) if column is not None]), sets


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
