"""The migrations checked in with the library: run on Cormorant's tables and on SQLAlchemy's, they leave the same database, keep its rows,
and lead to what the models say."""

import sqlite3

import pytest

from . import twins

pytest.importorskip("flask_migrate", reason="no Flask-Migrate: pip install flask-migrate")
pytest.importorskip("flask_login", reason="no Flask-Login: pip install flask-login")
FOLDER = "examples/library/migrations"
CREATE = "from examples.library import create_app; from examples.library.extensions import db; create_app().app_context().push(); db.create_all()"


def schema(path):
    """Columns, indexes and foreign keys of each table, in no order."""
    with sqlite3.connect(path) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'")]
        found = {}
        for name in names:
            found[name] = {
                "columns": sorted(row[1:] for row in db.execute(f"PRAGMA table_info('{name}')")),
                "keys": sorted(row[2:] for row in db.execute(f"PRAGMA foreign_key_list('{name}')")),
                "unique": sorted(
                    (unique, sorted(row[2] for row in db.execute(f"PRAGMA index_info('{index}')")))
                    for _, index, unique, *_ in db.execute(f"PRAGMA index_list('{name}')")
                ),
            }
        return found


def text(path):
    with sqlite3.connect(path) as db:
        return sorted(row for row in db.execute("SELECT type, name, sql FROM sqlite_master") if row[2])


@pytest.mark.parametrize("side", twins.SIDES)
def test_history(tmp_path, side):
    folder = twins.copies(tmp_path / "copies")[side]
    path, fresh = tmp_path / "library.db", tmp_path / "fresh.db"

    def flask_db(*command):
        return twins.run(folder, side, f"sqlite:///{path}", "-m", "flask", "--app", "examples.library", "db", command[0], "-d", FOLDER, *command[1:])

    flask_db("upgrade", "0001")
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO user (id, name, password_hash) VALUES (1, 'Ann', 'x')")
        db.execute("INSERT INTO book (id, public_id, owner_id, title, author) VALUES (1, 'x', 1, 'roman à clef', 'Zola')")
    flask_db("upgrade")
    assert "0002 (head)" in flask_db("current")
    assert "No new upgrade operations detected" in flask_db("check")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT title, notes, read_on FROM book").fetchall() == [("roman à clef", "", None)]
    twins.run(folder, side, f"sqlite:///{fresh}", "-c", CREATE)
    columns = {name: table["columns"] for name, table in schema(fresh).items()}
    assert columns == {name: table["columns"] for name, table in schema(path).items()}
    assert {name: (t["keys"], t["unique"]) for name, t in schema(path).items()} == {name: (t["keys"], t["unique"]) for name, t in schema(fresh).items()}
    flask_db("downgrade", "0001")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT * FROM book").fetchall() == [(1, "x", 1, "roman à clef", "Zola")]
    flask_db("downgrade", "base")
    assert schema(path) == {}


def test_both_sides_leave_the_same_database(tmp_path):
    left = {}
    for side, folder in twins.copies(tmp_path / "copies").items():
        path = tmp_path / f"{side}.db"
        twins.run(folder, side, f"sqlite:///{path}", "-m", "flask", "--app", "examples.library", "db", "upgrade", "-d", FOLDER)
        left[side] = text(path)
    assert left["cormorant"] == left["sqlalchemy"] and len(left["cormorant"]) == 6
