"""What needs a process of its own: importing, and the memory of what is loaded. See child.py."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from .kit import MILLION, Bench, scenario


def child(bench: Bench, *order: Any) -> float:
    """The number that child.py prints. Compiled modules are kept, as an installation keeps them, in a folder of this run."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = os.path.join(bench.folder, "bytecode")
    done = subprocess.run([sys.executable, "-m", "benchmarks.python.child", *map(str, order)], capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout)


@scenario("processes", "import, beyond the standard library", "import", {"sqlalchemy": 6}, place="alone")
def imported(bench: Bench, name: str) -> Any:
    return None, child(bench, "import", name)


@scenario("processes", "memory of an import", "bytes", place="alone", rounds=2)
def import_memory(bench: Bench, name: str) -> Any:
    return None, child(bench, "import-memory", name)


@scenario("processes", "memory of a loaded entity", "bytes", {"sqlalchemy": 1 / 0.36, "sqlite3": 1.2}, raw=True, place="alone", headline=True, rounds=2)
def entity_memory(bench: Bench, name: str) -> Any:
    return None, child(bench, "memory", name, bench.path, bench.n)


@scenario("processes", "memory of an entity, one of a million", "bytes", {"sqlalchemy": 1 / 0.36, "sqlite3": 1.2}, raw=True, place="alone", rounds=1)
def million_memory(bench: Bench, name: str) -> Any:
    return None, child(bench, "memory", name, bench.million(), MILLION)
