"""What engines tell of transactions, whoever runs them: connections, sessions, statements that begin one."""

from __future__ import annotations

import typing as t

from .. import log
from ..event.registry import fire

__all__ = ["TRANSACTIONS", "tell"]

# By the number that the core gives them: the event, what the log says, and whether a savepoint's name comes along.
_TOLD = (
    ("begin", "BEGIN (implicit)"), ("commit", "COMMIT"), ("rollback", "ROLLBACK"), ("savepoint", "SAVEPOINT %s"),
    ("release_savepoint", "RELEASE SAVEPOINT %s"), ("rollback_savepoint", "ROLLBACK TO SAVEPOINT %s"),
)  # fmt: skip
TRANSACTIONS = frozenset(name for name, _ in _TOLD)


def tell(connection: t.Any, what: int, savepoint: str | None) -> None:
    """Called by the core just after a transaction began, and before it ends or sets a savepoint."""
    engine = connection.engine
    event, text = _TOLD[what]
    if event in engine._listening:
        args = () if savepoint is None else (savepoint,) if event == "savepoint" else (savepoint, None)
        fire(engine, event, connection, *args)
    if engine._echo_enabled and savepoint is None:
        log.engine_info(engine, text)
