"""Loading: lazy, joined, selectin, raise, options, deferred columns, populate_existing; statements are counted."""

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import (
    DeclarativeBase, Mapped, Session, aliased, contains_eager, defer, immediateload, joinedload, lazyload, load_only, mapped_column, noload,
    raiseload, relationship, selectinload, subqueryload, undefer,
)


class Base(DeclarativeBase):
    pass


tagging = sa.Table(
    "tagging", Base.metadata, sa.Column("book_id", sa.ForeignKey("book.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped["Author"] = relationship(back_populates="books")
    tags: Mapped[list["Tag"]] = relationship(secondary=tagging, order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]


@pytest.fixture(scope="module")
def engine():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        tags = [Tag(word=w) for w in ("red", "blue")]
        for i in range(3):
            books = [Book(title=f"b{i}{k}", pages=10 * i + k, tags=tags[: k + 1]) for k in range(2)]
            s.add(Author(name=f"a{i}", bio="long", books=books))
        s.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def count(engine):
    """count() is the number of statements since it was last asked."""
    seen = []

    def heard(conn, cursor, statement, parameters, context, executemany):
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", heard)

    def count():
        n = len(seen)
        seen.clear()
        return n

    yield count
    sa.event.remove(engine, "before_cursor_execute", heard)


def test_lazy(session, count):
    authors = session.scalars(sa.select(Author).order_by(Author.id)).all()
    assert count() == 1
    assert [b.title for b in authors[0].books] == ["b00", "b01"]
    assert count() == 1
    assert authors[0].books[0].author is authors[0]
    assert count() == 0
    book = session.get(Book, 5)
    count()
    assert book.author.name == "a2" and count() == 0  # from the identity map


@pytest.mark.parametrize("option,statements", [(selectinload, 2), (subqueryload, 2), (immediateload, 2)])
def test_following_loads(session, count, option, statements):
    authors = session.scalars(sa.select(Author).options(option(Author.books)).order_by(Author.id)).all()
    assert count() == statements
    assert [[b.title for b in a.books] for a in authors] == [["b00", "b01"], ["b10", "b11"], ["b20", "b21"]]
    assert count() == 0


def test_joined(session, count):
    authors = session.scalars(sa.select(Author).options(joinedload(Author.books)).order_by(Author.name.desc())).unique().all()
    assert count() == 1
    assert [a.name for a in authors] == ["a2", "a1", "a0"] and [b.title for b in authors[0].books] == ["b20", "b21"]
    assert count() == 0


def test_joined_collections_beside_each_other():
    """Each row repeats members of both; some members and some parents were there before."""

    class Local(DeclarativeBase):
        pass

    class Shelf(Local):
        __tablename__ = "shelf"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Volume"]] = relationship(order_by="Volume.id", back_populates="shelf")
        labels: Mapped[list["Label"]] = relationship(order_by="Label.id")

    class Volume(Local):
        __tablename__ = "volume"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[int] = mapped_column(sa.ForeignKey("shelf.id"))
        shelf: Mapped[Shelf] = relationship(back_populates="books")

    class Label(Local):
        __tablename__ = "label"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[int] = mapped_column(sa.ForeignKey("shelf.id"))

    engine = sa.create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all(Shelf(id=i, books=[Volume(id=100 * i + k) for k in range(12)], labels=[Label(id=100 * i + k) for k in range(11)]) for i in (1, 2, 3))
        s.commit()
    statement = sa.select(Shelf).options(joinedload(Shelf.books), joinedload(Shelf.labels))
    for order in (Shelf.id, sa.func.random()):  # parents in one piece, and parents that come again and again
        with Session(engine) as s:
            held = [s.get(Shelf, 2), *s.scalars(sa.select(Volume).where(Volume.id % 2 == 0)), *s.scalars(sa.select(Label).where(Label.id % 3 == 0))]
            found = s.scalars(statement.order_by(None).order_by(order)).unique().all()
            assert sorted(x.id for x in found) == [1, 2, 3] and held[0] in found
            for x in found:
                assert sorted(v.id - 100 * x.id for v in x.books) == list(range(12)) and sorted(v.id - 100 * x.id for v in x.labels) == list(range(11))
            volumes = s.scalars(sa.select(Volume).options(joinedload(Volume.shelf)).order_by(sa.func.random())).all()
            assert all(v.shelf.id == v.shelf_id for v in volumes)
    engine.dispose()


def test_joined_needs_unique(session):
    result = session.scalars(sa.select(Author).options(joinedload(Author.books)))
    with pytest.raises(sa.exc.InvalidRequestError, match="unique"):
        result.all()


def test_joined_with_limit(session, count):
    stmt = sa.select(Author).options(joinedload(Author.books)).order_by(Author.id).limit(2).offset(1)
    assert [(a.name, len(a.books)) for a in session.scalars(stmt).unique()] == [("a1", 2), ("a2", 2)]
    assert count() == 1


def test_joined_many_to_one(session, count):
    books = session.scalars(sa.select(Book).options(joinedload(Book.author, innerjoin=True)).order_by(Book.id)).all()
    assert [b.author.name for b in books] == ["a0", "a0", "a1", "a1", "a2", "a2"] and count() == 1


def test_chains(session, count):
    stmt = sa.select(Author).options(selectinload(Author.books).selectinload(Book.tags)).order_by(Author.id)
    words = [[[t.word for t in b.tags] for b in a.books] for a in session.scalars(stmt)]
    assert words == [[["red"], ["red", "blue"]]] * 3 and count() == 3
    session.expunge_all()
    stmt = sa.select(Author).options(joinedload(Author.books).joinedload(Book.tags)).order_by(Author.id)
    words = [[[t.word for t in b.tags] for b in a.books] for a in session.scalars(stmt).unique()]
    assert words == [[["red"], ["red", "blue"]]] * 3 and count() == 1


def test_raise(session, count):
    author = session.scalars(sa.select(Author).options(raiseload(Author.books)).limit(1)).one()
    with pytest.raises(sa.exc.InvalidRequestError, match="raise"):
        author.books
    book = session.scalars(sa.select(Book).options(raiseload("*")).limit(1)).one()
    with pytest.raises(sa.exc.InvalidRequestError):
        book.tags


def test_noload_and_lazyload(session, count):
    author = session.scalars(sa.select(Author).options(noload(Author.books)).limit(1)).one()
    assert author.books == [] and count() == 1
    session.expunge_all()
    book = session.scalars(sa.select(Book).options(lazyload(Book.author)).limit(1)).one()
    count()
    assert book.author.name == "a0" and count() == 1


def test_contains_eager(session, count):
    stmt = sa.select(Book).join(Book.author).where(Author.name == "a1").options(contains_eager(Book.author)).order_by(Book.id)
    assert [b.author.name for b in session.scalars(stmt)] == ["a1", "a1"] and count() == 1
    session.expunge_all()
    stmt = sa.select(Author).join(Author.books).where(Book.title.like("%0")).options(contains_eager(Author.books)).order_by(Author.id)
    assert [[b.title for b in a.books] for a in session.scalars(stmt).unique()] == [["b00"], ["b10"], ["b20"]]
    assert count() == 1


def test_contains_eager_of_an_alias(session, count):
    writer = aliased(Author)
    stmt = sa.select(Book).join(Book.author.of_type(writer)).options(contains_eager(Book.author.of_type(writer))).where(writer.name == "a2")
    assert [b.author.name for b in session.scalars(stmt)] == ["a2", "a2"] and count() == 1


def test_a_relationship_with_of_type_in_the_place_of_the_condition(session):
    writer = aliased(Author)
    stmt = sa.select(Book.title, writer.name).join(writer, Book.author.of_type(writer)).where(writer.name == "a2").order_by(Book.id)
    assert session.execute(stmt).all() == [("b20", "a2"), ("b21", "a2")]


def test_deferred_columns(session, count):
    author = session.scalars(sa.select(Author).limit(1)).one()
    assert "bio" in sa.inspect(author).unloaded and count() == 1
    assert author.bio == "long" and count() == 1
    session.expunge_all()
    author = session.scalars(sa.select(Author).options(undefer(Author.bio)).limit(1)).one()
    assert author.bio == "long" and count() == 1
    session.expunge_all()
    book = session.scalars(sa.select(Book).options(load_only(Book.title)).limit(1)).one()
    assert {"pages", "author_id"} <= sa.inspect(book).unloaded and "title" in sa.inspect(book).dict
    count()
    assert book.pages == 0 and count() == 1
    session.expunge_all()
    book = session.scalars(sa.select(Book).options(defer(Book.title)).limit(1)).one()
    assert "title" not in sa.inspect(book).dict and book.title == "b00"


def test_options_of_get(session, count):
    author = session.get(Author, 1, options=[selectinload(Author.books)])
    assert count() == 2 and len(author.books) == 2 and count() == 0


def test_unflushed_changes_survive_a_query(engine):
    with Session(engine, autoflush=False) as session:
        author = session.get(Author, 1)
        author.name = "mine"
        assert session.scalars(sa.select(Author).where(Author.id == 1)).one().name == "mine"
        stmt = sa.select(Author).where(Author.id == 1).execution_options(populate_existing=True)
        assert session.scalars(stmt).one().name == "a0"
        author.name = "mine"
        assert session.get(Author, 1, populate_existing=True).name == "a0"


def test_populate_existing_overwrites_nothing_that_the_same_statement_has_read():
    """An object that comes in several rows, made by the first: the rows after it leave it alone, and its empty reference."""

    class Base(DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Owner.id))
        owner: Mapped[Owner | None] = relationship()

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Thing(owner=None), Owner(), Owner()])
        session.commit()
        stmt = sa.select(Thing).join(Owner, sa.true()).options(joinedload(Thing.owner)).execution_options(populate_existing=True)
        assert [sa.inspect(x).unloaded for x in session.scalars(stmt).unique()] == [set()]
    engine.dispose()


