"""Keys and values in one column: HSTORE."""

from __future__ import annotations

import re
import typing as t

from ... import _core
from ...sql import sqltypes
from ...sql.functions import Function
from ...sql.indexing import named_bind
from ...sql.type_api import TypeEngine
from .._own import Own, operation
from .array import ARRAY

__all__ = ["HSTORE", "hstore"]

_PAIR = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*=>\s*(?:(NULL)|"((?:[^"\\]|\\.)*)")\s*,?', re.S)


def _escaped(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.S)


def _write(value: t.Mapping[str, t.Any]) -> str:
    for key, item in value.items():
        if not isinstance(key, str) or not (item is None or isinstance(item, str)):
            raise ValueError(f"{item if isinstance(key, str) else key!r} in an hstore: keys and values are strings")
    return ", ".join(f"{_escaped(k)}=>{'NULL' if v is None else _escaped(v)}" for k, v in value.items())


def _read(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise ValueError(f"After {text[:at]!r}, could not parse residual at position {at}: {text[at : at + 12]!r}")
        found[_plain(pair[1])] = None if pair[2] else _plain(pair[3])
        at = pair.end()
    return found


class HSTORE(Own, sqltypes.Indexable, sqltypes.Concatenable, TypeEngine[t.Mapping[str, t.Any]]):
    """A dictionary of strings."""

    __visit_name__ = "HSTORE"
    _kind = _core.T_STRING
    _python_type = dict
    hashable = False

    class Comparator(sqltypes.Indexable.Comparator[t.Any], sqltypes.Concatenable.Comparator[t.Any]):
        __slots__ = ()

        def __getitem__(self, key: t.Any) -> t.Any:
            return _core.make(_core.K_INDEX, _core.OP_ARRAY_INDEX, type=sqltypes.Text(), kids=(self.expr, named_bind(self.expr, key, sqltypes.Text()), None))

        def has_key(self, other: t.Any) -> t.Any:
            return operation(self.expr, "?", other, sqltypes.Text())

        def has_all(self, other: t.Any) -> t.Any:
            return operation(self.expr, "?&", other, ARRAY(sqltypes.Text))

        def has_any(self, other: t.Any) -> t.Any:
            return operation(self.expr, "?|", other, ARRAY(sqltypes.Text))

        def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
            return operation(self.expr, "@>", other)

        def contained_by(self, other: t.Any) -> t.Any:
            return operation(self.expr, "<@", other)

        def concat(self, other: t.Any) -> t.Any:
            return operation(self.expr, "||", other, result=self.type)

        def __add__(self, other: t.Any) -> t.Any:
            return self.concat(other)

        def _function(self, name: str, type_: t.Any, *arguments: t.Any) -> t.Any:
            return Function(name, self.expr, *arguments, type_=type_)

        def defined(self, key: t.Any) -> t.Any:
            return self._function("defined", sqltypes.Boolean, key)

        def delete(self, key: t.Any) -> t.Any:
            return self._function("delete", HSTORE, key)

        def slice(self, array: t.Any) -> t.Any:
            return self._function("slice", HSTORE, array)

        def keys(self) -> t.Any:
            return self._function("akeys", ARRAY(sqltypes.Text))

        def vals(self) -> t.Any:
            return self._function("avals", ARRAY(sqltypes.Text))

        def array(self) -> t.Any:
            return self._function("hstore_to_array", ARRAY(sqltypes.Text))

        def matrix(self) -> t.Any:
            return self._function("hstore_to_matrix", ARRAY(sqltypes.Text, dimensions=2))

    comparator_factory = Comparator

    def __init__(self, text_type: t.Any = None) -> None:
        self.text_type = sqltypes.to_instance(text_type) if text_type is not None else sqltypes.Text()

    def _flags(self) -> int:
        return int(_core.TYPE_HOST | _core.TYPE_COMPARATOR)

    def _operate(self, op: t.Any, left: t.Any, right: t.Any) -> t.Any:
        if op == _core.OP_JSON_INDEX:
            return HSTORE.Comparator(left)[right]
        if op in (_core.OP_ADD, _core.OP_CONCAT):
            return HSTORE.Comparator(left).concat(right)
        if op == _core.OP_CONTAINS:
            return HSTORE.Comparator(left).contains(right)
        return super()._operate(op, left, right)

    def _bind(self, value: t.Any) -> t.Any:
        return _write(value) if isinstance(value, t.Mapping) else value

    def _result(self, value: t.Any) -> t.Any:
        return _read(value) if isinstance(value, str) else value


class hstore(Function[t.Any]):  # noqa: N801 - the name of the API
    """`hstore('key', 'value')`."""

    __slots__ = ()
    inherit_cache = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__("hstore", *args, type_=HSTORE(), **kwargs)
