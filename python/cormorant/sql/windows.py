"""What stands behind a function: OVER, FILTER, WITHIN GROUP, ORDER BY inside an aggregate."""

from __future__ import annotations

import enum
import typing as t

from .. import _core, exc
from .nodes import ClauseElement, ColumnElement


def _order_items(clauses: t.Any) -> list[t.Any]:
    if clauses is None:
        return []
    if isinstance(clauses, str) or not isinstance(clauses, (list, tuple)):
        clauses = [clauses]
    return [_core.coerce(c, _core.ROLE_ORDER) for c in clauses]


class FrameClauseType(enum.Enum):
    """Where a window frame begins or ends."""

    UNBOUNDED = 0
    CURRENT = 1
    PRECEDING = 2
    FOLLOWING = 3


class FrameClause(ClauseElement):
    """The frame of a window with bounds that are no integers."""

    __slots__ = ()

    def __init__(
        self, start: t.Any = None, end: t.Any = None, start_frame_type: t.Any = None, end_frame_type: t.Any = None, _name: str = "RANGE"
    ) -> None:
        bounds = (_bound(start, start_frame_type, _core.OP_UNBOUNDED_PRECEDING), _bound(end, end_frame_type, _core.OP_UNBOUNDED_FOLLOWING))
        _core.init(self, _core.K_FRAME, name=_name, segs=(bounds,))

    def _named(self, name: str) -> t.Any:
        return _core.make(_core.K_FRAME, name=name, segs=(self._seg(0),))


def _bound(value: t.Any, kind: t.Any, unbounded: int) -> t.Any:
    if kind is FrameClauseType.UNBOUNDED or (kind is None and value is None):
        return _core.make(_core.K_FRAME_BOUND, unbounded)
    if kind is FrameClauseType.CURRENT:
        return _core.make(_core.K_FRAME_BOUND, _core.OP_CURRENT_ROW)
    if kind is None:
        raise exc.ArgumentError("FrameClause needs a start_frame_type and end_frame_type for its bounds")
    op = _core.OP_PRECEDING if kind is FrameClauseType.PRECEDING else _core.OP_FOLLOWING
    return _core.make(_core.K_FRAME_BOUND, op, kids=(_core.coerce(value, _core.ROLE_EXPR),))


def _frame(name: str, bounds: t.Any) -> t.Any:
    """(None, 0), (-5, 5), ... as a frame."""
    if isinstance(bounds, FrameClause):
        return bounds._named(name)
    if not isinstance(bounds, tuple) or len(bounds) != 2:
        raise exc.ArgumentError("2-tuple expected for range/rows/groups")
    made = []
    for value, unbounded in zip(bounds, (_core.OP_UNBOUNDED_PRECEDING, _core.OP_UNBOUNDED_FOLLOWING)):
        if value is None:
            made.append(_core.make(_core.K_FRAME_BOUND, unbounded))
            continue
        if not isinstance(value, int):
            raise exc.ArgumentError(f"Integer or None expected for range/rows value, got {value!r}")
        if value == 0:
            made.append(_core.make(_core.K_FRAME_BOUND, _core.OP_CURRENT_ROW))
        else:
            op = _core.OP_PRECEDING if value < 0 else _core.OP_FOLLOWING
            made.append(_core.make(_core.K_FRAME_BOUND, op, kids=(_core.coerce(abs(value), _core.ROLE_EXPR),)))
    return _core.make(_core.K_FRAME, name=name, segs=(made,))


_EXCLUDED = ("CURRENT ROW", "GROUP", "TIES", "NO OTHERS")


def _excluding(frame: t.Any, exclude: str | None) -> t.Any:
    """The same frame without some of its rows."""
    if exclude is None:
        return frame
    word = exclude.upper() if isinstance(exclude, str) else None
    if word not in _EXCLUDED:
        raise exc.CompileError(f"Unexpected SQL phrase: {exclude!r}; a window frame excludes one of {', '.join(_EXCLUDED)}")
    return _core.make(_core.K_FRAME, _EXCLUDED.index(word) + 1, name=frame._name, segs=(frame._seg(0),))


