"""Corners that programs step on: annotations of one related object, get() in its older forms, star imports."""

from typing import Optional

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship


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
