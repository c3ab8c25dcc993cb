"""`filter_by(name=...)` of statements with several FROM elements, or without a class: the core asks which attribute is meant."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from .base import _entity_namespace_key
from .statements import FROM_KINDS, from_elements


def _filter_by(statement: t.Any, key: str) -> t.Any:
    """For the core: the attribute of that name among all that a statement selects from."""
    if statement._kind == _core.K_SELECT:
        sources: list[t.Any] = [*statement._seg(_core.SEG_COLUMNS), *statement._seg(_core.SEG_FROM)]
        sources += [step._kids[0] for step in statement._seg(_core.SEG_JOINS)]
    else:
        sources = [statement._kids[0], *statement._seg(_core.SEG_FROM), *_other_tables(statement)]
    spaces: dict[int, t.Any] = {}
    for source in sources:
        for owner in _namespaces(source):
            spaces.setdefault(id(owner), owner)
    missing = object()
    found = [(owner, a) for owner in spaces.values() if (a := getattr(getattr(owner, "entity_namespace", owner), key, missing)) is not missing]
    if len(found) > 1:
        names = ", ".join(sorted(str(getattr(o, "description", None) or getattr(o, "__name__", o)) for o, _ in found))
        raise exc.AmbiguousColumnError(f"Attribute name {key!r} is ambiguous; it exists in multiple FROM clause entities: {names}")
    if len(spaces) > 1 and not found:
        names = ", ".join(str(getattr(o, "description", None) or getattr(o, "__name__", o)) for o in [*spaces.values()][:3])
        more = f", ... ({len(spaces)} total)" if len(spaces) > 3 else ""
        raise exc.InvalidRequestError(f"None of the FROM clause entities have a property \"{key}\". Searched entities: {names}{more}")
    if not found:
        return _entity_namespace_key(next(iter(spaces.values()), statement), key)
    return found[0][1]


def _other_tables(statement: t.Any) -> list[t.Any]:
    """Those that the conditions of an UPDATE or DELETE mention besides its own."""
    own, criteria = statement._kids[0], statement.whereclause
    mapped = getattr(getattr(own, "entity_namespace", None), "__mapper__", None)
    known = [own, getattr(mapped, "local_table", None)]
    return [] if criteria is None else [x for x in from_elements((criteria,)) if all(x is not k for k in known)]


def _namespaces(source: t.Any) -> t.Iterable[t.Any]:
    if source._kind == _core.K_ENTITY:
        return (source.entity_namespace,)
    if source._kind == _core.K_OF_TYPE:
        return _namespaces(source._kids[1])
    if source._kind == _core.K_ATTR:
        if source._kids[0] is None and hasattr(source, "property"):
            return (source.property.mapper.class_,)
        return _namespaces(source._kids[1]) if source._kids[1] is not None else (source.class_,)  # of a mapper that is not built yet
    if source._kind == _core.K_JOIN:
        return (*_namespaces(source._kids[0]), *_namespaces(source._kids[1]))
    if source._kind in FROM_KINDS:
        return (source,)
    return [x for f in from_elements((source,)) for x in _namespaces(f)]


_core.register_hook("filter_by", _filter_by)
