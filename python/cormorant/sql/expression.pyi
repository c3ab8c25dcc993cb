"""Types of everything that expressions are written with. `select()` remembers the types of up to ten columns."""

import typing as t

from .base import (
    ColumnCollection as ColumnCollection, DedupeColumnCollection as DedupeColumnCollection, DialectKWArgs as DialectKWArgs,
    Executable as Executable, ExecutableStatement as ExecutableStatement, Generative as Generative,
    ReadOnlyColumnCollection as ReadOnlyColumnCollection, SyntaxExtension as SyntaxExtension,
    WriteableColumnCollection as WriteableColumnCollection,
)
from .dml import (
    Delete as Delete, DMLWhereBase as DMLWhereBase, Insert as Insert, Update as Update, UpdateBase as UpdateBase, ValuesBase as ValuesBase,
    delete as delete, insert as insert, update as update,
)
from .elements import *
from .fromclause import Values as Values
from .functions import Function as Function, FunctionElement as FunctionElement, func as func, modifier as modifier
from .lambdas import LambdaElement as LambdaElement, StatementLambdaElement as StatementLambdaElement, lambda_stmt as lambda_stmt
from .operators import ColumnOperators as ColumnOperators, OperatorClass as OperatorClass, Operators as Operators, custom_op as custom_op
from .selectable import *
from .visitors import Visitable as Visitable
from ._typing import ColumnExpressionArgument as ColumnExpressionArgument, _TypedColumn

_T0 = t.TypeVar("_T0")
_T1 = t.TypeVar("_T1")
_T2 = t.TypeVar("_T2")
_T3 = t.TypeVar("_T3")
_T4 = t.TypeVar("_T4")
_T5 = t.TypeVar("_T5")
_T6 = t.TypeVar("_T6")
_T7 = t.TypeVar("_T7")
_T8 = t.TypeVar("_T8")
_T9 = t.TypeVar("_T9")
_Ts = t.TypeVarTuple("_Ts")

@t.overload
def select(__ent0: _TypedColumn[_T0], /) -> Select[_T0]: ...
@t.overload
def select(__ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], /) -> Select[_T0, _T1]: ...
@t.overload
def select(__ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], /) -> Select[_T0, _T1, _T2]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], /,
) -> Select[_T0, _T1, _T2, _T3]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4], /,
) -> Select[_T0, _T1, _T2, _T3, _T4]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4],
    __ent5: _TypedColumn[_T5], /,
) -> Select[_T0, _T1, _T2, _T3, _T4, _T5]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4],
    __ent5: _TypedColumn[_T5], __ent6: _TypedColumn[_T6], /,
) -> Select[_T0, _T1, _T2, _T3, _T4, _T5, _T6]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4],
    __ent5: _TypedColumn[_T5], __ent6: _TypedColumn[_T6], __ent7: _TypedColumn[_T7], /,
) -> Select[_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4],
    __ent5: _TypedColumn[_T5], __ent6: _TypedColumn[_T6], __ent7: _TypedColumn[_T7], __ent8: _TypedColumn[_T8], /,
) -> Select[_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8]: ...
@t.overload
def select(
    __ent0: _TypedColumn[_T0], __ent1: _TypedColumn[_T1], __ent2: _TypedColumn[_T2], __ent3: _TypedColumn[_T3], __ent4: _TypedColumn[_T4],
    __ent5: _TypedColumn[_T5], __ent6: _TypedColumn[_T6], __ent7: _TypedColumn[_T7], __ent8: _TypedColumn[_T8], __ent9: _TypedColumn[_T9], /,
) -> Select[_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9]: ...
@t.overload
def select(*entities: t.Any) -> Select[*tuple[t.Any, ...]]: ...
def exists(__argument: t.Any = None, /) -> Exists: ...
def table(name: str, *columns: ColumnClause[t.Any], **kw: t.Any) -> TableClause: ...
def alias(selectable: FromClause, name: str | None = None, flat: bool = False) -> NamedFromClause: ...
def lateral(selectable: t.Any, name: str | None = None) -> Lateral: ...
def tablesample(selectable: FromClause, sampling: t.Any, name: str | None = None, seed: t.Any = None) -> TableSample: ...
def cte(selectable: HasCTE, name: str | None = None, recursive: bool = False) -> CTE: ...
def join(left: t.Any, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> Join: ...
def outerjoin(left: t.Any, right: t.Any, onclause: t.Any = None, full: bool = False) -> Join: ...
def values(*columns: ColumnClause[t.Any], name: str | None = None, literal_binds: bool = False) -> Values: ...
@t.overload
def union(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def union(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
@t.overload
def union_all(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def union_all(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
@t.overload
def except_(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def except_(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
@t.overload
def except_all(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def except_all(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
@t.overload
def intersect(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def intersect(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
@t.overload
def intersect_all(*selects: Select[*_Ts]) -> CompoundSelect[*_Ts]: ...
@t.overload
def intersect_all(*selects: t.Any) -> CompoundSelect[*tuple[t.Any, ...]]: ...
