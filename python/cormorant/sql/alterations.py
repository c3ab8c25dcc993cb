"""Definitions beside tables and indexes: constraints added later, columns alone, comments, sequences, views."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from .ddl_base import CreateDropBase
from .definitions import sql_text

__all__ = [
    "AddConstraint", "CreateColumn", "CreateSequence", "CreateTableAs", "CreateView", "DropColumnComment", "DropConstraintComment",
    "DropSequence", "DropTableComment", "DropView", "SetColumnComment", "SetConstraintComment", "SetTableComment",
]  # fmt: skip


def _quoted(name: t.Any, dialect: t.Any) -> str:
    return t.cast(str, _core.quote(str(name), False, dialect.name if dialect is not None else None))


def _full(thing: t.Any, dialect: t.Any) -> str:
    schema = getattr(thing, "schema", None)
    return f"{_quoted(schema, dialect)}.{_quoted(thing.name, dialect)}" if schema else _quoted(thing.name, dialect)


class AddConstraint(CreateDropBase):
    """ALTER TABLE ... ADD CONSTRAINT.

    :param isolate_from_table: CREATE TABLE leaves the constraint out from now on, because this statement adds it.
    """

    __slots__ = ()

    def __init__(self, element: t.Any, *, isolate_from_table: bool = True) -> None:
        super().__init__(element)
        if isolate_from_table:
            element._isolated = True

    def _text(self, dialect: t.Any) -> str:
        return _core.constraint_ddl(self.element.table, self.element._describe(), self._name(dialect))


class CreateColumn(CreateDropBase):
    """A column as part of CREATE TABLE."""

    __slots__ = ()

    def _text(self, dialect: t.Any) -> str:
        place = next(i for i, c in enumerate(self.element.table.c) if c is self.element)
        return _core.column_ddl(self.element.table, place, self._name(dialect))


class _Comment(CreateDropBase):
    __slots__ = ()
    _what = "TABLE"
    _drops = False

    def _where(self, dialect: t.Any) -> str:
        return _full(self.element, dialect)

    def _text(self, dialect: t.Any) -> str:
        comment = None if self._drops else self.element.comment
        return t.cast(str, self._for(dialect).comment_on(self._what, self.element, self._where(dialect), comment))


class SetTableComment(_Comment):
    """COMMENT ON TABLE."""

    __slots__ = ()


class DropTableComment(_Comment):
    """Removes the comment of a table."""

    __slots__ = ()
    _drops = True


class SetColumnComment(_Comment):
    """COMMENT ON COLUMN."""

    __slots__ = ()
    _what = "COLUMN"

    def _where(self, dialect: t.Any) -> str:
        return f"{_full(self.element.table, dialect)}.{_quoted(self.element.name, dialect)}"


class DropColumnComment(SetColumnComment):
    """Removes the comment of a column."""

    __slots__ = ()
    _drops = True


class SetConstraintComment(_Comment):
    """COMMENT ON CONSTRAINT."""

    __slots__ = ()
    _what = "CONSTRAINT"

    def _where(self, dialect: t.Any) -> str:
        return f"{_quoted(self.element.name, dialect)} ON {_full(self.element.table, dialect)}"


class DropConstraintComment(SetConstraintComment):
    """Removes the comment of a constraint."""

    __slots__ = ()
    _drops = True


class _OfSequence(CreateDropBase):
    __slots__ = ()

    def _should_execute(self, target: t.Any, bind: t.Any, **kw: t.Any) -> bool:
        """Databases without sequences make their keys otherwise: there is nothing to create."""
        return bool(bind.dialect.supports_sequences) and super()._should_execute(target, bind, **kw)


class CreateSequence(_OfSequence):
    """CREATE SEQUENCE; nothing on databases that have none."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        s = self.element
        text = f"CREATE SEQUENCE {'IF NOT EXISTS ' if self.if_not_exists else ''}{_full(s, dialect)}"
        if s.data_type is not None:
            text += f" AS {s.data_type.compile(dialect)}"
        for phrase, number in (("INCREMENT BY", s.increment), ("START WITH", s.start), ("MINVALUE", s.minvalue), ("MAXVALUE", s.maxvalue)):
            text += f" {phrase} {int(number)}" if number is not None else ""
        text += " NO MINVALUE" if s.nominvalue else ""
        text += " NO MAXVALUE" if s.nomaxvalue else ""
        text += f" CACHE {int(s.cache)}" if s.cache is not None else ""
        text += "" if s.order is None else " ORDER" if s.order else " NO ORDER"
        return text + ("" if s.cycle is None else " CYCLE" if s.cycle else self._for(dialect).no_cycle)


