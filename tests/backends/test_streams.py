"""Rows in parts: the server keeps what was not asked for, other statements run in between, giving up early costs nothing."""

import pytest

import cormorant as sa
from cormorant import func, insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.backends.databases import needs


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


N = 25


@pytest.fixture
def library(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Author(name=f"a{i}", books=[Book(), Book()]) for i in range(N)])
        s.commit()
    return engine


def cursors(connection):
    if connection.dialect.name != "postgresql":
        return 0
    return connection.scalar(text("SELECT count(*) FROM pg_cursors WHERE name LIKE 'cm%'"))


def test_the_server_keeps_the_rest(engine, database):
    """Of ten million rows a few are made: with all of them the test would take minutes."""
    with engine.connect() as c:
        waits = database.module().waits()
        result = c.execute(text("SELECT n, repeat('x', 10) FROM generate_series(1, 10000000) n"), execution_options={"yield_per": 10})
        assert [row.n for row, _ in zip(result, range(25), strict=False)] == list(range(1, 26))
        assert database.module().waits() - waits == 3, "BEGIN, DECLARE and FETCH travel together"
        assert cursors(c) == 1
        result.close()
        assert cursors(c) == 0
        assert c.scalar(select(func.count()).select_from(func.generate_series(1, 3))) == 3


def test_parts_in_text_and_binary(engine):
    with engine.connect().execution_options(stream_results=True, max_row_buffer=7) as c:
        for _ in range(2):
            rows = c.execute(text("SELECT n, n * 1.5 AS f, ARRAY[n] AS a FROM generate_series(1, :m) n"), {"m": 20}).all()
            assert [tuple(r) for r in rows] == [(i, i * 1.5, [i]) for i in range(1, 21)]
        for count in (0, 6, 7, 8, 14):
            assert len(c.execute(text("SELECT n FROM generate_series(1, :m) n"), {"m": count}).all()) == count
        assert list(c.execute(text("WITH x AS (SELECT 1 AS a) SELECT a FROM x")).scalars()) == [1]
        assert list(c.execute(sa.union_all(select(sa.literal(1)), select(sa.literal(2)))).scalars()) == [1, 2]


@needs("server")
def test_entities_with_statements_in_between(library):
    with Session(library) as s:
        seen = 0
        for author in s.scalars(select(Author).order_by(Author.id).execution_options(yield_per=4)):
            seen += 1
            assert len(author.books) == 2, "a lazy load while the cursor is open"
            author.name = author.name.upper()
            s.flush()
        assert seen == N and cursors(s.connection()) == 0
        s.commit()
        for part in s.scalars(select(Author).order_by(Author.id)).yield_per(10).partitions():
            assert all(a.name.startswith("A") for a in part)
        for author in s.scalars(select(Author).options(sa.orm.selectinload(Author.books)).execution_options(yield_per=6)):
            assert len(author.books) == 2
        one, two = (s.execute(select(Author.id).order_by(Author.id).execution_options(yield_per=3)) for _ in range(2))
        assert [(a.id, b.id) for a, b in zip(one, two, strict=True)] == [(i, i) for i in range(1, N + 1)]


@needs("MySQL's SQL")
def test_parts_from_a_cursor(library, database):
    waits = database.module().waits
    ids = select(Author.id).order_by(Author.id)
    with library.connect() as c:
        everything = c.scalars(ids).all()
        for size, turns in ((1, 27), (5, 7), (24, 3), (N + 1, 2)):
            c.execute(ids.execution_options(yield_per=size)).all()
            before = waits()
            assert c.scalars(ids.execution_options(yield_per=size)).all() == everything
            assert waits() - before == turns + (database.name == "mysql"), f"{size} at a time: one wait to open it, one for each part; MySQL prepares again"
        one = select(Author.id).where(Author.id == sa.bindparam("x"))
        for x in (everything[3], 5000):
            assert c.scalars(one, {"x": x}, execution_options={"yield_per": 2}).all() == [i for i in everything if i == x]
        assert len(c.execute(text("SHOW TABLES"), execution_options={"yield_per": 1}).all()) == 2, "which opens no cursor"
        first = c.scalars(ids.execution_options(yield_per=3))
        second = c.scalars(ids.execution_options(yield_per=3))
        assert [first.first(), second.fetchmany(5)] == [everything[0], everything[:5]]
        c.rollback()
        assert second.all() == everything[5:], "the server keeps the rows, whatever becomes of the transaction"
        assert c.scalars(ids).all() == everything
        too_many = select(select(Author.id).where(Author.id < 10 - Book.id).scalar_subquery()).select_from(Book)
        with pytest.raises(sa.exc.OperationalError, match="more than 1 row"):
            c.execute(too_many.execution_options(yield_per=2)).all()
        assert c.scalars(ids.execution_options(yield_per=2)).all() == everything


@needs("MySQL's SQL")
def test_the_session_ends_between_two_parts(library, database, killer):
    with library.connect() as c:
        rows = c.scalars(select(Author.id).execution_options(yield_per=5))
        assert rows.fetchmany(5)
        other = c.scalar(text(database.session_id))
        killer(other)
        with pytest.raises(sa.exc.OperationalError) as caught:
            rows.all()
        assert caught.value.connection_invalidated
    with library.connect() as c:
        assert len(c.scalars(select(Author.id).execution_options(yield_per=5)).all()) == N


def test_what_changes_rows_is_read_at_once(library):
    with library.connect().execution_options(yield_per=2) as c:
        added = c.execute(text("WITH x AS (INSERT INTO author (name) SELECT 'n' FROM generate_series(1, 5) RETURNING id) SELECT id FROM x"))
        assert len(added.all()) == 5
    with library.connect().execution_options(isolation_level="AUTOCOMMIT", yield_per=2) as c:
        assert len(c.execute(select(Author.id)).all()) == N
    with library.connect().execution_options(yield_per=2) as c:
        assert len(c.execute(select(Author.id).with_for_update()).all()) == N


def test_ends_and_errors(library):
    with library.connect() as c:
        with pytest.raises(sa.exc.ProgrammingError, match='relation "nope" does not exist'):
            c.execution_options(yield_per=2).execute(text("SELECT * FROM nope"))
        c.rollback()
        result = c.execute(text("SELECT 10 / (5 - n) FROM generate_series(1, 9) n"))
        with pytest.raises(sa.exc.DataError, match="division by zero"):
            result.all()
        c.rollback()
        result = c.execute(select(Author.id))
        assert result.fetchone()
        c.rollback()
        assert c.scalar(text("SELECT 1")) == 1
        open_one = c.execute(select(Author.id))
        assert open_one.fetchone()
        savepoint = c.begin_nested()
        c.execute(insert(Author), {"name": "x"})
        savepoint.rollback()
        assert len(open_one.all()) == N - 1, "a cursor outside of the savepoint goes on"
    with library.connect() as c:
        assert cursors(c) == 0
