"""Connecting to PostgreSQL when it will not do, servers that fall silent, and a pooler in between that hands out transactions."""

import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import cormorant as sa
from cormorant import insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from cormorant.pool import NullPool
from tests.backends.server import PostgreSQL


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture(scope="module")
def strict():
    """A server with few connections, where one role needs a password."""
    if PostgreSQL.binaries() is None:
        pytest.skip(PostgreSQL.install)
    server = PostgreSQL(max_connections="6", superuser_reserved_connections="1", max_wal_senders="0")
    server.start()
    engine = sa.create_engine(server.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as c:
        c.execute(text("CREATE ROLE guest LOGIN PASSWORD 'right p@ss'"))
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all guest scram-sha-256\n" + hba.read_text())
        c.execute(text("SELECT pg_reload_conf()"))
    yield server
    server.remove()


def guest(server, password, **options):
    url = sa.engine.make_url(server.url()).set(username="guest", password=password)
    return sa.create_engine(url, **options)


def test_passwords(strict):
    """Right ones work, wrong ones say so, and none is ever shown."""
    for _ in range(200):
        engine = guest(strict, "right p@ss")
        try:
            with engine.connect() as c:
                assert c.scalar(text("SELECT current_user")) == "guest"
            break
        except sa.exc.OperationalError:  # the rules are read a moment after they were written
            time.sleep(0.02)
    engine.dispose()
    wrong = guest(strict, "wr0ng-secret")
    for _ in range(3):
        with pytest.raises(sa.exc.OperationalError, match="password authentication failed") as caught:
            wrong.connect()
        shown = f"{caught.value} {caught.value.__cause__!r} {wrong!r} {wrong.url}"
        assert "wr0ng-secret" not in shown and not caught.value.connection_invalidated
    assert (wrong.pool.checkedout(), wrong.pool.checkedin()) == (0, 0)


def test_too_many_connections(strict):
    engine = guest(strict, "right p@ss", pool_size=20)
    held = []
    with pytest.raises(sa.exc.OperationalError, match="remaining connection slots|too many") as caught:
        for _ in range(20):
            held.append(engine.connect())
    assert caught.value.retryable or "53300" in str(caught.value.orig.sqlstate) or "slots" in str(caught.value)
    assert engine.pool.checkedout() == len(held) >= 4
    for c in held:
        c.close()
    with engine.connect() as c:
        assert c.scalar(text("SELECT 1")) == 1
    engine.dispose()


@pytest.fixture
def frozen(server):
    """Stops a server process in its tracks, and lets it go on at the end."""
    stopped = []

    def freeze(pid):
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)

    yield freeze
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


def test_a_look_before_use_does_not_wait_for_ever(server, frozen):
    engine = sa.create_engine(server.url(), pool_pre_ping=True, connect_args={"connect_timeout": 1})
    with engine.connect() as c:
        pid = c.scalar(text("SELECT pg_backend_pid()"))
    frozen(pid)
    begin = time.monotonic()
    with engine.connect() as c:
        assert c.scalar(text("SELECT pg_backend_pid()")) != pid
    assert time.monotonic() - begin < 10
    engine.dispose()


def test_interrupting_a_server_that_does_not_answer(server, frozen):
    engine = sa.create_engine(server.url())
    with engine.connect() as c:
        frozen(c.scalar(text("SELECT pg_backend_pid()")))
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            c.execute(text("SELECT 1"))
        assert time.monotonic() - begin < 20
        timer.join()
        c.rollback()
        assert c.scalar(text("SELECT 2")) == 2
    engine.dispose()


# ---- PgBouncer, in transaction mode: the next transaction may be another server process's


@pytest.fixture(scope="module")
def bouncer():
    program = shutil.which("pgbouncer") or ("/usr/sbin/pgbouncer" if os.path.exists("/usr/sbin/pgbouncer") else None)
    if program is None:
        pytest.skip("the tests behind a pooler need PgBouncer. On Debian: apt-get install pgbouncer")
    if PostgreSQL.binaries() is None:
        pytest.skip(PostgreSQL.install)
    server = PostgreSQL()
    server.start()
    folder = server.folder / "bouncer"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={server.folder} port={server.PORT} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 6543\nunix_socket_dir = {folder}\n"
        f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\ndefault_pool_size = 2\nignore_startup_parameters = extra_float_digits\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*server.prefix, program, str(folder / "ini")], stdout=log, stderr=log, cwd="/")
    for _ in range(400):
        if (folder / ".s.PGSQL.6543").exists():
            break
        time.sleep(0.025)
    else:
        process.kill()
        pytest.fail((folder / "log").read_text())
    yield f"postgresql://postgres@/postgres?host={folder}&port=6543"
    process.terminate()
    process.wait(20)
    server.remove()


def test_behind_a_pooler_of_transactions(bouncer):
    """Several clients on two server processes: units of work, streams, arrays and failures, without a named statement."""
    engine = sa.create_engine(bouncer, connect_args={"prepare_threshold": None}, pool_size=6)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    failures = []

    def work(number):
        try:
            for i in range(10):
                with Session(engine) as s:
                    s.add_all([Thing(name=f"{number}-{i}-{k}") for k in range(3)])
                    s.commit()
                    assert len(s.scalars(select(Thing).where(Thing.name.like(f"{number}-{i}-%"))).all()) == 3
                    assert s.scalars(select(Thing.name).where(Thing.name.in_([f"{number}-{i}-0", "x"]))).one()
                    if i % 4 == 0:
                        assert len(list(s.scalars(select(Thing).limit(5).execution_options(yield_per=2)))) <= 5
                    with pytest.raises(sa.exc.ProgrammingError):
                        s.execute(text("SELECT nonsense"))
        except BaseException as e:  # noqa: BLE001 - told below
            failures.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]
    with engine.connect() as c:
        assert c.scalar(select(sa.func.count()).select_from(Thing)) == 180
        assert c.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(insert(Thing), [{"name": "auto"}, {"name": "commit"}])
        assert c.scalar(select(sa.func.count()).select_from(Thing)) == 182
    Base.metadata.drop_all(engine)
    engine.dispose()


def test_without_the_option_it_is_explained(bouncer):
    """Named statements of two clients meet in one server process; the error says what to do."""
    one, two = sa.create_engine(bouncer), sa.create_engine(bouncer)
    other = sa.create_engine(bouncer, connect_args={"prepare_threshold": None})
    with other.connect() as busy:
        busy.execute(text("SELECT 1"))  # its transaction keeps one of the two server processes: one is left for the others
        with pytest.raises(sa.exc.DBAPIError, match="(?s)prepared statement.*prepare_threshold=None") as caught:
            for _ in range(10):
                for engine in (one, two):
                    with engine.connect() as c:
                        c.execute(text("SELECT 1")).all()
    assert caught.value.orig.sqlstate in ("26000", "42P05")
    for engine in (one, two, other):
        engine.dispose()


def test_hosts_have_ports_of_their_own():
    """One without a port has the usual one, not that of its neighbour."""
    engine = sa.create_engine("postgresql://user@/db?host=127.0.0.2:1&host=127.0.0.3&host=127.0.0.4:2", poolclass=NullPool)
    with pytest.raises(sa.exc.OperationalError) as caught:
        engine.connect()
    for host, port in (("127.0.0.2", 1), ("127.0.0.3", 5432), ("127.0.0.4", 2)):
        assert f'"{host}", port {port} failed' in str(caught.value)
