"""The order in which tables can be created: those that foreign keys point at come first."""

from __future__ import annotations

import typing as t
import warnings

from .. import exc

__all__ = ["layers", "sort_tables", "sort_tables_and_constraints"]


def _dependencies(table: t.Any, skip: t.Any = None) -> set[t.Any]:
    """The tables that must be there before this one."""
    found = set(table._extra_dependencies)
    for constraint in table.foreign_key_constraints:
        if constraint.use_alter is True or (skip is not None and skip(constraint)):
            continue
        target = constraint.elements[0].column.table
        if target is not table:
            found.add(target)
    return found


def _in_cycles(waiting: dict[int, set[int]]) -> set[int]:
    """The tables that wait, in the end, for themselves."""
    found = set()
    for start, first in waiting.items():
        seen: set[int] = set()
        ahead = list(first)
        while ahead:
            x = ahead.pop()
            if x not in seen:
                seen.add(x)
                ahead.extend(waiting.get(x, ()))
        if start in seen:
            found.add(start)
    return found


def layers(tables: t.Sequence[t.Any], skip: t.Any) -> tuple[list[t.Any], list[t.Any]]:
    """(tables in order, those among them that wait for each other). Keys between the latter do not count."""
    among = {id(x) for x in tables}
    waiting = {id(x): {id(d) for d in _dependencies(x, skip) if id(d) in among} for x in tables}
    done: list[t.Any] = []
    cyclic: list[t.Any] = []
    rest = list(tables)
    while rest:
        ready = [x for x in rest if not waiting[id(x)]]
        if not ready:
            cycles = _in_cycles({id(x): waiting[id(x)] for x in rest})
            cyclic = [x for x in rest if id(x) in cycles]
            for x in cyclic:
                waiting[id(x)] -= cycles
            continue
        done.extend(ready)
        gone = {id(x) for x in ready}
        rest = [x for x in rest if id(x) not in gone]
        for x in rest:
            waiting[id(x)] -= gone
    return done, cyclic


def sort_tables(tables: t.Iterable[t.Any], skip_fn: t.Any = None, extra_dependencies: t.Any = None) -> list[t.Any]:
    """Tables in an order in which they can be created, with a warning of cycles."""
    skip = None if skip_fn is None else (lambda c: any(skip_fn(e) for e in c.elements))
    ordered, cyclic = layers(list(tables), skip)
    if cyclic:
        names = ", ".join(sorted(x.fullname for x in cyclic))
        warnings.warn(
            f"Cannot correctly sort tables; there are unresolvable cycles between tables \"{names}\", whose foreign keys "
            "lead to each other.  They stand in no order here; use_alter=True on one of the keys leaves it out of the order.", exc.SAWarning, stacklevel=3,
        )  # fmt: skip
    return ordered


def sort_tables_and_constraints(
    tables: t.Iterable[t.Any], filter_fn: t.Any = None, extra_dependencies: t.Any = None, _warn_for_cycles: bool = False
) -> list[tuple[t.Any, list[t.Any]]]:
    """(table, its foreign keys to create with it) in order, then (None, the keys to add afterwards)."""
    ordered, cyclic = layers(list(tables), None)
    late = [c for x in ordered for c in x.foreign_key_constraints if c.use_alter is True]
    late += [c for x in cyclic for c in x.foreign_key_constraints if c.elements[0].column.table in cyclic and c not in late]
    return [(x, [c for c in x.foreign_key_constraints if c not in late]) for x in ordered] + [(None, late)]
