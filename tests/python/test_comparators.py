"""comparator_factory: operators of one's own for attributes."""

from typing import List

import pytest

from cormorant import ForeignKey, create_engine, func, select
from cormorant.orm import ColumnProperty, DeclarativeBase, Mapped, RelationshipProperty, Session, aliased, column_property, mapped_column, relationship


class CaseInsensitive(ColumnProperty.Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)

    __hash__ = ColumnProperty.Comparator.__hash__

    def starts(self, text):
        return self.like(text + "%")


class Loud(RelationshipProperty.Comparator):
    def any(self, criterion=None, **kwargs):
        return super().any(criterion, **kwargs).label("found")

    def busy(self):
        return self.prop.mapper.class_.id > 5


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = column_property(mapped_column("name"), comparator_factory=CaseInsensitive)
    items: Mapped[List["Item"]] = relationship(comparator_factory=Loud)


class Item(Base):
    __tablename__ = "i"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("u.id"))


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(User(name="Ed", items=[Item()]))
        s.commit()
        yield s
    engine.dispose()


def test_columns(session):
    assert str(User.name == "x") == "lower(u.name) = lower(:lower_1)"
    assert str(User.name != "x") == "u.name != :name_1"
    assert str(User.name.starts("E")) == "u.name LIKE :name_1"
    assert session.scalars(select(User).where(User.name == "eD").order_by(User.name.desc())).one().name == "Ed"
    other = aliased(User)
    assert session.scalars(select(other.name).where(other.name == "ED")).all() == ["Ed"]
    assert session.query(User).filter_by(name="ED").count() == 1
    user = session.get(User, 1)
    user.name = "Al"
    session.commit()
    assert user.name == "Al" and isinstance(User.name.comparator, CaseInsensitive)


def test_relationships(session):
    assert User.items.any(Item.id == 1).name == "found"
    assert str(User.items.busy()) == "i.id > :id_1"
    assert session.scalars(select(User).join(User.items)).one().items[0].id == 1
