"""Where declarative mapping lived before 1.4."""

from ...orm.decl_api import DeclarativeMeta as DeclarativeMeta
from ...orm.decl_api import as_declarative as as_declarative
from ...orm.decl_api import declarative_base as declarative_base
from ...orm.decl_api import declared_attr as declared_attr
from ...orm.decl_api import has_inherited_table as has_inherited_table
from ...orm.decl_api import synonym_for as synonym_for
from .extensions import AbstractConcreteBase as AbstractConcreteBase
from .extensions import ConcreteBase as ConcreteBase
from .extensions import DeferredReflection as DeferredReflection

__all__ = ["AbstractConcreteBase", "ConcreteBase", "DeclarativeMeta", "DeferredReflection", "as_declarative", "declarative_base", "declared_attr", "has_inherited_table", "synonym_for"]
