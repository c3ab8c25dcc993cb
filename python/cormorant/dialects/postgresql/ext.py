"""Constructs of PostgreSQL: ORDER BY in aggregates, text search, exclusion constraints."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql import sqltypes
from ...sql.base import SyntaxExtension
from ...sql.constraints import ColumnCollectionConstraint
from ...sql.definitions import sql_text
from ...sql.functions import GenericFunction
from ...sql.nodes import BindParameter
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
        return statement.distinct()._append(_core.SEG_DISTINCT, [_core.coerce(x, _core.ROLE_ORDER) for x in self._on])


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
            raise exc.CompileError(f"Unexpected SQL phrase: {self.using!r} is no kind of index")
        self.operators = [(getattr(c, "name", c), op) for c, op in elements]
        self._render_exprs = [(c, getattr(c, "name", c), op) for c, op in elements]
        super().__init__(*(c for c, _ in elements if isinstance(c, str) or (isinstance(c, _core.Node) and c._kind == _core.K_COLUMN)), **kw)

    def _describe(self) -> tuple[t.Any, ...]:
        from .base import PGDialect

        dialect, members = PGDialect(), []
        for column, name, operator in self._render_exprs:
            named = isinstance(column, str) or getattr(column, "name", None) is not None
            text = dialect.identifier_preparer.quote(str(name)) if named else sql_text(column, dialect)
            members.append(f"{text}{' ' + self.ops[name] if name in self.ops else ''} WITH {operator}")
        where = f" WHERE ({sql_text(self.where, dialect)})" if self.where is not None else ""
        return self._freeze(kind=_core.CON_EXCLUDE, check=f"USING {self.using} ({', '.join(members)}){where}")


class _Search(GenericFunction):
    """Functions of text search: the configuration, where a text stands first among so many arguments, is one."""

    __slots__ = ()
    inherit_cache = True
    _is_base = True
    _config_first = 2

    def __init__(self, *args: t.Any, **kw: t.Any) -> None:
        if len(args) >= self._config_first and isinstance(args[0], str):
            args = (BindParameter(type(self).__name__, args[0], REGCONFIG(), unique=True), *args[1:])
        super().__init__(*args, **kw)


class to_tsvector(_Search):  # noqa: N801 - the name of the function
    """A text as text search sees it."""

    __slots__ = ()
    inherit_cache = True
    type = TSVECTOR


class to_tsquery(_Search):  # noqa: N801 - the name of the function
    """A query, as words with operators between them."""

    __slots__ = ()
    inherit_cache = True
    type = TSQUERY


class plainto_tsquery(_Search):  # noqa: N801 - the name of the function
    """A query for all words of a text."""

    __slots__ = ()
    inherit_cache = True
    type = TSQUERY


class phraseto_tsquery(_Search):  # noqa: N801 - the name of the function
    """A query for the words of a text in their order."""

    __slots__ = ()
    inherit_cache = True
    type = TSQUERY


class websearch_to_tsquery(_Search):  # noqa: N801 - the name of the function
    """A query as people write them for search engines."""

    __slots__ = ()
    inherit_cache = True
    type = TSQUERY


class ts_headline(_Search):  # noqa: N801 - the name of the function
    """The part of a text that a query finds."""

    __slots__ = ()
    inherit_cache = True
    type = sqltypes.TEXT
    _config_first = 3

    def __init__(self, *args: t.Any, **kw: t.Any) -> None:
        query = args[1] if len(args) > 1 else None
        three = len(args) == 3 and isinstance(getattr(query, "type", None), TSQUERY)  # document, query, options
        super().__init__(*((_core.coerce(args[0], _core.ROLE_EXPR), *args[1:]) if three else args), **kw)
