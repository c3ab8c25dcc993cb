"""Engine, Connection and their transactions.

The extension executes statements; here is what a program does once per connection or per transaction: begin, commit, roll
back, nest, set options, listen. A connection begins its transaction with its first statement (in the extension); the
objects below are made when somebody asks for them.
"""

from __future__ import annotations

import contextlib
import secrets
import typing as t
import weakref

from .. import _core, exc, log
from ..event.registry import DERIVED_FROM, fire, listeners_of
from ..util import warn
from ..pool.base import PoolProxiedConnection
from ..sql.targets import BLANK_SCHEMA
from . import result as _result  # noqa: F401 - registers the classes of results
from .interfaces import Connectable
from .transactions import TRANSACTIONS, tell
from .url import URL

__all__ = [
    "Connection", "Engine", "ExceptionContextImpl", "NestedTransaction", "OptionEngine", "RootTransaction", "Transaction",
    "TwoPhaseTransaction",
]  # fmt: skip

# Options that only say how to log or cache: known, and without effect on what is executed.
_QUIET_OPTIONS = frozenset({"postgresql_readonly", "postgresql_deferrable", "compiled_cache", "logging_token", "no_parameters", "insertmanyvalues_page_size", "max_row_buffer", "preserve_rowcount"})
_STATEMENT_OPTIONS = frozenset({"stream_results", "yield_per", "autocommit", "populate_existing", "autoflush", "identity_token", "synchronize_session", "dml_strategy", "render_nulls", "is_delete_using", "is_update_from", "schema_translate_map", "isolation_level", "driver_column_names"})
all_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_engines: weakref.WeakValueDictionary[int, Engine] = weakref.WeakValueDictionary()


