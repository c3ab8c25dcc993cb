"""What `inspect()` answers for mapped classes, instances and aliases."""

from __future__ import annotations

import typing as t

from .. import _core
from ..inspection import _inspects, _self_inspects
from .base import _mapper_or_none
from .mapper import Mapper
from .state import InstanceState
from .util import AliasedClass, AliasedInsp


@_inspects(type)
def _class(subject: type) -> t.Optional[Mapper]:
    return t.cast("t.Optional[Mapper]", _mapper_or_none(subject))


@_inspects(object)
def _instance(subject: object) -> t.Any:
    return _core.inst_state(subject) if _core.inst_is_mapped(subject) else None


@_inspects(AliasedClass)
def _alias(subject: AliasedClass) -> AliasedInsp:
    return t.cast(AliasedInsp, subject.__dict__["_aliased_insp"])


for _cls in (Mapper, InstanceState, AliasedInsp):
    _self_inspects(_cls)
