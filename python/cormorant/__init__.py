"""Cormorant: an ORM with the SQLAlchemy 2.1 API on a C core."""

from __future__ import annotations

import importlib as _importlib
import typing as _t

from . import _core as _core
from . import exc as exc
from ._late import present as _present
from ._version import __version__ as __version__
from .sql import expression as _expression
from .sql.schema import *  # noqa: F403
from .sql.schema import __all__ as _schema_names
from .sql._typing import NotNullable as NotNullable
from .sql._typing import Nullable as Nullable
from .types import *  # noqa: F403
from .types import __all__ as _type_names

globals().update({name: getattr(_expression, name) for name in _present(_expression)})
_OWN = ("exc", "NotNullable", "Nullable")

# Names that live in modules which not every program needs: imported when asked for.
_ELSEWHERE = {
    "engine": (
        "AdaptedConnection", "BindTyping", "ChunkedIteratorResult", "Compiled", "Connection", "CreateEnginePlugin", "CursorResult", "Dialect", "Engine",
        "ExceptionContext", "ExecutionContext", "FrozenResult", "IteratorResult", "MappingResult", "MergedResult", "NestedTransaction", "Result",
        "ResultProxy", "RootTransaction", "Row", "RowMapping", "ScalarResult", "Transaction", "TwoPhaseTransaction", "TypeCompiler", "URL",
        "create_engine", "create_mock_engine", "create_pool_from_url", "engine_from_config", "make_url", "result_tuple",
    ),
    "engine.reflection": ("Inspector",),
    "inspection": ("inspect",),
    "pool": (
        "AssertionPool", "AsyncAdaptedQueuePool", "NullPool", "Pool", "PoolProxiedConnection", "PoolResetState", "QueuePool",
        "SingletonThreadPool", "StaticPool",
    ),
    "sql.ddl": (
        "BaseDDLElement", "CheckFirst", "CreateTable", "CreateTableAs", "CreateView", "DDL", "DDLElement", "DropTable", "DropView",
        "ExecutableDDLElement",
    ),
    "sql.lambdas": ("LambdaElement", "StatementLambdaElement", "lambda_stmt"),
    "sql.vocabulary": ("OperatorClass",),
    "sql.windows": ("AggregateOrderBy", "FrameClause", "FrameClauseType", "FunctionFilter", "Over", "WithinGroup"),
    "sql.elements": ("SavepointClause", "RollbackToSavepointClause", "ReleaseSavepointClause", "TypeClause"),
    "sql.traversals": ("CacheKey",),
}  # fmt: skip
_HOME = {name: module for module, names in _ELSEWHERE.items() for name in names}
_MODULES = frozenset((
    "dialects", "engine", "event", "events", "ext", "flask", "inspection", "log", "orm", "pool", "schema", "sql", "types", "util", "dbapi",
    "compat", "future",
))  # fmt: skip

_STAR = (  # of the names elsewhere, those that `from cormorant import *` brings
    "Connection", "CursorResult", "DDL", "Engine", "Inspector", "MappingResult", "NullPool", "QueuePool", "Result", "Row", "RowMapping",
    "ScalarResult", "SingletonThreadPool", "StaticPool", "URL", "create_engine", "create_mock_engine", "engine_from_config", "inspect", "make_url",
    "event", "pool", "schema", "sql", "types", "util", "LambdaElement", "OperatorClass", "StatementLambdaElement", "lambda_stmt",
)  # fmt: skip

__all__ = [*_OWN, *dict.fromkeys((*_expression.__all__, *_schema_names, *_type_names, *_STAR))]


def __getattr__(name: str) -> _t.Any:
    home = _HOME.get(name)
    if home is not None:
        try:
            found = getattr(_importlib.import_module(f"{__name__}.{home}"), name)
        except (ModuleNotFoundError, AttributeError) as e:
            raise AttributeError(f"cormorant.{name} is not there yet ({e})") from e
        globals()[name] = found
        return found
    if name in _MODULES:
        try:
            return _importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as e:
            raise AttributeError(f"cormorant.{name} is not there yet ({e})") from e
    raise AttributeError(f"module 'cormorant' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})
