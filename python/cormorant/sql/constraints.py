"""Constraints and indexes: primary and foreign keys, unique, check."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..util import warn
from .collections import ReadOnlyColumnCollection, WriteableColumnCollection
from .definitions import columns_in, constraint_options, definition_sql, delete_action, index_options, moved_to
from .items import DialectKWArgs, HasConditionalDDL, SchemaItem
from .naming import constraint_name
from .targets import ForeignKeyTarget

__all__ = [
    "CheckConstraint", "ColumnCollectionConstraint", "ColumnCollectionMixin", "Constraint", "ForeignKey",
    "ForeignKeyConstraint", "ForeignKeyTarget", "Index", "PrimaryKeyConstraint", "UniqueConstraint",
]  # fmt: skip


def _element(column: t.Any) -> t.Any:
    """The column behind a mapped attribute, a declarative column, or the column itself."""
    while hasattr(column, "__clause_element__") and not isinstance(column, str):
        inner = column.__clause_element__()
        if inner is column:
            break
        column = inner
    if isinstance(column, _core.Node) and column._kind == _core.K_ATTR:
        column = column._kids[0]
    return column


class Constraint(DialectKWArgs, HasConditionalDDL, SchemaItem):
    """Base of all constraints."""

    __visit_name__ = "constraint"
    _naming_key: t.Any = None
    name: str | None = None
    parent: t.Any = None
    _column_flag = False
    _says_nothing = False  # there is nothing to write

    def __init__(
        self,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[t.Any, t.Any] | None = None,
        comment: str | None = None,
        _create_rule: t.Any = None,
        _type_bound: bool = False,
        **dialect_kw: t.Any,
    ) -> None:
        self.name = name
        self.deferrable = deferrable
        self.initially = initially
        if info:
            self.info = info
        self.comment = comment
        self._type_bound = _type_bound
        self._number()
        self._take_dialect_kwargs(dialect_kw)

    @property
    def table(self) -> t.Any:
        if self.parent is None or not hasattr(self.parent, "constraints"):
            raise exc.InvalidRequestError("This constraint is not bound to a table.  Did you mean to call table.append_constraint(constraint) ?")
        return self.parent

    def _naming_columns(self) -> list[t.Any]:
        return []

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        self.parent = parent
        parent.constraints.add(self)
        parent._changed()

    def _apply_name(self) -> None:
        if getattr(self.parent, "metadata", None) is not None:
            self.name = constraint_name(self, self.parent)

    def copy(self, **kwargs: t.Any) -> t.Any:
        return self._copy(**kwargs)

    def _copy(self, **kwargs: t.Any) -> t.Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be copied")

    def _common(self) -> dict[str, t.Any]:
        return {"deferrable": self.deferrable, "initially": self.initially, "comment": self.comment, **self.dialect_kwargs}

    def _freeze(self, **given: t.Any) -> tuple[t.Any, ...]:
        """The description that the core reads (bindings/python/schema/table.c)."""
        deferrable = -1 if self.deferrable is None else int(self.deferrable)
        return (
            given["kind"], None if self.name is None else str(self.name), tuple(given.get("columns", ())), given.get("ref_schema"),
            given.get("ref_table"), tuple(given.get("ref_columns", ())), given.get("ondelete"), given.get("onupdate"),
            self.initially, given.get("match"), deferrable, given.get("use_alter", False), given.get("check"),
            (*constraint_options(self), *given.get("options", ())),
        )  # fmt: skip


class ColumnCollectionMixin:
    """Things over some columns of a table, which may be named before the table exists."""

    _pending: list[t.Any]
    _columns: WriteableColumnCollection

    def _take_columns(self, columns: t.Iterable[t.Any]) -> None:
        self._columns = WriteableColumnCollection()
        self._pending = [_element(c) for c in columns]

    @property
    def columns(self) -> ReadOnlyColumnCollection:
        return self._columns.as_readonly()

    c = columns

    def _auto_attach(self) -> None:
        """A constraint made of columns that have a table already belongs to it."""
        columns = [c for c in self._pending if isinstance(c, SchemaItem)]
        tables = {id(c.table): c.table for c in columns if getattr(c, "table", None) is not None}
        if len(tables) > 1:
            names = ", ".join(repr(x.name) for x in tables.values())
            raise exc.ArgumentError(f"Column(s) {', '.join(str(c) for c in columns)} are not part of table {names}.")
        if columns and len(columns) == len(self._pending) and all(getattr(c, "table", None) is not None for c in columns):
            next(iter(tables.values())).append_constraint(self)
        elif columns:
            for column in columns:
                if getattr(column, "table", None) is None:
                    column._when_attached(lambda _col, _table: self._retry_attach())

    def _retry_attach(self) -> None:
        if getattr(self, "parent", None) is None and all(getattr(c, "table", None) is not None for c in self._pending):
            self._pending[0].table.append_constraint(self)

    def _resolve_columns(self, table: t.Any) -> list[t.Any]:
        """The pending names and columns as columns of the table."""
        found = []
        for column in self._pending:
            if isinstance(column, str):
                real = table.c.get(column)
                if real is None:
                    raise exc.ConstraintColumnNotFoundError(
                        f"Can't create {type(self).__name__} on table '{table.description}': no column named '{column}' is present."
                    )
                found.append(real)
            else:
                found.append(column)
        return found


class ColumnCollectionConstraint(ColumnCollectionMixin, Constraint):
    """Constraints over columns."""

    def __init__(self, *columns: t.Any, name: str | None = None, _autoattach: bool = True, **kwargs: t.Any) -> None:
        Constraint.__init__(self, name, **kwargs)
        self._take_columns(columns)
        if _autoattach and self._pending:
            self._auto_attach()

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        columns = self._resolve_columns(parent)
        super()._set_parent(parent)
        self._columns.extend(columns)
        self._apply_name()

    def _naming_columns(self) -> list[t.Any]:
        return list(self._columns)

    def contains_column(self, col: t.Any) -> bool:
        return self._columns.contains_column(col)

    def __contains__(self, x: object) -> bool:
        return x in self._columns

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def _keys(self) -> list[t.Any]:
        return [c if isinstance(c, str) else c.key for c in (list(self._columns) or self._pending)]

    def _copy(self, target_table: t.Any = None, **kwargs: t.Any) -> t.Any:
        name = self.name
        return type(self)(*self._keys(), name=name, _autoattach=False, **self._common())

    def _column_names(self) -> list[str]:
        return [str(c.name) for c in self._columns]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(c) for c in (list(self._columns) or self._pending))})"


class UniqueConstraint(ColumnCollectionConstraint):
    """No two rows have the same values in these columns."""

    __visit_name__ = "unique_constraint"
    _naming_key = "uq"

    def _describe(self) -> tuple[t.Any, ...]:
        return self._freeze(kind=_core.CON_UNIQUE, columns=self._column_names())

    @property
    def _says_nothing(self) -> bool:
        return len(self._columns) == 0


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """The columns that tell rows apart."""

    __visit_name__ = "primary_key_constraint"
    _naming_key = "pk"

    def __init__(self, *columns: t.Any, name: str | None = None, _implicit_generated: bool = False, **kwargs: t.Any) -> None:
        self._implicit_generated = _implicit_generated
        super().__init__(*columns, name=name, **kwargs)

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        old = parent.primary_key
        if old is not self:
            parent.constraints.discard(old)
        parent.primary_key = self
        flagged = [c for c in parent.c if c.primary_key]
        super()._set_parent(parent, **kwargs)
        self._check_flagged(parent, flagged)
        for column in self._columns:
            column.primary_key = True
            if column._nullable_given is None:
                column.nullable = False
        if not self._columns:
            self._columns.extend(flagged)
            self._apply_name()

    def _check_flagged(self, table: t.Any, flagged: list[t.Any]) -> None:
        """Columns that say primary_key=True beside a key that leaves them out are not of it."""
        if not self._columns or not flagged or {id(c) for c in flagged} == {id(c) for c in self._columns}:
            return
        own = ", ".join(f"'{c.name}'" for c in self._columns)
        warn(
            f"Table '{table.name}' specifies columns {', '.join(repr(str(c.name)) for c in flagged)} as primary_key=True, not matching locally "
            f"specified columns {own}; the primary key is {own}."
        )
        for column in flagged:
            column.primary_key = False

    def _apply_name(self) -> None:
        """The key that every table has is named when its columns are known."""
        if self.parent._built or not self._implicit_generated:
            super()._apply_name()

    def _add_column(self, column: t.Any) -> None:
        if not self._columns.contains_column(column):
            self._columns.add(column)

    def _copy(self, target_table: t.Any = None, **kwargs: t.Any) -> t.Any:
        return type(self)(*self._keys(), name=self.name, _autoattach=False, **self._common())

    def _describe(self) -> tuple[t.Any, ...]:
        return self._freeze(kind=_core.CON_PRIMARY_KEY, columns=self._column_names())


class CheckConstraint(ColumnCollectionConstraint):
    """A condition that every row meets."""

    __visit_name__ = "table_or_column_check_constraint"
    _naming_key = "ck"

    def __init__(
        self,
        sqltext: t.Any,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        table: t.Any = None,
        info: dict[t.Any, t.Any] | None = None,
        _autoattach: bool = True,
        **kwargs: t.Any,
    ) -> None:
        self.sqltext = _element(sqltext) if not isinstance(sqltext, str) else sqltext
        columns = columns_in(self.sqltext)
        super().__init__(
            *columns, name=name, deferrable=deferrable, initially=initially, info=info, _autoattach=_autoattach and table is None, **kwargs
        )
        if table is not None:
            table.append_constraint(self)

    @property
    def is_column_level(self) -> bool:
        return not hasattr(self.parent, "constraints") or self._column_flag

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        if hasattr(parent, "_when_attached"):  # given to a column: it becomes the table's
            self._column_flag = True
            parent.constraints.add(self)
            if parent.table is not None:
                parent.table.append_constraint(self)
            else:
                parent._when_attached(lambda _column, table: table.append_constraint(self))
            return
        super()._set_parent(parent, **kwargs)

    def _copy(self, target_table: t.Any = None, **kwargs: t.Any) -> t.Any:
        text = self.sqltext if target_table is None else moved_to(self.sqltext, self.parent, target_table)
        return CheckConstraint(text, name=self.name, _autoattach=False, **self._common())

    def _describe(self) -> tuple[t.Any, ...]:
        return self._freeze(kind=_core.CON_CHECK, check=definition_sql(self.sqltext))

    def __repr__(self) -> str:
        return f"CheckConstraint({self.sqltext!s})"


class ForeignKey(DialectKWArgs, SchemaItem):
    """Says that a column holds a key of another table's rows."""

    __visit_name__ = "foreign_key"
    parent: t.Any = None
    constraint: t.Any = None

    def __init__(
        self,
        column: t.Any,
        _constraint: t.Any = None,
        use_alter: bool = False,
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[t.Any, t.Any] | None = None,
        comment: str | None = None,
        _unresolvable: bool = False,
        **dialect_kw: t.Any,
    ) -> None:
        self._target = ForeignKeyTarget.of(column) if isinstance(column, (str, tuple)) else _element(column)
        if not isinstance(self._target, (ForeignKeyTarget, SchemaItem)) and getattr(self._target, "_kind", None) != _core.K_COLUMN:
            raise exc.ArgumentError(f"String column name or Column object for DDL foreign key constraint expected, got {column!r}.")
        self.constraint = _constraint
        self.use_alter = use_alter
        self.name = name
        self.onupdate, self.ondelete = onupdate, ondelete
        self.deferrable, self.initially = deferrable, initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        if info:
            self.info = info
        self._number()
        self._take_dialect_kwargs(dialect_kw)

    # ---- where it leads

    @property
    def target_column(self) -> t.Any:
        """The column that was given; None where a name was."""
        return None if isinstance(self._target, ForeignKeyTarget) else self._target

    @property
    def target_tokens(self) -> ForeignKeyTarget:
        """Where it leads, by names, as far as they are known."""
        if isinstance(self._target, ForeignKeyTarget):
            return self._target
        table, key = getattr(self._target, "table", None), self._target.key
        return ForeignKeyTarget(None, key, None) if table is None else ForeignKeyTarget(table.schema, table.name, key)

    @property
    def _colspec(self) -> t.Any:
        """The column that was given, or the dotted name."""
        return self._target if self.target_column is not None else self._target._as_string()

    @property
    def target_table_key(self) -> str | None:
        """Key of the table in its MetaData; None while a column has no table yet."""
        if self.target_column is not None and getattr(self._target, "table", None) is None:
            return None
        schema, table, _ = self.target_tokens
        if schema is None and self.target_column is None and self._metadata is not None:
            schema = self._metadata.schema
        return f"{schema}.{table}" if schema else table

    @property
    def target_fullname(self) -> str:
        """The dotted name. Names that hold dots have none: target_tokens has the parts."""
        tokens = self.target_tokens
        if tokens.schema is None and tokens.column_name is not None and self.target_column is None and self._metadata is not None:
            tokens = tokens._replace(schema=self._metadata.schema)
        return tokens._as_string()

    def _get_colspec(self) -> str:
        return self.target_tokens._as_string()

    @property
    def _metadata(self) -> t.Any:
        table = getattr(self.parent, "table", None)
        return getattr(table, "metadata", None)

    def _find_table(self) -> t.Any:
        if self.target_column is not None:
            return self._target.table
        return self._metadata.tables.get(self.target_table_key) if self._metadata is not None else None

    def _find_column(self, table: t.Any) -> t.Any:
        if self.target_column is not None:
            return self._target
        name = self._target.column_name
        if name is None:
            name = self.parent.key
        if self.link_to_name:
            return next((c for c in table.c if c.name == name), None)
        found = table.c.get(name)
        return found if found is not None else next((c for c in table.c if c.name == name), None)

    @property
    def column(self) -> t.Any:
        """The column it leads to."""
        found = self.__dict__.get("_column")
        if found is not None:
            return found
        if self.target_column is not None:
            self.__dict__["_column"] = self._target
            return self._target
        if getattr(self.parent, "table", None) is None:
            raise exc.InvalidRequestError("this ForeignKey object does not yet have a parent Column associated with it." if self.parent is None else "this ForeignKey's parent column is not yet associated with a Table.")
        where = f"{self.parent.table.fullname}.{self.parent.name}"
        table, name = self._find_table(), self.target_tokens[2] or self.parent.key
        if table is None:
            key = self.target_table_key
            raise exc.NoReferencedTableError(
                f"Foreign key associated with column '{where}' could not find table '{key}' with which to generate a "
                f"foreign key to target column '{name}'", key,
            )  # fmt: skip
        found = self._find_column(table)
        if found is None:
            tokens = self.target_tokens
            said = str(tokens) if tokens._unspeakable() else repr(self.target_fullname)
            raise exc.NoReferencedColumnError(
                f"Could not initialize target column for ForeignKey {said} on table '{self.parent.table.fullname}': "
                f"table '{table.fullname}' has no column named '{name}'", table.fullname, name,
            )  # fmt: skip
        self.__dict__["_column"] = found
        return found

    @property
    def _known(self) -> bool:
        """Whether the column it leads to is there."""
        table = self._find_table()
        return self.target_column is not None or (table is not None and self._find_column(table) is not None)

    def references(self, table: t.Any) -> bool:
        return any(c is self.column for c in table.c)

    def get_referent(self, table: t.Any) -> t.Any:
        """The column of a table or subquery that this key leads to, or None."""
        return table.c.corresponding_column(self.column)

    # ---- attachment

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        if self.parent is not None and self.parent is not parent:
            raise exc.InvalidRequestError("This ForeignKey already has a parent !")
        self.parent = parent
        parent.foreign_keys.add(self)
        parent._when_attached(self._set_table)

    def _set_table(self, column: t.Any, table: t.Any) -> None:
        if self.constraint is None:
            self.constraint = ForeignKeyConstraint(
                [], [], use_alter=self.use_alter, name=self.name, onupdate=self.onupdate, ondelete=self.ondelete,
                deferrable=self.deferrable, initially=self.initially, match=self.match, comment=self.comment, **self.dialect_kwargs,
            )  # fmt: skip
            self.constraint._adopt(self, column)
            self.constraint._attach(table)
        table.foreign_keys.add(self)
        self._spread_type()
        if table.metadata is not None:
            table.metadata._watch_key(self)

    def _spread_type(self) -> None:
        """A column without a type takes that of the column it leads to, once that is known."""
        parent = self.parent
        if parent.type._kind != _core.T_NULL or parent.table is None:
            return
        table = self._find_table()
        target = self._find_column(table) if table is not None else None
        if target is not None and target.type._kind != _core.T_NULL:
            parent.type = target.type
            for key in list(getattr(target, "_referrers", ())):
                key._spread_type()

    def _check_dialect_argument(self, dialect: str, name: str) -> None:
        """The constraint that is made of it says what it accepts."""

    def copy(self, *, schema: str | None = None, **kwargs: t.Any) -> ForeignKey:
        return self._copy(schema=schema, **kwargs)

    def _copy(self, *, schema: str | None = None, **kwargs: t.Any) -> ForeignKey:
        target = self._target if self.target_column is not None and getattr(self._target, "table", None) is None else self.target_tokens.moved(schema)
        made = ForeignKey(
            target, use_alter=self.use_alter, name=self.name, onupdate=self.onupdate, ondelete=self.ondelete, deferrable=self.deferrable,
            initially=self.initially, link_to_name=self.link_to_name, match=self.match, comment=self.comment, **self.dialect_kwargs,
        )  # fmt: skip
        made.__dict__["_info"] = dict(self.info)
        return made

    def __repr__(self) -> str:
        tokens = self.target_tokens
        return f"ForeignKey({tokens!r})" if tokens._unspeakable() else f"ForeignKey({self._get_colspec()!r})"


