"""lambda_stmt(): statements inside lambdas. Plans are found by structure here, so the lambda is simply called."""

from __future__ import annotations

import typing as t

from .. import _core, exc

__all__ = ["LambdaElement", "StatementLambdaElement", "lambda_stmt"]


class LambdaElement:
    """A lambda in the place of an expression."""

    def __init__(self, fn: t.Callable[[], t.Any]) -> None:
        self.fn = fn

    def __clause_element__(self) -> t.Any:
        return _core.find_node(self.fn())


class StatementLambdaElement(LambdaElement):
    """A lambda that answers a statement, and lambdas that add to it."""

    def __init__(self, statement: t.Any) -> None:
        super().__init__(lambda: statement)
        self._resolved = statement

    def __add__(self, other: t.Callable[[t.Any], t.Any]) -> StatementLambdaElement:
        return self.add_criteria(other)

    def add_criteria(self, other: t.Callable[[t.Any], t.Any], **kw: t.Any) -> StatementLambdaElement:
        """The statement as another lambda changes it."""
        return StatementLambdaElement(other(self._resolved))

    def spoil(self) -> StatementLambdaElement:
        return self

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self.__dict__["_resolved"], name)

    def __str__(self) -> str:
        return str(self._resolved)


def lambda_stmt(lmb: t.Callable[[], t.Any], **kw: t.Any) -> StatementLambdaElement:
    """The statement that a lambda answers."""
    statement = lmb()
    if _core.find_node(statement) is None:
        raise exc.ArgumentError(f"lambda_stmt() expects a function that answers a statement, got {statement!r}")
    return StatementLambdaElement(statement)
