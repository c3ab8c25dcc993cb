"""Arrays of PostgreSQL: the type, and `ARRAY[...]` in statements."""

from __future__ import annotations

import typing as t

from ... import _core
from ...sql import sqltypes
from ...sql.operators import eq
from .._own import OwnElement, operation

__all__ = ["ARRAY", "All", "Any", "array", "array_agg"]


def Any(other: t.Any, arrexpr: t.Any, operator: t.Any = eq) -> t.Any:  # noqa: N802 - the name of the API
    """Whether one of the items is so."""
    return arrexpr.any(other, operator)


def All(other: t.Any, arrexpr: t.Any, operator: t.Any = eq) -> t.Any:  # noqa: N802 - the name of the API
    """Whether all of the items are so."""
    return arrexpr.all(other, operator)


class _Comparator(sqltypes.ARRAY.Comparator[t.Any]):
    """Operators of arrays."""

    __slots__ = ()

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        """Whether all items of another array are in this one."""
        return operation(self.expr, "@>", other)

    def contained_by(self, other: t.Any) -> t.Any:
        """Whether all items are in another array."""
        return operation(self.expr, "<@", other)

    def overlap(self, other: t.Any) -> t.Any:
        """Whether the two have an item in common."""
        return operation(self.expr, "&&", other)


class ARRAY(sqltypes.ARRAY):
    """A list of values of one type."""

    Comparator = _Comparator
    comparator_factory = _Comparator

    def _flags(self) -> int:
        return int(_core.TYPE_COMPARATOR) | super()._flags()

    def _operate(self, op: t.Any, left: t.Any, right: t.Any) -> t.Any:
        return _Comparator(left).contains(right) if op == _core.OP_CONTAINS else super()._operate(op, left, right)


class array(OwnElement):  # noqa: N801 - the name of the API
    """`ARRAY[1, 2]`."""

    __slots__ = ()
    inherit_cache = True

    def __init__(self, clauses: t.Iterable[t.Any], *, type_: t.Any = None, **kw: t.Any) -> None:
        given = list(clauses)
        item = sqltypes.to_instance(type_) if type_ is not None else None
        items = [_core.coerce(x, _core.ROLE_EXPR, *((item,) if item is not None else ())) for x in given]
        if item is None:
            item = items[0].type if items else sqltypes.NULLTYPE
        _core.init(self, _core.K_HOST, type=ARRAY(item if not isinstance(item, sqltypes.ARRAY) else item.item_type), name="array", segs=(items,))

    @property
    def clauses(self) -> t.Any:
        return self._seg(0)

    def _write(self, compiler: t.Any) -> str:
        return "ARRAY[" + ", ".join(compiler.process(c) for c in self._seg(0)) + "]"

    def __add__(self, other: t.Any) -> t.Any:
        return operation(self, "||", other, result=self.type)


def array_agg(*arg: t.Any, **kw: t.Any) -> t.Any:
    """`array_agg(x)` whose result is a PostgreSQL array."""
    from ...sql.functions import func

    first = arg[0] if arg else None
    item = getattr(first, "type", None) or sqltypes.NULLTYPE
    kw.setdefault("type_", ARRAY(item if not isinstance(item, sqltypes.ARRAY) else item.item_type))
    return func.array_agg(*arg, **kw)
