"""What third-party libraries rely on: found by running their suites (tests/foreign/run.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from cormorant import (
    Column, DateTime, Enum, ForeignKey, ForeignKeyConstraint, Integer, Interval, MetaData, String, Table, TypeDecorator, bindparam,
    create_engine, create_mock_engine, event, insert, inspect, literal, select, text, tuple_, update,
)
from cormorant.dialects import dialect_object, mssql, oracle
from cormorant.ext.asyncio import async_sessionmaker, create_async_engine
from cormorant.orm import DeclarativeBase, Session, column_property, configure_mappers, declared_attr, mapped_column, mapperlib, registry, relationship, with_loader_criteria
from cormorant.orm.attributes import set_attribute
from cormorant.orm.exc import MappedAnnotationError
from cormorant.orm.instrumentation import is_instrumented
from cormorant.schema import CreateTable
from cormorant.sql.util import ClauseAdapter, find_tables
from cormorant.util.langhelpers import generic_repr, get_cls_kwargs


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.fixture
def User(Base):
    class User(Base):
        __tablename__ = "user"
        id = Column(Integer, primary_key=True)
        name = Column("login", String)
        twice = column_property(literal(2))
        boss_id = Column(ForeignKey("user.id"))
        boss = relationship("User", remote_side=id)

    return User


def session_of(Base):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return Session(engine)


def test_columns_of_a_subquery_of_attributes_nobody_has_used_yet(User):
    assert select(User.id, User.name).subquery().c.keys() == ["id", "name"]


def test_a_class_mapped_to_a_subquery_has_its_key(Base, User):
    class Named(Base):
        __table__ = select(User).where(User.name == "a").subquery("named")

    with session_of(Base) as session:
        session.add_all([User(name="a"), User(name="b")])
        session.commit()
        assert [n.login for n in session.scalars(select(Named))] == ["a"]
        assert session.get(Named, 1).login == "a"


def test_attributes_are_true(User):
    assert User.id and User.name and User.boss
    assert not getattr(User, "nothing", None)


def test_properties_come_columns_last(User):
    assert inspect(User).attrs.keys() == ["twice", "boss", "id", "name", "boss_id"]
    assert [p.key for p in inspect(User).iterate_properties] == ["twice", "boss", "id", "name", "boss_id"]


def test_foreign_keys_choose_the_constraint_of_exactly_those_columns(Base):
    class Room(Base):
        __tablename__ = "room"
        house = Column(Integer, primary_key=True)
        number = Column(Integer, primary_key=True)

    class Guest(Base):
        __tablename__ = "guest"
        id = Column(Integer, primary_key=True)
        house = Column(ForeignKey("room.house"))
        number = Column(ForeignKey("room.number"))
        room = relationship(Room, foreign_keys=[house, number])
        __table_args__ = (ForeignKeyConstraint(["house", "number"], ["room.house", "room.number"]),)

    assert len(inspect(Guest).relationships.room.local_remote_pairs) == 2


def test_declared_attr_of_ones_own(Base):
    class counted(declared_attr):
        def __get__(self, instance, owner):
            return Column(self.fget(owner), Integer, default=7)

    class Thing(Base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)

        @counted
        def n(cls):
            return f"{cls.__name__}_n"

    assert Thing.__table__.c.Thing_n.default.arg == 7 and Thing.n.key == "n"


def test_mapper_configured_is_said_once(Base, User):
    said = []

    @event.listens_for(User, "mapper_configured")
    def late(mapper, cls):
        said.append(cls)
        cls.peers = relationship(User, primaryjoin=User.id == User.boss_id, remote_side=User.boss_id, viewonly=True)

    configure_mappers()
    assert User.peers.property.uselist and said == [User]


def test_registries_and_their_mappers(User):
    assert inspect(User).registry in mapperlib._all_registries()
    assert all(isinstance(r, registry) for r in mapperlib._all_registries())


def test_instances_made_without_init(User):
    heard = []
    event.listen(User, "init", lambda target, args, kwargs: heard.append((target, args, kwargs)))
    manager = inspect(User).class_manager
    user = manager.new_instance()
    manager.dispatch.init(inspect(user), [], {})
    assert heard == [(user, (), {})]
    heard.clear()


def test_criteria_of_a_mixin_and_in_updates(Base):
    class Hidden:
        hidden = Column(Integer, default=0)

    class Page(Hidden, Base):
        __tablename__ = "page"
        id = Column(Integer, primary_key=True)

    visible = with_loader_criteria(Hidden, lambda cls: cls.hidden == 0)
    with session_of(Base) as session:
        session.add_all([Page(), Page(hidden=1)])
        session.commit()
        assert len(session.scalars(select(Page).options(visible)).all()) == 1
        assert session.execute(update(Page).values(hidden=2).options(visible)).rowcount == 1


def test_lists_given_at_execution(Base, User):
    names = bindparam("names", expanding=True)
    with session_of(Base) as session:
        session.execute(insert(User), [{"name": n} for n in "abc"])
        stmt = select(User.name).where(User.name.in_(names)).order_by(User.id)
        for wanted in (["a", "c"], ["b"], [], ["a", "b", "c"]):
            assert session.scalars(stmt, {"names": wanted}).all() == wanted
            assert session.connection().execute(stmt, {"names": wanted}).scalars().all() == wanted
        raw = text("select login from user where login in :names").bindparams(names)
        assert session.scalars(raw, {"names": ["c"]}).all() == ["c"]


def test_tuples_compare_with_tuples(Base, User):
    with session_of(Base) as session:
        session.execute(insert(User), [{"name": n} for n in "abc"])
        after = select(User.name).where(tuple_(User.name, User.id) > ("a", 1)).order_by(User.id)
        assert session.scalars(after).all() == ["b", "c"]


def test_a_recursive_query_without_a_name(User):
    up = select(User.id, User.boss_id).where(User.id == 3).cte(recursive=True)
    whole = up.union_all(select(User.id, User.boss_id).join(up, User.id == up.c.boss_id))
    assert str(select(whole)).count("AS \n(") == 1


def test_adapting_to_another_table(User):
    table = User.__table__
    alias = table.alias("u2")
    assert str(ClauseAdapter(alias).traverse(table.c.id == 1)) == "u2.id = :id_1"
    assert find_tables(table.c.id == 1) == [] or find_tables(select(table)) == [table]


def test_types_of_other_databases():
    assert str(mssql.BIT().compile()) == "BIT" and str(oracle.NUMBER(10, 2).compile()) == "NUMBER(10, 2)"


def test_generic_repr():
    class Point:
        def __init__(self, x, y=0):
            self.x, self.y = x, y

    assert generic_repr(Point(1)) == "Point(1)" and generic_repr(Point(1, 2)) == "Point(1, y=2)"
    assert get_cls_kwargs(Point) == {"x", "y"}


def test_asyncio_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="create_async_engine"):
        create_async_engine("sqlite://")
    with pytest.raises(NotImplementedError, match="async_sessionmaker"):
        async_sessionmaker()()


def test_columns_are_not_iterable(User):
    for expression in (User.__table__.c.id, User.id, User.id + 1):
        assert not isinstance(expression, Iterable)
        with pytest.raises(TypeError, match="not iterable"):
            iter(expression)


def test_names_of_annotations_take_arguments():
    from cormorant.dialects.postgresql import Range
    from cormorant.engine import FrozenResult, TupleResult
    from cormorant.engine.interfaces import _CoreAnyExecuteParams, IsolationLevel
    from cormorant.orm import Bundle, InstanceState, MappedColumn, PropComparator
    from cormorant.orm._typing import OrmExecuteOptionsParameter
    from cormorant.orm.properties import RelationshipProperty
    from cormorant.sql._typing import _ColumnExpressionArgument, _ColumnExpressionOrLiteralArgument, _ColumnExpressionOrStrLabelArgument
    from cormorant.sql.dml import Insert, ReturningInsert
    from cormorant.sql.selectable import ForUpdateParameter

    for name in (Range, FrozenResult, TupleResult, Bundle, InstanceState, MappedColumn, PropComparator, RelationshipProperty, ReturningInsert):
        assert name[int].__origin__ is name
    for name in (_ColumnExpressionArgument, _ColumnExpressionOrLiteralArgument, _ColumnExpressionOrStrLabelArgument):
        assert name[int] | str
    assert issubclass(ReturningInsert, Insert)
    assert None not in (_CoreAnyExecuteParams, IsolationLevel, OrmExecuteOptionsParameter, ForUpdateParameter)


def test_instances_made_before_the_mappers_are_complete(Base):
    """Classes with a metaclass and a __new__ of their own, as SQLModel makes them, do not pass through ours."""
    mapped = registry()

    class Team:
        def __init__(self, **values):
            for key, value in values.items():
                assert is_instrumented(self, key)
                set_attribute(self, key, value)

    class Member(Team):
        pass

    teams, members = (Table(n, mapped.metadata, Column("id", Integer, primary_key=True), Column("team_id", ForeignKey("team.id"))) for n in ("team", "member"))
    mapped.map_imperatively(Team, teams, properties={"members": relationship("Member", back_populates="team", foreign_keys=members.c.team_id)})
    mapped.map_imperatively(Member, members, concrete=True, properties={"team": relationship(Team, back_populates="members", foreign_keys=members.c.team_id)})
    team = Team(id=1)
    assert Member(team=team).team is team and len(team.members) == 1


def test_inspecting_a_class_completes_nothing(Base):
    class Link(Base):
        __tablename__ = "link"
        team_id = Column(ForeignKey("team.id"), primary_key=True)

    assert inspect(Link).local_table is Link.__table__  # although there is no team yet
    Base.registry.dispose()


def test_entities_that_cannot_be_hashed_are_unique_by_identity():
    @dataclass
    class Point:
        id: int

    mapped = registry()
    mapped.map_imperatively(Point, Table("point", mapped.metadata, Column("id", Integer, primary_key=True)))
    engine = create_engine("sqlite://")
    mapped.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Point(1))
        session.commit()
        assert session.query(Point).first() == Point(1)
        assert len(session.scalars(select(Point)).unique().all()) == 1


def test_a_duration_plus_a_moment_of_the_programs_own_is_of_its_type():
    class Moment(TypeDecorator):
        impl, cache_ok = DateTime, True

    at = Column("at", Moment)
    assert [type(x.type) for x in (at + timedelta(1), timedelta(1) + at, at - at)] == [Moment, Moment, Interval]


def test_an_engine_that_only_shows_creates_the_types_too():
    shown = []
    engine = create_mock_engine("postgresql://", lambda statement, *args: shown.append(str(statement.compile(dialect=engine.dialect)).strip()))
    metadata = MetaData()
    for name in ("a", "b"):
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("size", Enum("s", "l", name="size")))
    metadata.create_all(engine, checkfirst=False)
    metadata.drop_all(engine, checkfirst=False)
    assert [s.split("(")[0].strip() for s in shown] == [
        "CREATE TYPE size AS ENUM", "CREATE TABLE a", "CREATE TABLE b", "DROP TABLE b", "DROP TABLE a", "DROP TYPE size",
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
def test_a_key_whose_nullability_is_written_out(dialect):
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True, nullable=True), Column("key", Integer, primary_key=True))
    lines = str(CreateTable(table).compile(dialect=dialect_object(dialect))).splitlines()
    assert ["NOT NULL" in line for line in lines if line.strip().startswith(("id", "`key`", "key", '"key"'))] == [False, True]


def test_engines_and_connections_are_connectable():
    """pandas asks before it takes them for more than a bare connection."""
    from cormorant.engine import Connectable

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        assert isinstance(engine, Connectable) and isinstance(connection, Connectable)


def test_a_relationship_has_not_what_columns_have(User):
    for name in ("name", "type", "description", "cast", "title"):
        with pytest.raises(AttributeError, match=name):
            getattr(User.boss, name)
    with pytest.raises(AttributeError, match="User.boss .*'name'.* a relationship.*join.*has"):
        User.boss.name


def test_annotations_without_mapped_are_refused(Base):
    for value in (mapped_column(Integer), relationship("User")):
        with pytest.raises(MappedAnnotationError, match=r"Bad.x.*Mapped\[int\].*__allow_unmapped__"):
            type("Bad", (Base,), {"__tablename__": "bad", "id": Column(Integer, primary_key=True), "__annotations__": {"x": int}, "x": value})

    class Fine(Base):
        __tablename__ = "fine"
        __allow_unmapped__ = True
        id: int = mapped_column(Integer, primary_key=True)

    assert Fine(id=1).id == 1
