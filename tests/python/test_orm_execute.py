"""do_orm_execute: what its listeners hear of, what they are told, and what they may do."""

import pytest
from cormorant import ForeignKey, create_engine, event, inspect, select
from cormorant.exc import InvalidRequestError
from cormorant.orm import (
    DeclarativeBase, Mapped, Session, UserDefinedOption, joinedload, mapped_column, relationship, selectin_polymorphic, selectinload,
    subqueryload, with_loader_criteria,
)  # fmt: skip
from cormorant.orm.exc import ObjectDeletedError


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(deferred=True, default="dusty")
    volumes: Mapped[list["Volume"]] = relationship(back_populates="shelf", order_by="Volume.id")


class Volume(Base):
    __tablename__ = "volume"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    gone: Mapped[bool] = mapped_column(default=False)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="volumes")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "volume"}


class Atlas(Volume):
    __tablename__ = "atlas"
    id: Mapped[int] = mapped_column(ForeignKey("volume.id"), primary_key=True)
    maps: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "atlas"}


class Label(UserDefinedOption):
    pass


class Lasting(UserDefinedOption):
    propagate_to_loaders = True


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Shelf(id=1, name="top", volumes=[Volume(id=1), Volume(id=2, gone=True), Atlas(id=3, maps=9)]))
        session.commit()
        session.expunge_all()
        yield session
    engine.dispose()


@pytest.fixture
def told(session):
    """What listeners heard: a column load, or the relationship and the instance it is loaded for; None for the program's own."""
    heard = []

    @event.listens_for(session, "do_orm_execute")
    def hear(state):
        if state.is_column_load:
            heard.append("columns")
        elif state.is_relationship_load:
            mapper, prop = state.loader_strategy_path
            heard.append((mapper.class_, prop.key, state.lazy_loaded_from.obj() if state.lazy_loaded_from else None))
        else:
            heard.append((tuple(state.loader_strategy_path), state.lazy_loaded_from))
        assert state.is_select and state.is_orm_statement and state.bind_mapper in state.all_mappers

    yield heard


OWN = ((), None)


def test_lazy_loads_are_told(session, told):
    shelf = session.scalars(select(Shelf)).one()
    assert [v.id for v in shelf.volumes] == [1, 2, 3]
    assert told == [OWN, (Shelf, "volumes", shelf)]
    session.expunge_all()
    volume = session.get(Volume, 1)
    assert volume.shelf.name == "top"
    assert told[2:] == [OWN, (Volume, "shelf", volume)]
    assert volume.shelf.volumes[0].shelf is volume.shelf  # in the identity map: nothing runs
    assert told[4:] == [(Shelf, "volumes", volume.shelf)]


def test_refreshes_are_told(session, told):
    shelf = session.scalars(select(Shelf)).one()
    assert shelf.note == "dusty"
    session.expire(shelf)
    assert shelf.name == "top"
    session.refresh(shelf)
    session.refresh(shelf, ["note"])
    session.refresh(shelf, with_for_update=True)
    assert told == [OWN] + ["columns"] * 5


@pytest.mark.parametrize("loader", [selectinload, subqueryload])
def test_loads_that_follow_are_told(session, told, loader):
    session.scalars(select(Shelf).options(loader(Shelf.volumes))).one()
    assert told == [OWN, (Shelf, "volumes", None)]


def test_joined_loads_are_part_of_their_statement(session, told):
    session.scalars(select(Shelf).options(joinedload(Shelf.volumes))).unique().one()
    assert told == [OWN]


def test_columns_of_subclasses_are_told(session, told):
    atlas = session.scalars(select(Volume).where(Volume.id == 3).options(selectin_polymorphic(Volume, [Atlas]))).one()
    assert atlas.maps == 9 and told == [OWN, OWN]


def test_merging_is_told(session, told):
    assert session.merge(Shelf(id=1, name="bottom")).name == "bottom"
    assert told[0] == OWN


@pytest.mark.parametrize("where", [None, selectinload, subqueryload])
def test_criteria_of_a_listener_reach_relationships(session, where):
    @event.listens_for(session, "do_orm_execute")
    def hide(state):
        if state.is_relationship_load:
            state.statement = state.statement.options(with_loader_criteria(Volume, Volume.gone == False))  # noqa: E712

    shelf = session.scalars(select(Shelf).options(*([where(Shelf.volumes)] if where else []))).one()
    assert [v.id for v in shelf.volumes] == [1, 3]


def test_criteria_of_the_first_statement_stay_with_its_objects(session):
    @event.listens_for(session, "do_orm_execute")
    def hide(state):
        if not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(with_loader_criteria(Volume, Volume.gone == False))  # noqa: E712

    shelf = session.scalars(select(Shelf)).one()
    assert shelf.note == "dusty"  # what is read again keeps the options of its object
    assert [v.id for v in shelf.volumes] == [1, 3]
    session.commit()
    assert [v.id for v in shelf.volumes] == [1, 3]


