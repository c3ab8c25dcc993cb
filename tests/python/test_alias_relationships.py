"""Relationships to aliases: of subqueries, of joins, of window functions."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, and_, create_engine, event, func, join, select
from cormorant.orm import DeclarativeBase, Session, aliased, immediateload, joinedload, relationship, selectinload, subqueryload

LOADERS = [None, selectinload, joinedload, subqueryload, immediateload]


@pytest.fixture
def world():
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user_account"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        posts = relationship("Post", back_populates="user")

    class Post(Base):
        __tablename__ = "post"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("user_account.id"))
        title = Column(String)
        votes = Column(Integer)
        user = relationship(User, back_populates="posts")
        tags = relationship("Tag")

    class Tag(Base):
        __tablename__ = "tag"
        id = Column(Integer, primary_key=True)
        post_id = Column(ForeignKey("post.id"))
        word = Column(String)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        posts = [Post(title="x", votes=1), Post(title="y", votes=5, tags=[Tag(word="r")]), Post(title="z", votes=3)]
        s.add_all([User(id=1, name="a", posts=posts), User(id=2, name="b")])
        s.commit()
        s.expunge_all()
        yield s, User, Post, Tag
    engine.dispose()


def read(s, loader, attribute, entity):
    statement = select(entity).order_by(entity.id)
    found = s.scalars(statement if loader is None else statement.options(loader(attribute))).unique().all()
    values = [getattr(row, attribute.key) for row in found]
    answer = [[p.title for p in v] if isinstance(v, list) else v and v.title for v in values]
    s.expunge_all()
    return answer


@pytest.mark.parametrize("loader", LOADERS)
def test_an_alias_of_a_subquery(world, loader):
    s, User, Post, _ = world
    Big = aliased(Post, select(Post).where(Post.votes > 1).subquery())
    User.big = relationship(Big, primaryjoin=User.id == Big.user_id, viewonly=True, order_by=Big.votes)
    assert read(s, loader, User.big, User) == [["z", "y"], []]


@pytest.mark.parametrize("loader", LOADERS)
def test_a_join_that_the_foreign_key_tells(world, loader):
    s, User, Post, _ = world
    Best = aliased(Post, select(Post).order_by(Post.votes.desc()).limit(1).subquery())
    User.best = relationship(Best, viewonly=True, uselist=False)
    assert read(s, loader, User.best, User) == ["y", None]


@pytest.mark.parametrize("loader", LOADERS)
def test_the_first_rows_of_each(world, loader):
    s, User, Post, _ = world
    ranked = select(Post, func.row_number().over(order_by=Post.votes.desc(), partition_by=Post.user_id).label("rank")).subquery()
    Top = aliased(Post, ranked)
    User.top = relationship(Top, primaryjoin=and_(Top.user_id == User.id, ranked.c.rank < 3), viewonly=True)
    assert [sorted(titles) for titles in read(s, loader, User.top, User)] == [["y", "z"], []]


@pytest.mark.parametrize("loader", LOADERS)
def test_an_alias_of_a_join(world, loader):
    s, User, Post, Tag = world
    through = join(Post, Tag, Tag.post_id == Post.id)
    Tagged = aliased(Post, through, flat=True)
    User.tagged = relationship(Tagged, primaryjoin=User.id == through.c.post_user_id, viewonly=True)
    assert read(s, loader, User.tagged, User) == [["y"], []]


def test_in_conditions_joins_and_options(world):
    s, User, Post, _ = world
    Big = aliased(Post, select(Post).where(Post.votes > 1).subquery())
    User.big = relationship(Big, primaryjoin=User.id == Big.user_id, viewonly=True)
    other = aliased(User)
    assert s.scalars(select(User.name).where(User.big.any(Big.title == "y"))).all() == ["a"]
    assert s.scalars(select(User.name).where(~User.big.any())).all() == ["b"]
    assert s.execute(select(User.name, Big.title).join(User.big).order_by(Big.votes)).all() == [("a", "z"), ("a", "y")]
    assert s.execute(select(User.name, Big.title).outerjoin(User.big).order_by(User.name, Big.votes)).all() == [("a", "z"), ("a", "y"), ("b", None)]
    assert s.execute(select(other.name, Big.title).join(other.big).order_by(Big.votes)).all() == [("a", "z"), ("a", "y")]
    statements = []
    event.listen(s.get_bind(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    users = s.scalars(select(User).options(selectinload(User.big).selectinload(Big.tags)).order_by(User.id)).all()
    assert [[tag.word for post in user.big for tag in post.tags] for user in users] == [["r"], []] and len(statements) == 3
    assert s.scalars(select(Post).where(Post.title == "y")).one() in users[0].big
    limited = s.scalars(select(User).options(joinedload(User.big)).order_by(User.id).limit(1)).unique().one()
    assert sorted(p.title for p in limited.big) == ["y", "z"]


def test_no_secondary(world):
    _, User, Post, Tag = world
    User.odd = relationship(aliased(Post), secondary=Tag.__table__, viewonly=True)
    with pytest.raises(NotImplementedError, match="relationship User.odd to an aliased class takes no secondary"):
        User()
    User.__mapper__._failure = None
    User.__mapper__._props.pop("odd")
