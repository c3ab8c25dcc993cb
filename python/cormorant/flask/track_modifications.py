"""Signals with the models that a commit changed, when SQLALCHEMY_TRACK_MODIFICATIONS is set."""

from __future__ import annotations

from typing import Any

from flask import current_app, has_app_context
from flask.signals import Namespace

from .. import event, inspect

_signals = Namespace()
models_committed = _signals.signal("models-committed")
"""Sent after a commit: `sender` is the app, `changes` a list of (instance, "insert" | "update" | "delete")."""
before_models_committed = _signals.signal("before-models-committed")


def _listen(session: Any) -> None:
    event.listen(session, "before_commit", _record_ops, named=True)
    event.listen(session, "before_flush", _record_ops, named=True)
    event.listen(session, "before_commit", _before_commit)
    event.listen(session, "after_commit", _after_commit)
    event.listen(session, "after_rollback", _after_rollback)


def _record_ops(session: Any, **kwargs: Any) -> None:
    if not has_app_context() or not current_app.config["SQLALCHEMY_TRACK_MODIFICATIONS"]:
        return
    for targets, operation in ((session.new, "insert"), (session.dirty, "update"), (session.deleted, "delete")):
        for target in targets:
            state = inspect(target)
            key = state.identity_key if state.has_identity else id(target)
            session._model_changes[key] = (target, operation)


def _send(signal: Any, session: Any) -> None:
    if has_app_context() and current_app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] and session._model_changes:
        signal.send(current_app._get_current_object(), changes=list(session._model_changes.values()))  # type: ignore[attr-defined]


def _before_commit(session: Any) -> None:
    _send(before_models_committed, session)


def _after_commit(session: Any) -> None:
    _send(models_committed, session)
    session._model_changes.clear()


def _after_rollback(session: Any) -> None:
    session._model_changes.clear()
