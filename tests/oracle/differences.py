"""Known, intended differences: one function each, with its reason. A machine that meets one is compared no further."""

from __future__ import annotations

import typing as t

_Check = t.Callable[[t.Any, t.Any, t.Dict[str, t.Any]], bool]
INTENDED: t.List[_Check] = []


def intended(world: t.Any, op: t.Any, expected: t.Dict[str, t.Any]) -> bool:
    return any(check(world, op, expected) for check in INTENDED)
