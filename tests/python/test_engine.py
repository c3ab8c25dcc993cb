"""Engines, connections, transactions, events, logging, URLs."""

import logging
import os
import pickle
import threading

import pytest

import cormorant as sa
from cormorant import event, exc
from cormorant.pool import NullPool, QueuePool, StaticPool


@pytest.fixture
def table():
    return sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.String, unique=True))


@pytest.fixture
def engine(tmp_path, table):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/t.db")
    table.metadata.create_all(engine)
    yield engine
    engine.dispose()


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_nothing_is_kept_without_commit(engine, table):
    with engine.connect() as connection:
        connection.execute(table.insert(), {"x": "a"})
        assert connection.in_transaction()
    assert count(engine, table) == 0
    with engine.connect() as connection:
        connection.execute(table.insert(), {"x": "a"})
        connection.commit()
        assert not connection.in_transaction()
    assert count(engine, table) == 1
    with engine.begin() as connection:
        connection.execute(table.insert(), {"x": "b"})
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        connection.execute(table.insert(), {"x": "c"})
        1 / 0
    assert count(engine, table) == 2


def test_begin(engine, table):
    with engine.connect() as connection:
        with connection.begin() as transaction:
            connection.execute(table.insert(), {"x": "a"})
            assert transaction.is_active and connection.get_transaction() is transaction
        assert not transaction.is_active and connection.get_transaction() is None
        connection.execute(sa.select(table))
        with pytest.raises(exc.InvalidRequestError, match="already initialized a SQLAlchemy Transaction"):
            connection.begin()
        connection.rollback()
        with pytest.raises(exc.InvalidRequestError, match="closed transaction inside context manager"), connection.begin() as transaction:
            transaction.rollback()
            connection.execute(sa.select(table))
        connection.execute(sa.select(table))
        connection.rollback()
        transaction = connection.begin()
        transaction.commit()
        with pytest.raises(exc.InvalidRequestError, match="inactive"):
            transaction.commit()
        transaction.rollback()


def test_savepoints(engine, table):
    with engine.begin() as connection:
        connection.execute(table.insert(), {"x": "a"})
        outer = connection.begin_nested()
        connection.execute(table.insert(), {"x": "b"})
        with connection.begin_nested() as inner:
            connection.execute(table.insert(), {"x": "c"})
            assert connection.in_nested_transaction() and connection.get_nested_transaction() is inner
        assert connection.get_nested_transaction() is outer
        outer.rollback()
        assert not connection.in_nested_transaction()
        with pytest.raises(exc.IntegrityError), connection.begin_nested():
            connection.execute(table.insert(), {"x": "a"})
        connection.execute(table.insert(), {"x": "d"})
    with engine.connect() as connection:
        assert connection.scalars(sa.select(table.c.x).order_by(table.c.x)).all() == ["a", "d"]


def test_closed(engine, table):
    connection = engine.connect()
    connection.close()
    connection.close()
    assert connection.closed
    with pytest.raises(exc.ResourceClosedError, match="This Connection is closed"):
        connection.execute(sa.select(table))


def test_errors_carry_what_happened(engine, table):
    with engine.connect() as connection:
        connection.execute(table.insert(), {"x": "secret"})
        with pytest.raises(exc.IntegrityError) as caught:
            connection.execute(table.insert(), {"x": "secret"})
    error = caught.value
    assert error.statement == "INSERT INTO t (x) VALUES (?)" and error.params == {"x": "secret"}
    assert error.orig.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE" and error.code == "gkpj"
    assert str(error).startswith("(sqlite3.IntegrityError) UNIQUE constraint failed: t.x\n[SQL: INSERT INTO t")
    assert "secret" not in str(error)
    assert pickle.loads(pickle.dumps(error)).statement == error.statement


