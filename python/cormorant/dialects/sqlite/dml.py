"""INSERT with ON CONFLICT."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql.dml import Insert as StandardInsert

__all__ = ["Insert", "insert"]


def _index_elements(items: t.Any, target: t.Any) -> list[t.Any]:
    made = []
    for item in items:
        if isinstance(item, str):
            columns = target.columns
            made.append(columns[item] if item in columns else _core.make(_core.K_COLUMN, name=item))
        else:
            made.append(_core.coerce(item, _core.ROLE_EXPR))
    return made


class Insert(StandardInsert):
    """INSERT of SQLite: rows that are there already can be left or updated."""

    __slots__ = ()
    inherit_cache = True

    def __init__(self, table: t.Any) -> None:
        super().__init__(table)

    @property
    def excluded(self) -> t.Any:
        """The row that could not be inserted, for `set_` and `where`."""
        alias = self.__dict__.get("_excluded")
        if alias is None:
            alias = self.__dict__["_excluded"] = self.table.alias("excluded")
        return alias.columns

    def _on_conflict(self, op: int, index_elements: t.Any, index_where: t.Any, assigns: t.Sequence[t.Any] = (), where: t.Any = None) -> t.Any:
        elements = [] if index_elements is None else _index_elements(index_elements, self.table)
        if self._seg(_core.SEG_EXTRA) and self._seg(_core.SEG_EXTRA)[-1]._kind == _core.K_ON_CONFLICT:
            raise exc.InvalidRequestError("This Insert construct already has an ON CONFLICT clause established")
        segs = (
            elements,
            () if index_where is None else (_core.coerce(index_where, _core.ROLE_WHERE),),
            assigns,
            () if where is None else (_core.coerce(where, _core.ROLE_WHERE),),
        )
        return self._append(_core.SEG_EXTRA, (_core.make(_core.K_ON_CONFLICT, op, segs=segs),))

    def _in_order(self, pairs: list[tuple[t.Any, t.Any]]) -> list[tuple[t.Any, t.Any]]:
        """What is set, in the order of the table's columns."""
        places = {key: i for i, column in enumerate(self.table.columns) for key in (column, column.key)}
        return sorted(pairs, key=lambda pair: places.get(pair[0], len(places)))

    def on_conflict_do_nothing(self, index_elements: t.Any = None, index_where: t.Any = None) -> t.Any:
        """A copy that leaves rows that are there already."""
        return self._on_conflict(_core.OP_DO_NOTHING, index_elements, index_where)

    def on_conflict_do_update(
        self, index_elements: t.Any = None, index_where: t.Any = None, set_: t.Any = None, where: t.Any = None
    ) -> t.Any:
        """A copy that updates rows that are there already."""
        if not set_:
            raise ValueError("set parameter dictionary must not be empty")
        if hasattr(set_, "items"):
            pairs = list(set_.items())
        elif hasattr(set_, "keys"):
            pairs = [(key, set_[key]) for key in set_.keys()]
        else:
            raise ValueError("set parameter must be a non-empty dictionary or a ColumnCollection such as the `.c.` collection of a Table object")
        assigns = [a for key, value in self._in_order(pairs) for a in self._assigns({key: value})]
        return self._on_conflict(_core.OP_DO_UPDATE, index_elements, index_where, assigns, where)


def insert(table: t.Any) -> Insert:
    """INSERT with SQLite's clauses."""
    return Insert(table)
