"""FROM elements: tables by name, aliases, subqueries, CTEs, joins, VALUES, table functions."""

from __future__ import annotations

import itertools
import types
import typing as t

from .. import _core, exc
from . import roles
from .base import Generative, Immutable
from .collections import ColumnCollection, DedupeColumnCollection, ReadOnlyColumnCollection
from .nodes import BindParameter, ClauseElement, ColumnClause, ColumnElement
from .items import name_flags

_generic = classmethod(types.GenericAlias)


class _derived:  # noqa: N801 - used as a decorator
    """An attribute worked out when it is read; classes that know it better store it in the instance."""

    def __init__(self, fn: t.Callable[[t.Any], t.Any]) -> None:
        self._fn = fn
        self.__doc__ = fn.__doc__

    def __get__(self, instance: t.Any, owner: t.Any = None) -> t.Any:
        return self if instance is None else self._fn(instance)


def _memoized(node: t.Any, key: str, make: t.Callable[[], t.Any]) -> t.Any:
    """A value worked out once for a node; copies of the node forget it."""
    memo = node.__dict__.setdefault("_memo", {})
    if key not in memo:
        memo[key] = make()
    return memo[key]


class ReturnsRows(ClauseElement, roles.ReturnsRowsRole):
    """Something that answers rows."""

    __slots__ = ()
    _is_returns_rows = True

    @property
    def selectable(self) -> t.Any:
        return self

    @property
    def exported_columns(self) -> t.Any:
        raise NotImplementedError(f"{type(self).__name__} does not define exported_columns")

    def is_derived_from(self, fromclause: t.Any) -> bool:
        """Whether the other element is inside this one."""
        return fromclause is self


class ExecutableReturnsRows(ReturnsRows):
    __slots__ = ()


class Selectable(ReturnsRows):
    """Something that can be selected from."""

    __slots__ = ()
    is_selectable = True

    def corresponding_column(self, column: t.Any, require_embedded: bool = False) -> t.Any:
        """The column of this element that stands for another one, or None."""
        return self.exported_columns.corresponding_column(column)

    def lateral(self, name: str | None = None) -> t.Any:
        return _core.make(_core.K_SUBQUERY, _core.OP_LATERAL, name=name, kids=(self,))

    def replace_selectable(self, old: t.Any, alias: t.Any) -> t.Any:
        """A copy with one FROM element in the place of another."""
        return _core.adapt(self, (old,), (alias,))


def _end(column: t.Any) -> t.Any:
    """What a column of a subquery is in the end."""
    while column._kind == _core.K_PROXY and column._kids[1] is not None:
        column = column._kids[1]
    return column


class HasPrefixes:
    """Statements with words after their first one: `SELECT /*+ x */ ...`."""

    __slots__ = ()

    def prefix_with(self, *prefixes: t.Any, dialect: str = "*") -> t.Any:
        """A copy with text after the first word."""
        return self._append(_core.SEG_PREFIX, [text_piece(p, dialect) for p in prefixes])  # type: ignore[attr-defined]


class HasSuffixes:
    """Statements with text at their end."""

    __slots__ = ()

    def suffix_with(self, *suffixes: t.Any, dialect: str = "*") -> t.Any:
        """A copy with text at the end."""
        return self._append(_core.SEG_SUFFIX, [text_piece(s, dialect) for s in suffixes])  # type: ignore[attr-defined]


def text_piece(text: t.Any, dialect: str) -> t.Any:
    if dialect not in ("*", "default"):
        from .compiler import for_dialect

        return for_dialect(text if isinstance(text, _core.Node) else _core.make(_core.K_PREFIX, name=text), dialect)
    return text if isinstance(text, _core.Node) else _core.make(_core.K_PREFIX, name=text)


