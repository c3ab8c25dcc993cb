"""`Session`: the parts that are not run all the time, on top of the C type; `sessionmaker` and the functions around them."""

from __future__ import annotations

import contextlib
import enum
import itertools
import typing as t
import weakref

from .. import _core, exc
from .._late import late
from ..event.registry import listeners_of
from ..util import warn
from ..sql import select
from . import exc as orm_exc
from .attributes import set_committed_value
from .base import NO_VALUE, _mapper_or_none, class_mapper, instance_str, object_mapper, object_state, written_entity
from .exc import StaleDataError
from .events import install_session, tell_class
from .identity import IdentityMap
from .util import _mapper_within, identity_key

_T = t.TypeVar("_T")
_NEW, _DIRTY, _DELETED, _IDENTITY = range(4)
_sessions: "weakref.WeakValueDictionary[int, Session]" = weakref.WeakValueDictionary()
_hash_keys = itertools.count(1)
JoinTransactionMode = t.Literal["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"]
_JOIN_MODES = {"conditional_savepoint": 0, "rollback_only": 0, "create_savepoint": 1, "control_fully": 2}

_CHUNK = 100  # rows that stream_results loads at once


class SessionTransactionOrigin(enum.Enum):
    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


class IdentitySet(t.AbstractSet[t.Any]):
    """A set of instances told apart by identity, whatever their `__eq__`. No builtin set: `set(session.dirty)` would copy that."""

    def __init__(self, items: t.Iterable[t.Any] = ()) -> None:
        super().__init__()
        self._by_id = {id(x): x for x in items}

    def __contains__(self, item: object) -> bool:
        return id(item) in self._by_id

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def __eq__(self, other: object) -> bool:
        return set(self._by_id) == {id(x) for x in other} if isinstance(other, t.AbstractSet) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def union(self, *others: t.Iterable[t.Any]) -> "IdentitySet":
        return IdentitySet([*self, *(x for o in others for x in o)])

    def difference(self, *others: t.Iterable[t.Any]) -> "IdentitySet":
        gone = {id(x) for o in others for x in o}
        return IdentitySet(x for x in self if id(x) not in gone)

    def intersection(self, *others: t.Iterable[t.Any]) -> "IdentitySet":
        keep = [{id(x) for x in o} for o in others]
        return IdentitySet(x for x in self if all(id(x) in k for k in keep))

    def __or__(self, other: t.Any) -> "IdentitySet":
        return self.union(other)

    def __sub__(self, other: t.Any) -> "IdentitySet":
        return self.difference(other)

    def __and__(self, other: t.Any) -> "IdentitySet":
        return self.intersection(other)

    def __repr__(self) -> str:
        return f"IdentitySet({list(self)!r})"


class SessionTransaction:
    """One level of a session's transaction."""

    def __init__(self, session: "Session", origin: SessionTransactionOrigin, parent: "t.Optional[SessionTransaction]" = None) -> None:
        self.session, self.origin, self._parent = session, origin, parent
        self.nested = origin is SessionTransactionOrigin.BEGIN_NESTED
        self._level = session._depth
        self._closed = False
        self._outer: t.List[int] = []  # what the session was within before each block of this transaction

    @property
    def parent(self) -> "t.Optional[SessionTransaction]":
        return self._parent

    @property
    def is_active(self) -> bool:
        return not self._closed and self.session._depth >= self._level

    def _require(self) -> None:
        if not self.is_active:
            raise exc.ResourceClosedError("This transaction is closed")

    def connection(self, bindkey: t.Any = None, execution_options: t.Any = None, **kwargs: t.Any) -> t.Any:
        return self.session.connection()

    def prepare(self) -> None:
        self._require()
        self.session._prepare_commit()

    def commit(self) -> None:
        self._end(self.session._commit_to)

    def rollback(self) -> None:
        self._end(self.session._rollback_to)

    def close(self, invalidate: bool = False) -> None:
        if self.is_active:
            self.rollback()

    def _end(self, end: t.Callable[[int], None]) -> None:
        self._require()
        inner = self.session._from_level(self._level)  # listeners may begin others
        end(self._level)
        for transaction in inner:
            transaction._closed = True

    def __enter__(self) -> "SessionTransaction":
        self._outer.append(self.session._within)
        self.session._within = self._level
        return self

    def __exit__(self, type_: t.Any, value: t.Any, traceback: t.Any) -> None:
        if self._outer:
            self.session._within = self._outer.pop()
        if not self.is_active:
            return
        if type_ is not None:
            self.rollback()
            return
        try:
            self.commit()
        except BaseException:
            if self.is_active:
                self.rollback()
            raise


