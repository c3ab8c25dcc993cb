"""What a network and a server do to a program, and that each leaves the database before or after, never between; that the caller is
told which; and that the next use works without a restart."""

import os
import threading
import time

import pytest

import cormorant as sa
from cormorant import insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.backends.server import PostgreSQL

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
def items(engine):
    Base.metadata.create_all(engine)
    return engine


def names(engine):
    with engine.connect() as c:
        return c.execute(select(Item.name).order_by(Item.id)).scalars().all()


def pid(connection):
    return connection.scalar(text("SELECT pg_backend_pid()"))


def kill(engine, victim):
    with engine.connect() as c:
        assert c.scalar(text("SELECT pg_terminate_backend(:p, 5000)"), {"p": victim})
        c.commit()


@pytest.fixture
def killer(server):
    engine = sa.create_engine(server.url(), poolclass=sa.pool.NullPool)
    yield engine
    engine.dispose()


def test_killed_while_idle_in_the_pool(items, killer):
    with items.connect() as c:
        victim = pid(c)
    kill(killer, victim)
    with pytest.raises(sa.exc.OperationalError) as caught, items.connect() as c:
        c.execute(text("SELECT 1"))
    assert caught.value.connection_invalidated and caught.value.retryable
    with items.connect() as c:
        assert pid(c) != victim


def test_pre_ping_replaces_it_unseen(server, items, killer):
    engine = sa.create_engine(server.url(), pool_pre_ping=True)
    with engine.connect() as c:
        victim = pid(c)
    kill(killer, victim)
    with engine.connect() as c:
        assert pid(c) != victim
    engine.dispose()


def test_killed_inside_of_a_transaction(items, killer):
    with Session(items) as s:
        s.add(Item(name="one"))
        s.flush()
        kill(killer, s.connection().scalar(text("SELECT pg_backend_pid()")))
        s.add(Item(name="two"))
        with pytest.raises(sa.exc.OperationalError) as caught:
            s.flush()
        assert caught.value.connection_invalidated
        s.rollback()
        s.add(Item(name="three"))
        s.commit()
    assert names(items) == ["three"]


@pytest.mark.parametrize("step", range(4))
def test_killed_between_any_two_steps_of_a_unit_of_work(items, killer, step):
    """Before the first statement, after the INSERT, after the UPDATE, before COMMIT: nothing of it is there, and the session goes on."""
    with Session(items) as s:
        s.add(Item(name="old"))
        s.commit()
        victim = s.connection().scalar(text("SELECT pg_backend_pid()"))
        old = s.scalars(select(Item)).one()
        actions = [lambda: s.add_all([Item(name=str(i)) for i in range(10)]), s.flush, lambda: setattr(old, "name", "new"), s.flush]
        with pytest.raises((sa.exc.OperationalError, sa.exc.PendingRollbackError)):
            for i, action in enumerate(actions):
                if i == step:
                    kill(killer, victim)
                action()
            s.commit()
        s.rollback()
        assert names(items) == ["old"]
        s.add(Item(name="after"))
        s.commit()
    assert names(items) == ["old", "after"]


def test_the_outcome_of_a_commit_that_got_no_answer_is_unknown(items, killer):
    """A deferred trigger holds COMMIT up; the server process is killed meanwhile."""
    with items.begin() as c:
        c.execute(text("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$"))
        c.execute(text("CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"))
    with items.connect() as c:
        victim = pid(c)
        c.execute(insert(Item), {"name": "maybe"})

        def shoot():
            time.sleep(0.5)
            os.kill(victim, 9)

        shooter = threading.Thread(target=shoot)
        shooter.start()
        with pytest.raises(sa.exc.OperationalError, match="whether the transaction was committed is unknown") as caught:
            c.commit()
        shooter.join()
        assert type(caught.value).__name__ == "CommitOutcomeUnknown"
    for _ in range(100):
        try:
            assert names(items) == []
            break
        except sa.exc.OperationalError:
            time.sleep(0.1)
    else:
        pytest.fail("the server did not come back")


def test_restart_while_idle_and_in_use(tmp_path):
    server = PostgreSQL(fsync="on")
    server.start()
    engine = sa.create_engine(server.url())
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as s:
            s.add(Item(name="kept"))
            s.commit()
            s.add(Item(name="lost"))
            s.flush()
            server.crash()
            server.start()
            s.add(Item(name="more"))
            with pytest.raises(sa.exc.OperationalError):
                s.commit()
            s.rollback()
            assert s.scalars(select(Item.name)).all() == ["kept"]
        server.stop()
        with pytest.raises(sa.exc.OperationalError), engine.connect() as c:
            c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.OperationalError, match="No such file or directory|refused"), engine.connect() as c:
            c.execute(text("SELECT 1"))
        server.start()
        assert names(engine) == ["kept"]
    finally:
        engine.dispose()
        server.remove()


