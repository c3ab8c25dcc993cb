"""Constructs of PostgreSQL: ORDER BY in aggregates, text search, exclusion constraints."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql import sqltypes
from ...sql.base import SyntaxExtension
from ...sql.constraints import ColumnCollectionConstraint
from ...sql.definitions import sql_text
from ...sql.functions import Function
from .._own import OwnElement
from .array import array_agg
from .types import REGCONFIG, TSQUERY, TSVECTOR

__all__ = [
    "DistinctOnClause", "ExcludeConstraint", "aggregate_order_by", "array_agg", "distinct_on", "phraseto_tsquery", "plainto_tsquery", "to_tsquery", "to_tsvector", "ts_headline",
    "websearch_to_tsquery",
]  # fmt: skip


class aggregate_order_by(OwnElement):  # noqa: N801 - the name of the API
    """`x ORDER BY y`, inside an aggregate."""

    __slots__ = ()
    inherit_cache = True

    def __init__(self, target: t.Any, *order_by: t.Any) -> None:
        if not order_by:
            raise TypeError("at least one ORDER BY element is required")
        of = _core.coerce(target, _core.ROLE_EXPR)
        orders = [_core.coerce(x, _core.ROLE_EXPR) for x in order_by]
        _core.init(self, _core.K_HOST, type=of.type, name="aggregate_order_by", segs=((of, *orders),))

    @property
    def target(self) -> t.Any:
        return self._seg(0)[0]

    @property
    def order_by(self) -> t.Any:
        return list(self._seg(0)[1:])

    def _write(self, compiler: t.Any) -> str:
        of, *orders = self._seg(0)
        return f"{compiler.process(of)} ORDER BY {', '.join(compiler.process(x) for x in orders)}"


class DistinctOnClause(SyntaxExtension):
    """DISTINCT ON, for `ext()` of a SELECT."""

    __slots__ = ("_on",)

    def __init__(self, on: tuple[t.Any, ...]) -> None:
        self._on = on

    def _apply_to(self, statement: t.Any) -> t.Any:
        if not getattr(statement, "is_select", False):
            raise exc.ArgumentError(f"only a SELECT has a DISTINCT ON, not a {type(statement).__name__}")
        return statement.distinct(*self._on)


def distinct_on(*expr: t.Any) -> DistinctOnClause:
    """`select(t).ext(distinct_on(t.c.name))`: the first row of those that agree in some columns. Given twice, both hold."""
    return DistinctOnClause(expr)


class ExcludeConstraint(ColumnCollectionConstraint):
    """No two rows for which all of the operators hold. Tables that have one are created on PostgreSQL only."""

    __visit_name__ = "exclude_constraint"

    def __init__(self, *elements: t.Any, **kw: t.Any) -> None:
        self.using = kw.pop("using", "gist")
        self.where = kw.pop("where", None)
        self.ops = dict(kw.pop("ops", None) or {})
        if not str(self.using).isidentifier():
            raise exc.ArgumentError(f"{self.using!r} is no kind of index")
        self.operators = [(getattr(c, "name", c), op) for c, op in elements]
        self._render_exprs = [(c, getattr(c, "name", c), op) for c, op in elements]
        super().__init__(*(c for c, _ in elements if isinstance(c, str)), **kw)

    def _describe(self) -> tuple[t.Any, ...]:
        from .base import PGDialect

        dialect, members = PGDialect(), []
        for column, name, operator in self._render_exprs:
            named = isinstance(column, str) or getattr(column, "name", None) is not None
            text = dialect.identifier_preparer.quote(str(name)) if named else sql_text(column, dialect)
            members.append(f"{text}{' ' + self.ops[name] if name in self.ops else ''} WITH {operator}")
        where = f" WHERE ({sql_text(self.where, dialect)})" if self.where is not None else ""
        return self._freeze(kind=_core.CON_EXCLUDE, check=f"USING {self.using} ({', '.join(members)}){where}")


def _search(name: str, type_: t.Any, *args: t.Any, config_first: int = 2, **kw: t.Any) -> t.Any:
    given = list(args)
    if len(given) >= config_first and isinstance(given[0], str):
        given[0] = _typed_bind(given[0], REGCONFIG())
    return Function(name, *given, type_=type_, **kw)


def _typed_bind(value: t.Any, type_: t.Any) -> t.Any:
    from ...sql.nodes import BindParameter

    return BindParameter(None, value, type_, unique=True)


def to_tsvector(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("to_tsvector", TSVECTOR(), *args, **kw)


def to_tsquery(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("to_tsquery", TSQUERY(), *args, **kw)


def plainto_tsquery(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("plainto_tsquery", TSQUERY(), *args, **kw)


def phraseto_tsquery(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("phraseto_tsquery", TSQUERY(), *args, **kw)


def websearch_to_tsquery(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("websearch_to_tsquery", TSQUERY(), *args, **kw)


def ts_headline(*args: t.Any, **kw: t.Any) -> t.Any:
    return _search("ts_headline", sqltypes.TEXT(), *args, config_first=3, **kw)


