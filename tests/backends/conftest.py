import pytest

import cormorant as sa
from tests.backends.databases import chosen


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*capabilities): runs on the databases that have them (tests/backends/databases.py)")


def pytest_generate_tests(metafunc):
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", chosen(metafunc.definition), ids=str, indirect=True, scope="session")


@pytest.fixture(scope="session")
def servers():
    """Running servers by the name of their database, started when they are first asked for."""
    running = {}
    yield running
    for server in running.values():
        server.remove()


@pytest.fixture(scope="session")
def database(request):
    """The database of this run of the test: those that have what the test needs; PostgreSQL for tests that do not say."""
    return request.param


@pytest.fixture(scope="session")
def server(database, servers):
    """A running server of the database."""
    if database.name not in servers:
        servers[database.name] = database.running()
    return servers[database.name]


@pytest.fixture
def engine(database, server):
    """An engine on an empty schema."""
    engine = sa.create_engine(server.url())
    yield engine
    engine.dispose()
    if not database.clean:
        return
    cleaner = sa.create_engine(server.url(), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with cleaner.connect() as connection:
        for statement in database.clean:
            connection.execute(sa.text(statement))


@pytest.fixture
def killer(database, server):
    """kill(session number), over connections of its own; returns when the session is gone."""
    engine = sa.create_engine(server.url(), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")

    def kill(victim):
        with engine.connect() as c:
            c.execute(sa.text(database.kill), {"id": victim})

    yield kill
    engine.dispose()


