"""Rewriting expressions against other tables, and what expressions are made of."""

from __future__ import annotations

import typing as t

from .. import _core
from .fromclause import FromClause, TableClause, join_condition
from .nodes import ColumnElement

__all__ = ["ClauseAdapter", "ColumnAdapter", "find_tables", "join_condition"]


class ClauseAdapter:
    """Answers expressions with columns of tables replaced by the columns of `selectable` that correspond to them."""

    def __init__(self, selectable: t.Any, equivalents: t.Any = None, adapt_on_names: bool = False, **unsupported: t.Any) -> None:
        if unsupported:
            raise NotImplementedError(f"ClauseAdapter({', '.join(sorted(unsupported))}=) is not supported")
        self.selectable, self.equivalents, self.adapt_on_names = selectable, equivalents or {}, adapt_on_names

    def replace(self, element: t.Any) -> t.Any:
        """The element to take instead, or None to keep it."""
        if not isinstance(element, ColumnElement) or not hasattr(element, "table"):
            return self.selectable if self._derives_from(element) else None
        found = self.selectable.exported_columns.corresponding_column(element)
        for other in () if found is not None else self.equivalents.get(element, ()):
            found = self.selectable.exported_columns.corresponding_column(other)
            if found is not None:
                break
        if found is None and self.adapt_on_names:
            found = self.selectable.exported_columns.get(element.name)
        return found

    def _derives_from(self, element: t.Any) -> bool:
        return isinstance(element, FromClause) and element is not self.selectable and self.selectable.is_derived_from(element)

    def traverse(self, obj: t.Any) -> t.Any:
        """The tree rewritten; the one given stays as it is."""
        from .visitors import replacement_traverse

        return replacement_traverse(obj, {}, self.replace)


class ColumnAdapter(ClauseAdapter):
    """The same; `columns[c]` is the column to take for c."""

    @property
    def columns(self) -> ColumnAdapter:
        return self

    def __getitem__(self, column: t.Any) -> t.Any:
        found = self.replace(column)
        return column if found is None else found


def find_tables(clause: t.Any, *, include_aliases: bool = False, include_joins: bool = False, **unsupported: t.Any) -> list[t.Any]:
    """The tables that an expression mentions."""
    from .fromclause import Alias, Join

    if unsupported:
        raise NotImplementedError(f"find_tables({', '.join(sorted(unsupported))}=) is not supported")
    wanted: list[type] = [TableClause, *([Alias] if include_aliases else []), *([Join] if include_joins else [])]
    return [node for node in _core.walk(_core.find_node(clause)) if isinstance(node, tuple(wanted))]
