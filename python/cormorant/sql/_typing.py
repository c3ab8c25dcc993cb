"""Names for annotations, and switches of the reference that mean nothing here."""

from __future__ import annotations

import typing as t

_T = t.TypeVar("_T")

ColumnExpressionArgument = t.Union["t.Any", t.Callable[[], "t.Any"]]
_ColumnExpressionArgument = ColumnExpressionArgument
_ColumnsClauseArgument = _FromClauseArgument = _JoinTargetArgument = _DMLTableArgument = _TypeEngineArgument = t.Any

NO_LINTING, COLLECT_CARTESIAN_PRODUCTS, WARN_LINTING, FROM_LINTING = 0, 1, 2, 3


def Nullable(val: t.Any) -> t.Any:  # noqa: N802 - the name of the API
    """Tells type checkers that a column may be None."""
    return val


def NotNullable(val: t.Any) -> t.Any:  # noqa: N802 - the name of the API
    """Tells type checkers that a column is never None."""
    return val
