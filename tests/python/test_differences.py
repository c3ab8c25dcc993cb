"""Where Cormorant answers otherwise than the reference on purpose: the list is docs/differences.md, this shows each line.

What bad input shows (test_bad_input.py) is not repeated here.
"""

import sqlite3
import threading
import warnings

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"])
def test_driver_suffixes_mean_the_built_in_driver(driver):
    with sa.create_engine(f"{driver}://").connect() as connection:
        assert connection.scalar(sa.select(1)) == 1


def test_queries_are_executable(session):
    session.add(Node(name="a"))
    assert session.execute(session.query(Node.name)).all() == [("a",)]


def test_legacy_doors_are_quiet(session):
    session.add(Node(id=1, name="a"))
    session.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert session.query(Node).get(1).name == "a"
        row = session.execute(sa.select(Node.id, Node.name)).one()
        assert row.t == row.tuple() == row


def test_an_empty_list_writes_nothing(session):
    with pytest.raises(exc.SQLAlchemyError):
        session.execute(sa.insert(Node), [])
    with session.get_bind().connect() as connection, pytest.raises(exc.SQLAlchemyError):
        connection.execute(sa.insert(Node.__table__), [])


def test_names_in_double_quotes_are_names(session):
    with pytest.raises(exc.OperationalError, match="nosuch"):
        session.execute(sa.select(sa.column("nosuch", is_literal=False).label("x")).select_from(Node)).all()
    session.rollback()
    with pytest.raises(exc.OperationalError, match="no such col"):
        session.execute(sa.select(sa.column("no such col")).select_from(Node)).all()  # quoted: SQLite would answer the text
    session.rollback()


def test_reading_takes_no_lock_and_writes_nothing(tmp_path):
    path = tmp_path / "x.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    before = path.read_bytes()
    with Session(engine) as session:
        assert session.query(Node).all() == []
        with sqlite3.connect(path, timeout=0) as other:  # a transaction of ours would still see the old file
            other.execute("insert into node (id, name) values (1, 'theirs')")
        other.close()
        assert [n.name for n in session.query(Node)] == ["theirs"]
    engine.dispose()
    assert len(path.read_bytes()) == len(before)


def test_a_memory_database_is_one_for_all_threads(session):
    session.add(Node(name="a"))
    session.commit()
    found = []
    engine = session.get_bind()

    def read():
        with Session(engine) as own:
            found.append(own.query(Node).count())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert found == [1]


def test_strings_of_relationships_are_no_python():
    class Own(DeclarativeBase):
        pass

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", primaryjoin="__import__('os').getcwd() == Child.id")

    class Child(Own):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)

    try:
        with pytest.raises(exc.SQLAlchemyError, match="Parent.children may not call"):
            Parent()
    finally:
        Own.registry.dispose()


def test_errors_carry_no_links(session):
    with pytest.raises(exc.OperationalError) as caught:
        session.execute(sa.text("selec"))
    assert "Background on this error" not in str(caught.value)


def test_types_without_cache_ok_are_quiet():
    class Upper(sa.TypeDecorator):
        impl = sa.String

        def process_bind_param(self, value, dialect):
            return value.upper()

    class one(sa.sql.functions.FunctionElement):
        name = "one"
        type = sa.Integer()

    table = sa.Table("t", sa.MetaData(), sa.Column("x", Upper))
    engine = sa.create_engine("sqlite://")
    table.create(engine)
    with warnings.catch_warnings(), engine.begin() as connection:
        warnings.simplefilter("error")
        connection.execute(table.insert(), {"x": "a"})
        assert connection.execute(sa.select(table).where(table.c.x == "a")).all() == [("A",)]
        str(sa.select(one()))
