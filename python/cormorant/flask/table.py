"""`db.Table`: takes the metadata of the extension, by bind key."""

from __future__ import annotations

from typing import Any

from .. import MetaData
from .. import Table as CoreTable


class _Table(CoreTable):
    """Only for type checkers and `isinstance`; `SQLAlchemy._make_table_class` makes the class of an extension."""

    def __init__(self, name: str, *args: Any, bind_key: Any = None, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)  # type: ignore[arg-type]


__all__ = ["MetaData", "_Table"]
