"""Where the program's objects become SQLAlchemy's: the functions of Alembic that take a connection, an engine, a MetaData or a type."""

from __future__ import annotations

import functools
import typing as t

from alembic.autogenerate.api import AutogenContext
from alembic.operations.base import AbstractOperations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import types as real_types
from sqlalchemy.sql import schema as real_schema
from sqlalchemy.sql import sqltypes as real_sqltypes
from sqlalchemy.sql import type_api as real_type_api

from .. import _core
from ..engine import Connection, Engine
from ..sql import schema, sqltypes
from ..sql.type_api import to_instance
from .engines import to_engine
from .links import to_connection
from .tables import to_item, to_sqlalchemy
from .types import to_type

__all__ = ["place"]


def place() -> None:
    """Has what is given to Alembic translated. Once for a process: importing this package does it."""
    _place_contexts()
    _place_operations()
    _place_types()


def _translated(given: t.Any) -> t.Any:
    if isinstance(given, Connection):
        return to_connection(given)
    if isinstance(given, Engine):
        return to_engine(given)
    if isinstance(given, schema.MetaData):
        return to_sqlalchemy(given)
    return given


def _tables(given: t.Any) -> t.Any:
    """`target_metadata`: one MetaData, several, or none."""
    return [_translated(item) for item in given] if isinstance(given, (list, tuple)) else _translated(given)


def _place_contexts() -> None:
    configure = MigrationContext.configure.__func__  # type: ignore[attr-defined]
    autogenerate, enter, leave = AutogenContext.__init__, EnvironmentContext.__enter__, EnvironmentContext.__exit__

    @functools.wraps(configure)
    def configure_context(cls: t.Any, connection: t.Any = None, *args: t.Any, opts: t.Any = None, **kwargs: t.Any) -> t.Any:
        if opts and "target_metadata" in opts:
            opts = {**opts, "target_metadata": _tables(opts["target_metadata"])}
        return configure(cls, _translated(connection), *args, opts=opts, **kwargs)

    @functools.wraps(autogenerate)
    def init_autogenerate(self: t.Any, migration_context: t.Any, metadata: t.Any = None, *args: t.Any, **kwargs: t.Any) -> None:
        autogenerate(self, migration_context, _tables(metadata), *args, **kwargs)

    @functools.wraps(enter)
    def enter_environment(self: t.Any) -> t.Any:
        given = self.config.attributes
        self._attributes_given = dict(given)
        given.update({name: _translated(value) for name, value in given.items()})
        return enter(self)

    @functools.wraps(leave)
    def leave_environment(self: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        self.config.attributes.update(self.__dict__.pop("_attributes_given", {}))
        leave(self, *args, **kwargs)

    replacements: t.Any = (
        (MigrationContext, "configure", classmethod(t.cast("t.Any", configure_context))),
        (AutogenContext, "__init__", init_autogenerate),
        (EnvironmentContext, "__enter__", enter_environment),
        (EnvironmentContext, "__exit__", leave_environment),
    )
    for cls, name, function in replacements:
        setattr(cls, name, function)


def _item(given: t.Any) -> t.Any:
    if isinstance(given, (list, tuple)):
        return [_item(item) for item in given]
    return to_item(given) if isinstance(given, (_core.Node, schema.Table, schema.Constraint)) else given


def _place_operations() -> None:
    """Operations have columns, constraints and text of the program, from functions that migrations share, say."""
    invoke = AbstractOperations.invoke

    @functools.wraps(invoke)
    def invoke_operation(self: t.Any, operation: t.Any) -> t.Any:
        given = vars(operation)
        given.update({name: _item(value) for name, value in given.items()})
        return invoke(self, operation)

    t.cast("t.Any", AbstractOperations).invoke = invoke_operation


def _place_types() -> None:
    """Migrations name types of the program, and SQLAlchemy's columns take them."""
    made_by_class = real_type_api.to_instance

    @functools.wraps(made_by_class)
    def make(given: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if isinstance(given, sqltypes.TypeEngine) or (isinstance(given, type) and issubclass(given, sqltypes.TypeEngine)):
            return to_type(to_instance(given))
        return made_by_class(given, *args, **kwargs)

    sqltypes.TypeEngine._sqla_type = True  # type: ignore[attr-defined]  # by which a Column knows that its argument is a type
    for module in (real_type_api, real_sqltypes, real_types, real_schema):
        module.to_instance = make  # type: ignore[attr-defined]
