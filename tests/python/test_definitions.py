"""Definitions beside tables and indexes: constraints, comments, sequences, views; hints and texts for one database."""

import pytest

import cormorant as sa
from cormorant import exc, schema
from cormorant.dialects import postgresql

meta = sa.MetaData()
t = sa.Table("t", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer, comment="it's"), comment="co", schema="s")
unique = sa.UniqueConstraint(t.c.x, name="u", deferrable=True, initially="deferred")
key = sa.ForeignKeyConstraint([t.c.x], [t.c.id], name="fk", ondelete="set null")
SEQUENCE = sa.Sequence("sq", start=5, increment=2, cycle=True, schema="s")


@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        (schema.AddConstraint(unique), "ALTER TABLE s.t ADD CONSTRAINT u UNIQUE (x) DEFERRABLE INITIALLY DEFERRED"),
        (schema.AddConstraint(key), "ALTER TABLE s.t ADD CONSTRAINT fk FOREIGN KEY(x) REFERENCES s.t (id) ON DELETE SET NULL"),
        (schema.SetTableComment(t), "COMMENT ON TABLE s.t IS 'co'"),
        (schema.DropTableComment(t), "COMMENT ON TABLE s.t IS NULL"),
        (schema.SetColumnComment(t.c.x), "COMMENT ON COLUMN s.t.x IS 'it''s'"),
        (schema.DropColumnComment(t.c.x), "COMMENT ON COLUMN s.t.x IS NULL"),
        (schema.CreateColumn(t.c.x), "x INTEGER"),
        (schema.CreateSequence(SEQUENCE), "CREATE SEQUENCE s.sq INCREMENT BY 2 START WITH 5 CYCLE"),
        (schema.DropSequence(SEQUENCE, if_exists=True), "DROP SEQUENCE IF EXISTS s.sq"),
        (schema.CreateView(sa.select(t.c.x).where(t.c.x > 5), "v", or_replace=True), "CREATE OR REPLACE VIEW v AS SELECT s.t.x \nFROM s.t \nWHERE s.t.x > 5"),
        (sa.select(t.c.x).into("copy", temporary=True), "CREATE TEMPORARY TABLE copy AS SELECT s.t.x \nFROM s.t"),
    ],
)
def test_texts(statement, sql):
    assert str(statement).strip() == sql
    assert str(statement.compile(dialect=postgresql.dialect())).strip() == sql


def test_actions_come_from_a_list():
    other = sa.Table("other", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    bad = sa.ForeignKeyConstraint([other.c.id], [t.c.id], name="bad", ondelete="cascade; drop table t")
    with pytest.raises(exc.CompileError, match="drop table"):
        str(schema.AddConstraint(bad))
    with pytest.raises(exc.ArgumentError, match="DropView"):
        schema.DropView("v")


def test_views_and_copies_are_created_with_their_tables():
    engine = sa.create_engine("sqlite://")
    mine = sa.MetaData()
    a = sa.Table("a", mine, sa.Column("id", sa.Integer, primary_key=True))
    view = schema.CreateView(sa.select(a).where(a.c.id > 5), "big", metadata=mine)
    mine.create_all(engine)
    with engine.begin() as c:
        c.execute(a.insert(), [{"id": 4}, {"id": 6}])
        assert c.execute(sa.select(view.table)).all() == [(6,)]
        copy = schema.CreateTableAs(sa.select(a), "copy")
        c.execute(copy)
        assert c.execute(sa.select(copy.table).order_by("id")).all() == [(4,), (6,)]
    mine.drop_all(engine)
    assert sa.inspect(engine).get_view_names() == [] and sa.inspect(engine).get_table_names() == ["copy"]


def test_sequences_are_nothing_where_there_are_none():
    engine = sa.create_engine("sqlite://")
    mine = sa.MetaData()
    sequence = sa.Sequence("sq", metadata=mine)
    table = sa.Table("a", mine, sa.Column("id", sa.Integer, sequence, primary_key=True))
    mine.create_all(engine)
    sequence.create(engine)
    with engine.begin() as c:
        c.execute(schema.CreateSequence(sequence))
        c.execute(table.insert())
        assert c.scalar(sa.select(table.c.id)) == 1
        c.execute(schema.DropSequence(sequence))


def test_hints_and_texts_for_one_database():
    sqlite, pg = sa.create_engine("sqlite://").dialect, postgresql.dialect()
    x = sa.select(t.c.x)

    def text(statement, dialect):
        return " ".join(str(statement.compile(dialect=dialect)).split())

    assert text(x.prefix_with("A", dialect="sqlite"), sqlite) == "SELECT A s.t.x FROM s.t"
    assert text(x.prefix_with("A", dialect="sqlite"), pg) == "SELECT s.t.x FROM s.t"
    assert text(x.suffix_with("Z", dialect="oracle"), sqlite) == "SELECT s.t.x FROM s.t"
    assert text(x.with_statement_hint("HINT"), pg) == "SELECT s.t.x FROM s.t HINT"
    assert text(x.with_hint(t, "USE INDEX (i)", "mysql"), sqlite) == "SELECT s.t.x FROM s.t"
    with sa.create_engine("sqlite://").begin() as c:
        assert c.execute(sa.select(sa.literal(1)).prefix_with("DISTINCT", dialect="sqlite").prefix_with("HIGH", dialect="mysql")).scalar() == 1


def test_numbers_too_large_for_floats_are_statement_errors():
    engine = sa.create_engine("sqlite://")
    table = sa.Table("a", sa.MetaData(), sa.Column("x", sa.Float))
    table.create(engine)
    with engine.begin() as c, pytest.raises(exc.StatementError, match="a.x"):
        c.execute(table.insert(), {"x": 10**400})


@pytest.mark.parametrize("name", ["convert_unicode", "encoding", "strategy", "case_sensitive", "server_side_cursors", "no_such_thing"])
def test_arguments_of_old_are_refused(name):
    with pytest.raises(TypeError, match=name):
        sa.create_engine("sqlite://", **{name: True})


def test_a_table_that_changes_after_use_keeps_its_columns():
    table = sa.Table("late", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
    assert str(sa.select(table.c.x)) == "SELECT late.x \nFROM late"
    sa.UniqueConstraint(table.c.x, name="late_x")
    assert str(sa.select(table.c.x)) == "SELECT late.x \nFROM late"


def test_columns_that_the_database_has_of_itself_are_not_created():
    engine = sa.create_engine("sqlite://")
    table = sa.Table("t", sa.MetaData(), sa.Column("rowid", sa.Integer, system=True, server_default=sa.FetchedValue()), sa.Column("x", sa.Integer))
    assert "rowid" not in str(sa.schema.CreateTable(table))
    table.create(engine)
    with engine.begin() as c:
        c.execute(table.insert(), {"x": 5})
        assert c.execute(sa.select(table)).all() == [(1, 5)]