def test_timeouts_and_locks(server, items):
    quick = sa.create_engine(server.url(options="-c%20statement_timeout%3D200%20-c%20lock_timeout%3D100"))
    with quick.connect() as c:
        with pytest.raises(sa.exc.OperationalError, match="statement timeout") as caught:
            c.execute(text("SELECT pg_sleep(5)"))
        assert caught.value.orig.sqlstate == "57014" and not caught.value.connection_invalidated
        c.rollback()
        assert c.scalar(text("SELECT 1")) == 1
    with items.begin() as holder:
        holder.execute(insert(Item), {"name": "x"})
        holder.execute(text("LOCK TABLE item"))
        with quick.connect() as c, pytest.raises(sa.exc.OperationalError, match="lock timeout") as caught:
            c.execute(select(Item.name))
        assert caught.value.retryable
    quick.dispose()


def test_serialization_and_deadlock_are_retryable(items):
    with items.begin() as c:
        c.execute(insert(Item), [{"name": "a"}, {"name": "b"}])
    strict = items.execution_options(isolation_level="SERIALIZABLE")
    with strict.connect() as a, strict.connect() as b:
        for c in (a, b):
            c.execute(select(Item.name)).all()
        a.execute(sa.update(Item).where(Item.name == "a").values(name="a1"))
        a.commit()
        with pytest.raises(sa.exc.OperationalError, match="could not serialize") as caught:
            b.execute(sa.update(Item).where(Item.name == "a").values(name="a2"))
        assert caught.value.retryable and caught.value.orig.sqlstate == "40001"
    errors = []

    def lock(first, second, barrier):
        try:
            with items.begin() as c:
                c.execute(sa.update(Item).where(Item.id == first).values(name=f"n{first}"))
                barrier.wait()
                c.execute(sa.update(Item).where(Item.id == second).values(name=f"m{second}"))
        except sa.exc.OperationalError as e:
            errors.append(e)

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=lock, args=(*ids, barrier)) for ids in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1 and errors[0].retryable and errors[0].orig.sqlstate == "40P01"


def test_idle_in_a_transaction_for_too_long(server, items):
    engine = sa.create_engine(server.url(options="-c%20idle_in_transaction_session_timeout%3D100"))
    with engine.connect() as c:
        c.execute(insert(Item), {"name": "late"})
        time.sleep(0.4)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            c.execute(text("SELECT 1"))
        assert caught.value.connection_invalidated
        c.rollback()
        assert c.execute(select(Item.name)).all() == []
    engine.dispose()


def test_connecting_that_fails(server):
    def attempt(url, **options):
        engine = sa.create_engine(url, **options)
        with pytest.raises(sa.exc.OperationalError) as caught, engine.connect():
            pass
        return str(caught.value)

    assert 'database "nope" does not exist' in attempt(server.url("nope"))
    assert "No such file or directory" in attempt("postgresql://postgres@/x?host=/nonexistent")
    assert "could not translate host name" in attempt("postgresql://postgres@host.invalid/x")
    begin = time.monotonic()
    assert "timeout" in attempt("postgresql://postgres@192.0.2.1/x", connect_args={"connect_timeout": 1}) or time.monotonic() - begin < 1
    assert time.monotonic() - begin < 5


def test_a_child_of_fork_opens_connections_of_its_own(items):
    with items.connect() as c:
        mine = pid(c)
        child = os.fork()
        if child == 0:
            try:
                with items.connect() as other:
                    os._exit(0 if pid(other) != mine else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert pid(c) == mine
    with items.connect() as c:
        assert pid(c) == mine


def test_many_threads_and_a_small_pool(server, items):
    engine = sa.create_engine(server.url(), pool_size=5, max_overflow=3, pool_timeout=30)
    failures = []

    def work(number):
        try:
            for i in range(15):
                with Session(engine) as s:
                    s.add(Item(name=f"{number}-{i}"))
                    s.commit()
                    if i % 7 == number % 7:
                        s.connection().invalidate()
                if number == 0 and i % 5 == 0:
                    engine.dispose()
        except Exception as e:  # noqa: BLE001 - told below
            failures.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and len(names(engine)) == 32 * 15
    assert engine.pool.checkedout() == 0
    engine.dispose()


def test_interrupting_a_wait(items):
    """Ctrl-C ends a statement that runs; the connection is good for the next one."""
    import signal

    with items.connect() as c:
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            c.execute(text("SELECT pg_sleep(20)"))
        assert time.monotonic() - begin < 5
        timer.join()
        c.rollback()
        assert c.scalar(text("SELECT 1")) == 1
