"""Events of mappers as classes are declared and configured, properties of the program's own, histories that are switched on."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, create_engine, event
from cormorant.orm import Mapper, Session, aliased, attributes, configure_mappers, declarative_base, relationship
from cormorant.orm.interfaces import EXT_SKIP, MapperProperty


@pytest.fixture
def heard():
    """Registers listeners for all mappers, and removes them."""
    added = []

    def listen(name, fn, **options):
        event.listen(Mapper, name, fn, **options)
        added.append((name, fn))

    yield listen
    for name, fn in added:
        event.remove(Mapper, name, fn)


def test_classes_are_told_of_when_they_are_declared(heard):
    told = []
    for name in ("instrument_class", "after_mapper_constructed"):
        heard(name, lambda mapper, cls, name=name: told.append((name, cls.__name__, mapper.has_property("id"))))
    Base = declarative_base()
    type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)})
    assert told == [("instrument_class", "A", False), ("after_mapper_constructed", "A", True)]


def test_a_listener_may_put_a_mapper_off(heard):
    Base = declarative_base()
    wait = [True]
    heard("before_mapper_configured", lambda mapper, cls: EXT_SKIP if wait and cls.__name__ == "Later" else None, retval=True)
    A = type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)})
    Later = type("Later", (Base,), {"__tablename__": "b", "id": Column(Integer, primary_key=True)})
    configure_mappers()
    assert A.__mapper__.configured and not Later.__mapper__.configured
    wait.clear()
    configure_mappers()
    assert Later.__mapper__.configured


def test_listeners_may_define_classes_when_all_are_configured(heard):
    Base = declarative_base()
    made = []

    def define():
        if not made:
            made.append(None)
            made[0] = type("B", (Base,), {"__tablename__": "b", "id": Column(Integer, primary_key=True)})
            configure_mappers()

    heard("after_configured", define)
    type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)})
    configure_mappers()
    assert made[0].__mapper__.configured


@pytest.fixture
def world():
    Base = declarative_base()

    class Firm(Base):
        __tablename__ = "firm"
        id = Column(Integer, primary_key=True)

    class Person(Base):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        firm_id = Column(ForeignKey("firm.id"))
        firm = relationship(Firm)

    class Clerk(Person):
        pass

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    configure_mappers()
    with Session(engine) as s:
        s.add(Clerk(id=1, name="a", firm=Firm(id=1)))
        s.commit()
        yield s, Person, Clerk, Firm
    engine.dispose()


def test_old_values_are_read_once_somebody_wants_them(world):
    s, Person, Clerk, Firm = world
    clerk = s.get(Clerk, 1)
    s.expire(clerk)
    clerk.name = "b"
    assert attributes.get_history(clerk, "name").deleted == ()
    for key in ("name", "firm"):
        getattr(Person, key).impl.active_history = True
    s.rollback()
    clerk.name, clerk.firm = "b", Firm(id=2)
    assert attributes.get_history(clerk, "name").deleted == ["a"]
    assert [f.id for f in attributes.get_history(clerk, "firm").deleted] == [1]


def test_a_listener_may_ask_for_old_values(world):
    s, Person, Clerk, _ = world
    seen = []
    event.listen(Clerk.name, "set", lambda target, value, old, initiator: seen.append(old), active_history=True)
    clerk = s.get(Clerk, 1)
    s.expire(clerk)
    clerk.name = "b"
    assert seen == ["a"]
    with pytest.raises(NotImplementedError, match="include_key"):
        event.listen(Clerk.name, "set", print, include_key=True)


def test_what_joins_a_table_to_that_of_the_parent(world):
    _, Person, Clerk, _ = world
    Boss = type("Boss", (Person,), {"__tablename__": "boss", "id": Column(ForeignKey("person.id"), primary_key=True)})
    assert str(Boss.__mapper__.inherit_condition) == "person.id = boss.id"
    assert Clerk.__mapper__.inherit_condition is None
    assert aliased(Boss).__table__ is Boss.__table__
    with pytest.raises(AttributeError):
        aliased(Boss).__missing__


class Upper(attributes.ScalarAttributeImpl):
    def get(self, state, dict_, passive=attributes.PASSIVE_OFF):
        return dict_.get(self.parent_token.source, "").upper()

    def set(self, state, dict_, value, initiator, **kw):
        setattr(state.obj(), self.parent_token.source, value.lower())


class UpperProperty(MapperProperty):
    def __init__(self, source):
        super().__init__()
        self.source, self.ready = source, False

    def init(self):
        self.ready = True

    def instrument_class(self, mapper):
        column = mapper.local_table.c[self.source]
        attributes.register_attribute(mapper.class_, self.key, comparator=column, parententity=mapper, impl_class=Upper, parent_token=self, doc="shouts")


def test_a_property_of_the_programs_own():
    Base = declarative_base()

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        loud = UpperProperty("name")

    configure_mappers()
    assert A.__mapper__.attrs.loud.ready
    a = A(name="x")
    assert a.loud == "X"
    a.loud = "YY"
    assert a.name == "yy"
    assert str(A.loud == "q") == "a.name = :name_1" and A.loud.__doc__ == "shouts" and A.loud.property.source == "name"
    with pytest.raises(AttributeError, match="does not have a value"):
        del a.loud


def test_a_property_that_cannot_be_mapped():
    with pytest.raises(NotImplementedError, match="MapperProperty cannot be mapped"):
        type("A", (declarative_base(),), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "x": MapperProperty()})
