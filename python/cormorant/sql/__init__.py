"""The SQL expression language."""

from __future__ import annotations

from . import expression as expression
from . import operators as operators
from .base import Executable, SyntaxExtension
from .ddl_base import CheckFirst
from .base import WriteableColumnCollection as WriteableColumnCollection
from .compiler import SQLCompiler as SQLCompiler
from .expression import (
    LABEL_STYLE_DEFAULT, LABEL_STYLE_DISAMBIGUATE_ONLY, LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL, Alias, ClauseElement,
    ColumnCollection, ColumnElement, CompoundSelect, Delete, False_, FromClause, Insert, Join, Select, Selectable, Subquery, TableClause,
    True_, Update, aggregate_order_by, alias, all_, and_, any_, asc, between, bindparam, bitwise_not, case, cast, collate, column, cte,
    delete, desc, distinct, except_, except_all, exists, extract, false, from_dml_column, func, funcfilter, insert, intersect,
    intersect_all, join, label, lateral, literal, literal_column, modifier, not_, null, nulls_first, nulls_last, nullsfirst,
    nullslast, or_, outerjoin, outparam, over, quoted_name, select, table, tablesample, text, true, try_cast, tstring, tuple_, type_coerce,
    union, union_all, update, values, within_group,
)
from .visitors import ClauseVisitor

__all__ = [*(name for name in globals() if not name.startswith("_") and name != "annotations"), "lambda_stmt"]


def __getattr__(name: str) -> object:
    if name in ("sqltypes", "schema", "ddl", "functions", "visitors", "elements", "selectable", "dml", "type_api", "compiler"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name == "lambda_stmt":
        return expression.lambda_stmt
    if name in ("Nullable", "NotNullable", "ColumnExpressionArgument", "NO_LINTING", "WARN_LINTING", "FROM_LINTING", "COLLECT_CARTESIAN_PRODUCTS"):
        from . import _typing

        return getattr(_typing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
