"""Statements that go as text with their values in them: rows of an INSERT where the server takes no arrays, and what it does not prepare."""

import datetime as dt
import decimal

import pytest

import cormorant as sa
from cormorant import Column, func, select, text
from tests.backends.databases import needs

pytestmark = needs("MySQL's SQL")

t = sa.Table(
    "t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("s", sa.dialects.mysql.LONGTEXT), Column("b", sa.LargeBinary), Column("n", sa.Numeric(20, 5)), Column("f", sa.Double), Column("i", sa.BigInteger),
    Column("d", sa.Date), Column("at", sa.dialects.mysql.DATETIME(fsp=6)), Column("gap", sa.dialects.mysql.TIME(fsp=6)), Column("yes", sa.Boolean), Column("doc", sa.JSON),
)  # fmt: skip
ROWS = [
    {
        "s": "it's \\ \"quoted\"; -- ? :x %s \0 \x1a", "b": bytes(range(256)), "n": decimal.Decimal("-12345.67890"), "f": 0.1, "i": -(2**63), "d": dt.date(1000, 1, 1),
        "at": dt.datetime(2024, 2, 29, 13, 37, 0, 123456), "gap": dt.time(23, 59, 59, 5), "yes": True, "doc": {"a": "\\'", "b": [1.5, None]},
    },
    {"s": "縗' OR 1=1 #\U0001f600", "b": b"'", "n": decimal.Decimal("1E+3"), "f": -1e300, "i": 2**63 - 1, "d": None, "at": dt.datetime(9999, 12, 31), "gap": dt.time(0), "yes": False, "doc": []},
    {"s": "", "b": b"", "n": None, "f": 5.0, "i": 0, "d": dt.date(9999, 12, 31), "at": None, "gap": None, "yes": None, "doc": "x"},
]  # fmt: skip


@pytest.mark.parametrize("mode", ["", "ANSI_QUOTES"])
def test_many_rows(engine, mode):
    t.create(engine)
    with engine.begin() as c:
        if mode:
            c.execute(text(f"SET sql_mode = CONCAT(@@sql_mode, ',{mode}')"))
        assert c.execute(sa.insert(t), ROWS * 2).rowcount == 6
        read = [dict(r._mapping) for r in c.execute(select(t).order_by(t.c.id))]
        assert [r.pop("id") for r in read] == [1, 2, 3, 4, 5, 6]
        assert read == ROWS * 2


def test_backslashes_escape(engine, database):
    """A session that is told otherwise is told back; one whose server says otherwise from the start never hears of it."""
    back = "NO_BACKSLASH_ESCAPES was taken back"
    with engine.connect() as c:
        with pytest.raises(sa.exc.NotSupportedError, match=back):
            c.execute(text("SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')"))
        assert c.exec_driver_sql("SELECT 'it\\'s ?'").scalar() == "it's ?"
        assert "STRICT_TRANS_TABLES" in c.scalar(text("SELECT @@sql_mode"))
    with pytest.raises(sa.exc.NotSupportedError, match=back):
        sa.create_engine(engine.url, connect_args={"sql_mode": "NO_BACKSLASH_ESCAPES"}).connect()
    server = database.running(sql_mode="NO_BACKSLASH_ESCAPES")
    try:
        with sa.create_engine(server.url(), poolclass=sa.pool.NullPool).connect() as c:
            assert c.scalar(select(sa.literal("a'b\\", literal_execute=True))) == "a'b\\"
            assert "NO_BACKSLASH" not in c.scalar(text("SELECT @@sql_mode"))
    finally:
        server.remove()


