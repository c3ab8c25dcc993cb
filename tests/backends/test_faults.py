"""What a network and a server do to a program, and that each leaves the database before or after, never between; that the caller is
told which; and that the next use works without a restart. On every database."""

import os
import signal
import socket
import threading
import time

import pytest

import cormorant as sa
from cormorant import String, insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.backends.databases import needs

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), needs("server")]  # fork beside threads


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)


@pytest.fixture
def items(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def pid(database):
    """The number of a connection's session."""
    return lambda connection: connection.scalar(text(database.session_id))


def names(engine):
    with engine.connect() as c:
        return c.execute(select(Item.name).order_by(Item.id)).scalars().all()


def test_killed_while_idle_in_the_pool(items, killer, pid):
    with items.connect() as c:
        victim = pid(c)
    killer(victim)
    with pytest.raises(sa.exc.OperationalError) as caught, items.connect() as c:
        c.execute(text("SELECT 1"))
    assert caught.value.connection_invalidated and caught.value.retryable
    with items.connect() as c:
        assert pid(c) != victim


def test_pre_ping_replaces_it_unseen(server, items, killer, pid):
    engine = sa.create_engine(server.url(), pool_pre_ping=True)
    with engine.connect() as c:
        victim = pid(c)
    killer(victim)
    with engine.connect() as c:
        assert pid(c) != victim
    engine.dispose()


def test_killed_inside_of_a_transaction(items, killer, pid):
    with Session(items) as s:
        s.add(Item(name="one"))
        s.flush()
        killer(pid(s.connection()))
        s.add(Item(name="two"))
        with pytest.raises(sa.exc.OperationalError) as caught:
            s.flush()
        assert caught.value.connection_invalidated
        s.rollback()
        s.add(Item(name="three"))
        s.commit()
    assert names(items) == ["three"]


@pytest.mark.parametrize("step", range(4))
def test_killed_between_any_two_steps_of_a_unit_of_work(items, killer, pid, step):
    """Before the first statement, after the INSERT, after the UPDATE, before COMMIT: nothing of it is there, and the session goes on."""
    with Session(items) as s:
        s.add(Item(name="old"))
        s.commit()
        victim = pid(s.connection())
        old = s.scalars(select(Item)).one()
        actions = [lambda: s.add_all([Item(name=str(i)) for i in range(10)]), s.flush, lambda: setattr(old, "name", "new"), s.flush]
        with pytest.raises((sa.exc.OperationalError, sa.exc.PendingRollbackError)):
            for i, action in enumerate(actions):
                if i == step:
                    killer(victim)
                action()
            s.commit()
        s.rollback()
        assert names(items) == ["old"]
        s.add(Item(name="after"))
        s.commit()
    assert names(items) == ["old", "after"]


def shoot_after(seconds, shoot):
    """A thread that shoots while the caller waits for the server."""

    def run():
        time.sleep(seconds)
        shoot()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@needs("a process for each session")
def test_the_outcome_of_a_commit_that_got_no_answer_is_unknown(items, pid):
    """A deferred trigger holds COMMIT up; the server process is killed meanwhile."""
    with items.begin() as c:
        c.execute(text("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$"))
        c.execute(text("CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"))
    with items.connect() as c:
        victim = pid(c)
        c.execute(insert(Item), {"name": "maybe"})
        shooter = shoot_after(0.5, lambda: os.kill(victim, 9))
        with pytest.raises(sa.exc.OperationalError, match="whether the transaction was committed is unknown") as caught:
            c.commit()
        shooter.join()
        assert type(caught.value).__name__ == "CommitOutcomeUnknown"
    assert eventually(lambda: names(items)) == []


@needs("MySQL's SQL")
def test_the_outcome_of_a_commit_that_met_a_crash_is_unknown(database):
    """A global read lock holds COMMIT up; the server is killed meanwhile."""
    server = database.running()
    engine = sa.create_engine(server.url())
    holder = sa.create_engine(server.url(), poolclass=sa.pool.NullPool)
    try:
        Base.metadata.create_all(engine)
        with engine.connect() as c, holder.connect() as h:
            c.execute(insert(Item), {"name": "maybe"})
            for statement in database.hold_commits:
                h.execute(text(statement))
            shooter = shoot_after(0.5, server.crash)
            with pytest.raises(sa.exc.OperationalError, match="whether the transaction was committed is unknown") as caught:
                c.commit()
            shooter.join()
            assert type(caught.value).__name__ == "CommitOutcomeUnknown"
            h.invalidate()
        server.start()
        assert names(engine) == []
    finally:
        engine.dispose()
        holder.dispose()
        server.remove()


def test_restart_while_idle_and_in_use(database):
    server = database.running(**database.durable)
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
        with pytest.raises(sa.exc.OperationalError, match=database.gone), engine.connect() as c:
            c.execute(text("SELECT 1"))
        server.start()
        assert names(engine) == ["kept"]
    finally:
        engine.dispose()
        server.remove()


@needs("PostgreSQL's SQL")
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


def test_a_lock_that_is_not_to_be_had(database, items):
    """Whatever the server kept of the transaction, COMMIT is refused; a savepoint or a rollback mends it."""
    with items.begin() as c:
        c.execute(insert(Item), [{"name": "a"}, {"name": "b"}])
    change = sa.update(Item).where(Item.name == "a").values(name="a1")
    with items.connect() as holder, items.connect() as c:
        c.execute(text(database.lock_timeout))
        c.commit()
        holder.execute(change)
        c.execute(insert(Item), {"name": "earlier"})
        with pytest.raises(sa.exc.OperationalError) as caught:
            c.execute(change)
        assert caught.value.retryable and not caught.value.connection_invalidated
        with pytest.raises(sa.exc.DBAPIError):
            c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.DBAPIError):
            c.commit()
        c.rollback()
        assert "earlier" not in c.execute(select(Item.name)).scalars().all()
        c.execute(insert(Item), {"name": "kept"})
        inner = c.begin_nested()
        with pytest.raises(sa.exc.OperationalError):
            c.execute(change)
        inner.rollback()
        c.commit()
        holder.rollback()
    assert names(items) == ["a", "b", "kept"]
    with Session(items) as s, items.connect() as holder:
        s.execute(text(database.lock_timeout))
        holder.execute(change)
        s.scalars(select(Item).where(Item.name == "a")).one().name = "a2"
        s.add(Item(name="same unit of work"))
        with pytest.raises(sa.exc.OperationalError):
            s.flush()
        with pytest.raises(sa.exc.PendingRollbackError):
            s.commit()
        s.rollback()
        holder.rollback()
    assert names(items) == ["a", "b", "kept"]


