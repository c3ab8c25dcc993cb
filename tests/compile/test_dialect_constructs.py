"""Constructs and types of PostgreSQL and MySQL as SQL."""

import datetime as dt
import re

import pytest
import sqlalchemy
import sqlalchemy.dialects.postgresql

import cormorant as sa
from cormorant import exc
from cormorant.dialects import mysql, postgresql
from cormorant.dialects.postgresql import psycopg2

PG = psycopg2.dialect()  # whose placeholders have no casts
a = sa.column("a", postgresql.ARRAY(sa.Integer))
b = sa.column("b", sa.Integer)
j = sa.column("j", postgresql.JSONB)
h = sa.column("h", postgresql.HSTORE)
r = sa.column("r", postgresql.INT4RANGE)
t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
insert = postgresql.insert(t).values(id=1, x=2)
INSERT = "INSERT INTO t (id, x) VALUES (%(id)s, %(x)s)"


def pg(construct):
    return str(construct.compile(dialect=PG)).replace("\n", "")


def test_placeholders_say_their_type():
    """As psycopg writes them; text without its length, nothing where the server must find out."""
    moment, text = sa.column("m", sa.DateTime(timezone=True)), sa.column("s", sa.String(30))
    statement = sa.select(b).where(b.in_([1]), text == "x", moment > sa.func.now(), j["k"].as_string() == "v", a == [1]).limit(3)
    assert str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"render_postcompile": True})).replace("\n", "") == (
        "SELECT b WHERE b IN (%(b_1_1)s::INTEGER) AND s = %(s_1)s::VARCHAR AND m > now() AND CAST(j ->> %(j_1)s::TEXT AS VARCHAR) = %(param_1)s::VARCHAR "
        "AND a = %(a_1)s::INTEGER[] LIMIT %(param_2)s::INTEGER"
    )


@pytest.mark.parametrize(
    ("expression", "sql"),
    [
        (postgresql.array([1, 2]) + postgresql.array([3]), "ARRAY[%(param_1)s, %(param_2)s] || ARRAY[%(param_3)s]"),
        (a.contains([1]), "a @> %(a_1)s"),
        (a.overlap([1]), "a && %(a_1)s"),
        (a.any(5), "%(a_1)s = ANY (a)"),
        (a[1] == 5, "a[%(a_1)s] = %(param_1)s"),
        (a[1:2], "a[%(a_1)s:%(a_2)s]"),
        (sa.func.array_agg(postgresql.aggregate_order_by(b, b.desc())), "array_agg(b ORDER BY b DESC)"),
        (j["x"].astext == "5", "(j ->> %(j_1)s) = %(param_1)s"),
        (j["x", 0].astext, "j #>> %(j_1)s"),
        (j["x"].as_integer(), "CAST(j ->> %(j_1)s AS INTEGER)"),
        (j.contains({"a": 1}), "j @> %(j_1)s"),
        (j.has_key("a"), "j ? %(j_1)s"),
        (h["a"] == "x", "h[%(h_1)s] = %(param_1)s"),
        (h.keys(), "akeys(h)"),
        (h + h, "h || h"),
        (r.contains(5), "r @> %(r_1)s"),
        (r << r, "r << r"),
        (r * r, "r * r"),
        (sa.cast(b, postgresql.ARRAY(sa.String)), "CAST(b AS VARCHAR[])"),
        (insert.on_conflict_do_nothing(constraint="uq"), f"{INSERT} ON CONFLICT ON CONSTRAINT uq DO NOTHING"),
        (
            insert.on_conflict_do_update(constraint=t.primary_key, set_={"x": insert.excluded.x}),
            f"{INSERT} ON CONFLICT (id) DO UPDATE SET x = excluded.x",
        ),
    ],
)
def test_postgresql(expression, sql):
    assert pg(expression) == sql


@pytest.mark.parametrize(
    ("type_", "sql"),
    [
        (postgresql.ARRAY(sa.String(5), dimensions=2), "VARCHAR(5)[][]"),
        (postgresql.BIT(3, varying=True), "BIT VARYING(3)"),
        (postgresql.INTERVAL(fields="DAY TO SECOND"), "INTERVAL DAY TO SECOND"),
        (postgresql.TIMESTAMP(timezone=True, precision=3), "TIMESTAMP(3) WITH TIME ZONE"),
        (postgresql.INET(), "INET"),
        (postgresql.JSONB(), "JSONB"),
        (postgresql.ENUM("a", name="mood"), "mood"),
        (postgresql.TSTZMULTIRANGE(), "TSTZMULTIRANGE"),
    ],
)
def test_types_of_postgresql(type_, sql):
    assert type_.compile(PG) == sql


