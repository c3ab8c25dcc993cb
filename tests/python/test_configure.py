"""Completing mappers: which registries a mapper that fails blocks, and when others are completed."""

import pytest
from cormorant import Column, ForeignKey, Integer, Table, create_engine, event, inspect, select
from cormorant.exc import ArgumentError, InvalidRequestError
from cormorant.orm import DeclarativeBase, Mapped, Mapper, Session, aliased, configure_mappers, declarative_base, mapped_column, registry, relationship


def healthy():
    Base = declarative_base()

    class Healthy(Base):
        __tablename__ = "healthy"
        id: Mapped[int] = mapped_column(primary_key=True)

    return Healthy


def broken():
    Base = declarative_base()

    class Broken(Base):
        __tablename__ = "broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        others = relationship("Nowhere")

    return Broken


def used(cls):
    engine = create_engine("sqlite://")
    cls.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(cls(id=1))
        session.commit()
        assert session.scalars(select(cls).where(cls.id == 1)).one() is session.get(cls, 1)
        assert session.scalars(select(aliased(cls))).one().id == 1 and inspect(cls).relationships.keys() == []
        assert session.query(cls).count() == 1
    engine.dispose()


@pytest.fixture(autouse=True)
def _gone():
    """Registries that tests broke on purpose are out of the way of other tests."""
    made = []
    listener = lambda mapper, cls: made.append(mapper.registry)  # noqa: E731
    event.listen(Mapper, "after_mapper_constructed", listener)
    yield
    event.remove(Mapper, "after_mapper_constructed", listener)
    for found in made:
        found.dispose()


def test_a_failure_blocks_its_own_registry():
    Broken, Healthy = broken(), healthy()
    used(Healthy)
    with pytest.raises(InvalidRequestError, match="Nowhere"):
        Broken()
    with pytest.raises(InvalidRequestError, match="One or more mappers failed to initialize"):
        Broken(id=1)
    with pytest.raises(InvalidRequestError, match="One or more mappers failed"):
        str(select(Broken.id))
    used(Healthy)
    used(healthy())  # declared since
    with pytest.raises(InvalidRequestError, match="One or more mappers failed"):
        configure_mappers()


def test_the_first_use_says_what_is_wrong():
    Broken, Healthy = broken(), healthy()
    used(Healthy)  # on the way Broken was tried, and nobody was told
    with pytest.raises(InvalidRequestError, match="'Nowhere' failed to locate a name"):
        inspect(Broken).relationships


def test_classes_that_come_later():
    Base = declarative_base()

    class Early(Base):
        __tablename__ = "early"
        id: Mapped[int] = mapped_column(primary_key=True)
        lates = relationship("Late")

    used(healthy())

    class Late(Base):
        __tablename__ = "late"
        id: Mapped[int] = mapped_column(primary_key=True)
        early_id = mapped_column(ForeignKey("early.id"))

    assert Early(lates=[Late()]).lates[0].early_id is None


def test_a_registry_that_leads_to_one_that_failed():
    Broken = broken()

    class Base(DeclarativeBase):
        pass

    class Fine(Base):
        __tablename__ = "fine"
        id: Mapped[int] = mapped_column(primary_key=True)
        broken_id = mapped_column(ForeignKey(Broken.id))
        broken = relationship(Broken)

    for _ in range(2):
        with pytest.raises(InvalidRequestError, match="Nowhere"):
            Fine()
    used(healthy())


def test_bases_of_another_registry():
    theirs, mine = registry(), registry()
    up = Table("up", theirs.metadata, Column("id", Integer, primary_key=True))
    down = Table("down", theirs.metadata, Column("id", ForeignKey(up.c.id), primary_key=True))

    class Up:
        pass

    class Down(Up):
        pass

    theirs.map_imperatively(Up, up, properties={"others": relationship("Nowhere")})
    mine.map_imperatively(Down, down, inherits=Up)
    with pytest.raises(InvalidRequestError, match="Nowhere"):
        str(select(Down))


def test_configure_of_one_registry():
    Broken, Healthy = broken(), healthy()
    Healthy.registry.configure()
    assert inspect(Healthy).configured and not Broken.__mapper__.configured
    with pytest.raises(InvalidRequestError, match="Nowhere"):
        Broken.registry.configure()

    class Leading(declarative_base()):
        __tablename__ = "leading"
        id: Mapped[int] = mapped_column(primary_key=True)
        healthy_id = mapped_column(ForeignKey(Healthy.id))
        healthy = relationship(Healthy)

    with pytest.raises(InvalidRequestError, match="other registries"):
        Leading.registry.configure()
    Leading.registry.configure(cascade=True)


def test_a_wrong_argument_blocks_no_others():
    class Base(DeclarativeBase):
        pass

    class Wrong(Base):
        __tablename__ = "wrong"
        id: Mapped[int] = mapped_column(primary_key=True)
        up_id = mapped_column(ForeignKey("wrong.id"))
        up = relationship("Wrong", back_populates="down", remote_side=[id])
        down = relationship("Wrong", back_populates="up", remote_side=[id])

    used(healthy())
    with pytest.raises(ArgumentError):
        Wrong()
    used(healthy())
