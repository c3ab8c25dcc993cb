"""Tables, columns and the set they belong to.

`Table` and `Column` are expression nodes; here they are authored: columns, keys and constraints are put together, named by
convention and resolved across tables. On first use `Table._freeze_def()` describes the finished table to the core.
"""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..event.registry import fire, listen
from ..inspection import inspect
from . import events as _events  # noqa: F401  (what tables can be listened to for)
from .base import NO_ARG
from .collections import ColumnCollection, DedupeColumnCollection, ReadOnlyColumnCollection
from .constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    ColumnCollectionMixin,
    Constraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from .defaults import (
    CallableColumnDefault,
    ColumnDefault,
    ColumnElementColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    ScalarElementColumnDefault,
    Sequence,
)
from .ddl_order import sort_tables
from .definitions import default_sql, definition_sql, table_options
from .elements import ColumnClause
from .items import DialectKWArgs, HasConditionalDDL, SchemaItem, conv, name_flags, quoted_name
from .naming import DEFAULT_NAMING_CONVENTION, type_check_name
from .schema_types import SchemaType
from .selectable import TableClause
from .targets import BLANK_SCHEMA, RETAIN_SCHEMA, ForeignKeyTarget, SchemaConst
from .type_api import to_instance

__all__ = [
    "BLANK_SCHEMA", "CallableColumnDefault", "CheckConstraint", "Column", "ColumnCollectionConstraint",
    "ColumnCollectionMixin", "ColumnDefault", "ColumnElementColumnDefault", "Computed", "Constraint", "DefaultClause",
    "DefaultGenerator", "DialectKWArgs", "FetchedValue", "ForeignKey", "ForeignKeyConstraint", "ForeignKeyTarget",
    "HasConditionalDDL", "Identity", "Index", "MetaData", "NULL_UNSPECIFIED", "PrimaryKeyConstraint", "RETAIN_SCHEMA",
    "ScalarElementColumnDefault", "SchemaConst", "SchemaItem", "Sequence", "Table", "UniqueConstraint", "conv",
    "insert_sentinel", "quoted_name",
]  # fmt: skip


NULL_UNSPECIFIED = SchemaConst.NULL_UNSPECIFIED


def _table_key(name: str, schema: str | None) -> str:
    return name if schema is None else f"{schema}.{name}"


