"""Tests that may commit: what an application does to its databases is undone when the test is over."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, List, Optional

from flask import Flask, current_app, has_app_context

from ..engine import Engine


@contextlib.contextmanager
def isolated(db: Any, app: Optional[Flask]) -> Iterator[Any]:
    """See `SQLAlchemy.test_isolation`."""
    if app is None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        engines: List[Engine] = list(db.engines.values())
    begun: List[Engine] = []
    try:
        for engine in engines:
            engine._isolate()  # type: ignore[attr-defined]
            begun.append(engine)
        yield db
    finally:
        if has_app_context():
            db.session.remove()
        for engine in reversed(begun):
            engine._restore()  # type: ignore[attr-defined]
