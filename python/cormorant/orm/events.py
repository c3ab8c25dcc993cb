"""Events of mappers, instances, attributes and sessions; `validates()` and `reconstructor()`.

The core fires an event only where a bit of a mask says that somebody listens; the masks are kept here (`install`,
`install_session`). `_dispatch` turns the core's numbers into calls.
"""

from __future__ import annotations

import typing as t

from .. import _core
from ..event.registry import Family, add_family, fire, heard, listen, listeners_of


# numbers of cm_event
_MAPPER = {
    0: "before_insert", 1: "after_insert", 2: "before_update", 3: "after_update", 4: "before_delete", 5: "after_delete",
}  # fmt: skip
_INSTANCE = {6: "load", 7: "refresh", 8: "expire", 38: "refresh_flush"}
_ATTR_SET, _ATTR_APPEND, _ATTR_REMOVE = 10, 11, 12
_ATTRIBUTE = {
    _ATTR_SET: "set", _ATTR_APPEND: "append", _ATTR_REMOVE: "remove", 13: "bulk_replace", 14: "init_scalar", 15: "init_collection",
    40: "dispose_collection", 41: "append_wo_mutation",
}  # fmt: skip
_SESSION = {
    16: "before_flush", 17: "after_flush", 18: "after_flush_postexec", 19: "before_commit", 20: "after_commit", 21: "after_rollback",
    22: "after_begin", 23: "before_attach", 24: "after_attach", 25: "transient_to_pending", 26: "pending_to_persistent",
    27: "loaded_as_persistent", 28: "persistent_to_deleted", 29: "deleted_to_detached", 30: "persistent_to_detached",
    31: "pending_to_transient", 32: "persistent_to_transient", 33: "deleted_to_persistent", 34: "detached_to_persistent",
    35: "after_soft_rollback", 36: "after_transaction_create", 37: "after_transaction_end",
}  # fmt: skip
_WITH_INSTANCE = frozenset(range(23, 35))
_IMPLICIT_LOAD = 42  # told to listeners of do_orm_execute by cormorant.orm.context
_LAZY_LOAD = 39  # told to `session._lazy_watch(instance, key)`, where there is one


class MapperEvents(Family):
    """Of a mapped class, its mapper, a base of mapped classes, or `Mapper` for all."""

    events = {
        **{name: ("mapper", "connection", "target") for name in _MAPPER.values()},
        "instrument_class": ("mapper", "class_"), "after_mapper_constructed": ("mapper", "class_"), "mapper_configured": ("mapper", "class_"),
        "before_mapper_configured": ("mapper", "class_"), "before_configured": (), "after_configured": (),
    }  # fmt: skip

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        from .mapper import Mapper

        if identifier in ("before_configured", "after_configured") and target is not Mapper:
            return None
        return _mapped_target(target) if identifier in self.events else None

    def changed(self, key: t.Any, identifier: str, propagate: bool) -> None:
        _reinstall(key)


class RegistryEvents(Family):
    """Of a registry, or of a declarative base for the registry it has."""

    events = {"before_configured": ("registry",), "after_configured": ("registry",), "resolve_type_annotation": ("resolve_type",)}
    retval = ("resolve_type_annotation",)

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        from .decl_api import registry

        if isinstance(target, type):
            target = target.__dict__.get("_sa_registry")
        return target if isinstance(target, registry) else None


class InstanceEvents(Family):
    """Of the instances of a mapped class."""

    events = {
        "init": ("target", "args", "kwargs"), "init_failure": ("target", "args", "kwargs"), "load": ("target", "context"),
        "refresh": ("target", "context", "attrs"), "refresh_flush": ("target", "flush_context", "attrs"), "expire": ("target", "attrs"),
        "first_init": ("manager", "cls"), "pickle": ("target", "state_dict"), "unpickle": ("target", "state_dict"),
    }  # fmt: skip

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if identifier == "refresh_flush":
            raise NotImplementedError("the instance event 'refresh_flush' is not supported yet")
        return _mapped_target(target) if identifier in self.events else None

    def changed(self, key: t.Any, identifier: str, propagate: bool) -> None:
        for hook in _HOOKS.get(identifier, ()):
            _core.register_hook(hook, _HOOKED[hook])
        _reinstall(key)

    @staticmethod
    def raw(fn: t.Any) -> t.Any:
        return lambda target, *args: fn(_core.inst_state(target), *args)


