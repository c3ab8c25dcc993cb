"""Creating and dropping tables and indexes, many at a time."""

from __future__ import annotations

import typing as t

from .. import exc
from ..event.registry import fire, heard
from ..inspection import inspect
from ..util import warn
from .alterations import CreateSequence, DropSequence
from .ddl import CreateIndex, DropIndex
from .ddl_base import CheckFirst, DDLRun, belongs, without
from .ddl_order import layers
from .schema_types import create_types, drop_types

__all__ = ["create_all", "create_index", "drop_all", "drop_index", "run"]


def _as_checks(checkfirst: t.Any) -> CheckFirst:
    """What to look for: True and False stand for everything and nothing."""
    return checkfirst if isinstance(checkfirst, CheckFirst) else CheckFirst.ALL if checkfirst else CheckFirst.NONE


def _checks_tables(checkfirst: CheckFirst) -> bool:
    return bool(checkfirst & CheckFirst.TABLES)


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
    _all(bind, metadata, tables, checkfirst, _create)


def drop_all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any) -> None:
    _all(bind, metadata, tables, checkfirst, _drop)


def _all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any, work: t.Callable[[DDLRun, t.Any, list[t.Any]], None]) -> None:
    chosen = list(metadata.tables.values()) if tables is None else list(tables)

    def on(connection: t.Any) -> None:
        checks = _as_checks(checkfirst) if connection._checks_first else CheckFirst.NONE
        work(DDLRun(connection, connection.dialect, checks, tables), metadata, chosen)

    run(bind, on)


def _special(table: t.Any) -> bool:
    """Tables that cannot be handed to the core in one batch: somebody listens, or says how to make them."""
    names = ("_ddl_if", "_creator_ddl", "_dropper_ddl")
    parts = (*table.constraints, *table.indexes)
    return (
        bool(heard(table))
        or any(table.__dict__.get(n) is not None for n in names)
        or any(p._isolated or p._ddl_if is not None or heard(p) for p in parts)
    )


def _create(ddl: DDLRun, metadata: t.Any, tables: list[t.Any]) -> None:
    connection, checks = ddl.connection, _checks_tables(ddl.checkfirst)
    for table in tables:  # a key that leads nowhere is found before anything is created
        for key in table.foreign_keys:
            key.column  # noqa: B018
    tables, _ = layers(sorted(tables, key=lambda x: x.key), None)
    create_types(connection, metadata, tables, checks)
    for sequence in _sequences(connection, metadata, tables):
        connection.execute(CreateSequence(sequence, if_not_exists=checks))
    if metadata is not None and heard(metadata):
        wanted = [x for x in tables if not checks or not connection._has_table(x.name, x.schema)]
        fire(metadata, "before_create", metadata, connection, tables=wanted, checkfirst=ddl.checkfirst, _ddl_runner=ddl)
        _create_each(ddl, metadata, wanted, False)
        fire(metadata, "after_create", metadata, connection, tables=wanted, checkfirst=ddl.checkfirst, _ddl_runner=ddl)
    else:
        _create_each(ddl, metadata, tables, checks)


def _sequences(connection: t.Any, metadata: t.Any, tables: list[t.Any]) -> list[t.Any]:
    """Those that columns of the tables take numbers from, and those that belong to the metadata alone."""
    if not connection.dialect.supports_sequences:
        return []
    found = [] if metadata is None else [s for s in metadata._sequences.values() if s.column is None]
    found += [c.default for x in tables for c in x.columns if c.default is not None and c.default.is_sequence and not c.default.optional]
    return list({s._key: s for s in found}.values())


def _create_each(ddl: DDLRun, metadata: t.Any, tables: list[t.Any], checks: bool) -> None:
    connection = ddl.connection
    if not any(_special(x) for x in tables):
        connection._create_tables(tables, checks)
        return
    told = {"checkfirst": ddl.checkfirst, "_ddl_runner": ddl, "_is_metadata_operation": metadata is not None}
    for table in tables:
        if table._ddl_if is not None and not table._ddl_if._should_execute(table, table, connection):
            continue
        if checks and connection._has_table(table.name, table.schema):
            continue
        fire(table, "before_create", table, connection, **told)
        creator = table.__dict__.get("_creator_ddl")
        if creator is not None:
            connection.execute(creator)
        else:
            _create_one(ddl, table)
        fire(table, "after_create", table, connection, **told)