@pytest.mark.parametrize(
    ("type_", "sql"),
    [
        (mysql.INTEGER(11, unsigned=True, zerofill=True), "INTEGER(11) UNSIGNED ZEROFILL"),
        (mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        (mysql.DATETIME(fsp=6), "DATETIME(6)"),
        (mysql.ENUM("a", "it's"), "ENUM('a','it''s')"),
        (mysql.DECIMAL(5, 2), "DECIMAL(5, 2)"),
    ],
)
def test_types_of_mysql(type_, sql):
    assert type_.compile(mysql.dialect()) == sql


def test_what_a_database_lacks_is_named():
    for construct, name in ((sa.cast(b, postgresql.INET), "INET"), (postgresql.array([1]), "array"), (sa.cast(b, mysql.MEDIUMINT), "MEDIUMINT")):
        with pytest.raises(exc.CompileError, match=name):
            construct.compile(dialect=sa.create_engine("sqlite://").dialect)
    table = sa.Table("v", sa.MetaData(), sa.Column("d", sa.ARRAY(sa.Integer)))
    with pytest.raises(exc.CompileError, match=r"\(in table 'v', column 'd'\): .*ARRAY"):
        table.create(sa.create_engine("sqlite://"))
    with pytest.raises(exc.ArgumentError, match="no name"):
        mysql.TEXT(charset="x) --").compile(mysql.dialect())


def test_text_search():
    assert pg(postgresql.to_tsvector("english", b)) == "to_tsvector(%(to_tsvector_1)s::REGCONFIG, b)"
    assert pg(sa.column("v", postgresql.TSVECTOR).bool_op("@@")(sa.func.to_tsquery("a"))) == "v @@ to_tsquery(%(to_tsquery_1)s)"


def test_definitions():
    assert str(postgresql.CreateEnumType(postgresql.ENUM("a", "it's", name="mood"))) == "CREATE TYPE mood AS ENUM ('a', 'it''s')"
    domain = postgresql.DOMAIN("positive", sa.Integer, check="VALUE > 0")
    assert postgresql.CreateDomainType(domain)._text(PG) == "CREATE DOMAIN positive AS INTEGER CHECK (VALUE > 0)"


def test_names_that_are_made_up_fit_the_database():
    """PostgreSQL cuts names of more than 63 bytes: two aliases would be one."""
    from cormorant import Column, Integer, MetaData, Table, select
    from cormorant.dialects import postgresql

    metadata = MetaData()
    tables = [Table("é" * 31 + end, metadata, Column("id", Integer)) for end in ("a", "b")]
    text = str(select(*(t.alias() for t in tables)).compile(dialect=postgresql.dialect()))
    names = [word.strip('",') for word in text.replace("AS ", "\0").split("\0")[1:] for word in word.split()[:1]]
    aliases = [name for name in names if not name.startswith("id")]
    assert len(set(aliases)) == 2 and all(len(name.encode()) <= 63 for name in aliases)


def test_labels_that_are_too_long_are_the_same_inside_and_outside():
    t = sa.Table("t" * 40, sa.MetaData(), sa.Column("c" * 40 + "_one", sa.Integer), sa.Column("c" * 40 + "_two", sa.Integer))
    inner = sa.select(t).set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL).subquery("q")
    text = pg(sa.select(inner).order_by(inner.c[1]))
    outside, labels = re.findall(r"q\.(\w+)", text), re.findall(r" AS (t\w+)", text)
    assert outside == [*labels, labels[1]] and len(set(labels)) == 2 and all(len(x) <= 63 for x in labels)


