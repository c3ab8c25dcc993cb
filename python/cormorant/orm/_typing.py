"""Names for annotations of what sessions and mappers take."""

from __future__ import annotations

import typing as t

_T = t.TypeVar("_T")
_O = t.TypeVar("_O", bound=object)

SynchronizeSessionArgument = t.Literal[False, "auto", "evaluate", "fetch"]
DMLStrategyArgument = t.Literal["bulk", "raw", "orm", "auto"]
OrmExecuteOptionsParameter = t.Mapping[str, t.Any]

_EntityType = _ExternalEntityType = _InternalEntityType = _ORMColumnExprArgument = t.Union[_T, "t.Any"]
_ClassDict = t.Mapping[str, t.Any]
_InstanceDict = t.Dict[str, t.Any]
_IdentityKeyType = t.Tuple[t.Type[_T], t.Tuple[t.Any, ...], t.Optional[t.Any]]
