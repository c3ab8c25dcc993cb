"""`python -m benchmarks.python.child import|import-memory|memory NAME [FILE N]`: prints one number, measured in a fresh process."""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import time
from typing import Any, Callable

SQL = "SELECT id, name, email, price, created FROM item LIMIT ?"


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def standard_modules(name: str) -> list:
    """The modules of the standard library that the package imports, asked of another process."""
    code = f"import sys, {name}.orm\nprint(*(m for m in sys.modules if m.split('.')[0] in sys.stdlib_module_names and m != '__main__'))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def imported(name: str) -> tuple:
    """(seconds of processor time, bytes) of importing the package and its orm, when what it needs of the standard library is there."""
    for module in standard_modules(name):
        try:
            importlib.import_module(module)
        except ImportError:
            pass
    gc.collect()
    before, started = resident(), time.process_time()
    importlib.import_module(f"{name}.orm")
    return time.process_time() - started, resident() - before


def loader(name: str, path: str) -> Callable[[int], Any]:
    """A function that loads n rows; the file's pages are in SQLite's cache before it answers."""
    warm = "SELECT sum(length(name) + length(email)) FROM item"
    if name == "sqlite3":
        import sqlite3

        db = sqlite3.connect(path)
        db.execute(warm).fetchone()
        return lambda n: db.execute(SQL, (n,)).fetchall()
    from .world import World

    w = World(name)
    session = w.orm.Session(w.engine(path))
    session.execute(w.core.text(warm)).one()
    return lambda n: session.scalars(w.core.select(w.Item).limit(n)).all()


def memory(name: str, path: str, n: int) -> float:
    """Resident bytes per row held, values and identity map included."""
    load = loader(name, path)
    load(1000)
    gc.collect()
    before = resident()
    held = load(n)
    gc.collect()
    assert len(held) == n
    return (resident() - before) / n


def main() -> int:
    what, name, *rest = sys.argv[1:]
    if what == "memory":
        print(memory(name, rest[0], int(rest[1])))
    else:
        print(imported(name)[what == "import-memory"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
