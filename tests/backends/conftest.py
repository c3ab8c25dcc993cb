import pytest

import cormorant as sa
from tests.backends.server import INSTALL, Server, binaries


@pytest.fixture(scope="session")
def server():
    """A running PostgreSQL server."""
    if binaries() is None:
        pytest.skip(INSTALL)
    try:
        from cormorant import _pg  # noqa: F401
    except ImportError as e:
        pytest.skip(f"cormorant was built without the PostgreSQL driver ({e}). On Debian: apt-get install libpq-dev")
    made = Server()
    made.start()
    yield made
    made.remove()


@pytest.fixture
def engine(server):
    """An engine on an empty schema."""
    engine = sa.create_engine(server.url())
    yield engine
    engine.dispose()
    cleaner = sa.create_engine(server.url(), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with cleaner.connect() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
