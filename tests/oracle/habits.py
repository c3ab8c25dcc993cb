"""What programs do in several steps: models with association proxies, hybrids, dynamic and write-only collections and references
to the own class that are loaded eagerly, and operations that come in rows - savepoints in savepoints, objects that are changed
outside of the session, flushes that fail underway - and statements over aliases, subqueries and criteria."""

from __future__ import annotations

import random
import typing as t

from .machine import Drawer, Machine
from .models import UNORDERED, Column, Klass, Model, Side, add_subclasses

CHANGES = ("set", "set", "relate", "relate", "append", "append", "remove", "replace", "set_key", "set_key", "set_foreign", "delete", "new", "flush")
AWAY = ("set", "relate", "relate", "append", "append", "remove", "replace")
LOADERS = ("selectinload", "joinedload", "subqueryload", "immediateload", "lazyload")


def enrich(rng: random.Random, model: Model) -> None:
    if rng.random() < 0.35:
        add_subclasses(rng, model)
    for link in model.links:
        for side, target in ((link.up, link.parent), (link.down, link.child)):
            if side is None:
                continue
            many = (link.kind == "many" or side is link.down) and side.uselist is not False
            if link.child == link.parent:
                side.lazy, side.join_depth = rng.choice((("select", None), ("joined", 1), ("joined", 2)))
            elif many and not side.as_set and rng.random() < 0.2:
                side.lazy = rng.choice(("dynamic", "write_only"))
                side.passive_deletes = side.passive_deletes or side.lazy == "write_only"
            columns = [c for c in model.klass(target).columns if c.type in ("int", "text")]
            if many and not side.queued and columns and model.klass(target).key == "auto" and rng.random() < 0.4:
                side.proxied = rng.choice(columns).name
    for klass in model.classes:
        ints = [c.name for c in klass.columns if c.type == "int"]
        if ints and not klass.base and rng.random() < 0.5:
            klass.hybrid = rng.choice(ints)


