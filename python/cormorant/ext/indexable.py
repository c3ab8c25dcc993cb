"""Attributes for items of a JSON or ARRAY column: `index_property("data", "name")`."""

from __future__ import annotations

import typing as t

from .. import _core
from ..orm.attributes import flag_modified
from .hybrid import hybrid_property

_T = t.TypeVar("_T")


class index_property(hybrid_property[_T]):  # noqa: N801 - the name of the API
    """An item of a column's value on instances, the expression `column[index]` on the class.

    :param default: answered where the column or the item is missing; AttributeError without one.
    :param datatype: makes the column's value when an item is set and there is none: by default a dict, or a list long enough.
    :param onebased: whether the database counts items from 1.
    """

    _NO_DEFAULT_ARGUMENT: t.Any = object()

    def __init__(
        self, attr_name: str, index: t.Union[int, str], default: t.Any = _NO_DEFAULT_ARGUMENT, datatype: t.Optional[t.Callable[[], t.Any]] = None,
        mutable: bool = True, onebased: bool = True,
    ) -> None:
        super().__init__(self._read, self._write if mutable else None, self._remove if mutable else None, self._expression)
        self.attr_name, self.index, self.default = attr_name, index, default
        self.onebased = onebased and isinstance(index, int)
        if datatype is None:
            datatype = (lambda: [None] * (index + 1)) if isinstance(index, int) else dict
        self.datatype = datatype

    def _missing(self, error: t.Optional[BaseException] = None) -> t.Any:
        if self.default is self._NO_DEFAULT_ARGUMENT:
            raise AttributeError(self.attr_name) from error
        return self.default

    def _read(self, instance: t.Any) -> t.Any:
        value = getattr(instance, self.attr_name)
        if value is None:
            return self._missing()
        try:
            return value[self.index]
        except (KeyError, IndexError) as error:
            return self._missing(error)

    def _write(self, instance: t.Any, item: t.Any) -> None:
        value = getattr(instance, self.attr_name, None)
        if value is None:
            value = self.datatype()
        value[self.index] = item
        self._changed(instance, value)

    def _remove(self, instance: t.Any) -> None:
        value = getattr(instance, self.attr_name)
        if value is None:
            raise AttributeError(self.attr_name)
        try:
            del value[self.index]
        except KeyError as error:
            raise AttributeError(self.attr_name) from error
        self._changed(instance, value)

    def _changed(self, instance: t.Any, value: t.Any) -> None:
        setattr(instance, self.attr_name, value)
        if self.attr_name in _core.inst_state(instance).mapper._props:
            flag_modified(instance, self.attr_name)

    def _expression(self, model: t.Any) -> t.Any:
        column = getattr(model, self.attr_name)
        return column[self.index + 1 if self.onebased else self.index]  # type: ignore[operator]


__all__ = ["index_property"]
