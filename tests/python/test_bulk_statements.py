"""INSERT and UPDATE statements of mapped classes: rows of different shape, what they return, and what they leave in the session."""

import dataclasses
import typing

import pytest

import cormorant as sa
from cormorant.dialects.sqlite import insert as sqlite_insert
from cormorant.orm import DeclarativeBase, Mapped, Session, composite, defer, load_only, mapped_column


class Base(DeclarativeBase):
    pass


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    size: Mapped[typing.Optional[int]]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Bird(Animal):
    __tablename__ = "bird"
    id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
    wings: Mapped[typing.Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "bird"}


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Edge(Base):
    __tablename__ = "edge"
    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[typing.Optional[Point]] = composite(mapped_column("x2", nullable=True), mapped_column("y2", nullable=True))


class Doc(Base):
    __tablename__ = "doc"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stamp: Mapped[str] = mapped_column(server_onupdate=sa.FetchedValue())
    loud: Mapped[str] = mapped_column(sa.Computed("name || '!'"))


ROWS = [{"name": "a"}, {"name": "b", "size": 5}, {"name": "c", "size": 6}, {"name": "d"}]


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_rows_of_different_shape_are_written_in_order(session):
    session.execute(sa.insert(Animal), ROWS)
    found = session.execute(sa.select(Animal.name, Animal.size).order_by(Animal.id)).all()
    assert found == [("a", None), ("b", 5), ("c", 6), ("d", None)]
    assert session.scalars(sa.insert(Animal).returning(Animal.name), ROWS).all() == ["a", "b", "c", "d"]
    assert [a.size for a in session.scalars(sa.insert(Animal).returning(Animal), ROWS)] == [None, 5, 6, None]


def test_entities_are_returned_together_with_columns(session):
    rows = session.execute(sa.insert(Animal).returning(Animal, Animal.name, (Animal.size + 1).label("more"), Animal.size * 2), ROWS).all()
    assert [(type(r[0]), r.name, r.more, r[3]) for r in rows] == [(Animal, "a", None, None), (Animal, "b", 6, 10), (Animal, "c", 7, 12), (Animal, "d", None, None)]
    assert session.execute(sa.update(Animal).where(Animal.name == "b").values(size=9).returning(Animal, Animal.id)).one()[0].size == 9


def test_classes_in_several_tables_return_their_rows_in_order(session):
    rows = [{"name": "a", "wings": 2}, {"name": "b"}, {"name": "c", "wings": 4, "size": 1}]
    found = session.execute(sa.insert(Bird).returning(Bird, Bird.wings), rows).all()
    assert [(b.name, b.kind, wings) for b, wings in found] == [("a", "bird", 2), ("b", "bird", None), ("c", "bird", 4)]
    assert all(b in session for b, _ in found)
    assert session.scalars(sa.insert(Bird).returning(Bird.name), rows).all() == ["a", "b", "c"]


def test_what_the_server_changes_is_read_again_after_an_update(session):
    doc = Doc(name="a", stamp="old")
    session.add(doc)
    session.flush()
    assert (doc.stamp, doc.loud) == ("old", "a!")
    session.connection().exec_driver_sql("CREATE TRIGGER t AFTER UPDATE OF name ON doc BEGIN UPDATE doc SET stamp = 'new'; END")
    session.execute(sa.update(Doc).values(name="b"))
    assert (doc.stamp, doc.loud) == ("new", "b!")


def test_composites_are_written_in_bulk(session):
    session.execute(sa.insert(Edge), [{"start": Point(1, 2), "end": Point(3, 4)}, {"start": Point(5, 6), "end": None}])
    session.bulk_insert_mappings(Edge, [{"start": Point(7, 8), "end": Point(9, 9)}])
    session.bulk_update_mappings(Edge, [{"id": 1, "end": Point(0, 0)}])
    found = session.execute(sa.text("SELECT x1, y1, x2, y2 FROM edge ORDER BY id")).all()
    assert found == [(1, 2, 0, 0), (5, 6, None, None), (7, 8, 9, 9)]


