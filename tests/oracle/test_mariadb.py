"""The unit of work on MariaDB: ORACLE_SERVER_MACHINES random programs, 30 of them by default. The reference talks through PyMySQL."""

import pytest

from . import differences, servers
from .judge import judge, unsteady
from .seeds import FAMILIES, draw

sqlalchemy = pytest.importorskip("sqlalchemy", minversion="2.1", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
pytest.importorskip("pymysql", reason="the reference's driver is not installed: pip install pymysql")
CHUNK = 10
MACHINES = servers.MACHINES if servers.MACHINES != 150 else 30


@pytest.fixture(scope="module")
def server():
    started = servers.start_mariadb()
    if started is None:
        pytest.skip("MariaDB is not installed. On Debian: apt-get install mariadb-server libmariadb-dev")
    yield started
    started.remove()


def chunks(first: int, count: int) -> "list[range]":
    return [range(n, min(n + CHUNK, first + count)) for n in range(first, first + count, CHUNK)]


@pytest.mark.parametrize("seeds", chunks(0, MACHINES) + chunks(FAMILIES, MACHINES // 10), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_machines(server, seeds: range) -> None:
    judged = 0
    for seed in seeds:
        if seed in differences.OPEN:
            continue
        try:
            verdict = judge(draw(seed), make=servers.MariaDBWorld)
        except sqlalchemy.exc.OperationalError as e:
            assert "errno: 150" in str(e)  # a foreign key that the server does not take
            continue
        judged += 1
        if not verdict.agreed and not unsteady(verdict.machine, servers.MariaDBWorld):
            pytest.fail(str(verdict), pytrace=False)
    assert judged or len(seeds) < CHUNK
