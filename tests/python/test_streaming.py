"""Rows of entities read in chunks: yield_per and stream_results."""

import gc
from typing import List

import pytest

from cormorant import ForeignKey, bindparam, create_engine, event, exc, func, select
from cormorant.orm import Bundle, DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[List["Item"]] = relationship()


class Item(Base):
    __tablename__ = "i"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("u.id"))


@pytest.fixture
def session(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'file.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([User(id=n, name=str(n), items=[Item()]) for n in range(1, 101)])
        s.commit()
        s.expunge_all()
        s.statements = []
        event.listen(engine, "before_cursor_execute", lambda conn, cursor, text, *rest: s.statements.append(text))
        yield s
    engine.dispose()


def test_only_a_chunk_is_held(session):
    gc.collect()
    most = 0
    for count, user in enumerate(session.scalars(select(User).order_by(User.id).execution_options(yield_per=10)), 1):
        assert user.id == count
        most = max(most, len(session.identity_map))
    assert count == 100 and most <= 10


def test_the_database_is_asked_as_far_as_rows_are_read(session):
    calls = []
    session.connection().connection.dbapi_connection.create_function("seen", 1, lambda n: calls.append(n) or n)
    result = session.execute(select(User, func.seen(User.id)).execution_options(yield_per=10))
    assert result.fetchone()[1] == 1 and len(calls) == 10
    assert len(result.fetchmany(15)) == 15 and len(calls) == 20
    result.close()
    assert len(calls) == 20


def test_follow_up_loads_come_with_each_chunk(session):
    seen = [len(u.items) for u in session.scalars(select(User).options(selectinload(User.items)).execution_options(yield_per=40))]
    assert seen == [1] * 100
    assert len(session.statements) == 1 + 3


def test_partitions_and_the_rest(session):
    statement = select(User).order_by(User.id)
    assert [len(p) for p in session.scalars(statement, execution_options={"yield_per": 33}).partitions()] == [33, 33, 33, 1]
    assert [len(p) for p in session.scalars(statement.execution_options(stream_results=True)).partitions(40)] == [40, 40, 20]
    assert len(list(session.query(User).yield_per(7))) == 100
    result = session.execute(statement.execution_options(stream_results=True, max_row_buffer=5))
    assert len(result.fetchmany(3)) == 3 and len(result.all()) == 97 and result.all() == []
    assert session.scalars(statement.where(User.id > 500).execution_options(yield_per=5)).all() == []
    assert session.scalars(statement.where(User.id == 5).execution_options(yield_per=5)).one().name == "5"
    assert len(session.scalars(statement.execution_options(yield_per=5)).unique().all()) == 100
    named = session.execute(select(Bundle("b", User.id, User.name), User.id).order_by(User.id).execution_options(yield_per=30))
    assert [row.b.name for row in named] == [str(n) for n in range(1, 101)]


def test_parameters_reach_the_open_cursor(session):
    statement = select(User).where(User.name == bindparam("name")).execution_options(yield_per=5)
    assert session.scalars(statement, {"name": "7"}).one().id == 7


def test_changes_while_reading(session):
    for user in session.scalars(select(User).order_by(User.id).execution_options(yield_per=10)):
        user.name = f"n{user.id}"
        if user.id % 10 == 0:
            session.flush()
    session.commit()
    assert session.scalar(select(User.name).where(User.id == 100)) == "n100"


def test_collections_cannot_be_joined(session):
    statement = select(User).options(joinedload(User.items))
    with pytest.raises(exc.InvalidRequestError, match="Can't use yield_per with eager loaders that require uniquing"):
        session.scalars(statement.execution_options(yield_per=10))
    assert len(session.scalars(statement.execution_options(stream_results=True)).unique().all()) == 100


def test_a_result_that_is_left_behind(session):
    result = session.scalars(select(User).execution_options(yield_per=10))
    first = next(iter(result))
    session.close()
    with pytest.raises(exc.ResourceClosedError):
        result.all()
    assert first.name == "1"
