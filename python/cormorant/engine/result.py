"""Results: the rows of a statement and their views. What happens per row is in the extension; this is what happens per result."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from .row import RMKeyView

__all__ = [
    "ChunkedIteratorResult", "CursorResult", "FilterResult", "FrozenResult", "IteratorResult", "MappingResult", "MergedResult",
    "Result", "ResultMetaData", "RMKeyView", "ScalarResult", "SimpleResultMetaData", "TupleResult", "null_result", "result_tuple",
]  # fmt: skip

_ROWS, _SCALARS, _MAPPINGS = 0, 1, 2
ResultMetaData = SimpleResultMetaData = _core.RowMeta


class _Rows(_core.Result):
    """What results and their views share."""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc_info: t.Any) -> None:
        self.close()

    def yield_per(self, num: int) -> t.Self:
        """Fetches that many rows at a time in partitions() and fetchmany()."""
        self._set_yield_per(num)
        return self

    def partitions(self, size: int | None = None) -> t.Iterator[list[t.Any]]:
        """The rows as lists of `size`."""
        size = size or self._yield_per or 1
        while True:
            rows = self.fetchmany(size)
            if not rows:
                return
            yield rows

    def _positions(self, columns: t.Sequence[t.Any]) -> tuple[int, ...]:
        picked = self._metadata
        return tuple(picked.find(c) for c in columns)

    def keys(self) -> RMKeyView:
        """Names of the columns."""
        return RMKeyView(self._metadata)


class Result(_Rows):
    """Rows of a statement."""

    def mappings(self) -> MappingResult:
        """The rows as mappings."""
        return t.cast("MappingResult", self._view(_MAPPINGS))

    def columns(self, *col_expressions: t.Any) -> t.Self:
        """Some of the columns, in the order named."""
        return t.cast("t.Self", self._view(_ROWS, 0, self._positions(col_expressions)))

    def tuples(self) -> t.Self:
        return self

    @property
    def t(self) -> t.Self:
        return self

    def _column_slices(self, indexes: t.Sequence[t.Any]) -> t.Self:
        return self.columns(*indexes)

    def freeze(self) -> FrozenResult:
        """A copy of all rows that can be read again and again."""
        return FrozenResult(self)

    def merge(self, *others: Result) -> MergedResult:
        """The rows of this result followed by those of others."""
        return MergedResult(self._metadata, (self, *others))

    def __class_getitem__(cls, item: t.Any) -> t.Any:
        return cls


class CursorResult(Result):
    """Rows of a statement that a database executed, and what else it said."""

    @property
    def connection(self) -> t.Any:
        found = self._keep  # the connection, or the session whose connection it was
        return found if isinstance(found, _core.Connection) else found.connection()

    @property
    def dialect(self) -> t.Any:
        return self.connection.dialect

    @property
    def context(self) -> t.Any:
        from .default import DefaultExecutionContext

        return DefaultExecutionContext(self.connection, self._statement, result=self)

    @property
    def is_insert(self) -> bool:
        return self._statement is not None and self._statement._kind == _core.K_INSERT

    def supports_sane_rowcount(self) -> bool:
        return True

    def supports_sane_multi_rowcount(self) -> bool:
        return True

    def _target(self, what: str) -> t.Any:
        if not self.is_insert:
            raise exc.InvalidRequestError(f"Statement is not an insert() expression construct; there is no {what}.")
        return self._statement.table

    @property
    def inserted_primary_key(self) -> t.Any:
        """Primary key of the row inserted, as a row."""
        table = self._target("inserted primary key")
        columns = list(table.primary_key.columns)
        meta = _core.RowMeta([c.key for c in columns])
        known = not self._statement._flags & _core.FLAG_FROM_SELECT  # of the rows of a SELECT none is meant
        return meta.row([self._written(c, True) if known else None for c in columns])

    @property
    def inserted_primary_key_rows(self) -> list[t.Any]:
        return [self.inserted_primary_key]

    @property
    def returned_defaults(self) -> t.Any:
        return None

    @property
    def returned_defaults_rows(self) -> t.Any:
        return None

    def last_inserted_params(self) -> dict[str, t.Any]:
        """Values of the row inserted, by column."""
        table = self._target("inserted row")
        found = {c.key: self._written(c, False) for c in table.c}
        return {k: v for k, v in found.items() if v is not None}

    def last_updated_params(self) -> dict[str, t.Any]:
        if self._statement is None or self._statement._kind != _core.K_UPDATE:
            raise exc.InvalidRequestError("Statement is not an update() expression construct.")
        found = {c.key: self._written(c, False) for c in self._statement.table.c}
        return {k: v for k, v in found.items() if v is not None}

    def lastrow_has_defaults(self) -> bool:
        return self.is_insert and any(c.server_default is not None for c in self._statement.table.c)

    def prefetch_cols(self) -> list[t.Any]:
        return [c for c in self._target("prefetched column").c if c.default is not None]

    def postfetch_cols(self) -> list[t.Any]:
        return [c for c in self._target("column to be fetched").c if c.server_default is not None]


class FilterResult(_Rows):
    """A view of a result's rows."""

    __class_getitem__ = classmethod(types.GenericAlias)

    @property
    def _real_result(self) -> t.Any:
        return self._base