def test_conditions_of_a_listener_count(session):
    @event.listens_for(session, "do_orm_execute")
    def narrow(state):
        if state.bind_mapper is inspect(Volume):
            state.statement = state.statement.where(Volume.id > 1).order_by(None).order_by(Volume.id.desc())

    assert [v.id for v in session.scalars(select(Shelf)).one().volumes] == [3, 2]


def test_a_row_that_a_listener_hides_is_gone(session):
    shelf = session.scalars(select(Shelf)).one()
    session.expire(shelf)
    event.listen(session, "do_orm_execute", lambda state: setattr(state, "statement", state.statement.where(Shelf.id != 1)))
    with pytest.raises(ObjectDeletedError):
        shelf.name


@pytest.mark.parametrize("loader", [None, selectinload, subqueryload])
def test_a_listener_may_answer(session, loader):
    """The recipe of result caches: frozen results of statements."""
    frozen, asked = {}, []

    @event.listens_for(session, "do_orm_execute")
    def cached(state):
        if not state.is_relationship_load:
            return None
        key = str(state.statement.compile(compile_kwargs={"literal_binds": True}))
        asked.append(key)
        if key not in frozen:
            frozen[key] = state.invoke_statement().freeze()
        return frozen[key]()

    options = [loader(Shelf.volumes)] if loader else []
    for _ in range(2):
        shelf = session.scalars(select(Shelf).options(*options)).one()
        assert [v.id for v in shelf.volumes] == [1, 2, 3]
        session.expire(shelf, ["volumes"])
    assert len(asked) == 2 and len(frozen) == 1 and "1" in asked[0]


def test_refreshes_may_be_answered(session):
    @event.listens_for(session, "do_orm_execute")
    def answer(state):
        return state.invoke_statement()

    shelf = session.scalars(select(Shelf)).one()
    session.connection().exec_driver_sql("UPDATE shelf SET name = 'middle'")
    session.refresh(shelf)
    assert shelf.name == "middle" and [v.id for v in shelf.volumes] == [1, 2, 3]


def test_other_columns_cannot_be_put_in_place(session):
    shelf = session.scalars(select(Shelf)).one()
    event.listen(session, "do_orm_execute", lambda state: setattr(state, "statement", select(Volume.id, Volume.kind)))
    with pytest.raises(InvalidRequestError, match="other columns"):
        shelf.volumes
    session.rollback()


def test_options_of_the_program_travel(session):
    seen = []
    event.listen(session, "do_orm_execute", lambda state: seen.append([option.payload for option in state.user_defined_options]))
    shelf = session.scalars(select(Shelf).options(Label("here"), Lasting("along"))).one()
    shelf.volumes[0].shelf
    assert seen == [["here", "along"], ["along"]]
    assert "Label" not in str(select(Shelf).options(Label("here")))


def test_listeners_after_the_one_that_invokes_are_told(session):
    calls = []

    def first(state):
        calls.append("first")
        return state.invoke_statement(execution_options={"marked": True})

    event.listen(session, "do_orm_execute", first)
    event.listen(session, "do_orm_execute", lambda state: calls.append(state.execution_options.get("marked")))
    session.scalars(select(Shelf).options(selectinload(Shelf.volumes))).one()
    assert calls == ["first", True, "first", True]


def test_parameters_may_be_added(session):
    from cormorant import bindparam, insert

    def more(state):
        if state.is_executemany:
            return state.invoke_statement(params=[{"name": "x"}, {"name": "y"}])
        if state.parameters is not None and "a" in state.parameters:
            return state.invoke_statement(params={"b": "bottom"})
        return None

    event.listen(session, "do_orm_execute", more)
    found = session.scalars(select(Shelf.id).where(Shelf.name.in_([bindparam("a"), bindparam("b", "?")])), {"a": "top"}).all()
    assert found == [1]
    session.execute(insert(Shelf), [{"id": 7, "note": ""}, {"id": 8, "note": ""}])
    assert session.scalars(select(Shelf.name).where(Shelf.id > 6).order_by(Shelf.id)).all() == ["x", "y"]
    with pytest.raises(InvalidRequestError, match="2 parameter sets for a statement that was executed with 1"):
        session.execute(insert(Shelf), [{"id": 9, "note": "", "name": ""}])


def test_nobody_listens_any_more(session, told):
    shelf = session.scalars(select(Shelf)).one()
    event.remove(session, "do_orm_execute", next(iter(session.__dict__["_sa_event_listeners"]["do_orm_execute"])).fn)
    assert len(shelf.volumes) == 3 and told == [OWN]
