"""Names as a dialect writes them."""

from __future__ import annotations

import typing as t

from .. import _core
from .items import name_flags


def core_dialect(name: str | None) -> str | None:
    return None if name in (None, "default") else name


class IdentifierPreparer:
    """Quotes names for a dialect."""

    initial_quote = final_quote = '"'

    def __init__(self, dialect: t.Any = None) -> None:
        self.dialect = dialect
        self._name = getattr(dialect, "name", None)

    def quote(self, ident: str, force: t.Any = None) -> str:
        """A name, quoted where the dialect needs it."""
        wanted = name_flags(ident)
        if wanted == _core.FLAG_NO_QUOTE:
            return str(ident)
        return _core.quote(str(ident), wanted == _core.FLAG_QUOTE, core_dialect(self._name))

    def quote_identifier(self, value: str) -> str:
        return _core.quote(str(value), True, core_dialect(self._name))

    quote_schema = quote

    def format_table(self, table: t.Any, use_schema: bool = True, name: str | None = None) -> str:
        made = self.quote(name or table.name)
        return f"{self.quote(table.schema)}.{made}" if use_schema and getattr(table, "schema", None) else made

    def format_column(
        self, column: t.Any, use_table: bool = False, name: str | None = None, table_name: str | None = None, use_schema: bool = False, **kw: t.Any
    ) -> str:
        made = self.quote(name or column.name)
        if not use_table:
            return made
        return f"{self.quote(table_name) if table_name else self.format_table(column.table, use_schema)}.{made}"

    def format_schema(self, name: str) -> str:
        return self.quote(name)

    def format_label_name(self, name: str, anon_map: t.Any = None) -> str:
        return self.quote(name)

    def format_constraint(self, constraint: t.Any) -> str:
        return self.quote(constraint.name)

    format_index = format_constraint

    def format_sequence(self, sequence: t.Any, use_schema: bool = True) -> str:
        return self.quote(sequence.name)
