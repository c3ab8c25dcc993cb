"""`db.test_isolation()`: the application commits, and nothing stays; databases in memory and files, all binds, all doors."""

import sqlite3
import threading

import flask
import pytest

from cormorant import exc
from cormorant.flask import SQLAlchemy
from cormorant.pool import NullPool


class World:
    """An application with two databases, a view that writes, and a row in each that was there before."""

    def __init__(self, folder, kind):
        self.path = folder / "main.db" if kind != "memory" else None
        app = self.app = flask.Flask(__name__)
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://" if kind == "memory" else f"sqlite:///{self.path}"
        app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://" if kind == "memory" else f"sqlite:///{folder / 'other.db'}"}
        if kind == "nullpool":
            app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool}
        db = self.db = SQLAlchemy(app)

        class Note(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            text = db.Column(db.String(50), unique=True)

        class Log(db.Model):
            __bind_key__ = "other"
            id = db.Column(db.Integer, primary_key=True)
            line = db.Column(db.String(50))

        self.Note, self.Log = Note, Log

        @app.post("/notes/<text>")
        def add(text):
            db.session.add_all([Note(text=text), Log(line=text)])
            try:
                db.session.commit()
            except exc.IntegrityError:
                db.session.rollback()
                db.session.add(Log(line="refused"))
                db.session.commit()
                return "", 409
            return "", 201

        @app.get("/notes")
        def notes():
            return flask.jsonify(db.session.scalars(db.select(Note.text).order_by(Note.id)).all())

        with app.app_context():
            db.create_all()
            db.session.add_all([Note(text="before"), Log(line="before")])
            db.session.commit()

    def state(self):
        with self.app.app_context():
            select, session = self.db.select, self.db.session
            return session.scalars(select(self.Note.text)).all(), session.scalars(select(self.Log.line)).all()


@pytest.fixture(params=["memory", "file", "nullpool"])
def world(request, tmp_path):
    return World(tmp_path, request.param)


BEFORE = (["before"], ["before"])


def test_commits_of_views_are_undone(world):
    client = world.app.test_client()
    with world.db.test_isolation(world.app):
        assert client.post("/notes/one").status_code == 201
        assert client.post("/notes/before").status_code == 409
        assert client.get("/notes").json == ["before", "one"]
        assert world.state() == (["before", "one"], ["before", "one", "refused"])
    assert world.state() == BEFORE
    with world.db.test_isolation(world.app):
        assert client.post("/notes/one").status_code == 201, "isolated anew"
    assert world.state() == BEFORE
    assert client.post("/notes/stays").status_code == 201
    assert world.state() == (["before", "stays"], ["before", "stays"])


def test_of_the_current_application_with_its_session(world):
    db, Note = world.db, world.Note
    client = world.app.test_client()
    with world.app.app_context():
        with db.test_isolation() as given:
            assert given is db
            note = db.session.scalars(db.select(Note)).one()
            note.text = "changed"
            db.session.commit()
            assert client.get("/notes").json == ["changed"]
            assert client.post("/notes/view").status_code == 201
            note.text = "never"
            db.session.flush()
            db.session.rollback()
            assert note.text == "changed"
            assert db.session.scalars(db.select(Note.text).order_by(Note.id)).all() == ["changed", "view"]
            with db.session.begin_nested():
                db.session.delete(note)
            db.session.commit()
        assert db.session.scalars(db.select(Note.text)).all() == ["before"]
        assert note not in db.session, "what the session knew is gone"
    assert world.state() == BEFORE


def test_a_rollback_undoes_its_own_work_only(world):
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
        assert db.session.scalars(db.select(Note.text)).all() == ["before", "kept"]


def test_engines_and_raw_connections(world):
    db, Note = world.db, world.Note
    with world.app.app_context(), db.test_isolation():
        with db.engine.begin() as connection:
            connection.execute(db.insert(Note).values(text="engine"))
        raw = db.engine.raw_connection()
        raw.cursor().execute("INSERT INTO note (text) VALUES ('raw')")
        raw.commit()
        raw.cursor().execute("INSERT INTO note (text) VALUES ('raw, not committed')")
        raw.rollback()
        raw.close()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(db.text("INSERT INTO note (text) VALUES ('autocommit')"))
        assert db.session.scalars(db.select(Note.text)).all() == ["before", "engine", "raw", "autocommit"]
        db.session.execute(db.text("UPDATE note SET text = 'u' || id"))
        db.session.commit()
        db.engine.dispose()
        assert len(db.session.scalars(db.select(Note.text)).all()) == 4
    assert world.state() == BEFORE


def test_tables_made_meanwhile(world):
    db = world.db
    with world.app.app_context():
        with db.test_isolation():
            db.drop_all()
            db.create_all()
            extra = db.Table("extra", db.Column("id", db.Integer))
            extra.create(db.engine)
            assert db.inspect(db.engine).has_table("extra")
        assert not db.inspect(db.engine).has_table("extra")
    assert world.state() == BEFORE


def test_threads(world):
    """Requests in threads of their own, at once: each commits or waits its turn."""
    codes = []

    def request(i):
        codes.append(world.app.test_client().post(f"/notes/{i}").status_code)

    with world.db.test_isolation(world.app):
        threads = [threading.Thread(target=request, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [201] * 8 and len(world.state()[0]) == 9
    assert world.state() == BEFORE


def test_other_programs_see_nothing(tmp_path):
    world = World(tmp_path, "file")
    with world.db.test_isolation(world.app):
        world.app.test_client().post("/notes/inside")
        other = sqlite3.connect(world.path)
        assert other.execute("SELECT text FROM note").fetchall() == [("before",)]
        other.close()
    assert world.state() == BEFORE


def test_undone_after_an_exception(world):
    with pytest.raises(ZeroDivisionError), world.db.test_isolation(world.app):
        world.app.test_client().post("/notes/one")
        1 / 0
    assert world.state() == BEFORE


def test_a_session_left_in_the_middle(world):
    """The transaction of another context, not ended when the block is: it is over."""
    with world.app.app_context():
        with world.db.test_isolation(world.app):
            with world.app.app_context():
                world.db.session.add(world.Note(text="middle"))
                world.db.session.flush()
                left = world.db.session()
                world.db.session.registry.clear()
        left.rollback()
        assert left.scalars(world.db.select(world.Note.text)).all() == ["before"]
        left.close()
    assert world.state() == BEFORE


def test_not_twice(world):
    with world.db.test_isolation(world.app):
        with pytest.raises(exc.InvalidRequestError, match="isolated already"), world.db.test_isolation(world.app):
            pass
        world.app.test_client().post("/notes/one")
    assert world.state() == BEFORE


def test_open_transactions_are_named(world):
    db = world.db
    with world.app.app_context():
        db.session.add(world.Note(text="open"))
        db.session.flush()
        with pytest.raises(exc.InvalidRequestError, match="cannot be isolated.*(in use|is open); end"), db.test_isolation():
            pass
        db.session.rollback()
        with db.test_isolation():
            db.session.add(world.Note(text="inside"))
            db.session.commit()
    assert world.state() == BEFORE


def test_a_commit_as_text_is_noticed(world):
    db = world.db
    with world.app.app_context():
        with db.test_isolation():
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(db.text("COMMIT"))
            db.session.add(world.Note(text="outside"))
            with pytest.raises(exc.InvalidRequestError, match="was ended by a COMMIT or ROLLBACK"):
                db.session.commit()
            db.session.rollback()
    assert world.state() == BEFORE


def test_without_an_application():
    with pytest.raises(RuntimeError, match="application context"), SQLAlchemy().test_isolation():
        pass
