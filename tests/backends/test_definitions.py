"""Definitions in PostgreSQL's own words: the text of SQLAlchemy, understood by the server."""

import importlib

import pytest
import sqlalchemy

import cormorant
from tests.backends.databases import needs

pytestmark = needs("PostgreSQL's SQL")


def tables(package):
    """Tables of one package, in the order they are created."""
    sa, pg = package, importlib.import_module(f"{package.__name__}.dialects.postgresql")
    meta, C, T, I = sa.MetaData(), sa.Column, sa.Table, sa.Integer
    yield T("counted", meta, C("id", I, sa.Identity(always=True, start=5, increment=2, minvalue=1, maxvalue=99, cycle=True, cache=3), primary_key=True))
    yield T("started", meta, C("id", sa.BigInteger, sa.Identity(start=100, nomaxvalue=True), primary_key=True), C("x", I))
    yield T("down", meta, C("id", I, sa.Identity(start=-1, increment=-1), primary_key=True), C("x", I))
    yield T("plain", meta, C("id", I, sa.Identity(), primary_key=True))
    yield T(
        "booked", meta, C("id", I, primary_key=True), C("room", I), C("Du ring", pg.TSRANGE),
        pg.ExcludeConstraint(("room", "<>"), ("Du ring", "&&"), name="no_clash", where=sa.text("room > 5"), using="gist", ops={"room": "gist_int4_ops"}, deferrable=True, initially="DEFERRED"),
        pg.ExcludeConstraint((sa.column("Du ring"), "&&"), using="gist"),
    )  # fmt: skip
    yield T("parts", meta, C("id", I), C("d", sa.Date), postgresql_partition_by="RANGE (d)")
    yield T("roomy", meta, C("id", I, primary_key=True), postgresql_with={"fillfactor": 50}, postgresql_using="heap")
    indexed = T("indexed", meta, C("id", I, primary_key=True), C("name", sa.String(20)), C("data", pg.JSONB), C("d", sa.Date))
    sa.Index("ix_partial", indexed.c.name, unique=True, postgresql_where=indexed.c.id > 5)
    sa.Index("ix_expression", sa.func.lower(indexed.c.name))
    sa.Index("ix_sum", indexed.c.id + 1, indexed.c.name)
    sa.Index("ix_gin", indexed.c.data, postgresql_using="gin", postgresql_ops={"data": "jsonb_path_ops"})
    sa.Index("ix_include", indexed.c.name.desc().nulls_last(), postgresql_include=["d"], postgresql_with={"fillfactor": 50})
    sa.Index("ix_distinct", indexed.c.d, unique=True, postgresql_nulls_not_distinct=True)
    yield indexed
    yield T("owner", meta, C("id", I, primary_key=True), C("part", I), sa.UniqueConstraint("id", "part", postgresql_include=["part"]))
    yield T(
        "owned", meta, C("id", I), C("part", I), C("n", I), C("no_", I, key="no"),
        sa.PrimaryKeyConstraint("id", postgresql_include=["n"]), sa.UniqueConstraint("n", postgresql_nulls_not_distinct=True),
        sa.UniqueConstraint("part", postgresql_include=["no", "n"], deferrable=True),
        sa.CheckConstraint("n > 0", name="ck_n", postgresql_not_valid=True),
        sa.ForeignKeyConstraint(["id", "part"], ["owner.id", "owner.part"], ondelete="SET NULL (part)", onupdate="CASCADE", postgresql_not_valid=True),
    )  # fmt: skip


def texts(package):
    pg, schema = importlib.import_module(f"{package.__name__}.dialects.postgresql"), importlib.import_module(f"{package.__name__}.schema")
    for table in tables(package):
        for statement in (schema.CreateTable(table), *(schema.CreateIndex(i) for i in sorted(table.indexes, key=lambda i: i.name))):
            yield " ".join(str(statement.compile(dialect=pg.dialect())).split())
        for constraint in sorted(table.constraints, key=lambda c: (c.__visit_name__, str(c.name), [x.name for x in c.columns])):
            if table.name.startswith("own"):
                yield " ".join(str(schema.AddConstraint(constraint).compile(dialect=pg.dialect())).split())


def test_texts():
    assert list(texts(cormorant)) == list(texts(sqlalchemy))


def test_the_server_understands_them(engine):
    with engine.begin() as c:
        c.execute(cormorant.text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        for table in tables(cormorant):
            table.create(c)
        assert c.execute(cormorant.text("INSERT INTO counted DEFAULT VALUES RETURNING id")).scalar() == 5
        assert c.execute(cormorant.text("SELECT count(*) FROM pg_constraint WHERE contype = 'x'")).scalar() == 2
        assert c.execute(cormorant.text("SELECT reloptions FROM pg_class WHERE relname = 'roomy'")).scalar() is not None


def test_keys_that_count_down(engine):
    """Rows that come back are told apart by their keys: one that does not grow is asked for by row."""
    down = next(t for t in tables(cormorant) if t.name == "down")
    down.create(engine)
    base = cormorant.orm.declarative_base(metadata=down.metadata)
    model = type("Down", (base,), {"__table__": down})
    with cormorant.orm.Session(engine) as s:
        objects = [model(x=i) for i in range(50)]
        s.add_all(objects)
        s.flush()
        assert [(o.id, o.x) for o in objects] == [(-1 - i, i) for i in range(50)]
        rows = s.execute(cormorant.text("SELECT id, x FROM down")).all()
        assert {tuple(r) for r in rows} == {(o.id, o.x) for o in objects}


def test_exclusion_is_refused_elsewhere():
    pg = importlib.import_module("cormorant.dialects.postgresql")
    booked = cormorant.Table("booked", cormorant.MetaData(), cormorant.Column("room", cormorant.Integer), pg.ExcludeConstraint(("room", "=")))
    with pytest.raises(cormorant.exc.CompileError, match="exclusion constraints"):
        str(cormorant.schema.CreateTable(booked).compile(dialect=importlib.import_module("cormorant.dialects.sqlite").dialect()))


@pytest.mark.parametrize("option", [{"postgresql_using": "gin; DROP"}, {"postgresql_with": {"a": "1) --"}}, {"postgresql_ops": {"x": "a b)"}}])
def test_words_are_words(option):
    table = cormorant.Table("t", cormorant.MetaData(), cormorant.Column("x", cormorant.Integer))
    index = cormorant.Index("ix", table.c.x, **option)
    with pytest.raises(cormorant.exc.CompileError, match="Unexpected SQL phrase"):
        str(cormorant.schema.CreateIndex(index).compile(dialect=importlib.import_module("cormorant.dialects.postgresql").dialect()))


def test_comments(engine):
    sa = cormorant
    meta = sa.MetaData()
    sa.Table("said", meta, sa.Column("id", sa.Integer, primary_key=True, comment="the row's \\ number"), comment="what's said")
    meta.create_all(engine)
    inspector = sa.inspect(engine)
    assert inspector.get_table_comment("said") == {"text": "what's said"}
    assert inspector.get_columns("said")[0]["comment"] == "the row's \\ number"
