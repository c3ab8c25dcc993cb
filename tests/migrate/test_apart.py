"""Alembic without Flask, and migrations of programs that run under `cormorant.compat`."""

from __future__ import annotations

from typing import Any

import pytest

MODELS = """
from cormorant import ForeignKey, String
from cormorant.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), index=True)
"""


@pytest.fixture
def alembic(project: Any) -> Any:
    """A program with a folder of migrations as `alembic init` writes it."""
    project.write("models.py", MODELS)
    project.run("-m", "alembic", "init", "migrations")
    project.replace("alembic.ini", "sqlalchemy.url = driver://user:pass@localhost/dbname", "sqlalchemy.url = sqlite:///app.db")
    project.replace(
        "migrations/env.py", "target_metadata = None",
        "from models import Base\nfrom cormorant.migrate import to_sqlalchemy\ntarget_metadata = to_sqlalchemy(Base.metadata)",
    )  # fmt: skip
    return project


def test_plain_alembic(alembic: Any) -> None:
    alembic.run("-m", "alembic", "revision", "--autogenerate", "-m", "start")
    alembic.run("-m", "alembic", "upgrade", "head")
    assert set(alembic.schema("app.db")) == {"user", "ix_user_name"}
    assert "No new upgrade operations" in alembic.run("-m", "alembic", "check")
    alembic.replace("models.py", "String(30), index=True", "String(30)")
    alembic.run("-m", "alembic", "revision", "--autogenerate", "-m", "no index")
    alembic.run("-m", "alembic", "upgrade", "head")
    assert set(alembic.schema("app.db")) == {"user"}
    alembic.run("-m", "alembic", "downgrade", "base")
    assert alembic.schema("app.db") == {}


def test_autogenerate_with_render_item_of_the_program(alembic: Any) -> None:
    alembic.replace("models.py", "class User", """
from cormorant.types import UserDefinedType

class Point(UserDefinedType):
    cache_ok = True
    def get_col_spec(self, **kw):
        return "POINT"

class User""")
    alembic.write("models.py", (alembic.path / "models.py").read_text() + "    at: Mapped[str] = mapped_column(Point)\n")
    alembic.replace("migrations/env.py", "            connection=connection,", "            connection=connection, render_item=render,")
    alembic.replace("migrations/env.py", "def run_migrations_offline", """def render(kind, item, context):
    return "sa.VARCHAR(31)" if kind == "type" and getattr(item, "length", 0) == 30 else False


def run_migrations_offline""")
    alembic.run("-m", "alembic", "revision", "--autogenerate", "-m", "start")
    (path,) = alembic.versions()
    assert "sa.VARCHAR(31)" in path.read_text() and "import cormorant.migrate" in path.read_text()
    alembic.run("-m", "alembic", "upgrade", "head")
    assert "VARCHAR(31)" in alembic.schema("app.db")["user"] and "POINT" in alembic.schema("app.db")["user"]


def test_the_bridge_refuses_the_alias(project: Any) -> None:
    printed = project.run("-c", "import cormorant.compat; cormorant.compat.install(); import cormorant.migrate", check=False)
    assert "ImportError: cormorant.migrate needs the real SQLAlchemy" in printed


def test_alembic_under_the_alias(project: Any) -> None:
    assert "alembic needs the real SQLAlchemy" in project.run("-m", "cormorant.compat", "-c", "import alembic", check=False)
    assert "usage: " in project.run("-m", "cormorant.compat", "-m", "alembic", "--help")


APP = """
import sys
from flask import Flask
from flask_migrate import Migrate, upgrade
from flask_sqlalchemy import SQLAlchemy
import sqlalchemy as sa

app = Flask(__name__, instance_path={path!r})
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
db = SQLAlchemy(app)
migrate = Migrate(app, db, compare_type=True)

@migrate.configure
def configure(config):
    return config

class User(db.Model):
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(30), index=True)

@app.cli.command()
def which():
    print(type(db).__module__, "alembic" in sys.modules, User.query.count())
"""


@pytest.fixture
def aliased(project: Any) -> Any:
    pytest.importorskip("flask_sqlalchemy", reason="the reference is not installed: pip install flask-sqlalchemy")
    project.write("app.py", APP.format(path=str(project.path)))
    return project


FLASK = ("-m", "cormorant.compat", "-m", "flask", "--app", "app")


def test_flask_db_under_the_alias(aliased: Any) -> None:
    aliased.run(*FLASK, "db", "init")
    assert "Detected added table 'user'" in aliased.run(*FLASK, "db", "migrate", "-m", "a message of words")
    aliased.run(*FLASK, "db", "upgrade")
    assert set(aliased.schema("app.db")) == {"user", "ix_user_name"}
    assert "a message of words" in aliased.run(*FLASK, "db", "history")
    assert "migrate" in aliased.run(*FLASK, "db", "--help") and "db " in aliased.run(*FLASK, "--help")
    assert "No such command" in aliased.run(*FLASK, "db", "nonsense", check=False)
    assert aliased.run(*FLASK, "which").strip() == "cormorant.flask.extension False 0"


def test_flask_db_of_a_program_that_installs_the_alias(aliased: Any) -> None:
    aliased.write("app.py", "import cormorant.compat\ncormorant.compat.install()\n" + (aliased.path / "app.py").read_text())
    aliased.db("init")
    aliased.db("migrate")
    aliased.db("upgrade")
    assert set(aliased.schema("app.db")) == {"user", "ix_user_name"}
    assert aliased.run("-m", "flask", "--app", "app", "which").split()[:2] == ["cormorant.flask.extension", "False"]
    assert aliased.run("-m", "flask", "--app", "app", "which", CORMORANT_COMPAT="off").split()[:2] == ["flask_sqlalchemy.extension", "True"]


def test_migrations_within_an_aliased_process_are_refused(aliased: Any) -> None:
    program = "from app import *\nwith app.app_context():\n    upgrade()"
    printed = aliased.run("-m", "cormorant.compat", "-c", program, check=False)
    assert "RuntimeError: flask_migrate.upgrade() cannot run within a process in which cormorant.compat is installed" in printed
    runner = "from app import *\nprint(app.test_cli_runner().invoke(args=['db', 'upgrade']).output)"
    assert "Error: db upgrade cannot run within a process" in aliased.run("-m", "cormorant.compat", "-c", runner)
    printed = aliased.run("-m", "cormorant.compat", "-c", "import flask_migrate; flask_migrate.nonsense", check=False)
    assert "AttributeError: module 'flask_migrate'" in printed
