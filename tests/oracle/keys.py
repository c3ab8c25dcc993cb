"""What programs do with keys and with owners: models whose keys are given, consist of several columns and change - carried along by
the database or written by the unit of work -, subclasses that call their key otherwise, scalars under every cascade; and operations
in which keys change inside and outside of savepoints, are exchanged, are NULL in part, and in which scalars lose what they held."""

from __future__ import annotations

import random
import typing as t

from .habits import CHANGES, LOADERS, HabitDrawer
from .machine import Machine
from .models import CASCADES_DOWN, Klass, Link, Model, add_subclasses

CASCADES_OF_OWNED = (*CASCADES_DOWN, "all, delete-orphan", "all, delete-orphan", "save-update, merge, expunge")
BESIDE = ("set", "set", "relate", "append", "remove", "read", "new", "delete")


def rekey(rng: random.Random, model: Model) -> None:
    kept = {x.parent for x in model.links if x.identity}
    for klass in model.classes:
        if klass.key == "auto" and klass.name not in kept and rng.random() < 0.6:
            klass.key = rng.choice(("int", "int", "text", "pair", "pair"))
    if rng.random() < 0.6:
        add_subclasses(rng, model)
    carried = "CASCADE" if rng.random() < 0.5 else None
    model.foreign_keys = rng.random() < (0.8 if carried else 0.25)
    for klass in model.classes:
        if klass.base:
            klass.onupdate, klass.own_key = carried, f"{klass.name.lower()}_" if rng.random() < 0.4 else ""
        klass.passive_updates = bool(carried) or rng.random() < 0.6
    for link in model.links:
        link.onupdate = carried
        for side in (link.up, link.down):
            if side and link.kind == "one":
                side.passive_updates = bool(carried) or rng.random() < 0.6
        if link.kind == "one":
            _own(rng, link)


def _own(rng: random.Random, link: Link) -> None:
    """More scalars, and owners on either side."""
    if link.down and rng.random() < 0.45:
        link.down.uselist, link.down.as_set, link.down.cascade = False, False, rng.choice(CASCADES_OF_OWNED)
        if link.down.passive_deletes == "all" and ("delete" in link.down.cascade or "all" in link.down.cascade):
            link.down.passive_deletes = True
    if link.up and not link.identity and rng.random() < 0.2:
        link.up.cascade = rng.choice(CASCADES_OF_OWNED)