@needs("serializable conflicts")
def test_serialization_failures_are_retryable(items):
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


def test_deadlocks_are_retryable(items):
    """The victim's transaction is gone as a whole; it cannot go on without a rollback, and then it can."""
    with items.begin() as c:
        c.execute(insert(Item), [{"name": "a"}, {"name": "b"}])
        ids = c.execute(select(Item.id).order_by(Item.id)).scalars().all()
    errors = []

    def lock(first, second, barrier):
        with items.connect() as c:
            try:
                c.execute(sa.update(Item).where(Item.id == first).values(name=f"n{first}"))
                barrier.wait()
                c.execute(sa.update(Item).where(Item.id == second).values(name=f"m{second}"))
                c.commit()
            except sa.exc.OperationalError as e:
                errors.append(e)
                with pytest.raises(sa.exc.SQLAlchemyError):
                    c.commit()
                c.rollback()
                c.execute(insert(Item), {"name": "again"})
                c.commit()

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=lock, args=(*order, barrier)) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1 and errors[0].retryable and errors[0].orig.sqlstate in ("40P01", "40001")
    assert not errors[0].connection_invalidated
    left = set(names(items))
    assert "again" in left and left - {"again"} in ({f"n{ids[0]}", f"m{ids[1]}"}, {f"n{ids[1]}", f"m{ids[0]}"})


@needs("idle timeout in a transaction")
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


def attempt(url, **options):
    """What is said when connecting fails."""
    engine = sa.create_engine(url, **options)
    with pytest.raises(sa.exc.OperationalError) as caught, engine.connect():
        pass
    engine.dispose()
    return str(caught.value)


@needs("PostgreSQL's SQL")
def test_connecting_that_fails(server):
    assert 'database "nope" does not exist' in attempt(server.url("nope"))
    assert "No such file or directory" in attempt("postgresql://postgres@/x?host=/nonexistent")
    assert "could not translate host name" in attempt("postgresql://postgres@host.invalid/x")
    begin = time.monotonic()
    assert "timeout" in attempt("postgresql://postgres@192.0.2.1/x", connect_args={"connect_timeout": 1}) or time.monotonic() - begin < 1
    assert time.monotonic() - begin < 5


@needs("MySQL's SQL")
def test_connecting_that_fails_on_mariadb(server):
    assert "Unknown database 'nope'" in attempt(server.url("nope"))
    assert "(1045, \"Access denied for user 'root'@'localhost'" in attempt(server.url(), connect_args={"password": "wrong"})
    assert "(2002, " in attempt("mysql://root@/x?unix_socket=/nonexistent")
    assert "(2005, " in attempt("mysql://root@host.invalid/x")
    begin = time.monotonic()
    attempt("mysql://root@192.0.2.1/x", connect_args={"connect_timeout": 1})
    assert time.monotonic() - begin < 5


