"""How two tables are joined for a relationship: the condition, its pairs of columns, its direction."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql import and_
from ..sql.functions import FunctionAsBinary
from ..sql.schema import Column, Table
from ..sql.sqltypes import Boolean
from .base import MANYTOMANY, MANYTOONE, ONETOMANY, RelationshipDirection

Pair = t.Tuple[t.Any, t.Any]


def foreign(expr: t.Any) -> t.Any:
    """Marks a column of a primaryjoin as the one that holds the key."""
    return _mark(expr, _core.FLAG_FOREIGN)


def remote(expr: t.Any) -> t.Any:
    """Marks a column of a primaryjoin as belonging to the related class."""
    return _mark(expr, _core.FLAG_REMOTE)


def _mark(expr: t.Any, flag: int) -> t.Any:
    node = plain_node(expr)
    if node._kind == _core.K_COLUMN:
        return node._with(set=flag)
    return _core.adapt(node, (), (), lambda n: n._with(set=flag) if n._kind == _core.K_COLUMN and not n._flags & flag else None)


def plain_node(expr: t.Any) -> t.Any:
    """The column expression behind an attribute, mapped_column() or expression."""
    node = expr
    while not isinstance(node, _core.Node) or isinstance(node, _core.InstrumentedAttribute):
        if isinstance(node, _core.InstrumentedAttribute):
            if node._expr is None:
                raise exc.ArgumentError(f"{node} is a relationship; a column expression is needed here")
            node = node._expr
        elif hasattr(node, "__clause_element__"):
            node = node.__clause_element__()
        else:
            raise exc.ArgumentError(f"Column-based expression object expected, got {expr!r}")
    return node


def original(column: t.Any) -> t.Any:
    """The Column of the table that a marked copy stands for."""
    return column.table.c[column.key] if isinstance(column, Column) and column.table is not None else column


def columns_in(expr: t.Any) -> t.List[t.Any]:
    return [n for n in _core.walk(expr) if n._kind == _core.K_COLUMN and isinstance(n, Column) and n.table is not None]


def equalities(expr: t.Any) -> t.List[Pair]:
    """The `column = column` terms of a condition, marks and all."""
    found = []
    for node in _core.walk(expr):
        if node._kind == _core.K_BINARY and node._op == _core.OP_EQ:
            left, right = plain_node(node._kids[0]), plain_node(node._kids[1])
            if isinstance(left, Column) and isinstance(right, Column) and not any(left is a and right is b for a, b in found):
                found.append((left, right))
    return found


def comparisons(expr: t.Any) -> t.List[Pair]:
    """The columns that stand on either side of any comparison: LIKE, <, operators of the program's own, casts, functions that compare."""
    found = []
    for node in _core.walk(expr):
        if isinstance(node, FunctionAsBinary):
            found += [(left, right) for left in columns_in(plain_node(node.left)) for right in columns_in(plain_node(node.right))]
        elif node._kind == _core.K_BINARY and (isinstance(node.type, Boolean) or getattr(node.operator, "is_comparison", False)):
            found += [(left, right) for left in columns_in(plain_node(node._kids[0])) for right in columns_in(plain_node(node._kids[1]))]
    return found


def foreign_key_constraints(a: t.Any, b: t.Any) -> t.List[t.Tuple[t.Any, t.List[Pair]]]:
    """Foreign key constraints that lead from one of the tables `a` to one of `b`: (constraint, [(key column, column)])."""
    found = []
    for table in a:
        for constraint in sorted(table.foreign_key_constraints, key=lambda c: c._creation_order):
            pairs = []
            for element in constraint.elements:
                try:
                    target = element.column
                except exc.NoReferencedTableError:
                    break
                if not any(target.table is other for other in b):
                    break
                pairs.append((element.parent, target))
            else:
                if pairs:
                    found.append((constraint, pairs))
    return found


