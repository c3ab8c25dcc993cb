"""Columns of subclasses read together: selectin_polymorphic() and polymorphic_load="selectin"."""

from typing import List, Optional

import pytest

from cormorant import ForeignKey, create_engine, event, exc, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectin_polymorphic, selectinload


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("team.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    language: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Person):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    level: Mapped[int]
    notes: Mapped[List["Note"]] = relationship()
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Boss(Manager):
    car: Mapped[Optional[str]] = mapped_column()
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("manager.id"))


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[List[Person]] = relationship(order_by=Person.id)


class Shape(Base):
    __tablename__ = "shape"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "shape"}


class Circle(Shape):
    __tablename__ = "circle"
    id: Mapped[int] = mapped_column(ForeignKey("shape.id"), primary_key=True)
    radius: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "circle", "polymorphic_load": "selectin"}


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        people = [Person(name="p"), Engineer(name="e1", language="C"), Engineer(name="e2", language="B"), Engineer(name="e3", language="A")]
        people += [Manager(name="m", level=3, notes=[Note(), Note()]), Boss(name="b", level=9, car="x")]
        s.add_all([Team(people=people), Shape(), Circle(radius=4), Circle(radius=5)])
        s.commit()
        s.expunge_all()
        s.statements = []
        event.listen(engine, "before_cursor_execute", lambda conn, cursor, text, *rest: s.statements.append(text))
        yield s
    engine.dispose()


def values(people):
    return [getattr(p, "language", None) or getattr(p, "level", None) for p in people]


def test_by_option(session):
    statement = select(Person).order_by(Person.id).options(selectin_polymorphic(Person, [Engineer, Manager]))
    people = session.scalars(statement).all()
    assert len(session.statements) == 3
    assert values(people) == [None, "C", "B", "A", 3, 9]
    assert len(session.statements) == 3
    assert people[5].car == "x" and len(session.statements) == 4  # Boss was not asked for
    session.expunge_all()
    session.statements.clear()
    people = session.scalars(select(Person).order_by(Person.id).options(selectin_polymorphic(Person, [Engineer]))).all()
    assert values(people[1:4]) == ["C", "B", "A"] and len(session.statements) == 2
    assert people[4].level == 3 and len(session.statements) == 3


def test_below_a_relationship_and_with_further_options(session):
    team = session.scalars(select(Team).options(selectinload(Team.people).selectin_polymorphic([Engineer, Manager]))).one()
    assert len(session.statements) == 4
    assert values(team.people) == [None, "C", "B", "A", 3, 9]
    assert len(session.statements) == 4
    session.expunge_all()
    session.statements.clear()
    found = session.scalars(select(Person).options(selectin_polymorphic(Person, [Manager]), selectinload(Manager.notes)).order_by(Person.id)).all()
    count = len(session.statements)
    assert len(found[4].notes) == 2 and found[4].level == 3 and len(session.statements) == count


def test_by_the_mapper(session):
    shapes = session.scalars(select(Shape).order_by(Shape.id)).all()
    assert [getattr(s, "radius", None) for s in shapes] == [None, 4, 5]
    assert len(session.statements) == 2


def test_in_chunks_and_again(session):
    statement = select(Person).options(selectin_polymorphic(Person, [Engineer])).order_by(Person.id)
    assert [p.language for p in session.scalars(statement.execution_options(yield_per=2)) if isinstance(p, Engineer)] == ["C", "B", "A"]
    plain = session.scalars(select(Person).order_by(Person.id)).all()
    session.statements.clear()
    session.scalars(statement).all()  # instances that are there already take what they lack
    assert values(plain[1:4]) == ["C", "B", "A"] and len(session.statements) <= 2


def test_mistakes():
    with pytest.raises(exc.ArgumentError, match="Bad.*unknown argument for polymorphic_load: 'x'"):

        class Bad(Shape):
            __mapper_args__ = {"polymorphic_identity": "bad", "polymorphic_load": "x"}
