"""Types that are one thing here and another there: variants, spelling, expressions around values, JSON."""

import datetime as dt
import decimal
import json
import pickle

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.dialects import dialect_object, postgresql, sqlite
from cormorant.ext.compiler import compiles
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


@pytest.fixture
def engine():
    return sa.create_engine("sqlite://")


def test_variants_of_a_postgresql_model_on_sqlite(engine):
    class Base(DeclarativeBase):
        pass

    class Doc(Base):
        __tablename__ = "docs"
        id: Mapped[int] = mapped_column(primary_key=True)
        body = mapped_column(sa.JSON().with_variant(postgresql.JSONB, "postgresql"))
        tags = mapped_column(postgresql.ARRAY(sa.Integer).with_variant(sa.JSON(), "sqlite"))

    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Doc(id=1, body={"a": 1}, tags=[1, 2]))
        s.commit()
        doc = s.scalars(sa.select(Doc)).one()
        assert (doc.body, doc.tags) == ({"a": 1}, [1, 2])
        doc.tags = [3]
        s.commit()
        assert s.execute(sa.select(Doc.tags)).scalar() == [3]
        assert s.execute(sa.text("SELECT tags FROM docs")).scalar() == "[3]"
    ddl = str(sa.schema.CreateTable(Doc.__table__).compile(dialect=postgresql.dialect()))
    assert "body JSONB" in ddl and "tags INTEGER[]" in ddl


def test_a_decorator_stores_by_dialect(engine):
    class Flexible(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def load_dialect_impl(self, dialect):
            return sa.Text() if dialect.name == "postgresql" else self.impl

        def process_bind_param(self, value, dialect):
            return f"{dialect.name}:{value}"

    table = sa.Table("t", sa.MetaData(), sa.Column("x", Flexible(5)))
    assert "x TEXT" in str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "x VARCHAR(5)" in str(sa.schema.CreateTable(table).compile(engine))
    table.create(engine)
    with engine.begin() as c:
        c.execute(table.insert(), {"x": "v"})
        assert c.scalar(sa.text("SELECT x FROM t")) == "sqlite:v"


def test_json_functions_belong_to_their_engine():
    one = sa.create_engine("sqlite://", json_serializer=lambda v: json.dumps(["one", v]), json_deserializer=lambda s: ("read", json.loads(s)))
    two = sa.create_engine("sqlite://", json_serializer=lambda v: json.dumps(["two", v]))
    plain = sa.create_engine("sqlite://")

    class Base(DeclarativeBase):
        pass

    class Doc(Base):
        __tablename__ = "docs"
        id: Mapped[int] = mapped_column(primary_key=True)
        body = mapped_column(sa.JSON)

    for e, stored, read in (
        (one, '["one", {"q": 1}]', ("read", ["one", {"q": 1}])), (two, '["two", {"q": 1}]', ["two", {"q": 1}]), (plain, '{"q": 1}', {"q": 1}),
    ):  # fmt: skip
        Base.metadata.create_all(e)
        with Session(e) as s:
            s.add(Doc(id=1, body={"q": 1}))
            s.commit()
            assert s.get(Doc, 1).body == read
            assert s.execute(sa.select(Doc.body)).scalar() == read
        with e.connect() as c:
            assert c.scalar(sa.text("SELECT body FROM docs")) == stored
            assert c.execute(sa.select(Doc.__table__.c.body)).scalar() == read


class Wrapped(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def bind_expression(self, bindvalue):
        return sa.func.upper(bindvalue)

    def column_expression(self, column):
        return sa.func.lower(column)


def test_expressions_around_values(engine):
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)
        v = mapped_column(Wrapped)

    t = Thing.__table__
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        thing = Thing(id=1, v="aBc")
        s.add(thing)
        s.commit()
        assert thing.v == "abc"
        assert s.scalar(sa.text("SELECT v FROM things")) == "ABC"
        thing.v = "neW"
        s.commit()
        assert s.scalars(sa.select(Thing).where(Thing.v == "new")).one() is thing
        assert s.scalars(sa.select(Thing.id).where(Thing.v.in_(["new", "old"]))).all() == [1]
        assert s.execute(t.insert().returning(t.c.v), {"id": 2, "v": "qQ"}).scalar() == "qq"
    assert str(sa.select(t.c.v).compile(engine)) == "SELECT lower(things.v) AS v \nFROM things"
    inner = sa.select(t.c.v).subquery()
    assert str(sa.select(inner)) == "SELECT lower(anon_1.v) AS v \nFROM (SELECT things.v AS v \nFROM things) AS anon_1"


def test_types_with_compile_functions(engine):
    class Mine(sa.types.TypeEngine):
        pass

    class Short(sa.String):
        pass

    compiles(Mine)(lambda type_, compiler, **kw: "MINE")
    compiles(Mine, "sqlite")(lambda type_, compiler, **kw: "MINE_HERE")
    compiles(Short)(lambda type_, compiler, **kw: "S" + compiler.visit_VARCHAR(type_))
    table = sa.Table("a", sa.MetaData(), sa.Column("x", Mine), sa.Column("y", Short(4)))
    assert "x MINE, \n\ty SVARCHAR(4)" in str(sa.schema.CreateTable(table))
    table.create(engine)
    with engine.connect() as c:
        assert "x MINE_HERE" in c.scalar(sa.text("SELECT sql FROM sqlite_master"))
    assert str(sa.cast(sa.column("q"), Short(2))) == "CAST(q AS SVARCHAR(2))"


def test_json_subscripts(engine):
    t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("j", sa.JSON))
    t.create(engine)
    j = t.c.j
    with engine.begin() as c:
        c.execute(t.insert(), [{"id": 1, "j": {"a": 1, "b": {"c": "hi"}, "l": [7, 8], "f": 1.5, "t": True, 'k"': 1}}, {"id": 2, "j": {"a": 2}}])

        def first(x):
            return c.execute(sa.select(x).where(t.c.id == 1)).scalar()

        assert first(j["a"]) == 1 and first(j["b"]) == {"c": "hi"} and first(j["b", "c"]) == "hi" and first(j["l"][1]) == 8
        assert first(j["l", 0].as_integer()) == 7 and first(j["b"]["c"].as_string()) == "hi"
        assert first(j["f"].as_float()) == 1.5 and first(j["t"].as_boolean()) is True and first(j["missing"]) is None
        assert first(j["f"].as_numeric(10, 2)) == decimal.Decimal("1.50")
        assert c.execute(sa.select(t.c.id).where(j["a"].as_integer() > 1)).scalars().all() == [2]
        assert c.execute(sa.select(t.c.id).where(j["b", "c"].as_string().like("h%"))).scalars().all() == [1]
    with pytest.raises(sa.exc.InvalidRequestError, match="as_string"):
        j.as_string()
    assert str(j["a"].as_integer() == 5) == "t.j[:j_1] = :param_1"


