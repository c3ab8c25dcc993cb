"""INSERT with ON DUPLICATE KEY UPDATE."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql.base import SyntaxExtension
from ...sql.dml import Insert as StandardInsert

__all__ = ["DMLLimitClause", "Insert", "insert", "limit"]


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
        if any(c._kind == _core.K_ON_CONFLICT for c in self._seg(_core.SEG_EXTRA)):
            raise exc.InvalidRequestError("This Insert construct already has an ON DUPLICATE KEY clause present")
        pairs = list(given.items()) if hasattr(given, "items") else list(given)
        if not pairs:
            raise ValueError("update parameter dictionary must not be empty")
        if hasattr(given, "items"):  # in the order of the table, as a dictionary promises none
            order = {c.key: i for i, c in enumerate(self.table.c)}
            pairs.sort(key=lambda pair: order.get(getattr(pair[0], "key", pair[0]), len(order)))
        assigns = [a for key, value in pairs for a in self._assigns({key: value})]
        clause = _core.make(_core.K_ON_CONFLICT, _core.OP_DUPLICATE_KEY, segs=((), (), assigns, ()))
        return self._append(_core.SEG_EXTRA, (clause,))


def insert(table: t.Any) -> Insert:
    """INSERT with MySQL's clauses."""
    return Insert(table)


class DMLLimitClause(SyntaxExtension):
    """LIMIT of an UPDATE or DELETE, for their `ext()`."""

    def __init__(self, limit: t.Any) -> None:
        self._clause = _core.coerce(limit, _core.ROLE_LIMIT)

    def _apply_to(self, statement: t.Any) -> t.Any:
        if not (statement.is_update or statement.is_delete):
            raise exc.ArgumentError(f"only UPDATE and DELETE have a LIMIT of their own, not a {type(statement).__name__}")
        return statement._replace(_core.SEG_LIMIT, (self._clause,))


def limit(limit: t.Any) -> DMLLimitClause:
    """`update(t).ext(limit(5))`: no more than five rows."""
    return DMLLimitClause(limit)
