"""The eight scenarios of `make bench`. Each asserts first that the contenders agree, then answers seconds per unit of work."""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
import tracemalloc
from statistics import median
from typing import Any, Callable, Dict, List

from .clock import now
from .contenders import Orm, fill, rows


class Bench:
    """Files and contenders for one run."""

    def __init__(self, orms: List[Orm], scale: float = 1.0) -> None:
        self.orms = orms
        self.n = max(1000, int(100_000 * scale))
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "items.db")
        fill(self.path, self.n)

    def close(self) -> None:
        self.folder.cleanup()

    def turns(self, work: Dict[str, Callable[[], float]], rounds: int) -> Dict[str, List[float]]:
        """Runs every contender once per round, in turn; a round's first contender changes."""
        names = list(work)
        times: Dict[str, List[float]] = {name: [] for name in names}
        for i in range(rounds):
            for name in names[i % len(names) :] + names[: i % len(names)]:
                gc.collect()
                times[name].append(work[name]())
        return times


def timed(units: int, body: Callable[[], object]) -> float:
    started = now()
    body()
    return (now() - started) / units


def load(bench: Bench, n: int, rounds: int) -> Dict[str, List[float]]:
    """Entities of five columns by one select, GC on; sqlite3: tuples, dates as text."""
    work: Dict[str, Callable[[], float]] = {}
    repeat = max(1, 20_000 // n)
    for orm in bench.orms:
        engine, item, select = orm.engine(bench.path), orm.Item, orm.core.select

        def run(orm=orm, engine=engine, item=item, select=select) -> float:
            total = 0.0
            for _ in range(repeat):
                with orm.session(engine) as session:
                    started = now()
                    found = session.scalars(select(item).limit(n)).all()
                    for o in found:
                        o.id, o.name, o.email, o.price, o.created
                    total += now() - started
                    assert len(found) == n and (found[-1].id, found[-1].name, found[-1].email, found[-1].price, found[-1].created) == rows(1, n)[0]
                    del found
            return total / repeat / n

        work[orm.name] = run
    db = sqlite3.connect(bench.path)

    def raw() -> float:
        total = 0.0
        for _ in range(repeat):
            started = now()
            found = db.execute("SELECT id, name, email, price, created FROM item LIMIT ?", (n,)).fetchall()
            for o in found:
                o[0], o[1], o[2], o[3], o[4]
            total += now() - started
            assert len(found) == n
        return total / repeat / n

    work["sqlite3"] = raw
    return bench.turns(work, rounds)


def get(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """session.get of keys not loaded yet, inside one transaction of the file; sqlite3: execute and fetchone."""
    work: Dict[str, Callable[[], float]] = {}
    keys = [i * 37 % bench.n + 1 for i in range(1, 2001)]
    for orm in bench.orms:
        engine, item = orm.engine(bench.path), orm.Item

        def run(orm=orm, engine=engine, item=item) -> float:
            with orm.session(engine) as session:
                session.execute(orm.core.text("BEGIN" if orm.name == "sqlalchemy" else "SELECT 1"))
                if orm.name != "sqlalchemy":
                    session.execute(orm.core.update(item).where(item.id == -1).values(name="x"))
                assert session.get(item, keys[0]).name == f"name {keys[0]}"
                session.expunge_all()
                return timed(len(keys), lambda: [session.get(item, k) for k in keys])

        work[orm.name] = run
    db = sqlite3.connect(bench.path, isolation_level=None)

    def raw() -> float:
        db.execute("BEGIN")
        try:
            return timed(len(keys), lambda: [db.execute("SELECT id, name, email, price, created FROM item WHERE id = ?", (k,)).fetchone() for k in keys])
        finally:
            db.execute("ROLLBACK")

    work["sqlite3"] = raw
    return bench.turns(work, rounds)


def identity_hit(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """session.get of a key that the session holds."""
    work: Dict[str, Callable[[], float]] = {}
    for orm in bench.orms:
        engine, item = orm.engine(bench.path), orm.Item

        def run(orm=orm, engine=engine, item=item) -> float:
            with orm.session(engine) as session:
                held = session.get(item, 7)
                assert session.get(item, 7) is held

                def body() -> None:
                    get = session.get
                    for _ in range(20_000):
                        get(item, 7)

                return timed(20_000, body)

        work[orm.name] = run
    return bench.turns(work, rounds)


def insert(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """add_all + commit of new objects into an empty table in memory; sqlite3: executemany of tuples in one transaction."""
    n = max(1000, bench.n // 5)
    data = rows(n)
    work: Dict[str, Callable[[], float]] = {}
    for orm in bench.orms:

        def run(orm=orm) -> float:
            engine = orm.engine("")
            with orm.session(engine) as session:
                objects = [orm.Item(name=r[1], email=r[2], price=r[3], created=r[4]) for r in data]

                def body() -> None:
                    session.add_all(objects)
                    session.commit()

                seconds = timed(n, body)
                assert session.scalar(orm.core.select(orm.core.func.sum(orm.Item.price))) == sum(r[3] for r in data)
            engine.dispose()
            return seconds

        work[orm.name] = run

    def raw() -> float:
        db = sqlite3.connect(":memory:")
        db.execute("CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR(80), email VARCHAR(120), price FLOAT, created DATETIME, PRIMARY KEY (id))")
        values = [(r[1], r[2], r[3], r[4].strftime("%Y-%m-%d %H:%M:%S.%f")) for r in data]

        def body() -> None:
            db.executemany("INSERT INTO item (name, email, price, created) VALUES (?, ?, ?, ?)", values)
            db.commit()

        return timed(n, body)

    work["sqlite3"] = raw
    return bench.turns(work, rounds)


def update(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """One changed column per object, flush + commit, in memory; sqlite3: executemany UPDATE in one transaction."""
    n = max(1000, bench.n // 5)
    data = rows(n)
    work: Dict[str, Callable[[], float]] = {}
    for orm in bench.orms:

        def run(orm=orm) -> float:
            engine = orm.engine("")
            with orm.session(engine) as session:
                session.add_all([orm.Item(name=r[1], email=r[2], price=r[3], created=r[4]) for r in data])
                session.commit()
                objects = session.scalars(orm.core.select(orm.Item)).all()
                for o in objects:
                    o.price = o.price + 1

                seconds = timed(n, session.commit)
                assert session.scalar(orm.core.select(orm.core.func.sum(orm.Item.price))) == sum(r[3] + 1 for r in data)
            engine.dispose()
            return seconds

        work[orm.name] = run

    def raw() -> float:
        db = sqlite3.connect(":memory:")
        db.execute("CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR(80), email VARCHAR(120), price FLOAT, created DATETIME, PRIMARY KEY (id))")
        db.executemany("INSERT INTO item (name, email, price, created) VALUES (?, ?, ?, ?)", [(r[1], r[2], r[3], str(r[4])) for r in data])
        db.commit()
        values = [(r[3] + 1, r[0]) for r in data]

        def body() -> None:
            db.executemany("UPDATE item SET price = ? WHERE id = ?", values)
            db.commit()

        return timed(n, body)

    work["sqlite3"] = raw
    return bench.turns(work, rounds)


def build(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """A select built anew each time and its plan found: key, parameters and compiled form, nothing executed."""
    work: Dict[str, Callable[[], float]] = {}
    for orm in bench.orms:
        engine, item, select = orm.engine(""), orm.Item, orm.core.select

        def run(orm=orm, engine=engine, item=item, select=select) -> float:
            with orm.session(engine) as session:
                find = session._prepare if orm.name == "cormorant" else finder(engine)

                def body() -> None:
                    for i in range(1000):
                        find(select(item).where(item.name == "x", item.id.in_([1, 2, i])).order_by(item.price).limit(10))

                body()
                return timed(1000, body)

        work[orm.name] = run
    return bench.turns(work, rounds)


def finder(engine: Any) -> Callable[[Any], Any]:
    """What SQLAlchemy's Connection does to a statement before it runs: its cache key, and a look into the engine's cache."""
    return lambda stmt: stmt._compile_w_cache(engine.dialect, compiled_cache=engine._compiled_cache, column_keys=[])


def build_and_run(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """The same select built anew and executed, no row found; sqlite3: its text executed."""
    work: Dict[str, Callable[[], float]] = {}
    for orm in bench.orms:
        engine, item, select = orm.engine(""), orm.Item, orm.core.select

        def run(orm=orm, engine=engine, item=item, select=select) -> float:
            with orm.session(engine) as session:

                def body() -> None:
                    for i in range(1000):
                        session.scalars(select(item).where(item.name == "x", item.id.in_([1, 2, i])).order_by(item.price).limit(10)).all()

                body()
                return timed(1000, body)

        work[orm.name] = run
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, email TEXT, price FLOAT, created DATETIME)")
    sql = "SELECT id, name, email, price, created FROM item WHERE name = ? AND id IN (?, ?, ?, ?) ORDER BY price LIMIT ? OFFSET ?"
    work["sqlite3"] = lambda: timed(1000, lambda: [db.execute(sql, ("x", 1, 2, i, i, 10, 0)).fetchall() for i in range(1000)])
    return bench.turns(work, rounds)


def memory(bench: Bench, rounds: int) -> Dict[str, List[float]]:
    """Bytes per loaded entity of five columns with its values, by tracemalloc; sqlite3: tuples."""
    n = min(bench.n, 20_000)
    work: Dict[str, Callable[[], float]] = {}

    def traced(body: Callable[[], object]) -> float:
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            keep = body()
            gc.collect()
            return (tracemalloc.get_traced_memory()[0] - before) / n + 0 * bool(keep)
        finally:
            tracemalloc.stop()

    for orm in bench.orms:
        engine, item, select = orm.engine(bench.path), orm.Item, orm.core.select

        def run(orm=orm, engine=engine, item=item, select=select) -> float:
            with orm.session(engine) as session:
                return traced(lambda: session.scalars(select(item).limit(n)).all())

        work[orm.name] = run
    db = sqlite3.connect(bench.path)
    work["sqlite3"] = lambda: traced(lambda: db.execute("SELECT id, name, email, price, created FROM item LIMIT ?", (n,)).fetchall())
    return bench.turns(work, min(rounds, 2))


SCENARIOS = [
    ("load 100k x 5", "per entity", lambda b, r: load(b, b.n, r), 25, 0.65),
    ("load 100", "per entity", lambda b, r: load(b, 100, r), 12, 0.8),
    ("get in a transaction", "per get", get, 50, 0.6),
    ("identity hit", "per get", identity_hit, 40, None),
    ("insert flush", "per object", insert, 30, 1.2),
    ("update flush", "per object", update, 15, 1.3),
    ("build + lookup", "per statement", build, 40, None),
    ("build + execute", "per statement", build_and_run, 20, None),
    ("memory", "bytes per entity", memory, 1 / 0.36, 1.2),
]


def summary(times: List[float]) -> float:
    return median(times)
