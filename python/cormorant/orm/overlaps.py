"""Relationships that write the same column from different ones: whoever is flushed last wins, and the program is told."""

from __future__ import annotations

import typing as t
import weakref

from ..util import warn
from .base import MANYTOONE

Relationship = t.Any  # relationships.py imports this module


def _copies(prop: Relationship) -> t.Iterator[t.Tuple[t.Any, t.Any]]:
    """Columns that a flush reads, each with the one it writes. A class that is read from a union writes none of its columns."""
    join = prop._join
    if not any(table is column.table for column, _ in join.pairs for table in prop.parent.tables):
        return
    for near, far in join.pairs:
        yield (far, near) if prop.direction is MANYTOONE else (near, far)
    for between, far in join.secondary_pairs:
        yield far, between


def _apart(one: Relationship, other: Relationship) -> bool:
    """Whether the two never write for the same object: classes side by side in a hierarchy, or one relationship of two classes."""
    pairs = [(a, b) for a in (one.parent, one.mapper) for b in (other.parent, other.mapper)]
    return any(a.is_sibling(b) for a, b in pairs) or (one.key == other.key and one.parent.common_parent(other.parent))


def _silenced(one: Relationship, other: Relationship) -> bool:
    if one in other._reverse_property or other in one._reverse_property:
        return True
    of_one, of_other = ({name.strip() for name in (prop.overlaps or "").split(",")} for prop in (one, other))
    return one.key in of_other or other.key in of_one or "__*" in of_one | of_other


def warn_of_overlaps(prop: Relationship, is_mapped: t.Callable[[t.Any], bool]) -> None:
    """Called once for each relationship that writes. is_mapped: whether a mapper is still there."""
    for source, written in _copies(prop):
        writers = written.__dict__.get("_written_by")
        if writers is None:
            writers = written.__dict__["_written_by"] = weakref.WeakKeyDictionary()
        others = [(p, c) for p, c in writers.items() if is_mapped(p.parent) and not _silenced(prop, p) and not _apart(prop, p)]
        writers[prop] = source
        if not others:
            continue
        told = ", ".join(f"'{p}' (copies {c} to {written})" for p, c in others)
        names = ",".join(sorted(p.key for p, _ in others))
        warn(
            f"relationship '{prop}' will copy column {source} to column {written}, which conflicts with relationship(s): {told}. "
            "If the two belong together, link them with back_populates; if one of them is only read, say viewonly=True; if their foreign "
            f"keys overlap in part, mark what each writes with foreign(). To silence this warning, say overlaps=\"{names}\" in '{prop}'."
        )
