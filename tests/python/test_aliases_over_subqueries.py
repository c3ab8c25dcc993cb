"""aliased(alias, subquery): of several aliases of a table in one subquery, each is read from its own columns."""

import pickle

import pytest
from cormorant import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, select
from cormorant.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, synonym


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "room"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="room")
    up_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    up: Mapped["Room | None"] = relationship(remote_side=[id])
    title = synonym("name")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "room"}


class Hall(Room):
    __tablename__ = "hall"
    id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True)
    seats: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "hall"}


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Room(id=1, name="attic"), Room(id=2, name="box", up_id=1), Hall(id=3, name="hall", up_id=2, seats=9)])
        session.commit()
        yield session
    engine.dispose()


def pairs(below, above):
    return select(below, above).join(above, above.id == below.up_id).subquery()


def test_each_alias_reads_its_own_columns(session):
    above = aliased(Room)
    rows = pairs(Room, above)
    one, other = aliased(Room, rows), aliased(above, rows)
    statement = select(one, other).order_by(one.id)
    assert [(a.name, b.name) for a, b in session.execute(statement)] == [("box", "attic"), ("hall", "box")]
    assert session.execute(select(one.name, other.name).where(other.name == "box")).all() == [("hall", "box")]
    assert session.scalars(select(other).order_by(other.name)).all() == [session.get(Room, 1), session.get(Room, 2)]
    assert str(statement).count("FROM (") == 1


def test_columns_of_the_subquery_itself(session):
    above = aliased(Room)
    rows = pairs(Room, above)
    statement = select(rows.c.name, rows.c.name_1).order_by(rows.c.id)
    assert session.execute(statement).all() == [("box", "attic"), ("hall", "box")]
    assert session.execute(statement.where(rows.c.name_1 == "box")).all() == [("hall", "box")]
    around = select(rows).subquery()
    assert session.execute(select(around.c.name_1).order_by(around.c.id_1)).scalars().all() == ["attic", "box"]


def test_the_alias_stands_first(session):
    above = aliased(Room)
    rows = select(above, Room).join(above, above.id == Room.up_id).subquery()
    one, other = aliased(Room, rows), aliased(above, rows)
    assert session.execute(select(one.name, other.name).order_by(one.id)).all() == [("box", "attic"), ("hall", "box")]
    assert [(a.name, b.name) for a, b in session.execute(select(one, other).order_by(one.id))] == [("box", "attic"), ("hall", "box")]


def test_both_are_aliases(session):
    below, above = aliased(Room), aliased(Room)
    rows = pairs(below, above)
    found = session.execute(select(aliased(below, rows), aliased(above, rows)).order_by(rows.c[0])).all()
    assert [(a.id, b.id) for a, b in found] == [(2, 1), (3, 2)]
    again = aliased(aliased(above, rows))
    assert [room.id for room in session.scalars(select(again).order_by(again.id))] == [1, 2]


def test_joins_conditions_and_eager_loads_go_through_it(session):
    above = aliased(Room)
    rows = pairs(Room, above)
    other, third = aliased(above, rows), aliased(Room)
    assert session.execute(select(other.id, third.id).join(other.up.of_type(third))).all() == [(2, 1)]
    session.expunge_all()
    found = session.scalars(select(other).options(joinedload(other.up)).where(other.up_id.is_not(None))).unique().one()
    assert "up" in found.__dict__ and found.up.name == "attic"


def test_classes_of_several_tables(session):
    above = aliased(Room)
    rows = pairs(Hall, above)
    one, other = aliased(Hall, rows), aliased(above, rows)
    assert [(a.seats, a.name, b.name) for a, b in session.execute(select(one, other))] == [(9, "hall", "box")]


def test_a_subquery_of_the_class_itself(session):
    rows = select(Room).where(Room.id > 1).subquery()
    assert sorted(r.id for r in session.scalars(select(aliased(aliased(Room), rows)))) == [2, 3]
    again = aliased(aliased(aliased(Room), rows))
    assert sorted(r.id for r in session.scalars(select(again))) == [2, 3]


