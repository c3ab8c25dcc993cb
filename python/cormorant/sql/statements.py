"""SELECT, set operations, and what is made of them: scalar subqueries, EXISTS, textual selects.

The methods that every statement goes through (where, join, order_by, ...) are C methods put into these classes
(bindings/python/expr/select.c); here are the rest of them and what programs read from a statement.
"""

from __future__ import annotations

import enum
import types
import typing as t

from .. import _core, exc
from . import roles
from .base import DialectKWArgs, ExecutableStatement, Generative, _entity_namespace_key
from .collections import ReadOnlyColumnCollection
from .nodes import ClauseElement, ColumnElement, Grouping, UnaryExpression
from .fromclause import HasCTE, HasPrefixes, HasSuffixes, Selectable, text_piece

_generic = classmethod(types.GenericAlias)


class SelectLabelStyle(enum.Enum):
    """How the columns of a SELECT are named in its result."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_DEFAULT = 2
    LABEL_STYLE_LEGACY_ORM = 3


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = SelectLabelStyle.LABEL_STYLE_DEFAULT
_STYLE_FLAGS = {LABEL_STYLE_NONE: _core.FLAG_NO_LABELS, LABEL_STYLE_TABLENAME_PLUS_COL: _core.FLAG_USE_LABELS, LABEL_STYLE_DEFAULT: 0}


class ForUpdateArg(ClauseElement):
    """The FOR UPDATE of a SELECT."""

    __slots__ = ()
    read = property(lambda self: bool(self._flags & _core.FLAG_READ))
    nowait = property(lambda self: bool(self._flags & _core.FLAG_NOWAIT))
    skip_locked = property(lambda self: bool(self._flags & _core.FLAG_SKIP_LOCKED))
    key_share = property(lambda self: bool(self._flags & _core.FLAG_KEY_SHARE))
    of = property(lambda self: self._seg(0) or None)


class SelectBase(HasCTE, ExecutableStatement, Selectable, _core.SelectBase, roles.SelectStatementRole, roles.DMLSelectRole, roles.CompoundElementRole, roles.InElementRole):
    """A statement that answers rows and can be part of others."""

    __slots__ = ()
    __class_getitem__ = _generic
    params = ExecutableStatement.params
    is_select = True
    supports_execution = True
    _is_select_base = True

    @property
    def selected_columns(self) -> t.Any:
        """The columns of the result, by key."""
        raise NotImplementedError(f"{type(self).__name__} does not define selected_columns")

    @property
    def exported_columns(self) -> t.Any:
        return ReadOnlyColumnCollection([(key, column) for key, column in self.selected_columns.items() if isinstance(column, ColumnElement)])

    def corresponding_column(self, column: t.Any, require_embedded: bool = False) -> t.Any:
        return self.exported_columns.corresponding_column(column)

    def get_label_style(self) -> SelectLabelStyle:
        if self._flags & _core.FLAG_USE_LABELS:
            return LABEL_STYLE_TABLENAME_PLUS_COL
        return LABEL_STYLE_NONE if self._flags & _core.FLAG_NO_LABELS else LABEL_STYLE_DEFAULT

    def set_label_style(self, style: t.Any) -> t.Any:
        """A copy whose columns are named in another way."""
        flags = _STYLE_FLAGS.get(style)
        if flags is None:
            flags = _core.FLAG_USE_LABELS if style == "tablename" else 0
        return self._with(flags, (_core.FLAG_USE_LABELS | _core.FLAG_NO_LABELS) & ~flags)

    def select(self, *arg: t.Any, **kw: t.Any) -> t.Any:
        raise AttributeError("a SELECT is selected from through .subquery(): select(stmt.subquery())")

    def into(self, target: str, **kw: t.Any) -> t.Any:
        from .alterations import CreateTableAs

        return CreateTableAs(self, target, **kw)


_core.add_methods(SelectBase, "rows")


class GenerativeSelect(DialectKWArgs, Generative, SelectBase):
    """A SELECT or set operation: ordered, grouped, limited."""

    __slots__ = ()

    def with_for_update(
        self, *, nowait: bool = False, read: bool = False, of: t.Any = None, skip_locked: bool = False, key_share: bool = False
    ) -> t.Any:
        """A copy that locks the rows it reads."""
        flags = (_core.FLAG_NOWAIT if nowait else 0) | (_core.FLAG_READ if read else 0)
        flags |= (_core.FLAG_SKIP_LOCKED if skip_locked else 0) | (_core.FLAG_KEY_SHARE if key_share else 0)
        targets = () if of is None else of if isinstance(of, (list, tuple)) else (of,)
        clause = _core.make(_core.K_FOR_UPDATE, flags=flags, segs=([_core.coerce(x, _core.ROLE_COLUMNS) for x in targets],))
        return self._replace(_core.SEG_FOR_UPDATE, (clause,))

    def fetch(self, count: t.Any, with_ties: bool = False, percent: bool = False, **dialect_kw: t.Any) -> t.Any:
        """A copy with FETCH FIRST count ROWS."""
        if dialect_kw:
            raise TypeError(f"fetch() got unexpected arguments {sorted(dialect_kw)}")
        if count is None:
            return self.limit(None)
        flags = _core.FLAG_FETCH | (_core.FLAG_WITH_TIES if with_ties else 0) | (_core.FLAG_PERCENT if percent else 0)
        return self.limit(count)._with(flags)

    def slice(self, start: t.Any, stop: t.Any) -> t.Any:
        """A copy that answers rows start..stop."""
        made = self
        if start is not None and stop is not None:
            return made.offset(start if start != 0 else None).limit(max(0, stop - start))
        if stop is not None:
            return made.limit(stop)
        return made.offset(start) if start is not None else made

    def _value_of(self, segment: int) -> t.Any:
        clause = next(iter(self._seg(segment)), None)
        return None if clause is None else getattr(clause, "effective_value", clause)

    _limit = property(lambda self: self._value_of(_core.SEG_LIMIT))
    _offset = property(lambda self: self._value_of(_core.SEG_OFFSET))
    _limit_clause = property(lambda self: next(iter(self._seg(_core.SEG_LIMIT)), None))
    _offset_clause = property(lambda self: next(iter(self._seg(_core.SEG_OFFSET)), None))
    _order_by_clauses = property(lambda self: self._seg(_core.SEG_ORDER_BY))
    _group_by_clauses = property(lambda self: self._seg(_core.SEG_GROUP_BY))
    _for_update_arg = property(lambda self: next(iter(self._seg(_core.SEG_FOR_UPDATE)), None))

    def with_hint(self, selectable: t.Any, text: str, dialect_name: str = "*") -> t.Any:
        """A copy with a hint after one of its FROM elements (`USE INDEX (i)`), for databases that take some: MySQL and MariaDB."""
        element = _core.coerce(selectable, _core.ROLE_FROM)
        if "%(name)s" in text:
            text = text.replace("%(name)s", str(selectable.name))
        return self._append(_core.SEG_EXTRA, (_core.make(_core.K_LIST, op=_core.OP_COMMA, segs=((element, text_piece(text, dialect_name)),)),))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> t.Any:
        """A copy with a hint at its end."""
        return self.suffix_with(text, dialect=dialect_name)

    def ext(self, extension: t.Any) -> t.Any:
        """A copy with a clause of one database."""
        return extension._apply_to(self)


_core.add_methods(GenerativeSelect, "generative")

# Nodes whose own FROM elements stay inside them.
_CLOSED = frozenset((_core.K_SELECT, _core.K_COMPOUND, _core.K_SCALAR_SUBQUERY, _core.K_EXISTS))


def from_elements(expressions: t.Iterable[t.Any]) -> list[t.Any]:
    """The FROM elements that expressions mention, each once, in order."""
    found: dict[t.Any, None] = {}
    waiting = list(expressions)[::-1]
    while waiting:
        node = waiting.pop()
        if node is None or node._kind in _CLOSED:
            continue
        if node._kind in (_core.K_COLUMN, _core.K_PROXY):
            owner = node._kids[0]
        elif node._kind == _core.K_ATTR:
            owner = node._kids[1]
        else:
            owner = node if node._kind in FROM_KINDS else None
        if owner is None:
            waiting.extend(_core.children(node)[::-1])
        elif owner._kind == _core.K_ENTITY:
            found.setdefault(owner._kids[0] if owner._kids[0] is not None else owner)
        else:
            found.setdefault(owner)
    return list(found)


FROM_KINDS = frozenset((
    _core.K_TABLE, _core.K_ALIAS, _core.K_SUBQUERY, _core.K_CTE, _core.K_JOIN, _core.K_VALUES, _core.K_TABLE_FUNC, _core.K_ENTITY,
))  # fmt: skip


def _key_of(column: t.Any) -> t.Any:
    while isinstance(column, (UnaryExpression, Grouping)):
        column = column.element
    return getattr(column, "key", None)


class Select(HasPrefixes, HasSuffixes, GenerativeSelect):
    """SELECT."""

    __slots__ = ()
    __visit_name__ = "select"

    def __init__(self, *entities: t.Any, **kw: t.Any) -> None:
        if kw:
            raise TypeError(f"Select() got unexpected arguments {sorted(kw)}")
        _core.init(self, _core.K_SELECT, segs=([_core.coerce(e, _core.ROLE_COLUMNS) for e in entities],))

    # ---- changed copies

    def column(self, column: t.Any) -> t.Any:
        """A copy that selects one more column."""
        return self.add_columns(column)

    def with_only_columns(self, *entities: t.Any, maintain_column_froms: bool = False) -> t.Any:
        """A copy that selects other columns."""
        made = self
        if maintain_column_froms or self._joins_begin_at_columns():
            froms = self.columns_clause_froms
            if maintain_column_froms or len(froms) == 1:
                made = self.select_from(*froms)
        if len(entities) == 1 and isinstance(entities[0], (list, tuple)):
            raise exc.ArgumentError("with_only_columns() takes columns as separate arguments, not a list of them")
        return made._replace(_core.SEG_COLUMNS, [_core.coerce(e, _core.ROLE_COLUMNS) for e in entities])

    def _joins_begin_at_columns(self) -> bool:
        """Whether the left side of the first join() is known by what is selected alone."""
        steps = self._seg(_core.SEG_JOINS)
        return bool(steps) and not self._seg(_core.SEG_FROM) and steps[0]._kids[2] is None

    def reduce_columns(self, only_synonyms: bool = True) -> t.Any:
        """A copy without columns that equal another one by their foreign key; only_synonyms: of the same name."""
        columns = list(self.inner_columns)

        def repeats(column: t.Any) -> bool:
            others = [c for c in columns if c is not column and c.table is not None and (not only_synonyms or c.name == column.name)]
            return any(fk.references(c.table) and fk.column is c for fk in column.foreign_keys for c in others)

        return self.with_only_columns(*[c for c in columns if not repeats(c)], maintain_column_froms=True)

    def correlate(self, *fromclauses: t.Any) -> t.Any:
        """A copy that takes these FROM elements from the statement around it; None: none."""
        if fromclauses and fromclauses[0] in (None, False):
            return self._replace(_core.SEG_CORRELATE, ())._with(set=_core.FLAG_CORRELATE_NONE)
        return self._append(_core.SEG_CORRELATE, [_core.coerce(f, _core.ROLE_FROM) for f in fromclauses])

    def correlate_except(self, *fromclauses: t.Any) -> t.Any:
        """A copy that takes all FROM elements but these from the statement around it."""
        kept = () if fromclauses and fromclauses[0] in (None, False) else fromclauses
        if not kept:
            return self._replace(_core.SEG_CORRELATE_EXCEPT, ())._with(set=_core.FLAG_CORRELATE_ALL)
        return self._append(_core.SEG_CORRELATE_EXCEPT, [_core.coerce(f, _core.ROLE_FROM) for f in kept])

    def from_statement(self, statement: t.Any) -> t.Any:
        """The entities of this select, read from another statement's rows."""
        inner = _core.coerce(statement, _core.ROLE_STATEMENT)
        segs = (self._seg(_core.SEG_COLUMNS), self._seg(_core.SEG_OPTIONS))
        made = _core.make(_core.K_FROM_STATEMENT, kids=(inner,), segs=segs)
        options = self.__dict__.get("_execution_options")
        return made.execution_options(**options) if options else made

    def union(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_UNION, (self, *other))

    def union_all(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_UNION_ALL, (self, *other))

    def except_(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_EXCEPT, (self, *other))

    def except_all(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_EXCEPT_ALL, (self, *other))

    def intersect(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_INTERSECT, (self, *other))

    def intersect_all(self, *other: t.Any) -> t.Any:
        return CompoundSelect._construct(_core.OP_INTERSECT_ALL, (self, *other))

    # ---- what it is

    @property
    def _raw_columns(self) -> list[t.Any]:
        return list(self._seg(_core.SEG_COLUMNS))

    @property
    def inner_columns(self) -> t.Iterator[t.Any]:
        """The columns selected, those of tables and entities one by one."""
        return iter([element for _, element in _core.from_columns(self)])

    @property
    def selected_columns(self) -> t.Any:
        found = [(key, element) for key, element in _core.from_columns(self) if element._kind != _core.K_TEXT]  # nobody knows its columns
        return ReadOnlyColumnCollection([(key or _key_of(element) or f"_no_label{i or ''}", element) for i, (key, element) in enumerate(found)])

    @property
    def whereclause(self) -> t.Any:
        """The conditions as one, or None."""
        conditions = self._seg(_core.SEG_WHERE)
        return _core.and_(*conditions) if conditions else None

    _where_criteria = property(lambda self: self._seg(_core.SEG_WHERE))
    _having_criteria = property(lambda self: self._seg(_core.SEG_HAVING))
    _distinct = property(lambda self: bool(self._flags & _core.FLAG_DISTINCT))
    _distinct_on = property(lambda self: self._seg(_core.SEG_DISTINCT))
    _from_obj = property(lambda self: self._seg(_core.SEG_FROM))
    _setup_joins = property(lambda self: self._seg(_core.SEG_JOINS))

    @property
    def columns_clause_froms(self) -> list[t.Any]:
        """FROM elements that the columns selected come from."""
        return from_elements(self._seg(_core.SEG_COLUMNS))

    def get_final_froms(self) -> list[t.Any]:
        """The FROM elements of the statement, joins put together."""
        if self._seg(_core.SEG_JOINS):
            plain = _core.expand(self)  # joins along relationships become joins of tables
            return joined_froms(plain) if plain._seg(_core.SEG_JOINS) else plain.get_final_froms()
        stated = [_from_of(f) for f in self._seg(_core.SEG_FROM)]
        found = {f: None for f in stated}
        for f in from_elements((*self._seg(_core.SEG_COLUMNS), *self._seg(_core.SEG_WHERE))):
            found.setdefault(f)
        inside = {node for f in found if f._kind == _core.K_JOIN for node in _core.walk(f) if node is not f}
        return [f for f in found if f not in inside]

    @property
    def froms(self) -> list[t.Any]:
        return self.get_final_froms()

    def is_derived_from(self, fromclause: t.Any) -> bool:
        return fromclause is not None and any(f.is_derived_from(fromclause) for f in self.get_final_froms())

    @property
    def column_descriptions(self) -> list[dict[str, t.Any]]:
        """What the statement selects, one dictionary each."""
        return [describe_column(item) for item in self._seg(_core.SEG_COLUMNS)]

    @property
    def c(self) -> t.NoReturn:
        raise AttributeError("Select.c was removed in 2.1; use .selected_columns, or .subquery().c")

    @property
    def columns(self) -> t.NoReturn:
        raise AttributeError("Select.columns was removed in 2.1; use .selected_columns, or .subquery().columns")


