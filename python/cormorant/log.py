"""Logging: `cormorant.engine` (INFO: statements, DEBUG: rows) and `cormorant.pool`.

Bound values are shown only when the program asked for echo; a value is written as its repr(), and a name keeps no line
break, so that neither can forge a line of the log.
"""

from __future__ import annotations

import logging
import re
import sys
import typing as t
import weakref

__all__ = ["Identified", "configure", "engine_info", "engine_rows", "pool_debug", "wants_change"]

rootlogger = logging.getLogger("cormorant")
_pool_logger = logging.getLogger("cormorant.pool")
_HIDDEN = "[SQL parameters hidden due to hide_parameters=True]"


class Identified:
    """Things with a name for the log."""

    logging_name: str | None = None


def _logger(engine: t.Any) -> logging.Logger:
    name = "cormorant.engine.Engine"
    return logging.getLogger(f"{name}.{engine.logging_name}" if engine.logging_name else name)


def _add_handler() -> None:
    """Echo writes to standard output, unless the program arranged for logging itself."""
    if not any(getattr(h, "_cormorant", False) for h in rootlogger.handlers):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        handler._cormorant = True  # type: ignore[attr-defined]
        rootlogger.addHandler(handler)


def _wanted(engine: t.Any) -> int:
    """Level at which the engine logs; 0: not at all."""
    if engine._echo == "debug":
        return logging.DEBUG
    if engine._echo:
        return logging.INFO
    if engine._echo is None:
        logger = _logger(engine)
        if logger.isEnabledFor(logging.INFO):
            return logging.DEBUG if logger.isEnabledFor(logging.DEBUG) else logging.INFO
    return 0


def wants_change(engine: t.Any) -> bool:
    """Whether the logging configuration asks for something else than the engine does."""
    return bool(_wanted(engine)) != engine._echo_enabled


def configure(engine: t.Any) -> None:
    """Switches the logging of an engine on or off, as echo and the loggers' levels say."""
    level = _wanted(engine)
    if engine._echo:
        _add_handler()
    engine._echo_enabled = bool(level)
    engine._debug_rows = level == logging.DEBUG
    engine._set_echo(_Echo(engine) if level else None)
    engine._tell()


def _emit(engine: t.Any, level: int, message: str, *args: t.Any) -> None:
    logger = _logger(engine)
    if engine._echo:  # echo logs whatever the levels say
        if logger.isEnabledFor(level):
            logger.log(level, message, *args)
        else:
            logger.handle(logger.makeRecord(logger.name, level, "cormorant", 0, message, args, None))
    else:
        logger.log(level, message, *args)


_QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def _plain(sql: str) -> str:
    """A statement's text with line breaks in names and literals, and control characters everywhere, escaped."""
    if sql.isprintable():
        return sql
    kept = _QUOTED.sub(lambda m: m.group().replace("\n", "\\n"), sql)
    return _CONTROL.sub(lambda m: m.group() if m.group() == "\t" else repr(m.group())[1:-1], kept)


class _Echo:
    """What the core calls before every statement."""

    def __init__(self, engine: t.Any) -> None:
        self.engine = weakref.ref(engine)

    def __call__(self, sql: str, parameters: str | None) -> None:
        engine = self.engine()
        if engine is None:
            return
        _emit(engine, logging.INFO, "%s", _plain(sql))
        if parameters is not None:
            shown = parameters if engine._echo and not engine.__dict__.get("_hide_echo") else _HIDDEN
            _emit(engine, logging.INFO, "%s", shown)


def engine_info(engine: t.Any, message: str) -> None:
    _emit(engine, logging.INFO, "%s", message)


def engine_rows(engine: t.Any, keys: t.Iterable[str], rows: t.Iterable[t.Any]) -> None:
    _emit(engine, logging.DEBUG, "Col %r", tuple(keys))
    for row in rows:
        _emit(engine, logging.DEBUG, "Row %r", tuple(row))


def pool_debug(engine: t.Any, message: str) -> None:
    _pool_logger.debug("%s", message)
