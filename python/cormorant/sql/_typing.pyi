"""Names for annotations: what the functions of the expression language take, by the type of the value."""

import typing as t

from .nodes import ColumnElement, SQLCoreOperations
from .type_api import TypeEngine

_T = t.TypeVar("_T")

ColumnExpressionArgument: t.TypeAlias = t.Union[SQLCoreOperations[_T], t.Callable[[], ColumnElement[_T]], t.Any]
_ColumnExpressionArgument: t.TypeAlias = ColumnExpressionArgument[_T]
_TypedColumn: t.TypeAlias = t.Union[SQLCoreOperations[_T], type[_T]]
_TypeEngineArgument: t.TypeAlias = t.Union[type[TypeEngine[_T]], TypeEngine[_T]]
_ColumnExpressionOrLiteralArgument: t.TypeAlias = ColumnExpressionArgument[_T]
_ColumnExpressionOrStrLabelArgument: t.TypeAlias = t.Union[str, ColumnExpressionArgument[_T]]
_TypedColumnClauseArgument: t.TypeAlias = _TypedColumn[_T]
_HasClauseElement: t.TypeAlias = SQLCoreOperations[_T]
_ColumnsClauseArgument: t.TypeAlias = t.Union[_T, t.Any]
_OnlyColumnArgument: t.TypeAlias = t.Union[str, _T, t.Any]
_DDLColumnArgument: t.TypeAlias = t.Any
_DMLColumnArgument: t.TypeAlias = t.Any
_DMLColumnKeyMapping: t.TypeAlias = t.Any
_DMLTableArgument: t.TypeAlias = t.Any
_FromClauseArgument: t.TypeAlias = t.Any
_InfoType: t.TypeAlias = t.Any
_JoinTargetArgument: t.TypeAlias = t.Any
_LimitOffsetType: t.TypeAlias = t.Any
_OnClauseArgument: t.TypeAlias = t.Any
_SelectStatementForCompoundArgument: t.TypeAlias = t.Any
_TextCoercedExpressionArgument: t.TypeAlias = t.Any

NO_LINTING: int
COLLECT_CARTESIAN_PRODUCTS: int
WARN_LINTING: int
FROM_LINTING: int

@t.overload
def Nullable(val: SQLCoreOperations[_T]) -> SQLCoreOperations[_T | None]: ...
@t.overload
def Nullable(val: type[_T]) -> type[_T | None]: ...
@t.overload
def NotNullable(val: SQLCoreOperations[_T | None]) -> SQLCoreOperations[_T]: ...
@t.overload
def NotNullable(val: type[_T | None]) -> type[_T]: ...
