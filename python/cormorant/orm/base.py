"""Small things that the whole ORM package shares: symbols, looking up mappers and states, the `Mapped` annotations."""

from __future__ import annotations

import enum
import operator
import typing as t

from .. import _core, exc
from . import exc as orm_exc

_T = t.TypeVar("_T")
_T_co = t.TypeVar("_T_co", covariant=True)


class EventConstants(enum.Enum):
    """What listeners of some mapper events answer: go on, ask no further listener, leave the mapper for later; and what stands for a key
    that is not known."""

    EXT_CONTINUE = 1
    EXT_STOP = 2
    EXT_SKIP = 3
    NO_KEY = 4


EXT_CONTINUE, EXT_STOP, EXT_SKIP, NO_KEY = EventConstants


class LoaderCallableStatus(enum.Enum):
    """What stands for a value that is not there."""

    PASSIVE_NO_RESULT = 0
    PASSIVE_CLASS_MISMATCH = 1
    ATTR_WAS_SET = 2
    ATTR_EMPTY = 3
    NO_VALUE = 4
    NEVER_SET = 4
    DONT_SET = 5

    def __bool__(self) -> bool:
        return False


PASSIVE_NO_RESULT = LoaderCallableStatus.PASSIVE_NO_RESULT
ATTR_WAS_SET = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY = LoaderCallableStatus.ATTR_EMPTY
NO_VALUE = LoaderCallableStatus.NO_VALUE
NEVER_SET = LoaderCallableStatus.NEVER_SET
DONT_SET = LoaderCallableStatus.DONT_SET
_core.register_ignored(DONT_SET)


class PassiveFlag(enum.IntFlag):
    """How far a look at an attribute may go."""

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
    PASSIVE_OFF = RELATED_OBJECT_OK | NON_PERSISTENT_OK | INIT_OK | CALLABLES_OK | SQL_OK
    PASSIVE_RETURN_NO_VALUE = PASSIVE_OFF ^ INIT_OK
    PASSIVE_NO_INITIALIZE = PASSIVE_RETURN_NO_VALUE ^ CALLABLES_OK
    PASSIVE_NO_FETCH = PASSIVE_OFF ^ SQL_OK
    PASSIVE_NO_FETCH_RELATED = PASSIVE_OFF ^ RELATED_OBJECT_OK
    PASSIVE_ONLY_PERSISTENT = PASSIVE_OFF ^ NON_PERSISTENT_OK


PASSIVE_OFF = PassiveFlag.PASSIVE_OFF
PASSIVE_NO_INITIALIZE = PassiveFlag.PASSIVE_NO_INITIALIZE
PASSIVE_NO_FETCH = PassiveFlag.PASSIVE_NO_FETCH
PASSIVE_RETURN_NO_VALUE = PassiveFlag.PASSIVE_RETURN_NO_VALUE


class RelationshipDirection(enum.Enum):
    """Which side of a relationship has the foreign key."""

    ONETOMANY = 0
    MANYTOONE = 1
    MANYTOMANY = 2


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY


class InspectionAttrExtensionType(enum.Enum):
    """Kinds of extension attributes."""


class NotExtension(InspectionAttrExtensionType):
    NOT_EXTENSION = "not_extension"


class InspectionAttr:
    """What `inspect()` may answer says by these flags what it is."""

    __slots__: t.Tuple[str, ...] = ()
    is_selectable = False
    is_aliased_class = False
    is_instance = False
    is_mapper = False
    is_bundle = False
    is_property = False
    is_attribute = False
    is_clause_element = False
    extension_type: InspectionAttrExtensionType = NotExtension.NOT_EXTENSION


class InspectionAttrInfo(InspectionAttr):
    __slots__ = ()

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        """A dictionary for the program's own use."""
        return t.cast("t.Dict[t.Any, t.Any]", self.__dict__.setdefault("_info", {}))


instance_state = _core.inst_state
"""The InstanceState of a mapped instance."""

instance_dict = operator.attrgetter("__dict__")


def _mapper_or_none(entity: t.Any) -> t.Any:
    """The mapper of a mapped class, mapper, alias or ENTITY node; None for anything else."""
    if isinstance(entity, type):
        mapper = entity.__dict__.get("__mapper__") or getattr(entity, "__mapper__", None)
        return mapper if isinstance(mapper, _core.Mapper) else None
    if isinstance(entity, _core.Mapper):
        return entity
    mapper = getattr(entity, "_aliased_mapper", None)
    return mapper if isinstance(mapper, _core.Mapper) else None


_WRITES = frozenset((_core.K_INSERT, _core.K_UPDATE, _core.K_DELETE))


def written_entity(statement: t.Any) -> t.Any:
    """The ENTITY that a statement writes to; None for one of a table, and for others."""
    target = statement._kids[0] if statement._kind in _WRITES and statement._kids else None
    return target if target is not None and target._kind == _core.K_ENTITY else None


def class_mapper(class_: t.Any, configure: bool = True) -> t.Any:
    """The mapper of a class; mappers are configured first unless told not to."""
    mapper = _mapper_or_none(class_)
    if mapper is None:
        if not isinstance(class_, type):
            raise exc.ArgumentError(f"Class object expected, got '{class_!r}'.")
        raise orm_exc.UnmappedClassError(class_)
    if configure:
        mapper._check_configure()
    return mapper


def object_mapper(instance: t.Any) -> t.Any:
    """The mapper of an instance's class."""
    return object_state(instance).mapper


def object_state(instance: t.Any) -> t.Any:
    """The state of an instance; UnmappedInstanceError for anything else."""
    return _core.inst_state(instance)


def manager_of_class(cls: t.Any) -> t.Any:
    """The ClassManager of a mapped class, or None."""
    mapper = _mapper_or_none(cls)
    return mapper.class_manager if mapper is not None else None


def opt_manager_of_class(cls: t.Any) -> t.Any:
    return manager_of_class(cls)


def state_str(state: t.Any) -> str:
    return "None" if state is None else f"<{state.class_.__name__} at {id(state.obj()):#x}>"


def instance_str(instance: t.Any) -> str:
    return state_str(_core.inst_state(instance))


class _MappedAnnotationBase(t.Generic[_T_co]):
    """Base of what may be written around the type of a mapped attribute."""

    __slots__ = ()


class SQLORMOperations(_MappedAnnotationBase[_T_co]):
    __slots__ = ()


class Mapped(SQLORMOperations[_T_co]):
    """`name: Mapped[str]`: an attribute that is an expression on the class and a value on its instances."""

    __slots__ = ()

    if t.TYPE_CHECKING:

        @t.overload
        def __get__(self, instance: None, owner: t.Any) -> "t.Any": ...
        @t.overload
        def __get__(self, instance: object, owner: t.Any) -> _T_co: ...
        def __get__(self, instance: t.Optional[object], owner: t.Any) -> t.Any: ...
        def __set__(self, instance: t.Any, value: t.Any) -> None: ...
        def __delete__(self, instance: t.Any) -> None: ...


class _MappedAttribute(_MappedAnnotationBase[_T_co]):
    __slots__ = ()


class _DynamicMapped(Mapped[_T_co]):
    __slots__ = ()


class DynamicMapped(_DynamicMapped[_T_co]):
    """Annotation of a `lazy="dynamic"` relationship."""

    __slots__ = ()


class WriteOnlyMapped(_DynamicMapped[_T_co]):
    """Annotation of a `lazy="write_only"` relationship."""

    __slots__ = ()


class MappedSQLExpression(Mapped[_T_co]):
    __slots__ = ()


class ORMDescriptor(t.Generic[_T_co]):
    __slots__ = ()
