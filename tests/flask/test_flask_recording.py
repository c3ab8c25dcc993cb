"""Recorded queries and the signals of modifications."""

import pytest


@pytest.fixture
def recording(app):
    app.config["SQLALCHEMY_RECORD_QUERIES"] = True
    return app


@pytest.fixture
def tracking(app):
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = True
    return app


def test_queries_are_recorded(package, recording, db, Todo):
    recorded = package.module("record_queries").get_recorded_queries
    with recording.app_context():
        assert recorded() == []
        db.session.execute(db.select(Todo).where(Todo.id < 5)).scalars()
        (info,) = recorded()
        assert "SELECT" in info.statement and "FROM todo" in info.statement and "5" not in info.statement
        assert info.parameters[0][0] == 5
        assert info.duration == info.end_time - info.start_time and info.duration >= 0
        assert "test_queries_are_recorded" in info.location and "test_flask_recording.py:" in info.location
    with recording.app_context():
        assert recorded() == [], "each app context has its own list"


def test_writes_are_recorded(package, recording, db, Todo):
    recorded = package.module("record_queries").get_recorded_queries
    with recording.app_context():
        todo = Todo(title="a")
        db.session.add(todo)
        db.session.commit()
        todo.title = "b"
        db.session.commit()
        db.session.delete(todo)
        db.session.commit()
        words = [info.statement.split()[0] for info in recorded()]
        assert words == ["INSERT", "SELECT", "UPDATE", "SELECT", "DELETE"] or words == ["INSERT", "UPDATE", "SELECT", "DELETE"]


def test_of_all_binds(package, recording):
    recording.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(recording)
    with recording.app_context():
        db.session.execute(db.text("SELECT 1"))
        with db.engines["other"].connect() as connection:
            connection.execute(db.text("SELECT 2"))
        assert [i.statement for i in package.module("record_queries").get_recorded_queries()] == ["SELECT 1", "SELECT 2"]


def test_outside_a_context(package, recording, db):
    with recording.app_context():
        engine = db.engine
    with engine.connect() as connection:
        assert connection.execute(db.text("SELECT 1")).scalar() == 1


def test_not_by_default(package, app, db):
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
        assert package.module("record_queries").get_recorded_queries() == []


def test_signals(package, tracking, db, Todo):
    module = package.module("track_modifications")
    before, after = [], []

    def on_before(sender, changes):
        before.append((sender, list(changes)))

    def on_after(sender, changes):
        after.append((sender, list(changes)))

    with tracking.app_context(), module.before_models_committed.connected_to(on_before, tracking), module.models_committed.connected_to(on_after, tracking):
        todo = Todo(title="a")
        db.session.add(todo)
        db.session.commit()
        assert before == after == [(tracking, [(todo, "insert")])]
        todo.title = "b"
        db.session.commit()
        assert after[-1] == (tracking, [(todo, "update")])
        db.session.delete(todo)
        db.session.commit()
        assert after[-1] == (tracking, [(todo, "delete")]) and len(after) == 3
        db.session.commit()
        assert len(after) == 3, "nothing changed, nothing is sent"


def test_signals_after_flushes(package, tracking, db, Todo):
    after = []

    def on_after(sender, changes):
        after.extend(operation for _, operation in changes)

    with tracking.app_context(), package.module("track_modifications").models_committed.connected_to(on_after, tracking):
        one, two = Todo(title="one"), Todo(title="two")
        db.session.add_all([one, two])
        db.session.flush()
        assert after == []
        db.session.commit()
        assert after == ["insert", "insert"]


def test_no_signal_after_a_rollback(package, tracking, db, Todo):
    after = []

    def on_after(sender, changes):
        after.append(changes)

    with tracking.app_context(), package.module("track_modifications").models_committed.connected_to(on_after, tracking):
        db.session.add(Todo(title="lost"))
        db.session.flush()
        db.session.rollback()
        db.session.commit()
        assert after == []
        db.session.add(Todo(title="kept"))
        db.session.commit()
        assert len(after) == 1


def test_no_signal_by_default(package, app, db, Todo):
    after = []

    def on_after(sender, changes):
        after.append(changes)

    with app.app_context(), package.module("track_modifications").models_committed.connected_to(on_after, app):
        db.session.add(Todo())
        db.session.commit()
        assert after == []
