"""ColumnCollection: the columns of a table, subquery or constraint, by key, by position, as attributes."""

from __future__ import annotations

import typing as t

from .. import _core, exc

__all__ = ["ColumnCollection", "ReadOnlyColumnCollection", "WriteableColumnCollection"]


def _lineage(column: t.Any) -> t.Set[t.Any]:
    """What a column is known by: itself, and the columns it stands for. Columns of aliases and subqueries are made anew whenever
    they are asked for, so that their place says which they are."""
    found: t.Set[t.Any] = set()
    waiting = [column]
    while waiting:
        n = waiting.pop()
        found.add((n.table, n._name or n.element) if getattr(n, "_kind", None) == _core.K_PROXY else n)
        waiting.extend(getattr(n, "_proxies", ()))
    return found


class ColumnCollection:
    """An ordered mapping of keys to columns. `c.name`, `c["name"]`, `c[0]`, `c["a", "b"]` and `for col in c` all work."""

    __slots__ = ("_all", "_by_key")

    def __init__(self, columns: t.Iterable[tuple[str, t.Any]] | None = None) -> None:
        object.__setattr__(self, "_all", [])
        object.__setattr__(self, "_by_key", {})
        for key, column in columns or ():
            self._put(key, column)

    def _put(self, key: str, column: t.Any) -> None:
        self._all.append((key, column))
        self._by_key.setdefault(key, column)

    def keys(self) -> list[str]:
        return [k for k, _ in self._all]

    def values(self) -> list[t.Any]:
        return [c for _, c in self._all]

    def items(self) -> list[tuple[str, t.Any]]:
        return list(self._all)

    def get(self, key: str, default: t.Any = None) -> t.Any:
        return self._by_key.get(key, default)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter([c for _, c in self._all])

    @t.overload
    def __getitem__(self, key: str | int) -> t.Any: ...
    @t.overload
    def __getitem__(self, key: slice | tuple[str | int, ...]) -> ReadOnlyColumnCollection: ...
    def __getitem__(self, key: t.Any) -> t.Any:
        if isinstance(key, (tuple, slice)):
            chosen = self._all[key] if isinstance(key, slice) else [(self._key_of(k), self[k]) for k in key]
            return ReadOnlyColumnCollection(chosen)
        try:
            return self._all[key][1] if isinstance(key, int) else self._by_key[key]
        except IndexError as e:
            raise IndexError(key) from e

    def _key_of(self, key: str | int) -> str:
        return t.cast("str", self._all[key][0]) if isinstance(key, int) else key

    def __getattr__(self, key: str) -> t.Any:
        try:
            return self._by_key[key]
        except KeyError as e:
            raise AttributeError(key) from e

    def __setattr__(self, key: str, value: t.Any) -> None:
        raise AttributeError(f"columns are added with append_column(), not by setting {key!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(k for k in self._by_key if isinstance(k, str))})

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            raise exc.ArgumentError("__contains__ requires a string argument")
        return key in self._by_key

    def contains_column(self, column: t.Any) -> bool:
        if isinstance(column, str):
            raise exc.ArgumentError("contains_column cannot be used with string arguments. Use ``col_name in table.c`` instead.")
        return any(c is column for _, c in self._all)

    def compare(self, other: ColumnCollection) -> bool:
        mine, theirs = self.values(), other.values()
        return len(mine) == len(theirs) and all(a is b for a, b in zip(mine, theirs, strict=True))

    def corresponding_column(self, column: t.Any, require_embedded: bool = False) -> t.Any:
        """The column of this collection that stands for the one given, or None."""
        wanted, best, common, length = _lineage(column), None, 0, 0
        for _, mine in self._all:
            if mine is column:
                return mine
            found = _lineage(mine)
            shared = len(wanted & found)
            if shared > common or (shared and shared == common and len(found) < length):
                best, common, length = mine, shared, len(found)
        return best

    def as_readonly(self) -> ReadOnlyColumnCollection:
        return ReadOnlyColumnCollection(self._all)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(str(c) for c in self)})"

    def __reduce__(self) -> t.Any:
        return type(self), (list(self._all),)


class WriteableColumnCollection(ColumnCollection):
    """Columns under construction."""

    __slots__ = ()

    def add(self, column: t.Any, key: str | None = None, index: int | None = None) -> None:
        """Adds a column at the end or at a place, or else in the place of one with that key."""
        key = column.key if key is None else key
        if index is not None:
            self._all[:] = [(k, c) for k, c in self._all if k != key]
            self._all.insert(index, (key, column))
            self._by_key.clear()
            self._by_key.update(self._all)
        elif key in self._by_key:
            old = self._by_key[key]
            self._by_key[key] = column
            self._all[:] = [(k, column if c is old else c) for k, c in self._all]
        else:
            self._put(key, column)

    def remove(self, column: t.Any) -> None:
        self._all[:] = [(k, c) for k, c in self._all if c is not column]
        self._by_key.clear()
        self._by_key.update(self._all)

    def extend(self, columns: t.Iterable[t.Any]) -> None:
        for column in columns:
            self.add(column)

    def clear(self) -> None:
        self._all.clear()
        self._by_key.clear()


class DedupeColumnCollection(WriteableColumnCollection):
    """Columns of a table: one for each key."""

    __slots__ = ()


class ReadOnlyColumnCollection(ColumnCollection):
    """Columns as a statement or a table shows them."""

    __slots__ = ()

    def add(self, column: t.Any, key: str | None = None) -> None:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly.")

    def remove(self, column: t.Any) -> None:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly.")


_core.register_hook("ColumnCollection", ColumnCollection)
