"""What a scenario is, and how contenders take turns at it.

A scenario is one function of a world (an ORM with its models) and a session: it does its work once and answers what it found, which must
be the same for every contender, and survive JSON. Only the part between `clock.start()` and `clock.stop(units)` counts.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
import subprocess
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ..clock import Clock
from ..world import World, fill_items, fill_world

MILLION = 1_000_000
C_PROGRAM = os.path.join(os.environ.get("BENCH_C", "build/bench"), "world")


class Scenario(NamedTuple):
    group: str
    name: str
    unit: str
    goal: Dict[str, float]  # contender: how many times faster; "sqlite3": at most this share of its time
    run: Callable[..., Any]
    raw: Any = None  # the same on the sqlite3 module: a function of (connection, clock); alone: whether it takes part
    c: str = ""  # the same in benchmarks/c/world.c, by its name there
    place: str = "file"  # file: shared, only read; copy: a copy of it; memory: empty tables; million: a million items; alone: no session
    headline: bool = False  # one of those of `make bench`
    rounds: int = 99  # at most


SCENARIOS: List[Scenario] = []


def scenario(group: str, name: str, unit: str, goal: Optional[Dict[str, float]] = None, **more: Any) -> Callable[[Any], Any]:
    def add(run: Callable[..., Any]) -> Any:
        SCENARIOS.append(Scenario(group, name, unit, goal or {}, run, **more))
        return run

    return add


class Bench:
    """The files of one run and the engines of its contenders."""

    def __init__(self, worlds: List[World], folder: str, n: int) -> None:
        self.worlds, self.folder, self.n = worlds, folder, n
        self.path = os.path.join(folder, "world.db")
        fill_world(self.path, n)
        self.engines: Dict[str, Any] = {}

    def names(self, s: Scenario) -> List[str]:
        found = [w.name for w in self.worlds]
        if s.raw:
            found.append("sqlite3")
        return [*found, "c"] if s.c and os.access(C_PROGRAM, os.X_OK) else found

    def million(self) -> str:
        path = os.path.join(self.folder, "million.db")
        if not os.path.exists(path):
            fill_items(path, MILLION)
        return path

    def file(self, s: Scenario, name: str) -> str:
        """Where this contender works this time; "" is memory."""
        if s.place == "memory":
            return ""
        if s.place == "million":
            return self.million()
        if s.place == "file":
            return self.path
        copy = f"{self.path}.{name}"
        shutil.copy(self.path, copy)
        return copy

    def once(self, s: Scenario, name: str) -> Any:
        """(what it found, seconds per unit). It runs twice, the second time counts: by then plans are made and pages cached."""
        if s.place == "alone":
            return s.run(self, name)
        path = self.file(s, name)
        clock = Clock()
        gc.collect()
        try:
            if name == "c":
                return self.in_c(s, path or ":memory:")
            if name == "sqlite3":
                found = self.raw(s, path, clock)
            else:
                found = self.with_orm(s, next(w for w in self.worlds if w.name == name), path, clock)
        finally:
            if s.place == "copy":
                os.unlink(path)
        return found, clock.seconds / clock.units

    def with_orm(self, s: Scenario, w: World, path: str, clock: Clock) -> Any:
        shared = s.place in ("file", "million")
        engine = self.engines.get(w.name + path) or w.engine(path)
        if shared:
            self.engines[w.name + path] = engine
        if not path:
            w.base.metadata.create_all(engine)
        for _ in range(1 if s.place == "million" else 2):
            with w.orm.Session(engine) as session:
                found = s.run(w, session, clock)
        if not shared:
            engine.dispose()
        return found

    def raw(self, s: Scenario, path: str, clock: Clock) -> Any:
        db = sqlite3.connect(path or ":memory:")
        if not path:
            self.worlds[0].base.metadata.create_all(engine := self.worlds[0].engine(""))
            with engine.connect() as made:
                for (sql,) in made.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
                    db.execute(sql)
            engine.dispose()
        for _ in range(2):
            found = s.raw(db, clock)  # type: ignore[misc]
        db.close()
        return found

    @staticmethod
    def in_c(s: Scenario, path: str) -> Any:
        done = subprocess.run([C_PROGRAM, path, *s.c.split()], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{s.name}: {done.stderr.strip()}")
        seconds, units, answer = done.stdout.split(None, 2)
        return json.loads(answer), float(seconds) / int(units)

    def turns(self, s: Scenario, rounds: int) -> Dict[str, List[float]]:
        """Every contender once in each round; a round's first contender changes. Contenders that find different things end the run."""
        names, times, answers = self.names(s), {}, {}
        for i in range(min(rounds, s.rounds)):
            for name in names[i % len(names) :] + names[: i % len(names)]:
                found, seconds = self.once(s, name)
                answers[name] = json.dumps(found, default=str)
                times.setdefault(name, []).append(seconds)
        if len(set(answers.values())) != 1:
            raise SystemExit(f"{s.name}: contenders disagree: {answers}")
        return {name: times[name] for name in names}

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
