"""`Inspector`: what a database says of its tables. `inspect(engine)` makes one.

The reading is done by a class per database (`cormorant.dialects.<name>.reflection`); this one caches answers, offers the
`get_multi_*` forms, and fills `Table` objects.
"""

from __future__ import annotations

import contextlib
from enum import Flag, auto
from typing import Any, Collection, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .. import exc
from .. import schema as sa_schema
from ..event.registry import fire
from ..inspection import _inspects, _self_inspects
from ..sql import text
from .base import Connection, Engine


class ObjectKind(Flag):
    TABLE = auto()
    VIEW = auto()
    MATERIALIZED_VIEW = auto()
    ANY_VIEW = VIEW | MATERIALIZED_VIEW
    ANY = TABLE | VIEW | MATERIALIZED_VIEW


class ObjectScope(Flag):
    DEFAULT = auto()
    TEMPORARY = auto()
    ANY = DEFAULT | TEMPORARY


@_self_inspects
class Inspector:
    """Reads tables, columns, keys and indexes of the database behind an engine or a connection. Answers are cached until
    `clear_cache()`."""

    def __init__(self, bind: Any) -> None:
        self.bind = bind
        self.engine = bind.engine
        self.dialect = bind.dialect
        self.info_cache: Dict[Any, Any] = {}
        self._connection = bind if hasattr(bind, "exec_driver_sql") else None

    @classmethod
    def from_engine(cls, bind: Any) -> "Inspector":
        return cls(bind)

    @property
    def default_schema_name(self) -> Optional[str]:
        return getattr(self.dialect, "default_schema_name", None) or self.engine.url.database

    def clear_cache(self) -> None:
        self.info_cache.clear()

    @contextlib.contextmanager
    def _operation_context(self) -> Iterator["Inspector"]:
        """An inspector with one connection for several questions."""
        if self._connection is not None:
            yield self
            return
        with self.engine.connect() as connection:
            other = self.__class__.__new__(self.__class__)
            other.__dict__.update(self.__dict__, _connection=connection)
            yield other

    def _reader(self) -> Any:
        return self._connection.dialect.reflection(self._connection)

    def _ask(self, method: str, *args: Any) -> Any:
        key = (method, args)
        if key not in self.info_cache:
            with self._operation_context() as inspector:
                self.info_cache[key] = getattr(inspector._reader(), method)(*args)
        return self.info_cache[key]

    def _copied(self, method: str, *args: Any) -> List[Dict[str, Any]]:
        return [dict(item) for item in self._ask(method, *args)]

    # ---- lists of things

    def get_schema_names(self, **kw: Any) -> List[str]:
        return list(self._ask("schema_names"))

    def get_table_names(self, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return list(self._ask("table_names", schema))

    def get_view_names(self, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return list(self._ask("view_names", schema))

    def get_materialized_view_names(self, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return list(self._ask("materialized_view_names", schema))

    def get_temp_table_names(self, **kw: Any) -> List[str]:
        return list(self._ask("temp_table_names"))

    def get_temp_view_names(self, **kw: Any) -> List[str]:
        return list(self._ask("temp_view_names"))

    def get_sequence_names(self, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return list(self._ask("sequence_names", schema))

    def has_sequence(self, sequence_name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        return sequence_name in self.get_sequence_names(schema)

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        return schema_name in self.get_schema_names()

    def has_table(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        return bool(self._ask("has_table", table_name, schema))

    def has_multi_table(self, table_names: Iterable[str], schema: Optional[str] = None, **kw: Any) -> Dict[Tuple[Optional[str], str], bool]:
        with self._operation_context() as inspector:
            return {(schema, name): inspector.has_table(name, schema) for name in table_names}

    def has_index(self, table_name: str, index_name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        return self.has_table(table_name, schema) and any(i["name"] == index_name for i in self.get_indexes(table_name, schema))

    def get_view_definition(self, view_name: str, schema: Optional[str] = None, **kw: Any) -> str:
        return str(self._ask("view_definition", view_name, schema))

    # ---- one table

    def get_columns(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> List[Dict[str, Any]]:
        return self._copied("columns", table_name, schema)

    def get_pk_constraint(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> Dict[str, Any]:
        return dict(self._ask("pk_constraint", table_name, schema))

    def get_foreign_keys(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> List[Dict[str, Any]]:
        return self._copied("foreign_keys", table_name, schema)

    def get_indexes(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> List[Dict[str, Any]]:
        self._ask("columns", table_name, schema)  # an unknown table is an error
        return self._copied("indexes", table_name, schema)

    def get_unique_constraints(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> List[Dict[str, Any]]:
        self._ask("columns", table_name, schema)
        return self._copied("unique_constraints", table_name, schema)

    def get_check_constraints(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> List[Dict[str, Any]]:
        return self._copied("check_constraints", table_name, schema)

    def get_table_comment(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> Dict[str, Any]:
        return dict(self._ask("table_comment", table_name, schema))

    def get_table_options(self, table_name: str, schema: Optional[str] = None, **kw: Any) -> Dict[str, Any]:
        self._ask("columns", table_name, schema)
        return dict(self._ask("table_options", table_name, schema))

    # ---- many tables

    def _multi(self, one: Any, schema: Optional[str], filter_names: Optional[Sequence[str]], kind: ObjectKind, scope: ObjectScope) -> Dict[Any, Any]:
        with self._operation_context() as inspector:
            names: List[str] = []
            if ObjectScope.DEFAULT in scope:
                names += inspector.get_table_names(schema) if ObjectKind.TABLE in kind else []
                names += inspector.get_view_names(schema) if ObjectKind.VIEW in kind else []
            if ObjectScope.TEMPORARY in scope and schema is None:
                names += inspector.get_temp_table_names() if ObjectKind.TABLE in kind else []
                names += inspector.get_temp_view_names() if ObjectKind.VIEW in kind else []
            wanted = None if filter_names is None else set(filter_names)
            return {(schema, name): getattr(inspector, one)(name, schema) for name in names if wanted is None or name in wanted}

    def get_multi_columns(
        self, schema: Optional[str] = None, filter_names: Optional[Sequence[str]] = None, kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT, **kw: Any,
    ) -> Dict[Any, Any]:
        return self._multi("get_columns", schema, filter_names, kind, scope)

    def get_sorted_table_and_fkc_names(self, schema: Optional[str] = None, **kw: Any) -> List[Tuple[Optional[str], List[Tuple[str, Optional[str]]]]]:
        """Tables so that each comes after those it refers to; foreign keys inside of cycles follow with the name None."""
        with self._operation_context() as inspector:
            names = inspector.get_table_names(schema)
            refers = {n: {k["referred_table"] for k in inspector.get_foreign_keys(n, schema)} & set(names) - {n} for n in names}
        ordered: List[str] = []
        while refers:
            ready = sorted(n for n, targets in refers.items() if targets <= set(ordered))
            if not ready:
                break
            ordered += ready
            for name in ready:
                del refers[name]
        result: List[Tuple[Optional[str], List[Tuple[str, Optional[str]]]]] = [(name, []) for name in ordered + sorted(refers)]
        left = [(name, key["name"]) for name in sorted(refers) for key in self.get_foreign_keys(name, schema) if key["referred_table"] in refers]
        return result + [(None, left)]

    def sort_tables_on_foreign_key_dependency(
        self, consider_schemas: Collection[Optional[str]] = (None,), **kw: Any
    ) -> List[Tuple[Optional[Tuple[Optional[str], str]], List[Tuple[Tuple[Optional[str], str], Optional[str]]]]]:
        """The same for the tables of several schemas, each named by its schema and name."""
        found = [(schema, self.get_sorted_table_and_fkc_names(schema)) for schema in consider_schemas]
        tables: List[Any] = [((schema, name), [((schema, of), key) for of, key in keys]) for schema, names in found for name, keys in names if name]
        left = [((schema, of), key) for schema, names in found for name, keys in names if name is None for of, key in keys]
        return [*tables, (None, left)]

    # ---- Table objects

    def reflect_table(
        self, table: Any, include_columns: Optional[Collection[str]], exclude_columns: Collection[str] = (), resolve_fks: bool = True,
        _extend_on: Any = None, _reflect_info: Any = None,
    ) -> None:
        """Adds to a `Table` what the database says of it. fails: NoSuchTableError."""
        if _extend_on is not None:
            if table in _extend_on:
                return
            _extend_on.add(table)
        with self._operation_context() as inspector:
            columns = inspector.get_columns(*inspector._place(table))
            key = inspector.get_pk_constraint(*inspector._place(table))
            chosen: Dict[str, Any] = {}  # by their names in the database: listeners may call them something else
            for described in columns:
                column = inspector._reflect_column(sa_schema, table, described, key, include_columns, exclude_columns)
                if column is not None:
                    chosen[described["name"]] = column
            if key["constrained_columns"]:
                inspector._reflect_primary_key(table, key, chosen)
            inspector._reflect_foreign_keys(sa_schema, table, chosen, resolve_fks, _extend_on)
            inspector._reflect_indexes(sa_schema, table, chosen, include_columns)
            inspector._reflect_constraints(sa_schema, table, chosen, include_columns)
            try:
                table.comment = inspector.get_table_comment(*inspector._place(table))["text"] or table.comment
            except NotImplementedError:
                pass
            for option, value in inspector.get_table_options(*inspector._place(table)).items():
                table.kwargs.setdefault(option, value) if hasattr(table.kwargs, "setdefault") else None

    def _place(self, table: Any) -> Tuple[str, Optional[str]]:
        """Where the database has a table: schemas may be translated."""
        return table.name, self._connection.schema_for_object(table)

    def _reflect_column(self, sa_schema: Any, table: Any, described: Dict[str, Any], key: Dict[str, Any], include: Any, exclude: Any) -> Any:
        """The column as the database and those who listen to `column_reflect` describe it; None when it is not wanted."""
        info = dict(described)
        fire(table.metadata, "column_reflect", self, table, info)
        fire(table, "column_reflect", self, table, info)
        if (include and info["name"] not in include) or info["name"] in (exclude or ()):
            return None
        items: List[Any] = []
        default = info.get("default")
        if info.get("computed"):
            items.append(sa_schema.Computed(**info["computed"]))
        elif default is not None:
            made = default if hasattr(default, "_kind") else default if isinstance(default, sa_schema.FetchedValue) else text(default)
            items.append(made if isinstance(made, sa_schema.FetchedValue) else sa_schema.DefaultClause(made, _reflected=True))
        if info.get("identity"):
            items.append(sa_schema.Identity(**info["identity"]))
        options = {name: info[name] for name in ("quote", "info", "key", "comment") if info.get(name) is not None}
        column = sa_schema.Column(
            info["name"], info["type"], *items, nullable=info["nullable"], primary_key=described["name"] in key["constrained_columns"],
            **options, **info.get("dialect_options", {}),
        )  # fmt: skip
        table.append_column(column, replace_existing=True)
        return column

    def _reflect_primary_key(self, table: Any, key: Dict[str, Any], chosen: Dict[str, Any]) -> None:
        table.primary_key.name = key["name"]
        table.primary_key.comment = key.get("comment")
        table.primary_key.dialect_kwargs.update(key.get("dialect_options") or {})
        for name in key["constrained_columns"]:
            if name in chosen:
                chosen[name].primary_key = True

    def _reflect_foreign_keys(self, sa_schema: Any, table: Any, chosen: Dict[str, Any], resolve_fks: bool, extend_on: Any) -> None:
        for key in self.get_foreign_keys(*self._place(table)):
            local = key["constrained_columns"]
            if any(name not in chosen for name in local):
                continue
            if resolve_fks:
                sa_schema.Table(
                    key["referred_table"], table.metadata, schema=key["referred_schema"], autoload_with=self, _extend_on=extend_on
                )
            remote = [(key["referred_schema"], key["referred_table"], name) for name in key["referred_columns"]]
            table.append_constraint(
                sa_schema.ForeignKeyConstraint(
                    [chosen[name].key for name in local], remote, key["name"], link_to_name=True, comment=key.get("comment"), **key["options"]
                )
            )

    def _reflect_indexes(self, sa_schema: Any, table: Any, chosen: Dict[str, Any], include: Any) -> None:
        for index in self.get_indexes(*self._place(table)):
            names = index["column_names"]
            if index.get("duplicates_constraint"):
                continue
            if include and not all(name in include for name in names if name is not None):
                continue
            if any(name is not None and name not in chosen for name in names):
                continue
            table.indexes -= {known for known in table.indexes if known.name == index["name"]}
            parts = [chosen[n] if n is not None else text(e) for n, e in zip(names, index.get("expressions", names))]
            sa_schema.Index(index["name"], *parts, _table=table, unique=bool(index["unique"]), **index["dialect_options"])

    def _reflect_constraints(self, sa_schema: Any, table: Any, chosen: Dict[str, Any], include: Any) -> None:
        for constraint in self.get_unique_constraints(*self._place(table)):
            names = constraint["column_names"]
            if constraint.get("duplicates_index"):  # it came as an index
                continue
            if not include or all(name in include for name in names):
                common = {"comment": constraint.get("comment"), **(constraint.get("dialect_options") or {})}
                table.append_constraint(sa_schema.UniqueConstraint(*[chosen[n] for n in names if n in chosen], name=constraint["name"], _autoattach=False, **common))
        for check in self.get_check_constraints(*self._place(table)):
            common = {"comment": check.get("comment"), **(check.get("dialect_options") or {})}
            table.append_constraint(sa_schema.CheckConstraint(check["sqltext"], name=check["name"], **common))


def _add_multi_forms() -> None:
    """`get_multi_<things>` for the other things that one table can be asked for."""
    for plural, one in (
        ("pk_constraint", "get_pk_constraint"), ("foreign_keys", "get_foreign_keys"), ("indexes", "get_indexes"),
        ("unique_constraints", "get_unique_constraints"), ("check_constraints", "get_check_constraints"),
        ("table_comment", "get_table_comment"), ("table_options", "get_table_options"),
    ):

        def multi(
            self: Inspector, schema: Optional[str] = None, filter_names: Optional[Sequence[str]] = None, kind: ObjectKind = ObjectKind.TABLE,
            scope: ObjectScope = ObjectScope.DEFAULT, *, _one: str = one, **kw: Any,
        ) -> Dict[Any, Any]:
            return self._multi(_one, schema, filter_names, kind, scope)

        multi.__name__ = f"get_multi_{plural}"
        setattr(Inspector, multi.__name__, multi)


_add_multi_forms()

_inspects(Engine, Connection)(Inspector)

__all__ = ["Inspector", "ObjectKind", "ObjectScope", "exc"]
