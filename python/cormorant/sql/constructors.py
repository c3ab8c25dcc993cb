"""The functions that programs build expressions with: and_, case, cast, literal, text, ..."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from . import operators
from .base import NO_ARG
from .clauses import Case, Cast, Extract, TextClause, TryCast, TypeCoerce
from .nodes import BindParameter, ColumnClause, False_, Label, Null, True_, Tuple

and_ = _core.and_
or_ = _core.or_
not_ = _core.not_
custom_op = operators.custom_op


def _expr(value: t.Any) -> t.Any:
    return _core.coerce(value, _core.ROLE_EXPR)


def _by_name(value: t.Any) -> t.Any:
    """An expression for ORDER BY: a string is a name."""
    return _core.coerce(value, _core.ROLE_ORDER)


def asc(column: t.Any) -> t.Any:
    """`a ASC`."""
    return _by_name(column).asc()


def desc(column: t.Any) -> t.Any:
    """`a DESC`."""
    return _by_name(column).desc()


def nulls_first(column: t.Any) -> t.Any:
    """`a NULLS FIRST`."""
    return _by_name(column).nulls_first()


def nulls_last(column: t.Any) -> t.Any:
    """`a NULLS LAST`."""
    return _by_name(column).nulls_last()


nullsfirst, nullslast = nulls_first, nulls_last


def all_(expr: t.Any) -> t.Any:
    """`ALL (select or array)`."""
    return _any_all(_core.OP_ALL, expr)


def any_(expr: t.Any) -> t.Any:
    """`ANY (select or array)`."""
    return _any_all(_core.OP_ANY, expr)


def _any_all(op: int, expr: t.Any) -> t.Any:
    node = _core.find_node(expr)
    inner = node if node is not None and node._kind in (_core.K_SELECT, _core.K_COMPOUND) else _expr(expr)
    return _core.make(_core.K_ANY_ALL, op, kids=(inner,))


def between(expr: t.Any, lower_bound: t.Any, upper_bound: t.Any, symmetric: bool = False) -> t.Any:
    """`a BETWEEN b AND c`."""
    return _expr(expr).between(lower_bound, upper_bound, symmetric=symmetric)


def bindparam(
    key: str | None,
    value: t.Any = NO_ARG,
    type_: t.Any = None,
    unique: bool = False,
    required: t.Any = NO_ARG,
    quote: bool | None = None,
    callable_: t.Callable[[], t.Any] | None = None,
    expanding: bool = False,
    isoutparam: bool = False,
    literal_execute: bool = False,
) -> t.Any:
    """A parameter by name; its value comes now or when the statement is executed."""
    return BindParameter(key, value, type_, unique, required, quote, callable_, expanding, isoutparam, literal_execute)


def outparam(key: str, type_: t.Any = None) -> t.Any:
    raise NotImplementedError("OUT parameters are not supported")


def bitwise_not(expr: t.Any) -> t.Any:
    """`~a` on integers."""
    return _expr(expr).bitwise_not()


def case(*whens: t.Any, value: t.Any = None, else_: t.Any = None) -> t.Any:
    """`CASE WHEN a THEN b ... ELSE c END`."""
    return Case(*whens, value=value, else_=else_)


def cast(expression: t.Any, type_: t.Any) -> t.Any:
    """`CAST(a AS type)`."""
    return Cast(expression, type_)


def try_cast(expression: t.Any, type_: t.Any) -> t.Any:
    """`TRY_CAST(a AS type)`."""
    return TryCast(expression, type_)


def type_coerce(expression: t.Any, type_: t.Any) -> t.Any:
    """The expression as if it had another type."""
    return TypeCoerce(expression, type_)


def collate(expression: t.Any, collation: str) -> t.Any:
    """`a COLLATE name`."""
    return operators._operate_plain(operators.collate, _expr(expression), collation)  # type: ignore[attr-defined]


def column(text: str, type_: t.Any = None, is_literal: bool = False, _selectable: t.Any = None) -> t.Any:
    """A column by its name."""
    return ColumnClause(text, type_, is_literal, _selectable)


def literal_column(text: str, type_: t.Any = None) -> t.Any:
    """SQL text that stands for a column."""
    return ColumnClause(text, type_=type_, is_literal=True)


def literal(value: t.Any, type_: t.Any = None, literal_execute: bool = False) -> t.Any:
    """A value as an expression."""
    if _core.find_node(value) is not None:
        return _expr(value)
    return BindParameter("param", value, type_, unique=True, literal_execute=literal_execute)


def distinct(expr: t.Any) -> t.Any:
    """`DISTINCT a`, inside an aggregate."""
    return _expr(expr).distinct()


def extract(field: str, expr: t.Any) -> t.Any:
    """`EXTRACT(field FROM a)`."""
    return Extract(field, expr)


def null() -> t.Any:
    """NULL."""
    return Null()


def true() -> t.Any:
    """true."""
    return True_()


def false() -> t.Any:
    """false."""
    return False_()


def label(name: str, element: t.Any, type_: t.Any = None) -> t.Any:
    """`a AS name`."""
    return Label(name, element, type_)


def over(
    element: t.Any, partition_by: t.Any = None, order_by: t.Any = None, range_: t.Any = None, rows: t.Any = None, groups: t.Any = None,
    exclude: str | None = None,
) -> t.Any:  # fmt: skip
    """A function over a window."""
    from .windows import Over

    return Over(element, partition_by, order_by, range_, rows, groups, exclude)


def funcfilter(func: t.Any, *criterion: t.Any) -> t.Any:
    """`function FILTER (WHERE ...)`."""
    from .windows import FunctionFilter

    return FunctionFilter(func, *criterion)


def within_group(element: t.Any, *order_by: t.Any) -> t.Any:
    """`function WITHIN GROUP (ORDER BY ...)`."""
    from .windows import WithinGroup

    return WithinGroup(element, *order_by)


def aggregate_order_by(element: t.Any, *order_by: t.Any) -> t.Any:
    """`function(a ORDER BY ...)`."""
    from .windows import AggregateOrderBy

    return AggregateOrderBy(element, *order_by)


def text(text: str) -> t.Any:
    """SQL text of the program's own; `:name` is a parameter."""
    return TextClause(text)


def tstring(template: t.Any) -> t.Any:
    """SQL from a template string of Python 3.14: its values become parameters."""
    parts = getattr(template, "strings", None)
    if parts is None:
        raise exc.ArgumentError(f"tstring() takes a template string, got {template!r}")
    sql, values = parts[0].replace(":", "\\:"), {}
    for i, (interpolation, following) in enumerate(zip(template.interpolations, parts[1:]), 1):
        values[f"param_{i}"] = interpolation.value
        sql += f":param_{i}" + following.replace(":", "\\:")
    return TextClause(sql).bindparams(**values) if values else TextClause(sql)


def tuple_(*clauses: t.Any, types: t.Sequence[t.Any] | None = None) -> t.Any:
    """`(a, b)`."""
    return Tuple(*clauses, types=types)


def from_dml_column(column: t.Any) -> t.Any:
    raise NotImplementedError("from_dml_column() is not supported yet")


__all__ = [
    "aggregate_order_by", "all_", "and_", "any_", "asc", "between", "bindparam", "bitwise_not", "case", "cast", "collate", "column",
    "custom_op", "desc", "distinct", "extract", "false", "from_dml_column", "funcfilter", "label", "literal", "literal_column", "not_",
    "null", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "or_", "outparam", "over", "text", "true", "try_cast", "tstring",
    "tuple_", "type_coerce", "within_group",
]  # fmt: skip
