"""composite(): several columns as one object; Bundle: several columns as one value of a row."""

import dataclasses
from typing import Optional

import pytest

from cormorant import Integer, create_engine, exc, inspect, select, update
from cormorant.ext.mutable import MutableComposite
from cormorant.orm import Bundle, DeclarativeBase, DictBundle, Mapped, Session, aliased, composite, mapped_column


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)


@dataclasses.dataclass
class Label:
    text: str
    note: Optional[str] = None


@dataclasses.dataclass
class Spot(MutableComposite):
    left: int
    top: int

    def __setattr__(self, key, value):
        object.__setattr__(self, key, value)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        return cls(*value) if isinstance(value, tuple) else super().coerce(key, value)


class Base(DeclarativeBase):
    pass


class Vertex(Base):
    __tablename__ = "v"
    id: Mapped[int] = mapped_column(primary_key=True)
    start = composite(Point, mapped_column("x1", Integer), mapped_column("y1", Integer))
    end: Mapped[Point] = composite(Point, "x2", "y2")
    x2: Mapped[Optional[int]]
    y2: Mapped[Optional[int]]
    label: Mapped[Optional[Label]] = composite()
    spot: Mapped[Spot] = composite(mapped_column("sx"), mapped_column("sy"))


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Vertex(start=Point(1, 2), end=Point(3, 4), label=Label("a"), spot=Spot(7, 8)))
        s.commit()
        yield s
    engine.dispose()


def test_columns_come_from_the_class():
    assert [(c.name, c.nullable, str(c.type)) for c in Vertex.__table__.c] == [
        ("id", False, "INTEGER"), ("x1", True, "INTEGER"), ("y1", True, "INTEGER"), ("x2", True, "INTEGER"), ("y2", True, "INTEGER"),
        ("text", False, "VARCHAR"), ("note", True, "VARCHAR"), ("sx", False, "INTEGER"), ("sy", False, "INTEGER"),
    ]  # fmt: skip
    assert [p.key for p in inspect(Vertex).composites] == ["start", "end", "label", "spot"]


def test_values(session):
    v = session.get(Vertex, 1)
    assert (v.start, v.end, v.label, v.spot) == (Point(1, 2), Point(3, 4), Label("a"), Spot(7, 8))
    assert v.start is v.start
    v.start = Point(10, 20)
    assert (v.x1, v.y1) == (10, 20)
    history = inspect(v).attrs.start.history
    assert (history.added, history.deleted) == ([Point(10, 20)], [Point(1, 2)])
    v.x1 = 11
    assert v.start == Point(11, 20)
    session.rollback()
    assert v.start == Point(1, 2)
    v.end = None
    session.commit()
    assert (v.x2, v.end) == (None, Point(None, None))
    assert Vertex().label is None


def test_what_changed_outside_is_read_again(session):
    v = session.get(Vertex, 1)
    v.end.x = 99  # nobody hears of it
    session.commit()
    assert v.end == Point(3, 4)


def test_mutable(session):
    v = session.get(Vertex, 1)
    assert v not in session.dirty
    v.spot.left = 50
    assert v in session.dirty and v.sx == 50
    session.commit()
    assert session.scalar(select(Vertex.sx)) == 50
    v.spot = (1, 2)
    old = v.spot
    v.spot = Spot(3, 4)
    old.left = 77  # it belongs to nobody any more
    session.commit()
    assert v.spot == Spot(3, 4)


def test_statements(session):
    text = str(select(Vertex.id).where(Vertex.start == Point(1, 2)).order_by(Vertex.start.desc(), Vertex.start))
    assert text.split("WHERE ")[1] == "v.x1 = :x1_1 AND v.y1 = :y1_1 ORDER BY v.x1 DESC, v.y1 DESC, v.x1, v.y1"
    assert session.scalars(select(Vertex).where(Vertex.start <= Point(1, 3), Vertex.end != Point(0, 0))).one().id == 1
    assert session.execute(select(Vertex.id, Vertex.start)).all() == [(1, Point(1, 2))]
    assert session.scalars(select(Vertex.spot)).all() == [Spot(7, 8)]
    other = aliased(Vertex)
    assert session.scalars(select(other.start).where(other.start == Point(1, 2))).all() == [Point(1, 2)]
    assert session.query(Vertex).filter_by(end=Point(3, 4)).count() == 1
    session.execute(update(Vertex).values({Vertex.start: Point(6, 6)}).where(Vertex.id == 1))
    session.execute(update(Vertex).values(end=Point(8, 9)))
    assert (session.get(Vertex, 1).start, session.get(Vertex, 1).end) == (Point(6, 6), Point(8, 9))
    with pytest.raises(exc.ArgumentError, match="Can't UPDATE composite attribute Vertex.start to 5"):
        update(Vertex).values({Vertex.start: 5})