_core.add_methods(Select, "select")
_core.add_methods(Select, "where")


def _from_of(node: t.Any) -> t.Any:
    return node._kids[0] if node._kind == _core.K_ENTITY and node._kids[0] is not None else node


def joined_froms(select: t.Any) -> list[t.Any]:
    """The FROM elements of a select whose joins are still steps."""
    from .fromclause import Join

    froms = [_from_of(f) for f in select._seg(_core.SEG_FROM)] or select.columns_clause_froms
    for step in select._seg(_core.SEG_JOINS):
        target, on, left = step._kids
        right = _from_of(target)
        sources = [left] if left is not None else froms
        base = _from_of(sources[-1] if left is None and on is None else sources[0])
        host = next((f for f in froms if f is base or base in _core.walk(f)), base)
        joined = Join(host, right, on, bool(step._flags & _core.FLAG_OUTER), bool(step._flags & _core.FLAG_FULL))
        froms = [joined if f is host else f for f in froms]
        if joined not in froms:
            froms.append(joined)
    return froms


def describe_column(item: t.Any) -> dict[str, t.Any]:
    if item._kind == _core.K_ENTITY:
        entity, aliased = item.entity_namespace, bool(item._flags & _core.FLAG_ALIASED)
        return {"name": item.name, "type": item.class_, "aliased": aliased, "expr": entity, "entity": entity}
    described = {"name": getattr(item, "key", None) or getattr(item, "name", None), "type": getattr(item, "type", None), "expr": item}
    owner = next((n for n in _core.walk(item) if n._kind == _core.K_ATTR), None)
    if owner is not None:
        entity_node = owner._kids[1]
        described["aliased"] = bool(entity_node is not None and entity_node._flags & _core.FLAG_ALIASED)
        described["entity"] = entity_node.entity_namespace if entity_node is not None else None
    return described


