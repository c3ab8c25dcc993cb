"""Instances: both stores, __dict__, copy, pickle, mixins, garbage collection."""

import copy
import decimal
import enum
import gc
import pickle
import struct
import typing
import uuid
import weakref

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, registry, relationship
from cormorant.orm.attributes import NO_VALUE, flag_modified, get_history, set_committed_value


class UserMixin:
    """Like the one of Flask-Login."""

    __hash__ = object.__hash__

    @property
    def is_active(self):
        return True

    def get_id(self):
        return str(self.id)

    def __eq__(self, other):
        return self.get_id() == other.get_id() if isinstance(other, UserMixin) else NotImplemented


T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    __slots__ = ()


class Base(DeclarativeBase):
    pass


class User(UserMixin, Box[int], Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    data: Mapped[dict | None] = mapped_column(sa.JSON)
    books: Mapped[list["Book"]] = relationship(back_populates="user")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped["User | None"] = relationship(back_populates="books")


reg = registry()


class Plain:
    def __init__(self, name):
        self.name = name


reg.map_imperatively(Plain, sa.Table("plain", reg.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String)))


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    reg.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def saved(session, obj):
    session.add(obj)
    session.commit()
    return obj


def test_dict_shows_what_is_loaded(session):
    u = saved(session, User(name="ed"))
    assert set(u.__dict__) == {"_sa_instance_state"}  # expired by the commit
    u.name
    assert u.__dict__["name"] == "ed" and u.__dict__["id"] == 1
    assert vars(u) is u.__dict__
    assert {k: v for k, v in vars(u).items() if not k.startswith("_")} == {"id": 1, "name": "ed", "data": None}


def test_a_promoted_instance_works_on(session):
    u = User(name="ed")
    u.__dict__
    u.name = "x"
    assert u.__dict__["name"] == "x"
    saved(session, u)
    assert u.name == "x"
    u.name = "y"
    assert u in session.dirty
    session.commit()
    assert u.name == "y" and u.books == []
    u.books.append(Book())
    session.commit()
    assert u.books[0].user is u
    u.__dict__.pop("name")
    assert u.name == "y"  # a deleted key is unloaded


def test_free_attributes(session):
    u = User(name="ed")
    u.free = [1]
    assert u.free == [1] and u.__dict__["free"] == [1]
    saved(session, u)
    assert u.free == [1]
    del u.free
    with pytest.raises(AttributeError):
        u.free


def test_mixins(session):
    u = saved(session, User(name="ed"))
    assert u.is_active and u.get_id() == "1" and u == u and hash(u)
    assert session.scalars(sa.select(User)).all() == [u]


def test_plain_classes(session):
    p = saved(session, Plain("x"))
    assert p.id == 1 and p.name == "x"
    p.name = "y"
    assert p in session.dirty
    session.commit()
    assert set(p.__dict__) == {"_sa_instance_state"}
    assert p.name == "y" and set(p.__dict__) == {"_sa_instance_state", "id", "name"}
    session.expunge_all()
    q = session.scalars(sa.select(Plain)).one()
    assert q is not p and q.name == "y"
    session.delete(q)
    session.commit()
    assert session.query(Plain).count() == 0


@pytest.mark.parametrize("make", [lambda: User(name="ed", data={"a": [1]}), lambda: Plain("ed")])
def test_pickle(session, make):
    obj = saved(session, make())
    obj.name
    again = pickle.loads(pickle.dumps(obj))
    assert type(again) is type(obj) and again.name == "ed" and again.id == 1
    assert sa.inspect(again).detached and sa.inspect(again).identity == (1,)
    session.expunge(obj)
    session.add(again)
    again.name = "new"
    session.commit()
    assert again.name == "new"


def test_pickle_with_relationships(session):
    u = saved(session, User(name="ed", books=[Book(), Book()]))
    u.books
    again = pickle.loads(pickle.dumps(u))
    assert [b.id for b in again.books] == [1, 2]
    merged = session.merge(again)
    assert merged is u


def test_copy(session):
    u = saved(session, User(name="ed", data={"a": [1]}))
    u.name
    c = copy.copy(u)
    assert c is not u and c.name == "ed" and c.data is u.data
    d = copy.deepcopy(u)
    assert d.data == u.data and d.data is not u.data
    t = copy.copy(User(name="t"))
    saved(session, t)
    assert t.id == 2


