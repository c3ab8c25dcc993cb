"""Values across the border: no reference is lost or kept, whatever happens on the way."""

import decimal
import gc
import sys

import pytest

import cormorant as sa
from cormorant import exc


@pytest.fixture(scope="module")
def bench():
    engine = sa.create_engine("sqlite://")
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *(
        sa.Column(name, type_) for name, type_ in
        (("i", sa.Integer), ("s", sa.String), ("n", sa.Numeric(20, 5)), ("b", sa.LargeBinary), ("j", sa.JSON), ("p", sa.PickleType), ("d", sa.DateTime))
    ))  # fmt: skip
    table.metadata.create_all(engine)
    return engine, table


ROUNDS = 300


def allocated(work, rounds=ROUNDS):
    """Memory blocks that `rounds` repetitions leave behind, after a warming-up; the better of two. Fewer than rounds: nothing
    is lost each time."""
    lost = []
    for count in (50, rounds, rounds):
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(count):
            work()
        gc.collect()
        lost.append(sys.getallocatedblocks() - before)
    return min(lost[1:])


ROW = {"i": 10**12, "s": "text that is made \u00e9", "n": decimal.Decimal("1234567.12345"), "b": b"bytes" * 9, "j": {"a": [1]}, "p": {1, 2}}


def test_round_trips_leave_nothing(bench):
    engine, table = bench

    def work():
        with engine.connect() as connection:
            connection.execute(table.insert(), ROW)
            connection.execute(sa.select(table)).all()
            connection.execute(sa.select(table)).mappings().first()
            list(connection.execute(sa.select(table.c.s)).scalars())

    assert allocated(work) < ROUNDS - 50


def test_failures_leave_nothing(bench):
    engine, table = bench

    def work():
        with engine.connect() as connection:
            for bad in ({"i": "abc"}, {"i": 2**80}, {"s": {}}, {"d": "2020"}, {"j": object()}, {"b": "x"}):
                try:
                    connection.execute(table.insert(), {**ROW, **bad})
                except (exc.StatementError, OverflowError):
                    pass

    assert allocated(work) < ROUNDS - 50


def test_half_read_results_leave_nothing(bench):
    engine, table = bench
    with engine.begin() as connection:
        connection.execute(table.insert(), [ROW] * 5)

    def work():
        with engine.connect() as connection:
            connection.execute(sa.select(table)).fetchmany(2)
            connection.execute(sa.select(table)).first()
            for _ in connection.execute(sa.select(table), execution_options={"stream_results": True}):
                break

    assert allocated(work) < ROUNDS - 50


def test_counters_return_to_zero():
    from cormorant import _core

    gc.collect()
    before = _core.counters()
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("select 1")).all()
    engine.dispose()
    del engine, connection
    gc.collect()
    after = _core.counters()
    names = [n for n in after if n.lower() in ("engine", "conn", "result", "stmt")]
    assert names and all(after[n] <= before[n] for n in names)


@pytest.mark.parametrize("text", ["", "a", "1234567", "12345678", "123456789", "\u00e9" * 9, "a" * 7 + "\u00e9", "\0", "x\0y", "\U0001f600" * 3, "a" * 100000])
def test_text_of_every_width(bench, text):
    engine, table = bench
    with engine.connect() as connection:
        connection.execute(table.insert(), {"id": 999, "s": text})
        assert connection.scalar(sa.select(table.c.s).where(table.c.id == 999)) == text


@pytest.mark.parametrize("value", [0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63)])
def test_integers_to_their_limits(bench, value):
    engine, table = bench
    with engine.connect() as connection:
        connection.execute(table.insert(), {"id": 998, "i": value})
        assert connection.scalar(sa.select(table.c.i).where(table.c.id == 998)) == value


def test_rows_without_containers_are_not_tracked(bench):
    engine, table = bench
    with engine.begin() as connection:
        connection.execute(table.insert(), {"id": 997, **ROW})
        plain = connection.execute(sa.select(table.c.id, table.c.s)).first()
        document = connection.execute(sa.select(table.c.id, table.c.j)).first()
    assert not gc.is_tracked(plain) and gc.is_tracked(document)
