"""Completing mappers: relationships find their classes, the core learns of them.

It runs by itself before a mapped class is first used (hook `configure` of the core), and for the registry of that class and the
registries it depends on: a mapper that fails blocks these, and no others. Other registries are completed on the way where they
can be; one that cannot yet says so when one of its own classes is used.
"""

from __future__ import annotations

import itertools
import threading
import typing as t
import weakref

from .. import _core, exc
from . import exc as orm_exc
from .base import _mapper_or_none
from .interfaces import EXT_SKIP, put_attribute

lock = threading.RLock()
all_mappers: "weakref.WeakSet[t.Any]" = weakref.WeakSet()
_pending: t.List[t.Any] = []
_unready: t.Set[t.Any] = set()  # registries that could not be completed on the way, since the last class was declared
_configuring = False


def note_pending(mapper: t.Any) -> None:
    """The mapper is to be completed."""
    with lock:
        _unready.clear()
        if mapper not in _pending:
            _pending.append(mapper)
            _core.set_pending(True)


def forget_pending(mapper: t.Any) -> None:
    with lock:
        all_mappers.discard(mapper)
        if mapper in _pending:
            _pending.remove(mapper)
        _core.set_pending(bool(_pending))


def configure_mappers() -> None:
    """Completes all mappers that were declared."""
    configure_registries({mapper.registry for mapper in _pending})


def configure_registries(registries: t.Set[t.Any]) -> None:
    """Completes the mappers of registries and of those they depend on."""
    global _configuring
    if not _pending or _configuring:
        return
    with lock:
        wanted = _with_dependencies(registries)
        if _configuring or not any(mapper.registry in wanted for mapper in _pending):
            return
        _configuring = True
        try:
            done = _configure_within(wanted)
        finally:
            _configuring = False
    from .events import fire_configured, fire_of_registries

    fire_of_registries("after_configured", done)
    fire_configured("after_configured")  # listeners may define further classes
    _tell_classes("__declare_last__")


def _with_dependencies(registries: t.Iterable[t.Any]) -> t.Set[t.Any]:
    found: t.Set[t.Any] = set()
    todo = list(registries)
    while todo:
        registry = todo.pop()
        if registry not in found:
            found.add(registry)
            todo.extend(registry._dependencies if registry is not None else ())
    return found


def _refuse_failed(registries: t.Set[t.Any]) -> None:
    for mapper in list(all_mappers):
        if mapper._failure is not None and mapper.registry in registries:
            raise exc.InvalidRequestError(
                f"One or more mappers failed to initialize - can't proceed with initialization of other mappers. Triggering "
                f"mapper: '{mapper}'. Original exception was: {mapper._failure}"
            )


# ---- on the way: what the core calls


def _registries_of(about: t.Any) -> t.Set[t.Any]:
    """The registries that a class, a mapper, a statement, or a collection of them speaks of."""
    if isinstance(about, (type, _core.Mapper)):
        mapper = _mapper_or_none(about)
        return set() if mapper is None else {mapper.registry}
    if isinstance(about, _core.Node):
        classes = [
            node.class_ if isinstance(node, _core.InstrumentedAttribute) else _core.entity_class(node)
            for node in _core.walk(about) if isinstance(node, _core.InstrumentedAttribute) or node._kind == _core.K_ENTITY
        ]
        return set().union(*map(_registries_of, classes))
    return set().union(*map(_registries_of, about)) if isinstance(about, (list, tuple, set, frozenset, dict)) else set()


def _configure_for(about: t.Any) -> None:
    """A class is about to be used: its registry is completed, and others where they can be."""
    configure_registries(_registries_of(about))
    if _configuring:
        return
    for registry in dict.fromkeys(mapper.registry for mapper in list(_pending)):
        if registry in _unready:
            continue
        failed = {mapper for mapper in all_mappers if mapper._failure is not None}
        try:
            configure_registries({registry})
        except Exception:  # said when one of its classes is used
            for mapper in list(all_mappers):
                if mapper not in failed:
                    mapper._failure = None
        if any(mapper.registry is registry for mapper in _pending):
            _unready.add(registry)


