"""The base classes of all elements, values, columns and operators: what most nodes of the core are made from, by their kind."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from . import operators, roles
from .base import NO_ARG, Immutable
from .items import name_flags
from .visitors import ExternallyTraversible

_generic = classmethod(types.GenericAlias)


class DQLDMLClauseElement:
    """Marks elements of queries and of statements that change rows."""

    __slots__ = ()


class ClauseElement(ExternallyTraversible, _core.Node):
    """Base of everything that becomes SQL."""

    __slots__ = ()
    __visit_name__ = "clause"
    __class_getitem__ = _generic

    inherit_cache: t.ClassVar[bool | None] = None
    supports_execution = False
    is_clause_element = True
    is_selectable = False
    is_dml = False
    _is_column_element = _is_from_clause = _is_text_clause = _is_textual = _is_select_base = _is_bind_parameter = False
    _annotations: t.Mapping[str, t.Any] = types.MappingProxyType({})
    description: t.Any = None

    def compile(self, bind: t.Any = None, dialect: t.Any = None, **kw: t.Any) -> t.Any:
        """The element as SQL for a dialect: an object with `.string`, `.params`, ..."""
        from .compiler import compile_element

        return compile_element(self, bind, dialect, **kw)

    def __str__(self) -> str:
        return str(self.compile())

    def self_group(self, against: t.Any = None) -> t.Any:
        """The element itself: the compiler writes parentheses where they are needed."""
        return self

    def compare(self, other: t.Any, **kw: t.Any) -> bool:
        """Whether both are built alike."""
        return bool(self._equals(other))

    def params(self, *optionaldict: t.Any, **kwargs: t.Any) -> t.Any:
        """A copy whose parameters of those names have other values."""
        return _replace_params(self, optionaldict, kwargs)

    def unique_params(self, *optionaldict: t.Any, **kwargs: t.Any) -> t.Any:
        return _replace_params(self, optionaldict, kwargs)

    def _annotate(self, values: t.Mapping[str, t.Any]) -> t.Any:
        copy = self._clone()
        copy.__dict__["_annotations"] = {**self._annotations, **values}
        return copy

    def _deannotate(self, values: t.Any = None, clone: bool = False) -> t.Any:
        return self

    def __invert__(self) -> t.Any:
        return _core.not_(self)

    def __init_subclass__(cls, **kw: t.Any) -> None:
        super().__init_subclass__(**kw)
        _core.adopt_class(cls)
        if hasattr(cls, "_compile_functions"):
            _core.hook_compile(cls)


def _replace_params(element: t.Any, optionaldict: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
    if len(optionaldict) > 1:
        raise exc.ArgumentError("params() takes zero or one positional dictionary argument")
    values = dict(optionaldict[0]) if optionaldict else {}
    values.update(kwargs)

    def replaced(node: t.Any) -> t.Any:
        if node._kind == _core.K_BIND and node._name in values and not node._flags & _core.FLAG_UNIQUE:
            return node._with_value(values[node._name])
        return None

    return _core.adapt(element, (), (), replaced)


class SQLCoreOperations(operators.ColumnOperators):
    """What column expressions, attributes and hybrids have in common."""

    __slots__ = ()
    __class_getitem__ = _generic

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return operators._operate_plain(op, self, *other, **kwargs)

    def reverse_operate(self, op: t.Any, other: t.Any, **kwargs: t.Any) -> t.Any:
        return operators._operate_plain(op, self, other, reverse=True, **kwargs)

    def cast(self, type_: t.Any) -> t.Any:
        """`CAST(a AS type)`."""
        from .clauses import Cast

        return Cast(self, type_)


class SQLColumnExpression(SQLCoreOperations, roles.ExpressionElementRole):
    """A column expression, for annotations."""

    __slots__ = ()


class CompilerColumnElement(roles.DMLColumnRole, roles.DDLConstraintColumnRole, roles.ColumnsClauseRole):
    """A column only while compiling; here for its name."""

    __slots__ = ()


class ColumnElement(
    _core.Operators, ClauseElement, SQLColumnExpression, roles.ColumnsClauseRole, roles.OrderByRole, roles.WhereHavingRole,
    roles.LimitOffsetRole, roles.InElementRole, roles.DDLExpressionRole,
):  # fmt: skip
    """An expression with a value: column, function, comparison, ..."""

    __slots__ = ()
    __visit_name__ = "column_element"
    __class_getitem__ = _generic
    __hash__ = _core.Operators.__hash__

    _is_column_element = True
    primary_key = False
    foreign_keys: t.Any = frozenset()
    table: t.Any = None
    _proxies: t.Sequence[t.Any] = ()

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__()

    @property
    def key(self) -> t.Any:
        return self.__dict__.get("_key", self._name)

    @key.setter
    def key(self, value: t.Any) -> None:
        self.__dict__["_key"] = value

    @property
    def expression(self) -> t.Any:
        return self

    @property
    def comparator(self) -> t.Any:
        """The operators of the expression's type."""
        return self.type.comparator_factory(self)

    def __getattr__(self, key: str) -> t.Any:
        if key.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")
        comparator = self.comparator
        try:
            return getattr(comparator, key)
        except AttributeError:
            pass
        raise AttributeError(f"Neither {type(self).__name__!r} object nor {type(comparator).__name__!r} object has an attribute {key!r}")

    @property
    def base_columns(self) -> frozenset[t.Any]:
        return frozenset(c for c in self.proxy_set if not c._proxies)

    @property
    def proxy_set(self) -> frozenset[t.Any]:
        """The column and those it stands for."""
        found, waiting = set(), [self]
        while waiting:
            column = waiting.pop()
            found.add(column)
            waiting.extend(column._proxies)
        return frozenset(found)

    def shares_lineage(self, othercolumn: t.Any) -> bool:
        return bool(self.proxy_set & othercolumn.proxy_set)

    @property
    def anon_label(self) -> t.Any:
        return self.label(None)

    def select(self) -> t.Any:
        return _core.select(self)


