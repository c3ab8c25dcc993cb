"""Cormorant: an ORM with the SQLAlchemy 2.1 API on a C core. Every name of the package, and where it lives."""

from . import (
    _core as _core, compat as compat, dbapi as dbapi, dialects as dialects, engine as engine, event as event, exc as exc, ext as ext,
    future as future, inspection as inspection, log as log, orm as orm, pool as pool, schema as schema, sql as sql, types as types,
    util as util,
)
from ._version import __version__ as __version__
from .engine import (
    AdaptedConnection as AdaptedConnection, BindTyping as BindTyping, ChunkedIteratorResult as ChunkedIteratorResult,
    Compiled as Compiled, Connection as Connection, CreateEnginePlugin as CreateEnginePlugin, CursorResult as CursorResult,
    Dialect as Dialect, Engine as Engine, ExceptionContext as ExceptionContext, ExecutionContext as ExecutionContext,
    FrozenResult as FrozenResult, IteratorResult as IteratorResult, MappingResult as MappingResult, MergedResult as MergedResult,
    NestedTransaction as NestedTransaction, Result as Result, ResultProxy as ResultProxy, RootTransaction as RootTransaction, Row as Row,
    RowMapping as RowMapping, ScalarResult as ScalarResult, Transaction as Transaction, TwoPhaseTransaction as TwoPhaseTransaction,
    URL as URL, create_engine as create_engine, create_mock_engine as create_mock_engine, create_pool_from_url as create_pool_from_url,
    engine_from_config as engine_from_config, make_url as make_url, result_tuple as result_tuple,
)
from .engine.reflection import (
    Inspector as Inspector,
)
from .inspection import (
    inspect as inspect,
)
from .pool import (
    AssertionPool as AssertionPool, AsyncAdaptedQueuePool as AsyncAdaptedQueuePool, NullPool as NullPool, Pool as Pool,
    PoolProxiedConnection as PoolProxiedConnection, PoolResetState as PoolResetState, QueuePool as QueuePool,
    SingletonThreadPool as SingletonThreadPool, StaticPool as StaticPool,
)
from .sql.ddl import (
    BaseDDLElement as BaseDDLElement, CheckFirst as CheckFirst, CreateTable as CreateTable, DDL as DDL, DDLElement as DDLElement,
    DropTable as DropTable, ExecutableDDLElement as ExecutableDDLElement,
)
from .sql.elements import (
    CacheKey as CacheKey, ReleaseSavepointClause as ReleaseSavepointClause, RollbackToSavepointClause as RollbackToSavepointClause,
    SavepointClause as SavepointClause, TypeClause as TypeClause,
)
from .sql.expression import (
    AggregateOrderBy as AggregateOrderBy, Alias as Alias, AliasedReturnsRows as AliasedReturnsRows,
    AnonymizedFromClause as AnonymizedFromClause, BinaryExpression as BinaryExpression, BindParameter as BindParameter,
    BooleanClauseList as BooleanClauseList, Bundle as Bundle, CTE as CTE, Case as Case, Cast as Cast, ClauseElement as ClauseElement,
    ClauseList as ClauseList, CollationClause as CollationClause, CollectionAggregate as CollectionAggregate,
    ColumnClause as ColumnClause, ColumnCollection as ColumnCollection, ColumnElement as ColumnElement,
    ColumnExpressionArgument as ColumnExpressionArgument, ColumnOperators as ColumnOperators,
    CompilerColumnElement as CompilerColumnElement, CompoundSelect as CompoundSelect, DMLWhereBase as DMLWhereBase,
    DQLDMLClauseElement as DQLDMLClauseElement, DedupeColumnCollection as DedupeColumnCollection, Delete as Delete,
    DialectKWArgs as DialectKWArgs, Entity as Entity, Executable as Executable, ExecutableReturnsRows as ExecutableReturnsRows,
    ExecutableStatement as ExecutableStatement, Exists as Exists, ExpressionClauseList as ExpressionClauseList, Extract as Extract,
    False_ as False_, ForUpdateArg as ForUpdateArg, ForUpdateParameter as ForUpdateParameter, FrameClause as FrameClause, FrameClauseType as FrameClauseType,
    FromClause as FromClause, FromClauseAlias as FromClauseAlias, FromGrouping as FromGrouping, FromStatement as FromStatement,
    Function as Function, FunctionElement as FunctionElement, FunctionFilter as FunctionFilter, Generative as Generative,
    GenerativeSelect as GenerativeSelect, Grouping as Grouping, HasCTE as HasCTE, HasPrefixes as HasPrefixes, HasSuffixes as HasSuffixes,
    HostElement as HostElement, Insert as Insert, Join as Join, KeyedColumnElement as KeyedColumnElement,
    LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT, LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE as LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL, Label as Label,
    LabelReference as LabelReference, LambdaElement as LambdaElement, Lateral as Lateral, LiteralColumn as LiteralColumn,
    NamedColumn as NamedColumn, NamedFromClause as NamedFromClause, Null as Null, OperatorClass as OperatorClass,
    OperatorExpression as OperatorExpression, Operators as Operators, OrderByList as OrderByList, Over as Over, Prefix as Prefix,
    ProxyColumn as ProxyColumn, ReadOnlyColumnCollection as ReadOnlyColumnCollection, ReturnsRows as ReturnsRows,
    SQLColumnExpression as SQLColumnExpression, SQLCoreOperations as SQLCoreOperations, ScalarSelect as ScalarSelect,
    ScalarValues as ScalarValues, Select as Select, SelectBase as SelectBase, SelectLabelStyle as SelectLabelStyle,
    SelectStatementGrouping as SelectStatementGrouping, Selectable as Selectable, Slice as Slice, Star as Star,
    StatementLambdaElement as StatementLambdaElement, Subquery as Subquery, SyntaxExtension as SyntaxExtension,
    TableClause as TableClause, TableSample as TableSample, TableValuedAlias as TableValuedAlias, TableValuedColumn as TableValuedColumn,
    TextAsFrom as TextAsFrom, TextClause as TextClause, TextualSelect as TextualSelect, True_ as True_, TryCast as TryCast,
    Tuple as Tuple, TypeCoerce as TypeCoerce, UnaryExpression as UnaryExpression, Update as Update, UpdateBase as UpdateBase,
    Values as Values, ValuesBase as ValuesBase, Visitable as Visitable, WithinGroup as WithinGroup,
    WrapsColumnExpression as WrapsColumnExpression, WriteableColumnCollection as WriteableColumnCollection,
    aggregate_order_by as aggregate_order_by, alias as alias, all_ as all_, and_ as and_, any_ as any_, asc as asc, between as between,
    bindparam as bindparam, bitwise_not as bitwise_not, case as case, cast as cast, collate as collate, column as column, conv as conv,
    cte as cte, custom_op as custom_op, delete as delete, desc as desc, distinct as distinct, except_ as except_,
    except_all as except_all, exists as exists, extract as extract, false as false, from_dml_column as from_dml_column, func as func,
    funcfilter as funcfilter, insert as insert, intersect as intersect, intersect_all as intersect_all, join as join,
    join_condition as join_condition, label as label, lambda_stmt as lambda_stmt, lateral as lateral, literal as literal,
    literal_column as literal_column, modifier as modifier, not_ as not_, null as null, nulls_first as nulls_first,
    nulls_last as nulls_last, nullsfirst as nullsfirst, nullslast as nullslast, or_ as or_, outerjoin as outerjoin, outparam as outparam,
    over as over, quoted_name as quoted_name, select as select, table as table, tablesample as tablesample, text as text, true as true,
    try_cast as try_cast, tstring as tstring, tuple_ as tuple_, type_coerce as type_coerce, union as union, union_all as union_all,
    update as update, values as values, within_group as within_group,
)
from .sql.schema import (
    BLANK_SCHEMA as BLANK_SCHEMA, CallableColumnDefault as CallableColumnDefault, CheckConstraint as CheckConstraint, Column as Column,
    ColumnCollectionConstraint as ColumnCollectionConstraint, ColumnCollectionMixin as ColumnCollectionMixin,
    ColumnDefault as ColumnDefault, ColumnElementColumnDefault as ColumnElementColumnDefault, Computed as Computed,
    Constraint as Constraint, DefaultClause as DefaultClause, DefaultGenerator as DefaultGenerator, FetchedValue as FetchedValue,
    ForeignKey as ForeignKey, ForeignKeyConstraint as ForeignKeyConstraint, ForeignKeyTarget as ForeignKeyTarget,
    HasConditionalDDL as HasConditionalDDL, Identity as Identity, Index as Index, MetaData as MetaData,
    NULL_UNSPECIFIED as NULL_UNSPECIFIED, PrimaryKeyConstraint as PrimaryKeyConstraint, RETAIN_SCHEMA as RETAIN_SCHEMA,
    ScalarElementColumnDefault as ScalarElementColumnDefault, SchemaConst as SchemaConst, SchemaItem as SchemaItem, Sequence as Sequence,
    Table as Table, UniqueConstraint as UniqueConstraint, insert_sentinel as insert_sentinel,
)
from .types import (
    ARRAY as ARRAY, BIGINT as BIGINT, BINARY as BINARY, BLOB as BLOB, BOOLEAN as BOOLEAN, BigInteger as BigInteger, Boolean as Boolean,
    CHAR as CHAR, CLOB as CLOB, Concatenable as Concatenable, DATE as DATE, DATETIME as DATETIME, DECIMAL as DECIMAL, DOUBLE as DOUBLE,
    DOUBLE_PRECISION as DOUBLE_PRECISION, Date as Date, DateTime as DateTime, Double as Double, Enum as Enum,
    ExternalType as ExternalType, FLOAT as FLOAT, Float as Float, INT as INT, INTEGER as INTEGER, Indexable as Indexable,
    Integer as Integer, Interval as Interval, JSON as JSON, LargeBinary as LargeBinary, MatchType as MatchType, NCHAR as NCHAR,
    NULLTYPE as NULLTYPE, NUMERIC as NUMERIC, NVARCHAR as NVARCHAR, NullType as NullType, Numeric as Numeric,
    NumericCommon as NumericCommon, PickleType as PickleType, REAL as REAL, SMALLINT as SMALLINT, STRINGTYPE as STRINGTYPE,
    SchemaType as SchemaType, SmallInteger as SmallInteger, String as String, TEXT as TEXT, TIME as TIME, TIMESTAMP as TIMESTAMP,
    TableValueType as TableValueType, Text as Text, Time as Time, TupleType as TupleType, TypeDecorator as TypeDecorator,
    TypeEngine as TypeEngine, TypeEngineMixin as TypeEngineMixin, UUID as UUID, Unicode as Unicode, UnicodeText as UnicodeText,
    UserDefinedType as UserDefinedType, Uuid as Uuid, VARBINARY as VARBINARY, VARCHAR as VARCHAR, Variant as Variant,
    adapt_type as adapt_type, to_instance as to_instance,
)
from .sql._typing import NotNullable as NotNullable, Nullable as Nullable
