"""What the parts of a schema share: names with quoting rules, `info`, dialect arguments, the base class."""

from __future__ import annotations

import itertools
import typing as t

from .. import _core, exc
from ..event.registry import fire

__all__ = ["DialectKWArgs", "HasConditionalDDL", "SchemaItem", "conv", "quoted_name"]


class quoted_name(str):  # noqa: N801 - the name of the API
    """A name that says itself whether it is to be quoted: `quote` is True, False, or None for as needed."""

    __slots__ = ("lower_name", "quote")
    quote: bool | None

    def __new__(cls, value: str, quote: bool | None = None) -> t.Any:
        if value is None:
            return None
        if isinstance(value, cls) and (quote is None or value.quote == quote):
            return value
        made = super().__new__(cls, value)
        made.quote = quote
        return made

    @classmethod
    def construct(cls, value: str | None, quote: bool | None = None) -> t.Any:
        return None if value is None else cls(value, quote)

    def __reduce__(self) -> t.Any:
        return type(self), (str(self), self.quote)


class conv(str):  # noqa: N801 - the name of the API
    """A constraint name that went through the naming convention already."""

    __slots__ = ()


def name_flags(name: str | None, quote: bool | None = None) -> int:
    """Node flags of a name."""
    if quote is None:
        quote = getattr(name, "quote", None)
    if quote is None:
        return 0
    return int(_core.FLAG_QUOTE if quote else _core.FLAG_NO_QUOTE)


_order = itertools.count()

_MYSQL = {
    "Table": {"*"}, "Update": {"limit"}, "Delete": {"limit"}, "PrimaryKeyConstraint": {"using"},
    "Index": {"length", "prefix", "using", "with_parser"},
}  # fmt: skip
# Arguments that the dialects know, by the thing they are given to; `argument_for` adds some.
_dialect_arguments: dict[str, dict[str, set[str]]] = {
    "sqlite": {
        "Table": {"autoincrement", "strict", "with_rowid"}, "Index": {"where"}, "Constraint": {"on_conflict"},
        "Column": {"on_conflict_not_null", "on_conflict_primary_key", "on_conflict_unique"},
    },
    "postgresql": {
        "Index": {"concurrently", "include", "invalid", "nulls_not_distinct", "ops", "tablespace", "using", "where", "with"},
        "Table": {"ignore_search_path", "inherits", "on_commit", "partition_by", "tablespace", "using", "with", "with_oids"},
        "CheckConstraint": {"not_valid"}, "ForeignKeyConstraint": {"not_valid"}, "PrimaryKeyConstraint": {"include"},
        "UniqueConstraint": {"include", "nulls_not_distinct"},
    },
    "mysql": _MYSQL, "mariadb": {name: set(known) for name, known in _MYSQL.items()},
}  # fmt: skip
# Databases that are not spoken here, but that a schema may be meant for, too: their arguments are kept as they are.
_FOREIGN = frozenset({
    "access", "awsathena", "bigquery", "clickhouse", "cockroachdb", "crate", "databricks", "db2", "duckdb", "exasol", "firebird", "hana",
    "hive", "mssql", "oracle", "presto", "redshift", "snowflake", "spanner", "starrocks", "sybase", "teradata", "tidb", "trino", "vertica",
})  # fmt: skip


class DialectKWArgs:
    """Keyword arguments of one database, spelled `<dialect>_<argument>`."""

    dialect_kwargs: dict[str, t.Any]

    @classmethod
    def argument_for(cls, dialect_name: str, argument_name: str, default: t.Any) -> None:
        """Makes another argument of a dialect known."""
        _dialect_arguments.setdefault(dialect_name, {}).setdefault(cls.__name__, set()).add(argument_name)

    @property
    def kwargs(self) -> dict[str, t.Any]:
        return self.dialect_kwargs

    @property
    def dialect_options(self) -> dict[str, dict[str, t.Any]]:
        """The same arguments by dialect."""
        found: dict[str, dict[str, t.Any]] = _Options()
        for key, value in self.dialect_kwargs.items():
            dialect, _, name = key.partition("_")
            found[dialect][name] = value
        return found

    def _take_dialect_kwargs(self, kwargs: dict[str, t.Any]) -> None:
        kept = self.__dict__.setdefault("dialect_kwargs", {})
        for key, value in kwargs.items():
            dialect, _, name = key.partition("_")
            if not name:
                raise TypeError(f"Additional arguments should be named <dialectname>_<argument>, got '{key}'")
            if dialect not in _FOREIGN and dialect not in _dialect_arguments:
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument '{key}'; no dialect is named {dialect!r}")
            self._check_dialect_argument(dialect, name)
            kept[key] = value

    def _check_dialect_argument(self, dialect: str, name: str) -> None:
        known = _dialect_arguments.get(dialect)
        if known is None or dialect in _FOREIGN:
            return
        if not any({name, "*"} & known.get(cls.__name__, set()) for cls in type(self).__mro__):
            raise exc.ArgumentError(f"Argument '{dialect}_{name}' is not accepted by dialect {dialect!r} on behalf of {type(self)!r}")


class _Options(dict[str, dict[str, t.Any]]):
    def __missing__(self, key: str) -> dict[str, t.Any]:
        return self.setdefault(key, _OneDialect())


class _OneDialect(dict[str, t.Any]):
    def __missing__(self, key: str) -> t.Any:
        return None


class SchemaItem:
    """Part of a schema: table, column, constraint, index, default."""

    __visit_name__ = "schema_item"
    _creation_order: int

    def _number(self) -> None:
        """Remembers in which order things were made, which is the order of the DDL."""
        self._creation_order = next(_order)

    @property
    def info(self) -> dict[t.Any, t.Any]:
        """A dictionary for the program's own use."""
        return t.cast("dict[t.Any, t.Any]", self.__dict__.setdefault("_info", {}))

    @info.setter
    def info(self, value: dict[t.Any, t.Any]) -> None:
        self.__dict__["_info"] = value

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        """Called by the parent that the item is given to."""

    def _attach(self, parent: t.Any, **kwargs: t.Any) -> None:
        fire(self, "before_parent_attach", self, parent)
        self._set_parent(parent, **kwargs)
        fire(self, "after_parent_attach", self, parent)

    # the name event listeners know it by
    _set_parent_with_dispatch = _attach

    def _init_items(self, *items: t.Any, **kwargs: t.Any) -> None:
        for item in items:
            if item is None:
                continue
            if not isinstance(item, SchemaItem):
                raise exc.ArgumentError(
                    "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got " f"{item!r}"
                )
            item._attach(self, **kwargs)


class HasConditionalDDL:
    """Things whose DDL may depend on the database."""

    _ddl_if: t.Any = None
    _isolated = False  # made by a statement of its own, not with its table

    def ddl_if(self, dialect: t.Any = None, callable_: t.Any = None, state: t.Any = None) -> t.Self:
        from .ddl_base import DDLIf

        self._ddl_if = DDLIf(dialect, callable_, state)
        return self
