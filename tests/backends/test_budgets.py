"""The budgets of statements and of waits for the server on PostgreSQL (benchmarks/budgets.json), for the work of tests/budgets."""

import json

import pytest

import cormorant as sa
from benchmarks.python.world import World
from tests.budgets.work import BUDGETS, WORK, line

NAMES = (
    "load entities", "get by key", "page expired by commit, read again", "selectinload", "joinedload", "lazy collections", "joined inheritance", "insert flush and commit",
    "update flush and commit", "delete flush and commit", "graph of three levels, flush and commit", "bulk insert of dictionaries",
    "bulk insert of dictionaries, returning",
)
SMALL, LARGE = 20, 60
ALL = json.loads(BUDGETS.read_text())["postgresql"]


@pytest.fixture(scope="module")
def world():
    return World("cormorant")


def counted(world, engine, one, n):
    """Statements and waits of one run, after another that prepared them. Where objects were loaded beforehand, their transaction goes on."""
    from cormorant import _pg

    statements, waits = [], 0
    for _ in range(2):
        with engine.begin() as connection:
            for table in reversed(world.base.metadata.sorted_tables):
                connection.execute(table.delete())
        with world.orm.Session(engine) as session:
            body = one.prepare(world, session, n)
            before = _pg.waits()
            body()
            waits = _pg.waits() - before
    with engine.begin() as connection:
        for table in reversed(world.base.metadata.sorted_tables):
            connection.execute(table.delete())

    def heard(connection, cursor, sql, *rest):
        statements.append(sql)

    sa.event.listen(engine, "before_cursor_execute", heard)
    with world.orm.Session(engine) as session:
        body = one.prepare(world, session, n)
        statements.clear()
        body()
    sa.event.remove(engine, "before_cursor_execute", heard)
    return {"statements": len(statements), "waits": waits}


@pytest.mark.parametrize("name", NAMES)
def test_budget_of_waits(name, world, engine):
    world.base.metadata.create_all(engine)
    one = next(one for one in WORK if one.name == name)
    counts = line(counted(world, engine, one, SMALL), counted(world, engine, one, LARGE), SMALL, LARGE)
    for part in ("fixed", "per row"):
        for kind, value in counts[part].items():
            assert value <= ALL[name][part][kind], f"{name}: {value} {kind} ({part}) on PostgreSQL where benchmarks/budgets.json allows {ALL[name][part][kind]}"
