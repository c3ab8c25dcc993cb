"""Strings in `relationship(primaryjoin="User.id == Address.user_id")`.

They are parsed and interpreted over a closed grammar: names of classes and tables, attributes, comparisons, `and_`, `or_`, `desc`
and the like. Nothing is evaluated as Python.
"""

from __future__ import annotations

import ast
import operator
import typing as t

from .. import exc, sql
from .clsregistry import Resolver
from .relationships import foreign, remote

_COMPARE: t.Dict[type, t.Callable[[t.Any, t.Any], t.Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}
_BINARY: t.Dict[type, t.Callable[[t.Any, t.Any], t.Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Mod: operator.mod,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
}
_UNARY: t.Dict[type, t.Callable[[t.Any], t.Any]] = {ast.Invert: operator.invert, ast.USub: operator.neg}
_FUNCTIONS = (
    "and_ or_ not_ desc asc func cast case literal literal_column null true false text type_coerce extract tuple_ between exists "
    "select nulls_first nulls_last nullsfirst nullslast collate distinct bindparam"
).split()
# methods of expressions that a condition or an ordering may call
_METHODS = frozenset(
    "is_ is_not isnot in_ not_in notin_ like ilike not_like notlike startswith endswith contains between desc asc nulls_first nulls_last "
    "nullsfirst nullslast op bool_op any_ all_ label cast collate concat is_distinct_from is_not_distinct_from where correlate "
    "scalar_subquery as_scalar any has lower upper coalesce max min count sum select_from".split()
)


class Interpreter:
    """Reads one string of a relationship."""

    def __init__(self, resolver: Resolver, text: str) -> None:
        self.resolver, self.text = resolver, text

    def value(self) -> t.Any:
        """What the string stands for; a list for a list."""
        try:
            tree = ast.parse(self.text.strip(), mode="eval")
        except SyntaxError as error:
            raise exc.ArgumentError(f"The expression {self.text!r} of relationship {self.resolver.prop} cannot be understood: {error.msg}") from None
        return self._value(tree.body)

    def _name(self, name: str) -> t.Any:
        if name == self.resolver.cls.__name__:
            return self.resolver.cls
        found = self.resolver.classes().find(name)
        if found is not None:
            return found
        table = self.resolver.table(name)
        if table is not None:
            return _Columns(table)
        if name in ("foreign", "remote"):
            return foreign if name == "foreign" else remote
        if name in _FUNCTIONS and hasattr(sql, name):
            return getattr(sql, name)
        return _Module(name, self.resolver, self.text)

    def _value(self, node: ast.AST) -> t.Any:
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (str, int, float, bool))):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(self._value(node.value), node.attr)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [_final(self._value(e)) for e in node.elts]
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
            return _COMPARE[type(node.ops[0])](_final(self._value(node.left)), _final(self._value(node.comparators[0])))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return _BINARY[type(node.op)](_final(self._value(node.left)), _final(self._value(node.right)))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            return _UNARY[type(node.op)](_final(self._value(node.operand)))
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, (int, str)):
            return self._value(node.value)[node.slice.value]
        raise exc.ArgumentError(
            f"The expression {self.text!r} of relationship {self.resolver.prop} contains {type(node).__name__}, which is not understood here; "
            "use a lambda instead of the string"
        )

    def _attribute(self, owner: t.Any, name: str) -> t.Any:
        if name.startswith("_"):
            raise exc.ArgumentError(f"The expression {self.text!r} of relationship {self.resolver.prop} may not use the name {name!r}")
        if isinstance(owner, _Module):
            return owner.member(name)
        return getattr(owner, name)

    def _call(self, node: ast.Call) -> t.Any:
        fn = node.func
        if isinstance(fn, ast.Attribute) and not self._is_func(fn) and fn.attr not in _METHODS:
            raise exc.ArgumentError(f"The expression {self.text!r} of relationship {self.resolver.prop} may not call {fn.attr!r}; use a lambda")
        target = self._value(fn)
        if isinstance(target, type) or isinstance(target, (_Module, _Columns)):
            raise exc.ArgumentError(f"The expression {self.text!r} of relationship {self.resolver.prop} may not call {ast.unparse(fn)}; use a lambda")
        args = [_final(self._value(a)) for a in node.args]
        kwargs = {k.arg: _final(self._value(k.value)) for k in node.keywords if k.arg}
        return target(*args, **kwargs)

    @staticmethod
    def _is_func(node: ast.AST) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id == "func"


class _Module:
    """The beginning of `package.module.Class`."""

    def __init__(self, path: str, resolver: Resolver, text: str) -> None:
        self.path, self.resolver, self.text = path, resolver, text

    def member(self, name: str) -> t.Any:
        full = f"{self.path}.{name}"
        found = self.resolver.classes().find(full)
        if found is not None:
            return found
        table = self.resolver.table(full)
        return _Columns(table) if table is not None else _Module(full, self.resolver, self.text)


class _Columns:
    """A table named in an expression: `association.c.x` and `association.x` are its columns."""

    def __init__(self, table: t.Any) -> None:
        self._table = table

    def __getattr__(self, name: str) -> t.Any:
        return self._table.c if name in ("c", "columns") else self._table.c[name]


def _final(value: t.Any) -> t.Any:
    if isinstance(value, _Module):
        value.resolver.missing(value.path, value.text)
    return value._table if isinstance(value, _Columns) else value
