"""Types: what they spell, what they take, what they give back."""

import copy
import datetime as dt
import decimal
import enum
import pickle
import uuid

import pytest

import cormorant as sa
from cormorant import exc, types


class Color(enum.Enum):
    red = 1
    blue = 2


VALUES = [
    (sa.Integer(), 5),
    (sa.BigInteger(), 2**62),
    (sa.SmallInteger(), -3),
    (sa.String(5), "x\u00e9\U0001f600"),
    (sa.Text(), "a\nb'c"),
    (sa.Unicode(9), ""),
    (sa.Numeric(10, 2), decimal.Decimal("12.50")),
    (sa.Numeric(10, 2, asdecimal=False), 12.5),
    (sa.Float(), 0.1),
    (sa.Double(), 1e300),
    (sa.Boolean(), True),
    (sa.Boolean(), False),
    (sa.Date(), dt.date(1, 1, 1)),
    (sa.Time(), dt.time(23, 59, 59, 999999)),
    (sa.DateTime(), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    (sa.Interval(), dt.timedelta(days=-3, seconds=5, microseconds=7)),
    (sa.LargeBinary(), b"\x00\xff"),
    (sa.JSON(), {"a": [1, 2.5, None, True, "\u00e9"]}),
    (sa.Enum("a", "b"), "b"),
    (sa.Enum(Color), Color.blue),
    (sa.Uuid(), uuid.UUID(int=2**127 + 5)),
    (sa.Uuid(as_uuid=False), "85ce2d22-4597-41c9-9cfa-642cd87ece88"),
    (sa.PickleType(), {1, (2, 3)}),
]


@pytest.fixture
def engine():
    return sa.create_engine("sqlite://")


def stored(engine, type_, value):
    """(value as it comes back, what the file holds, its storage class)."""
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", type_))
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(table.insert(), {"v": value})
        back = connection.execute(sa.select(table.c.v)).scalar_one()
        raw = connection.exec_driver_sql("select v, typeof(v) from t").one()
    return back, *raw


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda v: repr(v)[:40])
def test_round_trip(engine, type_, value):
    back = stored(engine, type_, value)[0]
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("type_", [t for t, _ in VALUES if not isinstance(t, sa.JSON)], ids=repr)
def test_none_is_null(engine, type_):
    assert stored(engine, type_, None) == (None, None, "null")


def test_json_null_is_a_document(engine):
    assert stored(engine, sa.JSON(), None) == (None, "null", "text")
    assert stored(sa.create_engine("sqlite://"), sa.JSON(none_as_null=True), None) == (None, None, "null")
    assert stored(sa.create_engine("sqlite://"), sa.JSON(none_as_null=True), sa.JSON.NULL) == (None, "null", "text")


@pytest.mark.parametrize(
    ("type_", "given", "raw"),
    [
        (sa.Integer, "5", 5),
        (sa.Integer, " -7 ", -7),
        (sa.Integer, True, 1),
        (sa.Integer, 5.0, 5),
        (sa.Integer, decimal.Decimal("6"), 6),
        (sa.String, 5, "5"),
        (sa.String, True, "1"),
        (sa.Numeric(10, 2), "1.25", 1.25),
        (sa.Numeric(10, 2), 5, 5),
        (sa.Float, "1.5", 1.5),
        (sa.Float, decimal.Decimal("1.5"), 1.5),
        (sa.DateTime, dt.date(2020, 1, 2), "2020-01-02 00:00:00.000000"),
        (sa.Date, dt.datetime(2020, 1, 2, 3), "2020-01-02"),
        (sa.Boolean, 1, 1),
        (sa.LargeBinary, bytearray(b"x"), b"x"),
        (sa.Uuid, uuid.UUID(int=1), "0" * 31 + "1"),
        (sa.Interval, dt.timedelta(seconds=5), "1970-01-01 00:00:05.000000"),
    ],
)
def test_lossless_conversions(engine, type_, given, raw):
    assert stored(engine, type_, given)[1] == raw


@pytest.mark.parametrize(
    ("type_", "given", "error", "orig"),
    [
        (sa.Integer, "abc", exc.StatementError, ValueError),
        (sa.Integer, 2**70, OverflowError, None),
        (sa.Integer, {}, exc.ProgrammingError, None),
        (sa.String, {}, exc.ProgrammingError, None),
        (sa.Date, "2020-01-01", exc.StatementError, TypeError),
        (sa.DateTime, "2020-01-01", exc.StatementError, TypeError),
        (sa.Time, dt.datetime(2020, 1, 1), exc.StatementError, TypeError),
        (sa.Boolean, "x", exc.StatementError, TypeError),
        (sa.Boolean, 5, exc.StatementError, ValueError),
        (sa.Numeric, "abc", exc.StatementError, ValueError),
        (sa.LargeBinary, "abc", exc.StatementError, TypeError),
        (sa.Uuid, 5, exc.StatementError, AttributeError),
        (sa.JSON, object(), exc.StatementError, TypeError),
        (sa.Enum("a", "b"), 5, exc.StatementError, LookupError),
        (sa.Interval, 5, exc.StatementError, TypeError),
    ],
)
def test_refused_before_it_is_sent(engine, type_, given, error, orig):
    with pytest.raises(error) as caught:
        stored(engine, type_, given)
    if orig is not None:
        assert isinstance(caught.value.orig, orig)
        assert "INSERT INTO t" in caught.value.statement


