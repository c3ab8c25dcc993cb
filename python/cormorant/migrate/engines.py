"""Engines for migrations: SQLAlchemy's, for the database of one of ours."""

from __future__ import annotations

import importlib.util
import typing as t
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import pool

from .. import dbapi, exc
from ..engine import Engine

__all__ = ["to_engine"]

_DRIVERS = {
    "sqlite": (("pysqlite", "sqlite3"),),
    "postgresql": (("psycopg", "psycopg"), ("psycopg2", "psycopg2"), ("pg8000", "pg8000")),
    "mysql": (("mysqldb", "MySQLdb"), ("pymysql", "pymysql"), ("mariadbconnector", "mariadb"), ("mysqlconnector", "mysql.connector")),
}
_DRIVERS["mariadb"] = _DRIVERS["mysql"]

_made: WeakKeyDictionary[Engine, sa.Engine] = WeakKeyDictionary()


def to_engine(engine: Engine) -> sa.Engine:
    """A SQLAlchemy engine for the same database, the same one each time; it keeps no connections.

    An SQLite database in memory is Cormorant's alone, so there SQLAlchemy gets connections of `cormorant.dbapi`.

    fails: ArgumentError when no driver is installed.
    """
    made = _made.get(engine)
    if made is None:
        made = _made[engine] = _make(engine)
    return made


def _make(engine: Engine) -> sa.Engine:
    url = engine.url
    if url.get_backend_name() == "sqlite" and _in_memory(url):
        return sa.create_engine("sqlite://", module=dbapi, creator=lambda: engine.raw_connection().driver_connection, poolclass=pool.NullPool)
    real = sa.URL.create(
        f"{url.get_backend_name()}+{_driver(url)}", username=url.username, password=url.password, host=url.host, port=url.port,
        database=url.database, query=url.query,
    )  # fmt: skip
    return sa.create_engine(real, poolclass=pool.NullPool, connect_args=getattr(engine, "_connect_args", {}))


def _in_memory(url: t.Any) -> bool:
    name = url.database or ":memory:"
    return ":memory:" in name or url.query.get("mode") == "memory"


def _driver(url: t.Any) -> str:
    """The driver that the URL names if SQLAlchemy can use it synchronously, else one that is installed."""
    backend = url.get_backend_name()
    known = _DRIVERS.get(backend)
    if known is None:
        raise exc.ArgumentError(f"migrations of {backend!r} databases are not supported: {url.render_as_string()!r}")
    installed = [name for name, module in known if _is_there(module)]
    if not installed:
        raise exc.ArgumentError(f"migrations of {backend} databases need a driver that SQLAlchemy knows: pip install {known[0][1]}")
    _, _, named = url.drivername.partition("+")
    return named if named in installed else installed[0]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