class KeyedColumnElement(ColumnElement):
    """A column expression with a key."""

    __slots__ = ()


class NamedColumn(KeyedColumnElement):
    """A column expression with a name."""

    __slots__ = ()

    @property
    def name(self) -> t.Any:
        return self._name

    @property
    def description(self) -> t.Any:  # type: ignore[override]
        return self._name


class BindParameter(KeyedColumnElement):
    """A value that travels beside the SQL text."""

    __slots__ = ()
    __visit_name__ = "bindparam"
    _is_bind_parameter = True
    inherit_cache = True

    def __init__(
        self,
        key: str | None,
        value: t.Any = NO_ARG,
        type_: t.Any = None,
        unique: bool = False,
        required: t.Any = NO_ARG,
        quote: bool | None = None,
        callable_: t.Callable[[], t.Any] | None = None,
        expanding: bool = False,
        isoutparam: bool = False,
        literal_execute: bool = False,
    ) -> None:
        if isoutparam:
            raise NotImplementedError("OUT parameters are not supported")
        if required is NO_ARG:
            required = value is NO_ARG and callable_ is None
        flags = (_core.FLAG_UNIQUE if unique or key is None else 0) | (_core.FLAG_EXPANDING if expanding else 0)
        flags |= (_core.FLAG_REQUIRED if required else 0) | (_core.FLAG_LITERAL_EXECUTE if literal_execute else 0)
        given: dict[str, t.Any] = {}
        if callable_ is not None:
            flags |= _core.FLAG_CALLABLE
            given["value"] = callable_
        elif value is not NO_ARG:
            given["value"] = value
        elif not required:
            given["value"] = None
        if isinstance(key, ColumnElement):
            type_ = type_ or key.type
            key = key.key
        if type_ is None and given.get("value") is not None and callable_ is None:
            sample = next(iter(value), None) if expanding and isinstance(value, (list, tuple, set, frozenset)) else value
            type_ = _core.literal_type(sample)
        elif isinstance(type_, type):
            type_ = type_()
        _core.init(self, _core.K_BIND, flags=flags, type=type_, name=key, **given)

    def _with_value(self, value: t.Any, maintain_key: bool = False) -> t.Any:
        kept = self._flags & ~_core.FLAG_REQUIRED & ~_core.FLAG_CALLABLE
        return _core.make(_core.K_BIND, flags=kept, type=self._type, name=self._name, value=value, cls=type(self))

    @property
    def key(self) -> t.Any:
        return self._name or "param"

    @property
    def value(self) -> t.Any:
        return None if self._flags & _core.FLAG_CALLABLE else self._value

    @property
    def callable(self) -> t.Any:
        return self._value if self._flags & _core.FLAG_CALLABLE else None

    @property
    def effective_value(self) -> t.Any:
        """The value, asked for where it is a callable."""
        return self._value() if self._flags & _core.FLAG_CALLABLE else self._value

    @property
    def unique(self) -> bool:
        return bool(self._flags & _core.FLAG_UNIQUE)

    @property
    def required(self) -> bool:
        return bool(self._flags & _core.FLAG_REQUIRED)

    @property
    def expanding(self) -> bool:
        return bool(self._flags & _core.FLAG_EXPANDING)

    @property
    def literal_execute(self) -> bool:
        return bool(self._flags & _core.FLAG_LITERAL_EXECUTE)

    def render_literal_execute(self) -> t.Any:
        """A copy whose value is written into the SQL text when it is executed."""
        return self._with(set=_core.FLAG_LITERAL_EXECUTE)


