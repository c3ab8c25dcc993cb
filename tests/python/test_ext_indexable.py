"""index_property: items of JSON columns as attributes."""

import pytest

import cormorant as sa
from cormorant.ext.indexable import index_property
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    data = mapped_column(sa.JSON)
    name = index_property("data", "name")
    age = index_property("data", "age", default=None)
    fixed = index_property("data", "fixed", default=1, mutable=False)
    numbers = mapped_column(sa.JSON)
    second = index_property("numbers", 1, onebased=False)


def test_instances():
    person = Person()
    with pytest.raises(AttributeError):
        person.name
    assert person.age is None and person.fixed == 1
    person.name = "a"
    assert person.data == {"name": "a"} and person.name == "a"
    del person.name
    assert person.data == {}
    with pytest.raises(AttributeError):
        del person.name
    with pytest.raises(AttributeError):
        person.fixed = 2
    person.second = "x"
    assert person.numbers == [None, "x"] and person.second == "x"


def test_changes_are_written_and_found():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        person = Person(name="a")
        session.add_all([person, Person(data={"name": "b"})])
        session.commit()
        person.name = "c"
        session.commit()
        assert person.data == {"name": "c"}
    engine.dispose()
