"""IN with a list: one plan whatever its length, and the answers that SQLAlchemy gives."""

import datetime as dt
import decimal
import enum
import uuid

import pytest
import sqlalchemy

import cormorant

pytest.importorskip("psycopg", reason="the reference's driver is not installed: pip install psycopg[binary]")


class Mood(enum.Enum):
    good = 1
    bad = 2


UTC = dt.timezone.utc
COLUMNS = {  # type, its values
    "small": (lambda sa: sa.SmallInteger, [1, -2, 7]),
    "whole": (lambda sa: sa.Integer, [1, 2, 3]),
    "big": (lambda sa: sa.BigInteger, [2**40, -(2**62), 5]),
    "exact": (lambda sa: sa.Numeric(12, 2), [decimal.Decimal("1.50"), decimal.Decimal("-3"), decimal.Decimal("0.01")]),
    "real": (lambda sa: sa.Float, [1.5, -2.25, 1e300]),
    "name": (lambda sa: sa.String(30), ['a "b" \\c', "", "{x,NULL}"]),
    "words": (lambda sa: sa.Text, ["ü ☃", "NULL", "a,b"]),
    "fixed": (lambda sa: sa.CHAR(3), ["abc", "xyz", "qrs"]),
    "truth": (lambda sa: sa.Boolean, [True, False, True]),
    "day": (lambda sa: sa.Date, [dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    "at": (lambda sa: sa.DateTime, [dt.datetime(2024, 1, 1, 12, 30, 15, 250), dt.datetime(1969, 1, 1), dt.datetime(2000, 1, 1)]),
    "moment": (lambda sa: sa.DateTime(timezone=True), [dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(1969, 1, 1, tzinfo=UTC), dt.datetime(2000, 1, 1, 5, tzinfo=UTC)]),
    "clock": (lambda sa: sa.Time, [dt.time(1, 2, 3), dt.time(0), dt.time(23, 59, 59, 999999)]),
    "length": (lambda sa: sa.Interval, [dt.timedelta(days=3), dt.timedelta(0), dt.timedelta(days=-1, microseconds=5)]),
    "bytes": (lambda sa: sa.LargeBinary, [b"\x00\xff\\", b"", b"abc"]),
    "key": (lambda sa: sa.Uuid, [uuid.UUID(int=i + 2**100) for i in range(3)]),
    "hex": (lambda sa: sa.Uuid(native_uuid=False), [uuid.UUID(int=i + 2**90) for i in range(3)]),
    "mood": (lambda sa: sa.Enum(Mood, name="mood"), [Mood.good, Mood.bad, Mood.good]),
    "plain_mood": (lambda sa: sa.Enum(Mood, native_enum=False), [Mood.good, Mood.bad, Mood.good]),
    "lower": (lambda sa: lowered(sa), ["A", "b", "C"]),
}  # fmt: skip


def lowered(sa):
    class Lowered(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return None if value is None else value.lower()

    return Lowered()


class Side:
    def __init__(self, sa, url):
        self.sa, self.engine = sa, sa.create_engine(url)
        self.table = sa.Table("listed", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *(sa.Column(n, t(sa)) for n, (t, _) in COLUMNS.items()))

    def ids(self, condition):
        with self.engine.connect() as c:
            return c.execute(self.sa.select(self.table.c.id).where(condition(self.sa, self.table.c)).order_by(self.table.c.id)).scalars().all()


@pytest.fixture
def sides(engine, server):
    ours, theirs = Side(cormorant, server.url()), Side(sqlalchemy, server.url().replace("postgresql:", "postgresql+psycopg:"))
    ours.table.metadata.create_all(ours.engine)
    with theirs.engine.begin() as c:
        for i in range(3):
            c.execute(theirs.table.insert(), {"id": i + 1, **{n: v[i] for n, (_, v) in COLUMNS.items()}})
        c.execute(theirs.table.insert(), {"id": 4})
    yield ours, theirs
    ours.engine.dispose()
    theirs.engine.dispose()


def compiles(engine):
    return engine._plan_stats()["compiles"]


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type(sides, name):
    """Lists of any length, with NULL or without, empty: one plan for IN, one for NOT IN."""
    ours, theirs = sides
    values = COLUMNS[name][1]
    lists = [values[:1], values[:2], values, values * 40, [], [None], [*values[:1], None], values[1:2] * 3]
    before = compiles(ours.engine)
    if name == "length":
        lists.remove([None])  # SQLAlchemy compares intervals with timestamps then
    for items in lists:
        assert ours.ids(lambda sa, c: c[name].in_(items)) == theirs.ids(lambda sa, c: c[name].in_(items)), items
    assert compiles(ours.engine) - before <= (1 if name != "lower" else 2)
    for items in lists:
        assert ours.ids(lambda sa, c: c[name].not_in(items)) == theirs.ids(lambda sa, c: c[name].not_in(items)), items
        assert ours.ids(lambda sa, c: ~c[name].in_(items)) == theirs.ids(lambda sa, c: ~c[name].in_(items)), items
    assert compiles(ours.engine) - before <= (2 if name != "lower" else 4)


PLACES = [
    lambda sa, c: (c.whole + 1).in_([2, 3]),
    lambda sa, c: (c.whole.in_([1]) | c.whole.in_([3, 4])),
    lambda sa, c: c.whole.in_([1, 2]) == sa.true(),
    lambda sa, c: c.whole.in_([1.0, 2.5]),
    lambda sa, c: c.exact.in_([1.5, 3]),
    lambda sa, c: sa.func.lower(c.words).in_(["null"]),
    lambda sa, c: sa.case((c.whole.in_([1, 2]), "few"), else_="many") == "few",
    lambda sa, c: sa.literal(2).in_([1, 2]),
    lambda sa, c: sa.literal_column("listed.whole").in_([1, 2]),
    lambda sa, c: sa.text("whole IN :some").bindparams(sa.bindparam("some", [1, 2, 3], expanding=True)),
    lambda sa, c: sa.text("whole IN :some").bindparams(sa.bindparam("some", [3], expanding=True)),
    lambda sa, c: sa.tuple_(c.whole, c.small).in_([(1, 1), (2, 5), (3, 7)]),
    lambda sa, c: sa.tuple_(c.whole, c.small).in_([(2, -2)]),
    lambda sa, c: sa.tuple_(c.whole, c.small).in_([]),
    lambda sa, c: sa.tuple_(c.whole, c.mood).in_([(1, Mood.good), (2, None)]),
    lambda sa, c: c.whole.in_(sa.select(c.whole).where(c.small.in_([1, 7])).scalar_subquery()),
    lambda sa, c: c.whole.in_([sa.literal(1), c.id]),
    lambda sa, c: sa.not_(c.whole.in_([None, 1])),
    lambda sa, c: c.whole.in_([1]).is_(None),
]


@pytest.mark.parametrize("at", range(len(PLACES)))
def test_every_place(sides, at):
    ours, theirs = sides
    assert ours.ids(PLACES[at]) == theirs.ids(PLACES[at])


def test_numbers_too_large(sides):
    for side, package in zip(sides, (cormorant, sqlalchemy)):
        with pytest.raises(package.exc.DataError, match="integer out of range"):
            side.ids(lambda sa, c: c.whole.in_([2**40, 1]))


def test_lists_given_at_execution(sides):
    ours, _ = sides
    sa = ours.sa
    statement = sa.select(ours.table.c.id).where(ours.table.c.whole.in_(sa.bindparam("some", expanding=True))).order_by(ours.table.c.id)
    with ours.engine.connect() as c:
        before = compiles(ours.engine)
        for some in ([1], [1, 2, 3], [], range(1, 3000)):
            assert c.scalars(statement, {"some": some}).all() == [i for i in (1, 2, 3) if i in some]
        assert compiles(ours.engine) - before == 1
        assert c.scalars(statement, {"some": range(-70000, 4)}).all() == [1, 2, 3]  # more than a message has parameters


def test_the_list_is_one_parameter(sides):
    ours, _ = sides
    seen = []
    cormorant.event.listen(ours.engine, "before_cursor_execute", lambda conn, cur, sql, parameters, *_: seen.append((sql, parameters)))
    ours.ids(lambda sa, c: c.whole.in_([3, 1, None]))
    assert seen == [("SELECT listed.id \nFROM listed \nWHERE listed.whole = ANY ($1) ORDER BY listed.id", ([3, 1, None],))]


def test_lists_of_tuples_are_one_plan(sides):
    ours, theirs = sides
    before = compiles(ours.engine)
    for rows in ([(1, 1)], [(1, 1), (2, 5), (3, 7)], [], [(2, None)], [(i, i) for i in range(30000)]):
        found = ours.ids(lambda sa, c, rows=rows: sa.tuple_(c.whole, c.small).in_(rows))
        assert len(rows) > 9999 or found == theirs.ids(lambda sa, c, rows=rows: sa.tuple_(c.whole, c.small).in_(rows))
        assert ours.ids(lambda sa, c, rows=rows: sa.tuple_(c.whole, c.words).not_in([(a, str(b)) for a, b in rows])) is not None
    assert compiles(ours.engine) - before == 2
    with pytest.raises(cormorant.exc.StatementError, match="tuple of 2 values"):
        ours.ids(lambda sa, c: sa.tuple_(c.whole, c.small).in_([(1, 2, 3)]))
