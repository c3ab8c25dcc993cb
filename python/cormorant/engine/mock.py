"""An engine that executes nothing: statements go to a function."""

from __future__ import annotations

import typing as t

from ..dialects import find
from ..sql.ddl import CreateIndex, CreateTable, DropTable
from .url import make_url

__all__ = ["MockConnection", "create_mock_engine"]


class MockConnection:
    """Hands statements to a function in the place of a database."""

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
        for create, _ in self.dialect._types_of(tables):
            self._execute(create)
        for table in tables:
            self._execute(CreateTable(table))
            for index in table._sorted_indexes:
                self._execute(CreateIndex(index))

    def _drop_tables(self, tables: list[t.Any], checkfirst: bool) -> None:
        for table in reversed(tables):
            self._execute(DropTable(table))
        for _, drop in self.dialect._types_of(tables):
            self._execute(drop)

    def _has_table(self, name: str, schema: str | None = None) -> bool:
        return False


def create_mock_engine(url: t.Any, executor: t.Callable[..., t.Any], **kw: t.Any) -> MockConnection:
    """An engine whose statements go to `executor(statement, parameters)`: create_all() shows the DDL this way."""
    dialect = find(make_url(url).get_backend_name())()
    return MockConnection(dialect, lambda obj, *args: executor(obj, *args))
