"""Loader options that speak for nothing the statement reads, and deletions of attributes."""

from typing import List, Optional

import pytest

from cormorant import ForeignKey, create_engine, exc, func, select
from cormorant.orm import (
    DeclarativeBase, Load, Mapped, Session, aliased, contains_eager, defaultload, defer, joinedload, load_only, mapped_column, raiseload,
    relationship, selectinload,
)
from cormorant.orm import exc as orm_exc


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
    kind: Mapped[str] = mapped_column(default="user")
    items: Mapped[List["Item"]] = relationship(back_populates="user")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}


class Admin(User):
    level: Mapped[Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "admin"}


class Item(Base):
    __tablename__ = "i"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("u.id"))
    user: Mapped[User] = relationship(back_populates="items")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(User(name="x", items=[Item()]))
        s.commit()
        yield s
    engine.dispose()


@pytest.mark.parametrize(
    "option, text",
    [
        (joinedload(Item.user), r"Mapped class Item referenced in option joinedload\(Item.user\) does not apply to any of .* e.g. User"),
        (selectinload(Item.user), r"option selectinload\(Item.user\)"),
        (load_only(Item.user_id), r"option load_only\(Item.user_id\)"),
        (defer(Item.user_id), r"option defer\(Item.user_id\)"),
        (Load(Item).joinedload(Item.user), "Mapped class Item referenced"),
        (contains_eager(aliased(User).items), r"Mapped class aliased\(User\) referenced in option contains_eager\(aliased\(User\).items\)"),
    ],
)
def test_options_of_other_entities(session, option, text):
    for _ in range(2):  # nothing is remembered of a statement that failed
        with pytest.raises(exc.ArgumentError, match=text):
            session.scalars(select(User).options(option))


def test_aliases_stand_for_themselves(session):
    with pytest.raises(exc.ArgumentError, match=r"Mapped class User referenced .* e.g. aliased\(User\)"):
        session.scalars(select(aliased(User)).options(joinedload(User.items)))
    other = aliased(User)
    assert len(session.scalars(select(other).options(joinedload(other.items))).unique().all()) == 1


def test_statements_of_columns_alone(session):
    for statement in (select(User.id), select(func.count()).select_from(User)):
        with pytest.raises(exc.ArgumentError, match=r"Query has only expression-based entities; attribute loader option joinedload\(User.items\)"):
            session.execute(statement.options(joinedload(User.items)))


def test_what_fits_is_taken(session):
    assert session.scalars(select(User).options(raiseload("*"))).one().name == "x"
    session.scalars(select(User).options(load_only(Admin.level), joinedload(Admin.items))).unique().all()
    session.execute(select(Item, User).join(Item.user).options(joinedload(User.items), defer(Item.user_id))).unique().all()
    assert session.query(User).options(joinedload(User.items)).count() == 1


def test_paths_that_do_not_link():
    with pytest.raises(exc.ArgumentError, match='attribute "User.items" does not link from relationship "User.items"'):
        joinedload(User.items).joinedload(User.items)
    with pytest.raises(exc.ArgumentError, match='attribute "User.name" does not link from relationship "User.items"'):
        defaultload(User.items).load_only(User.name)
    with pytest.raises(exc.ArgumentError, match='attribute "Item.user" does not link mapped class "User"'):
        Load(User).joinedload(Item.user)
    with pytest.raises(orm_exc.LoaderStrategyException, match='"joined loader" strategy to property "User.name"'):
        joinedload(User.name)


def test_del(session):
    user = session.scalars(select(User)).one()
    del user.name
    session.commit()
    assert user.name is None
    item = user.items[0]
    del item.user
    session.flush()
    assert item.user is None and item.user_id is None
    with pytest.raises(AttributeError, match="User.name object does not have a value"):
        del User().name
