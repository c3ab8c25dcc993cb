"""Concrete inheritance, and polymorphic_union()."""

from typing import List, Optional

import pytest

from cormorant import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, exc, insert, inspect, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, polymorphic_union, relationship


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    desk: Mapped[Optional[str]]
    company_id: Mapped[Optional[int]] = mapped_column(ForeignKey("company.id"))

    def shout(self):
        return self.name.upper()


class Manager(Employee):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    car: Mapped[Optional[str]]
    company_id: Mapped[Optional[int]] = mapped_column(ForeignKey("company.id"))
    company: Mapped[Optional["Company"]] = relationship(back_populates="managers")
    __mapper_args__ = {"concrete": True}


class Company(Base):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    managers: Mapped[List[Manager]] = relationship(back_populates="company")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Employee(name="e", desk="d"), Manager(name="m", car="c", company=Company())])
        s.commit()
        yield s
    engine.dispose()


def test_each_class_has_its_table(session):
    assert inspect(Manager).concrete and not inspect(Employee).concrete
    assert [c.name for c in Manager.__table__.c] == ["id", "name", "car", "company_id"]
    assert session.scalars(select(Employee.name)).all() == ["e"]
    assert session.scalars(select(Manager.name)).all() == ["m"]
    one, other = session.get(Employee, 1), session.get(Manager, 1)
    assert type(one) is Employee and type(other) is Manager and other.shout() == "M"
    other.name = "n"
    session.commit()
    assert session.scalar(select(Manager.name)) == "n" and session.scalar(select(Employee.name)) == "e"
    assert session.get(Company, 1).managers == [other]
    session.delete(other)
    session.commit()
    assert session.scalars(select(Manager)).all() == [] and len(session.scalars(select(Employee)).all()) == 1


def test_what_only_the_parent_maps(session):
    text = r"Concrete Mapper\[Manager\(manager\)\] does not implement attribute 'desk'"
    with pytest.raises(AttributeError, match=text):
        session.get(Manager, 1).desk  # noqa: B018
    with pytest.raises((AttributeError, TypeError)):
        Manager(desk="x")


def test_a_concrete_class_needs_a_table():
    with pytest.raises(exc.ArgumentError, match="class Sub: concrete=True needs a table of its own"):

        class Sub(Employee):
            __mapper_args__ = {"concrete": True}


def test_polymorphic_union():
    meta = MetaData()
    a = Table("a", meta, Column("id", Integer), Column("x", Integer))
    b = Table("b", meta, Column("id", Integer), Column("y", String))
    union = polymorphic_union({"one": a, "two": b}, "type", "pjoin")
    assert union.c.keys() == ["id", "x", "y", "type"]
    assert polymorphic_union({"one": a, "two": b}, None).name == "p_union"
    engine = create_engine("sqlite://")
    meta.create_all(engine)
    with engine.begin() as conn:
        conn.execute(insert(a).values(id=1, x=2))
        conn.execute(insert(b).values(id=1, y="z"))
        assert conn.execute(select(union).order_by(union.c.type)).all() == [(1, 2, None, "one"), (1, None, "z", "two")]
    engine.dispose()
    with pytest.raises(exc.InvalidRequestError, match="can't use 'x' as the discriminator"):
        polymorphic_union({"one": a}, "x")
