"""Where a foreign key leads, by names."""

from __future__ import annotations

import enum
import typing as t

from .. import exc

__all__ = ["BLANK_SCHEMA", "ForeignKeyTarget", "RETAIN_SCHEMA", "SchemaConst"]


class SchemaConst(enum.Enum):
    """What may stand for the name of a schema."""

    RETAIN_SCHEMA = 1
    BLANK_SCHEMA = 2
    NULL_UNSPECIFIED = 3


RETAIN_SCHEMA = SchemaConst.RETAIN_SCHEMA
BLANK_SCHEMA = SchemaConst.BLANK_SCHEMA


class ForeignKeyTarget(t.NamedTuple):
    """Where a foreign key leads; names with dots in them can be said in no other way."""

    schema: str | None
    table_name: str
    column_name: str | None

    @classmethod
    def of(cls, given: str | tuple[t.Any, ...]) -> ForeignKeyTarget:
        """The target behind "schema.table.column", (table, column) or (schema, table, column)."""
        if isinstance(given, str):
            parts = given.split(".")
            return cls(None, given, None) if len(parts) == 1 else cls(".".join(parts[:-2]) or None, parts[-2], parts[-1])
        if len(given) not in (2, 3):
            raise exc.ArgumentError(
                "ForeignKey target given as a tuple must have two tokens (table_name, column_name) or three tokens "
                f"(schema, table_name, column_name); got {len(given)}"
            )
        made = cls(*given) if len(given) == 3 else cls(None, *given)
        if not made.table_name:
            raise exc.ArgumentError("ForeignKey target table_name must be a non-empty string")
        return made

    def moved(self, schema: t.Any) -> ForeignKeyTarget:
        """The same in another schema; None and RETAIN_SCHEMA leave it where it is."""
        if schema is None or schema is RETAIN_SCHEMA:
            return self
        return self._replace(schema=None if schema is BLANK_SCHEMA else schema)

    def _unspeakable(self) -> str | None:
        """Why there is no dotted name."""
        if self.table_name is None:
            return "the target has no table name"
        if "." in self.table_name:
            return f"the table name {self.table_name!r} contains a dot"
        if self.column_name is not None and "." in self.column_name:
            return f"the column name {self.column_name!r} contains a dot"
        if self.column_name is None and self.schema is not None:
            return f"a schema name {self.schema!r} is present with no column name"
        return None

    def _as_string(self) -> str:
        """The dotted name."""
        why = self._unspeakable()
        if why is not None:
            said = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            raise exc.InvalidRequestError(f"Can't render a single string representation for foreign key target ({said}); {why}")
        return ".".join(part for part in self if part is not None)

    def __str__(self) -> str:
        return self._as_string() if self._unspeakable() is None else f"({', '.join(f'{k}={v!r}' for k, v in self._asdict().items())})"
