"""How often a program waits for the server. Budgets, not timings: what rides along with what."""

import sys

import pytest

import cormorant as sa
from cormorant import ForeignKey, String, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from tests.backends.databases import needs


pytestmark = needs("server")


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    books: Mapped[list["Book"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    pages: Mapped[list["Page"]] = relationship(cascade="all, delete-orphan", order_by="Page.id")


class Page(Base):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(30))
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))


class Counted(Base):
    __tablename__ = "counted"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Waits:
    """How often the block waits for a server, whichever it is."""

    def __enter__(self):
        modules = [sys.modules[name] for name in ("cormorant._pg", "cormorant._mysql") if name in sys.modules]
        self.waits = lambda: sum(m.waits() for m in modules)
        self.before = self.waits()
        return self

    def __exit__(self, *exc_info):
        self.n = self.waits() - self.before


@pytest.fixture
def library(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all(graph(3))
        s.add_all([Counted(n=i) for i in range(5)])
        s.commit()
    return engine


def graph(n):
    return [
        Author(name=f"a{i}", books=[Book(title=f"b{i}{j}", pages=[Page(text=f"p{k}") for k in range(4)]) for j in range(3)]) for i in range(n)
    ]


def test_a_request_that_reads_once(library):
    """BEGIN rides with the statement, the ROLLBACK at the end is not waited for."""
    for _ in range(3):
        with Waits() as w, Session(library) as s:
            assert s.get(Author, 1).name == "a0"
    assert w.n == 1
    for _ in range(2):  # MariaDB and MySQL prepare a statement before its first run
        with Waits() as w, library.connect() as c:
            assert c.scalar(select(sa.func.count()).select_from(Page)) == 36
    assert w.n == 1


def test_a_graph_of_three_levels(library):
    for n in (1, 4, 40, 1):
        with Session(library) as s:
            s.add_all(graph(n))
            with Waits() as w:
                s.commit()
        assert w.n <= 5, f"{n} authors"  # MySQL prepares what inserts one row when it first does
    assert w.n <= 4


def test_keys_belong_to_their_rows(library):
    """Replies come in the order of the rows, however many travel together."""
    with Session(library) as s:
        authors = graph(700)
        s.add_all(authors)
        s.commit()
        ids = {a.name + str(a.id): [(b.title, b.id, len(b.pages)) for b in a.books] for a in authors}
    with Session(library) as s:
        read = s.scalars(select(Author).where(Author.id > 3).options(selectinload(Author.books).selectinload(Book.pages))).all()
        assert {a.name + str(a.id): sorted((b.title, b.id, len(b.pages)) for b in a.books) for a in read} == {k: sorted(v) for k, v in ids.items()}


@needs("many changes on one wait")
def test_version_counters(library):
    for _ in range(2):
        with Session(library) as s:
            found = s.scalars(select(Counted)).all()
            for each in found:
                each.n += 1
            s.add_all(graph(2))
            with Waits() as w:
                s.commit()
    assert w.n <= 5
    with Session(library) as s, Session(library) as other:
        a, b = s.get(Counted, 1), other.get(Counted, 1)
        a.n, b.n = 50, 60
        s.commit()
        with pytest.raises(sa.orm.exc.StaleDataError):
            other.commit()


def test_eager_loading(library):
    with Session(library) as s:
        s.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.pages))).all()
    with Waits() as w, Session(library) as s:
        s.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.pages))).all()
    assert w.n <= 3