class CompoundSelect(GenerativeSelect):
    """UNION, INTERSECT, EXCEPT."""

    __slots__ = ()
    __visit_name__ = "compound_select"

    @classmethod
    def _construct(cls, op: int, selects: t.Iterable[t.Any]) -> t.Any:
        return _core.make(_core.K_COMPOUND, op, segs=([_compound_part(s) for s in selects],))

    @property
    def selects(self) -> list[t.Any]:
        return list(self._seg(_core.SEG_COLUMNS))

    @property
    def keyword(self) -> t.Any:
        return _KEYWORDS.get(self._op)

    @property
    def selected_columns(self) -> t.Any:
        return self.selects[0].selected_columns

    @property
    def inner_columns(self) -> t.Any:
        return self.selects[0].inner_columns

    @property
    def column_descriptions(self) -> t.Any:
        return self.selects[0].column_descriptions

    def is_derived_from(self, fromclause: t.Any) -> bool:
        return any(s.is_derived_from(fromclause) for s in self.selects)


_KEYWORDS = {
    getattr(_core, f"OP_{word}"): word for word in ("UNION", "UNION_ALL", "INTERSECT", "INTERSECT_ALL", "EXCEPT", "EXCEPT_ALL")
}


def _compound_part(obj: t.Any) -> t.Any:
    node = _core.find_node(obj)
    if node is None and hasattr(obj, "statement"):
        node = _core.find_node(obj.statement)
    if node is not None and node._kind == _core.K_SUBQUERY:
        return node._kids[0]
    if node is None or node._kind not in (_core.K_SELECT, _core.K_COMPOUND, _core.K_TEXT, _core.K_VALUES, _core.K_FROM_STATEMENT):
        raise exc.ArgumentError(f"SELECT construct for inclusion in a UNION or other set construct expected, got {obj!r}.")
    return node


