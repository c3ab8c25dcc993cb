"""Programs that run under `cormorant.compat` and use Alembic or Flask-Migrate in the same process: the real SQLAlchemy beside the alias."""

from __future__ import annotations

from typing import Any

import pytest

ALIAS = ("-m", "cormorant.compat")

# ---- Flask-Migrate

APP = """
import sys
from flask import Flask
from flask_migrate import Migrate, check, downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy
import sqlalchemy as sa

app = Flask(__name__, instance_path={path!r})
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
db = SQLAlchemy(app)
migrate = Migrate(app, db, compare_type=True)
configured = []

@migrate.configure
def configure(config):
    configured.append(config)
    return config

class User(db.Model):
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(30), index=True)

class Color(sa.types.TypeDecorator):
    impl = sa.String(7)
    cache_ok = True

@app.cli.command()
def which():
    print(type(db).__module__, User.query.count(), len(configured), sa.create_engine.__module__)
"""
FLASK = (*ALIAS, "-m", "flask", "--app", "app")


@pytest.fixture
def flask(project: Any) -> Any:
    project.write("app.py", APP.format(path=str(project.path)))
    return project


def test_flask_db(flask: Any) -> None:
    flask.run(*FLASK, "db", "init")
    assert "Detected added table 'user'" in flask.run(*FLASK, "db", "migrate", "-m", "a message of words")
    flask.run(*FLASK, "db", "upgrade")
    assert set(flask.schema("app.db")) == {"user", "ix_user_name"}
    assert "a message of words" in flask.run(*FLASK, "db", "history")
    assert "No new upgrade operations" in flask.run(*FLASK, "db", "check")
    flask.replace("app.py", "sa.String(30), index=True", "sa.String(40)")
    flask.run(*FLASK, "db", "migrate", "-m", "wider")
    flask.run(*FLASK, "db", "upgrade")
    assert set(flask.schema("app.db")) == {"user"} and "VARCHAR(40)" in flask.schema("app.db")["user"]
    assert flask.run(*FLASK, "which").strip() == "cormorant.flask.extension 0 0 cormorant.engine.create"
    flask.run(*FLASK, "db", "downgrade", "base")
    assert flask.schema("app.db") == {}


def test_flask_db_of_a_program_that_installs_the_alias(flask: Any) -> None:
    flask.write("app.py", "import cormorant.compat\ncormorant.compat.install()\n" + (flask.path / "app.py").read_text())
    flask.db("init")
    flask.db("migrate")
    flask.db("upgrade")
    assert set(flask.schema("app.db")) == {"user", "ix_user_name"}
    assert flask.run("-m", "flask", "--app", "app", "which").split()[0] == "cormorant.flask.extension"
    pytest.importorskip("flask_sqlalchemy", reason="the reference is not installed: pip install flask-sqlalchemy")
    assert flask.run("-m", "flask", "--app", "app", "which", CORMORANT_COMPAT="off").split()[0] == "flask_sqlalchemy.extension"


SUITE = """
from app import *
import pytest

def test_users():
    with app.app_context():
        with pytest.raises(sa.exc.OperationalError):
            User.query.count()
        db.session.rollback()
        upgrade()
        assert type(db.engine).__module__ == "cormorant.engine.base" and len(configured) == 1
        db.session.add(User(name="wendy"))
        db.session.commit()
        assert User.query.one().name == "wendy"
        check()
        assert app.test_cli_runner().invoke(args=["db", "current"]).exit_code == 0
        downgrade(revision="base")
        db.session.rollback()
        assert "user" not in sa.inspect(db.engine).get_table_names()
"""


