"""Unmodified programs on Cormorant: `python -m cormorant.compat`, and its report of what is absent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

HOME = str(Path(cormorant.__file__).parent.parent)

APP = '''
import sys
from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.model import DefaultMeta
from flask_sqlalchemy.pagination import Pagination
import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy import exc, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql import expression
import sqlalchemy.dialects.sqlite as sqlite


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)


@app.post("/users")
def create():
    db.session.add(User(**request.get_json()))
    try:
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        return type(error).__name__, 409
    return "", 201


@app.get("/users")
def index():
    page = db.paginate(db.select(User).order_by(User.username))
    return jsonify(total=page.total, names=[user.username for user in page])


@app.get("/users/<int:id>")
def show(id):
    return db.get_or_404(User, id).username


def main():
    with app.app_context():
        db.create_all()
    client = app.test_client()
    for name in ("wendy", "ed", "ed"):
        print(client.post("/users", json={"username": name}).status_code)
    print(client.get("/users").get_json())
    print(client.get("/users/1").text, client.get("/users/9").status_code)
    with app.app_context():
        print(db.session.scalar(sa.select(func.count()).select_from(User)))
    assert exc.IntegrityError is IntegrityError and sa.orm.DeclarativeBase is DeclarativeBase


if __name__ == "__main__":
    main()
    print(sys.argv[1:], sa.__version__.split(".")[0])
'''
ANSWERS = "201\n201\n409\n{'names': ['ed', 'wendy'], 'total': 2}\nwendy 404\n2\n"


def run(*args, cwd, check=True, code="", **env):
    """Runs Python with Cormorant importable from where this process has it."""
    path = os.pathsep.join([HOME, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, *args], cwd=cwd, input=code, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": path, **env}
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.mark.parametrize("how", [(), ("-m", "cormorant.compat")], ids=["flask_sqlalchemy", "cormorant"])
def test_program(project, how):
    if not how:
        pytest.importorskip("flask_sqlalchemy", reason="the reference is not installed: pip install flask-sqlalchemy")
    done = run(*how, "app.py", "one", "--two", cwd=project)
    assert done.stdout == ANSWERS + "['one', '--two'] 2\n"


def test_program_has_no_real_sqlalchemy(project):
    (project / "which.py").write_text("import app, sys, sqlalchemy, sqlalchemy.orm, flask_sqlalchemy\nprint(app.db.Model.__mro__[-2].__module__, sqlalchemy.orm.__name__, sqlalchemy.Column.__module__.split('.')[0])")
    done = run("-m", "cormorant.compat", "which.py", cwd=project)
    assert "sqlalchemy" not in done.stdout and done.stdout.split()[1:] == ["cormorant.orm", "cormorant"]


def test_module(project):
    done = run("-m", "cormorant.compat", "-m", "app", "x", cwd=project)
    assert done.stdout == ANSWERS + "['x'] 2\n"


def test_command(project):
    done = run("-m", "cormorant.compat", "-c", "import sys, app; app.main(); print(sys.argv)", "x", cwd=project)
    assert done.stdout == ANSWERS + "['-c', 'x']\n"


@pytest.mark.parametrize("how", [(), ("-m", "cormorant.compat")], ids=["python", "cormorant"])
def test_annotations_are_read_when_the_program_says_so(project, how):
    """The runner's own future imports are not the program's."""
    code = "def f(a: 1 + 1): pass\nprint(f.__annotations__)\n"
    (project / "hints.py").write_text(code)
    assert run(*how, "hints.py", cwd=project).stdout == run(*how, "-c", code, cwd=project).stdout == "{'a': 2}\n"


def test_types_work_under_their_other_name(project):
    """What a type does is known by its class, whatever module it says it is from."""
    (project / "types_.py").write_text(
        "import datetime as dt, decimal, enum, uuid\n"
        "from sqlalchemy import *\n"
        "Size = enum.Enum('Size', 'S L')\n"
        "values = {'j': {'a': [1]}, 'p': {1: 2}, 'i': dt.timedelta(1), 'u': uuid.UUID(int=1), 'e': Size.L, 'n': decimal.Decimal('1.50'), 'b': b'x'}\n"
        "types = {'j': JSON, 'p': PickleType, 'i': Interval, 'u': Uuid, 'e': Enum(Size), 'n': Numeric(8, 2), 'b': LargeBinary}\n"
        "t = Table('t', MetaData(), *[Column(k, v) for k, v in types.items()])\n"
        "with create_engine('sqlite://').begin() as c:\n"
        "    t.create(c)\n"
        "    c.execute(t.insert(), values)\n"
        "    print(c.execute(t.select()).one()._asdict() == values, c.scalar(select(t.c.j['a'][0].as_integer())))\n"
    )
    assert run("-W", "ignore", "-m", "cormorant.compat", "types_.py", cwd=project).stdout == "True 1\n"


def test_pytest(project):
    (project / "test_app.py").write_text(
        "import pytest, sqlalchemy\nfrom app import User, app, db\n\n"
        "@pytest.fixture\ndef client():\n    with app.app_context():\n        db.create_all()\n        yield app.test_client()\n        db.drop_all()\n\n"
        "def test_users(client):\n    assert client.post('/users', json={'username': 'ed'}).status_code == 201\n"
        "    assert User.query.count() == 1 and 'cormorant' in sqlalchemy.__file__\n\n"
        "def test_empty(client):\n    assert client.get('/users').json == {'names': [], 'total': 0}\n"
    )
    done = run("-m", "cormorant.compat", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py", cwd=project)
    assert "2 passed" in done.stdout


def test_flask_command(project):
    done = run("-m", "cormorant.compat", "-m", "flask", "--app", "app", "shell", cwd=project, code="print('models:', User.__name__, type(db).__module__)\n")
    assert "models: User cormorant.flask.extension" in done.stdout


def test_install_in_a_program(project):
    done = run("-c", "import cormorant.compat; cormorant.compat.install(); cormorant.compat.install(); import app; app.main()", cwd=project)
    assert done.stdout == ANSWERS


def test_install_after_the_real_one(project):
    pytest.importorskip("sqlalchemy", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
    done = run("-c", "import sqlalchemy, cormorant.compat; cormorant.compat.install()", cwd=project, check=False)
    assert done.returncode == 1 and "sqlalchemy was imported before" in done.stderr


IMPORTS = """
import sqlalchemy.ext.hybrid
from flask_sqlalchemy import *
from flask_sqlalchemy.query import Query
from flask_sqlalchemy.record_queries import get_recorded_queries
from flask_sqlalchemy.session import Session
from flask_sqlalchemy.track_modifications import models_committed
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Engine
from sqlalchemy.event import listens_for
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.inspection import inspect
from sqlalchemy.orm.exc import NoResultFound
from sqlalchemy.orm.session import Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql import expression, func, text
from sqlalchemy.sql.expression import select
from sqlalchemy.types import TypeDecorator
"""


def test_imports(project):
    (project / "imports.py").write_text(IMPORTS + "assert SQLAlchemy.__module__.startswith('cormorant')\nassert sqlalchemy.ext.hybrid.hybrid_property\n")
    run("-m", "cormorant.compat", "imports.py", cwd=project)


def test_module_that_is_absent(project):
    done = run("-m", "cormorant.compat", "-c", "import sqlalchemy.no_such_part", cwd=project, check=False)
    assert done.returncode == 1 and "ModuleNotFoundError" in done.stderr and "sqlalchemy.no_such_part" in done.stderr


def test_name_that_is_absent(project):
    done = run("-m", "cormorant.compat", "-c", "from sqlalchemy import no_such_name", cwd=project, check=False)
    assert done.returncode == 1 and "ImportError" in done.stderr and "no_such_name" in done.stderr


def test_tracebacks_name_the_program(project):
    (project / "bad.py").write_text("import sqlalchemy\n\nraise SystemExit(3) if __name__ == '__main__' and __file__ == 'bad.py' else None\n")
    assert run("-m", "cormorant.compat", "bad.py", cwd=project, check=False).returncode == 3
    done = run("-m", "cormorant.compat", "missing.py", cwd=project, check=False)
    assert done.returncode == 2 and "missing.py" in done.stderr


def test_usage(project):
    assert run("-m", "cormorant.compat", cwd=project, check=False).returncode == 2
    assert "usage:" in run("-m", "cormorant.compat", "--help", cwd=project).stdout


def test_report_of_a_program_that_runs(project):
    done = run("-m", "cormorant.compat", "--report", "app.py", cwd=project)
    assert "0 names are absent" in done.stdout


def test_report_names_what_is_absent(project):
    package = project / "package"
    package.mkdir()
    (package / "uses.py").write_text(
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import no_such_loader, Session\nfrom sqlalchemy.no_such_part import thing\n\n"
        "x = sa.no_such_function()\ny = sa.orm.Session.no_such_method\n"
    )
    (package / "broken.py").write_text("def (:\n")
    done = run("-m", "cormorant.compat", "--report", "package", cwd=project, check=False)
    assert done.returncode == 1
    for name, line in (("sqlalchemy.no_such_function", 5), ("sqlalchemy.orm.no_such_loader", 2), ("sqlalchemy.no_such_part", 3), ("sqlalchemy.orm.Session.no_such_method", 6)):
        at = done.stdout.split("\n").index(name)
        assert done.stdout.split("\n")[at + 1].strip() == f"package/uses.py:{line}".replace("/", os.sep)
    assert "2 files" in done.stdout and "broken.py" in done.stderr
    assert run("-m", "cormorant.compat", "--report", cwd=project, check=False).returncode == 2
