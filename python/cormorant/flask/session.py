"""The session of an app context: finds the engine of a model's bind key."""

from __future__ import annotations

from typing import Any, Optional

from flask import current_app, has_app_context
from flask.globals import app_ctx

from .. import MetaData, inspect
from .. import exc as sa_exc
from .. import orm as sa_orm


class Session(sa_orm.Session):
    """Routes statements to engines by the bind key of their tables."""

    def __init__(self, db: Any, **kwargs: Any) -> None:
        if has_app_context() and current_app.debug and current_app.config.get("CORMORANT_LAZY_LOAD_LIMIT"):
            from .lazy_loads import watch

            self._lazy_watch = watch
        super().__init__(**kwargs)
        self._db = db
        self._model_changes: dict = {}

    def get_bind(self, mapper: Optional[Any] = None, clause: Optional[Any] = None, bind: Optional[Any] = None, **kwargs: Any) -> Any:
        if bind is not None:
            return bind
        engines = self._db._engines
        if mapper is not None:
            try:
                mapper = inspect(mapper)
            except sa_exc.NoInspectionAvailable as error:
                if isinstance(mapper, type):
                    raise sa_orm.exc.UnmappedClassError(mapper) from error
                raise
            engine = _clause_to_engine(mapper.local_table, engines)
            if engine is not None:
                return engine
        if clause is not None:
            engine = _clause_to_engine(clause, engines)
            if engine is not None:
                return engine
        if None in engines:
            return engines[None]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)


def _clause_to_engine(clause: Any, engines: Any) -> Optional[Any]:
    """The engine of the first table with a bind key in a statement, join or table."""
    table = None
    if clause is not None:
        if getattr(clause, "metadata", None) is not None:
            table = clause
        else:
            for candidate in _tables(clause):
                table = candidate
                break
    if table is not None and isinstance(table.metadata, MetaData):
        key = table.metadata.info.get("bind_key")
        if key not in engines:
            raise sa_exc.UnboundExecutionError(f"Bind key '{key}' is not in 'SQLALCHEMY_BINDS' config.")
        return engines[key]
    return None


def _tables(clause: Any) -> Any:
    """Tables of a DML statement or of a join."""
    target = getattr(clause, "table", None)
    if getattr(target, "metadata", None) is not None:
        yield target
    left = getattr(clause, "left", None)
    if left is not None and hasattr(clause, "right"):
        yield left if getattr(left, "metadata", None) is not None else next(iter(_tables(left)), None)


def _app_ctx_id() -> int:
    """The scope of a session: the current app context."""
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]