@pytest.mark.parametrize("url", ["sqlite:///other.db", "sqlite:///:memory:"])
def test_upgrade_called_by_a_suite(flask: Any, url: str) -> None:
    flask.run(*FLASK, "db", "init")
    flask.run(*FLASK, "db", "migrate")
    flask.replace("app.py", "sqlite:///app.db", url)
    flask.write("test_it.py", SUITE)
    assert "1 passed" in flask.run(*ALIAS, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")


def test_a_migration_that_imports_the_program(flask: Any) -> None:
    """Its types fit into SQLAlchemy's columns, its session is Cormorant's; `sqlalchemy` is the real one within the migration alone."""
    flask.run(*FLASK, "db", "init")
    flask.run(*FLASK, "db", "revision", "-m", "start")
    (path,) = flask.versions()
    body = """import app, sys
def upgrade():
    op.create_table("user", sa.Column("id", app.db.Integer, primary_key=True), sa.Column("name", app.Color(), nullable=False))
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("color", app.Color))
        batch.alter_column("name", type_=app.sa.String(30))
    assert isinstance(op.get_bind(), sa.Connection) and not isinstance(op.get_bind(), app.sa.Connection)
    assert sys.modules["sqlalchemy"].create_engine is app.sa.create_engine is not sa.create_engine
    from sqlalchemy import orm, create_engine
    assert create_engine is sa.create_engine and orm.Session is not app.sa.orm.Session
    print("session:", app.db.session.get_bind(), app.db.engine.execution_options)
"""
    path.write_text(path.read_text().replace("def upgrade():\n    pass", body))
    assert "session: Engine(sqlite" in flask.run(*FLASK, "db", "upgrade")
    (sql,) = flask.schema("app.db").values()
    assert "name VARCHAR(30) NOT NULL" in sql and "color VARCHAR(7)" in sql


# ---- Alembic alone

MODELS = """
from sqlalchemy import ForeignKey, String, create_engine, exc, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), index=True)

engine = create_engine("sqlite:///app.db")
"""
ENV = """
from alembic import context
from sqlalchemy import Connection, text
import models

with models.engine.connect() as ours:
    connection = context.config.attributes.get("connection", ours)
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
    if "connection" in context.config.attributes:
        assert isinstance(connection, Connection) and connection.in_transaction()
        connection.execute(text("CREATE TABLE extra (id INTEGER)"))
"""
PROGRAM = """
from models import *
from alembic import command
from alembic.config import Config
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

config = Config("alembic.ini")

def revision(connection=engine):
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()

def differences():
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
"""


@pytest.fixture
def alembic(project: Any) -> Any:
    project.write("models.py", MODELS)
    project.run("-m", "alembic", "init", "migrations")
    project.write("migrations/env.py", ENV)
    project.write("program.py", PROGRAM)
    return project


def program(project: Any, source: str, check: bool = True) -> str:
    return project.run(*ALIAS, "-c", "from program import *\n" + source, check=check)


def test_command_line(alembic: Any) -> None:
    run = (*ALIAS, "-m", "alembic")
    alembic.run(*run, "revision", "--autogenerate", "-m", "start")
    alembic.run(*run, "upgrade", "head")
    assert set(alembic.schema("app.db")) == {"user", "ix_user_name"}
    assert "No new upgrade operations" in alembic.run(*run, "check")


def test_commands_and_contexts(alembic: Any) -> None:
    program(alembic, """
assert revision() is None and [d[0] for d in differences()] == ["add_table", "add_index"]
script = command.revision(config, autogenerate=True, message="start")
assert revision() is None
command.upgrade(config, "head")
assert revision() == script.revision and differences() == []
command.stamp(config, "base")
assert revision() is None and inspect(engine).has_table("user")
Base.metadata.tables["user"].c.name.type.length = 50
(change,), = differences()
assert change[0] == "modify_type" and change[6].length == 50, change
""")


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_connection_given_to_alembic_keeps_its_transaction(alembic: Any, end: str) -> None:
    """Also in SQLite, where a second connection would find the database locked."""
    program(alembic, f"""
command.revision(config, autogenerate=True)
with engine.connect() as connection:
    connection.execute(text("CREATE TABLE mine (id INTEGER)"))
    connection.execute(text("INSERT INTO mine VALUES (1)"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    assert config.attributes["connection"] is connection and connection.in_transaction()
    assert MigrationContext.configure(connection).get_current_revision()
    assert connection.scalar(text("SELECT count(*) FROM mine")) == 1
    connection.{end}()
print(sorted(inspect(engine).get_table_names()))
""")
    made = set(alembic.schema("app.db"))
    assert made == ({"mine", "user", "ix_user_name", "extra"} if end == "commit" else {"mine"})  # the driver begins a transaction at the INSERT


def test_operations_are_given_columns_of_the_program(alembic: Any) -> None:
    program(alembic, """
import sqlalchemy as sa
from alembic.operations import Operations
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE first (id INTEGER)"))
    connection.execute(text("INSERT INTO first VALUES (1)"))
    op = Operations(MigrationContext.configure(connection))
    op.create_table(
        "a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("k", String(5), index=True, nullable=False, server_default=text("'x'")),
        sa.UniqueConstraint("id", "k", name="uq"), sa.CheckConstraint("id > 0", name="positive"),
    )
    op.add_column("a", sa.Column("born", sa.Date))
    op.execute(text("INSERT INTO a (k) VALUES ('a:b')"))
    table = sa.Table("a", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("k", String))
    op.bulk_insert(table, [{"k": "one"}, {"k": "two"}])
    op.create_index("ix_lower", "a", [text("lower(k)")])
    op.drop_index("ix_lower", "a")
    with op.batch_alter_table("a") as batch:
        batch.add_column(sa.Column("up", sa.Integer, ForeignKey("a.id", ondelete="CASCADE", name="fk_up")))
    try:
        op.execute(table.delete())
    except NotImplementedError as error:
        assert "no statements of Cormorant but text(); got Delete" in str(error)
    assert connection.execute(text("SELECT id, k, born, up FROM a")).all() == [(1, "a:b", None, None), (2, "one", None, None), (3, "two", None, None)]
""")
    schema = alembic.schema("app.db")
    assert set(schema) == {"first", "a", "ix_a_k"}
    for part in ("k VARCHAR(5) DEFAULT 'x' NOT NULL", "born DATE", "CONSTRAINT uq UNIQUE (id, k)", "CHECK (id > 0)", "CONSTRAINT fk_up FOREIGN KEY(up) REFERENCES a (id) ON DELETE CASCADE"):
        assert part in schema["a"], schema["a"]


def test_errors_are_those_that_the_program_knows(alembic: Any) -> None:
    program(alembic, """
import traceback
with engine.begin() as connection:
    connection.execute(text("CREATE TABLE alembic_version (x INTEGER)"))
for asked in (revision, lambda: command.current(config)):
    try:
        asked()
    except exc.OperationalError as error:
        assert "version_num" in str(error) and "version_num" in str(error.orig) and error.statement.startswith("SELECT")
        assert type(error.__cause__).__name__ == "OperationalError" and not isinstance(error.__cause__, exc.OperationalError)
    else:
        raise AssertionError("no error")
""")


def test_modules_stay_apart(alembic: Any) -> None:
    """Each side keeps its modules, whichever imports later, in functions and in other threads."""
    program(alembic, """
import sys, threading, sqlalchemy, alembic.util.sqla_compat as inside, cormorant
assert inside.sql.select is not sqlalchemy.select is cormorant.select
before = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "sqlalchemy"}
names = {n for n, m in before.items() if not m.__file__.startswith(cormorant.__path__[0])}
assert not names, names
found = []
def other():
    for _ in range(200):
        import sqlalchemy.orm
        from sqlalchemy import select
        found.append(select is cormorant.select)
thread = threading.Thread(target=other)
MigrationContext.configure(url="postgresql://", opts={"as_sql": True})  # imports a dialect
thread.start()
MigrationContext.configure(url="sqlite://", opts={"as_sql": True})
thread.join()
assert found == [True] * 200
after = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "sqlalchemy"}
assert all(after[name] is module for name, module in before.items())
import sqlalchemy.dialects.postgresql as pg
assert pg.__spec__.name.startswith("cormorant.")
""")


def test_without_sqlalchemy(project: Any) -> None:
    project.write("hide.py", """
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = classmethod(lambda cls, name, *a: None if name == "sqlalchemy" else find(name, *a))
import alembic
""")
    printed = project.run(*ALIAS, "hide.py", check=False)
    assert "Alembic needs the real SQLAlchemy beside cormorant.compat: pip install 'cormorant[migrate]'" in printed
