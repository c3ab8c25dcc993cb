"""Reading tables: entities of every shape, rows, and single objects by their key."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional

from ..clock import Clock
from ..world import STRIDED, STRIDES, Colour
from .kit import MILLION, scenario

ITEM = "id, name, email, price, created"


def _tuples(sql: str) -> Any:
    def raw(db: sqlite3.Connection, clock: Clock) -> Any:
        clock.start()
        found = db.execute(sql).fetchall()
        clock.stop(len(found))
        return len(found), found[-1][0]

    return raw


def _entities(name: str, cls: Any, table: str, n: Optional[int], goal: dict, columns: str = ITEM, **more: Any) -> None:
    """All attributes are read where there are five; `cls` finds the class in a world."""
    limit = f" LIMIT {n}" if n else ""
    repeat = max(1, 5000 // n) if n else 1

    def run(w: Any, session: Any, clock: Clock) -> Any:
        model, select = cls(w), w.core.select
        clock.start()
        for _ in range(repeat):
            found = session.scalars(select(model).limit(n) if n else select(model)).all()
            if columns == ITEM:
                for o in found:
                    o.id, o.name, o.email, o.price, o.created
            answer = len(found), found[-1].id
            if repeat > 1:
                del found
                o = None
        clock.stop(answer[0] * repeat)
        return answer

    def raw(db: sqlite3.Connection, clock: Clock) -> Any:
        clock.start()
        for _ in range(repeat):
            found = db.execute(f"SELECT {columns} FROM {table}{limit}").fetchall()
            if columns == ITEM:
                for o in found:
                    o[0], o[1], o[2], o[3], o[4]
        clock.stop(len(found) * repeat)
        return len(found), found[-1][0]

    scenario("loading", name, "entity", goal, raw=raw, c=f"load {table} {n or -1} {repeat}", **more)(run)


_entities("load 100", lambda w: w.Item, "item", 100, {"sqlalchemy": 12, "sqlite3": 0.8}, headline=True)
_entities("load 1,000", lambda w: w.Item, "item", 1000, {"sqlalchemy": 12})
_entities("load all items (100k at scale 1)", lambda w: w.Item, "item", None, {"sqlalchemy": 25, "sqlite3": 0.65}, headline=True)
_entities("load 1,000,000", lambda w: w.Item, "item", MILLION, {"sqlalchemy": 25, "sqlite3": 0.65}, place="million", rounds=2)
_entities(f"load {STRIDED:,}, dense keys", lambda w: w.Item, "item", STRIDED, {})
for bits in STRIDES:
    _entities(f"load {STRIDED:,}, keys in steps of 2^{bits}", lambda w, b=bits: w.strided[b], f"strided{bits}", None, {})
_entities("load 32 columns", lambda w: w.Wide, "wide", None, {"sqlalchemy": 7, "sqlite3": 0.7}, columns="*")


def _typed_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    clock.start()
    found = [
        (i, datetime.fromisoformat(at), Decimal(f"{price:.2f}"), uuid.UUID(key), Colour[colour], json.loads(data))
        for i, at, price, key, colour, data in db.execute("SELECT id, at, price, key, colour, data FROM typed")
    ]
    clock.stop(len(found))
    return len(found), [str(v) for v in found[-1]]


@scenario("loading", "load datetime, Decimal, UUID, enum, JSON", "entity", {"sqlalchemy": 8, "sqlite3": 0.8}, raw=_typed_raw)
def typed(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Typed)).all()
    clock.stop(len(found))
    o = found[-1]
    return len(found), [str(v) for v in (o.id, o.at, o.price, o.key, o.colour, o.data)]


@scenario("loading", "row tuples of 4", "row", {"sqlalchemy": 6, "sqlite3": 0.6}, raw=_tuples("SELECT id, name, email, price FROM item"), c="tuples")
def row_tuples(w: Any, session: Any, clock: Clock) -> Any:
    i = w.Item
    clock.start()
    found = session.execute(w.core.select(i.id, i.name, i.email, i.price)).all()
    clock.stop(len(found))
    return len(found), found[-1][0]


def _scalars_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    clock.start()
    found = [name for (name,) in db.execute("SELECT name FROM item")]
    clock.stop(len(found))
    return len(found), found[-1]


@scenario("loading", "scalars", "value", {"sqlalchemy": 5, "sqlite3": 0.6}, raw=_scalars_raw, c="scalars")
def scalars(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Item.name)).all()
    clock.stop(len(found))
    return len(found), found[-1]


@scenario("loading", "mappings", "row", {"sqlalchemy": 5})
def mappings(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.execute(w.core.select(w.Item.id, w.Item.name)).mappings().all()
    total = sum(m["id"] for m in found)
    clock.stop(len(found))
    return total


# ---- by key

KEYS = [i * 37 % 9000 + 1 for i in range(1, 1001)]


def _write_nothing(w: Any, session: Any) -> None:
    """A transaction of the file begins with the first write, on both."""
    session.execute(w.core.update(w.Tag).where(w.Tag.id == -1).values(name="x"))


def _get_raw(begin: bool) -> Any:
    def raw(db: sqlite3.Connection, clock: Clock) -> Any:
        if begin:
            db.execute("UPDATE tag SET name = 'x' WHERE id = -1")
        clock.start()
        found = [db.execute(f"SELECT {ITEM} FROM item WHERE id = ?", (k,)).fetchone() for k in KEYS]
        clock.stop(len(KEYS))
        db.rollback()
        return found[-1][1]

    return raw


@scenario("loading", "get by key, autocommit", "get", {"sqlalchemy": 10, "sqlite3": 1.0}, raw=_get_raw(False), c="get 0")
def get(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = [session.get(w.Item, k) for k in KEYS]
    clock.stop(len(KEYS))
    return found[-1].name


@scenario(
    "loading", "get by key, in a transaction", "get", {"sqlalchemy": 50, "sqlite3": 0.6}, raw=_get_raw(True), c="get 1", place="copy", headline=True
)
def get_in_transaction(w: Any, session: Any, clock: Clock) -> Any:
    _write_nothing(w, session)
    clock.start()
    found = [session.get(w.Item, k) for k in KEYS]
    clock.stop(len(KEYS))
    return found[-1].name


@scenario("loading", "get of a missing key", "get", {"sqlalchemy": 10})
def miss(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = [session.get(w.Item, -k) for k in range(1, 501)]
    clock.stop(len(found))
    return found[-1]


@scenario("loading", "get of a loaded key", "get", {"sqlalchemy": 40}, headline=True)
def identity_hit(w: Any, session: Any, clock: Clock) -> Any:
    item, held = w.Item, session.get(w.Item, 7)
    get = session.get
    clock.start()
    for _ in range(20_000):
        get(item, 7)
    clock.stop(20_000)
    return get(item, 7) is held


@scenario("loading", "page of 100 expired by commit, read again", "entity", {"sqlalchemy": 10})
def expired(w: Any, session: Any, clock: Clock) -> Any:
    page = session.scalars(w.core.select(w.Item).limit(100)).all()
    session.commit()
    clock.start()
    total = sum(o.price for o in page)
    clock.stop(len(page))
    return total
