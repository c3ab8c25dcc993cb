"""INSERT with ON DUPLICATE KEY UPDATE."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql.dml import Insert as StandardInsert

__all__ = ["Insert", "insert"]


class Insert(StandardInsert):
    """INSERT of MySQL: rows that are there already can be updated."""

    __slots__ = ()
    inherit_cache = True

    @property
    def inserted(self) -> t.Any:
        """The row that could not be inserted."""
        alias = self.__dict__.get("_inserted")
        if alias is None:
            alias = self.__dict__["_inserted"] = self.table.alias("inserted")
        return alias.columns

    def on_duplicate_key_update(self, *args: t.Any, **kw: t.Any) -> t.Any:
        """A copy that updates rows that are there already."""
        if args and kw:
            raise exc.ArgumentError("Can't pass kwargs and positional arguments simultaneously")
        if len(args) > 1:
            raise exc.ArgumentError("Only a single dictionary or list of tuples is accepted positionally.")
        given = args[0] if args else kw
        pairs = list(given.items()) if hasattr(given, "items") else list(given)
        if not pairs:
            raise ValueError("update parameter dictionary must not be empty")
        assigns = [a for key, value in pairs for a in self._assigns({key: value})]
        clause = _core.make(_core.K_ON_CONFLICT, _core.OP_DUPLICATE_KEY, segs=((), (), assigns, ()))
        return self._append(_core.SEG_EXTRA, (clause,))


def insert(table: t.Any) -> Insert:
    """INSERT with MySQL's clauses."""
    return Insert(table)
