"""What every database answers alike: values, keys, transactions, the shape of statements."""

import datetime as dt
import decimal
import enum
import uuid

import pytest

import cormorant as sa
from cormorant import Column, String, func, insert, select, text, update
from tests.backends.databases import needs

pytestmark = needs()

VALUES = [
    (sa.SmallInteger(), -32768), (sa.Integer(), 2**31 - 1), (sa.Integer(), -(2**31)), (sa.BigInteger(), -(2**63)), (sa.BigInteger(), 2**63 - 1),
    (sa.Numeric(12, 5), decimal.Decimal("-1234567.00012")), (sa.Numeric(10, 2, asdecimal=False), 2.5), (sa.Double(), 1e300), (sa.Double(), 0.1),
    (sa.String(20), "grün ☃ 😀"), (sa.String(20), "o'clock \\ \"%s\" ?"), (sa.Text(), ""), (sa.Text(), "x" * 60_000),
    (sa.Unicode(20), "ß"), (sa.Boolean(), False), (sa.Boolean(), True), (sa.Date(), dt.date(1000, 1, 1)), (sa.Date(), dt.date(9999, 12, 31)),
    (sa.Time(), dt.time(23, 59, 59)), (sa.Time(), dt.time(0)), (sa.DateTime(), dt.datetime(1969, 12, 31, 23, 59, 59)),
    (sa.Interval(), dt.timedelta(days=-3)), (sa.Interval(), dt.timedelta(hours=30)), (sa.LargeBinary(), bytes(range(256))), (sa.LargeBinary(), b""),
    (sa.Uuid(), uuid.UUID(int=2**127 + 5)), (sa.Uuid(native_uuid=False), uuid.UUID(int=99)), (sa.Uuid(as_uuid=False), str(uuid.UUID(int=7))),
    (sa.JSON(), {"a": [1, None, "ü"]}), (sa.JSON(), [1.5, True]), (sa.Enum("x", "y", name="xy"), "y"), (sa.Enum("x", "y", native_enum=False), "x"),
    (sa.PickleType(), {"any": (1, 2)}),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda v: repr(v)[:40])
def test_values_go_there_and_back(engine, type_, value):
    """One set and many, the first run and later ones; NULL; compared with itself."""
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", type_))
    table.create(engine)
    with engine.begin() as c:
        c.execute(insert(table), {"v": value})
        c.execute(insert(table), [{"v": None}, {"v": value}])
        for _ in range(3):
            got = c.execute(select(table.c.v).order_by(table.c.id)).scalars().all()
            assert got == [value, None, value] and type(got[0]) is type(value)
        if not isinstance(type_, (sa.JSON, sa.PickleType)):
            assert len(c.execute(select(table.c.id).where(table.c.v == value)).all()) == 2
            assert len(c.execute(select(table.c.id).where(table.c.v.in_([value, value]))).all()) == 2
    table.drop(engine)


@needs("moments to the microsecond")
def test_microseconds(engine):
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("at", sa.DateTime), Column("time", sa.Time), Column("gap", sa.Interval))
    table.create(engine)
    values = (dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.time(23, 59, 59, 999999), dt.timedelta(days=-3, microseconds=7))
    with engine.begin() as c:
        c.execute(insert(table), dict(zip(("at", "time", "gap"), values)))
        assert c.execute(select(table.c.at, table.c.time, table.c.gap)).one() == values


@pytest.fixture
def people(engine):
    metadata = sa.MetaData()
    table = sa.Table("people", metadata, Column("id", sa.Integer, primary_key=True), Column("name", String(5), unique=True),
                     Column("boss_id", sa.ForeignKey("people.id", name="fk_boss")), Column("age", sa.SmallInteger), sa.CheckConstraint("age > 0", name="ck_age"))
    metadata.create_all(engine)
    metadata.create_all(engine)
    return table


@pytest.mark.parametrize("values", [{"name": "a"}, {"age": -1}, {"id": 1}], ids=repr)
def test_constraints(engine, people, values):
    """The class of the error, its statement, and nothing lost."""
    with engine.begin() as c:
        c.execute(insert(people), {"id": 1, "name": "a"})
    with pytest.raises(sa.exc.IntegrityError) as caught, engine.begin() as c:
        c.execute(insert(people), {"name": "b", **values})
    assert "INSERT INTO people" in str(caught.value) and not caught.value.connection_invalidated
    assert isinstance(caught.value.orig, sa.dbapi.IntegrityError)
    with engine.connect() as c:
        assert c.scalar(select(func.count()).select_from(people)) == 1


