"""INSERT, UPDATE, DELETE."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from . import roles
from .base import DialectKWArgs, ExecutableStatement, Generative
from .collections import ReadOnlyColumnCollection
from .fromclause import HasCTE, HasPrefixes
from .nodes import ClauseElement, ColumnElement
from .statements import describe_column


def _target(table: t.Any) -> t.Any:
    node = _core.find_node(table)
    if node is None or node._kind not in (_core.K_TABLE, _core.K_ENTITY, _core.K_ALIAS, _core.K_JOIN, _core.K_CTE):
        raise exc.ArgumentError(f"subject table for an INSERT, UPDATE or DELETE expected, got {table!r}.")
    return node


class Assign(ClauseElement):
    """`column = value` of an UPDATE or INSERT."""

    __slots__ = ()

    @property
    def column(self) -> t.Any:
        return self._kids[0]

    @property
    def value(self) -> t.Any:
        return self._kids[1]


class UpdateBase(HasCTE, HasPrefixes, DialectKWArgs, ExecutableStatement, Generative, ClauseElement, roles.DMLRole):
    """What INSERT, UPDATE and DELETE have in common."""

    __slots__ = ()
    is_dml = True
    supports_execution = True
    params = ExecutableStatement.params

    @property
    def table(self) -> t.Any:
        """The table that is changed."""
        node = self._kids[0]
        while node._kind == _core.K_ENTITY:
            node = node._kids[0]
        while node._kind == _core.K_JOIN:  # a class that reads several tables writes the one it adds
            node = node._kids[0 if node._flags & _core.FLAG_OUTER else 1]
        return node

    @property
    def entity_description(self) -> dict[str, t.Any]:
        """The entity that is changed, as in column_descriptions."""
        node = self._kids[0]
        if node._kind == _core.K_ENTITY:
            described = describe_column(node)
            described["table"] = self.table
            return described
        return {"name": node.name, "table": node}

    def returning(self, *cols: t.Any, sort_by_parameter_order: bool = False, **_kw: t.Any) -> t.Any:
        """A copy that answers columns of the rows it changes."""
        made = self._append(_core.SEG_RETURNING, [_core.coerce(c, _core.ROLE_COLUMNS) for c in cols])
        if sort_by_parameter_order:
            if not self.is_insert:
                raise exc.ArgumentError("The 'sort_by_parameter_order' argument to returning() only applies to INSERT statements")
            made.__dict__["_sort_by_parameter_order"] = True
        return made

    @property
    def returning_column_descriptions(self) -> list[dict[str, t.Any]]:
        return [describe_column(c) for c in self._seg(_core.SEG_RETURNING)]

    @property
    def _returning(self) -> tuple[t.Any, ...]:
        return self._seg(_core.SEG_RETURNING)

    @property
    def exported_columns(self) -> t.Any:
        pairs = [(key or str(i), c) for i, (key, c) in enumerate(_core.from_columns(self)) if isinstance(c, ColumnElement)]
        return ReadOnlyColumnCollection(pairs)

    def return_defaults(self, *cols: t.Any, supplemental_cols: t.Any = None, sort_by_parameter_order: bool = False) -> t.Any:
        """A copy whose result knows the values that the database made."""
        return self._with(set=_core.FLAG_RETURN_DEFAULTS)

    def with_dialect_options(self, **opt: t.Any) -> t.Any:
        made = self._clone()
        made.__dict__["dialect_kwargs"] = dict(self.__dict__.get("dialect_kwargs", {}))
        made._take_dialect_kwargs(opt)
        limit = opt.get("mysql_limit", opt.get("mariadb_limit"))
        if limit is None:
            return made
        if self.is_insert:
            raise exc.ArgumentError("an INSERT has no LIMIT")
        return made._replace(_core.SEG_LIMIT, (_core.make(_core.K_PREFIX, name=str(int(limit))),))

    def with_hint(self, text: str, selectable: t.Any = None, dialect_name: str = "*") -> t.Any:
        """A copy for databases that take hints about tables: none of those here does, and it is the same."""
        return self._clone()

    def ext(self, extension: t.Any) -> t.Any:
        """A copy with a clause of one database."""
        return extension._apply_to(self)


_core.add_methods(UpdateBase, "cte")


class ValuesBase(UpdateBase):
    """INSERT and UPDATE: statements with values."""

    __slots__ = ()
    _multi_rows = False

    def _column(self, key: t.Any) -> t.Any:
        """The column (or mapped attribute) that a key of values() means."""
        if not isinstance(key, str):
            if isinstance(key, _core.Node) and key._kind == _core.K_LABEL and hasattr(key, "_bulk_update_tuples"):
                return key
            node = _core.coerce(key, _core.ROLE_DML_COLUMN)
            return node
        owner = self._kids[0]
        if owner._kind == _core.K_ENTITY:
            found = getattr(owner.entity_namespace, key, None)
            node = None if found is None else _core.find_node(found)
            if node is not None and (node._kind in (_core.K_ATTR, _core.K_COLUMN) or hasattr(node, "_bulk_update_tuples")):
                return node
        table = self.table
        columns = table.columns
        if key in columns:
            return columns[key]
        if len(columns) == 0 and not hasattr(table, "metadata"):
            return _core.make(_core.K_COLUMN, name=key)
        raise exc.CompileError(f"Unconsumed column names: {key}")

    def _composite(self, key: t.Any) -> t.Any:
        """The composite attribute that a key of values() means, or None."""
        if isinstance(key, str):
            owner = self._kids[0]
            key = getattr(owner.entity_namespace, key, None) if owner._kind == _core.K_ENTITY else None
        return key if not isinstance(key, _core.Node) and hasattr(key, "_comparable_elements") else None

    def _value(self, column: t.Any, value: t.Any) -> t.Any:
        if isinstance(value, _core.Node) and value._kind == _core.K_BIND:
            return value
        node = _core.find_node(value)
        if node is not None:
            return _core.coerce(node, _core.ROLE_EXPR)
        return _core.make(_core.K_BIND, flags=_core.FLAG_UNIQUE, type=_value_type(column), name=column.key, value=value)

    def _assigns(self, row: t.Any) -> list[t.Any]:
        pairs = row.items() if isinstance(row, t.Mapping) else self._positional(row)
        made = []
        for key, value in pairs:
            composite = self._composite(key)
            if composite is not None:
                made.extend(self._assigns(dict(composite._bulk_update_tuples(value))))
                continue
            column = self._column(key)
            if column._kind == _core.K_LABEL:  # a hybrid: it says which columns it sets
                made.extend(self._assigns(dict(column._bulk_update_tuples(value))))
                continue
            made.append(_core.make(_core.K_ASSIGN, kids=(column, self._value(column, value))))
        return made

    def _positional(self, row: t.Any) -> t.Iterable[tuple[t.Any, t.Any]]:
        return zip(list(self.table.columns), row)

    def values(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """A copy with values: a dictionary, keywords, a tuple, or (INSERT) a list of them."""
        if self._flags & _core.FLAG_FROM_SELECT:
            raise exc.InvalidRequestError("This construct already inserts from a SELECT")
        if len(args) > 1:
            raise exc.ArgumentError("Only a single dictionary/tuple or list of dictionaries/tuples is accepted positionally.")
        if args and kwargs:
            raise exc.ArgumentError("Can't pass positional and kwargs to values() simultaneously")
        given = args[0] if args else kwargs
        if isinstance(given, list) and (not given or isinstance(given[0], (dict, list, tuple))):
            return self._with_rows(given)
        if self._flags & _core.FLAG_MULTI_ROW:
            raise exc.InvalidRequestError(
                "Can't mix single and multiple VALUES formats in one INSERT statement: a list adds rows, a dictionary changes the "
                "one row."
            )
        return self._with_assigns(self._assigns(given))

    def _with_assigns(self, new: list[t.Any]) -> t.Any:
        replaced = {a._kids[0]: a for a in new}
        kept = [replaced.pop(a._kids[0], a) for a in self._seg(_core.SEG_VALUES)]
        return self._replace(_core.SEG_VALUES, [*kept, *replaced.values()])

    def _with_rows(self, rows: list[t.Any]) -> t.Any:
        if not self.is_insert:
            raise exc.InvalidRequestError("UPDATE construct does not support multiple parameter sets.")
        made = [_core.make(_core.K_TUPLE, segs=(self._assigns(row),)) for row in rows]
        return self._with(set=_core.FLAG_MULTI_ROW)._append(_core.SEG_VALUES, made)

    @property
    def _values(self) -> t.Any:
        """Values by column, as given so far."""
        if self._flags & _core.FLAG_MULTI_ROW:
            return None
        return {a._kids[0]: a._kids[1] for a in self._seg(_core.SEG_VALUES)} or None

    def inline(self) -> t.Any:
        """A copy that leaves all defaults to the database."""
        return self._with(set=_core.FLAG_INLINE)


def _value_type(column: t.Any) -> t.Any:
    kind = column._type
    return None if kind is None or kind._kind == _core.T_NULL else kind


class Insert(ValuesBase):
    """INSERT."""

    __slots__ = ()
    __visit_name__ = "insert"
    is_insert = True

    def __init__(self, table: t.Any) -> None:
        _core.init(self, _core.K_INSERT, kids=(_target(table),))

    @property
    def select(self) -> t.Any:
        """The SELECT of from_select(), or None."""
        return self._seg(_core.SEG_EXTRA)[0] if self._flags & _core.FLAG_FROM_SELECT else None

    def from_select(self, names: t.Sequence[t.Any], select: t.Any, include_defaults: bool = True) -> t.Any:
        """A copy that inserts the rows of a SELECT."""
        if self._seg(_core.SEG_VALUES):
            raise exc.InvalidRequestError("This construct already inserts value expressions")
        node = _core.find_node(select)
        if node is not None and node._kind == _core.K_SCALAR_SUBQUERY:
            node = node._kids[0]
        elif getattr(node, "_is_from_clause", False):
            node = node.select()
        if node is None or not (isinstance(node, ClauseElement)):
            raise exc.ArgumentError(f"SELECT construct or equivalent text() construct expected, got {select!r}.")
        columns = [self._column(name) for name in names]
        flags = _core.FLAG_FROM_SELECT | (0 if include_defaults else _core.FLAG_NO_DEFAULTS)
        return self._with(set=flags)._replace(_core.SEG_COLUMNS, columns)._replace(_core.SEG_EXTRA, (node,))


class DMLWhereBase:
    """UPDATE and DELETE: statements with conditions."""

    __slots__ = ()

    @property
    def whereclause(self) -> t.Any:
        """The conditions as one, or None."""
        conditions = self._seg(_core.SEG_WHERE)  # type: ignore[attr-defined]
        return _core.and_(*conditions) if conditions else None

    @property
    def _where_criteria(self) -> t.Any:
        return self._seg(_core.SEG_WHERE)  # type: ignore[attr-defined]


class Update(DMLWhereBase, ValuesBase):
    """UPDATE."""

    __slots__ = ()
    __visit_name__ = "update"
    is_update = True

    def __init__(self, table: t.Any) -> None:
        _core.init(self, _core.K_UPDATE, kids=(_target(table),))

    def ordered_values(self, *args: t.Any) -> t.Any:
        """A copy that sets columns in this order."""
        if self._seg(_core.SEG_VALUES):
            raise exc.ArgumentError("This statement already has values present")
        assigns = [a for key, value in args for a in self._assigns({key: value})]
        return self._with(set=_core.FLAG_ORDERED)._replace(_core.SEG_VALUES, assigns)


class Delete(DMLWhereBase, UpdateBase):
    """DELETE."""

    __slots__ = ()
    __visit_name__ = "delete"
    is_delete = True

    def __init__(self, table: t.Any) -> None:
        _core.init(self, _core.K_DELETE, kids=(_target(table),))

    def using(self, *froms: t.Any) -> t.Any:
        """A copy that looks into other tables too."""
        return self._append(_core.SEG_FROM, [_core.coerce(f, _core.ROLE_FROM) for f in froms])


class OnConflictClause(ClauseElement):
    """`ON CONFLICT ...` of an INSERT."""

    __slots__ = ()
    __visit_name__ = "on_conflict"


for _cls in (Update, Delete):
    _core.add_methods(_cls, "where")
for _kind, _cls in (
    (_core.K_INSERT, Insert), (_core.K_UPDATE, Update), (_core.K_DELETE, Delete), (_core.K_ASSIGN, Assign),
    (_core.K_ON_CONFLICT, OnConflictClause),
):  # fmt: skip
    _core.register_kind(_kind, _cls)  # type: ignore[arg-type]


class ReturningInsert(Insert):
    """What annotations call an Insert with RETURNING; it is made as an Insert."""

    __slots__ = ()


class ReturningUpdate(Update):
    """What annotations call an Update with RETURNING; it is made as an Update."""

    __slots__ = ()


class ReturningDelete(Delete):
    """What annotations call a Delete with RETURNING; it is made as a Delete."""

    __slots__ = ()


def insert(table: t.Any) -> Insert:
    """INSERT into a table or mapped class."""
    return Insert(table)


def update(table: t.Any) -> Update:
    """UPDATE of a table or mapped class."""
    return Update(table)


def delete(table: t.Any) -> Delete:
    """DELETE from a table or mapped class."""
    return Delete(table)


__all__ = ["DMLWhereBase", "Delete", "Insert", "ReturningDelete", "ReturningInsert", "ReturningUpdate", "Update", "UpdateBase", "ValuesBase", "delete", "insert", "update"]