class Column(DialectKWArgs, SchemaItem, ColumnClause):
    """A column of a table."""

    __visit_name__ = "column"
    inherit_cache = True
    _identity_given: t.Any = None

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return _core.make(_core.K_COLUMN, cls=cls)

    def __init__(
        self,
        __name_pos: t.Any = None,
        __type_pos: t.Any = None,
        *args: t.Any,
        name: str | None = None,
        type_: t.Any = None,
        autoincrement: bool | t.Literal["auto", "ignore_fk"] = "auto",
        default: t.Any = NULL_UNSPECIFIED,
        insert_default: t.Any = NULL_UNSPECIFIED,
        doc: str | None = None,
        key: str | None = None,
        index: bool | None = None,
        unique: bool | None = None,
        info: dict[t.Any, t.Any] | None = None,
        nullable: t.Any = NULL_UNSPECIFIED,
        onupdate: t.Any = None,
        primary_key: bool = False,
        server_default: t.Any = None,
        server_onupdate: t.Any = None,
        quote: bool | None = None,
        system: bool = False,
        comment: str | None = None,
        insert_sentinel: bool = False,
        _omit_from_statements: bool = False,
        _proxies: t.Any = None,
        **dialect_kwargs: t.Any,
    ) -> None:
        items = [a for a in (__name_pos, __type_pos, *args)]
        if items and (items[0] is None or isinstance(items[0], str)):
            given = items.pop(0)
            if given is not None:
                if name is not None:
                    raise exc.ArgumentError("May not pass name positionally and as a keyword.")
                name = given
        if items and (items[0] is None or _is_type(items[0])):
            given = items.pop(0)
            if given is not None:
                if type_ is not None:
                    raise exc.ArgumentError("May not pass type_ positionally and as a keyword.")
                type_ = given
        items = [a for a in items if a is not None]
        d = self.__dict__
        d["_table"] = None
        d["_callbacks"] = []
        self._quote = quote
        self.name = quoted_name(name, quote) if name is not None and quote is not None else name
        self.type = to_instance(type_)
        self.key = key if key is not None else name
        self.primary_key = primary_key
        self._nullable_given = None if nullable is NULL_UNSPECIFIED else bool(nullable)
        self.nullable = not primary_key if self._nullable_given is None else self._nullable_given
        self.index, self.unique = index, unique
        self.system, self.doc, self.comment = system, doc, comment
        self.autoincrement = autoincrement
        self._insert_sentinel = insert_sentinel
        self.constraints: set[Constraint] = set()
        self.foreign_keys: set[ForeignKey] = set()
        self.default = self.onupdate = self.server_default = self.server_onupdate = None
        self.computed: Computed | None = None
        self.identity: Identity | None = None
        self._number()
        if info is not None:
            self.info = dict(info)
        self._take_dialect_kwargs(dialect_kwargs)
        self._init_items(*self._default_items(default, insert_default, onupdate, server_default, server_onupdate), *items)

    def _default_items(self, default: t.Any, insert_default: t.Any, onupdate: t.Any, server: t.Any, server_onupdate: t.Any) -> list[SchemaItem]:
        """What was said about defaults, as items that attach themselves."""
        if insert_default is not NULL_UNSPECIFIED:
            if default is not NULL_UNSPECIFIED and default is not insert_default:
                raise exc.ArgumentError("The 'default' and 'insert_default' parameters of Column are mutually exclusive")
            default = insert_default
        items: list[SchemaItem] = []
        if default is not NULL_UNSPECIFIED and default is not None:
            items.append(default if isinstance(default, (ColumnDefault, Sequence)) else ColumnDefault(default))
        if onupdate is not None:
            items.append(onupdate if isinstance(onupdate, (ColumnDefault, Sequence)) else ColumnDefault(onupdate, for_update=True))
        if server is not None:
            items.append(server._as_for_update(False) if isinstance(server, FetchedValue) else DefaultClause(server))
        if server_onupdate is not None:
            items.append(server_onupdate._as_for_update(True) if isinstance(server_onupdate, FetchedValue) else DefaultClause(server_onupdate, for_update=True))
        return items

    # ---- name and table live in the node as well

    @property
    def name(self) -> str:
        return t.cast("str", self.__dict__["_given_name"])

    @name.setter
    def name(self, value: str | None) -> None:
        self.__dict__["_given_name"] = value
        _core.name_node(self, value, name_flags(value, self.__dict__.get("_quote")))

    @property
    def table(self) -> t.Any:
        return self.__dict__["_table"]

    @property
    def quote(self) -> bool | None:
        return getattr(self.name, "quote", self._quote)

    @property
    def description(self) -> str:
        return self.name if self.name is not None else "(no name)"

    def _when_attached(self, callback: t.Callable[[Column, t.Any], None]) -> None:
        """Calls back with (column, table) when the column has its table, at once if it has one."""
        if self.table is not None:
            callback(self, self.table)
        else:
            self.__dict__["_callbacks"].append(callback)

    def _set_parent(self, parent: t.Any, *, all_names: t.Any = None, allow_replacements: bool = True, index: int | None = None, **kwargs: t.Any) -> None:
        table = parent
        if not self.name:
            raise exc.ArgumentError("Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.")
        if self.key is None:
            self.key = self.name
        if self.table is not None and self.table is not table:
            raise exc.ArgumentError(f"Column object '{self.key}' already assigned to Table '{self.table.description}'")
        existing = table._columns.get(self.key)
        if existing is not None and existing is not self:
            if not allow_replacements:
                what = f"A column with {'key' if self.key != self.name else 'name'} '{self.key}' is already present in table '{table.name}'."
                if table._built:
                    what += " Specify replace_existing=True to Table.append_column() or Table.insert_column() to replace an existing column."
                raise exc.DuplicateColumnError(what)
            table._drop_column(existing)
        _core.attach_column(self, table)
        self.__dict__["_table"] = table
        table._columns.add(self, self.key, index)
        if self.primary_key:
            table.primary_key._add_column(self)
        elif self.key in table.primary_key._columns:
            raise exc.ArgumentError(f"Trying to redefine primary-key column '{self.key}' as a non-primary-key column on table '{table.fullname}'")
        table._changed()
        self._add_implied()
        callbacks, self.__dict__["_callbacks"] = self.__dict__["_callbacks"], []
        for callback in callbacks:
            callback(self, table)
        self._type_joins(table)
        table.metadata._column_added(table, self)

    def _type_joins(self, table: t.Any) -> None:
        """Types of the schema learn where they are used, those of an array and of variants, too."""
        for given in (self.type, *self.type._variant_mapping.values()):
            found = getattr(given, "item_type", given)
            if isinstance(found, SchemaType):
                schema = found.schema
                found._joins(self, table)
                if found is not given and found.schema != schema:
                    _core.forget_type(given)

    def _add_implied(self) -> None:
        """The index and the unique constraint that index=True and unique=True stand for."""
        for word, value in (("index", self.index), ("unique", self.unique)):
            if isinstance(value, str):
                raise exc.ArgumentError(
                    f"The '{word}' keyword argument on Column is boolean only. To create indexes or constraints with a specific "
                    f"name, create an explicit {'Index' if word == 'index' else 'UniqueConstraint'} construct external to the "
                    "Table."
                )
        if self.index:
            self.table.append_constraint(Index(None, self.key, unique=bool(self.unique), _column_flag=True))
        elif self.unique:
            constraint = UniqueConstraint(self.key, _autoattach=False)
            constraint._column_flag = True
            self.table.append_constraint(constraint)

    def references(self, column: Column) -> bool:
        """Whether a foreign key of this column leads to the other."""
        return any(fk.column is column for fk in self.foreign_keys)

    def append_foreign_key(self, fk: ForeignKey) -> None:
        fk._attach(self)

    def copy(self, **kwargs: t.Any) -> Column:
        return self._copy(**kwargs)

    def _copy(self, **kwargs: t.Any) -> t.Any:
        """A column like this one, without a table."""
        items: list[SchemaItem] = [c._copy(**kwargs) for c in self.constraints if not getattr(c, "_type_bound", False)]
        items += [fk._copy(**kwargs) for fk in sorted(self.foreign_keys, key=lambda k: k._creation_order) if fk.constraint is None]
        made = type(self)(
            self.name, self.type.copy(**kwargs) if isinstance(self.type, SchemaType) else self.type, *items,
            key=self.key if self.key != self.name else None, primary_key=self.primary_key, unique=self.unique, system=self.system,
            index=self.index, autoincrement=self.autoincrement, doc=self.doc, comment=self.comment, quote=self._quote,
            nullable=NULL_UNSPECIFIED if self._nullable_given is None else self._nullable_given, insert_sentinel=self._insert_sentinel,
            **self.dialect_kwargs,
        )  # fmt: skip
        if self._nullable_given is None:
            made.nullable = self.nullable
        for name in ("default", "onupdate"):
            item = getattr(self, name)
            if item is not None:
                item._copy()._attach(made)
        seen: list[t.Any] = []
        for item in (self.server_default, self.server_onupdate):
            if item is not None and item not in seen:
                seen.append(item)
                item._copy()._attach(made)
        made.__dict__["_info"] = dict(self.info)
        return made

    def __str__(self) -> str:
        if self.name is None:
            return "(no name)"
        return str(self.name) if self.table is None else f"{self.table.name}.{self.name}"

    def _freeze(self, autoincrement: t.Any) -> tuple[t.Any, ...]:
        """The description that the core reads (bindings/python/schema/table.c)."""
        c = _core
        flags = (c.COL_PRIMARY_KEY if self.primary_key else 0) | (0 if self.nullable else c.COL_NOT_NULL)
        flags |= c.COL_AUTOINCREMENT if autoincrement is self else 0
        if autoincrement is self and self.table.dialect_kwargs.get("sqlite_autoincrement"):
            flags |= c.COL_AUTOINCREMENT_WORD
        flags |= (c.COL_NULL_SET if self._nullable_given else 0) | (c.COL_SYSTEM if self.system else 0)
        quoting = name_flags(self.name, self._quote)
        flags |= (c.COL_QUOTE if quoting == c.FLAG_QUOTE else 0) | (c.COL_NO_QUOTE if quoting == c.FLAG_NO_QUOTE else 0)
        server = self.server_default
        text = default_sql(server) if isinstance(server, DefaultClause) else None
        if isinstance(server, FetchedValue) and not isinstance(server, Identity):
            flags |= c.COL_SERVER_DEFAULT
        if isinstance(self.server_onupdate, FetchedValue):
            flags |= c.COL_SERVER_ONUPDATE
        if self.computed is not None:
            flags |= c.COL_COMPUTED | (c.COL_PERSISTED if self.computed.persisted else 0)
        if self.identity is not None:
            flags |= c.COL_IDENTITY | (c.COL_IDENTITY_ALWAYS if self.identity.always else 0)
        computed = None if self.computed is None else definition_sql(self.computed.sqltext)
        values = (*_default_parts(self.default), *_default_parts(self.onupdate))
        return (self, str(self.name), str(self.key), self.type, flags, *values, text, computed, self.comment, type_check_name(self))

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.type)]
        parts += [repr(fk) for fk in self.foreign_keys] + [repr(c) for c in self.constraints]
        parts.append(f"table=<{self.table.description}>" if self.table is not None else "table=None")
        if self.key != self.name:
            parts.append(f"key={self.key!r}")
        if self.primary_key:
            parts.append("primary_key=True")
        if not self.nullable:
            parts.append("nullable=False")
        for name in ("onupdate", "default", "server_default", "comment"):
            if getattr(self, name):
                parts.append(f"{name}={getattr(self, name)!r}")
        return f"Column({', '.join(parts)})"