def test_values_shown_when_asked_for(table):
    engine = sa.create_engine("sqlite://", hide_parameters=False)
    table.metadata.create_all(engine)
    with engine.connect() as connection, pytest.raises(exc.IntegrityError, match=r"\[parameters: \{'id': 1, 'x': 'seen'\}\]"):
        for _ in range(2):
            connection.execute(table.insert(), {"id": 1, "x": "seen"})


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c, t: c.execute("select 1"), exc.ObjectNotExecutableError),
        (lambda c, t: c.execute(5), exc.ObjectNotExecutableError),
        (lambda c, t: c.execute(t.insert(), 5), exc.ArgumentError),
        (lambda c, t: c.execute(t.insert(), [{"x": "a"}, 5]), exc.ArgumentError),
        (lambda c, t: c.execute(t.insert(), []), exc.ArgumentError),
        (lambda c, t: c.execute(sa.text("select :a")), exc.StatementError),
        (lambda c, t: c.execute(sa.text("selec 1")), exc.OperationalError),
        (lambda c, t: c.exec_driver_sql("select ?"), exc.ProgrammingError),
        (lambda c, t: c.execution_options(isolation_level="NOPE"), exc.ArgumentError),
    ],
)
def test_misuse(engine, table, call, error):
    with engine.connect() as connection, pytest.raises(error):
        call(connection, table)


def test_autocommit(engine, table):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        connection.execute(table.insert(), {"x": "a"})
        connection.rollback()
    assert count(engine, table) == 1
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "SERIALIZABLE"
    other = engine.execution_options(isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        connection.execute(table.insert(), {"x": "b"})
    assert count(engine, table) == 2 and other.url == engine.url
    always = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with always.connect() as connection:
        connection.execute(table.insert(), {"x": "c"})
    assert count(engine, table) == 3


def test_unknown_arguments_are_named():
    with pytest.raises(TypeError, match="'foo','bar'"):
        sa.create_engine("sqlite://", foo=1, bar=2)
    with pytest.raises(NotImplementedError, match="creator"):
        sa.create_engine("sqlite://", creator=lambda: None)
    with pytest.raises(exc.NoSuchModuleError):
        sa.create_engine("nope://")
    with pytest.raises(exc.ArgumentError):
        sa.create_engine("nope")


def test_engine_from_config():
    engine = sa.engine_from_config({"db.url": "sqlite://", "db.echo": "false", "db.pool_recycle": "50"}, prefix="db.")
    assert engine.echo is False and engine.url.drivername == "sqlite"


def test_pools(tmp_path):
    assert isinstance(sa.create_engine(f"sqlite:///{tmp_path}/x.db").pool, QueuePool)
    assert isinstance(sa.create_engine(f"sqlite:///{tmp_path}/x.db", poolclass=NullPool).pool, NullPool)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0, pool_timeout=0.1)
    with engine.connect(), pytest.raises(exc.TimeoutError):
        engine.connect()
    assert engine.pool.checkedout() == 0 and engine.pool.checkedin() == 1
    assert "Pool size: 1" in engine.pool.status()
    engine.dispose()
    assert engine.pool.checkedin() == 0


def test_memory_is_one_database_for_all_threads(table):
    engine = sa.create_engine("sqlite://")
    assert isinstance(engine.pool, StaticPool)
    table.metadata.create_all(engine)
    seen = []

    def work(i):
        with engine.begin() as connection:
            connection.execute(table.insert(), {"x": str(i)})
            seen.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == count(engine, table) == 8


def test_connect_event_hands_a_sqlite3_connection(tmp_path, table):
    import sqlite3

    engine = sa.create_engine(f"sqlite:///{tmp_path}/e.db")
    heard = []

    @event.listens_for(engine, "connect")
    def on_connect(connection, record):
        assert isinstance(connection, sqlite3.Connection)
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        record.info["seen"] = heard.append("connect")

    event.listen(engine, "checkout", lambda *args: heard.append("checkout"))
    event.listen(engine, "checkin", lambda *args: heard.append("checkin"))
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert heard == ["connect", "checkout", "checkin", "checkout", "checkin"]


def test_class_wide_listener(tmp_path):
    heard = []

    def on_connect(connection, record):
        heard.append(1)

    event.listen(sa.Engine, "connect", on_connect)
    try:
        sa.create_engine(f"sqlite:///{tmp_path}/c.db").connect().close()
    finally:
        event.remove(sa.Engine, "connect", on_connect)
    sa.create_engine(f"sqlite:///{tmp_path}/d.db").connect().close()
    assert heard == [1]