class ForeignKeyConstraint(ColumnCollectionConstraint):
    """Columns that together hold a key of another table's rows."""

    __visit_name__ = "foreign_key_constraint"
    _naming_key = "fk"

    def __init__(
        self,
        columns: t.Sequence[t.Any],
        refcolumns: t.Sequence[t.Any],
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        table: t.Any = None,
        info: dict[t.Any, t.Any] | None = None,
        comment: str | None = None,
        **dialect_kw: t.Any,
    ) -> None:
        Constraint.__init__(self, name, deferrable, initially, info, comment, **dialect_kw)
        self.onupdate, self.ondelete, self.match = onupdate, ondelete, match
        self.use_alter, self.link_to_name = use_alter, link_to_name
        if len(set(map(id, columns))) != len(refcolumns) and len(columns) != len(refcolumns):
            raise exc.ArgumentError("ForeignKeyConstraint number of constrained columns must match the number of referenced columns.")
        self.elements = [
            ForeignKey(
                ref, _constraint=self, use_alter=use_alter, name=name, onupdate=onupdate, ondelete=ondelete, deferrable=deferrable,
                initially=initially, link_to_name=link_to_name, match=match, **dialect_kw,
            )
            for ref in refcolumns
        ]  # fmt: skip
        self._take_columns(columns)
        if table is not None:
            table.append_constraint(self)
        elif self._pending:
            self._auto_attach()

    def _adopt(self, key: ForeignKey, column: t.Any) -> None:
        """Becomes the constraint of a ForeignKey that was given to a column."""
        self.elements = [key]
        self._pending = [column]

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        columns = self._resolve_columns(parent)
        super()._set_parent(parent, **kwargs)
        for column, element in zip(columns, self.elements, strict=True):
            if element.parent is None:
                element._attach(column)

    def _keys(self) -> list[t.Any]:
        """One for each element: a column may lead to several."""
        attached = all(e.parent is not None for e in self.elements)
        return [e.parent.key for e in self.elements] if attached else [c if isinstance(c, str) else c.key for c in self._pending]

    def _column_names(self) -> list[str]:
        return [str(e.parent.name) for e in self.elements]

    @property
    def column_keys(self) -> list[str]:
        return [str(k) for k in self._keys()]

    @property
    def referred_table(self) -> t.Any:
        return self.elements[0].column.table

    @property
    def _says_nothing(self) -> bool:
        """The core hears of it when its table is there; only definitions cannot do without."""
        return not all(e._known for e in self.elements)

    @property
    def _referred_schema(self) -> str | None:
        return self.elements[0].target_tokens.schema if self.elements else None

    def _copy(self, *, schema: t.Any = None, target_table: t.Any = None, **kwargs: t.Any) -> t.Any:
        elements = [e._copy(schema=schema) for e in self.elements]
        made = ForeignKeyConstraint(
            self._keys(), [e._target for e in elements], name=self.name, onupdate=self.onupdate, ondelete=self.ondelete, use_alter=self.use_alter,
            link_to_name=self.link_to_name, match=self.match, **self._common(),
        )  # fmt: skip
        for element, copied in zip(made.elements, elements, strict=True):
            element.__dict__["_info"] = copied.__dict__["_info"]
        return made

    def _describe(self) -> tuple[t.Any, ...]:
        targets = [e.column for e in self.elements]
        table = targets[0].table
        ondelete, options = delete_action(self.ondelete)
        return self._freeze(
            kind=_core.CON_FOREIGN_KEY, columns=self._column_names(), ref_schema=table.schema, ref_table=str(table.name),
            ref_columns=[str(c.name) for c in targets], ondelete=ondelete, onupdate=self.onupdate, match=self.match,
            use_alter=self.use_alter is True, options=options,
        )  # fmt: skip