def test_getattr_hook(session):
    class Hooked(Base):
        __tablename__ = "hooked"
        id: Mapped[int] = mapped_column(primary_key=True)
        word: Mapped[str | None]

        def __getattr__(self, name):
            if name.startswith("x_"):
                return name[2:]
            raise AttributeError(name)

        def __setattr__(self, name, value):
            super().__setattr__(name, value.upper() if name == "word" else value)

    h = Hooked(word="a")
    assert h.word == "A" and h.x_y == "y"
    with pytest.raises(AttributeError):
        h.other


def test_equality_and_hash_of_ones_own(session):
    class Odd(Base):
        __tablename__ = "odd"
        id: Mapped[int] = mapped_column(primary_key=True)

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

    Base.metadata.create_all(session.get_bind())
    a, b = Odd(), Odd()
    session.add_all([a, b])
    session.flush()
    assert len(session.identity_map) == 2 and len(session.scalars(sa.select(Odd)).all()) == 2


def test_history():
    u = User(name="a")
    assert get_history(u, "name").added == ["a"]
    assert sa.inspect(u).attrs.name.value == "a"
    assert sa.inspect(u).attrs.id.loaded_value is NO_VALUE
    set_committed_value(u, "name", "b")
    assert u.name == "b"


def test_history_of_changes(session):
    u = saved(session, User(name="a", data={"k": 1}))
    u.name, u.data
    u.name = "b"
    h = get_history(u, "name")
    assert h.added == ["b"] and h.deleted == ["a"] and h.has_changes()
    session.commit()
    u.data["k"] = 2
    assert u not in session.dirty
    flag_modified(u, "data")
    session.commit()
    assert u.data == {"k": 2}


def test_garbage(session):
    u = User(name="a")
    u.books.append(Book())
    u.me = u
    ref = weakref.ref(u)
    del u
    gc.collect()
    assert ref() is None


def test_plain_values_are_left_out_of_the_collector():
    assert not gc.is_tracked(User(name="a", id=1))
    assert gc.is_tracked(User(data={}))


def test_values_that_cannot_form_cycles_are_left_out_too(session):
    class Suit(enum.Enum):
        hearts = 1

    class Local(DeclarativeBase):
        pass

    class Card(Local):
        __tablename__ = "card"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        suit: Mapped[Suit]
        worth: Mapped[decimal.Decimal]

    Local.metadata.create_all(session.get_bind())
    card = Card(id=uuid.UUID(int=5), suit=Suit.hearts, worth=decimal.Decimal("1.5"))
    assert not gc.is_tracked(card)
    saved(session, card)
    session.expunge_all()
    card = session.scalars(sa.select(Card)).one()
    assert (card.id, card.suit, card.worth) == (uuid.UUID(int=5), Suit.hearts, decimal.Decimal("1.5"))
    assert not gc.is_tracked(card) and not gc.is_tracked(card.id)


def test_instances_have_room_for_their_attributes_and_no_more(session):
    """Whether or not statements and subclasses come before the first instance; what comes after it goes to the dictionary."""

    def declare(early):
        class Local(DeclarativeBase):
            pass

        class Note(Local):
            __tablename__ = "note"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str]
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "note"}

        if early:
            str(sa.select(Note).where(Note.id == 1))

        class Long(Note):
            __tablename__ = "long"
            id: Mapped[int] = mapped_column(sa.ForeignKey("note.id"), primary_key=True)
            body: Mapped[str | None]
            words: Mapped[list["Word"]] = relationship(back_populates="note")
            __mapper_args__ = {"polymorphic_identity": "long"}

        class Word(Local):
            __tablename__ = "word"
            id: Mapped[int] = mapped_column(primary_key=True)
            note_id: Mapped[int | None] = mapped_column(sa.ForeignKey("long.id"))
            note: Mapped[Long | None] = relationship(back_populates="words")

        Local.metadata.create_all(session.get_bind())
        first = (Note, Long) if early else (Long, Note)
        for cls in first:
            cls()
        session.add_all([Note(id=1 + 2 * early), Long(id=2 + 2 * early, body="b", words=[Word(id=1 + early)])])
        session.commit()
        session.expunge_all()
        note, long = (session.get(Note, i + 2 * early) for i in (1, 2))
        assert (note.kind, long.kind, long.body, long.words[0].note) == ("note", "long", "b", long)
        Long.late = relationship(Word, viewonly=True)
        assert [w.id for w in long.late] == [1 + early] and Long(body="c").body == "c"
        return [cls.__basicsize__ for cls in (Note, Long, Word)]

    sizes = declare(False)
    word = struct.calcsize("P")
    assert sizes[1] - sizes[0] == 2 * word and sizes[2] - sizes[0] == word
    assert declare(True) == sizes


