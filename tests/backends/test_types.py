"""Types of PostgreSQL beyond the generic ones: arrays, numerics, addresses, ranges, text search, the database's own; in text (the first run
of a statement) and in binary (the later ones) alike."""

import datetime as dt
import decimal
import enum
import uuid

import pytest

import cormorant as sa
from cormorant import Column, insert, select, text
from cormorant.dialects import postgresql as pg

D = decimal.Decimal
UTC = dt.timezone.utc


class Color(enum.Enum):
    red = 1
    blue = 2


ARRAYS = [
    (sa.Integer(), [1, None, -(2**31)]), (sa.SmallInteger(), [7]), (sa.BigInteger(), [2**63 - 1, 0]), (sa.Integer(), []), (sa.Integer(), [[1, 2], [3, None]]),
    (sa.Integer(), [[[1], [2]], [[3], [4]]]), (sa.String(), ["", "NULL", None, 'a "b" \\ {c},d', "☃"]), (sa.Text(), [["x", "y"], ["null", "{}"]]), (sa.CHAR(2), ["ab", "cd"]),
    (sa.Boolean(), [True, False, None]), (sa.Float(), [0.1, float("inf"), 1e300]), (sa.REAL(), [0.5, -2.0]), (sa.Numeric(), [D("1.50"), D("-0.00012"), None, D("12345678901234567890.1")]),
    (sa.Numeric(asdecimal=False), [1.5, 2.25]), (sa.Date(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)]), (sa.Time(), [dt.time(1, 2, 3, 4)]),
    (sa.DateTime(), [dt.datetime(2024, 2, 29, 12, 0, 0, 5), None]), (sa.DateTime(timezone=True), [dt.datetime(2024, 2, 29, 12, tzinfo=UTC)]),
    (sa.Interval(), [dt.timedelta(days=-3, microseconds=7)]), (sa.LargeBinary(), [b"\0\xff\"\\", b"", None]), (sa.Uuid(), [uuid.UUID(int=5), None]), (sa.JSON(), [{"a": [1]}, [1, 2], "x"]),
    (pg.JSONB(), [{"a": 1}, None]), (sa.Enum("x", "y z", name="xyz"), ["y z", None, "x"]), (sa.Enum(Color), [Color.red, Color.blue]), (pg.INET(), ["10.0.0.1", "::1/64"]),
    (sa.Enum("p", "q", native_enum=False), ["p", "q"]),
]  # fmt: skip


@pytest.mark.parametrize(("item", "value"), ARRAYS, ids=lambda v: repr(v)[:50])
def test_arrays_go_there_and_back(engine, item, value):
    """Where a JSON list is an item, the number of dimensions has to be said, as everywhere."""
    is_json = isinstance(item, sa.JSON)
    type_ = pg.ARRAY(item, dimensions=1) if is_json else sa.ARRAY(item)
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", type_))
    table.metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(insert(table), [{"v": value}, {"v": None}])
        c.execute(insert(table).values(v=value))
        for _ in range(4):
            got = c.execute(select(table.c.v).order_by(table.c.id)).scalars().all()
            assert got == [value, None, value]
        if value and not is_json and not isinstance(value[0], list):
            assert c.execute(select(table.c.id).where(table.c.v == value).order_by(table.c.id)).scalars().all() == [1, 3]
    table.metadata.drop_all(engine)


def test_questions_of_arrays(engine):
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("tags", pg.ARRAY(sa.String(20))), Column("n", pg.ARRAY(sa.Integer)))
    table.create(engine)
    t = table.c

    def ids(c, where):
        return c.scalars(select(t.id).where(where).order_by(t.id)).all()

    with engine.begin() as c:
        c.execute(insert(table), [{"tags": ["a", "b"], "n": [1, 2]}, {"tags": ["b"], "n": [3]}, {"tags": [], "n": []}])
        for _ in range(2):
            assert ids(c, t.tags.contains(["b"])) == [1, 2]
            assert ids(c, t.tags.contains([])) == [1, 2, 3]
            assert ids(c, t.tags.contained_by(["b", "c"])) == [2, 3]
            assert ids(c, t.tags.overlap(["a", "x"])) == [1]
            assert ids(c, t.n.overlap([3, 2])) == [1, 2]
            assert ids(c, t.tags.any("a")) == [1]
            assert ids(c, sa.any_(t.n) == 3) == [2]
            assert ids(c, 1 <= sa.all_(t.n)) == [1, 2, 3]
            assert ids(c, t.tags[1] == "b") == [2]
            assert ids(c, t.id == sa.any_(sa.literal([1, 3], sa.ARRAY(sa.Integer)))) == [1, 3]
            assert ids(c, t.id == sa.func.any(sa.bindparam("ids", [2], type_=pg.ARRAY(sa.Integer)))) == [2]
        assert c.exec_driver_sql("SELECT id FROM t WHERE id = ANY(%s) ORDER BY id", ([2, 3],)).scalars().all() == [2, 3]
        assert c.exec_driver_sql("SELECT id FROM t WHERE tags[1] = ANY(%s)", (["b"],)).scalars().all() == [2]
        assert c.scalar(select(sa.func.array_agg(t.id))) == [1, 2, 3]
        assert c.scalar(select(pg.array([1, 2]) + pg.array([3]))) == [1, 2, 3]
        assert c.scalar(select(sa.literal([[1, 2], [3, 4]], pg.ARRAY(sa.Integer, dimensions=2))[2][1])) == 3
        assert c.scalar(select(pg.array_agg(t.id)[2])) == 2
        assert ids(c, t.n == sa.literal([3], pg.ARRAY(sa.Integer), literal_execute=True)) == [2]