class HasCTE(ReturnsRows, roles.HasCTERole):
    """Statements that can be a CTE, or carry some."""

    __slots__ = ()
    name_cte_columns = False

    def add_cte(self, *ctes: t.Any, nest_here: bool = False) -> t.Any:
        """A copy that brings these CTEs along although it does not select from them."""
        if self._kind in (_core.K_TEXT, _core.K_VALUES):
            raise NotImplementedError(f"{type(self).__name__}.add_cte() is not supported: give the CTEs to the statement around it")
        if nest_here:
            ctes = tuple(cte._with(set=_core.FLAG_NESTING) for cte in ctes)
        return self._append(_core.SEG_CTE, [_core.coerce(cte, _core.ROLE_FROM) for cte in ctes])


class FromClause(Selectable, roles.AnonymizedFromClauseRole):
    """Something that can stand in FROM."""

    __slots__ = ()
    __visit_name__ = "fromclause"
    __class_getitem__ = _generic
    _is_from_clause = True
    named_with_column = False
    schema: t.Any = None
    name: t.Any = None

    @property
    def c(self) -> t.Any:
        """The columns of the element."""
        return self.columns

    @property
    def columns(self) -> t.Any:
        return _memoized(self, "columns", self._make_columns)

    def _make_columns(self) -> t.Any:
        made = DedupeColumnCollection()
        seen: set[str] = set()
        for i, (key, element) in enumerate(_core.from_columns(self)):
            column = _core.from_proxy(self, i)
            if element._kind == _core.K_PROXY and element._name != _end(element)._name:
                key = element._name  # it was numbered or labelled there
            if column is not element and column._name and (key is None or key in seen or key == getattr(element, "_name", None)):
                key = column._name  # unique in its subquery, and as its label style spells it
            elif key is not None and column is not element and key != column._name:
                column.__dict__["_key"] = key
            key = base = key or column._name or "_no_label"
            for n in itertools.count(1):
                if key not in seen:
                    break
                key = f"{base}_{n}"
            seen.add(key)
            made.add(column, key)
        return made.as_readonly()

    @property
    def exported_columns(self) -> t.Any:
        return self.columns

    @property
    def entity_namespace(self) -> t.Any:
        return self.c

    @_derived
    def primary_key(self) -> t.Any:
        return ReadOnlyColumnCollection([(c.key, c) for c in self.columns if c.primary_key])

    @_derived
    def foreign_keys(self) -> t.Any:
        return {fk for c in self.columns for fk in c.foreign_keys}

    @_derived
    def description(self) -> t.Any:  # type: ignore[override]
        return getattr(self, "name", None) or f"{type(self).__name__} object"

    def alias(self, name: str | None = None, flat: bool = False) -> t.Any:
        """The element under another name."""
        return _core.make(_core.K_ALIAS, _core.OP_ALIAS, name=name, flags=name_flags(name), kids=(self,))

    def lateral(self, name: str | None = None) -> t.Any:
        return _core.make(_core.K_ALIAS, _core.OP_LATERAL, name=name, kids=(self,))

    def tablesample(self, sampling: t.Any, name: str | None = None, seed: t.Any = None) -> t.Any:
        """A sample of the rows."""
        return TableSample._construct(self, sampling, name, seed)

    def join(self, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> t.Any:
        """The element joined with another."""
        return Join(self, right, onclause, isouter, full)

    def outerjoin(self, right: t.Any, onclause: t.Any = None, full: bool = False) -> t.Any:
        """The element joined with another by LEFT OUTER JOIN."""
        return Join(self, right, onclause, True, full)

    def select(self) -> t.Any:
        """SELECT of all its columns."""
        return _core.select(self)

    def table_valued(self) -> t.Any:
        """The row as one value."""
        return TableValuedColumn._construct(self)

    def is_derived_from(self, fromclause: t.Any) -> bool:
        return fromclause in _core.walk(self)

    def with_cols(self, type_: t.Any) -> t.Any:
        return self


class NamedFromClause(FromClause):
    """A FROM element with a name."""

    __slots__ = ()
    named_with_column = True


class TableClause(Immutable, NamedFromClause, roles.DMLTableRole):
    """A table by its name alone: `table("t", column("a"))`."""

    __slots__ = ()
    __visit_name__ = "table"
    implicit_returning = False

    def __init__(self, name: str, *columns: t.Any, **kw: t.Any) -> None:
        schema = kw.pop("schema", None)
        if kw:
            raise exc.ArgumentError(f"Unsupported argument(s): {list(kw)}")
        _core.init(self, _core.K_TABLE, name=name, flags=name_flags(name))
        self.__dict__.update(name=name, schema=schema, _columns=DedupeColumnCollection(), fullname=f"{schema}.{name}" if schema else name)
        for column in columns:
            self.append_column(column)

    def append_column(self, c: t.Any, **kw: t.Any) -> None:
        """Adds a column."""
        _core.attach_column(c, self)
        c.__dict__["table"] = self
        self._columns.add(c, c.key)
        _core.thaw_table(self)
        _core.freeze_table(self)

    insert_column = append_column

    @property
    def columns(self) -> t.Any:
        return self._columns.as_readonly()

    def _freeze_def(self) -> tuple[t.Any, ...]:
        """What the core has to know: names and types."""
        columns = tuple((c, c.name, c.key, c.type, 0, None, None, None, None, None, None, None, None) for c in self._columns)
        return (self.name, self.schema, None, (), (), columns, (), ())

    @_derived
    def description(self) -> t.Any:  # type: ignore[override]
        return self.name

    def insert(self) -> t.Any:
        from .dml import Insert

        return Insert(self)

    def update(self) -> t.Any:
        from .dml import Update

        return Update(self)

    def delete(self) -> t.Any:
        from .dml import Delete

        return Delete(self)


class AliasedReturnsRows(NamedFromClause):
    """A FROM element around another, with a name or without."""

    __slots__ = ()

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    original = element

    @property
    def name(self) -> t.Any:  # type: ignore[override]
        return self._name or "anon_1"


class FromClauseAlias(AliasedReturnsRows):
    __slots__ = ()


class Alias(FromClauseAlias, roles.DMLTableRole):
    """A table under another name."""

    __slots__ = ()
    __visit_name__ = "alias"


class Lateral(FromClauseAlias):
    """A subquery that sees the FROM elements before it."""

    __slots__ = ()
    __visit_name__ = "lateral"


class TableSample(FromClauseAlias):
    """A sample of a table's rows."""

    __slots__ = ()
    __visit_name__ = "tablesample"

    @classmethod
    def _construct(cls, selectable: t.Any, sampling: t.Any, name: str | None = None, seed: t.Any = None) -> t.Any:
        from .functions import func

        method = sampling if isinstance(sampling, _core.Node) and sampling._kind == _core.K_FUNC else func.system(sampling)
        arguments = [method] if seed is None else [method, _core.coerce(seed, _core.ROLE_EXPR)]
        return _core.make(_core.K_ALIAS, _core.OP_TABLESAMPLE, name=name, kids=(_core.coerce(selectable, _core.ROLE_FROM),), segs=(arguments,))

    @property
    def sampling(self) -> t.Any:
        return self._seg(0)[0]

    @property
    def seed(self) -> t.Any:
        return next(iter(self._seg(0)[1:]), None)


class Subquery(AliasedReturnsRows):
    """A SELECT in FROM."""

    __slots__ = ()
    __visit_name__ = "subquery"

    def as_scalar(self) -> t.Any:
        return self.element.set_label_style(0).scalar_subquery()


class CTE(Generative, HasPrefixes, HasSuffixes, AliasedReturnsRows, roles.DMLTableRole):
    """A common table expression: `WITH name AS (...)`."""

    __slots__ = ()
    __visit_name__ = "cte"

    @property
    def recursive(self) -> bool:
        return bool(self._flags & _core.FLAG_RECURSIVE)

    @property
    def nesting(self) -> bool:
        return bool(self._flags & _core.FLAG_NESTING)

    @property
    def _restates(self) -> t.Any:
        return next(iter(self._seg(0)), None)

    def alias(self, name: str | None = None, flat: bool = False) -> t.Any:
        """The CTE under another name."""
        return _core.make(_core.K_ALIAS, _core.OP_ALIAS, name=name, kids=(self,))

    def _compound(self, op: int, other: tuple[t.Any, ...]) -> t.Any:
        from .statements import CompoundSelect

        statement = CompoundSelect._construct(op, (self.element, *other))
        return _core.make(_core.K_CTE, flags=self._flags, name=self._name, kids=(statement,), segs=((self,), self._seg(1)))

    def union(self, *other: t.Any) -> t.Any:
        """The CTE with further rows; a recursive one refers to itself in them."""
        return self._compound(_core.OP_UNION, other)

    def union_all(self, *other: t.Any) -> t.Any:
        """The same, keeping rows that repeat."""
        return self._compound(_core.OP_UNION_ALL, other)

    def prefix_with(self, *prefixes: t.Any, dialect: str = "*") -> t.Any:
        words = " ".join(p for p in prefixes if isinstance(p, str)).upper() if dialect == "*" else ""
        if words == "MATERIALIZED":
            return self._with(set=_core.FLAG_MATERIALIZED)
        if words == "NOT MATERIALIZED":
            return self._with(set=_core.FLAG_NOT_MATERIALIZED)
        return self._append(1, [text_piece(p, dialect) for p in prefixes])

    def suffix_with(self, *suffixes: t.Any, dialect: str = "*") -> t.Any:
        return self._append(1, [text_piece(p, dialect)._with(set=_core.FLAG_SUFFIX) for p in suffixes])


class Join(FromClause, roles.DMLTableRole):
    """Two FROM elements joined."""

    __slots__ = ()
    __visit_name__ = "join"

    def __init__(self, left: t.Any, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> None:
        sides = [_core.coerce(side, _core.ROLE_FROM) for side in (left, right)]
        if onclause is None:  # the table that was joined last comes first
            on = join_condition(*sides, sides[0].right if isinstance(sides[0], Join) else None)
        else:
            on = _core.coerce(onclause, _core.ROLE_WHERE)
        flags = (_core.FLAG_OUTER if isouter or full else 0) | (_core.FLAG_FULL if full else 0)
        _core.init(self, _core.K_JOIN, flags=flags, kids=(*sides, on))

    @property
    def left(self) -> t.Any:
        return self._kids[0]

    @property
    def right(self) -> t.Any:
        return self._kids[1]

    @property
    def onclause(self) -> t.Any:
        return self._kids[2]

    @property
    def isouter(self) -> bool:
        return bool(self._flags & _core.FLAG_OUTER)

    @property
    def full(self) -> bool:
        return bool(self._flags & _core.FLAG_FULL)

    @property
    def description(self) -> t.Any:  # type: ignore[override]
        return f"Join object on {self.left.description}({id(self.left)}) and {self.right.description}({id(self.right)})"

    def _make_columns(self) -> t.Any:
        made = ColumnCollection()
        for side in (self.left, self.right):
            for column in side.columns:
                owner = getattr(column.table, "name", None) if not isinstance(side, Join) else None
                key = f"{owner}_{column.key}" if owner else None
                if isinstance(side, Join):
                    key = next(k for k, c in side.columns.items() if c is column)
                made._put(key or column.key, column)
        return ReadOnlyColumnCollection(made.items())

    def alias(self, name: str | None = None, flat: bool = False) -> t.Any:
        if not flat:
            return self.select().set_label_style("tablename").correlate(None).alias(name)
        parts = _parts(self)
        return _core.adapt(self, parts, [part.alias(name and f"{name}_{part.name}") for part in parts])


def _parts(source: t.Any) -> list[t.Any]:
    """What a tree of joins joins, left to right."""
    return [*_parts(source.left), *_parts(source.right)] if isinstance(source, Join) else [source]


def _foreign_pairs(left: t.Any, right: t.Any) -> list[t.Any]:
    """(foreign key, referring column, column referred to) from one side to the other."""
    found = []
    for a, b in ((left, right), (right, left)):
        for column in b.columns:
            for fk in column.foreign_keys:
                try:
                    target = fk.get_referent(a) if hasattr(fk, "get_referent") else None
                except exc.NoReferenceError as e:
                    if any(getattr(part, "name", None) == e.table_name for part in _parts(a)):
                        raise
                    continue  # leads elsewhere
                if target is not None:
                    found.append((fk, column, target))
        if a is b:
            break
    return found


def join_condition(a: t.Any, b: t.Any, a_subset: t.Any = None, consider_as_foreign_keys: t.Any = None) -> t.Any:
    """The condition by which the foreign keys between two FROM elements join them. fails: NoForeignKeysError, AmbiguousForeignKeysError.

    :param a_subset: a part of `a` whose keys are looked at first.
    :param consider_as_foreign_keys: columns that alone count as referring.
    """
    constraints: dict[t.Any, list[t.Any]] = {}
    for left in ([a_subset] if a_subset is not None else []) + [a]:
        for fk, column, target in _foreign_pairs(left, b):
            if consider_as_foreign_keys is None or column in consider_as_foreign_keys:
                constraints.setdefault(fk.constraint or fk, []).append((target, column))
        if constraints:
            break
    if not constraints:
        hint = " Perhaps you meant to convert the right side to a subquery using alias()?" if isinstance(b, Join) else ""
        raise exc.NoForeignKeysError(
            f"Can't find any foreign key relationships between '{a.description}' and '{b.description}'.{hint}"
        )
    if consider_as_foreign_keys and len(constraints) > 1:
        given = set(consider_as_foreign_keys)
        constraints = {key: pairs for key, pairs in constraints.items() if {e.parent for e in getattr(key, "elements", ())} == given}
    if len({tuple((id(target), id(column)) for target, column in pairs) for pairs in constraints.values()}) != 1:
        raise exc.AmbiguousForeignKeysError(
            f"Can't determine join between '{a.description}' and '{b.description}'; tables have more than one foreign key constraint "
            "relationship between them: give the join its 'onclause'."
        )
    pairs = next(iter(constraints.values()))
    return _core.and_(*[target == column for target, column in pairs])


Join._join_condition = staticmethod(join_condition)  # type: ignore[attr-defined]


class Values(HasCTE, NamedFromClause, roles.InElementRole):
    """`VALUES (...), (...)` in FROM."""

    __slots__ = ()
    __visit_name__ = "values"

    def __init__(self, *columns: t.Any, name: str | None = None, literal_binds: bool = False) -> None:
        _core.init(self, _core.K_VALUES, name=name, segs=(columns, ()))
        if literal_binds:
            self.__dict__["literal_binds"] = True

    @property
    def name(self) -> t.Any:  # type: ignore[override]
        return self._name or "anon_1"

    @property
    def _column_args(self) -> tuple[t.Any, ...]:
        return self._seg(0)

    def data(self, values: t.Iterable[t.Sequence[t.Any]]) -> t.Any:
        """A copy with rows added."""
        columns = self._seg(0)
        literal = self.__dict__.get("literal_binds")
        rows = []
        for row in values:
            items = []
            for value, column in zip(row, columns, strict=True):
                item = _core.coerce(value, _core.ROLE_EXPR, column.type)
                if literal and isinstance(item, BindParameter):
                    item = item.render_literal_execute()
                items.append(item)
            rows.append(_core.make(_core.K_TUPLE, segs=(items,)))
        return self._append(1, rows)

    def alias(self, name: str | None = None, flat: bool = False) -> t.Any:
        return _core.make(_core.K_VALUES, name=name, segs=(self._seg(0), self._seg(1)))

    def scalar_values(self) -> t.Any:
        """The rows as an expression: `(VALUES (...), (...))`, for IN."""
        types = [column.type for column in self._seg(0)]
        return _core.make(_core.K_SCALAR_SUBQUERY, type=types[0] if len(types) == 1 else None, kids=(self,), cls=ScalarValues)


_core.add_methods(Values, "cte")


class ScalarValues(ColumnElement, roles.InElementRole):
    """VALUES as an expression; made by Values.scalar_values()."""

    __slots__ = ()
    __visit_name__ = "scalar_values"


class TableValuedColumn(ColumnClause):
    """A whole row as one value."""

    __slots__ = ()

    @classmethod
    def _construct(cls, scalar_alias: t.Any) -> t.Any:
        return _core.make(_core.K_LITERAL_COLUMN, name=scalar_alias.name, cls=cls)


class TableValuedAlias(FromClauseAlias, roles.DMLTableRole):
    """A function in FROM, with columns: `func.json_each(x).table_valued("key", "value")`."""

    __slots__ = ()
    __visit_name__ = "table_valued_alias"

    @property
    def column(self) -> t.Any:
        """The function's result as one column."""
        return _memoized(self, "column", lambda: _core.make(_core.K_PROXY, name=self.name, type=self.element._type, kids=(self, None)))

    def alias(self, name: str | None = None, flat: bool = False) -> t.Any:
        return _core.make(_core.K_TABLE_FUNC, op=self._op, flags=self._flags, name=name, kids=(self.element,), segs=(self._seg(0),))

    def lateral(self, name: str | None = None) -> t.Any:
        return _core.make(_core.K_TABLE_FUNC, _core.OP_LATERAL, self._flags, name=name, kids=(self.element,), segs=(self._seg(0),))

    def render_derived(self, name: str | None = None, with_types: bool = False) -> t.Any:
        """A copy that spells its columns: `f() AS name(a, b)`, and with `with_types` their types: `f() AS name(a INTEGER, b VARCHAR)`."""
        flags = self._flags | _core.FLAG_DERIVED | (_core.FLAG_DERIVED_TYPES if with_types else 0)
        return _core.make(_core.K_TABLE_FUNC, op=self._op, flags=flags, name=name, kids=(self.element,), segs=(self._seg(0),))


class Entity(FromClause):
    """A mapped class, or an alias of one, in a statement."""

    __slots__ = ()
    __visit_name__ = "entity"

    @property
    def class_(self) -> t.Any:
        """The mapped class."""
        return _core.entity_class(self)

    @property
    def entity_namespace(self) -> t.Any:
        """What has the attributes: the class, or the aliased() object."""
        inspected = self.__dict__.get("_insp")
        return self.class_ if inspected is None else inspected.entity

    @property
    def selectable(self) -> t.Any:
        """The table or other FROM element behind it."""
        return self._kids[0]

    @property
    def columns(self) -> t.Any:
        return self._kids[0].columns

    @property
    def name(self) -> t.Any:  # type: ignore[override]
        inspected = self.__dict__.get("_insp")
        return getattr(inspected, "name", None) or self.class_.__name__


class FromGrouping(FromClause):
    """Parentheses around a FROM element."""

    __slots__ = ()


class AnonymizedFromClause(FromClause):
    __slots__ = ()


for _kind, _cls in (
    (_core.K_TABLE, TableClause), (_core.K_ALIAS, Alias), (_core.K_SUBQUERY, Subquery), (_core.K_CTE, CTE), (_core.K_JOIN, Join),
    (_core.K_VALUES, Values), (_core.K_TABLE_FUNC, TableValuedAlias), (_core.K_ENTITY, Entity),
):  # fmt: skip
    _core.register_kind(_kind, _cls)
_core.register_kind(_core.K_ALIAS, Lateral, _core.OP_LATERAL)
_core.register_kind(_core.K_ALIAS, TableSample, _core.OP_TABLESAMPLE)

__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__ and name[0] != "_"] + ["join_condition"]
