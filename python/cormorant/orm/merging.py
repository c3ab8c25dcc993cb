"""`session.merge()`: values of an instance from elsewhere go onto the one of this session that has its key."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..util import warn
from .attributes import set_committed_value
from .base import NO_VALUE, instance_str, object_mapper
from .events import tell_class
from .exc import ObjectDeletedError, StaleDataError


class Merge:
    """One merge, of an instance and of what it reaches."""

    def __init__(self, session: t.Any, load: bool) -> None:
        self.session, self.load = session, load
        self.seen: t.Dict[t.Any, t.Any] = {}  # what was merged: by id() of the instance, by mapper and key; and relationships on the way

    def of(self, instance: t.Any) -> t.Any:
        """The instance of the session that has the values of that one."""
        session, load, seen = self.session, self.load, self.seen
        found = seen.get(id(instance))
        if found is not None:
            return found
        mapper = object_mapper(instance)
        key, state = _core.inst_identity(instance), _core.inst_state(instance)
        instance = state.obj()  # where a proxy stands for it
        if key is None and not load:
            raise exc.InvalidRequestError(
                f"merge() with load=False option does not support objects transient (never flushed): {instance_str(instance)} has "
                "no key"
            )
        if _core.inst_session(instance) is session and _core.inst_status(instance) in (1, 2):
            if key is None:
                warn(
                    f"Instance {instance_str(instance)} is already pending in this Session yet is being merged again; this is probably not "
                    "what you want to do"
                )
            return instance
        if key is None:
            keys = [mapper.get_property_by_column(c).key for c in mapper.primary_key]
            values = [getattr(instance, k) if state.expired else _core.inst_peek(instance, k, None) for k in keys]
            key = tuple(values) if all(v is not None for v in values) else None
        target = None
        if key is not None:
            target = seen.get((mapper.base_mapper, key))
            if target is None:
                target = session._find(mapper, key) if not load else session._get_general(mapper, key) if session._listened else session._get(mapper, key, (), False)
        made = target is None
        if made and load and key is not None:
            _refuse_gone(session._find(mapper, key), mapper)
        if made:
            target = mapper.class_.__new__(mapper.class_)
            if load:
                session.add(target)
            else:
                if state.modified:
                    raise exc.InvalidRequestError(
                        f"merge() with load=False option does not support objects marked as 'dirty': {instance_str(instance)} has "
                        "changes that were not flushed"
                    )
                _core.inst_set_identity(target, key)
                session.add(target)
        seen[id(instance)] = target
        if key is not None:
            seen[mapper.base_mapper, key] = target
        _refuse_other_version(instance, target, mapper)
        self._relations(instance, target, mapper)
        self._columns(instance, target, mapper)  # last: what it reaches may have its key, too
        if made and not load:
            tell_class("load", target, None)  # nothing else tells of it: mutable values get to know who holds them
        return target

    def _columns(self, instance: t.Any, target: t.Any, mapper: t.Any) -> None:
        for key, value in _core.inst_loaded(instance).items():
            prop = mapper._props[key]
            if not hasattr(prop, "columns") or prop.is_expression:
                continue
            if not self.load:
                set_committed_value(target, key, value)
            else:
                setattr(target, key, value)

    def _relations(self, instance: t.Any, target: t.Any, mapper: t.Any) -> None:
        load, seen = self.load, self.seen
        loaded = _core.inst_loaded(instance)
        for prop in mapper._relations():
            if "merge" not in prop.cascade or prop.key not in loaded or prop.viewonly:
                continue
            if load and any((id(instance), back.key, back.mapper) in seen for back in prop._reverse_property):
                continue  # came from there: the other side is kept in step by setting it
            if load and prop.uselist:
                self.session._without_raise(True)
                try:
                    getattr(target, prop.key)  # read whole: its members need not be looked up one by one
                finally:
                    self.session._without_raise(False)
            for member in prop.members(loaded[prop.key]):
                seen[id(member), prop.key, prop.mapper] = True
            members = [self.of(m) for m in prop.members(loaded[prop.key])]
            value = _like(loaded[prop.key], members) if prop.uselist else members[0] if members else None
            if load:
                setattr(target, prop.key, value)
            else:
                set_committed_value(target, prop.key, value)


def _refuse_gone(held: t.Any, mapper: t.Any) -> None:
    """Reading found no row, and the session has an instance of that key still: there cannot be two."""
    if isinstance(held, mapper.class_):
        raise ObjectDeletedError(f"Instance '{instance_str(held)}' has been deleted, or its row is otherwise not present.")


def _refuse_other_version(instance: t.Any, target: t.Any, mapper: t.Any) -> None:
    """A merge of what was read before somebody else wrote the row."""
    if mapper.version_id_col is None or instance is target:
        return
    key = mapper.get_property_by_column(mapper.version_id_col).key
    given, there = _core.inst_peek(instance, key, NO_VALUE), _core.inst_peek(target, key, NO_VALUE)
    if NO_VALUE not in (given, there) and given != there:
        raise StaleDataError(
            f"Version id '{given}' on merged state {mapper.class_.__name__} {_core.inst_identity(target)} does not match existing "
            f"version '{there}': merge() without a version takes the newest."
        )


def _like(value: t.Any, members: t.List[t.Any]) -> t.Any:
    """A plain container of the kind of `value` with those members."""
    if isinstance(value, dict):
        return dict(zip(value.keys(), members))
    return set(members) if isinstance(value, (set, frozenset)) else members