class Transaction:
    """A transaction of a connection. As a context manager it commits at the end, or rolls back after an exception."""

    __slots__ = ("connection", "is_active", "_in_block")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_active = True
        self._in_block = False

    @property
    def is_valid(self) -> bool:
        return self.is_active and not self.connection.invalidated

    @property
    def _deactivated_from_connection(self) -> bool:
        return not self.is_active

    def close(self) -> None:
        """Rolls back, if the transaction is still open."""
        if self.is_active:
            self.rollback()

    def rollback(self) -> None:
        if self.is_active:
            try:
                self._do_rollback()
            finally:
                self._ended()
        else:
            warn(f"{'nested ' if isinstance(self, NestedTransaction) else ''}transaction already deassociated from connection")

    def commit(self) -> None:
        if not self.is_active:
            raise exc.InvalidRequestError("This transaction is inactive")
        try:
            self._do_commit()
        except BaseException:
            with contextlib.suppress(Exception):
                self._do_rollback()
            self._ended()
            raise
        self._ended()

    def _do_commit(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not define _do_commit")

    def _do_rollback(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not define _do_rollback")

    def _ended(self) -> None:
        self.is_active = False
        if self._in_block:
            self.connection._blocked = True

    def __enter__(self) -> t.Self:
        self._in_block = True
        return self

    def __exit__(self, type_: t.Any, value: t.Any, traceback: t.Any) -> None:
        self._in_block = False
        connection = self.connection
        if not self.is_active:
            connection._blocked = False
            return
        if type_ is None:
            self.commit()
        else:
            self.rollback()


class RootTransaction(Transaction):
    """The transaction itself, as the database knows it."""

    __slots__ = ()

    def __init__(self, connection: Connection, begun: bool = False) -> None:
        super().__init__(connection)
        if not begun:
            connection._begin_now()
        connection._transaction = self

    def _do_commit(self) -> None:
        self.connection._commit_now()

    def _do_rollback(self) -> None:
        self.connection._rollback_now()

    def _ended(self) -> None:
        connection = self.connection
        super()._ended()
        nested, connection._nested_transaction = connection._nested_transaction, None
        while nested is not None:
            nested.is_active = False
            nested = nested._outer
        if connection._transaction is self:
            connection._transaction = None


class NestedTransaction(Transaction):
    """A savepoint."""

    __slots__ = ("_savepoint", "_outer")

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        connection._savepoints += 1
        self._savepoint = f"sa_savepoint_{connection._savepoints}"
        self._outer = connection._nested_transaction
        connection._savepoint(self._savepoint, 0)
        connection._nested_transaction = self

    def _do_commit(self) -> None:
        self.connection._savepoint(self._savepoint, 1)

    def _do_rollback(self) -> None:
        if self.connection._in_transaction and not self.connection.closed:
            self.connection._savepoint(self._savepoint, 2)

    def _ended(self) -> None:
        connection = self.connection
        super()._ended()
        inner = connection._nested_transaction
        while inner is not None and inner is not self:
            inner.is_active = False
            inner = inner._outer
        if inner is self:
            connection._nested_transaction = self._outer


class TwoPhaseTransaction(RootTransaction):
    """A transaction in two phases: prepared under a name, then committed or rolled back."""

    __slots__ = ("xid", "is_prepared")

    def __init__(self, connection: Connection, xid: str) -> None:
        connection._two_phase(xid)
        super().__init__(connection)
        self.xid = xid
        self.is_prepared = False

    def prepare(self) -> None:
        """Ends the first phase: what was done stays, even if everything crashes, until it is committed or rolled back."""
        if not self.is_active:
            raise exc.InvalidRequestError("This transaction is inactive")
        self.connection._prepare_now()
        self.is_prepared = True


class ExceptionContextImpl:
    """What `handle_error` listeners are told."""

    def __init__(self, error: t.Any, engine: t.Any, connection: t.Any, statement: t.Any, parameters: t.Any) -> None:
        self.engine, self.connection = engine, connection
        self.dialect = engine.dialect if engine is not None else None
        self.cursor = self.execution_context = None
        self.statement, self.parameters = statement, parameters
        self.original_exception = getattr(error, "orig", None) or error
        self.sqlalchemy_exception = error if isinstance(error, exc.StatementError) else None
        self.chained_exception: BaseException | None = None
        self.is_disconnect = bool(getattr(error, "connection_invalidated", False))
        self.invalidate_pool_on_disconnect = True
        self.is_pre_ping = False


class Connection(_core.Connection, Connectable):
    """A connection checked out of an engine. Close it, or use it as a context manager; what was not committed is rolled back."""

    _transaction: RootTransaction | None = None
    _nested_transaction: NestedTransaction | None = None
    _savepoints = 0
    _options: t.Mapping[str, t.Any] = {}
    _sqla_dialect_name: str | None = None
    _checks_first = True  # definitions may look for what is there
    _told = False  # before_execute was called for what runs now
    should_close_with_result = False
    """Nothing closes by itself; `engine_connect` listeners written for 1.x save and set it."""

    @property
    def engine(self) -> Engine:
        found = self._engine
        if found is None:
            found = _engines.get(self._engine_address)
            if found is None:
                raise exc.ResourceClosedError("This Connection is closed")
            self._engine = found
        return t.cast("Engine", found)

    @property
    def dialect(self) -> t.Any:
        return self.engine.dialect

    @property
    def info(self) -> dict[t.Any, t.Any]:
        """A dictionary that stays with the physical connection."""
        return t.cast("dict[t.Any, t.Any]", self.connection.info)

    @property
    def connection(self) -> t.Any:
        """The PEP 249 connection underneath, as the pool hands it out."""
        return PoolProxiedConnection(self, owns=False)

    @property
    def default_isolation_level(self) -> str:
        return t.cast("str", self.dialect.default_isolation_level)

    # ---- setting up: only engines with options or listeners need it

    def _prepare(self, engine: Engine) -> None:
        if engine._execution_options:
            self._apply_options(engine._execution_options)
        names = engine._listening
        if names:
            self._slow = engine._slow
            if "checkout" in names:
                self._checkout(engine)
            if "engine_connect" in names:
                fire(engine, "engine_connect", self)

    def _checkout(self, engine: Engine) -> None:
        proxied = self.connection
        for listener in listeners_of(engine, "checkout") + listeners_of(engine.pool, "checkout"):
            listener.call(proxied.dbapi_connection, proxied._connection_record, proxied)

    def _apply_options(self, options: t.Mapping[str, t.Any]) -> None:
        level = options.get("isolation_level")
        if level is not None:
            self._set_level(level)
        for name in ("readonly", "deferrable"):
            if f"{self.dialect.name}_{name}" in options:
                self._set_option(name, options[f"{self.dialect.name}_{name}"])
        self._options = {**self._options, **options}
        if "schema_translate_map" in options:
            self._set_schema_map(_schema_map(options))
        if options.keys() - _QUIET_OPTIONS - {"isolation_level", "schema_translate_map"}:
            self._slow = True

    def _set_level(self, level: str) -> None:
        allowed = self.dialect.get_isolation_level_values(None)
        name = level.replace("_", " ").upper()
        if name not in allowed:
            raise exc.ArgumentError(
                f"Invalid value {level!r} for isolation_level. Valid isolation levels for {self.dialect.name!r} are {', '.join(allowed)}"
            )
        if self._in_transaction:
            raise exc.InvalidRequestError(
                "This connection has already initialized a SQLAlchemy Transaction() object via begin() or autobegin; isolation_level "
                "is that of a transaction's start: call commit() or rollback() first."
            )
        self._set_isolation(name)
        self.__dict__["_level"] = name

    def execution_options(self, **opt: t.Any) -> Connection:
        """Changes how the connection executes from now on; answers itself."""
        engine = self.engine
        if "set_connection_execution_options" in engine._listening:
            for listener in listeners_of(engine, "set_connection_execution_options"):
                changed = listener.call(self, opt)
                opt = changed if listener.retval and changed is not None else opt
        self._apply_options(opt)
        return self

    def get_execution_options(self) -> t.Mapping[str, t.Any]:
        return dict(self._options)

    def get_isolation_level(self) -> str:
        if self._autocommit:
            return "AUTOCOMMIT"
        return t.cast("str", self.__dict__.get("_level") or self.dialect.default_isolation_level)

    def schema_for_object(self, obj: t.Any) -> str | None:
        names = self._options.get("schema_translate_map") or {}
        return t.cast("str | None", names.get(obj.schema, obj.schema))

    @contextlib.contextmanager
    def _having(self, options: t.Mapping[str, t.Any]) -> t.Iterator[None]:
        """The options of one statement are the connection's for the block: its schemas, and what listeners are shown."""
        before, self._options = self._options, {**self._options, **options}
        if "schema_translate_map" in options:
            self._set_schema_map(_schema_map(options))
        try:
            yield
        finally:
            self._options = before
            if "schema_translate_map" in options and not self.closed:
                self._set_schema_map(_schema_map(before))

    # ---- transactions

    def begin(self) -> RootTransaction:
        """Begins the transaction; an error when one is open already."""
        if self._in_transaction:
            raise exc.InvalidRequestError(
                "This connection has already initialized a SQLAlchemy Transaction() object via begin() or autobegin; can't call begin() "
                "again before commit() or rollback()."
            )
        self._raise_when_blocked()
        return RootTransaction(self)

    def begin_nested(self) -> NestedTransaction:
        """Sets a savepoint, inside the transaction that it begins when there is none."""
        self._raise_when_blocked()
        if not self._in_transaction:
            RootTransaction(self)
        return NestedTransaction(self)

    def begin_twophase(self, xid: t.Any = None) -> TwoPhaseTransaction:
        """Begins a transaction in two phases. xid: its name, which nobody else may have; made up unless given."""
        if self._in_transaction:
            raise exc.InvalidRequestError("Cannot start a two phase transaction when a transaction is already in progress.")
        self._raise_when_blocked()
        return TwoPhaseTransaction(self, f"_sa_{secrets.randbits(128):032x}" if xid is None else str(xid))

    def recover_twophase(self) -> list[t.Any]:
        """Names of transactions that were prepared and not ended since."""
        return t.cast("list[t.Any]", self.dialect.do_recover_twophase(self))

    def commit_prepared(self, xid: t.Any, recover: bool = False) -> None:
        """Commits a transaction that was prepared, whoever did that."""
        self._finish_prepared(str(xid), True)

    def rollback_prepared(self, xid: t.Any, recover: bool = False) -> None:
        """Rolls a prepared transaction back."""
        self._finish_prepared(str(xid), False)

    def _raise_when_blocked(self) -> None:
        if self._blocked:
            raise exc.InvalidRequestError(
                "Can't operate on closed transaction inside context manager.  Please complete the context manager before emitting "
                "further commands."
            )

    def _begin_now(self) -> None:
        try:
            self._begin()
        except BaseException:
            if not self.closed:
                self._rollback()
            raise

    def _commit_now(self) -> None:
        self._commit()

    def _rollback_now(self) -> None:
        if not self.closed:
            self._rollback()

    def commit(self) -> None:
        """Commits the transaction; nothing to do when there is none."""
        if self._transaction is not None:
            self._transaction.commit()
        elif self._in_transaction:
            self._commit_now()

    def rollback(self) -> None:
        """Rolls the transaction back; nothing to do when there is none."""
        if self._transaction is not None:
            self._transaction.rollback()
        elif self._in_transaction:
            self._rollback_now()

    def in_transaction(self) -> bool:
        return t.cast("bool", self._in_transaction)

    def in_nested_transaction(self) -> bool:
        return self._nested_transaction is not None and self._nested_transaction.is_active

    def get_transaction(self) -> RootTransaction | None:
        if self._transaction is None and self._in_transaction:
            return RootTransaction(self, begun=True)
        return self._transaction

    def get_nested_transaction(self) -> NestedTransaction | None:
        return self._nested_transaction

    # ---- ending

    def close(self) -> None:
        """Gives the connection back to the pool; an open transaction is rolled back."""
        if self.closed or self._borrowed:
            return
        if self._transaction is not None:
            self._transaction._in_block = False
            self._transaction.close()
        elif self._in_transaction and self.engine._tells:
            self._rollback_now()
        if "checkin" in self.engine._listening:
            proxied = self.connection
            for target in (self.engine, self.engine.pool):
                fire(target, "checkin", proxied.dbapi_connection, proxied._connection_record)
        self._close()

    def detach(self) -> None:
        raise NotImplementedError("Connection.detach() is not supported: physical connections stay with their pool; invalidate() drops one")

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Gives the physical connection up; the next transaction takes another one."""
        if self.closed:
            raise exc.ResourceClosedError("This Connection is closed")
        self._invalidate()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, type_: t.Any, value: t.Any, traceback: t.Any) -> None:
        self.close()

    # ---- executing, when it is more than a plain statement

    def _execute_general(
        self, statement: t.Any, parameters: t.Any = None, *, execution_options: t.Mapping[str, t.Any] | None = None
    ) -> t.Any:
        node = self._executable(statement)
        own = {**_options_of(node), **(execution_options or {})}
        options = {**self._options, **own}
        if "schema_translate_map" in own:
            with self._having(own):
                return self._execute_options(node, parameters, options)
        return self._execute_options(node, parameters, options)

    def _execute_options(self, node: t.Any, parameters: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
        if self.engine._slow:
            return self._execute_listened(node, parameters, options)
        return self._execute_node(node, parameters, options)

    def _executable(self, statement: t.Any) -> t.Any:
        """The statement behind whatever may be executed."""
        if isinstance(statement, str):
            raise exc.ObjectNotExecutableError(statement)
        if getattr(statement, "is_sequence", False):
            statement = statement.next_value()
        try:
            return _core.coerce(statement, _core.ROLE_STATEMENT)
        except exc.ObjectNotExecutableError:
            raise
        except exc.ArgumentError as e:
            raise exc.ObjectNotExecutableError(statement) from e

    def _execute_node(self, node: t.Any, parameters: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
        if node._kind == _core.K_DDL:
            return self._execute_ddl(node)
        per = options.get("yield_per")
        if (options.get("stream_results") or per) and not isinstance(parameters, (list, tuple)) and node._kind in (_core.K_SELECT, _core.K_TEXT, _core.K_COMPOUND):
            found = self._stream(node, parameters, per or options.get("max_row_buffer") or 0)
        else:
            found = self._run(node, parameters)
        if per:
            found._set_yield_per(per)
        return self._logged(found) if self.engine._debug_rows else found

    def _execute_ddl(self, ddl: t.Any) -> t.Any:
        if not ddl._should_execute(ddl.target, self):
            return _result.null_result()
        return self._run_text(ddl._text(self.dialect), [], False, True)

    def _logged(self, found: t.Any) -> t.Any:
        """echo="debug": the rows are read, logged and handed out again."""
        if not found.returns_rows:
            return found
        rows = found.all()
        log.engine_rows(self.engine, found.keys(), rows)
        return _result.IteratorResult(found._metadata, iter(rows))

    def _execute_listened(self, node: t.Any, parameters: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
        engine = self.engine
        several = parameters if isinstance(parameters, (list, tuple)) else []
        single = {} if parameters is None or several else parameters
        for listener in listeners_of(engine, "before_execute"):
            changed = listener.call(self, node, list(several), dict(single), options)
            if listener.retval and changed is not None:
                node, several, single = changed
                parameters = several or single or None
        self._told = True
        try:
            found = self._execute_node(node, parameters, options)
        except Exception as error:
            self._handle_error(error, node, parameters)
            raise
        finally:
            self._told = False
        for listener in listeners_of(engine, "after_execute"):
            listener.call(self, node, list(several), dict(single), options, found)
        return found

    def _handle_error(self, error: Exception, statement: t.Any, parameters: t.Any) -> None:
        """Lets handle_error listeners look at an error, and replace it."""
        listeners = listeners_of(self.engine, "handle_error")
        if not listeners:
            return
        context = ExceptionContextImpl(error, self.engine, self, getattr(error, "statement", None) or str(statement), parameters)
        for listener in listeners:
            try:
                replaced = listener.call(context)
            except Exception as raised:
                raise raised from error
            if listener.retval and replaced is not None:
                context.chained_exception = replaced
        if context.is_disconnect and not getattr(error, "connection_invalidated", False):
            self._invalidate()
        if context.chained_exception is not None:
            raise context.chained_exception from error

    def exec_driver_sql(self, statement: str, parameters: t.Any = None, execution_options: t.Mapping[str, t.Any] | None = None) -> t.Any:
        """Executes SQL as it is, in the parameter style of the database's own library."""
        self._raise_when_blocked()
        if not isinstance(statement, str):
            raise exc.ObjectNotExecutableError(statement)
        if parameters is None:
            sets: list[t.Any] = []
        elif isinstance(parameters, dict):
            sets = [parameters]
        elif isinstance(parameters, (list, tuple)):
            several = bool(parameters) and isinstance(parameters, list) and isinstance(parameters[0], (tuple, list, dict))
            sets = list(parameters) if several else [parameters] if parameters else []
        else:
            raise exc.ArgumentError("mapping or list expected for parameters")
        self._told = True  # text of the driver's own is no statement that before_execute is told of
        try:
            return self._run_text(statement, sets, bool(sets) and isinstance(sets[0], dict), True)
        except Exception as error:
            if self._slow:
                self._handle_error(error, statement, parameters)
            raise
        finally:
            self._told = False

    def _run_ddl_visitor(self, visitor: t.Any, element: t.Any, **kwargs: t.Any) -> None:
        raise NotImplementedError("visitors of definitions are not supported; use create_all(), drop_all() or the DDL statements")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'closed' if self.closed else self.engine.url!r}>"


def _schema_map(options: t.Mapping[str, t.Any]) -> dict[str | None, str | None] | None:
    """Names of schemas by what statements call them; BLANK_SCHEMA is the name of none."""
    given = options.get("schema_translate_map") or {}
    return {name: other for name, other in given.items() if name is not BLANK_SCHEMA} or None


def _options_of(node: t.Any) -> t.Mapping[str, t.Any]:
    found = node.__dict__.get("_execution_options") if hasattr(node, "__dict__") else None
    return found or {}


def _annotate_error(connection: t.Any, error: BaseException, statement: t.Any, parameters: t.Any) -> None:
    """Adds statement and parameters to an error of the database, where it lacks them."""
    if not isinstance(error, exc.StatementError):
        return
    engine = connection.engine
    if error.statement is None and statement is not None:
        try:
            error.statement = statement if isinstance(statement, str) else str(statement.compile(dialect=engine.dialect))
        except Exception:  # noqa: BLE001 - the first error is the one to report
            pass
    if error.params is None:
        error.params = parameters
    error.ismulti = isinstance(parameters, (list, tuple)) and len(parameters) > 1
    error.hide_parameters = engine.hide_parameters


_core.register_hook("Connection", Connection)
_core.register_hook("annotate_error", _annotate_error)


class Engine(_core.Engine, Connectable):
    """A database: its dialect, its pool of connections, its compiled statements. Connects when a connection is asked for."""

    url: URL
    dialect: t.Any
    pool: t.Any
    hide_parameters = True
    logging_name: str | None = None
    _execution_options: t.Mapping[str, t.Any] = {}
    _listening: frozenset[str] = frozenset()
    _slow = False
    _echo: t.Any = None
    _echo_enabled = False
    _debug_rows = False
    _is_future = True
    _tells = False  # somebody hears of transactions: listeners, or the log

    @property
    def engine(self) -> Engine:
        return self

    @property
    def name(self) -> str:
        return t.cast("str", self.dialect.name)

    @property
    def driver(self) -> str:
        return t.cast("str", self.dialect.driver)

    @property
    def echo(self) -> t.Any:
        """Whether statements are logged: True, False or "debug" (their rows as well)."""
        return self._echo

    @echo.setter
    def echo(self, value: t.Any) -> None:
        self._echo = value
        log.configure(self)

    def connect(self) -> Connection:
        """A connection out of the pool."""
        connection = Connection(self)
        if self._listening or self._execution_options:
            try:
                connection._prepare(self)
            except BaseException:
                connection._close()
                raise
        if self._echo is None and log.wants_change(self):
            log.configure(self)
        if self._debug_rows:
            connection._slow = True
        return connection

    @contextlib.contextmanager
    def begin(self) -> t.Iterator[Connection]:
        """A connection with a transaction, committed at the end of the block or rolled back after an exception."""
        with self.connect() as connection:
            with connection.begin():
                yield connection

    def _session_opened(self, connection: Connection) -> None:
        """A session took a connection: it gets the engine's options, and listeners see it."""
        connection._prepare(self)

    def _tell(self) -> None:
        """Switches on what options, listeners and the log want to be told of."""
        self._tells = bool(self._echo_enabled or self._listening & TRANSACTIONS)
        self._first._set_transact(tell if any(engine._tells for engine in self._family()) else None)
        self._set_prepares(bool(self._execution_options or self._slow or self._listening & {"checkout", "engine_connect"}))

    @property
    def _first(self) -> Engine:
        """The engine that this one was made from with execution_options(): the core calls its hooks for all of them."""
        before = self.__dict__.get(DERIVED_FROM)
        return self if before is None else before._first

    def _family(self) -> list[Engine]:
        first = self._first
        return [self, *(engine for engine in list(all_engines) if engine._first is first and engine is not self)]

    def raw_connection(self) -> t.Any:
        """A PEP 249 connection out of the pool; close() gives it back."""
        return PoolProxiedConnection(self.connect(), owns=True)

    def dispose(self, close: bool = True) -> None:
        """Closes the connections that are not in use. The engine can be used again."""
        self._dispose()
        if "engine_disposed" in self._listening:
            fire(self, "engine_disposed", self)

    def clear_compiled_cache(self) -> None:
        """Forgets compiled statements (and closes idle connections, which hold prepared ones)."""
        self._dispose()

    def execution_options(self, **opt: t.Any) -> Engine:
        """An engine on the same pool whose connections have these options."""
        made = self._share()
        made.__dict__.update({k: v for k, v in self.__dict__.items() if k != "_sa_event_listeners"})
        made._execution_options = {**self._execution_options, **opt}
        made._set_prepares(True)
        made.__dict__[DERIVED_FROM] = self
        all_engines.add(made)
        if "set_engine_execution_options" in self._listening:
            fire(self, "set_engine_execution_options", made, opt)
        return t.cast("Engine", made)

    def update_execution_options(self, **opt: t.Any) -> None:
        self._execution_options = {**self._execution_options, **opt}
        self._set_prepares(True)

    def get_execution_options(self) -> t.Mapping[str, t.Any]:
        return dict(self._execution_options)

    def __repr__(self) -> str:
        return f"Engine({self.url!r})"


OptionEngine = Engine
