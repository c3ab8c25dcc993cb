"""Classes that are read from a polymorphic_union(): the union stands for their tables wherever a statement speaks of them."""

import cormorant as sa
import pytest
from cormorant.orm import Session, aliased, joinedload, polymorphic_union, registry, relationship, selectinload, with_parent, with_polymorphic

mapping = registry()
meta = mapping.metadata
team = sa.Table("team", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
person = sa.Table(
    "person", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String), sa.Column("kind", sa.String),
    sa.Column("boss_id", sa.ForeignKey("person.id")), sa.Column("team_id", sa.ForeignKey("team.id")),
)  # fmt: skip
coder = sa.Table("coder", meta, sa.Column("id", sa.ForeignKey("person.id"), primary_key=True), sa.Column("skill", sa.String))
chief = sa.Table("chief", meta, sa.Column("id", sa.ForeignKey("person.id"), primary_key=True), sa.Column("grade", sa.String))
people = polymorphic_union(
    {"coder": person.join(coder), "chief": person.join(chief), "person": sa.select(person).where(person.c.kind == "person").subquery()},
    None, "people",
)  # fmt: skip
boat = sa.Table("boat", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
ship = sa.Table("ship", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String), sa.Column("guns", sa.Integer))
fleet = polymorphic_union({"boat": boat, "ship": ship}, "kind", "fleet")


class Made:
    def __init__(self, **values):
        for key, value in values.items():
            setattr(self, key, value)


class Team(Made):
    pass


class Person(Made):
    pass


class Coder(Person):
    pass


class Chief(Person):
    pass


class Boat(Made):
    pass


class Ship(Boat):
    pass


class Raft(Boat):
    """Below a mapped class, mapped by itself."""


mapping.map_imperatively(Team, team)
mapping.map_imperatively(
    Person, person, with_polymorphic=("*", people), polymorphic_on=people.c.kind, polymorphic_identity="person",
    properties={"boss": relationship(Person, remote_side=[person.c.id]), "team": relationship(Team, backref="members")},
)  # fmt: skip
mapping.map_imperatively(Coder, coder, inherits=Person, polymorphic_identity="coder")
mapping.map_imperatively(Chief, chief, inherits=Person, polymorphic_identity="chief")
mapping.map_imperatively(Boat, boat, polymorphic_identity="boat")
mapping.map_imperatively(Ship, ship, inherits=Boat, concrete=True, polymorphic_identity="ship")
raft = sa.Table("raft", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("logs", sa.Integer))
mapping.map_imperatively(Raft, raft)


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    meta.create_all(engine)
    with Session(engine) as session:
        session.add_all([Team(id=1, name="red"), Team(id=2, name="blue")])
        session.flush()
        session.add_all([Chief(id=1, name="ann", grade="A", team_id=1), Coder(id=2, name="bob", skill="c", boss_id=1, team_id=1)])
        session.add_all([Person(id=3, name="cid", boss_id=2), Coder(id=4, name="dan", skill="py", boss_id=1, team_id=2)])
        session.add_all([Boat(id=1, name="oak"), Ship(id=1, name="elm", guns=9), Ship(id=7, name="ash", guns=3)])
        session.commit()
        yield session
    engine.dispose()


def names(session, statement):
    return [type(x).__name__ + " " + x.name for x in session.scalars(statement).unique()]


def test_rows_say_of_which_class_they_are(session):
    """The union shows the column of the table: that is what is written."""
    assert [x.kind for x in session.scalars(sa.select(Person).order_by(Person.id))] == ["chief", "coder", "person", "coder"]
    assert names(session, sa.select(Person).order_by(Person.id)) == ["Chief ann", "Coder bob", "Person cid", "Coder dan"]
    assert session.execute(sa.select(person.c.kind).order_by(person.c.id)).scalars().all() == ["chief", "coder", "person", "coder"]


def test_attributes_of_subclasses_are_columns_of_the_union(session):
    assert names(session, sa.select(Person).where(Coder.skill == "c")) == ["Coder bob"]
    assert session.execute(sa.select(Person.name, Coder.skill).order_by(Person.id)).all() == [
        ("ann", None), ("bob", "c"), ("cid", None), ("dan", "py"),
    ]  # fmt: skip
    statement = sa.select(Person).where((Coder.skill == "py") | (Chief.grade == "A")).order_by(Person.id)
    assert names(session, statement) == ["Chief ann", "Coder dan"]
    inside = sa.select(Person).where(Person.id.in_(sa.select(Coder.id).where(Coder.skill == "py")))
    assert names(session, inside) == ["Coder dan"] and "FROM person JOIN coder" in str(inside)


