"""The ORM: mapping classes, sessions, loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._late import late
from . import exc as exc
from . import inspected as _inspected  # noqa: F401  (inspect() learns of mapped things)
from .attributes import AttributeEventToken as AttributeEventToken
from .attributes import History as History
from .attributes import InstrumentedAttribute as InstrumentedAttribute
from .attributes import QueryableAttribute as QueryableAttribute
from .annotations import TypeResolve as TypeResolve
from .base import (
    MANYTOMANY as MANYTOMANY, MANYTOONE as MANYTOONE, NO_KEY as NO_KEY, NO_VALUE as NO_VALUE, ONETOMANY as ONETOMANY,
    DynamicMapped as DynamicMapped, InspectionAttr as InspectionAttr, InspectionAttrExtensionType as InspectionAttrExtensionType,
    InspectionAttrInfo as InspectionAttrInfo, LoaderCallableStatus as LoaderCallableStatus, Mapped as Mapped, NotExtension as NotExtension,
    ORMDescriptor as ORMDescriptor, PassiveFlag as PassiveFlag, RelationshipDirection as RelationshipDirection,
    SQLORMOperations as SQLORMOperations, WriteOnlyMapped as WriteOnlyMapped, class_mapper as class_mapper, object_mapper as object_mapper,
)
from .comparators import PropComparator as PropComparator
from .decl_api import (
    DeclarativeBase as DeclarativeBase, DeclarativeBaseNoMeta as DeclarativeBaseNoMeta, DeclarativeMeta as DeclarativeMeta,
    MappedAsDataclass as MappedAsDataclass, add_mapped_attribute as add_mapped_attribute, as_declarative as as_declarative,
    declarative_base as declarative_base, declarative_mixin as declarative_mixin, declared_attr as declared_attr,
    has_inherited_table as has_inherited_table, mapped_as_dataclass as mapped_as_dataclass, registry as registry,
    synonym_for as synonym_for, unmapped_dataclass as unmapped_dataclass,
)
from .events import (
    AttributeEvents as AttributeEvents, InstanceEvents as InstanceEvents, MapperEvents as MapperEvents, QueryEvents as QueryEvents,
    SessionEvents as SessionEvents,
)
from .identity import IdentityMap as IdentityMap
from .interfaces import (
    MapperOption as MapperOption, MapperProperty as MapperProperty, UserDefinedOption as UserDefinedOption,
)
from .mapper import (
    ClassManager as ClassManager, Mapper as Mapper, clear_mappers as clear_mappers, configure_mappers as configure_mappers,
    reconstructor as reconstructor, validates as validates,
)
from .properties import (
    ColumnProperty as ColumnProperty, MappedColumn as MappedColumn,
    MappedSQLExpression as MappedSQLExpression, Synonym as Synonym, SynonymProperty as SynonymProperty, column_property as column_property,
    deferred as deferred, mapped_column as mapped_column, query_expression as query_expression, synonym as synonym,
)
from .relationships import (
    CascadeOptions as CascadeOptions, Relationship as Relationship, RelationshipProperty as RelationshipProperty, backref as backref,
    dynamic_loader as dynamic_loader, foreign as foreign, relation as relation, relationship as relationship, remote as remote,
)
from .scoping import scoped_session as scoped_session
from .session import (
    Session as Session, SessionTransaction as SessionTransaction, SessionTransactionOrigin as SessionTransactionOrigin,
    close_all_sessions as close_all_sessions, make_transient as make_transient, make_transient_to_detached as make_transient_to_detached,
    object_session as object_session, sessionmaker as sessionmaker,
)
from .state import AttributeState as AttributeState
from .state import InstanceState as InstanceState
from .strategy_options import (
    Load as Load, contains_eager as contains_eager, defaultload as defaultload, defer as defer, immediateload as immediateload,
    joinedload as joinedload, lazyload as lazyload, load_only as load_only, noload as noload, raiseload as raiseload,
    selectin_polymorphic as selectin_polymorphic, selectinload as selectinload, subqueryload as subqueryload, undefer as undefer,
    undefer_group as undefer_group, with_expression as with_expression,
)
from .util import (
    was_deleted as was_deleted, with_loader_criteria as with_loader_criteria, with_parent as with_parent,
)

if TYPE_CHECKING:
    from .bundle import Bundle as Bundle
    from .bundle import DictBundle as DictBundle
    from .collections import (
        InstrumentedDict as InstrumentedDict, InstrumentedList as InstrumentedList, InstrumentedSet as InstrumentedSet,
        KeyFuncDict as KeyFuncDict, MappedCollection as MappedCollection, attribute_keyed_dict as attribute_keyed_dict,
        attribute_mapped_collection as attribute_mapped_collection, column_keyed_dict as column_keyed_dict,
        column_mapped_collection as column_mapped_collection, keyfunc_mapping as keyfunc_mapping, mapped_collection as mapped_collection,
    )
    from .composites import Composite as Composite
    from .composites import CompositeProperty as CompositeProperty
    from .composites import composite as composite
    from .context import ORMExecuteState as ORMExecuteState
    from .context import QueryContext as QueryContext
    from .query import Query as Query
    from .aliases import (
        AliasedClass as AliasedClass, aliased as aliased, join as join, outerjoin as outerjoin,
        polymorphic_union as polymorphic_union, with_polymorphic as with_polymorphic,
    )
    from .dynamic import AppenderQuery as AppenderQuery
    from .writeonly import WriteOnlyCollection as WriteOnlyCollection
else:  # what not every program needs
    __getattr__, __dir__ = late(
        __name__,
        {
            "aliases": ("AliasedClass", "aliased", "join", "outerjoin", "polymorphic_union", "with_polymorphic"),
            "bundle": ("Bundle", "DictBundle"),
            "collections": (
                "InstrumentedDict", "InstrumentedList", "InstrumentedSet", "KeyFuncDict", "MappedCollection", "attribute_keyed_dict",
                "attribute_mapped_collection", "column_keyed_dict", "column_mapped_collection", "keyfunc_mapping", "mapped_collection",
            ),
            "composites": ("Composite", "CompositeProperty", "composite"),
            "context": ("ORMExecuteState", "QueryContext"),
            "dynamic": ("AppenderQuery",),
            "query": ("Query",),
            "writeonly": ("WriteOnlyCollection",),
        },
    )  # fmt: skip

mapperlib = __import__("cormorant.orm.mapper", fromlist=["mapper"])


def mapper(*args: Any, **kw: Any) -> Any:
    """Gone since SQLAlchemy 2.0."""
    raise exc.sa_exc.InvalidRequestError(
        "The 'orm.mapper()' function is removed, as in SQLAlchemy 2.0: map classes by map_imperatively() of an orm.registry()."
    )


def create_session(bind: Any = None, **kwargs: Any) -> Session:
    """A session with the settings of long ago: nothing expires, nothing flushes by itself."""
    kwargs.setdefault("autoflush", False)
    kwargs.setdefault("expire_on_commit", False)
    return Session(bind=bind, **kwargs)


def eagerload(*args: Any, **kwargs: Any) -> Any:
    """An old name of `joinedload()`."""
    return joinedload(*args, **kwargs)