class Index(DialectKWArgs, ColumnCollectionMixin, HasConditionalDDL, SchemaItem):
    """An index over columns or expressions of a table."""

    __visit_name__ = "index"
    _naming_key = "ix"
    parent: t.Any = None
    table: t.Any = None

    def __init__(
        self,
        name: str | None,
        *expressions: t.Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[t.Any, t.Any] | None = None,
        _table: t.Any = None,
        _column_flag: bool = False,
        **dialect_kw: t.Any,
    ) -> None:
        self.name = name
        self.unique = unique
        self.quote = quote
        self._column_flag = _column_flag
        if info:
            self.info = info
        self._number()
        self._take_dialect_kwargs(dialect_kw)
        self._given = [_element(e) if not isinstance(e, str) else e for e in expressions]
        columns: list[t.Any] = []
        for e in self._given:
            columns.extend([e] if isinstance(e, (str, SchemaItem)) else columns_in(e))
        self._take_columns(columns)
        self.expressions: list[t.Any] = list(self._given)
        if _table is not None:
            _table.append_constraint(self)
        elif columns:
            self._auto_attach()

    def _naming_columns(self) -> list[t.Any]:
        return list(self._columns)

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        if self.table is not None and self.table is not parent:
            raise exc.ArgumentError(
                f"Index '{self.name}' is against table '{self.table.description}', and cannot be associated with table "
                f"'{parent.description}'."
            )
        self._columns.extend(self._resolve_columns(parent))
        self.expressions = [parent.c[e] if isinstance(e, str) and e in parent.c else e for e in self._given]
        self.table = self.parent = parent
        parent.indexes.add(self)
        parent._changed()
        self.name = constraint_name(self, parent)

    def create(self, bind: t.Any, checkfirst: bool = False) -> None:
        from .ddl_run import create_index

        create_index(bind, self, checkfirst)

    def drop(self, bind: t.Any, checkfirst: bool = False) -> None:
        from .ddl_run import drop_index

        drop_index(bind, self, checkfirst)

    def _copy(self, target_table: t.Any = None, **kwargs: t.Any) -> Index:
        given = [e.key if isinstance(e, SchemaItem) else e if isinstance(e, str) else moved_to(e, self.table, target_table) for e in self.expressions]
        return Index(self.name, *given, unique=self.unique, _table=target_table, **self.dialect_kwargs)

    def _describe(self) -> tuple[t.Any, ...]:
        plain = [isinstance(e, SchemaItem) for e in self.expressions]
        columns = [str(e.name) if p else "" for e, p in zip(self.expressions, plain, strict=True)]
        exprs = None if all(plain) else tuple(None if p else definition_sql(e) for e, p in zip(self.expressions, plain, strict=True))
        if self.name is None:
            raise exc.CompileError("CREATE INDEX requires that the index have a name")
        return (str(self.name), bool(self.unique), tuple(columns), exprs, index_options(self))

    def __repr__(self) -> str:
        parts = [repr(self.name), *(repr(e) for e in self.expressions)]
        return f"Index({', '.join(parts + (['unique=True'] if self.unique else []))})"
