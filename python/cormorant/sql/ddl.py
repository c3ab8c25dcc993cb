"""Data definition: the statements."""

from __future__ import annotations

import typing as t
import warnings

from .. import _core, exc
from .base import NO_ARG
from .alterations import (
    AddConstraint, CreateColumn, CreateSequence, CreateTableAs, CreateView, DropColumnComment, DropConstraintComment, DropSequence,
    DropTableComment, DropView, SetColumnComment, SetConstraintComment, SetTableComment,
)  # fmt: skip
from .ddl_base import DDL, BaseDDLElement, CheckFirst, CreateDropBase, DDLElement, DDLIf, ExecutableDDLElement, belongs, without
from .ddl_order import sort_tables, sort_tables_and_constraints

__all__ = [
    "AddConstraint", "BaseDDLElement", "CheckFirst", "CreateColumn", "CreateIndex", "CreateSchema", "CreateSequence",
    "CreateTable", "CreateTableAs", "CreateView", "DDL", "DDLElement", "DDLIf", "DropColumnComment", "DropConstraint",
    "DropConstraintComment", "DropIndex", "DropSchema", "DropSequence", "DropTable", "DropTableComment", "DropView",
    "ExecutableDDLElement", "SetColumnComment", "SetConstraintComment", "SetTableComment", "sort_tables", "sort_tables_and_constraints",
]  # fmt: skip


class CreateSchema(CreateDropBase):
    """CREATE SCHEMA."""

    __slots__ = ()

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        return f"CREATE SCHEMA {'IF NOT EXISTS ' if self.if_not_exists else ''}{_core.quote(self.element, False, self._name(dialect))}"


class DropSchema(CreateDropBase):
    """DROP SCHEMA."""

    __slots__ = ()

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name)
        self.cascade, self.if_exists = cascade, if_exists

    def _text(self, dialect: t.Any) -> str:
        text = f"DROP SCHEMA {'IF EXISTS ' if self.if_exists else ''}{_core.quote(self.element, False, self._name(dialect))}"
        return text + " CASCADE" if self.cascade else text


class CreateTable(CreateDropBase):
    """CREATE TABLE."""

    __slots__ = ()

    def __init__(self, element: t.Any, include_foreign_key_constraints: t.Any = None, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        of = self._for(dialect)
        for key in getattr(self.element, "foreign_keys", ()):
            key.column  # noqa: B018 - leads somewhere
        with without(self.element, [c for c in getattr(self.element, "constraints", ()) if not belongs(c, self, None, of)]):
            return "\n" + _core.table_ddl(self.element, 0, self.if_not_exists, self._name(dialect)).strip("\n") + "\n\n"


class DropTable(CreateDropBase):
    """DROP TABLE."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists

    def _text(self, dialect: t.Any) -> str:
        return "\n" + _core.table_ddl(self.element, 1, self.if_exists, self._name(dialect)).strip("\n")


class CreateIndex(CreateDropBase):
    """CREATE INDEX."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        return t.cast("str", _core.index_ddl(self.element.table, _index_number(self.element), 0, self.if_not_exists, self._name(dialect)))


class DropIndex(CreateDropBase):
    """DROP INDEX."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists

    def _text(self, dialect: t.Any) -> str:
        if self.element.table is None and self.element.name is not None and self._name(dialect) not in ("mysql", "mariadb"):
            return f"\nDROP INDEX {'IF EXISTS ' if self.if_exists else ''}{_core.quote(str(self.element.name), False, self._name(dialect))}"
        text = t.cast("str", _core.index_ddl(self.element.table, _index_number(self.element), 1, self.if_exists, self._name(dialect)))
        return "\n" + text.strip("\n")


class DropConstraint(CreateDropBase):
    """ALTER TABLE ... DROP CONSTRAINT."""

    __slots__ = ()

    def __init__(self, element: t.Any, *, cascade: bool = False, if_exists: bool = False, isolate_from_table: t.Any = NO_ARG, **kw: t.Any) -> None:
        super().__init__(element)
        if isolate_from_table is not NO_ARG:
            warnings.warn("isolate_from_table= of DropConstraint: the ``isolate_from_table`` is deprecated", exc.SADeprecationWarning, stacklevel=2)
            element._isolated = bool(isolate_from_table)
        self.cascade, self.if_exists = cascade, if_exists

    def _text(self, dialect: t.Any) -> str:
        name, table = self.element.name, self.element.table
        if name is None:
            raise exc.CompileError(f"Can't emit DROP CONSTRAINT for constraint {self.element!r}; it has no name")
        where = self._for(dialect).identifier_preparer.format_table(table)
        word, quoted = self._for(dialect).drop_constraint(self.element)
        text = f"ALTER TABLE {where} DROP {word} {'IF EXISTS ' if self.if_exists else ''}{quoted}".rstrip()
        return text + " CASCADE" if self.cascade else text


def _index_number(index: t.Any) -> int:
    if index.table is None:
        raise exc.CompileError(f"Index '{index.name}' is not associated with any table.")
    return next(i for i, x in enumerate(index.table._sorted_indexes) if x is index)
