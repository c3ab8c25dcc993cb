"""Runs a machine on two packages, compares after each operation, and makes a failing machine small."""

from __future__ import annotations

import dataclasses
import gc
import shutil
import tempfile
import typing as t
from pathlib import Path

from .differences import Kept, ignored, stops
from .machine import Machine, Op
from .world import Facts, World

NOTES = {"statements", "lost", "why", "again", "sent"}  # facts for the judge, not to be compared
REFERENCE, OURS = "sqlalchemy", "cormorant"


@dataclasses.dataclass
class Verdict:
    """Where both sides part; nothing in `lines` when they do not."""

    machine: Machine
    op: t.Optional[Op] = None
    lines: t.List[str] = dataclasses.field(default_factory=list)
    statements: t.Dict[str, t.List[str]] = dataclasses.field(default_factory=dict)
    trace: str = ""

    @property
    def agreed(self) -> bool:
        return not self.lines

    def __str__(self) -> str:
        if self.agreed:
            return f"seed {self.machine.seed}: agreed"
        parts = [f"seed {self.machine.seed}, at {self.op}", *describe(self.machine), *(f"  {x}" for x in self.lines[:30])]
        for package, statements in self.statements.items():
            parts += [f"  statements of {package}:", *(f"    {x}" for x in statements)]
        return "\n".join([*parts, self.trace])


def describe(machine: Machine) -> t.List[str]:
    model = machine.model
    lines = [f"  autoflush={machine.autoflush} expire_on_commit={machine.expire_on_commit} foreign_keys={model.foreign_keys}"]
    lines += [f"  {x}" for x in [*model.classes, *model.links]]
    return [*lines, *(f"  {op}" for op in machine.ops)]


def judge(machine: Machine, packages: t.Tuple[str, str] = (REFERENCE, OURS), make: t.Callable[[Machine, str, Path], World] = World) -> Verdict:
    folder = Path(tempfile.mkdtemp(prefix="oracle"))
    worlds: t.List[World] = []
    sent = [0, 0]
    kept = Kept()
    gc.disable()  # what is collected when would be chance
    try:
        for i, package in enumerate(packages):
            worlds.append(make(machine, package, folder / f"{i}.db"))
        for op in machine.ops:
            expected, found = worlds[0].run(op), worlds[1].run(op)
            for which, facts in enumerate((expected, found)):
                sent[which] += facts["sent"]
            found["credit"] = expected["credit"] = sent[0] - sent[1]
            lines = compare(expected, found, machine, op, kept)
            if expected["lost"] or stops(machine, op, expected, found, lines, kept):
                break
            kept.note(op, expected, found)
            if lines:
                return Verdict(machine, op, lines, {f"{i} {p}": x["statements"] for i, (p, x) in enumerate(zip(packages, (expected, found)))},
                               "\n".join(f"  {p} raised {getattr(w, 'failure', None)!r}" for p, w in zip(packages, worlds)))
        return Verdict(machine)
    finally:
        for world in worlds:
            world.close()
        worlds.clear()
        gc.enable()
        shutil.rmtree(folder, ignore_errors=True)


def unsteady(machine: Machine, make: t.Callable[[Machine, str, Path], World] = World) -> bool:
    """Whether the reference does not even agree with itself: it walks sets of objects, whose order is their addresses'."""
    return any(not judge(machine, (REFERENCE, REFERENCE), make).agreed for _ in range(12))


def compare(expected: Facts, found: Facts, machine: Machine, op: Op, kept: Kept) -> t.List[str]:
    """Differences, one a line. Statements are counted over the whole run: ours may be fewer."""
    lines = []
    for key in sorted({*expected, *found} - NOTES):
        a, b = expected.get(key, "absent"), found.get(key, "absent")
        if a != b and not ignored(machine, key, a, b, found, kept):
            lines.append(f"{key}: {REFERENCE} {a!r}, {OURS} {b!r}")
    if found["credit"] < 0:
        lines.append(f"statements: {OURS} sent {-found['credit']} more")
    return lines


def shrink(verdict: Verdict, packages: t.Tuple[str, str] = (REFERENCE, OURS)) -> Verdict:
    """Takes out operations, then options of the model, as long as both sides still part in the same way."""
    best = _without_ops(verdict, packages)
    return _simpler_model(best, packages)


def _same(a: Verdict, b: Verdict) -> bool:
    return not b.agreed and a.lines[0].split(":")[0].split(" ")[-1] == b.lines[0].split(":")[0].split(" ")[-1]


def _without_ops(best: Verdict, packages: t.Tuple[str, str]) -> Verdict:
    ops = best.machine.ops
    if best.op in ops:
        ops = ops[: ops.index(best.op) + 1]
    size = max(len(ops) // 2, 1)
    while True:
        removed = False
        at = 0
        while at < len(ops):
            attempt = ops[:at] + ops[at + size:]
            verdict = judge(dataclasses.replace(best.machine, ops=attempt), packages)
            if _same(best, verdict):
                best, ops, removed = verdict, attempt, True
            else:
                at += size
        if size == 1 and not removed:
            return best
        size = max(size // 2, 1)


def _simpler_model(best: Verdict, packages: t.Tuple[str, str]) -> Verdict:
    for change in _model_changes(best.machine):
        machine = change(best.machine)
        try:
            verdict = judge(machine, packages)
        except Exception:
            continue
        if _same(best, verdict):
            best = verdict
    return best


def _model_changes(machine: Machine) -> t.Iterator[t.Callable[[Machine], Machine]]:
    for link in machine.model.links:
        def drop(m: Machine, name: str = link.name) -> Machine:
            model = dataclasses.replace(m.model, links=[x for x in m.model.links if x.name != name])
            return dataclasses.replace(m, model=model)

        if not link.identity:
            yield drop
        for side in ("up", "down"):
            for field, value in (("lazy", "select"), ("ordered", False), ("active_history", False), ("post_update", False),
                                 ("as_set", False), ("passive_deletes", False), ("cascade", "save-update, merge")):
                def simplify(m: Machine, name: str = link.name, side: str = side, field: str = field, value: t.Any = value) -> Machine:
                    links = [_with_side(x, side, field, value) if x.name == name else x for x in m.model.links]
                    return dataclasses.replace(m, model=dataclasses.replace(m.model, links=links))

                yield simplify


def _with_side(link: t.Any, side: str, field: str, value: t.Any) -> t.Any:
    found = getattr(link, side)
    return dataclasses.replace(link, **{side: dataclasses.replace(found, **{field: value}) if found else None})
