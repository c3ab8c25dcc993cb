"""The same on a MariaDB server of the tests' own, and `flask db` from the first migration to the last."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as cm
from cormorant.dialects import mysql
from tests.backends.server import MariaDB
from tests.migrate.conftest import Project
from tests.migrate.test_bridge import migration

if MariaDB.binaries() is None:
    pytest.skip(MariaDB.install, allow_module_level=True)
pytest.importorskip("pymysql", reason="SQLAlchemy talks to MariaDB by a driver of its own: pip install pymysql")

from cormorant.migrate import to_engine, to_sqlalchemy


@pytest.fixture(scope="module")
def server() -> Any:
    server = MariaDB()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def engine(server: Any) -> Any:
    try:
        engine = cm.create_engine(server.url())
    except (cm.exc.NoSuchModuleError, ImportError) as e:
        pytest.skip(f"this build has no MariaDB: {e}")
    yield engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(cm.text("DROP DATABASE test"))
        connection.execute(cm.text("CREATE DATABASE test CHARACTER SET utf8mb4"))
    engine.dispose()


def models() -> Any:
    metadata = cm.MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"})
    cm.Table(
        "types", metadata, cm.Column("id", cm.BigInteger, primary_key=True), cm.Column("s", cm.String(40), nullable=False, unique=True), cm.Column("t", cm.Text),
        cm.Column("b", cm.Boolean), cm.Column("n", cm.Numeric(10, 2)), cm.Column("f", cm.Float), cm.Column("d", cm.Date), cm.Column("dt", cm.DateTime),
        cm.Column("tm", cm.Time), cm.Column("bl", cm.LargeBinary), cm.Column("e", cm.Enum("x", "y'z")), cm.Column("u", cm.Uuid), cm.Column("j", cm.JSON),
        cm.Column("si", cm.SmallInteger), cm.Column("un", mysql.INTEGER(unsigned=True)), cm.Column("lt", mysql.LONGTEXT), cm.Column("d6", mysql.DATETIME(fsp=6)),
        cm.Column("st", mysql.SET("a", "b")), cm.Column("ti", mysql.TINYINT), cm.Column("d1", cm.Integer, server_default="5"),
        cm.Column("d2", cm.DateTime, server_default=cm.func.now()), cm.Column("d3", cm.String(9), server_default="it's", comment="the 'third' \\"),
        cm.Column("g", cm.Integer, cm.Computed("d1 * 2", persisted=True)), comment="everything",
    )  # fmt: skip
    cm.Index("ix_long", metadata.tables["types"].c.lt, mariadb_length=10)
    cm.Table("child", metadata, cm.Column("id", cm.Integer, primary_key=True), cm.Column("up", cm.ForeignKey("types.id", ondelete="CASCADE"), index=True))
    return metadata


@pytest.mark.parametrize("made_by", ["cormorant", "sqlalchemy"])
def test_nothing_is_found_after_creation(engine: Any, made_by: str) -> None:
    metadata = models()
    real = to_sqlalchemy(metadata)
    if made_by == "cormorant":
        metadata.create_all(engine)
    else:
        real.create_all(to_engine(engine))
    assert migration(real, to_engine(engine)) == ""


def test_changes_are_found(engine: Any) -> None:
    metadata = cm.MetaData()
    cm.Table("t", metadata, cm.Column("a", cm.Integer, comment="old"), cm.Column("b", cm.String(5)))
    metadata.create_all(engine)
    metadata = cm.MetaData()
    table = cm.Table("t", metadata, cm.Column("a", cm.Integer, comment="new"), cm.Column("b", cm.String(9)), cm.Column("c", cm.Integer))
    cm.Index("ix", table.c.b, mariadb_length=3)
    found = migration(to_sqlalchemy(metadata), to_engine(engine))
    for part in ("comment='new'", "type_=sa.String(length=9)", "add_column('t', sa.Column('c'", "create_index('ix', 't', ['b'], unique=False, mariadb_length=3"):
        assert part in found, found


APP = '''
from flask import Flask
from cormorant.flask import SQLAlchemy
from flask_migrate import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "{url}"
db = SQLAlchemy(app)
Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False, unique=True)
    admin = db.Column(db.Boolean, nullable=False, default=False)
    data = db.Column(db.JSON)
'''


def test_flask_db(engine: Any, server: Any, project: Project) -> None:
    project.write("app.py", APP.format(url=server.url()))
    project.db("init")
    assert "create_table('user'" in project.migrate("first")
    project.db("upgrade")
    assert project.migrate("again") == ""
    project.replace("app.py", "    data = db.Column(db.JSON)\n", "    data = db.Column(db.JSON)\n    born = db.Column(db.Date, index=True)\n")
    assert "add_column" in project.migrate("born")
    project.db("upgrade")
    assert project.migrate("nothing") == ""
    assert [c["name"] for c in cm.inspect(engine).get_columns("user")] == ["id", "name", "admin", "data", "born"]
    project.db("downgrade", "base")
    assert cm.inspect(engine).get_table_names() == ["alembic_version"]


def test_a_connection_is_shared_with_alembic(engine: Any) -> None:
    """Alembic works on the connection it is given, and reads there what other drivers read."""
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    metadata = models()
    with engine.connect() as connection:
        metadata.create_all(connection)
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() is None and compare_metadata(context, metadata) == []
        connection.execute(cm.text("INSERT INTO types (s) VALUES ('mine')"))
        context = MigrationContext.configure(connection)
        assert context.connection.in_transaction()
        assert context.connection.execute(sa.text("SELECT s, d1 FROM types WHERE s LIKE :x"), {"x": "m%"}).all() == [("mine", 5)]
        connection.rollback()
        assert connection.scalar(cm.text("SELECT count(*) FROM types")) == 0
        Operations(MigrationContext.configure(connection)).drop_table("child")
    assert cm.inspect(engine).get_table_names() == ["types"]
