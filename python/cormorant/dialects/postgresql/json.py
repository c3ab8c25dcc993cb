"""Documents of PostgreSQL: JSON and JSONB with their operators."""

from __future__ import annotations

import typing as t

from ... import _core
from ...sql import sqltypes
from .._own import Own, operation
from .array import ARRAY

__all__ = ["JSON", "JSONB", "JSONPATH", "JSONPathType"]


class JSONPathType(sqltypes.JSON.JSONPathType):
    """A path of keys and positions."""


class JSONPATH(Own, JSONPathType):
    """An expression of the language of paths."""

    __visit_name__ = "JSONPATH"

    def _bind(self, value: t.Any) -> t.Any:
        return value


class _JSONComparator(sqltypes.JSON.Comparator[t.Any]):
    __slots__ = ()

    @property
    def astext(self) -> t.Any:
        """The part as text: `doc ->> 'key'`."""
        expr = self.expr
        if expr._kind != _core.K_INDEX:
            raise NotImplementedError("astext is of parts of documents: column['key'].astext")
        left, key = expr._kids[0], expr._kids[1]
        return operation(left, "#>>" if expr._op == _core.OP_JSON_PATH else "->>", key, result=self.type.astext_type)


class JSON(sqltypes.JSON):
    """A document kept as text."""

    Comparator = _JSONComparator
    comparator_factory = _JSONComparator

    def __init__(self, none_as_null: bool = False, astext_type: t.Any = None) -> None:
        super().__init__(none_as_null=none_as_null)
        self.astext_type = sqltypes.to_instance(astext_type) if astext_type is not None else sqltypes.Text()


class _JSONBComparator(_JSONComparator):
    __slots__ = ()

    def has_key(self, other: t.Any) -> t.Any:
        """Whether a key is there."""
        return operation(self.expr, "?", other, sqltypes.String())

    def has_all(self, other: t.Any) -> t.Any:
        """Whether all keys are there."""
        return operation(self.expr, "?&", other, ARRAY(sqltypes.Text))

    def has_any(self, other: t.Any) -> t.Any:
        """Whether one of the keys is there."""
        return operation(self.expr, "?|", other, ARRAY(sqltypes.Text))

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        """Whether another document is part of this one."""
        return operation(self.expr, "@>", other)

    def contained_by(self, other: t.Any) -> t.Any:
        """Whether this is part of another document."""
        return operation(self.expr, "<@", other)

    def concat(self, other: t.Any) -> t.Any:
        return operation(self.expr, "||", other, result=JSONB())

    def delete_path(self, array: t.Any) -> t.Any:
        """The document without what lies at a path."""
        from ...sql.clauses import Cast
        from .array import array as made

        path = array if isinstance(array, _core.Node) else made(array)
        return operation(self.expr, "#-", Cast(path, ARRAY(sqltypes.TEXT)), result=JSONB())

    def path_exists(self, other: t.Any) -> t.Any:
        """Whether a path finds something."""
        return operation(self.expr, "@?", other, JSONPATH())

    def path_match(self, other: t.Any) -> t.Any:
        """What the predicate of a path answers."""
        return operation(self.expr, "@@", other, JSONPATH())


class JSONB(Own, JSON):
    """A document taken apart: it can be searched and indexed."""

    __visit_name__ = "JSONB"
    _databases = ("postgresql", "sqlite")
    Comparator = _JSONBComparator
    comparator_factory = _JSONBComparator

    def _flags(self) -> int:
        return super()._flags() | int(_core.TYPE_COMPARATOR)

    def _operate(self, op: t.Any, left: t.Any, right: t.Any) -> t.Any:
        if op == _core.OP_CONTAINS:
            return _JSONBComparator(left).contains(right)
        return _JSONBComparator(left).concat(right) if op == _core.OP_CONCAT else super()._operate(op, left, right)
