"""Types of what the ORM package shares; `Mapped` is where an attribute becomes a value on instances and an expression on the class."""
# pyright: reportIncompatibleMethodOverride=false

import enum
import typing as t

from ..sql.nodes import SQLCoreOperations
from .attributes import InstrumentedAttribute
from .dynamic import AppenderQuery
from .mapper import ClassManager, Mapper
from .state import InstanceState

_T = t.TypeVar("_T")
_T_co = t.TypeVar("_T_co", bound=t.Any, covariant=True)
_O = t.TypeVar("_O", bound=object)

class LoaderCallableStatus(enum.Enum):
    PASSIVE_NO_RESULT = 0
    PASSIVE_CLASS_MISMATCH = 1
    ATTR_WAS_SET = 2
    ATTR_EMPTY = 3
    NO_VALUE = 4
    NEVER_SET = 4

PASSIVE_NO_RESULT: t.Final = LoaderCallableStatus.PASSIVE_NO_RESULT
ATTR_WAS_SET: t.Final = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY: t.Final = LoaderCallableStatus.ATTR_EMPTY
NO_VALUE: t.Final = LoaderCallableStatus.NO_VALUE
NEVER_SET: t.Final = LoaderCallableStatus.NEVER_SET

class PassiveFlag(enum.IntFlag):
    NO_CHANGE = 0
    CALLABLES_OK = 1
    SQL_OK = 2
    RELATED_OBJECT_OK = 4
    INIT_OK = 8
    NON_PERSISTENT_OK = 16
    LOAD_AGAINST_COMMITTED = 32
    NO_AUTOFLUSH = 64
    NO_RAISE = 128
    DEFERRED_HISTORY_LOAD = 256
    INCLUDE_PENDING_MUTATIONS = 512
    PASSIVE_OFF = 31
    PASSIVE_RETURN_NO_VALUE = 23
    PASSIVE_NO_INITIALIZE = 22
    PASSIVE_NO_FETCH = 29
    PASSIVE_NO_FETCH_RELATED = 27
    PASSIVE_ONLY_PERSISTENT = 15

PASSIVE_OFF: PassiveFlag
PASSIVE_NO_INITIALIZE: PassiveFlag
PASSIVE_NO_FETCH: PassiveFlag
PASSIVE_RETURN_NO_VALUE: PassiveFlag

class RelationshipDirection(enum.Enum):
    ONETOMANY = 0
    MANYTOONE = 1
    MANYTOMANY = 2

ONETOMANY: t.Final = RelationshipDirection.ONETOMANY
MANYTOONE: t.Final = RelationshipDirection.MANYTOONE
MANYTOMANY: t.Final = RelationshipDirection.MANYTOMANY

class EventConstants(enum.Enum):
    EXT_CONTINUE = 1
    EXT_STOP = 2
    EXT_SKIP = 3
    NO_KEY = 4

NO_KEY: t.Final = EventConstants.NO_KEY

class InspectionAttrExtensionType(enum.Enum): ...  # type: ignore[misc]

class NotExtension(InspectionAttrExtensionType):
    NOT_EXTENSION = "not_extension"

class InspectionAttr:
    is_selectable: bool
    is_aliased_class: bool
    is_instance: bool
    is_mapper: bool
    is_bundle: bool
    is_property: bool
    is_attribute: bool
    is_clause_element: bool
    extension_type: InspectionAttrExtensionType

class InspectionAttrInfo(InspectionAttr):
    @property
    def info(self) -> dict[t.Any, t.Any]: ...

def instance_state(instance: _O) -> InstanceState[_O]: ...
def instance_dict(instance: object) -> dict[str, t.Any]: ...
def written_entity(statement: t.Any) -> t.Any: ...
def class_mapper(class_: type[_O], configure: bool = True) -> Mapper[_O]: ...
def object_mapper(instance: _O) -> Mapper[_O]: ...
def object_state(instance: _O) -> InstanceState[_O]: ...
def manager_of_class(cls: type[_O]) -> ClassManager | None: ...
def opt_manager_of_class(cls: type[_O]) -> ClassManager | None: ...
def state_str(state: InstanceState[t.Any] | None) -> str: ...
def instance_str(instance: object) -> str: ...

class _MappedAnnotationBase(t.Generic[_T_co]): ...

class SQLORMOperations(SQLCoreOperations[_T_co], _MappedAnnotationBase[_T_co]):
    def of_type(self, class_: t.Any) -> t.Any: ...
    def and_(self, *criteria: t.Any) -> t.Any: ...
    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any: ...
    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any: ...

class Mapped(SQLORMOperations[_T_co]):
    @t.overload
    def __get__(self, instance: None, owner: t.Any) -> InstrumentedAttribute[_T_co]: ...
    @t.overload
    def __get__(self, instance: object, owner: t.Any) -> _T_co: ...
    def __set__(self, instance: t.Any, value: SQLCoreOperations[_T_co] | _T_co) -> None: ...
    def __delete__(self, instance: t.Any) -> None: ...

class _MappedAttribute(_MappedAnnotationBase[_T_co]): ...
class _DynamicMapped(Mapped[_T_co]): ...

class DynamicMapped(_DynamicMapped[_T_co]):
    @t.overload  # type: ignore[override]
    def __get__(self, instance: None, owner: t.Any) -> InstrumentedAttribute[_T_co]: ...
    @t.overload
    def __get__(self, instance: object, owner: t.Any) -> AppenderQuery[_T_co]: ...
    def __set__(self, instance: t.Any, value: t.Collection[_T_co]) -> None: ...  # type: ignore[override]

class WriteOnlyMapped(_DynamicMapped[_T_co]):
    @t.overload
    def __get__(self, instance: None, owner: t.Any) -> InstrumentedAttribute[_T_co]: ...
    @t.overload
    def __get__(self, instance: object, owner: t.Any) -> t.Any: ...
    def __set__(self, instance: t.Any, value: t.Collection[_T_co]) -> None: ...  # type: ignore[override]

class MappedSQLExpression(Mapped[_T_co]): ...
class ORMDescriptor(t.Generic[_T_co]): ...