class DropSequence(_OfSequence):
    """DROP SEQUENCE; nothing on databases that have none."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists

    def _text(self, dialect: t.Any) -> str:
        return f"DROP SEQUENCE {'IF EXISTS ' if self.if_exists else ''}{_full(self.element, dialect)}"


class _OfSelect(CreateDropBase):
    """Something whose rows are those of a SELECT. `table` is what statements read it through."""

    __slots__ = ()

    def _make_table(self, selectable: t.Any, name: str, metadata: t.Any, schema: str | None) -> None:
        from .schema import Column, MetaData, Table

        self.selectable = selectable
        self.metadata = metadata = MetaData() if metadata is None else metadata
        columns = [Column(c.key if c.key else c.name, c.type) for c in selectable.subquery().columns]
        self.table = Table(name, metadata, *columns, schema=schema)
        self.element = self.table

    def _select(self, dialect: t.Any) -> str:
        return str(self.selectable.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


class CreateView(_OfSelect):
    """CREATE VIEW. With `metadata`, create_all() and drop_all() create and drop it with the tables."""

    __slots__ = ()

    def __init__(
        self, selectable: t.Any, view_name: str, *, metadata: t.Any = None, schema: str | None = None, temporary: bool = False,
        or_replace: bool = False, materialized: bool = False, **dialect_kw: t.Any,
    ) -> None:  # fmt: skip
        super().__init__(None)
        if dialect_kw:
            raise NotImplementedError(f"CreateView({next(iter(dialect_kw))}=) is not supported yet")
        self.temporary, self.or_replace, self.materialized = temporary, or_replace, materialized
        self._make_table(selectable, view_name, metadata, schema)
        for found in _tables_in(selectable):
            self.table._extra_dependencies.add(found)
        self.table.__dict__["_creator_ddl"] = self
        self.table.__dict__["_dropper_ddl"] = DropView(self, materialized=materialized)

    def _text(self, dialect: t.Any) -> str:
        words = ["CREATE", *(w for w, on in (("OR REPLACE", self.or_replace), ("TEMPORARY", self.temporary), ("MATERIALIZED", self.materialized)) if on)]
        return f"{' '.join(words)} VIEW {_full(self.table, dialect)} AS {self._select(dialect)}"


def _tables_in(selectable: t.Any) -> list[t.Any]:
    return [n for n in _core.walk(selectable) if n._kind == _core.K_TABLE and hasattr(n, "_extra_dependencies")]


class DropView(CreateDropBase):
    """DROP VIEW."""

    __slots__ = ()

    def __init__(self, element: t.Any, *, if_exists: bool = False, materialized: bool = False) -> None:
        element = getattr(element, "table", element)
        if not hasattr(element, "name"):
            raise exc.ArgumentError(f"DropView() takes a CreateView or a Table, not {element!r}")
        super().__init__(element)
        self.if_exists = if_exists
        self.materialized = materialized or getattr(element, "materialized", False)

    def _text(self, dialect: t.Any) -> str:
        return f"\nDROP {'MATERIALIZED ' if self.materialized else ''}VIEW {'IF EXISTS ' if self.if_exists else ''}{_full(self.element, dialect)}"


class CreateTableAs(_OfSelect):
    """CREATE TABLE ... AS SELECT."""

    __slots__ = ()

    def __init__(
        self, selectable: t.Any, table_name: str, *, metadata: t.Any = None, schema: str | None = None, temporary: bool = False,
        if_not_exists: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(None)
        self.temporary, self.if_not_exists = temporary, if_not_exists
        self._make_table(selectable, table_name, metadata, schema)
        if metadata is not None:
            self.table.__dict__["_creator_ddl"] = self
            for found in _tables_in(selectable):
                self.table._extra_dependencies.add(found)

    def _text(self, dialect: t.Any) -> str:
        text = f"CREATE {'TEMPORARY ' if self.temporary else ''}TABLE {'IF NOT EXISTS ' if self.if_not_exists else ''}{_full(self.table, dialect)}"
        return f"{text} AS {self._select(dialect)}"
