"""The families of events, by name."""

from .engine.events import ConnectionEvents, DialectEvents, PoolEvents, PoolResetState
from .sql.base import SchemaEventTarget
from .sql.events import DDLEvents

__all__ = ["ConnectionEvents", "DDLEvents", "DialectEvents", "PoolEvents", "PoolResetState", "SchemaEventTarget"]
