"""SQL types: the class of the same name, with the same arguments."""

from __future__ import annotations

import inspect
import typing as t

import sqlalchemy as sa

from .. import _core, exc
from ..dialects import dialect_object
from ..sql import sqltypes
from ..sql.type_api import OWN_NAMES, TypeDecorator, UserDefinedType, to_instance
from .expressions import to_expression

__all__ = ["Spelled", "to_type"]

_DIALECTS = ("sqlite", "postgresql", "mysql")


class Spelled(sa.types.UserDefinedType[t.Any]):
    """A type known by its spelling alone: what a `UserDefinedType` is in a migration."""

    __module__ = "cormorant.migrate"  # under which migrations name it
    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def get_col_spec(self, **kw: t.Any) -> str:
        return self.spelling

    def __repr__(self) -> str:
        return f"Spelled({self.spelling!r})"


def to_type(ours: t.Any) -> sa.types.TypeEngine[t.Any]:
    """SQLAlchemy's type. A TypeDecorator becomes what it stores, as every dialect has it.

    fails: NotImplementedError for a type that no column has.
    """
    made: t.Any = _without_variants(ours)
    for name, variant in ours._variant_mapping.items():
        made = made.with_variant(to_type(variant), name)
    return t.cast("sa.types.TypeEngine[t.Any]", made)


def _without_variants(ours: t.Any) -> sa.types.TypeEngine[t.Any]:
    cls = next(c for c in type(ours).__mro__ if c.__module__.split(".")[0] in OWN_NAMES)
    if cls is TypeDecorator:
        return _decorated(ours)
    if issubclass(cls, UserDefinedType):
        return Spelled(ours._spell())
    if cls is sqltypes.PickleType:
        plain = type(ours.impl) is sqltypes.LargeBinary and ours.impl.length is None
        return sa.PickleType() if plain else sa.PickleType(impl=to_type(ours.impl))
    if cls in (sqltypes.TupleType, sqltypes.TableValueType, sqltypes.TypeEngine):
        raise NotImplementedError(f"{cls.__name__} is no type of columns")
    real = _class_of(cls)
    if issubclass(cls, sqltypes.Enum):
        return _enum(ours, real)
    values: list[t.Any] = []
    arguments: dict[str, t.Any] = {}
    for name, parameter in _parameters(real).items():
        value = getattr(ours, name, parameter.default)
        if parameter.kind is parameter.VAR_POSITIONAL:
            values = list(getattr(ours, name, ()))
        elif isinstance(value, _core.Node):
            arguments[name] = to_expression(value)
        elif value is not parameter.default and value != parameter.default:
            arguments[name] = to_type(value) if isinstance(value, sqltypes.TypeEngine) else value
    return t.cast("sa.types.TypeEngine[t.Any]", real(*values, **arguments))


def _class_of(cls: type) -> t.Any:
    """The class of that name in SQLAlchemy."""
    parts = cls.__module__.split(".")
    where = f"sqlalchemy.dialects.{parts[2]}" if parts[1] == "dialects" else "sqlalchemy.sql.sqltypes"
    try:
        return getattr(__import__(where, fromlist=[cls.__name__]), cls.__name__)
    except (ImportError, AttributeError):
        raise NotImplementedError(f"the type {cls.__module__}.{cls.__name__} has no counterpart in {where}") from None


def _parameters(real: type) -> dict[str, inspect.Parameter]:
    """What the constructor takes, and what it hands on to its bases'."""
    found: dict[str, inspect.Parameter] = {}
    for cls in real.__mro__:
        init = cls.__dict__.get("__init__")
        if not inspect.isfunction(init):
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        for p in parameters:
            if p.kind is not p.VAR_KEYWORD and not p.name.startswith("_"):
                found.setdefault(p.name, p)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found


def _enum(ours: t.Any, real: t.Any) -> sa.types.TypeEngine[t.Any]:
    """The words; members of a Python class are stored by name, and a table knows no more."""
    arguments = {n: getattr(ours, n) for n in ("schema", "inherit_schema", "quote", "native_enum", "create_constraint")}
    if ours.length != max((len(w) for w in ours.enums), default=0):
        arguments["length"] = ours.length
    if ours.collation is not None:
        arguments["collation"] = ours.collation
    if "create_type" in _parameters(real):
        arguments["create_type"] = ours.create_type
    if getattr(ours, "charset", None) is not None:
        arguments["charset"] = ours.charset
    return t.cast("sa.types.TypeEngine[t.Any]", real(*ours.enums, name=None if ours.name is None else str(ours.name), **arguments))


def _decorated(ours: t.Any) -> sa.types.TypeEngine[t.Any]:
    impl = ours.impl_instance
    made = to_type(impl)
    if not ours._overrides("load_dialect_impl"):
        return made
    for name in _DIALECTS:
        try:
            chosen = to_instance(ours.load_dialect_impl(dialect_object(name)))
        except (ImportError, AttributeError, NotImplementedError, exc.NoSuchModuleError):
            continue  # a dialect that is not there yet
        if repr(chosen) != repr(impl):
            made = made.with_variant(to_type(chosen), name)
    return made
