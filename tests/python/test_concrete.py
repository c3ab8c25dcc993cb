"""Concrete inheritance, and polymorphic_union()."""

from typing import List, Optional

import pytest

from cormorant import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, event, exc, func, insert, inspect, select, text
from cormorant.ext.declarative import AbstractConcreteBase, ConcreteBase
from cormorant.orm import DeclarativeBase, Mapped, Session, aliased, configure_mappers, declared_attr, mapped_column, polymorphic_union, relationship


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


def test_concrete_says_nothing_of_a_class_without_a_table():
    class Sub(Employee):
        __mapper_args__ = {"concrete": True}

    assert inspect(Sub).single and not inspect(Sub).concrete and Sub.__table__ is Employee.__table__


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


def union_models(abstract):
    class Base(DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firm"
        id: Mapped[int] = mapped_column(primary_key=True)

    if abstract:

        class Person(AbstractConcreteBase, Base):
            name: Mapped[str]

            @declared_attr
            def firm_id(cls):
                return mapped_column(ForeignKey("firm.id"))

            @declared_attr
            def firm(cls):
                return relationship("Firm")

    else:

        class Person(ConcreteBase, Base):
            __tablename__ = "person"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            firm_id: Mapped[Optional[int]] = mapped_column(ForeignKey("firm.id"))
            firm: Mapped[Optional[Firm]] = relationship()
            __mapper_args__ = {"polymorphic_identity": "person", "concrete": True}

    class Driver(Person):
        __tablename__ = "driver"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        car: Mapped[Optional[str]]
        firm_id: Mapped[Optional[int]] = mapped_column(ForeignKey("firm.id"))
        firm: Mapped[Optional[Firm]] = relationship()
        __mapper_args__ = {"polymorphic_identity": "driver", "concrete": True}

    class Clerk(Person):
        __tablename__ = "clerk"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        desk: Mapped[Optional[int]]
        firm_id: Mapped[Optional[int]] = mapped_column(ForeignKey("firm.id"))
        firm: Mapped[Optional[Firm]] = relationship()
        __mapper_args__ = {"polymorphic_identity": "clerk", "concrete": True}

    return Base, Firm, Person, Driver, Clerk


@pytest.mark.parametrize("abstract", [False, True], ids=["ConcreteBase", "AbstractConcreteBase"])
def test_a_base_read_as_a_union(abstract):
    Base, Firm, Person, Driver, Clerk = union_models(abstract)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Driver(name="d", car="c", firm=Firm()), Clerk(name="k", desk=3)])
        s.commit()
        statements = []
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        people = s.scalars(select(Person).order_by(Person.name)).all()
        assert [(type(p), p.id, p.name) for p in people] == [(Driver, 1, "d"), (Clerk, 1, "k")]
        assert people[0].car == "c" and people[1].desk == 3 and len(statements) == 1
        assert s.get(Driver, 1) is people[0] and len(statements) == 1
        assert s.scalars(select(Person).where(Person.name == "k")).one() is people[1]
        assert s.scalars(select(Person).join(Person.firm)).one() is people[0] and people[0].firm.id == 1
        other = aliased(Person)
        assert s.scalars(select(other).where(other.name == "d")).one() is people[0]
        people[1].name, people[1].desk = "n", 4
        s.commit()
        assert s.scalars(select(Person.name).order_by(Person.name)).all() == ["d", "n"]
        assert s.execute(text("SELECT name, desk FROM clerk")).all() == [("n", 4)]
        s.delete(people[0])
        s.commit()
        assert s.scalar(select(func.count()).select_from(Person)) == 1
    engine.dispose()


def test_classes_of_one_union_may_share_a_key():
    Base, _, Person, Driver, _ = union_models(False)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Person(name="p"), Driver(name="d")])
        s.commit()
        person, driver = s.scalars(select(Person).order_by(Person.name.desc())).all()
        assert (type(person), person.id, type(driver), driver.id) == (Person, 1, Driver, 1)
        s.expire_all()
        assert (person.name, driver.name) == ("p", "d")
        s.refresh(person)
        assert person.name == "p"
    engine.dispose()


def test_the_discriminator_needs_a_name_of_its_own():
    class Base(DeclarativeBase):
        pass

    class Thing(ConcreteBase, Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        type: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "thing", "concrete": True}

    class Other(Thing):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "other", "concrete": True}

    with pytest.raises(exc.InvalidRequestError, match="can't use 'type' as the discriminator"):
        configure_mappers()
    Thing._concrete_discriminator_name = "_kind"
    configure_mappers()
    assert "AS _kind" in str(select(Thing))


def test_classes_are_told_of_the_configuration():
    told = []

    class Base(DeclarativeBase):
        pass

    class Mixin:
        @classmethod
        def __declare_last__(cls):
            told.append(("last", cls.__name__))

    class A(Mixin, Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

        @classmethod
        def __declare_first__(cls):
            told.append(("first", cls.__name__))

    class B(A):  # the hook of a mapped parent is the parent's; that of a mixin is everybody's
        pass

    configure_mappers()
    assert told == [("first", "A"), ("last", "A"), ("last", "B")]
