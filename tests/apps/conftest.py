import pytest

from tests.backends.databases import DATABASES


def databases(name):
    """A function that makes a database on a server of this test's own; its URL."""
    from cormorant import create_engine, text

    server = next(d for d in DATABASES if d.name == name).running()

    def make(database):
        engine = create_engine(server.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {database}"))
        engine.dispose()
        return server.url(database)

    yield make
    server.remove()


@pytest.fixture(scope="module")
def postgresql():
    yield from databases("postgresql")


@pytest.fixture(scope="module")
def mariadb():
    yield from databases("mariadb")
