"""The tutorial programs: each prints on Cormorant what it prints on SQLAlchemy, never imports SQLAlchemy, and shares its
file with SQLAlchemy and with the sqlite3 module."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

PACKAGE = str(Path(cormorant.__file__).parent.parent)  # the build under test
PROGRAMS = ["users", "products", "books"]
BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sqlalchemy", "flask_sqlalchemy"):
            raise ImportError(name + " is blocked in this test")
sys.meta_path.insert(0, Block())
import runpy
module, sys.argv = sys.argv[1], sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=False)
"""


def run(root, module, url, cwd, block=True):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(cwd), PACKAGE]), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "ignore"] + (["-c", BLOCK, module] if block else ["-m", module]) + [url]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def twins(root, tmp_path_factory):
    """The examples as they are, and with SQLAlchemy's imports."""
    pytest.importorskip("sqlalchemy", reason="SQLAlchemy is the oracle: pip install sqlalchemy==2.1.9")
    ours, theirs = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    for folder in (ours, theirs):
        shutil.copytree(root / "examples" / "tutorials", folder / "examples" / "tutorials")
        (folder / "examples" / "__init__.py").write_text("")
    for path in (theirs / "examples" / "tutorials").glob("*.py"):
        path.write_text(path.read_text().replace("from cormorant", "from sqlalchemy"))
    return ours, theirs


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_the_same(root, twins, tmp_path, name):
    ours, theirs = twins
    module = f"examples.tutorials.{name}"
    expected = run(root, module, f"sqlite:///{tmp_path}/theirs.db", theirs, block=False)
    assert run(root, module, f"sqlite:///{tmp_path}/ours.db", ours) == expected
    assert expected.count("\n") >= 5


@pytest.mark.parametrize("name", PROGRAMS)
def test_leaves_the_same_tables(root, twins, tmp_path, name):
    ours, theirs = twins
    dumps = []
    for folder, block in ((ours, True), (theirs, False)):
        path = tmp_path / f"{folder.name}.db"
        run(root, f"examples.tutorials.{name}", f"sqlite:///{path}", folder, block)
        with sqlite3.connect(path) as db:
            tables = sorted(r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
            schema = [[r[1:] for r in db.execute(f"PRAGMA table_info({t})")] for t in tables]
            dumps.append((tables, schema, [sorted(db.execute(f"SELECT * FROM {t}")) for t in tables]))
    assert dumps[0] == dumps[1]


def test_a_file_goes_on_elsewhere(root, twins, tmp_path):
    """Begun by SQLAlchemy, gone on with here, and back; then read by the plain driver."""
    ours, theirs = twins
    url = f"sqlite:///{tmp_path}/shared.db"
    module = "examples.tutorials.products"
    assert "count: 3 3" in run(root, module, url, theirs, block=False)
    assert "count: 6 6" in run(root, module, url, ours)
    assert "count: 9 9" in run(root, module, url, theirs, block=False)
    with sqlite3.connect(tmp_path / "shared.db") as db:
        assert db.execute("SELECT count(*), count(DISTINCT id) FROM product").fetchone() == (9, 9)


def test_others_write_while_a_session_is_idle(tmp_path):
    from cormorant import Column, Integer, String, create_engine
    from cormorant.orm import declarative_base, sessionmaker

    base = declarative_base()

    class Note(base):
        __tablename__ = "note"
        id = Column(Integer, primary_key=True)
        text = Column(String(40))

    engine = create_engine(f"sqlite:///{tmp_path}/notes.db")
    base.metadata.create_all(engine)
    session = sessionmaker(bind=engine)()
    session.add(Note(text="ours"))
    session.commit()
    assert session.query(Note).count() == 1
    with sqlite3.connect(tmp_path / "notes.db", timeout=0.1) as db:  # no lock is held by having read
        db.execute("INSERT INTO note (text) VALUES ('theirs')")
    assert [n.text for n in session.query(Note).order_by(Note.id)] == ["ours", "theirs"]
    session.add(Note(text="again"))
    session.commit()
    with sqlite3.connect(tmp_path / "notes.db") as db:
        assert db.execute("SELECT count(*) FROM note").fetchone() == (3,)
