"""Flask extension with the API of Flask-SQLAlchemy 3.1.

    from cormorant.flask import SQLAlchemy

    db = SQLAlchemy()
    db.init_app(app)
"""

from __future__ import annotations

from typing import Any

from .extension import SQLAlchemy
from .json import JSONProvider
from .query import Query as BaseQuery  # older programs have it from here

__version__ = "3.1.1"
"""The release of Flask-SQLAlchemy whose behaviour this package has."""

__all__ = ["JSONProvider", "SQLAlchemy"]


def __getattr__(name: str) -> Any:
    if name in ("Model", "DefaultMeta"):
        from . import model

        return getattr(model, name)
    if name == "Pagination":
        from .pagination import Pagination

        return Pagination
    if name == "get_debug_queries":
        from .record_queries import get_recorded_queries

        return get_recorded_queries
    if name in ("models_committed", "before_models_committed"):
        from . import track_modifications

        return getattr(track_modifications, name)
    if name == "get_state":
        raise AttributeError("'get_state' is gone since Flask-SQLAlchemy 3.0: use app.extensions['sqlalchemy']")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
