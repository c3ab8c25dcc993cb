"""The dialect by the name of a driver that programs look for; the driver is the built-in one."""

from .base import PGDialect

__all__ = ["PGDialect_asyncpg", "dialect"]


class PGDialect_asyncpg(PGDialect):  # noqa: N801 - the name of the API
    """PostgreSQL; texts that are asked for have placeholders by number."""

    driver = "asyncpg"
    paramstyle = "numeric_dollar"


dialect = PGDialect_asyncpg