class HabitDrawer(Drawer):
    WEIGHTS = (*Drawer.WEIGHTS, *dict.fromkeys((
        ("inside", 8), ("away", 8), ("again", 8), ("back", 8), ("by_hand", 6), ("failing", 2), ("page", 4), ("over", 3), ("deeper", 3), ("criteria", 3), ("contained", 3),
        ("polymorphic", 3), ("proxy", 6), ("more", 4), ("queued", 8), ("insert_many", 1))))

    def __init__(self, rng: random.Random, machine: Machine, wide: bool = False) -> None:
        super().__init__(rng, machine, wide)
        self.at: t.Optional[t.Tuple[Klass, str]] = None
        self.recent: t.Dict[str, str] = {}

    def some_of(self, names: t.Sequence[str], least: int, most: int) -> None:
        for name in self.rng.choices(names, k=self.rng.randint(least, most)):
            getattr(self, f"draw_{name}", lambda name=name: self.emit(name))()

    # ---- what they are about

    def object(self) -> t.Tuple[Klass, str]:
        """Programs stay with an object for a while."""
        if self.at is None or self.rng.random() < 0.6:
            self.at = super().object()
        return self.at

    def some(self, klass: str) -> t.Optional[str]:
        recent = self.recent.get(klass)
        if recent is None or self.rng.random() < 0.7:
            recent = super().some(klass)
            if recent:
                self.recent[klass] = recent
        return recent

    # ---- in several steps

    def draw_again(self) -> None:
        """A program that changes its mind before anything is written: one relationship of one object, several times."""
        klass, name = self.object()
        sides = [x for x in self.model.sides(klass.name) if not x[1].queued]
        if not sides:
            return
        _, side, target, many = self.rng.choice(sides)
        for _ in range(self.rng.randint(2, 4)):
            member = self.some(target)
            how = self.rng.choice(("append", "append", "remove", "remove", "replace") if many else ("relate", "relate", "relate", "none"))
            if how in ("none", "relate"):
                self.emit("relate", name, side.name, member if how == "relate" else None)
            elif member:
                self.emit(how, name, side.name, (member,) if how == "replace" else member)
            if self.rng.random() < 0.1:
                self.some_of(("read", "query", "flush"), 1, 1)

    def draw_back(self) -> None:
        """A relationship that is left and taken up again before anything is written, and then looked at from the other side."""
        klass, name = self.object()
        sides = [x for x in self.model.sides(klass.name) if not x[1].queued]
        if not sides:
            return
        link, side, target, many = self.rng.choice(sides)
        member, other = self.some(target), link.down if side is link.up else link.up
        if member is None:
            return
        take, leave = ("append", "remove") if many else ("relate", "relate")
        self.emit(take, name, side.name, member)
        self.emit(self.rng.choice(("flush", "commit")))
        self.emit("read", name, side.name)
        for _ in range(self.rng.randint(1, 2)):
            self.emit(leave, name, side.name, member if many else None)
            self.emit(take, name, side.name, member)
        if other and not other.queued:
            self.emit("read", member, other.name)

    def draw_by_hand(self) -> None:
        """Foreign keys that are set by hand, whole or in part, and the relationship that they stand for."""
        links = [x for x in self.model.links if x.kind == "one" and x.up and not x.identity and self.objects[x.child]]
        if not links:
            return
        link = self.rng.choice(links)
        name = self.some(link.child)
        for column in self.model.foreign_columns(link):
            if self.rng.random() < 0.8:
                self.emit("set", name, column.name, None if self.rng.random() < 0.3 else self.value(column.type))
        self.emit(self.rng.choice(("flush", "flush", "commit", "expire_all")))
        self.emit("read", name, link.up.name)

    def draw_inside(self, depth: int = 0) -> None:
        """Savepoints, and what is left of them after the transaction."""
        if self.rng.random() < 0.3:
            self.emit("commit")
        self.emit("begin_nested")
        self.some_of(CHANGES, 1, 4)
        if depth < 2 and self.rng.random() < 0.5:
            self.draw_inside(depth + 1)
        if self.rng.random() < 0.6:
            self.emit("flush")
        self.emit("release" if self.rng.random() < (0.7 if depth else 0.4) else "rollback_nested")
        if depth:
            return
        self.some_of(CHANGES, 0, 1)
        self.emit(self.rng.choice(("rollback", "rollback", "commit", "flush")))
        self.some_of(("read", "query", "get"), 0, 2)

    def draw_away(self) -> None:
        """Objects leave the session, are changed, and come back."""
        self.some_of(("read", "refresh"), 0, 2)
        self.emit("flush")
        if self.rng.random() < 0.6:
            self.emit(self.rng.choice(("expunge_all", "expunge_all", "close")))
        else:
            self.some_of(("expunge",), 1, 3)
        self.some_of(AWAY, 1, 4)
        self.some_of(("add", "add", "add", "merge"), 1, 2)
        self.emit(self.rng.choice(("flush", "commit")))

    def draw_failing(self) -> None:
        """A listener that raises in the middle of a flush."""
        self.some_of(("set", "relate", "append", "delete", "new"), 1, 3)
        self.emit("failing", self.rng.choice(("before_flush", "after_flush", "after_flush_postexec", "before_commit")))
        self.emit("rollback")

    # ---- statements

    def where(self, klass: Klass) -> t.Optional[t.Tuple[str, t.Any]]:
        found = [c for c in klass.columns if c.type not in UNORDERED]
        column = self.rng.choice(found) if found and self.rng.random() < 0.5 else None
        return (column.name, self.value(column.type)) if column else None

    def loaders(self, klass: Klass, chance: float = 0.4) -> t.Tuple[t.Tuple[str, str], ...]:
        return tuple((self.rng.choice(LOADERS), name) for name in self.related(klass) if self.rng.random() < chance)

    def draw_page(self) -> None:
        """LIMIT and OFFSET, of an alias or not, with what is loaded along."""
        klass = self.klass()
        self.emit("page", klass.name, self.rng.random() < 0.5, self.where(klass), self.loaders(klass), self.rng.randint(1, 3), self.rng.randint(0, 2))

    def draw_over(self) -> None:
        """Entities out of a subquery or a union of two statements."""
        klass = self.klass()
        self.emit("over", klass.name, self.rng.choice(("subquery", "cte", "union")), self.where(klass), self.where(klass), self.loaders(klass))

    def draw_deeper(self) -> None:
        """Loader options of two levels."""
        klass = self.klass()
        paths = [(side.name, other) for _, side, target, _ in self.model.sides(klass.name) if not side.queued
                 for other in self.related(self.model.klass(target))]
        if paths:
            first, second = self.rng.choice(paths)
            loaders = (self.rng.choice(LOADERS), first), (self.rng.choice(LOADERS), second)
            self.emit("deeper", klass.name, *loaders, "immediateload" not in dict(loaders) and self.rng.random() < 0.3)

    def target(self, klass: Klass) -> t.Optional[t.Tuple[Side, Klass]]:
        found = [(side, self.model.klass(target)) for _, side, target, _ in self.model.sides(klass.name) if not side.queued]
        return self.rng.choice(found) if found else None

    def draw_criteria(self) -> None:
        klass = self.klass()
        found = self.target(klass)
        where = found and self.where(found[1])
        if found and where:
            self.emit("criteria", klass.name, found[0].name, found[1].name, where, self.rng.choice(LOADERS), self.rng.random() < 0.5)

    def draw_contained(self) -> None:
        """contains_eager of a join that leaves some out."""
        klass = self.klass()
        found = self.target(klass)
        if found and found[1] is not klass:
            self.emit("contained", klass.name, found[0].name, self.where(found[1]), self.rng.random() < 0.5, self.rng.random() < 0.5)

    def draw_polymorphic(self) -> None:
        found = [k for k in self.model.classes if self.model.subclasses(k.name)]
        if found:
            klass = self.rng.choice(found)
            below = self.rng.choice(self.model.subclasses(klass.name))
            self.emit("polymorphic", klass.name, below.name, self.rng.choice(("with", "with_where", "selectin")), self.where(below))

    def draw_insert_many(self) -> None:
        klass = self.bare()
        if klass and klass.key == "auto":
            rows = tuple(tuple((c.name, self.value(c.type)) for c in klass.columns) for _ in range(self.rng.randint(1, 3)))
            self.emit("insert_many", klass.name, rows, self.rng.random() < 0.5)

    # ---- attributes of other kinds

    def draw_proxy(self) -> None:
        klass, name = self.object()
        found = [(side, self.model.klass(target)) for _, side, target, _ in self.model.sides(klass.name) if side.proxied]
        if not found:
            return
        side, target = self.rng.choice(found)
        value = self.value(self.proxied(side, target).type)
        how = self.rng.choice(("read", "append", "append", "remove", "replace", "query"))
        if how == "query":
            self.emit("proxy_query", klass.name, side.name, value, self.rng.choice(("equals", "contains", "any")))
        else:
            self.emit("proxy", name, side.name, how, value)

    def proxied(self, side: Side, target: Klass) -> Column:
        return next(c for c in target.columns if c.name == side.proxied)

    def draw_more(self) -> None:
        found = [k for k in self.model.classes if k.hybrid]
        if not found:
            return
        klass = self.rng.choice(found)
        how = self.rng.choice(("read", "set", "query", "update"))
        if how in ("read", "set") and self.objects[klass.name]:
            self.emit("more", self.some(klass.name), self.rng.randint(1, 6) if how == "set" else None)
        elif how == "query":
            self.emit("more_query", klass.name, self.rng.randint(1, 6))
        elif not klass.base and not self.model.subclasses(klass.name):
            self.emit("more_update", klass.name, self.rng.randint(1, 6), self.rng.randint(1, 6), self.rng.choice(("auto", "evaluate", "fetch", False)))

    def draw_queued(self) -> None:
        """Dynamic and write-only collections."""
        klass, name = self.object()
        found = [(side, target) for _, side, target, _ in self.model.sides(klass.name) if side.queued]
        if found:
            side, target = self.rng.choice(found)
            how = self.rng.choice(("add", "add", "add", "remove", "remove", "read", "read", "replace"))
            self.emit("queued", name, side.name, how, self.some(target))
