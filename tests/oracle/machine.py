"""Random programs: a model and a list of operations on a session, all plain data and all made from one number.

An operation is `Op(id, name, args)`. Objects are named after the operation that made them ("o7"), so that taking operations
out of a program (shrinking) leaves the meaning of the others alone; an operation on an object that was never made does
nothing.
"""

from __future__ import annotations

import dataclasses
import random
import typing as t

from .models import TYPES, UNORDERED, WORDS, Klass, Model, Side


@dataclasses.dataclass(frozen=True)
class Op:
    id: int
    name: str
    args: t.Tuple[t.Any, ...] = ()
    mend: bool = True               # roll back when it leaves the session unusable

    def __str__(self) -> str:
        return f"o{self.id} = {self.name}({', '.join(map(repr, self.args))})"


@dataclasses.dataclass
class Machine:
    seed: int
    model: Model
    autoflush: bool
    expire_on_commit: bool
    ops: t.List[Op]


class Drawer:
    """Draws operations, knowing roughly which objects exist."""

    WEIGHTS = (
        ("new", 6), ("add", 7), ("add_all", 1), ("set", 9), ("relate", 9), ("append", 8), ("remove", 5), ("replace", 4), ("pop", 2),
        ("read", 7), ("delete", 6), ("expunge", 2), ("merge", 3), ("merge_new", 3), ("refresh", 2), ("expire", 3), ("expire_all", 1),
        ("flush", 7), ("commit", 6), ("rollback", 4), ("begin_nested", 4), ("release", 3), ("rollback_nested", 3), ("query", 5),
        ("get", 4), ("query_related", 2), ("set_key", 1), ("set_foreign", 2), ("unset", 1), ("expunge_all", 0.3), ("close", 0.3),
        ("bulk_update", 1), ("bulk_delete", 1), ("is_modified", 1),
    )

    def __init__(self, rng: random.Random, machine: Machine, wide: bool = False) -> None:
        self.rng, self.machine, self.model, self.wide = rng, machine, machine.model, wide
        self.objects: t.Dict[str, t.List[str]] = {k.name: [] for k in self.model.classes}

    def fill(self) -> None:
        for klass in self.model.classes:
            for _ in range(self.rng.randint(1, 3)):
                self.new(klass)
        self.emit("add_all", tuple(x for names in self.objects.values() for x in names))
        self.emit(self.rng.choice(("commit", "commit", "flush", "expire_all")))
        names, weights = zip(*self.WEIGHTS)
        for name in self.rng.choices(names, weights, k=self.rng.randint(10, 30)):
            getattr(self, f"draw_{name}", lambda name=name: self.emit(name))()
        self.emit("commit")

    def emit(self, name: str, *args: t.Any) -> str:
        op = Op(len(self.machine.ops), name, args, self.rng.random() < 0.85)
        self.machine.ops.append(op)
        return f"o{op.id}"

    # ---- parts of operations

    def klass(self) -> Klass:
        return self.rng.choice(self.model.classes)

    def object(self) -> t.Tuple[Klass, str]:
        klass = self.rng.choice([k for k in self.model.classes if self.objects[k.name]])
        return klass, self.rng.choice(self.objects[klass.name])

    def some(self, klass: str) -> t.Optional[str]:
        return self.rng.choice(self.objects[klass]) if self.objects[klass] else None

    def value(self, kind: str) -> t.Any:
        if kind in TYPES:
            return self.rng.choice(TYPES[kind][1])
        return self.rng.randint(1, 6) if kind == "int" else self.rng.choice(WORDS)

    def key(self, klass: Klass) -> t.Tuple[t.Any, ...]:
        return tuple(self.value(c.type) for c in self.model.key_columns(klass.name))

    def side(self, collection: bool) -> t.Optional[t.Tuple[str, Side, str]]:
        """An object with a relationship of that sort."""
        klass, name = self.object()
        sides = [(side, target) for _, side, target, many in self.model.sides(klass.name) if many is collection and not side.queued]
        if not sides:
            return None
        side, target = self.rng.choice(sides)
        return name, side, target

    def related(self, klass: Klass) -> t.List[str]:
        """Relationships that are loaded."""
        return [side.name for _, side, _, _ in self.model.sides(klass.name) if not side.queued]

    def columns(self, klass: Klass, chance: float) -> t.Dict[str, t.Any]:
        values = {}
        for c in [c for k in reversed(self.model.line(klass.name)) for c in k.columns]:
            required = not c.nullable and not c.default
            if self.rng.random() < (0.97 if required else chance):
                values[c.name] = None if self.rng.random() < 0.08 else self.value(c.type)
        return values

    # ---- operations

    def new(self, klass: Klass) -> str:
        values = self.columns(klass, 0.7)
        if klass.key == "foreign":
            values["n"] = self.rng.randint(1, 9)
        elif klass.key == "pair":
            values.update(k1=self.rng.randint(1, 4), k2=self.rng.randint(1, 9))
        elif klass.key == "int":
            values["id"] = self.rng.randint(1, 30)
        elif klass.key in TYPES:
            values["id"] = self.value(klass.key)
        elif klass.key == "text":
            values["id"] = self.rng.choice("abcdefghijklmnop")
        elif self.rng.random() < 0.06:
            values["id"] = self.rng.randint(1, 9)
        related = {}
        for link, side, target, many in self.model.sides(klass.name):
            wanted = 0.95 if link.up is side and not link.nullable and not many else 0.3
            if self.rng.random() < wanted and self.objects[target]:
                related[side.name] = [self.some(target) for _ in range(self.rng.randint(1, 2))] if many else self.some(target)
        name = self.emit("new", klass.name, values, related)
        for k in self.model.line(klass.name):
            self.objects[k.name].append(name)
        return name

    def draw_new(self) -> None:
        name = self.new(self.klass())
        if self.rng.random() < 0.6:
            self.emit("add", name)

    def draw_add(self) -> None:
        self.emit("add", self.object()[1])

    def draw_add_all(self) -> None:
        self.emit("add_all", tuple(self.object()[1] for _ in range(3)))

    def draw_set(self) -> None:
        klass, name = self.object()
        column = self.rng.choice(klass.columns)
        self.emit("set", name, column.name, None if self.rng.random() < 0.12 else self.value(column.type))

    def draw_set_key(self) -> None:
        klass, name = self.object()
        column = self.rng.choice(self.model.key_columns(klass.name))
        self.emit("set", name, column.name, self.value(column.type))

    def draw_set_foreign(self) -> None:
        links = [x for x in self.model.links if x.kind == "one" and self.objects[x.child]]
        if links:
            link = self.rng.choice(links)
            column = self.rng.choice(self.model.foreign_columns(link))
            self.emit("set", self.some(link.child), column.name, None if self.rng.random() < 0.2 else self.value(column.type))

    def draw_unset(self) -> None:
        klass, name = self.object()
        names = [c.name for c in klass.columns] + self.related(klass)
        self.emit("unset", name, self.rng.choice(names))

    def draw_relate(self) -> None:
        found = self.side(False)
        if found:
            name, side, target = found
            self.emit("relate", name, side.name, None if self.rng.random() < 0.2 else self.some(target))

    def draw_append(self, op: str = "append") -> None:
        found = self.side(True)
        if found:
            name, side, target = found
            self.emit(op, name, side.name, self.some(target))

    def draw_remove(self) -> None:
        self.draw_append("remove")

    def draw_pop(self) -> None:
        found = self.side(True)
        if found:
            self.emit("pop", found[0], found[1].name)

    def draw_replace(self) -> None:
        found = self.side(True)
        if found:
            name, side, target = found
            members = [self.some(target) for _ in range(self.rng.randint(0, 3))]
            self.emit("replace", name, side.name, tuple(dict.fromkeys(x for x in members if x)))

    def draw_read(self) -> None:
        klass, name = self.object()
        names = [c.name for c in klass.columns] + self.related(klass) * 2
        self.emit("read", name, self.rng.choice(names))

    def draw_delete(self) -> None:
        self.emit("delete", self.object()[1])

    def draw_expunge(self) -> None:
        self.emit("expunge", self.object()[1])

    def draw_merge(self) -> None:
        klass, name = self.object()
        self.objects[klass.name].append(self.emit("merge", name, self.rng.random() < 0.9))

    def draw_merge_new(self) -> None:
        klass = self.klass()
        values = {**self.columns(klass, 0.5), **{c.name: v for c, v in zip(self.model.key_columns(klass.name), self.key(klass))}}
        self.objects[klass.name].append(self.emit("merge_new", klass.name, values))

    def draw_refresh(self) -> None:
        klass, name = self.object()
        self.emit("refresh", name, self.attributes(klass))

    def draw_expire(self) -> None:
        klass, name = self.object()
        self.emit("expire", name, self.attributes(klass))

    def attributes(self, klass: Klass) -> t.Optional[t.Tuple[str, ...]]:
        if self.rng.random() < 0.6:
            return None
        names = [c.name for c in klass.columns] + self.related(klass)
        return tuple(self.rng.sample(names, 1))

    def draw_query(self) -> None:
        klass = self.klass()
        column = self.rng.choice((None, *klass.columns))
        where = (column.name, self.value(column.type)) if column and column.type not in UNORDERED else None
        loaders = ("selectinload", "joinedload", "lazyload", *(("subqueryload", "immediateload") if self.wide else ()))
        options = tuple(
            (self.rng.choice(loaders), name) for name in self.related(klass) if self.rng.random() < 0.3
        )
        if self.wide and self.rng.random() < 0.3:
            options += ((self.rng.choice(("defer", "undefer", "load_only")), self.rng.choice(klass.columns).name),)
        self.emit("query", klass.name, where, options, self.rng.random() < 0.15)

    def draw_query_related(self) -> None:
        klass = self.klass()
        sides = [side.name for _, side, _, _ in self.model.sides(klass.name)]
        if sides:
            self.emit("query_related", klass.name, self.rng.choice(sides), self.rng.choice(("join", "outer", "exists", "missing")))

    def draw_get(self) -> None:
        klass = self.klass()
        self.objects[klass.name].append(self.emit("get", klass.name, self.key(klass)))

    def bare(self) -> t.Optional[Klass]:
        """A class of one table, as statements write to."""
        found = [k for k in self.model.classes if not k.base and not self.model.subclasses(k.name)]
        return self.rng.choice(found) if found else None

    def draw_bulk_update(self) -> None:
        klass = self.bare()
        if klass is None:
            return
        where, column = self.rng.choice(klass.columns), self.rng.choice(klass.columns)
        if where.type in UNORDERED:
            return
        how = self.rng.choice(("auto", "evaluate", "fetch", False))
        self.emit("bulk_update", klass.name, (where.name, self.value(where.type)), (column.name, self.value(column.type)), how)

    def draw_bulk_delete(self) -> None:
        klass = self.bare()
        if klass is None:
            return
        where = self.rng.choice(klass.columns)
        if where.type in UNORDERED:
            return
        self.emit("bulk_delete", klass.name, (where.name, self.value(where.type)), self.rng.choice(("auto", "evaluate", "fetch", False)))

    def draw_is_modified(self) -> None:
        self.emit("is_modified", self.object()[1])