def test_execution_events(engine, table):
    heard = []
    event.listen(engine, "before_cursor_execute", lambda conn, cursor, statement, parameters, context, many: heard.append((statement, parameters, many)))
    event.listen(engine, "after_cursor_execute", lambda conn, cursor, statement, parameters, context, many: heard.append(cursor.rowcount))
    for name in ("begin", "commit", "rollback"):
        event.listen(engine, name, lambda conn, name=name: heard.append(name))
    event.listen(engine, "before_execute", lambda conn, clause, multi, params, options: heard.append((len(multi), params)))
    with engine.connect() as connection:
        connection.execute(table.insert(), [{"x": "a"}, {"x": "b"}])
        connection.commit()
        connection.execute(sa.select(table.c.id).where(table.c.id == 1))
    insert = ("INSERT INTO t (x) VALUES (?)", [("a",), ("b",)], True)
    assert heard[:5] == [(2, {}), "begin", insert, 2, "commit"] or heard[:5] == ["begin", (2, {}), insert, 2, "commit"]
    assert heard[-1] == "rollback"
    assert [h for h in heard if isinstance(h, tuple) and isinstance(h[0], str)][-1][1:] == ((1,), False)


def test_handle_error(engine):
    class Mine(Exception):
        pass

    @event.listens_for(engine, "handle_error")
    def on_error(context):
        assert isinstance(context.sqlalchemy_exception, exc.OperationalError) and context.statement == "select nope"
        raise Mine

    with engine.connect() as connection, pytest.raises(Mine):
        connection.execute(sa.text("select nope"))


def test_logging(table, caplog):
    engine = sa.create_engine("sqlite://")
    table.metadata.create_all(engine)
    statement = sa.select(table.c.id).where(table.c.x == "a\nINFO forged")
    with caplog.at_level(logging.INFO, "cormorant.engine"), engine.connect() as connection:
        connection.execute(statement)
    text = "\n".join(r.getMessage() for r in caplog.records)
    assert "SELECT t.id" in text and "forged" not in text
    caplog.clear()
    engine.echo = True
    with caplog.at_level(logging.INFO, "cormorant.engine"), engine.connect() as connection:
        connection.execute(statement)
    assert any("('a\\nINFO forged',)" in r.getMessage() for r in caplog.records)
    engine.echo = "debug"
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "cormorant.engine"), engine.connect() as connection:
        connection.execute(table.insert(), {"x": "row"})
        assert connection.execute(sa.select(table.c.x)).all() == [("row",)]
    assert any("Row ('row',)" in r.getMessage() for r in caplog.records)
    engine.echo = False


@pytest.mark.parametrize(
    "text",
    [
        "sqlite://",
        "sqlite:////abs/path.db",
        "sqlite:///rel.db?mode=ro&uri=true",
        "postgresql+psycopg2://user:***@host:5432/db",
        "mysql://user@[::1]/db?a=1&a=2",
    ],
)
def test_urls_keep_their_text(text):
    assert str(sa.make_url(text)) == text


def test_url_parts():
    url = sa.make_url("postgresql+psycopg2://us%40er:p%2Fw@host:5/db?x=1&y=2&y=3")
    assert (url.username, url.password, url.host, url.port, url.database) == ("us@er", "p/w", "host", 5, "db")
    assert url.query == {"x": "1", "y": ("2", "3")}
    assert (url.get_backend_name(), url.get_driver_name()) == ("postgresql", "psycopg2")
    assert "p/w" not in repr(url) and url.render_as_string(hide_password=False).startswith("postgresql+psycopg2://us%40er:p%2Fw@")
    assert url.set(database="other").database == "other" and url.set(database="other") != url
    assert url.update_query_pairs([("z", "1"), ("z", ["2", "3"])]).query["z"] == ("1", "2", "3")
    assert url.update_query_string("e=", keep_blank_values=True).query["e"] == "" and "e" not in url.update_query_string("e=").query
    with pytest.raises(TypeError, match="strings or sequences of strings"):
        url.update_query_pairs([("z", 5)])
    assert url.update_query_dict({"z": "9"}).query["z"] == "9" and url.difference_update_query(["y"]).query == {"x": "1"}
    for host in ("a%40b%2Fc%3Fd", "%01x", "[fe80::1%25eth0]"):
        odd = sa.make_url(f"postgresql://me@{host}:5/db")
        assert sa.make_url(str(odd)) == odd and odd.database == "db"
    assert sa.make_url(url) is url and hash(url) == hash(sa.make_url(url.render_as_string(hide_password=False)))
    assert sa.make_url("sqlite:///a%20b.db").database == "a b.db"


