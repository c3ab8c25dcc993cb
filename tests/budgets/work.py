"""What the budgets count, as functions of a session and n. Each prepares itself and answers the part that is counted.

`CORMORANT_COUNT=1 python -m tests.budgets.work [NAME ...]` counts on SQLite and prints JSON; `--lower` writes what fell, and what is
new, into benchmarks/budgets.json, with room for a tenth more of what each use allocates.
"""

from __future__ import annotations

import gc
import json
import sys
from itertools import repeat
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

from benchmarks.python.world import World, rows


class Work(NamedTuple):
    name: str
    prepare: Callable[[World, Any, int], Callable[[], Any]]


WORK: List[Work] = []
SMALL, LARGE = 500, 1500
BUDGETS = Path(__file__).resolve().parents[2] / "benchmarks" / "budgets.json"


def work(name: str) -> Callable[[Any], Any]:
    def add(prepare: Any) -> Any:
        WORK.append(Work(name, prepare))
        return prepare

    return add


def items(w: World, session: Any, n: int) -> None:
    """n committed items, held by nobody."""
    session.execute(w.core.insert(w.Item), [{"id": r[0] + 1000, "name": r[1], "email": r[2], "price": r[3] + 0.125, "created": r[4]} for r in rows(n)])
    session.commit()
    session.expunge_all()


