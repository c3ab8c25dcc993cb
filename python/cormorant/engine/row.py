"""Rows: tuples whose items are also attributes, and the same as mappings."""

from __future__ import annotations

import operator
import typing as t
from collections.abc import ItemsView, KeysView, Mapping, ValuesView

from .. import _core

Row = _core.Row
BaseRow = _core.Row

__all__ = ["BaseRow", "ROMappingItemsView", "RMKeyView", "ROMappingKeysValuesView", "Row", "RowMapping", "rowproxy_reconstructor"]


def has_column(meta: _core.RowMeta, key: object) -> bool:
    """Whether a name or an expression is one of the columns."""
    if isinstance(key, (str, int)):
        return key in meta.index
    try:
        meta.find(key)
    except KeyError:
        return False
    return True


class RMKeyView(t.KeysView[str]):
    """Names of a result's columns; columns that it has are in it, too."""

    __slots__ = ("_keys", "_parent")

    def __init__(self, parent: _core.RowMeta) -> None:
        self._parent = parent
        self._keys = list(parent.keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._keys)

    def __contains__(self, item: object) -> bool:
        return has_column(self._parent, item)

    def __eq__(self, other: object) -> bool:
        return list(other) == self._keys if hasattr(other, "__iter__") else False  # type: ignore[call-overload]

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RMKeyView({self._keys!r})"


class RowMapping(_core.BaseRowMapping, Mapping[t.Any, t.Any]):
    """A row by column: names, columns and mapped attributes are keys."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return has_column(self._row._meta, key)

    def keys(self) -> t.Any:
        return RMKeyView(self._row._meta)

    def values(self) -> t.Any:
        return ROMappingKeysValuesView(self, list(self._row))

    def items(self) -> t.Any:
        return ROMappingItemsView(self, list(zip(self._row._fields, self._row, strict=True)))

    def __eq__(self, other: object) -> bool:
        return Mapping.__eq__(self, other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._row)

    def __repr__(self) -> str:
        return repr(dict(zip(self._row._fields, self._row, strict=True)))

    def __reduce__(self) -> t.Any:
        return RowMapping, (self._row,)


class ROMappingKeysValuesView(KeysView[t.Any], ValuesView[t.Any]):  # type: ignore[misc]
    """Values of a row, in order."""

    __slots__ = ("_items",)

    def __init__(self, mapping: t.Any, items: list[t.Any]) -> None:
        self._mapping = mapping
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self._items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __eq__(self, other: object) -> bool:
        return list(other) == self._items if hasattr(other, "__iter__") else False  # type: ignore[call-overload]

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping!r})"


class ROMappingItemsView(ROMappingKeysValuesView, ItemsView[t.Any, t.Any]):  # type: ignore[misc]
    """Names and values of a row, in order."""

    __slots__ = ()


def rowproxy_reconstructor(cls: t.Any, state: t.Any) -> t.Any:
    return cls(*state)


tuplegetter = operator.itemgetter
_core.register_hook("RowMapping", RowMapping)
