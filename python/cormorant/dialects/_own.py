"""What types and constructs of one database share: they say so when another one is to write them."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql.nodes import BindParameter, ColumnElement
from ..sql.operators import custom_op

__all__ = ["Own", "OwnElement", "operation"]


class Own:
    """Mixed into types that only some databases have; `_word` is their name there."""

    _databases: t.ClassVar[tuple[str, ...]] = ("postgresql",)
    _word: t.ClassVar[str] = ""

    def _spelled(self) -> str:
        return self._word or type(self).__name__

    def _spell_for(self, dialect_name: str) -> str:
        if dialect_name not in (*self._databases, "default"):
            raise exc.CompileError(f"the {dialect_name} dialect can't render element of type {type(self).__name__}")
        return self._spelled()


class OwnElement(ColumnElement):
    """An expression that only some databases have: `_write(compiler)` answers its SQL."""

    __slots__ = ()
    inherit_cache = True
    _databases: t.ClassVar[tuple[str, ...]] = ("postgresql",)

    def _write(self, compiler: t.Any) -> str:
        raise NotImplementedError(f"{type(self).__name__} does not define _write")


def _compile(element: t.Any, compiler: t.Any, **kw: t.Any) -> str:
    name = compiler.dialect.name
    if name not in (*element._databases, "default"):
        raise exc.UnsupportedCompilationError(compiler, type(element), f"only {', '.join(element._databases)} has it")
    return t.cast(str, element._write(compiler))


OwnElement._compile_functions = {"default": _compile}  # type: ignore[attr-defined]


def operation(expr: t.Any, op: str, other: t.Any, right: t.Any = None, result: t.Any = None, precedence: int = 5) -> t.Any:
    """`expr op other`; a comparison unless a type of the result is given. right: the type of plain values."""
    if not isinstance(other, _core.Node) and not hasattr(other, "__clause_element__"):
        name = expr._name if expr._kind in (_core.K_COLUMN, _core.K_PROXY) else getattr(expr, "key", None)
        other = BindParameter(name if isinstance(name, str) else None, other, right if right is not None else expr.type, unique=True)
    return custom_op(op, precedence, is_comparison=result is None, return_type=result)._build(expr, other)