def test_arrays_as_tuples_and_of_decorated_types(engine):
    class Doubled(sa.TypeDecorator):
        impl = sa.Integer
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return None if value is None else value * 2

        def process_result_value(self, value, dialect):
            return None if value is None else value // 2

    class Words(sa.TypeDecorator):
        impl = pg.ARRAY(sa.Text)
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value.split()

        def process_result_value(self, value, dialect):
            return " ".join(value)

    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("a", sa.ARRAY(sa.Integer, as_tuple=True)), Column("b", sa.ARRAY(Doubled)), Column("c", Words))
    table.create(engine)
    with engine.begin() as c:
        c.execute(insert(table), {"a": (x for x in (1, 2)), "b": [5, None], "c": "one two"})
        for _ in range(3):
            assert c.execute(select(table.c.a, table.c.b, table.c.c)).one() == ((1, 2), [5, None], "one two")
        assert c.execute(text("SELECT b, ARRAY[[1,2],[3,4]], ARRAY['x']::varchar[], '[0:1]={7,8}'::int[] FROM t")).one() == ([10, None], [[1, 2], [3, 4]], ["x"], [7, 8])


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([[1], [2, 3]], "must all have one length"), ([1, [2]], "'list' is not supported|one length"), ("1,2", "a list of values was expected"), ({"a": 1}, "a list of values was expected"),
        ([2**40], "integer out of range"), ([object()], "'object' is not supported"), (5, "not iterable"),
    ],
)  # fmt: skip
def test_what_is_no_array_is_refused_before_it_is_sent(engine, value, error):
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", sa.ARRAY(sa.Integer)))
    table.create(engine)
    with engine.begin() as c:
        with pytest.raises(sa.exc.StatementError, match=error) as caught:
            c.execute(insert(table), {"v": value})
        assert "v" in str(caught.value)
        assert c.scalar(text("SELECT 1")) == 1


NUMBERS = ["0", "-0.00", "1", "-1.5", "0.0001", "0.00010", "10000", "100000000", "12345.6789", "1E+30", "1.5E-10", "-9999.9999", "123456789012345678901234567890.123456789",
           "NaN", "Infinity", "-Infinity", "0.1", "99990000", "1" + "0" * 400, "0." + "0" * 300 + "1"]  # fmt: skip


def test_numerics_are_exact(engine):
    """Compared with what the server reads from the text."""
    with engine.connect() as c:
        statement = text("SELECT CAST(:v AS numeric), CAST(:v AS numeric) = CAST(CAST(:t AS text) AS numeric), CAST(CAST(:v AS numeric) AS text)").bindparams(sa.bindparam("v", type_=sa.Numeric))
        for number in NUMBERS:
            for _ in range(2):
                back, same, written = c.execute(statement, {"v": D(number), "t": number}).one()
                assert same and (back == D(number) or back.is_nan())
                assert written == c.scalar(text("SELECT CAST(CAST(CAST(:t AS text) AS numeric) AS text)"), {"t": number})
                assert str(back) in (written, "NaN") or D(number).adjusted() > 27 or D(number).adjusted() < -6 or number == "1.5E-10"
        assert c.scalar(select(sa.literal(2.5, sa.Numeric))) == D("2.5")
        assert c.scalar(select(sa.literal(10**30, sa.Numeric))) == 10**30
        with pytest.raises(sa.exc.DataError, match="overflows numeric format"):
            c.scalar(select(sa.literal(D("1E+200000"), sa.Numeric)))