class JoinCondition:
    """The join of one relationship."""

    def __init__(
        self, prop: t.Any, parent_tables: t.Sequence[Table], target_tables: t.Sequence[Table], secondary: t.Any, primaryjoin: t.Any,
        secondaryjoin: t.Any, foreign_keys: t.Sequence[t.Any], remote_side: t.Sequence[t.Any], self_referential: bool,
    ) -> None:
        self.prop = prop
        self.parent_tables, self.target_tables, self.secondary = list(parent_tables), list(target_tables), secondary
        self.given_foreign, self.given_remote = [original(c) for c in foreign_keys], [original(c) for c in remote_side]
        self.self_referential = self_referential
        marked = [n for e in (primaryjoin, secondaryjoin) if e is not None for n in columns_in(e)]
        self.marked_foreign = {original(n) for n in marked if n._flags & _core.FLAG_FOREIGN}
        self.marked_remote = {original(n) for n in marked if n._flags & _core.FLAG_REMOTE}
        # which occurrence is remote matters where both sides are the same column's table
        self.remote_marks_given = bool(self.marked_remote)
        self._marked_primary = primaryjoin
        self.primaryjoin = unmark(primaryjoin) if primaryjoin is not None else None
        self.secondaryjoin = unmark(secondaryjoin) if secondaryjoin is not None else None
        self._find_joins()
        self._find_pairs()

    # ---- conditions

    def _find_joins(self) -> None:
        if self.secondary is not None:
            if self.primaryjoin is None:
                self.primaryjoin = self._join_between(self.parent_tables, [self.secondary])
            if self.secondaryjoin is None:
                self.secondaryjoin = self._join_between(self.target_tables, [self.secondary])
        elif self.primaryjoin is None:
            self.primaryjoin = self._join_between(self.parent_tables, self.target_tables)

    def _join_between(self, a: t.List[t.Any], b: t.List[t.Any]) -> t.Any:
        candidates = foreign_key_constraints(b, a)
        if {id(x) for x in a} != {id(x) for x in b}:
            candidates = foreign_key_constraints(a, b) + candidates
        if len(candidates) > 1:
            candidates = self._narrow(candidates)
        if not candidates:
            raise exc.NoForeignKeysError(self._none_found())
        if len(candidates) > 1:
            raise exc.AmbiguousForeignKeysError(self._several_found())
        terms = [target == key for key, target in candidates[0][1]]
        return and_(*terms) if len(terms) > 1 else terms[0]

    def _narrow(self, candidates: t.List[t.Tuple[t.Any, t.List[Pair]]]) -> t.List[t.Tuple[t.Any, t.List[Pair]]]:
        """Chooses by foreign_keys, then by constraints that name the same columns, then by the tables nearest to the classes."""
        if self.given_foreign:
            wanted = {id(c) for c in self.given_foreign}
            kept = [c for c in candidates if {id(key) for key, _ in c[1]} <= wanted]
            exact = [c for c in kept if {id(key) for key, _ in c[1]} == wanted]
            kept = exact or kept
            if kept:
                candidates = kept
        distinct: t.Dict[t.FrozenSet[t.Tuple[int, int]], t.Any] = {}
        for candidate in candidates:
            distinct.setdefault(frozenset((id(k), id(c)) for k, c in candidate[1]), candidate)
        found = list(distinct.values())
        if len(found) > 1 and (len(self.parent_tables) > 1 or len(self.target_tables) > 1):
            near = {id(self.prop.parent.local_table), id(self.prop.mapper.local_table)}
            if self.secondary is not None:
                near.add(id(self.secondary))
            kept = [c for c in found if all(id(k.table) in near and id(col.table) in near for k, col in c[1])]
            if kept:
                found = kept
        return found

    def _none_found(self) -> str:
        via = f" via secondary table '{self.secondary}'" if self.secondary is not None else ""
        what = "'primaryjoin' and 'secondaryjoin' expressions" if self.secondary is not None else "a 'primaryjoin' expression"
        return (
            f"Could not determine join condition between parent/child tables on relationship {self.prop} - there are no foreign keys "
            f"linking these tables{via}.  Declare a ForeignKey or ForeignKeyConstraint, or give {what}."
        )

    def _several_found(self) -> str:
        via = f" via secondary table '{self.secondary}'" if self.secondary is not None else ""
        which = "references from the secondary table to each of the parent and child tables" if via else "a foreign key reference to the parent table"
        return (
            f"Could not determine join condition between parent/child tables on relationship {self.prop} - there are multiple foreign key "
            f"paths linking the tables{via}.  Say by 'foreign_keys' which columns hold {which}."
        )

    # ---- pairs

    def _is_foreign(self, column: t.Any, other: t.Any) -> bool:
        if self.marked_foreign:
            return column in self.marked_foreign
        if self.given_foreign:
            return any(column is c for c in self.given_foreign)
        if self.secondary is not None:
            return column.table is self.secondary
        return any(_leads_to(fk, other) for fk in column.foreign_keys)

    def _key_pairs(self, condition: t.Any) -> t.List[Pair]:
        """(column, foreign key column) of each usable equality."""
        return self._oriented(equalities(condition))

    def _oriented(self, pairs: t.List[Pair]) -> t.List[Pair]:
        found = []
        for left, right in pairs:
            if self._is_foreign(right, left):
                found.append((left, right))
            elif self._is_foreign(left, right):
                found.append((right, left))
        return found

    def _find_pairs(self) -> None:
        pairs = self._key_pairs(self.primaryjoin)
        if not pairs and self.prop.viewonly:  # nothing is written: any equality between the two sides will do, or other comparisons
            pairs = equalities(self.primaryjoin) or self._oriented(comparisons(self.primaryjoin))
        if not pairs:
            self._no_pairs(self.primaryjoin, "primary")
        if self.secondary is not None:
            self._pairs_of_secondary(pairs)
        else:
            self._pairs_of_two(pairs)
        terms = _conjunction(self.primaryjoin)
        self.simple = len(terms) == len(self.pairs) and all(_is_equality(n) for n in terms)

    def _no_pairs(self, condition: t.Any, which: str) -> t.NoReturn:
        if equalities(condition) or not columns_in(condition):
            reason = "Could not locate any relevant foreign key columns"
        else:
            reason = "Could not locate any simple equality expressions involving locally mapped foreign key columns"
        raise exc.ArgumentError(
            f"{reason} for {which} join condition '{condition}' on relationship {self.prop}.  Ensure that referencing columns are "
            "associated with a ForeignKey or ForeignKeyConstraint, or are annotated in the join condition with the foreign() annotation."
        )

    def _pairs_of_secondary(self, pairs: t.List[Pair]) -> None:
        self.direction: RelationshipDirection = MANYTOMANY
        second = self._key_pairs(self.secondaryjoin)
        if not second:
            self._no_pairs(self.secondaryjoin, "secondary")
        self.pairs = [(col, key) if key.table is self.secondary else (key, col) for col, key in pairs]
        self.secondary_pairs = [(key, col) if key.table is self.secondary else (col, key) for col, key in second]
        self.remote_columns = {key for _, key in self.pairs} | {key for key, _ in self.secondary_pairs}

    def _pairs_of_two(self, pairs: t.List[Pair]) -> None:
        """(parent column, target column) and the direction."""
        self.secondary_pairs: t.List[Pair] = []
        remote_columns = self._remote_columns(pairs)
        self.pairs = []
        to_many = False
        for column, key in pairs:
            if key in remote_columns and column in remote_columns:
                if not self.self_referential:
                    continue
                self.pairs.append((column, key))
                to_many = to_many or column is not key or len(pairs) == 1  # one of several that equals itself says nothing
            elif key in remote_columns:
                self.pairs.append((column, key))
                to_many = True
            elif column in remote_columns:
                self.pairs.append((key, column))
        if not self.pairs:
            raise exc.ArgumentError(
                f"Relationship {self.prop} could not determine any unambiguous local/remote column pairs based on join condition and "
                "remote_side.  Mark the columns of the other side by remote() in the join condition."
            )
        self.direction = ONETOMANY if to_many else MANYTOONE
        self.remote_columns = remote_columns

    def _remote_columns(self, pairs: t.List[Pair]) -> t.Set[t.Any]:
        if self.marked_remote:
            return set(self.marked_remote)
        if self.given_remote:
            return set(self.given_remote)
        parents, targets = {id(table) for table in self.parent_tables}, {id(table) for table in self.target_tables}
        if any({id(column.table), id(key.table)} <= parents & targets for column, key in pairs):  # a table with itself: keys are remote
            return {key for _, key in pairs}
        if parents & targets:  # classes of one hierarchy: what only one of them has tells the sides apart
            both = [*pairs, *((key, column) for column, key in pairs)]
            return {right for left, right in both if id(right.table) in targets and id(left.table) in parents}
        found = {c for pair in pairs for c in pair if id(c.table) in targets}
        only = {c for c in found if id(c.table) not in parents}
        return only or found

    # ---- for the core

    def read_through(self, condition: t.Any) -> None:
        """The condition over the columns of an alias, whose pairs were found in that over the columns of its tables."""
        self.primaryjoin, self.self_referential = condition, False

    def marked_primaryjoin(self) -> t.Any:
        """The condition with the remote columns of a self-reference marked."""
        if self.secondary is not None or not self.self_referential:
            return self.primaryjoin
        if self._marked_primary is not None and self.remote_marks_given:
            keep = _core.FLAG_REMOTE
            return _core.adapt(
                self._marked_primary, (), (),
                lambda n: original(n)._with(set=keep) if _is_marked(n) and n._flags & keep else original(n) if _is_marked(n) else None,
            )
        remote_columns = self.remote_columns
        return _core.adapt(
            self.primaryjoin, (), (),
            lambda n: n._with(set=_core.FLAG_REMOTE) if isinstance(n, Column) and n in remote_columns and not n._flags & _core.FLAG_REMOTE else None,
        )