def test_loading_options_of_a_composite_mean_its_parts(session):
    session.execute(sa.insert(Edge), [{"start": Point(1, 2), "end": Point(3, 4)}])
    only = str(sa.select(Edge).options(load_only(Edge.start)))
    assert "x1" in only and "y1" in only and "x2" not in only
    without = str(sa.select(Edge).options(defer(Edge.end)))
    assert "x1" in without and "y2" not in without
    assert session.scalars(sa.select(Edge).options(defer(Edge.end))).one().end == Point(3, 4)


def test_filter_by_looks_at_every_table_a_change_speaks_of():
    joined = sa.delete(Animal).where(Animal.id == Edge.id)
    assert str(joined.filter_by(kind="x")).endswith("AND animal.kind = :kind_1")
    assert "edge.x2 = :x2_1" in str(sa.update(Animal).values(size=1).where(Animal.id == Edge.id).filter_by(x2=1))
    with pytest.raises(sa.exc.AmbiguousColumnError, match="Attribute name .id. is ambiguous; it exists in multiple FROM clause entities"):
        joined.filter_by(id=1)
    with pytest.raises(sa.exc.InvalidRequestError, match='None of the FROM clause entities have a property "nothing"'):
        joined.filter_by(nothing=1)
    with pytest.raises(sa.exc.InvalidRequestError, match='Entity namespace for "Animal" has no property "nothing"'):
        sa.delete(Animal).filter_by(nothing=1)


class Cat(Animal):
    __mapper_args__ = {"polymorphic_identity": "cat"}


class Lion(Cat):
    __mapper_args__ = {"polymorphic_identity": "lion"}


@pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch", False])
def test_changes_of_a_class_in_its_parents_table_leave_its_siblings_alone(session, strategy):
    session.add_all([Animal(kind="animal", name="a"), Cat(name="a"), Lion(name="a"), Bird(name="a")])
    session.commit()
    held = session.scalars(sa.select(Animal).order_by(Animal.id)).all()
    options = {"synchronize_session": strategy}
    session.execute(sa.update(Cat).where(Cat.name == "a").values(size=1), execution_options=options)
    assert session.execute(sa.text("SELECT size FROM animal ORDER BY id")).scalars().all() == [None, 1, 1, None]
    assert strategy is False or [x.size for x in held] == [None, 1, 1, None]
    session.query(Lion).update({"size": 2}, synchronize_session=strategy)
    read = sa.select(Cat).from_statement(sa.update(Cat).values(name="b").returning(Cat)).execution_options(populate_existing=True)
    assert len(session.scalars(read).all()) == 2
    assert session.execute(sa.text("SELECT name, size FROM animal ORDER BY id")).all() == [("a", None), ("b", 1), ("b", 2), ("a", None)]
    session.execute(sa.update(Lion).where(Lion.name == sa.bindparam("n")).values(size=sa.bindparam("m")), [{"n": "b", "m": 3}], execution_options={"synchronize_session": None, "dml_strategy": "orm"})
    assert session.execute(sa.text("SELECT size FROM animal ORDER BY id")).scalars().all() == [None, 1, 3, None]
    session.execute(sa.delete(Lion), execution_options=options)
    session.query(Cat).filter(Cat.name == "b").delete(synchronize_session=strategy)
    assert session.execute(sa.text("SELECT kind FROM animal ORDER BY id")).scalars().all() == ["animal", "bird"]


