"""Operators of the program's own for mapped attributes: `column_property(..., comparator_factory=)`, `relationship(comparator_factory=)`.

The attribute stays a node of the expression; it hands its operators to the comparator, which works with the attribute as it
would be without one.
"""

from __future__ import annotations

import types
import typing as t

from .. import _core
from ..sql import operators
from .attributes import InstrumentedAttribute
from .relation_attribute import RelationshipAttribute

_UNARY = frozenset(
    (_core.OP_NOT, _core.OP_NEG, _core.OP_ASC, _core.OP_DESC, _core.OP_NULLS_FIRST, _core.OP_NULLS_LAST, _core.OP_DISTINCT, _core.OP_BIT_NOT)
)


class PropComparator(operators.ColumnOperators):
    """Base of comparators of attributes. Subclasses define single operators, `operate()`, or methods of their own."""

    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, prop: t.Any, parententity: t.Any, attribute: t.Any = None) -> None:
        self.prop = self.property = prop
        self._parententity = self._parentmapper = parententity
        self._attribute = attribute

    __hash__ = object.__hash__

    @property
    def key(self) -> str:
        return t.cast(str, self.prop.key)

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        return t.cast("t.Dict[t.Any, t.Any]", self.prop.info)

    def __clause_element__(self) -> t.Any:
        """The attribute without this comparator."""
        return self._attribute

    expression = property(__clause_element__)

    @property
    def expressions(self) -> t.Sequence[t.Any]:
        return [self._attribute]

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: t.Any, other: t.Any, **kwargs: t.Any) -> t.Any:
        return op(other, self.__clause_element__(), **kwargs)


class ColumnComparator(PropComparator):
    """`ColumnProperty.Comparator`."""


class RelationshipComparator(PropComparator):
    """`RelationshipProperty.Comparator`."""

    @property
    def mapper(self) -> t.Any:
        return self.prop.mapper

    entity = mapper

    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return self._attribute.any(criterion, **kwargs)

    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return self._attribute.has(criterion, **kwargs)

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return self._attribute.contains(other, **kwargs)

    def of_type(self, entity: t.Any) -> t.Any:
        return self._attribute.of_type(entity)

    def and_(self, *criteria: t.Any) -> t.Any:
        return self._attribute.and_(*criteria)

    def __eq__(self, other: t.Any) -> t.Any:
        return self._attribute._equals(other)

    def __ne__(self, other: t.Any) -> t.Any:
        return self._attribute._differs(other)

    __hash__ = object.__hash__


def _comparator_of(attribute: t.Any) -> t.Any:
    """The comparator of a node, over the same node as an ordinary attribute."""
    found = attribute.__dict__.get("_own_comparator")
    if found is None:
        plain = attribute._with(clear=_core.FLAG_HOST_COMPARE)
        plain.__class__ = RelationshipAttribute if isinstance(attribute, RelationshipAttribute) else InstrumentedAttribute
        found = attribute.prop.comparator_factory(attribute.prop, attribute.parent, plain)
        attribute.__dict__["_own_comparator"] = found
    return found


class _Compared:
    """What attributes with a comparator do otherwise."""

    __slots__ = ()

    def _operate(self, op: int, other: t.Any = None, reverse: bool = False) -> t.Any:
        function, comparator = operators._FUNCTIONS[op], _comparator_of(self)
        if reverse:
            return comparator.reverse_operate(function, other)
        return function(comparator) if other is None and op in _UNARY else function(comparator, other)

    @property
    def comparator(self) -> t.Any:
        return _comparator_of(self)


class ComparedAttribute(_Compared, InstrumentedAttribute):
    """A column attribute with a comparator of the program's own."""

    __slots__ = ()

    def __getattr__(self, name: str) -> t.Any:
        if not name.startswith("_") and hasattr(self.prop.comparator_factory, name):
            return getattr(_comparator_of(self), name)
        return InstrumentedAttribute.__getattr__(self, name)


class ComparedRelationship(_Compared, RelationshipAttribute):
    """A relationship with a comparator of the program's own."""

    __slots__ = ()
    __hash__ = _core.Node.__hash__

    def __eq__(self, other: t.Any) -> t.Any:
        return self is other if isinstance(other, RelationshipAttribute) else _comparator_of(self) == other

    def __ne__(self, other: t.Any) -> t.Any:
        return self is not other if isinstance(other, RelationshipAttribute) else _comparator_of(self) != other

    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return _comparator_of(self).any(criterion, **kwargs)

    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return _comparator_of(self).has(criterion, **kwargs)

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        return _comparator_of(self).contains(other, **kwargs)

    def __getattr__(self, name: str) -> t.Any:
        if not name.startswith("_") and hasattr(self.prop.comparator_factory, name):
            return getattr(_comparator_of(self), name)
        return RelationshipAttribute.__getattr__(self, name)


def compared(attribute: t.Any) -> t.Any:
    """The attribute as one that hands its operators to the comparator of its property."""
    if attribute.__dict__["_prop"].comparator_factory is None:
        return attribute
    made = attribute._with(set=_core.FLAG_HOST_COMPARE)
    made.__class__ = ComparedRelationship if isinstance(attribute, RelationshipAttribute) else ComparedAttribute
    return made


def compared_as(prop: t.Any, attribute: t.Any) -> t.Any:
    """An attribute under another property, that of a synonym with a comparator of its own."""
    made = attribute._with(set=_core.FLAG_HOST_COMPARE)
    made.__dict__.update(attribute.__dict__, _prop=prop)
    made.__dict__.pop("_own_comparator", None)
    made.__class__ = ComparedRelationship if isinstance(attribute, RelationshipAttribute) else ComparedAttribute
    return made


__all__ = ["ColumnComparator", "PropComparator", "RelationshipComparator", "compared", "compared_as"]

from . import interfaces  # noqa: E402
from .properties import ColumnProperty  # noqa: E402
from .relationships import RelationshipProperty  # noqa: E402

interfaces.PropComparator = PropComparator  # type: ignore[misc]
ColumnProperty.Comparator = ColumnComparator  # type: ignore[attr-defined]
RelationshipProperty.Comparator = RelationshipComparator  # type: ignore[attr-defined]
