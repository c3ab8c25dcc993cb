"""Relationships and inheritance: 2,000 parents of 10 children."""

from __future__ import annotations

from typing import Any

from ..clock import Clock
from ..world import PARENTS
from .kit import scenario


def _eager(option: str) -> None:
    def run(w: Any, session: Any, clock: Clock) -> Any:
        load = getattr(w.orm, option)
        clock.start()
        found = session.scalars(w.core.select(w.Parent).options(load(w.Parent.children)).order_by(w.Parent.id)).unique().all()
        n = sum(len(p.children) for p in found)
        clock.stop(n + len(found))
        return n, found[-1].children[-1].id

    scenario("relations", f"{option}, {PARENTS:,} x 10", "entity", {"sqlalchemy": 12}, c=option)(run)


_eager("selectinload")
_eager("joinedload")


@scenario("relations", "joinedload of the parent", "entity", {"sqlalchemy": 12})
def many_to_one(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Child).options(w.orm.joinedload(w.Child.parent))).all()
    last = found[-1].parent.name
    clock.stop(len(found))
    return len(found), last


@scenario("relations", "selectinload, many-to-many", "entity", {"sqlalchemy": 12})
def many_to_many(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Parent).options(w.orm.selectinload(w.Parent.tags)).order_by(w.Parent.id)).all()
    n = sum(len(p.tags) for p in found)
    clock.stop(n + len(found))
    return n, sorted(t.id for t in found[-1].tags)


def _lazy(w: Any, session: Any, clock: Clock) -> Any:
    found = session.scalars(w.core.select(w.Parent).limit(300)).all()
    clock.start()
    n = sum(len(p.children) for p in found)
    clock.stop(len(found))
    return n


@scenario("relations", "lazy collections of 10, autocommit", "parent", {"sqlalchemy": 10}, c="lazy 0")
def lazy(w: Any, session: Any, clock: Clock) -> Any:
    return _lazy(w, session, clock)


@scenario("relations", "lazy collections of 10, in a transaction", "parent", {"sqlalchemy": 20}, place="copy", c="lazy 1")
def lazy_in_transaction(w: Any, session: Any, clock: Clock) -> Any:
    session.execute(w.core.update(w.Tag).where(w.Tag.id == -1).values(name="x"))
    return _lazy(w, session, clock)


@scenario("relations", "lazy parents, 500 of 5,000 children", "child")
def lazy_parent(w: Any, session: Any, clock: Clock) -> Any:
    found = session.scalars(w.core.select(w.Child).limit(5000)).all()
    clock.start()
    names = {c.parent.name for c in found}
    clock.stop(len(found))
    return len(names)


@scenario("relations", "joined inheritance", "entity", {"sqlalchemy": 10})
def joined_inheritance(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Pilot).order_by(w.Pilot.id)).all()
    clock.stop(len(found))
    return len(found), found[-1].hours


@scenario("relations", "single-table inheritance", "entity", {"sqlalchemy": 10})
def single_inheritance(w: Any, session: Any, clock: Clock) -> Any:
    clock.start()
    found = session.scalars(w.core.select(w.Animal).order_by(w.Animal.id)).all()
    clock.stop(len(found))
    return len(found), sorted({type(o).__name__ for o in found})