def _refuse_changed_key(instance: t.Any) -> None:
    """Some attributes alone cannot be read by a key that the database does not know yet."""
    mapper = object_state(instance).mapper
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    changed = {key for key in keys if _core.inst_history(instance, key)[2]}
    if changed:
        raise exc.InvalidRequestError(f"Please flush pending primary key changes on attributes {changed} for mapper {mapper} before proceeding with a refresh")


class Session(_core.Session):
    """Identity map, unit of work and transaction of one line of work."""

    _query_cls: t.Any = None  # Query, unless the program says otherwise; imported when it is needed
    _is_asyncio = False
    _closed_for_good = False
    _lazy_watch: t.Optional[t.Callable[[t.Any, str], None]] = None

    def __init__(
        self, bind: t.Any = None, *, autoflush: bool = True, future: t.Literal[True] = True, expire_on_commit: bool = True, autobegin: bool = True,
        twophase: bool = False, binds: t.Optional[t.Mapping[t.Any, t.Any]] = None, enable_baked_queries: bool = True, info: t.Any = None,
        query_cls: t.Any = None, autocommit: t.Literal[False] = False, join_transaction_mode: str = "conditional_savepoint",
        close_resets_only: t.Any = True, execution_options: t.Optional[t.Mapping[str, t.Any]] = None,
    ) -> None:
        if autocommit:
            raise exc.ArgumentError("autocommit=True is no longer supported; use session.begin() or commit()")
        if not future:
            raise exc.ArgumentError("The 'future' parameter passed to Session() may only be set to True.")
        self.bind = bind
        self.__binds: t.Dict[t.Any, t.Any] = {}
        for key, engine in (binds or {}).items():
            self._add_bind(key, engine)
        self._autoflush, self._expire_on_commit = autoflush, expire_on_commit
        self.autobegin = autobegin
        self.twophase, self.join_transaction_mode = twophase, join_transaction_mode
        self._close_state_reset = close_resets_only
        self.execution_options: t.Dict[str, t.Any] = dict(execution_options or {})
        self._optioned = bool(self.execution_options)
        if isinstance(bind, _core.Connection) and "schema_translate_map" in self.execution_options:
            raise NotImplementedError(
                "Session(connection, execution_options={'schema_translate_map': ...}) is not supported; give the map to the connection: "
                "connection.execution_options(schema_translate_map=...)"
            )
        if info:
            self.info.update(info)
        if query_cls is not None:
            self._query_cls = query_cls
        self._transactions: t.List[SessionTransaction] = []
        self.hash_key = next(_hash_keys)
        _sessions[self.hash_key] = self
        if join_transaction_mode not in _JOIN_MODES:
            raise exc.ArgumentError(f"join_transaction_mode: {join_transaction_mode!r} is not one of {', '.join(map(repr, _JOIN_MODES))}")
        ask = bool(self.__binds) or type(self).get_bind is not Session.get_bind or bind is None or isinstance(bind, _core.Connection)
        self._open(None if ask else bind, autoflush, expire_on_commit, autobegin, ask)
        if twophase:
            self._configure(autoflush, expire_on_commit, True)
        install_session(self)

    # ---- settings

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        """A dictionary for the program's own use."""
        return t.cast("t.Dict[t.Any, t.Any]", self.__dict__.setdefault("_info", {}))

    @property
    def autoflush(self) -> bool:
        return self._autoflush

    @autoflush.setter
    def autoflush(self, value: bool) -> None:
        self._autoflush = value
        self._configure(value, self._expire_on_commit, self.twophase)

    @property
    def expire_on_commit(self) -> bool:
        return self._expire_on_commit

    @expire_on_commit.setter
    def expire_on_commit(self, value: bool) -> None:
        self._expire_on_commit = value
        self._configure(self._autoflush, value, self.twophase)

    @property
    def no_autoflush(self) -> t.ContextManager["Session"]:
        """`with session.no_autoflush:` queries do not flush."""
        return self._without_autoflush()

    @contextlib.contextmanager
    def _without_autoflush(self) -> t.Iterator["Session"]:
        before, self.autoflush = self.autoflush, False
        try:
            yield self
        finally:
            self.autoflush = before

    # ---- binds

    @property
    def binds(self) -> t.Dict[t.Any, t.Any]:
        return dict(self.__binds)

    def _add_bind(self, key: t.Any, bind: t.Any) -> None:
        mapper = _mapper_or_none(key)
        if mapper is not None:
            for table in mapper.tables:
                self.__binds[table] = bind
            self.__binds[mapper.class_] = bind
        elif isinstance(key, type) or isinstance(key, _core.Node):
            self.__binds[key] = bind
        else:
            raise exc.ArgumentError(f"Not an acceptable bind target: {key}")

    def bind_mapper(self, mapper: t.Any, bind: t.Any) -> None:
        self._add_bind(mapper, bind)
        self._ask_bind = True

    def bind_table(self, table: t.Any, bind: t.Any) -> None:
        self._add_bind(table, bind)
        self._ask_bind = True

    def get_bind(self, mapper: t.Any = None, *, clause: t.Any = None, bind: t.Any = None, **kw: t.Any) -> t.Any:
        """The engine for a mapper or statement."""
        if bind is not None:
            return bind
        if self.__binds:
            found = self._find_bind(mapper, clause)
            if found is not None:
                return found
        if self.bind is not None:
            return self.bind
        context = [f"mapper {_mapper_or_none(mapper)}"] if mapper is not None else ["SQL expression"] if clause is not None else []
        where = f"Could not locate a bind configured on {', '.join(context)} or this Session." if context else "This session is not bound to a single Engine or Connection, and no context was provided to locate a binding."
        raise exc.UnboundExecutionError(where)

    def _find_bind(self, mapper: t.Any, clause: t.Any) -> t.Any:
        found = _mapper_or_none(mapper) if mapper is not None else None
        if found is None and clause is not None:
            from .aliases import _entity_of_statement

            found = _mapper_or_none(_entity_of_statement(clause))
        if found is not None:
            for cls in found.class_.__mro__:
                if cls in self.__binds:
                    return self.__binds[cls]
            for table in found.tables:
                if table in self.__binds:
                    return self.__binds[table]
        if clause is not None:
            for node in _core.walk(clause):
                table = getattr(node, "table", node) if node._kind in (_core.K_COLUMN, _core.K_TABLE) else None
                if table is not None and table in self.__binds:
                    return self.__binds[table]
        return None

    def _choose_bind(self, mapper: t.Any, clause: t.Any) -> t.Any:
        """The engine that the core is to use; `get_bind` may be overridden by the program."""
        if self._closed_for_good:
            raise exc.InvalidRequestError("This Session has been permanently closed and is unable to handle any more transaction requests.")
        kw: t.Dict[str, t.Any] = dict(self.__dict__.get("_bind_arguments") or {})
        if mapper is None and clause is not None:
            mapper = _mapper_within(clause)
        if mapper is not None:
            kw.setdefault("mapper", mapper)
        if clause is not None:
            kw.setdefault("clause", clause)
        found = self.get_bind(**kw)
        self.__dict__.setdefault("_bound", {})[id(found)] = found  # kept while the core may use it
        if isinstance(found, _core.Connection):
            mode = self.join_transaction_mode
            if mode == "conditional_savepoint":
                mode = "create_savepoint" if found.in_nested_transaction() else "rollback_only"
            self._join(found.engine, found, _JOIN_MODES[mode])
            return found.engine
        return found

    # ---- transactions

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begins a transaction; as a context manager it commits or rolls back."""
        if nested:
            return self.begin_nested()
        if self._depth:
            raise exc.InvalidRequestError("A transaction is already begun on this Session.")
        self._begin()
        return self._remember(SessionTransactionOrigin.BEGIN)

    def begin_nested(self) -> SessionTransaction:
        """Begins a savepoint."""
        self._begin_nested()
        return self._remember(SessionTransactionOrigin.BEGIN_NESTED)

    def _remember(self, origin: SessionTransactionOrigin) -> SessionTransaction:
        made = SessionTransaction(self, origin, self._transaction_at(self._depth - 1) if self._depth > 1 else None)
        self._sync_transactions()
        self._transactions.append(made)
        return made

    def _sync_transactions(self) -> None:
        """Forgets levels that ended by themselves; names the ones that began by themselves."""
        depth = self._depth
        self._transactions = [tx for tx in self._transactions if tx._level <= depth and not tx._closed]

    def _from_level(self, level: int) -> t.List[SessionTransaction]:
        return [tx for tx in self._transactions if tx._level >= level]

    def _ended_transaction(self) -> SessionTransaction:
        """The level that ended last, for its listeners: it is not among those under way any more."""
        level = self._depth + 1
        ended = next(iter(self._from_level(level)), None) or self._made(level)
        ended._closed = True
        return ended

    def _made(self, level: int) -> SessionTransaction:
        """What stands for a level that nobody asked for by name."""
        origin = SessionTransactionOrigin.AUTOBEGIN if level == 1 else SessionTransactionOrigin.BEGIN_NESTED
        made = SessionTransaction(self, origin, self._transaction_at(level - 1) if level > 1 else None)
        made._level = level
        return made

    def in_transaction(self) -> bool:
        return bool(self._depth)

    def in_nested_transaction(self) -> bool:
        return bool(self._depth > 1)

    def get_transaction(self) -> t.Optional[SessionTransaction]:
        """The outermost transaction under way, or None."""
        return self._transaction_at(1)

    def get_nested_transaction(self) -> t.Optional[SessionTransaction]:
        return self._transaction_at(self._depth) if self._depth > 1 else None

    def _transaction_at(self, level: int) -> t.Optional[SessionTransaction]:
        if self._depth < level:
            return None
        self._sync_transactions()
        for tx in self._transactions:
            if tx._level == level:
                return tx
        made = self._made(level)
        self._transactions.insert(0 if level == 1 else len(self._transactions), made)
        return made

    @property
    def _transaction(self) -> t.Optional[SessionTransaction]:
        return self._transaction_at(self._depth) if self._depth else None

    def prepare(self) -> None:
        """Flushes, and prepares the transaction on all connections: the first phase of Session(twophase=True)."""
        self._prepare_commit()

    def connection(self, bind_arguments: t.Any = None, execution_options: t.Any = None) -> t.Any:
        """The Connection of the transaction under way."""
        with self._binding(bind_arguments):
            mapper = (bind_arguments or {}).get("mapper")
            found = self._connection(mapper, (bind_arguments or {}).get("clause"))
        if found.engine._slow:
            found._slow = True
        return found.execution_options(**execution_options) if execution_options else found

    @contextlib.contextmanager
    def _binding(self, bind_arguments: t.Any) -> t.Iterator[None]:
        before = self.__dict__.get("_bind_arguments")
        asked = self._ask_bind
        if bind_arguments:
            self.__dict__["_bind_arguments"], self._ask_bind = bind_arguments, True
        try:
            yield
        finally:
            self.__dict__["_bind_arguments"], self._ask_bind = before, asked

    def close(self) -> None:
        """Lets go of all instances and of the connection; the session can be used again, unless `close_resets_only=False`."""
        self.reset()
        if not self._close_state_reset:
            self._closed_for_good = self._ask_bind = True

    def reset(self) -> None:
        """Lets go of all instances and of the connection; the session can be used again."""
        self._close()
        self._transactions.clear()

    def invalidate(self) -> None:
        """Closes the session and the connections it used."""
        if self._depth:
            self._connection().invalidate()
        self.close()

    def __enter__(self: _T) -> _T:
        return self

    def __exit__(self, type_: t.Any, value: t.Any, traceback: t.Any) -> None:
        self.close()

    # ---- contents

    @property
    def new(self) -> IdentitySet:
        """Instances that the next flush inserts."""
        return IdentitySet(self._list(_NEW))

    @property
    def dirty(self) -> IdentitySet:
        """Persistent instances with changes."""
        gone = {id(x) for x in self._list(_DELETED)}
        return IdentitySet(x for x in self._list(_DIRTY) if id(x) not in gone)

    @property
    def deleted(self) -> IdentitySet:
        """Instances that the next flush deletes."""
        return IdentitySet(self._list(_DELETED))

    @property
    def identity_map(self) -> IdentityMap:
        return IdentityMap(self)

    def __contains__(self, instance: object) -> bool:
        return bool(self._contains(instance))

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter([*self._list(_NEW), *self._list(_IDENTITY)])

    def expire(self, instance: t.Any, attribute_names: t.Optional[t.Iterable[str]] = None) -> None:
        """Forgets loaded values; the next access reads them again."""
        self._expire(instance, None if attribute_names is None else list(attribute_names))

    def refresh(self, instance: t.Any, attribute_names: t.Optional[t.Iterable[str]] = None, with_for_update: t.Any = None) -> None:
        """Reads values again at once."""
        if with_for_update is not None and with_for_update is not False:
            state = object_state(instance)
            if _core.inst_session(instance) is not self or state.identity is None:
                raise exc.InvalidRequestError(f"Instance '{instance!r}' is not persistent within this Session")
            if self._locked(state.mapper, state.identity, (), with_for_update, instance) is None:
                raise exc.InvalidRequestError(f"Could not refresh instance '{instance!r}'")
            return
        names = None if attribute_names is None else list(attribute_names)
        if names and not self.autoflush:
            _refuse_changed_key(instance)
        self._refresh(instance, names)

    def flush(self, objects: t.Optional[t.Sequence[t.Any]] = None) -> None:
        """Writes what changed."""
        if objects is not None and not objects:
            return
        self._flush()

    def delete_all(self, instances: t.Iterable[t.Any]) -> None:
        for instance in instances:
            self.delete(instance)

    def is_modified(self, instance: t.Any, include_collections: bool = True) -> bool:
        """Whether an instance has changes that a flush would look at."""
        return bool(self._is_modified(instance, include_collections))

    # ---- running statements

    def query(self, *entities: t.Any, **kwargs: t.Any) -> t.Any:
        """A Query of entities or columns."""
        cls = self._query_cls
        if cls is None:
            from .query import Query

            cls = Session._query_cls = Query
        return cls(entities, self, **kwargs)

    def _execute_general(
        self, statement: t.Any, params: t.Any = None, *, execution_options: t.Optional[t.Mapping[str, t.Any]] = None,
        bind_arguments: t.Any = None, _parent_execute_state: t.Any = None, _add_event: t.Any = None,
    ) -> t.Any:
        """execute() with parameters, options, listeners, or anything but a plain SELECT."""
        if isinstance(statement, str):
            raise exc.ArgumentError(f"Textual SQL expression {statement!r} should be explicitly declared as text({statement!r})")
        statement = _core.coerce(statement, _core.ROLE_STATEMENT)
        given: t.Mapping[str, t.Any] = execution_options or {}
        if self._listened:
            from .context import ORMExecuteState

            parent: t.Optional[ORMExecuteState] = _parent_execute_state
            listeners = self._orm_listeners() if parent is None else parent._remaining()
            state = ORMExecuteState(self, statement, params, given, bind_arguments, listeners, parent and parent._cause)
            result = state._fire()
            if result is not None:
                return result
            statement, params, given, bind_arguments = state.statement, state.parameters, state.local_execution_options, state.bind_arguments
        options = {**self.execution_options, **(getattr(statement, "_execution_options", None) or {}), **given}
        return self._execute_now(statement, params, options, bind_arguments)

    def _orm_listeners(self) -> t.Sequence[t.Any]:
        return listeners_of(self, "do_orm_execute")

    def _having(self, statement: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
        """The options of one statement are its connection's for the block, where that makes a difference."""
        if not options or "schema_translate_map" not in options and not getattr(self.bind, "_listening", True):
            return contextlib.nullcontext()
        return self.connection({"clause": statement})._having(options)

    def _session_opened(self, connection: t.Any) -> None:
        """A connection was taken for a transaction: it has the session's options, and keeps those of its engine."""
        known = self.__dict__.get("_opened", ())
        self.__dict__["_opened"] = [*(c for c in known if not c.closed), connection]
        if self.execution_options:
            connection._apply_options(self.execution_options)

    def _execute_now(self, statement: t.Any, params: t.Any, options: t.Dict[str, t.Any], bind_arguments: t.Any) -> t.Any:
        if options.get("populate_existing") and statement._kind == _core.K_SELECT:
            statement = statement._with(set=_core.FLAG_POPULATE_EXISTING)
        quiet = options.get("autoflush") is False and self.autoflush
        quietly = self._without_autoflush() if quiet else contextlib.nullcontext()
        with quietly, self._binding(bind_arguments), self._having(statement, options):
            if written_entity(statement) is not None:
                from . import bulk

                result = bulk.execute(self, statement, params, options)
            elif statement._kind == _core.K_FROM_STATEMENT and written_entity(statement._kids[0]) is not None:
                from . import bulk

                result = self._run(bulk.of_its_class(statement), _parameter_list(params))
            elif options.get("yield_per") or options.get("stream_results"):
                result = self._streamed(statement, _parameter_list(params), options)
            else:
                result = self._run(statement, _parameter_list(params))
        count = options.get("yield_per")
        return result.yield_per(count) if count and hasattr(result, "yield_per") else result

    def _streamed(self, statement: t.Any, params: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
        """Rows that are loaded in chunks while the result is read."""
        if statement._kind != _core.K_SELECT or params is not None and len(params) != 1:
            return self._run(statement, params)
        per = options.get("yield_per")
        return self._stream(statement, params[0] if params else None, per or options.get("max_row_buffer") or _CHUNK, per is not None)

    def _get_general(
        self, entity: t.Any, ident: t.Any, *, options: t.Optional[t.Sequence[t.Any]] = None, populate_existing: bool = False,
        with_for_update: t.Any = None, identity_token: t.Any = None, execution_options: t.Any = None, bind_arguments: t.Any = None,
    ) -> t.Any:
        """get() with options, or with an ident that is a mapping or None."""
        mapper = _mapper_or_none(entity)
        if mapper is None:
            raise orm_exc.UnmappedClassError(entity) if isinstance(entity, type) else exc.ArgumentError(f"Expected mapped class or mapper, got: {entity!r}")
        key = self._key_values(mapper, ident)
        if key is None or self._names_no_row(mapper, key):
            return None
        given = {**self.execution_options, **(execution_options or {}), **({"populate_existing": True} if populate_existing else {})}
        populate = bool(given.get("populate_existing"))
        nodes = tuple(option if isinstance(option, _core.Node) else option.__clause_element__() for option in options or ())
        if self._listened and (populate or with_for_update or self._find(mapper, key) is None):
            return self._get_told(mapper, key, nodes, with_for_update, given, bind_arguments)
        with self._binding(bind_arguments):
            if with_for_update is not None and with_for_update is not False:
                return self._locked(mapper, key, nodes, with_for_update)
            return self._get(mapper, key, nodes, populate)

    def _get_told(self, mapper: t.Any, key: t.Sequence[t.Any], options: t.Any, lock: t.Any, given: t.Dict[str, t.Any], bind_arguments: t.Any) -> t.Any:
        """get() by a statement that listeners of do_orm_execute see, and may change."""
        statement = self._by_key(mapper, key, options, lock)
        if lock is not None and lock is not False:
            given = {**given, "populate_existing": True}
        return self._execute_general(statement, execution_options=given, bind_arguments=bind_arguments).unique().scalars().one_or_none()

    @staticmethod
    def _by_key(mapper: t.Any, key: t.Sequence[t.Any], options: t.Sequence[t.Any], lock: t.Any) -> t.Any:
        """The SELECT of a key's row. lock: None or False, True for FOR UPDATE, or a mapping of the arguments of with_for_update()."""
        criteria = [column == value for column, value in zip(mapper.primary_key, key)]
        statement = select(mapper.class_).where(*criteria).options(*options)
        if lock is None or lock is False:
            return statement
        return statement.with_for_update(**(lock if isinstance(lock, t.Mapping) else {}))

    def _locked(self, mapper: t.Any, key: t.Sequence[t.Any], options: t.Sequence[t.Any], lock: t.Any, instance: t.Any = None) -> t.Any:
        """The instance of a key's row, read again and locked. instance: the one that is read again, for those who are told."""
        statement = self._by_key(mapper, key, options, lock)
        if self._listened:
            from .context import implicit_load

            statement = implicit_load(self, instance, mapper, None, None, statement.execution_options(populate_existing=True))
            if isinstance(statement, list):
                return statement[0] if statement else None
        return self._execute_now(statement, None, {"populate_existing": True}, None).scalars().one_or_none()

    @staticmethod
    def _key_values(mapper: t.Any, ident: t.Any) -> t.Optional[t.Tuple[t.Any, ...]]:
        names = [mapper.get_property_by_column(c).key for c in mapper.primary_key]
        if isinstance(ident, t.Mapping):
            given = {mapper._props[k].name if hasattr(mapper._props.get(k), "map_column") else k: v for k, v in ident.items()}
            if set(given) != set(names):
                wanted = ", ".join(f"'{n}'" for n in names)
                raise exc.InvalidRequestError(
                    "Incorrect names of values in identifier to formulate primary key for session.get(); primary key attribute names are "
                    f"{wanted} (synonym names are also accepted)"
                )
            ident = tuple(given[n] for n in names)
        values = tuple(ident) if isinstance(ident, (tuple, list)) else (ident,)
        if all(v is None for v in values):
            warn("fully NULL primary key identity cannot load any object.  This condition may raise an error in a future release.")
            return None
        return values

    def get_one(self, entity: t.Any, ident: t.Any, **options: t.Any) -> t.Any:
        """get(), or NoResultFound."""
        found = self._get_general(entity, ident, **options)
        if found is None:
            raise exc.NoResultFound("No row was found when one was required")
        return found

    # ---- merging

    def merge(self, instance: _T, *, load: bool = True, options: t.Any = None) -> _T:
        """Copies an instance's values onto the one with its key in this session; answers that one."""
        if load:
            self.autoflush_now()
        with self._without_autoflush():
            from .merging import Merge

            return t.cast(_T, Merge(self, load).of(instance))

    def autoflush_now(self) -> None:
        if self.autoflush:
            self._flush()

    _autoflush_now = autoflush_now

    def merge_all(self, instances: t.Iterable[t.Any], *, load: bool = True, options: t.Any = None) -> t.List[t.Any]:
        return [self.merge(instance, load=load, options=options) for instance in instances]

    # ---- bulk

    def bulk_save_objects(self, objects: t.Iterable[t.Any], return_defaults: bool = False, update_changed_only: bool = True, preserve_order: bool = True) -> None:
        from . import bulk

        bulk.save_objects(self, list(objects), return_defaults)

    def bulk_insert_mappings(self, mapper: t.Any, mappings: t.Iterable[t.Dict[str, t.Any]], return_defaults: bool = False, render_nulls: bool = False) -> None:
        from . import bulk

        bulk.insert_mappings(self, class_mapper(mapper), list(mappings))

    def bulk_update_mappings(self, mapper: t.Any, mappings: t.Iterable[t.Dict[str, t.Any]]) -> None:
        from . import bulk

        bulk.update_mappings(self, class_mapper(mapper), list(mappings))

    def enable_relationship_loading(self, obj: t.Any) -> None:
        raise NotImplementedError("Session.enable_relationship_loading() is not supported yet")

    @classmethod
    def object_session(cls, instance: t.Any) -> t.Optional["Session"]:
        return object_session(instance)

    @classmethod
    def identity_key(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return identity_key(*args, **kwargs)

    @classmethod
    def close_all(cls) -> None:
        close_all_sessions()


def _parameter_list(params: t.Any) -> t.Optional[t.List[t.Any]]:
    if params is None:
        return None
    if isinstance(params, t.Mapping):
        return [params]
    if isinstance(params, (list, tuple)):
        if not params:
            return None
        if all(isinstance(p, t.Mapping) for p in params):
            return list(params)
    raise exc.ArgumentError("List of dictionaries, or a dictionary, expected for the parameters of a statement")


class sessionmaker(t.Generic[_T]):
    """Makes sessions with the same settings."""

    class_: t.Any

    def __init__(
        self, bind: t.Any = None, *, class_: t.Any = Session, autoflush: bool = True, expire_on_commit: bool = True, info: t.Any = None, **kw: t.Any
    ) -> None:
        kw.update(bind=bind, autoflush=autoflush, expire_on_commit=expire_on_commit)
        if info is not None:
            kw["info"] = info
        self.kw = kw
        self.class_ = type(class_.__name__, (class_,), {})

    def __call__(self, **local_kw: t.Any) -> t.Any:
        for key, value in self.kw.items():
            if key == "info" and "info" in local_kw:
                local_kw["info"] = {**value, **local_kw["info"]}
            else:
                local_kw.setdefault(key, value)
        return self.class_(**local_kw)

    @contextlib.contextmanager
    def begin(self) -> t.Iterator[t.Any]:
        """A session in a transaction that commits at the end of the block."""
        with self() as session:
            with session.begin():
                yield session

    def configure(self, **new_kw: t.Any) -> None:
        """Changes the settings of sessions made from now on."""
        self.kw.update(new_kw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {', '.join(f'{k}={v!r}' for k, v in self.kw.items())})"

    object_session = staticmethod(lambda instance: object_session(instance))
    identity_key = staticmethod(identity_key)

    @classmethod
    def close_all(cls) -> None:
        close_all_sessions()


def _state_session(state: t.Any) -> t.Optional[Session]:
    """The session of an instance's state, or None."""
    return t.cast("t.Optional[Session]", state.session)


def object_session(instance: t.Any) -> t.Optional[Session]:
    """The session an instance is in, or None."""
    return t.cast("t.Optional[Session]", _core.inst_session(instance))


def close_all_sessions() -> None:
    """Closes every session there is."""
    for session in list(_sessions.values()):
        session.close()


def make_transient(instance: t.Any) -> None:
    """Makes an instance as if it had never been in a session: no identity, no expired attributes."""
    session = object_session(instance)
    if session is not None:
        session.expunge(instance)
    _core.inst_make_transient(instance)


def make_transient_to_detached(instance: t.Any) -> None:
    """Gives a transient instance the identity that its primary key says."""
    state = object_state(instance)
    if state.session is not None or state.key is not None:
        raise exc.InvalidRequestError("Given object must be transient")
    _core.inst_set_identity(instance, tuple(state.mapper.primary_key_from_instance(instance)))
    _core.inst_commit_all(instance)


_ELSEWHERE = {"context": ("ORMExecuteState",)}
__getattr__, __dir__ = late(__name__, _ELSEWHERE)

__all__ = [
    *_ELSEWHERE["context"], "IdentitySet", "Session", "SessionTransaction", "SessionTransactionOrigin", "close_all_sessions", "make_transient",
    "make_transient_to_detached", "object_session", "sessionmaker",
]