class AttributeEvents(Family):
    """Of one attribute of a mapped class."""

    events = {
        "set": ("target", "value", "oldvalue", "initiator"), "append": ("target", "value", "initiator"),
        "remove": ("target", "value", "initiator"), "append_wo_mutation": ("target", "value", "initiator"),
        "bulk_replace": ("target", "values", "initiator"), "init_scalar": ("target", "value", "dict_"),
        "init_collection": ("target", "collection", "collection_adapter"),
        "dispose_collection": ("target", "collection", "collection_adapter"), "modified": ("target", "initiator"),
    }  # fmt: skip

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        return target if isinstance(target, _core.InstrumentedAttribute) else None

    def changed(self, key: t.Any, identifier: str, propagate: bool) -> None:
        mapper = key.__dict__.get("_parent")
        if mapper is not None:
            for m in mapper.self_and_descendants if propagate else [mapper]:
                install(m)

    @staticmethod
    def raw(fn: t.Any) -> t.Any:
        return lambda target, *args: fn(_core.inst_state(target), *args)


class SessionEvents(Family):
    """Of a session, a session class, sessionmaker or scoped_session."""

    events = {
        **{_SESSION[n]: ("session", "instance") for n in _WITH_INSTANCE},
        "before_flush": ("session", "flush_context", "instances"), "after_flush": ("session", "flush_context"),
        "after_flush_postexec": ("session", "flush_context"), "before_commit": ("session",), "after_commit": ("session",),
        "after_rollback": ("session",), "after_begin": ("session", "transaction", "connection"),
        "after_soft_rollback": ("session", "previous_transaction"), "after_transaction_create": ("session", "transaction"),
        "after_transaction_end": ("session", "transaction"), "do_orm_execute": ("orm_execute_state",),
        "after_bulk_update": ("update_context",), "after_bulk_delete": ("delete_context",),
    }  # fmt: skip

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if isinstance(target, _core.Session) or isinstance(target, type) and issubclass(target, _core.Session):
            return target
        factory = getattr(target, "session_factory", None)  # scoped_session
        if factory is not None:
            target = factory
        found = getattr(target, "class_", None)  # sessionmaker
        if isinstance(found, type) and issubclass(found, _core.Session):
            return found
        return target if isinstance(target, type) and issubclass(target, _core.Session) else None

    def changed(self, key: t.Any, identifier: str, propagate: bool) -> None:
        if isinstance(key, type):
            from .session import _sessions

            for session in list(_sessions.values()):
                if isinstance(session, key):
                    install_session(session)
        else:
            install_session(key)



class QueryEvents(Family):
    events = {"before_compile": ("query",), "before_compile_update": ("query", "update_context"), "before_compile_delete": ("query", "delete_context")}

    def accepts(self, target: t.Any, identifier: str) -> t.Any:
        if identifier in self.events and isinstance(target, type) and target.__name__ == "Query":
            raise NotImplementedError(f"the Query event '{identifier}' is not supported; listen to do_orm_execute of the Session")
        return None


def _mapped_target(target: t.Any) -> t.Any:
    """What listeners of classes are kept on: the class, or `Mapper`."""
    if isinstance(target, _core.Mapper):
        return target.class_
    if isinstance(target, type):
        return None if issubclass(target, (_core.Session, _core.Node)) else target
    return None


# ---- masks

