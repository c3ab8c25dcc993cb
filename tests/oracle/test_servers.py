"""The unit of work on PostgreSQL: ORACLE_SERVER_MACHINES random programs (150), and a tenth as many over classes that inherit."""

import pytest

from . import differences, servers
from .judge import judge, unsteady
from .seeds import FAMILIES, draw

pytest.importorskip("sqlalchemy", minversion="2.1", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
pytest.importorskip("psycopg", reason="the reference's driver is not installed: pip install psycopg[binary]")
CHUNK = 10


@pytest.fixture(scope="module")
def server():
    started = servers.start()
    if started is None:
        pytest.skip("PostgreSQL is not installed. On Debian: apt-get install postgresql libpq-dev")
    yield started
    started.remove()


def chunks(first: int, count: int) -> "list[range]":
    return [range(n, min(n + CHUNK, first + count)) for n in range(first, first + count, CHUNK)]


@pytest.mark.parametrize("seeds", chunks(0, servers.MACHINES) + chunks(FAMILIES, servers.MACHINES // 10), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_machines(server, seeds: range) -> None:
    for seed in seeds:
        if seed in differences.OPEN:
            continue
        verdict = judge(draw(seed), make=servers.ServerWorld)
        if not verdict.agreed and not unsteady(verdict.machine, servers.ServerWorld):
            pytest.fail(str(verdict), pytrace=False)
