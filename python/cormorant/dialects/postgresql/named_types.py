"""Types that are objects of the database: ENUM and DOMAIN."""

from __future__ import annotations

import typing as t
import warnings

from ... import _core, exc
from ...sql import sqltypes
from ...sql.ddl_base import CreateDropBase
from ...sql.definitions import sql_text
from ...sql.nodes import BindParameter
from ...sql.type_api import TypeEngine
from .._own import Own

__all__ = ["CreateDomainType", "CreateEnumType", "DOMAIN", "DropDomainType", "DropEnumType", "ENUM", "NamedType"]


class NamedType(sqltypes.SchemaType):
    """A type that the database knows by name."""

    def create(self, bind: t.Any, checkfirst: t.Any = True) -> None:
        """CREATE TYPE, unless it is there."""
        super().create(bind, checkfirst)

    def drop(self, bind: t.Any, checkfirst: t.Any = True) -> None:
        """DROP TYPE, where it is there."""
        super().drop(bind, checkfirst)


def named_type_ddl(type_: t.Any, drop: bool) -> t.Any:
    """The statement that creates or drops a type; None for one that is no object of the database."""
    if isinstance(type_, DOMAIN):
        return (DropDomainType if drop else CreateDomainType)(type_)
    if isinstance(type_, sqltypes.Enum) and type_.native_enum:
        return (DropEnumType if drop else CreateEnumType)(type_)
    return None


class ENUM(NamedType, sqltypes.Enum):
    """One of a few words, as a type of its own; elsewhere a text."""

    def __init__(self, *enums: t.Any, name: t.Any = None, create_type: bool = True, **kw: t.Any) -> None:
        if kw.pop("native_enum", None) is False:
            warnings.warn(
                "the native_enum flag does not apply to the cormorant.dialects.postgresql.ENUM datatype; this type always refers to ENUM. "
                "Use cormorant.types.Enum for non-native enum.", exc.SAWarning, stacklevel=2,
            )  # fmt: skip
        sqltypes.Enum.__init__(self, *enums, name=name, create_type=create_type, **kw)


def _in_schema(schema: str | None, name: t.Any) -> str:
    return ".".join(_core.quote(str(part), False, "postgresql") for part in (schema, name) if part)


class DOMAIN(Own, NamedType, TypeEngine[t.Any]):
    """Another type with conditions."""

    __visit_name__ = "DOMAIN"

    def __init__(
        self, name: str, data_type: t.Any, *, collation: str | None = None, default: t.Any = None, constraint_name: str | None = None,
        not_null: bool | None = None, check: t.Any = None, create_type: bool = True, collation_schema: str | None = None, **kw: t.Any,
    ) -> None:  # fmt: skip
        if collation_schema is not None and collation is None:
            raise exc.ArgumentError("the 'collation_schema' parameter of DOMAIN requires the 'collation' parameter to also be present")
        self.data_type = sqltypes.to_instance(data_type)
        self.default, self.collation, self.check = default, collation, check
        self.constraint_name, self.not_null, self.collation_schema = constraint_name, not_null, collation_schema
        sqltypes.SchemaType.__init__(self, name, create_type=create_type, **kw)

    def _native_def(self) -> tuple[t.Any, ...]:
        return self.data_type._native_def()

    def _spelled(self) -> str:
        return _in_schema(self.schema, self.name)


class _OfType(CreateDropBase):
    __slots__ = ()

    def __init__(self, element: t.Any, *, checkfirst: bool = False, **kw: t.Any) -> None:
        super().__init__(element)

    def _quoted(self) -> str:
        return _in_schema(self.element.schema, self.element.name)


class CreateEnumType(_OfType):
    """CREATE TYPE ... AS ENUM."""

    __slots__ = ()

    def _text(self, dialect: t.Any) -> str:
        words = ", ".join("'" + w.replace("'", "''") + "'" for w in self.element.enums)
        return f"CREATE TYPE {self._quoted()} AS ENUM ({words})"


class DropEnumType(_OfType):
    """DROP TYPE."""

    __slots__ = ()

    def _text(self, dialect: t.Any) -> str:
        return f"DROP TYPE {self._quoted()}"


class CreateDomainType(_OfType):
    """CREATE DOMAIN."""

    __slots__ = ()

    def _text(self, dialect: t.Any) -> str:
        d = self.element
        parts = [f"CREATE DOMAIN {self._quoted()} AS {d.data_type.compile(dialect)}"]
        if d.collation is not None:
            parts.append(f"COLLATE {_in_schema(d.collation_schema, d.collation)}")
        if d.default is not None:
            parts.append("DEFAULT " + sql_text(BindParameter(None, d.default, d.data_type) if isinstance(d.default, str) else d.default, dialect))
        if d.constraint_name is not None:
            parts.append(f"CONSTRAINT {_core.quote(d.constraint_name, False, 'postgresql')}")
        if d.not_null:
            parts.append("NOT NULL")
        if d.check is not None:
            parts.append(f"CHECK ({sql_text(d.check, dialect)})")
        return " ".join(parts)


class DropDomainType(_OfType):
    """DROP DOMAIN."""

    __slots__ = ()

    def _text(self, dialect: t.Any) -> str:
        return f"DROP DOMAIN {self._quoted()}"
