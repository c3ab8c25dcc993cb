"""What listeners of `do_orm_execute` see of a statement."""

from __future__ import annotations

import typing as t

from .. import _core
from ..event.registry import listeners_of


class ORMExecuteState:
    """A statement on its way through a session; listeners may change it, or answer in its place."""

    def __init__(self, session: t.Any, statement: t.Any, parameters: t.Any, execution_options: t.Mapping[str, t.Any], bind_arguments: t.Any) -> None:
        self.session, self.statement, self.parameters = session, statement, parameters
        self.execution_options = self.local_execution_options = dict(execution_options)
        self.bind_arguments = dict(bind_arguments or {})

    def _fire(self) -> t.Any:
        self.session.__dict__["_in_execute_event"] = True
        try:
            for item in listeners_of(self.session, "do_orm_execute"):
                answer = item.call(self)
                if answer is not None:
                    return answer
        finally:
            self.session.__dict__["_in_execute_event"] = False
        return None

    def invoke_statement(self, statement: t.Any = None, params: t.Any = None, execution_options: t.Any = None, bind_arguments: t.Any = None) -> t.Any:
        """Runs the statement, or another in its place."""
        options = {**self.execution_options, **(execution_options or {})}
        return self.session._execute_now(
            self.statement if statement is None else statement, self.parameters if params is None else params, options,
            {**self.bind_arguments, **(bind_arguments or {})},
        )

    def update_execution_options(self, **opts: t.Any) -> None:
        self.execution_options = {**self.execution_options, **opts}

    @property
    def _kind(self) -> int:
        return t.cast(int, self.statement._kind)

    is_select = property(lambda self: self._kind in (_core.K_SELECT, _core.K_COMPOUND, _core.K_FROM_STATEMENT))
    is_insert = property(lambda self: self._kind == _core.K_INSERT)
    is_update = property(lambda self: self._kind == _core.K_UPDATE)
    is_delete = property(lambda self: self._kind == _core.K_DELETE)
    is_from_statement = property(lambda self: self._kind == _core.K_FROM_STATEMENT)
    is_executemany = property(lambda self: isinstance(self.parameters, (list, tuple)))
    is_column_load = is_relationship_load = False
    loader_strategy_path = lazy_loaded_from = load_options = update_delete_options = None

    @property
    def bind_mapper(self) -> t.Any:
        from .base import _mapper_or_none
        from .util import _entity_of_statement

        return _mapper_or_none(_entity_of_statement(self.statement))

    @property
    def is_orm_statement(self) -> bool:
        return self.bind_mapper is not None

    @property
    def all_mappers(self) -> t.List[t.Any]:
        found: t.List[t.Any] = []
        for node in _core.walk(self.statement):
            mapper = getattr(node, "_mapper", None)
            if isinstance(mapper, _core.Mapper) and mapper not in found:
                found.append(mapper)
        return found

    user_defined_options: t.Sequence[t.Any] = ()


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
        from .util import _entity_of_statement

        return _mapper_or_none(_entity_of_statement(self._entities[0].expr))


class QueryContext:
    """Kept for programs that name the type in annotations."""
