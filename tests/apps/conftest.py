import pytest


@pytest.fixture(scope="module")
def postgresql():
    """A function that makes a database on a server of this test's own; its URL."""
    from tests.backends.server import PostgreSQL

    if PostgreSQL.binaries() is None:
        pytest.skip(PostgreSQL.install)
    pytest.importorskip("cormorant._pg", reason="built without the PostgreSQL driver: apt-get install libpq-dev")
    from cormorant import create_engine, text

    server = PostgreSQL()
    server.start()

    def make(name):
        engine = create_engine(server.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return server.url(name)

    yield make
    server.remove()