def test_what_a_class_adds_goes_with_its_instances(session):
    """Slots of the class, a finalizer that came later, slots of a subclass."""

    class Local(DeclarativeBase):
        pass

    class Slotted(Local):
        __tablename__ = "slotted"
        __slots__ = ("extra",)
        id: Mapped[int] = mapped_column(primary_key=True)

    class Bare(Local):
        __tablename__ = "bare"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Above(Local):
        __tablename__ = "above"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Below(Above):
        __slots__ = ("more",)

    class Thing:
        pass

    Local.metadata.create_all(session.get_bind())
    dead = []
    Bare.__del__ = lambda self: dead.append(self.id)
    refs = []
    for cls, name in ((Slotted, "extra"), (Bare, "free"), (Below, "more")):
        thing = Thing()
        refs.append(weakref.ref(thing))
        setattr(cls(id=len(refs)), name, thing)
        del thing
        assert refs[-1]() is None
    assert dead == [2]


@pytest.mark.parametrize("reach", [
    lambda u: u.data, lambda u: vars(u)["data"], lambda u: sa.inspect(u).dict["data"], lambda u: sa.inspect(u).attrs.data.value,
    lambda u: sa.inspect(u).attrs.data.loaded_value, lambda u: sa.inspect(u).attrs.data.history.unchanged[0],
    lambda u: u.__getstate__()["data"],
])
def test_a_loaded_document_is_watched_when_somebody_has_it(session, reach):
    saved(session, User(name="a", data={"k": [1]}))
    session.expunge_all()
    u = session.scalars(sa.select(User)).one()
    assert u.name == "a" and not gc.is_tracked(u)
    reach(u)["me"] = u
    assert gc.is_tracked(u)
    ref = weakref.ref(u)
    del u
    session.expunge_all()
    gc.collect()
    assert ref() is None


def test_finalizers_and_weakref_callbacks(session):
    saved(session, User(name="a"))
    seen = []
    u = session.get(User, 1)
    ref = weakref.ref(u, lambda r: seen.append(session.get(User, 1).name))
    del u
    assert seen == ["a"]
    del ref


def test_a_long_chain_dies_quietly(session):
    class Link(Base):
        __tablename__ = "link"
        id: Mapped[int] = mapped_column(primary_key=True)
        next_id: Mapped[int | None] = mapped_column(sa.ForeignKey("link.id"))
        next: Mapped["Link | None"] = relationship(remote_side=[id])

    head = None
    for _ in range(10000):
        head = Link(next=head)
    del head
    gc.collect()


def test_instances_of_deleted_classes():
    class Local(DeclarativeBase):
        pass

    class Thing(Local):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    ref = weakref.ref(Thing)
    obj = Thing(id=1)
    orm.configure_mappers()
    del Thing, obj, Local
    gc.collect()
    gc.collect()
    assert ref() is None


class Standing:
    """Hands on what it is asked, as werkzeug's LocalProxy does."""

    def __init__(self, find):
        self.__dict__["find"] = find

    def __getattr__(self, name):
        return getattr(self.find(), name)


def test_what_stands_for_nothing(session):
    with pytest.raises(orm.exc.UnmappedInstanceError, match="Standing"):
        session.add(Standing(lambda: 5))
    with pytest.raises(ZeroDivisionError):
        session.add(Standing(lambda: 1 / 0))
    with pytest.raises(orm.exc.UnmappedInstanceError, match="Standing"):
        session.is_modified(Standing(User))  # an instance that nobody keeps
    with pytest.raises(orm.exc.UnmappedInstanceError, match="Book.user"):
        Book(user=Standing(User))
