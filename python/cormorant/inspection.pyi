"""Types of inspect()."""

import typing as t

from .engine.base import Connection, Engine
from .engine.reflection import Inspector
from .orm.mapper import Mapper
from .orm.state import InstanceState

_O = t.TypeVar("_O", bound=object)

class Inspectable: ...

@t.overload
def inspect(subject: Engine | Connection | Inspector, raiseerr: bool = True) -> Inspector: ...  # type: ignore[overload-overlap]
@t.overload
def inspect(subject: Mapper[_O], raiseerr: bool = True) -> Mapper[_O]: ...  # type: ignore[overload-overlap]
@t.overload
def inspect(subject: InstanceState[_O], raiseerr: bool = True) -> InstanceState[_O]: ...
@t.overload
def inspect(subject: type[_O], raiseerr: bool = True) -> Mapper[_O]: ...  # type: ignore[overload-overlap]
@t.overload
def inspect(subject: _O, raiseerr: bool = True) -> InstanceState[_O]: ...
