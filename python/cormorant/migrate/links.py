"""SQLAlchemy's dialects on the connections of Cormorant's own drivers (PEP 249): so that both work on one physical connection, in one
transaction."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy import pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.postgresql.pg_catalog import INT2VECTOR
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ..engine import Connection

__all__ = ["to_connection"]


class SQLite(SQLiteDialect_pysqlite):
    supports_statement_cache = True

    def on_connect(self) -> t.Any:
        """Nothing: the functions that SQLAlchemy adds are there."""


class Numbers(INT2VECTOR):
    """A list of small numbers, which the driver hands out as text."""

    cache_ok = True

    def result_processor(self, dialect: t.Any, coltype: t.Any) -> t.Any:
        return lambda value: None if value is None else [int(part) for part in value.split()]


class PostgreSQL(PGDialect):
    driver = "cormorant"
    default_paramstyle = "pyformat"
    colspecs = {**PGDialect_pg8000.colspecs, INT2VECTOR: Numbers}  # of a driver whose server also must be told the types of parameters
    supports_statement_cache = True

    def __init__(self, **kwargs: t.Any) -> None:
        super().__init__(json_deserializer=lambda value: value, **kwargs)  # type: ignore[no-untyped-call]  # the driver did it


class MySQL(MySQLDialect):
    driver = "cormorant"
    default_paramstyle = "format"
    supports_statement_cache = True

    def _get_server_version_info(self, connection: t.Any) -> t.Any:
        return self._parse_server_version(connection.exec_driver_sql("SELECT VERSION()").scalar())

    def _detect_charset(self, connection: t.Any) -> str:
        return "utf8mb4"

    def _extract_error_code(self, exception: t.Any) -> t.Any:
        return exception.args[0]


class MariaDB(MariaDBDialect, MySQL):
    supports_statement_cache = True


for _cls in (SQLite, PostgreSQL, MySQL, MariaDB):
    registry.register(f"{_cls.name}.cormorant", __name__, _cls.__name__)


def to_connection(connection: Connection) -> sa.Connection:
    """A SQLAlchemy connection on the same physical connection, in the same transaction. That stays with the owner of the connection
    given: closing this one does nothing."""
    dialect = connection.dialect
    physical = connection.connection.dbapi_connection
    name = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    engine = sa.create_engine(
        f"{name}+cormorant://", module=dialect.dbapi, creator=lambda: physical, poolclass=pool.StaticPool, pool_reset_on_return=None,
        _initialize=False,
    )  # fmt: skip
    made = engine.connect()
    engine.dialect.initialize(made)
    if made.in_transaction() is not connection.in_transaction():
        made.begin() if connection.in_transaction() else made.rollback()
    return made
