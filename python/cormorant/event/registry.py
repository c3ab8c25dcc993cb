"""The registry behind `event.listen`: families of events, and who listens to what.

A family knows which targets it takes and the names and arguments of its events. Listeners are kept with their target: on the
object itself, so that they die with it; class-wide ones by class, found along the method resolution order. A family may ask to
be told when listeners come and go (`changed`), to switch on what costs something in the core.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple
from weakref import WeakKeyDictionary, ref

from .. import exc

_ATTRIBUTE = "_sa_event_listeners"
DERIVED_FROM = "_sa_event_derived_from"  # in the __dict__ of a target: another one whose listeners are called first
_of_classes: "WeakKeyDictionary[type, Dict[str, List[Listener]]]" = WeakKeyDictionary()


class Listener:
    """One registered function."""

    __slots__ = ("fn", "call", "retval", "propagate", "__weakref__")

    def __init__(self, fn: Callable[..., Any], call: Callable[..., Any], retval: bool, propagate: bool) -> None:
        self.fn, self.call, self.retval, self.propagate = fn, call, retval, propagate


class Family:
    """Events of one kind of target. Subclasses say which.

    :cvar events: name of the event -> names of its arguments, in order.
    :cvar retval: events whose functions' answers always count.
    """

    events: Dict[str, Sequence[str]] = {}
    retval: Sequence[str] = ()

    def accepts(self, target: Any, identifier: str) -> Any:
        """What listeners are kept on for that target (usually itself); None when it is not of this family."""
        raise NotImplementedError(f"{type(self).__name__} does not define accepts")

    def changed(self, key: Any, identifier: str, propagate: bool) -> None:
        """Listeners of `key` were added or removed."""

    def adapt(self, target: Any, key: Any, identifier: str, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is to be called; a family may wrap it."""
        return fn


_families: List[Family] = []


def add_family(family: Family) -> Family:
    _families.append(family)
    return family


def resolve(target: Any, identifier: str) -> Tuple[Family, Any]:
    """The family of a target and what its listeners are kept on. fails: InvalidRequestError naming target and event."""
    known = False
    for family in _families:
        key = family.accepts(target, identifier)
        if key is None:
            continue
        if identifier in family.events:
            return family, key
        known = True
    if known:
        raise exc.InvalidRequestError(f"No such event '{identifier}' for target '{target}'")
    raise exc.InvalidRequestError(f"No such event '{identifier}' for target '{target}'; it takes no events of that name")


def _store(key: Any, make: bool = False) -> Optional[Dict[str, List[Listener]]]:
    if isinstance(key, type):
        found = _of_classes.get(key)
        if found is None and make:
            found = _of_classes[key] = {}
        return found
    found = getattr(key, "__dict__", {}).get(_ATTRIBUTE)
    if found is None and make:
        found = {}
        try:
            key.__dict__[_ATTRIBUTE] = found
        except (AttributeError, TypeError):
            setattr(key, _ATTRIBUTE, found)
    return found


def listen(target: Any, identifier: str, fn: Callable[..., Any], *args: Any, **kw: Any) -> None:
    """Calls `fn` at the event `identifier` of `target`.

    :param propagate: also for subclasses of a mapped class.
    :param insert: before the functions that listen already.
    :param named: arguments by name.
    :param once: only the first time.
    :param retval: what the function answers counts.
    :param active_history: of attributes: the old value is read from the database where it is not loaded.
    :raises InvalidRequestError: the target has no such event.
    """
    options = {name: bool(kw.pop(name, False)) for name in ("propagate", "insert", "named", "once", "retval", "raw", "restore_load_context")}
    active_history = kw.pop("active_history", False)
    if kw.pop("include_key", False):
        raise NotImplementedError(f"listen({identifier!r}, include_key=True) is not supported yet: the initiator names the attribute")
    if kw or args:
        raise TypeError(f"listen() got an unexpected argument {next(iter(kw), args[:1])!r}")
    family, key = resolve(target, identifier)
    if active_history:
        key.active_history = True
    if options["raw"] and hasattr(family, "raw"):
        call = family.raw(fn)
    else:
        call = family.adapt(target, key, identifier, fn)
    if options["named"]:
        call = _named(call, family.events[identifier])
    store = _store(key, make=True)
    assert store is not None
    listeners = store.setdefault(identifier, [])
    if any(listener.fn is fn or listener.fn == fn for listener in listeners):
        return
    listener = Listener(fn, call, options["retval"] or identifier in family.retval, options["propagate"])
    if options["once"]:
        listener.call = _once(listener)
    listeners.insert(0, listener) if options["insert"] else listeners.append(listener)
    family.changed(key, identifier, options["propagate"])


def remove(target: Any, identifier: str, fn: Callable[..., Any]) -> None:
    family, key = resolve(target, identifier)
    listeners = (_store(key) or {}).get(identifier, [])
    for listener in listeners:
        if listener.fn is fn or listener.fn == fn:
            listeners.remove(listener)
            family.changed(key, identifier, listener.propagate)
            return
    raise exc.InvalidRequestError(f"No listeners found for event {target} / {identifier!r} / {fn}")


def contains(target: Any, identifier: str, fn: Callable[..., Any]) -> bool:
    _, key = resolve(target, identifier)
    return any(listener.fn is fn or listener.fn == fn for listener in (_store(key) or {}).get(identifier, ()))


def listeners_of(key: Any, identifier: str) -> List[Listener]:
    """Who listens: class-wide ones along the method resolution order first, then those of the object. A copy: functions may
    add and remove listeners while they run."""
    found: List[Listener] = []
    if isinstance(key, type):
        for cls in key.__mro__:
            store = _of_classes.get(cls) if _of_classes else None
            if store:
                found.extend(item for item in store.get(identifier, ()) if cls is key or item.propagate)
        return found
    if _of_classes:
        for cls in type(key).__mro__:
            store = _of_classes.get(cls)
            if store:
                found.extend(store.get(identifier, ()))
    for one in _line(key):
        store = _store(one)
        if store:
            found.extend(store.get(identifier, ()))
    return found


def _line(key: Any) -> List[Any]:
    """A target after those that it was derived from, whose listeners are its own, too."""
    line = [key]
    while (before := getattr(line[0], "__dict__", {}).get(DERIVED_FROM)) is not None:
        line.insert(0, before)
    return line


def heard(key: Any) -> Set[str]:
    """The events of a target that anybody listens to."""
    stores = [_store(one) for one in _line(key)]
    if _of_classes:
        stores += [_of_classes.get(cls) for cls in (key if isinstance(key, type) else type(key)).__mro__]
    return {identifier for store in stores if store for identifier, listeners in store.items() if listeners}


def fire(key: Any, identifier: str, *args: Any, **kw: Any) -> None:
    """Calls everybody who listens; answers are ignored."""
    for listener in listeners_of(key, identifier):
        listener.call(*args, **kw)


def _named(fn: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    def call(*args: Any, **kw: Any) -> Any:
        return fn(**dict(zip(names, args)), **kw)

    return call


def _once(listener: Listener) -> Callable[..., Any]:
    call, done = listener.call, [False]

    def once(*args: Any, **kw: Any) -> Any:
        if done[0]:
            return None
        done[0] = True
        return call(*args, **kw)

    return once


def positional_count(fn: Callable[..., Any]) -> Optional[int]:
    """How many positional arguments a function takes; None when any number."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return sum(1 for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


__all__ = ["Family", "Listener", "add_family", "contains", "fire", "heard", "listen", "listeners_of", "ref", "remove", "resolve"]
