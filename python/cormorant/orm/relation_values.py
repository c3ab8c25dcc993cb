"""Conditions over the values of one instance: `Address.user == user`, `User.addresses.contains(address)`, `with_parent()`.

The values are asked for when the statement runs: an instance that is flushed in between has its key by then.
"""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql import and_
from ..util import warn
from .base import NO_VALUE, state_str
from .joins import on_tables, original


class HeldValue:
    """What an instance holds for a column when the statement runs; where that is out of reach, what it held before."""

    __slots__ = ("instance", "column", "key", "known")

    def __init__(self, instance: t.Any, column: t.Any) -> None:
        self.instance, self.column = instance, column
        self.key = _core.inst_state(instance).mapper.get_property_by_column(column).key
        self.known = _core.inst_peek(instance, self.key, NO_VALUE)

    def __call__(self) -> t.Any:
        state = _core.inst_state(self.instance)
        value = getattr(self.instance, self.key) if state.persistent else _core.inst_peek(self.instance, self.key, NO_VALUE)
        if value is NO_VALUE:
            value = self.known
        if value is NO_VALUE:
            why = "no value has been set for this column" if state.key is None else "the object is detached and the value was expired"
            raise exc.InvalidRequestError(f"Can't resolve value for column {self.column} on object {state_str(state)}; {why}")
        if value is None:
            warn_of_none(self.column)
        return value


def warn_of_none(column: t.Any) -> None:
    """A key that is compared with `=` is None, so that nothing matches."""
    warn(f"Got None for value of column {column}: the relationship compares it by '=', which no row matches; ask for NULL with is_(None)")


def held_value(instance: t.Any, column: t.Any, name: str = "param") -> t.Any:
    """A parameter that is what the instance holds for a column."""
    flags = _core.FLAG_UNIQUE | _core.FLAG_CALLABLE
    return _core.make(_core.K_BIND, flags=flags, type=column.type, name=name, value=HeldValue(instance, column))


def identity_criterion(instance: t.Any) -> t.Any:
    """The condition that a row is that of the instance."""
    mapper = _core.inst_state(instance).mapper
    return and_(*[column == getattr(instance, mapper.get_property_by_column(column).key) for column in mapper.primary_key])


def instance_condition(prop: t.Any, instance: t.Any, is_parent: bool, seen: t.Callable[[t.Any], t.Any], between: t.Any = None) -> t.Any:
    """The condition of a relationship with one side's columns replaced by what an instance holds: the parent's or the related class's.
    `seen` answers the other side's columns as the statement sees them. between: what stands for the table between; without it
    that gets an alias of its own, for several members may be asked for at once."""
    join, binds = prop._join, {}  # type: t.Any, t.Dict[int, t.Any]

    def bind(column: t.Any) -> t.Any:
        column = original(column)
        if id(column) not in binds:
            binds[id(column)] = held_value(instance, column)
        return binds[id(column)]

    def with_values(condition: t.Any, given: t.Callable[[t.Any], bool]) -> t.Any:
        def replace(n: t.Any) -> t.Any:
            if n._kind != _core.K_COLUMN or n.table is None:
                return None
            if between is not None and n.table is prop.secondary:
                return between.c[n.key]
            return bind(n) if given(n) else _core.coerce(seen(original(n)), _core.ROLE_EXPR)

        return _core.adapt(condition, (), (), replace)

    if between is None and prop.secondary is not None:
        between = prop.secondary.alias()
    if between is not None:
        first = with_values(join.primaryjoin, lambda n: is_parent)
        return and_(first, with_values(join.secondaryjoin, lambda n: not is_parent))
    if join.self_referential:
        return with_values(join.marked_primaryjoin(), lambda n: bool(n._flags & _core.FLAG_REMOTE) is not is_parent)
    condition = on_tables(join.primaryjoin) if prop._alias is not None and not is_parent else join.primaryjoin
    return with_values(condition, lambda n: (n in join.remote_columns) is not is_parent)


__all__ = ["HeldValue", "held_value", "identity_criterion", "instance_condition", "warn_of_none"]
