"""FROM elements that nothing connects: a warning, as their rows are all combined."""

import warnings

import pytest

from cormorant import JSON, Column, ForeignKey, Integer, MetaData, String, Table, create_engine, exc, exists, func, or_, select, true, tuple_, union, update
from cormorant.orm import DeclarativeBase, Session, aliased, joinedload, relationship, selectinload, subqueryload


class Base(DeclarativeBase):
    pass


links = Table("links", Base.metadata, Column("user_id", ForeignKey("users.id")), Column("tag_id", ForeignKey("tags.id")))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    data = Column(JSON)
    posts = relationship("Post", backref="user")
    tags = relationship("Tag", secondary=links, backref="users")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)


users, posts, tags = User.__table__, Post.__table__, Tag.__table__
counts = select(posts.c.user_id, func.count().label("n")).group_by(posts.c.user_id).subquery("counts")
other = aliased(User, name="other")
elsewhere = Table("posts", MetaData(), Column("id", Integer), schema="main")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(User(name="a", data=[1], posts=[Post()], tags=[Tag()]))
        s.commit()
        s.expunge_all()
        yield s
    engine.dispose()


@pytest.mark.parametrize(("statement", "left", "start"), [
    (select(User, Post), ["posts"], "users"),
    (select(users, posts, tags).where(users.c.id == posts.c.user_id), ["tags"], "users"),
    (select(users, posts).where(users.c.id == 1, posts.c.id == 1), ["posts"], "users"),
    (select(users.join(posts), tags), ["tags"], "posts"),
    (select(User, other), ["other"], "users"),
    (select(users, counts), ["counts"], "users"),
    (select(users, elsewhere), ["main.posts"], "users"),
    (select(select(users.c.id, posts.c.id.label("p")).subquery()), ["posts"], "users"),
    (select(users.c.id).where(exists(select(posts.c.id, tags.c.id)).correlate(users)), ["tags"], "posts"),
    (union(select(users.c.id), select(posts.c.id).where(tags.c.id == 1)), ["tags"], "posts"),
    (select(users, posts).where(users.c.id.in_(select(posts.c.user_id))), ["posts"], "users"),
])  # fmt: skip
def test_what_nothing_connects_is_warned_of(session, statement, left, start):
    found = ", ".join(f'"{name}"' for name in left)
    with pytest.warns(exc.SAWarning) as caught:
        session.execute(statement).all()
    assert [str(w.message) for w in caught] == [
        f'SELECT statement has a cartesian product between FROM element(s) {found} and FROM element "{start}".  '
        "Apply join condition(s) between each element to resolve."
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.execute(statement).all()  # compiled already


@pytest.mark.parametrize("statement", [
    select(User, Post).join(User.posts), select(users, posts).where(users.c.id == posts.c.user_id),
    select(users, posts).where(or_(users.c.id < posts.c.user_id, users.c.name == "z")), select(users.join(posts, true())),
    select(users, posts).where(users.c.name.like(posts.c.id)), select(users, posts).where(users.c.id.between(posts.c.user_id, 4)),
    select(users, posts).where(func.abs(users.c.id) == func.abs(posts.c.user_id)),
    select(users, posts).where(tuple_(users.c.id, 1) == tuple_(posts.c.user_id, posts.c.id)),
    select(users, posts).where(users.c.id.op("=", is_comparison=True)(posts.c.user_id)),
    select(users.c.id).where(exists().where(posts.c.user_id == users.c.id)),
    select(users.c.id, select(func.count(posts.c.id)).where(posts.c.user_id == users.c.id).scalar_subquery()),
    select(users, counts).where(users.c.id == counts.c.user_id), select(users, func.json_each(users.c.data).table_valued("value")),
    select(User).where(User.posts.any(), User.tags.any(Tag.id == 1)), select(User).options(joinedload(User.tags), joinedload(User.posts)).limit(1),
    select(User).options(selectinload(User.tags), subqueryload(User.posts)), select(User, other).where(User.id != other.id),
])  # fmt: skip
def test_what_is_connected_is_not(session, statement):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        user = session.execute(statement).unique(id).all()
        assert session.get(User, 1).tags and user is not None


def test_changes_and_the_engine_that_asks_for_none(session):
    with pytest.warns(exc.SAWarning, match='UPDATE statement has a cartesian product between FROM element.s. "users" and FROM element "posts"'):
        session.execute(update(users).values(name="z").where(posts.c.id == 5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.execute(update(users).values(name="z").where(posts.c.user_id == users.c.id))
        str(select(users, posts))
        quiet = create_engine("sqlite://", enable_from_linting=False)
        with quiet.connect() as conn:
            Base.metadata.create_all(conn)
            assert conn.execute(select(users, posts)).all() == []
            assert Session(conn).query(User, Post).all() == []
        quiet.dispose()


def test_a_warning_may_be_made_an_error(session):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(exc.SAWarning, match="cartesian product"):
            session.execute(select(User, Tag))
        session.add(post := Post(id=7))
        session.flush()
        session.connection().exec_driver_sql("DELETE FROM posts WHERE id = 7")
        session.delete(post)
        with pytest.raises(exc.SAWarning, match="expected to delete 1 row"):
            session.flush()
    session.rollback()
    assert session.query(User).count() == 1
