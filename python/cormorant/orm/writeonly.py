"""`lazy="write_only"`: a relationship that is never loaded. It takes and gives away members; reading is by the statements it makes."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql import delete, insert, select, update
from .base import DONT_SET, ONETOMANY
from .relation_values import warn_of_none
from .util import _with_parent

_T = t.TypeVar("_T")


class WriteOnlyCollection(t.Generic[_T]):
    """What a write-only relationship of an instance answers."""

    __slots__ = ("attr", "instance")

    def __init__(self, attr: t.Any, instance: t.Any) -> None:
        self.attr, self.instance = attr, instance

    def __iter__(self) -> t.NoReturn:
        raise TypeError(
            f"WriteOnly collections don't support iteration in-place: read {self.attr} by session.scalars() of its select()"
        )

    def add(self, item: _T) -> None:
        """Makes an instance a member; the next flush writes it."""
        _core.inst_coll_append(self.instance, self.attr.key, item)

    def add_all(self, iterator: t.Iterable[_T]) -> None:
        for item in iterator:
            self.add(item)

    def remove(self, item: _T) -> None:
        """Takes an instance out; the next flush writes it."""
        _core.inst_coll_remove(self.instance, self.attr.key, item)

    # ---- statements

    def _criterion(self) -> t.Any:
        return _with_parent(self.instance, self.attr, between=self.attr.property.secondary)

    def select(self) -> t.Any:
        """A SELECT of the members, in the order of the relationship."""
        prop = self.attr.property
        made = select(prop.mapper.class_).where(self._criterion())
        if prop.secondary is not None:
            made = made.select_from(prop.mapper.class_, prop.secondary)
        return made.order_by(*prop._order) if prop._order else made

    def insert(self) -> t.Any:
        """An INSERT of rows that belong to the instance. fails: InvalidRequestError unless the relationship is one-to-many."""
        prop = self.attr.property
        if prop.direction is not ONETOMANY:
            raise exc.InvalidRequestError(
                f"Write only bulk INSERT only supported for one-to-many collections, which {self.attr} is not; for many-to-many, use a separate "
                "bulk INSERT along with add_all()."
            )
        mapper = _core.inst_state(self.instance).mapper
        values = {}
        for mine, theirs in prop._join.pairs:
            key = mapper.get_property_by_column(mine).key
            value = getattr(self.instance, key)
            if value is None:
                warn_of_none(mine)
            values[theirs.key] = value
        return insert(prop.mapper.class_).values(**values)

    def update(self) -> t.Any:
        """An UPDATE of the members' rows."""
        return update(self.attr.property.mapper.class_).where(self._members())

    def delete(self) -> t.Any:
        """A DELETE of the members' rows."""
        return delete(self.attr.property.mapper.class_).where(self._members())

    def _members(self) -> t.Any:
        return self._criterion()


class WriteOnlyAttribute:
    """Descriptor: the relationship on the class, a WriteOnlyCollection on instances."""

    def __init__(self, attribute: t.Any) -> None:
        self.attribute = attribute

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        return self.attribute if instance is None else WriteOnlyCollection(self.attribute, instance)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        if value is DONT_SET:
            return
        if _core.inst_identity(instance) is not None:
            raise exc.InvalidRequestError(
                f'Collection "{self.attribute}" does not support implicit iteration; collection replacement operations can\'t be used'
            )
        collection: WriteOnlyCollection[t.Any] = WriteOnlyCollection(self.attribute, instance)
        for member in _core.inst_history(instance, self.attribute.key)[0]:
            collection.remove(member)
        collection.add_all(value)


__all__ = ["WriteOnlyAttribute", "WriteOnlyCollection"]
