"""The SQL expression language."""

from . import (
    ddl as ddl, dml as dml, elements as elements, expression as expression, functions as functions, operators as operators, schema as schema,
    selectable as selectable, sqltypes as sqltypes, type_api as type_api, visitors as visitors,
)
from ._typing import NotNullable as NotNullable, Nullable as Nullable
from .ddl_base import CheckFirst as CheckFirst
from .base import Executable as Executable, SyntaxExtension as SyntaxExtension, WriteableColumnCollection as WriteableColumnCollection
from .compiler import SQLCompiler as SQLCompiler
from .expression import (
    LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT, LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE as LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL, Alias as Alias,
    ClauseElement as ClauseElement, ColumnCollection as ColumnCollection, ColumnElement as ColumnElement,
    CompoundSelect as CompoundSelect, Delete as Delete, False_ as False_, FromClause as FromClause, Insert as Insert, Join as Join,
    Select as Select, Selectable as Selectable, Subquery as Subquery, TableClause as TableClause, True_ as True_, Update as Update,
    aggregate_order_by as aggregate_order_by, alias as alias, all_ as all_, and_ as and_, any_ as any_, asc as asc, between as between,
    bindparam as bindparam, bitwise_not as bitwise_not, case as case, cast as cast, collate as collate, column as column, cte as cte,
    delete as delete, desc as desc, distinct as distinct, except_ as except_, except_all as except_all, exists as exists,
    extract as extract, false as false, from_dml_column as from_dml_column, func as func, funcfilter as funcfilter, insert as insert,
    intersect as intersect, intersect_all as intersect_all, join as join, label as label, lambda_stmt as lambda_stmt, lateral as lateral,
    literal as literal, literal_column as literal_column, modifier as modifier, not_ as not_, null as null, nulls_first as nulls_first,
    nulls_last as nulls_last, nullsfirst as nullsfirst, nullslast as nullslast, or_ as or_, outerjoin as outerjoin, outparam as outparam,
    over as over, quoted_name as quoted_name, select as select, table as table, tablesample as tablesample, text as text, true as true,
    try_cast as try_cast, tstring as tstring, tuple_ as tuple_, type_coerce as type_coerce, union as union, union_all as union_all,
    update as update, values as values, within_group as within_group,
)
from .visitors import ClauseVisitor as ClauseVisitor