def complete(about: t.Any) -> None:
    """The same for what a program names before it uses it."""
    if _pending and not _configuring:
        _configure_for(about)


_core.register_hook("configure", _configure_for)


# ---- completing


def _configure_within(registries: t.Set[t.Any]) -> t.List[t.Any]:
    """Completes what waits in registries; those that relationships lead to join them. Answers the registries that had something."""
    from .events import fire_configured, fire_of_registries

    _refuse_failed(registries)
    fire_configured("before_configured")
    told: t.List[t.Any] = []
    _tell_classes("__declare_first__")
    done: t.List[t.Any] = []
    skipped: t.List[t.Any] = []
    while batch := [mapper for mapper in _pending if mapper.registry in registries]:
        _pending[:] = [mapper for mapper in _pending if mapper not in batch]
        new = [registry for registry in dict.fromkeys(mapper.registry for mapper in batch) if registry not in told]
        told += new
        fire_of_registries("before_configured", new)
        later = [m for m in batch if not m.configured and EXT_SKIP in fire_configured("before_mapper_configured", m)]
        skipped += later
        batch = [m for m in batch if m not in later]
        mapper = None
        try:
            for mapper in batch:
                for prop in mapper._relations():
                    prop.resolve()
                    _follow(mapper.registry, prop.mapper.registry, registries)
                mapper._init_properties()
            for mapper in batch:
                mapper._ensure_built()
        except Exception as failure:
            _pending[:0] = [*skipped, *(m for m in [*done, *batch] if m not in _pending)]
            if mapper is not None and not isinstance(failure, orm_exc.UnmappedClassError):
                mapper._failure = failure
            raise
        done.extend(m for m in batch if m not in done)
    relations = [(m, p) for m in done for p in m._relations() if p.key not in m._configured_relations]
    for mapper, prop in sorted(relations, key=lambda pair: _depth(pair[0])):
        try:
            mapper._add_relation(prop.definition(mapper))
        except Exception as failure:
            mapper._failure = failure
            _pending[:0] = [m for m in [*skipped, *done] if not m.configured and m not in _pending]
            raise
        mapper._configured_relations.add(prop.key)
        mapper._listen()
    for mapper in done:
        mapper.configured = True
    _pending.extend(skipped)
    _core.set_pending(bool(_pending))
    for mapper in done:
        if not mapper.__dict__.get("_announced"):  # once, however many properties come later
            mapper.__dict__["_announced"] = True
            fire_configured("mapper_configured", mapper)
    return told


def _follow(registry: t.Any, other: t.Any, registries: t.Set[t.Any]) -> None:
    """A relationship leads from one registry to another."""
    if registry is not None:
        registry._depend_on(other)
    new = _with_dependencies({other}) - registries
    if new:
        _refuse_failed(new)
        registries |= new


def _depth(mapper: t.Any) -> int:
    return 0 if mapper.inherits is None else 1 + _depth(mapper.inherits)


# ---- classes that want to know


_hooked: "weakref.WeakSet[type]" = weakref.WeakSet()
_hooked_order = itertools.count()


def watch_configuration(cls: type) -> None:
    """Classes with `__declare_first__()` or `__declare_last__()` are told of every configuration."""
    unmapped = [base for base in cls.__mro__ if base is cls or _mapper_or_none(base) is None]
    names = [name for name in ("__declare_first__", "__declare_last__") if any(name in base.__dict__ for base in unmapped)]
    if names and cls not in _hooked:
        put_attribute(cls, "_sa_hooks", (next(_hooked_order), names))
        _hooked.add(cls)


def _tell_classes(name: str) -> None:
    told = [(cls.__dict__["_sa_hooks"], cls) for cls in _hooked]
    for (_, names), cls in sorted(told, key=lambda item: t.cast(int, item[0][0])):
        if name in names:
            getattr(cls, name)()


__all__ = ["all_mappers", "configure_mappers", "configure_registries", "forget_pending", "lock", "note_pending", "watch_configuration"]
