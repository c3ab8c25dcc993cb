"""What Alembic's autogenerate is told about tables that were drawn here.

Its comparators are one registry for the process; these answer for our tables alone.
"""

from __future__ import annotations

import functools
import typing as t
from weakref import WeakSet

import sqlalchemy as sa
from alembic.autogenerate import comparators
from alembic.util import PriorityDispatchResult

from .types import Spelled

__all__ = ["drawn"]

drawn: WeakSet[sa.MetaData] = WeakSet()
"""The MetaData objects made by `to_sqlalchemy`."""


@comparators.dispatch_for("schema")
def _prepare(context: t.Any, upgrade_ops: t.Any, schemas: t.Any) -> PriorityDispatchResult:
    """Has `_render` asked when the migration is written."""
    given = context.metadata if isinstance(context.metadata, (list, tuple)) else (context.metadata,)
    users = context.opts.get("render_item")
    if any(metadata in drawn for metadata in given) and getattr(users, "func", None) is not _render:
        context.opts["render_item"] = functools.partial(_render, users)
    return PriorityDispatchResult.CONTINUE


def _render(users: t.Any, kind: str, item: t.Any, context: t.Any) -> t.Any:
    """`render_item`, after that of env.py: migrations that name `Spelled` import it. False leaves an item to Alembic."""
    rendered = users(kind, item, context) if users else False
    if rendered is False and kind == "type" and isinstance(item, Spelled):
        context.imports.add("import cormorant.migrate")
        return f"cormorant.migrate.{item!r}"
    return rendered


@comparators.dispatch_for("column", subgroup="types")
def _compare_as_read(
    context: t.Any, change: t.Any, schema: str | None, table: str, name: str, there: t.Any, wanted: t.Any
) -> PriorityDispatchResult:
    """SQLite keeps any spelling of a type, and SQLAlchemy reads it back as one of a few: what is there is compared with what the
    wanted type would be read back as, else UUID or VARBINARY would seem changed for ever."""
    if context.dialect.name != "sqlite" or context.migration_context._user_compare_type is not True or wanted.table.metadata not in drawn:
        return PriorityDispatchResult.CONTINUE
    change.existing_type = there.type
    spelled = wanted.type.dialect_impl(context.dialect).compile(context.dialect)
    found = _as_read(spelled, context.dialect)
    if found != there.type.compile(context.dialect):
        return PriorityDispatchResult.CONTINUE
    return PriorityDispatchResult.STOP


def _as_read(spelled: str, dialect: t.Any) -> str:
    """The type that reflection finds in a column of that spelling."""
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE TABLE t (c {spelled})")
            return str(sa.inspect(connection).get_columns("t")[0]["type"].compile(dialect))
    finally:
        engine.dispose()
