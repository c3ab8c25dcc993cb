"""The PEP 249 face."""

import sqlite3

import pytest

import cormorant as sa
from cormorant import dbapi


@pytest.fixture
def raw(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/d.db")
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("create table t (id integer primary key, x)")
    yield connection
    connection.close()
    engine.dispose()


def test_module():
    assert (dbapi.apilevel, dbapi.paramstyle) == ("2.0", "qmark")
    assert issubclass(dbapi.IntegrityError, dbapi.DatabaseError) and issubclass(dbapi.DatabaseError, dbapi.Error)
    assert dbapi.IntegrityError is sqlite3.IntegrityError


def test_cursor(raw):
    cursor = raw.cursor()
    cursor.executemany("insert into t (x) values (?)", [(1,), ("a",), (None,), (b"b",), (2.5,)])
    assert (cursor.rowcount, cursor.description) == (5, None)
    cursor.execute("select id, x from t where id > :low order by id", {"low": 1})
    assert [d[0] for d in cursor.description] == ["id", "x"]
    assert (cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall(), cursor.fetchone()) == ((2, "a"), [(3, None), (4, b"b")], [(5, 2.5)], None)
    assert list(cursor.execute("select count(*) from t")) == [(5,)]
    cursor.execute("insert into t (x) values (?)", ("last",))
    assert cursor.lastrowid == 6
    cursor.close()
    with pytest.raises(dbapi.ProgrammingError):
        cursor.execute("select 1")


def test_transactions(raw):
    inner = raw.dbapi_connection
    inner.execute("insert into t (x) values (1)")
    assert inner.in_transaction
    raw.rollback()
    assert not inner.in_transaction and inner.execute("select count(*) from t").fetchone() == (0,)
    with inner:
        inner.execute("insert into t (x) values (1)")
    assert inner.execute("select count(*) from t").fetchone() == (1,)
    inner.isolation_level = None
    inner.execute("insert into t (x) values (1)")
    assert not inner.in_transaction


@pytest.mark.parametrize(
    ("sql", "parameters", "error"),
    [
        ("selec 1", (), dbapi.OperationalError),
        ("select nope", (), dbapi.OperationalError),
        ("select ?", (), dbapi.ProgrammingError),
        ("select ?", (1, 2), dbapi.ProgrammingError),
        ("select :a", {"b": 1}, dbapi.ProgrammingError),
        ("select 1; select 2", (), dbapi.ProgrammingError),
        ("insert into t (id) values (1), (1)", (), dbapi.IntegrityError),
    ],
)
def test_errors_are_those_of_the_standard(raw, sql, parameters, error):
    with pytest.raises(error):
        raw.cursor().execute(sql, parameters)


def test_it_is_a_sqlite3_connection(raw):
    inner = raw.dbapi_connection
    assert isinstance(inner, sqlite3.Connection) and raw.dbapi_connection is inner
    inner.create_function("twice", 1, lambda x: x * 2)
    assert inner.execute("select twice(21)").fetchone() == (42,)
    inner.create_function("bad", 0, lambda: 1 / 0)
    with pytest.raises(dbapi.OperationalError, match="user-defined function raised exception"):
        inner.execute("select bad()")
    inner.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    inner.executemany("insert into t (x) values (?)", [("a",), ("b",)])
    assert inner.execute("select x from t order by x collate backwards").fetchall() == [("b",), ("a",)]

    class Product:
        def __init__(self):
            self.value = 1

        def step(self, x):
            self.value *= x

        def finalize(self):
            return self.value

    inner.create_aggregate("product", 1, Product)
    assert inner.execute("select product(v) from (select 6 as v union all select 7)").fetchone() == (42,)
    inner.executescript("create table s (x); insert into s values ('a;b'); -- done\n")
    assert inner.execute("select x from s").fetchone() == ("a;b",)
    inner.row_factory = sqlite3.Row
    with pytest.raises(TypeError):
        inner.execute("select 1 as one").fetchone()  # sqlite3.Row takes cursors of sqlite3 alone
    inner.row_factory = lambda cursor, row: dict(zip([d[0] for d in cursor.description], row))
    assert inner.execute("select 1 as one").fetchone() == {"one": 1}


def test_a_closed_pool_closes_its_faces(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/d.db")
    with engine.connect() as connection:
        inner = connection.connection.dbapi_connection
        assert inner.execute("select 1").fetchone() == (1,)
    engine.dispose()
    with pytest.raises(dbapi.ProgrammingError, match="closed database"):
        inner.execute("select 1")


def test_info_stays_with_the_physical_connection(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/d.db")
    with engine.connect() as connection:
        connection.info["a"] = 1
    with engine.connect() as connection:
        assert connection.info == {"a": 1}
        connection.invalidate()
    with engine.connect() as connection:
        assert connection.info == {}
