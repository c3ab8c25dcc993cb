"""Names in `relationship("Address", primaryjoin="User.id == Address.user_id")`.

Strings are parsed and interpreted over a closed grammar: names of classes and tables, attributes, comparisons, `and_`, `or_`,
`desc` and the like. Nothing is evaluated as Python.
"""

from __future__ import annotations

import ast
import operator
import typing as t
import weakref

from .. import exc
from ..sql.schema import MetaData
from ..util import warn

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


class _class_resolver:  # noqa: N801 - the name of the API
    """Nothing is an instance of it: names are resolved by `resolve()`. Programs ask whether an argument is one."""


class ClassRegistry:
    """Mapped classes of one `registry` by name; held weakly."""

    def __init__(self) -> None:
        self._by_name: t.Dict[str, t.List["weakref.ref[type]"]] = {}

    def add(self, cls: type) -> None:
        found = [r for r in self._by_name.get(cls.__name__, ()) if r() is not None and r() is not cls]
        same = [r for r in found if getattr(r(), "__module__", None) == cls.__module__]
        if same:
            warn(
                f"This declarative base already contains a class with the same class name and module name as {cls.__module__}."
                f"{cls.__name__}: strings that name it mean the new one from now on."
            )
            found = [r for r in found if r not in same]
        self._by_name[cls.__name__] = [*found, weakref.ref(cls)]

    def remove(self, cls: type) -> None:
        self._by_name[cls.__name__] = [r for r in self._by_name.get(cls.__name__, ()) if r() not in (None, cls)]

    def candidates(self, name: str) -> t.List[type]:
        return [cls for cls in (r() for r in self._by_name.get(name, ())) if cls is not None]

    def find(self, name: str) -> t.Optional[type]:
        """The class of that name; a path of modules before the name tells several apart."""
        path, _, last = name.rpartition(".")
        found = self.candidates(last)
        if path:
            found = [cls for cls in found if cls.__module__ == path or cls.__module__.endswith("." + path)]
        if len(found) > 1:
            paths = ", ".join(f"{cls.__module__}.{cls.__name__}" for cls in found)
            raise exc.InvalidRequestError(
                f'Multiple classes found for path "{name}" in the registry of this declarative base. Please use a fully module-qualified '
                f"path: {paths}"
            )
        return found[0] if found else None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.candidates(name))

    def __getitem__(self, name: str) -> type:
        cls = self.find(name)
        if cls is None:
            raise KeyError(name)
        return cls

    def keys(self) -> t.List[str]:
        return [name for name in self._by_name if self.candidates(name)]

    def values(self) -> t.List[type]:
        return [cls for name in self._by_name for cls in self.candidates(name)]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.keys())


class Resolver:
    """Interprets the strings of one relationship."""

    def __init__(self, prop: t.Any) -> None:
        self.prop = prop
        self.cls = prop.parent.class_
        self.registry = prop.parent.registry

    def class_(self, name: str) -> t.Any:
        """The class, or table, that a target string names."""
        name = name.strip()
        if name == self.cls.__name__ and "." not in name:
            own = self._classes().candidates(name)
            if len(own) <= 1:
                return self.cls
        found = self._classes().find(name)
        if found is None:
            found = self.table(name)  # which is no target: the caller says so
        if found is None:
            self._missing(name, name)
        return found

    def table(self, name: str) -> t.Any:
        metadata = self.prop.parent.local_table.metadata if self.registry is None else self.registry.metadata
        for candidate in (getattr(self.cls, "metadata", None), metadata, self.prop.parent.local_table.metadata):
            if not isinstance(candidate, MetaData):  # an attribute may have that name
                continue
            key = f"{candidate.schema}.{name}" if candidate.schema and "." not in name else name
            table = candidate.tables.get(key)
            if table is None:
                table = candidate.tables.get(name)
            if table is not None:
                return table
        return None

    def expression(self, text: str) -> t.Any:
        """The value of an expression string; lists give lists."""
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError as error:
            raise exc.ArgumentError(f"The expression {text!r} of relationship {self.prop} cannot be understood: {error.msg}") from None
        return self._value(tree.body, text)

    # ---- interpretation

    def _classes(self) -> ClassRegistry:
        return self.registry._class_registry if self.registry is not None else ClassRegistry()

    def _missing(self, name: str, text: str) -> t.NoReturn:
        raise exc.InvalidRequestError(
            f"When initializing mapper {self.prop.parent}, expression '{text}' failed to locate a name ('{name}'). A class that it names "
            f"must be declared, and its module imported, before {self.cls!r} is first used."
        )

    def _name(self, name: str, text: str) -> t.Any:
        from .. import sql
        from .relationships import foreign, remote

        if name == self.cls.__name__:
            return self.cls
        found = self._classes().find(name)
        if found is not None:
            return found
        table = self.table(name)
        if table is not None:
            return _Columns(table)
        if name in ("foreign", "remote"):
            return foreign if name == "foreign" else remote
        if name in _FUNCTIONS and hasattr(sql, name):
            return getattr(sql, name)
        return _Module(name, self, text)

    def _value(self, node: ast.AST, text: str) -> t.Any:
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (str, int, float, bool))):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.id, text)
        if isinstance(node, ast.Attribute):
            return self._attribute(self._value(node.value, text), node.attr, text)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [_final(self._value(e, text)) for e in node.elts]
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
            return _COMPARE[type(node.ops[0])](_final(self._value(node.left, text)), _final(self._value(node.comparators[0], text)))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return _BINARY[type(node.op)](_final(self._value(node.left, text)), _final(self._value(node.right, text)))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            return _UNARY[type(node.op)](_final(self._value(node.operand, text)))
        if isinstance(node, ast.Call):
            return self._call(node, text)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, (int, str)):
            return self._value(node.value, text)[node.slice.value]
        raise exc.ArgumentError(
            f"The expression {text!r} of relationship {self.prop} contains {type(node).__name__}, which is not understood here; "
            "use a lambda instead of the string"
        )

    def _attribute(self, owner: t.Any, name: str, text: str) -> t.Any:
        if name.startswith("_"):
            raise exc.ArgumentError(f"The expression {text!r} of relationship {self.prop} may not use the name {name!r}")
        if isinstance(owner, _Module):
            return owner.member(name)
        return getattr(owner, name)

    def _call(self, node: ast.Call, text: str) -> t.Any:
        fn = node.func
        if isinstance(fn, ast.Attribute) and not self._is_func(fn) and fn.attr not in _METHODS:
            raise exc.ArgumentError(f"The expression {text!r} of relationship {self.prop} may not call {fn.attr!r}; use a lambda")
        target = self._value(fn, text)
        if isinstance(target, type) or isinstance(target, (_Module, _Columns)):
            raise exc.ArgumentError(f"The expression {text!r} of relationship {self.prop} may not call {ast.unparse(fn)}; use a lambda")
        args = [_final(self._value(a, text)) for a in node.args]
        kwargs = {k.arg: _final(self._value(k.value, text)) for k in node.keywords if k.arg}
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
        found = self.resolver._classes().find(full)
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
        value.resolver._missing(value.path, value.text)
    return value._table if isinstance(value, _Columns) else value
