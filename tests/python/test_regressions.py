"""What the oracle found, each as the small program that showed it."""

import pytest

import cormorant as sa
from cormorant import event, orm
from cormorant.orm import DeclarativeBase, Session, relationship


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
