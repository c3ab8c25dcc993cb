"""The PEP 249 face of servers' connections: `raw_connection()`, what other libraries do with it, and what is refused."""

import datetime as dt
import threading
import time

import pytest

import cormorant as sa
from cormorant import text
from cormorant.dialects.postgresql import dbapi


@pytest.fixture
def raw(engine):
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (id serial PRIMARY KEY, name text UNIQUE, n int)")
    connection.commit()
    yield connection
    connection.close()


def test_the_module():
    assert (dbapi.apilevel, dbapi.paramstyle, dbapi.threadsafety) == ("2.0", "pyformat", 1)
    assert issubclass(dbapi.IntegrityError, dbapi.DatabaseError) and issubclass(dbapi.DatabaseError, dbapi.Error)
    assert dbapi.Connection.OperationalError is dbapi.OperationalError


def test_cursor(raw):
    with raw.cursor() as cursor:
        assert cursor.execute("INSERT INTO t (name, n) VALUES (%s, %s)", ("a", 1)) is cursor
        assert cursor.rowcount == 1 and cursor.description is None
        cursor.executemany("INSERT INTO t (name, n) VALUES (%(name)s, %(n)s)", [{"name": x, "n": i} for i, x in enumerate("bcd")])
        assert cursor.rowcount == 3
        cursor.execute("SELECT id, name, now() AS at, 1.5::float8 AS f, '\\x01'::bytea AS b FROM t WHERE n < $1 ORDER BY id", (5,))
        assert [c[0] for c in cursor.description] == ["id", "name", "at", "f", "b"] and all(len(c) == 7 for c in cursor.description)
        kinds = [c[1] for c in cursor.description]
        assert kinds[0] == dbapi.NUMBER and kinds[1] == dbapi.STRING and kinds[2] == dbapi.DATETIME and kinds[3] == dbapi.NUMBER and kinds[4] == dbapi.BINARY
        assert kinds[0] != dbapi.STRING and cursor.rowcount == 4
        first = cursor.fetchone()
        assert first[:2] == (1, "a") and isinstance(first[2], dt.datetime) and first[3:] == (1.5, b"\x01")
        assert [r[1] for r in cursor.fetchmany(2)] == ["b", "c"] and cursor.arraysize == 1 and len(cursor.fetchmany()) == 1
        assert cursor.fetchone() is None and cursor.fetchall() == []
        assert [r[0] for r in cursor.execute("SELECT name FROM t ORDER BY 1")] == ["a", "b", "c", "d"]
        cursor.execute("SELECT '100%%', %s", ("x",))
        assert cursor.fetchall() == [("100%", "x")]
        cursor.execute("SELECT %s::int[] || 3, n FROM t WHERE n = ANY(%s)", ([1, 2], [2]))
        assert cursor.fetchall() == [([1, 2, 3], 2)]
        cursor.execute("SELECT id FROM t WHERE false")
        assert cursor.description and cursor.fetchall() == [] and cursor.rowcount == 0
    with pytest.raises(dbapi.ProgrammingError, match="closed cursor"):
        cursor.execute("SELECT 1")


def test_transactions(raw, engine, server):
    inner = raw.dbapi_connection
    assert inner is raw.dbapi_connection is raw.driver_connection and isinstance(inner, dbapi.Connection)
    raw.cursor().execute("INSERT INTO t (name) VALUES ('lost')")
    raw.rollback()
    raw.cursor().execute("INSERT INTO t (name) VALUES ('kept')")
    raw.commit()
    with sa.create_engine(server.url(), poolclass=sa.pool.NullPool).connect() as other:
        assert other.scalars(text("SELECT name FROM t")).all() == ["kept"]
    inner.autocommit = True
    inner.execute("INSERT INTO t (name) VALUES ('at once')")
    inner.execute("VACUUM t")
    inner.autocommit = False
    with pytest.raises(ZeroDivisionError), inner:
        inner.execute("INSERT INTO t (name) VALUES ('no')")
        1 / 0
    raw.close()
    with engine.connect() as c:
        assert c.scalars(text("SELECT name FROM t ORDER BY id")).all() == ["kept", "at once"]
        assert c.connection.dbapi_connection is inner, "the same physical connection, with the same face"
    engine.dispose()
    assert inner.closed
    with pytest.raises(dbapi.ProgrammingError, match="closed database"):
        inner.cursor()


@pytest.mark.parametrize(
    ("sql", "parameters", "cls", "text_"),
    [
        ("SELEC 1", (), dbapi.ProgrammingError, 'syntax error at or near "SELEC"'), ("SELECT %s", (), dbapi.ProgrammingError, "uses 1, and there are 0"),
        ("SELECT %s", (1, 2), dbapi.ProgrammingError, "uses 1, and there are 2"), ("SELECT %(a)s", {"b": 1}, dbapi.ProgrammingError, "did not supply a value.*:a"),
        ("SELECT 1; SELECT 2", (), dbapi.ProgrammingError, "one statement at a time"), ("INSERT INTO t (id) VALUES (1), (1)", (), dbapi.IntegrityError, "duplicate key"),
        ("SELECT 1/0", (), dbapi.DataError, "division by zero"), ("SELECT %s", ("a\0b",), dbapi.DataError, "NUL"), ("SELECT %s::int", ("x",), dbapi.DataError, "invalid input syntax"),
    ],
)  # fmt: skip
def test_errors_are_the_drivers_own(raw, sql, parameters, cls, text_):
    cursor = raw.cursor()
    with pytest.raises(dbapi.Error, match=text_) as caught:
        cursor.execute(sql, parameters)
    assert type(caught.value) is cls
    raw.rollback()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(dbapi.ProgrammingError, match="didn't produce a result"):
        cursor.execute("SET application_name = 'x'").fetchall()


def test_objects_that_no_database_takes(engine, raw):
    with pytest.raises(dbapi.ProgrammingError, match="type 'object' is not supported"):
        raw.cursor().execute("SELECT %s", (object(),))
    with engine.connect() as c, pytest.raises(sa.exc.ProgrammingError, match=r"\(cormorant.dialects.postgresql.dbapi.ProgrammingError\)") as caught:
        c.execute(text("SELECT :x"), {"x": object()})
    assert type(caught.value.orig) is dbapi.ProgrammingError


def test_other_threads_run_meanwhile_and_may_cancel(raw):
    seen = []
    inner = raw.dbapi_connection

    def cancel():
        for _ in range(200):
            seen.append(1)
            time.sleep(0.001)
        inner.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(dbapi.OperationalError, match="canceling statement"):
        raw.cursor().execute("SELECT pg_sleep(20)")
    thread.join()
    assert len(seen) == 200


def test_listeners_of_connect(server):
    engine = sa.create_engine(server.url())

    @sa.event.listens_for(engine, "connect")
    def set_up(dbapi_connection, record):
        dbapi_connection.autocommit = True
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SET SESSION search_path = 'pg_catalog'")
        dbapi_connection.autocommit = False
        record.info["seen"] = True

    with engine.connect() as c:
        assert c.scalar(text("SHOW search_path")) == "pg_catalog" and c.info["seen"]
    engine.dispose()


def test_a_connection_without_an_engine(server):
    connection = dbapi.connect(server.url(), application_name="alone")
    assert connection.cursor().execute("SHOW application_name").fetchone() == ("alone",)
    connection.close()
