"""Types that are objects of the database: ENUM and DOMAIN."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql import sqltypes
from ...sql.ddl_base import CreateDropBase
from ...sql.definitions import sql_text
from ...sql.type_api import TypeEngine
from .._own import Own

__all__ = ["CreateDomainType", "CreateEnumType", "DOMAIN", "DropDomainType", "DropEnumType", "ENUM", "NamedType"]


class NamedType(sqltypes.SchemaType):
    """A type that the database knows by name."""


class ENUM(NamedType, sqltypes.Enum):
    """One of a few words, as a type of its own; elsewhere a text."""

    def __init__(self, *enums: t.Any, name: t.Any = None, create_type: bool = True, **kw: t.Any) -> None:
        native = kw.pop("native_enum", None)
        if native is False:
            raise exc.ArgumentError("the native_enum flag does not apply to the ENUM of PostgreSQL, which is always native; use Enum")
        sqltypes.Enum.__init__(self, *enums, name=name, create_type=create_type, **kw)


class DOMAIN(Own, NamedType, TypeEngine[t.Any]):
    """Another type with conditions."""

    __visit_name__ = "DOMAIN"

    def __init__(
        self, name: str, data_type: t.Any, *, collation: str | None = None, default: t.Any = None, constraint_name: str | None = None,
        not_null: bool | None = None, check: t.Any = None, create_type: bool = True, **kw: t.Any,
    ) -> None:  # fmt: skip
        self.data_type = sqltypes.to_instance(data_type)
        self.default, self.collation, self.check = default, collation, check
        self.constraint_name, self.not_null, self.create_type = constraint_name, not_null, create_type
        sqltypes.SchemaType.__init__(self, name, **kw)

    def _native_def(self) -> tuple[t.Any, ...]:
        return self.data_type._native_def()

    def _spelled(self) -> str:
        return t.cast(str, _core.quote(str(self.name), False, "postgresql"))


class _OfType(CreateDropBase):
    __slots__ = ()

    def __init__(self, element: t.Any, *, checkfirst: bool = False, **kw: t.Any) -> None:
        super().__init__(element)

    def _quoted(self) -> str:
        name = _core.quote(str(self.element.name), False, "postgresql")
        return f"{_core.quote(self.element.schema, False, 'postgresql')}.{name}" if self.element.schema else name


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
            parts.append(f"COLLATE {_core.quote(d.collation, False, 'postgresql')}")
        if d.default is not None:
            parts.append("DEFAULT " + (sql_text(d.default, dialect) if not isinstance(d.default, str) else d.default))
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
