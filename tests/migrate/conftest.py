"""Programs in a folder of their own, run as their users run them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cormorant

pytest.importorskip("flask_migrate", reason="migrations need pip install flask-migrate")

HOME = str(Path(cormorant.__file__).parent.parent)


class Project:
    """A folder with a program in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def run(self, *args: str, check: bool = True, **env: str) -> str:
        """What Python with these arguments prints, errors and log included."""
        where = os.pathsep.join([HOME, str(self.path)])
        done = subprocess.run(
            [sys.executable, *args], cwd=self.path, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": where, "PYTHONDONTWRITEBYTECODE": "1", **env},
        )  # fmt: skip
        printed = done.stdout + done.stderr
        assert (done.returncode == 0) is check, printed
        return printed

    def db(self, *args: str, check: bool = True) -> str:
        """`flask db ...`."""
        return self.run("-m", "flask", "--app", "app", "db", *args, check=check)

    def migrate(self, message: str) -> str:
        """Source of the migration that `flask db migrate` writes, or "" when it finds nothing."""
        before = set(self.versions())
        printed = self.db("migrate", "-m", message)
        new = set(self.versions()) - before
        assert bool(new) is ("No changes in schema detected" not in printed), printed
        return new.pop().read_text() if new else ""

    def versions(self) -> list[Path]:
        return list((self.path / "migrations" / "versions").glob("*.py"))

    def sql(self, file: str, statement: str) -> list[Any]:
        with sqlite3.connect(self.path / file) as connection:
            return connection.execute(statement).fetchall()

    def schema(self, file: str) -> dict[str, str]:
        """CREATE statements by name, without spaces at the ends of lines."""
        rows = self.sql(file, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'")
        return {name: sql for name, sql in rows}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
