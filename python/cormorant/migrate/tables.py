"""Tables, columns and what hangs on them."""

from __future__ import annotations

import typing as t

import sqlalchemy as sa
from sqlalchemy.sql import quoted_name as real_quoted_name
from sqlalchemy.sql.elements import conv as real_conv

from .. import _core, exc
from ..sql import schema as ours_
from ..sql.type_api import to_instance
from .comparing import drawn
from .expressions import to_expression
from .types import to_type

__all__ = ["to_item", "to_sqlalchemy"]


def to_sqlalchemy(metadata: ours_.MetaData) -> sa.MetaData:
    """SQLAlchemy's picture of a MetaData: tables with columns, types, keys, constraints, indexes, server defaults, comments, schemas
    and naming convention. A picture of this moment: tables declared later are not in it.

    fails: ArgumentError when given something else, NotImplementedError for what has no counterpart, by table and name.
    """
    if not isinstance(metadata, ours_.MetaData):
        raise exc.ArgumentError(f"to_sqlalchemy() takes a cormorant MetaData, such as Base.metadata; got {metadata!r}")
    ours: t.Any = metadata
    made = sa.MetaData(schema=_name(metadata.schema), naming_convention=_convention(metadata), info=dict(metadata.info))
    for sequence in ours._sequences.values():
        _sequence(sequence, metadata=made)
    tables = {table: _table(table, made) for table in ours.tables.values()}
    for table, real in tables.items():
        for other in table._extra_dependencies:
            real.add_is_dependent_on(tables[other])
    drawn.add(made)
    return made


def to_item(given: t.Any) -> t.Any:
    """What an operation of a migration is given: a column with its foreign keys, a table, a constraint, an expression.

    fails: NotImplementedError for what has no counterpart.
    """
    if isinstance(given, ours_.Table):
        return _table(given, sa.MetaData())
    if isinstance(given, ours_.Column):
        return _column_alone(given)
    if isinstance(given, ours_.Constraint):
        return _constraint(given, given.table if given.parent is not None else None)
    if getattr(given, "is_select", False) or getattr(given, "is_dml", False):
        raise NotImplementedError(f"Alembic executes no statements of Cormorant but text(); got {type(given).__name__}")
    return to_expression(given)


def _column_alone(column: t.Any) -> t.Any:
    made = _column(column)
    made.index, made.unique = column.index, column.unique
    for key in column.foreign_keys:
        options = {n: getattr(key, n) for n in ("onupdate", "ondelete", "deferrable", "initially", "match", "link_to_name", "comment")}
        made.append_foreign_key(sa.ForeignKey(_target(key, column.table), name=_name(key.name), **options))
    return made


def _name(name: t.Any) -> t.Any:
    """A name with what it says of quoting and of the naming convention."""
    if isinstance(name, ours_.conv):
        return real_conv(name)
    quote = getattr(name, "quote", None)
    return name if name is None else real_quoted_name(str(name), quote) if quote is not None else str(name)


def _convention(metadata: ours_.MetaData) -> dict[t.Any, t.Any]:
    return {getattr(sa, k.__name__) if isinstance(k, type) else k: rule for k, rule in metadata.naming_convention.items()}


def _table(table: t.Any, metadata: sa.MetaData) -> sa.Table:
    key = table.primary_key
    items = [_column(c) for c in table._columns]
    items += [_constraint(c, table) for c in table._sorted_constraints if c is not key or len(key)]
    schema = sa.schema.BLANK_SCHEMA if table.schema is None else _name(table.schema)
    made = sa.Table(
        _name(table.name), metadata, *items, schema=schema, comment=table.comment, info=dict(table.info), prefixes=list(table._prefixes),
        **_dialect_arguments(table),
    )  # fmt: skip
    for index in table._sorted_indexes:
        _index(index, made)
    return made


def _dialect_arguments(item: t.Any) -> dict[str, t.Any]:
    """`<dialect>_<argument>`, with expressions for SQLAlchemy and columns by their keys."""

    def value(given: t.Any) -> t.Any:
        if isinstance(given, (list, tuple)):
            return [value(g) for g in given]
        if isinstance(given, ours_.Column):
            return given.key
        return to_expression(given) if isinstance(given, _core.Node) else given

    return {name: value(given) for name, given in item.dialect_kwargs.items()}


# ---- columns


def _column(column: t.Any) -> t.Any:
    try:
        type_ = to_type(column.type)
    except (NotImplementedError, TypeError, exc.SQLAlchemyError, sa.exc.SQLAlchemyError) as e:
        raise NotImplementedError(f"column '{column}': {e}") from e
    options: dict[str, t.Any] = {}
    if column.computed is None and column.identity is None:
        options = {"server_default": _server(column.server_default), "server_onupdate": _server(column.server_onupdate)}
    if column.autoincrement != "auto":
        options["autoincrement"] = column.autoincrement
    if column.default is not None:
        options["default"] = _default(column.default)
    return sa.Column(
        _name(column.name), type_, *_generated(column), key=str(column.key), primary_key=column.primary_key, nullable=column.nullable,
        comment=column.comment, doc=column.doc, info=dict(column.info), system=column.system, **options, **_dialect_arguments(column),
    )  # fmt: skip


