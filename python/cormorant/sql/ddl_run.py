"""Creating and dropping tables and indexes, many at a time."""

from __future__ import annotations

import typing as t

from .. import exc
from ..event.registry import fire, heard
from ..inspection import inspect
from .alterations import CreateSequence, DropSequence
from .ddl import CreateIndex, DropIndex
from .ddl_base import CheckFirst
from .ddl_order import layers
from .schema_types import create_types, drop_types

__all__ = ["create_all", "create_index", "drop_all", "drop_index", "run"]


def _checks_tables(checkfirst: t.Any) -> bool:
    return bool(checkfirst & CheckFirst.TABLES) if isinstance(checkfirst, CheckFirst) else bool(checkfirst)


def _connection_of(bind: t.Any) -> tuple[t.Any, t.Any]:
    """(connection, what ends it or None)."""
    if bind is None:
        raise exc.UnboundExecutionError("a bind (engine or connection) is needed")
    if hasattr(bind, "_run_ddl_visitor") and not hasattr(bind, "_create_tables"):
        return bind, None
    if hasattr(bind, "_create_tables"):
        return bind, None
    context = bind.begin()
    return context.__enter__(), context


def run(bind: t.Any, work: t.Callable[[t.Any], None]) -> None:
    connection, context = _connection_of(bind)
    if context is None:
        work(connection)
        return
    try:
        work(connection)
    except BaseException as e:
        if not context.__exit__(type(e), e, e.__traceback__):
            raise
    else:
        context.__exit__(None, None, None)


def create_all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any) -> None:
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    run(bind, lambda connection: _create(connection, metadata, chosen, _checks_tables(checkfirst)))


def drop_all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any) -> None:
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    run(bind, lambda connection: _drop(connection, metadata, chosen, _checks_tables(checkfirst)))


def _special(table: t.Any) -> bool:
    """Tables that cannot be handed to the core in one batch: somebody listens, or says how to make them."""
    names = ("_ddl_if", "_creator_ddl", "_dropper_ddl")
    return bool(heard(table)) or any(table.__dict__.get(n) is not None for n in names)


def _create(connection: t.Any, metadata: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    for table in tables:  # a key that leads nowhere is found before anything is created
        for key in table.foreign_keys:
            key.column  # noqa: B018
    tables, _ = layers(sorted(tables, key=lambda x: x.key), None)
    create_types(connection, metadata, tables, checkfirst)
    for sequence in _sequences(connection, metadata, tables):
        connection.execute(CreateSequence(sequence, if_not_exists=checkfirst))
    if metadata is not None and heard(metadata):
        wanted = [x for x in tables if not checkfirst or not connection._has_table(x.name, x.schema)]
        fire(metadata, "before_create", metadata, connection, tables=wanted, checkfirst=checkfirst)
        _create_each(connection, wanted, False)
        fire(metadata, "after_create", metadata, connection, tables=wanted, checkfirst=checkfirst)
    else:
        _create_each(connection, tables, checkfirst)


def _sequences(connection: t.Any, metadata: t.Any, tables: list[t.Any]) -> list[t.Any]:
    """Those that columns of the tables take numbers from, and those that belong to the metadata alone."""
    if not connection.dialect.supports_sequences:
        return []
    found = [] if metadata is None else [s for s in metadata._sequences.values() if s.column is None]
    found += [c.default for x in tables for c in x.columns if c.default is not None and c.default.is_sequence and not c.default.optional]
    return list({s._key: s for s in found}.values())


def _create_each(connection: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    if not any(_special(x) for x in tables):
        connection._create_tables(tables, checkfirst)
        return
    for table in tables:
        if table._ddl_if is not None and not table._ddl_if._should_execute(table, table, connection):
            continue
        if checkfirst and connection._has_table(table.name, table.schema):
            continue
        fire(table, "before_create", table, connection, checkfirst=checkfirst)
        creator = table.__dict__.get("_creator_ddl")
        if creator is not None:
            connection.execute(creator)
        else:
            connection._create_tables([table], False)
        fire(table, "after_create", table, connection, checkfirst=checkfirst)


def _drop(connection: t.Any, metadata: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    tables, _ = layers(sorted(tables, key=lambda x: x.key), None)
    if metadata is not None and heard(metadata):
        tables = [x for x in tables if not checkfirst or connection._has_table(x.name, x.schema)]
        fire(metadata, "before_drop", metadata, connection, tables=tables, checkfirst=checkfirst)
        _drop_each(connection, tables, False)
        fire(metadata, "after_drop", metadata, connection, tables=tables, checkfirst=checkfirst)
    else:
        _drop_each(connection, tables, checkfirst)
    for sequence in _sequences(connection, metadata, tables):
        connection.execute(DropSequence(sequence, if_exists=checkfirst))
    if metadata is not None:
        drop_types(connection, metadata, tables, checkfirst)


def _drop_each(connection: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    if not any(_special(x) for x in tables):
        connection._drop_tables(tables, checkfirst)
        return
    for table in reversed(tables):
        if checkfirst and not connection._has_table(table.name, table.schema):
            continue
        fire(table, "before_drop", table, connection, checkfirst=checkfirst)
        dropper = table.__dict__.get("_dropper_ddl")
        if dropper is not None:
            connection.execute(dropper)
        else:
            connection._drop_tables([table], False)
        fire(table, "after_drop", table, connection, checkfirst=checkfirst)


def create_index(bind: t.Any, index: t.Any, checkfirst: bool) -> None:
    def work(connection: t.Any) -> None:
        if not checkfirst or not _has_index(connection, index):
            connection.execute(CreateIndex(index))

    run(bind, work)


def drop_index(bind: t.Any, index: t.Any, checkfirst: bool) -> None:
    def work(connection: t.Any) -> None:
        if not checkfirst or _has_index(connection, index):
            connection.execute(DropIndex(index))

    run(bind, work)


def _has_index(connection: t.Any, index: t.Any) -> bool:
    found = inspect(connection).get_indexes(index.table.name, schema=index.table.schema)
    return any(i["name"] == index.name for i in found)
