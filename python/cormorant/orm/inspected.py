"""What `inspect()` answers for mapped classes and instances; for aliases see `aliases`."""

from __future__ import annotations

import typing as t

from .. import _core
from ..inspection import _inspects, _self_inspects
from .base import _mapper_or_none
from .mapper import Mapper
from .state import InstanceState


@_inspects(type)
def _class(subject: type) -> t.Optional[Mapper]:
    return t.cast("t.Optional[Mapper]", _mapper_or_none(subject))


@_inspects(object)
def _instance(subject: object) -> t.Any:
    return _core.inst_state(subject) if _core.inst_is_mapped(subject) else None


for _cls in (Mapper, InstanceState):
    _self_inspects(_cls)
