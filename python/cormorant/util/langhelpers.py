"""Helpers of classes and names, under the module path that programs import them from."""

from __future__ import annotations

import inspect
import itertools
import typing as t

from . import classproperty as classproperty
from . import memoized_property as memoized_property
from . import symbol as symbol
from . import warn as warn

_creation = itertools.count(1)


def generic_repr(obj: t.Any, additional_kw: t.Sequence[t.Any] = (), to_inspect: t.Any = None, omit_kwarg: t.Sequence[str] = ()) -> str:
    """`Class(arguments of its constructor that are not the defaults)`, read back from the attributes of the same names."""
    shown: t.List[str] = []
    seen: t.Set[str] = set()
    classes = [type(obj)] if to_inspect is None else _list_of(to_inspect)
    for cls in classes:
        for name, parameter in list(inspect.signature(getattr(cls, "__init__", cls)).parameters.items())[1:]:
            if name in seen or name in omit_kwarg or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            seen.add(name)
            value = getattr(obj, name, None)
            if parameter.default is parameter.empty:
                shown.append(repr(value))
            elif value != parameter.default:
                shown.append(f"{name}={value!r}")
    for name, default in additional_kw:
        value = getattr(obj, name, default)
        if value != default:
            shown.append(f"{name}={value!r}")
    return f"{type(obj).__name__}({', '.join(shown)})"


def _list_of(what: t.Any) -> t.List[t.Any]:
    return list(what) if isinstance(what, (list, tuple)) else [what]


def set_creation_order(instance: t.Any) -> None:
    """Numbers an object, so that things declared in one class body can be put in order."""
    instance._creation_order = next(_creation)


def get_cls_kwargs(cls: type) -> t.Set[str]:
    """The keyword arguments that constructing a class takes, through all its bases."""
    found: t.Set[str] = set()
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is None or not hasattr(init, "__code__"):
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        found.update(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found


__all__ = ["classproperty", "generic_repr", "get_cls_kwargs", "memoized_property", "set_creation_order", "symbol", "warn"]
