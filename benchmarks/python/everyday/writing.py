"""Flushes and bulk statements. In memory where the disk would drown the rest; on a file where that is the point."""

from __future__ import annotations

import sqlite3
from typing import Any

from ..clock import Clock
from ..world import rows
from .kit import scenario

N = 10_000
INSERT = "INSERT INTO item (name, email, price, created) VALUES (?, ?, ?, ?)"


def _insert_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    values = [(r[1], r[2], r[3], r[4].strftime("%Y-%m-%d %H:%M:%S.%f")) for r in rows(N)]
    clock.start()
    db.executemany(INSERT, values)
    db.commit()
    clock.stop(N)
    return db.execute("SELECT count(*), sum(price) FROM item").fetchone()


def _new_items(w: Any, session: Any, clock: Clock) -> Any:
    objects = [w.Item(name=r[1], email=r[2], price=r[3], created=r[4]) for r in rows(N)]
    clock.start()
    session.add_all(objects)
    session.commit()
    clock.stop(N)
    return list(session.execute(w.core.text("SELECT count(*), sum(price) FROM item")).one())


scenario("writing", "insert flush", "object", {"sqlalchemy": 30, "sqlite3": 1.2}, raw=_insert_raw, c="insert", place="memory", headline=True)(_new_items)
scenario("writing", "insert flush, file", "object", {"sqlalchemy": 30, "sqlite3": 1.2}, raw=_insert_raw, c="insert", place="copy")(_new_items)


@scenario("writing", "construct and insert, file", "object", {"sqlalchemy": 30}, place="copy")
def construct_and_insert(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    session.add_all([w.Item(name=f"name {i}", email="e", price=0.5) for i in range(N)])
    session.commit()
    clock.stop(N)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Item))


@scenario("writing", "insert flush, Python default and TypeDecorator", "object", {"sqlalchemy": 10}, place="memory")
def insert_default(w: Any, session: Any, clock: Clock) -> Any:
    objects = [w.Note(text=f"text {i}") for i in range(5000)]
    clock.start()
    session.add_all(objects)
    session.commit()
    clock.stop(5000)
    return session.execute(w.core.text("SELECT count(*), max(text) FROM note")).one()[1]


@scenario("writing", "insert flush with a listener", "object", {"sqlalchemy": 10}, place="memory")
def insert_listener(w: Any, session: Any, clock: Clock) -> Any:
    seen = []

    def listener(mapper: Any, connection: Any, target: Any) -> None:
        seen.append(1)

    objects = [w.Tag(name=f"text {i}") for i in range(3000)]
    w.core.event.listen(w.Tag, "before_insert", listener)
    try:
        clock.start()
        session.add_all(objects)
        session.commit()
        clock.stop(3000)
    finally:
        w.core.event.remove(w.Tag, "before_insert", listener)
    return len(seen)


@scenario("writing", "flush of a graph of three levels", "object", {"sqlalchemy": 15}, place="memory")
def graph(w: Any, session: Any, clock: Clock) -> Any:
    parents = [w.Parent(name="p", children=[w.Child(text="c", toys=[w.Toy(name="t") for _ in range(5)]) for _ in range(5)]) for _ in range(150)]
    clock.start()
    session.add_all(parents)
    session.commit()
    clock.stop(150 * 31)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Toy))


def _loaded(w: Any, session: Any, n: int = N) -> Any:
    """n items in the table and in the session, whichever were there before."""
    session.execute(w.core.delete(w.Item))
    session.execute(w.core.insert(w.Item), [{"id": r[0], "name": r[1], "email": r[2], "price": r[3], "created": r[4]} for r in rows(n)])
    session.commit()
    return session.scalars(w.core.select(w.Item)).all()


