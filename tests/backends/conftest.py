import importlib

import pytest

import cormorant as sa
from tests.backends.server import MariaDB, PostgreSQL

CLEAN = {
    "postgresql": ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"],
    "mariadb": ["DROP DATABASE test", "CREATE DATABASE test CHARACTER SET utf8mb4"],
}


def running(kind, driver, package):
    """A running server of that kind; skips where it or the driver is not installed."""
    if kind.binaries() is None:
        pytest.skip(kind.install)
    try:
        importlib.import_module(f"cormorant.{driver}")
    except ImportError as e:
        pytest.skip(f"cormorant was built without the driver of {kind.__name__} ({e}). On Debian: apt-get install {package}")
    return kind().start()


@pytest.fixture(scope="session")
def server():
    """A running PostgreSQL server."""
    made = running(PostgreSQL, "_pg", "libpq-dev")
    yield made
    made.remove()


@pytest.fixture(scope="session")
def mariadb_server():
    """A running MariaDB server."""
    made = running(MariaDB, "_mysql", "libmariadb-dev")
    yield made
    made.remove()


def fresh_engine(server, database):
    """An engine on an empty schema, which is emptied again."""
    engine = sa.create_engine(server.url())
    yield engine
    engine.dispose()
    cleaner = sa.create_engine(server.url(), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with cleaner.connect() as connection:
        for statement in CLEAN[database]:
            connection.execute(sa.text(statement))


@pytest.fixture
def engine(server):
    """An engine on an empty schema of PostgreSQL."""
    yield from fresh_engine(server, "postgresql")


@pytest.fixture
def maria(mariadb_server):
    """An engine on an empty schema of MariaDB."""
    yield from fresh_engine(mariadb_server, "mariadb")
