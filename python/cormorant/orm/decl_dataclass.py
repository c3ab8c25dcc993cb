"""Mapped classes that are dataclasses.

The standard library makes the dataclass, before the class is mapped: for that moment each annotated attribute carries a
`dataclasses.field()` with what `mapped_column(init=, repr=, default= ...)` said. Defaults are not written to instances: the
constructor's default is DONT_SET, which attributes ignore; an attribute that nobody set reads as its default, and the
column's default writes it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .. import exc
from ..util import warn
from .base import DONT_SET
from .interfaces import DATACLASS_MARK, DATACLASS_OPTIONS, MapperProperty, put_attribute

_ARGUMENTS = ("init", "repr", "eq", "order", "unsafe_hash", "match_args", "kw_only", "dataclass_callable")
def _fallback(options: t.Mapping[str, t.Any]) -> t.Any:
    """The default that unset attributes read as; DONT_SET without one."""
    from ..sql.defaults import DefaultGenerator

    value = options.get("default", DONT_SET)
    return DONT_SET if callable(value) or isinstance(value, DefaultGenerator) else value


def _field(key: str, element: t.Any, descriptor_defaults: bool) -> t.Any:
    """The dataclasses.field() of one attribute."""
    from .relationships import RelationshipProperty

    kw = {name: value for name, value in element.dataclass_options.items() if name in DATACLASS_OPTIONS}
    if "dataclass_metadata" in kw:
        kw["metadata"] = kw.pop("dataclass_metadata")
    default = kw.get("default")
    if default is not None and isinstance(element, RelationshipProperty):
        raise exc.ArgumentError(f"Only 'None' is accepted as dataclass default for a relationship(), not the default of attribute {key!r}")
    if callable(default):
        warn(
            f"Callable object passed to the ``default`` parameter for attribute {key!r} in a ORM-mapped Dataclasses context is ambiguous; "
            "use insert_default for a column default, or default_factory for a value of the instance."
        )
    elif descriptor_defaults and "default" in kw:
        element.fallback = _fallback(kw)
        kw["default"] = DONT_SET
    elif descriptor_defaults and "default_factory" in kw and isinstance(element, RelationshipProperty):
        del kw["default_factory"]
        kw["default"] = DONT_SET  # collections are made when they are read
    if kw.get("init") is False and "default" in kw and not callable(kw["default"]) and "default_factory" not in kw:
        value = kw.pop("default")
        kw["default_factory"] = lambda: value
    return dataclasses.field(**kw)


def set_arguments(cls: type, given: t.Mapping[str, t.Any]) -> None:
    """Notes the arguments for dataclass(); those of the parent hold where none are given."""
    unknown = [name for name in given if name not in _ARGUMENTS]
    if unknown:
        raise exc.ArgumentError(f"Dataclass argument(s) {', '.join(map(repr, unknown))} are not accepted")
    put_attribute(cls, DATACLASS_MARK, {**getattr(cls, DATACLASS_MARK, {}), **given})


class _Plain:
    """Stands for an attribute that is no construct of the ORM."""


def _is_construct(element: t.Any) -> bool:
    from .properties import MappedColumn

    return isinstance(element, (MapperProperty, MappedColumn)) or hasattr(element, "dataclass_options")


def transform(cls: type, annotated: t.Mapping[str, t.Tuple[t.Any, type]], elements: t.Mapping[str, t.Any], descriptor_defaults: bool = True) -> None:
    """Makes the class a dataclass. annotated: annotation and class of origin by name; elements: what the names stand for."""
    if "__dataclass_fields__" in cls.__dict__:
        raise exc.InvalidRequestError(
            f"Class {cls} is already a dataclass: a class below MappedAsDataclass is made one by that, and "
            "'@registry.mapped_as_dataclass' or '@dataclass' beside it would do so again"
        )
    if "__table__" in cls.__dict__:
        raise exc.InvalidRequestError(
            f"Class {cls} already defines a '__table__'. ORM Annotated Dataclasses do not support a pre-existing '__table__' element"
        )
    _check_origins(cls, annotated)
    own = dict(cls.__dict__.get("__annotations__", {}))
    swapped: t.Dict[str, t.Any] = {}
    put_back: t.Dict[str, t.Any] = {}
    for name, (hint, origin) in annotated.items():
        element = elements.get(name, _Plain)
        if _is_construct(element):
            swapped[name] = hint
            put_attribute(cls, name, _field(name, element, descriptor_defaults))
            if not isinstance(element, MapperProperty) and not hasattr(element, "column"):
                put_back[name] = element  # a descriptor, such as an association proxy
        elif origin is cls:
            swapped[name] = hint
    merged = {name: hint for name, hint in own.items() if name not in swapped}
    _apply(cls, {**merged, **swapped}, own)
    for name, element in put_back.items():
        put_attribute(cls, name, element)


def _check_origins(cls: type, annotated: t.Mapping[str, t.Tuple[t.Any, type]]) -> None:
    foreign: t.Dict[type, t.List[str]] = {}
    for name, (hint, origin) in annotated.items():
        if origin is not cls and "__dataclass_fields__" not in origin.__dict__ and "ClassVar" not in str(hint):
            foreign.setdefault(origin, []).append(name)
    for origin, names in foreign.items():
        raise exc.InvalidRequestError(
            f"When transforming {cls} to a dataclass, attribute(s) {', '.join(map(repr, names))} originates from superclass {origin}, which "
            "is not a dataclass.  Make it one: by MappedAsDataclass among its bases, or by @unmapped_dataclass."
        )


def _apply(cls: t.Any, annotations: t.Dict[str, t.Any], own: t.Dict[str, t.Any]) -> None:
    arguments = dict(getattr(cls, DATACLASS_MARK))
    make = arguments.pop("dataclass_callable", dataclasses.dataclass)
    put_attribute(cls, "__annotations__", annotations)
    try:
        make(cls, **arguments)
    except (TypeError, ValueError) as error:
        raise exc.InvalidRequestError(
            f"Python dataclasses error encountered when creating dataclass for {cls.__name__!r}: {error!r}. Please refer to Python "
            "dataclasses documentation for additional information."
        ) from error
    finally:
        put_attribute(cls, "__annotations__", own)


def unmapped(cls: type) -> None:
    """A mixin or base that is a dataclass; its constructs stay on it for the classes that are mapped later."""
    before = {name: value for name, value in cls.__dict__.items() if not (name.startswith("__") and name.endswith("__"))}
    hints = cls.__dict__.get("__annotations__", {})
    annotated = {name: (hint, cls) for name, hint in hints.items() if not name.startswith("__")}
    elements = {name: value for name, value in before.items() if name in annotated}
    try:
        transform(cls, annotated, elements, descriptor_defaults=False)
    finally:
        for name, value in before.items():  # all of them: their order counts
            if name in cls.__dict__:
                type.__delattr__(cls, name)
            put_attribute(cls, name, value)
