"""`Query`: the 1.x way of asking, as one-line methods over `select()`.

A query holds a SELECT statement and a session. Each method answers a changed copy; the statement does the work.
"""

from __future__ import annotations

from typing import Any, Dict, Generic, Iterator, List, Optional, Sequence, Tuple, TypeVar

from .. import _core
from .. import exc as sa_exc
from ..inspection import inspect
from ..sql import func, literal_column, select
from ..sql import delete as sql_delete
from ..sql import exists as sql_exists
from ..sql import update as sql_update
from ..sql.selectable import LABEL_STYLE_DISAMBIGUATE_ONLY, LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL
from .aliases import _entity_of_statement, _is_single_entity
from .base import object_mapper
from .bundle import Bundle
from .configure import complete
from .context import ORMSelectCompileState
from .stand import Stand
from .util import with_parent

_T = TypeVar("_T")


def _is_mapped(entity: Any) -> bool:
    return not isinstance(entity, Bundle) and _is_single_entity(entity)


def _identities(row: Any) -> Tuple[Any, ...]:
    """What rows with lists and the like are told apart by."""
    return tuple(id(value) if type(value).__hash__ is None else value for value in row)


class Query(Generic[_T]):
    """Made by `session.query(...)`; iterating it, or `all()`, runs it."""

    _statement: Any
    _from_statement: Any = None
    _stand: Optional[Stand] = None
    _yield_per: Optional[int] = None
    _set_limit: bool = False
    _assertions: bool = True

    def __init__(self, entities: Any, session: Any = None) -> None:
        if not isinstance(entities, (list, tuple)):
            entities = (entities,)
        self.session = session
        self._entities: Tuple[Any, ...] = tuple(entities)
        complete(entities)  # what options say next may be a backref
        self._statement = select(*entities).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        self._execution_options: Dict[str, Any] = {}
        self._params: Dict[str, Any] = {}
        self._joinpoint: Any = None  # what filter_by() speaks of: the last entity joined to
        self._autoflush: Optional[bool] = None

    # ---- making changed copies

    def _copy(self, statement: Any = None, **changes: Any) -> Any:
        made = self.__class__.__new__(self.__class__)
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changes)
        if statement is not None:
            made._statement = statement if made._stand is None else made._stand.see(statement)
        return made

    def _unstated(self, method: str) -> Any:
        """The statement, unless from_statement() gave a whole one."""
        if self._from_statement is not None and self._assertions:
            raise sa_exc.InvalidRequestError(f"Query.{method}() being called on a Query with an existing full statement - can't apply criterion.")
        return self._statement

    def _unlimited(self, method: str) -> Any:
        """The statement, when the method still makes sense on it."""
        self._unstated(method)
        if self._set_limit and self._assertions:
            raise sa_exc.InvalidRequestError(
                f"Query.{method}() being called on a Query which already has LIMIT or OFFSET applied. "
                f"Call {method}() before limit() or offset() are applied."
            )
        return self._statement

    def _pristine(self, method: str, order_by: bool = True) -> Any:
        """The statement, when nothing but what is selected was said of it."""
        statement = self._statement
        names = ("WHERE", "FROM", "JOINS", "GROUP_BY", "LIMIT", "OFFSET", *(("ORDER_BY",) if order_by else ()))
        said = self._from_statement is not None or self._stand is not None or any(statement._seg(_seg(name)) for name in names) or (order_by and statement._distinct)
        if said and self._assertions:
            raise sa_exc.InvalidRequestError(f"Query.{method}() being called on a Query with existing criterion. ")
        return statement

    def filter(self, *criterion: Any) -> "Query[_T]":
        return self._copy(self._unlimited("filter").where(*criterion))

    where = filter

    def filter_by(self, **kwargs: Any) -> "Query[_T]":
        entity = self._joinpoint
        if entity is None:
            entity = self._zero_entity("filter_by")
        criteria = []
        for name, value in kwargs.items():
            try:
                attribute = getattr(entity, name) if not hasattr(entity, "c") or hasattr(entity, "__mapper__") else entity.c[name]
            except (AttributeError, KeyError):
                raise sa_exc.InvalidRequestError(f'Entity namespace for "{_entity_name(entity)}" has no property "{name}"') from None
            criterion = attribute == value
            if isinstance(criterion, bool):  # of the class, but nothing that SQL knows of
                raise sa_exc.InvalidRequestError(f'Entity namespace for "{_entity_name(entity)}" has no property "{name}"')
            criteria.append(criterion)
        return self.filter(*criteria)

    def _zero_entity(self, method: str) -> Any:
        for entity in self._entities:
            found = _entity_of_statement(entity)
            if found is not None:
                return found
        froms = self._statement.get_final_froms()
        if froms:
            return froms[0]
        raise sa_exc.InvalidRequestError(f"Query.{method}() needs an entity or table to work on; this query has none")

    def _join(self, props: Sequence[Any], outer: bool, full: bool, legacy_on: Any) -> "Query[_T]":
        statement, joinpoint = self._unlimited("join"), self._joinpoint
        steps: List[Tuple[Any, Any]]
        if legacy_on is not None:
            steps = [(props[0], legacy_on)]
        elif len(props) == 2 and not _is_relationship(props[0]):
            steps = [(props[0], props[1])]
        else:
            steps = [prop if isinstance(prop, tuple) else (prop, None) for prop in props]
        for target, on in steps:
            statement = statement.join(target, on, isouter=outer, full=full) if on is not None else statement.join(target, isouter=outer, full=full)
            joinpoint = _join_target(target)
        return self._copy(statement, _joinpoint=joinpoint)

    def join(self, *props: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> "Query[_T]":
        return self._join(props, isouter, full, onclause)

    def outerjoin(self, *props: Any, onclause: Any = None, full: bool = False) -> "Query[_T]":
        return self._join(props, True, full, onclause)

    def reset_joinpoint(self) -> "Query[_T]":
        return self._copy(_joinpoint=None)

    def order_by(self, *clauses: Any) -> "Query[_T]":
        return self._copy(self._unlimited("order_by").order_by(*[None if c is False else c for c in clauses]))

    def group_by(self, *clauses: Any) -> "Query[_T]":
        return self._copy(self._unlimited("group_by").group_by(*[None if c is False else c for c in clauses]))

    def having(self, *having: Any) -> "Query[_T]":
        return self._copy(self._unlimited("having").having(*having))

    def distinct(self, *expr: Any) -> "Query[_T]":
        return self._copy(self._statement.distinct(*expr))

    def ext(self, extension: Any) -> "Query[_T]":
        """A copy with a clause of one database."""
        return self._copy(self._statement.ext(extension))

    def limit(self, limit: Any) -> "Query[_T]":
        return self._copy(self._unstated("limit").limit(limit), _set_limit=limit is not None)

    def offset(self, offset: Any) -> "Query[_T]":
        return self._copy(self._unstated("offset").offset(offset), _set_limit=offset is not None)

    def slice(self, start: Optional[int], stop: Optional[int]) -> "Query[_T]":
        return self._copy(self._statement.slice(start, stop), _set_limit=True)

    def options(self, *args: Any) -> "Query[_T]":
        flat: List[Any] = []
        for option in args:
            flat.extend(option) if isinstance(option, (list, tuple)) else flat.append(option)
        return self._copy(self._statement.options(*flat))

    def select_from(self, *froms: Any) -> "Query[_T]":
        return self._copy(self._pristine("select_from").select_from(*froms), _joinpoint=_join_target(froms[0]) if froms else None)

    def select_entity_from(self, _from: Any) -> "Query[_T]":
        raise NotImplementedError("Query.select_entity_from() was removed from SQLAlchemy 2; use aliased(Entity, subquery)")

    def add_columns(self, *column: Any) -> "Query[Any]":
        return self._copy(self._statement.add_columns(*column), _entities=self._entities + column)

    def add_column(self, column: Any) -> "Query[Any]":
        return self.add_columns(column)

    def add_entity(self, entity: Any, alias: Any = None) -> "Query[Any]":
        return self.add_columns(alias if alias is not None else entity)

    def with_entities(self, *entities: Any) -> "Query[Any]":
        froms = self._statement
        if not froms._seg(_seg("FROM")):  # what was asked of stays in FROM, whatever columns are answered
            zero = [e for e in map(_entity_of_statement, self._entities) if e is not None]
            froms = froms.with_only_columns(*entities, maintain_column_froms=bool(zero))
        else:
            froms = froms.with_only_columns(*entities)
        return self._copy(froms, _entities=tuple(entities))

    def with_for_update(self, *, nowait: bool = False, read: bool = False, of: Any = None, skip_locked: bool = False, key_share: bool = False) -> "Query[_T]":
        return self._copy(self._statement.with_for_update(nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share))

    def with_parent(self, instance: Any, property: Any = None, from_entity: Any = None) -> "Query[_T]":
        if property is None:
            property = _relation_to(instance, from_entity if from_entity is not None else self._zero_entity("with_parent"))
        return self.filter(with_parent(instance, property, from_entity))

    def correlate(self, *fromclauses: Any) -> "Query[_T]":
        return self._copy(self._statement.correlate(*fromclauses))

    def prefix_with(self, *prefixes: Any) -> "Query[_T]":
        return self._copy(self._statement.prefix_with(*prefixes))

    def suffix_with(self, *suffixes: Any) -> "Query[_T]":
        return self._copy(self._statement.suffix_with(*suffixes))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> "Query[_T]":
        return self._copy(self._statement.with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> "Query[_T]":
        return self._copy(self._statement.with_statement_hint(text, dialect_name))

    def set_label_style(self, style: Any) -> "Query[_T]":
        return self._copy(self._statement.set_label_style(style))

    def with_labels(self) -> "Query[_T]":
        return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    def params(self, *args: Any, **kwargs: Any) -> "Query[_T]":
        if len(args) > 1:
            raise sa_exc.ArgumentError("params() takes zero or one positional argument, which is a dictionary.")
        return self._copy(_params={**self._params, **(args[0] if args else {}), **kwargs})

    def execution_options(self, **kwargs: Any) -> "Query[_T]":
        return self._copy(_execution_options={**self._execution_options, **kwargs}, _yield_per=kwargs.get("yield_per", self._yield_per))

    def get_execution_options(self) -> Dict[str, Any]:
        return dict(self._execution_options)

    def populate_existing(self) -> "Query[_T]":
        return self.execution_options(populate_existing=True)

    def autoflush(self, setting: bool) -> "Query[_T]":
        return self._copy(_autoflush=setting)

    def yield_per(self, count: int) -> "Query[_T]":
        return self.execution_options(yield_per=count)

    def enable_eagerloads(self, value: bool) -> "Query[_T]":
        return self._copy(self._statement if value else self._without_eager_loads(), _set_limit=self._set_limit)

    def _without_eager_loads(self) -> Any:
        from .strategy_options import lazyload

        return self._statement.options(lazyload("*"))

    def enable_assertions(self, value: bool) -> "Query[_T]":
        return self._copy(_assertions=value)

    def with_session(self, session: Any) -> "Query[_T]":
        return self._copy(session=session)

    def from_statement(self, statement: Any) -> "Query[_T]":
        self._pristine("from_statement")
        node = _core.coerce(statement, _core.ROLE_STATEMENT)
        if node._kind not in (_core.K_SELECT, _core.K_COMPOUND, _core.K_TEXT, _core.K_INSERT, _core.K_UPDATE, _core.K_DELETE):
            raise sa_exc.ArgumentError(f"Executable SQL or text() construct expected, got {statement!r}.")
        return self._copy(_from_statement=statement)

    def with_transformation(self, fn: Any) -> Any:
        """What a function makes of the query."""
        return fn(self)

    def tuples(self) -> "Query[Any]":
        return self

    def only_return_tuples(self, value: bool) -> "Query[Any]":
        return self._copy(_only_tuples=value)

    # ---- as part of other statements

    @property
    def statement(self) -> Any:
        """The SELECT as it is, without labels of the form table_column unless asked for."""
        if self._from_statement is not None:
            return self._statement.from_statement(self._from_statement)
        statement = self._statement.params(self._params) if self._params else self._statement
        return statement.set_label_style(LABEL_STYLE_DISAMBIGUATE_ONLY)

    @property
    def selectable(self) -> Any:
        return self.__clause_element__()

    def __clause_element__(self) -> Any:
        return self._statement

    @property
    def whereclause(self) -> Any:
        return self._statement.whereclause

    @property
    def column_descriptions(self) -> List[Dict[str, Any]]:
        return self._statement.column_descriptions

    @property
    def _order_by_clauses(self) -> Tuple[Any, ...]:
        return tuple(self._statement._seg(_core.SEG_ORDER_BY))

    def _compile_state(self, **_kw: Any) -> ORMSelectCompileState:
        return ORMSelectCompileState(self)

    @property
    def is_single_entity(self) -> bool:
        return len(self._entities) == 1 and _is_single_entity(self._entities[0])

    def subquery(self, name: Optional[str] = None, with_labels: bool = False, reduce_columns: bool = False) -> Any:
        return self._named(with_labels).subquery(name)

    def cte(self, name: Optional[str] = None, recursive: bool = False, nesting: bool = False) -> Any:
        return self._named().cte(name, recursive=recursive, nesting=nesting)

    def _named(self, with_labels: bool = False) -> Any:
        """The statement as part of another: what a set operation answers keeps the names that it has there."""
        statement = self._statement if with_labels else self.statement
        return statement if self._stand is None else self._stand.name(statement, self._entities)

    def label(self, name: Optional[str]) -> Any:
        return self.scalar_subquery().label(name)

    def scalar_subquery(self) -> Any:
        return self.statement.scalar_subquery()

    as_scalar = scalar_subquery

    def exists(self) -> Any:
        inner = self._statement.with_only_columns(literal_column("1"), maintain_column_froms=True)
        return sql_exists(inner.set_label_style(LABEL_STYLE_NONE))

    def _compound(self, method: str, others: Sequence[Any]) -> "Query[_T]":
        """The same is asked of the set operation: it stands for what was selected from, whatever is said later."""
        inner = getattr(self._statement, method)(*[q._statement if isinstance(q, Query) else q for q in others]).subquery()
        kept = select(*self._entities).set_label_style(self._statement.get_label_style()).options(*self._statement._seg(_core.SEG_OPTIONS))
        return self._copy(kept, _stand=Stand(self._entities, inner), _joinpoint=None, _set_limit=False)

    def union(self, *q: Any) -> "Query[_T]":
        return self._compound("union", q)

    def union_all(self, *q: Any) -> "Query[_T]":
        return self._compound("union_all", q)

    def intersect(self, *q: Any) -> "Query[_T]":
        return self._compound("intersect", q)

    def intersect_all(self, *q: Any) -> "Query[_T]":
        return self._compound("intersect_all", q)

    def except_(self, *q: Any) -> "Query[_T]":
        return self._compound("except_", q)

    def except_all(self, *q: Any) -> "Query[_T]":
        return self._compound("except_all", q)

    # ---- running

    def _run(self) -> Any:
        if self.session is None:
            raise sa_exc.UnboundExecutionError("This Query is bound to no Session: use query.with_session(session)")
        statement: Any = self._statement
        if self._from_statement is not None:
            statement = statement.from_statement(self._from_statement)
        options = self._execution_options
        if self._autoflush is not None:
            options = {**options, "autoflush": self._autoflush}
        return self.session.execute(statement, self._params or None, execution_options=options) if options else self.session.execute(
            statement, self._params or None
        )

    def _iter(self) -> Any:
        result = self._run()
        if self.is_single_entity and not getattr(self, "_only_tuples", False):
            result = result.scalars()
            return result.unique() if self._yield_per is None else result
        if self._yield_per is not None or not any(_is_mapped(e) for e in self._entities):
            return result
        hashable = all(getattr(getattr(e, "type", None), "hashable", True) for e in self._entities if not _is_mapped(e))
        return result.unique() if hashable else result.unique(_identities)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._iter())

    def all(self) -> List[_T]:
        return self._iter().all()

    def first(self) -> Optional[_T]:
        if self._from_statement is not None:
            return self._iter().first()
        return self.limit(1)._iter().first()

    def one(self) -> _T:
        return self._iter().one()

    def one_or_none(self) -> Optional[_T]:
        return self._iter().one_or_none()

    def scalar(self) -> Any:
        try:
            row = self.one()
        except sa_exc.NoResultFound:
            return None
        return row if not isinstance(row, tuple) else row[0]

    def get(self, ident: Any) -> Optional[_T]:
        """The instance with that primary key, from the session or the database."""
        entity = _entity_of_statement(self._entities[0]) if len(self._entities) == 1 else None
        if entity is None:
            raise sa_exc.InvalidRequestError("get() can only be used against a single mapped class.")
        self._pristine("get", order_by=False)
        return self.session.get(
            entity, ident, options=self._statement._seg(_seg("OPTIONS")) or None,
            populate_existing=bool(self._execution_options.get("populate_existing")), execution_options=self._execution_options or None,
        )

    def count(self) -> int:
        """How many rows this query would answer: `SELECT count(*) FROM (SELECT ...)`."""
        statement = self._statement
        options = statement._seg(_seg("OPTIONS"))
        if options:  # what is loaded does not matter, which rows there are does
            statement = statement._replace(_seg("OPTIONS"), tuple(o for o in options if o._kind == _core.K_CRITERIA))
        inner = statement.subquery()
        result = self.session.execute(select(func.count(literal_column("*"))).select_from(inner), self._params or None)
        return result.scalar_one()

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            start, stop = item.start, item.stop
            if (isinstance(start, int) and start < 0) or (isinstance(stop, int) and stop < 0):
                raise IndexError("negative indexes are not accepted by SQL index / slice operators")
            if isinstance(start, int) and isinstance(stop, int) and stop - start <= 0:
                return []
            rows = list(self.slice(start, stop))
            return rows[:: item.step] if item.step is not None else rows
        if item < 0:
            raise IndexError("negative indexes are not accepted by SQL index / slice operators")
        return list(self[item : item + 1])[0]

    def _dml_where(self, statement: Any) -> Any:
        said = [name for segment, name in _NOT_CHANGED if self._statement._seg(_seg(segment))]
        if self._statement._distinct:
            said.append("distinct()")
        if self._stand is not None:
            said.append(_JOINED)
        if said:
            raise sa_exc.InvalidRequestError(f"Can't call Query.update() or Query.delete() when {said[0]} has been called")
        criteria = self._statement._seg(_seg("WHERE"))
        return statement.where(*criteria) if criteria else statement

    def _dml(self, statement: Any, synchronize_session: Any) -> int:
        options = {**self._execution_options, "synchronize_session": synchronize_session}
        return self.session.execute(statement, self._params or None, execution_options=options).rowcount

    def update(self, values: Any, synchronize_session: Any = "auto", update_args: Optional[Dict[str, Any]] = None) -> int:
        entity = self._zero_entity("update")
        statement = sql_update(entity).values(values)
        if update_args:
            statement = statement.with_dialect_options(**update_args)
        return self._dml(self._dml_where(statement), synchronize_session)

    def delete(self, synchronize_session: Any = "auto", delete_args: Optional[Dict[str, Any]] = None) -> int:
        statement = sql_delete(self._zero_entity("delete"))
        if delete_args:
            statement = statement.with_dialect_options(**delete_args)
        return self._dml(self._dml_where(statement), synchronize_session)

    def value(self, column: Any) -> Any:
        try:
            return next(self.values(column))[0]
        except StopIteration:
            return None

    def values(self, *columns: Any) -> Iterator[Any]:
        return iter(self.with_entities(*columns))

    def instances(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Query.instances() is not supported; use select().from_statement()")

    def merge_result(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Query.merge_result() is not supported; use merge_frozen_result()")

    def __str__(self) -> str:
        bind = None
        if self.session is not None:
            try:
                bind = self.session.get_bind()
            except sa_exc.UnboundExecutionError:
                pass
        return str(self._statement.compile(bind)) if bind is not None else str(self._statement)


_JOINED = "join(), outerjoin(), select_from(), or from_self()"
_NOT_CHANGED = (("LIMIT", "limit()"), ("OFFSET", "offset()"), ("ORDER_BY", "order_by()"), ("GROUP_BY", "group_by()"), ("FROM", _JOINED), ("JOINS", _JOINED))


def _seg(name: str) -> int:
    return int(getattr(_core, f"SEG_{name}"))


def _relation_to(instance: Any, entity: Any) -> Any:
    """The relationship of an instance's class that leads to another."""
    mapper, wanted = object_mapper(instance), inspect(entity).mapper
    for prop in mapper.relationships:
        if prop.mapper is wanted:
            return prop
    raise sa_exc.InvalidRequestError(
        f"Could not locate a property which relates instances of class '{wanted.class_.__name__}' to instances of class '{type(instance).__name__}'"
    )


def _is_relationship(obj: Any) -> bool:
    return getattr(getattr(obj, "property", None), "direction", None) is not None


def _join_target(target: Any) -> Any:
    """What filter_by() after join(target) speaks of."""
    prop = getattr(target, "property", None)
    if _is_relationship(target):
        of_type = getattr(target, "_of_type", None)
        return of_type if of_type is not None else prop.mapper.class_
    return target


def _entity_name(entity: Any) -> str:
    mapper = getattr(entity, "__mapper__", None)
    if mapper is not None:
        return f"Mapper[{mapper.class_.__name__}({mapper.local_table.name})]"
    return getattr(entity, "name", None) or getattr(entity, "__name__", str(entity))


__all__ = ["Query"]
