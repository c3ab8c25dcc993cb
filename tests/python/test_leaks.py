"""Typical work, done again and again, neither grows the heap of C nor that of Python."""

import ctypes
import gc
import sys
import weakref

import pytest

import cormorant as sa
from cormorant.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload

ROUNDS = 1000
SLACK = 8  # bytes of C that one round may seem to leave: caches still filling; of Python's blocks half of one, for a leak takes one or more


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.fixture
def engine():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Author(id=1, name="a", books=[Book(id=1, title="first"), Book(id=2, title="second")]))
    yield engine
    engine.dispose()


def heap():
    """Bytes in use of C (0 where the C library does not tell) and blocks in use of Python."""
    gc.collect()
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    info = type("mallinfo2", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names]})
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if tell is None:
        return 0, sys.getallocatedblocks()
    tell.restype = info
    told = tell()
    return told.uordblks + told.hblkhd, sys.getallocatedblocks()


def core(engine):
    book = Book.__table__
    with engine.connect() as connection:
        connection.execute(sa.insert(book), [{"title": f"t{i}", "author_id": 1} for i in range(3)])
        connection.execute(sa.select(book.c.title, sa.func.length(book.c.title)).where(book.c.id.in_([1, 2]))).all()
        connection.rollback()


def failures(engine):
    with Session(engine) as session:
        session.add(Book(title="first", author_id=1))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()
        with pytest.raises(sa.exc.OperationalError):
            session.execute(sa.text("select * from nowhere"))


def reading(engine):
    with Session(engine) as session:
        session.scalars(sa.select(Author).options(selectinload(Author.books))).all()
        session.scalars(sa.select(Book).options(joinedload(Book.author))).unique().all()
        session.expire_all()
        assert session.get(Book, 1).author.name == "a"
        assert [b.title for b in session.get(Author, 1).books] == ["first", "second"]


def writing(engine):
    with Session(engine) as session:
        author = Author(name="b", books=[Book(title="third")])
        session.add(author)
        session.flush()
        author.books[0].title = "fourth"
        author.books.append(Book(title="fifth"))
        session.flush()
        with session.begin_nested() as savepoint:
            session.delete(author)
            session.flush()
            savepoint.rollback()
        session.delete(author)
        session.flush()
        session.rollback()


def transient(engine):
    author = Author(name="c")
    author.books = [Book(title="x"), Book(title="y", author=author)]
    author.books.pop()
    author.loop = author  # garbage that only the collector finds


@pytest.mark.parametrize("work", [core, failures, reading, writing, transient])
def test_rounds_leave_nothing(engine, work):
    for _ in range(ROUNDS // 10):
        work(engine)
    for attempt in range(3):  # a cache that grows does so once; a leak every time
        bytes_before, blocks_before = heap()
        for _ in range(ROUNDS):
            work(engine)
        bytes_after, blocks_after = heap()
        if bytes_after - bytes_before < SLACK * ROUNDS and blocks_after - blocks_before < ROUNDS / 2:
            return
    pytest.fail(f"{work.__name__}: {bytes_after - bytes_before} bytes, {blocks_after - blocks_before} blocks in {ROUNDS} rounds")


def declare_and_use():
    class OwnBase(DeclarativeBase):
        pass

    class Parent(OwnBase):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", back_populates="parent", order_by="Child.id.desc()")

    class Child(OwnBase):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(sa.ForeignKey("parent.id"))
        parent = relationship("Parent", back_populates="children")

    engine = sa.create_engine("sqlite://")
    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Parent(children=[Child(), Child()]))
        session.commit()
        assert [c.id for c in session.get(Parent, 1).children] == [2, 1]
        session.expire_all()
        session.delete(session.get(Child, 1).parent.children[0])
        session.commit()
    engine.dispose()


def test_mapped_classes_are_collected():
    declare_and_use()
    gc.collect()
    before = sa._core.counters()
    for _ in range(5):
        declare_and_use()
    gc.collect()
    after = sa._core.counters()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}


def test_a_default_that_holds_what_holds_its_table_goes_with_it():
    def world():
        session = Session(sa.create_engine("sqlite://"))
        tables = session.info["tables"] = sa.MetaData()
        defaults = {"default": lambda: len(session.info), "onupdate": lambda: len(session.info)}
        table = sa.Table("a", tables, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer, **defaults))
        tables.create_all(session.bind)
        return weakref.ref(session), weakref.ref(table)

    session, table = world()
    gc.collect()
    assert session() is None and table() is None


def test_a_cycle_through_a_slot_of_the_class_itself_is_collected():
    class Slotted(Base):
        __tablename__ = "slotted"
        __slots__ = ("mine",)
        id: Mapped[int] = mapped_column(primary_key=True)

    one = Slotted(id=1)
    assert not gc.is_tracked(one)
    one.mine = "text"
    assert not gc.is_tracked(one)
    one.mine = [one]
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
