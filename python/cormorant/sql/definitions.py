"""Expressions inside definitions: computed columns, checks, defaults, index columns."""

from __future__ import annotations

import typing as t

from .. import _core
from .items import SchemaItem
from .type_api import current_dialect

__all__ = ["columns_in", "moved_to", "server_default_text", "sql_text", "table_suffix"]


def columns_in(expression: t.Any) -> list[t.Any]:
    """The table columns that an expression mentions, each once."""
    if not isinstance(expression, _core.Node):
        return []
    found: list[t.Any] = []
    for node in _core.walk(expression):
        if isinstance(node, SchemaItem) and not any(node is f for f in found):
            found.append(node)
    return found


def _free_columns(expression: t.Any) -> t.Any:
    """The expression with columns that print without their table, as CREATE TABLE wants them."""
    columns = columns_in(expression)
    if not columns:
        return expression
    free = [_core.make(_core.K_COLUMN, name=str(c.name), type=c.type, flags=c._flags & (_core.FLAG_QUOTE | _core.FLAG_NO_QUOTE)) for c in columns]
    return _core.adapt(expression, columns, free)


def moved_to(expression: t.Any, old: t.Any, new: t.Any) -> t.Any:
    """The expression over the columns of another table with the same keys."""
    if old is None or new is None or not isinstance(expression, _core.Node):
        return expression
    columns = [c for c in columns_in(expression) if c.table is old and c.key in new.c]
    return _core.adapt(expression, columns, [new.c[c.key] for c in columns]) if columns else expression


def sql_text(expression: t.Any, dialect: t.Any = None) -> str:
    """SQL of an expression inside a definition: no table names, values written out."""
    if isinstance(expression, str):
        return str(expression)
    if hasattr(expression, "__clause_element__"):
        expression = expression.__clause_element__()
    if expression._kind == _core.K_TEXT and not expression._seg(0):
        return str(expression._name)
    return str(_free_columns(expression).compile(dialect=dialect or current_dialect(), compile_kwargs={"literal_binds": True}))


def server_default_text(default: t.Any) -> str:
    """What stands after DEFAULT."""
    arg = default.arg
    if isinstance(arg, str):
        return "'" + arg.replace("'", "''") + "'"
    text = sql_text(arg)
    if current_dialect().name == "sqlite" and arg._kind not in (_core.K_TEXT, _core.K_NULL_, _core.K_TRUE_, _core.K_FALSE_, _core.K_LITERAL_COLUMN):
        return f"({text})"
    return text


def table_suffix(table: t.Any) -> str | None:
    """Text after the closing parenthesis of CREATE TABLE."""
    options = table.dialect_options[current_dialect().name]
    if current_dialect().name == "sqlite":
        words = [w for key, w in (("with_rowid", "WITHOUT ROWID"),) if options[key] is False]
        words += ["STRICT"] if options["strict"] else []
        return " " + ", ".join(words) if words else None
    return None