class SelectStatementGrouping(SelectBase):
    """Parentheses around a SELECT."""

    __slots__ = ()


class TextualSelect(SelectBase, Generative):
    """SQL text whose columns are known: `text("...").columns(...)`."""

    __slots__ = ()
    __visit_name__ = "textual_select"
    is_text = True
    is_select = True
    _is_textual = True

    @property
    def element(self) -> t.Any:
        return _core.make(_core.K_TEXT, name=self._name, segs=(self._seg(0),))

    @property
    def text(self) -> t.Any:
        return self._name

    @property
    def column_args(self) -> list[t.Any]:
        return list(self._seg(1))

    @property
    def selected_columns(self) -> t.Any:
        return ReadOnlyColumnCollection([(c.key, c) for c in self._seg(1)])

    def bindparams(self, *binds: t.Any, **bind_as_values: t.Any) -> t.Any:
        """A copy with values for its parameters."""
        return self._replace(0, self.element.bindparams(*binds, **bind_as_values)._seg(0))


TextAsFrom = TextualSelect


class ScalarSelect(Generative, Grouping):
    """A SELECT of one value, as an expression."""

    __slots__ = ()
    __visit_name__ = "grouping"
    _is_scalar_subquery = True

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def columns(self) -> t.NoReturn:
        raise exc.InvalidRequestError("Scalar Select expression has no columns; use this object directly within a column-level expression.")

    c = columns

    def __getattr__(self, key: str) -> t.Any:
        """What its type's comparator knows, else what the SELECT inside knows."""
        try:
            return super().__getattr__(key)
        except AttributeError:
            if key.startswith("_"):
                raise
            return getattr(self.element, key)

    def _around(self, select: t.Any) -> t.Any:
        return _core.make(_core.K_SCALAR_SUBQUERY, kids=(select,), cls=type(self))

    def where(self, crit: t.Any) -> t.Any:
        return self._around(self.element.where(crit))

    def correlate(self, *fromclauses: t.Any) -> t.Any:
        return self._around(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: t.Any) -> t.Any:
        return self._around(self.element.correlate_except(*fromclauses))


