"""with_loader_criteria: where conditions on a class hold, and for how long."""

import pytest

import cormorant as sa
from cormorant import ForeignKey, create_engine, orm, select, update
from cormorant.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload, with_loader_criteria


class Base(DeclarativeBase):
    pass


class Tenanted:
    tenant: Mapped[int]


class House(Tenanted, Base):
    __tablename__ = "house"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    street_id: Mapped[int | None] = mapped_column(ForeignKey("street.id"))
    street: Mapped["Street | None"] = relationship(back_populates="houses")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "house"}


class Villa(House):
    __tablename__ = "villa"
    id: Mapped[int] = mapped_column(ForeignKey("house.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "villa"}


class Street(Base):
    __tablename__ = "street"
    id: Mapped[int] = mapped_column(primary_key=True)
    houses: Mapped[list[House]] = relationship(back_populates="street", order_by=House.id)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Street(houses=[House(tenant=1), House(tenant=2), Villa(tenant=1), Villa(tenant=2)]))
        session.commit()
        yield session
    engine.dispose()


def houses(street):
    return [house.id for house in street.houses]


def test_lazy_loads_keep_them(session):
    street = session.scalars(select(Street).options(with_loader_criteria(House, House.tenant == 1))).one()
    assert houses(street) == [1, 3]
    session.commit()
    assert houses(street) == [1, 3]


def test_references_that_are_loaded_lazily_keep_them(session):
    session.add(House(tenant=3, street=session.get(Street, 1)))
    session.commit()
    session.expunge_all()
    house = session.scalars(select(House).where(House.tenant == 3).options(with_loader_criteria(Street, Street.id == 7))).one()
    assert house.street is None


def test_they_go_deeper_than_one_lazy_load(session):
    house = session.scalars(select(House).where(House.id == 1).options(with_loader_criteria(House, House.tenant == 1))).one()
    assert houses(house.street) == [1, 3]


@pytest.mark.parametrize("loader", [None, joinedload])
def test_they_may_be_over_with_their_statement(session, loader):
    options = [with_loader_criteria(House, House.tenant == 1, propagate_to_loaders=False), *([loader(Street.houses)] if loader else [])]
    assert houses(session.scalars(select(Street).options(*options)).unique().one()) == [1, 2, 3, 4]
    assert session.scalars(select(House.id).options(options[0])).all() == [1, 3]


def test_an_object_that_is_there_is_read_again_whatever_they_say(session):
    villa = session.scalars(select(Villa).options(with_loader_criteria(Villa, Villa.tenant == 1))).one()
    session.execute(update(House).where(House.id == villa.id).values(tenant=5), execution_options={"synchronize_session": False})
    session.expire(villa)
    assert villa.tenant == 5
    session.refresh(villa)


@pytest.mark.parametrize("entity", [Villa, aliased(House)])
def test_subclasses_and_aliases_are_meant_only_on_request(session, entity):
    for aliases in (False, True):
        found = session.scalars(select(entity).options(with_loader_criteria(House, House.tenant == 1, include_aliases=aliases))).all()
        assert {house.tenant for house in found} == ({1} if aliases else {1, 2})


def test_classes_below_a_mixin_are_all_meant(session):
    found = session.scalars(select(Street).options(with_loader_criteria(Tenanted, lambda cls: cls.tenant == 2), selectinload(Street.houses))).one()
    assert houses(found) == [2, 4]


def test_conditions_of_a_relationship_may_be_the_first_use_of_its_classes():
    reg = orm.registry()
    parents = sa.Table("parents", reg.metadata, sa.Column("id", sa.Integer, primary_key=True))
    children = sa.Table("children", reg.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("parent_id", sa.ForeignKey("parents.id")), sa.Column("x", sa.Integer))
    Parent, Child = type("Parent", (), {}), type("Child", (), {})
    reg.map_imperatively(Parent, parents, properties={"children": orm.relationship(reg.map_imperatively(Child, children))})
    statement = sa.select(Parent).options(orm.joinedload(Parent.children.and_(Child.x > 1)))
    engine = sa.create_engine("sqlite://")
    reg.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.execute(sa.insert(parents).values(id=1))
        session.execute(sa.insert(children), [{"parent_id": 1, "x": 1}, {"parent_id": 1, "x": 2}])
        assert [c.x for c in session.scalars(statement).unique().one().children] == [2]