def test_a_subclass_joined_by_itself_is_read_from_its_tables(session):
    statement = sa.select(Person.name, Coder.name).join(Coder, Coder.boss_id == Person.id).order_by(Coder.id)
    assert session.execute(statement).all() == [("ann", "bob"), ("ann", "dan")]


def test_with_polymorphic_reads_the_union_too(session):
    all_of_them = with_polymorphic(Person, "*")
    found = sa.select(all_of_them).where(sa.or_(all_of_them.Coder.skill == "c", all_of_them.Chief.grade == "A"))
    assert names(session, found.order_by(all_of_them.id)) == ["Chief ann", "Coder bob"]


def test_with_polymorphic_over_tables_reads_these(session):
    some = with_polymorphic(Person, [Coder], person.outerjoin(coder))
    assert names(session, sa.select(some).where(some.Coder.skill == "py")) == ["Coder dan"]
    assert names(session, sa.select(some).order_by(some.id)) == ["Chief ann", "Coder bob", "Person cid", "Coder dan"]
    assert "people" not in str(sa.select(some).order_by(some.id))


def test_with_polymorphic_tells_classes_by_the_column_given(session):
    each = with_polymorphic(Boat, "*", fleet, polymorphic_on=fleet.c.kind)
    assert names(session, sa.select(each).order_by(each.name)) == ["Ship ash", "Ship elm", "Boat oak"]
    assert names(session, sa.select(each).where(each.Ship.guns > 5)) == ["Ship elm"]
    again = aliased(each)
    pairs = sa.select(each, again).where(each.name < again.name).order_by(each.name, again.name)
    assert [(type(a).__name__, type(b).__name__) for a, b in session.execute(pairs)] == [("Ship", "Ship"), ("Ship", "Boat"), ("Ship", "Boat")]
    apart = with_polymorphic(Boat, "*", fleet, polymorphic_on=fleet.c.kind, aliased=True)
    assert names(session, sa.select(apart).where(apart.Ship.guns == 3)) == ["Ship ash"]
    assert names(session, sa.select(Boat)) == ["Boat oak"]


def test_conditions_along_relationships(session):
    assert names(session, sa.select(Person).where(Person.boss.has(Person.name == "bob"))) == ["Person cid"]
    assert names(session, sa.select(Person).where(Person.boss == session.get(Person, 2))) == ["Person cid"]
    assert names(session, sa.select(Person).where(Person.boss.is_(None))) == ["Chief ann"]
    assert session.scalars(sa.select(Team.name).where(Team.members.any(Person.name == "dan"))).all() == ["blue"]
    assert session.scalars(sa.select(Team.name).where(Team.members.contains(session.get(Person, 2)))).all() == ["red"]
    red = session.get(Team, 1)
    assert names(session, sa.select(Person).where(with_parent(red, Team.members)).order_by(Person.id)) == ["Chief ann", "Coder bob"]
    assert names(session, sa.select(Person).where(Person.team != red).order_by(Person.id)) == ["Person cid", "Coder dan"]


@pytest.mark.parametrize("loader", [joinedload, selectinload])
def test_eager_loads(session, loader):
    found = session.scalars(sa.select(Team).options(loader(Team.members)).order_by(Team.id)).unique().all()
    assert [sorted(m.name for m in team.members) for team in found] == [["ann", "bob"], ["dan"]]
    bosses = session.scalars(sa.select(Person).options(loader(Person.boss)).order_by(Person.id)).unique()
    assert [x.boss and x.boss.name for x in bosses] == [None, "ann", "bob", "ann"]


def test_a_class_below_another_inherits_its_mapping_when_told_so(session):
    assert Raft.__mapper__.inherits is None and Raft.__mapper__.local_table is raft
    session.add(Raft(id=1, logs=4))
    session.commit()
    assert session.scalars(sa.select(Raft.logs)).all() == [4] and len(session.scalars(sa.select(Boat)).all()) == 1
