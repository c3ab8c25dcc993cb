"""The results of executed statements."""

from .result import CursorResult  # noqa: F401
