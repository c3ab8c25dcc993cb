"""`session.identity_map`: the persistent instances of a session, by key."""

from __future__ import annotations

import typing as t

from .. import _core

_IDENTITY = 3


class IdentityMap:
    """A view: keys are (class, primary key values, None)."""

    def __init__(self, session: t.Any) -> None:
        self._session = session

    def values(self) -> t.List[t.Any]:
        return t.cast("t.List[t.Any]", self._session._list(_IDENTITY))

    def keys(self) -> t.List[t.Any]:
        return [_core.inst_state(obj).key for obj in self.values()]

    def items(self) -> t.List[t.Tuple[t.Any, t.Any]]:
        return [(_core.inst_state(obj).key, obj) for obj in self.values()]

    def all_states(self) -> t.List[t.Any]:
        return [_core.inst_state(obj) for obj in self.values()]

    def get(self, key: t.Any, default: t.Any = None) -> t.Any:
        found = self._session._find(key[0], tuple(key[1]))
        return default if found is None else found

    def __getitem__(self, key: t.Any) -> t.Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: t.Any) -> bool:
        return self.get(key) is not None

    has_key = __contains__

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.values())

    def check_modified(self) -> bool:
        return bool(self._session.dirty)


WeakInstanceDict = IdentityMap