def _class_listeners(mapper: t.Any, identifier: str) -> t.Tuple[t.Any, ...]:
    """Kept on the mapper, for events come once per row; `install` forgets them when listeners come and go."""
    found: t.Optional[t.Tuple[t.Any, ...]] = mapper._listeners.get(identifier)
    if found is None:
        from .mapper import Mapper

        found = mapper._listeners[identifier] = (*listeners_of(Mapper, identifier), *listeners_of(mapper.class_, identifier))
    return found


def _attribute_listeners(mapper: t.Any, key: str, identifier: str) -> t.List[t.Any]:
    """Those of the attribute, and those of the parent's attribute that propagate."""
    found, m, own = [], mapper, True
    while m is not None:
        node = m._nodes.get(key)
        if node is not None:
            found = [item for item in listeners_of(node, identifier) if own or item.propagate] + found
        m, own = m.inherits, False
    return found


def install(mapper: t.Any) -> None:
    """Tells the core which events of a mapper somebody listens to."""
    mapper._listeners.clear()
    if not mapper._built:
        return
    mask = 0
    for number, name in (*_MAPPER.items(), *_INSTANCE.items()):
        if _class_listeners(mapper, name):
            mask |= 1 << number
    mapper._set_events(mask)
    known = set(mapper._keys)
    for key in mapper._nodes:
        if key not in known:
            continue
        mask = 0
        for number, name in _ATTRIBUTE.items():
            if _attribute_listeners(mapper, key, name):
                mask |= 1 << number
        validator = _validator(mapper, key)
        if validator is not None:
            mask |= 1 << _ATTR_SET | 1 << _ATTR_APPEND
            if validator[1].get("include_removes"):
                mask |= 1 << _ATTR_REMOVE
        mapper._set_events(mask, key)


def _validator(mapper: t.Any, key: str) -> t.Any:
    while mapper is not None:
        if key in mapper.validators:
            return mapper.validators[key]
        mapper = mapper.inherits
    return None


def _reinstall(key: t.Any) -> None:
    from .configure import all_mappers
    from .mapper import Mapper

    for mapper in list(all_mappers):
        if key is Mapper or issubclass(mapper.class_, key):
            install(mapper)


def install_session(session: t.Any) -> None:
    """Tells the core which events of a session somebody listens to."""
    names = heard(session)
    mask = sum(1 << number for number, name in _SESSION.items() if name in names) if names else 0
    if session._lazy_watch is not None:
        mask |= 1 << _LAZY_LOAD
    session._listened = "do_orm_execute" in names
    if session._listened:
        mask |= 1 << _IMPLICIT_LOAD
    session._set_events(mask)


# ---- calls


def _dispatch(number: int, session: t.Any, obj: t.Any, key: t.Any, argument: t.Any) -> t.Any:
    """One event of the core. Answers the argument, or what listeners put in its place."""
    if number in (_ATTR_SET, _ATTR_APPEND, _ATTR_REMOVE):
        return _attribute_event(number, obj, key, argument)
    if number in _ATTRIBUTE:
        return _value_event(_ATTRIBUTE[number], obj, key, argument)
    if number in _MAPPER:
        mapper = _core.inst_state(obj).mapper
        listeners = _class_listeners(mapper, _MAPPER[number])
        connection = session._connection(mapper) if listeners and session is not None else None
        for item in listeners:
            item.call(mapper, connection, obj)
    elif number in _INSTANCE:
        _instance_event(_INSTANCE[number], obj)
    elif number in _SESSION and session is not None:
        _session_event(number, session, obj)
    elif number == _LAZY_LOAD:
        session._lazy_watch(obj, key)
    return argument


_OPERATIONS = {
    "set": "REPLACE", "append": "APPEND", "append_wo_mutation": "APPEND", "remove": "REMOVE", "bulk_replace": "BULK_REPLACE", "modified": "MODIFIED",
}  # fmt: skip


