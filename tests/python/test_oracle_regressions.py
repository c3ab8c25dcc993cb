"""What the oracle found: each test is the smallest program that went wrong."""

import pytest
from cormorant import Column, ForeignKey, Integer, String, Table, create_engine, event, inspect, select, text, update
from cormorant.orm import (
    DeclarativeBase, Session, aliased, attribute_keyed_dict, relationship, selectinload, subqueryload, with_loader_criteria,
)
from cormorant.orm.exc import DetachedInstanceError, ObjectDeletedError, StaleDataError


class Base(DeclarativeBase):
    pass


pairs = Table("pairs", Base.metadata, Column("left_id", ForeignKey("node.id"), primary_key=True), Column("right_id", ForeignKey("node.id"), primary_key=True))


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(20))
    version = Column(Integer, nullable=False)
    parent_id = Column(ForeignKey("node.id"))
    twin_id = Column(ForeignKey("node.id"))
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship("Owner", back_populates="nodes", cascade="save-update, merge")
    children = relationship("Node", foreign_keys=[parent_id], back_populates="parent", post_update=True)
    parent = relationship("Node", foreign_keys=[parent_id], remote_side=[id], back_populates="children", post_update=True)
    twin = relationship("Node", foreign_keys=[twin_id], remote_side=[twin_id], uselist=False)
    lefts = relationship("Node", secondary=pairs, primaryjoin=id == pairs.c.right_id, secondaryjoin=id == pairs.c.left_id, back_populates="rights")
    rights = relationship("Node", secondary=pairs, primaryjoin=id == pairs.c.left_id, secondaryjoin=id == pairs.c.right_id, back_populates="lefts")
    __mapper_args__ = {"version_id_col": version, "polymorphic_on": kind, "polymorphic_identity": "node"}


class Leaf(Node):
    __tablename__ = "leaf"
    id = Column(ForeignKey("node.id"), primary_key=True)
    colour = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "leaf", "inherit_condition": id == Node.id}


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    nodes = relationship(Node, back_populates="owner")


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    engine.sent = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        engine.sent.append(statement.split()[0])

    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


def test_a_subclass_knows_the_other_side_of_what_it_inherits():
    owner = Owner()
    leaf = Leaf(owner=owner)
    assert owner.nodes == [leaf]
    owner.nodes.remove(leaf)
    assert leaf.owner is None


def test_a_subclass_has_the_version_counter_of_its_base(session):
    leaf = Leaf(name="a")
    session.add(leaf)
    session.commit()
    assert leaf.version == 1
    leaf.colour = "green"
    session.commit()
    assert leaf.version == 2


def test_rows_of_a_hierarchy_share_the_insert_of_the_base_table(session, engine):
    session.add_all([Node(id=1), Leaf(id=2), Node(id=3)])
    session.flush()
    assert engine.sent == ["INSERT", "INSERT"]


def test_a_one_to_one_learns_its_old_value_at_the_flush(session, engine):
    a, b, c = Node(id=1), Node(id=2), Node(id=3)
    a.twin = b
    session.add_all([a, b, c])
    session.commit()
    del engine.sent[:]
    a.twin = c
    assert engine.sent == []
    session.commit()
    assert (b.twin_id, c.twin_id) == (None, 1)
    a.twin = b
    assert inspect(a).attrs.twin.history.deleted == [c]


def test_links_of_both_sides_are_one_flight(session, engine):
    nodes = [Node(id=i) for i in range(1, 4)]
    nodes[0].lefts = [nodes[1]]
    session.add_all(nodes)
    session.flush()
    del engine.sent[:]
    nodes[0].lefts.append(nodes[2])
    nodes[1].rights.append(nodes[2])
    session.flush()
    assert engine.sent.count("INSERT") == 1


def test_post_update_advances_the_version_and_deletes_by_it(session):
    a, b = Node(id=1), Node(id=2)
    session.add_all([a, b])
    session.commit()
    b.parent = a
    session.commit()
    assert b.version == 2
    session.delete(b)
    session.commit()
    assert session.get(Node, 2) is None


def test_fetch_reads_keys_from_the_statement_itself(session, engine):
    node = Node(name="a")
    session.add(node)
    session.flush()
    del engine.sent[:]
    result = session.execute(update(Node).where(Node.name == "a").values(name="b"), execution_options={"synchronize_session": "fetch"})
    assert (result.rowcount, result.returns_rows) == (1, False)
    assert engine.sent == ["UPDATE"]
    assert node.name == "b" and engine.sent == ["UPDATE"]


