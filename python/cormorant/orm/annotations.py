"""Reading `name: Mapped[...]`: what it says about a column's type and nullability, or about a relationship's target."""

from __future__ import annotations

import builtins
import collections.abc
import datetime
import decimal
import enum
import sys
import types
import typing as t
import uuid

from .. import exc
from ..sql import sqltypes
from ..util import warn_deprecated
from . import exc as orm_exc
from .base import DynamicMapped, Mapped, WriteOnlyMapped, _MappedAnnotationBase
from .properties import UNSET, MappedColumn, mapped_column

_DEFAULT_TYPES: t.Dict[t.Any, t.Any] = {
    bool: sqltypes.Boolean, bytes: sqltypes.LargeBinary, datetime.date: sqltypes.Date, datetime.datetime: sqltypes.DateTime,
    datetime.time: sqltypes.Time, datetime.timedelta: sqltypes.Interval, decimal.Decimal: sqltypes.Numeric, float: sqltypes.Double,
    int: sqltypes.Integer, str: sqltypes.String, uuid.UUID: sqltypes.Uuid,
}  # fmt: skip
_NoneType = type(None)
_COLLECTIONS = (list, set, dict, collections.abc.Collection, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.MutableSet)


class _LaterMeta(type):
    def __repr__(cls) -> str:
        return cls.__name__


class _Names(t.Dict[str, t.Any]):
    """Names an annotation may use; unknown ones are classes that come later, or are imported for type checking only."""

    def __init__(self, cls: type) -> None:
        super().__init__()
        module = sys.modules.get(cls.__module__)
        self._scopes = [vars(cls), vars(module) if module else {}, vars(builtins)]
        self._own = cls

    def __missing__(self, name: str) -> t.Any:
        if name == self._own.__name__:
            return self._own
        for scope in self._scopes[1:]:
            if name in scope:
                return scope[name]
        if name in _WELL_KNOWN:
            return _WELL_KNOWN[name]
        if name.startswith("__"):  # asked by those who look at frames, never by an annotation
            raise KeyError(name)
        return _LaterMeta(name, (), {"_later": name})


_WELL_KNOWN: t.Dict[str, t.Any] = {
    "Mapped": Mapped, "DynamicMapped": DynamicMapped, "WriteOnlyMapped": WriteOnlyMapped, "List": t.List, "Set": t.Set,
    "Dict": t.Dict, "Optional": t.Optional, "Union": t.Union, "Any": t.Any, "ClassVar": t.ClassVar, "datetime": datetime,
}  # fmt: skip