def test_engines_are_collected(table):
    import gc
    import weakref

    engine = sa.create_engine("sqlite://")
    table.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(sa.select(table)).all()
    gone = weakref.ref(engine)
    del engine, connection
    gc.collect()
    assert gone() is None


def test_invalidate(engine, table):
    with engine.connect() as connection:
        connection.execute(table.insert(), {"x": "a"})
        connection.invalidate()
        assert connection.invalidated
        connection.rollback()
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_another_thread_may_not_share_a_running_connection(engine):
    connection = engine.connect()
    started, problems = threading.Event(), []

    @event.listens_for(engine, "before_cursor_execute")
    def hold(*args):
        if threading.current_thread() is not threading.main_thread():
            started.set()
            waiting.wait(5)

    waiting = threading.Event()
    thread = threading.Thread(target=lambda: connection.execute(sa.text("select 1")))
    thread.start()
    started.wait(5)
    try:
        connection.execute(sa.text("select 2"))
    except exc.InvalidRequestError as e:
        problems.append(e)
    waiting.set()
    thread.join()
    assert problems and "another thread" in str(problems[0])
    connection.close()


def test_an_assertion_pool_has_one_connection_and_tells_who_has_it():
    e = sa.create_engine("sqlite://", poolclass=sa.AssertionPool, pool_size=7)
    assert isinstance(e.pool, sa.AssertionPool)
    with e.begin() as c:
        c.execute(sa.text("CREATE TABLE t (x)"))
        with pytest.raises(AssertionError, match=r"(?s)already checked out.*held for .* by MainThread: CREATE TABLE t"):
            e.connect()
    with e.connect() as c:
        assert c.execute(sa.text("SELECT count(*) FROM t")).scalar() == 0
    with pytest.raises(NotImplementedError, match="QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool"):
        sa.create_engine("sqlite://", poolclass=type("Mine", (sa.Pool,), {}))


def _in_child(work):
    """What `work` answers in a child of fork."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, repr(work()).encode())
        except BaseException as e:
            os.write(writing, repr(e).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    return text


def test_a_child_of_fork_leaves_its_parents_transaction_alone(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/items.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE item (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO item VALUES (1), (2), (3)")
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO item VALUES (4)"))
    streamed = connection.execution_options(stream_results=True).execute(sa.text("SELECT id FROM item ORDER BY id"))
    assert streamed.fetchone() == (1,)

    def meddle():
        told = []
        for act in (lambda: connection.execute(sa.text("SELECT 1")), connection.commit, streamed.fetchone):
            try:
                act()
            except exc.InvalidRequestError as e:
                told.append("forked from" in str(e) or "closed" in str(e))
        streamed.close()
        connection.rollback()
        seen = connection.execute(sa.text("SELECT count(*) FROM item")).scalar()  # on a connection of its own
        connection.close()
        return told, seen

    assert _in_child(meddle) == "([True, True, True], 3)"
    assert streamed.fetchall() == [(2,), (3,), (4,)]
    connection.commit()
    assert connection.execute(sa.text("SELECT count(*) FROM item")).scalar() == 4
    connection.close()
    engine.dispose()


def test_a_blank_name_is_no_schema_to_be_translated(engine, table):
    with engine.connect() as connection:
        connection = connection.execution_options(schema_translate_map={sa.BLANK_SCHEMA: "nowhere", "other": "main"})
        assert connection.execute(sa.select(table)).all() == []
        other = sa.Table("t", sa.MetaData(), sa.Column("x", sa.String), schema="other")
        assert connection.execute(sa.select(other)).all() == []