def family(w: World, session: Any, n: int) -> None:
    """n parents of ten children each."""
    session.execute(w.core.insert(w.Parent), [{"id": 1000 + i, "name": f"parent {i}"} for i in range(n)])
    session.execute(w.core.insert(w.Child), [{"id": 100_000 + i, "parent_id": 1000 + i // 10, "text": f"child {i}"} for i in range(n * 10)])
    session.commit()


# ---- reading


@work("load entities")
def load(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    return lambda: session.scalars(w.core.select(w.Item)).all()


@work("load entities again")
def load_again(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    held = session.scalars(w.core.select(w.Item)).all()
    return lambda: (held, session.scalars(w.core.select(w.Item)).all())[1]


@work("row tuples")
def tuples(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    i = w.Item
    return lambda: session.execute(w.core.select(i.id, i.name, i.email, i.price)).all()


@work("scalars")
def scalars(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    return lambda: session.scalars(w.core.select(w.Item.name)).all()


@work("get by key")
def get(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    return lambda: [session.get(w.Item, k) for k in range(1001, 1001 + n)]


@work("get of a loaded key")
def hit(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    held = session.get(w.Item, 1001)

    def body() -> None:
        for _ in repeat(None, n):
            session.get(w.Item, 1001)

    return lambda: (body(), held)[1]


@work("short select")
def short_select(w: World, session: Any, n: int) -> Any:
    items(w, session, n)

    def body() -> None:
        for k in range(1001, 1001 + n):
            session.scalars(w.core.select(w.Item).where(w.Item.id == k)).one()

    return body


@work("build a select, find its plan")
def build(w: World, session: Any, n: int) -> Any:
    i = w.Item

    def body() -> None:
        for _ in repeat(None, n):
            session._prepare(w.core.select(i).where(i.name == "x", i.id.in_([1, 2, 3])).order_by(i.price).limit(10))

    return body


@work("page expired by commit, read again")
def expired(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    page = session.scalars(w.core.select(w.Item)).all()
    session.commit()
    return lambda: [o.price for o in page]


@work("selectinload")
def selectinload(w: World, session: Any, n: int) -> Any:
    family(w, session, n)
    return lambda: session.scalars(w.core.select(w.Parent).options(w.orm.selectinload(w.Parent.children))).all()


@work("joinedload")
def joinedload(w: World, session: Any, n: int) -> Any:
    family(w, session, n)
    return lambda: session.scalars(w.core.select(w.Parent).options(w.orm.joinedload(w.Parent.children))).unique().all()


@work("lazy collections")
def lazy(w: World, session: Any, n: int) -> Any:
    family(w, session, n)
    parents = session.scalars(w.core.select(w.Parent)).all()
    return lambda: [p.children for p in parents]


@work("joined inheritance")
def inheritance(w: World, session: Any, n: int) -> Any:
    session.add_all([w.Pilot(id=1000 + i, name=f"name {i}", hours=1000 + i) for i in range(n)])
    session.commit()
    session.expunge_all()
    return lambda: session.scalars(w.core.select(w.Pilot)).all()


# ---- writing


def new_items(w: World, n: int) -> List[Any]:
    return [w.Item(name=r[1], email=r[2], price=r[3] + 0.125, created=r[4]) for r in rows(n)]


@work("insert flush and commit")
def insert(w: World, session: Any, n: int) -> Any:
    objects = new_items(w, n)

    def body() -> None:
        session.add_all(objects)
        session.commit()

    return body


@work("update flush and commit")
def update(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    objects = session.scalars(w.core.select(w.Item)).all()
    for o in objects:
        o.price += 1

    return lambda: (session.commit(), objects)[0]


@work("delete flush and commit")
def delete(w: World, session: Any, n: int) -> Any:
    items(w, session, n)
    objects = session.scalars(w.core.select(w.Item)).all()
    for o in objects:
        session.delete(o)
    return lambda: (session.commit(), objects)[0]


@work("delete of objects with relationships")
def delete_related(w: World, session: Any, n: int) -> Any:
    session.execute(w.core.insert(w.Parent), [{"id": 1000 + i, "name": f"parent {i}"} for i in range(n)])
    session.commit()
    objects = session.scalars(w.core.select(w.Parent)).all()

    def body() -> None:
        for o in objects:
            session.delete(o)
        session.commit()

    return body


@work("graph of three levels, flush and commit")
def graph(w: World, session: Any, n: int) -> Any:
    parents = [w.Parent(name="p", children=[w.Child(text="c", toys=[w.Toy(name="t")])]) for _ in range(n)]

    def body() -> None:
        session.add_all(parents)
        session.commit()

    return body


@work("bulk insert of dictionaries")
def bulk(w: World, session: Any, n: int) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(n)]
    return lambda: session.execute(w.core.insert(w.Item), data) and None


@work("bulk insert of dictionaries, returning")
def bulk_returning(w: World, session: Any, n: int) -> Any:
    data = [{"id": 1000 + i, "name": f"n{i}", "email": "e", "price": 1.5} for i in range(n)]
    return lambda: session.scalars(w.core.insert(w.Item).returning(w.Item.id), data).all()


# ---- objects


@work("attribute get")
def attribute_get(w: World, session: Any, n: int) -> Any:
    items(w, session, 1)
    o = session.scalars(w.core.select(w.Item)).first()

    def body() -> None:
        for _ in repeat(None, n):
            o.name

    return body


@work("attribute set")
def attribute_set(w: World, session: Any, n: int) -> Any:
    items(w, session, 1)
    o = session.scalars(w.core.select(w.Item)).first()

    def body() -> None:
        for _ in repeat(None, n):
            o.name = "x"

    return body


@work("construction")
def construction(w: World, session: Any, n: int) -> Any:
    return lambda: [w.Item(id=5, name="n", email="e", price=0.5) for _ in repeat(None, n)]


# ---- counting


def engine_for(w: World) -> Any:
    engine = w.engine("")
    w.base.metadata.create_all(engine)
    return engine


def empty(w: World, engine: Any) -> None:
    with engine.begin() as connection:
        for table in reversed(w.base.metadata.sorted_tables):
            connection.execute(table.delete())


def counted(w: World, one: Work, n: int) -> Dict[str, int]:
    """Allocations and crossings of one run, after another that made the plans; the least of three, for free lists differ."""
    from cormorant import _core

    best: Dict[str, int] = {}
    for _ in range(3):
        engine = engine_for(w)
        with w.orm.Session(engine) as session:
            one.prepare(w, session, n)()
        empty(w, engine)
        with w.orm.Session(engine) as session:
            body = one.prepare(w, session, n)
            gc.collect()
            gc.disable()
            before, blocks = _core.counted(), sys.getallocatedblocks()
            kept = body()
            blocks, after = sys.getallocatedblocks() - blocks, _core.counted()
            gc.enable()
        found = {name: after[name] - before[name] for name in after}
        crossings = sum(v for k, v in found.items() if k not in ("allocations", "python_allocations", "leave"))
        found = {
            "core allocations": found["allocations"], "python allocations": found["python_allocations"], "python blocks kept": blocks * (kept is not None),
            "host crossings": crossings, "gil released": found["leave"],
        }
        del kept, body
        best = {k: min(best.get(k, v), v) for k, v in found.items()}
        engine.dispose()
    return best


def observed(w: World, one: Work, n: int) -> Dict[str, int]:
    """Statements sent, and Python functions entered. Apart from the rest: a listener and a profile function are work too."""
    statements, calls, watching = 0, 0, False
    engine = engine_for(w)

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    def heard(*event: Any) -> None:
        nonlocal statements
        statements += watching

    with w.orm.Session(engine) as session:
        one.prepare(w, session, n)()
    empty(w, engine)
    with w.orm.Session(engine) as session:
        body = one.prepare(w, session, n)
        sys.setprofile(profile)
        body()
        sys.setprofile(None)
    empty(w, engine)
    w.core.event.listen(engine, "before_cursor_execute", heard)
    with w.orm.Session(engine) as session:
        body = one.prepare(w, session, n)
        watching = True
        body()
        watching = False
    engine.dispose()
    return {"statements": statements, "python calls": calls}


NOISY = ("python allocations", "python blocks kept", "gil released")  # their fixed part is the interpreter's, or the clock's


def line(small: Dict[str, int], large: Dict[str, int], n: int, m: int) -> Dict[str, Dict[str, float]]:
    """{"fixed": counts of one use, "per row": what each further row adds}, from the counts at n and at m."""
    slope = {name: (large[name] - small[name]) / (m - n) for name in small}
    fixed = {name: round(small[name] - slope[name] * n) for name in small if name not in NOISY}
    return {"fixed": fixed, "per row": {name: int(v) if v == int(v) else v for name, v in ((k, round(v, 1)) for k, v in slope.items())}}


def measure(w: World, one: Work) -> Dict[str, Dict[str, float]]:
    small, large = ({**observed(w, one, n), **counted(w, one, n)} for n in (SMALL, LARGE))
    return line(small, large, SMALL, LARGE)


def room(name: str, value: float) -> float:
    """The budget of a fixed count: statements are exact, the rest may waver."""
    return value if name == "statements" else value + 2 + max(0, value) // 10


def lowered(budgets: Dict[str, Any], found: Dict[str, Any]) -> Dict[str, Any]:
    """The budgets with these counts in: lower ones and new ones."""
    for name, counts in found.items():
        budget = budgets.setdefault(name, {"because": ""})
        for part, values in counts.items():
            held = budget.setdefault(part, {})
            for kind, value in values.items():
                value = room(kind, value) if part == "fixed" else value
                held[kind] = min(held.get(kind, value), value)
    return budgets


def main() -> int:
    w, wanted = World("cormorant"), [a for a in sys.argv[1:] if a != "--lower"]
    found = {one.name: measure(w, one) for one in WORK if one.name in wanted or not wanted}
    if "--lower" not in sys.argv:
        print(json.dumps(found, indent=1))
        return 0
    data = json.loads(BUDGETS.read_text())
    data["sqlite"] = lowered(data.get("sqlite", {}), found)
    write(data)
    return 0


def write(data: Dict[str, Any]) -> None:
    """One line for each part, so that a change of a budget is a line of a diff."""

    def scenario(name: str, budget: Dict[str, Any]) -> str:
        parts = ",\n".join(f"   {json.dumps(part)}: {json.dumps(value)}" for part, value in budget.items())
        return f"  {json.dumps(name)}: {{\n{parts}\n  }}"

    def database(name: str) -> str:
        return f" {json.dumps(name)}: {{\n" + ",\n".join(scenario(n, b) for n, b in data[name].items()) + "\n }"

    text = ",\n".join(database(name) if isinstance(data[name], dict) else f" {json.dumps(name)}: {json.dumps(data[name])}" for name in data)
    BUDGETS.write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    sys.exit(main())
