"""Waits for the network as a proxy between client and server counts them, SQLAlchemy's beside."""

import pytest
import sqlalchemy

import cormorant

from .proxy import Proxy

pytest.importorskip("psycopg", reason="the reference's driver is not installed: pip install psycopg[binary]")


class Side:
    """Models, engine and programs over one package."""

    def __init__(self, sa, url):
        self.sa, self.orm = sa, __import__(f"{sa.__name__}.orm").orm
        self.engine = sa.create_engine(url)
        self.models()

    def models(self):
        orm, sa = self.orm, self.sa
        column, related = orm.mapped_column, orm.relationship

        class Base(orm.DeclarativeBase):
            pass

        links = sa.Table("book_tag", Base.metadata, sa.Column("book_id", sa.ForeignKey("book.id"), primary_key=True), sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True))

        class Author(Base):
            __tablename__ = "author"
            id = column(sa.Integer, primary_key=True)
            name = column(sa.String(30))
            books = related("Book", back_populates="author", cascade="all, delete-orphan")

        class Book(Base):
            __tablename__ = "book"
            id = column(sa.Integer, primary_key=True)
            title = column(sa.String(30))
            author_id = column(sa.ForeignKey("author.id"))
            version = column(sa.Integer, nullable=False)
            author = related(Author, back_populates="books")
            pages = related("Page", cascade="all, delete-orphan", order_by="Page.id")
            tags = related("Tag", secondary=links)
            __mapper_args__ = {"version_id_col": version}

        class Page(Base):
            __tablename__ = "page"
            id = column(sa.Integer, primary_key=True)
            text = column(sa.Text)
            book_id = column(sa.ForeignKey("book.id"))

        class Tag(Base):
            __tablename__ = "tag"
            id = column(sa.Integer, primary_key=True)
            name = column(sa.String(30))

        class Country(Base):
            __tablename__ = "country"
            code = column(sa.String(2), primary_key=True)
            towns = related("Town")

        class Town(Base):
            __tablename__ = "town"
            name = column(sa.String(30), primary_key=True)
            country_code = column(sa.ForeignKey("country.code"))

        self.Base, self.Author, self.Book, self.Page, self.Tag, self.Country, self.Town = Base, Author, Book, Page, Tag, Country, Town

    def graph(self, n):
        return [self.Author(name=f"a{i}", books=[self.Book(title=f"b{j}", pages=[self.Page(text=f"p{k}") for k in range(4)]) for j in range(3)]) for i in range(n)]

    def session(self):
        return self.orm.Session(self.engine)

    # ---- programs: what is prepared, what is counted

    def read_one(self):
        def run():
            with self.session() as s:
                assert s.get(self.Author, 1).name == "a0"

        return run

    def read_nothing(self):
        def run():
            with self.engine.connect() as c:
                c.execute(self.sa.select(self.Author.id).where(self.Author.id.in_([-1, -2]))).all()

        return run

    def three_levels(self, n):
        def program(self=self):
            s = self.session()
            s.add_all(self.graph(n))

            def run():
                s.commit()
                s.close()

            return run

        return program

    def update_everything(self):
        """Rows of three tables change, one of them with a version counter, one row goes, two come."""
        s = self.session()
        authors = s.scalars(self.sa.select(self.Author).options(self.orm.selectinload(self.Author.books).selectinload(self.Book.pages))).all()
        for author in authors:
            author.name += "!"
            for book in author.books:
                book.title += "!"
                book.pages[0].text += "!"
        s.delete(authors[0].books[0].pages[1])
        s.add_all([self.Tag(name="new"), self.Country(code="xx")])

        def run():
            s.flush()
            s.commit()
            s.close()

        return run

    def unrelated(self):
        """Two trees of two levels each, and rows without any."""
        s = self.session()
        s.add_all([self.Tag(name=f"t{i}") for i in range(5)])
        s.add_all([self.Country(code=f"{i:02}", towns=[self.Town(name=f"t{i}{k}") for k in range(3)]) for i in range(5)])
        s.add_all([self.Author(name=f"n{i}", books=[self.Book(title="x")]) for i in range(5)])

        def run():
            s.commit()
            s.close()

        return run

    def many_to_many(self):
        s = self.session()
        tags = [self.Tag(name=f"m{i}") for i in range(4)]
        s.add_all([self.Book(title=f"m{i}", tags=tags[: i + 1]) for i in range(4)])

        def run():
            s.commit()
            s.close()

        return run


@pytest.fixture
def sides(server, engine):
    proxy = Proxy(server)
    ours, theirs = Side(cormorant, proxy.url()), Side(sqlalchemy, proxy.url(driver="+psycopg"))
    ours.Base.metadata.create_all(ours.engine)
    with ours.session() as s:
        s.add_all(ours.graph(3))
        s.commit()
    yield proxy, ours, theirs
    ours.engine.dispose()
    theirs.engine.dispose()
    proxy.close()


BUDGETS = {  # program, waits that are allowed; SQLAlchemy's are printed
    "a request that reads once": (lambda side: side.read_one(), 1),
    "a statement": (lambda side: side.read_nothing(), 1),
    "three levels, 1 author": (lambda side: side.three_levels(1)(), 4),
    "three levels, 60 authors": (lambda side: side.three_levels(60)(), 4),
    "three levels, 1000 authors": (lambda side: side.three_levels(1000)(), 5),  # 12,000 pages: replies of 8,192 rows wait in memory
    "changes in three tables": (lambda side: side.update_everything(), 2),
    "trees that know nothing of each other": (lambda side: side.unrelated(), 3),
    "many to many": (lambda side: side.many_to_many(), 3),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_waits(sides, name, capsys):
    proxy, ours, theirs = sides
    program, budget = BUDGETS[name]
    program(ours)()  # connected, statements prepared
    clear(ours)
    run = program(ours)
    with proxy.allow(budget):
        run()
    assert not proxy.failed, f"more than {budget} waits"
    counted = proxy.counted
    clear(ours)
    if "1000" not in name:
        program(theirs)()
        clear(ours)
        run = program(theirs)
        with proxy.allow():
            run()
        with capsys.disabled():
            print(f"\n{name}: {counted} waits, SQLAlchemy {proxy.counted}", end=" ")
        assert counted <= proxy.counted


def clear(side):
    """Empty tables but for three authors."""
    with side.engine.begin() as c:
        c.execute(side.sa.text("TRUNCATE author, book, page, tag, country, town, book_tag RESTART IDENTITY"))
    with side.session() as s:
        s.add_all(side.graph(3))
        s.commit()


def test_starving_is_seen(sides, monkeypatch):
    """The proxy itself: a program that waits once more than it may is caught, and goes on."""
    proxy, ours, _ = sides
    monkeypatch.setattr("tests.backends.proxy.GRACE", 0.05)
    with ours.engine.connect() as c:
        with proxy.allow(1):
            c.execute(ours.sa.text("SELECT 1"))
            c.execute(ours.sa.text("SELECT 2"))
        assert proxy.failed
