"""The session half, under the module path that programs import it from."""

from . import AsyncAttrs as AsyncAttrs
from . import AsyncSession as AsyncSession
from . import async_sessionmaker as async_sessionmaker
