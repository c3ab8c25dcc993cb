"""Base classes of mapper properties."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from ..sql.base import ExecutableOption
from .base import EXT_CONTINUE, EXT_SKIP, EXT_STOP, MANYTOMANY, MANYTOONE, ONETOMANY, InspectionAttrInfo, RelationshipDirection

_ids = iter(range(1, 1 << 62))


class MapperProperty(InspectionAttrInfo):
    """Something that a mapper puts on its class under a name."""

    __class_getitem__ = classmethod(types.GenericAlias)
    is_property = True
    is_composite = False
    key: str
    parent: t.Any = None
    doc: t.Optional[str] = None
    attribute_class: t.Any = None
    dataclass_options: t.Mapping[str, t.Any] = types.MappingProxyType({})

    def __init__(self, info: t.Optional[t.Dict[t.Any, t.Any]] = None, doc: t.Optional[str] = None) -> None:
        if info is not None:
            self.__dict__["_info"] = dict(info)
        if doc is not None:
            self.doc = doc
        self._creation_order = next(_ids)

    @property
    def class_attribute(self) -> t.Any:
        """The attribute of the mapped class."""
        return getattr(self.parent.class_, self.key)

    def set_parent(self, mapper: t.Any, key: str) -> None:
        self.parent, self.key = mapper, key

    def instrument(self, mapper: t.Any) -> None:
        """Puts the attribute on the class."""
        self.instrument_class(mapper)

    def instrument_class(self, mapper: t.Any) -> None:
        """What a property of the program's own does in place of instrument()."""
        raise NotImplementedError(f"{type(self).__name__} cannot be mapped")

    def init(self) -> None:
        """Called once when all classes are known."""

    def for_subclass(self, mapper: t.Any) -> "MapperProperty":
        """The same property for a mapper that inherits it."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.parent = mapper
        made.__dict__["_inherited_from"] = self
        return made

    def __str__(self) -> str:
        return f"{self.parent.class_.__name__}.{self.key}" if self.parent is not None else f"{type(self).__name__}(unattached)"


class StrategizedProperty(MapperProperty):
    pass


class ORMOption(ExecutableOption):
    """Base of what `options()` of ORM statements takes."""


class MapperOption(ORMOption):
    pass


class UserDefinedOption(ORMOption):
    """An option of a statement that only the program itself looks at."""

    propagate_to_loaders = False

    def __init__(self, payload: t.Any = None) -> None:
        self.payload = payload

    def __clause_element__(self) -> t.Any:
        node = _core.make(_core.K_OPTION, op=_core.OP_LOAD_USER, flags=0 if self.propagate_to_loaders else _core.FLAG_AT_ONCE)
        node.__dict__["_user_option"] = self
        return node


PropComparator = _core.InstrumentedAttribute


def put_attribute(cls: type, key: str, attribute: t.Any) -> None:
    """Sets a class attribute past the interception of late declarations."""
    type.__setattr__(cls, key, attribute)


# ---- what the constructs of attributes say of dataclasses (decl_dataclass makes them)

DATACLASS_OPTIONS = ("init", "repr", "default", "default_factory", "compare", "kw_only", "hash", "dataclass_metadata")
DATACLASS_MARK = "_sa_apply_dc_transforms"  # of classes: the arguments for dataclass()


def take_options(kw: t.Dict[str, t.Any], read_only: bool = False) -> t.Dict[str, t.Any]:
    """Takes the dataclass options out of the arguments of a construct. read_only: not in the constructor unless one is given."""
    found = {name: kw.pop(name) for name in DATACLASS_OPTIONS if name in kw}
    return found or ({"init": False, "_implied": True} if read_only else {})


def explicit(options: t.Mapping[str, t.Any], is_column: bool) -> t.List[str]:
    """The options that only a dataclass can heed."""
    return [name for name in options if name in DATACLASS_OPTIONS and not (is_column and name == "default") and "_implied" not in options]


__all__ = [
    "EXT_CONTINUE", "EXT_SKIP", "EXT_STOP", "MANYTOMANY", "MANYTOONE", "MapperOption", "MapperProperty", "ONETOMANY", "PropComparator", "RelationshipDirection",
    "StrategizedProperty", "UserDefinedOption", "exc",
]