def test_rows_of_more_than_a_message(engine):
    t.create(engine)
    with engine.begin() as c:
        most = int(c.scalar(text("SELECT @@max_allowed_packet")))
        rows = [{"s": f"{i}" + "'" * (most // 9)} for i in range(20)]
        assert c.execute(sa.insert(t), rows).rowcount == 20
        assert c.scalars(select(func.char_length(t.c.s)).order_by(t.c.id)).all() == [len(r["s"]) for r in rows]
        with pytest.raises(sa.exc.OperationalError, match="max_allowed_packet"):
            c.execute(sa.insert(t), [{"s": "small"}, {"s": "x" * most}])


@pytest.mark.parametrize("step", [1, 5])
def test_keys_of_rows_that_travel_together(engine, step):
    class Base(sa.orm.DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"
        id = sa.orm.mapped_column(sa.Integer, primary_key=True)
        n = sa.orm.mapped_column(sa.Integer)

    Base.metadata.create_all(engine)
    with sa.orm.Session(engine) as s:
        s.execute(text(f"SET auto_increment_increment = {step}"))
        items = [Item(n=i) for i in range(100)]
        s.add_all(items)
        s.flush()
        keys = [i.id for i in items]
        assert dict(s.execute(select(Item.n, Item.id)).all()) == dict(enumerate(keys))
        assert keys[1] - keys[0] == step
        s.execute(text("SET auto_increment_increment = 1"))
        s.rollback()


def test_other_shapes_of_insert(engine):
    t.create(engine)
    with engine.begin() as c:
        many = [{"i": n, "s": f"{n}"} for n in range(3)]
        assert c.execute(text("INSERT INTO t (i, s) VALUES (:i + 1, CONCAT('values (?', :s, ')'))"), many).rowcount == 3
        assert c.execute(text("INSERT INTO t (i, s) VALUES (:i, 'a'), (:i, :s)"), many).rowcount == 6
        assert c.execute(text("INSERT INTO t (i, s) SELECT :i, :s"), many).rowcount == 3
        assert c.execute(text("INSERT INTO t (id, i) VALUES (1, :i) ON DUPLICATE KEY UPDATE s = CONCAT(s, :s)"), many).rowcount == 6
        assert c.execute(text("INSERT INTO t (id, i) VALUES (:i, 7) ON DUPLICATE KEY UPDATE s = 'twice'"), [{"i": 1}, {"i": 2}]).rowcount == 4
        assert c.execute(text("INSERT IGNORE INTO t (id) VALUES (:i)"), [{"i": 1}, {"i": 900}]).rowcount == 1
        assert c.execute(text("REPLACE INTO t (id, s) VALUES (:i, 'r')"), [{"i": 901}, {"i": 902}]).rowcount == 2
        read = c.execute(select(t.c.i, t.c.s).where(t.c.id < 900).order_by(t.c.id)).all()
        assert c.execute(text("DELETE t FROM t JOIN t AS u ON t.id = u.id WHERE u.i = :i AND u.s = :s"), many).rowcount == 6
        assert read == [
            (1, "twice"), (2, "twice"), (3, "values (?2)"), (0, "a"), (0, "0"), (1, "a"), (1, "1"), (2, "a"), (2, "2"), (0, "0"), (1, "1"), (2, "2"),
        ]  # fmt: skip


def test_values_where_the_server_takes_none(engine):
    """And expressions that are alike only when their values are known."""
    t.create(engine)
    with engine.begin() as c:
        c.execute(sa.insert(t), ROWS)
        for name in ("t", "it's"):
            assert len(c.execute(text("SHOW TABLES LIKE :name"), {"name": name}).all()) == (name == "t")
        first = func.substr(t.c.s, 1, 2)
        for length in (1, 2):
            key = func.substr(t.c.s, 1, length)
            again = func.substr(t.c.s, 1, length)
            assert dict(c.execute(select(key, func.count()).group_by(again).order_by(again)).all()) == {"": 1, "it"[:length]: 1, "縗'"[:length]: 1}
        assert len(c.execute(select(first).distinct().order_by(first)).all()) == 3
        with pytest.raises(sa.exc.ProgrammingError, match="1064"):
            c.execute(text("SELEC :x"), {"x": 1})
