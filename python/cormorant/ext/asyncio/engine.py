"""The engine half, under the module path that programs import it from."""

from . import AsyncConnection as AsyncConnection
from . import AsyncEngine as AsyncEngine
from . import AsyncTransaction as AsyncTransaction
from . import create_async_engine as create_async_engine
