"""Flask-Migrate and Alembic, unmodified, on Cormorant's models: `flask db ...` as it is typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

MODELS = Path(__file__).with_name("models.py").read_text()
APP = """
from flask import Flask
from flask_migrate import Migrate
from cormorant.flask import SQLAlchemy

db = SQLAlchemy()
app = Flask(__name__, instance_path={path!r})
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
app.config.update({config!r})
from models import *
db.init_app(app)
Migrate(app, db)
"""
BLOG = """
from app import db

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), index=True, unique=True)

class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(50))
    user_id = db.Column(db.ForeignKey("user.id", name="fk_author"))
"""


def start(project: Any, models: str, *init: str, **config: Any) -> None:
    project.write("app.py", APP.format(path=str(project.path), config=config))
    project.write("models.py", models)
    project.db("init", *init)


def test_every_type(project: Any) -> None:
    start(project, MODELS)
    project.replace("app.py", "from models import *", "import models")
    project.replace("app.py", "db = SQLAlchemy()", "import models\ndb = SQLAlchemy(metadata=models.metadata)")
    first = project.migrate("all")
    assert first.count("sa.Column(") > 70 and "batch_alter_table('every'" in first and "op.f('ix_every_pid')" in first
    assert "sa.text('(CURRENT_TIMESTAMP)')" in first and "sa.Computed('d1 * 2', persisted=True)" in first
    project.db("upgrade")
    made = project.schema("app.db")
    assert {"parent", "types", "every", "child", "ix_every_pid", "ix_two", "ix_desc", "ix_part", "ix_weird"} <= set(made)
    assert project.migrate("nothing") == ""
    assert "No new upgrade operations" in project.db("check")
    project.run("-c", "from app import *\nwith app.app_context(): db.create_all(); db.drop_all(); db.create_all()")
    assert _plain(project.schema("app.db")) == {**_plain(made), "ix_lower": ["loweru"]}  # which Alembic leaves out on SQLite
    assert project.migrate("nothing again") == ""


def _plain(schema: dict[str, str]) -> dict[str, list[str]]:
    """The parts of each statement, whatever their order: constraints have none. Quotes, parentheses around defaults and the names of
    constraints that come with types vary."""
    return {name: sorted(re.sub(r'["()\s]|ck_types_', "", part) for part in re.split(r",\s*\n", sql.partition("(")[2])) for name, sql in schema.items()}


def test_a_life_of_migrations(project: Any) -> None:
    start(project, BLOG)
    project.migrate("start")
    project.db("upgrade")
    project.sql("app.db", "INSERT INTO user (name) VALUES ('wendy')")
    project.sql("app.db", "INSERT INTO post (title, user_id) VALUES ('hello', 1)")

    # SQLite cannot alter most of this: batch mode copies the table
    project.replace("models.py", "name = db.Column(db.String(50), index=True, unique=True)", "name = db.Column(db.String(80), nullable=False, index=True)\n    born = db.Column(db.Date)")
    project.replace("models.py", "db.String(50))\n    user_id", "db.Text, server_default='none')\n    user_id")
    project.replace("models.py", 'db.Column(db.ForeignKey("user.id", name="fk_author"))', "db.Column(db.Integer)")
    source = project.migrate("change")
    for part in ("batch_op.add_column(sa.Column('born', sa.Date()", "type_=sa.String(length=80)", "nullable=False", "drop_constraint(batch_op.f('fk_author')", "type_=sa.Text()"):
        assert part in source, source
    project.db("upgrade")
    now = project.schema("app.db")
    assert "VARCHAR(80) NOT NULL" in now["user"] and "FOREIGN KEY" not in now["post"] and "UNIQUE" not in now["ix_user_name"]
    assert project.sql("app.db", "SELECT name, title FROM user JOIN post ON user.id = user_id") == [("wendy", "hello")]
    assert project.migrate("nothing") == ""

    history = project.db("history")
    start_id, change_id = re.search(r"(\w+) -> (\w+) \(head\), change", history).groups()
    assert f"{change_id} (head)" in project.db("current")
    project.db("downgrade")
    before = project.schema("app.db")
    assert "born" not in before["user"] and "FOREIGN KEY" in before["post"] and "UNIQUE" in before["ix_user_name"]
    assert start_id in project.db("current") and "Target database is not up to date" in project.db("check", check=False)
    project.db("stamp", "head")
    assert f"{change_id} (head)" in project.db("current")
    project.db("stamp", start_id)
    printed = project.db("upgrade", "--sql", f"{start_id}:head", check=False)
    assert "batch mode" in printed or "ALTER TABLE" in printed or "CREATE TABLE" in printed
    project.db("upgrade")
    assert project.schema("app.db") == now
    project.db("downgrade", "base")
    assert project.schema("app.db") == {}
    assert project.sql("app.db", "SELECT * FROM alembic_version") == []


def test_offline_sql(project: Any) -> None:
    start(project, BLOG)
    project.migrate("start")
    printed = project.db("upgrade", "--sql")
    assert "CREATE TABLE user (" in printed and "INSERT INTO alembic_version" in printed
    assert not (project.path / "app.db").exists() or project.schema("app.db") == {}


def test_check_finds_what_is_missing(project: Any) -> None:
    start(project, BLOG)
    project.migrate("start")
    project.db("upgrade")
    project.replace("models.py", "title =", "text = db.Column(db.Text)\n    title =")
    assert "New upgrade operations detected" in project.db("check", check=False)


def test_several_databases(project: Any) -> None:
    models = BLOG + "\n\nclass Log(db.Model):\n    __bind_key__ = 'logs'\n    id = db.Column(db.Integer, primary_key=True)\n    text = db.Column(db.JSON)\n"
    start(project, models, "--multidb", SQLALCHEMY_BINDS={"logs": "sqlite:///logs.db"})
    source = project.migrate("start")
    assert "def upgrade_logs()" in source and source.index("create_table('log'") > source.index("create_table('user'")
    project.db("upgrade")
    assert set(project.schema("logs.db")) == {"log"} and "log" not in project.schema("app.db")
    assert project.migrate("nothing") == ""
    project.replace("models.py", "text = db.Column(db.JSON)", "text = db.Column(db.JSON)\n    level = db.Column(db.SmallInteger, index=True)")
    assert "level" in project.migrate("level").partition("def upgrade_logs()")[2]
    project.db("upgrade")
    assert "level" in project.schema("logs.db")["log"] and "ix_log_level" in project.schema("logs.db")
    project.db("downgrade")
    assert "level" not in project.schema("logs.db")["log"]
    project.db("downgrade", "base")
    assert project.schema("logs.db") == project.schema("app.db") == {}


def test_types_of_the_program(project: Any) -> None:
    """No migration imports the program: decorated types are written as what they store."""
    start(project, BLOG + """
