"""INSERT with ON CONFLICT, also by the name of a constraint."""

from __future__ import annotations

import typing as t

from ... import _core
from ...sql.constructors import text
from ..sqlite.dml import Insert as _Insert

__all__ = ["Insert", "insert"]


class Insert(_Insert):
    """INSERT of PostgreSQL: rows that are there already can be left or updated."""

    __slots__ = ()
    inherit_cache = True

    def _for_constraint(self, made: t.Any, constraint: t.Any) -> t.Any:
        """The statement with its conflict named by a constraint."""
        if constraint is None:
            return made
        clause = made._seg(_core.SEG_EXTRA)[-1]
        named = _core.make(_core.K_ON_CONFLICT, clause._op, name=str(constraint), segs=tuple(clause._seg(i) for i in range(4)))
        return made._replace(_core.SEG_EXTRA, (*made._seg(_core.SEG_EXTRA)[:-1], named))

    @staticmethod
    def _target(constraint: t.Any, index_elements: t.Any, index_where: t.Any) -> tuple[t.Any, t.Any, t.Any]:
        if constraint is None or isinstance(constraint, str):
            if constraint is not None and index_elements is not None:
                raise ValueError("'constraint' and 'index_elements' are mutually exclusive")
            return constraint, index_elements, index_where
        if index_elements is not None:
            raise ValueError("'constraint' and 'index_elements' are mutually exclusive")
        name = getattr(constraint, "name", None)
        if name is not None and not hasattr(constraint, "expressions"):
            return str(name), None, index_where
        where = getattr(constraint, "dialect_options", {})
        if hasattr(constraint, "operators"):
            return None, [c for c, _, _ in constraint._render_exprs], constraint.where if not isinstance(constraint.where, str) else text(constraint.where)
        if hasattr(constraint, "expressions"):
            return None, list(constraint.expressions), where["postgresql"].get("where", index_where) if where else index_where
        return None, list(constraint.columns), index_where

    def on_conflict_do_nothing(self, constraint: t.Any = None, index_elements: t.Any = None, index_where: t.Any = None) -> t.Any:  # type: ignore[override]
        """A copy that leaves rows that are there already."""
        name, elements, where = self._target(constraint, index_elements, index_where)
        return self._for_constraint(super().on_conflict_do_nothing(elements, where), name)

    def on_conflict_do_update(  # type: ignore[override]
        self, constraint: t.Any = None, index_elements: t.Any = None, index_where: t.Any = None, set_: t.Any = None, where: t.Any = None
    ) -> t.Any:
        """A copy that updates rows that are there already."""
        if constraint is None and index_elements is None:
            raise ValueError("Either constraint or index_elements, but not both, must be specified unless DO NOTHING")
        name, elements, index_where = self._target(constraint, index_elements, index_where)
        return self._for_constraint(super().on_conflict_do_update(elements, index_where, set_, where), name)


def insert(table: t.Any) -> Insert:
    """INSERT with PostgreSQL's clauses."""
    return Insert(table)
