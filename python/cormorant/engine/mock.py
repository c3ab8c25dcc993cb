"""An engine that executes nothing: statements go to a function."""

from __future__ import annotations

import typing as t

from ..dialects import find
from ..sql.ddl import CreateIndex, CreateTable, DropTable
from ..sql.sqltypes import Enum
from .url import make_url

__all__ = ["MockConnection", "create_mock_engine"]


class MockConnection:
    """Hands statements to a function in the place of a database."""

    _checks_first = False  # there is nothing to look into

    def __init__(self, dialect: t.Any, execute: t.Callable[..., t.Any]) -> None:
        self.dialect = dialect
        self._execute = execute

    @property
    def engine(self) -> MockConnection:
        return self

    def connect(self, **kwargs: t.Any) -> MockConnection:
        return self

    def execution_options(self, **kwargs: t.Any) -> MockConnection:
        return self

    def execute(self, obj: t.Any, parameters: t.Any = None, execution_options: t.Any = None) -> t.Any:
        return self._execute(obj, parameters)

    def _create_tables(self, tables: list[t.Any], checkfirst: bool) -> None:
        self._settle_types(tables, False)
        for table in tables:
            self._execute(CreateTable(table))
            for index in table._sorted_indexes:
                if index not in table.__dict__.get("_left_out", ()):
                    self._execute(CreateIndex(index))

    def _drop_tables(self, tables: list[t.Any], checkfirst: bool) -> None:
        for table in reversed(tables):
            self._execute(DropTable(table))

    def _drop_types(self, tables: list[t.Any], check: bool) -> None:
        self._settle_types(tables, True)

    def _settle_types(self, tables: list[t.Any], drop: bool) -> None:
        """Those that the core would find in the columns, each once."""
        for type_ in {(c.type.schema, c.type.name): c.type for x in tables for c in x.columns if isinstance(c.type, Enum)}.values():
            statement = self.dialect.named_type_ddl(type_, drop) if type_.create_type else None
            if statement is not None:
                self._execute(statement)

    def _has_table(self, name: str, schema: str | None = None) -> bool:
        return False


def create_mock_engine(url: t.Any, executor: t.Callable[..., t.Any], **kw: t.Any) -> MockConnection:
    """An engine whose statements go to `executor(statement, parameters)`: create_all() shows the DDL this way."""
    dialect = find(make_url(url).get_backend_name())()
    return MockConnection(dialect, lambda obj, *args: executor(obj, *args))