@needs("MySQL's SQL")
def test_too_many_connections(database):
    server = database.running(**{"max-connections": 10})  # the least it takes
    engines = [sa.create_engine(server.url(), poolclass=sa.pool.NullPool) for _ in range(13)]
    try:
        held = []
        with pytest.raises(sa.exc.OperationalError) as caught:
            for engine in engines:
                held.append(engine.connect())
        assert caught.value.orig.errno == 1040 and caught.value.retryable
        for connection in held:
            connection.close()
        assert eventually(lambda: scalar(engines[0], "SELECT 1")) == 1
    finally:
        server.remove()


def scalar(engine, sql):
    with engine.connect() as c:
        return c.scalar(text(sql))


def eventually(ask):
    """The answer, as soon as the server has taken note of what ended."""
    for _ in range(200):
        try:
            return ask()
        except sa.exc.OperationalError:
            time.sleep(0.05)
    return ask()


@needs("MySQL's SQL")
def test_messages_longer_than_the_server_takes(items):
    """One that is too long is not sent, and the connection lives; many rows are sent in parts that fit."""
    table = sa.Table("blobs", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("b", sa.LargeBinary(2**24)))
    table.create(items)
    with items.connect() as c:
        most = c.scalar(text("SELECT @@max_allowed_packet"))
        c.execute(insert(table), {"b": b"kept"})
        with pytest.raises(sa.exc.OperationalError, match="max_allowed_packet") as caught:
            c.execute(insert(table), {"b": b"x" * most})
        assert not caught.value.connection_invalidated
        c.execute(insert(table), [{"b": bytes([i]) * (most // 5)} for i in range(12)])
        c.commit()
        assert c.execute(select(sa.func.count(), sa.func.sum(sa.func.length(table.c.b)))).one() == (13, 4 + 12 * (most // 5))


def test_a_socket_that_is_half_open(database, server, items):
    """The other end vanished without a word: a proxy stops passing bytes on. Pre-ping is not fooled, a statement can be stopped."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads, pairs = [], []

    def pump(a, b):
        while data := receive(a):
            with_errors_ignored(b.sendall, data)

    def receive(a):
        try:
            return a.recv(65536)
        except OSError:
            return b""

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(server.socket_path)
            pairs.append((client, upstream))
            for ends in ((client, upstream), (upstream, client)):
                threads.append(threading.Thread(target=pump, args=ends, daemon=True))
                threads[-1].start()

    threading.Thread(target=accept, daemon=True).start()
    engine = sa.create_engine(server.network_url(listener.getsockname()[1]), pool_pre_ping=True)
    try:
        with engine.connect() as c:
            first = c.scalar(text(database.session_id))
        for ends in pairs:
            for end in ends:
                end.shutdown(socket.SHUT_RDWR)
        with engine.connect() as c:
            assert c.scalar(text(database.session_id)) != first
            c.execute(insert(Item), {"name": "lost"})
            for ends in pairs:
                for end in ends:
                    with_errors_ignored(end.shutdown, socket.SHUT_RDWR)
            with pytest.raises(sa.exc.OperationalError) as caught:
                c.execute(text("SELECT 1"))
            assert caught.value.connection_invalidated
        with engine.connect() as c:
            assert c.execute(select(Item.name)).all() == []
    finally:
        engine.dispose()
        listener.close()
        for ends in pairs:
            for end in ends:
                with_errors_ignored(end.shutdown, socket.SHUT_RDWR)  # wakes the pump, which would keep the session on the server
                end.close()


def with_errors_ignored(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        pass


def test_a_child_of_fork_opens_connections_of_its_own(items, pid):
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


def test_a_child_of_fork_says_nothing_on_its_parents_connections(items):
    with Session(items) as session:
        session.add_all([Item(name=f"n{i}") for i in range(50)])
        session.flush()
        rows = session.execute(select(Item.name).order_by(Item.id).execution_options(yield_per=5))
        assert rows.fetchone() == ("n0",)
        child = os.fork()
        if child == 0:
            refused = 0
            try:
                for act in (session.commit, lambda: session.scalar(text("SELECT 1"))):
                    try:
                        act()
                    except sa.exc.InvalidRequestError:
                        refused += 1
                rows.close()
                session.rollback()
                found = session.scalars(select(Item)).all()  # on a connection of its own: nothing is committed
                session.close()
                items.dispose()
                os._exit(0 if refused == 2 and not found else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert len(rows.all()) == 49
        session.commit()
    assert len(names(items)) == 50


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


def test_interrupting_a_wait(database, items):
    """Ctrl-C ends a statement that runs; the connection is good for the next one."""
    with items.connect() as c:
        timer = threading.Timer(0.6, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            c.execute(text(database.sleep), {"s": 20})
        assert time.monotonic() - begin < 5
        timer.join()
        c.rollback()
        assert c.scalar(text("SELECT 1")) == 1
