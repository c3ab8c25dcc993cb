"""The session half, under the module path that programs import it from."""

from typing import Any, Mapping

from . import AsyncAttrs as AsyncAttrs
from . import AsyncSession as AsyncSession
from . import async_sessionmaker as async_sessionmaker

_EXECUTE_OPTIONS: Mapping[str, Any] = {}