def _generated(column: t.Any) -> list[t.Any]:
    if column.computed is not None:
        return [sa.Computed(to_expression(column.computed.sqltext), persisted=column.computed.persisted)]
    given = column.identity
    if given is None:
        return []
    return [sa.Identity(always=given.always, on_null=given.on_null, **_numbering(given), **_dialect_arguments(given))]


_NUMBERING = ("start", "increment", "minvalue", "maxvalue", "nominvalue", "nomaxvalue", "cycle", "cache", "order")


def _numbering(item: t.Any) -> dict[str, t.Any]:
    """What sequences and identity columns share; `order` is an argument of one dialect in some releases of SQLAlchemy."""
    return {n: getattr(item, n) for n in _NUMBERING if getattr(item, n) is not None}


def _sequence(given: ours_.Sequence, **options: t.Any) -> sa.Sequence:
    data_type = None if given.data_type is None else to_type(to_instance(given.data_type))
    return sa.Sequence(
        _name(given.name), schema=_name(given.schema), data_type=data_type, optional=given.optional, **_numbering(given), **options
    )


def _default(given: t.Any) -> t.Any:
    """A default of the program: it decides, for one, whether the database numbers a key."""
    if given.is_sequence:
        return _sequence(given)
    return to_expression(given.arg) if given.is_clause_element else given.arg


def _server(given: t.Any) -> t.Any:
    if given is None or not given.has_argument:
        return None if given is None else sa.FetchedValue(for_update=given.for_update)
    argument = given.arg if isinstance(given.arg, str) else to_expression(given.arg)
    return sa.DefaultClause(argument, for_update=given.for_update)


# ---- constraints and indexes


def _constraint(given: t.Any, table: t.Any) -> t.Any:
    common = {"name": _name(given.name), "deferrable": given.deferrable, "initially": given.initially, "comment": given.comment}
    common |= {"info": dict(given.info), **_dialect_arguments(given)}
    made: t.Any
    if isinstance(given, ours_.ForeignKeyConstraint):
        options = {n: getattr(given, n) for n in ("onupdate", "ondelete", "use_alter", "match", "link_to_name")}
        targets = [_target(e, table) for e in given.elements]
        made = sa.ForeignKeyConstraint(given.column_keys, targets, **options, **common)
    elif isinstance(given, ours_.CheckConstraint):
        made = sa.CheckConstraint(to_expression(given.sqltext), **common)
    elif isinstance(given, (ours_.PrimaryKeyConstraint, ours_.UniqueConstraint)):
        kind: t.Any = sa.PrimaryKeyConstraint if isinstance(given, ours_.PrimaryKeyConstraint) else sa.UniqueConstraint
        columns = given.columns if given.parent is not None else given._pending  # by which it will know its columns
        made = kind(*(str(getattr(c, "key", c)) for c in columns), **common)
    elif given.__visit_name__ == "exclude_constraint":
        made = _exclusion(given, common)
    else:
        whose = "" if table is None else f"table '{table.fullname}': "
        raise NotImplementedError(f"{whose}the constraint {given!r} has no counterpart for migrations")
    return _conditional(given, made)


def _exclusion(given: t.Any, common: dict[str, t.Any]) -> t.Any:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint

    elements = [(sa.column(str(name)) if isinstance(name, str) else to_expression(part), op) for part, name, op in given._render_exprs]
    where = None if given.where is None else to_expression(given.where)
    common = {k: v for k, v in common.items() if k in ("name", "deferrable", "initially")}
    return ExcludeConstraint(*elements, using=given.using, where=where, ops=given.ops, **common)


def _target(key: t.Any, table: t.Any) -> t.Any:
    """Where a foreign key leads, by names: the table may be declared later, or live in another MetaData."""
    schema, name, column = key.target_tokens
    if schema is None and key.target_column is None and table is not None:
        schema = table.metadata.schema
    column = column or key.parent.key
    if "." in name or "." in column:
        return sa.schema.ForeignKeyTarget(schema=schema, table_name=name, column_name=column)
    return ".".join(part for part in (schema, name, column) if part)


def _conditional(given: t.Any, made: t.Any) -> t.Any:
    rule = given._ddl_if
    return made if rule is None else made.ddl_if(dialect=rule.dialect, callable_=rule.callable_, state=rule.state)


def _index(given: ours_.Index, real: sa.Table) -> None:
    parts = [_indexed(e, real) for e in given.expressions]
    made = sa.Index(_name(given.name), *parts, unique=given.unique, quote=given.quote, info=dict(given.info), **_dialect_arguments(given))
    if made.table is None:  # no part of it said whose it is
        real.append_constraint(made)
    _conditional(given, made)


_ORDERS: dict[str, t.Any] = {"desc_op": sa.desc, "asc_op": sa.asc, "nulls_first_op": sa.nulls_first, "nulls_last_op": sa.nulls_last}


def _indexed(part: t.Any, real: sa.Table) -> t.Any:
    """A column, DESC and the like around one, or any other expression."""
    if isinstance(part, ours_.Column):
        return real.c[part.key]
    order = _ORDERS.get(getattr(getattr(part, "modifier", None), "__name__", ""))
    return order(_indexed(part.element, real)) if order is not None else to_expression(part)
