"""@compiles() of whole statements: for one dialect, and around the usual text."""

import pytest

import cormorant as sa
from cormorant.dialects import postgresql, sqlite
from cormorant.ext.compiler import compiles, deregister
from cormorant.sql.expression import ColumnElement, Insert, Select

table = sa.table("t", sa.column("a"), sa.column("b"))


@pytest.fixture(autouse=True)
def forget():
    yield
    deregister(Select)
    deregister(Insert)


def test_a_hook_for_one_dialect_leaves_the_others_alone():
    @compiles(Select, "sqlite")
    def compile_select(element, compiler, **kw):
        return "SELECT 1"

    statement = sa.select(table.c.a)
    assert str(statement.compile(dialect=sqlite.dialect())) == "SELECT 1"
    assert str(statement.compile(dialect=postgresql.dialect())) == "SELECT t.a \nFROM t"
    deregister(Select)
    assert str(statement.compile(dialect=sqlite.dialect())) == "SELECT t.a \nFROM t"


def test_a_hook_puts_something_around_the_usual_text():
    @compiles(Select)
    def compile_select(element, compiler, **kw):
        return "/* s */ " + compiler.visit_select(element, **kw)

    @compiles(Insert)
    def compile_insert(element, compiler, **kw):
        return compiler.visit_insert(element, **kw) + " /* i */"

    inner = sa.select(table.c.a).where(table.c.b == 1).subquery()
    assert str(sa.select(inner.c.a)) == "/* s */ SELECT anon_1.a \nFROM (/* s */ SELECT t.a AS a \nFROM t \nWHERE t.b = :b_1) AS anon_1"
    assert str(sa.insert(table).values(a=1)) == "INSERT INTO t (a) VALUES (:a) /* i */"


def test_rows_of_hooked_statements_are_read_by_name():
    @compiles(Select)
    def compile_select(element, compiler, **kw):
        return compiler.visit_select(element, **kw)

    real = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.JSON))
    with sa.create_engine("sqlite://").begin() as connection:
        real.create(connection)
        connection.execute(sa.insert(real).values(a=1, b=[1, 2]))
        row = connection.execute(sa.select(real)).one()
    assert (row.a, row.b) == (1, [1, 2])


def test_constructs_of_programs_are_defaults_of_columns():
    class Counted(ColumnElement):
        """Another text each time: it does not say that it may be cached."""

    made = []

    @compiles(Counted)
    def compile_counted(element, compiler, **kw):
        made.append(element)
        return str(len(made))

    rows = sa.Table("rows", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer, default=Counted()),
                    sa.Column("m", sa.Integer, onupdate=Counted()))  # fmt: skip
    engine = sa.create_engine("sqlite://")
    rows.metadata.create_all(engine)
    with engine.connect() as connection:
        for _ in range(2):
            connection.execute(rows.insert().values(id=sa.func.coalesce(sa.select(sa.func.max(rows.c.id) + 1).scalar_subquery(), 1)))
        connection.execute(rows.update().where(rows.c.id == 2).values(id=7))
        assert connection.execute(sa.select(rows)).all() == [(1, 1, None), (7, 2, 3)]
