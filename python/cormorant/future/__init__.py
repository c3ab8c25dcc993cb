"""Names under which 1.4 offered what is now the only way."""

from ..engine import Connection, Engine, create_engine
from ..sql.expression import select

__all__ = ["Connection", "Engine", "create_engine", "select"]
