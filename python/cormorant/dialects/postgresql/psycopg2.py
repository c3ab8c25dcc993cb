"""The dialect by the name of a driver that libraries look for; the driver is the built-in one."""

from .base import PGDialect_psycopg

__all__ = ["PGDialect_psycopg2", "dialect"]


class PGDialect_psycopg2(PGDialect_psycopg):  # noqa: N801 - the name of the API
    """PostgreSQL."""

    driver = "psycopg2"
    _bind_casts = False


dialect = PGDialect_psycopg2
