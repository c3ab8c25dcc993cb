"""The pool of an engine on a server: who holds what, counts that stay exact under stress, and a look before use."""

import random
import threading
import time

import pytest

import cormorant as sa
from cormorant import text
from cormorant.orm import Session
from cormorant.pool import NullPool, QueuePool


def take_in_a_view(engine):
    return engine.connect()


def test_an_empty_pool_tells_who_holds_its_connections(server):
    engine = sa.create_engine(server.url(), pool_size=1, max_overflow=1, pool_timeout=0.2)
    first = take_in_a_view(engine)
    first.execute(text("SELECT 'what\nis this'"))
    ready, done = threading.Event(), threading.Event()

    def hold():
        with Session(engine) as s:
            s.execute(text("SELECT 'a longer one', " + "1 + " * 50 + "1"))
            ready.set()
            done.wait(20)

    other = threading.Thread(target=hold, name="worker-7")
    other.start()
    ready.wait(20)
    with pytest.raises(sa.exc.TimeoutError) as caught:
        engine.connect()
    message = str(caught.value).splitlines()
    assert message[0].startswith("QueuePool limit of size 1 overflow 1 reached, connection timed out, timeout 0.20")
    held = sorted(message[1:], key=lambda line: "worker-7" in line)
    assert "s by MainThread at " in held[0] and "test_pool.py:" in held[0] and "in take_in_a_view: SELECT 'what is this'" in held[0]
    assert "s by worker-7 at " in held[1] and "in hold: SELECT 'a longer one', 1 + 1" in held[1] and "..." in held[1]
    done.set()
    other.join()
    first.close()
    with engine.connect(), engine.connect():
        assert engine.pool.checkedout() == 2
    assert (engine.pool.checkedout(), engine.pool.checkedin()) == (0, 1)
    engine.dispose()


def test_of_many_holders_some_are_told(server):
    engine = sa.create_engine(server.url(), pool_size=10, max_overflow=0, pool_timeout=0.05)
    held = [engine.connect() for _ in range(10)]
    with pytest.raises(sa.exc.TimeoutError, match="and 2 more"):
        engine.connect()
    for c in held:
        c.close()
    engine.dispose()


def test_files_have_pools_too(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect() as c:
        c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.TimeoutError, match=r"held for \d+\.\d s by MainThread: SELECT 1"):
            engine.connect()
    engine.dispose()


def test_stress(server):
    """32 threads and a pool of five with overflow; connections are given up and the pool is emptied at random: nobody waits for ever,
    no connection is lost or counted twice, none is open when all is over."""
    engine = sa.create_engine(server.url(application_name="stress"), pool_size=5, max_overflow=3, pool_timeout=60)
    dice, failures, done = random.Random(7), [], []

    def work(seed):
        mine = random.Random(seed)
        try:
            for _ in range(25):
                with engine.connect() as c:
                    assert c.scalar(text("SELECT :x"), {"x": seed}) == seed
                    chance = mine.random()
                    if chance < 0.1:
                        c.invalidate()
                    elif chance < 0.2:
                        with pytest.raises(sa.exc.DBAPIError):
                            c.execute(text("SELECT 1/0"))
                    elif chance < 0.23:
                        engine.dispose()
            done.append(seed)
        except BaseException as e:  # noqa: BLE001 - told below
            failures.append(e)

    threads = [threading.Thread(target=work, args=(dice.randrange(10**9),)) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures and len(done) == 32
    assert engine.pool.checkedout() == 0 and engine.pool.checkedin() <= 5
    opened = engine.pool.checkedin()
    watcher = sa.create_engine(server.url(), poolclass=NullPool)
    with watcher.connect() as c:
        for _ in range(100):
            count = c.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stress'"))
            if count == opened:
                break
            time.sleep(0.02)
        assert count == opened
    engine.dispose()
    assert engine.pool.checkedin() == 0


def test_connections_that_fail_to_open_are_not_counted(server):
    """Overflow is given back: after any number of failures the pool works."""
    engine = sa.create_engine(server.url("not_there_yet"), pool_size=1, max_overflow=1, pool_timeout=1)
    for _ in range(5):
        with pytest.raises(sa.exc.OperationalError, match="does not exist"):
            engine.connect()
    assert (engine.pool.checkedout(), engine.pool.checkedin()) == (0, 0)
    with sa.create_engine(server.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as c:
        c.execute(text("CREATE DATABASE not_there_yet"))
    with engine.connect(), engine.connect():
        assert engine.pool.checkedout() == 2
    engine.dispose()


def test_recycling(server):
    engine = sa.create_engine(server.url(), pool_size=1, pool_recycle=0)
    pids = set()
    for _ in range(3):
        with engine.connect() as c:
            pids.add(c.scalar(text("SELECT pg_backend_pid()")))
        time.sleep(0.001)
    assert len(pids) == 3
    engine.dispose()


def test_the_next_user_finds_a_clean_session(server):
    """What the last one left in the transaction is gone; a failed transaction too."""
    engine = sa.create_engine(server.url(), pool_size=1, max_overflow=0)
    with engine.connect() as c:
        c.execute(text("CREATE TEMP TABLE leftover (x int)"))
        c.execute(text("SET LOCAL statement_timeout = 1234"))
        with pytest.raises(sa.exc.DBAPIError):
            c.execute(text("SELECT nonsense"))
    with engine.connect() as c:
        assert c.scalar(text("SELECT to_regclass('leftover')")) is None and c.scalar(text("SHOW statement_timeout")) == "0"
    engine.dispose()