def _create_one(ddl: DDLRun, table: t.Any) -> None:
    """A table with what belongs to it in this database, telling those who listen to its indexes."""
    connection = ddl.connection
    indexes = [i for i in table._sorted_indexes if belongs(i, ddl, connection, ddl.dialect)]
    if any(heard(i) for i in indexes):
        with without(table, [*table.indexes, *(c for c in table.constraints if not belongs(c, ddl, None, ddl.dialect))]):
            connection._create_tables([table], False)
        for index in indexes:
            _tell_index(ddl, index, False)
    else:
        parts = [i for i in table.indexes if i not in indexes]
        with without(table, [*parts, *(c for c in table.constraints if not belongs(c, ddl, None, ddl.dialect))]):
            connection._create_tables([table], False)


def _tell_index(ddl: DDLRun, index: t.Any, drop: bool) -> None:
    what = "drop" if drop else "create"
    fire(index, f"before_{what}", index, ddl.connection, _ddl_runner=ddl)
    ddl.connection.execute(DropIndex(index) if drop else CreateIndex(index))
    fire(index, f"after_{what}", index, ddl.connection, _ddl_runner=ddl)


def _drop(ddl: DDLRun, metadata: t.Any, tables: list[t.Any]) -> None:
    connection, checks = ddl.connection, _checks_tables(ddl.checkfirst)
    tables, cyclic = layers(sorted(tables, key=lambda x: x.key), None)
    if cyclic and not connection.dialect.supports_alter:
        warn(
            "Can't sort tables for DROP; an unresolvable foreign key dependency exists between tables: "
            f"{', '.join(sorted(x.fullname for x in cyclic))}; and backend does not support ALTER.  use_alter=True on a foreign key of the cycle "
            "leaves that key out of the order."
        )
    if metadata is not None and heard(metadata):
        tables = [x for x in tables if not checks or connection._has_table(x.name, x.schema)]
        fire(metadata, "before_drop", metadata, connection, tables=tables, checkfirst=ddl.checkfirst, _ddl_runner=ddl)
        _drop_each(ddl, metadata, tables, False)
        fire(metadata, "after_drop", metadata, connection, tables=tables, checkfirst=ddl.checkfirst, _ddl_runner=ddl)
    else:
        _drop_each(ddl, metadata, tables, checks)
    for sequence in _sequences(connection, metadata, tables):
        connection.execute(DropSequence(sequence, if_exists=checks))
    if metadata is not None:
        drop_types(connection, metadata, tables, checks)


def _drop_each(ddl: DDLRun, metadata: t.Any, tables: list[t.Any], checks: bool) -> None:
    connection = ddl.connection
    if not any(_special(x) for x in tables):
        connection._drop_tables(tables, checks)
        return
    told = {"checkfirst": ddl.checkfirst, "_ddl_runner": ddl, "_is_metadata_operation": metadata is not None}
    for table in reversed(tables):
        if checks and not connection._has_table(table.name, table.schema):
            continue
        fire(table, "before_drop", table, connection, **told)
        dropper = table.__dict__.get("_dropper_ddl")
        if dropper is not None:
            connection.execute(dropper)
        else:
            connection._drop_tables([table], False)
        fire(table, "after_drop", table, connection, **told)


def create_index(bind: t.Any, index: t.Any, checkfirst: t.Any) -> None:
    _one_index(bind, index, checkfirst, False)


def drop_index(bind: t.Any, index: t.Any, checkfirst: t.Any) -> None:
    _one_index(bind, index, checkfirst, True)


def _one_index(bind: t.Any, index: t.Any, checkfirst: t.Any, drop: bool) -> None:
    def work(connection: t.Any) -> None:
        checks = _as_checks(checkfirst) if connection._checks_first else CheckFirst.NONE
        if checks & CheckFirst.INDEXES and _has_index(connection, index) is not drop:
            return
        _tell_index(DDLRun(connection, connection.dialect, checks, None), index, drop)

    run(bind, work)


def _has_index(connection: t.Any, index: t.Any) -> bool:
    found = inspect(connection).get_indexes(index.table.name, schema=index.table.schema)
    return any(i["name"] == index.name for i in found)
