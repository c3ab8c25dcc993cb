"""Subclasses read along with their base: `with_polymorphic` of mappers and `polymorphic_load="inline"`; DML of classes in several tables."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, create_engine, delete, event, exc, func, insert, select, text, update
from cormorant.orm import DeclarativeBase, Session, aliased, joinedload, load_only, polymorphic_union, registry, relationship, with_polymorphic


def models(base_args, load):
    class Base(DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firm"
        id = Column(Integer, primary_key=True)
        staff = relationship("Person", back_populates="firm")

    class Person(Base):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        type = Column(String)
        firm_id = Column(ForeignKey("firm.id"))
        firm = relationship(Firm, back_populates="staff")
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person", **base_args}

    class Manager(Person):
        __tablename__ = "manager"
        id = Column(ForeignKey("person.id"), primary_key=True)
        car = Column(String)
        trips = relationship("Trip")
        __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": load}

    class Clerk(Person):  # in the table of its base
        desk = Column(String)
        __mapper_args__ = {"polymorphic_identity": "clerk", "polymorphic_load": load}

    class Trip(Base):
        __tablename__ = "trip"
        id = Column(Integer, primary_key=True)
        manager_id = Column(ForeignKey("manager.id"))

    return Base, Firm, Person, Manager, Clerk, Trip


@pytest.fixture(params=[({"with_polymorphic": "*"}, None), ({}, "inline")], ids=["with_polymorphic", "inline"])
def world(request):
    Base, Firm, Person, Manager, Clerk, Trip = found = models(*request.param)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Firm(staff=[Person(name="p"), Manager(name="m", car="c", trips=[Trip()]), Clerk(name="k", desk="d")]))
        s.commit()
        s.expunge_all()
        statements = []
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        yield (s, statements, *found[1:])
    engine.dispose()


def test_one_statement_reads_all_columns(world):
    s, statements, Firm, Person, Manager, Clerk, _ = world
    people = s.scalars(select(Person).order_by(Person.id)).all()
    assert [type(p) for p in people] == [Person, Manager, Clerk]
    assert (people[1].car, people[2].desk) == ("c", "d") and len(statements) == 1
    s.expunge_all()
    assert s.get(Person, 2).car == "c" and len(statements) == 2
    s.expunge_all()
    firm = s.scalars(select(Firm).options(joinedload(Firm.staff))).unique().one()
    assert {type(p) for p in firm.staff} == {Person, Manager, Clerk}
    assert s.get(Manager, 2).car == "c" and len(statements) == 3


def test_criteria_speak_of_subclasses(world):
    s, statements, Firm, Person, Manager, _, _ = world
    assert s.scalars(select(Person.name).where(Manager.car == "c")).all() == ["m"]
    assert s.scalars(select(Person).where(Manager.car == "c")).one().name == "m"
    assert s.scalars(select(Person).join(Person.firm).where(Manager.car == "c")).one().name == "m"
    assert s.scalars(select(Person).join(Manager.trips)).one().name == "m"
    assert s.scalars(select(Firm).where(Firm.staff.any(Manager.car == "c"))).one().id == 1
    other = aliased(Person)
    assert s.scalars(select(other).where(other.name == "m")).one().car == "c"
    assert s.scalar(select(func.count()).select_from(Person)) == 3
    assert not any(", person LEFT" in statement or ", person JOIN" in statement for statement in statements)


def test_mappers_say_what_they_read(world):
    _, _, _, Person, Manager, Clerk, _ = world
    assert Person.__mapper__.with_polymorphic_mappers == [m.__mapper__ for m in (Person, Manager, Clerk)]
    assert Manager.__mapper__.with_polymorphic_mappers == []
    assert Person.__mapper__.persist_selectable is Person.__table__ and Person.__mapper__.selectable is not Person.__table__


def test_only_the_base_is_changed(world):
    s, _, _, Person, Manager, _, _ = world
    assert s.execute(update(Person).where(Person.name == "p").values(name="q")).rowcount == 1
    assert s.execute(delete(Person).where(Person.name == "q")).rowcount == 1
    assert str(update(Manager).values(car="x").where(Manager.car == "c")) == "UPDATE manager SET car=:car WHERE manager.car = :car_1"
    assert s.execute(update(Manager).where(Manager.car == "c").values(car="x")).rowcount == 1


def test_rows_of_a_class_in_two_tables(world):
    s, _, _, Person, Manager, _, _ = world
    s.execute(insert(Manager), [{"name": "a", "car": "1"}, {"name": "b", "car": "2"}])
    rows = "SELECT name, type, car FROM person JOIN manager ON manager.id = person.id WHERE name IN ('a', 'b', 'z') ORDER BY name"
    assert s.execute(text(rows)).all() == [("a", "manager", "1"), ("b", "manager", "2")]
    key = s.scalar(select(Manager.id).where(Manager.name == "a"))
    s.execute(update(Manager), [{"id": key, "name": "z", "car": "3"}])
    assert s.execute(text(rows)).all() == [("b", "manager", "2"), ("z", "manager", "3")]
    assert s.scalars(insert(Manager).returning(Manager.name), [{"name": "c"}]).all() == ["c"]


def test_load_only_leaves_subclasses_whole(world):
    s, statements, _, Person, _, _, _ = world
    people = s.scalars(select(Person).options(load_only(Person.name)).order_by(Person.id)).all()
    assert [p.__dict__.get("firm_id") for p in people] == [None] * 3
    assert people[1].car == "c" and people[2].desk == "d" and len(statements) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"polymorphic_load": "eager"}, "unknown argument for polymorphic_load: 'eager'"), ({"with_polymorphic": 5}, "Invalid setting for with_polymorphic: 5")],
)
def test_settings_that_say_nothing(settings, message):
    class Base(DeclarativeBase):
        pass

    with pytest.raises(exc.ArgumentError, match=message):

        class Person(Base):
            __tablename__ = "person"
            id = Column(Integer, primary_key=True)
            __mapper_args__ = settings


# ---- with_polymorphic(): aliases of the tables, one subquery, a selectable of the program's own


@pytest.fixture
def staff():
    Base, Firm, Person, Manager, Clerk, Trip = models({}, None)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Firm(staff=[Person(name="p"), Manager(name="m", car="c"), Clerk(name="k", desk="d")]))
        s.commit()
        yield s, Person, Manager, Clerk
    engine.dispose()


def own_selectable(Person, Manager):
    people, managers = Person.__table__, Manager.__table__
    return people.outerjoin(managers).select().set_label_style("tablename").subquery()


@pytest.mark.parametrize("form", ["flat", "named", "aliased", "selectable", "again"])
def test_with_polymorphic_over_something_else_than_the_tables(staff, form):
    s, Person, Manager, Clerk = staff
    given = {"flat": {"flat": True}, "named": {"flat": True, "name": "x"}, "selectable": {"selectable": own_selectable(Person, Manager)}}
    people = with_polymorphic(Person, "*", **given.get(form, {"aliased": True}))
    if form == "again":
        people = aliased(people)
    found = s.scalars(select(people).where(people.name != "p", people.Manager.car.is_(None) | (people.Manager.car == "c")).order_by(people.id)).all()
    assert [type(o) for o in found] == [Manager, Clerk]
    assert "car" in found[0].__dict__ and "desk" in found[1].__dict__  # read by the one statement
    assert s.scalars(select(people.Clerk.desk).where(people.Clerk.desk == "d")).all() == ["d"]


def test_names_of_flat_aliases(staff):
    _, Person, Manager, _ = staff
    assert "person AS x_person LEFT OUTER JOIN manager AS x_manager" in str(select(with_polymorphic(Person, [Manager], flat=True, name="x")))
    assert "person AS x_person JOIN manager AS x_manager" in str(select(aliased(Manager, name="x", flat=True)))
    with pytest.raises(exc.ArgumentError, match="cannot be passed simultaneously"):
        with_polymorphic(Person, [Manager], flat=True, selectable=Person.__table__)


def test_a_class_read_from_a_subquery_writes_its_discriminator(staff):
    s, Person, Manager, _ = staff
    mappings = registry()
    people, managers = Person.__table__, Manager.__table__
    Human = type("Human", (), {})
    Boss = type("Boss", (Human,), {})
    everyone = people.outerjoin(managers).select().set_label_style("tablename").subquery("everyone")
    mappings.map_imperatively(Human, people, polymorphic_on=people.c.type, polymorphic_identity="person", with_polymorphic=("*", everyone))
    mappings.map_imperatively(Boss, managers, inherits=Human, polymorphic_identity="manager")
    new = Boss()
    new.name, new.car = "b", "x"
    s.add(new)
    s.commit()
    assert new.type == "manager"
    found = s.scalars(select(Human).where(Human.name.in_(["b", "m"])).order_by(Human.name)).all()
    assert [(type(o), o.car) for o in found] == [(Boss, "x"), (Boss, "c")]
    assert "everyone.person_name" in str(select(Human.name))


def test_a_union_keeps_the_joins_of_its_parts(staff):
    s, Person, Manager, _ = staff
    people, managers = Person.__table__, Manager.__table__
    union = polymorphic_union({"m": people.join(managers), "p": people}, "kind", "both")
    assert s.execute(select(func.count()).select_from(union)).scalar() == 4
    reduced = people.outerjoin(managers).select().where(managers.c.id.is_(None)).reduce_columns()
    assert s.execute(reduced.with_only_columns(func.count(), maintain_column_froms=True)).scalar() == 2
    assert "LEFT OUTER JOIN" in str(reduced) and "manager.id AS" not in str(reduced)


def test_the_key_of_a_subclass_read_along_is_that_of_its_table(staff):
    s, Person, Manager, _ = staff
    along = with_polymorphic(Person, [Manager], flat=True)
    assert [type(p).__name__ for p in s.scalars(select(along).where(along.Manager.id > 0))] == ["Manager"]
    assert "manager_1.id" in str(select(along.Manager.id)) and "person_1.id" in str(select(along.id))


def test_an_alias_of_a_subquery_has_the_columns_that_it_shows():
    """A key or column of a subclass is not read from another one of the same name."""
    _, _, Person, Manager, _, _ = models({}, None)
    person = aliased(Person, select(Person, func.upper(Person.name).label("car")).subquery())
    engine = create_engine("sqlite://")
    Person.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Manager(name="m", car="c"), Person(name="p")])
        s.commit()
        s.expunge_all()
        statements = []
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        m, _ = s.scalars(select(person).order_by(person.id)).all()
        assert "manager" not in statements[0] and "car," not in statements[0].split("FROM")[0]
        assert m.car == "c" and len(statements) == 2
        assert len(s.scalars(select(person).union(select(person))).all()) == 2


def test_what_stands_in_the_discriminator_of_each_row():
    """Instances share the text that names their class, those of rows that say something else have their own."""
    Base, Firm, Person, Manager, Clerk, Trip = models({}, None)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Manager(name="a"), Manager(name="b"), Manager(name="c"), Manager(name="d"), Person(name="p"), Person(name="q")])
        s.commit()
        s.execute(text("UPDATE person SET type = 'MANAGER' WHERE name = 'b'"))
        s.execute(text("UPDATE person SET type = NULL WHERE name = 'c'"))
        s.expunge_all()
        found = s.scalars(select(Manager).order_by(Manager.id)).all()  # a class without subclasses takes what is there
        assert [m.type for m in found] == ["manager", "MANAGER", None, "manager"]
        assert found[0].type is found[3].type
        s.expunge_all()
        s.execute(text("UPDATE person SET type = 'manager' WHERE name IN ('b', 'c')"))
        found = s.scalars(select(Person).order_by(Person.id)).all()
        assert [(type(p), p.type) for p in found] == [(Manager, "manager")] * 4 + [(Person, "person")] * 2
        assert len({id(p.type) for p in found}) == 2
        found[0].type = "other"
        assert [p.type for p in found[:2]] == ["other", "manager"]
        kept = found[1].type
        s.rollback()
        s.expunge_all()
        del found
        assert kept == "manager"
    engine.dispose()