def test_keys_come_back(engine, people):
    with engine.begin() as c:
        assert c.execute(insert(people), {"name": "a"}).inserted_primary_key == (1,)
        assert c.execute(insert(people), {"id": 77, "name": "b"}).inserted_primary_key == (77,)
        result = c.execute(insert(people), [{"id": 1000 + i, "name": str(i)} for i in range(1500)])
        assert result.rowcount == 1500 and not result.returns_rows
        assert c.execute(update(people).where(people.c.id < 1005).values(age=5)).rowcount == 7
        assert c.execute(update(people).where(people.c.id < 1005).values(age=5)).rowcount == 7, "rows found, not rows changed"
        done = c.execute(update(people).where(people.c.id == sa.bindparam("key")).values(age=6), [{"key": 1000}, {"key": 1001}, {"key": 9}])
        assert done.rowcount == 2
        assert c.execute(sa.delete(people).where(people.c.id == sa.bindparam("key")), [{"key": 1000}, {"key": 5000}]).rowcount == 1


@needs("returning")
def test_keys_come_back_in_order(engine, people):
    with engine.begin() as c:
        got = c.execute(insert(people).returning(people.c.id, people.c.name), [{"name": "c"}, {"name": "d"}, {"name": None}]).all()
        assert [r.name for r in got] == ["c", "d", None]
        assert {r.id: r.name for r in got} == {i: n for i, n in c.execute(select(people.c.id, people.c.name).where(people.c.id.in_([r.id for r in got])))}


def test_sets_of_unlike_values(engine, people):
    """A column that is NULL, small, large, text that is a number: each set is bound as itself."""
    with engine.begin() as c:
        values = [None, 1, 2**15 - 1, None, 7]
        c.execute(insert(people), [{"id": i + 1, "name": None if v is None else str(v), "age": v} for i, v in enumerate(values)])
        assert c.execute(select(people.c.age).order_by(people.c.id)).scalars().all() == values
        assert c.execute(select(people.c.name).order_by(people.c.id)).scalars().all() == [None if v is None else str(v) for v in values]


def test_a_set_that_fails_among_many(engine, people):
    """The caller hears of it, and after a rollback none of them is there."""
    with engine.connect() as c:
        with pytest.raises(sa.exc.IntegrityError):
            c.execute(insert(people), [{"name": str(i if i != 40 else 3)} for i in range(60)])
        c.rollback()
        assert c.scalar(select(func.count()).select_from(people)) == 0


@needs("returning")
def test_a_failed_statement_runs_again(engine, people):
    """Also one that was to answer rows, which the server began to send."""
    keys = []
    with engine.connect() as c:
        for name in ("a", "a", "b", "a", "c"):
            point = c.begin_nested()
            try:
                keys.append(c.execute(insert(people).returning(people.c.id), {"name": name}).scalar_one())
                point.commit()
            except sa.exc.IntegrityError:
                point.rollback()
        c.commit()
        assert dict(c.execute(select(people.c.name, people.c.id)).all()) == dict(zip("abc", keys))


def test_savepoints(engine, people):
    with engine.connect() as c:
        with c.begin():
            inner = c.begin_nested()
            c.execute(insert(people), {"name": "a"})
            inner.rollback()
            with c.begin_nested():
                c.execute(insert(people), {"name": "b"})
        assert c.execute(select(people.c.name)).scalars().all() == ["b"]
        c.rollback()
        with c.begin():
            for i in range(3):
                point = c.begin_nested()
                try:
                    c.execute(insert(people), {"name": "b" if i == 1 else f"n{i}"})
                    point.commit()
                except sa.exc.IntegrityError:
                    point.rollback()
        assert c.execute(select(people.c.name).order_by(people.c.id)).scalars().all() == ["b", "n0", "n2"]


@needs("isolation levels")
def test_isolation_and_autocommit(engine, people):
    for level in ("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED"):
        with engine.connect().execution_options(isolation_level=level) as c:
            assert c.get_isolation_level() == level
    with engine.connect() as c:
        assert c.get_isolation_level() == c.default_isolation_level
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c, engine.connect() as other:
        c.execute(insert(people), {"name": "now"})
        assert other.execute(select(people.c.name)).scalars().all() == ["now"]
    with engine.connect() as c:
        c.execute(insert(people), {"name": "never"})
    with engine.connect() as c:
        assert c.execute(select(people.c.name)).scalars().all() == ["now"]


