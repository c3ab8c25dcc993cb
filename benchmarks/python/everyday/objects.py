"""Objects that are already there: attributes and constructors."""

from __future__ import annotations

from typing import Any

from ..clock import Clock
from .kit import scenario


@scenario("objects", "attribute get", "get", {"sqlalchemy": 7})
def attribute_get(w: Any, session: Any, clock: Clock) -> Any:
    o = session.get(w.Item, 1)
    clock.start()
    for _ in range(200_000):
        o.name
    clock.stop(200_000)


@scenario("objects", "attribute set", "set", {"sqlalchemy": 15})
def attribute_set(w: Any, session: Any, clock: Clock) -> Any:
    o = session.get(w.Item, 1)
    clock.start()
    for i in range(100_000):
        o.price = i
    clock.stop(100_000)
    session.expunge_all()


class Plain:
    """What construction costs in Python."""

    def __init__(self, id: int, name: str, email: str, price: float) -> None:
        self.id, self.name, self.email, self.price = id, name, email, price


def _plain(db: Any, clock: Clock) -> Any:
    clock.start()
    for i in range(50_000):
        Plain(id=i, name="n", email="e", price=0.5)
    clock.stop(50_000)


@scenario("objects", "construction with 4 arguments", "object", {"sqlalchemy": 25, "sqlite3": 0.6}, raw=_plain)
def construction(w: Any, session: Any, clock: Clock) -> Any:
    """Beside it, in the place of the sqlite3 module: a class with `__init__` in Python."""
    item = w.Item
    clock.start()
    for i in range(50_000):
        item(id=i, name="n", email="e", price=0.5)
    clock.stop(50_000)
