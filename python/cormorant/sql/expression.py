"""Everything that expressions are written with, under the module path that programs import it from."""

from __future__ import annotations

from typing import Any as ColumnExpressionArgument

from .. import _core
from .._late import late, present
from . import elements
from .base import (
    ColumnCollection, DedupeColumnCollection, DialectKWArgs, Executable, ExecutableStatement, Generative, ReadOnlyColumnCollection,
    SyntaxExtension, WriteableColumnCollection,
)
from .dml import Delete, DMLWhereBase, Insert, Update, UpdateBase, ValuesBase, delete, insert, update
from .fromclause import Values
from .functions import Function, FunctionElement, func, modifier
from .operators import ColumnOperators, Operators, custom_op
from .selectable import *  # noqa: F403
from .selectable import __all__ as _selectable_names
from .statements import CompoundSelect, Exists, Select
from .visitors import Visitable

globals().update({name: getattr(elements, name) for name in present(elements)})
select = _core.select


def exists(__argument: object = None) -> Exists:
    """`EXISTS (SELECT ...)`."""
    return Exists(__argument)


def table(name: str, *columns: object, **kw: object) -> object:
    """A table by its name."""
    from .fromclause import TableClause

    return TableClause(name, *columns, **kw)


def alias(selectable: object, name: str | None = None, flat: bool = False) -> object:
    """A FROM element under another name."""
    return _core.coerce(selectable, _core.ROLE_FROM).alias(name, flat=flat)


def lateral(selectable: object, name: str | None = None) -> object:
    """A SELECT that sees the FROM elements before it."""
    return _core.find_node(selectable).lateral(name)


def tablesample(selectable: object, sampling: object, name: str | None = None, seed: object = None) -> object:
    """A sample of a table's rows."""
    return _core.coerce(selectable, _core.ROLE_FROM).tablesample(sampling, name, seed)


def cte(selectable: object, name: str | None = None, recursive: bool = False) -> object:
    """A statement as a common table expression."""
    return _core.find_node(selectable).cte(name, recursive)


def join(left: object, right: object, onclause: object = None, isouter: bool = False, full: bool = False) -> object:
    """Two FROM elements joined."""
    return Join(left, right, onclause, isouter, full)  # noqa: F405


def outerjoin(left: object, right: object, onclause: object = None, full: bool = False) -> object:
    """Two FROM elements joined by LEFT OUTER JOIN."""
    return Join(left, right, onclause, True, full)  # noqa: F405


def values(*columns: object, name: str | None = None, literal_binds: bool = False) -> Values:
    """`VALUES (...), (...)` in FROM."""
    return Values(*columns, name=name, literal_binds=literal_binds)


def union(*selects: object) -> CompoundSelect:
    """The rows of any of the statements, each once."""
    return CompoundSelect._construct(_core.OP_UNION, selects)


def union_all(*selects: object) -> CompoundSelect:
    """The rows of all the statements."""
    return CompoundSelect._construct(_core.OP_UNION_ALL, selects)


def except_(*selects: object) -> CompoundSelect:
    """The rows of the first statement that the others lack."""
    return CompoundSelect._construct(_core.OP_EXCEPT, selects)


def except_all(*selects: object) -> CompoundSelect:
    """The same, counting repetitions."""
    return CompoundSelect._construct(_core.OP_EXCEPT_ALL, selects)


def intersect(*selects: object) -> CompoundSelect:
    """The rows that all the statements have."""
    return CompoundSelect._construct(_core.OP_INTERSECT, selects)


def intersect_all(*selects: object) -> CompoundSelect:
    """The same, counting repetitions."""
    return CompoundSelect._construct(_core.OP_INTERSECT_ALL, selects)


__all__ = [
    *elements.__all__, *_selectable_names, "ColumnCollection", "ColumnExpressionArgument", "ColumnOperators", "DMLWhereBase",
    "DedupeColumnCollection", "Delete", "DialectKWArgs", "Executable", "ExecutableStatement", "Function", "FunctionElement",
    "Generative", "Insert", "Operators", "ReadOnlyColumnCollection", "Select",
    "SyntaxExtension", "Update", "UpdateBase", "Values", "ValuesBase", "Visitable",
    "WriteableColumnCollection", "alias", "cte", "custom_op", "delete", "except_", "except_all", "exists", "func", "insert",
    "intersect", "intersect_all", "join", "lateral", "modifier", "outerjoin", "select", "table", "tablesample",
    "union", "union_all", "update", "values",
]  # fmt: skip


__getattr__, __dir__ = late(
    __name__,
    {
        "lambdas": ("LambdaElement", "StatementLambdaElement", "lambda_stmt"),
        "vocabulary": ("OperatorClass",),
        "elements": [name for name in elements.__all__ if name not in vars(elements)],
    },
)