def test_a_table_that_changed_between_two_runs(engine, people):
    star = text("SELECT * FROM people")
    with engine.connect() as c:
        c.execute(insert(people), {"name": "a"})
        c.commit()
        for _ in range(2):
            assert len(c.execute(star).one()) == 4
        c.commit()
        c.execute(text("ALTER TABLE people ADD COLUMN extra INT"))
        c.commit()
        again = c.execution_options(isolation_level="AUTOCOMMIT")
        assert len(again.execute(star).one()) == 5
        assert len(again.execute(star).one()) == 5


def test_enums_are_created_once_and_dropped_last(engine):
    class Color(enum.Enum):
        red = 1
        blue = 2

    metadata = sa.MetaData()
    one = sa.Table("one", metadata, Column("id", sa.Integer, primary_key=True), Column("color", sa.Enum(Color)))
    two = sa.Table("two", metadata, Column("id", sa.Integer, primary_key=True), Column("color", sa.Enum(Color)))
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(insert(one), [{"color": Color.blue}, {"color": None}])
        assert c.execute(select(one.c.color).order_by(one.c.id)).scalars().all() == [Color.blue, None]
        assert c.scalar(select(func.count()).where(one.c.color.in_([Color.red, Color.blue]))) == 1
    one.drop(engine)
    with engine.begin() as c:
        c.execute(insert(two), {"color": Color.red})
    metadata.drop_all(engine)
    metadata.create_all(engine)


def test_tables_in_a_circle(engine):
    metadata = sa.MetaData()
    sa.Table("hen", metadata, Column("id", sa.Integer, primary_key=True), Column("egg_id", sa.ForeignKey("egg.id", name="fk_egg")))
    sa.Table("egg", metadata, Column("id", sa.Integer, primary_key=True), Column("hen_id", sa.ForeignKey("hen.id", name="fk_hen")))
    metadata.create_all(engine)
    with engine.connect() as c:
        assert [c.scalar(select(func.count()).select_from(t)) for t in metadata.tables.values()] == [0, 0]
    metadata.drop_all(engine)
    with engine.connect() as c, pytest.raises(sa.exc.DBAPIError):
        c.execute(text("SELECT * FROM hen"))


@needs("server")
def test_statements_that_leave_the_cache_leave_the_server(database, engine):
    with engine.connect() as c:
        for i in range(300):
            c.execute(text(f"SELECT {i}"))
        c.commit()
        assert int(c.scalar(text(database.prepared))) <= 200


def test_parameters_of_with_clauses_and_repeated_expressions(engine, people):
    with engine.begin() as c:
        c.execute(insert(people), [{"name": f"n{i}", "age": i + 1} for i in range(6)])
        old = select(people).where(people.c.age > 2).cte("old")
        stmt = select(sa.literal("x"), old.c.name).where(old.c.age < 5).order_by(old.c.id)
        assert c.execute(stmt).all() == [("x", "n2"), ("x", "n3")]
        first = func.substr(people.c.name, 1, 1).label("first")
        assert c.execute(select(first, func.count()).group_by(first)).all() == [("n", 6)]
        bucket = (people.c.age % 3).label("bucket")
        assert c.execute(select(bucket, func.count()).group_by(bucket).order_by(bucket)).all() == [(0, 2), (1, 2), (2, 2)]
        many = [{"id": 1000 + i, "name": str(i)} for i in range(400)]
        assert c.execute(insert(people).values(many)).rowcount == 400


@needs("changes in WITH")
def test_changes_in_with(engine, people):
    with engine.begin() as c:
        c.execute(insert(people), [{"name": f"n{i}", "age": i + 1} for i in range(6)])
        gone = sa.delete(people).where(people.c.age == 6).returning(people.c.name).cte("gone")
        assert c.execute(select(gone.c.name, sa.literal(5))).all() == [("n5", 5)]


def test_streams_and_nested_statements(engine, people):
    """Rows of one statement are read while others run on the same connection."""
    with engine.begin() as c:
        c.execute(insert(people), [{"name": str(i), "age": i + 1} for i in range(300)])
        outer = c.execution_options(yield_per=50).execute(select(people.c.id).order_by(people.c.id))
        seen = []
        for row in outer:
            seen.append(c.execute(select(people.c.name).where(people.c.id == row.id)).scalar_one())
        assert seen == [str(i) for i in range(300)]
