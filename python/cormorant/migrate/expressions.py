"""SQL expressions of a schema: defaults, conditions, index expressions."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from .. import _core, exc
from ..dialects import dialect_object
from ..sql.definitions import sql_text

__all__ = ["Expression", "to_expression"]


class Expression(sa.ColumnElement[t.Any]):
    """A Cormorant expression inside a SQLAlchemy definition; Cormorant spells it, for the dialect that asks."""

    inherit_cache = False

    def __init__(self, ours: t.Any) -> None:
        self.ours = ours
        self.type = sa.types.NULLTYPE


@compiles(Expression)
def _spell(element: t.Any, compiler: t.Any, **kw: t.Any) -> str:
    try:
        text = sql_text(element.ours, dialect_object(compiler.dialect.name))
    except exc.NoSuchModuleError:  # a database that Cormorant does not speak to: standard SQL
        text = sql_text(element.ours, dialect_object("default"))
    return str(compiler.process(_text(text), **kw))


def _text(sql: str) -> t.Any:
    """text() in which a colon is a colon."""
    return sa.text(sql.replace(":", "\\:"))


def to_expression(ours: t.Any) -> t.Any:
    """An expression or a string of SQL for SQLAlchemy's definitions."""
    if isinstance(ours, str):
        return _text(ours)
    if hasattr(ours, "__clause_element__"):
        ours = ours.__clause_element__()
    plain = ours._kind == _core.K_TEXT and not ours._seg(0)
    return _text(str(ours._name)) if plain else Expression(ours)