class Null(ColumnElement, roles.ConstExprRole):
    """NULL."""

    __slots__ = ()
    __visit_name__ = "null"

    def __init__(self) -> None:
        _core.init(self, _core.K_NULL_)

    @classmethod
    def _instance(cls) -> t.Any:
        return cls()


class True_(ColumnElement, roles.ConstExprRole):  # noqa: N801 - the name of the API
    """true."""

    __slots__ = ()
    __visit_name__ = "true"

    def __init__(self) -> None:
        _core.init(self, _core.K_TRUE_)


class False_(ColumnElement, roles.ConstExprRole):  # noqa: N801 - the name of the API
    """false."""

    __slots__ = ()
    __visit_name__ = "false"

    def __init__(self) -> None:
        _core.init(self, _core.K_FALSE_)


class ColumnClause(Immutable, NamedColumn, roles.DDLReferredColumnRole, roles.LabeledColumnExprRole, roles.StrictFromClauseRole):
    """A column by its name, with or without a table."""

    __slots__ = ()
    __visit_name__ = "column"
    is_literal = False
    onupdate: t.Any = None
    default: t.Any = None
    server_default: t.Any = None
    server_onupdate: t.Any = None

    def __new__(cls, *args: t.Any, **kw: t.Any) -> t.Any:
        return super().__new__(_PlainColumn if cls is ColumnClause else cls)

    def __init__(self, text: str, type_: t.Any = None, is_literal: bool = False, _selectable: t.Any = None) -> None:
        kind = _core.K_LITERAL_COLUMN if is_literal else _core.K_COLUMN
        flags = 0 if is_literal else name_flags(text)
        _core.init(self, kind, flags=flags, type=type_, name=text)
        if is_literal:
            self.__dict__["is_literal"] = True

    @property
    def entity_namespace(self) -> t.Any:
        return self.table.entity_namespace if self.table is not None else self

    def get_children(self, **kw: t.Any) -> t.Iterable[t.Any]:
        return []


class _PlainColumn(ColumnClause):
    """A ColumnClause by its constructor. No other column's class is derived from this one: Python asks the right side of an
    operator first when its class is, and `a == b` would be written `b = a`."""

    __slots__ = ()


class LiteralColumn(ColumnClause):
    """SQL text that stands for a column."""

    __slots__ = ()
    is_literal = True


class ProxyColumn(ColumnClause):
    """A column of an alias, subquery or CTE: stands for a column inside."""

    __slots__ = ()

    @property
    def table(self) -> t.Any:  # type: ignore[override]
        return self._kids[0]

    @property
    def element(self) -> t.Any:
        """The expression inside."""
        return self._kids[1]

    @property
    def _proxies(self) -> t.Sequence[t.Any]:  # type: ignore[override]
        element = self._kids[1]
        if element is not None and element._kind == _core.K_ATTR:
            element = element._expr  # the column that a mapped attribute reads
        return (element,) if isinstance(element, ColumnElement) else ()

    @property
    def primary_key(self) -> bool:  # type: ignore[override]
        return bool(getattr(self._kids[1], "primary_key", False))

    @property
    def foreign_keys(self) -> t.Any:
        return getattr(self._kids[1], "foreign_keys", frozenset())

    @property
    def nullable(self) -> bool:
        return bool(getattr(self._kids[1], "nullable", True))


