"""Operators as functions (`operators.like_op(a, b)`), their numbers in the core, and the classes that spell them as methods.

Expressions have their operators from the C type `_core.Operators`; the classes here add the rarer ones, and serve objects
that are no expressions but answer `operate()` (comparators of types and properties, hybrids).
"""

from __future__ import annotations

import typing as t
from operator import (
    add, and_, contains, eq, floordiv, ge, getitem, gt, inv, le, lshift, lt, matmul, mod, mul, ne, neg, or_, rshift, sub, truediv,
)  # fmt: skip
from operator import pow as pow_

from .. import _core, exc

pow = pow_  # noqa: A001 - the name of the API
div = truediv


class OperatorType(t.Protocol):
    """What an operator function looks like."""

    __name__: str

    def __call__(self, left: t.Any, right: t.Any | None = None, *other: t.Any, **kwargs: t.Any) -> t.Any: ...


if t.TYPE_CHECKING:
    from .vocabulary import OperatorClass as OperatorClass
else:

    def __getattr__(name: str) -> t.Any:
        if name != "OperatorClass":  # said by types of programs, read by nothing here
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .vocabulary import OperatorClass

        return OperatorClass


def _method(name: str, method: str, doc: str) -> t.Callable[..., t.Any]:
    """A function that calls a method of its first argument."""

    def function(a: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return getattr(a, method)(*other, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _methods(**names: str) -> None:
    for name, method in names.items():
        globals()[name] = _method(name, method, f"`a.{method}(...)`")


_methods(
    is_="is_", is_not="is_not", is_distinct_from="is_distinct_from", is_not_distinct_from="is_not_distinct_from", in_op="in_",
    not_in_op="not_in", like_op="like", not_like_op="not_like", ilike_op="ilike", not_ilike_op="not_ilike", between_op="between",
    contains_op="contains", startswith_op="startswith", endswith_op="endswith", icontains_op="icontains",
    istartswith_op="istartswith", iendswith_op="iendswith", match_op="match", regexp_match_op="regexp_match",
    regexp_replace_op="regexp_replace", concat_op="concat", bitwise_and_op="bitwise_and", bitwise_or_op="bitwise_or",
    bitwise_xor_op="bitwise_xor", bitwise_not_op="bitwise_not", bitwise_lshift_op="bitwise_lshift",
    bitwise_rshift_op="bitwise_rshift", asc_op="asc", desc_op="desc", nulls_first_op="nulls_first", nulls_last_op="nulls_last",
    distinct_op="distinct", any_op="any_", all_op="all_", collate="collate",
)  # fmt: skip


def _negated(name: str, method: str) -> t.Callable[..., t.Any]:
    def function(a: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return ~getattr(a, method)(*other, **kwargs)

    function.__name__ = function.__qualname__ = name
    return function


not_between_op = _negated("not_between_op", "between")
not_contains_op = _negated("not_contains_op", "contains")
not_startswith_op = _negated("not_startswith_op", "startswith")
not_endswith_op = _negated("not_endswith_op", "endswith")
not_icontains_op = _negated("not_icontains_op", "icontains")
not_istartswith_op = _negated("not_istartswith_op", "istartswith")
not_iendswith_op = _negated("not_iendswith_op", "iendswith")
not_match_op = _negated("not_match_op", "match")
not_regexp_match_op = _negated("not_regexp_match_op", "regexp_match")

isnot, isnot_distinct_from, notin_op = is_not, is_not_distinct_from, not_in_op  # type: ignore[name-defined]  # noqa: F821
notlike_op, notilike_op, notbetween_op = not_like_op, not_ilike_op, not_between_op  # type: ignore[name-defined]  # noqa: F821
nullsfirst_op, nullslast_op = nulls_first_op, nulls_last_op  # type: ignore[name-defined]  # noqa: F821


def json_getitem_op(a: t.Any, b: t.Any) -> t.Any:
    """`a[b]` of a JSON value."""
    return a[b]


json_path_getitem_op = json_getitem_op


def comma_op(a: t.Any, b: t.Any) -> t.Any:
    raise NotImplementedError("the comma joins lists; it is no operator of expressions")


def exists(a: t.Any, b: t.Any = None) -> t.Any:
    raise NotImplementedError("use exists() of the package")


def from_(a: t.Any, b: t.Any = None) -> t.Any:
    raise NotImplementedError("FROM is written by extract()")


def as_(a: t.Any, b: t.Any = None) -> t.Any:
    raise NotImplementedError("AS is written by label()")


def filter_op(a: t.Any, b: t.Any) -> t.Any:
    return a.filter(b)


# Number in the core -> (function, names of the methods that mean it).
_TABLE: dict[int, tuple[t.Any, tuple[str, ...]]] = {
    _core.OP_AND: (and_, ("__and__",)),
    _core.OP_OR: (or_, ("__or__",)),
    _core.OP_NOT: (inv, ("__invert__",)),
    _core.OP_EQ: (eq, ("__eq__",)),
    _core.OP_NE: (ne, ("__ne__",)),
    _core.OP_LT: (lt, ("__lt__",)),
    _core.OP_LE: (le, ("__le__",)),
    _core.OP_GT: (gt, ("__gt__",)),
    _core.OP_GE: (ge, ("__ge__",)),
    _core.OP_ADD: (add, ("__add__",)),
    _core.OP_SUB: (sub, ("__sub__",)),
    _core.OP_MUL: (mul, ("__mul__",)),
    _core.OP_DIV: (truediv, ("__truediv__",)),
    _core.OP_FLOORDIV: (floordiv, ("__floordiv__",)),
    _core.OP_MOD: (mod, ("__mod__",)),
    _core.OP_POW: (pow_, ("__pow__",)),
    _core.OP_NEG: (neg, ("__neg__",)),
    _core.OP_SHL: (globals()["bitwise_lshift_op"], ("bitwise_lshift", "__lshift__")),
    _core.OP_SHR: (globals()["bitwise_rshift_op"], ("bitwise_rshift", "__rshift__")),
    _core.OP_JSON_INDEX: (getitem, ("__getitem__",)),
    _core.OP_JSON_PATH: (getitem, ("__getitem__",)),
    _core.OP_ARRAY_INDEX: (getitem, ("__getitem__",)),
    _core.OP_COMMA: (comma_op, ()),
    _core.OP_NOT_BETWEEN: (not_between_op, ()),
    _core.OP_NOT_CONTAINS: (not_contains_op, ()),
    _core.OP_NOT_STARTSWITH: (not_startswith_op, ()),
    _core.OP_NOT_ENDSWITH: (not_endswith_op, ()),
    _core.OP_NOT_ICONTAINS: (not_icontains_op, ()),
    _core.OP_NOT_ISTARTSWITH: (not_istartswith_op, ()),
    _core.OP_NOT_IENDSWITH: (not_iendswith_op, ()),
    _core.OP_NOT_MATCH: (not_match_op, ()),
    _core.OP_NOT_REGEXP_MATCH: (not_regexp_match_op, ()),
}
for _number, _function, _name in (
    (_core.OP_IS, "is_", "is_"), (_core.OP_IS_NOT, "is_not", "is_not"), (_core.OP_IS_DISTINCT, "is_distinct_from", "is_distinct_from"),
    (_core.OP_IS_NOT_DISTINCT, "is_not_distinct_from", "is_not_distinct_from"), (_core.OP_IN, "in_op", "in_"),
    (_core.OP_NOT_IN, "not_in_op", "not_in"), (_core.OP_LIKE, "like_op", "like"), (_core.OP_NOT_LIKE, "not_like_op", "not_like"),
    (_core.OP_ILIKE, "ilike_op", "ilike"), (_core.OP_NOT_ILIKE, "not_ilike_op", "not_ilike"),
    (_core.OP_BETWEEN, "between_op", "between"), (_core.OP_CONTAINS, "contains_op", "contains"),
    (_core.OP_STARTSWITH, "startswith_op", "startswith"), (_core.OP_ENDSWITH, "endswith_op", "endswith"),
    (_core.OP_ICONTAINS, "icontains_op", "icontains"), (_core.OP_ISTARTSWITH, "istartswith_op", "istartswith"),
    (_core.OP_IENDSWITH, "iendswith_op", "iendswith"), (_core.OP_MATCH, "match_op", "match"),
    (_core.OP_REGEXP_MATCH, "regexp_match_op", "regexp_match"), (_core.OP_REGEXP_REPLACE, "regexp_replace_op", "regexp_replace"),
    (_core.OP_CONCAT, "concat_op", "concat"), (_core.OP_BIT_AND, "bitwise_and_op", "bitwise_and"),
    (_core.OP_BIT_OR, "bitwise_or_op", "bitwise_or"), (_core.OP_BIT_XOR, "bitwise_xor_op", "bitwise_xor"),
    (_core.OP_BIT_NOT, "bitwise_not_op", "bitwise_not"), (_core.OP_ASC, "asc_op", "asc"), (_core.OP_DESC, "desc_op", "desc"),
    (_core.OP_NULLS_FIRST, "nulls_first_op", "nulls_first"), (_core.OP_NULLS_LAST, "nulls_last_op", "nulls_last"),
    (_core.OP_DISTINCT, "distinct_op", "distinct"), (_core.OP_ANY, "any_op", "any_"), (_core.OP_ALL, "all_op", "all_"),
):  # fmt: skip
    _TABLE[_number] = (globals()[_function], (_name,))

_FUNCTIONS: dict[int, t.Any] = {number: function for number, (function, _) in _TABLE.items()}
_METHODS: dict[int, tuple[str, ...]] = {number: names for number, (_, names) in _TABLE.items()}
_NUMBERS: dict[t.Any, int] = {function: number for number, (function, _) in reversed(_TABLE.items())}
_NUMBERS[lshift], _NUMBERS[rshift] = _core.OP_SHL, _core.OP_SHR

_COMPARISONS = {_FUNCTIONS[n] for n in (_core.OP_EQ, _core.OP_NE, _core.OP_LT, _core.OP_LE, _core.OP_GT, _core.OP_GE)}
_KEYWORD_METHODS = {
    _core.OP_LIKE: "like", _core.OP_NOT_LIKE: "not_like", _core.OP_ILIKE: "ilike", _core.OP_NOT_ILIKE: "not_ilike",
    _core.OP_CONTAINS: "contains", _core.OP_STARTSWITH: "startswith", _core.OP_ENDSWITH: "endswith",
    _core.OP_ICONTAINS: "icontains", _core.OP_ISTARTSWITH: "istartswith", _core.OP_IENDSWITH: "iendswith",
}  # fmt: skip


def is_comparison(op: t.Any) -> bool:
    """Whether the operator answers true or false."""
    return op in _COMPARISONS or (isinstance(op, custom_op) and op.is_comparison)


def is_boolean(op: t.Any) -> bool:
    return is_comparison(op) or op in (and_, or_, inv)


def is_commutative(op: t.Any) -> bool:
    return op in (eq, ne, add, mul)


def is_associative(op: t.Any) -> bool:
    return op in (and_, or_, add, mul, _FUNCTIONS[_core.OP_CONCAT])


def is_ordering_modifier(op: t.Any) -> bool:
    return op in (_FUNCTIONS[n] for n in (_core.OP_ASC, _core.OP_DESC, _core.OP_NULLS_FIRST, _core.OP_NULLS_LAST))


_MIRRORED = {lt: gt, gt: lt, le: ge, ge: le}


def mirror(op: t.Any) -> t.Any:
    """The operator that means the same with its sides exchanged."""
    return _MIRRORED.get(op, op)


class custom_op:  # noqa: N801 - the name of the API
    """An operator that the program spells itself: `column.op("->>")("key")`."""

    __name__ = "custom_op"
    __slots__ = ("eager_grouping", "is_comparison", "natural_self_precedent", "opstring", "precedence", "python_impl", "return_type", "visit_name")

    def __init__(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: t.Any = None,
        natural_self_precedent: bool = False,
        eager_grouping: bool = False,
        visit_name: str | None = None,
        python_impl: t.Callable[..., t.Any] | None = None,
    ) -> None:
        from .type_api import to_instance

        self.opstring = opstring
        self.precedence = precedence
        self.is_comparison = is_comparison
        self.natural_self_precedent = natural_self_precedent
        self.eager_grouping = eager_grouping
        self.return_type = to_instance(return_type) if return_type is not None else None
        self.visit_name = visit_name
        self.python_impl = python_impl

    def __eq__(self, other: object) -> bool:
        return isinstance(other, custom_op) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[t.Any, ...]:
        return (type(self), self.opstring, self.precedence, self.is_comparison, type(self.return_type))

    def __call__(self, left: t.Any, right: t.Any = None, *other: t.Any, **kwargs: t.Any) -> t.Any:
        if hasattr(left, "operate"):
            return left.operate(self, right, *other, **kwargs)
        if self.python_impl is not None:
            return self.python_impl(left, right, *other, **kwargs)
        raise exc.InvalidRequestError(
            f"Custom operator {self.opstring!r} can't be used with plain Python objects unless it includes the 'python_impl' "
            "parameter."
        )

    def _build(self, left: t.Any, right: t.Any, reverse: bool = False) -> t.Any:
        left = _core.coerce(left, _core.ROLE_EXPR)
        right = _core.coerce_operand(right, left, _core.OP_CUSTOM)
        if reverse:
            left, right = right, left
        made_type = self.return_type
        if made_type is None and not self.is_comparison:
            made_type = left._type
        flags = 0
        spelled = _core.make(_core.K_PREFIX, flags=self.precedence & 0xFF, name=self.opstring)
        if self.is_comparison:
            from .sqltypes import BOOLEANTYPE

            flags |= _core.FLAG_COMPARISON
            made_type = made_type or BOOLEANTYPE
        return _core.make(_core.K_BINARY, _core.OP_CUSTOM, flags, type=made_type, kids=(left, right, spelled))


class Operators:
    """Operators by way of `operate()`, which subclasses define."""

    __slots__ = ()

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        raise NotImplementedError(str(op))

    def reverse_operate(self, op: t.Any, other: t.Any, **kwargs: t.Any) -> t.Any:
        raise NotImplementedError(str(op))

    def __and__(self, other: t.Any) -> t.Any:
        return self.operate(and_, other)

    def __or__(self, other: t.Any) -> t.Any:
        return self.operate(or_, other)

    def __invert__(self) -> t.Any:
        return self.operate(inv)

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: t.Any = None,
        python_impl: t.Callable[..., t.Any] | None = None,
        operator_class: t.Any = None,
    ) -> t.Callable[[t.Any], t.Any]:
        """A binary operator spelled by the program."""
        operator = custom_op(opstring, precedence, is_comparison, return_type, python_impl=python_impl)
        return lambda other: operator(self, other)

    def bool_op(self, opstring: str, precedence: int = 0, python_impl: t.Callable[..., t.Any] | None = None) -> t.Callable[[t.Any], t.Any]:
        """The same as op(is_comparison=True)."""
        return self.op(opstring, precedence, is_comparison=True, python_impl=python_impl)


class ColumnOperators(Operators):
    """Every operator and method that a column expression has."""

    __slots__ = ()
    timetuple: t.Any = None  # keeps datetime from comparing itself with expressions

    __hash__ = object.__hash__

    def __lt__(self, other: t.Any) -> t.Any:
        return self.operate(lt, other)

    def __le__(self, other: t.Any) -> t.Any:
        return self.operate(le, other)

    def __eq__(self, other: t.Any) -> t.Any:  # type: ignore[override]
        return self.operate(eq, other)

    def __ne__(self, other: t.Any) -> t.Any:  # type: ignore[override]
        return self.operate(ne, other)

    def __gt__(self, other: t.Any) -> t.Any:
        return self.operate(gt, other)

    def __ge__(self, other: t.Any) -> t.Any:
        return self.operate(ge, other)

    def __add__(self, other: t.Any) -> t.Any:
        return self.operate(add, other)

    def __sub__(self, other: t.Any) -> t.Any:
        return self.operate(sub, other)

    def __mul__(self, other: t.Any) -> t.Any:
        return self.operate(mul, other)

    def __truediv__(self, other: t.Any) -> t.Any:
        return self.operate(truediv, other)

    def __floordiv__(self, other: t.Any) -> t.Any:
        return self.operate(floordiv, other)

    def __mod__(self, other: t.Any) -> t.Any:
        return self.operate(mod, other)

    def __pow__(self, other: t.Any) -> t.Any:
        return self.operate(pow_, other)

    def __lshift__(self, other: t.Any) -> t.Any:
        return self.operate(lshift, other)

    def __rshift__(self, other: t.Any) -> t.Any:
        return self.operate(rshift, other)

    def __matmul__(self, other: t.Any) -> t.Any:
        return self.operate(matmul, other)

    def __getitem__(self, index: t.Any) -> t.Any:
        return self.operate(getitem, index)

    def __contains__(self, other: t.Any) -> t.Any:
        return self.operate(contains, other)

    def __neg__(self) -> t.Any:
        return self.operate(neg)

    def __radd__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(add, other)

    def __rsub__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(sub, other)

    def __rmul__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(mul, other)

    def __rmod__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(mod, other)

    def __rtruediv__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(truediv, other)

    def __rfloordiv__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(floordiv, other)

    def __rpow__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(pow_, other)

    def __rmatmul__(self, other: t.Any) -> t.Any:
        return self.reverse_operate(matmul, other)

    def concat(self, other: t.Any) -> t.Any:
        return self.operate(concat_op, other)

    def is_(self, other: t.Any) -> t.Any:
        return self.operate(is_, other)

    def is_not(self, other: t.Any) -> t.Any:
        return self.operate(is_not, other)

    def is_distinct_from(self, other: t.Any) -> t.Any:
        return self.operate(is_distinct_from, other)

    def is_not_distinct_from(self, other: t.Any) -> t.Any:
        return self.operate(is_not_distinct_from, other)

    def in_(self, other: t.Any) -> t.Any:
        return self.operate(in_op, other)

    def not_in(self, other: t.Any) -> t.Any:
        return self.operate(not_in_op, other)

    def bitwise_and(self, other: t.Any) -> t.Any:
        return self.operate(bitwise_and_op, other)

    def bitwise_or(self, other: t.Any) -> t.Any:
        return self.operate(bitwise_or_op, other)

    def bitwise_xor(self, other: t.Any) -> t.Any:
        return self.operate(bitwise_xor_op, other)

    def bitwise_lshift(self, other: t.Any) -> t.Any:
        return self.operate(bitwise_lshift_op, other)

    def bitwise_rshift(self, other: t.Any) -> t.Any:
        return self.operate(bitwise_rshift_op, other)

    isnot, isnot_distinct_from, notin_ = is_not, is_not_distinct_from, not_in

    def bitwise_not(self) -> t.Any:
        return self.operate(bitwise_not_op)

    def asc(self) -> t.Any:
        return self.operate(asc_op)

    def desc(self) -> t.Any:
        return self.operate(desc_op)

    def nulls_first(self) -> t.Any:
        return self.operate(nulls_first_op)

    def nulls_last(self) -> t.Any:
        return self.operate(nulls_last_op)

    def distinct(self) -> t.Any:
        return self.operate(distinct_op)

    def any_(self) -> t.Any:
        return self.operate(any_op)

    def all_(self) -> t.Any:
        return self.operate(all_op)

    nullsfirst, nullslast = nulls_first, nulls_last

    def like(self, other: t.Any, escape: str | None = None) -> t.Any:
        return self.operate(like_op, other, escape=escape)

    def ilike(self, other: t.Any, escape: str | None = None) -> t.Any:
        return self.operate(ilike_op, other, escape=escape)

    def not_like(self, other: t.Any, escape: str | None = None) -> t.Any:
        return self.operate(not_like_op, other, escape=escape)

    def not_ilike(self, other: t.Any, escape: str | None = None) -> t.Any:
        return self.operate(not_ilike_op, other, escape=escape)

    notlike, notilike = not_like, not_ilike

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(contains_op, other, **kwargs)

    def startswith(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(startswith_op, other, **kwargs)

    def endswith(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(endswith_op, other, **kwargs)

    def icontains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(icontains_op, other, **kwargs)

    def istartswith(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(istartswith_op, other, **kwargs)

    def iendswith(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self.operate(iendswith_op, other, **kwargs)

    def between(self, cleft: t.Any, cright: t.Any, symmetric: bool = False) -> t.Any:
        return self.operate(between_op, cleft, cright, symmetric=symmetric)

    def match(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        """`a MATCH b`, full text search."""
        config = kwargs.pop("postgresql_regconfig", None)
        if kwargs:
            raise NotImplementedError(f"match() does not take {', '.join(kwargs)} yet")
        made = self.operate(match_op, other)
        if config is None:
            return made
        return _core.make(_core.K_BINARY, made._op, type=made.type, kids=(*made._kids[:2], _core.make(_core.K_PREFIX, name=str(config))))

    def regexp_match(self, pattern: t.Any, flags: str | None = None) -> t.Any:
        """Whether a regular expression matches."""
        return self.operate(regexp_match_op, pattern, flags=flags)

    def regexp_replace(self, pattern: t.Any, replacement: t.Any, flags: str | None = None) -> t.Any:
        """The text with what a regular expression matches replaced."""
        return self.operate(regexp_replace_op, pattern, replacement=replacement, flags=flags)

    def collate(self, collation: str) -> t.Any:
        """`a COLLATE collation`."""
        return self.operate(collate, collation)


def _operate_plain(op: t.Any, expr: t.Any, *other: t.Any, reverse: bool = False, **kwargs: t.Any) -> t.Any:
    """What the core makes of an operator function, without asking the expression's type."""
    if isinstance(op, custom_op):
        return op._build(expr, other[0] if other else None, reverse)
    number = _NUMBERS.get(op)
    if number is None:
        raise NotImplementedError(f"Operator {getattr(op, '__name__', op)!r} is not supported on this expression")
    if number in (_core.OP_AND, _core.OP_OR):
        sides = (other[0], expr) if reverse else (expr, other[0])
        return (_core.and_ if number == _core.OP_AND else _core.or_)(*sides)
    if number in _KEYWORD_METHODS and any(kwargs.values()):
        return getattr(_core.Operators, _KEYWORD_METHODS[number])(expr, *other, **kwargs)
    special = _SPECIAL.get(number)
    if special is not None:
        return special(expr, *other, **kwargs)
    return _core.operate(number, expr, *other, reverse=reverse)


def _text(value: str) -> t.Any:
    return _core.make(_core.K_PREFIX, name=value)


def _regexp_match(expr: t.Any, pattern: t.Any, flags: str | None = None) -> t.Any:
    kids = (expr, _core.coerce_operand(pattern, expr, _core.OP_REGEXP_MATCH), None if flags is None else _text(flags))
    return _core.make(_core.K_BINARY, _core.OP_REGEXP_MATCH, kids=kids)


def _regexp_replace(expr: t.Any, pattern: t.Any, replacement: t.Any, flags: str | None = None) -> t.Any:
    operands = [_core.coerce_operand(value, expr, _core.OP_REGEXP_REPLACE) for value in (pattern, replacement)]
    both = _core.make(_core.K_LIST, _core.OP_COMMA, segs=(operands,))
    return _core.make(_core.K_BINARY, _core.OP_REGEXP_REPLACE, type=expr._type, kids=(expr, both, None if flags is None else _text(flags)))


def _collate(expr: t.Any, collation: str) -> t.Any:
    return _core.make(_core.K_COLLATE, name=collation, kids=(expr,))


def _any_all(number: int) -> t.Callable[[t.Any], t.Any]:
    def build(expr: t.Any) -> t.Any:
        return _core.make(_core.K_ANY_ALL, number, kids=(expr,))

    return build


_SPECIAL: dict[int, t.Callable[..., t.Any]] = {
    _core.OP_BETWEEN: lambda expr, *other, **kw: _core.Operators.between(expr, *other, **kw),
    _core.OP_REGEXP_MATCH: _regexp_match,
    _core.OP_REGEXP_REPLACE: _regexp_replace,
    _core.OP_ANY: _any_all(_core.OP_ANY),
    _core.OP_ALL: _any_all(_core.OP_ALL),
}
_FUNCTIONS[_core.OP_NONE] = collate  # type: ignore[name-defined]  # noqa: F821
_NUMBERS[globals()["collate"]] = _core.OP_NONE
_SPECIAL[_core.OP_NONE] = _collate


def _compared_type(type_: t.Any, number: int, value: t.Any) -> t.Any:
    """For the core: the type of a value compared with an expression of a type that Python defines."""
    return type_.coerce_compared_value(_FUNCTIONS.get(number, eq), value)


_core.register_hook("compared_type", _compared_type)