def _is_type(value: t.Any) -> bool:
    return isinstance(value, _core.TypeEngine) or (isinstance(value, type) and issubclass(value, _core.TypeEngine))


def _default_parts(default: t.Any) -> tuple[t.Any, t.Any]:
    """(host value or callable, SQL expression) of a default."""
    if default is None or default.is_sequence:
        return None, None if default is None or default.optional else default.next_value()
    return (None, default.arg) if default.is_clause_element else (default._value(), None)


_NamingSchemaParameter = t.Mapping[t.Any, t.Any]


class Table(DialectKWArgs, HasConditionalDDL, SchemaItem, TableClause):
    """A table of a MetaData."""

    __visit_name__ = "table"
    inherit_cache = True

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if not args:
            return _core.make(_core.K_TABLE, cls=cls)
        return cls._new(*args, **kwargs)

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        """__new__ did it, or found the table that the metadata holds under the name."""

    @classmethod
    def _new(cls, name: str, metadata: MetaData, *args: t.Any, **kw: t.Any) -> t.Any:
        if not isinstance(metadata, MetaData):
            raise exc.ArgumentError(f"expected MetaData object as the second argument of Table, got {metadata!r}")
        schema = kw.get("schema")
        if schema is None:
            schema = metadata.schema
        elif schema is BLANK_SCHEMA:
            schema = None
        kw["schema"] = schema
        keep, extend = kw.pop("keep_existing", False), kw.pop("extend_existing", False)
        if keep and extend:
            raise exc.ArgumentError("keep_existing and extend_existing are mutually exclusive.")
        must_exist = kw.pop("must_exist", kw.pop("mustexist", False))
        key = _table_key(name, schema)
        existing = metadata.tables.get(key)
        if existing is not None:
            if not keep and not extend and args:
                raise exc.InvalidRequestError(
                    f"Table '{key}' is already defined for this MetaData instance.  Specify 'extend_existing=True' "
                    "to redefine options and columns on an existing Table object."
                )
            if extend:
                existing._extend(*args, **kw)
            return existing
        if must_exist:
            raise exc.InvalidRequestError(f"Table '{key}' not defined")
        table = _core.make(_core.K_TABLE, name=str(name), flags=name_flags(name, kw.get("quote")), cls=cls)
        fire(table, "before_parent_attach", table, metadata)
        metadata._add_table(name, schema, table)
        try:
            table._build(name, metadata, *args, **kw)
        except BaseException:
            metadata._remove_table(name, schema)
            raise
        fire(table, "after_parent_attach", table, metadata)
        return table

    def _build(
        self,
        name: str,
        metadata: MetaData,
        *args: t.Any,
        schema: str | None = None,
        quote: bool | None = None,
        quote_schema: bool | None = None,
        autoload: bool = False,
        autoload_with: t.Any = None,
        autoload_replace: bool = True,
        include_columns: t.Container[str] | None = None,
        resolve_fks: bool = True,
        implicit_returning: bool = True,
        prefixes: t.Sequence[str] | None = None,
        info: dict[t.Any, t.Any] | None = None,
        comment: str | None = None,
        listeners: t.Sequence[tuple[str, t.Callable[..., t.Any]]] | None = None,
        _extend_on: t.Any = None,
        _no_init: bool = True,
        _creator_ddl: t.Any = None,
        _dropper_ddl: t.Any = None,
        **dialect_kw: t.Any,
    ) -> None:
        d = self.__dict__
        d["_given_name"] = quoted_name(name, quote) if quote is not None else name
        self.schema = quoted_name(schema, quote_schema) if schema is not None and quote_schema is not None else schema
        self.fullname = _table_key(name, schema)
        self.metadata = metadata
        self._columns = DedupeColumnCollection()
        self.indexes: set[Index] = set()
        self.constraints: set[Constraint] = set()
        self.foreign_keys: set[ForeignKey] = set()
        self._extra_dependencies: set[Table] = set()
        self._prefixes = list(prefixes or ())
        self.implicit_returning = implicit_returning
        self.comment = comment
        self.is_view = False
        self._reflected = False
        self.primary_key = None  # type: ignore[assignment]
        PrimaryKeyConstraint(_implicit_generated=True, _autoattach=False)._attach(self)
        self._number()
        if info is not None:
            self.info = dict(info)
        self._take_dialect_kwargs(dialect_kw)
        self._listen(listeners)
        if autoload_with is not None or autoload:
            self._autoload(autoload_with, include_columns, [a.name for a in args if isinstance(a, Column)], resolve_fks, _extend_on)
        self._init_items(*args, allow_replacements=autoload_with is not None)
        d["_built"] = True
        self.primary_key._apply_name()

    def _listen(self, listeners: t.Sequence[tuple[str, t.Callable[..., t.Any]]] | None) -> None:
        for name, function in listeners or ():
            listen(self, name, function)

    def _extend(self, *args: t.Any, **kw: t.Any) -> None:
        """extend_existing: adds columns and options to the table that is there."""
        kw.pop("schema", None)
        autoload_with, autoload_replace = kw.pop("autoload_with", None), kw.pop("autoload_replace", True)
        include, resolve = kw.pop("include_columns", None), kw.pop("resolve_fks", True)
        for name in ("quote", "quote_schema", "autoload", "_extend_on", "_reflect_info"):
            kw.pop(name, None)
        if "info" in kw:
            self.info = kw.pop("info")
        if "comment" in kw:
            self.comment = kw.pop("comment")
        if "prefixes" in kw:
            self._prefixes = list(kw.pop("prefixes"))
        self.implicit_returning = kw.pop("implicit_returning", self.implicit_returning)
        self._listen(kw.pop("listeners", None))
        if include is not None:
            for column in list(self._columns):
                if column.name not in include:
                    self._drop_column(column)
        self._take_dialect_kwargs(kw)
        if autoload_with is not None:
            known = [] if autoload_replace else [c.name for c in self._columns]
            self._autoload(autoload_with, include, known, resolve, None)
        self._init_items(*args, allow_replacements=True)
        self._changed()

    def _autoload(self, bind: t.Any, include: t.Any, exclude: t.Sequence[str], resolve_fks: bool, extend_on: t.Any) -> None:
        if bind is None:
            raise exc.ArgumentError("autoload needs autoload_with=engine or autoload_with=connection")
        inspector = inspect(bind)
        with inspector._operation_context() as connected:
            connected.reflect_table(self, include, exclude, resolve_fks, _extend_on=extend_on)

    # ---- parts

    _built = False

    @property
    def name(self) -> str:
        return t.cast("str", self.__dict__["_given_name"])

    @property
    def key(self) -> str:
        return _table_key(self.name, self.schema)

    @property
    def description(self) -> str:
        return self.name

    @property
    def c(self) -> ReadOnlyColumnCollection:
        """The columns: `table.c.name`."""
        shown = self.__dict__.get("_shown")
        if shown is None:
            shown = self.__dict__["_shown"] = _LiveColumns(self._columns)
        return t.cast("ReadOnlyColumnCollection", shown)

    columns = c
    exported_columns = c

    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]:
        return {c for c in self.constraints if isinstance(c, ForeignKeyConstraint)}

    @property
    def _sorted_constraints(self) -> list[Constraint]:
        return sorted(self.constraints, key=lambda c: c._creation_order)

    @property
    def autoincrement_column(self) -> Column | None:
        """The column that the database numbers, if there is one."""
        for column in self.primary_key._columns:
            if column.autoincrement is True or (column.identity is not None and len(self.primary_key._columns) == 1):
                if column.autoincrement is True and not _can_count(column):
                    raise exc.ArgumentError(f"Column type {column.type!r} on column '{column}' is not compatible with autoincrement=True")
                return t.cast("Column", column)
        columns = list(self.primary_key._columns)
        if len(columns) != 1 or columns[0].autoincrement not in ("auto", "ignore_fk"):
            return None
        column = columns[0]
        free = column.autoincrement == "ignore_fk" or not column.foreign_keys
        given = column.default is not None and not column.default.is_sequence
        return column if free and not given and column.server_default is None and _can_count(column, auto=True) else None

    _autoincrement_column = autoincrement_column

    def _changed(self) -> None:
        """The core's picture of the table is out of date."""
        if self._kind:
            _core.thaw_table(self)

    def _drop_column(self, column: Column) -> None:
        self._columns.remove(column)
        for fk in list(column.foreign_keys):
            self.foreign_keys.discard(fk)
            if fk.constraint is not None and fk.constraint in self.constraints and len(fk.constraint._columns) == 1:
                self.constraints.discard(fk.constraint)
        if self.primary_key._columns.contains_column(column):
            self.primary_key._columns.remove(column)

    def append_column(self, column: t.Any, *, replace_existing: bool = False) -> None:
        """Adds a column behind the others."""
        column._attach(self, allow_replacements=replace_existing)

    def insert_column(self, column: t.Any, index: int, *, replace_existing: bool = False) -> None:
        """Adds a column at a place among the others."""
        column._attach(self, allow_replacements=replace_existing, index=index)

    def append_constraint(self, constraint: t.Any) -> None:
        constraint._attach(self)

    def add_is_dependent_on(self, table: Table) -> None:
        """Says that this table must be created after another, though no foreign key shows it."""
        self._extra_dependencies.add(table)

    def set_creator_ddl(self, ddl: t.Any) -> None:
        self.__dict__["_creator_ddl"] = ddl

    def set_dropper_ddl(self, ddl: t.Any) -> None:
        self.__dict__["_dropper_ddl"] = ddl

    def create(self, bind: t.Any, checkfirst: t.Any = False) -> None:
        """CREATE TABLE, with its indexes."""
        from . import ddl_run

        ddl_run.create_all(bind, None, [self], checkfirst)

    def drop(self, bind: t.Any, checkfirst: t.Any = False) -> None:
        """DROP TABLE."""
        from . import ddl_run

        ddl_run.drop_all(bind, None, [self], checkfirst)

    def _freeze_def(self) -> tuple[t.Any, ...]:
        """The description that the core reads (bindings/python/schema/table.c)."""
        counter = self.autoincrement_column
        out = self.__dict__.get("_left_out", ())
        constraints = [c for c in self._sorted_constraints if c is not self.primary_key and hasattr(c, "_describe") and c not in out]
        if any(isinstance(c, ForeignKeyConstraint) and c._says_nothing for c in constraints):
            self.metadata._incomplete.add(self)
        constraints = [c for c in constraints if not c._says_nothing]
        keys = [self.primary_key._describe()] if self.primary_key._columns else []
        schema = None if self.schema is None else str(self.schema)
        self.__dict__["_frozen"] = shape = (  # the core borrows the expressions in it
            str(self.name), schema, self.comment, tuple(self._prefixes), table_options(self),
            tuple(c._freeze(counter) for c in self._columns), (*keys, *(c._describe() for c in constraints)),
            tuple(i._describe() for i in self._sorted_indexes if i not in out),
        )  # fmt: skip
        return shape

    @property
    def _sorted_indexes(self) -> list[Index]:
        return sorted(self.indexes, key=lambda i: (i.name is None, str(i.name)))

    # ---- copies

    def to_metadata(
        self,
        metadata: MetaData,
        schema: t.Any = RETAIN_SCHEMA,
        referred_schema_fn: t.Any = None,
        name: str | None = None,
    ) -> Table:
        """A copy of the table in another MetaData."""
        name = self.name if name is None else name
        actual = self.schema if schema is RETAIN_SCHEMA else metadata.schema if schema is None else schema
        key = _table_key(name, actual if actual is not BLANK_SCHEMA else None)
        if key in metadata.tables:
            import warnings

            warnings.warn(f"Table '{self.description}' already exists within the given MetaData - not copying.", exc.SAWarning, stacklevel=2)
            return metadata.tables[key]
        columns = [c._copy(schema=None) for c in self._columns]
        table = Table(name, metadata, *columns, schema=actual, comment=self.comment, prefixes=self._prefixes, **self.dialect_kwargs)
        for constraint in self._sorted_constraints:
            self._copy_constraint(constraint, table, schema, referred_schema_fn)
        for index in self._sorted_indexes:
            if not index._column_flag:
                index._copy(target_table=table)
        table.__dict__["_info"] = dict(self.info)
        return table

    def _copy_constraint(self, constraint: t.Any, table: Table, schema: t.Any, referred_schema_fn: t.Any) -> None:
        if isinstance(constraint, ForeignKeyConstraint):
            referred = constraint._referred_schema
            if referred_schema_fn is not None:
                referred = referred_schema_fn(self, schema, constraint, referred)
            elif schema is not RETAIN_SCHEMA and referred == self.schema:
                referred = schema
            copied = constraint._copy(schema=referred, target_table=table)
            table.append_constraint(copied)
        elif isinstance(constraint, PrimaryKeyConstraint):
            copied = table.primary_key
            if constraint.name is not None:
                copied.name = constraint.name
        elif not constraint._type_bound and not constraint._column_flag:
            copied = constraint._copy(target_table=table)
            table.append_constraint(copied)
        else:
            return
        copied.info = dict(constraint.info)

    def tometadata(self, metadata: MetaData, schema: t.Any = RETAIN_SCHEMA, referred_schema_fn: t.Any = None, name: str | None = None) -> Table:
        return self.to_metadata(metadata, schema=schema, referred_schema_fn=referred_schema_fn, name=name)

    def __str__(self) -> str:
        return self.fullname

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.metadata), *(repr(c) for c in self._columns), f"schema={self.schema!r}"]
        return f"Table({', '.join(parts)})"


