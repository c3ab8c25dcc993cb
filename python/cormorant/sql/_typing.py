"""Names for annotations, and switches of the reference that mean nothing here."""

from __future__ import annotations

import typing as t

_T = t.TypeVar("_T")

ColumnExpressionArgument = t.Union[_T, t.Callable[[], "t.Any"], "t.Any"]
_ColumnExpressionArgument = _TypedColumnClauseArgument = ColumnExpressionArgument
_ColumnExpressionOrLiteralArgument = _ColumnExpressionOrStrLabelArgument = _ColumnsClauseArgument = _OnlyColumnArgument = t.Union[_T, "t.Any"]
_HasClauseElement = _TypeEngineArgument = t.Union[_T, "t.Any"]
_DDLColumnArgument = _DMLColumnArgument = _DMLColumnKeyMapping = _DMLTableArgument = _FromClauseArgument = _InfoType = t.Any
_JoinTargetArgument = _LimitOffsetType = _OnClauseArgument = _SelectStatementForCompoundArgument = _TextCoercedExpressionArgument = t.Any

NO_LINTING, COLLECT_CARTESIAN_PRODUCTS, WARN_LINTING, FROM_LINTING = 0, 1, 2, 3


def Nullable(val: t.Any) -> t.Any:  # noqa: N802 - the name of the API
    """Tells type checkers that a column may be None."""
    return val


def NotNullable(val: t.Any) -> t.Any:  # noqa: N802 - the name of the API
    """Tells type checkers that a column is never None."""
    return val
