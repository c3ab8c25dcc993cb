"""Attributes whose machinery is the program's own: `register_attribute(class_, key, impl_class=..., comparator=...)`.

Properties that programs derive from MapperProperty put them on their class (`instrument_class`). On instances they ask their
implementation, which is given the state and the dictionary of the instance; on the class they are what the comparator answers.
The mapper's own attributes have no such implementation: the core keeps their values.
"""

from __future__ import annotations

import typing as t

from .. import _core
from .base import NO_VALUE, PASSIVE_OFF, InspectionAttr


class ScalarAttributeImpl:
    """Reads and writes one attribute of instances, by their dictionary. Programs derive from it and override `get` and `set`."""

    def __init__(self, class_: type, key: str, callable_: t.Any = None, dispatch: t.Any = None, *, parent_token: t.Any = None, active_history: bool = False) -> None:
        self.class_, self.key, self.callable_, self.parent_token, self.active_history = class_, key, callable_, parent_token, active_history

    def get(self, state: t.Any, dict_: t.Dict[str, t.Any], passive: t.Any = PASSIVE_OFF) -> t.Any:
        return dict_.get(self.key)

    def set(self, state: t.Any, dict_: t.Dict[str, t.Any], value: t.Any, initiator: t.Any = None, passive: t.Any = PASSIVE_OFF, check_old: t.Any = NO_VALUE, pop: bool = False) -> None:
        dict_[self.key] = value

    def delete(self, state: t.Any, dict_: t.Dict[str, t.Any]) -> None:
        if self.key not in dict_:
            raise AttributeError(f"{self.class_.__name__}.{self.key} object does not have a value")
        del dict_[self.key]


class OwnAttribute(InspectionAttr):
    """The descriptor of such an attribute."""

    is_attribute = True

    def __init__(self, class_: type, key: str, comparator: t.Any, parententity: t.Any, doc: t.Optional[str], impl: t.Any) -> None:
        self.class_, self.key, self.comparator, self.parent, self.impl = class_, key, comparator, parententity, impl
        self.__doc__ = doc

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is None:
            return self
        return self.impl.get(_core.inst_state(instance), instance.__dict__)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        _core.inst_flag_modified(instance)
        self.impl.set(_core.inst_state(instance), instance.__dict__, value, None)

    def __delete__(self, instance: t.Any) -> None:
        self.impl.delete(_core.inst_state(instance), instance.__dict__)

    @property
    def property(self) -> t.Any:
        return self.impl.parent_token

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__") or "comparator" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.comparator, name)

    def __eq__(self, other: object) -> t.Any:
        return self.comparator == other

    def __ne__(self, other: object) -> t.Any:
        return self.comparator != other

    __hash__ = object.__hash__

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"


def register_attribute(
    class_: type, key: str, *, comparator: t.Any = None, parententity: t.Any = None, doc: t.Optional[str] = None,
    impl_class: t.Any = ScalarAttributeImpl, parent_token: t.Any = None, callable_: t.Any = None, active_history: bool = False,
) -> OwnAttribute:
    """Puts an attribute with an implementation of its own on a class."""
    impl = impl_class(class_, key, callable_, None, parent_token=parent_token, active_history=active_history)
    made = OwnAttribute(class_, key, comparator, parententity, doc, impl)
    type.__setattr__(class_, key, made)
    return made


__all__ = ["OwnAttribute", "ScalarAttributeImpl", "register_attribute"]
