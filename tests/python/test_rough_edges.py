"""Corners that programs step on: annotations of one related object, get() in its older forms, star imports."""

from typing import Optional

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, with_polymorphic


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped[Optional["Profile"]] = relationship(back_populates="user")
    posts: Mapped[list["Post"]] = relationship(back_populates="user")


class Profile(Base):
    __tablename__ = "profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped["User"] = relationship(back_populates="profile")


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped["User"] = relationship(back_populates="posts")


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(id=1, posts=[Post(id=1), Post(id=2)]))
        session.commit()
        yield session
    engine.dispose()


def test_optional_name_is_one_object(session):
    user = session.get(User, 1)
    assert user.profile is None and User().profile is None
    user.profile = Profile(id=5)
    session.commit()
    assert user.profile.id == 5 and user.profile.user is user
    assert User.profile.property.uselist is False


def test_get_of_query_takes_options(session):
    user = session.query(User).options(joinedload(User.posts)).get(1)
    assert "posts" not in sa.inspect(user).unloaded and len(user.posts) == 2
    assert session.get(User, 1, options=[joinedload(User.posts)], populate_existing=True) is user
    with pytest.raises(exc.InvalidRequestError, match="existing criterion"):
        session.query(User).filter(User.id == 1).get(1)


def test_get_of_none_warns(session):
    with pytest.warns(exc.SAWarning, match="NULL primary key") as caught:
        assert session.get(User, None) is None
    assert caught[0].filename == __file__


def test_star_import_brings_the_modules():
    names: dict = {}
    exec("from cormorant import *", names)  # noqa: S102 - what a tutorial writes
    assert {"event", "exc", "types", "schema", "pool", "inspect", "create_engine", "Column"} <= set(names)


# ---- with_polymorphic


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "dog"
    id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
    tricks: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Hound(Dog):
    __tablename__ = "hound"
    id: Mapped[int] = mapped_column(sa.ForeignKey("dog.id"), primary_key=True)
    nose: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "hound"}


class Fish(Animal):  # in the table of its parent
    depth: Mapped[Optional[int]] = mapped_column()
    __mapper_args__ = {"polymorphic_identity": "fish"}


@pytest.mark.parametrize("classes", ["*", [Hound, Fish], [Dog, Hound, Fish]])
def test_with_polymorphic_reads_subclasses_in_one_statement(session, classes):
    session.add_all([Animal(name="a"), Dog(name="b", tricks=2), Hound(name="c", tricks=3, nose=9), Fish(name="d", depth=7)])
    session.commit()
    session.expunge_all()
    everything = with_polymorphic(Animal, classes)
    found = session.scalars(sa.select(everything).order_by(everything.name)).all()
    assert [type(x) for x in found] == [Animal, Dog, Hound, Fish]
    session.close()  # nothing is loaded later
    assert [found[1].tricks, found[2].tricks, found[2].nose, found[3].depth] == [2, 3, 9, 7]
    some = sa.select(everything.name).where(sa.or_(everything.Hound.nose > 1, everything.Fish.depth == 7)).order_by(everything.name)
    assert session.scalars(some).all() == ["c", "d"]
    assert session.query(everything).filter(everything.Dog.tricks == 3).one().name == "c"


def test_with_polymorphic_says_what_it_cannot():
    with pytest.raises(exc.InvalidRequestError, match="User"):
        with_polymorphic(Animal, [User])
