"""Looks for a difference with the budget of one run, and stops at the first: `python -m tests.oracle.planted.search MACHINES
FAMILIES SELECTS FOLDER`. Exits with what gave it away.

The reference does the same whatever is planted in us: what it did is kept in FOLDER, for the search after this one.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
import typing as t
import zlib
from pathlib import Path

from .. import differences, selects, typed
from ..judge import REFERENCE, judge, unsteady
from ..machine import Machine, Op
from ..seeds import FAMILIES, budget, draw
from ..world import Facts, World


def keep(file: Path, value: t.Any) -> None:
    """Whole or not at all: two searches may go on at a time."""
    own = file.with_name(f"{file.name}.{os.getpid()}")
    own.write_bytes(pickle.dumps(value))
    own.replace(file)


def kept(file: Path, default: t.Any) -> t.Any:
    return pickle.loads(file.read_bytes()) if file.exists() else default


def file_of(machine: Machine) -> str:
    """Machines change when their drawing does."""
    return f"{machine.seed}-{zlib.crc32(repr(machine).encode()):08x}"


class Recorded:
    """The reference's side of a machine, as far as it was seen before; the real one beyond."""

    def __init__(self, machine: Machine, path: Path, file: Path) -> None:
        self.machine, self.path, self.file = machine, path, file
        self.facts: t.List[Facts] = kept(file, [])
        self.at = 0
        self.world: t.Optional[World] = None

    def run(self, op: Op) -> Facts:
        if self.at == len(self.facts):
            self.facts.append(self._real(op))
        self.at += 1
        return self.facts[self.at - 1]

    def _real(self, op: Op) -> Facts:
        if self.world is None:
            self.world = World(self.machine, REFERENCE, self.path)
            for earlier in self.machine.ops[: self.at]:
                self.world.run(earlier)
        return self.world.run(op)

    def close(self) -> None:
        if self.world:
            self.world.close()
            keep(self.file, self.facts)


class Statements:
    """Random statements on both sides; the reference's answers are kept."""

    def __init__(self, kind: t.Any, draw: t.Callable[[int], t.Any], count: int, file: Path) -> None:
        folder = Path(tempfile.mkdtemp())
        self.sides = [kind.Side(package, folder / f"{package}.db") for package in ("sqlalchemy", "cormorant")]
        self.draw, self.file, self.left = draw, file, iter(range(count))
        self.answers: t.Dict[str, t.Any] = kept(file, {})

    def some(self, count: int) -> t.Optional[int]:
        """The first of the next ones that differs."""
        for number in (n for n in (next(self.left, None) for _ in range(count)) if n is not None):
            tree = self.draw(number)
            if repr(tree) not in self.answers:
                self.answers[repr(tree)] = self.sides[0].run(tree)
            a, b = self.answers[repr(tree)], self.sides[1].run(tree)
            if a[:2] != b[:2] or b[2:] > a[2:]:
                return number
        return None

    def close(self) -> None:
        keep(self.file, self.answers)
        for side in self.sides:
            side.close()


def search(machines: int, families: int, count: int, folder: Path) -> str:
    def make(machine: Machine, package: str, path: Path) -> t.Any:
        return Recorded(machine, path, folder / file_of(machine)) if package == REFERENCE else World(machine, package, path)

    seeds = sorted((n for seeds in budget(0, machines, families) for n in seeds), key=lambda n: n % FAMILIES)
    statements = {"select": Statements(selects, lambda n: selects.Drawer(n).statement(), count, folder / "selects"),
                  "select of all types": Statements(typed, typed.draw, count // 4, folder / "typed")}
    try:
        for seed in seeds:  # statements between the machines
            verdict = seed not in differences.OPEN and judge(draw(seed), make=make)
            if verdict and not verdict.agreed and not unsteady(verdict.machine):
                again = judge(draw(seed))
                if not again.agreed:
                    return f"machine {seed}: at {again.op and again.op.name}: {again.lines[0][:160]}"
            for name, some in statements.items():
                number = some.some(-(-count // len(seeds)))
                if number is not None:
                    return f"{name} {number}"
    finally:
        for some in statements.values():
            some.close()
    return ""


if __name__ == "__main__":
    sys.exit(search(*map(int, sys.argv[1:4]), Path(sys.argv[4])) or 0)