class Label(NamedColumn, roles.LabeledColumnExprRole):
    """`expression AS name`."""

    __slots__ = ()
    __visit_name__ = "label"

    def __init__(self, name: str | None, element: t.Any, type_: t.Any = None) -> None:
        inner = _core.coerce(element, _core.ROLE_EXPR)
        _core.init(self, _core.K_LABEL, type=type_, name=None if name is None else str(name), flags=name_flags(name), kids=(inner,))

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def key(self) -> t.Any:
        return self._name

    @property
    def primary_key(self) -> bool:  # type: ignore[override]
        return bool(self.element.primary_key)

    @property
    def foreign_keys(self) -> t.Any:
        return self.element.foreign_keys

    @property
    def _proxies(self) -> t.Sequence[t.Any]:  # type: ignore[override]
        return (self.element,)

    def as_reference(self) -> t.Any:
        """The label's name alone."""
        return _core.make(_core.K_LABEL_REF, name=self._name)


class LabelReference(ColumnElement):
    """A name in ORDER BY or GROUP BY that means a label or column of the statement."""

    __slots__ = ()
    __visit_name__ = "textual_label_reference"

    @property
    def element(self) -> t.Any:
        return self._name


class Star(ColumnElement):
    """`*`."""

    __slots__ = ()
    __visit_name__ = "star"


class OperatorExpression(ColumnElement):
    """An expression made with an operator."""

    __slots__ = ()

    @property
    def operator(self) -> t.Any:
        return operators._FUNCTIONS.get(self._op)


class BinaryExpression(OperatorExpression):
    """`left OPERATOR right`."""

    __slots__ = ()
    __visit_name__ = "binary"

    def __init__(
        self, left: t.Any, right: t.Any, operator: t.Any, type_: t.Any = None, negate: t.Any = None, modifiers: t.Any = None
    ) -> None:
        if isinstance(operator, operators.custom_op):
            built = operator._build(left, right)
        else:
            built = operators._operate_plain(operator, _core.coerce(left, _core.ROLE_EXPR), right, **(modifiers or {}))
        _core.init(self, built._kind, built._op, built._flags, type=type_ or built._type, kids=built._kids)

    @property
    def left(self) -> t.Any:
        return self._kids[0]

    @property
    def right(self) -> t.Any:
        return self._kids[1]

    @property
    def operator(self) -> t.Any:
        if self._op == _core.OP_CUSTOM:
            comparison = bool(self._flags & _core.FLAG_COMPARISON)
            spelled = self._kids[2]
            return operators.custom_op(spelled._name, ((spelled._flags & 0xFF) ^ 0x80) - 0x80, comparison)
        return operators._FUNCTIONS.get(self._op)

    @property
    def modifiers(self) -> t.Mapping[str, t.Any]:
        third = self._kids[2] if len(self._kids) > 2 else None
        if third is None or self._op == _core.OP_CUSTOM:
            return {}
        flags = self._op in (_core.OP_REGEXP_MATCH, _core.OP_NOT_REGEXP_MATCH, _core.OP_REGEXP_REPLACE)
        return {"flags" if flags else "escape": third._name}

    @property
    def is_comparison(self) -> bool:
        return operators.is_comparison(self.operator)


class UnaryExpression(OperatorExpression):
    """An operator and one expression: NOT, minus, DESC, DISTINCT, ..."""

    __slots__ = ()
    __visit_name__ = "unary"
    _MODIFIERS = frozenset((_core.OP_ASC, _core.OP_DESC, _core.OP_NULLS_FIRST, _core.OP_NULLS_LAST))

    def __init__(self, element: t.Any, *, operator: t.Any = None, modifier: t.Any = None, type_: t.Any = None) -> None:
        number = operators._NUMBERS.get(operator or modifier)
        if number is None:
            raise NotImplementedError(f"UnaryExpression with operator {operator or modifier!r} is not supported yet")
        _core.init(self, _core.K_UNARY, number, type=type_, kids=(_core.coerce(element, _core.ROLE_EXPR),))

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def operator(self) -> t.Any:
        return None if self._op in self._MODIFIERS else operators._FUNCTIONS.get(self._op)

    @property
    def modifier(self) -> t.Any:
        return operators._FUNCTIONS.get(self._op) if self._op in self._MODIFIERS else None


class CollectionAggregate(OperatorExpression):
    """`ANY (...)`, `ALL (...)`."""

    __slots__ = ()
    __visit_name__ = "unary"

    @property
    def element(self) -> t.Any:
        return self._kids[0]


