"""N+1 queries seen: in debug mode, a relationship that is loaded lazily too often in one app context is logged, once."""

from __future__ import annotations

from typing import Any, Dict

from flask import current_app, g, has_app_context, has_request_context

from ._location import location

DEFAULT_LIMIT = 10


def watch(instance: Any, key: str) -> None:
    """A statement of its own is about to load a relationship of one instance."""
    if not has_app_context():
        return
    counts: Dict[str, int] = g.setdefault("_cormorant_lazy_loads", {})
    mapper = instance.__mapper__
    relationship = mapper.relationships[key]
    name = f"{relationship.parent.class_.__name__}.{key}"
    counts[name] = counts.get(name, 0) + 1
    if counts[name] != current_app.config["CORMORANT_LAZY_LOAD_LIMIT"] + 1:
        return
    option = "selectinload" if relationship.uselist else "joinedload"
    scope = "request" if has_request_context() else "app context"
    current_app.logger.warning(
        "%s was loaded lazily more than %d times in one %s, with a statement each time, at %s. Load it with the query: .options(%s(%s))",
        name, counts[name] - 1, scope, location(), option, name,
    )  # fmt: skip
