"""What the members of a `Query` become after `union()` and its like: the set operation stands for what was selected from."""

from __future__ import annotations

import typing as t

from .. import _core
from ..sql import select
from .aliases import _entity_of_statement, _is_single_entity, aliased


class Stand:
    """A subquery instead of entities and columns. Classes asked for whole become aliases of it; other members are known by
    their position among its columns."""

    def __init__(self, members: t.Sequence[t.Any], subquery: t.Any) -> None:
        self._whole: t.Dict[t.Any, t.Any] = {subquery: subquery}  # its inside is left alone
        self._columns: t.Dict[t.Any, t.Any] = {}
        self._members, self._subquery = members, subquery
        self._selected = select(*members).selected_columns
        for entity in [_entity_of_statement(member) for member in members if _is_single_entity(member)]:
            if entity is not None:
                self._whole[entity.__clause_element__()] = aliased(entity, subquery).__clause_element__()
        for was, column in zip(self._selected, subquery.c, strict=True):
            self._columns.setdefault(_known_by(was), column)
            if was._kind == _core.K_LABEL:
                self._columns.setdefault(_known_by(was.element), column)

    def _replace(self, node: t.Any) -> t.Any:
        if node._kind == _core.K_ATTR and node._entity in self._whole:
            return None
        return self._columns.get(_known_by(node))

    def see(self, statement: t.Any) -> t.Any:
        """A statement that asks the subquery."""
        return _core.adapt(statement, tuple(self._whole), tuple(self._whole.values()), self._replace)

    def name(self, statement: t.Any, members: t.Sequence[t.Any]) -> t.Any:
        """A statement that asks for these members still, by the names that the subquery's columns have."""
        return statement.with_only_columns(*self._subquery.c) if members is self._members else statement


def _known_by(node: t.Any) -> t.Any:
    """What an expression is: an attribute is its column, and a column of an alias is one whoever made it."""
    while node._kind == _core.K_ATTR and node._expr is not None:
        node = node._expr
    return (id(node._kids[0]), node._name) if node._kind == _core.K_PROXY and node._name else id(node)
