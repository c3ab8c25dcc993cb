"""Types that are part of a schema: those with a constraint, and those that are objects of the database with a name of their own."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from .base import NO_ARG
from .type_api import TypeEngineMixin

__all__ = ["SchemaType", "create_types", "drop_types"]


class SchemaType(TypeEngineMixin):
    """Types that may come with a constraint or a type of their own in the database."""

    name: str | None
    schema: str | None
    metadata: t.Any
    inherit_schema: bool
    _of_column = False  # its tables create it

    def __init__(
        self,
        name: str | None = None,
        schema: t.Any = NO_ARG,
        metadata: t.Any = None,
        inherit_schema: bool = False,
        quote: bool | None = None,
        create_type: bool = True,
        _create_events: bool = True,
    ) -> None:
        if inherit_schema and schema is not NO_ARG:
            raise exc.ArgumentError("Ambiguously setting inherit_schema=True while also passing a schema argument")
        self.name = name
        self.schema = None if schema is NO_ARG else schema
        self._schema_given = schema is not NO_ARG
        self.inherit_schema = inherit_schema
        self.quote = quote
        self.create_type = create_type
        self.metadata = None
        if metadata is not None:
            self._join(metadata, None)

    def _join(self, metadata: t.Any, table: t.Any) -> None:
        """Becomes one of the metadata's objects, in its schema, or in the table's where it was asked for."""
        schema = self.schema
        if table is not None and self.inherit_schema:
            schema, self.inherit_schema, self._schema_given = table.schema, False, True
        elif self.metadata is None and not self.inherit_schema and not self._schema_given and metadata.schema:
            schema = metadata.schema
        if self.metadata is None:
            self.metadata = metadata
            metadata._register_object(self)
        if schema != self.schema:
            self.schema = schema
            _core.forget_type(self)

    def _joins(self, column: t.Any, table: t.Any) -> None:
        """Called when a column of this type has its table."""
        self._of_column = True
        self._join(table.metadata, table)

    def copy(self, *, schema: t.Any = NO_ARG, _to_metadata: t.Any = None, **kwargs: t.Any) -> t.Any:
        """Another one for a column of another table."""
        made = t.cast("t.Any", self)._raw_copy()
        made.metadata = None
        if schema is not NO_ARG:
            made.schema, made._schema_given = schema, True
        return made

    def __reduce__(self) -> t.Any:
        """Pickled without the metadata."""
        make, arguments, state = super().__reduce__()  # type: ignore[misc]
        return make, arguments, {**state, "metadata": None}

    def create(self, bind: t.Any, checkfirst: t.Any = False) -> None:
        """Creates the type, where types are objects of the database."""
        from .ddl_run import run

        run(bind, lambda connection: _settle(connection, self, False, checkfirst))

    def drop(self, bind: t.Any, checkfirst: t.Any = False) -> None:
        """Drops the type, where types are objects of the database."""
        from .ddl_run import run

        run(bind, lambda connection: _settle(connection, self, True, checkfirst))


def _settle(connection: t.Any, type_: SchemaType, drop: bool, checkfirst: t.Any) -> None:
    dialect = connection.dialect
    statement = dialect.named_type_ddl(type_._stored_on(dialect.name, dialect), drop)  # type: ignore[attr-defined]
    if statement is None:
        return
    if not checkfirst or dialect.has_type(connection, type_.name, schema=type_.schema) == drop:
        connection.execute(statement)


def _beside_columns(metadata: t.Any, tables: t.Iterable[t.Any]) -> list[SchemaType]:
    """The types that the core does not find in the columns of tables, or does not know how to create."""
    found = [] if metadata is None else [x for x in metadata._objects if isinstance(x, SchemaType) and not x._of_column]
    of_columns = (c.type for x in tables for c in x.columns if isinstance(c.type, SchemaType) and c.type._kind != _core.T_ENUM)
    return [x for x in dict.fromkeys([*found, *of_columns]) if x.create_type]


def create_types(connection: t.Any, metadata: t.Any, tables: t.Iterable[t.Any], checkfirst: bool) -> None:
    """What tables need before they are created, beside the ENUMs of their columns."""
    for type_ in _beside_columns(metadata, tables):
        _settle(connection, type_, False, checkfirst)


def drop_types(connection: t.Any, metadata: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    """The types of a metadata, after its tables."""
    connection._drop_types(tables, True)
    for type_ in _beside_columns(metadata, tables):
        _settle(connection, type_, True, checkfirst)