def test_comparators_of_ones_own():
    from cormorant.orm import CompositeProperty

    class Above(CompositeProperty.Comparator):
        def above(self, other):
            return self._comparable_elements[1] > other.y

    class Own(DeclarativeBase):
        pass

    class Place(Own):
        __tablename__ = "place"
        id: Mapped[int] = mapped_column(primary_key=True)
        at: Mapped[Point] = composite(Point, mapped_column("x", Integer), mapped_column("y", Integer), comparator_factory=Above)

    assert str(Place.at.above(Point(1, 2))) == "place.y > :y_1"


def test_mistakes_are_named():
    class Own(DeclarativeBase):
        pass

    with pytest.raises(exc.ArgumentError, match="number of composite attributes 3 exceeds"):

        class A(Own):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            l: Mapped[Label] = composite(mapped_column(), mapped_column(), mapped_column())  # noqa: E741

    with pytest.raises(exc.ArgumentError, match="annotation is required for attribute 'B.p'"):

        class B(Own):
            __tablename__ = "b"
            id: Mapped[int] = mapped_column(primary_key=True)
            p = composite(mapped_column("x", Integer))

    with pytest.raises(exc.ArgumentError, match="arguments of 'C.p' must be named"):

        class C(Own):
            __tablename__ = "c"
            id: Mapped[int] = mapped_column(primary_key=True)
            p: Mapped[Point] = composite(mapped_column(Integer), mapped_column(Integer))

    class Bare:
        pass

    with pytest.raises(exc.InvalidRequestError, match="is not a dataclass and does not define a __composite_values__"):
        Vertex.start == Bare()  # noqa: B015


# ---- bundles


def test_bundles(session):
    pair = Bundle("pair", Vertex.id, Vertex.x1)
    row = session.execute(select(pair, Vertex.y1)).one()
    assert row == ((1, 1), 2) and row.pair.x1 == 1 and row.pair._fields == ("id", "x1")
    assert list(session.execute(select(pair)).keys()) == ["pair"]
    assert session.scalars(select(pair.label("other"))).all() == [(1, 1)]
    nested = session.scalar(select(Bundle("outer", pair, Vertex.y1.label("y"), Bundle("inner", Vertex.start))))
    assert nested == ((1, 1), 2, (Point(1, 2),)) and nested.pair.id == 1 and nested.y == 2
    text = str(select(pair).where(pair.c.x1 == 5).order_by(pair).group_by(pair.c.id))
    assert text.split("WHERE ")[1] == "v.x1 = :x1_1 GROUP BY v.id ORDER BY v.id, v.x1"


def test_bundles_beside_entities_and_many_rows(session):
    session.add_all([Vertex(start=Point(n, n), end=Point(0, 0), label=Label(str(n)), spot=Spot(n, n)) for n in range(2, 5)])
    session.commit()
    rows = session.execute(select(Vertex, Bundle("b", Vertex.text, Vertex.x1), Vertex.id).order_by(Vertex.id)).all()
    assert [(v.id, b.text, b.x1, i) for v, b, i in rows] == [(1, "a", 1, 1), (2, "2", 2, 2), (3, "3", 3, 3), (4, "4", 4, 4)]


def test_row_processors_of_ones_own(session):
    class Total(Bundle):
        def create_row_processor(self, query, procs, labels):
            return lambda row: sum(proc(row) for proc in procs)

    assert session.scalars(select(Total("t", Vertex.x1, Vertex.y1))).all() == [3]
    assert session.scalars(select(DictBundle("d", Vertex.x1, Vertex.y1))).all() == [{"x1": 1, "y1": 2}]

    class Failing(Bundle):
        def create_row_processor(self, query, procs, labels):
            def fail(row):
                raise RuntimeError("no")

            return fail

    with pytest.raises(RuntimeError, match="no"):
        session.execute(select(Failing("f", Vertex.x1, Vertex.label), Vertex.id))


def test_query_of_bundles(session):
    pair = Bundle("pair", Vertex.id, Vertex.x1)
    assert session.query(pair).all() == [((1, 1),)]
    assert session.query(Bundle("pair", Vertex.id, Vertex.x1, single_entity=True)).all() == [(1, 1)]
    with pytest.raises(exc.ArgumentError, match="Bundle 'b' has no columns"):
        Bundle("b")
