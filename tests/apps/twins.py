"""Copies of the examples, one for each package, and subprocesses that run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cormorant

PACKAGE = str(Path(cormorant.__file__).parent.parent)  # the build under test
ROOT = Path(__file__).resolve().parent.parent.parent
SIDES = ("cormorant", "sqlalchemy")
HIDDEN = re.compile(r"^(SQLALCHEMY_|FLASK_|DATABASE_URL|SECRET_KEY)")


def rewrite(text: str) -> str:
    """A module of the examples with the import lines of a program for Flask-SQLAlchemy."""
    text = re.sub(r"^(\s*)from cormorant\.flask\b", r"\1from flask_sqlalchemy", text, flags=re.M)
    return re.sub(r"^(\s*)from cormorant\b", r"\1from sqlalchemy", text, flags=re.M)


def copies(folder: Path, *extra: Path) -> dict[str, Path]:
    """The examples as they are in one folder, rewritten in another; `extra` modules go beside them."""
    made = {side: folder / side for side in SIDES}
    for side, path in made.items():
        shutil.copytree(ROOT / "examples", path / "examples", ignore=shutil.ignore_patterns("__pycache__", "flights", "c"))
        for module in extra:
            shutil.copy(module, path / module.name)
        if side == "sqlalchemy":
            for module in path.rglob("*.py"):
                module.write_text(rewrite(module.read_text(encoding="utf-8")), encoding="utf-8")
    return made


def environment(folder: Path, side: str, url: str) -> dict[str, str]:
    """Variables for a process that runs a copy: nothing of the caller's settings, and no Cormorant on the other side."""
    path = [str(folder)] + ([PACKAGE] if side == "cormorant" else [])
    kept = {name: value for name, value in os.environ.items() if not HIDDEN.match(name)}
    return {
        **kept, "PYTHONPATH": os.pathsep.join(path), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore", "DATABASE_URL": url,
    }


def run(folder: Path, side: str, url: str, *command: str, stdin: str | None = None) -> str:
    """Runs `python ...` on a copy and answers what it printed."""
    done = subprocess.run(
        [sys.executable, *command], input=stdin, capture_output=True, encoding="utf-8", cwd=folder, env=environment(folder, side, url), check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{side}: {' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def start(folder: Path, side: str, url: str, *command: str, **kwargs: Any) -> subprocess.Popen[str]:
    """Starts `python ...` on a copy; the caller ends it."""
    return subprocess.Popen([sys.executable, *command], cwd=folder, env=environment(folder, side, url), text=True, **kwargs)
