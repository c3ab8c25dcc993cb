"""More than one thread: loading beside a busy one, and in several at once. Always by the wall clock; each has an engine of its own."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any, Callable, Dict, Tuple

from .kit import Bench, scenario

ROWS = {"cormorant": 50_000, "sqlalchemy": 1000, "sqlite3": 1000}  # the slower ones would take minutes
SQL = "SELECT id, name, email, price, created FROM item LIMIT ?"


def _loader(bench: Bench, name: str) -> Tuple[Callable[[int], int], Callable[[], None]]:
    """(a function that loads so many rows through a connection of its thread, the end of it)."""
    if name == "sqlite3":

        def load(n: int) -> int:
            db = sqlite3.connect(bench.path)
            try:
                return len(db.execute(SQL, (n,)).fetchall())
            finally:
                db.close()

        return load, lambda: None
    w = next(w for w in bench.worlds if w.name == name)
    engine = w.engine(bench.path)

    def through(n: int) -> int:
        with w.orm.Session(engine) as session:
            return len(session.scalars(w.core.select(w.Item).limit(n)).all())

    return through, engine.dispose


def _beside(bench: Bench, name: str) -> Tuple[float, float]:
    """(seconds per row, the worst gap of the other thread in seconds)."""
    load, end = _loader(bench, name)
    n = min(ROWS[name], bench.n)
    load(n)
    worst, turns, going = 0.0, 0, True

    def busy() -> None:
        nonlocal worst, turns
        last = time.perf_counter()
        while going:
            for _ in range(200):
                pass
            here = time.perf_counter()
            worst, last, turns = max(worst, here - last), here, turns + 1

    other = threading.Thread(target=busy)
    other.start()
    try:
        started = time.perf_counter()
        found = load(n)
        seconds = time.perf_counter() - started
    finally:
        going = False
        other.join()
        end()
    assert found == n and turns
    return seconds / n, worst


@scenario("threads", "load beside a busy Python thread", "row", {"sqlite3": 0.01}, raw=True, place="alone", rounds=3)
def beside(bench: Bench, name: str) -> Any:
    return None, _beside(bench, name)[0]


@scenario("threads", "worst wait of that thread", "wait", raw=True, place="alone", rounds=3)
def stalled(bench: Bench, name: str) -> Any:
    return None, _beside(bench, name)[1]


def _together(threads: int) -> None:
    def run(bench: Bench, name: str) -> Any:
        n = min(bench.n, 50_000 if name != "sqlalchemy" else 10_000)
        load, end = _loader(bench, name)
        load(n)
        ready, found = threading.Barrier(threads + 1), []  # type: ignore[var-annotated]

        def work() -> None:
            ready.wait()
            for _ in range(2):
                found.append(load(n))

        running = [threading.Thread(target=work) for _ in range(threads)]
        for t in running:
            t.start()
        ready.wait()
        started = time.perf_counter()
        for t in running:
            t.join()
        seconds = time.perf_counter() - started
        end()
        assert found == [n] * (threads * 2)
        return None, seconds / sum(found)

    goal: Dict[str, float] = {}
    scenario("threads", f"load in {threads} thread{'s' * (threads > 1)}, per row of all", "row", goal, raw=True, place="alone", rounds=3)(run)


for k in (1, 2, 4):
    _together(k)