class _LiveColumns(ReadOnlyColumnCollection):
    """The columns of a table as they are now."""

    __slots__ = ()

    def __init__(self, columns: ColumnCollection) -> None:
        object.__setattr__(self, "_all", columns._all)
        object.__setattr__(self, "_by_key", columns._by_key)

    def __reduce__(self) -> t.Any:
        return ReadOnlyColumnCollection, (list(self._all),)


def _can_count(column: Column, auto: bool = False) -> bool:
    """Whether the database can number rows in a column of that type."""
    kind = column.type._cm_def()[0] if hasattr(column.type, "_cm_def") else _core.T_NULL
    if kind in (_core.T_INTEGER, _core.T_BIGINT, _core.T_SMALLINT):
        return True
    return not auto and kind == _core.T_NUMERIC and getattr(column.type, "scale", None) == 0


class MetaData(HasConditionalDDL, SchemaItem):
    """A set of tables that know each other by name."""

    __visit_name__ = "metadata"

    def __init__(
        self,
        schema: str | None = None,
        quote_schema: bool | None = None,
        naming_convention: t.Mapping[t.Any, t.Any] | None = None,
        info: dict[t.Any, t.Any] | None = None,
    ) -> None:
        if schema is not None and not isinstance(schema, str):
            raise exc.ArgumentError(f"expected schema argument to be a string, got {type(schema)}.")
        self.tables: dict[str, Table] = {}
        self.schema = quoted_name(schema, quote_schema) if schema is not None and quote_schema is not None else schema
        self.naming_convention = naming_convention or DEFAULT_NAMING_CONVENTION
        if info:
            self.info = info
        self._schemas: set[str] = set()
        self._sequences: dict[str, Sequence] = {}
        self._objects: dict[t.Any, None] = {}  # sequences and types, in the order they came
        self._waiting: dict[str, list[ForeignKey]] = {}
        self._incomplete: set[Table] = set()  # those that the core knows without keys whose tables are not there yet

    @property
    def schemas(self) -> set[str]:
        return self._schemas

    def get_schema_objects(self, kind: t.Any, *, schema: t.Any = NO_ARG) -> t.Sequence[t.Any]:
        """The objects of a class (`Enum`, `Sequence`) that lie in a schema: in that of the metadata, where none is named."""
        schema = self.schema if schema is NO_ARG else schema
        return tuple(x for x in self._objects if isinstance(x, kind) and x.schema == schema)

    def get_schema_object_by_name(self, kind: t.Any, name: str, *, schema: t.Any = NO_ARG) -> t.Any:
        """That one of them, or None."""
        return next((x for x in self.get_schema_objects(kind, schema=schema) if x.name == name), None)

    def _register_object(self, item: t.Any) -> None:
        self._objects[item] = None

    def __contains__(self, table_or_key: object) -> bool:
        key = table_or_key if isinstance(table_or_key, str) else getattr(table_or_key, "key", None)
        return key in self.tables

    def _add_table(self, name: str, schema: str | None, table: Table) -> None:
        self.tables[_table_key(name, schema)] = table
        if schema is not None:
            self._schemas.add(schema)

    def _remove_table(self, name: str, schema: str | None) -> None:
        removed = self.tables.pop(_table_key(name, schema), None)
        if removed is not None:
            for keys in self._waiting.values():
                keys[:] = [k for k in keys if getattr(k.parent, "table", None) is not removed]
        self._schemas = {x.schema for x in self.tables.values() if x.schema is not None}

    def _watch_key(self, key: ForeignKey) -> None:
        """Remembers a foreign key whose table is not there yet, or has no such column yet."""
        if key.parent.type._kind == _core.T_NULL:
            self._waiting.setdefault(key.target_table_key, []).append(key)

    def _column_added(self, table: Table, column: Column) -> None:
        """Columns without a type whose foreign key leads here take this column's."""
        while self._incomplete:
            self._incomplete.pop()._changed()
        for key in self._waiting.get(table.fullname, ()):
            if key._find_column(table) is column:
                key._spread_type()
        if column.type._kind != _core.T_NULL:
            for keys in list(self._waiting.values()):
                for key in keys:
                    if key._find_table() is not None:
                        key._spread_type()

    def clear(self) -> None:
        self.tables.clear()
        self._schemas.clear()
        self._waiting.clear()
        self._incomplete.clear()

    def remove(self, table: Table) -> None:
        self._remove_table(table.name, table.schema)

    @property
    def sorted_tables(self) -> list[Table]:
        """The tables in an order in which they can be created."""
        return sort_tables(sorted(self.tables.values(), key=lambda x: x.key))

    def create_all(self, bind: t.Any, tables: t.Sequence[Table] | None = None, checkfirst: t.Any = True) -> None:
        """Creates all tables that are not there yet."""
        from . import ddl_run

        ddl_run.create_all(bind, self, tables, checkfirst)

    def drop_all(self, bind: t.Any, tables: t.Sequence[Table] | None = None, checkfirst: t.Any = True) -> None:
        """Drops all tables that are there."""
        from . import ddl_run

        ddl_run.drop_all(bind, self, tables, checkfirst)

    def reflect(
        self,
        bind: t.Any,
        schema: str | None = None,
        views: bool = False,
        only: t.Any = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_kwargs: t.Any,
    ) -> None:
        """Reads the tables of a database."""
        with inspect(bind)._operation_context() as inspector:
            schema = self.schema if schema is None else schema
            available = inspector.get_table_names(schema) + (inspector.get_view_names(schema) if views else [])
            names = available
            if callable(only):
                names = [n for n in available if only(n, self)]
            elif only is not None:
                missing = [n for n in only if n not in available]
                if missing:
                    where = f" schema '{schema}'" if schema else ""
                    raise exc.InvalidRequestError(
                        f"Could not reflect: requested table(s) not available in {inspector.engine!r}{where}: ({', '.join(missing)})"
                    )
                names = list(only)
            options = {"autoload_with": inspector, "autoload_replace": autoload_replace, "resolve_fks": resolve_fks, **dialect_kwargs}
            for name in names:
                if extend_existing or _table_key(name, schema) not in self.tables:
                    Table(name, self, schema=schema, extend_existing=extend_existing, **options)

    def __repr__(self) -> str:
        return "MetaData()" if not self.schema else f"MetaData(schema={self.schema!r})"


def insert_sentinel(
    name: str | None = None, type_: t.Any = None, *, default: t.Any = None, omit_from_statements: bool = True
) -> Column:
    """A column that only serves to match inserted rows with their parameters."""
    from .sqltypes import INTEGERTYPE

    return Column(name=name, type_=type_ or INTEGERTYPE, default=default if default is not None else NULL_UNSPECIFIED, insert_sentinel=True)


