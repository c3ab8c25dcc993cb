"""Conditions of UPDATE and DELETE decided in memory, for the instances that a session holds."""

from __future__ import annotations

import operator
import typing as t

from .. import _core


class UnevaluatableError(Exception):
    """The condition needs the database."""


class UnloadedError(UnevaluatableError):
    """The condition needs an attribute that is not loaded."""


_BINARY: t.Dict[int, t.Callable[[t.Any, t.Any], t.Any]] = {
    _core.OP_EQ: operator.eq, _core.OP_NE: operator.ne, _core.OP_LT: operator.lt, _core.OP_LE: operator.le, _core.OP_GT: operator.gt,
    _core.OP_GE: operator.ge, _core.OP_ADD: operator.add, _core.OP_SUB: operator.sub, _core.OP_MUL: operator.mul, _core.OP_CONCAT: operator.add,
}  # fmt: skip


def evaluate(node: t.Any, instance: t.Any) -> t.Any:
    """The value of an expression for an instance; None is NULL. UnevaluatableError: ask the database."""
    kind = node._kind
    if kind == _core.K_ATTR or kind == _core.K_COLUMN:
        return _column(node, instance)
    if kind == _core.K_BIND:
        if node._flags & _core.FLAG_REQUIRED:
            raise UnevaluatableError("a parameter whose value comes later")
        return node.effective_value
    if kind in (_core.K_NULL_, _core.K_TRUE_, _core.K_FALSE_):
        return {_core.K_NULL_: None, _core.K_TRUE_: True, _core.K_FALSE_: False}[kind]
    if kind in (_core.K_GROUPING, _core.K_LABEL):
        return evaluate(node._kids[0], instance)
    if kind == _core.K_BOOL:
        return _boolean(node, instance)
    if kind == _core.K_UNARY and node._op == _core.OP_NOT:
        value = evaluate(node._kids[0], instance)
        return None if value is None else not value
    if kind == _core.K_BINARY:
        return _binary(node, instance)
    raise UnevaluatableError(f"an expression of kind {kind}")


def _column(node: t.Any, instance: t.Any) -> t.Any:
    mapper = _core.inst_state(instance).mapper
    column = node._expr if node._kind == _core.K_ATTR else node
    for prop in mapper._props.values():
        if any(c is column for c in getattr(prop, "_columns", None) or ()) and not hasattr(prop, "direction"):
            missing = object()
            value = _core.inst_peek(instance, prop.key, missing)
            if value is missing:
                raise UnloadedError(f"attribute {prop.key!r} is not loaded")
            return value
    raise UnevaluatableError("a column of another table")


def _boolean(node: t.Any, instance: t.Any) -> t.Any:
    values = [evaluate(item, instance) for item in node._seg(0)]
    if node._op == _core.OP_AND:
        return False if any(v is False or v == 0 and v is not None for v in values) else None if None in values else True
    return True if any(v is not None and v for v in values) else None if None in values else False


def _binary(node: t.Any, instance: t.Any) -> t.Any:
    op, left = node._op, evaluate(node._kids[0], instance)
    if op in (_core.OP_IN, _core.OP_NOT_IN):
        right = node._kids[1]
        if right._kind != _core.K_BIND:
            raise UnevaluatableError("IN over anything but values")
        if left is None:
            return None
        return (left in right._value) == (op == _core.OP_IN)
    right = evaluate(node._kids[1], instance)
    if op in (_core.OP_IS, _core.OP_IS_NOT):
        return (left is right) == (op == _core.OP_IS)
    fn = _BINARY.get(op)
    if fn is None:
        raise UnevaluatableError(f"operator {op}")
    if left is None or right is None:
        return None
    try:
        return fn(left, right)
    except TypeError as error:
        raise UnevaluatableError(str(error)) from error
