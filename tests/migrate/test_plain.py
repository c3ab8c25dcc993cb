"""Alembic without Flask."""

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