def _initiator(mapper: t.Any, key: str, name: str) -> t.Any:
    """What listeners are told of the attribute and of what happens to it; kept, like the listeners."""
    tokens = mapper._listeners
    found = tokens.get((key, name))
    if found is None:
        from . import attributes

        found = tokens[key, name] = attributes.AttributeEventToken(mapper._nodes.get(key), getattr(attributes, f"OP_{_OPERATIONS[name]}"))
    return found


def _attribute_event(number: int, obj: t.Any, key: str, value: t.Any) -> t.Any:
    from .base import NO_VALUE

    mapper = _core.inst_state(obj).mapper
    validator = _validator(mapper, key)
    removing = number == _ATTR_REMOVE
    if validator is not None and (not removing or validator[1].get("include_removes")):
        fn, options = validator
        checked = fn(obj, key, value, removing) if options.get("include_removes") else fn(obj, key, value)
        value = value if removing else checked
    name = _ATTRIBUTE[number]
    listeners = _attribute_listeners(mapper, key, name)
    initiator = _initiator(mapper, key, name) if listeners else None
    for item in listeners:
        args = (obj, value, _core.inst_peek(obj, key, NO_VALUE), initiator) if number == _ATTR_SET else (obj, value, initiator)
        answer = item.call(*args)
        if item.retval and not removing:
            value = answer
    return value


class _Values(t.MutableMapping[str, t.Any]):
    """The values of an instance, which a listener may set without an event."""

    def __init__(self, obj: t.Any) -> None:
        self._obj = obj

    def __getitem__(self, key: str) -> t.Any:
        return _core.inst_loaded(self._obj)[key]

    def __setitem__(self, key: str, value: t.Any) -> None:
        _core.inst_set_committed(self._obj, key, value)

    def __delitem__(self, key: str) -> None:
        raise TypeError("listeners set values here, they delete none")

    def __iter__(self) -> t.Iterator[str]:
        return iter(_core.inst_loaded(self._obj))

    def __len__(self) -> int:
        return len(_core.inst_loaded(self._obj))


def _value_event(name: str, obj: t.Any, key: str, value: t.Any) -> t.Any:
    """Events about a whole value: what is there instead of it, where listeners put something in its place."""
    from .collections import collection_adapter

    mapper = _core.inst_state(obj).mapper
    listeners = _attribute_listeners(mapper, key, name)
    initiator = _initiator(mapper, key, name) if name in _OPERATIONS else None
    if name == "bulk_replace":
        values = list(value.values() if isinstance(value, t.Mapping) else value)
        before = list(values)
        for item in listeners:
            item.call(obj, values, initiator)
        return value if len(before) == len(values) and all(a is b for a, b in zip(before, values)) else _like(mapper._props[key], value, values)
    for item in listeners:
        if name == "init_scalar":
            answer = item.call(obj, value, _Values(obj))
            value = answer if item.retval else value
        elif name == "append_wo_mutation":
            item.call(obj, value, initiator)
        else:
            item.call(obj, value, collection_adapter(value))
    return value


def _like(prop: t.Any, value: t.Any, members: t.List[t.Any]) -> t.Any:
    """A container of the kind of `value` with other members."""
    if not isinstance(value, t.Mapping):
        return set(members) if isinstance(value, (set, frozenset)) else members
    made = prop.collection_class()
    for member in members:
        made.set(member)
    return dict(made)


def fire_modified(obj: t.Any, key: str) -> None:
    """flag_modified() was called."""
    mapper = _core.inst_state(obj).mapper
    for item in _attribute_listeners(mapper, key, "modified"):
        item.call(obj, _initiator(mapper, key, "modified"))


def _instance_event(name: str, obj: t.Any) -> None:
    mapper = _core.inst_state(obj).mapper
    args: t.Tuple[t.Any, ...] = {"load": (None,), "refresh": (None, None), "refresh_flush": (None, None), "expire": (None,)}[name]
    for item in _class_listeners(mapper, name):
        item.call(obj, *args)


