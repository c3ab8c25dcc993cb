"""What the dialect of MariaDB writes does what it says. The answers are those that SQLAlchemy gets of the same statements."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

import cormorant as sa
from cormorant import Column, exc
from cormorant.dialects import mysql
from tests.backends.databases import needs

pytestmark = needs("MySQL's SQL")

metadata = sa.MetaData()
t = sa.Table(
    "t", metadata, Column("id", sa.Integer, primary_key=True), Column("x", sa.Integer), Column("name", sa.String(20)), Column("flag", sa.Boolean),
    Column("doc", sa.JSON), Column("d", sa.DateTime), Column("group", sa.Integer), Column("key", sa.Uuid), Column("body", sa.Text),
    sa.Index("ft", "body", mariadb_prefix="FULLTEXT", mysql_prefix="FULLTEXT"),
)  # fmt: skip
u = sa.Table("u", metadata, Column("id", sa.Integer, primary_key=True), Column("t_id", sa.ForeignKey("t.id")), Column("y", sa.Integer))
c1 = sa.select(t.c.id, t.c.x).where(t.c.x > 1).cte("c1")
rc = sa.select(sa.literal(1).label("n")).cte("rc", recursive=True)
rc = rc.union_all(sa.select(rc.c.n + 1).where(rc.c.n < 4))
doc = t.c.doc


@pytest.fixture
def filled(engine):
    metadata.create_all(engine)
    names, flags = ["a", "B", "a'b\\c", "%x_", None], [True, False, None]
    with engine.begin() as c:
        c.execute(sa.insert(t), [
            {
                "id": i, "x": i * 3 % 7 - 2, "name": names[i % 5], "flag": flags[i % 3], "doc": [{"k": i, "s": f"v{i}", "l": [1, {"z": None}], "t": i % 2 == 0}, None, [1, 2]][i % 3],
                "d": dt.datetime(2024, 1 + i, 3, 4, 5, 6), "group": i % 2, "key": uuid.UUID(int=i), "body": f"the quick brown fox{i}",
            }
            for i in range(1, 10)
        ])  # fmt: skip
        c.execute(sa.insert(u), [{"id": i, "t_id": i % 9 + 1, "y": i} for i in range(1, 7)])
    return engine


IDS = sa.select(t.c.id).order_by(t.c.id)


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        (IDS.where(t.c.flag), [3, 6, 9]),
        (IDS.where(~t.c.flag), [1, 4, 7]),
        (IDS.limit(2).offset(3), [4, 5]),
        (IDS.offset(7), [8, 9]),
        (IDS.where(t.c.name.contains("'b\\", autoescape=True)), [2, 7]),
        (IDS.where(t.c.name.contains("%", autoescape=True)), [3, 8]),
        (IDS.where(t.c.name.is_distinct_from("a")), [1, 2, 3, 4, 6, 7, 8, 9]),
        (IDS.where(t.c.name.regexp_match("^b", flags="i")), [1, 6]),
        (IDS.where(t.c.body.match("fox5")), [5]),
        (IDS.where(mysql.match(t.c.body, against="+quick -fox5").in_boolean_mode()), [1, 2, 3, 4, 6, 7, 8, 9]),
        (IDS.where(doc["k"].as_integer() == 3), [3]),
        (IDS.where(doc["s"].as_string() == "v6"), [6]),
        (IDS.where(doc["t"].as_boolean()), [6]),
        (IDS.where(doc[("l", 1, "z")].as_string() == None, doc["k"] != None), [3, 6, 9]),  # noqa: E711
        (IDS.where(t.c.id.in_([])), []),
        (IDS.where(t.c.id.not_in([]), t.c.id < 3), [1, 2]),
        (IDS.where(sa.tuple_(t.c.id, t.c.group).in_([(1, 1), (2, 1), (2, 0)])), [1, 2]),
        (IDS.where(t.c.key == uuid.UUID(int=3)), [3]),
        (IDS.where(t.c.name == 0), []),
        (IDS.with_for_update(skip_locked=True, of=t).limit(1), [1]),
        (IDS.with_for_update(read=True, nowait=True).limit(1), [1]),
        (sa.select(t.c.id).order_by(t.c.name.nulls_last(), t.c.id), [3, 8, 5, 2, 7, 1, 6, 4, 9]),
        (sa.select(t.c.id).order_by(t.c.name.desc().nulls_first(), t.c.id), [4, 9, 1, 6, 2, 7, 5, 3, 8]),
        (sa.select(t.c.name.label("n")).order_by(sa.desc("n").nulls_first()).limit(3), [None, None, "B"]),
        (sa.select(rc.c.n), [1, 2, 3, 4]),
        (sa.select(t.c.id).except_(sa.select(u.c.id)).order_by("id"), [7, 8, 9]),
        (sa.select(sa.func.aggregate_strings(t.c.name, "\\'").aggregate_order_by(t.c.id)).where(t.c.id < 3), ["B\\'a'b\\c"]),
        (sa.select(sa.literal(1)).where(sa.literal(1) == 1), [1]),
        (sa.select(sa.cast("5", sa.Integer) + 1), [6]),
        (sa.select(sa.func.row_number().over(order_by=t.c.id.desc())).order_by(t.c.id).limit(1), [9]),
        (sa.select(sa.func.sum(t.c.id).over(order_by=t.c.id, rows=(-1, 0))).order_by(t.c.id).limit(3), [1, 3, 5]),
        (sa.select(sa.values(Column("a", sa.Integer), Column("b", sa.String), name="v").data([(1, "x"), (2, "y")]).c.b), ["x", "y"]),
        (sa.select(t.c.x / 2).where(t.c.id == 1), [Decimal("0.5000")]),
        (sa.select(t.c.x // 2).where(t.c.id == 1), [0]),
        (sa.select(t.c.name + "-" + t.c.name).where(t.c.id == 2), ["a'b\\c-a'b\\c"]),
        (sa.select(sa.extract("dow", t.c.d)).where(t.c.id == 1), [6]),
    ],
)
def test_queries(filled, statement, rows):
    with filled.connect() as c:
        assert c.scalars(statement).all() == rows


def test_literals_are_what_they_say(filled):
    given = ["a'b\\c\"%?:x", b"\x00'\\\xff", Decimal("1.10"), True, dt.date(2024, 1, 1), None]
    statement = sa.select(*[sa.literal(value) for value in given])
    with filled.connect() as c:
        written = str(statement.compile(filled, compile_kwargs={"literal_binds": True}))
        assert list(c.exec_driver_sql(written).one())[:3] == given[:3]
        assert list(c.execute(statement).one()) == given


def test_changes(filled):
    insert = mysql.insert(t).values(id=1, x=40, name="new")
    with filled.begin() as c:
        assert c.execute(sa.insert(t).values(id=50, x=1)).rowcount == 1
        assert c.execute(sa.insert(t).values(id=50).prefix_with("IGNORE")).rowcount == 0
        c.execute(insert.on_duplicate_key_update(x=insert.inserted.x + t.c.x, name=insert.inserted.name))
        assert c.execute(sa.select(t.c.x, t.c.name).where(t.c.id == 1)).one() == (41, "new")
        assert c.execute(sa.insert(t).from_select(["x"], sa.select(c1.c.x))).rowcount == 5
        assert c.execute(sa.update(t).values(x=u.c.y + 100).where(t.c.id == u.c.t_id)).rowcount == 6
        assert c.scalars(sa.select(t.c.x).where(t.c.id.between(1, 3)).order_by(t.c.id)).all() == [41, 101, 102]
        assert c.execute(sa.update(t).values({t.c.group: 7}).where(t.c.id > 50).ext(mysql.limit(2))).rowcount == 2
        assert c.execute(sa.delete(t).where(t.c.group == 7)).rowcount == 2
        assert c.execute(sa.delete(u).where(u.c.t_id == t.c.id, t.c.id < 4)).rowcount == 2
        alias = t.alias()
        assert c.execute(sa.delete(alias).where(alias.c.id == 50)).rowcount == 1
        with pytest.raises(exc.CompileError, match="no RETURNING"):
            c.execute(sa.update(t).values(x=1).returning(t.c.id))


@needs("MariaDB's SQL")
def test_returning(filled):
    with filled.begin() as c:
        assert c.execute(sa.insert(t).values(id=50, x=1).returning(t.c.id, t.c.flag)).all() == [(50, None)]
        assert c.execute(sa.delete(t).where(t.c.id.in_([50, 9])).returning(t.c.id)).all() == [(9,), (50,)]


# ---- definitions and what is read back


def make(into):
    sa.Table("author", into, Column("id", sa.Integer, primary_key=True), Column("name", sa.String(40), nullable=False, unique=True))
    sa.Table(
        "book", into,
        Column("id", sa.BigInteger, primary_key=True),
        Column("author_id", sa.ForeignKey("author.id", ondelete="CASCADE", name="fk_author"), nullable=False),
        Column("price", sa.Numeric(8, 2), server_default="1.50"),
        Column("kind", sa.Enum("no'vel", "po\\em")),
        Column("at", sa.DateTime, server_default=sa.func.now()), Column("changed", sa.TIMESTAMP, server_default=sa.text("current_timestamp() ON UPDATE current_timestamp()")),
        Column("raw", sa.LargeBinary), Column("doc", sa.JSON), Column("key", sa.Uuid), Column("day", sa.Date, comment="first 'sold' \\"),
        Column("twice", sa.Integer, sa.Computed("price * 2", persisted=True)), Column("title", sa.String(200), server_default="it's \\"),
        Column("small", mysql.TINYINT(1)), Column("big", mysql.BIGINT(unsigned=True)), Column("exact", mysql.DATETIME(fsp=6)), Column("bits", mysql.BIT(8)),
        Column("some", mysql.SET("a", "b")),
        sa.CheckConstraint("price > 0", name="ck_price"), sa.Index("ix_kind", "kind", "day"), sa.Index("ix_title", "title", mariadb_length={"title": 10}, mysql_length={"title": 10}),
        comment="all 'books' \\", mariadb_engine="InnoDB", mysql_engine="InnoDB",
    )  # fmt: skip


@needs("MariaDB's SQL")
def test_sequences(engine):
    with engine.begin() as c:
        c.execute(sa.schema.CreateSequence(sa.Sequence("numbers", start=5)))
        assert c.scalar(sa.select(sa.Sequence("numbers").next_value())) == 5
    assert sa.inspect(engine).get_sequence_names() == ["numbers"]


def test_reading_back(engine, database):
    """MySQL tells no widths of integers but of booleans, and writes words of defaults and checks in its own way."""
    maria = "MariaDB's SQL" in database.capabilities
    written = sa.MetaData()
    make(written)
    written.create_all(engine)
    written.create_all(engine)
    with engine.begin() as c:
        c.execute(sa.text("CREATE VIEW cheap AS SELECT id FROM book WHERE price < 2"))
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == ["author", "book"] and inspector.get_view_names() == ["cheap"]
    assert inspector.has_table("cheap") and not inspector.has_table("none") and inspector.default_schema_name == "test"
    columns = {c["name"]: c for c in inspector.get_columns("book")}
    types = {name: str(c["type"].compile(engine.dialect)) for name, c in columns.items()}
    assert {name: types[name] for name in ("id", "price", "at", "key", "small", "big", "exact", "bits", "some", "kind")} == {
        "id": "BIGINT(20)" if maria else "BIGINT", "price": "DECIMAL(8, 2)", "at": "DATETIME", "key": "UUID" if maria else "CHAR(32)", "small": "TINYINT(1)", "big": "BIGINT(20) UNSIGNED" if maria else "BIGINT UNSIGNED",
        "exact": "DATETIME(6)", "bits": "BIT(8)", "some": "SET('a','b')", "kind": "ENUM('no''vel','po\\\\em')",
    }  # fmt: skip
    assert columns["id"]["autoincrement"] and columns["twice"]["computed"]["persisted"] and not columns["author_id"]["nullable"]
    assert columns["title"]["default"] == "'it''s \\\\'" and columns["at"]["default"] == ("current_timestamp()" if maria else "now()") and columns["price"]["default"] == "1.50"
    assert columns["changed"]["default"].lower().replace("()", "") == "current_timestamp on update current_timestamp"
    assert columns["day"]["comment"] == "first 'sold' \\" and inspector.get_table_comment("book") == {"text": "all 'books' \\"}
    assert inspector.get_pk_constraint("book") == {"constrained_columns": ["id"], "name": None}
    (key,) = inspector.get_foreign_keys("book")
    assert (key["name"], key["referred_schema"], key["referred_table"], key["options"]) == ("fk_author", None, "author", {"ondelete": "CASCADE"})
    assert [x["column_names"] for x in inspector.get_unique_constraints("author")] == [["name"]]
    assert inspector.get_check_constraints("book") == [{"name": "ck_price", "sqltext": "`price` > 0" if maria else "(`price` > 0)"}]
    indexes = {i["name"]: i for i in inspector.get_indexes("book")}
    assert indexes["ix_kind"]["column_names"] == ["kind", "day"] and indexes["ix_title"]["dialect_options"] == {f"{database}_length": {"title": 10}}
    assert inspector.get_table_options("book")[f"{database}_engine"] == "InnoDB"
    with pytest.raises(exc.NoSuchTableError, match="none"):
        inspector.get_columns("none")


def test_tables_read_from_the_database_work(engine):
    written = sa.MetaData()
    make(written)
    written.create_all(engine)
    read = sa.MetaData()
    read.reflect(engine)
    author, book = read.tables["author"], read.tables["book"]
    with engine.begin() as c:
        c.execute(author.insert(), {"name": "a"})
        c.execute(book.insert(), {"author_id": 1, "kind": "po\\em", "small": 1, "bits": 5, "some": {"b"}})
        row = c.execute(sa.select(book.c.kind, book.c.price, book.c.twice, book.c.title, book.c.bits, book.c.some)).one()
    assert row == ("po\\em", Decimal("1.50"), 3, "it's \\", 5, {"b"})
    read.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []
    read.create_all(engine)
    again = sa.MetaData()
    again.reflect(engine)

    def told(found):
        return {n: (sorted(str(c) + str(c.type) for c in x.c), sorted(str(i.name) for i in x.indexes), sorted(str(k.name) for k in x.constraints)) for n, x in found.tables.items()}

    assert told(again) == told(read)


def test_names_of_64_characters_and_longer(engine):
    known = sa.Table("n" * 64, sa.MetaData(), Column("c" * 64, sa.Integer, primary_key=True))
    known.create(engine)
    with engine.begin() as c:
        c.execute(known.insert().values({"c" * 64: 5}))
        assert c.execute(sa.select(known.c[0].label("l" * 250))).mappings().one() == {"l" * 250: 5}
    with pytest.raises(exc.DBAPIError, match="n" * 65):
        sa.Table("n" * 65, sa.MetaData(), Column("c", sa.Integer)).create(engine)


def test_tables_in_a_circle(engine):
    circle = sa.MetaData()
    sa.Table("one", circle, Column("id", sa.Integer, primary_key=True), Column("other", sa.ForeignKey("two.id", name="fk_one")))
    sa.Table("two", circle, Column("id", sa.Integer, primary_key=True), Column("other", sa.ForeignKey("one.id", name="fk_two")))
    circle.create_all(engine)
    circle.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []


@needs("MariaDB's SQL")
def test_the_server_tells_what_it_is(engine, server):
    """Under MySQL's name a MariaDB is met with the first connection: from then on RETURNING, UUID and sequences are written."""
    named = sa.create_engine(engine.url.set(drivername="mysql+pymysql"))
    insert = sa.insert(t).values(id=1).returning(t.c.id)
    assert named.dialect.server_version_info is None and not named.dialect.is_mariadb
    metadata.create_all(named)
    with named.begin() as c:
        assert named.dialect.server_version_info >= (10, 3) and named.dialect.is_mariadb and named.dialect.supports_sequences
        assert c.execute(insert).all() == [(1,)]
    with named.begin() as c:
        c.execute(sa.schema.CreateSequence(sa.Sequence("s", start=3, increment=2, cycle=False)))
        assert c.scalars(sa.select(sa.Sequence("s").next_value())).all() == [3]
    assert {c["name"]: str(c["type"]) for c in sa.inspect(named).get_columns("t")}["key"] == "UUID"
    named.dispose()


def test_hints_belong_to_their_statement(engine):
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(sa.text("CREATE INDEX ix_x ON t (x)"))
    sent = []
    sa.event.listen(engine, "before_cursor_execute", lambda conn, cursor, statement, *rest: sent.append(statement))
    with engine.connect() as c:
        for statement in (sa.select(t.c.id), sa.select(t.c.id).with_hint(t, "USE INDEX (ix_x)"), sa.select(t.c.id).with_hint(t, "FORCE INDEX (ix_x)")):
            c.execute(statement)
    assert [s.partition("FROM t")[2].strip() for s in sent] == ["", "USE INDEX (ix_x)", "FORCE INDEX (ix_x)"]
