"""Transactions of PostgreSQL: what they are like, what they are inside of one another, and how they end."""

import flask
import pytest

import cormorant as sa
from cormorant import Column, insert, select, text
from cormorant.flask import SQLAlchemy
from cormorant.orm import Session
from tests.backends.databases import needs


@pytest.fixture
def table(engine):
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", sa.Integer, unique=True))
    table.create(engine)
    return table


def rows(connection, table):
    return connection.scalars(select(table.c.v).order_by(table.c.v)).all()


def shown(connection, name):
    return connection.scalar(text(f"SHOW {name}"))


def test_read_only_and_deferrable(engine, table):
    with engine.connect().execution_options(isolation_level="SERIALIZABLE", postgresql_readonly=True, postgresql_deferrable=True) as c:
        assert [shown(c, f"transaction_{n}") for n in ("isolation", "read_only", "deferrable")] == ["serializable", "on", "on"]
        with pytest.raises(sa.exc.InternalError, match="read-only transaction") as caught:
            c.execute(insert(table), {"v": 1})
        assert caught.value.orig.sqlstate == "25006"
        c.rollback()
        with pytest.raises(sa.exc.InvalidRequestError, match="may not be altered"):
            c.execute(text("SELECT 1"))
            c.execution_options(postgresql_readonly=False)
    with engine.connect() as c:
        assert [shown(c, f"transaction_{n}") for n in ("isolation", "read_only", "deferrable")] == ["read committed", "off", "off"]
    with engine.execution_options(postgresql_readonly=True).connect() as c:
        assert shown(c, "transaction_read_only") == "on"
    with Session(engine) as s:
        s.connection(execution_options={"postgresql_readonly": True})
        with pytest.raises(sa.exc.InternalError, match="read-only transaction"):
            s.execute(insert(table), {"v": 1})


def test_the_level_of_an_engine_comes_back(server):
    """A connection that had another level has its engine's when it is taken again."""
    engine = sa.create_engine(server.url(), isolation_level="REPEATABLE READ", pool_size=1)
    for _ in range(2):
        with engine.connect() as c:
            assert shown(c, "transaction_isolation") == "repeatable read"
        with engine.connect().execution_options(isolation_level="SERIALIZABLE") as c:
            assert shown(c, "transaction_isolation") == "serializable"
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
            assert c.get_isolation_level() == "AUTOCOMMIT"
            c.execute(text("SELECT 1"))
            assert c.scalar(text("SELECT pg_current_xact_id_if_assigned()")) is None
    engine.dispose()


class World:
    """An application whose view writes, and a row that was there before."""

    def __init__(self, url):
        app = self.app = flask.Flask(__name__)
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        db = self.db = SQLAlchemy(app)

        class Note(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            text = db.Column(db.String(50), unique=True)

        self.Note = Note

        @app.post("/<text>")
        def add(text):
            db.session.add(Note(text=text))
            try:
                db.session.commit()
            except sa.exc.IntegrityError:
                db.session.rollback()
                db.session.add(Note(text=text + " again"))
                db.session.commit()
                return "", 409
            return "", 201

        with app.app_context():
            db.create_all()
            db.session.add(Note(text="before"))
            db.session.commit()

    def notes(self):
        with self.app.app_context():
            return self.db.session.scalars(self.db.select(self.Note.text).order_by(self.Note.id)).all()


@pytest.fixture
def world(engine, server):
    made = World(server.url())
    yield made
    with made.app.app_context():
        made.db.engine.dispose()


@needs("server")
def test_isolation_of_tests(world):
    client = world.app.test_client()
    for _ in range(2):
        with world.db.test_isolation(world.app):
            assert [client.post(f"/{n}").status_code for n in ("one", "before", "two")] == [201, 409, 201]
            assert world.notes() == ["before", "one", "before again", "two"]
        assert world.notes() == ["before"]
    assert client.post("/stays").status_code == 201
    assert world.notes() == ["before", "stays"]


def test_isolation_by_every_door(world):
    db, Note = world.db, world.Note
    with world.app.app_context(), db.test_isolation():
        db.session.add(Note(text="kept"))
        db.session.commit()
        db.session.add(Note(text="lost"))
        db.session.flush()
        db.session.rollback()
        savepoint = db.session.begin_nested()
        db.session.add(Note(text="lost too"))
        savepoint.rollback()
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(db.insert(Note).values(text="engine"))
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(db.text("INSERT INTO note (text) VALUES ('autocommit')"))
            for _ in range(2):
                with pytest.raises(sa.exc.IntegrityError):
                    connection.execute(db.text("INSERT INTO note (text) VALUES ('autocommit')"))
            connection.execute(db.text("UPDATE note SET text = 'AUTOCOMMIT' WHERE text = 'autocommit'"))
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            connection.execute(db.insert(Note).values(text="not"))
            connection.execute(db.insert(Note).values(text="kept"))
        with pytest.raises(sa.exc.InternalError, match="rolled back instead of committed"), db.engine.begin() as connection:
            connection.execute(db.insert(Note).values(text="not"))
            with pytest.raises(sa.exc.ProgrammingError):
                connection.execute(db.text("SELECT nonsense"))
        assert db.session.scalars(db.select(Note.text).order_by(Note.id)).all() == ["before", "kept", "engine", "AUTOCOMMIT"]
        db.session.commit()
        db.drop_all()
        assert not db.inspect(db.engine).has_table("note")
        db.create_all()
    assert world.notes() == ["before"]


@needs("server")
def test_isolation_ended_by_hand(world):
    db = world.db
    with world.app.app_context():
        with db.test_isolation():
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(db.text("COMMIT"))
            db.session.add(world.Note(text="outside"))
            with pytest.raises(sa.exc.InvalidRequestError, match="was ended by a COMMIT or ROLLBACK"):
                db.session.commit()
            db.session.rollback()
    assert world.notes() == ["before"]


@needs("server")
def test_isolation_of_threads(world):
    import threading

    codes = []
    with world.db.test_isolation(world.app):
        threads = [threading.Thread(target=lambda i=i: codes.append(world.app.test_client().post(f"/{i}").status_code)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [201] * 6 and len(world.notes()) == 7
    assert world.notes() == ["before"]


def test_tables_are_made_in_the_transaction_that_began(engine):
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, Column("id", sa.Integer, primary_key=True))
    with engine.connect() as c:
        c.begin()
        metadata.create_all(c)
        c.execute(insert(table), {"id": 1})
        c.rollback()
    assert sa.inspect(engine).get_table_names() == []
    with engine.begin() as c:
        metadata.create_all(c)
    with engine.connect() as c:
        c.begin()
        metadata.drop_all(c)
        c.rollback()
    assert sa.inspect(engine).get_table_names() == ["t"]