def test_names_that_are_too_long():
    """Those of a convention are cut as SQLAlchemy cuts them, so that both find them; others are refused."""
    long = "x" * 70
    made = {"uq": "uq_%(table_name)s_%(column_0_N_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
    meta = sa.MetaData(naming_convention=made)
    t = sa.Table("table_" + "t" * 40, meta, sa.Column("a" * 30, sa.Integer, unique=True), sa.Column("b" * 30, sa.Integer, index=True))
    theirs = sqlalchemy.Table(t.name, sqlalchemy.MetaData(naming_convention=made), sqlalchemy.Column("a" * 30, sqlalchemy.Integer, unique=True), sqlalchemy.Column("b" * 30, sqlalchemy.Integer, index=True))
    dialect = sqlalchemy.dialects.postgresql.dialect()
    assert str(sa.schema.CreateTable(t).compile(dialect=PG)) == str(sqlalchemy.schema.CreateTable(theirs).compile(dialect=dialect))
    (ours,), (index,) = t.indexes, theirs.indexes
    assert str(sa.schema.CreateIndex(ours).compile(dialect=PG)) == str(sqlalchemy.schema.CreateIndex(index).compile(dialect=dialect))
    for item in (sa.Table(long, sa.MetaData(), sa.Column("a", sa.Integer)), sa.Table("t", sa.MetaData(), sa.Column(long, sa.Integer)), sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.UniqueConstraint("a", name=long))):
        with pytest.raises(exc.IdentifierError, match="63"):
            sa.schema.CreateTable(item).compile(dialect=PG)
        assert long in str(sa.schema.CreateTable(item))


def test_conflicts_are_found_by_what_makes_them():
    u = sa.table("u", sa.column("a", sa.String), sa.column("b", sa.String), sa.column("c", sa.String))
    index = sa.Index("ix", u.c.b, postgresql_where=u.c.a > "m")
    apart = postgresql.ExcludeConstraint((u.c.a, "="), (u.c.b, "&&"), where="b != 'x'")
    start = postgresql.insert(u).values(a="1")
    assert pg(start.on_conflict_do_nothing(constraint=apart)).endswith("ON CONFLICT (a, b) WHERE b != 'x' DO NOTHING")
    made = start.on_conflict_do_update(constraint=index, set_={"c": "2", "a": start.excluded.b})
    assert pg(made).endswith("ON CONFLICT (b) WHERE a > %(a_1)s DO UPDATE SET a = excluded.b, c = %(param_1)s")
    with pytest.raises(exc.InvalidRequestError, match="already has an ON CONFLICT"):
        made.on_conflict_do_nothing()


def test_texts_of_drivers():
    """A URL's driver says how placeholders look in texts that are asked for."""
    for driver, sql in (("psycopg", "b = %(b_1)s::INTEGER"), ("psycopg2", "b = %(b_1)s"), ("asyncpg", "b = $1::INTEGER")):
        dialect = sa.make_url(f"postgresql+{driver}://").get_dialect()()
        assert (dialect.driver, str((b == 5).compile(dialect=dialect))) == (driver, sql)


def test_members_of_indexes():
    u = sa.Table("u", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
    index = sa.Index("ix", (u.c.a + u.c.b).label("s"), u.c.b, postgresql_ops={"s": "int4_ops"}, postgresql_with={"fastupdate": False}, postgresql_concurrently=True)
    assert pg(sa.schema.CreateIndex(index)) == "CREATE INDEX CONCURRENTLY ix ON u ((a + b) int4_ops, b) WITH (fastupdate = false)"
    assert pg(sa.schema.DropIndex(index)) == "DROP INDEX CONCURRENTLY ix"


def test_ranges_that_touch():
    R, day = postgresql.Range, dt.date(2024, 1, 1)
    assert R(1, 3).adjacent_to(R(3, 5)) and R(3, 5).adjacent_to(R(1, 2, bounds="[]")) and R(1, 5, bounds="()").adjacent_to(R(4, 6, bounds="(]"))
    assert R(None, day).adjacent_to(R(day, None)) and R(1.5, 2.5).adjacent_to(R(2.5, 3.5)) and not R(1.5, 2.5, bounds="[]").adjacent_to(R(2.5, 3.5))
    assert not R(1, 3).adjacent_to(R(4, 5)) and not R(1, 3).adjacent_to(R(2, 5)) and not R(empty=True).adjacent_to(R(1, 2))
    assert (R(1, 5) - R(3, 9), R(1, 5) - R(0, 3, bounds="[]"), R(1, 5) - R(7, 9)) == (R(1, 3), R(3, 5, bounds="()"), R(1, 5))
    assert (R(1, 5) - R(0, 9)).empty and (R(1, 3, bounds="()") - R(2, 5)).empty
    with pytest.raises(ValueError, match="inner"):
        R(1, 9) - R(3, 5)
