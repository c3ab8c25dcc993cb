"""`python -m benchmarks.python.full [--scale X] [--rounds N] [--only TEXT] [--json FILE]`: everyday work of an ORM, scenario by scenario,
on SQLAlchemy and on Cormorant, and where there is such a thing on the sqlite3 module.

A scenario is one function of a world (an ORM, its models, a file of its own): it does its work once and answers what it found, which
must be the same for every contender. The time is that of the part between `clock.start()` and `clock.stop()`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from statistics import median
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .clock import add_option, choose, now
from .world import PARENTS, World, fill_world


class Clock:
    def __init__(self) -> None:
        self.seconds, self.units = 0.0, 1

    def start(self) -> None:
        self._from = now()

    def stop(self, units: int) -> None:
        self.seconds, self.units = now() - self._from, units


class Scenario(NamedTuple):
    name: str
    unit: str
    goal: float
    run: Callable[[Any, Any, Clock], Any]
    raw: Optional[Callable[[Any, Clock], Any]]


SCENARIOS: List[Scenario] = []


def scenario(name: str, unit: str, goal: float, raw: Optional[Callable[[Any, Clock], Any]] = None) -> Callable[[Any], Any]:
    def add(run: Callable[[Any, Any, Clock], Any]) -> Any:
        SCENARIOS.append(Scenario(name, unit, goal, run, raw))
        return run

    return add


# ---- reading


def _entities(name: str, table: str, n: Optional[int], goal: float) -> None:
    def run(w: Any, session: Any, clock: Clock) -> Any:
        cls = getattr(w, name)
        clock.start()
        found = session.scalars(w.core.select(cls).limit(n) if n else w.core.select(cls)).all()
        clock.stop(len(found))
        return len(found), found[-1].id

    def raw(db: Any, clock: Clock) -> Any:
        clock.start()
        found = db.execute(f"SELECT * FROM {table}" + (f" LIMIT {n}" if n else "")).fetchall()
        clock.stop(len(found))
        return len(found), found[-1][0]

    scenario(f"load {name.lower()}" + (f" n={n:,}" if n else ""), "entity", goal, raw)(run)


_entities("Item", "item", 1000, 12)
_entities("Item", "item", None, 25)
_entities("Wide", "wide", None, 7)
_entities("Typed", "typed", None, 8)


@scenario("row tuples", "row", 6, lambda db, clock: _raw_tuples(db, clock))
def row_tuples(w: Any, session: Any, clock: Clock) -> Any:
    i = w.Item
    clock.start()
    found = session.execute(w.core.select(i.id, i.name, i.email, i.price)).all()
    clock.stop(len(found))
    return len(found), tuple(found[-1])


def _raw_tuples(db: Any, clock: Clock) -> Any:
    clock.start()
    found = db.execute("SELECT id, name, email, price FROM item").fetchall()
    clock.stop(len(found))
    return len(found), found[-1]


@scenario("scalars", "value", 5)
def scalars(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Item.name)).all()
    clock.stop(len(found))
    return len(found), found[-1]


@scenario("mappings", "row", 5)
def mappings(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.execute(w.core.select(w.Item.id, w.Item.name)).mappings().all()
    total = sum(m["id"] for m in found)
    clock.stop(len(found))
    return total


@scenario("get by key, autocommit", "get", 10)
def get(w: Any, session: Any, clock: Clock) -> Any:
    keys = [i * 37 % 900 + 1 for i in range(1, 801)]
    clock.start()
    found = [session.get(w.Item, k) for k in keys]
    clock.stop(len(keys))
    return found[-1].name


@scenario("get of a missing key", "get", 10)
def miss(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = [session.get(w.Item, -k) for k in range(1, 501)]
    clock.stop(len(found))
    return found[-1]


@scenario("short select, one row", "select", 10)
def short_select(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    for k in range(1, 501):
        found = session.scalars(w.core.select(w.Item).where(w.Item.id == k)).one()
    clock.stop(500)
    return found.name


@scenario("Query: filter_by().first()", "query", 10)
def query_first(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    for k in range(1, 501):
        found = session.query(w.Item).filter_by(id=k).first()
    clock.stop(500)
    return found.name


@scenario("page of 100 expired by commit, read again", "entity", 10)
def expired(w: Any, session: Any, clock: Clock) -> Any:
    page = session.scalars(w.core.select(w.Item).limit(100)).all()
    session.commit()
    clock.start()
    total = sum(o.price for o in page)
    clock.stop(len(page))
    return total


# ---- relationships


def _eager(option: str) -> None:
    def run(w: Any, session: Any, clock: Clock) -> Any:
        load = getattr(w.orm, option)
        clock.start()
        found = session.scalars(w.core.select(w.Parent).options(load(w.Parent.children)).order_by(w.Parent.id)).unique().all()
        n = sum(len(p.children) for p in found)
        clock.stop(n + len(found))
        return n, found[-1].children[-1].id

    scenario(f"{option}, {PARENTS} x 10", "entity", 12)(run)


_eager("selectinload")
_eager("joinedload")


@scenario("selectinload, many-to-many", "entity", 12)
def many_to_many(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Parent).options(w.orm.selectinload(w.Parent.tags)).order_by(w.Parent.id)).all()
    n = sum(len(p.tags) for p in found)
    clock.stop(n + len(found))
    return n, sorted(t.id for t in found[-1].tags)


@scenario("lazy collections of 10, in a transaction", "parent", 20)
def lazy(w: Any, session: Any, clock: Clock) -> Any:
    session.execute(w.core.update(w.Tag).where(w.Tag.id == -1).values(name="x"))
    found = session.scalars(w.core.select(w.Parent).limit(300)).all()
    clock.start()
    n = sum(len(p.children) for p in found)
    clock.stop(len(found))
    return n


@scenario("joined inheritance", "entity", 10)
def inheritance(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Pilot).order_by(w.Pilot.id)).all()
    clock.stop(len(found))
    return len(found), found[-1].hours


# ---- writing


@scenario("insert flush, 5 columns", "object", 30, lambda db, clock: _raw_insert(db, clock))
def insert(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    session.add_all([w.Item(name=f"name {i}", email="e", price=0.5) for i in range(10_000)])
    session.commit()
    clock.stop(10_000)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Item))


def _raw_insert(db: Any, clock: Clock) -> Any:
    clock.start()
    db.executemany("INSERT INTO item (name, email, price, created) VALUES (?, ?, ?, ?)", [(f"name {i}", "e", 0.5, None) for i in range(10_000)])
    db.commit()
    clock.stop(10_000)
    return db.execute("SELECT count(*) FROM item").fetchone()[0]


@scenario("insert flush, Python default and TypeDecorator", "object", 10)
def insert_default(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    session.add_all([w.Note(text=f"text {i}") for i in range(5000)])
    session.commit()
    clock.stop(5000)
    return session.execute(w.core.text("SELECT count(*), max(text) FROM note")).one()[1]


@scenario("insert flush with a listener", "object", 10)
def insert_listener(w: Any, session: Any, clock: Clock) -> Any:
    seen = []

    def listener(mapper: Any, connection: Any, target: Any) -> None:
        seen.append(1)

    w.core.event.listen(w.Tag, "before_insert", listener)
    try:
        clock.start()
        session.add_all([w.Tag(name=f"text {i}") for i in range(3000)])
        session.commit()
        clock.stop(3000)
    finally:
        w.core.event.remove(w.Tag, "before_insert", listener)
    return len(seen)


@scenario("flush of a graph of three levels", "object", 15)
def graph(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    parents = [w.Parent(name="p", children=[w.Child(text="c", toys=[w.Toy(name="t") for _ in range(5)]) for _ in range(5)]) for _ in range(150)]
    session.add_all(parents)
    session.commit()
    clock.stop(150 * 31)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Toy))


@scenario("update flush, one column", "object", 15)
def update(w: Any, session: Any, clock: Clock) -> Any:
    found = session.scalars(w.core.select(w.Item).limit(5000)).all()
    clock.start()
    for o in found:
        o.price += 1
    session.commit()
    clock.stop(len(found))
    return session.scalar(w.core.select(w.core.func.sum(w.Item.price)).where(w.Item.id < 100))


@scenario("delete flush", "object", 12)
def delete(w: Any, session: Any, clock: Clock) -> Any:
    found = session.scalars(w.core.select(w.Item).limit(5000)).all()
    clock.start()
    for o in found:
        session.delete(o)
    session.commit()
    clock.stop(len(found))
    return session.scalar(w.core.select(w.core.func.min(w.Item.id)))


@scenario("bulk insert of dicts", "row", 6)
def bulk(w: Any, session: Any, clock: Clock) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(10_000)]
    clock.start()
    session.execute(w.core.insert(w.Item), data)
    session.commit()
    clock.stop(len(data))
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Item))


@scenario("bulk insert of dicts, returning", "row", 10)
def bulk_returning(w: Any, session: Any, clock: Clock) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(3000)]
    clock.start()
    keys = session.scalars(w.core.insert(w.Item).returning(w.Item.id), data).all()
    session.commit()
    clock.stop(len(data))
    return len(keys), max(keys)


# ---- objects


@scenario("attribute get", "get", 7)
def attribute_get(w: Any, session: Any, clock: Clock) -> Any:
    o = session.get(w.Item, 1)
    clock.start()
    for _ in range(200_000):
        o.name
    clock.stop(200_000)


@scenario("attribute set", "set", 15)
def attribute_set(w: Any, session: Any, clock: Clock) -> Any:
    o = session.get(w.Item, 1)
    clock.start()
    for i in range(100_000):
        o.price = i
    clock.stop(100_000)


@scenario("construction with 4 arguments", "object", 25)
def construction(w: Any, session: Any, clock: Clock) -> Any:
    item = w.Item
    clock.start()
    for i in range(50_000):
        item(id=i, name="n", email="e", price=0.5)
    clock.stop(50_000)


@scenario("first compile of a select", "statement", 30)
def first_compile(w: Any, session: Any, clock: Clock) -> Any:
    dialect = session.get_bind().dialect
    made = [w.core.select(w.Item).where(w.Item.name == "x", w.Item.id > i).order_by(w.Item.price).limit(10) for i in range(200)]
    clock.start()
    text = [str(s.compile(dialect=dialect)) for s in made]
    clock.stop(len(made))
    return " ".join(text[-1].split())


# ---- running


def contenders() -> List[Any]:
    found = []
    for package in ("cormorant", "sqlalchemy"):
        try:
            found.append(World(package))
        except ImportError as error:
            print(f"left out: {package} ({error})")
    return found


def once(s: Scenario, w: Any, path: str) -> Any:
    """Two runs on a fresh copy of the file, the second timed: what it found, seconds per unit. By then plans are made and pages cached."""
    copy = path + "." + (w.name if w else "sqlite3")
    shutil.copy(path, copy)
    clock = Clock()
    gc.collect()
    if w is None:
        db = sqlite3.connect(copy)
        for _ in range(2):
            found = s.raw(db, clock)  # type: ignore[misc]
        db.close()
    else:
        engine = w.core.create_engine(f"sqlite:///{copy}")
        for _ in range(2):
            with w.orm.Session(engine) as session:
                found = s.run(w, session, clock)
        engine.dispose()
    os.unlink(copy)
    return found, clock.seconds / clock.units


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.5, help="1.0: 100,000 items, 20,000 of 32 columns")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    add_option(parser)
    options = parser.parse_args()
    clock = choose(options)
    orms = contenders()
    n = max(10_000, int(100_000 * options.scale))
    print(f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(f'{w.name} {w.version}' for w in orms)}")
    print(f"{n:,} items, file with rollback journal, GC on, {clock}, medians of {options.rounds} interleaved rounds; goals in brackets\n")
    print(f"{'scenario':<50}{'x SQLAlchemy':>18}{'of sqlite3':>12}{'cormorant':>13}{'sqlalchemy':>13}  per")
    results: List[Dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "world.db")
        fill_world(path, n)
        for s in SCENARIOS:
            if options.only not in s.name:
                continue
            times: Dict[str, List[float]] = {}
            answers: Dict[str, Any] = {}
            turns = [*orms, *([None] if s.raw else [])]
            for i in range(options.rounds):
                for w in turns[i % len(turns) :] + turns[: i % len(turns)]:
                    name = w.name if w else "sqlite3"
                    answers[name], seconds = once(s, w, path)
                    times.setdefault(name, []).append(seconds)
            assert len({repr(a) for a in answers.values()}) == 1, f"{s.name}: contenders disagree: {answers}"
            mid = {name: median(values) for name, values in times.items()}
            results.append({"scenario": s.name, "unit": s.unit, "goal": s.goal, "median": mid, "all": times})
            ours, sa, raw = mid["cormorant"], mid.get("sqlalchemy"), mid.get("sqlite3")
            ratio = f"{sa / ours:.1f}x [{s.goal:g}x]" if sa else "-"
            print(
                f"{s.name:<50}{ratio:>18}{f'{ours / raw:.2f}x' if raw else '-':>12}{ours * 1e9:>10,.0f} ns{(sa or 0) * 1e9:>10,.0f} ns  {s.unit}", flush=True
            )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "n": n, "results": results}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