def joined_parts(source: t.Any) -> t.List[t.Any]:
    """What a FROM element joins, left to right."""
    return [part for side in source._kids[:2] for part in joined_parts(side)] if source._kind == _core.K_JOIN else [source]


def from_tables(source: t.Any) -> t.List[t.Any]:
    """The tables that a FROM element reads: inside its joins, and those whose columns aliases and subqueries offer."""
    if source._kind == _core.K_JOIN:
        return [table for part in joined_parts(source) for table in from_tables(part)]
    if isinstance(source, Table):
        return [source]
    found = {id(column.table): column.table for offered in source.c for column in offered.base_columns if isinstance(column, Column)}
    return [table for table in found.values() if isinstance(table, Table)]


def on_tables(condition: t.Any) -> t.Any:
    """A condition whose columns of aliases and subqueries are the columns of tables that they stand for."""

    def replace(n: t.Any) -> t.Any:
        if n._kind != _core.K_PROXY:
            return None
        return next((c for c in n.base_columns if isinstance(c, Column) and c.table is not None), None)

    return _core.adapt(condition, (), (), replace)


def _is_marked(n: t.Any) -> bool:
    return isinstance(n, Column) and bool(n._flags & (_core.FLAG_REMOTE | _core.FLAG_FOREIGN))


