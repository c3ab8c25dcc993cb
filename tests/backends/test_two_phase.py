"""Transactions in two phases on PostgreSQL: prepared ones survive everything, and are ended by their names."""

import pytest

import cormorant as sa
from cormorant import insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.backends.server import PostgreSQL


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Other(Base):
    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


@pytest.fixture(scope="module")
def pair():
    """Two databases of a server that lets transactions be prepared."""
    server = PostgreSQL(max_prepared_transactions="10")
    server.start()
    one = sa.create_engine(server.url())
    with one.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(text("CREATE DATABASE second"))
    two = sa.create_engine(server.url("second"))
    Base.metadata.create_all(one)
    Base.metadata.create_all(two)
    yield server, one, two
    one.dispose()
    two.dispose()
    server.remove()


@pytest.fixture
def engines(pair):
    server, one, two = pair
    yield one, two
    for engine in (one, two):
        with engine.connect() as c:
            for xid in c.recover_twophase():
                c.rollback()
                c.rollback_prepared(xid)
        with engine.begin() as c:
            c.execute(text("TRUNCATE item, other"))


def names(engine, cls=Item):
    with engine.connect() as c:
        return c.scalars(select(cls.name).order_by(cls.name)).all()


def test_on_a_connection(engines):
    one, _ = engines
    with one.connect() as c:
        with c.begin_twophase() as tx:
            c.execute(insert(Item), {"name": "a"})
            tx.prepare()
            with pytest.raises(sa.exc.InvalidRequestError, match="'prepared' state"):
                c.execute(text("SELECT 1"))
            assert names(one) == []
        assert names(one) == ["a"]
        tx = c.begin_twophase("it's \\ mine")
        c.execute(insert(Item), {"name": "b"})
        tx.prepare()
        with one.connect() as other:
            assert other.recover_twophase() == ["it's \\ mine"]
        tx.rollback()
        tx = c.begin_twophase()
        c.execute(insert(Item), {"name": "c"})
        tx.commit()
        tx = c.begin_twophase()
        c.execute(insert(Item), {"name": "d"})
        tx.rollback()
        c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.InvalidRequestError, match="already in progress"):
            c.begin_twophase()
        c.rollback()
        assert c.recover_twophase() == []
    assert names(one) == ["a", "c"]


def test_recovery(engines):
    """The program ends between the phases; another one finds what it prepared."""
    one, _ = engines
    c = one.connect()
    for name in ("x", "y"):
        tx = c.begin_twophase(name)
        c.execute(insert(Item), {"name": name})
        tx.prepare()
        c.invalidate()
        with pytest.raises(sa.exc.OperationalError, match="prepared, and waits to be recovered"):
            tx.commit()
    c.close()
    with one.connect() as c:
        assert c.recover_twophase() == ["x", "y"]
        with pytest.raises(sa.exc.InvalidRequestError, match="end that first"):
            c.commit_prepared("x")
        c.rollback()
        c.commit_prepared("x", recover=True)
        c.rollback_prepared("y", recover=True)
        with pytest.raises(sa.exc.ProgrammingError, match='"y" does not exist'):
            c.commit_prepared("y")
        assert c.recover_twophase() == []
    assert names(one) == ["x"]


def test_a_session_of_two_databases(engines):
    one, two = engines
    with Session(twophase=True, binds={Item: one, Other: two}) as s:
        s.add_all([Item(name="i"), Other(name="o")])
        s.commit()
        assert names(one) == ["i"] and names(two, Other) == ["o"]
        s.add_all([Item(name="i2"), Other(name="o")])
        with pytest.raises(sa.exc.IntegrityError):
            s.commit()
        s.rollback()
        s.add_all([Item(name="i3"), Other(name="o3")])
        s.prepare()
        with one.connect() as c, two.connect() as d:
            assert len(c.recover_twophase()) == len(d.recover_twophase()) == 1
        with pytest.raises(sa.exc.InvalidRequestError, match="'prepared' state"):
            s.execute(select(Item))
        s.commit()
        s.add_all([Item(name="i4"), Other(name="o4")])
        s.prepare()
        s.rollback()
    assert names(one) == ["i", "i3"] and names(two, Other) == ["o", "o3"]


def test_all_or_none_when_the_second_cannot_be_prepared(engines):
    """A deferred constraint fails in the first phase of the second database: the first, prepared already, is rolled back."""
    one, two = engines
    with two.begin() as c:
        c.execute(text("ALTER TABLE other ADD CONSTRAINT late UNIQUE (name) DEFERRABLE INITIALLY DEFERRED"))
        c.execute(text("ALTER TABLE other DROP CONSTRAINT other_name_key"))
    with Session(twophase=True, binds={Item: one, Other: two}) as s:
        s.add_all([Item(name="i"), Other(name="same"), Other(name="same")])
        with pytest.raises(sa.exc.IntegrityError, match="late"):
            s.commit()
        s.rollback()
        s.add(Item(name="after"))
        s.commit()
    with one.connect() as c:
        assert c.recover_twophase() == []
    assert names(one) == ["after"] and names(two, Other) == []


def test_where_there_is_none(engines, tmp_path):
    sqlite = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    with sqlite.connect() as c, pytest.raises(sa.exc.NotSupportedError, match="sqlite driver has no transactions in two phases"):
        c.begin_twophase()
    one, _ = engines
    with Session(one) as s, pytest.raises(sa.exc.InvalidRequestError, match="'twophase' mode not enabled"):
        s.prepare()


def test_a_server_that_does_not_let_it(server):
    engine = sa.create_engine(server.url())
    with engine.connect() as c:
        tx = c.begin_twophase()
        c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.OperationalError, match="prepared transactions are disabled"):
            tx.prepare()
        tx.rollback()
        assert c.scalar(text("SELECT 1")) == 1
    engine.dispose()