def test_merge_refuses_another_version(session):
    session.add(Node(id=1))
    session.commit()
    assert session.get(Node, 1).version == 1
    with pytest.raises(StaleDataError, match="Version id '7' on merged state Node"):
        session.merge(Node(id=1, version=7))


def test_merge_of_the_session_s_own_object_reaches_nobody(session, engine):
    a = Node(id=1, children=[Node(id=2)])
    session.add(a)
    session.commit()
    assert session.merge(a) is a


def test_a_detached_collection_is_not_replaced_unseen(session):
    a = Node(id=1)
    session.add(a)
    session.commit()
    session.expunge(a)
    with pytest.raises(DetachedInstanceError, match="children"):
        a.children = []


def test_get_of_an_expired_object_flushes_before_it_reads(session):
    a, b = Node(id=1), Node(id=2)
    session.add_all([a, b])
    session.commit()
    b.name = "changed"
    session.get(Node, 1)
    assert not session.dirty and session.scalar(select(Node.name).where(Node.id == 2)) == "changed"


def test_a_row_of_a_cycle_goes_without_reading_its_parent(session, engine):
    a = Node(id=1, children=[Node(id=2)])
    session.add(a)
    session.commit()
    b = session.get(Node, 2)
    session.commit()
    del engine.sent[:]
    session.delete(b)
    session.flush()
    assert session.identity_map and "name" not in inspect(a).dict


# ---- better on purpose: docs/differences.md


def test_a_member_twice_is_one_link(session):
    a, b = Node(id=1), Node(id=2)
    a.lefts = [b, b]
    session.add(a)
    session.commit()
    assert session.execute(select(pairs)).all() == [(2, 1)]


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    things = relationship("Thing", back_populates="shelf", cascade="all, delete-orphan")


class Thing(Base):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelf.id"))
    shelf = relationship(Shelf, back_populates="things")
    parts = relationship("Part", cascade="all, delete-orphan")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    thing_id = Column(ForeignKey("thing.id"))


def test_a_pending_child_may_move(session):
    a, b = Shelf(id=1), Shelf(id=2)
    thing = Thing(id=1, shelf=a)
    session.add_all([a, b, thing])
    b.things.append(thing)
    session.commit()
    assert (thing.shelf, a.things, b.things) == (b, [], [thing])


def test_an_orphan_takes_its_own_children_along(session):
    thing = Thing(id=1, parts=[Part(id=1)])
    session.add(Shelf(id=1, things=[thing]))
    session.commit()
    elsewhere = Shelf(id=2, things=[thing])
    elsewhere.things.remove(thing)
    session.commit()
    assert session.execute(select(Thing.id)).all() == session.execute(select(Part.id)).all() == []


def test_added_again_is_written_whole(session):
    a = Node(id=1, lefts=[Node(id=2)])
    session.add(a)
    session.flush()
    session.rollback()
    session.add(a)
    session.commit()
    assert session.execute(select(pairs)).all() == [(2, 1)]


def test_merge_without_load_keeps_changes(session):
    a = Node(id=1)
    session.add(a)
    session.commit()
    a.name = "changed"
    assert session.merge(a, load=False) is a
    assert a in session.dirty


def test_subqueryload_keeps_a_limit_over_joined_rows(session):
    """The limit counts rows of the join; the second load must not count other rows."""
    a, b = Node(id=1, owner=Owner(id=1)), Node(id=2, owner=Owner(id=2))
    a.children = [Node(id=3), Node(id=4)]
    b.children = [Node(id=5), Node(id=6)]
    session.add_all([a, b])
    session.commit()
    stmt = select(Node).join(Node.children.of_type(aliased(Node))).order_by(Node.id).limit(2).offset(2).options(subqueryload(Node.owner))
    found = session.scalars(stmt).unique().all()
    assert [(x.id, x.owner.id) for x in found] == [(2, 2)]


