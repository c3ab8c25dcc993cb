"""What lies in a schema of PostgreSQL under a name of its own, beside tables: types and sequences."""

import enum

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.dialects import postgresql as pg
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from cormorant.schema import CreateTable
from tests.backends.databases import needs

pytestmark = needs("PostgreSQL's SQL")


class Mood(enum.Enum):
    good = 1
    bad = 2


@pytest.fixture
def other(engine):
    """A schema that is not looked into by itself."""
    with engine.begin() as c:
        c.execute(sa.text("DROP SCHEMA IF EXISTS other CASCADE"))
        c.execute(sa.schema.CreateSchema("other"))
    yield "other"
    with engine.begin() as c:
        c.execute(sa.schema.DropSchema("other", cascade=True))


def has(engine, name, schema=None):
    with engine.connect() as c:
        return engine.dialect.has_type(c, name, schema=schema)


def test_types_in_a_schema(engine, other):
    meta = sa.MetaData()
    t = sa.Table("m", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", sa.Enum(Mood, name="Mood", schema=other)), sa.Column("all", sa.ARRAY(sa.Enum("x", "y", name="xy", schema=other))))
    meta.create_all(engine)
    assert has(engine, "Mood", other) and has(engine, "xy", other) and not has(engine, "Mood")
    with engine.begin() as c:
        c.execute(t.insert(), [{"mood": Mood.bad, "all": ["y", "x"]}, {"mood": None, "all": []}])
        assert c.execute(sa.select(t.c.mood, t.c["all"]).order_by(t.c.id)).all() == [(Mood.bad, ["y", "x"]), (None, [])]
        assert c.scalar(sa.select(sa.cast("good", t.c.mood.type))) is Mood.good
    t.drop(engine)
    assert has(engine, "Mood", other)  # other tables may have it
    meta.drop_all(engine)
    assert not has(engine, "Mood", other) and not has(engine, "xy", other)


def test_types_take_the_schema_of_their_metadata(engine, other):
    meta = sa.MetaData(schema=other)
    kind, mine = sa.Enum("a", name="kind"), sa.Enum("a", name="mine", schema=None)
    t = sa.Table("k", meta, sa.Column("kind", kind), sa.Column("mine", mine))
    assert "kind other.kind" in str(CreateTable(t).compile(engine)) and "mine mine" in str(CreateTable(t).compile(engine))
    assert meta.get_schema_objects(sa.Enum) == (kind,) and meta.get_schema_object_by_name(sa.Enum, "mine", schema=None) is mine
    mapped = engine.execution_options(schema_translate_map={other: None})
    with mapped.begin() as c:
        meta.create_all(c)
    assert has(engine, "kind") and not has(engine, "kind", other)
    with mapped.begin() as c:
        meta.drop_all(c)
    assert not has(engine, "kind")


def test_types_are_created_and_dropped_by_themselves(engine):
    kind = sa.Enum("a", "b", name="alone")
    kind.create(engine)
    with pytest.raises(exc.ProgrammingError, match="alone"):
        kind.create(engine)
    kind.create(engine, checkfirst=True)
    there = sa.Table("t", sa.MetaData(), sa.Column("kind", pg.ENUM("a", "b", name="alone", create_type=False)))
    there.create(engine)
    there.metadata.drop_all(engine)
    assert has(engine, "alone")
    kind.drop(engine)
    kind.drop(engine, checkfirst=True)
    assert not has(engine, "alone")
    absent = sa.Table("t", sa.MetaData(), sa.Column("kind", sa.Enum("a", name="nowhere", create_type=False)))
    with pytest.raises(exc.ProgrammingError, match="nowhere"):
        absent.create(engine)


def test_domains(engine, other):
    meta = sa.MetaData()
    count = pg.DOMAIN("Count", sa.Integer, check="VALUE > 0", default="7", schema=other)
    sa.Enum("x", name="unused", metadata=meta)
    t = sa.Table("d", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", count))
    meta.create_all(engine)
    assert has(engine, "unused")
    with engine.begin() as c:
        assert c.execute(t.insert().returning(t.c.n)).scalar() == 7
    with pytest.raises(exc.IntegrityError), engine.begin() as c:
        c.execute(t.insert().values(n=0))
    meta.drop_all(engine)
    assert not has(engine, "Count", other) and not has(engine, "unused")


def test_sequences_number_rows(engine, other):
    class Base(DeclarativeBase):
        pass

    class Ticket(Base):
        __tablename__ = "ticket"
        id: Mapped[int] = mapped_column(sa.Integer, sa.Sequence("Ticket Numbers", start=40, schema=other), primary_key=True)
        shown: Mapped[int] = mapped_column(server_default=sa.Sequence("shown", metadata=Base.metadata).next_value())
        batch: Mapped[int | None] = mapped_column(sa.Sequence("batch", optional=True))

    assert "SERIAL" not in str(CreateTable(Ticket.__table__).compile(engine))
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        first, second = Ticket(), Ticket()
        s.add_all([first, second])
        s.flush()
        assert (first.id, second.id, first.shown, second.shown, second.batch) == (40, 41, 1, 2, None)
        assert s.execute(sa.insert(Ticket)).inserted_primary_key == (42,)
        s.execute(sa.insert(Ticket), [{"shown": 8}, {"shown": 9}])
        assert s.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all() == [40, 41, 42, 43, 44]
        assert s.scalar(sa.select(Ticket.__table__.c.id.default.next_value())) == 45
        s.commit()
    Base.metadata.drop_all(engine)
    with engine.connect() as c:
        assert not engine.dialect.has_sequence(c, "Ticket Numbers", schema=other) and not engine.dialect.has_sequence(c, "shown")


def test_sequences_are_nothing_where_there_are_none():
    t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, sa.Sequence("s"), primary_key=True))
    engine = sa.create_engine("sqlite://")
    t.metadata.create_all(engine)
    with engine.begin() as c:
        assert c.execute(t.insert()).inserted_primary_key == (1,)


def test_distinct_on(engine):
    rows = sa.values(sa.column("a", sa.Integer), sa.column("b", sa.Integer), name="v").data([(1, 5), (1, 3), (2, 4)])
    statement = sa.select(rows.c.a, rows.c.b).ext(pg.distinct_on(rows.c.a)).order_by(rows.c.a, rows.c.b)
    with Session(engine) as s:
        assert s.execute(statement).all() == [(1, 3), (2, 4)]
        assert s.query(rows.c.a, rows.c.b).ext(pg.distinct_on(rows.c.a)).order_by(rows.c.a, rows.c.b.desc()).all() == [(1, 5), (2, 4)]
    with pytest.warns(exc.SADeprecationWarning, match="distinct_on"):
        assert str(sa.select(rows.c.a).distinct(rows.c.b).compile(engine)).startswith("SELECT DISTINCT ON (v.b) v.a")
    with pytest.raises(exc.ArgumentError, match="DISTINCT ON"):
        sa.update(sa.table("t", sa.column("a"))).ext(pg.distinct_on(rows.c.a))


def test_offset_without_limit(engine):
    rows = sa.values(sa.column("a", sa.Integer), name="v").data([(1,), (2,), (3,)])
    with engine.connect() as c:
        assert c.scalars(sa.select(rows.c.a).order_by(rows.c.a).offset(1)).all() == [2, 3]
        assert c.scalars(sa.select(rows.c.a).order_by(rows.c.a).offset(sa.literal(0) + 1).fetch(sa.literal(2) - 1)).all() == [2]
