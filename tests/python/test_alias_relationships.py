"""Relationships to aliases: of subqueries, of joins, of window functions."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, and_, create_engine, event, func, join, select
from cormorant.orm import DeclarativeBase, Session, aliased, configure_mappers, immediateload, joinedload, relationship, selectinload, subqueryload

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


class TestSecondaryThatIsNoTable:
    @pytest.fixture
    def world(self):
        class Base(DeclarativeBase):
            pass

        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            b_id = Column(ForeignKey("b.id"))

        class B(Base):
            __tablename__ = "b"
            id = Column(Integer, primary_key=True)
            d_id = Column(ForeignKey("d.id"))

        class C(Base):
            __tablename__ = "c"
            id = Column(Integer, primary_key=True)
            a_id = Column(ForeignKey("a.id"))
            d_id = Column(ForeignKey("d.id"))

        class D(Base):
            __tablename__ = "d"
            id = Column(Integer, primary_key=True)
            up = Column(Integer)

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as s:
            s.add_all([D(id=7, up=9), D(id=8, up=7), D(id=9)])
            s.flush()
            s.add_all([B(id=5, d_id=7), B(id=6, d_id=8)])
            s.flush()
            s.add_all([A(id=1, b_id=5), A(id=2, b_id=6), A(id=3, b_id=6)])
            s.flush()
            s.add_all([C(a_id=1, d_id=7), C(a_id=2, d_id=8), C(a_id=3, d_id=7)])
            s.commit()
            yield s, A, B, C, D
        engine.dispose()

    def read(self, s, A, key):
        attribute, found = getattr(A, key), []
        for loader in LOADERS:
            statement = select(A).order_by(A.id)
            rows = s.scalars(statement if loader is None else statement.options(loader(attribute))).unique().all()
            values = [getattr(row, key) for row in rows]
            found.append([sorted(d.id for d in v) if isinstance(v, list) else v and v.id for v in values])
            s.expunge_all()
        assert found == [found[0]] * len(LOADERS)
        return found[0]

    def test_a_join(self, world):
        s, A, B, C, D = world
        A.d = relationship(
            D, uselist=False, viewonly=True, secondary=lambda: join(B, D, B.d_id == D.id).join(C, C.d_id == D.id),
            primaryjoin=lambda: and_(A.b_id == B.id, A.id == C.a_id), secondaryjoin=lambda: D.id == B.d_id,
        )  # fmt: skip
        assert self.read(s, A, "d") == [7, 8, None]
        assert s.scalars(select(A.id).join(A.d).where(D.id == 8)).all() == [2]
        assert s.scalars(select(A.id).where(A.d.has(id=7))).all() == [1]

    def test_the_targets_table_inside_of_the_secondary_is_another_one(self, world):
        s, A, B, C, D = world
        other = D.__table__.alias()
        A.up = relationship(
            D, viewonly=True, secondary=join(B.__table__, other, B.d_id == other.c.id), primaryjoin=A.b_id == B.id, secondaryjoin=D.id == other.c.up
        )
        assert self.read(s, A, "up") == [[9], [7], [7]]

    def test_an_alias_joined_by_its_foreign_keys(self, world):
        s, A, B, C, D = world
        A.through = relationship(D, secondary=C.__table__.alias(), viewonly=True)
        assert self.read(s, A, "through") == [[7], [8], [7]]


@pytest.mark.parametrize(
    "subquery, settings, said",
    [
        (True, {"viewonly": True}, "a secondary is a Table, an alias of one, or a join of those"),
        (False, {}, "a secondary that is no Table .Alias. cannot be written to; say viewonly=True"),
    ],
)
def test_secondaries_that_are_refused(subquery, settings, said):
    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)

    class C(Base):
        __tablename__ = "c"
        id = Column(Integer, primary_key=True)
        a_id = Column(ForeignKey("a.id"))

    through = select(C.__table__).subquery("near") if subquery else C.__table__.alias()
    A.near = relationship(A, secondary=through, primaryjoin=A.id == through.c.a_id, secondaryjoin=A.id == through.c.id, **settings)
    with pytest.raises(NotImplementedError, match=f"A.near: {said}"):
        configure_mappers()
    Base.registry.dispose()
