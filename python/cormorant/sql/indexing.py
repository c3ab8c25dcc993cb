"""`column[...]` of documents and lists; the core asks when it meets one."""

from __future__ import annotations

import typing as t

from .. import _core
from .nodes import BindParameter
from .sqltypes import ARRAY, INTEGERTYPE, JSON
from .type_api import TypeEngine


def index_of(left: t.Any, key: t.Any) -> t.Any:
    """`left[key]` of a document or a list."""
    kind = left.type
    if isinstance(kind, ARRAY) or isinstance(getattr(kind, "impl", None), ARRAY):
        return _array_index(left, kind, key)
    path = isinstance(key, (list, tuple))
    if not isinstance(key, _core.Node) and not hasattr(key, "__clause_element__"):
        which = JSON.JSONPathType if path else JSON.JSONIntIndexType if isinstance(key, int) else JSON.JSONStrIndexType
        key = named_bind(left, key, which())
    return _core.make(_core.K_INDEX, _core.OP_JSON_PATH if path else _core.OP_JSON_INDEX, type=kind, kids=(left, _core.coerce(key, _core.ROLE_EXPR), None))


def named_bind(left: t.Any, value: t.Any, type_: TypeEngine[t.Any]) -> t.Any:
    """A parameter named after what it is compared with."""
    name = getattr(left, "_name", None) if left._kind in (_core.K_COLUMN, _core.K_PROXY) else getattr(left, "key", None)
    return BindParameter(name if isinstance(name, str) else None, value, type_, unique=True)


def _array_index(left: t.Any, kind: t.Any, key: t.Any) -> t.Any:
    array = kind if isinstance(kind, ARRAY) else kind.impl
    shift = 1 if array.zero_indexes else 0
    if isinstance(key, slice):
        ends = [_array_bound(left, x, shift) for x in (key.start, key.stop, key.step)]
        return _core.make(_core.K_INDEX, _core.OP_ARRAY_INDEX, type=kind, kids=(left, _core.make(_core.K_SLICE, kids=tuple(ends)), None))
    inner = array.item_type
    if array.dimensions is not None and array.dimensions > 1:
        inner = array._raw_copy()
        inner.dimensions = array.dimensions - 1
    return _core.make(_core.K_INDEX, _core.OP_ARRAY_INDEX, type=inner, kids=(left, _array_bound(left, key, shift), None))


def _array_bound(left: t.Any, value: t.Any, shift: int) -> t.Any:
    if value is None:
        return None
    if isinstance(value, int):
        return named_bind(left, value + shift, INTEGERTYPE)
    return _core.coerce(value, _core.ROLE_EXPR)


_core.register_hook("index", index_of)
