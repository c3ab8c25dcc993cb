"""Ranges: the Python value, the types and their operators."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import types
import typing as t

from ... import _core
from ...sql import sqltypes
from ...sql.type_api import TypeEngine
from .._own import Own, operation

__all__ = [
    "AbstractMultiRange", "AbstractRange", "AbstractSingleRange", "DATEMULTIRANGE", "DATERANGE", "INT4MULTIRANGE", "INT4RANGE",
    "INT8MULTIRANGE", "INT8RANGE", "MultiRange", "NUMMULTIRANGE", "NUMRANGE", "Range", "TSMULTIRANGE", "TSRANGE", "TSTZMULTIRANGE", "TSTZRANGE",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Range:
    """The values between two bounds; None is no bound. bounds: "[" and "]" include theirs, "(" and ")" do not."""

    __class_getitem__ = classmethod(types.GenericAlias)
    lower: t.Any = None
    upper: t.Any = None
    _: dataclasses.KW_ONLY
    bounds: str = "[)"
    empty: bool = False

    def __post_init__(self) -> None:
        if self.bounds not in ("()", "[)", "(]", "[]"):
            raise ValueError(f"{self.bounds!r} are no bounds of a range")

    def __bool__(self) -> bool:
        return not self.empty

    @property
    def isempty(self) -> bool:
        return self.empty

    is_empty = isempty

    @property
    def lower_inc(self) -> bool:
        return self.bounds[0] == "["

    @property
    def upper_inc(self) -> bool:
        return self.bounds[1] == "]"

    @property
    def lower_inf(self) -> bool:
        return not self.empty and self.lower is None

    @property
    def upper_inf(self) -> bool:
        return not self.empty and self.upper is None

    def contains_value(self, value: t.Any) -> bool:
        """Whether a value lies within."""
        if self.empty:
            return False
        above = self.lower is None or value > self.lower or (self.lower_inc and value == self.lower)
        below = self.upper is None or value < self.upper or (self.upper_inc and value == self.upper)
        return above and below

    def contains(self, other: t.Any) -> bool:
        """Whether a value or all of another range lies within."""
        if not isinstance(other, Range):
            return self.contains_value(other)
        if other.empty:
            return True
        return not self.empty and self._low() <= other._low() and other._high() <= self._high()

    __contains__ = contains

    def contained_by(self, other: Range) -> bool:
        return other.contains(self)

    def _low(self) -> tuple[t.Any, ...]:
        return (0,) if self.lower is None else (1, self.lower, 0 if self.lower_inc else 1)

    def _high(self) -> tuple[t.Any, ...]:
        return (2,) if self.upper is None else (1, self.upper, 1 if self.upper_inc else 0)

    def strictly_left_of(self, other: Range) -> bool:
        """Whether all of this comes before all of the other."""
        if self.empty or other.empty or self.upper is None or other.lower is None:
            return False
        return bool(self.upper < other.lower or (self.upper == other.lower and not (self.upper_inc and other.lower_inc)))

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Range) -> bool:
        return other.strictly_left_of(self)

    __rshift__ = strictly_right_of

    def overlaps(self, other: Range) -> bool:
        """Whether the two have a value in common."""
        return not (self.empty or other.empty or self.strictly_left_of(other) or other.strictly_left_of(self))

    def not_extend_left_of(self, other: Range) -> bool:
        return not self.empty and not other.empty and self._low() >= other._low()

    def not_extend_right_of(self, other: Range) -> bool:
        return not self.empty and not other.empty and self._high() <= other._high()

    def intersection(self, other: Range) -> Range:
        """The values in both."""
        if not self.overlaps(other):
            return Range(empty=True)
        low = self if self._low() >= other._low() else other
        high = self if self._high() <= other._high() else other
        return Range(low.lower, high.upper, bounds=low.bounds[0] + high.bounds[1])

    __mul__ = intersection

    def union(self, other: Range) -> Range:
        """The values in either; they must touch."""
        if self.empty or other.empty:
            return other if self.empty else self
        apart = self.upper is not None and other.lower is not None and self.upper < other.lower
        if apart or (other.upper is not None and self.lower is not None and other.upper < self.lower):
            raise ValueError("Adding non-overlapping and non-adjacent ranges is not implemented")
        low = self if self._low() <= other._low() else other
        high = self if self._high() >= other._high() else other
        return Range(low.lower, high.upper, bounds=low.bounds[0] + high.bounds[1])

    __add__ = union

    def _ends(self) -> tuple[t.Any, t.Any, t.Any]:
        """The first and last value, and the step between values, of ranges whose values can be counted."""
        step: t.Any = {int: 1, dt.date: dt.timedelta(1)}.get(type(self.lower if self.lower is not None else self.upper))
        if step is None:
            return None, None, None
        first = self.lower if self.lower is None or self.lower_inc else self.lower + step
        return first, self.upper if self.upper is None or self.upper_inc else self.upper - step, step

    def _goes_on_in(self, other: Range) -> bool:
        if self.upper is None or other.lower is None:
            return False
        _, last, step = self._ends()
        return bool(last + step == other._ends()[0] if step else self.upper == other.lower and self.upper_inc != other.lower_inc)

    def adjacent_to(self, other: Range) -> bool:
        """Whether one begins where the other ends, with nothing between them."""
        return not (self.empty or other.empty) and (self._goes_on_in(other) or other._goes_on_in(self))

    def difference(self, other: Range) -> Range:
        """The values that are not in the other; they must be one range."""
        if not self.overlaps(other):
            return self
        before, after = self._low() < other._low(), self._high() > other._high()
        if before and after:
            raise ValueError("Subtracting a strictly inner range is not implemented")
        made = Range(empty=True)
        if before:
            made = Range(self.lower, other.lower, bounds=self.bounds[0] + (")" if other.lower_inc else "]"))
        elif after:
            made = Range(other.upper, self.upper, bounds=("(" if other.upper_inc else "[") + self.bounds[1])
        first, last, step = made._ends()
        return Range(empty=True) if step and first is not None and last is not None and first > last else made

    __sub__ = difference

    def _stringify(self) -> str:
        if self.empty:
            return "empty"
        low, high = ("" if x is None else str(x) for x in (self.lower, self.upper))
        return f"{self.bounds[0]}{low},{high}{self.bounds[1]}"

    def __str__(self) -> str:
        return self._stringify()


class MultiRange(list[Range]):
    """Several ranges as one value."""


class _Comparator(TypeEngine.Comparator[t.Any]):
    """Operators of ranges."""

    __slots__ = ()

    def contains(self, other: t.Any, **kw: t.Any) -> t.Any:
        plain = self.type if isinstance(other, (Range, list)) else self.type._item
        return operation(self.expr, "@>", other, plain)

    def contained_by(self, other: t.Any) -> t.Any:
        return operation(self.expr, "<@", other)

    def overlaps(self, other: t.Any) -> t.Any:
        return operation(self.expr, "&&", other)

    def strictly_left_of(self, other: t.Any) -> t.Any:
        return operation(self.expr, "<<", other)

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: t.Any) -> t.Any:
        return operation(self.expr, ">>", other)

    __rshift__ = strictly_right_of

    def not_extend_right_of(self, other: t.Any) -> t.Any:
        return operation(self.expr, "&<", other)

    def not_extend_left_of(self, other: t.Any) -> t.Any:
        return operation(self.expr, "&>", other)

    def adjacent_to(self, other: t.Any) -> t.Any:
        return operation(self.expr, "-|-", other)

    def union(self, other: t.Any) -> t.Any:
        return operation(self.expr, "+", other, result=self.type, precedence=7)

    def intersection(self, other: t.Any) -> t.Any:
        return operation(self.expr, "*", other, result=self.type, precedence=8)

    def difference(self, other: t.Any) -> t.Any:
        return operation(self.expr, "-", other, result=self.type, precedence=7)


_OPERATORS = {
    _core.OP_CONTAINS: "contains", _core.OP_SHL: "strictly_left_of", _core.OP_SHR: "strictly_right_of", _core.OP_ADD: "union",
    _core.OP_MUL: "intersection", _core.OP_SUB: "difference",
}  # fmt: skip


class AbstractRange(Own, TypeEngine[t.Any]):
    """Base of the types of ranges."""

    _kind = _core.T_STRING
    _item: t.ClassVar[TypeEngine[t.Any]] = sqltypes.NULLTYPE
    _read_item: t.ClassVar[t.Callable[[str], t.Any]] = str
    render_bind_cast = True
    comparator_factory = _Comparator

    def _flags(self) -> int:
        return int(_core.TYPE_HOST | _core.TYPE_COMPARATOR)

    def _operate(self, op: t.Any, left: t.Any, right: t.Any) -> t.Any:
        method = _OPERATORS.get(op)
        return super()._operate(op, left, right) if method is None else getattr(_Comparator(left), method)(right)

    def _bind(self, value: t.Any) -> t.Any:
        return value._stringify() if isinstance(value, Range) else value

    @classmethod
    def _read(cls, text: str) -> Range:
        if text == "empty":
            return Range(empty=True)
        low, high = text[1:-1].split(",", 1)
        read = [None if x == "" else cls._read_item(x.strip('"')) for x in (low, high)]
        return Range(*read, bounds=text[0] + text[-1])

    def _result(self, value: t.Any) -> t.Any:
        return self._read(value) if isinstance(value, str) else value


class AbstractSingleRange(AbstractRange):
    """Base of types of one range."""


class AbstractMultiRange(AbstractRange):
    """Base of types of several."""

    def _bind(self, value: t.Any) -> t.Any:
        return value if value is None or isinstance(value, str) else "{" + ", ".join(r._stringify() for r in value) + "}"

    def _result(self, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return value
        parts = value.strip("{}").replace("],", "];").replace("),", ");").split(";")
        return MultiRange(self._read(p) for p in parts if p)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


class INT4RANGE(AbstractSingleRange):
    """Whole numbers of 32 bits."""

    __visit_name__ = "INT4RANGE"
    _item, _read_item = sqltypes.INTEGERTYPE, int


class INT8RANGE(AbstractSingleRange):
    """Whole numbers of 64 bits."""

    __visit_name__ = "INT8RANGE"
    _item, _read_item = sqltypes.BigInteger(), int


class NUMRANGE(AbstractSingleRange):
    """Decimal numbers."""

    __visit_name__ = "NUMRANGE"
    _item, _read_item = sqltypes.NUMERICTYPE, decimal.Decimal


class DATERANGE(AbstractSingleRange):
    """Days."""

    __visit_name__ = "DATERANGE"
    _item, _read_item = sqltypes.Date(), dt.date.fromisoformat


class TSRANGE(AbstractSingleRange):
    """Moments."""

    __visit_name__ = "TSRANGE"
    _item, _read_item = sqltypes.DateTime(), _moment


class TSTZRANGE(AbstractSingleRange):
    """Moments with a time zone."""

    __visit_name__ = "TSTZRANGE"
    _item, _read_item = sqltypes.DateTime(timezone=True), _moment


class INT4MULTIRANGE(AbstractMultiRange):
    """Ranges of whole numbers of 32 bits."""

    __visit_name__ = "INT4MULTIRANGE"
    _item, _read_item = sqltypes.INTEGERTYPE, int


class INT8MULTIRANGE(AbstractMultiRange):
    """Ranges of whole numbers of 64 bits."""

    __visit_name__ = "INT8MULTIRANGE"
    _item, _read_item = sqltypes.BigInteger(), int


class NUMMULTIRANGE(AbstractMultiRange):
    """Ranges of decimal numbers."""

    __visit_name__ = "NUMMULTIRANGE"
    _item, _read_item = sqltypes.NUMERICTYPE, decimal.Decimal


class DATEMULTIRANGE(AbstractMultiRange):
    """Ranges of days."""

    __visit_name__ = "DATEMULTIRANGE"
    _item, _read_item = sqltypes.Date(), dt.date.fromisoformat


class TSMULTIRANGE(AbstractMultiRange):
    """Ranges of moments."""

    __visit_name__ = "TSMULTIRANGE"
    _item, _read_item = sqltypes.DateTime(), _moment


class TSTZMULTIRANGE(AbstractMultiRange):
    """Ranges of moments with a time zone."""

    __visit_name__ = "TSTZMULTIRANGE"
    _item, _read_item = sqltypes.DateTime(timezone=True), _moment