# ---- one-to-one, keys made of keys, and what a rollback leaves


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    badge = relationship("Badge", back_populates="person", uselist=False)
    visits = relationship("Visit", back_populates="person", cascade="save-update, merge, refresh-expire")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Officer(Person):
    __tablename__ = "officer"
    id = Column(ForeignKey("person.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "officer"}


class Badge(Base):
    __tablename__ = "badge"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("person.id"))
    person = relationship(Person, back_populates="badge")


class Visit(Base):
    __tablename__ = "visit"
    person_id = Column(ForeignKey("person.id"), primary_key=True)
    n = Column(Integer, primary_key=True)
    person = relationship(Person, back_populates="visits")


def test_the_other_side_of_a_one_to_one_lets_go_unread(session):
    session.add(Badge(id=1, person=Person(id=1)))
    session.commit()
    badge = session.get(Badge, 1)
    person = badge.person
    with session.no_autoflush:
        badge.person = None
        assert person in session.dirty
        assert person.badge is None


def test_a_one_to_one_moves_between_classes():
    first = Person()
    badge = Badge(person=first)
    second = Officer(badge=badge)
    assert (first.badge, badge.person) == (None, second)


def test_the_key_of_a_new_object_is_not_taken_away(session):
    visit = Visit(person_id=1, n=1)
    visit.person = None
    session.add(visit)
    with pytest.raises(AssertionError, match="blank-out primary key"):
        session.flush()


def test_children_of_a_parent_whose_key_was_set_by_hand(session):
    session.add(Visit(n=1, person=Person(id=1)))
    session.commit()
    person = session.get(Person, 1)
    person.id = None
    session.delete(person)
    with pytest.raises(AssertionError, match="blank-out primary key"):
        session.flush()


def test_a_deleted_object_knows_what_it_referred_to(session):
    a, b = Node(id=1), Node(id=2)
    b.parent = a
    session.add_all([a, b])
    session.commit()
    assert (a.id, b.id) == (1, 2)
    session.delete(b)
    session.flush()
    assert b.parent is a


def test_get_of_an_object_that_was_just_written_reads_nothing(session, engine):
    a, b = Node(id=1), Node(id=2)
    session.add_all([a, b])
    session.commit()
    a.name = "new"
    session.flush()
    b.name = "waits"
    del engine.sent[:]
    assert session.get(Node, 1) is a
    assert engine.sent == []


def test_what_expired_is_lost_with_its_row(session):
    a = Node(id=1, name="given")
    session.add(a)
    session.flush()
    session.expire_all()
    session.rollback()
    with pytest.raises(DetachedInstanceError):
        a.name
    with pytest.raises(DetachedInstanceError):
        session.merge(a)


def test_expunged_inside_a_savepoint_and_committed(session):
    """Its row is there for good: a later rollback takes no key away."""
    a = Node(id=1)
    session.add(a)
    session.flush()
    session.begin_nested()
    session.expunge(a)
    session.commit()
    session.commit()
    session.add(a)
    session.rollback()
    assert inspect(a).key is not None and a.id == 1


def test_expire_leaves_new_objects_in_the_session(session):
    person = Person(id=1, visits=[])
    session.add(person)
    session.flush()
    visit = Visit(n=1)
    person.visits.append(visit)
    session.expire(person)
    assert visit in session.new


def test_merge_of_two_objects_with_one_key(session):
    given = Node(id=1, name="outer")
    given.children = [Node(id=1, name="inner")]
    assert session.merge(given).name == "outer"


def test_post_updates_of_one_table_are_one_statement(session, engine):
    a, b, c = Node(id=1), Leaf(id=2), Node(id=3)
    b.parent, c.parent = a, b
    session.add_all([a, b, c])
    session.flush()
    assert engine.sent.count("UPDATE") == 1


def test_deletes_of_one_table_are_one_statement(session, engine):
    a, b = Person(id=1), Officer(id=2)
    session.add_all([a, b])
    session.flush()
    session.delete(a)
    session.delete(b)
    del engine.sent[:]
    session.flush()
    assert engine.sent.count("DELETE") == 2  # officer, and person with two rows


def test_popitem_of_an_empty_dictionary():
    with pytest.raises(KeyError, match="dictionary is empty"):
        attribute_keyed_dict("id")().popitem()


def test_a_member_is_added_before_what_it_reaches(session):
    """Siblings are met before one follows what the first of them holds: rows are inserted in that order."""
    a, b, c, d = (Node(name=x) for x in "abcd")
    a.children = [b, c]
    b.children = [d, c]
    session.add(a)
    assert [x.name for x in session.new] == ["a", "b", "d", "c"]


def test_a_foreign_key_set_by_hand_hides_the_one_before(session):
    a, b = Node(id=1), Node(id=2)
    session.add_all([a, b])
    session.commit()
    assert b.id == 2
    a.parent_id = 2
    a.parent = b
    assert inspect(a).attrs.parent.history.added == [b]


def test_a_listener_that_fails_after_the_flush_undoes_it(session):
    node = Node(id=1, name="old")
    session.add(node)
    session.commit()
    node.name = "new"

    def fail(*args):
        raise RuntimeError("late")

    event.listen(session, "after_flush_postexec", fail)
    with pytest.raises(RuntimeError, match="late"):
        session.flush()
    event.remove(session, "after_flush_postexec", fail)
    session.rollback()
    assert node.name == "old"


def test_what_was_changed_and_deleted_in_a_savepoint_is_as_before(session):
    node = Node(id=1, name="old")
    session.add(node)
    session.flush()
    savepoint = session.begin_nested()
    session.delete(node)
    node.name = "new"
    session.flush()
    savepoint.rollback()
    assert node not in session.dirty and node.name == "old"


@pytest.mark.parametrize("lazy", ["joined", "selectin", "subquery"])
def test_what_subclasses_load_eagerly_waits_for_their_columns(lazy):
    """Nothing is read for each row because a subclass, whose columns are not read, has an eager relationship."""

    class Base(DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firm"
        id = Column(Integer, primary_key=True)

    class Person(Base):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        kind = Column(String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Manager(Person):
        __tablename__ = "manager"
        id = Column(ForeignKey("person.id"), primary_key=True)
        firm_id = Column(ForeignKey("firm.id"))
        firm = relationship(Firm, lazy=lazy)
        __mapper_args__ = {"polymorphic_identity": "manager"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Manager(firm=Firm()) for _ in range(3)])
        session.commit()
        session.expunge_all()
        sent = []
        event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        assert len(session.scalars(select(Person)).all()) == len(sent) + 2 == 3
        assert [m.firm.id for m in session.scalars(select(Manager).order_by(Manager.id))] == [1, 2, 3]
    engine.dispose()


def test_what_replaces_an_orphan_is_in_the_session_though_the_orphan_takes_its_parent_out():
    """A pending orphan leaves the session, and all that it cascades to; the instance in its place came before."""

    class Own(DeclarativeBase):
        pass

    class Desk(Own):
        __tablename__ = "desk"
        id = Column(Integer, primary_key=True)
        lamp = relationship("Lamp", uselist=False, back_populates="desk", cascade="all, delete-orphan")

    class Lamp(Own):
        __tablename__ = "lamp"
        id = Column(Integer, primary_key=True)
        desk_id = Column(ForeignKey("desk.id"))
        desk = relationship(Desk, back_populates="lamp", cascade="all")

    with Session() as session:
        desk, old, new = Desk(), Lamp(), Lamp()
        desk.lamp = old
        session.add(old)
        desk.lamp = new
        assert set(session.new) == {new}


@pytest.mark.parametrize("lazy", ["select", "dynamic"])
def test_a_link_that_is_taken_away_and_put_back_is_not_written_twice(lazy):
    """Nobody has read the other side: what was taken out of it and put back was in it."""

    class Own(DeclarativeBase):
        pass

    links = Table("links", Own.metadata, Column("a", ForeignKey("left.id"), primary_key=True), Column("b", ForeignKey("right.id"), primary_key=True))

    class Left(Own):
        __tablename__ = "left"
        id = Column(Integer, primary_key=True)
        rights = relationship("Right", secondary=links, back_populates="lefts")

    class Right(Own):
        __tablename__ = "right"
        id = Column(Integer, primary_key=True)
        lefts = relationship(Left, secondary=links, back_populates="rights", lazy=lazy)

    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        left, right = Left(id=1), Right(id=2)
        left.rights.append(right)
        session.add(left)
        session.commit()
        left.rights.remove(right)
        left.rights.append(right)
        session.commit()
        assert session.execute(select(links)).all() == [(1, 2)] and left.rights == [right]
    engine.dispose()


# ---- keys that change


@pytest.fixture
def keyed():
    """An engine that enforces foreign keys, and a base of its own."""

    class Own(DeclarativeBase):
        pass

    engine = create_engine("sqlite://")
    engine.sent = []

    @event.listens_for(engine, "connect")
    def enforce(connection, record):
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        engine.sent.append(" ".join(statement.split()))

    yield Own, engine
    engine.dispose()


def plain_class(base):
    class Plain(base):
        __tablename__ = "plain"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    return Plain


def test_exchanged_keys_come_back_with_the_rollback(keyed):
    base, engine = keyed
    plain = plain_class(base)
    base.metadata.create_all(engine)
    with Session(engine) as session:
        a, b = plain(id=1), plain(id=2)
        session.add_all([a, b])
        session.commit()
        for one, key in ((a, 3), (b, 1), (a, 2)):
            one.id = key
            session.flush()
        session.rollback()
        assert session.get(plain, 1) is a and session.get(plain, 2) is b and (a.id, b.id) == (1, 2)


def test_a_new_row_under_a_key_that_another_had_goes_with_the_rollback(keyed):
    base, engine = keyed
    plain = plain_class(base)
    base.metadata.create_all(engine)
    with Session(engine) as session:
        a = plain(id=1)
        session.add(a)
        session.commit()
        a.id = 3
        session.flush()
        new = plain(id=1)
        session.add(new)
        session.flush()
        session.rollback()
        assert session.get(plain, 1) is a and inspect(a).persistent and inspect(new).transient


def family(base, **options):
    class Animal(base):
        __tablename__ = "animal"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        kind = Column(String(20))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal", **options}

    return Animal


def test_the_table_of_a_subclass_is_written_by_the_key_that_the_database_carried_to_it(keyed):
    base, engine = keyed
    animal = family(base)

    class Dog(animal):
        __tablename__ = "dog"
        dog_id = Column(ForeignKey("animal.id", onupdate="CASCADE"), primary_key=True)
        trick = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "dog"}

    base.metadata.create_all(engine)
    with Session(engine) as session:
        dog = Dog(id=1, trick="sit")
        session.add(dog)
        session.commit()
        dog.id, dog.trick = 2, "roll"
        session.commit()
        assert session.execute(select(Dog.id, Dog.trick)).all() == [(2, "roll")]


def test_passive_updates_is_said_of_the_base(keyed):
    """What the class of the base's table says holds for its subclasses, whatever they say."""
    base, engine = keyed
    animal = family(base, passive_updates=True)

    class Dog(animal):
        __tablename__ = "dog"
        id = Column(ForeignKey("animal.id", onupdate="CASCADE"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "dog", "passive_updates": False}

    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Dog(id=1))
        session.commit()
        session.get(Dog, 1).id = 2
        del engine.sent[:]
        session.commit()
        assert [x for x in engine.sent if x.startswith("UPDATE")] == ["UPDATE animal SET id=? WHERE animal.id = ?"]


def test_children_whose_key_the_database_changed_are_written_by_the_new_one(keyed):
    base, engine = keyed

    class Order(base):
        __tablename__ = "orders"
        id = Column(Integer, primary_key=True)
        lines = relationship("Line", back_populates="order")

    class Line(base):
        __tablename__ = "line"
        order_id = Column(ForeignKey("orders.id", onupdate="CASCADE"), primary_key=True)
        n = Column(Integer, primary_key=True)
        text = Column(String(20))
        order = relationship(Order, back_populates="lines")

    base.metadata.create_all(engine)
    with Session(engine) as session:
        order = Order(id=1, lines=[Line(n=1, text="a"), Line(n=2, text="b")])
        session.add(order)
        session.commit()
        line, other = sorted(order.lines, key=lambda x: x.n)
        order.id, line.text = 5, "c"
        session.flush()
        assert inspect(line).identity == (5, 1) and inspect(other).identity == (5, 2)
        session.commit()
        assert session.execute(select(Line.order_id, Line.n, Line.text).order_by(Line.n)).all() == [(5, 1, "c"), (5, 2, "b")]


def test_post_update_finds_the_row_by_its_changed_key(keyed):
    base, engine = keyed

    class Page(base):
        __tablename__ = "page"
        id = Column(Integer, primary_key=True)
        next_id = Column(ForeignKey("page.id"))
        next = relationship("Page", remote_side=[id], post_update=True)

    base.metadata.create_all(engine)
    with Session(engine) as session:
        one, two = Page(id=1), Page(id=2)
        session.add_all([one, two])
        session.commit()
        one.id, one.next = 7, two
        session.commit()
        assert session.execute(select(Page.id, Page.next_id).order_by(Page.id)).all() == [(2, None), (7, 2)]


@pytest.mark.parametrize("passive", [True, False])
def test_rows_that_refer_to_a_changed_key_learn_of_it_without_a_collection(keyed, passive):
    """The many-to-one alone knows: carried along by the database, or written."""
    base, engine = keyed

    class Town(base):
        __tablename__ = "town"
        name = Column(String(20), primary_key=True)

    class House(base):
        __tablename__ = "house"
        id = Column(Integer, primary_key=True)
        town_name = Column(ForeignKey("town.name", onupdate="CASCADE") if passive else String(20))
        town = relationship(Town, passive_updates=passive, foreign_keys=[town_name], primaryjoin=lambda: House.town_name == Town.name)

    base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        town, other = Town(name="ash"), Town(name="elm")
        houses = [House(id=1, town=town), House(id=2, town=town), House(id=3, town=other)]
        session.add_all(houses)
        session.commit()
        town.name = "fir"
        del engine.sent[:]
        session.commit()
        assert [x.town_name for x in houses] == ["fir", "fir", "elm"]
        assert session.execute(select(House.town_name).order_by(House.id)).scalars().all() == ["fir", "fir", "elm"]
        assert sum(x.startswith("UPDATE house") for x in engine.sent) == (0 if passive else 1)


def test_a_changed_key_is_written_before_rows_that_come_to_refer_to_it(keyed):
    base, engine = keyed

    class Part(base):
        __tablename__ = "part"
        id = Column(Integer, primary_key=True)
        whole_id = Column(ForeignKey("part.id"))
        parts = relationship("Part", back_populates="whole")
        whole = relationship("Part", remote_side=[id], back_populates="parts")

    base.metadata.create_all(engine)
    with Session(engine) as session:
        small, big = Part(id=1), Part(id=2)
        session.add_all([small, big])
        session.commit()
        big.parts.append(small)
        big.id = 9
        session.commit()
        assert session.execute(select(Part.id, Part.whole_id).order_by(Part.id)).all() == [(1, 9), (9, None)]


def test_a_key_called_otherwise_is_one_with_that_of_the_base(keyed):
    base, engine = keyed
    animal = family(base)

    class Dog(animal):
        __tablename__ = "dog"
        dog_id = Column(ForeignKey("animal.id", onupdate="CASCADE"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    base.metadata.create_all(engine)
    with Session(engine) as session:
        dog = Dog(id=1)
        assert dog.dog_id == 1
        session.add(dog)
        session.flush()
        dog.id = 2
        assert dog.dog_id == 2
        session.commit()
        assert session.execute(select(Dog.dog_id)).all() == [(2,)]


def test_merge_onto_an_object_whose_row_is_gone_says_so(keyed):
    """A second object of that key could not join the session."""
    base, engine = keyed
    plain = plain_class(base)
    base.metadata.create_all(engine)
    with Session(engine) as session:
        gone = plain(id=1, name="a")
        session.add(gone)
        session.commit()
        session.execute(text("DELETE FROM plain"))
        with pytest.raises(ObjectDeletedError, match="not present"):
            session.merge(plain(id=1, name="b"))
        assert not session.new


# ---- criteria


def test_a_selectin_load_of_a_reference_leaves_out_what_criteria_leave_out(keyed):
    """Though the session has it."""
    base, engine = keyed
    target = plain_class(base)

    class Tag(base):
        __tablename__ = "tag"
        id = Column(Integer, primary_key=True)
        plain_id = Column(ForeignKey("plain.id"))
        plain = relationship(target)

    base.metadata.create_all(engine)
    with Session(engine) as session:
        held = target(id=1, name="a")
        session.add_all([held, Tag(id=1, plain=held)])
        session.commit()
        assert held.name == "a"
        stmt = select(Tag).options(selectinload(Tag.plain), with_loader_criteria(target, target.name == "b"))
        assert session.scalars(stmt.execution_options(populate_existing=True)).one().plain is None


def test_a_row_that_is_read_again_brings_along_what_criteria_let_through(keyed):
    base, engine = keyed

    class Box(base):
        __tablename__ = "box"
        id = Column(Integer, primary_key=True)
        balls = relationship("Ball", lazy="joined")

    class Ball(base):
        __tablename__ = "ball"
        id = Column(Integer, primary_key=True)
        box_id = Column(ForeignKey("box.id"))

    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Box(id=1, balls=[Ball(id=1), Ball(id=2)]))
        session.commit()
        box = session.scalars(select(Box).options(with_loader_criteria(Ball, Ball.id > 1))).unique().one()
        session.expire_all()
        assert session.get(Box, 1) is box and [x.id for x in box.balls] == [2]
