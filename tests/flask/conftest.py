"""Every test runs on Flask-SQLAlchemy with SQLAlchemy and on `cormorant.flask` with Cormorant: both must agree with it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest

flask = pytest.importorskip("flask", reason="no Flask: pip install flask")

PACKAGES = {"flask_sqlalchemy": "sqlalchemy", "cormorant.flask": "cormorant"}


class Package:
    """An extension and the ORM under it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ours = name.startswith("cormorant")
        self.flask = importlib.import_module(name)
        self.sa = importlib.import_module(PACKAGES[name])
        self.orm = importlib.import_module(f"{PACKAGES[name]}.orm")
        self.exc = importlib.import_module(f"{PACKAGES[name]}.exc")
        self.SQLAlchemy = self.flask.SQLAlchemy

    def module(self, name: str) -> ModuleType:
        """A module of the extension: `model`, `query`, `session` ..."""
        return importlib.import_module(f"{self.name}.{name}")


@pytest.fixture(params=list(PACKAGES))
def package(request: Any) -> Package:
    if request.param == "flask_sqlalchemy":
        pytest.importorskip("flask_sqlalchemy", reason="the reference is not installed: pip install flask-sqlalchemy")
    return Package(request.param)


@pytest.fixture
def sa(package: Package) -> ModuleType:
    return package.sa


@pytest.fixture
def orm(package: Package) -> ModuleType:
    return package.orm


@pytest.fixture
def app(request: Any, tmp_path: Any) -> Any:
    app = flask.Flask(request.module.__name__, instance_path=str(tmp_path / "instance"))
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///:memory:"
    app.config["SQLALCHEMY_RECORD_QUERIES"] = False
    app.testing = True
    return app


@pytest.fixture
def app_ctx(app: Any) -> Any:
    with app.app_context() as context:
        yield context


@pytest.fixture
def db(package: Package, app: Any) -> Any:
    return package.SQLAlchemy(app)


@pytest.fixture
def Todo(db: Any, app: Any) -> Any:
    """One model whose table is there."""

    class Todo(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(50), nullable=True)
        done = db.Column(db.Boolean, default=False)

    with app.app_context():
        db.create_all()
    return Todo