TEXTS = [
    ("inet", ["10.0.0.1", "10.0.0.0/8", "::1", "fe80::1/64", "::ffff:1.2.3.4", "::2", "1:2:3:4:5:6:7:8", "0.0.0.0/0", "::"]),
    ("cidr", ["10.0.0.0/8", "10.0.0.1/32", "::1/128", "2001:db8::/32"]), ("macaddr", ["08:00:2b:01:02:03"]), ("macaddr8", ["08:00:2b:01:02:03:04:05"]),
    ("tsvector", ["'a':1A,2 'b''c':3B 'd\\\\e'", "'x'", "", "'☃':16383"]), ("varbit", ["", "1", "10101010101"]), ("bit(9)", ["101010101"]), ("xml", ["<a>é</a>"]),
    ("int4range", ["[1,10)", "empty", "(,)", "[5,)"]), ("int8range", ["[1,9000000000000)"]), ("numrange", ["[1.50,2.25]", "(0.1,)", "(,1000000000000000000000000000.5)"]),
    ("daterange", ["[2024-01-01,2024-02-01)"]), ("tsrange", ['["2024-01-01 00:00:00","2024-01-01 00:00:00.5")', '(,"0001-01-01 10:00:00.123456"]']),
    ("tstzrange", ['["2024-01-01 00:00:00+00","2024-01-02 00:00:00.25+00")']), ("int4multirange", ["{}", "{[1,2),[5,9)}"]), ("datemultirange", ["{[2024-01-01,2024-02-01),[2025-01-01,)}"]),
    ("inet[]", ["{10.0.0.1,NULL}"]), ("int4range[]", ['{"[1,2)"}']),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), TEXTS, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_text_in_python_is_the_servers_text(engine, kind, values):
    """Beside a column that makes rows come in binary from the second run on."""
    with engine.connect() as c:
        c.execute(text("SET TIME ZONE 'UTC'"))
        statement = text(f"SELECT CAST(CAST(:v AS text) AS {kind}), format('%s', CAST(CAST(:v AS text) AS {kind})), 5")
        for value in values:
            for _ in range(3):
                got, expected, five = c.execute(statement, {"v": value}).one()
                assert five == 5
                if kind.endswith("[]"):
                    got = "{" + ",".join("NULL" if v is None else f'"{v}"' if "," in v else v for v in got) + "}"
                assert got == expected


def binary_rows(connection, statement):
    """Whether its rows come in binary now: numbers that a text could not tell from one another are none. Asked of the driver's counters."""
    from cormorant import _pg

    before = _pg.binary_results()
    connection.execute(statement).all()
    return _pg.binary_results() - before


def test_types_of_the_database_itself_are_learnt(engine):
    """Enums, domains and arrays of them come in binary once the catalogue was asked, which costs no wait of its own."""
    from cormorant import _pg

    with engine.connect() as c:
        c.execute(text("CREATE TYPE mood AS ENUM ('sad', 'very happy')"))
        c.execute(text("CREATE DOMAIN positive AS int CHECK (VALUE > 0)"))
        statement = text("SELECT 'sad'::mood, ARRAY['very happy', NULL]::mood[], 5::positive, ARRAY[1,2]::positive[], 1.5::numeric, 7")
        c.execute(text("SELECT 1")).all()
        waits, seen = _pg.waits(), []
        for _ in range(4):
            row = c.execute(statement).one()
            seen.append(binary_rows(c, statement))
            assert row[0] == "sad" and row[2] == 5 and row[4:] == (D("1.5"), 7)
        assert row[1] == ["very happy", None] and row[3] == [1, 2]
        assert seen == [0, 1, 1, 1] and _pg.waits() - waits == 8
        assert c.execute(text("SELECT 'sad'::mood, NULL::point")).one() == ("sad", None)


def test_columns_of_the_databases_own_array_types(engine):
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, Column("id", sa.Integer, primary_key=True), Column("moods", pg.ARRAY(sa.Enum(Color, name="color"))))
    metadata.create_all(engine)
    for _ in range(2):
        with engine.begin() as c:
            c.execute(insert(table), {"moods": [Color.red]})
            for _ in range(3):
                assert c.scalars(select(table.c.moods)).first() == [Color.red]
        engine.dispose()


def test_text_search(engine):
    """The configuration that stands first is one, not a text."""
    words = sa.func.to_tsvector("english", "the cats run")
    with engine.connect() as c:
        assert c.scalar(select(words.match("cat", postgresql_regconfig="english"))) is True
        assert c.scalar(select(sa.func.ts_headline("english", "the cats run", sa.func.to_tsquery("english", "cat")))) == "the <b>cats</b> run"
        assert c.scalar(select(sa.func.substring("abcd", 2, 2))) == "bc" and c.scalar(select(sa.func.pow(2, 3))) == 8


def test_concurrent_indexes(engine):
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("n", sa.Integer))
    table.create(engine)
    index = sa.Index("ix_beside", table.c.n, postgresql_concurrently=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        index.create(c)
        index.drop(c, checkfirst=True)
        assert sa.inspect(c).get_indexes("t") == []