def _session_event(number: int, session: t.Any, obj: t.Any) -> None:
    name = _SESSION[number]
    args: t.Tuple[t.Any, ...]
    if number in _WITH_INSTANCE:
        args = (session, obj)
    elif name == "before_flush":
        args = (session, None, None)
    elif name in ("after_flush", "after_flush_postexec"):
        args = (session, None)
    elif name == "after_begin":
        args = (session, session.get_transaction(), session._connection())
    elif name in ("after_soft_rollback", "after_transaction_end"):
        args = (session, session._ended_transaction())
    elif name == "after_transaction_create":
        args = (session, session._transaction)
    else:
        args = (session,)
    fire(session, name, *args)


def tell_class(name: str, obj: t.Any, *args: t.Any) -> None:
    mapper = getattr(type(obj), "__mapper__", None)
    if mapper is not None:
        for item in _class_listeners(mapper, name):
            item.call(obj, *args)


def _init(obj: t.Any, args: t.Any, kwargs: t.Any) -> None:
    """Before the constructor runs."""
    mapper = getattr(type(obj), "__mapper__", None)
    if mapper is not None and not mapper._inited:
        mapper._inited = True
        for item in _class_listeners(mapper, "first_init"):
            item.call(mapper.class_manager, mapper.class_)
    tell_class("init", obj, args or (), kwargs if kwargs is not None else {})


def _init_failure(obj: t.Any, args: t.Any, kwargs: t.Any) -> None:
    """The constructor raised; its exception goes on afterwards."""
    tell_class("init_failure", obj, args, kwargs)


def _pickle(obj: t.Any, state: t.Dict[str, t.Any]) -> None:
    """Before the values of an instance are written."""
    tell_class("pickle", obj, state)


def _unpickle(obj: t.Any, state: t.Dict[str, t.Any]) -> None:
    """After an instance got its values back."""
    tell_class("unpickle", obj, state)


_HOOKED = {"init": _init, "init_failure": _init_failure, "pickle": _pickle, "unpickle": _unpickle}
_HOOKS = {"init": ("init",), "first_init": ("init",), "init_failure": ("init", "init_failure"), "pickle": ("pickle",), "unpickle": ("unpickle",)}


def fire_of_registries(name: str, registries: t.Iterable[t.Any]) -> None:
    """Events of the configuration of the mappers of registries."""
    for registry in registries:
        if registry is not None:
            fire(registry, name, registry)


def resolved_type(registry: t.Any, make: t.Callable[[], t.Any]) -> t.Any:
    """The type that a listener gives an annotation, or None; make: what listeners are told."""
    listeners = listeners_of(registry, "resolve_type_annotation") if registry is not None else ()
    told = make() if listeners else None
    return next((found for found in (item.call(told) for item in listeners) if found is not None), None)


def fire_configured(name: str, mapper: t.Any = None) -> t.List[t.Any]:
    """Events of the configuration of mappers. Answers what listeners answered, where that counts."""
    from .mapper import Mapper

    if mapper is None:
        fire(Mapper, name)
        return []
    answers = [(item.retval, item.call(mapper, mapper.class_)) for item in _class_listeners(mapper, name)]
    return [answer for counts, answer in answers if counts]


def listen_reconstructor(mapper: t.Any, fn: t.Callable[[t.Any], t.Any]) -> None:
    """Calls a method on every instance that is loaded."""
    def load(target: t.Any, context: t.Any) -> None:
        fn(target)

    listen(mapper, "load", load, propagate=True)


for _family in (MapperEvents(), RegistryEvents(), InstanceEvents(), AttributeEvents(), SessionEvents(), QueryEvents()):
    add_family(_family)
_core.register_hook("event", _dispatch)

__all__ = [
    "AttributeEvents", "InstanceEvents", "MapperEvents", "QueryEvents", "RegistryEvents", "SessionEvents", "fire_configured", "install", "install_session",
    "listen_reconstructor",
]