class Annotation:
    """One annotation, taken apart."""

    def __init__(self, raw: t.Any, wrapper: t.Any, inner: t.Any) -> None:
        self.raw, self.wrapper = raw, wrapper
        self.is_mapped = wrapper is not None
        self.inner = inner
        self.optional = False
        self.metadata: t.Tuple[t.Any, ...] = ()
        self.alias: t.Any = None  # outermost TypeAliasType, and what it stands for
        self.aliased: t.Any = None
        self.annotated: t.Any = None  # outermost Annotated
        if self.is_mapped:
            self._unwrap()

    def _unwrap(self) -> None:
        """Takes Optional, Annotated and aliases off, from outside to inside."""
        self.keys: t.List[t.Any] = []  # what a type_annotation_map may name, most specific first
        inner = self.inner
        while True:
            self.keys.append(inner)
            origin = t.get_origin(inner)
            if origin in (t.Union, types.UnionType):
                members = [a for a in t.get_args(inner) if not _is_none(a)]
                self.optional = self.optional or len(members) < len(t.get_args(inner))
                if len(members) != 1:
                    inner = t.Union[tuple(members)]
                    if len(members) == len(t.get_args(self.keys[-1])):
                        break
                    continue
                inner = members[0]
            elif origin is t.Annotated:
                self.metadata += inner.__metadata__
                self.annotated = inner if self.annotated is None else self.annotated
                inner = inner.__origin__
            elif isinstance(inner, t.ForwardRef):
                inner = inner.__forward_arg__
            elif hasattr(inner, "__supertype__"):
                inner = inner.__supertype__  # NewType
            elif type(inner).__name__ == "TypeAliasType" or type(origin).__name__ == "TypeAliasType":
                value = inner.__value__ if origin is None else origin.__value__[t.get_args(inner)]
                if self.alias is None:
                    self.alias, self.aliased = inner, value
                inner = value
            else:
                break
        self.type = inner

    # ---- columns

    def default_construct(self) -> t.Any:
        """What an annotation without a value stands for."""
        for item in self.metadata:
            if isinstance(item, MappedColumn):
                made = item._copy()
                made.column.name = made.column.key = None
                made.dataclass_options = {name: value for name, value in item.dataclass_options.items() if name == "default"}
                return made
        return mapped_column()

    def apply_pep593(self, given: MappedColumn) -> MappedColumn:
        """`Annotated[str, mapped_column(String(50))]`: what the attribute says itself goes before it."""
        for item in self.metadata:
            if isinstance(item, MappedColumn) and given is not item:
                _warn_of_ignored(item)
                _merge(given, item)
        return given

    def complete(self, column: t.Any, registry: t.Any, has_nullable: bool, cls: type, name: str) -> None:
        """Type and nullability of a column."""
        if not has_nullable and not column.primary_key:
            column.nullable = self.optional
        if not isinstance(column.type, sqltypes.NullType) or column.foreign_keys:
            return
        column.type = self._column_type(registry, cls, name)

    def _column_type(self, registry: t.Any, cls: type, name: str) -> t.Any:
        from .events import resolved_type

        found = resolved_type(registry, lambda: TypeResolve(registry, cls, name, self))
        found = _instance(found) if found is not None else self.resolve(registry)
        if found is not None:
            return found
        raise orm_exc.MappedAnnotationError(
            f"Could not locate SQLAlchemy Core type when resolving for Python type indicated by '{self.type}' inside the Mapped[] annotation "
            f"for the '{name}' attribute; the type object is not resolvable by the registry"
        )

    def resolve(self, registry: t.Any) -> t.Any:
        """The SQL type that a registry's type_annotation_map and the annotation itself say, or None."""
        given = getattr(registry, "type_annotation_map", None) or {}
        for key in (*self.keys, *([t.Optional[self.type]] if self.optional and isinstance(self.type, type) else [])):
            try:
                found = given.get(key)
            except TypeError:
                continue
            if found is not None:
                return _instance(found)
        for item in self.metadata:
            if isinstance(item, sqltypes.TypeEngine) or isinstance(item, type) and issubclass(item, sqltypes.TypeEngine):
                return _instance(item)
        return self._by_class(given)

    def _by_class(self, given: t.Mapping[t.Any, t.Any]) -> t.Any:
        python = self.type
        if t.get_origin(python) is t.Literal:
            return sqltypes.Enum(*t.get_args(python), native_enum=False)
        if t.get_origin(python) is not None:
            python = t.get_origin(python)
        if isinstance(python, type) and issubclass(python, enum.Enum):
            for base in python.__mro__:
                if base in given:
                    found = given[base]
                    return sqltypes.Enum(python) if isinstance(found, sqltypes.Enum) or found is sqltypes.Enum else _instance(found)
            return sqltypes.Enum(python)
        try:  # a subclass of str is no str: what is read would not be one
            found = given.get(python)
        except TypeError:
            return None
        if found is not None:
            return _instance(found)
        return _DEFAULT_TYPES[python]() if python in _DEFAULT_TYPES else None

    # ---- relationships

    def relationship(self) -> t.Tuple[t.Any, t.Optional[bool], t.Any]:
        """(target, uselist, collection class) of a relationship; target may be a name."""
        origin = t.get_origin(self.type)
        if self.wrapper in (DynamicMapped, WriteOnlyMapped):
            return _target(self.type), True, None
        if isinstance(origin, type) and issubclass(origin, _COLLECTIONS):
            args = t.get_args(self.type)
            factory = list if origin not in (set, dict) and not issubclass(origin, (list, set, dict)) else origin
            if issubclass(origin, collections.abc.MutableSet):
                factory = set if origin is collections.abc.MutableSet else origin
            return _target(args[-1]), True, factory
        if isinstance(self.type, str):
            return self.type, None if "[" in self.type else False, None
        return _target(self.type), False, None


class TypeResolve:
    """What listeners of `resolve_type_annotation` are told of an annotation.

    :ivar registry: of the class; `cls`, `key`: the class and its attribute.
    :ivar raw_type: what stands inside Mapped[]; `resolved_type`: the Python type it means, without Optional, alias and Annotated.
    :ivar raw_pep_593_type: the Annotated, or None, and `pep_593_resolved_argument`: the type inside it.
    :ivar raw_pep_695_type: the type alias, or None, and `pep_695_resolved_value`: what it stands for.
    """

    def __init__(self, registry: t.Any, cls: type, key: str, annotation: Annotation) -> None:
        self.registry, self.cls, self.key = registry, cls, key
        self.raw_type, self.resolved_type = annotation.inner, annotation.type
        self.raw_pep_593_type = annotation.annotated
        self.pep_593_resolved_argument = None if annotation.annotated is None else annotation.type
        self.raw_pep_695_type, self.pep_695_resolved_value = annotation.alias, annotation.aliased

    def resolve(self, python_type: t.Any) -> t.Any:
        """The SQL type of a Python type, by the registry's type_annotation_map; None when it has none."""
        return Annotation(None, Mapped, python_type).resolve(self.registry)