def test_a_class_twice_in_a_subquery_is_found_where_it_is_closest(session):
    """Read by way of two subqueries, and as it is: an alias of both together stands for the latter."""
    inner = sa.select(Book).where(Book.id < 3).subquery()
    first = aliased(Book, sa.select(aliased(Book, inner)).subquery())
    second = aliased(Book)
    both = sa.select(first, second).join(second, second.id == first.id + 2).subquery()
    assert sorted(book.id for book in session.scalars(sa.select(aliased(Book, both)))) == [3, 4]


def test_rows_of_entities_and_columns(session):
    rows = session.execute(sa.select(Author, Book.title).join(Author.books).order_by(Book.id)).all()
    assert rows[0].Author.name == "a0" and rows[0].title == "b00" and len(rows) == 6
    writer = aliased(Author, name="writer")
    row = session.execute(sa.select(writer, sa.func.count(Book.id).label("n")).join(writer.books).group_by(writer.id).order_by(writer.id)).first()
    assert row.writer.name == "a0" and row.n == 2


def test_default_strategies(engine):
    class Local(DeclarativeBase):
        pass

    class A(Local):
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["B"]] = relationship(lazy="selectin")

    class B(Local):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
        author: Mapped["A"] = relationship(lazy="joined", viewonly=True)

    with Session(engine) as session:
        a = session.scalars(sa.select(A)).first()
        assert len(sa.inspect(a).dict["books"]) == 2
        session.expunge_all()
        b = session.scalars(sa.select(B)).first()
        assert sa.inspect(b).dict["author"].id == 1


