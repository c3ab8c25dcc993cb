"""`Bundle`: several columns of a SELECT answered as one value. The core reads the columns side by side and asks here for the value."""

from __future__ import annotations

import operator
import types
import typing as t

from .. import _core, exc
from ..sql.collections import ReadOnlyColumnCollection
from ..sql.elements import ClauseElement
from .base import InspectionAttr


class BundleClause(ClauseElement):
    """The columns of a bundle, in a statement."""

    __slots__ = ()


_core.register_kind(_core.K_BUNDLE, BundleClause)


def bundle_clause(name: str, parts: t.Sequence[t.Any], make: t.Callable[[t.Tuple[t.Any, ...]], t.Any]) -> t.Any:
    """A BUNDLE node whose rows `make` turns into values."""
    node = _core.make(_core.K_BUNDLE, name=name, segs=(list(parts),), cls=BundleClause)
    node.__dict__["_make"] = make
    return node


def _bundle_value(node: t.Any, values: t.Tuple[t.Any, ...]) -> t.Any:
    return node.__dict__["_make"](values)


_core.register_hook("bundle_value", _bundle_value)


class Bundle(InspectionAttr):
    """`select(Bundle("user", User.id, User.name))`: rows hold one value with the attributes `id` and `name`. Bundles may be nested."""

    __class_getitem__ = classmethod(types.GenericAlias)
    single_entity = False
    is_clause_element = is_mapper = is_aliased_class = False
    is_bundle = True
    _propagate_attrs: t.Mapping[str, t.Any] = {}

    def __init__(self, name: str, *exprs: t.Any, single_entity: t.Optional[bool] = None, **kw: t.Any) -> None:
        if kw:
            raise TypeError(f"Bundle() got an unexpected keyword argument '{next(iter(kw))}'")
        if not exprs:
            raise exc.ArgumentError(f"Bundle '{name}' has no columns")
        self.name = self._label = name
        self.exprs = exprs
        if single_entity is not None:
            self.single_entity = single_entity
        self._parts = [_part(name, e) for e in exprs]
        self._keys = [_key(part) for part in self._parts]
        self.c = self.columns = ReadOnlyColumnCollection(
            [(key, given if isinstance(given, Bundle) else part) for key, part, given in zip(self._keys, self._parts, exprs)]
        )

    def label(self, name: str) -> "Bundle":
        """The same columns under another name."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.name = made._label = name
        made.__dict__.pop("_clause", None)
        return made

    def __clause_element__(self) -> t.Any:
        found = self.__dict__.get("_clause")
        if found is None:
            found = self.__dict__["_clause"] = bundle_clause(self.name, self._parts, self._value)
        return found

    clauses = property(__clause_element__)

    def create_row_processor(self, query: t.Any, procs: t.Sequence[t.Callable[[t.Any], t.Any]], labels: t.Sequence[str]) -> t.Callable[[t.Any], t.Any]:
        """Answers the function that makes the value of a row. Subclasses answer their own; `query` is None."""
        row = _core.RowMeta(list(labels)).row
        return lambda values: row([proc(values) for proc in procs])

    def _value(self, values: t.Tuple[t.Any, ...]) -> t.Any:
        made = self.__dict__.get("_processor")
        if made is None:
            procs = [operator.itemgetter(i) for i in range(len(values))]
            made = self.__dict__["_processor"] = self.create_row_processor(None, procs, self._keys)
        return made(values)

    def __repr__(self) -> str:
        return f"Bundle({self.name!r}, {', '.join(map(str, self.exprs))})"


class DictBundle(Bundle):
    """A bundle whose value is a dictionary."""

    def create_row_processor(self, query: t.Any, procs: t.Sequence[t.Callable[[t.Any], t.Any]], labels: t.Sequence[str]) -> t.Callable[[t.Any], t.Any]:
        return lambda values: dict(zip(labels, (proc(values) for proc in procs)))


def _part(bundle: str, expression: t.Any) -> t.Any:
    if isinstance(expression, (list, tuple)) or expression is None:
        raise exc.ArgumentError(f"Bundle '{bundle}' takes columns, entities and bundles, not {expression!r}")
    return _core.coerce(expression, _core.ROLE_COLUMNS)


def _key(part: t.Any) -> str:
    if part._kind == _core.K_ENTITY:
        return t.cast(str, part._mapper_class.__name__ if hasattr(part, "_mapper_class") else part._name)
    return t.cast(str, getattr(part, "key", None) or getattr(part, "name", None) or part._name)


__all__ = ["Bundle", "BundleClause", "DictBundle", "bundle_clause"]