def test_the_nearest_of_several_is_the_class_itself(session):
    """aliased(Room, subquery) is what a class not said to be one of the aliases is: the one with the fewest subqueries in between."""
    start, above = aliased(Room), aliased(Room)
    below = aliased(start, select(start).where(start.id > 1).subquery())
    rows = select(below, above).join(above, above.id == below.up_id).subquery()
    read = {}
    for entity in (below, above, Room):
        again = aliased(entity, rows)
        read[entity] = [room.name for room in session.scalars(select(again).order_by(again.id))]
    assert read == {below: ["box", "hall"], above: ["attic", "box"], Room: ["attic", "box"]}


def test_several_subqueries_deep(session):
    above = aliased(Room)
    inner = pairs(Room, above)
    one, other = aliased(Room, inner), aliased(above, inner)
    outer = select(other, one).subquery()
    assert session.execute(select(outer.c.name, outer.c.name_1).order_by(outer.c.id)).all() == [("box", "attic"), ("hall", "box")]
    top, below = aliased(other, outer), aliased(one, outer)
    assert session.execute(select(top.name, below.name).order_by(below.id)).all() == [("attic", "box"), ("box", "hall")]
    whole = select(outer).subquery()
    assert session.execute(select(whole.c.name_1, whole.c.name).order_by(whole.c.id)).all() == [("attic", "box"), ("box", "hall")]


def test_aliases_of_one_subquery_have_plans_of_their_own(session):
    below, above = aliased(Room), aliased(Room)
    rows = pairs(below, above)
    for entity, names in ((below, ["box", "hall"]), (above, ["attic", "box"])) * 2:
        again = aliased(entity, rows)
        assert [room.name for room in session.scalars(select(again).order_by(again.id))] == names


def test_tables_and_names_with_tables(session):
    table = Room.__table__
    below, above = table.alias("below"), table.alias("above")
    statement = select(below, above).join_from(below, above, above.c.id == below.c.up_id)
    rows = statement.subquery()
    assert session.execute(select(rows.c.name, rows.c.name_1).order_by(rows.c.id)).all() == [("box", "attic"), ("hall", "box")]
    assert rows.corresponding_column(above.c.name) is rows.c.name_1 and rows.corresponding_column(table.c.name) is rows.c.name
    named = statement.set_label_style("tablename").subquery()
    assert session.execute(select(named.c.below_name, named.c.above_name).order_by(named.c.below_id)).all() == [("box", "attic"), ("hall", "box")]
    assert [column.table for column in statement.selected_columns][::5] == [below, above]


def test_pickled_statements_know_which_column_is_meant(session):
    table = Table("room", MetaData(), Column("id", Integer), Column("name", String), Column("up_id", Integer))
    below, above = table.alias(), table.alias()
    rows = select(below, above).join_from(below, above, above.c.id == below.c.up_id).subquery()
    statement = pickle.loads(pickle.dumps(select(rows.c.name_1, rows.c.name).order_by(rows.c.id)))
    assert session.execute(statement).all() == [("attic", "box"), ("box", "hall")]


def test_set_operations_of_a_class_and_its_alias(session):
    above = aliased(Room)
    query = session.query(Room, above.name).join(above, Room.up)
    both = query.filter(Room.id == 2).union_all(query.filter(Room.id == 3))
    assert [(room.name, name) for room, name in both.order_by(above.name)] == [("box", "attic"), ("hall", "box")]
    whole = session.query(Room, above).join(above, Room.up)
    both = whole.filter(Room.id == 2).union_all(whole.filter(Room.id == 3))
    assert [(a.name, b.name) for a, b in both.filter(above.name == "box")] == [("hall", "box")]


def test_conditions_over_a_class_with_a_synonym(session):
    other = aliased(Room)
    statement = select(Room.id).where(Room.up.of_type(other).has(other.title == "box"))
    assert session.scalars(statement).all() == [3]
    assert session.scalars(select(other.id).where(other.up.has(Room.name == "attic"))).all() == [2]