def test_words_of_enums_are_checked(engine):
    table = sa.Table("a", sa.MetaData(), sa.Column("x", sa.Enum("a", "b", name="e", validate_strings=True)), sa.Column("z", postgresql.ENUM("q'w", name="e3", create_constraint=True)))
    table.create(engine)
    with engine.begin() as c, pytest.raises(sa.exc.StatementError, match="not among the defined enum values"):
        c.execute(table.insert(), {"x": "q"})
    with engine.begin() as c:
        c.execute(table.insert(), {"x": "a", "z": "q'w"})
        assert c.execute(sa.select(table)).one() == ("a", "q'w")


def test_comparators_of_types():
    class Name(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

        class comparator_factory(sa.types.TypeDecorator.Comparator):  # noqa: N801 - the name of the API
            def sounds_like(self, other):
                return self.op("~~")(other)

            def __add__(self, other):
                return sa.func.plus(self.expr, other)

    column = sa.column("d", Name)
    assert str(column.sounds_like("z")) == "d ~~ :d_1"
    assert str(column + "q") == "plus(d, :plus_1)"


def test_expressions_of_what_a_dialect_stores():
    class Inner(sa.String):
        def bind_expression(self, bindvalue):
            return sa.func.inner(bindvalue)

    class Outer(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def load_dialect_impl(self, dialect):
            return Inner()

        def bind_expression(self, bindvalue):
            return sa.func.outer(self.impl.bind_expression(bindvalue))

    for given in (Outer(), sa.String().with_variant(Outer(), "sqlite")):
        column = sa.column("a", given)
        compiled = sa.select(column).where(column.in_(["x"])).compile(dialect=dialect_object("sqlite"), compile_kwargs={"literal_binds": True})
        assert str(compiled).endswith("WHERE a IN (outer(inner('x')))")
        assert str((column == "x").compile(dialect=dialect_object("sqlite"))) == "a = outer(inner(?))"


def test_casts_around_values():
    class Number(sa.types.TypeDecorator):
        impl = sa.String(50)
        cache_ok = True

        def column_expression(self, column):
            return sa.cast(column, sa.Integer)

        def bind_expression(self, bindvalue):
            return sa.cast(sa.type_coerce(bindvalue, sa.Integer), sa.String(50))

    table = sa.Table("t", sa.MetaData(), sa.Column("x", Number))
    with sa.create_engine("sqlite://").begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"x": 1}, {"x": 2}])
        assert connection.scalars(sa.select(table.c.x).where(table.c.x == 2)).all() == [2]
        assert connection.exec_driver_sql("SELECT typeof(x) FROM t").scalars().all() == ["text", "text"]