def test_changes_by_key_have_values_and_conditions_of_their_statement(session):
    session.add_all([Bird(name="a", size=1, wings=2), Bird(name="b", size=2, wings=2)])
    session.commit()
    held = session.scalars(sa.select(Bird).order_by(Bird.id)).all()
    rows = [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]
    result = session.execute(sa.update(Bird).values(size=sa.literal_column("3 + 4"), wings=Bird.wings * 2), rows)
    assert result.all() == []
    assert [(b.name, b.size, b.wings) for b in held] == [("x", 7, 4), ("y", 7, 4)]
    where = sa.update(Animal).where(Animal.name == "y")
    session.execute(where, [{"id": 1, "size": 0}, {"id": 2, "size": 0}], execution_options={"synchronize_session": None})
    assert session.scalars(sa.select(Animal.size).order_by(Animal.id)).all() == [7, 0]
    with pytest.raises(sa.exc.InvalidRequestError, match="not supported when using bulk update with additional WHERE"):
        session.execute(where, rows, execution_options={"synchronize_session": "evaluate"})
    with pytest.raises(sa.exc.InvalidRequestError, match="'fetch' synchronization strategy is not available"):
        session.execute(where, rows, execution_options={"synchronize_session": "fetch"})
    with pytest.raises(sa.exc.InvalidRequestError, match="bulk ORM UPDATE does not support ordered_values"):
        session.execute(sa.update(Bird).ordered_values(("size", 1)), rows)
    with pytest.raises(sa.exc.InvalidRequestError, match="No primary key value supplied for column.s. id"):
        session.execute(where, [{"size": 1}])
    named = sa.update(Animal).where(Animal.name == sa.bindparam("n")).values(size=sa.bindparam("s"))
    session.execute(named, [{"n": "x", "s": 8}], execution_options={"synchronize_session": None, "dml_strategy": "orm"})
    assert session.scalars(sa.select(Animal.size).order_by(Animal.id)).all() == [8, 0]


# ---- what the statement says of every row


def everything(session):
    return session.execute(sa.text("SELECT name, size, kind, wings FROM animal LEFT JOIN bird ON bird.id = animal.id ORDER BY animal.id")).all()


@pytest.mark.parametrize("keys", [False, True], ids=["keys are made", "keys are given"])
def test_values_of_an_insert_into_several_tables_hold_for_every_row(session, keys):
    rows = [{"wings": 2}, {"wings": 4, "name": "own"}]
    for number, row in enumerate(rows if keys else [], 1):
        row["id"] = number
    statement = sa.insert(Bird).values(name=sa.func.upper("all"), size=3)
    assert session.execute(statement, rows).rowcount == 2
    assert everything(session) == [("ALL", 3, "bird", 2), ("own", 3, "bird", 4)]
    found = session.scalars(sa.insert(Bird).values({Bird.name: "new"}).returning(Bird), [{"wings": 1}, {"wings": 7}]).all()
    assert [(bird.name, bird.wings) for bird in found] == [("new", 1), ("new", 7)]


def test_prefixes_hold_for_every_table(session):
    statement = sa.insert(Bird).prefix_with("OR IGNORE")
    session.execute(statement, [{"id": 1, "name": "a", "wings": 2}])
    session.execute(statement, [{"id": 1, "name": "x", "wings": 3}, {"id": 2, "name": "b", "wings": 4}])
    assert everything(session) == [("a", None, "bird", 2), ("b", None, "bird", 4)]


def test_conflicts_in_several_tables_are_refused(session):
    rows = [{"id": 1, "name": "a", "wings": 1}, {"id": 1, "name": "b", "wings": 2}]
    with pytest.raises(sa.exc.InvalidRequestError, match="ON CONFLICT is not supported for .*Bird"):
        session.execute(sqlite_insert(Bird).on_conflict_do_nothing(), rows)
    assert everything(session) == []


def test_rows_of_different_shape_are_counted_together(session):
    assert session.execute(sa.insert(Animal), ROWS).rowcount == 4
    assert session.execute(sa.insert(Bird), [{"name": "a", "wings": 1}, {"name": "b"}, {"name": "c", "wings": 2, "size": 1}]).rowcount == 3


def test_values_of_an_update_hold_for_every_row(session):
    session.execute(sa.insert(Animal), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    held = session.get(Animal, 1)
    session.execute(sa.update(Animal).values(size=Animal.id + 5), [{"id": 1, "name": "x"}, {"id": 2, "name": "y", "size": 1}])
    assert everything(session) == [("x", 6, "animal", None), ("y", 1, "animal", None)]
    assert (held.name, held.size) == ("x", 6)
