"""Engines, connections and results."""

from . import events as events
from .base import (
    Connection,
    Engine,
    NestedTransaction,
    OptionEngine as OptionEngine,
    RootTransaction,
    Transaction,
    TwoPhaseTransaction,
)
from .create import create_engine, create_pool_from_url, engine_from_config
from .interfaces import (
    AdaptedConnection,
    BindTyping,
    Compiled,
    Connectable,
    CreateEnginePlugin,
    Dialect,
    ExceptionContext,
    ExecutionContext,
)
from .mock import create_mock_engine
from .reflection import Inspector, ObjectKind, ObjectScope
from .result import (
    ChunkedIteratorResult,
    CursorResult,
    FilterResult,
    FrozenResult,
    IteratorResult,
    MappingResult,
    MergedResult,
    Result,
    ScalarResult,
    TupleResult,
    result_tuple,
)
from .row import BaseRow as BaseRow, Row, RowMapping
from .url import URL, make_url

ResultProxy = CursorResult

__all__ = [
    "AdaptedConnection", "BindTyping", "ChunkedIteratorResult", "Compiled", "Connectable", "Connection", "CreateEnginePlugin",
    "CursorResult", "Dialect", "Engine", "ExceptionContext", "ExecutionContext", "FilterResult", "FrozenResult", "Inspector",
    "IteratorResult", "MappingResult", "MergedResult", "NestedTransaction", "ObjectKind", "ObjectScope", "Result", "ResultProxy",
    "RootTransaction", "Row", "RowMapping", "ScalarResult", "Transaction", "TupleResult", "TwoPhaseTransaction", "URL",
    "create_engine", "create_mock_engine", "create_pool_from_url", "engine_from_config", "make_url", "result_tuple",
]  # fmt: skip