def test_dates_of_sqlite_are_stored_as_the_program_says():
    digits = sqlite.DATETIME(storage_format="%(year)04d%(month)02d%(day)02d%(hour)02d%(minute)02d%(second)02d",
                             regexp=r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")  # fmt: skip
    day = sqlite.DATE(storage_format="%(month)02d/%(day)02d/%(year)04d", regexp=r"(?P<month>\d+)/(?P<day>\d+)/(?P<year>\d+)")
    columns = {"digits": digits, "day": day, "whole": sqlite.DATETIME(truncate_microseconds=True), "time": sqlite.TIME(truncate_microseconds=True),
               "plain": sqlite.DATETIME()}  # fmt: skip
    table = sa.Table("t", sa.MetaData(), *(sa.Column(name, type_) for name, type_ in columns.items()))
    assert all(isinstance(x, face) for x, face in ((digits, sa.DateTime), (digits, sqlite.DATETIME), (day, sqlite.DATE)))
    assert pickle.loads(pickle.dumps(digits)).bind_processor(None)(dt.datetime(2010, 10, 5)) == "20101005000000"
    engine, moment = sa.create_engine("sqlite://"), dt.datetime(2010, 10, 15, 12, 37, 1, 5)
    whole = moment.replace(microsecond=0)
    with engine.begin() as connection:
        table.create(connection)
        values = {"digits": moment, "day": moment.date(), "whole": moment, "time": moment.time(), "plain": moment}
        connection.execute(table.insert(), [values, {"digits": None, **dict.fromkeys(list(columns)[1:])}])
        stored = connection.exec_driver_sql("SELECT * FROM t").all()
        assert stored[0] == ("20101015123701", "10/15/2010", "2010-10-15 12:37:01", "12:37:01", "2010-10-15 12:37:01.000005")
        assert connection.execute(sa.select(table)).all() == [(whole, moment.date(), whole, whole.time(), moment), (None,) * 5]
        assert connection.scalar(sa.select(sa.func.count()).where(table.c.digits == moment)) == 1
        assert connection.scalar(sa.select(sa.func.count()).where(table.c.day.in_([moment.date()]))) == 1
        assert [str(c["type"]) for c in sa.inspect(connection).get_columns("t")] == ["DATETIME", "DATE", "DATETIME", "TIME", "DATETIME"]
        with pytest.raises(exc.StatementError, match="only accepts Python date"):
            connection.execute(table.insert(), {"day": "10/15/2010"})
        connection.exec_driver_sql("INSERT INTO t (day) VALUES ('tomorrow')")
        with pytest.raises(ValueError, match="tomorrow"):
            connection.execute(sa.select(table.c.day)).all()
    assert "DATETIME_CHAR" in str(sa.schema.CreateTable(table).compile(dialect=sqlite.dialect()))
    assert "'10/15/2010'" in str((table.c.day == moment.date()).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with pytest.raises(exc.ArgumentError, match="truncate_microseconds"):
        sqlite.TIME(truncate_microseconds=True, regexp="x")
