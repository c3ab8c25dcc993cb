"""The SQL expression language."""

from __future__ import annotations

from .._late import late
from . import expression as expression
from . import operators as operators
from .base import Executable, SyntaxExtension
from .ddl_base import CheckFirst
from .base import WriteableColumnCollection as WriteableColumnCollection
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

__all__ = [*(name for name in globals() if not name.startswith("_") and name not in ("annotations", "late")), "SQLCompiler", "lambda_stmt"]


__getattr__, __dir__ = late(
    __name__,
    {
        "_typing": ("COLLECT_CARTESIAN_PRODUCTS", "ColumnExpressionArgument", "FROM_LINTING", "NO_LINTING", "NotNullable", "Nullable", "WARN_LINTING"),
        "compiler": ("SQLCompiler",),
        "lambdas": ("lambda_stmt",),
        **dict.fromkeys(("ddl", "dml", "elements", "functions", "schema", "selectable", "sqltypes", "type_api", "visitors"), ()),
    },
)