class ScalarResult(FilterResult):
    """One column of a result."""

    def __class_getitem__(cls, item: t.Any) -> t.Any:
        return cls


class TupleResult(FilterResult):
    """A result as type checkers see its rows."""


class MappingResult(FilterResult):
    """The rows of a result as mappings."""

    def columns(self, *col_expressions: t.Any) -> t.Self:
        return t.cast("t.Self", self._view(_MAPPINGS, 0, self._positions(col_expressions)))


class IteratorResult(Result):
    """A result over rows made in Python."""

    def __new__(cls, cursor_metadata: t.Any, iterator: t.Iterable[t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
        if kwargs.get("_source_supports_scalars"):  # single values: the rows have one column, the first
            cursor_metadata, iterator = cursor_metadata.pick((0,)), ((value,) for value in iterator)
        return super().__new__(cls, cursor_metadata, iterator)

    def __init__(self, cursor_metadata: t.Any, iterator: t.Iterable[t.Any], raw: t.Any = None, **kwargs: t.Any) -> None:
        self.raw = raw


class ChunkedIteratorResult(IteratorResult):
    """A result over rows that come in lists, made by a function of their number."""

    def __new__(cls, cursor_metadata: t.Any, chunks: t.Any, source_supports_scalars: bool = False, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return super().__new__(cls, cursor_metadata, (row for chunk in chunks(None) for row in chunk), _source_supports_scalars=source_supports_scalars)

    def __init__(self, cursor_metadata: t.Any, chunks: t.Any, source_supports_scalars: bool = False, raw: t.Any = None, dynamic_yield_per: bool = False) -> None:
        self.raw = raw


class MergedResult(IteratorResult):
    """Rows of several results, one after the other."""

    def __new__(cls, cursor_metadata: t.Any, results: t.Sequence[Result]) -> t.Any:
        return super().__new__(cls, cursor_metadata, (tuple(row) for result in results for row in result))

    def __init__(self, cursor_metadata: t.Any, results: t.Sequence[Result]) -> None:
        self.raw = None
        self.rowcount = sum(r.rowcount for r in results) if all(hasattr(r, "rowcount") for r in results) else -1
        unique = results[0]._unique_filter if results else False
        if unique is not False:
            self.unique(unique)


class FrozenResult:
    """All rows of a result, to be read as often as wanted: calling it answers a Result."""

    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, result: t.Any) -> None:
        self.metadata = result._metadata
        self.data = [tuple(row) for row in result.all()]

    def rewrite_rows(self) -> list[list[t.Any]]:
        return [list(row) for row in self.data]

    def with_new_rows(self, tuple_data: t.Sequence[t.Any]) -> FrozenResult:
        made = FrozenResult.__new__(FrozenResult)
        made.metadata, made.data = self.metadata, [tuple(row) for row in tuple_data]
        return made

    def __call__(self) -> IteratorResult:
        return IteratorResult(self.metadata, iter(self.data))


def result_tuple(fields: t.Sequence[str], extra: t.Any = None) -> t.Callable[[t.Iterable[t.Any]], t.Any]:
    """A function that makes rows with the names given."""
    return _core.RowMeta(fields).row  # type: ignore[no-any-return]


def null_result() -> IteratorResult:
    return IteratorResult(_core.RowMeta([]), iter(()))


_core.register_hook("Result", CursorResult)
_core.register_hook("ScalarResult", ScalarResult)
_core.register_hook("MappingResult", MappingResult)
