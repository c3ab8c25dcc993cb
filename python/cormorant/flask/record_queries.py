"""Statements of the current app context, with their duration and the line of the application that ran them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from time import perf_counter
from typing import Any, List, Optional

from flask import current_app, g, has_app_context

from .. import event


@dataclass
class _QueryInfo:
    """One statement."""

    statement: Optional[str]
    parameters: Any
    start_time: float
    end_time: float
    location: str

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end_time - self.start_time


def get_recorded_queries() -> List[_QueryInfo]:
    """What was recorded in this app context, when SQLALCHEMY_RECORD_QUERIES is set."""
    return g.get("_sqlalchemy_queries", [])


def _listen(engine: Any) -> None:
    event.listen(engine, "before_cursor_execute", _record_start, named=True)
    event.listen(engine, "after_cursor_execute", _record_end, named=True)


def _record_start(context: Any, **kwargs: Any) -> None:
    if has_app_context():
        context._fsa_start_time = perf_counter()


def _record_end(context: Any, **kwargs: Any) -> None:
    if not has_app_context():
        return
    if "_sqlalchemy_queries" not in g:
        g._sqlalchemy_queries = []
    import_top, app_root = current_app.import_name.partition(".")[0], current_app.root_path
    ours = __name__.partition(".")[0]
    location = "<unknown>"
    frame = inspect.currentframe()
    try:
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if name.partition(".")[0] == ours:
                pass
            elif name == current_app.import_name or name.partition(".")[0] == import_top or frame.f_code.co_filename.startswith(app_root):
                location = f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
                break
            frame = frame.f_back
    finally:
        del frame
    g._sqlalchemy_queries.append(
        _QueryInfo(context.statement, context.parameters, context._fsa_start_time, perf_counter(), location)
    )