def test_detached_lazy_load(engine):
    with Session(engine) as session:
        author = session.get(Author, 1)
    with pytest.raises(orm.exc.DetachedInstanceError, match="books"):
        author.books


def test_alias_self_join(session):
    other = aliased(Book)
    stmt = sa.select(Book.title, other.title).join(other, sa.and_(Book.author_id == other.author_id, Book.id < other.id)).order_by(Book.id)
    assert session.execute(stmt).all() == [("b00", "b01"), ("b10", "b11"), ("b20", "b21")]


def test_entity_from_a_subquery(session):
    sub = sa.select(Book).where(Book.pages > 9).subquery()
    some = aliased(Book, sub)
    assert [b.title for b in session.scalars(sa.select(some).order_by(some.id))] == ["b10", "b11", "b20", "b21"]
    stmt = sa.select(Book).from_statement(sa.text("select * from book where title = 'b11'"))
    assert session.scalars(stmt).one().title == "b11"


def test_parents_that_rows_repeat_get_their_collection_once(session, count):
    rows = sa.select(Book).join(Book.tags).options(selectinload(Book.tags)).order_by(Tag.id, Book.id)  # not one after the other
    found = session.scalars(rows).all()
    assert count() == 2 and len(found) == 9 and len(set(found)) == 6
    for book in set(found):
        assert [t.word for t in book.tags] == ["red", "blue"][: int(book.title[-1]) + 1]
    book.tags.append(Tag(word="green"))  # a list that was filled at once grows as any other
    assert len(book.tags) > 1 and book.tags.pop().word == "green"


def test_rows_of_one_statement_from_several_places():
    """The values of a row are found by where the first row had them: rows of every branch, of every width, and after a change of schema."""
    engine = sa.create_engine("sqlite://")
    wide = ", ".join(f"{i} AS c{i}" for i in range(40))
    with engine.connect() as c:
        c.exec_driver_sql("CREATE TABLE t (a, b)")
        c.exec_driver_sql("INSERT INTO t VALUES (1, 'x'), (2.5, NULL), ('long enough for a text', x'00ff')")
        union = "SELECT a, b, 'one' FROM t UNION ALL SELECT b, a, 'two' FROM t UNION ALL VALUES (7, 8, 'three') UNION ALL SELECT count(*), max(a), 'four' FROM t"
        t = [(1, "x"), (2.5, None), ("long enough for a text", b"\x00\xff")]
        wanted = [(a, b, "one") for a, b in t] + [(b, a, "two") for a, b in t] + [(7, 8, "three"), (3, "long enough for a text", "four")]
        for _ in range(2):
            assert c.exec_driver_sql(union).all() == wanted
        assert c.exec_driver_sql(f"SELECT {wide} FROM t").all() == [tuple(range(40))] * 3
        assert c.exec_driver_sql("SELECT a FROM t").all() == [(a,) for a, _ in t]
        star = sa.text("SELECT * FROM t")
        assert c.execute(star).all() == t
        c.exec_driver_sql("ALTER TABLE t ADD COLUMN z DEFAULT 'new'")
        assert c.execute(star).all() == [(*row, "new") for row in t]
    engine.dispose()
