"""What the oracle found, each as the small program that showed it."""

import pytest

from typing import List, Optional

import cormorant as sa
from cormorant import Column, ForeignKey, Integer, String, Table, create_engine, event, func, orm, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, registry, relationship


@pytest.fixture
def world():
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(20))
        made = sa.Column(sa.String(20), server_default="now")
        kids = relationship("Kid", back_populates="parent", cascade="all")
        parts = relationship("Part", lazy="joined")

    class Kid(Base):
        __tablename__ = "kid"
        parent_id = sa.Column(sa.ForeignKey("parent.id"), primary_key=True)
        n = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String(20))
        parent = relationship("Parent", back_populates="kids", cascade="save-update, merge, expunge")

    class Part(Base):
        __tablename__ = "part"
        id = sa.Column(sa.Integer, primary_key=True)
        parent_id = sa.Column(sa.ForeignKey("parent.id"))

    class World:
        pass

    world = World()
    world.Parent, world.Kid, world.Part = Parent, Kid, Part
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    world.sent = []

    @event.listens_for(engine, "before_cursor_execute")
    def count(conn, cursor, statement, parameters, context, executemany):
        world.sent.append(" ".join(statement.split()))

    with Session(engine) as session:
        world.session = session
        yield world


def family(world):
    parent = world.Parent(name="a", kids=[world.Kid(n=1), world.Kid(n=2)], parts=[world.Part()])
    world.session.add(parent)
    world.session.commit()
    return parent


def test_setting_the_same_parent_keeps_the_key_of_an_expired_row(world):
    parent = family(world)
    kid = world.session.get(world.Kid, (parent.id, 1))
    world.session.commit()
    kid.parent = parent
    world.session.commit()
    assert sa.inspect(kid).identity == (parent.id, 1)
    assert kid.n == 1


def test_values_nobody_gave_are_known_after_the_flush(world):
    parent = world.Parent()
    world.session.add(parent)
    world.session.flush()
    del world.sent[:]
    assert parent.name is None and parent.made == "now"
    assert world.sent == []


def test_a_deleted_object_keeps_its_values_after_the_commit(world):
    part = family(world).parts[0]
    world.session.commit()
    world.session.delete(part)
    world.session.commit()
    assert part.id == 1
    assert sa.inspect(part).was_deleted and sa.inspect(part).detached


def test_reading_an_eager_collection_of_an_expired_object_is_one_statement(world):
    parent = family(world)
    del world.sent[:]
    assert len(parent.parts) == 1
    assert len(world.sent) == 1


def test_changes_after_a_failed_flush_are_discarded_by_rollback(world):
    parent = family(world)
    assert parent.name == "a"
    world.session.add(world.Kid(n=7, parent_id=None))
    with pytest.raises(sa.exc.IntegrityError):
        world.session.flush()
    orm.attributes.set_committed_value(parent, "name", "a")
    parent.name = "lost"
    world.session.rollback()
    assert not world.session.dirty
    assert parent.name == "a"


def test_bulk_delete_takes_only_the_rows_it_deletes_and_gives_them_back(world):
    parent = family(world)
    kid = world.session.get(world.Kid, (parent.id, 1))
    assert kid.parent is parent
    world.session.execute(sa.delete(world.Kid).where(world.Kid.n == 1))
    assert kid not in world.session and sa.inspect(kid).deleted
    assert parent in world.session
    world.session.rollback()
    assert kid in world.session and sa.inspect(kid).persistent


def test_conditions_over_expired_objects_ask_no_database(world):
    family(world)
    parts = world.session.scalars(sa.select(world.Part)).all()
    world.session.commit()
    del world.sent[:]
    world.session.execute(sa.update(world.Part).where(world.Part.parent_id == 1).values(parent_id=None))
    assert [x.split()[0] for x in world.sent] == ["UPDATE"]
    assert parts[0].parent_id is None


def test_merging_a_child_leaves_its_siblings_alone(world):
    parent = family(world)
    kids = list(parent.kids)
    world.session.expunge_all()
    parent.kids = kids
    kids[0].text, kids[1].text = "merged", "not merged"
    world.session.merge(kids[0])
    world.session.commit()
    texts = world.session.execute(sa.select(world.Kid.text).order_by(world.Kid.n)).scalars().all()
    assert texts == ["merged", None]


def test_deleting_an_unloaded_collection_attribute_reads_nothing(world):
    parent = family(world)
    del world.sent[:]
    del parent.kids
    assert world.sent == []


def test_names_of_parameters_depend_on_all_bits_of_their_address():
    """Short names that differ in the bits in which the addresses of their nodes did got one name."""
    from cormorant import and_, column, select

    str(select(column("a")).where(and_(*[column(f"y{i % 64:x}") == i for i in range(3000)])))


def test_what_a_listener_raises_survives_the_rollback_of_a_plain_class():
    """Cleaning up after a failed flush used to clear the exception that made it fail."""

    class Thing:
        def __init__(self, name):
            self.name = name

    reg = registry()
    reg.map_imperatively(Thing, Table("thing", reg.metadata, Column("id", Integer, primary_key=True), Column("name", String(9))))
    engine = create_engine("sqlite://")
    reg.metadata.create_all(engine)

    def refuse(mapper, connection, target):
        raise KeyError("refused")

    event.listen(Thing, "before_update", refuse)
    with Session(engine) as session:
        session.add(Thing("a"))
        session.commit()
        thing = session.scalars(select(Thing)).one()
        thing.name = "b"
        with pytest.raises(KeyError, match="refused"):
            session.flush()
        session.rollback()
        assert thing.name == "a"


def test_the_key_of_a_joined_subclass_may_have_another_name():
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        engineer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        skill: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Lead(Engineer):
        __tablename__ = "lead"
        lead_id: Mapped[int] = mapped_column(ForeignKey("engineer.engineer_id"), primary_key=True)
        mentor_id: Mapped[Optional[int]] = mapped_column(ForeignKey("person.id"))
        mentor: Mapped[Optional[Person]] = relationship(foreign_keys=mentor_id, remote_side="Person.id")
        __mapper_args__ = {"polymorphic_identity": "lead", "inherit_condition": lead_id == Engineer.engineer_id}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        first, second = Person(), Engineer(skill="C")
        third = Lead(skill="SQL", mentor=first)
        session.add_all([first, second, third])
        session.commit()
        assert (second.id, second.engineer_id) == (2, 2) and (third.engineer_id, third.lead_id, third.mentor_id) == (3, 3, 1)
        session.expunge_all()
        assert [type(p) for p in session.scalars(select(Person).order_by(Person.id))] == [Person, Engineer, Lead]
        assert session.scalars(select(Lead).where(Lead.lead_id == 3)).one().skill == "SQL"
        session.delete(session.get(Lead, 3))
        session.commit()
        assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_other_columns_after_a_join_keep_its_left_side():
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children: Mapped[List["Child"]] = relationship()

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

    for joined in (select(Parent).join(Child), select(Parent).join(Parent.children), select(Parent.id).join(Child)):
        text = " ".join(str(joined.with_only_columns(func.count(Child.id))).split())
        assert text == "SELECT count(child.id) AS count_1 FROM parent JOIN child ON parent.id = child.parent_id"
