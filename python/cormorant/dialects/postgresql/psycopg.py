"""The dialect by the name of a driver that programs look for; the driver is the built-in one."""

from .base import PGDialect_psycopg

__all__ = ["PGDialect_psycopg", "dialect"]

dialect = PGDialect_psycopg
