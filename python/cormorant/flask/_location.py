"""Which line of the application is at work."""

from __future__ import annotations

import inspect
from types import FrameType
from typing import Optional

from flask import current_app

_OURS = __name__.partition(".")[0]


def location() -> str:
    """`file:line (function)` of the innermost frame that is the current application's, or "<unknown>"."""
    frame = inspect.currentframe()
    try:
        while frame is not None:
            if _is_application(frame):
                return _describe(frame)
            frame = frame.f_back
    finally:
        del frame
    return "<unknown>"


def _is_application(frame: FrameType) -> bool:
    module, file = frame.f_globals.get("__name__", ""), frame.f_code.co_filename
    top, app = module.partition(".")[0], current_app.import_name
    if top == _OURS:
        return False
    if "__jinja_template__" in frame.f_globals or module == app or top == app.partition(".")[0]:
        return True
    return file.startswith(current_app.root_path) and "site-packages" not in file  # an environment may lie in the application's folder


def _describe(frame: FrameType) -> str:
    file, line = frame.f_code.co_filename, frame.f_lineno
    template: Optional[object] = frame.f_globals.get("__jinja_template__")
    if template is None:
        return f"{file}:{line} ({frame.f_code.co_name})"
    line = template.get_corresponding_lineno(line)  # type: ignore[attr-defined]
    return f"{template.filename or template.name}:{line} (template)"  # type: ignore[attr-defined]
