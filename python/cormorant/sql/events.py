"""Events of tables, columns, constraints and metadata."""

from __future__ import annotations

from typing import Any, Optional

from ..event.registry import Family, add_family
from .items import SchemaItem
from .sqltypes import SchemaType


class DDLEvents(Family):
    """Of `MetaData`, `Table`, `Column`, constraints, `Sequence` and types that belong to a schema; of the objects or of the
    classes."""

    events = {
        "before_create": ("target", "connection"),
        "after_create": ("target", "connection"),
        "before_drop": ("target", "connection"),
        "after_drop": ("target", "connection"),
        "before_parent_attach": ("target", "parent"),
        "after_parent_attach": ("target", "parent"),
        "column_reflect": ("inspector", "table", "column_info"),
    }

    def accepts(self, target: Any, identifier: str) -> Optional[Any]:
        cls = target if isinstance(target, type) else type(target)
        return target if issubclass(cls, (SchemaItem, SchemaType)) else None


add_family(DDLEvents())

__all__ = ["DDLEvents"]
