"""Statements themselves: building, finding their plan, compiling for the first time, running short ones."""

from __future__ import annotations

import sqlite3
from typing import Any, Callable

from ..clock import Clock
from .kit import scenario

N = 1000


def _built(w: Any, i: int) -> Any:
    item = w.Item
    return w.core.select(item).where(item.name == "x", item.id.in_([1, 2, i])).order_by(item.price).limit(10)


def _finder(w: Any, session: Any) -> Callable[[Any], Any]:
    """What is done to a statement before it runs: its key, and a look into the engine's cache."""
    if w.name == "cormorant":
        return session._prepare
    engine = session.get_bind()
    return lambda stmt: stmt._compile_w_cache(engine.dialect, compiled_cache=engine._compiled_cache, column_keys=[])


@scenario("statements", "build a select, find its plan", "statement", {"sqlalchemy": 40}, headline=True)
def build(w: Any, session: Any, clock: Clock) -> Any:
    find = _finder(w, session)
    clock.start()
    for i in range(N):
        find(_built(w, i))
    clock.stop(N)


def _empty_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    sql = "SELECT id, name, email, price, created FROM item WHERE name = ? AND id IN (?, ?, ?, ?) ORDER BY price LIMIT ? OFFSET ?"
    clock.start()
    for i in range(N):
        found = db.execute(sql, ("x", 1, 2, i, i, 10, 0)).fetchall()
    clock.stop(N)
    return len(found)


@scenario("statements", "build it and run it, no row", "statement", {"sqlalchemy": 20}, raw=_empty_raw, place="memory", headline=True)
def build_and_run(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    for i in range(N):
        found = session.scalars(_built(w, i)).all()
    clock.stop(N)
    return len(found)


@scenario("statements", "first compile", "statement", {"sqlalchemy": 30})
def first_compile(w: Any, session: Any, clock: Clock) -> Any:
    dialect = session.get_bind().dialect
    made = [w.core.select(w.Item).where(w.Item.name == "x", w.Item.id > i).order_by(w.Item.price).limit(10) for i in range(200)]
    clock.start()
    text = [str(s.compile(dialect=dialect)) for s in made]
    clock.stop(len(made))
    return " ".join(text[-1].split())


@scenario("statements", "short select, one row", "select", {"sqlalchemy": 10})
def short_select(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    for k in range(1, 501):
        found = session.scalars(w.core.select(w.Item).where(w.Item.id == k)).one()
    clock.stop(500)
    return found.name


@scenario("statements", "Query: filter_by().first()", "query", {"sqlalchemy": 10})
def query_first(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    for k in range(1, 501):
        found = session.query(w.Item).filter_by(id=k).first()
    clock.stop(500)
    return found.name
