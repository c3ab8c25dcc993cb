"""Statements of the current app context, with their duration and the line of the application that ran them."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any, List, Optional

from flask import g, has_app_context

from .. import event
from ._location import location


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
    g._sqlalchemy_queries.append(
        _QueryInfo(context.statement, context.parameters, context._fsa_start_time, perf_counter(), location())
    )