class KeyDrawer(HabitDrawer):
    WEIGHTS = (
        ("new", 5), ("add", 5), ("set", 6), ("relate", 8), ("append", 5), ("remove", 3), ("replace", 2), ("pop", 1), ("read", 6), ("delete", 5),
        ("expunge", 1), ("merge", 2), ("merge_new", 2), ("refresh", 1), ("expire", 2), ("expire_all", 1), ("flush", 5), ("commit", 5), ("rollback", 3),
        ("query", 4), ("get", 3), ("query_related", 1), ("set_key", 4), ("set_foreign", 3), ("by_hand", 3), ("inside", 6), ("away", 5), ("again", 4),
        ("rekey", 12), ("swap", 5), ("owner", 12), ("half", 8), ("polymorphic", 2), ("deeper", 2),
    )

    def __init__(self, rng: random.Random, machine: Machine, wide: bool = False) -> None:
        super().__init__(rng, machine, wide)
        self.keys: t.Dict[str, t.Dict[str, t.Tuple[t.Any, ...]]] = {k.name: {} for k in self.model.classes}  # those that were given

    def new(self, klass: Klass) -> str:
        name = super().new(klass)
        values = self.machine.ops[-1].args[1]
        key = tuple(values.get(c.name) for c in self.model.key_columns(klass.name))
        if None not in key:
            self.keys[klass.name][name] = key
        return name

    def given(self, kind: str) -> t.Any:
        """A value that few other rows have."""
        return {"int": self.rng.randint(20, 60), "text": self.rng.choice("qrstuvwxyz")}[kind] if self.rng.random() < 0.75 else self.value(kind)

    def give_key(self, klass: Klass, name: str, key: t.Optional[t.Tuple[t.Any, ...]] = None) -> None:
        columns = self.model.key_columns(klass.name)
        for i, column in enumerate(columns):
            if key or len(columns) == 1 or self.rng.random() < 0.7:
                self.emit("set", name, column.name, key[i] if key else self.given(column.type))

    def look(self, klass: Klass, name: str) -> None:
        names = self.related(klass) + [x for k in self.model.line(klass.name) if k.own_key for x in self.model.own_keys(k.name)]
        if names:
            self.emit("read", name, self.rng.choice(names))

    def over(self, inside: bool) -> None:
        """The end of a savepoint and of the transaction around it, and what is left."""
        if inside:
            self.emit("release" if self.rng.random() < 0.65 else "rollback_nested")
        if self.rng.random() < 0.3:
            self.some_of(CHANGES, 1, 1)
        self.emit(self.rng.choice(("rollback", "rollback", "rollback", "commit", "commit", "flush")))
        self.some_of(("read", "read", "query", "get", "set", "relate"), 0, 3)

    def begin(self, chance: float) -> bool:
        if self.rng.random() < 0.5:
            self.emit(self.rng.choice(("commit", "flush")))
        inside = self.rng.random() < chance
        if inside:
            self.emit("begin_nested")
        return inside

    # ---- in several steps

    def draw_rekey(self) -> None:
        """A key that changes, once or more, beside other changes of the same object."""
        klass, name = self.object()
        if self.rng.random() < 0.5:
            self.look(klass, name)
        inside = self.begin(0.6)
        for _ in range(self.rng.choice((1, 1, 2))):
            self.give_key(klass, name)
            if self.rng.random() < 0.4:
                self.some_of(BESIDE, 1, 2)
            self.emit("flush")
        self.over(inside)

    def draw_swap(self) -> None:
        """Two rows of a class exchange their keys, by way of a third, or one takes the key that the other had."""
        found = [k for k in self.model.classes if len(self.keys[k.name]) > 1]
        if not found:
            return
        klass = self.rng.choice(found)
        (one, first), (other, second) = self.rng.sample(sorted(self.keys[klass.name].items()), 2)
        inside = self.begin(0.4)
        self.give_key(klass, one)
        self.emit("flush")
        if self.rng.random() < 0.8:
            self.give_key(klass, other, first)
        else:
            self.new(klass)
            self.emit("add", f"o{self.machine.ops[-1].id}")
        if self.rng.random() < 0.6:
            self.emit("flush")
            self.give_key(klass, one, second)
        self.emit("flush")
        self.over(inside)

    def draw_owner(self) -> None:
        """A scalar relationship that loses what it held, in the session or outside of it."""
        klass, name = self.object()
        sides = [(link, side, target) for link, side, target, many in self.model.sides(klass.name) if not many]
        if not sides:
            return
        link, side, target = self.rng.choice(sides)
        held, back = self.some(target), link.down if side is link.up else link.up
        if held and self.rng.random() < 0.7:
            self.emit("relate", name, side.name, held)
        self.emit(self.rng.choice(("flush", "commit", "commit")))
        self.emit("read", name, side.name)
        away = self.rng.choice(("", "", "expunge", "expunge_all", "close"))
        if away:
            self.emit(away, *((name,) if away == "expunge" else ()))
        inside = not away and self.rng.random() < 0.25
        if inside:
            self.emit("begin_nested")
        for _ in range(self.rng.choice((1, 1, 2))):
            self.emit("relate", name, side.name, None if self.rng.random() < 0.5 else self.some(target))
        if held and self.rng.random() < 0.3:
            self.emit("set", held, self.rng.choice(self.model.klass(target).columns).name, None)
        if away:
            self.emit("add", name)
        if inside:
            self.over(True)
        else:
            self.emit(self.rng.choice(("flush", "commit")))
        if held and back and self.rng.random() < 0.7:
            self.emit("read", held, back.name)

    def draw_half(self) -> None:
        """A reference of several columns of which some are NULL, and ways of reading it."""
        links = [x for x in self.model.links if x.kind == "one" and not x.identity and x.nullable and x.up and self.objects[x.child]]
        links = [x for x in links if len(self.model.foreign_columns(x)) > 1] or links
        if not links:
            return
        link = self.rng.choice(links)
        name, columns = self.some(link.child), self.model.foreign_columns(link)
        keys = list(self.keys[link.parent].values())
        key = self.rng.choice(keys) if keys else tuple(self.value(c.type) for c in columns)
        missing = self.rng.randrange(len(columns))
        for i, column in enumerate(columns):
            self.emit("set", name, column.name, None if i == missing else key[i])
        if self.rng.random() < 0.2:
            self.emit("set", name, columns[missing].name, key[missing])
        self.emit(self.rng.choice(("flush", "commit", "commit", "expire_all")))
        how = self.rng.choice(("read", "query", "query", "refresh"))
        if how == "query":
            self.emit("query", link.child, None, ((self.rng.choice(LOADERS), link.up.name),), self.rng.random() < 0.4)  # type: ignore[union-attr]
        elif how == "refresh":
            self.emit("refresh", name, None)
        self.emit("read", name, link.up.name)  # type: ignore[union-attr]
