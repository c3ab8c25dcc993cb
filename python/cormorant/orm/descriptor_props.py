"""Properties that are made of other attributes, under the module path that programs import them from."""

from __future__ import annotations

from .composites import Composite as Composite
from .composites import CompositeProperty as CompositeProperty
from .properties import SynonymProperty as SynonymProperty

Synonym = SynonymProperty


class ConcreteInheritedProperty:
    """Nothing is an instance of it: a concrete subclass has no trace of its parent's attributes. Programs ask whether a property is one."""


__all__ = ["Composite", "CompositeProperty", "ConcreteInheritedProperty", "Synonym", "SynonymProperty"]