def test_spelling_and_repr():
    assert str(sa.String(20)) == "VARCHAR(20)"
    assert repr(sa.String(20)) == "String(length=20)"
    assert str(sa.Numeric(10, 2)) == "NUMERIC(10, 2)"
    assert str(types.NVARCHAR(3)) == "NVARCHAR(3)"
    assert str(types.TIMESTAMP()) == "TIMESTAMP"
    assert str(sa.Enum("a", "bbb")) == "VARCHAR(3)"
    assert sa.String(5).with_variant(sa.Text(), "sqlite").compile(dialect=sa.create_engine("sqlite://").dialect) == "TEXT"


def test_class_tree():
    assert not issubclass(sa.Float, sa.Numeric)
    assert issubclass(sa.Enum, sa.String)
    assert issubclass(types.VARCHAR, sa.String)
    assert sa.Integer().python_type is int
    assert sa.Enum(Color).python_type is Color


def test_copies_and_pickles():
    for type_, _ in VALUES:
        assert repr(copy.copy(type_)) == repr(type_)
        assert repr(pickle.loads(pickle.dumps(type_))) == repr(type_)


class Shouting(sa.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        assert dialect.name == "sqlite"
        return None if value is None else value.upper()

    def process_result_value(self, value, dialect):
        return None if value is None else value + "!"


def test_type_decorator(engine):
    assert stored(engine, Shouting(20), "abc") == ("ABC!", "ABC", "text")
    assert stored(sa.create_engine("sqlite://"), Shouting, None) == (None, None, "null")
    assert Shouting(20).impl.length == 20


def test_type_decorator_stores_as_the_dialect_says(engine):
    class Guid(sa.TypeDecorator):
        impl = sa.CHAR
        cache_ok = True

        def load_dialect_impl(self, dialect):
            return dialect.type_descriptor(sa.CHAR(32) if dialect.name == "sqlite" else sa.Uuid())

        def process_bind_param(self, value, dialect):
            return None if value is None else value.hex

        def process_result_value(self, value, dialect):
            return None if value is None else uuid.UUID(value)

    value = uuid.uuid4()
    assert stored(engine, Guid(), value) == (value, value.hex, "text")
    assert Guid().compile(dialect=engine.dialect) == "CHAR(32)"


def test_user_defined_type(engine):
    class Point(sa.types.UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "POINT"

        def bind_processor(self, dialect):
            return lambda v: None if v is None else "%d;%d" % v

        def result_processor(self, dialect, coltype):
            return lambda v: None if v is None else tuple(map(int, v.split(";")))

    assert stored(engine, Point(), (1, 2)) == ((1, 2), "1;2", "text")


def test_error_of_a_processor_is_wrapped_once(engine):
    class Broken(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            raise ZeroDivisionError("no")

    with pytest.raises(exc.StatementError, match="ZeroDivisionError") as caught:
        stored(engine, Broken, "x")
    assert isinstance(caught.value.orig, ZeroDivisionError)


def test_enum_words_and_values(engine):
    class Level(enum.Enum):
        low = "l"
        high = "h"

    by_value = sa.Enum(Level, values_callable=lambda e: [m.value for m in e])
    assert stored(engine, by_value, Level.high) == (Level.high, "h", "text")
    with pytest.raises(LookupError, match="'zz' is not among the defined enum values. Enum name: None. Possible values: a, b"):
        stored(sa.create_engine("sqlite://"), sa.Enum("a", "b"), "zz")
    with pytest.raises(exc.StatementError):
        stored(sa.create_engine("sqlite://"), sa.Enum("a", "b", validate_strings=True), "zz")


def test_members_that_are_numbers_or_text_too(engine):
    """Members of an IntEnum are stored and compared by their names; what equals a member stands for it."""

    class State(enum.IntEnum):
        waiting = 0
        done = 1

    class Role(str, enum.Enum):
        ADMIN = "admin"
        USER = "user"

    jobs = sa.Table("jobs", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.Enum(State)), sa.Column("role", sa.Enum(Role)))
    jobs.create(engine)
    with engine.begin() as conn:
        conn.execute(jobs.insert(), [{"state": State.done, "role": Role.ADMIN}, {"state": 0, "role": "user"}])
        assert conn.exec_driver_sql("SELECT state, role FROM jobs ORDER BY id").all() == [("done", "ADMIN"), ("waiting", "USER")]

        def ids(*criteria):
            return conn.scalars(sa.select(jobs.c.id).where(*criteria).order_by(jobs.c.id)).all()

        assert ids(jobs.c.state == State.done) == [1] and ids(jobs.c.state != State.done) == [2]
        assert ids(jobs.c.state.in_([State.waiting, State.done])) == [1, 2]
        assert ids(jobs.c.role == "admin") == ids(jobs.c.role == "ADMIN") == ids(jobs.c.role == Role.ADMIN) == [1]
        assert conn.execute(jobs.update().where(jobs.c.state == State.done).values(state=State.waiting)).rowcount == 1
        with pytest.raises(exc.StatementError, match="is not among the defined enum values"):
            conn.execute(jobs.insert(), [{"state": 2}])


def test_custom_comparator(engine):
    class Folded(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        class comparator_factory(sa.TypeDecorator.Comparator):
            def __eq__(self, other):
                return sa.func.lower(self.expr) == sa.func.lower(other)

    column = sa.column("x", Folded())
    assert str(column == "A") == "lower(x) = lower(:lower_1)"
    assert str(column > "A") == "x > :x_1"


def test_the_base_of_binary_types_is_found_where_libraries_look():
    from cormorant.types import _Binary

    assert all(issubclass(c, _Binary) for c in (sa.LargeBinary, sa.BLOB, sa.BINARY, sa.VARBINARY)) and not issubclass(sa.String, _Binary)
