"""Objects for types that the core made by itself; it asks when a program looks at one."""

from __future__ import annotations

import typing as t

from .. import _core
from .sqltypes import (
    ARRAY, JSON, BigInteger, Boolean, Date, DateTime, Double, Enum, Float, Integer, Interval, LargeBinary, NullType, Numeric, SmallInteger,
    String, TableValueType, Text, Time, TupleType, Uuid,
)
from .type_api import TypeEngine

_BY_KIND: dict[int, type[TypeEngine[t.Any]]] = {
    cls._kind: cls
    for cls in (
        NullType, SmallInteger, Integer, BigInteger, Numeric, Float, Double, String, Text, Boolean, Date, Time, DateTime,
        Interval, LargeBinary, JSON, Uuid, TableValueType,
    )
}  # fmt: skip


def _make_type(
    kind: int, flags: int, length: t.Any, precision: t.Any, scale: t.Any, spelling: t.Any, collation: t.Any, name: t.Any,
    labels: tuple[str, ...], item: t.Any,
) -> TypeEngine[t.Any]:  # fmt: skip
    """The Python object of a type that the core made by itself."""
    if kind == _core.T_ENUM:
        return Enum(*labels, name=name, length=length)
    if kind == _core.T_ARRAY:
        return ARRAY(item, dimensions=length)
    if kind == _core.T_TUPLE:
        return TupleType()
    cls = _BY_KIND[kind]
    made = cls()
    for key, value in (("length", length), ("precision", precision), ("scale", scale), ("collation", collation)):
        if value is not None and hasattr(made, key):
            setattr(made, key, value)
    if hasattr(made, "asdecimal"):
        made.asdecimal = bool(flags & _core.TYPE_AS_DECIMAL)
    if hasattr(made, "timezone"):
        made.timezone = bool(flags & _core.TYPE_TIMEZONE)
    if isinstance(made, Uuid):
        made.as_uuid = not flags & _core.TYPE_UUID_TEXT
    return made


_core.register_hook("make_type", _make_type)