class Exists(UnaryExpression):
    """`EXISTS (SELECT ...)`."""

    __slots__ = ()
    __visit_name__ = "unary"
    inherit_cache = True

    def __init__(self, argument: t.Any = None) -> None:
        if argument is None:
            select = _core.select(_core.make(_core.K_STAR))
        else:
            node = _core.find_node(argument)
            if node is None and hasattr(argument, "statement"):
                node = _core.find_node(argument.statement)
            if node is not None and node._kind in (_core.K_SCALAR_SUBQUERY, _core.K_SUBQUERY):
                node = node._kids[0]
            select = node if node is not None and node._kind in (_core.K_SELECT, _core.K_COMPOUND, _core.K_TEXT) else _core.select(argument)
        _core.init(self, _core.K_EXISTS, kids=(select,))

    def _around(self, select: t.Any) -> t.Any:
        return _core.make(_core.K_EXISTS, kids=(select,), cls=type(self))

    def where(self, *clause: t.Any) -> t.Any:
        return self._around(self._kids[0].where(*clause))

    def select_from(self, *froms: t.Any) -> t.Any:
        return self._around(self._kids[0].select_from(*froms))

    def correlate(self, *fromclauses: t.Any) -> t.Any:
        return self._around(self._kids[0].correlate(*fromclauses))

    def correlate_except(self, *fromclauses: t.Any) -> t.Any:
        return self._around(self._kids[0].correlate_except(*fromclauses))

    def with_hint(self, selectable: t.Any, text: str, dialect_name: str = "*") -> t.Any:
        return self._around(self._kids[0].with_hint(selectable, text, dialect_name))

    with_statement_hint = with_hint

    def select(self) -> t.Any:
        """`SELECT EXISTS (...)`."""
        return _core.select(self)


class FromStatement(ExecutableStatement, Generative, ClauseElement, _core.SelectBase):
    """Entities read from the rows of another statement."""

    __slots__ = ()
    __visit_name__ = "from_statement"
    is_from_statement = True
    is_select = True
    supports_execution = True
    params = ExecutableStatement.params

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def _raw_columns(self) -> list[t.Any]:
        return list(self._seg(0))

    @property
    def column_descriptions(self) -> list[dict[str, t.Any]]:
        return [describe_column(item) for item in self._seg(0)]


for _kind, _cls in (
    (_core.K_SELECT, Select), (_core.K_COMPOUND, CompoundSelect), (_core.K_SCALAR_SUBQUERY, ScalarSelect), (_core.K_EXISTS, Exists),
    (_core.K_FOR_UPDATE, ForUpdateArg), (_core.K_FROM_STATEMENT, FromStatement),
):  # fmt: skip
    _core.register_kind(_kind, _cls)

__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__ and name[0] != "_"]
__all__ += ["TextAsFrom", "LABEL_STYLE_DEFAULT", "LABEL_STYLE_DISAMBIGUATE_ONLY", "LABEL_STYLE_NONE", "LABEL_STYLE_TABLENAME_PLUS_COL"]