def _target(argument: t.Any) -> t.Any:
    if isinstance(argument, t.ForwardRef):
        return argument.__forward_arg__
    later = argument.__dict__.get("_later") if isinstance(argument, type) else None
    return later if later is not None else argument


def _is_none(argument: t.Any) -> bool:
    return argument is _NoneType or isinstance(argument, t.ForwardRef) and argument.__forward_arg__ == "None"


def _instance(found: t.Any) -> t.Any:
    return found() if isinstance(found, type) else found


_OPTIONS = {"deferred": UNSET, "deferred_group": None, "deferred_raiseload": None, "active_history": False, "sort_order": UNSET, "use_existing_column": False}
_OF_COLUMNS = ("index", "unique", "comment", "doc", "system", "autoincrement")


def _warn_of_ignored(template: MappedColumn) -> None:
    """What a mapped_column() inside Annotated cannot say: it speaks of many attributes."""
    if template._fixed_name or template._arguments[1].get("key") is not None:
        warn_deprecated("Can't use the 'key' or 'name' arguments in Annotated with mapped_column(); this will be ignored")
    for name in template.dataclass_options:
        if name != "default":
            warn_deprecated(f"Argument '{name}' is a dataclass argument and cannot be specified within a mapped_column() bundled inside of an Annotated object")


def _merge(given: MappedColumn, template: MappedColumn) -> None:
    """Fills what `given` leaves open from a mapped_column() inside Annotated."""
    args, kw = given._arguments
    for name, unset in _OPTIONS.items():
        if getattr(given, name) is unset:
            setattr(given, name, getattr(template, name))
    if not args and not kw:  # nothing was said of the column
        given.column = template.column._copy()
        given._has_nullable, given._has_insert_default = template._has_nullable, template._has_insert_default
        given.column.name = given.column.key = None
        return
    column, other = given.column, template.column
    if isinstance(column.type, sqltypes.NullType) and not isinstance(other.type, sqltypes.NullType):
        column.type = other.type
    if other.primary_key and "primary_key" not in kw:
        column.primary_key = True
        if not given._has_nullable:
            column.nullable = False
    if not given._has_nullable and template._has_nullable:
        column.nullable = other.nullable
        given._has_nullable = True
    for name in _OF_COLUMNS:
        if kw.get(name) is None and template._arguments[1].get(name) is not None:
            setattr(column, name, getattr(other, name))
    if other.info and not kw.get("info"):
        column.info.update(other.info)
    for name in ("default", "onupdate", "server_default", "server_onupdate"):
        if getattr(column, name) is None and getattr(other, name) is not None:
            getattr(other, name)._copy()._attach(column)
    if not column.foreign_keys:
        for key in other.foreign_keys:
            key._copy()._attach(column)


def read_annotation(cls: type, name: str, raw: t.Any) -> t.Optional[Annotation]:
    """Understands an annotation; None when it cannot be read and has nothing to do with mapping."""
    value = raw
    if isinstance(value, str):
        if "Mapped" not in value and not _may_alias(cls, value):
            return None
        try:
            value = eval(value, {}, _Names(cls))  # noqa: S307 - an annotation is the program's own code
        except Exception as error:
            raise orm_exc.MappedAnnotationError(
                f"Could not interpret annotation {raw} of attribute {cls.__name__}.{name}: {error}. Check that it uses names that are "
                "correctly imported at the module level."
            ) from error
    origin = t.get_origin(value)
    if isinstance(origin, type) and issubclass(origin, _MappedAnnotationBase):
        inner = t.get_args(value)[0]
        if isinstance(inner, t.ForwardRef):
            inner = _forward(cls, inner.__forward_arg__)
        return Annotation(raw, origin, inner)
    if isinstance(value, type) and issubclass(value, _MappedAnnotationBase):
        return Annotation(raw, value, t.Any) if value is not Mapped else Annotation(raw, None, None)
    return Annotation(raw, None, None)


def _forward(cls: type, text: str) -> t.Any:
    """`Mapped["List[Address]"]`: the string inside."""
    try:
        return eval(text, {}, _Names(cls))  # noqa: S307
    except Exception:
        return text


def _may_alias(cls: type, text: str) -> bool:
    """Whether the name before the bracket is an alias of Mapped in its module (`import ... as`)."""
    head = text.split("[", 1)[0].strip()
    if "." in head:
        return head.rsplit(".", 1)[1] in _WELL_KNOWN and "Mapped" in head
    module = sys.modules.get(cls.__module__)
    found = getattr(module, head, None)
    return isinstance(found, type) and issubclass(found, _MappedAnnotationBase)


__all__ = ["Annotation", "TypeResolve", "exc", "read_annotation"]