def unmark(expr: t.Any) -> t.Any:
    """The condition over the plain columns; what subqueries have inside stays as it is."""

    def replace(n: t.Any) -> t.Any:
        if n._kind == _core.K_PROXY:
            return n
        return original(n) if _is_marked(n) else n._expr if isinstance(n, _core.InstrumentedAttribute) else None

    return _core.adapt(plain_node(expr), (), (), replace)


def _is_equality(term: t.Any) -> bool:
    """Whether a term is `column = column`, and not a comparison with a subquery that has such terms inside."""
    return term._kind == _core.K_BINARY and term._op == _core.OP_EQ and all(isinstance(side, Column) for side in term._kids[:2])


def _conjunction(condition: t.Any) -> t.List[t.Any]:
    if condition._kind == _core.K_BOOL and condition._op == _core.OP_AND:
        return [term for item in condition._seg(0) for term in _conjunction(item)]
    if condition._kind == _core.K_GROUPING:
        return _conjunction(condition._kids[0])
    return [condition]


def _leads_to(fk: t.Any, column: t.Any) -> bool:
    try:
        return fk.column is column
    except exc.NoReferenceError:
        return False


__all__ = ["JoinCondition", "columns_in", "equalities", "foreign", "original", "plain_node", "remote", "unmark"]
