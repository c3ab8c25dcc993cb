"""Lists of relationships that keep a column of their members in step with the position: `collection_class=ordering_list("position")`."""

from __future__ import annotations

import typing as t

from ..orm.collections import _owner

_T = t.TypeVar("_T")
OrderingFunc = t.Callable[[int, t.Sequence[t.Any]], t.Any]


def ordering_list(
    attr: str, count_from: t.Optional[int] = None, ordering_func: t.Optional[OrderingFunc] = None, reorder_on_append: bool = False
) -> t.Callable[[], "OrderingList[t.Any]"]:
    """A `collection_class`: a list that writes positions to the attribute of its members."""
    if ordering_func is None and count_from is not None:
        ordering_func = {0: count_from_0, 1: count_from_1}.get(count_from) or count_from_n_factory(count_from)
    return lambda: OrderingList(attr, ordering_func, reorder_on_append)


def count_from_0(index: int, collection: object) -> int:
    """Positions from 0."""
    return index


def count_from_1(index: int, collection: object) -> int:
    """Positions from 1."""
    return index + 1


def count_from_n_factory(start: int) -> OrderingFunc:
    """A function that numbers positions from `start`."""

    def count(index: int, collection: object) -> int:
        return index + start

    count.__name__ = f"count_from_{start}"
    return count


class OrderingList(t.List[_T]):
    """The list. Members that already have a position keep it when they are appended, unless `reorder_on_append`."""

    def __init__(self, ordering_attr: str, ordering_func: t.Optional[OrderingFunc] = None, reorder_on_append: bool = False) -> None:
        super().__init__()
        self.ordering_attr = ordering_attr
        self.ordering_func = count_from_0 if ordering_func is None else ordering_func
        self.reorder_on_append = reorder_on_append

    def _get_order_value(self, entity: t.Any) -> t.Any:
        return getattr(entity, self.ordering_attr)

    def _set_order_value(self, entity: t.Any, value: t.Any) -> None:
        setattr(entity, self.ordering_attr, value)

    def _order_entity(self, index: int, entity: t.Any, reorder: bool = True) -> None:
        have = self._get_order_value(entity)
        if have is not None and not reorder:
            return
        wanted = self.ordering_func(index, self)
        if have != wanted:
            self._set_order_value(entity, wanted)

    def reorder(self) -> None:
        """Writes the positions of all members."""
        for index, entity in enumerate(self):
            self._order_entity(index, entity, True)

    _reorder = reorder

    def append(self, entity: t.Any) -> None:
        super().append(entity)
        self._order_entity(len(self) - 1, entity, self.reorder_on_append)

    def insert(self, index: t.Any, entity: t.Any) -> None:
        super().insert(index, entity)
        self._reorder()

    def remove(self, entity: t.Any) -> None:
        super().remove(entity)
        if _owner_has(self):
            self._reorder()

    def pop(self, index: t.Any = -1) -> t.Any:
        entity = super().pop(index)
        self._reorder()
        return entity

    def __setitem__(self, index: t.Any, entity: t.Any) -> None:
        super().__setitem__(index, entity)
        if isinstance(index, slice):
            self._reorder()
        else:
            self._order_entity(index if index >= 0 else index + len(self), entity, True)

    def __delitem__(self, index: t.Any) -> None:
        super().__delitem__(index)
        self._reorder()

    def __reduce__(self) -> t.Any:
        return _rebuild, (self.ordering_attr, self.ordering_func, self.reorder_on_append, list(self))


def _owner_has(collection: t.Any) -> bool:
    """Whether the collection still is its owner's: members of one that was replaced keep their positions."""
    owner = _owner(collection) if hasattr(collection, "_sa_owner") else None
    return owner is None or getattr(owner, collection._sa_key) is collection


def _rebuild(attr: str, func: t.Any, reorder_on_append: bool, items: t.List[t.Any]) -> OrderingList[t.Any]:
    made: OrderingList[t.Any] = OrderingList(attr, func, reorder_on_append)
    list.extend(made, items)
    return made


__all__ = ["OrderingList", "count_from_0", "count_from_1", "count_from_n_factory", "ordering_list"]
