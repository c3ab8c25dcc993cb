"""Under `-W error` warnings of the core raise where they arise, and leave the session as any failure does."""

import warnings

import pytest
from cormorant import ForeignKey, create_engine, event, select
from cormorant.exc import SAWarning
from cormorant.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "ship"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    boats: Mapped[list["Boat"]] = relationship(back_populates="ship", cascade="merge")
    bell: Mapped["Bell"] = relationship(uselist=False)


class Boat(Base):
    __tablename__ = "boat"
    id: Mapped[int] = mapped_column(primary_key=True)
    ship_id: Mapped[int | None] = mapped_column(ForeignKey("ship.id"))
    ship: Mapped[Ship | None] = relationship(back_populates="boats", cascade="merge")


class Bell(Base):
    __tablename__ = "bell"
    id: Mapped[int] = mapped_column(primary_key=True)
    ship_id: Mapped[int] = mapped_column(ForeignKey("ship.id"))


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        session.add(Ship(id=1))
        session.commit()
        yield session
    engine.dispose()


def fails(session, act, words):
    with pytest.raises(SAWarning, match=words):
        act()
    session.rollback()
    assert session.get(Ship, 1).name == "" and session.scalars(select(Ship.id)).all() == [1]


def test_what_listeners_do_while_a_flush_writes(session):
    ship = session.get(Ship, 1)
    acts = [
        lambda: session.add(Ship(id=9)), lambda: session.delete(ship), lambda: ship.boats.append(Boat()), lambda: setattr(ship, "bell", None),
    ]  # fmt: skip
    ship.boats, ship.bell  # noqa: B018 (loaded)
    for act in acts:
        listener = lambda mapper, connection, target, act=act: act()  # noqa: E731
        event.listen(Ship, "before_update", listener)
        ship.name = "changed"
        fails(session, session.flush, "execution stage of the flush")
        event.remove(Ship, "before_update", listener)


def test_rows_that_are_gone(session):
    session.connection().exec_driver_sql("INSERT INTO bell VALUES (1, 1)")
    session.commit()
    bell = session.get(Bell, 1)
    session.delete(bell)
    session.connection().exec_driver_sql("DELETE FROM bell")
    fails(session, session.flush, "expected to delete 1")


def test_objects_outside_the_session(session):
    ship = session.get(Ship, 1)
    ship.name = "changed"
    ship.boats.append(Boat())
    fails(session, session.flush, "not in session, add operation along 'Ship.boats'")
    boat = Boat(ship=Ship())
    session.add(boat)
    fails(session, session.flush, "not in session, add operation along 'Boat.ship'")


@pytest.mark.parametrize("options", [[], [joinedload(Ship.bell)]])
def test_several_rows_for_a_scalar(session, options):
    session.connection().exec_driver_sql("INSERT INTO bell VALUES (1, 1), (2, 1)")
    session.expire_all()
    fails(session, lambda: session.scalars(select(Ship).options(*options)).unique().one().bell, "Multiple rows returned with uselist=False")
