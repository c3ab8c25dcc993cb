"""The families of events, by name."""

from .engine.events import ConnectionEvents, DialectEvents, PoolEvents, PoolResetState
from .event.schema import DDLEvents
from .sql.base import SchemaEventTarget

__all__ = ["ConnectionEvents", "DDLEvents", "DialectEvents", "PoolEvents", "PoolResetState", "SchemaEventTarget"]
