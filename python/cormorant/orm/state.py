"""`inspect(instance)`: the state of a mapped instance."""

from __future__ import annotations

import types
import typing as t

from .. import _core
from .attributes import History, get_history
from .base import NO_VALUE, PASSIVE_NO_INITIALIZE, PASSIVE_OFF, InspectionAttr

_TRANSIENT, _PENDING, _PERSISTENT, _DELETED, _DETACHED = range(5)
_F_DELETED, _F_KEY, _F_MODIFIED, _F_EXPIRED = 1 << 3, 1 << 4, 1 << 5, 1 << 6


class InstanceState(_core.InstanceState, InspectionAttr):
    """What is known about an instance: its status, identity, session, and each attribute."""

    __class_getitem__ = classmethod(types.GenericAlias)
    is_instance = True
    callables: t.Dict[str, t.Any] = {}

    @property
    def object(self) -> t.Any:
        return self.obj()

    @property
    def mapper(self) -> t.Any:
        return self.class_.__mapper__

    @property
    def manager(self) -> t.Any:
        return self.mapper.class_manager

    @property
    def _status(self) -> int:
        obj = self.obj()
        return _DETACHED if obj is None else t.cast(int, _core.inst_status(obj))

    transient = property(lambda self: self._status == _TRANSIENT, doc="In no session, without identity.")
    pending = property(lambda self: self._status == _PENDING, doc="Added, not flushed yet.")
    persistent = property(lambda self: self._status == _PERSISTENT, doc="In a session, with a row.")
    deleted = property(lambda self: self._status == _DELETED, doc="Deleted by a flush that is not committed yet.")
    detached = property(lambda self: self._status == _DETACHED, doc="With identity, in no session.")
    was_deleted = property(lambda self: bool(self._flags & _F_DELETED), doc="Its row was deleted by a flush, committed or not.")

    @property
    def session(self) -> t.Any:
        obj = self.obj()
        return None if obj is None else _core.inst_session(obj)

    @property
    def session_id(self) -> t.Any:
        session = self.session
        return None if session is None else session.hash_key

    async_session = None

    @property
    def identity(self) -> t.Optional[t.Tuple[t.Any, ...]]:
        """Primary key values, or None."""
        return t.cast("t.Optional[t.Tuple[t.Any, ...]]", self._identity_values())

    @property
    def identity_key(self) -> t.Optional[t.Tuple[t.Any, ...]]:
        values = self._identity_values()
        return None if values is None else (self.mapper.base_mapper.class_, values, None)

    key = identity_key
    has_identity = property(lambda self: self._identity_values() is not None)

    @property
    def _flags(self) -> int:
        return t.cast(int, _core.inst_flags(self.obj()))

    modified = property(lambda self: bool(self._flags & _F_MODIFIED), doc="Changed since it was loaded or flushed.")
    expired = property(lambda self: bool(self._flags & _F_EXPIRED), doc="To be read again on the next access.")

    @property
    def dict(self) -> t.Dict[str, t.Any]:
        """The loaded values by name."""
        obj = self.obj()
        return {} if obj is None else t.cast("t.Dict[str, t.Any]", _core.inst_loaded(obj))

    @property
    def unloaded(self) -> t.Set[str]:
        """Names of attributes that are not loaded."""
        return set(self.mapper._keys).difference(self.dict)

    unloaded_expirable = unloaded

    @property
    def expired_attributes(self) -> t.Set[str]:
        return {k for k in self.unloaded if hasattr(self.mapper._props[k], "columns")} if self.expired else set()

    @property
    def unmodified(self) -> t.Set[str]:
        obj = self.obj()
        return {k for k in self.mapper._keys if not any(_core.inst_history(obj, k)[::2])}

    def unmodified_intersection(self, keys: t.Iterable[str]) -> t.Set[str]:
        return self.unmodified.intersection(keys)

    @property
    def committed_state(self) -> t.Dict[str, t.Any]:
        """Values before the changes that are not flushed yet."""
        obj, found = self.obj(), {}
        for key in self.mapper._keys:
            added, _, deleted = _core.inst_history(obj, key)
            if added or deleted:
                found[key] = deleted[0] if deleted else NO_VALUE
        return found

    @property
    def attrs(self) -> t.Any:
        from .mapper import _KeyedView

        return _KeyedView({key: AttributeState(self, key) for key in (*self.mapper._keys, *self.mapper._composites)})

    def get_history(self, key: str, passive: t.Any = PASSIVE_OFF) -> History:
        return get_history(self.obj(), key, passive)

    def get_impl(self, key: str) -> t.Any:
        return self.mapper._nodes[key]

    def __repr__(self) -> str:
        return f"<InstanceState of {self.class_.__name__} at {id(self.obj()):#x}>"


class AttributeState:
    """One attribute of one instance: its value, as it is, and its history."""

    __slots__ = ("key", "state")

    def __init__(self, state: InstanceState, key: str) -> None:
        self.state, self.key = state, key

    @property
    def loaded_value(self) -> t.Any:
        return _core.inst_peek(self.state.obj(), self.key, NO_VALUE)

    @property
    def value(self) -> t.Any:
        return getattr(self.state.obj(), self.key)

    @property
    def history(self) -> History:
        return get_history(self.state.obj(), self.key, PASSIVE_NO_INITIALIZE)

    def load_history(self) -> History:
        return get_history(self.state.obj(), self.key, PASSIVE_OFF)


_core.register_hook("instance_state", InstanceState)