def _raw_loaded(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM item")
    db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", [(*r[:4], str(r[4])) for r in rows(N)])
    db.commit()


def _update_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    _raw_loaded(db)
    values = [(r[3] + 1, r[0]) for r in rows(N)]
    clock.start()
    db.executemany("UPDATE item SET price = ? WHERE id = ?", values)
    db.commit()
    clock.stop(N)
    return db.execute("SELECT sum(price) FROM item").fetchone()[0]


@scenario("writing", "update flush, one column", "object", {"sqlalchemy": 15, "sqlite3": 1.3}, raw=_update_raw, c="update", place="memory", headline=True)
def update(w: Any, session: Any, clock: Clock) -> Any:
    for o in _loaded(w, session):
        o.price += 1
    clock.start()
    session.commit()
    clock.stop(N)
    return session.scalar(w.core.select(w.core.func.sum(w.Item.price)))


@scenario("writing", "update flush, all columns", "object", {"sqlalchemy": 15}, place="memory")
def update_all(w: Any, session: Any, clock: Clock) -> Any:
    for o in _loaded(w, session):
        o.name, o.email, o.price, o.created = o.name + "!", "e", o.price + 1, o.created.replace(microsecond=5)
    clock.start()
    session.commit()
    clock.stop(N)
    return list(session.execute(w.core.text("SELECT sum(price), max(name), max(created) FROM item")).one())


def _delete_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    _raw_loaded(db)
    keys = [(i,) for i in range(1, N + 1)]
    clock.start()
    db.executemany("DELETE FROM item WHERE id = ?", keys)
    db.commit()
    clock.stop(N)
    return db.execute("SELECT count(*) FROM item").fetchone()[0]


@scenario("writing", "delete flush", "object", {"sqlalchemy": 12, "sqlite3": 1.3}, raw=_delete_raw, c="delete", place="memory")
def delete(w: Any, session: Any, clock: Clock) -> Any:
    for o in _loaded(w, session):
        session.delete(o)
    clock.start()
    session.commit()
    clock.stop(N)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Item))


# ---- bulk


def _bulk_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(N)]
    clock.start()
    db.executemany("INSERT INTO item (name, email, price) VALUES (:name, :email, :price)", data)
    db.commit()
    clock.stop(N)
    return db.execute("SELECT count(*) FROM item").fetchone()[0]


@scenario("writing", "bulk insert of dictionaries", "row", {"sqlalchemy": 6, "sqlite3": 0.8}, raw=_bulk_raw, place="memory")
def bulk(w: Any, session: Any, clock: Clock) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(N)]
    clock.start()
    session.execute(w.core.insert(w.Item), data)
    session.commit()
    clock.stop(N)
    return session.scalar(w.core.select(w.core.func.count()).select_from(w.Item))


@scenario("writing", "bulk insert of dictionaries, returning", "row", {"sqlalchemy": 10}, place="memory")
def bulk_returning(w: Any, session: Any, clock: Clock) -> Any:
    data = [{"name": f"n{i}", "email": "e", "price": 1.5} for i in range(3000)]
    clock.start()
    keys = session.scalars(w.core.insert(w.Item).returning(w.Item.id), data).all()
    session.commit()
    clock.stop(len(data))
    return len(keys), max(keys)


def _upsert_raw(db: sqlite3.Connection, clock: Clock) -> Any:
    data = [(i, f"n{i}", 2.5) for i in range(1, 3001)]
    clock.start()
    db.executemany("INSERT INTO item (id, name, price) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price", data)
    db.commit()
    clock.stop(len(data))
    return db.execute("SELECT count(*), sum(price) FROM item WHERE name LIKE 'n%'").fetchone()


@scenario("writing", "upsert of dictionaries", "row", {"sqlalchemy": 6}, raw=_upsert_raw, place="memory")
def upsert(w: Any, session: Any, clock: Clock) -> Any:
    import importlib

    insert = importlib.import_module(f"{w.name}.dialects.sqlite").insert
    data = [{"id": i, "name": f"n{i}", "price": 2.5} for i in range(1, 3001)]
    stmt = insert(w.Item)
    stmt = stmt.on_conflict_do_update(index_elements=["id"], set_={"name": stmt.excluded.name, "price": stmt.excluded.price})
    clock.start()
    session.execute(stmt, data)
    session.commit()
    clock.stop(len(data))
    return list(session.execute(w.core.text("SELECT count(*), sum(price) FROM item WHERE name LIKE 'n%'")).one())