class ClauseList(ColumnElement):
    """Expressions joined by an operator, the comma above all."""

    __slots__ = ()
    __visit_name__ = "clauselist"

    def __init__(self, *clauses: t.Any, operator: t.Any = operators.comma_op, group: bool = True, group_contents: bool = True) -> None:
        items = [_core.coerce(c, _core.ROLE_EXPR) for c in clauses]
        if operator in (operators.and_, operators.or_):
            _core.init(self, _core.K_BOOL, operators._NUMBERS[operator], segs=(items,))
        elif operator is operators.comma_op:
            _core.init(self, _core.K_LIST, _core.OP_COMMA, segs=(items,))
        else:
            raise NotImplementedError(f"ClauseList with operator {operator!r} is not supported yet")

    @property
    def clauses(self) -> list[t.Any]:
        return list(self._seg(0))

    @property
    def operator(self) -> t.Any:
        return operators._FUNCTIONS.get(self._op, operators.comma_op)

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self._seg(0))

    def __len__(self) -> int:
        return len(self._seg(0))


class ExpressionClauseList(ClauseList):
    """Expressions joined by an operator into one."""

    __slots__ = ()


class BooleanClauseList(ExpressionClauseList):
    """Conditions joined by AND or OR."""

    __slots__ = ()
    __visit_name__ = "clauselist"
    inherit_cache = True

    def __init__(self, *arg: t.Any, **kw: t.Any) -> None:
        raise NotImplementedError("BooleanClauseList has a private constructor; use and_() or or_()")

    @classmethod
    def and_(cls, *clauses: t.Any) -> t.Any:
        return _core.and_(*clauses)

    @classmethod
    def or_(cls, *clauses: t.Any) -> t.Any:
        return _core.or_(*clauses)


class OrderByList(ClauseList):
    """A list for ORDER BY."""

    __slots__ = ()


class Tuple(ClauseList):
    """`(a, b)`."""

    __slots__ = ()
    __visit_name__ = "tuple"
    _is_tuple = True

    def __init__(self, *clauses: t.Any, types: t.Sequence[t.Any] | None = None) -> None:
        if types is not None and len(types) != len(clauses):
            raise exc.ArgumentError(f"Wrong number of elements for {len(types)}-tuple: {clauses!r} ")
        kinds: t.Sequence[t.Any] = types or [None] * len(clauses)
        items = [_core.coerce(c, _core.ROLE_EXPR, kind) for c, kind in zip(clauses, kinds)]
        _core.init(self, _core.K_TUPLE, segs=(items,))

    @property
    def type(self) -> t.Any:
        from .sqltypes import TupleType

        return TupleType(*[c.type for c in self._seg(0)])


class Grouping(ColumnElement):
    """`(expression)`, written as it is."""

    __slots__ = ()
    __visit_name__ = "grouping"

    def __init__(self, element: t.Any) -> None:
        _core.init(self, _core.K_GROUPING, kids=(_core.coerce(element, _core.ROLE_EXPR),))

    @property
    def element(self) -> t.Any:
        return self._kids[0]


class WrapsColumnExpression(ColumnElement):
    """An expression around another whose name it keeps."""

    __slots__ = ()

    @property
    def wrapped_column_expression(self) -> t.Any:
        return self._kids[0]


for _kind, _cls in (
    (_core.K_BIND, BindParameter), (_core.K_NULL_, Null), (_core.K_TRUE_, True_), (_core.K_FALSE_, False_), (_core.K_COLUMN, _PlainColumn),
    (_core.K_LITERAL_COLUMN, LiteralColumn), (_core.K_STAR, Star), (_core.K_BINARY, BinaryExpression), (_core.K_INDEX, BinaryExpression),
    (_core.K_UNARY, UnaryExpression), (_core.K_BOOL, BooleanClauseList), (_core.K_LIST, ExpressionClauseList), (_core.K_TUPLE, Tuple),
    (_core.K_GROUPING, Grouping), (_core.K_LABEL, Label), (_core.K_ANY_ALL, CollectionAggregate), (_core.K_PROXY, ProxyColumn),
    (_core.K_LABEL_REF, LabelReference),
):  # fmt: skip
    _core.register_kind(_kind, _cls)

__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__ and name[0] != "_"]