class Over(ColumnElement):
    """`function OVER (PARTITION BY ... ORDER BY ... ROWS BETWEEN ...)`."""

    __slots__ = ()
    __visit_name__ = "over"

    def __init__(
        self,
        element: t.Any,
        partition_by: t.Any = None,
        order_by: t.Any = None,
        range_: t.Any = None,
        rows: t.Any = None,
        groups: t.Any = None,
        exclude: str | None = None,
    ) -> None:
        frames = [(name, b) for name, b in (("RANGE", range_), ("ROWS", rows), ("GROUPS", groups)) if b is not None]
        if len(frames) > 1:
            raise exc.ArgumentError("only one of 'rows', 'range_', or 'groups' may be provided")
        if exclude is not None and not frames:
            raise exc.ArgumentError("'exclude' requires that one of 'rows', 'range_', or 'groups' is also specified")
        frame = [_excluding(_frame(name, bounds), exclude) for name, bounds in frames]
        segs = (_order_items(partition_by), _order_items(order_by), frame)
        _core.init(self, _core.K_OVER, kids=(_core.coerce(element, _core.ROLE_EXPR),), segs=segs)

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    func = element

    @property
    def partition_by(self) -> t.Any:
        return _clause_list(self._seg(0))

    @property
    def order_by(self) -> t.Any:
        return _clause_list(self._seg(1))

    def _frame_called(self, name: str) -> t.Any:
        return next((f for f in self._seg(2) if f._name == name), None)

    @property
    def exclude(self) -> str | None:
        frame = next(iter(self._seg(2)), None)
        return None if frame is None or not frame._op else _EXCLUDED[frame._op - 1]

    range_ = property(lambda self: self._frame_called("RANGE"))
    rows = property(lambda self: self._frame_called("ROWS"))
    groups = property(lambda self: self._frame_called("GROUPS"))


def _clause_list(items: tuple[t.Any, ...]) -> t.Any:
    return _core.make(_core.K_LIST, _core.OP_COMMA, segs=(items,)) if items else None


class FunctionFilter(ColumnElement):
    """`function FILTER (WHERE ...)`."""

    __slots__ = ()
    __visit_name__ = "funcfilter"

    def __init__(self, func: t.Any, *criterion: t.Any) -> None:
        inner = _core.coerce(func, _core.ROLE_EXPR)
        _core.init(self, _core.K_FILTER, type=inner._type, kids=(inner, _core.and_(*criterion)))

    @property
    def func(self) -> t.Any:
        return self._kids[0]

    @property
    def criterion(self) -> t.Any:
        return self._kids[1]

    def filter(self, *criterion: t.Any) -> t.Any:
        """A copy with more conditions."""
        return FunctionFilter(self._kids[0], self._kids[1], *criterion)

    def over(
        self, partition_by: t.Any = None, order_by: t.Any = None, range_: t.Any = None, rows: t.Any = None, groups: t.Any = None,
        exclude: t.Any = None,
    ) -> t.Any:  # fmt: skip
        return Over(self, partition_by, order_by, range_, rows, groups, exclude)

    def within_group(self, *order_by: t.Any) -> t.Any:
        return WithinGroup(self, *order_by)


class WithinGroup(ColumnElement):
    """`function WITHIN GROUP (ORDER BY ...)`."""

    __slots__ = ()
    __visit_name__ = "withingroup"

    def __init__(self, element: t.Any, *order_by: t.Any) -> None:
        inner = _core.coerce(element, _core.ROLE_EXPR)
        kind = inner.within_group_type(order_by) if hasattr(inner, "within_group_type") else None
        _core.init(self, _core.K_WITHIN_GROUP, type=kind or inner._type, kids=(inner,), segs=(_order_items(order_by),))

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def order_by(self) -> t.Any:
        return _clause_list(self._seg(0))

    def over(self, *, partition_by: t.Any = None, order_by: t.Any = None, rows: t.Any = None, range_: t.Any = None, groups: t.Any = None, exclude: t.Any = None) -> t.Any:  # fmt: skip
        return Over(self, partition_by, order_by, range_, rows, groups, exclude)

    def filter(self, *criterion: t.Any) -> t.Any:
        return FunctionFilter(self, *criterion) if criterion else self


class AggregateOrderBy(ColumnElement):
    """`function(a ORDER BY ...)`."""

    __slots__ = ()
    __visit_name__ = "aggregateorderby"

    def __init__(self, element: t.Any, *order_by: t.Any) -> None:
        inner = _core.coerce(element, _core.ROLE_EXPR)
        _core.init(self, _core.K_AGG_ORDER_BY, type=inner._type, kids=(inner,), segs=(_order_items(order_by),))

    @property
    def element(self) -> t.Any:
        return self._kids[0]

    @property
    def order_by(self) -> t.Any:
        return _clause_list(self._seg(0))

    over = WithinGroup.over
    filter = WithinGroup.filter


for _kind, _cls in (
    (_core.K_OVER, Over), (_core.K_FRAME, FrameClause), (_core.K_FILTER, FunctionFilter), (_core.K_WITHIN_GROUP, WithinGroup),
    (_core.K_AGG_ORDER_BY, AggregateOrderBy),
):  # fmt: skip
    _core.register_kind(_kind, _cls)

__all__ = ["AggregateOrderBy", "FrameClause", "FrameClauseType", "FunctionFilter", "Over", "WithinGroup"]
