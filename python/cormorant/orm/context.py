"""What listeners of `do_orm_execute` see of a statement."""

from __future__ import annotations

import itertools
import typing as t

from .. import _core, exc


class LoadPath(t.Tuple[t.Any, ...]):
    """The way to what a statement loads: mapper and relationship; empty for what the program asked for itself."""

    @property
    def path(self) -> t.Tuple[t.Any, ...]:
        return tuple(self)

    @property
    def parent(self) -> "LoadPath":
        return LoadPath(self[:-1])

    length = property(len)
    is_root = property(lambda self: not self)


class ORMExecuteState:
    """A statement on its way through a session; listeners may change it, or answer in its place."""

    def __init__(
        self, session: t.Any, statement: t.Any, parameters: t.Any, execution_options: t.Mapping[str, t.Any], bind_arguments: t.Any,
        listeners: t.Sequence[t.Any] = (), cause: t.Optional[t.Tuple[t.Any, t.Any, t.Any]] = None,
    ) -> None:
        self.session, self.statement, self.parameters = session, statement, parameters
        self.local_execution_options: t.Mapping[str, t.Any] = dict(execution_options)
        self.bind_arguments = dict(bind_arguments or {})
        self._listeners, self._at = list(listeners), 0
        self._cause = cause  # of a load that the program did not ask for: the instance, the mapper of the relationship, and its name

    def _fire(self) -> t.Any:
        """What the first listener that answers says."""
        for self._at, item in enumerate(self._listeners):
            answer = item.call(self)
            if answer is not None:
                return answer
        return None

    def _remaining(self) -> t.Sequence[t.Any]:
        return self._listeners[self._at + 1 :]

    def invoke_statement(self, statement: t.Any = None, params: t.Any = None, execution_options: t.Any = None, bind_arguments: t.Any = None) -> t.Any:
        """Runs the statement, or another in its place; listeners that were not told yet are told."""
        return self.session._execute_general(
            self.statement if statement is None else statement, self._with_parameters(params),
            execution_options={**self.local_execution_options, **(execution_options or {})},
            bind_arguments={**self.bind_arguments, **(bind_arguments or {})}, _parent_execute_state=self,
        )

    def _with_parameters(self, params: t.Any) -> t.Any:
        if not params:
            return self.parameters
        if not self.is_executemany:
            return {**(self.parameters or {}), **params}
        if len(params) != len(self.parameters):
            raise exc.InvalidRequestError(
                f"invoke_statement() was given {len(params)} parameter sets for a statement that was executed with {len(self.parameters)}"
            )
        return [{**before, **more} for before, more in itertools.zip_longest(self.parameters, params)]

    @property
    def execution_options(self) -> t.Mapping[str, t.Any]:
        """Those of the session, of the statement, and those given with it."""
        return {**self.session.execution_options, **(getattr(self.statement, "_execution_options", None) or {}), **self.local_execution_options}

    def update_execution_options(self, **opts: t.Any) -> None:
        self.local_execution_options = {**self.local_execution_options, **opts}

    # ---- what kind of statement

    @property
    def _inner(self) -> t.Any:
        """The statement that from_statement() reads from, else the statement."""
        return self.statement._kids[0] if self.is_from_statement else self.statement

    is_select = property(lambda self: self._inner._kind in (_core.K_SELECT, _core.K_COMPOUND))
    is_insert = property(lambda self: self._inner._kind == _core.K_INSERT)
    is_update = property(lambda self: self._inner._kind == _core.K_UPDATE)
    is_delete = property(lambda self: self._inner._kind == _core.K_DELETE)
    is_from_statement = property(lambda self: self.statement._kind == _core.K_FROM_STATEMENT)
    is_executemany = property(lambda self: isinstance(self.parameters, list))
    load_options = update_delete_options = None

    # ---- why it runs

    @property
    def is_column_load(self) -> bool:
        """Whether column attributes of an instance are read: deferred or expired ones, or for refresh()."""
        return self._cause is not None and self._cause[0] is not None and self._cause[1] is None

    @property
    def is_relationship_load(self) -> bool:
        """Whether all of it is there to load a relationship."""
        return bool(self.loader_strategy_path)

    @property
    def loader_strategy_path(self) -> LoadPath:
        """Mapper and property of the relationship that is loaded."""
        _, mapper, key = self._cause or (None, None, None)
        return LoadPath((mapper, mapper.attrs[key]) if mapper is not None else ())

    @property
    def lazy_loaded_from(self) -> t.Any:
        """The state of the instance whose relationship is loaded because it was read."""
        if not self.is_select:
            raise exc.InvalidRequestError("This ORM execution is not against a SELECT statement so there are no load options.")
        return _core.inst_state(self._cause[0]) if self._cause is not None and self.is_relationship_load and self._cause[0] is not None else None

    # ---- what it is about

    @property
    def bind_mapper(self) -> t.Any:
        from .util import _mapper_within

        return self.bind_arguments.get("mapper") or _mapper_within(self.statement)

    @property
    def is_orm_statement(self) -> bool:
        return self.bind_mapper is not None

    @property
    def all_mappers(self) -> t.List[t.Any]:
        """The mappers of what the rows hold, or of what is written to."""
        from .base import _mapper_or_none

        if not self.is_orm_statement:
            return []
        if not hasattr(self.statement, "column_descriptions") or not self.is_select:
            return [self.bind_mapper]
        found = [_mapper_or_none(described.get("entity")) for described in self.statement.column_descriptions]
        return [mapper for mapper in dict.fromkeys(found) if mapper is not None]

    @property
    def user_defined_options(self) -> t.Sequence[t.Any]:
        """Options of the program's own that the statement was given."""
        return [option.__dict__["_user_option"] for option in self.statement._with_options if option._op == _core.OP_LOAD_USER]


def implicit_load(session: t.Any, obj: t.Any, mapper: t.Any, owner: t.Any, key: t.Any, statement: t.Any) -> t.Any:
    """Listeners hear of a load that the program did not ask for. Answers the statement to run, or all values of the rows."""
    state = ORMExecuteState(session, statement, {}, {}, {"mapper": mapper}, session._orm_listeners(), (obj, owner, key))
    given = state.execution_options, dict(state.bind_arguments)
    result = state._fire()
    if result is None:
        if given == (state.execution_options, state.bind_arguments):
            return state.statement
        result = session._execute_now(state.statement, None, dict(state.execution_options), state.bind_arguments)
    return [value for row in result.unique() for value in row]


_core.register_hook("implicit_load", implicit_load)


class _QueryEntity:
    """One thing that a query selects."""

    def __init__(self, expr: t.Any) -> None:
        self.expr = self.column = expr


class _MapperEntity(_QueryEntity):
    """A mapped class, or an alias of one."""

    @property
    def mapper(self) -> t.Any:
        from .base import _mapper_or_none

        return _mapper_or_none(self.expr)


class _ColumnEntity(_QueryEntity):
    """An attribute or another expression."""


class ORMSelectCompileState:
    """What programs that look behind a query ask of it: `query._compile_state()`."""

    def __init__(self, query: t.Any) -> None:
        self.select_statement = query._statement
        self._entities: t.List[_QueryEntity] = []
        for described in query.column_descriptions:
            entity, expr = described["entity"], described["expr"]
            self._entities.append(_MapperEntity(expr) if entity is not None and expr is entity else _ColumnEntity(expr))

    def _mapper_zero(self) -> t.Any:
        from .base import _mapper_or_none
        from .aliases import _entity_of_statement

        return _mapper_or_none(_entity_of_statement(self._entities[0].expr))


class QueryContext:
    """Kept for programs that name the type in annotations."""
