"""Definitions beside tables and indexes: constraints, comments, sequences, views; hints and texts for one database."""

import pytest

import cormorant as sa
from cormorant import exc, schema
from cormorant.dialects import postgresql, sqlite

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


def with_parts(**where):
    return sa.Table("p", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer),
                    sa.Index("ix_n", "n").ddl_if(**where), sa.CheckConstraint("n > 5", name="over").ddl_if(**where))  # fmt: skip


@pytest.mark.parametrize("how", ["dialect", "callable"])
def test_parts_of_a_table_may_be_for_one_database(how):
    asked = []

    def only_postgresql(ddl, target, bind, *, dialect, state, **kw):
        asked.append((type(target).__name__, state))
        return dialect.name == "postgresql"

    where = {"dialect": "postgresql"} if how == "dialect" else {"callable_": only_postgresql, "state": 7}
    table, engine = with_parts(**where), sa.create_engine("sqlite://")
    table.create(engine)
    assert sa.inspect(engine).get_indexes("p") == [] and sa.inspect(engine).get_check_constraints("p") == []
    assert "over" in str(schema.CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "over" not in str(schema.CreateTable(table).compile(dialect=sqlite.dialect()))
    assert how == "dialect" or {("Index", 7), ("CheckConstraint", 7)} == set(asked)
    sent = []
    table.metadata.create_all(sa.create_mock_engine("postgresql://", lambda statement, *_: sent.append(statement)))
    assert [type(statement).__name__ for statement in sent] == ["CreateTable", "CreateIndex"]


def test_a_constraint_that_is_added_is_not_made_with_its_table():
    table = sa.Table("p", sa.MetaData(), sa.Column("n", sa.Integer))
    over = sa.CheckConstraint("n > 5", name="over", table=table)
    sa.event.listen(table, "after_create", schema.AddConstraint(over).execute_if(dialect="postgresql"))
    assert "over" not in str(schema.CreateTable(table))
    kept = sa.UniqueConstraint("n", name="once")
    table.append_constraint(kept)
    schema.AddConstraint(kept, isolate_from_table=False)
    assert "once" in str(schema.CreateTable(table)) and "over" not in str(schema.CreateTable(table))
    engine = sa.create_engine("sqlite://")
    table.create(engine)
    assert sa.inspect(engine).get_check_constraints("p") == []
    with pytest.warns(exc.SADeprecationWarning, match="isolate_from_table"):
        schema.DropConstraint(kept, isolate_from_table=True)
    assert "once" not in str(schema.CreateTable(table))


def test_listeners_of_definitions_are_told_what_is_looked_for():
    table, engine, told = sa.Table("p", sa.MetaData(), sa.Column("n", sa.Integer, index=True)), sa.create_engine("sqlite://"), []
    (index,) = table.indexes
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        for target in (table, table.metadata, index):
            sa.event.listen(target, name, lambda target, connection, name=name, **kw: told.append((type(target).__name__, name, kw.get("checkfirst"))))
    table.metadata.create_all(engine)
    every = schema.CheckFirst.ALL
    assert told == [
        ("MetaData", "before_create", every), ("Table", "before_create", every), ("Index", "before_create", None),
        ("Index", "after_create", None), ("Table", "after_create", every), ("MetaData", "after_create", every),
    ]  # fmt: skip
    assert [i["name"] for i in sa.inspect(engine).get_indexes("p")] == ["ix_p_n"]
    told.clear()
    index.drop(engine)
    index.create(engine, checkfirst=True)
    index.create(engine, checkfirst=True)  # is there
    assert [x[:2] for x in told] == [("Index", "before_drop"), ("Index", "after_drop"), ("Index", "before_create"), ("Index", "after_create")]
    told.clear()
    table.drop(sa.create_mock_engine("sqlite://", lambda *_: None), checkfirst=True)
    assert told == [("Table", "before_drop", schema.CheckFirst.NONE), ("Table", "after_drop", schema.CheckFirst.NONE)]


def test_views_know_what_they_belong_to_and_how_they_are_dropped():
    view = schema.CreateView(sa.select(t.c.x), "v", materialized=True)
    assert view.metadata is view.table.metadata and list(view.metadata.tables) == ["v"]
    sent = []
    view.table.drop(sa.create_mock_engine("postgresql://", lambda statement, *_: sent.append(str(statement).strip())))
    assert sent == ["DROP MATERIALIZED VIEW v"]


def test_indexes_and_constraints_without_table_or_columns():
    assert str(schema.DropIndex(sa.Index("ix"), if_exists=True)).strip() == "DROP INDEX IF EXISTS ix"
    assert "UNIQUE" not in str(schema.CreateTable(sa.Table("p", sa.MetaData(), sa.Column("n", sa.Integer), sa.UniqueConstraint())))
    assert repr(sa.DDL("DROP %(what)s", {"what": "x"})).endswith("; 'DROP %(what)s', context={'what': 'x'}>")


def test_tables_in_the_order_of_their_keys():
    meta, engine = sa.MetaData(), sa.create_engine("sqlite://")
    sa.Table("b", meta, sa.Column("id", sa.Integer, sa.ForeignKey("c.id"), primary_key=True))
    sa.Table("c", meta, sa.Column("id", sa.Integer, primary_key=True))
    meta.create_all(engine)
    inspector = sa.inspect(engine)
    assert inspector.sort_tables_on_foreign_key_dependency() == [((None, "c"), []), ((None, "b"), []), (None, [])]
    assert not inspector.has_table("later")
    sa.Table("later", meta, sa.Column("id", sa.Integer)).create(engine)
    assert not inspector.has_table("later")  # what it read it keeps
    inspector.clear_cache()
    assert inspector.has_table("later")
