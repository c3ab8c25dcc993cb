"""Where `db.<name>` looks: the package, then its ORM."""

from __future__ import annotations

from typing import Any

from .. import orm


def find(name: str) -> Any:
    """The object of that name, or None."""
    import cormorant

    for module in (cormorant, orm):
        found = getattr(module, name, None)
        if found is not None:
            return found
    return None
