"""Declarative mapping: `DeclarativeBase`, `declarative_base()`, `registry`, `declared_attr`."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql.fromclause import FromClause
from ..sql.schema import MetaData
from ..util import warn
from .clsregistry import ClassRegistry
from .decl_base import add_attribute, current_scan, map_declarative
from .interfaces import put_attribute
from .configure import configure_registries, watch_configuration
from .mapper import Mapper, _dispose
from .properties import SynonymProperty

_T = t.TypeVar("_T")


class declared_attr(t.Generic[_T]):
    """Marks a method of a mixin that answers a column, relationship or setting for each class that uses it."""

    _is_config = False
    _cascading = False

    def __init__(self, fn: t.Callable[..., _T], cascading: bool = False, quiet: bool = False) -> None:
        self.fget: t.Callable[..., _T] = fn.__func__ if isinstance(fn, (classmethod, staticmethod)) else fn
        self._cascading, self._quiet = cascading, quiet
        self.__doc__ = self.fget.__doc__
        self.__name__ = getattr(self.fget, "__name__", "declared_attr")

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        scan = current_scan(owner)
        if scan is not None:
            return scan.evaluate(self)
        name = self.__name__
        if not self._quiet and not (name.startswith("__") and name.endswith("__")) and not isinstance(getattr(owner, "__mapper__", None), Mapper):
            warn(f"Unmanaged access of declarative attribute {name} from non-mapped class {owner.__name__}")
        return self.fget(owner)

    @classmethod
    def cascading(cls, fn: t.Any) -> t.Any:
        """Evaluated for subclasses of mapped classes as well."""
        return cls(fn, cascading=True)

    @classmethod
    def directive(cls, fn: t.Any) -> t.Any:
        """For `__tablename__` and the other settings."""
        made = cls(fn)
        return made


def declarative_mixin(cls: _T) -> _T:
    """Marks a class as a mixin; for type checkers only."""
    return cls


def has_inherited_table(cls: type) -> bool:
    """Whether a parent class has a table."""
    return any(getattr(base, "__table__", None) is not None for base in cls.__mro__[1:])


def synonym_for(name: str, map_column: bool = False) -> t.Callable[[t.Any], t.Any]:
    """Makes a property a synonym of an attribute: the property on instances, the attribute in statements."""

    def decorate(fn: t.Any) -> t.Any:
        return SynonymProperty(name, map_column=map_column, descriptor=fn)

    return decorate


class DeclarativeAttributeIntercept(type):
    """Metaclass through which `User.extra = Column(...)` maps an attribute of a mapped class."""

    def __setattr__(cls, key: str, value: t.Any) -> None:
        if "__mapper__" not in cls.__dict__ or not add_attribute(cls, key, value):
            type.__setattr__(cls, key, value)

    def __delattr__(cls, key: str) -> None:
        if isinstance(cls.__dict__.get(key), _core.InstrumentedAttribute):
            raise NotImplementedError("Can't un-map individual mapped attributes on a mapped class.")
        type.__delattr__(cls, key)


class DeclarativeMeta(DeclarativeAttributeIntercept):
    """Metaclass of what `declarative_base()` answers: maps every class without `__abstract__`."""

    metadata: MetaData
    registry: "registry"

    def __init__(cls, classname: t.Any, bases: t.Any, dict_: t.Any, **kw: t.Any) -> None:
        dict_ = cls.__dict__
        reg = getattr(cls, "_sa_registry", None)
        if reg is None:
            reg = dict_.get("registry", None)
            if not isinstance(reg, registry):
                raise exc.InvalidRequestError(
                    f"Declarative base class {cls.__name__} has no 'registry' attribute that is an orm.registry()"
                )
            put_attribute(cls, "_sa_registry", reg)
        if not dict_.get("__abstract__", False):
            _as_declarative(reg, cls)
        type.__init__(cls, classname, bases, dict_)


def _as_declarative(reg: "registry", cls: type) -> None:
    if "__abstract__" in cls.__dict__ and cls.__dict__["__abstract__"]:
        return
    watch_configuration(cls)  # classes that wait are asked, too
    waits = getattr(cls, "_sa_defer_mapping", None)  # of classes whose tables are read from the database later
    if waits is None or not waits(reg):
        map_declarative(reg, cls)


def _constructor(self: t.Any, **kwargs: t.Any) -> None:
    """Sets the attributes given by name; unknown names are refused."""
    cls = type(self)
    for key in kwargs:
        if not hasattr(cls, key):
            raise TypeError(f"{key!r} is an invalid keyword argument for {cls.__name__}")
        setattr(self, key, kwargs[key])


_constructor.__name__ = "__init__"
_declarative_constructor = _constructor


class registry:
    """A set of mapped classes with their metadata, type map and names."""

    def __init__(
        self, *, metadata: t.Optional[MetaData] = None, class_registry: t.Any = None, type_annotation_map: t.Any = None,
        constructor: t.Callable[..., None] = _constructor,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self._class_registry = class_registry if isinstance(class_registry, ClassRegistry) else ClassRegistry()
        self.constructor = constructor
        self.type_annotation_map: t.Dict[t.Any, t.Any] = {}
        self._mappers: t.List[Mapper] = []
        self._dependencies: t.Set[registry] = set()  # that relationships and bases of its classes lead into
        if type_annotation_map is not None:
            self.update_type_annotation_map(type_annotation_map)

    def update_type_annotation_map(self, type_annotation_map: t.Mapping[t.Any, t.Any]) -> None:
        """Which SQL types annotations stand for."""
        for python, sql_type in type_annotation_map.items():
            self.type_annotation_map[python] = sql_type

    @property
    def mappers(self) -> t.FrozenSet[Mapper]:
        return frozenset(self._mappers)

    def _add_mapper(self, mapper: Mapper) -> None:
        self._mappers.append(mapper)

    def _depend_on(self, other: t.Optional["registry"]) -> None:
        if other is not None and other is not self:
            self._dependencies.add(other)

    def configure(self, cascade: bool = False) -> None:
        """Completes the mappers of this registry; cascade: also where they lead into other registries."""
        configure_registries({self})
        if not cascade and self._dependencies:
            raise exc.InvalidRequestError("configure() without cascade=True, but relationships lead into other registries")

    def dispose(self, cascade: bool = False) -> None:
        """Takes the mapping away from the classes of this registry."""
        for mapper in self._mappers:
            _dispose(mapper)
            self._class_registry.remove(mapper.class_)
        self._mappers.clear()
        self._dependencies.clear()

    def generate_base(
        self, mapper: t.Any = None, cls: t.Any = object, name: str = "Base", metaclass: t.Any = DeclarativeMeta
    ) -> t.Any:
        """A base class for declarative classes."""
        if mapper is not None:
            raise NotImplementedError("generate_base(mapper=) is not supported: mappers are made by the registry")
        bases = cls if isinstance(cls, tuple) else (cls,)
        bases = tuple(b for b in bases if b is not object)
        if not any(isinstance(b, type) and issubclass(b, _core.Instance) for b in bases):
            bases = (*bases, _core.Instance)
        body: t.Dict[str, t.Any] = {
            "registry": self, "metadata": self.metadata, "_sa_registry": self, "__abstract__": True, "_is_declarative_root": False,
        }
        if isinstance(cls, type) and cls is not object:
            body["__doc__"] = cls.__doc__
        if self.constructor is not _constructor or any("__init__" in base.__dict__ for b in bases for base in b.__mro__ if base not in (object, _core.Instance)):
            body["__init__"] = self.constructor
        return metaclass(name, bases, body)

    def as_declarative_base(self, **kw: t.Any) -> t.Callable[[t.Any], t.Any]:
        """Decorator that makes a class the base of declarative classes."""

        def decorate(cls: t.Any) -> t.Any:
            kw.setdefault("name", cls.__name__)
            kw.setdefault("cls", cls)
            return self.generate_base(**kw)

        return decorate

    def mapped(self, cls: t.Any) -> t.Any:
        """Decorator that maps a plain class from what its body says."""
        map_declarative(self, cls)
        self._give_constructor(cls)
        return cls

    def map_declaratively(self, cls: type) -> Mapper:
        self.mapped(cls)
        return t.cast(Mapper, cls.__mapper__)  # type: ignore[attr-defined]

    def map_imperatively(self, class_: type, local_table: t.Any = None, **kw: t.Any) -> Mapper:
        """Maps a plain class to a table."""
        if isinstance(class_.__dict__.get("__mapper__"), Mapper):
            raise exc.ArgumentError(f"Class '{class_!r}' already has a primary mapper defined. ")
        if local_table is not None and not isinstance(local_table, FromClause):
            raise exc.ArgumentError(f"{class_!r} cannot be mapped to {local_table!r}: a Table or other FROM clause is expected")
        mapper = Mapper(class_, local_table, registry=self, **kw)
        if local_table is not None:
            put_attribute(class_, "__table__", local_table)
        self._class_registry.add(class_)
        self._give_constructor(class_)
        from .decl_base import _register_hooks

        _register_hooks(mapper)
        return mapper

    def _give_constructor(self, cls: type) -> None:
        if cls.__init__ is object.__init__:  # type: ignore[misc]
            put_attribute(cls, "__init__", self.constructor)

    def mapped_as_dataclass(self, cls: t.Any = None, /, **arguments: t.Any) -> t.Any:
        """Decorator that makes a class a dataclass, and maps it."""

        from .decl_dataclass import set_arguments

        def decorate(target: t.Any) -> t.Any:
            set_arguments(target, arguments)
            map_declarative(self, target)
            self._give_constructor(target)
            return target

        return decorate if cls is None else decorate(cls)


def declarative_base(
    *, metadata: t.Optional[MetaData] = None, mapper: t.Any = None, cls: t.Any = object, name: str = "Base", class_registry: t.Any = None,
    type_annotation_map: t.Any = None, constructor: t.Callable[..., None] = _constructor, metaclass: t.Any = DeclarativeMeta,
) -> t.Any:
    """A base class for declarative classes, with a registry of its own."""
    made = registry(metadata=metadata, class_registry=class_registry, constructor=constructor, type_annotation_map=type_annotation_map)
    return made.generate_base(mapper=mapper, cls=cls, name=name, metaclass=metaclass)


def as_declarative(**kw: t.Any) -> t.Callable[[t.Any], t.Any]:
    """Decorator that makes a class the base of declarative classes, with a registry of its own."""
    metadata, class_registry = kw.pop("metadata", None), kw.pop("class_registry", None)
    return registry(metadata=metadata, class_registry=class_registry).as_declarative_base(**kw)


def _setup_declarative_base(cls: t.Any) -> None:
    """Gives a direct subclass of DeclarativeBase its registry and metadata."""
    given = cls.__dict__.get("registry")
    metadata = getattr(cls, "metadata", None)
    types = getattr(cls, "type_annotation_map", None)
    if given is None:
        inherited = getattr(cls, "registry", None)
        given = inherited if isinstance(inherited, registry) else None
    if given is None:
        given = registry(metadata=metadata if isinstance(metadata, MetaData) else None, type_annotation_map=types)
        put_attribute(cls, "registry", given)
    elif types is not None and "type_annotation_map" in cls.__dict__:
        raise exc.InvalidRequestError(
            "Declarative base class has both a 'registry' attribute and a type_annotation_map entry.  Per-base type_annotation_maps "
            "should be set on the registry itself."
        )
    put_attribute(cls, "_sa_registry", given)
    if not isinstance(metadata, MetaData):
        put_attribute(cls, "metadata", given.metadata)


def _init_subclass(cls: t.Any, root: type) -> None:
    """What a class below DeclarativeBase becomes: a base with a registry, or a mapped class."""
    if root not in cls.__bases__:
        _as_declarative(cls._sa_registry, cls)
        return
    if "__tablename__" in cls.__dict__ or "__table__" in cls.__dict__:
        raise exc.InvalidRequestError(
            f"Cannot use {root.__name__!r} directly as a declarative base class: make a base of it first, and map classes below that one."
        )
    _setup_declarative_base(cls)


class DeclarativeBase(_core.Instance, metaclass=DeclarativeAttributeIntercept):
    """Base of declarative classes: `class Base(DeclarativeBase): pass`."""

    _is_declarative_root = True
    if t.TYPE_CHECKING:
        _sa_registry: t.ClassVar[registry]
        registry: t.ClassVar[registry]
        metadata: t.ClassVar[MetaData]
        __table__: t.ClassVar[t.Any]
        __mapper__: t.ClassVar[Mapper[t.Any]]
        __tablename__: t.Any
        __table_args__: t.Any
        __mapper_args__: t.Any

        def __init__(self, **kw: t.Any) -> None: ...

    def __init_subclass__(cls, **kw: t.Any) -> None:
        _init_subclass(cls, DeclarativeBase)
        super().__init_subclass__(**kw)


class DeclarativeBaseNoMeta(_core.Instance):
    """DeclarativeBase without a metaclass: attributes cannot be added to mapped classes later."""

    _is_declarative_root = True

    def __init_subclass__(cls, **kw: t.Any) -> None:
        _init_subclass(cls, DeclarativeBaseNoMeta)
        super().__init_subclass__(**kw)


@t.dataclass_transform()
class DCTransformDeclarative(DeclarativeAttributeIntercept):
    """Metaclass of mapped dataclasses, for type checkers."""


class MappedAsDataclass(metaclass=DCTransformDeclarative):
    """Mixin that makes mapped classes, and bases and mixins of such classes, dataclasses."""

    def __init_subclass__(cls, **kw: t.Any) -> None:
        from .decl_dataclass import set_arguments, unmapped

        names = ("init", "repr", "eq", "order", "unsafe_hash", "match_args", "kw_only", "dataclass_callable")
        set_arguments(cls, {name: kw.pop(name) for name in names if name in kw})
        super().__init_subclass__(**kw)
        if "__mapper__" not in cls.__dict__:
            unmapped(cls)


def mapped_as_dataclass(registry: t.Any, /, **arguments: t.Any) -> t.Any:
    """Decorator that makes a class a dataclass, and maps it in a registry or with the registry of a base."""
    found = registry if hasattr(registry, "mapped_as_dataclass") else registry.registry
    return found.mapped_as_dataclass(**arguments)


def unmapped_dataclass(cls: t.Any = None, /, **arguments: t.Any) -> t.Any:
    """Decorator that makes a mixin of mapped dataclasses a dataclass."""

    from .decl_dataclass import set_arguments, unmapped

    def decorate(target: t.Any) -> t.Any:
        set_arguments(target, arguments)
        unmapped(target)
        return target

    return decorate if cls is None else decorate(cls)


def add_mapped_attribute(target: type, key: str, attr: t.Any) -> None:
    """Maps one more attribute of a mapped class."""
    if not add_attribute(target, key, attr):
        put_attribute(target, key, attr)


__all__ = [
    "DCTransformDeclarative", "DeclarativeAttributeIntercept", "DeclarativeBase", "DeclarativeBaseNoMeta", "DeclarativeMeta", "MappedAsDataclass",
    "add_mapped_attribute", "as_declarative", "declarative_base", "declarative_mixin", "declared_attr", "has_inherited_table",
    "mapped_as_dataclass", "registry", "synonym_for", "unmapped_dataclass",
]
