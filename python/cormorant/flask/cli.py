"""Names for `flask shell`."""

from __future__ import annotations

from typing import Any, Dict

from flask import current_app


def add_models_to_shell() -> Dict[str, Any]:
    """`db` and every model class."""
    db = current_app.extensions["sqlalchemy"]
    names = {mapper.class_.__name__: mapper.class_ for mapper in db.Model._sa_registry.mappers}
    names["db"] = db
    return names