from cormorant import types

class Lower(types.TypeDecorator):
    impl = types.String(40)
    cache_ok = True

class Point(types.UserDefinedType):
    cache_ok = True
    def get_col_spec(self, **kw):
        return "POINT"

class Place(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(Lower)
    at = db.Column(Point)
""")
    source = project.migrate("start")
    assert "sa.Column('name', sa.String(length=40)" in source and "cormorant.migrate.Spelled('POINT')" in source and "models" not in source
    project.db("upgrade")
    assert '"at" POINT' in project.schema("app.db")["place"] or "at POINT" in project.schema("app.db")["place"]
    assert project.migrate("nothing") == ""


def test_a_migration_may_use_the_session(project: Any) -> None:
    """Models in a migration run on Cormorant, on the same database, while Alembic has SQLAlchemy's engine."""
    start(project, BLOG)
    project.migrate("start")
    project.db("upgrade")
    project.db("revision", "-m", "data")
    (path,) = (p for p in project.versions() if p.name.endswith("_data.py"))
    body = """def upgrade():
    import sqlalchemy, cormorant
    from alembic import context
    from app import db
    from models import User
    assert isinstance(context.get_bind(), sqlalchemy.Connection) and isinstance(db.engine, sqlalchemy.Engine)
    assert isinstance(db.session.get_bind(), cormorant.Engine) and isinstance(db.metadata, sqlalchemy.MetaData)
    print("users:", db.session.query(User).count(), [t.name for t in db.get_tables_for_bind()], db)
"""
    text = path.read_text()
    path.write_text(text.replace("def upgrade():\n    pass", body))
    assert body in path.read_text()
    assert "users: 0 ['user', 'post'] <SQLAlchemy sqlite:///" in project.db("upgrade")


def test_outside_of_migrations_everything_is_cormorants(project: Any) -> None:
    start(project, BLOG)
    program = "from app import *\nimport cormorant, sys\nwith app.app_context():\n    print(type(db.engine).__module__, type(db.metadata).__module__, 'cormorant.migrate' in sys.modules)"
    assert project.run("-c", program).strip() == "cormorant.engine.base cormorant.sql.schema False"


def test_a_database_in_memory(project: Any) -> None:
    """As suites do that migrate a database of their own."""
    start(project, BLOG)
    project.migrate("start")
    project.replace("app.py", "sqlite:///app.db", "sqlite://")
    project.write("test_it.py", """
import flask_migrate
from app import app, db
from models import User

def test_users():
    with app.app_context():
        flask_migrate.upgrade()
        db.session.add(User(name="wendy"))
        db.session.commit()
        assert User.query.one().name == "wendy"
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        db.session.rollback()
        assert "user" not in db.inspect(db.engine).get_table_names()
""")
    assert "1 passed" in project.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")


@pytest.mark.parametrize("base", ["DeclarativeBase", "MappedAsDataclass, DeclarativeBase"])
def test_bases_of_2_x(project: Any, base: str) -> None:
    start(project, f"""
from typing import Optional
from app import db
from cormorant import ForeignKey, MetaData
from cormorant.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

class Base({base}):
    metadata = MetaData(naming_convention={{"fk": "fk_%(table_name)s_%(column_0_name)s"}})

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[Optional[int]] = mapped_column(ForeignKey("user.id"))
    boss: Mapped[Optional["User"]] = relationship(remote_side=id)
""")
    project.replace("app.py", "from models import *", "from models import User")
    project.replace("models.py", "from app import db\n", "")
    project.replace("app.py", "db = SQLAlchemy()", "from models import Base\ndb = SQLAlchemy(model_class=Base)")
    assert "name=op.f('fk_user_boss_id')" in project.migrate("start")
    project.db("upgrade")
    assert project.migrate("nothing") == ""
