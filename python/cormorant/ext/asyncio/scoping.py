"""The scoped half, under the module path that programs import it from."""

from . import async_scoped_session as async_scoped_session
